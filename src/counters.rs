//! What gacthu remembers from one message to the next, and the clock: traits, so that the engine
//! knows neither files nor time.
//!
//! Reading and recording are apart: the engine reads ([`Counters`]), only `service.rs` records
//! ([`Recorder`]), after the decision. `scan` and `policy test` remember nothing ([`Nothing`]).

use std::fmt;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::{
    facts::{Files, MessageFacts},
    message::Address,
};

/// A message for one recipient, by which it is known again when its server tries once more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub [u8; 32]);

impl Attempt {
    /// What is known at RCPT: sender and recipient.
    pub fn envelope(sender: &Address, recipient: &Address) -> Self {
        Self(hash(b"envelope", sender, recipient).finalize().into())
    }

    /// The whole: sender, recipient, Message-ID, and the hashes of all parts. Header fields do not
    /// count, for each attempt may come by another road (`Received`).
    pub fn message(
        sender: &Address,
        recipient: &Address,
        message: &MessageFacts,
        files: &Files,
    ) -> Self {
        let mut hasher = hash(b"message", sender, recipient);
        text(
            &mut hasher,
            message.message_id.as_deref().unwrap_or_default(),
        );
        for file in &files.list {
            text(&mut hasher, &file.sha256);
        }
        Self(hasher.finalize().into())
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn hash(what: &[u8], sender: &Address, recipient: &Address) -> Sha256 {
    let mut hasher = Sha256::new_with_prefix(what);
    for address in [sender, recipient] {
        text(&mut hasher, address.local_folded());
        text(&mut hasher, address.domain());
    }
    hasher
}

/// With its length, so that text cannot move from one field to the next.
fn text(hasher: &mut Sha256, text: &str) {
    hasher.update((text.len() as u64).to_le_bytes());
    hasher.update(text);
}

/// What was counted before.
pub trait Counters: fmt::Debug + Send + Sync {
    /// When this attempt was deferred for the first time; none: it was not, or is forgotten.
    fn first_deferred(&self, attempt: &Attempt, now: Timestamp) -> Option<Timestamp>;
}

/// Where it is counted, once a decision stands.
pub trait Recorder: fmt::Debug + Send + Sync {
    /// These attempts are being deferred now.
    fn deferred(&self, attempts: &[Attempt], now: Timestamp);
}

/// Remembers nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Counters for Nothing {
    fn first_deferred(&self, _: &Attempt, _: Timestamp) -> Option<Timestamp> {
        None
    }
}

impl Recorder for Nothing {
    fn deferred(&self, _: &[Attempt], _: Timestamp) {}
}

/// Tells the time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
