//! The sans-IO half: what bytes mean, which replies, edits and answers can be built. The server is
//! tested from outside, in `tests/milter_wire/`.

mod codec;
mod spec;
mod speech;
