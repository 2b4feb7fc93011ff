//! The words of state-secret marks, as a data file says them (`policies/marks/vn.yaml`): what the policy
//! loads and the inspector of marks looks for.

use std::sync::Arc;

use crate::facts::Level;

/// One data file of marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarkTable {
    /// Its name and version.
    pub name: String,
    /// From this confidence on a mark is strong.
    pub strong: u8,
    /// From this confidence on it is weak; below it is none.
    pub weak: u8,
    /// The words of each level.
    pub levels: Vec<(Level, Vec<Arc<str>>)>,
    /// The other words, by what they are.
    pub words: Vec<(WordKind, Vec<Arc<str>>)>,
    /// Stamps that stand beside marks.
    pub stamps: Vec<Stamp>,
    /// What each evidence counts, in the order of [`Evidence::ALL`].
    points: Vec<i32>,
}

/// A stamp that stands beside a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Its id among the reasons.
    pub id: Arc<str>,
    /// How it reads.
    pub words: Vec<Arc<str>>,
    /// What it counts.
    pub points: i32,
}

impl MarkTable {
    /// An empty one with this name.
    pub fn named(name: String) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// What an evidence counts: for the mark, or against it below zero.
    pub fn points(&self, evidence: Evidence) -> i32 {
        self.points.get(evidence as usize).copied().unwrap_or(0)
    }

    /// Sets what an evidence counts.
    pub fn set_points(&mut self, evidence: Evidence, points: i32) {
        let at = evidence as usize;
        if self.points.len() <= at {
            self.points.resize(at + 1, 0);
        }
        if let Some(place) = self.points.get_mut(at) {
            *place = points;
        }
    }
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in the data file.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

words! {
    /// What a list of words in the data file is for.
    WordKind {
        /// Names of the field that gives a level: `Độ mật`.
        Field = "fields",
        /// Values of that field that are no mark: `Thường`.
        Plain = "plain_values",
        /// What a level makes a phrase with: `tài liệu`.
        Noun = "nouns",
        /// What names the very paper that is read: `văn bản này`.
        Statement = "statements",
        /// What may stand between that and a level: `thuộc độ`.
        Link = "links",
        /// Words of someone who sends something.
        Sending = "sending",
        /// The head of a paper: quốc hiệu.
        Emblem = "emblem",
        /// What the number of a paper begins with: `Số`.
        Number = "number",
        /// What may stand on the line of a mark: `Khẩn`.
        Companion = "companions",
        /// Words that hold the word of a level and are none.
        Friend = "friends",
        /// Words with the letters of a level that the end of a line may cut: `bảo` and `mật`.
        Cut = "cut_words",
        /// Names that end like the beginning of such a word: `Uông Bí`.
        Name = "names",
        /// What stands beside `mật` where that is honey or gall.
        Sibling = "siblings",
        /// The first word of a person's name.
        Surname = "surnames",
        /// What stands before the name at the end of a letter.
        Closing = "closings",
        /// What foot lines of letters to everybody say.
        Disclaimer = "disclaimers",
        /// What makes a sentence speak about marks.
        Negative = "negatives",
        /// A document that is no longer secret.
        Released = "released",
    }
}

words! {
    /// What speaks for a mark or against it.
    Evidence {
        /// Nothing else stands on its line, in its cell, in its box.
        Alone = "alone",
        /// It is the value of the field `Độ mật`.
        Field = "field",
        /// In brackets at the beginning of a subject or a name.
        BracketedFirst = "bracketed-first",
        /// In brackets elsewhere.
        Bracketed = "bracketed",
        /// At the beginning of a line, set off from the rest.
        Leading = "leading",
        /// The same, of a subject or a name.
        LeadingName = "leading-name",
        /// On the line of the paper's number.
        NumberLine = "number-line",
        /// In a sentence.
        Sentence = "sentence",
        /// Behind a word such as `tài liệu`.
        Noun = "noun",
        /// The sentence says it of the paper that it stands in or comes with.
        Statement = "statement",
        /// The sentence sends something.
        Sending = "sending",
        /// In capitals.
        Capitals = "capitals",
        /// In capitals within a sentence.
        CapitalsInSentence = "capitals-in-sentence",
        /// Of two words, which mean nothing else.
        TwoWords = "two-words",
        /// In a subject or a file's name.
        NamePlace = "name-place",
        /// In a header, a footer, a text box, a watermark, a title.
        Furniture = "furniture",
        /// On the first page or among the first lines.
        FirstPage = "first-page",
        /// In a frame.
        Framed = "framed",
        /// Red.
        Red = "red",
        /// Bold.
        Bold = "bold",
        /// Near the quốc hiệu.
        BesideEmblem = "beside-emblem",
        /// Near the paper's number.
        BesideNumber = "beside-number",
        /// Disguised: letters apart, look-alikes, invisible characters.
        Disguised = "disguised",
        /// Hidden from its reader.
        Hidden = "hidden",
        /// In an encoding from before Unicode.
        Legacy = "legacy",
        /// One common word without capitals.
        CommonWord = "common-word",
        /// Behind a word such as `tài liệu`, alone on the line.
        NounAlone = "noun-alone",
        /// In a comment, a property, a note, an alternative text, a sheet's name, deleted text.
        MinorPlace = "minor-place",
        /// Several levels in one row, list, sentence.
        SeveralLevels = "several-levels",
        /// Several levels in one document.
        SeveralInDocument = "several-in-document",
        /// Numbers follow.
        Numbers = "numbers",
        /// The number of a footnote stands before it; never more than a weak mark.
        NoteNumber = "note-number",
        /// A value in a column of levels.
        Column = "column",
        /// In quotation marks.
        Quoted = "quoted",
        /// The document is no longer secret.
        Released = "released",
        /// The sentence speaks about marks.
        Negative = "negative",
        /// The end of a sentence that began on the line before.
        Continued = "continued",
        /// Words beside it say that it is honey or gall.
        Sibling = "sibling",
        /// A person's name.
        Person = "person",
        /// A heading in columns may end with it.
        Cut = "cut",
    }
}
