//! Draft letters to those whose mailbox forwards by itself: written to a folder, for a person to send.
//!
//! A mailbox gets at most one draft a day, over a restart too: a marker named by the day and a hash of the
//! mailbox is made first, and who cannot make it (`O_EXCL`) has been told already. Nothing here is on the
//! road of a message: a thread of its own writes, and what it cannot take in time is dropped and counted.

mod template;

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use jiff::Zoned;
use prometheus::IntCounterVec;
use sha2::{Digest, Sha256};

pub use self::template::{Mistake, Template};
use crate::{message::Address, verdict::Letterhead};

/// Whose forward was stopped.
#[derive(Clone, Debug)]
pub struct Stopped {
    /// The mailbox that forwards.
    pub mailbox: Address,
    /// Where it forwards to.
    pub destinations: Vec<Address>,
    /// Who says so, and by which clause.
    pub letterhead: Letterhead,
    /// The decision's reference.
    pub reference: String,
}

/// How notices are written (`notices` of gacthu.yaml).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder of the drafts.
    pub directory: PathBuf,
    /// The text.
    pub template: Arc<Template>,
    /// Drafts a day.
    pub at_most: usize,
}

impl Settings {
    /// Drafts a day, where the file does not say.
    pub const AT_MOST: usize = 200;
}

/// The door to the thread that writes. Without settings nothing is written.
#[derive(Debug, Default)]
pub struct Notices {
    queue: Option<SyncSender<Stopped>>,
    counter: Option<IntCounterVec>,
}

impl Notices {
    /// Makes the folder and starts the thread; `counter` has one label, the result: `written`, `told` (already
    /// today), `limit`, `dropped`, `failed`.
    ///
    /// # Errors
    /// Where the folder cannot be made or the thread not started.
    pub fn open(settings: Settings, counter: IntCounterVec) -> io::Result<Self> {
        fs::create_dir_all(settings.directory.join(TOLD))?;
        let (queue, stopped) = sync_channel(WAITING);
        let desk = Desk {
            settings,
            counter: counter.clone(),
            day: String::new(),
            written: 0,
        };
        thread::Builder::new()
            .name("notices".to_owned())
            .spawn(move || desk.work(&stopped))?;
        Ok(Self {
            queue: Some(queue),
            counter: Some(counter),
        })
    }

    /// Hands over; never waits.
    pub fn tell(&self, stopped: Stopped) {
        if let (Some(queue), Some(counter)) = (&self.queue, &self.counter)
            && queue.try_send(stopped).is_err()
        {
            counter.with_label_values(&["dropped"]).inc();
        }
    }

    /// Whether anything is written at all.
    pub fn is_on(&self) -> bool {
        self.queue.is_some()
    }
}

/// What the thread knows.
struct Desk {
    settings: Settings,
    counter: IntCounterVec,
    /// The day that [`Self::written`] counts.
    day: String,
    written: usize,
}

impl Desk {
    fn work(mut self, stopped: &Receiver<Stopped>) {
        while let Ok(stopped) = stopped.recv() {
            let now = Zoned::now();
            let result = match self.notice(&stopped, &now) {
                Ok(result) => result,
                Err(error) => {
                    tracing::error!(%error, "A draft letter about a forward could not be written.");
                    "failed"
                }
            };
            self.counter.with_label_values(&[result]).inc();
        }
    }

    fn notice(&mut self, stopped: &Stopped, now: &Zoned) -> io::Result<&'static str> {
        let day = now.date().to_string();
        if self.day != day {
            self.begin(&day)?;
        }
        let directory = &self.settings.directory;
        let name = format!("{day}-{}", hash(&stopped.mailbox));
        let marker = directory.join(TOLD).join(&name);
        if marker.exists() {
            return Ok("told");
        }
        if self.written >= self.settings.at_most {
            return Ok("limit");
        }
        let Some(letter) = self.settings.template.fill(stopped, now) else {
            // Whoever chose that address wanted to write more than an address.
            return Ok("failed");
        };
        let made = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o640)
            .open(&marker);
        match made {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok("told"),
            Err(error) => return Err(error),
        }
        self.written += 1;
        let draft = directory.join(format!("{name}.eml"));
        if let Err(error) = write(directory, &draft, letter.as_bytes()) {
            // Not told after all.
            let _ = fs::remove_file(&marker);
            self.written = self.written.saturating_sub(1);
            return Err(error);
        }
        tracing::info!(draft = %draft.display(), reference = %stopped.reference, "A draft letter about a forward waits to be sent.");
        Ok("written")
    }

    /// A new day: counts what was told today, and forgets the days before yesterday.
    fn begin(&mut self, day: &str) -> io::Result<()> {
        let mut written = 0;
        for entry in fs::read_dir(self.settings.directory.join(TOLD))?.take(MARKERS) {
            let entry = entry?;
            let name = entry.file_name();
            let Some(of) = name.to_str().and_then(|name| name.get(..day.len())) else {
                continue;
            };
            if of == day {
                written += 1;
            } else if of < day {
                // Another one may be at it too.
                let _ = fs::remove_file(entry.path());
            }
        }
        (self.day, self.written) = (day.to_owned(), written);
        Ok(())
    }
}

/// Writes a file that is there as a whole or not at all, and never takes the place of another.
fn write(directory: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = directory.join(format!(".new-{}", std::process::id()));
    let _ = fs::remove_file(&new);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o640)
        .open(&new)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&new, path));
    let _ = fs::remove_file(&new);
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// 16 hexadecimal digits that name a mailbox.
fn hash(mailbox: &Address) -> String {
    let mut hash = Sha256::new();
    hash.update(mailbox.local_folded());
    hash.update("@");
    hash.update(mailbox.domain());
    let hash = hash.finalize();
    hash.iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The folder of the markers, inside that of the drafts.
const TOLD: &str = ".told";
/// Notices that wait to be written.
const WAITING: usize = 256;
/// Markers that are looked at when a day begins.
const MARKERS: usize = 100_000;

#[cfg(test)]
mod tests;
