//! Passwords that a message names for what is attached to it.
//!
//! People write the password of an archive into the letter, its subject or the file's name. Words
//! are sought without diacritics and capitals; what stands behind them is taken as it is written.

use super::page;
use crate::{
    message::{Message, Part, PartKind},
    vietnamese::{Fold, normalised},
};

#[cfg(test)]
mod tests;

/// What the message may mean as a password, the likeliest first, each once: no more than [`MOST`],
/// of no more than [`LONGEST`] characters each.
pub(super) fn candidates(message: &Message) -> Vec<String> {
    let mut found = Found::default();
    if let Some(subject) = message.headers.subject() {
        found.text(&subject);
    }
    let texts = message.parts.iter().filter(|part| is_text(part));
    for part in texts.take(TEXTS) {
        if let Ok(read) = part.text(TEXT) {
            if part.media_type == "text/html" {
                found.text(&page::read(&read.text).text);
            } else {
                found.text(&read.text);
            }
        }
    }
    let mut stems = Vec::new();
    let names = message.parts.iter().flat_map(|part| &part.names.all);
    for name in names.take(NAMES) {
        let stem = found.name(name);
        if !stems.contains(&stem) {
            stems.push(stem);
        }
    }
    found.list(&stems)
}

fn is_text(part: &Part) -> bool {
    part.kind == PartKind::Leaf && part.media_type.starts_with("text/")
}

/// Candidates by likelihood.
#[derive(Default)]
struct Found {
    /// Behind a word and a sign: "mật khẩu: abc".
    likely: Vec<String>,
    /// Behind a word, in another way of reading it; in a file's name.
    possible: Vec<String>,
    /// Behind a word alone: "pass abc".
    weak: Vec<String>,
}

impl Found {
    /// Reads a text, line by line.
    fn text(&mut self, text: &str) {
        let exact = Fold {
            case: false,
            marks: false,
        };
        let text = normalised(text, exact);
        let mut lines = text.lines().take(LINES).peekable();
        while let Some(line) = lines.next() {
            if self.is_full() {
                return;
            }
            let next = || {
                let mut rest = lines.clone();
                rest.find(|line| !line.trim().is_empty())
            };
            self.line(line, next);
        }
    }

    fn line<'a>(&mut self, line: &'a str, next: impl Fn() -> Option<&'a str>) {
        let letters = Letters::of(line);
        let mut at = 0;
        let mut hits = 0;
        while hits < HITS
            && let Some((start, end)) = letters.keyword(at)
        {
            at = end;
            hits += 1;
            let Some((strong, from)) = letters.behind(end) else {
                continue;
            };
            let rest = letters.rest(from);
            let rest = rest.trim();
            if rest.trim_matches(is_mark).is_empty() {
                // "Mật khẩu giải nén:" and the password on the line below.
                if let Some(next) = next().filter(|_| strong || start == 0) {
                    self.readings(next.trim(), strong);
                }
            } else {
                self.readings(rest, strong);
            }
        }
    }

    /// What stands behind the word, in the ways in which it may be meant.
    fn readings(&mut self, rest: &str, strong: bool) {
        let mut best = Vec::new();
        let mut more = Vec::new();
        if let Some(quoted) = quoted(rest) {
            best.push(quoted.to_owned());
        }
        if let Some(word) = rest.split_whitespace().next() {
            let bare = word.trim_matches(is_mark);
            // A sign at the end belongs to the sentence more often than to the password.
            best.push(bare.to_owned());
            best.push(word.trim_end_matches(['.', ',', ';']).to_owned());
            more.push(word.to_owned());
            more.push(word.trim_start_matches(is_mark).to_owned());
            for cut in [',', ';', '(', '<', '"', '“', '”'] {
                if let Some((before, _)) = bare.split_once(cut) {
                    more.push(before.to_owned());
                }
            }
        }
        more.push(rest.trim_matches(is_mark).to_owned());
        let until = rest.find([',', ';', '(']).unwrap_or(rest.len());
        more.push(rest.get(..until).unwrap_or_default().trim().to_owned());
        more.push(rest.to_owned());
        if strong {
            self.likely.extend(best);
            self.possible.extend(more);
        } else {
            self.weak.extend(best);
            self.weak.extend(more);
        }
    }

    /// Reads a file's name ("hoso_pass123.zip"), and gives its stem.
    fn name(&mut self, name: &str) -> String {
        let exact = Fold {
            case: false,
            marks: false,
        };
        let name = normalised(name, exact);
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let mut stem = name;
        // "a.part1.rar", "a.zip.001": two endings.
        for _ in 0..2 {
            match stem.rsplit_once('.') {
                Some((before, end)) if !before.is_empty() && is_ending(end) => stem = before,
                _ => break,
            }
        }
        let letters = Letters::of(stem);
        let mut at = 0;
        let mut hits = 0;
        while hits < HITS
            && let Some((_, end)) = letters.keyword_in_name(at)
        {
            at = end;
            hits += 1;
            let rest = letters.rest(end);
            let rest =
                rest.trim_start_matches(|c: char| c.is_whitespace() || "_-=:.~([{".contains(c));
            let rest = without_filler(rest);
            let until = rest
                .find(|c: char| c.is_whitespace() || "_()[]{}".contains(c))
                .unwrap_or(rest.len());
            let word = rest.get(..until).unwrap_or_default();
            self.possible.push(word.to_owned());
            if let Some((before, _)) = word.split_once(['-', '.']) {
                self.weak.push(before.to_owned());
            }
            self.weak
                .push(rest.trim_end_matches([')', ']', '}']).to_owned());
        }
        stem.to_owned()
    }

    fn is_full(&self) -> bool {
        self.likely.len() >= 4 * MOST
    }

    fn list(self, stems: &[String]) -> Vec<String> {
        let universal = ["infected", "123456", "1", "123"].map(str::to_owned);
        let kept = MOST.saturating_sub(universal.len() + stems.len().min(4));
        let mut list: Vec<String> = Vec::new();
        let mut add = |password: &String, most: usize| {
            let fits = !password.is_empty() && password.chars().count() <= LONGEST;
            if fits && list.len() < most && !list.contains(password) {
                list.push(password.clone());
            }
        };
        let read = [&self.likely, &self.possible, &self.weak];
        for password in read.into_iter().flatten() {
            add(password, kept);
        }
        for password in universal.iter().chain(stems) {
            add(password, MOST);
        }
        list
    }
}

