//! Rows come out: month by month, page by page.

use std::ops::{ControlFlow, Range};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Row, any::AnyRow};

use super::{Store, StoreError};
use crate::journal::record::{join, search_key};

/// What is looked for; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The reference that the sender was told.
    pub reference: Option<String>,
    /// Postfix's queue id.
    pub queue_id: Option<String>,
    /// A sender or a recipient, without regard to case.
    pub address: Option<String>,
    /// A rule that fired.
    pub rule: Option<String>,
    /// What the policy would do if every rule were enforced.
    pub verdict: Option<String>,
    /// What Postfix was told.
    pub answer: Option<String>,
    /// From this time on, in microseconds since 1970.
    pub since: Option<i64>,
    /// Before this time.
    pub until: Option<i64>,
}

/// In which order rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// When it was decided, in microseconds since 1970.
    pub time: i64,
    /// Which machine decided.
    pub node: String,
    /// The number of its record there.
    pub sequence: i64,
    /// Whether Postfix heard the answer, as far as gacthu knows.
    pub answered: bool,
    /// The decision event (`docs/decision-event.md`), without what was forgotten.
    pub event: Value,
}

impl Found {
    /// The event with `node`, `sequence` and `answered`, as `gacthu journal` prints it.
    pub fn json(&self) -> Value {
        let mut json = self.event.clone();
        if let Value::Object(object) = &mut json {
            object.insert("node".to_owned(), self.node.as_str().into());
            object.insert("sequence".to_owned(), self.sequence.into());
            object.insert("answered".to_owned(), self.answered.into());
        }
        json
    }
}

/// Rows that are fetched at once.
const PAGE: i64 = 500;

/// A value behind a placeholder.
enum Argument {
    Number(i64),
    Text(String),
}

impl Store {
    /// Gives each row that is looked for to `each`, until it breaks off.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn find(
        &mut self,
        filter: &Filter,
        order: Order,
        mut each: impl FnMut(Found) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut months = self.months().await?;
        if order == Order::Oldest {
            months.reverse();
        }
        let since = filter.since.unwrap_or(i64::MIN);
        let until = filter.until.unwrap_or(i64::MAX);
        for month in months {
            let span = month.span();
            let span = span.start.max(since)..span.end.min(until);
            if span.is_empty() {
                continue;
            }
            let mut after = None;
            loop {
                let (sql, arguments) = query(filter, order, &span, after.as_ref());
                let rows = self
                    .bounded(async |store| {
                        let connection = store.connection(month).await?;
                        let mut query = sqlx::query(AssertSqlSafe(sql));
                        for argument in arguments {
                            query = match argument {
                                Argument::Number(number) => query.bind(number),
                                Argument::Text(text) => query.bind(text),
                            };
                        }
                        Ok(query.fetch_all(connection).await?)
                    })
                    .await;
                let rows = match rows {
                    Err(StoreError::Empty) => break,
                    rows => rows?,
                };
                let count = rows.len();
                for row in rows {
                    let found = found(&row)?;
                    after = Some((found.time, found.node.clone(), found.sequence));
                    if each(found).is_break() {
                        return Ok(());
                    }
                }
                if (count as i64) < PAGE {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// The statement of one page. What a person typed stands behind placeholders only.
fn query(
    filter: &Filter,
    order: Order,
    span: &Range<i64>,
    after: Option<&(i64, String, i64)>,
) -> (String, Vec<Argument>) {
    let mut arguments = vec![Argument::Number(span.start), Argument::Number(span.end)];
    let mut wanted = String::new();
    for (column, value) in [
        (
            "reference",
            filter
                .reference
                .as_ref()
                .map(|text| text.trim().to_uppercase()),
        ),
        ("queue_id", filter.queue_id.clone()),
        ("verdict", filter.verdict.clone()),
        ("answer", filter.answer.clone()),
    ] {
        if let Some(value) = value {
            arguments.push(Argument::Text(value));
            wanted.push_str(&format!(" AND {column} = ${}", arguments.len()));
        }
    }
    if let Some(address) = &filter.address {
        arguments.push(Argument::Text(search_key(address)));
        let number = arguments.len();
        wanted.push_str(&format!(
            " AND (time, node, sequence) IN (SELECT time, node, sequence FROM message WHERE sender = ${number} AND time >= $1 AND time < $2 UNION SELECT time, node, sequence FROM recipient WHERE address = ${number} AND time >= $1 AND time < $2)"
        ));
    }
    if let Some(rule) = &filter.rule {
        arguments.push(Argument::Text(rule.clone()));
        wanted.push_str(&format!(
            " AND (time, node, sequence) IN (SELECT time, node, sequence FROM fired WHERE rule = ${} AND time >= $1 AND time < $2)",
            arguments.len()
        ));
    }
    let (sign, direction) = match order {
        Order::Newest => ("<", "DESC"),
        Order::Oldest => (">", "ASC"),
    };
    if let Some((time, node, sequence)) = after {
        arguments.push(Argument::Number(*time));
        arguments.push(Argument::Text(node.clone()));
        arguments.push(Argument::Number(*sequence));
        let last = arguments.len();
        wanted.push_str(&format!(
            " AND (time, node, sequence) {sign} (${}, ${}, ${last})",
            last.saturating_sub(2),
            last.saturating_sub(1)
        ));
    }
    let sql = format!(
        "SELECT time, node, sequence, answered, technical, addresses, content FROM message WHERE time >= $1 AND time < $2{wanted} ORDER BY time {direction}, node {direction}, sequence {direction} LIMIT {PAGE}"
    );
    (sql, arguments)
}

fn found(row: &AnyRow) -> Result<Found, StoreError> {
    let technical: String = row.try_get("technical")?;
    let addresses: Option<String> = row.try_get("addresses")?;
    let content: Option<String> = row.try_get("content")?;
    Ok(Found {
        time: row.try_get("time")?,
        node: row.try_get("node")?,
        sequence: row.try_get("sequence")?,
        answered: row.try_get::<i64, _>("answered")? != 0,
        event: join(&technical, addresses.as_deref(), content.as_deref()),
    })
}
