//! `main.cf`: logical lines and `$name` expansion (postconf(5), "Postfix main.cf file format").
//!
//! The audit reads the file itself and does not run `postconf`: it must say in which line a value
//! stands, and it reads copies of other machines' configurations too. `tests/audit` compares what it
//! understands with the real `postconf -x`.

use std::{borrow::Cow, collections::HashMap, path::Path, sync::Arc};

use crate::audit::finding::At;

/// Values inside values; a person writes three.
const MAX_DEPTH: u32 = 20;
/// Names looked up for one value, so that `$a$a`, `$b$b` … end.
const MAX_LOOKUPS: u32 = 2_000;
/// Bytes between two braces.
const MAX_BRACED: usize = 64 << 10;
/// Bytes of one value.
const MAX_VALUE: usize = 1 << 20;

/// Values where main.cf says nothing (postconf(5)); all others are empty.
const DEFAULTS: &[(&str, &str)] = &[
    ("alias_database", "$alias_maps"),
    ("alias_maps", "$default_database_type:/etc/aliases"),
    (
        "canonical_classes",
        "envelope_sender, envelope_recipient, header_sender, header_recipient",
    ),
    ("default_database_type", "hash"),
    (
        "forward_path",
        "$home/.forward${recipient_delimiter}${extension}, $home/.forward",
    ),
    ("local_transport", "local:$myhostname"),
    (
        "mydestination",
        "$myhostname, localhost.$mydomain, localhost",
    ),
    ("myorigin", "$myhostname"),
    ("queue_directory", "/var/spool/postfix"),
    (
        "recipient_canonical_classes",
        "envelope_recipient, header_recipient",
    ),
    ("relay_transport", "relay"),
    ("virtual_alias_domains", "$virtual_alias_maps"),
    ("virtual_alias_maps", "$virtual_maps"),
    ("virtual_mailbox_domains", "$virtual_mailbox_maps"),
    ("virtual_transport", "virtual"),
];

/// What main.cf says.
#[derive(Debug)]
pub(super) struct Config {
    /// main.cf.
    pub(super) file: Arc<Path>,
    /// By name: the value as written and its line; the last one counts.
    written: HashMap<String, (String, usize)>,
}

impl Config {
    /// Reads the text of main.cf in `folder`; `host` is the machine's name where the file has none.
    pub(super) fn new(folder: &Path, text: &str, host: &str) -> Self {
        let mut written = HashMap::new();
        for (line, text) in logical_lines(text) {
            if let Some((name, value)) = text.split_once('=') {
                written.insert(name.trim().to_owned(), (value.trim().to_owned(), line));
            }
        }
        let mut assume = |name: &str, value: String| {
            written.entry(name.to_owned()).or_insert((value, 0));
        };
        assume("config_directory", folder.display().to_string());
        assume("myhostname", host.to_owned());
        let mut config = Self {
            file: Arc::from(folder.join("main.cf")),
            written,
        };
        if !config.written.contains_key("mydomain") {
            let host = config.value("myhostname");
            let domain = host
                .split_once('.')
                .map_or("localdomain", |(_, domain)| domain);
            config
                .written
                .insert("mydomain".to_owned(), (domain.to_owned(), 0));
        }
        config
    }

    /// The value of a parameter, with all names in it replaced.
    pub(super) fn value(&self, name: &str) -> String {
        self.expanded(self.raw(name))
    }

    /// The same for a service that overrides parameters (`-o name=value` in master.cf).
    pub(super) fn value_for(&self, name: &str, overrides: &[(String, String)]) -> String {
        let written = overrides.iter().rev().find(|(its, _)| its == name);
        match written {
            Some((_, value)) => self.expanded_for(value, overrides),
            None => self.expanded_for(self.raw(name), overrides),
        }
    }

    /// The value as it is written: of `forward_path`, `luser_relay`, `mailbox_command`, in which local(8)
    /// puts `$home`, `$user` and the like itself.
    pub(super) fn unexpanded(&self, name: &str, overrides: &[(String, String)]) -> String {
        let own = overrides.iter().rev().find(|(its, _)| its == name);
        own.map_or_else(|| self.raw(name).to_owned(), |(_, value)| value.clone())
    }

    /// Where a parameter is written; main.cf as a whole for a default.
    pub(super) fn at(&self, name: &str) -> At {
        // A default such as `$virtual_alias_maps` is written where that one is.
        let mut name = name;
        while !self.written.contains_key(name)
            && let Some(other) = self.raw(name).strip_prefix('$')
        {
            name = other;
        }
        let line = self.written.get(name).map_or(0, |(_, line)| *line);
        At::new(&self.file, line)
    }

