//! One Postfix instance: its configuration folder, the tables that send mail on, the listeners.

mod checks;
mod config;
mod listeners;
mod master;
mod programs;
mod table;
mod transports;

pub(super) use config::expand;
pub(super) use programs::{addressed, known, program};

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use self::{
    config::{Config, words},
    master::Service,
    table::{Row, Syntax},
};
use super::{
    Collect, Request,
    destinations::{Destination, split},
    file::Links,
    finding::{At, Kind, Reason},
};

/// Bytes of main.cf and master.cf each.
const MAX_CONFIG: u64 = 1 << 20;
/// Bytes of one file of members (`:include:`).
const MAX_INCLUDE: u64 = 16 << 20;
/// Services of master.cf that are looked at.
const MAX_SERVICES: usize = 1_000;
/// Tables that one kind of parameters may name.
const MAX_TABLES: usize = 1_000;
/// Included files inside each other.
const MAX_INCLUDES: u32 = 20;

/// Reads the instance in this folder.
pub(super) fn read(folder: &Path, request: &Request, collect: &mut Collect) {
    let Some(text) = config_file(folder, "main.cf", collect) else {
        return;
    };
    let config = Config::new(folder, &text, &host(collect));
    let master = config_file(folder, "master.cf", collect).unwrap_or_default();
    let mut services = master::services(&folder.join("master.cf"), &master);
    if let Some(first) = services.get(MAX_SERVICES) {
        let (what, at) = (format!("services from {} on", first.at), first.at.clone());
        let why = format!("master.cf has more than {MAX_SERVICES} services");
        collect.unread(&what, Reason::Limit, &why, "look at them by hand", at);
        services.truncate(MAX_SERVICES);
    }
    collect.postfix = folder.to_owned();
    collect.queue = PathBuf::from(config.value("queue_directory"));
    collect.delimiter = config.value("recipient_delimiter");
    collect.forward_path = Some(config.unexpanded("forward_path", &[]));
    own_domains(&config, request, collect);
    listeners::read(&config, &services, request.milter.as_deref(), collect);
    other_instances(&config, request, collect);

    let instance = Instance {
        config: &config,
        services: &services,
        request,
    };
    instance.aliases(collect);
    instance.addresses(collect);
    instance.relocated(collect);
    checks::read(&instance, collect);
    transports::read(&instance, collect);
}

/// What the readers of parameters share.
struct Instance<'i> {
    config: &'i Config,
    services: &'i [Service],
    request: &'i Request,
}

