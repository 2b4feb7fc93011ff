//! Readers of archives and compressed files.

pub(super) mod arj;
pub(super) mod cab;
mod fields;
#[cfg(test)]
mod hostile;
pub(super) mod lha;
pub(super) mod rar;
pub(super) mod seven;
pub(super) mod stream;
pub(super) mod szdd;
