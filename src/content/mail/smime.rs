//! S/MIME and other signed files (CMS, RFC 5652): what is signed or compressed is opened, what is
//! enveloped is known with its cipher.
//!
//! A walker of its own over BER (X.690): lengths may be indefinite and strings in pieces, as mail
//! programs that sign in a stream write them. It keeps where the pieces stand, not the bytes.

use std::io::{self, Read, Write as _};

use flate2::read::ZlibDecoder;

use super::eml;
use crate::{
    content::{
        base64,
        document::signature,
        opener::{Inside, Member},
        source::Source,
    },
    facts::{NotOpened, Signature},
};

/// Opens a CMS structure.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let head = source.up_to(0, HEAD_OF_TEXT);
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    match head.trim_ascii_start() {
        [b'-', b'-', b'-', b'-', b'-', ..] => return text(inside, source, true),
        // In base64 a sequence begins so, in DER with a zero.
        [b'M', ..] => return text(inside, source, false),
        _ => {}
    }
    let mut ber = Ber { source, steps: 0 };
    let content_info = ber.expect(0, SEQUENCE)?;
    let kind = ber.expect(content_info.start, OID)?;
    let kind_bytes = ber.bytes(&kind)?;
    let behind = ber.end(&kind, inside)?;
    let wrapper = ber.expect(behind, EXPLICIT)?;
    let content = ber.expect(wrapper.start, SEQUENCE)?;
    match kind_bytes.as_slice() {
        SIGNED => {
            // Version, digest algorithms, what is signed.
            let algorithms = ber.skip(content.start, inside)?;
            let signed = ber.skip(algorithms, inside)?;
            let pieces = ber.encapsulated(signed, inside)?;
            match pieces {
                Some(pieces) => {
                    let signatures = opaque(inside, source, &pieces)?;
                    let known = inside.known();
                    let read = hand_on(inside, source, pieces, false);
                    inside.signed(&signatures, Some(known));
                    read
                }
                // A signature alone: what it signs stands elsewhere. Of a letter's own the parts know more.
                None => {
                    if inside.wants_signatures()
                        && let Some(blob) = source.to_blob()
                    {
                        inside.signed(&signature::smime::detached(&blob, None), None);
                    }
                    Ok(())
                }
            }
        }
        COMPRESSED => {
            let algorithm = ber.skip(content.start, inside)?;
            let compressed = ber.skip(algorithm, inside)?;
            match ber.encapsulated(compressed, inside)? {
                Some(pieces) => hand_on(inside, source, pieces, true),
                None => Err(NotOpened::Damaged),
            }
        }
        ENVELOPED | ENCRYPTED | AUTH_ENVELOPED => {
            inside.encrypted(None);
            let cipher = ber.cipher(&content, inside)?;
            inside.encrypted(cipher);
            Err(NotOpened::Encrypted)
        }
        _ => Err(NotOpened::Unsupported),
    }
}

/// The signatures over what lies in these pieces.
fn opaque(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    pieces: &[(u64, u64)],
) -> Result<Vec<Signature>, NotOpened> {
    if !inside.wants_signatures() {
        return Ok(Vec::new());
    }
    let _held = inside.spending().hold(source.len().min(MAX_PEM))?;
    let Some(bytes) = source.whole(MAX_PEM) else {
        return Ok(Vec::new());
    };
    Ok(signature::smime::opaque(&bytes, || Pieces {
        source: source.clone(),
        pieces: Vec::from(pieces).into_iter(),
        now: (0, 0),
    }))
}

/// The same as text: base64, mostly between lines of dashes. What it decodes to is a member.
fn text(inside: &mut Inside<'_, '_>, source: &Source, armored: bool) -> Result<(), NotOpened> {
    if source.len() > MAX_PEM {
        return Err(NotOpened::Budget {
            which: "memory",
            limit: MAX_PEM,
            seen: source.len(),
        });
    }
    let _held = inside.spending().hold(source.len().saturating_mul(2))?;
    let text = source.whole(MAX_PEM).ok_or(NotOpened::Damaged)?;
    let bytes = match armored {
        true => super::unarmored(&text),
        false => base64::lenient(text.iter().copied()),
    };
    let mut to = inside.begin(Member::named("smime.p7m"))?;
    let written = to.write_all(&bytes);
    to.finish(written.err().map(|_| NotOpened::Damaged))
}

