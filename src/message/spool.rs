//! Where decoded bodies wait: in memory up to a setting, in an unlinked file beyond it.
//!
//! A message has one file at most, made when its bodies outgrow the memory that it may use. In a
//! folder the file has no name (O_TMPFILE) and its bytes are encrypted (AES-128-CTR) with a key
//! that only this process knows and that dies with it, so that nothing of a letter can be read
//! from the disk afterwards. Without a folder it is a memfd. The bytes of all files of the process
//! are counted; where the limit is reached, or where the disk is full, a body is no longer kept,
//! but its size, hash, first and last bytes are still right: mail is never lost for it.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Limit, Why};
use aes::Aes128;
use bytes::Bytes;
use ctr::{
    Ctr64BE,
    cipher::{KeyIvInit, StreamCipher, StreamCipherSeek},
};

/// The store of one process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Spool {
    shared: Arc<Shared>,
}

/// The decoded content of a part.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Decoded size in bytes.
    pub size: u64,
    /// SHA-256 of the decoded bytes.
    pub sha256: [u8; 32],
    /// The first bytes: 4 KiB, or all where there are fewer. Only in messages with thousands of
    /// large parts less (256 bytes at least).
    pub head: Bytes,
    /// The last bytes: 1 KiB, or all where there are fewer; see `head`.
    pub tail: Bytes,
    /// Where the bytes are.
    pub data: Data,
}

/// Where the bytes of a [`Blob`] are.
#[derive(Clone, Debug)]
pub enum Data {
    /// Not kept as one piece: an attached message, whose parts are kept each for itself.
    Apart,
    /// In memory.
    Memory(Bytes),
    /// Not kept, and why.
    NotKept(Why),
    /// In the message's file.
    Spooled(Range),
}

/// A piece of a spool file; the file goes when the last of its pieces does.
#[derive(Clone, Debug)]
pub struct Range {
    file: Arc<SpoolFile>,
    start: u64,
    len: u64,
}

/// Reads a [`Blob`] from its beginning.
#[derive(Debug)]
pub struct Reader {
    data: Data,
    at: u64,
}

/// What one message has in the spool; made by [`Spool::message`].
#[derive(Debug)]
pub(super) struct MessageSpool {
    shared: Arc<Shared>,
    /// Bytes of memory that its bodies may still use.
    pub(super) memory: usize,
    /// Bytes of memory that heads and tails of spooled bodies may still use.
    pub(super) ends: usize,
    file: Option<Arc<SpoolFile>>,
    /// Where the next body begins in the file.
    pub(super) end: u64,
    /// The file cannot be made or written to: do not try again for each body.
    broken: bool,
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Shared {
    dir: Option<PathBuf>,
    memory_per_message: usize,
    limit_total: u64,
    used: AtomicU64,
    files: AtomicU64,
    key: [u8; 16],
}

#[derive(Debug)]
struct SpoolFile {
    file: File,
    shared: Arc<Shared>,
    /// None: a memfd, which needs no cipher.
    nonce: Option<[u8; 16]>,
    charged: AtomicU64,
}

impl Spool {
    /// A store in `dir` (or in memfds) that keeps `memory_per_message` bytes of each message in
    /// memory, and `limit_total` bytes of all messages together in files.
    ///
    /// # Errors
    /// When the kernel gives no random bytes for the key.
    pub fn new(
        dir: Option<PathBuf>,
        memory_per_message: usize,
        limit_total: u64,
    ) -> io::Result<Self> {
        let mut key = [0; 16];
        random(&mut key)?;
        let used = AtomicU64::new(0);
        let files = AtomicU64::new(0);
        Ok(Self {
            shared: Arc::new(Shared {
                dir,
                memory_per_message,
                limit_total,
                used,
                files,
                key,
            }),
        })
    }

    /// Bytes that lie in spool files now.
    pub fn used(&self) -> u64 {
        self.shared.used.load(Ordering::Relaxed)
    }

    /// Spool files that are open now.
    pub fn files(&self) -> u64 {
        self.shared.files.load(Ordering::Relaxed)
    }

