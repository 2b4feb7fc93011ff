//! A record of the decision log as rows of the journal, and rows as the event again.
//!
//! The event is cut by the classes of its fields (`docs/decision-event.md`): what is technical, what
//! is an address, what is content-like stand in columns of their own, so that each can be forgotten
//! when its time is over. [`join`] puts together what is still there.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::event::{SCHEMA, UNANSWERED};

/// Fields of class A: addresses.
const ADDRESSES: &[&str] = &[
    "client",
    "client_name",
    "helo",
    "authenticated",
    "sender",
    "recipients[].address",
    "message.header_from",
    "forwarding.mailbox",
];

/// Fields of class C: content-like.
const CONTENT: &[&str] = &[
    "reply.lines",
    "message.not_scanned[].part",
    "files.list[].part",
    "files.list[].name",
    "files.list[].signatures[].signer",
    "files.list[].signatures[].organisation",
    "marking[].part",
    "encoding[].part",
];

/// How many characters of a text are searched: an index of PostgreSQL takes no longer ones. The whole
/// text stands in the event.
const SEARCHED: usize = 320;

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Number(i64),
    Text(String),
    NoText,
    NoNumber,
}

/// A record that can be stored.
#[derive(Debug)]
pub(super) struct Entry {
    /// Microseconds since 1970.
    pub(super) time: i64,
    pub(super) sequence: i64,
    pub(super) reference: String,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// A decision: one row of `message`, those of `recipient` and `fired`.
    Decision(Rows),
    /// The answer to the decision with this reference was lost; the row where there was none.
    Unanswered(Rows),
}

/// Values in the order of [`MESSAGE`], [`RECIPIENT`] and [`FIRED`].
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) message: Vec<Cell>,
    pub(super) recipients: Vec<Vec<Cell>>,
    pub(super) fired: Vec<Vec<Cell>>,
}

/// Columns of `message`.
pub(super) const MESSAGE: &[&str] = &[
    "time",
    "node",
    "sequence",
    "reference",
    "stage",
    "queue_id",
    "role",
    "direction",
    "verdict",
    "applied",
    "answer",
    "answered",
    "sensitive",
    "size",
    "recipients",
    "microseconds",
    "policy_hash",
    "client",
    "sender",
    "technical",
    "addresses",
    "content",
];

/// Columns of `recipient`.
pub(super) const RECIPIENT: &[&str] = &[
    "time",
    "node",
    "sequence",
    "position",
    "address",
    "origin",
    "destination",
    "direction",
    "policy",
    "verdict",
    "applied",
];

/// Columns of `fired`.
pub(super) const FIRED: &[&str] = &[
    "time", "node", "sequence", "position", "rule", "basis", "action", "mode", "policy",
];

impl Entry {
    /// Reads a record.
    ///
    /// # Errors
    /// It is no event; why.
    pub(super) fn read(node: &str, sequence: u64, payload: &[u8]) -> Result<Self, String> {
        let mut event: Value =
            serde_json::from_slice(payload).map_err(|error| format!("it is no JSON: {error}"))?;
        let schema = event["schema"].as_str().unwrap_or_default().to_owned();
        let time: Timestamp = event["time"]
            .as_str()
            .unwrap_or_default()
            .parse()
            .map_err(|error| format!("its time is none: {error}"))?;
        let time = time.as_microsecond();
        let reference = event["reference"].as_str().unwrap_or_default().to_owned();
        let sequence = i64::try_from(sequence).unwrap_or(i64::MAX);
        let key = [Cell::Number(time), text(node), Cell::Number(sequence)];
        let kind = match schema.as_str() {
            SCHEMA => Kind::Decision(rows(&key, &mut event, true)),
            UNANSWERED => Kind::Unanswered(rows(&key, &mut event, false)),
            other => return Err(format!("its schema is {other:?}")),
        };
        Ok(Self {
            time,
            sequence,
            reference,
            kind,
        })
    }
}

