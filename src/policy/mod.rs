//! The policy: YAML files that a security team tunes, checked, merged and compiled to one
//! [`Generation`] that judges facts.
//!
//! What a policy means stands in `docs/architecture.md` ("What a policy means"). This room knows
//! nothing of messages, bytes or the network: it reads facts, and every function of a generation is
//! pure. The road of a file: `yaml` (text → tree with places) → `merge` (`extends`) → `read`
//! (tree → compiled policy, every mistake collected in a [`Report`]) → [`judge`](Generation::judge).
//!
//! ```no_run
//! # use std::path::PathBuf;
//! match gacthu::policy::load(&[PathBuf::from("policies/dak-nong.yaml")]) {
//!     Ok(generation) => println!("policy {}", generation.short_hash()),
//!     Err(report) => eprint!("{report}"),
//! }
//! ```

mod explain;
mod report;
mod route;
mod suite;

use std::path::PathBuf;

use crate::{
    facts::{Facts, SessionFacts},
    message::Address,
    questions::Questions,
    verdict::{Judgement, ReplyText},
};

pub use explain::{Explanation, RuleExplanation, Step};
pub use report::{Place, Problem, Report, Severity};
pub use route::{Destination, Origin, Route};
pub use suite::{Expect, Given, PolicyTest};

/// Loads policies with all that they extend and all lists: all of it or nothing.
///
/// One path is one policy; which of them rules is decided per recipient by [`Generation::route`].
/// Limits: 4 MiB and 250,000 YAML nodes a policy file, 64 MiB a list, 8 files in one `extends` chain.
pub fn load(paths: &[PathBuf]) -> Result<Generation, Report> {
    let _ = paths;
    Err(Report::default())
}

/// One loaded set of policies and lists. Immutable: a reload builds a new one and swaps it in, and a
/// message keeps the one that it began with.
#[derive(Debug)]
pub struct Generation {
    hash: String,
    files: Vec<PathBuf>,
    warnings: Vec<Problem>,
    questions: Questions,
    tests: Vec<PolicyTest>,
    names: Vec<String>,
}

impl Generation {
    /// Where a message for this recipient comes from and goes to, and whose policy rules it.
    pub fn route(&self, session: &SessionFacts, sender: &Address, recipient: &Address) -> Route {
        let _ = (session, sender, recipient);
        Route::default()
    }

    /// Judges what is known so far for the recipient with this index in [`Facts::recipients`].
    ///
    /// Before the end (`at_end == false`) a rule that needs facts not there yet is unknown, and
    /// [`Judgement::settled`] says whether it could still change anything. At the end such a rule
    /// does its `if_unknown`.
    pub fn judge(&self, facts: &Facts, recipient: usize, at_end: bool) -> Judgement {
        let _ = (facts, recipient, at_end);
        Judgement::default()
    }

    /// What Postfix is told: the reply of the rule that speaks, if [`Judgement::applied`] is a
    /// defer or a reject.
    pub fn reply(
        &self,
        facts: &Facts,
        recipient: usize,
        judgement: &Judgement,
        reference: &str,
    ) -> Option<ReplyText> {
        let _ = (facts, recipient, judgement, reference);
        None
    }

    /// The reply that would be given if every rule were enforced ([`Judgement::verdict`]).
    pub fn reply_if_enforced(
        &self,
        facts: &Facts,
        recipient: usize,
        judgement: &Judgement,
        reference: &str,
    ) -> Option<ReplyText> {
        let _ = (facts, recipient, judgement, reference);
        None
    }

    /// Why the judgement is what it is: every rule, its conditions, and the files that made them so.
    pub fn explain(&self, facts: &Facts, recipient: usize, at_end: bool) -> Explanation {
        let _ = (facts, recipient, at_end);
        Explanation::default()
    }

    /// What the policies need to know of a message.
    pub fn questions(&self) -> &Questions {
        &self.questions
    }

    /// The tests written in the named policy files (not those of the files they extend).
    pub fn tests(&self) -> &[PolicyTest] {
        &self.tests
    }

    /// Remarks that do not stand in the way: an exception past its end, a rule that cannot fire.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// SHA-256 of every file read, in lower-case hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The first 12 characters of [`Self::hash`], for logs and metrics.
    pub fn short_hash(&self) -> &str {
        self.hash.get(..12).unwrap_or(&self.hash)
    }

    /// Every file that was read: policies, what they extend, lists.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Name of the policy with this index ([`Route::policy`]).
    pub fn name(&self, policy: usize) -> &str {
        self.names.get(policy).map_or("", String::as_str)
    }
}
