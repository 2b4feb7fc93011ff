#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gacthu_fuzz::image("a.img", 3 << 20, data));
