//! HTML in pieces with their looks: blocks and cells, what is red, bold, framed, centred or hidden.
//!
//! The tokenizer is that of `page.rs`. Styles are followed as far as mail programs make letters with them:
//! `style` attributes, old attributes (`color`, `align`, `border`, `face`), and rules of one class in a
//! `<style>` element. One pass, a stack with a bound, no recursion.

mod look;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use memchr::memchr;

use self::look::{Look, declarations};
use super::{
    Span, Spot, Style,
    page::{self, BLOCKS},
};
use crate::{
    facts::NotOpened,
    vietnamese::{self, Encoding},
};

/// Open elements that are kept, and how many of them an end tag looks through.
const DEPTH: usize = 256;
const LOOK_BACK: usize = 64;
/// Rules of style sheets that are kept.
const RULES: usize = 1000;
/// Bytes of a piece, after which it is handed on as it is.
const PIECE: usize = 64 << 10;

struct Element {
    tag: String,
    look: Look,
}

/// A piece that grows.
#[derive(Default)]
struct Piece {
    text: String,
    letters: usize,
    red: usize,
    bold: usize,
    legacy: Option<Encoding>,
    centred: bool,
    framed: bool,
}

type Found<'f> = &'f mut dyn FnMut(Span) -> Result<(), NotOpened>;

struct Walk<'f> {
    found: Found<'f>,
    open: Vec<Element>,
    seen: Piece,
    hidden: Piece,
    rules: HashMap<String, Vec<(String, String)>>,
    line: u32,
    row: u32,
    column: u32,
}

/// Hands on the pieces of a page in order.
pub(super) fn read(html: &str, found: Found<'_>) -> Result<(), NotOpened> {
    let mut walk = Walk {
        found,
        open: Vec::new(),
        seen: Piece::default(),
        hidden: Piece::default(),
        rules: HashMap::new(),
        line: 0,
        row: 0,
        column: 0,
    };
    let mut at = 0;
    while let Some(rest) = html.get(at..).filter(|rest| !rest.is_empty()) {
        let open = memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        let (text, markup) = rest.split_at(open);
        walk.text(text)?;
        at += open;
        let used = match markup.as_bytes() {
            [] => break,
            [b'<', b'!', b'-', b'-', ..] => page::comment(markup),
            [b'<', b'!' | b'?', ..] => page::end_of(markup, b'>'),
            [b'<', b'/', c, ..] if c.is_ascii_alphabetic() => {
                let (tag, used) = page::tag(markup, 2, &mut |_, _| {});
                walk.close(&tag)?;
                used
            }
            [b'<', b'/', ..] => page::end_of(markup, b'>'),
            [b'<', c, ..] if c.is_ascii_alphabetic() => {
                let mut attributes = Vec::new();
                let (tag, used) = page::tag(markup, 1, &mut |name, value| {
                    if attributes.len() < 64 && WANTED.contains(&name) {
                        attributes.push((name.to_owned(), value.to_owned()));
                    }
                });
                let inside = markup.get(used..).unwrap_or_default();
                let unseen = page::unseen(&tag, inside);
                let content = inside.get(..unseen).unwrap_or_default();
                match tag.as_str() {
                    "style" => walk.sheet(content),
                    "title" => walk.aside(Spot::Property, content)?,
                    _ => walk.start(tag, &attributes)?,
                }
                used + unseen
            }
            _ => {
                walk.text("<")?;
                1
            }
        };
        at += used.max(1);
    }
    walk.flush()
}

