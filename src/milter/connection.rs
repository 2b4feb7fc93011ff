//! One connection: reads, hands events to the session, writes replies, never out of turn.
//!
//! Made to be quick: one read takes what the kernel has, all frames in it are handled, all replies
//! go out in one write, and only then is the kernel asked for more. A handler that is ready at once
//! costs a call; only one that waits gets a timer (PROGRESS) and an eye on the socket.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use tokio::sync::watch;
use tracing::warn;

use super::{
    codec::ProtocolError,
    command::{Command, Stage},
    edits::Edits,
    negotiate::{Granted, Protocol},
    reply::Reply,
    server::{House, Phase},
    session::{Answered, End, ListenerInfo, Service, Session},
    wire::{State, Stream, Turn, Wire},
};

/// A connection, its sessions and their surroundings.
pub(super) struct Connection<S: Service, T> {
    info: Arc<ListenerInfo>,
    house: Arc<House<S>>,
    phases: watch::Receiver<Phase>,
    wire: Wire<T>,
    session: Option<S::Session>,
}

impl<S: Service, T: Stream> Connection<S, T> {
    pub(super) fn new(
        stream: T,
        info: Arc<ListenerInfo>,
        house: Arc<House<S>>,
        phases: watch::Receiver<Phase>,
    ) -> Self {
        let wire = Wire::new(stream, house.settings.clone(), phases.clone());
        Self {
            info,
            house,
            phases,
            wire,
            session: None,
        }
    }

    /// Runs to the end: why it ended, and where it stood.
    pub(super) async fn run(mut self) -> (End, State) {
        let mut phases = self.phases.clone();
        let end = tokio::select! {
            biased;
            end = self.talk() => end,
            _ = phases.wait_for(|phase| *phase == Phase::Cut) => End::Drained,
        };
        if let Some(mut session) = self.session.take() {
            if let Some(stage) = self.wire.owed {
                session.answered(stage, Answered::No);
            }
            session.quit(&end);
        }
        (end, self.wire.state)
    }

    /// All SMTP sessions of the connection.
    async fn talk(&mut self) -> End {
        let granted = match self.negotiate().await {
            Ok(granted) => granted,
            Err(end) => return end,
        };
        loop {
            let mut session = self.house.service.session(&self.info);
            session.negotiated(&granted);
            // Kept in `self`, so that it is still there when this future is dropped.
            let session = self.session.insert(session);
            match self.wire.converse(session, &granted).await {
                End::NextSession => {}
                end => return end,
            }
            if let Some(mut session) = self.session.take() {
                session.quit(&End::NextSession);
            }
        }
    }

    /// The first frame of a connection and our answer to it.
    async fn negotiate(&mut self) -> Result<Granted, End> {
        loop {
            match self.wire.next().await? {
                Command::Negotiate(offer) => {
                    let granted = offer.answer(self.info.transport);
                    granted.encode(&mut self.wire.output);
                    self.wire.state = State::Idle;
                    return Ok(granted);
                }
                Command::Quit => return Err(End::Quit),
                // libmilter drops everything before the negotiation, too; nothing may be said yet.
                Command::Macros(_) => {}
                command => return Err(out_of_place(&command, "before the negotiation")),
            }
        }
    }
}

