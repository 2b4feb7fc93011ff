//! `when`, `unless` and an exception's `when`: tree → [`Condition`].
//!
//! Keys of one map are AND, items of a list are OR.

use std::borrow::Cow;

use super::{
    condition::{Condition, Directions, MessageNumber, Sum, Test, Who},
    list::Entries,
    merge::flow,
    read_file::is_kind,
    read_pattern::PATTERNS,
    reader::Reader,
    route::{Destination, Origin},
    value::{Compare, Wrong},
    yaml::{Entry, Node, Value},
};
use crate::{facts::Network, verdict::Direction};

pub(super) const DIRECTIONS: &[(&str, Direction)] = &[
    ("inbound", Direction::Inbound),
    ("outbound", Direction::Outbound),
    ("internal", Direction::Internal),
    ("relayed", Direction::Relayed),
];

const ORIGINS: &[(&str, Origin)] = &[
    ("ours", Origin::Ours),
    ("foreign", Origin::Foreign),
    ("forwarded", Origin::Forwarded),
];

const DESTINATIONS: &[(&str, Destination)] = &[
    ("ours", Destination::Ours),
    ("state", Destination::State),
    ("foreign", Destination::Foreign),
];

const CONDITIONS: &[&str] = &[
    "all",
    "any",
    "not",
    "attachment",
    "attachments",
    "message",
    "sender",
    "recipient",
    "from",
    "client",
    "authenticated",
    "tls",
    "direction",
    "subject",
    "header",
    "text",
    "html",
    "url",
    "origin",
    "destination",
    "points",
    "marking",
    "encoding",
    "forwarding",
];

/// Conditions of later issues: named, so that the answer is better than "unknown key".
const LATER: &[&str] = &[
    "spf",
    "dkim",
    "dmarc",
    "spam",
    "advertising",
    "antivirus",
    "count",
    "role",
];

const SUMS: &[(&str, Sum)] = &[
    ("total_size", Sum::TotalSize),
    ("count", Sum::Count),
    ("largest_size", Sum::LargestSize),
    ("inline_count", Sum::InlineCount),
    ("inline_total_size", Sum::InlineTotalSize),
    ("with_inline_total_size", Sum::WithInlineTotalSize),
];

impl Reader {
    /// A condition; `None` if anything in it is wrong (and reported).
    pub(super) fn condition(&mut self, node: &Node) -> Option<Condition> {
        match &node.value {
            Value::List(_) => self.alternatives(node, "condition", Self::condition),
            Value::Map(entries) if entries.is_empty() => {
                self.error(
                    node.at,
                    "the condition is empty",
                    "an empty condition would hold for every message: say what the rule looks for",
                );
                None
            }
            Value::Scalar(word) if is_kind(word) => {
                self.error(
                    node.at,
                    format!("`{word}` alone is no condition"),
                    format!("did you mean `attachment: {{ kind: {word} }}`?"),
                );
                None
            }
            _ => {
                let node = &*with_points(node);
                let entries = self.map(node, "a condition", CONDITIONS, LATER)?;
                let parts = entries
                    .iter()
                    .map(|entry| self.one_condition(&entry.key, &entry.node))
                    .collect();
                conjunction(node, parts)
            }
        }
    }

