//! The register of a regulation's clauses: what is done about each, or why no filter can.
//!
//! `clauses/NAME.yaml` beside the policy `NAME.yaml`. It is read by `policy coverage` only; nothing of
//! it decides about mail.

use super::{
    reader::Reader,
    yaml::{self, At, MAX_BYTES, Node},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;

/// What is done about a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// Mail is refused.
    Reject,
    /// Mail is kept aside.
    Quarantine,
    /// Mail is tagged.
    Tag,
    /// Sender or user is reminded.
    Warn,
    /// It is counted and reported.
    Report,
    /// A task of the administrator, beside the filter.
    Admin,
    /// No filter can do anything about it.
    None,
}

const DOES: &[(&str, Does)] = &[
    ("reject", Does::Reject),
    ("quarantine", Does::Quarantine),
    ("tag", Does::Tag),
    ("warn", Does::Warn),
    ("report", Does::Report),
    ("admin", Does::Admin),
    ("none", Does::None),
];
const TOP: &[&str] = &["register", "policy", "regulation", "clauses"];
const CLAUSE: &[&str] = &["clause", "quote", "does", "rules", "site", "note", "why"];

/// One register.
#[derive(Debug)]
pub(super) struct Register {
    pub(super) regulation: String,
    pub(super) clauses: Vec<Clause>,
}

/// One clause of a regulation.
#[derive(Debug)]
pub(super) struct Clause {
    /// `Điều 5 khoản 3`
    pub(super) clause: String,
    /// Its words.
    pub(super) quote: String,
    pub(super) does: Vec<Does>,
    /// The rules that serve it.
    pub(super) rules: Vec<String>,
    /// What a site has to fill in before they can: until then the policy beside the register holds an
    /// example.
    pub(super) site: String,
    /// The policy beside the register.
    pub(super) policy: PathBuf,
    pub(super) note: String,
    /// Why no filter can do anything.
    pub(super) why: String,
    pub(super) at: At,
}

impl Reader {
    /// Reads one register; mistakes go to the problems.
    pub(super) fn register(&mut self, path: &PathBuf) -> Option<Register> {
        let file = self.file(path, MAX_BYTES as u64, None)?;
        let text = Arc::clone(&self.sources.files.get(file as usize)?.text);
        let tree = yaml::parse(
            file,
            &text,
            "a register begins with `register: 1`",
            &mut self.problems,
        )?;
        self.map(&tree, "a register of clauses", TOP, &[])?;
        if tree.child("register").and_then(Node::text) != Some("1") {
            self.error(
                tree.at,
                "this is no register of clauses",
                "a register begins with `register: 1`",
            );
            return None;
        }
        let folder = path.parent().and_then(Path::parent);
        let policy = folder.map(|folder| folder.join(path.file_name().unwrap_or_default()));
        let mut clauses: Vec<Clause> = Vec::new();
        for node in self.list(&tree, "clauses") {
            let Some(mut clause) = self.clause(node) else {
                continue;
            };
            clause.policy = policy.clone().unwrap_or_default();
            if let Some(first) = clauses.iter().find(|old| old.clause == clause.clause) {
                self.error(
                    node.at,
                    format!("the clause `{}` stands here a second time", clause.clause),
                    format!(
                        "it stands already on line {}; make one of the two",
                        first.at.line
                    ),
                );
            }
            clauses.push(clause);
        }
        Some(Register {
            regulation: self.line(&tree, "regulation"),
            clauses,
        })
    }

    fn clause(&mut self, node: &Node) -> Option<Clause> {
        self.map(node, "a clause", CLAUSE, &[])?;
        let clause = self.line(node, "clause");
        if clause.is_empty() || node.child("does").is_none() {
            self.error(
                node.at,
                "a clause needs its number and what is done about it",
                "write `clause: Điều 5 khoản 3` and `does: [reject]`",
            );
            return None;
        }
        let does = node
            .child("does")
            .map(|does| self.words(does, "does", DOES))?;
        let rules = node.child("rules").map_or_else(Vec::new, |rules| {
            let rules = self.texts(rules, "rules").into_iter();
            rules.map(|(rule, _)| rule.to_owned()).collect()
        });
        let clause = Clause {
            clause,
            quote: self.line(node, "quote"),
            does,
            rules,
            site: self.line(node, "site"),
            policy: PathBuf::new(),
            note: self.line(node, "note"),
            why: self.line(node, "why"),
            at: node.at,
        };
        let none = clause.does.contains(&Does::None);
        if none && (clause.does.len() > 1 || !clause.rules.is_empty()) {
            self.error(
                node.at,
                format!("`{}` says `none` and something else", clause.clause),
                "`none` stands alone: no filter can do anything about it",
            );
        }
        if none && clause.why.is_empty() {
            self.error(
                node.at,
                format!(
                    "`{}` does not say why no filter can enforce it",
                    clause.clause
                ),
                "add `why: …`",
            );
        }
        Some(clause)
    }
}
