//! Encrypted documents ([MS-OFFCRYPTO]): found, named, and opened with the passwords at hand.
//!
//! What is opened goes on as a member: the ZIP of a newer document, or of an older one the same file
//! with its streams in the clear.

use super::{
    compound::{Compound, u16_at, u32_at},
    crypto::{DEFAULTS, Rc4Header, Rc4Key, xor_array},
    excel,
    newer::newer,
    powerpoint,
    word::Fib,
};
use crate::{
    content::{
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// Looks for encryption; true where the document goes on in the clear as a member.
///
/// # Errors
/// `Encrypted` where nothing of it can be read; a budget.
pub(super) fn read(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    source: &Source,
) -> Result<bool, NotOpened> {
    if let Some(package) = compound.find(&["EncryptedPackage"]) {
        return newer(inside, compound, package).map(|()| true);
    }
    if compound.find(&["\u{9}DRMContent"]).is_some() {
        inside.encrypted(None);
        return Err(NotOpened::Encrypted);
    }
    let word = compound.find(&["WordDocument"]);
    if let Some(index) = word
        && let Some(fib) = Fib::parse(&compound.read(index, 32))
        && fib.encrypted
    {
        return older_word(inside, compound, source, index, &fib);
    }
    if let Some(index) = compound.find(&["PowerPoint Document"]) {
        return older_powerpoint(inside, compound, source, index);
    }
    let excel = compound
        .find(&["Workbook"])
        .or_else(|| compound.find(&["Book"]));
    match excel {
        Some(index) => older_excel(inside, compound, source, index),
        None => Ok(false),
    }
}

/// The passwords to try, those first that Office itself tries.
pub(super) fn passwords(inside: &mut Inside<'_, '_>) -> Vec<String> {
    let named = inside.passwords();
    let defaults = DEFAULTS.iter().map(|password| (*password).to_owned());
    defaults.chain(named.iter().cloned()).collect()
}

/// Word 97 to 2003. The key changes every 512 bytes.
fn older_word(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    source: &Source,
    index: usize,
    fib: &Fib,
) -> Result<bool, NotOpened> {
    if fib.xor {
        inside.encrypted(Some("xor"));
        return Ok(false);
    }
    let table = compound.find(&[fib.table]);
    let header = table.and_then(|table| Rc4Header::parse(&compound.read(table, 4096)));
    let name = header.as_ref().and_then(Rc4Header::name);
    inside.encrypted(name);
    let found = header.and_then(|header| fitting(inside, &header));
    let Some((key, name)) = found else {
        return Ok(false);
    };
    let mut clear = Clear::of(inside, source)?;
    for (stream, plain) in [
        (Some(index), 68),
        (table, fib.key as usize),
        (compound.find(&["Data"]), 0),
    ] {
        let Some(stream) = stream else {
            continue;
        };
        let mut bytes = clear.stream(inside, compound, stream)?;
        let begin = bytes.get(..plain.min(bytes.len())).map(<[u8]>::to_vec);
        key.decrypt(&mut bytes, 512);
        for (to, from) in bytes.iter_mut().zip(begin.unwrap_or_default()) {
            *to = from;
        }
        if stream == index
            && let Some(flags) = bytes.get_mut(11)
        {
            // Not encrypted any more.
            *flags &= 0xfe;
        }
        clear.put(compound, stream, &bytes);
    }
    clear.hand_on(inside, compound, index, name)
}

/// PowerPoint 97 to 2003: the user's stream says that it is, and where the last edit is.
fn older_powerpoint(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    source: &Source,
    index: usize,
) -> Result<bool, NotOpened> {
    let Some(user) = compound.find(&["Current User"]) else {
        return Ok(false);
    };
    let mut head = compound.read(user, 4096);
    if u32_at(&head, 12) != Some(powerpoint::ENCRYPTED) {
        return Ok(false);
    }
    let mut clear = Clear::of(inside, source)?;
    let bytes = clear.stream(inside, compound, index)?;
    let header = powerpoint::session(&bytes).and_then(Rc4Header::parse);
    let found = header.and_then(|header| fitting(inside, &header));
    let decrypted = found
        .zip(u32_at(&head, 16))
        .and_then(|((key, name), edit)| {
            let bytes = powerpoint::decrypt(&bytes, edit, &key)?;
            Some((bytes, name))
        });
    let Some((bytes, name)) = decrypted else {
        return Ok(false);
    };
    inside.encrypted(name);
    clear.put(compound, index, &bytes);
    if let Some(token) = head.get_mut(12..16) {
        token.copy_from_slice(&powerpoint::CLEAR.to_le_bytes());
    }
    clear.put(compound, user, &head);
    clear.hand_on(inside, compound, index, name)
}

/// Excel 5 to 2003: the record FILEPASS says how.
fn older_excel(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    source: &Source,
    index: usize,
) -> Result<bool, NotOpened> {
    // It stands right behind the first record.
    let head = compound.read(index, 8192);
    let Some(pass) = excel::records(&head)
        .take(8)
        .find(|record| record.id == excel::FILEPASS)
    else {
        return Ok(false);
    };
    let (kind, rest) = match pass.data.len() {
        // Before Excel 97 there was one way only.
        4 => (Some(0), Some(pass.data)),
        _ => (u16_at(pass.data, 0), pass.data.get(2..)),
    };
    let rest = rest.unwrap_or_default();
    let (name, key) = match kind {
        Some(0) => {
            inside.encrypted(Some("xor"));
            let (Some(key), Some(verifier)) = (u16_at(rest, 0), u16_at(rest, 2)) else {
                return Ok(false);
            };
            let array = passwords(inside)
                .iter()
                .find_map(|password| xor_array(password, key, verifier));
            (Some("xor"), array.map(excel::Key::Xor))
        }
        Some(1) => {
            let header = Rc4Header::parse(rest);
            let name = header.as_ref().and_then(Rc4Header::name);
            inside.encrypted(name);
            let found = header.and_then(|header| fitting(inside, &header));
            (name, found.map(|(key, _)| excel::Key::Rc4(key)))
        }
        _ => {
            inside.encrypted(None);
            return Ok(false);
        }
    };
    let Some(key) = key else {
        return Ok(false);
    };
    let mut clear = Clear::of(inside, source)?;
    let bytes = clear.stream(inside, compound, index)?;
    let bytes = excel::decrypt(bytes, &key);
    clear.put(compound, index, &bytes);
    clear.hand_on(inside, compound, index, name)
}

fn fitting(
    inside: &mut Inside<'_, '_>,
    header: &Rc4Header,
) -> Option<(Rc4Key, Option<&'static str>)> {
    let passwords = passwords(inside);
    let key = passwords.iter().find_map(|password| header.key(password))?;
    Some((key, header.name()))
}

/// A copy of a document whose streams are put back in the clear.
struct Clear {
    bytes: Vec<u8>,
    held: Vec<crate::content::budget::Held>,
}

impl Clear {
    fn of(inside: &mut Inside<'_, '_>, source: &Source) -> Result<Self, NotOpened> {
        let held = inside.spending().hold(source.len().saturating_mul(2))?;
        let bytes = source.whole(source.len()).ok_or(NotOpened::Damaged)?;
        Ok(Self {
            bytes: bytes.to_vec(),
            held: vec![held],
        })
    }

    fn stream(
        &mut self,
        inside: &mut Inside<'_, '_>,
        compound: &Compound,
        index: usize,
    ) -> Result<Vec<u8>, NotOpened> {
        let size = compound.stream(index).left();
        self.held.push(inside.spending().hold(size)?);
        Ok(compound.read(index, size))
    }

    fn put(&mut self, compound: &Compound, index: usize, bytes: &[u8]) {
        let mut rest = bytes;
        for (at, length) in compound.pieces(index) {
            let length = usize::try_from(length)
                .unwrap_or(usize::MAX)
                .min(rest.len());
            let (now, later) = rest.split_at(length);
            rest = later;
            let place = usize::try_from(at)
                .ok()
                .and_then(|at| self.bytes.get_mut(at..at.checked_add(length)?));
            if let Some(place) = place {
                place.copy_from_slice(now);
            }
            if rest.is_empty() {
                return;
            }
        }
    }

    fn hand_on(
        self,
        inside: &mut Inside<'_, '_>,
        compound: &Compound,
        index: usize,
        cipher: Option<&'static str>,
    ) -> Result<bool, NotOpened> {
        let member = Member {
            cipher: cipher.or(Some("rc4")),
            ..Member::named(compound.path(index))
        };
        inside.member(member, &mut self.bytes.as_slice())?;
        Ok(true)
    }
}
