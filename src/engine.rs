//! The order of the work: one staged object judges a message, for `serve`, `scan` and
//! `policy test` alike.
//!
//! [`Judging`] is fed as the message comes (`mail`, `rcpt`, `header`, `chunk`, `end`), keeps one
//! policy generation from MAIL to the end, and knows neither wire nor storage. Small messages are
//! read where they come; a message past [`Limits::heavy`] is read in batches on threads for
//! blocking work, a few at a time and in turn, so that 64 large letters do not keep a small one
//! waiting.

mod decision;
mod ground;
mod opening;
mod services;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use bytes::Bytes;
use jiff::tz::TimeZone;

pub use self::{
    decision::{Decided, Decision, Split, Times},
    services::{Limits, Services},
};
use self::{opening::Moment, services::Running};
use crate::{
    content::{self, Budget, Gate, Needs, Tree},
    counters::Attempt,
    facts::{
        Fact, Facts, Files, Forwarding, LegacyText, Mark, Matches, MessageFacts, Reason, Role,
        SessionFacts,
    },
    inspect::{self, forwarding::Standing, marking::Marker, pattern::Patterns},
    message::{self, Address, Message, Receiver},
    policy::{Generation, Route},
    questions::Question,
    reference::Reference,
    site::Site,
    verdict::{Action, Judgement, MixedPolicies, Mode},
};

/// One message under judgement.
pub struct Judging {
    services: Arc<Services>,
    generation: Arc<Generation>,
    /// The settings that were in force at MAIL.
    site: Arc<Site>,
    patterns: Arc<Patterns>,
    marker: Option<Arc<Marker>>,
    reference: Reference,
    facts: Facts,
    routes: Vec<Route>,
    /// None once reading failed: the message is then judged by its envelope alone.
    receiver: Option<Receiver>,
    /// Bytes of the body so far; decides when the message is heavy.
    seen: usize,
    /// Chunks of a heavy message that wait for a turn.
    batch: Vec<Bytes>,
    batch_bytes: usize,
    begun: Instant,
    times: Times,
}

impl Judging {
    /// Begins a message at MAIL: takes the running policy generation and the site's settings, and
    /// keeps them to the end. Where the session does not say its network, the client's address
    /// does.
    pub fn begin(services: Arc<Services>, mut session: SessionFacts, sender: Address) -> Self {
        let Running {
            policy,
            site,
            patterns,
            marker,
        } = Running::clone(&services.running.load());
        session.network = session
            .network
            .or_else(|| site.networks.of(session.client?));
        session.role = site.role(session.role, session.network);
        Self {
            generation: policy,
            site,
            patterns,
            marker,
            reference: Reference::random(),
            facts: Facts {
                session,
                sender: Fact::Known(sender),
                day: Some(services.now().to_zoned(TimeZone::system()).date()),
                ..Facts::default()
            },
            routes: Vec::new(),
            receiver: Some(Receiver::new(&services.spool, message::Limits::default())),
            seen: 0,
            batch: Vec::new(),
            batch_bytes: 0,
            begun: Instant::now(),
            times: Times::default(),
            services,
        }
    }

    /// A recipient. Some: the verdict for it is settled now, and applied: refuse it.
    ///
    /// A refused recipient is not part of the message any more; a later recipient may still be.
    pub fn rcpt(&mut self, recipient: Address) -> Option<Decision> {
        let started = Instant::now();
        let sender = self.facts.sender.known().cloned().unwrap_or_default();
        let route = self
            .generation
            .route(&self.facts.session, &sender, &recipient);
        let may_defer = self.generation.may_defer();
        let attempt = may_defer.then(|| Attempt::envelope(&sender, &recipient));
        let deferred = attempt
            .as_ref()
            .and_then(|attempt| self.services.deferred(attempt));
        self.facts.recipients.push(recipient);
        self.facts.deferred.push(deferred);
        let index = self.facts.recipients.len() - 1;
        // A failure here decides nothing: the end of the message will meet it again and say so.
        let judgement = guarded(|| self.generation.judge(&self.facts, index, false));
        let judgement = judgement.unwrap_or_default();
        self.times.envelope += started.elapsed();
        // Where the listener's role lets us refuse nobody, the end of the message decides.
        let session = &self.facts.session;
        let given = judgement.applied.at(session.role, session.passes_on);
        let early = judgement.settled && given >= Action::Defer;
        let split = if early { None } else { self.split(route) };
        if !early && split.is_none() {
            self.routes.push(route);
            return None;
        }
        // Who comes again is judged when it does.
        let judgement = match split {
            Some(_) => Judgement::default(),
            None => judgement,
        };
        let refused = self.facts.recipients.split_off(index);
        self.facts.deferred.truncate(index);
        Some(Decision {
            reference: Reference::random(),
            generation: self.generation.clone(),
            facts: Facts {
                session: self.facts.session.clone(),
                sender: self.facts.sender.clone(),
                day: self.facts.day,
                recipients: refused,
                ..Facts::default()
            },
            sensitive: judgement.sensitive,
            split,
            attempts: attempt.into_iter().collect(),
            recipients: vec![Decided { route, judgement }],
            failed: None,
            times: Times {
                envelope: started.elapsed(),
                total: self.begun.elapsed(),
                ..Times::default()
            },
        })
    }

