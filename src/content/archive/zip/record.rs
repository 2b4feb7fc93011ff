//! The records of a ZIP archive, as APPNOTE.TXT 6.3.10 describes them: what one place of the archive
//! says of one member. Nothing here is believed; `walk.rs` compares the places.

pub(super) use crate::content::bytes::{u16_at, u32_at, u64_at};
use crate::content::source::Source;

/// A member as one place describes it: its local header or its entry of the central directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// General purpose bits (4.4.4).
    pub(super) flags: u16,
    /// The method; of WinZip AES the one that it hides.
    pub(super) method: u16,
    /// MS-DOS time: ZipCrypto checks its password by it.
    pub(super) time: u16,
    pub(super) crc: u32,
    /// Bytes of its packed form.
    pub(super) packed: u64,
    /// Bytes of its content.
    pub(super) size: u64,
    pub(super) name: Vec<u8>,
    /// The name in the Info-ZIP Unicode path field (4.6.9), where its checksum fits.
    pub(super) unicode: Option<String>,
    pub(super) aes: Option<Aes>,
    /// Algorithm of the strong encryption header (7.2.3), 0 where it is not said.
    pub(super) strong: Option<u16>,
    /// System that made it and its attributes: the central directory only.
    pub(super) system: u8,
    pub(super) attributes: u32,
    /// The disk on which it begins, and where its local header stands there: the central directory only.
    pub(super) disk: u32,
    pub(super) offset: u64,
    /// Bytes of this record: its data follows a local header's.
    pub(super) len: u64,
}

/// WinZip AES (extra field 0x9901).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Aes {
    /// 1: AE-1, with a CRC; 2: AE-2, without.
    pub(super) version: u16,
    /// 1, 2, 3: keys of 128, 192, 256 bits.
    pub(super) strength: u8,
}

impl Header {
    /// The local header at this place (4.3.7).
    pub(super) fn local(source: &Source, at: u64) -> Option<Self> {
        let fixed = source.bytes(at, LOCAL_LEN)?;
        if !fixed.starts_with(LOCAL) {
            return None;
        }
        let name_len = usize::from(u16_at(&fixed, 26)?);
        let extra_len = usize::from(u16_at(&fixed, 28)?);
        let rest = source.bytes(at.checked_add(LOCAL_LEN as u64)?, name_len + extra_len)?;
        let mut header = Self {
            flags: u16_at(&fixed, 6)?,
            method: u16_at(&fixed, 8)?,
            time: u16_at(&fixed, 10)?,
            crc: u32_at(&fixed, 14)?,
            packed: u64::from(u32_at(&fixed, 18)?),
            size: u64::from(u32_at(&fixed, 22)?),
            name: rest.get(..name_len)?.to_vec(),
            len: (LOCAL_LEN + name_len + extra_len) as u64,
            ..Self::default()
        };
        header.extra(rest.get(name_len..)?);
        Some(header)
    }

    /// The entry of the central directory that these bytes begin with (4.3.12).
    pub(super) fn central(bytes: &[u8]) -> Option<Self> {
        if !bytes.starts_with(CENTRAL) {
            return None;
        }
        let name_len = usize::from(u16_at(bytes, 28)?);
        let extra_len = usize::from(u16_at(bytes, 30)?);
        let comment_len = usize::from(u16_at(bytes, 32)?);
        let extra_at = CENTRAL_LEN + name_len;
        let mut header = Self {
            flags: u16_at(bytes, 8)?,
            method: u16_at(bytes, 10)?,
            time: u16_at(bytes, 12)?,
            crc: u32_at(bytes, 16)?,
            packed: u64::from(u32_at(bytes, 20)?),
            size: u64::from(u32_at(bytes, 24)?),
            name: bytes.get(CENTRAL_LEN..extra_at)?.to_vec(),
            system: bytes.get(5).copied()?,
            disk: u32::from(u16_at(bytes, 34)?),
            attributes: u32_at(bytes, 38)?,
            offset: u64::from(u32_at(bytes, 42)?),
            len: (extra_at + extra_len + comment_len) as u64,
            ..Self::default()
        };
        header.extra(bytes.get(extra_at..extra_at + extra_len)?);
        Some(header)
    }

