//! Files → merged trees → [`Generation`].

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::{
    Generation, Report,
    list::NameSet,
    merge,
    reader::Reader,
    report::{Severity, suggest},
    yaml::{self, At, MAX_BYTES, Node, Value},
};

/// A chain of `extends` may have this many files.
const MAX_CHAIN: usize = 8;

/// What is said to the author of a file that is no policy at all.
const BEGINS: &str = "a policy begins with `policy: 1` and `name: …`";

/// Loads as of this day, which decides which exceptions are past their end.
pub(super) fn load(paths: &[PathBuf], today: Date) -> Result<Generation, Report> {
    let mut reader = Reader::default();
    let mut policies = Vec::new();
    let mut tests = Vec::new();
    let mut origins = Vec::new();
    for path in paths {
        let Some(file) = reader.policy_file(path, None) else {
            continue;
        };
        let mut chain = vec![path.clone()];
        let Some(tree) = reader.chain(file, &mut chain, &mut origins) else {
            continue;
        };
        if let Some(policy) = reader.policy(tree, policies.len(), today, &mut tests) {
            policies.push(policy);
        }
    }
    reader.overlaps(&policies);
    reader.same_marks(&policies);
    if paths.is_empty() {
        reader.error(
            At::file(0),
            "no policy is named",
            "name at least one: `--policy FILE`",
        );
    }
    let failed = reader.problems.errors() > 0;
    let problems = reader.problems.finish(&reader.sources);
    if failed || policies.is_empty() {
        return Err(Report { problems });
    }
    let mut hasher = Sha256::new();
    for source in &reader.sources.files {
        // With lengths, so that text cannot move from one file to the next unseen.
        hasher.update((source.text.len() as u64).to_le_bytes());
        hasher.update(source.text.as_bytes());
    }
    let hash = hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let lists = reader.list_paths;
    let (files, stamps) = reader
        .sources
        .files
        .into_iter()
        .map(|source| (source.path, source.stamp))
        .unzip();
    let warnings = problems
        .into_iter()
        .filter(|problem| problem.severity == Severity::Warning)
        .collect();
    let mut ours = NameSet::default();
    for policy in &policies {
        ours.join(&policy.organisation.domains);
        ours.join(&policy.organisation.former);
    }
    let mut generation = Generation::new(policies, tests, files, hash, warnings, ours, today);
    generation.origins = origins;
    generation.lists = lists;
    generation.stamps = stamps;
    Ok(generation)
}

impl Reader {
    /// A message has one set of marks: policies that run together name the same words.
    fn same_marks(&mut self, policies: &[super::model::Policy]) {
        let mut named = policies
            .iter()
            .filter_map(|policy| Some((policy, policy.marks.as_ref()?)));
        let Some((first, marks)) = named.next() else {
            return;
        };
        let others: Vec<At> = named
            .filter(|(_, other)| *other != marks)
            .filter_map(|(policy, _)| Some(policy.tree.child("marks")?.at))
            .collect();
        let first = first.name.to_string();
        for at in others {
            self.error(
                at,
                format!("these are other marks than those of the policy `{first}`, which runs beside this one"),
                "name the same file in both: a message is looked through once",
            );
        }
    }

    fn policy_file(&mut self, path: &PathBuf, named: Option<At>) -> Option<u32> {
        self.file(path, MAX_BYTES as u64, named)
    }

    /// The tree of a file, laid over all that it extends. `chain`: the files on the way here.
    fn chain(
        &mut self,
        file: u32,
        chain: &mut Vec<PathBuf>,
        origins: &mut Vec<(u32, String)>,
    ) -> Option<Node> {
        let text = Arc::clone(&self.sources.files.get(file as usize)?.text);
        let tree = yaml::parse(file, &text, BEGINS, &mut self.problems)?;
        if !matches!(tree.value, Value::Map(_)) {
            self.error(
                tree.at,
                format!("a policy is a mapping, and this is {}", tree.what()),
                BEGINS,
            );
            return None;
        }
        origins.push((file, name_and_version(&tree)));
        self.ids(&tree, "rules");
        self.ids(&tree, "exceptions");
        let Some(extends) = tree.child("extends") else {
            return Some(tree);
        };
        let wanted = self.text(extends, "extends")?.to_owned();
        let base = self.base(&wanted, extends.at, file)?;
        let at = extends.at;
        if chain.contains(&base) {
            let road: Vec<_> = chain
                .iter()
                .skip_while(|path| **path != base)
                .chain([&base])
                .map(|path| path.file_name().unwrap_or_default().to_string_lossy())
                .collect();
            self.error(
                at,
                format!("`extends` goes round in a circle: {}", road.join(" → ")),
                "one of these must not extend the next",
            );
            return None;
        }
        if chain.len() >= MAX_CHAIN {
            self.error(
                at,
                format!("the chain of `extends` is longer than {MAX_CHAIN} files"),
                "let this policy extend a policy nearer to the base",
            );
            return None;
        }
        chain.push(base.clone());
        let number = self.policy_file(&base, Some(at))?;
        let below = self.chain(number, chain, origins)?;
        if let Some((name, version)) = by_name(&wanted) {
            self.check_base(at, &below, name, version, &base);
        }
        Some(merge::policy(below, tree, &mut self.problems))
    }

