//! What is known of one message: the record that inspectors fill and the policy reads.
//!
//! Ground floor: knows addresses and kinds, nothing of bytes, MIME, rules or the wire. Every fact is
//! either known or unknown with a [`Reason`]; a fact once known never changes while its message is
//! judged (`docs/DESIGN.md`, "What a policy means", point 1).

pub(crate) mod authority;
mod encoding;
mod forwarding;
mod kind;
mod marking;
mod matches;
mod signature;
mod traits;

use std::{fmt, net::IpAddr, time::Duration};

pub(crate) use encoding::word as encoding_word;
pub use encoding::{ENCODINGS, LegacyText, Sign};
pub use forwarding::{
    Cause, Evidence, Forwarding, Found, Letter, PROVIDERS, Provider, SIGNALS, Signal, Way,
};
pub use kind::{Class, KINDS, Kind};
pub use marking::{Level, MARK_PLACES, Mark, Strength};
pub use matches::Matches;
use serde::Serialize;
pub use signature::{Covers, Signature, SignatureFormat, Status};
pub use traits::{Group, TRAITS, Trait};

use crate::{message::Address, questions::PatternHash};

/// A fact: known, or unknown with the reason why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact<T> {
    /// The value, as found.
    Known(T),
    /// Not known, and why.
    Unknown(Reason),
}

impl<T> Fact<T> {
    /// The value, where it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Self::Unknown(Reason::NotYet)
    }
}

/// Why a fact is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The stage that finds it has not come yet (at RCPT, the body is `not_yet`).
    NotYet,
    /// No question needed it, or the verdict was settled before a costly stage.
    NotAsked,
    /// Something outside did not answer: DNS, a database, OCR.
    Unavailable(&'static str),
    /// A file that was not opened, or only in part.
    NotOpened(NotOpened),
    /// A replay of the journal, which does not keep this fact.
    NotKept,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet => f.write_str("not_yet"),
            Self::NotAsked => f.write_str("not_asked"),
            Self::Unavailable(what) => write!(f, "unavailable ({what})"),
            Self::NotOpened(why) => write!(f, "not_opened: {why}"),
            Self::NotKept => f.write_str("not_kept"),
        }
    }
}

/// Why something inside a message was not opened or not scanned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
#[non_exhaustive]
pub enum NotOpened {
    /// gacthu has no reader for this kind.
    Unsupported,
    /// Encrypted, and no password is known.
    Encrypted,
    /// Broken: the format's own rules do not hold.
    Damaged,
    /// A limit was reached: which one, what it is, what was seen (units as the limit's).
    Budget {
        /// The limit's name, as in the settings.
        which: &'static str,
        /// Its value.
        limit: u64,
        /// What was seen when it was reached (at least this much is there).
        seen: u64,
    },
}

impl NotOpened {
    /// The word that policies and metrics use.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Encrypted => "encrypted",
            Self::Damaged => "damaged",
            Self::Budget { .. } => "budget",
        }
    }
}

impl fmt::Display for NotOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => f.write_str("unsupported"),
            Self::Encrypted => f.write_str("encrypted"),
            Self::Damaged => f.write_str("damaged"),
            Self::Budget { which, limit, seen } => {
                write!(f, "budget {which} (limit {limit}, seen {seen})")
            }
        }
    }
}

/// What kind of traffic a listener carries (`docs/architecture.md`, "Listeners have roles").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Mail from the Internet (`smtpd_milters` on port 25).
    #[default]
    Mx,
    /// Our users' own submissions (ports 587 and 465).
    Submission,
    /// A mailbox server hands over users' mail (Zimbra, Exchange, Dovecot).
    Mailbox,
    /// Something else stands in front of us and talks to the world.
    Gateway,
    /// `non_smtpd_milters`: sendmail(1), where neither 4xx nor 5xx may be given.
    Local,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Mx,
        Self::Submission,
        Self::Mailbox,
        Self::Gateway,
        Self::Local,
    ];

    /// The word that settings, policies and logs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mx => "mx",
            Self::Submission => "submission",
            Self::Mailbox => "mailbox",
            Self::Gateway => "gateway",
            Self::Local => "local",
        }
    }
}

/// A network that the site knows by its use (`networks` of gacthu.yaml).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Printers, scanners, applications: ours, without a login.
    Devices,
    /// What stands in front of us and talks to the world: its clients are not its own.
    Gateways,
    /// Zimbra, Exchange, Dovecot: they hand over our users' mail.
    MailboxServers,
}

