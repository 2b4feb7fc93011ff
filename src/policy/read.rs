//! A merged tree → a [`Policy`]: organisation, rules, exceptions, tests.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::civil::Date;

use super::{
    PolicyTest,
    condition::Test,
    list::Entries,
    model::{Exception, Organisation, Policy, Rule},
    reader::Reader,
    yaml::{Node, Value},
};
use crate::verdict::{Action, Mode};

const TOP: &[&str] = &[
    "policy",
    "name",
    "version",
    "extends",
    "organisation",
    "mode",
    "sensitive_instead",
    "marks",
    "rules",
    "exceptions",
    "tests",
];
pub(super) const ACTIONS: &[(&str, Action)] = &[
    ("note", Action::Note),
    ("tag", Action::Tag),
    ("quarantine", Action::Quarantine),
    ("defer", Action::Defer),
    ("reject", Action::Reject),
];
const INSTEAD: &[(&str, Action)] = &[
    ("note", Action::Note),
    ("tag", Action::Tag),
    ("reject", Action::Reject),
];
pub(super) const MODES: &[(&str, Mode)] = &[("observe", Mode::Observe), ("enforce", Mode::Enforce)];

/// Rules and exceptions of a policy that are mentioned by id.
pub(super) struct Ids {
    pub(super) rules: Vec<String>,
    /// Names of the points that any rule gives, rules that are not in force too.
    pub(super) points: Vec<String>,
    pub(super) never: HashSet<String>,
    /// Of a rule that says so: who decides about exceptions to it.
    pub(super) authority: HashMap<String, String>,
}

impl Reader {
    pub(super) fn policy(
        &mut self,
        tree: Node,
        index: usize,
        today: Date,
        tests: &mut Vec<PolicyTest>,
    ) -> Option<Policy> {
        self.map(&tree, "a policy", TOP, &["mixed_policies", "lists"])?;
        match tree.child("policy") {
            Some(node) if node.text() == Some("1") => {}
            Some(node) => {
                let found = node.text().unwrap_or(node.what());
                self.error(
                    node.at,
                    format!("`policy: {found}` is no format that this version of gacthu reads"),
                    "write `policy: 1`; the version of your own policy is `version:`",
                );
            }
            None => self.error(
                tree.at,
                "the key `policy` is missing",
                "a policy begins with `policy: 1`",
            ),
        }
        let name = match tree.child("name") {
            Some(node) => self.name(node, "name").unwrap_or_default(),
            None => {
                self.error(
                    tree.at,
                    "the key `name` is missing",
                    "give the policy a short name, such as `name: dak-nong`",
                );
                String::new()
            }
        };
        if let Some(node) = tree.child("version") {
            self.text(node, "version");
        }
        let organisation = match tree.child("organisation") {
            Some(node) => self.organisation(node),
            None => Organisation::default(),
        };
        let mode = match tree.child("mode") {
            Some(node) => self.word(node, "mode", MODES).unwrap_or_default(),
            None => Mode::Observe,
        };
        let sensitive_instead = match tree.child("sensitive_instead") {
            Some(node) => self.instead(node).unwrap_or(Action::Reject),
            None => Action::Reject,
        };
        let rule_nodes = self.list(&tree, "rules");
        let ids = ids(rule_nodes);
        let mut rules = Vec::new();
        let mut idle = Vec::new();
        for node in rule_nodes {
            match self.rule(node, mode, &organisation, &ids) {
                Some(Ok(rule)) => rules.push(rule),
                Some(Err(rule)) => idle.push(rule),
                None => {}
            }
        }
        rules.sort_by(|a, b| (!a.sensitive, a.rank, &a.id).cmp(&(!b.sensitive, b.rank, &b.id)));
        let mut exceptions = Vec::new();
        for node in self.list(&tree, "exceptions") {
            let Some((exception, names)) = self.exception(node, &ids, today) else {
                continue;
            };
            self.remarks_on_exception(node, &exception, &names, &rules);
            for rule in &mut rules {
                if names.iter().any(|name| **name == *rule.id) {
                    rule.exceptions.push(exceptions.len());
                }
            }
            exceptions.push(exception);
        }
        for node in self.list(&tree, "tests") {
            if let Some(test) = self.test(node, index, &ids) {
                tests.push(test);
            }
        }
        let marks = tree.child("marks").and_then(|node| self.marks(node));
        if tree.child("marks").is_none() {
            self.marks_are_named(&rules, &exceptions);
        }
        self.remarks_on_policy(&tree, mode, &rules, &organisation);
        Some(Policy {
            name: Arc::from(name),
            organisation,
            mode,
            sensitive_instead,
            file: tree.at.file,
            rules,
            idle,
            exceptions,
            marks,
            tree,
        })
    }

