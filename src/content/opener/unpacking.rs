//! A member of a container: what its format says of it, and the place where it is unpacked to.

use std::io::{self, Write};

use super::Inside;
use crate::{content::budget::RATIO_FROM, facts::NotOpened, message::ScratchWriter};

/// A member of a container, as its format describes it.
#[derive(Clone, Debug, Default)]
pub(in crate::content) struct Member {
    /// Its path in the container, in all readings, the one that most programs show first; none
    /// where it has no name (the content of a `.gz`).
    pub(in crate::content) names: Vec<String>,
    /// Bytes of its packed form, where the format says it: the ratio is counted from it.
    pub(in crate::content) packed: Option<u64>,
    /// Bytes that it has, as the format says: shown where it is not unpacked.
    pub(in crate::content) declared: u64,
    /// How it is encrypted; none: not.
    pub(in crate::content) cipher: Option<&'static str>,
    /// Findings about it: ids of `facts/traits.rs`.
    pub(in crate::content) traits: Vec<&'static str>,
}

impl Member {
    /// A member with one reading of its name.
    pub(in crate::content) fn named(name: impl Into<String>) -> Self {
        Self {
            names: vec![name.into()],
            ..Self::default()
        }
    }
}

/// A member that is written to. Writing fails where the budget ends; [`Unpacking::finish`] says so.
pub(in crate::content) struct Unpacking<'i, 'm> {
    pub(super) inside: Inside<'i, 'm>,
    pub(super) member: Member,
    pub(super) writer: Option<ScratchWriter>,
    /// Why no more of it is taken.
    pub(super) stopped: Option<NotOpened>,
}

impl Unpacking<'_, '_> {
    /// Whether the budget goes on. Readers that wait for bytes call it.
    ///
    /// # Errors
    /// When it has ended: the member is finished, and nothing else begun.
    pub(in crate::content) fn check(&mut self) -> Result<(), NotOpened> {
        self.inside.opener.spending.check()
    }

    /// The member is whole, or ends here for a reason of its format. Its node is made and opened.
    ///
    /// # Errors
    /// When the budget ends: the reader stops and returns it.
    pub(in crate::content) fn finish(mut self, why: Option<NotOpened>) -> Result<(), NotOpened> {
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
