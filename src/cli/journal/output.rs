//! Rows as a table, as JSON lines, or as CSV that no spreadsheet takes for formulas.

use std::io::{self, Write};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use super::super::explain::clean;
use crate::journal::store::Found;

/// How rows look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Format {
    /// One line each, for people.
    Table,
    /// One JSON object a line: the decision event.
    Json,
    /// Comma-separated values (RFC 4180) with a head.
    Csv,
}

/// Prints rows as they come.
pub(super) struct Printer<W: Write> {
    format: Format,
    out: io::BufWriter<W>,
    head: bool,
}

/// Columns of the CSV.
const COLUMNS: &[&str] = &[
    "time",
    "reference",
    "node",
    "stage",
    "queue_id",
    "role",
    "direction",
    "client",
    "sender",
    "recipients",
    "size",
    "verdict",
    "applied",
    "answer",
    "answered",
    "rules",
    "sensitive",
    "policy_hash",
];

/// How many recipients and rules a line of the table names.
const NAMED: usize = 3;

impl<W: Write> Printer<W> {
    pub(super) fn new(format: Format, out: W) -> Self {
        Self {
            format,
            out: io::BufWriter::new(out),
            head: false,
        }
    }

    pub(super) fn print(&mut self, found: &Found) -> io::Result<()> {
        match self.format {
            Format::Json => writeln!(self.out, "{}", found.json()),
            Format::Csv => {
                self.write_head()?;
                let cells = COLUMNS.iter().map(|column| csv(&cell(found, column)));
                let line: Vec<String> = cells.collect();
                write!(self.out, "{}\r\n", line.join(","))
            }
            Format::Table => writeln!(self.out, "{}", line(found)),
        }
    }

    fn write_head(&mut self) -> io::Result<()> {
        if self.format == Format::Csv && !self.head {
            self.head = true;
            write!(self.out, "{}\r\n", COLUMNS.join(","))?;
        }
        Ok(())
    }

