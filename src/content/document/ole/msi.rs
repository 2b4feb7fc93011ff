//! Windows Installer packages, patches and transforms: their streams by their real names.
//!
//! The tables stay closed: they are the installer's own data, and the package counts as a program
//! anyhow. Cabinets, binaries, icons and storages inside are members; what lies in a cabinet has the
//! name too that it is installed by.

use super::{
    compound::{Compound, Entry},
    is_file, msi_names, ordinary, rebuild,
};
use crate::{
    content::opener::{Inside, Member},
    facts::NotOpened,
};

/// Whether the names are packed as only the installer does it.
pub(super) fn is_package(compound: &Compound) -> bool {
    let packed = |entry: &Entry| entry.name.chars().all(is_packed);
    compound
        .children(0)
        .any(|(_, entry)| !entry.storage && !entry.name.is_empty() && packed(entry))
}

/// Hands on what is no table.
pub(super) fn read(inside: &mut Inside<'_, '_>, compound: &Compound) -> Result<(), NotOpened> {
    let names = msi_names::names(compound, inside.spending())?;
    let around = inside.name_inner(names);
    let read = streams(inside, compound);
    inside.names_of_outer(around);
    read
}

fn streams(inside: &mut Inside<'_, '_>, compound: &Compound) -> Result<(), NotOpened> {
    for (index, entry) in compound.entries().iter().enumerate().skip(1) {
        let inner = entry.parent.is_some_and(|parent| parent != 0);
        if inner {
            continue;
        }
        let name = unpacked(&entry.name);
        let mut member = Member::named(name.clone());
        if entry.storage {
            // A transform or a package in the package.
            rebuild::member(inside, compound, index, None, member)?;
            continue;
        }
        let closed = name.starts_with('!') || name.starts_with('\u{5}') || entry.orphan;
        let found = || is_file(&compound.read(index, 16)) || ordinary::holds_file(compound, index);
        if closed && !found() {
            continue;
        }
        if entry.orphan {
            member.traits.push("hidden-member");
        }
        inside.member(member, &mut compound.stream(index))?;
    }
    Ok(())
}

fn is_packed(letter: char) -> bool {
    matches!(letter, '\u{3800}'..='\u{4840}')
}

/// A name as the installer means it: two letters of 64 in one, and a sign for tables.
pub(super) fn unpacked(name: &str) -> String {
    let letter = |value: u32| LETTERS.get(value as usize).map(|byte| char::from(*byte));
    let mut unpacked = String::new();
    for packed in name.chars() {
        match u32::from(packed) {
            0x4840 => unpacked.push('!'),
            value @ 0x4800..0x4840 => unpacked.extend(letter(value - 0x4800)),
            value @ 0x3800..0x4800 => {
                unpacked.extend(letter((value - 0x3800) & 63));
                unpacked.extend(letter((value - 0x3800) >> 6));
            }
            _ => unpacked.push(packed),
        }
    }
    unpacked
}

const LETTERS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";
