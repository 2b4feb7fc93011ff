//! Zimbra's directory as text: `zmprov -l gaa -v`, `zmprov gadl -v`.
//!
//! An entry begins with `# name ADDRESS` or `# distributionList ADDRESS memberCount=N`; then
//! `attribute: value` lines. A filter script is a value of many lines that a user writes, so where it
//! ends is told by the script itself: a line that looks like an attribute but stands inside a string or
//! a comment of it is the user's, not Zimbra's.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    sync::Arc,
};

use super::{
    Collect,
    file::Links,
    finding::{At, Kind, Reason},
    scripts,
    sieve::{Follower, Within},
};

/// Bytes of one output: 100,000 mailboxes have about 1 GiB.
const MAX_OUTPUT: u64 = 8 << 30;
/// Bytes of one line.
const MAX_LINE: u64 = 1 << 20;
/// Bytes of one script.
const MAX_SCRIPT: usize = 1 << 20;

/// Attributes that hold Sieve.
const SCRIPTS: &[&str] = &[
    "zimbraMailAdminSieveScriptAfter",
    "zimbraMailAdminSieveScriptBefore",
    "zimbraMailOutgoingAdminSieveScriptAfter",
    "zimbraMailOutgoingAdminSieveScriptBefore",
    "zimbraMailOutgoingSieveScript",
    "zimbraMailSieveScript",
];

/// Reads one output, line by line.
pub(super) fn read(path: &Path, collect: &mut Collect) {
    let file = match collect.disk.open(path, MAX_OUTPUT, Links::Follow) {
        Ok(file) => file,
        Err(error) => return collect.unread_file(path, &error),
    };
    collect.read_one();
    let mut lines = BufReader::new(file);
    let mut reading = Reading::new(path);
    let mut bytes = Vec::new();
    let mut number = 0;
    loop {
        bytes.clear();
        let read = lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes);
        match read {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                collect.unread_file(path, &error.into());
                break;
            }
        }
        number += 1;
        if bytes.len() as u64 >= MAX_LINE && !bytes.ends_with(b"\n") {
            let at = At::new(&reading.path, number);
            collect.unread(
                &at.to_string(),
                Reason::Limit,
                &format!("a line with more than {MAX_LINE} bytes"),
                "look at it by hand",
                at,
            );
            // What is left of it counts as lines of their own: nothing is passed over.
        }
        let line = String::from_utf8_lossy(&bytes);
        reading.line(number, line.trim_end_matches(['\n', '\r']), collect);
    }
    reading.end(collect);
    if reading.entries == 0 {
        let at = At::file(path);
        collect.unread(
            &path.display().to_string(),
            Reason::Damaged,
            "it holds no `# name …` line",
            "make it with `zmprov -l gaa -v > FILE`, and `zmprov gadl -v` for the lists",
            at,
        );
    }
}

struct Reading {
    path: Arc<Path>,
    entries: u64,
    name: String,
    is_list: bool,
    members: bool,
    forwards: Vec<(Kind, String, usize)>,
    notice: Option<(String, usize)>,
    notice_on: bool,
    feature_off: bool,
    script: Option<Script>,
    /// A line that begins an entry if an attribute follows it; else it is a comment of the script.
    begins: Option<(usize, String)>,
}

/// A script under way.
struct Script {
    line: usize,
    text: String,
    follower: Follower,
}

impl Reading {
    fn new(path: &Path) -> Self {
        Self {
            path: Arc::from(path),
            entries: 0,
            name: String::new(),
            is_list: false,
            members: false,
            forwards: Vec::new(),
            notice: None,
            notice_on: false,
            feature_off: false,
            script: None,
            begins: None,
        }
    }

    fn line(&mut self, number: usize, line: &str, collect: &mut Collect) {
        if let Some((begun, text)) = self.begins.take() {
            if attribute(line).is_some() {
                self.begin(&text, collect);
            } else {
                self.in_script(begun, &text, collect);
            }
        }
        if let Some(script) = &self.script {
            let outside = script.follower.within() == Within::Nothing;
            if outside && entry(line).is_some() {
                // A user may call a filter `name x@y`, and Zimbra writes that as a comment.
                self.begins = Some((number, line.to_owned()));
                return;
            }
            if !outside || attribute(line).is_none() {
                return self.in_script(number, line, collect);
            }
            self.end_script(collect);
        }
        if entry(line).is_some() {
            return self.begin(line, collect);
        }
        if self.is_list && line.trim() == "members" {
            self.members = true;
            return;
        }
        if self.members && attribute(line).is_none() {
            let member = line.trim();
            if member.contains('@') {
                self.forwards
                    .push((Kind::ZimbraList, member.to_owned(), number));
            }
            return;
        }
        if let Some((name, value)) = attribute(line) {
            self.attribute(name, value, number);
        } else if let Some((name, _)) = line.split_once("::")
            && (SCRIPTS.contains(&name) || name.contains("ForwardingAddress"))
        {
            let at = At::new(&self.path, number);
            collect.unread(
                &at.to_string(),
                Reason::Damaged,
                "a value in base64, as ldapsearch writes it",
                "make the file with `zmprov -l gaa -v`",
                at,
            );
        }
    }

