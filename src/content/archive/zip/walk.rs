//! Walks through an archive: first what the central directory lists, compared with the local headers;
//! then the local headers that no directory names. Every member is handed on, or closed for a reason.

use std::{
    cell::Cell,
    collections::HashSet,
    io::{self, BufRead, Read},
    rc::Rc,
};

use super::{
    Review, Treat,
    crypto::Keys,
    directory::{Directory, Entry, find},
    member::{data_differs, member},
    methods::{self, Content},
    record::{CENTRAL, Header, LOCAL, u32_at, u64_at},
};
use crate::{
    content::{
        budget::RATIO_FROM,
        kinds::{self, Sample},
        opener::{Inside, Member},
        source::{Cursor, Source},
    },
    facts::{Kind, NotOpened},
};

/// One archive, as it is walked through.
pub(super) struct Walk<'w, 'i, 'm> {
    inside: &'w mut Inside<'i, 'm>,
    source: &'w Source,
    review: Option<&'w mut dyn Review>,
    keys: Keys,
    /// Names that were handed on.
    seen: HashSet<Vec<u8>>,
    /// Pieces of the file whose meaning is known: start and end.
    taken: Vec<(u64, u64)>,
    damaged: bool,
}

impl<'w, 'i, 'm> Walk<'w, 'i, 'm> {
    pub(super) fn new(
        inside: &'w mut Inside<'i, 'm>,
        source: &'w Source,
        review: Option<&'w mut dyn Review>,
    ) -> Self {
        let keys = Keys::new(inside.passwords());
        Self {
            inside,
            source,
            review,
            keys,
            seen: HashSet::new(),
            taken: Vec::new(),
            damaged: false,
        }
    }

    /// Hands on everything.
    ///
    /// # Errors
    /// When the budget ends; when the archive is damaged or its directory is encrypted.
    pub(super) fn run(mut self) -> Result<(), NotOpened> {
        let directory = Directory::read(self.source, self.inside.spending())?;
        if directory.encrypted {
            self.inside.encrypted(None);
        }
        if directory.volume || self.is_named_volume() {
            self.inside.sign("volume");
        }
        self.taken.extend_from_slice(&directory.taken);
        // Before the members: those of a bomb end the budget.
        if directory.overlaps() {
            self.inside.sign("lying-header");
        }
        for entry in &directory.entries {
            self.entry(entry)?;
        }
        self.surroundings(&directory);
        let listed = directory.ends && !(directory.entries.is_empty() && directory.damaged);
        self.gaps(listed)?;
        if directory.encrypted {
            return Err(NotOpened::Encrypted);
        }
        if self.damaged || directory.damaged || !directory.ends {
            return Err(NotOpened::Damaged);
        }
        Ok(())
    }

    /// A member that a directory lists.
    fn entry(&mut self, entry: &Entry) -> Result<(), NotOpened> {
        let central = &entry.header;
        self.inside.spending().check()?;
        let local = entry.at.and_then(|at| {
            let header = Header::local(self.source, at)?;
            Some((at, header))
        });
        let Some((at, local)) = local else {
            if central.is_folder() {
                return Ok(());
            }
            let mut member = member(central, None);
            if central.disk > 0 {
                self.inside.sign("volume");
            }
            self.signs(&mut member, central, entry.hidden);
            return self.inside.closed(member, NotOpened::Damaged);
        };
        let start = at.saturating_add(local.len);
        let differs = data_differs(central, &local);
        // Behind a lying header both ends are looked at.
        let packed = if differs && !local.sizes_follow() {
            central.packed.min(local.packed)
        } else {
            central.packed
        };
        self.taken.push((at, start.saturating_add(packed)));
        if !central.is_folder() {
            let mut member = member(central, Some(&local));
            self.signs(&mut member, central, entry.hidden);
            // The keys' check may need the local header's time.
            let header = Header {
                time: local.time,
                flags: central.flags | local.flags & 8,
                ..central.clone()
            };
            self.hand(member, &header, &self.source.piece(start, central.packed))?;
        }
        if differs && !local.is_folder() && !(local.sizes_follow() && local.packed == 0) {
            let mut member = member(&local, Some(central));
            self.signs(&mut member, &local, entry.hidden);
            self.hand(member, &local, &self.source.piece(start, local.packed))?;
        }
        Ok(())
    }

    /// What the place of a member in the archive says of it.
    fn signs(&mut self, member: &mut Member, header: &Header, hidden: bool) {
        if hidden {
            member.traits.push("hidden-member");
        }
        if !self.seen.insert(header.name.clone()) && !member.traits.contains(&"lying-header") {
            member.traits.push("duplicate-name");
        }
    }

