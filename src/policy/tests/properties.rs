//! What holds for every policy and every message.

use proptest::prelude::*;

use super::support::*;
use crate::{
    facts::{
        By, Fact, Facts, FileFacts, FileRole, Forwarding, Found, MessageFacts, Reason, Signal,
    },
    policy::{condition::Scope, truth::Truth},
    verdict::Action,
};

/// Conditions in flow style, nested at most three deep.
pub(super) fn condition() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "{ attachment: { kind: executable } }",
        "{ attachment: { extension: [exe, zip] } }",
        "{ attachment: { kind: zip, not_opened: true } }",
        "{ attachment: { size: \"> 500 B\" } }",
        "{ attachment: { encrypted: true } }",
        "{ attachments: { total_size: \"> 1500 B\" } }",
        "{ attachments: { count: \"> 1\" } }",
        "{ message: { size: \"> 10 B\" } }",
        "{ sender: { domain: example.com } }",
        "{ sender: { empty: true } }",
        "{ recipient: { domain: ours.vn } }",
        "{ from: { domain: ours.vn } }",
        "{ tls: true }",
        "{ direction: inbound }",
        "{ forwarding: machine }",
        "{ forwarding: { is: [list, own-copy, ordinary], signals: \"< 2\" } }",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3)
                .prop_map(|parts| format!("{{ all: [{}] }}", parts.join(", "))),
            prop::collection::vec(inner.clone(), 1..3)
                .prop_map(|parts| format!("{{ any: [{}] }}", parts.join(", "))),
            inner.prop_map(|part| format!("{{ not: {part} }}")),
        ]
    })
}

fn some_file() -> impl Strategy<Value = FileFacts> {
    let file = prop_oneof![
        Just(file("a.pdf", 400)),
        Just(file("b.exe", 1200)),
        Just(program("c.exe", By::Name)),
        Just(program("d.pdf", By::Content)),
        Just(unopened_zip("e.zip")),
    ];
    (file, any::<bool>()).prop_map(|(mut file, inline)| {
        if inline {
            file.role = FileRole::Inline;
        }
        file
    })
}

pub(super) fn some_facts() -> impl Strategy<Value = Facts> {
    let files = prop::collection::vec(some_file(), 0..4);
    let sender = prop::sample::select(vec!["<a@example.com>", "<b@ours.vn>", "<>"]);
    (files, sender, any::<bool>(), 0..20_u64).prop_map(|(files, sender, tls, size)| {
        let mut facts = with(files);
        facts.sender = Fact::Known(address(sender));
        facts.session.authenticated = tls.then(|| "u".to_owned());
        facts.session.tls = tls.then(|| "TLSv1.3".to_owned());
        facts.message = Fact::Known(MessageFacts {
            size,
            header_from: vec![address(sender)],
            ..MessageFacts::default()
        });
        let ids = ["sieve", "foreign-from", "received-for", "zimbra"];
        let signals = ids.iter().skip(usize::from(tls)).take(size as usize % 4);
        let found = signals.filter_map(|id| Signal::by_id(id));
        facts.forwarding = Fact::Known(Forwarding {
            signals: found.map(|signal| Found { signal, who: None }).collect(),
            settled: size % 5 == 0,
            ..Forwarding::default()
        });
        facts
    })
}

/// The same facts with some of them not known yet.
pub(super) fn forget(mut facts: Facts, sender: bool, message: bool, files: bool) -> Facts {
    if sender {
        facts.sender = Fact::Unknown(Reason::NotYet);
    }
    if message {
        facts.message = Fact::Unknown(Reason::NotYet);
        facts.forwarding = Fact::Unknown(Reason::NotYet);
    }
    if files {
        facts.files = Fact::Unknown(Reason::NotYet);
    }
    facts
}

/// Opens the containers: what was not known of them is.
fn open(mut facts: Facts) -> Facts {
    if let Fact::Known(files) = &mut facts.files {
        for file in &mut files.list {
            file.encrypted = Fact::Known(false);
        }
    }
    facts
}

pub(super) fn rule(id: &str, when: &str, unless: &str, then: &str) -> String {
    format!("  - id: {id}\n    when: {when}\n    unless: {unless}\n    then: {then}\n")
}