impl Instance<'_> {
    /// The different values of a parameter, in main.cf and for services of their own, each with its place.
    fn values(&self, name: &str) -> Vec<(String, At)> {
        self.all(name, |overrides| self.config.value_for(name, overrides))
    }

    /// The same as written, where local(8) expands by itself.
    fn unexpanded(&self, name: &str) -> Vec<(String, At)> {
        self.all(name, |overrides| self.config.unexpanded(name, overrides))
    }

    fn all(&self, name: &str, value: impl Fn(&[(String, String)]) -> String) -> Vec<(String, At)> {
        let mut values = vec![(value(&[]), self.config.at(name))];
        for service in self.services {
            if service.overrides.iter().any(|(its, _)| its == name) {
                let value = value(&service.overrides);
                if values.iter().all(|(known, _)| *known != value) {
                    values.push((value, service.at.clone()));
                }
            }
        }
        values.retain(|(value, _)| !value.is_empty());
        values
    }

    /// The tables that a parameter names, each once.
    fn tables(&self, names: &[&str]) -> Vec<(String, At)> {
        let mut tables: Vec<(String, At)> = Vec::new();
        for name in names {
            let exported = self
                .request
                .maps
                .iter()
                .any(|(parameter, _)| parameter == name);
            for (value, at) in self.values(name) {
                for spec in words(&value) {
                    // Its rows stand in the export.
                    if exported && table::is_server(spec) {
                        continue;
                    }
                    if tables.len() < MAX_TABLES && tables.iter().all(|(known, _)| known != spec) {
                        tables.push((spec.to_owned(), at.clone()));
                    }
                }
            }
            for (parameter, file) in &self.request.maps {
                if parameter == name {
                    tables.push((format!("texthash:{}", file.display()), At::file(file)));
                }
            }
        }
        tables
    }

    /// `alias_maps`, and `alias_database`, which may be in use on another day.
    fn aliases(&self, collect: &mut Collect) {
        for (spec, at) in self.tables(&["alias_maps", "alias_database"]) {
            table::rows(&spec, &at, Syntax::Aliases, collect, &mut |collect, row| {
                destinations(Kind::Alias, row.key, row.value, &row.at, 0, collect);
            });
        }
    }

    /// Tables whose values are addresses.
    fn addresses(&self, collect: &mut Collect) {
        let classes = |name: &str| self.config.value(name).contains("envelope_recipient");
        let mut parameters = vec![
            (Kind::Virtual, "virtual_alias_maps"),
            (Kind::RecipientBcc, "recipient_bcc_maps"),
            (Kind::SenderBcc, "sender_bcc_maps"),
            (Kind::Generic, "smtp_generic_maps"),
            (Kind::Generic, "lmtp_generic_maps"),
        ];
        if classes("canonical_classes") {
            parameters.push((Kind::Canonical, "canonical_maps"));
        }
        if classes("recipient_canonical_classes") {
            parameters.push((Kind::Canonical, "recipient_canonical_maps"));
        }
        for (kind, name) in parameters {
            for (spec, at) in self.tables(&[name]) {
                table::rows(&spec, &at, Syntax::Map, collect, &mut |collect, row| {
                    addresses(kind, row, collect)
                });
            }
        }
        for (kind, name, who) in [
            (Kind::AlwaysBcc, "always_bcc", "(every letter)"),
            (Kind::Luser, "luser_relay", "(unknown local users)"),
            (
                Kind::Notice,
                "2bounce_notice_recipient",
                "(letters that cannot be returned)",
            ),
            (
                Kind::Notice,
                "bounce_notice_recipient",
                "(letters that bounce)",
            ),
            (
                Kind::Notice,
                "delay_notice_recipient",
                "(letters that are late)",
            ),
            (
                Kind::Notice,
                "error_notice_recipient",
                "(sessions with errors)",
            ),
        ] {
            let values = match kind {
                Kind::Luser => self.unexpanded(name),
                _ => self.values(name),
            };
            for (value, at) in values {
                match (kind, value.trim_start_matches('"').chars().next()) {
                    (Kind::Luser, Some('|' | '/')) => {
                        destinations(kind, who, &value, &at, 0, collect)
                    }
                    _ => variable_address(kind, who, &value, &at, collect),
                }
            }
        }
    }

    /// A table that sends nothing on: it tells senders the new address.
    fn relocated(&self, collect: &mut Collect) {
        for (spec, at) in self.tables(&["relocated_maps"]) {
            table::rows(&spec, &at, Syntax::Map, collect, &mut |collect, row| {
                let address = collect.domains.resolved(row.value);
                let whose = collect.domains.of(address.domain());
                if row.value.contains('@') && whose.leaves() {
                    let text = format!(
                        "relocated_maps: senders to {} are told to write to {}; nothing is sent on",
                        super::collect::cut(row.key),
                        super::collect::cut(row.value)
                    );
                    collect.remark(&text, row.at.clone());
                }
            });
        }
    }
}

/// The row of a table whose value is a list of addresses.
fn addresses(kind: Kind, row: &Row<'_>, collect: &mut Collect) {
    // An entry `example.vn anything` makes a domain a virtual one (virtual(5)).
    if !row.pattern && !row.key.contains('@') && row.key.contains('.') && !row.value.contains('@') {
        return;
    }
    for destination in split(row.value) {
        // These tables know addresses only: `|x@gmail.com` is a mailbox of gmail.com.
        let address = match destination {
            Destination::Address(address) | Destination::File(address) => address,
            Destination::Program(rest) => format!("|{rest}").into(),
            Destination::Include(rest) => format!(":include:{rest}").into(),
        };
        if row.pattern {
            variable_address(kind, row.key, &address, &row.at, collect);
        } else {
            collect.forward(kind, row.key, &address, row.at.clone());
        }
    }
}

/// The addresses of an action.
fn addresses_of(kind: Kind, row: &Row<'_>, list: &str, remark: &str, collect: &mut Collect) {
    for destination in split(list) {
        if let Destination::Address(address) = destination {
            collect.forward_with(kind, row.key, &address, row.at.clone(), remark);
        }
    }
}

/// An address that may hold `$1` or `$user`.
fn variable_address(kind: Kind, who: &str, address: &str, at: &At, collect: &mut Collect) {
    // `$user` alone stays here.
    if kind != Kind::Luser || address.contains('@') || !address.contains('$') {
        collect.variable(
            kind,
            who,
            address,
            at.clone(),
            "where to depends on the pattern",
        );
    }
}

/// The right-hand side of an alias, a `.forward` file or an included file.
pub(super) fn destinations(
    kind: Kind,
    who: &str,
    list: &str,
    at: &At,
    depth: u32,
    collect: &mut Collect,
) {
    for destination in split(list) {
        match destination {
            Destination::Address(address) if kind == Kind::Luser => {
                variable_address(kind, who, &address, at, collect)
            }
            Destination::Address(address) => collect.forward(kind, who, &address, at.clone()),
            Destination::Program(command) => program(who, &command, at, collect),
            // Kept on this machine.
            Destination::File(_) => {}
            Destination::Include(file) => include(kind, who, &file, at, depth, collect),
        }
    }
}