    /// Whether a recipient on this road must come again alone: another policy rules the ones before,
    /// and one of the two acts. Only a server from outside is asked to; to our own users the
    /// strictest verdict is given for all.
    fn split(&self, route: Route) -> Option<Split> {
        let first = self.routes.first()?.policy;
        let splits = self.site.mixed_policies == MixedPolicies::Split
            && self.facts.session.role == Role::Mx
            && first != route.policy;
        let acts = [first, route.policy].map(|policy| self.generation.mode(policy));
        (splits && acts.contains(&Mode::Enforce)).then(|| Split {
            first: self.generation.name(first).to_owned(),
            this: self.generation.name(route.policy).to_owned(),
        })
    }

    /// What becomes of recipients under different policies, by the settings in force at MAIL.
    pub fn mixed_policies(&self) -> MixedPolicies {
        self.site.mixed_policies
    }

    /// The name that the decision at the end of message will have.
    pub fn reference(&self) -> Reference {
        self.reference
    }

    /// How many recipients the message has so far, the refused ones not counted.
    pub fn recipients(&self) -> usize {
        self.routes.len()
    }

    /// A header field of the message, name and value as received.
    pub fn header(&mut self, name: &[u8], value: &[u8]) {
        // Too short to be timed: the clock would cost as much as the work.
        if let Some(receiver) = &mut self.receiver
            && guarded(|| receiver.header(name, value)).is_err()
        {
            self.receiver = None;
        }
    }

    /// The empty line behind the header.
    pub fn end_of_headers(&mut self) {
        self.read(Receiver::end_of_headers);
    }

    /// A piece of the body. Returns at once for a small message; a heavy one waits for its turn
    /// when it has gathered a batch.
    pub async fn chunk(&mut self, chunk: Bytes) {
        self.seen += chunk.len();
        if self.seen <= self.services.limits.heavy {
            self.read(|receiver| receiver.body(&chunk));
            return;
        }
        self.batch_bytes += chunk.len();
        self.batch.push(chunk);
        if self.batch_bytes >= self.services.limits.batch {
            self.read_batch().await;
        }
    }

