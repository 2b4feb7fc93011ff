//! Inspectors: one question a file. Each is a function from the message and what was opened of it to
//! facts; none knows another, and none knows the policy.

pub mod executable;
