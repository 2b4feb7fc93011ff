//! Users and what they keep at home: `.forward`, `.procmailrc`, `.mailfilter`, Sieve.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::{
    Collect, Request,
    dovecot::Scripts,
    file::{Links, trusted},
    finding::{At, Kind, Reason},
    postfix::{self, expand},
    recipe, scripts,
};

/// Bytes of a file of users.
const MAX_PASSWD: u64 = 64 << 20;
/// Bytes of a file at home.
const MAX_FILE: u64 = 256 << 10;
/// Folders below each other in `--homes`: `DIR/domain/user`, and one more.
const MAX_DEPTH: u32 = 3;
/// Names in one folder.
const MAX_NAMES: usize = 1_000_000;
/// Homes.
const MAX_HOMES: u64 = 1_000_000;

/// By these a folder is known to be a home.
const MARKS: &[&str] = &[
    ".dovecot.sieve",
    ".forward",
    ".mailfilter",
    ".procmailrc",
    "Maildir",
    "mail",
    "sieve",
];

/// A mailbox and its home.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) home: PathBuf,
    uid: Option<u32>,
}

impl User {
    /// A path in Dovecot's words: `~`, `%h`, `%u`, `%n`, `%d`, `%{home}`, `%{user}` …; none where
    /// there are others.
    pub(super) fn path(&self, pattern: &str) -> Option<PathBuf> {
        let home = self.home.to_str()?;
        let (local, domain) = self.name.split_once('@').unwrap_or((&self.name, ""));
        let pattern = match pattern.strip_prefix("~/") {
            Some(rest) => format!("%h/{rest}"),
            None => pattern.to_owned(),
        };
        let mut path = String::new();
        let mut rest = pattern.as_str();
        while let Some((before, after)) = rest.split_once('%') {
            path.push_str(before);
            let (name, tail) = match after.strip_prefix('{') {
                Some(inner) => inner.split_once('}')?,
                None => {
                    // `%Lu`: in lower case.
                    let after = after.strip_prefix('L').unwrap_or(after);
                    after.split_at_checked(after.chars().next()?.len_utf8())?
                }
            };
            let name = name.split('|').next().unwrap_or_default().trim();
            path.push_str(match name {
                "%" => "%",
                "h" | "home" => home,
                "u" | "user" => &self.name,
                "n" | "username" | "user|username" => local,
                "d" | "domain" => domain,
                _ => return None,
            });
            rest = tail;
        }
        path.push_str(rest);
        // A user's name must not lead elsewhere.
        let sound = !self.name.contains('/') && !path.split('/').any(|part| part == "..");
        (sound && path.starts_with('/')).then(|| PathBuf::from(path))
    }
}

/// Reads the homes of all users.
pub(super) fn read(request: &Request, dovecots: &[Scripts], collect: &mut Collect) {
    // A Dovecot's own users first: they say by which Dovecot a home is served.
    for scripts in dovecots {
        for file in &scripts.passwd {
            passwd(file, scripts, collect);
        }
    }
    let default = Scripts::default();
    let scripts = dovecots.first().unwrap_or(&default);
    for file in &request.passwd {
        passwd(file, scripts, collect);
    }
    for folder in &request.homes {
        walk(folder, &mut Vec::new(), scripts, collect);
    }
    recipe::named(collect);
    if !request.passwd.is_empty() || !request.homes.is_empty() {
        let global = Path::new("/etc/procmailrc");
        recipe::procmail(
            "(every user of procmail)",
            global,
            Path::new("/"),
            Links::Follow,
            0,
            collect,
        );
        recipe::maildrop(
            "(every user of maildrop)",
            Path::new("/etc/maildroprc"),
            Links::Follow,
            0,
            collect,
        );
    }
}

/// passwd(5), or Dovecot's passwd-file: `user:password:uid:gid:gecos:home:…`.
fn passwd(file: &Path, scripts: &Scripts, collect: &mut Collect) {
    let text = match collect.disk.text(file, MAX_PASSWD, Links::Follow) {
        Ok(text) => text,
        Err(error) => return collect.unread_file(file, &error),
    };
    collect.read_one();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.splitn(8, ':');
        let (Some(name), uid, home) = (fields.next(), fields.nth(1), fields.nth(2)) else {
            continue;
        };
        // Dovecot's further fields, parted by spaces.
        let extra = fields.nth(1).unwrap_or_default();
        let own = (!extra.is_empty()).then(|| scripts.of_fields(extra.split(' ')));
        let scripts = own.as_ref().unwrap_or(scripts);
        let moved = extra.split(' ').find_map(|field| {
            field
                .strip_prefix("userdb_home=")
                .or_else(|| field.strip_prefix("home="))
        });
        let home = moved.or(home);
        let mut user = User {
            name: name.to_owned(),
            home: PathBuf::from(home.unwrap_or_default()),
            uid: uid.and_then(|uid| uid.parse().ok()),
        };
        if user.home.as_os_str().is_empty() {
            let Some(home) = scripts
                .mail_home
                .as_deref()
                .and_then(|home| user.path(home))
            else {
                continue;
            };
            user.home = home;
        }
        if !name.is_empty() && user.home.is_absolute() {
            one(&user, scripts, collect);
        }
    }
}

