//! Encrypted documents ([MS-OFFCRYPTO]): found, named, and opened with the passwords at hand.
//!
//! What is opened goes on as a member: the ZIP of a newer document, or of an older one the same file
//! with its streams in the clear.

use std::io::Read;

use quick_xml::{Reader, events::Event};

use super::{
    compound::{Compound, Stream, u16_at, u32_at},
    crypto::{Aes, DEFAULTS, Hash, Rc4Header, Rc4Key, xor_array},
    excel,
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
    let excel = compound
        .find(&["Workbook"])
        .or_else(|| compound.find(&["Book"]));
    match excel {
        Some(index) => older_excel(inside, compound, source, index),
        None => Ok(false),
    }
}

/// The passwords to try, those first that Office itself tries.
fn passwords(inside: &mut Inside<'_, '_>) -> Vec<String> {
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

/// Office 2007 and later: a ZIP in a stream, and how it is encrypted in another.
fn newer(
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
                    "saltValue" => keyed.salt = base64(value),
                    "keyBits" => keyed.bits = value.parse().ok()?,
                    "hashAlgorithm" => keyed.hash = Hash::by_name(value),
                    "hashSize" => keyed.hash_size = value.parse().ok()?,
                    "cipherAlgorithm" => keyed.supported &= value == "AES",
                    "cipherChaining" => keyed.supported &= value == "ChainingModeCBC",
                    "spinCount" => agile.times = value.parse().ok()?,
                    "encryptedVerifierHashInput" => agile.verifier = base64(value),
                    "encryptedVerifierHashValue" => agile.hash = base64(value),
                    "encryptedKeyValue" => agile.value = base64(value),
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

fn base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

/// Bytes of `EncryptionInfo` that are read.
const LONG_INFO: u64 = 64 << 10;
