//! `gacthu serve`: start, end, and what stands in their way.

use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;

use crate::program::{Gacthu, RULES, Site, gacthu, request, run, unix};

#[test]
fn it_says_ready_and_ends_with_0_and_without_its_sockets() {
    for signal in [Signal::TERM, Signal::INT] {
        let site = Site::new("observe", RULES);
        let running = site.serve(&[]);
        let control = std::fs::metadata(site.path("control.sock")).unwrap();
        assert_eq!(control.permissions().mode() & 0o777, 0o600);
        assert!(site.path("mx.sock").exists());
        running.signal(signal);
        let (status, log) = running.ended();
        assert_eq!(status, Some(0), "{log}");
        assert!(log.contains("Ended."), "{log}");
        assert!(!site.path("mx.sock").exists(), "{log}");
        assert!(!site.path("control.sock").exists(), "{log}");
    }
}

#[test]
fn a_second_one_on_the_same_socket_does_not_start() {
    let site = Site::new("observe", RULES);
    let first = site.serve(&[]);
    let policy = format!("--policy={}", site.text("site.yaml"));
    for (option, path) in [
        ("listen=unix:", "mx.sock"),
        ("listen=unix:/nowhere/x.sock --control=", "control.sock"),
    ] {
        let path = site.text(path);
        let words = format!("serve {policy} --{option}{path}");
        // The second listens elsewhere and stumbles over the control socket.
        let words = words.replace("/nowhere", site.dir().to_str().unwrap());
        let said = run(words.split(' '));
        assert_eq!(said.status, 1, "{}", said.err);
        let text = format!("{path}: another process already answers there");
        assert!(said.err.contains(&text), "{}", said.err);
    }
    assert!(
        !site.path("x.sock").exists(),
        "what was opened is removed again"
    );
    drop(unix(&site.path("mx.sock")));
    assert_eq!(first.terminate().0, Some(0));
}

#[test]
fn sockets_that_a_dead_process_left_are_replaced() {
    let site = Site::new("observe", RULES);
    let killed = site.serve(&[]);
    killed.signal(Signal::KILL);
    assert_eq!(killed.ended().0, None);
    assert!(site.path("mx.sock").exists() && site.path("control.sock").exists());
    let next = site.serve(&[]);
    drop(unix(&site.path("mx.sock")));
    assert_eq!(
        request(unix(&site.path("control.sock")), "GET", "/healthz"),
        (200, "ok\n".to_owned())
    );
    assert_eq!(next.terminate().0, Some(0));
}

#[test]
fn a_successor_keeps_its_sockets_when_the_predecessor_ends() {
    let site = Site::new("observe", RULES);
    let old = site.serve(&["--drain=600"]);
    // A message under way holds the old one back.
    let mut mta = crate::mta::Mta::new(&site.path("mx.sock"));
    let letter = crate::mta::Letter {
        from: "a@example.com",
        to: &[crate::program::OURS],
        text: "Subject: x\n\nhello\n",
    };
    mta.envelope(&letter);
    old.signal(Signal::TERM);
    let mut old = old;
    old.line("Ending");
    // Its listeners are gone when a connect is refused or finds no file.
    while std::os::unix::net::UnixStream::connect(site.path("mx.sock")).is_ok() {}
    while std::os::unix::net::UnixStream::connect(site.path("control.sock")).is_ok() {}
    let next = site.serve(&[]);
    mta.content(&letter);
    assert_eq!(mta.end().last().unwrap().0, 'c');
    drop(mta);
    assert_eq!(old.ended().0, Some(0));
    assert_eq!(
        request(unix(&site.path("control.sock")), "GET", "/healthz").0,
        200
    );
    drop(unix(&site.path("mx.sock")));
    assert_eq!(next.terminate().0, Some(0));
}