    /// Hands on a member whose packed bytes are `data`.
    fn hand(&mut self, member: Member, header: &Header, data: &Source) -> Result<(), NotOpened> {
        let cut = data.len() < header.packed;
        let name = member.names.first().map_or("", String::as_str);
        let treat = self.review.as_mut().map(|review| review.member(name));
        if header.is_encrypted() {
            self.inside.encrypted(header.cipher());
            let spending = self.inside.spending();
            let Some(packed) = self.keys.open(header, data, spending)? else {
                return self.inside.closed(member, NotOpened::Encrypted);
            };
            let sum = header.aes.is_none_or(|aes| aes.version == 1);
            let content = Content::new(packed, header, sum.then_some(header.crc), spending);
            return self.content(member, content);
        }
        if let Some(Treat::Encrypted(cipher)) = treat {
            let cipher = Some(cipher);
            return self
                .inside
                .closed(Member { cipher, ..member }, NotOpened::Encrypted);
        }
        // What the archive's own records make odd is never harmless.
        if treat == Some(Treat::Look) && member.traits.is_empty() && !cut {
            let spending = self.inside.spending();
            spending.take_member()?;
            let content = Content::new(data.cursor(), header, Some(header.crc), spending);
            if let Ok(mut content) = content
                && self.is_harmless(&member, &mut content)?
            {
                return Ok(());
            }
        }
        if header.method == 0 && !cut && self.sum_fits(header, data)? {
            return self.inside.piece(member, data);
        }
        let spending = self.inside.spending();
        let content = Content::new(data.cursor(), header, Some(header.crc), spending);
        self.content(member, content)
    }

    fn content(
        &mut self,
        member: Member,
        content: Result<Content<'_>, NotOpened>,
    ) -> Result<(), NotOpened> {
        match content {
            Ok(mut content) => self.inside.member(member, &mut content),
            Err(why) => self.inside.closed(member, why),
        }
    }

    fn sum_fits(&mut self, header: &Header, data: &Source) -> Result<bool, NotOpened> {
        let mut crc = flate2::Crc::new();
        let mut cursor = data.cursor();
        while let Ok(bytes) = cursor.fill_buf() {
            let len = bytes.len();
            if len == 0 {
                return Ok(crc.sum() == header.crc);
            }
            crc.update(bytes);
            cursor.consume(len);
            self.inside.spending().check()?;
        }
        Ok(false)
    }

