//! The journal's store: SQLite, one file a month, or PostgreSQL, one partition a month. The same
//! statements run on both; what differs stands in this file: how a month is opened and how it goes.
//!
//! A row is known by (time, node, sequence): what was stored once is not stored twice, however often
//! it comes.

mod find;
mod put;
mod retention;
mod schema;

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Connection, Row, any::AnyConnectOptions};

pub use self::{
    find::{Filter, Found, Order},
    put::Refused,
    retention::Purged,
};
use super::{month::Month, storage::Storage};

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be reached, its disk is full, it is broken: the same may work later.
    #[error("{0}")]
    Unavailable(String),
    /// It does not take these values, and never will.
    #[error("{0}")]
    Values(String),
    /// It was begun and has no tables yet.
    #[error("the journal is empty")]
    Empty,
    /// A later version of gacthu has changed the tables.
    #[error(
        "the journal has format {0}, and this gacthu knows up to {version}: use the newer gacthu",
        version = schema::VERSION
    )]
    Newer(i64),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let text = error.to_string();
        let code = error.as_database_error().and_then(|error| error.code());
        match code.as_deref() {
            Some(code) if values(code) => Self::Values(text),
            _ => Self::Unavailable(text),
        }
    }
}

/// Whether a code of the database blames the values: data exceptions, constraints, limits of size.
fn values(code: &str) -> bool {
    // PostgreSQL's have five characters, SQLite's are numbers whose low byte is the kind.
    if code.len() == 5 {
        return code.starts_with("22") || code.starts_with("23") || code.starts_with("54");
    }
    let kind = code.parse::<u32>().map_or(0, |code| code & 0xff);
    matches!(kind, 18..=20)
}

/// What may be done with the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Make what is missing, write.
    Write,
    /// Look only.
    Read,
}

/// An open store. Connections are made when they are needed, and again after an error.
#[derive(Debug)]
pub struct Store {
    storage: Storage,
    access: Access,
    /// SQLite's months under way, or PostgreSQL's one connection under any month.
    open: Vec<(Month, AnyConnection)>,
    /// PostgreSQL's partitions that are there.
    made: Vec<Month>,
}

/// How long the store may take to be reached, and how long it may take for one piece of work.
const REACH: Duration = Duration::from_secs(10);
const WORK: Duration = Duration::from_secs(120);

/// SQLite files that are held open: this month's and the last one's.
const OPEN: usize = 2;

/// Any number: PostgreSQL's lock while tables are made, so that two nodes do not do it at once.
const LOCK: i64 = 0x6761_6374_6875;

impl Store {
    /// A store; nothing is opened yet.
    pub fn new(storage: Storage, access: Access) -> Self {
        sqlx::any::install_default_drivers();
        Self {
            storage,
            access,
            open: Vec::new(),
            made: Vec::new(),
        }
    }

