//! Sieve scripts on the disk: which are in force for a user, what they include, what they do.

use std::path::{Path, PathBuf};

use super::{
    Collect,
    collect::cut,
    dovecot::Scripts,
    file::{Links, NotRead},
    finding::{At, Kind, Reason, Whose},
    home::User,
    postfix::{addressed, known},
    sieve::{self, Does, To},
};

/// Bytes of one script; Pigeonhole's own limit is 1 MiB (`sieve_max_script_size`).
const MAX_SCRIPT: u64 = 1 << 20;
/// Scripts that include scripts.
const MAX_INCLUDES: u32 = 10;
/// Said of a program that is named like one that only delivers.
const OWN_PROGRAM: &str = "a program of the site's own: what it does with the mail is not read";
/// Said where an address is not known.
const UNKNOWN: &str = "not known: it depends on a variable";

/// The scripts of one user that are in force.
pub(super) fn of_user(user: &User, scripts: &Scripts, collect: &mut Collect) {
    let mut has_own = false;
    for (index, pattern) in scripts.active.iter().chain(&scripts.fallback).enumerate() {
        let is_fallback = index >= scripts.active.len();
        if is_fallback && has_own {
            continue;
        }
        let Some(path) = user.path(pattern) else {
            let remedy = "name the folder of the homes: --homes DIR";
            collect.unread(
                &format!("{pattern} of {}", cut(&user.name)),
                Reason::Missing,
                "the path depends on something that is not known here",
                remedy,
                At::file(Path::new(pattern)),
            );
            continue;
        };
        if !collect.first_time(&path) {
            has_own |= index == 0;
            continue;
        }
        // The link of the active script may lead to the folder of the others.
        let folder = user
            .path(&scripts.personal)
            .filter(|folder| !folder.starts_with(&user.home));
        let links = match folder.as_deref() {
            Some(folder) if user.home.as_os_str().is_empty() || path.starts_with(folder) => {
                Links::Within(folder)
            }
            _ => Links::Within(&user.home),
        };
        let found = match script(&user.name, &path, links, scripts, Some(user), 0, collect) {
            Err(error) if error.reason == Reason::NotAFile && folder.is_some() => {
                let other = Links::Within(folder.as_deref().unwrap_or(&user.home));
                script(&user.name, &path, other, scripts, Some(user), 0, collect)
            }
            other => other,
        };
        match found {
            Ok(()) => has_own |= index == 0,
            Err(error) if error.is_missing() => {}
            Err(error) => {
                // Findings are known by the script's own name.
                let script = collect.disk.target(&path);
                let script = script.filter(|_| error.reason != Reason::NotAFile);
                collect.unread_file(script.as_deref().unwrap_or(&path), &error);
            }
        }
    }
}

/// Reads one script.
pub(super) fn script(
    who: &str,
    path: &Path,
    links: Links<'_>,
    scripts: &Scripts,
    user: Option<&User>,
    depth: u32,
    collect: &mut Collect,
) -> Result<(), NotRead> {
    let text = collect.disk.text(path, MAX_SCRIPT, links)?;
    collect.read_one();
    // What a person edits is the script that the link of the active one leads to.
    let target = collect.disk.target(path);
    let path = target.as_deref().unwrap_or(path);
    let includes = actions(Kind::Sieve, who, path, 0, &text, collect);
    for (name, global, at) in includes {
        if depth >= MAX_INCLUDES {
            collect.unread(
                &name,
                Reason::Limit,
                "scripts that include scripts, too deep",
                "take the circle out",
                at,
            );
            continue;
        }
        let folder = match (global, user) {
            (true, _) => scripts.global.as_deref().map(PathBuf::from),
            (false, Some(user)) => user.path(&scripts.personal),
            (false, None) => None,
        };
        let Some(folder) = folder.filter(|_| !name.contains('/') && !name.is_empty()) else {
            collect.unread(
                &format!("include {name:?}"),
                Reason::Missing,
                "where included scripts are is not known",
                "name the output of `doveconf -n`: --dovecot FILE",
                at,
            );
            continue;
        };
        let path = folder.join(format!("{name}.sieve"));
        // One script of everybody is included by many; it is told of each user.
        let again = format!("{who}\0{}", path.display());
        if !collect.first_time(Path::new(&again)) {
            continue;
        }
        let links = if global {
            Links::Follow
        } else {
            Links::Within(&folder)
        };
        if let Err(error) = script(who, &path, links, scripts, user, depth + 1, collect) {
            collect.unread(
                &path.display().to_string(),
                error.reason,
                &error.why,
                error.remedy(),
                at,
            );
        }
    }
    Ok(())
}

/// Takes what a script does; gives the scripts that it includes. `above`: lines of the file before the
/// script.
pub(super) fn actions(
    kind: Kind,
    who: &str,
    path: &Path,
    above: usize,
    text: &str,
    collect: &mut Collect,
) -> Vec<(String, bool, At)> {
    let file = std::sync::Arc::from(path);
    let (actions, wrong) = sieve::read(text);
    let mut includes = Vec::new();
    let notice = if kind == Kind::Sieve {
        Kind::SieveNotice
    } else {
        Kind::ZimbraNotice
    };
    for action in actions {
        let at = At::new(&file, above + action.line);
        match action.does {
            Does::Redirect { to, copy } => take(
                kind,
                who,
                &to,
                at,
                if copy {
                    ":copy, the mailbox keeps it too"
                } else {
                    ""
                },
                collect,
            ),
            Does::Notice { to } => take(
                notice,
                who,
                &to,
                at,
                "a notice; the letter itself is not sent on",
                collect,
            ),
            Does::Program { name } => {
                let remark = known(&name).unwrap_or(OWN_PROGRAM);
                let whose = addressed(&name, collect).unwrap_or(Whose::Unknown);
                collect.list(Kind::Program, who, &format!("|{name}"), whose, at, remark);
            }
            Does::Include { name, global } => includes.push((name, global, at)),
        }
    }
    if let Some(wrong) = wrong {
        let at = At::new(&file, above + wrong.line);
        let what = format!("{}:{}", path.display(), at.line);
        collect.unread(&what, Reason::Damaged, &format!("this is no Sieve from here on: {}", wrong.why), "Dovecot runs no script that does not compile: `sievec FILE` says what is wrong; an older `.svbin` may still run", at);
    }
    includes
}

fn take(kind: Kind, who: &str, to: &To, at: At, remark: &str, collect: &mut Collect) {
    match to {
        To::Address(address) => {
            // RFC 5228 section 2.4.2.3 lets a name stand before it.
            let plain = address
                .rfind('<')
                .and_then(|at| address.get(at..))
                .unwrap_or(address);
            collect.forward_with(kind, who, plain.trim(), at, remark);
        }
        To::Variable(text) if text.is_empty() => {
            collect.list(kind, who, "(list)", Whose::Unknown, at, UNKNOWN);
        }
        To::Variable(text) => collect.variable(kind, who, text, at, UNKNOWN),
    }
}
