//! Where all readers bring what they find.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Audit, Domains, PostmapUse, Request,
    chain::Edges,
    file::{Disk, NotRead},
    finding::{At, BlindPath, Forward, Kind, PathKind, Reason, Remark, Seen, Unread, Whose},
};
use crate::message::Address;

/// Entries of all tables together.
const MAX_ENTRIES: u64 = 2_000_000;
/// Findings of one sort; beyond that the report is of no use to a person or a program.
const MAX_FINDINGS: usize = 500_000;
/// Remarks.
const MAX_REMARKS: usize = 1_000;
/// Bytes of a destination that are shown.
const MAX_SHOWN: usize = 400;

/// Whether the milter sees what goes one way, and why.
#[derive(Clone, Debug)]
pub(super) struct Road {
    pub(super) seen: Seen,
    pub(super) why: Arc<str>,
}

impl Road {
    pub(super) fn new(seen: Seen, why: impl Into<Arc<str>>) -> Self {
        Self {
            seen,
            why: why.into(),
        }
    }
}

/// The ways out.
#[derive(Clone, Debug)]
pub(super) struct Roads {
    /// Expanded by cleanup(8): virtual, canonical, bcc.
    pub(super) cleanup: Road,
    /// Expanded by local(8): aliases, `.forward`.
    pub(super) local: Road,
    /// Done to a letter after the milter heard its recipients: redirected, handed on, noticed.
    pub(super) behind: Road,
    /// Handed to sendmail(1).
    pub(super) sendmail: Road,
    /// Handed to a listener for the mailbox server.
    pub(super) smtp: Road,
    /// What Sieve of Dovecot does: one of the two above.
    pub(super) sieve: Road,
    /// Of each listener by its name in master.cf.
    pub(super) listeners: Vec<(String, Road)>,
}

impl Roads {
    fn new() -> Self {
        let road = Road::new(Seen::Unknown, "no configuration of Postfix was read");
        Self {
            cleanup: road.clone(),
            behind: road.clone(),
            local: road.clone(),
            sendmail: road.clone(),
            smtp: road.clone(),
            sieve: road,
            listeners: Vec::new(),
        }
    }

    /// No Postfix was read: what its own expansion does is known all the same.
    pub(super) fn forget(&mut self) {
        self.local = Road::new(
            Seen::No,
            "Postfix expands it after the milter has answered; the copy passes no milter of it",
        );
    }
}

/// Everything so far.
#[derive(Debug)]
pub(super) struct Collect {
    pub(super) disk: Disk,
    pub(super) domains: Domains,
    /// The configuration folder that is read now, on this machine.
    pub(super) postfix: PathBuf,
    /// `queue_directory`: relative names of tables begin there.
    pub(super) queue: PathBuf,
    pub(super) postmap: PostmapUse,
    pub(super) roads: Roads,
    /// `recipient_delimiter`.
    pub(super) delimiter: String,
    /// Domains whose users are local(8)'s: `an@` any of them is the name `an`.
    pub(super) local: HashSet<String>,
    /// `forward_path`, where a Postfix was read.
    pub(super) forward_path: Option<String>,
    /// Recipes that commands name: for whom, the file, and whether procmail reads it (else maildrop).
    pub(super) recipes: Vec<(String, PathBuf, bool)>,
    pub(super) homes: u64,
    pub(super) accounts: u64,
    all: bool,
    audit: Audit,
    edges: Edges,
    told: HashSet<(Box<str>, Reason)>,
    remarked: HashSet<Box<str>>,
    read: HashSet<PathBuf>,
    known_homes: HashSet<PathBuf>,
}

impl Collect {
    pub(super) fn new(request: &Request, domains: Domains) -> Self {
        Self {
            disk: Disk {
                root: request.root.clone(),
            },
            domains,
            postfix: PathBuf::new(),
            queue: PathBuf::from("/var/spool/postfix"),
            postmap: request.postmap,
            roads: Roads::new(),
            delimiter: String::new(),
            local: HashSet::new(),
            forward_path: None,
            recipes: Vec::new(),
            homes: 0,
            accounts: 0,
            all: request.all,
            audit: Audit::default(),
            edges: Edges::default(),
            told: HashSet::new(),
            remarked: HashSet::new(),
            read: HashSet::new(),
            known_homes: HashSet::new(),
        }
    }

