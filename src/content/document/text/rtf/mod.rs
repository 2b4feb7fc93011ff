//! Text of Rich Text Format (1.9.1): stories, tables, letters in the code pages of their fonts.

mod input;
mod tables;
mod words;

use self::{
    input::{Input, Token},
    tables::{Colours, Fonts},
};
use super::{
    art,
    runs::{At, Lines, Look, Paragraph, windows1252},
};
use crate::{
    content::{
        opener::Inside,
        source::Source,
        span::{Span, Spot},
    },
    facts::NotOpened,
};

/// Hands on the text of a document.
///
/// # Errors
/// `Damaged` where it ends before its last group does; a budget.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    if !inside.wants_text() {
        return Ok(());
    }
    let _held = inside.spending().hold(source.len())?;
    let bytes = source.whole(source.len()).ok_or(NotOpened::Damaged)?;
    read_bytes(inside, &bytes)
}

/// As [`read`], for a document in memory.
pub(super) fn read_bytes(inside: &mut Inside<'_, '_>, bytes: &[u8]) -> Result<(), NotOpened> {
    let mut document = Document::new();
    let mut input = Input::new(bytes);
    let mut tokens = 0_u32;
    let mut begun = false;
    while let Some(token) = input.next() {
        tokens = tokens.wrapping_add(1);
        if tokens.is_multiple_of(1 << 14) {
            inside.spending().check()?;
        }
        match token {
            Token::Open => {
                begun = true;
                document.open();
            }
            Token::Close => {
                document.close(inside)?;
                if document.groups.is_empty() && document.deeper == 0 {
                    // Word reads no further.
                    return document.end(inside);
                }
            }
            Token::Word(word, number) => {
                if word == b"bin" {
                    input.skip(number.unwrap_or(0));
                    document.substitute();
                } else {
                    document.word(inside, word, number)?;
                }
            }
            Token::Symbol(symbol) => document.symbol(inside, symbol)?,
            Token::Byte(byte) => document.byte(byte),
            Token::Text(text) => text.iter().for_each(|byte| document.byte(*byte)),
        }
        if document.is_full() {
            document.paragraph(inside)?;
        }
    }
    document.end(inside)?;
    match begun {
        true => Err(NotOpened::Damaged),
        false => Ok(()),
    }
}

/// Where text goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Destination {
    /// The story that is open.
    #[default]
    Text,
    /// Nowhere.
    Skip,
    /// Nowhere, but shapes and properties inside have text.
    Between,
    Fonts,
    Colours,
    Property,
    /// The name of a shape's property.
    ShapeName,
    ShapeValue,
}

/// What a group inherits, and what is as before where it ends.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    destination: Destination,
    /// The destination around `\upr`, whose text stands there in two forms.
    around: Destination,
    /// Characters that stand behind each `\u` for those who do not know it.
    substitutes: usize,
    font: i32,
    colour: usize,
    look: Look,
    in_table: bool,
    centred: bool,
    /// Borders above, left, below, right: a bit each.
    borders: u8,
    /// The border that is described.
    border: u8,
}

/// A part of the document with paragraphs of its own.
#[derive(Debug, Default)]
struct Story {
    spot: Spot,
    paragraph: Paragraph,
    /// How many groups stood around it.
    groups: usize,
    column: u32,
}

struct Document {
    now: State,
    groups: Vec<State>,
    /// Groups beyond those.
    deeper: u64,
    /// `\*` was read last.
    starred: bool,
    stories: Vec<Story>,
    lines: Lines,
    row: u32,
    /// Letters in the code page of the font, waiting to be decoded.
    bytes: Vec<u8>,
    /// Characters to be left out: they stand for a `\u` before them.
    skip: usize,
    /// The first half of a character beyond 16 bits.
    high: Option<u16>,
    fonts: Fonts,
    colours: Colours,
    standard_font: i32,
    /// Text that is not a story's.
    text: String,
    /// The name of the shape's property.
    shape: String,
    shape_type: u32,
}

impl Document {
    fn new() -> Self {
        Self {
            now: State {
                substitutes: 1,
                ..State::default()
            },
            groups: Vec::new(),
            deeper: 0,
            starred: false,
            stories: vec![Story::default()],
            lines: Lines::default(),
            row: 0,
            bytes: Vec::new(),
            skip: 0,
            high: None,
            fonts: Fonts::default(),
            colours: Colours::default(),
            standard_font: 0,
            text: String::new(),
            shape: String::new(),
            shape_type: 0,
        }
    }

    fn open(&mut self) {
        self.flush();
        self.skip = 0;
        self.starred = false;
        if self.groups.len() < MOST_GROUPS {
            self.groups.push(self.now);
        } else {
            self.deeper += 1;
        }
    }

