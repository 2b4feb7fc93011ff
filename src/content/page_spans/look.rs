//! How the text of a page looks: the properties of styles, as far as mail programs make letters with them.

use crate::vietnamese::Encoding;

/// What holds for text at a place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Look {
    pub(super) hidden: bool,
    pub(super) red: bool,
    pub(super) bold: bool,
    pub(super) centred: bool,
    pub(super) framed: bool,
    pub(super) capitals: bool,
    pub(super) white: bool,
    /// The paper is not white.
    pub(super) dark: bool,
    pub(super) legacy: Option<Encoding>,
}

/// `key: value; key: value`, in lower case.
pub(super) fn declarations(style: &str, mut found: impl FnMut(&str, &str)) {
    for declaration in style.split(';').take(200) {
        if let Some((key, value)) = declaration.split_once(':') {
            let value = value.replace("!important", "");
            found(&key.trim().to_ascii_lowercase(), value.trim());
        }
    }
}

impl Look {
    /// Takes what a property says.
    pub(super) fn set(&mut self, key: &str, value: &str) {
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
