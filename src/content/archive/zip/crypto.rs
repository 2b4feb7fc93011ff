//! Encryption of members: the traditional one (APPNOTE.TXT 6.1) and WinZip AES (AE-1 and AE-2).
//!
//! The passwords that the message names are tried, the one that fitted last first. What tells a right
//! password from a wrong one is weak (one byte, two bytes), so that content is tried too, where it is
//! not large: its checksum, or the authentication code, decides.

use std::{
    io::{self, BufRead, Cursor as Bytes, Read},
    rc::Rc,
};

use aes::{Aes128, Aes192, Aes256};
use ctr::{
    Ctr128LE,
    cipher::{KeyIvInit, StreamCipher},
};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::{
    methods::Content,
    record::{Aes, Header},
};
use crate::{
    content::{
        budget::Spending,
        source::{Cursor, Source},
    },
    facts::NotOpened,
};

/// The passwords for one archive.
pub(super) struct Keys {
    /// The likeliest first.
    passwords: Rc<[String]>,
    /// The one that fitted last.
    fitted: Option<usize>,
    /// Key derivations that may still be tried in vain.
    tries: u32,
}

/// Packed bytes of a member, decrypted.
pub(super) struct Decrypted {
    from: Cursor,
    cipher: Cipher,
    left: u64,
    buffer: Vec<u8>,
    read: usize,
}

enum Cipher {
    Traditional(ZipCrypto),
    Aes(Box<dyn StreamCipher>),
}

impl Keys {
    pub(super) fn new(passwords: Rc<[String]>) -> Self {
        Self {
            passwords,
            fitted: None,
            tries: TRIES,
        }
    }

    /// Decrypts a member with the password that fits; `data` is what stands behind its local header.
    /// None: no password fits.
    ///
    /// # Errors
    /// When the budget ends.
    pub(super) fn open(
        &mut self,
        header: &Header,
        data: &Source,
        spending: &mut Spending,
    ) -> Result<Option<Decrypted>, NotOpened> {
        if header.strong.is_some() {
            return Ok(None);
        }
        let passwords = Rc::clone(&self.passwords);
        let others = (0..passwords.len()).filter(|index| Some(*index) != self.fitted);
        for index in self.fitted.into_iter().chain(others) {
            spending.check()?;
            if self.tries == 0 && Some(index) != self.fitted {
                return Ok(None);
            }
            self.tries = self.tries.saturating_sub(1);
            let Some(password) = passwords.get(index) else {
                continue;
            };
            // Vietnamese passwords: typed as UTF-8 by most programs.
            let password = password.as_bytes();
            let opened = match header.aes {
                Some(aes) => open_aes(aes, data, password, spending)?,
                None => open_traditional(header, data, password, spending)?,
            };
            if opened.is_some() {
                self.fitted = Some(index);
                self.tries = TRIES;
                return Ok(opened);
            }
        }
        Ok(None)
    }
}

fn open_traditional(
    header: &Header,
    data: &Source,
    password: &[u8],
    spending: &mut Spending,
) -> Result<Option<Decrypted>, NotOpened> {
    let Some(mut head) = data.bytes(0, 12) else {
        return Ok(None);
    };
    let mut cipher = ZipCrypto::new(password);
    cipher.decrypt(&mut head);
    // The last byte of the encryption header (6.1.6): of the checksum, or of the time where the
    // checksum was not known yet.
    let check = head.get(11).copied();
    let [.., crc] = header.crc.to_le_bytes();
    let [.., time] = header.time.to_le_bytes();
    if check != Some(crc) && !(header.sizes_follow() && check == Some(time)) {
        return Ok(None);
    }
    let packed = data.piece(12, u64::MAX);
    let decrypted = || Decrypted::new(&packed, Cipher::Traditional(cipher.clone()));
    // One byte of 256 fits by chance.
    let fits = data.len() > TRIED || {
        let content = Content::new(decrypted(), header, Some(header.crc), spending);
        reads(content, spending)?
    };
    Ok(fits.then(decrypted))
}

/// Whether content can be read to its end.
fn reads(
    content: Result<Content<'_>, NotOpened>,
    spending: &mut Spending,
) -> Result<bool, NotOpened> {
    let mut content = match content {
        Ok(content) => content,
        // What cannot be unpacked cannot be tried.
        Err(why) => return Ok(why != NotOpened::Damaged),
    };
    let mut buffer = vec![0; 64 << 10];
    let mut total = 0;
    while total < TRIED_OUT {
        match content.read(&mut buffer) {
            Ok(0) => return Ok(true),
            Ok(got) => total += got,
            Err(_) => return Ok(false),
        }
        spending.check()?;
    }
    Ok(true)
}

