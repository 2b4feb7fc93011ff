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
    for (id, sign, is_start) in SIGNS {
        let at = |at: usize| is_start(bytes.get(at..).unwrap_or_default());
        if memmem::find_iter(bytes, sign).take(HITS).any(at) {
            found.add(id);
        }
    }
}

/// Whether an archive begins with these bytes.
type Check = fn(&[u8]) -> bool;

static SIGNS: &[(&str, &[u8], Check)] = &[("7z", b"7z\xbc\xaf\x27\x1c", archive::seven::is_start)];

/// How far an archive may stand behind the beginning.
const SEARCH: usize = 2 << 20;
/// Signs that are looked at.
const HITS: usize = 64;
