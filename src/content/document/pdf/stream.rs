//! Streams of a PDF, decrypted and decoded.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use super::{
    crypt::{Crypt, Handler, Method},
    file::{Entry, File},
    filter::{self, Filter, Meter, Predictor},
    object::{Dict, Value},
};

/// How a stream is to be read.
pub(super) struct Chain {
    filters: Vec<Filter>,
    /// A filter that is not known here stands in the chain: what stands behind it is not undone.
    pub(super) unknown: bool,
    /// The name of its own Crypt filter.
    crypt: Option<Vec<u8>>,
}

/// The key of a file, and what is encrypted with it.
pub(super) struct Key {
    pub(super) handler: Handler,
    pub(super) crypt: Crypt,
}

/// What `/Filter` and `/DecodeParms` say.
pub(super) fn chain(file: &File, dict: &Dict<'_>) -> Chain {
    let list = |keys: [&str; 2]| -> Vec<Value<'_>> {
        let value = keys.into_iter().find_map(|key| dict.get(key));
        let meant = value.map(|value| file.meant(value)).unwrap_or_default();
        match meant.into_iter().next() {
            Some((_, Value::Array(list))) => list
                .iter()
                .take(MAX_FILTERS + 1)
                .filter_map(|value| file.meant(value).into_iter().next())
                .map(|(_, value)| value)
                .collect(),
            Some((_, value)) => vec![value],
            None => Vec::new(),
        }
    };
    let mut names = list(["Filter", "F"]);
    if !dict.has("Filter") {
        // Some viewers know the short key of inline images here; a file specification is no filter.
        names.retain(|name| name.name().is_some());
    }
    let parameters = list(["DecodeParms", "DP"]);
    let mut chain = Chain {
        filters: Vec::new(),
        unknown: names.len() > MAX_FILTERS,
        crypt: None,
    };
    for (at, name) in names.iter().take(MAX_FILTERS).enumerate() {
        let parameters = parameters.get(at).and_then(Value::dict);
        let int = |key: &str| file.int(parameters.and_then(|dict| dict.get(key)));
        let size = |key: &str, default: usize| {
            int(key).map_or(default, |int| usize::try_from(int).unwrap_or(default))
        };
        let predictor = Predictor {
            predictor: int("Predictor")
                .and_then(|int| u32::try_from(int).ok())
                .unwrap_or(1),
            colors: size("Colors", 1),
            bits: size("BitsPerComponent", 8),
            columns: size("Columns", 1),
        };
        let filter = match name.name() {
            Some(b"FlateDecode" | b"Fl") => Filter::Flate(predictor),
            Some(b"LZWDecode" | b"LZW") => Filter::Lzw {
                early: int("EarlyChange") != Some(0),
                predictor,
            },
            Some(b"ASCII85Decode" | b"A85") => Filter::Ascii85,
            Some(b"ASCIIHexDecode" | b"AHx") => Filter::AsciiHex,
            Some(b"RunLengthDecode" | b"RL") => Filter::RunLength,
            Some(b"Crypt") => {
                let name = parameters.and_then(|dict| dict.get("Name")?.name());
                chain.crypt = Some(name.unwrap_or(b"Identity").to_vec());
                continue;
            }
            _ => {
                chain.unknown = true;
                break;
            }
        };
        chain.filters.push(filter);
    }
    chain
}

impl Chain {
    /// How the stream is encrypted in a file with this handler.
    pub(super) fn method(&self, handler: &Handler, default: Method) -> Method {
        match &self.crypt {
            Some(name) => handler.method(name),
            None => default,
        }
    }

    /// Reads the decoded bytes.
    pub(super) fn decode<'a>(&self, raw: &'a [u8], meter: &Meter) -> Box<dyn Read + 'a> {
        let mut content: Box<dyn Read + 'a> = Box::new(raw);
        for filter in &self.filters {
            content = filter::behind(content, *filter, meter);
        }
        content
    }
}

impl Key {
    /// Decrypts what belongs to an object. What stands in an object stream was decrypted with it.
    pub(super) fn decrypt<'a>(
        &self,
        method: Method,
        entry: Entry,
        data: &'a [u8],
    ) -> Cow<'a, [u8]> {
        if entry.buffer != 0 || method == Method::Identity {
            return Cow::Borrowed(data);
        }
        let plain = self
            .crypt
            .decrypt(method, entry.number, entry.generation, data);
        Cow::Owned(plain)
    }
}

/// Reads up to `limit` bytes; what comes before an error counts. `grow` is called with each amount
/// before it is kept.
pub(super) fn collect<E>(
    content: &mut dyn Read,
    limit: usize,
    grow: &mut dyn FnMut(u64) -> Result<(), E>,
) -> Result<Vec<u8>, E> {
    let mut all = Vec::new();
    let mut piece = vec![0; PIECE];
    while all.len() < limit {
        let got = match content.read(&mut piece) {
            Ok(0) => break,
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        grow(got as u64)?;
        all.extend_from_slice(piece.get(..got).unwrap_or_default());
    }
    Ok(all)
}

/// Filters behind each other.
const MAX_FILTERS: usize = 16;
/// Bytes that are decoded at once.
const PIECE: usize = 64 << 10;
