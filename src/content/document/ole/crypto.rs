//! How Office encrypts ([MS-OFFCRYPTO]): keys from passwords, and whether a password fits.

use aes::{
    Aes128, Aes192, Aes256, Block,
    cipher::{BlockCipherDecrypt, KeyInit},
};
use md5::{Digest, Md5};
use rc4::{Rc4, StreamCipher};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::compound::{u16_at, u32_at};
use crate::{content::budget::Spending, facts::NotOpened};

/// What Office opens without asking: Excel's and PowerPoint's own passwords.
pub(super) const DEFAULTS: [&str; 2] = ["VelvetSweatshop", "/01Hannes Ruescher/01"];

/// What RC4 with a key of so many bits is called.
pub(super) fn rc4_name(bits: u32) -> Option<&'static str> {
    match bits {
        // Zero stands for 40.
        0 | 40 => Some("rc4-40"),
        41..128 => Some("rc4"),
        128 => Some("rc4-128"),
        _ => None,
    }
}

/// RC4 of Office 97 to 2003: by MD5 with 40 bits (2.3.6), or by CryptoAPI (2.3.5).
#[derive(Debug)]
pub(super) struct Rc4Header {
    /// Bits of the key; none: the older form.
    bits: Option<u32>,
    salt: Vec<u8>,
    verifier: Vec<u8>,
    hash: Vec<u8>,
}

impl Rc4Header {
    /// Reads the header from its version on.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (major, minor) = (u16_at(bytes, 0)?, u16_at(bytes, 2)?);
        let (bits, at, hash) = match (major, minor) {
            (1, 1) => (None, 4, 16),
            (2..=4, 2) => {
                let size = u32_at(bytes, 8)? as usize;
                let bits = u32_at(bytes, 28)?;
                // Behind the header: the size of the salt, the salt.
                (Some(bits), size.checked_add(16)?, 20)
            }
            _ => return None,
        };
        let salt = bytes.get(at..at.checked_add(16)?)?.to_vec();
        let verifier = bytes.get(at + 16..at + 32)?.to_vec();
        let at = at + 32 + if bits.is_some() { 4 } else { 0 };
        let hash = bytes.get(at..at + hash)?.to_vec();
        Some(Self {
            bits,
            salt,
            verifier,
            hash,
        })
    }

    pub(super) fn name(&self) -> Option<&'static str> {
        rc4_name(self.bits.unwrap_or(40))
    }

    /// The key for each block, where the password fits.
    pub(super) fn key(&self, password: &str) -> Option<Rc4Key> {
        let password = utf16(password);
        let key = match self.bits {
            None => {
                let hash = Md5::digest(&password);
                let mut again = Md5::new();
                for _ in 0..16 {
                    again.update(hash.get(..5)?);
                    again.update(&self.salt);
                }
                Rc4Key {
                    bits: None,
                    hash: again.finalize().get(..5)?.to_vec(),
                }
            }
            bits => Rc4Key {
                bits,
                hash: Sha1::digest([self.salt.as_slice(), &password].concat()).to_vec(),
            },
        };
        let mut cipher = key.cipher(0)?;
        let (mut verifier, mut hash) = (self.verifier.clone(), self.hash.clone());
        cipher.apply_keystream(&mut verifier);
        cipher.apply_keystream(&mut hash);
        let fits = match self.bits {
            None => Md5::digest(&verifier).as_slice() == hash,
            Some(_) => Sha1::digest(&verifier).as_slice() == hash,
        };
        fits.then_some(key)
    }
}

/// What the keys of the blocks come from.
#[derive(Debug)]
pub(super) struct Rc4Key {
    bits: Option<u32>,
    hash: Vec<u8>,
}

impl Rc4Key {
    fn cipher(&self, block: u32) -> Option<Rc4> {
        let input = [self.hash.as_slice(), &block.to_le_bytes()].concat();
        let key = match self.bits {
            None => Md5::digest(input).to_vec(),
            Some(bits) => {
                let mut key = Sha1::digest(input).to_vec();
                match bits {
                    0 | 40 => {
                        key.truncate(5);
                        key.resize(16, 0);
                    }
                    bits => key.truncate((bits / 8) as usize),
                }
                key
            }
        };
        Rc4::new_from_slice(&key).ok()
    }

    /// Decrypts what belongs to one block.
    pub(super) fn decrypt_block(&self, bytes: &mut [u8], block: u32) {
        if let Some(mut cipher) = self.cipher(block) {
            cipher.apply_keystream(bytes);
        }
    }