#[test]
fn what_cannot_work_is_said_at_the_start() {
    let site = Site::new("observe", RULES);
    site.write("file", "");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap();
    let dir = site.dir().to_str().unwrap();
    for (options, status, text) in [
        ("", 2, "nowhere to listen: give --listen unix:/path"),
        ("--listen=tcp:127.0.0.1:1", 2, "write inet:127.0.0.1:1"),
        (
            "--listen=unix:DIR/s,role=mail",
            2,
            "there are mx, submission",
        ),
        (
            "--listen=unix:DIR/s,group=nobody-here",
            1,
            "no group \"nobody-here\"",
        ),
        (
            "--listen=unix:DIR/file",
            1,
            "DIR/file: exists and is no socket",
        ),
        (
            "--listen=unix:DIR/none/s",
            1,
            "DIR/none/s: No such file or directory",
        ),
        ("--listen=inet:TAKEN", 1, "cannot listen on TAKEN: Address"),
        (
            "--listen=unix:DIR/s --admin=TAKEN",
            1,
            "--admin TAKEN cannot be opened: Address",
        ),
        ("--listen=unix:DIR/s --admin=9810", 2, "--admin"),
        (
            "--listen=unix:DIR/s --control=DIR/file",
            1,
            "--control: DIR/file: exists and is no socket",
        ),
        (
            "--listen=unix:DIR/s --log=warning",
            2,
            "\"warning\" is no level; there are off, error, warn",
        ),
        (
            "--listen=unix:DIR/s --log=info,gacthu=loud",
            2,
            "is not a log filter",
        ),
        ("--listen=unix:DIR/s --log-format=xml", 2, "journald"),
        (
            "--listen=unix:DIR/s --spool-dir=DIR/none",
            1,
            "--spool-dir DIR/none cannot be used: No such",
        ),
        (
            "--listen=unix:DIR/s --spool-dir=DIR/file",
            1,
            "--spool-dir DIR/file cannot be used: Not a dir",
        ),
        (
            "--listen=unix:DIR/s --event-log=DIR/none/e",
            1,
            "--event-log DIR/none/e cannot be opened: No such",
        ),
        (
            "--listen=unix:DIR/s --own-network=10.0.0.0/33",
            2,
            "--own-network",
        ),
        (
            "--listen=unix:DIR/s --policy=DIR/file",
            2,
            "gacthu does not start",
        ),
    ] {
        let fill = |text: &str| {
            text.replace("DIR", dir)
                .replace("TAKEN", &taken.to_string())
        };
        let (options, text) = (fill(options), fill(text));
        let policy = format!("--policy={}", site.text("site.yaml"));
        let options = options.split(' ').filter(|word| !word.is_empty());
        let said = run(["serve", &policy].into_iter().chain(options));
        assert_eq!(said.status, status, "{text}: {}", said.err);
        assert!(said.err.contains(&text), "{text:?} is not in {}", said.err);
        assert!(!site.path("s").exists(), "{text}: the socket stays behind");
    }
}

#[test]
fn health_metrics_and_nothing_else_on_the_admin_address() {
    let site = Site::new("observe", RULES);
    let running = site.serve(&[]);
    assert_eq!(running.get("/healthz"), (200, "ok\n".to_owned()));
    let (status, text) = running.get("/metrics");
    assert_eq!(status, 200);
    assert!(
        text.contains("# TYPE gacthu_messages_total counter")
            || text.contains("gacthu_build_info{"),
        "{text}"
    );
    assert_eq!(running.get("/reload").0, 404);
    let post = std::net::TcpStream::connect(running.admin()).unwrap();
    assert_eq!(request(post, "POST", "/reload").0, 404);
    assert_eq!(
        request(unix(&site.path("control.sock")), "GET", "/reload").0,
        405
    );
    assert_eq!(
        running.metric("gacthu_policy_loads_total{result=\"loaded\"}"),
        1.0
    );
}

#[test]
fn a_signal_that_comes_early_does_not_kill() {
    let site = Site::new("observe", RULES);
    let args = [
        "serve".to_owned(),
        format!("--policy={}", site.text("site.yaml")),
        format!("--listen=unix:{}", site.text("mx.sock")),
    ];
    let mut running = Gacthu::start(&mut gacthu(args));
    running.line("Listening.");
    running.signal(Signal::HUP);
    running.line("The policy was loaded.");
    assert_eq!(running.terminate().0, Some(0));
}

#[test]
fn settings_come_from_the_environment_too() {
    let site = Site::new("observe", RULES);
    let mut command = gacthu(["serve"]);
    command.env("GACTHU_POLICY", site.path("site.yaml"));
    command.env(
        "GACTHU_LISTEN",
        format!(
            "unix:{} inet:127.0.0.1:0,role=submission",
            site.text("mx.sock")
        ),
    );
    command.env("GACTHU_LOG_FORMAT", "json");
    let mut running = Gacthu::start(&mut command);
    let line = running.line("Ready.");
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["level"], "INFO");
    assert!(
        running
            .seen
            .iter()
            .any(|line| line.contains("inet:127.0.0.1:") && line.contains("Submission")),
        "{:?}",
        running.seen
    );
    assert_eq!(running.terminate().0, Some(0));
}
