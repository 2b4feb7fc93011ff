//! Addresses, normalised once.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use idna::AsciiDenyList;
use mail_parser::{HeaderValue, parsers::MessageStream};
use serde::Serialize;

use super::text;

/// A mail address, normalised (RFC 5321 section 4.1.2, RFC 6531).
///
/// The local part is kept as written; two addresses are equal when their local parts are equal
/// without regard to case, as every mail server in use compares them.
#[derive(Clone, Debug, Default)]
pub struct Address {
    local: String,
    domain: String,
    /// Lower case of `local`, where it differs from it.
    folded: Option<Box<str>>,
}

impl Address {
    /// Reads an SMTP path: `<a@b>`, `a@b`, `<>`. Source routes are dropped, a quoted local part
    /// that needs no quotes is unquoted, the domain is lower-cased, A-labelled (UTS #46) and
    /// loses its last dot; a domain that is no valid IDN is kept in lower case.
    pub fn parse_path(path: &[u8]) -> Self {
        let text = text::guess(path);
        let mut path = text.trim();
        if let Some(inner) = path.strip_prefix('<') {
            path = inner.strip_suffix('>').unwrap_or(inner).trim();
        }
        if path.starts_with('@') {
            // RFC 5321 section 4.1.1.3: a source route must be accepted and should be ignored.
            if let Some((_, rest)) = path.split_once(':') {
                path = rest;
            }
        }
        Self::from_text(path)
    }

    /// Reads the value of an address field (RFC 5322 section 3.4), groups opened.
    pub fn parse_field(value: &[u8]) -> Vec<Self> {
        let mut line = Vec::with_capacity(value.len() + 2);
        line.extend_from_slice(value);
        line.push(b'\n');
        let mut found = Vec::new();
        if let HeaderValue::Address(list) = MessageStream::new(&line).parse_address() {
            for address in list.iter() {
                if let Some(text) = address.address() {
                    let address = Self::from_text(text.trim());
                    if !address.is_empty() {
                        found.push(address);
                    }
                }
            }
        }
        found
    }

    /// As [`Self::parse_field`], each with the name that stands beside it, decoded.
    pub fn parse_named(value: &[u8]) -> Vec<(Option<String>, Self)> {
        let mut line = Vec::with_capacity(value.len() + 2);
        line.extend_from_slice(value);
        line.push(b'\n');
        let HeaderValue::Address(list) = MessageStream::new(&line).parse_address() else {
            return Vec::new();
        };
        let named = list.iter().filter_map(|found| {
            let address = Self::from_text(found.address()?.trim());
            (!address.is_empty()).then(|| (found.name().map(str::to_owned), address))
        });
        named.collect()
    }

    /// The part before the `@`, without quoting; empty for `<>`.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The local part in lower case: what is compared.
    pub fn local_folded(&self) -> &str {
        self.folded.as_deref().unwrap_or(&self.local)
    }

    /// The domain in lower case and A-label form; empty for `<>` and for a bare local part.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether this is the null sender `<>`.
    pub fn is_empty(&self) -> bool {
        self.local.is_empty() && self.domain.is_empty()
    }

    /// Whether the domain is this one (given in any case, in U-labels or A-labels).
    pub fn domain_is(&self, domain: &str) -> bool {
        !self.domain.is_empty() && *self.domain == *normal_domain(domain)
    }

    /// Whether the domain is this one or below it, by whole labels: `xa.evilgov.vn` is not under
    /// `gov.vn`.
    pub fn domain_is_or_under(&self, domain: &str) -> bool {
        let domain = normal_domain(domain);
        if domain.is_empty() {
            return false;
        }
        self.domain
            .strip_suffix(&domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    fn from_text(text: &str) -> Self {
        let (local, domain) = split(text);
        let local = unquote(local);
        let lower = local.to_lowercase();
        Self {
            folded: (lower != local).then(|| lower.into_boxed_str()),
            local,
            domain: normal_domain(domain),
        }
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.domain == other.domain && self.local_folded() == other.local_folded()
    }
}

impl Eq for Address {}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.local_folded().hash(state);
        self.domain.hash(state);
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.domain(), self.local_folded()).cmp(&(other.domain(), other.local_folded()))
    }
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As text, the way [`fmt::Display`] writes it.
impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.domain.is_empty() {
            f.write_str(&self.local)
        } else {
            write!(f, "{}@{}", self.local, self.domain)
        }
    }
}

/// The domain as it is compared: A-labels in lower case, without the last dot. Address literals
/// (`[192.0.2.1]`) are lower-cased only.
fn normal_domain(domain: &str) -> String {
    let domain = domain.trim();
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    if domain.is_ascii() {
        let lower = domain.to_ascii_lowercase();
        if !lower.contains("xn--") {
            return lower;
        }
    }
    if domain.starts_with('[') {
        return domain.to_lowercase();
    }
    match idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL) {
        Ok(ascii) if !ascii.is_empty() => ascii
            .strip_suffix('.')
            .map(str::to_owned)
            .unwrap_or_else(|| ascii.into_owned()),
        _ => domain.to_lowercase(),
    }
}

/// Splits at the `@` that is outside quotes; the last one where there are several.
fn split(text: &str) -> (&str, &str) {
    let from = quoted_end(text).unwrap_or(0);
    match text.get(from..).and_then(|rest| rest.rfind('@')) {
        Some(at) => (&text[..from + at], &text[from + at + 1..]),
        None => (text, ""),
    }
}

/// The byte behind the closing quote of a local part that is quoted.
fn quoted_end(text: &str) -> Option<usize> {
    if !text.starts_with('"') {
        return None;
    }
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The local part without its quotes and escapes; a local part that is quoted only in part stays
/// as it is written.
fn unquote(local: &str) -> String {
    if quoted_end(local) != Some(local.len()) {
        return local.to_owned();
    }
    let mut plain = String::with_capacity(local.len());
    let mut chars = local.get(1..local.len() - 1).unwrap_or_default().chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}
