//! Readers of documents: what lies inside them, and what acts when they are opened.

pub(super) mod ole;
pub(super) mod onenote;
pub(super) mod rtf;
#[cfg(test)]
mod tests;