    /// The file that `extends` means: `base@1` is `base.yaml` beside this file or one folder up.
    fn base(&mut self, wanted: &str, at: At, file: u32) -> Option<PathBuf> {
        let Some((name, _)) = by_name(wanted) else {
            let path = normal(&self.beside(at, wanted));
            if !wanted.contains(['/', '.']) && !path.exists() {
                self.error(
                    at,
                    format!("`{wanted}` names neither a file nor a policy with its version"),
                    format!("write `{wanted}@1` (name and version, found beside this file or in the folder above), or a path: `/usr/share/gacthu/policies/{wanted}.yaml`"),
                );
                return None;
            }
            return Some(path);
        };
        if name.is_empty() || name.contains(['/', '\\']) {
            self.error(
                at,
                format!("`{wanted}` names no policy"),
                "write `base@1` (a name and its version) or a path such as `../base.yaml`",
            );
            return None;
        }
        let own = self.sources.files.get(file as usize)?.path.clone();
        let folder = own.parent().unwrap_or(Path::new("")).to_owned();
        let candidates = [folder.clone(), folder.join("..")];
        for folder in &candidates {
            for extension in ["yaml", "yml"] {
                let path = folder.join(format!("{name}.{extension}"));
                if path.is_file() {
                    return Some(normal(&path));
                }
            }
        }
        let mut there = Vec::new();
        for folder in &candidates {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            for entry in std::fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .take(200)
            {
                let path = entry.path();
                let yaml = path
                    .extension()
                    .is_some_and(|extension| extension == "yaml" || extension == "yml");
                if yaml
                    && path != own
                    && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
                {
                    there.push(stem.to_owned());
                }
            }
        }
        there.sort();
        there.dedup();
        let near =
            suggest(name, there.iter().map(String::as_str)).replace("allowed here:", "there are:");
        self.error(
            at,
            format!("there is no policy `{name}` to extend: no {name}.yaml beside this file or in the folder above"),
            if near.is_empty() { "give its path, such as `/usr/share/gacthu/policies/base.yaml`".to_owned() } else { near },
        );
        None
    }

    fn check_base(&mut self, at: At, base: &Node, name: &str, version: &str, path: &Path) {
        let said = |key| {
            base.child(key)
                .and_then(Node::text)
                .unwrap_or_default()
                .to_owned()
        };
        let (its_name, its_version) = (said("name"), said("version"));
        if its_name != name {
            self.error(
                at,
                format!(
                    "{} is the policy `{its_name}`, not `{name}`",
                    path.display()
                ),
                format!("write `{its_name}@{its_version}`, or the path"),
            );
        } else if its_version != version {
            let has = if its_version.is_empty() {
                "has no version".to_owned()
            } else {
                format!("has version {its_version}")
            };
            self.error(
                at,
                format!("this policy wants `{name}` in version {version}, but {} {has}", path.display()),
                "read what changed between the two, then name the version that is there; or keep the old file",
            );
        }
    }

    /// Every rule and exception has an id, and no two the same in one file.
    fn ids(&mut self, tree: &Node, list: &str) {
        let Some(Value::List(items)) = tree.child(list).map(|node| &node.value) else {
            return;
        };
        let mut seen: HashMap<&str, u32> = HashMap::new();
        for item in items {
            let Some(id) = item.child("id") else {
                if matches!(item.value, Value::Map(_)) {
                    self.error(item.at, format!("an entry of `{list}` has no `id`"), "give it a short name, such as `id: executable`: reports, logs and exceptions use it");
                }
                continue;
            };
            let Some(text) = id.text() else { continue };
            if let Some(line) = seen.insert(text, id.at.line) {
                self.error(
                    id.at,
                    format!("the id `{text}` stands here a second time"),
                    format!("it stands already on line {line}; give one of them another id"),
                );
            }
        }
    }
}

/// `base@1`, of a policy's own tree; without a version just the name.
fn name_and_version(tree: &Node) -> String {
    let said = |key| tree.child(key).and_then(Node::text).unwrap_or_default();
    let text = match (said("name"), said("version")) {
        (name, "") => name.to_owned(),
        (name, version) => format!("{name}@{version}"),
    };
    // It is written into a file of lines.
    text.split_whitespace().collect::<Vec<_>>().join("-")
}

/// `base@1` → its name and version; `None` for a path.
fn by_name(wanted: &str) -> Option<(&str, &str)> {
    wanted.split_once('@').filter(|(name, version)| {
        !name.contains('/') && !version.contains('/') && !version.ends_with(".yaml")
    })
}

/// Takes `x/..` out, so that one file has one path. Symbolic links stay as they are named.
fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            (Component::CurDir, _) => {}
            _ => parts.push(part),
        }
    }
    parts.into_iter().collect()
}
