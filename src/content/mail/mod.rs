//! Readers of messages and of what only mail programs use.

pub(super) mod msg;
pub(super) mod tnef;
