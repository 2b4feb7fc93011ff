//! What one line, cell or field says: whether a level's word stands in it, and how.

use std::borrow::Cow;

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
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | ' ' | '%' | '-' | '+'))
}

fn read_one(lexicon: &Lexicon, text: &str, ground: Ground) -> Said {
    // All words of marks have letters beyond ASCII.
    if text.is_ascii() {
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
    let stands = if let Some(field) = field.filter(|field| {
        let between = line.get(field.range.end..range.start).unwrap_or_default();
        between.contains(':') && !between.chars().any(char::is_alphanumeric)
    }) {
        let plain_value = hits
            .iter()
            .any(|hit| word(&hit.role, WordKind::Plain) && hit.range.start >= field.range.end);
        if plain_value {
            said.several = true;
            return said;
        }
        // A sentence that goes on says how a field is filled in.
        if words(behind) > SHORT || has(WordKind::Negative) && words(behind) > 6 {
            evidence.push(Evidence::Negative);
        }
        Evidence::Field
    } else if left == 0 {
        Evidence::Alone
    } else if numbers_only {
        let stamped = !said.stamps.is_empty();
        if !stamped {
            evidence.push(Evidence::Numbers);
        }
        Evidence::Alone
    } else if !said.stamps.is_empty() && left <= 4 && !has(WordKind::Negative) {
        Evidence::Alone
    } else if let Some(noun) = noun
        && words(&covered(&[WordKind::Companion, WordKind::Noun], line)) == 0
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
    } else if set_off(before, behind, capitals, text, form.source(range.clone())) {
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
        if has(WordKind::Negative) || has(WordKind::Field) {
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
    }
    said.mark = Some(Found {
        word: index,
        level: first.level,
        stands,
        evidence,
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

/// The surroundings of a word.
fn around(line: &str, start: usize, end: usize) -> (usize, usize) {
    let from = line.floor_char_boundary(start.saturating_sub(AROUND));
    let to = line.ceil_char_boundary(end.saturating_add(AROUND).min(line.len()));
    (from, to)
}

/// Whether one word follows another with nothing but space between.
fn is_next(line: &str, end: usize, start: usize) -> bool {
    line.get(end..start)
        .is_some_and(|between| !between.is_empty() && between.trim().is_empty())
}

/// Capitals as they are shown: of old encodings accented letters have one form only.
pub(super) fn is_capitals(shown: &str, legacy: bool) -> bool {
    let mut letters = 0;
    for c in shown.chars().filter(|c| c.is_alphabetic()) {
        if c.is_lowercase() && (c.is_ascii() || !legacy) {
            return false;
        }
        letters += 1;
    }
    letters > 0
}

/// Whether what was undone was undone in this word.
fn disguised(text: &str, form: &Form, range: std::ops::Range<usize>) -> bool {
    let shown = text.get(form.source(range.clone())).unwrap_or_default();
    let word = form.as_str().get(range).unwrap_or_default();
    // Composed, small: the same letters if nothing was done to them.
    crate::vietnamese::normalised(shown, crate::vietnamese::Fold::default()).trim() != word
}

fn quoted(before: &str, behind: &str) -> bool {
    let opens = before
        .trim_end()
        .ends_with(['"', '“', '‘', '\'', '«', '„', '”']);
    let closes = behind
        .trim_start()
        .starts_with(['"', '”', '’', '\'', '»', '“']);
    opens && closes
}

fn bracketed(before: &str, behind: &str) -> bool {
    let opens = before
        .trim_end()
        .ends_with(['[', '(', '{', '【', '<', '«', '［', '（']);
    let closes = behind
        .trim_start()
        .starts_with([']', ')', '}', '】', '>', '»', '］', '）']);
    opens && closes
}

/// A word at the beginning or the end of a line, set off from the rest by more than a space.
fn set_off(
    before: &str,
    behind: &str,
    capitals: bool,
    text: &str,
    source: std::ops::Range<usize>,
) -> bool {
    let first = !before.chars().any(char::is_alphanumeric);
    let last = !behind.chars().any(char::is_alphanumeric);
    let sets_off = |c: char| {
        matches!(
            c,
            ':' | '-' | '_' | '–' | '—' | '|' | '/' | '.' | '•' | '*' | ']' | ')' | '+' | '#' | '~'
        )
    };
    if first {
        if behind.trim_start().starts_with(sets_off) {
            return true;
        }
        // In capitals before a text that is not.
        let rest = text.get(source.end..).unwrap_or_default();
        return capitals && !is_capitals(rest, false);
    }
    if last {
        return capitals
            && before
                .trim_end()
                .ends_with(|c: char| sets_off(c) && c != '.' && c != '/' || c == '(' || c == '[');
    }
    false
}

fn begins_with_number(behind: &str) -> bool {
    behind
        .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '–' | '.' | '='))
        .starts_with(|c: char| c.is_ascii_digit())
}

const EMPTY_BOXES: &[&str] = &[
    "☐", "□", "◻", "▢", "❏", "❑", "[ ]", "[]", "( )", "()", "○", "◯",
];
const TICKED_BOXES: &[&str] = &[
    "☑", "☒", "☒", "✅", "✓", "✔", "■", "[x]", "(x)", "[v]", "◉", "●",
];

fn unticked(before: &str) -> bool {
    let before = before.trim_end();
    EMPTY_BOXES.iter().any(|sign| before.ends_with(sign))
}

/// The one of several levels that is ticked.
fn ticked(line: &str, starts: &[usize]) -> Option<usize> {
    let ticks = |start: &usize| {
        let before = line.get(..*start).unwrap_or_default().trim_end();
        TICKED_BOXES.iter().any(|sign| before.ends_with(sign))
    };
    let mut found = starts.iter().enumerate().filter(|(_, start)| ticks(start));
    let (at, _) = found.next()?;
    let only = found.next().is_none();
    let empty = line
        .chars()
        .any(|c| matches!(c, '☐' | '□' | '◻' | '○' | '▢'));
    (only && (empty || line.contains("[ ]") || line.contains("( )"))).then_some(at)
}
