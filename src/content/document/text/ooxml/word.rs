//! The text of a Word part (ECMA-376 part 1, 17): the document, a header, notes, comments.
//!
//! One pass over the tags. What is open (paragraphs, tables, boxes) lies on stacks with the depth that
//! it began at, so that it ends where its element ends whatever the names say.

mod boxes;
mod table;

use super::{
    super::{
        package::Out,
        paragraph::{Paragraph, Props, Where},
        tags::{Event, Tag, Tags, text},
    },
    styles::{self, Sides, Styles},
};
use crate::{
    content::span::{Span, Spot},
    facts::NotOpened,
};
pub(in super::super) use boxes::is_watermark;
use boxes::{Alternates, Boxes};
use table::Tables;

/// Reads a part. `spot` is where its running text stands; only the document has pages.
pub(super) fn read(
    part: &[u8],
    spot: Spot,
    styles: &Styles,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    let mut word = Word {
        styles,
        out,
        spot,
        page: (spot == Spot::Body).then_some(1),
        page_empty: true,
        page_forced: false,
        paragraphs: Vec::new(),
        tables: Tables::default(),
        boxes: Boxes::default(),
        alternates: Alternates::default(),
        deleted: Vec::new(),
        skip: None,
        run_properties: None,
        paragraph_properties: None,
        sides: Sides::default(),
        reading: None,
    };
    let mut tags = Tags::new(part);
    while let Some((event, depth)) = tags.next() {
        word.out.tick()?;
        match event {
            Event::Open(tag) if word.skip.is_none() => word.open(&tag, depth)?,
            Event::Close => word.close(depth)?,
            Event::Text(piece) if word.reading.is_some() => word.text(&text(piece)),
            Event::Raw(piece) if word.reading.is_some() => {
                word.text(&String::from_utf8_lossy(piece));
            }
            _ => {}
        }
    }
    word.out.damaged |= tags.damaged;
    // What a damaged part left open.
    word.close(0)
}

struct Word<'w, 'a, 'o, 'm> {
    styles: &'w Styles,
    out: &'w mut Out<'a, 'o, 'm>,
    spot: Spot,
    page: Option<u32>,
    /// Whether no text stands on the page yet, and whether the document itself began it: the break
    /// that the program noted when it laid out the text is the same one then.
    page_empty: bool,
    page_forced: bool,
    paragraphs: Vec<Open>,
    tables: Tables,
    boxes: Boxes,
    alternates: Alternates,
    /// Depths of deletions that are open.
    deleted: Vec<u32>,
    /// Depth of an element whose content is passed over.
    skip: Option<u32>,
    run_properties: Option<u32>,
    paragraph_properties: Option<u32>,
    sides: Sides,
    /// Depth of the element whose text is read, and whether that text is deleted.
    reading: Option<(u32, bool)>,
}

/// A paragraph that is open.
struct Open {
    depth: u32,
    paragraph: Paragraph,
    /// What its style says, and what itself says of its lines.
    style: Props,
    own: Props,
    /// The run that is open.
    run: Props,
    page: Option<u32>,
}

