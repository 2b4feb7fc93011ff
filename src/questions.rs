//! What a policy asks: the ground-floor record between the compiled policy and the engine.
//!
//! A stage of the engine starts only if a question needs it.

pub mod marks;
pub mod pattern;
pub mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use marks::{Evidence, MarkTable, Stamp, WordKind};
pub use pattern::{Field, Matcher, PatternHash, PatternQuestion};

/// One thing that a policy needs to know of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Question {
    /// Header fields of the message itself.
    Headers,
    /// The files: their names, sizes and hashes.
    Files,
    /// What the files' bytes say that they are.
    Kinds,
    /// Whether files are executable, by content and by name.
    Executables,
    /// What documents say, with its place: marks of state secrets, encodings.
    Documents,
    /// Marks of state secrets.
    Marking,
    /// Digital signatures on files.
    Signatures,
    /// Whether text is Unicode; goes with `Documents`.
    Encoding,
    /// Whether a machine sent the letter on.
    Forwarding,
}

/// The questions of one policy generation: the union over its policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    asked: BTreeSet<Question>,
    patterns: BTreeMap<PatternHash, PatternQuestion>,
    marks: Option<Arc<MarkTable>>,
}

impl Questions {
    /// Adds one question.
    pub fn ask(&mut self, question: Question) {
        self.asked.insert(question);
    }

    /// Whether anything asks it.
    pub fn asks(&self, question: Question) -> bool {
        self.asked.contains(&question)
    }

    /// The words of the marks that are looked for; none where nothing asks for marks.
    pub fn marks(&self) -> Option<&Arc<MarkTable>> {
        self.marks.as_ref()
    }

    /// Asks for marks by these words; those that were given first stay.
    pub fn ask_marks(&mut self, marks: &Arc<MarkTable>) {
        self.ask(Question::Documents);
        self.ask(Question::Marking);
        self.marks.get_or_insert_with(|| Arc::clone(marks));
    }

    /// Adds all questions of another policy.
    pub fn join(&mut self, other: &Self) {
        if let Some(marks) = &other.marks {
            self.ask_marks(marks);
        }
        self.asked.extend(&other.asked);
        self.patterns.extend(other.patterns.clone());
    }

    /// Adds a pattern; one that is there already stays once.
    pub fn ask_pattern(&mut self, pattern: &PatternQuestion) {
        self.patterns
            .entry(pattern.hash)
            .or_insert_with(|| pattern.clone());
    }

    /// The patterns, each once, by their names.
    pub fn patterns(&self) -> impl Iterator<Item = &PatternQuestion> {
        self.patterns.values()
    }

    /// Whether any pattern looks into this field.
    pub fn asks_field(&self, field: &Field) -> bool {
        self.patterns().any(|pattern| pattern.field == *field)
    }
}
