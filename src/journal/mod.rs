//! The memory: every decision, findable a year later.
//!
//! One road. [`Journal::append`] writes a decision to the local log ([`log`]) before Postfix hears the
//! answer; a thread ([`writer`]) moves the log to the store ([`store`]: SQLite or PostgreSQL) in
//! order, each record once. What is written is the decision event of `docs/decision-event.md`, so that
//! event log, journal and syslog say the same. `docs/journal.md` is the page for people.
//!
//! This room knows no rules and no mail; it reads the event by its documented names.

pub mod log;
pub mod maillog;
mod month;
mod record;
mod storage;
pub mod store;
mod writer;

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    thread::JoinHandle,
    time::Duration,
};

use jiff::Timestamp;
use prometheus::IntCounter;

use self::{
    log::{AppendError, DecisionLog, LogLimits},
    store::{Access, Store},
    writer::{Progress, Writer},
};
pub use self::{
    month::Month,
    record::search_key,
    storage::{AtLimit, JournalSettings, Keep, Storage},
};

/// What the journal counts; the numbers are the caller's metrics.
#[derive(Clone, Debug)]
pub struct Counts {
    /// Records that the store took.
    pub moved: IntCounter,
    /// Times that the store was asked and away.
    pub failures: IntCounter,
    /// Records that the store will never take.
    pub set_aside: IntCounter,
    /// Bytes of the decision log that were damaged.
    pub damaged: IntCounter,
}

/// How the journal is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Status {
    /// For how long the oldest record has waited for a store that is away or slow.
    pub lag: Duration,
    /// Bytes of the decision log that the store has not taken.
    pub backlog: u64,
}

/// The journal of a running service.
#[derive(Debug)]
pub struct Journal {
    log: Arc<DecisionLog>,
    progress: Arc<Progress>,
    at_limit: AtLimit,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// Folder of the decision log under the state folder.
const LOG: &str = "log";

impl Journal {
    /// Opens the decision log under the state folder and starts the thread that moves it to the
    /// store. A store that is away does not stand in the way.
    ///
    /// # Errors
    /// The log cannot be opened, or no thread can be started.
    pub fn open(
        settings: &JournalSettings,
        storage: Storage,
        state: &Path,
        counts: Counts,
    ) -> io::Result<Self> {
        let folder = state.join(LOG);
        let limits = LogLimits {
            bytes: settings.limit,
            // So that a small log too has segments that can be deleted.
            segment: (settings.limit / 8).min(LogLimits::default().segment),
            ..LogLimits::default()
        };
        let log = Arc::new(DecisionLog::open(&folder, limits)?);
        let progress = Arc::new(Progress::default());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let writer = Writer {
            log: log.clone(),
            folder,
            node: settings.node(),
            store: Store::new(storage, Access::Write),
            keep: settings.keep,
            progress: progress.clone(),
            counts,
        };
        let writer = std::thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || writer.run(&runtime))?;
        Ok(Self {
            log,
            progress,
            at_limit: settings.at_limit,
            writer: Mutex::new(Some(writer)),
        })
    }

    /// Appends an event. It survives the end of this process at once, and a power cut a tenth of a
    /// second later, or after [`Self::sync`].
    ///
    /// # Errors
    /// The log is at its limit, or its disk takes nothing: [`Self::at_limit`] says what then.
    pub fn append(&self, event: &[u8]) -> Result<u64, AppendError> {
        self.log.append(event)
    }

    /// Waits until an appended event is on the disk. Blocks the thread.
    ///
    /// # Errors
    /// The disk did not take it.
    pub fn sync(&self, sequence: u64) -> io::Result<()> {
        self.log.sync(sequence)
    }

    /// What happens to a message whose decision cannot be written down.
    pub fn at_limit(&self) -> AtLimit {
        self.at_limit
    }

    /// How it is doing.
    pub fn status(&self) -> Status {
        let since = self.progress.waiting_since.load(Ordering::Relaxed);
        let lag = match since {
            0 => 0,
            since => Timestamp::now().as_microsecond().saturating_sub(since),
        };
        let taken = self.progress.taken.load(Ordering::Relaxed);
        Status {
            lag: Duration::from_micros(u64::try_from(lag).unwrap_or_default()),
            backlog: self.log.seen().saturating_sub(taken),
        }
    }

    /// Syncs, gives the store what it still takes, and ends the thread. What the store does not take
    /// now stays in the log for the next start.
    pub fn close(&self) {
        if let Err(error) = self.log.flush() {
            tracing::error!(%error, "The end of the decision log is not on the disk.");
        }
        self.progress.stop.store(true, Ordering::Relaxed);
        let writer = {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.take()
        };
        if let Some(writer) = writer {
            writer.thread().unpark();
            // It has logged why, if it panicked.
            let _ = writer.join();
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}
