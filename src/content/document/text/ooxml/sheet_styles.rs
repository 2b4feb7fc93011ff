//! Fonts, borders and cell formats of a workbook (ECMA-376 part 1, 18.8; [MS-XLSB] 2.1.7.52).

use std::collections::HashMap;

use super::{
    super::{
        number::Shown,
        paragraph::Props,
        tags::{Event, Tag, Tags},
    },
    binary_sheet::Records,
};
use crate::vietnamese::Encoding;

/// What the formats of cells look like.
#[derive(Debug, Default)]
pub(super) struct Formats {
    fonts: Vec<Props>,
    /// Whether a ground has a colour, and whether borders make a frame.
    fills: Vec<bool>,
    borders: Vec<bool>,
    cells: Vec<(Props, Shown)>,
    /// Formats of numbers that are the file's own.
    numbers: HashMap<u32, Shown>,
}

impl Formats {
    /// The look of a cell in this format.
    pub(super) fn cell(&self, format: u32) -> Props {
        self.of(format).0
    }

    /// What a number in a cell in this format stands for.
    pub(super) fn shown(&self, format: u32) -> Shown {
        self.of(format).1
    }

    fn of(&self, format: u32) -> (Props, Shown) {
        let format = usize::try_from(format).unwrap_or(usize::MAX);
        self.cells.get(format).copied().unwrap_or_default()
    }

    fn number_format(&mut self, id: Option<u32>, code: &str) {
        if let Some(id) = id
            && self.numbers.len() < FORMATS
        {
            self.numbers.insert(id, Shown::of(code));
        }
    }

    /// Reads `styles.xml`.
    pub(super) fn read(part: &[u8]) -> Self {
        let mut read = Self::default();
        let mut list = List::None;
        let mut font = Props::default();
        let mut sides = 0_u32;
        let mut tags = Tags::new(part);
        while let Some((event, depth)) = tags.next() {
            let Event::Open(tag) = event else {
                if matches!(event, Event::Close) && depth == 1 {
                    list = List::None;
                } else if matches!(event, Event::Close) && depth == 2 {
                    match list {
                        List::Fonts => push(&mut read.fonts, std::mem::take(&mut font)),
                        List::Borders => push(&mut read.borders, sides >= 4),
                        List::Fills | List::Cells | List::None => {}
                    }
                }
                continue;
            };
            match (list, tag.name) {
                (_, b"numFmt") => {
                    let code = tag.value(b"formatCode").unwrap_or_default();
                    read.number_format(tag.number(b"numFmtId"), &code);
                }
                (_, b"fonts") => list = List::Fonts,
                (_, b"fills") => list = List::Fills,
                (_, b"borders") => list = List::Borders,
                (_, b"cellXfs") => list = List::Cells,
                (List::Fonts, _) => self::font(&mut font, &tag),
                (List::Fills, b"fill") => push(&mut read.fills, false),
                (List::Fills, b"patternFill") => {
                    let kind = tag.raw(b"patternType");
                    let filled = !matches!(kind, None | Some(b"none"));
                    read.fills
                        .last_mut()
                        .into_iter()
                        .for_each(|last| *last = filled);
                }
                (List::Borders, b"border") => sides = 0,
                (List::Borders, b"left" | b"right" | b"top" | b"bottom" | b"start" | b"end") => {
                    let drawn = !matches!(tag.raw(b"style"), None | Some(b"none"));
                    sides = sides.saturating_add(u32::from(drawn));
                }
                (List::Cells, b"xf") => {
                    let index = |name: &[u8]| tag.number(name);
                    let props = read.format(index(b"fontId"), index(b"fillId"), index(b"borderId"));
                    let shown = read.shown_by(index(b"numFmtId"));
                    push(&mut read.cells, (props, shown));
                }
                (List::Cells, b"alignment") => {
                    let centred = Some(matches!(
                        tag.raw(b"horizontal"),
                        Some(b"center" | b"centerContinuous")
                    ));
                    read.cells
                        .last_mut()
                        .into_iter()
                        .for_each(|(last, _)| last.centred = centred);
                }
                _ => {}
            }
        }
        read
    }

