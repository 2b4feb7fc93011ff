//! The decision event: one JSON object a decision, with a documented and versioned schema
//! (`docs/decision-event.md`).
//!
//! Classes of its fields (what may be kept how long): technical, address, content-like. Content-like
//! fields are file names only; the subject and the text never stand in an event.
//!
//! Whatever a message holds, its event stays small enough for a log: lists end at the lengths below,
//! long texts are cut.

mod log;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use jiff::Timestamp;
use serde::Serialize;

pub use self::log::EventLog;
use crate::{
    answer::Answer,
    engine::{Decision, Times},
    facts::{
        ExecutableSign, Fact, FileFacts, FileRole, Files, Forwarding, Kind, LegacyText, Letter,
        Mark, MessageFacts, NotOpened, NotScanned, Place, Reason, Role, Signature, Trait, Way,
    },
    message::Address,
    policy::{Destination, Origin},
    reference::Reference,
    verdict::{Action, Direction, Fired, Mode, Points, ReplyText},
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
    client_name: Option<Cow<'a, str>>,
    helo: Option<Cow<'a, str>>,
    authenticated: Option<Cow<'a, str>>,
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
    message: Option<MessageEvent<'a>>,
    files: Option<FilesEvent<'a>>,
    /// Marks of state secrets, the surest first.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    marking: &'a [Mark],
    /// Text that is not Unicode, in the order of the message.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    encoding: &'a [LegacyText],
    /// What the letter is as to forwarding, for the recipient for whom most speaks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    forwarding: Option<ForwardingEvent<'a>>,
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
    rules: Vec<RuleEvent<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    excepted: &'a [(std::sync::Arc<str>, std::sync::Arc<str>)],
}

#[derive(Debug, Serialize)]
struct RuleEvent<'a> {
    id: &'a str,
    basis: &'a str,
    then: Action,
    mode: Mode,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'a Reason>,
    /// Whether it has deferred this message as long as it may; `then` is what it does instead.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    gave_up: bool,
    /// Whether it makes the message sensitive.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sensitive: bool,
    /// Numbers of the files that made it fire.
    files: &'a [usize],
}

impl<'a> RuleEvent<'a> {
    fn new(fired: &'a Fired) -> Self {
        Self {
            id: &fired.id,
            basis: &fired.basis,
            then: fired.then,
            mode: fired.mode,
            unknown: fired.unknown.as_ref(),
            gave_up: fired.gave_up,
            sensitive: fired.sensitive,
            files: start(&fired.files, RULE_FILES),
        }
    }
}

#[derive(Debug, Serialize)]
struct MessageEvent<'a> {
    size: u64,
    headers: u64,
    parts: u64,
    header_from: &'a [Address],
    message_id: Option<Cow<'a, str>>,
    not_scanned: &'a [NotScanned],
}

impl<'a> MessageEvent<'a> {
    fn new(message: &'a MessageFacts) -> Self {
        Self {
            size: message.size,
            headers: message.headers,
            parts: message.parts,
            header_from: start(&message.header_from, FROM),
            message_id: message.message_id.as_deref().map(short),
            not_scanned: start(&message.not_scanned, NOT_SCANNED),
        }
    }
}

/// Left out where nothing speaks for anything but an ordinary letter.
#[derive(Debug, Serialize)]
pub(crate) struct ForwardingEvent<'a> {
    letter: &'static str,
    way: Way,
    signals: Vec<&'static str>,
    /// How many independent causes the signals have.
    independent: usize,
    confidence: u8,
    /// The mailbox that sends on. Class: address.
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
}

impl<'a> ForwardingEvent<'a> {
    /// For the recipient for whom most speaks.
    pub(crate) fn new(forwarding: &'a Forwarding, recipients: &[Address]) -> Option<Self> {
        let evidence = forwarding.strongest(recipients)?;
        if evidence.signals.is_empty() && evidence.letter == Letter::Ordinary {
            return None;
        }
        let mailbox = forwarding.mailbox.as_ref();
        Some(Self {
            letter: evidence.letter.as_str(),
            way: forwarding.way,
            independent: evidence.causes.len(),
            signals: evidence.signals,
            confidence: evidence.confidence,
            mailbox: mailbox.map(|it| short(&it.to_string()).into_owned()),
            provider: forwarding.provider,
        })
    }
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
    /// Its place among all files of the message, from 0.
    number: usize,
    part: Cow<'a, str>,
    role: FileRole,
    at: Place,
    name: Option<Cow<'a, str>>,
    declared_type: Cow<'a, str>,
    kinds: &'a [&'static Kind],
    size: u64,
    sha256: &'a str,
    executable: &'a [ExecutableSign],
    encrypted: Option<bool>,
    cipher: Option<&'static str>,
    traits: &'a [&'static Trait],
    not_opened: Option<&'a NotOpened>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    signatures: Vec<Signature>,
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

