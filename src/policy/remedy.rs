//! What a help desk says of a rule: its title, its clause, and what to do, without anything of a
//! message.

use serde::Serialize;

use super::Generation;

/// What a rule is about, and what its sender can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// The rule's title.
    pub title: String,
    /// The text of its refusal in Vietnamese, folded to ASCII; `?` for what only a message knows.
    pub vi: String,
    /// The same in English.
    pub en: String,
    /// Whom to ask.
    pub contact: String,
}

impl Generation {
    /// The remedy of a rule that is in force, by the names of its policy and its own.
    pub fn remedy(&self, policy: &str, rule: &str) -> Option<Remedy> {
        let policy = self.policies.iter().find(|known| *known.name == *policy)?;
        let rule = policy.rules.iter().find(|known| *known.id == *rule)?;
        let organisation = &policy.organisation;
        Some(Remedy {
            title: rule.title.clone(),
            vi: rule.reply.vi.in_general(rule, organisation),
            en: rule.reply.en.in_general(rule, organisation),
            contact: organisation.contact.clone(),
        })
    }
}
