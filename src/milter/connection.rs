//! One connection: reads, hands events to the session, writes replies, never out of turn.
//!
//! Made to be quick: one read takes what the kernel has, all frames in it are handled, all replies
//! go out in one write, and only then is the kernel asked for more. A handler that is ready at once
//! costs a call; only one that waits gets a timer (PROGRESS) and an eye on the socket.

use std::{
    future::{Future, poll_fn},
    io,
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, Ready},
    sync::watch,
    task::coop::consume_budget,
    time::{Instant, interval_at, timeout},
};
use tracing::warn;

use super::{
    codec::{Decoder, ProtocolError},
    command::{Command, Stage},
    edits::Edits,
    negotiate::Granted,
    reply::{Reply, frame},
    server::{House, Phase, Settings},
    session::{Answered, End, ListenerInfo, Service, Session},
};

/// A byte stream that a connection may run over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static {
    /// Sets the options that it needs.
    fn prepare(&self) -> io::Result<()> {
        Ok(())
    }

    /// The other side, for logs.
    fn peer(&self) -> String;

    /// Asks the kernel not to hold back the acknowledgement of what was just read.
    fn acknowledge(&self) {}

    /// Waits until there is something to read, or the other side closed.
    fn ready(&self) -> impl Future<Output = io::Result<Ready>> + Send;
}

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
        let wire = Wire {
            stream,
            decoder: Decoder::new(house.settings.frame_limit),
            settings: house.settings.clone(),
            phases: phases.clone(),
            input: BytesMut::new(),
            output: BytesMut::new(),
            state: State::Start,
            owed: None,
        };
        Self {
            info,
            house,
            phases,
            wire,
            session: None,
        }
    }

    /// Runs to the end: why it ended, and whether a message was under way.
    pub(super) async fn run(mut self) -> (End, bool) {
        let mut phases = self.phases.clone();
        let end = tokio::select! {
            biased;
            end = self.talk() => end,
            _ = phases.wait_for(|phase| *phase == Phase::Cut) => End::Drained,
        };
        let busy = self.wire.owed.is_some() || self.wire.state.busy();
        if let Some(mut session) = self.session.take() {
            if let Some(stage) = self.wire.owed {
                session.answered(stage, Answered::No);
            }
            session.quit(&end);
        }
        (end, busy)
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

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the negotiation.
    Start,
    /// Between messages.
    Idle,
    /// After MAIL.
    Envelope,
    /// After the first header field or piece of the body.
    Content,
}

impl State {
    fn busy(self) -> bool {
        matches!(self, Self::Envelope | Self::Content)
    }
}

