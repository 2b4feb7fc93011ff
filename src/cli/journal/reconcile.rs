//! `gacthu journal reconcile`: decisions beside what Postfix says it did.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{self, BufReader, Write},
    ops::ControlFlow,
    path::PathBuf,
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::json;

use super::{Failure, Place, output::local};
use crate::journal::{
    maillog::{Fate, MailLog},
    store::{Access, Filter, Order},
};

/// Arguments of `gacthu journal reconcile`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    place: Place,
    /// Postfix's log, plain text; `-`: standard input. Several: in their order.
    #[arg(long, required = true, value_name = "FILE")]
    maillog: Vec<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// A row, as far as it is needed here.
struct Row {
    time: i64,
    reference: String,
    answer: String,
}

/// A row may be older than the first line of its message: a client that is slow, a log that was
/// rotated meanwhile.
const DAY: i64 = 86_400 * 1_000_000;

pub(super) async fn run(args: Args) -> Result<bool, Failure> {
    let (mut store, _) = args.place.open(Access::Read)?;
    let mut log = MailLog::default();
    for path in &args.maillog {
        let wrong = |error: io::Error| {
            Failure::Usage(format!("{} cannot be read: {error}", path.display()))
        };
        let read = match path.as_os_str() == "-" {
            true => log.add(io::stdin().lock()),
            false => log.add(BufReader::new(File::open(path).map_err(wrong)?)),
        };
        read.map_err(wrong)?;
    }
    let now = Timestamp::now();
    let times: Vec<i64> = log
        .fates
        .values()
        .filter_map(|fate| log_time(&fate.first, now))
        .collect();
    let (Some(&first), Some(&last)) = (times.iter().min(), times.iter().max()) else {
        let text = "the log holds no line of Postfix about a message";
        return Err(Failure::Usage(text.to_owned()));
    };
    let filter = Filter {
        since: Some(first.saturating_sub(DAY)),
        until: Some(last.saturating_add(DAY)),
        ..Filter::default()
    };
    let mut rows: HashMap<String, Row> = HashMap::new();
    let mut at_rcpt = 0_u64;
    store
        .find(&filter, Order::Oldest, |found| {
            let text = |key: &str| found.event[key].as_str().unwrap_or_default().to_owned();
            let id = text("queue_id");
            if text("stage") != "end" || id.is_empty() {
                at_rcpt += u64::from((first..=last).contains(&found.time));
                return ControlFlow::Continue(());
            }
            let row = Row {
                time: found.time,
                reference: text("reference"),
                answer: text("answer"),
            };
            rows.insert(id, row);
            ControlFlow::Continue(())
        })
        .await?;
    let mut findings: BTreeMap<&'static str, Vec<(String, String)>> = BTreeMap::new();
    let mut agree = 0_u64;
    for (id, row) in &rows {
        let fate = log.fates.get(id);
        if fate.is_none() && !(first..=last).contains(&row.time) {
            continue;
        }
        match judge(row, fate) {
            None => agree += 1,
            Some(kind) => {
                let state = fate.map_or_else(|| "no line in the log".to_owned(), state);
                let text = format!(
                    "{}  {}  told {}: {state}",
                    local(row.time),
                    row.reference,
                    row.answer
                );
                findings.entry(kind).or_default().push((id.clone(), text));
            }
        }
    }
    let mut own = 0_u64;
    for (id, fate) in &log.fates {
        if rows.contains_key(id) || fate.sent == 0 {
            continue;
        }
        if fate.own {
            own += 1;
            continue;
        }
        let text = format!("{}  {}", fate.first, state(fate));
        findings
            .entry(WITHOUT_ROW)
            .or_default()
            .push((id.clone(), text));
    }
    let mut out = io::stdout().lock();
    for (kind, list) in &mut findings {
        list.sort_by(|a, b| a.1.cmp(&b.1));
        if !args.json {
            writeln!(out, "{kind}: {}", list.len())?;
        }
        for (id, text) in list {
            match args.json {
                true => writeln!(
                    out,
                    "{}",
                    json!({"finding": kind, "queue_id": id, "text": text})
                )?,
                false => writeln!(out, "  {id}  {text}")?,
            }
        }
    }
    let sums = json!({
        "rows": rows.len(), "agree": agree, "without_a_queue_id": at_rcpt,
        "queue_ids_in_the_log": log.fates.len(), "messages_of_postfix_itself": own,
    });
    match args.json {
        true => writeln!(out, "{}", json!({ "sums": sums }))?,
        false => {
            writeln!(out, "rows and log agree: {agree}")?;
            writeln!(out, "decided at RCPT or without a queue id: {at_rcpt}")?;
            writeln!(
                out,
                "messages of Postfix itself (bounces, notifications): {own}"
            )?;
        }
    }
    Ok(findings.is_empty())
}

