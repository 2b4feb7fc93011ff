//! The small values that policies are written with: comparisons of sizes and numbers, globs.

use std::fmt;

use super::truth::Truth;
use crate::{facts::Reason, yaml::value::Size};

pub(super) use crate::yaml::value::{Wrong, human_size};

/// A comparison such as `> 30 MiB`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Compare {
    op: Op,
    value: u64,
    /// The value as written (`30 MiB`): what a reply says as `{limit}`.
    pub(super) limit: String,
}

/// How a comparison compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Above,
    AtLeast,
    Below,
    AtMost,
    Equal,
}

impl Compare {
    /// Bytes, with a unit: decimal `KB MB GB`, binary `KiB MiB GiB`, or `B`.
    pub(super) fn size(text: &str) -> Result<Self, Wrong> {
        let (op, rest) = operator(text)?;
        let size = Size::parse(rest, text)?;
        Ok(Self {
            op,
            value: size.bytes,
            limit: size.written,
        })
    }

    /// A plain number.
    pub(super) fn number(text: &str) -> Result<Self, Wrong> {
        let (op, rest) = operator(text)?;
        let value = rest.parse().map_err(|_| {
            (
                format!("`{rest}` is not a whole number"),
                "write for example `> 10`".to_owned(),
            )
        })?;
        Ok(Self {
            op,
            value,
            limit: rest.to_owned(),
        })
    }

    /// What it compares with.
    pub(super) fn value(&self) -> u64 {
        self.value
    }

    pub(super) fn holds(&self, seen: u64) -> bool {
        match self.op {
            Op::Above => seen > self.value,
            Op::AtLeast => seen >= self.value,
            Op::Below => seen < self.value,
            Op::AtMost => seen <= self.value,
            Op::Equal => seen == self.value,
        }
    }

    /// Whether it holds for what is above the limit.
    pub(super) fn is_upper(&self) -> bool {
        matches!(self.op, Op::Above | Op::AtLeast)
    }

    /// For a value that is only known to lie between `low` and `high` (none = without end).
    pub(super) fn holds_between(&self, low: u64, high: Option<u64>, why: &Reason) -> Truth {
        let high = high.unwrap_or(u64::MAX);
        let (at_low, at_high) = (self.holds(low), self.holds(high));
        let settled = match self.op {
            Op::Equal => low == high || self.value < low || self.value > high,
            _ => at_low == at_high,
        };
        if settled {
            at_low.into()
        } else {
            Truth::Unknown(why.clone())
        }
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = match self.op {
            Op::Above => ">",
            Op::AtLeast => ">=",
            Op::Below => "<",
            Op::AtMost => "<=",
            Op::Equal => "==",
        };
        write!(f, "{op} {}", self.limit)
    }
}

/// The operator at the beginning, and the rest.
pub(super) fn operator(text: &str) -> Result<(Op, &str), Wrong> {
    let text = text.trim();
    for (sign, op) in [
        (">=", Op::AtLeast),
        ("<=", Op::AtMost),
        ("==", Op::Equal),
        (">", Op::Above),
        ("<", Op::Below),
    ] {
        if let Some(rest) = text.strip_prefix(sign) {
            return Ok((op, rest.trim()));
        }
    }
    let plain = text.trim_matches(['“', '”', '‘', '’']);
    if plain != text {
        return Err((
            format!("`{text}` stands in typographic quotes"),
            format!("write plain quotes: `\"{plain}\"`"),
        ));
    }
    let help = match text.strip_prefix('=') {
        Some(rest) if rest.starts_with(['>', '<']) => {
            let (sign, value) = rest.split_at(1);
            format!("did you mean `{sign}= {}`?", value.trim())
        }
        Some(rest) => format!("write `== {}`", rest.trim()),
        None => {
            let value = match text.starts_with(|c: char| c.is_ascii_digit()) {
                true => text,
                false => "30 MiB",
            };
            format!(
                "write for example `\"> {value}\"` (one of >, >=, <, <=, == before the value; in quotes, for `>` means something else to YAML)"
            )
        }
    };
    Err((format!("`{text}` does not say how to compare"), help))
}

/// A glob over a whole name: `*` any characters, `?` one, `\` takes the next as it is. Case is
/// folded. No `[…]`.
#[derive(Clone, Debug)]
pub(super) struct Glob {
    tokens: Vec<Token>,
    /// The ASCII text behind the last `*` or `?`: most names are told apart by it.
    tail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Any,
    One,
    Char(char),
}

