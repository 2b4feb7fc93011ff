//! What a ZIP archive is: by the names of its members, as far as its first local headers and its
//! central directory show them cheaply. `archive/zip` opens it; here only its kind is at stake.
//! (APPNOTE.TXT 4.3.7 local header, 4.3.12 central directory, 4.3.16 end of central directory.)

use memchr::memmem;

use super::{Found, Sample};
use crate::content::bytes::{u16_at, u32_at};
use crate::facts::{Class, Kind};

/// What is seen of an archive without unpacking.
pub(in crate::content) struct View {
    /// Names of members: those of the first local headers, then those of the central directory.
    names: Vec<Vec<u8>>,
    /// Whether a member seen is encrypted (general purpose bit 0).
    encrypted: bool,
    /// Whether the whole central directory was seen.
    complete: bool,
    /// Content of a first member called `mimetype` (ODF 1.2 part 3, 3.3; EPUB OCF 4.3).
    mimetype: Vec<u8>,
}

impl View {
    /// The archive in this file, if there is one: from its first byte, or behind something else
    /// (self-extracting programs, polyglots) when a central directory ends exactly where the file ends.
    pub(in crate::content) fn of(sample: &Sample<'_>) -> Option<Self> {
        Self::ending(sample, false)
    }

    /// As [`View::of`]; with `loose` something may stand behind the archive, as most programs that
    /// unpack allow. Not in a file that may hold an archive as it is (a TAR, an OLE compound file, a
    /// PDF): there the archive is a member.
    fn ending(sample: &Sample<'_>, loose: bool) -> Option<Self> {
        let mut view = Self {
            names: Vec::new(),
            encrypted: false,
            complete: false,
            mimetype: Vec::new(),
        };
        let starts = STARTS.iter().any(|magic| sample.head.starts_with(magic));
        if starts {
            view.read_local_headers(sample.head);
        }
        let ends = view.read_directory(sample, loose);
        (starts || ends).then_some(view)
    }

    /// Whether a member is encrypted; none when not all are seen.
    pub(in crate::content) fn encrypted(&self) -> Option<bool> {
        match (self.encrypted, self.complete) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }

    fn read_local_headers(&mut self, head: &[u8]) {
        let head = &head[..head.len().min(HEAD)];
        let mut at = if head.starts_with(LOCAL) { 0 } else { 4 };
        for index in 0..MEMBERS {
            let Some(header) = head.get(at..).filter(|header| header.starts_with(LOCAL)) else {
                return;
            };
            let (Some(flags), Some(packed), Some(name), Some(extra)) = (
                u16_at(header, 6),
                u32_at(header, 18),
                u16_at(header, 26),
                u16_at(header, 28),
            ) else {
                return;
            };
            self.encrypted |= flags & 1 != 0;
            let end = 30 + usize::from(name);
            let Some(name) = header.get(30..end.min(header.len())) else {
                return;
            };
            let data = end + usize::from(extra);
            if index == 0 && name == b"mimetype" {
                let content = header.get(data..).unwrap_or_default();
                self.mimetype = content[..content.len().min(64)].to_vec();
            }
            self.names.push(name.to_vec());
            let rest = header.get(data..).unwrap_or_default();
            // A size that comes after the data leaves a search for the next header.
            let skip = if flags & 8 != 0 && packed == 0 {
                memmem::find(rest, LOCAL)
            } else {
                usize::try_from(packed).ok()
            };
            let Some(next) = skip.and_then(|skip| at.checked_add(data)?.checked_add(skip)) else {
                return;
            };
            at = next;
        }
    }

