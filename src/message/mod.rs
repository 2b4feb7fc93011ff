//! Envelope, headers, push scanner, spool and parts of a message. Knows nothing of policy.

mod address;

pub use address::Address;
