#![no_main]

use bytes::BytesMut;
use gacthu::milter::{Decoder, FRAME_LIMIT};

// What a peer sends, in pieces of every size.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&step, data)) = data.split_first() else {
        return;
    };
    let mut decoder = Decoder::new(FRAME_LIMIT);
    let mut buffer = BytesMut::new();
    for piece in data.chunks(usize::from(step).max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            let before = buffer.len();
            match decoder.decode(&mut buffer) {
                Ok(Some(_)) => assert!(buffer.len() < before, "a frame costs bytes"),
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
    let _ = decoder.finish(&buffer);
});
