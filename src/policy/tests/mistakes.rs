//! Mistakes that people make in a policy, and what gacthu says to each.
//!
//! `mistakes.txt` holds them: `=== name`, the policy, `---`, then each problem as
//! `line:column severity: message` and `= help`. `GACTHU_BLESS=1 cargo test mistakes` writes what
//! is said now; read the difference before committing it.

use std::{fmt::Write, fs, path::PathBuf};

use super::support::*;
use crate::policy::{Problem, Severity};

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/policy/tests/mistakes.txt")
}

fn said(problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = &problem.place;
        writeln!(
            text,
            "{}:{} {severity}: {}",
            place.line, place.column, problem.message
        )
        .unwrap();
        if !problem.help.is_empty() {
            writeln!(text, "  = {}", problem.help).unwrap();
        }
    }
    text
}

#[test]
fn mistakes_are_named_with_their_place_and_a_remedy() {
    let text = fs::read_to_string(golden()).unwrap();
    let mut now = String::new();
    let mut count = 0;
    for case in text.split("=== ").skip(1) {
        let (name, rest) = case.split_once('\n').unwrap();
        let (policy, _) = rest.split_once("---\n").unwrap_or((rest, ""));
        let folder = Folder::new(&[("policy.yaml", policy)]);
        let problems = match folder.load() {
            Ok(generation) => generation.warnings().to_vec(),
            Err(report) => report.problems,
        };
        assert!(!problems.is_empty(), "{name}: nothing is said");
        for problem in &problems {
            assert!(!problem.help.is_empty(), "{name}: no remedy for {problem}");
            assert_eq!(problem.place.file, folder.policy, "{name}");
            if problem.place.line > 0 {
                let line = policy.lines().nth(problem.place.line as usize - 1);
                assert_eq!(
                    Some(problem.text.as_str()),
                    line,
                    "{name}: the user's own text"
                );
            }
        }
        let folder = folder.root.display().to_string();
        let said = said(&problems).replace(&folder, "DIR");
        write!(now, "=== {name}\n{policy}---\n{said}").unwrap();
        count += 1;
    }
    assert!(count >= 100, "{count} mistakes");
    if std::env::var_os("GACTHU_BLESS").is_some() {
        fs::write(golden(), &now).unwrap();
    }
    // Line by line: a difference is easier to read.
    for (index, (now, then)) in now.lines().zip(text.lines()).enumerate() {
        assert_eq!(now, then, "mistakes.txt, line {}", index + 1);
    }
    assert_eq!(now.len(), text.len());
}
