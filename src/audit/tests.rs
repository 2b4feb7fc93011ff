//! Readers on damaged texts: they end, and panic nowhere.

use std::path::Path;

use super::{
    Domains, Request,
    collect::Collect,
    destinations::split,
    finding::{At, Kind},
    postfix::expand,
    scripts, sieve,
};

/// A small generator: the same damage in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// Texts with pieces taken out, doubled, or replaced by what readers stumble over.
fn damaged(text: &str, dice: &mut Dice) -> String {
    const PIECES: &[&str] = &[
        "\"",
        "\\",
        "${",
        "}",
        "{",
        "/*",
        "*/",
        "#",
        "\n",
        "\r",
        "text:\n",
        ".\n",
        "\0",
        "đ",
        "@",
        "$",
        ":",
        ";",
        "(",
        "%",
        "!",
        "|",
        ":include:",
        "<",
        "`",
        "\u{202e}",
        "if ",
        "${hex:ff}",
        "${unicode:d800}",
        "%zz",
        "::",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=dice.below(4) {
        let at = dice.below(chars.len() + 1);
        let piece: Vec<char> = PIECES[dice.below(PIECES.len())].chars().collect();
        match dice.below(3) {
            0 => drop(chars.splice(at..at, piece)),
            1 => drop(chars.drain(at..(at + dice.below(12)).min(chars.len()))),
            _ => {
                let end = (at + dice.below(40)).min(chars.len());
                let again = chars[at..end].to_vec();
                chars.splice(at..at, again);
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn damaged_texts_are_survived() {
    let samples = [
        "require [\"variables\", \"encoded-character\"]; /* c */ if true { redirect :copy \"a${hex:40}b.vn\"; } notify \"mailto:a%40b\"; keep text:\nx\n.\n;",
        "an, \"|/usr/bin/procmail -t\" , :include:/x, \\an (c) N <a@b.vn>, \"a b\"@c.vn",
        "x${a?{b}:{c}} $a $(b) ${{1}==2?{x}:{y}} $$ ${c:d}",
        "an%gmail.com@xa.vn gmail.com!an@xa.vn \"an@gmail.com\"@xa.vn",
    ];
    let mut dice = Dice(20_261_122);
    let mut collect = Collect::new(&Request::default(), Domains::shipped());
    for round in 0..4_000 {
        let text = damaged(samples[round % samples.len()], &mut dice);
        sieve::read(&text);
        let mut lookups = 0;
        let out = expand(&text, &mut lookups, 0, &|name| Some(format!("${name}b")));
        assert!(out.len() < 4 << 20, "{text:?}");
        for _ in split(&text) {}
        let at = At::file(Path::new("/x"));
        collect.variable(Kind::Alias, "x", &text, at.clone(), "unknown");
        collect.forward(Kind::Virtual, &text, &text, at);
        scripts::actions(Kind::Sieve, "x", Path::new("/x"), 0, &text, &mut collect);
    }
    let audit = collect.finish();
    assert!(audit.forwards.len() > 1_000 && !audit.unread.is_empty());
}