    /// Takes a destination: an address as Postfix or Sieve reads it.
    pub(super) fn forward(&mut self, kind: Kind, who: &str, to: &str, at: At) {
        self.forward_with(kind, who, to, at, "");
    }

    /// The same with something to add.
    pub(super) fn forward_with(&mut self, kind: Kind, who: &str, to: &str, at: At, remark: &str) {
        let address = self.domains.resolved(to);
        if address.is_empty() {
            return;
        }
        let whose = self.domains.of(address.domain());
        if whose == Whose::Ours {
            let target = self.node(&address);
            self.edges.add(&target, who);
        }
        // What stands there and what Postfix makes of it may differ: `an%gmail.com@xa.gov.vn`.
        let (shown, plain) = (address.to_string(), to.trim().trim_matches(['<', '>']));
        let routed = !shown.eq_ignore_ascii_case(plain) && plain.contains(['%', '!', '"']);
        if routed && remark.is_empty() {
            self.list(
                kind,
                who,
                &shown,
                whose,
                at,
                &format!("written as {}", cut(plain)),
            );
        } else {
            self.list(kind, who, &shown, whose, at, remark);
        }
    }

    /// Takes an address that may hold variables: where its domain is fixed, that says whose it is.
    pub(super) fn variable(&mut self, kind: Kind, who: &str, to: &str, at: At, unknown: &str) {
        if !to.contains(['$', '`']) {
            return self.forward(kind, who, to, at);
        }
        let fixed = to.rsplit_once('@');
        if fixed.is_none_or(|(_, domain)| domain.contains(['$', '`'])) {
            return self.list(kind, who, to, Whose::Unknown, at, unknown);
        }
        let marks = ['$', '{', '}', '(', ')', '`'];
        let plain: String = to.chars().filter(|c| !marks.contains(c)).collect();
        let whose = self.domains.of(self.domains.resolved(&plain).domain());
        self.list(kind, who, to, whose, at, "");
    }

    /// Takes a destination whose owner the caller knows, or knows not to know.
    pub(super) fn list(
        &mut self,
        kind: Kind,
        who: &str,
        to: &str,
        whose: Whose,
        at: At,
        remark: &str,
    ) {
        let road = match kind {
            Kind::Virtual
            | Kind::Canonical
            | Kind::RecipientBcc
            | Kind::SenderBcc
            | Kind::AlwaysBcc => &self.roads.cleanup,
            Kind::Alias | Kind::DotForward | Kind::Luser => &self.roads.local,
            Kind::Program | Kind::Recipe => &self.roads.sendmail,
            Kind::Sieve | Kind::SieveNotice => &self.roads.sieve,
            Kind::Zimbra
            | Kind::ZimbraFilter
            | Kind::ZimbraHidden
            | Kind::ZimbraList
            | Kind::ZimbraNotice => &self.roads.smtp,
            Kind::Check | Kind::Generic | Kind::Notice | Kind::Transport => &self.roads.behind,
        };
        let (seen, why) = (road.seen, Arc::clone(&road.why));
        let wanted = whose.leaves() || (self.all && whose == Whose::State);
        if !wanted || !self.room(self.audit.forwards.len(), &at) {
            return;
        }
        self.audit.forwards.push(Forward {
            kind,
            who: cut(who),
            to: cut(to),
            whose,
            seen,
            why,
            remark: remark.into(),
            at,
            chain: Vec::new(),
            reached_by: 0,
            new: false,
        });
    }

    /// One name leads to another that is no address (an included file's first user).
    pub(super) fn leads(&mut self, from: &str, to: &str) {
        let target = self.node(&Address::parse_path(to.as_bytes()));
        self.edges.add(&target, from);
    }

    pub(super) fn path(&mut self, kind: PathKind, name: &str, why: String, at: At) {
        if self.room(self.audit.paths.len(), &at) {
            self.audit.paths.push(BlindPath {
                kind,
                name: cut(name),
                why: why.into(),
                at,
                new: false,
            });
        }
    }

    pub(super) fn unread(&mut self, what: &str, reason: Reason, why: &str, remedy: &str, at: At) {
        let what = cut(what);
        if self.audit.unread.len() >= MAX_FINDINGS || !self.told.insert((what.clone(), reason)) {
            return;
        }
        self.audit.unread.push(Unread {
            what,
            reason,
            why: why.into(),
            remedy: remedy.into(),
            at,
            new: false,
        });
    }

