//! `gacthu check`: a settings file with all its policies.

use std::{
    fmt::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{FAILED, UNUSABLE, fail, policy::print_report};
use crate::{
    facts::Network,
    milter::{ListenSpec, Place},
    policy::{self, Generation, Report},
    settings::Settings,
    verdict::Mode,
};

/// More domains than this are counted, not shown.
const MAX_DOMAINS: usize = 200;

/// Arguments of `gacthu check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "It looks at the file and at all policies and lists that it names; sockets, folders and groups are looked at by `gacthu serve`.\n\nExit status: 0 gacthu can run with it; 1 it cannot; 2 the file cannot be read."
)]
pub struct Args {
    /// The settings file.
    #[arg(value_name = "FILE", default_value = "/etc/gacthu/gacthu.yaml")]
    file: PathBuf,
}

pub(super) fn run(args: &Args) -> ExitCode {
    if let Err(error) = std::fs::File::open(&args.file) {
        return fail(
            UNUSABLE,
            format_args!("{} cannot be read: {error}", args.file.display()),
        );
    }
    let (settings, mut report) = Settings::survey(&args.file);
    let mut generation = None;
    if !settings.policies.is_empty() {
        match policy::load(&settings.policies) {
            Ok(loaded) => {
                report.problems.extend_from_slice(loaded.warnings());
                generation = Some(loaded);
            }
            Err(Report { problems }) => report.problems.extend(problems),
        }
    }
    if !report.problems.is_empty() {
        print_report(&report);
    }
    match generation {
        Some(generation) if report.errors() == 0 => {
            // Writing to a String does not fail.
            let summary = summary(&args.file, &settings, &generation);
            print!("{}", summary.unwrap_or_default());
            ExitCode::SUCCESS
        }
        _ => fail(
            FAILED,
            format_args!("{}: gacthu cannot run with it", args.file.display()),
        ),
    }
}

/// What was understood, for people.
fn summary(
    file: &Path,
    settings: &Settings,
    generation: &Generation,
) -> Result<String, fmt::Error> {
    let mut text = format!("{}: ok\n\nlisteners\n", file.display());
    if settings.listeners.is_empty() {
        text.push_str("  those that systemd hands over (gacthu.socket)\n");
    }
    for ListenSpec { place, role, .. } in &settings.listeners {
        let role = role.as_str();
        match place {
            Place::Unix { mode, group, .. } => writeln!(
                text,
                "  {place}  {role}, mode {mode:04o}, group {}",
                group.as_deref().unwrap_or("its own")
            )?,
            Place::Inet { .. } => writeln!(text, "  {place}  {role}")?,
        }
    }
    let networks = &settings.site.networks;
    let counts = Network::ALL.map(|network| (network, networks.count(network)));
    if counts.iter().any(|(_, count)| *count > 0) {
        text.push_str("\nnetworks\n");
    }
    for (network, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        writeln!(text, "  {}  {count}", network.as_str())?;
    }
    if let Some(storage) = settings.journal.place(settings.state.as_deref()) {
        writeln!(
            text,
            "\njournal\n  {storage}, node {}",
            settings.journal.node()
        )?;
        if settings.state.is_none() {
            writeln!(
                text,
                "  needs `state` (or --state), or gacthu does not start"
            )?;
        }
    }
    text.push_str("\npolicies\n");
    for (index, path) in settings.policies.iter().enumerate() {
        let mode = match generation.mode(index) {
            Mode::Observe => "observe",
            Mode::Enforce => "enforce",
        };
        writeln!(
            text,
            "  {}  {mode}, {} rules, {}",
            generation.name(index),
            generation.rules(index),
            path.display()
        )?;
    }
    if generation.policies() > 1 {
        writeln!(
            text,
            "  recipients of several: {}",
            settings.site.mixed_policies.as_str()
        )?;
    }
    text.push_str("\ndomains\n");
    let claims = generation.claims();
    let width = claims.iter().map(|claim| claim.domain.len()).max();
    let width = width.unwrap_or(0).min(50);
    for claim in claims.iter().take(MAX_DOMAINS) {
        let former = if claim.former { " (former)" } else { "" };
        writeln!(
            text,
            "  {:width$}  {}{former}",
            claim.domain,
            generation.name(claim.policy)
        )?;
    }
    if claims.len() > MAX_DOMAINS {
        writeln!(text, "  … {} in all", claims.len())?;
    }
    if claims.is_empty() {
        text.push_str("  none: every message would be relayed or outbound\n");
    }
    Ok(text)
}