    /// Reads `styles.bin`: BrtFont, BrtFill, BrtBorder, BrtXF between BrtBeginCellXFs and its end.
    pub(super) fn read_binary(part: &[u8]) -> Self {
        let mut read = Self::default();
        let mut cells = false;
        let mut records = Records::new(part);
        while let Some((kind, data)) = records.next() {
            match kind {
                43 => push(&mut read.fonts, binary_font(data)),
                45 => {
                    let pattern = number(data, 0, 4);
                    push(&mut read.fills, pattern.is_some_and(|pattern| pattern != 0));
                }
                46 => {
                    // Flags, then ten bytes a side: its style stands first.
                    let sides = [1, 11, 21, 31].map(|at| number(data, at, 1).unwrap_or_default());
                    push(&mut read.borders, sides.iter().all(|style| *style != 0));
                }
                617 => cells = true,
                618 => cells = false,
                47 if cells => {
                    let mut props =
                        read.format(number(data, 4, 2), number(data, 6, 2), number(data, 8, 2));
                    let centred = number(data, 12, 1).map(|flags| flags & 7 == 2);
                    props.centred = centred;
                    let shown = read.shown_by(number(data, 2, 2));
                    push(&mut read.cells, (props, shown));
                }
                // BrtFmt.
                44 => {
                    let code = data.get(2..).and_then(super::binary_sheet::wide_string);
                    read.number_format(number(data, 0, 2), &code.unwrap_or_default().0);
                }
                _ => {}
            }
        }
        read
    }

    fn shown_by(&self, id: Option<u32>) -> Shown {
        let id = id.unwrap_or_default();
        let own = self.numbers.get(&id).copied();
        own.unwrap_or_else(|| Shown::built_in(id))
    }

    fn format(&self, font: Option<u32>, fill: Option<u32>, border: Option<u32>) -> Props {
        let at =
            |index: Option<u32>| usize::try_from(index.unwrap_or(u32::MAX)).unwrap_or_default();
        let font = self.fonts.get(at(font)).copied().unwrap_or_default();
        Props {
            shaded: self.fills.get(at(fill)).copied(),
            framed: self.borders.get(at(border)).copied(),
            ..font
        }
    }
}

#[derive(Clone, Copy)]
enum List {
    None,
    Fonts,
    Fills,
    Borders,
    Cells,
}

/// A property of a font (18.8.22), or of a run of a rich text (18.4.7).
pub(super) fn font(props: &mut Props, tag: &Tag<'_>) {
    match tag.name {
        b"b" => props.bold = Some(tag.on()),
        b"sz" => {
            let size = tag.value(b"val").and_then(|size| size.parse::<f32>().ok());
            // Saturates.
            props.half_points = size.map(|size| (size * 2.0) as u16);
        }
        b"color" => {
            if let Some(value) = tag.raw(b"rgb") {
                props.colour(value);
            } else if let Some(index) = tag.number(b"indexed") {
                // The palette that every workbook starts with (18.8.27).
                props.red = Some(matches!(index, 2 | 10));
                props.white = Some(matches!(index, 1 | 9));
            }
        }
        b"name" | b"rFont" => {
            let name = tag.value(b"val").unwrap_or_default();
            props.font = Some(Encoding::of_font(&name));
        }
        _ => {}
    }
}

/// [MS-XLSB] 2.4.156.
fn binary_font(data: &[u8]) -> Props {
    let size = number(data, 0, 2).map(|twips| twips / 10);
    let mut props = Props {
        bold: number(data, 4, 2).map(|weight| weight >= 600),
        half_points: size.and_then(|size| u16::try_from(size).ok()),
        ..Props::default()
    };
    // BrtColor: what it is by, an index, a tint, red, green, blue, alpha.
    if number(data, 12, 1).is_some_and(|kind| kind >> 1 == 2)
        && let Some([red, green, blue]) = data.get(16..19)
    {
        props.colour(format!("{red:02x}{green:02x}{blue:02x}").as_bytes());
    }
    if let Some((name, _)) = data.get(21..).and_then(super::binary_sheet::wide_string) {
        props.font = Some(Encoding::of_font(&name));
    }
    props
}

fn number(data: &[u8], at: usize, len: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(len)?)?;
    let bytes = bytes.iter().rev();
    Some(bytes.fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() < FORMATS {
        list.push(item);
    }
}

/// Fonts, borders and formats that are kept: Excel allows 65,490 formats.
const FORMATS: usize = 70_000;
