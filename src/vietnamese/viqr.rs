//! VIQR (RFC 1456 section 3.2): `Vie^.t`, `ddu+o+`c`, a backslash before punctuation that is no mark.

use super::{
    legacy::{Cell, capital, toned},
    letters::{Letter, letter},
};

/// What turns the first letter into the second.
const SHAPES: [(char, char, char); 8] = [
    ('a', '^', 'â'),
    ('a', '(', 'ă'),
    ('e', '^', 'ê'),
    ('o', '^', 'ô'),
    ('o', '+', 'ơ'),
    ('o', '*', 'ơ'),
    ('u', '+', 'ư'),
    ('u', '*', 'ư'),
];

/// Reads VIQR; never more cells than characters.
pub(super) fn read(chars: &[char], cells: &mut Vec<Cell>) {
    let at = |n: usize| chars.get(n).copied().unwrap_or('\n');
    let escaped = chars.windows(2).any(|pair| {
        matches!(
            pair,
            ['\\', '.' | '?' | '\'' | '`' | '~' | '^' | '(' | '+' | '*']
        )
    });
    let mut n = 0;
    while let Some(&raw) = chars.get(n) {
        n += 1;
        let mut cell = Cell {
            c: raw,
            raw,
            changed: false,
            soft: false,
            mark: None,
        };
        match raw {
            '\\' if is_mark(at(n)) || matches!(at(n), 'd' | 'D' | '\\') => {
                cell.c = at(n);
                cell.raw = cell.c;
                n += 1;
                cells.push(cell);
                continue;
            }
            'd' | 'D' if matches!(at(n), 'd' | 'D') => {
                cell.c = if raw == 'd' { 'đ' } else { 'Đ' };
                cell.changed = true;
                n += 1;
                cells.push(cell);
                continue;
            }
            _ => {}
        }
        if letter(raw).is_some_and(Letter::is_vowel) {
            if let Some(c) = shaped(raw, at(n)) {
                cell.c = c;
                cell.changed = true;
                n += 1;
            }
            if let Some(c) = tone(at(n)).and_then(|tone| toned(cell.c, tone)) {
                // Behind the last letter of a word it may be a full stop, a question mark, a quotation mark.
                let next = at(n + 1);
                cell.soft = !escaped && !next.is_alphanumeric() && !is_mark(next);
                cell.mark = cell.soft.then_some(at(n));
                cell.raw = cell.c;
                cell.c = c;
                cell.changed = true;
                n += 1;
            }
        }
        cells.push(cell);
    }
}

/// Whether a sentence could end with this mark: another one begins behind it.
pub(super) fn may_end(mark: char, rest: &[Cell]) -> bool {
    if !matches!(mark, '.' | '?' | '\'' | '’') {
        return false;
    }
    let mut rest = rest
        .iter()
        .map(|cell| cell.c)
        .skip_while(|c| matches!(c, '"' | ')' | '\'' | '”'));
    match rest.next() {
        Some(c) if c.is_whitespace() && !matches!(c, '\n' | '\r') => rest
            .find(|c| !c.is_whitespace())
            .is_some_and(|c| c.is_uppercase()),
        _ => false,
    }
}

fn shaped(c: char, mark: char) -> Option<char> {
    let small = c.to_ascii_lowercase();
    let &(_, _, to) = SHAPES
        .iter()
        .find(|&&(base, shape, _)| base == small && shape == mark)?;
    Some(if c == small { to } else { capital(to) })
}

fn tone(c: char) -> Option<u8> {
    Some(match c {
        '`' => 1,
        '?' => 2,
        '~' => 3,
        '\'' | '’' | '´' => 4,
        '.' => 5,
        _ => return None,
    })
}

fn is_mark(c: char) -> bool {
    tone(c).is_some() || matches!(c, '^' | '(' | '+' | '*')
}
