//! What a policy means, through the engine's public door: the table of roles and verdicts, recipients
//! of two policies, early answers, deferring to an end, sensitive messages, reloads under load.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use gacthu::{
    answer::{Answer, answer},
    counters::{Clock, Counters, Recorder},
    engine::{Decision, Judging, Limits, Services},
    facts::{Role, SessionFacts},
    message::Address,
    policy::{self, Generation},
    site::Site,
    state::Defers,
    verdict::{Action, MixedPolicies},
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const A: &str = "vanthu@a.vn";
const B: &str = "vanthu@b.vn";
const OUTSIDE: &str = "ai@x.com";

/// Policies `a` (domain a.vn) and `b` (domain b.vn) with these modes and rules.
fn load(a: (&str, &str), b: (&str, &str)) -> Generation {
    let dir = tempfile::tempdir().unwrap();
    let mut paths: Vec<PathBuf> = Vec::new();
    for (name, (mode, rules)) in [("a", a), ("b", b)] {
        let path = dir.path().join(format!("{name}.yaml"));
        let text = format!(
            "policy: 1\nname: {name}\norganisation: {{ name: Thử, regulation: Quy chế, domains: [{name}.vn], contact: a@{name}.vn }}\nmode: {mode}\nrules:\n{rules}"
        );
        std::fs::write(&path, text).unwrap();
        paths.push(path);
    }
    policy::load(&paths).unwrap_or_else(|report| panic!("{report}"))
}

fn one(mode: &str, rules: &str) -> Generation {
    load((mode, rules), ("observe", ""))
}

fn services(generation: Generation) -> Services {
    Services::new(generation, Limits::default(), None).unwrap()
}

fn address(text: &str) -> Address {
    Address::parse_path(text.as_bytes())
}

fn begin(services: &Arc<Services>, session: SessionFacts) -> Judging {
    let client = Some("203.0.113.5".parse().unwrap());
    let session = SessionFacts { client, ..session };
    Judging::begin(services.clone(), session, address(OUTSIDE))
}

fn at(role: Role, passes_on: bool) -> SessionFacts {
    SessionFacts {
        role,
        passes_on,
        ..SessionFacts::default()
    }
}

const LETTER: &[u8] = b"From: Ai <ai@x.com>\r\nSubject: =?utf-8?q?V=C4=83n_b=E1=BA=A3n_m=E1=BA=ADt?=\r\nMessage-ID: <secret-name@x.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nKinh gui\r\n--b\r\nContent-Type: application/secret-type; name=secret-name.mark\r\nContent-Disposition: attachment; filename=\"secret-name.mark\"\r\n\r\nx\r\n--b--\r\n";

fn judge(services: &Arc<Services>, session: SessionFacts, recipients: &[&str]) -> Decision {
    let mut judging = begin(services, session);
    for recipient in recipients {
        assert!(judging.rcpt(address(recipient)).is_none());
    }
    judging.raw(LETTER);
    judging.end_now()
}

/// A rule on content, so that the end of message decides.
fn content(then: &str) -> String {
    format!(
        "  - id: r\n    title: T\n    when: {{ message: {{ size: \"> 1 B\" }} }}\n    then: {then}\n"
    )
}

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

/// A clock that tests turn.
#[derive(Debug)]
struct Hands(Mutex<Timestamp>);

