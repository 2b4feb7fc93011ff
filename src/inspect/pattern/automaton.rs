//! All patterns of one field, as automata that each text goes through once.

use std::{
    cell::Cell,
    collections::HashMap,
    hash::BuildHasherDefault,
    sync::Arc,
    time::{Duration, Instant},
};

use aho_corasick::AhoCorasick;
use regex_automata::{Input, PatternSet, meta};

use crate::{
    questions::{
        Field, Matcher, PatternHash, PatternQuestion,
        pattern::{glob_regex, regex_set},
        words::{AsIs, Words, phrases},
    },
    vietnamese::{Fold, normal},
};

/// Lists above this many entries stay tables of their own; what is below goes into one.
const BIG_LIST: usize = 2_000;
/// Bytes that expressions go through between two looks at the clock.
const WINDOW: usize = 64 << 10;
/// Bytes that are in both of two windows: a match that is no longer is found.
const OVERLAP: usize = 16 << 10;
/// Texts of so few bytes cost less than a look at the clock.
const UNTIMED: usize = 1 << 10;
/// Expressions of one set at most.
const SET: usize = 100;

const WORDS: u8 = 1;
const CONTAINS: u8 = 2;
const GLOBS: u8 = 4;
const REGEX: u8 = 8;
const DOMAINS: u8 = 16;

/// The patterns of one field.
#[derive(Debug)]
pub(super) struct Automaton {
    /// Name, and the keys that one text must meet.
    patterns: Vec<(PatternHash, u8)>,
    /// By the form in which the text is looked at.
    forms: Vec<(Fold, Form)>,
    domains: Vec<(u32, Arc<Words>)>,
    /// Patterns that could not be compiled.
    broken: Vec<u32>,
}

/// What is looked for in one form of the text.
#[derive(Debug, Default)]
struct Form {
    words: HashMap<u64, Vec<u32>, BuildHasherDefault<AsIs>>,
    lengths: u32,
    lists: Vec<(u32, Arc<Words>)>,
    contains: Option<AhoCorasick>,
    /// The pattern of each string in `contains`.
    contains_of: Vec<u32>,
    sets: Vec<Set>,
}

#[derive(Debug)]
struct Set {
    key: u8,
    regexes: meta::Regex,
    /// The pattern of each expression.
    of: Vec<u32>,
}

/// What goes into the sets of one form: key, case, expression, pattern.
type Expression = (u8, bool, String, u32);

