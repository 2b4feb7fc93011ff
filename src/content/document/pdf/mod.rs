//! PDF (ISO 32000-2): files inside it, and what acts when it is opened.
//!
//! Neither the cross-reference table nor the page tree is followed: every object that stands in the
//! file counts, those of older revisions too, and so do all objects of object streams. A broken table,
//! a loop of pages or an orphaned object changes nothing.

mod crypt;
mod file;
mod filter;
mod findings;
mod object;
mod security;
mod stream;
#[cfg(test)]
mod tests;
mod text;

use std::{borrow::Cow, io};

use memchr::memmem;

use self::{
    crypt::Handler,
    file::{Entry, File},
    filter::Meter,
    findings::Findings,
    object::{Dict, Value},
    security::Security,
    stream::Key,
};
use crate::{
    content::{
        budget::Held,
        document::signature,
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// Opens a PDF: files inside it are members, what acts is a finding.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let size = source.len();
    if size > MAX_SIZE {
        return Err(NotOpened::Budget {
            which: "memory",
            limit: MAX_SIZE,
            seen: size,
        });
    }
    let mut held = vec![inside.spending().hold(size)?];
    let bytes = source.whole(MAX_SIZE).ok_or(NotOpened::Damaged)?;
    let mut index_held: Option<Held> = None;
    let mut file = File::index(&bytes, &mut |memory| {
        drop(index_held.take());
        index_held = Some(inside.spending().hold(memory)?);
        inside.spending().check()
    })?;
    held.extend(index_held);
    let mut limits = Limits::of(inside);
    xref(&mut file, inside, &mut limits)?;

    let security = {
        let trailers: Vec<Dict<'_>> = file
            .xref_streams()
            .iter()
            .rev()
            .take(MAX_XREF_STREAMS)
            .filter_map(|entry| match file.read(*entry, &mut |_| ()).0 {
                Value::Dict(dict) => Some(dict),
                _ => None,
            })
            .collect();
        security::find(&file, &trailers)
    };
    let lock = lock(inside, security)?;
    object_streams(&mut file, inside, &lock, &mut limits, &mut held)?;

    let mut findings = Findings::default();
    for at in 0..file.len() {
        let Some(entry) = file.entry(at) else { break };
        if at % CHECK == 0 || entry.buffer > 0 {
            inside.spending().check()?;
        }
        let (value, stream) = file.read(entry, &mut |dict| {
            findings.look(&file, lock.key(), entry, dict);
        });
        if let (Value::Dict(dict), Some(_)) = (&value, stream) {
            findings.look_at_stream(&file, entry, dict);
        }
    }
    // A trailer may hold the whole document.
    for at in memmem::find_iter(&bytes, b"trailer") {
        inside.spending().check()?;
        object::read(&bytes, at + b"trailer".len(), &mut |dict| {
            findings.look(&file, lock.key(), TRAILER, dict);
        });
    }
    for entry in std::mem::take(&mut findings.forms) {
        inside.spending().check()?;
        if findings.javascript {
            break;
        }
        let script = decoded(&file, entry, &lock, &mut limits, MAX_FORM, &mut |count| {
            inside.spending().take_bytes(count)
        })?;
        let script = script.unwrap_or_default();
        findings.javascript = memmem::find(&script, b"<script").is_some();
    }
    for (found, id) in [
        (findings.launch, "launch-action"),
        (findings.javascript, "javascript"),
        (findings.external, "external-link"),
        (!findings.files.is_empty(), "embedded-file"),
    ] {
        if found {
            inside.sign(id);
        }
    }
    if inside.wants_signatures() && !findings.signatures.is_empty() {
        let found = signature::pdf::signatures(&bytes, &findings.signatures);
        inside.signed(&found, None);
    }
    members(&file, inside, &lock, &findings)?;
    if inside.wants_text() {
        text::read(&file, &lock, inside, &mut limits)?;
    }
    match lock {
        Lock::Closed(_) => Err(NotOpened::Encrypted),
        _ if file.is_exhausted() || findings.more => Err(NotOpened::Damaged),
        _ => Ok(()),
    }
}

/// Whether the file is encrypted.
enum Lock {
    None,
    Open {
        key: Box<Key>,
        /// Set where a password was needed.
        cipher: Option<&'static str>,
    },
    /// No password fits: what the handler leaves alone can be read all the same.
    Closed(Option<Box<Handler>>),
}

impl Lock {
    fn key(&self) -> Option<&Key> {
        match self {
            Self::Open { key, .. } => Some(key),
            _ => None,
        }
    }
}

fn lock(inside: &mut Inside<'_, '_>, security: Security) -> Result<Lock, NotOpened> {
    let handlers = match security {
        Security::Plain => return Ok(Lock::None),
        Security::Other => {
            inside.encrypted(None);
            return Ok(Lock::Closed(None));
        }
        Security::Standard(handlers) => handlers,
    };
    // A file that only its owner's password protects is open to everybody.
    for handler in &handlers {
        if let Some(crypt) = handler.open("") {
            let handler = handler.clone();
            return Ok(Lock::Open {
                key: Box::new(Key { handler, crypt }),
                cipher: None,
            });
        }
    }
    let cipher = handlers.iter().find_map(Handler::cipher);
    inside.encrypted(cipher);
    for password in inside.passwords().iter() {
        for handler in &handlers {
            inside.spending().check()?;
            if let Some(crypt) = handler.open(password) {
                let handler = handler.clone();
                return Ok(Lock::Open {
                    key: Box::new(Key { handler, crypt }),
                    cipher: cipher.or(Some("unknown")),
                });
            }
        }
    }
    Ok(Lock::Closed(handlers.into_iter().next().map(Box::new)))
}

/// What streams that are read for themselves may still become.
struct Limits {
    left: u64,
}

impl Limits {
    fn of(inside: &mut Inside<'_, '_>) -> Self {
        Self {
            left: inside.spending().bytes_left().saturating_mul(2),
        }
    }
}

/// Decodes a stream of the file into memory; none where it is closed or no stream.
fn decoded(
    file: &File,
    entry: Entry,
    lock: &Lock,
    limits: &mut Limits,
    limit: usize,
    grow: &mut dyn FnMut(u64) -> Result<(), NotOpened>,
) -> Result<Option<Vec<u8>>, NotOpened> {
    let (value, Some(body)) = file.read(entry, &mut |_| ()) else {
        return Ok(None);
    };
    let Value::Dict(dict) = value else {
        return Ok(None);
    };
    let chain = stream::chain(file, &dict);
    let raw = file.raw(&dict, body);
    let table = file.is_named(&dict, "Type", &["XRef"]);
    let Some(plain) = decrypted(lock, entry, raw, |handler| match table {
        // A cross-reference table is never encrypted.
        true => crypt::Method::Identity,
        false => chain.method(handler, handler.streams),
    }) else {
        return Ok(None);
    };
    let meter = Meter::new(limits.left.max(1));
    let all = stream::collect(&mut chain.decode(&plain, &meter), limit, grow)?;
    limits.left = meter.left();
    Ok(Some(all))
}

/// Decrypts a stream; none where that cannot be done.
fn decrypted<'a>(
    lock: &Lock,
    entry: Entry,
    raw: &'a [u8],
    method: impl Fn(&Handler) -> crypt::Method,
) -> Option<Cow<'a, [u8]>> {
    match lock {
        Lock::None => Some(Cow::Borrowed(raw)),
        Lock::Open { key, .. } => match method(&key.handler) {
            crypt::Method::Unknown => None,
            method => Some(key.decrypt(method, entry, raw)),
        },
        Lock::Closed(Some(handler)) if method(handler) == crypt::Method::Identity => {
            Some(Cow::Borrowed(raw))
        }
        Lock::Closed(_) => None,
    }
}

