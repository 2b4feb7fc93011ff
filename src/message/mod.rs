//! Envelope, headers, push scanner, spool and parts of a message. Knows nothing of policy.
//!
//! Bytes go in as they come from the wire, by [`Receiver`]; a [`Message`] comes out: its header
//! fields as received, and a flat list of [`Part`]s with the content of each leaf decoded into a
//! [`Blob`]. One pass, in bounded memory, whatever comes. Where mail programs may read the same
//! bytes differently, a [`Problem`] says so; where something was left out, [`Unscanned`] says why.
//!
//! No type of mail-parser leaves this room; it reads address fields and decodes charsets.

mod address;
mod blob_writer;
mod cids;
mod entity;
mod envelope;
mod headers;
mod inline_files;
mod lenient;
mod names;
mod params;
mod part_text;
mod parts;
mod receiver;
mod scanner;
mod signed;
mod spool;
mod text;
mod transfer;

pub use address::Address;
pub use blob_writer::{Scratch, ScratchWriter};
pub use envelope::{Envelope, Recipient, Route, Sender, Session};
pub use headers::{Field, Headers};
pub use names::Names;
pub use part_text::PartText;
pub use parts::{
    Disposition, Limit, Limits, Message, Part, PartKind, Problem, TransferEncoding, Unscanned, Why,
};
pub use receiver::Receiver;
pub use signed::SignedPart;
pub use spool::{Blob, Data, Range, Reader, Spool};
pub use text::entity;

#[cfg(test)]
mod tests;
