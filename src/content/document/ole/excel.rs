//! Excel workbooks of 1993 to 2003 ([MS-XLS], BIFF5 and BIFF8): macro sheets, links, encryption.

use super::{
    compound::{Compound, u16_at, u32_at},
    crypto::Rc4Key,
};
use crate::{
    content::{opener::Inside, source::Source},
    facts::NotOpened,
};

/// A record of a workbook.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'b> {
    pub(super) id: u16,
    /// Where its data stands in the stream.
    pub(super) at: usize,
    pub(super) data: &'b [u8],
}

/// The records of a stream, to the first that is cut.
pub(super) fn records(bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let (id, length) = (u16_at(bytes, next)?, u16_at(bytes, next + 2)?);
        let at = next + 4;
        let data = bytes.get(at..at + usize::from(length))?;
        next = at + data.len();
        Some(Record { id, at, data })
    })
}

/// Looks through the workbook's records.
pub(super) fn read(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    index: usize,
) -> Result<(), NotOpened> {
    let limit = compound.stream(index).left();
    let _held = inside.spending().hold(limit)?;
    let bytes = compound.read(index, limit);
    look_through(inside, &bytes)
}

/// A workbook that is no compound file.
pub(super) fn read_plain(inside: &mut Inside<'_, '_>, source: &Source) -> Result<(), NotOpened> {
    let _held = inside.spending().hold(source.len())?;
    let bytes = source.whole(source.len()).ok_or(NotOpened::Damaged)?;
    look_through(inside, &bytes)
}

fn look_through(inside: &mut Inside<'_, '_>, bytes: &[u8]) -> Result<(), NotOpened> {
    let mut encrypted = false;
    for record in records(bytes) {
        let macros = match record.id {
            FILEPASS => {
                encrypted = true;
                false
            }
            // The kind of a sheet is encrypted with the rest, but its first record never is.
            BOUNDSHEET if !encrypted => {
                let sheet = u32_at(record.data, 0).and_then(|at| usize::try_from(at).ok());
                let first = sheet.and_then(|at| records(bytes.get(at..)?).next());
                record.data.get(5) == Some(&1) || first.is_some_and(is_macro_sheet)
            }
            id if BOFS.contains(&id) => is_macro_sheet(record),
            // A link to a program (DDE, OLE): its name, 3, the topic.
            SUPBOOK if !encrypted => {
                if is_dde(record.data) {
                    inside.sign("external-link");
                }
                false
            }
            _ => false,
        };
        if macros {
            inside.sign("macros-xlm");
        }
    }
    match encrypted {
        true => {
            inside.encrypted(None);
            Err(NotOpened::Encrypted)
        }
        false => Ok(()),
    }
}

fn is_macro_sheet(record: Record<'_>) -> bool {
    BOFS.contains(&record.id) && u16_at(record.data, 2) == Some(0x40)
}

fn is_dde(data: &[u8]) -> bool {
    let length = u16_at(data, 2).map(usize::from);
    let Some((length @ 1..=0xff, Some(wide))) = length.map(|length| (length, data.get(4))) else {
        return false;
    };
    let step = if wide & 1 == 1 { 2 } else { 1 };
    let text = data.get(5..).unwrap_or_default();
    let mut letters = text.chunks(step).take(length);
    letters.any(|letter| letter.first() == Some(&3) && letter.get(1).is_none_or(|high| *high == 0))
}

/// How a workbook is encrypted.
pub(super) enum Key {
    Rc4(Rc4Key),
    Xor([u8; 16]),
}

/// A workbook in the clear; the record that says that it is encrypted says nothing any more.
pub(super) fn decrypt(mut bytes: Vec<u8>, key: &Key) -> Vec<u8> {
    let mut clear = bytes.clone();
    if let Key::Rc4(key) = key {
        // The key stream runs on over what is not encrypted.
        key.decrypt(&mut clear, 1024);
    }
    let mut passes = Vec::new();
    for Record { id, at, data } in records(&bytes) {
        let plain = match id {
            FILEPASS => {
                passes.push(at);
                data.len()
            }
            // BOF, the user who may write, and the like ([MS-XLS] 2.2.10).
            BOF | 0xe1 | 0x138 | 0x194 | 0x195 | 0x196 => data.len(),
            // Where the sheet stands.
            BOUNDSHEET => 4.min(data.len()),
            _ => 0,
        };
        let Some(to) = clear.get_mut(at - 4..at + data.len()) else {
            break;
        };
        match key {
            Key::Rc4(_) => {
                let as_it_is = bytes.get(at - 4..at + plain).unwrap_or_default();
                for (to, from) in to.iter_mut().zip(as_it_is) {
                    *to = *from;
                }
            }
            Key::Xor(array) => {
                for (index, byte) in to.iter_mut().skip(4).enumerate().skip(plain) {
                    let key = array.get((at + data.len() + index) % 16).unwrap_or(&0);
                    *byte = byte.rotate_left(3) ^ key;
                }
            }
        }
    }
    for at in passes {
        if let Some(id) = clear.get_mut(at - 4..at - 2) {
            id.copy_from_slice(&NOTHING.to_le_bytes());
        }
    }
    bytes.clear();
    clear
}

const BOF: u16 = 0x809;
/// The same in BIFF2, 3 and 4.
const BOFS: [u16; 4] = [0x9, 0x209, 0x409, BOF];
const BOUNDSHEET: u16 = 0x85;
pub(super) const FILEPASS: u16 = 0x2f;
const SUPBOOK: u16 = 0x1ae;
/// A record that no program knows.
const NOTHING: u16 = 0x5c5c;
