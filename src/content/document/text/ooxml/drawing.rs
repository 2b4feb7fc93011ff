//! Text in DrawingML (ECMA-376 part 1, 19 to 21): slides, shapes on sheets, diagrams, charts.

use super::{
    super::{
        package::Out,
        paragraph::{Paragraph, Props, Where},
        tags::{Event, Tag, Tags, text},
    },
    word::is_watermark,
};
use crate::{content::span::Spot, facts::NotOpened, vietnamese::Encoding};

/// Reads a part. `spot` is where text stands that its shape says nothing else of.
pub(super) fn read(
    part: &[u8],
    spot: Spot,
    page: Option<u32>,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    run(part, spot, page, false, out)
}

/// Reads a master or a layout. What stands in placeholders there is shown on no slide: it is told as hidden,
/// where it is not the English that programs put there.
pub(super) fn read_master(part: &[u8], out: &mut Out<'_, '_, '_>) -> Result<(), NotOpened> {
    run(part, Spot::TextBox, None, true, out)
}

fn run(
    part: &[u8],
    spot: Spot,
    page: Option<u32>,
    master: bool,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    let mut drawing = Drawing {
        out,
        spot,
        page,
        master,
        shape: None,
        paragraph: None,
        run: None,
        fill: None,
        outline: None,
        properties: None,
        reading: None,
        table: None,
        cached: None,
        plain: String::new(),
    };
    let mut tags = Tags::new(part);
    while let Some((event, depth)) = tags.next() {
        drawing.out.tick()?;
        match event {
            Event::Open(tag) => drawing.open(&tag, depth)?,
            Event::Close => drawing.close(depth)?,
            Event::Text(piece) if drawing.reading.is_some() => drawing.text(&text(piece)),
            Event::Raw(piece) if drawing.reading.is_some() => {
                drawing.text(&String::from_utf8_lossy(piece));
            }
            _ => {}
        }
    }
    drawing.out.damaged |= tags.damaged;
    drawing.close(0)
}

struct Drawing<'d, 'a, 'o, 'm> {
    out: &'d mut Out<'a, 'o, 'm>,
    spot: Spot,
    page: Option<u32>,
    master: bool,
    shape: Option<Shape>,
    paragraph: Option<Open>,
    /// Depths of what is open.
    run: Option<u32>,
    fill: Option<u32>,
    outline: Option<u32>,
    properties: Option<u32>,
    reading: Option<u32>,
    table: Option<Table>,
    /// Depth of names that a chart keeps of its sheet.
    cached: Option<u32>,
    /// Text outside of paragraphs: a chart's names, a comment.
    plain: String,
}

#[derive(Clone, Copy)]
struct Shape {
    depth: u32,
    spot: Spot,
    placeholder: bool,
    line: Option<bool>,
    watermark: bool,
}

struct Open {
    depth: u32,
    text: Paragraph,
    centred: bool,
    /// What holds for all its runs.
    base: Props,
    props: Props,
}

#[derive(Clone, Copy, Default)]
struct Table {
    depth: u32,
    row: u32,
    columns: u32,
    cell: Option<u32>,
}