    fn raw(&self, name: &str) -> &str {
        if let Some((value, _)) = self.written.get(name) {
            return value;
        }
        let found = DEFAULTS.iter().find(|(its, _)| *its == name);
        found.map_or("", |(_, value)| value)
    }

    fn expanded(&self, text: &str) -> String {
        self.expanded_for(text, &[])
    }

    fn expanded_for(&self, text: &str, overrides: &[(String, String)]) -> String {
        let mut lookups = 0;
        expand(text, &mut lookups, 0, &|name| {
            let own = overrides.iter().rev().find(|(its, _)| its == name);
            Some(own.map_or_else(|| self.raw(name).to_owned(), |(_, value)| value.clone()))
        })
    }
}

/// Replaces `$name`, `${name}`, `$(name)`, `${name?text}`, `${name:text}`, `${name?{a}:{b}}`,
/// `${{a}==b?{c}:{d}}` and `$$`. A name for which `look_up` gives none stays as it is written; what it
/// gives is expanded again.
pub(in crate::audit) fn expand(
    text: &str,
    lookups: &mut u32,
    depth: u32,
    look_up: &dyn Fn(&str) -> Option<String>,
) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let after = after.get(1..).unwrap_or_default();
        *lookups += 1;
        if depth > MAX_DEPTH || *lookups > MAX_LOOKUPS || out.len() > MAX_VALUE {
            return out;
        }
        if let Some(tail) = after.strip_prefix('$') {
            out.push('$');
            rest = tail;
            continue;
        }
        let (inner, tail) = match after.chars().next() {
            Some(open @ ('{' | '(')) => match closing(after, open) {
                Some(end) => (
                    after.get(1..end).unwrap_or_default(),
                    after.get(end + 1..).unwrap_or_default(),
                ),
                None => {
                    out.push('$');
                    rest = after;
                    continue;
                }
            },
            _ => {
                let end = after.find(|c: char| !is_name(c)).unwrap_or(after.len());
                after.split_at(end)
            }
        };
        if inner.is_empty() {
            out.push('$');
        } else {
            named(inner, &mut out, lookups, depth, look_up);
        }
        rest = tail;
    }
    out.push_str(rest);
    out.truncate(floor(&out, MAX_VALUE));
    out
}

/// What stands between the braces.
fn named(
    inner: &str,
    out: &mut String,
    lookups: &mut u32,
    depth: u32,
    look_up: &dyn Fn(&str) -> Option<String>,
) {
    let mut again = |text: &str| expand(text, lookups, depth + 1, look_up);
    let inner = inner.trim();
    if inner.starts_with('{') {
        // `{a} == {b} ? {c} : {d}`
        let Some((left, rest)) = braced(inner) else {
            return;
        };
        let rest = rest.trim_start();
        let operators = ["==", "!=", "<=", ">=", "<", ">"];
        let Some(operator) = operators.iter().find(|it| rest.starts_with(**it)) else {
            return;
        };
        let rest = rest.get(operator.len()..).unwrap_or_default().trim_start();
        let Some((right, rest)) = braced(rest) else {
            return;
        };
        let (left, right) = (again(left), again(right));
        let order = match (left.parse::<i64>(), right.parse::<i64>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            _ => left.cmp(&right),
        };
        let holds = match *operator {
            "==" => order.is_eq(),
            "!=" => order.is_ne(),
            "<=" => order.is_le(),
            ">=" => order.is_ge(),
            "<" => order.is_lt(),
            _ => order.is_gt(),
        };
        let chosen = again(choice(rest.trim_start(), holds));
        out.push_str(&chosen);
        return;
    }
    let end = inner.find(|c: char| !is_name(c)).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let rest = rest.trim_start();
    let Some(value) = look_up(name) else {
        if rest.is_empty() {
            out.push_str(&format!("${{{name}}}"));
        } else {
            out.push_str(&format!("${{{inner}}}"));
        }
        return;
    };
    let text = if rest.is_empty() {
        again(&value)
    } else {
        let holds = !again(&value).is_empty();
        again(choice(rest, holds))
    };
    out.push_str(&text);
}

