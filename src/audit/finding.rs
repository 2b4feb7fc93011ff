//! What an audit finds: forwards, paths that no milter sees, what could not be read, remarks.

use std::{path::Path, sync::Arc};

use serde::Serialize;

/// How mail is sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// `alias_maps`: local(8) sends it on (aliases(5)).
    Alias,
    /// `always_bcc`.
    AlwaysBcc,
    /// `canonical_maps`, `recipient_canonical_maps` (canonical(5)).
    Canonical,
    /// `REDIRECT` or `BCC` in `header_checks(5)` or an `access(5)` table.
    Check,
    /// A `.forward` file (local(8), `forward_path`).
    DotForward,
    /// `smtp_generic_maps`, `lmtp_generic_maps`: addresses are written anew when it is sent (generic(5)).
    Generic,
    /// `luser_relay`: what comes for unknown local users.
    Luser,
    /// `bounce_notice_recipient` and its like: what could not be delivered.
    Notice,
    /// A program that gets the mail and may send it on: procmail, maildrop, vacation, a script.
    Program,
    /// `recipient_bcc_maps`.
    RecipientBcc,
    /// `.procmailrc` or `.mailfilter`.
    Recipe,
    /// `sender_bcc_maps`.
    SenderBcc,
    /// Sieve `redirect` (RFC 5228 section 4.2).
    Sieve,
    /// Sieve `notify` by mail (RFC 5436): a notice, not the letter.
    SieveNotice,
    /// `transport_maps`: mail of an own domain handed to a host outside.
    Transport,
    /// `virtual_alias_maps` (virtual(5)).
    Virtual,
    /// `zimbraPrefMailForwardingAddress`: set by the user.
    Zimbra,
    /// A filter of a Zimbra mailbox.
    ZimbraFilter,
    /// `zimbraMailForwardingAddress` of a mailbox: set by an administrator, unseen by the user.
    ZimbraHidden,
    /// A member of a Zimbra distribution list.
    ZimbraList,
    /// Zimbra's notices of new mail and invitations.
    ZimbraNotice,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::Alias,
        Self::AlwaysBcc,
        Self::Canonical,
        Self::Check,
        Self::DotForward,
        Self::Generic,
        Self::Luser,
        Self::Notice,
        Self::Program,
        Self::RecipientBcc,
        Self::Recipe,
        Self::SenderBcc,
        Self::Sieve,
        Self::SieveNotice,
        Self::Transport,
        Self::Virtual,
        Self::Zimbra,
        Self::ZimbraFilter,
        Self::ZimbraHidden,
        Self::ZimbraList,
        Self::ZimbraNotice,
    ];

    /// The word in JSON, CSV, metrics and the state file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alias => "alias",
            Self::AlwaysBcc => "always-bcc",
            Self::Canonical => "canonical",
            Self::Check => "check",
            Self::DotForward => "dot-forward",
            Self::Generic => "generic",
            Self::Luser => "luser",
            Self::Notice => "notice",
            Self::Program => "program",
            Self::RecipientBcc => "recipient-bcc",
            Self::Recipe => "recipe",
            Self::SenderBcc => "sender-bcc",
            Self::Sieve => "sieve",
            Self::SieveNotice => "sieve-notice",
            Self::Transport => "transport",
            Self::Virtual => "virtual",
            Self::Zimbra => "zimbra",
            Self::ZimbraFilter => "zimbra-filter",
            Self::ZimbraHidden => "zimbra-hidden",
            Self::ZimbraList => "zimbra-list",
            Self::ZimbraNotice => "zimbra-notice",
        }
    }
}

/// Whose mailbox the destination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// Ours: delivered here, or named by the policy.
    Ours,
    /// Another state agency's.
    State,
    /// A public mail service's.
    Public,
    /// Anyone else's.
    Other,
    /// It depends on a variable, a pattern or a program.
    Unknown,
}

impl Whose {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Ours,
        Self::State,
        Self::Public,
        Self::Other,
        Self::Unknown,
    ];

    /// The word in JSON, CSV, metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::State => "state",
            Self::Public => "public",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// Whether mail that goes there leaves the state, or may.
    pub fn leaves(self) -> bool {
        matches!(self, Self::Public | Self::Other | Self::Unknown)
    }
}

/// Whether gacthu's milter sees the copy that is sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// It passes a listener with the milter.
    Yes,
    /// It does not.
    No,
    /// What was read does not tell.
    Unknown,
}

impl Seen {
    /// The word in JSON, CSV.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// A place in a file; line 0 is the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct At {
    /// The file as it is named on the machine that is audited.
    pub file: Arc<Path>,
    /// Counted from 1.
    pub line: u32,
}

