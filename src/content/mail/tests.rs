//! Tests of the readers of messages.
