//! The matchers of a policy's own: a field, what is looked for in it, and a name that stays the same
//! as long as both do.

use std::{fmt, sync::Arc};

use regex::RegexBuilder;
use regex_automata::{MatchKind, meta, nfa::thompson::WhichCaptures, util::syntax};
use sha2::{Digest, Sha256};

use super::words::Words;
use crate::vietnamese::{Fold, normalised};

/// Characters that one `contains`, glob or regex may have.
pub const MAX_PATTERN: usize = 1_000;
/// Bytes of all `contains` of one matcher; for more there are word lists.
pub const MAX_CONTAINS: usize = 1 << 20;
/// Globs or regexes of one matcher.
pub const MAX_EXPRESSIONS: usize = 1_000;
/// Bytes that one regex may have when compiled.
const MAX_COMPILED: usize = 2 << 20;
/// Groups inside each other.
const MAX_NEST: u32 = 50;

/// Where a pattern is looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The decoded Subject of the message.
    Subject,
    /// Each field of this name (lower case) of the message, decoded.
    Header(String),
    /// Each plain text of the letter, and each attached text file.
    Text,
    /// Each HTML text: what a reader sees, and the words of its attributes.
    Html,
    /// Each URL in plain text, HTML text and HTML attributes.
    Url,
    /// Each reading of the name of one file.
    Name,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject => f.write_str("subject"),
            Self::Header(name) => write!(f, "header {name}"),
            Self::Text => f.write_str("text"),
            Self::Html => f.write_str("html"),
            Self::Url => f.write_str("url"),
            Self::Name => f.write_str("name"),
        }
    }
}

/// The name of a pattern: SHA-256 over field, matcher and fold, the first 128 bits. The same in every
/// process and version, so that answers of last month can be asked again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternHash(u128);

impl fmt::Display for PatternHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for PatternHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for PatternHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What is looked for. Every key that is there must be met by one and the same text: subject, field,
/// part, URL or name. An empty matcher is met by any text: the field is there.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    /// What is not told apart.
    pub fold: Fold,
    /// One of these words or phrases stands in it.
    pub words: Option<Vec<Arc<Words>>>,
    /// One of these stands somewhere in it; in normal form.
    pub contains: Option<Vec<String>>,
    /// One of these is it (in long texts: is a line of it): `*`, `?`, `\`.
    pub globs: Option<Vec<String>>,
    /// One of these matches somewhere in it; as [`check_regex`] gave it.
    pub regex: Option<Vec<String>>,
    /// Of a URL: its host is one of these domains.
    pub domains: Option<Vec<Arc<Words>>>,
}

/// One pattern that a policy asks.
#[derive(Clone, Debug)]
pub struct PatternQuestion {
    /// Its name.
    pub hash: PatternHash,
    /// Where it is looked for.
    pub field: Field,
    /// What is looked for.
    pub matcher: Arc<Matcher>,
}

