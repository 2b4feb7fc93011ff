//! Reply texts: templates, and how they become lines of an SMTP reply.

use super::{
    fold::{cut, fold},
    model::{Organisation, Rule},
    report::suggest,
    value::{Wrong, human_size},
};
use crate::{
    facts::{Facts, FileFacts, FileRole, Place},
    message::Address,
    verdict::{Action, ReplyText},
};

/// Line 1 may have this many octets with its codes and its line end, so that it stays whole in the bounces and logs
/// of other servers.
const MAX_LINE: usize = 200;
/// A reply code, an enhanced code, two separators and the line end: `550-5.7.1 ` and CRLF; an
/// enhanced code may be one longer.
const CODES: usize = 13;
/// What is left for text.
pub(super) const MAX_TEXT: usize = MAX_LINE - CODES;
/// How short a file name, an address or a size may become before the line is given up.
const SHORTEST: usize = 12;
/// No value from outside is longer than this.
const LONGEST: usize = 80;

/// A text with placeholders.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Slot(Slot),
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    AttachmentName,
    AttachmentSize,
    TotalSize,
    Limit,
    Basis,
    Regulation,
    Reference,
    Contact,
    Organisation,
    Recipient,
    Sender,
}

const SLOTS: &[(&str, Slot)] = &[
    ("attachment.name", Slot::AttachmentName),
    ("attachment.size", Slot::AttachmentSize),
    ("attachments.total_size", Slot::TotalSize),
    ("limit", Slot::Limit),
    ("basis", Slot::Basis),
    ("regulation", Slot::Regulation),
    ("reference", Slot::Reference),
    ("contact", Slot::Contact),
    ("organisation", Slot::Organisation),
    ("recipient", Slot::Recipient),
    ("sender", Slot::Sender),
];

impl Template {
    pub(super) fn new(text: &str) -> Result<Self, Wrong> {
        let mut pieces = Vec::new();
        let mut rest = text.trim();
        while let Some(open) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(open);
            pieces.push(Piece::Text(fold(before)));
            let Some((name, after)) = from.strip_prefix('{').and_then(|from| from.split_once('}'))
            else {
                return Err((
                    "a curly bracket without its partner".to_owned(),
                    "placeholders are written `{limit}`; other curly brackets cannot be used"
                        .to_owned(),
                ));
            };
            let Some((_, slot)) = SLOTS.iter().find(|(word, _)| *word == name.trim()) else {
                return Err((
                    format!("there is no placeholder `{{{name}}}`"),
                    suggest(name.trim(), SLOTS.iter().map(|(word, _)| *word)),
                ));
            };
            pieces.push(Piece::Slot(*slot));
            rest = after;
        }
        pieces.push(Piece::Text(fold(rest)));
        Ok(Self { pieces })
    }

    pub(super) fn uses(&self, slot: Slot) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Slot(used) if *used == slot))
    }

    /// The text of no message: what only a message knows is `?`.
    pub(super) fn in_general(&self, rule: &Rule, organisation: &Organisation) -> String {
        let values = Values {
            organisation,
            basis: &rule.basis,
            limit: &rule.reply.limit,
            facts: None,
            file: None,
            recipient: None,
            reference: "?",
            sensitive: rule.sensitive,
        };
        self.fill(&values, LONGEST)
    }

    /// The text, with values from outside at most `longest` octets each.
    fn fill(&self, values: &Values<'_>, longest: usize) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Slot(slot) => text.push_str(&values.of(*slot, longest)),
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// What fills the placeholders.
pub(super) struct Values<'a> {
    pub(super) organisation: &'a Organisation,
    pub(super) basis: &'a str,
    pub(super) limit: &'a str,
    pub(super) facts: Option<&'a Facts>,
    pub(super) file: Option<&'a FileFacts>,
    pub(super) recipient: Option<&'a Address>,
    pub(super) reference: &'a str,
    /// Whether nothing of the message's own may stand in the text.
    pub(super) sensitive: bool,
}

impl Values<'_> {
    /// The name of the attachment that a member lies in, at whatever depth.
    fn outermost(&self, file: &FileFacts) -> Option<&str> {
        let files = self.facts?.files.known()?;
        let mut outer = None;
        let mut at = file;
        // Containers stand before what they hold, so this ends.
        while let Some(parent) = at.parent.and_then(|parent| files.list.get(parent)) {
            if parent.role != FileRole::Attachment || matches!(at.at, Place::Top | Place::Message) {
                break;
            }
            outer = parent.name.as_deref().or(outer);
            at = parent;
        }
        outer.filter(|name| !name.trim().is_empty())
    }

    fn of(&self, slot: Slot, longest: usize) -> String {
        let outside = |text: &str| cut(fold(text).trim(), longest);
        let address = |address: Option<&Address>| match address {
            Some(address) => outside(&format!("{}@{}", address.local(), address.domain())),
            None => "?".to_owned(),
        };
        match slot {
            Slot::AttachmentName => match self.file {
                // Behind the slash of `2/name` stands a name.
                Some(file) if self.sensitive => {
                    let part = file.part.split('/').next().unwrap_or_default();
                    format!("part {}", outside(part))
                }
                Some(file) => match &file.name {
                    Some(name) if !name.trim().is_empty() => match self.outermost(file) {
                        // As a path, where it fits: the reader knows the file that was attached.
                        Some(outer) if fold(outer).len() + fold(name).len() < longest => {
                            outside(&format!("{}/{name}", outer.trim()))
                        }
                        _ => outside(name),
                    },
                    _ => match self.outermost(file) {
                        Some(outer) => outside(outer),
                        None => format!("part {}", outside(&file.part)),
                    },
                },
                None => "?".to_owned(),
            },
            Slot::AttachmentSize => self
                .file
                .map_or_else(|| "?".to_owned(), |file| human_size(file.size)),
            Slot::TotalSize => self
                .facts
                .and_then(|facts| facts.files.known())
                .map_or_else(|| "?".to_owned(), |files| human_size(files.total_size)),
            Slot::Limit => fold(self.limit),
            Slot::Basis => fold(self.basis),
            Slot::Regulation => fold(&self.organisation.regulation),
            Slot::Reference => fold(self.reference),
            Slot::Contact => fold(&self.organisation.contact),
            Slot::Organisation => fold(&self.organisation.name),
            Slot::Recipient => address(self.recipient),
            Slot::Sender => address(self.facts.and_then(|facts| facts.sender.known())),
        }
    }
}

