//! The one road on which everything is opened: files become nodes, containers are handed to the
//! readers of their formats, and what those find comes back as members, depth first, within the
//! budget.
//!
//! A reader knows one format. It gets an [`Inside`] and a [`Source`], and hands on each member with
//! [`Inside::member`] (to be drained), [`Inside::piece`] (bytes that lie in the container as they
//! are), [`Inside::begin`] (to be written to) or [`Inside::closed`] (known, but not to be had).

mod inside;
mod unpacking;

pub(super) use inside::Inside;
pub(super) use unpacking::Member;

use std::{
    any::Any,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
    sync::Arc,
};

use super::{
    Needs, Span, Tree,
    archive::uuencode::uuencode,
    budget::{Budget, Gate, Spending},
    holds_files,
    readers::{self, Reader},
    source::Source,
};
use crate::{
    facts::{Class, Fact, Kind, NotOpened, Place, Trait},
    message::{Blob, Message, Scratch},
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

/// What a piece of text counts beside its bytes: a million empty cells cost memory too.
const SPAN_COST: u64 = 64;
