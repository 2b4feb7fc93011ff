//! Opening things: what each file of a message is, and what is inside it.
//!
//! [`open`] runs once a message and gives a [`Tree`]: one [`Node`] for every leaf part and every
//! attached message, in the order of the message, parents before what they hold. Members of archives,
//! disk images and documents stand in the same list, behind their container, at any depth that the
//! [`Budget`] allows. A container that was not opened, or not wholly, says why.
//!
//! `opener.rs` is the road, `readers.rs` the table of formats, `kinds/` says what bytes are.
//!
//! Knows nothing of policy: [`Needs`] says what is wanted, [`Budget`] what it may cost.

mod archive;
mod base64;
mod budget;
mod bytes;
mod disk;
mod document;
pub mod kinds;
mod letter;
mod letter_spans;
mod mail;
mod member_name;
mod opener;
mod page;
mod page_spans;
mod parts;
mod password;
mod readers;
mod source;
mod span;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod url;

use std::sync::Arc;

use crate::{
    facts::{Class, Fact, FileRole, Kind, NotOpened, Place, Reason, Signature, Trait},
    message::{Blob, Message, Why},
    questions::{Field, Question, Questions},
};
pub use budget::{Budget, Gate, Light, RATIO_FROM};
pub use letter::{Letter, letter, page_text};
pub use span::{Span, Spot, Style};
pub use url::Url;

use kinds::{Sample, text, zip};
use opener::Opener;

/// What is wanted of the tree: the union of what the policy's questions need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// What kinds the files are, and with it whether they are encrypted and opened.
    pub kinds: bool,
    /// Plain texts.
    pub texts: bool,
    /// HTML texts.
    pub pages: bool,
    /// URLs in both.
    pub urls: bool,
    /// What documents say, with its place.
    pub documents: bool,
    /// Digital signatures on files.
    pub signatures: bool,
}

impl Needs {
    /// What these questions need.
    pub fn of(questions: &Questions) -> Self {
        let opens = [
            Question::Kinds,
            Question::Executables,
            Question::Documents,
            Question::Signatures,
        ];
        let kinds = opens.into_iter().any(|question| questions.asks(question));
        Self {
            kinds,
            texts: questions.asks_field(&Field::Text),
            pages: questions.asks_field(&Field::Html),
            urls: questions.asks_field(&Field::Url),
            documents: questions.asks(Question::Documents),
            signatures: questions.asks(Question::Signatures),
        }
    }
}

/// The files of a message.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Every file, in the order of the message, a container before what it holds.
    pub nodes: Vec<Node>,
    /// What their texts say, in the order in which they were found; empty when nobody needs it.
    pub spans: Vec<Span>,
}

/// One file.
#[derive(Clone, Debug)]
pub struct Node {
    /// The part that it is, or that it was found in: an index in [`Message::parts`].
    pub part: usize,
    /// Its number (`2.1`); members of containers add `/name`.
    pub number: String,
    /// The attached message or container that holds it: an index in [`Tree::nodes`].
    pub parent: Option<usize>,
    /// Where it stands.
    pub place: Place,
    /// What it is for its reader.
    pub role: FileRole,
    /// Whether it is an attached message, whose parts follow as nodes of their own.
    pub message: bool,
    /// The name that most mail programs show.
    pub name: Option<String>,
    /// All readings of its name, each once.
    pub names: Vec<String>,
    /// The declared media type in lower case; empty where nothing declares one.
    pub declared_type: String,
    /// What its bytes say that it is: none when nothing is recognised, or when nobody needs it.
    pub kinds: Vec<&'static Kind>,
    /// Decoded size in bytes. Of an attached message: the sum of its leaves, at any depth.
    pub size: u64,
    /// SHA-256 of the decoded bytes (of an attached message: of its bytes as they stand).
    pub sha256: [u8; 32],
    /// Whether its content is encrypted.
    pub encrypted: Fact<bool>,
    /// How it is encrypted, as far as the format says it.
    pub cipher: Option<&'static str>,
    /// What else was found about it.
    pub traits: Vec<&'static Trait>,
    /// Why it was not opened: none for what was opened and for what holds no files.
    pub not_opened: Option<NotOpened>,
    /// Digital signatures on it; empty when nobody needs them.
    pub signatures: Vec<Signature>,
}

