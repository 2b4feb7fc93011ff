//! What opening one message may cost, as one type for all formats.

use std::{
    cell::Cell,
    fmt,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::facts::NotOpened;

/// What opening one message may cost: shared by all its files and all formats.
///
/// What is opened takes from it; what it no longer allows is [`NotOpened::Budget`] with the field's
/// name. Parts are judged by their first and last bytes and cost nothing; members of containers do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// `bytes`: bytes that may come out of containers.
    pub bytes: u64,
    /// `ratio`: how many times as large as its packed form a member may become, asked from
    /// [`RATIO_FROM`] bytes on.
    pub ratio: u64,
    /// `members`: members of containers.
    pub members: u64,
    /// `depth`: containers inside each other.
    pub depth: u32,
    /// `time`: time for opening; as a limit in facts it is given in milliseconds.
    pub time: Duration,
    /// `memory`: bytes that decoders (dictionaries, whole documents) may hold at the same time.
    pub memory: u64,
    /// `text_bytes`: bytes of text that are read for patterns.
    pub text_bytes: u64,
    /// `document_text`: bytes of text that are taken out of documents.
    pub document_text: u64,
}

impl Default for Budget {
    /// 256 MiB, 1:1000, 10,000 members, 16 containers inside each other, 10 seconds, 192 MiB of
    /// decoders' memory; 4 MiB of text, 16 MiB of documents' text.
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            ratio: 1000,
            members: 10_000,
            depth: 16,
            time: Duration::from_secs(10),
            memory: 192 << 20,
            text_bytes: 4 << 20,
            document_text: 16 << 20,
        }
    }
}

/// Members smaller than this are never too well packed, in bytes.
pub const RATIO_FROM: u64 = 16 << 20;

/// Lets messages that turn out to be much work wait in line.
pub trait Gate: fmt::Debug + Send + Sync {
    /// What passes without waiting.
    fn light(&self) -> Light {
        Light::default()
    }

    /// Waits for a turn. Called once a message at most, on a thread that may block.
    ///
    /// # Errors
    /// When no turn came in time: what is not opened yet will not be.
    fn enter(&self) -> Result<(), NotOpened>;

    /// Whether nobody waits for the result any more: opening may end at once.
    fn abandoned(&self) -> bool;
}

/// What opening may cost before it counts as much work.
#[derive(Clone, Copy, Debug)]
pub struct Light {
    /// Bytes out of containers.
    pub bytes: u64,
    /// Time.
    pub time: Duration,
    /// Bytes that decoders hold.
    pub memory: u64,
}

impl Default for Light {
    /// 16 MiB, 30 milliseconds, 32 MiB.
    fn default() -> Self {
        Self {
            bytes: 16 << 20,
            time: Duration::from_millis(30),
            memory: 32 << 20,
        }
    }
}

/// What of a [`Budget`] is spent.
#[derive(Debug)]
pub(super) struct Spending {
    pub(super) limits: Budget,
    bytes: u64,
    members: u64,
    text: u64,
    held: Rc<Cell<u64>>,
    begun: Instant,
    /// Time that was spent waiting at the gate: not the message's.
    waited: Duration,
    gate: Option<Arc<dyn Gate>>,
    light: Light,
    entered: bool,
    /// What ended it all.
    over: Option<NotOpened>,
}

/// Memory that a decoder holds; given back when this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    held: Rc<Cell<u64>>,
    bytes: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.held.set(self.held.get().saturating_sub(self.bytes));
    }
}

impl Spending {
    pub(super) fn new(limits: Budget, gate: Option<Arc<dyn Gate>>) -> Self {
        Self {
            limits,
            bytes: 0,
            members: 0,
            text: 0,
            held: Rc::default(),
            begun: Instant::now(),
            waited: Duration::ZERO,
            light: gate.as_ref().map(|gate| gate.light()).unwrap_or_default(),
            gate,
            entered: false,
            over: None,
        }
    }