fn rows(key: &[Cell; 3], event: &mut Value, answered: bool) -> Rows {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let recipients = list(&event["recipients"]);
    let mut directions: Vec<&Value> = recipients.iter().map(|r| &r["direction"]).collect();
    directions.dedup();
    let direction = match directions.as_slice() {
        [one] => searched(one),
        [] => Cell::NoText,
        _ => text("mixed"),
    };
    let mut rows = Rows::default();
    for (position, recipient) in recipients.iter().enumerate() {
        let position = number(&position.into());
        let mut row = key.to_vec();
        row.extend([position.clone(), address(&recipient["address"])]);
        for column in [
            "origin",
            "destination",
            "direction",
            "policy",
            "verdict",
            "applied",
        ] {
            row.push(searched(&recipient[column]));
        }
        rows.recipients.push(row);
        for fired in list(&recipient["rules"]) {
            let mut row = key.to_vec();
            row.push(position.clone());
            for column in ["id", "basis", "then", "mode"] {
                row.push(searched(&fired[column]));
            }
            row.push(searched(&recipient["policy"]));
            rows.fired.push(row);
        }
    }
    let flag = |set: bool| Cell::Number(set.into());
    let stage = match answered {
        true => searched(&event["stage"]),
        // Decided it was never: Postfix went away before.
        false => text("none"),
    };
    rows.message = key.to_vec();
    rows.message.extend([
        searched(&event["reference"]),
        stage,
        searched(&event["queue_id"]),
        searched(&event["role"]),
        direction,
        searched(&event["verdict"]),
        searched(&event["applied"]),
        searched(&event["answer"]),
        flag(answered),
        flag(event["sensitive"] == true),
        number(&event["message"]["size"]),
        number(&recipients.len().into()),
        number(&event["microseconds"]["total"]),
        searched(&event["policy_hash"]),
        searched(&event["client"]),
        address(&event["sender"]),
    ]);
    let (addresses, content) = split(event);
    for json in [&*event, &addresses, &content] {
        rows.message.push(Cell::Text(json.to_string()));
    }
    rows
}

fn number(value: &Value) -> Cell {
    match value.as_u64() {
        Some(number) => Cell::Number(i64::try_from(number).unwrap_or(i64::MAX)),
        None => Cell::NoNumber,
    }
}

fn searched(value: &Value) -> Cell {
    value.as_str().map_or(Cell::NoText, text)
}

/// As it is searched for: an address without regard to case.
fn address(value: &Value) -> Cell {
    match value.as_str() {
        Some(address) => text(&search_key(address)),
        None => Cell::NoText,
    }
}

/// An address as the journal searches for it: small letters, without angle brackets, cut as it is
/// stored.
pub fn search_key(address: &str) -> String {
    let address = address.trim();
    let inner = address.strip_prefix('<').and_then(|a| a.strip_suffix('>'));
    let key = inner.unwrap_or(address).to_lowercase();
    key.chars().take(SEARCHED).collect()
}

/// PostgreSQL's text holds no NUL.
fn text(text: &str) -> Cell {
    let clean = text.chars().take(SEARCHED);
    Cell::Text(
        clean
            .map(|c| {
                if c == '\0' {
                    char::REPLACEMENT_CHARACTER
                } else {
                    c
                }
            })
            .collect(),
    )
}

/// Takes the addresses and the content-like values out of an event: two objects of JSON pointers and
/// values.
fn split(event: &mut Value) -> (Value, Value) {
    let [addresses, content] = [ADDRESSES, CONTENT].map(|fields| {
        let mut taken = Map::new();
        for field in fields {
            take(event, field, &mut String::new(), &mut taken);
        }
        Value::Object(taken)
    });
    (addresses, content)
}

