//! What each condition means: both sides.

use super::support::*;
use crate::{
    facts::{By, Fact, Facts, FileFacts, FileRole, NotOpened, NotScanned, Place, Reason},
    verdict::Action,
};

fn fires(condition: &str, facts: &Facts) -> bool {
    let generation = when(condition);
    generation.judge(facts, 0, true).verdict == Action::Reject
}

/// Why the rule is unknown at the end.
fn unknown(condition: &str, facts: &Facts) -> Option<Reason> {
    let generation = when(condition);
    let mut judgement = generation.judge(facts, 0, true);
    assert!(judgement.fired.is_empty(), "{condition}");
    judgement.unknown.pop().map(|(_, why)| why)
}

fn one(file: FileFacts) -> Facts {
    with(vec![file])
}

fn session(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = facts();
    change(&mut facts);
    facts
}

#[test]
fn conditions_on_one_file() {
    let exe = one(program("hoadon.pdf.EXE", By::Content));
    let by_name = one(program("a.scr", By::Name));
    let pdf = one(FileFacts {
        kinds: vec![kind("pdf")],
        declared_type: "application/pdf".to_owned(),
        ..file("Báo cáo.pdf", 10 * MIB)
    });
    for (condition, met, not_met) in [
        ("{ attachment: { kind: executable } }", &exe, &pdf),
        (
            "{ attachment: { kind: executable, by: content } }",
            &exe,
            &by_name,
        ),
        (
            "{ attachment: { kind: executable, by: name } }",
            &by_name,
            &exe,
        ),
        ("{ attachment: { kind: [zip, pdf] } }", &pdf, &exe),
        ("{ attachment: { kind: document } }", &pdf, &exe),
        ("{ attachment: { name: \"BÁO*\" } }", &pdf, &exe),
        ("{ attachment: { name: [\"x\", \"*.pdf\"] } }", &pdf, &exe),
        ("{ attachment: { extension: exe } }", &exe, &pdf),
        ("{ attachment: { extension: [.PDF] } }", &exe, &by_name),
        ("{ attachment: { type: \"application/p*\" } }", &pdf, &exe),
        ("{ attachment: { size: \">= 10 MiB\" } }", &pdf, &exe),
        ("{ attachment: [{ kind: pe }, { kind: elf }] }", &exe, &pdf),
        ("{ not: { attachment: { kind: pdf } } }", &exe, &pdf),
        (
            "{ attachment: { encrypted: false, kind: pdf } }",
            &pdf,
            &exe,
        ),
        ("[{ tls: true }, { attachment: { kind: pdf } }]", &pdf, &exe),
        (
            "{ all: [{ tls: false }, { attachment: { kind: pdf } }] }",
            &pdf,
            &exe,
        ),
        (
            "{ any: [{ tls: true }, { attachment: { kind: pdf } }] }",
            &pdf,
            &exe,
        ),
    ] {
        assert!(fires(condition, met), "{condition}");
        assert!(!fires(condition, not_met), "not {condition}");
    }
}

#[test]
fn one_and_the_same_file_meets_all_keys() {
    let condition = "{ attachment: { extension: pdf, size: \"> 1 MiB\" } }";
    assert!(!fires(
        condition,
        &with(vec![file("a.pdf", 10), file("b.doc", 2 * MIB)])
    ));
    assert!(fires(
        condition,
        &with(vec![file("a.pdf", 10), file("b.pdf", 2 * MIB)])
    ));
}

#[test]
fn place_and_role() {
    let inner = FileFacts {
        at: Place::Message,
        ..file("a.exe", 1)
    };
    assert!(fires(
        "{ attachment: { extension: exe } }",
        &one(inner.clone())
    ));
    assert!(fires(
        "{ attachment: { extension: exe, at: [message] } }",
        &one(inner.clone())
    ));
    assert!(!fires(
        "{ attachment: { extension: exe, at: top } }",
        &one(inner)
    ));
    let role = |role| FileFacts {
        role,
        ..file("a.png", 9)
    };
    assert!(fires(
        "{ attachment: { size: \"> 1 B\" } }",
        &one(role(FileRole::Inline))
    ));
    assert!(!fires(
        "{ attachment: { size: \"> 1 B\" } }",
        &one(role(FileRole::Text))
    ));
    assert!(fires(
        "{ attachment: { size: \"> 1 B\", role: text } }",
        &one(role(FileRole::Text))
    ));
    assert!(fires(
        "{ attachment: { size: \"> 1 B\", inline: true } }",
        &one(role(FileRole::Inline))
    ));
    assert!(!fires(
        "{ attachment: { size: \"> 1 B\", inline: false } }",
        &one(role(FileRole::Inline))
    ));
}

#[test]
fn any_reading_of_a_name_counts() {
    let mut two = file("a.pdf", 1);
    two.names.push("a.exe".to_owned());
    assert!(fires("{ attachment: { extension: exe } }", &one(two)));
    assert!(fires(
        "{ attachment: { extension: exe } }",
        &one(file("a.exe. . ", 1))
    ));
    assert!(!fires(
        "{ attachment: { extension: exe } }",
        &one(file("exe", 1))
    ));
    assert!(!fires(
        "{ attachment: { extension: xe } }",
        &one(file("a.exe", 1))
    ));
    assert!(!fires(
        "{ attachment: { extension: exe } }",
        &one(file("a.exe.b.txt", 1))
    ));
}

