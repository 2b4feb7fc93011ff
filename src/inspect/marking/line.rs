//! What one line, cell or field says: whether a level's word stands in it, and how.

use std::borrow::Cow;

use super::beside::{
    begins_with_number, bracketed, disguised, is_capitals, is_next, is_note_number, quoted,
    set_off, ticked, unticked,
};
use super::lexicon::{Hit, Lexicon, Role};
use crate::{
    facts::Level,
    questions::{Evidence, WordKind},
    vietnamese::Form,
};

/// What a line says.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// A level's word in it.
    pub(super) mark: Option<Found>,
    /// More than one level.
    pub(super) several: bool,
    /// The quốc hiệu or the motto.
    pub(super) emblem: bool,
    /// It begins with the paper's number.
    pub(super) number: bool,
    /// Stamps in it.
    pub(super) stamps: Vec<usize>,
    /// The stamp that a document is no longer secret.
    pub(super) released: bool,
    /// It is nothing but the name of the field of levels.
    pub(super) field_name: bool,
    /// It begins with a word that stands beside honey or gall, and says little more.
    pub(super) sibling: bool,
    /// It ends a letter: a name follows.
    pub(super) closing: bool,
    /// It ends with that field, and with no value or only the beginning of one.
    pub(super) field_open: bool,
}

/// A level's word in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Which of [`Lexicon::levels`].
    pub(super) word: usize,
    pub(super) level: Level,
    /// How it stands there: one of those of [`Evidence`] that say so.
    pub(super) stands: Evidence,
    pub(super) evidence: Vec<Evidence>,
    /// Whether it is in capitals.
    pub(super) capitals: bool,
    /// Whether its first letter is one.
    pub(super) initial: bool,
}

/// What is known of a line beside its text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ground {
    /// A subject or a file's name.
    pub(super) name: bool,
    /// Its letters were in an old encoding, which has no small and capital form of each.
    pub(super) legacy: bool,
}

/// Lines longer than this are sentences; so many bytes around a word belong to it.
const LINE: usize = 400;
const AROUND: usize = 160;
/// Words of a line that may have a mark in brackets at its end.
const SHORT: usize = 12;
/// Words of the number on the mark's line: `Số: 15/BC-CAT`.
const NUMBER_WORDS: usize = 6;
/// Bytes of a line in ASCII that is looked at: `GAN`.
const ASCII: usize = 20;
/// Words of the line before a name at the end of a letter.
const CLOSING_WORDS: usize = 5;

/// Reads a line; where it has columns (tabs, bars, wide gaps) each of them too.
pub(super) fn read(lexicon: &Lexicon, text: &str, ground: Ground) -> Said {
    let whole = read_one(lexicon, text, ground);
    let alone = |said: &Said| {
        said.mark
            .as_ref()
            .is_some_and(|found| matches!(found.stands, Evidence::Alone | Evidence::Field))
    };
    if whole.mark.is_none() || whole.several || alone(&whole) || text.len() > LINE {
        return whole;
    }
    let columns = columns(text);
    if columns.len() < 2 || columns.len() > 12 {
        return whole;
    }
    let numbers = columns.iter().filter(|column| is_number(column)).count();
    let sibling = columns
        .iter()
        .any(|column| read_one(lexicon, column, ground).sibling);
    for column in &columns {
        let mut said = read_one(lexicon, column, ground);
        if !alone(&said) {
            continue;
        }
        if let Some(found) = &mut said.mark
            && numbers > 0
        {
            found.evidence.push(Evidence::Numbers);
        }
        if let Some(found) = &mut said.mark
            && sibling
        {
            found.evidence.push(Evidence::Sibling);
        }
        return Said {
            mark: said.mark,
            ..whole
        };
    }
    whole
}

