//! Passwords that a message names for what is attached to it.

use crate::message::Message;

/// What the message may mean as a password, the likeliest first; few dozen at most.
pub(super) fn candidates(_message: &Message) -> Vec<String> {
    Vec::new()
}
