//! Archives that stand behind something else: programs that unpack themselves, and pictures or
//! documents that are an archive for whoever opens them as one.
//!
//! Programs that read archives look for a sign in the first megabytes of any file. A sign alone is
//! no proof (programs hold such signs as data): what follows it must be right.

use memchr::memmem;

use super::{Found, Sample};
use crate::{content::archive, facts::Class};

/// Finds archives behind what else was found, and adds them.
pub(super) fn kinds(sample: &Sample<'_>, found: &mut Found) {
    // What holds files of its own may hold an archive among them: it is opened for itself.
    let holds = found.kinds.iter().any(|kind| {
        matches!(
            kind.class,
            Class::Archive | Class::DiskImage | Class::Message
        ) || matches!(
            kind.id,
            "jar" | "apk" | "ipa" | "msi" | "msix" | "deb" | "rpm" | "chm"
        ) || (kind.class == Class::Document
            && !matches!(
                kind.id,
                "pdf" | "rtf" | "html" | "xml" | "postscript" | "djvu"
            ))
    });
    if holds || sample.size < 32 {
        return;
    }
    let wanted = usize::try_from(sample.size).map_or(SEARCH, |size| size.min(SEARCH));
    let read;
    let bytes = match sample.head.len() < wanted {
        true => {
            let Some(reader) = sample.reader else { return };
            read = reader(0, wanted);
            read.as_deref().unwrap_or(sample.head)
        }
        false => sample.head.get(..wanted).unwrap_or(sample.head),
    };
    for (id, sign, before, is_start) in SIGNS {
        let at = |at: usize| {
            let from = at.checked_sub(*before);
            is_start(from.and_then(|from| bytes.get(from..)).unwrap_or_default())
        };
        if memmem::find_iter(bytes, sign).take(HITS).any(at) {
            found.add(id);
        }
    }
}

/// Whether an archive begins with these bytes.
type Check = fn(&[u8]) -> bool;

/// Kind, sign, how many bytes of the archive stand before the sign, check.
static SIGNS: &[(&str, &[u8], usize, Check)] = &[
    ("rar", b"Rar!\x1a\x07", 0, archive::rar::headers::is_start),
    ("7z", b"7z\xbc\xaf\x27\x1c", 0, archive::seven::is_start),
    ("cab", b"MSCF\0\0\0\0", 0, archive::cab::is_start),
    ("arj", b"\x60\xea", 0, archive::arj::is_start),
    ("lha", b"-lh", 2, archive::lha::is_start),
];

/// How far an archive may stand behind the beginning.
const SEARCH: usize = 2 << 20;
/// Signs that are looked at.
const HITS: usize = 64;
