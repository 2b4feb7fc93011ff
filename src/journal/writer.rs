//! Moves the decision log to the store: one thread, in order, each record once.
//!
//! The store away means that the log grows, not that another road is taken. A record that the store
//! will never take is set aside in `refused.jsonl` beside the log, so that it does not stand in the
//! way of the others.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::{
    Counts, Keep,
    log::{Batch, DecisionLog, Record},
    store::{Refused, Store, StoreError},
};

/// Records that go to the store at once.
const BATCH: usize = 512;

/// How long the thread waits for something to do before it looks whether it should end.
const IDLE: Duration = Duration::from_millis(250);

/// How long it waits before it asks a store again that was away: this, doubled up to that.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// How long a store may take at the end of the service.
const LAST: Duration = Duration::from_secs(5);

/// How often it looks for what is too old.
const PURGE: Duration = Duration::from_secs(3600);

/// How often segments are looked for that can go.
const RELEASE: Duration = Duration::from_secs(1);

/// A segment of which everything was taken is closed and deleted when it is so old.
const LONGEST: Duration = Duration::from_secs(3600);

/// What the thread tells about itself.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// When the oldest record that the store has not taken was read, in microseconds since 1970; 0:
    /// nothing waits.
    pub(super) waiting_since: AtomicI64,
    /// Bytes of the log that were read and taken.
    pub(super) taken: AtomicU64,
    pub(super) stop: AtomicBool,
}

pub(super) struct Writer {
    pub(super) log: Arc<DecisionLog>,
    pub(super) folder: PathBuf,
    pub(super) node: String,
    pub(super) store: Store,
    pub(super) keep: Keep,
    pub(super) progress: Arc<Progress>,
    pub(super) counts: Counts,
}

impl Writer {
    pub(super) fn run(mut self, runtime: &tokio::runtime::Runtime) {
        let mut after = read_taken(&self.folder);
        let mut reader = self.log.reader(after);
        let mut purged: Option<Instant> = None;
        let mut released = Instant::now();
        loop {
            let stopping = self.progress.stop.load(Ordering::Relaxed);
            let synced = self
                .log
                .wait(after, if stopping { Duration::ZERO } else { IDLE });
            let batch = match reader.next(synced, BATCH) {
                Ok(batch) => batch,
                Err(error) => {
                    // The disk of the log: there is nothing else to do than to try again.
                    tracing::error!(%error, "The decision log cannot be read.");
                    reader = self.log.reader(after);
                    if !self.pause(RETRY.1) {
                        return;
                    }
                    continue;
                }
            };
            self.damage(&batch);
            if let Some(last) = batch.records.last().map(|record| record.sequence) {
                if !runtime.block_on(self.take(&batch.records)) {
                    // Told to end: the rest stays in the log.
                    return;
                }
                after = last;
                self.counts.moved.inc_by(batch.records.len() as u64);
            }
            self.progress
                .taken
                .fetch_add(batch.bytes, Ordering::Relaxed);
            let idle = batch.records.is_empty();
            if !idle {
                write_taken(&self.folder, after);
            }
            // Also under a load that never ends.
            if idle || released.elapsed() >= RELEASE {
                released = Instant::now();
                if let Err(error) = self.log.release(after, LONGEST) {
                    tracing::error!(%error, "A segment of the decision log cannot be deleted.");
                }
            }
            if stopping && idle {
                return;
            }
            if !stopping && purged.is_none_or(|purged| purged.elapsed() >= PURGE) {
                purged = Some(Instant::now());
                runtime.block_on(self.purge());
            }
        }
    }

    /// Gives records to the store until it takes them; false: it is away and the service ends.
    async fn take(&mut self, records: &[Record]) -> bool {
        let now = Timestamp::now().as_microsecond();
        self.progress.waiting_since.store(now, Ordering::Relaxed);
        let mut pause = RETRY.0;
        let mut away = false;
        loop {
            let put = tokio::select! {
                put = self.store.put(&self.node, records) => put,
                () = end(&self.progress) => {
                    // What was begun is rolled back.
                    self.store.close();
                    return false;
                }
            };
            match put {
                Ok(refused) => {
                    if away {
                        tracing::info!("The journal's store takes records again.");
                    }
                    self.set_aside(records, &refused);
                    self.progress.waiting_since.store(0, Ordering::Relaxed);
                    return true;
                }
                Err(error) => {
                    self.counts.failures.inc();
                    if !away {
                        tracing::error!(%error, "The journal's store takes no records; they wait in the decision log.");
                    }
                    away = true;
                    if matches!(error, StoreError::Newer(_)) {
                        pause = RETRY.1;
                    }
                }
            }
            if !self.pause(pause) {
                return false;
            }
            pause = pause.saturating_mul(2).min(RETRY.1);
        }
    }

    /// Waits; false: the service ends.
    fn pause(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        loop {
            if self.progress.stop.load(Ordering::Relaxed) {
                return false;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            // Woken at the end of the service.
            std::thread::park_timeout(left);
        }
    }

    fn damage(&self, batch: &Batch) {
        if batch.damaged == 0 {
            return;
        }
        self.counts.damaged.inc_by(batch.damaged);
        let near = batch.records.first().map(|record| record.sequence);
        tracing::error!(
            folder = %self.folder.display(),
            bytes = batch.damaged,
            near,
            "The decision log is damaged: decisions are lost. Look at this machine's disk."
        );
    }

    fn set_aside(&self, records: &[Record], refused: &[Refused]) {
        for refused in refused {
            self.counts.set_aside.inc();
            let record = records
                .iter()
                .find(|record| record.sequence == refused.sequence);
            let payload = record.map_or(&[][..], |record| &record.payload);
            let kept = append_line(&self.folder.join("refused.jsonl"), payload);
            tracing::error!(
                sequence = refused.sequence,
                why = refused.why,
                kept = kept.is_ok(),
                "The journal's store does not take a record; it is set aside in refused.jsonl."
            );
        }
    }

    async fn purge(&mut self) {
        let now = Timestamp::now().as_microsecond();
        match self.store.purge(&self.keep, now, false).await {
            Ok(purged) => {
                for purged in purged {
                    tracing::info!(
                        month = %purged.month,
                        class = purged.class,
                        "What was too old was forgotten."
                    );
                }
            }
            Err(error) => tracing::error!(%error, "What is too old could not be forgotten."),
        }
    }
}

/// Waits until the service has been ending for so long that a store which is slow has had its time.
async fn end(progress: &Progress) {
    while !progress.stop.load(Ordering::Relaxed) {
        tokio::time::sleep(IDLE).await;
    }
    tokio::time::sleep(LAST).await;
}

fn append_line(path: &Path, payload: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o640)
        .open(path)?;
    let mut line = payload.to_vec();
    line.push(b'\n');
    file.write_all(&line)
}

/// Up to where the store has taken the log. Only spares work: where it is lost or old, records come
/// again, and the store knows them.
fn read_taken(folder: &Path) -> u64 {
    let text = fs::read_to_string(folder.join("taken")).unwrap_or_default();
    let line = text.strip_suffix('\n').filter(|line| line.len() == 20);
    line.and_then(|line| line.parse().ok()).unwrap_or_default()
}

fn write_taken(folder: &Path, sequence: u64) {
    if let Err(error) = fs::write(folder.join("taken"), format!("{sequence:020}\n")) {
        tracing::warn!(%error, "How far the journal is could not be noted; nothing is lost.");
    }
}