impl PartialEq for PatternQuestion {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for PatternQuestion {}

impl PatternQuestion {
    /// Names a matcher in a field.
    pub fn new(field: Field, matcher: Matcher) -> Self {
        Self {
            hash: hash(&field, &matcher),
            field,
            matcher: Arc::new(matcher),
        }
    }
}

fn hash(field: &Field, matcher: &Matcher) -> PatternHash {
    let mut hasher = Sha256::new();
    // With lengths, so that no two lists of parts make the same bytes.
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(b"gacthu pattern 1");
    part(field.to_string().as_bytes());
    let fold = matcher.fold;
    part(&[u8::from(fold.case), u8::from(fold.marks)]);
    for (key, lists) in [("words", &matcher.words), ("domains", &matcher.domains)] {
        for list in lists.iter().flatten() {
            part(key.as_bytes());
            part(list.digest());
        }
    }
    for (key, texts) in [
        ("contains", &matcher.contains),
        ("globs", &matcher.globs),
        ("regex", &matcher.regex),
    ] {
        for text in texts.iter().flatten() {
            part(key.as_bytes());
            part(text.as_bytes());
        }
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let (first, _) = digest.split_first_chunk().unwrap_or((&[0; 16], &[]));
    PatternHash(u128::from_be_bytes(*first))
}

/// Looks at a regular expression and gives it in the form in which it is matched: NFC, and without
/// Vietnamese marks where these are folded.
///
/// # Errors
/// Why it cannot be used, in a few words.
pub fn check_regex(text: &str, fold: Fold) -> Result<String, String> {
    let text = normalised(
        text,
        Fold {
            case: false,
            ..fold
        },
    );
    match RegexBuilder::new(&text)
        .case_insensitive(fold.case)
        .size_limit(MAX_COMPILED)
        .nest_limit(MAX_NEST)
        .build()
    {
        Ok(regex) if regex.is_match("") && regex.is_match("\u{0}") => {
            Err("it matches every text, the empty one too".to_owned())
        }
        Ok(_) => Ok(text),
        Err(regex::Error::CompiledTooBig(limit)) => Err(format!(
            "it takes more than {} KiB when compiled",
            limit >> 10
        )),
        Err(error) => {
            // The last line says what is wrong; those before draw it for a terminal.
            let drawn = error.to_string();
            let last = drawn.lines().last().unwrap_or_default();
            Err(last.trim().trim_start_matches("error: ").to_owned())
        }
    }
}

/// Several checked expressions as one automaton; none where it would be too large for one.
pub fn regex_set(texts: &[&str], case: bool) -> Option<meta::Regex> {
    let config = meta::Config::new()
        .match_kind(MatchKind::All)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(MAX_COMPILED * 4))
        .hybrid_cache_capacity(8 << 20);
    let syntax = syntax::Config::new().case_insensitive(case);
    meta::Builder::new()
        .configure(config)
        .syntax(syntax.nest_limit(MAX_NEST + 1))
        .build_many(texts)
        .ok()
}

/// A glob as a regex: of the whole text, or of a whole line of it. Normal form is up to the caller.
pub fn glob_regex(glob: &str, lines: bool) -> String {
    let mut regex = String::with_capacity(glob.len() + 16);
    regex.push_str(if lines { r"(?m)^" } else { r"(?s)\A" });
    let mut chars = glob.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '*' => {
                if !regex.ends_with(".*") {
                    regex.push_str(".*");
                }
                continue;
            }
            '?' => {
                regex.push('.');
                continue;
            }
            '\\' => chars.next().unwrap_or('\\'),
            c => c,
        };
        regex.push_str(&regex::escape(literal.encode_utf8(&mut [0; 4])));
    }
    regex.push_str(if lines { "$" } else { r"\z" });
    regex
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::words::WordsBuilder;

    fn matcher(fold: Fold) -> Matcher {
        let mut words = WordsBuilder::new(fold);
        words.add("Mật khẩu").unwrap();
        Matcher {
            fold,
            words: Some(vec![Arc::new(words.finish())]),
            contains: Some(vec!["x".to_owned()]),
            ..Matcher::default()
        }
    }

    #[test]
    fn names_of_patterns_stay() {
        let name = |field, matcher| PatternQuestion::new(field, matcher).hash.to_string();
        let subject = name(Field::Subject, matcher(Fold::default()));
        // The journal keeps these: a change here loses its answers.
        assert_eq!(subject, "39750f7a9a67af0bb560cb10f0f759c5");
        assert_eq!(subject, name(Field::Subject, matcher(Fold::default())));
        let marks = Fold {
            marks: true,
            ..Fold::default()
        };
        let mut others = vec![
            subject,
            name(Field::Text, matcher(Fold::default())),
            name(
                Field::Header("subject".to_owned()),
                matcher(Fold::default()),
            ),
            name(Field::Subject, matcher(marks)),
            name(Field::Subject, Matcher::default()),
        ];
        let swapped = Matcher {
            globs: Some(vec!["x".to_owned()]),
            contains: None,
            ..matcher(Fold::default())
        };
        others.push(name(Field::Subject, swapped));
        others.sort();
        others.dedup();
        assert_eq!(others.len(), 6);
    }

    #[test]
    fn regexes_are_looked_at() {
        let fold = Fold::default();
        assert_eq!(check_regex("mã\\s+\\d{6}", fold).unwrap(), "mã\\s+\\d{6}");
        let marks = Fold {
            marks: true,
            case: true,
        };
        assert_eq!(check_regex("[đĐ]ộ mật", marks).unwrap(), "[dD]o mat");
        for (text, why) in [
            ("(abc", "unclosed group"),
            ("^$", ""),
            (
                "(?=x)",
                "look-around, including look-ahead and look-behind, is not supported",
            ),
            (r"(a)\1", "backreferences are not supported"),
            (
                r"(\w{100}){100}",
                "it takes more than 2048 KiB when compiled",
            ),
            ("x*", "it matches every text, the empty one too"),
        ] {
            match check_regex(text, fold) {
                Ok(_) => assert_eq!(why, "", "{text}"),
                Err(said) => assert_eq!(said, why, "{text}"),
            }
        }
        let deep = format!("{}x{}", "(".repeat(60), ")".repeat(60));
        assert!(check_regex(&deep, fold).is_err());
    }

    #[test]
    fn globs_as_regexes() {
        assert_eq!(glob_regex("a.*?", false), r"(?s)\Aa\..*.\z");
        assert_eq!(glob_regex(r"**\*", true), r"(?m)^.*\*$");
        assert_eq!(glob_regex(r"a\", true), r"(?m)^a\\$");
    }
}
