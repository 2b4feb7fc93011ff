//! What is written down for machines, and the pages that describe it: neither may have what the
//! other lacks.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;

use crate::{
    mta::{Letter, Mta},
    program::{OURS, Site, body, letter},
};

/// Rules that bring out every field: a refusal, one that fires unknown, an exception, RCPT.
const RULES: &str = "rules:
  - { id: exe, title: t, basis: Điều 12, when: { attachment: { kind: executable } }, then: reject, if_unknown: tag, reply: { vi: Không nhận, en: Refused } }
  - { id: spared, title: t, basis: Điều 1, when: { message: { size: '> 1 B' } }, then: tag }
  - { id: shut, title: t, basis: Điều 1, when: { recipient: { address: dong@daknong.gov.vn } }, then: reject, reply: { vi: Không nhận, en: Refused } }
  - { id: mark, title: t, sensitive: true, mode: observe, when: { attachment: { extension: mark } }, then: { points: { odd: 2.5 } } }
exceptions:
  - { id: lab, rules: [spared], when: { client: { network: 192.0.2.0/24 } }, reason: Công văn 1, by: a }
";

/// The names in the first column of a page's table, and the row of each.
fn table(page: &str) -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cell = line.split('|').nth(1).unwrap();
        for name in cell.split('`').skip(1).step_by(2) {
            assert!(
                rows.insert(name.to_owned(), line.to_owned()).is_none(),
                "{name} stands twice"
            );
        }
    }
    assert!(rows.len() > 10, "{page}: no table");
    rows
}

/// The paths of all fields in `value`.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    // One value in two forms, and pairs: described in words.
    let whole = [".unknown", ".excepted[]", ".points"]
        .iter()
        .any(|end| path.ends_with(end));
    match value {
        Value::Object(fields) if !whole => {
            for (name, value) in fields {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                let list = if value.is_array() { "[]" } else { "" };
                let path = path + list;
                found.insert(path.clone());
                paths(value, &path, found);
            }
        }
        Value::Array(items) if !whole => items.iter().for_each(|item| paths(item, path, found)),
        _ => {}
    }
}

#[test]
fn the_page_names_every_field_of_an_event_and_no_other() {
    let site = Site::new("enforce", RULES);
    site.write(
        "b.yaml",
        format!(
            "policy: 1\nname: b\norganisation: {{ domains: [b.vn] }}\nmarks: {}/policies/marks/vn.yaml\n\
             rules: [{{ id: m, title: t, when: {{ any: [{{ marking: any }}, {{ encoding: legacy }}, {{ attachment: {{ signed: broken }} }}, {{ forwarding: machine }}] }}, then: note }}]\n",
            env!("CARGO_MANIFEST_DIR")
        ),
    );
    let running = site.serve(&[&format!("--policy={}", site.text("b.yaml"))]);
    let secret = letter("MẬT", "a.txt", "x");
    let marked = letter("x", "a.mark", "x");
    let kept = |name| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/profiles");
        std::fs::read_to_string(folder.join(name))
            .unwrap()
            .replace("\r\n", "\n")
    };
    let gmail =
        "X-Forwarded-For: toi@gmail.com a@b.vn\nFrom: a@example.com\nTo: toi@gmail.com\n\nx\n";
    let (signed, legacy) = (kept("signed-pdf.eml"), kept("legacy-letters.eml"));
    let mut mta = Mta::new(&site.path("mx.sock"));
    let exe = letter("x", "a.exe", "MZ");
    let zip = letter("x", "a.zip", "PK\u{3}\u{4}");
    // More multiparts inside each other than are opened.
    let mut nested = "From: a@example.com\nMessage-ID: <1@example.com>\nSubject: x\n".to_owned();
    for depth in 0..400 {
        nested += &format!("Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n");
    }
    nested += &body("a.txt", "x");
    for (from, to, text) in [
        ("a@example.com", OURS, &exe),
        ("a@example.com", OURS, &zip),
        ("a@example.com", "a@b.vn", &secret),
        ("a@example.com", "a@b.vn", &signed),
        ("a@example.com", "a@b.vn", &legacy),
        ("a@example.com", "a@b.vn", &gmail.to_owned()),
        ("a@example.com", OURS, &marked),
        ("lab@example.com", OURS, &nested),
    ] {
        mta.message(&Letter {
            from,
            to: &[to],
            text,
        });
    }
    let shut = Letter {
        from: "a@example.com",
        to: &["dong@daknong.gov.vn"],
        text: "",
    };
    assert_eq!(mta.envelope(&shut)[0].0, 'y');
    let apart = Letter {
        to: &[OURS, "a@b.vn"],
        ..shut
    };
    assert_eq!(mta.envelope(&apart)[1].0, 'y');
    drop(running);

    let mut found = BTreeSet::new();
    for event in site.events() {
        assert_eq!(event["schema"], "gacthu.decision/1");
        paths(&event, "", &mut found);
    }
    let page = table("decision-event.md");
    // It cannot be provoked from outside.
    assert!(page["failed"].contains("only where gacthu itself failed"));
    found.insert("failed".to_owned());
    // It takes an hour; see `state.rs`.
    found.insert("recipients[].rules[].gave_up".to_owned());
    let page: BTreeSet<String> = page.into_keys().collect();
    let undocumented: Vec<_> = found.difference(&page).collect();
    let unseen: Vec<_> = page.difference(&found).collect();
    assert!(
        undocumented.is_empty() && unseen.is_empty(),
        "not on the page: {undocumented:?}; on the page only: {unseen:?}"
    );
}