/// The columns of a line, trimmed, without empty ones.
fn columns(text: &str) -> Vec<&str> {
    let mut columns = Vec::new();
    let mut start = 0;
    let mut gap = 0_usize;
    for (at, c) in text.char_indices() {
        let bar = matches!(c, '\t' | '|' | '│' | '¦' | '║');
        if bar {
            columns.push(text.get(start..at).unwrap_or_default());
            start = at + c.len_utf8();
            gap = 0;
        } else if c.is_whitespace() {
            gap += 1;
        } else {
            if gap >= 3 {
                columns.push(text.get(start..at).unwrap_or_default());
                start = at;
            }
            gap = 0;
        }
    }
    columns.push(text.get(start..).unwrap_or_default());
    columns
        .into_iter()
        .map(str::trim)
        .filter(|column| !column.is_empty())
        .collect()
}

/// Whether a cell or a column holds a number and nothing else.
pub(super) fn is_number(text: &str) -> bool {
    let text = text.trim();
    text.len() <= 24
        && text.chars().any(|c| c.is_ascii_digit())
        && text.chars().all(|c| {
            c.is_ascii_digit() || matches!(c, '.' | ',' | ' ' | '%' | '-' | '+' | '/' | ':')
        })
}

fn read_one(lexicon: &Lexicon, text: &str, ground: Ground) -> Said {
    // All words of marks have letters beyond ASCII; short words beside them may not.
    if text.is_ascii() && text.len() > ASCII {
        return Said::default();
    }
    let (text, form, hits) = compared(lexicon, text);
    let text = text.as_ref();
    let line = form.as_str();
    let mut said = Said::default();
    if hits.is_empty() {
        return said;
    }
    let trimmed = line.len()
        - line
            .trim_start_matches(|c: char| !c.is_alphanumeric())
            .len();
    let word = |role: &Role, kind: WordKind| *role == Role::Word(kind);
    for hit in &hits {
        match hit.role {
            Role::Word(WordKind::Emblem) => said.emblem = true,
            Role::Word(WordKind::Number) => {
                let behind = line.get(hit.range.end..).unwrap_or_default();
                said.number |= hit.range.start == trimmed && behind.trim_start().starts_with(':');
            }
            Role::Word(WordKind::Sibling) => {
                let behind = line.get(hit.range.end..).unwrap_or_default().trim_start();
                let label = behind.is_empty() || behind.starts_with([':', ',', '-', '–', '/']);
                said.sibling |= hit.range.start == trimmed && label;
            }
            Role::Word(WordKind::Closing) => {
                let few = line.split_whitespace().count() <= CLOSING_WORDS;
                said.closing |= hit.range.start == trimmed && few;
            }
            Role::Stamp(stamp) if !said.stamps.contains(&stamp) => said.stamps.push(stamp),
            _ => {}
        }
    }
    let levels: Vec<_> = hits
        .iter()
        .filter_map(|hit| match hit.role {
            Role::Level(word) => Some((lexicon.levels.get(word)?, word, hit.range.clone())),
            _ => None,
        })
        .collect();
    let short = line.len() <= LINE;
    let covered = |from: &[WordKind], line: &str| -> String {
        let mut rest = line.as_bytes().to_vec();
        let mut cover = |range: std::ops::Range<usize>| {
            for byte in rest.get_mut(range).unwrap_or_default() {
                *byte = b' ';
            }
        };
        for hit in &hits {
            let covers = match hit.role {
                Role::Level(_) | Role::Stamp(_) => true,
                Role::Word(kind) => from.contains(&kind),
            };
            if covers {
                cover(hit.range.clone());
            }
        }
        String::from_utf8_lossy(&rest).into_owned()
    };
    let has = |kind: WordKind| hits.iter().any(|hit| word(&hit.role, kind));
    if short && levels.is_empty() {
        let rest = covered(&[WordKind::Field, WordKind::Released], line);
        let nothing = !rest.chars().any(char::is_alphabetic);
        said.field_name = nothing && has(WordKind::Field);
        said.released = nothing && has(WordKind::Released);
        let field = hits.iter().rfind(|hit| word(&hit.role, WordKind::Field));
        said.field_open = field.is_some_and(|field| {
            let behind = line.get(field.range.end..).unwrap_or_default().trim_start();
            behind.starts_with(':')
                && behind.split_whitespace().count() <= 3
                && !has(WordKind::Plain)
        });
        return said;
    }
    let Some((first, index, range)) = levels.first().cloned() else {
        return said;
    };
    // Of long lines each word has its surroundings; the first that may be sent is told.
    if !short {
        for (level, index, range) in levels.iter().take(64) {
            let (from, to) = around(line, range.start, range.end);
            let near = |at: &std::ops::Range<usize>| at.start >= from && at.end <= to;
            let several = levels
                .iter()
                .any(|(other, _, at)| other.level != level.level && near(at));
            let against = several
                || hits.iter().any(|hit| {
                    near(&hit.range)
                        && (word(&hit.role, WordKind::Negative) || word(&hit.role, WordKind::Field))
                });
            if against {
                continue;
            }
            let inside = |kind| {
                hits.iter()
                    .any(|hit| word(&hit.role, kind) && near(&hit.range))
            };
            let mut evidence = vec![];
            let source = form.source(range.clone());
            let shown = text.get(source).unwrap_or_default();
            let capitals = is_capitals(shown, ground.legacy);
            let noun = hits.iter().any(|hit| {
                word(&hit.role, WordKind::Noun) && is_next(line, hit.range.end, range.start)
            });
            if noun {
                evidence.push(Evidence::Noun);
            }
            if inside(WordKind::Sending) {
                evidence.push(Evidence::Sending);
            }
            let found = Found {
                word: *index,
                level: level.level,
                stands: Evidence::Sentence,
                evidence,
                capitals,
                initial: shown.starts_with(char::is_uppercase),
            };
            let better = said
                .mark
                .as_ref()
                .is_none_or(|old| old.evidence.len() < found.evidence.len());
            if better {
                said.mark = Some(found);
            }
        }
        return said;
    }
    if levels.iter().any(|(level, ..)| level.level != first.level) {
        match ticked(
            line,
            &levels.iter().map(|(_, _, at)| at.start).collect::<Vec<_>>(),
        ) {
            Some(at) => {
                if let Some((level, index, range)) = levels.get(at) {
                    let shown = text.get(form.source(range.clone())).unwrap_or_default();
                    said.mark = Some(Found {
                        word: *index,
                        level: level.level,
                        stands: Evidence::Field,
                        evidence: Vec::new(),
                        capitals: is_capitals(shown, ground.legacy),
                        initial: shown.starts_with(char::is_uppercase),
                    });
                }
            }
            None => said.several = true,
        }
        return said;
    }
    let mut evidence = Vec::new();
    let before = line.get(..range.start).unwrap_or_default();
    let behind = line.get(range.end..).unwrap_or_default();
    if unticked(before) {
        said.several = true;
        return said;
    }
    if quoted(before, behind) {
        evidence.push(Evidence::Quoted);
    }
    let source = form.source(range.clone());
    let shown = text.get(source).unwrap_or_default();
    let capitals = is_capitals(shown, ground.legacy);
    if form.tricks.any() && disguised(text, &form, range.clone()) {
        evidence.push(Evidence::Disguised);
    }
    let plain = covered(&[WordKind::Companion], line);
    let words = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .count()
    };
    let left = words(&plain);
    let numbers_only = left > 0 && !plain.chars().any(char::is_alphabetic);
    let field = hits
        .iter()
        .rfind(|hit| word(&hit.role, WordKind::Field) && hit.range.end <= range.start);
    let noun = hits
        .iter()
        .find(|hit| word(&hit.role, WordKind::Noun) && is_next(line, hit.range.end, range.start));
    let only = |kind| words(&covered(&[WordKind::Companion, kind], line)) == 0;
    let stands = if let Some(field) = field.filter(|field| {
        let between = line.get(field.range.end..range.start).unwrap_or_default();
        // Names of sheets have no colon.
        let colon = between.contains(':') || between.trim().is_empty() && only(WordKind::Field);
        colon && !between.chars().any(char::is_alphanumeric)
    }) {
        let plain_value = hits
            .iter()
            .any(|hit| word(&hit.role, WordKind::Plain) && hit.range.start >= field.range.end);
        if plain_value {
            said.several = true;
            return said;
        }
        // A sentence that goes on says how a field is filled in.
        let own = ground.name
            && behind
                .trim_start()
                .starts_with(['-', '–', '—', '|', ';', '.', ']', ')']);
        if !own && (words(behind) > SHORT || has(WordKind::Negative) && words(behind) > 6) {
            evidence.push(Evidence::Negative);
        }
        Evidence::Field
    } else if left == 0 {
        Evidence::Alone
    } else if numbers_only {
        if said.stamps.is_empty() {
            evidence.push(match is_note_number(before, behind) {
                true => Evidence::NoteNumber,
                false => Evidence::Numbers,
            });
        }
        Evidence::Alone
    } else if !said.stamps.is_empty() && left <= 4 && !has(WordKind::Negative) {
        Evidence::Alone
    } else if let Some(noun) = noun
        && only(WordKind::Noun)
        && hits
            .iter()
            .filter(|hit| word(&hit.role, WordKind::Noun))
            .count()
            == 1
    {
        let _ = noun;
        evidence.push(Evidence::NounAlone);
        Evidence::Alone
    } else if said.number && capitals && behind.trim().is_empty() && left <= NUMBER_WORDS {
        Evidence::NumberLine
    } else if bracketed(before, behind) {
        let first = !before.chars().any(char::is_alphanumeric);
        if ground.name && first {
            Evidence::BracketedFirst
        } else if ground.name || left <= SHORT {
            if has(WordKind::Negative) {
                evidence.push(Evidence::Negative);
            }
            if ground.name {
                Evidence::Bracketed
            } else {
                Evidence::Leading
            }
        } else {
            Evidence::Sentence
        }
    } else if set_off(
        before,
        behind,
        capitals,
        text.get(form.source(range.clone()).end..)
            .unwrap_or_default(),
        ground.name || first.two_words,
    ) {
        if has(WordKind::Negative) {
            evidence.push(Evidence::Negative);
        }
        if begins_with_number(behind) && !ground.name {
            evidence.push(Evidence::Numbers);
        }
        if ground.name {
            Evidence::LeadingName
        } else {
            Evidence::Leading
        }
    } else {
        Evidence::Sentence
    };
    if stands == Evidence::Sentence {
        let statement = statement(line, &hits, range.start);
        if let Some(start) = statement.filter(|_| !has(WordKind::Disclaimer)) {
            evidence.push(Evidence::Statement);
            let before = |hit: &Hit| hit.range.start < start && word(&hit.role, WordKind::Negative);
            if hits.iter().any(before) {
                evidence.push(Evidence::Negative);
            }
        } else if has(WordKind::Negative) || has(WordKind::Field) || has(WordKind::Disclaimer) {
            evidence.push(Evidence::Negative);
        }
        if noun.is_some() {
            evidence.push(Evidence::Noun);
        }
        if has(WordKind::Sending) {
            evidence.push(Evidence::Sending);
        }
        if begins_with_number(behind) {
            evidence.push(Evidence::Numbers);
        }
        if !first.two_words && noun.is_none() && is_person(text, &form, &hits, range.start) {
            evidence.push(Evidence::Person);
        }
    }
    said.mark = Some(Found {
        word: index,
        level: first.level,
        stands,
        evidence,
        initial: shown.starts_with(char::is_uppercase),
        capitals: capitals && !(stands == Evidence::Sentence && is_capitals(text, ground.legacy)),
    });
    said
}