impl At {
    pub(super) fn new(file: &Arc<Path>, line: usize) -> Self {
        Self {
            file: Arc::clone(file),
            line: u32::try_from(line).unwrap_or(u32::MAX),
        }
    }

    /// Of a path that is named once.
    pub(super) fn file(path: &Path) -> Self {
        Self {
            file: Arc::from(path),
            line: 0,
        }
    }
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}", self.file.display()),
        }
    }
}

/// One entry that sends mail on.
#[derive(Clone, Debug, Serialize)]
pub struct Forward {
    /// How.
    pub kind: Kind,
    /// Whose mail: an address, a local name, a pattern, or a group in parentheses.
    pub who: Box<str>,
    /// Where to: an address, a host, or a program with its arguments.
    pub to: Box<str>,
    /// Whose mailbox that is.
    pub whose: Whose,
    /// Whether gacthu's milter sees the copy.
    pub seen: Seen,
    /// Why it is seen or not.
    pub why: Arc<str>,
    /// What else there is to know (`:copy`, switched off, through an included file).
    #[serde(skip_serializing_if = "str::is_empty")]
    pub remark: Box<str>,
    /// Where it is written.
    #[serde(flatten)]
    pub at: At,
    /// The longest way here by other entries: names from the first to `who`; empty where none leads here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Box<str>>,
    /// Names from which other entries lead here; at most [`super::MAX_REACHED`] are counted.
    #[serde(skip_serializing_if = "is_zero")]
    pub reached_by: usize,
    /// Not in the state file of the last run.
    pub new: bool,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Why a path has no milter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PathKind {
    /// A listener (smtpd, qmqpd) without the milter.
    Listener,
    /// `smtpd_milter_maps`: clients for whom the milters are switched off or others.
    MilterMap,
    /// `smtpd_proxy_filter`: the milter hears commands but gets no content.
    ProxyFilter,
    /// sendmail(1), pickup(8): programs, cron, web pages, Sieve.
    Sendmail,
}

impl PathKind {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Listener,
        Self::MilterMap,
        Self::ProxyFilter,
        Self::Sendmail,
    ];

    /// The word in JSON, CSV, metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listener => "listener",
            Self::MilterMap => "milter-map",
            Self::ProxyFilter => "proxy-filter",
            Self::Sendmail => "sendmail",
        }
    }
}

/// A way for mail through this Postfix that gacthu's milter does not see.
#[derive(Clone, Debug, Serialize)]
pub struct BlindPath {
    /// Which sort.
    pub kind: PathKind,
    /// The service as master.cf names it, or who is affected.
    pub name: Box<str>,
    /// Why no milter sees it.
    pub why: Box<str>,
    /// Where that is written.
    #[serde(flatten)]
    pub at: At,
    /// Not in the state file of the last run.
    pub new: bool,
}

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// It is damaged or cut off.
    Damaged,
    /// A limit of the audit.
    Limit,
    /// It is named and not there.
    Missing,
    /// It is no ordinary file (FIFO, device, socket), or a link that leads away.
    NotAFile,
    /// Permission denied.
    Permission,
    /// Another error of reading.
    Reading,
    /// A table that is asked over a network or kept in a database.
    Server,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Damaged,
        Self::Limit,
        Self::Missing,
        Self::NotAFile,
        Self::Permission,
        Self::Reading,
        Self::Server,
    ];

    /// The word in JSON, CSV, metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Limit => "limit",
            Self::Missing => "missing",
            Self::NotAFile => "not-a-file",
            Self::Permission => "permission",
            Self::Reading => "reading",
            Self::Server => "server",
        }
    }
}

/// Something that was to be read and was not.
#[derive(Clone, Debug, Serialize)]
pub struct Unread {
    /// The file, or the table as Postfix names it.
    pub what: Box<str>,
    /// Why.
    pub reason: Reason,
    /// The same in words.
    pub why: Box<str>,
    /// What a person can do.
    pub remedy: Box<str>,
    /// Where it is named; the file itself where nothing names it.
    #[serde(flatten)]
    pub at: At,
    /// Not in the state file of the last run.
    pub new: bool,
}

/// Worth knowing, counted nowhere.
#[derive(Clone, Debug, Serialize)]
pub struct Remark {
    /// In words.
    pub text: Box<str>,
    /// About what.
    #[serde(flatten)]
    pub at: At,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_json() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for whose in Whose::ALL {
            assert_eq!(serde_json::to_value(whose).unwrap(), whose.as_str());
        }
        for kind in PathKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
