//! `gacthu scan --summary`: of many messages together, what would have been refused.
//!
//! A site tests itself on its own mailboxes before it plugs gacthu in. Nothing that people wrote is
//! shown: no subject, no name, no address; only paths of files and domains of senders.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;

use super::{explain::clean, feed::Judged};
use crate::verdict::Action;

/// Domains that are printed for a person; JSON has all.
const DOMAINS: usize = 20;

/// What counts of one message.
#[derive(Debug)]
pub(super) struct Seen {
    file: String,
    verdict: Action,
    applied: Action,
    /// Each rule once, with the strongest that it did.
    rules: BTreeMap<String, (Action, String)>,
    directions: BTreeSet<&'static str>,
    domain: String,
    failed: bool,
}

impl Seen {
    pub(super) fn new(file: String, judged: &Judged) -> Self {
        let mut rules: BTreeMap<String, (Action, String)> = BTreeMap::new();
        for fired in judged.fired() {
            let entry = rules
                .entry(fired.id.to_string())
                .or_insert((fired.then, fired.basis.to_string()));
            entry.0 = entry.0.max(fired.then);
        }
        let recipients = judged.decisions().flat_map(|it| &it.recipients);
        let sender = judged.decision.facts.sender.known();
        Self {
            file,
            verdict: judged.verdict(),
            applied: judged.applied(),
            rules,
            directions: recipients.map(|it| it.route.direction.as_str()).collect(),
            domain: match sender.map(|sender| sender.domain().to_lowercase()) {
                Some(domain) if !domain.is_empty() => domain,
                _ => "<>".to_owned(),
            },
            failed: judged.decisions().any(|it| it.failed.is_some()),
        }
    }
}

/// All messages so far.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    /// Messages that were judged.
    messages: usize,
    /// Messages that could not be read.
    pub(super) unreadable: usize,
    /// Messages on which gacthu itself failed.
    failed: usize,
    /// Messages that would not be delivered: refused, deferred, kept aside, as if every rule were enforced.
    stopped: usize,
    /// Messages by verdict.
    verdicts: BTreeMap<&'static str, usize>,
    /// Messages by what Postfix would be told as the policy stands.
    applied: BTreeMap<&'static str, usize>,
    /// Messages by direction; one with recipients in several counts in each.
    directions: BTreeMap<&'static str, Direction>,
    /// By rule id.
    rules: BTreeMap<String, Rule>,
    /// By the sender's domain: messages that are stopped.
    sender_domains: BTreeMap<String, Group>,
    #[serde(skip)]
    examples: usize,
}

#[derive(Debug, Default, Serialize)]
struct Direction {
    messages: usize,
    stopped: usize,
}

#[derive(Debug, Default, Serialize)]
struct Rule {
    basis: String,
    then: Action,
    messages: usize,
    /// Of all messages.
    share: f64,
    directions: BTreeMap<&'static str, usize>,
    examples: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
struct Group {
    messages: usize,
    share: f64,
    rules: BTreeSet<String>,
    examples: Vec<String>,
}

impl Summary {
    /// Nothing yet; up to this many files are named as examples.
    pub(super) fn new(examples: usize) -> Self {
        Self {
            messages: 0,
            unreadable: 0,
            failed: 0,
            stopped: 0,
            verdicts: BTreeMap::new(),
            applied: BTreeMap::new(),
            directions: BTreeMap::new(),
            rules: BTreeMap::new(),
            sender_domains: BTreeMap::new(),
            examples,
        }
    }

    pub(super) fn add(&mut self, seen: Seen) {
        let stopped = seen.verdict >= Action::Quarantine;
        self.messages += 1;
        self.failed += usize::from(seen.failed);
        self.stopped += usize::from(stopped);
        *self.verdicts.entry(seen.verdict.as_str()).or_default() += 1;
        *self.applied.entry(seen.applied.as_str()).or_default() += 1;
        for direction in &seen.directions {
            let entry = self.directions.entry(direction).or_default();
            entry.messages += 1;
            entry.stopped += usize::from(stopped);
        }
        for (id, (then, basis)) in &seen.rules {
            let rule = self.rules.entry(id.clone()).or_default();
            rule.messages += 1;
            rule.then = rule.then.max(*then);
            rule.basis.clone_from(basis);
            for direction in &seen.directions {
                *rule.directions.entry(direction).or_default() += 1;
            }
            if rule.examples.len() < self.examples {
                rule.examples.push(seen.file.clone());
            }
        }
        if stopped {
            let group = self.sender_domains.entry(seen.domain).or_default();
            group.messages += 1;
            let stopping = seen.rules.into_iter();
            let stopping = stopping.filter(|(_, (then, _))| *then >= Action::Quarantine);
            group.rules.extend(stopping.map(|(id, _)| id));
            if group.examples.len() < self.examples {
                group.examples.push(seen.file);
            }
        }
    }