    /// A piece of a message as a file holds it, header included; line ends may be LF or CRLF.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.read(|receiver| receiver.raw(bytes));
    }

    /// The end of the message: finds the facts, asks the policy. Attachments are opened on a thread
    /// of their own; see `engine/opening.rs`.
    pub async fn end(mut self) -> Decision {
        if !self.batch.is_empty() {
            self.read_batch().await;
        }
        let finder = self.finder();
        let mut times = Times::default();
        let (read, found) = if self.seen > self.services.limits.heavy {
            let services = self.services.clone();
            let waited = Instant::now();
            let _turn = services.turn().await;
            self.times.wait += waited.elapsed();
            let (receiver, finder) = (self.receiver.take(), finder.clone());
            let work = tokio::task::spawn_blocking(move || {
                let tried = read_and_try(receiver, &finder, &mut times);
                (tried, times)
            });
            // Only the end of the runtime gives none, and with it this future ends as well.
            let Ok((tried, spent)) = work.await else {
                return std::future::pending().await;
            };
            times = spent;
            tried
        } else {
            read_and_try(self.receiver.take(), &finder, &mut times)
        };
        self.times.add(&times);
        let found = match (read, found) {
            (_, Some(found)) => found,
            (Err(why), None) => Err(why),
            // More than a trifle: beside the connections.
            (Ok(message), None) => {
                let openings = self.services.openings.clone();
                let started = Instant::now();
                let found = openings.run(move |gate| {
                    let mut times = Times::default();
                    let found = finder.find(&message, Some(gate), &mut times);
                    (found, times)
                });
                let (found, times) = found
                    .await
                    .unwrap_or_else(|| (Err("no thread for opening".to_owned()), Times::default()));
                self.times.add(&times);
                let worked = times.content + times.inspect;
                self.times.wait += started.elapsed().saturating_sub(worked);
                found
            }
        };
        self.judged(found)
    }

    /// As [`Self::end`], all of it on the thread where it is called, which waits for nobody.
    pub fn end_now(mut self) -> Decision {
        let mut times = Times::default();
        let read = finish(self.receiver.take(), &mut times);
        let finder = self.finder();
        let found = read.and_then(|message| finder.find(&message, None, &mut times));
        self.times.add(&times);
        self.judged(found)
    }

    fn finder(&self) -> Finder {
        Finder {
            generation: self.generation.clone(),
            patterns: self.patterns.clone(),
            marker: self.marker.clone(),
            budget: self.services.limits.opening.clone(),
            standing: self.standing().map(Arc::new),
        }
    }

    /// Asks the policy.
    fn judged(mut self, found: Result<Found, String>) -> Decision {
        let failed = match found {
            Ok(found) => {
                self.facts.matches = found.matches;
                self.facts.message = Fact::Known(found.message);
                self.facts.files = Fact::Known(found.files);
                self.facts.marking = found.marking;
                self.facts.encoding = found.encoding;
                self.facts.forwarding = found.forwarding;
                None
            }
            Err(why) => {
                let reason = Reason::Unavailable("an internal error");
                self.facts.message = Fact::Unknown(reason.clone());
                self.facts.files = Fact::Unknown(reason.clone());
                self.facts.marking = Fact::Unknown(reason.clone());
                self.facts.encoding = Fact::Unknown(reason.clone());
                self.facts.forwarding = Fact::Unknown(reason.clone());
                self.facts.matches = Matches::unknown(reason);
                Some(why)
            }
        };
        let started = Instant::now();
        let attempts = self.attempts();
        let judged = guarded(|| {
            let judge = |index| self.generation.judge(&self.facts, index, true);
            (0..self.routes.len()).map(judge).collect::<Vec<_>>()
        });
        let (mut judgements, failed) = match judged {
            Ok(judgements) => (judgements, failed),
            Err(why) => (vec![Judgement::default(); self.routes.len()], Some(why)),
        };
        let sensitive = judgements.iter().any(|judgement| judgement.sensitive);
        if sensitive {
            // One recipient's policy calls the message sensitive: it is so for all.
            for (route, judgement) in self.routes.iter().zip(&mut judgements) {
                self.generation.keep_nothing(route.policy, judgement);
            }
            self.facts.strip();
        }
        let recipients = self
            .routes
            .iter()
            .zip(judgements)
            .map(|(&route, judgement)| Decided { route, judgement })
            .collect();
        self.times.judge += started.elapsed();
        self.times.total = self.begun.elapsed();
        Decision {
            reference: self.reference,
            generation: self.generation.clone(),
            facts: self.facts,
            recipients,
            sensitive,
            split: None,
            attempts,
            failed,
            times: self.times,
        }
    }

    /// By what each recipient's message is known again; looks up for how long it has been deferred.
    fn attempts(&mut self) -> Vec<Attempt> {
        let (Some(message), Some(files), Some(sender)) = (
            self.facts.message.known(),
            self.facts.files.known(),
            self.facts.sender.known(),
        ) else {
            return Vec::new();
        };
        if !self.generation.may_defer() {
            return Vec::new();
        }
        let recipients = self.facts.recipients.iter();
        let attempts: Vec<_> = recipients
            .map(|recipient| Attempt::message(sender, recipient, message, files))
            .collect();
        for (attempt, deferred) in attempts.iter().zip(&mut self.facts.deferred) {
            *deferred = (*deferred).max(self.services.deferred(attempt));
        }
        attempts
    }

    fn read(&mut self, feed: impl FnOnce(&mut Receiver)) {
        let started = Instant::now();
        if let Some(receiver) = &mut self.receiver
            && guarded(|| feed(receiver)).is_err()
        {
            self.receiver = None;
        }
        self.times.scan += started.elapsed();
    }

    async fn read_batch(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        let Some(mut receiver) = self.receiver.take() else {
            return;
        };
        let waited = Instant::now();
        let services = self.services.clone();
        let _turn = services.turn().await;
        self.times.wait += waited.elapsed();
        let started = Instant::now();
        let read = tokio::task::spawn_blocking(move || {
            guarded(|| {
                for chunk in batch {
                    receiver.body(&chunk);
                }
                receiver
            })
        })
        .await;
        self.receiver = read.ok().and_then(Result::ok);
        self.times.scan += started.elapsed();
    }
}

impl fmt::Debug for Judging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judging")
            .field("reference", &self.reference)
            .field("recipients", &self.routes.len())
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

