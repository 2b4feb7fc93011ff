//! What was decided: the record that the policy hands to the service and the journal.

use std::{fmt, sync::Arc};

use serde::{Serialize, Serializer};

use crate::facts::{Reason, Role};

/// What is done with a message, weakest first. [`Ord`] is the order of strength: the strongest
/// action of all rules wins, so the order of rules never matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing speaks against it.
    #[default]
    Accept,
    /// It is written down, nothing else.
    Note,
    /// It is delivered with a header field that names the rule.
    Tag,
    /// It is kept aside for a person to look at.
    Quarantine,
    /// The sender is asked to come again (4xx).
    Defer,
    /// It is refused (5xx).
    Reject,
}

impl Action {
    /// The word that policies, logs and metrics use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Note => "note",
            Self::Tag => "tag",
            Self::Quarantine => "quarantine",
            Self::Defer => "defer",
            Self::Reject => "reject",
        }
    }

    /// What a listener's role makes of an action. `passes_on`: what stands in front of a `gateway`
    /// listener gives its own client our answer, before it has taken the message.
    ///
    /// | role | reject | defer | others | why |
    /// |---|---|---|---|---|
    /// | `mx`, `submission`, `mailbox` | reject | defer | the same | the client hears it |
    /// | `gateway` | quarantine | defer | the same | what stands in front would bounce to a forged sender; a 4xx it keeps and tries again |
    /// | `gateway` that passes on | reject | defer | the same | the client hears it |
    /// | `local` | quarantine | quarantine | the same | a 5xx makes Postfix bounce to an outside author, a 4xx stays in maildrop without end |
    pub fn at(self, role: Role, passes_on: bool) -> Self {
        match (role, self) {
            (Role::Gateway, Self::Reject) if !passes_on => Self::Quarantine,
            (Role::Local, Self::Reject | Self::Defer) => Self::Quarantine,
            _ => self,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Points that rules give, in thousandths: sums of them do not hang on the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(pub i64);

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        let text = format!("{sign}{whole}.{part:03}");
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// As a number.
impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1000.0)
    }
}

/// Whether a policy or a rule acts or only watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Decide and record, touch nothing.
    #[default]
    Observe,
    /// Act.
    Enforce,
}

/// What is done with a message whose recipients are ruled by different policies, on a listener
/// where each recipient can be answered alone (`mixed_policies` of gacthu.yaml).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MixedPolicies {
    /// Recipients of another policy than the first one's are asked to come again with a message of
    /// their own (`452 4.5.3`, RFC 5321 section 4.5.3.1.10): each policy then decides alone.
    #[default]
    Split,
    /// All recipients stay together, and the strongest verdict is given to all.
    Strictest,
}

impl MixedPolicies {
    /// The word that settings and logs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Strictest => "strictest",
        }
    }
}

/// Which way a message goes for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From outside to one of ours.
    Inbound,
    /// From one of ours to outside (other state agencies too).
    Outbound,
    /// From one of ours to one of ours.
    Internal,
    /// From outside to outside: passing through.
    Relayed,
}

impl Direction {
    /// The word that policies, logs and metrics use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Internal => "internal",
            Self::Relayed => "relayed",
        }
    }
}

/// A rule that fired, or that is still unknown at the end and did its `if_unknown`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fired {
    /// The rule's id.
    pub id: Arc<str>,
    /// The clause that it enforces, in the regulation's own words.
    pub basis: Arc<str>,
    /// What it does.
    pub then: Action,
    /// Whether it acts or only watches (the weaker of the policy's mode and the rule's own).
    pub mode: Mode,
    /// Set when the rule fired by its `if_unknown`: what was not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Reason>,
    /// Whether the rule has deferred this message as long as it may; `then` is what it does instead.
    #[serde(skip_serializing_if = "is_false")]
    pub gave_up: bool,
    /// Whether the rule makes the message sensitive.
    #[serde(skip_serializing_if = "is_false")]
    pub sensitive: bool,
    /// Indices in [`crate::facts::Files::list`] of the files that made it fire.
    pub files: Vec<usize>,
}

/// What one policy says of a message for one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// As if every rule were enforced.
    pub verdict: Action,
    /// What is really done: rules in observe count as notes at most.
    pub applied: Action,
    /// Every rule that matched, in the order of who speaks (sensitive ones, then rank, then id); the
    /// first one whose action equals [`Self::applied`] and is enforced writes the reply.
    pub fired: Vec<Fired>,
    /// Exceptions that took a rule away: (exception id, rule id).
    pub excepted: Vec<(Arc<str>, Arc<str>)>,
    /// Rules that are still unknown and why; empty at the end unless something was not opened.
    pub unknown: Vec<(Arc<str>, Reason)>,
    /// Whether nothing that is still unknown can change [`Self::applied`].
    pub settled: bool,
    /// Whether a sensitive rule fired, be it in observe: nothing may store the message then.
    pub sensitive: bool,
    /// What the points come to at least, by name, as if every rule were enforced.
    pub points: Vec<(Arc<str>, Points)>,
}

/// For serde: what is false is not written.
fn is_false(value: &bool) -> bool {
    !value
}

/// Who writes, and by which clause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letterhead {
    /// The organisation's name.
    pub organisation: String,
    /// Its regulation.
    pub regulation: String,
    /// Whom to ask.
    pub contact: String,
    /// The clause.
    pub basis: String,
}

/// An SMTP reply, ready for the wire (RFC 5321 section 4.2, RFC 3463).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplyText {
    /// `550`, `552`, `451` ….
    pub code: u16,
    /// The enhanced status code: `5.7.1`.
    pub enhanced: String,
    /// The lines, without codes: printable ASCII, no control characters, each at most 200 octets.
    pub lines: Vec<String>,
}