const WITHOUT_ROW: &str = "delivered without a decision in the journal";
const WITHOUT_LINE: &str = "decided, and not in the log";
const WITHOUT_DELIVERY: &str = "accepted and not delivered";
const IN_SPITE: &str = "refused and delivered all the same";

/// What is odd about a row and what became of its message.
fn judge(row: &Row, fate: Option<&Fate>) -> Option<&'static str> {
    let Some(fate) = fate else {
        return Some(WITHOUT_LINE);
    };
    match row.answer.as_str() {
        "reject" | "defer" if fate.sent > 0 => Some(IN_SPITE),
        "reject" | "defer" => None,
        // Held until somebody releases or deletes it.
        "quarantine" => None,
        _ if fate.sent == 0 => Some(WITHOUT_DELIVERY),
        _ => None,
    }
}

fn state(fate: &Fate) -> String {
    let mut parts = Vec::new();
    for (count, word) in [
        (fate.sent, "delivered"),
        (fate.deferred, "deferred"),
        (fate.bounced, "bounced"),
    ] {
        if count > 0 {
            parts.push(format!("{word} {count}"));
        }
    }
    parts.extend(fate.milter.clone());
    parts.push(
        if fate.removed {
            "left the queue"
        } else {
            "not seen to leave the queue"
        }
        .to_owned(),
    );
    parts.join(", ")
}

/// The time of a line: RFC 3339, or `Nov 22 08:00:00` of this machine's zone and of the year in which
/// it is not to come.
fn log_time(text: &str, now: Timestamp) -> Option<i64> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_microsecond());
    }
    let mut words = text.split_ascii_whitespace();
    let (month, day, clock) = (words.next()?, words.next()?, words.next()?);
    let names = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = names
        .find(month)
        .filter(|at| at % 3 == 0 && month.len() == 3)?
        / 3
        + 1;
    let year = now.to_zoned(TimeZone::system()).year();
    let at = |year: i16| {
        let day: u8 = day.parse().ok()?;
        let local: DateTime = format!("{year:04}-{month:02}-{day:02}T{clock}")
            .parse()
            .ok()?;
        local
            .to_zoned(TimeZone::system())
            .ok()
            .map(|time| time.timestamp())
    };
    let tomorrow = now.as_microsecond().saturating_add(DAY);
    let this = at(year).map(Timestamp::as_microsecond);
    match this {
        Some(time) if time <= tomorrow => Some(time),
        _ => at(year.saturating_sub(1)).map(Timestamp::as_microsecond),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_of_syslog_are_read() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let exact = log_time("2026-01-01T08:00:00.5+07:00", now).unwrap();
        assert_eq!(exact, 1_767_229_200_500_000);
        // In January, December was last year.
        let december = log_time("Dec 31 12:00:00", now).unwrap();
        assert!(now.as_microsecond() - december < 3 * DAY, "{december}");
        assert!(log_time("Jan  1 12:00:00", now).unwrap() > december);
        for wrong in [
            "",
            "Foo 1 12:00:00",
            "Jan x 12:00:00",
            "Jan 1",
            "anF 1 12:00:00",
        ] {
            assert_eq!(log_time(wrong, now), None, "{wrong}");
        }
    }
}
