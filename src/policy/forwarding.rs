//! `forwarding:`: whether a machine sent the letter on.

use std::sync::Arc;

use super::{
    Generation,
    condition::{Condition, Test},
    list::{Entries, NameSet},
    reader::Reader,
    truth::Truth,
    value::Compare,
    yaml::{Node, Value},
};
use crate::{
    facts::{Fact, Forwarding, Letter, PROVIDERS, Reason, SIGNALS},
    message::Address,
    verdict::{Action, Fired, Letterhead, Mode},
};

/// Every key that is set must be met, for the recipient under judgement.
#[derive(Clone, Debug, Default)]
pub(super) struct ForwardTest {
    /// Empty: any.
    letters: Vec<What>,
    /// Independent signals.
    signals: Option<Compare>,
    confidence: Option<Compare>,
    /// One of these signals counted. Empty: any.
    by: Vec<&'static str>,
    /// Empty: any.
    providers: Vec<&'static str>,
    /// The mailbox that sends on is one of these.
    addresses: Option<Arc<NameSet>>,
    domains: Option<Arc<NameSet>>,
}

/// What a letter may be asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Letter(Letter),
    /// A letter of ours to the author's own box elsewhere, which no machine sent on.
    OwnCopy,
}

impl ForwardTest {
    pub(super) fn holds(&self, fact: &Fact<Forwarding>, recipient: Option<&Address>) -> Truth {
        let forwarding = match fact {
            Fact::Known(forwarding) => forwarding,
            Fact::Unknown(why) => return Truth::Unknown(why.clone()),
        };
        let Some(recipient) = recipient else {
            return Truth::Unknown(Reason::NotYet);
        };
        let evidence = forwarding.evidence(recipient);
        let is = |what: &What| match what {
            What::Letter(letter) => *letter == evidence.letter,
            What::OwnCopy => {
                matches!(evidence.letter, Letter::Ordinary | Letter::Person)
                    && forwarding.own.contains(recipient)
            }
        };
        let number = |test: &Option<Compare>, seen: u64| {
            test.as_ref().is_none_or(|compare| compare.holds(seen))
        };
        let named = |set: &Option<Arc<NameSet>>, holds: fn(&NameSet, &Address) -> bool| {
            set.as_ref().is_none_or(|set| {
                forwarding
                    .mailbox
                    .as_ref()
                    .is_some_and(|mailbox| holds(set, mailbox))
            })
        };
        let holds = (self.letters.is_empty() || self.letters.iter().any(is))
            && number(&self.signals, evidence.causes.len() as u64)
            && number(&self.confidence, u64::from(evidence.confidence))
            && (self.by.is_empty() || self.by.iter().any(|id| evidence.signals.contains(id)))
            && (self.providers.is_empty()
                || forwarding
                    .provider
                    .is_some_and(|id| self.providers.contains(&id)))
            && named(&self.addresses, NameSet::has_address)
            && named(&self.domains, |set, mailbox| {
                set.has_domain(mailbox.domain())
            });
        holds.into()
    }

    /// Whether it trusts the name of the mailbox, which headers give.
    pub(super) fn names_a_mailbox(&self) -> bool {
        self.addresses.is_some() || self.domains.is_some()
    }

    /// Whether it looks for what a machine sent on.
    pub(super) fn looks_for_machines(&self) -> bool {
        self.letters.contains(&What::Letter(Letter::Machine))
    }
}

impl Condition {
    /// Whether it looks anywhere for what a machine sent on.
    pub(super) fn looks_for_machines(&self) -> bool {
        let mut looks = false;
        self.walk(&mut |condition| {
            if let Test::Forwarding(test) = &condition.test {
                looks |= test.looks_for_machines();
            }
        });
        looks
    }
}

