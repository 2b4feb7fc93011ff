//! Text boxes, shapes and WordArt of a Word document, in DrawingML and in VML.
//!
//! Word writes both, one for programs that do not know the other (`mc:AlternateContent`, ECMA-376
//! part 3, 7.6); which one is shown depends on the program. Both are read, and of the second one only
//! what the first does not say.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
};

use super::{Tag, Word, text};
use crate::{content::span::Spot, facts::NotOpened};

/// Boxes that are open.
#[derive(Debug, Default)]
pub(super) struct Boxes {
    open: Vec<Boxed>,
    /// The shape that is open, or the one that was last.
    line: Option<bool>,
    filled: bool,
    /// Depths of the outline and of the properties of the shape.
    outline: Option<u32>,
    properties: Option<u32>,
    /// Depth of the drawing that is a watermark by its name.
    watermark: Option<u32>,
}

/// A text box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boxed {
    pub(super) depth: u32,
    /// Whether there is a line around it, where that is known.
    pub(super) line: Option<bool>,
    pub(super) watermark: bool,
    filled: bool,
}

impl Boxes {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The innermost box that a paragraph stands in.
    pub(super) fn around(&self, depth: u32) -> Option<Boxed> {
        let last = self.open.last().copied();
        last.filter(|last| last.depth < depth)
    }

    pub(super) fn is_filled(&self) -> bool {
        self.open.last().is_some_and(|last| last.filled)
    }

    pub(super) fn close(&mut self, depth: u32) {
        while self.open.last().is_some_and(|last| last.depth >= depth) {
            self.open.pop();
        }
        for at in [&mut self.outline, &mut self.properties, &mut self.watermark] {
            if at.is_some_and(|at| at >= depth) {
                *at = None;
            }
        }
    }
}

/// Alternatives that are open.
#[derive(Debug, Default)]
pub(super) struct Alternates {
    open: Vec<Alternate>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Alternate {
    depth: u32,
    /// Hashes of what the first choice says.
    said: HashSet<u64>,
    /// Whether the choice or what stands for it is open.
    choice: bool,
    fallback: bool,
    /// Paragraphs around it.
    paragraphs: usize,
    /// Whether the choice said something in the paragraph around it.
    inline: bool,
}

impl Alternates {
    /// Whether text in the paragraph that is open (one of `paragraphs`) was said by a choice before.
    pub(super) fn again(&mut self, paragraphs: usize) -> bool {
        let mut again = false;
        for alternate in &mut self.open {
            if alternate.paragraphs == paragraphs {
                again |= alternate.fallback && alternate.inline;
                alternate.inline |= alternate.choice;
            }
        }
        again
    }

    /// Whether a text is new: not said by a choice in whose place it stands.
    pub(super) fn is_new(&mut self, text: &str) -> bool {
        if self.open.is_empty() {
            return true;
        }
        let hash = self.hasher.hash_one(text);
        let mut new = true;
        for alternate in &mut self.open {
            if alternate.choice {
                alternate.said.insert(hash);
            } else if alternate.fallback {
                new &= !alternate.said.contains(&hash);
            }
        }
        new
    }

    pub(super) fn close(&mut self, depth: u32) {
        while self.open.last().is_some_and(|last| last.depth >= depth) {
            self.open.pop();
        }
        if let Some(last) = self.open.last_mut()
            && last.depth.saturating_add(1) == depth
        {
            last.choice = false;
            last.fallback = false;
        }
    }
}

impl Word<'_, '_, '_, '_> {
    /// A tag that may belong to a box.
    pub(super) fn box_tag(&mut self, tag: &Tag<'_>, depth: u32) -> Result<(), NotOpened> {
        let boxes = &mut self.boxes;
        match tag.name {
            b"AlternateContent" if self.alternates.open.len() < ALTERNATES => {
                self.alternates.open.push(Alternate {
                    depth,
                    said: HashSet::new(),
                    choice: false,
                    fallback: false,
                    paragraphs: self.paragraphs.len(),
                    inline: false,
                });
            }
            b"Choice" | b"Fallback" => {
                if let Some(last) = self.alternates.open.last_mut()
                    && last.depth.saturating_add(1) == depth
                {
                    // Of several choices the later ones say the same again.
                    last.fallback = tag.name == b"Fallback" || !last.said.is_empty() || last.inline;
                    last.choice = !last.fallback;
                }
            }
            b"txbxContent" => {
                let (line, filled) = (boxes.line, boxes.filled);
                let watermark = boxes.watermark.is_some();
                boxes.open.push(Boxed {
                    depth,
                    line,
                    watermark,
                    filled,
                });
            }
            b"wsp" | b"sp" | b"pic" => (boxes.line, boxes.filled) = (None, false),
            b"spPr" => boxes.properties = Some(depth),
            b"ln" if boxes.properties.is_some() => {
                boxes.outline = Some(depth);
                boxes.line = Some(true);
            }
            b"noFill" if boxes.outline.is_some() => boxes.line = Some(false),
            b"solidFill" | b"gradFill" | b"blipFill" | b"pattFill"
                if boxes.properties.is_some() && boxes.outline.is_none() =>
            {
                boxes.filled = true;
            }
            b"lnRef" if boxes.line.is_none() => boxes.line = Some(!tag.is(b"idx", b"0")),
            b"docPr" | b"cNvPr" => {
                if tag.name == b"docPr" && is_watermark(tag.raw(b"name")) {
                    boxes.watermark = depth.checked_sub(1);
                }
                let shown = [tag.value(b"title"), tag.value(b"descr")];
                for text in shown.iter().flatten() {
                    self.alternative_text(text)?;
                }
            }
            b"shape" | b"rect" | b"roundrect" | b"oval" => {
                boxes.line = Some(!matches!(tag.raw(b"stroked"), Some(b"f" | b"false")));
                let fill = tag.raw(b"fillcolor").unwrap_or(b"white");
                boxes.filled = !matches!(tag.raw(b"filled"), Some(b"f" | b"false"))
                    && !fill.starts_with(b"white")
                    && !fill.starts_with(b"#fff");
                if is_watermark(tag.raw(b"id")) {
                    boxes.watermark = Some(depth);
                }
                if let Some(text) = tag.value(b"alt") {
                    self.alternative_text(&text)?;
                }
            }
            b"textpath" => {
                let above = matches!(self.spot, Spot::Header | Spot::Footer);
                let watermark = above || boxes.watermark.is_some();
                let spot = if watermark {
                    Spot::Watermark
                } else {
                    Spot::TextBox
                };
                let shown = text(tag.raw(b"string").unwrap_or_default());
                if self.alternates.is_new(shown.trim()) {
                    self.out.say(spot, self.page, &shown)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn alternative_text(&mut self, text: &str) -> Result<(), NotOpened> {
        if self.alternates.is_new(text) {
            self.out.say(Spot::Alt, self.page, text)?;
        }
        Ok(())
    }
}

/// Whether the name of a shape is the one that Word gives to watermarks.
pub(in crate::content::document::text) fn is_watermark(name: Option<&[u8]>) -> bool {
    let name = name.unwrap_or_default().to_ascii_lowercase();
    memchr::memmem::find(&name, b"watermark").is_some()
}

/// Alternatives inside each other that are told apart.
const ALTERNATES: usize = 16;
