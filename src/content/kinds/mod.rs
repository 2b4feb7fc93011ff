//! Kinds by content: what a file's bytes say that it is, whatever its name and its declared type say.
//!
//! A table that a person can read and extend: one [`Rule`] a line, with bytes at a place or a check
//! of its own. A new kind takes a line in `facts/kind.rs` (id, class, words) and a line here. All
//! rules are tried, so a file that is two things (a polyglot) is reported as both.
//!
//! The crate `infer` is asked where it is right and nobody's safety hangs on it: pictures, sound,
//! film, fonts. Its signs for programs are too weak for a filter that refuses (`MZ`, `BC` and
//! `0x4C01` alone make a text that begins so a program), and it knows no scripts, shortcuts or disks.
//!
//! ```
//! use gacthu::content::kinds::{Sample, kinds};
//! let found = kinds(&Sample::of(b"\x7fELF\x02\x01\x01", &["bao-cao.pdf"]));
//! assert_eq!(found[0].id, "elf");
//! ```

mod behind;
mod binary;
mod script;
mod shortcut;
#[cfg(test)]
mod tests;
pub(super) mod text;
pub(super) mod zip;

use std::borrow::Cow;

use crate::facts::Kind;

/// What is looked at of one file.
#[derive(Clone, Copy)]
pub struct Sample<'a> {
    /// Its first bytes: 4 KiB or more, or all of it. Shorter is allowed and finds less.
    pub head: &'a [u8],
    /// Its last bytes: 1 KiB or more, or all of it.
    pub tail: &'a [u8],
    /// Its size in bytes.
    pub size: u64,
    /// All readings of its name. Content comes first: names only tell apart what bytes cannot.
    pub names: &'a [&'a str],
    /// Whether it is the text of a letter that mail programs show (role *text*). Such a text is read,
    /// not run: what it quotes is no script.
    pub body: bool,
    /// Reads up to so many bytes at an offset that neither `head` nor `tail` holds.
    pub reader: Option<Reader<'a>>,
}

/// Reads up to `len` bytes at an offset; none where it cannot.
pub type Reader<'a> = &'a dyn Fn(u64, usize) -> Option<Vec<u8>>;

impl<'a> Sample<'a> {
    /// A whole file that is at hand.
    pub fn of(bytes: &'a [u8], names: &'a [&'a str]) -> Self {
        let size = bytes.len() as u64;
        Self {
            head: bytes,
            tail: bytes,
            size,
            names,
            body: false,
            reader: None,
        }
    }

    /// Exactly `len` bytes at an offset from the beginning, if they can be had.
    pub(super) fn at(&self, offset: u64, len: usize) -> Option<Cow<'a, [u8]>> {
        let end = offset
            .checked_add(len as u64)
            .filter(|end| *end <= self.size)?;
        if let Some(bytes) = slice(self.head, offset, len) {
            return Some(Cow::Borrowed(bytes));
        }
        let tail_at = self.size.saturating_sub(self.tail.len() as u64);
        if offset >= tail_at && end <= self.size {
            return slice(self.tail, offset - tail_at, len).map(Cow::Borrowed);
        }
        let bytes = self.reader?(offset, len)?;
        (bytes.len() == len).then_some(Cow::Owned(bytes))
    }

    /// Whether these bytes stand at this offset.
    pub(super) fn has(&self, offset: u64, bytes: &[u8]) -> bool {
        self.at(offset, bytes.len())
            .is_some_and(|found| *found == *bytes)
    }

    /// Whether one of the names ends in this extension (lower case, without the dot).
    pub(super) fn named(&self, extension: &str) -> bool {
        self.names.iter().any(|name| {
            let name = name.trim_end_matches(['.', ' ']);
            name.rsplit_once('.')
                .is_some_and(|(_, found)| found.eq_ignore_ascii_case(extension))
        })
    }
}