impl Generation {
    /// Who speaks, and by which clause, where one of these rules acted on what a machine sent on: for the
    /// letter to its owner. A defer stops nothing.
    pub fn stopped_forward(&self, policy: usize, fired: &[Fired]) -> Option<Letterhead> {
        let policy = self.policies.get(policy)?;
        let rule = fired.iter().find_map(|fired| {
            let acts = fired.mode == Mode::Enforce
                && matches!(fired.then, Action::Quarantine | Action::Reject);
            let mut rules = policy.rules.iter();
            rules.find(|rule| acts && rule.id == fired.id && rule.when.looks_for_machines())
        })?;
        let organisation = &policy.organisation;
        Some(Letterhead {
            organisation: organisation.name.clone(),
            regulation: organisation.regulation.clone(),
            contact: organisation.contact.clone(),
            basis: rule.basis.to_string(),
        })
    }
}

impl Reader {
    /// `machine`, words for letters, or a mapping.
    pub(super) fn forwarding(&mut self, node: &Node) -> Option<ForwardTest> {
        let mut test = ForwardTest::default();
        if !matches!(node.value, Value::Map(_)) {
            test.letters = self.letters(node)?;
            return Some(test);
        }
        let known = ["is", "signals", "confidence", "by", "provider", "mailbox"];
        let entries = self.map(node, "`forwarding`", &known, &[])?;
        if entries.is_empty() {
            self.error(
                node.at,
                "`forwarding` is empty",
                "write `forwarding: machine` for mail that a machine sent on",
            );
            return None;
        }
        let before = self.problems.errors();
        for entry in entries {
            let (key, node) = (entry.key.as_str(), &entry.node);
            match key {
                "is" => test.letters = self.letters(node).unwrap_or_default(),
                "signals" => test.signals = self.compare(node, key, Compare::number),
                "confidence" => test.confidence = self.compare(node, key, Compare::number),
                "by" => test.by = self.words(node, key, &ids(SIGNALS, |it| it.id)),
                "provider" if node.text() == Some("known") => {
                    test.providers = PROVIDERS.iter().map(|it| it.id).collect();
                }
                "provider" => test.providers = self.words(node, key, &ids(PROVIDERS, |it| it.id)),
                _ => self.forwarding_mailbox(node, &mut test),
            }
        }
        (self.problems.errors() == before).then_some(test)
    }

    fn letters(&mut self, node: &Node) -> Option<Vec<What>> {
        let mut words: Vec<(&str, What)> = Letter::WORDS
            .iter()
            .map(|(word, letter)| (*word, What::Letter(*letter)))
            .collect();
        words.push(("own-copy", What::OwnCopy));
        let found = self.words(node, "forwarding", &words);
        (!found.is_empty()).then_some(found)
    }

    /// `mailbox: { address: …, domain: … }`
    fn forwarding_mailbox(&mut self, node: &Node, test: &mut ForwardTest) {
        if let Some(text) = node.text() {
            let key = if text.contains('@') {
                "address"
            } else {
                "domain"
            };
            self.error(
                node.at,
                "`mailbox` is a single value, but a mapping is wanted",
                format!("did you mean `mailbox: {{ {key}: {text} }}`?"),
            );
            return;
        }
        let Some(entries) = self.map(node, "`mailbox`", &["address", "domain"], &[]) else {
            return;
        };
        if entries.is_empty() {
            self.error(
                node.at,
                "`mailbox` is empty",
                "name the mailbox that sends on: `mailbox: { address: truc-ban@so.gov.vn }`",
            );
        }
        for entry in entries {
            let (set, sort) = match entry.key.as_str() {
                "address" => (&mut test.addresses, Entries::Addresses),
                _ => (&mut test.domains, Entries::Domains),
            };
            *set = self.names(&entry.node, &entry.key, sort);
        }
    }
}

/// Names as words, each for itself.
fn ids<T>(all: &'static [T], id: fn(&T) -> &'static str) -> Vec<(&'static str, &'static str)> {
    all.iter().map(|it| (id(it), id(it))).collect()
}
