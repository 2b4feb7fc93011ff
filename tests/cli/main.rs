//! The program from outside: arguments, output, exit status, signals, sockets. Each file is one
//! part of the command line; `program.rs` runs it, `mta.rs` speaks to it as Postfix does.

mod config;
mod coverage;
mod mta;
mod notices;
mod policy;
mod program;
mod reload;
mod scan;
mod serve;
mod sessions;
mod show;
mod state;
mod summary;
mod systemd;
mod told;

use program::run;

#[test]
fn every_subcommand_tells_its_exit_status() {
    for words in [
        &["--help"][..],
        &["serve", "--help"],
        &["scan", "--help"],
        &["policy", "--help"],
        &["policy", "check", "--help"],
        &["policy", "test", "--help"],
        &["policy", "acknowledge", "--help"],
        &["policy", "coverage", "--help"],
        &["policy", "show", "--help"],
        &["policy", "explain", "--help"],
        &["check", "--help"],
        &["reload", "--help"],
        &["journal", "--help"],
        &["audit", "--help"],
        &["audit", "forwards", "--help"],
    ] {
        let said = run(words);
        assert_eq!(said.status, 0, "{words:?}");
        assert!(
            said.out.contains("Exit status: 0"),
            "{words:?}: {}",
            said.out
        );
    }
}

#[test]
fn wrong_usage_is_2_and_names_the_remedy() {
    for (words, text) in [
        (&["sacn"][..], "scan"),
        (&["scan", "--jsno"], "--json"),
        (&["reload", "--pid-file", "x"], "--pid-file"),
        (&[], "Usage"),
    ] {
        let said = run(words);
        assert_eq!(said.status, 2, "{words:?}");
        assert!(said.err.contains(text), "{words:?}: {}", said.err);
        assert_eq!(said.out, "");
    }
}
