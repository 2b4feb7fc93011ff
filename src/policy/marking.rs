//! `marking: …`: whether the message carries a mark of state secrecy.

use super::{
    condition::{Condition, Test},
    read_condition::label_of,
    reader::Reader,
    truth::Truth,
    value::Compare,
    yaml::{Node, Value},
};
use crate::facts::{Class, Fact, Facts, FileFacts, Level, MARK_PLACES, Mark, Reason, Strength};

/// Every part that is set must be met by one and the same mark.
#[derive(Clone, Debug, Default)]
pub(super) struct MarkTest {
    /// Empty: any.
    pub(super) levels: Vec<Level>,
    /// None: any.
    pub(super) strength: Option<Strength>,
    pub(super) confidence: Option<Compare>,
    /// Empty: any.
    pub(super) places: Vec<&'static str>,
}

impl MarkTest {
    /// Whether some mark meets it. None does, but what was not read may carry one: unknown.
    pub(super) fn holds(&self, facts: &Facts) -> Truth {
        let marks = match &facts.marking {
            Fact::Known(marks) => marks,
            Fact::Unknown(why) => return Truth::Unknown(why.clone()),
        };
        if marks.iter().any(|mark| self.meets(mark)) {
            return Truth::True;
        }
        let mut found = Truth::False;
        if let Fact::Known(files) = &facts.files {
            for why in files.list.iter().filter_map(not_read) {
                found = found.or(Truth::Unknown(why));
            }
        }
        if let Fact::Known(message) = &facts.message {
            for place in &message.not_scanned {
                found = found.or(Truth::Unknown(Reason::NotOpened(place.why.clone())));
            }
        }
        found
    }

    fn meets(&self, mark: &Mark) -> bool {
        (self.levels.is_empty() || self.levels.contains(&mark.level))
            && self.strength.is_none_or(|wanted| wanted == mark.strength)
            && self
                .confidence
                .as_ref()
                .is_none_or(|wanted| wanted.holds(u64::from(mark.confidence)))
            && (self.places.is_empty() || self.places.contains(&mark.place))
    }
}

/// Why a file that may say something was not read, or not wholly.
fn not_read(file: &FileFacts) -> Option<Reason> {
    let why = file.not_opened.as_ref()?;
    let silent = |class: Class| matches!(class, Class::Executable | Class::Image | Class::Media);
    let silent = !file.kinds.is_empty() && file.kinds.iter().all(|kind| silent(kind.class));
    (!silent).then(|| Reason::NotOpened(why.clone()))
}

const STRENGTHS: &[(&str, Option<Strength>)] = &[
    ("strong", Some(Strength::Strong)),
    ("weak", Some(Strength::Weak)),
    ("any", None),
];

impl Reader {
    /// `marking: strong`, or a mapping.
    pub(super) fn marking(&mut self, node: &Node) -> Option<Condition> {
        let word = node.text().map(str::to_owned);
        if let Some(level) = Level::ALL
            .iter()
            .find(|level| Some(level.as_str()) == word.as_deref())
        {
            self.error(
                node.at,
                "a level stands under `level:`",
                format!("did you mean `marking: {{ level: {} }}`?", level.as_str()),
            );
            return None;
        }
        let mut test = MarkTest::default();
        if !matches!(node.value, Value::Map(_)) {
            test.strength = self.word(node, "marking", STRENGTHS)?;
            return Some(label_of("marking", node, Test::Marking(Box::new(test))));
        }
        let known = ["level", "strength", "confidence", "place"];
        let entries = self.map(node, "`marking`", &known, &[])?;
        if entries.is_empty() {
            self.error(
                node.at,
                "`marking` is empty",
                "write `marking: strong`, `marking: any`, or `marking: { level: [toi-mat, tuyet-mat] }`",
            );
            return None;
        }
        let before = self.problems.errors();
        if let Some(node) = node.child("level") {
            let levels = Level::ALL.map(|level| (level.as_str(), level));
            test.levels = self.words(node, "level", &levels);
        }
        if let Some(node) = node.child("strength") {
            test.strength = self.word(node, "strength", STRENGTHS)?;
        }
        if let Some(node) = node.child("confidence") {
            test.confidence = Some(self.compare(node, "confidence", Compare::number)?);
        }
        if let Some(node) = node.child("place") {
            let places: Vec<(&str, &'static str)> =
                MARK_PLACES.iter().map(|place| (*place, *place)).collect();
            test.places = self.words(node, "place", &places);
        }
        (self.problems.errors() == before)
            .then(|| label_of("marking", node, Test::Marking(Box::new(test))))
    }
}
