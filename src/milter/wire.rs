//! The stream of one connection with its buffers: reads, writes, waits.

use std::{
    future::{Future, poll_fn},
    io,
    pin::pin,
    task::Poll,
    time::Duration,
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, Ready},
    sync::watch,
    task::coop::consume_budget,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

use super::{
    codec::{Decoder, ProtocolError},
    command::{Command, Stage},
    reply::{Reply, frame},
    server::{Phase, Settings},
    session::End,
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

    /// Reads what is there; [`io::ErrorKind::WouldBlock`] when nothing is.
    fn try_read(&self, buffer: &mut BytesMut) -> io::Result<usize>;
}

/// The stream with its buffers.
pub(super) struct Wire<T> {
    stream: T,
    decoder: Decoder,
    settings: Settings,
    phases: watch::Receiver<Phase>,
    input: BytesMut,
    pub(super) output: BytesMut,
    pub(super) state: State,
    /// A stage whose reply the session counts on and that has not been written yet.
    pub(super) owed: Option<Stage>,
}

impl<T: Stream> Wire<T> {
    pub(super) fn new(stream: T, settings: Settings, phases: watch::Receiver<Phase>) -> Self {
        Self {
            stream,
            decoder: Decoder::new(settings.frame_limit),
            settings,
            phases,
            input: BytesMut::new(),
            output: BytesMut::new(),
            state: State::Start,
            owed: None,
        }
    }

    /// The next command; replies are written before the wait for it.
    pub(super) async fn next(&mut self) -> Result<Command, End> {
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
            State::Start => (limits.negotiation, self.input.is_empty()),
            _ if !self.input.is_empty() => (limits.read, false),
            State::Idle => (limits.idle, true),
            State::Envelope => (limits.envelope, false),
            State::Content => (limits.read, false),
        };
        let read = if idle {
            // Thousands of SMTP sessions may be silent at once: they hold no buffer meanwhile.
            self.input = BytesMut::new();
            tokio::select! {
                biased;
                read = timeout(patience, first_read(&self.stream, &mut self.input)) => read,
                _ = self.phases.wait_for(|phase| *phase != Phase::Run) => return Err(End::Drained),
            }
        } else {
            // The buffer grows by what came, not by what a frame's length claims.
            let room = if self.state == State::Content {
                READ
            } else {
                READ_SMALL
            };
            if self.input.capacity() - self.input.len() < room / 4 {
                self.input.reserve(room);
            }
            timeout(patience, self.stream.read_buf(&mut self.input)).await
        };
        match read {
            Err(_) => match self.decoder.finish(&self.input) {
                // Half a word of a foreign protocol can be named.
                Err(error @ ProtocolError::Foreign(_)) => Err(End::Misbehaved(error)),
                _ => Err(End::TimedOut),
            },
            Ok(Err(error)) => Err(lost(error)),
            Ok(Ok(0)) => match self.decoder.finish(&self.input) {
                Ok(()) => Err(End::Closed),
                Err(error) => Err(End::Misbehaved(error)),
            },
            Ok(Ok(_)) => Ok(()),
        }
    }

    /// Writes everything that is to be said.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
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
    pub(super) async fn attend(
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
        progress.set_missed_tick_behavior(MissedTickBehavior::Delay);
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
                    watching = self.peek(ready.map_err(lost)?)?;
                }
            }
        }
    }

    /// Looks at a socket that became readable while a handler runs; false: look no more, the MTA
    /// sent as much as is kept.
    fn peek(&mut self, ready: Ready) -> Result<bool, End> {
        if ready.is_read_closed() {
            return Err(End::Closed);
        }
        if self.input.len() >= AHEAD {
            return Ok(false);
        }
        self.input.reserve(READ);
        match self.stream.try_read(&mut self.input) {
            Ok(0) => Err(End::Closed),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(lost(error)),
        }
    }
}

/// The first read after a pause: takes memory only once there is something to put there.
async fn first_read(stream: &impl Stream, buffer: &mut BytesMut) -> io::Result<usize> {
    loop {
        stream.ready().await?;
        buffer.reserve(READ_SMALL);
        match stream.try_read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => *buffer = BytesMut::new(),
            read => return read,
        }
    }
}

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
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
    pub(super) fn busy(self) -> bool {
        matches!(self, Self::Envelope | Self::Content)
    }
}

/// A stage, and whether the MTA waits for what we say at it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) stage: Stage,
    pub(super) waited_for: bool,
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

/// Bytes asked of the kernel at once while content comes: two body chunks of Postfix.
const READ: usize = 128 * 1024;

/// The same for the rest: an envelope, and many a message, fit.
const READ_SMALL: usize = 16 * 1024;

/// Bytes taken while a handler is still at work on earlier ones.
const AHEAD: usize = 128 * 1024;