impl Word<'_, '_, '_, '_> {
    fn open(&mut self, tag: &Tag<'_>, depth: u32) -> Result<(), NotOpened> {
        if depth > DEPTH {
            self.skip = Some(depth);
            self.out.damaged = true;
            return Ok(());
        }
        if let Some(at) = self.run_properties {
            self.run_property(tag, depth == at.saturating_add(1), depth);
            return Ok(());
        }
        if self.paragraph_properties.is_some() {
            self.paragraph_property(tag, depth);
            return Ok(());
        }
        match tag.name {
            b"p" => self.paragraph(depth),
            b"r" => {
                if let Some(open) = self.paragraphs.last_mut() {
                    open.run = Props::default();
                }
            }
            b"rPr" => self.run_properties = Some(depth),
            b"pPr" => {
                self.paragraph_properties = Some(depth);
            }
            b"t" | b"delText" => {
                let deleted = tag.name == b"delText" || !self.deleted.is_empty();
                self.reading = Some((depth, deleted));
            }
            b"tab" | b"ptab" => self.space('\t'),
            b"br" | b"cr" => {
                if tag.is(b"type", b"page") {
                    self.next_page(true);
                }
                self.space('\n');
            }
            b"lastRenderedPageBreak" => {
                if !(self.page_empty && self.page_forced) {
                    self.next_page(false);
                }
            }
            // In an old encoding it is a letter.
            b"softHyphen" => self.inline("\u{ad}", false),
            b"noBreakHyphen" => self.inline("\u{2011}", false),
            b"del" | b"moveFrom" => self.deleted.push(depth),
            // How it was before a change.
            b"tblPrChange" | b"trPrChange" | b"tcPrChange" | b"sectPrChange" | b"instrText"
            | b"delInstrText" => self.skip = Some(depth),
            b"sectPr" => self.section(depth),
            b"ffData" | b"ddList" | b"listEntry" | b"listItem" | b"default" => self.field(tag)?,
            _ => {
                self.sides.side(tag, depth);
                self.table_tag(tag, depth)?;
                self.box_tag(tag, depth)?;
            }
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
        // Most ends are those of properties.
        if self.run_properties.is_some_and(|at| at < depth) {
            return Ok(());
        }
        let ended = |at: Option<u32>| at.is_some_and(|at| at >= depth);
        if ended(self.reading.map(|(at, _)| at)) {
            self.reading = None;
        }
        if ended(self.run_properties) {
            self.run_properties = None;
        }
        let framed = self.sides.close(depth);
        if ended(self.paragraph_properties) {
            self.paragraph_properties = None;
        } else if self.paragraph_properties.is_some() {
            if let (Some(framed), Some(open)) = (framed, self.paragraphs.last_mut()) {
                open.own.framed = Some(framed);
            }
            return Ok(());
        }
        if let Some(framed) = framed {
            self.tables.borders(framed);
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
        while self.deleted.last().is_some_and(|at| *at >= depth) {
            self.deleted.pop();
        }
        self.boxes.close(depth);
        self.alternates.close(depth);
        while let Some(spans) = self.tables.close(depth) {
            for span in spans {
                self.put(span)?;
            }
        }
        Ok(())
    }

    fn paragraph(&mut self, depth: u32) {
        self.paragraphs.push(Open {
            depth,
            paragraph: Paragraph::default(),
            style: self.styles.paragraph(None),
            own: Props::default(),
            run: Props::default(),
            page: None,
        });
    }

    fn run_property(&mut self, tag: &Tag<'_>, own: bool, depth: u32) {
        if tag.name == b"rPrChange" {
            self.skip = Some(depth);
        }
        let Some(open) = self.paragraphs.last_mut().filter(|_| own) else {
            return;
        };
        if tag.name == b"rStyle" {
            let style = self.styles.style(tag.raw(b"val").unwrap_or_default());
            open.run = open.run.over(&style);
        } else {
            styles::run(&mut open.run, tag);
        }
    }

    fn paragraph_property(&mut self, tag: &Tag<'_>, depth: u32) {
        self.sides.side(tag, depth);
        match tag.name {
            // The mark at the end of the paragraph has properties too.
            b"rPr" | b"pPrChange" => self.skip = Some(depth),
            b"pBdr" => self.sides = Sides::of(depth),
            b"sectPr" => self.section(depth),
            b"pageBreakBefore" if tag.on() => self.next_page(true),
            _ => {}
        }
        let Some(open) = self.paragraphs.last_mut() else {
            return;
        };
        match tag.name {
            b"pStyle" => open.style = self.styles.paragraph(tag.raw(b"val")),
            b"shd" => open.own.shaded = Some(styles::is_shaded(tag)),
            _ => styles::paragraph(&mut open.own, tag),
        }
    }

    /// The properties of a section stand in its last paragraph; the next one begins on a new page, which
    /// programs note in what follows.
    fn section(&mut self, depth: u32) {
        self.skip = Some(depth);
    }

    fn text(&mut self, text: &str) {
        let deleted = self.reading.is_some_and(|(_, deleted)| deleted);
        self.inline(text, deleted);
    }

    fn inline(&mut self, text: &str, deleted: bool) {
        if self.alternates.again(self.paragraphs.len()) {
            return;
        }
        let shaded = self.tables.is_shaded() || self.boxes.is_filled();
        let page = self.page;
        let Some(open) = self.paragraphs.last_mut() else {
            return;
        };
        open.page = open.page.or(page);
        let mut look = open.run.over(&open.own).over(&open.style).look();
        look.shaded |= shaded;
        open.paragraph.push(text, &look, deleted);
        self.page_empty = false;
    }

    fn space(&mut self, space: char) {
        if let Some(open) = self.paragraphs.last_mut() {
            open.paragraph.space(space);
        }
    }

    fn next_page(&mut self, forced: bool) {
        if let Some(page) = self.page.as_mut().filter(|_| self.boxes.is_empty()) {
            *page = page.saturating_add(1);
            self.page_empty = true;
            self.page_forced = forced;
        }
    }

    /// Form fields (17.16.5) and lists to choose from (17.5.2): what they offer.
    fn field(&mut self, tag: &Tag<'_>) -> Result<(), NotOpened> {
        let value = tag.value(b"displayText").or_else(|| tag.value(b"val"));
        let value = value.unwrap_or_default();
        if !matches!(tag.name, b"listEntry" | b"listItem" | b"default") || value.len() < 2 {
            return Ok(());
        }
        self.out.say(Spot::Field, self.page, &value)
    }

    fn end_paragraph(&mut self, open: Open) -> Result<(), NotOpened> {
        if open.paragraph.is_empty() {
            return Ok(());
        }
        let boxed = self.boxes.around(open.depth);
        let cell = self.tables.cell(open.depth);
        let in_box = boxed.is_some_and(|at| cell.is_none_or(|cell| cell.depth < at.depth));
        let spot = match (self.spot, boxed, cell) {
            (_, Some(at), _) if at.watermark => Spot::Watermark,
            (Spot::Body, Some(_), _) if in_box => Spot::TextBox,
            (Spot::Body, _, Some(_)) => Spot::Cell,
            (Spot::Body, None, None) if !self.paragraphs.is_empty() => Spot::TextBox,
            (spot, _, _) => spot,
        };
        let page = open.page;
        let (line, column) = match cell {
            Some(cell) if spot == Spot::Cell => (cell.row, cell.column),
            Some(cell) => (self.out.line(spot, page), cell.column),
            None => (self.out.line(spot, page), 0),
        };
        let framed_around = boxed.is_some_and(|at| in_box && at.line == Some(true))
            || cell.is_some_and(|cell| !in_box && cell.framed);
        let of_paragraph = open.own.over(&open.style);
        let place = Where {
            spot,
            page,
            line,
            column,
            centred: of_paragraph.centred.unwrap_or_default(),
            framed: framed_around || of_paragraph.framed.unwrap_or_default(),
        };
        for span in open.paragraph.spans(&place) {
            if self.alternates.is_new(&span.text) {
                self.put(span)?;
            }
        }
        Ok(())
    }

    /// Hands a piece on, or keeps it until its table has shown how many cells it has.
    fn put(&mut self, span: Span) -> Result<(), NotOpened> {
        for span in self.tables.hold(span) {
            self.out.put(span)?;
        }
        Ok(())
    }
}

/// Elements inside each other that are read.
const DEPTH: u32 = 1024;
