#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gacthu_fuzz::file("a.txt", data));
