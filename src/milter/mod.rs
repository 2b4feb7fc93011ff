//! The milter protocol as Postfix speaks it (and Sendmail, where they differ): codec, negotiation,
//! listeners and a tokio server. Knows nothing of mail policy or MIME.
//!
//! - [`Decoder`], [`Command`], [`Reply`], [`Edits`], [`Offer::answer`]: sans-IO; bytes in, records
//!   out, and back.
//! - [`Session`] and [`Service`]: what the program on top implements; one session a connection.
//! - [`ListenSpec`], [`Listener`], [`serve`]: sockets, limits, time-outs, PROGRESS, drain.
//!
//! Invariants that the rest of the program may lean on:
//! 1. Nothing is ever written at a stage where we promised not to reply, or before negotiation.
//! 2. A [`Session`] sees RCPT, DATA, header, body and end of message only after MAIL, and exactly
//!    one of [`Session::answered`] at the end of message or [`Session::abort`] or
//!    [`Session::quit`] ends a message.
//! 3. A reply that Postfix would call malformed cannot be built ([`ReplyCode::new`]).
//!
//! There is no RFC. The sources are Postfix's `src/milter/milter8.c` and Sendmail's
//! `libmilter/docs` and `include/libmilter/mfdef.h`; `docs/milter.md` tells what we ask for and why.

mod codec;
mod command;
mod connection;
mod edits;
mod foreign;
mod listener;
mod negotiate;
mod reply;
mod server;
mod session;
mod spec;
mod wire;

#[cfg(test)]
mod tests;

pub use codec::{Decoder, FRAME_LIMIT, ProtocolError};
pub use command::{Command, Envelope, Header, MacroFrame, Macros, Peer, Stage, Strings};
pub use edits::{EditError, Edits};
pub use foreign::Foreign;
pub use listener::{ListenError, Listener, SocketFile, activated};
pub use negotiate::{Actions, Granted, Offer, Protocol};
pub use reply::{Reply, ReplyCode, ReplyError};
pub use server::{Settings, Timeouts, serve};
pub use session::{Answered, End, Events, ListenerInfo, NoEvents, Service, Session, Transport};
pub use spec::{ListenSpec, Place, SpecError};
pub(crate) use spec::{parse_mode, place};
