//! Bodies on the road from the decision to the store: what was answered is there, once, whatever
//! happens between.

use std::collections::HashMap;

use rustix::process::Signal;

use crate::{
    Ground,
    mta::Mta,
    program::{Gacthu, Site, gacthu, letter},
    service::{exported, heard, reference, serve, site, to_us},
};

pub fn a_store_that_is_away_costs_lag_and_nothing_else(ground: &Ground<'_>) {
    let site = site(ground, "enforce", "");
    let text = letter("x", "a.exe", "MZ");
    let send = |count: usize| -> Vec<String> {
        let mut mta = Mta::new(&site.path("mx.sock"));
        (0..count)
            .map(|_| reference(&mta.message(&to_us(&text)).pop().unwrap().1))
            .collect()
    };
    let away = ground.away();
    // It starts without its store.
    let mut running = serve(&site);
    let mut sent = send(5);
    heard(&mut running, "takes no records");
    assert!(running.metric("gacthu_journal_backlog_bytes") > 1000.0);
    assert!(running.metric("gacthu_journal_lag_seconds") > 0.0);
    assert!(running.metric("gacthu_journal_store_failures_total") >= 1.0);
    let (status, page) = running.get(&format!("/lookup/{}", sent[0]));
    assert!(status == 503 || status == 404, "{status} {page}");
    drop(away);
    running.line("takes records again");
    sent.extend(send(5));
    // It goes away again, and the service ends meanwhile.
    let away = ground.away();
    sent.extend(send(5));
    assert_eq!(running.metric("gacthu_journal_dropped_total"), 0.0);
    let (status, log) = running.terminate();
    assert_eq!(status, Some(0), "{log}");
    drop(away);
    assert_eq!(serve(&site).terminate().0, Some(0));
    let found: Vec<String> = exported(&site)
        .iter()
        .map(|row| row["reference"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, sent, "all of them, once, in order");
}

/// kill -9 at moments that a counter of messages and the clock choose.
pub fn nothing_that_was_answered_is_lost_by_kill(ground: &Ground<'_>) {
    let site = site(ground, "enforce", "");
    let text = letter("x", "a.exe", "MZ");
    let mut answered = Vec::new();
    let mut seed = 0x9e37_79b9_u64;
    for round in 0..6_u64 {
        let running = serve(&site);
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(round);
        let socket = site.path("mx.sock");
        // Two sessions send until the process is gone.
        let heard: Vec<String> = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..2)
                .map(|_| {
                    let (socket, text) = (&socket, &text);
                    scope.spawn(move || {
                        let mut heard = Vec::new();
                        // A session that breaks off panics in the client.
                        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                            let mut mta = Mta::new(socket);
                            for _ in 0..2000 {
                                heard.push(reference(&mta.message(&to_us(text)).pop().unwrap().1));
                            }
                        }));
                        heard
                    })
                })
                .collect();
            let messages = (seed >> 33) % 60 + 5;
            while count(&site) < messages + answered.len() as u64 {
                std::thread::yield_now();
            }
            running.signal(Signal::KILL);
            let heard = clients
                .into_iter()
                .flat_map(|client| client.join().unwrap());
            heard.collect()
        });
        assert_eq!(running.ended().0, None, "it was killed");
        assert!(heard.len() < 4000, "it was killed while they sent");
        answered.extend(heard);
        if let (Some(server), true) = (ground.server, round % 2 == 1) {
            server.stop();
            server.start();
        }
    }
    assert_eq!(serve(&site).terminate().0, Some(0));
    let rows = exported(&site);
    let mut times: HashMap<String, u64> = HashMap::new();
    for row in &rows {
        *times
            .entry(row["reference"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    assert!(times.values().all(|times| *times == 1), "no doubles");
    let lost: Vec<_> = answered
        .iter()
        .filter(|name| !times.contains_key(*name))
        .collect();
    assert!(lost.is_empty(), "{} of {} lost", lost.len(), answered.len());
    assert!(answered.len() > 50, "{}", answered.len());
    let numbers: Vec<u64> = rows
        .iter()
        .map(|row| row["sequence"].as_u64().unwrap())
        .collect();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), numbers.len(), "no number twice");
    eprintln!(
        "   {} answered, {} rows, 6 kills",
        answered.len(),
        rows.len()
    );
}

/// Decisions in the event log so far.
fn count(site: &Site) -> u64 {
    let text = std::fs::read(site.path("events.jsonl")).unwrap_or_default();
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}

fn sqlite() -> (Ground<'static>, tempfile::TempDir) {
    let ground = Ground {
        url: "sqlite:journal".to_owned(),
        folder: tempfile::tempdir().unwrap(),
        server: None,
    };
    (ground, tempfile::tempdir().unwrap())
}

/// Fills the log of a service whose store is away; gives the last answers.
fn fill(site: &Site, running: &Gacthu) -> Vec<String> {
    let text = letter("x", "a.exe", "MZ");
    let mut mta = Mta::new(&site.path("mx.sock"));
    let mut replies = Vec::new();
    for _ in 0..4000 {
        replies.push(mta.message(&to_us(&text)).pop().unwrap().1);
        if replies.len() % 50 == 0 && running.metric("gacthu_journal_dropped_total") > 0.0 {
            return replies;
        }
    }
    panic!("the log is never full");
}