    fn one_condition(&mut self, key: &str, node: &Node) -> Option<Condition> {
        let label = |test| Condition {
            test,
            label: format!("{key}: {}", flow(node)),
            at: node.at,
        };
        match key {
            "all" | "any" => {
                let Value::List(items) = &node.value else {
                    self.error(
                        node.at,
                        format!("`{key}` wants a list, found {}", node.what()),
                        format!("write `{key}: [{{ … }}, {{ … }}]`, or one `- ` line each"),
                    );
                    return None;
                };
                if items.is_empty() {
                    self.error(
                        node.at,
                        format!("the list `{key}` is empty"),
                        "write conditions, or take the key away",
                    );
                    return None;
                }
                let parts: Vec<_> = items.iter().map(|item| self.condition(item)).collect();
                let parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
                let test = if key == "all" {
                    Test::All(parts)
                } else {
                    Test::Any(parts)
                };
                Some(Condition {
                    test,
                    label: key.to_owned(),
                    at: node.at,
                })
            }
            "not" => {
                let part = self.condition(node)?;
                Some(Condition {
                    test: Test::Not(Box::new(part)),
                    label: "not".to_owned(),
                    at: node.at,
                })
            }
            "attachment" => self.group(node, key, |this, node| {
                let test = this.file_test(node)?;
                Some(vec![Some(label_of(
                    "attachment",
                    node,
                    Test::Attachment(Box::new(test)),
                ))])
            }),
            "attachments" => self.group(node, key, |this, node| {
                let known: Vec<_> = SUMS.iter().map(|(word, _)| *word).collect();
                let entries = this.map(node, "`attachments`", &known, &[])?;
                let part = |(key, node): (&String, &Node), this: &mut Self| {
                    let (_, sum) = SUMS.iter().find(|(word, _)| word == key)?;
                    let compare = match sum.is_size() {
                        true => this.compare(node, key, Compare::size),
                        false => this.compare(node, key, Compare::number),
                    }?;
                    Some(label_of(
                        &format!("attachments.{key}"),
                        node,
                        Test::Sum(*sum, compare),
                    ))
                };
                Some(
                    entries
                        .iter()
                        .map(|entry| part((&entry.key, &entry.node), this))
                        .collect(),
                )
            }),
            "message" => self.group(node, key, |this, node| {
                let entries = this.map(
                    node,
                    "`message`",
                    &["size", "parts", "headers", "not_scanned"],
                    &[],
                )?;
                let part = |(key, node): (&str, &Node), this: &mut Self| {
                    let test = match key {
                        "size" => Test::Message(
                            MessageNumber::Size,
                            this.compare(node, key, Compare::size)?,
                        ),
                        "parts" => Test::Message(
                            MessageNumber::Parts,
                            this.compare(node, key, Compare::number)?,
                        ),
                        "headers" => Test::Message(
                            MessageNumber::Headers,
                            this.compare(node, key, Compare::number)?,
                        ),
                        "not_scanned" => Test::NotScanned(this.boolean(node, key)?),
                        _ => return None,
                    };
                    Some(label_of(&format!("message.{key}"), node, test))
                };
                Some(
                    entries
                        .iter()
                        .map(|entry| part((&entry.key, &entry.node), this))
                        .collect(),
                )
            }),
            "sender" => self.group(node, key, |this, node| {
                this.party(node, "sender", Who::Sender)
            }),
            "recipient" => self.group(node, key, |this, node| {
                this.party(node, "recipient", Who::Recipient)
            }),
            "from" => self.group(node, key, |this, node| this.party(node, "from", Who::From)),
            "client" => self.group(node, key, |this, node| {
                let entries = this.map(node, "`client`", &["network", "name", "helo"], &[])?;
                let part = |(key, node): (&str, &Node), this: &mut Self| {
                    let test = match key {
                        "network" if names_networks(node) => {
                            let words = Network::ALL.map(|network| (network.as_str(), network));
                            let networks = this.words(node, key, &words);
                            (!networks.is_empty()).then_some(Test::ClientIn(networks))?
                        }
                        "network" => Test::ClientNetwork(this.networks(node, key)?),
                        "name" => Test::ClientName(this.names(node, key, Entries::Domains)?),
                        "helo" => Test::Helo(this.names(node, key, Entries::Domains)?),
                        _ => return None,
                    };
                    Some(label_of(&format!("client.{key}"), node, test))
                };
                Some(
                    entries
                        .iter()
                        .map(|entry| part((&entry.key, &entry.node), this))
                        .collect(),
                )
            }),
            "marking" => self.marking(node),
            key if PATTERNS.contains(&key) => self.pattern(node, key),
            "authenticated" => Some(label(Test::Authenticated(self.boolean(node, key)?))),
            "tls" => Some(label(Test::Tls(self.boolean(node, key)?))),
            "direction" => Some(label(Test::Direction(self.directions(node, key)?))),
            "origin" => {
                let origins = self.words(node, key, ORIGINS);
                (!origins.is_empty()).then(|| label(Test::Origin(origins)))
            }
            "destination" => {
                let places = self.words(node, key, DESTINATIONS);
                (!places.is_empty()).then(|| label(Test::Destination(places)))
            }
            "encoding" => {
                let test = self.encoding(node)?;
                Some(label(Test::Encoding(test)))
            }
            "forwarding" => {
                let test = self.forwarding(node)?;
                Some(label(Test::Forwarding(Box::new(test))))
            }
            "points" => {
                let tests = self.points_tests(node)?;
                let parts = tests.into_iter().map(|(test, at)| {
                    Some(Condition {
                        label: format!("points.{}: {}", test.name, test.written),
                        test: Test::Points(test),
                        at,
                    })
                });
                conjunction(node, parts.collect())
            }
            _ => None,
        }
    }

    pub(super) fn directions(&mut self, node: &Node, what: &str) -> Option<Directions> {
        let mut directions = Directions::NONE;
        let words = self.words(node, what, DIRECTIONS);
        words.into_iter().for_each(|word| directions.add(word));
        (directions != Directions::NONE).then_some(directions)
    }

    /// A map of conditions under one key, or a list of such maps.
    pub(super) fn group(
        &mut self,
        node: &Node,
        key: &str,
        mut read: impl FnMut(&mut Self, &Node) -> Option<Vec<Option<Condition>>>,
    ) -> Option<Condition> {
        let mut one = |this: &mut Self, node: &Node| {
            if node.entries().is_empty() && matches!(node.value, Value::Map(_)) {
                this.error(
                    node.at,
                    format!("`{key}` is empty"),
                    "say what it looks for, or take the key away",
                );
                return None;
            }
            if let Some(meant) = node.text().and_then(|text| group_of(key, text)) {
                this.error(
                    node.at,
                    format!("`{key}` is {}, but a mapping is wanted", node.what()),
                    format!("did you mean `{key}: {meant}`?"),
                );
                return None;
            }
            let parts = read(this, node)?;
            conjunction(node, parts)
        };
        match &node.value {
            Value::List(_) => self.alternatives(node, key, one),
            _ => one(self, node),
        }
    }

