//! Text that is not Unicode by TCVN 6909:2001, as a fact.

use serde::Serialize;

/// Legacy Vietnamese in one file, in one encoding, known in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LegacyText {
    /// The file's number (`2.1`), as in [`super::FileFacts::part`].
    pub part: String,
    /// The encoding: a word of [`ENCODINGS`].
    pub encoding: &'static str,
    /// What tells it.
    pub how: Sign,
    /// How many of the file's words with Vietnamese letters are so, in a thousand.
    pub share: u16,
    /// The file's words with Vietnamese letters, legacy and Unicode together: what the share is of.
    pub words: u64,
}

/// What tells that a text is legacy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// The bytes themselves are in an encoding from before Unicode.
    Bytes,
    /// Letters of such an encoding inside valid Unicode.
    Letters,
    /// A font of such an encoding (`.VnTime`, `VNI-Times`), or a declaration in the file.
    Font,
}

/// The encodings that policies name.
pub const ENCODINGS: [&str; 7] = [
    "tcvn3",
    "vni",
    "viscii",
    "vps",
    "viqr",
    "windows-1258",
    "mojibake",
];

/// The policies' word for an encoding as [`crate::vietnamese`] and the readers call it.
pub(crate) fn word(name: &str) -> Option<&'static str> {
    let name = match name {
        "tcvn3-capitals" => "tcvn3",
        "utf-8-as-windows-1252" | "utf-8-as-windows-1252-twice" => "mojibake",
        name => name,
    };
    ENCODINGS.into_iter().find(|known| *known == name)
}
