#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gacthu_fuzz::image("a.iso", 1 << 20, data));
