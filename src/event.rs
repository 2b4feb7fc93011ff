//! The decision event: one JSON object a decision, with a documented and versioned schema
//! (`docs/decision-event.md`).
//!
//! Classes of its fields (what may be kept how long): technical, address, content-like. Content-like
//! fields are file names only; the subject and the text never stand in an event.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    answer::Answer,
    engine::{Decision, Times},
    facts::{ExecutableSign, Fact, FileRole, Files, Kind, MessageFacts, NotOpened, Place, Role},
    policy::{Destination, Origin},
    reference::Reference,
    verdict::{Action, Direction, Fired, Points, ReplyText},
};

/// Name and version of the schema. The version grows when a field changes its meaning or goes;
/// new fields may come without notice.
pub const SCHEMA: &str = "gacthu.decision/1";

/// As [`SCHEMA`], of the event that an answer was lost.
pub const UNANSWERED: &str = "gacthu.unanswered/1";

/// When a decision was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// At RCPT, for one recipient.
    Rcpt,
    /// At the end of message, for all recipients that were left.
    End,
}

/// One decision, as it is logged.
#[derive(Debug, Serialize)]
pub struct Event<'a> {
    schema: &'static str,
    /// UTC, RFC 3339, microseconds.
    time: String,
    reference: Reference,
    stage: Stage,
    /// Postfix's queue id, once it has one.
    queue_id: Option<&'a str>,
    role: Role,
    client: Option<String>,
    client_name: Option<&'a str>,
    helo: Option<&'a str>,
    authenticated: Option<&'a str>,
    tls: Option<&'a str>,
    /// MAIL FROM; empty for `<>`.
    sender: Option<String>,
    recipients: Vec<Recipient<'a>>,
    /// As if every rule were enforced.
    verdict: Action,
    /// What the policy applied.
    applied: Action,
    /// Whether a sensitive rule fired: then no name, no header field and no path stands below.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sensitive: bool,
    /// Whether this recipient was asked to come again alone, for another policy rules it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    split: bool,
    /// What Postfix was told: `applied` after the listener's role had its say.
    answer: Action,
    reply: Option<&'a ReplyText>,
    policy_hash: &'a str,
    /// Why gacthu failed on this message, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<&'a str>,
    message: Option<&'a MessageFacts>,
    files: Option<FilesEvent<'a>>,
    /// Microseconds by stage.
    microseconds: Microseconds,
}

#[derive(Debug, Serialize)]
struct Recipient<'a> {
    address: String,
    origin: Origin,
    destination: Destination,
    direction: Direction,
    policy: &'a str,
    verdict: Action,
    applied: Action,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    points: BTreeMap<&'a str, Points>,
    rules: &'a [Fired],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    excepted: &'a [(std::sync::Arc<str>, std::sync::Arc<str>)],
}

#[derive(Debug, Serialize)]
struct FilesEvent<'a> {
    count: u64,
    total_size: u64,
    largest_size: u64,
    inline_count: u64,
    inline_total_size: u64,
    list: Vec<FileEvent<'a>>,
}

#[derive(Debug, Serialize)]
struct FileEvent<'a> {
    part: &'a str,
    role: FileRole,
    at: Place,
    name: Option<&'a str>,
    declared_type: &'a str,
    kinds: &'a [&'static Kind],
    size: u64,
    sha256: &'a str,
    executable: &'a [ExecutableSign],
    not_opened: Option<&'a NotOpened>,
}

#[derive(Debug, Serialize)]
struct Microseconds {
    envelope: u128,
    scan: u128,
    content: u128,
    inspect: u128,
    judge: u128,
    wait: u128,
    total: u128,
}

impl From<&Times> for Microseconds {
    fn from(times: &Times) -> Self {
        Self {
            envelope: times.envelope.as_micros(),
            scan: times.scan.as_micros(),
            content: times.content.as_micros(),
            inspect: times.inspect.as_micros(),
            judge: times.judge.as_micros(),
            wait: times.wait.as_micros(),
            total: times.total.as_micros(),
        }
    }
}

/// How many files of a message an event names; the sums count all of them.
const FILES: usize = 100;

/// How many recipients an event names.
const RECIPIENTS: usize = 1000;

