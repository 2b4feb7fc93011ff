//! Mail that a machine sent on, down the whole road: session, header, policy, answer.

use std::sync::Arc;

use gacthu::{
    answer::{Answer, answer},
    engine::{Decision, Judging, Services},
    facts::{Letter, Network, Role, SessionFacts},
    site::{Networks, Site},
    verdict::Action,
};

use crate::support::*;

/// The shipped rules, for `a.vn`.
const RULES: &str = "  - { id: auto-forward-out, title: T, when: { forwarding: machine, origin: [ours, forwarded], destination: foreign, sender: { empty: false } }, then: reject }
  - { id: forward-null-sender, title: T, when: { forwarding: machine, origin: [ours, forwarded], destination: foreign, sender: { empty: true } }, then: quarantine }
  - { id: auto-forward-in, title: T, when: { forwarding: machine, origin: foreign, destination: ours }, then: tag }
";

fn office() -> Arc<Services> {
    let networks = Networks::new([(
        Network::MailboxServers,
        "10.0.0.5/32".parse::<ipnet::IpNet>().unwrap(),
    )]);
    let site = Site {
        networks,
        ..Site::default()
    };
    Arc::new(services(one("enforce", RULES)).with_site(site))
}

/// One message from this client, judged.
fn sent(
    services: &Arc<Services>,
    role: Role,
    client: &str,
    sender: &str,
    to: &[&str],
    letter: &str,
) -> Decision {
    let session = SessionFacts {
        role,
        client: Some(client.parse().unwrap()),
        ..SessionFacts::default()
    };
    let mut judging = Judging::begin(services.clone(), session, address(sender));
    for recipient in to {
        assert!(judging.rcpt(address(recipient)).is_none());
    }
    judging.raw(letter.replace('\n', "\r\n").as_bytes());
    judging.end_now()
}

const ZIMBRA: &str = "X-Zimbra-Forwarded: vanthu@a.vn\nReceived: from mx.x.com (mx.x.com [203.0.113.5]) by mx.a.vn with ESMTPS id 1 for <vanthu@a.vn>; x\nFrom: Ai <ai@x.com>\nTo: vanthu@a.vn\nSubject: x\n\nx\n";
const GMAIL: &str = "X-Forwarded-To: vanthu@a.vn\nX-Forwarded-For: toi@gmail.com vanthu@a.vn\nFrom: Ai <ai@x.com>\nTo: toi@gmail.com\nSubject: x\n\nx\n";
const BY_HAND: &str = "From: Van thu <vanthu@a.vn>\nTo: toi@gmail.com\nSubject: Fwd: x\n\nx\n";

/// role, client, sender, recipient, letter → verdict, answer, rule
#[test]
fn what_each_listener_answers() {
    use Action::{Accept, Quarantine, Reject, Tag};
    let services = office();
    let ours = "10.0.0.5";
    let outside = "203.0.113.5";
    let me = "vanthu@a.vn";
    type Row<'a> = (
        Role,
        &'a str,
        &'a str,
        &'a str,
        &'a str,
        [Action; 2],
        &'a str,
    );
    let rows: &[Row<'_>] = &[
        // The mailbox server is known by its network, its listener, or sendmail(1).
        (
            Role::Mx,
            ours,
            me,
            "toi@gmail.com",
            ZIMBRA,
            [Reject, Reject],
            "auto-forward-out",
        ),
        (
            Role::Mailbox,
            outside,
            me,
            "toi@gmail.com",
            ZIMBRA,
            [Reject, Reject],
            "auto-forward-out",
        ),
        (
            Role::Mailbox,
            outside,
            "ai@x.com",
            "toi@gmail.com",
            ZIMBRA,
            [Reject, Reject],
            "auto-forward-out",
        ),
        (
            Role::Submission,
            outside,
            me,
            "toi@gmail.com",
            ZIMBRA,
            [Reject, Reject],
            "auto-forward-out",
        ),
        (
            Role::Local,
            ours,
            "ai@x.com",
            "toi@gmail.com",
            ZIMBRA,
            [Reject, Quarantine],
            "auto-forward-out",
        ),
        (
            Role::Mailbox,
            outside,
            "",
            "toi@gmail.com",
            ZIMBRA,
            [Quarantine, Quarantine],
            "forward-null-sender",
        ),
        // To one of ours it is an alias.
        (
            Role::Mailbox,
            outside,
            "ai@x.com",
            "khac@a.vn",
            ZIMBRA,
            [Accept, Accept],
            "",
        ),
        (
            Role::Mailbox,
            outside,
            me,
            "toi@gmail.com",
            BY_HAND,
            [Accept, Accept],
            "",
        ),
        // From outside nothing is refused for it, whatever stands in the letter.
        (
            Role::Mx,
            outside,
            "ai@x.com",
            me,
            GMAIL,
            [Tag, Tag],
            "auto-forward-in",
        ),
        (
            Role::Mx,
            outside,
            "ai@x.com",
            me,
            ZIMBRA,
            [Accept, Accept],
            "",
        ),
        (
            Role::Mx,
            outside,
            "ai@x.com",
            me,
            BY_HAND,
            [Accept, Accept],
            "",
        ),
    ];
    for (role, client, sender, to, letter, [verdict, said], rule) in rows {
        let decision = sent(&services, *role, client, sender, &[to], letter);
        let row = format!("{role:?} {client} {sender} {to}");
        assert_eq!(
            decision.verdict(),
            *verdict,
            "{row}: {:?}",
            decision.facts.forwarding
        );
        assert_eq!(answer(&decision).action(), *said, "{row}");
        let fired = &decision.recipients[0].judgement.fired;
        let ids: Vec<&str> = fired.iter().map(|it| &*it.id).collect();
        assert_eq!(ids.first().copied().unwrap_or_default(), *rule, "{row}");
        assert!(ids.len() <= 1, "{row}: {ids:?}");
    }
}

