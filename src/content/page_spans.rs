//! HTML in pieces with their looks: blocks and cells, what is red, bold, framed, centred or hidden.
//!
//! The tokenizer is that of `page.rs`. Styles are followed as far as mail programs make letters with them:
//! `style` attributes, old attributes (`color`, `align`, `border`, `face`), and rules of one class in a
//! `<style>` element. One pass, a stack with a bound, no recursion.

use std::collections::HashMap;

use memchr::memchr;

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

/// What holds for text at a place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Look {
    hidden: bool,
    red: bool,
    bold: bool,
    centred: bool,
    framed: bool,
    capitals: bool,
    white: bool,
    /// The paper is not white.
    dark: bool,
    legacy: Option<Encoding>,
}

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

/// `key: value; key: value`, in lower case.
fn declarations(style: &str, mut found: impl FnMut(&str, &str)) {
    for declaration in style.split(';').take(200) {
        if let Some((key, value)) = declaration.split_once(':') {
            let value = value.replace("!important", "");
            found(&key.trim().to_ascii_lowercase(), value.trim());
        }
    }
}

impl Look {
    fn set(&mut self, key: &str, value: &str) {
        let value = value.trim();
        let lower = value.to_ascii_lowercase();
        let is = |word: &str| lower == word;
        match key {
            "display" => self.hidden |= is("none"),
            "visibility" => self.hidden |= is("hidden"),
            "mso-hide" => self.hidden |= is("all"),
            "opacity" => self.hidden |= is_nothing(&lower),
            "font-size" => self.hidden |= is_nothing(&lower),
            "color" => {
                if let Some((red, green, blue)) = colour(&lower) {
                    self.red = red >= 150 && green < 90 && blue < 90;
                    self.white = red.min(green).min(blue) >= 0xf0;
                }
            }
            "background" | "background-color" => {
                let first = lower.split_ascii_whitespace().next().unwrap_or_default();
                if let Some((red, green, blue)) = colour(first) {
                    self.dark = red.min(green).min(blue) < 0xe0;
                } else if lower.contains("url(") || lower.contains("gradient") {
                    self.dark = true;
                }
            }
            "font-weight" => {
                self.bold = matches!(
                    lower.as_str(),
                    "bold" | "bolder" | "600" | "700" | "800" | "900"
                );
            }
            "text-align" => self.centred = is("center"),
            "text-transform" => self.capitals = is("uppercase"),
            "font-family" | "font" => {
                let mut names = value
                    .split(',')
                    .map(|name| name.trim().trim_matches(['"', '\'']));
                self.legacy = names.find_map(Encoding::of_font);
            }
            key if key.starts_with("border") => {
                let style = ["solid", "double", "dashed", "dotted", "groove", "ridge"];
                self.framed |= style.iter().any(|style| lower.contains(style));
            }
            _ => {}
        }
    }
}

/// A size or share of nothing: `0`, `0px`, `0.0`, `1px` too small to be read.
fn is_nothing(value: &str) -> bool {
    let number: String = value
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .take(12)
        .collect();
    let number: Option<f32> = number.parse().ok();
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    number.is_some_and(|number| number <= 0.01 || unit == "px" && number <= 1.0)
}

