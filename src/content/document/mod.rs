//! Readers of documents: what lies inside them, and what acts when they are opened.

pub(super) mod markup;
pub(super) mod odf;
pub(super) mod ole;
pub(super) mod onenote;
pub(super) mod ooxml;
#[cfg(test)]
mod package_tests;
mod part;
pub(super) mod pdf;
pub(super) mod rtf;
pub(super) mod signature;
#[cfg(test)]
mod tests;
pub(super) mod text;
mod xml;
