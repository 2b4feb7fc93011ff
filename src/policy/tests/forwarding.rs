//! `forwarding:`: what is asked of it, for whom, and the exceptions to it.

use super::support::*;
use crate::{
    facts::{Fact, Facts, Forwarding, Found, Letter, Reason, Role, Signal, Way},
    policy::Generation,
    verdict::Action,
};

/// A letter of one of our mailboxes with these signals, to this recipient.
fn out(to: &str, signals: &[&str]) -> Facts {
    let found = |id: &&str| Found {
        signal: Signal::by_id(id).unwrap(),
        who: None,
    };
    let mut facts = facts();
    facts.session.role = Role::Mailbox;
    facts.recipients = vec![address(to)];
    facts.forwarding = Fact::Known(Forwarding {
        way: Way::Out,
        signals: signals.iter().map(found).collect(),
        mailbox: Some(address("truc-ban@ours.vn")),
        ..Forwarding::default()
    });
    facts
}

fn change(mut facts: Facts, change: impl FnOnce(&mut Forwarding)) -> Facts {
    if let Fact::Known(forwarding) = &mut facts.forwarding {
        change(forwarding);
    }
    facts
}

fn fires(generation: &Generation, facts: &Facts) -> bool {
    !generation.judge(facts, 0, true).fired.is_empty()
}

const TWO: &[&str] = &["foreign-from", "sieve"];

#[test]
fn every_key_and_both_sides() {
    let to = "a@x.com";
    let machine = out(to, TWO);
    let list = change(out(to, TWO), |it| {
        it.letter = Letter::List;
        it.settled = true;
    });
    let gmail = change(out("b@ours.vn", &["x-forwarded"]), |it| {
        it.way = Way::In;
        it.told = true;
        it.provider = Some("gmail");
    });
    let own = change(out(to, &[]), |it| {
        it.own.insert(address(to));
    });
    let own_by_machine = change(out(to, TWO), |it| {
        it.own.insert(address(to));
    });
    let alias = change(out("a@bo.gov.vn", TWO), |it| {
        it.inside.insert(address("a@bo.gov.vn"));
    });
    for (condition, yes, no) in [
        ("{ forwarding: machine }", &machine, &out(to, &["sieve"])),
        ("{ forwarding: machine }", &gmail, &list),
        ("{ forwarding: machine }", &machine, &alias),
        ("{ forwarding: alias }", &alias, &machine),
        ("{ forwarding: list }", &list, &machine),
        ("{ forwarding: [list, machine] }", &list, &own),
        ("{ forwarding: own-copy }", &own, &own_by_machine),
        ("{ forwarding: own-copy }", &own, &out(to, &[])),
        ("{ forwarding: ordinary }", &own, &machine),
        (
            "{ forwarding: { signals: \">= 2\" } }",
            &machine,
            &out(to, &["sieve", "zimbra"]),
        ),
        (
            "{ forwarding: { is: machine, confidence: \">= 95\" } }",
            &out(to, &["foreign-from", "sieve", "delivered-to"]),
            &machine,
        ),
        (
            "{ forwarding: { by: [zimbra, sieve] } }",
            &machine,
            &out(to, &["foreign-from", "exchange"]),
        ),
        ("{ forwarding: { provider: gmail } }", &gmail, &machine),
        ("{ forwarding: { provider: known } }", &gmail, &machine),
        (
            "{ forwarding: { mailbox: { address: TRUC-BAN@ours.vn } } }",
            &machine,
            &change(out(to, TWO), |it| it.mailbox = None),
        ),
        (
            "{ forwarding: { mailbox: { domain: ours.vn } } }",
            &machine,
            &change(out(to, TWO), |it| it.mailbox = Some(address("a@x.vn"))),
        ),
    ] {
        let generation = when(condition);
        assert!(fires(&generation, yes), "{condition}");
        assert!(!fires(&generation, no), "{condition}");
    }
}

#[test]
fn what_is_not_known_yet_fires_nothing() {
    let generation = when("{ forwarding: machine }");
    let mut facts = out("a@x.com", TWO);
    facts.forwarding = Fact::Unknown(Reason::NotYet);
    let early = generation.judge(&facts, 0, false);
    assert!(early.fired.is_empty() && !early.settled);
    assert!(!fires(&generation, &facts));
    assert!(
        generation
            .questions()
            .asks(crate::questions::Question::Forwarding)
    );
}

#[test]
fn each_recipient_is_judged_alone() {
    // The same letter: the first stands in To, the second in neither To nor Cc.
    let generation = when("{ forwarding: machine }");
    let mut facts = out("a@x.com", &["delivered-to"]);
    facts.recipients.push(address("b@x.com"));
    let facts = change(facts, |it| {
        it.unnamed.insert(address("b@x.com"));
    });
    let verdict = |index| generation.judge(&facts, index, true).verdict;
    assert_eq!([verdict(0), verdict(1)], [Action::Accept, Action::Reject]);
}

