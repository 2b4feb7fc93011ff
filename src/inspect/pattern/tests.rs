//! The automata against matchers so plain that they cannot be wrong.

use std::{cell::Cell, sync::Arc, time::Duration};

use proptest::prelude::*;

use super::automaton::{Automaton, Run, Why};
use crate::{
    questions::{
        Field, Matcher, PatternQuestion,
        pattern::{check_regex, regex_set},
        words::WordsBuilder,
    },
    vietnamese::{Fold, is_word, normalised},
};

/// One matcher as written.
#[derive(Clone, Debug)]
struct Written {
    fold: Fold,
    words: Vec<String>,
    contains: Vec<String>,
    globs: Vec<String>,
    regex: Vec<String>,
}

impl Written {
    /// Words that cannot be words are left out, as the policy refuses them.
    fn compile(&self) -> Matcher {
        let mut words = WordsBuilder::new(self.fold);
        let added = self.words.iter().filter(|word| words.add(word).is_ok());
        let any = added.count() > 0;
        let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
        let folded = |list: &[String]| {
            let list = list.iter().map(|text| normalised(text, self.fold));
            list.filter(|text| !text.is_empty()).collect::<Vec<_>>()
        };
        let regex = self.regex.iter();
        let regex = regex.filter_map(|text| check_regex(text, self.fold).ok());
        Matcher {
            fold: self.fold,
            words: any.then(|| vec![Arc::new(words.finish())]),
            contains: some(folded(&self.contains)),
            globs: some(folded(&self.globs)),
            regex: some(regex.collect()),
            domains: None,
        }
    }

    fn is_met(&self, text: &str, matcher: &Matcher) -> bool {
        let folded = normalised(text, self.fold);
        let spaced = |text: &str| {
            let mut out = String::new();
            for c in text.chars() {
                match c.is_whitespace() {
                    true if out.ends_with(' ') => {}
                    true => out.push(' '),
                    false => out.push(c),
                }
            }
            out
        };
        let words = || {
            let text = spaced(&folded);
            self.words.iter().any(|word| {
                let word = spaced(normalised(word.trim(), self.fold).as_str());
                let sound = word.starts_with(is_word) && word.ends_with(is_word);
                sound
                    && text.char_indices().any(|(at, _)| {
                        text[at..].starts_with(&word)
                            && !text[..at].ends_with(is_word)
                            && !text[at + word.len()..].starts_with(is_word)
                    })
            })
        };
        let contains = |list: &Vec<String>| list.iter().any(|part| folded.contains(part.as_str()));
        let globs = |list: &Vec<String>| {
            let mut lines = folded.split('\n');
            lines.any(|line| list.iter().any(|glob| is_glob(glob, line)))
        };
        let regex = |list: &Vec<String>| {
            let text = normalised(
                text,
                Fold {
                    case: false,
                    ..self.fold
                },
            );
            list.iter().any(|regex| {
                let one = regex_set(&[regex], self.fold.case).unwrap();
                one.is_match(text.as_str())
            })
        };
        matcher.words.as_ref().is_none_or(|_| words())
            && matcher.contains.as_ref().is_none_or(contains)
            && matcher.globs.as_ref().is_none_or(globs)
            && matcher.regex.as_ref().is_none_or(regex)
    }
}

/// By the definition, without any care for time.
fn is_glob(glob: &str, text: &str) -> bool {
    let rest = |text: &str| text.chars().next().map(|c| text[c.len_utf8()..].to_owned());
    match glob.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            is_glob(&glob[1..], text) || rest(text).is_some_and(|text| is_glob(glob, &text))
        }
        Some('?') => rest(text).is_some_and(|text| is_glob(&glob[1..], &text)),
        Some(c) => text.starts_with(c) && is_glob(&glob[c.len_utf8()..], &text[c.len_utf8()..]),
    }
}

/// Few characters, so that things meet: case, both forms, marks, stroke, spaces, signs, invisible ones.
fn letters(length: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        4 => prop::sample::select(vec!["a", "b", "ậ", " "]),
        2 => prop::sample::select(vec![
            "A", "a\u{323}\u{302}", "ấ", "Đ", "đ", "d", ".", "-", "\n", "\r\n", "\u{ad}",
            "\u{200b}", "\u{a0}", "1", "\u{301}", "ς", "Σ",
        ]),
    ];
    prop::collection::vec(letter, length).prop_map(|letters| letters.concat())
}

