//! What rules, exceptions, modes and replies mean: both sides of each.

use super::support::*;
use crate::{
    facts::{By, Fact, Facts, FileFacts, NotOpened, Reason, Role},
    policy::Generation,
    verdict::{Action, Judgement, Mode},
};

fn one(file: FileFacts) -> Facts {
    with(vec![file])
}

fn session(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = facts();
    change(&mut facts);
    facts
}

#[test]
fn directions_of_a_rule() {
    let generation =
        rules("  - id: r\n    for: outbound\n    when: { tls: false }\n    then: reject\n");
    assert_eq!(generation.judge(&facts(), 0, true).verdict, Action::Accept);
    let out = session(|facts| {
        facts.session.role = Role::Submission;
        facts.recipients = vec![address("<x@example.org>")];
    });
    assert_eq!(generation.judge(&out, 0, true).verdict, Action::Reject);
}

#[test]
fn if_unknown_does_what_it_says() {
    for (word, expected) in [
        ("skip", Action::Accept),
        ("note", Action::Note),
        ("tag", Action::Tag),
        ("defer", Action::Defer),
        ("quarantine", Action::Quarantine),
    ] {
        let generation = rules(&format!(
            "  - id: r\n    title: T\n    when: {{ attachment: {{ kind: executable }} }}\n    then: reject\n    if_unknown: {word}\n"
        ));
        let facts = one(unopened_zip("a.zip"));
        let judgement = generation.judge(&facts, 0, true);
        assert_eq!(judgement.applied, expected);
        assert_eq!(judgement.unknown.len(), 1);
        assert!(judgement.settled);
        if word == "skip" {
            assert!(judgement.fired.is_empty());
            continue;
        }
        assert_eq!(
            judgement.fired[0].unknown,
            Some(Reason::NotOpened(NotOpened::Unsupported))
        );
        assert_eq!(judgement.fired[0].files, [0]);
        let reply = generation.reply(&facts, 0, &judgement, "R");
        assert_eq!(
            reply.map(|reply| (reply.code, reply.enhanced)),
            (word == "defer").then(|| (451, "4.7.1".to_owned()))
        );
    }
}

#[test]
fn before_the_end_a_verdict_is_settled_only_if_nothing_unknown_is_stronger() {
    let early = Facts {
        message: Fact::default(),
        files: Fact::default(),
        ..facts()
    };
    let body = "  - id: body\n    when: { attachment: { kind: executable } }\n    then: reject\n";
    let envelope = |then: &str| {
        format!(
            "  - id: envelope\n    when: {{ sender: {{ domain: example.com }} }}\n    then: {then}\n"
        )
    };
    let judge = |rules_text: String| rules(&rules_text).judge(&early, 0, false);
    let judgement = judge(format!("{body}{}", envelope("reject")));
    assert_eq!(
        (judgement.applied, judgement.settled),
        (Action::Reject, true)
    );
    assert_eq!(judgement.unknown, [("body".into(), Reason::NotYet)]);
    assert!(!judge(format!("{body}{}", envelope("defer"))).settled);
    assert!(!judge(body.to_owned()).settled);
    assert!(judge(envelope("defer")).settled);
    // What only observes may change the verdict, so it is not settled.
    let observing = format!("{body}    mode: observe\n{}", envelope("tag"));
    assert!(!judge(observing).settled);
    let at_end = rules(body).judge(&early, 0, true);
    assert!(at_end.settled && at_end.fired.is_empty());
}

#[test]
fn modes_and_the_weaker_of_two() {
    let judge = |policy_mode: &str, rule_mode: &str| {
        let text = format!(
            "policy: 1\nname: p\norganisation: {{ domains: [ours.vn] }}\n{policy_mode}rules:\n  - id: r\n    when: {{ tls: false }}\n    then: reject\n{rule_mode}"
        );
        policy(&text).judge(&facts(), 0, true)
    };
    let applied = |judgement: Judgement| {
        (
            judgement.verdict,
            judgement.applied,
            judgement.fired[0].mode,
        )
    };
    let observed = (Action::Reject, Action::Accept, Mode::Observe);
    assert_eq!(applied(judge("", "")), observed);
    assert_eq!(
        applied(judge("mode: observe\n", "    mode: enforce\n")),
        observed
    );
    assert_eq!(
        applied(judge("mode: enforce\n", "    mode: observe\n")),
        observed
    );
    assert_eq!(
        applied(judge("mode: enforce\n", "")),
        (Action::Reject, Action::Reject, Mode::Enforce)
    );
}

