//! Mistakes in a policy: all of them at once, each with its place, the user's own text and the
//! remedy.

use std::{error, fmt, path::PathBuf};

/// A place in a file. Lines and columns count from 1, columns in characters; 0 = the whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it was named.
    pub file: PathBuf,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The policy is not loaded.
    Error,
    /// The policy is loaded all the same.
    Warning,
}

/// One mistake or remark.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What was meant, or what to do.
    pub help: Option<String>,
}

/// Everything that is wrong with a set of policies. [`fmt::Display`] prints it for a person.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Errors and warnings, by file and place.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{}", problem.message)?;
        }
        Ok(())
    }
}

impl error::Error for Report {}
