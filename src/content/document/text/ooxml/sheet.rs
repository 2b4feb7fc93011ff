//! Sheets as XML (ECMA-376 part 1, 18.3): the texts of cells, shared or their own, and what is printed
//! above and below.

use super::{
    super::{
        number::Shown,
        package::Out,
        paragraph::{Look, Paragraph, Props, Where},
        tags::{Event, Tag, Tags, text},
    },
    sheet_styles::{self, Formats},
};
use crate::{content::span::Spot, facts::NotOpened, vietnamese::Encoding};

/// The texts that cells share (18.4).
#[derive(Debug, Default)]
pub(super) struct Shared {
    text: String,
    /// Where each run ends, and how it looks where it is not as its cell.
    runs: Vec<(u32, Props)>,
    /// Where the runs of each text end.
    items: Vec<u32>,
}

impl Shared {
    /// Reads `sharedStrings.xml`.
    pub(super) fn read(part: &[u8], out: &mut Out<'_, '_, '_>) -> Result<Self, NotOpened> {
        let mut shared = Self::default();
        let mut tags = Tags::new(part);
        let mut rich = Rich::default();
        while let Some((event, depth)) = tags.next() {
            out.tick()?;
            rich.event(&event, depth);
            match event {
                Event::Text(piece) if rich.reading.is_some() => {
                    shared.push(&text(piece), rich.props)
                }
                Event::Raw(piece) if rich.reading.is_some() => {
                    shared.push(&String::from_utf8_lossy(piece), rich.props);
                }
                Event::Close if depth == 1 => shared.end(),
                _ => {}
            }
        }
        out.damaged |= tags.damaged;
        Ok(shared)
    }

    pub(super) fn push(&mut self, text: &str, props: Props) {
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let first = self.items.last().copied().unwrap_or_default();
        let fresh = self.runs.len() as u64 <= u64::from(first);
        match self.runs.last_mut() {
            Some((last, same)) if !fresh && *same == props => *last = end,
            _ => self.runs.push((end, props)),
        }
    }

    /// A text is complete.
    pub(super) fn end(&mut self) {
        self.items
            .push(u32::try_from(self.runs.len()).unwrap_or(u32::MAX));
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// A text, in a cell that looks so.
    pub(super) fn paragraph(&self, item: usize, cell: &Props) -> Option<Paragraph> {
        let end = *self.items.get(item)?;
        let before = item
            .checked_sub(1)
            .and_then(|before| self.items.get(before));
        let first = usize::try_from(before.copied().unwrap_or_default()).ok()?;
        let mut start = match first
            .checked_sub(1)
            .and_then(|before| self.runs.get(before))
        {
            Some((end, _)) => usize::try_from(*end).ok()?,
            None => 0,
        };
        let mut paragraph = Paragraph::default();
        for (end, props) in self.runs.get(first..usize::try_from(end).ok()?)? {
            let end = usize::try_from(*end).ok()?;
            let look = props.over(cell).look();
            paragraph.push(self.text.get(start..end)?, &look, false);
            start = end;
        }
        Some(paragraph)
    }
}

/// Which text of a rich text is read, and how it looks.
#[derive(Default)]
struct Rich {
    /// Depths of the text, of the properties and of what tells how to pronounce it.
    reading: Option<u32>,
    properties: Option<u32>,
    phonetic: Option<u32>,
    props: Props,
}

impl Rich {
    fn event(&mut self, event: &Event<'_>, depth: u32) {
        match event {
            Event::Open(tag) => match tag.name {
                b"si" | b"is" | b"r" => self.props = Props::default(),
                b"rPr" => self.properties = Some(depth),
                b"rPh" => self.phonetic = Some(depth),
                b"t" if self.phonetic.is_none() => self.reading = Some(depth),
                _ if self.properties.is_some() => sheet_styles::font(&mut self.props, tag),
                _ => {}
            },
            Event::Close => {
                for at in [&mut self.reading, &mut self.properties, &mut self.phonetic] {
                    if *at == Some(depth) {
                        *at = None;
                    }
                }
            }
            Event::Text(_) | Event::Raw(_) => {}
        }
    }
}

/// What the sheets of a workbook have in common.
pub(super) struct Book<'b> {
    pub(super) shared: &'b Shared,
    pub(super) formats: &'b Formats,
    /// Whether dates are counted from 1904 (18.2.28).
    pub(super) since_1904: bool,
}

