//! How long judging and loading take. Figures are for release builds:
//! `cargo test --release --lib policy::tests::speed -- --ignored --nocapture`.

use std::{fmt::Write, path::PathBuf};

use super::support::*;
use crate::{
    facts::{By, Facts},
    policy::{Generation, load_as_of},
};

/// Microseconds a judgement.
fn micros(generation: &Generation, facts: &Facts) -> f64 {
    let start = cpu_seconds();
    let mut rounds = 0;
    // Processor time is counted by ticks: long enough that they do not show.
    while cpu_seconds() - start < 0.5 {
        for _ in 0..1_000 {
            std::hint::black_box(generation.judge(std::hint::black_box(facts), 0, true));
        }
        rounds += 1_000;
    }
    (cpu_seconds() - start) * 1e6 / f64::from(rounds)
}

fn thousand_rules() -> Generation {
    let conditions = [
        "{ attachment: { kind: executable, at: [archive] } }",
        "{ attachment: { extension: [iso, vhd, one, chm] } }",
        "{ attachment: { name: \"*invoice*.zip\" } }",
        "{ attachments: { total_size: \"> 30 MiB\" } }",
        "{ sender: { domain: [example.org, .example.net] }, client: { network: 10.0.0.0/8 } }",
        "{ any: [{ recipient: { address: a@ours.vn } }, { tls: true }], authenticated: true }",
    ];
    let mut text = String::new();
    for index in 0..1_000 {
        let when = conditions[index % conditions.len()];
        writeln!(text, "  - id: r{index}\n    when: {when}\n    unless: {{ sender: {{ domain: example.com }} }}\n    then: reject").unwrap();
    }
    rules(&text)
}

#[test]
#[ignore = "figures of a release build"]
fn judging_is_fast() {
    let three = || {
        vec![
            file("Báo cáo quý 3 năm 2026.docx", MIB),
            file("b.pdf", MIB),
            file("anh.jpg", MIB),
        ]
    };
    let many = thousand_rules();
    let mut facts = with(three());
    facts.sender = crate::facts::Fact::Known(address("<a@elsewhere.vn>"));
    let plain = micros(&many, &facts);
    println!("1,000 rules, three files, none fires: {plain:.2} µs");
    let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("policies/dak-nong.yaml");
    let shipped = load_as_of(&[shipped], today()).unwrap();
    facts.recipients = vec![address("<vanthu@daknong.gov.vn>")];
    let passes = micros(&shipped, &facts);
    let mut refused = with(
        three()
            .into_iter()
            .chain([program("a.exe", By::Content)])
            .collect(),
    );
    refused.recipients.clone_from(&facts.recipients);
    let refused = micros(&shipped, &refused);
    println!("dak-nong: {passes:.2} µs when nothing fires, {refused:.2} µs for a refusal");
    if !cfg!(debug_assertions) {
        assert!(plain <= 50.0 && passes <= 3.0 && refused <= 3.0);
    }
}

#[test]
#[ignore = "figures of a release build"]
fn a_million_entries_and_a_thousand_rules_load_in_time() {
    let mut list = String::new();
    for index in 0..1_000_000 {
        writeln!(list, "user{index}@domain{}.example.vn", index % 5_000).unwrap();
    }
    let mut policy = "policy: 1\nname: p\norganisation: { domains: [ours.vn] }\nrules:\n  - id: listed\n    when: { sender: { address: { file: list.txt } } }\n    then: reject\n".to_owned();
    for index in 0..1_000 {
        writeln!(policy, "  - id: r{index}\n    when: {{ attachment: {{ extension: [a{index}, iso] }} }}\n    then: tag").unwrap();
    }
    let folder = Folder::new(&[("p.yaml", &policy), ("list.txt", &list)]);
    let memory = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("RssAnon"))
            .unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
            / 1024
    };
    let before = memory();
    let start = cpu_seconds();
    let generation = folder.load().unwrap_or_else(|report| panic!("{report}"));
    let seconds = cpu_seconds() - start;
    println!(
        "loaded in {seconds:.2} s, {} MiB more",
        memory().saturating_sub(before)
    );
    if !cfg!(debug_assertions) {
        assert!(seconds < 3.0);
    }
    let mut facts = facts();
    for (sender, listed) in [
        ("<user77@domain77.example.vn>", true),
        ("<user77@domain78.example.vn>", false),
    ] {
        facts.sender = crate::facts::Fact::Known(address(sender));
        assert_eq!(
            generation.judge(&facts, 0, true).fired.len(),
            usize::from(listed)
        );
        println!("{sender}: {:.2} µs", micros(&generation, &facts));
    }
}
