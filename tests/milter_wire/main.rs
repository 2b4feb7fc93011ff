//! The milter server, spoken to by a scripted MTA over real sockets.
//!
//! - `harness`: the server under test, a session that records and obeys a script, the MTA.
//! - `stages`: transcripts: every stage, every reply, with and without no-reply bits.
//! - `limits`: bad frames, time-outs, connection limit, PROGRESS, drain, peers that vanish.
//! - `sockets`: listening: stale files, modes, groups, systemd.

mod harness;
mod limits;
mod sockets;
mod stages;
