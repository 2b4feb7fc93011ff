//! Text → [`Settings`], with every mistake.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use ipnet::IpNet;

use super::{Log, LogFormat, Settings};
use crate::{
    engine,
    facts::{Network, Role},
    milter::{self, ListenSpec, Place},
    site::Networks,
    verdict::MixedPolicies,
    yaml::{
        Problem,
        reader::Reader,
        tree::{self, At, Entry, MAX_BYTES, Node, Value},
        value::human_duration,
    },
};

pub(super) const TOP: &[&str] = &[
    "gacthu",
    "policies",
    "listeners",
    "networks",
    "mixed_policies",
    "limits",
    "spool",
    "events",
    "admin",
    "control",
    "state",
    "storage",
    "journal",
    "notices",
    "log",
];

/// What is said to the author of a file that is no settings file at all.
const BEGINS: &str = "a settings file begins with `gacthu: 1` and `policies: […]`";

pub(super) fn read(path: &Path) -> (Settings, Vec<Problem>) {
    let mut reader = Reader::default();
    let settings = reader.settings_file(path).unwrap_or_default();
    (settings, reader.problems.finish(&reader.sources))
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// How long opening may keep Postfix waiting at the final dot (its client waits behind it).
const LONGEST: Duration = Duration::from_secs(45);

impl Reader {
    fn settings_file(&mut self, path: &Path) -> Option<Settings> {
        let file = self.file(&path.to_owned(), MAX_BYTES as u64, None)?;
        let text = Arc::clone(&self.sources.files.get(file as usize)?.text);
        let tree = tree::parse(file, &text, BEGINS, &mut self.problems)?;
        if !matches!(tree.value, Value::Map(_)) {
            self.error(
                tree.at,
                format!("a settings file is a mapping, and this is {}", tree.what()),
                BEGINS,
            );
            return None;
        }
        Some(self.settings(&tree))
    }

    fn settings(&mut self, tree: &Node) -> Settings {
        let mut settings = Settings::default();
        let entries = self.map(tree, "the settings", TOP, &[]).unwrap_or_default();
        let singular = tree.child("policy").is_some();
        for needed in ["gacthu", "policies"] {
            if tree.child(needed).is_none() && !(needed == "policies" && singular) {
                let first = tree.child("gacthu").map(|node| node.at);
                self.error(
                    first.unwrap_or(At::file(tree.at.file)),
                    format!("the key `{needed}` is missing"),
                    BEGINS,
                );
            }
        }
        for Entry { key, node, .. } in entries {
            // A key without a value, as in a sample of which the lines below are comments.
            let empty = matches!(node.value, Value::Null);
            match key.as_str() {
                "gacthu" => self.format(node),
                "policies" => self.policies(node, &mut settings),
                _ if empty => {}
                "listeners" => self.listeners(node, &mut settings),
                "networks" => settings.site.networks = self.site_networks(node),
                "mixed_policies" => {
                    let words = [MixedPolicies::Split, MixedPolicies::Strictest];
                    let words = words.map(|word| (word.as_str(), word));
                    if let Some(word) = self.word(node, key, &words) {
                        settings.site.mixed_policies = word;
                    }
                }
                "limits" => self.limits(node, &mut settings),
                "spool" => self.spool(node, &mut settings),
                "events" => settings.events = self.path(node, key),
                "admin" => settings.admin = self.admin(node),
                "control" => settings.control = self.socket_path(node, key),
                "state" => settings.state = self.path(node, key),
                "notices" => settings.notices = self.notices(node),
                "log" => self.log(node, &mut settings.log),
                "storage" => self.storage(node, &mut settings.journal),
                "journal" => self.journal(node, &mut settings.journal),
                _ => {}
            }
        }
        settings
    }

    fn format(&mut self, node: &Node) {
        if node.text() != Some("1") {
            let found = node.text().unwrap_or(node.what());
            self.error(
                node.at,
                format!("`gacthu: {found}` is no format that this version of gacthu reads"),
                "write `gacthu: 1`",
            );
        }
    }

    fn policies(&mut self, node: &Node, settings: &mut Settings) {
        let empty = match &node.value {
            Value::List(items) => items.is_empty(),
            value => !matches!(value, Value::Scalar(_)),
        };
        if empty {
            self.error(
                node.at,
                "`policies` names no policy",
                "write `policies: [policies/dak-nong.yaml]`; paths count from the folder of this file",
            );
            return;
        }
        let mut seen = HashMap::new();
        for (text, at) in self.texts(node, "policies") {
            let path = self.beside(at, text);
            if let Some(line) = seen.insert(path.clone(), at.line) {
                self.error(
                    at,
                    format!("the policy {text} stands here a second time"),
                    format!("it stands already on line {line}; keep one of them"),
                );
            } else if !path.is_file() {
                let what = match path.is_dir() {
                    true => "is a folder",
                    false => "is not there",
                };
                self.error(
                    at,
                    format!("the policy {} {what}", path.display()),
                    "name a file; its path counts from the folder of this file",
                );
            } else {
                settings.policies.push(path);
            }
        }
    }

    fn listeners(&mut self, node: &Node, settings: &mut Settings) {
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            Value::Map(_) => std::slice::from_ref(node),
            _ => {
                self.error(
                    node.at,
                    format!("`listeners` is {}, but a list is wanted", node.what()),
                    "write `- { unix: /var/spool/postfix/gacthu/mx.sock, role: mx }` on a line of its own",
                );
                return;
            }
        };
        let mut seen = HashMap::new();
        for item in items {
            let Some((spec, at)) = self.listener(item) else {
                continue;
            };
            let address = spec.place.to_string();
            if let Some(line) = seen.insert(address.clone(), at.line) {
                self.error(
                    at,
                    format!("{address} stands here a second time"),
                    format!("it stands already on line {line}; one address has one role"),
                );
            } else {
                settings.listeners.push(spec);
            }
        }
    }

    fn listener(&mut self, node: &Node) -> Option<(ListenSpec, At)> {
        let known = [
            "unix",
            "inet",
            "inet6",
            "role",
            "passes_on",
            "group",
            "mode",
        ];
        if let Some(text) = node.text() {
            let help = match text.parse::<ListenSpec>() {
                Ok(spec) => match spec.place {
                    Place::Unix { path, .. } => {
                        format!("write `{{ unix: {}, role: mx }}`", path.display())
                    }
                    Place::Inet { host, port, .. } => {
                        format!("write `{{ inet: \"{host}:{port}\", role: mx }}`")
                    }
                },
                Err(_) => {
                    "write `{ unix: /path, role: mx }` or `{ inet: \"127.0.0.1:8899\", role: mx }`"
                        .to_owned()
                }
            };
            self.error(node.at, format!("`{text}` is no listener"), help);
            return None;
        }
        self.map(node, "a listener", &known, &[])
            .unwrap_or_default();
        let places: Vec<&Entry> = node
            .entries()
            .iter()
            .filter(|entry| matches!(entry.key.as_str(), "unix" | "inet" | "inet6"))
            .collect();
        let [entry] = places.as_slice() else {
            let (at, message) = match places.as_slice() {
                [_, second, ..] => (
                    second.key_at,
                    "a listener has one address, and this one has two",
                ),
                _ => (node.at, "the listener has no address"),
            };
            let meant = ["path", "socket", "tcp"];
            if !node.entries().is_empty() && !meant.iter().any(|key| node.child(key).is_some()) {
                self.error(
                    at,
                    message,
                    "write one of `unix: /path` and `inet: \"127.0.0.1:8899\"`; another listener is an entry of its own",
                );
            }
            return None;
        };
        let mut place = match entry.key.as_str() {
            "unix" => Place::Unix {
                path: self.socket_path(&entry.node, "unix")?,
                mode: 0o660,
                group: None,
            },
            scheme => {
                let text = self.text(&entry.node, scheme)?;
                match milter::place(&format!("{scheme}:{text}")) {
                    Ok(place) => place,
                    Err(help) => {
                        let help = match text.parse::<IpAddr>() {
                            Ok(IpAddr::V4(_)) => {
                                format!("the port is missing: write `\"{text}:8899\"`")
                            }
                            // As on the command line, but for what the key says already.
                            _ => help.replace(&format!("{scheme}:"), ""),
                        };
                        self.error(
                            entry.node.at,
                            format!("`{text}` is no address to listen on"),
                            help,
                        );
                        return None;
                    }
                }
            }
        };
        for key in ["group", "mode"] {
            let Some(node) = node.child(key) else {
                continue;
            };
            let Place::Unix { mode, group, .. } = &mut place else {
                self.error(
                    node.at,
                    format!("`{key}` is for `unix` only: a TCP address has no permissions"),
                    "take it away; whoever reaches the address can speak with gacthu",
                );
                continue;
            };
            let Some(text) = self.text(node, key) else {
                continue;
            };
            if key == "group" {
                *group = Some(text.to_owned());
                continue;
            }
            match milter::parse_mode(text) {
                Ok(0) | Err(_) => self.error(
                    node.at,
                    format!("`{text}` is no mode of a socket"),
                    "write octal digits, such as `mode: \"0660\"`",
                ),
                Ok(number) => {
                    *mode = number;
                    if number & 0o002 != 0 {
                        self.problems.warning(
                            node.at,
                            format!("with the mode {text} everyone on this machine may speak with gacthu"),
                            "write `mode: \"0660\"` and the group of Postfix: `group: postfix`",
                        );
                    }
                }
            }
        }
        let roles = Role::ALL.map(|role| (role.as_str(), role));
        let role = match node.child("role") {
            Some(node) => self.word(node, "role", &roles)?,
            None => Role::default(),
        };
        let passes_on = match node.child("passes_on") {
            Some(node) => self.boolean(node, "passes_on")?,
            None => false,
        };
        if let Some(node) = node.child("passes_on").filter(|_| passes_on)
            && !matches!(role, Role::Gateway | Role::Mx)
        {
            self.error(
                node.at,
                format!("`passes_on` is not for the role `{}`", role.as_str()),
                "it says that a gateway in front gives our refusals to its own client: take it away",
            );
            return None;
        }
        let spec = ListenSpec {
            place,
            role,
            passes_on,
        };
        Some((spec, entry.node.at))
    }

    fn site_networks(&mut self, node: &Node) -> Networks {
        let known = Network::ALL.map(Network::as_str);
        let entries = self
            .map(node, "`networks`", &known, &[])
            .unwrap_or_default();
        let mut seen: HashMap<IpNet, (Network, At)> = HashMap::new();
        for Entry { key, node, .. } in entries {
            let Some(network) = Network::ALL.into_iter().find(|word| word.as_str() == key) else {
                continue;
            };
            if matches!(&node.value, Value::Null)
                || matches!(&node.value, Value::List(items) if items.is_empty())
            {
                continue;
            }
            for (net, at) in self.network_list(node, key).unwrap_or_default() {
                match seen.insert(net, (network, at)) {
                    Some((other, place)) if other != network => {
                        let place = self.place(place);
                        self.error(
                            at,
                            format!("the network {net} cannot be one of `{key}` and of `{}` too", other.as_str()),
                            format!("it stands already in {place}; keep one of them (a smaller network inside a larger one may have another use)"),
                        );
                    }
                    _ => {}
                }
            }
        }
        Networks::new(seen.into_iter().map(|(net, (network, _))| (network, net)))
    }

    fn limits(&mut self, node: &Node, settings: &mut Settings) {
        let known = [
            "connections",
            "drain",
            "progress",
            "negotiation",
            "idle",
            "envelope",
            "read",
            "write",
            "heavy",
            "batch",
            "turns",
            "memory",
            "opening",
        ];
        if let Some(opening) = node.child("opening") {
            self.opening(opening, &mut settings.limits);
        }
        let (server, limits) = (&mut settings.milter, &mut settings.limits);
        let times = &mut server.timeouts;
        for Entry { key, node, .. } in self.map(node, "`limits`", &known, &[]).unwrap_or_default() {
            let key = key.as_str();
            // How long, and below how many seconds Postfix itself is more patient.
            let (time, bounds, patient) = match key {
                "drain" => (&mut server.grace, 0..=HOUR, 0),
                "progress" => (&mut server.progress, 1..=25, 0),
                "negotiation" => (&mut times.negotiation, 1..=HOUR, 0),
                "idle" => (&mut times.idle, 1..=7 * DAY, 300),
                "envelope" => (&mut times.envelope, 60..=7 * DAY, 300),
                "read" => (&mut times.read, 1..=DAY, 300),
                "write" => (&mut times.write, 1..=DAY, 0),
                "connections" => {
                    let count = self.count(node, key, 1..=100_000);
                    server.max_connections = count.unwrap_or(server.max_connections);
                    continue;
                }
                "turns" => {
                    limits.turns = self.count(node, key, 0..=1024).unwrap_or(limits.turns);
                    continue;
                }
                "heavy" | "batch" | "memory" => {
                    let most = if key == "heavy" { 1 << 30 } else { 64 << 20 };
                    let size = self.size(node, key, 4 << 10..=most);
                    let size = size.and_then(|size| usize::try_from(size).ok());
                    let limit = match key {
                        "heavy" => &mut limits.heavy,
                        "batch" => &mut limits.batch,
                        _ => &mut limits.memory,
                    };
                    *limit = size.unwrap_or(*limit);
                    continue;
                }
                _ => continue,
            };
            let Some(found) = self.time(node, key, bounds) else {
                continue;
            };
            *time = found;
            if found.as_secs() < patient {
                self.problems.warning(
                    node.at,
                    format!("`{key}` is shorter than Postfix may be silent for good reason ({patient} s)"),
                    "a connection that is cut costs an innocent message Postfix's default action: write `5m` or more",
                );
            }
        }
    }

    /// What opening attachments may cost.
    fn opening(&mut self, node: &Node, limits: &mut engine::Limits) {
        let known = [
            "bytes", "ratio", "members", "depth", "time", "memory", "together", "wait",
        ];
        let entries = self.map(node, "`opening`", &known, &[]).unwrap_or_default();
        let budget = &mut limits.opening;
        for Entry { key, node, .. } in entries {
            let key = key.as_str();
            match key {
                "bytes" | "memory" | "together" => {
                    let Some(size) = self.size(node, key, 1 << 20..=1 << 40) else {
                        continue;
                    };
                    match key {
                        "bytes" => budget.bytes = size,
                        "memory" => budget.memory = size,
                        _ => limits.opening_memory = size,
                    }
                }
                "ratio" | "members" | "depth" => {
                    let bounds = match key {
                        "ratio" => 10..=1_000_000,
                        "members" => 1..=10_000_000,
                        _ => 1..=64,
                    };
                    let Some(count) = self.count(node, key, bounds) else {
                        continue;
                    };
                    match key {
                        "ratio" => budget.ratio = count as u64,
                        "members" => budget.members = count as u64,
                        _ => budget.depth = u32::try_from(count).unwrap_or(budget.depth),
                    }
                }
                // Both together stay below the time that Postfix waits at the final dot.
                "time" => budget.time = self.time(node, key, 1..=30).unwrap_or(budget.time),
                "wait" => {
                    limits.opening_wait =
                        self.time(node, key, 1..=45).unwrap_or(limits.opening_wait);
                }
                _ => {}
            }
        }
        let longest = limits.opening.time + limits.opening_wait;
        if longest > LONGEST {
            self.error(
                node.at,
                format!("`time` and `wait` are {} together", human_duration(longest)),
                format!(
                    "Postfix must not wait longer than {} at the final dot: make one of them smaller",
                    human_duration(LONGEST)
                ),
            );
        }
    }

    fn spool(&mut self, node: &Node, settings: &mut Settings) {
        let known = ["directory", "limit"];
        for Entry { key, node, .. } in self.map(node, "`spool`", &known, &[]).unwrap_or_default() {
            match key.as_str() {
                "directory" => settings.spool_directory = self.path(node, key),
                "limit" => {
                    if let Some(size) = self.size(node, key, 1 << 20..=1 << 50) {
                        settings.limits.spool = size;
                    }
                }
                _ => {}
            }
        }
    }

    fn admin(&mut self, node: &Node) -> Option<SocketAddr> {
        let text = self.text(node, "admin")?;
        let Ok(address) = text.parse::<SocketAddr>() else {
            let help = match text.parse::<u16>() {
                Ok(port) => format!("did you mean `127.0.0.1:{port}`?"),
                Err(_) => match text.rsplit_once(':') {
                    Some(("localhost" | "", port)) => format!("did you mean `127.0.0.1:{port}`?"),
                    _ => "write an IP address and a port: `127.0.0.1:9810`".to_owned(),
                },
            };
            self.error(node.at, format!("`{text}` is no address with a port"), help);
            return None;
        };
        if !address.ip().is_loopback() {
            self.problems.warning(
                node.at,
                format!("whoever reaches {address} reads the metrics: there is no password"),
                "write `127.0.0.1:…`, or let a firewall guard it",
            );
        }
        Some(address)
    }

    fn log(&mut self, node: &Node, log: &mut Log) {
        for Entry { key, node, .. } in self
            .map(node, "`log`", &["format", "filter"], &[])
            .unwrap_or_default()
        {
            match key.as_str() {
                "format" => {
                    log.format = self
                        .word(node, key, &LogFormat::WORDS)
                        .unwrap_or(log.format);
                }
                "filter" => {
                    let Some(text) = self.text(node, key) else {
                        continue;
                    };
                    match Log::filter(text) {
                        Ok(_) => log.filter = text.to_owned(),
                        Err(message) => self.error(
                            node.at,
                            message,
                            "write a level, and others by room: `info,gacthu::milter=debug`",
                        ),
                    }
                }
                _ => {}
            }
        }
    }
}