#[test]
fn the_strongest_action_wins_and_rank_then_id_speaks() {
    let generation = rules(
        "  - id: c\n    title: C\n    when: { tls: false }\n    then: reject\n  - id: b\n    title: B\n    when: { tls: false }\n    then: reject\n  - id: a\n    when: { tls: false }\n    then: tag\n  - id: z\n    title: Z\n    rank: 1\n    mode: observe\n    when: { tls: false }\n    then: reject\n",
    );
    let judgement = generation.judge(&facts(), 0, true);
    let ids: Vec<_> = judgement.fired.iter().map(|fired| &*fired.id).collect();
    assert_eq!(ids, ["z", "a", "b", "c"]);
    assert_eq!(judgement.applied, Action::Reject);
    let line = |reply: Option<crate::verdict::ReplyText>| reply.unwrap().lines.remove(0);
    assert_eq!(
        line(generation.reply(&facts(), 0, &judgement, "R")),
        "B. Quyet dinh 1. Ma: R"
    );
    assert_eq!(
        line(generation.reply_if_enforced(&facts(), 0, &judgement, "R")),
        "Z. Quyet dinh 1. Ma: R"
    );
}

#[test]
fn idle_rules_never_fire() {
    let generation = rules(
        "  - id: a\n    enabled: false\n    when: { tls: false }\n    then: reject\n  - id: b\n    needs: [antivirus]\n    when: { antivirus: { found: true } }\n    then: reject\n  - id: c\n    needs: [size]\n    when: { tls: false }\n    then: tag\n",
    );
    assert_eq!(generation.judge(&facts(), 0, true).verdict, Action::Tag);
    let explained = generation.explain(&facts(), 0, true).to_string();
    assert!(explained.contains("b → needs antivirus"), "{explained}");
}

#[test]
fn unless_takes_the_letter_or_the_files() {
    let generation = |unless: &str| {
        rules(&format!(
            "  - id: r\n    when: {{ attachment: {{ extension: exe }} }}\n    unless: {unless}\n    then: reject\n"
        ))
    };
    let fires =
        |unless: &str, facts: &Facts| !generation(unless).judge(facts, 0, true).fired.is_empty();
    let two = with(vec![file("good.exe", 1), file("bad.exe", 2)]);
    let good = with(vec![file("good.exe", 1)]);
    assert!(!fires("{ sender: { domain: example.com } }", &two));
    assert!(fires("{ sender: { domain: example.org } }", &two));
    // Only that file goes out of view.
    let judgement = generation("{ attachment: { name: good* } }").judge(&two, 0, true);
    assert_eq!(judgement.fired[0].files, [1]);
    assert!(!fires("{ attachment: { name: good* } }", &good));
    // A file that is no match takes nothing away.
    assert!(fires(
        "{ attachment: { name: readme* } }",
        &with(vec![file("bad.exe", 1), file("readme.txt", 1)])
    ));
    // With a condition on the letter both must hold; in a list one is enough.
    assert!(fires("{ attachment: { name: good* }, tls: true }", &good));
    assert!(!fires("{ attachment: { name: good* }, tls: false }", &good));
    assert!(!fires(
        "[{ attachment: { name: x } }, { tls: false }]",
        &two
    ));
    // Negated it still takes files only: all that are not good.
    assert!(fires("{ not: { attachment: { name: good* } } }", &two));
    assert!(!fires(
        "{ not: { attachment: { name: good* } } }",
        &with(vec![file("bad.exe", 1)])
    ));
}

