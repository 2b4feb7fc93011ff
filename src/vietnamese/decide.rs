//! Which encoding a line is in: it is read as each one that it may be in, and the readings are compared with each
//! other and with the line as it stands.

use super::{
    legacy::{Cell, Encoding, read},
    restore::write,
    scan::Look,
    trial::{Speller, Stats, judge},
};

/// The buffers in which lines are read, and what they said so far.
#[derive(Default)]
pub(super) struct Trial {
    chars: Vec<char>,
    /// What was read last, judged, and in which encoding; none: not of this line, or written.
    cells: Vec<Cell>,
    read: Option<Encoding>,
    /// The line as it stands.
    standing: Vec<Cell>,
    speller: Speller,
    /// What the last decided line was in.
    pub hint: Option<Encoding>,
    /// And what its words said.
    pub decided: Stats,
    /// The undecided lines together, in each encoding and as they stand.
    all: [Stats; Encoding::TOLD.len()],
    all_as_is: Stats,
}

impl Trial {
    pub fn load(&mut self, line: &str) {
        self.chars.clear();
        self.chars.reserve(line.len());
        self.chars.extend(line.chars());
        self.read = None;
    }

    pub fn read(&mut self, encoding: Encoding) -> Stats {
        read(&self.chars, encoding, &mut self.cells);
        self.read = Some(encoding);
        judge(
            &mut self.cells,
            encoding == Encoding::Tcvn3,
            &mut self.speller,
        )
    }

    /// As [`Self::read`]; what holds no UTF-8 stays as it is, of which `as_is` was said.
    fn read_utf8(&mut self, encoding: Encoding, as_is: Stats) -> Stats {
        read(&self.chars, encoding, &mut self.cells);
        self.read = Some(encoding);
        match self.cells.iter().any(|cell| cell.changed) {
            true => judge(&mut self.cells, false, &mut self.speller),
            false => as_is,
        }
    }

    /// Appends the line that was loaded, in Unicode.
    pub fn write(&mut self, encoding: Encoding, text: &mut String) {
        if self.read != Some(encoding) {
            self.read(encoding);
        }
        write(&mut self.cells, encoding, text);
        self.read = None;
    }

    pub fn as_it_stands(&mut self) -> Stats {
        self.standing.clear();
        self.standing
            .extend(self.chars.iter().copied().map(Cell::same));
        judge(&mut self.standing, false, &mut self.speller)
    }

    /// The encoding of this line, if it says enough.
    pub fn decide(&mut self, line: &str, seen: Look) -> Option<Encoding> {
        self.load(line);
        // Of lines that say too little only the first are asked: what they say together counts until one says enough.
        if self.hint.is_some() && !seen.viqr() && most_words(&self.chars) < LEAST_WORDS {
            return None;
        }
        let mut as_is = None;
        let mut hinted = None;
        if let Some(hint) = self.hint.filter(|&hint| fits(hint, seen)) {
            let stats = self.read(hint);
            hinted = Some((hint, stats));
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
            let stats = match encoding {
                _ if let Some((hint, stats)) = hinted
                    && hint == encoding =>
                {
                    stats
                }
                Encoding::Mojibake | Encoding::MojibakeTwice => self.read_utf8(encoding, as_is),
                _ => self.read(encoding),
            };
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
            self.write(encoding, text);
        }
        texts.first() != texts.last()
    }

    /// What all the undecided lines together are in.
    pub fn of_all(&self) -> Option<Encoding> {
        let (at, stats) = self
            .all
            .iter()
            .enumerate()
            .max_by_key(|(_, stats)| stats.sum)?;
        (stats.total() >= 5 && enough(stats, &self.all_as_is))
            .then(|| Encoding::TOLD.get(at).copied())?
    }
}

/// Fewer syllables with letters beyond ASCII prove nothing.
const LEAST_WORDS: u32 = 3;

/// No reading but VIQR finds more words with letters beyond ASCII: each needs a sign beyond ASCII, and so does
/// the gap between two of them where no ASCII stands in it.
fn most_words(chars: &[char]) -> u32 {
    let (mut words, mut signs) = (0_u32, 0_u32);
    for c in chars {
        if c.is_ascii_alphabetic() {
            continue;
        }
        if c.is_ascii_graphic() || matches!(c, ' ' | '\n' | '\r') {
            words += signs.div_ceil(2);
            signs = 0;
        } else {
            signs += 1;
        }
    }
    words + signs.div_ceil(2)
}

/// Two readings nearer than this are not told apart in a short line.
const CLOSE: i32 = 12;

fn fits(encoding: Encoding, seen: Look) -> bool {
    #[cfg(feature = "sabotage")]
    if ["legacy", encoding.name()].map(crate::sabotage::is_off) != [false; 2] {
        return false;
    }
    match encoding {
        Encoding::Viqr => seen.viqr(),
        Encoding::Mojibake | Encoding::MojibakeTwice => seen.odd > 0,
        _ => seen.eight_bit(),
    }
}

/// Whether a reading is Vietnamese, and clearly better Vietnamese than the text as it stands.
fn enough(stats: &Stats, as_is: &Stats) -> bool {
    let total = stats.total();
    if total < LEAST_WORDS || stats.good == 0 || stats.distinct < 3 {
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
