//! A compiled policy: what [`super::read`] makes and [`super::judge`] runs.

use std::sync::Arc;

use jiff::civil::Date;

use super::{
    bound::Bound,
    condition::{Condition, Directions},
    list::NameSet,
    reply::Template,
    yaml::{At, Node},
};
use crate::{
    questions::MarkTable,
    verdict::{Action, Mode, Points},
};

/// One policy with all that it extends.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) name: Arc<str>,
    pub(super) organisation: Organisation,
    /// As the policy says; a rule may be weaker.
    pub(super) mode: Mode,
    /// What becomes of a quarantine when the message is sensitive: nothing may store it.
    pub(super) sensitive_instead: Action,
    /// The file that was named; what it extends comes from others.
    pub(super) file: u32,
    /// In force, in the order of who speaks (sensitive ones, then rank, then id).
    pub(super) rules: Vec<Rule>,
    /// Switched off, or waiting for an inspector that this version does not have.
    pub(super) idle: Vec<Idle>,
    pub(super) exceptions: Vec<Exception>,
    /// The words of the marks that its rules ask for.
    pub(super) marks: Option<Arc<MarkTable>>,
    /// The merged tree; every value knows the file in which it stands.
    pub(super) tree: Node,
}

/// Whose policy it is.
#[derive(Debug, Default)]
pub(super) struct Organisation {
    pub(super) name: String,
    pub(super) regulation: String,
    pub(super) contact: String,
    /// `domains` and `former`: both are ours.
    pub(super) domains: Arc<NameSet>,
    pub(super) former: Arc<NameSet>,
    pub(super) state_domains: Arc<NameSet>,
}

/// A rule in force.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: Arc<str>,
    pub(super) title: String,
    pub(super) basis: Arc<str>,
    pub(super) directions: Directions,
    pub(super) when: Condition,
    pub(super) unless: Option<Condition>,
    /// Whether `unless` looks at single files.
    pub(super) unless_files: bool,
    pub(super) then: Action,
    /// Points that it gives; `then` is a note.
    pub(super) gives: Vec<(Arc<str>, Points)>,
    /// Whether it asks for points; such a rule gives none.
    pub(super) reads_points: bool,
    /// What is done when the rule is still unknown at the end; [`Action::Accept`] = skip.
    pub(super) if_unknown: Action,
    /// How long it may defer a message, by `then` or by `if_unknown`.
    pub(super) bound: Bound,
    /// Whether it makes the message sensitive, be it in observe.
    pub(super) sensitive: bool,
    /// Whether the site has not acknowledged it: it then observes, whatever is written.
    pub(super) held_back: bool,
    /// The weaker of the policy's mode and the rule's own.
    pub(super) mode: Mode,
    /// Who speaks first when several rules refuse: the smaller number, then the id.
    pub(super) rank: u32,
    pub(super) reply: Reply,
    /// Indices in [`Policy::exceptions`].
    pub(super) exceptions: Vec<usize>,
    pub(super) at: At,
}

/// How a rule answers.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) vi: Template,
    pub(super) en: Template,
    pub(super) code: u16,
    pub(super) enhanced: String,
    /// For when the rule defers by its `if_unknown`.
    pub(super) defer: (u16, &'static str),
    /// `{limit}`: the value that the rule's own condition compares with.
    pub(super) limit: String,
}

/// A rule that is not in force, and why.
#[derive(Debug)]
pub(super) struct Idle {
    pub(super) id: Arc<str>,
    pub(super) title: String,
    pub(super) basis: Arc<str>,
    pub(super) why: String,
    /// The inspector that it waits for; none for a rule that is switched off.
    pub(super) waits_for: Option<String>,
    pub(super) at: At,
}

/// Takes rules away; never accepts.
#[derive(Debug)]
pub(super) struct Exception {
    pub(super) id: Arc<str>,
    pub(super) when: Condition,
    /// Whether `when` looks at single files.
    pub(super) files: bool,
    /// The last day on which it is in force.
    pub(super) until: Option<Date>,
}