    fn alternatives(
        &mut self,
        node: &Node,
        what: &str,
        mut read: impl FnMut(&mut Self, &Node) -> Option<Condition>,
    ) -> Option<Condition> {
        let Value::List(items) = &node.value else {
            return None;
        };
        if items.is_empty() {
            self.error(
                node.at,
                format!("the list of `{what}` is empty"),
                "an empty list of alternatives is never met: write one, or take the key away",
            );
            return None;
        }
        let parts: Vec<_> = items.iter().map(|item| read(self, item)).collect();
        let parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Condition {
            test: Test::Any(parts),
            label: "any".to_owned(),
            at: node.at,
        })
    }

    fn party(&mut self, node: &Node, name: &str, who: Who) -> Option<Vec<Option<Condition>>> {
        let known: &[&str] = match who {
            Who::Sender => &["address", "domain", "empty"],
            Who::Recipient | Who::From => &["address", "domain"],
        };
        let entries = self.map(node, &format!("`{name}`"), known, &[])?;
        let part = |(key, node): (&str, &Node), this: &mut Self| {
            let test = match (key, who) {
                ("address", _) => Test::AddressOf(who, this.names(node, key, Entries::Addresses)?),
                ("domain", _) => Test::DomainOf(who, this.names(node, key, Entries::Domains)?),
                ("empty", Who::Sender) => Test::EmptySender(this.boolean(node, key)?),
                _ => return None,
            };
            Some(label_of(&format!("{name}.{key}"), node, test))
        };
        Some(
            entries
                .iter()
                .map(|entry| part((&entry.key, &entry.node), self))
                .collect(),
        )
    }

    pub(super) fn compare(
        &mut self,
        node: &Node,
        what: &str,
        read: fn(&str) -> Result<Compare, Wrong>,
    ) -> Option<Compare> {
        let text = self.text(node, what)?;
        match read(text) {
            Ok(compare) => Some(compare),
            Err(wrong) => {
                self.wrong(node.at, wrong);
                None
            }
        }
    }
}

/// What was meant by a single value where a group of conditions stands.
fn group_of(key: &str, text: &str) -> Option<String> {
    let inner = match key {
        "sender" | "recipient" | "from" if text.contains('@') => "address",
        "sender" | "recipient" | "from" => "domain",
        "client" if super::list::network(text).is_ok() => "network",
        "client" => "name",
        "attachment" if is_kind(text) => "kind",
        "attachment" if text.starts_with('.') => "extension",
        "attachment" if text.contains('.') => return Some(format!("{{ name: \"{text}\" }}")),
        "attachment" => "extension",
        "attachments" if text.starts_with(['>', '<', '=']) => {
            return Some(format!("{{ total_size: \"{text}\" }}"));
        }
        "message" if text.starts_with(['>', '<', '=']) => {
            return Some(format!("{{ size: \"{text}\" }}"));
        }
        _ => return None,
    };
    Some(format!("{{ {inner}: {text} }}"))
}

/// `points.spam: …` is short for `points: { spam: … }`.
fn with_points(node: &Node) -> Cow<'_, Node> {
    let Value::Map(entries) = &node.value else {
        return Cow::Borrowed(node);
    };
    let short = |entry: &Entry| entry.key.starts_with("points.");
    if !entries.iter().any(short) {
        return Cow::Borrowed(node);
    }
    let (short, mut long): (Vec<Entry>, Vec<Entry>) = entries.iter().cloned().partition(short);
    let first = short.first().map_or(node.at, |entry| entry.key_at);
    let named = short.into_iter().map(|entry| Entry {
        key: entry.key.trim_start_matches("points.").to_owned(),
        ..entry
    });
    long.push(Entry {
        key: "points".to_owned(),
        key_at: first,
        node: Node {
            at: first,
            value: Value::Map(named.collect()),
        },
    });
    Cow::Owned(Node {
        at: node.at,
        value: Value::Map(long),
    })
}

/// Whether a `network:` names the site's networks by their use, and not by address.
fn names_networks(node: &Node) -> bool {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.contains([':', '.'])
    };
    let texts = items.iter().filter_map(Node::text);
    let mut words = texts.filter(|text| word(text)).peekable();
    words.peek().is_some()
}

pub(super) fn label_of(name: &str, node: &Node, test: Test) -> Condition {
    Condition {
        test,
        label: format!("{name}: {}", flow(node)),
        at: node.at,
    }
}

fn conjunction(node: &Node, parts: Vec<Option<Condition>>) -> Option<Condition> {
    let mut parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
    if parts.len() == 1 {
        return parts.pop();
    }
    Some(Condition {
        test: Test::All(parts),
        label: "all".to_owned(),
        at: node.at,
    })
}
