//! Dovecot's settings for Sieve, out of `doveconf -n` (2.3 and 2.4), and its scripts.

use std::path::{Path, PathBuf};

use super::{
    Collect,
    collect::Road,
    file::Links,
    finding::{At, Reason, Seen},
    scripts::script,
};

/// Bytes of `doveconf -n`.
const MAX_SETTINGS: u64 = 4 << 20;
/// Scripts in one folder.
const MAX_SCRIPTS: usize = 10_000;

/// Where a user's scripts are.
#[derive(Clone, Debug)]
pub(super) struct Scripts {
    /// Paths with `~`, `%u` and the like: those that run for each user.
    pub(super) active: Vec<String>,
    /// Those that run where a user has none of `active[0]`.
    pub(super) fallback: Vec<String>,
    /// The folder for `include :personal`.
    pub(super) personal: String,
    /// The folder for `include :global`.
    pub(super) global: Option<String>,
    /// Files of users that Dovecot names.
    pub(super) passwd: Vec<PathBuf>,
    /// `mail_home`.
    pub(super) mail_home: Option<String>,
    /// `submission_host`, `sendmail_path`: which way a redirect leaves.
    submission: String,
    sendmail: String,
}

impl Scripts {
    /// The same for a user with fields of his own in a passwd-file (`userdb_sieve=…`).
    pub(super) fn of_fields<'f>(&self, fields: impl Iterator<Item = &'f str>) -> Self {
        let mut own = self.clone();
        for (key, value) in fields.filter_map(|field| field.split_once('=')) {
            let key = key.strip_prefix("userdb_").unwrap_or(key);
            match key {
                "submission_host" => own.submission = value.to_owned(),
                "sendmail_path" => own.sendmail = value.to_owned(),
                "sieve" => own.set_personal(value),
                "sieve_dir" => own.personal = value.to_owned(),
                key if key.starts_with("sieve_before") || key.starts_with("sieve_after") => {
                    own.active.push(location(value).0.to_owned());
                }
                _ => {}
            }
        }
        own
    }

    /// `sieve = …`
    fn set_personal(&mut self, value: &str) {
        let (path, active) = location(value);
        let file = value.starts_with("file:");
        if let Some(first) = self.active.first_mut() {
            let path = if file { "~/.dovecot.sieve" } else { path };
            *first = active.unwrap_or(path).to_owned();
        }
        if file {
            self.personal = path.to_owned();
        }
    }

    /// Which way a redirect leaves, and whether the milter sees it there.
    pub(super) fn road(&self, collect: &Collect) -> Road {
        let (host, port) = self
            .submission
            .rsplit_once(':')
            .unwrap_or((&self.submission, "25"));
        let host = host.trim_matches(['[', ']']);
        match host {
            "" => {}
            "localhost" | "127.0.0.1" | "::1" => return collect.listener(port),
            host if collect.local.contains(host) => return collect.listener(port),
            host => {
                return Road::new(
                    Seen::Unknown,
                    format!(
                        "Dovecot hands it to {host} (submission_host): what that machine does was not read"
                    ),
                );
            }
        }
        match self.sendmail.as_str() {
            "" | "/usr/sbin/sendmail" | "/usr/lib/sendmail" => collect.roads.sendmail.clone(),
            program => Road::new(
                Seen::Unknown,
                format!("Dovecot hands it to {program} (sendmail_path), which was not looked into"),
            ),
        }
    }
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            active: vec!["~/.dovecot.sieve".to_owned()],
            fallback: Vec::new(),
            personal: "~/sieve".to_owned(),
            global: None,
            passwd: Vec::new(),
            mail_home: None,
            submission: String::new(),
            sendmail: String::new(),
        }
    }
}

/// Reads the settings of each Dovecot, and the scripts that run for everybody.
pub(super) fn read(files: &[PathBuf], collect: &mut Collect) -> Vec<Scripts> {
    let mut found = Vec::new();
    for file in files {
        match collect.disk.text(file, MAX_SETTINGS, Links::Follow) {
            Err(error) => collect.unread_file(file, &error),
            Ok(text) => {
                collect.read_one();
                found.push(settings(file, &text, collect));
            }
        }
    }
    found
}