/// Reads one sheet.
pub(super) fn read(
    part: &[u8],
    page: Option<u32>,
    book: &Book<'_>,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    let mut cells = Cells::new(book, page);
    let mut rich = Rich::default();
    let (mut kind, mut value) = (Kind::Number, String::new());
    let (mut value_at, mut cell_at) = (None, None);
    let mut own = Paragraph::default();
    let mut print: Option<(Spot, u32)> = None;
    let mut tags = Tags::new(part);
    while let Some((event, depth)) = tags.next() {
        out.tick()?;
        rich.event(&event, depth);
        let piece = match event {
            Event::Open(tag) => {
                match tag.name {
                    b"row" => cells.row(tag.number(b"r").and_then(|row| row.checked_sub(1))),
                    b"c" => {
                        cells.cell(&tag);
                        kind = Kind::of(&tag);
                        cell_at = Some(depth);
                        own = Paragraph::default();
                    }
                    b"v" => {
                        value_at = Some(depth);
                        value.clear();
                    }
                    b"oddHeader" | b"evenHeader" | b"firstHeader" => {
                        print = Some((Spot::Header, depth));
                        value.clear();
                    }
                    b"oddFooter" | b"evenFooter" | b"firstFooter" => {
                        print = Some((Spot::Footer, depth));
                        value.clear();
                    }
                    _ => {}
                }
                continue;
            }
            Event::Close => {
                if value_at == Some(depth) {
                    value_at = None;
                    match kind {
                        Kind::Shared => {
                            let item = value.trim().parse().unwrap_or(usize::MAX);
                            cells.shared(item, out)?;
                        }
                        Kind::Text => cells.text(&value, out)?,
                        Kind::Number => {
                            if let Ok(number) = value.trim().parse() {
                                cells.number(number, out)?;
                            }
                        }
                        Kind::Inline | Kind::Other => {}
                    }
                } else if let Some((spot, at)) = print
                    && at == depth
                {
                    print = None;
                    printed(&value, spot, page, out)?;
                } else if cell_at == Some(depth) {
                    cell_at = None;
                    cells.put(std::mem::take(&mut own), out)?;
                }
                continue;
            }
            Event::Text(piece) => text(piece),
            Event::Raw(piece) => String::from_utf8_lossy(piece),
        };
        if rich.reading.is_some() && kind == Kind::Inline {
            let look = rich.props.over(&cells.props).look();
            own.push(&piece, &look, false);
        } else if value_at.is_some() || print.is_some() {
            value.push_str(&piece);
        }
    }
    out.damaged |= tags.damaged;
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Shared,
    Text,
    Inline,
    Number,
    /// True or false, an error.
    Other,
}

impl Kind {
    /// 18.18.11.
    fn of(tag: &Tag<'_>) -> Self {
        match tag.raw(b"t") {
            Some(b"s") => Self::Shared,
            Some(b"str" | b"d") => Self::Text,
            Some(b"inlineStr") => Self::Inline,
            None | Some(b"n") => Self::Number,
            Some(_) => Self::Other,
        }
    }
}

/// Where the cells of a sheet stand.
pub(super) struct Cells<'b> {
    book: &'b Book<'b>,
    page: Option<u32>,
    row: u32,
    next_row: u32,
    column: u32,
    next_column: u32,
    props: Props,
    /// What a number in the cell stands for.
    shown: Shown,
    /// How often each shared text was met on this sheet.
    met: Vec<u16>,
}

impl<'b> Cells<'b> {
    pub(super) fn new(book: &'b Book<'b>, page: Option<u32>) -> Self {
        Self {
            book,
            page,
            row: 0,
            next_row: 0,
            column: 0,
            next_column: 0,
            props: Props::default(),
            shown: Shown::default(),
            met: vec![0; book.shared.len()],
        }
    }

    /// A row begins; without a number, the next one.
    pub(super) fn row(&mut self, row: Option<u32>) {
        self.row = row.unwrap_or(self.next_row);
        self.next_row = self.row.saturating_add(1);
        self.next_column = 0;
    }

    fn cell(&mut self, tag: &Tag<'_>) {
        let column = tag.raw(b"r").and_then(column);
        self.at(column, tag.number(b"s").unwrap_or_default());
    }

    /// A cell; without a column, the next one.
    pub(super) fn at(&mut self, column: Option<u32>, format: u32) {
        self.column = column.unwrap_or(self.next_column);
        self.next_column = self.column.saturating_add(1);
        self.props = self.book.formats.cell(format);
        self.shown = self.book.formats.shown(format);
    }

