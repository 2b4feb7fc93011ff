//! RAR's own packing, by the crate `rars`: on a thread of its own, so that what it writes becomes a
//! member while it is written, and so that it can be told to stop.

use std::{
    io::{self, Write},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel},
    thread::{self, Builder},
    time::Duration,
};

use rars::{
    Archive, ArchiveReadOptions, ArchiveReader, ErrorKind, ExtractionDecision,
    ExtractionErrorAction, ReadCancellation,
};

use super::headers::Entry;
use crate::{
    content::{
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// What rars may use.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) memory: u64,
}

/// How a piece of work on the thread ended.
pub(super) type Outcome<T> = Result<T, ErrorKind>;

/// Does some work of rars on a thread, as long as the budget allows.
///
/// # Errors
/// When the budget ends.
fn on_thread<T: Send>(
    inside: &mut Inside<'_, '_>,
    work: impl FnOnce(&ReadCancellation) -> Outcome<T> + Send,
) -> Result<Outcome<T>, NotOpened> {
    let stop = ReadCancellation::new();
    let (done, waiting): (Sender<Outcome<T>>, _) = channel();
    thread::scope(|scope| {
        let stop_there = stop.clone();
        let spawned = Builder::new().spawn_scoped(scope, move || {
            let _ = done.send(work(&stop_there));
        });
        let Ok(worker) = spawned else {
            return Ok(Err(ErrorKind::Io));
        };
        let outcome = loop {
            match waiting.recv_timeout(BEAT) {
                Ok(outcome) => break Ok(outcome),
                Err(RecvTimeoutError::Disconnected) => break Ok(Err(ErrorKind::InvalidArchive)),
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(why) = inside.spending().check() {
                        stop.cancel();
                        break Err(why);
                    }
                }
            }
        };
        // A panic of the library is damage.
        let _ = worker.join();
        outcome
    })
}

fn parse(source: &Source, options: ArchiveReadOptions<'_>) -> Outcome<Archive> {
    ArchiveReader::read_reader_with_options(source.cursor(), options).map_err(|error| error.kind())
}

fn options<'o>(
    password: Option<&'o str>,
    limits: Limits,
    stop: &'o ReadCancellation,
) -> ArchiveReadOptions<'o> {
    let password = password.map(str::as_bytes);
    let mut options = ArchiveReadOptions::with_optional_password(password)
        .with_cancellation(stop)
        .with_max_header_count(MAX_HEADERS)
        .with_max_header_bytes(MAX_HEADER_BYTES)
        .with_rar50_dictionary_size_limit(limits.memory)
        .with_rar50_buffered_decode_limit(BUFFERED);
    options.max_reader_workspace_bytes = Some(limits.memory);
    options
}

/// The entries as rars reads them: of archives whose headers are encrypted, and of RAR 1.4.
///
/// # Errors
/// When the budget ends.
pub(super) fn entries(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    password: Option<&str>,
    limits: Limits,
) -> Result<Outcome<Vec<Entry>>, NotOpened> {
    on_thread(inside, |stop| {
        let archive = parse(source, options(password, limits, stop))?;
        let cipher = match &archive {
            Archive::Rar50Plus(_) => "aes-256",
            Archive::Rar15To40(_) => "aes-128",
            _ => "rar-old",
        };
        let entries = archive.members().map(|member| Entry {
            names: vec![member.meta.name_lossy()],
            packed: member.meta.packed_size,
            size: member.meta.unpacked_size,
            stored: member.meta.is_stored,
            cipher: member.meta.is_encrypted.then_some(cipher),
            directory: member.meta.is_directory,
            link: member.meta.is_redirection,
            split_before: member.meta.is_split_before,
            split_after: member.meta.is_split_after,
            stream: false,
            at: None,
            dictionary: 0,
        });
        Ok(entries.collect())
    })
}

/// Whether a password opens an entry.
///
/// # Errors
/// When the budget ends.
pub(super) fn opens(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    password: &str,
    entry: usize,
    solid: bool,
    limits: Limits,
) -> Result<bool, NotOpened> {
    let outcome = on_thread(inside, |stop| {
        let options = options(Some(password), limits, stop);
        let archive = parse(source, options)?;
        let mut index = 0;
        let outcome = archive.extract_with_control(options, |_| {
            let here = index;
            index += 1;
            Ok(match here.cmp(&entry) {
                std::cmp::Ordering::Equal => ExtractionDecision::Extract(Box::new(io::sink())),
                std::cmp::Ordering::Less if solid => {
                    ExtractionDecision::Extract(Box::new(io::sink()))
                }
                std::cmp::Ordering::Less => ExtractionDecision::Skip,
                std::cmp::Ordering::Greater => ExtractionDecision::Stop,
            })
        });
        outcome.map(|_| ()).map_err(|error| error.kind())
    })?;
    Ok(outcome.is_ok())
}

