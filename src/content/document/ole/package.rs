//! Files inside documents as OLE 1.0 keeps them: the object header ([MS-OLEDS] 2.2) that RTF uses,
//! and the packager's form (`\x01Ole10Native`), which names a file and holds it.

use super::compound::{MAGIC, u16_at, u32_at};
use crate::content::member_name;

/// A file in the packager's form.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::content) struct Package {
    /// The label and the paths that it names, each the last piece only.
    pub(in crate::content) names: Vec<String>,
    /// Where its bytes begin.
    pub(in crate::content) at: u64,
    /// How many there are, as it says.
    pub(in crate::content) size: u64,
    /// It names a file that lies elsewhere, and holds none.
    pub(in crate::content) linked: bool,
}

impl Package {
    /// Reads the beginning of the native data, behind its size. None for what is not in this form:
    /// the native data of other programs (Equation, pictures) stand there as they are.
    pub(in crate::content) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut package = Self::default();
        if u16_at(bytes, 0)? != 2 {
            return None;
        }
        let mut at = 2;
        for _ in 0..2 {
            let text = text(bytes, &mut at)?;
            package.add_names(text);
        }
        let kind = u32_at(bytes, at)?;
        at += 4;
        // 3: the file lies here; 1: only its path.
        package.linked = kind >> 16 == 1;
        let length = u32_at(bytes, at)? as usize;
        at += 4;
        let path = bytes.get(at..at.checked_add(length)?)?;
        package.add_names(path.split(|byte| *byte == 0).next().unwrap_or_default());
        at += length;
        package.size = u64::from(u32_at(bytes, at)?);
        package.at = at as u64 + 4;
        Some(package)
    }

    /// Adds the names in Unicode that newer programs put behind the file's bytes.
    pub(in crate::content) fn add_unicode(&mut self, bytes: &[u8]) {
        let mut at = 0;
        for _ in 0..3 {
            let Some(count) = u32_at(bytes, at) else {
                return;
            };
            let Some(end) = (count as usize)
                .checked_mul(2)
                .and_then(|length| length.checked_add(at + 4))
            else {
                return;
            };
            let Some(text) = bytes.get(at + 4..end) else {
                return;
            };
            self.add_name(utf16(text));
            at = end;
        }
    }

    fn add_names(&mut self, bytes: &[u8]) {
        for name in member_name::readings(bytes, false) {
            self.add_name(name);
        }
    }

    fn add_name(&mut self, path: String) {
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        if !name.is_empty() && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }
}

/// An object as OLE 1.0 writes it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::content) struct Object<'b> {
    /// What program it belongs to.
    pub(in crate::content) class: String,
    /// It only names where it is to be found.
    pub(in crate::content) linked: bool,
    /// Its native data.
    pub(in crate::content) data: &'b [u8],
}

impl<'b> Object<'b> {
    /// Reads an object. Word does not look at the version, and takes what is there where less is
    /// there than is said.
    pub(in crate::content) fn parse(bytes: &'b [u8]) -> Option<Self> {
        let format = u32_at(bytes, 4)?;
        let mut at = 8;
        let class = counted(bytes, &mut at)?;
        counted(bytes, &mut at)?;
        counted(bytes, &mut at)?;
        let class = String::from_utf8_lossy(class.split(|byte| *byte == 0).next()?).into_owned();
        let linked = format == 1;
        let mut data: &[u8] = &[];
        if !linked {
            let size = u32_at(bytes, at)? as usize;
            let rest = bytes.get(at + 4..)?;
            data = rest.get(..size).unwrap_or(rest);
        }
        Some(Self {
            class,
            linked,
            data,
        })
    }
}

/// Where a compound file begins in what is no object, or in one with a broken header.
pub(in crate::content) fn compound_in(bytes: &[u8]) -> Option<&[u8]> {
    memchr::memmem::find(bytes, MAGIC).and_then(|at| bytes.get(at..))
}

/// Little-endian UTF-16, to its first NUL.
pub(in crate::content) fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .filter_map(|two| Some(u16::from_le_bytes(two.try_into().ok()?)))
        .take_while(|unit| *unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

/// A text with its length before it; the length counts its NUL.
fn counted<'b>(bytes: &'b [u8], at: &mut usize) -> Option<&'b [u8]> {
    let length = u32_at(bytes, *at)? as usize;
    let start = *at + 4;
    let end = start.checked_add(length)?;
    *at = end;
    bytes.get(start..end)
}

/// A text to its NUL.
fn text<'b>(bytes: &'b [u8], at: &mut usize) -> Option<&'b [u8]> {
    let rest = bytes.get(*at..)?;
    let length = memchr::memchr(0, rest)?;
    *at += length + 1;
    rest.get(..length)
}
