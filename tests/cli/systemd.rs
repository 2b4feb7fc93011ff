//! What systemd does with the program: readiness, watchdog, sockets handed over, the sandbox.

use std::{
    collections::BTreeSet,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::Signal;

use crate::{
    mta::{Letter, Mta},
    program::{Gacthu, OURS, PATIENCE, RULES, Site, gacthu, letter},
};

/// A tool of systemd; none: the test says that it was skipped.
fn tool(name: &str) -> Option<PathBuf> {
    let path = Path::new("/usr/bin").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: there is no {name} on this machine");
    None
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn systemd_is_told_of_every_turn() {
    let site = Site::new("observe", RULES);
    let notify = UnixDatagram::bind(site.path("notify")).unwrap();
    notify.set_read_timeout(Some(PATIENCE)).unwrap();
    let heard = || {
        let mut buffer = [0; 200];
        let read = notify.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..read].to_vec()).unwrap()
    };
    let until = |word: &str| loop {
        let text = heard();
        if text.lines().any(|line| line == word) {
            return text;
        }
        assert_eq!(text.trim(), "WATCHDOG=1", "waiting for {word}");
    };
    let mut command = gacthu([
        "serve".to_owned(),
        format!("--policy={}", site.text("site.yaml")),
        format!("--listen=unix:{}", site.text("mx.sock")),
    ]);
    command.env("NOTIFY_SOCKET", site.path("notify"));
    command.env("WATCHDOG_USEC", "100000");
    let running = Gacthu::start(&mut command);
    until("READY=1");
    until("WATCHDOG=1");
    running.signal(Signal::HUP);
    let reloading = until("RELOADING=1");
    assert!(reloading.contains("MONOTONIC_USEC="), "{reloading}");
    until("READY=1");
    // A message under way: the watchdog must be fed until the very end.
    let mut mta = Mta::new(&site.path("mx.sock"));
    let text = letter("x", "a.txt", "hello");
    let letter = Letter {
        from: "a@example.com",
        to: &[OURS],
        text: &text,
    };
    mta.envelope(&letter);
    running.signal(Signal::TERM);
    until("STOPPING=1");
    until("WATCHDOG=1");
    until("WATCHDOG=1");
    mta.content(&letter);
    assert_eq!(mta.end()[0].0, 'c');
    assert_eq!(running.ended().0, Some(0));
}

#[test]
fn sockets_of_systemd_have_the_roles_that_their_names_say() {
    let Some(activate) = tool("systemd-socket-activate") else {
        return;
    };
    let site = Site::new("enforce", RULES);
    let start = |names: &str| {
        let mut command = Command::new(&activate);
        command.arg(format!("--fdname={names}"));
        for socket in ["mx.sock", "local.sock"] {
            command.arg(format!("--listen={}", site.text(socket)));
        }
        command.arg(env!("CARGO_BIN_EXE_gacthu")).arg("serve");
        command.arg(format!("--policy={}", site.text("site.yaml")));
        command.arg(format!("--event-log={}", site.text("events.jsonl")));
        let mut running = Gacthu::start(&mut command);
        running.line("Listening on");
        running.line("local.sock as");
        running
    };
    let mut running = start("mx:local");
    let text = letter("x", "a.exe", "MZ");
    let letter = Letter {
        from: "a@example.com",
        to: &[OURS],
        text: &text,
    };
    // The connection starts it; nothing of it is lost.
    let said = Mta::new(&site.path("mx.sock")).message(&letter);
    assert_eq!(said[0].0, 'y');
    let said = Mta::new(&site.path("local.sock")).message(&letter);
    assert_eq!(
        (said[0].0, said[1].0),
        ('q', 'c'),
        "local may not refuse: it holds"
    );
    let events = site.events();
    assert_eq!(
        (&events[0]["role"], &events[1]["role"]),
        (&"mx".into(), &"local".into())
    );
    running.line("Ready.");
    assert_eq!(running.terminate().0, Some(0));
    assert!(site.path("mx.sock").exists(), "it is systemd's");

    std::fs::remove_file(site.path("mx.sock")).unwrap();
    std::fs::remove_file(site.path("local.sock")).unwrap();
    let running = start("mx:smtp");
    let _client = crate::program::unix(&site.path("mx.sock"));
    let (status, log) = running.ended();
    assert_eq!(status, Some(1), "{log}");
    assert!(
        log.contains("\"smtp\"") && log.contains("there are mx, submission"),
        "{log}"
    );
}

