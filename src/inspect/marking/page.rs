//! The lines of one document together: what stands near what.

use std::{borrow::Cow, collections::HashMap};

use super::{Found, Ground, Lexicon, Said, beside, join, line};
use crate::{
    content::{Span, Spot, Style},
    questions::Evidence,
    vietnamese::{self, Encoding},
};

/// One line, cell or field.
#[derive(Debug)]
pub(super) struct Line<'s> {
    pub(super) spot: Spot,
    pub(super) page: Option<u32>,
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) style: Style,
    pub(super) text: Cow<'s, str>,
    /// In an encoding from before Unicode.
    pub(super) legacy: bool,
    /// Its word was written over several lines, letter by letter.
    pub(super) apart: bool,
    /// A cell under the name of the field of levels.
    pub(super) in_column: bool,
    pub(super) said: Said,
}

/// The lines of one document.
#[derive(Debug)]
pub(super) struct Page<'s> {
    pub(super) lines: Vec<Line<'s>>,
    /// Of each line, which of the running text it is.
    text_order: Vec<usize>,
    /// Lines with the quốc hiệu, and with the paper's number, in order.
    pub(super) emblems: Vec<usize>,
    pub(super) numbers: Vec<usize>,
    /// Lines beside which `mật` is honey or gall, in order.
    pub(super) siblings: Vec<usize>,
    /// Stamps, each once.
    pub(super) stamps: Vec<usize>,
    pub(super) released: bool,
    /// Lines that have a level's word, in order.
    marked: Vec<usize>,
}

/// Letters of a line that may be one in an encoding that nothing around it tells.
const SHORT_LEGACY: usize = 64;
/// Cells that are looked at behind one for numbers.
const CELLS: usize = 60;

