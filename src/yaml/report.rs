//! Mistakes in a policy: all of them at once, each with its place, the user's own text and the
//! remedy.

use std::{error, fmt, path::PathBuf};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::tree::{At, Sources};

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

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The policy is not loaded.
    Error,
    /// The policy is loaded all the same.
    Warning,
}

/// One mistake or remark. [`fmt::Display`] shows it with the line that it is in.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What was meant, or what to do; may be empty.
    pub help: String,
    /// The line of the file, as the user wrote it; empty when the whole file is meant.
    pub text: String,
    /// How many characters of the line, from the place's column on, are meant.
    pub width: u32,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let place = self.place.to_string();
        let file = self.place.file.display().to_string();
        let title = level.primary_title(&self.message);
        let mut group = if self.text.is_empty() {
            title.element(annotate_snippets::Origin::path(place))
        } else {
            let skip = self.place.column.saturating_sub(1) as usize;
            let byte = |chars: usize| {
                let mut indices = self.text.char_indices().map(|(index, _)| index);
                indices.nth(chars).unwrap_or(self.text.len())
            };
            let span = byte(skip)..byte(skip + self.width.max(1) as usize);
            title.element(
                Snippet::source(&self.text)
                    .line_start(self.place.line as usize)
                    .path(file)
                    .annotation(AnnotationKind::Primary.span(span)),
            )
        };
        if !self.help.is_empty() {
            group = group.element(Level::HELP.message(&self.help));
        }
        write!(f, "{}", Renderer::plain().render(&[group]))
    }
}

/// Everything that is wrong with a set of policies. [`fmt::Display`] prints it for a person.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Errors and warnings, by file and place.
    pub problems: Vec<Problem>,
}

impl Report {
    /// How many of the problems are errors.
    pub fn errors(&self) -> usize {
        let of = |problem: &&Problem| problem.severity == Severity::Error;
        self.problems.iter().filter(of).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}\n")?;
        }
        let errors = self.errors();
        let warnings = self.problems.len() - errors;
        let plural = |count| if count == 1 { "" } else { "s" };
        write!(f, "{errors} error{}", plural(errors))?;
        if warnings > 0 {
            write!(f, ", {warnings} warning{}", plural(warnings))?;
        }
        writeln!(f)
    }
}

impl error::Error for Report {}

/// What was found so far, while a policy is read; places still point into [`Sources`].
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<(Severity, At, String, String)>,
    errors: usize,
}

/// More than this is not read by anyone; the rest is counted.
const MAX_PROBLEMS: usize = 200;
/// More than this is not even kept: a file with so many is not a policy.
const MAX_FOUND: usize = 10_000;

impl Problems {
    pub(crate) fn error(&mut self, at: At, message: impl Into<String>, help: impl Into<String>) {
        self.errors += 1;
        self.add(Severity::Error, at, message.into(), help.into());
    }

    pub(crate) fn warning(&mut self, at: At, message: impl Into<String>, help: impl Into<String>) {
        self.add(Severity::Warning, at, message.into(), help.into());
    }

    /// How many errors there are so far.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    fn add(&mut self, severity: Severity, at: At, message: String, help: String) {
        if self.found.len() < MAX_FOUND {
            self.found.push((severity, at, message, help));
        }
    }

    /// The problems by file and place, each once, with the users' text beside them.
    pub(crate) fn finish(mut self, sources: &Sources) -> Vec<Problem> {
        self.found.sort_by(|a, b| {
            (a.1.file, a.1.line, a.1.column).cmp(&(b.1.file, b.1.line, b.1.column))
        });
        self.found
            .dedup_by(|a, b| a.1 == b.1 && a.0 == b.0 && a.2 == b.2);
        let more = self.found.len().saturating_sub(MAX_PROBLEMS);
        let mut problems: Vec<Problem> = self
            .found
            .into_iter()
            .take(MAX_PROBLEMS)
            .map(|(severity, at, message, help)| {
                let source = sources.files.get(at.file as usize);
                let line = source
                    .filter(|_| at.line > 0)
                    .and_then(|source| source.text.lines().nth(at.line as usize - 1))
                    .unwrap_or_default();
                let skip = at.column.saturating_sub(1) as usize;
                let rest: String = line.chars().skip(skip).collect();
                let width = source
                    .and_then(|source| {
                        let start = at.start as usize;
                        source
                            .text
                            .get(start..start.saturating_add(at.len as usize))
                    })
                    .filter(|text| rest.starts_with(text.lines().next().unwrap_or_default()))
                    .and_then(|text| text.lines().next())
                    .map_or(1, |text| text.trim_end().chars().count());
                Problem {
                    severity,
                    place: Place {
                        file: source.map(|source| source.path.clone()).unwrap_or_default(),
                        line: at.line,
                        column: at.column,
                    },
                    message,
                    help,
                    // A line that nobody wrote by hand is not shown.
                    text: if line.len() > 1000 {
                        String::new()
                    } else {
                        line.to_owned()
                    },
                    width: width as u32,
                }
            })
            .collect();
        if more > 0
            && let Some(last) = problems.last().cloned()
        {
            problems.push(Problem {
                message: format!("{more} more problems are not shown"),
                help: String::new(),
                text: String::new(),
                ..last
            });
        }
        problems
    }
}

/// "did you mean `reject`?", or the list of what is allowed.
pub(crate) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let known: Vec<_> = known.into_iter().map(|word| format!("`{word}`")).collect();
            match known.len() {
                0 => String::new(),
                1..=40 => format!("allowed here: {}", known.join(", ")),
                _ => format!(
                    "allowed here: {} …",
                    known.get(..40).unwrap_or_default().join(", ")
                ),
            }
        }
    }
}

/// The known word that is nearest, if one is near enough to have been meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (distance(&lower, candidate), candidate))
        .filter(|&(distance, candidate)| {
            let shorter = lower.chars().count().min(candidate.chars().count());
            distance <= (1 + shorter / 4).min(shorter / 2)
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Damerau-Levenshtein distance (optimal string alignment) of two short words.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let get =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = (get(&above, j) + usize::from(x != y))
                .min(get(&above, j + 1) + 1)
                .min(get(&row, j) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) {
                best = best.min(get(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = above;
        above = row;
    }
    above.last().copied().unwrap_or(0)
}
