//! Which streams belong to a document as its format has it, and which hold a file whatever they are
//! called.
//!
//! What Office writes is known by name ([MS-DOC], [MS-XLS], [MS-PPT] 2.1, [MS-OVBA] 2.2, [MS-OSHARED]
//! 2.3); everything else was put there by somebody, and is a member.

use super::compound::Compound;
use crate::{
    content::kinds::{self, Sample},
    facts::{Class, Kind},
};

/// Whether a stream is one that programs write themselves.
pub(in crate::content) fn is_ordinary(compound: &Compound, index: usize) -> bool {
    let Some(entry) = compound.entry(index) else {
        return true;
    };
    let name = entry.name.to_ascii_lowercase();
    // Property sets, classes, pictures of objects: marked by a sign that no user can type.
    if name.starts_with(|first| first < ' ') || STREAMS.contains(&name.as_str()) {
        return true;
    }
    let mut storage = entry.parent.filter(|parent| *parent > 0);
    // Storages do not stand deeper inside each other than the directory's reader goes.
    while let Some(index) = storage {
        let Some(entry) = compound.entry(index) else {
            return true;
        };
        let name = entry.name.to_ascii_lowercase();
        let has = |name: &str| compound.child(index, name).is_some();
        if name.starts_with(|first| first < ' ')
            || STORAGES.contains(&name.as_str())
            || name == "vba" && has("dir")
            || has("\u{3}VBFrame")
        {
            return true;
        }
        storage = entry.parent.filter(|parent| *parent > 0);
    }
    false
}

/// Whether a stream's bytes are a program, a script, an archive or a disk image, as far as its
/// beginning shows it.
pub(in crate::content) fn holds_file(compound: &Compound, index: usize) -> bool {
    let size = compound.stream(index).left();
    let head = compound.read(index, HEAD);
    let reader = |at: u64, length: usize| {
        let end = at.checked_add(length as u64).filter(|end| *end <= FAR)?;
        let bytes = compound.read(index, end);
        Some(bytes.get(usize::try_from(at).ok()?..)?.to_vec())
    };
    let sample = Sample {
        head: &head,
        tail: &[],
        size,
        names: &[],
        body: false,
        reader: Some(&reader),
    };
    kinds::kinds(&sample).into_iter().any(is_told)
}

/// Kinds whose signs are so weak that a stream of numbers may well begin so are not believed.
fn is_told(kind: &Kind) -> bool {
    let weak = matches!(kind.id, "lzma" | "z" | "arc" | "dos-mz" | "hlp");
    let class = matches!(
        kind.class,
        Class::Executable | Class::Script | Class::Archive | Class::DiskImage
    );
    class && !weak
}

/// Streams that programs write, wherever they stand.
static STREAMS: &[&str] = &[
    // Word, Excel, PowerPoint.
    "worddocument",
    "0table",
    "1table",
    "data",
    "workbook",
    "book",
    "user names",
    "revision log",
    "ctls",
    "xcb",
    "powerpoint document",
    "current user",
    "pictures",
    "encryptedsummary",
    "encryption",
    "encryptioninfo",
    "encryptedpackage",
    "wpscustomdata",
    "etextdata",
    // Macro projects.
    "project",
    "projectwm",
    "projectlk",
    "_vba_project",
    "vbaprojectsignature",
    // Objects.
    "contents",
    "ocxname",
    "ocxdata",
    "equation native",
    "olepres000",
    "olepres001",
    // StarOffice, Visio, Publisher.
    "starwriterdocument",
    "starcalcdocument",
    "stardrawdocument3",
    "sfxdocumentinfo",
    "sfxwindows",
    "sfxpreview",
    "sfxstylesheets",
    "persist elements",
    "visiodocument",
    "visioinformation",
    "escherstm",
    "escherdelaystm",
];

/// Storages in which everything is the program's own.
static STORAGES: &[&str] = &[
    "msodatastore",
    "_sx_db_cur",
    "_xmlsignatures",
    "_signatures",
];

/// Bytes that are looked at first, and the last that are looked at further on: where the sign of an
/// optical disk stands.
const HEAD: u64 = 4096;
const FAR: u64 = 64 << 10;
