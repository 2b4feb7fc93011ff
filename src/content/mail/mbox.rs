//! Mailboxes in one file (RFC 4155): each message is a member.

use std::io::BufRead;

use crate::{
    content::{
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// Hands on each message. One begins at a line `From ` that looks like a postmark, or behind an empty
/// line at one that names an address or has a header field behind it: programs differ in what they ask
/// for, and the words of a letter may begin so too.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let mut cursor = source.cursor();
    let mut begun: Option<u64> = None;
    let mut at = 0_u64;
    let mut line = Vec::new();
    let mut after_empty = true;
    let mut count = 0_u64;
    let mut lines = 0_u64;
    loop {
        lines += 1;
        if lines.is_multiple_of(CHECK) {
            inside.spending().check()?;
        }
        let (length, ended) = next_line(&mut cursor, &mut line)?;
        if length == 0 {
            break;
        }
        let begins = line.starts_with(b"From ")
            && (at == 0
                || is_postmark(&line)
                || (after_empty && (line.contains(&b'@') || is_field(&mut cursor))));
        if begins {
            hand_on(inside, source, begun, at, &mut count)?;
            begun = Some(at + length);
        }
        after_empty = line.trim_ascii().is_empty();
        at += length;
        if ended {
            break;
        }
    }
    hand_on(inside, source, begun, source.len(), &mut count)
}

fn hand_on(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    begun: Option<u64>,
    end: u64,
    count: &mut u64,
) -> Result<(), NotOpened> {
    let Some(begun) = begun else { return Ok(()) };
    *count += 1;
    let member = Member::named(format!("{count}.eml"));
    inside.piece(member, &source.piece(begun, end.saturating_sub(begun)))
}

/// Reads a line: its first bytes, its length with its end, and whether the file ends with it.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> Result<(u64, bool), NotOpened> {
    line.clear();
    let mut length = 0;
    loop {
        let piece = input.fill_buf().map_err(|_| NotOpened::Damaged)?;
        if piece.is_empty() {
            return Ok((length, true));
        }
        let end = memchr::memchr(b'\n', piece).map(|at| at + 1);
        let used = end.unwrap_or(piece.len());
        let room = KEPT.saturating_sub(line.len()).min(used);
        line.extend_from_slice(piece.get(..room).unwrap_or_default());
        length += used as u64;
        input.consume(used);
        if end.is_some() {
            return Ok((length, false));
        }
    }
}

/// Whether a header field comes next.
fn is_field(input: &mut impl BufRead) -> bool {
    let next = input.fill_buf().unwrap_or_default();
    let name = next.split(|byte| *byte == b':').next().unwrap_or_default();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    name.len() < next.len() && (2..64).contains(&name.len()) && name.iter().all(plain)
}

/// `From a@b.vn Mon Jan  5 10:20:30 2026`: a time with two colons, a year.
fn is_postmark(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace);
    let time = words.any(|word| {
        word.len() == 8
            && word.iter().enumerate().all(|(at, byte)| match at {
                2 | 5 => *byte == b':',
                _ => byte.is_ascii_digit(),
            })
    });
    time && words.any(|word| word.len() == 4 && word.iter().all(u8::is_ascii_digit))
}

/// Bytes of a line that are looked at.
const KEPT: usize = 256;
/// Lines between two looks at the clock.
const CHECK: u64 = 4096;
