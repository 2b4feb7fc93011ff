//! The words of a data file as one automaton over the form in which texts are compared.

use std::{ops::Range, sync::Arc};

use aho_corasick::AhoCorasick;

use crate::{
    facts::Level,
    questions::{MarkTable, WordKind},
    vietnamese::{Form, is_word},
};

/// What a phrase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A level, and which of [`Lexicon::levels`].
    Level(usize),
    Word(WordKind),
    /// Which of [`MarkTable::stamps`].
    Stamp(usize),
}

/// A word of a level.
#[derive(Clone, Debug)]
pub(super) struct LevelWord {
    pub(super) level: Level,
    /// As the data file writes it.
    pub(super) word: Arc<str>,
    pub(super) two_words: bool,
}

/// The compiled words.
#[derive(Debug)]
pub(super) struct Lexicon {
    automaton: Option<AhoCorasick>,
    /// Of each pattern of the automaton.
    roles: Vec<Role>,
    pub(super) levels: Vec<LevelWord>,
}

/// Where a phrase stands in a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) role: Role,
    pub(super) range: Range<usize>,
}

/// Phrases of one text that are looked at: no honest line has more.
const MOST_HITS: usize = 4096;

impl Lexicon {
    pub(super) fn new(table: &MarkTable) -> Self {
        let (mut patterns, mut roles, mut levels) = (Vec::new(), Vec::new(), Vec::new());
        let mut add = |phrase: &str, role: Role| {
            let form = compared(phrase);
            patterns.push(form.clone());
            roles.push(role);
            form
        };
        for (level, words) in &table.levels {
            for word in words {
                let form = add(word, Role::Level(levels.len()));
                levels.push(LevelWord {
                    level: *level,
                    word: Arc::clone(word),
                    two_words: form.contains(' '),
                });
            }
        }
        for (kind, words) in &table.words {
            for word in words {
                add(word, Role::Word(*kind));
            }
        }
        for (index, stamp) in table.stamps.iter().enumerate() {
            for word in &stamp.words {
                add(word, Role::Stamp(index));
            }
        }
        Self {
            // Only far more words than a data file may have would be too many.
            automaton: AhoCorasick::new(&patterns).ok(),
            roles,
            levels,
        }
    }

    /// All phrases that stand in a form as whole words. What lies inside a longer level's word is none;
    /// what overlaps a friend is no level, unless it holds the friend.
    pub(super) fn find(&self, form: &str) -> Vec<Hit> {
        let Some(automaton) = &self.automaton else {
            return Vec::new();
        };
        let mut hits: Vec<Hit> = automaton
            .find_overlapping_iter(form)
            .filter(|found| is_whole(form, found.start(), found.end()))
            .filter_map(|found| {
                Some(Hit {
                    role: *self.roles.get(found.pattern().as_usize())?,
                    range: found.range(),
                })
            })
            .take(MOST_HITS)
            .collect();
        let is_level = |hit: &Hit| matches!(hit.role, Role::Level(_));
        if hits.iter().any(is_level) {
            hits.sort_by_key(|hit| (hit.range.start, std::cmp::Reverse(hit.range.end)));
            let kept = kept(&hits);
            let mut kept = kept.iter();
            hits.retain(|_| kept.next() == Some(&true));
        }
        hits
    }
}

/// Which hits stay; sorted by where they begin, the longer first.
fn kept(hits: &[Hit]) -> Vec<bool> {
    // Phrases have at most 200 bytes: whoever overlaps stands near.
    const NEAR: usize = 24;
    let friend = Role::Word(WordKind::Friend);
    (0..hits.len())
        .map(|at| {
            let Some(hit) = hits.get(at) else {
                return false;
            };
            if !matches!(hit.role, Role::Level(_)) {
                return true;
            }
            let near = hits
                .get(at.saturating_sub(NEAR)..hits.len().min(at + NEAR))
                .unwrap_or_default();
            !near.iter().any(|other| {
                let overlaps =
                    other.range.start < hit.range.end && hit.range.start < other.range.end;
                let longer = other.range.len() > hit.range.len();
                let holds =
                    hit.range.start <= other.range.start && other.range.end <= hit.range.end;
                overlaps
                    && match other.role {
                        Role::Level(_) => longer,
                        // `Độ mật` holds the word of a level and is the field; `thuộc độ mật` is not.
                        Role::Word(WordKind::Field) => {
                            longer
                                && !near.iter().any(|link| {
                                    link.role == Role::Word(WordKind::Link)
                                        && link.range.start < other.range.start
                                        && other.range.start < link.range.end
                                })
                        }
                        role => role == friend && !holds,
                    }
            })
        })
        .collect()
}

/// A phrase in the form in which it is compared, spaces single.
pub(super) fn compared(phrase: &str) -> String {
    let form = Form::new(phrase);
    let words: Vec<&str> = form.as_str().split_whitespace().collect();
    words.join(" ")
}

fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|text| text.chars().next_back());
    let behind = text.get(end..).and_then(|text| text.chars().next());
    !before.is_some_and(is_word) && !behind.is_some_and(is_word)
}
