//! Compiled conditions, and what they come to for given facts.
//!
//! One evaluator serves every stage: a fact that is not there yet is unknown, and so is what hangs on
//! it. A condition on attachments asks each file; three questions are asked of it:
//!
//! - of the whole message, in `when` ([`Scope::Message`]): some file that the rule sees meets it;
//! - of one file, in `unless` and exceptions ([`Scope::File`]): is this file taken out of view?
//! - of the letter alone, in `unless` and exceptions ([`Scope::Letter`]): does it hold without any
//!   file? Conditions on attachments never hold there, however they are negated, so that they take
//!   away files and never the letter.

use std::sync::Arc;

use super::{
    encoding::EncodingTest,
    file::FileTest,
    forwarding::ForwardTest,
    list::{NameSet, NetworkSet},
    marking::MarkTest,
    points::{PointsTest, Sums},
    route::{Destination, Origin, Route},
    truth::Truth,
    value::Compare,
    yaml::At,
};
use crate::{
    facts::Facts,
    facts::{Fact, FileFacts, FileRole, Files, Network, Place, Reason},
    message::Address,
    questions::PatternQuestion,
    verdict::Direction,
};

/// A condition and how it is written.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) test: Test,
    /// As written, in one line.
    pub(super) label: String,
    pub(super) at: At,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Attachment(Box<FileTest>),
    Sum(Sum, Compare),
    Message(MessageNumber, Compare),
    NotScanned(bool),
    AddressOf(Who, Arc<NameSet>),
    DomainOf(Who, Arc<NameSet>),
    EmptySender(bool),
    ClientNetwork(Arc<NetworkSet>),
    /// By the uses that the site's settings give them.
    ClientIn(Vec<Network>),
    ClientName(Arc<NameSet>),
    Helo(Arc<NameSet>),
    Authenticated(bool),
    Tls(bool),
    Direction(Directions),
    Pattern(Box<PatternQuestion>),
    Origin(Vec<Origin>),
    Destination(Vec<Destination>),
    Points(PointsTest),
    Marking(Box<MarkTest>),
    Encoding(EncodingTest),
    Forwarding(Box<ForwardTest>),
}

/// Sums over the attachments at the top of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sum {
    TotalSize,
    Count,
    LargestSize,
    InlineCount,
    InlineTotalSize,
    WithInlineTotalSize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageNumber {
    Size,
    Parts,
    Headers,
}

/// Whose address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// MAIL FROM.
    Sender,
    /// The recipient under judgement.
    Recipient,
    /// Any address of the From field.
    From,
}

/// A set of directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Directions(u8);

impl Directions {
    pub(super) const ALL: Self = Self(15);
    pub(super) const NONE: Self = Self(0);

    pub(super) fn add(&mut self, direction: Direction) {
        self.0 |= Self::bit(direction);
    }