/// One `key = value` with the sections around it.
struct Setting<'t> {
    sections: Vec<&'t str>,
    key: &'t str,
    value: &'t str,
    line: usize,
}

/// The settings, and the lines that include other files.
fn parsed(text: &str) -> (Vec<Setting<'_>>, Vec<usize>) {
    let mut included = Vec::new();
    let mut sections: Vec<&str> = Vec::new();
    let mut settings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        if line.starts_with("!include") {
            included.push(number + 1);
        } else if line == "}" {
            sections.pop();
        } else if let Some(section) = line.strip_suffix('{') {
            if sections.len() < 50 {
                sections.push(section.trim());
            }
        } else if let Some((key, value)) = line.split_once('=') {
            settings.push(Setting {
                sections: sections.clone(),
                key: key.trim(),
                value: value.trim(),
                line: number + 1,
            });
        }
    }
    (settings, included)
}

fn settings(file: &Path, text: &str, collect: &mut Collect) -> Scripts {
    let mut own = Scripts::default();
    let scripts = &mut own;
    let file = std::sync::Arc::from(file);
    let (parsed, included) = parsed(text);
    for line in included {
        let text = "this file includes others, which were not read: name the output of `doveconf -n`, which holds all";
        collect.remark(text, At::new(&file, line));
    }
    let mut everyone: Vec<(String, At)> = Vec::new();
    for setting in &parsed {
        let at = At::new(&file, setting.line);
        let value = setting.value;
        let section = setting.sections.last().copied().unwrap_or_default();
        match setting.key {
            "submission_host" => scripts.submission = value.to_owned(),
            "sendmail_path" => scripts.sendmail = value.to_owned(),
            "mail_home" => scripts.mail_home = Some(value.to_owned()),
            // userdb { driver = passwd-file; args = scheme=… /etc/dovecot/users }
            "args" if section.starts_with("userdb") => {
                let users = value
                    .split_whitespace()
                    .rev()
                    .find(|word| word.starts_with('/'));
                let passwd_file = parsed.iter().any(|other| {
                    other.sections == setting.sections
                        && other.key == "driver"
                        && other.value == "passwd-file"
                });
                if let Some(users) = users.filter(|_| passwd_file) {
                    scripts.passwd.push(PathBuf::from(users));
                }
            }
            "passwd_file_path" if setting.sections.iter().any(|it| it.starts_with("userdb")) => {
                scripts.passwd.push(PathBuf::from(value))
            }
            key if section == "plugin" && key.contains("sieve") => {
                plugin(key, value, at, scripts, &mut everyone, collect)
            }
            _ => {}
        }
    }
    newer(&parsed, &file, scripts, &mut everyone, collect);
    collect.roads.sieve = scripts.road(collect);
    for (path, at) in everyone {
        if is_variable(&path) {
            scripts.active.push(path);
        } else {
            everybody(Path::new(&path), &at, scripts, collect);
        }
    }
    own
}

/// What Dovecot 2.3 says in `plugin { … }`.
fn plugin(
    key: &str,
    value: &str,
    at: At,
    scripts: &mut Scripts,
    everyone: &mut Vec<(String, At)>,
    collect: &mut Collect,
) {
    let (path, _) = location(value);
    let runs = key.starts_with("sieve_before")
        || key.starts_with("sieve_after")
        || (key.starts_with("imapsieve_mailbox")
            && (key.ends_with("_before") || key.ends_with("_after")));
    let kept = matches!(key, "sieve" | "sieve_default" | "sieve_global_path") || runs;
    if kept && (path.starts_with("ldap:") || path.starts_with("dict:")) {
        let remedy = "list its scripts by `doveadm sieve list -A` and `doveadm sieve get`";
        return collect.unread(
            &format!("{key} = {value}"),
            Reason::Server,
            "scripts in a directory or database are not read",
            remedy,
            at,
        );
    }
    match key {
        "sieve" => scripts.set_personal(value),
        "sieve_dir" => scripts.personal = path.to_owned(),
        "sieve_global" | "sieve_global_dir" => scripts.global = Some(path.to_owned()),
        "sieve_default" | "sieve_global_path" => match is_variable(path) {
            true => scripts.fallback.push(path.to_owned()),
            false => everyone.push((path.to_owned(), at)),
        },
        _ if runs => everyone.push((path.to_owned(), at)),
        _ => {}
    }
}