/// Where streams hold what looks like objects, the cross-reference tables say whether they are.
fn xref(
    file: &mut File,
    inside: &mut Inside<'_, '_>,
    limits: &mut Limits,
) -> Result<(), NotOpened> {
    if !file.has_inner() {
        return Ok(());
    }
    let bytes = file.bytes();
    let head = bytes.get(..1024).unwrap_or(bytes);
    let junk = memmem::find(head, b"%PDF-").unwrap_or(0) as u64;
    let mut found = Vec::new();
    let mut offset = |offset: u64| {
        found.extend(file.inner_at(offset));
        if junk > 0 {
            found.extend(file.inner_at(offset.saturating_add(junk)));
        }
    };
    // Tables as text (ISO 32000-2 clause 7.5.4): lines `0000000017 00000 n`.
    for (count, at) in memmem::find_iter(bytes, b" n").enumerate() {
        if count % CHECK == 0 {
            inside.spending().check()?;
        }
        let digits = at
            .checked_sub(16)
            .and_then(|from| bytes.get(from..from + 10));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(place) = digits.and_then(|digits| digits.parse().ok()) {
            offset(place);
        }
    }
    for entry in file.xref_streams().iter().take(MAX_XREF_STREAMS) {
        inside.spending().check()?;
        let table = decoded(file, *entry, &Lock::None, limits, MAX_TABLE, &mut |count| {
            inside.spending().take_bytes(count)
        })?;
        let (Some(table), (Value::Dict(dict), _)) = (table, file.read(*entry, &mut |_| ())) else {
            continue;
        };
        let Some(Value::Array(widths)) = dict.get("W") else {
            continue;
        };
        let width = |at: usize| {
            let width = widths.get(at).and_then(Value::int).unwrap_or(0);
            usize::try_from(width).unwrap_or(0).min(8)
        };
        let (kind, place, last) = (width(0), width(1), width(2));
        let number = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte))
        };
        for row in table.chunks_exact((kind + place + last).max(1)) {
            let (first, rest) = row.split_at_checked(kind).unwrap_or_default();
            if kind == 0 || number(first) == 1 {
                offset(number(rest.get(..place).unwrap_or_default()));
            }
        }
    }
    found.sort_by_key(|entry| entry.at);
    found.dedup();
    file.add_inner(&found);
    Ok(())
}

