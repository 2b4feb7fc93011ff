//! Where the journal stands, as `storage:` of gacthu.yaml names it, and how long it keeps what.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::any::AnyConnectOptions;

/// Where the journal stands.
#[derive(Clone, PartialEq, Eq)]
pub enum Storage {
    /// A folder with one SQLite file a month.
    Sqlite(PathBuf),
    /// A PostgreSQL database, by its URL.
    Postgres(String),
}

impl Storage {
    /// Reads `sqlite:FOLDER` or `postgres://…`; a folder counts from `beside`.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub fn parse(text: &str, beside: &Path) -> Result<Self, (String, String)> {
        let samples = "write `sqlite:/var/lib/gacthu/journal`, a folder, or `postgres:///gacthu?host=/run/postgresql`";
        if let Some(folder) = text.strip_prefix("sqlite:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            if folder.is_empty() || folder.starts_with(':') {
                return Err((format!("`{text}` names no folder"), samples.to_owned()));
            }
            return Ok(Self::Sqlite(beside.join(folder)));
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            // Not repeated: what stands behind the colon may be a password.
            let word = text.split(':').next().unwrap_or_default();
            return Err((format!("`{word}` is no storage"), samples.to_owned()));
        }
        match AnyConnectOptions::from_str(text) {
            Ok(_) => Ok(Self::Postgres(text.to_owned())),
            Err(error) => Err((
                format!("the URL of the storage cannot be read: {error}"),
                samples.to_owned(),
            )),
        }
    }
}

/// Without a password.
impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(folder) => write!(f, "sqlite:{}", folder.display()),
            Self::Postgres(url) => {
                let mut shown = "postgres:…".to_owned();
                if let Ok(mut options) = AnyConnectOptions::from_str(url) {
                    let url = &mut options.database_url;
                    // An error means that it can have no password.
                    let _ = url.set_password(None);
                    url.set_query(None);
                    shown = url.to_string();
                }
                f.write_str(&shown)
            }
        }
    }
}

/// As [`fmt::Display`].
impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// How long the journal keeps the fields of each class. Whole months go: what stands in one is
/// forgotten when its last day is so long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The rows themselves: reference, times, sizes, rules, verdicts.
    pub technical: Duration,
    /// Clients, senders, recipients.
    pub addresses: Duration,
    /// File names, texts of replies.
    pub content: Duration,
}

/// Two years, thirteen months, half a year.
impl Default for Keep {
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 24 * 3600);
        Self {
            technical: days(730),
            addresses: days(400),
            content: days(180),
        }
    }
}

/// What happens to a message whose decision cannot be written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtLimit {
    /// It is answered as decided, and counted (`gacthu_journal_dropped_total`).
    #[default]
    Continue,
    /// It is asked to come again, where a policy enforces.
    Defer,
}

/// What `storage:` and `journal:` of gacthu.yaml say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalSettings {
    /// None: SQLite in `journal` under the state folder.
    pub storage: Option<Storage>,
    /// `storage: off`
    pub off: bool,
    /// This machine's name in the journal; none: its host name.
    pub node: Option<String>,
    /// Bytes that the decision log may have.
    pub limit: u64,
    /// What happens beyond.
    pub at_limit: AtLimit,
    /// How long what is kept.
    pub keep: Keep,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self {
            storage: None,
            off: false,
            node: None,
            limit: 1 << 30,
            at_limit: AtLimit::default(),
            keep: Keep::default(),
        }
    }
}

impl JournalSettings {
    /// Where the journal stands for a service with this state folder; none: there is no journal.
    pub fn place(&self, state: Option<&Path>) -> Option<Storage> {
        if self.off {
            return None;
        }
        let default = || Some(Storage::Sqlite(state?.join("journal")));
        self.storage.clone().or_else(default)
    }

    /// This machine's name in the journal.
    pub fn node(&self) -> String {
        let host = || {
            let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
            let name = name.trim();
            if name.is_empty() { "node" } else { name }.to_owned()
        };
        self.node.clone().unwrap_or_else(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storages_are_read_and_shown_without_a_password() {
        let beside = Path::new("/etc/gacthu");
        for (text, shown) in [
            ("sqlite:/var/lib/x", "sqlite:/var/lib/x"),
            ("sqlite:journal", "sqlite:/etc/gacthu/journal"),
            ("sqlite:///var/x", "sqlite:/var/x"),
            (
                "postgres://gacthu:secret@db:5432/mail",
                "postgres://gacthu@db:5432/mail",
            ),
            (
                "postgresql:///mail?host=/run/p&password=secret",
                "postgresql:///mail",
            ),
        ] {
            let storage = Storage::parse(text, beside).unwrap();
            assert_eq!(storage.to_string(), shown);
            assert_eq!(format!("{storage:?}"), shown);
        }
        for text in [
            "sqlite:",
            "sqlite::memory:",
            "mysql://u:secret@x/y",
            "/var/lib",
            "postgres://[/x",
        ] {
            let (wrong, help) = Storage::parse(text, beside).unwrap_err();
            assert!(
                !wrong.contains("secret") && help.contains("sqlite:/var"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn without_a_state_folder_and_a_storage_there_is_no_journal() {
        let mut settings = JournalSettings::default();
        assert_eq!(settings.place(None), None);
        let place = settings.place(Some(Path::new("/s"))).unwrap();
        assert_eq!(place.to_string(), "sqlite:/s/journal");
        settings.off = true;
        assert_eq!(settings.place(Some(Path::new("/s"))), None);
    }
}