impl Automaton {
    pub(super) fn new(field: &Field, questions: &[&PatternQuestion]) -> Self {
        let mut this = Self {
            patterns: Vec::with_capacity(questions.len()),
            forms: Vec::new(),
            domains: Vec::new(),
            broken: Vec::new(),
        };
        let lines = matches!(field, Field::Text | Field::Html);
        let mut strings: HashMap<Fold, Vec<(String, u32)>> = HashMap::new();
        let mut expressions: HashMap<Fold, Vec<Expression>> = HashMap::new();
        for (index, question) in questions.iter().enumerate() {
            let index = index as u32;
            let matcher: &Matcher = &question.matcher;
            let fold = matcher.fold;
            let mut need = 0;
            for list in matcher.words.iter().flatten() {
                need |= WORDS;
                this.form(fold).add_words(list, index);
            }
            for list in matcher.domains.iter().flatten() {
                need |= DOMAINS;
                this.domains.push((index, Arc::clone(list)));
            }
            if let Some(contains) = &matcher.contains {
                need |= CONTAINS;
                let strings = strings.entry(fold).or_default();
                strings.extend(shortest(contains).map(|text| (text.clone(), index)));
            }
            for glob in matcher.globs.iter().flatten() {
                need |= GLOBS;
                let regex = glob_regex(glob, lines);
                let expressions = expressions.entry(fold).or_default();
                expressions.push((GLOBS, false, regex, index));
            }
            for regex in matcher.regex.iter().flatten() {
                need |= REGEX;
                // Case is the automaton's: a text in small letters has no \p{Lu}.
                let form = Fold {
                    case: false,
                    ..fold
                };
                let expressions = expressions.entry(form).or_default();
                expressions.push((REGEX, fold.case, regex.clone(), index));
            }
            this.patterns.push((question.hash, need));
        }
        for (fold, strings) in strings {
            let (strings, of): (Vec<_>, Vec<_>) = strings.into_iter().unzip();
            match AhoCorasick::new(&strings) {
                Ok(contains) => {
                    let form = this.form(fold);
                    form.contains = Some(contains);
                    form.contains_of = of;
                }
                Err(_) => this.broken.extend(of),
            }
        }
        for (fold, mut expressions) in expressions {
            expressions.sort_by_key(|(key, case, ..)| (*key, *case));
            for same in expressions.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
                for piece in same.chunks(SET) {
                    this.add_set(fold, piece);
                }
            }
        }
        this
    }

    fn form(&mut self, fold: Fold) -> &mut Form {
        let index = match self.forms.iter().position(|(form, _)| *form == fold) {
            Some(index) => index,
            None => {
                self.forms.push((fold, Form::default()));
                self.forms.len() - 1
            }
        };
        &mut self.forms[index].1
    }

    /// As one set; where that is too large, as two.
    fn add_set(&mut self, fold: Fold, expressions: &[Expression]) {
        let Some(&(key, case, _, first)) = expressions.first() else {
            return;
        };
        let texts: Vec<&str> = expressions
            .iter()
            .map(|(_, _, text, _)| text.as_str())
            .collect();
        if let Some(regexes) = regex_set(&texts, case) {
            let of = expressions.iter().map(|(.., pattern)| *pattern).collect();
            self.form(fold).sets.push(Set { key, regexes, of });
        } else if expressions.len() > 1 {
            let (left, right) = expressions.split_at(expressions.len() / 2);
            self.add_set(fold, left);
            self.add_set(fold, right);
        } else {
            self.broken.push(first);
        }
    }

    /// The word lists that are tables of their own.
    pub(super) fn lists(&self) -> impl Iterator<Item = &Arc<Words>> {
        let lists = self.forms.iter().flat_map(|(_, form)| &form.lists);
        lists.chain(&self.domains).map(|(_, list)| list)
    }

    /// Bytes of memory, those lists not counted.
    pub(super) fn memory(&self) -> usize {
        let forms = self.forms.iter().map(|(_, form)| {
            let contains = form.contains.as_ref().map_or(0, AhoCorasick::memory_usage);
            contains + form.contains_of.len() * 4 + form.words.capacity() * 48
        });
        forms.sum()
    }
}

impl Form {
    fn add_words(&mut self, list: &Arc<Words>, pattern: u32) {
        if list.len() > BIG_LIST {
            self.lists.push((pattern, Arc::clone(list)));
            return;
        }
        self.lengths |= list.lengths();
        for hash in list.hashes() {
            let patterns = self.words.entry(hash).or_default();
            if patterns.last() != Some(&pattern) {
                patterns.push(pattern);
            }
        }
    }
}

/// The strings in which no other one of the list stands: who finds the longer finds the shorter. So
/// at no place of a text one list is met twice.
fn shortest(strings: &[String]) -> impl Iterator<Item = &String> {
    let all = match strings {
        [_, _, ..] => AhoCorasick::new(strings).ok(),
        _ => None,
    };
    strings.iter().enumerate().filter_map(move |(index, text)| {
        let redundant = all.as_ref().is_some_and(|all| {
            let mut found = all.find_overlapping_iter(text.as_str());
            found.any(|found| {
                let other = found.pattern().as_usize();
                let same = strings.get(other).is_some_and(|other| other == text);
                if same { other < index } else { true }
            })
        });
        (!redundant).then_some(text)
    })
}

/// Why a pattern has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It could not be compiled.
    Broken,
    /// The time was up.
    Late,
}

/// One message's way through an automaton.
pub(super) struct Run<'a> {
    automaton: &'a Automaton,
    found: Vec<bool>,
    /// The keys that the text under the eye meets, by pattern; zero between two texts.
    met: Vec<u8>,
    touched: Vec<u32>,
    /// Patterns that are not found yet.
    open: usize,
    /// What expressions may still take.
    time: &'a Cell<Duration>,
    /// They took longer.
    late: bool,
    scratch: String,
}

impl<'a> Run<'a> {
    pub(super) fn new(automaton: &'a Automaton, time: &'a Cell<Duration>) -> Self {
        Self {
            automaton,
            found: vec![false; automaton.patterns.len()],
            met: vec![0; automaton.patterns.len()],
            touched: Vec::new(),
            open: automaton.patterns.len(),
            time,
            late: false,
            scratch: String::new(),
        }
    }

