//! The pages of a PDF, in their order.

use std::collections::HashSet;

use memchr::memmem;

use super::{
    super::{
        file::Entry,
        object::{self, Dict, Value},
    },
    doc::Doc,
    page::{Area, Matrix},
    upright,
};
use crate::facts::NotOpened;

/// The root of a document.
pub(super) struct Catalog<'f> {
    pub(super) dict: Dict<'f>,
    /// The properties of the document.
    pub(super) info: Option<(Entry, Dict<'f>)>,
}

/// A page, with what it inherits.
pub(super) struct PageObject<'f> {
    pub(super) dict: Dict<'f>,
    pub(super) contents: Vec<Entry>,
    pub(super) resources: Option<Value<'f>>,
    pub(super) matrix: Matrix,
    pub(super) size: (f64, f64),
}

/// Finds the root: what the last trailer says, or any that has pages.
pub(super) fn catalog<'f>(doc: &Doc<'f>) -> Option<Catalog<'f>> {
    let file = doc.file;
    let mut roots = Vec::new();
    let mut infos = Vec::new();
    let mut trailer = |dict: &Dict<'_>| {
        for (key, list) in [("Root", &mut roots), ("Info", &mut infos)] {
            if let Some(Value::Ref(number, _)) = dict.get(key)
                && !list.contains(number)
            {
                list.push(*number);
            }
        }
    };
    for at in memmem::rfind_iter(file.bytes(), b"trailer").take(MAX_TRAILERS) {
        let (value, _) = object::read(file.bytes(), at + b"trailer".len(), &mut |_| ());
        if let Some(dict) = value.dict() {
            trailer(dict);
        }
    }
    for entry in file.xref_streams().iter().rev().take(MAX_TRAILERS) {
        if let Value::Dict(dict) = file.read(*entry, &mut |_| ()).0 {
            trailer(&dict);
        }
    }
    let object = |number: u32| match doc.object(number)? {
        (at, Value::Dict(dict)) => Some((at, dict)),
        _ => None,
    };
    let info = infos.iter().find_map(|number| object(*number));
    let rooted = roots
        .iter()
        .filter_map(|number| object(*number))
        .find(|(_, dict)| doc.dict(dict, "Pages").is_some());
    let (_, dict) = rooted.or_else(|| {
        let mut entries = (0..file.len()).rev().filter_map(|at| file.entry(at));
        entries.find_map(|entry| match file.read(entry, &mut |_| ()).0 {
            Value::Dict(dict) if dict.get("Type").and_then(Value::name) == Some(b"Catalog") => {
                Some((entry, dict))
            }
            _ => None,
        })
    })?;
    Some(Catalog { dict, info })
}

/// The layers that are switched off when the document is opened (clause 8.11.4.3).
pub(super) fn layers_off(doc: &Doc<'_>, catalog: &Dict<'_>) -> HashSet<u32> {
    let catalog = catalog.clone();
    let numbers = |list: Vec<Value<'_>>| -> HashSet<u32> {
        let refs = list.into_iter().filter_map(|value| match value {
            Value::Ref(number, _) => Some(number),
            _ => None,
        });
        refs.collect()
    };
    // Borrowed for as long as the file: the dictionary is read anew.
    let Some(Value::Dict(layers)) = catalog.get("OCProperties").map(|value| match value {
        Value::Ref(number, _) => doc.object(*number).map_or(Value::Other, |(_, value)| value),
        value => value.clone(),
    }) else {
        return HashSet::new();
    };
    let list = |dict: &Dict<'_>, key: &str| match dict.get(key) {
        Some(Value::Array(list)) => numbers(list.clone()),
        Some(Value::Ref(number, _)) => match doc.object(*number) {
            Some((_, Value::Array(list))) => numbers(list),
            _ => HashSet::new(),
        },
        _ => HashSet::new(),
    };
    let Some(Value::Dict(default)) = layers.get("D").map(|value| match value {
        Value::Ref(number, _) => doc.object(*number).map_or(Value::Other, |(_, value)| value),
        value => value.clone(),
    }) else {
        return HashSet::new();
    };
    let mut off = match default.get("BaseState").and_then(Value::name) {
        Some(b"OFF") => list(&layers, "OCGs"),
        _ => HashSet::new(),
    };
    for on in list(&default, "ON") {
        off.remove(&on);
    }
    off.extend(list(&default, "OFF"));
    off
}

