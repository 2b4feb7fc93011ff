//! Which ways into this Postfix no milter sees (MILTER_README; smtpd(8), cleanup(8), pickup(8)).

use super::{
    config::{Config, words},
    master::Service,
    table::{self, Syntax},
};
use crate::audit::{
    Collect,
    collect::Road,
    finding::{At, PathKind, Seen},
};

/// The name by which gacthu's milter is known where nobody gives another.
const NAME: &str = "gacthu";

/// What one service does with milters.
struct Listener<'s> {
    service: &'s Service,
    /// None: our milter hears all of it.
    blind: Option<(PathKind, String)>,
}

/// Looks at all services; tells the ways that no milter sees, and learns what becomes of mail that goes
/// these ways.
pub(super) fn read(
    config: &Config,
    services: &[Service],
    milter: Option<&str>,
    collect: &mut Collect,
) {
    let disabled = config.value("master_service_disable");
    let disabled = words(&disabled);
    let on = |service: &&Service| {
        let both = format!("{}/{}", service.name, service.kind);
        !disabled.iter().any(|it| *it == service.kind || *it == both)
    };
    let services: Vec<&Service> = services.iter().filter(on).collect();
    let ours = Ours::new(config, &services, milter, collect);

    let smtpd = services
        .iter()
        .filter(|it| it.command == "smtpd" && it.kind != "fifo");
    let mut listeners: Vec<Listener<'_>> = smtpd
        .map(|service| Listener {
            service,
            blind: smtpd_blind(config, service, &ours),
        })
        .collect();
    let qmqpd = services.iter().filter(|it| it.command == "qmqpd");
    let cleanup = |name: &str| {
        services
            .iter()
            .find(|it| it.kind == "unix" && it.name == name)
            .copied()
    };
    listeners.extend(qmqpd.map(|service| {
        Listener {
            service,
            blind: local_blind(config, service, cleanup("cleanup"), &ours)
                .map(|why| (PathKind::Listener, why)),
        }
    }));
    for listener in &listeners {
        if let Some((kind, why)) = &listener.blind {
            let mut why = why.clone();
            if listener.service.is_loopback() {
                why.push_str("; only this machine reaches it, and whoever may connect from here passes unseen");
            }
            let name = format!("{} {}", listener.service.name, listener.service.kind);
            collect.path(*kind, &name, why, listener.service.at.clone());
        }
        milter_maps(config, listener.service, &ours, collect);
    }

    let mut sendmail = Road::new(
        Seen::Yes,
        "sendmail(1) hands it to cleanup(8), which has the milter (non_smtpd_milters)",
    );
    for pickup in services.iter().filter(|it| it.command == "pickup") {
        let name = config.value_for("cleanup_service_name", &pickup.overrides);
        let cleanup = cleanup(if name.is_empty() { "cleanup" } else { &name });
        if let Some(why) = local_blind(config, pickup, cleanup, &ours) {
            let overridden = cleanup.filter(|it| {
                it.overrides
                    .iter()
                    .any(|(name, _)| name == "non_smtpd_milters")
            });
            let at = overridden.map_or_else(|| config.at("non_smtpd_milters"), |it| it.at.clone());
            sendmail = Road::new(Seen::No, format!("it goes out by sendmail(1): {why}"));
            collect.path(PathKind::Sendmail, "sendmail(1), pickup", why, at);
        }
    }

    let relay = config.value("relayhost");
    let onward = match relay.is_empty() {
        true => String::new(),
        false => format!("; it goes on to {relay}, whose milter may see it"),
    };
    let local = format!(
        "local(8) expands it after the milter has answered; the copy passes no milter of this Postfix{onward}"
    );
    collect.roads.local = Road::new(Seen::No, local);
    collect.roads.behind = Road::new(
        Seen::No,
        format!("Postfix does it by itself: the milter hears nothing of this recipient{onward}"),
    );
    let back = listeners
        .iter()
        .find(|it| it.service.is_loopback() && it.blind.is_none());
    let filter = config.value("content_filter");
    let expands_first = !config
        .value("receive_override_options")
        .contains("no_address_mappings");
    collect.roads.cleanup = match back {
        Some(back) if !filter.is_empty() && expands_first => Road::new(
            Seen::Unknown,
            format!(
                "cleanup(8) expands it after the first milter has answered; where {filter} hands it back through {}, the milter there sees the expanded recipients",
                back.service.name
            ),
        ),
        _ => Road::new(
            Seen::No,
            format!(
                "cleanup(8) expands it after the milter has answered: the milter saw the first recipient only{onward}"
            ),
        ),
    };
    let open: Vec<&Listener<'_>> = listeners
        .iter()
        .filter(|it| !it.service.is_loopback())
        .collect();
    collect.roads.smtp = match open.iter().find(|it| it.blind.is_some()) {
        None if open.is_empty() => Road::new(
            Seen::Unknown,
            "this Postfix has no listener for a mailbox server",
        ),
        None => Road::new(
            Seen::Yes,
            "the mailbox server sends it through a listener that has the milter",
        ),
        Some(_) if open.iter().all(|it| it.blind.is_some()) => {
            Road::new(Seen::No, "no listener of this Postfix has the milter")
        }
        Some(blind) => Road::new(
            Seen::Unknown,
            format!(
                "not every listener has the milter: {} has none",
                blind.service.name
            ),
        ),
    };
    for listener in &listeners {
        let name = &listener.service.name;
        let road = match &listener.blind {
            None => Road::new(
                Seen::Yes,
                format!("it goes through the listener {name}, which has the milter"),
            ),
            Some((_, why)) => Road::new(
                Seen::No,
                format!("it goes through the listener {name}: {why}"),
            ),
        };
        collect.roads.listeners.push((name.clone(), road));
    }
    collect.roads.sendmail = sendmail;
    collect.roads.sieve = collect.roads.sendmail.clone();
}

