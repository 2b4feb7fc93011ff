//! All readings of a part's file name.

use super::{
    params::{Reading, Structured},
    text,
};

/// A file name, as programs may read it. Path separators are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The name that most mail programs show; none when no reading gives one.
    pub shown: Option<String>,
    /// All readings, each once, the shown one first: at most 32, of at most 4 KiB each.
    pub all: Vec<String>,
    /// There were more readings, or a field was too long to be read to its end.
    pub(super) cut: bool,
}

impl Names {
    /// Reads `filename` and `name` of all Content-Disposition fields, then of all Content-Type
    /// fields; `charset` is the part's own, for raw bytes.
    pub(super) fn read(
        dispositions: &[Structured],
        types: &[Structured],
        charset: Option<&str>,
    ) -> Self {
        let mut names = Self::default();
        let orders = [("filename", dispositions), ("name", types)];
        let odd = [("name", dispositions), ("filename", types)];
        for (param, fields) in orders.into_iter().chain(odd) {
            for field in fields {
                for reading in field.readings(param) {
                    names.read_one(&reading, charset);
                }
                names.cut |= field.is_cut();
            }
        }
        names.shown = names.all.first().cloned();
        names
    }

    fn read_one(&mut self, reading: &Reading, charset: Option<&str>) {
        let bytes = reading.bytes.as_slice();
        if let Some(named) = &reading.charset {
            let named = String::from_utf8_lossy(named);
            if let Some(name) = text::decode(&named, bytes) {
                let has_words = name.contains("=?");
                self.add(name);
                if has_words {
                    self.add(text::encoded_words(bytes));
                }
                return;
            }
        }
        if bytes.is_ascii() || std::str::from_utf8(bytes).is_ok() {
            // Most programs decode encoded words here, although RFC 2047 section 5 forbids them.
            if bytes.windows(2).any(|pair| pair == b"=?") {
                let name = text::encoded_words(bytes);
                // Undecoded, it says nothing about what the file is for a program that shows it.
                let is_words = bytes.starts_with(b"=?") && bytes.ends_with(b"?=");
                let decoded = name.as_bytes() != bytes;
                self.add(name);
                if is_words && decoded {
                    return;
                }
            }
            self.add(text::guess(bytes));
            return;
        }
        if let Some(name) = charset.and_then(|charset| text::decode(charset, bytes)) {
            self.add(name);
        }
        self.add(text::encoded_words(bytes));
        for charset in ["windows-1252", "windows-1258"] {
            if let Some(name) = text::decode(charset, bytes) {
                self.add(name);
            }
        }
    }

    fn add(&mut self, mut name: String) {
        if name.len() > MAX_NAME {
            // The beginning and the end: what a file is stands at its end.
            let end = name.floor_char_boundary(MAX_NAME / 2);
            let start = name.ceil_char_boundary(name.len() - MAX_NAME / 2);
            name.replace_range(end..start, "");
        }
        if name.is_empty() || self.all.contains(&name) {
            return;
        }
        if self.all.len() < MAX_READINGS {
            self.all.push(name);
        } else {
            self.cut = true;
        }
    }
}

/// Bytes of one reading.
const MAX_NAME: usize = 4 << 10;
const MAX_READINGS: usize = 32;