    pub(super) fn of(directions: &[Direction]) -> Self {
        let bits = directions.iter().map(|&direction| Self::bit(direction));
        Self(bits.fold(0, |all, bit| all | bit))
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn has(self, direction: Direction) -> bool {
        self.0 & Self::bit(direction) != 0
    }

    fn bit(direction: Direction) -> u8 {
        match direction {
            Direction::Inbound => 1,
            Direction::Outbound => 2,
            Direction::Internal => 4,
            Direction::Relayed => 8,
        }
    }
}

/// What is asked of a condition; see the module's text.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    /// The message, without the files that this takes out of view.
    Message(Option<&'a dyn Veil>),
    /// One file.
    File(&'a FileFacts),
    /// The letter without its files; `true` while not under an odd number of `not`s.
    Letter(bool),
}

/// Whether files are taken out of a rule's view.
pub(super) trait Veil {
    fn hides(&self, file: &FileFacts) -> Truth;
}

/// The facts for one recipient.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) facts: &'a Facts,
    pub(super) recipient: Option<&'a Address>,
    pub(super) route: Route,
    /// What the rules that give points came to; none while those are judged.
    pub(super) points: Option<&'a Sums>,
}

impl Condition {
    pub(super) fn holds(&self, known: Known<'_>, scope: Scope<'_>) -> Truth {
        match &self.test {
            Test::All(parts) => Truth::all(parts.iter().map(|part| part.holds(known, scope))),
            Test::Any(parts) => Truth::any(parts.iter().map(|part| part.holds(known, scope))),
            Test::Not(part) => !part.holds(known, scope.negated()),
            Test::Attachment(test) => match scope {
                Scope::Message(veil) => any_file(known.facts, test, veil),
                Scope::File(file) => test.meets(file),
                Scope::Letter(positive) => (!positive).into(),
            },
            Test::Sum(sum, compare) => {
                let veil = match scope {
                    Scope::Message(veil) => veil,
                    Scope::File(_) | Scope::Letter(_) => None,
                };
                with(&known.facts.files, |files| {
                    sum.compare(files, compare, veil)
                })
            }
            Test::Message(number, compare) => with(&known.facts.message, |message| {
                let seen = match number {
                    MessageNumber::Size => message.size,
                    MessageNumber::Parts => message.parts,
                    MessageNumber::Headers => message.headers,
                };
                compare.holds(seen).into()
            }),
            Test::NotScanned(wanted) => with(&known.facts.message, |message| {
                (message.not_scanned.is_empty() != *wanted).into()
            }),
            Test::AddressOf(who, set) => who.any(known, |address| set.has_address(address)),
            Test::DomainOf(who, set) => who.any(known, |address| set.has_domain(address.domain())),
            Test::EmptySender(wanted) => with(&known.facts.sender, |sender| {
                let empty = sender.local().is_empty() && sender.domain().is_empty();
                (empty == *wanted).into()
            }),
            Test::ClientIn(networks) => {
                let network = known.facts.session.network;
                network
                    .is_some_and(|network| networks.contains(&network))
                    .into()
            }
            Test::ClientNetwork(set) => {
                let client = known.facts.session.client;
                client.is_some_and(|client| set.contains(client)).into()
            }
            Test::ClientName(set) => has_host(set, known.facts.session.client_name.as_deref()),
            Test::Helo(set) => has_host(set, known.facts.session.helo.as_deref()),
            Test::Authenticated(wanted) => {
                (known.facts.session.authenticated.is_some() == *wanted).into()
            }
            Test::Tls(wanted) => (known.facts.session.tls.is_some() == *wanted).into(),
            Test::Direction(set) => set.has(known.route.direction).into(),
            Test::Pattern(pattern) => with(&known.facts.matches.get(pattern.hash), |&found| {
                found.into()
            }),
            Test::Origin(origins) => origins.contains(&known.route.origin).into(),
            Test::Destination(places) => places.contains(&known.route.destination).into(),
            Test::Marking(test) => test.holds(known.facts),
            Test::Encoding(test) => with(&known.facts.encoding, |list| test.holds(list).into()),
            Test::Forwarding(test) => test.holds(&known.facts.forwarding, known.recipient),
            Test::Points(test) => match known.points {
                Some(sums) => test.holds(sums),
                None => Truth::Unknown(Reason::NotYet),
            },
        }
    }

    /// Whether it looks at single files anywhere.
    pub(super) fn asks_files(&self) -> bool {
        match &self.test {
            Test::All(parts) | Test::Any(parts) => parts.iter().any(Self::asks_files),
            Test::Not(part) => part.asks_files(),
            Test::Attachment(_) => true,
            _ => false,
        }
    }

    /// Whether it asks for points anywhere.
    pub(super) fn asks_points(&self) -> bool {
        let mut asks = false;
        self.walk(&mut |condition| asks |= matches!(condition.test, Test::Points(_)));
        asks
    }

    /// Calls `visit` for this condition and all below it.
    pub(super) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match &self.test {
            Test::All(parts) | Test::Any(parts) => parts.iter().for_each(|part| part.walk(visit)),
            Test::Not(part) => part.walk(visit),
            _ => {}
        }
    }

    /// The files that make it true, as indices; for an unknown one (`sure == false`) also those that
    /// may: files of which something is not known, and containers that were not opened.
    pub(super) fn files(
        &self,
        known: Known<'_>,
        veil: Option<&dyn Veil>,
        sure: bool,
        into: &mut Vec<usize>,
    ) {
        let Fact::Known(files) = &known.facts.files else {
            return;
        };
        // What does not hold has no files to show: half of an alternative is none.
        let found = self.holds(known, Scope::Message(veil));
        if found.is_false() || (sure && !found.is_true()) {
            return;
        }
        let seen = |file: &FileFacts| !veil.is_some_and(|veil| veil.hides(file).is_true());
        match &self.test {
            Test::All(parts) | Test::Any(parts) => {
                for part in parts {
                    part.files(known, veil, sure, into);
                }
            }
            Test::Attachment(test) => {
                for (index, file) in files.list.iter().enumerate() {
                    let counts = match &found {
                        Truth::False => false,
                        Truth::True => seen(file) && test.meets(file).is_true(),
                        // What a container holds is asked on its own, in view or not.
                        Truth::Unknown(_) => {
                            (seen(file) && matches!(test.meets(file), Truth::Unknown(_)))
                                || test.may_hold(file).is_some()
                        }
                    };
                    if counts {
                        into.push(index);
                    }
                }
            }
            Test::Sum(sum, compare) => {
                for (index, file) in files.list.iter().enumerate() {
                    let largest = *sum != Sum::LargestSize || compare.holds(file.size);
                    if seen(file) && sum.counts(file) && largest {
                        into.push(index);
                    }
                }
            }
            // What is not there has no files to show.
            _ => {}
        }
    }
}

