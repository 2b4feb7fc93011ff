//! What can be found about a file beside its kind: one line a finding, in groups that policies ask.

use serde::{Serialize, Serializer};

/// A finding about a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Trait {
    /// The name that policies, facts and logs use; never changed once it has been released.
    pub id: &'static str,
    /// The predicate that asks for it.
    pub group: Group,
    /// In words, for explanations.
    pub what: &'static str,
}

impl Trait {
    /// The finding with this id.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        TRAITS.iter().find(|known| known.id == id)
    }
}

impl Serialize for Trait {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

/// A group of findings: a key of a policy's `attachment: {…}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Code of an office document that runs when it is opened.
    Macros,
    /// Files and objects inside a document.
    Embedded,
    /// What acts when a document or a page is opened.
    Active,
    /// Name or declared type say one thing, the bytes another.
    Contradiction,
    /// The bytes are two things.
    Polyglot,
    /// What some programs see in an archive and others do not.
    Hidden,
    /// Names of members that lead elsewhere.
    Path,
    /// One volume of a split archive.
    Volume,
    /// A program that unpacks itself.
    SelfExtracting,
    /// Mail programs may read the part differently.
    Ambiguous,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Macros,
        Self::Embedded,
        Self::Active,
        Self::Contradiction,
        Self::Polyglot,
        Self::Hidden,
        Self::Path,
        Self::Volume,
        Self::SelfExtracting,
        Self::Ambiguous,
    ];

    /// Whether it is found inside a file, so that a file that was not opened may have it unseen.
    pub fn is_inside(self) -> bool {
        matches!(
            self,
            Self::Macros | Self::Embedded | Self::Active | Self::Hidden | Self::Path
        )
    }

    /// The key that policies use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Macros => "macros",
            Self::Embedded => "embedded",
            Self::Active => "active",
            Self::Contradiction => "contradiction",
            Self::Polyglot => "polyglot",
            Self::Hidden => "hidden",
            Self::Path => "path",
            Self::Volume => "volume",
            Self::SelfExtracting => "self_extracting",
            Self::Ambiguous => "ambiguous",
        }
    }
}

const fn found(id: &'static str, group: Group, what: &'static str) -> Trait {
    Trait { id, group, what }
}

/// All findings, by group.
pub static TRAITS: &[Trait] = &[
    found("macros-vba", Group::Macros, "VBA macros"),
    found("macros-xlm", Group::Macros, "Excel 4.0 macros (XLM)"),
    found(
        "macros-basic",
        Group::Macros,
        "Basic or script macros of OpenDocument",
    ),
    found(
        "embedded-file",
        Group::Embedded,
        "a file inside the document",
    ),
    found(
        "embedded-object",
        Group::Embedded,
        "an OLE object inside the document",
    ),
    found(
        "launch-action",
        Group::Active,
        "an action that starts a program",
    ),
    found("javascript", Group::Active, "JavaScript in a PDF"),
    found(
        "script",
        Group::Active,
        "script in a web page or an SVG picture",
    ),
    found(
        "external-link",
        Group::Active,
        "a template, object or field that is loaded from elsewhere",
    ),
    found(
        "contradiction-dangerous",
        Group::Contradiction,
        "called a document, picture or text, but is a program, script or archive",
    ),
    found(
        "contradiction-type",
        Group::Contradiction,
        "called one kind of file, but is another",
    ),
    found("polyglot", Group::Polyglot, "two kinds of file in one"),
    found(
        "hidden-member",
        Group::Hidden,
        "a member that only some programs see",
    ),
    found(
        "lying-header",
        Group::Hidden,
        "two places of the archive say different things of a member",
    ),
    found(
        "prefix-data",
        Group::Hidden,
        "something stands before the archive",
    ),
    found(
        "trailing-data",
        Group::Hidden,
        "something stands behind the archive",
    ),
    found(
        "path-escape",
        Group::Path,
        "a member's path leads out of the folder",
    ),
    found("link", Group::Path, "a member is a link"),
    found(
        "duplicate-name",
        Group::Path,
        "two members have the same name",
    ),
    found("volume", Group::Volume, "one volume of a split archive"),
    found(
        "self-extracting",
        Group::SelfExtracting,
        "a program that unpacks itself",
    ),
    found(
        "ambiguous-mime",
        Group::Ambiguous,
        "mail programs may read the part differently",
    ),
];
