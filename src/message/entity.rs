//! The header of a part: collected line by line, then read.

use super::{
    Disposition, Headers, Names, Problem, TransferEncoding, params::Structured, parts::note, text,
};

/// A header block that is being collected.
pub(super) struct Block {
    raw: Vec<u8>,
    limit: usize,
    /// Bytes that came, kept or not.
    pub(super) seen: u64,
    /// Fields or other lines came.
    pub(super) lines: u64,
}

/// What a part's header says.
pub(super) struct Entity {
    pub(super) media_type: String,
    /// The media type of the second Content-Type field.
    pub(super) second_type: Option<String>,
    /// Of any reading that is a multipart; empty when none is.
    pub(super) boundaries: Vec<Vec<u8>>,
    pub(super) charset: Option<String>,
    pub(super) transfer_encoding: TransferEncoding,
    /// As what another program may decode it: by another field of the same name, or by a word in
    /// a field that we do not know.
    pub(super) second_encoding: Option<TransferEncoding>,
    /// More of a field came than was read.
    pub(super) cut: bool,
    pub(super) disposition: Disposition,
    pub(super) content_id: Option<String>,
    pub(super) names: Names,
    pub(super) problems: Vec<Problem>,
}

impl Block {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            raw: Vec::new(),
            limit,
            seen: 0,
            lines: 0,
        }
    }

    /// Bytes of a line, line ends included, in any pieces.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.seen += bytes.len() as u64;
        let room = self.limit.saturating_sub(self.raw.len()).min(bytes.len());
        self.raw.extend_from_slice(&bytes[..room]);
    }

    /// More came than is kept.
    pub(super) fn is_cut(&self) -> bool {
        self.seen > self.raw.len() as u64
    }

    /// Bytes that are kept.
    pub(super) fn kept(&self) -> usize {
        self.raw.len()
    }

    /// Takes the block apart; notes lines that are no fields.
    pub(super) fn fields(&self, problems: &mut Vec<Problem>) -> Headers {
        let mut headers = Headers::default();
        // The field that may still go on: its name's end, its value's end, its start.
        let mut open: Option<(usize, usize, usize)> = None;
        let mut at = 0;
        while at < self.raw.len() {
            let rest = &self.raw[at..];
            let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
            let (line, eol) = (&rest[..end], eol_len(&rest[end..]));
            if eol == 1 && rest[end] == b'\r' {
                note(problems, Problem::BareCr);
            }
            let line_end = at + end;
            if matches!(line.first(), Some(b' ' | b'\t')) && open.is_some() {
                if line.trim_ascii().is_empty() {
                    note(problems, Problem::BlankInHeader);
                }
                if let Some((_, value_end, _)) = &mut open {
                    *value_end = line_end;
                }
            } else {
                self.close(&mut headers, open.take());
                match field_name(line) {
                    Some(name) => open = Some((at + name, line_end, at)),
                    // The separator line of an mbox is no junk.
                    None if at == 0 && is_separator(line) => {}
                    None => note(problems, Problem::JunkInHeader),
                }
            }
            at = line_end + eol;
        }
        self.close(&mut headers, open);
        headers
    }

    fn close(&self, headers: &mut Headers, field: Option<(usize, usize, usize)>) {
        if let Some((name_end, value_end, start)) = field {
            let name = self.raw[start..name_end].trim_ascii_end();
            headers.push(name, &self.raw[name_end + 1..value_end], usize::MAX);
        }
    }
}

impl Entity {
    /// Reads the MIME fields; `digest` makes message/rfc822 the type of a part that names none.
    pub(super) fn read(headers: &Headers, digest: bool, mut problems: Vec<Problem>) -> Self {
        let mut types = Vec::new();
        let mut dispositions = Vec::new();
        let mut encodings: Vec<&[u8]> = Vec::new();
        let mut content_id = None;
        let mut cut = false;
        let (mut eight_bit, mut nul) = (false, false);
        for field in headers.iter() {
            eight_bit |= !field.value.is_ascii() || !field.name.is_ascii();
            nul |= memchr::memchr(0, field.value).is_some();
            let Some(kind) = strip_content(field.name) else {
                continue;
            };
            let fields = if kind.eq_ignore_ascii_case(b"type") {
                Some(&mut types)
            } else if kind.eq_ignore_ascii_case(b"disposition") {
                Some(&mut dispositions)
            } else {
                None
            };
            if let Some(fields) = fields {
                cut |= fields.len() >= MAX_FIELDS;
                if fields.len() < MAX_FIELDS {
                    fields.push(Structured::parse(field.value));
                }
            } else if kind.eq_ignore_ascii_case(b"transfer-encoding") {
                encodings.push(field.value);
            } else if kind.eq_ignore_ascii_case(b"id") && content_id.is_none() {
                content_id = self::content_id(field.value);
            }
        }
        for (found, problem) in [
            (eight_bit, Problem::EightBitHeader),
            (nul, Problem::NulByte),
            (types.len() > 1, Problem::DuplicateContentType),
            (dispositions.len() > 1, Problem::DuplicateDisposition),
            (encodings.len() > 1, Problem::DuplicateTransferEncoding),
        ] {
            if found {
                note(&mut problems, problem);
            }
        }
        let default = if digest {
            "message/rfc822"
        } else {
            "text/plain"
        };
        let charset = types.first().and_then(|field| field.text("charset"));
        let charset = charset
            .map(|name| name.to_ascii_lowercase())
            .filter(|name| !name.is_empty());
        let names = Names::read(&dispositions, &types, charset.as_deref());
        let boundaries = boundaries(&types, &mut problems);
        let (transfer_encoding, second_encoding) = transfer_encodings(&encodings, &mut problems);
        Self {
            media_type: types
                .first()
                .map_or(default.to_owned(), |field| media_type(field, default)),
            second_type: types.get(1).map(|field| media_type(field, default)),
            boundaries,
            charset,
            transfer_encoding,
            second_encoding,
            cut: cut || names.cut,
            disposition: disposition(dispositions.first()),
            content_id,
            names,
            problems,
        }
    }
}