#[test]
fn sums_leave_out_what_is_out_of_view() {
    let generation = rules(
        "  - id: r\n    when: { attachments: { total_size: \"> 10 B\" } }\n    unless: { attachment: { extension: p7s } }\n    then: reject\n",
    );
    let judge =
        |size| generation.judge(&with(vec![file("a.pdf", size), file("s.p7s", 5)]), 0, true);
    assert_eq!(judge(10).verdict, Action::Accept);
    assert_eq!(judge(11).verdict, Action::Reject);
    assert_eq!(judge(11).fired[0].files, [0]);
}

fn excepting(when: &str, extra: &str) -> Generation {
    rules(&format!(
        "  - id: r\n    when: {{ attachment: {{ extension: exe }} }}\n    then: reject\n  - id: other\n    when: {{ attachment: {{ extension: exe }} }}\n    then: tag\nexceptions:\n  - id: lab\n    rules: [r]\n    when: {when}\n    reason: Công văn 1\n    by: a\n{extra}"
    ))
}

#[test]
fn exceptions_take_rules_away_and_never_accept() {
    let exe = with(vec![file("a.exe", 1), file("b.exe", 1)]);
    let lab = Facts {
        session: crate::facts::SessionFacts {
            authenticated: Some("lab".to_owned()),
            ..Default::default()
        },
        ..exe.clone()
    };
    let generation = excepting(
        "{ sender: { address: a@example.com }, authenticated: true }",
        "",
    );
    let judgement = generation.judge(&lab, 0, true);
    assert_eq!(judgement.applied, Action::Tag, "the other rule stays");
    assert_eq!(judgement.excepted, [("lab".into(), "r".into())]);
    let judgement = generation.judge(&exe, 0, true);
    assert_eq!(judgement.applied, Action::Reject);
    assert_eq!(judgement.excepted, []);
    // For a file: only that file.
    let generation = excepting("{ attachment: { name: a.exe } }", "");
    let judgement = generation.judge(&exe, 0, true);
    assert_eq!(
        (judgement.applied, &judgement.fired[1].id),
        (Action::Reject, &"r".into())
    );
    assert_eq!(judgement.fired[1].files, [1]);
    let judgement = generation.judge(&with(vec![file("a.exe", 1)]), 0, true);
    assert_eq!(judgement.applied, Action::Tag);
    assert_eq!(judgement.excepted.len(), 1);
}

#[test]
fn an_exception_ends_on_its_day() {
    let generation = excepting("{ authenticated: false }", "    until: 2026-12-31\n");
    let mut facts = with(vec![file("a.exe", 1)]);
    let on = |facts: &Facts| generation.judge(facts, 0, true).applied;
    assert_eq!(on(&facts), Action::Tag);
    facts.day = Some(jiff::civil::date(2026, 12, 31));
    assert_eq!(on(&facts), Action::Tag);
    facts.day = Some(jiff::civil::date(2027, 1, 1));
    assert_eq!(on(&facts), Action::Reject);
}

#[test]
fn an_exception_not_yet_known_leaves_the_verdict_open_and_at_the_end_must_be_shown() {
    let generation = rules(
        "  - id: r\n    when: { sender: { domain: example.com } }\n    then: reject\nexceptions:\n  - id: e\n    rules: [r]\n    when: { attachment: { extension: asc } }\n    reason: x\n    by: a\n  - id: f\n    rules: [r]\n    when: { message: { size: \"< 10 B\" } }\n    reason: x\n    by: a\n",
    );
    let early = Facts {
        message: Fact::default(),
        files: Fact::default(),
        ..facts()
    };
    let judgement = generation.judge(&early, 0, false);
    assert_eq!(
        (judgement.applied, judgement.settled),
        (Action::Accept, false)
    );
    assert_eq!(generation.judge(&early, 0, true).applied, Action::Reject);
}

