//! `extends`: one policy's tree laid over another's.
//!
//! Mappings are merged by key, rules and exceptions by id; scalars and lists replace, and
//! `{ add: […], remove: […] }` changes a list. `when`, `unless`, `then` and `if_unknown` are
//! replaced as a whole, for a condition of which a part comes from elsewhere is not what anyone reads; only on the way to an
//! `add:` or `remove:` are they merged.

use std::collections::HashMap;

use super::{
    report::Problems,
    yaml::{Entry, Node, Value, is_change},
};

/// Keys that a policy does not inherit.
const OWN: &[&str] = &["policy", "name", "version", "extends", "tests"];

/// Lays `over` on `base`.
pub(super) fn policy(base: Node, over: Node, problems: &mut Problems) -> Node {
    let at = over.at;
    let (Value::Map(mut below), Value::Map(above)) = (base.value, over.value) else {
        return Node {
            at,
            value: Value::Null,
        };
    };
    below.retain(|entry| !OWN.contains(&entry.key.as_str()));
    for entry in above {
        let by_id = matches!(entry.key.as_str(), "rules" | "exceptions");
        lay(&mut below, entry, problems, |base, over, problems| {
            if by_id {
                items(base, over, problems)
            } else {
                value(base, over, problems)
            }
        });
    }
    Node {
        at,
        value: Value::Map(below),
    }
}

fn lay(
    below: &mut Vec<Entry>,
    entry: Entry,
    problems: &mut Problems,
    merge: impl FnOnce(Node, Node, &mut Problems) -> Node,
) {
    match below.iter_mut().find(|old| old.key == entry.key) {
        Some(old) => {
            *old = Entry {
                node: merge(old.node.clone(), entry.node, problems),
                key: entry.key,
                key_at: entry.key_at,
            };
        }
        None => below.push(entry),
    }
}

/// Rules or exceptions, by id.
fn items(base: Node, over: Node, problems: &mut Problems) -> Node {
    let at = over.at;
    let mut merged = match (base.value, &over.value) {
        (Value::List(items), Value::List(_)) => items,
        // `rules:` with nothing under it adds nothing.
        (value, Value::Null) => return Node { at: base.at, value },
        // Not lists: who reads the tree says so.
        _ => return over,
    };
    let Value::List(above) = over.value else {
        return Node {
            at,
            value: Value::List(merged),
        };
    };
    let id = |item: &Node| item.child("id").and_then(Node::text).map(str::to_owned);
    let places: HashMap<String, usize> = merged
        .iter()
        .enumerate()
        .filter_map(|(index, item)| Some((id(item)?, index)))
        .collect();
    for item in above {
        let same = id(&item).and_then(|id| places.get(&id).copied());
        match same.and_then(|index| merged.get_mut(index)) {
            Some(old) => *old = map(old.clone(), item, problems),
            None => merged.push(item),
        }
    }
    Node {
        at,
        value: Value::List(merged),
    }
}

/// A rule, an exception: by key.
fn map(base: Node, over: Node, problems: &mut Problems) -> Node {
    let at = over.at;
    match (base.value, over.value) {
        (Value::Map(mut below), Value::Map(above)) => {
            for entry in above {
                let condition = matches!(
                    entry.key.as_str(),
                    "when" | "unless" | "then" | "if_unknown"
                );
                lay(&mut below, entry, problems, |base, over, problems| {
                    if condition && !holds_change(&over) {
                        over
                    } else {
                        value(base, over, problems)
                    }
                });
            }
            Node {
                at,
                value: Value::Map(below),
            }
        }
        (_, value) => Node { at, value },
    }
}

fn value(base: Node, over: Node, problems: &mut Problems) -> Node {
    if is_change(&over) {
        return change(base, over, problems);
    }
    let both = matches!((&base.value, &over.value), (Value::Map(_), Value::Map(_)));
    // A list from a file replaces one and is replaced; it is no mapping to be merged.
    if both && base.child("file").is_none() && over.child("file").is_none() {
        map(base, over, problems)
    } else {
        over
    }
}

fn holds_change(node: &Node) -> bool {
    is_change(node)
        || match &node.value {
            Value::Map(entries) => entries.iter().any(|entry| holds_change(&entry.node)),
            _ => false,
        }
}

fn change(base: Node, over: Node, problems: &mut Problems) -> Node {
    let at = over.at;
    let mut list = as_list(base);
    if let Some(remove) = over.child("remove") {
        for gone in as_list(remove.clone()) {
            let text = flow(&gone);
            let before = list.len();
            list.retain(|item| !flow(item).eq_ignore_ascii_case(&text));
            if list.len() == before {
                problems.warning(
                    gone.at,
                    format!("`{text}` is not in the list that this policy extends"),
                    "there is nothing to remove: take the line away",
                );
            }
        }
    }
    if let Some(add) = over.child("add") {
        list.extend(as_list(add.clone()));
    }
    Node {
        at,
        value: Value::List(list),
    }
}

fn as_list(node: Node) -> Vec<Node> {
    match node.value {
        Value::List(items) => items,
        Value::Null => Vec::new(),
        value => vec![Node { at: node.at, value }],
    }
}

/// A node in one line, as YAML's flow style.
pub(super) fn flow(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Scalar(text) => text.clone(),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|entry| format!("{}: {}", entry.key, flow(&entry.node)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}
