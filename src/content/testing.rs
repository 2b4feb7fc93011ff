//! For tests of readers: a file goes into a letter, the letter is opened, a tree comes out.

use std::{
    cell::Cell,
    fmt::Write as _,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::{Budget, Needs, Node, Tree, bytes_say, open, opener::Opener};
use crate::{
    facts::{Fact, FileRole, Place},
    message::{Blob, Limits, Message, Receiver, Spool},
};

/// Opens a letter with one attachment.
pub(super) fn open_file(name: &str, bytes: &[u8]) -> Tree {
    open_letter("Kính gửi", &[(name, bytes)], Budget::default())
}

/// Opens a letter with this text and these attachments.
pub(super) fn open_letter(text: &str, files: &[(&str, &[u8])], mut budget: Budget) -> Tree {
    let needs = Needs {
        kinds: true,
        ..Needs::default()
    };
    open(&letter(text, files), &needs, &mut budget)
}

/// Whether tests of damage take their time and try every place instead of some (`scripts/test --full`).
pub(super) fn thorough() -> bool {
    std::env::var_os("GACTHU_THOROUGH").is_some()
}

/// Says on dropping which damage a reader panicked at.
pub(super) struct Damage<'a>(pub &'a str, pub usize);

impl Drop for Damage<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}, damaged at byte {}", self.0, self.1);
        }
    }
}

/// Opens a file that was cut at `cuts` places (of a smaller one at every place) and with single bytes
/// changed `flips` times, always the same ones; unless [`thorough`], a fifth of it. A reader that panics fails
/// the test.
pub(super) fn bend(name: &str, bytes: &[u8], cuts: usize, flips: usize) {
    let part = if thorough() { 1 } else { 5 };
    let (cuts, flips) = (cuts.min(bytes.len()) / part, flips / part);
    let message = letter("", &[]);
    // As what it is, whatever the bending makes of its first bytes.
    let node = open_file(name, bytes).nodes.swap_remove(1);
    let open = |bytes: &[u8]| {
        let needs = Needs {
            documents: true,
            ..Needs::default()
        };
        let mut opener = Opener::new(&message, needs, Budget::default(), None);
        opener.tree.nodes.push(node.clone());
        let blob = Blob::in_memory(bytes::Bytes::copy_from_slice(bytes));
        opener.open(0, &blob, 0);
        assert!(opener.tree.nodes.len() < 10_000, "{name}");
    };
    let step = bytes.len().div_ceil(cuts.max(1)).max(1);
    for length in (0..bytes.len()).step_by(step) {
        let _told = Damage(name, length);
        open(&bytes[..length]);
    }
    let mut bent = bytes.to_vec();
    let mut random = 0x9e37_79b9_u64;
    for _ in 0..flips {
        random = random
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        let at = (random >> 33) as usize % bytes.len();
        let was = bent[at];
        bent[at] = [0, 0xff, 0x7f, 0x80, was ^ 1, was.wrapping_add(1)][(random >> 20) as usize % 6];
        let _told = Damage(name, at);
        open(&bent);
        // Some changes stay, so that several meet.
        if random >> 16 & 3 != 0 {
            bent[at] = was;
        }
    }
}

/// As [`open_file`], for large files: what makes a letter of them is left out.
pub(super) fn open_blob(name: &str, bytes: &[u8], budget: Budget) -> Tree {
    let needs = Needs {
        kinds: true,
        ..Needs::default()
    };
    keep(name, bytes);
    let message = letter("", &[]);
    let mut opener = Opener::new(&message, needs, budget, None);
    let blob = Blob::in_memory(bytes.to_vec().into());
    let names = vec![name.to_owned()];
    let (kinds, encrypted) = bytes_say(&names, &blob, false);
    let attachment = Node {
        part: 0,
        number: "2".to_owned(),
        parent: None,
        place: Place::Top,
        role: FileRole::Attachment,
        message: false,
        name: Some(name.to_owned()),
        names,
        declared_type: String::new(),
        kinds,
        size: blob.size,
        sha256: blob.sha256,
        encrypted,
        cipher: None,
        traits: Vec::new(),
        not_opened: None,
        signatures: Vec::new(),
    };
    // As in a letter: the text stands before it.
    let text = Node {
        number: "1".to_owned(),
        encrypted: Fact::Known(false),
        role: FileRole::Text,
        ..attachment.clone()
    };
    opener.tree.nodes.extend([text, attachment]);
    opener.open(1, &blob, 0);
    opener.tree
}

/// A letter with this text and these attachments.
pub(super) fn letter(text: &str, files: &[(&str, &[u8])]) -> Message {
    let mut mail = format!(
        "Subject: thu\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    );
    for (name, bytes) in files {
        keep(name, bytes);
        let _ = write!(
            mail,
            "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n"
        );
        for line in base64(bytes).as_bytes().chunks(76) {
            mail.push_str(std::str::from_utf8(line).unwrap());
            mail.push_str("\r\n");
        }
    }
    mail.push_str("--b--\r\n");
    let spool = Spool::new(None, 256 << 10, 1 << 30).unwrap();
    let mut receiver = Receiver::new(&spool, Limits::default());
    receiver.raw(mail.as_bytes());
    receiver.finish()
}

/// Writes a file that a test opens into the folder that `GACTHU_SEEDS` names: what the tests put together
/// is what the fuzzer begins with (`scripts/fuzz`). The first ones of each test: some bend a file hundreds
/// of times.
fn keep(name: &str, bytes: &[u8]) {
    thread_local!(static KEPT: Cell<u32> = const { Cell::new(0) });
    let Some(folder) = std::env::var_os("GACTHU_SEEDS") else {
        return;
    };
    if KEPT.replace(KEPT.get() + 1) >= 40 {
        return;
    }
    let mut hash = DefaultHasher::new();
    bytes.hash(&mut hash);
    let tail = name.rsplit(['.', '/', '\\']).next().unwrap_or_default();
    let tail: String = tail.chars().filter(char::is_ascii_alphanumeric).collect();
    let path = std::path::Path::new(&folder).join(format!("{:016x}.{tail}", hash.finish()));
    std::fs::write(path, bytes).unwrap();
}

/// Everything that stands in the attachment, each as `path: kind kind`, in the order of the tree; the
/// attachment itself first.
pub(super) fn found(tree: &Tree) -> Vec<String> {
    let files = tree
        .nodes
        .iter()
        .filter(|node| node.number.starts_with('2'));
    files.map(line).collect()
}

fn line(node: &Node) -> String {
    let kinds: Vec<&str> = node.kinds.iter().map(|kind| kind.id).collect();
    format!("{}: {}", node.number, kinds.join(" "))
}

fn base64(bytes: &[u8]) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let mut bits = 0_u32;
        for at in 0..3 {
            bits = bits << 8 | u32::from(three.get(at).copied().unwrap_or(0));
        }
        for at in 0..4 {
            if at > three.len() {
                text.push('=');
            } else {
                let six = bits >> (18 - 6 * at) & 63;
                text.push(char::from(letters[six as usize]));
            }
        }
    }
    text
}

/// Leaves only what the attachment says: the letter's own text, its subject and the file's name are
/// pieces of text too.
pub(super) fn of_attachment(mut tree: Tree) -> Tree {
    tree.spans
        .retain(|span| span.node == 1 && span.spot != super::Spot::FileName);
    tree
}