/// A line, and the same without diacritics and capitals, letter by letter.
struct Letters<'a> {
    line: &'a str,
    /// Where each letter stands in the line.
    places: Vec<usize>,
    bare: Vec<char>,
}

impl<'a> Letters<'a> {
    fn of(line: &'a str) -> Self {
        let mut places = Vec::new();
        let mut bare = Vec::new();
        for (place, c) in line.char_indices().take(LINE) {
            places.push(place);
            bare.push(bare_letter(c));
        }
        Self { line, places, bare }
    }

    fn rest(&self, from: usize) -> &'a str {
        let place = self.places.get(from).copied();
        let rest = place.and_then(|place| self.line.get(place..));
        let rest = rest.unwrap_or_default();
        match rest.char_indices().nth(2 * LONGEST) {
            Some((end, _)) => rest.get(..end).unwrap_or_default(),
            None => rest,
        }
    }

    fn starts(&self, at: usize, word: &str) -> Option<usize> {
        let mut end = at;
        for c in word.chars() {
            if self.bare.get(end) != Some(&c) {
                return None;
            }
            end += 1;
        }
        Some(end)
    }

    fn is_letter(&self, at: usize) -> bool {
        self.bare.get(at).is_some_and(|c| c.is_alphanumeric())
    }

    /// The first word for "password" at or behind a place, and where it ends.
    fn keyword(&self, from: usize) -> Option<(usize, usize)> {
        (from..self.bare.len()).find_map(|at| {
            if at > 0 && self.is_letter(at - 1) {
                return None;
            }
            let ends = KEYWORDS.iter().filter_map(|word| self.starts(at, word));
            let end = ends.filter(|end| !self.is_letter(*end)).max()?;
            Some((at, end))
        })
    }

    /// As [`Letters::keyword`]; in a name the password may follow without a gap.
    fn keyword_in_name(&self, from: usize) -> Option<(usize, usize)> {
        (from..self.bare.len()).find_map(|at| {
            if at > 0 && self.is_letter(at - 1) {
                return None;
            }
            let ends = KEYWORDS.iter().chain(NAME_KEYWORDS);
            let end = ends.filter_map(|word| self.starts(at, word)).max()?;
            Some((at, end))
        })
    }

    /// Where the password begins behind a keyword, and whether a sign or "is" stands between.
    fn behind(&self, end: usize) -> Option<(bool, usize)> {
        let mut at = end;
        let mut words = 0;
        let mut weak = None;
        let mut filler = true;
        loop {
            while let Some(c) = self.bare.get(at) {
                match c {
                    ':' | '=' | '：' => return Some((true, at + 1)),
                    '>' | '→' | '–' | '—' => return Some((true, at + 1)),
                    '-' if self.bare.get(at + 1) != Some(&'-') => {
                        let more = self.bare.get(at + 1) == Some(&'>');
                        return Some((true, at + 1 + usize::from(more)));
                    }
                    c if c.is_alphanumeric() => break,
                    '\'' | '"' | '“' | '”' | '«' | '[' | '`' => {
                        weak.get_or_insert(at);
                        at += 1;
                    }
                    _ => at += 1,
                }
            }
            let start = at;
            while self.is_letter(at) {
                at += 1;
            }
            if start == at {
                // The line ends: the password may stand on the next one.
                return weak.map_or(Some((false, start)), |weak| Some((false, weak)));
            }
            let word: String = self.bare.get(start..at)?.iter().take(12).collect();
            if matches!(word.as_str(), "la" | "is") {
                // "là: abc", "is as follows: abc": the sign counts.
                let sign = (at..at + 3).find(|at| matches!(self.bare.get(*at), Some(':' | '=')));
                return Some((true, sign.map_or(at, |sign| sign + 1)));
            }
            filler &= FILLERS.contains(&word.as_str());
            if !filler {
                weak.get_or_insert(start);
            }
            words += 1;
            if words > WORDS {
                return weak.map(|weak| (false, weak));
            }
        }
    }
}