/// By what an entry of the walk is known again where rars meets it.
#[derive(Debug)]
pub(super) struct Sign {
    packed: u64,
    size: u64,
    /// Names that are read in one way only.
    name: Option<String>,
}

impl Sign {
    /// Of an entry with these names.
    pub(super) fn of(names: &[String], packed: u64, size: u64) -> Self {
        let name = names.first().filter(|name| name.is_ascii());
        let name = name.map(|name| name.replace('\\', "/"));
        Self { packed, size, name }
    }

    fn fits(&self, other: &Self) -> bool {
        let named = self.name.is_some() && other.name.is_some();
        (self.packed, self.size) == (other.packed, other.size)
            && (!named || self.name == other.name)
    }
}

/// Where an entry of rars stands among those of the walk, from `next` on; none where it is not there.
fn place(signs: &[Sign], next: usize, met: &Sign) -> Option<usize> {
    let rest = signs.get(next..)?.iter().take(AHEAD);
    Some(next + rest.into_iter().position(|sign| sign.fits(met))?)
}

/// What comes from the thread.
enum Event {
    /// An entry begins.
    Begin(usize),
    /// An entry begins that the walk has not seen.
    Unknown(Box<Member>),
    Bytes(Vec<u8>),
    /// The entry is not right.
    Failed(ErrorKind),
    /// Nothing more comes.
    End(Outcome<()>),
}

/// Unpacks the entries that are wanted; in a solid archive all others too, for their history.
///
/// Answers which of them were handed on, and how the work ended.
///
/// # Errors
/// When the budget ends.
pub(super) fn unpack(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    jobs: &mut [Option<Member>],
    signs: &[Sign],
    password: Option<&str>,
    solid: bool,
    limits: Limits,
) -> Result<Outcome<()>, NotOpened> {
    let stop = ReadCancellation::new();
    let (to, from) = sync_channel(QUEUE);
    let wanted: Vec<bool> = jobs.iter().map(Option::is_some).collect();
    thread::scope(|scope| {
        let stop_there = stop.clone();
        let spawned = Builder::new().spawn_scoped(scope, move || {
            let options = options(password, limits, &stop_there);
            let outcome = work(source, options, (&wanted, signs), solid, &to);
            let _ = to.send(Event::End(outcome));
        });
        let Ok(worker) = spawned else {
            return Ok(Err(ErrorKind::Io));
        };
        let outcome = take(inside, jobs, &from);
        stop.cancel();
        drop(from);
        let _ = worker.join();
        outcome
    })
}

fn work(
    source: &Source,
    options: ArchiveReadOptions<'_>,
    (wanted, signs): (&[bool], &[Sign]),
    solid: bool,
    to: &SyncSender<Event>,
) -> Outcome<()> {
    let archive = parse(source, options)?;
    let mut index = 0;
    let outcome = archive.extract_with_control_and_errors(
        options,
        |member| {
            let meta = &member.meta;
            let names = [meta.name_lossy()];
            let met = Sign::of(&names, meta.packed_size, meta.unpacked_size);
            let begins = match place(signs, index, &met) {
                Some(here) => {
                    index = here + 1;
                    (wanted.get(here) == Some(&true)).then_some(Event::Begin(here))
                }
                // Two readings of the headers: the other one is a member too.
                None => (!meta.is_directory).then(|| {
                    Event::Unknown(Box::new(Member {
                        names: names.into(),
                        packed: Some(meta.packed_size),
                        declared: meta.unpacked_size,
                        traits: vec!["hidden-member"],
                        ..Member::default()
                    }))
                }),
            };
            if let Some(event) = begins {
                let _ = to.send(event);
                return Ok(ExtractionDecision::Extract(Box::new(Pipe(to.clone()))));
            }
            let needed = solid && !meta.is_directory && !meta.is_redirection;
            Ok(match needed {
                true => ExtractionDecision::Extract(Box::new(io::sink())),
                false => ExtractionDecision::Skip,
            })
        },
        |_, error| {
            let _ = to.send(Event::Failed(error.kind()));
            Ok(ExtractionErrorAction::Continue)
        },
    );
    outcome.map(|_| ()).map_err(|error| error.kind())
}

