//! The files of an image, as its trees tell of them.

use std::collections::{HashMap, HashSet};

use crate::{
    content::{
        archive,
        budget::Held,
        opener::{Inside, Member},
        source::{Run, Source},
    },
    facts::NotOpened,
};

/// What the walk of an image finds. Bounded: by the entries that are looked at, and by the budget's
/// members.
pub(super) struct Files {
    list: Vec<File>,
    /// Where each file stands in the list, by where its bytes lie.
    known: HashMap<(Vec<Run>, u64), usize>,
    /// Folders that were walked.
    folders: HashSet<(u64, u64)>,
    /// Entries that may still be looked at.
    entries: u64,
    members: u64,
    /// Memory that all this takes.
    held: Vec<Held>,
    bytes: u64,
}

/// A file of an image.
pub(super) struct File {
    /// Its paths: every name that a tree has for it.
    names: Vec<String>,
    content: Content,
}

/// Where a file's bytes are.
pub(super) enum Content {
    /// In these places; where they hold less than the size, the rest is missing.
    Runs(Vec<Run>, u64),
    /// In these bytes.
    Bytes(Vec<u8>),
    /// Not to be had: why, and its size.
    Closed(NotOpened, u64),
}

impl Files {
    pub(super) fn new(inside: &mut Inside<'_, '_>) -> Self {
        let members = inside.spending().limits.members;
        Self {
            list: Vec::new(),
            known: HashMap::new(),
            folders: HashSet::new(),
            entries: members.saturating_mul(ENTRIES).saturating_add(1000),
            members,
            held: Vec::new(),
            bytes: 0,
        }
    }

    /// Takes memory for what is kept until the end of the walk.
    ///
    /// # Errors
    /// When the budget does not allow it.
    pub(super) fn keep(
        &mut self,
        inside: &mut Inside<'_, '_>,
        bytes: u64,
    ) -> Result<(), NotOpened> {
        self.bytes = self.bytes.saturating_add(bytes);
        while self.bytes > self.held.len() as u64 * STEP {
            self.held.push(inside.spending().hold(STEP)?);
        }
        Ok(())
    }

    /// Takes one entry of a folder or a table, whatever becomes of it.
    ///
    /// # Errors
    /// When there are more than a message may have, or no time is left.
    pub(super) fn entry(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), NotOpened> {
        inside.spending().check()?;
        match self.entries.checked_sub(1) {
            Some(left) if self.list.len() as u64 <= self.members => {
                self.entries = left;
                Ok(())
            }
            _ => Err(NotOpened::Budget {
                which: "members",
                limit: self.members,
                seen: self.members.saturating_add(1),
            }),
        }
    }

    /// Whether a folder, by its place in a tree, was not walked before.
    pub(super) fn is_new_folder(&mut self, tree: u64, place: u64) -> bool {
        self.folders.insert((tree, place))
    }

    /// Adds a file by a path of it. A file that is known by another path gets a further name.
    ///
    /// # Errors
    /// When the budget allows no more memory for what was found.
    pub(super) fn add(
        &mut self,
        inside: &mut Inside<'_, '_>,
        mut names: Vec<String>,
        content: Content,
    ) -> Result<(), NotOpened> {
        let names_len = names.iter().fold(0, |sum, name| sum + name.len() + 24);
        let content_len = match &content {
            // As a file, and to know it again.
            Content::Runs(runs, _) => runs.len().saturating_mul(2 * size_of::<Run>()),
            Content::Bytes(bytes) => bytes.len(),
            Content::Closed(..) => 0,
        };
        self.keep(
            inside,
            names_len.saturating_add(content_len).saturating_add(128) as u64,
        )?;
        if let Content::Runs(runs, size) = &content
            && *size > 0
        {
            match self.known.get(&(runs.clone(), *size)) {
                Some(index) => {
                    if let Some(file) = self.list.get_mut(*index) {
                        names.retain(|name| !file.names.contains(name));
                        names.truncate(NAMES.saturating_sub(file.names.len()));
                        file.names.append(&mut names);
                    }
                    return Ok(());
                }
                None => {
                    self.known.insert((runs.clone(), *size), self.list.len());
                }
            }
        }
        self.list.push(File { names, content });
        Ok(())
    }

    /// Hands on what was found.
    ///
    /// # Errors
    /// When the budget ends.
    pub(super) fn hand_out(
        self,
        inside: &mut Inside<'_, '_>,
        source: &Source,
    ) -> Result<(), NotOpened> {
        let mut names = archive::Names::default();
        for file in self.list {
            let mut member = Member {
                names: file.names,
                ..Member::default()
            };
            member.traits = names.traits(&member.names);
            match file.content {
                Content::Runs(mut runs, size) => {
                    let mut missing = size;
                    for run in &mut runs {
                        run.len = run.len.min(missing);
                        missing = missing.saturating_sub(run.len);
                    }
                    // Leads to nothing: the file ends there, damaged.
                    let at = Some(u64::MAX);
                    runs.push(Run { len: missing, at });
                    inside.piece(member, &source.mapped(runs))?;
                }
                Content::Bytes(bytes) => inside.member(member, &mut bytes.as_slice())?,
                Content::Closed(why, declared) => {
                    member.declared = declared;
                    if why == NotOpened::Encrypted {
                        inside.encrypted(Some("efs"));
                        member.cipher = Some("efs");
                    }
                    inside.closed(member, why)?;
                }
            }
        }
        Ok(())
    }
}

/// Entries that are looked at, for each member that is allowed: an image may name a file in several
/// trees.
const ENTRIES: u64 = 16;
/// Bytes of memory that are taken at once.
const STEP: u64 = 256 << 10;
/// Names of one file that are kept.
const NAMES: usize = 16;