#[test]
fn replies_fit_and_carry_nothing_from_outside_that_bites() {
    let generation = rules(
        "  - id: r\n    title: T\n    basis: Điều 12 khoản 6\n    when: { attachment: { kind: executable } }\n    then: reject\n    reply: { vi: \"Không nhận {attachment.name} gửi {recipient} từ {sender}\", en: \"No {attachment.name}\" }\n",
    );
    let long = format!("{}\r\n550 x\u{202e}%s.exe", "ă".repeat(500));
    for name in [&long, "", "\0\0", "日本", "a.exe"] {
        let mut facts = with(vec![program(name, By::Content)]);
        facts.sender = Fact::Known(address(&format!(
            "<{}@{}.com>",
            "a".repeat(60),
            "b".repeat(60)
        )));
        let judgement = generation.judge(&facts, 0, true);
        let reply = generation
            .reply(&facts, 0, &judgement, "7KQ2M9XWPA")
            .unwrap();
        for line in &reply.lines {
            assert!(line.len() <= 187, "{} {line}", line.len());
            assert!(
                line.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
                "{line}"
            );
        }
        assert!(
            reply.lines[0].ends_with("Dieu 12 khoan 6, Quyet dinh 1. Ma: 7KQ2M9XWPA"),
            "{}",
            reply.lines[0]
        );
        assert!(reply.lines[1].ends_with("Ref: 7KQ2M9XWPA"));
        assert_eq!(reply.lines[2], "Lien he / Contact: help@ours.vn");
    }
}

#[test]
fn codes_of_a_rule() {
    let reply = |text: &str| {
        let generation = rules(text);
        let facts = with(vec![file("a", 5)]);
        let judgement = generation.judge(&facts, 0, true);
        let reply = generation.reply(&facts, 0, &judgement, "R").unwrap();
        (reply.code, reply.enhanced)
    };
    let code = |code, enhanced: &str| (code, enhanced.to_owned());
    assert_eq!(
        reply("  - id: r\n    when: { tls: false }\n    then: defer\n"),
        code(451, "4.7.1")
    );
    assert_eq!(
        reply("  - id: r\n    when: { tls: false }\n    then: reject\n"),
        code(550, "5.7.1")
    );
    assert_eq!(
        reply("  - id: r\n    when: { attachment: { size: \"> 1 B\" } }\n    then: reject\n"),
        code(552, "5.3.4")
    );
    assert_eq!(
        reply(
            "  - id: r\n    when: { attachments: { count: \"> 0\" } }\n    then: reject\n    reply: { vi: \"{limit}\" }\n"
        ),
        code(550, "5.7.1")
    );
    assert_eq!(
        reply(
            "  - id: r\n    when: { tls: false }\n    then: reject\n    reply: { code: 554, enhanced: 5.6.0 }\n"
        ),
        code(554, "5.6.0")
    );
}

#[test]
fn without_a_recipient_the_usual_road_is_judged() {
    let generation = when("{ direction: inbound }");
    let mut facts = facts();
    facts.recipients.clear();
    assert_eq!(generation.judge(&facts, 0, true).verdict, Action::Reject);
}

#[test]
fn an_explanation_names_rule_condition_and_file() {
    let generation = rules(
        "  - id: executable\n    basis: Điều 12 khoản 6\n    when: { attachment: { kind: executable }, sender: { domain: example.com } }\n    unless: { authenticated: true }\n    then: reject\n  - id: out\n    for: outbound\n    when: { tls: false }\n    then: tag\n",
    );
    let text = generation
        .explain(&with(vec![program("a\u{1b}.exe", By::Name)]), 0, true)
        .to_string();
    let first = text.lines().nth(1).unwrap();
    assert!(
        first.starts_with("● executable → reject   [Điều 12 khoản 6]   /"),
        "{text}"
    );
    assert!(first.ends_with("policy.yaml:9"), "{text}");
    let rest: Vec<_> = text.lines().skip(2).take(4).collect();
    assert_eq!(
        rest,
        [
            "    ✓ when all",
            "        ✓ attachment: {kind: executable} · 2 \"a\\u{1b}.exe\"",
            "        ✓ sender.domain: example.com",
            "    ✗ unless authenticated: true",
        ]
    );
    assert!(text.contains("○ out → not for inbound mail"), "{text}");
}