impl Network {
    /// All of them, by name.
    pub const ALL: [Self; 3] = [Self::Devices, Self::Gateways, Self::MailboxServers];

    /// The word that settings, policies and logs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Devices => "devices",
            Self::Gateways => "gateways",
            Self::MailboxServers => "mailbox_servers",
        }
    }
}

/// Everything that is known of the message under judgement.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The SMTP session: known from the first event on.
    pub session: SessionFacts,
    /// The day on which the message is judged, in the site's time zone: exceptions end by it. A
    /// replay gives the day of then. None: the day on which the policy was loaded.
    pub day: Option<jiff::civil::Date>,
    /// MAIL FROM, normalised; the empty address for `<>`.
    pub sender: Fact<Address>,
    /// RCPT TO, in the order they came; grows until DATA. Each recipient is judged apart.
    pub recipients: Vec<Address>,
    /// For each recipient, how long ago this message was deferred for the first time; none, or
    /// nothing at this place: not yet.
    pub deferred: Vec<Option<Duration>>,
    /// The message as a whole: known at the end of message.
    pub message: Fact<MessageFacts>,
    /// The files in it: known at the end of message.
    pub files: Fact<Files>,
    /// Marks of state secrets, the strongest first: known at the end of message, where a policy asks.
    /// What was not opened says so in [`Facts::files`].
    pub marking: Fact<Vec<Mark>>,
    /// What the policy's own patterns found: known at the end of message. Those on names of files
    /// stand with the files.
    pub matches: Matches,
    /// Text that is not Unicode by TCVN 6909:2001: known at the end of message.
    pub encoding: Fact<Vec<LegacyText>>,
    /// Whether a machine sent it on: known at the end of message, where a policy asks.
    pub forwarding: Fact<Forwarding>,
}

impl Facts {
    /// Takes out all that a sensitive message may leave nowhere: subject, header fields, names,
    /// paths, and signs that were read off a name. Sizes, hashes and kinds stay.
    pub fn strip(&mut self) {
        // Only answers, but those of a short list of words tell what was in it.
        self.matches = Matches::unknown(Reason::NotKept);
        if let Fact::Known(list) = &mut self.encoding {
            list.iter_mut().for_each(|text| number(&mut text.part));
        }
        if let Fact::Known(forwarding) = &mut self.forwarding {
            forwarding.strip();
        }
        if let Fact::Known(message) = &mut self.message {
            message.subject = None;
            message.message_id = None;
            message.header_from.clear();
            for place in &mut message.not_scanned {
                number(&mut place.part);
            }
        }
        if let Fact::Known(marks) = &mut self.marking {
            for mark in marks {
                number(&mut mark.part);
                mark.page = None;
            }
        }
        if let Fact::Known(files) = &mut self.files {
            for file in &mut files.list {
                number(&mut file.part);
                file.name = None;
                file.names.clear();
                file.matches.clear();
                for signature in &mut file.signatures {
                    signature.signer = None;
                    signature.organisation = None;
                }
                file.declared_type.clear();
                file.executable.retain(|sign| sign.by == By::Content);
            }
        }
    }
}

/// Leaves a part's number: behind its slash stands the name of an archive's member.
fn number(part: &mut String) {
    let end = part.find('/').unwrap_or(part.len());
    part.truncate(end);
}

/// What is known of the SMTP session.
#[derive(Clone, Debug, Default)]
pub struct SessionFacts {
    /// The role of the listener that the message came in by.
    pub role: Role,
    /// The client's address; none for a local submission over a unix socket.
    pub client: Option<IpAddr>,
    /// The client's verified name as Postfix gives it (`unknown` is left out).
    pub client_name: Option<String>,
    /// HELO or EHLO argument.
    pub helo: Option<String>,
    /// The SASL login (`{auth_authen}`), if the client is authenticated.
    pub authenticated: Option<String>,
    /// Subject of the verified client certificate (`{cert_subject}`).
    pub certificate: Option<String>,
    /// TLS version (`{tls_version}`), if the session is encrypted.
    pub tls: Option<String>,
    /// Postfix's `{daemon_name}`.
    pub daemon: Option<String>,
    /// Which of the site's networks the client's address is in.
    pub network: Option<Network>,
    /// For the role `gateway`: whether what stands in front gives its own client our answer.
    pub passes_on: bool,
}

impl SessionFacts {
    /// Whether the client is one of ours by its address: a mailbox server or a device.
    pub fn own_network(&self) -> bool {
        matches!(
            self.network,
            Some(Network::Devices | Network::MailboxServers)
        )
    }
}