fn written() -> impl Strategy<Value = Written> {
    let list = |max| prop::collection::vec(letters(1..4), 0..max);
    let globs = prop::collection::vec(
        prop::collection::vec(
            prop::sample::select(vec!["*", "?", "a", "B", "ậ", " ", "."]),
            1..5,
        ),
        0..3,
    );
    let regex = prop::collection::vec(
        prop::sample::select(vec![
            "a+b", "^ậ", "b$", r"\ba\b", "[đa]{2}", r"\p{Lu}", "a.b", "(?m)^b",
        ]),
        0..3,
    );
    (
        any::<(bool, bool)>(),
        list(4),
        list(3),
        globs,
        regex,
        any::<[bool; 4]>(),
    )
        .prop_map(
            |((case, marks), words, contains, globs, regex, [w, c, g, r])| Written {
                fold: Fold { case, marks },
                words: if w { words } else { Vec::new() },
                contains: if c { contains } else { Vec::new() },
                globs: globs
                    .iter()
                    .filter(|_| g)
                    .map(|glob| glob.concat())
                    .collect(),
                regex: regex
                    .iter()
                    .filter(|_| r)
                    .map(|regex| (*regex).to_owned())
                    .collect(),
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn all_patterns_at_once_are_each_on_its_own(
        patterns in prop::collection::vec(written(), 1..8),
        texts in prop::collection::vec(letters(0..24), 1..4),
    ) {
        let compiled: Vec<Matcher> = patterns.iter().map(Written::compile).collect();
        let questions: Vec<PatternQuestion> =
            compiled.iter().map(|matcher| PatternQuestion::new(Field::Text, matcher.clone())).collect();
        let asked: Vec<&PatternQuestion> = questions.iter().collect();
        let automaton = Automaton::new(&Field::Text, &asked);
        let time = Cell::new(Duration::MAX);
        let mut run = Run::new(&automaton, &time);
        texts.iter().for_each(|text| run.look(text, ""));
        for (((hash, found), pattern), matcher) in run.answers().zip(&patterns).zip(&compiled) {
            let expected = texts.iter().any(|text| pattern.is_met(text, matcher));
            prop_assert_eq!(found, Ok(expected), "{} {:?} in {:?}", hash, pattern, texts);
        }
    }
}

fn found(matcher: Matcher, text: &str) -> Option<bool> {
    found_within(matcher, text, Duration::MAX).ok()
}

fn found_within(matcher: Matcher, text: &str, time: Duration) -> Result<bool, Why> {
    let question = PatternQuestion::new(Field::Text, matcher);
    let automaton = Automaton::new(&Field::Text, &[&question]);
    let time = Cell::new(time);
    let mut run = Run::new(&automaton, &time);
    run.look(text, "");
    run.answers().next().unwrap().1
}

#[test]
fn long_lists_are_looked_up_as_short_ones_are() {
    let fold = Fold::default();
    let mut words = WordsBuilder::new(fold);
    for index in 0..5_000 {
        words.add(&format!("mã số {index}")).unwrap();
    }
    let matcher = Matcher {
        words: Some(vec![Arc::new(words.finish())]),
        ..Matcher::default()
    };
    assert_eq!(found(matcher.clone(), "đây là MÃ SỐ 4999."), Some(true));
    assert_eq!(found(matcher, "đây là mã số 5000."), Some(false));
}

#[test]
fn many_large_regexes_are_split_until_they_fit() {
    let fold = Fold::default();
    let large = |index: usize| check_regex(&format!(r"{index}(\w{{1,3}} )x"), fold).unwrap();
    let matcher = Matcher {
        regex: Some((0..90).map(large).collect()),
        ..Matcher::default()
    };
    assert_eq!(found(matcher.clone(), "a 89abc x"), Some(true));
    assert_eq!(found(matcher, "a 89abc y"), Some(false));
}

#[test]
fn strings_inside_each_other_are_met_once() {
    let matcher = Matcher {
        contains: Some(["aab", "ab", "b", "b", "ca"].map(str::to_owned).to_vec()),
        ..Matcher::default()
    };
    assert_eq!(found(matcher.clone(), "xaabx"), Some(true));
    assert_eq!(found(matcher.clone(), "xcax"), Some(true));
    assert_eq!(found(matcher, "xaacx"), Some(false));
}

#[test]
fn matches_over_the_edges_of_windows_are_found() {
    let fold = Fold::default();
    let matcher = |regex: &str| Matcher {
        regex: Some(vec![check_regex(regex, fold).unwrap()]),
        ..Matcher::default()
    };
    for before in [65_000, 65_530, 65_536, 49_150, 130_000] {
        let text = format!("{}mật khẩu{}", "ậ ".repeat(before / 4), " x".repeat(40_000));
        assert_eq!(found(matcher("mật kh.u"), &text), Some(true), "{before}");
        // The beginning of a window is not the beginning of the text, nor of a word.
        assert_eq!(found(matcher("^x"), &text), Some(false), "{before}");
        assert_eq!(found(matcher(r"\A x"), &text), Some(false), "{before}");
        let word = "x".repeat(before * 2);
        assert_eq!(found(matcher(r"\bx{3}\b"), &word), Some(false), "{before}");
    }
}

#[test]
fn when_the_time_is_up_nothing_is_said_but_what_was_seen() {
    let fold = Fold::default();
    let regex = Matcher {
        regex: Some(vec![check_regex("a+b", fold).unwrap()]),
        ..Matcher::default()
    };
    let late = found_within(regex.clone(), "aab", Duration::ZERO);
    assert_eq!(late, Err(Why::Late));
    // The first window takes all the time there is.
    let long = "x".repeat(200_000);
    let spent = Duration::from_nanos(1);
    assert_eq!(found_within(regex.clone(), &long, spent), Err(Why::Late));
    assert_eq!(found_within(regex, &format!("aab{long}"), spent), Ok(true));
    let contains = Matcher {
        contains: Some(vec!["b".to_owned()]),
        ..Matcher::default()
    };
    assert_eq!(found_within(contains, "aa", Duration::ZERO), Ok(false));
}
