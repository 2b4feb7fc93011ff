//! Where the program's own log goes and how it looks.

use std::io::IsTerminal;

use tracing_subscriber::{fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::settings::{Log, LogFormat};

/// Starts the log. `filter` as in `RUST_LOG`, for example `info` or `info,gacthu::milter=debug`.
///
/// # Errors
/// A sentence for the user where the filter is not well formed or journald cannot be reached.
pub fn start(format: LogFormat, filter: &str) -> Result<(), String> {
    let filter =
        Log::filter(filter).map_err(|error| format!("--log {filter:?}: {error}. Example: info"))?;
    let registry = tracing_subscriber::registry().with(filter);
    // systemd sets JOURNAL_STREAM where standard error goes to the journal (systemd.exec(5)).
    let under_journald = std::env::var_os("JOURNAL_STREAM").is_some();
    match format {
        LogFormat::Journald => registry.with(journald()?).init(),
        LogFormat::Auto if under_journald => registry.with(journald()?).init(),
        LogFormat::Json => registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(std::io::stderr),
            )
            .init(),
        LogFormat::Auto | LogFormat::Text => registry
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

fn journald() -> Result<tracing_journald::Layer, String> {
    tracing_journald::layer()
        .map(|layer| layer.with_syslog_identifier("gacthu".to_owned()))
        .map_err(|error| format!("journald cannot be reached: {error}. Use --log-format text"))
}
