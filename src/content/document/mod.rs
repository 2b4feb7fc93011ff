//! Readers of documents: what lies inside them, and what acts when they are opened.

pub(super) mod markup;
pub(super) mod pdf;
