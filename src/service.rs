//! One milter session: feeds the judging, says the answer, commits what a decision leaves behind
//! (event, metrics). Knows nothing of MIME or rules.

mod forwards;

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;

use crate::{
    answer::{Answer, answer, unrecorded},
    counters::Recorder,
    engine::{Decision, Judging, Services},
    event::{Event, EventLog, Stage as EventStage, Unanswered},
    facts::{Role, SessionFacts},
    journal::{AtLimit, Journal},
    message::Envelope,
    metrics::{Metrics, stage},
    milter::{
        Answered, Edits, End, Events, Granted, ListenerInfo, Macros, Peer, Reply, ReplyCode,
        Session, Stage, Strings,
    },
    notices::Notices,
    reference::Reference,
    verdict::{Action, Mode, ReplyText},
};

/// The header field that names a rule which tagged a message.
const TAG: &str = "X-Gacthu-Tag";

/// All header fields that only gacthu may write: what comes with such a name from outside is
/// removed when enforcing.
const OURS: &str = "X-Gacthu-";

/// What all sessions share.
#[derive(Debug)]
pub struct Shared {
    /// The judging's part.
    pub services: Arc<Services>,
    /// Counters.
    pub metrics: Metrics,
    /// Where decisions are written.
    pub events: EventLog,
    /// Where decisions are kept; none: nowhere.
    pub journal: Option<Journal>,
    /// Where deferred messages are counted; the engine reads the same.
    pub recorder: Arc<dyn Recorder>,
    /// Where draft letters about forwards are written.
    pub notices: Notices,
}

impl Shared {
    /// Writes down what was decided, before Postfix hears of it, and gives the answer that holds: one
    /// that must be written down and cannot is no answer (`at_limit: defer`).
    fn record(
        &self,
        decision: &Decision,
        answer: Answer,
        stage: EventStage,
        queue_id: Option<&str>,
    ) -> Answer {
        let event = |answer: &Answer| {
            serde_json::to_vec(&Event::new(decision, answer, stage, queue_id)).unwrap_or_default()
        };
        let mut line = event(&answer);
        let mut answer = answer;
        let recorded = self.append(&line);
        if !recorded
            && self.defers()
            && answer.action() != Action::Defer
            && let Some(instead) = unrecorded(decision)
        {
            answer = instead;
            line = event(&answer);
        }
        self.write(line);
        self.commit(decision, &answer, queue_id, recorded);
        answer
    }

    /// Appends an event to the journal; false: it could not be.
    fn append(&self, line: &[u8]) -> bool {
        let Some(journal) = &self.journal else {
            return true;
        };
        let Err(error) = journal.append(line) else {
            return true;
        };
        // Once a thousand: the disk that is full may be that of the log.
        if self.metrics.journal_dropped.get().is_multiple_of(1000) {
            tracing::error!(%error, "A decision could not be appended to the journal.");
        }
        self.metrics.journal_dropped.inc();
        false
    }

    fn defers(&self) -> bool {
        let journal = self.journal.as_ref();
        journal.is_some_and(|journal| journal.at_limit() == AtLimit::Defer)
    }

    /// Writes an event to the event log.
    fn write(&self, line: Vec<u8>) {
        if let Err(error) = self.events.write_line(line) {
            self.metrics.event_errors.inc();
            tracing::error!(%error, "A decision event could not be written.");
        }
    }

    /// What a decision leaves behind beside its record.
    fn commit(&self, decision: &Decision, answer: &Answer, queue_id: Option<&str>, recorded: bool) {
        if let Some(why) = &decision.failed {
            tracing::error!(
                reference = %decision.reference,
                queue_id,
                why,
                "A message could not be judged."
            );
        }
        if decision.sensitive && matches!(answer, Answer::Hold { .. }) {
            tracing::error!(
                reference = %decision.reference,
                queue_id,
                "A sensitive message stands in the hold queue: its author is not ours, and a refusal would send it out. Delete it: postsuper -d QUEUE-ID hold"
            );
        }
        let deferred = answer.action() == Action::Defer && decision.split.is_none();
        if deferred && recorded && decision.failed.is_none() {
            self.recorder
                .deferred(&decision.attempts, self.services.now());
        }
        self.count(decision, answer);
        if self.notices.is_on() && answer.action() >= Action::Quarantine {
            self.notify(decision);
        }
    }