fn open_aes(
    aes: Aes,
    data: &Source,
    password: &[u8],
    spending: &mut Spending,
) -> Result<Option<Decrypted>, NotOpened> {
    let key_len = match aes.strength {
        1 => 16,
        2 => 24,
        3 => 32,
        _ => return Ok(None),
    };
    let salt_len = key_len / 2;
    let Some(head) = data.bytes(0, salt_len + 2) else {
        return Ok(None);
    };
    let Some((salt, check)) = head.split_at_checked(salt_len) else {
        return Ok(None);
    };
    let mut keys = [0; 66];
    let Some(keys) = keys.get_mut(..2 * key_len + 2) else {
        return Ok(None);
    };
    pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, 1000, keys);
    let (key, rest) = keys.split_at(key_len);
    let (mac_key, found) = rest.split_at(key_len);
    if found != check {
        return Ok(None);
    }
    let start = head.len() as u64;
    let Some(len) = data.len().checked_sub(start + MAC_LEN) else {
        return Ok(None);
    };
    let packed = data.piece(start, len);
    // Two bytes of 65,536 fit by chance; the authentication code does not.
    if packed.len() <= TRIED {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(mac_key) else {
            return Ok(None);
        };
        let mut cursor = packed.cursor();
        while let Ok(bytes) = cursor.fill_buf() {
            let len = bytes.len();
            if len == 0 {
                break;
            }
            mac.update(bytes);
            cursor.consume(len);
            spending.check()?;
        }
        let wanted = data.bytes(start + len, MAC_LEN as usize);
        let found = mac.finalize().into_bytes();
        if wanted.as_deref() != found.get(..MAC_LEN as usize) {
            return Ok(None);
        }
    }
    // The counter is little-endian and begins with 1.
    let mut counter = [0; 16];
    counter[0] = 1;
    let iv = &counter.into();
    let cipher: Option<Box<dyn StreamCipher>> = match key_len {
        16 => <&[u8; 16]>::try_from(key)
            .ok()
            .map(|key| Box::new(Ctr128LE::<Aes128>::new(key.into(), iv)) as _),
        24 => <&[u8; 24]>::try_from(key)
            .ok()
            .map(|key| Box::new(Ctr128LE::<Aes192>::new(key.into(), iv)) as _),
        _ => <&[u8; 32]>::try_from(key)
            .ok()
            .map(|key| Box::new(Ctr128LE::<Aes256>::new(key.into(), iv)) as _),
    };
    Ok(cipher.map(|cipher| Decrypted::new(&packed, Cipher::Aes(cipher))))
}

impl Decrypted {
    fn new(data: &Source, cipher: Cipher) -> Self {
        Self {
            from: data.cursor(),
            cipher,
            left: data.len(),
            buffer: Vec::new(),
            read: 0,
        }
    }
}

impl Read for Decrypted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = Bytes::new(self.fill_buf()?).read(into)?;
        self.consume(got);
        Ok(got)
    }
}

impl BufRead for Decrypted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read >= self.buffer.len() && self.left > 0 {
            let bytes = self.from.fill_buf()?;
            self.buffer.clear();
            self.buffer.extend_from_slice(bytes);
            let len = bytes.len();
            self.from.consume(len);
            self.left = self.left.saturating_sub(len as u64);
            self.read = 0;
            match &mut self.cipher {
                Cipher::Traditional(cipher) => cipher.decrypt(&mut self.buffer),
                Cipher::Aes(cipher) => cipher
                    .try_apply_keystream(&mut self.buffer)
                    .map_err(|_| io::ErrorKind::InvalidData)?,
            }
        }
        Ok(self.buffer.get(self.read..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.read = self.read.saturating_add(amount).min(self.buffer.len());
    }
}

/// The keys of the traditional encryption (6.1.5).
#[derive(Clone)]
struct ZipCrypto {
    keys: [u32; 3],
}

impl ZipCrypto {
    fn new(password: &[u8]) -> Self {
        let mut found = Self {
            keys: [0x1234_5678, 0x2345_6789, 0x3456_7890],
        };
        for byte in password {
            found.update(*byte);
        }
        found
    }

    fn decrypt(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            let [_, _, key] = self.keys;
            let low = (key | 2) & 0xffff;
            let [_, mask, ..] = low.wrapping_mul(low ^ 1).to_le_bytes();
            *byte ^= mask;
            self.update(*byte);
        }
    }

    fn update(&mut self, byte: u8) {
        let [first, second, third] = &mut self.keys;
        *first = crc32(*first, byte);
        *second = second
            .wrapping_add(*first & 0xff)
            .wrapping_mul(0x0808_8405)
            .wrapping_add(1);
        let [.., high] = second.to_le_bytes();
        *third = crc32(*third, high);
    }
}

fn crc32(crc: u32, byte: u8) -> u32 {
    let [low, ..] = crc.to_le_bytes();
    let entry = CRC_TABLE.get(usize::from(low ^ byte)).copied().unwrap_or(0);
    entry ^ crc >> 8
}

static CRC_TABLE: [u32; 256] = crc_table();

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut value = at as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 0 {
                value >> 1
            } else {
                0xedb8_8320 ^ value >> 1
            };
            bit += 1;
        }
        table[at] = value;
        at += 1;
    }
    table
}

const MAC_LEN: u64 = 10;
/// Passwords that are tried in vain, for one archive.
const TRIES: u32 = 300;
/// Members larger than this are not read to the end to see whether a password is right.
const TRIED: u64 = 4 << 20;
const TRIED_OUT: usize = 32 << 20;
