//! What is left behind of mail that a machine sent on: a count, and a letter to the mailbox's owner.

use super::Shared;
use crate::{
    engine::Decision,
    facts::{Letter, Way},
    notices::Stopped,
};

/// Destinations that a letter about a forward is told of.
const DESTINATIONS: usize = 20;

impl Shared {
    /// Hands over whose forward was stopped, where it can be told. Without a sender nobody is told
    /// (`docs/forwarding.md`).
    pub(super) fn notify(&self, decision: &Decision) {
        let facts = &decision.facts;
        let with_sender = facts.sender.known().is_some_and(|it| !it.is_empty());
        let Some(forwarding) = facts.forwarding.known().filter(|_| with_sender) else {
            return;
        };
        let Some(mailbox) = forwarding.mailbox.as_ref().filter(|_| !decision.sensitive) else {
            return;
        };
        let mut letterhead = None;
        let mut destinations = Vec::new();
        for (address, decided) in facts.recipients.iter().zip(&decision.recipients) {
            if forwarding.way != Way::Out || forwarding.evidence(address).letter != Letter::Machine
            {
                continue;
            }
            let judgement = &decided.judgement;
            let policy = decided.route.policy;
            let Some(head) = decision
                .generation
                .stopped_forward(policy, &judgement.fired)
            else {
                continue;
            };
            letterhead.get_or_insert(head);
            destinations.push(address.clone());
            if destinations.len() >= DESTINATIONS {
                break;
            }
        }
        if let Some(letterhead) = letterhead {
            self.notices.tell(Stopped {
                mailbox: mailbox.clone(),
                destinations,
                letterhead,
                reference: decision.reference.to_string(),
            });
        }
    }

    /// Counts a message that a machine sent on.
    pub(super) fn count_forward(&self, decision: &Decision, applied: &str) {
        if let Some(forwarding) = decision.facts.forwarding.known()
            && let Some(evidence) = forwarding.strongest(&decision.facts.recipients)
            && evidence.letter == Letter::Machine
        {
            let way = match forwarding.way {
                Way::Out => "out",
                Way::In => "in",
            };
            let provider = forwarding.provider.unwrap_or("none");
            self.metrics
                .forwards
                .with_label_values(&[way, provider, decision.verdict().as_str(), applied])
                .inc();
        }
    }
}