/// `#f00`, `#ff0000`, `rgb(255, 0, 0)`, a few names.
fn colour(value: &str) -> Option<(u8, u8, u8)> {
    if let Some(hex) = value.strip_prefix('#') {
        let digit = |at: usize| {
            hex.get(at..=at)
                .and_then(|d| u8::from_str_radix(d, 16).ok())
        };
        let pair = |at: usize| {
            hex.get(at..at + 2)
                .and_then(|d| u8::from_str_radix(d, 16).ok())
        };
        return match hex.len() {
            3 | 4 => Some((digit(0)? * 17, digit(1)? * 17, digit(2)? * 17)),
            _ => Some((pair(0)?, pair(2)?, pair(4)?)),
        };
    }
    if let Some(list) = value.strip_prefix("rgb") {
        let list = list.trim_start_matches('a').trim_start_matches('(');
        let mut parts = list
            .split([',', ' ', ')', '/'])
            .filter(|part| !part.is_empty())
            .map(|part| {
                part.parse::<f32>()
                    .map_or(0, |part| part.clamp(0.0, 255.0) as u8)
            });
        return Some((parts.next()?, parts.next()?, parts.next()?));
    }
    Some(match value {
        "red" => (255, 0, 0),
        "crimson" => (220, 20, 60),
        "darkred" => (160, 0, 0),
        "white" | "snow" => (255, 255, 255),
        "black" => (0, 0, 0),
        "navy" | "blue" | "darkblue" => (0, 0, 160),
        "green" | "gray" | "grey" | "silver" | "yellow" => (128, 128, 0),
        _ => return None,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(html: &str) -> Vec<Span> {
        let mut spans = Vec::new();
        read(html, &mut |span| {
            if span.text.chars().any(char::is_alphanumeric) {
                spans.push(span);
            }
            Ok(())
        })
        .unwrap();
        spans
    }

    fn texts(html: &str) -> Vec<String> {
        spans(html).into_iter().map(|span| span.text).collect()
    }

    #[test]
    fn blocks_and_cells_are_pieces() {
        assert_eq!(
            texts("<p>m<b>ộ</b>t <i>hai</i></p>ba<br>bốn&nbsp;năm<div>sáu"),
            ["một hai", "ba", "bốn\u{a0}năm", "sáu"]
        );
        let cells = spans("<table><tr><td>a<td>b<tr><td>c<td><p>d</table>e");
        let places: Vec<_> = cells
            .iter()
            .map(|span| (span.spot, span.line, span.column, span.text.as_str()))
            .collect();
        assert_eq!(
            places,
            [
                (Spot::Cell, 1, 0, "a"),
                (Spot::Cell, 1, 1, "b"),
                (Spot::Cell, 2, 0, "c"),
                (Spot::Cell, 2, 1, "d"),
                (Spot::Body, 4, 0, "e"),
            ]
        );
    }

    #[test]
    fn looks_are_told_and_other_looks_are_not() {
        let one = |html: &str| spans(html).remove(0).style;
        assert!(one("<p style='color:#C00000'>a</p>").red);
        assert!(one("<p><font color=red>a</font></p>").red);
        assert!(one("<p style='COLOR: rgb(255, 0, 0) !important'>a</p>").red);
        assert!(!one("<p style='color:#00c000'>a</p>").red);
        assert!(!one("<p><font color=red>a</font>bc</p>").red);
        assert!(one("<p><b>ab</b>c").bold);
        assert!(!one("<p><b>a</b>bcd").bold);
        assert!(one("<p style='border: 2px double red'>a").framed);
        assert!(!one("<p style='border:none'>a").framed);
        assert!(one("<center>a").centred);
        assert!(one("<style>p.dau, .x { color: red; }</style><p class=Dau>a").red);
        assert_eq!(one("<p>a"), Style::default());
    }

    #[test]
    fn what_is_not_seen_is_told_apart() {
        for style in [
            "display:none",
            "visibility: hidden",
            "font-size:0",
            "font-size:0pt",
            "opacity:0",
            "color:#ffffff",
            "color: white",
            "mso-hide:all",
        ] {
            let found = spans(&format!("<p>a<span style=\"{style}\">x</span>b</p>"));
            assert_eq!(found.len(), 2, "{style}: {found:?}");
            assert_eq!(
                (found[0].text.as_str(), found[0].style.hidden),
                ("ab", false)
            );
            assert_eq!((found[1].text.as_str(), found[1].style.hidden), ("x", true));
        }
        for style in [
            "font-size:10pt",
            "opacity:0.9",
            "display:block",
            "color:#333",
        ] {
            assert_eq!(
                texts(&format!("<p>a<span style=\"{style}\">x</span>b</p>")),
                ["axb"]
            );
        }
        assert_eq!(
            texts("<div style='background:#000080'><p style='color:white'>a</p></div>"),
            ["a"]
        );
        assert!(
            !spans("<td bgcolor=red><font color=white>a</font></td>")[0]
                .style
                .hidden
        );
    }

    #[test]
    fn old_fonts_are_decoded_and_capital_styles_shown() {
        let found = spans("<p><font face='.VnTimeH'>tuyÖt mËt</font></p>");
        assert_eq!(found[0].text, "TUYỆT MẬT");
        assert_eq!(found[0].legacy, Some("tcvn3-capitals"));
        let style = "<p style='font-family:\"VNI-Times\",serif'>MAÄT</p>";
        assert_eq!(spans(style)[0].text, "MẬT");
        assert_eq!(
            texts("<p style='text-transform:uppercase'>mật</p>"),
            ["MẬT"]
        );
        assert_eq!(texts("<p><font face=Arial>tuyÖt</font></p>"), ["tuyÖt"]);
    }

    #[test]
    fn asides_have_their_place() {
        let found = spans("<title>t&ecirc;n</title><img alt='hình'>x");
        assert_eq!(
            found
                .iter()
                .map(|span| (span.spot, span.text.as_str()))
                .collect::<Vec<_>>(),
            [
                (Spot::Property, "tên"),
                (Spot::Alt, "hình"),
                (Spot::Body, "x")
            ]
        );
    }

    #[test]
    fn broken_pages_end() {
        let html = "<table><tr><td style='color:red;border:1px solid'>M&#7852;T</td><p class=x><style>.x{a:b}</style><b>c";
        for end in 0..=html.len() {
            if let Some(html) = html.get(..end) {
                spans(html);
            }
        }
        for piece in [
            "<td>",
            "<div>",
            "</div>",
            "<p><b>",
            "<tr><td>a",
            "<style>.a{b:c}</style>",
            "<a style='",
        ] {
            let html = piece.repeat((1 << 18) / piece.len());
            let started = std::time::Instant::now();
            std::hint::black_box(spans(&html));
            assert!(started.elapsed().as_secs() < 10, "{piece}");
        }
    }
}
