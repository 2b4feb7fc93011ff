//! Whether a text is Vietnamese in an encoding from before Unicode, and the text in Unicode.
//!
//! Line by line (a document may mix fonts): each line is read as each encoding, the words that come out are
//! judged as Vietnamese syllables, and the best reading is taken only where it is clearly better Vietnamese than
//! the line as it stands. A line with little to judge follows the lines around it, or stays as it is.
//! Time is linear and memory a small multiple of the text, whatever stands in it.

use std::ops::Range;

use super::{
    legacy::{Cell, Encoding, as_windows1252, capital, read},
    letters::letter,
    scan::{Look, look},
    syllable::syllable_of,
    trial::{Stats, judge},
};

/// Legacy Vietnamese that was found in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// The encoding of most of it.
    pub encoding: Encoding,
    /// How well it reads, 0 to 100: the share of its words that are Vietnamese syllables.
    pub score: u8,
    /// The share of the words with Vietnamese letters that are legacy, 0 to 1.
    pub share: f32,
    /// How many words are legacy.
    pub words: u32,
}

/// A piece of a text that was converted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it stood: bytes of the source (of the text, or of the bytes that were given).
    pub range: Range<usize>,
    /// What it was written in.
    pub encoding: Encoding,
}

/// A text brought to Unicode.
#[derive(Clone, Debug, PartialEq)]
pub struct Converted {
    /// All of the text; what is not legacy stands as it stood.
    pub text: String,
    /// What was converted, in order; neighbours of one encoding are one piece.
    pub pieces: Vec<Piece>,
    /// The whole in figures.
    pub found: Found,
}

/// Says whether a text holds legacy Vietnamese. `None` for everything else, and where there is too little to tell:
/// fewer than three syllables.
pub fn detect(text: &str) -> Option<Found> {
    survey(text).found
}

/// [`detect`] for bytes of an unknown charset: UTF-8 where they are UTF-8, otherwise legacy bytes.
pub fn detect_bytes(bytes: &[u8]) -> Option<Found> {
    match std::str::from_utf8(bytes) {
        Ok(text) => detect(text),
        Err(_) => detect(&as_windows1252(bytes)),
    }
}

/// The text in Unicode; `None` where [`detect`] finds nothing. At most 3 times as long as the text.
pub fn to_unicode(text: &str) -> Option<Converted> {
    convert(text, None)
}

/// [`to_unicode`] for bytes of an unknown charset; what is not legacy is read as windows-1252.
pub fn bytes_to_unicode(bytes: &[u8]) -> Option<Converted> {
    match std::str::from_utf8(bytes) {
        Ok(text) => convert(text, None),
        Err(_) => convert(&as_windows1252(bytes), Some(bytes.len())),
    }
}

fn convert(text: &str, bytes: Option<usize>) -> Option<Converted> {
    let survey = survey(text);
    let found = survey.found?;
    let mut converted = Converted {
        text: String::with_capacity(text.len()),
        pieces: Vec::new(),
        found,
    };
    let mut trial = Trial::default();
    let mut done = 0;
    // Where `done` is in bytes of the source: characters, when each was a byte.
    let mut source = 0;
    let mut advance = |from: usize, to: usize| {
        source += match bytes {
            Some(_) => text.get(from..to).map_or(0, |part| part.chars().count()),
            None => to - from,
        };
        source
    };
    for line in &survey.lines {
        let Some(encoding) = line.encoding else {
            continue;
        };
        let (Some(before), Some(part)) =
            (text.get(done..line.start), text.get(line.start..line.end))
        else {
            continue;
        };
        converted.text.push_str(before);
        let start = advance(done, line.start);
        let end = advance(line.start, line.end);
        done = line.end;
        trial.load(part);
        trial.read(encoding);
        write(&mut trial.cells, encoding, &mut converted.text);
        match converted.pieces.last_mut() {
            Some(last) if last.range.end == start && last.encoding == encoding => {
                last.range.end = end
            }
            _ => converted.pieces.push(Piece {
                range: start..end,
                encoding,
            }),
        }
    }
    converted
        .text
        .push_str(text.get(done..).unwrap_or_default());
    Some(converted)
}

