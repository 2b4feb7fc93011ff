//! What a rule does: `then` and `if_unknown`, and whether it fits the rest of the policy.

use std::sync::Arc;

use super::{
    bound::Bound,
    points::PointsTest,
    read::{ACTIONS, Ids},
    reader::Reader,
    reply::{Slot, Template},
    report::suggest,
    yaml::{At, Node, Value},
};
use crate::verdict::{Action, Points};

const IF_UNKNOWN: &[(&str, Action)] = &[
    ("skip", Action::Accept),
    ("note", Action::Note),
    ("tag", Action::Tag),
    ("defer", Action::Defer),
    ("quarantine", Action::Quarantine),
];
/// What a rule does.
pub(super) struct Then {
    pub(super) action: Action,
    pub(super) bound: Option<Bound>,
    pub(super) gives: Vec<(Arc<str>, Points)>,
}

impl Then {
    pub(super) fn plain(action: Action) -> Self {
        Self {
            action,
            bound: None,
            gives: Vec::new(),
        }
    }
}

impl Reader {
    /// The value of `then`: a word, `{ defer: { … } }` or `{ points: { … } }`.
    pub(super) fn then(&mut self, node: &Node) -> Option<Then> {
        match node.entries() {
            [] => self.action(node).map(Then::plain),
            [entry] if entry.key == "defer" => self.deferring(&entry.node),
            [entry] if entry.key == "points" => Some(Then {
                gives: self.gives(&entry.node)?,
                ..Then::plain(Action::Note)
            }),
            [_, second, ..] => {
                self.error(
                    second.key_at,
                    "a rule does one thing",
                    "keep one of them; a second rule with the same `when` can do the other",
                );
                None
            }
            [entry] => {
                self.error(
                    node.at,
                    format!("`then` cannot be `{{ {}: … }}`", entry.key),
                    "write one of note, tag, quarantine, defer, reject, or `{ defer: { at_most: 4h, then: quarantine } }`, or `{ points: { spam: 2.5 } }`",
                );
                None
            }
        }
    }

    pub(super) fn if_unknown(&mut self, node: &Node) -> Option<Then> {
        match node.entries() {
            [entry] if entry.key == "defer" => self.deferring(&entry.node),
            _ => self.word(node, "if_unknown", IF_UNKNOWN).map(Then::plain),
        }
    }

    fn deferring(&mut self, node: &Node) -> Option<Then> {
        Some(Then {
            bound: Some(self.bound(node)?),
            ..Then::plain(Action::Defer)
        })
    }

    /// What a rule asks of points fits what the rules give.
    pub(super) fn points_asked(
        &mut self,
        tests: &[(PointsTest, At)],
        then: Option<(&Then, At)>,
        id: &str,
        ids: &Ids,
    ) {
        if let (false, Some((then, at))) = (tests.is_empty(), then)
            && !then.gives.is_empty()
        {
            self.error(
                at,
                format!("the rule `{id}` asks for points and gives points"),
                "a rule that asks for points may give none, else the order of rules would matter: make two rules of it",
            );
        }
        for (test, at) in tests {
            if !ids.points.iter().any(|name| **name == *test.name) {
                let mut names: Vec<_> = ids.points.iter().map(String::as_str).collect();
                names.sort_unstable();
                names.dedup();
                let help = match names.as_slice() {
                    [] => "give some: `then: { points: { … } }` in another rule".to_owned(),
                    _ => suggest(&test.name, names),
                };
                self.error(
                    *at,
                    format!("no rule gives points called `{}`", test.name),
                    help,
                );
            }
        }
    }

    /// The reply of a sensitive rule names nothing of the message.
    pub(super) fn names_nothing(&mut self, rule: &Node) {
        let reply = rule.child("reply");
        for text in ["vi", "en"].into_iter().filter_map(|key| reply?.child(key)) {
            let names = text
                .text()
                .and_then(|written| Template::new(written).ok())
                .is_some_and(|template| template.uses(Slot::AttachmentName));
            if names {
                self.error(
                    text.at,
                    "the reply of a sensitive rule must not name a file: it stands in logs and bounces",
                    "take `{attachment.name}` out; the clause and the reference are added by gacthu",
                );
            }
        }
    }

    fn action(&mut self, node: &Node) -> Option<Action> {
        if matches!(node.value, Value::List(_)) {
            self.error(
                node.at,
                "`then` is a list, but a rule does one thing",
                "write the strongest: everything that matches is recorded and reported without being asked for",
            );
            return None;
        }
        let text = self.text(node, "then")?;
        let foreign = match text {
            "accept" | "allow" | "permit" | "pass" | "skip" | "ignore" => {
                Some("no rule accepts: a rule that must not apply gets an `unless` or an exception")
            }
            "discard" | "drop" | "delete" => {
                Some("nothing is ever discarded in silence: use `quarantine` or `reject`")
            }
            "block" | "deny" | "refuse" | "bounce" => Some("did you mean `reject`?"),
            "log" | "report" => Some("did you mean `note`?"),
            "hold" => Some("did you mean `quarantine`?"),
            "mark" | "header" | "warn" => Some("did you mean `tag`?"),
            "tempfail" | "greylist" => Some("did you mean `defer`?"),
            _ => None,
        };
        if let Some(help) = foreign {
            self.error(node.at, format!("`{text}` is no value for `then`"), help);
            return None;
        }
        self.word(node, "then", ACTIONS)
    }
}
