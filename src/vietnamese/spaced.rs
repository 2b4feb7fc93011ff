//! Letters that stand apart: "M Ậ T", "T U Y Ệ T   M Ậ T", "M.Ậ.T", one letter a line.

use super::{
    form::Unit,
    letters::{Letter, letter},
    syllable::{LONGEST, syllable_anywhere},
};

/// How many signs may stand between two letters of a word, and how many letters a chain may have at once.
const WIDEST: usize = 8;
const MOST: usize = 64;

/// Closes letters up to syllables where all of them become syllables; the gap between words stays as one
/// space. Answers how many words were closed up. Linear.
pub(super) fn close_up(units: &mut Vec<Unit>) -> u32 {
    let mut closed = 0;
    let mut out: Vec<Unit> = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    while at < units.len() {
        if !is_alone(units, at) {
            at += 1;
            continue;
        }
        let (chain, end) = chain(units, at);
        if chain.len() >= 3
            && let Some(words) = words(units, &chain)
        {
            out.extend(units.get(copied..at).unwrap_or_default());
            closed += write(units, &words, &mut out);
            copied = end;
        }
        at = end;
    }
    if closed > 0 {
        out.extend(units.get(copied..).unwrap_or_default());
        *units = out;
    }
    closed
}

/// A letter with no letter or digit at its side.
fn is_alone(units: &[Unit], at: usize) -> bool {
    let is_word = |unit: Option<&Unit>| unit.is_some_and(|unit| unit.c.is_alphanumeric());
    units.get(at).is_some_and(|unit| letter(unit.c).is_some())
        && !is_word(at.checked_sub(1).and_then(|before| units.get(before)))
        && !is_word(units.get(at + 1))
}

/// The places of the letters that follow one another alone, and where the last one ends.
fn chain(units: &[Unit], start: usize) -> (Vec<usize>, usize) {
    let mut places = vec![start];
    let mut at = start + 1;
    while places.len() < MOST {
        let gap = units
            .get(at..)
            .unwrap_or_default()
            .iter()
            .take(WIDEST + 1)
            .take_while(|unit| is_gap(unit.c))
            .count();
        if gap == 0 || gap > WIDEST || !is_alone(units, at + gap) {
            break;
        }
        places.push(at + gap);
        at += gap + 1;
    }
    (places, at)
}

fn is_gap(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '.' | '-' | '_' | '*' | '·' | '•' | '|' | '/' | ',' | '~' | '+' | '=' | ':' | '–'
        )
}

/// The chain in words by its wider gaps, or by the syllables that it spells.
fn words(units: &[Unit], chain: &[usize]) -> Option<Vec<Vec<usize>>> {
    let gaps: Vec<(usize, bool)> = chain
        .windows(2)
        .map(|pair| match pair {
            &[one, next] => {
                let between = units.get(one + 1..next).unwrap_or_default();
                (between.len(), between.iter().any(|unit| unit.c == '\n'))
            }
            _ => (0, false),
        })
        .collect();
    let narrow = gaps.iter().map(|&(width, _)| width).min()?;
    let lines = gaps.iter().all(|&(_, line)| line);
    let mut groups = vec![vec![*chain.first()?]];
    for (&place, (width, line)) in chain.iter().skip(1).zip(gaps) {
        if width > narrow || line && !lines {
            groups.push(Vec::new());
        }
        groups.last_mut()?.push(place);
    }
    let mut words = Vec::new();
    for group in groups {
        words.extend(split(units, &group)?);
    }
    // A list of one-letter words is none that was pulled apart.
    words.iter().any(|word| word.len() >= 3).then_some(words)
}

/// The fewest syllables of two and more letters that these letters spell.
fn split(units: &[Unit], group: &[usize]) -> Option<Vec<Vec<usize>>> {
    let letters: Vec<Letter> = group
        .iter()
        .map(|&at| units.get(at).and_then(|unit| letter(unit.c)))
        .collect::<Option<_>>()?;
    // For each length the number of syllables and where the last of them begins.
    let mut best: Vec<Option<(usize, usize)>> = vec![Some((0, 0))];
    for end in 1..=letters.len() {
        let mut here = None;
        for start in end.saturating_sub(LONGEST)..end.saturating_sub(1) {
            let Some((count, _)) = best.get(start).copied().flatten() else {
                continue;
            };
            let fits = letters
                .get(start..end)
                .and_then(syllable_anywhere)
                .is_some();
            if fits && here.is_none_or(|(fewest, _)| count + 1 < fewest) {
                here = Some((count + 1, start));
            }
        }
        best.push(here);
    }
    let mut words = Vec::new();
    let mut end = letters.len();
    while end > 0 {
        let (_, start) = best.get(end).copied().flatten()?;
        words.push(group.get(start..end)?.to_vec());
        end = start;
    }
    words.reverse();
    Some(words)
}

fn write(units: &[Unit], words: &[Vec<usize>], out: &mut Vec<Unit>) -> u32 {
    let mut count = 0;
    for word in words {
        if count > 0
            && let Some(gap) = word
                .first()
                .and_then(|&first| units.get(first.checked_sub(1)?))
        {
            out.push(Unit { c: ' ', ..*gap });
        }
        out.extend(word.iter().filter_map(|&at| units.get(at)).copied());
        count += 1;
    }
    count
}
