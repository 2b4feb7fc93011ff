//! What a rule that came to true, false or unknown does, and what the points come to.

use std::time::Duration;

use jiff::civil::Date;

use super::{
    condition::Known,
    judge::Outcome,
    model::{Policy, Rule},
    points::Sums,
    truth::Truth,
};
use crate::{
    facts::Reason,
    verdict::{Action, Mode},
};

impl Policy {
    /// What the points come to: as if every rule were enforced, and from enforced rules only.
    pub(super) fn sums(&self, known: Known<'_>, day: Date, at_end: bool) -> [Sums; 2] {
        let mut sums = [Sums::default(), Sums::default()];
        let [all, enforced] = &mut sums;
        for rule in &self.rules {
            if rule.gives.is_empty() || !rule.directions.has(known.route.direction) {
                continue;
            }
            let truth = Outcome::of(self, rule, known, day, at_end).truth;
            all.add(&rule.gives, &truth);
            if rule.mode == Mode::Enforce {
                enforced.add(&rule.gives, &truth);
            }
        }
        sums
    }
}

/// What a rule does, and may still do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    /// None: it did not fire.
    pub(super) now: Option<Action>,
    /// The strongest that may come of it.
    most: Action,
    /// Whether a quarantine may come of it.
    keeps: bool,
    /// Why it fired by its `if_unknown`.
    pub(super) unknown: Option<Reason>,
    /// Whether `now` stands for one defer too many.
    pub(super) gave_up: bool,
}

impl Effect {
    pub(super) fn of(rule: &Rule, truth: &Truth, deferred: Option<Duration>, at_end: bool) -> Self {
        let action = |wanted: Action| {
            let action = rule.bound.action(wanted, deferred);
            (Some(action), action != wanted)
        };
        let unknown = match truth {
            Truth::Unknown(why) => Some(why.clone()),
            Truth::False | Truth::True => None,
        };
        let if_unknown = at_end && rule.if_unknown != Action::Accept;
        let (now, gave_up) = match truth {
            Truth::True => action(rule.then),
            Truth::Unknown(_) if if_unknown => action(rule.if_unknown),
            Truth::False | Truth::Unknown(_) => (None, false),
        };
        let most = match truth {
            Truth::False => Action::Accept,
            Truth::True => now.unwrap_or_default(),
            Truth::Unknown(_) => {
                let (then, if_unknown) = (rule.then, rule.if_unknown);
                rule.bound.most(then).max(rule.bound.most(if_unknown))
            }
        };
        let may = |wanted: Action| {
            wanted == Action::Quarantine
                || (wanted == Action::Defer && rule.bound.then == Action::Quarantine)
        };
        let keeps = match truth {
            Truth::False => false,
            Truth::True => now == Some(Action::Quarantine),
            Truth::Unknown(_) => may(rule.then) || may(rule.if_unknown),
        };
        Self {
            now,
            most,
            keeps,
            unknown: unknown.filter(|_| now.is_some()),
            gave_up,
        }
    }

    /// The strongest that may come of it where a quarantine may come to `instead`.
    pub(super) fn most(&self, instead: Option<Action>) -> Action {
        match instead {
            Some(instead) if self.keeps => self.most.max(instead),
            _ => self.most,
        }
    }
}
