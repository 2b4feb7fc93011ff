//! The readings of one file name: as it is stored, as it is shown, and as it is mended on its way to
//! the disk. Each reading has an extension; whoever opens the file sees one of them.
//!
//! | what is done | who does it |
//! |---|---|
//! | percent-encoding is taken away | browsers and web mail, for `filename` of RFC 2231 and of URLs |
//! | the name ends at a NUL | everything written in C |
//! | control, zero-width and direction characters vanish | mail programs, when they save |
//! | a right-to-left override is obeyed | every screen |
//! | full-width letters and dots become ASCII | Windows, for names in an old code page ("best fit") |
//! | a path is cut to its last piece | mail programs, when they save |
//! | a stream is cut (`a.exe::$DATA`) | NTFS |
//! | dots, spaces and quotes at the end vanish | Windows |
//! | white space behind the last dot vanishes | mail programs that unfold a header differently |

use super::extensions::{self, Extension};

/// One reading of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// The name as it reads.
    pub(super) name: String,
    tricks: Vec<&'static str>,
}

impl Reading {
    /// The executable extension that the name ends in.
    pub(super) fn extension(&self) -> Option<&'static Extension> {
        let (_, extension) = self.name.rsplit_once('.')?;
        extensions::find(extension)
    }

    /// Whether the extension is a class of Windows' shell (`a.{00020400-…}`), which hides what it is.
    pub(super) fn class_id(&self) -> bool {
        let Some((_, extension)) = self.name.rsplit_once('.') else {
            return false;
        };
        let Some(id) = extension
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        else {
            return false;
        };
        let lengths = id.split('-').map(str::len);
        lengths.eq([8, 4, 4, 4, 12]) && id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
    }

    /// How the name hides that extension: the road to this reading, and its own disguises.
    pub(super) fn tricks(&self) -> Vec<&'static str> {
        let mut tricks = self.tricks.clone();
        let Some((stem, _)) = self.name.rsplit_once('.') else {
            return tricks;
        };
        let bare = stem.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '.' | '_'));
        if let Some((_, decoy)) = bare.rsplit_once('.')
            && extensions::DECOYS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(decoy.trim()))
        {
            tricks.push("double-extension");
        }
        if stem.chars().rev().take_while(|c| c.is_whitespace()).count() >= PADDING {
            tricks.push("padding");
        }
        tricks
    }
}

/// White space that pushes the extension out of sight; three blanks in a row are no slip of a finger.
const PADDING: usize = 3;

/// All readings of a name, the plain one first. Never empty.
pub(super) fn readings(name: &str) -> Vec<Reading> {
    let plain = Reading {
        name: name.to_owned(),
        tricks: Vec::new(),
    };
    let mut all = vec![plain.clone()];
    let mut starts = vec![plain];
    if let Some(decoded) = percent_decode(name) {
        starts.push(Reading {
            name: decoded,
            tricks: vec!["percent-encoding"],
        });
    }
    for start in &starts {
        follow(start, &mut all);
        if let Some((before, _)) = start.name.split_once('\0') {
            follow(
                &with(start, before.to_owned(), "control-characters"),
                &mut all,
            );
        }
        if let Some(shown) = shown(&start.name) {
            follow(&with(start, shown, "right-to-left"), &mut all);
        }
    }
    all
}

/// Mends the name step by step; every step that changes it gives a reading.
fn follow(start: &Reading, all: &mut Vec<Reading>) {
    let overridden = start.name.contains(OVERRIDES);
    let mut at = start.clone();
    push(all, &at);
    for (step, trick) in STEPS {
        let Some(name) = step(&at.name) else { continue };
        let trick = match *trick {
            "hidden-characters" if overridden => "right-to-left",
            other => other,
        };
        at = with(&at, name, trick);
        push(all, &at);
    }
}

fn push(all: &mut Vec<Reading>, reading: &Reading) {
    if !all.contains(reading) {
        all.push(reading.clone());
    }
}

