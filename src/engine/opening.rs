//! Where messages are opened whose attachments are more than a moment's work: on threads of their own,
//! beside the connections. What takes less than two milliseconds and a megabyte is opened where the
//! message was read ([`Moment`]).
//!
//! Opening begins lightly: a few milliseconds and megabytes are enough for nearly every letter, and
//! only as many threads begin at once as keep the processors busy. A message that turns out to be
//! much work (a bomb, an archive of hundreds of megabytes) stops where it is, gives its place among
//! the light ones back, and waits in line for one of few heavy places and for the memory that its
//! budget allows. So any number of bombs keep each other waiting, and nobody else. Heavy threads run
//! at a lower priority, and Postfix is sent PROGRESS meanwhile by the connection.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore, oneshot},
};

use crate::{
    content::{Budget, Gate, Light},
    facts::NotOpened,
};

/// The places for opening, shared by all messages.
#[derive(Debug)]
pub(super) struct Openings {
    light: Arc<Semaphore>,
    heavy: Arc<Semaphore>,
    /// MiB that all heavy openings together may hold.
    memory: Arc<Semaphore>,
    /// All of `memory`.
    #[cfg(test)]
    pool: u32,
    /// What one of them may hold.
    share: u32,
    wait: Duration,
    waiting: AtomicI64,
}

impl Openings {
    /// As many heavy places as `heavy`, twice as many light ones; `pool` bytes for all heavy ones
    /// together. Who waits longer than `wait` for a heavy place is not opened further.
    pub(super) fn new(heavy: usize, pool: u64, budget: &Budget, wait: Duration) -> Self {
        let heavy = heavy.clamp(1, 1024);
        let pool = mebibytes(pool).max(1);
        Self {
            light: Arc::new(Semaphore::new(heavy * 2)),
            heavy: Arc::new(Semaphore::new(heavy)),
            memory: Arc::new(Semaphore::new(pool as usize)),
            #[cfg(test)]
            pool,
            share: mebibytes(budget.memory).clamp(1, pool),
            wait,
            waiting: AtomicI64::new(0),
        }
    }

    /// Messages that wait for a heavy place now.
    pub(super) fn waiting(&self) -> i64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Does `work` on a thread of its own, with a gate for the case that it is much. None where no
    /// thread can be started, or where `work` panicked.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(Arc<dyn Gate>) -> T + Send + 'static,
    ) -> Option<T> {
        let light = Arc::clone(&self.light).acquire_owned().await.ok()?;
        let gate = Arc::new(Turn {
            openings: Arc::clone(self),
            runtime: Handle::current(),
            light: Mutex::new(Some(light)),
            heavy: Mutex::new(None),
            abandoned: AtomicBool::new(false),
        });
        // Set when nobody waits for the answer any more.
        let abandon = Abandon(Arc::clone(&gate));
        let (send, answer) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("opening".to_owned())
            .stack_size(STACK);
        thread
            .spawn(move || {
                let done = work(gate);
                let _ = send.send(done);
            })
            .ok()?;
        let answer = answer.await.ok();
        drop(abandon);
        answer
    }
}

/// A gate that nobody passes: what is more than a moment's work is done elsewhere, from the beginning.
#[derive(Debug, Default)]
pub(super) struct Moment(AtomicBool);

impl Moment {
    /// Whether the work was more.
    pub(super) fn passed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gate for Moment {
    fn light(&self) -> Light {
        Light {
            bytes: 1 << 20,
            time: Duration::from_millis(2),
            memory: 4 << 20,
        }
    }

    fn enter(&self) -> Result<(), NotOpened> {
        self.0.store(true, Ordering::Relaxed);
        Err(NotOpened::Budget {
            which: "turn",
            limit: 0,
            seen: 1,
        })
    }

    fn abandoned(&self) -> bool {
        false
    }
}

/// One message's place.
struct Turn {
    openings: Arc<Openings>,
    runtime: Handle,
    light: Mutex<Option<OwnedSemaphorePermit>>,
    heavy: Mutex<Option<[OwnedSemaphorePermit; 2]>>,
    abandoned: AtomicBool,
}

struct Abandon(Arc<Turn>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abandoned.store(true, Ordering::Relaxed);
    }
}

