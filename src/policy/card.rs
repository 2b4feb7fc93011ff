//! What one rule does, in words: `gacthu policy explain RULE`.

use serde::Serialize;

use super::{
    Generation, Letter, Place,
    condition::{Condition, Test},
    model::{Policy, Rule},
    reply::{self, Values},
    show,
    yaml::{Node, Value},
};
use crate::{
    facts::{Fact, Facts, FileFacts, FileRole, Files, Place as Where},
    message::Address,
    verdict::{Action, Direction, Mode, ReplyText},
};

/// The whole of one rule, merged from all files, with the place of each key.
#[derive(Clone, Debug, Serialize)]
pub struct RuleCard {
    /// The policy's name.
    pub policy: String,
    /// The rule's id.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// The clause that it enforces, with the regulation where the clause is of that.
    pub basis: String,
    /// Why it is not in force; empty for one that is.
    pub idle: String,
    /// The mail that it looks at.
    pub directions: Vec<Direction>,
    /// Its condition, a line a step, indented by two.
    pub when: Vec<String>,
    /// What is let off, in the same way.
    pub unless: Vec<String>,
    /// Whether `unless` takes single files out of view, not the letter.
    pub unless_files: bool,
    /// What it does.
    pub then: Option<Action>,
    /// What it does while its condition is not known; accept: nothing.
    pub if_unknown: Option<Action>,
    /// Whether it acts.
    pub mode: Mode,
    /// What makes it so.
    pub mode_because: String,
    /// Whether what it finds may be stored nowhere.
    pub sensitive: bool,
    /// The answer with sample values, for a rule that refuses or defers.
    pub reply: Option<ReplyText>,
    /// `exceptions: never`
    pub never_excepted: bool,
    /// Who decides about exceptions; empty where the policy does not say.
    pub authority: String,
    /// Exceptions that name it.
    pub exceptions: Vec<ExceptionCard>,
    /// Tests that expect it (`true`), or only just miss it.
    pub tests: Vec<(bool, String)>,
    /// Each key as it is written, and where.
    pub written: Vec<Said>,
}

/// One key of a rule.
#[derive(Clone, Debug, Serialize)]
pub struct Said {
    /// `when`
    pub key: String,
    /// Its value in one line.
    pub value: String,
    /// `FILE:LINE`
    pub place: String,
}

/// One exception that names the rule.
#[derive(Clone, Debug, Serialize)]
pub struct ExceptionCard {
    /// Its id.
    pub id: String,
    /// For whom it is, in one line.
    pub when: String,
    /// Why there is one.
    pub reason: String,
    /// Who answers for it.
    pub by: String,
    /// Who decided about it; empty where it does not say.
    pub authority: String,
    /// Its last day; empty for one without end.
    pub until: String,
    /// Whether it is in force on the day of loading.
    pub in_force: bool,
    /// `FILE:LINE`
    pub place: String,
}

