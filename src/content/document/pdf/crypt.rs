//! Encryption of PDF: the standard security handler, revisions 2 to 6 (ISO 32000-2 clause 7.6; R5 is
//! Adobe's own, ISO/TS extension level 3). Reading only.

use aes::{
    Aes128, Aes256,
    cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use md5::{Digest, Md5};
use rc4::{Rc4, StreamCipher};
use sha2::{Sha256, Sha384, Sha512};

/// What `/Encrypt` says.
#[derive(Clone, Debug, Default)]
pub(super) struct Handler {
    /// `/R`.
    pub(super) revision: i64,
    /// Bytes of the key of revisions 2 to 4.
    pub(super) key_length: usize,
    pub(super) owner: Vec<u8>,
    pub(super) user: Vec<u8>,
    pub(super) owner_key: Vec<u8>,
    pub(super) user_key: Vec<u8>,
    pub(super) permissions: i32,
    /// The first piece of the file's `/ID`.
    pub(super) id: Vec<u8>,
    pub(super) encrypt_metadata: bool,
    pub(super) streams: Method,
    pub(super) strings: Method,
    /// Embedded files (`/EFF`).
    pub(super) files: Method,
    /// `/CF`: the named methods, for streams with a Crypt filter of their own.
    pub(super) named: Vec<(Vec<u8>, Method)>,
}

/// How something is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Method {
    /// Not at all.
    #[default]
    Identity,
    Rc4,
    /// AESV2.
    Aes128,
    /// AESV3.
    Aes256,
    /// A method that nobody here knows (AESV4).
    Unknown,
}

/// A key that fits, ready to decrypt.
#[derive(Clone, Debug)]
pub(super) struct Crypt {
    pub(super) key: Vec<u8>,
}

impl Handler {
    /// The name of the cipher, as facts give it.
    pub(super) fn cipher(&self) -> Option<&'static str> {
        let methods = [self.streams, self.files, self.strings];
        let method = methods
            .into_iter()
            .find(|method| *method != Method::Identity);
        match method? {
            Method::Identity | Method::Unknown => None,
            Method::Rc4 if self.key_length <= 5 => Some("rc4-40"),
            Method::Rc4 => Some("rc4-128"),
            Method::Aes128 => Some("aes-128"),
            Method::Aes256 => Some("aes-256"),
        }
    }

    /// The method of this name in `/CF`.
    pub(super) fn method(&self, name: &[u8]) -> Method {
        if name == b"Identity" {
            return Method::Identity;
        }
        let named = self.named.iter().find(|(known, _)| known == name);
        named.map_or(Method::Unknown, |(_, method)| *method)
    }

    /// Tries a password, as the user's and as the owner's.
    pub(super) fn open(&self, password: &str) -> Option<Crypt> {
        if self.revision >= 5 {
            let password = password.as_bytes();
            let password = password.get(..127).unwrap_or(password);
            return self.key_256(password).map(|key| Crypt { key });
        }
        let (short, _, _) = encoding_rs::WINDOWS_1252.encode(password);
        let ways = [short.as_ref(), password.as_bytes()];
        let ways = ways.get(..if password.is_ascii() { 1 } else { 2 });
        ways.unwrap_or_default().iter().find_map(|bytes| {
            self.key_128(bytes)
                .or_else(|| self.key_128(&self.user_of_owner(bytes)))
                .map(|key| Crypt { key })
        })
    }

    /// Algorithms 2, 4, 5 and 6: the key of a user password, if it fits.
    fn key_128(&self, password: &[u8]) -> Option<Vec<u8>> {
        let length = self.key_length.clamp(5, 16);
        let mut hash = Md5::new();
        hash.update(padded(password));
        hash.update(self.owner.get(..32)?);
        hash.update(self.permissions.to_le_bytes());
        hash.update(&self.id);
        if self.revision >= 4 && !self.encrypt_metadata {
            hash.update([0xff; 4]);
        }
        let mut key = hash.finalize().to_vec();
        if self.revision >= 3 {
            for _ in 0..50 {
                key = Md5::digest(key.get(..length)?).to_vec();
            }
        }
        key.truncate(length);
        let fits = if self.revision == 2 {
            let mut check = PADDING;
            rc4(&key, &mut check);
            self.user.get(..32)? == check
        } else {
            let mut hash = Md5::new();
            hash.update(PADDING);
            hash.update(&self.id);
            let mut check = hash.finalize().to_vec();
            for round in 0..20_u8 {
                let key: Vec<u8> = key.iter().map(|byte| byte ^ round).collect();
                rc4(&key, &mut check);
            }
            self.user.get(..16)? == check
        };
        fits.then_some(key)
    }

    /// Algorithm 7: the user password that an owner password hides.
    fn user_of_owner(&self, password: &[u8]) -> Vec<u8> {
        let length = self.key_length.clamp(5, 16);
        let mut key = Md5::digest(padded(password)).to_vec();
        if self.revision >= 3 {
            for _ in 0..50 {
                key = Md5::digest(&key).to_vec();
            }
        }
        key.truncate(length);
        let mut user = self.owner.get(..32).unwrap_or_default().to_vec();
        let rounds = if self.revision == 2 { 1 } else { 20 };
        for round in (0..rounds).rev() {
            let key: Vec<u8> = key.iter().map(|byte| byte ^ round).collect();
            rc4(&key, &mut user);
        }
        user
    }

    /// Algorithm 2.A: the key of revisions 5 and 6.
    fn key_256(&self, password: &[u8]) -> Option<Vec<u8>> {
        let hash = |salt: &[u8], user: &[u8]| match self.revision {
            5 => Sha256::digest([password, salt, user].concat()).to_vec(),
            _ => hash_r6(password, salt, user),
        };
        let (check, salts) = self.user.get(..48)?.split_at(32);
        let (valid, key) = salts.split_at(8);
        if hash(valid, &[]) == check {
            return unwrap_key(&hash(key, &[]), self.user_key.get(..32)?);
        }
        let user = self.user.get(..48)?;
        let (check, salts) = self.owner.get(..48)?.split_at(32);
        let (valid, key) = salts.split_at(8);
        if hash(valid, user) == check {
            return unwrap_key(&hash(key, user), self.owner_key.get(..32)?);
        }
        None
    }
}