/// Calls `take` with each page and its number from 1: those of the page tree, or, where there is none, all
/// page objects of the file.
pub(super) fn each<'f>(
    doc: &Doc<'f>,
    catalog: Option<&Catalog<'f>>,
    take: &mut dyn FnMut(u32, &PageObject<'f>) -> Result<(), NotOpened>,
) -> Result<(), NotOpened> {
    let mut number = 0;
    let mut seen: HashSet<u32> = HashSet::new();
    let mut open: Vec<(Value<'f>, Inherited<'f>)> = Vec::new();
    if let Some(root) = catalog.and_then(|catalog| catalog.dict.get("Pages")) {
        open.push((root.clone(), Inherited::default()));
    }
    while let Some((value, mut inherited)) = open.pop() {
        if let Value::Ref(number, _) = &value
            && !seen.insert(*number)
        {
            continue;
        }
        let Value::Dict(dict) = doc.get(&value).1 else {
            continue;
        };
        inherited.take(&dict);
        let kids = doc.array(&dict, "Kids");
        if kids.is_empty() {
            if dict.has("Contents") || dict.has("Annots") {
                number += 1;
                take(number, &page(doc, dict, &inherited))?;
            } else if doc.name(&dict, "Type").as_deref() == Some("Page") {
                number += 1;
            }
            continue;
        }
        if open.len().saturating_add(kids.len()) > MAX_OPEN {
            return Err(NotOpened::Damaged);
        }
        open.extend(kids.into_iter().rev().map(|kid| (kid, inherited.clone())));
    }
    if number > 0 {
        return Ok(());
    }
    let mut last = None;
    for at in 0..doc.file.len() {
        let Some(entry) = doc.file.entry(at) else {
            break;
        };
        if last == Some(entry.number) {
            continue;
        }
        if let (Value::Dict(dict), _) = doc.file.read(entry, &mut |_| ())
            && dict.get("Type").and_then(Value::name) == Some(b"Page")
            && let Some((_, Value::Dict(dict))) = doc.object(entry.number)
        {
            last = Some(entry.number);
            let mut inherited = Inherited::default();
            if let Some(parent) = doc.dict(&dict, "Parent") {
                inherited.take(&parent);
            }
            inherited.take(&dict);
            number += 1;
            take(number, &page(doc, dict, &inherited))?;
        }
    }
    Ok(())
}

/// What pages have from the nodes above them.
#[derive(Clone, Default)]
struct Inherited<'f> {
    resources: Option<Value<'f>>,
    media: Option<Value<'f>>,
    rotate: Option<Value<'f>>,
}

impl<'f> Inherited<'f> {
    fn take(&mut self, dict: &Dict<'f>) {
        let take = |place: &mut Option<Value<'f>>, key: &str| {
            if let Some(value) = dict.get(key) {
                *place = Some(value.clone());
            }
        };
        take(&mut self.resources, "Resources");
        take(&mut self.media, "MediaBox");
        take(&mut self.media, "CropBox");
        take(&mut self.rotate, "Rotate");
    }
}

fn page<'f>(doc: &Doc<'f>, dict: Dict<'f>, inherited: &Inherited<'f>) -> PageObject<'f> {
    let list = match inherited.media.as_ref().map(|value| doc.get(value).1) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let corners: Vec<f64> = list.iter().filter_map(|value| doc.number(value)).collect();
    let area = match corners.as_slice() {
        [a, b, c, d] => Area::around([(*a, *b), (*c, *d)]).0,
        _ => [0.0, 0.0, 595.0, 842.0],
    };
    let rotate = inherited
        .rotate
        .as_ref()
        .and_then(|value| doc.file.int(Some(value)));
    let (matrix, size) = upright(area, rotate.unwrap_or(0));
    let mut contents = Vec::new();
    if let Some(value) = dict.get("Contents") {
        match doc.get(value) {
            (_, Value::Array(list)) => {
                contents.extend(
                    list.iter()
                        .take(MAX_STREAMS)
                        .filter_map(|value| doc.get(value).0),
                );
            }
            (Some(entry), _) => contents.push(entry),
            _ => {}
        }
    }
    PageObject {
        resources: inherited.resources.clone(),
        dict,
        contents,
        matrix,
        size,
    }
}

/// Trailers that are read, from the end.
const MAX_TRAILERS: usize = 64;
/// Pages and nodes that wait.
const MAX_OPEN: usize = 100_000;
/// Content streams of one page.
const MAX_STREAMS: usize = 4096;