    /// Bytes that may still come out.
    pub(super) fn bytes_left(&self) -> u64 {
        self.limits.bytes.saturating_sub(self.bytes)
    }

    /// Bytes that a decoder may still hold.
    pub(super) fn memory_left(&self) -> u64 {
        self.limits.memory.saturating_sub(self.held.get())
    }

    /// Takes bytes that came out of a container.
    pub(super) fn take_bytes(&mut self, count: u64) -> Result<(), NotOpened> {
        self.bytes = self.bytes.saturating_add(count);
        if self.bytes > self.limits.bytes {
            return Err(self.end("bytes", self.limits.bytes, self.bytes));
        }
        self.check()
    }

    /// Takes bytes of a document's text. Where there are too many, this document's reader stops.
    pub(super) fn take_text(&mut self, count: u64) -> Result<(), NotOpened> {
        let after = self.text.saturating_add(count);
        if after > self.limits.document_text {
            return Err(NotOpened::Budget {
                which: "document_text",
                limit: self.limits.document_text,
                seen: after,
            });
        }
        self.text = after;
        self.check()
    }

    /// Bytes of documents' text that may still come out.
    pub(super) fn text_left(&self) -> u64 {
        self.limits.document_text.saturating_sub(self.text)
    }

    /// Why a text was cut where it was: there is more of it than may come out.
    pub(super) fn text_over(&self) -> NotOpened {
        NotOpened::Budget {
            which: "document_text",
            limit: self.limits.document_text,
            seen: self.limits.document_text.saturating_add(1),
        }
    }

    /// Takes one member.
    pub(super) fn take_member(&mut self) -> Result<(), NotOpened> {
        self.members = self.members.saturating_add(1);
        if self.members > self.limits.members {
            return Err(self.end("members", self.limits.members, self.members));
        }
        self.check()
    }

    /// Whether there is still time, and nothing else has ended the opening. Readers that work long
    /// between two members call it.
    pub(super) fn check(&mut self) -> Result<(), NotOpened> {
        if let Some(over) = &self.over {
            return Err(over.clone());
        }
        let spent = self.begun.elapsed().saturating_sub(self.waited);
        if self.gate.as_ref().is_some_and(|gate| gate.abandoned()) {
            return Err(self.end("time", millis(self.limits.time), millis(spent)));
        }
        if self.bytes > self.light.bytes || spent > self.light.time {
            self.enter()?;
        }
        if spent > self.limits.time {
            let spent_millis = millis(spent).saturating_add(1);
            return Err(self.end("time", millis(self.limits.time), spent_millis));
        }
        Ok(())
    }

    /// Memory for a decoder: a dictionary, a whole document.
    pub(super) fn hold(&mut self, bytes: u64) -> Result<Held, NotOpened> {
        let after = self.held.get().saturating_add(bytes);
        if after > self.limits.memory {
            // Ends this container only: another one may need less.
            return Err(NotOpened::Budget {
                which: "memory",
                limit: self.limits.memory,
                seen: after,
            });
        }
        if after > self.light.memory {
            self.enter()?;
        }
        self.held.set(after);
        let held = Rc::clone(&self.held);
        Ok(Held { held, bytes })
    }

    /// Much work: waits in line, once.
    fn enter(&mut self) -> Result<(), NotOpened> {
        let Some(gate) = self.gate.as_ref().filter(|_| !self.entered) else {
            return Ok(());
        };
        self.entered = true;
        let waited = Instant::now();
        let entered = gate.enter();
        self.waited += waited.elapsed();
        if let Err(why) = entered {
            self.over = Some(why.clone());
            return Err(why);
        }
        Ok(())
    }

    fn end(&mut self, which: &'static str, limit: u64, seen: u64) -> NotOpened {
        let why = NotOpened::Budget { which, limit, seen };
        self.over.get_or_insert(why).clone()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
