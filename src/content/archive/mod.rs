//! Readers of archives and compressed files.

pub(super) mod ar;
pub(super) mod arj;
pub(super) mod cab;
pub(super) mod cpio;
mod fields;
#[cfg(test)]
mod hostile;
pub(super) mod lha;
mod lz4;
mod lzw;
pub(super) mod rar;
pub(super) mod seven;
pub(super) mod stream;
pub(super) mod szdd;
pub(super) mod tar;
#[cfg(test)]
mod tests;
pub(super) mod uuencode;
pub(super) mod zip;

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    io::{BufRead, Write},
};

use super::{
    opener::{Inside, Member},
    source::Source,
};
use crate::facts::NotOpened;

/// Hands on `len` bytes that lie in the container at `at`. Where the container ends before, what is
/// there is handed on as damaged.
///
/// # Errors
/// When the budget ends.
pub(super) fn hand_on(
    inside: &mut Inside<'_, '_>,
    mut member: Member,
    source: &Source,
    at: u64,
    len: u64,
) -> Result<(), NotOpened> {
    let piece = source.piece(at, len);
    member.packed = Some(piece.len());
    if piece.len() == len {
        return inside.piece(member, &piece);
    }
    let mut to = inside.begin(member)?;
    let mut cursor = piece.cursor();
    while let Ok(bytes) = cursor.fill_buf() {
        let got = bytes.len();
        if got == 0 || to.write_all(bytes).is_err() {
            break;
        }
        cursor.consume(got);
    }
    to.finish(Some(NotOpened::Damaged))
}

/// Whether a path leads out of the folder that it is unpacked in: absolute, with a drive, or over
/// `..`; with either slash.
pub(super) fn escapes(path: &str) -> bool {
    let bytes = path.as_bytes();
    matches!(bytes, [b'/' | b'\\', ..] | [b'a'..=b'z' | b'A'..=b'Z', b':', ..])
        || path.split(['/', '\\']).any(|piece| piece == "..")
}

/// The names that members had so far: by their hashes, for a name may be long.
#[derive(Default)]
pub(super) struct Names {
    hasher: RandomState,
    seen: HashSet<u64>,
}

impl Names {
    /// What a member's names tell: that they lead elsewhere, or were there before. Whether one was
    /// is asked as Windows does, without regard to case.
    pub(super) fn traits(&mut self, names: &[String]) -> Vec<&'static str> {
        let mut found = Vec::new();
        if names.iter().any(|name| escapes(name)) {
            found.push("path-escape");
        }
        if let Some(name) = names.first()
            && !name.is_empty()
        {
            let name = name.trim_start_matches("./").to_lowercase();
            if !self.seen.insert(self.hasher.hash_one(name)) {
                found.push("duplicate-name");
            }
        }
        found
    }
}