#[test]
fn the_units_are_sound_and_tight() {
    let Some(analyze) = tool("systemd-analyze") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let mut units = Vec::new();
    for entry in std::fs::read_dir(root().join("systemd")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // It checks that what a unit starts is there.
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace(
            "=/usr/bin/gacthu ",
            &format!("={} ", env!("CARGO_BIN_EXE_gacthu")),
        );
        std::fs::write(dir.path().join(&name), text).unwrap();
        match name.as_str() {
            "gacthu@.socket" => units.push("gacthu@local.socket".to_owned()),
            _ if name.ends_with(".yaml") => {}
            _ => units.push(name),
        }
    }
    assert_eq!(units.len(), 5);
    let units: Vec<PathBuf> = units.iter().map(|name| dir.path().join(name)).collect();
    let output = Command::new(&analyze)
        .arg("verify")
        .args(&units)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let ours: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("gacthu"))
        .collect();
    assert!(ours.is_empty(), "{ours:?}");

    for unit in ["gacthu.service", "gacthu-audit.service"] {
        let output = Command::new(&analyze)
            .args(["security", "--offline=true", "--threshold=20"])
            .arg(dir.path().join(unit))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{unit}: more than 2.0, which is worse than OK: {said}"
        );
    }
}

/// The system calls that a unit allows: its groups, opened by systemd-analyze.
fn allowed(analyze: &Path, unit: &str) -> BTreeSet<String> {
    let unit = std::fs::read_to_string(root().join("systemd").join(unit)).unwrap();
    let open = |group: &str| {
        let mut calls = BTreeSet::new();
        let mut groups = vec![group.to_owned()];
        while let Some(group) = groups.pop() {
            let output = Command::new(analyze)
                .args(["syscall-filter", &group])
                .output()
                .unwrap();
            assert!(output.status.success(), "{group}");
            let text = String::from_utf8(output.stdout).unwrap();
            for line in text
                .lines()
                .skip(1)
                .map(str::trim)
                .filter(|line| !line.starts_with('#'))
            {
                match line.starts_with('@') {
                    true => groups.push(line.to_owned()),
                    false => drop(calls.insert(line.to_owned())),
                }
            }
        }
        calls
    };
    let mut allowed = BTreeSet::new();
    for line in unit
        .lines()
        .filter_map(|line| line.strip_prefix("SystemCallFilter="))
    {
        let (groups, deny) = line
            .strip_prefix('~')
            .map_or((line, false), |groups| (groups, true));
        for group in groups.split(' ') {
            for call in open(group) {
                if deny {
                    allowed.remove(&call);
                } else {
                    allowed.insert(call);
                }
            }
        }
    }
    allowed
}

