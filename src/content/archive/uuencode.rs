//! uuencode (POSIX.1-2017) in its own form and in base64: all files of a text, whatever stands
//! between them.

use std::io::{BufRead, Read, Write};

use super::Names;
use crate::{
    content::{
        base64, member_name,
        opener::{Inside, Member},
        source::{Cursor, Source},
    },
    facts::NotOpened,
};

/// Opens all files in a text.
pub(in crate::content) fn uuencode(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let mut names = Names::default();
    let mut cursor = source.cursor();
    let mut line = Vec::new();
    let mut again = false;
    while std::mem::take(&mut again) || next_line(&mut cursor, &mut line) {
        let Some((is_base64, name)) = begin(&line) else {
            continue;
        };
        let mut member = Member {
            names: member_name::readings(name, false),
            ..Member::default()
        };
        let decode = if is_base64 { base64_line } else { uu_line };
        // A line of code follows, or it was a line of text that begins so.
        let mut more = next_line(&mut cursor, &mut line);
        while more && line.is_empty() {
            more = next_line(&mut cursor, &mut line);
        }
        if more && matches!(decode(&line), Line::Other) {
            again = true;
            continue;
        }
        member.traits = names.traits(&member.names);
        let mut to = inside.begin(member)?;
        let mut whole = false;
        while more {
            match decode(&line) {
                Line::Data(bytes) => {
                    if to.write_all(&bytes).is_err() {
                        break;
                    }
                }
                Line::End => {
                    whole = true;
                    break;
                }
                // Blank lines, and lines that news programs put between pieces.
                Line::Other => {}
            }
            more = next_line(&mut cursor, &mut line);
        }
        to.finish((!whole).then_some(NotOpened::Damaged))?;
    }
    Ok(())
}

enum Line {
    Data(Vec<u8>),
    End,
    Other,
}

/// The next line without its end; false at the end. Of a very long line the beginning.
fn next_line(cursor: &mut Cursor, line: &mut Vec<u8>) -> bool {
    line.clear();
    let read = cursor.by_ref().take(LONG_LINE).read_until(b'\n', line);
    if read.is_err() || line.is_empty() {
        return false;
    }
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    true
}

/// `begin 644 name` or `begin-base64 644 name`: whether it is base64, and the name.
fn begin(line: &[u8]) -> Option<(bool, &[u8])> {
    let base64 = line.strip_prefix(b"begin-base64 ");
    let rest = base64.or_else(|| line.strip_prefix(b"begin "))?;
    let mode = rest
        .iter()
        .take_while(|byte| matches!(byte, b'0'..=b'7'))
        .count();
    let name = rest.get(mode..)?.strip_prefix(b" ")?.trim_ascii();
    ((3..=6).contains(&mode) && !name.is_empty()).then_some((base64.is_some(), name))
}

/// A length, then four characters for three bytes. Blanks at the end may be lost.
fn uu_line(line: &[u8]) -> Line {
    if line.trim_ascii_end() == b"end" {
        return Line::End;
    }
    let Some((length, data)) = line.split_first() else {
        return Line::Other;
    };
    let length = usize::from(length.wrapping_sub(b' ') & 0x3f);
    let coded = data.iter().all(|byte| matches!(byte, b' '..=b'`'));
    if !matches!(line, [b' '..=b'`', ..]) || !coded || data.len() > length.div_ceil(3) * 4 + 2 {
        return Line::Other;
    }
    let six = |at: usize| {
        data.get(at)
            .map_or(0, |byte| byte.wrapping_sub(b' ') & 0x3f)
    };
    let mut bytes = Vec::with_capacity(length + 3);
    for group in 0..length.div_ceil(3) {
        let at = group * 4;
        let (a, b, c, d) = (six(at), six(at + 1), six(at + 2), six(at + 3));
        bytes.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
    }
    bytes.truncate(length);
    Line::Data(bytes)
}

fn base64_line(line: &[u8]) -> Line {
    if line.trim_ascii() == b"====" {
        return Line::End;
    }
    Line::Data(base64::until_padding(line.iter().copied()))
}

/// Bytes of a line that are read.
const LONG_LINE: u64 = 4096;