    fn count(&self, decision: &Decision, answer: &Answer) {
        let metrics = &self.metrics;
        let direction = decision
            .direction()
            .map_or("mixed", |direction| direction.as_str());
        // Asked to come again alone is no refusal by any policy: it has a word of its own.
        let applied = match decision.split {
            Some(_) => "split",
            None => answer.action().as_str(),
        };
        metrics
            .messages
            .with_label_values(&[decision.verdict().as_str(), applied, direction])
            .inc();
        if decision.sensitive {
            metrics.sensitive.inc();
        }
        self.count_forward(decision, applied);
        let mut hits: Vec<[&str; 5]> = Vec::new();
        for recipient in &decision.recipients {
            let policy = decision.generation.name(recipient.route.policy);
            let direction = recipient.route.direction.as_str();
            let judgement = &recipient.judgement;
            metrics
                .recipients
                .with_label_values(&[
                    judgement.verdict.as_str(),
                    match decision.split {
                        Some(_) => "split",
                        None => judgement.applied.as_str(),
                    },
                    direction,
                    policy,
                ])
                .inc();
            for fired in &judgement.fired {
                let mode = match fired.mode {
                    Mode::Enforce => "enforce",
                    Mode::Observe => "observe",
                };
                let hit = [&*fired.id, policy, direction, fired.then.as_str(), mode];
                if !hits.contains(&hit) {
                    hits.push(hit);
                }
            }
            for (exception, rule) in &judgement.excepted {
                metrics
                    .exceptions
                    .with_label_values(&[&**exception, &**rule])
                    .inc();
            }
        }
        for hit in hits {
            metrics.rules.with_label_values(&hit).inc();
        }
        if let Some(message) = decision.facts.message.known() {
            metrics.message_bytes.observe(message.size as f64);
            let places = message.not_scanned.iter();
            let reasons: BTreeSet<&str> = places.map(|place| place.why.word()).collect();
            for reason in reasons {
                metrics.not_scanned.with_label_values(&[reason]).inc();
            }
        }
        let times = &decision.times;
        for (stage, time) in [
            (stage::ENVELOPE, times.envelope),
            (stage::SCAN, times.scan),
            (stage::CONTENT, times.content),
            (stage::INSPECT, times.inspect),
            (stage::JUDGE, times.judge),
            (stage::WAIT, times.wait),
        ] {
            if !time.is_zero() {
                metrics.stage(stage, time);
            }
        }
        metrics.message_seconds.observe(times.total.as_secs_f64());
        metrics.message_judged();
    }
}

/// Makes a session for each connection.
#[derive(Clone, Debug)]
pub struct Service(pub Arc<Shared>);

impl crate::milter::Service for Service {
    type Session = MilterSession;

    fn session(&self, listener: &ListenerInfo) -> MilterSession {
        MilterSession {
            shared: self.0.clone(),
            role: listener.role,
            passes_on: listener.passes_on,
            envelope: Envelope::default(),
            leading_space: false,
            judging: None,
            foreign: Vec::new(),
            said: None,
        }
    }
}

impl Events for Shared {
    fn accepted(&self, _: &ListenerInfo) {
        self.metrics.connections.inc();
        self.metrics
            .connections_total
            .with_label_values(&["accepted"])
            .inc();
    }

    fn refused(&self, _: &ListenerInfo) {
        self.metrics
            .connections_total
            .with_label_values(&["refused"])
            .inc();
    }

    fn closed(&self, _: &ListenerInfo, why: &End) {
        self.metrics.connections.dec();
        let result = match why {
            End::Misbehaved(_) => "protocol_error",
            End::TimedOut => "timeout",
            _ => return,
        };
        self.metrics
            .connections_total
            .with_label_values(&[result])
            .inc();
    }
}