/// The length of a field's name, if the line is a field (RFC 5322 section 2.2; white space before
/// the colon is obsolete but taken by all).
pub(super) fn field_name(line: &[u8]) -> Option<usize> {
    let end = line.iter().position(|&byte| byte == b':')?;
    let name = line.get(..end)?.trim_ascii_end();
    let valid = !name.is_empty() && name.iter().all(|&byte| byte > b' ' && byte != 127);
    valid.then_some(end)
}

/// The line that an mbox puts before a message, as it is or quoted.
pub(super) fn is_separator(line: &[u8]) -> bool {
    line.strip_prefix(b">")
        .unwrap_or(line)
        .starts_with(b"From ")
}

/// The length of the line end at the beginning of `text`: CRLF, LF or a lone CR.
pub(super) fn eol_len(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

fn strip_content(name: &[u8]) -> Option<&[u8]> {
    let (start, rest) = name.split_at_checked(8)?;
    start
        .eq_ignore_ascii_case(b"content-")
        .then(|| rest.trim_ascii_end())
}

fn media_type(field: &Structured, default: &str) -> String {
    // RFC 2045 section 5.2: what cannot be read is plain text.
    // Quotes around it are wrong, and taken off by programs that are kind.
    let main = field.main.trim_matches(['"', '\'']);
    match main {
        "" => default.to_owned(),
        _ if main.contains('=') => default.to_owned(),
        "multipart" => "multipart/mixed".to_owned(),
        _ => main.to_owned(),
    }
}

/// The boundaries of every Content-Type field that is a multipart, in every reading.
fn boundaries(types: &[Structured], problems: &mut Vec<Problem>) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    for field in types
        .iter()
        .filter(|field| media_type(field, "").starts_with("multipart/"))
    {
        let readings = field.readings("boundary");
        if readings.len() > 1 {
            note(problems, Problem::BoundaryAmbiguous);
        }
        for reading in readings {
            // Trailing white space is not part of it (RFC 2046 section 5.1.1); leading white space
            // is, but not for every program.
            for boundary in [reading.bytes.trim_ascii_end(), reading.bytes.trim_ascii()] {
                if boundary.is_empty() || boundary.len() > MAX_BOUNDARY {
                    continue;
                }
                if boundary.len() > 70 {
                    note(problems, Problem::BoundaryTooLong);
                }
                if found.len() < MAX_BOUNDARIES && !found.iter().any(|known| known == boundary) {
                    found.push(boundary.to_vec());
                }
            }
        }
    }
    found
}

/// The encoding that is followed, and another that a program may follow: the first that differs
/// (base64 for a word that nobody knows, because `base 64` is one).
fn transfer_encodings(
    values: &[&[u8]],
    problems: &mut Vec<Problem>,
) -> (TransferEncoding, Option<TransferEncoding>) {
    let first = transfer_encoding(values.first().copied(), problems);
    let effect = |encoding: &TransferEncoding| match encoding {
        TransferEncoding::Unknown => TransferEncoding::Identity,
        known => *known,
    };
    let mut others: Vec<TransferEncoding> = Vec::new();
    for value in values.iter().skip(1).take(MAX_FIELDS) {
        others.push(transfer_encoding(Some(value), problems));
    }
    if first == TransferEncoding::Unknown || others.contains(&TransferEncoding::Unknown) {
        others.push(TransferEncoding::Base64);
    }
    others.retain(|other| effect(other) != effect(&first));
    let second = others
        .iter()
        .find(|other| **other == TransferEncoding::Base64)
        .or(others.first());
    (first, second.copied())
}

fn transfer_encoding(value: Option<&[u8]>, problems: &mut Vec<Problem>) -> TransferEncoding {
    let Some(value) = value else {
        return TransferEncoding::Identity;
    };
    let field = Structured::parse(value);
    let name = field.main.as_str();
    let clean = name.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let encoding = match clean {
        "" | "7bit" | "8bit" | "binary" => TransferEncoding::Identity,
        "base64" => TransferEncoding::Base64,
        "quoted-printable" => TransferEncoding::QuotedPrintable,
        "x-uuencode" | "x-uue" | "uuencode" | "x-uu" | "x-yencode" | "x-yenc" => {
            TransferEncoding::Uuencode
        }
        _ => TransferEncoding::Unknown,
    };
    if encoding == TransferEncoding::Unknown || clean != name {
        note(problems, Problem::TransferEncodingOdd);
    }
    encoding
}

fn disposition(field: Option<&Structured>) -> Disposition {
    match field.map(|field| field.main.as_str()) {
        None | Some("") => Disposition::None,
        Some("attachment") => Disposition::Attachment,
        Some("inline") => Disposition::Inline,
        Some(_) => Disposition::Other,
    }
}

fn content_id(value: &[u8]) -> Option<String> {
    let text = text::guess(text::unfold(value).trim_ascii());
    let inner = text.strip_prefix('<').unwrap_or(&text);
    let inner = inner.split('>').next().unwrap_or_default().trim();
    (!inner.is_empty()).then(|| inner.to_owned())
}

/// Fields of one kind that are read.
const MAX_FIELDS: usize = 8;
/// Longer boundaries are ignored; the RFC's limit is 70.
pub(super) const MAX_BOUNDARY: usize = 1000;
const MAX_BOUNDARIES: usize = 16;
