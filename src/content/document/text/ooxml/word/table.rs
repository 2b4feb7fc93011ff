//! Tables of a Word document: rows and cells, and whether a cell is a frame.

use super::Tag;
use super::{Sides, Word, styles::is_shaded};
use crate::{
    content::span::{Span, Spot},
    facts::NotOpened,
};

/// Tables that are open.
#[derive(Debug, Default)]
pub(super) struct Tables {
    open: Vec<Table>,
}

#[derive(Debug, Default)]
struct Table {
    depth: u32,
    /// Whether it has lines around it.
    bordered: bool,
    cells: u32,
    row: u32,
    /// Cells of the row so far.
    columns: u32,
    cell: Option<Cell>,
    /// The text of the first cell: it is a frame if there is no other.
    held: Option<Vec<Span>>,
}

/// A cell that is open.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub(super) depth: u32,
    pub(super) row: u32,
    pub(super) column: u32,
    /// Whether it has a frame that its table has not.
    pub(super) framed: bool,
    shaded: bool,
}

impl Tables {
    /// The cell that a paragraph stands in.
    pub(super) fn cell(&self, depth: u32) -> Option<Cell> {
        let cells = self.open.iter().rev().filter_map(|table| table.cell);
        cells.into_iter().find(|cell| cell.depth < depth)
    }

    pub(super) fn is_shaded(&self) -> bool {
        self.open
            .iter()
            .filter_map(|table| table.cell)
            .any(|cell| cell.shaded)
    }

    /// The borders that were listed last.
    pub(super) fn borders(&mut self, framed: bool) {
        let Some(table) = self.open.last_mut() else {
            return;
        };
        match &mut table.cell {
            Some(cell) => cell.framed = framed && !table.bordered,
            None => table.bordered = framed,
        }
    }

    /// Keeps a piece until its table has shown how many cells it has; gives back what need not wait.
    pub(super) fn hold(&mut self, span: Span) -> Vec<Span> {
        let Some(held) = self
            .open
            .iter_mut()
            .rev()
            .find_map(|table| table.held.as_mut())
        else {
            return vec![span];
        };
        held.push(span);
        if held.len() <= HELD {
            return Vec::new();
        }
        // No stamp has so many lines. The order is kept: the outer ones go first.
        let mut freed = Vec::new();
        for table in &mut self.open {
            freed.extend(table.held.take().into_iter().flatten());
        }
        freed
    }

    /// An element ended: the text of the table that ended with it, if it had to wait. To be called
    /// until it gives none.
    pub(super) fn close(&mut self, depth: u32) -> Option<Vec<Span>> {
        let table = self.open.last_mut()?;
        if table.cell.is_some_and(|cell| cell.depth >= depth) {
            table.cell = None;
        }
        if table.depth < depth {
            return None;
        }
        let table = self.open.pop()?;
        let mut spans = table.held.unwrap_or_default();
        if table.bordered && table.cells == 1 {
            spans.iter_mut().for_each(|span| span.style.framed = true);
        }
        Some(spans)
    }
}

impl Word<'_, '_, '_, '_> {
    /// A tag that may belong to a table.
    pub(super) fn table_tag(&mut self, tag: &Tag<'_>, depth: u32) -> Result<(), NotOpened> {
        if tag.name == b"tbl" {
            if self.tables.open.len() < TABLES {
                self.tables.open.push(Table {
                    depth,
                    held: Some(Vec::new()),
                    ..Table::default()
                });
            }
            return Ok(());
        }
        let page = self.page;
        let Some(table) = self.tables.open.last_mut() else {
            return Ok(());
        };
        match tag.name {
            b"tr" => {
                table.row = self.out.line(Spot::Cell, page);
                table.columns = 0;
            }
            b"tc" => {
                table.cell = Some(Cell {
                    depth,
                    row: table.row,
                    column: table.columns,
                    ..Cell::default()
                });
                table.columns = table.columns.saturating_add(1);
                table.cells = table.cells.saturating_add(1);
                if table.cells == 2 {
                    let held = table.held.take().unwrap_or_default();
                    for span in held {
                        self.put(span)?;
                    }
                }
            }
            b"tblStyle" => {
                let style = self.styles.style(tag.raw(b"val").unwrap_or_default());
                table.bordered = style.framed.unwrap_or_default();
            }
            b"tblBorders" | b"tcBorders" => self.sides = Sides::of(depth),
            b"shd" => {
                if let Some(cell) = &mut table.cell {
                    cell.shaded = is_shaded(tag);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Tables inside each other that are told apart.
const TABLES: usize = 64;
/// Pieces of text that wait for the end of a table.
const HELD: usize = 64;
