//! Readers of messages and of what only mail programs use.
