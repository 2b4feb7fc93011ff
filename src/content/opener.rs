//! The one road on which everything is opened: files become nodes, containers are handed to the
//! readers of their formats, and what those find comes back as members, depth first, within the
//! budget.
//!
//! A reader knows one format. It gets an [`Inside`] and a [`Source`], and hands on each member with
//! [`Inside::member`] (to be drained), [`Inside::piece`] (bytes that lie in the container as they
//! are), [`Inside::begin`] (to be written to) or [`Inside::closed`] (known, but not to be had).

use std::{
    any::Any,
    collections::HashMap,
    io::{self, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
    sync::Arc,
};

use super::{
    Needs, Node, Span, Tree,
    archive::uuencode::uuencode,
    budget::{Budget, Gate, RATIO_FROM, Spending},
    holds_files, letter_spans, parts, password,
    readers::{self, Reader},
    source::Source,
};
use crate::{
    facts::{Class, Fact, FileRole, Group, Kind, NotOpened, Place, Signature, Trait},
    message::{Blob, Message, Scratch, ScratchWriter, Spool},
};

/// Opens one message.
pub(super) struct Opener<'m> {
    pub(super) message: &'m Message,
    pub(super) needs: Needs,
    pub(super) tree: Tree,
    pub(super) spending: Spending,
    scratch: Scratch,
    passwords: Option<Rc<[String]>>,
    /// The node whose text is told already, as a part of a letter.
    pub(super) told: Option<usize>,
    aliases: Option<Aliases>,
}

/// Names that a container gives to what lies in its members: an installer package to the files of its
/// cabinets.
pub(super) struct Aliases {
    /// The container's node.
    of: usize,
    /// By the names that stand in the members.
    names: HashMap<String, Vec<String>>,
}

/// A member of a container, as its format describes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Member {
    /// Its path in the container, in all readings, the one that most programs show first; none
    /// where it has no name (the content of a `.gz`).
    pub(super) names: Vec<String>,
    /// Bytes of its packed form, where the format says it: the ratio is counted from it.
    pub(super) packed: Option<u64>,
    /// Bytes that it has, as the format says: shown where it is not unpacked.
    pub(super) declared: u64,
    /// How it is encrypted; none: not.
    pub(super) cipher: Option<&'static str>,
    /// Findings about it: ids of `facts/traits.rs`.
    pub(super) traits: Vec<&'static str>,
}

impl Member {
    /// A member with one reading of its name.
    pub(super) fn named(name: impl Into<String>) -> Self {
        Self {
            names: vec![name.into()],
            ..Self::default()
        }
    }
}

/// The inside of one container, for the reader of its format.
pub(super) struct Inside<'o, 'm> {
    opener: &'o mut Opener<'m>,
    node: usize,
    depth: u32,
    place: Place,
}

/// A member that is written to. Writing fails where the budget ends; [`Unpacking::finish`] says so.
pub(super) struct Unpacking<'i, 'm> {
    inside: Inside<'i, 'm>,
    member: Member,
    writer: Option<ScratchWriter>,
    /// Why no more of it is taken.
    stopped: Option<NotOpened>,
}

impl<'m> Opener<'m> {
    pub(super) fn new(
        message: &'m Message,
        needs: Needs,
        budget: Budget,
        gate: Option<Arc<dyn Gate>>,
    ) -> Self {
        Self {
            message,
            needs,
            tree: Tree::default(),
            spending: Spending::new(budget, gate),
            scratch: message.spool.scratch(),
            passwords: None,
            told: None,
            aliases: None,
        }
    }

    /// Hands a node to the readers of its kinds. `depth` containers stand around it.
    pub(super) fn open(&mut self, node: usize, blob: &Blob, depth: u32) {
        let Some(found) = self.tree.nodes.get(node) else {
            return;
        };
        let kinds = found.kinds.clone();
        let mut wanted: Vec<Reader> = Vec::new();
        for kind in &kinds {
            for reader in readers::of(kind) {
                if !wanted
                    .iter()
                    .any(|known| std::ptr::fn_addr_eq(*known, reader))
                {
                    wanted.push(reader);
                }
            }
        }
        if wanted.is_empty() {
            if kinds.iter().any(|kind| holds_files(kind)) {
                self.not_opened(node, NotOpened::Unsupported);
            }
            return;
        }
        // A text holds nothing: it may lie as deep as its container.
        let text = kinds.iter().all(|kind| readers::is_text(kind));
        let depth = if text { 0 } else { depth };
        self.read(node, blob, depth, place_in(&kinds), &wanted);
    }

