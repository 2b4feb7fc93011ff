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

/// Time, node and sequence of the last row of a page.
type Key = (i64, String, i64);

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
            let mut after: Option<Key> = None;
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
                    after = Some((
                        row.try_get("time")?,
                        row.try_get("node")?,
                        row.try_get("sequence")?,
                    ));
                    let Some(found) = found(&row)? else { continue };
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

/// The statement of one page: keys by an index in the order that is wanted, at most a page of them,
/// and to each its row, if all else holds too. So a page costs a page, however often a rule fires.
/// What a person typed stands behind placeholders only.
fn query(
    filter: &Filter,
    order: Order,
    span: &Range<i64>,
    after: Option<&Key>,
) -> (String, Vec<Argument>) {
    let mut page = Page::new(order, span, after);
    let mut columns = Vec::new();
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
            columns.push(format!("{column} = ${}", page.text(value)));
        }
    }
    let address = filter
        .address
        .as_ref()
        .map(|text| page.text(search_key(text)));
    let rule = filter.rule.as_ref().map(|rule| page.text(rule.clone()));
    let mut wanted: Vec<String> = columns.iter().map(|column| format!("m.{column}")).collect();
    let same = |table: &str| {
        format!(
            "FROM {table} x WHERE x.time = m.time AND x.node = m.node AND x.sequence = m.sequence"
        )
    };
    if let Some(address) = address {
        wanted.push(format!(
            "(m.sender = ${address} OR EXISTS (SELECT 1 {} AND x.address = ${address}))",
            same("recipient")
        ));
    }
    if let Some(rule) = rule {
        wanted.push(format!(
            "EXISTS (SELECT 1 {} AND x.rule = ${rule})",
            same("fired")
        ));
    }
    // One message is the narrowest, then an address, then a rule.
    let named = filter.reference.is_some() || filter.queue_id.is_some();
    let keys = match (address, rule) {
        (Some(address), _) if !named => format!(
            "SELECT * FROM ({}) s UNION SELECT * FROM ({}) r ORDER BY {} LIMIT {PAGE}",
            page.keys("message", &format!("sender = ${address}")),
            page.keys("recipient", &format!("address = ${address}")),
            page.order("")
        ),
        (None, Some(rule)) if !named => page.keys("fired", &format!("rule = ${rule}")),
        _ => {
            let all = columns.iter().map(String::as_str).chain(["1 = 1"]);
            page.keys("message", &all.collect::<Vec<_>>().join(" AND "))
        }
    };
    let wanted: String = wanted
        .iter()
        .map(|wanted| format!(" AND {wanted}"))
        .collect();
    let sql = format!(
        "WITH k AS ({keys}) SELECT k.time, k.node, k.sequence, m.answered, m.technical, m.addresses, m.content FROM k LEFT JOIN message m ON m.time = k.time AND m.node = k.node AND m.sequence = k.sequence AND m.time >= $1 AND m.time < $2{wanted} ORDER BY {}",
        page.order("k.")
    );
    (sql, page.arguments)
}

/// One page's place and direction, and the values behind its placeholders.
struct Page {
    arguments: Vec<Argument>,
    direction: &'static str,
    /// Behind the last page.
    behind: String,
}

impl Page {
    fn new(order: Order, span: &Range<i64>, after: Option<&Key>) -> Self {
        let (sign, direction) = match order {
            Order::Newest => ("<", "DESC"),
            Order::Oldest => (">", "ASC"),
        };
        let mut page = Self {
            arguments: vec![Argument::Number(span.start), Argument::Number(span.end)],
            direction,
            behind: String::new(),
        };
        if let Some((time, node, sequence)) = after {
            page.arguments.push(Argument::Number(*time));
            page.arguments.push(Argument::Text(node.clone()));
            page.arguments.push(Argument::Number(*sequence));
            page.behind = format!(" AND (time, node, sequence) {sign} ($3, $4, $5)");
        }
        page
    }

    /// The number of the placeholder for a text.
    fn text(&mut self, text: String) -> usize {
        self.arguments.push(Argument::Text(text));
        self.arguments.len()
    }

    fn order(&self, table: &str) -> String {
        let columns = ["time", "node", "sequence"];
        let columns = columns.map(|column| format!("{table}{column} {}", self.direction));
        columns.join(", ")
    }

    fn keys(&self, table: &str, condition: &str) -> String {
        format!(
            "SELECT DISTINCT time, node, sequence FROM {table} WHERE {condition} AND time >= $1 AND time < $2{} ORDER BY {} LIMIT {PAGE}",
            self.behind,
            self.order("")
        )
    }
}

/// None: something else that is wanted does not hold.
fn found(row: &AnyRow) -> Result<Option<Found>, StoreError> {
    let Some(technical) = row.try_get::<Option<String>, _>("technical")? else {
        return Ok(None);
    };
    let addresses: Option<String> = row.try_get("addresses")?;
    let content: Option<String> = row.try_get("content")?;
    Ok(Some(Found {
        time: row.try_get("time")?,
        node: row.try_get("node")?,
        sequence: row.try_get("sequence")?,
        answered: row.try_get::<i64, _>("answered")? != 0,
        event: join(&technical, addresses.as_deref(), content.as_deref()),
    }))
}