#[test]
fn a_rule_points_only_at_the_files_that_made_it_fire() {
    // The archive may hold a `pe`, but it is the program by name that is refused.
    let generation = rules(
        "  - id: r\n    when: { any: [{ attachment: { kind: executable, at: top } }, { attachment: { kind: pe } }] }\n    then: reject\n    if_unknown: tag\n",
    );
    let facts = with(vec![unopened_zip("a.zip"), program("b.exe", By::Name)]);
    assert_eq!(generation.judge(&facts, 0, true).fired[0].files, [1]);
    let judgement = generation.judge(&one(unopened_zip("a.zip")), 0, true);
    assert_eq!(
        (judgement.verdict, &*judgement.fired[0].files),
        (Action::Tag, &[0][..])
    );
    // Half of an alternative is none: the PDF is not what is refused.
    let generation = rules(
        "  - id: r\n    when: [{ attachment: { extension: pdf }, tls: true }, { attachment: { extension: exe } }]\n    then: reject\n",
    );
    let facts = with(vec![file("a.pdf", 1), file("b.exe", 1)]);
    assert_eq!(generation.judge(&facts, 0, true).fired[0].files, [1]);
}

#[test]
fn a_container_out_of_view_still_may_hold_something() {
    // `unless` takes that one file away; what is inside is asked on its own.
    let generation = rules(
        "  - id: r\n    when: { attachment: { kind: executable } }\n    unless: { attachment: { name: a.zip } }\n    then: reject\n    if_unknown: tag\n",
    );
    let judgement = generation.judge(&one(unopened_zip("a.zip")), 0, true);
    assert_eq!(
        (judgement.verdict, &*judgement.fired[0].files),
        (Action::Tag, &[0][..])
    );
}

#[test]
fn only_exceptions_that_took_something_away_are_counted() {
    let generation = rules(
        "  - id: r\n    when: { attachment: { extension: exe } }\n    then: reject\nexceptions:\n  - id: programs\n    rules: [r]\n    when: { attachment: { name: a.exe } }\n    reason: x\n    by: a\n  - id: papers\n    rules: [r]\n    when: { attachment: { extension: pdf } }\n    reason: x\n    by: a\n",
    );
    let judgement = generation.judge(&with(vec![file("a.exe", 1), file("b.pdf", 1)]), 0, true);
    assert_eq!(judgement.verdict, Action::Accept);
    assert_eq!(judgement.excepted, [("programs".into(), "r".into())]);
}

#[test]
fn the_code_of_size_is_for_rules_about_size() {
    let code = |condition: &str| {
        let facts = with(vec![program("a.exe", By::Name)]);
        let generation = when(condition);
        let judgement = generation.judge(&facts, 0, true);
        generation.reply(&facts, 0, &judgement, "R").unwrap().code
    };
    assert_eq!(code("{ attachment: { size: \"> 1 B\", at: top } }"), 552);
    assert_eq!(code("{ attachments: { total_size: \">= 1 B\" } }"), 552);
    // Too small, or a program of some size: not `552 5.3.4 message too big`.
    assert_eq!(code("{ attachments: { total_size: \"< 1 MiB\" } }"), 550);
    assert_eq!(
        code("{ attachment: { kind: executable, size: \"> 1 B\" } }"),
        550
    );
    assert_eq!(
        code("{ not: { attachments: { total_size: \"> 1 MiB\" } } }"),
        550
    );
}

#[test]
fn a_long_name_never_costs_the_remedy_in_either_language() {
    let generation = rules(
        "  - id: r\n    basis: Điều 12 khoản 6\n    when: { attachment: { extension: exe } }\n    then: reject\n    reply: { vi: \"Không gửi nhận tệp {attachment.name} này; hãy bỏ tệp rồi gửi lại\", en: \"{attachment.name} is a file that the rules of the organisation do not allow to be sent or received; please remove it and send the letter again\" }\n",
    );
    let facts = one(file(&format!("{}.exe", "bao-cao-".repeat(30)), 1));
    let judgement = generation.judge(&facts, 0, true);
    let reply = generation
        .reply(&facts, 0, &judgement, "7KQ2M9XWPA")
        .unwrap();
    assert!(
        reply.lines[0].contains("hay bo tep roi gui lai. Dieu 12"),
        "{reply:?}"
    );
    assert!(
        reply.lines[1].ends_with(".exe is a file that the rules of the organisation do not allow to be sent or received; please remove it and send the letter again. Ref: 7KQ2M9XWPA"),
        "{reply:?}"
    );
    assert!(reply.lines.iter().all(|line| line.len() <= 187));
}
