//! Marks of state secrets: the words MẬT, TỐI MẬT, TUYỆT MẬT as marks of a document, not as words of a
//! sentence.
//!
//! Evidence is added up, by the points of the data file (`policies/marks/vn.yaml`): how the word stands on its
//! line, how it looks, where on the paper, what stands beside it, and what speaks against it. A finding names
//! the word, the place and the reasons, and nothing that stood around it. Time is linear in the text.

mod beside;
mod glimpse;
mod join;
mod lexicon;
mod line;
mod page;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use self::{
    glimpse::Glimpse,
    lexicon::Lexicon,
    line::{Found, Ground, Said},
    page::{Line, Page},
};
use crate::{
    content::{Node, Span, Spot},
    facts::{MARK_PLACES, Mark, Strength},
    questions::{Evidence, MarkTable},
};

/// Looks for the marks of one data file.
#[derive(Debug)]
pub struct Marker {
    table: Arc<MarkTable>,
    lexicon: Lexicon,
    /// Without one every document is read closely.
    glimpse: Option<Glimpse>,
}

/// Marks of one message that are kept, the strongest first.
const MOST_MARKS: usize = 32;

/// How many lines away the head of a paper may stand from its mark, and its number.
const NEAR_EMBLEM: usize = 15;
const NEAR_NUMBER: usize = 10;
/// Lines of text that are the first page where nothing tells pages.
const FIRST_LINES: usize = 40;
/// How many lines away another level makes a list.
const LIST: usize = 4;
/// What all the stamps of a document together may add.
const STAMPS: i32 = 30;

impl Marker {
    /// Compiles the words.
    pub fn new(table: &Arc<MarkTable>) -> Self {
        Self {
            table: Arc::clone(table),
            lexicon: Lexicon::new(table),
            glimpse: Glimpse::new(
                table
                    .levels
                    .iter()
                    .flat_map(|(_, words)| words)
                    .map(AsRef::as_ref),
            ),
        }
    }