    pub(super) fn message(&self) -> MessageSpool {
        MessageSpool {
            memory: self.shared.memory_per_message,
            shared: Arc::clone(&self.shared),
            ends: ENDS_PER_MESSAGE,
            file: None,
            end: 0,
            broken: false,
            scratch: Vec::new(),
        }
    }
}

impl Blob {
    /// All bytes; none when there are more than `limit`, or when they were not kept.
    ///
    /// # Errors
    /// When the spool file cannot be read.
    pub fn read_all(&self, limit: u64) -> io::Result<Option<Bytes>> {
        if self.size > limit {
            return Ok(None);
        }
        match &self.data {
            Data::Apart | Data::NotKept(_) => Ok(None),
            Data::Memory(bytes) => Ok(Some(bytes.clone())),
            Data::Spooled(range) => {
                let mut bytes = vec![0; range.len as usize];
                range.read_at(0, &mut bytes)?;
                Ok(Some(bytes.into()))
            }
        }
    }

    /// Reads from the beginning; none when the bytes were not kept.
    pub fn reader(&self) -> Option<Reader> {
        match &self.data {
            Data::Apart | Data::NotKept(_) => None,
            data => Some(Reader {
                data: data.clone(),
                at: 0,
            }),
        }
    }

    /// Exactly `len` bytes at an offset; none when they are not there or were not kept.
    ///
    /// # Errors
    /// When the spool file cannot be read.
    pub fn read_at(&self, at: u64, len: usize) -> io::Result<Option<Vec<u8>>> {
        if at.checked_add(len as u64).is_none_or(|end| end > self.size) {
            return Ok(None);
        }
        match &self.data {
            Data::Apart | Data::NotKept(_) => Ok(None),
            Data::Memory(bytes) => {
                let at = usize::try_from(at).unwrap_or(usize::MAX);
                Ok(bytes.get(at..at.saturating_add(len)).map(<[u8]>::to_vec))
            }
            Data::Spooled(range) => {
                let mut bytes = vec![0; len];
                range.read_at(at, &mut bytes)?;
                Ok(Some(bytes))
            }
        }
    }

    /// A blob of which only size and hash are known.
    pub(super) fn apart(size: u64, sha256: [u8; 32]) -> Self {
        Self {
            size,
            sha256,
            head: Bytes::new(),
            tail: Bytes::new(),
            data: Data::Apart,
        }
    }
}

impl Range {
    /// A piece of the piece; the caller has made sure that it lies in it.
    pub(super) fn piece(&self, start: u64, len: u64) -> Self {
        Self {
            file: Arc::clone(&self.file),
            start: self.start.saturating_add(start),
            len,
        }
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let offset = self.start + at;
        self.file.file.read_exact_at(into, offset)?;
        self.file.cipher(offset, into);
        Ok(())
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = match &self.data {
            Data::Apart | Data::NotKept(_) => 0,
            Data::Memory(bytes) => {
                let rest = bytes.get(self.at as usize..).unwrap_or_default();
                let got = rest.len().min(into.len());
                into[..got].copy_from_slice(&rest[..got]);
                got
            }
            Data::Spooled(range) => {
                let got = (range.len - self.at).min(into.len() as u64) as usize;
                range.read_at(self.at, &mut into[..got])?;
                got
            }
        };
        self.at += got as u64;
        Ok(got)
    }
}

impl MessageSpool {
    /// The store that this is a part of.
    pub(super) fn store(&self) -> Spool {
        Spool {
            shared: Arc::clone(&self.shared),
        }
    }

    /// The piece of the file that begins at `start`.
    pub(super) fn range(&self, start: u64, len: u64) -> Data {
        match &self.file {
            Some(file) => {
                let file = Arc::clone(file);
                Data::Spooled(Range { file, start, len })
            }
            None => Data::NotKept(Why::Damaged),
        }
    }

    /// What lies at the end of the file is not wanted any more: its room is written over.
    pub(super) fn give_back(&mut self, range: &Range) {
        let own = self
            .file
            .as_ref()
            .is_some_and(|file| Arc::ptr_eq(file, &range.file));
        if !own || range.start.checked_add(range.len) != Some(self.end) {
            return;
        }
        self.end = range.start;
        range.file.charged.fetch_sub(range.len, Ordering::Relaxed);
        self.shared.used.fetch_sub(range.len, Ordering::Relaxed);
    }