impl<'a> Event<'a> {
    /// The event of this decision.
    pub fn new(
        decision: &'a Decision,
        answer: &'a Answer,
        stage: Stage,
        queue_id: Option<&'a str>,
    ) -> Self {
        let facts = &decision.facts;
        let session = &facts.session;
        Self {
            schema: SCHEMA,
            time: now(),
            reference: decision.reference,
            stage,
            queue_id,
            role: session.role,
            client: session.client.map(|client| client.to_string()),
            client_name: session.client_name.as_deref(),
            helo: session.helo.as_deref(),
            authenticated: session.authenticated.as_deref(),
            tls: session.tls.as_deref(),
            sender: facts.sender.known().map(ToString::to_string),
            recipients: facts
                .recipients
                .iter()
                .zip(&decision.recipients)
                .take(RECIPIENTS)
                .map(|(address, decided)| Recipient {
                    address: address.to_string(),
                    origin: decided.route.origin,
                    destination: decided.route.destination,
                    direction: decided.route.direction,
                    policy: decision.generation.name(decided.route.policy),
                    verdict: decided.judgement.verdict,
                    applied: decided.judgement.applied,
                    points: decided
                        .judgement
                        .points
                        .iter()
                        .map(|(name, points)| (&**name, *points))
                        .collect(),
                    rules: &decided.judgement.fired,
                    excepted: &decided.judgement.excepted,
                })
                .collect(),
            verdict: decision.verdict(),
            applied: decision.applied(),
            sensitive: decision.sensitive,
            split: decision.split.is_some(),
            answer: answer.action(),
            reply: match answer {
                Answer::Refuse(reply) => Some(reply),
                Answer::Accept { .. } | Answer::Hold { .. } => None,
            },
            policy_hash: decision.generation.short_hash(),
            failed: decision.failed.as_deref(),
            message: facts.message.known(),
            files: match &facts.files {
                Fact::Known(files) => Some(FilesEvent::new(files)),
                Fact::Unknown(_) => None,
            },
            microseconds: (&decision.times).into(),
        }
    }
}

/// Says that Postfix was gone before it heard a decision: it will use its default action, and the
/// message may come again as a new decision.
#[derive(Debug, Serialize)]
pub struct Unanswered {
    schema: &'static str,
    /// UTC, RFC 3339, microseconds.
    time: String,
    /// The decision.
    reference: Reference,
}

impl Unanswered {
    /// The event, now.
    pub fn new(reference: Reference) -> Self {
        Self {
            schema: UNANSWERED,
            time: now(),
            reference,
        }
    }
}

fn now() -> String {
    format!("{:.6}", Timestamp::now())
}

impl<'a> FilesEvent<'a> {
    fn new(files: &'a Files) -> Self {
        Self {
            count: files.count,
            total_size: files.total_size,
            largest_size: files.largest_size,
            inline_count: files.inline_count,
            inline_total_size: files.inline_total_size,
            list: files
                .list
                .iter()
                .take(FILES)
                .map(|file| FileEvent {
                    part: &file.part,
                    role: file.role,
                    at: file.at,
                    name: file.name.as_deref(),
                    declared_type: &file.declared_type,
                    kinds: &file.kinds,
                    size: file.size,
                    sha256: &file.sha256,
                    executable: &file.executable,
                    not_opened: file.not_opened.as_ref(),
                })
                .collect(),
        }
    }
}

/// Where events go.
#[derive(Debug)]
pub enum EventLog {
    /// The program's own log, at level `info` with the event as its field `decision`.
    Tracing,
    /// A file, one event a line.
    File {
        /// Its name, to open it again when it was rotated.
        path: PathBuf,
        /// The open file. One `write(2)` an event under `O_APPEND`: lines never mix.
        file: Mutex<File>,
    },
}

impl EventLog {
    /// Opens the file for appending, or makes it, readable by its owner and group only.
    ///
    /// # Errors
    /// Those of `open(2)`.
    pub fn file(path: &Path) -> io::Result<Self> {
        Ok(Self::File {
            path: path.to_owned(),
            file: Mutex::new(open(path)?),
        })
    }

    /// Writes one event.
    ///
    /// # Errors
    /// Those of `write(2)`; a short write counts as one.
    pub fn write(&self, event: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        match self {
            Self::Tracing => {
                let line = String::from_utf8_lossy(line.trim_ascii_end());
                tracing::info!(target: "gacthu::decision", decision = %line, "Decided.");
                Ok(())
            }
            Self::File { file, .. } => lock(file).write_all(&line),
        }
    }

    /// Opens the file anew: it may have been moved away by log rotation.
    ///
    /// # Errors
    /// Those of `open(2)`; the old file stays in use.
    pub fn reopen(&self) -> io::Result<()> {
        if let Self::File { path, file } = self {
            *lock(file) = open(path)?;
        }
        Ok(())
    }
}

fn lock(file: &Mutex<File>) -> std::sync::MutexGuard<'_, File> {
    // A panic while the lock was held can have left at most a torn line, which is no reason to
    // stop writing.
    file.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o640)
        .open(path)
}