/// A line that something may be found in.
struct Line {
    start: usize,
    end: usize,
    encoding: Option<Encoding>,
    /// Words with a letter that may be correct Vietnamese.
    accented: u32,
    /// What its words said, once it is decided.
    stats: Stats,
    /// It stands among lines of its kind and has no letter that only Unicode has.
    may_follow: bool,
}

pub(super) struct Survey {
    lines: Vec<Line>,
    /// Words of correct Vietnamese with letters beyond ASCII.
    pub correct: u64,
    pub found: Option<Found>,
}

/// How many bytes of a line are judged together.
const LONGEST_LINE: usize = 4096;

pub(super) fn survey(text: &str) -> Survey {
    let mut trial = Trial::default();
    let mut lines = Vec::new();
    let mut accented = 0_u64;
    let mut after_unicode = false;
    let mut rest = text;
    let mut start = 0;
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(line_end(rest));
        rest = behind;
        let seen = look(line);
        accented += u64::from(seen.accented);
        after_unicode |= seen.modern > 0 && seen.odd == 0;
        if seen.eight_bit() || seen.viqr > 0 || seen.viqr_weak > 0 {
            let encoding = if seen.eight_bit() || seen.viqr() {
                trial.decide(line, seen)
            } else {
                None
            };
            after_unicode &= encoding.is_none();
            // Source code has many lines that only a VIQR text around them would make worth keeping.
            if encoding.is_some()
                || seen.eight_bit()
                || seen.viqr()
                || trial.hint == Some(Encoding::Viqr)
            {
                lines.push(Line {
                    start,
                    end: start + line.len(),
                    encoding,
                    accented: seen.accented,
                    stats: trial.decided,
                    may_follow: seen.modern == 0 && !after_unicode,
                });
            }
        }
        start += line.len();
    }
    let mut words = Tally::default();
    follow(text, &mut lines, &mut trial, &mut words);
    let converted = lines.iter().filter(|line| line.encoding.is_some());
    let in_them: u64 = converted.map(|line| u64::from(line.accented)).sum();
    let correct = accented.saturating_sub(in_them);
    Survey {
        lines,
        correct,
        found: words.found(correct),
    }
}

/// Lines that said too little take the encoding of the lines around them, where they read well in it.
fn follow(text: &str, lines: &mut [Line], trial: &mut Trial, words: &mut Tally) {
    let whole = trial.of_all();
    let mut near = lines.iter().find_map(|line| line.encoding).or(whole);
    for line in lines {
        let Some(part) = text.get(line.start..line.end) else {
            continue;
        };
        let Some(encoding) = line.encoding.or(near) else {
            continue;
        };
        near = Some(encoding);
        if line.encoding.is_some() {
            words.add(encoding, &line.stats);
            continue;
        }
        trial.load(part);
        let as_is = trial.as_it_stands();
        let stats = trial.read(encoding);
        // A word that is a syllable either way: that of the lines around it.
        let least = if line.may_follow { -16 } else { 8 };
        if stats.good == 0 || stats.bad * 4 > stats.good || stats.sum <= as_is.sum + least {
            continue;
        }
        line.encoding = Some(encoding);
        words.add(encoding, &stats);
    }
}

/// The words of each encoding.
#[derive(Default)]
struct Tally {
    good: [u64; Encoding::TOLD.len()],
    bad: u64,
}

impl Tally {
    fn add(&mut self, encoding: Encoding, stats: &Stats) {
        if let Some(place) = index(encoding).and_then(|at| self.good.get_mut(at)) {
            *place += u64::from(stats.good);
        }
        self.bad += u64::from(stats.bad);
    }

    #[allow(clippy::cast_precision_loss, reason = "a share needs no more")]
    fn found(&self, correct: u64) -> Option<Found> {
        let words: u64 = self.good.iter().sum();
        let (at, _) = self
            .good
            .iter()
            .enumerate()
            .max_by_key(|&(_, &good)| good)?;
        if words == 0 {
            return None;
        }
        let share = words as f32 / (words + correct) as f32;
        Some(Found {
            encoding: *Encoding::TOLD.get(at)?,
            score: (100 * words / (words + self.bad).max(1)) as u8,
            share,
            words: u32::try_from(words).unwrap_or(u32::MAX),
        })
    }
}

fn index(encoding: Encoding) -> Option<usize> {
    Encoding::TOLD.iter().position(|&told| told == encoding)
}

