//! Readers of archives and compressed files.

pub(super) mod stream;
pub(super) mod zip;
