//! Word documents of 1997 to 2003 ([MS-DOC]): encryption, fields and templates that load from
//! elsewhere.

use super::{
    compound::{Compound, u16_at, u32_at},
    package::utf16,
};
use crate::{content::opener::Inside, facts::NotOpened};

/// The beginning of a document (FibBase), as far as it is needed.
pub(super) struct Fib {
    /// `0Table` or `1Table`.
    pub(super) table: &'static str,
    pub(super) encrypted: bool,
    /// Encrypted by XOR with a password, or written before Word 97.
    pub(super) xor: bool,
    /// Bytes of the encryption header in the table stream.
    pub(super) key: u32,
}

impl Fib {
    pub(super) fn parse(head: &[u8]) -> Option<Self> {
        let ident = u16_at(head, 0)?;
        let flags = u16_at(head, 10)?;
        // Word 2, 6 and 95 begin with other signs.
        matches!(ident, 0xa5ec | 0xa5dc | 0xa5db | 0xa697..=0xa699).then_some(())?;
        Some(Self {
            table: if flags & 0x200 == 0 {
                "0Table"
            } else {
                "1Table"
            },
            encrypted: flags & 0x100 != 0,
            xor: flags & 0x8000 != 0 || ident != 0xa5ec,
            key: u32_at(head, 14)?,
        })
    }
}

/// Looks through the main stream of a document that is not encrypted, or could not be decrypted.
pub(super) fn read(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    index: usize,
) -> Result<(), NotOpened> {
    let head = compound.read(index, 0x1a2);
    let Some(fib) = Fib::parse(&head) else {
        return Ok(());
    };
    if fib.encrypted {
        return Err(NotOpened::Encrypted);
    }
    let limit = compound.stream(index).left().min(MOST_TEXT);
    let _held = inside.spending().hold(limit)?;
    if loads_from_elsewhere(&compound.read(index, limit))
        || template(compound, &fib, &head).is_some_and(|path| is_elsewhere(&path))
    {
        inside.sign("external-link");
    }
    Ok(())
}

/// The attached template (SttbfAssoc, [MS-DOC] 2.9.284).
fn template(compound: &Compound, fib: &Fib, head: &[u8]) -> Option<String> {
    let (at, length) = (u32_at(head, 0x19a)?, u32_at(head, 0x19e)?);
    let table = compound.find(&[fib.table])?;
    let end = u64::from(at).checked_add(u64::from(length))?;
    let bytes = compound.read(table, end.min(MOST_TEXT));
    let mut at = usize::try_from(at).ok()?;
    (u16_at(&bytes, at)? == 0xffff).then_some(())?;
    at += 6;
    // The second text is the template.
    at += 2 + usize::from(u16_at(&bytes, at)?) * 2;
    let units = usize::from(u16_at(&bytes, at)?);
    Some(utf16(bytes.get(at + 2..at + 2 + units * 2)?))
}

/// Whether a template, an object or a field stands on another computer.
pub(in crate::content) fn is_elsewhere(path: &str) -> bool {
    let path = path.trim_matches(|letter: char| letter.is_whitespace() || letter == '"');
    let path = path.to_ascii_lowercase().replace('\\', "/");
    ["http:/", "https:/", "ftp:/", "mhtml:", "//"]
        .iter()
        .any(|start| path.starts_with(start))
        // Three slashes: a file of this computer.
        || path.strip_prefix("file://").is_some_and(|rest| !rest.starts_with('/'))
}

/// Whether a field of the text loads or starts something: it begins with 0x13, in letters of one
/// byte or of two.
fn loads_from_elsewhere(text: &[u8]) -> bool {
    memchr::memchr_iter(0x13, text).any(|at| {
        let field = text.get(at + 1..).unwrap_or_default();
        let field = field.get(..LONG_FIELD).unwrap_or(field);
        // To the next field: no byte is looked at twice.
        let end = memchr::memchr(0x13, field).unwrap_or(field.len());
        let field = field.get(..end).unwrap_or_default();
        let letters: Vec<u8> = match field.get(1) {
            Some(0) => field.get(1..).unwrap_or_default().to_vec(),
            _ if field.first() == Some(&0) => field.iter().copied().skip(1).step_by(2).collect(),
            _ => field.to_vec(),
        };
        let code: String = letters
            .iter()
            .take_while(|byte| !matches!(**byte, 0x14 | 0x15))
            .map(|byte| char::from(*byte))
            .collect();
        is_loading(&code)
    })
}

/// Whether the code of a field loads or starts something: DDE, or an object or text of elsewhere.
pub(in crate::content) fn is_loading(code: &str) -> bool {
    let mut words = code.split(|letter: char| letter.is_whitespace() || letter == '"');
    let Some(first) = words.find(|word| !word.is_empty()) else {
        return false;
    };
    match first.to_ascii_uppercase().as_str() {
        "DDE" | "DDEAUTO" => true,
        "INCLUDETEXT" | "INCLUDE" | "LINK" | "IMPORT" => words.any(is_elsewhere),
        _ => false,
    }
}

/// Bytes of text that are looked through.
const MOST_TEXT: u64 = 16 << 20;
/// Bytes of a field that are looked at.
const LONG_FIELD: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_load_are_told_from_others() {
        let wide =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        for code in [
            "\u{13} DDEAUTO c:\\\\windows\\\\cmd.exe \u{15}",
            "\u{13}\u{13} dde excel x\u{15}",
            "\u{13} INCLUDETEXT \"https://x.example/a.doc\" \u{15}",
            "\u{13} LINK Word.Document.8 \\\\\\\\server\\\\a.doc \u{15}",
        ] {
            assert!(loads_from_elsewhere(code.as_bytes()), "{code:?}");
            assert!(loads_from_elsewhere(&wide(code)), "{code:?} in UTF-16");
        }
        for code in [
            "\u{13} HYPERLINK \"https://x.example/\" \u{15}",
            "\u{13} INCLUDETEXT \"C:\\\\Mau\\\\a.doc\" \u{15}",
            "\u{13} PAGE \u{15} DDEAUTO",
            "DDEAUTO",
        ] {
            assert!(!loads_from_elsewhere(code.as_bytes()), "{code:?}");
            assert!(!loads_from_elsewhere(&wide(code)), "{code:?} in UTF-16");
        }
    }

    #[test]
    fn a_template_of_elsewhere_is_told_from_one_of_this_computer() {
        for path in [
            "http://x.example/a.dot",
            "\\\\server\\a.dot",
            " HTTPS://X/a",
            "file://server/a",
        ] {
            assert!(is_elsewhere(path), "{path}");
        }
        for path in ["Normal.dot", "C:\\Mau\\a.dot", "", "file:///C:/a.dot"] {
            assert!(!is_elsewhere(path), "{path}");
        }
    }
}
