//! The coders of a folder, put together as the folder says: packed streams in, bytes out.

use std::io::{self, BufReader, Read};

use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use lzma_rust2::{
    Lzma2Reader, LzmaReader,
    filter::{bcj::BcjReader, bcj2::Bcj2Reader, delta::DeltaReader},
};
use ppmd_rust::Ppmd7Decoder;
use sha2::{Digest as _, Sha256};

use super::header::{Coder, Folder};
use crate::{
    content::{budget::Held, opener::Inside, source::Source},
    facts::NotOpened,
};

/// A folder that is being unpacked, and the memory that this takes.
pub(super) struct Opened {
    pub(super) reader: Box<dyn Read>,
    pub(super) _held: Vec<Held>,
}

/// Whether a coder of the folder is AES.
pub(super) fn is_encrypted(folder: &Folder) -> bool {
    folder.coders.iter().any(|coder| coder.method == AES)
}

/// Opens a folder.
///
/// # Errors
/// Why it cannot be: a coder that nothing here reads, memory, an encrypted folder without a key.
pub(super) fn open(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    folder: &Folder,
    key: Option<&mut Key>,
) -> Result<Opened, NotOpened> {
    let mut build = Build {
        inside,
        source,
        folder,
        key,
        held: Vec::new(),
        used: vec![false; folder.coders.len()],
    };
    let main = folder.main_output().ok_or(NotOpened::Damaged)?;
    let reader = build.output(main)?;
    Ok(Opened {
        reader,
        _held: build.held,
    })
}

struct Build<'b, 'o, 'm> {
    inside: &'b mut Inside<'o, 'm>,
    source: &'b Source,
    folder: &'b Folder,
    key: Option<&'b mut Key>,
    held: Vec<Held>,
    /// Coders that are already in use: each stands once, so that this ends.
    used: Vec<bool>,
}

