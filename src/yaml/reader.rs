//! The tools that read a tree: mappings with known keys, words, lists, and lists in files. Every
//! mistake goes to [`Problems`]; reading goes on with what is left.

use std::{collections::HashMap, fs, io::Read, path::PathBuf, sync::Arc};

use ipnet::IpNet;

use super::{
    list::{self, Entries, MAX_LIST_BYTES, NameSet, NetworkSet, WordFiles},
    meant::{meant_key, meant_word, several},
    report::{Place, Problems, suggest},
    tree::{At, Entry, Node, Source, Sources, Stamp, Value, is_change},
    value::Wrong,
};

/// More keys than this in one mapping are not looked at one by one.
const MAX_KEYS: usize = 200;
/// Lists with more mistakes than this are not read on.
pub(crate) const MAX_LIST_PROBLEMS: usize = 20;

/// What has been read so far.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) sources: Sources,
    pub(crate) problems: Problems,
    lists: HashMap<(PathBuf, Entries), Arc<NameSet>>,
    pub(crate) word_files: WordFiles,
    /// The files that were read as lists.
    pub(crate) list_paths: Vec<PathBuf>,
    /// Files of which the content is in `sources`, by the path they were opened with.
    texts: HashMap<PathBuf, Option<u32>>,
}

impl Reader {
    pub(crate) fn error(&mut self, at: At, message: impl Into<String>, help: impl Into<String>) {
        self.problems.error(at, message, help);
    }

    pub(crate) fn wrong(&mut self, at: At, (message, help): Wrong) {
        self.problems.error(at, message, help);
    }

