//! How the program's own log looks and what stands in it.

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// The settings of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// What is logged, as [`Log::filter`] reads it.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Auto,
            filter: "info".to_owned(),
        }
    }
}

impl Log {
    /// What is logged: a level for all, and levels by room, as `info,gacthu::milter=debug`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the text.
    pub fn filter(text: &str) -> Result<EnvFilter, String> {
        // A lone word that is no level is taken for a room's name: nothing would be logged at all.
        let word = text.split(',').map(str::trim).find(|word| {
            let room = word.contains(['=', '[', ':']) || word.starts_with("gacthu");
            !room && word.parse::<LevelFilter>().is_err()
        });
        if let Some(word) = word {
            return Err(format!(
                "{word:?} is no level; there are off, error, warn, info, debug and trace"
            ));
        }
        EnvFilter::try_new(text).map_err(|error| format!("`{text}` is not a log filter: {error}"))
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// journald under systemd, else text.
    Auto,
    /// Lines for people, on standard error.
    Text,
    /// One JSON object a line, on standard error.
    Json,
    /// To journald with its fields.
    Journald,
}

impl LogFormat {
    /// All of them, by the words of the settings.
    pub(super) const WORDS: [(&'static str, Self); 4] = [
        ("auto", Self::Auto),
        ("text", Self::Text),
        ("json", Self::Json),
        ("journald", Self::Journald),
    ];
}
