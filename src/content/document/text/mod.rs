//! What documents say: readers of text, each behind the reader that opens the same format.

mod art;
mod doc;
mod msg;
pub(in crate::content) mod ole;
mod ppt;
mod properties;
pub(in crate::content) mod rtf;
mod runs;
#[cfg(test)]
mod tests;
mod xls;