    /// A file that was to be read and was not.
    pub(super) fn unread_file(&mut self, path: &Path, error: &NotRead) {
        let what = path.display().to_string();
        self.unread(
            &what,
            error.reason,
            &error.why,
            error.remedy(),
            At::file(path),
        );
    }

    pub(super) fn remark(&mut self, text: &str, at: At) {
        let key = format!("{at} {text}");
        if self.audit.remarks.len() < MAX_REMARKS && self.remarked.insert(key.into()) {
            self.audit.remarks.push(Remark {
                text: text.into(),
                at,
            });
        }
    }

    pub(super) fn read_one(&mut self) {
        self.audit.files += 1;
    }

    /// Whether a file was not handled yet.
    pub(super) fn first_time(&mut self, path: &Path) -> bool {
        self.read.insert(path.to_owned())
    }

    /// What is handed to this port of the machine.
    pub(super) fn listener(&self, port: &str) -> Road {
        let name = match port {
            "25" => "smtp",
            "465" => "submissions",
            "587" => "submission",
            port => port,
        };
        let mut listeners = self.roads.listeners.iter();
        let found = listeners.find(|(its, _)| {
            let its = its.rsplit(':').next().unwrap_or(its);
            its == port || its == name || (its == "smtps" && port == "465")
        });
        found.map_or_else(|| self.roads.smtp.clone(), |(_, road)| road.clone())
    }

    /// Whether this home was looked into already, by a file of users.
    pub(super) fn knows_home(&self, home: &Path) -> bool {
        self.known_homes.contains(home)
    }

    pub(super) fn add_home(&mut self, home: &Path) {
        self.known_homes.insert(home.to_owned());
    }

    /// Counts an entry of a table; false beyond the limit.
    pub(super) fn count_entry(&mut self, at: &At) -> bool {
        self.audit.entries += 1;
        if self.audit.entries == MAX_ENTRIES + 1 {
            let what = format!("what comes after {at}");
            self.unread(
                &what,
                Reason::Limit,
                &format!("the tables have more than {MAX_ENTRIES} entries"),
                "audit the instances one by one (`--postfix`)",
                at.clone(),
            );
        }
        self.audit.entries <= MAX_ENTRIES
    }

    fn room(&mut self, count: usize, at: &At) -> bool {
        if count < MAX_FINDINGS {
            return true;
        }
        let why = format!("there are more than {MAX_FINDINGS} findings");
        self.unread(
            "further findings",
            Reason::Limit,
            &why,
            "take away what was found and run it again",
            at.clone(),
        );
        false
    }

    /// The name under which an address stands in tables: local users without domain and extension.
    fn node(&self, address: &Address) -> String {
        let mut local = address.local_folded();
        let extension = local.find(|c| self.delimiter.contains(c));
        // `:include:/a-b` is no user.
        if let Some(at) = extension.filter(|at| *at > 0 && !local.starts_with(':')) {
            local = local.get(..at).unwrap_or(local);
        }
        let domain = address.domain();
        match domain.is_empty() || domain == "localhost" || self.local.contains(domain) {
            true => local.to_owned(),
            false => format!("{local}@{domain}"),
        }
    }

    pub(super) fn finish(mut self) -> Audit {
        let mut audit = std::mem::take(&mut self.audit);
        self.edges.sort();
        for forward in &mut audit.forwards {
            let node = |name: &str| self.node(&Address::parse_path(name.as_bytes()));
            let (chain, reached) = self.edges.leading_to(&forward.who, &node);
            (forward.chain, forward.reached_by) = (chain, reached);
        }
        audit
            .forwards
            .sort_by(|a, b| (a.kind, &a.at, &a.who, &a.to).cmp(&(b.kind, &b.at, &b.who, &b.to)));
        audit
            .forwards
            .dedup_by(|a, b| (a.kind, &a.at, &a.who, &a.to) == (b.kind, &b.at, &b.who, &b.to));
        audit
            .paths
            .sort_by(|a, b| (a.kind, &a.at, &a.name).cmp(&(b.kind, &b.at, &b.name)));
        audit
            .unread
            .sort_by(|a, b| (a.reason, &a.what).cmp(&(b.reason, &b.what)));
        audit.homes = self.homes;
        audit.accounts = self.accounts;
        audit
    }
}

/// A text of somebody else's, short enough to be shown.
pub(super) fn cut(text: &str) -> Box<str> {
    if text.len() <= MAX_SHOWN {
        return text.into();
    }
    let end = (0..=MAX_SHOWN)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default()).into()
}
