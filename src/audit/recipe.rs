//! Recipes of procmail and maildrop: which of them send mail on.

use std::{path::Path, sync::Arc};

use super::{
    Collect,
    file::Links,
    finding::{At, Kind, Reason, Whose},
    postfix::{addressed, known},
};

/// Bytes of a file of recipes.
const MAX_FILE: u64 = 256 << 10;
/// Files that include files.
const MAX_INCLUDES: u32 = 5;

/// Recipes that an alias or `.forward` names on the command line; those at home were read.
pub(super) fn named(collect: &mut Collect) {
    for (who, path, by_procmail) in std::mem::take(&mut collect.recipes) {
        if !collect.first_time(&path) {
            continue;
        }
        let home = path.parent().unwrap_or(Path::new("/")).to_owned();
        if by_procmail {
            procmail(&who, &path, &home, Links::Follow, 0, collect);
        } else {
            maildrop(&who, &path, Links::Follow, 0, collect);
        }
    }
}

/// `.procmailrc` (procmailrc(5)): `! address` sends on, `| sendmail …` too.
pub(super) fn procmail(
    who: &str,
    path: &Path,
    home: &Path,
    links: Links<'_>,
    depth: u32,
    collect: &mut Collect,
) {
    let Some(text) = optional(path, links, collect) else {
        return;
    };
    let file: Arc<Path> = Arc::from(path);
    for (number, line) in backslashed(&text) {
        let line = line.trim();
        let at = At::new(&file, number);
        if let Some(list) = line.strip_prefix('!') {
            recipients(who, list, &at, collect);
        } else if let Some(command) = line.strip_prefix('|') {
            sender(who, command, &at, collect);
        } else if let Some(included) = line
            .strip_prefix("INCLUDERC")
            .or_else(|| line.strip_prefix("SWITCHRC"))
            && let Some(name) = included.trim_start().strip_prefix('=')
        {
            let name = name.trim().trim_matches('"').replace("${HOME}", "$HOME");
            let name = name.strip_prefix("$HOME/").unwrap_or(&name);
            include(who, name, home, &at, depth, collect, |path, collect| {
                procmail(who, path, home, links, depth + 1, collect);
            });
        }
    }
}

/// `.mailfilter` (maildropfilter(7)): `to "! address"`, `cc "! address"`, `to "| sendmail …"`.
pub(super) fn maildrop(
    who: &str,
    path: &Path,
    links: Links<'_>,
    depth: u32,
    collect: &mut Collect,
) {
    let Some(text) = optional(path, links, collect) else {
        return;
    };
    let file: Arc<Path> = Arc::from(path);
    for (number, line) in backslashed(&text) {
        let line = line.trim_start();
        if line.starts_with('#') {
            continue;
        }
        let at = At::new(&file, number);
        let mut rest = line;
        while let Some((word, after)) = rest.split_once(char::is_whitespace) {
            rest = after.trim_start();
            let sends = word
                .rsplit(['{', ';', ')'])
                .next()
                .is_some_and(|it| it.eq_ignore_ascii_case("to") || it.eq_ignore_ascii_case("cc"));
            if !sends {
                continue;
            }
            let quoted = rest
                .strip_prefix('"')
                .and_then(|rest| rest.split_once('"'))
                .map(|(inner, _)| inner);
            let value = quoted
                .unwrap_or_else(|| rest.split([';', '}']).next().unwrap_or_default())
                .trim();
            if let Some(list) = value.strip_prefix('!') {
                recipients(who, list, &at, collect);
            } else if let Some(command) = value.strip_prefix('|') {
                sender(who, command, &at, collect);
            }
        }
        if let Some(name) = line
            .strip_prefix("include")
            .filter(|rest| rest.starts_with([' ', '\t', '"']))
        {
            let name = name.trim().trim_end_matches(';').trim_matches('"');
            if let Some(folder) = path.parent() {
                include(who, name, folder, &at, depth, collect, |path, collect| {
                    maildrop(who, path, links, depth + 1, collect);
                });
            }
        }
    }
}

/// Reads an included file, each once for a user: files that include each other many times end.
fn include(
    who: &str,
    name: &str,
    folder: &Path,
    at: &At,
    depth: u32,
    collect: &mut Collect,
    read: impl FnOnce(&Path, &mut Collect),
) {
    if name.contains(['$', '`']) || depth >= MAX_INCLUDES {
        let why = match depth {
            MAX_INCLUDES.. => "files that include files, too deep",
            _ => "which file is included depends on a variable",
        };
        // Once a file, however many lines say it.
        let what = format!("{name} in {}", at.file.display());
        return collect.unread(
            &what,
            Reason::Missing,
            why,
            "look at it by hand",
            at.clone(),
        );
    }
    let path = folder.join(name);
    if collect.first_time(Path::new(&format!("{who}\0{}", path.display()))) {
        read(&path, collect);
    }
}

/// Addresses parted by white space and commas; words that begin with `-` are sendmail's options.
fn recipients(who: &str, list: &str, at: &At, collect: &mut Collect) {
    let mut skip = false;
    for word in list
        .split([' ', '\t', ',', '"'])
        .filter(|it| !it.is_empty())
    {
        if std::mem::take(&mut skip) || word.starts_with('#') {
            continue;
        }
        match word {
            "-f" | "-r" | "-F" => skip = true,
            word if word.starts_with('-') => {}
            word => collect.variable(
                Kind::Recipe,
                who,
                word,
                at.clone(),
                "not known: it depends on a variable",
            ),
        }
    }
}

/// A command of a recipe, if it sends mail: filters such as spamc are many, and they give it back.
fn sender(who: &str, command: &str, at: &At, collect: &mut Collect) {
    let sends = command.split(['|', ';', '&', '(']).any(|part| {
        known(part.trim()).is_some_and(|it| it == "it sends mail")
            || part.trim_start().starts_with("$SENDMAIL")
            || part.trim_start().starts_with("${SENDMAIL")
    });
    let outside = addressed(command, collect);
    if sends || outside.is_some() {
        collect.list(
            Kind::Recipe,
            who,
            &format!("|{}", command.trim()),
            outside.unwrap_or(Whose::Unknown),
            at.clone(),
            if sends {
                "it sends mail"
            } else {
                "an address outside stands in it"
            },
        );
    }
}

fn optional(path: &Path, links: Links<'_>, collect: &mut Collect) -> Option<String> {
    match collect.disk.text(path, MAX_FILE, links) {
        Ok(text) => {
            collect.read_one();
            Some(text)
        }
        Err(error) => {
            if !error.is_missing() {
                collect.unread_file(path, &error);
            }
            None
        }
    }
}

/// Lines that end in a backslash go on.
fn backslashed(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        let (begin, mut joined) = open.take().unwrap_or((number + 1, String::new()));
        match line.strip_suffix('\\') {
            Some(part) => {
                joined.push_str(part);
                open = Some((begin, joined));
            }
            None => {
                joined.push_str(line);
                lines.push((begin, joined));
            }
        }
    }
    lines.extend(open);
    lines
}
