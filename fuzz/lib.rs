//! What all fuzz targets do: a file is attached to a letter, the letter goes the same road as in
//! `serve`, and every limit must hold. Run by `scripts/fuzz`.

mod memory;
mod targets;

use std::time::Duration;

use gacthu::{
    content::{self, Budget, Needs},
    inspect,
    message::{Limits, Message, Receiver, Spool},
    questions::{Question, Questions},
};

pub use targets::{TARGETS, codec};

/// Bytes that one run may hold above what it began with: the budget's memory, what came out of the
/// containers, and the letter itself some times over. A size that a file only declares breaks it.
const HELD: usize = 192 << 20;

/// Opens an image of a disk. Images are mostly empty, so the fuzzer gets their sectors only: each is a
/// number of four bytes (little-endian) and 512 bytes; what lies between them is zero. An image
/// has at most `largest` bytes.
pub fn image(name: &str, largest: usize, data: &[u8]) {
    let mut bytes = Vec::new();
    for piece in data.chunks(516) {
        let Some((number, sector)) = piece.split_first_chunk::<4>() else {
            break;
        };
        let at = u32::from_le_bytes(*number) as usize % (largest / 512) * 512;
        bytes.resize(bytes.len().max(at + sector.len()), 0);
        bytes[at..at + sector.len()].copy_from_slice(sector);
    }
    file(name, &bytes);
}

/// Opens `data` as an attachment of this name, with a budget that keeps one run short.
pub fn file(name: &str, data: &[u8]) {
    let mut mail = format!(
        "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n\
         Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n"
    )
    .into_bytes();
    base64(data, &mut mail);
    open(&mail);
}

/// Reads `mail` as a whole message and opens it.
pub fn open(mail: &[u8]) {
    let mut questions = Questions::default();
    for question in [Question::Files, Question::Executables, Question::Documents] {
        questions.ask(question);
    }
    let message = read(mail);
    let needs = Needs {
        kinds: true,
        texts: true,
        pages: true,
        urls: true,
        documents: true,
        signatures: true,
    };
    let mut budget = Budget {
        bytes: 4 << 20,
        members: 500,
        depth: 6,
        time: Duration::from_secs(5),
        memory: 32 << 20,
        document_text: 1 << 20,
        ..Budget::default()
    };
    let limit = budget.members;
    memory::allow(HELD + 4 * mail.len());
    let tree = content::open(&message, &needs, &mut budget);
    memory::free();
    let parts = message.parts.len() as u64;
    // Each message in a message brings its parts; each of those is a member of the letter that held it.
    assert!(tree.nodes.len() as u64 <= parts + limit * 101);
    for node in &tree.nodes {
        assert!(node.parent.is_none_or(|parent| parent < tree.nodes.len()));
        assert!(node.number.len() <= 4096);
    }
    let files = inspect::files(&tree, &questions);
    assert_eq!(files.list.len(), tree.nodes.len());
}

fn read(mail: &[u8]) -> Message {
    let spool = Spool::new(None, 256 << 10, 64 << 20).expect("a spool in memory");
    let mut receiver = Receiver::new(&spool, Limits::default());
    receiver.raw(mail);
    receiver.finish()
}

fn base64(bytes: &[u8], to: &mut Vec<u8>) {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (at, three) in bytes.chunks(3).enumerate() {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for letter in 0..4 {
            to.push(match letter > three.len() {
                true => b'=',
                false => LETTERS[(bits >> (18 - 6 * letter) & 63) as usize],
            });
        }
        if at % 19 == 18 {
            to.extend_from_slice(b"\r\n");
        }
    }
}
