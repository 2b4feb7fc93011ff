//! Lookup tables (postmap(1), DATABASE_README): which rows stand in `TYPE:NAME`.
//!
//! Where a table is built from a text, that text is read: it has lines. Where the text is not there,
//! or was changed after the table was built, `postmap -s` is asked, if it may be.

use std::{
    borrow::Cow,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, mpsc},
    time::Duration,
};

use super::config::{braced, logical_lines, words};
use crate::audit::{
    Collect, PostmapUse,
    file::{Links, NotRead},
    finding::{At, Reason},
};

/// Bytes of one table's text, or of what `postmap -s` says.
const MAX_TABLE: u64 = 64 << 20;
/// Tables inside tables (`unionmap:{proxy:hash:…}`).
const MAX_DEPTH: u32 = 5;
/// Time for `postmap -s`.
const PATIENCE: Duration = Duration::from_secs(20);
/// Where postmap is.
const POSTMAP: &[&str] = &[
    "/usr/sbin/postmap",
    "/usr/local/sbin/postmap",
    "/opt/zimbra/common/sbin/postmap",
];

/// Types that the audit can read, or that hold no mail addresses at all.
const READ: &[&str] = &[
    "btree", "cdb", "cidr", "dbm", "debug", "environ", "fail", "hash", "inline", "internal",
    "lmdb", "pcre", "pipemap", "proxy", "randmap", "regexp", "sdbm", "static", "texthash",
    "unionmap", "unix",
];

/// Whether a table is one that is asked over a network or kept in a database.
pub(super) fn is_server(spec: &str) -> bool {
    let spec = spec.strip_prefix("proxy:").unwrap_or(spec);
    spec.split_once(':')
        .is_some_and(|(kind, _)| !kind.starts_with('/') && !READ.contains(&kind))
}

/// How the text of a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `name: value` (aliases(5)), for databases that postalias(1) makes.
    Aliases,
    /// `key value` (postmap(1)).
    Map,
    /// One key a line; what follows does not matter (postconf(5), lists in `/files` and domain tables).
    Keys,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a str,
    pub(super) at: At,
    /// The key is a pattern; the value may hold `$1`.
    pub(super) pattern: bool,
}

/// Calls `each` with every row of a table. What cannot be read goes to `collect`.
pub(super) fn rows(
    spec: &str,
    named: &At,
    syntax: Syntax,
    collect: &mut Collect,
    each: &mut dyn FnMut(&mut Collect, &Row<'_>),
) {
    Reading {
        named,
        syntax,
        each,
    }
    .table(spec.trim(), collect, 0);
}

struct Reading<'r> {
    named: &'r At,
    syntax: Syntax,
    each: &'r mut dyn FnMut(&mut Collect, &Row<'_>),
}