impl Drawing<'_, '_, '_, '_> {
    fn open(&mut self, tag: &Tag<'_>, depth: u32) -> Result<(), NotOpened> {
        match tag.name {
            b"sp" | b"cxnSp" | b"pic" | b"graphicFrame" => {
                self.shape = Some(Shape {
                    depth,
                    spot: self.spot,
                    placeholder: false,
                    line: None,
                    watermark: false,
                });
            }
            b"cNvPr" | b"docPr" => {
                if let Some(shape) = &mut self.shape {
                    shape.watermark = is_watermark(tag.raw(b"name"));
                }
                for text in [tag.value(b"title"), tag.value(b"descr")].iter().flatten() {
                    self.out.say(Spot::Alt, self.page, text)?;
                }
            }
            b"ph" => self.placeholder(tag),
            b"spPr" => self.properties = Some(depth),
            b"ln" => {
                self.outline = Some(depth);
                self.line(true, false);
            }
            b"noFill" if self.outline.is_some() => self.line(false, true),
            b"lnRef" => {
                let line = !tag.is(b"idx", b"0");
                if let Some(shape) = &mut self.shape {
                    shape.line = shape.line.or(Some(line));
                }
            }
            b"tbl" => {
                self.table = Some(Table {
                    depth,
                    ..Table::default()
                });
            }
            b"tr" => {
                let row = self.out.line(Spot::Cell, self.page);
                if let Some(table) = &mut self.table {
                    (table.row, table.columns) = (row, 0);
                }
            }
            b"tc" => {
                if let Some(table) = &mut self.table {
                    table.cell = Some(table.columns);
                    table.columns = table.columns.saturating_add(1);
                }
            }
            b"p" => {
                self.end_paragraph()?;
                self.paragraph = Some(Open {
                    depth,
                    text: Paragraph::default(),
                    centred: false,
                    base: Props::default(),
                    props: Props::default(),
                });
            }
            b"pPr" => {
                if let Some(open) = &mut self.paragraph {
                    open.centred = tag.is(b"algn", b"ctr");
                }
            }
            b"r" | b"fld" => {
                if let Some(open) = &mut self.paragraph {
                    open.props = open.base;
                }
            }
            b"rPr" | b"defRPr" => self.run_properties(tag, depth),
            b"solidFill" if self.run.is_some_and(|at| at.saturating_add(1) == depth) => {
                self.fill = Some(depth);
            }
            b"srgbClr" if self.fill.is_some_and(|at| at.saturating_add(1) == depth) => {
                let props = self.paragraph.as_mut().map(|open| &mut open.props);
                if let (Some(props), Some(value)) = (props, tag.raw(b"val")) {
                    props.colour(value);
                    // What is behind it is not known here: slides are dark as often as not.
                    props.white = None;
                }
            }
            b"latin" if self.run.is_some_and(|at| at.saturating_add(1) == depth) => {
                let name = tag.value(b"typeface").unwrap_or_default();
                if let Some(open) = &mut self.paragraph {
                    open.props.font = Some(Encoding::of_font(&name));
                }
            }
            b"br" => {
                if let Some(open) = &mut self.paragraph {
                    open.text.space('\n');
                }
            }
            b"t" => self.reading = Some(depth),
            b"text" if self.paragraph.is_none() => self.reading = Some(depth),
            b"strCache" | b"strDim" => self.cached = Some(depth),
            b"v" | b"pt" if self.cached.is_some() => self.reading = Some(depth),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, depth: u32) -> Result<(), NotOpened> {
        for at in [
            &mut self.run,
            &mut self.fill,
            &mut self.outline,
            &mut self.properties,
            &mut self.cached,
        ] {
            if at.is_some_and(|at| at >= depth) {
                *at = None;
            }
        }
        if self.reading.is_some_and(|at| at >= depth) {
            self.reading = None;
            if !self.plain.is_empty() {
                let text = std::mem::take(&mut self.plain);
                self.out.say(self.spot, self.page, &text)?;
            }
        }
        if self
            .paragraph
            .as_ref()
            .is_some_and(|open| open.depth >= depth)
        {
            self.end_paragraph()?;
        }
        if self.table.is_some_and(|table| table.depth >= depth) {
            self.table = None;
        }
        if self.shape.is_some_and(|shape| shape.depth >= depth) {
            self.shape = None;
        }
        Ok(())
    }

    /// A placeholder (19.3.1.36): what the layout has a shape for.
    fn placeholder(&mut self, tag: &Tag<'_>) {
        let notes = self.spot == Spot::Note;
        if let Some(shape) = &mut self.shape {
            shape.placeholder = true;
            shape.spot = match tag.raw(b"type") {
                Some(b"title" | b"ctrTitle") if !notes => Spot::Title,
                Some(b"hdr") => Spot::Header,
                Some(b"ftr" | b"dt" | b"sldNum") => Spot::Footer,
                _ if notes => Spot::Note,
                _ => Spot::Body,
            };
        }
    }

    fn line(&mut self, drawn: bool, mend: bool) {
        if self.properties.is_some()
            && let Some(shape) = &mut self.shape
            && (mend || shape.line.is_none())
        {
            shape.line = Some(drawn);
        }
    }

    fn run_properties(&mut self, tag: &Tag<'_>, depth: u32) {
        let Some(open) = &mut self.paragraph else {
            return;
        };
        self.run = Some(depth);
        let size = tag.number(b"sz").map(|size| size / 50);
        let own = Props {
            bold: tag.raw(b"b").map(|value| matches!(value, b"1" | b"true")),
            capitals: tag.raw(b"cap").map(|value| value == b"all"),
            half_points: size.and_then(|size| u16::try_from(size).ok()),
            ..Props::default()
        };
        if tag.name == b"defRPr" {
            open.base = own.over(&open.base);
            open.props = open.base;
        } else {
            open.props = own.over(&open.base);
        }
    }

    fn text(&mut self, text: &str) {
        match &mut self.paragraph {
            Some(open) => open.text.push(text, &open.props.look(), false),
            None => self.plain.push_str(text),
        }
    }

    fn end_paragraph(&mut self) -> Result<(), NotOpened> {
        let Some(open) = self.paragraph.take() else {
            return Ok(());
        };
        let shape = self.shape;
        if open.text.is_empty() {
            return Ok(());
        }
        let prompt = self.master && shape.is_some_and(|shape| shape.placeholder);
        let cell = self.table.and_then(|table| Some((table.row, table.cell?)));
        let spot = match shape {
            _ if prompt => Spot::Alt,
            Some(shape) if shape.watermark => Spot::Watermark,
            _ if cell.is_some() && self.spot != Spot::Note => Spot::Cell,
            Some(shape) => shape.spot,
            None => self.spot,
        };
        let (line, column) = match cell.filter(|_| spot == Spot::Cell) {
            Some(place) => place,
            None if prompt => (0, 0),
            None => (self.out.line(spot, self.page), 0),
        };
        let place = Where {
            spot,
            page: self.page,
            line,
            column,
            centred: open.centred,
            framed: cell.is_none() && shape.is_some_and(|shape| shape.line == Some(true)),
        };
        for mut span in open.text.spans(&place) {
            if prompt && span.text.is_ascii() {
                continue;
            }
            span.style.hidden |= prompt;
            self.out.put(span)?;
        }
        Ok(())
    }
}
