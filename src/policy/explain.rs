//! Why a judgement is what it is, as a tree that a person can read.

use std::fmt;

use super::{Place, Route};

/// The explanation of one judgement for one recipient. [`fmt::Display`] prints it as a tree.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// The policy's name.
    pub policy: String,
    /// Where the message comes from and goes to.
    pub route: Route,
    /// Every rule of the policy, in the order of who speaks.
    pub rules: Vec<RuleExplanation>,
}

/// One rule in an [`Explanation`].
#[derive(Clone, Debug)]
pub struct RuleExplanation {
    /// The rule's id.
    pub id: String,
    /// Its title, in the policy's words.
    pub title: String,
    /// The clause that it enforces.
    pub basis: String,
    /// Where it is written.
    pub place: Place,
    /// What came of it: `reject`, `not for inbound`, `unknown (not_yet)` ….
    pub outcome: String,
    /// Whether it fired.
    pub fired: bool,
    /// Its conditions; empty for a rule that was not looked at.
    pub steps: Vec<Step>,
}

/// One condition and what it came to.
#[derive(Clone, Debug)]
pub struct Step {
    /// The condition, as it is written in the policy.
    pub condition: String,
    /// `true`, `false`, `unknown (why)`.
    pub truth: String,
    /// Part numbers and names of the files that made it so.
    pub files: Vec<String>,
    /// The conditions that it is made of.
    pub steps: Vec<Step>,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "policy {}", self.policy)
    }
}