    fn read_directory(&mut self, sample: &Sample<'_>, loose: bool) -> bool {
        let Some((directory, size, entries)) = directory(sample, loose) else {
            return false;
        };
        let read = usize::try_from(size).unwrap_or(DIRECTORY).min(DIRECTORY);
        let Some(bytes) = sample.at(directory, read) else {
            return false;
        };
        if !bytes.starts_with(CENTRAL) {
            return false;
        }
        let mut rest: &[u8] = &bytes;
        let mut seen = 0;
        while rest.starts_with(CENTRAL) {
            let (Some(flags), Some(name), Some(extra), Some(comment)) = (
                u16_at(rest, 8),
                u16_at(rest, 28),
                u16_at(rest, 30),
                u16_at(rest, 32),
            ) else {
                break;
            };
            let end = 46 + usize::from(name);
            let Some(name) = rest.get(46..end) else { break };
            self.encrypted |= flags & 1 != 0;
            self.names.push(name.to_vec());
            seen += 1;
            rest = rest
                .get(end + usize::from(extra) + usize::from(comment)..)
                .unwrap_or_default();
        }
        self.complete = seen == entries;
        true
    }
}

/// Finds the kinds of this file and adds them.
pub(super) fn kinds(sample: &Sample<'_>, found: &mut Found) {
    let holds = |kind: &&'static Kind| {
        matches!(
            kind.class,
            Class::Archive | Class::DiskImage | Class::Document | Class::Message
        ) || kind.id == "msi"
    };
    let Some(view) = View::ending(sample, !found.kinds.iter().any(holds)) else {
        return;
    };
    let any = |test: &dyn Fn(&[u8]) -> bool| view.names.iter().any(|name| test(name));
    let is = |wanted: &str| any(&|name| name.eq_ignore_ascii_case(wanted.as_bytes()));
    // Office finds its parts in letters of either case; some programs write backslashes.
    let under = |folder: &str| {
        any(&|name| {
            let start = name.get(..folder.len()).unwrap_or_default();
            let same = |(one, other): (&u8, u8)| {
                one.eq_ignore_ascii_case(&other) || (*one == b'\\' && other == b'/')
            };
            start.len() == folder.len() && start.iter().zip(folder.bytes()).all(same)
        })
    };
    let ends = |end: &str| {
        any(&|name| {
            let start = name.len().saturating_sub(end.len());
            let rest = name.get(start..).unwrap_or_default();
            rest.eq_ignore_ascii_case(end.as_bytes())
        })
    };
    let before = found.kinds.len();
    // Programs first, and beside whatever else it is: a document that is also a program is a program.
    if is("AndroidManifest.xml") || is("classes.dex") || sample.named("apk") {
        found.add("apk");
    } else if is("META-INF/MANIFEST.MF") || sample.named("jar") || ends(".class") {
        // Java starts an archive without a manifest too, if it is told the class.
        found.add("jar");
    }
    if is("AppxManifest.xml") || is("AppxBlockMap.xml") || is("AppxMetadata/AppxBundleManifest.xml")
    {
        found.add("msix");
    }
    if any(&|name| name.starts_with(b"Payload/") && memmem::find(name, b".app/").is_some()) {
        found.add("ipa");
    }
    if is("gadget.xml") {
        found.add("gadget");
    }
    let macros = ends("vbaProject.bin");
    // Packages of programmers (NuGet, Visual Studio) use the same form, and hold anything.
    let programmers = ends(".nuspec") || is("extension.vsixmanifest");
    let package = !programmers && (is("[Content_Types].xml") || under("_rels/"));
    if view
        .mimetype
        .starts_with(b"application/vnd.oasis.opendocument")
        || view.mimetype.starts_with(b"application/vnd.sun.xml")
    {
        found.add("odf");
    } else if view.mimetype.starts_with(b"application/epub+zip") {
        found.add("epub");
    } else if under("word/") && package {
        found.add(if macros { "docm" } else { "docx" });
    } else if under("xl/") && package {
        let binary = is("xl/workbook.bin");
        found.add(if binary {
            "xlsb"
        } else if macros {
            "xlsm"
        } else {
            "xlsx"
        });
    } else if under("ppt/") && package {
        found.add(if macros { "pptm" } else { "pptx" });
    } else if package && (ends(".fdseq") || ends(".fdoc") || ends(".fpage")) {
        found.add("xps");
    } else if is("META-INF/manifest.xml") && is("content.xml") {
        // Also without the member that should be its first.
        found.add("odf");
    } else if is("META-INF/container.xml") && (ends(".opf") || ends(".xhtml")) {
        found.add("epub");
    } else if package && found.kinds.len() == before {
        found.add("ooxml");
    }
    if found.kinds.len() == before {
        found.add("zip");
    }
}

