//! Files that stand inside a plain text: uuencode and yEnc, which Outlook and others show as
//! attachments. They are not decoded here, only told.

use memchr::memmem;

use super::Blob;

/// Whether an encoded file stands in this text.
pub(super) fn are_in(blob: &Blob) -> bool {
    let mut at = 0;
    while at < blob.size {
        let len = (blob.size - at).min(WINDOW as u64);
        // What cannot be read is told by the blob itself.
        let Ok(Some(text)) = blob.read_at(at, len as usize) else {
            return false;
        };
        if are_in_text(&text, at == 0) {
            return true;
        }
        if at + len == blob.size {
            break;
        }
        at += (WINDOW - OVERLAP) as u64;
    }
    false
}

/// As [`are_in`]; `at_start`: the text begins a line.
fn are_in_text(text: &[u8], at_start: bool) -> bool {
    let found = |sign: &[u8], is_file: fn(&[u8]) -> bool| {
        memmem::find_iter(text, sign).any(|at| {
            let starts = match at.checked_sub(1) {
                None => at_start,
                Some(before) => matches!(text[before], b'\n' | b'\r'),
            };
            let rest = &text[at..];
            starts && is_file(&rest[..rest.len().min(OVERLAP)])
        })
    };
    found(b"begin", is_uuencode) || found(b"=ybegin ", is_yenc)
}

/// `begin 644 name`, and a line of encoded bytes behind it (POSIX.1-2017, uuencode); or the same
/// with base64.
fn is_uuencode(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n');
    let mut line = || {
        lines
            .next()
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
    };
    let (Some(first), Some(data)) = (line(), line()) else {
        return false;
    };
    let base64 = first.strip_prefix(b"begin-base64 ");
    let Some(rest) = base64.or_else(|| first.strip_prefix(b"begin ")) else {
        return false;
    };
    let digits = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'7'));
    let mode = digits.count();
    if !(3..=6).contains(&mode) || rest.get(mode) != Some(&b' ') || rest.len() < mode + 2 {
        return false;
    }
    if base64.is_some() {
        return data.len() >= 4 && data.iter().all(|byte| byte.is_ascii_graphic());
    }
    // A length, then four characters for three bytes; blanks at the end may be lost, and some
    // programs add a check character.
    let Some((length, data)) = data.split_first() else {
        return false;
    };
    let bytes = usize::from(length.wrapping_sub(b' ') & 63);
    let all = bytes.div_ceil(3) * 4;
    matches!(length, b'!'..=b'_')
        && data.iter().all(|byte| matches!(byte, b' '..=b'`'))
        && data.len() <= all + 2
        && data.len() + 8 >= all
}

/// `=ybegin line=128 size=… name=…` (yEnc 1.3).
fn is_yenc(text: &[u8]) -> bool {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    [&b" line="[..], b" size=", b" name="]
        .iter()
        .all(|key| memmem::find(line, key).is_some())
}

/// Bytes that are read at once, and how far the sign of a file may reach.
const WINDOW: usize = 256 << 10;
const OVERLAP: usize = 1 << 10;
