//! OLE compound files: documents of Office 97 to 2003, encrypted ones of all later versions, Windows
//! Installer packages, Outlook messages. They share their outer form, and enough of them mix it that
//! one reader looks at what stands inside rather than at the kind.

pub(in crate::content) mod compound;
mod crypto;
mod encryption;
mod excel;
mod msi;
mod msi_names;
mod newer;
pub(in crate::content) mod ordinary;
pub(in crate::content) mod package;
mod powerpoint;
pub(in crate::content) mod rebuild;
#[cfg(test)]
mod tests;
pub(in crate::content) mod word;

use std::io::Read;

use self::{
    compound::{Compound, same_name, u16_at, u32_at},
    package::Package,
};
use crate::{
    content::{
        mail::msg,
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// Any compound file.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    if inside.is_kind("xls") && !source.up_to(0, 8).starts_with(compound::MAGIC) {
        return excel::read_plain(inside, source);
    }
    let compound = Compound::open(source, inside.spending())?;
    // The recognition looks at the first names only.
    for (name, kind) in KINDS {
        if compound.child(0, name).is_some() {
            inside.mend_kind("ole", kind);
            inside.kind(kind);
        }
    }
    if msg::is_message(&compound) {
        return msg::read(inside, &compound);
    }
    if msi::is_package(&compound) {
        inside.mend_kind("ole", "msi");
        inside.kind("msi");
        return msi::read(inside, &compound);
    }
    if encryption::read(inside, &compound, source)? {
        // What was found of the only content is said of the file that the user opens.
        inside.sign_as_content();
        if compound.child(0, "EncryptedPackage").is_some() {
            return everything(inside, &compound);
        }
        return Ok(());
    }
    document(inside, &compound)
}

/// A document: its macros, and what is embedded in it at any depth.
fn document(inside: &mut Inside<'_, '_>, compound: &Compound) -> Result<(), NotOpened> {
    let mut result = Ok(());
    project(inside, compound, 0);
    for (index, entry) in compound.children(0) {
        // Many entries may have the same name, and the same bytes.
        inside.spending().check()?;
        let found = match entry.name.to_ascii_lowercase().as_str() {
            "worddocument" => word::read(inside, compound, index),
            "workbook" | "book" => excel::read(inside, compound, index),
            "powerpoint document" => powerpoint::read(inside, compound, index),
            _ => Ok(()),
        };
        match found {
            // Without the password, what is not encrypted is looked at all the same.
            Err(NotOpened::Encrypted) => result = Err(NotOpened::Encrypted),
            Err(why) => return Err(why),
            Ok(()) => {}
        }
    }
    everything(inside, compound)?;
    result
}

/// All storages and streams, at any depth.
fn everything(inside: &mut Inside<'_, '_>, compound: &Compound) -> Result<(), NotOpened> {
    let mut index = 1;
    while let Some(entry) = compound.entry(index) {
        if entry.storage {
            index = storage(inside, compound, index)?;
        } else {
            stream(inside, compound, index)?;
            index += 1;
        }
        inside.spending().check()?;
    }
    Ok(())
}

/// A storage; gives the entry to go on with: a document that stands in it is opened apart.
fn storage(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    index: usize,
) -> Result<usize, NotOpened> {
    project(inside, compound, index);
    let has = |name: &str| compound.child(index, name).is_some();
    let form = has("\u{3}VBFrame");
    if !form && OBJECT.iter().any(|name| has(name)) {
        inside.sign("embedded-object");
    }
    if KINDS.iter().any(|(name, _)| has(name)) {
        inside.sign("embedded-object");
        if let Some(ole) = compound.child(index, "\u{1}Ole") {
            link(inside, compound, ole);
        }
        let member = Member::named(compound.path(index));
        rebuild::member(inside, compound, index, None, member)?;
        return Ok(compound.below(index).end.max(index + 1));
    }
    Ok(index + 1)
}

/// Whether a storage is that of a macro project, by the names that Office asks for.
fn project(inside: &mut Inside<'_, '_>, compound: &Compound, index: usize) {
    let has = |name: &str| compound.child(index, name).is_some();
    if has("dir") && has("_VBA_PROJECT") {
        inside.sign("macros-vba");
    }
}

