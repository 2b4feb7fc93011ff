//! Tests through the room's public doors, by what they look at.

mod addresses;
mod bad_input;
mod chunks;
mod decoding;
mod fields;
mod names;
mod readings;
mod seed;
mod spools;
mod structure;

use super::{Limits, Message, Part, Receiver, Spool};

fn spool() -> Spool {
    Spool::new(None, 1 << 20, 1 << 30).unwrap()
}

/// Scans a whole message; `\n` in the text stands for any line end.
fn scan(text: impl AsRef<[u8]>) -> Message {
    let mut receiver = Receiver::new(&spool(), Limits::default());
    receiver.raw(text.as_ref());
    receiver.finish()
}

/// Scans with the header as a milter gives it and the body with CRLF.
fn scan_milter(fields: &[(&str, &str)], body: &[u8]) -> Message {
    let mut receiver = Receiver::new(&spool(), Limits::default());
    for (name, value) in fields {
        receiver.header(name.as_bytes(), value.as_bytes());
    }
    receiver.end_of_headers();
    receiver.body(body);
    receiver.finish()
}

/// The part with this number; leaves and attached messages have one each.
fn part<'a>(message: &'a Message, number: &str) -> &'a Part {
    message
        .parts
        .iter()
        .rfind(|part| part.number == number)
        .unwrap_or_else(|| panic!("no part {number} in {:?}", outline(message)))
}

/// The content of a leaf.
fn content(part: &Part) -> Vec<u8> {
    part.blob
        .as_ref()
        .unwrap()
        .read_all(u64::MAX)
        .unwrap()
        .unwrap()
        .to_vec()
}

fn text(part: &Part) -> String {
    String::from_utf8(content(part)).unwrap()
}

/// Number and type of every part.
fn outline(message: &Message) -> Vec<String> {
    message
        .parts
        .iter()
        .map(|part| format!("{} {:?} {}", part.number, part.kind, part.media_type))
        .collect()
}

/// Everything that may not depend on how the bytes came.
fn fingerprint(message: &Message) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    let mut cids: Vec<_> = message.html_cids.iter().collect();
    cids.sort();
    writeln!(
        out,
        "{} {:?} {:?} {cids:?}",
        message.size, message.problems, message.not_scanned
    )
    .unwrap();
    for part in &message.parts {
        let blob = part.blob.as_ref().map(|blob| {
            let data = blob.read_all(u64::MAX).unwrap();
            (
                blob.size,
                hex(&blob.sha256),
                blob.head.clone(),
                blob.tail.clone(),
                data,
            )
        });
        let mut problems = part.problems.clone();
        problems.sort();
        writeln!(
            out,
            "{} {} {:?} {:?} {} {:?} {:?} {:?} {:?} {:?} {problems:?} {:?} {blob:?}",
            part.id,
            part.number,
            part.parent,
            part.kind,
            part.media_type,
            part.charset,
            part.transfer_encoding,
            part.disposition,
            part.content_id,
            part.names,
            part.headers
                .iter()
                .map(|f| (f.name.to_vec(), f.value.to_vec()))
                .collect::<Vec<_>>(),
        )
        .unwrap();
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The engine holds them across await points, on any thread.
#[test]
fn a_receiver_and_a_message_can_be_sent() {
    fn kept<T: Send + Sync>(it: T) -> T {
        it
    }
    let spool = kept(spool());
    let mut receiver = kept(Receiver::new(&spool, Limits::default()));
    receiver.raw(b"Subject: x\n\ny\n");
    let message = std::thread::spawn(|| kept(receiver.finish()))
        .join()
        .unwrap();
    assert_eq!(text(&message.parts[0]), "y\r\n");
}

/// A small generator of numbers, the same on every machine (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % below.max(1)
    }
}

/// base64 in lines of 76 characters, slowly.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (at, three) in bytes.chunks(3).enumerate() {
        if at > 0 && at % 19 == 0 {
            out.push_str("\r\n");
        }
        let mut bits = 0u32;
        for at in 0..3 {
            bits = bits << 8 | u32::from(three.get(at).copied().unwrap_or(0));
        }
        for at in 0..4 {
            if at <= three.len() {
                out.push(ALPHABET[(bits >> (18 - 6 * at)) as usize & 63] as char);
            } else {
                out.push('=');
            }
        }
    }
    out.push_str("\r\n");
    out
}