fn exception(rule: &str, when: &str) -> String {
    format!(
        "  - id: e\n    rules: [{rule}]\n    when: {{ all: [{{ authenticated: true }}, {when}] }}\n    reason: x\n    by: y\n"
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn learning_a_fact_never_turns_true_or_false_round(
        when in condition(),
        facts in some_facts(),
        sender: bool,
        message: bool,
        files: bool,
    ) {
        let generation = super::support::when(&when);
        let condition = &generation.policies[0].rules[0].when;
        let truth = |facts: &Facts| {
            let (known, _) = generation.known(facts, 0);
            condition.holds(known, Scope::Message(None))
        };
        let later = open(facts.clone());
        let stages = [forget(facts.clone(), sender, message, files), facts, later];
        for pair in stages.windows(2) {
            let (before, after) = (truth(&pair[0]), truth(&pair[1]));
            if !matches!(before, Truth::Unknown(_)) {
                prop_assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn a_settled_verdict_stays(
        first in condition(),
        second in condition(),
        unless in condition(),
        excepted in condition(),
        facts in some_facts(),
        sender: bool,
        message: bool,
        files: bool,
    ) {
        let text = format!(
            "{}{}exceptions:\n{}",
            rule("a", &first, &unless, "reject"),
            rule("b", &second, "{ tls: true }", "tag"),
            exception("a", &excepted)
        );
        let generation = rules(&text);
        let early = generation.judge(&forget(facts.clone(), sender, message, files), 0, false);
        let late = generation.judge(&facts, 0, true);
        // What has fired fires to the end.
        for fired in &early.fired {
            prop_assert!(late.fired.iter().any(|other| other.id == fired.id));
        }
        if early.settled {
            prop_assert_eq!((early.verdict, early.applied), (late.verdict, late.applied));
        }
    }

    #[test]
    fn the_order_of_rules_never_matters(
        conditions in prop::collection::vec((condition(), condition(), 0..5_usize), 1..5),
        facts in some_facts(),
    ) {
        let actions = ["note", "tag", "quarantine", "defer", "reject"];
        let texts: Vec<_> = conditions
            .iter()
            .enumerate()
            .map(|(index, (when, unless, then))| rule(&format!("r{index}"), when, unless, actions[*then]))
            .collect();
        let forward = rules(&texts.concat());
        let backward = rules(&texts.iter().rev().cloned().collect::<String>());
        let (one, other) = (forward.judge(&facts, 0, true), backward.judge(&facts, 0, true));
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(forward.reply(&facts, 0, &one, "R"), backward.reply(&facts, 0, &other, "R"));
    }

    #[test]
    fn a_note_never_changes_what_is_done(
        when in condition(),
        unless in condition(),
        noted in condition(),
        facts in some_facts(),
    ) {
        let without = rule("r", &when, &unless, "reject");
        let with_note = format!("{without}{}", rule("n", &noted, "{ sender: { domain: nowhere.vn } }", "note"));
        let one = rules(&without).judge(&facts, 0, true);
        let other = rules(&with_note).judge(&facts, 0, true);
        // `note` itself stands between accept and tag: something was written down.
        prop_assert!(other.verdict.max(Action::Note) == one.verdict.max(Action::Note));
        prop_assert!(other.applied.max(Action::Note) == one.applied.max(Action::Note));
    }

    #[test]
    fn nothing_that_is_loaded_panics(text in "\\PC{0,200}") {
        let folder = Folder::new(&[("p.yaml", &format!("policy: 1\nname: p\nrules:\n  - id: a\n    when: {text}\n"))]);
        let _ = folder.load().map_err(|report| report.to_string());
    }

    #[test]
    fn a_damaged_policy_is_told_or_loaded_and_never_panics(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, "[\\PC\n\t:{}\\[\\]&*#>|'\"-]{0,3}"), 1..4),
    ) {
        let mut text: Vec<char> = include_str!("../../../policies/dak-nong.yaml").chars().filter(|&c| c != '\r').collect();
        for (at, gone, new) in cuts {
            let at = at.index(text.len());
            let end = (at + gone).min(text.len());
            text.splice(at..end, new.chars());
        }
        let text: String = text.into_iter().collect();
        let base = include_str!("../../../policies/base.yaml").replace("{ file: lists/state-domains.txt }", "gov.vn");
        let marks = include_str!("../../../policies/marks/vn.yaml");
        let folder = Folder::new(&[("p.yaml", &text), ("base.yaml", &base), ("marks/vn.yaml", marks)]);
        match folder.load() {
            Ok(generation) => {
                let _ = generation.judge(&with(vec![program("a.exe", By::Content)]), 0, true);
            }
            Err(report) => {
                prop_assert!(report.errors() > 0);
                let _ = report.to_string();
            }
        }
    }

    #[test]
    fn replies_are_printable_whatever_the_name(name in "\\PC{0,300}|.{0,300}") {
        let generation = rules("  - id: r\n    when: { attachment: { kind: executable } }\n    then: reject\n    reply: { vi: \"{attachment.name}\" }\n");
        let facts = with(vec![program(&name, By::Content)]);
        let judgement = generation.judge(&facts, 0, true);
        let reply = generation.reply(&facts, 0, &judgement, "7KQ2M9XWPA").unwrap();
        for line in &reply.lines {
            prop_assert!(line.len() <= 187 && line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{}", line);
        }
    }
}