impl Reading<'_> {
    fn table(&mut self, spec: &str, collect: &mut Collect, depth: u32) {
        if depth > MAX_DEPTH {
            return self.unread(
                collect,
                spec,
                Reason::Limit,
                "tables inside tables, too deep",
                "write the inner table by itself",
            );
        }
        // A bare `/path` in a list of domains or maps has no type.
        let (kind, name) = match spec.split_once(':') {
            Some((kind, name)) if !kind.starts_with('/') => (kind, name),
            _ if spec.starts_with('/') => return self.keys(spec, collect),
            _ => return,
        };
        match kind {
            "proxy" | "debug" => self.table(name, collect, depth + 1),
            "unionmap" | "pipemap" => {
                let inner = braced(name).map_or(name, |(inner, _)| inner);
                for member in words(inner) {
                    self.table(member, collect, depth + 1);
                }
            }
            "inline" => self.inline(name, collect),
            "static" => {
                let value = braced(name).map_or(name, |(value, _)| value);
                self.row("*", value, self.named.clone(), false, collect);
            }
            "randmap" => {
                let inner = braced(name).map_or(name, |(inner, _)| inner);
                for value in words(inner) {
                    self.row("*", value, self.named.clone(), false, collect);
                }
            }
            "hash" | "btree" => self.built(kind, name, ".db", collect),
            "lmdb" => self.built(kind, name, ".lmdb", collect),
            "cdb" => self.built(kind, name, ".cdb", collect),
            "dbm" | "sdbm" => self.built(kind, name, ".pag", collect),
            "texthash" => {
                if let Some(text) = self.text(name, collect) {
                    self.text_rows(name, &text, Syntax::Map.min(self.syntax), collect);
                }
            }
            "regexp" | "pcre" | "cidr" => {
                if let Some(text) = self.text(name, collect) {
                    self.patterns(name, &text, kind == "cidr", collect);
                }
            }
            // They hold users, hosts, environment; no forward can stand there.
            "unix" | "fail" | "internal" | "environ" => {}
            _ => self.unread(
                collect,
                spec,
                Reason::Server,
                "the audit reads no tables of this type",
                &format!("not read: ask `postmap -s {spec}` (`postmap -q ADDRESS {spec}` where the type cannot list), or export its rows as `key value` lines and name them: `--map PARAMETER=FILE`"),
            ),
        }
    }

    /// A table that postmap or postalias built beside its text.
    fn built(&mut self, kind: &str, name: &str, suffix: &str, collect: &mut Collect) {
        let path = self.path(name, collect);
        let mut database = path.clone().into_os_string();
        database.push(suffix);
        let age =
            |path: &Path, collect: &Collect| collect.disk.metadata(path).ok()?.modified().ok();
        let (text_age, database_age) = (age(&path, collect), age(Path::new(&database), collect));
        let stale = matches!((text_age, database_age), (Some(text), Some(built)) if text > built);
        let spec = format!("{kind}:{}", path.display());
        let ask = match collect.postmap {
            PostmapUse::Never => false,
            PostmapUse::Auto => database_age.is_some() && (text_age.is_none() || stale),
            PostmapUse::Always => database_age.is_some(),
        };
        if ask {
            match self.postmap(&spec, collect) {
                Ok(text) => {
                    let why = if stale {
                        "its text was changed after the table was built: run `postmap` or `postalias`. What is in force was read by `postmap -s`; no line can be named"
                    } else {
                        "read by `postmap -s`, without the text it was built from; no line can be named"
                    };
                    collect.remark(&format!("{spec}: {why}"), self.named.clone());
                    return self.listed(Path::new(&database), &text, collect);
                }
                Err(why) if text_age.is_none() => {
                    return self.unread(
                        collect,
                        &spec,
                        Reason::Missing,
                        &format!("the text that it was built from is not there, and `postmap -s` did not read it: {why}"),
                        &format!("put the text back at {}, or run the audit where `postmap -s {spec}` works", path.display()),
                    );
                }
                Err(why) => collect.remark(
                    &format!("{spec}: its text was changed after the table was built, and `postmap -s` did not read it ({why}): what is in force may differ from the text that was read"),
                    self.named.clone(),
                ),
            }
        } else if stale {
            collect.remark(
                &format!("{spec}: its text was changed after the table was built: what is in force may differ from the text that was read; run `postmap` or `postalias`"),
                self.named.clone(),
            );
        }
        if text_age.is_none() && database_age.is_some() && !ask {
            return self.unread(
                collect,
                &spec,
                Reason::Missing,
                "the text that it was built from is not there, and `postmap -s` was not asked",
                &format!("ask `postmap -s {spec}` on that machine, or name an export: `--map PARAMETER=FILE`"),
            );
        }
        if let Some(text) = self.text(name, collect) {
            self.text_rows(name, &text, self.syntax, collect);
        }
    }

    fn text(&mut self, name: &str, collect: &mut Collect) -> Option<String> {
        let path = self.path(name, collect);
        match collect.disk.text(&path, MAX_TABLE, Links::Follow) {
            Ok(text) => {
                collect.read_one();
                Some(text)
            }
            Err(NotRead { reason, why }) => {
                let remedy = NotRead {
                    reason,
                    why: String::new(),
                }
                .remedy();
                self.unread(collect, &path.display().to_string(), reason, &why, remedy);
                None
            }
        }
    }

    /// Postfix's processes run in the queue directory.
    fn path(&self, name: &str, collect: &Collect) -> PathBuf {
        collect.queue.join(name)
    }

    fn text_rows(&mut self, name: &str, text: &str, syntax: Syntax, collect: &mut Collect) {
        let file: Arc<Path> = Arc::from(self.path(name, collect));
        for (line, text) in logical_lines(text) {
            let (key, value) = match syntax {
                Syntax::Aliases if is_alias(&text) => alias(&text),
                _ => map(&text),
            };
            // postalias(1) may have built what is used as a map, and postmap(1) what is used for aliases.
            let (key, value) = match value.is_empty() && syntax == Syntax::Map && key.contains(':')
            {
                true => alias(&text),
                false => (key, value),
            };
            self.row(&key, value, At::new(&file, line), false, collect);
        }
    }

    /// What `postmap -s` says: key, tab, value.
    fn listed(&mut self, database: &Path, text: &str, collect: &mut Collect) {
        let file: Arc<Path> = Arc::from(database);
        for line in text.lines() {
            let (key, value) = line.split_once('\t').unwrap_or((line, ""));
            let key = match self.syntax {
                Syntax::Aliases => key.strip_suffix(':').unwrap_or(key),
                Syntax::Map | Syntax::Keys => key,
            };
            // What postalias puts there for NIS.
            let nis = self.syntax == Syntax::Aliases && (key == "@" || key.starts_with("YP_"));
            if !nis {
                self.row(key, value, At::new(&file, 0), false, collect);
            }
        }
    }

    fn keys(&mut self, name: &str, collect: &mut Collect) {
        let syntax = std::mem::replace(&mut self.syntax, Syntax::Keys);
        if let Some(text) = self.text(name, collect) {
            self.text_rows(name, &text, Syntax::Keys, collect);
        }
        self.syntax = syntax;
    }

    /// regexp_table(5), pcre_table(5), cidr_table(5): `/pattern/flags value`, `!/pattern/`, `if`, `endif`.
    fn patterns(&mut self, name: &str, text: &str, cidr: bool, collect: &mut Collect) {
        let file: Arc<Path> = Arc::from(self.path(name, collect));
        for (line, text) in logical_lines(text) {
            let text = text.trim();
            let end = text
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(text.len());
            let word = text.get(..end).unwrap_or_default();
            if word.eq_ignore_ascii_case("if") || word.eq_ignore_ascii_case("endif") {
                continue;
            }
            let (key, value) = if cidr {
                let end = text.find(char::is_whitespace).unwrap_or(text.len());
                text.split_at(end)
            } else {
                let Some(parts) = pattern(text) else {
                    collect.remark(
                        "a line that is no `/pattern/ value`: Postfix warns and leaves it out",
                        At::new(&file, line),
                    );
                    continue;
                };
                parts
            };
            self.row(key, value.trim(), At::new(&file, line), true, collect);
        }
    }

    /// inline:{ key=value, { key = text with white space } }
    fn inline(&mut self, name: &str, collect: &mut Collect) {
        let inner = braced(name).map_or(name, |(inner, _)| inner);
        for word in words(inner) {
            let pair = braced(word).map_or(word, |(pair, _)| pair);
            if let Some((key, value)) = pair.split_once('=') {
                self.row(key.trim(), value.trim(), self.named.clone(), false, collect);
            }
        }
    }

    fn row(&mut self, key: &str, value: &str, at: At, pattern: bool, collect: &mut Collect) {
        if !collect.count_entry(&at) {
            return;
        }
        (self.each)(
            collect,
            &Row {
                key,
                value,
                at,
                pattern,
            },
        );
    }

    fn unread(&self, collect: &mut Collect, what: &str, reason: Reason, why: &str, remedy: &str) {
        collect.unread(what, reason, why, remedy, self.named.clone());
    }

    /// Runs `postmap -s`: bounded in time and in what is kept.
    fn postmap(&self, spec: &str, collect: &Collect) -> Result<String, String> {
        if collect.disk.root.is_some() {
            return Err("it is not asked about another machine's files".to_owned());
        }
        let Some(program) = POSTMAP.iter().find(|path| Path::new(path).exists()) else {
            return Err("there is no postmap on this machine".to_owned());
        };
        let mut command = Command::new(program);
        command.arg("-c").arg(&collect.postfix).args(["-s", spec]);
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        output(command)
    }
}