/// Hands on what was signed: a message where it is one, otherwise a file.
fn hand_on(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    pieces: Vec<(u64, u64)>,
    compressed: bool,
) -> Result<(), NotOpened> {
    let packed = pieces.iter().map(|(_, length)| length).sum();
    let pieces = Pieces {
        source: source.clone(),
        pieces: pieces.into_iter(),
        now: (0, 0),
    };
    let mut content: Box<dyn Read> = match compressed {
        true => Box::new(ZlibDecoder::new(pieces)),
        false => Box::new(pieces),
    };
    let mut head = Vec::new();
    let begun = content.by_ref().take(HEAD).read_to_end(&mut head);
    let mut content = head.as_slice().chain(content);
    if is_entity(&head) {
        return eml::message(inside, &mut content);
    }
    // `cong-van.pdf.p7m` holds cong-van.pdf.
    let names = inside.container().map(|node| node.names.clone());
    let strip = |name: &String| {
        let (stem, extension) = name.rsplit_once('.')?;
        let signed = ["p7m", "p7s", "sig"]
            .iter()
            .any(|end| extension.eq_ignore_ascii_case(end));
        (signed && stem.contains('.')).then(|| stem.to_owned())
    };
    let member = Member {
        names: names.unwrap_or_default().iter().filter_map(strip).collect(),
        packed: Some(packed),
        ..Member::default()
    };
    inside.member(member, &mut content)?;
    begun.map(|_| ()).map_err(|_| NotOpened::Damaged)
}

/// Whether it begins like a MIME entity: a field that belongs there.
fn is_entity(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Some(colon) = memchr::memchr(b':', line) else {
        return false;
    };
    let name = line.get(..colon).unwrap_or_default().to_ascii_lowercase();
    name.starts_with(b"content-")
        || name.starts_with(b"x-")
        || FIELDS.iter().any(|field| field.as_bytes() == name)
}

/// An element: its content begins at `start`; it has this length, or ends at an end-of-contents.
#[derive(Clone, Copy)]
struct Element {
    tag: u8,
    start: u64,
    length: Option<u64>,
}

struct Ber<'s> {
    source: &'s Source,
    steps: u64,
}

impl Ber<'_> {
    /// The element at a place.
    fn element(&mut self, at: u64) -> Result<Element, NotOpened> {
        let head = self.source.up_to(at, 10);
        let mut bytes = head.iter().copied();
        let (Some(tag), Some(first)) = (bytes.next(), bytes.next()) else {
            return Err(NotOpened::Damaged);
        };
        // No tag here is that large.
        if tag & 0x1f == 0x1f {
            return Err(NotOpened::Damaged);
        }
        let (length, used) = match first {
            0x80 if tag & 0x20 != 0 => (None, 2),
            0x00..=0x7f => (Some(u64::from(first)), 2),
            0x81..=0x88 => {
                let count = usize::from(first & 0x7f);
                let length = bytes.by_ref().take(count);
                let length = length.fold(0_u64, |sum, byte| sum << 8 | u64::from(byte));
                (Some(length), 2 + count as u64)
            }
            _ => return Err(NotOpened::Damaged),
        };
        let start = at.checked_add(used).ok_or(NotOpened::Damaged)?;
        Ok(Element { tag, start, length })
    }

    fn expect(&mut self, at: u64, tag: u8) -> Result<Element, NotOpened> {
        let element = self.element(at)?;
        match element.tag == tag {
            true => Ok(element),
            false => Err(NotOpened::Damaged),
        }
    }

    /// The content of a short element.
    fn bytes(&self, element: &Element) -> Result<Vec<u8>, NotOpened> {
        let length = element
            .length
            .and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| *length <= 64);
        let bytes = length.and_then(|length| self.source.bytes(element.start, length));
        bytes.ok_or(NotOpened::Damaged)
    }

    /// Where the element at this place ends.
    fn skip(&mut self, at: u64, inside: &mut Inside<'_, '_>) -> Result<u64, NotOpened> {
        let element = self.element(at)?;
        self.end(&element, inside)
    }

    /// Where an element ends, its end-of-contents included.
    fn end(&mut self, element: &Element, inside: &mut Inside<'_, '_>) -> Result<u64, NotOpened> {
        if let Some(length) = element.length {
            return element.start.checked_add(length).ok_or(NotOpened::Damaged);
        }
        let mut open = 1_u64;
        let mut at = element.start;
        while open > 0 {
            self.step(inside)?;
            let inner = self.element(at)?;
            at = match inner.length {
                Some(0) if inner.tag == 0 => {
                    open -= 1;
                    inner.start
                }
                Some(length) => inner.start.checked_add(length).ok_or(NotOpened::Damaged)?,
                None => {
                    open += 1;
                    inner.start
                }
            };
        }
        Ok(at)
    }

    fn step(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), NotOpened> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(NotOpened::Damaged);
        }
        if self.steps.is_multiple_of(1024) {
            inside.spending().check()?;
        }
        Ok(())
    }

    /// Where the pieces of the content of an EncapsulatedContentInfo stand; none where it has none.
    fn encapsulated(
        &mut self,
        at: u64,
        inside: &mut Inside<'_, '_>,
    ) -> Result<Option<Vec<(u64, u64)>>, NotOpened> {
        let info = self.expect(at, SEQUENCE)?;
        let kind = self.expect(info.start, OID)?;
        let next = self.end(&kind, inside)?;
        let within = |end: Option<u64>| end.is_none_or(|end| next < info.start.saturating_add(end));
        if !within(info.length) {
            return Ok(None);
        }
        let Ok(wrapper) = self.expect(next, EXPLICIT) else {
            return Ok(None);
        };
        self.pieces(wrapper.start, inside).map(Some)
    }

    /// The pieces of an octet string, whole or in pieces of pieces.
    fn pieces(
        &mut self,
        at: u64,
        inside: &mut Inside<'_, '_>,
    ) -> Result<Vec<(u64, u64)>, NotOpened> {
        let mut pieces = Vec::new();
        // Ends of what is open; none for an indefinite length.
        let mut open: Vec<Option<u64>> = Vec::new();
        let mut at = at;
        let size = self.source.len();
        loop {
            while let Some(Some(end)) = open.last()
                && at >= *end
            {
                open.pop();
                if open.is_empty() {
                    return Ok(pieces);
                }
            }
            self.step(inside)?;
            // What is cut is handed on as far as it goes.
            let Ok(element) = self.element(at) else {
                return Ok(pieces);
            };
            match (element.tag, element.length) {
                (0, Some(0)) if matches!(open.last(), Some(None)) => {
                    open.pop();
                    at = element.start;
                }
                (OCTETS, Some(length)) => {
                    let start = element.start.min(size);
                    pieces.push((start, length.min(size - start)));
                    at = element.start.saturating_add(length);
                }
                (CONSTRUCTED_OCTETS, length) if open.len() < MAX_DEPTH => {
                    open.push(length.map(|length| element.start.saturating_add(length)));
                    at = element.start;
                }
                // PKCS #7 of old allows any type: it is taken as it stands.
                (_, Some(length)) if open.is_empty() => {
                    let start = element.start.min(size);
                    return Ok(vec![(start, length.min(size - start))]);
                }
                _ => return Err(NotOpened::Damaged),
            }
            if open.is_empty() {
                return Ok(pieces);
            }
        }
    }

    /// The cipher of enveloped data: the algorithm in its EncryptedContentInfo.
    fn cipher(
        &mut self,
        content: &Element,
        inside: &mut Inside<'_, '_>,
    ) -> Result<Option<&'static str>, NotOpened> {
        // Version, originator, recipients; then the sequence that begins with a type and an algorithm.
        let mut at = self.skip(content.start, inside)?;
        for _ in 0..4 {
            let element = self.element(at)?;
            if element.tag == SEQUENCE {
                let kind = self.expect(element.start, OID)?;
                let algorithm = self.end(&kind, inside)?;
                let algorithm = self.expect(algorithm, SEQUENCE)?;
                let cipher = self.expect(algorithm.start, OID)?;
                let oid = self.bytes(&cipher)?;
                let known = CIPHERS.iter().find(|(known, _)| **known == *oid);
                return Ok(known.map(|(_, name)| *name));
            }
            at = self.end(&element, inside)?;
        }
        Ok(None)
    }
}

