//! Switches one detector off, for evaluations: a figure that cannot fall proves nothing.
//!
//! Only with the feature `sabotage`, and then only where `GACTHU_SABOTAGE` names a detector.

use std::sync::LazyLock;

use crate::facts::{By, Fact, Files, Forwarding, Mark, MessageFacts, Strength};

static WHAT: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("GACTHU_SABOTAGE").ok());

/// Whether this detector, or this part of one, is switched off.
pub(crate) fn is_off(what: &str) -> bool {
    WHAT.as_deref() == Some(what)
}

/// The facts as a gacthu without that detector would find them.
pub(crate) fn spoil((message, mut files): (MessageFacts, Files)) -> (MessageFacts, Files) {
    match WHAT.as_deref() {
        Some("executable") => {
            for file in &mut files.list {
                file.executable.retain(|sign| sign.by != By::Content);
                file.kinds.clear();
            }
        }
        Some("names") => {
            for file in &mut files.list {
                file.executable.retain(|sign| sign.by != By::Name);
                file.names.clear();
                file.name = None;
            }
        }
        Some("size") => {
            files.total_size /= 2;
            files.largest_size /= 2;
            for file in &mut files.list {
                file.size /= 2;
            }
        }
        _ => {}
    }
    (message, files)
}

/// The same for marks: `marks` finds none, `marks-old` none in an encoding from before Unicode, `marks-hidden` none that is
/// disguised, `marks-strong` takes each for a weak one.
pub(crate) fn spoil_marks(mut marks: Fact<Vec<Mark>>) -> Fact<Vec<Mark>> {
    let Fact::Known(found) = &mut marks else {
        return marks;
    };
    let has = |mark: &Mark, reason: &str| mark.reasons.iter().any(|known| known == reason);
    match WHAT.as_deref() {
        Some("marks") => found.clear(),
        Some("marks-old") => found.retain(|mark| !has(mark, "legacy")),
        Some("marks-hidden") => found.retain(|mark| !has(mark, "disguised")),
        Some("marks-strong") => {
            for mark in found {
                mark.strength = Strength::Weak;
            }
        }
        _ => {}
    }
    marks
}

/// The same for forwarding: `forwarding` finds no signal in any letter.
pub(crate) fn spoil_forwarding(forwarding: Fact<Forwarding>) -> Fact<Forwarding> {
    match forwarding {
        Fact::Known(_) if is_off("forwarding") => Fact::Known(Forwarding::default()),
        forwarding => forwarding,
    }
}
