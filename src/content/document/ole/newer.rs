//! Encrypted documents of Office 2007 and later: a ZIP in the stream `EncryptedPackage`, and in
//! `EncryptionInfo` how it is encrypted ([MS-OFFCRYPTO] 2.3.4).

use std::io::Read;

use quick_xml::{Reader, events::Event};

use super::{
    compound::{Compound, Stream, u16_at, u32_at},
    crypto::{Aes, Hash},
    encryption::passwords,
};
use crate::{
    content::{
        base64,
        opener::{Inside, Member},
    },
    facts::NotOpened,
};

/// Office 2007 and later: a ZIP in a stream, and how it is encrypted in another.
pub(super) fn newer(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    package: usize,
) -> Result<(), NotOpened> {
    inside.encrypted(None);
    let info = compound.find(&["EncryptionInfo"]);
    // Rights management has no such stream: nothing here can open it.
    let info = info
        .map(|info| compound.read(info, LONG_INFO))
        .unwrap_or_default();
    let version = (u16_at(&info, 0), u16_at(&info, 2));
    let found = match version {
        (Some(2..=4), Some(2)) => Standard::parse(&info).map(Info::Standard),
        (Some(4), Some(4)) => Agile::parse(info.get(8..).unwrap_or_default()).map(Info::Agile),
        _ => None,
    };
    let member = Member {
        declared: compound.stream(package).left().saturating_sub(8),
        ..Member::named("EncryptedPackage")
    };
    let Some(found) = found else {
        return inside.closed(member, NotOpened::Encrypted);
    };
    let cipher = Aes::name(found.bits());
    inside.encrypted(cipher);
    let member = Member { cipher, ..member };
    for password in passwords(inside) {
        let Some(decryption) = found.open(&password, inside)? else {
            continue;
        };
        let mut stream = compound.stream(package);
        let mut size = [0; 8];
        if stream.read_exact(&mut size).is_err() {
            return inside.closed(member, NotOpened::Damaged);
        }
        let mut clear = Decrypting {
            stream,
            decryption,
            left: u64::from_le_bytes(size),
            number: 0,
            segment: Vec::new(),
            read: 0,
        };
        return inside.member(member, &mut clear);
    }
    inside.closed(member, NotOpened::Encrypted)
}

/// How a newer document is encrypted.
enum Info {
    Standard(Standard),
    Agile(Agile),
}

impl Info {
    fn bits(&self) -> u32 {
        match self {
            Self::Standard(info) => info.bits,
            Self::Agile(info) => info.data.bits,
        }
    }

    /// How to decrypt it, where the password fits.
    fn open(
        &self,
        password: &str,
        inside: &mut Inside<'_, '_>,
    ) -> Result<Option<Decryption>, NotOpened> {
        match self {
            Self::Standard(info) => info.open(password, inside),
            Self::Agile(info) => info.open(password, inside),
        }
    }
}

/// How the package is to be decrypted.
struct Decryption {
    aes: Aes,
    /// Chained, each 4096 bytes anew from a hash of this salt and their number; none: not chained.
    chained: Option<(Hash, Vec<u8>)>,
}

/// Standard encryption (2.3.4.5): AES, SHA-1, 50,000 times.
struct Standard {
    bits: u32,
    salt: Vec<u8>,
    verifier: Vec<u8>,
    hash: Vec<u8>,
}

impl Standard {
    fn parse(info: &[u8]) -> Option<Self> {
        let size = u32_at(info, 8)? as usize;
        let bits = match u32_at(info, 20)? {
            0x660e => 128,
            0x660f => 192,
            0x6610 => 256,
            _ => u32_at(info, 28)?,
        };
        Aes::name(bits)?;
        let verifier = info.get(size.checked_add(12)?..)?;
        Some(Self {
            bits,
            salt: verifier.get(4..20)?.to_vec(),
            verifier: verifier.get(20..36)?.to_vec(),
            hash: verifier.get(40..72)?.to_vec(),
        })
    }

    fn open(
        &self,
        password: &str,
        inside: &mut Inside<'_, '_>,
    ) -> Result<Option<Decryption>, NotOpened> {
        let hash = Hash::Sha1;
        let last = hash.of_password(&self.salt, password, 50_000, inside.spending())?;
        let last = hash.of(&last, &[0; 4]);
        let half = |fill: u8| {
            let mut block = [fill; 64];
            for (to, from) in block.iter_mut().zip(&last) {
                *to ^= from;
            }
            hash.of(&block, &[])
        };
        let mut key = [half(0x36), half(0x5c)].concat();
        key.truncate((self.bits / 8) as usize);
        let Some(aes) = Aes::new(&key) else {
            return Ok(None);
        };
        let (mut verifier, mut expected) = (self.verifier.clone(), self.hash.clone());
        aes.decrypt(&mut verifier, None);
        aes.decrypt(&mut expected, None);
        let fits = expected.starts_with(&hash.of(&verifier, &[]));
        Ok(fits.then_some(Decryption { aes, chained: None }))
    }
}

/// Agile encryption (2.3.4.10): what the XML says.
struct Agile {
    data: Keyed,
    key: Keyed,
    times: u32,
    verifier: Vec<u8>,
    hash: Vec<u8>,
    value: Vec<u8>,
}

