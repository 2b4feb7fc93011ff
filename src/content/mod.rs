//! Opening things: what each file of a message is, and what is inside it.
//!
//! [`open`] runs once a message and gives a [`Tree`]: one [`Node`] for every leaf part and every
//! attached message, in the order of the message, parents before what they hold. Members of archives
//! and documents will stand in the same list, behind their container; until they do, a container says
//! [`NotOpened::Unsupported`]. Whoever reads the tree sees no difference but more nodes.
//!
//! Knows nothing of policy: [`Needs`] says what is wanted, [`Budget`] what it may cost.

mod binary;
pub mod kinds;
mod letter;
mod page;
mod script;
mod text;
mod url;
mod zip;

use std::{collections::HashMap, time::Duration};

use crate::{
    facts::{Class, Fact, FileRole, Kind, NotOpened, Place, Reason},
    message::{Blob, Disposition, Message, Part, PartKind, Unscanned, Why},
    questions::{Field, Question, Questions},
};
pub use letter::{Letter, letter};
pub use url::Url;

use kinds::Sample;

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
}

impl Needs {
    /// What these questions need.
    pub fn of(questions: &Questions) -> Self {
        let kinds = questions.asks(Question::Kinds) || questions.asks(Question::Executables);
        Self {
            kinds,
            texts: questions.asks_field(&Field::Text),
            pages: questions.asks_field(&Field::Html),
            urls: questions.asks_field(&Field::Url),
        }
    }
}

/// What opening one message may cost: shared by all its files and all formats.
///
/// What is opened takes from it; what it no longer allows is [`NotOpened::Budget`] with the field's
/// name. Parts are judged by their first and last bytes and cost nothing; members of containers will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// `bytes`: bytes that may come out of containers.
    pub bytes: u64,
    /// `members`: members of containers.
    pub members: u64,
    /// `depth`: containers inside each other.
    pub depth: u32,
    /// `time`: time for opening.
    pub time: Duration,
    /// `text_bytes`: bytes of text that are read for patterns.
    pub text_bytes: u64,
}

impl Default for Budget {
    /// 256 MiB, 10,000 members, 16 containers inside each other, 10 seconds; 4 MiB of text.
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            members: 10_000,
            depth: 16,
            time: Duration::from_secs(10),
            text_bytes: 4 << 20,
        }
    }
}

/// The files of a message.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Every file, in the order of the message, a container before what it holds.
    pub nodes: Vec<Node>,
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
    /// Why it was not opened: none for what was opened and for what holds no files.
    pub not_opened: Option<NotOpened>,
}

/// Opens a message: finds its files and, as far as they are needed, what they are.
///
/// Never fails: what cannot be opened or read is a fact of its node.
pub fn open(message: &Message, needs: &Needs, _budget: &mut Budget) -> Tree {
    let mut tree = Tree::default();
    let unscanned: HashMap<&str, &Unscanned> = message
        .not_scanned
        .iter()
        .map(|place| (place.part.as_str(), place))
        .collect();
    // Where each attached message stands in the tree, and the message that each part stands in:
    // parents come first in the list of parts, so one pass knows both.
    let mut node_of_message: HashMap<usize, usize> = HashMap::new();
    let mut enclosing: Vec<Option<usize>> = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        let parent = part.parent.and_then(|parent| {
            let node = node_of_message.get(&parent).copied();
            node.or_else(|| enclosing.get(parent).copied().flatten())
        });
        enclosing.push(parent);
        if part.kind == PartKind::Multipart {
            continue;
        }
        if part.kind == PartKind::Message {
            node_of_message.insert(part.id, tree.nodes.len());
        }
        let why = unscanned
            .get(part.number.as_str())
            .map(|place| why(&place.why));
        tree.nodes.push(node(message, part, parent, why, needs));
    }
    // An attached message is as large as what it holds. From the end: children stand behind parents.
    for index in (0..tree.nodes.len()).rev() {
        let Some(node) = tree.nodes.get(index) else {
            continue;
        };
        let (size, parent) = (node.size, node.parent);
        if let Some(parent) = parent.and_then(|parent| tree.nodes.get_mut(parent)) {
            parent.size = parent.size.saturating_add(size);
        }
    }
    tree
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

