//! What Postfix is told: one function collapses the verdicts of all recipients to what a milter
//! can do at the end of a message, and to what the listener's role allows.

use crate::{
    engine::Decision,
    facts::Role,
    policy::Origin,
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
    if let Some(split) = &decision.split {
        return Answer::Refuse(split.reply(&decision.reference));
    }
    let applied = decision.applied();
    let tags = || rules(decision, Action::Tag);
    let action = given(decision, applied);
    match action {
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
            let (code, enhanced) = match action {
                Action::Defer => (451, "4.7.1"),
                _ => (550, "5.7.1"),
            };
            let mut reply = decision.reply(applied).unwrap_or_else(|| ReplyText {
                code,
                enhanced: enhanced.to_owned(),
                lines: vec![format!("Ma: {}", decision.reference)],
            });
            // A defer that the role does not allow is given with the words of the rule.
            if reply.code / 100 != code / 100 {
                (reply.code, reply.enhanced) = (code, enhanced.to_owned());
            }
            Answer::Refuse(reply)
        }
    }
}

/// What the listener's role makes of what is applied ([`Action::at`]).
///
/// A sensitive message is not stored: where the role would hold it, it is refused. One road is left
/// to the hold queue: mail by sendmail(1) whose author is not ours, for there a refusal makes our own
/// Postfix send the text out of the house. `service.rs` logs it as an error, so that it is deleted.
fn given(decision: &Decision, applied: Action) -> Action {
    let session = &decision.facts.session;
    let action = applied.at(session.role, session.passes_on);
    if action != Action::Quarantine || !decision.sensitive {
        return action;
    }
    let outside = decision
        .recipients
        .iter()
        .any(|recipient| recipient.route.origin != Origin::Ours);
    match session.role {
        Role::Local if outside => Action::Quarantine,
        _ => Action::Reject,
    }
}

/// The answer to a message whose decision cannot be written down: as where gacthu failed. None where
/// nothing is enforced: what only watches stops no mail.
pub fn unrecorded(decision: &Decision) -> Option<Answer> {
    enforced(decision).then(|| failed(decision))
}

fn enforced(decision: &Decision) -> bool {
    decision
        .recipients
        .iter()
        .any(|recipient| decision.generation.mode(recipient.route.policy) == Mode::Enforce)
}

/// gacthu failed on this message: where every policy observes, it passes; else it comes again, or
/// is held where that cannot be said.
fn failed(decision: &Decision) -> Answer {
    if !enforced(decision) {
        return Answer::Accept { tags: Vec::new() };
    }
    let session = &decision.facts.session;
    match Action::Defer.at(session.role, session.passes_on) {
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
