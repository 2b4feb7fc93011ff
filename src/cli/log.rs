//! Where the program's own log goes and how it looks.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::settings::{Log, LogFormat};

/// Starts the log; decision events are in it at any level. `filter` as [`Log::filter`] reads it.
///
/// # Errors
/// A sentence for the user where the filter is not well formed or journald cannot be reached.
pub fn start(format: LogFormat, filter: &str) -> Result<(), String> {
    // Decisions are evidence: `--log warn` must not silence them. First, so that who really wants
    // that can still write gacthu::decision=off.
    Log::filter(filter).map_err(|error| format!("--log {filter:?}: {error}. Example: info"))?;
    let filter = EnvFilter::try_new(format!("gacthu::decision=info,{filter}"))
        .map_err(|error| format!("--log {filter:?}: {error}. Example: info"))?;
    let registry = tracing_subscriber::registry().with(filter);
    let journald = match format {
        LogFormat::Journald => Some(journald()?),
        // Where journald cannot be reached after all, standard error is as good.
        LogFormat::Auto if journal_is_stderr() => journald().ok(),
        _ => None,
    };
    match format {
        _ if journald.is_some() => registry.with(journald).init(),
        LogFormat::Json => registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(std::io::stderr),
            )
            .init(),
        _ => registry
            .with(
                fmt::layer()
                    .with_ansi(std::io::stderr().is_terminal())
                    .with_target(false)
                    .with_writer(std::io::stderr),
            )
            .init(),
    }
    Ok(())
}

/// Whether standard error goes to the journal. systemd says which file that is in JOURNAL_STREAM
/// (systemd.exec(5)); programs inherit the variable, so standard error may be another file by now.
fn journal_is_stderr() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else {
        return false;
    };
    rustix::fs::fstat(std::io::stderr())
        .is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}

fn journald() -> Result<tracing_journald::Layer, String> {
    tracing_journald::layer()
        .map(|layer| layer.with_syslog_identifier("gacthu".to_owned()))
        .map_err(|error| format!("journald cannot be reached: {error}. Use --log-format text"))
}