    /// An empty CSV has its head too.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.write_head()?;
        self.flush()
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The time of this machine's zone.
pub(super) fn local(time: i64) -> String {
    let time = Timestamp::from_microsecond(time).unwrap_or_default();
    let zoned = time.to_zoned(TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn line(found: &Found) -> String {
    let event = &found.event;
    let text = |key: &str| event[key].as_str().unwrap_or("-").to_owned();
    let (verdict, answer) = (text("verdict"), text("answer"));
    let mut did = match verdict == answer {
        true => answer,
        false => format!("{verdict}, told {answer}"),
    };
    if event.get("verdict").is_none() {
        did = "undecided".to_owned();
    }
    if !found.answered {
        did.push_str(", unanswered");
    }
    let sender = match event.get("sender") {
        Some(Value::String(sender)) => format!("<{sender}>"),
        _ => "-".to_owned(),
    };
    let mut line = format!(
        "{}  {}  {:<12}  {did}  {sender} -> {}",
        local(found.time),
        text("reference"),
        text("queue_id"),
        short(&recipients(event))
    );
    let rules = rules(event);
    if !rules.is_empty() {
        line.push_str(&format!("  [{}]", short(&rules)));
    }
    clean(&line)
}

fn short(list: &[String]) -> String {
    let mut text = list.get(..NAMED).unwrap_or(list).join(", ");
    if list.len() > NAMED {
        text.push_str(&format!(" and {} more", list.len() - NAMED));
    }
    if text.is_empty() {
        text.push('-');
    }
    text
}

pub(super) fn recipients(event: &Value) -> Vec<String> {
    let list = event["recipients"].as_array().into_iter().flatten();
    list.map(|recipient| {
        recipient["address"]
            .as_str()
            .unwrap_or("(forgotten)")
            .to_owned()
    })
    .collect()
}

/// Each rule that fired, once.
fn rules(event: &Value) -> Vec<String> {
    distinct(event, |recipient| {
        let rules = recipient["rules"].as_array().into_iter().flatten();
        rules.filter_map(|rule| rule["id"].as_str()).collect()
    })
}

fn distinct<'e>(event: &'e Value, of: impl Fn(&'e Value) -> Vec<&'e str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for recipient in event["recipients"].as_array().into_iter().flatten() {
        for word in of(recipient) {
            if !all.iter().any(|known| known == word) {
                all.push(word.to_owned());
            }
        }
    }
    all
}

fn cell(found: &Found, column: &str) -> String {
    let event = &found.event;
    match column {
        "node" => found.node.clone(),
        "answered" => if found.answered { "yes" } else { "no" }.to_owned(),
        "recipients" => recipients(event).join(" "),
        "rules" => rules(event).join(" "),
        "direction" => {
            let directions = |recipient: &'_ Value| -> Option<String> {
                Some(recipient["direction"].as_str()?.to_owned())
            };
            let list = event["recipients"].as_array().into_iter().flatten();
            let mut all: Vec<String> = list.filter_map(directions).collect();
            all.dedup();
            all.join(" ")
        }
        "size" => event["message"]["size"]
            .as_u64()
            .map_or(String::new(), |size| size.to_string()),
        "sensitive" => if event["sensitive"] == true {
            "yes"
        } else {
            "no"
        }
        .to_owned(),
        column => event[column].as_str().unwrap_or_default().to_owned(),
    }
}

/// One cell. A spreadsheet takes what begins with these signs for a formula; the apostrophe makes it
/// text (OWASP, "CSV Injection").
fn csv(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let apostrophe = if formula { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(sender: &str) -> Found {
        Found {
            time: 1_795_337_830_000_000,
            node: "mx1".to_owned(),
            sequence: 4,
            answered: false,
            event: json!({
                "reference": "ABCDEFGHJK", "verdict": "reject", "answer": "accept", "sender": sender,
                "recipients": [
                    {"address": "a@x", "direction": "inbound", "rules": [{"id": "exe"}, {"id": "big"}]},
                    {"address": "b@x", "direction": "inbound", "rules": [{"id": "exe"}]},
                    {"address": "c@x", "direction": "inbound"}, {"address": "d@x", "direction": "inbound"}],
                "message": {"size": 77}}),
        }
    }

    fn print(format: Format, rows: &[Found]) -> String {
        let mut out = Vec::new();
        let mut printer = Printer::new(format, &mut out);
        for row in rows {
            printer.print(row).unwrap();
        }
        printer.finish().unwrap();
        drop(printer);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_cell_is_a_formula() {
        for sender in [
            "=cmd|' /C calc'!A0@x",
            "+1@x",
            "-1@x",
            "@x",
            "\t=1@x",
            "＝1@x",
        ] {
            let text = print(Format::Csv, &[found(sender)]);
            assert!(text.contains(&format!("\"'{sender}\"")), "{text}");
        }
        let text = print(Format::Csv, &[found("\"a,b\"@x"), found("a@x")]);
        assert!(text.contains("\"\"\"a,b\"\"@x\""), "{text}");
        assert!(
            text.contains(",\"a@x\",\"a@x b@x c@x d@x\",\"77\","),
            "{text}"
        );
        assert_eq!(text.lines().count(), 3);
        assert_eq!(print(Format::Csv, &[]), COLUMNS.join(",") + "\r\n");
    }

    #[test]
    fn a_table_is_for_people_and_does_nothing_to_their_terminal() {
        let text = print(Format::Table, &[found("a\u{1b}[2J@x")]);
        assert!(!text.contains('\u{1b}'), "{text}");
        for part in [
            "ABCDEFGHJK",
            "reject, told accept, unanswered",
            "a@x, b@x, c@x and 1 more",
            "[exe, big]",
        ] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }

    #[test]
    fn json_is_the_event_with_its_place() {
        let text = print(Format::Json, &[found("a@x")]);
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["node"], "mx1");
        assert_eq!(json["answered"], false);
        assert_eq!(json["message"]["size"], 77);
        assert_eq!(text.lines().count(), 1);
    }
}