    fn close(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), NotOpened> {
        self.flush();
        self.skip = 0;
        self.starred = false;
        if self.deeper > 0 {
            self.deeper -= 1;
            return Ok(());
        }
        let Some(outer) = self.groups.pop() else {
            return Ok(());
        };
        let ended = self.now.destination;
        if self.stories.len() > 1
            && self
                .stories
                .last()
                .is_some_and(|story| story.groups > self.groups.len())
        {
            self.paragraph(inside)?;
            self.stories.pop();
        }
        self.now = outer;
        if ended == outer.destination {
            return Ok(());
        }
        match ended {
            Destination::Fonts => self.fonts.end(),
            Destination::Property => {
                let text = std::mem::take(&mut self.text);
                self.hand_on(inside, Spot::Property, text)?;
            }
            Destination::ShapeName => self.shape = std::mem::take(&mut self.text),
            Destination::ShapeValue => {
                let text = std::mem::take(&mut self.text);
                match self.shape.trim() {
                    "shapeType" => self.shape_type = text.trim().parse().unwrap_or(0),
                    "gtextUNICODE" => {
                        self.hand_on(inside, art::letters_of(self.shape_type), text)?;
                    }
                    "wzDescription" => self.hand_on(inside, Spot::Alt, text)?,
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn hand_on(
        &mut self,
        inside: &mut Inside<'_, '_>,
        spot: Spot,
        text: String,
    ) -> Result<(), NotOpened> {
        if !text.chars().any(char::is_alphanumeric) {
            return Ok(());
        }
        inside.text(Span {
            spot,
            line: self.lines.next(spot),
            text,
            ..Span::default()
        })
    }

    /// What is open ends with the file.
    fn end(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), NotOpened> {
        self.flush();
        while !self.stories.is_empty() {
            self.paragraph(inside)?;
            self.stories.pop();
        }
        Ok(())
    }

    /// A letter in the code page of the font.
    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        match self.now.destination {
            Destination::Skip | Destination::Between => {}
            Destination::Fonts if byte == b';' => {
                self.flush();
                self.fonts.end();
            }
            Destination::Colours => {
                if byte == b';' {
                    self.colours.end();
                }
            }
            _ => {
                self.bytes.push(byte);
                if self.bytes.len() >= LONG {
                    self.flush();
                }
            }
        }
    }

    /// Decodes the letters that wait.
    fn flush(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let look = self.look();
        let encoding = match self.now.destination {
            Destination::Text => self.fonts.encoding(self.now.font),
            _ => self.fonts.standard(),
        };
        if bytes.is_ascii() {
            self.put(std::str::from_utf8(&bytes).unwrap_or_default(), look);
        } else if look.font.is_some() {
            let text: String = bytes.iter().map(|byte| windows1252(*byte)).collect();
            self.put(&text, look);
        } else {
            let (text, _) = encoding.decode_without_bom_handling(&bytes);
            self.put(&text, look);
        }
        self.bytes = bytes;
        self.bytes.clear();
    }

    fn look(&self) -> Look {
        Look {
            font: self.fonts.legacy(self.now.font),
            red: self.colours.is_red(self.now.colour),
            ..self.now.look
        }
    }

    /// A character that says itself what it is.
    fn character(&mut self, c: char) {
        self.flush();
        let look = self.look();
        let mut bytes = [0; 4];
        self.put(c.encode_utf8(&mut bytes), look);
    }

    fn put(&mut self, text: &str, look: Look) {
        match self.now.destination {
            Destination::Text => {
                if let Some(story) = self.stories.last_mut() {
                    story.paragraph.push_str(text, look);
                }
            }
            Destination::Fonts => self.fonts.name(text),
            Destination::Property | Destination::ShapeName | Destination::ShapeValue
                if self.text.len() < LONG =>
            {
                self.text.push_str(text);
            }
            _ => {}
        }
    }

    fn is_full(&self) -> bool {
        self.stories
            .last()
            .is_some_and(|story| story.paragraph.is_full())
    }

    /// A unit of UTF-16 by its number; what stands behind it for others is left out.
    fn unit(&mut self, number: i64) {
        let unit = (number & 0xffff) as u16;
        match (self.high.take(), unit) {
            (_, 0xd800..=0xdbff) => {
                self.flush();
                self.high = Some(unit);
            }
            (high, _) => {
                let units = [high.unwrap_or(0), unit];
                let units = if high.is_some() {
                    &units[..]
                } else {
                    &units[1..]
                };
                let found = char::decode_utf16(units.iter().copied()).next();
                self.character(
                    found
                        .and_then(Result::ok)
                        .unwrap_or(char::REPLACEMENT_CHARACTER),
                );
            }
        }
        self.skip = self.now.substitutes;
    }

    /// One of the characters that stand for a `\u`, if such are awaited.
    fn substitute(&mut self) -> bool {
        let skipped = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        skipped
    }

    /// A story begins; it ends with the group.
    fn story(&mut self, spot: Spot) {
        self.now.destination = Destination::Text;
        self.now.in_table = false;
        self.now.centred = false;
        self.now.borders = 0;
        if self.stories.len() < MOST_STORIES {
            self.stories.push(Story {
                spot,
                groups: self.groups.len(),
                ..Story::default()
            });
        }
    }

    /// Ends a paragraph, in a cell or elsewhere.
    fn paragraph(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), NotOpened> {
        self.flush();
        let (now, row) = (self.now, self.row);
        let Some(story) = self.stories.last_mut() else {
            return Ok(());
        };
        if !story.paragraph.has_text() {
            return story.paragraph.hand_on(inside, At::default());
        }
        let in_cell = now.in_table && story.spot == Spot::Body;
        let at = At {
            spot: if in_cell { Spot::Cell } else { story.spot },
            line: match in_cell {
                true => row,
                false => self.lines.next(story.spot),
            },
            column: if in_cell { story.column } else { 0 },
            centred: now.centred,
            framed: now.borders & 15 == 15,
            ..At::default()
        };
        story.paragraph.hand_on(inside, at)
    }

    fn cell(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), NotOpened> {
        // Old programs leave `\intbl` out.
        self.now.in_table = true;
        self.paragraph(inside)?;
        if let Some(story) = self.stories.last_mut() {
            story.column = story.column.saturating_add(1);
        }
        Ok(())
    }

    fn row(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), NotOpened> {
        self.paragraph(inside)?;
        self.row = self.row.saturating_add(1);
        if let Some(story) = self.stories.last_mut() {
            story.column = 0;
        }
        Ok(())
    }
}

/// Groups inside each other that are told apart.
const MOST_GROUPS: usize = 10_000;
/// Stories inside each other.
const MOST_STORIES: usize = 100;
/// Bytes of a text that are kept.
const LONG: usize = 64 << 10;