#[test]
fn an_event_stays_small_whatever_the_message_holds() {
    let site = Site::new("enforce", RULES);
    let _running = site.serve(&[]);
    let mut text = format!(
        "From: {}\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n",
        ["a@example.com"; 500].join(", ")
    );
    for number in 0..900 {
        let name = if number < 150 {
            "a".repeat(900)
        } else {
            format!("{number}.exe")
        };
        text += &format!("--b\nContent-Disposition: attachment; filename={name}\n\nx\n");
    }
    text += "--b--\n";
    let recipients: Vec<String> = (0..50)
        .map(|number| format!("u{number}@daknong.gov.vn"))
        .collect();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    let said = Mta::new(&site.path("mx.sock")).message(&Letter {
        from: "a@example.com",
        to: &recipients,
        text: &text,
    });
    assert_eq!(said[0].0, 'y');
    let line = site.read("events.jsonl");
    assert!(line.len() < 150_000, "{} bytes", line.len());
    let event = &site.events()[0];
    let pointed: Vec<u64> = event["recipients"][7]["rules"][0]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_u64().unwrap())
        .collect();
    assert_eq!(pointed, (150..170).collect::<Vec<_>>());
    let listed: Vec<u64> = event["files"]["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["number"].as_u64().unwrap())
        .collect();
    assert_eq!(
        listed,
        (0..100).chain(150..170).collect::<Vec<_>>(),
        "what a rule points at is there"
    );
    assert_eq!(event["files"]["count"], 900);
    assert_eq!(
        event["message"]["header_from"].as_array().unwrap().len(),
        20
    );
}

#[test]
fn the_page_names_every_metric_with_its_type_and_labels_and_no_other() {
    let metrics =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/metrics.rs"))
            .unwrap();
    let (program, _) = metrics.split_once("mod tests").unwrap();
    let mut rows = BTreeSet::new();
    let pieces: Vec<&str> = program.split('"').collect();
    for (index, name) in pieces.iter().enumerate().skip(1).step_by(2) {
        if !name.starts_with("gacthu_") {
            continue;
        }
        let maker = pieces[index - 1]
            .rsplit(|c: char| !c.is_alphanumeric())
            .find(|word| !word.is_empty() && *word != "registry" && *word != "metrics")
            .unwrap();
        let kind = maker.trim_end_matches('s');
        // Behind the help text: the list of labels, where there is one.
        let labels: Vec<&str> = match maker.ends_with('s') {
            true => {
                let rest = pieces[index + 2..].join("\"");
                let start = rest.find("&[").unwrap();
                let end = rest[start..].find(']').unwrap() + start;
                let list: Vec<String> = rest[start..end]
                    .split('"')
                    .skip(1)
                    .step_by(2)
                    .map(str::to_owned)
                    .collect();
                list.into_iter().map(|label| &*label.leak()).collect()
            }
            false => Vec::new(),
        };
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        rows.insert((name.to_string(), kind.to_owned(), labels.join(", ")));
    }
    let page: BTreeSet<_> = table("metrics.md")
        .into_iter()
        .map(|(name, row)| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            assert!(
                cells[5].contains(&name),
                "the example of {name} is about something else"
            );
            (name, cells[2].to_owned(), cells[3].to_owned())
        })
        .collect();
    let missing: Vec<_> = rows.difference(&page).collect();
    let more: Vec<_> = page.difference(&rows).collect();
    assert!(
        missing.is_empty() && more.is_empty(),
        "not on the page: {missing:?}; on the page only: {more:?}"
    );
}

#[test]
fn a_message_with_many_places_not_scanned_counts_once_for_each_reason() {
    let site = Site::new("observe", RULES);
    let running = site.serve(&[]);
    let mut text = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n".to_owned();
    for branch in 0..2 {
        text += "--b\n";
        for depth in 0..400 {
            let boundary = format!("{branch}-{depth}");
            text +=
                &format!("Content-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n");
        }
        text += "\nx\n";
    }
    Mta::new(&site.path("mx.sock")).message(&Letter {
        from: "a@example.com",
        to: &[OURS],
        text: &text,
    });
    let places = site.events()[0]["message"]["not_scanned"]
        .as_array()
        .unwrap()
        .clone();
    assert!(places.len() > 1, "{places:?}");
    let reason = places[0]["reason"].as_str().unwrap();
    assert!(
        places.iter().all(|place| place["reason"] == reason),
        "{places:?}"
    );
    assert_eq!(
        running.metric(&format!("gacthu_not_scanned_total{{reason=\"{reason}\"}}")),
        1.0
    );
}