/// `keyData` or `encryptedKey`.
#[derive(Default)]
struct Keyed {
    bits: u32,
    hash: Option<Hash>,
    hash_size: usize,
    salt: Vec<u8>,
    supported: bool,
}

impl Agile {
    fn parse(xml: &[u8]) -> Option<Self> {
        let mut reader = Reader::from_reader(xml);
        let mut agile = Self {
            data: Keyed::default(),
            key: Keyed::default(),
            times: 0,
            verifier: Vec::new(),
            hash: Vec::new(),
            value: Vec::new(),
        };
        loop {
            let tag = match reader.read_event().ok()? {
                Event::Eof => break,
                Event::Start(tag) | Event::Empty(tag) => tag,
                _ => continue,
            };
            let is_key = match tag.local_name().as_ref() {
                "keyData" => false,
                "encryptedKey" => true,
                _ => continue,
            };
            let mut keyed = Keyed {
                supported: true,
                ..Keyed::default()
            };
            for attribute in tag.attributes().flatten() {
                let value = attribute.value.as_ref();
                match attribute.key.local_name().as_ref() {
                    "saltValue" => keyed.salt = base64::lenient(value.bytes()),
                    "keyBits" => keyed.bits = value.parse().ok()?,
                    "hashAlgorithm" => keyed.hash = Hash::by_name(value),
                    "hashSize" => keyed.hash_size = value.parse().ok()?,
                    "cipherAlgorithm" => keyed.supported &= value == "AES",
                    "cipherChaining" => keyed.supported &= value == "ChainingModeCBC",
                    "spinCount" => agile.times = value.parse().ok()?,
                    "encryptedVerifierHashInput" => agile.verifier = base64::lenient(value.bytes()),
                    "encryptedVerifierHashValue" => agile.hash = base64::lenient(value.bytes()),
                    "encryptedKeyValue" => agile.value = base64::lenient(value.bytes()),
                    _ => {}
                }
            }
            match is_key {
                true => agile.key = keyed,
                false => agile.data = keyed,
            }
        }
        // Office itself goes no further.
        let sound = agile.data.supported && agile.key.supported && agile.times <= 10_000_000;
        (sound && !agile.value.is_empty()).then_some(agile)
    }

    fn open(
        &self,
        password: &str,
        inside: &mut Inside<'_, '_>,
    ) -> Result<Option<Decryption>, NotOpened> {
        let (Some(hash), Some(data_hash)) = (self.key.hash, self.data.hash) else {
            return Ok(None);
        };
        let spending = inside.spending();
        let last = hash.of_password(&self.key.salt, password, self.times, spending)?;
        let iv = sized(self.key.salt.clone(), 16);
        let decrypt = |what: &[u8], block: &[u8; 8]| {
            let key = sized(hash.of(&last, block), (self.key.bits / 8).min(32) as usize);
            let mut bytes = what.to_vec();
            Aes::new(&key)?.decrypt(&mut bytes, Some(&iv));
            Some(bytes)
        };
        let open = || {
            let verifier = decrypt(&self.verifier, b"\xfe\xa7\xd2\x76\x3b\x4b\x9e\x79")?;
            let expected = decrypt(&self.hash, b"\xd7\xaa\x0f\x6d\x30\x61\x34\x4e")?;
            let verifier = verifier.get(..self.key.salt.len()).unwrap_or(&verifier);
            let own = hash.of(verifier, &[]);
            expected.starts_with(&own).then_some(())?;
            let key = decrypt(&self.value, b"\x14\x6e\x0b\xe7\xab\xac\xd0\xd6")?;
            let key = sized(key, (self.data.bits / 8).min(32) as usize);
            Some(Decryption {
                aes: Aes::new(&key)?,
                chained: Some((data_hash, self.data.salt.clone())),
            })
        };
        Ok(open())
    }
}

/// The package in the clear, 4096 bytes at a time.
struct Decrypting {
    stream: Stream,
    decryption: Decryption,
    left: u64,
    number: u32,
    segment: Vec<u8>,
    read: usize,
}

impl Read for Decrypting {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        if self.read >= self.segment.len() {
            self.segment.clear();
            self.read = 0;
            let mut next = (&mut self.stream).take(4096);
            let end = next.read_to_end(&mut self.segment);
            // Whole blocks only: the rest cannot be decrypted.
            self.segment.truncate(self.segment.len() / 16 * 16);
            if self.segment.is_empty() {
                end?;
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let iv = self.decryption.chained.as_ref().map(|(hash, salt)| {
                let iv = hash.of(salt, &self.number.to_le_bytes());
                sized(iv, 16)
            });
            self.decryption
                .aes
                .decrypt(&mut self.segment, iv.as_deref());
            self.number = self.number.wrapping_add(1);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let from = self.segment.get(self.read..).unwrap_or_default();
        let mut got = 0;
        for (to, from) in into.iter_mut().take(most).zip(from) {
            *to = *from;
            got += 1;
        }
        self.read += got;
        self.left -= got as u64;
        Ok(got)
    }
}

/// Cut or filled up (2.3.4.11).
fn sized(mut bytes: Vec<u8>, length: usize) -> Vec<u8> {
    bytes.resize(length, 0x36);
    bytes
}

/// Bytes of `EncryptionInfo` that are read.
const LONG_INFO: u64 = 64 << 10;