/// All kinds that the bytes show, in the order of their classes (programs first); empty when nothing
/// is recognised.
///
/// Never fails: a head that is cut, empty or broken finds less. Costs well under a microsecond for
/// most binary files and a few for 4 KiB of text. Of a text that has no name of a text up to 64 KiB
/// are read.
pub fn kinds(sample: &Sample<'_>) -> Vec<&'static Kind> {
    let mut found = Found::default();
    if sample.size == 0 || sample.head.is_empty() {
        return found.kinds;
    }
    let plain = text::is_text(sample.head);
    // Whether the beginning is explained, so that nothing else can begin there.
    let mut anchored = sample.head.starts_with(b"MZ");
    for rule in RULES {
        if plain && !rule.test.may_be_text() {
            continue;
        }
        let hit = match rule.test {
            Test::At(offset, bytes) | Test::Text(offset, bytes) => sample.has(offset, bytes),
            Test::FromEnd(offset, bytes) => sample
                .size
                .checked_sub(offset)
                .is_some_and(|at| sample.has(at, bytes)),
            Test::If(check) | Test::TextIf(check) => check(sample),
        };
        if hit {
            anchored |= rule.test.is_anchored();
            found.add(rule.id);
        }
    }
    binary::kinds(sample, &mut found);
    let known = found.kinds.len();
    if binary::is_pdf_of_a_member(sample, &found.kinds) {
        found.kinds.retain(|kind| kind.id != "pdf");
    }
    zip::kinds(sample, &mut found);
    // A browser takes for a page what begins like one, whatever bytes follow.
    if plain || infer::text::is_html(sample.head) {
        text::kinds(sample, &mut found);
    } else if (known == 0 || !anchored) && !sample.head.starts_with(b"PK") {
        let inferred = infer::get(sample.head).map(|kind| kind.extension());
        if let Some((_, id)) = INFERRED
            .iter()
            .find(|(extension, _)| Some(*extension) == inferred)
        {
            found.add(id);
        }
    }
    if !sample.body {
        behind::kinds(sample, &mut found);
    }
    if plain && found.kinds.is_empty() {
        found.add("text");
    }
    found.kinds.sort_by_key(|kind| kind.class);
    found.kinds
}

/// The kinds found so far, each once.
#[derive(Default)]
pub(super) struct Found {
    pub(super) kinds: Vec<&'static Kind>,
}

impl Found {
    pub(super) fn add(&mut self, id: &str) {
        let known = Kind::by_id(id);
        debug_assert!(known.is_some(), "no kind {id}");
        if let Some(kind) = known
            && !self.kinds.contains(&kind)
        {
            self.kinds.push(kind);
        }
    }
}

fn slice(bytes: &[u8], offset: u64, len: usize) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    bytes.get(start..start.checked_add(len)?)
}

/// One way to know a kind.
struct Rule {
    id: &'static str,
    test: Test,
}