impl Generation {
    /// What the rule with this id does in the policy with this index; the nearest ids if there is
    /// none.
    ///
    /// # Errors
    /// A sentence that names a rule that was meant, or all that there are.
    pub fn rule_card(&self, policy: usize, id: &str) -> Result<RuleCard, String> {
        let none = || format!("there is no policy with index {policy}");
        let policy = self.policies.get(policy).ok_or_else(none)?;
        let text = |node: &Node, key: &str| {
            let node = node.child(key).and_then(Node::text);
            node.unwrap_or_default().trim().to_owned()
        };
        let nodes = items(&policy.tree, "rules");
        let Some(node) = nodes.iter().find(|node| text(node, "id") == id) else {
            let ids: Vec<String> = nodes.iter().map(|node| text(node, "id")).collect();
            let near = super::report::suggest(id, ids.iter().map(String::as_str));
            return Err(format!(
                "the policy {} has no rule `{id}`; {}",
                policy.name,
                near.replace("allowed here:", "its rules:")
            ));
        };
        let rule = policy.rules.iter().find(|rule| *rule.id == *id);
        let idle = policy.idle.iter().find(|idle| *idle.id == *id);
        let basis = text(node, "basis");
        let regulation = &policy.organisation.regulation;
        let exceptions = items(&policy.tree, "exceptions").iter().filter(|node| {
            let rules = node.child("rules");
            rules.is_some_and(|rules| names(rules).any(|name| name == id))
        });
        Ok(RuleCard {
            policy: policy.name.to_string(),
            id: id.to_owned(),
            title: text(node, "title"),
            basis: if basis.is_empty() || regulation.is_empty() || reply::names_a_text(&basis) {
                basis
            } else {
                format!("{basis}, {regulation}")
            },
            idle: idle.map(|idle| idle.why.clone()).unwrap_or_default(),
            directions: match rule {
                Some(rule) => [
                    Direction::Inbound,
                    Direction::Outbound,
                    Direction::Internal,
                    Direction::Relayed,
                ]
                .into_iter()
                .filter(|&direction| rule.directions.has(direction))
                .collect(),
                None => Vec::new(),
            },
            when: rule.map_or_else(Vec::new, |rule| in_words(&rule.when)),
            unless: rule
                .and_then(|rule| rule.unless.as_ref())
                .map_or_else(Vec::new, in_words),
            unless_files: rule.is_some_and(|rule| rule.unless_files),
            then: rule.map(|rule| rule.then),
            if_unknown: rule.map(|rule| rule.if_unknown),
            mode: match rule {
                Some(rule) if !rule.held_back => rule.mode,
                _ => Mode::Observe,
            },
            sensitive: rule.is_some_and(|rule| rule.sensitive),
            mode_because: self.mode_because(policy, node, rule),
            reply: rule.and_then(|rule| sample_reply(policy, rule)),
            never_excepted: text(node, "exceptions") == "never",
            authority: text(node, "authority"),
            exceptions: exceptions
                .map(|node| {
                    let id = text(node, "id");
                    let known = policy.exceptions.iter().find(|known| *known.id == *id);
                    ExceptionCard {
                        when: node.child("when").map(show::flow).unwrap_or_default(),
                        reason: text(node, "reason"),
                        by: text(node, "by"),
                        authority: text(node, "authority"),
                        until: text(node, "until"),
                        in_force: known.is_some_and(|known| {
                            known.until.is_none_or(|until| until >= self.loaded_on)
                        }),
                        place: self.origin(node.at),
                        id,
                    }
                })
                .collect(),
            tests: self.tests_of(id),
            written: node
                .entries()
                .iter()
                .map(|entry| Said {
                    key: entry.key.clone(),
                    value: show::flow(&entry.node),
                    place: self.origin(entry.key_at),
                })
                .collect(),
        })
    }

    fn tests_of(&self, id: &str) -> Vec<(bool, String)> {
        let told = |place: &Place, letter: &Letter| {
            format!("{}:{}: {letter}", place.file.display(), place.line)
        };
        self.tests
            .iter()
            .filter_map(|test| {
                let fires = test.expect.rules.iter().flatten().any(|rule| rule == id);
                let misses = test.expect.not.iter().any(|rule| rule == id);
                (fires || misses).then(|| (fires, told(&test.place, &test.letter)))
            })
            .collect()
    }

    fn mode_because(&self, policy: &Policy, node: &Node, rule: Option<&Rule>) -> String {
        let Some(rule) = rule else {
            return "it is not in force".to_owned();
        };
        let whole = match policy.tree.child("mode") {
            Some(mode) => self.origin(mode.at),
            None => "no `mode` is written, and without one a policy watches".to_owned(),
        };
        let own = node.child("mode");
        let held = own.filter(|own| own.text() == Some("observe"));
        if rule.held_back {
            return "it is new on this site and not yet acknowledged".to_owned();
        }
        match (rule.mode, policy.mode, held) {
            (Mode::Enforce, ..) => format!("the policy enforces ({whole})"),
            (Mode::Observe, Mode::Observe, _) => format!("the whole policy watches ({whole})"),
            (Mode::Observe, Mode::Enforce, Some(own)) => {
                format!(
                    "the policy enforces, but this rule is held back ({})",
                    self.origin(own.at)
                )
            }
            (Mode::Observe, Mode::Enforce, None) => {
                "the policy enforces, but this rule does not".to_owned()
            }
        }
    }
}

