//! Why a judgement is what it is, as a tree that a person can read.

use std::fmt;

use super::{
    Generation, Place, Route,
    condition::{Condition, Known, Scope, Test},
    judge::Outcome,
    model::Rule,
    truth::Truth,
    yaml::At,
};
use crate::facts::Facts;

/// The explanation of one judgement for one recipient. [`fmt::Display`] prints it as a tree.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// The policy's name.
    pub policy: String,
    /// Where the message comes from and goes to.
    pub route: Route,
    /// Every rule of the policy, in the order of who speaks; idle ones last.
    pub rules: Vec<RuleExplanation>,
}

/// One rule in an [`Explanation`].
#[derive(Clone, Debug)]
pub struct RuleExplanation {
    /// The rule's id.
    pub id: String,
    /// Its title, in the policy's words.
    pub title: String,
    /// The clause that it enforces.
    pub basis: String,
    /// Where it is written; the column is that of the rule's first key.
    pub place: Place,
    /// What came of it: `reject`, `not for inbound`, `unknown (not_yet)` ….
    pub outcome: String,
    /// Whether it fired.
    pub fired: bool,
    /// Its conditions; empty for a rule that was not looked at.
    pub steps: Vec<Step>,
}

/// One condition and what it came to.
#[derive(Clone, Debug)]
pub struct Step {
    /// The condition, as it is written in the policy.
    pub condition: String,
    /// Where it is written; with `extends` this may be another file than the rule's.
    pub place: Place,
    /// `true`, `false`, `unknown (why)`; for `unless` and exceptions on attachments what holds for
    /// the letter, the files taken out of view beside it.
    pub truth: String,
    /// Part numbers and names of the files that made it so; of `forwarding`, the signals that counted.
    /// Class: content-like.
    pub files: Vec<String>,
    /// The conditions that it is made of.
    pub steps: Vec<Step>,
}

impl Generation {
    /// Why the judgement is what it is: every rule, its conditions, and the files that made them so.
    pub fn explain(&self, facts: &Facts, recipient: usize, at_end: bool) -> Explanation {
        let (known, route) = self.known(facts, recipient);
        let Some(policy) = self.policies.get(route.policy) else {
            return Explanation::default();
        };
        let day = self.day(facts);
        let [sums, _] = policy.sums(known, day, at_end);
        let known = known.with(&sums);
        let mut rules = Vec::new();
        for rule in &policy.rules {
            let mut told = self.told(rule);
            if !rule.directions.has(route.direction) {
                told.outcome = format!("not for {} mail", route.direction.as_str());
                rules.push(told);
                continue;
            }
            let outcome = Outcome::of(policy, rule, known, day, at_end);
            (told.fired, told.outcome) = match (&outcome.truth, at_end) {
                (Truth::True, _) => (true, rule.then.to_string()),
                (Truth::False, _) if outcome.excepted => {
                    (false, "taken away by an exception".to_owned())
                }
                (Truth::False, _) => (false, "does not apply".to_owned()),
                (unknown, true) if rule.if_unknown != crate::verdict::Action::Accept => (
                    true,
                    format!("{unknown}, so if_unknown: {}", rule.if_unknown),
                ),
                (unknown, _) => (false, unknown.to_string()),
            };
            told.steps
                .push(self.step("when", &rule.when, known, Scope::Message(None)));
            if let Some(unless) = &rule.unless {
                told.steps
                    .push(self.step("unless", unless, known, Scope::Letter(true)));
            }
            for exception in rule.in_force(policy, day) {
                let name = format!("exception {}", exception.id);
                told.steps
                    .push(self.step(&name, &exception.when, known, Scope::Letter(true)));
            }
            rules.push(told);
        }
        for idle in &policy.idle {
            rules.push(RuleExplanation {
                id: idle.id.to_string(),
                title: idle.title.clone(),
                basis: idle.basis.to_string(),
                place: self.place(idle.at),
                outcome: idle.why.clone(),
                fired: false,
                steps: Vec::new(),
            });
        }
        Explanation {
            policy: policy.name.to_string(),
            route,
            rules,
        }
    }