/// One SMTP session as Postfix tells it.
#[derive(Debug)]
pub struct MilterSession {
    shared: Arc<Shared>,
    role: Role,
    passes_on: bool,
    envelope: Envelope,
    /// Whether header values come with the space behind the colon.
    leading_space: bool,
    /// The message under way, from MAIL on.
    judging: Option<Judging>,
    /// Header fields of the message under way that only gacthu may write.
    foreign: Vec<String>,
    /// The reference of a decision that Postfix was not told of yet, or that is still being made:
    /// Postfix may go away while a large message is judged.
    said: Option<Reference>,
}

impl MilterSession {
    fn session_facts(&self) -> SessionFacts {
        let session = &self.envelope.session;
        SessionFacts {
            role: self.role,
            client: session.client,
            client_name: session.client_name.clone(),
            helo: session.helo.clone(),
            authenticated: session.auth_authen.clone(),
            certificate: session.cert_subject.clone(),
            tls: session.tls_version.clone(),
            daemon: session.daemon_name.clone(),
            // The engine says it, by the settings that rule this message.
            network: None,
            passes_on: self.passes_on,
        }
    }

    /// The changes that a message which passes gets.
    fn edit(
        &self,
        decision: &Decision,
        answer: &Answer,
        edits: &mut Edits,
    ) -> Result<(), crate::milter::EditError> {
        let enforcing = decision
            .recipients
            .iter()
            .any(|recipient| decision.generation.mode(recipient.route.policy) == Mode::Enforce);
        if !enforcing {
            return Ok(());
        }
        // From the last of a name to the first, since a deletion may renumber those behind it.
        for (index, name) in self.foreign.iter().enumerate().rev() {
            let number = self
                .foreign
                .iter()
                .take(index + 1)
                .filter(|other| *other == name)
                .count();
            edits.delete_header(u32::try_from(number).unwrap_or(u32::MAX), name)?;
        }
        let (Answer::Accept { tags } | Answer::Hold { tags, .. }) = answer else {
            return Ok(());
        };
        for tag in tags {
            // Leading space: with LEADSPC the value is written as it stands.
            let space = if self.leading_space { " " } else { "" };
            edits.add_header(TAG, &format!("{space}{tag}; ref={}", decision.reference))?;
        }
        if let Answer::Hold { reason, .. } = answer {
            edits.quarantine(reason)?;
        }
        Ok(())
    }
}

impl Session for MilterSession {
    fn negotiated(&mut self, granted: &Granted) {
        self.leading_space = granted.leading_space();
        self.envelope = Envelope::default();
        self.abort();
    }

    fn macros(&mut self, _: Stage, macros: Macros<'_>) {
        for (name, value) in macros {
            if let (Ok(name), value) = (std::str::from_utf8(name), String::from_utf8_lossy(value)) {
                self.envelope.set_macro(name, &value);
            }
        }
    }

    async fn connect(&mut self, host: &[u8], peer: Peer) -> Reply {
        let port = match peer {
            Peer::Inet(address) => Some(address.port()),
            Peer::Inet6(address) => Some(address.port()),
            _ => None,
        };
        self.envelope
            .connect(&String::from_utf8_lossy(host), peer.ip(), port);
        Reply::Continue
    }

    async fn helo(&mut self, name: &[u8]) -> Reply {
        self.envelope.helo(&String::from_utf8_lossy(name));
        Reply::Continue
    }

    async fn mail(&mut self, address: &[u8], args: Strings<'_>) -> Reply {
        self.envelope.mail(address, text(args));
        let sender = self
            .envelope
            .sender
            .as_ref()
            .map(|sender| sender.address.clone());
        self.judging = Some(Judging::begin(
            self.shared.services.clone(),
            self.session_facts(),
            sender.unwrap_or_default(),
        ));
        Reply::Continue
    }