fn items<'n>(tree: &'n Node, key: &str) -> &'n [Node] {
    match tree.child(key).map(|node| &node.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// The texts of one value or a list.
fn names(node: &Node) -> impl Iterator<Item = &str> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    items.iter().filter_map(Node::text)
}

/// A condition, a line a step.
fn in_words(condition: &Condition) -> Vec<String> {
    let mut lines = Vec::new();
    write_words(condition, 0, &mut lines);
    lines
}

fn write_words(condition: &Condition, depth: usize, lines: &mut Vec<String>) {
    let indent = depth * 2;
    let group = |words: &str, parts: &[Condition], lines: &mut Vec<String>| {
        lines.push(format!("{:indent$}{words}", ""));
        for part in parts {
            write_words(part, depth + 1, lines);
        }
    };
    match &condition.test {
        Test::All(parts) if parts.len() == 1 => {
            parts
                .iter()
                .for_each(|part| write_words(part, depth, lines));
        }
        Test::Any(parts) if parts.len() == 1 => {
            parts
                .iter()
                .for_each(|part| write_words(part, depth, lines));
        }
        Test::All(parts) => group("tất cả các điều này / all of these:", parts, lines),
        Test::Any(parts) => group("một trong các điều này / any of these:", parts, lines),
        Test::Not(part) => group("không / not:", std::slice::from_ref(&**part), lines),
        _ => lines.push(format!("{:indent$}{}", "", condition.label)),
    }
}

/// The answer that a rule gives, with values as they could be.
fn sample_reply(policy: &Policy, rule: &Rule) -> Option<ReplyText> {
    if !matches!(rule.then, Action::Defer | Action::Reject) {
        return None;
    }
    // A little more than the first size that the rule speaks of.
    let mut size = 0;
    rule.when.walk(&mut |condition| {
        let found = match &condition.test {
            Test::Sum(sum, compare) if sum.is_size() => compare.value(),
            Test::Attachment(test) => test.size.as_ref().map_or(0, |size| size.value()),
            _ => 0,
        };
        if size == 0 && found > 0 {
            size = found + found / 10;
        }
    });
    let file = FileFacts {
        part: "2".to_owned(),
        parent: None,
        role: FileRole::Attachment,
        at: Where::Top,
        name: Some("vi-du.dat".to_owned()),
        names: Vec::new(),
        declared_type: String::new(),
        kinds: Vec::new(),
        size,
        sha256: String::new(),
        executable: Vec::new(),
        encrypted: Fact::Known(false),
        cipher: None,
        traits: Vec::new(),
        not_opened: None,
        signatures: Vec::new(),
        matches: Vec::new(),
    };
    let address = |text: &[u8]| Address::parse_path(text);
    let recipient = address(b"<nguoinhan@example.org>");
    let facts = Facts {
        sender: Fact::Known(address(b"<nguoigui@example.com>")),
        files: Fact::Known(Files {
            count: 1,
            total_size: size,
            largest_size: size,
            inline_count: 0,
            inline_total_size: 0,
            list: vec![file.clone()],
        }),
        ..Facts::default()
    };
    let values = Values {
        organisation: &policy.organisation,
        basis: &rule.basis,
        limit: &rule.reply.limit,
        facts: Some(&facts),
        file: Some(&file),
        recipient: Some(&recipient),
        reference: "XXXXXXXXXX",
        sensitive: rule.sensitive,
    };
    Some(reply::write(rule, rule.then, &values))
}