#[test]
fn the_program_needs_no_system_call_that_the_unit_denies() {
    let (Some(analyze), Some(strace)) = (tool("systemd-analyze"), tool("strace")) else {
        return;
    };
    if !Command::new(&strace)
        .args(["-qq", "-o", "/dev/null", "true"])
        .status()
        .unwrap()
        .success()
    {
        eprintln!("SKIPPED: strace may not follow processes here");
        return;
    }
    let site = Site::new("enforce", RULES);
    std::fs::create_dir(site.path("spool")).unwrap();
    // Behind its start: execve and what the loader does come before the filter counts, or are allowed.
    let mut command = Command::new(strace);
    command.args([
        "-f",
        "-qq",
        "-o",
        &site.text("trace"),
        env!("CARGO_BIN_EXE_gacthu"),
        "serve",
    ]);
    for (name, value) in [
        ("policy", site.text("site.yaml")),
        ("listen", format!("unix:{}", site.text("mx.sock"))),
        ("control", site.text("control.sock")),
        ("event-log", site.text("events.jsonl")),
        ("spool-dir", site.text("spool")),
        ("admin", "127.0.0.1:0".to_owned()),
    ] {
        command.arg(format!("--{name}={value}"));
    }
    let mut running = Gacthu::start(&mut command);
    running.line("Ready.");
    let text = letter("x", "a.bin", &"a large text\n".repeat(400_000));
    let letter = Letter {
        from: "a@example.com",
        to: &[OURS],
        text: &text,
    };
    Mta::new(&site.path("mx.sock")).message(&letter);
    assert_eq!(running.get("/metrics").0, 200);
    let said = crate::program::run(["reload", "--control", &site.text("control.sock")]);
    assert_eq!(said.status, 0, "{}", said.err);
    // strace itself is not asked to end: the first process that it followed is.
    let traced = site.read("trace");
    let first = traced.split_whitespace().next().unwrap();
    let pid = rustix::process::Pid::from_raw(first.parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(running.ended().0, Some(0));

    let allowed = allowed(&analyze, "gacthu.service");
    assert!(
        allowed.contains("read") && !allowed.contains("chown") && !allowed.contains("setpriority")
    );
    let mut denied = denied(&site.read("trace"), &allowed);
    // Asked for and not needed: where it is denied (EPERM), heavy openings keep their priority.
    denied.remove("setpriority");
    assert!(denied.is_empty(), "SystemCallFilter= denies {denied:?}");
}

/// What a program asked for and a unit denies.
fn denied(trace: &str, allowed: &BTreeSet<String>) -> BTreeSet<String> {
    let mut denied = BTreeSet::new();
    for line in trace.lines() {
        let call = line.split_once(' ').unwrap().1.trim_start();
        let Some((name, _)) = call.split_once('(') else {
            continue;
        };
        if name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && !allowed.contains(name)
        {
            denied.insert(name.to_owned());
        }
        let writable_code = call.contains("PROT_WRITE|PROT_EXEC");
        assert!(!writable_code, "MemoryDenyWriteExecute= denies {line}");
    }
    denied
}

#[test]
fn the_audit_needs_no_system_call_that_its_unit_denies() {
    let (Some(analyze), Some(strace)) = (tool("systemd-analyze"), tool("strace")) else {
        return;
    };
    let site = Site::new("enforce", RULES);
    site.write(
        "pf/main.cf",
        format!(
            "myhostname = a.example\nalias_maps = hash:{}\n",
            site.text("gone")
        ),
    );
    site.write("pf/master.cf", "");
    site.write(
        "passwd",
        format!("an:x:0:0::{}:/bin/sh\n", site.dir().display()),
    );
    site.write(".forward", "an@gmail.com\n");
    // So that postmap is run, where there is one.
    site.write("gone.db", "");
    let output = Command::new(strace)
        .args([
            "-f",
            "-qq",
            "-o",
            &site.text("trace"),
            env!("CARGO_BIN_EXE_gacthu"),
            "audit",
            "forwards",
        ])
        .args([
            "--postfix",
            &site.text("pf"),
            "--passwd",
            &site.text("passwd"),
        ])
        .args([
            "--state",
            &site.text("state"),
            "--metrics",
            &site.text("m.prom"),
            "--output",
            &site.text("report"),
        ])
        .output()
        .unwrap();
    if !site.path("trace").exists() || site.read("trace").is_empty() {
        eprintln!("SKIPPED: strace may not follow processes here");
        return;
    }
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(site.read("report").contains("an@gmail.com"));
    let allowed = allowed(&analyze, "gacthu-audit.service");
    assert!(allowed.contains("execve") && !allowed.contains("chown"));
    let denied = denied(&site.read("trace"), &allowed);
    assert!(denied.is_empty(), "SystemCallFilter= denies {denied:?}");
}

#[test]
fn a_socket_of_systemd_may_stand_in_the_settings_too_with_the_same_role() {
    let Some(activate) = tool("systemd-socket-activate") else {
        return;
    };
    let site = Site::new("observe", RULES);
    let start = |role: &str| {
        let dir = site.dir().display();
        site.write(
            "gacthu.yaml",
            format!("gacthu: 1\npolicies: [site.yaml]\nlisteners: [{{ unix: {dir}/mx.sock, role: {role} }}]\nstate: state/here\n"),
        );
        let mut command = Command::new(&activate);
        command.arg("--fdname=mx");
        command.arg(format!("--listen={}", site.text("mx.sock")));
        command.arg(env!("CARGO_BIN_EXE_gacthu")).arg("serve");
        command.arg(format!("--config={}", site.text("gacthu.yaml")));
        let mut running = Gacthu::start(&mut command);
        running.line("mx.sock as");
        running
    };
    let mut running = start("mx");
    let client = crate::program::unix(&site.path("mx.sock"));
    running.line("Ready.");
    drop(client);
    assert!(site.path("state/here").is_dir());
    assert_eq!(running.terminate().0, Some(0));

    std::fs::remove_file(site.path("mx.sock")).unwrap();
    let running = start("submission");
    let _client = crate::program::unix(&site.path("mx.sock"));
    let (status, log) = running.ended();
    assert_eq!(status, Some(2), "{log}");
    assert!(
        log.contains("has the role submission in the settings, and systemd hands it over as mx"),
        "{log}"
    );
}
