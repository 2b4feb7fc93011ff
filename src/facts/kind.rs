//! The kinds of files that gacthu tells apart: ids and classes only. How bytes are recognised stands
//! in `content/kinds.rs`; policies use the ids and the classes.

use serde::{Serialize, Serializer};

/// A kind of file.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The name that policies, facts and logs use.
    pub id: &'static str,
    /// What sort of thing it is.
    pub class: Class,
    /// In words, for explanations.
    pub what: &'static str,
}

impl Kind {
    /// The kind with this id.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.id == id)
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

/// A class of kinds, usable in a policy in the place of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Class {
    /// Code that a computer runs as it is, and what installs or starts such code.
    Executable,
    /// Source text that a program of the system runs when it is opened.
    Script,
    /// A container of files.
    Archive,
    /// An image of a disk.
    DiskImage,
    /// A document of an office program, a PDF, a web page.
    Document,
    /// A picture.
    Image,
    /// Sound or film.
    Media,
    /// A message.
    Message,
    /// Plain text.
    Text,
    /// Anything else that is recognised.
    Other,
}

const fn kind(id: &'static str, class: Class, what: &'static str) -> Kind {
    Kind { id, class, what }
}

/// All kinds.
pub static KINDS: &[Kind] = &[
    kind("pe", Class::Executable, "Windows program or library (PE)"),
    kind("elf", Class::Executable, "Linux or Unix program (ELF)"),
    kind("zip", Class::Archive, "ZIP archive"),
    kind("pdf", Class::Document, "PDF document"),
];