impl Build<'_, '_, '_> {
    /// What comes out of an output.
    fn output(&mut self, output: usize) -> Result<Box<dyn Read>, NotOpened> {
        let folder = self.folder;
        let mut coders = folder.coders.iter().enumerate();
        let found = coders.find(|(_, coder)| {
            (coder.first_output..coder.first_output + coder.outputs).contains(&output)
        });
        let (index, coder) = found.ok_or(NotOpened::Damaged)?;
        match self.used.get_mut(index) {
            Some(used) if !*used => *used = true,
            _ => return Err(NotOpened::Damaged),
        }
        if coder.outputs != 1 {
            // Encoders of old that were written the other way round.
            return Err(NotOpened::Unsupported);
        }
        let mut inputs = Vec::new();
        for input in coder.first_input..coder.first_input + coder.inputs {
            inputs.push(self.input(input)?);
        }
        let unpacked = coder.unpacked;
        let decoder = self.decoder(coder, inputs)?;
        Ok(Box::new(decoder.take(unpacked)))
    }

    /// What goes into an input.
    fn input(&mut self, input: usize) -> Result<Box<dyn Read>, NotOpened> {
        let folder = self.folder;
        if let Some((_, output)) = folder.bonds.iter().find(|(bound, _)| *bound == input) {
            return self.output(*output);
        }
        let stream = folder.packed.iter().position(|packed| *packed == input);
        let stream = stream.and_then(|index| folder.streams.get(index));
        let (at, size) = stream.ok_or(NotOpened::Damaged)?;
        let piece = self.source.piece(at.saturating_add(START), *size);
        Ok(Box::new(piece.cursor()))
    }

    fn hold(&mut self, bytes: u64) -> Result<(), NotOpened> {
        self.held.push(self.inside.spending().hold(bytes)?);
        Ok(())
    }

    fn decoder(
        &mut self,
        coder: &Coder,
        mut inputs: Vec<Box<dyn Read>>,
    ) -> Result<Box<dyn Read>, NotOpened> {
        if coder.method == BCJ2 {
            let reader = Bcj2Reader::try_new(inputs, coder.unpacked);
            return Ok(Box::new(reader.map_err(|_| NotOpened::Damaged)?));
        }
        let (Some(input), true) = (inputs.pop(), inputs.is_empty()) else {
            return Err(NotOpened::Damaged);
        };
        let properties = coder.properties.as_slice();
        let damaged = |_: io::Error| NotOpened::Damaged;
        Ok(match coder.method {
            COPY => input,
            LZMA => {
                let [model, dictionary @ ..] = properties else {
                    return Err(NotOpened::Damaged);
                };
                let dictionary = dictionary.get(..4).and_then(|bytes| bytes.try_into().ok());
                let dictionary = u32::from_le_bytes(dictionary.ok_or(NotOpened::Damaged)?);
                let dictionary = needed(dictionary, coder.unpacked);
                // The model is small unless lc + lp is large: 2 * 0x300 << 12 at most.
                self.hold(u64::from(dictionary) + (7 << 20))?;
                let reader =
                    LzmaReader::new_with_props(input, coder.unpacked, *model, dictionary, None);
                Box::new(reader.map_err(damaged)?)
            }
            LZMA2 => {
                let dictionary = match properties.first() {
                    Some(40) => u32::MAX,
                    Some(bits @ 0..40) => (2 | u32::from(bits & 1)) << (bits / 2 + 11),
                    _ => return Err(NotOpened::Damaged),
                };
                let dictionary = needed(dictionary, coder.unpacked);
                self.hold(u64::from(dictionary) + (7 << 20))?;
                Box::new(Lzma2Reader::new(input, dictionary, None))
            }
            PPMD => {
                let [order, memory @ ..] = properties else {
                    return Err(NotOpened::Damaged);
                };
                let memory = memory.get(..4).and_then(|bytes| bytes.try_into().ok());
                let memory = u32::from_le_bytes(memory.ok_or(NotOpened::Damaged)?);
                self.hold(u64::from(memory) + (1 << 20))?;
                let reader = Ppmd7Decoder::new(input, u32::from(*order), memory);
                Box::new(reader.map_err(|_| NotOpened::Damaged)?)
            }
            BZIP2 => {
                self.hold(8 << 20)?;
                Box::new(bzip2::read::MultiBzDecoder::new(input))
            }
            DEFLATE => Box::new(flate2::read::DeflateDecoder::new(input)),
            DEFLATE64 => Box::new(deflate64::Deflate64Decoder::new(input)),
            LZ4 => {
                self.hold(16 << 20)?;
                Box::new(lz4_flex::frame::FrameDecoder::new(Frames::new(input)))
            }
            DELTA => {
                let distance = properties.first().map_or(1, |less| usize::from(*less) + 1);
                Box::new(DeltaReader::new(input, distance))
            }
            X86 | BCJ_X86 => Box::new(BcjReader::new_x86(input, 0)),
            PPC | BCJ_PPC => Box::new(BcjReader::new_ppc(input, 0)),
            IA64 | BCJ_IA64 => Box::new(BcjReader::new_ia64(input, 0)),
            ARM | BCJ_ARM => Box::new(BcjReader::new_arm(input, 0)),
            ARM_THUMB | BCJ_ARM_THUMB => Box::new(BcjReader::new_arm_thumb(input, 0)),
            SPARC | BCJ_SPARC => Box::new(BcjReader::new_sparc(input, 0)),
            ARM64 => Box::new(BcjReader::new_arm64(input, 0)),
            RISCV => Box::new(BcjReader::new_riscv(input, 0)),
            AES => {
                let key = self.key.as_mut().ok_or(NotOpened::Encrypted)?;
                let (key, iv) = key.derive(properties, self.inside)?;
                Box::new(Decrypted {
                    input: BufReader::new(input),
                    cipher: cbc::Decryptor::new(&key.into(), &iv.into()),
                    block: [0; BLOCK],
                    given: BLOCK,
                })
            }
            _ => return Err(NotOpened::Unsupported),
        })
    }
}

/// A dictionary that is larger than all that comes out is never filled.
fn needed(dictionary: u32, unpacked: u64) -> u32 {
    let most = u32::try_from(unpacked).unwrap_or(u32::MAX).max(4096);
    dictionary.min(most)
}

/// A password, and the last key that was made of it.
pub(super) struct Key {
    password: Vec<u8>,
    last: Option<(Vec<u8>, [u8; 32])>,
}

impl Key {
    pub(super) fn new(password: &str) -> Self {
        Self {
            password: password.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            last: None,
        }
    }

    /// Key and first vector for a coder with these properties: rounds, salt, vector.
    fn derive(
        &mut self,
        properties: &[u8],
        inside: &mut Inside<'_, '_>,
    ) -> Result<([u8; 32], [u8; BLOCK]), NotOpened> {
        let (first, second) = match properties {
            [] => return Err(NotOpened::Damaged),
            [first] => (*first, 0),
            [first, second, ..] => (*first, *second),
        };
        let salt = usize::from((first >> 7) + (second >> 4));
        let vector = usize::from((first >> 6 & 1) + (second & 0x0f));
        let rest = properties.get(2..).unwrap_or_default();
        let (salt, rest) = rest.split_at_checked(salt).ok_or(NotOpened::Damaged)?;
        let given = rest.get(..vector).ok_or(NotOpened::Damaged)?;
        let mut iv = [0; BLOCK];
        for (to, from) in iv.iter_mut().zip(given) {
            *to = *from;
        }
        let id = [&[first], salt].concat();
        if let Some((known, key)) = &self.last
            && *known == id
        {
            return Ok((*key, iv));
        }
        let key = self.rounds(first & 0x3f, salt, inside)?;
        self.last = Some((id, key));
        Ok((key, iv))
    }