    /// The months that there are, newest first.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn months(&mut self) -> Result<Vec<Month>, StoreError> {
        let mut months: Vec<Month> = match &self.storage {
            Storage::Sqlite(folder) => sqlite_months(folder)?,
            Storage::Postgres(_) => {
                let connection = match self.reach(Month::of(0)).await {
                    Err(StoreError::Empty) => return Ok(Vec::new()),
                    connection => connection?,
                };
                let sql = "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'gacthu' AND tablename LIKE 'message\\_%'";
                let rows = sqlx::query(sql).fetch_all(connection).await?;
                let names = rows
                    .iter()
                    .filter_map(|row| row.try_get::<String, _>(0).ok());
                names
                    .filter_map(|name| name.strip_prefix("message_")?.parse().ok())
                    .collect()
            }
        };
        months.sort_unstable_by(|a, b| b.cmp(a));
        Ok(months)
    }

    /// Forgets the connections: after an error the next piece of work makes new ones.
    pub fn close(&mut self) {
        self.open.clear();
        self.made.clear();
    }

    /// Runs a piece of work with a bound on its time; after an error the connections are made anew.
    async fn bounded<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let result = match tokio::time::timeout(WORK, work(self)).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Unavailable(format!(
                "no answer within {} s",
                WORK.as_secs()
            ))),
        };
        if result.is_err() {
            self.close();
        }
        result
    }

    /// The connection on which a month stands; where it may write, the month is there afterwards.
    async fn connection(&mut self, month: Month) -> Result<&mut AnyConnection, StoreError> {
        let postgres = matches!(self.storage, Storage::Postgres(_));
        if postgres && self.access == Access::Write && !self.made.contains(&month) {
            make_partitions(self.reach(month).await?, month).await?;
            self.made.push(month);
        }
        self.reach(month).await
    }

    /// The connection on which a month stands, or would.
    async fn reach(&mut self, month: Month) -> Result<&mut AnyConnection, StoreError> {
        let postgres = matches!(self.storage, Storage::Postgres(_));
        let at = self
            .open
            .iter()
            .position(|(open, _)| postgres || *open == month);
        let at = match at {
            Some(at) => at,
            None => {
                let reached =
                    tokio::time::timeout(REACH, connect(self.storage.clone(), self.access, month))
                        .await;
                let connection = reached.map_err(|_| {
                    let text = format!("{} does not answer", self.storage);
                    StoreError::Unavailable(text)
                })??;
                if self.open.len() >= OPEN {
                    self.open.remove(0);
                }
                self.open.push((month, connection));
                self.open.len().saturating_sub(1)
            }
        };
        match self.open.get_mut(at) {
            Some((_, connection)) => Ok(connection),
            None => Err(StoreError::Unavailable("no connection".to_owned())),
        }
    }
}

/// Not a method: a connection is not to be shared between threads, and this is awaited.
async fn connect(
    storage: Storage,
    access: Access,
    month: Month,
) -> Result<AnyConnection, StoreError> {
    let (name, result) = match &storage {
        Storage::Sqlite(folder) => {
            let file = sqlite_file(folder, month);
            let made = match access {
                Access::Write => make_file(folder, &file),
                Access::Read => Ok(()),
            };
            let result = match made {
                Ok(()) => connect_sqlite(&file, access).await,
                Err(error) => Err(StoreError::Unavailable(error.to_string())),
            };
            (file.display().to_string(), result)
        }
        Storage::Postgres(url) => (storage.to_string(), connect_postgres(url, access).await),
    };
    result.map_err(|error| match error {
        StoreError::Unavailable(text) => StoreError::Unavailable(format!("{name}: {text}")),
        error => error,
    })
}

async fn open(url: &str) -> Result<AnyConnection, StoreError> {
    // Statements say nothing to an operator, and texts of 64 rows are long.
    let options = AnyConnectOptions::from_str(url)?.disable_statement_logging();
    Ok(AnyConnection::connect_with(&options).await?)
}

async fn connect_sqlite(file: &Path, access: Access) -> Result<AnyConnection, StoreError> {
    let path = encode(file);
    let mut connection = open(&format!("sqlite://{path}?mode=rw")).await?;
    // FULL: a segment of the decision log is deleted once its records are committed here, so a
    // commit must survive a power cut. One fsync a batch.
    let pragmas = match access {
        Access::Write => {
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 8192"
        }
        Access::Read => "PRAGMA query_only = ON; PRAGMA mmap_size = 268435456",
    };
    sqlx::raw_sql(pragmas).execute(&mut connection).await?;
    let there = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'version'";
    migrate(&mut connection, there, access, "").await?;
    Ok(connection)
}