fn include(kind: Kind, who: &str, file: &str, at: &At, depth: u32, collect: &mut Collect) {
    let path = collect.queue.join(file);
    if depth >= MAX_INCLUDES {
        return collect.unread(
            file,
            Reason::Limit,
            "files that include files, too deep",
            "take the circle out",
            at.clone(),
        );
    }
    let node = format!(":include:{}", path.display());
    collect.leads(who, &node);
    if !collect.first_time(&path) {
        return;
    }
    match collect.disk.text(&path, MAX_INCLUDE, Links::Follow) {
        Err(error) => collect.unread(
            &path.display().to_string(),
            error.reason,
            &error.why,
            error.remedy(),
            at.clone(),
        ),
        Ok(text) => {
            collect.read_one();
            lines(kind, &node, &path, &text, depth + 1, collect);
        }
    }
}

/// The lines of a `.forward` or included file: each by itself, `#` begins a comment (local(8)).
pub(super) fn lines(
    kind: Kind,
    who: &str,
    path: &Path,
    text: &str,
    depth: u32,
    collect: &mut Collect,
) {
    let file: Arc<Path> = Arc::from(path);
    for (number, line) in text.lines().enumerate() {
        if !line.starts_with('#') {
            let at = At::new(&file, number + 1);
            if collect.count_entry(&at) {
                destinations(kind, who, line, &at, depth, collect);
            }
        }
    }
}

fn config_file(folder: &Path, name: &str, collect: &mut Collect) -> Option<String> {
    let path = folder.join(name);
    match collect.disk.text(&path, MAX_CONFIG, Links::Follow) {
        Ok(text) => {
            collect.read_one();
            Some(text)
        }
        Err(error) => {
            collect.unread_file(&path, &error);
            None
        }
    }
}

/// The machine's name, as gethostname(3) would say it there.
fn host(collect: &Collect) -> String {
    let file = || {
        let text = collect
            .disk
            .text(Path::new("/etc/hostname"), 1 << 10, Links::Follow);
        text.ok()
    };
    let text = match collect.disk.root {
        Some(_) => file(),
        // A sandbox may hide it.
        None => std::fs::read_to_string("/proc/sys/kernel/hostname")
            .ok()
            .or_else(file),
    };
    let name = text.as_deref().unwrap_or_default().trim().to_lowercase();
    match name.as_str() {
        "" => "localhost.localdomain".to_owned(),
        name if name.contains('.') => name.to_owned(),
        name => format!("{name}.localdomain"),
    }
}

/// What Postfix delivers itself.
fn own_domains(config: &Config, request: &Request, collect: &mut Collect) {
    let first_line = |value: String, collect: &mut Collect| match value.starts_with('/') {
        false => value,
        // As Debian has it: `myorigin = /etc/mailname`.
        true => {
            let text = collect.disk.text(Path::new(&value), 1 << 16, Links::Follow);
            text.unwrap_or_default()
                .lines()
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned()
        }
    };
    let origin = first_line(config.value("myorigin"), collect).to_lowercase();
    for name in [
        "mydestination",
        "virtual_alias_domains",
        "virtual_mailbox_domains",
    ] {
        let at = config.at(name);
        let value = config.value(name);
        // `virtual_alias_domains` is `$virtual_alias_maps` where nothing else is said.
        let maps = name.replace("_domains", "_maps");
        let exports: Vec<String> = request
            .maps
            .iter()
            .filter(|(its, _)| its == name || *its == maps)
            .map(|(_, file)| format!("texthash:{}", file.display()))
            .collect();
        let mut specs = words(&value);
        specs.retain(|spec| exports.is_empty() || !table::is_server(spec));
        specs.extend(exports.iter().map(String::as_str));
        for word in specs {
            let word = word.strip_prefix('!').map_or(word, |_| "");
            if word.contains(':') || word.starts_with('/') {
                table::rows(word, &at, Syntax::Keys, collect, &mut |collect, row| {
                    if !row.pattern && !row.key.contains('@') && row.key.contains('.') {
                        own_domain(name, row.key, collect);
                    }
                });
            } else if !word.is_empty() {
                own_domain(name, word, collect);
            }
        }
    }
    if collect.domains.is_own(&origin) {
        collect.local.insert(origin.clone());
    }
    collect.domains.set_origin(&origin);
}

fn own_domain(parameter: &str, domain: &str, collect: &mut Collect) {
    collect.domains.add_delivered(domain);
    if parameter == "mydestination" {
        collect.local.insert(domain.to_lowercase());
    }
}

/// `multi_instance_directories`: other Postfixes of this machine.
fn other_instances(config: &Config, request: &Request, collect: &mut Collect) {
    let value = config.value("multi_instance_directories");
    for folder in words(&value) {
        if !request
            .postfix
            .iter()
            .any(|known| known == Path::new(folder))
        {
            let remedy = format!("name it too: --postfix {folder}");
            collect.unread(
                folder,
                Reason::Missing,
                "another Postfix of this machine, not named to the audit",
                &remedy,
                config.at("multi_instance_directories"),
            );
        }
    }
}
