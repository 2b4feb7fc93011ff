//! Rows go in.

use sqlx::{Any, AnyConnection, AssertSqlSafe, Connection, query::Query};

use super::{Store, StoreError};
use crate::journal::{
    log::Record,
    month::Month,
    record::{Cell, Entry, FIRED, Kind, MESSAGE, RECIPIENT, Rows},
};

/// A record that the store will never take.
#[derive(Debug)]
pub struct Refused {
    /// Its number.
    pub sequence: u64,
    /// Why.
    pub why: String,
}

/// How many rows one statement has: few texts, so that each is prepared once.
const SIZES: [usize; 3] = [64, 8, 1];

impl Store {
    /// Stores records of the decision log, in order and each once, and gives those that are no events
    /// or that the store does not take. What is stored is safe from a power cut.
    ///
    /// # Errors
    /// The store is away: nothing is lost, the same records are to be given again.
    pub async fn put(
        &mut self,
        node: &str,
        records: &[Record],
    ) -> Result<Vec<Refused>, StoreError> {
        let mut refused = Vec::new();
        let mut entries = Vec::new();
        for record in records {
            match Entry::read(node, record.sequence, &record.payload) {
                Ok(entry) => entries.push(entry),
                Err(why) => refused.push(Refused {
                    sequence: record.sequence,
                    why,
                }),
            }
        }
        let together = self
            .bounded(async |store| store.put_entries(node, &entries).await)
            .await;
        match together {
            Ok(()) => return Ok(refused),
            Err(StoreError::Values(_)) => {}
            Err(error) => return Err(error),
        }
        // One of them is not taken: which?
        for entry in &entries {
            let one = std::slice::from_ref(entry);
            match self
                .bounded(async |store| store.put_entries(node, one).await)
                .await
            {
                Ok(()) => {}
                Err(StoreError::Values(why)) => refused.push(Refused {
                    sequence: u64::try_from(entry.sequence).unwrap_or_default(),
                    why,
                }),
                Err(error) => return Err(error),
            }
        }
        Ok(refused)
    }

    async fn put_entries(&mut self, node: &str, entries: &[Entry]) -> Result<(), StoreError> {
        let mut months: Vec<Month> = entries.iter().map(|entry| Month::of(entry.time)).collect();
        months.sort_unstable();
        months.dedup();
        for month in months {
            let decisions: Vec<&Rows> = entries
                .iter()
                .filter(|entry| Month::of(entry.time) == month)
                .filter_map(|entry| match &entry.kind {
                    Kind::Decision(rows) => Some(rows),
                    Kind::Unanswered(_) => None,
                })
                .collect();
            let connection = self.connection(month).await?;
            put_rows(connection, &decisions).await?;
        }
        for entry in entries {
            if let Kind::Unanswered(rows) = &entry.kind {
                self.unanswered(node, entry, rows).await?;
            }
        }
        Ok(())
    }

    /// Says of a decision, in this month or at the end of the last one, that its answer was lost. One
    /// that was never made has a row of its own.
    async fn unanswered(
        &mut self,
        node: &str,
        entry: &Entry,
        rows: &Rows,
    ) -> Result<(), StoreError> {
        let month = Month::of(entry.time);
        let there = self.months().await?;
        for month in [month, month.previous()] {
            if !there.contains(&month) {
                continue;
            }
            let span = month.span();
            let connection = self.connection(month).await?;
            let done = sqlx::query("UPDATE message SET answered = 0 WHERE reference = $1 AND node = $2 AND time >= $3 AND time < $4")
                .bind(entry.reference.as_str())
                .bind(node)
                .bind(span.start)
                .bind(span.end)
                .execute(connection)
                .await?;
            if done.rows_affected() > 0 {
                return Ok(());
            }
        }
        let connection = self.connection(month).await?;
        put_rows(connection, &[rows]).await
    }
}

/// All rows or none.
async fn put_rows(connection: &mut AnyConnection, rows: &[&Rows]) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await?;
    let messages: Vec<&[Cell]> = rows.iter().map(|rows| rows.message.as_slice()).collect();
    insert(&mut transaction, "message", MESSAGE, &messages).await?;
    let all = |pick: fn(&Rows) -> &Vec<Vec<Cell>>| -> Vec<&[Cell]> {
        let rows = rows.iter().flat_map(|rows| pick(rows));
        rows.map(Vec::as_slice).collect()
    };
    insert(
        &mut transaction,
        "recipient",
        RECIPIENT,
        &all(|rows| &rows.recipients),
    )
    .await?;
    insert(&mut transaction, "fired", FIRED, &all(|rows| &rows.fired)).await?;
    transaction.commit().await?;
    Ok(())
}

async fn insert(
    connection: &mut AnyConnection,
    table: &str,
    columns: &[&str],
    mut rows: &[&[Cell]],
) -> Result<(), StoreError> {
    for size in SIZES {
        while let Some((now, rest)) = rows.split_at_checked(size) {
            if now.is_empty() {
                break;
            }
            let sql = statement(table, columns, size);
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for cell in now.iter().copied().flatten() {
                query = bind(query, cell);
            }
            query.execute(&mut *connection).await?;
            rows = rest;
        }
    }
    Ok(())
}

fn bind<'q>(
    query: Query<'q, Any, sqlx::any::AnyArguments>,
    cell: &Cell,
) -> Query<'q, Any, sqlx::any::AnyArguments> {
    match cell {
        Cell::Number(number) => query.bind(*number),
        Cell::Text(text) => query.bind(text.clone()),
        Cell::NoText => query.bind(None::<String>),
        Cell::NoNumber => query.bind(None::<i64>),
    }
}

/// The names are ours, never a message's.
fn statement(table: &str, columns: &[&str], rows: usize) -> String {
    let mut sql = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
    let mut number = 0;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns.len() {
            number += 1;
            let comma = if column == 0 { "" } else { ", " };
            sql.push_str(&format!("{comma}${number}"));
        }
        sql.push(')');
    }
    sql + " ON CONFLICT DO NOTHING"
}