/// The form of a text, and what stands in it. Letters that stand apart are closed up by their gaps; where
/// that finds no level, wide gaps between words are single ones.
fn compared<'t>(lexicon: &Lexicon, text: &'t str) -> (Cow<'t, str>, Form, Vec<Hit>) {
    let form = Form::new(text);
    let hits = lexicon.find(form.as_str());
    let wide = || {
        let gaps = text.as_bytes().windows(2);
        let space = |byte: &u8| byte.is_ascii_whitespace() || *byte >= 0x80;
        gaps.into_iter()
            .any(|pair| pair.iter().all(u8::is_ascii_whitespace))
            || text.contains(['\u{a0}', '\u{3000}', '\u{2003}', '\u{2002}', '\n', '\t'])
                && text.bytes().any(|byte| space(&byte))
    };
    if hits.iter().any(|hit| matches!(hit.role, Role::Level(word) if lexicon.levels.get(word).is_some_and(|word| word.two_words))) || !wide() {
        return (Cow::Borrowed(text), form, hits);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let single = words.join(" ");
    let form = Form::new(&single);
    let hits = lexicon.find(form.as_str());
    (Cow::Owned(single), form, hits)
}

/// Where a statement about this very paper begins that ends with the level at `start`: `Văn bản này thuộc độ …`,
/// `Tài liệu gửi kèm là tài liệu …`. Between them stand links and nouns only.
fn statement(line: &str, hits: &[Hit], start: usize) -> Option<usize> {
    let mut end = start;
    for _ in 0..8 {
        end = line.get(..end)?.trim_end().len();
        let before = |kind| {
            hits.iter()
                .find(|hit| hit.role == Role::Word(kind) && hit.range.end == end)
        };
        if let Some(statement) = before(WordKind::Statement) {
            return Some(statement.range.start);
        }
        end = before(WordKind::Link)
            .or_else(|| before(WordKind::Noun))?
            .range
            .start;
    }
    None
}

/// How many words stand in a text that the end of a line may cut off a level's letters from; none at the
/// end of a name.
pub(super) fn cut_words(lexicon: &Lexicon, text: &str) -> usize {
    let form = Form::new(text);
    let hits = lexicon.find(form.as_str());
    let is = |hit: &Hit, kind| hit.role == Role::Word(kind);
    let cut = hits.iter().filter(|hit| {
        let named = |name: &Hit| {
            is(name, WordKind::Name)
                && name.range.start < hit.range.start
                && name.range.end > hit.range.start
        };
        is(hit, WordKind::Cut) && !hits.iter().any(named)
    });
    cut.count()
}

/// Whether the word at `start` ends a person's name: a family name stands at most two words before it, and
/// each of them begins with a capital.
fn is_person(text: &str, form: &Form, hits: &[Hit], start: usize) -> bool {
    let line = form.as_str();
    let upper = |at: usize| {
        let shown = text.get(form.source(at..at.saturating_add(1)));
        shown.is_some_and(|shown| shown.starts_with(char::is_uppercase))
    };
    upper(start)
        && hits.iter().any(|hit| {
            let between = line.get(hit.range.end..start).unwrap_or("…");
            hit.role == Role::Word(WordKind::Surname)
                && hit.range.start < start
                && upper(hit.range.start)
                && between.split_whitespace().count() <= 2
                && between.chars().all(|c| c.is_alphabetic() || c == ' ')
        })
}

/// Whether a text begins as a person's name does, and is no longer than one.
pub(super) fn is_surname(lexicon: &Lexicon, text: &str) -> bool {
    let text = text.trim();
    if text.len() > 48 || text.split_whitespace().count() > 4 {
        return false;
    }
    let form = Form::new(text);
    let hits = lexicon.find(form.as_str());
    hits.iter()
        .any(|hit| hit.role == Role::Word(WordKind::Surname) && hit.range.start == 0)
}

/// The surroundings of a word.
fn around(line: &str, start: usize, end: usize) -> (usize, usize) {
    let from = line.floor_char_boundary(start.saturating_sub(AROUND));
    let to = line.ceil_char_boundary(end.saturating_add(AROUND).min(line.len()));
    (from, to)
}
