//! YAML text → a tree in which every key and value knows its place.
//!
//! The tree, not serde's derived structs, because a struct stops at the first mistake, and a policy
//! author wants all of them; because `extends` merges trees and every value keeps the place where it
//! was written; and because a scalar's text stays as written (`1.10`, `no`) until someone asks.

use std::{collections::HashMap, fmt, path::PathBuf, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{DuplicateKeyPolicy, MergeKeyPolicy, Options, Spanned};

use super::report::Problems;

/// A policy or a settings file may be this large, in bytes.
pub(crate) const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Such a file may hold this many keys, values and lists, aliases unfolded.
const MAX_NODES: usize = 250_000;

/// The files that were read; places point into them.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) files: Vec<Source>,
}

/// One file.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: Arc<str>,
    /// As the file was when it was opened.
    pub(crate) stamp: Stamp,
}

/// What changes when a file does: its time, size and number. None: it cannot be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp(Option<(i64, i64, u64, u64)>);

impl Stamp {
    /// Of the file that has this name now.
    pub fn of(path: &std::path::Path) -> Self {
        std::fs::metadata(path).map_or(Self(None), |meta| Self::from(&meta))
    }
}

impl From<&std::fs::Metadata> for Stamp {
    fn from(meta: &std::fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;

        Self(Some((
            meta.mtime(),
            meta.mtime_nsec(),
            meta.size(),
            meta.ino(),
        )))
    }
}

/// Where a node is written. Line and column count from 1, `start` and `len` are bytes of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) file: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl At {
    /// The file as a whole.
    pub(crate) fn file(file: u32) -> Self {
        Self {
            file,
            ..Self::default()
        }
    }
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: At,
    pub(crate) value: Value,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// A scalar, as written (quotes removed).
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping; keys may stand twice until [`report_duplicates`] has looked.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_at: At,
    pub(crate) node: Node,
}

impl Node {
    /// In a few words, for "expected a list, found …".
    pub(crate) fn what(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping (key: value)",
        }
    }

    /// The value under this key, if this is a mapping that has it.
    pub(crate) fn child(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node)
    }

    /// The entries of a mapping; none for anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }
}

/// Whether this is `{ add: […], remove: […] }`.
pub(crate) fn is_change(node: &Node) -> bool {
    let entries = node.entries();
    !entries.is_empty()
        && entries
            .iter()
            .all(|entry| matches!(entry.key.as_str(), "add" | "remove"))
}

/// Reads one file's text. `None` when it is not YAML at all; the mistake is then in `problems`. `begins`
/// tells the author of an empty file how one begins.
pub(crate) fn parse(file: u32, text: &str, begins: &str, problems: &mut Problems) -> Option<Node> {
    if text.len() > MAX_BYTES {
        problems.error(
            At::file(file),
            format!("the file is too large: {} bytes", text.len()),
            format!("it may have at most {MAX_BYTES} bytes; put long lists into their own files and name them with `{{ file: lists/name.txt }}`"),
        );
        return None;
    }
    if text.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line == "---" || line == "..."
    }) {
        problems.error(At::file(file), "the file is empty", begins);
        return None;
    }
    match serde_saphyr::from_str_with_options::<Raw>(text, options()) {
        Ok(raw) => {
            let node = raw.place(file, text);
            report_duplicates(&node, problems);
            Some(node)
        }
        Err(error) => {
            report_syntax(file, text, &error, problems);
            None
        }
    }
}

fn options() -> Options {
    let mut options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Error,
        with_snippet: false,
        strict_booleans: true,
    };
    options.budget = serde_saphyr::budget! {
        max_nodes: MAX_NODES,
        max_depth: 32,
        max_aliases: 1_000,
        max_anchors: 1_000,
        max_documents: 2,
    };
    options.alias_limits.max_total_replayed_events = MAX_NODES;
    options
}