#[test]
fn sums() {
    let mut inline = file("logo.png", 5);
    inline.role = FileRole::Inline;
    let facts = with(vec![file("a", 10), file("b", 20), inline]);
    for (condition, expected) in [
        ("total_size: \"== 30 B\"", true),
        ("total_size: \"> 30 B\"", false),
        ("count: \"== 2\"", true),
        ("count: \"> 2\"", false),
        ("largest_size: \"== 20 B\"", true),
        ("largest_size: \"< 20 B\"", false),
        ("inline_count: \"== 1\"", true),
        ("inline_total_size: \"== 5 B\"", true),
        ("inline_total_size: \"> 5 B\"", false),
        ("with_inline_total_size: \"== 35 B\"", true),
        ("with_inline_total_size: \"<= 34 B\"", false),
        ("count: \"== 2\", total_size: \"> 30 B\"", false),
    ] {
        assert_eq!(
            fires(&format!("{{ attachments: {{ {condition} }} }}"), &facts),
            expected,
            "{condition}"
        );
    }
}

#[test]
fn the_message_and_the_envelope() {
    let facts = session(|facts| {
        facts.session.client = Some([203, 0, 113, 5].into());
        facts.session.client_name = Some("mail.Example.com".to_owned());
        facts.session.helo = Some("mx.example.com".to_owned());
        if let Fact::Known(message) = &mut facts.message {
            message.size = 1000;
            message.parts = 3;
            message.headers = 12;
            message.header_from = vec![address("<Boss@Ours.vn>")];
        }
    });
    for (condition, expected) in [
        (
            "{ message: { size: \"== 1000 B\", parts: \"> 2\", headers: \"< 13\" } }",
            true,
        ),
        (
            "{ message: { size: \"== 1000 B\", parts: \"> 3\" } }",
            false,
        ),
        ("{ message: { not_scanned: false } }", true),
        ("{ message: { not_scanned: true } }", false),
        ("{ sender: { address: A@EXAMPLE.com } }", true),
        (
            "{ sender: { address: [b@example.com, \"@example.org\"] } }",
            false,
        ),
        ("{ sender: { address: \"@example.com\" } }", true),
        ("{ sender: { address: .example.com } }", false),
        ("{ sender: { address: .com } }", true),
        ("{ sender: { domain: example.com } }", true),
        ("{ sender: { domain: ample.com } }", false),
        ("{ sender: { domain: .com } }", true),
        ("{ sender: { domain: com } }", false),
        ("{ sender: { empty: true } }", false),
        ("{ sender: { empty: false } }", true),
        ("{ recipient: { address: b@ours.vn } }", true),
        ("{ recipient: { domain: theirs.vn } }", false),
        ("{ from: { address: boss@ours.vn } }", true),
        ("{ from: { domain: example.com } }", false),
        (
            "{ client: { network: [10.0.0.0/8, 203.0.113.0/24] } }",
            true,
        ),
        ("{ client: { network: 203.0.113.4 } }", false),
        ("{ client: { network: \"::/0\" } }", true),
        ("{ client: { name: .example.com } }", true),
        ("{ client: { name: example.com } }", false),
        ("{ client: { helo: mx.example.com } }", true),
        (
            "{ client: { helo: mx.example.com, network: 10.0.0.0/8 } }",
            false,
        ),
        ("{ authenticated: false }", true),
        ("{ authenticated: true }", false),
        ("{ tls: false }", true),
        ("{ tls: true }", false),
        ("{ direction: inbound }", true),
        ("{ direction: [outbound, internal] }", false),
    ] {
        assert_eq!(fires(condition, &facts), expected, "{condition}");
    }
    let null = session(|facts| facts.sender = Fact::Known(address("<>")));
    assert!(fires("{ sender: { empty: true } }", &null));
    let logged_in = session(|facts| facts.session.authenticated = Some("u".to_owned()));
    assert!(fires(
        "{ authenticated: true, direction: internal }",
        &logged_in
    ));
    let mapped = session(|facts| facts.session.client = Some("::ffff:10.1.2.3".parse().unwrap()));
    assert!(fires("{ client: { network: 10.0.0.0/8 } }", &mapped));
}

#[test]
fn a_container_that_was_not_opened_may_hold_anything() {
    let zip = one(unopened_zip("a.zip"));
    let why = Some(Reason::NotOpened(NotOpened::Unsupported));
    for condition in [
        "{ attachment: { kind: executable } }",
        "{ attachment: { extension: exe } }",
        "{ attachment: { kind: pe, size: \"> 1 MiB\" } }",
        "{ attachment: { kind: executable, at: [archive] } }",
        "{ not: { attachment: { kind: executable } } }",
    ] {
        assert_eq!(unknown(condition, &zip), why, "{condition}");
    }
    for condition in [
        "{ attachment: { size: \"> 1 MiB\" } }",
        "{ attachments: { total_size: \"> 1 MiB\" } }",
        "{ attachment: { kind: executable, at: [top] } }",
        "{ attachment: { kind: executable, at: [document, message] } }",
        "{ attachment: { kind: pe, not_opened: true } }",
        "{ attachment: { kind: pe, role: text } }",
    ] {
        assert_eq!(unknown(condition, &zip), None, "{condition}");
    }
    assert!(fires(
        "{ attachment: { kind: zip, not_opened: true } }",
        &zip
    ));
    assert!(fires(
        "{ attachment: { not_opened: [damaged, unsupported] } }",
        &zip
    ));
    assert!(!fires("{ attachment: { not_opened: encrypted } }", &zip));
    assert_eq!(unknown("{ attachment: { encrypted: true } }", &zip), why);
    let cut = session(|facts| {
        if let Fact::Known(message) = &mut facts.message {
            message.not_scanned.push(NotScanned {
                part: "3".to_owned(),
                why: NotOpened::Damaged,
            });
        }
    });
    assert_eq!(
        unknown("{ attachment: { kind: executable } }", &cut),
        Some(Reason::NotOpened(NotOpened::Damaged))
    );
    assert_eq!(unknown("{ attachment: { size: \"> 1 B\" } }", &cut), None);
}
