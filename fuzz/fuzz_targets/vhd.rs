#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gacthu_fuzz::image("a.vhd", 10 << 20, data));
