//! Readers of archives and compressed files.

mod fields;
#[cfg(test)]
mod hostile;
pub(super) mod rar;
pub(super) mod seven;
pub(super) mod stream;
