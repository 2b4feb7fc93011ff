//! Gauges for Prometheus's node exporter (textfile collector).

use std::{
    collections::BTreeMap,
    fmt::Write,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::audit::{Audit, Changes, Kind, PathKind, Reason, Whose};

/// The text of the file. Labels are kinds and reasons only.
pub fn metrics(audit: &Audit, changes: Option<&Changes>, took: Duration) -> String {
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, series: &[(String, f64)]| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in series {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    };
    let one = |value: usize| vec![(String::new(), value as f64)];
    gauge(
        "gacthu_forward_blind_spots",
        "Forwards that leave the state unseen by the milter, and paths that the milter does not see.",
        &one(audit.blind_spots()),
    );
    let mut forwards: BTreeMap<(Kind, Whose), usize> = BTreeMap::new();
    for kind in Kind::ALL {
        for whose in Whose::ALL.into_iter().filter(|it| it.leaves()) {
            forwards.insert((kind, whose), 0);
        }
    }
    for it in audit.forwards.iter().filter(|it| it.whose.leaves()) {
        *forwards.entry((it.kind, it.whose)).or_default() += 1;
    }
    let series: Vec<_> = forwards
        .iter()
        .map(|((kind, whose), count)| {
            (
                format!(
                    "{{kind=\"{}\",destination=\"{}\"}}",
                    kind.as_str(),
                    whose.as_str()
                ),
                *count as f64,
            )
        })
        .collect();
    gauge(
        "gacthu_forward_findings",
        "Forwards that leave the state, or may, by kind and destination.",
        &series,
    );
    let series: Vec<_> = PathKind::ALL
        .iter()
        .map(|kind| {
            (
                format!("{{kind=\"{}\"}}", kind.as_str()),
                audit.paths.iter().filter(|it| it.kind == *kind).count() as f64,
            )
        })
        .collect();
    gauge(
        "gacthu_forward_blind_paths",
        "Paths into Postfix that the milter does not see, by kind.",
        &series,
    );
    let series: Vec<_> = Reason::ALL
        .iter()
        .map(|reason| {
            (
                format!("{{reason=\"{}\"}}", reason.as_str()),
                audit
                    .unread
                    .iter()
                    .filter(|it| it.reason == *reason)
                    .count() as f64,
            )
        })
        .collect();
    gauge(
        "gacthu_forward_unread",
        "Files and tables that the audit could not read, by reason.",
        &series,
    );
    if let Some(changes) = changes {
        gauge(
            "gacthu_forward_new",
            "Findings that the run before did not have.",
            &one(changes.new),
        );
        gauge(
            "gacthu_forward_gone",
            "Findings of the run before that are gone.",
            &one(changes.gone.len()),
        );
    }
    gauge(
        "gacthu_forward_audit_seconds",
        "How long the audit took.",
        &[(String::new(), took.as_secs_f64())],
    );
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    gauge(
        "gacthu_forward_audit_timestamp_seconds",
        "When the audit ended, Unix time.",
        &[(String::new(), now.as_secs() as f64)],
    );
    text
}