    /// The marks in these texts, the surest first; of each file, place and level the surest one.
    pub fn marks(&self, nodes: &[Node], spans: &[Span]) -> Vec<Mark> {
        let mut by_node: BTreeMap<usize, Vec<&Span>> = BTreeMap::new();
        for span in spans {
            by_node.entry(span.node).or_default().push(span);
        }
        let mut best: BTreeMap<(usize, &'static str, crate::facts::Level), Mark> = BTreeMap::new();
        for (index, spans) in by_node {
            let part = nodes.get(index).map_or("", |node| node.number.as_str());
            let mut texts = spans.iter().map(|span| &*span.text);
            let seen = self
                .glimpse
                .as_ref()
                .is_none_or(|glimpse| glimpse.sees(&mut texts));
            // In tests everything is read, so that each of them tries the first look too.
            if !seen && !cfg!(test) {
                continue;
            }
            let page = Page::new(&self.lexicon, &spans);
            let several = self.several_in_document(&page);
            for (at, found) in page.found() {
                let Some(mark) = self.mark(&page, at, found, several, part) else {
                    continue;
                };
                debug_assert!(seen, "a first look sees {mark:?}");
                let old = best.get(&(index, mark.place, mark.level));
                if old.is_none_or(|old| old.confidence < mark.confidence) {
                    best.insert((index, mark.place, mark.level), mark);
                }
            }
        }
        let mut marks: Vec<Mark> = best.into_values().collect();
        marks.sort_by(|a, b| {
            (b.strength, b.confidence, b.level).cmp(&(a.strength, a.confidence, a.level))
        });
        marks.truncate(MOST_MARKS);
        marks
    }

    /// Whether a document shows more than one level by itself: a form, a text about marks.
    fn several_in_document(&self, page: &Page<'_>) -> bool {
        let mut seen = None;
        page.found().any(|(_, found)| {
            let stands = matches!(found.stands, Evidence::Alone | Evidence::Leading);
            stands && *seen.get_or_insert(found.level) != found.level
        })
    }

    fn mark(
        &self,
        page: &Page<'_>,
        at: usize,
        found: &Found,
        several: bool,
        part: &str,
    ) -> Option<Mark> {
        let line = page.lines.get(at)?;
        let word = self.lexicon.levels.get(found.word)?;
        let mut sum = Sum::new(&self.table);
        sum.add(found.stands);
        found
            .evidence
            .iter()
            .for_each(|&evidence| sum.add(evidence));
        let named = matches!(line.spot, Spot::Subject | Spot::FileName);
        let sentence = found.stands == Evidence::Sentence;
        match (sentence, found.capitals) {
            (true, true) => sum.add(Evidence::CapitalsInSentence),
            (false, true) => sum.add(Evidence::Capitals),
            _ => {}
        }
        if word.two_words && !sentence {
            sum.add(Evidence::TwoWords);
        }
        let plain = matches!(
            found.stands,
            Evidence::Alone | Evidence::Leading | Evidence::LeadingName
        );
        // A property that says nothing else is as good as a field.
        let value = line.spot == Spot::Property && found.stands == Evidence::Alone;
        if plain && !word.two_words && !found.capitals {
            sum.add(match value && found.initial {
                true => Evidence::NamePlace,
                false => Evidence::CommonWord,
            });
        }
        if !sentence {
            self.looks(&mut sum, line, at, page, named);
        }
        self.beside(&mut sum, page, at, sentence || named);
        if page.is_list(at, found, LIST) {
            sum.add(Evidence::SeveralLevels);
        } else if several && !named && found.stands != Evidence::Field {
            sum.add(Evidence::SeveralInDocument);
        }
        let single = !word.two_words && !named && found.stands != Evidence::Field;
        if single && near(&page.siblings, at, LIST) {
            sum.add(Evidence::Sibling);
        }
        if page.numbers_follow(at) {
            sum.add(Evidence::Numbers);
        }
        if line.in_column {
            sum.add(Evidence::Column);
        }
        let whole = !line.apart && !found.evidence.contains(&Evidence::Disguised);
        if found.stands == Evidence::Alone && whole && !found.capitals && page.continues(at) {
            sum.add(Evidence::Continued);
        }
        if page.released && !named {
            sum.add(Evidence::Released);
        }
        // A sentence that speaks of a secret paper is never as sure as its stamp.
        let note = found.evidence.contains(&Evidence::NoteNumber);
        let most = if sentence || note {
            self.table.strong.saturating_sub(1)
        } else {
            100
        };
        let confidence = u8::try_from(sum.points.clamp(0, most.into())).unwrap_or(0);
        let strength = if confidence >= self.table.strong {
            Strength::Strong
        } else if confidence >= self.table.weak {
            Strength::Weak
        } else {
            return None;
        };
        Some(Mark {
            part: part.to_owned(),
            level: word.level,
            strength,
            confidence,
            place: place(line.spot),
            page: line.page,
            word: Arc::clone(&word.word),
            reasons: sum.reasons,
        })
    }

    /// How the word looks and where on the paper it stands.
    fn looks(&self, sum: &mut Sum<'_>, line: &Line<'_>, at: usize, page: &Page<'_>, named: bool) {
        if named {
            sum.add(Evidence::NamePlace);
        }
        match line.spot {
            Spot::Header
            | Spot::Footer
            | Spot::TextBox
            | Spot::Watermark
            | Spot::Title
            | Spot::Annotation
            | Spot::Field => {
                sum.add(Evidence::Furniture);
                // It stands on every page.
                if line.spot == Spot::Watermark {
                    sum.add(Evidence::FirstPage);
                }
            }
            Spot::Note
            | Spot::Comment
            | Spot::Property
            | Spot::SheetName
            | Spot::Alt
            | Spot::Deleted => sum.add(Evidence::MinorPlace),
            Spot::Body | Spot::Cell => {
                let first = match line.page {
                    Some(page) => page == 1,
                    None => page.of_text(at) < FIRST_LINES,
                };
                if first {
                    sum.add(Evidence::FirstPage);
                }
            }
            Spot::Subject | Spot::FileName => {}
        }
        let style = line.style;
        for (is, evidence) in [
            (style.framed && line.spot != Spot::Cell, Evidence::Framed),
            (style.red, Evidence::Red),
            (style.bold, Evidence::Bold),
            (style.hidden, Evidence::Hidden),
            (line.legacy, Evidence::Legacy),
            (line.apart, Evidence::Disguised),
        ] {
            if is {
                sum.add(evidence);
            }
        }
    }

    /// What stands near it, and which stamps the document has.
    fn beside(&self, sum: &mut Sum<'_>, page: &Page<'_>, at: usize, apart: bool) {
        if apart {
            return;
        }
        if near(&page.emblems, at, NEAR_EMBLEM) {
            sum.add(Evidence::BesideEmblem);
        }
        if near(&page.numbers, at, NEAR_NUMBER) {
            sum.add(Evidence::BesideNumber);
        }
        let mut left = STAMPS;
        for &stamp in &page.stamps {
            let Some(stamp) = self.table.stamps.get(stamp) else {
                continue;
            };
            let points = stamp.points.min(left);
            left -= points;
            sum.points += points;
            sum.reasons.push(Cow::Owned(stamp.id.to_string()));
        }
    }
}

/// Whether one of these lines, in order, is near.
fn near(lines: &[usize], at: usize, most: usize) -> bool {
    let from = lines.partition_point(|&line| line + most < at);
    lines.get(from).is_some_and(|&line| line <= at + most)
}

/// The points and their reasons.
struct Sum<'t> {
    table: &'t MarkTable,
    points: i32,
    reasons: Vec<Cow<'static, str>>,
}

impl<'t> Sum<'t> {
    fn new(table: &'t MarkTable) -> Self {
        Self {
            table,
            points: 0,
            reasons: Vec::new(),
        }
    }

    fn add(&mut self, evidence: Evidence) {
        if self.reasons.iter().any(|known| known == evidence.as_str()) {
            return;
        }
        let points = self.table.points(evidence);
        if points != 0 {
            self.points = self.points.saturating_add(points);
            self.reasons.push(Cow::Borrowed(evidence.as_str()));
        }
    }
}

/// The word for a place.
pub fn place(spot: Spot) -> &'static str {
    let index = match spot {
        Spot::Subject => 0,
        Spot::FileName => 1,
        Spot::Body => 2,
        Spot::Cell => 3,
        Spot::TextBox => 4,
        Spot::Header => 5,
        Spot::Footer => 6,
        Spot::Note => 7,
        Spot::Comment => 8,
        Spot::Property => 9,
        Spot::Title => 10,
        Spot::SheetName => 11,
        Spot::Alt => 12,
        Spot::Deleted => 13,
        Spot::Annotation => 14,
        Spot::Field => 15,
        Spot::Watermark => 16,
    };
    MARK_PLACES.get(index).copied().unwrap_or("body")
}

#[cfg(test)]
mod tests;
