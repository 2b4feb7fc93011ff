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

mod acknowledge;
mod bound;
mod card;
mod claims;
mod clauses;
mod condition;
mod coverage;
mod effect;
mod encoding;
mod explain;
mod file;
mod fold;
mod forwarding;
mod judge;
mod load;
mod marking;
mod merge;
mod model;
mod points;
mod read;
mod read_condition;
mod read_exception;
mod read_file;
mod read_marks;
mod read_pattern;
mod read_rule;
mod read_then;
mod remarks;
mod remedy;
mod reply;
mod route;
mod show;
mod suite;
mod truth;
mod value;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use jiff::{Zoned, civil::Date};

use self::{list::NameSet, model::Policy};
use crate::{
    questions::Questions,
    verdict::Mode,
    // Under these names the rooms of a policy know what they share with the settings.
    yaml::{list, meant, reader, report, tree as yaml},
};

use crate::yaml::Stamp;
pub use crate::yaml::{Place, Problem, Report, Severity};
pub use acknowledge::{Acknowledged, NewRule};
pub use card::{ExceptionCard, RuleCard, Said};
pub use claims::Claim;
pub use clauses::Does;
pub use coverage::{ClauseCoverage, Coverage, RuleCoverage, RuleState, State, coverage};
pub use explain::{Explanation, RuleExplanation, Step};
pub use remedy::Remedy;
pub use route::{Destination, Origin, Route};
pub use suite::{Expect, Given, Letter, PolicyTest};

/// Loads policies with all that they extend and all lists: all of it or nothing.
///
/// One path is one policy; which of them rules is decided per recipient by [`Generation::route`].
/// Limits: 4 MiB and 250,000 YAML nodes a policy file, 64 MiB a list, 8 files in one `extends` chain.
///
/// # Errors
/// Every mistake in all of the files, with its place.
pub fn load(paths: &[PathBuf]) -> Result<Generation, Report> {
    load_as_of(paths, Zoned::now().date())
}

/// The same as of another day, which decides which exceptions are past their end.
///
/// # Errors
/// As [`load`].
pub fn load_as_of(paths: &[PathBuf], today: Date) -> Result<Generation, Report> {
    load::load(paths, today)
}

/// One loaded set of policies and lists. Immutable: a reload builds a new one and swaps it in, and a
/// message keeps the one that it began with.
#[derive(Debug)]
pub struct Generation {
    policies: Vec<Policy>,
    /// The domains of all policies, former ones too.
    ours: NameSet,
    hash: String,
    files: Vec<PathBuf>,
    lists: Vec<PathBuf>,
    /// Of each file, as it was when it was read.
    stamps: Vec<Stamp>,
    warnings: Vec<Problem>,
    questions: Questions,
    tests: Vec<PolicyTest>,
    loaded_on: Date,
    /// Name and version of every policy file, by its number.
    origins: Vec<(u32, String)>,
}

impl Generation {
    fn new(
        policies: Vec<Policy>,
        tests: Vec<PolicyTest>,
        files: Vec<PathBuf>,
        hash: String,
        warnings: Vec<Problem>,
        ours: NameSet,
        loaded_on: Date,
    ) -> Self {
        let mut questions = Questions::default();
        for policy in &policies {
            policy.ask(&mut questions);
        }
        Self {
            policies,
            ours,
            hash,
            files,
            lists: Vec::new(),
            stamps: Vec::new(),
            warnings,
            questions,
            tests,
            loaded_on,
            origins: Vec::new(),
        }
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

    /// SHA-256 over every file read, in lower-case hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The first 12 characters of [`Self::hash`], for logs and metrics.
    pub fn short_hash(&self) -> &str {
        self.hash.get(..12).unwrap_or(&self.hash)
    }

    /// The lists among [`Self::files`]: they are taken over by themselves when they change.
    pub fn lists(&self) -> &[PathBuf] {
        &self.lists
    }

    /// Of each of [`Self::files`], as it was when it was read.
    pub fn stamps(&self) -> &[Stamp] {
        &self.stamps
    }

    /// Every file that was read: policies, what they extend, lists.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Whether the policy with this index acts or only watches; its rules may be weaker.
    pub fn mode(&self, policy: usize) -> Mode {
        self.policies
            .get(policy)
            .map_or(Mode::Observe, |policy| policy.mode)
    }

    /// How many rules of the policy with this index are in force.
    pub fn rules(&self, policy: usize) -> usize {
        self.policies
            .get(policy)
            .map_or(0, |policy| policy.rules.len())
    }

    /// How many policies there are; [`Route::policy`] is below it.
    pub fn policies(&self) -> usize {
        self.policies.len()
    }

    /// Name of the policy with this index ([`Route::policy`]); empty if there is none.
    pub fn name(&self, policy: usize) -> &str {
        self.policies.get(policy).map_or("", |policy| &policy.name)
    }
}
