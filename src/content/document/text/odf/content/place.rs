//! What stands around a paragraph of an OpenDocument file: tables, frames, notes, what is deleted.

use super::{Body, Part, Reading, Tag};
use crate::{
    content::{
        document::text::{
            ooxml::is_watermark,
            paragraph::{Props, Where},
        },
        span::Spot,
    },
    facts::NotOpened,
};

/// What is open around the text, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Frames {
    open: Vec<Frame>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) depth: u32,
    pub(super) what: Around,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Around {
    /// A table: its next row, the row that is open and its next column.
    Table {
        rows: u32,
        row: u32,
        columns: u32,
        /// Columns that it declares.
        declared: u32,
    },
    Cell {
        row: u32,
        column: u32,
        framed: bool,
        shaded: bool,
        /// What its texts look like; in text documents their own styles say it.
        props: Props,
        /// It holds a number or a date.
        number: bool,
    },
    /// A frame or a shape.
    Box {
        spot: Spot,
        framed: bool,
        shaded: bool,
    },
    /// All text in it stands there, whatever is around the text inside.
    Place(Spot),
    Hidden,
    /// A frame with words for whoever fills it.
    Prompt,
}

impl Frames {
    pub(super) fn innermost(&self) -> Option<&Frame> {
        self.open.last()
    }

    pub(super) fn hides(&self) -> bool {
        let hidden = |frame: &Frame| matches!(frame.what, Around::Hidden);
        self.open.iter().any(hidden)
    }

    pub(super) fn is_shaded(&self) -> bool {
        self.open.iter().any(|frame| {
            matches!(
                frame.what,
                Around::Cell { shaded: true, .. } | Around::Box { shaded: true, .. }
            )
        })
    }

    /// The look of texts on a sheet, as far as their cell says it.
    pub(super) fn cell(&self) -> Option<&Props> {
        let cells = self.open.iter().rev().map(|frame| &frame.what);
        cells.into_iter().find_map(|what| match what {
            Around::Cell { props, .. } => Some(props),
            _ => None,
        })
    }

    pub(super) fn close(&mut self, depth: u32) {
        while self.open.last().is_some_and(|last| last.depth >= depth) {
            self.open.pop();
        }
    }

    /// Where a paragraph stands, none where nobody sees it; and whether it is the number of a cell.
    pub(super) fn place(&self, depth: u32) -> Option<(Where, bool)> {
        let mut place: Option<Where> = None;
        let mut is_number = false;
        for frame in self.open.iter().rev().filter(|frame| frame.depth < depth) {
            match frame.what {
                Around::Prompt => return None,
                Around::Place(spot) => {
                    let framed = place.is_some_and(|place| place.framed);
                    let place = Where {
                        spot,
                        framed,
                        ..Where::default()
                    };
                    return Some((place, false));
                }
                Around::Cell {
                    row,
                    column,
                    framed,
                    number,
                    ..
                } if place.is_none() => {
                    is_number = number;
                    place = Some(Where {
                        spot: Spot::Cell,
                        line: row,
                        column,
                        framed,
                        ..Where::default()
                    });
                }
                Around::Box { spot, framed, .. } if place.is_none() => {
                    place = Some(Where {
                        spot,
                        framed,
                        ..Where::default()
                    });
                }
                _ => {}
            }
        }
        Some((place.unwrap_or_default(), is_number))
    }

    fn push(&mut self, depth: u32, what: Around) {
        if self.open.len() < FRAMES {
            self.open.push(Frame { depth, what });
        }
    }

    /// The table that is open.
    fn table(&mut self) -> Option<&mut Around> {
        let tables = self.open.iter_mut().rev().map(|frame| &mut frame.what);
        tables
            .into_iter()
            .find(|what| matches!(what, Around::Table { .. }))
    }
}

