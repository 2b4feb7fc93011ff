//! `marking:` and the file of marks: what it means, what its mistakes say.

use std::sync::Arc;

use super::support::{Folder, facts, rules_with};
use crate::{
    facts::{Fact, Level, Mark, MessageFacts, NotOpened, NotScanned, Reason, Strength},
    questions::{Evidence, Question},
    verdict::Action,
};

const MARKS: &str = include_str!("../../../policies/marks/vn.yaml");

fn mark(level: Level, strength: Strength, confidence: u8, place: &'static str) -> Mark {
    Mark {
        part: "2/ke hoach mat.docx".to_owned(),
        level,
        strength,
        confidence,
        place,
        page: Some(1),
        word: Arc::from("mật"),
        reasons: vec!["alone".into()],
    }
}

fn verdict(condition: &str, marks: &[Mark]) -> Action {
    let generation = rules_with(
        &format!(
            "  - id: a\n    when: {{ marking: {condition} }}\n    then: reject\n    if_unknown: tag\n"
        ),
        MARKS,
    );
    let mut facts = facts();
    facts.marking = Fact::Known(marks.to_vec());
    generation.judge(&facts, 0, true).verdict
}

#[expect(
    clippy::cloned_ref_to_slice_refs,
    reason = "a table of lists, some longer than one"
)]
#[test]
fn a_condition_is_met_by_one_and_the_same_mark() {
    let strong = mark(Level::Mat, Strength::Strong, 90, "body");
    let weak = mark(Level::TuyetMat, Strength::Weak, 60, "comment");
    let both = [strong.clone(), weak.clone()];
    for (condition, marks, holds) in [
        ("strong", &[strong.clone()][..], true),
        ("strong", &[weak.clone()], false),
        ("weak", &[weak.clone()], true),
        ("weak", &[strong.clone()], false),
        ("any", &[weak.clone()], true),
        ("any", &[], false),
        ("{ level: [toi-mat, tuyet-mat] }", &[weak.clone()], true),
        ("{ level: toi-mat }", &both, false),
        ("{ level: tuyet-mat, strength: strong }", &both, false),
        ("{ level: mat, strength: strong }", &both, true),
        ("{ confidence: \">= 80\" }", &both, true),
        ("{ confidence: \"> 90\" }", &both, false),
        ("{ place: [comment, header] }", &both, true),
        ("{ place: header }", &both, false),
        ("{ place: body, level: tuyet-mat }", &both, false),
    ] {
        let wanted = if holds {
            Action::Reject
        } else {
            Action::Accept
        };
        assert_eq!(verdict(condition, marks), wanted, "{condition} {marks:?}");
    }
}

#[test]
fn what_was_not_read_may_carry_a_mark() {
    let generation = rules_with(
        "  - id: a\n    when: { marking: strong }\n    then: reject\n    if_unknown: tag\n",
        MARKS,
    );
    let mut facts = facts();
    assert_eq!(generation.judge(&facts, 0, true).verdict, Action::Tag);
    facts.marking = Fact::Known(Vec::new());
    facts.message = Fact::Known(MessageFacts::default());
    assert_eq!(generation.judge(&facts, 0, true).verdict, Action::Accept);
    let not_opened = NotOpened::Encrypted;
    let mut file = super::support::file("a.docx", 1);
    file.not_opened = Some(not_opened.clone());
    let mut with_file = super::support::with(vec![file]);
    with_file.marking = Fact::Known(Vec::new());
    assert_eq!(generation.judge(&with_file, 0, true).verdict, Action::Tag);
    with_file.marking = Fact::Known(vec![mark(Level::Mat, Strength::Strong, 90, "body")]);
    assert_eq!(
        generation.judge(&with_file, 0, true).verdict,
        Action::Reject
    );
    facts.message = Fact::Known(MessageFacts {
        not_scanned: vec![NotScanned {
            part: "1".to_owned(),
            why: not_opened,
        }],
        ..MessageFacts::default()
    });
    assert_eq!(generation.judge(&facts, 0, true).verdict, Action::Tag);
    facts.marking = Fact::Unknown(Reason::NotAsked);
    assert_eq!(generation.judge(&facts, 0, true).verdict, Action::Tag);
}

