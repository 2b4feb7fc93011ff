//! What stands right beside a word on its line: quotes, brackets, boxes, numbers, what sets it off.

use crate::vietnamese::Form;

/// Whether one word follows another with nothing but space between.
pub(super) fn is_next(line: &str, end: usize, start: usize) -> bool {
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
pub(super) fn disguised(text: &str, form: &Form, range: std::ops::Range<usize>) -> bool {
    let shown = text.get(form.source(range.clone())).unwrap_or_default();
    let word = form.as_str().get(range).unwrap_or_default();
    // Composed, small: the same letters if nothing was done to them.
    crate::vietnamese::normalised(shown, crate::vietnamese::Fold::default()).trim() != word
}

pub(super) fn quoted(before: &str, behind: &str) -> bool {
    let opens = before
        .trim_end()
        .ends_with(['"', '“', '‘', '\'', '«', '„', '”']);
    let closes = behind
        .trim_start()
        .starts_with(['"', '”', '’', '\'', '»', '“']);
    opens && closes
}

pub(super) fn bracketed(before: &str, behind: &str) -> bool {
    let opens = before
        .trim_end()
        .ends_with(['[', '(', '{', '【', '<', '«', '［', '（']);
    let closes = behind
        .trim_start()
        .starts_with([']', ')', '}', '】', '>', '»', '］', '）']);
    opens && closes
}

/// A word at the beginning or the end of a line, set off from the rest by more than a space. `rest` is what
/// stands behind as it is written; `sure` says that the word means nothing else there.
pub(super) fn set_off(before: &str, behind: &str, capitals: bool, rest: &str, sure: bool) -> bool {
    let first = !before.chars().any(char::is_alphanumeric);
    let last = !behind.chars().any(char::is_alphanumeric);
    let sets_off = |c: char| {
        matches!(
            c,
            ':' | '-' | '_' | '–' | '—' | '|' | '/' | '.' | '•' | '*' | ']' | ')' | '+' | '#' | '~'
        )
    };
    if first {
        // `MẬT: thành mỏng` is the name of what follows.
        if behind.trim_start().starts_with(sets_off) {
            return sure || !behind.trim_start().starts_with(':');
        }
        // In capitals before a text that is not.
        return capitals && !is_capitals(rest, false);
    }
    if last {
        // A hyphen within a name sets nothing off: `ba-la-mật`.
        return capitals
            && (sure || before.ends_with(char::is_whitespace))
            && before
                .trim_end()
                .ends_with(|c: char| sets_off(c) && c != '.' && c != '/' || c == '(' || c == '[');
    }
    false
}

/// Whether all that stands with the word is the number of a footnote before it: `1 MẬT`.
pub(super) fn is_note_number(before: &str, behind: &str) -> bool {
    let before = before.trim();
    let digits = before.trim_end_matches(|c: char| !c.is_ascii_digit());
    let rest = before.get(digits.len()..).unwrap_or_default();
    (1..=2).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !rest.contains(['.', ')', ':', '-', '/'])
        && !behind.chars().any(char::is_alphanumeric)
}

pub(super) fn begins_with_number(behind: &str) -> bool {
    behind
        .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '–' | '.' | '='))
        .starts_with(|c: char| c.is_ascii_digit())
}

const EMPTY_BOXES: &[&str] = &[
    "\u{f0a8}", "\u{f06f}", "\u{f071}", "\u{f072}", "☐", "□", "◻", "▢", "❏", "❑", "[ ]", "[]",
    "( )", "()", "○", "◯",
];
const TICKED_BOXES: &[&str] = &[
    "\u{f0fe}", "\u{f0fd}", "\u{f0fc}", "\u{f052}", "\u{f053}", "☑", "☒", "✅", "✓", "✔", "■",
    "[x]", "(x)", "[v]", "◉", "●",
];

pub(super) fn unticked(before: &str) -> bool {
    let before = before.trim_end();
    EMPTY_BOXES.iter().any(|sign| before.ends_with(sign))
}

/// The one of several levels that is ticked.
pub(super) fn ticked(line: &str, starts: &[usize]) -> Option<usize> {
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
