//! Header fields as received: in order, to the byte, in one buffer.
//!
//! A value is kept with its folding and, as Postfix sends it under SMFIP_HDR_LEADSPC, with the
//! space behind the colon. Postfix folds with LF; the size counts every line end as CRLF.

use memchr::memchr_iter;

use super::{Address, text};

/// Header fields.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    raw: Vec<u8>,
    fields: Vec<Span>,
    size: u64,
}

/// One header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name as written, without the colon.
    pub name: &'a [u8],
    /// Everything behind the colon as written, without the last line end.
    pub value: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
struct Span {
    name: u32,
    value: u32,
    end: u32,
}

impl Headers {
    /// Appends a field. Returns false, and only counts it, when the kept bytes would pass `limit`.
    pub fn push(&mut self, name: &[u8], value: &[u8], limit: usize) -> bool {
        let bare = memchr_iter(b'\n', value)
            .filter(|&at| at == 0 || value.get(at - 1) != Some(&b'\r'))
            .count();
        self.size += (name.len() + 1 + value.len() + bare + 2) as u64;
        let start = self.raw.len();
        let fits = (start + name.len() + value.len()) <= limit.min(u32::MAX as usize);
        if fits {
            self.raw.extend_from_slice(name);
            self.raw.extend_from_slice(value);
            self.fields.push(Span {
                name: start as u32,
                value: (start + name.len()) as u32,
                end: self.raw.len() as u32,
            });
        }
        fits
    }

    /// The fields, in the order received.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Field<'_>> + ExactSizeIterator {
        self.fields.iter().map(|span| Field {
            name: self.slice(span.name, span.value),
            value: self.slice(span.value, span.end),
        })
    }

    /// Number of fields that are kept.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// All fields of this name (ASCII case does not count), in order: values as received.
    pub fn all<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }

    /// The first field of this name: its value as received.
    pub fn first<'a>(&'a self, name: &'a str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// Bytes of all fields that came (kept or not), line ends counted as CRLF; the empty line
    /// behind the header is not counted.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// A field as text: unfolded, trimmed, RFC 2047 decoded; raw bytes as UTF-8, else
    /// windows-1252.
    pub fn text(&self, name: &str) -> Option<String> {
        self.first(name).map(text::unstructured)
    }

    /// All fields of this name as text, as [`Self::text`] gives the first.
    pub fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> {
        self.all(name).map(text::unstructured)
    }

    /// The decoded Subject.
    pub fn subject(&self) -> Option<String> {
        self.text("subject")
    }

    /// The first Message-ID without angle brackets; none when it is missing or empty.
    pub fn message_id(&self) -> Option<String> {
        let value = text::unfold(self.first("message-id")?);
        let value = text::guess(value.trim_ascii());
        let id = match (value.find('<'), value.find('>')) {
            (Some(open), Some(close)) if open < close => value.get(open + 1..close)?,
            _ => &value,
        };
        let id = id.trim();
        (!id.is_empty()).then(|| id.to_owned())
    }

    /// The addresses of all fields of this name, normalised, in order; what is no address is left
    /// out. At most 1,000.
    pub fn addresses(&self, name: &str) -> Vec<Address> {
        self.all(name)
            .flat_map(Address::parse_field)
            .take(1000)
            .collect()
    }

    fn slice(&self, from: u32, to: u32) -> &[u8] {
        self.raw.get(from as usize..to as usize).unwrap_or_default()
    }
}
