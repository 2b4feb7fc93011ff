//! What documents say, each piece with its place: readers of text, each behind the reader that opens
//! the same format.

mod art;
mod doc;
mod msg;
mod number;
pub(in crate::content) mod odf;
#[cfg(test)]
mod old_tests;
pub(in crate::content) mod ole;
pub(in crate::content) mod ooxml;
mod package;
mod paragraph;
mod ppt;
mod properties;
pub(in crate::content) mod rtf;
mod runs;
mod tags;
#[cfg(test)]
mod tests;
mod xls;
