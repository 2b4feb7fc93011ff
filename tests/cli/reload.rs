//! Loading anew: by HUP and by `gacthu reload`; while messages run; log rotation.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;

use crate::{
    mta::{Letter, Mta},
    program::{OURS, RULES, Site, letter, run},
};

fn reload(site: &Site) -> crate::program::Said {
    run(["reload", "--control", &site.text("control.sock")])
}

/// What a letter with an executable is answered.
fn verdict(site: &Site) -> char {
    let text = letter("x", "a.exe", "MZ");
    let letter = Letter {
        from: "a@example.com",
        to: &[OURS],
        text: &text,
    };
    Mta::new(&site.path("mx.sock"))
        .message(&letter)
        .last()
        .unwrap()
        .0
}

#[test]
fn a_new_policy_runs_after_reload() {
    let site = Site::new("observe", RULES);
    let running = site.serve(&[]);
    assert_eq!(verdict(&site), 'c');
    site.policy("enforce", RULES);
    assert_eq!(
        verdict(&site),
        'c',
        "nothing is read before it is asked for"
    );
    let said = reload(&site);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(
        said.out.contains("ok: site (enforce, 2 rules)"),
        "{}",
        said.out
    );
    assert_eq!(verdict(&site), 'y');
    let hash = site.events()[2]["policy_hash"].as_str().unwrap().to_owned();
    let info = format!("gacthu_policy_info{{hash=\"{hash}\",mode=\"enforce\",policy=\"site\"}}");
    assert_eq!(running.metric(&info), 1.0);
    let (_, metrics) = running.get("/metrics");
    assert_eq!(
        metrics.matches("gacthu_policy_info{").count(),
        1,
        "{metrics}"
    );
    assert_eq!(
        running.metric("gacthu_policy_loads_total{result=\"loaded\"}"),
        2.0
    );
}

#[test]
fn a_broken_policy_is_refused_and_the_old_one_judges_on() {
    let site = Site::new("enforce", RULES);
    let mut running = site.serve(&[]);
    let loaded = running.metric("gacthu_policy_loaded_timestamp_seconds");
    site.policy("enforce", &RULES.replace("then: reject", "then: rejetc"));
    let said = reload(&site);
    assert_eq!((said.status, said.out.as_str()), (1, ""));
    for text in [
        "site.yaml:6:",
        "rejetc",
        "reject",
        "The policy that runs stays.",
    ] {
        assert!(said.err.contains(text), "{text:?} is not in {}", said.err);
    }
    running.signal(Signal::HUP);
    running.line("the one that runs stays");
    running.line("the one that runs stays");
    assert_eq!(
        running.metric("gacthu_policy_loads_total{result=\"refused\"}"),
        2.0
    );
    assert_eq!(
        running.metric("gacthu_policy_loaded_timestamp_seconds"),
        loaded
    );
    assert_eq!(verdict(&site), 'y');
    std::fs::remove_file(site.path("site.yaml")).unwrap();
    assert_eq!(reload(&site).status, 1);
    assert_eq!(verdict(&site), 'y');
}

#[test]
fn a_reload_of_nobody_is_2() {
    let site = Site::new("observe", RULES);
    site.write("control.sock", "");
    for socket in [site.text("control.sock"), site.text("none.sock")] {
        let said = run(["reload", "--control", &socket]);
        assert_eq!(said.status, 2);
        assert!(
            said.err.contains(&socket) && said.err.contains("Is gacthu running"),
            "{}",
            said.err
        );
    }
    // Something that answers and is no gacthu.
    let other = std::os::unix::net::UnixListener::bind(site.path("other.sock")).unwrap();
    let answering = std::thread::spawn(move || drop(other.accept().unwrap()));
    let said = run(["reload", "--control", &site.text("other.sock")]);
    answering.join().unwrap();
    assert_eq!(said.status, 2, "{}", said.err);
}

#[test]
fn the_event_log_is_opened_anew_by_both_roads() {
    let site = Site::new("enforce", RULES);
    let mut running = site.serve(&[]);
    for (number, by_signal) in [(1, true), (2, false)] {
        verdict(&site);
        let moved = format!("events.{number}");
        std::fs::rename(site.path("events.jsonl"), site.path(&moved)).unwrap();
        verdict(&site);
        assert_eq!(
            site.read(&moved).lines().count(),
            2,
            "until told, it writes on"
        );
        if by_signal {
            running.signal(Signal::HUP);
        } else {
            assert_eq!(reload(&site).status, 0);
        }
        running.line("The policy was loaded.");
        verdict(&site);
        assert_eq!(site.events().len(), 1);
        std::fs::remove_file(site.path("events.jsonl")).unwrap();
        // And a fresh one for the next round.
        assert_eq!(reload(&site).status, 0);
        running.line("The policy was loaded.");
    }
}

struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn messages_and_reloads_never_mix() {
    let site = Site::new("enforce", RULES);
    let running = site.serve(&[]);
    let other = RULES.replace("id: exe,", "id: exe-two,");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(verdict(&site), 'y');
                }
            });
        }
        // Also when an assertion below fails: the others would go on for ever.
        let _end = OnDrop(|| done.store(true, Ordering::Relaxed));
        for round in 0..40 {
            site.policy("enforce", if round % 2 == 0 { &other } else { RULES });
            assert_eq!(reload(&site).status, 0);
        }
    });
    let mut seen = std::collections::BTreeSet::new();
    for event in site.events() {
        let rule = event["recipients"][0]["rules"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        seen.insert((event["policy_hash"].as_str().unwrap().to_owned(), rule));
    }
    assert_eq!(seen.len(), 2, "each hash has its own rule: {seen:?}");
    assert_eq!(
        running.metric("gacthu_policy_loads_total{result=\"loaded\"}"),
        41.0
    );
}

#[test]
fn a_list_that_changes_is_taken_over_by_itself_and_a_policy_is_not() {
    let rules = "rules:\n  - { id: x, title: t, basis: b, when: { sender: { address: { file: senders.txt } }, message: { size: \"> 1 B\" } }, then: reject, reply: { vi: Không nhận, en: Refused } }\n";
    let site = Site::new("enforce", rules);
    site.write("senders.txt", "nguoi.khac@example.org\n");
    let mut running = site.serve(&[]);
    assert_eq!(verdict(&site), 'c');
    let before = site.events().len();
    site.write("senders.txt", "nguoi.khac@example.org\na@example.com\n");
    // The file was new when it was read, so a load that found nothing new may come first.
    while refusals(&site) == 0 {
        running.line("The policy was loaded.");
        verdict(&site);
    }
    assert!(site.events().len() > before);

    site.policy("observe", rules);
    site.write("senders.txt", "nguoi.khac@example.org\n");
    running.line("both wait for `gacthu reload`");
    let refused = refusals(&site);
    verdict(&site);
    assert_eq!(refusals(&site), refused + 1, "the old list and policy stay");
    assert_eq!(reload(&site).status, 0);
    verdict(&site);
    assert_eq!(refusals(&site), refused + 1);
}

/// Recipients that were refused so far.
fn refusals(site: &Site) -> usize {
    let events = site.events();
    events
        .iter()
        .filter(|event| event["answer"] == "reject")
        .count()
}
