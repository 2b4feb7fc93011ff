//! Several provinces in one process: whose policy rules which recipient, and which networks are
//! whose, through the engine's public door.

use std::{path::PathBuf, sync::Arc};

use gacthu::{
    engine::{Decision, Judging, Limits, Services},
    facts::{Network, Role, SessionFacts},
    message::Address,
    policy::{self, Generation, Report},
    site::{Networks, Site},
    verdict::{Action, Direction, MixedPolicies},
};

/// Policies of these organisations, each with one rule that says which policy spoke.
struct Provinces {
    dir: tempfile::TempDir,
    paths: Vec<PathBuf>,
}

impl Provinces {
    fn new(organisations: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let paths = organisations
            .iter()
            .map(|(name, organisation)| {
                let path = dir.path().join(format!("{name}.yaml"));
                let text = format!(
                    "policy: 1\nname: {name}\norganisation:\n  {organisation}\nrules:\n  - {{ id: of-{name}, title: t, basis: Điều 1, when: {{ message: {{ size: \"> 1 B\" }} }}, then: tag }}\n"
                );
                std::fs::write(&path, text).unwrap();
                path
            })
            .collect();
        Self { dir, paths }
    }

    fn load(&self) -> Result<Generation, Report> {
        policy::load(&self.paths)
    }

    fn services(&self, site: Site) -> Arc<Services> {
        let generation = self.load().unwrap_or_else(|report| panic!("{report}"));
        let services = Services::new(generation, Limits::default(), None).unwrap();
        Arc::new(services.with_site(site))
    }

    fn problems(&self) -> Vec<String> {
        let problems = match self.load() {
            Ok(generation) => generation.warnings().to_vec(),
            Err(report) => report.problems,
        };
        let dir = format!("{}/", self.dir.path().display());
        let said = problems.iter();
        said.map(|problem| format!("{}: {} ({})", problem.place, problem.message, problem.help))
            .map(|text| text.replace(&dir, ""))
            .collect()
    }
}

const TWO: [(&str, &str); 2] = [
    ("dak-nong", "domains: [daknong.gov.vn, .daknong.gov.vn]"),
    (
        "lam-dong",
        "{ domains: [lamdong.gov.vn], former: [binhthuan.gov.vn, .binhthuan.gov.vn] }",
    ),
];

fn address(text: &str) -> Address {
    Address::parse_path(text.as_bytes())
}

fn judge(services: &Arc<Services>, session: SessionFacts, from: &str, to: &[&str]) -> Decision {
    let mut judging = Judging::begin(services.clone(), session, address(from));
    for to in to {
        assert!(judging.rcpt(address(to)).is_none());
    }
    judging.raw(b"Subject: x\r\n\r\nhello\r\n");
    judging.end_now()
}

/// For each recipient: the policy that ruled, the direction, the rule that fired.
fn ruled(decision: &Decision) -> Vec<(String, Direction, String)> {
    let recipients = decision.recipients.iter();
    recipients
        .map(|recipient| {
            let policy = decision.generation.name(recipient.route.policy);
            let fired = &recipient.judgement.fired;
            assert_eq!(fired.len(), 1, "{fired:?}");
            (
                policy.to_owned(),
                recipient.route.direction,
                fired[0].id.to_string(),
            )
        })
        .collect()
}

#[test]
fn each_recipient_is_ruled_by_its_own_province_former_domains_too() {
    let services = Provinces::new(&TWO).services(Site::default());
    let decision = judge(
        &services,
        SessionFacts::default(),
        "ai@example.com",
        &[
            "a@daknong.gov.vn",
            "a@xa.daknong.gov.vn",
            "a@lamdong.gov.vn",
            "a@binhthuan.gov.vn",
            "a@xa.binhthuan.gov.vn",
        ],
    );
    let inbound = |policy: &str| {
        (
            policy.to_owned(),
            Direction::Inbound,
            format!("of-{policy}"),
        )
    };
    assert_eq!(
        ruled(&decision),
        [
            inbound("dak-nong"),
            inbound("dak-nong"),
            inbound("lam-dong"),
            inbound("lam-dong"),
            inbound("lam-dong"),
        ]
    );
    assert_eq!(decision.verdict(), Action::Tag);
}

#[test]
fn mail_to_outside_is_ruled_by_the_senders_province() {
    let services = Provinces::new(&TWO).services(Site::default());
    let ours = SessionFacts {
        role: Role::Submission,
        ..SessionFacts::default()
    };
    for (from, policy) in [
        ("a@daknong.gov.vn", "dak-nong"),
        ("a@lamdong.gov.vn", "lam-dong"),
        ("a@binhthuan.gov.vn", "lam-dong"),
    ] {
        let decision = judge(&services, ours.clone(), from, &["ai@example.com"]);
        let expected = (
            policy.to_owned(),
            Direction::Outbound,
            format!("of-{policy}"),
        );
        assert_eq!(ruled(&decision), [expected], "{from}");
    }
    // From one province to the other both are ours, and the recipient's rules.
    let decision = judge(&services, ours, "a@daknong.gov.vn", &["a@binhthuan.gov.vn"]);
    assert_eq!(
        ruled(&decision)[0],
        (
            "lam-dong".to_owned(),
            Direction::Internal,
            "of-lam-dong".to_owned()
        )
    );
}