/// What is known of the message as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MessageFacts {
    /// Bytes of header and body as received, line ends counted as CRLF (RFC 1870).
    pub size: u64,
    /// Number of header fields of the message itself.
    pub headers: u64,
    /// Number of MIME parts, multiparts and attached messages counted too.
    pub parts: u64,
    /// Addresses of the From field, normalised. Class: address.
    pub header_from: Vec<Address>,
    /// The decoded Subject. Class: content-like; never logged for a sensitive message.
    #[serde(skip)]
    pub subject: Option<String>,
    /// The Message-ID, without angle brackets. Class: technical.
    pub message_id: Option<String>,
    /// What was not scanned, and why; empty when everything was.
    pub not_scanned: Vec<NotScanned>,
}

/// A place in the message that was not scanned, or only in one of its possible readings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotScanned {
    /// The part's number (`1.2`), or empty for the whole message.
    pub part: String,
    /// Why.
    #[serde(flatten)]
    pub why: NotOpened,
}

/// The files of a message and their sums.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Files {
    /// Every leaf part and every attached message, in the order of the message.
    pub list: Vec<FileFacts>,
    /// How many attachments stand at the top: files that a reader sees as attached.
    pub count: u64,
    /// Sum of the decoded sizes of those attachments, in bytes.
    pub total_size: u64,
    /// Decoded size of the largest of those attachments, in bytes.
    pub largest_size: u64,
    /// How many inline images the text shows (counted apart from the attachments).
    pub inline_count: u64,
    /// Sum of their decoded sizes, in bytes.
    pub inline_total_size: u64,
}

/// What a file is for its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRole {
    /// A body that mail programs show: text or HTML without a file name.
    Text,
    /// An attachment.
    Attachment,
    /// An image that the HTML text shows by `cid:` (RFC 2392).
    Inline,
}

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A part of the message itself.
    Top,
    /// Inside an attached message (`message/rfc822`).
    Message,
    /// Inside an archive or a disk image.
    Archive,
    /// Embedded in a document.
    Document,
}

/// What is known of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileFacts {
    /// The part's number in the message, like IMAP's (`2`, `2.1`); members of archives add `/name`.
    pub part: String,
    /// Index in [`Files::list`] of the attached message or container that holds this file.
    pub parent: Option<usize>,
    /// What the file is for its reader.
    pub role: FileRole,
    /// Where it stands.
    pub at: Place,
    /// The name that most mail programs show; none when no reading gives one. Class: content-like.
    pub name: Option<String>,
    /// All readings of its name (RFC 2231, RFC 2047, raw; Content-Disposition and Content-Type),
    /// each once, decoded. Class: content-like.
    pub names: Vec<String>,
    /// The declared media type in lower case (`application/pdf`).
    pub declared_type: String,
    /// What its bytes say that it is: none when nothing is recognised, several for a polyglot.
    pub kinds: Vec<&'static Kind>,
    /// Decoded size in bytes. Of an attached message: the sum of its leaves.
    pub size: u64,
    /// SHA-256 of the decoded bytes, in lower-case hexadecimal (of an attached message: of the
    /// bytes as they stand, with CRLF).
    pub sha256: String,
    /// Why it counts as executable: empty when nothing speaks for it.
    pub executable: Vec<ExecutableSign>,
    /// Whether its content is encrypted.
    #[serde(serialize_with = "known")]
    pub encrypted: Fact<bool>,
    /// How it is encrypted, as far as the format says it (`zipcrypto`, `aes-256`, `rc4-40`).
    pub cipher: Option<&'static str>,
    /// What else was found about it, each once.
    pub traits: Vec<&'static Trait>,
    /// Why it was not opened: none for an opened container and for what is no container.
    pub not_opened: Option<NotOpened>,
    /// Digital signatures on it, of the message around it too (S/MIME); empty when nobody asks.
    pub signatures: Vec<Signature>,
    /// The policy's own patterns that one of its names meets.
    #[serde(skip)]
    pub matches: Vec<PatternHash>,
}

/// The value where it is known, null where it is not.
fn known<T: Serialize, S: serde::Serializer>(
    fact: &Fact<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    fact.known().serialize(serializer)
}

/// One sign that a file is executable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExecutableSign {
    /// Found in its bytes or only in its name.
    pub by: By,
    /// The kind's id (`pe`, `elf`, `script-vbs`), a name's extension (`.scr`), or the trick
    /// (`double-extension`, `right-to-left`, `trailing-dots`).
    pub what: String,
}

/// Where a sign was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// In the bytes.
    Content,
    /// In the name.
    Name,
}