impl Walk<'_> {
    fn look(&self) -> Look {
        self.open.last().map(|open| open.look).unwrap_or_default()
    }

    fn text(&mut self, text: &str) -> Result<(), NotOpened> {
        let look = self.look();
        let hidden = look.hidden || look.white && !look.dark;
        let piece = if hidden {
            &mut self.hidden
        } else {
            &mut self.seen
        };
        if piece.text.is_empty() && text.trim().is_empty() {
            return Ok(());
        }
        let mut decoded = String::new();
        page::push_decoded(text, &mut decoded);
        let letters = decoded.chars().filter(|c| c.is_alphanumeric()).count();
        if letters > 0 {
            piece.letters += letters;
            piece.red += if look.red { letters } else { 0 };
            piece.bold += if look.bold { letters } else { 0 };
            piece.legacy = piece.legacy.or(look.legacy);
            piece.centred |= look.centred;
            piece.framed |= look.framed;
        }
        if let Some(encoding) = look.legacy {
            decoded = vietnamese::decode(&decoded, encoding);
        }
        if look.capitals {
            decoded = decoded.to_uppercase();
        }
        let space = decoded.starts_with(' ') && piece.text.ends_with(' ');
        piece.text.push_str(if space {
            decoded.trim_start()
        } else {
            &decoded
        });
        if piece.text.len() > PIECE {
            self.flush()?;
        }
        Ok(())
    }

    /// The end of a block.
    fn flush(&mut self) -> Result<(), NotOpened> {
        let cell = self
            .open
            .iter()
            .rev()
            .take(LOOK_BACK)
            .any(|open| matches!(open.tag.as_str(), "td" | "th"));
        let (line, column) = match cell {
            true => (self.row, self.column.saturating_sub(1)),
            false => (self.line, 0),
        };
        for hidden in [false, true] {
            let piece = match hidden {
                true => std::mem::take(&mut self.hidden),
                false => std::mem::take(&mut self.seen),
            };
            if piece.letters == 0 {
                continue;
            }
            self.line = self.line.saturating_add(1);
            let most = |part: usize| part * 2 > piece.letters;
            (self.found)(Span {
                spot: if cell { Spot::Cell } else { Spot::Body },
                line,
                column,
                text: piece.text.trim().to_owned(),
                style: Style {
                    bold: most(piece.bold),
                    red: most(piece.red),
                    framed: piece.framed,
                    centred: piece.centred,
                    hidden,
                    ..Style::default()
                },
                legacy: piece.legacy.map(Encoding::name),
                ..Span::default()
            })?;
        }
        Ok(())
    }

    /// Words that stand apart: a picture's, the page's title.
    fn aside(&mut self, spot: Spot, text: &str) -> Result<(), NotOpened> {
        let mut decoded = String::new();
        page::push_decoded(text, &mut decoded);
        (self.found)(Span {
            spot,
            line: self.line,
            text: decoded.trim().to_owned(),
            ..Span::default()
        })
    }

    fn start(&mut self, tag: String, attributes: &[(String, String)]) -> Result<(), NotOpened> {
        let block = BLOCKS.contains(&tag.as_str());
        if block {
            self.flush()?;
            self.imply(&tag);
        }
        match tag.as_str() {
            "tr" => {
                self.row = self.row.saturating_add(1);
                self.column = 0;
            }
            "td" | "th" => self.column = self.column.saturating_add(1),
            _ => {}
        }
        for (name, value) in attributes {
            if matches!(name.as_str(), "alt" | "title") {
                self.aside(Spot::Alt, value)?;
            }
        }
        if VOID.contains(&tag.as_str()) || self.open.len() >= DEPTH {
            return Ok(());
        }
        let mut look = Look {
            framed: self.look().framed && !block,
            ..self.look()
        };
        match tag.as_str() {
            "b" | "strong" | "th" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => look.bold = true,
            "center" => look.centred = true,
            _ => {}
        }
        for (name, value) in attributes {
            match name.as_str() {
                "class" => {
                    for class in value.split_ascii_whitespace().take(16) {
                        if let Some(rules) = self.rules.get(&class.to_ascii_lowercase()) {
                            rules.iter().for_each(|(key, value)| look.set(key, value));
                        }
                    }
                }
                "style" => {
                    let mut style = String::new();
                    page::push_decoded(value, &mut style);
                    declarations(&style, |key, value| look.set(key, value));
                }
                "color" => look.set("color", value),
                "bgcolor" => look.set("background-color", value),
                "face" => look.set("font-family", value),
                "align" => look.set("text-align", value),
                "border" if tag == "table" => {}
                "hidden" => look.hidden = true,
                _ => {}
            }
        }
        self.open.push(Element { tag, look });
        Ok(())
    }

    /// Elements whose end tags may be left out end where the next begins.
    fn imply(&mut self, tag: &str) {
        let (ends, walls): (&[&str], &[&str]) = match tag {
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["table"]),
            "li" => (&["li"], &["ul", "ol"]),
            "p" | "div" | "table" | "h1" | "h2" | "h3" | "ul" | "ol" => {
                (&["p"], &["td", "th", "div", "body", "table", "li"])
            }
            _ => return,
        };
        let open = self.open.iter().enumerate().rev().take(LOOK_BACK);
        let mut end = None;
        for (at, element) in open {
            if walls.contains(&element.tag.as_str()) {
                break;
            }
            if ends.contains(&element.tag.as_str()) {
                end = Some(at);
                break;
            }
        }
        if let Some(end) = end {
            self.open.truncate(end);
        }
    }

    fn close(&mut self, tag: &str) -> Result<(), NotOpened> {
        if BLOCKS.contains(&tag) {
            self.flush()?;
        }
        let mut open = self.open.iter().enumerate().rev().take(LOOK_BACK);
        if let Some((at, _)) = open.find(|(_, element)| element.tag == tag) {
            self.open.truncate(at);
        }
        Ok(())
    }

    /// The rules of a style sheet that ask for one class.
    fn sheet(&mut self, sheet: &str) {
        for rule in sheet.split('}') {
            if self.rules.len() >= RULES {
                return;
            }
            let Some((selectors, body)) = rule.split_once('{') else {
                continue;
            };
            for selector in selectors.split(',').take(64) {
                let selector = selector.trim();
                let Some((before, class)) = selector.rsplit_once('.') else {
                    continue;
                };
                let plain = |text: &str| {
                    text.bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
                };
                if !plain(before.trim()) || !plain(class) || class.is_empty() {
                    continue;
                }
                let rules = self.rules.entry(class.to_ascii_lowercase()).or_default();
                declarations(body, |key, value| {
                    if rules.len() < 32 {
                        rules.push((key.to_owned(), value.to_owned()));
                    }
                });
            }
        }
    }
}

/// Attributes that are looked at.
const WANTED: &[&str] = &[
    "style", "class", "color", "bgcolor", "face", "align", "border", "hidden", "alt", "title",
];

/// Elements that have no end.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];
