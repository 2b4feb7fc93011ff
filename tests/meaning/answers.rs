//! Roles and verdicts; recipients of two policies; answers at RCPT.

use std::sync::Arc;

use gacthu::{
    answer::{Answer, answer},
    facts::Role,
    site::Site,
    verdict::{Action, MixedPolicies},
};

use crate::support::*;

#[test]
fn every_role_and_every_verdict() {
    use Action::{Accept, Defer, Note, Quarantine, Reject, Tag};
    let verdicts = [Accept, Note, Tag, Quarantine, Defer, Reject];
    let table = [
        (
            Role::Mx,
            false,
            [Accept, Accept, Tag, Quarantine, Defer, Reject],
        ),
        (
            Role::Submission,
            false,
            [Accept, Accept, Tag, Quarantine, Defer, Reject],
        ),
        (
            Role::Mailbox,
            false,
            [Accept, Accept, Tag, Quarantine, Defer, Reject],
        ),
        (
            Role::Gateway,
            false,
            [Accept, Accept, Tag, Quarantine, Defer, Quarantine],
        ),
        (
            Role::Gateway,
            true,
            [Accept, Accept, Tag, Quarantine, Defer, Reject],
        ),
        (
            Role::Local,
            false,
            [Accept, Accept, Tag, Quarantine, Quarantine, Quarantine],
        ),
        (
            Role::Local,
            true,
            [Accept, Accept, Tag, Quarantine, Quarantine, Quarantine],
        ),
    ];
    for (verdict, index) in verdicts.into_iter().zip(0..) {
        let rules = match verdict {
            Accept => String::new(),
            verdict => content(verdict.as_str()),
        };
        let enforced = Arc::new(services(one("enforce", &rules)));
        let observed = Arc::new(services(one("observe", &rules)));
        for (role, passes_on, expected) in table {
            let decision = judge(&enforced, at(role, passes_on), &[A]);
            assert_eq!(decision.verdict(), verdict);
            let said = answer(&decision);
            assert_eq!(said.action(), expected[index], "{role:?} {verdict}");
            if let Answer::Refuse(reply) = said {
                let class = if expected[index] == Defer { 4 } else { 5 };
                assert_eq!(reply.code / 100, class, "{role:?} {verdict}");
            }
            // Observe touches nothing, in any role.
            let decision = judge(&observed, at(role, passes_on), &[A]);
            assert_eq!(decision.verdict(), verdict);
            assert_eq!(decision.applied(), Accept);
            assert_eq!(answer(&decision), Answer::Accept { tags: Vec::new() });
        }
    }
}

#[test]
fn recipients_of_two_policies_are_split_on_mx_where_one_of_them_acts() {
    let split = |a: &str, b: &str, role: Role, mixed: MixedPolicies| {
        let services = services(load((a, ""), (b, ""))).with_site(Site {
            mixed_policies: mixed,
            ..Site::default()
        });
        let mut judging = begin(&Arc::new(services), at(role, false));
        assert!(judging.rcpt(address(A)).is_none());
        assert!(
            judging.rcpt(address("khac@a.vn")).is_none(),
            "the same policy"
        );
        let decision = judging.rcpt(address(B));
        assert_eq!(judging.recipients(), if decision.is_some() { 2 } else { 3 });
        // Who is split off leaves no trace in the message.
        let end = judging.end_now();
        assert_eq!(end.verdict(), Action::Accept);
        assert_eq!(answer(&end), Answer::Accept { tags: Vec::new() });
        decision
    };
    use MixedPolicies::{Split, Strictest};
    for (a, b) in [
        ("enforce", "observe"),
        ("observe", "enforce"),
        ("enforce", "enforce"),
    ] {
        let decision = split(a, b, Role::Mx, Split).expect("split");
        assert_eq!(decision.verdict(), Action::Accept, "no refusal");
        let Answer::Refuse(reply) = answer(&decision) else {
            panic!("no answer");
        };
        assert_eq!((reply.code, &*reply.enhanced), (452, "4.5.3"));
        assert!(reply.lines[0].starts_with("Nguoi nhan nay theo chinh sach khac"));
        assert!(reply.lines[1].contains("ruled by another policy"));
        for line in &reply.lines {
            assert!(line.contains(decision.reference.as_str()));
            assert!(line.len() <= 189 && line.is_ascii(), "{line}");
        }
        assert!(split(a, b, Role::Mx, Strictest).is_none());
        for role in [Role::Submission, Role::Mailbox, Role::Gateway, Role::Local] {
            assert!(split(a, b, role, Split).is_none(), "{role:?}");
        }
    }
    assert!(split("observe", "observe", Role::Mx, Split).is_none());
}

