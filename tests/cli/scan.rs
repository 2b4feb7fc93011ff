//! `gacthu scan`.

use std::{collections::BTreeSet, io::Read, process::Stdio};

use serde_json::Value;

use crate::program::{OURS, RULES, Said, Site, gacthu, letter, run};

const DOCUMENTED: [&str; 8] = [
    "file",
    "verdict",
    "applied",
    "rules",
    "reply",
    "reference",
    "facts",
    "elapsed_us",
];

fn scan(site: &Site, more: &[&str]) -> Said {
    let policy = site.text("site.yaml");
    run([&["scan", "--policy", &policy], more].concat())
}

fn lines(said: &Said) -> Vec<Value> {
    said.out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

fn exe() -> String {
    letter("x", "a.exe", "MZ")
}

#[test]
fn a_json_line_has_the_documented_fields() {
    let site = Site::new("observe", RULES);
    let file = site.write("a.eml", exe());
    let file = file.to_str().unwrap();
    let envelope = ["--envelope-from", "a@example.com", "--rcpt", OURS];
    let said = scan(&site, &[&envelope[..], &["--json", file]].concat());
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    let [line] = &lines(&said)[..] else {
        panic!("{}", said.out);
    };
    assert_eq!(keys(line), BTreeSet::from(DOCUMENTED));
    assert_eq!(line["file"], file);
    assert_eq!(
        (&line["verdict"], &line["applied"]),
        (&"reject".into(), &"accept".into())
    );
    let rule = &line["rules"][0];
    assert_eq!(keys(rule), BTreeSet::from(["id", "basis", "then", "mode"]));
    assert_eq!(
        (&rule["id"], &rule["mode"]),
        (&"exe".into(), &"observe".into())
    );
    assert_eq!(rule["basis"], "Điều 12 khoản 6");
    assert_eq!(line["reply"]["code"], 550);
    let reference = line["reference"].as_str().unwrap();
    assert_eq!(reference.len(), 10);
    assert!(
        line["reply"]["lines"][0]
            .as_str()
            .unwrap()
            .contains(reference)
    );
    assert_eq!(
        keys(&line["facts"]),
        BTreeSet::from(["message", "files", "marking"])
    );
    assert!(line["elapsed_us"].is_u64());
}

#[test]
fn what_was_assumed_is_said() {
    let site = Site::new("enforce", RULES);
    let file = site.write("a.eml", exe());
    let file = file.to_str().unwrap();
    let line = lines(&scan(&site, &["--json", file])).remove(0);
    let assumed = line["assumed"].as_str().unwrap();
    assert!(
        assumed.contains("From") && assumed.contains("To and Cc"),
        "{assumed}"
    );
    assert_eq!(line["applied"], "reject");
    let said = scan(&site, &[file]);
    assert!(
        said.out.contains("envelope: MAIL FROM from the From field"),
        "{}",
        said.out
    );
    let said = scan(&site, &["--envelope-from", "a@b.vn", "--rcpt", OURS, file]);
    assert!(!said.out.contains("envelope:"), "{}", said.out);
}

#[test]
fn files_folders_maildir_and_mbox_come_out_in_the_order_of_the_input() {
    let site = Site::new("enforce", RULES);
    let plain = letter("x", "a.txt", "hello");
    for number in 0..40 {
        let content = if number % 3 == 0 {
            exe()
        } else {
            plain.clone()
        };
        site.write(&format!("folder/{number:02}.eml"), content);
    }
    site.write("box/cur/1:2,S", exe());
    site.write("box/new/2", &plain);
    site.write("box/tmp/3", &plain);
    site.write(
        "two.mbox",
        format!(
            "From a@b Sun Nov 22 00:00:00 2026\n{plain}\nFrom c@d Sun Nov 22 00:00:01 2026\n{}\n",
            exe()
        ),
    );
    site.write("last.eml", &plain);
    let paths = ["last.eml", "folder", "two.mbox", "box"].map(|name| site.text(name));
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let said = scan(&site, &[&["--json", "--jobs", "8"], &paths[..]].concat());
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    let got: Vec<(String, String)> = lines(&said)
        .iter()
        .map(|line| {
            let file = line["file"]
                .as_str()
                .unwrap()
                .strip_prefix(site.dir().to_str().unwrap());
            (
                file.unwrap().to_owned(),
                line["verdict"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let mut want = vec![("/last.eml".to_owned(), "accept")];
    for number in 0..40 {
        let verdict = if number % 3 == 0 { "reject" } else { "accept" };
        want.push((format!("/folder/{number:02}.eml"), verdict));
    }
    for (file, verdict) in [
        ("two.mbox#1", "accept"),
        ("two.mbox#2", "reject"),
        ("box/cur/1:2,S", "reject"),
        ("box/new/2", "accept"),
    ] {
        want.push((format!("/{file}"), verdict));
    }
    let want: Vec<(String, String)> = want
        .into_iter()
        .map(|(file, verdict)| (file, verdict.to_owned()))
        .collect();
    assert_eq!(got, want);
}

#[test]
fn a_missing_file_is_2_and_the_others_are_judged() {
    let site = Site::new("enforce", RULES);
    let file = site.write("a.eml", exe());
    let said = scan(&site, &["--json", "/nowhere/b.eml", file.to_str().unwrap()]);
    assert_eq!(said.status, 2);
    assert_eq!(lines(&said).len(), 1);
    assert!(
        said.err
            .contains("/nowhere/b.eml cannot be read: No such file"),
        "{}",
        said.err
    );
}

#[test]
fn an_empty_folder_is_said_to_be_empty() {
    let site = Site::new("enforce", RULES);
    std::fs::create_dir(site.path("empty")).unwrap();
    let said = scan(&site, &[&site.text("empty")]);
    assert_eq!((said.status, said.out.as_str()), (0, ""));
    assert!(said.err.contains("no message"), "{}", said.err);
}

#[test]
fn a_policy_that_does_not_check_judges_nothing() {
    let site = Site::new("enforce", "rulez: []\n");
    let file = site.write("a.eml", exe());
    let said = scan(&site, &["--json", file.to_str().unwrap()]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    assert!(
        said.err.contains("rulez") && said.err.contains("nothing was scanned"),
        "{}",
        said.err
    );
}

#[test]
fn people_read_part_rule_and_clause() {
    let site = Site::new("observe", RULES);
    let file = site.write("a.eml", exe());
    let said = scan(&site, &[file.to_str().unwrap()]);
    for text in [
        ": reject (applied: accept)",
        "part 2 (attachment) \"a.exe\"",
        "executable by name",
        "rule exe → reject (observe) — Điều 12 khoản 6 — part 2",
        "reply: 550 5.7.1 Khong nhan",
    ] {
        assert!(said.out.contains(text), "{text:?} is not in {}", said.out);
    }
    assert!(!said.out.contains("big"), "{}", said.out);
    let explained = scan(&site, &["--explain", file.to_str().unwrap()]);
    assert!(explained.out.contains("big"), "{}", explained.out);
}

#[test]
fn a_recipient_refused_at_rcpt_counts_beside_one_that_is_not() {
    let rules = "rules:\n  - { id: shut, title: t, basis: Điều 1, when: { recipient: { address: dong@daknong.gov.vn } }, then: reject, reply: { vi: Không nhận, en: Refused } }\n";
    let site = Site::new("enforce", rules);
    let file = site.write("a.eml", exe());
    let file = file.to_str().unwrap();
    let more = [
        "--envelope-from",
        "a@example.com",
        "--rcpt",
        "dong@daknong.gov.vn",
        "--rcpt",
        OURS,
        file,
    ];
    let line = lines(&scan(&site, &[&["--json"], &more[..]].concat())).remove(0);
    assert_eq!(
        (&line["verdict"], &line["applied"]),
        (&"reject".into(), &"reject".into())
    );
    assert_eq!(line["rules"][0]["id"], "shut");
    assert_eq!(line["reply"]["code"], 550);
    assert!(line["facts"]["files"].is_object());
    let said = scan(&site, &more);
    assert!(
        said.out.contains("dong@daknong.gov.vn") && said.out.contains("at RCPT"),
        "{}",
        said.out
    );
    assert!(said.out.contains(&format!("<{OURS}>")), "{}", said.out);
}

#[test]
fn names_do_not_reach_the_terminal_raw() {
    let site = Site::new("observe", RULES);
    let evil = site.write(
        "e\u{1b}[2J\n\u{202e}.eml",
        letter("x", "a%1B%5B2J.exe", "MZ"),
    );
    let evil = evil.to_str().unwrap();
    let nowhere = site.text("n\u{1b}[1m\r");
    for more in [&[evil][..], &["--explain", evil], &[&nowhere, evil]] {
        let said = scan(&site, more);
        let raw = |text: &str| text.contains(['\u{1b}', '\r', '\u{202e}']);
        assert!(!raw(&said.out), "{more:?}: {:?}", said.out);
        assert!(!raw(&said.err), "{more:?}: {:?}", said.err);
        assert!(said.out.contains("e\\u{1b}[2J"), "{:?}", said.out);
    }
    let said = scan(&site, &["--json", evil]);
    assert_eq!(lines(&said)[0]["file"], evil);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let site = Site::new("observe", RULES);
    for number in 0..300 {
        site.write(&format!("folder/{number}"), exe());
    }
    let args = [
        "scan".to_owned(),
        "--json".to_owned(),
        "--policy".to_owned(),
        site.text("site.yaml"),
        site.text("folder"),
    ];
    let mut child = gacthu(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}
