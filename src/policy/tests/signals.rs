//! Points, bounded defers, sensitive messages, and rules that are new on a site.

use std::time::Duration;

use super::support::*;
use crate::{
    facts::{By, Fact, Facts},
    policy::{Acknowledged, Generation, load_as_of},
    verdict::{Action, Mode, Points},
};

fn hours(hours: u64) -> Option<Duration> {
    Some(Duration::from_secs(hours * 3600))
}

/// Not known yet: what stands in the message.
fn early(mut facts: Facts) -> Facts {
    facts.message = Fact::default();
    facts.files = Fact::default();
    facts
}

const SPAM: &str = "  - id: tls\n    when: { tls: false }\n    then: { points: { spam: 2.5 } }\n  - id: exe\n    when: { attachment: { extension: exe } }\n    then: { points: { spam: 4, odd: 1 } }\n  - id: known\n    when: { sender: { domain: example.com } }\n    then: { points: { spam: -0.5 } }\n  - id: enough\n    when: { points: { spam: \">= 6\" } }\n    then: reject\n";

#[test]
fn points_add_up_and_a_rule_asks_for_the_sum() {
    let generation = rules(SPAM);
    let judgement = generation.judge(&facts(), 0, true);
    assert_eq!(judgement.verdict, Action::Note);
    assert_eq!(judgement.points, [("spam".into(), Points(2000))]);
    let exe = with(vec![file("a.exe", 1)]);
    let judgement = generation.judge(&exe, 0, true);
    assert_eq!(judgement.applied, Action::Reject, "2.5 + 4 - 0.5 = 6");
    assert_eq!(Points(6000).to_string(), "6");
    assert_eq!(Points(-500).to_string(), "-0.5");
    let mut without = exe;
    without.session.tls = Some("TLSv1.3".to_owned());
    assert_eq!(generation.judge(&without, 0, true).verdict, Action::Note);
}

#[test]
fn points_may_be_asked_with_a_dot_as_well() {
    let long = "{ points: { spam: \">= 6\" } }";
    assert!(SPAM.contains(long), "{SPAM}");
    let short = rules(&SPAM.replace(long, "{ points.spam: \">= 6\" }"));
    let exe = with(vec![file("a.exe", 1)]);
    assert_eq!(short.judge(&exe, 0, true).applied, Action::Reject);
    assert_eq!(short.judge(&facts(), 0, true).verdict, Action::Note);
}

#[test]
fn an_unknown_giver_makes_a_range() {
    let judge = |text: &str| rules(text).judge(&early(facts()), 0, false);
    // 2.0 now, 6.0 with the file.
    let judgement = judge(SPAM);
    assert!(!judgement.settled);
    assert!(judgement.unknown.iter().any(|(id, _)| &**id == "enough"));
    // Whatever comes, 2.0 is above 1 and below 7.
    let above = judge(&SPAM.replace(">= 6", "> 1"));
    assert_eq!((above.applied, above.settled), (Action::Reject, true));
    let below = judge(&SPAM.replace(">= 6", "> 7"));
    assert!(below.unknown.iter().all(|(id, _)| &**id != "enough"));
    // Points that may be taken away count too.
    let less = SPAM.replace("spam: 4", "spam: -4").replace(">= 6", "> 1");
    assert_eq!(judge(&less).applied, Action::Note);
    // Still unknown at the end: `if_unknown`.
    let asks = format!("{SPAM}    if_unknown: tag\n");
    let zip = with(vec![unopened_zip("a.zip")]);
    let judgement = rules(&asks).judge(&zip, 0, true);
    let enough = judgement.fired.iter().find(|fired| &*fired.id == "enough");
    assert_eq!(enough.map(|fired| fired.then), Some(Action::Tag));
}

#[test]
fn what_only_watches_gives_no_points_to_what_acts() {
    let watching = SPAM.replace(
        "    then: { points: { spam: 4, odd: 1 } }\n",
        "    then: { points: { spam: 4, odd: 1 } }\n    mode: observe\n",
    );
    let exe = with(vec![file("a.exe", 1)]);
    let judgement = rules(&watching).judge(&exe, 0, true);
    assert_eq!(
        (judgement.verdict, judgement.applied),
        (Action::Reject, Action::Note)
    );
    let enough = judgement.fired.iter().find(|fired| &*fired.id == "enough");
    assert_eq!(enough.map(|fired| fired.mode), Some(Mode::Observe));
}

#[test]
fn an_exception_takes_the_points_away_too() {
    let excepted = format!(
        "{SPAM}exceptions:\n  - id: e\n    rules: [exe]\n    when: {{ attachment: {{ name: a.exe }} }}\n    reason: x\n    by: y\n    until: 2099-12-31\n"
    );
    let exe = with(vec![file("a.exe", 1)]);
    let judgement = rules(&excepted).judge(&exe, 0, true);
    assert_eq!(judgement.applied, Action::Note);
    assert_eq!(judgement.excepted, [("e".into(), "exe".into())]);
}

