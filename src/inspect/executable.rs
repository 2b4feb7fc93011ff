//! Whether a file is executable: by its content first, then by its name.
//!
//! Content is `content/kinds.rs`' matter; every kind of the classes *executable* and *script* is a
//! sign. The name counts for itself, because a program may be one that no table knows, and because
//! the system runs by the name. All readings of the name are judged, each as it is stored, as it is
//! shown and as Windows, a browser or a mail program would mend it (`names.rs`): one executable
//! reading is enough. A trick alone is no sign: a right-to-left mark in an Arabic name, two dots in
//! `bang.luong.2024.xlsx`, `a.exe.pdf` that is a PDF are harmless.

mod extensions;
mod names;
#[cfg(test)]
mod tests;

pub use extensions::{EXTENSIONS, Extension, Runs};

use crate::facts::{By, Class, ExecutableSign, Kind};

/// What is looked at of one file.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// All readings of its name.
    pub names: &'a [&'a str],
    /// What its bytes say that it is.
    pub kinds: &'a [&'static Kind],
    /// Whether it is an attached message, of which only the message inside is opened.
    pub message: bool,
}

/// Everything that speaks for the file being executable, each once, content first; empty when
/// nothing does.
pub fn signs(subject: Subject<'_>) -> Vec<ExecutableSign> {
    let mut signs = Vec::new();
    for kind in subject.kinds {
        if matches!(kind.class, Class::Executable | Class::Script) {
            add(&mut signs, By::Content, kind.id);
        }
    }
    for name in subject.names {
        for reading in names::readings(name) {
            let counts = match reading.extension() {
                Some(extension) if extension.domain => !is_address(&reading.name, subject),
                Some(_) => true,
                None => reading.class_id(),
            };
            if !counts {
                continue;
            }
            match reading.extension() {
                Some(extension) => add(&mut signs, By::Name, &format!(".{}", extension.name)),
                None => add(&mut signs, By::Name, "class-id"),
            }
            for trick in reading.tricks() {
                add(&mut signs, By::Name, trick);
            }
        }
    }
    signs
}

fn add(signs: &mut Vec<ExecutableSign>, by: By, what: &str) {
    if !signs.iter().any(|sign| sign.by == by && sign.what == what) {
        signs.push(ExecutableSign {
            by,
            what: what.to_owned(),
        });
    }
}

/// Whether a name that ends like a program (`.com`, `.app`) is only an address on the Internet.
///
/// An attached message is called by its subject ("Thư của abc.com") and opens as a message. Of other
/// files the name must have the shape of an address *and* the content must be known and harmless:
/// worms have come as `www.photos.yahoo.com`, and a DOS program may consist of printable characters.
fn is_address(name: &str, subject: Subject<'_>) -> bool {
    if subject.message {
        return true;
    }
    let shaped = name.contains('@')
        || name
            .get(..4)
            .is_some_and(|w| w.eq_ignore_ascii_case("www."));
    let harmless = |kind: &&Kind| {
        !matches!(
            kind.class,
            Class::Executable | Class::Script | Class::Text | Class::DiskImage
        )
    };
    shaped && !subject.kinds.is_empty() && subject.kinds.iter().all(harmless)
}