impl<T: Stream> Wire<T> {
    /// One SMTP session.
    async fn converse<S: Session>(&mut self, session: &mut S, granted: &Granted) -> End {
        match self.events(session, granted).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn events<S: Session>(
        &mut self,
        session: &mut S,
        granted: &Granted,
    ) -> Result<Infallible, End> {
        let turn = |stage| Turn {
            stage,
            waited_for: granted.replies(stage),
        };
        // Whether the session may still remember a message.
        let mut stained = false;
        loop {
            let command = self.next().await?;
            let (turn, reply) = match &command {
                Command::Macros(macros) => {
                    if let Some(stage) = macros.stage() {
                        session.macros(stage, macros.macros());
                    }
                    continue;
                }
                Command::Connect { host, peer } => {
                    let turn = turn(Stage::Connect);
                    (
                        turn,
                        self.attend(turn, session.connect(host, peer.clone()))
                            .await?,
                    )
                }
                Command::Helo(name) => {
                    let turn = turn(Stage::Helo);
                    (turn, self.attend(turn, session.helo(name)).await?)
                }
                Command::Unknown(_) => (turn(Stage::Unknown), Reply::Continue),
                Command::Mail(mail) => {
                    if stained {
                        session.abort();
                    }
                    stained = true;
                    self.state = State::Envelope;
                    let turn = turn(Stage::Mail);
                    (
                        turn,
                        self.attend(turn, session.mail(mail.address(), mail.args()))
                            .await?,
                    )
                }
                Command::Abort => {
                    stained = false;
                    self.state = State::Idle;
                    session.abort();
                    continue;
                }
                Command::Quit => return Err(End::Quit),
                Command::QuitNewConnection => {
                    self.state = State::Idle;
                    return Err(End::NextSession);
                }
                Command::Negotiate(_) => {
                    return Err(out_of_place(&command, "a second time on one connection"));
                }
                _ if !self.state.busy() => return Err(out_of_place(&command, "without MAIL")),
                Command::Rcpt(rcpt) => {
                    let turn = turn(Stage::Rcpt);
                    (
                        turn,
                        self.attend(turn, session.rcpt(rcpt.address(), rcpt.args()))
                            .await?,
                    )
                }
                Command::Data => {
                    let turn = turn(Stage::Data);
                    (turn, self.attend(turn, session.data()).await?)
                }
                Command::Header(header) => {
                    self.state = State::Content;
                    let turn = turn(Stage::Header);
                    let handler = session.header(header.name(), header.value());
                    (turn, self.attend(turn, handler).await?)
                }
                Command::EndOfHeaders => {
                    self.state = State::Content;
                    let turn = turn(Stage::EndOfHeaders);
                    (turn, self.attend(turn, session.end_of_headers()).await?)
                }
                Command::Body(chunk) => {
                    self.state = State::Content;
                    let turn = turn(Stage::Body);
                    (turn, self.attend(turn, session.body(chunk.clone())).await?)
                }
                Command::BodyEob(rest) => {
                    self.state = State::Content;
                    self.end_of_message(session, granted, rest.clone()).await?;
                    self.state = State::Idle;
                    continue;
                }
            };
            self.reply(session, granted, turn, reply).await?;
        }
    }

    /// The end of a message: Sendmail's last piece of the body, edits and the verdict.
    async fn end_of_message<S: Session>(
        &mut self,
        session: &mut S,
        granted: &Granted,
        rest: Bytes,
    ) -> Result<(), End> {
        let turn = Turn {
            stage: Stage::EndOfMessage,
            waited_for: true,
        };
        self.owed = Some(turn.stage);
        let mut edits = Edits::new(granted);
        let early = match rest.is_empty() {
            true => Reply::Continue,
            false => self.attend(turn, session.body(rest)).await?,
        };
        // A verdict on this last piece is final like one on any other, if it may be said at all.
        let settled =
            granted.replies(Stage::Body) && !matches!(early, Reply::Continue | Reply::Skip);
        let reply = match settled {
            true => early,
            false => {
                self.attend(turn, session.end_of_message(&mut edits))
                    .await?
            }
        };
        let reply = fitting(reply, turn, granted);
        if matches!(reply, Reply::Accept | Reply::Continue) {
            edits.encode(&mut self.output);
        }
        reply.encode(&mut self.output);
        self.settle(session).await
    }

    /// Says `reply`, if it is our turn.
    async fn reply<S: Session>(
        &mut self,
        session: &mut S,
        granted: &Granted,
        turn: Turn,
        reply: Reply,
    ) -> Result<(), End> {
        if !turn.waited_for {
            return Ok(());
        }
        let reply = fitting(reply, turn, granted);
        reply.encode(&mut self.output);
        if reply == Reply::Continue {
            return Ok(());
        }
        let one_rcpt =
            turn.stage == Stage::Rcpt && !matches!(reply, Reply::Accept | Reply::Discard);
        if turn.stage != Stage::Unknown && reply != Reply::Skip && !one_rcpt {
            self.state = State::Idle;
        }
        self.owed = Some(turn.stage);
        self.settle(session).await
    }

    /// Writes everything, and tells the session that its reply went out.
    async fn settle<S: Session>(&mut self, session: &mut S) -> Result<(), End> {
        self.flush().await?;
        if let Some(stage) = self.owed.take() {
            session.answered(stage, Answered::Yes);
        }
        Ok(())
    }
}

/// `reply`, or `Continue` if the MTA would take offence at it there.
fn fitting(reply: Reply, turn: Turn, granted: &Granted) -> Reply {
    let skip = granted.protocol.has(Protocol::SKIP);
    if reply.fits(turn.stage, skip) {
        return reply;
    }
    warn!(stage = %turn.stage, ?reply, "Reply does not fit its stage; Continue is sent.");
    Reply::Continue
}

fn out_of_place(command: &Command, problem: &'static str) -> End {
    End::Misbehaved(ProtocolError::OutOfPlace {
        command: command.letter(),
        problem,
    })
}