#[test]
fn the_most_specific_claim_rules_and_a_current_one_before_a_former_one() {
    let provinces = Provinces::new(&[
        ("all", "{ domains: [.gov.vn], former: [lamdong.gov.vn] }"),
        ("lam-dong", "domains: [lamdong.gov.vn]"),
        ("so-tttt", "domains: [.stttt.lamdong.gov.vn]"),
    ]);
    let services = provinces.services(Site::default());
    let to = [
        "a@ubnd.gov.vn",
        "a@lamdong.gov.vn",
        "a@x.stttt.lamdong.gov.vn",
        "a@xa.lamdong.gov.vn",
    ];
    let decision = judge(&services, SessionFacts::default(), "ai@example.com", &to);
    let policies: Vec<String> = ruled(&decision).into_iter().map(|ruled| ruled.0).collect();
    assert_eq!(policies, ["all", "lam-dong", "so-tttt", "all"]);
    assert_eq!(
        provinces.problems(),
        [
            "all.yaml:4:34: lamdong.gov.vn is a former domain here, and a domain of the policy `lam-dong`, which rules it (take it out of `former` if the other policy is meant; nothing else is to be done)"
        ]
    );
    let claims = services.policy().claims();
    let claims: Vec<_> = claims
        .iter()
        .map(|claim| (claim.domain.as_str(), claim.policy, claim.former))
        .collect();
    assert_eq!(
        claims,
        [
            (".gov.vn", 0, false),
            ("lamdong.gov.vn", 1, false),
            (".stttt.lamdong.gov.vn", 2, false)
        ]
    );
}

#[test]
fn two_policies_cannot_claim_one_domain() {
    let provinces = Provinces::new(&[
        ("a", "{ domains: [x.vn, both.vn], former: [old.vn] }"),
        ("b", "{ domains: [y.vn, BOTH.vn], former: [old.vn] }"),
    ]);
    assert_eq!(
        provinces.problems(),
        [
            "b.yaml:4:21: the policies `a` and `b` both claim the domain both.vn (the other one claims it in a.yaml:4:21; take it out of one of them (under `former` where it came by a merger))",
            "b.yaml:4:40: the policies `a` and `b` both claim the domain old.vn (the other one claims it in a.yaml:4:40; take it out of one of them (under `former` where it came by a merger))",
        ]
    );
}

#[test]
fn networks_say_who_hands_a_message_in() {
    let networks = Networks::new([
        (Network::MailboxServers, "10.0.0.5/32".parse().unwrap()),
        (Network::Devices, "10.0.7.0/24".parse().unwrap()),
        (Network::Gateways, "10.0.0.9/32".parse().unwrap()),
    ]);
    let services = Provinces::new(&TWO).services(Site {
        networks,
        mixed_policies: MixedPolicies::Strictest,
    });
    for (client, direction, role, network) in [
        (
            "10.0.0.5",
            Direction::Outbound,
            Role::Mx,
            Some(Network::MailboxServers),
        ),
        (
            "10.0.7.9",
            Direction::Outbound,
            Role::Mx,
            Some(Network::Devices),
        ),
        (
            "10.0.0.9",
            Direction::Relayed,
            Role::Gateway,
            Some(Network::Gateways),
        ),
        ("203.0.113.5", Direction::Relayed, Role::Mx, None),
    ] {
        let session = SessionFacts {
            client: Some(client.parse().unwrap()),
            ..SessionFacts::default()
        };
        let decision = judge(&services, session, "a@daknong.gov.vn", &["ai@example.com"]);
        assert_eq!(
            decision.recipients[0].route.direction, direction,
            "{client}"
        );
        assert_eq!(decision.facts.session.role, role, "{client}");
        assert_eq!(decision.facts.session.network, network, "{client}");
    }
}

#[test]
fn a_message_keeps_the_site_that_it_began_with() {
    let provinces = Provinces::new(&TWO);
    let services = provinces.services(Site::default());
    let begin = || Judging::begin(services.clone(), SessionFacts::default(), address("a@x.vn"));
    let before = begin();
    let site = Site {
        mixed_policies: MixedPolicies::Strictest,
        ..Site::default()
    };
    services.replace(provinces.load().unwrap(), site);
    assert_eq!(before.mixed_policies(), MixedPolicies::Split);
    assert_eq!(begin().mixed_policies(), MixedPolicies::Strictest);
    // A reload of the policies alone keeps the settings.
    services.replace_policy(provinces.load().unwrap());
    assert_eq!(begin().mixed_policies(), MixedPolicies::Strictest);
}

#[test]
fn a_policy_names_a_network_by_its_use() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.yaml");
    let load = |network: &str| {
        std::fs::write(
            &path,
            format!("policy: 1\nname: p\norganisation: {{ domains: [x.vn] }}\nrules:\n  - {{ id: r, title: t, basis: Điều 1, when: {{ client: {{ network: {network} }} }}, then: tag }}\n"),
        )
        .unwrap();
        policy::load(std::slice::from_ref(&path))
    };
    for (network, client, fires) in [
        ("devices", Some(Network::Devices), true),
        ("devices", Some(Network::Gateways), false),
        ("devices", None, false),
        ("[gateways, devices]", Some(Network::Gateways), true),
        ("[10.0.0.0/8, 192.0.2.1]", Some(Network::Gateways), false),
    ] {
        let generation = load(network).unwrap_or_else(|report| panic!("{report}"));
        let services = Arc::new(Services::new(generation, Limits::default(), None).unwrap());
        let session = SessionFacts {
            network: client,
            ..SessionFacts::default()
        };
        let decision = judge(&services, session, "a@y.vn", &["b@x.vn"]);
        assert_eq!(
            decision.verdict() == Action::Tag,
            fires,
            "{network} {client:?}"
        );
    }
    let report = load("device").unwrap_err();
    assert_eq!(report.problems[0].help, "did you mean `devices`?");
    let report = load("[devices, 10.0.0.0/8]").unwrap_err();
    assert_eq!(
        report.problems[0].message,
        "`10.0.0.0/8` is no value for `network`"
    );
}