impl Glob {
    pub(super) fn new(pattern: &str) -> Result<Self, Wrong> {
        if pattern.trim().is_empty() {
            return Err((
                "the pattern is empty".to_owned(),
                "write `*` to mean any name".to_owned(),
            ));
        }
        let mut tokens = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            match c {
                '*' if tokens.last() == Some(&Token::Any) => {}
                '*' => tokens.push(Token::Any),
                '?' => tokens.push(Token::One),
                '[' | ']' => {
                    return Err((
                        format!("`{c}` is not understood in the pattern `{pattern}`"),
                        format!(
                            "only `*` and `?` are special; write `\\{c}` for the character itself, and a list for alternatives"
                        ),
                    ));
                }
                '\\' => match chars.next() {
                    Some(next) => tokens.push(Token::Char(low(next))),
                    None => {
                        return Err((
                            format!("the pattern `{pattern}` ends in a lone `\\`"),
                            "write `\\\\` for the character itself".to_owned(),
                        ));
                    }
                },
                c => tokens.push(Token::Char(low(c))),
            }
        }
        let mut tail: Vec<char> = Vec::new();
        for token in tokens.iter().rev() {
            match token {
                Token::Char(c) if c.is_ascii() => tail.push(*c),
                _ => break,
            }
        }
        let tail = tail.iter().rev().collect();
        Ok(Self { tokens, tail })
    }

    /// Greedy with one point to come back to: time is at most pattern × name, memory constant.
    pub(super) fn matches(&self, name: &str) -> bool {
        let end = name.len().checked_sub(self.tail.len());
        let end = end.and_then(|start| name.as_bytes().get(start..));
        // `K` (Kelvin) and the like fold to ASCII too, so only an ASCII end says no.
        if end.is_none_or(|end| end.is_ascii() && !end.eq_ignore_ascii_case(self.tail.as_bytes())) {
            return false;
        }
        let mut rest = name.chars().map(low);
        let mut index = 0;
        let mut back = None;
        loop {
            match self.tokens.get(index) {
                Some(Token::Any) => {
                    index += 1;
                    back = Some((index, rest.clone()));
                    continue;
                }
                Some(Token::One) => {
                    if rest.next().is_some() {
                        index += 1;
                        continue;
                    }
                }
                Some(&Token::Char(wanted)) => {
                    if rest.next() == Some(wanted) {
                        index += 1;
                        continue;
                    }
                }
                None => {
                    if rest.next().is_none() {
                        return true;
                    }
                }
            }
            match &mut back {
                Some((star, from)) => {
                    if from.next().is_none() {
                        return false;
                    }
                    index = *star;
                    rest = from.clone();
                }
                None => return false,
            }
        }
    }
}

/// Lower case, one character for one (`İ` loses its dot).
fn low(c: char) -> char {
    match c.is_ascii() {
        true => c.to_ascii_lowercase(),
        false => c.to_lowercase().next().unwrap_or(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_exact_to_the_byte() {
        let thirty = Compare::size("> 30 MiB").unwrap();
        assert!(!thirty.holds(30 << 20));
        assert!(thirty.holds((30 << 20) + 1));
        assert!(Compare::size(">=30MB").unwrap().holds(30_000_000));
        assert!(!Compare::size(">=30MB").unwrap().holds(29_999_999));
        assert!(Compare::size("== 1.5 KiB").unwrap().holds(1536));
        assert!(Compare::size("< 1 GiB").unwrap().holds((1 << 30) - 1));
        assert!(!Compare::size("<= 10 B").unwrap().holds(11));
    }

    #[test]
    fn sizes_that_are_wrong() {
        for (text, message) in [
            ("> 30 Mb", "`Mb` is not a unit of size"),
            ("> 30", "the size `> 30` has no unit"),
            ("30 MiB", "`30 MiB` does not say how to compare"),
            ("> x MiB", "`x MiB` is not a unit of size"),
            ("> 1.2.3 MiB", "`1.2.3` is not a number"),
            ("> 1. MiB", "`1.` is not a number"),
            (
                "> 99999999999 GiB",
                "the size `99999999999 GiB` is larger than any message",
            ),
        ] {
            assert_eq!(Compare::size(text).unwrap_err().0, message);
        }
        assert!(Compare::number("> 1 MiB").is_err());
        assert!(Compare::number("> 3").unwrap().holds(4));
    }

    #[test]
    fn a_range_settles_only_what_it_settles() {
        let above = Compare::number("> 5").unwrap();
        let why = Reason::NotYet;
        assert_eq!(above.holds_between(6, None, &why), Truth::True);
        assert_eq!(above.holds_between(0, Some(5), &why), Truth::False);
        assert_eq!(
            above.holds_between(5, Some(6), &why),
            Truth::Unknown(Reason::NotYet)
        );
        let equal = Compare::number("== 5").unwrap();
        assert_eq!(equal.holds_between(5, Some(5), &why), Truth::True);
        assert_eq!(equal.holds_between(6, None, &why), Truth::False);
        assert_eq!(
            equal.holds_between(4, Some(5), &why),
            Truth::Unknown(Reason::NotYet)
        );
        assert_eq!(
            equal.holds_between(4, Some(6), &why),
            Truth::Unknown(Reason::NotYet)
        );
    }

    #[test]
    fn globs() {
        for (pattern, name, expected) in [
            ("*.exe", "A.EXE", true),
            ("*.exe", "a.exe.txt", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("?*", "", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
            ("*ab", "aab", true),
            ("hóa đơn*", "HÓA ĐƠN 12.pdf", true),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            ("smime.p7?", "smime.p7s", true),
        ] {
            assert_eq!(
                Glob::new(pattern).unwrap().matches(name),
                expected,
                "{pattern} {name}"
            );
        }
        assert!(Glob::new("a[bc]").is_err());
        assert!(Glob::new("a\\").is_err());
        assert!(Glob::new(" ").is_err());
    }

    #[test]
    fn a_hostile_name_costs_pattern_times_name() {
        let glob = Glob::new("*a*a*a*a*a*a*a*b").unwrap();
        assert!(!glob.matches(&"a".repeat(20_000)));
    }
}