/// A stream, wherever it stands: a packed file, part of a macro project, or something that the format
/// does not put there. Of streams that belong to the document only those are handed on that hold a
/// program or an archive all the same.
fn stream(inside: &mut Inside<'_, '_>, compound: &Compound, index: usize) -> Result<(), NotOpened> {
    let Some(entry) = compound.entry(index) else {
        return Ok(());
    };
    let head = compound.read(index, 16);
    let is = |name: &str| same_name(&entry.name, name);
    if is("\u{1}Ole10Native") {
        return native(inside, compound, index);
    }
    if is("\u{1}Ole") {
        link(inside, compound, index);
        return Ok(());
    }
    if is_vba_directory(&head) {
        inside.sign("macros-vba");
        return Ok(());
    }
    let object = is_file(&head) || ordinary::holds_file(compound, index);
    let extra = !entry.orphan && entry.size > 0 && !ordinary::is_ordinary(compound, index);
    if !object && !extra {
        return Ok(());
    }
    if object {
        inside.sign("embedded-object");
    }
    let mut member = Member::named(compound.path(index));
    if entry.orphan {
        member.traits.push("hidden-member");
    }
    inside.member(member, &mut compound.stream(index))
}

/// `\x01Ole10Native`: a file in the packager's form, or the data of another program.
fn native(inside: &mut Inside<'_, '_>, compound: &Compound, index: usize) -> Result<(), NotOpened> {
    inside.sign("embedded-object");
    let head = compound.read(index, LONG_HEADER);
    let Some(mut package) = head.get(4..).and_then(Package::parse) else {
        let mut data = compound.stream(index);
        skip(&mut data, 4);
        return inside.member(Member::named(compound.path(index)), &mut data);
    };
    if package.linked {
        inside.sign("external-link");
    }
    if package.size == 0 {
        return Ok(());
    }
    inside.sign("embedded-file");
    let begin = package.at.saturating_add(4);
    let mut names = compound.stream(index);
    skip(&mut names, begin.saturating_add(package.size));
    let mut tail = Vec::new();
    let _ = names.take(LONG_HEADER).read_to_end(&mut tail);
    package.add_unicode(&tail);
    let mut data = compound.stream(index);
    skip(&mut data, begin);
    let member = Member {
        names: package.names,
        ..Member::default()
    };
    inside.member(member, &mut data.take(package.size))
}

/// `\x01Ole` ([MS-OLEDS] 2.3.3): whether the object is one that lies elsewhere.
fn link(inside: &mut Inside<'_, '_>, compound: &Compound, index: usize) {
    let bytes = compound.read(index, 4096);
    let linked = u32_at(&bytes, 4).is_some_and(|flags| flags & 1 == 1);
    if linked || memchr::memmem::find(&bytes, URL_MONIKER).is_some() {
        inside.sign("external-link");
    }
}

fn skip(stream: &mut impl Read, count: u64) {
    // What cannot be read is noticed by whoever reads on.
    let _ = std::io::copy(&mut stream.take(count), &mut std::io::sink());
}

/// Whether a stream begins like the directory of a VBA project ([MS-OVBA] 2.3.4.2), packed: a
/// signature, the header of a chunk, and the record that comes first in each.
fn is_vba_directory(head: &[u8]) -> bool {
    head.first() == Some(&1)
        && u16_at(head, 1).is_some_and(|chunk| chunk >> 12 == 0xb)
        && head.get(4..8) == Some(b"\x01\0\x04\0")
}

/// Whether bytes begin like a file that a user could open: a stream of a document never does.
pub(in crate::content) fn is_file(head: &[u8]) -> bool {
    FILES.iter().any(|magic| head.starts_with(magic))
}

/// Streams by which the kind of a document is known.
static KINDS: &[(&str, &str)] = &[
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("PowerPoint Document", "ppt"),
    ("EncryptedPackage", "ole-encrypted"),
    ("__properties_version1.0", "msg"),
];

/// Streams that only the storage of an object has.
const OBJECT: [&str; 4] = ["\u{1}Ole", "\u{1}CompObj", "\u{1}Ole10Native", "Package"];

/// How files begin that are of interest wherever they are.
static FILES: &[&[u8]] = &[
    b"MZ",
    b"PK\x03\x04",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"MSCF\0\0\0\0",
    b"\x7fELF",
    b"%PDF-",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"{\\rt",
    b"ITSF\x03\0\0\0",
    b"\x4c\0\0\0\x01\x14\x02\0",
    b"\x1f\x8b\x08",
    b"\xca\xfe\xba\xbe",
    b"\x78\x9f\x3e\x22",
];

/// CLSID_URLMoniker.
pub(in crate::content) const URL_MONIKER: &[u8] =
    b"\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\0\xaa\0\x4b\xa9\x0b";
/// Bytes of a header with names that are read.
const LONG_HEADER: u64 = 64 << 10;
