//! Words that stand over several lines: one letter a line, one word a line, a field whose value stands on the
//! next line; and words that only the end of a line cuts off another.

use super::{Found, Ground, Lexicon, Said, beside, line, page::ENCODINGS, page::Line};
use crate::{content::Spot, questions::Evidence, vietnamese};

/// Letters of a column of letters that are read.
const RUN: usize = 24;
/// Levels' words of one document that are looked at with the lines around them: no honest one has more.
const WORDS: usize = 2000;
/// Characters of lines that are put together.
const SHORT: usize = 28;
/// How many lines away the beginning of a heading may stand.
const FAR: usize = 3;
/// Words of a line that a word on the line before may begin.
const REST: usize = 3;

/// Looks at all lines, each with those around it. Linear.
pub(super) fn join(lexicon: &Lexicon, lines: &mut [Line<'_>]) {
    let mut run: Vec<usize> = Vec::new();
    let mut left = WORDS;
    for at in 0..lines.len() {
        let Some(line) = lines.get(at) else { break };
        let same = run
            .last()
            .and_then(|&last| lines.get(last))
            .is_none_or(|last| last.spot == line.spot && last.page == line.page);
        let piece = is_piece(&line.text);
        if piece && same && run.len() < RUN {
            run.push(at);
            continue;
        }
        // What stands in another column of the same row is no end of a column of letters.
        let beside = run
            .last()
            .and_then(|&last| lines.get(last))
            .is_some_and(|last| {
                same && line.spot == Spot::Body && line.row == last.row && line.column > last.column
            });
        if !beside || piece {
            letters(lexicon, lines, &run);
            run.clear();
        }
        if piece {
            run.push(at);
        }
        let alone = lines.get(at).is_some_and(|line| line.said.mark.is_some());
        if alone && left > 0 {
            left -= 1;
            words(lexicon, lines, at);
        }
    }
    letters(lexicon, lines, &run);
    for at in 0..lines.len() {
        values(lexicon, lines, at);
    }
}

/// Whether a line is one letter, in Unicode or as the two or three characters of an old encoding.
fn is_piece(text: &str) -> bool {
    let text = bare(text);
    if text.is_empty() || text.len() > 12 {
        return false;
    }
    let (mut all, mut ascii) = (0, 0);
    for c in text.chars() {
        if c.is_ascii_alphabetic() {
            ascii += 1;
        } else if c.is_ascii() || c.is_whitespace() || c.is_numeric() && c.is_alphabetic() {
            return false;
        }
        all += 1;
    }
    all <= 3 && ascii <= 1
}

/// A line without the sides of a frame of signs.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '|' | '│' | '║'))
}

/// A column of letters.
fn letters(lexicon: &Lexicon, lines: &mut [Line<'_>], run: &[usize]) {
    if run.len() < 3 {
        return;
    }
    let texts: Vec<&str> = run
        .iter()
        .filter_map(|&at| lines.get(at))
        .map(|line| bare(&line.text))
        .collect();
    let legacy = run
        .iter()
        .filter_map(|&at| lines.get(at))
        .any(|line| line.legacy);
    let ground = |legacy| Ground {
        legacy,
        ..Ground::default()
    };
    let mut said = line::read(lexicon, &texts.join(" "), ground(legacy));
    let mut decoded = false;
    if said.mark.is_none() && !said.several {
        let found = ENCODINGS.into_iter().find_map(|encoding| {
            let texts: Vec<String> = texts
                .iter()
                .map(|text| vietnamese::decode(text, encoding))
                .collect();
            let said = line::read(lexicon, &texts.join(" "), ground(true));
            said.mark.as_ref().is_some_and(stands).then_some(said)
        });
        let Some(found) = found else { return };
        (said, decoded) = (found, true);
    }
    if let Some(line) = run.first().and_then(|&at| lines.get_mut(at))
        && said.mark.is_some()
    {
        line.said = said;
        line.apart = true;
        line.legacy |= decoded;
    }
}

fn stands(found: &Found) -> bool {
    matches!(found.stands, Evidence::Alone | Evidence::Field)
}

/// A level's last word alone on its line: the word before may stand on the line before.
fn words(lexicon: &Lexicon, lines: &mut [Line<'_>], at: usize) {
    let Some(line) = lines.get(at) else { return };
    let is_alone = |found: &Found| found.stands == Evidence::Alone;
    if line.text.len() > 40 || !line.said.mark.as_ref().is_some_and(is_alone) {
        return;
    }
    let text = line.text.trim();
    let before = at.checked_sub(1).and_then(|before| lines.get(before));
    let before = before.filter(|before| {
        before.spot == line.spot
            && before.page == line.page
            && (line.spot != Spot::Cell || before.row == line.row)
    });
    let cut = line.spot != Spot::Cell
        && (before.is_some_and(|before| crosses(lexicon, last_words(&before.text), text))
            || lines
                .get(at + 1)
                .and_then(|next| goes_on(line, next))
                .is_some_and(|next| crosses(lexicon, text, next)));
    if cut {
        if let Some(line) = lines.get_mut(at) {
            line.said.mark = None;
        }
        return;
    }
    // Of a heading in the column of a table the line before may stand some lines away.
    let far = (2..=FAR).any(|back| {
        at.checked_sub(back)
            .and_then(|far| lines.get(far))
            .filter(|far| far.spot == line.spot && far.page == line.page)
            .filter(|far| beside::is_capitals(&far.text, far.legacy))
            .is_some_and(|far| crosses(lexicon, last_words(&far.text), text))
    });
    let before_alone = before.map(|before| (before.text.trim().to_owned(), before.legacy));
    if far && let Some(found) = lines.get_mut(at).and_then(|line| line.said.mark.as_mut()) {
        found.evidence.push(Evidence::Cut);
    }
    let Some((before, legacy)) = before_alone else {
        return;
    };
    let tail = last_words(&before);
    let Some(line) = lines.get(at) else { return };
    let text = line.text.trim();
    if tail.split_whitespace().count() != 1 || before != tail {
        return;
    }
    let ground = Ground {
        legacy: line.legacy || legacy,
        ..Ground::default()
    };
    let said = line::read(lexicon, &format!("{tail} {text}"), ground);
    let two = |found: &Found| {
        lexicon
            .levels
            .get(found.word)
            .is_some_and(|word| word.two_words)
    };
    if line.said.mark.as_ref().is_some_and(two) {
        return;
    }
    if let Some(found) = said.mark.filter(|found| is_alone(found) && two(found))
        && let Some(line) = lines.get_mut(at)
    {
        line.said.mark = Some(found);
    }
}

/// Whether a word that only holds the letters of a level stands over the end of a line: `BẢO` and `MẬT`.
fn crosses(lexicon: &Lexicon, before: &str, behind: &str) -> bool {
    let joined = format!("{before} {behind}");
    line::cut_words(lexicon, &joined)
        > line::cut_words(lexicon, before) + line::cut_words(lexicon, behind)
}

/// The first word of the next line, where that may be the end of a heading that begins on this line: few
/// words, written alike, not something of its own (`MẬT` and `CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ`).
fn goes_on<'t>(line: &Line<'_>, next: &'t Line<'_>) -> Option<&'t str> {
    let text = next.text.trim();
    let alike =
        beside::is_capitals(&line.text, line.legacy) == beside::is_capitals(text, next.legacy);
    let own = next.spot != line.spot
        || next.page != line.page
        || !next.said.stamps.is_empty()
        || text.contains(':')
        || text.split_whitespace().count() > REST;
    text.split_whitespace().next().filter(|_| alike && !own)
}