    /// One JSON object.
    pub(super) fn json(&mut self) -> String {
        let all = self.messages.max(1) as f64;
        // Shares to four places: 0.0001 is one message in ten thousand.
        let share = |part: usize| (part as f64 / all * 1e4).round() / 1e4;
        for rule in self.rules.values_mut() {
            rule.share = share(rule.messages);
        }
        for group in self.sender_domains.values_mut() {
            group.share = share(group.messages);
        }
        serde_json::to_string(self).unwrap_or_default()
    }

    fn percent(&self, part: usize) -> String {
        format!("{:.2}%", part as f64 * 100.0 / self.messages.max(1) as f64)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} messages; {} ({}) would be stopped if every rule were enforced",
            self.messages,
            self.stopped,
            self.percent(self.stopped)
        )?;
        if self.unreadable > 0 {
            writeln!(f, "{} could not be read", self.unreadable)?;
        }
        if self.failed > 0 {
            writeln!(f, "gacthu itself failed on {}", self.failed)?;
        }
        let counts = |f: &mut fmt::Formatter<'_>, name, counts: &BTreeMap<&str, usize>| {
            let counts: Vec<_> = counts
                .iter()
                .map(|(word, count)| format!("{word} {count}"))
                .collect();
            writeln!(f, "{name}{}", counts.join(", "))
        };
        counts(f, "verdicts:   ", &self.verdicts)?;
        counts(f, "applied:    ", &self.applied)?;
        let directions: Vec<_> = self
            .directions
            .iter()
            .map(|(word, it)| format!("{word} {} ({} stopped)", it.messages, it.stopped))
            .collect();
        writeln!(f, "directions: {}", directions.join(", "))?;
        if !self.rules.is_empty() {
            writeln!(f, "\nBy rule:")?;
        }
        let mut rules: Vec<_> = self.rules.iter().collect();
        rules.sort_by_key(|(_, rule)| std::cmp::Reverse((rule.then, rule.messages)));
        for (id, rule) in rules {
            let directions: Vec<_> = rule
                .directions
                .iter()
                .map(|(word, count)| format!("{word} {count}"))
                .collect();
            write!(
                f,
                "  {:<10} {id}: {} ({}), {}",
                rule.then.as_str(),
                rule.messages,
                self.percent(rule.messages),
                directions.join(", ")
            )?;
            if !rule.basis.is_empty() {
                write!(f, "   [{}]", rule.basis)?;
            }
            writeln!(f)?;
            examples(f, &rule.examples)?;
        }
        if !self.sender_domains.is_empty() {
            writeln!(f, "\nStopped, by the sender's domain:")?;
        }
        let mut domains: Vec<_> = self.sender_domains.iter().collect();
        domains.sort_by_key(|(_, group)| std::cmp::Reverse(group.messages));
        for (domain, group) in domains.iter().take(DOMAINS) {
            let rules: Vec<_> = group.rules.iter().map(String::as_str).collect();
            writeln!(
                f,
                "  {}: {} ({}), {}",
                clean(domain),
                group.messages,
                self.percent(group.messages),
                rules.join(", ")
            )?;
            examples(f, &group.examples)?;
        }
        if domains.len() > DOMAINS {
            writeln!(
                f,
                "  … and {} more domains (--json has all)",
                domains.len() - DOMAINS
            )?;
        }
        Ok(())
    }
}

fn examples(f: &mut fmt::Formatter<'_>, files: &[String]) -> fmt::Result {
    files
        .iter()
        .try_for_each(|file| writeln!(f, "      {}", clean(file)))
}
