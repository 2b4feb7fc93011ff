//! For how long messages have been deferred: in memory, bounded, and in a file where one is given.
//!
//! The file is appended to (`HASH FIRST LAST`, times in Unix seconds) and written anew when most of
//! it is old. It holds hashes only: no address, no subject.

use std::{
    collections::HashMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use jiff::{SignedDuration, Timestamp};

use super::{replace, set_aside};
use crate::counters::{Attempt, Counters, Recorder};

/// An attempt that did not come again for this long is forgotten.
const FORGET: SignedDuration = SignedDuration::from_hours(24);
/// Attempts that are remembered at once; beyond it the ones seen longest ago are forgotten.
const MOST: usize = 100_000;
/// First line of the file.
const HEAD: &str = "gacthu-defers 1";

/// Attempts that were deferred.
#[derive(Debug)]
pub struct Defers {
    most: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    seen: HashMap<Attempt, Seen>,
    log: Option<Log>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    first: Timestamp,
    last: Timestamp,
}

#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: fs::File,
    lines: usize,
}

impl Default for Defers {
    fn default() -> Self {
        Self::in_memory(MOST)
    }
}

impl Defers {
    /// Remembers at most so many attempts, and nothing beyond the process's life.
    pub fn in_memory(most: usize) -> Self {
        Self {
            most: most.max(1),
            inner: Mutex::default(),
        }
    }

    /// Goes on with what stands in the folder's file `defers`, or begins it.
    ///
    /// # Errors
    /// Those of reading and writing; a damaged file is no error but set aside.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("defers");
        let defers = Self::default();
        let mut inner = Inner::default();
        match fs::read_to_string(&path) {
            Ok(text) => match read(&text) {
                Some(seen) => inner.seen = seen,
                None => set_aside(&path, "it holds something else"),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                set_aside(&path, "it is no text");
            }
            Err(error) => return Err(error),
        }
        inner.log = Some(inner.rewrite(&path)?);
        Ok(Self {
            inner: Mutex::new(inner),
            ..defers
        })
    }

    /// How many attempts are remembered.
    pub fn len(&self) -> usize {
        self.lock().seen.len()
    }

    /// Whether none is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // What a panic left is still a map of times.
        self.inner
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Counters for Defers {
    fn first_deferred(&self, attempt: &Attempt, now: Timestamp) -> Option<Timestamp> {
        let seen = self.lock().seen.get(attempt).copied()?;
        (now.duration_since(seen.last) <= FORGET).then_some(seen.first)
    }
}

impl Recorder for Defers {
    fn deferred(&self, attempts: &[Attempt], now: Timestamp) {
        let mut inner = self.lock();
        for attempt in attempts {
            let old = inner.seen.get(attempt).copied();
            let old = old.filter(|seen| now.duration_since(seen.last) <= FORGET);
            let seen = Seen {
                first: old.map_or(now, |old| old.first),
                last: now,
            };
            inner.seen.insert(*attempt, seen);
            inner.append(attempt, seen);
        }
        if inner.seen.len() > self.most {
            inner.forget(self.most, now);
        }
        inner.compact();
    }
}

impl Inner {
    /// Leaves three quarters of what may be remembered, so that this is seldom done.
    fn forget(&mut self, most: usize, now: Timestamp) {
        self.seen
            .retain(|_, seen| now.duration_since(seen.last) <= FORGET);
        let keep = (most - most / 4).max(1);
        if self.seen.len() > keep {
            let mut times: Vec<_> = self
                .seen
                .iter()
                .map(|(id, seen)| (seen.last, *id))
                .collect();
            times.sort_unstable();
            for (_, attempt) in times.iter().take(self.seen.len() - keep) {
                self.seen.remove(attempt);
            }
        }
    }

    fn append(&mut self, attempt: &Attempt, seen: Seen) {
        let Some(log) = &mut self.log else { return };
        log.lines += 1;
        if let Err(error) = log.file.write_all(line(attempt, seen).as_bytes()) {
            tracing::error!(%error, file = %log.path.display(), "A deferred message could not be written down; it is remembered until gacthu ends.");
        }
    }

    /// Writes the file anew when most of its lines are old.
    fn compact(&mut self) {
        let Some(log) = &self.log else { return };
        if log.lines <= 4 * self.seen.len() + 1000 {
            return;
        }
        let path = log.path.clone();
        match self.rewrite(&path) {
            Ok(log) => self.log = Some(log),
            Err(error) => {
                tracing::error!(%error, file = %path.display(), "A state file could not be written anew.");
            }
        }
    }

