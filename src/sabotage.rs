//! Switches one detector off, for evaluations: a figure that cannot fall proves nothing.
//!
//! Only with the feature `sabotage`, and then only where `GACTHU_SABOTAGE` names a detector.

use std::sync::LazyLock;

use crate::facts::{By, Files, MessageFacts};

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
