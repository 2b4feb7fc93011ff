//! How long a rule may defer: `then: { defer: { at_most: 4h, then: quarantine } }`.

use std::time::Duration;

use super::{reader::Reader, yaml::Node};
use crate::verdict::Action;

/// A plain `then: defer` gives up after this long.
const USUAL: Duration = Duration::from_secs(4 * 3600);
/// Servers give up by themselves after five days (RFC 5321 section 4.5.4.1).
const LONGEST: Duration = Duration::from_secs(5 * 24 * 3600);
const SHORTEST: Duration = Duration::from_secs(60);

/// What is done instead of one more defer.
const THEN: &[(&str, Action)] = &[
    ("note", Action::Note),
    ("tag", Action::Tag),
    ("quarantine", Action::Quarantine),
    ("reject", Action::Reject),
];

/// How long a message may be deferred, and what comes then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) at_most: Duration,
    pub(super) then: Action,
}

impl Default for Bound {
    fn default() -> Self {
        Self {
            at_most: USUAL,
            then: Action::Quarantine,
        }
    }
}

impl Bound {
    /// What a rule does that would do `action` with a message that was first deferred so long ago.
    pub(super) fn action(self, action: Action, deferred: Option<Duration>) -> Action {
        match action {
            Action::Defer if deferred.is_some_and(|age| age >= self.at_most) => self.then,
            action => action,
        }
    }

    /// The strongest that may come of `action`, however long it has been deferred.
    pub(super) fn most(self, action: Action) -> Action {
        match action {
            Action::Defer => action.max(self.then),
            action => action,
        }
    }
}

impl Reader {
    /// The value of `defer:`.
    pub(super) fn bound(&mut self, node: &Node) -> Option<Bound> {
        let before = self.problems.errors();
        self.map(node, "`defer`", &["at_most", "then"], &[])?;
        if self.problems.errors() > before {
            return None;
        }
        let mut bound = Bound::default();
        let Some(at_most) = node.child("at_most") else {
            self.error(
                node.at,
                "`defer` does not say for how long",
                "write `{ defer: { at_most: 4h, then: quarantine } }`",
            );
            return None;
        };
        bound.at_most = self.duration(at_most, "at_most")?;
        if let Some(node) = node.child("then") {
            if node.text() == Some("defer") {
                self.error(
                    node.at,
                    "after a defer another defer would have no end",
                    "write what comes when the time is over: quarantine, reject, tag or note",
                );
                return None;
            }
            bound.then = self.word(node, "then", THEN)?;
        }
        Some(bound)
    }

    fn duration(&mut self, node: &Node, what: &str) -> Option<Duration> {
        let text = self.text(node, what)?.trim();
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let factor = match unit.trim() {
            "s" => 1,
            "m" | "min" => 60,
            "h" => 3600,
            "d" => 24 * 3600,
            _ => 0,
        };
        let seconds = number.parse::<u64>().ok();
        let seconds = seconds.and_then(|number| number.checked_mul(factor));
        let time = seconds.map(Duration::from_secs).unwrap_or_default();
        if factor == 0 || seconds.is_none() {
            self.error(
                node.at,
                format!("`{text}` is no length of time"),
                "write a number and a unit: `90s`, `30m`, `4h`, `2d`",
            );
            return None;
        }
        if !(SHORTEST..=LONGEST).contains(&time) {
            self.error(
                node.at,
                format!("a message cannot be deferred for `{text}` at most"),
                "write a time between `1m` and `5d`: servers try again after minutes and give up after five days",
            );
            return None;
        }
        Some(time)
    }
}