    /// Looks at one text; of a URL at its host too.
    pub(super) fn look(&mut self, text: &str, host: &str) {
        if self.open == 0 {
            return;
        }
        let automaton = self.automaton;
        for (index, list) in &automaton.domains {
            if !host.is_empty() && list.has_domain(host) {
                self.meet(*index, DOMAINS);
            }
        }
        for (fold, form) in &automaton.forms {
            let mut scratch = std::mem::take(&mut self.scratch);
            scratch.clear();
            normal(text, *fold, &mut scratch);
            self.search(form, &scratch);
            self.scratch = scratch;
        }
        for (index, &(_, need)) in automaton.patterns.iter().enumerate() {
            if need == 0 {
                self.touched.push(index as u32);
            }
        }
        for index in std::mem::take(&mut self.touched) {
            let index = index as usize;
            let Some((met, (_, need))) = self.met.get_mut(index).zip(automaton.patterns.get(index))
            else {
                continue;
            };
            let all = std::mem::take(met) & need == *need;
            if let Some(found) = self.found.get_mut(index).filter(|found| all && !**found) {
                *found = true;
                self.open -= 1;
            }
        }
    }

    fn search(&mut self, form: &Form, text: &str) {
        let lengths = form
            .lists
            .iter()
            .fold(form.lengths, |all, (_, list)| all | list.lengths());
        if lengths != 0 {
            phrases(text, lengths, |hash, length| {
                if form.lengths & (1 << length) != 0
                    && let Some(patterns) = form.words.get(&hash)
                {
                    patterns
                        .iter()
                        .for_each(|&pattern| self.meet(pattern, WORDS));
                }
                for (pattern, list) in &form.lists {
                    if list.lengths() & (1 << length) != 0 && list.has(hash) {
                        self.meet(*pattern, WORDS);
                    }
                }
            });
        }
        if let Some(contains) = &form.contains {
            for found in contains.find_overlapping_iter(text) {
                if let Some(&pattern) = form.contains_of.get(found.pattern().as_usize()) {
                    self.meet(pattern, CONTAINS);
                }
            }
        }
        for set in &form.sets {
            self.search_set(set, text);
        }
    }

    /// In windows, and between them a look at the clock: what expressions cost is linear in the text,
    /// but a policy may make the line steep.
    fn search_set(&mut self, set: &Set, text: &str) {
        let mut found = PatternSet::new(set.regexes.pattern_len());
        let mut start = 0;
        loop {
            if self.time.get().is_zero() {
                self.late = true;
                break;
            }
            let mut end = (start + WINDOW).min(text.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            // Anchors and word boundaries see the text around the window.
            let input = Input::new(text).range(start..end);
            let started = (text.len() > UNTIMED).then(Instant::now);
            set.regexes.which_overlapping_matches(&input, &mut found);
            if let Some(started) = started {
                self.time
                    .set(self.time.get().saturating_sub(started.elapsed()));
            }
            if end == text.len() || found.is_full() {
                break;
            }
            start = end - OVERLAP;
            while !text.is_char_boundary(start) {
                start += 1;
            }
        }
        for found in found.iter() {
            if let Some(&pattern) = set.of.get(found.as_usize()) {
                self.meet(pattern, set.key);
            }
        }
    }

    fn meet(&mut self, pattern: u32, key: u8) {
        if let Some(met) = self.met.get_mut(pattern as usize) {
            if *met == 0 {
                self.touched.push(pattern);
            }
            *met |= key;
        }
    }

    /// Each pattern and whether it was found; or why that is not known: it could not be compiled, or
    /// the time was up.
    pub(super) fn answers(&self) -> impl Iterator<Item = (PatternHash, Result<bool, Why>)> {
        let patterns = self.automaton.patterns.iter().zip(&self.found).enumerate();
        patterns.map(|(index, (&(hash, need), &found))| {
            let answer = match found {
                true => Ok(true),
                false if self.automaton.broken.contains(&(index as u32)) => Err(Why::Broken),
                false if self.late && need & (GLOBS | REGEX) != 0 => Err(Why::Late),
                false => Ok(false),
            };
            (hash, answer)
        })
    }
}