/// Takes the values of one field, `a.b[].c`, out of an event.
fn take(value: &mut Value, field: &str, pointer: &mut String, taken: &mut Map<String, Value>) {
    let (step, rest) = match field.split_once('.') {
        Some((step, rest)) => (step, Some(rest)),
        None => (field, None),
    };
    let depth = pointer.len();
    let (key, list) = match step.strip_suffix("[]") {
        Some(key) => (key, true),
        None => (step, false),
    };
    pointer.push('/');
    pointer.push_str(key);
    match (rest, list) {
        (None, _) => {
            let object = value.as_object_mut();
            let found = object.filter(|object| object.get(key).is_some_and(|it| !it.is_null()));
            if let Some(found) = found.and_then(|object| object.remove(key)) {
                taken.insert(pointer.clone(), found);
            }
        }
        (Some(rest), false) => {
            if let Some(inner) = value.get_mut(key) {
                take(inner, rest, pointer, taken);
            }
        }
        (Some(rest), true) => {
            let items = value.get_mut(key).and_then(Value::as_array_mut);
            for (index, item) in items.into_iter().flatten().enumerate() {
                let list = pointer.len();
                pointer.push_str(&format!("/{index}"));
                take(item, rest, pointer, taken);
                pointer.truncate(list);
            }
        }
    }
    pointer.truncate(depth);
}

