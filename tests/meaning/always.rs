//! What holds for every policy.

use std::sync::Arc;

use gacthu::{
    answer::{Answer, answer},
    facts::Role,
    site::Site,
    verdict::Action,
};
use proptest::prelude::*;

use crate::support::*;

/// Rules on the envelope and on the content, with exceptions, in one of the two modes each.
fn some_rules() -> impl Strategy<Value = String> {
    let when = prop::sample::select(vec![
        "{ recipient: { domain: a.vn } }",
        "{ sender: { domain: x.com } }",
        "{ not: { recipient: { domain: a.vn } } }",
        "{ message: { size: \"> 1 B\" } }",
        "{ attachment: { extension: mark } }",
        "{ any: [{ sender: { domain: x.com } }, { attachment: { extension: exe } }] }",
        "{ all: [{ origin: foreign }, { from: { domain: a.vn } }] }",
        "{ tls: true }",
    ]);
    let then = prop::sample::select(vec![
        "note",
        "tag",
        "quarantine",
        "defer",
        "reject",
        "{ defer: { at_most: 1h, then: reject } }",
        "{ points: { spam: 2 } }",
        "{ points: { spam: -1 } }",
    ]);
    let rule = (
        when.clone(),
        when.clone(),
        then,
        any::<(bool, bool, bool)>(),
    );
    let asks = prop::sample::select(vec!["> 1", ">= 4", "< 1"]);
    (prop::collection::vec(rule, 1..6), when, any::<bool>(), asks).prop_map(|(rules, excepted, excepts, asks)| {
        let mut text = String::new();
        for (index, (when, unless, then, (has_unless, sensitive, observe))) in rules.iter().enumerate() {
            text.push_str(&format!("  - id: r{index}\n    title: T\n    when: {when}\n    then: {then}\n"));
            if *has_unless {
                text.push_str(&format!("    unless: {unless}\n"));
            }
            if *sensitive {
                text.push_str("    sensitive: true\n");
            }
            if *observe {
                text.push_str("    mode: observe\n");
            }
        }
        text.push_str("  - id: gives\n    when: { tls: true }\n    then: { points: { spam: 1 } }\n");
        text.push_str(&format!("  - id: asks\n    title: T\n    when: {{ points: {{ spam: \"{asks}\" }} }}\n    then: reject\n"));
        if excepts {
            text.push_str(&format!("exceptions:\n  - id: e\n    rules: [r0]\n    when: {{ all: [{{ authenticated: false }}, {{ client: {{ network: 203.0.113.0/24 }} }}, {excepted}] }}\n    reason: x\n    by: y\n    until: 2099-12-31\n"));
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_early_is_what_the_end_would_have_said(rules in some_rules(), role in 0..5_usize) {
        let role = Role::ALL[role];
        let services = Arc::new(services(one("enforce", &rules)));
        let mut judging = begin(&services, at(role, false));
        let Some(early) = judging.rcpt(address(A)) else { return Ok(()) };
        // The same message judged at its end.
        let mut late = begin(&services, at(Role::Local, false));
        prop_assert!(late.rcpt(address(A)).is_none(), "local is never answered early");
        late.raw(LETTER);
        let mut facts = late.end_now().facts;
        facts.session = early.facts.session.clone();
        let judgement = services.policy().judge(&facts, 0, true);
        if !judgement.sensitive {
            prop_assert_eq!(early.applied(), judgement.applied);
            prop_assert_eq!(early.verdict(), judgement.verdict);
        }
        prop_assert!(answer(&early).action() >= Action::Defer);
    }

    #[test]
    fn a_sensitive_message_is_never_stored(rules in some_rules(), role in 0..5_usize, both: bool) {
        let role = Role::ALL[role];
        let services = services(load(("enforce", &rules), ("enforce", &content("quarantine"))));
        let services = Arc::new(services.with_site(Site::strictest()));
        let mut judging = begin(&services, at(role, false));
        let refused = [A, B].into_iter().take(1 + usize::from(both)).filter_map(|to| judging.rcpt(address(to))).count();
        judging.raw(LETTER);
        let decision = judging.end_now();
        if decision.sensitive {
            let stored = matches!(answer(&decision), Answer::Hold { .. });
            prop_assert!(!stored || role == Role::Local, "{:?}", answer(&decision));
            let told = format!("{:?}{:?}", decision.facts, answer(&decision));
            prop_assert!(!told.contains("secret"));
        }
        prop_assert!(refused <= 2);
    }
}
