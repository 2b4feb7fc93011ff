//! The content of an OpenDocument file: paragraphs, and where they stand.
//!
//! One pass over the tags. What stands around a paragraph (cells, frames, notes) lies on a stack with
//! the depth that it began at.

mod place;

use std::borrow::Cow;

use super::{
    super::{
        package::{Out, content as content_of},
        paragraph::{Look, Paragraph, Props},
        tags::{Event, Tag, Tags, text},
    },
    styles::Styles,
};
use crate::{content::span::Spot, facts::NotOpened};
use place::{Around, Frames};

/// Which part it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `content.xml`.
    Content,
    /// `styles.xml`: what stands on every page.
    Masters,
    /// The content of an object inside.
    Object,
}

/// Reads a part.
pub(super) fn read(
    part: &[u8],
    which: Part,
    styles: &Styles,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    let mut reading = Reading {
        part: which,
        styles,
        out,
        body: Body::Text,
        page: None,
        page_empty: true,
        paragraphs: Vec::new(),
        frames: Frames::default(),
        skip: None,
    };
    let mut tags = Tags::new(part);
    while let Some((event, depth)) = tags.next() {
        reading.out.tick()?;
        match event {
            Event::Open(tag) if reading.skip.is_none() => {
                let alternative = matches!(tag.name, b"title" | b"desc") && reading.in_frame();
                if alternative || matches!(tag.name, b"header-decl" | b"footer-decl") {
                    let said = content_of(&mut tags, depth);
                    let spot = match tag.name {
                        b"header-decl" => Spot::Header,
                        b"footer-decl" => Spot::Footer,
                        _ => Spot::Alt,
                    };
                    reading.out.say(spot, reading.page, &said)?;
                } else {
                    reading.open(&tag, depth)?;
                }
            }
            Event::Close => reading.close(depth)?,
            Event::Text(piece) if !reading.paragraphs.is_empty() => reading.text(&text(piece)),
            Event::Raw(piece) if !reading.paragraphs.is_empty() => {
                reading.text(&String::from_utf8_lossy(piece));
            }
            _ => {}
        }
    }
    reading.out.damaged |= tags.damaged;
    // What a damaged part left open.
    reading.close(0)
}

struct Reading<'r, 'a, 'o, 'm> {
    part: Part,
    styles: &'r Styles,
    out: &'r mut Out<'a, 'o, 'm>,
    body: Body,
    page: Option<u32>,
    /// Whether no text stands on the page yet.
    page_empty: bool,
    paragraphs: Vec<Open>,
    frames: Frames,
    /// Depth of an element whose content is passed over.
    skip: Option<u32>,
}

/// What the document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Text,
    Sheets,
    Slides,
}

/// A paragraph that is open.
struct Open {
    depth: u32,
    text: Paragraph,
    /// Its own look, and that of each span that is open.
    props: Props,
    spans: Vec<(u32, Props)>,
    page: Option<u32>,
}

impl Reading<'_, '_, '_, '_> {
    fn open(&mut self, tag: &Tag<'_>, depth: u32) -> Result<(), NotOpened> {
        if depth > DEPTH {
            self.skip = Some(depth);
            self.out.damaged = true;
            return Ok(());
        }
        match tag.name {
            b"p" | b"h" => self.paragraph(tag, depth),
            b"span" => {
                let own = self.styles.style("text", tag.raw(b"style-name")).props;
                if let Some(open) = self.paragraphs.last_mut() {
                    let around = open.spans.last().map_or(open.props, |(_, props)| *props);
                    open.spans.push((depth, own.over(&around)));
                }
            }
            b"s" => {
                let count = tag.number(b"c").unwrap_or(1).min(SPACES);
                for _ in 0..count {
                    self.inline(" ", false);
                }
            }
            b"tab" => self.space('\t'),
            b"line-break" => self.space('\n'),
            b"soft-page-break" => self.next_page(),
            b"hidden-text" => {
                let said = tag.value(b"string-value").unwrap_or_default();
                self.inline(&said, tag.is(b"is-hidden", b"true"));
                self.skip = Some(depth);
            }
            // Tags of styles, pictures in letters, and what makes a list of contents.
            b"binary-data"
            | b"automatic-styles"
            | b"styles"
            | b"font-face-decls"
            | b"index-title-template"
            | b"table-of-content-source" => self.skip = Some(depth),
            b"text" if depth == 2 && self.part == Part::Content => self.page = Some(1),
            b"spreadsheet" if depth == 2 => self.body = Body::Sheets,
            b"presentation" | b"drawing" if depth == 2 => self.body = Body::Slides,
            b"page" => {
                self.body = Body::Slides;
                self.page = Some(self.page.unwrap_or_default().saturating_add(1));
            }
            b"option" | b"label" | b"button" | b"textarea" | b"fixed-text" | b"combobox"
            | b"item" | b"checkbox" | b"radio" | b"listbox" => self.field(tag)?,
            b"textbox" | b"formatted-text" | b"frame"
                if tag.raw(b"control-implementation").is_some() =>
            {
                self.field(tag)?;
            }
            _ => self.around(tag, depth)?,
        }
        Ok(())
    }