impl Gate for Turn {
    fn enter(&self) -> Result<(), NotOpened> {
        let openings = &self.openings;
        take(&self.light);
        let _waiting = Waiting::new(&openings.waiting);
        let places = async {
            // First in line for the place, then for its memory: who has a place gets memory when
            // those before are done, and they wait for nothing.
            let place = Arc::clone(&openings.heavy).acquire_owned().await?;
            let memory = Arc::clone(&openings.memory)
                .acquire_many_owned(openings.share)
                .await?;
            Ok::<_, AcquireError>([place, memory])
        };
        let entered = self
            .runtime
            .block_on(async { tokio::time::timeout(openings.wait, places).await });
        let Ok(Ok(places)) = entered else {
            let limit = u64::try_from(openings.wait.as_millis()).unwrap_or(u64::MAX);
            return Err(NotOpened::Budget {
                which: "turn",
                limit,
                seen: limit.saturating_add(1),
            });
        };
        *self.heavy.lock().unwrap_or_else(PoisonError::into_inner) = Some(places);
        // Only ever lower, and the thread ends with the message.
        let thread = rustix::thread::gettid();
        let _ = rustix::process::setpriority_process(Some(thread), NICE);
        Ok(())
    }

    fn abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heavy = self.heavy.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Turn")
            .field("heavy", &heavy.is_some())
            .finish_non_exhaustive()
    }
}

fn take<T>(from: &Mutex<Option<T>>) -> Option<T> {
    from.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Counts one message as waiting until it is dropped.
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

fn mebibytes(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 20))
        .unwrap_or(u32::MAX >> 4)
        .min(u32::MAX >> 4)
}

/// Readers of nested containers stand on each other; each needs a few KiB of stack, 16 deep.
const STACK: usize = 8 << 20;
/// How much the priority of heavy openings is lowered (nice(2)).
const NICE: i32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn openings(heavy: usize, wait: Duration) -> Arc<Openings> {
        let budget = Budget {
            memory: 64 << 20,
            ..Budget::default()
        };
        Arc::new(Openings::new(heavy, 64 << 20, &budget, wait))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn light_work_goes_on_while_all_heavy_places_are_taken() {
        let openings = openings(1, Duration::from_secs(60));
        let (done, wait_for) = std::sync::mpsc::channel::<()>();
        let (inside, entered) = oneshot::channel();
        let heavy = {
            let openings = Arc::clone(&openings);
            tokio::spawn(async move {
                openings
                    .run(move |gate| {
                        gate.enter().unwrap();
                        inside.send(()).unwrap();
                        wait_for.recv().unwrap();
                    })
                    .await
            })
        };
        entered.await.unwrap();
        // Three bombs wait; more than there are light places.
        let bombs: Vec<_> = (0..3)
            .map(|_| {
                let openings = Arc::clone(&openings);
                tokio::spawn(async move { openings.run(|gate| gate.enter()).await })
            })
            .collect();
        while openings.waiting() < 3 {
            tokio::task::yield_now().await;
        }
        assert_eq!(openings.run(|_| 5).await, Some(5));
        done.send(()).unwrap();
        heavy.await.unwrap().unwrap();
        for bomb in bombs {
            assert_eq!(bomb.await.unwrap(), Some(Ok(())));
        }
        assert_eq!(openings.waiting(), 0);
        assert_eq!(openings.memory.available_permits() as u32, openings.pool);
    }

    #[tokio::test]
    async fn who_waits_too_long_is_not_opened_and_says_why() {
        let openings = openings(1, Duration::from_millis(1));
        let place = openings.heavy.clone().acquire_owned().await.unwrap();
        let found = openings.run(|gate| gate.enter()).await;
        let Some(Err(NotOpened::Budget { which, .. })) = found else {
            panic!("{found:?}");
        };
        assert_eq!(which, "turn");
        drop(place);
        assert_eq!(openings.run(|gate| gate.enter()).await, Some(Ok(())));
    }

    #[tokio::test]
    async fn a_panic_gives_its_places_back() {
        let openings = openings(1, Duration::from_secs(60));
        let found = openings
            .run(|gate| {
                gate.enter().unwrap();
                if openings_test_panics() {
                    panic!("on purpose");
                }
            })
            .await;
        assert_eq!(found, None);
        assert_eq!(openings.run(|gate| gate.enter()).await, Some(Ok(())));
    }

    fn openings_test_panics() -> bool {
        std::hint::black_box(true)
    }
}