fn bare_letter(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let marks = Fold {
        case: true,
        marks: true,
    };
    let bare = normalised(c.encode_utf8(&mut [0; 4]), marks);
    bare.chars().next().unwrap_or(' ')
}

/// What stands in quotes or brackets at the beginning.
fn quoted(text: &str) -> Option<&str> {
    let open = text.chars().next()?;
    let close = match open {
        '"' | '\'' | '`' | '*' => open,
        '“' | '”' | '„' => '”',
        '‘' => '’',
        '«' => '»',
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '<' => '>',
        _ => return None,
    };
    let rest = text.get(open.len_utf8()..)?;
    let end = rest.find(close).or_else(|| rest.find('"'))?;
    rest.get(..end).filter(|inner| !inner.is_empty())
}

/// "(mk la 123456)": the words between.
fn without_filler(text: &str) -> &str {
    let mut rest = text;
    for _ in 0..4 {
        let end = rest
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(rest.len());
        let word: String = rest
            .get(..end)
            .unwrap_or_default()
            .chars()
            .map(bare_letter)
            .collect();
        let filler = matches!(word.as_str(), "la" | "is") || FILLERS.contains(&word.as_str());
        if !filler || end == rest.len() {
            break;
        }
        rest = rest.get(end..).unwrap_or_default();
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "_-=:".contains(c));
    }
    rest
}

fn is_ending(end: &str) -> bool {
    end.len() <= 6 && end.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Signs around a password that hardly belong to it.
fn is_mark(c: char) -> bool {
    c.is_whitespace() || "\"'`“”„‘’«»()[]{}<>*.,;:!?–—".contains(c)
}

/// Words for "password", without diacritics.
static KEYWORDS: &[&str] = &[
    "mat khau",
    "matkhau",
    "mat ma",
    "ma khoa",
    "ma mo",
    "ma giai nen",
    "ma mo khoa",
    "ma bao ve",
    "khoa giai nen",
    "giai nen",
    "m.khau",
    "mk",
    "pass",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "pass word",
    "pwd",
    "psw",
    "pw",
    "key",
];

/// More of them, which only mean something in the name of a file.
static NAME_KEYWORDS: &[&str] = &["mat_khau", "mat-khau", "mật_khẩu"];

/// Words that stand between the word and the password.
static FILLERS: &[&str] = &[
    "giai",
    "nen",
    "file",
    "tep",
    "tap",
    "tin",
    "mo",
    "de",
    "cua",
    "dinh",
    "kem",
    "cho",
    "nhu",
    "sau",
    "duoi",
    "day",
    "nay",
    "the",
    "to",
    "for",
    "of",
    "open",
    "unzip",
    "extract",
    "zip",
    "rar",
    "7z",
    "archive",
    "attached",
    "attachment",
    "document",
    "word",
    "tai",
    "lieu",
    "khau",
    "van",
    "ban",
    "quy",
    "khach",
    "xem",
    "unrar",
    "pdf",
    "excel",
    "as",
    "follows",
    "below",
];

/// Candidates of one message.
const MOST: usize = 40;
/// Characters of one.
const LONGEST: usize = 128;
/// Texts of a message that are read, bytes of each, lines, characters of a line.
const TEXTS: usize = 8;
const TEXT: u64 = 64 << 10;
const LINES: usize = 4096;
const LINE: usize = 4096;
/// Names that are read.
const NAMES: usize = 64;
/// Words for "password" in one line, words between one and the password.
const HITS: usize = 8;
const WORDS: usize = 7;
