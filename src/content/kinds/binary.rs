//! Kinds that need more than bytes at one place: programs of the `MZ` family, `0xCAFEBABE`, OLE
//! compound files, PKCS #7, and archives whose sign is too short to be believed alone.

use super::{Found, Sample, text};
use crate::{
    content::{
        base64,
        bytes::{u16_at, u32_at},
    },
    facts::{Class, Kind},
};

/// Finds the kinds of this file and adds them.
pub(super) fn kinds(sample: &Sample<'_>, found: &mut Found) {
    if let Some(id) = mz(sample) {
        found.add(id);
    }
    if let Some(id) = cafebabe(sample) {
        found.add(id);
    }
    if sample.head.starts_with(OLE) {
        found.add(ole(sample));
    }
    if let Some(id) = pkcs7(sample) {
        found.add(id);
    }
}

/// A program that begins with `MZ`.
///
/// Two letters are no proof: a table of plant codes or a drawing may begin so. What counts is the new
/// header that the DOS header points at (PE, NE, LE), or a DOS header that makes sense. A file that is
/// cut before its new header counts by its DOS header: half a program is no document either.
///
/// Only from the first byte: neither Windows nor DOS runs a file with anything before the `MZ`, and what
/// takes those bytes away is a program itself.
fn mz(sample: &Sample<'_>) -> Option<&'static str> {
    let head = sample.head;
    let windows = head.starts_with(b"MZ");
    if !windows && !head.starts_with(b"ZM") {
        return None;
    }
    if windows && let Some(at) = u32_at(head, 0x3c) {
        let at = u64::from(at);
        if sample.has(at, b"PE\0\0") {
            return Some("pe");
        }
        match sample.at(at, 2).as_deref() {
            Some(b"NE") => return Some("dos-ne"),
            Some(b"LE" | b"LX" | b"W3" | b"W4") => return Some("dos-le"),
            _ => {}
        }
    }
    if text::is_text(head) {
        return None;
    }
    let (Some(last_page), Some(pages), Some(paragraphs)) =
        (u16_at(head, 2), u16_at(head, 4), u16_at(head, 8))
    else {
        return Some("dos-mz");
    };
    let header = u64::from(paragraphs) * 16;
    let code_end = u64::from(pages) * 512;
    (last_page <= 512 && pages > 0 && paragraphs >= 2 && header < code_end).then_some("dos-mz")
}

/// `0xCAFEBABE` begins a Java class (then come minor and major version, 45 or more) and a Mach-O for
/// several processors (then comes their number, few); `0xCAFEBABF` is the 64-bit form of the latter.
fn cafebabe(sample: &Sample<'_>) -> Option<&'static str> {
    let head = sample.head;
    if head.starts_with(b"\xca\xfe\xba\xbf") {
        return Some("mach-o");
    }
    if !head.starts_with(b"\xca\xfe\xba\xbe") {
        return None;
    }
    let count = head
        .get(4..8)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u32::from_be_bytes);
    match count {
        Some(0..45) => Some("mach-o"),
        _ => Some("java-class"),
    }
}

const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// What an OLE compound file ([MS-CFB]) is: by the class of its root, by the streams that the first
/// sector of the directory names, by the file's name.
fn ole(sample: &Sample<'_>) -> &'static str {
    let head = sample.head;
    let shift = u16_at(head, 30)
        .filter(|shift| matches!(shift, 9 | 12))
        .unwrap_or(9);
    let sector = 1usize << shift;
    let directory = u32_at(head, 48)
        .and_then(|first| sample.at((u64::from(first) + 1) << shift, sector))
        .unwrap_or_default();
    // The last 8 bytes are the same in every class that Microsoft gave out for these.
    if let (Some(class), Some(b"\xc0\0\0\0\0\0\0\x46")) =
        (u32_at(&directory, 80), directory.get(88..96))
    {
        match class {
            0x0002_0900..=0x0002_0907 => return "doc",
            0x0002_0810 | 0x0002_0820 => return "xls",
            0x0002_0d0b => return "msg",
            0x000c_1082 | 0x000c_1084 | 0x000c_1086 => return "msi",
            _ => {}
        }
    }
    if u32_at(&directory, 80) == Some(0x6481_8d10) {
        return "ppt";
    }
    for entry in directory.chunks_exact(128).skip(1) {
        let name: Vec<u8> = entry[..64]
            .iter()
            .step_by(2)
            .copied()
            .take_while(|b| *b != 0)
            .collect();
        match name.as_slice() {
            b"WordDocument" => return "doc",
            b"Workbook" | b"Book" => return "xls",
            b"PowerPoint Document" => return "ppt",
            b"EncryptedPackage" | b"EncryptionInfo" => return "ole-encrypted",
            b"__nameid_version1.0" | b"__properties_version1.0" => return "msg",
            _ => {}
        }
    }
    match () {
        () if sample.named("msi") || sample.named("msp") || sample.named("mst") => "msi",
        () if sample.named("doc") || sample.named("dot") => "doc",
        () if sample.named("xls") || sample.named("xlt") => "xls",
        () if sample.named("ppt") || sample.named("pps") => "ppt",
        () if sample.named("msg") => "msg",
        () => "ole",
    }
}

/// PKCS #7 in BER (RFC 5652): signed data is a signature unless its name says that it wraps a letter.
fn pkcs7(sample: &Sample<'_>) -> Option<&'static str> {
    let head = sample.head.get(..sample.head.len().min(32))?;
    if head.first() != Some(&0x30) {
        return None;
    }
    // 1.2.840.113549.1.9.16.1.x: compressed (RFC 3274), authenticated and enveloped (RFC 5083).
    let letter = memchr::memmem::find(head, b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01");
    if let Some(oid) = letter {
        return matches!(head.get(oid + 12), Some(9 | 23)).then_some("p7m");
    }
    // 1.2.840.113549.1.7.x
    let oid = memchr::memmem::find(head, b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07")?;
    match head.get(oid + 10) {
        Some(2) if !sample.named("p7m") => Some("p7s"),
        Some(2 | 3 | 6) => Some("p7m"),
        _ => None,
    }
}

/// The same in base64 without lines of dashes, as a `.p7m` stands inside a file that was encoded once more
/// (`base64 < smime.p7m`). The bytes decide, not the name.
pub(super) fn pkcs7_in_base64(sample: &Sample<'_>) -> Option<&'static str> {
    let head = sample
        .head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(sample.head);
    let head = head.trim_ascii_start();
    // A sequence (30) whose length is none or stands in bytes of its own (80 to 84).
    if head.first() != Some(&b'M') {
        return None;
    }
    let head = base64::strict(head.get(..head.len().min(PKCS7_HEAD))?)?;
    pkcs7(&Sample::of(&head, sample.names))
}

/// Letters of base64 in which the object's identifier stands, blanks counted.
const PKCS7_HEAD: usize = 96;

/// OpenPGP in binary (RFC 9580): a session key and something behind it; of other packets the name must
/// say it too.
pub(super) fn is_pgp(sample: &Sample<'_>) -> bool {
    let head = sample.head;
    // The packet's tag, where its body begins, and how long that is.
    let (tag, start, length) = match head {
        [first @ (0x84 | 0x8c), length, ..] => (first >> 2 & 15, 2, u16::from(*length)),
        [0x85, high, low, ..] => (1, 3, u16::from_be_bytes([*high, *low])),
        [first @ (0xc1 | 0xc3), length @ 0..192, ..] => (first & 63, 2, u16::from(*length)),
        [first @ (0xc1 | 0xc3), high @ 192..224, low, ..] => {
            let length = u16::from_be_bytes([high - 192, *low]) + 192;
            (first & 63, 3, length)
        }
        // Compressed, signed, literal.
        [0xa0..=0xa3 | 0x90 | 0xc4 | 0xc8 | 0xcb, ..] => {
            return ["gpg", "pgp"].iter().any(|name| sample.named(name));
        }
        _ => return false,
    };
    let body = head.get(start..).unwrap_or_default();
    let sound = match tag {
        1 => matches!(
            body,
            [3, _, _, _, _, _, _, _, _, 1 | 2 | 16 | 18 | 25, ..] | [6, ..]
        ),
        _ => matches!(body, [4, 1..=13, 0 | 1 | 3 | 4, ..] | [5 | 6, ..]),
    };
    // Another session key, or the data.
    let next = sample.at(start as u64 + u64::from(length), 1);
    let next = next.and_then(|next| next.first().copied());
    let follows = matches!(
        next,
        Some(0x84 | 0x85 | 0x8c | 0xa4..=0xa7 | 0xc1 | 0xc3 | 0xc9 | 0xd2 | 0xd4)
    );
    sound && follows
}

/// bzip2: the magic, a level, and the sign of a block or of the end.
pub(super) fn is_bzip2(sample: &Sample<'_>) -> bool {
    let head = sample.head;
    head.starts_with(b"BZh")
        && matches!(head.get(3), Some(b'1'..=b'9'))
        && match head.get(4..10) {
            Some(sign) => {
                sign == b"\x31\x41\x59\x26\x53\x59" || sign == b"\x17\x72\x45\x38\x50\x90"
            }
            None => true,
        }
}

/// LZMA alone has no magic: the usual properties, and sizes that make sense.
pub(super) fn is_lzma(sample: &Sample<'_>) -> bool {
    let head = sample.head;
    let Some(size) = head.get(5..13).and_then(|bytes| bytes.try_into().ok()) else {
        return false;
    };
    let size = u64::from_le_bytes(size);
    head.starts_with(b"\x5d\0\0") && (size == u64::MAX || size < 1 << 48)
}

/// A Zstandard stream that begins with a frame to be skipped (RFC 8878, 3.1.2).
pub(super) fn is_zstd_skippable(sample: &Sample<'_>) -> bool {
    matches!(sample.head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// TAR: `ustar`, or the older form, which only a right checksum gives away.
pub(super) fn is_tar(sample: &Sample<'_>) -> bool {
    let Some(header) = sample.head.get(..512) else {
        return false;
    };
    if header[257..].starts_with(b"ustar") {
        return true;
    }
    if header[0] == 0 {
        return false;
    }
    let field = &header[148..156];
    let digits: Vec<u8> = field.iter().copied().filter(u8::is_ascii_digit).collect();
    let Ok(said) = u32::from_str_radix(&String::from_utf8_lossy(&digits), 8) else {
        return false;
    };
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    let own: u32 = field.iter().map(|byte| u32::from(*byte)).sum();
    said == sum - own + 8 * 32
}

/// ARJ: its two-byte magic, and a main header that makes sense (technote: size, first size, type 2).
pub(super) fn is_arj(sample: &Sample<'_>) -> bool {
    let head = sample.head;
    head.starts_with(b"\x60\xea")
        && u16_at(head, 2).is_some_and(|size| (30..=2600).contains(&size))
        && head.get(4).is_some_and(|size| (30..=128).contains(size))
        && head.get(10) == Some(&2)
}

/// LHA: `-lh?-`, `-lz?-` or `-pm?-` after the header's size and checksum.
pub(super) fn is_lha(sample: &Sample<'_>) -> bool {
    matches!(
        sample.head.get(2..7),
        Some([
            b'-',
            b'l',
            b'h' | b'z',
            b'0'..=b'9' | b'd' | b's' | b'x',
            b'-'
        ]) | Some([b'-', b'p', b'm', b'0'..=b'9' | b's', b'-'])
    )
}

/// ARC: one byte of magic, a method, a name of DOS ended by NUL, sizes that fit.
pub(super) fn is_arc(sample: &Sample<'_>) -> bool {
    let Some(header) = sample.head.get(..29) else {
        return false;
    };
    let [0x1a, 1..=11, rest @ ..] = header else {
        return false;
    };
    let name = rest.split(|byte| *byte == 0).next().unwrap_or_default();
    let dos = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-~!#$%&@^(){}'`".contains(byte);
    let dots = name.iter().filter(|byte| **byte == b'.').count();
    (1..=12).contains(&name.len())
        && name.iter().all(dos)
        && dots <= 1
        && u32_at(header, 15).is_some_and(|packed| u64::from(packed) + 27 <= sample.size)
}

/// CPIO: digits behind the magic of the text forms; in the binary form of old, whose magic is two
/// bytes in either order, a length of name that makes sense.
pub(super) fn is_cpio(sample: &Sample<'_>) -> bool {
    let head = sample.head;
    let digits = |range: std::ops::Range<usize>| {
        head.get(range)
            .is_some_and(|field| field.iter().all(u8::is_ascii_hexdigit))
    };
    let length = match head {
        [b'0', b'7', b'0', b'7', b'0', b'1' | b'2', ..] => return digits(6..110),
        [b'0', b'7', b'0', b'7', b'0', b'7', ..] => return digits(6..76),
        [0xc7, 0x71, ..] => u16_at(head, 20),
        [0x71, 0xc7, ..] => u16_at(head, 20).map(u16::swap_bytes),
        _ => None,
    };
    length.is_some_and(|length| (2..=1024).contains(&length))
}

/// DEX and its optimised form: magic, three digits of version, NUL.
pub(super) fn is_dex(sample: &Sample<'_>) -> bool {
    matches!(
        sample.head,
        [
            b'd',
            b'e',
            b'x' | b'y',
            b'\n',
            b'0'..=b'9',
            b'0'..=b'9',
            b'0'..=b'9',
            0,
            ..
        ]
    )
}

/// Compiled scripts: CPython's `.pyc` (two bytes of version, CR LF, then by version 4, 8 or 12 more
/// bytes and a marshalled code object), and Lua's.
pub(super) fn is_bytecode(sample: &Sample<'_>) -> bool {
    let head = sample.head;
    let code = |at: usize| matches!(head.get(at), Some(b'c' | 0xe3));
    let python = matches!(head, [_, 0x0a..=0x0f | 0xf2..=0xf3, b'\r', b'\n', ..])
        && [8, 12, 16].into_iter().any(code);
    python || matches!(head, [0x1b, b'L', b'u', b'a', 0x50..=0x5f, ..])
}

/// A file system of DOS and Windows, or a disk with partitions.
pub(super) fn is_disk(sample: &Sample<'_>) -> bool {
    let Some(boot) = sample.head.get(..512) else {
        return false;
    };
    if !boot.ends_with(b"\x55\xaa") {
        return false;
    }
    let jumps = matches!(boot[0], 0xeb | 0xe9);
    let system = boot[3..].starts_with(b"NTFS")
        || boot[3..].starts_with(b"EXFAT")
        || boot[54..].starts_with(b"FAT")
        || boot[82..].starts_with(b"FAT");
    // Partition entries: status 0x00 or 0x80; a type and a number of sectors go together.
    let entries = boot[446..510].chunks_exact(16);
    let sound = entries
        .clone()
        .all(|entry| matches!(entry[0], 0 | 0x80) && (entry[4] == 0) == (entry[12..16] == [0; 4]));
    let some = entries.clone().any(|entry| entry[4] != 0);
    (jumps && system) || (sound && some)
}

/// PDF: Acrobat looks for the sign in the first 1024 bytes (ISO 32000-1, annex H.3.4.1).
pub(super) fn is_pdf(sample: &Sample<'_>) -> bool {
    let head = &sample.head[..sample.head.len().min(1024)];
    if head.starts_with(b"%PDF-") {
        return true;
    }
    if memchr::memmem::find(head, b"%PDF-").is_none() {
        return false;
    }
    // In a text the sign may be a word: someone writes about the format. A file has objects too.
    let has = |word: &[u8]| memchr::memmem::find(sample.head, word).is_some();
    !text::is_text(head) || (has(b" obj") && has(b"<<"))
}

/// Whether the sign of a PDF that was found is only that of a member which an archive or a compound
/// file holds as it is: a TAR or a stored ZIP member begins within the first 1024 bytes too.
pub(super) fn is_pdf_of_a_member(sample: &Sample<'_>, kinds: &[&'static Kind]) -> bool {
    let head = &sample.head[..sample.head.len().min(1024)];
    let Some(at) = memchr::memmem::find(head, b"%PDF-").filter(|at| *at > 0) else {
        return false;
    };
    if kinds.iter().any(|kind| kind.class == Class::Archive) || head.starts_with(OLE) {
        return true;
    }
    // APPNOTE 4.3.7: of a member that is stored the bytes stand right behind name and extra field.
    head.starts_with(b"PK\x03\x04")
        && u16_at(head, 8) == Some(0)
        && u16_at(head, 26)
            .zip(u16_at(head, 28))
            .is_some_and(|(name, extra)| 30 + usize::from(name) + usize::from(extra) == at)
}