/// Where the line ends: behind its `\n`, or at the last space before it grows too long.
fn line_end(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let most = bytes.get(..LONGEST_LINE).unwrap_or(bytes);
    if let Some(at) = memchr::memchr(b'\n', most) {
        return at + 1;
    }
    if most.len() == bytes.len() {
        return bytes.len();
    }
    if let Some(at) = memchr::memrchr(b' ', most) {
        return at + 1;
    }
    rest.floor_char_boundary(LONGEST_LINE)
}

/// The buffers in which lines are read, and what they said so far.
#[derive(Default)]
struct Trial {
    chars: Vec<char>,
    cells: Vec<Cell>,
    /// What the last decided line was in.
    hint: Option<Encoding>,
    /// And what its words said.
    decided: Stats,
    /// The undecided lines together, in each encoding and as they stand.
    all: [Stats; Encoding::TOLD.len()],
    all_as_is: Stats,
}

impl Trial {
    fn load(&mut self, line: &str) {
        self.chars.clear();
        self.chars.extend(line.chars());
    }

    fn read(&mut self, encoding: Encoding) -> Stats {
        read(&self.chars, encoding, &mut self.cells);
        judge(&mut self.cells, encoding == Encoding::Tcvn3)
    }

    fn as_it_stands(&mut self) -> Stats {
        self.cells.clear();
        self.cells.extend(self.chars.iter().map(|&c| Cell {
            c,
            raw: c,
            changed: false,
            soft: false,
            mark: None,
        }));
        judge(&mut self.cells, false)
    }

    /// The encoding of this line, if it says enough.
    fn decide(&mut self, line: &str, seen: Look) -> Option<Encoding> {
        self.load(line);
        let mut as_is = None;
        if let Some(hint) = self.hint.filter(|&hint| fits(hint, seen)) {
            let stats = self.read(hint);
            if stats.bad == 0 && stats.good >= 3 {
                // With letters in every other word that no correct Vietnamese has, it cannot stand as it is.
                let hopeless = seen.odd >= 6 && seen.odd >= stats.total() && stats.kept == 0;
                let standing = if hopeless {
                    Stats::default()
                } else {
                    self.as_it_stands()
                };
                if enough(&stats, &standing) {
                    self.decided = stats;
                    return Some(hint);
                }
                as_is = (!hopeless).then_some(standing);
            }
        }
        let as_is = as_is.unwrap_or_else(|| self.as_it_stands());
        let mut best: Option<(Encoding, Stats)> = None;
        let mut second: Option<(Encoding, Stats)> = None;
        for (at, &encoding) in Encoding::TOLD.iter().enumerate() {
            if !fits(encoding, seen) {
                continue;
            }
            let stats = self.read(encoding);
            if let Some(all) = self.all.get_mut(at) {
                all.add(&stats);
            }
            if best.is_none_or(|(_, best)| stats.sum > best.sum) {
                second = best;
                best = Some((encoding, stats));
            } else if second.is_none_or(|(_, second)| stats.sum > second.sum) {
                second = Some((encoding, stats));
            }
        }
        self.all_as_is.add(&as_is);
        let (encoding, stats) = best.filter(|(_, stats)| enough(stats, &as_is))?;
        if let Some((other, other_stats)) = second
            && stats.total() + stats.single < 5
            && other_stats.sum + CLOSE > stats.sum
            && self.differ(encoding, other)
        {
            return None;
        }
        self.hint = Some(encoding);
        self.decided = stats;
        Some(encoding)
    }

    /// Whether two readings of the line differ.
    fn differ(&mut self, one: Encoding, other: Encoding) -> bool {
        let mut texts = [String::new(), String::new()];
        for (text, encoding) in texts.iter_mut().zip([one, other]) {
            self.read(encoding);
            write(&mut self.cells, encoding, text);
        }
        texts.first() != texts.last()
    }

    /// What all the undecided lines together are in.
    fn of_all(&self) -> Option<Encoding> {
        let (at, stats) = self
            .all
            .iter()
            .enumerate()
            .max_by_key(|(_, stats)| stats.sum)?;
        (stats.total() >= 5 && enough(stats, &self.all_as_is))
            .then(|| Encoding::TOLD.get(at).copied())?
    }
}

