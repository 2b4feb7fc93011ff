//! What the reader of a format sees of the road: the container that it reads, and the ways to hand on what it
//! finds there.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    rc::Rc,
};

use super::{
    Aliases, Opener,
    unpacking::{Member, Unpacking},
};
use crate::{
    content::{Node, Span, budget::Spending, letter_spans, parts, password, source::Source},
    facts::{Fact, FileRole, Group, Kind, NotOpened, Place, Signature, Trait},
    message::{Blob, Message, Spool},
};

/// The inside of one container, for the reader of its format.
pub(in crate::content) struct Inside<'o, 'm> {
    pub(super) opener: &'o mut Opener<'m>,
    pub(super) node: usize,
    pub(super) depth: u32,
    pub(super) place: Place,
}

impl<'m> Inside<'_, 'm> {
    /// Hands on a member whose content is read from `content` to its end. A read error means that
    /// the member is damaged; what came before it is judged all the same.
    ///
    /// # Errors
    /// When the budget ends: the reader stops and returns it.
    pub(in crate::content) fn member(
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
    pub(in crate::content) fn piece(
        &mut self,
        member: Member,
        piece: &Source,
    ) -> Result<(), NotOpened> {
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
    pub(in crate::content) fn begin(
        &mut self,
        member: Member,
    ) -> Result<Unpacking<'_, 'm>, NotOpened> {
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
    pub(in crate::content) fn closed(
        &mut self,
        member: Member,
        why: NotOpened,
    ) -> Result<(), NotOpened> {
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
    pub(in crate::content) fn sign(&mut self, id: &str) {
        self.opener.sign(self.node, id);
    }

    /// Notes what was found inside the member that came last about the container too: where it is the
    /// container's own content, in the clear.
    pub(in crate::content) fn sign_as_content(&mut self) {
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
    pub(in crate::content) fn kind(&mut self, id: &str) {
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
    pub(in crate::content) fn mend_kind(&mut self, from: &str, to: &str) {
        if let Some(node) = self.opener.tree.nodes.get_mut(self.node)
            && let Some(at) = node.kinds.iter().position(|kind| kind.id == from)
        {
            node.kinds.remove(at);
            self.kind(to);
        }
    }

    /// Notes that the container, or something in it, is encrypted. Whoever finds no password says
    /// so with [`Inside::closed`] or by returning [`NotOpened::Encrypted`].
    pub(in crate::content) fn encrypted(&mut self, cipher: Option<&'static str>) {
        if let Some(node) = self.opener.tree.nodes.get_mut(self.node) {
            node.encrypted = Fact::Known(true);
            node.cipher = node.cipher.or(cipher);
        }
    }

    /// Passwords that the message names, the likeliest first, no more than a few dozen; the same
    /// for all its containers.
    pub(in crate::content) fn passwords(&mut self) -> Rc<[String]> {
        let opener = &mut *self.opener;
        let found = opener
            .passwords
            .get_or_insert_with(|| password::candidates(opener.message).into());
        Rc::clone(found)
    }

    /// The budget, for memory and for work between members.
    pub(in crate::content) fn spending(&mut self) -> &mut Spending {
        &mut self.opener.spending
    }

    /// Where bodies of a message that lies inside can be kept.
    pub(in crate::content) fn spool(&self) -> Spool {
        self.opener.message.spool.clone()
    }

    /// The container itself.
    pub(in crate::content) fn container(&self) -> Option<&Node> {
        self.opener.tree.nodes.get(self.node)
    }

    /// Whether the container was found to be of this kind.
    pub(in crate::content) fn is_kind(&self, id: &str) -> bool {
        self.container()
            .is_some_and(|node| node.kinds.iter().any(|kind| kind.id == id))
    }

    /// Where the members stand, if not where the container's class says.
    pub(in crate::content) fn set_place(&mut self, place: Place) {
        self.place = place;
    }

    /// A mail message that lies inside: its parts become nodes, and are opened.
    ///
    /// # Errors
    /// When the budget ends: the reader stops and returns it.
    pub(in crate::content) fn message(&mut self, message: &Message) -> Result<(), NotOpened> {
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
    pub(in crate::content) fn name_inner(
        &mut self,
        names: HashMap<String, Vec<String>>,
    ) -> Option<Aliases> {
        let of = self.node;
        self.opener.aliases.replace(Aliases { of, names })
    }

    /// The names of the container around this one hold again.
    pub(in crate::content) fn names_of_outer(&mut self, around: Option<Aliases>) {
        self.opener.aliases = around;
    }

    /// Whether what documents say is wanted: readers of text do nothing otherwise.
    pub(in crate::content) fn wants_text(&self) -> bool {
        self.opener.needs.documents
    }

    /// Whether the file's text was handed on already, as the text of a letter's part.
    pub(in crate::content) fn is_told(&self) -> bool {
        self.opener.told == Some(self.node)
    }

    /// Whether digital signatures are wanted.
    pub(in crate::content) fn wants_signatures(&self) -> bool {
        self.opener.needs.signatures
    }

    /// Notes signatures on the file, and on those directly in it that were found since `from` nodes were known.
    pub(in crate::content) fn signed(&mut self, found: &[Signature], from: Option<usize>) {
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
    pub(in crate::content) fn known(&self) -> usize {
        self.opener.tree.nodes.len()
    }

    /// Hands on a piece of the file's text; `node` is filled in. Text without a letter or a digit is
    /// left out.
    ///
    /// # Errors
    /// When the budget for text ends: the reader stops and returns it.
    pub(in crate::content) fn text(&mut self, span: Span) -> Result<(), NotOpened> {
        self.opener.text(self.node, span)
    }

    /// The text of the container that was handed on so far.
    pub(in crate::content) fn own_spans(&self) -> impl Iterator<Item = &Span> {
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
    pub(super) fn found(&mut self, member: Member, blob: &Blob, why: Option<NotOpened>) {
        let mut node = self.node_of(member);
        node.size = blob.size;
        node.sha256 = blob.sha256;
        let (kinds, encrypted) = crate::content::bytes_say(&node.names, blob, false);
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
/// Bytes that are copied at once.
const COPY: usize = 64 << 10;
