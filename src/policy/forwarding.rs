//! `forwarding:`: whether a machine sent the letter on.

use std::sync::Arc;

use super::{
    condition::{Condition, Test},
    list::{Entries, NameSet},
    reader::Reader,
    truth::Truth,
    value::Compare,
    yaml::{Node, Value},
};
use crate::{
    facts::{Fact, Forwarding, Letter, PROVIDERS, Provider, Reason, SIGNALS, Signal},
    message::Address,
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
        for entry in entries {
            let (key, node) = (entry.key.as_str(), &entry.node);
            match key {
                "is" => test.letters = self.letters(node)?,
                "signals" => test.signals = Some(self.compare(node, key, Compare::number)?),
                "confidence" => test.confidence = Some(self.compare(node, key, Compare::number)?),
                "by" => {
                    let words: Vec<(&str, &'static str)> =
                        SIGNALS.iter().map(|Signal { id, .. }| (*id, *id)).collect();
                    test.by = self.words(node, key, &words);
                    if test.by.is_empty() {
                        return None;
                    }
                }
                "provider" if node.text() == Some("known") => {
                    test.providers = PROVIDERS.iter().map(|it| it.id).collect();
                }
                "provider" => {
                    let words: Vec<(&str, &'static str)> = PROVIDERS
                        .iter()
                        .map(|Provider { id, .. }| (*id, *id))
                        .collect();
                    test.providers = self.words(node, key, &words);
                    if test.providers.is_empty() {
                        return None;
                    }
                }
                _ => self.forwarding_mailbox(node, &mut test)?,
            }
        }
        Some(test)
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
    fn forwarding_mailbox(&mut self, node: &Node, test: &mut ForwardTest) -> Option<()> {
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
            return None;
        }
        let entries = self.map(node, "`mailbox`", &["address", "domain"], &[])?;
        if entries.is_empty() {
            self.error(
                node.at,
                "`mailbox` is empty",
                "name the mailbox that sends on: `mailbox: { address: truc-ban@so.gov.vn }`",
            );
            return None;
        }
        for entry in entries {
            let set = match entry.key.as_str() {
                "address" => &mut test.addresses,
                _ => &mut test.domains,
            };
            let sort = match entry.key.as_str() {
                "address" => Entries::Addresses,
                _ => Entries::Domains,
            };
            *set = Some(self.names(&entry.node, &entry.key, sort)?);
        }
        Some(())
    }
}
