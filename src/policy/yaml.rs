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

/// A policy file may be this large, in bytes.
pub(super) const MAX_POLICY_BYTES: usize = 4 * 1024 * 1024;
/// A policy file may hold this many keys, values and lists, aliases unfolded.
const MAX_NODES: usize = 250_000;

/// The files that were read; places point into them.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) files: Vec<Source>,
}

/// One file.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: Arc<str>,
}

/// Where a node is written. Line and column count from 1, `start` and `len` are bytes of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct At {
    pub(super) file: u32,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) start: u32,
    pub(super) len: u32,
}

impl At {
    /// The file as a whole.
    pub(super) fn file(file: u32) -> Self {
        Self {
            file,
            ..Self::default()
        }
    }
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: At,
    pub(super) value: Value,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(super) enum Value {
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
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: At,
    pub(super) node: Node,
}

impl Node {
    /// In a few words, for "expected a list, found …".
    pub(super) fn what(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping (key: value)",
        }
    }

    /// The value under this key, if this is a mapping that has it.
    pub(super) fn child(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node)
    }

    /// The entries of a mapping; none for anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads one file's text. `None` when it is not YAML at all; the mistake is then in `problems`.
pub(super) fn parse(file: u32, text: &str, problems: &mut Problems) -> Option<Node> {
    if text.len() > MAX_POLICY_BYTES {
        problems.error(
            At::file(file),
            format!("the file is too large: {} bytes", text.len()),
            format!("a policy file may have at most {MAX_POLICY_BYTES} bytes; put long lists into their own files and name them with `{{ file: lists/name.txt }}`"),
        );
        return None;
    }
    if text.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line == "---" || line == "..."
    }) {
        problems.error(
            At::file(file),
            "the file is empty",
            "a policy begins with `policy: 1` and `name: …`",
        );
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
    let at = error.location().map_or(At::file(file), |location| {
        let mut at = place(file, &location);
        at.len = 1;
        at
    });
    let said = error.without_snippet().to_string();
    // The crate ends its texts with the place; ours says it already.
    let said = said
        .split(" at line ")
        .next()
        .unwrap_or_default()
        .trim()
        .trim_end_matches([',', ';', ':'])
        .to_owned();
    let line = text
        .lines()
        .nth(at.line.saturating_sub(1) as usize)
        .unwrap_or_default();
    let tab = text.lines().position(|line| {
        let indent = line.len() - line.trim_start().len();
        line.get(..indent)
            .is_some_and(|indent| indent.contains('\t'))
    });
    let (at, help) = match (error.without_snippet(), tab) {
        (serde_saphyr::Error::Budget { .. } | serde_saphyr::Error::AliasReplayLimitExceeded { .. }, _) => (
            at,
            "the file asks for more than any policy needs (size, depth, or anchors and aliases that unfold without end); split it, or put lists into their own files".to_owned(),
        ),
        (_, Some(row)) => {
            let column = text
                .lines()
                .nth(row)
                .and_then(|line| line.find('\t'))
                .unwrap_or(0);
            (
                At {
                    file,
                    line: row as u32 + 1,
                    column: column as u32 + 1,
                    start: 0,
                    len: 1,
                },
                "YAML does not allow tabs for indentation: use spaces".to_owned(),
            )
        }
        (serde_saphyr::Error::MergeKeyNotAllowed { .. }, _) => (
            at,
            "`<<` is not used in policies: write the keys out, or use `extends`".to_owned(),
        ),
        (serde_saphyr::Error::MultipleDocuments { .. }, _) => (
            at,
            "a policy file holds one document: remove the `---` in the middle".to_owned(),
        ),
        _ if line.contains(": ") || line.trim_end().ends_with(':') => (
            at,
            "check the indentation and the quotes of this line and of the one above; a value with `: `, `#`, `{`, `[`, `*`, `&`, `>` or `|` at its start wants quotes".to_owned(),
        ),
        _ => (at, "check the indentation and the quotes here and on the line above".to_owned()),
    };
    problems.error(at, format!("this is not valid YAML: {said}"), help);
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
                        format!("it stands already on line {line}; keep one of them"),
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
