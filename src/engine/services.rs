//! What all messages share: the running policy, the spool, the turns of heavy messages, and the
//! limits on what they may cost.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::opening::Openings;
use crate::{
    content::Budget,
    counters::{Attempt, Clock, Counters, Nothing, SystemClock},
    inspect::{marking::Marker, pattern::Patterns},
    message::Spool,
    policy::Generation,
    site::Site,
};

/// Limits on what one message, and all together, may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a message that are read where they come; beyond it the message waits its turn.
    pub heavy: usize,
    /// Bytes that a heavy message gathers before it asks for a turn.
    pub batch: usize,
    /// How many heavy messages have a turn at once; 0: one for each processor.
    pub turns: usize,
    /// Bytes of one message's content that are kept in memory before the spool takes them.
    pub memory: usize,
    /// Bytes that all messages together may hold in the spool.
    pub spool: u64,
    /// What opening one message's attachments may cost.
    pub opening: Budget,
    /// Bytes that all openings which turned out to be much work may hold together; the others wait
    /// in line.
    pub opening_memory: u64,
    /// How long a message waits in that line before it is judged as far as it was opened.
    pub opening_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            heavy: 256 << 10,
            batch: 256 << 10,
            turns: 0,
            memory: 256 << 10,
            spool: 8 << 30,
            opening: Budget::default(),
            opening_memory: 1 << 30,
            opening_wait: Duration::from_secs(30),
        }
    }
}

/// What judges messages now: a policy generation, the automata that answer its patterns, and the
/// site's settings; taken, kept and replaced as one.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) policy: Arc<Generation>,
    pub(super) patterns: Arc<Patterns>,
    pub(super) marker: Option<Arc<Marker>>,
    pub(super) site: Arc<Site>,
}

impl Running {
    fn new(generation: Generation, site: Arc<Site>) -> Self {
        Self {
            patterns: Arc::new(Patterns::compile(generation.questions())),
            marker: generation
                .questions()
                .marks()
                .map(|marks| Arc::new(Marker::new(marks))),
            policy: Arc::new(generation),
            site,
        }
    }
}

/// What all messages share: the running policy, the spool, the turns of heavy messages.
#[derive(Debug)]
pub struct Services {
    pub(super) running: ArcSwap<Running>,
    pub(super) limits: Limits,
    pub(super) spool: Spool,
    pub(super) turns: Semaphore,
    pub(super) openings: Arc<Openings>,
    pub(super) waiting: AtomicI64,
    pub(super) counters: Arc<dyn Counters>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Services {
    /// Shares this policy generation; the spool's files are made in `spool_dir` (none: in memory
    /// that is not counted as the process's own, see `memfd_create(2)`).
    ///
    /// # Errors
    /// Where the spool cannot be used: the folder is not there or not writable.
    pub fn new(policy: Generation, limits: Limits, spool_dir: Option<PathBuf>) -> io::Result<Self> {
        let turns = match limits.turns {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            turns => turns,
        };
        Ok(Self {
            running: ArcSwap::from_pointee(Running::new(policy, Arc::default())),
            spool: Spool::new(spool_dir, limits.memory, limits.spool)?,
            turns: Semaphore::new(turns),
            openings: Arc::new(Openings::new(
                turns,
                limits.opening_memory,
                &limits.opening,
                limits.opening_wait,
            )),
            waiting: AtomicI64::new(0),
            counters: Arc::new(Nothing),
            clock: Arc::new(SystemClock),
            limits,
        })
    }

    /// With these counts of what came before (none without it).
    pub fn with_counters(self, counters: Arc<dyn Counters>) -> Self {
        Self { counters, ..self }
    }

    /// With this clock (the machine's without it).
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// For how long an attempt has been deferred.
    pub(super) fn deferred(&self, attempt: &Attempt) -> Option<Duration> {
        let now = self.now();
        let first = self.counters.first_deferred(attempt, now)?;
        // A clock that was set back gives a message more time, not less.
        Some(Duration::try_from(now.duration_since(first)).unwrap_or_default())
    }

    /// The same, with these settings of the site.
    pub fn with_site(self, site: Site) -> Self {
        let running = Running::clone(&self.running.load());
        let site = Arc::new(site);
        self.running.store(Arc::new(Running { site, ..running }));
        self
    }

    /// The running policy generation.
    pub fn policy(&self) -> Arc<Generation> {
        self.running.load().policy.clone()
    }

    /// The site's settings in force.
    pub fn site(&self) -> Arc<Site> {
        self.running.load().site.clone()
    }

    /// Bytes of memory that the running generation's word lists and automata hold.
    pub fn pattern_bytes(&self) -> usize {
        self.running.load().patterns.memory()
    }

    /// Replaces the running generation, policy and patterns together; messages under way keep
    /// theirs. Compiling patterns takes a while: not for a thread that serves connections.
    pub fn replace_policy(&self, generation: Generation) {
        let site = self.site();
        self.running.store(Arc::new(Running::new(generation, site)));
    }

    /// Replaces the running generation and the site's settings as one; messages under way keep
    /// theirs.
    pub fn replace(&self, generation: Generation, site: Site) {
        self.running
            .store(Arc::new(Running::new(generation, Arc::new(site))));
    }

    /// Bytes in the spool now.
    pub fn spool_bytes(&self) -> u64 {
        self.spool.used()
    }

    /// Heavy messages that wait for a turn now.
    pub fn heavy_waiting(&self) -> i64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Messages that turned out to be much work and wait to be opened further.
    pub fn opening_waiting(&self) -> i64 {
        self.openings.waiting()
    }

    /// Waits in line for a turn; the permit is none only when the program is ending.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let _waiting = Waiting::new(&self.waiting);
        self.turns.acquire().await.ok()
    }
}

/// Counts one message as waiting until it is dropped: a message whose peer goes away while it
/// waits is dropped in the middle of [`Services::turn`].
struct Waiting<'a>(&'a AtomicI64);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicI64) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_goes_away_while_waiting_is_not_counted_for_ever() {
        let policy = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("policies/base.yaml");
        let limits = Limits {
            turns: 1,
            ..Limits::default()
        };
        let policy = crate::policy::load(&[policy]).unwrap();
        let services = Services::new(policy, limits, None).unwrap();
        let turn = services.turn().await;
        tokio::select! {
            biased;
            _ = services.turn() => panic!("two turns at once"),
            () = async { assert_eq!(services.heavy_waiting(), 1) } => {}
        }
        assert_eq!(services.heavy_waiting(), 0);
        drop(turn);
        assert!(services.turn().await.is_some());
    }
}
