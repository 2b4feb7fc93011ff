//! The test of one file: what `attachment: {…}` compiles to.

use super::{
    truth::Truth,
    value::{Compare, Glob},
};
use crate::{
    facts::{
        By, Class, Covers, Fact, FileFacts, FileRole, Group, NotOpened, Place, Reason, Signature,
        Status, Trait,
    },
    questions::PatternQuestion,
};

/// Every key that is set must be met by one and the same file.
#[derive(Clone, Debug, Default)]
pub(super) struct FileTest {
    pub(super) kinds: Vec<KindTest>,
    pub(super) by: Option<By>,
    pub(super) names: Vec<Glob>,
    /// Other ways to say what its name is; one of these or of `names` must be met.
    pub(super) patterns: Vec<PatternQuestion>,
    /// Lower case, without any dot.
    pub(super) extensions: Vec<String>,
    pub(super) types: Vec<Glob>,
    pub(super) size: Option<Compare>,
    pub(super) places: Vec<Place>,
    /// Empty: attachments and inline images, not the text.
    pub(super) roles: Vec<FileRole>,
    pub(super) encrypted: Option<bool>,
    pub(super) not_opened: Option<NotOpenedTest>,
    /// One entry a group that is asked.
    pub(super) traits: Vec<TraitTest>,
    pub(super) signed: SignedTest,
}

/// `signed:` and `signer_ca:`: both must be met by one and the same signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SignedTest {
    /// One of these, where any are named.
    pub(super) states: Vec<Signed>,
    /// Ids of authorities, where any are named.
    pub(super) authorities: Vec<&'static str>,
}

/// A word that `signed:` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signed {
    /// Signed at all, or not at all.
    Any(bool),
    /// Valid, and over all of the file.
    Valid,
    /// Valid, but over a part only.
    Part,
    Broken,
    /// Not checked to the end.
    Unchecked,
}

/// A group of findings: `macros: true`, `contradiction: contradiction-dangerous`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TraitTest {
    pub(super) group: Group,
    /// Whether they are wanted, or wanted not to be.
    pub(super) wanted: bool,
    /// Empty: any of the group.
    pub(super) ids: Vec<&'static str>,
}

/// One alternative of `kind:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KindTest {
    /// Any sign that it is executable, in its bytes or its name.
    Executable,
    Class(Class),
    Id(&'static str),
}

/// `not_opened:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotOpenedTest {
    Any(bool),
    Because(Vec<Why>),
}

/// The word for a reason why a file was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Unsupported,
    Encrypted,
    Damaged,
    Budget,
}

impl FileTest {
    pub(super) fn meets(&self, file: &FileFacts) -> Truth {
        let role = match self.roles.is_empty() {
            true => file.role != FileRole::Text,
            false => self.roles.contains(&file.role),
        };
        let plain = role
            && (self.places.is_empty() || self.places.contains(&file.at))
            && self.size.as_ref().is_none_or(|size| size.holds(file.size))
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| self.is_kind(*kind, file)))
            && (!self.kinds.is_empty() || self.by.is_none_or(|by| signed(file, by)))
            && (self.types.is_empty()
                || self
                    .types
                    .iter()
                    .any(|glob| glob.matches(&file.declared_type)))
            && self.is_named(file)
            && (self.extensions.is_empty() || names(file).any(|name| self.has_extension(name)))
            && self
                .not_opened
                .as_ref()
                .is_none_or(|test| test.meets(file.not_opened.as_ref()));
        if !plain {
            return Truth::False;
        }
        let encrypted = match (self.encrypted, &file.encrypted) {
            (None, _) => Truth::True,
            (Some(wanted), Fact::Known(encrypted)) => (wanted == *encrypted).into(),
            (Some(_), Fact::Unknown(why)) => Truth::Unknown(why.clone()),
        };
        let traits = self.traits.iter().map(|test| test.meets(file));
        Truth::all(
            [encrypted, self.signed.meets(file)]
                .into_iter()
                .chain(traits),
        )
    }

    /// Why this file, which was not opened, may hold one that meets the test.
    pub(super) fn may_hold(&self, file: &FileFacts) -> Option<Reason> {
        let why = file.not_opened.as_ref()?;
        if !self.looks_inside() {
            return None;
        }
        let class = file.kinds.iter().map(|kind| kind.class);
        let mut inside: Vec<Place> = Vec::new();
        if !self.places.is_empty() {
            inside.extend(class.map(|class| match class {
                Class::Document => Place::Document,
                Class::Message => Place::Message,
                _ => Place::Archive,
            }));
            if file.kinds.is_empty() {
                inside.push(Place::Archive);
            }
            if !inside.iter().any(|place| self.places.contains(place)) {
                return None;
            }
        }
        Some(Reason::NotOpened(why.clone()))
    }

    /// Whether it asks for something that a file inside another can be. Sizes alone are asked of the
    /// attachments as they stand, `not_opened` of the container itself.
    pub(super) fn looks_inside(&self) -> bool {
        let asks = !self.kinds.is_empty()
            || self.by.is_some()
            || !self.names.is_empty()
            || !self.patterns.is_empty()
            || !self.extensions.is_empty()
            || !self.types.is_empty()
            || self.signed.wants_one()
            || self.traits.iter().any(|test| test.wanted);
        asks && self.not_opened.is_none()
            && (self.roles.is_empty() || self.roles.contains(&FileRole::Attachment))
            && (self.places.is_empty() || self.places.iter().any(|&place| place != Place::Top))
    }

    /// Whether it asks how large a file is, and beside that only where it stands.
    pub(super) fn asks_size_only(&self) -> bool {
        self.size.is_some()
            && self.kinds.is_empty()
            && self.by.is_none()
            && self.names.is_empty()
            && self.patterns.is_empty()
            && self.extensions.is_empty()
            && self.types.is_empty()
            && self.encrypted.is_none()
            && self.signed.is_empty()
            && self.traits.is_empty()
            && self.not_opened.is_none()
    }

    fn is_named(&self, file: &FileFacts) -> bool {
        let mut patterns = self.patterns.iter();
        (self.names.is_empty() && self.patterns.is_empty())
            || names(file).any(|name| self.names.iter().any(|glob| glob.matches(name)))
            || patterns.any(|pattern| file.matches.contains(&pattern.hash))
    }

    fn is_kind(&self, kind: KindTest, file: &FileFacts) -> bool {
        match kind {
            KindTest::Executable => match self.by {
                Some(by) => signed(file, by),
                None => !file.executable.is_empty(),
            },
            // Kinds are found in the bytes only.
            KindTest::Class(class) => {
                self.by != Some(By::Name) && file.kinds.iter().any(|kind| kind.class == class)
            }
            KindTest::Id(id) => {
                self.by != Some(By::Name) && file.kinds.iter().any(|kind| kind.id == id)
            }
        }
    }

    /// The last extension, or the one before it (`hoadon.pdf.exe` has both `exe` and `pdf`).
    fn has_extension(&self, name: &str) -> bool {
        let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
        let Some((before, last)) = name.rsplit_once('.') else {
            return false;
        };
        let second = before.rsplit_once('.').map_or("", |(_, second)| second);
        self.extensions.iter().any(|extension| {
            extension.eq_ignore_ascii_case(last) || extension.eq_ignore_ascii_case(second)
        })
    }
}