fn node(
    message: &Message,
    part: &Part,
    parent: Option<usize>,
    unscanned: Option<NotOpened>,
    needs: &Needs,
) -> Node {
    let is_message = part.kind == PartKind::Message;
    let body = is_body(part);
    let (mut kinds, mut encrypted) = (Vec::new(), Fact::Unknown(Reason::NotAsked));
    let mut not_opened = unscanned.filter(|_| !body);
    if needs.kinds && is_message {
        kinds.extend(Kind::by_id("eml"));
        encrypted = Fact::Known(false);
        if let Some(blob) = &part.blob {
            // Of a message that may also be taken for a file: a program by that name is a program.
            add_kinds(&mut kinds, bytes_say(part, blob, false).0);
        }
    } else if needs.kinds
        && let Some(blob) = &part.blob
    {
        (kinds, encrypted) = bytes_say(part, blob, body);
        if let Some(other) = &part.other {
            add_kinds(&mut kinds, bytes_say(part, other, body).0);
        }
        // A letter's text may quote a message; a file that is one holds its files.
        let holds = |kind: &&'static Kind| holds_files(kind) || (kind.id == "eml" && !body);
        if not_opened.is_none() && kinds.iter().any(holds) {
            not_opened = Some(NotOpened::Unsupported);
        }
    }
    Node {
        part: part.id,
        number: part.number.clone(),
        parent,
        place: if parent.is_some() {
            Place::Message
        } else {
            Place::Top
        },
        role: role(message, part, &kinds),
        message: is_message,
        name: part.names.shown.clone(),
        names: part.names.all.clone(),
        declared_type: part.media_type.clone(),
        kinds,
        size: part
            .blob
            .as_ref()
            .filter(|_| !is_message)
            .map_or(0, |blob| blob.size),
        sha256: part.blob.as_ref().map_or([0; 32], |blob| blob.sha256),
        encrypted,
        not_opened,
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

/// What a part's bytes say: its kinds, and whether it is encrypted.
fn bytes_say(part: &Part, blob: &Blob, body: bool) -> (Vec<&'static Kind>, Fact<bool>) {
    let names: Vec<&str> = part.names.all.iter().map(String::as_str).collect();
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

/// Whether mail programs show it as the text of the letter.
///
/// An unknown disposition counts as attachment (RFC 2183 section 2.8).
fn is_body(part: &Part) -> bool {
    part.kind == PartKind::Leaf
        && matches!(part.media_type.as_str(), "text/plain" | "text/html")
        && part.names.all.is_empty()
        && matches!(part.disposition, Disposition::None | Disposition::Inline)
}

fn role(message: &Message, part: &Part, kinds: &[&'static Kind]) -> FileRole {
    if is_body(part) {
        return FileRole::Text;
    }
    // A picture by its bytes where they are known (some programs declare octet-stream), by its type
    // where they are not.
    let picture = match kinds {
        [] => part.media_type.starts_with("image/"),
        kinds => kinds.iter().any(|kind| kind.class == Class::Image),
    };
    if picture && part.kind == PartKind::Leaf && message.is_shown_by_html(part) {
        return FileRole::Inline;
    }
    FileRole::Attachment
}

/// Whether a kind is there to hold other files, so that *not opened* is worth saying.
///
/// Documents hold files too, but are read for themselves; they join when they are opened. Programs
/// (JAR, APK, MSI) are known for what they are without opening.
fn holds_files(kind: &Kind) -> bool {
    matches!(kind.class, Class::Archive | Class::DiskImage)
        || matches!(kind.id, "msg" | "tnef" | "p7m" | "pgp" | "mbox")
}

/// Whether the content is encrypted, as far as it shows without opening.
fn encryption(sample: &Sample<'_>, kinds: &[&'static Kind]) -> Fact<bool> {
    let is = |id: &str| kinds.iter().any(|kind| kind.id == id);
    if is("ole-encrypted") || is("pgp") {
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

#[cfg(test)]
mod tests;