    fn rounds(
        &self,
        power: u8,
        salt: &[u8],
        inside: &mut Inside<'_, '_>,
    ) -> Result<[u8; 32], NotOpened> {
        if power == 0x3f {
            // Not hashed at all.
            let mut key = [0; 32];
            for (to, from) in key.iter_mut().zip(salt.iter().chain(&self.password)) {
                *to = *from;
            }
            return Ok(key);
        }
        if power > MAX_POWER {
            return Err(NotOpened::Encrypted);
        }
        let mut hash = Sha256::new();
        let mut chunk = Vec::new();
        for round in 0..1_u64 << power {
            chunk.extend_from_slice(salt);
            chunk.extend_from_slice(&self.password);
            chunk.extend_from_slice(&round.to_le_bytes());
            if chunk.len() >= 8192 {
                hash.update(&chunk);
                chunk.clear();
            }
            if round & 0xffff == 0xffff {
                inside.spending().check()?;
            }
        }
        hash.update(&chunk);
        Ok(hash.finalize().into())
    }
}

/// LZ4 as it is written for several threads: before each frame stands one to be skipped.
struct Frames<R> {
    input: R,
    /// The next bytes, which were looked at.
    ahead: Vec<u8>,
    /// Whether the next bytes begin a frame.
    at_frame: bool,
    /// Bytes of this frame.
    left: u64,
}

impl<R: Read> Frames<R> {
    fn new(input: R) -> Self {
        Self {
            input,
            ahead: Vec::new(),
            at_frame: true,
            left: 0,
        }
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at_frame || self.left == 0 {
            let mut header = Vec::new();
            self.input.by_ref().take(12).read_to_end(&mut header)?;
            let size = header.get(8..12).and_then(|size| size.try_into().ok());
            match size.map(u32::from_le_bytes) {
                Some(size) if header.starts_with(&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0]) => {
                    self.left = u64::from(size);
                }
                _ => {
                    // One frame alone, up to the end.
                    self.ahead = header;
                    self.left = u64::MAX;
                }
            }
            self.at_frame = false;
        }
        if !self.ahead.is_empty() {
            let got = self.ahead.as_slice().read(into)?;
            self.ahead.drain(..got);
            return Ok(got);
        }
        let got = self.input.by_ref().take(self.left).read(into)?;
        self.left = self.left.saturating_sub(got as u64);
        Ok(got)
    }
}

/// AES-256 in CBC. What is behind the last whole block is not read.
struct Decrypted<R> {
    input: R,
    cipher: cbc::Decryptor<aes::Aes256>,
    block: [u8; BLOCK],
    /// How much of the block was given out.
    given: usize,
}

impl<R: Read> Read for Decrypted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < into.len() {
            if self.given >= BLOCK {
                let mut filled = 0;
                while filled < BLOCK {
                    match self
                        .input
                        .read(self.block.get_mut(filled..).unwrap_or_default())
                    {
                        Ok(0) => return Ok(done),
                        Ok(got) => filled += got,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(error),
                    }
                }
                let mut block = self.block.into();
                self.cipher.decrypt_block(&mut block);
                self.block = block.into();
                self.given = 0;
            }
            let rest = self.block.get(self.given..).unwrap_or_default();
            let to = into.get_mut(done..).unwrap_or_default();
            let got = rest.len().min(to.len());
            for (to, from) in to.iter_mut().zip(rest) {
                *to = *from;
            }
            done += got;
            self.given += got;
        }
        Ok(done)
    }
}

/// Where the packed streams begin: behind the start header.
const START: u64 = 32;
const BLOCK: usize = 16;
/// 7-Zip itself takes no more rounds than 2 to this power.
const MAX_POWER: u8 = 24;

const COPY: u64 = 0x00;
const DELTA: u64 = 0x03;
const X86: u64 = 0x04;
const PPC: u64 = 0x05;
const IA64: u64 = 0x06;
const ARM: u64 = 0x07;
const ARM_THUMB: u64 = 0x08;
const SPARC: u64 = 0x09;
const ARM64: u64 = 0x0a;
const RISCV: u64 = 0x0b;
const LZMA2: u64 = 0x21;
const LZMA: u64 = 0x03_0101;
const BCJ_X86: u64 = 0x0303_0103;
const BCJ2: u64 = 0x0303_011b;
const BCJ_PPC: u64 = 0x0303_0205;
const BCJ_IA64: u64 = 0x0303_0401;
const BCJ_ARM: u64 = 0x0303_0501;
const BCJ_ARM_THUMB: u64 = 0x0303_0701;
const BCJ_SPARC: u64 = 0x0303_0805;
const PPMD: u64 = 0x03_0401;
const DEFLATE: u64 = 0x04_0108;
const DEFLATE64: u64 = 0x04_0109;
const BZIP2: u64 = 0x04_0202;
const LZ4: u64 = 0x04f7_1104;
const AES: u64 = 0x06f1_0701;