    /// Decrypts a stream whose key changes every `block` bytes.
    pub(super) fn decrypt(&self, bytes: &mut [u8], block: usize) {
        for (number, bytes) in (0..).zip(bytes.chunks_mut(block)) {
            self.decrypt_block(bytes, number);
        }
    }
}

/// Excel's XOR with a password (2.3.7.2): sixteen bytes that repeat, where the password fits.
pub(super) fn xor_array(password: &str, key: u16, verifier: u16) -> Option<[u8; 16]> {
    let password = password.as_bytes();
    if password.is_empty() || password.len() > 15 {
        return None;
    }
    let length = u8::try_from(password.len()).ok()?;
    let letters = password.iter().rev().chain(std::iter::once(&length));
    let own = letters.fold(0_u16, |sum, byte| {
        (sum >> 14 & 1 | sum << 1 & 0x7fff) ^ u16::from(*byte)
    });
    (own ^ 0xce4b == verifier).then_some(())?;
    let [low, high] = key.to_le_bytes();
    let mut array = [0; 16];
    let filled = password.iter().chain(&PAD);
    for ((at, byte), to) in filled.enumerate().zip(&mut array) {
        let half = if at % 2 == 0 { low } else { high };
        *to = (byte ^ half).rotate_right(1);
    }
    Some(array)
}

/// The hash that a document names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn by_name(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().replace('-', "").as_str() {
            "SHA1" => Some(Self::Sha1),
            "SHA256" => Some(Self::Sha256),
            "SHA384" => Some(Self::Sha384),
            "SHA512" => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(super) fn of(self, one: &[u8], other: &[u8]) -> Vec<u8> {
        fn of<D: Digest>(one: &[u8], other: &[u8]) -> Vec<u8> {
            D::new()
                .chain_update(one)
                .chain_update(other)
                .finalize()
                .to_vec()
        }
        match self {
            Self::Sha1 => of::<Sha1>(one, other),
            Self::Sha256 => of::<Sha256>(one, other),
            Self::Sha384 => of::<Sha384>(one, other),
            Self::Sha512 => of::<Sha512>(one, other),
        }
    }

    /// The hash of a password, hashed again so many times.
    pub(super) fn of_password(
        self,
        salt: &[u8],
        password: &str,
        times: u32,
        spending: &mut Spending,
    ) -> Result<Vec<u8>, NotOpened> {
        let mut hash = self.of(salt, &utf16(password));
        for round in 0..times {
            hash = self.of(&round.to_le_bytes(), &hash);
            if round % 4096 == 0 {
                spending.check()?;
            }
        }
        Ok(hash)
    }
}

/// AES with a key of any length.
#[derive(Debug)]
pub(super) enum Aes {
    Short(Box<Aes128>),
    Middle(Box<Aes192>),
    Long(Box<Aes256>),
}

impl Aes {
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Aes128::new_from_slice(key)
                .ok()
                .map(|key| Self::Short(Box::new(key))),
            24 => Aes192::new_from_slice(key)
                .ok()
                .map(|key| Self::Middle(Box::new(key))),
            32 => Aes256::new_from_slice(key)
                .ok()
                .map(|key| Self::Long(Box::new(key))),
            _ => None,
        }
    }

    pub(super) fn name(bits: u32) -> Option<&'static str> {
        match bits {
            128 => Some("aes-128"),
            192 => Some("aes-192"),
            256 => Some("aes-256"),
            _ => None,
        }
    }

    /// Decrypts whole blocks: chained from `iv` on, or each for itself. What is left over at the end
    /// stays as it is.
    pub(super) fn decrypt(&self, bytes: &mut [u8], iv: Option<&[u8]>) {
        let mut last: [u8; 16] = iv.and_then(|iv| iv.try_into().ok()).unwrap_or_default();
        for chunk in bytes.chunks_exact_mut(16) {
            let mut block = Block::default();
            block.copy_from_slice(chunk);
            match self {
                Self::Short(key) => key.decrypt_block(&mut block),
                Self::Middle(key) => key.decrypt_block(&mut block),
                Self::Long(key) => key.decrypt_block(&mut block),
            }
            if iv.is_some() {
                for (byte, last) in block.iter_mut().zip(&mut last) {
                    *byte ^= *last;
                }
                last.copy_from_slice(chunk);
            }
            chunk.copy_from_slice(&block);
        }
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// What a short password is filled up with (2.3.7.2, PadArray).
const PAD: [u8; 15] = [
    0xbb, 0xff, 0xff, 0xba, 0xff, 0xff, 0xb9, 0x80, 0x00, 0xbe, 0x0f, 0x00, 0xbf, 0x0f, 0x00,
];
