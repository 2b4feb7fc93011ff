//! What the scanner hands on: the message, its parts, and what was odd about them.

use std::{collections::HashSet, sync::Arc};

use super::{Blob, Headers, Names, Spool};

/// A message, taken apart.
#[derive(Clone, Debug)]
pub struct Message {
    /// The message's own header fields, as received.
    pub headers: Arc<Headers>,
    /// Every part, in the order of the message; the first is the message's own body (a leaf, or
    /// the outermost multipart). Never empty.
    pub parts: Vec<Part>,
    /// Bytes of header and body, line ends counted as CRLF (RFC 1870 section 5).
    pub size: u64,
    /// What is odd about the message as a whole; each once.
    pub problems: Vec<Problem>,
    /// What was not scanned, and why; empty when everything was.
    pub not_scanned: Vec<Unscanned>,
    /// The Content-IDs that the HTML texts show by `cid:` (RFC 2392), percent-decoded, each with
    /// the id of the attached message it stands in (none: the message itself).
    pub html_cids: HashSet<(Option<usize>, String)>,
    /// Where its bodies are, and where members of its containers wait while they are opened.
    pub spool: Spool,
}

impl Message {
    /// The children of a part, in order.
    pub fn children(&self, parent: usize) -> impl Iterator<Item = &Part> {
        self.parts
            .iter()
            .filter(move |part| part.parent == Some(parent))
    }

    /// The attached message that a part stands in; none for parts of the message itself.
    pub fn enclosing_message(&self, part: &Part) -> Option<usize> {
        let mut at = part.parent;
        while let Some(parent) = at.and_then(|id| self.parts.get(id)) {
            if parent.kind == PartKind::Message {
                return Some(parent.id);
            }
            // A parent always stands before its children, so this ends.
            at = parent.parent;
        }
        None
    }

    /// Whether an HTML text of the same message shows this part by its Content-ID.
    pub fn is_shown_by_html(&self, part: &Part) -> bool {
        let Some(id) = &part.content_id else {
            return false;
        };
        if self.html_cids.is_empty() {
            return false;
        }
        self.html_cids
            .contains(&(self.enclosing_message(part), id.clone()))
    }
}

/// One part of a message.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its index in [`Message::parts`].
    pub id: usize,
    /// Its number, like IMAP's (RFC 3501 section 6.4.5): `1` for a single body, `2.1` for the
    /// first part inside the second. A multipart that is the body of a message has the number of
    /// that message (empty for the outermost).
    pub number: String,
    /// The multipart or attached message that it stands in.
    pub parent: Option<usize>,
    /// What it is.
    pub kind: PartKind,
    /// Its header fields as received. For the body of a message: that message's fields.
    pub headers: Arc<Headers>,
    /// The declared media type in lower case, without parameters; `text/plain` where none is
    /// declared (`message/rfc822` in a digest).
    pub media_type: String,
    /// The declared charset, in lower case.
    pub charset: Option<String>,
    /// How its content was encoded.
    pub transfer_encoding: TransferEncoding,
    /// Content-Disposition.
    pub disposition: Disposition,
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// All readings of its file name.
    pub names: Names,
    /// Content of a leaf, decoded. Of an attached message: size and hash of its bytes as they
    /// stand ([`crate::message::Data::Apart`]). None for a multipart.
    pub blob: Option<Blob>,
    /// What a program may make of it instead of [`Part::blob`]: its content in another transfer
    /// encoding, where its header can be read so; a file in quoted-printable without the escapes
    /// that mean nothing ([`Problem::QuotedPrintableJunk`]).
    pub others: Vec<Blob>,
    /// Of a `multipart/signed`: what its first part comes to, where the digest is known here.
    pub signed: Option<super::SignedPart>,
    /// What is odd about it; each once.
    pub problems: Vec<Problem>,
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// It has no parts of its own.
    Leaf,
    /// An attached message: its only child is that message's body.
    Message,
    /// It holds parts.
    Multipart,
}

/// Content-Transfer-Encoding (RFC 2045 section 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransferEncoding {
    /// `base64`.
    Base64,
    /// `7bit`, `8bit`, `binary`, none: the bytes as they stand.
    #[default]
    Identity,
    /// `quoted-printable`.
    QuotedPrintable,
    /// Something that nobody knows: taken as it stands.
    Unknown,
    /// `x-uuencode` and its other names, and yEnc: not decoded.
    Uuencode,
}

/// Content-Disposition (RFC 2183).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disposition {
    /// `attachment`.
    Attachment,
    /// `inline`.
    Inline,
    /// None is given.
    #[default]
    None,
    /// An unknown one: to be treated as an attachment (RFC 2183 section 2.8).
    Other,
}

