//! The merged policy as YAML, each value with the place where it is written.

use std::fmt::Write;

use serde_json::{Map, Value as Json};

use super::{
    Generation,
    yaml::{At, Node, Value},
};

/// Lists and mappings that fit are written in one line, up to this many characters.
const WIDTH: usize = 90;

impl Generation {
    /// The policy with this index, merged with all that it extends: YAML that loads again, and behind
    /// each value the file and line that it comes from. Paths of lists and messages are made whole,
    /// so that they count from anywhere. Empty if there is no such policy.
    pub fn show(&self, policy: usize) -> String {
        let mut out = String::new();
        if let Some(policy) = self.policies.get(policy) {
            let show = Show { generation: self };
            show.entries(&mut out, &whole(self, &policy.tree), 0);
        }
        out
    }

    /// The same for machines: `policy`, and under `origins` the place of each value by its JSON
    /// pointer (RFC 6901).
    pub fn show_json(&self, policy: usize) -> Json {
        let mut origins = Map::new();
        let value = self.policies.get(policy).map_or(Json::Null, |policy| {
            self.json(&whole(self, &policy.tree), String::new(), &mut origins)
        });
        serde_json::json!({ "policy": value, "origins": origins })
    }

    fn json(&self, node: &Node, pointer: String, origins: &mut Map<String, Json>) -> Json {
        match &node.value {
            Value::Map(entries) => entries
                .iter()
                .map(|entry| {
                    let key = entry.key.replace('~', "~0").replace('/', "~1");
                    let below = format!("{pointer}/{key}");
                    (entry.key.clone(), self.json(&entry.node, below, origins))
                })
                .collect::<Map<_, _>>()
                .into(),
            Value::List(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.json(item, format!("{pointer}/{index}"), origins))
                .collect(),
            Value::Null | Value::Scalar(_) => {
                origins.insert(pointer, self.origin(node.at).into());
                node.text().map_or(Json::Null, Json::from)
            }
        }
    }

    /// `FILE:LINE`
    pub(super) fn origin(&self, at: At) -> String {
        let place = self.place(at);
        format!("{}:{}", place.file.display(), place.line)
    }
}

/// The tree without `extends`, which has been followed, and with whole paths.
fn whole(generation: &Generation, node: &Node) -> Node {
    let mut node = node.clone();
    if let Value::Map(entries) = &mut node.value {
        entries.retain(|entry| entry.key != "extends");
        // As people write it: whose policy it is first.
        entries.sort_by_key(|entry| {
            let first = ["policy", "name", "version", "organisation", "mode"];
            let at = first.iter().position(|key| *key == entry.key);
            at.unwrap_or(first.len())
        });
    }
    paths(generation, &mut node);
    node
}

fn paths(generation: &Generation, node: &mut Node) {
    match &mut node.value {
        Value::Map(entries) => {
            for entry in entries {
                let at = entry.node.at;
                match (entry.key.as_str(), &mut entry.node.value) {
                    ("file" | "message", Value::Scalar(path)) => {
                        let file = generation.files.get(at.file as usize);
                        let folder = file.and_then(|file| file.parent());
                        let joined = folder.map(|folder| folder.join(path.as_str()));
                        let whole = joined.and_then(|path| std::path::absolute(path).ok());
                        if let Some(whole) = whole {
                            *path = whole.to_string_lossy().into_owned();
                        }
                    }
                    _ => paths(generation, &mut entry.node),
                }
            }
        }
        Value::List(items) => {
            for item in items {
                paths(generation, item);
            }
        }
        Value::Null | Value::Scalar(_) => {}
    }
}

struct Show<'a> {
    generation: &'a Generation,
}

impl Show<'_> {
    /// The keys of a mapping, each on a line of its own. Writing to a String cannot fail.
    fn entries(&self, out: &mut String, node: &Node, indent: usize) {
        for entry in node.entries() {
            let _ = write!(out, "{:indent$}{}:", "", scalar(&entry.key));
            self.value(out, &entry.node, indent);
        }
    }

    /// What stands behind `key:`, to the end of its last line.
    fn value(&self, out: &mut String, node: &Node, indent: usize) {
        if let Some(text) = self.in_one_line(node) {
            let _ = writeln!(out, " {text}   # {}", self.generation.origin(node.at));
            return;
        }
        out.push('\n');
        match &node.value {
            Value::List(items) => {
                for item in items {
                    self.item(out, item, indent + 2);
                }
            }
            _ => self.entries(out, node, indent + 2),
        }
    }

    fn item(&self, out: &mut String, item: &Node, indent: usize) {
        if let Some(text) = self.in_one_line(item) {
            let _ = writeln!(
                out,
                "{:indent$}- {text}   # {}",
                "",
                self.generation.origin(item.at)
            );
        } else if let Value::List(items) = &item.value {
            let _ = writeln!(out, "{:indent$}-", "");
            for item in items {
                self.item(out, item, indent + 2);
            }
        } else {
            let mut below = String::new();
            self.entries(&mut below, item, indent + 2);
            // The first key stands behind the dash.
            let first = below.get(indent + 2..).unwrap_or_default();
            let _ = write!(out, "{:indent$}- {first}", "");
        }
    }

    /// A node in flow style, if it is short and written on one line of one file.
    fn in_one_line(&self, node: &Node) -> Option<String> {
        let text = flow(node);
        let same = |at: At| (at.file, at.line) == (node.at.file, node.at.line);
        let empty = match &node.value {
            Value::Map(entries) => entries.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Null | Value::Scalar(_) => return Some(text),
        };
        let fits = text.chars().count() <= WIDTH && every(node, &same);
        (empty || fits).then_some(text)
    }
}

fn every(node: &Node, holds: &impl Fn(At) -> bool) -> bool {
    holds(node.at)
        && match &node.value {
            Value::Map(entries) => entries.iter().all(|entry| every(&entry.node, holds)),
            Value::List(items) => items.iter().all(|item| every(item, holds)),
            Value::Null | Value::Scalar(_) => true,
        }
}

/// A node in flow style.
pub(super) fn flow(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Scalar(text) => scalar(text),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|entry| format!("{}: {}", scalar(&entry.key), flow(&entry.node)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// A scalar, in quotes where YAML would take it for something else.
fn scalar(text: &str) -> String {
    let first = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '+' | '_');
    let inside = |c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                ' ' | '/' | '.' | '+' | '_' | '-' | '@' | ':' | '(' | ')' | ';'
            )
    };
    let plain = text.starts_with(first)
        && text.chars().all(inside)
        && !text.contains(": ")
        && !text.ends_with([':', ' ']);
    if plain {
        return text.to_owned();
    }
    // JSON's strings are YAML's double quoted ones.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::scalar;

    #[test]
    fn what_yaml_would_misread_is_quoted() {
        assert_eq!(scalar("Điều 5 khoản 3"), "Điều 5 khoản 3");
        assert_eq!(scalar("2001:db8::/32"), "2001:db8::/32");
        assert_eq!(scalar("> 30 MiB"), "\"> 30 MiB\"");
        assert_eq!(scalar("a: b"), "\"a: b\"");
        assert_eq!(scalar("a #b"), "\"a #b\"");
        assert_eq!(scalar(""), "\"\"");
        assert_eq!(scalar("<>"), "\"<>\"");
        assert_eq!(scalar("@so.vn"), "\"@so.vn\"");
        assert_eq!(scalar("*.exe"), "\"*.exe\"");
        assert_eq!(scalar("x\ny"), "\"x\\ny\"");
    }
}
