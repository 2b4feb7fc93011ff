//! `gacthu audit forwards`: which mail is sent on where no milter can see it.
//!
//! Aliases, virtual and bcc maps and `.forward` files are expanded inside Postfix after the milter has
//! answered; Sieve and Zimbra send on what they were handed long before. This room reads the
//! configuration instead: Postfix, the users' files, Dovecot's scripts, Zimbra's directory.
//!
//! It only reads. Every file may have been written by somebody who wants to hide something or to stop
//! the audit, so each is opened without waiting, within a limit, and what cannot be read is said. It is
//! not linked to the road of a message; it shares with it only the lists of domains ([`Domains`]).
//!
//! Shape: `postfix`, `home`, `dovecot`, `sieve` and `zimbra` read and hand every destination to
//! `Collect`, which asks `whose` it is; `chain` says who leads there; `change` compares with the last
//! run; `show` prints.

mod chain;
mod change;
mod collect;
mod destinations;
mod dovecot;
mod file;
mod finding;
mod home;
mod postfix;
mod recipe;
mod scripts;
pub mod show;
mod sieve;
#[cfg(test)]
mod tests;
mod whose;
mod zimbra;

use std::path::PathBuf;

use self::collect::Collect;
pub use self::{
    change::{Changes, StateFile},
    finding::{At, BlindPath, Forward, Kind, PathKind, Reason, Remark, Seen, Unread, Whose},
    whose::Domains,
};

/// Names leading to one forward that are counted; beyond that the report says "or more".
pub const MAX_REACHED: usize = 50;

/// When `postmap -s` is asked for a table that is built from a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PostmapUse {
    /// Where the text is not there, or was changed after the table was built.
    #[default]
    Auto,
    /// For every built table: what is in force counts, and no line can be named.
    Always,
    /// Never: no program is run.
    Never,
}

/// What is audited.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Configuration folders of Postfix instances (`postconf -c`).
    pub postfix: Vec<PathBuf>,
    /// Files like passwd(5), or Dovecot's passwd-file: names and homes.
    pub passwd: Vec<PathBuf>,
    /// Folders in which homes are looked for.
    pub homes: Vec<PathBuf>,
    /// Outputs of `doveconf -n`.
    pub dovecot: Vec<PathBuf>,
    /// Outputs of `zmprov -l gaa -v`, `zmprov gadl -v`.
    pub zimbra: Vec<PathBuf>,
    /// Exports of tables that cannot be read: parameter and file with `key value` lines.
    pub maps: Vec<(String, PathBuf)>,
    /// The folder that holds the root folder of the machine that is audited; none: this machine. It
    /// holds for the paths above and for all that they name.
    pub root: Option<PathBuf>,
    /// A part of gacthu's milter address, as it stands in `smtpd_milters`; none: `gacthu`.
    pub milter: Option<String>,
    /// When `postmap -s` is asked.
    pub postmap: PostmapUse,
    /// List forwards to the state's own domains too.
    pub all: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// Forwards that leave the state, or may; with [`Request::all`] those inside it too.
    pub forwards: Vec<Forward>,
    /// Paths that no milter sees.
    pub paths: Vec<BlindPath>,
    /// What was not read.
    pub unread: Vec<Unread>,
    /// What else there is to know.
    pub remarks: Vec<Remark>,
    /// Files and tables that were read.
    pub files: u64,
    /// Entries of tables that were looked at.
    pub entries: u64,
    /// Homes that were looked into.
    pub homes: u64,
    /// Mailboxes and lists of Zimbra.
    pub accounts: u64,
}

impl Audit {
    /// Forwards that leave and that no milter sees, with the paths that no milter sees.
    pub fn blind_spots(&self) -> usize {
        let unseen = |it: &&Forward| it.whose.leaves() && it.seen != Seen::Yes;
        self.forwards.iter().filter(unseen).count() + self.paths.len()
    }

    /// Whether nothing leaves.
    pub fn is_clean(&self) -> bool {
        self.paths.is_empty() && !self.forwards.iter().any(|it| it.whose.leaves())
    }
}

/// Reads all that the request names. It never fails: what cannot be read is part of the result.
pub fn run(request: &Request, domains: Domains) -> Audit {
    let mut collect = Collect::new(request, domains);
    for folder in &request.postfix {
        postfix::read(folder, request, &mut collect);
    }
    if request.postfix.is_empty() {
        collect.roads.forget();
    }
    let scripts = dovecot::read(&request.dovecot, &mut collect);
    home::read(request, &scripts, &mut collect);
    for file in &request.zimbra {
        zimbra::read(file, &mut collect);
    }
    collect.finish()
}