    /// Looks for files that stand encoded in a letter's text, which some programs show as attached.
    pub(super) fn open_text(&mut self, node: usize, blob: &Blob, depth: u32) {
        self.read(node, blob, depth, Place::Archive, &[uuencode]);
    }

    fn read(&mut self, node: usize, blob: &Blob, depth: u32, place: Place, readers: &[Reader]) {
        if depth >= self.spending.limits.depth {
            let limit = u64::from(self.spending.limits.depth);
            let which = "depth";
            let seen = u64::from(depth) + 1;
            self.not_opened(node, NotOpened::Budget { which, limit, seen });
            return;
        }
        let source = Source::new(blob.clone());
        for reader in readers {
            if let Err(why) = self.spending.check() {
                self.not_opened(node, why);
                return;
            }
            let mut inside = Inside {
                opener: self,
                node,
                depth,
                place,
            };
            let read = catch_unwind(AssertUnwindSafe(|| reader(&mut inside, &source)));
            if let Err(why) = read.unwrap_or_else(panicked) {
                self.not_opened(node, why);
            }
        }
        if let Some(node) = self.tree.nodes.get_mut(node)
            && node.encrypted.known() != Some(&true)
        {
            node.encrypted = Fact::Known(false);
        }
    }

    /// Notes why a node is not opened, or not wholly; the first reason stays.
    pub(super) fn not_opened(&mut self, node: usize, why: NotOpened) {
        if let Some(node) = self.tree.nodes.get_mut(node) {
            node.not_opened.get_or_insert(why);
        }
    }

    /// Takes a piece of a node's text. Text without a letter or a digit is left out.
    ///
    /// # Errors
    /// When the budget for text ends.
    pub(super) fn text(&mut self, node: usize, span: Span) -> Result<(), NotOpened> {
        if !span.text.chars().any(char::is_alphanumeric) {
            return Ok(());
        }
        let size = span.text.len() as u64 + SPAN_COST;
        self.spending.take_text(size)?;
        self.tree.spans.push(Span { node, ..span });
        Ok(())
    }

    fn sign(&mut self, node: usize, id: &str) {
        let known = Trait::by_id(id);
        debug_assert!(known.is_some(), "no trait {id}");
        if let (Some(found), Some(node)) = (known, self.tree.nodes.get_mut(node))
            && !node.traits.contains(&found)
        {
            node.traits.push(found);
        }
    }
}