#[test]
fn a_defer_ends() {
    for (then, at_most, after) in [
        ("defer", 4, Action::Quarantine),
        ("{ defer: { at_most: 2h } }", 2, Action::Quarantine),
        ("{ defer: { at_most: 120m, then: tag } }", 2, Action::Tag),
        (
            "{ defer: { at_most: 1d, then: reject } }",
            24,
            Action::Reject,
        ),
    ] {
        let generation = rules(&format!(
            "  - id: r\n    when: {{ tls: false }}\n    then: {then}\n"
        ));
        let judge = |deferred| {
            let mut facts = facts();
            facts.deferred = vec![deferred];
            let judgement = generation.judge(&facts, 0, true);
            let reply = generation.reply(&facts, 0, &judgement, "R");
            (judgement, reply.map(|reply| reply.code))
        };
        for deferred in [None, hours(0), hours(at_most - 1)] {
            let (judgement, code) = judge(deferred);
            assert_eq!((judgement.applied, code), (Action::Defer, Some(451)));
            assert!(!judgement.fired[0].gave_up);
        }
        let (judgement, code) = judge(hours(at_most));
        assert_eq!(judgement.applied, after, "{then}");
        assert_eq!(code, (after == Action::Reject).then_some(550), "{then}");
        assert!(judgement.fired[0].gave_up);
    }
}

#[test]
fn a_defer_by_if_unknown_ends_as_well() {
    let generation = |if_unknown: &str| {
        rules(&format!(
            "  - id: r\n    when: {{ attachment: {{ kind: executable }} }}\n    then: reject\n    if_unknown: {if_unknown}\n"
        ))
    };
    for (if_unknown, after) in [
        ("defer", Action::Quarantine),
        ("{ defer: { at_most: 1h, then: note } }", Action::Note),
    ] {
        let mut zip = with(vec![unopened_zip("a.zip")]);
        let judge = |facts: &Facts| generation(if_unknown).judge(facts, 0, true).applied;
        assert_eq!(judge(&zip), Action::Defer);
        zip.deferred = vec![hours(4)];
        assert_eq!(judge(&zip), after);
    }
}

const MARK: &str = "  - id: mark\n    rank: 200\n    sensitive: true\n    mode: observe\n    when: { attachment: { extension: mark } }\n    then: reject\n    exceptions: never\n  - id: held\n    rank: 1\n    title: Giữ lại\n    when: { attachment: { extension: exe } }\n    then: quarantine\n    reply: { vi: \"Tệp {attachment.name}\", en: \"File {attachment.name}\" }\n";

#[test]
fn nothing_stores_a_sensitive_message_even_while_its_rule_observes() {
    let both = with(vec![file("bí mật.mark", 1), file("bí mật.exe", 1)]);
    let only = with(vec![file("bí mật.exe", 1)]);
    let judge = |text: &str, facts: &Facts| rules(text).judge(facts, 0, true);
    let judgement = judge(MARK, &only);
    assert_eq!(
        (judgement.applied, judgement.sensitive),
        (Action::Quarantine, false)
    );
    let generation = rules(MARK);
    let judgement = generation.judge(&both, 0, true);
    assert!(judgement.sensitive);
    assert_eq!(judgement.applied, Action::Reject, "not stored: refused");
    assert_eq!(&*judgement.fired[0].id, "mark", "the sensitive one first");
    assert_eq!(judgement.fired[0].mode, Mode::Observe);
    let reply = generation.reply(&both, 0, &judgement, "R").unwrap();
    assert_eq!(reply.code, 550);
    assert!(reply.lines[0].starts_with("Tep part 2."), "{reply:?}");
    // It may pass instead, but is never kept.
    for (instead, expected) in [("tag", Action::Tag), ("note", Action::Note)] {
        let text = format!(
            "policy: 1\nname: p\norganisation: {{ domains: [ours.vn] }}\nmode: enforce\nsensitive_instead: {instead}\nrules:\n{MARK}"
        );
        let judgement = policy(&text).judge(&both, 0, true);
        assert_eq!(judgement.applied, expected);
    }
    // Not even by a defer that has come to its end.
    let mut late = both.clone();
    late.deferred = vec![hours(5)];
    let deferring = MARK.replace("then: quarantine", "then: defer");
    assert_eq!(judge(&deferring, &late).applied, Action::Reject);
    late.deferred.clear();
    assert_eq!(judge(&deferring, &late).applied, Action::Defer);
}