/// The side of `?yes`, `:no`, `?{yes}:{no}` that holds.
fn choice(text: &str, holds: bool) -> &str {
    if let Some(yes) = text.strip_prefix('?') {
        let (yes, no) = match braced(yes.trim_start()) {
            Some((yes, rest)) => (yes, rest.trim_start().strip_prefix(':').unwrap_or_default()),
            None => (yes, ""),
        };
        if holds {
            return yes;
        }
        return braced(no.trim_start()).map_or(no, |(no, _)| no);
    }
    match text.strip_prefix(':') {
        Some(no) if !holds => braced(no.trim_start()).map_or(no, |(no, _)| no),
        _ => "",
    }
}

/// `{text} rest`: both; the text without white space around it.
pub(super) fn braced(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with('{') {
        return None;
    }
    let end = closing(text, '{')?;
    Some((text.get(1..end)?.trim(), text.get(end + 1..)?))
}

/// Where the bracket closes that opens the text.
fn closing(text: &str, open: char) -> Option<usize> {
    let close = if open == '{' { '}' } else { ')' };
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Some(at);
            }
        }
        if at > MAX_BRACED {
            break;
        }
    }
    None
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn floor(text: &str, at: usize) -> usize {
    if text.len() <= at {
        return text.len();
    }
    (0..=at)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}

/// The logical lines of main.cf, master.cf and tables, each with the number of its first line: what
/// begins with white space continues the one before; empty lines and comments do not count, wherever
/// they are (postconf(5), readlline(3)).
pub(super) fn logical_lines(text: &str) -> impl Iterator<Item = (usize, Cow<'_, str>)> {
    let mut lines = text
        .split('\n')
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with('#') && !line.trim().is_empty())
        .peekable();
    std::iter::from_fn(move || {
        let (number, first) = lines.next()?;
        let mut line = Cow::Borrowed(first.trim_end_matches('\r'));
        while let Some((_, more)) = lines.next_if(|(_, line)| line.starts_with(char::is_whitespace))
        {
            line.to_mut().push_str(more.trim_end_matches('\r'));
        }
        Some((number + 1, line))
    })
}

/// The words of a list: commas and white space part them, `{…}` keeps together
/// (`CHARS_COMMA_SP`, `mystrtokq`).
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut depth = 0_u32;
    let mut start = None;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let parts = depth == 0 && (c == ',' || c.is_ascii_whitespace());
        match (parts, start) {
            (true, Some(from)) => {
                words.extend(text.get(from..at));
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words.extend(start.and_then(|from| text.get(from..)));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        Config::new(Path::new("/etc/postfix"), text, "mail.xa.example")
    }

    #[test]
    fn lines_continue_over_comments() {
        let text = "a = 1\n  # no\n\n  2\n#c\n\t3\r\nb=x\n";
        let lines: Vec<_> = logical_lines(text).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0], (1, "a = 1  2\t3".into()));
        assert_eq!(lines[1].0, 7);
        assert_eq!(config(text).at("b").line, 7);
    }

    #[test]
    fn names_are_expanded_as_postfix_does() {
        let config = config(
            "a = ${b?{yes}:{no}}\nb =\nc = ${b:none} $$x\nd = ${{$a} == {no} ? {eq} : {ne}}\n\
             e = $(a)-${a}-$a.\nf = ${e?x}${b?y}\ng = $g\nh = ${unclosed\nlast = 1\nlast = $config_directory\n",
        );
        for (name, value) in [
            ("a", "no"),
            ("c", "none $x"),
            ("d", "eq"),
            ("e", "no-no-no."),
            ("f", "x"),
            ("last", "/etc/postfix"),
            ("mydomain", "xa.example"),
            (
                "mydestination",
                "mail.xa.example, localhost.xa.example, localhost",
            ),
            ("h", "${unclosed"),
        ] {
            assert_eq!(config.value(name), value, "{name}");
        }
        // A circle ends.
        assert_eq!(config.value("g"), "");
    }

    #[test]
    fn values_do_not_explode() {
        let mut text = String::from("a0 = xxxxxxxxxxxxxxxx\n");
        for n in 1..40 {
            text.push_str(&format!("a{n} = $a{0}$a{0}\n", n - 1));
        }
        assert!(config(&text).value("a39").len() <= MAX_VALUE);
        let deep = format!("a = {}x{}\n", "${b:".repeat(3000), "}".repeat(3000));
        assert!(config(&deep).value("a").len() <= MAX_VALUE);
    }

    #[test]
    fn lists_are_parted() {
        assert_eq!(
            words("hash:/a, inline:{ a=b, {c = d e} }\n static:x"),
            ["hash:/a", "inline:{ a=b, {c = d e} }", "static:x"]
        );
    }
}