/// What Dovecot 2.4 says in `sieve_script NAME { type = …; path = …; active_path = … }`.
fn newer(
    parsed: &[Setting<'_>],
    file: &std::sync::Arc<Path>,
    scripts: &mut Scripts,
    everyone: &mut Vec<(String, At)>,
    collect: &mut Collect,
) {
    for setting in parsed {
        let key = setting
            .key
            .strip_prefix("sieve_script_")
            .unwrap_or(setting.key);
        let Some(section) = setting
            .sections
            .last()
            .filter(|it| it.starts_with("sieve_script "))
        else {
            continue;
        };
        if !matches!(key, "path" | "active_path" | "driver") {
            continue;
        }
        let of_section = |wanted: &str| {
            let found = parsed.iter().find(|other| {
                other.sections == setting.sections
                    && other.key.strip_prefix("sieve_script_").unwrap_or(other.key) == wanted
            });
            found.map(|other| other.value)
        };
        let name = section
            .strip_prefix("sieve_script ")
            .unwrap_or_default()
            .trim();
        let sort = of_section("type").unwrap_or(if name == "personal" { "personal" } else { name });
        let at = At::new(file, setting.line);
        let value = setting.value;
        match (key, sort) {
            ("driver", _) if value != "file" => {
                let remedy = "list its scripts by `doveadm sieve list -A` and `doveadm sieve get`";
                collect.unread(
                    &format!("{section}: driver = {value}"),
                    Reason::Server,
                    "scripts in a directory or database are not read",
                    remedy,
                    at,
                );
            }
            ("driver", _) => {}
            ("active_path", _) => {
                if let Some(first) = scripts.active.first_mut() {
                    *first = value.to_owned();
                }
            }
            ("path", "personal") => scripts.personal = value.to_owned(),
            ("path", "global") => scripts.global = Some(value.to_owned()),
            _ => everyone.push((value.to_owned(), at)),
        }
    }
}

/// `file:PATH;active=PATH;name=x` in its path and its active path.
fn location(value: &str) -> (&str, Option<&str>) {
    let mut parts = value.split(';');
    let path = parts.next().unwrap_or_default();
    let active = parts.find_map(|part| part.strip_prefix("active="));
    (path.strip_prefix("file:").unwrap_or(path), active)
}

fn is_variable(path: &str) -> bool {
    path.starts_with('~') || path.contains('%')
}

/// A script, or a folder of scripts, that runs for everybody.
fn everybody(path: &Path, named: &At, scripts: &Scripts, collect: &mut Collect) {
    let who = "(every mailbox)";
    let is_folder = collect.disk.metadata(path).is_ok_and(|it| it.is_dir());
    if !is_folder {
        let found = script(who, path, Links::Follow, scripts, None, 0, collect);
        if let Err(error) = found {
            collect.unread(
                &path.display().to_string(),
                error.reason,
                &error.why,
                error.remedy(),
                named.clone(),
            );
        }
        return;
    }
    match collect.disk.names(path, MAX_SCRIPTS) {
        Err(error) => collect.unread_file(path, &error),
        Ok(names) => {
            for name in names.iter().filter(|name| name.ends_with(".sieve")) {
                let path = path.join(name);
                if let Err(error) = script(who, &path, Links::Follow, scripts, None, 0, collect) {
                    collect.unread_file(&path, &error);
                }
            }
        }
    }
}
