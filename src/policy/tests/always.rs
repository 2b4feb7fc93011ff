//! What holds for every policy with points, bounded defers and sensitive rules.

use std::time::Duration;

use proptest::prelude::*;

use super::{properties::*, support::*};
use crate::verdict::Action;

const THEN: &[&str] = &[
    "note",
    "tag",
    "quarantine",
    "defer",
    "reject",
    "{ defer: { at_most: 1h, then: reject } }",
    "{ points: { spam: 2 } }",
    "{ points: { spam: -1.5 } }",
    "{ points: { spam: 0.5, odd: 3 } }",
];

/// Rules of every sort, each a text, and one that asks for what the others give.
fn some_rules() -> impl Strategy<Value = Vec<String>> {
    let parts = (
        condition(),
        condition(),
        0..THEN.len(),
        any::<(bool, bool)>(),
    );
    let asks = prop::sample::select(vec!["> 1", ">= 2.5", "< 1", "== 2", "<= 0"]);
    let then = prop::sample::select(vec!["tag", "quarantine", "reject"]);
    (prop::collection::vec(parts, 1..5), asks, then).prop_map(|(rules, asks, last)| {
        let mut texts: Vec<_> = rules
            .iter()
            .enumerate()
            .map(|(index, (when, unless, then, (sensitive, observe)))| {
                let mut text = rule(&format!("r{index}"), when, unless, THEN[*then]);
                if *sensitive {
                    text.push_str("    sensitive: true\n");
                }
                if *observe {
                    text.push_str("    mode: observe\n");
                }
                text
            })
            .collect();
        texts.push(rule(
            "gives",
            "{ tls: true }",
            "{ tls: false }",
            "{ points: { spam: 1 } }",
        ));
        texts.push(format!(
            "  - id: asks\n    when: {{ points: {{ spam: \"{asks}\" }} }}\n    then: {last}\n"
        ));
        texts
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_settled_stays_with_points_and_bounds(
        texts in some_rules(),
        facts in some_facts(),
        forgotten: (bool, bool, bool),
        hours in prop::option::of(0..3_u64),
    ) {
        let mut facts = facts;
        facts.deferred = vec![hours.map(|hours| Duration::from_secs(hours * 3600))];
        let generation = rules(&texts.concat());
        let (sender, message, files) = forgotten;
        let before = forget(facts.clone(), sender, message, files);
        let early = generation.judge(&before, 0, false);
        let late = generation.judge(&facts, 0, true);
        for fired in &early.fired {
            prop_assert!(late.fired.iter().any(|other| other.id == fired.id), "{:?}", fired);
        }
        if early.settled {
            prop_assert_eq!((early.verdict, early.applied), (late.verdict, late.applied));
        }
        // What was sensitive stays so.
        prop_assert!(!early.sensitive || late.sensitive);
    }

    #[test]
    fn the_order_of_rules_never_matters_to_points(texts in some_rules(), facts in some_facts()) {
        let forward = rules(&texts.concat());
        let backward = rules(&texts.iter().rev().cloned().collect::<String>());
        let (one, other) = (forward.judge(&facts, 0, true), backward.judge(&facts, 0, true));
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(forward.reply(&facts, 0, &one, "R"), backward.reply(&facts, 0, &other, "R"));
    }

    #[test]
    fn a_sensitive_judgement_never_stores(texts in some_rules(), facts in some_facts()) {
        let judgement = rules(&texts.concat()).judge(&facts, 0, true);
        if judgement.sensitive {
            prop_assert!(judgement.verdict != Action::Quarantine);
            prop_assert!(judgement.applied != Action::Quarantine);
            prop_assert!(judgement.fired.iter().all(|fired| fired.then != Action::Quarantine));
        }
    }

    #[test]
    fn a_note_changes_nothing_beside_points(
        texts in some_rules(),
        noted in condition(),
        facts in some_facts(),
    ) {
        let without = texts.concat();
        let noting = format!("{without}{}", rule("n", &noted, "{ sender: { domain: nowhere.vn } }", "note"));
        let one = rules(&without).judge(&facts, 0, true);
        let other = rules(&noting).judge(&facts, 0, true);
        prop_assert_eq!(one.verdict.max(Action::Note), other.verdict.max(Action::Note));
        prop_assert_eq!(one.applied.max(Action::Note), other.applied.max(Action::Note));
        prop_assert_eq!(one.points, other.points);
    }
}