fn report_syntax(file: u32, text: &str, error: &serde_saphyr::Error, problems: &mut Problems) {
    use serde_saphyr::Error;

    let mut at = error.location().map_or(At::file(file), |location| {
        let mut at = place(file, &location);
        at.len = 1;
        at
    });
    let error = error.without_snippet();
    let said = error.to_string();
    // The crate ends its texts with the place; ours says it already.
    let said = said.split(" at line ").next().unwrap_or_default();
    let said = said.trim().trim_end_matches([',', ';', ':']);
    let mut message = format!("this is not valid YAML: {said}");
    let line = text.lines().nth(at.line.saturating_sub(1) as usize);
    let value = line.and_then(unquoted_value);
    let help = match error {
        Error::Budget { .. } | Error::AliasReplayLimitExceeded { .. } | Error::AliasError { .. } => {
            "the file asks for more than any such file needs (size, depth, or anchors and aliases that unfold without end); split it, or put lists into their own files".to_owned()
        }
        Error::MergeKeyNotAllowed { .. } => {
            message = "`<<` is not used here".to_owned();
            "write the keys out; a policy may use `extends`".to_owned()
        }
        Error::MultipleDocuments { .. } => {
            message = "a second document begins here".to_owned();
            // The crate names the first value behind the line that begins it.
            let before = text.lines().take(at.line as usize).enumerate();
            if let Some((line, _)) = before.filter(|(_, line)| line.starts_with("---")).last() {
                (at.line, at.column) = (line as u32 + 1, 1);
            }
            "a file holds one: remove the `---`".to_owned()
        }
        _ => {
            if let Some((tab, line)) = tab_in_indentation(text) {
                (at.line, at.column) = (line, tab);
                message = "a tab stands in the indentation".to_owned();
                "YAML does not allow tabs for indentation: use spaces".to_owned()
            } else if let Some((line, bracket)) = open_bracket(text, at.line) {
                format!("the `{bracket}` on line {line} is not closed before this")
            } else if let Some(value) = value {
                format!("put this value into quotes: `\"{}\"`", value.replace('"', "\\\""))
            } else {
                "check the indentation: keys of one block begin in one column, a list's `- ` too; and the quotes here and on the line above".to_owned()
            }
        }
    };
    problems.error(at, message, help);
}

/// The value of this line, if it means something else to YAML without quotes.
fn unquoted_value(line: &str) -> Option<&str> {
    let (_, value) = line.split_once(": ")?;
    // Inside a flow mapping the innermost value is the one.
    let value = match value.rsplit_once(": ") {
        Some((before, inner)) if before.contains('{') => inner.trim_end_matches(['}', ' ']),
        _ => value,
    };
    let value = value.trim();
    let special = value.starts_with(['>', '|', '*', '&', '%', '@', '`', '!'])
        || (value.contains(": ") && !value.starts_with(['{', '[', '"', '\'']));
    special.then_some(value)
}

/// Column and line of the first tab before a line's text.
fn tab_in_indentation(text: &str) -> Option<(u32, u32)> {
    text.lines().enumerate().find_map(|(row, line)| {
        let indent = line.len() - line.trim_start().len();
        let tab = line.get(..indent)?.find('\t')?;
        Some((tab as u32 + 1, row as u32 + 1))
    })
}

/// The last bracket that is open before this line: its line and itself. Quotes and comments are
/// looked at line by line, which is enough for a hint.
fn open_bracket(text: &str, before: u32) -> Option<(u32, char)> {
    let mut open = Vec::new();
    for (row, line) in text
        .lines()
        .enumerate()
        .take(before.saturating_sub(1) as usize)
    {
        let mut quote = None;
        let mut last = ' ';
        for c in line.chars() {
            match (quote, c) {
                (Some(end), c) if c == end => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') if !last.is_alphanumeric() => quote = Some(c),
                (None, '#') if last == ' ' => break,
                (None, '[' | '{') => open.push((row as u32 + 1, c)),
                (None, ']' | '}') => {
                    open.pop();
                }
                _ => {}
            }
            last = c;
        }
    }
    open.pop()
}