/// Opens a message: finds its files and, as far as they are needed, what they are and what they hold.
///
/// Never fails: what cannot be opened or read is a fact of its node.
pub fn open(message: &Message, needs: &Needs, budget: &mut Budget) -> Tree {
    open_in_turn(message, needs, budget, None)
}

/// As [`open`]; a message that turns out to be much work waits at the gate, on this thread.
pub fn open_in_turn(
    message: &Message,
    needs: &Needs,
    budget: &mut Budget,
    gate: Option<Arc<dyn Gate>>,
) -> Tree {
    let mut opener = Opener::new(message, *needs, budget.clone(), gate);
    parts::add(&mut opener, message, None, 0);
    opener.tree
}

/// The reason of the message's scanner, as a fact.
pub fn why(why: &Why) -> NotOpened {
    match why {
        Why::Damaged => NotOpened::Damaged,
        Why::Limit(limit) => NotOpened::Budget {
            which: limit.which,
            limit: limit.limit,
            seen: limit.seen,
        },
        Why::Unsupported => NotOpened::Unsupported,
    }
}

/// Kinds of the same bytes in another reading: what says no more than "text" says nothing.
fn add_kinds(kinds: &mut Vec<&'static Kind>, more: Vec<&'static Kind>) {
    for kind in more {
        if !matches!(kind.class, Class::Text | Class::Message) && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds.sort_by_key(|kind| kind.class);
}

/// What a file's bytes say: its kinds, and whether it is encrypted.
fn bytes_say(names: &[String], blob: &Blob, body: bool) -> (Vec<&'static Kind>, Fact<bool>) {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // A spool that cannot be read finds less, as if the bytes were not there.
    let read = |at: u64, len: usize| blob.read_at(at, len).ok().flatten();
    let mut sample = sample(blob, &names, body, &read);
    // Of the thousandth file less is kept in memory than its kind may need.
    let wanted = usize::try_from(blob.size).map_or(text::READ, |size| size.min(text::READ));
    let head = (blob.head.len() < wanted)
        .then(|| read(0, wanted))
        .flatten();
    if let Some(head) = &head {
        sample.head = head;
    }
    let kinds = kinds::kinds(&sample);
    let encrypted = encryption(&sample, &kinds);
    (kinds, encrypted)
}

fn sample<'a>(
    blob: &'a Blob,
    names: &'a [&'a str],
    body: bool,
    read: kinds::Reader<'a>,
) -> Sample<'a> {
    Sample {
        head: &blob.head,
        tail: &blob.tail,
        size: blob.size,
        names,
        body,
        reader: Some(read),
    }
}

/// Whether a kind is there to hold other files, so that *not opened* is worth saying.
///
/// Documents hold files too, but are read for themselves; they join when they are opened. Programs
/// (JAR, APK, MSI) are known for what they are without opening.
fn holds_files(kind: &Kind) -> bool {
    matches!(kind.class, Class::Archive | Class::DiskImage)
        || matches!(kind.id, "rpm" | "msg" | "tnef" | "p7m" | "pgp" | "mbox")
}

/// Whether the content is encrypted, as far as it shows without opening.
fn encryption(sample: &Sample<'_>, kinds: &[&'static Kind]) -> Fact<bool> {
    let is = |id: &str| kinds.iter().any(|kind| kind.id == id);
    // A text that is an encrypted letter is not opened; a file is, and says it itself.
    if is("ole-encrypted") || (is("pgp") && sample.body) {
        return Fact::Known(true);
    }
    let plain = |kind: &&Kind| {
        matches!(
            kind.class,
            Class::Script | Class::Image | Class::Media | Class::Text | Class::Other
        ) || matches!(kind.id, "eml" | "html" | "xml" | "rtf")
    };
    if !kinds.is_empty() && kinds.iter().all(plain) {
        return Fact::Known(false);
    }
    if let Some(encrypted) = zip::View::of(sample).map(|view| view.encrypted()) {
        let unknown = Fact::Unknown(Reason::NotOpened(NotOpened::Unsupported));
        return encrypted.map_or(unknown, Fact::Known);
    }
    if !kinds.is_empty() && kinds.iter().all(|kind| kind.class == Class::Executable) {
        return Fact::Known(false);
    }
    Fact::Unknown(Reason::NotOpened(NotOpened::Unsupported))
}