/// The event again, from its three columns. A class that was forgotten is named under `forgotten`.
pub(super) fn join(technical: &str, addresses: Option<&str>, content: Option<&str>) -> Value {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let mut event = read(technical);
    let mut forgotten = Vec::new();
    for (class, column) in [("addresses", addresses), ("content", content)] {
        let Some(column) = column else {
            forgotten.push(Value::from(class));
            continue;
        };
        let Value::Object(taken) = read(column) else {
            continue;
        };
        for (pointer, value) in taken {
            let Some((parent, key)) = pointer.rsplit_once('/') else {
                continue;
            };
            if let Some(Value::Object(object)) = event.pointer_mut(parent) {
                object.insert(key.to_owned(), value);
            }
        }
    }
    if let (Value::Object(object), false) = (&mut event, forgotten.is_empty()) {
        object.insert("forgotten".to_owned(), Value::Array(forgotten));
    }
    event
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "schema": "gacthu.decision/1", "time": "2026-11-22T08:00:00.000001Z",
            "reference": "ABCDEFGHJK", "stage": "end", "queue_id": "4QX1Y2Z", "role": "mx",
            "client": "192.0.2.1", "client_name": "mail.example", "helo": "h", "authenticated": null,
            "sender": "Ai@Example.com",
            "recipients": [
                {"address": "vanthu@daknong.gov.vn", "origin": "foreign", "destination": "ours",
                 "direction": "inbound", "policy": "dak-nong", "verdict": "reject", "applied": "reject",
                 "rules": [{"id": "exe", "basis": "Điều 12", "then": "reject", "mode": "enforce", "files": [0]}]},
                {"address": "x@daknong.gov.vn", "origin": "foreign", "destination": "ours",
                 "direction": "relayed", "policy": "dak-nong", "verdict": "accept", "applied": "accept", "rules": []}],
            "verdict": "reject", "applied": "reject", "answer": "reject",
            "reply": {"code": 550, "enhanced": "5.7.1", "lines": ["Tep hoa-don.exe"]},
            "policy_hash": "abc",
            "message": {"size": 1234, "header_from": [{"address": "a@b"}], "message_id": "<1@x>",
                        "not_scanned": [{"part": "2/mật.zip", "reason": "encrypted"}]},
            "files": {"count": 1, "list": [{"number": 0, "part": "2/a\u{0}b", "name": "hóa đơn.exe", "size": 5,
                      "signatures": [{"signer": "Ông A", "organisation": "Sở", "status": "valid"}]}]},
            "microseconds": {"total": 77}
        })
    }

    fn column(entry: &Entry, name: &str) -> Cell {
        let (Kind::Decision(rows) | Kind::Unanswered(rows)) = &entry.kind;
        assert_eq!(rows.message.len(), MESSAGE.len());
        let at = MESSAGE.iter().position(|column| *column == name).unwrap();
        rows.message[at].clone()
    }

    #[test]
    fn an_event_is_cut_by_class_and_put_together_again() {
        let text = event().to_string();
        let entry = Entry::read("mx1", 5, text.as_bytes()).unwrap();
        let Kind::Decision(rows) = &entry.kind else {
            panic!("a decision");
        };
        assert!(
            rows.recipients
                .iter()
                .all(|row| row.len() == RECIPIENT.len())
        );
        assert!(rows.fired.iter().all(|row| row.len() == FIRED.len()));
        assert_eq!((rows.recipients.len(), rows.fired.len()), (2, 1));
        let json = |name| match column(&entry, name) {
            Cell::Text(text) => text,
            other => panic!("{other:?}"),
        };
        let [technical, addresses, content] = ["technical", "addresses", "content"].map(json);
        for secret in [
            "Example.com",
            "daknong.gov.vn",
            "192.0.2.1",
            "a@b",
            "mail.example",
        ] {
            assert!(!technical.contains(secret), "{secret} in {technical}");
            assert!(!content.contains(secret), "{secret} in {content}");
        }
        for secret in ["hóa đơn", "hoa-don", "mật.zip", "Ông A", "Sở"] {
            assert!(!technical.contains(secret), "{secret} in {technical}");
            assert!(!addresses.contains(secret), "{secret} in {addresses}");
        }
        assert_eq!(join(&technical, Some(&addresses), Some(&content)), event());
        let later = join(&technical, None, None);
        assert_eq!(later["forgotten"], json!(["addresses", "content"]));
        assert_eq!(later["recipients"][0]["rules"][0]["id"], "exe");
        assert_eq!(later["files"]["list"][0].get("name"), None);
    }

    #[test]
    fn columns_say_what_is_searched() {
        let entry = Entry::read("mx1", 5, event().to_string().as_bytes()).unwrap();
        assert_eq!(column(&entry, "sender"), text("ai@example.com"));
        assert_eq!(column(&entry, "direction"), text("mixed"));
        assert_eq!(column(&entry, "answered"), Cell::Number(1));
        assert_eq!(column(&entry, "size"), Cell::Number(1234));
        let lost = br#"{"schema":"gacthu.unanswered/1","time":"2026-11-22T08:00:00Z","reference":"ABCDEFGHJK"}"#;
        let entry = Entry::read("mx1", 6, lost).unwrap();
        assert_eq!(entry.reference, "ABCDEFGHJK");
        assert_eq!(column(&entry, "answered"), Cell::Number(0));
        assert_eq!(column(&entry, "stage"), text("none"));
    }

    #[test]
    fn what_an_index_cannot_take_is_cut_and_nul_replaced() {
        let mut long = event();
        long["sender"] = format!("{}@x\0", "ệ".repeat(4000)).into();
        long["queue_id"] = "a\0b".into();
        let entry = Entry::read("mx1", 5, long.to_string().as_bytes()).unwrap();
        assert_eq!(column(&entry, "sender"), text(&"ệ".repeat(SEARCHED)));
        assert_eq!(column(&entry, "queue_id"), text("a\u{fffd}b"));
        assert_eq!(search_key(" <Ai@X.vn> "), "ai@x.vn");
    }

    #[test]
    fn what_is_no_event_is_said() {
        for (payload, why) in [
            (&b"{"[..], "it is no JSON"),
            (b"{}", "its time is none"),
            (b"[1]", "its time is none"),
            (
                br#"{"schema":"x/1","time":"2026-11-22T08:00:00Z"}"#,
                "its schema is \"x/1\"",
            ),
        ] {
            let error = Entry::read("mx1", 1, payload).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    /// The page says the class of every field, and this file follows it.
    #[test]
    fn the_classes_are_those_of_the_page() {
        let page = include_str!("../../docs/decision-event.md");
        let mut seen = [Vec::new(), Vec::new()];
        for line in page.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let class = match cells[3] {
                "A" => 0,
                "C" => 1,
                _ => continue,
            };
            let fields = cells[1]
                .split(',')
                .map(|field| field.trim().trim_matches('`'));
            seen[class].extend(fields.map(|field| field.strip_suffix("[]").unwrap_or(field)));
        }
        for (seen, fields) in seen.iter_mut().zip([ADDRESSES, CONTENT]) {
            let mut fields = fields.to_vec();
            fields.sort_unstable();
            seen.sort_unstable();
            assert_eq!(*seen, fields);
        }
    }
}
