//! Where a message comes from, where it goes for one recipient, and whose policy rules it.

use serde::Serialize;

use super::Generation;
use crate::{
    facts::{Role, SessionFacts},
    message::Address,
    verdict::Direction,
};

/// Who hands the message in: one for all recipients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// One of our users or machines, with a sender of ours or the null sender.
    Ours,
    /// One of our users or machines, with a sender who is not ours: mail from elsewhere that a
    /// mailbox server, a list or sendmail(1) sends on.
    Forwarded,
    /// Anyone else.
    #[default]
    Foreign,
}

/// Whose mailbox the recipient is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// Ours: a domain of `organisation.domains` or `organisation.former`.
    Ours,
    /// Another state agency's (`organisation.state_domains`).
    State,
    /// Anyone else's.
    #[default]
    Foreign,
}

/// The road of a message for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    /// Who hands it in.
    pub origin: Origin,
    /// Whose mailbox it goes to.
    pub destination: Destination,
    /// Both together.
    pub direction: Direction,
    /// Index of the policy that rules ([`super::Generation::name`]).
    pub policy: usize,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            origin: Origin::Foreign,
            destination: Destination::Foreign,
            direction: Direction::Relayed,
            policy: 0,
        }
    }
}

impl Generation {
    /// Where a message for this recipient comes from and goes to, and whose policy rules it.
    ///
    /// One of ours hands in: who is authenticated, comes from one of the site's networks, or comes in
    /// by a listener for our own (submission, mailbox, local). With a sender who is neither ours nor
    /// empty the message is forwarded; an SRS form at one of our domains counts as ours, since bounces
    /// come back to us. A client certificate proves nothing here: any public authority signs one.
    ///
    /// The recipient's policy rules; for a recipient who is not ours the policy of the sender, else
    /// of the login, where one of ours hands in; else the first. Former domains count as ours; of several
    /// policies the one with the most specific entry rules a domain.
    pub fn route(&self, session: &SessionFacts, sender: &Address, recipient: &Address) -> Route {
        self.route_of(session, Some(sender), Some(recipient))
    }

    pub(super) fn route_of(
        &self,
        session: &SessionFacts,
        sender: Option<&Address>,
        recipient: Option<&Address>,
    ) -> Route {
        let trusted = matches!(session.role, Role::Submission | Role::Mailbox | Role::Local);
        let handed_in = trusted || session.authenticated.is_some() || session.own_network();
        let outside = |sender: &Address| !sender.is_empty() && !self.is_ours(sender);
        let origin = match sender {
            _ if !handed_in => Origin::Foreign,
            Some(sender) if outside(sender) => Origin::Forwarded,
            _ => Origin::Ours,
        };
        let ruled = |address: Option<&Address>| self.ruler(address?.domain());
        let ours = match recipient {
            Some(recipient) => self.is_ours(recipient),
            // Nobody yet: the usual road.
            None => origin == Origin::Foreign,
        };
        let policy = match (ours, origin) {
            (true, _) => ruled(recipient),
            (false, Origin::Ours | Origin::Forwarded) => ruled(sender).or_else(|| {
                let login = session.authenticated.as_deref()?;
                ruled(Some(&Address::parse_path(login.as_bytes())))
            }),
            (false, Origin::Foreign) => None,
        };
        let policy = policy.unwrap_or(0);
        let state = |recipient: &Address| {
            let policy = self.policies.get(policy);
            policy.is_some_and(|policy| {
                policy
                    .organisation
                    .state_domains
                    .has_domain(recipient.domain())
            })
        };
        let destination = match recipient {
            _ if ours => Destination::Ours,
            Some(recipient) if state(recipient) => Destination::State,
            _ => Destination::Foreign,
        };
        let direction = match (origin, destination) {
            (Origin::Ours | Origin::Forwarded, Destination::Ours) => Direction::Internal,
            (Origin::Ours | Origin::Forwarded, Destination::State | Destination::Foreign) => {
                Direction::Outbound
            }
            (Origin::Foreign, Destination::Ours) => Direction::Inbound,
            (Origin::Foreign, Destination::State | Destination::Foreign) => Direction::Relayed,
        };
        Route {
            origin,
            destination,
            direction,
            policy,
        }
    }
}

impl Generation {
    /// Whether a domain is ours, by any of the policies, former domains too.
    pub fn has_domain(&self, domain: &str) -> bool {
        self.ours.has_domain(domain)
    }

    fn is_ours(&self, address: &Address) -> bool {
        self.ours.has_domain(address.domain())
    }
}
