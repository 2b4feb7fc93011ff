//! RAR archives: RAR 5, RAR 1.5 to 4 and RAR 1.4, also behind a program that unpacks them.
//!
//! `headers.rs` walks the headers itself, so that names are known where nothing can be unpacked.
//! What is stored lies there as it is; what is packed is unpacked by `rars` (`unpack.rs`).

pub(in crate::content) mod headers;
#[cfg(test)]
mod tests;
mod unpack;

use std::{collections::HashSet, io::Write as _, time::Instant};

use rars::ErrorKind;

use super::fields::{sign_prefix, sign_trailing, with_path_traits};
use crate::{
    content::{
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};
use headers::{Entry, Walk};
use unpack::{Limits, Sign, why};

/// Opens a RAR archive.
pub(in crate::content) fn rar(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let start = start(source).ok_or(NotOpened::Damaged)?;
    sign_prefix(inside, start);
    let source = source.piece(start, source.len());
    let most = usize::try_from(inside.spending().limits.members).unwrap_or(usize::MAX);
    let mut walk = headers::walk(&source, most.saturating_add(1));
    if walk.volume {
        inside.sign("volume");
    }
    if let Some(end) = walk.end.filter(|_| start == 0) {
        sign_trailing(inside, &source, end);
    }
    let memory = inside.spending().memory_left();
    let mut password = None;
    if walk.hidden {
        inside.encrypted(Some(if walk.five { "aes-256" } else { "aes-128" }));
        let found = with_password(inside, &source, &walk, Limits { memory })?;
        let (fitting, entries) = found.ok_or(NotOpened::Encrypted)?;
        walk.entries = entries;
        password = Some(fitting);
        walk.sound = true;
    } else if source.up_to(0, 4) == headers::SIGN_OLD {
        let limits = Limits { memory };
        match unpack::entries(inside, &source, None, limits)? {
            Ok(entries) => walk.entries = entries,
            Err(kind) => return Err(why(kind)),
        }
        walk.sound = true;
    }
    members(inside, &source, &walk, password)?;
    match walk.sound {
        true => Ok(()),
        false => Err(NotOpened::Damaged),
    }
}

/// Where the archive begins.
fn start(source: &Source) -> Option<u64> {
    let head = source.up_to(0, SEARCH);
    if head.starts_with(b"Rar!\x1a\x07") || head.starts_with(headers::SIGN_OLD) {
        return Some(0);
    }
    memchr::memmem::find_iter(&head, b"Rar!\x1a\x07")
        .find(|at| headers::is_start(head.get(*at..).unwrap_or_default()))
        .map(|at| at as u64)
}

/// Finds the password of encrypted headers, and what they say.
fn with_password(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    walk: &Walk,
    limits: Limits,
) -> Result<Option<(String, Vec<Entry>)>, NotOpened> {
    if walk.rounds > MAX_ROUNDS {
        return Ok(None);
    }
    let tries = Tries::new(inside);
    for password in inside.passwords().iter() {
        if tries.are_over() {
            break;
        }
        let entries = unpack::entries(inside, source, Some(password), limits)?;
        match entries {
            Ok(entries) => return Ok(Some((password.clone(), entries))),
            // The wrong password, or rubbish that came of it.
            Err(_) => inside.spending().check()?,
        }
    }
    Ok(None)
}

/// Finds the password of encrypted entries.
fn fitting(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    walk: &Walk,
    limits: Limits,
) -> Result<Option<String>, NotOpened> {
    let usable = |(_, entry): &(usize, &Entry)| {
        entry.cipher.is_some()
            && !entry.directory
            && !entry.stream
            && !entry.split_before
            && !entry.split_after
    };
    let mut usable = files(walk).enumerate().filter(usable);
    // The first of a solid archive needs nothing before it; the smallest of another one is cheapest.
    let probe = match walk.solid {
        true => usable.next(),
        false => usable.min_by_key(|(_, entry)| entry.packed),
    };
    let Some((probe, _)) = probe else {
        return Ok(None);
    };
    if walk.rounds > MAX_ROUNDS {
        return Ok(None);
    }
    let tries = Tries::new(inside);
    for password in inside.passwords().iter() {
        if tries.are_over() {
            break;
        }
        if unpack::opens(inside, source, password, probe, walk.solid, limits)? {
            return Ok(Some(password.clone()));
        }
        inside.spending().check()?;
    }
    Ok(None)
}

/// The entries that are files for rars too: streams are not.
fn files(walk: &Walk) -> impl Iterator<Item = &Entry> {
    walk.entries.iter().filter(|entry| !entry.stream)
}

/// Each password costs many rounds of hashing: they get a third of the time.
struct Tries {
    begun: Instant,
    most: std::time::Duration,
}

impl Tries {
    fn new(inside: &mut Inside<'_, '_>) -> Self {
        Self {
            begun: Instant::now(),
            most: inside.spending().limits.time / 3,
        }
    }

    fn are_over(&self) -> bool {
        self.begun.elapsed() > self.most
    }
}

fn members(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    walk: &Walk,
    mut password: Option<String>,
) -> Result<(), NotOpened> {
    let locked = |entry: &Entry| entry.cipher.is_some() && !entry.directory;
    let memory = inside.spending().memory_left();
    if let Some(entry) = walk.entries.iter().find(|entry| locked(entry)) {
        inside.encrypted(entry.cipher);
        if password.is_none() {
            password = fitting(inside, source, walk, Limits { memory })?;
        }
    }
    // What is left for rars: by its own count of entries.
    let mut jobs: Vec<Option<Member>> = Vec::new();
    let mut seen = HashSet::new();
    let mut needed = 0;
    for entry in &walk.entries {
        let own = !entry.stream;
        if own {
            jobs.push(None);
        }
        if entry.directory {
            continue;
        }
        let mut member = member(entry);
        let name = member.names.first().map(|name| name.to_lowercase());
        if let Some(name) = name
            && !seen.insert(name)
        {
            member.traits.push("duplicate-name");
        }
        let data = entry.at.map(|at| source.piece(at, entry.packed));
        let plain = entry.stored && entry.cipher.is_none();
        if let Some(data) = data.as_ref().filter(|_| plain && !entry.split_before) {
            if entry.split_after {
                begun(inside, member, data)?;
            } else if data.len() < entry.packed {
                cut(inside, member, data)?;
            } else {
                inside.piece(member, data)?;
            }
            continue;
        }
        if entry.split_before || entry.split_after || entry.stream {
            // The rest stands in another file.
            inside.closed(member, NotOpened::Unsupported)?;
        } else if entry.cipher.is_some() && password.is_none() {
            inside.closed(member, NotOpened::Encrypted)?;
        } else if entry.link && entry.packed == 0 {
            inside.begin(member)?.finish(None)?;
        } else if entry.dictionary > memory {
            let which = "memory";
            let (limit, seen) = (inside.spending().limits.memory, entry.dictionary);
            inside.closed(member, NotOpened::Budget { which, limit, seen })?;
        } else if let Some(job) = jobs.last_mut() {
            needed = needed.max(entry.dictionary.min(entry.size.max(1 << 18)));
            *job = Some(member);
        }
    }
    if jobs.iter().all(Option::is_none) {
        return Ok(());
    }
    // A member that cannot be unpacked hides those behind it in a solid archive.
    let limits = Limits { memory };
    let _held = inside.spending().hold(needed.saturating_add(WORKSPACE))?;
    let password = password.as_deref();
    let sign = |entry: &Entry| Sign::of(&entry.names, entry.packed, entry.size);
    let signs: Vec<Sign> = files(walk).map(sign).collect();
    let outcome = unpack::unpack(
        inside, source, &mut jobs, &signs, password, walk.solid, limits,
    )?;
    let why = match outcome {
        Ok(()) => NotOpened::Damaged,
        Err(ErrorKind::ResourceLimit) => NotOpened::Budget {
            which: "memory",
            limit: memory,
            seen: memory.saturating_add(1),
        },
        Err(kind) => why(kind),
    };
    for member in jobs.into_iter().flatten() {
        inside.closed(member, why.clone())?;
    }
    Ok(())
}

fn member(entry: &Entry) -> Member {
    let mut member = Member {
        names: entry.names.clone(),
        packed: Some(entry.packed),
        declared: entry.size,
        cipher: entry.cipher,
        traits: Vec::new(),
    };
    if entry.link {
        member.traits.push("link");
    }
    if entry.stream {
        member.traits.push("hidden-member");
    }
    with_path_traits(member)
}

/// The beginning of a file whose rest stands in the next volume.
fn begun(inside: &mut Inside<'_, '_>, member: Member, data: &Source) -> Result<(), NotOpened> {
    partly(inside, member, data, NotOpened::Unsupported)
}

/// A file that is cut with its archive.
fn cut(inside: &mut Inside<'_, '_>, member: Member, data: &Source) -> Result<(), NotOpened> {
    partly(inside, member, data, NotOpened::Damaged)
}

fn partly(
    inside: &mut Inside<'_, '_>,
    member: Member,
    data: &Source,
    why: NotOpened,
) -> Result<(), NotOpened> {
    let mut to = inside.begin(member)?;
    let mut at = 0;
    while at < data.len() {
        let piece = data.up_to(at, PIECE);
        if piece.is_empty() || to.write_all(&piece).is_err() {
            break;
        }
        at = at.saturating_add(piece.len() as u64);
    }
    to.finish(Some(why))
}

/// How far before the archive a program may stand: WinRAR looks so far too.
const SEARCH: usize = 1 << 20;
/// Passwords are tried up to 2 to this power of rounds; WinRAR writes 15.
const MAX_ROUNDS: u8 = 19;
/// What rars needs beside the dictionary.
const WORKSPACE: u64 = 24 << 20;
const PIECE: usize = 64 << 10;