    /// Bytes of an entry of the central directory, from its fixed part.
    pub(super) fn central_len(fixed: &[u8]) -> Option<usize> {
        let sizes = [u16_at(fixed, 28)?, u16_at(fixed, 30)?, u16_at(fixed, 32)?];
        fixed
            .starts_with(CENTRAL)
            .then(|| CENTRAL_LEN + sizes.into_iter().map(usize::from).sum::<usize>())
    }

    /// Whether its content is encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0 || self.aes.is_some() || self.strong.is_some()
    }

    /// Whether its sizes stand behind its data (4.3.9).
    pub(super) fn sizes_follow(&self) -> bool {
        self.flags & 8 != 0
    }

    /// Whether its name says that it is UTF-8.
    pub(super) fn is_utf8(&self) -> bool {
        self.flags & 0x800 != 0
    }

    /// Whether it stands for a folder and holds nothing. What ends in a slash and has data is a
    /// member: some programs write it.
    pub(super) fn is_folder(&self) -> bool {
        // Two bytes are nothing deflated; twelve and more belong to the encryption.
        let nothing = if self.is_encrypted() { 32 } else { 2 };
        self.name.ends_with(b"/") && self.packed <= nothing
    }

    /// How it is encrypted.
    pub(super) fn cipher(&self) -> Option<&'static str> {
        if let Some(aes) = self.aes {
            return Some(match aes.strength {
                1 => "aes-128",
                2 => "aes-192",
                _ => "aes-256",
            });
        }
        match self.strong {
            Some(0x660e) => Some("aes-128"),
            Some(0x660f) => Some("aes-192"),
            Some(0x6610) => Some("aes-256"),
            Some(0x6603 | 0x6609) => Some("3des"),
            Some(0x6801) => Some("rc4"),
            Some(_) => Some("zip-strong"),
            None => (self.flags & 1 != 0).then_some("zipcrypto"),
        }
    }

    /// Reads the extra fields (4.5). What is broken among them is as good as not there.
    fn extra(&mut self, mut extra: &[u8]) {
        if self.flags & 0x40 != 0 {
            self.strong = Some(0);
        }
        while let (Some(id), Some(len)) = (u16_at(extra, 0), u16_at(extra, 2)) {
            let end = 4 + usize::from(len);
            let Some(field) = extra.get(4..end.min(extra.len())) else {
                return;
            };
            match id {
                0x0001 => self.zip64(field),
                0x0017 => self.strong = Some(u16_at(field, 2).unwrap_or(0)),
                0x7075 => self.unicode_path(field),
                0x9901 if self.method == 99 => self.winzip_aes(field),
                _ => {}
            }
            extra = extra.get(end..).unwrap_or_default();
        }
    }

    /// Zip64 (4.5.3): only what does not fit its old place, in this order.
    fn zip64(&mut self, field: &[u8]) {
        let mut at = 0;
        for value in [&mut self.size, &mut self.packed, &mut self.offset] {
            if *value == u64::from(u32::MAX)
                && let Some(wide) = u64_at(field, at)
            {
                *value = wide;
                at += 8;
            }
        }
        if self.disk == u32::from(u16::MAX)
            && let Some(disk) = u32_at(field, at)
        {
            self.disk = disk;
        }
    }

    fn unicode_path(&mut self, field: &[u8]) {
        let (Some(1), Some(crc)) = (field.first(), u32_at(field, 1)) else {
            return;
        };
        let mut found = flate2::Crc::new();
        found.update(&self.name);
        if found.sum() == crc {
            let name = field.get(5..).unwrap_or_default();
            self.unicode = std::str::from_utf8(name).ok().map(str::to_owned);
        }
    }

    fn winzip_aes(&mut self, field: &[u8]) {
        let (Some(version), Some(strength), Some(method)) =
            (u16_at(field, 0), field.get(4), u16_at(field, 5))
        else {
            return;
        };
        self.aes = Some(Aes {
            version,
            strength: *strength,
        });
        self.method = method;
    }
}

pub(super) const LOCAL: &[u8] = b"PK\x03\x04";
pub(super) const CENTRAL: &[u8] = b"PK\x01\x02";
/// Bytes of the records without their names and extra fields.
pub(super) const LOCAL_LEN: usize = 30;
pub(super) const CENTRAL_LEN: usize = 46;
