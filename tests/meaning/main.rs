//! What a policy means, through the engine's public door (docs/architecture.md): the table of roles
//! and verdicts, recipients of two policies, early answers, deferring to an end, sensitive messages, forwards,
//! reloads under load, and what holds for every policy.

mod always;
mod answers;
mod defers;
mod forwarding;
mod reload;
mod sensitive;
mod support;
