//! What people write who know other programs, and what they mean by it.

use super::{report::nearest, tree::Node};

/// The remedy for several values in one text: `inbound, outbound`.
pub(crate) fn several(text: &str) -> Option<String> {
    let values: Vec<_> = text.split([',', ';']).map(str::trim).collect();
    (values.len() > 1 && values.iter().all(|value| !value.is_empty())).then(|| {
        format!(
            "several values stand in brackets: `[{}]`",
            values.join(", ")
        )
    })
}

/// Whether a mapping has a key that is not known and was meant for `key`.
pub(crate) fn has_meant(node: &Node, what: &str, known: &[&str], key: &str) -> bool {
    let quoted = format!("did you mean `{key}`?");
    node.entries().iter().any(|entry| {
        let word = entry.key.as_str();
        !known.contains(&word)
            && match meant_key(what, word) {
                Some(help) => help == quoted,
                None => nearest(word, known.iter().copied()) == Some(key),
            }
    })
}

/// Keys as other programs call them, and keys that belong elsewhere: what is meant here.
pub(crate) fn meant_key(what: &str, key: &str) -> Option<String> {
    let mean = |key: &str| Some(format!("did you mean `{key}`?"));
    let say = |text: &str| Some(text.to_owned());
    match (what, key) {
        (_, key) if key.contains('\u{a0}') => {
            say("a no-break space (U+00A0) stands in this line: type a plain space")
        }
        ("a policy", "domains" | "former" | "state_domains" | "contact" | "regulation") => Some(
            format!("write it under `organisation:`, indented: `{key}: …`"),
        ),
        ("a policy", "when" | "then" | "reply" | "basis" | "unless" | "id") => {
            say("it stands in a rule: under `rules:`, behind `- id: …`")
        }
        ("a rule", "action" | "do" | "verdict") => mean("then"),
        ("a rule", "if" | "condition" | "conditions" | "match") => mean("when"),
        ("a rule", "except") => mean("unless"),
        ("a rule", "direction" | "directions") => mean("for"),
        ("a rule", "attachment" | "attachments" | "message" | "sender" | "recipient" | "from")
        | ("a rule", "client" | "authenticated" | "tls" | "all" | "any" | "not") => Some(format!(
            "a condition stands under `when:`: `when: {{ {key}: … }}`"
        )),
        ("a condition", "or") => mean("any"),
        ("a condition", "and") => mean("all"),
        ("a condition", "unless" | "except") => {
            say("write `not: { … }`; `unless` is a key of a rule, beside its `when`")
        }
        ("a condition", "kind" | "extension" | "encrypted" | "not_opened") => {
            Some(format!("did you mean `attachment: {{ {key}: … }}`?"))
        }
        ("a condition", "not_scanned" | "size" | "parts" | "headers") => {
            Some(format!("did you mean `message: {{ {key}: … }}`?"))
        }
        ("`given`", "to" | "recipient" | "recipients") => mean("rcpt"),
        ("`given`", "ip" | "address" | "network") => mean("client"),
        ("`given`", "sender" | "mail_from") => mean("from"),
        ("`given`", "login" | "user" | "authenticated") => mean("auth"),
        ("`expect`", "action" | "then" | "result") => mean("verdict"),
        ("a condition", "total_size" | "largest_size") => {
            Some(format!("did you mean `attachments: {{ {key}: … }}`?"))
        }
        ("`attachment`", "total_size" | "largest_size" | "inline_total_size" | "inline_count") => {
            Some(format!(
                "sums ask all files at once: `attachments: {{ {key}: … }}`"
            ))
        }
        ("`attachments`", "size") => {
            say("did you mean `total_size` (all files together) or `largest_size` (each file)?")
        }
        ("`attachments`", "kind" | "name" | "extension" | "type" | "at" | "role" | "encrypted")
        | ("`attachments`", "not_opened" | "by" | "inline") => Some(format!(
            "did you mean `attachment: {{ {key}: … }}`, without `s`?"
        )),
        ("`client`", "ip" | "address" | "addr" | "cidr") => mean("network"),
        ("`client`", "host" | "hostname" | "domain") => mean("name"),
        ("the settings", "policy") => say(
            "did you mean `policies: [FILE]`? A policy itself stands in a file of its own (`gacthu policy check`)",
        ),
        ("the settings", "listen" | "milter") => mean("listeners"),
        ("the settings", "own_network" | "own_networks") => {
            say("did you mean `networks: { mailbox_servers: […], devices: […] }`?")
        }
        ("the settings", "event_log") => mean("events"),
        ("the settings", "metrics") => mean("admin"),
        ("the settings", "spool_dir") => say("did you mean `spool: { directory: … }`?"),
        ("the settings", "max_connections") => say("did you mean `limits: { connections: … }`?"),
        ("the settings", "rules") => say("rules stand in a policy, and `policies` names its file"),
        ("the settings", "organisation" | "mode") => {
            say("it stands in a policy, and `policies` names its file")
        }
        ("a listener", "path" | "socket" | "local") => mean("unix"),
        ("a listener", "tcp") => mean("inet"),
        ("a listener", "host" | "address" | "port") => say("write `inet: \"127.0.0.1:8899\"`"),
        ("a listener", "type") => mean("role"),
        ("a listener", "owner" | "user") => {
            say("the owner is the user that gacthu runs as; `group` and `mode` let Postfix in")
        }
        ("`networks`", "gateway") => mean("gateways"),
        ("`networks`", "mailbox") => mean("mailbox_servers"),
        ("`networks`", "own" | "trusted" | "mynetworks") => say(
            "say what they are: `mailbox_servers` (hand over users' mail) or `devices` (printers, scanners)",
        ),
        ("`limits`", "max_connections") => mean("connections"),
        ("`limits`", "grace") => mean("drain"),
        ("`limits`", "idle_timeout") => mean("idle"),
        ("`limits`", "read_timeout") => mean("read"),
        ("`limits`", "spool") => say("it stands under `spool: { limit: … }`"),
        ("`limits`", "message_size") => say(
            "how large a message may be is said by a policy, and by Postfix's `message_size_limit`",
        ),
        ("`spool`", "dir" | "path") => mean("directory"),
        ("`spool`", "size") => mean("limit"),
        ("`log`", "level") => mean("filter"),
        _ => None,
    }
}

/// Words as other programs and people say them, and what is meant here.
pub(crate) fn meant_word(what: &str, text: &str) -> Option<&'static str> {
    Some(match (what, text.to_lowercase().as_str()) {
        ("for" | "direction", "all" | "any" | "both" | "*") => {
            "take the key away: without it all four directions are meant"
        }
        ("for" | "direction", "in" | "incoming" | "receive" | "đến") => {
            "did you mean `inbound`?"
        }
        ("for" | "direction", "out" | "sent" | "send" | "đi") => "did you mean `outbound`?",
        ("for" | "direction", "local" | "nội bộ") => "did you mean `internal`?",
        ("mode", "test" | "monitor" | "watch" | "dry-run" | "theo dõi" | "giám sát") => {
            "did you mean `observe`?"
        }
        ("mode", "on" | "block" | "active" | "thực thi" | "chặn") => "did you mean `enforce`?",
        ("if_unknown", "accept" | "pass" | "allow" | "ignore") => "did you mean `skip`?",
        ("if_unknown", "reject") => {
            "what is not known is not refused for good: write `defer` or `quarantine`, or skip, note, tag"
        }
        ("at", "zip" | "rar") => "did you mean `archive`?",
        ("at", "eml" | "mail") => "did you mean `message`?",
        _ => return None,
    })
}