/// Tells gacthu's milter from others.
struct Ours {
    part: String,
}

impl Ours {
    fn new(
        config: &Config,
        services: &[&Service],
        milter: Option<&str>,
        collect: &mut Collect,
    ) -> Self {
        if let Some(part) = milter {
            return Self {
                part: part.to_owned(),
            };
        }
        let mut all = vec![
            config.value("smtpd_milters"),
            config.value("non_smtpd_milters"),
        ];
        for service in services {
            for name in ["smtpd_milters", "non_smtpd_milters"] {
                all.push(config.value_for(name, &service.overrides));
            }
        }
        if all.iter().any(|it| it.contains(NAME)) {
            return Self {
                part: NAME.to_owned(),
            };
        }
        if let Some(other) = all.iter().find(|it| !it.is_empty()) {
            collect.remark(
                &format!("no milter is called {NAME}, so every milter was taken for it ({other}): name yours with --milter"),
                config.at("smtpd_milters"),
            );
        }
        Self {
            part: String::new(),
        }
    }

    /// Whether this list of milters holds ours.
    fn among(&self, list: &str) -> bool {
        words(list).iter().any(|it| it.contains(&self.part))
    }
}

fn smtpd_blind(config: &Config, service: &Service, ours: &Ours) -> Option<(PathKind, String)> {
    let value = |name| config.value_for(name, &service.overrides);
    let (said, place) = said(config, service, "smtpd_milters");
    let milters = value("smtpd_milters");
    if milters.is_empty() {
        return Some((PathKind::Listener, format!("{said} is empty ({place})")));
    }
    if !ours.among(&milters) {
        return Some((
            PathKind::Listener,
            format!("its milters are others: {milters} ({place})"),
        ));
    }
    if words(&value("receive_override_options")).contains(&"no_milters") {
        let (_, place) = self::said(config, service, "receive_override_options");
        return Some((
            PathKind::Listener,
            format!("receive_override_options=no_milters ({place})"),
        ));
    }
    let proxy = value("smtpd_proxy_filter");
    (!proxy.is_empty()).then(|| {
        let (_, place) = self::said(config, service, "smtpd_proxy_filter");
        (
            PathKind::ProxyFilter,
            format!("smtpd_proxy_filter={proxy} gets the content, the milter gets none ({place})"),
        )
    })
}

/// Why what comes by pickup(8) or qmqpd(8) has no milter.
fn local_blind(
    config: &Config,
    service: &Service,
    cleanup: Option<&Service>,
    ours: &Ours,
) -> Option<String> {
    let options = config.value_for("receive_override_options", &service.overrides);
    if words(&options).contains(&"no_milters") {
        let (_, place) = said(config, service, "receive_override_options");
        return Some(format!("receive_override_options=no_milters ({place})"));
    }
    let none: &[(String, String)] = &[];
    let milters = config.value_for(
        "non_smtpd_milters",
        cleanup.map_or(none, |it| &it.overrides),
    );
    let place = match cleanup {
        Some(cleanup) => said(config, cleanup, "non_smtpd_milters").1,
        None => config.at("non_smtpd_milters").to_string(),
    };
    if milters.is_empty() {
        return Some(format!("non_smtpd_milters is empty ({place})"));
    }
    (!ours.among(&milters)).then(|| format!("its milters are others: {milters} ({place})"))
}

/// How and where a service says a parameter: by itself, or by main.cf.
fn said(config: &Config, service: &Service, name: &str) -> (String, String) {
    match service.overrides.iter().any(|(its, _)| its == name) {
        true => (format!("-o {name}="), service.at.to_string()),
        false => (name.to_owned(), config.at(name).to_string()),
    }
}

/// `smtpd_milter_maps`: other milters, or none, for some clients.
fn milter_maps(config: &Config, service: &Service, ours: &Ours, collect: &mut Collect) {
    let maps = config.value_for("smtpd_milter_maps", &service.overrides);
    let named: At = match service
        .overrides
        .iter()
        .any(|(its, _)| its == "smtpd_milter_maps")
    {
        true => service.at.clone(),
        false => config.at("smtpd_milter_maps"),
    };
    for spec in words(&maps) {
        table::rows(spec, &named, Syntax::Map, collect, &mut |collect, row| {
            let off = row.value.eq_ignore_ascii_case("DISABLE");
            if off || !ours.among(row.value) {
                let why = match off {
                    true => "smtpd_milter_maps switches the milters off for this client".to_owned(),
                    false => format!(
                        "smtpd_milter_maps gives this client other milters: {}",
                        row.value
                    ),
                };
                collect.path(
                    PathKind::MilterMap,
                    &format!("client {} at {} {}", row.key, service.name, service.kind),
                    why,
                    row.at.clone(),
                );
            }
        });
    }
}
