//! Where a message comes from and where it goes: the truth table.

use super::support::*;
use crate::{
    facts::{Network, Role, SessionFacts},
    policy::load_as_of,
};

/// Sender: `a@a.vn` and `b@b.vn` are ours (policies a and b), `old.vn` is a former domain of a,
/// `so.gov.vn` is the state's, `x.com` anyone's.
///
/// role | login | network | sender | recipient → origin destination direction policy
const TABLE: &str = "
mx         -         -        y@x.com      a@a.vn       foreign   ours    inbound  a
mx         -         -        y@x.com      b@b.vn       foreign   ours    inbound  b
mx         -         -        y@x.com      a@old.vn     foreign   ours    inbound  a
mx         -         -        <>           a@a.vn       foreign   ours    inbound  a
mx         -         -        a@a.vn       a@a.vn       foreign   ours    inbound  a
mx         -         -        y@x.com      z@x.com      foreign   foreign relayed  a
mx         -         -        b@b.vn       z@so.gov.vn  foreign   state   relayed  a
mx         a@a.vn    -        a@a.vn       z@x.com      ours      foreign outbound a
mx         b@b.vn    -        b@b.vn       z@x.com      ours      foreign outbound b
mx         b@b.vn    -        b@b.vn       a@a.vn       ours      ours    internal a
mx         b@b.vn    -        y@x.com      z@x.com      forwarded foreign outbound b
mx         -         mailbox  b@b.vn       z@so.gov.vn  ours      state   outbound b
mx         -         mailbox  y@x.com      z@x.com      forwarded foreign outbound a
mx         -         devices  <>           z@x.com      ours      foreign outbound a
mx         -         gateways y@x.com      a@a.vn       foreign   ours    inbound  a
gateway    -         gateways y@x.com      a@a.vn       foreign   ours    inbound  a
gateway    -         -        y@x.com      b@b.vn       foreign   ours    inbound  b
gateway    a@a.vn    gateways a@a.vn       z@x.com      ours      foreign outbound a
submission a@a.vn    -        a@a.vn       b@b.vn       ours      ours    internal b
submission a@a.vn    -        a@a.vn       z@so.gov.vn  ours      state   outbound a
submission a@a.vn    -        y@x.com      z@x.com      forwarded foreign outbound a
submission -         -        a@old.vn     z@x.com      ours      foreign outbound a
mailbox    -         -        b@b.vn       z@x.com      ours      foreign outbound b
mailbox    -         -        y@x.com      z@x.com      forwarded foreign outbound a
mailbox    -         -        y@x.com      a@a.vn       forwarded ours    internal a
mailbox    -         -        y@so.gov.vn  z@x.com      forwarded foreign outbound a
mailbox    -         -        <>           z@x.com      ours      foreign outbound a
mailbox    -         -        SRS0=k=t=x.com=y@b.vn z@x.com ours  foreign outbound b
local      -         -        root@a.vn    b@b.vn       ours      ours    internal b
local      -         -        y@x.com      z@x.com      forwarded foreign outbound a
local      -         -        y@x.com      b@b.vn       forwarded ours    internal b
local      -         -        <>           a@a.vn       ours      ours    internal a
";

#[test]
fn origin_destination_direction_and_policy() {
    let a = "policy: 1\nname: a\norganisation: { domains: [a.vn], former: [old.vn], state_domains: [.gov.vn] }\n";
    let b = "policy: 1\nname: b\norganisation: { domains: [b.vn], state_domains: [.gov.vn] }\n";
    let folder = Folder::new(&[("a.yaml", a), ("b.yaml", b)]);
    let paths = [folder.policy.clone(), folder.root.join("b.yaml")];
    let generation = load_as_of(&paths, today()).unwrap();
    let mut rows = 0;
    for row in TABLE.lines().filter(|row| !row.is_empty()) {
        let cells: Vec<_> = row.split_whitespace().collect();
        let [role, login, network, sender, recipient, expected @ ..] = &cells[..] else {
            panic!("{row}");
        };
        let session = SessionFacts {
            role: Role::ALL
                .into_iter()
                .find(|known| known.as_str() == *role)
                .unwrap(),
            authenticated: (*login != "-").then(|| (*login).to_owned()),
            network: match *network {
                "mailbox" => Some(Network::MailboxServers),
                "devices" => Some(Network::Devices),
                "gateways" => Some(Network::Gateways),
                _ => None,
            },
            ..SessionFacts::default()
        };
        let route = generation.route(&session, &address(sender), &address(recipient));
        let word = |value: serde_json::Value| value.as_str().unwrap().to_owned();
        let found = [
            word(serde_json::to_value(route.origin).unwrap()),
            word(serde_json::to_value(route.destination).unwrap()),
            route.direction.as_str().to_owned(),
            generation.name(route.policy).to_owned(),
        ];
        assert_eq!(found, *expected, "{row}");
        rows += 1;
    }
    assert!(rows >= 24, "{rows}");
}

#[test]
fn a_certificate_of_any_authority_makes_nobody_ours() {
    let generation = when("{ origin: [ours, forwarded] }");
    let mut facts = facts();
    facts.session.certificate = Some("mail.example.com".to_owned());
    assert!(generation.judge(&facts, 0, true).fired.is_empty());
    facts.session.authenticated = Some("u".to_owned());
    assert!(!generation.judge(&facts, 0, true).fired.is_empty());
}

#[test]
fn conditions_ask_for_origin_and_destination() {
    let mut facts = facts();
    for (condition, expected) in [
        ("{ origin: foreign }", true),
        ("{ origin: forwarded }", false),
        ("{ destination: ours }", true),
        ("{ destination: [state, foreign] }", false),
    ] {
        let fires = !when(condition).judge(&facts, 0, true).fired.is_empty();
        assert_eq!(fires, expected, "{condition}");
    }
    facts.session.role = Role::Local;
    let forwarded = when("{ origin: forwarded }");
    assert!(!forwarded.judge(&facts, 0, true).fired.is_empty());
}