/// Homes below a folder. Links are not followed, Maildirs not entered.
fn walk(folder: &Path, names: &mut Vec<String>, scripts: &Scripts, collect: &mut Collect) {
    let children = match collect.disk.names(folder, MAX_NAMES) {
        Ok(children) => children,
        Err(error) => return collect.unread_file(folder, &error),
    };
    let is_home = !names.is_empty()
        && children
            .iter()
            .any(|child| MARKS.contains(&child.as_str()) || child.starts_with(".forward"));
    if is_home {
        let name = match names.as_slice() {
            [.., domain, local] if domain.contains('.') => format!("{local}@{domain}"),
            [.., last] => last.clone(),
            [] => String::new(),
        };
        if collect.knows_home(folder) {
            return;
        }
        let uid = collect.disk.metadata(folder).ok().map(|it| it.uid());
        return one(
            &User {
                name,
                home: folder.to_owned(),
                uid,
            },
            scripts,
            collect,
        );
    }
    if names.len() as u32 >= MAX_DEPTH {
        return;
    }
    for child in children.into_iter().filter(|child| !child.starts_with('.')) {
        let path = folder.join(&child);
        let is_folder =
            std::fs::symlink_metadata(collect.disk.here(&path)).is_ok_and(|it| it.is_dir());
        if is_folder {
            names.push(child);
            walk(&path, names, scripts, collect);
            names.pop();
        }
    }
}

fn one(user: &User, where_scripts: &Scripts, collect: &mut Collect) {
    if collect.homes >= MAX_HOMES {
        let what = format!(
            "the home of {} and further ones",
            super::collect::cut(&user.name)
        );
        return collect.unread(
            &what,
            Reason::Limit,
            &format!("there are more than {MAX_HOMES} homes"),
            "audit them in parts",
            At::file(&user.home),
        );
    }
    if let Err(error) = std::fs::symlink_metadata(collect.disk.here(&user.home.join(".forward")))
        && error.kind() == std::io::ErrorKind::PermissionDenied
    {
        // One word for all files in it.
        return collect.unread_file(&user.home, &error.into());
    }
    collect.roads.sieve = where_scripts.road(collect);
    if collect.knows_home(&user.home) {
        // Another user of it, or the same one in a second file.
        dot_forward(user, collect);
        return scripts::of_user(user, where_scripts, collect);
    }
    collect.homes += 1;
    collect.add_home(&user.home);
    dot_forward(user, collect);
    let links = Links::Within(&user.home);
    for name in [".procmailrc", ".mailfilter"] {
        collect.first_time(&user.home.join(name));
    }
    recipe::procmail(
        &user.name,
        &user.home.join(".procmailrc"),
        &user.home,
        links,
        0,
        collect,
    );
    recipe::maildrop(
        &user.name,
        &user.home.join(".mailfilter"),
        links,
        0,
        collect,
    );
    scripts::of_user(user, where_scripts, collect);
}

/// What local(8) would read: the paths of `forward_path`, with and without an extension.
fn dot_forward(user: &User, collect: &mut Collect) {
    let pattern = collect
        .forward_path
        .clone()
        .unwrap_or_else(|| "$home/.forward".to_owned());
    let local = user.name.split('@').next().unwrap_or_default();
    let mut paths: Vec<PathBuf> = Vec::new();
    for pattern in pattern.split([',', ' ', '\t']).filter(|it| !it.is_empty()) {
        let mut lookups = 0;
        let path = expand(pattern, &mut lookups, 0, &|name| match name {
            "home" => user.home.to_str().map(str::to_owned),
            "user" | "local" => Some(local.to_owned()),
            "recipient" => Some(user.name.clone()),
            "domain" | "extension" | "recipient_delimiter" | "shell" => Some(String::new()),
            _ => None,
        });
        let path = PathBuf::from(path);
        if path.is_absolute() && !paths.contains(&path) {
            paths.push(path);
        }
        // `.forward+extension`: whatever there is.
        if !collect.delimiter.is_empty() && pattern.contains("extension") {
            let names = collect.disk.names(&user.home, 10_000).unwrap_or_default();
            let more = names.into_iter().filter(|name| {
                let rest = name.strip_prefix(".forward").unwrap_or_default();
                rest.chars()
                    .next()
                    .is_some_and(|c| collect.delimiter.contains(c))
            });
            paths.extend(more.map(|name| user.home.join(name)));
        }
    }
    for path in paths {
        match collect.disk.read(&path, MAX_FILE, Links::Refuse) {
            Ok((bytes, metadata)) => {
                if !collect.first_time(&path) {
                    continue;
                }
                collect.read_one();
                if let Err(why) = trusted(&metadata, user.uid) {
                    collect.remark(
                        &format!("Postfix ignores this file: {why}"),
                        At::file(&path),
                    );
                    continue;
                }
                let text = String::from_utf8_lossy(&bytes);
                postfix::lines(Kind::DotForward, &user.name, &path, &text, 0, collect);
            }
            Err(error) if error.is_missing() => {}
            Err(error) => {
                let is_link = std::fs::symlink_metadata(collect.disk.here(&path))
                    .is_ok_and(|it| it.is_symlink());
                match is_link {
                    true => collect.remark(
                        "Postfix ignores this file: it is a symbolic link",
                        At::file(&path),
                    ),
                    false => collect.unread_file(&path, &error),
                }
            }
        }
    }
}
