//! What acts when a PDF is opened, and what lies inside it: found in each dictionary by itself, so
//! that it does not matter how one comes to it.

use std::collections::HashMap;

use super::{
    file::{Entry, File},
    object::{Dict, Text, Value},
    stream::Key,
};
use crate::content::{document::signature::pdf::Field, member_name, page};

/// What was found in all objects.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) launch: bool,
    pub(super) javascript: bool,
    pub(super) external: bool,
    /// Streams that are files, in the order in which they were found.
    pub(super) files: Vec<Attached>,
    known: HashMap<Entry, usize>,
    /// Forms of XFA: streams that may hold scripts.
    pub(super) forms: Vec<Entry>,
    /// Whether there were more files than are kept.
    pub(super) more: bool,
    /// Signatures, each place of the file once.
    pub(super) signatures: Vec<Field>,
}

/// A file inside.
#[derive(Debug)]
pub(super) struct Attached {
    pub(super) stream: Entry,
    pub(super) names: Vec<String>,
}

impl Findings {
    /// Looks at a dictionary of this object.
    pub(super) fn look(&mut self, file: &File, key: Option<&Key>, entry: Entry, dict: &Dict<'_>) {
        if let Some(Value::Array(range)) = dict.get("ByteRange")
            && let [Some(start), Some(first), Some(behind), Some(second)] =
                [0, 1, 2, 3].map(|at| range.get(at).and_then(Value::int))
            && range.len() == 4
        {
            let field = Field {
                range: [start, first, behind, second],
                stamp: file.is_named(dict, "SubFilter", &["ETSI.RFC3161"]),
            };
            if !self.signatures.contains(&field) && self.signatures.len() < MAX_SIGNATURES {
                self.signatures.push(field);
            }
        }
        let acts = |names: &[&str]| file.is_named(dict, "S", names);
        if dict.has("S") {
            self.launch |= acts(&["Launch"]);
            self.javascript |= acts(&["JavaScript"]);
            let elsewhere = acts(&["GoToR", "SubmitForm", "ImportData"])
                || (dict.has("F") && acts(&["GoToE", "Thread"]));
            self.external |= elsewhere;
        }
        self.javascript |= dict.all("JS").any(|script| !matches!(script, Value::Other))
            || dict.all("JavaScript").any(|names| has_names(file, names));
        for uri in dict.all("URI") {
            let texts = texts(file, key, entry, uri);
            self.external |= texts.iter().any(|uri| is_program_elsewhere(uri));
        }
        for form in dict.all("XFA") {
            self.form(file, form);
        }
        for files in dict.all("EF") {
            for (_, files) in file.meant(files) {
                let Value::Dict(files) = files else { continue };
                let mut names = Vec::new();
                for name in ["UF", "F", "Unix", "Mac", "DOS"] {
                    for value in dict.all(name) {
                        for text in texts(file, key, entry, value) {
                            add_name(&mut names, &text);
                        }
                    }
                }
                for (_, stream) in files.entries() {
                    self.attach(file, stream, &names);
                }
            }
        }
        // Related files: names and streams in turn.
        for related in dict.all("RF") {
            for (_, related) in file.meant(related) {
                let Value::Dict(related) = related else {
                    continue;
                };
                for (_, list) in related.entries() {
                    for (_, list) in file.meant(list) {
                        let Value::Array(list) = list else { continue };
                        for pair in list.chunks_exact(2) {
                            let [name, stream] = pair else { continue };
                            let mut names = Vec::new();
                            for text in texts(file, key, entry, name) {
                                add_name(&mut names, &text);
                            }
                            self.attach(file, stream, &names);
                        }
                    }
                }
            }
        }
    }

    /// Looks at the dictionary of a stream.
    pub(super) fn look_at_stream(&mut self, file: &File, entry: Entry, dict: &Dict<'_>) {
        if file.is_named(dict, "Type", &["EmbeddedFile"]) {
            self.add(entry, &[]);
        }
        // Its bytes are in another file (ISO 32000-2 table 5).
        self.external |= dict.all("F").any(|value| match value {
            Value::Text(_) | Value::Dict(_) => true,
            Value::Ref(..) => file
                .meant(value)
                .iter()
                .any(|(_, value)| matches!(value, Value::Text(_) | Value::Dict(_))),
            _ => false,
        });
    }

