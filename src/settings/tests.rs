//! Tests of the settings room: what a file means, and what is said to its mistakes.
//!
//! `mistakes.txt` holds the mistakes: `=== name`, the file, `---`, then each problem as
//! `line:column severity: message` and `= help`. `GACTHU_BLESS=1 cargo test settings` writes what is
//! said now; read the difference before committing it.

use std::{fmt::Write, fs, path::PathBuf, time::Duration};

use tempfile::TempDir;

use super::{LogFormat, Settings};
use crate::{
    content, engine,
    facts::{Network, Role},
    journal::{AtLimit, JournalSettings, Keep, Storage},
    milter,
    notices::Template,
    verdict::MixedPolicies,
    yaml::{Report, Severity},
};

/// A folder with a settings file, two policies and a list.
struct Folder {
    dir: TempDir,
}

impl Folder {
    fn new(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.yaml", "b.yaml"] {
            fs::write(dir.path().join(name), "policy: 1\n").unwrap();
        }
        fs::write(
            dir.path().join("networks.txt"),
            "10.1.0.0/16 # in\n10.2.0.1\n",
        )
        .unwrap();
        fs::write(dir.path().join("wrong.txt"), "10.1.0.0/16\n10.2.0.300\n").unwrap();
        let letter = "To: {mailbox}\nSubject: x\n\n{destinations}\n";
        fs::write(dir.path().join("letter.eml"), letter).unwrap();
        let letter = "To: {mailbox}\nSubject: x {recipient}\n\nxem\n";
        fs::write(dir.path().join("wrong.eml"), letter).unwrap();
        fs::write(dir.path().join("gacthu.yaml"), text).unwrap();
        Self { dir }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("gacthu.yaml")
    }

    fn survey(&self) -> (Settings, Report) {
        Settings::survey(&self.path())
    }
}

fn settings(text: &str) -> Settings {
    let folder = Folder::new(&format!("gacthu: 1\npolicies: [a.yaml]\n{text}"));
    match Settings::read(&folder.path()) {
        Ok((settings, warnings)) if warnings.is_empty() => settings,
        Ok((_, warnings)) => panic!("{warnings:?}"),
        Err(report) => panic!("{report}"),
    }
}