impl TraitTest {
    /// Of a file that was not opened, or not wholly, a finding about its inside that is not there may
    /// still be in it.
    fn meets(&self, file: &FileFacts) -> Truth {
        let wanted = |found: &&&Trait| {
            found.group == self.group && (self.ids.is_empty() || self.ids.contains(&found.id))
        };
        if file.traits.iter().any(|found| wanted(&found)) {
            return self.wanted.into();
        }
        match &file.not_opened {
            Some(why) if self.group.is_inside() => Truth::Unknown(Reason::NotOpened(why.clone())),
            _ => (!self.wanted).into(),
        }
    }
}

impl SignedTest {
    /// Whether it asks nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.states.is_empty() && self.authorities.is_empty()
    }

    /// Whether a signature is wanted, not its absence.
    fn wants_one(&self) -> bool {
        !self.is_empty() && !self.states.contains(&Signed::Any(false))
    }

    /// Of a file that was not opened, or not wholly, and in which no signature was found, nothing is known.
    fn meets(&self, file: &FileFacts) -> Truth {
        if self.is_empty() {
            return Truth::True;
        }
        if file.signatures.is_empty() {
            return match &file.not_opened {
                Some(why) => Truth::Unknown(Reason::NotOpened(why.clone())),
                None => (self.authorities.is_empty() && self.states.contains(&Signed::Any(false)))
                    .into(),
            };
        }
        let state = |signature: &Signature| {
            let valid = signature.status == Status::Valid;
            self.states.is_empty()
                || self.states.iter().any(|state| match state {
                    Signed::Any(wanted) => *wanted,
                    Signed::Valid => valid && signature.covers == Covers::Whole,
                    Signed::Part => valid && signature.covers == Covers::Part,
                    Signed::Broken => signature.status == Status::Broken,
                    Signed::Unchecked => signature.status == Status::Unknown,
                })
        };
        let authority = |signature: &Signature| {
            let named = signature.ca.as_deref();
            self.authorities.is_empty()
                || named.is_some_and(|named| self.authorities.contains(&named))
        };
        let mut list = file.signatures.iter();
        list.any(|signature| state(signature) && authority(signature))
            .into()
    }
}

impl NotOpenedTest {
    fn meets(&self, not_opened: Option<&NotOpened>) -> bool {
        match (self, not_opened) {
            (Self::Any(wanted), not_opened) => *wanted == not_opened.is_some(),
            (Self::Because(_), None) => false,
            (Self::Because(words), Some(why)) => words.iter().any(|word| {
                matches!(
                    (word, why),
                    (Why::Unsupported, NotOpened::Unsupported)
                        | (Why::Encrypted, NotOpened::Encrypted)
                        | (Why::Damaged, NotOpened::Damaged)
                        | (Why::Budget, NotOpened::Budget { .. })
                )
            }),
        }
    }
}

fn signed(file: &FileFacts, by: By) -> bool {
    file.executable.iter().any(|sign| sign.by == by)
}

/// Every reading of a file's name.
fn names(file: &FileFacts) -> impl Iterator<Item = &str> {
    let shown = file.name.iter().filter(|_| file.names.is_empty());
    file.names.iter().chain(shown).map(String::as_str)
}