#[test]
fn at_its_limit_the_log_does_what_the_setting_says() {
    for (word, code) in [("continue", "550-5.7.1"), ("defer", "451-4.3.0")] {
        let (ground, _) = sqlite();
        let more = format!("journal: {{ limit: 1 MiB, at_limit: {word} }}\n");
        let site = site(&ground, "enforce", &more);
        let away = ground.away();
        let mut running = serve(&site);
        let replies = fill(&site, &running);
        running.line("has reached its limit of 1048576 bytes");
        assert!(replies[0].starts_with("550-5.7.1"), "{}", replies[0]);
        let last = replies.last().unwrap();
        assert!(last.starts_with(code), "{word}: {last}");
        let event = site.events().pop().unwrap();
        let answer = if word == "defer" { "defer" } else { "reject" };
        assert_eq!(
            (&event["verdict"], &event["answer"]),
            (&"reject".into(), &answer.into())
        );
        let size: u64 = std::fs::read_dir(site.path("state/log"))
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum();
        assert!(size <= (1 << 20) + 100, "{size}");
        drop(away);
        running.line("takes records again");
        let dropped = running.metric("gacthu_journal_dropped_total") as usize;
        assert_eq!(running.terminate().0, Some(0));
        assert_eq!(exported(&site).len() + dropped, replies.len());
    }
}

#[test]
fn where_all_observe_a_full_log_stops_no_mail() {
    let (ground, _) = sqlite();
    let site = site(
        &ground,
        "observe",
        "journal: { limit: 1 MiB, at_limit: defer }\n",
    );
    let _away = ground.away();
    let running = serve(&site);
    let replies = fill(&site, &running);
    assert!(replies.iter().all(String::is_empty), "{:?}", replies.last());
    assert_eq!(running.terminate().0, Some(0));
}

/// A small tmpfs under the state folder, for root; unmounted at the end.
struct Disk<'p>(&'p std::path::Path);

impl<'p> Disk<'p> {
    fn mount(path: &'p std::path::Path) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let mut mount = std::process::Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=512k", "tmpfs"])
            .arg(path);
        mount.output().ok()?.status.success().then_some(Self(path))
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(self.0)
            .output();
    }
}

#[test]
fn a_full_disk_is_said_and_leaves_no_torn_record() {
    let (ground, _) = sqlite();
    let site = site(&ground, "enforce", "");
    let state = site.path("state");
    let Some(_disk) = Disk::mount(&state) else {
        eprintln!("no tmpfs may be mounted here: not tested");
        return;
    };
    let away = ground.away();
    let mut running = serve(&site);
    let replies = fill(&site, &running);
    running.line("No space left on device");
    assert!(replies.iter().all(|reply| reply.starts_with("550-5.7.1")));
    drop(away);
    running.line("takes records again");
    let dropped = running.metric("gacthu_journal_dropped_total") as usize;
    assert_eq!(running.metric("gacthu_journal_damaged_bytes_total"), 0.0);
    let (status, log) = running.terminate();
    assert_eq!(status, Some(0), "{log}");
    let rows = exported(&site);
    assert_eq!(rows.len() + dropped, replies.len());
    assert!(rows.len() > 50, "{}", rows.len());
}

#[test]
fn damage_in_the_log_is_said_and_costs_one_decision() {
    let (ground, _) = sqlite();
    let site = site(&ground, "enforce", "");
    let text = letter("x", "a.exe", "MZ");
    let away = ground.away();
    let running = serve(&site);
    let mut mta = Mta::new(&site.path("mx.sock"));
    for _ in 0..10 {
        mta.message(&to_us(&text));
    }
    drop(mta);
    assert_eq!(running.terminate().0, Some(0));
    drop(away);
    let log = std::fs::read_dir(site.path("state/log"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "log"))
        .unwrap();
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    // And a torn record at the end.
    bytes.extend(b"\0GL1\x10\0\0\0");
    std::fs::write(&log, bytes).unwrap();
    let mut running = serve(&site);
    let said = heard(&mut running, "The decision log is damaged");
    assert!(said.contains("decisions are lost"), "{said}");
    assert!(running.metric("gacthu_journal_damaged_bytes_total") > 100.0);
    assert!(
        running
            .seen
            .iter()
            .any(|line| line.contains("was cut off the end"))
    );
    assert_eq!(running.terminate().0, Some(0));
    assert_eq!(exported(&site).len(), 9);
}

#[test]
fn what_stands_in_the_way_is_said_at_the_start() {
    let (ground, _) = sqlite();
    let site = site(&ground, "observe", "");
    let _first = serve(&site);
    let text = site.read("gacthu.yaml").replace("mx.sock", "other.sock");
    site.write("second.yaml", text);
    let said = crate::program::said(
        gacthu(["serve", "--config", &site.text("second.yaml")])
            .output()
            .unwrap(),
    );
    assert_eq!(said.status, 1);
    assert!(
        said.err.contains("another gacthu writes to"),
        "{}",
        said.err
    );
    let text = site.read("gacthu.yaml").replace("state: state\n", "");
    site.write("third.yaml", text.replace("mx.sock", "third.sock"));
    let said = crate::program::said(
        gacthu(["serve", "--config", &site.text("third.yaml")])
            .output()
            .unwrap(),
    );
    assert_eq!(said.status, 1);
    assert!(
        said.err.contains("`storage` needs a state folder"),
        "{}",
        said.err
    );
}
