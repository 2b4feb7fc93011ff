//! What was decided about a message: the record that the answer, the log and the journal read.

use std::{sync::Arc, time::Duration};

use crate::{
    counters::Attempt,
    facts::Facts,
    policy::{Generation, Route},
    reference::Reference,
    verdict::{Action, Direction, Judgement, ReplyText},
};

/// Where the time of one message went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// Judging the envelope at RCPT.
    pub envelope: Duration,
    /// Reading headers and body.
    pub scan: Duration,
    /// Telling kinds and opening.
    pub content: Duration,
    /// Finding facts.
    pub inspect: Duration,
    /// Asking the policy.
    pub judge: Duration,
    /// Waiting in line with other large messages.
    pub wait: Duration,
    /// From MAIL to the decision, waiting for the client included.
    pub total: Duration,
}

impl Times {
    /// Adds what one stage spent reading and finding.
    pub(super) fn add(&mut self, spent: &Self) {
        self.scan += spent.scan;
        self.content += spent.content;
        self.inspect += spent.inspect;
    }
}

/// A recipient and what was decided for it.
#[derive(Clone, Debug)]
pub struct Decided {
    /// Where the message goes for this recipient, and whose policy rules it.
    pub route: Route,
    /// What that policy says.
    pub judgement: Judgement,
}

/// What was decided about a message: everything that the answer, the log and the journal need.
#[derive(Debug)]
pub struct Decision {
    /// The name by which people ask for it.
    pub reference: Reference,
    /// The policy that judged.
    pub generation: Arc<Generation>,
    /// What was known.
    pub facts: Facts,
    /// The recipients, in the order of [`Facts::recipients`].
    pub recipients: Vec<Decided>,
    /// Whether a sensitive rule fired for any recipient, be it in observe. [`Self::facts`] then hold
    /// no name, no header field and no path any more: what comes after cannot tell them.
    pub sensitive: bool,
    /// Set at RCPT for a recipient who is asked to come again alone: another policy rules it.
    pub split: Option<Split>,
    /// For each recipient, by what it is known again if it is deferred; empty where no rule defers.
    pub attempts: Vec<Attempt>,
    /// Set when gacthu itself failed on this message: why. Its content was then not judged.
    pub failed: Option<String>,
    /// Where the time went.
    pub times: Times,
}

/// Two recipients of one message under different policies, on a listener where each can be answered
/// alone (`mixed_policies: split`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The policy that rules the recipients accepted before.
    pub first: String,
    /// The policy that rules this one.
    pub this: String,
}

impl Split {
    /// `452 4.5.3`: a server sends the rest of the recipients by itself (RFC 5321 section
    /// 4.5.3.1.10).
    pub fn reply(&self, reference: &Reference) -> ReplyText {
        ReplyText {
            code: 452,
            enhanced: "4.5.3".to_owned(),
            lines: vec![
                format!(
                    "Nguoi nhan nay theo chinh sach khac voi nguoi nhan truoc; may chu gui se tu gui rieng sau. Ma: {reference}"
                ),
                format!(
                    "This recipient is ruled by another policy than the ones before; your server will send it apart. Ref: {reference}"
                ),
            ],
        }
    }
}

impl Decision {
    /// The strongest verdict of all recipients, as if every rule were enforced.
    pub fn verdict(&self) -> Action {
        self.strongest(|judgement| judgement.verdict)
    }

    /// The strongest applied action of all recipients.
    pub fn applied(&self) -> Action {
        self.strongest(|judgement| judgement.applied)
    }

    /// The direction, where all recipients share one.
    pub fn direction(&self) -> Option<Direction> {
        let first = self.recipients.first()?.route.direction;
        self.recipients
            .iter()
            .all(|recipient| recipient.route.direction == first)
            .then_some(first)
    }

    /// The reply of the first recipient whose applied action is `action`.
    pub fn reply(&self, action: Action) -> Option<ReplyText> {
        self.speak(|judgement| judgement.applied == action, Generation::reply)
    }

    /// The reply that would be given if every rule were enforced.
    pub fn reply_if_enforced(&self) -> Option<ReplyText> {
        let verdict = self.verdict();
        self.speak(
            |judgement| judgement.verdict == verdict,
            Generation::reply_if_enforced,
        )
    }

    fn strongest(&self, action: impl Fn(&Judgement) -> Action) -> Action {
        self.recipients
            .iter()
            .map(|recipient| action(&recipient.judgement))
            .max()
            .unwrap_or_default()
    }

    fn speak(
        &self,
        which: impl Fn(&Judgement) -> bool,
        reply: impl Fn(&Generation, &Facts, usize, &Judgement, &str) -> Option<ReplyText>,
    ) -> Option<ReplyText> {
        let speaks = |recipient: &&(usize, &Decided)| which(&recipient.1.judgement);
        let candidates: Vec<_> = self.recipients.iter().enumerate().collect();
        let mut candidates = candidates.iter().filter(speaks);
        let first = *candidates.next()?;
        // Where a sensitive rule refuses for one of them, it speaks for all.
        let sensitive = |(_, recipient): &&(usize, &Decided)| {
            let judgement = &recipient.judgement;
            let strongest = judgement.verdict.max(judgement.applied);
            let mut fired = judgement.fired.iter();
            fired.any(|fired| fired.sensitive && fired.then == strongest)
        };
        let (index, recipient) = match sensitive(&&first) {
            true => first,
            false => candidates
                .find(|one| sensitive(one))
                .copied()
                .unwrap_or(first),
        };
        reply(
            &self.generation,
            &self.facts,
            index,
            &recipient.judgement,
            self.reference.as_str(),
        )
    }
}