impl Crypt {
    /// Decrypts a string or a stream of an object. What is no whole number of blocks loses its end.
    pub(super) fn decrypt(
        &self,
        method: Method,
        number: u32,
        generation: u16,
        data: &[u8],
    ) -> Vec<u8> {
        match method {
            Method::Identity | Method::Unknown => data.to_vec(),
            Method::Rc4 => {
                let mut data = data.to_vec();
                rc4(&self.object_key(number, generation, false), &mut data);
                data
            }
            Method::Aes128 => {
                let key = self.object_key(number, generation, true);
                Aes128::new_from_slice(&key)
                    .map_or_else(|_| Vec::new(), |aes| unpad(cbc(&aes, data)))
            }
            Method::Aes256 => Aes256::new_from_slice(&self.key)
                .map_or_else(|_| Vec::new(), |aes| unpad(cbc(&aes, data))),
        }
    }

    /// Algorithm 1.
    fn object_key(&self, number: u32, generation: u16, aes: bool) -> Vec<u8> {
        let mut hash = Md5::new();
        hash.update(&self.key);
        hash.update(number.to_le_bytes().get(..3).unwrap_or_default());
        hash.update(generation.to_le_bytes());
        if aes {
            hash.update(b"sAlT");
        }
        let mut key = hash.finalize().to_vec();
        key.truncate((self.key.len() + 5).min(16));
        key
    }
}

/// CBC; the first block is the initialisation vector.
fn cbc<C: BlockCipherDecrypt<BlockSize = aes::cipher::consts::U16>>(
    aes: &C,
    data: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let (blocks, _) = data.as_chunks::<16>();
    for pair in blocks.windows(2) {
        let [before, block] = pair else { break };
        let mut plain = Array::from(*block);
        aes.decrypt_block(&mut plain);
        out.extend(
            plain
                .iter()
                .zip(before)
                .map(|(plain, before)| plain ^ before),
        );
    }
    out
}

/// Takes the padding away (PKCS #7), where it is one.
fn unpad(mut data: Vec<u8>) -> Vec<u8> {
    if let Some(last @ 1..=16) = data.last().copied() {
        data.truncate(data.len().saturating_sub(usize::from(last)));
    }
    data
}

/// The key of the file, encrypted with a key of 32 bytes and no initialisation vector.
fn unwrap_key(key: &[u8], wrapped: &[u8]) -> Option<Vec<u8>> {
    let aes = Aes256::new_from_slice(key).ok()?;
    Some(cbc(&aes, &[&[0; 16], wrapped].concat()))
}

/// Algorithm 2.B.
fn hash_r6(password: &[u8], salt: &[u8], user: &[u8]) -> Vec<u8> {
    let mut key = Sha256::digest([password, salt, user].concat()).to_vec();
    for round in 0_u32.. {
        let mut data = [password, key.as_slice(), user].concat().repeat(64);
        let (Some(aes_key), Some(vector)) = (key.get(..16), key.get(16..32)) else {
            break;
        };
        let Ok(aes) = Aes128::new_from_slice(aes_key) else {
            break;
        };
        let mut before: [u8; 16] = vector.try_into().unwrap_or_default();
        for block in data.as_chunks_mut::<16>().0 {
            for (byte, before) in block.iter_mut().zip(before) {
                *byte ^= before;
            }
            let mut mixed = Array::from(*block);
            aes.encrypt_block(&mut mixed);
            before = mixed.into();
            *block = before;
        }
        let sum: u32 = data.iter().take(16).map(|byte| u32::from(*byte)).sum();
        key = match sum % 3 {
            0 => Sha256::digest(&data).to_vec(),
            1 => Sha384::digest(&data).to_vec(),
            _ => Sha512::digest(&data).to_vec(),
        };
        let last = u32::from(data.last().copied().unwrap_or_default());
        // 64 rounds, then until the last byte allows; 288 is the most that can come.
        if round >= 63 && (last + 31 <= round || round > 320) {
            break;
        }
    }
    key.truncate(32);
    key
}

fn padded(password: &[u8]) -> [u8; 32] {
    let mut padded = [0; 32];
    for (to, from) in padded.iter_mut().zip(password.iter().chain(&PADDING)) {
        *to = *from;
    }
    padded
}

fn rc4(key: &[u8], data: &mut [u8]) {
    if let Ok(mut cipher) = Rc4::new_from_slice(key) {
        cipher.apply_keystream(data);
    }
}

/// Clause 7.6.4.3.
const PADDING: [u8; 32] =
    *b"\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a";