    /// Writes to the end of the message's file; fails at the total limit and on a full disk.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Why> {
        if self.broken {
            return Err(Why::Damaged);
        }
        let after = self
            .shared
            .used
            .fetch_add(bytes.len() as u64, Ordering::Relaxed)
            + bytes.len() as u64;
        if after > self.shared.limit_total {
            self.shared
                .used
                .fetch_sub(bytes.len() as u64, Ordering::Relaxed);
            return Err(Why::Limit(Limit {
                which: "spool_total",
                limit: self.shared.limit_total,
                seen: after,
            }));
        }
        match self.write(bytes) {
            Ok(file) => {
                file.charged
                    .fetch_add(bytes.len() as u64, Ordering::Relaxed);
                self.file = Some(file);
                self.end += bytes.len() as u64;
                Ok(())
            }
            Err(_) => {
                self.shared
                    .used
                    .fetch_sub(bytes.len() as u64, Ordering::Relaxed);
                self.broken = true;
                Err(Why::Damaged)
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<Arc<SpoolFile>> {
        let file = match self.file.take() {
            Some(file) => file,
            None => Arc::new(SpoolFile::create(&self.shared)?),
        };
        if file.nonce.is_none() {
            file.file.write_all_at(bytes, self.end)?;
            return Ok(file);
        }
        let mut at = self.end;
        for piece in bytes.chunks(WRITE) {
            self.scratch.clear();
            self.scratch.extend_from_slice(piece);
            file.cipher(at, &mut self.scratch);
            file.file.write_all_at(&self.scratch, at)?;
            at += piece.len() as u64;
        }
        Ok(file)
    }
}

impl SpoolFile {
    fn create(shared: &Arc<Shared>) -> io::Result<Self> {
        let (file, nonce) = match &shared.dir {
            Some(dir) => {
                let mut nonce = [0; 16];
                // The lower half counts the blocks.
                random(&mut nonce[..8])?;
                (unlinked(dir)?, Some(nonce))
            }
            None => {
                let name = c"gacthu-spool";
                let flags = rustix::fs::MemfdFlags::CLOEXEC;
                (File::from(rustix::fs::memfd_create(name, flags)?), None)
            }
        };
        shared.files.fetch_add(1, Ordering::Relaxed);
        Ok(Self {
            file,
            shared: Arc::clone(shared),
            nonce,
            charged: AtomicU64::new(0),
        })
    }

    fn cipher(&self, offset: u64, bytes: &mut [u8]) {
        if let Some(nonce) = &self.nonce {
            let mut cipher = Ctr64BE::<Aes128>::new(&self.shared.key.into(), &(*nonce).into());
            cipher.seek(offset);
            cipher.apply_keystream(bytes);
        }
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        self.shared
            .used
            .fetch_sub(self.charged.load(Ordering::Relaxed), Ordering::Relaxed);
        self.shared.files.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A file without a name; where the file system has no O_TMPFILE, one that is unlinked at once.
fn unlinked(dir: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    if let Ok(file) = options
        .clone()
        .custom_flags(
            (rustix::fs::OFlags::TMPFILE | rustix::fs::OFlags::CLOEXEC)
                .bits()
                .cast_signed(),
        )
        .open(dir)
    {
        return Ok(file);
    }
    let mut name = [0; 8];
    random(&mut name)?;
    let path = dir.join(format!(".gacthu-{:016x}", u64::from_ne_bytes(name)));
    let file = options.create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

fn random(into: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        filled += rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty())?;
    }
    Ok(())
}

/// Bytes of memory for the members of one message that are open at the same time.
pub(super) const SCRATCH_MEMORY: usize = 8 << 20;
/// Heads and tails of the spooled bodies of one message, together.
const ENDS_PER_MESSAGE: usize = 4 << 20;
/// Bytes that are encrypted and written at once.
const WRITE: usize = 64 << 10;
