//! Answers the matchers of the policy's own: all patterns of a generation, compiled once when it is
//! loaded, one automaton a field.
//!
//! Runs only where something is asked. Time is linear in the text whatever it says: words and phrases
//! by hashes of what stands there, `contains` by Aho-Corasick, globs and regexes by automata without
//! backtracking. What is found is an answer by the pattern's name; the text goes nowhere.

mod automaton;
#[cfg(test)]
mod tests;

use std::{
    cell::Cell,
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use automaton::{Automaton, Run, Why as Unanswered};

use crate::{
    content::{self, Letter},
    facts::{Fact, FileFacts, Files, Matches, NotOpened, Reason},
    message::{Message, Why},
    questions::{Field, PatternQuestion, Questions, words::Words},
};

/// What the globs and regexes of a policy may take of one message: no time at all with any that is
/// fit to be used, however the text is made.
const TIME: Duration = Duration::from_secs(2);

/// All patterns of one policy generation. Immutable; lives and goes with its policy.
#[derive(Debug, Default)]
pub struct Patterns {
    fields: Vec<(Field, Automaton)>,
}

impl Patterns {
    /// Compiles what these questions ask. Every pattern was looked at when the policy was read, so
    /// that this does not fail.
    pub fn compile(questions: &Questions) -> Self {
        let mut by_field: BTreeMap<&Field, Vec<&PatternQuestion>> = BTreeMap::new();
        for pattern in questions.patterns() {
            by_field.entry(&pattern.field).or_default().push(pattern);
        }
        let fields = by_field.into_iter();
        Self {
            fields: fields
                .map(|(field, patterns)| (field.clone(), Automaton::new(field, &patterns)))
                .collect(),
        }
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Bytes of memory of word lists and of the automata for `contains`, each list once.
    pub fn memory(&self) -> usize {
        let mut lists: HashSet<*const Words> = HashSet::new();
        let mut bytes = 0;
        for (_, automaton) in &self.fields {
            bytes += automaton.memory();
            for list in automaton.lists() {
                if lists.insert(Arc::as_ptr(list)) {
                    bytes += list.memory();
                }
            }
        }
        bytes
    }

    /// Answers every pattern; those on names of files at the files.
    pub fn answer(&self, message: &Message, letter: &Letter, files: &mut Files) -> Matches {
        let mut answers = BTreeMap::new();
        let time = Cell::new(TIME);
        for (field, automaton) in &self.fields {
            let mut run = Run::new(automaton, &time);
            let texts = |run: &mut Run<'_>, list: &[String]| {
                list.iter().for_each(|text| run.look(text, ""));
            };
            let cut = match field {
                Field::Name => {
                    files.list.iter_mut().for_each(|file| name(automaton, file));
                    continue;
                }
                Field::Subject => {
                    let fields = message.headers.texts("subject");
                    fields.for_each(|text| run.look(&text, ""));
                    header_cut(message)
                }
                Field::Header(name) => {
                    let fields = message.headers.texts(name);
                    fields.for_each(|text| run.look(&text, ""));
                    header_cut(message)
                }
                Field::Text => {
                    texts(&mut run, &letter.texts);
                    letter.texts_cut.clone()
                }
                Field::Html => {
                    texts(&mut run, &letter.pages);
                    letter.pages_cut.clone()
                }
                Field::Url => {
                    letter
                        .urls
                        .iter()
                        .for_each(|url| run.look(&url.text, url.host()));
                    letter.urls_cut.clone()
                }
            };
            for (pattern, found) in run.answers() {
                let answer = match (found, &cut) {
                    // What was seen was seen.
                    (Ok(true), _) => Fact::Known(true),
                    (Ok(false), None) => Fact::Known(false),
                    (Ok(false), Some(why)) => Fact::Unknown(Reason::NotOpened(why.clone())),
                    (Err(Unanswered::Broken), _) => {
                        Fact::Unknown(Reason::Unavailable("a pattern that is too large"))
                    }
                    (Err(Unanswered::Late), _) => {
                        let limit = TIME.as_millis() as u64;
                        Fact::Unknown(Reason::NotOpened(NotOpened::Budget {
                            which: "pattern_ms",
                            limit,
                            seen: limit,
                        }))
                    }
                };
                answers.insert(pattern, answer);
            }
        }
        Matches::new(answers)
    }
}

fn name(automaton: &Automaton, file: &mut FileFacts) {
    // Names are short, and what they say stands at the file: always known.
    let time = Cell::new(Duration::MAX);
    let mut run = Run::new(automaton, &time);
    let shown = file.name.iter().filter(|_| file.names.is_empty());
    for name in file.names.iter().chain(shown) {
        run.look(name, "");
    }
    let found = run.answers().filter(|(_, found)| *found == Ok(true));
    file.matches = found.map(|(pattern, _)| pattern).collect();
}

/// Header fields that were not kept.
fn header_cut(message: &Message) -> Option<NotOpened> {
    let mut places = message.not_scanned.iter();
    let header = places.find(|place| {
        place.part.is_empty()
            && matches!(place.why, Why::Limit(limit) if limit.which == "header_bytes")
    });
    header.map(|place| content::why(&place.why))
}