fn report_duplicates(node: &Node, problems: &mut Problems) {
    match &node.value {
        Value::Map(entries) => {
            let mut lines = HashMap::with_capacity(entries.len());
            for entry in entries {
                if let Some(line) = lines.insert(&entry.key, entry.key_at.line) {
                    problems.error(
                        entry.key_at,
                        format!("the key `{}` stands here a second time", entry.key),
                        match entry.key.as_str() {
                            "attachment" | "attachments" | "sender" | "recipient" | "client" => format!(
                                "it stands already on line {line}; for OR write a list under one key: `{0}: [{{ … }}, {{ … }}]`; for AND `all: [{{ {0}: … }}, {{ {0}: … }}]`",
                                entry.key
                            ),
                            "not" => format!(
                                "it stands already on line {line}; write a list under one `not`, of which none may hold: `not: [{{ … }}, {{ … }}]`"
                            ),
                            _ => format!("it stands already on line {line}; keep one of them"),
                        },
                    );
                }
                report_duplicates(&entry.node, problems);
            }
        }
        Value::List(items) => items
            .iter()
            .for_each(|item| report_duplicates(item, problems)),
        Value::Null | Value::Scalar(_) => {}
    }
}

fn place(file: u32, location: &serde_saphyr::Location) -> At {
    let span = location.span();
    At {
        file,
        line: location.line() as u32,
        column: location.column() as u32,
        start: span.byte_offset().unwrap_or(0) as u32,
        len: span.byte_len().unwrap_or(0) as u32,
    }
}

/// What serde hands over; becomes a [`Node`] once the text is at hand.
struct Raw(Spanned<RawValue>);

enum RawValue {
    Null,
    Text(String),
    /// A plain scalar that serde takes for a number or a truth value: the text is what counts.
    AsWritten(String),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

impl Raw {
    fn place(self, file: u32, text: &str) -> Node {
        let at = place(file, &self.0.defined);
        let value = match self.0.value {
            RawValue::Null => Value::Null,
            RawValue::Text(text) => Value::Scalar(text),
            RawValue::AsWritten(fallback) => {
                let start = at.start as usize;
                let written = text.get(start..start.saturating_add(at.len as usize));
                Value::Scalar(
                    written
                        .map(str::trim)
                        .filter(|written| !written.is_empty())
                        .map_or(fallback, str::to_owned),
                )
            }
            RawValue::List(items) => Value::List(
                items
                    .into_iter()
                    .map(|item| item.place(file, text))
                    .collect(),
            ),
            RawValue::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, node)| {
                        let key = key.place(file, text);
                        Entry {
                            key: match &key.value {
                                Value::Scalar(text) => text.clone(),
                                Value::Null => "null".to_owned(),
                                Value::List(_) | Value::Map(_) => "?".to_owned(),
                            },
                            key_at: key.at,
                            node: node.place(file, text),
                        }
                    })
                    .collect(),
            ),
        };
        Node { at, value }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::<RawValue>::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = RawValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E>(self) -> Result<RawValue, E> {
                Ok(RawValue::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<RawValue, E> {
                Ok(RawValue::AsWritten(value.to_string()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<RawValue, E> {
                Ok(RawValue::AsWritten(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<RawValue, E> {
                Ok(RawValue::AsWritten(value.to_string()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<RawValue, E> {
                Ok(RawValue::AsWritten(value.to_string()))
            }
            fn visit_str<E>(self, value: &str) -> Result<RawValue, E> {
                Ok(RawValue::Text(value.to_owned()))
            }
            fn visit_string<E>(self, value: String) -> Result<RawValue, E> {
                Ok(RawValue::Text(value))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawValue, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(RawValue::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawValue, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(RawValue::Map(entries))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
