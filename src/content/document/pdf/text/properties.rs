//! What a PDF says beside its pages: properties, outlines, alternative texts.

use std::collections::{HashMap, HashSet};

use memchr::memmem;

use super::{
    super::{
        file::Entry,
        object::{self, Dict, Value},
    },
    doc::Doc,
    font::Reach,
    pages::Catalog,
};
use crate::{
    content::{Span, Spot, opener::Inside},
    facts::NotOpened,
};

/// Hands on title, subject, keywords and own properties (ISO 32000-2 clause 14.3), and the titles of the
/// outlines (clause 12.3.3).
pub(super) fn read<'f>(
    catalog: Option<&Catalog<'f>>,
    reach: &mut Reach<'_, 'f, '_, '_>,
) -> Result<(), NotOpened> {
    let doc = reach.doc;
    let Some(catalog) = catalog else {
        return Ok(());
    };
    let mut said: Vec<String> = Vec::new();
    if let Some((at, info)) = &catalog.info {
        for (key, _) in info.entries().take(MAX_PROPERTIES) {
            let key = String::from_utf8_lossy(key);
            if !TECHNICAL.contains(&&*key) {
                said.extend(doc.text(Some(*at), info, &key));
            }
        }
    }
    if let Some(metadata) = catalog.dict.get("Metadata")
        && let (Some(entry), _) = doc.get(metadata)
    {
        let bytes = reach.stream(entry, MAX_METADATA)?;
        described(&String::from_utf8_lossy(&bytes), &mut said);
    }
    let mut line = 0;
    let mut known = HashSet::new();
    for text in said {
        if known.insert(text.clone()) {
            hand_on(reach.inside, Spot::Property, &mut line, text)?;
        }
    }
    let mut open: Vec<Value<'f>> = Vec::new();
    if let Some(outlines) = doc.dict(&catalog.dict, "Outlines") {
        open.extend(outlines.get("First").cloned());
    }
    let mut seen: HashSet<Entry> = HashSet::new();
    while let Some(value) = open.pop() {
        let (Some(at), Value::Dict(item)) = doc.get(&value) else {
            continue;
        };
        if !seen.insert(at) || seen.len() > MAX_OUTLINES {
            continue;
        }
        reach.inside.spending().check()?;
        if let Some(title) = doc.text(Some(at), &item, "Title") {
            hand_on(reach.inside, Spot::Property, &mut line, title)?;
        }
        // What is below it comes before what follows.
        open.extend(item.get("Next").cloned());
        open.extend(item.get("First").cloned());
    }
    Ok(())
}

/// The texts of title, subject, description and keywords in XMP.
fn described(xml: &str, said: &mut Vec<String>) {
    for name in ["dc:title", "dc:subject", "dc:description", "pdf:Keywords"] {
        let (start, end) = (format!("<{name}"), format!("</{name}>"));
        let Some((_, behind)) = xml.split_once(&start) else {
            continue;
        };
        let Some((content, _)) = behind.split_once(&end) else {
            continue;
        };
        // Each item of a list is a text of its own.
        for piece in content.split('<').take(MAX_PROPERTIES) {
            let Some((_, text)) = piece.split_once('>') else {
                continue;
            };
            let text = match quick_xml::escape::unescape(text) {
                Ok(text) => text.trim().to_owned(),
                Err(_) => text.trim().to_owned(),
            };
            if !text.is_empty() {
                said.push(text);
            }
        }
    }
}

/// Hands on the alternative texts of pictures (clause 14.9.3), wherever they stand in the file.
pub(super) fn alternatives(reach: &mut Reach<'_, '_, '_, '_>) -> Result<(), NotOpened> {
    let doc = reach.doc;
    let mut line = 0;
    let mut buffers: HashMap<u32, Vec<u32>> = HashMap::new();
    for at in 0..doc.file.len() {
        let Some(entry) = doc.file.entry(at) else {
            break;
        };
        if at % 1024 == 0 {
            reach.inside.spending().check()?;
        }
        let starts = buffers
            .entry(entry.buffer)
            .or_insert_with(|| alternatives_in(doc, entry.buffer));
        let behind = starts.partition_point(|place| *place < entry.at);
        if starts
            .get(behind)
            .is_none_or(|place| place - entry.at > NEAR)
        {
            continue;
        }
        let mut found = Vec::new();
        doc.file.read(entry, &mut |dict: &Dict<'_>| {
            if dict.has("S")
                && let Some(Value::Text(text)) = dict.get("Alt")
            {
                found.push(doc.text_of(Some(entry), *text));
            }
        });
        for text in found {
            hand_on(reach.inside, Spot::Alt, &mut line, text)?;
        }
    }
    Ok(())
}

/// Where `/Alt` stands in a buffer.
fn alternatives_in(doc: &Doc<'_>, buffer: u32) -> Vec<u32> {
    let bytes = doc.file.buffer(buffer);
    let found = memmem::find_iter(bytes, b"/Alt").filter(|at| {
        let behind = object::skip_space(bytes, at + b"/Alt".len());
        matches!(bytes.get(behind), Some(b'(' | b'<'))
    });
    found.filter_map(|at| u32::try_from(at).ok()).collect()
}

fn hand_on(
    inside: &mut Inside<'_, '_>,
    spot: Spot,
    line: &mut u32,
    text: String,
) -> Result<(), NotOpened> {
    inside.text(Span {
        spot,
        line: *line,
        text,
        ..Span::default()
    })?;
    *line = line.saturating_add(1);
    Ok(())
}

/// Properties that say nothing of the text.
const TECHNICAL: &[&str] = &[
    "Producer",
    "Creator",
    "CreationDate",
    "ModDate",
    "Trapped",
    "Author",
];
const MAX_PROPERTIES: usize = 256;
const MAX_OUTLINES: usize = 100_000;
/// Bytes of XMP.
const MAX_METADATA: usize = 1 << 20;
/// How far into an object an alternative text stands.
const NEAR: u32 = 64 << 10;