impl<'s> Page<'s> {
    pub(super) fn new(lexicon: &Lexicon, spans: &[&'s Span]) -> Self {
        let mut lines = lines(spans);
        decode(&mut lines);
        for line in &mut lines {
            let named = matches!(line.spot, Spot::Subject | Spot::FileName);
            let text: &str = match line.spot {
                Spot::FileName => stem(&line.text),
                Spot::Subject => without_prefixes(&line.text),
                _ => &line.text,
            };
            let ground = Ground {
                name: named,
                legacy: line.legacy,
            };
            line.said = line::read(lexicon, text, ground);
            if line.said.mark.is_none()
                && !line.said.several
                && let Some(said) = undetected(lexicon, text.trim(), named)
            {
                line.said = said;
                line.legacy = true;
            }
        }
        join::join(lexicon, &mut lines);
        let mut page = Self {
            text_order: Vec::with_capacity(lines.len()),
            lines,
            emblems: Vec::new(),
            numbers: Vec::new(),
            siblings: Vec::new(),
            stamps: Vec::new(),
            released: false,
            marked: Vec::new(),
        };
        page.cells();
        page.persons(lexicon);
        let mut text = 0;
        for (at, line) in page.lines.iter().enumerate() {
            page.text_order.push(text);
            text += usize::from(matches!(line.spot, Spot::Body | Spot::Cell));
            if line.said.emblem {
                page.emblems.push(at);
            }
            if line.said.sibling {
                page.siblings.push(at);
            }
            if line.said.number {
                page.numbers.push(at);
            }
            for &stamp in &line.said.stamps {
                if !page.stamps.contains(&stamp) {
                    page.stamps.push(stamp);
                }
            }
            let minor = matches!(line.spot, Spot::Comment | Spot::Deleted | Spot::Property);
            page.released |=
                line.said.released && beside::is_capitals(&line.text, line.legacy) && !minor;
            if line.said.mark.is_some() || line.said.several {
                page.marked.push(at);
            }
        }
        page
    }

    /// The levels' words and their lines.
    pub(super) fn found(&self) -> impl Iterator<Item = (usize, &Found)> {
        self.marked.iter().filter_map(|&at| {
            let said = &self.lines.get(at)?.said;
            Some((at, said.mark.as_ref()?))
        })
    }

    /// Which line of the running text it is.
    pub(super) fn of_text(&self, at: usize) -> usize {
        self.text_order.get(at).copied().unwrap_or(usize::MAX)
    }

    /// Whether another level stands near in the same way, so that they make a list.
    pub(super) fn is_list(&self, at: usize, found: &Found, most: usize) -> bool {
        let Some(line) = self.lines.get(at) else {
            return false;
        };
        if matches!(line.spot, Spot::Subject | Spot::FileName) || found.stands == Evidence::Field {
            return false;
        }
        let here = self.marked.partition_point(|&marked| marked < at);
        let behind = self.marked.get(here + 1..).unwrap_or_default().iter();
        let before = self.marked.get(..here).unwrap_or_default().iter().rev();
        let near = |other: &&usize| other.abs_diff(at) <= most;
        behind
            .take_while(near)
            .chain(before.take_while(near))
            .any(|&other| {
                let Some(other) = self.lines.get(other) else {
                    return false;
                };
                let same_place = other.spot == line.spot && other.page == line.page;
                same_place
                    && (other.said.several
                        || other.said.mark.as_ref().is_some_and(|mark| {
                            mark.level != found.level && mark.stands != Evidence::Sentence
                        }))
            })
    }

    /// Whether numbers stand behind the cell in its row, or below it.
    pub(super) fn numbers_follow(&self, at: usize) -> bool {
        let Some(cell) = self.lines.get(at).filter(|line| line.spot == Spot::Cell) else {
            return false;
        };
        let behind = self.lines.get(at + 1..).unwrap_or_default();
        behind
            .iter()
            .take(CELLS)
            .take_while(|line| line.spot == Spot::Cell && line.page == cell.page)
            .any(|line| {
                let row = line.row == cell.row && line.column > cell.column;
                let below = line.column == cell.column
                    && line.row > cell.row
                    && line.row <= cell.row.saturating_add(2);
                (row || below) && line::is_number(&line.text)
            })
    }

    /// Whether the line before ends in the middle of a sentence.
    pub(super) fn continues(&self, at: usize) -> bool {
        let (Some(line), Some(before)) = (
            self.lines.get(at),
            at.checked_sub(1).and_then(|before| self.lines.get(before)),
        ) else {
            return false;
        };
        let text = before.text.trim_end();
        let head = before.said.emblem || before.said.number || beside::is_capitals(text, false);
        !head
            && line.spot == Spot::Body
            && before.spot == Spot::Body
            && text.chars().count() > 20
            && text.ends_with(|c: char| c.is_alphabetic() || c == ',')
            && line.text.trim_start().starts_with(char::is_lowercase)
    }

    /// Names of persons: behind a family name in the cell before, below the end of a letter.
    fn persons(&mut self, lexicon: &Lexicon) {
        for at in 1..self.lines.len() {
            let Some(line) = self.lines.get(at) else {
                break;
            };
            let alone = |found: &Found| {
                found.stands == Evidence::Alone
                    && !lexicon
                        .levels
                        .get(found.word)
                        .is_some_and(|word| word.two_words)
            };
            if !line.said.mark.as_ref().is_some_and(alone) {
                continue;
            }
            let Some(before) = self.lines.get(at - 1) else {
                continue;
            };
            let named = match (line.spot, before.spot) {
                (Spot::Cell, Spot::Cell) => {
                    before.row == line.row
                        && before.page == line.page
                        && line::is_surname(lexicon, &before.text)
                }
                (Spot::Body, Spot::Body) => before.said.closing,
                _ => false,
            };
            if named
                && let Some(found) = self
                    .lines
                    .get_mut(at)
                    .and_then(|line| line.said.mark.as_mut())
            {
                found.evidence.push(Evidence::Person);
            }
        }
    }

    /// What tables say: a field and its value in two cells, the values under the name of the field.
    fn cells(&mut self) {
        // Under which column of which page the field's name stood last.
        let mut heads: HashMap<(Option<u32>, u32), u32> = HashMap::new();
        let mut before: Option<(Option<u32>, u32, u32)> = None;
        for line in &mut self.lines {
            if line.spot != Spot::Cell {
                before = None;
                continue;
            }
            if line.said.field_name {
                heads.insert((line.page, line.column), line.row);
                before = Some((line.page, line.row, line.column));
                continue;
            }
            let Some(found) = &mut line.said.mark else {
                if before.is_some_and(|(page, row, _)| (page, row) != (line.page, line.row)) {
                    before = None;
                }
                continue;
            };
            if found.stands != Evidence::Alone {
                continue;
            }
            let head = heads.get(&(line.page, line.column));
            if before.is_some_and(|(page, row, column)| {
                page == line.page && row == line.row && column < line.column
            }) {
                found.stands = Evidence::Field;
            } else if head.is_some_and(|&row| row < line.row) {
                line.in_column = true;
            }
        }
    }
}

/// The spans, by their lines.
fn lines<'s>(spans: &[&'s Span]) -> Vec<Line<'s>> {
    let mut lines = Vec::new();
    for span in spans {
        for (index, text) in span.text.split(['\n', '\r', '\u{b}', '\u{c}']).enumerate() {
            if index > 0 && text.trim().is_empty() {
                continue;
            }
            let text = match span.spot {
                Spot::Body => unquoted(text),
                _ => text,
            };
            lines.push(Line {
                spot: span.spot,
                page: span.page,
                row: span.line,
                column: span.column,
                style: span.style,
                text: Cow::Borrowed(text),
                legacy: span.legacy.is_some(),
                apart: false,
                in_column: false,
                said: Said::default(),
            });
        }
    }
    lines
}

