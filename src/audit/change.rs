//! What changed since the last run: a state file with one line for each finding.
//!
//! A finding is known by what it is, whose, where to and in which file, not by its line, so that a line
//! put above it makes nothing new. What stands in a file that could not be read this time is neither
//! there nor gone: it is kept.

use std::{
    collections::{BTreeSet, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    Audit,
    finding::{BlindPath, Forward, Unread},
};
use crate::state::replace;

/// First line of the file.
const HEAD: &str = "gacthu-forwards 1";
/// Bytes of the file: 500,000 findings of 400 bytes.
const MAX_STATE: u64 = 256 << 20;

/// What changed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Changes {
    /// Whether there was a last run to compare with.
    pub first_run: bool,
    /// Findings that the last run did not have.
    pub new: usize,
    /// Findings of the last run that are gone: kind, who, where to, file, parted by tabs.
    pub gone: Vec<String>,
    /// Findings of the last run in files that could not be read this time.
    pub not_looked_at: usize,
    /// The state file was there and could not be understood: this run counts as the first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
}

/// Where the last run is kept.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    /// This file; it need not be there yet.
    pub fn new(path: &Path) -> Self {
        Self {
            // A name without a folder has none that could be synced.
            path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        }
    }

    /// Marks what is new, says what changed, and gives the text that [`Self::write`] takes.
    ///
    /// # Errors
    /// Those of reading, a missing file aside.
    pub fn compare(&self, audit: &mut Audit) -> io::Result<(Changes, Vec<u8>)> {
        let text = match fs::metadata(&self.path) {
            Ok(metadata) if !metadata.is_file() || metadata.len() > MAX_STATE => {
                Some(String::new())
            }
            Ok(_) => Some(String::from_utf8_lossy(&fs::read(&self.path)?).into_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let known = text.as_deref().and_then(read);
        let mut changes = Changes {
            first_run: known.is_none(),
            damaged: text.is_some() && known.is_none(),
            ..Changes::default()
        };
        let known = known.unwrap_or_default();
        let mut mark = |key: String, new: &mut bool, now: &mut BTreeSet<String>| {
            *new = !changes.first_run && !known.contains(key.as_str());
            changes.new += usize::from(*new);
            now.insert(key);
        };
        let mut now = BTreeSet::new();
        for it in &mut audit.forwards {
            mark(forward_key(it), &mut it.new, &mut now);
        }
        for it in &mut audit.paths {
            mark(path_key(it), &mut it.new, &mut now);
        }
        for it in &mut audit.unread {
            mark(unread_key(it), &mut it.new, &mut now);
        }
        let closed: HashSet<&str> = audit
            .unread
            .iter()
            .flat_map(|it| [&*it.what, it.at.file.to_str().unwrap_or_default()])
            .collect();
        let mut kept = Vec::new();
        for key in known.iter().filter(|key| !now.contains(**key)) {
            let file = key.rsplit('\t').next().unwrap_or_default();
            let hidden = !key.starts_with("unread\t")
                && Path::new(file)
                    .ancestors()
                    .any(|it| it.to_str().is_some_and(|it| closed.contains(it)));
            if hidden {
                kept.push((*key).to_owned());
            } else {
                changes.gone.push((*key).to_owned());
            }
        }
        changes.gone.sort();
        changes.not_looked_at = kept.len();
        now.extend(kept);
        let mut text = format!("{HEAD}\n").into_bytes();
        for key in now {
            text.extend_from_slice(key.as_bytes());
            text.push(b'\n');
        }
        Ok((changes, text))
    }

    /// Writes what [`Self::compare`] gave: as a whole, synced.
    ///
    /// # Errors
    /// Those of writing.
    pub fn write(&self, text: &[u8]) -> io::Result<()> {
        replace(&self.path, text)
    }
}

/// The lines; none where it is no such file, or not all of it.
fn read(text: &str) -> Option<HashSet<&str>> {
    let lines = text.strip_suffix('\n')?;
    let mut lines = lines.split('\n');
    (lines.next() == Some(HEAD)).then(|| lines.collect())
}

fn forward_key(it: &Forward) -> String {
    key(&[
        it.kind.as_str(),
        &it.who,
        &it.to,
        &it.at.file.to_string_lossy(),
    ])
}

fn path_key(it: &BlindPath) -> String {
    key(&[
        it.kind.as_str(),
        &it.name,
        "",
        &it.at.file.to_string_lossy(),
    ])
}

fn unread_key(it: &Unread) -> String {
    key(&[
        "unread",
        &it.what,
        it.reason.as_str(),
        &it.at.file.to_string_lossy(),
    ])
}

/// Fields of one line; what a file says cannot make a second line or field.
fn key(fields: &[&str]) -> String {
    let clean = |field: &&str| field.replace(|c: char| c.is_control(), "\u{fffd}");
    fields.iter().map(clean).collect::<Vec<_>>().join("\t")
}
