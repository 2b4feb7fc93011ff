//! Rules that come with an upgrade observe until someone has acknowledged them.
//!
//! A site extends shipped files. A rule that appears in such a file after the policy has run here
//! was chosen by nobody on the site: it is held back to observe. The rules of the file that the
//! site itself names are its own words and are never held back.

use std::collections::BTreeMap;

use super::Generation;
use crate::verdict::Mode;

/// The rules that a site knows: by policy and id, with the name and version of the file in which
/// each stood when it was acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    known: BTreeMap<String, BTreeMap<String, String>>,
}

/// A rule that nobody on the site has acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRule {
    /// Name of the policy in force.
    pub policy: String,
    /// The rule's id.
    pub rule: String,
    /// Name and version of the policy file that it came with (`base@2`).
    pub origin: String,
}

impl Acknowledged {
    /// Adds one rule; a known one keeps what was written first.
    pub fn add(&mut self, rule: NewRule) {
        let policy = self.known.entry(rule.policy).or_default();
        policy.entry(rule.rule).or_insert(rule.origin);
    }

    /// Whether this rule of this policy is known.
    pub fn knows(&self, policy: &str, rule: &str) -> bool {
        let policy = self.known.get(policy);
        policy.is_some_and(|rules| rules.contains_key(rule))
    }

    /// Whether this policy has ever run here.
    pub fn knows_policy(&self, policy: &str) -> bool {
        self.known.contains_key(policy)
    }

    /// Notes that a policy has run here, be it without a rule in force.
    pub fn add_policy(&mut self, policy: &str) {
        self.known.entry(policy.to_owned()).or_default();
    }

    /// All policies and their rules, in order.
    pub fn policies(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = (&str, &str)>)> {
        self.known.iter().map(|(policy, rules)| {
            let rules = rules.iter();
            (
                policy.as_str(),
                rules.map(|(rule, origin)| (rule.as_str(), origin.as_str())),
            )
        })
    }

    /// Takes in what needs no acknowledgement: every rule of a policy that runs here for the first
    /// time, and the rules that stand in the site's own files. Whether anything was new.
    pub fn settle(&mut self, generation: &Generation) -> bool {
        let before = self.clone();
        for policy in &generation.policies {
            let first = !before.knows_policy(&policy.name);
            self.add_policy(&policy.name);
            for rule in &policy.rules {
                if first || rule.at.file == policy.file {
                    self.add(generation.new_rule(policy, rule));
                }
            }
        }
        *self != before
    }
}

impl Generation {
    /// Holds back every rule that is not acknowledged: it observes. Rules of the site's own files
    /// and of a policy that has never run here are not held back ([`Acknowledged::settle`]).
    pub fn hold_back(&mut self, acknowledged: &Acknowledged) {
        for policy in &mut self.policies {
            let first = !acknowledged.knows_policy(&policy.name);
            for rule in &mut policy.rules {
                let own = rule.at.file == policy.file;
                if !first && !own && !acknowledged.knows(&policy.name, &rule.id) {
                    rule.held_back = true;
                    rule.mode = Mode::Observe;
                }
            }
        }
    }

    /// The rules that are held back.
    pub fn unacknowledged(&self) -> Vec<NewRule> {
        let policies = self.policies.iter();
        let rules = policies.flat_map(|policy| {
            let rules = policy.rules.iter().filter(|rule| rule.held_back);
            rules.map(move |rule| self.new_rule(policy, rule))
        });
        rules.collect()
    }

    fn new_rule(&self, policy: &super::model::Policy, rule: &super::model::Rule) -> NewRule {
        let origin = self.origins.iter().find(|(file, _)| *file == rule.at.file);
        NewRule {
            policy: policy.name.to_string(),
            rule: rule.id.to_string(),
            origin: origin.map_or_else(String::new, |(_, origin)| origin.clone()),
        }
    }
}