    fn attach(&mut self, file: &File, stream: &Value<'_>, names: &[String]) {
        let Value::Ref(number, _) = stream else {
            return;
        };
        for entry in file.versions(*number).filter(|entry| entry.buffer == 0) {
            self.add(entry, names);
        }
    }

    fn add(&mut self, stream: Entry, names: &[String]) {
        let at = match self.known.get(&stream) {
            Some(at) => *at,
            None if self.files.len() >= MAX_FILES => {
                self.more = true;
                return;
            }
            None => {
                self.known.insert(stream, self.files.len());
                self.files.push(Attached {
                    stream,
                    names: Vec::new(),
                });
                self.files.len() - 1
            }
        };
        let Some(attached) = self.files.get_mut(at) else {
            return;
        };
        for name in names {
            if attached.names.len() < MAX_NAMES && !attached.names.contains(name) {
                attached.names.push(name.clone());
            }
        }
    }

    fn form(&mut self, file: &File, form: &Value<'_>) {
        let mut add = |value: &Value<'_>| {
            if let Value::Ref(number, _) = value {
                let room = MAX_FORMS.saturating_sub(self.forms.len());
                self.forms.extend(file.versions(*number).take(room));
            }
        };
        add(form);
        for (_, value) in file.meant(form) {
            if let Value::Array(list) = value {
                list.iter().for_each(&mut add);
            }
        }
    }
}

/// Whether a name tree has names, or children that may have.
fn has_names(file: &File, names: &Value<'_>) -> bool {
    file.meant(names).iter().any(|(_, value)| {
        let Value::Dict(tree) = value else {
            return false;
        };
        ["Names", "Kids"].iter().any(|key| {
            tree.all(key).any(|list| match list {
                Value::Array(list) => !list.is_empty(),
                Value::Ref(..) => true,
                _ => false,
            })
        })
    })
}

/// The strings that a value is or refers to, decrypted.
fn texts(file: &File, key: Option<&Key>, entry: Entry, value: &Value<'_>) -> Vec<Vec<u8>> {
    let plain = |at: Entry, text: Text<'_>| {
        let bytes = text.bytes(MAX_NAME);
        match key {
            Some(key) => key.decrypt(key.handler.strings, at, &bytes).into_owned(),
            None => bytes,
        }
    };
    let meant = file.meant(value);
    let texts = meant.into_iter().filter_map(|(at, value)| match value {
        Value::Text(text) => Some(plain(at.unwrap_or(entry), text)),
        _ => None,
    });
    texts.collect()
}

/// Adds the readings of a text string (ISO 32000-2 clause 7.9.2.2).
fn add_name(names: &mut Vec<String>, bytes: &[u8]) {
    let utf16 = |rest: &[u8], from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.as_chunks().0.iter().map(|unit| from(*unit)).collect();
        vec![String::from_utf16_lossy(&units)]
    };
    let readings = match bytes {
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => member_name::readings(rest, true),
        _ => {
            // PDFDocEncoding is Latin 1 where names have letters.
            let mut readings = member_name::readings(bytes, false);
            if std::str::from_utf8(bytes).is_err() {
                let (latin, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
                readings.insert(0, latin.into_owned());
            }
            readings
        }
    };
    for name in readings {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
}

/// Whether a link leads to a program on this computer or to another computer's files: what a viewer
/// starts, or sends its user's password to. Web pages are no such thing.
fn is_program_elsewhere(uri: &[u8]) -> bool {
    let text = String::from_utf8_lossy(uri).trim().to_ascii_lowercase();
    text.starts_with("javascript:") || page::leads_to_files(&text)
}

/// Files of one document: more than the budget's members.
const MAX_FILES: usize = 20_000;
const MAX_NAMES: usize = 16;
const MAX_FORMS: usize = 64;
/// Bytes of a name.
const MAX_NAME: usize = 8192;
/// Signatures of one file that are kept.
const MAX_SIGNATURES: usize = 64;
