//! `gacthu policy acknowledge`: lets rules act that came with an upgrade.

use std::{path::PathBuf, process::ExitCode};

use super::{
    FAILED, UNUSABLE, fail,
    policy::{load, print_report},
};
use crate::state::AcknowledgedFile;

/// Arguments of `gacthu policy acknowledge`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The state folder of `gacthu serve`.
    #[arg(long, env = "GACTHU_STATE", value_name = "DIR")]
    state: PathBuf,
    /// The policy files that `gacthu serve` runs.
    #[arg(
        long,
        env = "GACTHU_POLICY",
        required = true,
        value_name = "FILE",
        value_delimiter = ':'
    )]
    policy: Vec<PathBuf>,
    /// Acknowledge every rule that waits for it.
    #[arg(long, conflicts_with = "rules")]
    all: bool,
    /// Ids of rules.
    #[arg(value_name = "RULE")]
    rules: Vec<String>,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let mut generation = match load(&args.policy) {
        Ok(generation) => generation,
        Err(report) => {
            print_report(&report);
            return fail(UNUSABLE, "the policy does not check");
        }
    };
    let unusable = |error: std::io::Error| {
        let dir = args.state.display();
        fail(
            UNUSABLE,
            format_args!("state {dir} cannot be used: {error}"),
        )
    };
    let file = AcknowledgedFile::in_folder(&args.state);
    if let Err(error) = std::fs::metadata(&args.state).and_then(|_| file.apply(&mut generation)) {
        return unusable(error);
    }
    let waiting = generation.unacknowledged();
    if !args.all && args.rules.is_empty() {
        for new in &waiting {
            println!("{} (policy {}, from {})", new.rule, new.policy, new.origin);
        }
        println!(
            "{} rules observe until they are acknowledged",
            waiting.len()
        );
        return ExitCode::SUCCESS;
    }
    let unknown = args
        .rules
        .iter()
        .find(|rule| !waiting.iter().any(|new| new.rule == **rule));
    if let Some(rule) = unknown {
        return fail(
            FAILED,
            format_args!(
                "the rule `{rule}` does not wait for an acknowledgement; nothing was changed"
            ),
        );
    }
    let mut acknowledged = match file.read() {
        Ok(acknowledged) => acknowledged,
        Err(error) => return unusable(error),
    };
    let chosen = waiting
        .into_iter()
        .filter(|new| args.all || args.rules.contains(&new.rule));
    for new in chosen {
        println!(
            "acknowledged: {} (policy {}, from {})",
            new.rule, new.policy, new.origin
        );
        acknowledged.add(new);
    }
    if let Err(error) = file.write(&acknowledged) {
        return unusable(error);
    }
    println!("`gacthu reload` lets them act.");
    ExitCode::SUCCESS
}