    async fn rcpt(&mut self, address: &[u8], args: Strings<'_>) -> Reply {
        self.envelope.rcpt(address, text(args));
        let Some(recipient) = self.envelope.recipients.last() else {
            return Reply::Continue;
        };
        let Some(judging) = &mut self.judging else {
            return Reply::Continue;
        };
        let Some(decision) = judging.rcpt(recipient.address.clone()) else {
            return Reply::Continue;
        };
        self.envelope.drop_last_recipient();
        let answer = answer(&decision);
        let queue_id = self.envelope.queue_id.as_deref();
        let answer = self
            .shared
            .record(&decision, answer, EventStage::Rcpt, queue_id);
        match &answer {
            Answer::Refuse(reply) => {
                self.said = Some(decision.reference);
                code(reply)
            }
            Answer::Accept { .. } | Answer::Hold { .. } => Reply::Continue,
        }
    }

    async fn header(&mut self, name: &[u8], value: &[u8]) -> Reply {
        let Some(judging) = &mut self.judging else {
            return Reply::Continue;
        };
        if name
            .get(..OURS.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(OURS.as_bytes()))
        {
            self.foreign
                .push(String::from_utf8_lossy(name).to_ascii_lowercase());
        }
        if self.leading_space {
            judging.header(name, value);
        } else {
            // Without LEADSPC the space was eaten; size and signatures count it.
            judging.header(name, &[b" ", value].concat());
        }
        Reply::Continue
    }

    async fn end_of_headers(&mut self) -> Reply {
        if let Some(judging) = &mut self.judging {
            judging.end_of_headers();
        }
        Reply::Continue
    }

    async fn body(&mut self, chunk: Bytes) -> Reply {
        if let Some(judging) = &mut self.judging {
            judging.chunk(chunk).await;
        }
        Reply::Continue
    }

    async fn end_of_message(&mut self, edits: &mut Edits) -> Reply {
        let Some(judging) = self.judging.take() else {
            return Reply::Continue;
        };
        self.said = Some(judging.reference());
        let decision = judging.end().await;
        let mut answer = answer(&decision);
        if let Err(error) = self.edit(&decision, &answer, edits) {
            edits.clear();
            tracing::error!(
                reference = %decision.reference,
                %error,
                "A message could not be tagged or held as the policy asks."
            );
            // What must be held and cannot be is not let through.
            if matches!(answer, Answer::Hold { .. }) {
                answer = Answer::Refuse(ReplyText {
                    code: 451,
                    enhanced: "4.3.0".to_owned(),
                    lines: vec![format!(
                        "The message cannot be held for review. Ref: {}",
                        decision.reference
                    )],
                });
            }
        }
        let held = self.shared.record(
            &decision,
            answer.clone(),
            EventStage::End,
            self.envelope.queue_id.as_deref(),
        );
        if held != answer {
            edits.clear();
            if let Err(error) = self.edit(&decision, &held, edits) {
                edits.clear();
                tracing::error!(%error, "A message could not be held.");
            }
            answer = held;
        }
        match &answer {
            Answer::Accept { .. } | Answer::Hold { .. } => Reply::Continue,
            Answer::Refuse(reply) => code(reply),
        }
    }

    fn answered(&mut self, _: Stage, how: Answered) {
        let Some(reference) = self.said.take() else {
            return;
        };
        if how == Answered::No {
            self.shared.metrics.unanswered.inc();
            let line = serde_json::to_vec(&Unanswered::new(reference)).unwrap_or_default();
            self.shared.append(&line);
            self.shared.write(line);
            tracing::warn!(%reference, "Postfix was gone before it heard the answer.");
        }
    }

    fn abort(&mut self) {
        self.judging = None;
        self.foreign.clear();
        self.envelope.reset_message();
    }

    fn quit(&mut self, _: &End) {
        self.abort();
    }
}

fn text(args: Strings<'_>) -> Vec<String> {
    args.map(|arg| String::from_utf8_lossy(arg).into_owned())
        .collect()
}

/// The reply on the wire. A text that Postfix would not take is a mistake of ours, which the
/// policy's own checks exclude; the verdict stands all the same.
fn code(reply: &ReplyText) -> Reply {
    match ReplyCode::new(reply.code, &reply.enhanced, &reply.lines) {
        Ok(code) => Reply::Code(code),
        Err(error) => {
            tracing::error!(%error, "A reply could not be sent as it was written.");
            if reply.code < 500 {
                Reply::Tempfail
            } else {
                Reply::Reject
            }
        }
    }
}