impl Hands {
    fn forward(&self, hours: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_hours(hours);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Judges and records as `service.rs` does.
fn attempt(services: &Arc<Services>, defers: &Defers, to: &str, letter: &[u8]) -> Action {
    let mut judging = begin(services, at(Role::Mx, false));
    let decision = match judging.rcpt(address(to)) {
        Some(decision) => decision,
        None => {
            judging.raw(letter);
            judging.end_now()
        }
    };
    let action = answer(&decision).action();
    if action == Action::Defer {
        defers.deferred(&decision.attempts, services.now());
    }
    action
}

#[test]
fn a_deferred_message_is_known_again_by_envelope_message_id_and_content() {
    let clock = Arc::new(Hands(Mutex::new(Timestamp::UNIX_EPOCH)));
    let defers = Arc::new(Defers::default());
    let rules = content("{ defer: { at_most: 3h, then: quarantine } }");
    let services = services(one("enforce", &rules))
        .with_clock(clock.clone())
        .with_counters(defers.clone());
    let services = Arc::new(services);
    let send = |to: &str, letter: &[u8]| attempt(&services, &defers, to, letter);
    let text = String::from_utf8(LETTER.to_vec()).unwrap();
    let received = format!("Received: from elsewhere\r\n{text}");
    let other_id = text.replace("<secret-name@", "<other@");
    let other_text = text.replace("Kinh gui", "Kinh goi");
    assert_eq!(send(A, LETTER), Action::Defer);
    clock.forward(2);
    assert_eq!(send(A, LETTER), Action::Defer);
    clock.forward(1);
    assert_eq!(send(A, received.as_bytes()), Action::Quarantine);
    for other in [&other_id, &other_text] {
        assert_eq!(send(A, other.as_bytes()), Action::Defer, "another message");
    }
    assert_eq!(send("khac@a.vn", LETTER), Action::Defer, "another envelope");
    // Reading alone counts nothing.
    let before = defers.len();
    assert_eq!(
        judge(&services, at(Role::Mx, false), &["moi@a.vn"]).applied(),
        Action::Defer
    );
    assert_eq!(defers.len(), before);
}

#[test]
fn a_defer_at_rcpt_is_counted_by_envelope_and_ends_too() {
    let clock = Arc::new(Hands(Mutex::new(Timestamp::UNIX_EPOCH)));
    let defers = Arc::new(Defers::default());
    let rules = "  - id: r\n    title: T\n    when: { recipient: { domain: a.vn } }\n    then: { defer: { at_most: 3h, then: reject } }\n";
    let services = services(one("enforce", rules))
        .with_clock(clock.clone())
        .with_counters(defers.clone());
    let services = Arc::new(services);
    let send = |to: &str| attempt(&services, &defers, to, LETTER);
    assert_eq!(send(A), Action::Defer);
    clock.forward(2);
    assert_eq!(send(A), Action::Defer);
    clock.forward(1);
    assert_eq!(send(A), Action::Reject);
    assert_eq!(send("khac@a.vn"), Action::Defer);
    assert_eq!(send(B), Action::Accept);
    let first = defers.first_deferred(
        &gacthu::counters::Attempt::envelope(&address(OUTSIDE), &address(A)),
        clock.now(),
    );
    assert_eq!(first, Some(Timestamp::UNIX_EPOCH));
}

const MARK: &str = "  - id: mark\n    title: Dấu mật\n    sensitive: true\n    mode: observe\n    when: { attachment: { extension: mark } }\n    then: reject\n";

#[test]
fn a_sensitive_message_leaves_no_word_of_itself() {
    let services = services(load(("observe", MARK), ("enforce", &content("quarantine"))));
    let services = Arc::new(services.with_site(Site::strictest()));
    // Only the policy of `a` knows the mark, and only in observe; that of `b` would store it.
    let decision = judge(&services, at(Role::Mx, false), &[A, B]);
    assert!(decision.sensitive);
    let said = answer(&decision);
    assert_eq!(said.action(), Action::Reject);
    let event = gacthu::event::Event::new(&decision, &said, gacthu::event::Stage::End, Some("4Q"));
    let event = serde_json::to_string(&event).unwrap();
    for word in ["secret-name", "secret-type", "mật", ".mark"] {
        assert!(!event.contains(word), "{word}: {event}");
        assert!(!format!("{:?}", decision.facts).contains(word), "{word}");
    }
    for kept in [
        "\"sensitive\":true",
        "\"sha256\":\"",
        "\"size\":",
        "ai@x.com",
        "vanthu@a.vn",
        "\"mark\"",
    ] {
        assert!(event.contains(kept), "{kept}: {event}");
    }
    let Answer::Refuse(reply) = said else {
        panic!()
    };
    assert!(
        reply.lines.iter().all(|line| !line.contains("secret")),
        "{reply:?}"
    );
    // The same message without the rule is stored, and its event may name the file.
    let plain = Arc::new(
        self::services(load(("observe", ""), ("enforce", &content("quarantine"))))
            .with_site(Site::strictest()),
    );
    let decision = judge(&plain, at(Role::Mx, false), &[A, B]);
    let said = answer(&decision);
    assert_eq!(said.action(), Action::Quarantine);
    let event = gacthu::event::Event::new(&decision, &said, gacthu::event::Stage::End, None);
    let event = serde_json::to_string(&event).unwrap();
    assert!(event.contains("secret-name") && !event.contains("\"sensitive\""));
}

#[test]
fn no_role_stores_a_sensitive_message_but_for_one_that_would_leave_the_house() {
    let mark = MARK.replace("    mode: observe\n", "");
    for then in ["reject", "quarantine", "defer"] {
        let rules = mark.replace("then: reject", &format!("then: {then}"));
        let services = Arc::new(services(one("enforce", &rules)));
        for role in Role::ALL {
            let given = answer(&judge(&services, at(role, false), &[A]));
            let expected = match (role, then) {
                // sendmail(1) with a foreign author: a refusal would send it out.
                (Role::Local, _) => Action::Quarantine,
                (_, "defer") => Action::Defer,
                _ => Action::Reject,
            };
            assert_eq!(given.action(), expected, "{role:?} {then}");
        }
        // To our own author Postfix gives it back.
        let mut judging = Judging::begin(services.clone(), at(Role::Local, false), address(A));
        assert!(judging.rcpt(address(A)).is_none());
        judging.raw(LETTER);
        let Answer::Refuse(reply) = answer(&judging.end_now()) else {
            panic!("{then}");
        };
        assert_eq!((reply.code / 100, reply.enhanced.as_bytes()[0]), (5, b'5'));
    }
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

/// Rules whose ids tell their generation.
fn numbered(number: usize) -> Generation {
    let rules: String = [
        "recipient: { domain: a.vn }",
        "message: { size: \"> 1 B\" }",
        "attachment: { extension: mark }",
    ]
    .iter()
    .enumerate()
    .map(|(index, when)| {
        format!("  - id: g{number}-{index}\n    when: {{ {when} }}\n    then: tag\n")
    })
    .collect();
    one("enforce", &rules)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reload_under_load_never_mixes_two_generations() {
    const GENERATIONS: usize = 12;
    let hashes: Vec<String> = (0..GENERATIONS)
        .map(|n| numbered(n).hash().to_owned())
        .collect();
    let services = Arc::new(services(numbered(0)));
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let mut tasks = Vec::new();
    for _ in 0..24 {
        let (services, stopping, hashes) = (services.clone(), stopping.clone(), hashes.clone());
        tasks.push(tokio::spawn(async move {
            let mut seen = std::collections::BTreeSet::new();
            // At least one message after the last swap.
            loop {
                let last = *stopping.borrow();
                let mut judging = begin(&services, at(Role::Mx, false));
                tokio::task::yield_now().await;
                assert!(judging.rcpt(address(A)).is_none());
                tokio::task::yield_now().await;
                for chunk in LETTER.chunks(97) {
                    judging.raw(chunk);
                    tokio::task::yield_now().await;
                }
                let decision = judging.end().await;
                let number = hashes
                    .iter()
                    .position(|hash| hash == decision.generation.hash())
                    .unwrap();
                let mut ids: Vec<_> = decision.recipients[0]
                    .judgement
                    .fired
                    .iter()
                    .map(|fired| fired.id.to_string())
                    .collect();
                ids.sort();
                assert_eq!(ids, [0, 1, 2].map(|index| format!("g{number}-{index}")));
                let Answer::Accept { tags } = answer(&decision) else {
                    panic!()
                };
                assert!(
                    tags.iter()
                        .all(|tag| tag.starts_with(&format!("g{number}-")))
                );
                seen.insert(number);
                if last {
                    return seen;
                }
            }
        }));
    }
    for number in 1..GENERATIONS {
        let generation = tokio::task::spawn_blocking(move || numbered(number))
            .await
            .unwrap();
        services.replace_policy(generation);
        tokio::task::yield_now().await;
    }
    stop.send(true).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for task in tasks {
        let one = task.await.unwrap();
        assert!(
            one.contains(&(GENERATIONS - 1)),
            "the last one rules in the end"
        );
        seen.extend(one);
    }
    assert!(seen.len() > 1, "the load was over before the first swap");
}

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
            prop_assert!(!format!("{:?}{:?}", decision.facts, answer(&decision)).contains("secret"));
        }
        prop_assert!(refused <= 2);
    }
}