impl<'a> Scope<'a> {
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Letter(positive) => Self::Letter(!positive),
            same => same,
        }
    }
}

impl Who {
    fn any(self, known: Known<'_>, holds: impl Fn(&Address) -> bool) -> Truth {
        match self {
            Self::Sender => with(&known.facts.sender, |sender| holds(sender).into()),
            Self::Recipient => match known.recipient {
                Some(recipient) => holds(recipient).into(),
                None => Truth::Unknown(Reason::NotYet),
            },
            Self::From => with(&known.facts.message, |message| {
                message.header_from.iter().any(holds).into()
            }),
        }
    }
}

impl Sum {
    pub(super) fn is_size(self) -> bool {
        !matches!(self, Self::Count | Self::InlineCount)
    }

    fn counts(self, file: &FileFacts) -> bool {
        file.at == Place::Top
            && match self {
                Self::TotalSize | Self::Count | Self::LargestSize => {
                    file.role == FileRole::Attachment
                }
                Self::InlineCount | Self::InlineTotalSize => file.role == FileRole::Inline,
                Self::WithInlineTotalSize => file.role != FileRole::Text,
            }
    }

    fn compare(self, files: &Files, compare: &Compare, veil: Option<&dyn Veil>) -> Truth {
        let Some(veil) = veil else {
            return compare.holds(self.of(files)).into();
        };
        // What may or may not be in view makes a range.
        let (mut low, mut high) = (0_u64, 0_u64);
        let mut unsure = None;
        for file in files.list.iter().filter(|file| self.counts(file)) {
            let amount = if self.is_size() { file.size } else { 1 };
            let add = |sum: u64| match self {
                Self::LargestSize => sum.max(amount),
                _ => sum.saturating_add(amount),
            };
            match veil.hides(file) {
                Truth::True => {}
                Truth::False => (low, high) = (add(low), add(high)),
                Truth::Unknown(why) => {
                    high = add(high);
                    unsure = unsure.min(Some(why.clone())).or(Some(why));
                }
            }
        }
        compare.holds_between(low, Some(high), &unsure.unwrap_or(Reason::NotYet))
    }

    pub(super) fn of(self, files: &Files) -> u64 {
        match self {
            Self::TotalSize => files.total_size,
            Self::Count => files.count,
            Self::LargestSize => files.largest_size,
            Self::InlineCount => files.inline_count,
            Self::InlineTotalSize => files.inline_total_size,
            Self::WithInlineTotalSize => files.total_size.saturating_add(files.inline_total_size),
        }
    }
}

fn with<T>(fact: &Fact<T>, holds: impl FnOnce(&T) -> Truth) -> Truth {
    match fact {
        Fact::Known(value) => holds(value),
        Fact::Unknown(why) => Truth::Unknown(why.clone()),
    }
}

fn has_host(set: &NameSet, host: Option<&str>) -> Truth {
    host.is_some_and(|host| set.has_domain(host.trim_end_matches('.')))
        .into()
}

/// Whether some file in view meets the test. None does, but a container that was not opened, or a
/// part that was not scanned, may hold one: unknown.
fn any_file(facts: &Facts, test: &FileTest, veil: Option<&dyn Veil>) -> Truth {
    let files = match &facts.files {
        Fact::Known(files) => files,
        Fact::Unknown(why) => return Truth::Unknown(why.clone()),
    };
    let mut found = Truth::False;
    for file in &files.list {
        let mut meets = test.meets(file);
        if let Some(veil) = veil
            && !meets.is_false()
        {
            meets = meets.and(!veil.hides(file));
        }
        if meets.is_true() {
            return meets;
        }
        if !meets.is_false() {
            found = found.or(meets);
        }
        if file.not_opened.is_some()
            && let Some(why) = test.may_hold(file)
        {
            found = found.or(Truth::Unknown(why));
        }
    }
    if test.looks_inside()
        && let Fact::Known(message) = &facts.message
    {
        for place in &message.not_scanned {
            found = found.or(Truth::Unknown(Reason::NotOpened(place.why.clone())));
        }
    }
    found
}