fn with(from: &Reading, name: String, trick: &'static str) -> Reading {
    let mut tricks = from.tricks.clone();
    if !trick.is_empty() && !tricks.contains(&trick) {
        tricks.push(trick);
    }
    Reading { name, tricks }
}

/// Each gives the mended name, or none where there is nothing to mend.
type Step = fn(&str) -> Option<String>;

static STEPS: &[(Step, &str)] = &[
    (without_controls, "control-characters"),
    (without_hidden, "hidden-characters"),
    (ascii_forms, "look-alike-dot"),
    (last_piece, ""),
    (without_stream, "alternate-stream"),
    (without_end, "trailing-dots"),
    (closed_up, "trailing-dots"),
];

fn without_controls(name: &str) -> Option<String> {
    name.contains(char::is_control)
        .then(|| name.replace(char::is_control, ""))
}

fn without_hidden(name: &str) -> Option<String> {
    name.contains(is_hidden)
        .then(|| name.replace(is_hidden, ""))
}

/// Characters that show nothing: zero-width, joiners, directions, soft hyphen, variation selectors.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

const OVERRIDES: [char; 4] = ['\u{202b}', '\u{202d}', '\u{202e}', '\u{2067}'];

/// Full-width forms and dots that look like one.
fn ascii_forms(name: &str) -> Option<String> {
    let mended: String = name
        .chars()
        .map(|c| match c {
            '\u{2024}' | '\u{3002}' | '\u{ff61}' | '\u{fe52}' | '\u{2025}' | '\u{a4f8}' => '.',
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            other => other,
        })
        .collect();
    (mended != name).then_some(mended)
}

fn last_piece(name: &str) -> Option<String> {
    let cut = name.trim_end_matches(['/', '\\']);
    let piece = cut.rsplit(['/', '\\']).next().unwrap_or(cut);
    (piece != name).then(|| piece.to_owned())
}

/// `name:stream`, `name::$DATA`. Behind a colon of a title ("Re: …", "abc.com:tóm tắt") stand words.
fn without_stream(name: &str) -> Option<String> {
    let (before, stream) = name.split_once(':')?;
    (before.len() > 1 && !stream.contains(char::is_whitespace)).then(|| before.to_owned())
}

fn without_end(name: &str) -> Option<String> {
    let at_end = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '.' | '"' | '\'' | '`' | ';' | ',' | '<' | '>' | '|' | '?' | '*'
            )
    };
    let trimmed = name.trim_end_matches(at_end);
    (trimmed != name).then(|| trimmed.to_owned())
}

/// White space inside the last extension: `a. exe`. Not before words: `v. Com` is no program.
fn closed_up(name: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    if !extension.contains(char::is_whitespace) {
        return None;
    }
    let closed: String = extension.split_whitespace().collect();
    let found = extensions::find(&closed).filter(|found| !found.domain)?;
    // "a.v b" may be anything; three letters that a fold has cut are an extension.
    (found.name.len() >= 3).then(|| format!("{stem}.{closed}"))
}

/// What a screen shows of a name with a right-to-left override (UAX #9, X5): the run behind it is
/// turned round, up to its end mark. Enough for names: embedded runs are turned inside out once.
fn shown(name: &str) -> Option<String> {
    let (before, rest) = name.split_once(OVERRIDES)?;
    let (run, after) = rest
        .split_once(['\u{202c}', '\u{2069}'])
        .unwrap_or((rest, ""));
    Some(
        before
            .chars()
            .chain(run.chars().rev())
            .chain(after.chars())
            .collect(),
    )
}

fn percent_decode(name: &str) -> Option<String> {
    if !name.contains('%') {
        return None;
    }
    let bytes = name.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let value = bytes.get(at + 1..at + 3).and_then(|hex| {
            let hex = std::str::from_utf8(hex).ok()?;
            hex.bytes()
                .all(|b| b.is_ascii_hexdigit())
                .then(|| u8::from_str_radix(hex, 16).ok())?
        });
        match value {
            Some(value) if *byte == b'%' => {
                decoded.push(value);
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    let decoded = String::from_utf8_lossy(&decoded).into_owned();
    (decoded != name).then_some(decoded)
}