#[test]
fn the_words_are_asked_for_where_a_rule_asks_for_marks() {
    let asks = rules_with(
        "  - id: a\n    when: { marking: any }\n    then: tag\n",
        MARKS,
    );
    assert!(asks.questions().asks(Question::Documents));
    let marks = asks.questions().marks().unwrap();
    assert_eq!(marks.levels.len(), 3);
    assert_eq!(marks.points(Evidence::Alone), 40);
    assert!(
        asks.lists()
            .iter()
            .any(|path| path.ends_with("marks/vn.yaml"))
    );
    let not = rules_with("  - id: a\n    when: { tls: true }\n    then: tag\n", MARKS);
    assert!(not.questions().marks().is_none() && !not.questions().asks(Question::Documents));
}

#[test]
fn of_a_sensitive_message_no_name_of_a_member_stays() {
    let mut facts = facts();
    facts.marking = Fact::Known(vec![mark(Level::Mat, Strength::Strong, 90, "body")]);
    facts.strip();
    let Fact::Known(marks) = &facts.marking else {
        panic!();
    };
    assert_eq!((marks[0].part.as_str(), marks[0].page), ("2", None));
    assert_eq!((marks[0].level, marks[0].place), (Level::Mat, "body"));
}

#[test]
fn mistakes_in_the_file_of_marks_are_told_with_their_line() {
    for (from, to, said) in [
        ("marks: 1\n", "marks: 2\n", "no file of marks"),
        ("  alone: 40 ", "  alon: 40 ", "unknown key `alon`"),
        ("  alone: 40 ", "  alone: many ", "no number of points"),
        (
            "strong: 75, weak: 45",
            "strong: 45, weak: 75",
            "`weak` is above `strong`",
        ),
        ("strong: 75", "strong: 175", "no confidence"),
        (
            "  toi-mat: [tối mật]\n",
            "",
            "the level `toi-mat` is missing",
        ),
        (
            "  toi-mat: [tối mật]",
            "  toi-mat: [\"--\"]",
            "is no phrase",
        ),
        (
            "from: 2026-03-01 }",
            "from: 2026-13-01 }",
            "`from` is no day",
        ),
        ("friends:\n", "freinds:\n", "did you mean `friends`?"),
        ("id: recall, ", "", "the key `id` is missing"),
    ] {
        assert!(MARKS.contains(from), "{from}");
        let text = MARKS.replacen(from, to, 1);
        let folder = Folder::new(&[
            (
                "p.yaml",
                "policy: 1\nname: p\nmarks: marks/vn.yaml\nrules:\n  - { id: a, title: t, when: { marking: any }, then: tag }\n",
            ),
            ("marks/vn.yaml", &text),
        ]);
        let report = folder.load().unwrap_err().to_string();
        assert!(report.contains(said), "{to}: {report}");
        assert!(report.contains("marks/vn.yaml:"), "{report}");
    }
}

#[test]
fn marks_without_their_words_and_with_two_sorts_of_words_are_mistakes() {
    let alone = Folder::new(&[(
        "p.yaml",
        "policy: 1\nname: p\nrules:\n  - { id: a, title: t, when: { marking: any }, then: tag }\n",
    )]);
    let report = alone.load().unwrap_err().to_string();
    assert!(
        report.contains("names no file of them") && report.contains("p.yaml:4:"),
        "{report}"
    );
    let missing = Folder::new(&[(
        "p.yaml",
        "policy: 1\nname: p\nmarks: marks/vn.yaml\nrules: []\n",
    )]);
    let report = missing.load().unwrap_err().to_string();
    assert!(
        report.contains("cannot be read") && report.contains("p.yaml:3:"),
        "{report}"
    );
    let two = Folder::new(&[
        (
            "p.yaml",
            "policy: 1\nname: p\norganisation: { domains: [p.vn] }\nmarks: vn.yaml\nrules: []\n",
        ),
        (
            "q.yaml",
            "policy: 1\nname: q\norganisation: { domains: [q.vn] }\nmarks: other.yaml\nrules: []\n",
        ),
        ("vn.yaml", MARKS),
        ("other.yaml", &MARKS.replacen("strong: 75", "strong: 80", 1)),
    ]);
    let paths = [two.root.join("p.yaml"), two.root.join("q.yaml")];
    let report = crate::policy::load(&paths).unwrap_err().to_string();
    assert!(
        report.contains("other marks than those of the policy `p`"),
        "{report}"
    );
}