/// What a program says on its standard output.
fn output(mut command: Command) -> Result<String, String> {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|error| format!("it cannot be run: {error}"))?;
    let Some(mut out) = child.stdout.take() else {
        return Err("it has no output".to_owned());
    };
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = out.by_ref().take(MAX_TABLE + 1).read_to_end(&mut bytes);
        // Nobody listens any more when it took too long.
        let _ = tell.send(read.map(|_| bytes));
    });
    let read = told.recv_timeout(PATIENCE);
    let bytes = match read {
        Ok(Ok(bytes)) if bytes.len() as u64 <= MAX_TABLE => bytes,
        other => {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
            return Err(match other {
                Ok(Ok(_)) => format!("it said more than {MAX_TABLE} bytes"),
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("it took longer than {} s", PATIENCE.as_secs()),
            });
        }
    };
    match child.wait() {
        Ok(status) if status.success() => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Ok(status) => Err(format!("it ended with {status}")),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether a line has a colon behind its first word; `name :include:/file` is a row of a map.
fn is_alias(line: &str) -> bool {
    let rest = match line.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some((_, rest)) => rest,
        None => {
            let end = line.find(|c: char| c == ':' || c.is_whitespace());
            line.get(end.unwrap_or(line.len())..).unwrap_or_default()
        }
    };
    let plain = rest.trim_start();
    plain.starts_with(':') && (plain.len() == rest.len() || !plain.starts_with(":include:"))
}

