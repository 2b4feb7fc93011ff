//! What the program on top of the wire implements, and what it is told.

use std::{fmt, future::Future};

use bytes::Bytes;

use super::{
    codec::ProtocolError,
    command::{Macros, Peer, Stage, Strings},
    edits::Edits,
    negotiate::Granted,
    reply::Reply,
};
use crate::facts::Role;

/// Makes one [`Session`] for each SMTP session.
pub trait Service: Send + Sync + 'static {
    /// The session's type.
    type Session: Session;

    /// A new session on a connection that came in by `listener`, after its negotiation. Must not
    /// block.
    fn session(&self, listener: &ListenerInfo) -> Self::Session;
}

/// One SMTP session with any number of messages; one connection of the MTA, unless it says QUIT_NC.
///
/// **Replies.** At a stage where the MTA does not wait ([`Granted::replies`]) nothing is written,
/// whatever is returned; a session that decided something there remembers it and says it later.
/// `Continue` is right wherever there is nothing to say.
///
/// **Cancellation.** A future may be dropped at any `await`, when the MTA is gone or the drain's
/// grace is over; [`Session::answered`] with [`Answered::No`] (at the end of message) and
/// [`Session::quit`] are called after that. Work that must not be torn belongs in a task of its own.
///
/// **Speed.** Futures that are ready at once cost no more than a call. Slices live in the read
/// buffer; copy what is kept. A kept body chunk pins the buffer that it came in (up to 256 KiB).
pub trait Session: Send + 'static {
    /// Negotiation is over: what the MTA will accept from us. Always the first call.
    fn negotiated(&mut self, granted: &Granted);

    /// Macros for `stage`, just before its event. They come before each event, often empty.
    fn macros(&mut self, stage: Stage, macros: Macros<'_>) {
        let _ = (stage, macros);
    }

    /// A client came: its verified name (or `[address]`, or `unknown`) and its address.
    fn connect(&mut self, host: &[u8], peer: Peer) -> impl Future<Output = Reply> + Send {
        let _ = (host, peer);
        async { Reply::Continue }
    }

    /// HELO or EHLO; may come several times (STARTTLS).
    fn helo(&mut self, name: &[u8]) -> impl Future<Output = Reply> + Send {
        let _ = name;
        async { Reply::Continue }
    }

    /// MAIL FROM, with its angle brackets, and ESMTP arguments. A message begins.
    fn mail(&mut self, address: &[u8], args: Strings<'_>) -> impl Future<Output = Reply> + Send;

    /// RCPT TO. A reply other than `Continue` is for this recipient only, apart from `Accept` and
    /// `Discard`, which are for the message.
    fn rcpt(&mut self, address: &[u8], args: Strings<'_>) -> impl Future<Output = Reply> + Send;

    /// DATA. Not sent by MTAs that speak version 3 or less.
    fn data(&mut self) -> impl Future<Output = Reply> + Send {
        async { Reply::Continue }
    }

    /// A header field. Lines of the value are parted by LF; see [`Granted::leading_space`].
    fn header(&mut self, name: &[u8], value: &[u8]) -> impl Future<Output = Reply> + Send;

    /// The header is complete.
    fn end_of_headers(&mut self) -> impl Future<Output = Reply> + Send {
        async { Reply::Continue }
    }

    /// A piece of the body, line ends as CRLF, cut anywhere.
    fn body(&mut self, chunk: Bytes) -> impl Future<Output = Reply> + Send;

    /// The message is complete. `edits` are sent before the reply when it is `Continue` or
    /// `Accept`, and dropped with any other. PROGRESS is sent while this runs.
    fn end_of_message(&mut self, edits: &mut Edits) -> impl Future<Output = Reply> + Send;

    /// The reply of `stage` was handed to the kernel ([`Answered::Yes`]) or could not be.
    ///
    /// Called once for every [`Session::end_of_message`], and at other stages only for replies
    /// other than `Continue`.
    fn answered(&mut self, stage: Stage, how: Answered) {
        let _ = (stage, how);
    }

    /// Forget the message that is under way, if any; the SMTP session goes on. Postfix sends it
    /// after every message, so it comes after `answered` too. Between two calls of
    /// [`Session::mail`] it comes at least once, even if the MTA left it out.
    fn abort(&mut self);

    /// The SMTP session is over; always the last call. A message that was under way is lost to us.
    fn quit(&mut self, why: &End);
}

/// Whether a reply reached the MTA's side of the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The kernel took it. (The MTA may still die before it reads it.)
    Yes,
    /// The MTA was gone, too slow, or cut off by the end of the drain; it will use its default
    /// action and the message may come again.
    No,
}

/// Why an SMTP session ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum End {
    /// The MTA said QUIT.
    Quit,
    /// The MTA said QUIT_NC: the connection stays, another [`Session`] is made for it.
    NextSession,
    /// The MTA closed the connection. Postfix does so after a final verdict at CONNECT or HELO.
    Closed,
    /// What came was no milter protocol, or broke its rules.
    Misbehaved(ProtocolError),
    /// Nothing came, or nothing was taken, for too long.
    TimedOut,
    /// Reading or writing failed.
    Failed(std::io::Error),
    /// We are shutting down.
    Drained,
}

impl End {
    /// The word that logs and metrics use.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Quit => "quit",
            Self::NextSession => "next_session",
            Self::Closed => "closed",
            Self::Misbehaved(_) => "misbehaved",
            Self::TimedOut => "timed_out",
            Self::Failed(_) => "failed",
            Self::Drained => "drained",
        }
    }
}

/// What a session may know of the listener that its connection came in by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerInfo {
    /// What kind of traffic it carries.
    pub role: Role,
    /// For the role `gateway`: whether what stands in front gives its own client our answer.
    pub passes_on: bool,
    /// TCP or a local socket.
    pub transport: Transport,
    /// Its address as one would write it on the command line: `inet:127.0.0.1:8899` (with the port
    /// that the kernel chose), `unix:/run/gacthu/mx.sock`.
    pub name: String,
}

impl fmt::Display for ListenerInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What a connection runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// A local socket.
    Unix,
}

/// Told of what the server sees, for counters. All methods must be quick and must not block.
pub trait Events: Send + Sync + 'static {
    /// A connection was taken; [`Events::closed`] follows.
    fn accepted(&self, listener: &ListenerInfo) {
        let _ = listener;
    }

    /// A connection was turned away: there are too many.
    fn refused(&self, listener: &ListenerInfo) {
        let _ = listener;
    }

    /// A connection that was accepted is over. [`End::Misbehaved`] tells of a bad frame.
    fn closed(&self, listener: &ListenerInfo, why: &End) {
        let _ = (listener, why);
    }
}

/// Counts nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEvents;

impl Events for NoEvents {}