enum Test {
    /// These bytes at this offset.
    At(u64, &'static [u8]),
    /// These bytes so far before the end.
    FromEnd(u64, &'static [u8]),
    /// A check of its own.
    If(fn(&Sample<'_>) -> bool),
    /// As `At`, for a format that is text.
    Text(u64, &'static [u8]),
    /// As `If`, for a format that may be text.
    TextIf(fn(&Sample<'_>) -> bool),
}

impl Test {
    /// Whether a hit explains the first bytes.
    fn is_anchored(&self) -> bool {
        matches!(self, Self::At(0..64, _) | Self::Text(..) | Self::If(_))
    }

    /// Whether it is tried on plain text. A letter may well begin with `ITSF` or `070701`: a sign of
    /// printable characters means nothing there, unless the format itself is text.
    fn may_be_text(&self) -> bool {
        match self {
            Self::At(_, bytes) | Self::FromEnd(_, bytes) => bytes
                .iter()
                .any(|byte| !byte.is_ascii_graphic() && *byte != b' '),
            Self::If(_) => false,
            Self::Text(..) | Self::TextIf(_) => true,
        }
    }
}

const fn at(id: &'static str, offset: u64, bytes: &'static [u8]) -> Rule {
    Rule {
        id,
        test: Test::At(offset, bytes),
    }
}

const fn end(id: &'static str, offset: u64, bytes: &'static [u8]) -> Rule {
    Rule {
        id,
        test: Test::FromEnd(offset, bytes),
    }
}

const fn check(id: &'static str, test: fn(&Sample<'_>) -> bool) -> Rule {
    Rule {
        id,
        test: Test::If(test),
    }
}

const fn text(id: &'static str, offset: u64, bytes: &'static [u8]) -> Rule {
    Rule {
        id,
        test: Test::Text(offset, bytes),
    }
}

/// The table. What needs more than bytes at a place stands in `binary.rs` (programs, OLE), `zip.rs`
/// (everything that is a ZIP inside) and `text.rs` with `script.rs` (everything that is text).
static RULES: &[Rule] = &[
    // Programs. PE, NE, LE, MZ and 0xCAFEBABE: binary.rs.
    at("elf", 0, b"\x7fELF"),
    at("mach-o", 0, b"\xfe\xed\xfa\xce"),
    at("mach-o", 0, b"\xfe\xed\xfa\xcf"),
    at("mach-o", 0, b"\xce\xfa\xed\xfe"),
    at("mach-o", 0, b"\xcf\xfa\xed\xfe"),
    at("wasm", 0, b"\0asm"),
    check("dex", binary::is_dex),
    at("dex", 0, b"vdex0"),
    check("bytecode", binary::is_bytecode),
    at("bytecode", 0, b"\xa3\x48\x4b\xbe\x98\x6c\x4a\xa9"), // AutoIt
    // [MS-SHLLINK] 2.1: header size and link CLSID.
    at(
        "lnk",
        0,
        b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46",
    ),
    at("chm", 0, b"ITSF"),
    at("hlp", 0, b"\x3f\x5f\x03\0"),
    at("applescript", 0, b"FasdUAS "),
    at("rpm", 0, b"\xed\xab\xee\xdb"),
    at("deb", 0, b"!<arch>\ndebian-binary"),
    // Archives.
    at("rar", 0, b"Rar!\x1a\x07"),
    at("rar", 0, b"RE~^"), // RAR 1.4
    at("7z", 0, b"7z\xbc\xaf\x27\x1c"),
    at("gz", 0, b"\x1f\x8b\x08"),
    check("bz2", binary::is_bzip2),
    at("xz", 0, b"\xfd7zXZ\0"),
    check("lzma", binary::is_lzma),
    at("lzip", 0, b"LZIP\x01"),
    at("zst", 0, b"\x28\xb5\x2f\xfd"),
    check("zst", binary::is_zstd_skippable),
    at("lz4", 0, b"\x04\x22\x4d\x18"),
    at("lz4", 0, b"\x02\x21\x4c\x18"), // the legacy frame
    at("z", 0, b"\x1f\x9d"),
    at("z", 0, b"\x1f\xa0"), // compress -H
    at("szdd", 0, b"SZDD\x88\xf0\x27\x33"),
    at("szdd", 0, b"KWAJ\x88\xf0\x27\xd1"),
    check("tar", binary::is_tar),
    at("cab", 0, b"MSCF\0\0\0\0"),
    at("cab", 0, b"ISc("), // InstallShield
    check("arj", binary::is_arj),
    check("lha", binary::is_lha),
    at("ace", 7, b"**ACE**"),
    check("arc", binary::is_arc),
    at("zoo", 20, b"\xdc\xa7\xc4\xfd"),
    check("cpio", binary::is_cpio),
    at("ar", 0, b"!<arch>\n"),
    at("xar", 0, b"xar!"),
    at("wim", 0, b"MSWIM\0\0\0"),
    text("yenc", 0, b"=ybegin "),
    // Images of disks.
    at("iso", 32_769, b"CD001"),
    at("iso", 32_769, b"BEA01"), // UDF without ISO 9660 (ECMA-167 2/9.2)
    at("iso", 37_649, b"CD001"), // raw sectors of 2352 bytes
    at("vhd", 0, b"conectix"),
    end("vhd", 512, b"conectix"), // a fixed VHD has only the footer
    end("vhd", 511, b"conectix"), // written so by Virtual PC before 2004
    at("vhdx", 0, b"vhdxfile"),
    at("vmdk", 0, b"KDMV"),
    text("vmdk", 0, b"# Disk DescriptorFile"),
    at("qcow2", 0, b"QFI\xfb"),
    end("dmg", 512, b"koly\0\0\0\x04"),
    at("hfs", 1024, b"H+\0\x04"),
    at("hfs", 1024, b"HX\0\x05"),
    check("fat", binary::is_disk),
    // Documents. OLE and everything in ZIP: binary.rs, zip.rs.
    Rule {
        id: "pdf",
        test: Test::TextIf(binary::is_pdf),
    },
    // Workbooks from before OLE, which Excel still opens: BOF of BIFF2 to BIFF8.
    at("xls", 0, b"\x09\0\x04\0\x02\0\x10\0"),
    at("xls", 0, b"\x09\0\x04\0\x02\0\x40\0"),
    at("xls", 0, b"\x09\x02\x06\0\0\0"),
    at("xls", 0, b"\x09\x04\x06\0\0\0"),
    at("xls", 0, b"\x09\x08\x08\0\0\x05"),
    at("xls", 0, b"\x09\x08\x10\0\0\x06"),
    text("rtf", 0, b"{\\rt"), // Word opens "{\rt" too, without the "f1"
    at(
        "onenote",
        0,
        b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3",
    ),
    at(
        "onenote",
        0,
        b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f",
    ),
    text("postscript", 0, b"%!PS"),
    at("postscript", 0, b"\xc5\xd0\xd3\xc6"),
    at("djvu", 0, b"AT&TFORM"),
    // Pictures and films that infer does not know.
    at("wmf", 0, b"\xd7\xcd\xc6\x9a"),
    at("wmf", 40, b" EMF"),
    at("swf", 0, b"FWS"),
    at("swf", 0, b"CWS"),
    at("swf", 0, b"ZWS"),
    // Messages and the rest.
    check("pgp", binary::is_pgp),
    at("tnef", 0, b"\x78\x9f\x3e\x22"),
    check("url-shortcut", shortcut::is_binary_webloc),
    check("url-launcher", shortcut::is_binary_launcher),
    at("sqlite", 0, b"SQLite format 3\0"),
    at("access", 4, b"Standard Jet DB\0"),
    at("access", 4, b"Standard ACE DB\0"),
    at("pst", 0, b"!BDN"),
];

/// What `infer` is asked for, by the extension that it answers: everything else it says is ignored.
static INFERRED: &[(&str, &str)] = &[
    ("jpg", "jpeg"),
    ("png", "png"),
    ("gif", "gif"),
    ("webp", "webp"),
    ("tif", "tiff"),
    ("cr2", "tiff"),
    ("bmp", "bmp"),
    ("ico", "ico"),
    ("psd", "psd"),
    ("heif", "heif"),
    ("avif", "avif"),
    ("jxl", "jxl"),
    ("jp2", "jp2"),
    ("djvu", "djvu"),
    ("dwg", "dwg"),
    ("mp4", "video"),
    ("m4v", "video"),
    ("mkv", "video"),
    ("webm", "video"),
    ("mov", "video"),
    ("avi", "video"),
    ("wmv", "video"),
    ("mpg", "video"),
    ("flv", "video"),
    ("mid", "audio"),
    ("mp3", "audio"),
    ("m4a", "audio"),
    ("opus", "audio"),
    ("ogg", "audio"),
    ("flac", "audio"),
    ("wav", "audio"),
    ("amr", "audio"),
    ("aac", "audio"),
    ("aiff", "audio"),
    ("woff", "font"),
    ("woff2", "font"),
    ("ttf", "font"),
    ("otf", "font"),
    ("eot", "font"),
];

#[cfg(test)]
fn table_ids() -> impl Iterator<Item = &'static str> {
    RULES
        .iter()
        .map(|rule| rule.id)
        .chain(INFERRED.iter().map(|(_, id)| *id))
}
