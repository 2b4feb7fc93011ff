//! Which policy rules a domain, and what is said where several want it.

use std::collections::HashMap;

use super::{
    Generation,
    list::{Entries, NameSet, normal_entry},
    model::Policy,
    reader::Reader,
    yaml::{At, Node, Value},
};

/// A domain that a policy calls its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The domain; `.example.vn` is every domain below `example.vn`.
    pub domain: String,
    /// Index of the policy ([`Generation::name`]).
    pub policy: usize,
    /// Whether it is kept from before a merger (`organisation.former`).
    pub former: bool,
}

impl Generation {
    /// Adds the domains of all policies, former ones too, and all state domains that they name.
    pub(crate) fn add_domains(&self, own: &mut NameSet, state: &mut NameSet) {
        own.join(&self.ours);
        for policy in &self.policies {
            state.join(&policy.organisation.state_domains);
        }
    }

    /// The domains of all policies, by policy; a former domain that is another policy's current one
    /// is left out, since that policy rules it.
    pub fn claims(&self) -> Vec<Claim> {
        let all = self.policies.iter().enumerate();
        all.flat_map(|(policy, its)| {
            claims(its).into_iter().filter_map(move |(domain, former)| {
                let overruled = former
                    && self.policies.iter().enumerate().any(|(other, its)| {
                        other != policy && its.organisation.domains.has_entry(&[domain])
                    });
                (!overruled).then(|| Claim {
                    domain: domain.to_owned(),
                    policy,
                    former,
                })
            })
        })
        .collect()
    }

    /// The policy that rules this domain: the most specific entry says it, and of two equal ones
    /// that which is no former domain.
    pub(super) fn ruler(&self, domain: &str) -> Option<usize> {
        let holder = |pieces: &[&str]| {
            let mut policies = self.policies.iter();
            let current = policies.position(|policy| policy.organisation.domains.has_entry(pieces));
            current.or_else(|| {
                let mut policies = self.policies.iter();
                policies.position(|policy| policy.organisation.former.has_entry(pieces))
            })
        };
        if domain.is_empty() {
            return None;
        }
        let mut found = holder(&[domain]);
        let mut rest = domain;
        while found.is_none()
            && let Some((_, parent)) = rest.split_once('.')
        {
            found = holder(&[".", parent]);
            rest = parent;
        }
        found
    }
}

impl Reader {
    /// Two policies may not claim one domain: nobody could say which of them rules it.
    pub(super) fn overlaps(&mut self, policies: &[Policy]) {
        let mut seen: HashMap<&str, (usize, bool, At)> = HashMap::new();
        for (index, policy) in policies.iter().enumerate() {
            for (domain, former) in claims(policy) {
                let at = written(&policy.tree, domain, former);
                let Some(&(other, other_former, place)) = seen.get(domain) else {
                    seen.insert(domain, (index, former, at));
                    continue;
                };
                if other == index {
                    continue;
                }
                let there = self.place(place);
                let name = policies.get(other).map_or("", |policy| &*policy.name);
                if former == other_former {
                    self.error(
                        at,
                        format!("the policies `{name}` and `{}` both claim the domain {domain}", policy.name),
                        format!("the other one claims it in {there}; take it out of one of them (under `former` where it came by a merger)"),
                    );
                    continue;
                }
                let (current, place) = match former {
                    true => (name, at),
                    false => {
                        seen.insert(domain, (index, former, at));
                        (&*policy.name, place)
                    }
                };
                self.problems.warning(
                    place,
                    format!("{domain} is a former domain here, and a domain of the policy `{current}`, which rules it"),
                    "take it out of `former` if the other policy is meant; nothing else is to be done",
                );
            }
        }
    }
}

fn claims(policy: &Policy) -> Vec<(&str, bool)> {
    let organisation = &policy.organisation;
    let of = |set, former| NameSet::names(set).map(move |name| (name, former));
    of(&organisation.domains, false)
        .chain(of(&organisation.former, true))
        .collect()
}

/// Where a domain is written; for one that comes from a list file, where the file is named.
fn written(tree: &Node, domain: &str, former: bool) -> At {
    let key = if former { "former" } else { "domains" };
    let Some(node) = tree.child("organisation").and_then(|node| node.child(key)) else {
        return tree.at;
    };
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let is_it = |item: &&Node| {
        let text = item.text().unwrap_or_default();
        normal_entry(text, Entries::Domains).is_ok_and(|normal| normal == domain)
    };
    items.iter().find(is_it).map_or(node.at, |item| item.at)
}