/// `name: value`, `"quoted name": value`.
fn alias(line: &str) -> (Cow<'_, str>, &str) {
    if let Some(rest) = line.strip_prefix('"')
        && let Some((name, rest)) = rest.split_once('"')
    {
        let rest = rest.trim_start();
        return (
            Cow::Borrowed(name),
            rest.strip_prefix(':').unwrap_or(rest).trim(),
        );
    }
    match line.split_once(':') {
        Some((name, value)) => (Cow::Borrowed(name.trim()), value.trim()),
        None => (Cow::Borrowed(line.trim()), ""),
    }
}

/// `key value`; white space inside quotes belongs to the key (postmap(1)).
fn map(line: &str) -> (Cow<'_, str>, &str) {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                let (key, value) = line.split_at(at);
                return (Cow::Borrowed(key), value.trim());
            }
            _ => {}
        }
    }
    (Cow::Borrowed(line), "")
}

/// `/pattern/flags value` in its two parts; the pattern with its slashes.
fn pattern(text: &str) -> Option<(&str, &str)> {
    let begin = text.strip_prefix('!').unwrap_or(text).trim_start();
    let skipped = text.len() - begin.len();
    let delimiter = begin.chars().next()?;
    let mut escaped = false;
    for (at, c) in begin.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == delimiter => {
                let rest = begin.get(at + c.len_utf8()..)?;
                let flags = rest.find(char::is_whitespace).unwrap_or(rest.len());
                return Some((text.get(..skipped + at + c.len_utf8())?, rest.get(flags..)?));
            }
            _ => {}
        }
    }
    None
}

impl Syntax {
    /// A text table is written as a map even where the parameter takes aliases.
    fn min(self, other: Self) -> Self {
        if other == Self::Keys { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_parted() {
        let (key, value) = alias("\"a b\" : c, d");
        assert_eq!((&*key, value), ("a b", "c, d"));
        let (key, value) = alias("list::include:/x");
        assert_eq!((&*key, value), ("list", ":include:/x"));
        let (key, value) = map("\"a b\"@x.example \t y, z ");
        assert_eq!((&*key, value), ("\"a b\"@x.example", "y, z"));
        assert_eq!(pattern("/^a\\/b$/i  x@y"), Some(("/^a\\/b$/", "  x@y")));
        assert_eq!(pattern("!|a| x"), Some(("!|a|", " x")));
        assert_eq!(pattern("/unclosed"), None);
    }

    #[test]
    fn programs_are_bounded() {
        let mut echo = Command::new("/bin/echo");
        echo.arg("a");
        assert_eq!(output(echo).unwrap(), "a\n");
        assert!(output(Command::new("/bin/false")).is_err());
        assert!(output(Command::new("/does/not/exist")).is_err());
    }
}