/// How many files of a message an event names, those that a rule points at apart; the sums count
/// all of them.
const FILES: usize = 100;

/// How many files behind those an event names because a rule points at them.
const POINTED: usize = 100;

/// How many files an event names for one rule.
const RULE_FILES: usize = 20;

/// How many addresses of the From field an event names.
const FROM: usize = 20;

/// How many marks of state secrets an event names.
const MARKS: usize = 8;

/// How many finds of text that is not Unicode an event names.
const ENCODINGS: usize = 20;

/// How many signatures of a file an event names.
const SIGNATURES: usize = 4;

/// How many places that were not scanned an event names.
const NOT_SCANNED: usize = 100;

/// How many characters of a text that a client or a message chose stand in an event.
const TEXT: usize = 300;

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
            client_name: session.client_name.as_deref().map(short),
            helo: session.helo.as_deref().map(short),
            authenticated: session.authenticated.as_deref().map(short),
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
                    rules: decided.judgement.fired.iter().map(RuleEvent::new).collect(),
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
            message: facts.message.known().map(MessageEvent::new),
            files: match &facts.files {
                Fact::Known(files) => Some(FilesEvent::new(files, decision)),
                Fact::Unknown(_) => None,
            },
            marking: start(facts.marking.known().map_or(&[], Vec::as_slice), MARKS),
            encoding: start(facts.encoding.known().map_or(&[], Vec::as_slice), ENCODINGS),
            forwarding: facts
                .forwarding
                .known()
                .and_then(|it| ForwardingEvent::new(it, &facts.recipients)),
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
    fn new(files: &'a Files, decision: &Decision) -> Self {
        let mut named: BTreeSet<usize> = (0..files.list.len().min(FILES)).collect();
        let limit = named.len() + POINTED;
        let fired = decision.recipients.iter().flat_map(|r| &r.judgement.fired);
        for &number in fired.flat_map(|fired| start(&fired.files, RULE_FILES)) {
            if named.len() == limit {
                break;
            }
            named.insert(number);
        }
        let named = named.into_iter();
        Self {
            count: files.count,
            total_size: files.total_size,
            largest_size: files.largest_size,
            inline_count: files.inline_count,
            inline_total_size: files.inline_total_size,
            list: named
                .filter_map(|number| Some(FileEvent::new(number, files.list.get(number)?)))
                .collect(),
        }
    }
}

impl<'a> FileEvent<'a> {
    fn new(number: usize, file: &'a FileFacts) -> Self {
        Self {
            number,
            part: short(&file.part),
            role: file.role,
            at: file.at,
            name: file.name.as_deref().map(short),
            declared_type: short(&file.declared_type),
            kinds: &file.kinds,
            size: file.size,
            sha256: &file.sha256,
            executable: &file.executable,
            encrypted: file.encrypted.known().copied(),
            cipher: file.cipher,
            traits: &file.traits,
            not_opened: file.not_opened.as_ref(),
            signatures: start(&file.signatures, SIGNATURES)
                .iter()
                .map(signature)
                .collect(),
        }
    }
}

/// A signature with its names cut: whoever made the certificate chose them.
fn signature(found: &Signature) -> Signature {
    let cut = |text: &Option<String>| text.as_deref().map(|text| short(text).into_owned());
    Signature {
        signer: cut(&found.signer),
        organisation: cut(&found.organisation),
        issuer: cut(&found.issuer),
        time: cut(&found.time),
        ..found.clone()
    }
}

/// The first `most` of a list.
fn start<T>(list: &[T], most: usize) -> &[T] {
    list.get(..most).unwrap_or(list)
}

/// A text with at most [`TEXT`] characters, and `…` where it was cut.
fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(TEXT) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "ệ".repeat(TEXT + 1);
        assert_eq!(short(&long), format!("{}…", "ệ".repeat(TEXT)));
        let whole = "ệ".repeat(TEXT);
        assert_eq!(short(&whole), whole);
    }
}