/// Two readings nearer than this are not told apart in a short line.
const CLOSE: i32 = 12;

fn fits(encoding: Encoding, seen: Look) -> bool {
    match encoding {
        Encoding::Viqr => seen.viqr(),
        Encoding::Mojibake | Encoding::MojibakeTwice => seen.odd > 0,
        _ => seen.eight_bit(),
    }
}

/// Whether a reading is Vietnamese, and clearly better Vietnamese than the text as it stands.
fn enough(stats: &Stats, as_is: &Stats) -> bool {
    let total = stats.total();
    if total < 3 || stats.good == 0 || stats.distinct < 3 {
        return false;
    }
    let faults = stats.bad + stats.odd;
    if faults * 5 > total + 1 || stats.sum < as_is.sum + 32 {
        return false;
    }
    if stats.good < 5 || stats.good < stats.kept {
        let foreign_word = faults == 1 && total >= 4 && stats.plain_bad * 2 <= total;
        stats.plain_bad <= stats.plain_good + total && (faults == 0 || foreign_word)
    } else {
        stats.plain_bad <= 2 * (stats.plain_good + total)
    }
}

/// Writes the judged cells as text, with what TCVN3 loses put right: capitals, and ư (a soft hyphen) before ơ.
fn write(cells: &mut [Cell], encoding: Encoding, text: &mut String) {
    if encoding == Encoding::Tcvn3 {
        restore_capitals(cells);
    }
    let mut at = 0;
    while let Some(cell) = cells.get(at) {
        at += 1;
        if encoding == Encoding::Tcvn3
            && matches!(cell.raw, '¬' | 'ê' | 'í' | 'ë' | 'ì' | 'î')
            && cell.changed
        {
            lost_u(cells, at - 1, text);
        }
        text.push(cell.c);
        text.extend(cell.mark.filter(|_| encoding == Encoding::Viqr));
    }
}

/// nớc, trơng: no rime of Vietnamese but with the ư that was lost.
fn lost_u(cells: &[Cell], at: usize, text: &mut String) {
    let letters = |range: &[Cell]| {
        range
            .iter()
            .take_while(|cell| cell.c.is_alphabetic())
            .count()
    };
    let behind = letters(cells.get(at..).unwrap_or_default());
    let before = cells
        .get(..at)
        .unwrap_or_default()
        .iter()
        .rev()
        .take(4)
        .take_while(|cell| cell.c.is_alphabetic())
        .count();
    if behind > 3 || before > 3 {
        return;
    }
    let word: String = cells
        .get(at - before..at + behind)
        .unwrap_or_default()
        .iter()
        .map(|cell| cell.c)
        .collect();
    if syllable_of(&word).is_some() {
        return;
    }
    let u = if cells.get(at).is_some_and(|cell| cell.c.is_uppercase()) {
        'Ư'
    } else {
        'ư'
    };
    let mut whole: String = word.chars().take(before).collect();
    whole.push(u);
    whole.extend(word.chars().skip(before));
    if syllable_of(&whole).is_some() {
        text.push(u);
    }
}

/// `CéNG` is CỘNG: in a word whose other letters are capitals those with a tone are too.
fn restore_capitals(cells: &mut [Cell]) {
    let (mut capitals, mut others) = (0_usize, 0_usize);
    for pass in 0..2 {
        let mut at = 0;
        while let Some(cell) = cells.get(at) {
            if !cell.c.is_alphabetic() {
                at += 1;
                continue;
            }
            let start = at;
            let (mut upper, mut lower, mut lost) = (0, 0, 0);
            while let Some(cell) = cells.get(at).filter(|cell| cell.c.is_alphabetic()) {
                if cell.c.is_uppercase() {
                    upper += 1;
                } else if cell.changed && letter(cell.c).is_some_and(|l| l.tone != 0) {
                    lost += 1;
                } else {
                    lower += 1;
                }
                at += 1;
            }
            let sure = lower == 0 && upper >= 2;
            if pass == 0 {
                capitals += usize::from(sure);
                others += usize::from(lower > 0);
            } else if lost > 0 && (sure || lower == 0 && capitals > 2 * others) {
                for cell in cells.get_mut(start..at).unwrap_or_default() {
                    cell.c = capital(cell.c);
                }
            }
        }
    }
}