    fn told(&self, rule: &Rule) -> RuleExplanation {
        RuleExplanation {
            id: rule.id.to_string(),
            title: rule.title.clone(),
            basis: rule.basis.to_string(),
            place: self.place(rule.at),
            outcome: String::new(),
            fired: false,
            steps: Vec::new(),
        }
    }

    fn step(&self, name: &str, condition: &Condition, known: Known<'_>, scope: Scope<'_>) -> Step {
        let at = condition.at;
        let truth = condition.holds(known, scope);
        let steps = match &condition.test {
            Test::All(parts) | Test::Any(parts) => parts
                .iter()
                .map(|part| self.step("", part, known, scope))
                .collect(),
            Test::Not(part) => vec![self.step("", part, known, scope.negated())],
            _ => Vec::new(),
        };
        let list = known
            .facts
            .files
            .known()
            .map_or(&[][..], |files| &files.list);
        let mut indices = Vec::new();
        if steps.is_empty() {
            match scope {
                Scope::Message(_) => condition.files(known, None, false, &mut indices),
                Scope::File(_) => {}
                Scope::Letter(_) => {
                    let taken = |index: &usize| {
                        let file = list.get(*index);
                        file.is_some_and(|file| condition.holds(known, Scope::File(file)).is_true())
                    };
                    if matches!(condition.test, Test::Attachment(_)) {
                        indices.extend((0..list.len()).filter(taken));
                    }
                }
            }
        }
        let files = indices.iter().filter_map(|&index| list.get(index));
        let signals = match (&condition.test, known.recipient) {
            (Test::Forwarding(_), Some(recipient)) => {
                let forwarding = known.facts.forwarding.known();
                forwarding.map_or_else(Vec::new, |it| it.evidence(recipient).signals)
            }
            _ => Vec::new(),
        };
        let condition = match (name, condition.label.as_str()) {
            ("", label) => label.to_owned(),
            (name, label) => format!("{name} {label}"),
        };
        Step {
            condition,
            place: self.place(at),
            truth: truth.to_string(),
            files: files
                .map(|file| match &file.name {
                    // Names come from outside: nothing that moves a cursor is printed.
                    Some(name) => format!("{} {:?}", file.part, name),
                    None => file.part.clone(),
                })
                .chain(signals.into_iter().map(str::to_owned))
                .collect(),
            steps,
        }
    }

    pub(super) fn place(&self, at: At) -> Place {
        Place {
            file: self
                .files
                .get(at.file as usize)
                .cloned()
                .unwrap_or_default(),
            line: at.line,
            column: at.column,
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "policy {} · {}",
            self.policy,
            self.route.direction.as_str()
        )?;
        for rule in &self.rules {
            let mark = if rule.fired { "●" } else { "○" };
            write!(f, "{mark} {} → {}", rule.id, rule.outcome)?;
            if !rule.basis.is_empty() {
                write!(f, "   [{}]", rule.basis)?;
            }
            writeln!(f, "   {}:{}", rule.place.file.display(), rule.place.line)?;
            for step in &rule.steps {
                write_step(f, step, 1)?;
            }
        }
        Ok(())
    }
}

fn write_step(f: &mut fmt::Formatter<'_>, step: &Step, depth: usize) -> fmt::Result {
    let mark = match step.truth.as_str() {
        "true" => "✓",
        "false" => "✗",
        _ => "?",
    };
    write!(
        f,
        "{:indent$}{mark} {}",
        "",
        step.condition,
        indent = depth * 4
    )?;
    if mark == "?" {
        write!(f, " · {}", step.truth)?;
    }
    if !step.files.is_empty() {
        write!(f, " · {}", step.files.join(", "))?;
    }
    writeln!(f)?;
    step.steps
        .iter()
        .try_for_each(|step| write_step(f, step, depth + 1))
}
