//! A document package as those who read its text need it: parts as XML in UTF-8, and how they hang
//! together (ECMA-376 part 2: relationships and content types).

use std::collections::HashMap;

use super::{
    number::NUMBERS,
    tags::{Event, Tags, text},
};
use crate::{
    content::{
        archive::zip::Archive,
        budget::{Held, Spending},
        opener::Inside,
        source::Source,
        span::{Span, Spot},
    },
    facts::NotOpened,
};

/// A package that is open.
pub(super) struct Package {
    archive: Archive,
    /// Paths of its parts in the order of the archive.
    pub(super) paths: Vec<String>,
    /// Where each stands there, by the path in lower case.
    places: HashMap<String, usize>,
}

/// A part in memory.
pub(super) struct Part {
    pub(super) bytes: Vec<u8>,
    /// Given back with the part.
    _held: Held,
}

/// A relationship of a part.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    pub(super) id: String,
    /// The end of its type, in lower case.
    pub(super) kind: String,
    /// The path of the part that it leads to.
    pub(super) target: String,
}

/// Where the text of one document goes.
pub(super) struct Out<'a, 'o, 'm> {
    pub(super) inside: &'a mut Inside<'o, 'm>,
    /// The next line of each spot of each page.
    lines: HashMap<(Spot, Option<u32>), u32>,
    /// Whether something could not be read.
    pub(super) damaged: bool,
    /// Numbers of sheets that may still be told.
    numbers: u32,
    events: u32,
}

impl Package {
    pub(super) fn of(source: &Source, spending: &mut Spending) -> Result<Self, NotOpened> {
        let archive = Archive::of(source, spending)?;
        let paths: Vec<String> = archive.members().collect();
        let mut places = HashMap::with_capacity(paths.len());
        for (place, path) in paths.iter().enumerate() {
            places.entry(path.to_ascii_lowercase()).or_insert(place);
        }
        Ok(Self {
            archive,
            paths,
            places,
        })
    }

    /// The path of a part as the archive writes it.
    pub(super) fn path(&self, wanted: &str) -> Option<&str> {
        let wanted = wanted.trim_start_matches('/').to_ascii_lowercase();
        let place = self.places.get(&wanted)?;
        self.paths.get(*place).map(String::as_str)
    }

    /// A part as it is.
    pub(super) fn bytes(
        &self,
        path: &str,
        out: &mut Out<'_, '_, '_>,
    ) -> Result<Option<Part>, NotOpened> {
        let Some(path) = self.path(path) else {
            return Ok(None);
        };
        let spending = out.inside.spending();
        let limit = usize::try_from(spending.memory_left() / 2)
            .unwrap_or(PART)
            .min(PART);
        let Some(part) = self.archive.read_some(path, limit, spending)? else {
            out.damaged = true;
            return Ok(None);
        };
        out.damaged |= !part.whole;
        let held = out.inside.spending().hold(part.bytes.len() as u64)?;
        Ok(Some(Part {
            bytes: part.bytes,
            _held: held,
        }))
    }

    /// A part that is XML, in UTF-8.
    pub(super) fn xml(
        &self,
        path: &str,
        out: &mut Out<'_, '_, '_>,
    ) -> Result<Option<Part>, NotOpened> {
        let Some(mut part) = self.bytes(path, out)? else {
            return Ok(None);
        };
        if let Some(encoding) = encoding(&part.bytes) {
            let (text, _) = encoding.decode_with_bom_removal(&part.bytes);
            part.bytes = text.into_owned().into_bytes();
        }
        Ok(Some(part))
    }

    /// The relationships of a part; of the package for an empty path.
    pub(super) fn relations(
        &self,
        path: &str,
        out: &mut Out<'_, '_, '_>,
    ) -> Result<Vec<Relation>, NotOpened> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let slash = if folder.is_empty() { "" } else { "/" };
        let mut found = Vec::new();
        let Some(part) = self.xml(&format!("{folder}{slash}_rels/{name}.rels"), out)? else {
            return Ok(found);
        };
        let mut tags = Tags::new(&part.bytes);
        while let Some((event, _)) = tags.next() {
            let Event::Open(tag) = event else { continue };
            if tag.name != b"Relationship" || tag.is(b"TargetMode", b"External") {
                continue;
            }
            let kind = tag.value(b"Type").unwrap_or_default();
            let kind = kind.rsplit('/').next().unwrap_or_default();
            let target = tag.value(b"Target").unwrap_or_default();
            found.push(Relation {
                id: tag.value(b"Id").unwrap_or_default().into_owned(),
                kind: kind.to_ascii_lowercase(),
                target: resolved(folder, &target),
            });
            if found.len() >= RELATIONS {
                break;
            }
        }
        Ok(found)
    }
}

