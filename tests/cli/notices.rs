//! `notices`: draft letters about forwards, written beside the mail's road by a running `serve`.

use std::time::Instant;

use crate::{
    mta::{Letter, Mta},
    program::{PATIENCE, Site, run},
};

const RULES: &str = "rules:\n  - { id: auto-forward-out, title: T, basis: Điều 13 khoản 5, when: { forwarding: machine, destination: foreign, sender: { empty: false } }, then: reject, reply: { vi: Không tự động chuyển thư, en: No automatic forwarding } }\n  - { id: forward-null-sender, title: T, basis: Điều 13 khoản 5, when: { forwarding: machine, sender: { empty: true } }, then: quarantine }\n";

const FORWARDED: &str = "X-Zimbra-Forwarded: vanthu@daknong.gov.vn\nFrom: ai@example.com\nTo: vanthu@daknong.gov.vn\nSubject: x\n\nx\n";

fn settings(site: &Site, more: &str) {
    site.write(
        "gacthu.yaml",
        format!("gacthu: 1\npolicies: [site.yaml]\nnetworks: {{ mailbox_servers: [192.0.2.0/24] }}\n{more}"),
    );
}

fn forward(site: &Site, from: &str) -> char {
    let said = Mta::new(&site.path("mx.sock")).message(&Letter {
        from,
        to: &["toi@gmail.com"],
        text: FORWARDED,
    });
    said.last().unwrap().0
}

fn drafts(site: &Site) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(site.path("notices")) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|it| it == "eml"))
        .collect()
}

/// Waits until so many notices came to something.
fn settled(running: &crate::program::Gacthu, result: &str, count: f64) {
    let begun = Instant::now();
    let line = format!("gacthu_forward_notices_total{{result=\"{result}\"}} {count}");
    while !running.get("/metrics").1.contains(&line) {
        assert!(begun.elapsed() < PATIENCE, "no {line}");
        std::thread::yield_now();
    }
}

#[test]
fn the_owner_of_a_mailbox_gets_one_draft_a_day_also_over_a_restart() {
    let site = Site::new("enforce", RULES);
    settings(&site, "notices: { directory: notices }\n");
    let config = format!("--config={}", site.text("gacthu.yaml"));
    let running = site.serve(&[&config]);
    // Without a sender nobody is told.
    assert_eq!(forward(&site, ""), 'c');
    assert_eq!(forward(&site, "ai@example.com"), 'y');
    settled(&running, "written", 1.0);
    assert_eq!(forward(&site, "ai@example.com"), 'y');
    settled(&running, "told", 1.0);
    let found = drafts(&site);
    assert_eq!(found.len(), 1);
    let text = std::fs::read_to_string(&found[0]).unwrap();
    assert!(text.starts_with("To: vanthu@daknong.gov.vn\r\n"), "{text}");
    for wanted in [
        "toi@gmail.com",
        "Điều 13 khoản 5, Quy chế",
        "a@daknong.gov.vn",
        "Thử",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let events = site.events();
    let event = events.last().unwrap();
    assert_eq!(event["forwarding"]["letter"], "machine");
    assert_eq!(event["forwarding"]["mailbox"], "vanthu@daknong.gov.vn");
    assert!(running.get("/metrics").1.contains(
        "gacthu_forwards_total{applied=\"reject\",provider=\"none\",verdict=\"reject\",way=\"out\"} 2"
    ));
    let (status, log) = running.terminate();
    assert_eq!(status, Some(0), "{log}");
    // Sent, and taken out of the folder.
    std::fs::remove_file(&found[0]).unwrap();
    let running = site.serve(&[&config]);
    assert_eq!(forward(&site, "ai@example.com"), 'y');
    settled(&running, "told", 1.0);
    assert!(drafts(&site).is_empty());
}

#[test]
fn who_only_observes_or_does_not_ask_writes_to_nobody() {
    for (mode, more) in [
        ("observe", "notices: { directory: notices }\n"),
        ("enforce", ""),
    ] {
        let site = Site::new(mode, RULES);
        settings(&site, more);
        let running = site.serve(&[&format!("--config={}", site.text("gacthu.yaml"))]);
        forward(&site, "ai@example.com");
        let (status, log) = running.terminate();
        assert_eq!(status, Some(0), "{log}");
        assert!(drafts(&site).is_empty(), "{mode}");
    }
}

#[test]
fn a_letter_with_mistakes_is_told_by_check() {
    let site = Site::new("enforce", RULES);
    settings(
        &site,
        "notices: { directory: notices, template: thu.eml }\n",
    );
    site.write(
        "thu.eml",
        "To: {mailbox}\nSubject: x\n\nxem {noi-den}\n{destinations}\n",
    );
    let said = run(["check", &site.text("gacthu.yaml")]);
    assert_eq!(said.status, 1);
    let all = said.out + &said.err;
    assert!(all.contains("thu.eml:4:5"), "{all}");
    assert!(all.contains("there is no placeholder `{noi-den}`"), "{all}");
    assert!(all.contains("xem {noi-den}"), "the user's own text: {all}");
}
