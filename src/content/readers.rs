//! Which reader opens which kind: one line a kind.

use super::{
    archive::{
        ar::ar, arj, cab, cpio::cpio, lha, rar, seven, stream, szdd, tar::tar, uuencode::uuencode,
        zip,
    },
    disk,
    document::{markup, odf, ole, onenote, ooxml, pdf, rtf, text},
    letter_spans,
    mail::{eml, mbox, pgp, smime, tnef},
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
    // Texts.
    ("text", letter_spans::text),
    ("ics", letter_spans::text),
    ("vcard", letter_spans::text),
    ("html", letter_spans::html),
    ("xml", letter_spans::html),
    // Compound files, and documents with objects inside.
    ("msi", ole::read),
    ("doc", ole::read),
    ("doc", text::ole::read),
    ("xls", ole::read),
    ("xls", text::ole::read),
    ("ppt", ole::read),
    ("ppt", text::ole::read),
    ("ole", ole::read),
    ("ole", text::ole::read),
    ("ole-encrypted", ole::read),
    ("msg", ole::read),
    ("msg", text::ole::read),
    ("rtf", rtf::read),
    ("rtf", text::rtf::read),
    ("onenote", onenote::read),
    // What mail programs wrap attachments in.
    ("tnef", tnef::read),
    // ZIP, and programs that are one.
    ("zip", zip::zip),
    ("jar", zip::zip),
    ("apk", zip::zip),
    ("ipa", zip::zip),
    ("msix", zip::zip),
    // Documents that are a ZIP inside.
    ("docx", ooxml::ooxml),
    ("docx", text::ooxml::read),
    ("docm", ooxml::ooxml),
    ("docm", text::ooxml::read),
    ("xlsx", ooxml::ooxml),
    ("xlsx", text::ooxml::read),
    ("xlsm", ooxml::ooxml),
    ("xlsm", text::ooxml::read),
    ("xlsb", ooxml::ooxml),
    ("xlsb", text::ooxml::read),
    ("pptx", ooxml::ooxml),
    ("pptx", text::ooxml::read),
    ("pptm", ooxml::ooxml),
    ("pptm", text::ooxml::read),
    ("ooxml", ooxml::ooxml),
    ("ooxml", text::ooxml::read),
    ("odf", odf::odf),
    ("odf", text::odf::read),
    ("epub", unsupported),
    ("xps", unsupported),
    ("bz2", stream::bzip2),
    ("xz", stream::xz),
    ("lzma", stream::lzma),
    ("lzip", stream::lzip),
    ("zst", stream::zstd),
    ("lz4", stream::lz4),
    ("z", stream::compress),
    // Archives.
    ("tar", tar),
    ("cpio", cpio),
    ("ar", ar),
    ("deb", ar),
    ("uuencode", uuencode),
    // Images of disks.
    ("iso", disk::optical),
    ("fat", disk::disk),
    ("vhd", disk::vhd),
    ("vhdx", disk::vhdx),
    // Documents.
    ("html", markup::read),
    ("pdf", pdf::read),
    ("svg", markup::read),
    // Messages.
    ("eml", eml::read),
    ("mbox", mbox::read),
    ("p7m", smime::read),
    ("p7s", smime::read),
    ("pgp", pgp::read),
    // Archives.
    ("rar", rar::rar),
    ("7z", seven::seven),
    ("cab", cab::cab),
    ("arj", arj::arj),
    ("lha", lha::lha),
    ("szdd", szdd::szdd),
];

/// Formats that are recognised and not opened, by design.
fn unsupported(_: &mut Inside<'_, '_>, _: &Source) -> Result<(), NotOpened> {
    Err(NotOpened::Unsupported)
}

/// Whether a kind is text and nothing else.
pub(super) fn is_text(kind: &Kind) -> bool {
    matches!(kind.id, "text" | "ics" | "vcard" | "xml")
}
