//! Whether a text is Vietnamese in an encoding from before Unicode, and the text in Unicode.
//!
//! Line by line (a document may mix fonts): each line is read as each encoding, the words that come out are
//! judged as Vietnamese syllables, and the best reading is taken only where it is clearly better Vietnamese than
//! the line as it stands. A line with little to judge follows the lines around it, or stays as it is.
//! Time is linear and memory a small multiple of the text, whatever stands in it.

use std::ops::Range;

use super::{
    decide::Trial,
    legacy::{Encoding, as_windows1252},
    scan::look,
    trial::Stats,
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
    survey(text, None).found
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
    // Each line in Unicode, written as soon as it is decided: then it is read already.
    let mut written = String::new();
    let survey = survey(text, Some(&mut written));
    let found = survey.found?;
    let mut converted = Converted {
        text: String::with_capacity(text.len()),
        pieces: Vec::new(),
        found,
    };
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
        let (Some(before), Some(part)) = (
            text.get(done..line.start),
            written.get(line.written.clone()),
        ) else {
            continue;
        };
        converted.text.push_str(before);
        converted.text.push_str(part);
        let start = advance(done, line.start);
        let end = advance(line.start, line.end);
        done = line.end;
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
    /// Where it stands in Unicode among what was written.
    written: Range<usize>,
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

/// Judges every line; `written` takes those in Unicode that are legacy.
pub(super) fn survey(text: &str, mut written: Option<&mut String>) -> Survey {
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
                    written: put(&mut trial, encoding, written.as_deref_mut()),
                    accented: seen.accented,
                    stats: trial.decided,
                    may_follow: seen.modern == 0 && !after_unicode,
                });
            }
        }
        start += line.len();
    }
    let mut words = Tally::default();
    follow(text, &mut lines, &mut trial, &mut words, written);
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
fn follow(
    text: &str,
    lines: &mut [Line],
    trial: &mut Trial,
    words: &mut Tally,
    mut written: Option<&mut String>,
) {
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
        line.written = put(trial, line.encoding, written.as_deref_mut());
        words.add(encoding, &stats);
    }
}

/// Writes the line that was loaded, if it is legacy and somebody wants it; where.
fn put(trial: &mut Trial, encoding: Option<Encoding>, into: Option<&mut String>) -> Range<usize> {
    let (Some(encoding), Some(into)) = (encoding, into) else {
        return 0..0;
    };
    let start = into.len();
    trial.write(encoding, into);
    start..into.len()
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