async fn connect_postgres(url: &str, access: Access) -> Result<AnyConnection, StoreError> {
    let mut connection = open(url).await?;
    let there =
        "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'gacthu' AND tablename = 'version'";
    if access == Access::Write {
        let lock = AssertSqlSafe(format!("SELECT pg_advisory_lock({LOCK})"));
        sqlx::raw_sql(lock).execute(&mut connection).await?;
        let schema = "CREATE SCHEMA IF NOT EXISTS gacthu";
        let rows = sqlx::query("SELECT COUNT(*) FROM pg_namespace WHERE nspname = 'gacthu'")
            .fetch_one(&mut connection)
            .await?;
        if rows.try_get::<i64, _>(0)? == 0 {
            sqlx::raw_sql(schema).execute(&mut connection).await?;
        }
    }
    let path = "SET search_path TO gacthu; SET statement_timeout TO '120s'";
    sqlx::raw_sql(path).execute(&mut connection).await?;
    migrate(&mut connection, there, access, "PARTITION BY RANGE (time)").await?;
    if access == Access::Write {
        let unlock = AssertSqlSafe(format!("SELECT pg_advisory_unlock({LOCK})"));
        sqlx::raw_sql(unlock).execute(&mut connection).await?;
    }
    Ok(connection)
}

/// Brings the tables to this version. All steps or none.
async fn migrate(
    connection: &mut AnyConnection,
    there: &'static str,
    access: Access,
    by_month: &str,
) -> Result<(), StoreError> {
    let count: i64 = sqlx::query(there)
        .fetch_one(&mut *connection)
        .await?
        .try_get(0)?;
    let version: i64 = match count {
        0 => 0,
        _ => {
            let row = sqlx::query("SELECT MAX(number) FROM version")
                .fetch_one(&mut *connection)
                .await?;
            row.try_get(0)?
        }
    };
    if version > schema::VERSION {
        return Err(StoreError::Newer(version));
    }
    if version == schema::VERSION {
        return Ok(());
    }
    if access == Access::Read {
        // There is one version so far, so an older one is none.
        return Err(StoreError::Empty);
    }
    let mut transaction = connection.begin().await?;
    if version == 0 {
        let table = "CREATE TABLE version (number BIGINT NOT NULL)";
        sqlx::raw_sql(table).execute(&mut *transaction).await?;
    }
    let done = usize::try_from(version).unwrap_or_default();
    for statement in schema::STEPS.iter().skip(done).copied().flatten() {
        let statement = statement.replace(schema::BY_MONTH, by_month);
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::query("INSERT INTO version (number) VALUES ($1)")
        .bind(schema::VERSION)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// PostgreSQL's tables of one month.
async fn make_partitions(connection: &mut AnyConnection, month: Month) -> Result<(), StoreError> {
    let (name, span) = (month.underscored(), month.span());
    let mut sql = format!("SELECT pg_advisory_lock({LOCK});");
    for table in schema::MONTHLY {
        sql.push_str(&format!(
            "CREATE TABLE IF NOT EXISTS {table}_{name} PARTITION OF {table} FOR VALUES FROM ({}) TO ({});",
            span.start, span.end
        ));
    }
    sql.push_str(&format!("SELECT pg_advisory_unlock({LOCK})"));
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}

fn sqlite_file(folder: &Path, month: Month) -> PathBuf {
    folder.join(format!("journal-{month}.sqlite"))
}

fn sqlite_months(folder: &Path) -> Result<Vec<Month>, StoreError> {
    let wrong = |error| StoreError::Unavailable(format!("{}: {error}", folder.display()));
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(wrong(error)),
    };
    let mut months = Vec::new();
    for entry in entries {
        let name = entry.map_err(wrong)?.file_name();
        let name = name.to_str().unwrap_or_default();
        let month = name
            .strip_prefix("journal-")
            .and_then(|name| name.strip_suffix(".sqlite"));
        months.extend(month.and_then(|month| month.parse::<Month>().ok()));
    }
    Ok(months)
}

/// SQLite would make the file readable for everyone.
fn make_file(folder: &Path, file: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(folder)?;
    fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o640)
        .open(file)?;
    Ok(())
}

/// A path as a URL writes it.
fn encode(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;

    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                text.push(char::from(*byte));
            }
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
