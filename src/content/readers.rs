//! Which reader opens which kind: one line a kind.

use super::{archive::stream, letter_spans, opener::Inside, source::Source};
use crate::facts::{Kind, NotOpened};

/// Opens one container: hands its members to [`Inside`]. An error is why the container was not
/// opened, or not wholly; what was handed on before it stays.
pub(super) type Reader = fn(&mut Inside<'_, '_>, &Source) -> Result<(), NotOpened>;

/// The readers of a kind, in the order in which they are tried.
pub(super) fn of(kind: &Kind) -> impl Iterator<Item = Reader> {
    READERS
        .iter()
        .filter(|(id, _)| *id == kind.id)
        .map(|(_, reader)| *reader)
}

/// Kinds and their readers. A kind may have several: each finds what it knows.
static READERS: &[(&str, Reader)] = &[
    // Compressed files.
    ("gz", stream::gzip),
    // Texts.
    ("text", letter_spans::text),
    ("ics", letter_spans::text),
    ("vcard", letter_spans::text),
    ("html", letter_spans::html),
    ("xml", letter_spans::html),
];

/// Whether a kind is text that holds no files.
pub(super) fn is_text(kind: &Kind) -> bool {
    matches!(kind.id, "text" | "ics" | "vcard" | "html" | "xml")
}