/// Fills a template so that the line which `line` makes of it fits: values from outside are made
/// shorter, never the words around them. `None` when it cannot be made to fit.
fn fit(
    template: &Template,
    values: &Values<'_>,
    line: impl Fn(String) -> String,
) -> Option<String> {
    let mut longest = LONGEST;
    loop {
        let line = line(template.fill(values, longest));
        if line.len() <= MAX_TEXT {
            return Some(line);
        }
        if longest <= SHORTEST {
            return None;
        }
        // What is over, at once: one value is the usual case.
        longest = longest.saturating_sub(line.len() - MAX_TEXT).max(SHORTEST);
    }
}

/// Line 2, in English, with the reference.
fn english(text: &str, values: &Values<'_>) -> String {
    format!(
        "{}. Ref: {}",
        text.trim_end_matches('.'),
        fold(values.reference)
    )
}

fn clause(text: String, values: &Values<'_>) -> String {
    let mut line = text.trim_end_matches('.').to_owned();
    let (basis, regulation) = (fold(values.basis), fold(&values.organisation.regulation));
    let clause = match (basis.trim(), regulation.trim()) {
        ("", "") => String::new(),
        (basis, "") => basis.to_owned(),
        ("", regulation) => regulation.to_owned(),
        // A basis may name a text of its own.
        (basis, _) if names_a_text(basis) => basis.to_owned(),
        (basis, regulation) => format!("{basis}, {regulation}"),
    };
    if !clause.is_empty() {
        line.push_str(". ");
        line.push_str(&clause);
    }
    line.push_str(". Ma: ");
    line.push_str(&fold(values.reference));
    line
}

/// Whether a basis names the text that it stands in: "Điều 18, Nghị định số …". The organisation's
/// regulation would be a false citation behind it.
pub(super) fn names_a_text(basis: &str) -> bool {
    const TEXTS: &[&str] = &[
        "luat ",
        "nghi dinh ",
        "thong tu ",
        "quyet dinh ",
        "quy dinh ",
        "quy che ",
    ];
    let basis = fold(basis).to_lowercase();
    TEXTS.iter().any(|text| basis.contains(text))
}

/// How many octets too long line 1, or line 2 (`en`), is even with the shortest names, if it is.
pub(super) fn overlong(template: &Template, values: &Values<'_>, en: bool) -> Option<usize> {
    let text = template.fill(values, SHORTEST);
    let line = match en {
        true => english(&text, values),
        false => clause(text, values),
    };
    let spare = template
        .pieces
        .iter()
        .map(|piece| match piece {
            // `1023.9 MiB`, and names: longer than the `?` that stands for them here.
            Piece::Slot(Slot::AttachmentSize | Slot::TotalSize) => 9,
            Piece::Slot(Slot::AttachmentName | Slot::Recipient | Slot::Sender) => SHORTEST + 4,
            _ => 0,
        })
        .sum::<usize>();
    (line.len() + spare)
        .checked_sub(MAX_TEXT)
        .filter(|&over| over > 0)
}

/// The whole reply of a rule that defers or rejects.
pub(super) fn write(rule: &Rule, action: Action, values: &Values<'_>) -> ReplyText {
    let (code, enhanced) = match action {
        Action::Defer if rule.then != Action::Defer => {
            (rule.reply.defer.0, rule.reply.defer.1.to_owned())
        }
        // It has deferred as long as it may.
        Action::Reject if rule.reply.code < 500 => (550, "5.7.1".to_owned()),
        _ => (rule.reply.code, rule.reply.enhanced.clone()),
    };
    // Loading has seen to it that the lines fit; should one not, the clause and the reference stay.
    let first = fit(&rule.reply.vi, values, |text| clause(text, values))
        .unwrap_or_else(|| cut(&clause(String::new(), values), MAX_TEXT));
    let second = fit(&rule.reply.en, values, |text| english(&text, values))
        .unwrap_or_else(|| english("Refused", values));
    let mut lines = vec![first, second];
    let contact = fold(&values.organisation.contact);
    if !contact.trim().is_empty() {
        lines.push(cut(
            &format!("Lien he / Contact: {}", contact.trim()),
            MAX_TEXT,
        ));
    }
    ReplyText {
        code,
        enhanced,
        lines,
    }
}