#[test]
fn who_would_be_refused_anyway_is_not_split() {
    let b = "  - id: x\n    title: X\n    when: { recipient: { address: vanthu@b.vn } }\n    then: reject\n";
    let services = Arc::new(services(load(("enforce", ""), ("enforce", b))));
    let mut judging = begin(&services, at(Role::Mx, false));
    assert!(judging.rcpt(address(A)).is_none());
    let decision = judging.rcpt(address(B)).unwrap();
    assert_eq!(answer(&decision).action(), Action::Reject);
    assert_eq!(decision.split, None);
    // A refused one is not the first: the next may be of any policy.
    let mut judging = begin(&services, at(Role::Mx, false));
    assert_eq!(
        answer(&judging.rcpt(address(B)).unwrap()).action(),
        Action::Reject
    );
    assert!(judging.rcpt(address(A)).is_none());
}

#[test]
fn the_strictest_of_two_policies_answers_where_nobody_is_split() {
    let services = services(load(
        ("enforce", &content("tag")),
        ("enforce", &content("reject")),
    ));
    let services = Arc::new(services.with_site(Site::strictest()));
    let decision = judge(&services, at(Role::Mx, false), &[A, B]);
    assert_eq!(answer(&decision).action(), Action::Reject);
    let verdicts: Vec<_> = decision
        .recipients
        .iter()
        .map(|one| one.judgement.verdict)
        .collect();
    assert_eq!(verdicts, [Action::Tag, Action::Reject]);
}

#[test]
fn an_envelope_rule_answers_at_rcpt_unless_an_exception_may_still_lift_it() {
    let rule =
        "  - id: x\n    title: X\n    when: { recipient: { domain: a.vn } }\n    then: reject\n";
    let excepted = format!(
        "{rule}exceptions:\n  - id: e\n    rules: [x]\n    when: {{ message: {{ size: \"> 1 B\" }} }}\n    reason: x\n    by: y\n    until: 2099-12-31\n"
    );
    let early = |rules: &str| {
        let services = Arc::new(services(one("enforce", rules)));
        let mut judging = begin(&services, at(Role::Mx, false));
        let early = judging.rcpt(address(A));
        judging.raw(LETTER);
        (early, judging.end_now().verdict())
    };
    let (at_rcpt, rest) = early(rule);
    assert_eq!(answer(&at_rcpt.unwrap()).action(), Action::Reject);
    assert_eq!(rest, Action::Accept, "nobody is left");
    let (at_rcpt, at_end) = early(&excepted);
    assert!(at_rcpt.is_none());
    assert_eq!(at_end, Action::Accept, "the exception holds");
    let unless = rule.replace(
        "then: reject",
        "unless: { message: { size: \"> 1 B\" } }\n    then: reject",
    );
    assert!(early(&unless).0.is_none());
}

#[test]
fn a_failure_in_observe_accepts_in_every_role() {
    for (mode, passes) in [("observe", true), ("enforce", false)] {
        let services = Arc::new(services(one(mode, MARK)));
        for role in Role::ALL {
            let mut decision = judge(&services, at(role, false), &[A]);
            decision.failed = Some("a test".to_owned());
            let accepted = answer(&decision) == Answer::Accept { tags: Vec::new() };
            assert_eq!(accepted, passes, "{mode} {role:?}");
        }
    }
}