impl Reading<'_, '_, '_, '_> {
    /// A tag that may begin something around text.
    pub(super) fn around(&mut self, tag: &Tag<'_>, depth: u32) -> Result<(), NotOpened> {
        match tag.name {
            b"table" => return self.table(tag, depth),
            b"table-column" => {
                if let Some(Around::Table { declared, .. }) = self.frames.table() {
                    let repeated = tag.number(b"number-columns-repeated").unwrap_or(1);
                    *declared = declared.saturating_add(repeated);
                }
            }
            b"table-row" => self.row(tag),
            b"table-cell" | b"covered-table-cell" => self.cell(tag, depth),
            b"frame" | b"custom-shape" | b"rect" | b"ellipse" | b"circle" | b"line"
            | b"polyline" | b"polygon" | b"regular-polygon" | b"path" | b"connector"
            | b"caption" | b"measure" => self.shape(tag, depth),
            b"note" => self.frames.push(depth, Around::Place(Spot::Note)),
            b"notes" => self.frames.push(depth, Around::Place(Spot::Note)),
            b"annotation" => self.frames.push(depth, Around::Place(Spot::Comment)),
            b"tracked-changes" => self.frames.push(depth, Around::Place(Spot::Deleted)),
            b"header" | b"header-left" | b"header-first" if depth > 2 => {
                self.frames.push(depth, Around::Place(Spot::Header));
            }
            b"footer" | b"footer-left" | b"footer-first" if depth > 2 => {
                self.frames.push(depth, Around::Place(Spot::Footer));
            }
            b"section" if tag.is(b"display", b"none") => self.frames.push(depth, Around::Hidden),
            _ => {}
        }
        Ok(())
    }

    fn table(&mut self, tag: &Tag<'_>, depth: u32) -> Result<(), NotOpened> {
        // A sheet stands in no cell of another.
        if self.body == Body::Sheets && self.frames.innermost().is_none() {
            self.page = Some(self.page.unwrap_or_default().saturating_add(1));
            if let Some(name) = tag.value(b"name") {
                self.out.say(Spot::SheetName, self.page, &name)?;
            }
        }
        let what = Around::Table {
            rows: 0,
            row: 0,
            columns: 0,
            declared: 0,
        };
        self.frames.push(depth, what);
        Ok(())
    }

    fn row(&mut self, tag: &Tag<'_>) {
        let sheets = self.body == Body::Sheets;
        let page = self.page;
        let out = &mut *self.out;
        if let Some(Around::Table {
            rows, row, columns, ..
        }) = self.frames.table()
        {
            *row = if sheets {
                *rows
            } else {
                out.line(Spot::Cell, page)
            };
            let repeated = tag.number(b"number-rows-repeated").unwrap_or(1);
            *rows = rows.saturating_add(repeated);
            *columns = 0;
        }
    }

    fn cell(&mut self, tag: &Tag<'_>, depth: u32) {
        let style = self
            .styles
            .style("table-cell", tag.raw(b"style-name"))
            .props;
        let Some(Around::Table {
            row,
            columns,
            declared,
            ..
        }) = self.frames.table()
        else {
            return;
        };
        let repeated = tag.number(b"number-columns-repeated").unwrap_or(1);
        let column = *columns;
        *columns = columns.saturating_add(repeated);
        let what = Around::Cell {
            row: *row,
            column,
            // In a table of many cells lines are no frame; on a sheet they may be.
            framed: style.framed.unwrap_or_default()
                && (*declared == 1 || self.body == Body::Sheets),
            shaded: style.shaded.unwrap_or_default(),
            props: style,
            number: tag.raw(b"value-type").is_some_and(|kind| kind != b"string"),
        };
        self.frames.push(depth, what);
    }

    fn shape(&mut self, tag: &Tag<'_>, depth: u32) {
        // What a slide says in the place of these stands with the slide.
        let prompts = self.part == Part::Masters && tag.raw(b"class").is_some();
        if prompts || tag.is(b"placeholder", b"true") {
            self.frames.push(depth, Around::Prompt);
            return;
        }
        let family = match tag.raw(b"class") {
            Some(_) => "presentation",
            None => "graphic",
        };
        let style = self.styles.style(family, tag.raw(b"style-name")).props;
        let spot = match tag.raw(b"class") {
            _ if is_watermark(tag.raw(b"name")) => Spot::Watermark,
            Some(b"title") => Spot::Title,
            Some(b"subtitle" | b"outline" | b"text") => Spot::Body,
            Some(b"notes") => Spot::Note,
            Some(b"header") => Spot::Header,
            Some(b"footer" | b"date-time" | b"page-number") => Spot::Footer,
            _ => Spot::TextBox,
        };
        let what = match spot {
            Spot::Watermark | Spot::Header | Spot::Footer => Around::Place(spot),
            _ => Around::Box {
                spot,
                framed: style.framed.unwrap_or_default(),
                shaded: style.shaded.unwrap_or_default(),
            },
        };
        self.frames.push(depth, what);
    }
}

/// What may stand around a text that is told apart.
const FRAMES: usize = 64;
