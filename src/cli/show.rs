//! `gacthu policy show`: the merged policy, and where each value comes from.

use std::{path::PathBuf, process::ExitCode};

use super::{
    UNUSABLE, fail,
    policy::{load, print_report},
    say,
};

/// Arguments of `gacthu policy show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The policy file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// One object: `policy`, and under `origins` the file and line of each value by JSON pointer.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> ExitCode {
    match load(std::slice::from_ref(&args.file)) {
        Ok(generation) => {
            if args.json {
                say(generation.show_json(0));
            } else {
                say(generation.show(0).trim_end());
            }
            ExitCode::SUCCESS
        }
        Err(report) => {
            print_report(&report);
            fail(UNUSABLE, "the policy does not check; nothing is shown")
        }
    }
}