/// What the stages behind the last byte find.
struct Found {
    message: MessageFacts,
    files: Files,
    matches: Matches,
    marking: Fact<Vec<Mark>>,
    encoding: Fact<Vec<LegacyText>>,
    forwarding: Fact<Forwarding>,
}

/// The stages behind the last byte: tree, then facts.
#[derive(Clone)]
struct Finder {
    generation: Arc<Generation>,
    patterns: Arc<Patterns>,
    marker: Option<Arc<Marker>>,
    budget: Budget,
    /// The envelope; none where nothing asks for forwarding.
    standing: Option<Arc<Standing>>,
}

impl Finder {
    /// Finds the facts; waits at the gate where opening turns out to be much work.
    fn find(
        &self,
        message: &Message,
        gate: Option<Arc<dyn Gate>>,
        times: &mut Times,
    ) -> Result<Found, String> {
        guarded(|| {
            let started = Instant::now();
            let needs = Needs::of(self.generation.questions());
            let mut budget = self.budget.clone();
            let tree = content::open_in_turn(message, &needs, &mut budget, gate);
            times.content += started.elapsed();
            self.inspect(message, &tree, budget, times)
        })
    }

    /// Finds the facts where that costs no more than a moment; none where it would.
    fn try_lightly(&self, message: &Message, times: &mut Times) -> Option<Result<Found, String>> {
        let tried = guarded(|| {
            let started = Instant::now();
            let needs = Needs::of(self.generation.questions());
            let mut budget = self.budget.clone();
            let moment = Arc::new(Moment::default());
            let tree = content::open_in_turn(message, &needs, &mut budget, Some(moment.clone()));
            times.content += started.elapsed();
            if moment.passed() {
                return None;
            }
            Some(self.inspect(message, &tree, budget, times))
        });
        match tried {
            Ok(None) => None,
            Ok(Some(found)) => Some(Ok(found)),
            Err(why) => Some(Err(why)),
        }
    }

    fn inspect(
        &self,
        message: &Message,
        tree: &Tree,
        mut budget: Budget,
        times: &mut Times,
    ) -> Found {
        let started = Instant::now();
        let questions = self.generation.questions();
        let letter = content::letter(message, &Needs::of(questions), &mut budget);
        times.content += started.elapsed();
        let opened = Instant::now();
        let mut files = inspect::files(tree, questions);
        let matches = self.patterns.answer(message, &letter, &mut files);
        let marking = match self.marker.as_deref() {
            Some(marker) => Fact::Known(marker.marks(&tree.nodes, &tree.spans)),
            None => Fact::Unknown(Reason::NotAsked),
        };
        let encoding = match questions.asks(Question::Encoding) {
            true => inspect::encoding::encoding(message, tree, &files),
            false => Fact::Unknown(Reason::NotAsked),
        };
        let forwarding = match self.standing.as_deref() {
            Some(standing) => Fact::Known(inspect::forwarding::forwarding(message, standing)),
            None => Fact::Unknown(Reason::NotAsked),
        };
        let facts = (inspect::message(message), files);
        times.inspect += opened.elapsed();
        #[cfg(feature = "sabotage")]
        let (facts, marking, forwarding) = (
            crate::sabotage::spoil(facts),
            crate::sabotage::spoil_marks(marking),
            crate::sabotage::spoil_forwarding(forwarding),
        );
        Found {
            message: facts.0,
            files: facts.1,
            matches,
            marking,
            encoding,
            forwarding,
        }
    }
}

/// The message, and its facts where they cost no more than a moment.
fn read_and_try(
    receiver: Option<Receiver>,
    finder: &Finder,
    times: &mut Times,
) -> (Result<Message, String>, Option<Result<Found, String>>) {
    let read = finish(receiver, times);
    let found = match &read {
        Ok(message) => finder.try_lightly(message, times),
        Err(_) => None,
    };
    (read, found)
}

/// The message, taken apart; none where its reader failed.
fn finish(receiver: Option<Receiver>, times: &mut Times) -> Result<Message, String> {
    let receiver = receiver.ok_or_else(|| "the message's reader failed".to_owned())?;
    let started = Instant::now();
    let read = guarded(|| receiver.finish());
    times.scan += started.elapsed();
    read
}

/// Lets no panic through: what an enemy's bytes may have caused ends as a failure of one message,
/// never of the connection or the process. The panic's place is in the log (`serve` and `scan`
/// install a hook).
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let what = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned());
        what.unwrap_or_else(|| "a panic without a message".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_as_a_failure_with_its_words() {
        let index = std::hint::black_box(7);
        let failed = guarded(|| [1, 2, 3][index]);
        assert!(failed.unwrap_err().contains("index out of bounds"));
        assert_eq!(guarded(|| 5), Ok(5));
    }
}
