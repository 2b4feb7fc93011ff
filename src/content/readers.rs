//! Which reader opens which kind: one line a kind.

use super::{
    archive::{arj, cab, lha, rar, seven, stream, szdd},
    opener::Inside,
    source::Source,
};
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
    // Archives.
    ("rar", rar::rar),
    ("7z", seven::seven),
    ("cab", cab::cab),
    ("arj", arj::arj),
    ("lha", lha::lha),
    ("szdd", szdd::szdd),
];
