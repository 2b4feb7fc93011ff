//! The local decision log: where every decision stands first.
//!
//! A folder of append-only segments, one `write(2)` a record, no fsync on the thread that judges. A
//! thread of its own syncs what was written, all records of a while together, and
//! [`DecisionLog::sync`] asks for it at once. What was synced is read by the journal's writer
//! ([`super::writer`]); segments that the store has taken whole are deleted.
//!
//! **Order.** `service.rs` appends a decision before Postfix hears of it: what was answered stands in
//! the log, also after `kill -9`. A power cut may take what was written since the last sync (100 ms).
//!
//! **Sequence numbers** grow by one a record and are never used twice, also after a restart: the name
//! of the newest segment keeps the count where all others are gone. A log begins with the clock's
//! microseconds, so that one that was lost with its disk does not begin with the old numbers again.
//! Only what was synced leaves the log, so a power cut takes no number that anyone has seen.

mod folder;
mod reader;
mod segment;

#[cfg(test)]
mod tests;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rustix::fs::{FlockOperation, flock};

pub use self::reader::{Batch, Reader, Record};
use self::{
    folder::{open_segment, path, resume, segments},
    segment::Draft,
};

/// Bounds and times of a log.
#[derive(Clone, Copy, Debug)]
pub struct LogLimits {
    /// Bytes that all segments together may have; what would go beyond is refused with
    /// [`AppendError::Full`].
    pub bytes: u64,
    /// Bytes from which on a new segment is begun.
    pub segment: u64,
    /// How often what was written is synced.
    pub sync_every: Duration,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            segment: 16 << 20,
            sync_every: Duration::from_millis(100),
        }
    }
}

/// Why a record could not be appended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The store has not taken records for so long that the log is at its limit.
    #[error("the decision log has reached its limit of {0} bytes")]
    Full(u64),
    /// The disk is full, or broken.
    #[error("the decision log cannot be written: {0}")]
    Write(#[from] io::Error),
    /// No event is that long; a mistake of ours.
    #[error("the record is too long")]
    TooLong,
}

/// How far the log is on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// The last record that is.
    pub sequence: u64,
    /// The segment in which it stands, by its first sequence number.
    pub segment: u64,
    /// Where it ends there, in bytes.
    pub end: u64,
}

/// The log, open for appending. Dropping it syncs what is left.
#[derive(Debug)]
pub struct DecisionLog {
    inner: Arc<Inner>,
    syncer: Option<JoinHandle<()>>,
    /// Held as long as this process may write here.
    _lock: File,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    limits: LogLimits,
    end: Mutex<End>,
    /// Bytes of all segments.
    bytes: AtomicU64,
    /// Bytes that stood here at the beginning, and all that came since.
    seen: AtomicU64,
    state: Mutex<State>,
    /// Tells the thread that syncs.
    wanted: Condvar,
    /// Tells those who wait for it.
    done: Condvar,
}

/// Where the next record goes.
#[derive(Debug)]
struct End {
    file: Arc<File>,
    /// Its first sequence number.
    segment: u64,
    length: u64,
    next: u64,
    begun: Instant,
    /// Segments that are full and not synced yet.
    full: Vec<Arc<File>>,
    /// Whether the folder has an entry that is not synced.
    entry: bool,
    /// Whether a torn record stands at the end that could not be cut.
    broken: bool,
}

#[derive(Debug, Default)]
struct State {
    synced: Synced,
    wanted: bool,
    stop: bool,
    /// Counts the syncs that failed, so that who waits hears of them.
    failures: u64,
    error: Option<String>,
}