/// A line without the signs of an answer before it: `> > MẬT`.
fn unquoted(text: &str) -> &str {
    match text.trim_start().starts_with('>') {
        true => text.trim_start_matches(|c: char| c == '>' || c.is_whitespace()),
        false => text,
    }
}

/// Brings lines in encodings from before Unicode to Unicode, as far as the document as a whole tells.
fn decode(lines: &mut [Line<'_>]) {
    let mut text = String::new();
    for line in lines.iter() {
        if !line.legacy {
            text.push_str(&line.text);
        }
        text.push('\n');
    }
    let Some(converted) = vietnamese::to_unicode(&text) else {
        return;
    };
    let pieces: Vec<&str> = converted.text.split('\n').collect();
    // One more behind the last line end.
    if pieces.len() != lines.len() + 1 {
        return;
    }
    for (line, piece) in lines.iter_mut().zip(pieces) {
        if !line.legacy && line.text != piece {
            line.text = Cow::Owned(piece.to_owned());
            line.legacy = true;
        }
    }
}

/// What a short line may be in.
pub(super) const ENCODINGS: [Encoding; 8] = [
    Encoding::Tcvn3,
    Encoding::Vni,
    Encoding::Viscii,
    Encoding::Vps,
    Encoding::Windows1258,
    Encoding::Mojibake,
    Encoding::MojibakeTwice,
    Encoding::Viqr,
];

/// A short line that is a mark in an encoding which it is too short to tell.
fn undetected(lexicon: &Lexicon, text: &str, name: bool) -> Option<Said> {
    let odd = |c: char| {
        matches!(c, '\u{80}'..='\u{ff}' | '\u{152}'..='\u{192}' | '\u{2c6}'..='\u{2122}')
            || c.is_ascii_control() && !c.is_ascii_whitespace()
    };
    let viqr = text.contains(['^', '~', '`', '\'', '?']) && text.contains('^');
    if text.len() > SHORT_LEGACY || !(viqr || text.chars().any(odd)) {
        return None;
    }
    ENCODINGS.into_iter().find_map(|encoding| {
        let decoded = vietnamese::decode(text, encoding);
        let said = line::read(lexicon, &decoded, Ground { name, legacy: true });
        let stands = said.mark.as_ref().map(|mark| mark.stands);
        matches!(
            stands,
            Some(Evidence::Alone | Evidence::Field | Evidence::BracketedFirst)
        )
        .then_some(said)
    })
}

/// A name without what says its format.
fn stem(name: &str) -> &str {
    let plain = |extension: &str| {
        (1..=5).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    match name.trim().rsplit_once('.') {
        Some((stem, extension)) if plain(extension) => stem,
        _ => name.trim(),
    }
}

/// A subject without what answers and forwards put before it.
fn without_prefixes(subject: &str) -> &str {
    let mut rest = subject.trim();
    for _ in 0..16 {
        let Some((first, behind)) = rest.split_once(':') else {
            break;
        };
        let prefix = first.trim().to_lowercase();
        if ![
            "re",
            "fw",
            "fwd",
            "tr",
            "aw",
            "wg",
            "trả lời",
            "chuyển tiếp",
            "trl",
        ]
        .contains(&prefix.as_str())
        {
            break;
        }
        rest = behind.trim();
    }
    rest
}