    /// Shows a member's content to the reviewer: whether it says that it need not be handed on.
    fn is_harmless(
        &mut self,
        member: &Member,
        content: &mut Content<'_>,
    ) -> Result<bool, NotOpened> {
        let Some(review) = self.review.as_mut() else {
            return Ok(false);
        };
        let mut look = Look::default();
        let mut buffer = vec![0; 64 << 10];
        loop {
            let got = match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(got) => got,
                Err(_) => return Ok(false),
            };
            let bytes = buffer.get(..got).unwrap_or_default();
            self.inside.spending().take_bytes(got as u64)?;
            look.add(bytes);
            review.content(bytes);
            let packed = member.packed.unwrap_or(look.size).max(1);
            if look.size > RATIO_FROM && look.size / packed > self.inside.spending().limits.ratio {
                return Ok(false);
            }
        }
        let kinds = look.kinds(&member.names);
        Ok(review.is_harmless(&kinds, look.size))
    }

    /// What stands before and behind the archive.
    fn surroundings(&mut self, directory: &Directory) {
        self.taken.sort_unstable();
        let until = self.taken.iter().map(|(_, end)| *end).max().unwrap_or(0);
        if !directory.ends {
            return;
        }
        let first = self.taken.first().map_or(0, |(start, _)| *start);
        let mark = first == 4 && self.source.bytes(0, 2).is_some_and(|mark| mark == b"PK");
        // The last volume begins in the middle of a member.
        if first > 0 && !mark && !directory.volume {
            let program = PROGRAMS.iter().any(|id| self.inside.is_kind(id));
            self.inside.sign(if program {
                "self-extracting"
            } else {
                "prefix-data"
            });
        }
        // Line ends and zeros are what mail programs and tapes add.
        let rest = self.source.up_to(until, TRAILING);
        if rest.iter().any(|byte| !matches!(byte, 0 | b'\r' | b'\n')) {
            self.inside.sign("trailing-data");
        }
    }

    /// Looks for local headers in what nothing is known of. Where a directory was found, they are
    /// hidden; where none was (the end is cut off), they are the archive.
    fn gaps(&mut self, listed: bool) -> Result<(), NotOpened> {
        let mut gaps = Vec::new();
        let mut until = 0;
        for (start, end) in &self.taken {
            if *start > until {
                gaps.push((until, *start));
            }
            until = until.max(*end);
        }
        gaps.push((until, self.source.len()));
        let mut signs = 0;
        for (mut at, end) in gaps {
            while let Some(hit) = find(self.source, at, end, LOCAL) {
                signs += 1;
                if signs > SIGNS {
                    self.damaged = true;
                    return Ok(());
                }
                self.inside.spending().check()?;
                at = match self.real(hit, end, listed) {
                    Some(header) => self.unlisted(&header, hit, end, listed)?.max(hit + 4),
                    None => hit + 1,
                };
            }
        }
        Ok(())
    }

    /// The local header that stands here, if it is one and not just its sign.
    fn real(&self, at: u64, end: u64, listed: bool) -> Option<Header> {
        let header = Header::local(self.source, at)?;
        let data = at.checked_add(header.len)?;
        let fits = data <= end && data.checked_add(header.packed)? <= self.source.len();
        let named = header.name.first().is_some_and(|first| *first >= b' ');
        let fits = fits || !listed || header.sizes_follow();
        (named && fits && methods::is_known(header.method)).then_some(header)
    }

    /// A member that no directory lists. Gives where it ends.
    fn unlisted(
        &mut self,
        header: &Header,
        at: u64,
        end: u64,
        listed: bool,
    ) -> Result<u64, NotOpened> {
        let start = at.saturating_add(header.len);
        let unknown = header.sizes_follow() && matches!(header.packed, 0 | 0xffff_ffff);
        if header.is_folder() && !unknown {
            return Ok(start.saturating_add(header.packed));
        }
        let mut member = member(header, None);
        self.signs(&mut member, header, listed);
        if !unknown {
            let data = self.source.piece(start, header.packed);
            self.hand(member, header, &data)?;
            return Ok(start.saturating_add(header.packed));
        }
        if header.method == 8 && !header.is_encrypted() {
            // Deflated data knows its own end.
            let used = Rc::new(Cell::new(0));
            let counted = Counted {
                from: self.source.piece(start, end.saturating_sub(start)).cursor(),
                used: Rc::clone(&used),
            };
            member.packed = None;
            let content = Content::new(counted, header, None, self.inside.spending());
            self.content(member, content)?;
            return Ok(start.saturating_add(used.get()));
        }
        let (packed, crc) = self.described(start, end);
        let header = Header {
            packed,
            crc: crc.unwrap_or(header.crc),
            ..header.clone()
        };
        member.packed = Some(packed);
        let data = self.source.piece(start, packed);
        self.hand(member, &header, &data)?;
        Ok(start.saturating_add(packed))
    }

    /// Size and checksum of data that begins here, by the data descriptor behind it (4.3.9); without
    /// one it ends before the next header.
    fn described(&self, start: u64, end: u64) -> (u64, Option<u32>) {
        let mut from = start;
        for _ in 0..DESCRIPTORS {
            let Some(at) = find(self.source, from, end, DESCRIPTOR) else {
                break;
            };
            let found = self.source.up_to(at, 24);
            let len = at - start;
            let narrow = u32_at(&found, 8).map(u64::from) == Some(len);
            if narrow || u64_at(&found, 8) == Some(len) {
                return (len, u32_at(&found, 4));
            }
            from = at + 1;
        }
        let next = [LOCAL, CENTRAL].map(|sign| find(self.source, start, end, sign));
        let until = next.into_iter().flatten().min().unwrap_or(end);
        (until.saturating_sub(start), None)
    }

    /// `a.zip.001`, `a.z01`: pieces of an archive that was cut.
    fn is_named_volume(&self) -> bool {
        let names = self.inside.container().map_or(&[][..], |node| &node.names);
        names.iter().any(|name| {
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
            let digits = extension.strip_prefix(['z', 'Z']).unwrap_or(extension);
            (2..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
    }
}

/// The ends of a content, which tell its kind.
#[derive(Default)]
struct Look {
    head: Vec<u8>,
    tail: Vec<u8>,
    size: u64,
}

impl Look {
    fn add(&mut self, bytes: &[u8]) {
        let room = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head
            .extend_from_slice(bytes.get(..room).unwrap_or_default());
        let last = bytes.len().saturating_sub(TAIL);
        self.tail
            .extend_from_slice(bytes.get(last..).unwrap_or_default());
        let over = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..over);
        self.size = self.size.saturating_add(bytes.len() as u64);
    }

    fn kinds(&self, names: &[String]) -> Vec<&'static Kind> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        kinds::kinds(&Sample {
            head: &self.head,
            tail: &self.tail,
            size: self.size,
            names: &names,
            body: false,
            reader: None,
        })
    }
}

/// Counts what a decoder takes.
struct Counted {
    from: Cursor,
    used: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.from.read(into)?;
        self.used.set(self.used.get().saturating_add(got as u64));
        Ok(got)
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.from.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.used.set(self.used.get().saturating_add(amount as u64));
        self.from.consume(amount);
    }
}

const DESCRIPTOR: &[u8] = b"PK\x07\x08";
/// Signs of local headers, and of descriptors, that are looked at and may turn out to be none.
const SIGNS: u32 = 20_000;
const DESCRIPTORS: u32 = 1000;
/// Bytes behind the archive that are looked at.
const TRAILING: usize = 64 << 10;
/// Bytes of a content's ends.
const HEAD: usize = 64 << 10;
const TAIL: usize = 4 << 10;
/// Kinds of programs that an archive may stand behind.
const PROGRAMS: &[&str] = &[
    "pe",
    "dos-ne",
    "dos-le",
    "dos-mz",
    "elf",
    "mach-o",
    "script-sh",
];