/// The stream with its buffers.
struct Wire<T> {
    stream: T,
    decoder: Decoder,
    settings: Settings,
    phases: watch::Receiver<Phase>,
    input: BytesMut,
    output: BytesMut,
    state: State,
    /// A stage whose reply the session counts on and that has not been written yet.
    owed: Option<Stage>,
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
    ) -> Result<std::convert::Infallible, End> {
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

    /// The next command; replies are written before the wait for it.
    async fn next(&mut self) -> Result<Command, End> {
        loop {
            if let Some(command) = self
                .decoder
                .decode(&mut self.input)
                .map_err(End::Misbehaved)?
            {
                return Ok(command);
            }
            if self.output.is_empty() {
                // Nothing goes out that could carry the acknowledgement. Postfix leaves Nagle on:
                // its next write waits for it, 40 ms unless we hurry the kernel.
                self.stream.acknowledge();
            } else {
                self.flush().await?;
            }
            self.fill().await?;
        }
    }

    /// Reads what the kernel has, at least one byte.
    async fn fill(&mut self) -> Result<(), End> {
        // Let others have their turn even if this MTA never makes us wait.
        consume_budget().await;
        let limits = &self.settings.timeouts;
        let (patience, idle) = match self.state {
            _ if !self.input.is_empty() => (limits.read, false),
            State::Start => (limits.negotiation, true),
            State::Idle => (limits.idle, true),
            State::Envelope => (limits.envelope, false),
            State::Content => (limits.read, false),
        };
        let room = self.decoder.missing(&self.input).max(READ);
        if self.input.capacity() - self.input.len() < READ / 4 {
            self.input.reserve(room);
        }
        let read = timeout(patience, self.stream.read_buf(&mut self.input));
        let read = match idle {
            false => read.await,
            true => tokio::select! {
                biased;
                read = read => read,
                _ = self.phases.wait_for(|phase| *phase != Phase::Run) => return Err(End::Drained),
            },
        };
        match read {
            Err(_) => Err(self.silent()),
            Ok(Err(error)) => Err(lost(error)),
            Ok(Ok(0)) => match self.decoder.finish(&self.input) {
                Ok(()) => Err(End::Closed),
                Err(error) => Err(End::Misbehaved(error)),
            },
            Ok(Ok(_)) => Ok(()),
        }
    }

    /// Writes everything that is to be said.
    async fn flush(&mut self) -> Result<(), End> {
        if self.output.is_empty() {
            return Ok(());
        }
        let written = self.stream.write_all(&self.output);
        match timeout(self.settings.timeouts.write, written).await {
            Err(_) => return Err(End::TimedOut),
            Ok(Err(error)) => return Err(lost(error)),
            Ok(Ok(())) => {}
        }
        self.output.clear();
        Ok(())
    }

    /// Runs a handler. When it does not end at once, PROGRESS is sent (if it is our turn) and the
    /// socket is watched: nobody works for an MTA that is gone.
    async fn attend(
        &mut self,
        turn: Turn,
        handler: impl Future<Output = Reply> + Send,
    ) -> Result<Reply, End> {
        let mut handler = pin!(handler);
        let first = poll_fn(|context| Poll::Ready(handler.as_mut().poll(context))).await;
        if let Poll::Ready(reply) = first {
            return Ok(reply);
        }
        self.flush().await?;
        let every = self.settings.progress.max(Duration::from_millis(1));
        let mut progress = interval_at(Instant::now() + every, every);
        let mut watching = true;
        loop {
            tokio::select! {
                biased;
                reply = &mut handler => return Ok(reply),
                _ = progress.tick(), if turn.waited_for => {
                    frame(&mut self.output, b'p', &[]);
                    self.flush().await?;
                }
                ready = self.stream.ready(), if watching => {
                    watching = self.peek(ready.map_err(lost)?).await?;
                }
            }
        }
    }

    /// Looks at a socket that became readable while a handler runs; false: look no more, the MTA
    /// sent as much as is kept.
    async fn peek(&mut self, ready: Ready) -> Result<bool, End> {
        if ready.is_read_closed() {
            return Err(End::Closed);
        }
        if self.input.len() >= AHEAD {
            return Ok(false);
        }
        self.input.reserve(READ);
        let reading = self.stream.read_buf(&mut self.input);
        let mut reading = pin!(reading);
        // One poll: what is there is taken, and if nothing is, the readiness is cleared.
        match poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await {
            Poll::Pending => Ok(true),
            Poll::Ready(Ok(0)) => Err(End::Closed),
            Poll::Ready(Ok(_)) => Ok(true),
            Poll::Ready(Err(error)) => Err(lost(error)),
        }
    }

    /// The end of a connection on which nothing came for too long. Half a word of a foreign
    /// protocol is named.
    fn silent(&self) -> End {
        match self.decoder.finish(&self.input) {
            Err(error @ ProtocolError::Foreign(_)) => End::Misbehaved(error),
            _ => End::TimedOut,
        }
    }
}

/// A stage, and whether the MTA waits for what we say at it.
#[derive(Clone, Copy, Debug)]
struct Turn {
    stage: Stage,
    waited_for: bool,
}

/// `reply`, or `Continue` if the MTA would take offence at it there.
fn fitting(reply: Reply, turn: Turn, granted: &Granted) -> Reply {
    let skip = granted.protocol.has(super::Protocol::SKIP);
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

/// A failed read or write. A peer that is gone is the same news in each of its forms.
fn lost(error: io::Error) -> End {
    match error.kind() {
        io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::UnexpectedEof => End::Closed,
        _ => End::Failed(error),
    }
}

/// Bytes asked of the kernel at once: a small message, or a piece of a body, in one read.
const READ: usize = 128 * 1024;

/// Bytes taken while a handler is still at work on earlier ones.
const AHEAD: usize = 128 * 1024;
