//! Readers of documents: what lies inside them, and what acts when they are opened.

pub(super) mod odf;
pub(super) mod ooxml;
mod part;
#[cfg(test)]
mod tests;
mod xml;