impl DecisionLog {
    /// Opens the log in a folder, or begins one. A record at the end that was not written whole is
    /// cut off.
    ///
    /// # Errors
    /// The folder cannot be written, or another process holds it.
    pub fn open(folder: &Path, limits: LogLimits) -> io::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o750)
            .create(folder)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o640)
            .open(folder.join("lock"))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|error| {
            let text = format!(
                "another gacthu writes to {} ({error}): each needs a state folder of its own",
                folder.display()
            );
            io::Error::new(io::ErrorKind::AlreadyExists, text)
        })?;
        let end = resume(folder)?;
        let bytes = segments(folder)?
            .iter()
            .filter_map(|segment| fs::metadata(path(folder, *segment)).ok())
            .map(|file| file.len())
            .sum();
        let synced = Synced {
            sequence: end.next.saturating_sub(1),
            segment: end.segment,
            end: end.length,
        };
        // What a process that was killed had written and not synced is on the disk from here on.
        end.file.sync_data()?;
        File::open(folder)?.sync_all()?;
        let inner = Arc::new(Inner {
            folder: folder.to_owned(),
            limits,
            end: Mutex::new(end),
            bytes: AtomicU64::new(bytes),
            seen: AtomicU64::new(bytes),
            state: Mutex::new(State {
                synced,
                ..State::default()
            }),
            wanted: Condvar::new(),
            done: Condvar::new(),
        });
        let syncer = std::thread::Builder::new()
            .name("journal-sync".to_owned())
            .spawn({
                let inner = Arc::clone(&inner);
                move || inner.keep_synced()
            })?;
        Ok(Self {
            inner,
            syncer: Some(syncer),
            _lock: lock,
        })
    }

    /// Appends one record with one `write(2)` and gives its sequence number. It is not synced yet.
    ///
    /// # Errors
    /// The log is at its limit, or the disk does not take it; nothing of the record stays then.
    pub fn append(&self, payload: &[u8]) -> Result<u64, AppendError> {
        let draft = Draft::new(payload).ok_or(AppendError::TooLong)?;
        let length = draft.len() as u64;
        let inner = &*self.inner;
        let mut end = lock(&inner.end);
        let bytes = inner.bytes.load(Ordering::Relaxed);
        if bytes.saturating_add(length) > inner.limits.bytes {
            return Err(AppendError::Full(inner.limits.bytes));
        }
        let full = end.length > 0 && end.length.saturating_add(length) > inner.limits.segment;
        if full || end.broken {
            end.begin_segment(&inner.folder)?;
        }
        let sequence = end.next;
        let record = draft.finish(sequence);
        if let Err(error) = (&*end.file).write_all(&record) {
            // What was written of it would stand before the next record.
            end.broken = end.file.set_len(end.length).is_err();
            return Err(error.into());
        }
        end.next = sequence.saturating_add(1);
        end.length = end.length.saturating_add(length);
        inner.bytes.fetch_add(length, Ordering::Relaxed);
        inner.seen.fetch_add(length, Ordering::Relaxed);
        Ok(sequence)
    }

    /// Waits until a record is on the disk: before the answer that a message is kept or released.
    /// Blocks the thread for as long as the disk takes.
    ///
    /// # Errors
    /// The disk did not take it.
    pub fn sync(&self, sequence: u64) -> io::Result<()> {
        let mut state = lock(&self.inner.state);
        let failures = state.failures;
        while state.synced.sequence < sequence {
            if state.failures != failures {
                let why = state.error.clone().unwrap_or_default();
                return Err(io::Error::other(why));
            }
            state.wanted = true;
            self.inner.wanted.notify_one();
            state = wait(&self.inner.done, state);
        }
        Ok(())
    }

    /// How far the log is on the disk.
    pub fn synced(&self) -> Synced {
        lock(&self.inner.state).synced
    }

    /// Waits until something behind `sequence` is on the disk, or for this long.
    pub fn wait(&self, sequence: u64, patience: Duration) -> Synced {
        let state = lock(&self.inner.state);
        let waited = self
            .inner
            .done
            .wait_timeout_while(state, patience, |state| {
                state.synced.sequence <= sequence && !state.stop
            });
        match waited {
            Ok((state, _)) => state.synced,
            Err(poisoned) => poisoned.into_inner().0.synced,
        }
    }

    /// [`Self::sync`] of everything.
    ///
    /// # Errors
    /// The disk did not take it.
    pub fn flush(&self) -> io::Result<()> {
        let last = lock(&self.inner.end).next.saturating_sub(1);
        self.sync(last)
    }

    /// Bytes of all segments.
    pub fn bytes(&self) -> u64 {
        self.inner.bytes.load(Ordering::Relaxed)
    }

    /// Bytes that stood here when it was opened, and all that were appended since: what a reader from
    /// the beginning has not read of them yet is its backlog.
    pub fn seen(&self) -> u64 {
        self.inner.seen.load(Ordering::Relaxed)
    }

    /// Reads the log from its oldest segment on, records behind `after` only.
    pub fn reader(&self, after: u64) -> Reader {
        Reader::new(&self.inner.folder, after)
    }

    /// Deletes the segments of which every record is at or before `sequence`; the newest one stays.
    /// One that is older than `longest` and holds only such records is closed first, so that on a
    /// quiet site nothing stays here for weeks.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn release(&self, sequence: u64, longest: Duration) -> io::Result<()> {
        let inner = &*self.inner;
        {
            let mut end = lock(&inner.end);
            let taken = end.next <= sequence.saturating_add(1);
            if taken && end.length > 0 && end.begun.elapsed() >= longest {
                end.begin_segment(&inner.folder)?;
            }
        }
        let segments = segments(&inner.folder)?;
        for pair in segments.windows(2) {
            let &[segment, next] = pair else { continue };
            if next > sequence.saturating_add(1) {
                break;
            }
            let path = path(&inner.folder, segment);
            let length = fs::metadata(&path)?.len();
            fs::remove_file(&path)?;
            inner.bytes.fetch_sub(length, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Drop for DecisionLog {
    fn drop(&mut self) {
        {
            let mut state = lock(&self.inner.state);
            state.stop = true;
            self.inner.wanted.notify_one();
        }
        if let Some(syncer) = self.syncer.take() {
            // It has logged why, if it panicked.
            let _ = syncer.join();
        }
    }
}

impl End {
    fn begin_segment(&mut self, folder: &Path) -> io::Result<()> {
        // A segment without a record would have the same name.
        if self.length == 0 && !self.broken {
            return Ok(());
        }
        if self.next == self.segment {
            self.next = self.next.saturating_add(1);
        }
        let file = Arc::new(open_segment(&path(folder, self.next))?);
        self.full.push(std::mem::replace(&mut self.file, file));
        self.segment = self.next;
        self.length = 0;
        self.begun = Instant::now();
        self.entry = true;
        self.broken = false;
        Ok(())
    }
}

impl Inner {
    /// The thread that syncs.
    fn keep_synced(&self) {
        loop {
            let stop = {
                let state = lock(&self.state);
                let waited =
                    self.wanted
                        .wait_timeout_while(state, self.limits.sync_every, |state| {
                            !state.wanted && !state.stop
                        });
                let mut state = match waited {
                    Ok((state, _)) => state,
                    Err(poisoned) => poisoned.into_inner().0,
                };
                state.wanted = false;
                state.stop
            };
            let result = self.sync_all();
            let mut state = lock(&self.state);
            match result {
                Ok(synced) => {
                    if state.error.take().is_some() {
                        tracing::info!("The decision log is synced again.");
                    }
                    state.synced = synced;
                }
                Err(error) => {
                    if state.error.is_none() {
                        tracing::error!(%error, "The decision log could not be synced.");
                    }
                    state.failures += 1;
                    state.error = Some(format!("the decision log cannot be synced: {error}"));
                }
            }
            drop(state);
            self.done.notify_all();
            if stop {
                return;
            }
        }
    }

    fn sync_all(&self) -> io::Result<Synced> {
        let (full, entry, file, synced) = {
            let mut end = lock(&self.end);
            let synced = Synced {
                sequence: end.next.saturating_sub(1),
                segment: end.segment,
                end: end.length,
            };
            (
                std::mem::take(&mut end.full),
                std::mem::take(&mut end.entry),
                Arc::clone(&end.file),
                synced,
            )
        };
        let before = lock(&self.state).synced;
        if before == synced && full.is_empty() && !entry {
            return Ok(synced);
        }
        let sync = || {
            for file in &full {
                file.sync_data()?;
            }
            file.sync_data()?;
            match entry {
                true => File::open(&self.folder)?.sync_all(),
                false => Ok(()),
            }
        };
        if let Err(error) = sync() {
            // Linux forgets which pages an fsync that failed did not write: what comes goes to a
            // fresh file, and these are tried again.
            let mut end = lock(&self.end);
            end.full.extend(full);
            end.entry |= entry;
            // An error means that the disk takes no new file either.
            let _ = end.begin_segment(&self.folder);
            return Err(error);
        }
        Ok(synced)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic can have left behind is a count that is behind, never a false one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<'a, T>(condition: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condition
        .wait(guard)
        .unwrap_or_else(PoisonError::into_inner)
}