#[test]
fn a_quarantine_is_not_settled_while_the_message_may_be_sensitive() {
    let mark = "  - id: mark\n    sensitive: true\n    when: { attachment: { extension: mark } }\n    then: note\n";
    let sensitive =
        format!("{mark}  - id: envelope\n    when: {{ tls: false }}\n    then: quarantine\n");
    let plain = sensitive.replace("    sensitive: true\n", "");
    assert!(!rules(&sensitive).judge(&early(facts()), 0, false).settled);
    assert!(rules(&plain).judge(&early(facts()), 0, false).settled);
}

#[test]
fn the_sensitive_rule_speaks_before_rank_and_id() {
    let generation = rules(
        "  - id: a\n    rank: 1\n    title: A\n    when: { attachment: { kind: executable } }\n    then: reject\n  - id: z\n    rank: 900\n    sensitive: true\n    title: Z\n    when: { attachment: { kind: executable } }\n    then: reject\n",
    );
    let facts = with(vec![program("a.exe", By::Content)]);
    let judgement = generation.judge(&facts, 0, true);
    let reply = generation.reply(&facts, 0, &judgement, "R").unwrap();
    assert_eq!(reply.lines[0], "Z. Quyet dinh 1. Ma: R");
    let unmarked = rules(
        "  - id: a\n    rank: 1\n    title: A\n    when: { tls: false }\n    then: reject\n  - id: z\n    rank: 900\n    title: Z\n    when: { tls: false }\n    then: reject\n",
    );
    let judgement = unmarked.judge(&facts, 0, true);
    let reply = unmarked.reply(&facts, 0, &judgement, "R").unwrap();
    assert_eq!(reply.lines[0], "A. Quyet dinh 1. Ma: R");
}

const SITE: &str = "policy: 1\nname: site\nextends: base@2\norganisation: { domains: [ours.vn] }\nmode: enforce\nrules:\n  - id: own\n    when: { tls: false }\n    then: tag\n";

fn base(rules: &str) -> String {
    format!("policy: 1\nname: base\nversion: 2\nrules:\n{rules}")
}

fn shipped(rules: &str) -> Generation {
    let folder = Folder::new(&[("site.yaml", SITE), ("base.yaml", &base(rules))]);
    load_as_of(std::slice::from_ref(&folder.policy), today()).unwrap()
}

const OLD: &str = "  - id: old\n    when: { tls: false }\n    then: note\n";
const NEW: &str = "  - id: new\n    when: { tls: false }\n    then: reject\n";

#[test]
fn a_rule_that_an_upgrade_brings_observes_until_it_is_acknowledged() {
    let mut known = Acknowledged::default();
    let mut first = shipped(OLD);
    first.hold_back(&known);
    assert!(first.unacknowledged().is_empty(), "the first run knows all");
    assert!(known.settle(&first));
    assert!(known.knows("site", "old") && known.knows("site", "own"));

    let mut upgraded = shipped(&format!("{OLD}{NEW}"));
    upgraded.hold_back(&known);
    assert!(
        !known.settle(&upgraded),
        "nothing is acknowledged by itself"
    );
    let judgement = upgraded.judge(&facts(), 0, true);
    assert_eq!(
        (judgement.verdict, judgement.applied),
        (Action::Reject, Action::Tag)
    );
    let waiting = upgraded.unacknowledged();
    let [new] = &waiting[..] else {
        panic!("{waiting:?}");
    };
    assert_eq!(
        (&*new.policy, &*new.rule, &*new.origin),
        ("site", "new", "base@2")
    );

    known.add(new.clone());
    let mut acknowledged = shipped(&format!("{OLD}{NEW}"));
    acknowledged.hold_back(&known);
    assert!(acknowledged.unacknowledged().is_empty());
    assert_eq!(
        acknowledged.judge(&facts(), 0, true).applied,
        Action::Reject
    );
}

#[test]
fn the_sites_own_rules_are_never_held_back() {
    let mut known = Acknowledged::default();
    known.settle(&shipped(OLD));
    let site = SITE.replace("then: tag", "then: tag\n  - id: mine\n    when: { tls: false }\n    then: reject\n  - id: new\n    rank: 5");
    let folder = Folder::new(&[
        ("site.yaml", &site),
        ("base.yaml", &base(&format!("{OLD}{NEW}"))),
    ]);
    let mut generation = load_as_of(std::slice::from_ref(&folder.policy), today()).unwrap();
    generation.hold_back(&known);
    assert!(generation.unacknowledged().is_empty());
    assert!(known.settle(&generation));
    assert!(known.knows("site", "mine") && known.knows("site", "new"));
}

#[test]
fn a_rule_that_waited_for_an_inspector_is_new_when_it_comes() {
    let mut known = Acknowledged::default();
    let idle = format!(
        "{OLD}{}",
        NEW.replace("then: reject", "then: reject\n    enabled: false")
    );
    known.settle(&shipped(&idle));
    assert!(!known.knows("site", "new"));
    let mut generation = shipped(&format!("{OLD}{NEW}"));
    generation.hold_back(&known);
    assert_eq!(generation.unacknowledged().len(), 1);
}