/// Reads pieces of a file as one.
struct Pieces {
    source: Source,
    pieces: std::vec::IntoIter<(u64, u64)>,
    now: (u64, u64),
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.now.1 == 0 {
            match self.pieces.next() {
                Some(piece) => self.now = piece,
                None => return Ok(0),
            }
        }
        let (at, left) = self.now;
        let wanted = usize::try_from(left).map_or(into.len(), |left| left.min(into.len()));
        let mut found = self.source.piece(at, wanted as u64).cursor();
        let got = found.read(into)?;
        if got == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.now = (at + got as u64, left - got as u64);
        Ok(got)
    }
}

const OCTETS: u8 = 0x04;
const CONSTRUCTED_OCTETS: u8 = 0x24;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const EXPLICIT: u8 = 0xa0;

// 1.2.840.113549.1.7.x and 1.2.840.113549.1.9.16.1.x
const SIGNED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const ENVELOPED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
const ENCRYPTED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06";
const COMPRESSED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09";
const AUTH_ENVELOPED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17";

/// Ciphers by their object identifier.
static CIPHERS: &[(&[u8], &str)] = &[
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x02", "aes-128-cbc"),
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x16", "aes-192-cbc"),
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a", "aes-256-cbc"),
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x06", "aes-128-gcm"),
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x1a", "aes-192-gcm"),
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x2e", "aes-256-gcm"),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x12",
        "chacha20-poly1305",
    ),
    (b"\x2a\x86\x48\x86\xf7\x0d\x03\x07", "3des-cbc"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x03\x02", "rc2-cbc"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x03\x04", "rc4"),
    (b"\x2b\x0e\x03\x02\x07", "des-cbc"),
];

/// Fields that an entity or a message may begin with.
static FIELDS: &[&str] = &[
    "mime-version",
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "received",
    "return-path",
    "reply-to",
    "sender",
    "delivered-to",
];
/// Bytes by which a message is told from a file.
const HEAD: u64 = 4096;
/// Octet strings in octet strings.
const MAX_DEPTH: usize = 32;
/// Elements that are looked at.
const MAX_STEPS: u64 = 2_000_000;
/// Bytes in which a structure that is written as text begins, blanks before it.
const HEAD_OF_TEXT: usize = 4096;
/// Bytes of a structure that is written as text.
const MAX_PEM: u64 = 64 << 20;
