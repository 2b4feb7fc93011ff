//! `gacthu.yaml`: the service's own file, for `gacthu serve --config`.
//!
//! Where to listen, which policies rule, whose networks are whose, what may be spent, where things
//! are written. Read with the same care as a policy: every mistake is collected with its place, the
//! user's own text and the remedy. `docs/settings.md` is the page for people.
//!
//! This room fills the structures that the rooms below it know ([`milter::Settings`],
//! [`engine::Limits`], [`Site`]); it opens nothing and decides nothing.

mod change;
mod journal;
mod log;
mod notice;
mod read;
mod values;

#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::{
    engine,
    journal::JournalSettings,
    milter::{self, ListenSpec},
    notices,
    site::Site,
    yaml::{Problem, Report},
};

pub use log::{Log, LogFormat};

/// All that the service is told. [`Settings::default`] is what holds without a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Policy files; which of them rules is decided per recipient.
    pub policies: Vec<PathBuf>,
    /// Where to listen, beside the sockets that systemd hands over.
    pub listeners: Vec<ListenSpec>,
    /// Networks and `mixed_policies`.
    pub site: Site,
    /// Connections and times of the milter protocol.
    pub milter: milter::Settings,
    /// What messages may cost; `spool` in bytes.
    pub limits: engine::Limits,
    /// Folder of the spool; none: memory (memfd).
    pub spool_directory: Option<PathBuf>,
    /// File of decision events; none: the log.
    pub events: Option<PathBuf>,
    /// Address of `/metrics` and `/healthz`.
    pub admin: Option<SocketAddr>,
    /// Socket of `gacthu reload`.
    pub control: Option<PathBuf>,
    /// Folder for what gacthu must remember over a restart.
    pub state: Option<PathBuf>,
    /// Where decisions are kept, and for how long.
    pub journal: JournalSettings,
    /// Draft letters about forwards that were stopped; none: nothing is written.
    pub notices: Option<notices::Settings>,
    /// The program's own log.
    pub log: Log,
}

impl Settings {
    /// Reads a settings file. Paths in it count from its folder. The policies that it names are not
    /// read, only looked for.
    ///
    /// # Errors
    /// Every mistake in it, with its place.
    pub fn read(path: &Path) -> Result<(Self, Vec<Problem>), Report> {
        let (settings, report) = Self::survey(path);
        match report.errors() {
            0 => Ok((settings, report.problems)),
            _ => Err(report),
        }
    }

    /// What is sound in a settings file, and everything that is wrong with it: for a check that
    /// goes on to the policies.
    pub fn survey(path: &Path) -> (Self, Report) {
        let (settings, problems) = read::read(path);
        (settings, Report { problems })
    }

    /// Takes over from `new` what can change while the service runs: policies, networks,
    /// `mixed_policies`. Gives the keys that differ and need a restart; they keep their value.
    pub fn change(&mut self, new: &Self) -> Vec<&'static str> {
        change::change(self, new)
    }
}