impl<'a, 'o, 'm> Out<'a, 'o, 'm> {
    pub(super) fn new(inside: &'a mut Inside<'o, 'm>) -> Self {
        Self {
            inside,
            lines: HashMap::new(),
            damaged: false,
            numbers: NUMBERS,
            events: 0,
        }
    }

    /// The number of the next piece of this spot and page.
    pub(super) fn line(&mut self, spot: Spot, page: Option<u32>) -> u32 {
        let next = self.lines.entry((spot, page)).or_default();
        let line = *next;
        *next = next.saturating_add(1);
        line
    }

    /// Hands a piece on.
    pub(super) fn put(&mut self, span: Span) -> Result<(), NotOpened> {
        self.inside.text(span)
    }

    /// Whether one more number of a sheet may be handed on: they are no reason to stop reading words.
    pub(super) fn takes_number(&mut self) -> bool {
        let takes = self.numbers > 0;
        self.numbers = self.numbers.saturating_sub(1);
        takes
    }

    /// Hands on a text that stands for itself.
    pub(super) fn say(
        &mut self,
        spot: Spot,
        page: Option<u32>,
        text: &str,
    ) -> Result<(), NotOpened> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let line = self.line(spot, page);
        self.put(Span {
            spot,
            page,
            line,
            text: text.trim().to_owned(),
            ..Span::default()
        })
    }

    /// Called for every event: looks at the clock now and then.
    pub(super) fn tick(&mut self) -> Result<(), NotOpened> {
        self.events = self.events.wrapping_add(1);
        if self.events.is_multiple_of(4096) {
            self.inside.spending().check()?;
        }
        Ok(())
    }
}

/// The text of an element: what stands in it until it ends, without its elements.
pub(super) fn content(tags: &mut Tags<'_>, depth: u32) -> String {
    let mut found = String::new();
    while let Some((event, at)) = tags.next() {
        match event {
            Event::Text(piece) => found.push_str(&text(piece)),
            Event::Raw(piece) => found.push_str(&String::from_utf8_lossy(piece)),
            Event::Close if at <= depth => break,
            _ => {}
        }
    }
    found
}

/// The path that a target leads to, seen from a folder of the package.
fn resolved(folder: &str, target: &str) -> String {
    let (start, target) = match target.strip_prefix('/') {
        Some(target) => ("", target),
        None => (folder, target),
    };
    let mut pieces: Vec<&str> = Vec::new();
    for piece in start.split('/').chain(target.split('/')) {
        match piece {
            "" | "." => {}
            ".." => {
                pieces.pop();
            }
            piece => pieces.push(piece),
        }
    }
    pieces.join("/")
}

/// How a part is encoded, where it is not UTF-8.
fn encoding(part: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    match part {
        [0xff, 0xfe, ..] | [b'<', 0, ..] => return Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] | [0, b'<', ..] => return Some(encoding_rs::UTF_16BE),
        _ => {}
    }
    let head = part.strip_prefix(b"\xef\xbb\xbf").unwrap_or(part);
    let head = head.get(..head.len().min(256))?;
    let end = memchr::memmem::find(head.strip_prefix(b"<?xml")?, b"?>")?;
    let declaration = std::str::from_utf8(head.get(5..end.checked_add(5)?)?).ok()?;
    let (_, label) = declaration.split_once("encoding")?;
    let label = label.split(['"', '\'']).nth(1)?;
    let found = encoding_rs::Encoding::for_label(label.as_bytes())?;
    // Whatever says UTF-16 in bytes of ASCII is not.
    let wide = found == encoding_rs::UTF_16LE || found == encoding_rs::UTF_16BE;
    (found != encoding_rs::UTF_8 && !wide).then_some(found)
}

/// Bytes of a part that are read.
const PART: usize = 96 << 20;
/// Relationships of one part that are followed.
const RELATIONS: usize = 10_000;