/// Something about a part or a message that mail programs may read in different ways, or that its
/// format forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Problem {
    /// A carriage return without a line feed where it matters; some programs end the line there.
    BareCr,
    /// base64 with characters that are not of its alphabet.
    Base64Junk,
    /// base64 with padding before its end: several pieces behind each other.
    Base64PaddingInside,
    /// base64 that ends inside a group of four without padding.
    Base64Truncated,
    /// The multipart's boundary can be read in several ways; all are followed.
    BoundaryAmbiguous,
    /// A line of white space in a header; some programs end the header there.
    BlankInHeader,
    /// A line begins with the boundary and goes on; RFC 2046 section 5.1.1 would take it.
    BoundaryPrefix,
    /// The boundary of an outer multipart is used again inside it.
    BoundaryReused,
    /// A boundary that is longer than 70 characters (RFC 2046 section 5.1.1).
    BoundaryTooLong,
    /// A field that must stand once stands twice; the first is followed.
    DuplicateContentType,
    /// As [`Problem::DuplicateContentType`], for Content-Transfer-Encoding.
    DuplicateTransferEncoding,
    /// As [`Problem::DuplicateContentType`], for Content-Disposition.
    DuplicateDisposition,
    /// A multipart with base64 or quoted-printable (RFC 2045 section 6.4 forbids it); not decoded.
    EncodedMultipart,
    /// An attached message with base64 or quoted-printable; decoded.
    EncodedMessage,
    /// As [`Problem::EncodedMessage`], but what stands there is not all base64.
    EncodedMessageJunk,
    /// Text of some length after the last part.
    EpilogueContent,
    /// message/external-body: the content lies elsewhere.
    ExternalBody,
    /// Bytes beyond ASCII in header fields.
    EightBitHeader,
    /// A line in the header block that is no field.
    JunkInHeader,
    /// The header has no empty line behind it.
    MissingBlankLine,
    /// A multipart without a boundary parameter; taken as a leaf.
    MissingBoundary,
    /// A multipart without its last delimiter.
    MissingFinalBoundary,
    /// A multipart in which no delimiter stands; taken as a leaf.
    MissingParts,
    /// A NUL byte in the header.
    NulByte,
    /// Several readings of the file name.
    NameAmbiguous,
    /// A part behind the last delimiter of its multipart; it is taken as a part.
    PartAfterEnd,
    /// message/partial: a piece of a message that is put together elsewhere.
    PartialMessage,
    /// Text of some length before the first part.
    PreambleContent,
    /// quoted-printable with an equals sign that begins nothing; kept as it stands.
    QuotedPrintableJunk,
    /// The body could not be stored (disk full); size, hash, head and tail are right.
    StorageFailed,
    /// A Content-Transfer-Encoding that is unknown or odd.
    TransferEncodingOdd,
}

impl Problem {
    /// Whether mail programs may find another file there than was scanned. The message's own
    /// header (`inner` is false) comes mended from the mail server; those inside do not.
    pub(super) fn hides(self, inner: bool) -> bool {
        match self {
            Self::BlankInHeader | Self::JunkInHeader => inner,
            Self::BareCr
            | Self::BoundaryPrefix
            | Self::EncodedMessageJunk
            | Self::EncodedMultipart
            | Self::MissingBoundary
            | Self::PartialMessage => true,
            _ => false,
        }
    }
}

/// A place that was not scanned, or only in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unscanned {
    /// The part's number; empty for the message as a whole.
    pub part: String,
    /// Why.
    pub why: Why,
}

/// Why a place was not scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its bytes could not be stored.
    Damaged,
    /// A limit was reached.
    Limit(Limit),
    /// There is no reader for it.
    Unsupported,
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name, as in [`Limits`].
    pub which: &'static str,
    /// Its value.
    pub limit: u64,
    /// What was seen (at least this much is there).
    pub seen: u64,
}

/// The limits of the scanner.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `header_bytes`: bytes of the message's own header that are kept (1 MiB).
    pub header_bytes: usize,
    /// `part_header_bytes`: bytes of the header of one part that are kept (256 KiB).
    pub part_header_bytes: usize,
    /// `mime_depth`: multiparts and attached messages inside each other (100).
    pub mime_depth: usize,
    /// `message_depth`: attached messages inside each other (16).
    pub message_depth: usize,
    /// `encoded_depth`: attached messages in base64 or quoted-printable inside each other (5).
    pub encoded_depth: usize,
    /// `mime_parts`: parts, multiparts and attached messages counted too (10,000).
    pub mime_parts: usize,
    /// `html_bytes`: bytes of an HTML text that are searched for `cid:` (4 MiB).
    pub html_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 1 << 20,
            part_header_bytes: 256 << 10,
            mime_depth: 100,
            message_depth: 16,
            encoded_depth: 5,
            mime_parts: 10_000,
            html_bytes: 4 << 20,
        }
    }
}

/// Notes a problem, once.
pub(super) fn note(problems: &mut Vec<Problem>, problem: Problem) {
    if !problems.contains(&problem) {
        problems.push(problem);
    }
}
