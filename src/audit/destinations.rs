//! The right-hand sides of aliases(5), virtual(5), `.forward` and included files: addresses, programs,
//! files, includes.

use std::borrow::Cow;

/// Destinations of one entry; Postfix itself stops at 1,000 (`virtual_alias_expansion_limit`), files
/// of members are longer.
const MAX_DESTINATIONS: usize = 200_000;

/// One destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination<'a> {
    Address(Cow<'a, str>),
    /// `|program arguments`
    Program(Cow<'a, str>),
    /// `/a/file` or `/a/folder/`
    File(Cow<'a, str>),
    /// `:include:/a/file`
    Include(Cow<'a, str>),
}

/// Parts a list at commas and white space outside quotes, angle brackets and comments in parentheses.
/// Postfix parts at commas only and takes what white space parts for a phrase; to part at both finds
/// whatever either reading finds.
pub(super) fn split(list: &str) -> Vec<Destination<'_>> {
    let mut found = Vec::new();
    let mut rest = list;
    loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        if rest.is_empty() || found.len() >= MAX_DESTINATIONS {
            return found;
        }
        if rest.starts_with('(') {
            rest = behind_comment(rest);
            continue;
        }
        let bare_program = rest.starts_with('|');
        let end = end_of_word(rest, bare_program);
        let (word, after) = rest.split_at(end);
        rest = after;
        found.extend(destination(word.trim_end()));
    }
}

fn destination(word: &str) -> Option<Destination<'_>> {
    // A quoted whole: `"|program a b"`, `":include:/a b"`, `"user"`.
    let whole: Cow<'_, str> = match word
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(inner) if !inner.contains('"') || inner.contains('\\') => Cow::Owned(unescaped(inner)),
        _ => Cow::Borrowed(word),
    };
    // `"|program"@host` and the like are addresses.
    let text = whole.trim();
    let part = |from: usize| -> Cow<'_, str> {
        Cow::Owned(text.get(from..).unwrap_or_default().trim().to_owned())
    };
    if text.is_empty() {
        return None;
    }
    const INCLUDE: &str = ":include:";
    if text
        .get(..INCLUDE.len())
        .is_some_and(|it| it.eq_ignore_ascii_case(INCLUDE))
    {
        return Some(Destination::Include(Cow::Owned(
            part(INCLUDE.len()).into_owned(),
        )));
    }
    if text.starts_with('|') {
        return Some(Destination::Program(Cow::Owned(part(1).into_owned())));
    }
    if text.starts_with('/') {
        return Some(Destination::File(Cow::Owned(text.to_owned())));
    }
    // `\user` keeps from being expanded again; it is a local name.
    match word.strip_prefix('\\') {
        Some(local) => Some(Destination::Address(Cow::Borrowed(local))),
        None => Some(Destination::Address(Cow::Borrowed(word))),
    }
}

/// Where the word that begins the text ends. A program without quotes reaches to the comma.
fn end_of_word(text: &str, program: bool) -> usize {
    let (mut quoted, mut escaped, mut angle) = (false, false, false);
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '<' => angle = true,
            '>' => angle = false,
            ',' if !angle => return at,
            '(' if !program && !angle => return at,
            c if c.is_whitespace() && !angle && !program => return at,
            '\n' => return at,
            _ => {}
        }
    }
    text.len()
}

/// Behind the comment that opens the text; to the end where it is not closed.
fn behind_comment(text: &str) -> &str {
    let (mut depth, mut escaped) = (0_u32, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return text.get(at + 1..).unwrap_or_default();
                }
            }
            _ => {}
        }
    }
    ""
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_parted() {
        let text = "an, \"|/usr/bin/procmail -t, x\" , :include:/etc/list,\\binh (chú, thích) \
                    Nguyen <chi@xa.example>, \"a b\"@xa.example /var/mail/x \":Include:/a b\" |/bin/x y, z";
        let found: Vec<String> = split(text)
            .into_iter()
            .map(|it| match it {
                Destination::Address(it) => format!("a {it}"),
                Destination::Program(it) => format!("p {it}"),
                Destination::File(it) => format!("f {it}"),
                Destination::Include(it) => format!("i {it}"),
            })
            .collect();
        assert_eq!(
            found,
            [
                "a an",
                "p /usr/bin/procmail -t, x",
                "i /etc/list",
                "a binh",
                "a Nguyen",
                "a <chi@xa.example>",
                "a \"a b\"@xa.example",
                "f /var/mail/x",
                "i /a b",
                "p /bin/x y",
                "a z"
            ]
        );
    }

    #[test]
    fn bad_lists_end() {
        for text in [
            "\"",
            "(((",
            "<",
            "\\",
            "\"\\",
            ",,,",
            "|",
            "\"\"",
            ":include:",
            "a\0b\u{fffd}",
        ] {
            assert!(split(text).len() <= 2, "{text:?}");
        }
        let long = "(".repeat(100_000) + &"\"a".repeat(100_000);
        assert!(split(&long).len() < 3);
    }
}
