//! Marks of state secrets: what was found, where, how sure, and why; nothing that stood around it.

use std::{borrow::Cow, fmt};

use serde::Serialize;

/// A level of secrecy (Luật Bảo vệ bí mật nhà nước, Điều 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Mật.
    Mat,
    /// Tối mật.
    ToiMat,
    /// Tuyệt mật.
    TuyetMat,
}

impl Level {
    /// All of them, the lowest first.
    pub const ALL: [Self; 3] = [Self::Mat, Self::ToiMat, Self::TuyetMat];

    /// The word that policies, data files and logs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mat => "mat",
            Self::ToiMat => "toi-mat",
            Self::TuyetMat => "tuyet-mat",
        }
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// A careful clerk would want to look.
    Weak,
    /// A stamp.
    Strong,
}

impl Strength {
    /// The word that policies and logs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Strong => "strong",
        }
    }
}

/// One mark that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The part that it was found in: its number, with the names of members behind it.
    pub part: String,
    /// Its level.
    pub level: Level,
    /// Whether it is a stamp or only worth a look.
    pub strength: Strength,
    /// How sure, 0 to 100.
    pub confidence: u8,
    /// Where in the document it stands: one of [`MARK_PLACES`].
    pub place: &'static str,
    /// Page, slide or sheet, from 1, where it is known.
    pub page: Option<u32>,
    /// The word, as the data file writes it.
    pub word: std::sync::Arc<str>,
    /// Why: ids of evidence for and against, as the data file names them.
    pub reasons: Vec<Cow<'static, str>>,
}

/// In one line, without the part.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (level, strength) = (self.level.as_str(), self.strength.as_str());
        write!(
            f,
            "{level}, {strength}, {} of 100, {}",
            self.confidence, self.place
        )?;
        for (index, reason) in self.reasons.iter().enumerate() {
            write!(f, "{}{reason}", if index == 0 { ": " } else { " " })?;
        }
        Ok(())
    }
}

/// Where a mark may stand, in the words of policies and logs.
pub const MARK_PLACES: &[&str] = &[
    "subject",
    "file_name",
    "body",
    "cell",
    "text_box",
    "header",
    "footer",
    "note",
    "comment",
    "property",
    "title",
    "sheet_name",
    "alt",
    "deleted",
    "annotation",
    "field",
    "watermark",
];
