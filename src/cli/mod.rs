//! The command line: one file a subcommand, arguments in, text or JSON out. Nothing is decided here.

mod acknowledge;
mod audit;
mod check;
mod coverage;
mod explain;
mod feed;
mod inputs;
mod journal;
mod list_watch;
mod log;
mod lookup;
mod made;
mod office;
mod options;
mod policy;
mod reload;
mod rule;
mod scan;
mod serve;
mod show;
mod summary;

use std::{io::Write, process::ExitCode};

use clap::{Parser, Subcommand};

/// gác thư: guards the mail of Vietnamese agencies. A milter beside Postfix.
///
/// It reads each message once, asks a YAML policy that names the clause behind each rule, and
/// answers Postfix. Begin with `gacthu policy check`, try it on your own mail with `gacthu scan`,
/// then plug it into Postfix in `observe` mode (docs/postfix.md).
#[derive(Debug, Parser)]
#[command(
    name = "gacthu",
    version,
    after_help = "Exit status: 0 success; 1 the check, test or reload failed; 2 wrong usage, or a file that could not be read."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the milter.
    Serve(options::Args),
    /// Check a settings file with all its policies.
    Check(check::Args),
    /// Judge messages in files, folders, Maildir and mbox, and explain.
    Scan(scan::Args),
    /// Check, test, show and explain policies.
    #[command(
        after_help = "Exit status: 0 all is well; 1 a check or a test failed; 2 wrong usage, or a file that could not be read."
    )]
    #[command(subcommand)]
    Policy(policy::Command),
    /// Find, show, export and reconcile decisions of the past.
    #[command(
        after_help = "Where the journal stands is read from the settings file (--config), or said by --storage.\n\nExit status: 0 success; 1 nothing was found, or rows and log do not agree; 2 wrong usage, or the journal cannot be read."
    )]
    #[command(subcommand)]
    Journal(journal::Command),
    /// Make the running gacthu load its policy anew.
    Reload(reload::Args),
    /// Find what no milter sees.
    #[command(
        after_help = "Exit status: 0 nothing was found; 1 something was; 2 something could not be read."
    )]
    #[command(subcommand)]
    Audit(audit::Command),
}

/// Runs the program and gives its exit status.
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => serve::run(args),
        Command::Check(args) => check::run(&args),
        Command::Scan(args) => scan::run(&args),
        Command::Policy(command) => policy::run(command),
        Command::Journal(command) => journal::run(command),
        Command::Reload(args) => reload::run(&args),
        Command::Audit(command) => audit::run(command),
    }
}

/// Exit status 1: the check, test or reload failed.
const FAILED: u8 = 1;

/// Exit status 2: wrong usage, or a file that could not be read.
const UNUSABLE: u8 = 2;

/// Prints a line on standard output. A reader that went away (`| head`) is no failure of ours, and
/// `println!` would panic on it.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints an error the way the rest of the program does and gives its exit status.
fn fail(status: u8, message: impl std::fmt::Display) -> ExitCode {
    eprintln!("gacthu: {message}");
    ExitCode::from(status)
}
