//! `gacthu policy coverage`: clauses × rules × tests.

use std::{path::PathBuf, process::ExitCode};

use serde::Serialize;

use super::{FAILED, UNUSABLE, fail, policy::print_report, say};
use crate::policy::{self, ClauseCoverage, Coverage, RuleState, State};

/// Arguments of `gacthu policy coverage`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Policy files, each on its own.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A register of clauses; without it `clauses/NAME.yaml` beside the policy NAME.yaml or one that
    /// it extends.
    #[arg(long, value_name = "FILE")]
    clauses: Vec<PathBuf>,
    /// One JSON object a policy, one a line: policy, regulation, counts, clauses (clause, quote,
    /// does, state, rules, waits_for, remark), rules, untested.
    #[arg(long)]
    json: bool,
}

/// One line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    complete: bool,
    counts: Vec<(State, usize)>,
    /// Rules in force that are not tested on both sides.
    untested: Vec<&'a str>,
    #[serde(flatten)]
    coverage: &'a Coverage,
}

/// The states in the order in which they are told, with their words.
const STATES: &[(State, &str)] = &[
    (State::Covered, "đã có / covered"),
    (State::Partly, "có một phần / partly"),
    (State::Later, "có sau / later"),
    (State::Site, "đơn vị điền / site"),
    (State::Report, "báo cáo / report"),
    (State::Admin, "quản trị / admin"),
    (State::NotEnforceable, "ngoài bộ lọc / not enforceable"),
    (State::Missing, "THIẾU / MISSING"),
];

pub(super) fn run(args: &Args) -> ExitCode {
    let (mut incomplete, mut unusable) = (0, 0);
    for file in &args.files {
        match policy::coverage(file, &args.clauses) {
            Ok(coverage) => {
                incomplete += usize::from(coverage.incomplete());
                if args.json {
                    say(json(&coverage));
                } else {
                    table(&coverage);
                }
            }
            Err(report) => {
                print_report(&report);
                unusable += 1;
            }
        }
    }
    if unusable > 0 {
        let text = "of the policies cannot be compared";
        return fail(UNUSABLE, format_args!("{unusable} {text}"));
    }
    if incomplete > 0 {
        return fail(
            FAILED,
            format_args!(
                "{incomplete} of {} policies miss something",
                args.files.len()
            ),
        );
    }
    ExitCode::SUCCESS
}

fn json(coverage: &Coverage) -> String {
    let line = Line {
        complete: !coverage.incomplete(),
        counts: STATES
            .iter()
            .map(|&(state, _)| (state, coverage.count(state)))
            .collect(),
        untested: coverage.untested().map(|rule| rule.id.as_str()).collect(),
        coverage,
    };
    serde_json::to_string(&line).unwrap_or_default()
}

fn table(coverage: &Coverage) {
    say(format_args!(
        "{} · {}",
        coverage.policy, coverage.regulation
    ));
    for clause in &coverage.clauses {
        say(row(clause));
        if !clause.remark.is_empty() {
            say(format_args!("{:24}{}", "", clause.remark));
        }
    }
    say("");
    say("Quy tắc / rules:");
    for rule in &coverage.rules {
        let state = match (rule.state, &rule.waits_for) {
            (RuleState::InForce, _) => format!(
                "{} trúng / fire, {} suýt / miss",
                rule.tests_that_fire, rule.tests_that_miss
            ),
            (RuleState::Waits, Some(word)) => format!("chờ / waits for {word}"),
            (RuleState::Waits, None) => "chờ / waits".to_owned(),
            (RuleState::Off, _) => "tắt / off".to_owned(),
        };
        say(format_args!("  {:<22}{state}   [{}]", rule.id, rule.basis));
    }
    for rule in coverage.untested() {
        say(format_args!(
            "  CHƯA KIỂM THỬ HAI PHÍA / NOT TESTED ON BOTH SIDES: {}   {}",
            rule.id, rule.place
        ));
    }
    for rule in coverage.rules.iter().filter(|rule| rule.stray) {
        say(format_args!(
            "  KHÔNG CÓ TRONG SỔ / NOT IN THE REGISTER: {} cites {}   {}",
            rule.id, rule.basis, rule.place
        ));
    }
    let counts: Vec<String> = STATES
        .iter()
        .filter(|(state, _)| *state == State::Missing || coverage.count(*state) > 0)
        .map(|&(state, words)| format!("{words} {}", coverage.count(state)))
        .collect();
    say("");
    say(format_args!(
        "{} điều khoản / clauses: {}",
        coverage.clauses.len(),
        counts.join(" · ")
    ));
    say("");
}

fn row(clause: &ClauseCoverage) -> String {
    let words = STATES.iter().find(|(state, _)| *state == clause.state);
    let words = words.map_or("", |(_, words)| words);
    let mut row = format!("  {:<22}{words}", clause.clause);
    if !clause.rules.is_empty() {
        row.push_str(": ");
        row.push_str(&clause.rules.join(", "));
    }
    if !clause.waits_for.is_empty() {
        row.push_str(&format!(
            " (chờ / waits for {})",
            clause.waits_for.join(", ")
        ));
    }
    row
}