/// The shipped rule and these exceptions.
fn with_exceptions(exceptions: &str) -> Generation {
    policy(&format!(
        "policy: 1\nname: test\norganisation: {{ domains: [ours.vn], state_domains: [.gov.vn] }}\nmode: enforce\nrules:\n  - id: auto-forward-out\n    title: T\n    authority: Giám đốc Sở\n    when: {{ forwarding: machine, origin: [ours, forwarded], destination: foreign, sender: {{ empty: false }} }}\n    then: reject\nexceptions:\n{exceptions}"
    ))
}

const SIGNED: &str =
    "\n    reason: Văn bản 1\n    by: a\n    authority: Giám đốc Sở\n    until: 2027-01-01\n";

#[test]
fn a_mailbox_may_send_on_to_one_domain_only() {
    let generation = with_exceptions(&format!(
        "  - id: lien-thong\n    rules: [auto-forward-out]\n    when: {{ forwarding: {{ mailbox: {{ address: truc-ban@ours.vn }} }}, recipient: {{ domain: [doi-tac.example, .đối-tác.vn] }} }}{SIGNED}"
    ));
    let verdict = |facts: &Facts| generation.judge(facts, 0, true).applied;
    assert_eq!(verdict(&out("a@doi-tac.example", TWO)), Action::Accept);
    // An A-label and a U-label are one domain.
    assert_eq!(verdict(&out("a@thu.đối-tác.vn", TWO)), Action::Accept);
    let a_label = out("a@thu.xn--i-tc-7na8zk25p.vn", TWO);
    assert_eq!(verdict(&a_label), Action::Accept);
    assert_eq!(verdict(&out("a@gmail.com", TWO)), Action::Reject);
    assert_eq!(verdict(&out("a@xdoi-tac.example", TWO)), Action::Reject);
    let other = change(out("a@doi-tac.example", TWO), |it| {
        it.mailbox = Some(address("khac@ours.vn"));
    });
    assert_eq!(verdict(&other), Action::Reject);
    assert_eq!(
        verdict(&out("a@bo.gov.vn", TWO)),
        Action::Accept,
        "the state's own"
    );
}

#[test]
fn a_destination_may_be_let_off_for_all_and_a_sender_by_its_envelope() {
    let generation = with_exceptions(&format!(
        "  - id: doi-tac\n    rules: [auto-forward-out]\n    when: {{ recipient: {{ domain: doi-tac.example }} }}{SIGNED}  - id: nguoi-gui\n    rules: [auto-forward-out]\n    when: {{ sender: {{ address: b@ours.vn }}, client: {{ network: mailbox_servers }} }}{SIGNED}"
    ));
    let verdict = |facts: &Facts| generation.judge(facts, 0, true).applied;
    assert_eq!(verdict(&out("a@doi-tac.example", TWO)), Action::Accept);
    let mut facts = out("a@x.com", TWO);
    facts.sender = Fact::Known(address("b@ours.vn"));
    assert_eq!(verdict(&facts), Action::Reject, "anyone can write it");
    facts.session.network = Some(crate::facts::Network::MailboxServers);
    assert_eq!(verdict(&facts), Action::Accept);
}

#[test]
fn lists_hold_wildcards_and_both_forms_of_a_name() {
    let folder = Folder::new(&[
        (
            "policy.yaml",
            "policy: 1\nname: p\norganisation: { domains: [ours.vn], state_domains: { file: state.txt } }\nmode: enforce\nrules:\n  - id: r\n    title: T\n    when: { destination: foreign }\n    then: tag\n",
        ),
        (
            "state.txt",
            "gov.vn\n.gov.vn\n.chínhphủ.vn # tên có dấu\nxn--th-e0a.vn\n",
        ),
    ]);
    let generation = folder.load().unwrap_or_else(|report| panic!("{report}"));
    for (to, foreign) in [
        ("a@gov.vn", false),
        ("a@so.tinh.gov.vn", false),
        ("a@evilgov.vn", true),
        ("a@gov.vn.example", true),
        ("a@thư.vn", false),
        ("a@xn--th-e0a.vn", false),
        ("a@XN--TH-E0A.VN", false),
        ("a@x.chínhphủ.vn", false),
        ("a@chínhphủ.vn", true),
    ] {
        let found = fires(&generation, &out(to, &[]));
        assert_eq!(found, foreign, "{to}");
    }
}

#[test]
fn a_sensitive_letter_leaves_no_mailbox_behind() {
    let mut facts = change(out("a@x.com", TWO), |it| {
        it.signals[1].who = Some(address("truc-ban@ours.vn"));
    });
    facts.strip();
    let Fact::Known(forwarding) = &facts.forwarding else {
        panic!("gone");
    };
    assert_eq!(forwarding.mailbox, None);
    assert!(forwarding.signals.iter().all(|it| it.who.is_none()));
    assert_eq!(
        forwarding.evidence(&address("a@x.com")).letter,
        Letter::Machine
    );
}