    /// Whoever asks for marks must say where their words stand.
    fn marks_are_named(&mut self, rules: &[Rule], exceptions: &[Exception]) {
        let conditions = rules
            .iter()
            .flat_map(|rule| std::iter::once(&rule.when).chain(&rule.unless))
            .chain(exceptions.iter().map(|exception| &exception.when));
        let mut asks = None;
        for condition in conditions {
            condition.walk(&mut |condition| {
                if matches!(condition.test, Test::Marking(_)) {
                    asks.get_or_insert(condition.at);
                }
            });
        }
        if let Some(at) = asks {
            self.error(
                at,
                "`marking` needs the words of the marks, and this policy names no file of them",
                "write `marks: marks/vn.yaml` at the top of the policy, or let it extend `base@1`",
            );
        }
    }

    fn instead(&mut self, node: &Node) -> Option<Action> {
        if let Some(word @ ("quarantine" | "defer")) = node.text() {
            self.error(
                node.at,
                format!("`sensitive_instead: {word}` would keep what nobody may keep"),
                "write `reject` (as without this key), or `tag` or `note` to let it pass",
            );
            return None;
        }
        self.word(node, "sensitive_instead", INSTEAD)
    }

    /// The list under this key; an empty one where there is none.
    pub(super) fn list<'n>(&mut self, tree: &'n Node, key: &str) -> &'n [Node] {
        match tree.child(key) {
            Some(Node {
                value: Value::List(items),
                ..
            }) => items,
            Some(Node {
                value: Value::Null, ..
            })
            | None => &[],
            Some(node) => {
                self.error(
                    node.at,
                    format!("`{key}` is {}, but a list is wanted", node.what()),
                    "begin each entry with `- id: …` on a line of its own",
                );
                &[]
            }
        }
    }

    /// An id or a name: short, plain, fit for a log, a metric's label and a header field.
    pub(super) fn name(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.text(node, what)?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.len() <= 64 && text.chars().all(plain) && !text.starts_with('-') {
            return Some(text.to_owned());
        }
        let proposed: String = super::fold::fold(text)
            .to_lowercase()
            .chars()
            .map(|c| if plain(c) { c } else { '-' })
            .take(64)
            .collect();
        self.error(
            node.at,
            format!("`{text}` cannot be used as `{what}`: only a-z, 0-9 and `-`, at most 64"),
            format!("did you mean `{}`?", proposed.trim_matches('-')),
        );
        None
    }

    pub(super) fn line(&mut self, entries: &Node, key: &str) -> String {
        let node = entries.child(key);
        node.and_then(|node| self.text(node, key))
            .map_or_else(String::new, |text| text.trim().to_owned())
    }

    fn organisation(&mut self, node: &Node) -> Organisation {
        let known = [
            "name",
            "regulation",
            "domains",
            "former",
            "state_domains",
            "contact",
        ];
        if self.map(node, "`organisation`", &known, &[]).is_none() {
            return Organisation::default();
        }
        let domains = |this: &mut Self, key: &str| match node.child(key) {
            Some(Node {
                value: Value::List(items),
                ..
            }) if items.is_empty() => Arc::default(),
            Some(node) => this.names(node, key, Entries::Domains).unwrap_or_default(),
            None => Arc::default(),
        };
        Organisation {
            name: self.line(node, "name"),
            regulation: self.line(node, "regulation"),
            contact: self.line(node, "contact"),
            domains: domains(self, "domains"),
            former: domains(self, "former"),
            state_domains: domains(self, "state_domains"),
        }
    }
}

fn ids(rules: &[Node]) -> Ids {
    let id = |node: &Node| node.child("id").and_then(Node::text).map(str::to_owned);
    let never = |node: &&Node| node.child("exceptions").and_then(Node::text) == Some("never");
    let given = |node: &Node| {
        let points = node.child("then").and_then(|then| then.child("points"));
        let entries = points.map(Node::entries).unwrap_or_default();
        entries
            .iter()
            .map(|entry| entry.key.clone())
            .collect::<Vec<_>>()
    };
    Ids {
        points: rules.iter().flat_map(given).collect(),
        rules: rules.iter().filter_map(id).collect(),
        never: rules.iter().filter(never).filter_map(id).collect(),
        authority: rules
            .iter()
            .filter_map(|node| {
                let authority = node.child("authority").and_then(Node::text)?.trim();
                Some((id(node)?, authority.to_owned()))
            })
            .collect(),
    }
}