    /// The entries of a mapping, after a look at its keys. `later` are keys that a coming version
    /// understands.
    pub(crate) fn map<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        known: &[&str],
        later: &[&str],
    ) -> Option<&'n [Entry]> {
        let Value::Map(entries) = &node.value else {
            self.error(
                node.at,
                format!("{what} is {}, but a mapping is wanted", node.what()),
                format!("write its keys below it, indented: {}", known.join(", ")),
            );
            return None;
        };
        for entry in entries.iter().take(MAX_KEYS) {
            if later.contains(&entry.key.as_str()) {
                self.error(
                    entry.key_at,
                    format!("`{}` is not yet understood by this version of gacthu", entry.key),
                    "take it out; or, if the whole rule waits for it, give the rule `needs: [antivirus]` (or what it waits for) and it stands without firing",
                );
            } else if !known.contains(&entry.key.as_str()) {
                self.error(
                    entry.key_at,
                    format!("unknown key `{}` in {what}", entry.key),
                    meant_key(what, &entry.key)
                        .unwrap_or_else(|| suggest(&entry.key, known.iter().copied())),
                );
            }
        }
        Some(entries)
    }

    /// A single value's text.
    pub(crate) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match node.text() {
            Some(text) if !text.trim().is_empty() => Some(text),
            Some(_) => {
                self.error(
                    node.at,
                    format!("`{what}` is empty"),
                    "write a value, or take the key away",
                );
                None
            }
            None => {
                self.error(
                    node.at,
                    format!("`{what}` is {}, but one value is wanted", node.what()),
                    match node.value {
                        Value::Map(_) => {
                            "put a text that begins with `{` or holds `: ` into quotes"
                        }
                        Value::List(_) => "write one value without the brackets or dashes",
                        _ => "write a value, or take the key away",
                    },
                );
                None
            }
        }
    }

    /// A single value or a list of them.
    pub(crate) fn texts<'n>(&mut self, node: &'n Node, what: &str) -> Vec<(&'n str, At)> {
        let items = match &node.value {
            Value::List(items) if items.is_empty() => {
                self.error(
                    node.at,
                    format!("the list `{what}` is empty"),
                    "an empty list of alternatives is never met: write one, or take the key away",
                );
                return Vec::new();
            }
            Value::List(items) => items.as_slice(),
            Value::Map(_) if is_change(node) => {
                self.no_base(node.at);
                return Vec::new();
            }
            _ => std::slice::from_ref(node),
        };
        items
            .iter()
            .filter_map(|item| Some((self.text(item, what)?, item.at)))
            .collect()
    }

    pub(crate) fn no_base(&mut self, at: At) {
        self.error(
            at,
            "there is no list here to change with `add:` and `remove:`",
            "write the list itself; `add:` and `remove:` change a list of the policy that this one `extends`",
        );
    }

    /// One of the known words.
    pub(crate) fn word<T: Copy>(
        &mut self,
        node: &Node,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(node, what)?;
        self.known(text, node.at, what, words)
    }

    /// One or several of the known words.
    pub(crate) fn words<T: Copy>(
        &mut self,
        node: &Node,
        what: &str,
        words: &[(&str, T)],
    ) -> Vec<T> {
        self.texts(node, what)
            .into_iter()
            .filter_map(|(text, at)| self.known(text, at, what, words))
            .collect()
    }

    fn known<T: Copy>(&mut self, text: &str, at: At, what: &str, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            self.error(
                at,
                format!("`{text}` is no value for `{what}`"),
                several(text)
                    .or_else(|| meant_word(what, text).map(str::to_owned))
                    .unwrap_or_else(|| suggest(text, words.iter().map(|(word, _)| *word))),
            );
        }
        found.map(|&(_, value)| value)
    }

    pub(crate) fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        let text = self.text(node, what)?;
        match text {
            "true" => Some(true),
            "false" => Some(false),
            other => {
                let help = match other.to_ascii_lowercase().as_str() {
                    "yes" | "on" | "y" | "true" | "1" => "did you mean `true`?",
                    "no" | "off" | "n" | "false" | "0" => "did you mean `false`?",
                    _ => "write `true` or `false`",
                };
                self.error(
                    node.at,
                    format!("`{what}` is true or false, not `{other}`"),
                    help,
                );
                None
            }
        }
    }

    /// Reads one file; mistakes are reported at `at`, or in the file itself when `at` is none. The
    /// same file is read once.
    pub(crate) fn file(&mut self, path: &PathBuf, limit: u64, at: Option<At>) -> Option<u32> {
        if let Some(known) = self.texts.get(path) {
            return *known;
        }
        let number = self.sources.files.len() as u32;
        let mut bytes = Vec::new();
        let mut stamp = Stamp::default();
        let read = fs::File::open(path).and_then(|file| {
            stamp = file.metadata().map_or(stamp, |meta| Stamp::from(&meta));
            file.take(limit.saturating_add(1)).read_to_end(&mut bytes)
        });
        let add = |this: &mut Self, text: Arc<str>| {
            this.sources.files.push(Source {
                path: path.clone(),
                text,
                stamp,
            });
        };
        let text: Option<Arc<str>> = match read {
            Err(error) => {
                add(self, Arc::from(""));
                let why = error.to_string();
                let why = why.split(" (os error").next().unwrap_or_default();
                self.error(
                    at.unwrap_or(At::file(number)),
                    format!("the file {} cannot be read: {why}", path.display()),
                    match at {
                        Some(_) => {
                            "paths count from the folder of the file in which they are written"
                        }
                        None => "is the path right, and may gacthu read it?",
                    },
                );
                None
            }
            Ok(length) if length as u64 > limit => {
                add(self, Arc::from(""));
                self.error(
                    At::file(number),
                    format!("the file is larger than {limit} bytes"),
                    "a policy has at most 4 MiB, a list at most 64 MiB; put long lists into files of their own",
                );
                None
            }
            Ok(_) => match String::from_utf8(bytes) {
                Ok(text) => {
                    let text: Arc<str> = Arc::from(text);
                    add(self, Arc::clone(&text));
                    Some(text)
                }
                Err(error) => {
                    let valid = error.utf8_error().valid_up_to();
                    let bytes = error.as_bytes();
                    let text = String::from_utf8_lossy(bytes);
                    let before = bytes.get(..valid).unwrap_or_default();
                    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
                    let start = before
                        .iter()
                        .rposition(|&byte| byte == b'\n')
                        .map_or(0, |at| at + 1);
                    let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default())
                        .chars()
                        .count()
                        + 1;
                    add(self, Arc::from(text));
                    self.error(
                        At {
                            file: number,
                            line: line as u32,
                            column: column as u32,
                            start: 0,
                            len: 0,
                        },
                        "the file is not UTF-8 from here on",
                        "save it as UTF-8 (it may be TCVN3, VNI or a UTF-16 file of Windows)",
                    );
                    None
                }
            },
        };
        let known = text.map(|_| number);
        self.texts.insert(path.clone(), known);
        known
    }

    /// A place, with its file's name.
    pub(crate) fn place(&self, at: At) -> Place {
        let source = self.sources.files.get(at.file as usize);
        Place {
            file: source.map(|source| source.path.clone()).unwrap_or_default(),
            line: at.line,
            column: at.column,
        }
    }

    /// The path of a file named inside another.
    pub(crate) fn beside(&self, at: At, path: &str) -> PathBuf {
        let folder = self
            .sources
            .files
            .get(at.file as usize)
            .and_then(|source| source.path.parent());
        folder.map_or_else(|| PathBuf::from(path), |folder| folder.join(path))
    }

    /// Addresses or domains: inline, in files, or both.
    pub(crate) fn names(
        &mut self,
        node: &Node,
        what: &str,
        entries: Entries,
    ) -> Option<Arc<NameSet>> {
        if let Some(file) = self.list_file(node, what) {
            return self.name_file(file, entries);
        }
        let mut set = NameSet::default();
        let mut sound = true;
        for item in self.items(node, what) {
            if let Some(file) = self.list_file(item, what) {
                match self.name_file(file, entries) {
                    Some(more) => set.join(&more),
                    None => sound = false,
                }
            } else if let Some(text) = self.text(item, what) {
                if let Err((message, help)) = set.add(text, entries) {
                    self.wrong(item.at, (message, several(text).unwrap_or(help)));
                    sound = false;
                }
            } else {
                sound = false;
            }
        }
        (sound && !set.is_empty()).then(|| Arc::new(set))
    }

    pub(crate) fn networks(&mut self, node: &Node, what: &str) -> Option<Arc<NetworkSet>> {
        let networks = self.network_list(node, what)?;
        let networks: Vec<IpNet> = networks.into_iter().map(|(network, _)| network).collect();
        (!networks.is_empty()).then(|| Arc::new(NetworkSet::new(&networks)))
    }

    /// Networks and their places: inline, in files, or both. None where one of them is wrong.
    pub(crate) fn network_list(&mut self, node: &Node, what: &str) -> Option<Vec<(IpNet, At)>> {
        let mut networks = Vec::new();
        let mut sound = true;
        for item in self.items(node, what) {
            if let Some(file) = self.list_file(item, what) {
                let Some((number, text)) = self.list_text(file) else {
                    sound = false;
                    continue;
                };
                let mut wrong = 0;
                for (line, column, entry) in list::lines(&text) {
                    match list::network(entry) {
                        Ok(network) => {
                            networks.push((network, line_at(number, line, column)));
                        }
                        Err(_) if wrong >= MAX_LIST_PROBLEMS => break,
                        Err(error) => {
                            self.wrong(line_at(number, line, column), error);
                            wrong += 1;
                            sound = false;
                        }
                    }
                }
            } else if let Some(text) = self.text(item, what) {
                match list::network(text) {
                    Ok(network) => networks.push((network, item.at)),
                    Err((message, help)) => {
                        self.wrong(item.at, (message, several(text).unwrap_or(help)));
                        sound = false;
                    }
                }
            } else {
                sound = false;
            }
        }
        sound.then_some(networks)
    }

    pub(crate) fn items<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Value::List(items) => {
                if items.is_empty() {
                    self.texts(node, what);
                }
                items
            }
            Value::Map(_) if is_change(node) => {
                self.no_base(node.at);
                &[]
            }
            _ => std::slice::from_ref(node),
        }
    }

    /// `{ file: lists/x.txt }`: the path and where it is named.
    pub(crate) fn list_file<'n>(&mut self, node: &'n Node, what: &str) -> Option<(&'n str, At)> {
        let file = node.child("file")?;
        self.map(node, &format!("`{what}`"), &["file"], &[]);
        Some((self.text(file, "file")?, file.at))
    }

    pub(crate) fn list_text(&mut self, (path, at): (&str, At)) -> Option<(u32, Arc<str>)> {
        let path = self.beside(at, path);
        if !self.list_paths.contains(&path) {
            self.list_paths.push(path.clone());
        }
        let number = self.file(&path, MAX_LIST_BYTES, Some(at))?;
        let source = self.sources.files.get(number as usize)?;
        Some((number, Arc::clone(&source.text)))
    }

    fn name_file(&mut self, (path, at): (&str, At), entries: Entries) -> Option<Arc<NameSet>> {
        let key = (self.beside(at, path), entries);
        if let Some(set) = self.lists.get(&key) {
            return Some(Arc::clone(set));
        }
        let (number, text) = self.list_text((path, at))?;
        let mut set = NameSet::default();
        let mut wrong = 0;
        for (line, column, entry) in list::lines(&text) {
            if let Err(error) = set.add(entry, entries) {
                self.wrong(line_at(number, line, column), error);
                wrong += 1;
                if wrong >= MAX_LIST_PROBLEMS {
                    break;
                }
            }
        }
        if wrong > 0 {
            return None;
        }
        if set.is_empty() {
            self.problems.warning(
                at,
                format!("the list {} is empty", key.0.display()),
                "what asks for it is never met",
            );
        }
        let set = Arc::new(set);
        self.lists.insert(key, Arc::clone(&set));
        Some(set)
    }
}

pub(crate) fn line_at(file: u32, line: u32, column: u32) -> At {
    At {
        file,
        line,
        column,
        start: 0,
        len: 0,
    }
}
