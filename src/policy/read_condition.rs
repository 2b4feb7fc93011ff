//! `when`, `unless` and an exception's `when`: tree → [`Condition`].
//!
//! Keys of one map are AND, items of a list are OR.

use super::{
    condition::{Condition, Directions, MessageNumber, Sum, Test, Who},
    file::{FileTest, KindTest, NotOpenedTest, Why},
    list::Entries,
    merge::flow,
    reader::Reader,
    report::{nearest, suggest},
    route::{Destination, Origin},
    value::{Compare, Glob, Wrong},
    yaml::{Node, Value},
};
use crate::{
    facts::{By, Class, FileRole, KINDS, Place},
    verdict::Direction,
};

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

const CLASSES: &[(&str, KindTest)] = &[
    ("executable", KindTest::Executable),
    ("script", KindTest::Class(Class::Script)),
    ("archive", KindTest::Class(Class::Archive)),
    ("disk_image", KindTest::Class(Class::DiskImage)),
    ("document", KindTest::Class(Class::Document)),
    ("image", KindTest::Class(Class::Image)),
    ("media", KindTest::Class(Class::Media)),
    ("message", KindTest::Class(Class::Message)),
    ("text", KindTest::Class(Class::Text)),
    ("other", KindTest::Class(Class::Other)),
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
    "origin",
    "destination",
    "points",
];

/// Conditions of later issues: named, so that the answer is better than "unknown key".
const LATER: &[&str] = &[
    "header",
    "subject",
    "text",
    "html",
    "url",
    "name",
    "spf",
    "dkim",
    "dmarc",
    "spam",
    "forwarding",
    "marking",
    "advertising",
    "signature",
    "antivirus",
    "count",
    "role",
];

const ATTACHMENT: &[&str] = &[
    "kind",
    "by",
    "name",
    "extension",
    "type",
    "size",
    "at",
    "role",
    "inline",
    "encrypted",
    "not_opened",
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
            _ => {
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
    fn group(
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

    fn compare(
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

    fn file_test(&mut self, node: &Node) -> Option<FileTest> {
        let entries = self.map(
            node,
            "`attachment`",
            ATTACHMENT,
            &["text", "sha256", "depth"],
        )?;
        let before = self.problems.errors();
        let mut test = FileTest::default();
        for entry in entries {
            let (key, node) = (entry.key.as_str(), &entry.node);
            match key {
                "kind" => test.kinds = self.kinds(node),
                "by" => {
                    test.by = self.word(node, key, &[("content", By::Content), ("name", By::Name)])
                }
                "name" => test.names = self.globs(node, key),
                "type" => test.types = self.globs(node, key),
                "extension" => test.extensions = self.extensions(node),
                "size" => test.size = self.compare(node, key, Compare::size),
                "at" => {
                    let words = [
                        ("top", Place::Top),
                        ("message", Place::Message),
                        ("archive", Place::Archive),
                        ("document", Place::Document),
                    ];
                    test.places = self.words(node, key, &words);
                }
                "role" => {
                    let words = [
                        ("attachment", FileRole::Attachment),
                        ("inline", FileRole::Inline),
                        ("text", FileRole::Text),
                    ];
                    test.roles.extend(self.words(node, key, &words));
                }
                "inline" => {
                    let inline = self.boolean(node, key);
                    test.roles.extend(inline.map(|inline| match inline {
                        true => FileRole::Inline,
                        false => FileRole::Attachment,
                    }));
                }
                "encrypted" => test.encrypted = self.boolean(node, key),
                "not_opened" => test.not_opened = self.not_opened(node),
                _ => {}
            }
        }
        if test.by.is_some()
            && !test.kinds.is_empty()
            && !test.kinds.contains(&KindTest::Executable)
            && test.by == Some(By::Name)
        {
            self.error(
                node.at,
                "`by: name` goes with `kind: executable` only",
                "other kinds are found in the bytes; for names use `name:` or `extension:`",
            );
        }
        if node.child("role").is_some() && node.child("inline").is_some() {
            self.error(
                node.at,
                "`role` and `inline` say the same thing",
                "keep one of them",
            );
        }
        (self.problems.errors() == before).then_some(test)
    }

    fn kinds(&mut self, node: &Node) -> Vec<KindTest> {
        let mut kinds = Vec::new();
        for (text, at) in self.texts(node, "kind") {
            let class = CLASSES.iter().find(|(word, _)| *word == text);
            let kind = KINDS.iter().find(|kind| kind.id == text);
            if let Some(&(_, class)) = class {
                kinds.push(class);
            } else if let Some(kind) = kind {
                kinds.push(KindTest::Id(kind.id));
            } else {
                let known = CLASSES.iter().map(|(word, _)| *word);
                let known = known.chain(KINDS.iter().map(|kind| kind.id));
                let classes = CLASSES.iter().map(|(word, _)| *word);
                let extension = text.trim_start_matches('.');
                let help = match nearest(text, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    // The kinds are many: the classes lead on.
                    None if (2..=5).contains(&extension.len()) => format!(
                        "for the end of a name write `extension: {extension}`; classes of kinds: {}",
                        classes.collect::<Vec<_>>().join(", ")
                    ),
                    None => suggest(text, classes),
                };
                self.error(at, format!("there is no kind of file `{text}`"), help);
            }
        }
        kinds
    }

    fn globs(&mut self, node: &Node, what: &str) -> Vec<Glob> {
        let mut globs = Vec::new();
        for (text, at) in self.texts(node, what) {
            match Glob::new(text) {
                Ok(glob) => globs.push(glob),
                Err(wrong) => self.wrong(at, wrong),
            }
        }
        globs
    }

    fn extensions(&mut self, node: &Node) -> Vec<String> {
        let mut extensions = Vec::new();
        for (text, at) in self.texts(node, "extension") {
            let plain = text.strip_prefix('.').unwrap_or(text);
            if plain.is_empty() || plain.contains(['*', '?', '/', ' ', '.']) {
                self.error(
                    at,
                    format!("`{text}` is not a file name's extension"),
                    "write it without dots and stars, like `exe`; for patterns use `name: \"*.exe\"`",
                );
            } else {
                extensions.push(plain.to_lowercase());
            }
        }
        extensions
    }

    fn not_opened(&mut self, node: &Node) -> Option<NotOpenedTest> {
        if matches!(node.text(), Some("true" | "false")) {
            return self.boolean(node, "not_opened").map(NotOpenedTest::Any);
        }
        let words = [
            ("unsupported", Why::Unsupported),
            ("encrypted", Why::Encrypted),
            ("damaged", Why::Damaged),
            ("budget", Why::Budget),
        ];
        Some(NotOpenedTest::Because(self.words(
            node,
            "not_opened",
            &words,
        )))
    }
}

fn label_of(name: &str, node: &Node, test: Test) -> Condition {
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
