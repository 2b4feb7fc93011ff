//! `gacthu policy`: check and test policies.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use super::{
    FAILED, UNUSABLE, acknowledge,
    explain::explain,
    fail,
    feed::{self, Given, Judged, Source},
    made, say,
};
use crate::{
    engine::{Limits, Services},
    policy::{self, Generation, Letter, PolicyTest, Report},
    site::Site,
};

/// Sub-commands of `gacthu policy`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check policies with all that they extend and all lists; print every mistake.
    #[command(after_help = "Exit status: 0 they can be loaded; 1 they cannot.")]
    Check(Files),
    /// Run the tests that stand in policies.
    #[command(
        after_help = "Exit status: 0 every test passed; 1 one did not; 2 a policy does not check or a message could not be read."
    )]
    Test(Files),
    /// Let rules that came with an upgrade act as they are written: until then they observe.
    #[command(
        after_help = "Without RULE and --all it lists what waits. Then `gacthu reload`.\n\nExit status: 0 done; 1 a RULE does not wait for it; 2 a policy does not check, or the state folder cannot be used."
    )]
    Acknowledge(acknowledge::Args),
    /// Compare policies with the clauses of their regulations: what is covered, by which rule and
    /// tests, what is missing, what no filter can enforce.
    #[command(
        after_help = "Exit status: 0 nothing is missing; 1 a clause that could be served has no rule, or a rule cites a clause that the register does not give to it; 2 a policy or a register does not check."
    )]
    Coverage(super::coverage::Args),
    /// Print a policy with all that it extends, each value with the place where it is written.
    #[command(after_help = "Exit status: 0 it was printed; 2 the policy does not check.")]
    Show(super::show::Args),
    /// Say in words what one rule does, and where each part of it is written.
    #[command(
        after_help = "Exit status: 0 it was explained; 1 there is no such rule; 2 the policy does not check."
    )]
    Explain(super::rule::Args),
}

/// The policies to look at.
#[derive(Debug, clap::Args)]
pub struct Files {
    /// Policy files, each checked on its own.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(command: Command) -> ExitCode {
    match command {
        Command::Check(files) => check(&files.files),
        Command::Test(files) => test(&files.files),
        Command::Acknowledge(args) => acknowledge::run(&args),
        Command::Coverage(args) => super::coverage::run(&args),
        Command::Show(args) => super::show::run(&args),
        Command::Explain(args) => super::rule::run(&args),
    }
}

/// Loads policies to run together.
pub(super) fn load(paths: &[PathBuf]) -> Result<Generation, Report> {
    let generation = policy::load(paths)?;
    for warning in generation.warnings() {
        eprintln!("{warning}");
    }
    Ok(generation)
}

/// Prints mistakes for a person.
pub(super) fn print_report(report: &Report) {
    eprintln!("{report}");
}

fn check(files: &[PathBuf]) -> ExitCode {
    let mut wrong = 0;
    for file in files {
        match load(std::slice::from_ref(file)) {
            Ok(generation) => say(format_args!("{}: {}", file.display(), summary(&generation))),
            Err(report) => {
                print_report(&report);
                wrong += 1;
            }
        }
    }
    if wrong > 0 {
        return fail(
            FAILED,
            format_args!("{wrong} of {} policies cannot be loaded", files.len()),
        );
    }
    ExitCode::SUCCESS
}

/// What was loaded, in one line.
pub(super) fn summary(generation: &Generation) -> String {
    let policies: Vec<String> = (0..generation.policies())
        .map(|policy| {
            format!(
                "{} ({:?}, {} rules)",
                generation.name(policy),
                generation.mode(policy),
                generation.rules(policy)
            )
            .to_lowercase()
        })
        .collect();
    format!(
        "ok: {}; {} tests; generation {}",
        policies.join(", "),
        generation.tests().len(),
        generation.short_hash()
    )
}

fn test(files: &[PathBuf]) -> ExitCode {
    let (mut passed, mut failed, mut unusable) = (0, 0, 0);
    for file in files {
        let generation = match load(std::slice::from_ref(file)) {
            Ok(generation) => generation,
            Err(report) => {
                print_report(&report);
                unusable += 1;
                continue;
            }
        };
        let services = match Services::new(generation, Limits::default(), None) {
            // Both verdicts are wanted, not what comes of the second delivery.
            Ok(services) => Arc::new(services.with_site(Site::strictest())),
            Err(error) => return fail(UNUSABLE, format_args!("no memory for the spool: {error}")),
        };
        for test in services.policy().tests() {
            let name = format!(
                "{}:{}: {}",
                test.place.file.display(),
                test.place.line,
                test.letter
            );
            let given = Given::from(&test.given);
            let (label, judged) = match &test.letter {
                Letter::File(path) => {
                    let source = Source::whole(path);
                    (source.label(), feed::judge(&services, &source, &given))
                }
                Letter::Made(sizes) => {
                    let letter = made::letter(&test.given, sizes);
                    (
                        test.letter.to_string(),
                        feed::judge_from(&services, letter, &given),
                    )
                }
            };
            match judged {
                Err(error) => {
                    say(format_args!("unreadable  {name}: {error}"));
                    unusable += 1;
                }
                Ok(judged) => match unmet(test, &judged) {
                    unmet if unmet.is_empty() => {
                        say(format_args!("ok          {name}"));
                        passed += 1;
                    }
                    unmet => {
                        say(format_args!("FAILED      {name}"));
                        for line in unmet {
                            say(format_args!("            {line}"));
                        }
                        for line in explain(&label, &judged, true).lines() {
                            say(format_args!("            | {line}"));
                        }
                        failed += 1;
                    }
                },
            }
        }
    }
    say(format_args!(
        "{passed} passed, {failed} failed, {unusable} unusable"
    ));
    if unusable > 0 {
        return ExitCode::from(UNUSABLE);
    }
    if failed > 0 {
        return ExitCode::from(FAILED);
    }
    ExitCode::SUCCESS
}

/// What a test expected and did not get, one line each.
fn unmet(test: &PolicyTest, judged: &Judged) -> Vec<String> {
    let mut unmet = Vec::new();
    let verdict = judged.verdict();
    if verdict != test.expect.verdict {
        unmet.push(format!(
            "verdict: expected {}, got {verdict}",
            test.expect.verdict
        ));
    }
    let applied = judged.applied();
    if let Some(expected) = test.expect.applied
        && expected != applied
    {
        unmet.push(format!("applied: expected {expected}, got {applied}"));
    }
    for rule in &test.expect.not {
        if judged.fired().any(|fired| *fired.id == **rule) {
            unmet.push(format!("rules: {rule} fired, and must not"));
        }
    }
    if let Some(expected) = &test.expect.rules {
        let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        let mut got: Vec<&str> = judged.fired().map(|fired| &*fired.id).collect();
        for rules in [&mut expected, &mut got] {
            rules.sort_unstable();
            rules.dedup();
        }
        if expected != got {
            unmet.push(format!(
                "rules: expected [{}], got [{}]",
                expected.join(", "),
                got.join(", ")
            ));
        }
    }
    unmet
}