/// A field whose value, and a word whose end, stands on the next lines, as in a narrow frame.
fn values(lexicon: &Lexicon, lines: &mut [Line<'_>], at: usize) {
    let Some(line) = lines.get(at) else { return };
    let short = |line: &Line<'_>| line.text.chars().nth(SHORT).is_none();
    if !short(line) || line.said.mark.as_ref().is_some_and(stands) || line.said.several {
        return;
    }
    let rest = lines.get(at + 1..).unwrap_or_default();
    let next: Vec<&Line<'_>> = rest
        .iter()
        .take(2)
        .take_while(|next| {
            let cell =
                line.spot != Spot::Cell || (next.row, next.column) == (line.row, line.column);
            short(next) && next.spot == line.spot && next.page == line.page && cell
        })
        .collect();
    let open = line.said.field_open;
    // Whole words are put together before; of what is broken inside a word only capitals are sure.
    let Some(first) = next.first().filter(|next| open || next.said.mark.is_none()) else {
        return;
    };
    let (text, one) = (line.text.trim(), first.text.trim());
    let two = next.get(1).map(|next| next.text.trim());
    let ground = Ground {
        legacy: line.legacy || first.legacy,
        ..Ground::default()
    };
    let mut tries = Vec::new();
    if open {
        tries.push((1, format!("{text} {one}")));
        for gap in [" ", ""] {
            tries.extend(two.map(|two| (2, format!("{text} {one}{gap}{two}"))));
        }
    } else {
        tries.push((1, format!("{text}{one}")));
    }
    let found = tries.into_iter().find_map(|(used, text)| {
        let said = line::read(lexicon, &text, ground);
        let sure = said.mark.as_ref().is_some_and(|found| match found.stands {
            Evidence::Field => open,
            Evidence::Alone => !open && found.capitals,
            _ => false,
        });
        sure.then_some((used, said))
    });
    let Some((used, said)) = found else { return };
    // The choices of a form, one a line, are no value.
    let level = said.mark.as_ref().map(|found| found.level);
    let list = rest.get(used).is_some_and(|next| {
        let other = next.said.mark.as_ref();
        next.spot == line.spot && other.is_some_and(|other| Some(other.level) != level)
    });
    if list {
        return;
    }
    for place in at + 1..=at + used {
        if let Some(line) = lines.get_mut(place) {
            line.said.mark = None;
        }
    }
    if let Some(line) = lines.get_mut(at) {
        line.said = Said {
            mark: said.mark,
            ..std::mem::take(&mut line.said)
        };
    }
}

/// The last two words of a line.
fn last_words(text: &str) -> &str {
    let text = text.trim_end();
    let start = text
        .char_indices()
        .rev()
        .filter(|(_, c)| c.is_whitespace())
        .nth(1)
        .map_or(0, |(at, c)| at + c.len_utf8());
    let start = start.max(text.floor_char_boundary(text.len().saturating_sub(80)));
    text.get(start..).unwrap_or_default().trim()
}