/// Decodes the object streams (ISO 32000-2 clause 7.5.7) and adds their objects.
fn object_streams(
    file: &mut File,
    inside: &mut Inside<'_, '_>,
    lock: &Lock,
    limits: &mut Limits,
    held: &mut Vec<Held>,
) -> Result<(), NotOpened> {
    let streams = file.object_streams().to_vec();
    for entry in streams {
        inside.spending().check()?;
        let all = decoded(file, entry, lock, limits, MAX_OBJECT_STREAM, &mut |count| {
            held.push(inside.spending().hold(count)?);
            inside.spending().take_bytes(count)
        })?;
        let (Some(all), (Value::Dict(dict), _)) = (all, file.read(entry, &mut |_| ())) else {
            continue;
        };
        let first = file
            .int(dict.get("First"))
            .and_then(|first| usize::try_from(first).ok());
        let first = first.unwrap_or(0).min(all.len());
        let header = all.get(..first).unwrap_or_default();
        let mut numbers = header
            .split(|byte| object::is_space(*byte))
            .filter(|word| !word.is_empty())
            .map_while(|word| std::str::from_utf8(word).ok()?.parse::<u32>().ok());
        let mut objects = Vec::new();
        while let (Some(number), Some(offset)) = (numbers.next(), numbers.next()) {
            let at = (first as u64).saturating_add(u64::from(offset));
            if let Ok(at) = u32::try_from(at)
                && (at as usize) < all.len()
            {
                objects.push((number, at));
            }
        }
        held.push(inside.spending().hold(objects.len() as u64 * 32)?);
        file.add_buffer(all, &objects, entry);
    }
    file.sort();
    Ok(())
}

/// Hands on the files inside.
fn members(
    file: &File,
    inside: &mut Inside<'_, '_>,
    lock: &Lock,
    findings: &Findings,
) -> Result<(), NotOpened> {
    for attached in &findings.files {
        let (value, Some(body)) = file.read(attached.stream, &mut |_| ()) else {
            continue;
        };
        let Value::Dict(dict) = value else { continue };
        let chain = stream::chain(file, &dict);
        let raw = file.raw(&dict, body);
        let mut member = Member {
            names: attached.names.clone(),
            packed: Some(raw.len() as u64),
            ..Member::default()
        };
        if let Lock::Open { cipher, .. } = lock {
            member.cipher = *cipher;
        }
        let _held = match lock {
            Lock::None => None,
            _ => Some(inside.spending().hold(raw.len() as u64)?),
        };
        let method = |handler: &Handler| chain.method(handler, handler.files);
        let Some(plain) = decrypted(lock, attached.stream, raw, method) else {
            if let Lock::Closed(handler) = lock {
                let strings = handler.as_ref().map(|handler| handler.strings);
                if strings != Some(crypt::Method::Identity) {
                    // Names are encrypted too.
                    member.names.clear();
                }
                member.cipher = handler.as_ref().and_then(|handler| handler.cipher());
            }
            inside.closed(member, NotOpened::Encrypted)?;
            continue;
        };
        let limit = inside.spending().bytes_left().saturating_mul(3);
        let meter = Meter::new(limit.max(1));
        let mut content = chain.decode(&plain, &meter);
        if chain.unknown {
            inside.closed(member, NotOpened::Unsupported)?;
            continue;
        }
        let mut to = inside.begin(member)?;
        let copied = io::copy(&mut content, &mut to);
        let why = match copied {
            // What came out was little, but what was made on the way was not.
            Err(_) if meter.left() == 0 => Some(NotOpened::Budget {
                which: "bytes",
                limit,
                seen: limit.saturating_add(1),
            }),
            Err(_) => Some(NotOpened::Damaged),
            Ok(_) => None,
        };
        to.finish(why)?;
    }
    Ok(())
}

/// Stands for the trailers, whose strings are not encrypted.
const TRAILER: Entry = Entry {
    number: 0,
    generation: 0,
    buffer: u32::MAX,
    at: 0,
};
/// Bytes of a file that is read.
const MAX_SIZE: u64 = 64 << 20;
/// Bytes of an object stream, a form, a cross-reference table, decoded.
const MAX_OBJECT_STREAM: usize = 64 << 20;
const MAX_FORM: usize = 4 << 20;
const MAX_TABLE: usize = 16 << 20;
/// Cross-reference streams that are read.
const MAX_XREF_STREAMS: usize = 256;
/// Objects between two looks at the clock.
const CHECK: usize = 256;