    /// The cell holds a shared text. What fills whole columns is told often enough.
    pub(super) fn shared(
        &mut self,
        item: usize,
        out: &mut Out<'_, '_, '_>,
    ) -> Result<(), NotOpened> {
        let Some(met) = self.met.get_mut(item) else {
            out.damaged = true;
            return Ok(());
        };
        *met = met.saturating_add(1);
        if *met > REPEATED {
            return Ok(());
        }
        match self.book.shared.paragraph(item, &self.props) {
            Some(paragraph) => self.put(paragraph, out),
            None => Ok(()),
        }
    }

    /// The cell holds this text.
    pub(super) fn text(&mut self, text: &str, out: &mut Out<'_, '_, '_>) -> Result<(), NotOpened> {
        let mut paragraph = Paragraph::default();
        paragraph.push(text, &self.props.look(), false);
        self.put(paragraph, out)
    }

    /// The cell holds this number.
    pub(super) fn number(
        &mut self,
        number: f64,
        out: &mut Out<'_, '_, '_>,
    ) -> Result<(), NotOpened> {
        match self.shown.text(number, self.book.since_1904) {
            Some(text) if out.takes_number() => self.text(&text, out),
            _ => Ok(()),
        }
    }

    fn put(&mut self, paragraph: Paragraph, out: &mut Out<'_, '_, '_>) -> Result<(), NotOpened> {
        let place = Where {
            spot: Spot::Cell,
            page: self.page,
            line: self.row,
            column: self.column,
            centred: self.props.centred.unwrap_or_default(),
            framed: self.props.framed.unwrap_or_default(),
        };
        for span in paragraph.spans(&place) {
            out.put(span)?;
        }
        Ok(())
    }
}

/// What is printed above or below a sheet (18.3.1.39): up to three texts, with codes for fonts, sizes
/// and what is filled in.
pub(super) fn printed(
    codes: &str,
    spot: Spot,
    page: Option<u32>,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    let line = out.line(spot, page);
    let mut sections = [(); 3].map(|()| Paragraph::default());
    let mut section = 1;
    let mut look = Look::default();
    let mut rest = codes;
    while !rest.is_empty() {
        let (plain, code) = rest.split_once('&').unwrap_or((rest, ""));
        let mut put = |text: &str, look: &Look| {
            if let (Some(paragraph), false) = (sections.get_mut(section), text.is_empty()) {
                paragraph.push(text, look, false);
            }
        };
        put(plain, &look);
        let mut letters = code.chars();
        let Some(letter) = letters.next() else {
            break;
        };
        rest = letters.as_str();
        match letter {
            '&' => put("&", &look),
            'L' | 'C' | 'R' => {
                section = match letter {
                    'L' => 0,
                    'C' => 1,
                    _ => 2,
                };
                look = Look::default();
            }
            'B' => look.bold = !look.bold,
            '"' => {
                let (font, more) = rest.split_once('"').unwrap_or((rest, ""));
                rest = more;
                let (name, style) = font.split_once(',').unwrap_or((font, ""));
                look.font = Encoding::of_font(name);
                look.bold = style.contains("Bold");
            }
            'K' => {
                let mut props = Props::default();
                if let Some((colour, more)) = rest.split_at_checked(6) {
                    rest = more;
                    props.colour(colour.as_bytes());
                }
                look.red = props.red.unwrap_or_default();
            }
            '0'..='9' => {
                let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
                let more = rest.len().saturating_sub(digits.len());
                let number = format!("{letter}{}", rest.get(..more).unwrap_or_default());
                look.half_points = number.parse::<u16>().unwrap_or_default().saturating_mul(2);
                rest = digits;
            }
            // Page, pages, date, name: a word of its own.
            'P' | 'N' | 'D' | 'T' | 'Z' | 'F' | 'A' => put(" ", &look),
            _ => {}
        }
    }
    for (column, paragraph) in (0..).zip(sections) {
        let place = Where {
            spot,
            page,
            line,
            column,
            centred: column == 1,
            framed: false,
        };
        for span in paragraph.spans(&place) {
            out.put(span)?;
        }
    }
    Ok(())
}

/// The column of a reference like `AB12`, from 0.
fn column(reference: &[u8]) -> Option<u32> {
    let letters = reference
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic());
    let mut column = 0_u32;
    for letter in letters {
        let digit = u32::from(letter.to_ascii_uppercase()).checked_sub(u32::from(b'@'))?;
        column = column.checked_mul(26)?.checked_add(digit)?;
    }
    column.checked_sub(1)
}

/// Cells of a sheet with the same shared text that are told.
const REPEATED: u16 = 256;
