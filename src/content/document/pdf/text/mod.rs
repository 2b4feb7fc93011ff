//! The text of a PDF (ISO 32000-2), with its places and looks.
//!
//! Content streams are interpreted as far as they place text (`interpreter.rs`), fonts tell what codes
//! stand for (`font.rs`), places become lines (`lines.rs`). Pages are read one after the other until the
//! budget for text ends. Everything counts that a reader can see: forms, layers, annotations, fields;
//! what cannot be seen is marked so.

mod annotations;
mod cmap;
mod doc;
mod font;
mod interpreter;
mod lexer;
mod lines;
mod names;
mod page;
mod pages;
mod paint;
mod program;
mod properties;
mod resources;
mod ruling;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use super::{Limits, Lock, file::File};
use crate::{
    content::{Span, Spot, opener::Inside},
    facts::NotOpened,
};

use self::{
    doc::Doc,
    font::Reach,
    interpreter::Interpreter,
    lines::{Line, lines},
    page::{Area, Matrix, Page},
    pages::PageObject,
    resources::{MAX_CONTENT, Shared},
};

/// Hands on the text of a PDF. Nothing where no password opens it: the caller says so.
///
/// # Errors
/// When the budget ends; [`NotOpened::Unsupported`] where most letters are of fonts that do not tell what
/// they stand for.
pub(super) fn read(
    file: &File,
    lock: &Lock,
    inside: &mut Inside<'_, '_>,
    limits: &mut Limits,
) -> Result<(), NotOpened> {
    if matches!(lock, Lock::Closed(_)) {
        return Ok(());
    }
    let doc = Doc::new(file, lock);
    let mut reach = Reach {
        doc: &doc,
        inside,
        limits,
    };
    let catalog = pages::catalog(&doc);
    let mut shared = Shared::default();
    if let Some(catalog) = &catalog {
        shared.off = pages::layers_off(&doc, &catalog.dict);
    }
    properties::read(catalog.as_ref(), &mut reach)?;
    let mut reader = Reader::default();
    pages::each(&doc, catalog.as_ref(), &mut |number, page| {
        reader.page(number, page, &mut shared, &mut reach)
    })?;
    if let Some(catalog) = &catalog {
        reader.fields(&catalog.dict, &mut reach)?;
    }
    properties::alternatives(&mut reach)?;
    let (unknown, known) = (reader.unknown, reader.known);
    if doc.is_exhausted() {
        return Err(NotOpened::Damaged);
    }
    if unknown > 20 && unknown > known {
        return Err(NotOpened::Unsupported);
    }
    Ok(())
}

/// What is kept from page to page.
#[derive(Default)]
pub(in crate::content::document::pdf::text) struct Reader {
    /// Lines at the edges of the page before: they are heads and feet where they come again.
    edges: HashSet<String>,
    unknown: u64,
    known: u64,
    /// Fields whose values were handed on, by number.
    pub(super) fields: HashSet<u32>,
}

impl Reader {
    fn page<'f>(
        &mut self,
        number: u32,
        object: &PageObject<'f>,
        shared: &mut Shared<'f>,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<(), NotOpened> {
        reach.inside.spending().check()?;
        let mut bytes = Vec::new();
        for entry in &object.contents {
            let room = MAX_CONTENT.saturating_sub(bytes.len());
            let stream = reach.stream(*entry, room)?;
            match bytes.is_empty() {
                true => bytes = stream,
                false => {
                    bytes.push(b'\n');
                    bytes.extend_from_slice(&stream);
                }
            }
        }
        let mut interpreter = Interpreter::new(shared);
        let resources = interpreter
            .shared
            .resources(reach.doc, object.resources.as_ref());
        interpreter.page.size = object.size;
        if let Some(resources) = &resources {
            interpreter.run(&bytes, resources, object.matrix, reach)?;
        }
        let page = std::mem::take(&mut interpreter.page);
        drop(interpreter);
        self.count(&page);
        let found = lines(&page);
        self.hand_on(number, &page, found, reach)?;
        self.annotations(number, object, shared, reach)
    }

    fn count(&mut self, page: &Page) {
        for glyph in &page.glyphs {
            match glyph.from == glyph.to {
                true => self.unknown += 1,
                false => self.known += 1,
            }
        }
    }

    /// Hands on the lines of a page.
    fn hand_on(
        &mut self,
        number: u32,
        page: &Page,
        found: Vec<Line>,
        reach: &mut Reach<'_, '_, '_, '_>,
    ) -> Result<(), NotOpened> {
        let mut edges = HashSet::new();
        for line in found {
            let Area([_, bottom, _, top]) = line.area;
            let high = page.size.1;
            let (head, foot) = (bottom > high * 0.88, top < high * 0.12);
            let mut spot = Spot::Body;
            if head || foot {
                // Page numbers change.
                let key: String = line.text.chars().filter(|c| !c.is_numeric()).collect();
                let again = self.edges.contains(&key);
                spot = match (again, head) {
                    (false, _) => Spot::Body,
                    (true, true) => Spot::Header,
                    (true, false) => Spot::Footer,
                };
                edges.insert(key);
            }
            if line.watermark {
                spot = Spot::Watermark;
            }
            reach.inside.text(span(line, spot, number))?;
        }
        self.edges = edges;
        for (line, text) in (0..).zip(&page.alt) {
            reach.inside.text(Span {
                spot: Spot::Alt,
                page: Some(number),
                line,
                text: text.clone(),
                ..Span::default()
            })?;
        }
        Ok(())
    }
}

fn span(line: Line, spot: Spot, page: u32) -> Span {
    Span {
        spot,
        page: Some(page),
        line: line.row,
        column: line.column,
        text: line.text,
        style: line.style,
        legacy: line.legacy,
        ..Span::default()
    }
}

/// The matrix that shows a page upright, its lower left corner at the origin.
fn upright(area: [f64; 4], rotate: i64) -> (Matrix, (f64, f64)) {
    let [l, b, r, t] = area;
    let (wide, high) = (r - l, t - b);
    let moved = Matrix::moved(-l, -b);
    let turned = |numbers: [f64; 6]| moved.then(Matrix(numbers));
    match rotate.rem_euclid(360) {
        90 => (turned([0.0, -1.0, 1.0, 0.0, 0.0, wide]), (high, wide)),
        180 => (turned([-1.0, 0.0, 0.0, -1.0, wide, high]), (wide, high)),
        270 => (turned([0.0, 1.0, -1.0, 0.0, high, 0.0]), (high, wide)),
        _ => (moved, (wide, high)),
    }
}