    fn attribute(&mut self, name: &str, value: &str, number: usize) {
        let mut forward = |kind| self.forwards.push((kind, value.to_owned(), number));
        match name {
            "zimbraMailForwardingAddress" if self.is_list => forward(Kind::ZimbraList),
            "zimbraMailForwardingAddress" => forward(Kind::ZimbraHidden),
            "zimbraPrefMailForwardingAddress" => forward(Kind::Zimbra),
            "zimbraPrefCalendarForwardInvitesTo" => forward(Kind::ZimbraNotice),
            "zimbraPrefNewMailNotificationAddress" => {
                self.notice = Some((value.to_owned(), number))
            }
            "zimbraPrefNewMailNotificationEnabled" => self.notice_on = value == "TRUE",
            "zimbraFeatureMailForwardingEnabled" => self.feature_off = value == "FALSE",
            name if SCRIPTS.contains(&name) => {
                let mut script = Script {
                    line: number,
                    text: value.to_owned(),
                    follower: Follower::default(),
                };
                script.follower.line(value);
                self.script = Some(script);
            }
            _ => {}
        }
    }

    fn in_script(&mut self, number: usize, line: &str, collect: &mut Collect) {
        let Some(script) = &mut self.script else {
            return;
        };
        if script.text.len() + line.len() < MAX_SCRIPT {
            script.text.push('\n');
            script.text.push_str(line);
            script.follower.line(line);
            return;
        }
        let at = At::new(&self.path, number);
        collect.unread(
            &at.to_string(),
            Reason::Limit,
            &format!("a script with more than {MAX_SCRIPT} bytes"),
            "look at the filters of this mailbox by hand",
            at,
        );
        self.end_script(collect);
    }

    fn begin(&mut self, line: &str, collect: &mut Collect) {
        self.end_entry(collect);
        if let Some((name, is_list)) = entry(line) {
            (self.name, self.is_list) = (name.to_owned(), is_list);
            self.entries += 1;
            collect.accounts += 1;
        }
    }

    fn end(&mut self, collect: &mut Collect) {
        if let Some((_, text)) = self.begins.take() {
            self.begin(&text, collect);
        }
        self.end_entry(collect);
    }

    fn end_script(&mut self, collect: &mut Collect) {
        let Some(script) = self.script.take() else {
            return;
        };
        scripts::actions(
            Kind::ZimbraFilter,
            &self.name,
            &self.path,
            script.line.saturating_sub(1),
            &script.text,
            collect,
        );
    }

    fn end_entry(&mut self, collect: &mut Collect) {
        self.end_script(collect);
        let name = std::mem::take(&mut self.name);
        for (kind, value, line) in std::mem::take(&mut self.forwards) {
            let at = At::new(&self.path, line);
            let remark = match kind {
                Kind::Zimbra if self.feature_off => {
                    "zimbraFeatureMailForwardingEnabled is FALSE: it is set, and not in force"
                }
                Kind::ZimbraHidden => "set by an administrator; the user does not see it",
                Kind::ZimbraNotice => "invitations",
                _ => "",
            };
            for address in value.split([',', ';', ' ']).filter(|it| !it.is_empty()) {
                collect.forward_with(kind, &name, address, at.clone(), remark);
            }
        }
        if let Some((address, line)) = self.notice.take().filter(|_| self.notice_on) {
            let at = At::new(&self.path, line);
            collect.forward_with(
                Kind::ZimbraNotice,
                &name,
                &address,
                at,
                "a notice; the letter itself is not sent on",
            );
        }
        (self.notice_on, self.feature_off, self.members, self.is_list) =
            (false, false, false, false);
    }
}

/// `# name an@xa.vn`, `# distributionList ds@xa.vn memberCount=3`.
fn entry(line: &str) -> Option<(&str, bool)> {
    let rest = line.strip_prefix("# ")?;
    let (word, rest) = rest.split_once(' ')?;
    let name = rest.split_whitespace().next()?;
    match word {
        "name" if name.contains('@') && rest.trim() == name => Some((name, false)),
        "distributionList" => Some((name, true)),
        _ => None,
    }
}

/// `zimbraName: value`, also without a value; names of LDAP attributes.
fn attribute(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let sound = name.len() > 1
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && name.starts_with(|c: char| c.is_ascii_alphabetic());
    // `text:` begins a block of a script.
    (sound && (value.is_empty() || value.starts_with(' '))).then(|| (name, value.trim()))
}
