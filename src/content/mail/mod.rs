//! Readers of messages and of what only mail programs use.

pub(super) mod msg;
#[cfg(test)]
mod tests;
pub(super) mod tnef;