#[test]
fn the_refusal_says_why_and_the_facts_name_the_mailbox() {
    let services = office();
    let decision = sent(
        &services,
        Role::Mailbox,
        "10.0.0.5",
        "ai@x.com",
        &["toi@gmail.com"],
        ZIMBRA,
    );
    let Answer::Refuse(reply) = answer(&decision) else {
        panic!("{:?}", answer(&decision));
    };
    assert_eq!((reply.code, &*reply.enhanced), (550, "5.7.1"));
    let forwarding = decision.facts.forwarding.known().unwrap();
    assert_eq!(forwarding.mailbox, Some(address("vanthu@a.vn")));
    let evidence = forwarding.evidence(&address("toi@gmail.com"));
    assert_eq!(evidence.letter, Letter::Machine);
    assert!(evidence.causes.len() >= 3, "{evidence:?}");
    let text = decision
        .generation
        .explain(&decision.facts, 0, true)
        .to_string();
    assert!(
        text.contains("✓ forwarding: machine · foreign-sender"),
        "{text}"
    );
    assert!(text.contains("zimbra"), "{text}");
}

#[test]
fn one_recipient_s_forward_does_not_make_the_others_forwarded() {
    let services = office();
    let letter =
        "Delivered-To: vanthu@a.vn\nFrom: khac@a.vn\nTo: vanthu@a.vn, ban@x.com\nSubject: x\n\nx\n";
    let decision = sent(
        &services,
        Role::Mailbox,
        "10.0.0.5",
        "khac@a.vn",
        &["ban@x.com", "toi@gmail.com"],
        letter,
    );
    let verdicts: Vec<Action> = decision
        .recipients
        .iter()
        .map(|it| it.judgement.verdict)
        .collect();
    assert_eq!(verdicts, [Action::Accept, Action::Reject]);
}

#[test]
fn a_newsletter_to_six_hundred_passes() {
    let services = office();
    let recipients: Vec<String> = (0..600).map(|n| format!("n{n}@example.com")).collect();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    let letter = "Received: from pc ([10.0.0.77]) by mail.a.vn with ESMTPSA id 1; x\nFrom: Ban tin <bantin@a.vn>\nTo: undisclosed-recipients:;\nSubject: x\n\nx\n";
    let decision = sent(
        &services,
        Role::Mailbox,
        "10.0.0.5",
        "bantin@a.vn",
        &recipients,
        letter,
    );
    assert_eq!(decision.verdict(), Action::Accept);
    assert_eq!(decision.recipients.len(), 600);
}

#[test]
fn nothing_is_looked_at_where_no_rule_asks() {
    let services = Arc::new(services(one("enforce", "")));
    let decision = sent(
        &services,
        Role::Mailbox,
        "10.0.0.5",
        "ai@x.com",
        &["toi@gmail.com"],
        ZIMBRA,
    );
    assert_eq!(decision.facts.forwarding.known(), None);
}
