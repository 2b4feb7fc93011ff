//! Conditions on what was found about a file beside its kind.

use super::support::{file, program, when, with as with_files};
use crate::facts::{By, Fact, FileFacts, NotOpened, Place, Trait};

fn with(name: &str, traits: &[&str]) -> FileFacts {
    FileFacts {
        traits: traits.iter().map(|id| Trait::by_id(id).unwrap()).collect(),
        ..file(name, 1000)
    }
}

fn fires(condition: &str, file: FileFacts) -> bool {
    !when(condition)
        .judge(&with_files(vec![file]), 0, true)
        .fired
        .is_empty()
}

#[test]
fn a_finding_is_asked_by_its_group_or_by_its_name() {
    let macros = || with("a.xls", &["macros-xlm", "embedded-object"]);
    assert!(fires("{ attachment: { macros: true } }", macros()));
    assert!(fires(
        "{ attachment: { macros: [macros-vba, macros-xlm] } }",
        macros()
    ));
    assert!(fires(
        "{ attachment: { macros: true, embedded: true } }",
        macros()
    ));
    assert!(!fires("{ attachment: { macros: macros-vba } }", macros()));
    assert!(!fires("{ attachment: { macros: false } }", macros()));
    assert!(!fires("{ attachment: { active: true } }", macros()));
    assert!(fires(
        "{ attachment: { macros: false } }",
        with("a.xls", &[])
    ));
}

#[test]
fn of_a_file_that_was_not_opened_a_finding_inside_is_unknown() {
    let closed = || FileFacts {
        not_opened: Some(NotOpened::Encrypted),
        ..with("a.xlsx", &["contradiction-type"])
    };
    let unknown = |condition: &str| {
        let judgement = when(condition).judge(&with_files(vec![closed()]), 0, true);
        assert!(judgement.fired.is_empty(), "{condition}");
        !judgement.unknown.is_empty()
    };
    assert!(unknown("{ attachment: { macros: true } }"));
    assert!(unknown("{ attachment: { macros: false } }"));
    // What does not lie inside is known.
    assert!(fires("{ attachment: { contradiction: true } }", closed()));
    assert!(!unknown("{ attachment: { polyglot: true, at: top } }"));
}

#[test]
fn a_reply_names_the_attachment_that_a_member_lies_in() {
    let generation = super::support::rules(
        "  - id: r\n    title: T\n    when: { attachment: { kind: executable } }\n    then: reject\n    reply: { vi: \"Bỏ {attachment.name}\", en: \"Remove {attachment.name}\" }\n",
    );
    let member = |parent, name: &str| FileFacts {
        parent: Some(parent),
        at: Place::Archive,
        ..program(name, By::Content)
    };
    let mut facts = with_files(vec![
        file("hồ sơ.zip", 10),
        file("trong.tar", 10),
        member(1, "a.exe"),
    ]);
    if let Fact::Known(files) = &mut facts.files {
        files.list[1].parent = Some(0);
        files.list[1].at = Place::Archive;
    }
    let judgement = generation.judge(&facts, 0, true);
    let reply = generation.reply(&facts, 0, &judgement, "R").unwrap();
    assert!(
        reply.lines[0].starts_with("Bo ho so.zip/a.exe"),
        "{:?}",
        reply.lines
    );
}