struct Pipe(SyncSender<Event>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = bytes.get(..bytes.len().min(PIECE)).unwrap_or(bytes);
        let sent = self.0.send(Event::Bytes(piece.to_vec()));
        sent.map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits for the next thing from the thread.
fn next(
    inside: &mut dyn FnMut() -> Result<(), NotOpened>,
    from: &Receiver<Event>,
) -> Result<Event, NotOpened> {
    loop {
        match from.recv_timeout(BEAT) {
            Ok(event) => return Ok(event),
            Err(RecvTimeoutError::Timeout) => inside()?,
            Err(RecvTimeoutError::Disconnected) => {
                return Ok(Event::End(Err(ErrorKind::InvalidArchive)));
            }
        }
    }
}

/// Makes members of what comes.
fn take(
    inside: &mut Inside<'_, '_>,
    jobs: &mut [Option<Member>],
    from: &Receiver<Event>,
) -> Result<Outcome<()>, NotOpened> {
    let mut event = next(&mut || inside.spending().check(), from)?;
    loop {
        event = match event {
            Event::Begin(index) => match jobs.get_mut(index).and_then(Option::take) {
                Some(member) => one(inside, member, from)?,
                None => next(&mut || inside.spending().check(), from)?,
            },
            Event::Unknown(member) => one(inside, *member, from)?,
            Event::End(outcome) => return Ok(outcome),
            Event::Bytes(_) | Event::Failed(_) => {
                inside.spending().check()?;
                next(&mut || inside.spending().check(), from)?
            }
        };
    }
}

/// Makes one member; answers what came behind it.
fn one(
    inside: &mut Inside<'_, '_>,
    member: Member,
    from: &Receiver<Event>,
) -> Result<Event, NotOpened> {
    let mut to = inside.begin(member)?;
    let mut stopped = false;
    loop {
        let event = next(&mut || to.check(), from);
        match event {
            Ok(Event::Bytes(bytes)) => {
                if !stopped && to.write_all(&bytes).is_err() {
                    stopped = true;
                    if to.check().is_err() {
                        to.finish(None)?;
                        return Ok(Event::End(Err(ErrorKind::ResourceLimit)));
                    }
                }
            }
            Ok(other) => {
                let why = match &other {
                    Event::Failed(kind) | Event::End(Err(kind)) => Some(why(*kind)),
                    _ => None,
                };
                to.finish(why)?;
                return Ok(other);
            }
            Err(why) => {
                to.finish(Some(why.clone()))?;
                return Err(why);
            }
        }
    }
}

/// Why an entry is not opened, in the words of facts.
pub(super) fn why(kind: ErrorKind) -> NotOpened {
    match kind {
        ErrorKind::PasswordRequired | ErrorKind::BadPassword => NotOpened::Encrypted,
        ErrorKind::UnsupportedFormat | ErrorKind::UnsupportedFeature => NotOpened::Unsupported,
        _ => NotOpened::Damaged,
    }
}

/// How often the budget's time is looked at while nothing comes.
const BEAT: Duration = Duration::from_millis(20);
/// Entries of the walk that rars may leave out between two.
const AHEAD: usize = 64;
/// Pieces that may wait, bytes of one.
const QUEUE: usize = 8;
const PIECE: usize = 64 << 10;
/// Headers of an archive, and their bytes.
const MAX_HEADERS: u64 = 50_000;
const MAX_HEADER_BYTES: u64 = 16 << 20;
/// Members of RAR 5 up to this size are unpacked in memory.
const BUFFERED: u64 = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_known_again_by_name_and_sizes() {
        let sign = |name: &str, packed| Sign::of(&[name.to_owned()], packed, 9);
        let signs = [sign("a", 1), sign("d/b", 2), sign("c", 2)];
        assert_eq!(place(&signs, 0, &sign("a", 1)), Some(0));
        // One that rars leaves out; names with either slash; names that are read in several ways.
        assert_eq!(place(&signs, 0, &sign("d\\b", 2)), Some(1));
        assert_eq!(place(&signs, 1, &sign("c", 2)), Some(2));
        assert_eq!(place(&signs, 1, &sign("á", 2)), Some(1));
        // Another name, another size, one that was before.
        assert_eq!(place(&signs, 0, &sign("x", 1)), None);
        assert_eq!(place(&signs, 0, &sign("a", 3)), None);
        assert_eq!(place(&signs, 1, &sign("a", 1)), None);
    }
}
