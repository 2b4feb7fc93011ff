//! What the policy's own patterns found: answers, never the text.

use std::collections::BTreeMap;

use super::{Fact, Reason};
use crate::questions::PatternHash;

/// The answers to the patterns of one policy generation, by the patterns' names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matches {
    answers: BTreeMap<PatternHash, Fact<bool>>,
    /// Why what has no answer is not known.
    otherwise: Reason,
}

impl Default for Matches {
    /// Nothing is known yet.
    fn default() -> Self {
        Self::unknown(Reason::NotYet)
    }
}

impl Matches {
    /// No pattern has an answer, for this reason.
    pub fn unknown(why: Reason) -> Self {
        Self {
            answers: BTreeMap::new(),
            otherwise: why,
        }
    }

    /// The answers; whatever was not asked is [`Reason::NotAsked`].
    pub fn new(answers: BTreeMap<PatternHash, Fact<bool>>) -> Self {
        Self {
            answers,
            otherwise: Reason::NotAsked,
        }
    }

    /// Whether the pattern was found.
    pub fn get(&self, pattern: PatternHash) -> Fact<bool> {
        match self.answers.get(&pattern) {
            Some(answer) => answer.clone(),
            None => Fact::Unknown(self.otherwise.clone()),
        }
    }

    /// All answers, by the patterns' names.
    pub fn iter(&self) -> impl Iterator<Item = (PatternHash, &Fact<bool>)> {
        self.answers.iter().map(|(&hash, answer)| (hash, answer))
    }
}