    fn close(&mut self, depth: u32) -> Result<(), NotOpened> {
        if let Some(at) = self.skip {
            if at < depth {
                return Ok(());
            }
            self.skip = None;
        }
        if let Some(open) = self.paragraphs.last_mut() {
            while open.spans.last().is_some_and(|(at, _)| *at >= depth) {
                open.spans.pop();
            }
        }
        while self
            .paragraphs
            .last()
            .is_some_and(|open| open.depth >= depth)
        {
            if let Some(open) = self.paragraphs.pop() {
                self.end_paragraph(open)?;
            }
        }
        self.frames.close(depth);
        Ok(())
    }

    fn paragraph(&mut self, tag: &Tag<'_>, depth: u32) {
        let name = tag.raw(b"style-name");
        let mut style = self.styles.style("paragraph", name);
        if let (Body::Sheets, None, Some(cell)) = (self.body, name, self.frames.cell()) {
            style.props = cell.over(&style.props);
        }
        if style.breaks && !self.page_empty {
            self.next_page();
        }
        self.paragraphs.push(Open {
            depth,
            text: Paragraph::default(),
            props: style.props,
            spans: Vec::new(),
            page: None,
        });
    }

    /// Whether a frame is open in which no paragraph has begun: what stands there describes it.
    fn in_frame(&self) -> bool {
        let paragraph = self.paragraphs.last().map(|open| open.depth);
        self.frames.innermost().is_some_and(|frame| {
            matches!(frame.what, Around::Box { .. }) && paragraph.is_none_or(|at| at < frame.depth)
        })
    }

    fn text(&mut self, text: &str) {
        self.inline(&collapsed(text), false);
    }

    fn inline(&mut self, text: &str, hidden: bool) {
        let around = self.frames.innermost().map(|frame| frame.depth);
        let Some(open) = self.paragraphs.last_mut() else {
            return;
        };
        // Names of authors, base64 of pictures: in a frame, and not in a paragraph of it.
        if around.is_some_and(|around| around > open.depth) {
            return;
        }
        if open.text.is_empty() && text.trim().is_empty() {
            return;
        }
        open.page = open.page.or(self.page);
        let props = open.spans.last().map_or(open.props, |(_, props)| *props);
        let mut look: Look = props.look();
        look.hidden |= hidden || self.frames.hides();
        // What is behind a slide is not known here: it is dark as often as not.
        look.shaded |= self.body == Body::Slides || self.frames.is_shaded();
        open.text.push(text, &look, false);
        self.page_empty = false;
    }

    fn space(&mut self, space: char) {
        if let Some(open) = self.paragraphs.last_mut() {
            open.text.space(space);
        }
    }

    fn next_page(&mut self) {
        if self.body == Body::Text
            && let Some(page) = &mut self.page
        {
            *page = page.saturating_add(1);
            self.page_empty = true;
        }
    }

    /// Controls of forms (13.5), and lists to choose from: what they say and offer.
    fn field(&mut self, tag: &Tag<'_>) -> Result<(), NotOpened> {
        for name in [&b"label"[..], b"value", b"current-value"] {
            if let Some(said) = tag.value(name).filter(|said| said.len() > 1) {
                self.out.say(Spot::Field, self.page, &said)?;
            }
        }
        Ok(())
    }

    fn end_paragraph(&mut self, open: Open) -> Result<(), NotOpened> {
        if open.text.is_empty() {
            return Ok(());
        }
        let Some((mut place, number)) = self.frames.place(open.depth) else {
            return Ok(());
        };
        if number && self.body == Body::Sheets && !self.out.takes_number() {
            return Ok(());
        }
        place.page = open.page;
        place.centred |= open.props.centred.unwrap_or_default();
        place.framed |= open.props.framed.unwrap_or_default();
        if place.spot != Spot::Cell {
            place.line = self.out.line(place.spot, place.page);
        }
        for span in open.text.spans(&place) {
            self.out.put(span)?;
        }
        Ok(())
    }
}

/// Text in which all white space is one space (6.1.2).
fn collapsed(text: &str) -> Cow<'_, str> {
    let plain = !text.contains(['\n', '\t', '\r']) && !text.contains("  ");
    if plain {
        return Cow::Borrowed(text);
    }
    let mut found = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars() {
        let is_space = matches!(c, ' ' | '\n' | '\t' | '\r');
        if !(is_space && space) {
            found.push(if is_space { ' ' } else { c });
        }
        space = is_space;
    }
    Cow::Owned(found)
}

/// Elements inside each other that are read.
const DEPTH: u32 = 1024;
/// Spaces in a row that are told.
const SPACES: u32 = 256;