#[test]
fn every_key_is_read() {
    let folder = Folder::new(
        "gacthu: 1
policies: [a.yaml, b.yaml]
listeners:
  - { unix: /var/spool/postfix/gacthu/mx.sock, role: mx, group: postfix, mode: \"0600\" }
  - { inet: \"127.0.0.1:8899\", role: submission }
  - { inet6: \"[::1]:8900\" }
networks: { mailbox_servers: [10.0.0.5/32], gateways: 10.0.0.9, devices: { file: networks.txt } }
mixed_policies: strictest
limits: { connections: 10, drain: 1m, progress: 5s, negotiation: 30s, idle: 2h, envelope: 1d, read: 10m, write: 90s, heavy: 1 MiB, batch: 512 KiB, turns: 3, memory: 128 KiB, opening: { bytes: 100 MiB, ratio: 200, members: 500, depth: 5, time: 4s, memory: 64 MiB, together: 512 MiB, wait: 20s } }
spool: { directory: spool, limit: 1 GiB }
events: /var/log/gacthu/decisions.jsonl
admin: 127.0.0.1:9810
control: /run/gacthu/control.sock
state: /var/lib/gacthu/state
storage: sqlite:journal
journal: { node: mx1, limit: 2 GiB, at_limit: defer, keep: { technical: 1000d, addresses: 500d, content: 90d } }
notices: { directory: notices, template: letter.eml, at_most: 7 }
log: { format: json, filter: \"warn,gacthu::milter=debug\" }
",
    );
    let (settings, report) = folder.survey();
    assert!(report.problems.is_empty(), "{report}");
    let dir = folder.dir.path();
    assert_eq!(settings.policies, [dir.join("a.yaml"), dir.join("b.yaml")]);
    let listeners: Vec<_> = settings
        .listeners
        .iter()
        .map(|spec| (spec.place.to_string(), spec.role))
        .collect();
    assert_eq!(
        listeners,
        [
            (
                "unix:/var/spool/postfix/gacthu/mx.sock".to_owned(),
                Role::Mx
            ),
            ("inet:127.0.0.1:8899".to_owned(), Role::Submission),
            ("inet6:[::1]:8900".to_owned(), Role::Mx),
        ]
    );
    let milter::Place::Unix { mode, group, .. } = &settings.listeners[0].place else {
        panic!("not a unix socket");
    };
    assert_eq!((*mode, group.as_deref()), (0o600, Some("postfix")));
    let of = |address: &str| settings.site.networks.of(address.parse().unwrap());
    assert_eq!(of("10.0.0.5"), Some(Network::MailboxServers));
    assert_eq!(of("10.0.0.9"), Some(Network::Gateways));
    assert_eq!(of("10.1.2.3"), Some(Network::Devices));
    assert_eq!(of("10.2.0.1"), Some(Network::Devices));
    assert_eq!(of("10.2.0.2"), None);
    assert_eq!(settings.site.mixed_policies, MixedPolicies::Strictest);
    let seconds = Duration::from_secs;
    assert_eq!(
        settings.milter,
        milter::Settings {
            max_connections: 10,
            grace: seconds(60),
            progress: seconds(5),
            timeouts: milter::Timeouts {
                negotiation: seconds(30),
                idle: seconds(7200),
                envelope: seconds(86_400),
                read: seconds(600),
                write: seconds(90),
            },
            ..milter::Settings::default()
        }
    );
    assert_eq!(
        settings.limits,
        engine::Limits {
            heavy: 1 << 20,
            batch: 512 << 10,
            turns: 3,
            memory: 128 << 10,
            spool: 1 << 30,
            opening: content::Budget {
                bytes: 100 << 20,
                ratio: 200,
                members: 500,
                depth: 5,
                time: seconds(4),
                memory: 64 << 20,
                ..content::Budget::default()
            },
            opening_memory: 512 << 20,
            opening_wait: seconds(20),
        }
    );
    assert_eq!(settings.spool_directory, Some(dir.join("spool")));
    let notices = settings.notices.unwrap();
    assert_eq!(notices.directory, dir.join("notices"));
    assert_eq!(notices.at_most, 7);
    assert_ne!(*notices.template, Template::shipped().unwrap());
    let path = |path: &str| Some(PathBuf::from(path));
    assert_eq!(settings.events, path("/var/log/gacthu/decisions.jsonl"));
    assert_eq!(settings.admin, Some("127.0.0.1:9810".parse().unwrap()));
    assert_eq!(settings.control, path("/run/gacthu/control.sock"));
    assert_eq!(settings.state, path("/var/lib/gacthu/state"));
    assert_eq!(
        settings.journal,
        JournalSettings {
            storage: Some(Storage::Sqlite(dir.join("journal"))),
            off: false,
            node: Some("mx1".to_owned()),
            limit: 2 << 30,
            at_limit: AtLimit::Defer,
            keep: Keep {
                technical: seconds(1000 * 86_400),
                addresses: seconds(500 * 86_400),
                content: seconds(90 * 86_400),
            },
        }
    );
    assert_eq!(settings.log.format, LogFormat::Json);
    assert_eq!(settings.log.filter, "warn,gacthu::milter=debug");
}

#[test]
fn what_is_left_out_is_as_without_a_file() {
    let mut found = settings("listeners:\nnetworks: { devices: [] }\nlimits:\n");
    assert_eq!(found.policies.len(), 1);
    found.policies.clear();
    assert_eq!(found, Settings::default());
}

#[test]
fn a_reload_changes_what_it_can_and_names_the_rest() {
    let mut running = settings("");
    let new = settings(
        "listeners: [{ unix: /run/x.sock }]
networks: { devices: [10.0.0.0/8] }
mixed_policies: strictest
limits: { turns: 3 }
spool: { limit: 1 GiB }
events: /e
admin: 127.0.0.1:1
control: /c
state: /s
storage: off
journal: { node: mx2 }
log: { filter: debug }
",
    );
    let before = running.clone();
    assert_eq!(
        running.change(&new),
        [
            "listeners",
            "limits",
            "spool",
            "events",
            "admin",
            "control",
            "state",
            "storage",
            "journal",
            "log"
        ]
    );
    assert_eq!(running.site, new.site);
    assert_eq!(running.policies, new.policies);
    assert_eq!(
        (running.limits, running.events),
        (before.limits, before.events)
    );

    let mut same = new.clone();
    assert!(same.change(&new).is_empty());
    let limited = settings("spool: { limit: 1 GiB }");
    assert_eq!(
        settings("").change(&limited),
        ["spool"],
        "`limits` is the same"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_a_mistake_like_others() {
    let dir = tempfile::tempdir().unwrap();
    let report = Settings::read(&dir.path().join("nix.yaml")).unwrap_err();
    assert_eq!(report.errors(), 1);
    assert!(report.to_string().contains("cannot be read"), "{report}");
}

/// The blocks ```` ```yaml ```` of a page.
fn blocks(page: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    for piece in page.split("\n```yaml\n").skip(1) {
        blocks.extend(piece.split_once("\n```"));
    }
    blocks.into_iter().map(|(block, _)| block).collect()
}

#[test]
fn the_examples_of_the_page_and_the_sample_load_without_a_word() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/settings.md")).unwrap();
    let sample = fs::read_to_string(root.join("systemd/gacthu.yaml")).unwrap();
    // What stands there as a comment is an example too.
    let uncommented: Vec<_> = sample
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with("listeners:") || rest.starts_with("  - {") => rest,
            _ => line,
        })
        .collect();
    let uncommented = uncommented.join("\n");
    let mut examples = blocks(&page);
    assert_eq!(examples.len(), 6);
    examples.extend([sample.as_str(), uncommented.as_str()]);
    for text in examples {
        let folder = Folder::new(text);
        for name in [
            "policy.yaml",
            "policies/dak-nong.yaml",
            "policies/soc-trang.yaml",
        ] {
            let path = folder.dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "policy: 1\n").unwrap();
        }
        fs::create_dir(folder.dir.path().join("lists")).unwrap();
        fs::write(folder.dir.path().join("lists/devices.txt"), "10.0.8.1\n").unwrap();
        let (settings, report) = folder.survey();
        assert!(report.problems.is_empty(), "{text}\n{report}");
        if text.contains("envelope: 12h") {
            assert_eq!(settings.limits, engine::Limits::default());
            assert_eq!(settings.milter, milter::Settings::default());
        }
    }
}

#[test]
fn every_key_stands_on_the_page() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/settings.md")).unwrap();
    for key in super::read::TOP {
        assert!(page.contains(&format!("| `{key}")), "{key}");
    }
}

#[test]
fn mistakes_are_named_with_their_place_and_a_remedy() {
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/settings/mistakes.txt");
    let text = fs::read_to_string(&golden).unwrap();
    let mut now = String::new();
    let mut count = 0;
    for case in text.split("=== ").skip(1) {
        let (name, rest) = case.split_once('\n').unwrap();
        let (yaml, _) = rest.split_once("---\n").unwrap_or((rest, ""));
        let folder = Folder::new(yaml);
        let (_, report) = folder.survey();
        assert!(!report.problems.is_empty(), "{name}: nothing is said");
        write!(now, "=== {name}\n{yaml}---\n").unwrap();
        for problem in &report.problems {
            assert!(!problem.help.is_empty(), "{name}: no remedy for {problem}");
            if problem.place.line > 0 && problem.place.file == folder.path() {
                let line = yaml.lines().nth(problem.place.line as usize - 1);
                assert_eq!(Some(problem.text.as_str()), line, "{name}: the user's text");
            }
            let severity = match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let place = problem.place.to_string();
            let place = place.replace(&format!("{}:", folder.path().display()), "");
            writeln!(now, "{place} {severity}: {}", problem.message).unwrap();
            writeln!(now, "  = {}", problem.help).unwrap();
        }
        let dir = folder.dir.path().display().to_string();
        now = now.replace(&dir, "DIR");
        count += 1;
    }
    assert!(count >= 40, "{count} mistakes");
    if std::env::var_os("GACTHU_BLESS").is_some() {
        fs::write(&golden, &now).unwrap();
    }
    for (index, (now, then)) in now.lines().zip(text.lines()).enumerate() {
        assert_eq!(now, then, "mistakes.txt, line {}", index + 1);
    }
    assert_eq!(now.len(), text.len());
}