    fn rewrite(&self, path: &Path) -> io::Result<Log> {
        let mut text = format!("{HEAD}\n");
        for (attempt, seen) in &self.seen {
            text.push_str(&line(attempt, *seen));
        }
        replace(path, text.as_bytes())?;
        Ok(Log {
            path: path.to_owned(),
            file: fs::OpenOptions::new().append(true).open(path)?,
            lines: self.seen.len(),
        })
    }
}

fn line(attempt: &Attempt, seen: Seen) -> String {
    format!(
        "{attempt:?} {} {}\n",
        seen.first.as_second(),
        seen.last.as_second()
    )
}

/// None: it is damaged. A last line without its end was being written when the machine stopped: it
/// is left out.
fn read(text: &str) -> Option<HashMap<Attempt, Seen>> {
    let whole = text.get(..=text.rfind('\n')?)?;
    let mut lines = whole.lines();
    if lines.next() != Some(HEAD) {
        return None;
    }
    let mut seen = HashMap::new();
    for line in lines {
        let mut fields = line.split(' ');
        let attempt = attempt(fields.next()?)?;
        let mut time = || Timestamp::from_second(fields.next()?.parse().ok()?).ok();
        let (first, last) = (time()?, time()?);
        seen.insert(attempt, Seen { first, last });
    }
    Some(seen)
}

fn attempt(hex: &str) -> Option<Attempt> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(Attempt(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn id(byte: u8) -> Attempt {
        Attempt([byte; 32])
    }

    #[test]
    fn the_first_time_counts_and_a_day_of_silence_forgets() {
        let defers = Defers::default();
        assert_eq!(defers.first_deferred(&id(1), at(0)), None);
        defers.deferred(&[id(1)], at(0));
        defers.deferred(&[id(1)], at(3600));
        assert_eq!(defers.first_deferred(&id(1), at(7200)), Some(at(0)));
        assert_eq!(defers.first_deferred(&id(2), at(7200)), None);
        let later = 3600 + 24 * 3600;
        assert_eq!(defers.first_deferred(&id(1), at(later)), Some(at(0)));
        assert_eq!(defers.first_deferred(&id(1), at(later + 1)), None);
        defers.deferred(&[id(1)], at(later + 1));
        assert_eq!(
            defers.first_deferred(&id(1), at(later + 2)),
            Some(at(later + 1))
        );
    }

    #[test]
    fn no_flood_fills_the_memory() {
        let defers = Defers::in_memory(8);
        for second in 0..200 {
            defers.deferred(&[id(second as u8)], at(second));
            assert!(defers.len() <= 8);
        }
        assert_eq!(defers.first_deferred(&id(199), at(200)), Some(at(199)));
        assert_eq!(defers.first_deferred(&id(0), at(200)), None);
    }

    #[test]
    fn a_restart_forgets_nothing_and_a_torn_line_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let defers = Defers::open(folder.path()).unwrap();
        defers.deferred(&[id(1), id(2)], at(0));
        drop(defers);
        let path = folder.path().join("defers");
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"0303").unwrap();
        drop(file);
        let defers = Defers::open(folder.path()).unwrap();
        assert_eq!(defers.len(), 2);
        assert_eq!(defers.first_deferred(&id(2), at(10)), Some(at(0)));
        // Whatever is written next is read again.
        defers.deferred(&[id(3)], at(20));
        assert_eq!(Defers::open(folder.path()).unwrap().len(), 3);
    }

    #[test]
    fn a_damaged_file_is_set_aside() {
        for damage in [
            &b"something else\n"[..],
            b"gacthu-defers 1\nxx 1 2\n",
            b"\xff\xfe",
            b"",
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("defers"), damage).unwrap();
            let defers = Defers::open(folder.path()).unwrap();
            assert!(defers.is_empty());
            assert_eq!(
                fs::read(folder.path().join("defers.damaged")).unwrap(),
                damage
            );
            defers.deferred(&[id(1)], at(0));
            assert_eq!(Defers::open(folder.path()).unwrap().len(), 1);
        }
        assert!(Defers::open(Path::new("/nowhere/at/all")).is_err());
    }

    #[test]
    fn the_file_does_not_grow_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let defers = Defers::open(folder.path()).unwrap();
        for second in 0..5000 {
            defers.deferred(&[id(1)], at(second));
        }
        let text = fs::read_to_string(folder.path().join("defers")).unwrap();
        assert!(text.lines().count() < 1100, "{}", text.lines().count());
        assert_eq!(defers.first_deferred(&id(1), at(5000)), Some(at(0)));
    }
}
