//! Where Postfix hands mail of the own domains: transport(5), `virtual_transport` and their like. A
//! next hop outside the state takes the whole mailbox with it.

use std::collections::HashSet;

use super::{
    Instance,
    config::words,
    programs::program,
    table::{self, Row, Syntax},
};
use crate::audit::{
    Collect,
    finding::{At, Kind, Whose},
};

/// Parameters that say how mail of the own domains is delivered.
const OWN: &[(&str, &str)] = &[
    ("fallback_transport", "(unknown local users)"),
    ("local_transport", "(local users)"),
    ("mailbox_transport", "(local users)"),
    ("virtual_transport", "(virtual mailboxes)"),
];

/// Tables for single recipients of the own domains.
const MAPS: &[&str] = &[
    "fallback_transport_maps",
    "mailbox_transport_maps",
    "transport_maps",
];

pub(super) fn read(instance: &Instance<'_>, collect: &mut Collect) {
    let mut used: HashSet<String> = HashSet::new();
    for (name, who) in OWN {
        for (value, at) in instance.values(name) {
            used.insert(transport(&value).0.to_owned());
            hop(who, &value, &at, collect);
        }
    }
    for (value, at) in instance.unexpanded("mailbox_command") {
        program("(local users)", &value, &at, collect);
    }
    for (spec, at) in instance.tables(&["mailbox_command_maps"]) {
        table::rows(&spec, &at, Syntax::Map, collect, &mut |collect, row| {
            program(row.key, row.value, &row.at, collect)
        });
    }
    for (spec, at) in instance.tables(MAPS) {
        table::rows(&spec, &at, Syntax::Map, collect, &mut |collect, row| {
            used.insert(transport(row.value).0.to_owned());
            let domain = row
                .key
                .rsplit('@')
                .next()
                .unwrap_or(row.key)
                .trim_start_matches('.');
            let whose = collect.domains.of(&domain.to_lowercase());
            // A bare name is a local user; `*` is everything that goes out.
            let inside = matches!(whose, Whose::Ours | Whose::State) || !row.key.contains('.');
            if row.pattern || (inside && row.key != "*") {
                hop(row.key, row.value, &row.at, collect);
            }
        });
    }
    let filters: Vec<(String, At)> = instance.values("content_filter");
    for (value, at) in filters {
        used.insert(transport(&value).0.to_owned());
        hop("(every letter: content_filter)", &value, &at, collect);
    }
    for service in instance
        .services
        .iter()
        .filter(|it| it.command == "pipe" && used.contains(&it.name))
    {
        let Some(begin) = service
            .arguments
            .iter()
            .position(|it| it.starts_with("argv="))
        else {
            continue;
        };
        let command = service.arguments.get(begin..).unwrap_or_default().join(" ");
        let command = command.strip_prefix("argv=").unwrap_or_default();
        program(
            &format!("(transport {})", service.name),
            command,
            &service.at,
            collect,
        );
    }
}

/// `FILTER transport:nexthop` in a check.
pub(super) fn filter(row: &Row<'_>, value: &str, collect: &mut Collect) {
    hop(row.key, value, &row.at, collect);
}

/// Lists a next hop that is outside.
fn hop(who: &str, value: &str, at: &At, collect: &mut Collect) {
    let (name, next) = transport(value);
    if matches!(
        name,
        "local" | "virtual" | "error" | "retry" | "discard" | "lmtp-unix"
    ) || next.is_empty()
    {
        return;
    }
    for next in words(next) {
        let whose = host_whose(next, collect);
        if whose.leaves() {
            collect.list(
                Kind::Transport,
                who,
                &format!("{name}:{next}"),
                whose,
                at.clone(),
                "Postfix hands the mail to this host",
            );
        }
    }
}

/// `smtp:[host]:25` → `smtp`, `[host]:25`.
fn transport(value: &str) -> (&str, &str) {
    let value = value.trim();
    value.split_once(':').unwrap_or((value, ""))
}

/// Whose a next hop is: `[host]:port`, `host`, `inet:host:port`, `unix:/path`, an address.
fn host_whose(next: &str, collect: &Collect) -> Whose {
    let next = next.strip_prefix("inet:").unwrap_or(next);
    if next.starts_with("unix:") || next.starts_with('/') {
        return Whose::Ours;
    }
    let host = match next.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None => next
            .rsplit_once(':')
            .filter(|(_, port)| port.bytes().all(|it| it.is_ascii_alphanumeric()))
            .map_or(next, |(host, _)| host),
    };
    let host = host.trim_end_matches('.').to_lowercase();
    let plain = host.strip_prefix("ipv6:").unwrap_or(&host);
    if let Ok(address) = plain.parse::<std::net::IpAddr>() {
        let inside = match address.to_canonical() {
            std::net::IpAddr::V4(it) => it.is_private() || it.is_loopback() || it.is_link_local(),
            std::net::IpAddr::V6(it) => {
                it.is_unique_local() || it.is_loopback() || it.is_unicast_link_local()
            }
        };
        return if inside { Whose::Ours } else { Whose::Unknown };
    }
    let own = [
        "internal",
        "intranet",
        "lan",
        "local",
        "localdomain",
        "home.arpa",
        "corp",
    ];
    let inside = !host.contains('.') || own.iter().any(|end| host.ends_with(&format!(".{end}")));
    if inside {
        return Whose::Ours;
    }
    // A host of a public service: mx.google.com is nobody's mailbox domain, so the parents are asked too.
    let mut rest = host.as_str();
    while let Some((_, parent)) = rest.split_once('.') {
        match collect.domains.of(rest) {
            Whose::Other => rest = parent,
            whose => return whose,
        }
    }
    Whose::Other
}
