//! Where a message comes from, where it goes for one recipient, and whose policy rules it.

use serde::Serialize;

use crate::verdict::Direction;

/// Who hands the message in: one for all recipients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// One of our users or machines.
    Ours,
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
