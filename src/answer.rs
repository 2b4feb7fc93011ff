//! What Postfix is told: one function collapses the verdicts of all recipients to what a milter
//! can do at the end of a message, and to what the listener's role allows.

use crate::{
    engine::Decision,
    verdict::{Action, Mode, ReplyText},
};

/// The answer to one message, ready for the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It passes; these rules tag it.
    Accept {
        /// Ids of the rules that put a header field on it.
        tags: Vec<String>,
    },
    /// It passes into Postfix's hold queue (`postsuper -H` releases it).
    Hold {
        /// The reason, for Postfix's log: rule ids and the reference.
        reason: String,
        /// As in [`Answer::Accept`].
        tags: Vec<String>,
    },
    /// 4xx or 5xx.
    Refuse(ReplyText),
}

impl Answer {
    /// The action that it comes to.
    pub fn action(&self) -> Action {
        match self {
            Self::Accept { tags } if tags.is_empty() => Action::Accept,
            Self::Accept { .. } => Action::Tag,
            Self::Hold { .. } => Action::Quarantine,
            Self::Refuse(reply) if reply.code < 500 => Action::Defer,
            Self::Refuse(_) => Action::Reject,
        }
    }
}

/// The answer at the end of a message.
///
/// A milter answers for the whole message, so the strongest action of all recipients wins
/// (`mixed_policies: strictest`; docs/architecture.md, "A verdict per recipient").
pub fn answer(decision: &Decision) -> Answer {
    if decision.failed.is_some() {
        return failed(decision);
    }
    let applied = decision.applied();
    let tags = || rules(decision, Action::Tag);
    match applied.at(decision.facts.session.role) {
        Action::Accept | Action::Note => Answer::Accept { tags: Vec::new() },
        Action::Tag => Answer::Accept { tags: tags() },
        Action::Quarantine => Answer::Hold {
            reason: format!(
                "gacthu {}: {}",
                decision.reference,
                rules(decision, applied).join(", ")
            ),
            tags: tags(),
        },
        Action::Defer | Action::Reject => {
            Answer::Refuse(decision.reply(applied).unwrap_or_else(|| {
                ReplyText {
                    code: if applied == Action::Defer { 451 } else { 550 },
                    enhanced: if applied == Action::Defer {
                        "4.7.1"
                    } else {
                        "5.7.1"
                    }
                    .to_owned(),
                    lines: vec![format!("Ma: {}", decision.reference)],
                }
            }))
        }
    }
}

/// gacthu failed on this message: where every policy observes, it passes; else it comes again, or
/// is held where that cannot be said.
fn failed(decision: &Decision) -> Answer {
    let enforced = decision
        .recipients
        .iter()
        .any(|recipient| decision.generation.mode(recipient.route.policy) == Mode::Enforce);
    if !enforced {
        return Answer::Accept { tags: Vec::new() };
    }
    match Action::Defer.at(decision.facts.session.role) {
        Action::Quarantine => Answer::Hold {
            reason: format!("gacthu {}: internal error", decision.reference),
            tags: Vec::new(),
        },
        _ => Answer::Refuse(ReplyText {
            code: 451,
            enhanced: "4.3.0".to_owned(),
            lines: vec![
                format!(
                    "Bo loc thu gap loi noi bo, xin gui lai sau. Ma: {}",
                    decision.reference
                ),
                "Internal error of the mail filter, please try again later".to_owned(),
            ],
        }),
    }
}

/// Ids of the enforced rules that fired with this action, each once.
fn rules(decision: &Decision, action: Action) -> Vec<String> {
    let mut rules: Vec<String> = Vec::new();
    let fired = decision
        .recipients
        .iter()
        .flat_map(|recipient| &recipient.judgement.fired);
    for rule in fired {
        if rule.mode == Mode::Enforce
            && rule.then == action
            && !rules.iter().any(|r| **r == *rule.id)
        {
            rules.push(rule.id.to_string());
        }
    }
    rules
}