impl<'m> Inside<'_, 'm> {
    /// Hands on a member whose content is read from `content` to its end. A read error means that
    /// the member is damaged; what came before it is judged all the same.
    ///
    /// # Errors
    /// When the budget ends: the reader stops and returns it.
    pub(super) fn member(
        &mut self,
        member: Member,
        content: &mut dyn Read,
    ) -> Result<(), NotOpened> {
        let mut buffer = vec![0; COPY];
        let mut to = self.begin(member)?;
        loop {
            match content.read(&mut buffer) {
                Ok(0) => return to.finish(None),
                Ok(got) => {
                    if to.write_all(buffer.get(..got).unwrap_or_default()).is_err() {
                        return to.finish(None);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return to.finish(Some(NotOpened::Damaged)),
            }
        }
    }

    /// Hands on a member whose bytes lie in the container as they are: nothing is copied, if they lie
    /// together.
    ///
    /// # Errors
    /// When the budget ends: the reader stops and returns it.
    pub(super) fn piece(&mut self, member: Member, piece: &Source) -> Result<(), NotOpened> {
        if piece.is_mapped() {
            return self.member(member, &mut piece.cursor());
        }
        self.opener.spending.take_member()?;
        self.opener.spending.take_bytes(piece.len())?;
        match piece.to_blob() {
            Some(blob) => {
                self.found(member, &blob, None);
                self.opener.spending.check()
            }
            None => self.put(member, NotOpened::Damaged),
        }
    }

    /// Begins a member that is written to.
    ///
    /// # Errors
    /// When the budget ends: the reader stops and returns it.
    pub(super) fn begin(&mut self, member: Member) -> Result<Unpacking<'_, 'm>, NotOpened> {
        self.opener.spending.take_member()?;
        let writer = Some(self.opener.scratch.writer());
        // Borrowed anew, for the life of the member only.
        let inside = Inside {
            opener: &mut *self.opener,
            node: self.node,
            depth: self.depth,
            place: self.place,
        };
        Ok(Unpacking {
            inside,
            member,
            writer,
            stopped: None,
        })
    }

    /// Notes a member whose content is not to be had, and so the container as not wholly opened.
    ///
    /// # Errors
    /// When the budget ends: the reader stops and returns it.
    pub(super) fn closed(&mut self, member: Member, why: NotOpened) -> Result<(), NotOpened> {
        self.opener.spending.take_member()?;
        self.put(member, why)
    }

    fn put(&mut self, member: Member, why: NotOpened) -> Result<(), NotOpened> {
        let mut node = self.node_of(member);
        node.not_opened = Some(why.clone());
        if why == NotOpened::Encrypted {
            node.encrypted = Fact::Known(true);
        }
        self.opener.tree.nodes.push(node);
        letter_spans::names(self.opener, self.opener.tree.nodes.len() - 1);
        self.opener.not_opened(self.node, why);
        self.opener.spending.check()
    }

    /// Notes a finding about the container: an id of `facts/traits.rs`.
    pub(super) fn sign(&mut self, id: &str) {
        self.opener.sign(self.node, id);
    }

    /// Notes what was found inside the member that came last about the container too: where it is the
    /// container's own content, in the clear.
    pub(super) fn sign_as_content(&mut self) {
        let nodes = &self.opener.tree.nodes;
        let mut inner = nodes.iter().skip(self.node).rev();
        let content = inner.find(|node| node.parent == Some(self.node));
        let found = content.map(|node| node.traits.clone()).unwrap_or_default();
        let own = |found: &&&Trait| {
            matches!(found.group, Group::Macros | Group::Embedded | Group::Active)
        };
        for found in found.iter().filter(own) {
            self.opener.sign(self.node, found.id);
        }
    }

    /// Notes a kind that only the inside shows (a document with macros).
    pub(super) fn kind(&mut self, id: &str) {
        if let (Some(kind), Some(node)) =
            (Kind::by_id(id), self.opener.tree.nodes.get_mut(self.node))
            && !node.kinds.contains(&kind)
        {
            node.kinds.push(kind);
            node.kinds.sort_by_key(|kind| kind.class);
        }
    }

    /// Notes that what was taken for one kind is another, as the inside shows (a document with
    /// macros): nothing where it was not taken for it.
    pub(super) fn mend_kind(&mut self, from: &str, to: &str) {
        if let Some(node) = self.opener.tree.nodes.get_mut(self.node)
            && let Some(at) = node.kinds.iter().position(|kind| kind.id == from)
        {
            node.kinds.remove(at);
            self.kind(to);
        }
    }

    /// Notes that the container, or something in it, is encrypted. Whoever finds no password says
    /// so with [`Inside::closed`] or by returning [`NotOpened::Encrypted`].
    pub(super) fn encrypted(&mut self, cipher: Option<&'static str>) {
        if let Some(node) = self.opener.tree.nodes.get_mut(self.node) {
            node.encrypted = Fact::Known(true);
            node.cipher = node.cipher.or(cipher);
        }
    }

    /// Passwords that the message names, the likeliest first, no more than a few dozen; the same
    /// for all its containers.
    pub(super) fn passwords(&mut self) -> Rc<[String]> {
        let opener = &mut *self.opener;
        let found = opener
            .passwords
            .get_or_insert_with(|| password::candidates(opener.message).into());
        Rc::clone(found)
    }

    /// The budget, for memory and for work between members.
    pub(super) fn spending(&mut self) -> &mut Spending {
        &mut self.opener.spending
    }

    /// Where bodies of a message that lies inside can be kept.
    pub(super) fn spool(&self) -> Spool {
        self.opener.message.spool.clone()
    }

    /// The container itself.
    pub(super) fn container(&self) -> Option<&Node> {
        self.opener.tree.nodes.get(self.node)
    }

    /// Whether the container was found to be of this kind.
    pub(super) fn is_kind(&self, id: &str) -> bool {
        self.container()
            .is_some_and(|node| node.kinds.iter().any(|kind| kind.id == id))
    }

    /// Where the members stand, if not where the container's class says.
    pub(super) fn set_place(&mut self, place: Place) {
        self.place = place;
    }

    /// A mail message that lies inside: its parts become nodes, and are opened.
    ///
    /// # Errors
    /// When the budget ends: the reader stops and returns it.
    pub(super) fn message(&mut self, message: &Message) -> Result<(), NotOpened> {
        self.opener.spending.take_member()?;
        if let Some(node) = self.opener.tree.nodes.get_mut(self.node)
            && node.message
        {
            // An attached message is as large as what it holds.
            node.size = 0;
        }
        parts::add(self.opener, message, Some(self.node), self.depth + 1);
        self.opener.spending.check()
    }

    /// Gives names to what will be found in this container's members; answers those that held before.
    pub(super) fn name_inner(&mut self, names: HashMap<String, Vec<String>>) -> Option<Aliases> {
        let of = self.node;
        self.opener.aliases.replace(Aliases { of, names })
    }

    /// The names of the container around this one hold again.
    pub(super) fn names_of_outer(&mut self, around: Option<Aliases>) {
        self.opener.aliases = around;
    }

    /// Whether what documents say is wanted: readers of text do nothing otherwise.
    pub(super) fn wants_text(&self) -> bool {
        self.opener.needs.documents
    }

    /// Whether the file's text was handed on already, as the text of a letter's part.
    pub(super) fn is_told(&self) -> bool {
        self.opener.told == Some(self.node)
    }

    /// Whether digital signatures are wanted.
    pub(super) fn wants_signatures(&self) -> bool {
        self.opener.needs.signatures
    }

    /// Notes signatures on the file, and on those directly in it that were found since `from` nodes were known.
    pub(super) fn signed(&mut self, found: &[Signature], from: Option<usize>) {
        let container = self.node;
        if let Some(node) = self.opener.tree.nodes.get_mut(container) {
            node.signatures.extend_from_slice(found);
        }
        let inside = from.and_then(|from| self.opener.tree.nodes.get_mut(from..));
        for node in inside.unwrap_or_default() {
            if node.parent == Some(container) {
                node.signatures.extend_from_slice(found);
            }
        }
    }

    /// How many files are known by now.
    pub(super) fn known(&self) -> usize {
        self.opener.tree.nodes.len()
    }

    /// Hands on a piece of the file's text; `node` is filled in. Text without a letter or a digit is
    /// left out.
    ///
    /// # Errors
    /// When the budget for text ends: the reader stops and returns it.
    pub(super) fn text(&mut self, span: Span) -> Result<(), NotOpened> {
        self.opener.text(self.node, span)
    }

    /// The text of the container that was handed on so far.
    pub(super) fn own_spans(&self) -> impl Iterator<Item = &Span> {
        let spans = self.opener.tree.spans.iter();
        spans.filter(move |span| span.node == self.node)
    }

    /// The member's node, with what is known without its bytes.
    fn node_of(&self, member: Member) -> Node {
        let parent = self.container();
        let outer = parent.map_or("", |node| node.number.as_str());
        let path = member.names.first().map_or("", String::as_str);
        let mut number = String::with_capacity(outer.len() + path.len().min(LONG_PATH) + 1);
        // Of a very long way down only the part's own number and the last name are kept.
        match outer.split_once('/') {
            Some((part, _)) if outer.len() > LONG_PATH => {
                number.push_str(part);
                number.push_str("/…");
            }
            _ => number.push_str(outer),
        }
        number.push('/');
        number.push_str(end_of(path.trim_start_matches('/'), LONG_PATH));
        let mut names: Vec<String> = Vec::new();
        let aliases = self.opener.aliases.as_ref();
        let aliases =
            aliases.filter(|known| parent.is_some_and(|node| node.parent == Some(known.of)));
        let given = aliases.and_then(|known| known.names.get(member.names.first()?));
        for path in member.names.iter().chain(given.into_iter().flatten()) {
            let name = end_of(last_piece(path), LONG_PATH);
            if !name.is_empty() && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        Node {
            part: parent.map_or(0, |node| node.part),
            number,
            parent: Some(self.node),
            place: self.place,
            role: FileRole::Attachment,
            message: false,
            name: names.first().cloned(),
            names,
            declared_type: String::new(),
            kinds: Vec::new(),
            size: member.declared,
            sha256: [0; 32],
            encrypted: Fact::Known(member.cipher.is_some()),
            cipher: member.cipher,
            traits: member
                .traits
                .iter()
                .filter_map(|id| Trait::by_id(id))
                .collect(),
            not_opened: None,
            signatures: Vec::new(),
        }
    }

    /// A member's bytes are there: a node, and what is inside it.
    fn found(&mut self, member: Member, blob: &Blob, why: Option<NotOpened>) {
        let mut node = self.node_of(member);
        node.size = blob.size;
        node.sha256 = blob.sha256;
        let (kinds, encrypted) = super::bytes_say(&node.names, blob, false);
        // A member that its container kept encrypted stays so, whatever its own bytes are.
        if node.encrypted != Fact::Known(true) {
            node.encrypted = encrypted;
        }
        node.kinds = kinds;
        node.message = node.kinds.iter().any(|kind| kind.id == "eml");
        if let Some(why) = why {
            node.not_opened = Some(why.clone());
            self.opener.not_opened(self.node, why);
        }
        let index = self.opener.tree.nodes.len();
        self.opener.tree.nodes.push(node);
        letter_spans::names(self.opener, index);
        self.opener.open(index, blob, self.depth + 1);
    }
}

impl Unpacking<'_, '_> {
    /// Whether the budget goes on. Readers that wait for bytes call it.
    ///
    /// # Errors
    /// When it has ended: the member is finished, and nothing else begun.
    pub(super) fn check(&mut self) -> Result<(), NotOpened> {
        self.inside.opener.spending.check()
    }

    /// The member is whole, or ends here for a reason of its format. Its node is made and opened.
    ///
    /// # Errors
    /// When the budget ends: the reader stops and returns it.
    pub(super) fn finish(mut self, why: Option<NotOpened>) -> Result<(), NotOpened> {
        let Some(writer) = self.writer.take() else {
            return Ok(());
        };
        let opener = &mut *self.inside.opener;
        let blob = opener.scratch.finish(writer);
        let why = self.stopped.take().or(why);
        self.inside
            .found(std::mem::take(&mut self.member), &blob, why);
        let opener = &mut *self.inside.opener;
        opener.scratch.release(&blob);
        opener.spending.check()
    }
}

impl Write for Unpacking<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.stopped.is_some() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let spending = &mut self.inside.opener.spending;
        let Some(writer) = self.writer.as_mut() else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let after = writer.size().saturating_add(bytes.len() as u64);
        let ratio = spending.limits.ratio;
        if let Some(packed) = self.member.packed
            && after > RATIO_FROM
            && after / packed.max(1) > ratio
        {
            self.stopped = Some(NotOpened::Budget {
                which: "ratio",
                limit: ratio,
                seen: after / packed.max(1),
            });
            return Err(io::ErrorKind::StorageFull.into());
        }
        if let Err(why) = spending.take_bytes(bytes.len() as u64) {
            self.stopped = Some(why);
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.inside.opener.scratch.write(writer, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A reader that panics has met damage; the rest of the message goes on. In tests it fails the test.
fn panicked(panic: Box<dyn Any + Send>) -> Result<(), NotOpened> {
    if cfg!(test) {
        resume_unwind(panic);
    }
    Err(NotOpened::Damaged)
}

/// Where members of a container of these kinds stand.
fn place_in(kinds: &[&'static Kind]) -> Place {
    let is = |class: Class| kinds.iter().any(|kind| kind.class == class);
    if is(Class::Archive) || is(Class::DiskImage) || is(Class::Executable) {
        Place::Archive
    } else if is(Class::Message) {
        Place::Message
    } else {
        Place::Document
    }
}

/// The last piece of a path, whichever slash it uses.
fn last_piece(path: &str) -> &str {
    let path = path.trim_end_matches(['/', '\\']);
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The end of a text, where its extension stands: at most `limit` bytes.
fn end_of(text: &str, limit: usize) -> &str {
    let mut start = text.len().saturating_sub(limit);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or_default()
}

/// Bytes of a path or a name that are kept.
const LONG_PATH: usize = 1024;
/// What a piece of text counts beside its bytes: a million empty cells cost memory too.
const SPAN_COST: u64 = 64;
/// Bytes that are copied at once.
const COPY: usize = 64 << 10;
