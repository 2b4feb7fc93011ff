//! What is too old goes: a month as a whole, or its addresses or its content-like fields alone.

use std::{fs, io, time::Duration};

use sqlx::{AnyConnection, Connection, Row};

use super::{Month, Storage, Store, StoreError, schema, sqlite_file};
use crate::journal::storage::Keep;

/// One thing that was forgotten, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purged {
    /// The month.
    pub month: Month,
    /// `technical`: the whole month; `addresses`, `content`: that class of its fields.
    pub class: &'static str,
}

/// Forgetting a class, in `message` and where else it stands.
const ADDRESSES: &[&str] = &[
    "UPDATE message SET client = NULL, sender = NULL, addresses = NULL WHERE time >= $1 AND time < $2",
    "UPDATE recipient SET address = NULL WHERE time >= $1 AND time < $2",
];
const CONTENT: &[&str] = &["UPDATE message SET content = NULL WHERE time >= $1 AND time < $2"];

impl Store {
    /// Forgets what `now` (microseconds since 1970) is too old for. With `only_say` nothing changes.
    ///
    /// # Errors
    /// The store cannot be reached; what was done stays done.
    pub async fn purge(
        &mut self,
        keep: &Keep,
        now: i64,
        only_say: bool,
    ) -> Result<Vec<Purged>, StoreError> {
        let mut purged = Vec::new();
        let old = |month: Month, keep: Duration| {
            let keep = i64::try_from(keep.as_micros()).unwrap_or(i64::MAX);
            month.span().end <= now.saturating_sub(keep)
        };
        for month in self.months().await? {
            if old(month, keep.technical) {
                if !only_say {
                    self.bounded(async |store| store.drop_month(month).await)
                        .await?;
                }
                purged.push(Purged {
                    month,
                    class: "technical",
                });
                continue;
            }
            for (class, keep, statements) in [
                ("addresses", keep.addresses, ADDRESSES),
                ("content", keep.content, CONTENT),
            ] {
                if !old(month, keep) {
                    continue;
                }
                let done = self
                    .bounded(async |store| {
                        store.forget(month, class, statements, now, only_say).await
                    })
                    .await?;
                if done {
                    purged.push(Purged { month, class });
                }
            }
        }
        Ok(purged)
    }

    /// Gives whether there was anything to forget.
    async fn forget(
        &mut self,
        month: Month,
        class: &str,
        statements: &'static [&'static str],
        now: i64,
        only_say: bool,
    ) -> Result<bool, StoreError> {
        let sqlite = matches!(self.storage, Storage::Sqlite(_));
        let (name, span) = (month.to_string(), month.span());
        let connection = self.connection(month).await?;
        let done = sqlx::query("SELECT COUNT(*) FROM forgotten WHERE month = $1 AND class = $2")
            .bind(name.as_str())
            .bind(class)
            .fetch_one(&mut *connection)
            .await?;
        if done.try_get::<i64, _>(0)? > 0 {
            return Ok(false);
        }
        if only_say {
            return Ok(true);
        }
        let mut transaction = connection.begin().await?;
        for statement in statements.iter().copied() {
            sqlx::query(statement)
                .bind(span.start)
                .bind(span.end)
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query("INSERT INTO forgotten (month, class, time) VALUES ($1, $2, $3)")
            .bind(name.as_str())
            .bind(class)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        if sqlite {
            compact(connection).await?;
        }
        Ok(true)
    }

    async fn drop_month(&mut self, month: Month) -> Result<(), StoreError> {
        match &self.storage {
            Storage::Sqlite(folder) => {
                let file = sqlite_file(folder, month);
                self.open.retain(|(open, _)| *open != month);
                for end in ["-wal", "-shm", ""] {
                    let mut name = file.clone().into_os_string();
                    name.push(end);
                    match fs::remove_file(&name) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => {
                            let text = format!("{}: {error}", file.display());
                            return Err(StoreError::Unavailable(text));
                        }
                        _ => {}
                    }
                }
            }
            Storage::Postgres(_) => {
                let name = month.underscored();
                let tables = schema::MONTHLY
                    .map(|table| format!("{table}_{name}"))
                    .join(", ");
                let connection = self.connection(month).await?;
                let sql = format!("DROP TABLE IF EXISTS {tables}");
                sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                    .execute(&mut *connection)
                    .await?;
                sqlx::query("DELETE FROM forgotten WHERE month = $1")
                    .bind(month.to_string())
                    .execute(connection)
                    .await?;
                self.made.retain(|made| *made != month);
            }
        }
        Ok(())
    }
}

/// Gives the room back, and leaves nothing of what was forgotten in the file or its log.
async fn compact(connection: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::raw_sql("VACUUM").execute(&mut *connection).await?;
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(connection)
        .await?;
    Ok(())
}
