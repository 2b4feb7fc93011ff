//! Outlook messages ([MS-OXMSG]): their attachments. The texts of the letter are no files.

use crate::{
    content::{
        document::ole::{
            compound::{Compound, u16_at, u32_at},
            ordinary,
            package::utf16,
            rebuild,
        },
        member_name,
        opener::{Inside, Member},
    },
    facts::{NotOpened, Place},
};

/// Whether a compound file is a message: it has properties, as nothing else has.
pub(in crate::content) fn is_message(compound: &Compound) -> bool {
    compound.child(0, PROPERTIES).is_some()
}

/// Hands on the attachments.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
) -> Result<(), NotOpened> {
    inside.set_place(Place::Message);
    for (index, entry) in compound.children(0) {
        let name = entry.name.to_ascii_lowercase();
        if entry.storage && name.starts_with("__attach_version1.0_") {
            attachment(inside, compound, index)?;
        }
    }
    for (index, entry) in compound.entries().iter().enumerate().skip(1) {
        inside.spending().check()?;
        if !entry.storage && is_extra(compound, index) {
            let member = Member::named(compound.path(index));
            inside.member(member, &mut compound.stream(index))?;
        }
    }
    Ok(())
}

/// Whether a stream is none of a message's, or one that nobody reads as text and that holds a file.
fn is_extra(compound: &Compound, index: usize) -> bool {
    let mut root = index;
    while let Some(parent) = compound.entry(root).and_then(|entry| entry.parent)
        && parent > 0
    {
        root = parent;
    }
    let name = |index: usize| {
        compound
            .entry(index)
            .map_or("", |entry| entry.name.as_str())
    };
    let own = |name: &str| name.starts_with("__") || name.starts_with('\u{5}');
    match root == index {
        true if own(name(index)) => {
            // Properties of bytes; the bodies of the letter quote what they like.
            let property = name(index).strip_prefix("__substg1.0_").unwrap_or_default();
            let body = matches!(property.get(..4), Some("1000" | "1009" | "1013"));
            let bytes = property.get(4..) == Some("0102");
            bytes && !body && ordinary::holds_file(compound, index)
        }
        _ if own(name(root)) => false,
        _ => compound.stream(index).left() > 0,
    }
}

fn attachment(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    index: usize,
) -> Result<(), NotOpened> {
    let method = method(compound, index);
    let mut names: Vec<String> = Vec::new();
    // The long name, the short one, what is shown, the path of what lies elsewhere.
    for id in ["3707", "3704", "3001", "370D", "3708"] {
        let unicode = property(compound, index, id, "001F").map(|bytes| vec![utf16(&bytes)]);
        let narrow = property(compound, index, id, "001E").map(|bytes| {
            let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
            member_name::readings(bytes, false)
        });
        for name in unicode.into_iter().chain(narrow).flatten() {
            let name = name.trim().to_owned();
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let member = Member {
        names,
        ..Member::default()
    };
    if let Some(storage) = compound.child(index, "__substg1.0_3701000D") {
        let is_message = compound.child(storage, PROPERTIES).is_some();
        let clsid = is_message.then_some(MESSAGE);
        if is_storage(compound, storage) {
            return rebuild::member(inside, compound, storage, clsid, member);
        }
        return inside.member(member, &mut compound.stream(storage));
    }
    match compound.child(index, "__substg1.0_37010102") {
        Some(data) => inside.member(member, &mut compound.stream(data)),
        // By reference: the file lies elsewhere.
        None if matches!(method, Some(2..=4 | 7)) => {
            inside.sign("external-link");
            inside.closed(member, NotOpened::Unsupported)
        }
        None => inside.closed(member, NotOpened::Damaged),
    }
}

fn is_storage(compound: &Compound, index: usize) -> bool {
    compound.entry(index).is_some_and(|entry| entry.storage)
}

/// PidTagAttachMethod, among the properties of fixed length.
fn method(compound: &Compound, index: usize) -> Option<u32> {
    let stream = compound.child(index, PROPERTIES)?;
    let bytes = compound.read(stream, LONG_PROPERTIES);
    let properties = bytes.get(8..)?.chunks_exact(16);
    properties
        .filter(|entry| u16_at(entry, 2) == Some(0x3705))
        .find_map(|entry| u32_at(entry, 8))
}

fn property(compound: &Compound, index: usize, id: &str, kind: &str) -> Option<Vec<u8>> {
    let stream = compound.child(index, &format!("__substg1.0_{id}{kind}"))?;
    Some(compound.read(stream, LONG_NAME))
}

const PROPERTIES: &str = "__properties_version1.0";
/// The class of a message: an embedded one says it as one that lies apart.
const MESSAGE: [u8; 16] = *b"\x0b\x0d\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";
/// Bytes of a name that are read.
const LONG_NAME: u64 = 4096;
/// Bytes of properties that are read.
const LONG_PROPERTIES: u64 = 64 << 10;
