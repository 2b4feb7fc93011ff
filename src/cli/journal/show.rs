//! One row of the journal, for people.

use std::fmt::{self, Write};

use serde_json::Value;

use super::{super::explain::clean, output::local};
use crate::journal::store::Found;

/// All that a person asks of one decision; the rest stands in `--json`.
pub(super) fn text(found: &Found) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, found);
    let lines = out.lines().map(clean);
    lines.fold(String::new(), |all, line| all + &line + "\n")
}

fn write(out: &mut String, found: &Found) -> fmt::Result {
    let event = &found.event;
    let word = |value: &Value| match value {
        Value::String(text) if text.is_empty() => "<>".to_owned(),
        // A line of its own would look like one of ours.
        Value::String(text) => text.replace(['\n', '\r'], " "),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    writeln!(
        out,
        "{}: {}",
        word(&event["reference"]),
        word(&event["verdict"])
    )?;
    let answered = if found.answered {
        ""
    } else {
        ", and Postfix was gone before it heard it"
    };
    writeln!(
        out,
        "  answer: {}{answered}  (applied: {}, stage: {})",
        word(&event["answer"]),
        word(&event["applied"]),
        word(&event["stage"])
    )?;
    writeln!(
        out,
        "  time: {}  node: {}  number: {}",
        local(found.time),
        found.node,
        found.sequence
    )?;
    writeln!(
        out,
        "  queue id: {}  role: {}  policy: {}",
        word(&event["queue_id"]),
        word(&event["role"]),
        word(&event["policy_hash"])
    )?;
    writeln!(
        out,
        "  client: {} ({})  helo: {}  login: {}",
        word(&event["client"]),
        word(&event["client_name"]),
        word(&event["helo"]),
        word(&event["authenticated"])
    )?;
    writeln!(out, "  from: {}", word(&event["sender"]))?;
    if event["sensitive"] == true {
        writeln!(
            out,
            "  sensitive: envelope, time, sizes, hashes and rules only"
        )?;
    }
    if let Some(why) = event["failed"].as_str() {
        writeln!(out, "  gacthu failed on it: {why}")?;
    }
    for recipient in event["recipients"].as_array().into_iter().flatten() {
        writeln!(
            out,
            "  to: {} ({}, policy {}): {}, applied {}",
            word(&recipient["address"]),
            word(&recipient["direction"]),
            word(&recipient["policy"]),
            word(&recipient["verdict"]),
            word(&recipient["applied"])
        )?;
        for rule in recipient["rules"].as_array().into_iter().flatten() {
            writeln!(
                out,
                "    rule {} ({}): {}, {}",
                word(&rule["id"]),
                word(&rule["basis"]),
                word(&rule["then"]),
                word(&rule["mode"])
            )?;
            if let Some(unknown) = rule.get("unknown") {
                writeln!(out, "      because it is not known: {}", word(unknown))?;
            }
            let files = rule["files"].as_array().into_iter().flatten();
            for number in files.filter_map(Value::as_u64) {
                let list = event["files"]["list"].as_array().into_iter().flatten();
                if let Some(file) = list.into_iter().find(|file| file["number"] == number) {
                    writeln!(
                        out,
                        "      file {}: {}, {} bytes, sha256 {}",
                        word(&file["part"]),
                        word(&file["name"]),
                        word(&file["size"]),
                        word(&file["sha256"])
                    )?;
                }
            }
        }
        for pair in recipient["excepted"].as_array().into_iter().flatten() {
            writeln!(
                out,
                "    exception {} took away rule {}",
                word(&pair[0]),
                word(&pair[1])
            )?;
        }
    }
    if let Some(message) = event["message"].as_object() {
        let of = |key: &str| word(message.get(key).unwrap_or(&Value::Null));
        writeln!(
            out,
            "  message: {} bytes, {} parts, {} attachments  message-id: {}",
            of("size"),
            of("parts"),
            word(&event["files"]["count"]),
            of("message_id")
        )?;
        for place in event["message"]["not_scanned"]
            .as_array()
            .into_iter()
            .flatten()
        {
            writeln!(
                out,
                "  not scanned: {} ({})",
                word(&place["part"]),
                word(&place["reason"])
            )?;
        }
    }
    for line in event["reply"]["lines"].as_array().into_iter().flatten() {
        writeln!(
            out,
            "  reply: {} {} {}",
            word(&event["reply"]["code"]),
            word(&event["reply"]["enhanced"]),
            word(line)
        )?;
    }
    if let Some(times) = event["microseconds"].as_object() {
        let times: Vec<String> = times
            .iter()
            .map(|(stage, time)| format!("{stage} {time}"))
            .collect();
        writeln!(out, "  microseconds: {}", times.join(", "))?;
    }
    for class in event["forgotten"].as_array().into_iter().flatten() {
        writeln!(out, "  forgotten by age: {}", word(class))?;
    }
    Ok(())
}