/// Offset, size and entries of the central directory whose end record is the end of the file or,
/// where it may be `loose`, stands in the last 64 KiB.
///
/// Behind the archive something else may stand also where the file is an archive by its beginning or its
/// name, or a program (a signature).
fn directory(sample: &Sample<'_>, loose: bool) -> Option<(u64, u64, u64)> {
    let loose = loose
        || sample.head.starts_with(b"PK")
        || sample.head.starts_with(b"MZ")
        || EXTENSIONS.iter().any(|extension| sample.named(extension));
    let kept = &sample.tail[sample.tail.len().saturating_sub(END_WITHIN)..];
    if let Some(found) = directory_in(sample, kept, loose) {
        return Some(found);
    }
    let size = usize::try_from(sample.size).unwrap_or(END_WITHIN);
    let wide = size.min(END_WITHIN);
    if wide <= kept.len() {
        return None;
    }
    let tail = sample.at(sample.size - wide as u64, wide)?;
    directory_in(sample, &tail, loose)
}

fn directory_in(sample: &Sample<'_>, tail: &[u8], loose: bool) -> Option<(u64, u64, u64)> {
    let tail_at = sample.size.checked_sub(tail.len() as u64)?;
    // Sought by its last byte, which hardly stands in a text. The record's comment may hold 64 KiB;
    // the last record whose comment fills the file comes before any other.
    let records = |fills: bool| {
        memchr::memrchr_iter(END[3], tail)
            .filter_map(|last| last.checked_sub(3))
            .filter_map(|at| Some((at, tail.get(at..)?)))
            .filter(|(_, record)| record.starts_with(END))
            .filter(move |(at, record)| {
                let comment = u16_at(record, 20).map(usize::from);
                !fills || comment.is_some_and(|comment| at + 22 + comment == tail.len())
            })
            .take(CANDIDATES)
    };
    let directory = |(at, record): (usize, &[u8])| {
        let (entries, size, offset) = (
            u16_at(record, 10)?,
            u32_at(record, 12)?,
            u32_at(record, 16)?,
        );
        let end = tail_at.checked_add(at as u64)?;
        // Counted back from the record: right also where something stands before the archive.
        let start = [end.checked_sub(u64::from(size)), Some(u64::from(offset))]
            .into_iter()
            .flatten()
            .find(|start| entries > 0 && *start < end && sample.has(*start, CENTRAL))?;
        Some((start, end - start, u64::from(entries)))
    };
    let exact = records(true).find_map(directory);
    exact.or_else(|| records(false).filter(|_| loose).find_map(directory))
}

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
/// A first member, an empty archive, and the marks of a split or formerly split one.
const STARTS: &[&[u8]] = &[LOCAL, END, b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04"];
/// How much of the beginning is walked, how many members of it, how much of the central directory.
const HEAD: usize = 64 * 1024;
const MEMBERS: usize = 64;
const DIRECTORY: usize = 64 * 1024;
/// Where an end record is sought: its comment may hold 65,535 bytes. How many are tried.
const END_WITHIN: usize = 22 + 65_535;
const CANDIDATES: usize = 64;
/// Names under which programs look for an archive anywhere in a file.
const EXTENSIONS: &[&str] = &[
    "zip", "zipx", "jar", "apk", "docx", "docm", "xlsx", "xlsm", "xlsb", "pptx", "pptm", "odt",
];
