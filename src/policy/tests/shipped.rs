//! The policies that are shipped.

use std::path::PathBuf;

use super::support::*;
use crate::{
    facts::{By, Fact, Facts, NotOpened, NotScanned, Reason, Role},
    policy::{Generation, load_as_of},
    verdict::{Action, Direction},
};

fn shipped(name: &str) -> Generation {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("policies")
        .join(name);
    load_as_of(&[path], today()).unwrap_or_else(|report| panic!("{report}"))
}

/// The shipped policy as a site enforces it.
fn enforced(name: &str) -> Generation {
    let base = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("policies")
        .join(name);
    policy(&format!(
        "policy: 1\nname: site\nextends: {}\nmode: enforce\n",
        base.display()
    ))
}

fn to(domain: &str, mut facts: Facts) -> Facts {
    facts.recipients = vec![address(&format!("<vanthu@{domain}>"))];
    facts
}

fn ids(generation: &Generation, facts: &Facts) -> Vec<String> {
    let judgement = generation.judge(facts, 0, true);
    judgement
        .fired
        .iter()
        .map(|fired| fired.id.to_string())
        .collect()
}

#[test]
fn they_load_without_a_word() {
    for name in [
        "base.yaml",
        "dak-nong.yaml",
        "soc-trang.yaml",
        "can-tho.yaml",
        "binh-dinh.yaml",
        "ca-mau.yaml",
    ] {
        let generation = shipped(name);
        assert!(
            generation.warnings().is_empty(),
            "{:?}",
            generation.warnings()
        );
        assert!(generation.tests().len() >= 5);
        assert_eq!(generation.hash().len(), 64);
        assert_eq!(generation.short_hash().len(), 12);
        assert!(
            generation
                .files()
                .iter()
                .any(|file| file.ends_with("lists/state-domains.txt"))
        );
    }
}

#[test]
fn thirty_mib_exactly_pass_in_dak_nong() {
    let generation = enforced("dak-nong.yaml");
    let at = to(
        "daknong.gov.vn",
        with(vec![file("a.pdf", 10 * MIB), file("b.pdf", 20 * MIB)]),
    );
    assert_eq!(generation.judge(&at, 0, true).applied, Action::Accept);
    let over = to(
        "daknong.gov.vn",
        with(vec![file("a.pdf", 10 * MIB), file("b.pdf", 20 * MIB + 1)]),
    );
    let judgement = generation.judge(&over, 0, true);
    assert_eq!(
        (judgement.verdict, judgement.applied),
        (Action::Reject, Action::Reject)
    );
    assert_eq!(judgement.fired[0].files, [0, 1]);
    let reply = generation
        .reply(&over, 0, &judgement, "7KQ2M9XWPA")
        .unwrap();
    assert_eq!((reply.code, reply.enhanced.as_str()), (552, "5.3.4"));
    assert_eq!(
        reply.lines,
        [
            "Tep dinh kem 30.1 MiB, moi thu toi da 30 MiB; vui long chia ra nhieu thu roi gui lai. Dieu 5 khoan 3, Quyet dinh so 07/2022/QD-UBND. Ma: 7KQ2M9XWPA",
            "Attachments of 30.1 MiB, at most 30 MiB a message; please split them over several messages. Ref: 7KQ2M9XWPA",
            "Lien he / Contact: ttcntt.stttt@daknong.gov.vn",
        ]
    );
}

#[test]
fn fifty_mib_a_file_exactly_pass_in_soc_trang() {
    let generation = enforced("soc-trang.yaml");
    let at = to(
        "soctrang.gov.vn",
        with(vec![file("a.pdf", 50 * MIB), file("b.pdf", 50 * MIB)]),
    );
    assert_eq!(generation.judge(&at, 0, true).applied, Action::Accept);
    let over = to(
        "soctrang.gov.vn",
        with(vec![file("a.pdf", 1), file("bản vẽ.dwg", 50 * MIB + 1)]),
    );
    let judgement = generation.judge(&over, 0, true);
    assert_eq!(judgement.fired[0].files, [1]);
    let reply = generation
        .reply(&over, 0, &judgement, "7KQ2M9XWPA")
        .unwrap();
    assert_eq!(
        reply.lines[0],
        "Tep ban ve.dwg la 50.1 MiB, moi tep toi da 50 MiB; vui long chia nho tep roi gui lai. Dieu 7, Quyet dinh so 59/2024/QD-UBND. Ma: 7KQ2M9XWPA"
    );
    assert_eq!(reply.code, 552);
}

#[test]
fn programs_are_refused_by_content_and_by_name_wherever_they_go() {
    let generation = enforced("dak-nong.yaml");
    for by in [By::Content, By::Name] {
        let inbound = to(
            "daknong.gov.vn",
            with(vec![file("a.pdf", 5), program("a.exe", by)]),
        );
        assert_eq!(ids(&generation, &inbound), ["executable"]);
        let judgement = generation.judge(&inbound, 0, true);
        let reply = generation
            .reply(&inbound, 0, &judgement, "7KQ2M9XWPA")
            .unwrap();
        assert_eq!((reply.code, reply.enhanced.as_str()), (550, "5.7.1"));
        assert_eq!(
            reply.lines[0],
            "Khong gui nhan tep tin thuc thi (a.exe); vui long bo tep nay roi gui lai. Dieu 12 khoan 6, Quyet dinh so 07/2022/QD-UBND. Ma: 7KQ2M9XWPA"
        );
        let mut outbound = to("example.com", with(vec![program("a.exe", by)]));
        outbound.session.role = Role::Submission;
        outbound.sender = Fact::Known(address("<vanthu@daknong.gov.vn>"));
        assert_eq!(ids(&generation, &outbound), ["executable"]);
    }
}

#[test]
fn a_program_as_the_letters_text_is_refused_a_script_pasted_into_it_is_not() {
    let generation = enforced("dak-nong.yaml");
    let text = |file| crate::facts::FileFacts {
        role: crate::facts::FileRole::Text,
        name: None,
        names: Vec::new(),
        ..file
    };
    let program = to(
        "daknong.gov.vn",
        with(vec![text(program("x", By::Content))]),
    );
    assert_eq!(ids(&generation, &program), ["executable"]);
    let mut script = file("x", 10);
    script.executable.push(crate::facts::ExecutableSign {
        by: By::Content,
        what: "script-sh".to_owned(),
    });
    let script = to("daknong.gov.vn", with(vec![text(script)]));
    assert_eq!(ids(&generation, &script), Vec::<String>::new());
}

#[test]
fn archives_that_were_not_opened_are_tagged_and_nothing_more() {
    let generation = enforced("dak-nong.yaml");
    let zip = to("daknong.gov.vn", with(vec![unopened_zip("a.zip")]));
    let judgement = generation.judge(&zip, 0, true);
    assert_eq!(judgement.applied, Action::Tag);
    assert_eq!(ids(&generation, &zip), ["not-opened"]);
    // Whether it holds a program, and whether it has a password.
    for rule in ["executable", "encrypted-archive"] {
        let unknown = judgement.unknown.iter().find(|(id, _)| **id == *rule);
        let why = Reason::NotOpened(NotOpened::Unsupported);
        assert_eq!(unknown.map(|(_, why)| why), Some(&why), "{judgement:?}");
    }
    for (name, id, applied) in [
        ("a.pdf", "pdf", Action::Tag),
        ("a.jpg", "jpeg", Action::Accept),
    ] {
        let mut closed = file(name, 10);
        closed.kinds = vec![kind(id)];
        closed.not_opened = Some(NotOpened::Unsupported);
        let judgement = generation.judge(&to("daknong.gov.vn", with(vec![closed])), 0, true);
        assert_eq!(judgement.applied, applied, "{name}");
    }
    let mut cut = to("daknong.gov.vn", facts());
    if let Fact::Known(message) = &mut cut.message {
        message.not_scanned.push(NotScanned {
            part: String::new(),
            why: NotOpened::Damaged,
        });
    }
    assert_eq!(ids(&generation, &cut), ["not-opened"]);
}

#[test]
fn as_shipped_they_only_watch() {
    let generation = shipped("dak-nong.yaml");
    let facts = to("daknong.gov.vn", with(vec![program("a.exe", By::Content)]));
    let judgement = generation.judge(&facts, 0, true);
    assert_eq!(
        (judgement.verdict, judgement.applied),
        (Action::Reject, Action::Accept)
    );
    assert_eq!(generation.reply(&facts, 0, &judgement, "R"), None);
    assert_eq!(
        generation
            .reply_if_enforced(&facts, 0, &judgement, "R")
            .unwrap()
            .code,
        550
    );
}

#[test]
fn directions_of_dak_nong() {
    let generation = shipped("dak-nong.yaml");
    let route = |role, sender: &str, recipient: &str| {
        let session = crate::facts::SessionFacts {
            role,
            ..Default::default()
        };
        generation
            .route(&session, &address(sender), &address(recipient))
            .direction
    };
    assert_eq!(
        route(Role::Mx, "<a@x.com>", "<b@daknong.gov.vn>"),
        Direction::Inbound
    );
    assert_eq!(
        route(Role::Mx, "<a@x.com>", "<b@so.daknong.gov.vn>"),
        Direction::Inbound
    );
    assert_eq!(
        route(Role::Mx, "<a@x.com>", "<b@notdaknong.gov.vn>"),
        Direction::Relayed
    );
    assert_eq!(
        route(Role::Submission, "<b@daknong.gov.vn>", "<a@x.com>"),
        Direction::Outbound
    );
    assert_eq!(
        route(Role::Mailbox, "<b@daknong.gov.vn>", "<c@daknong.gov.vn>"),
        Direction::Internal
    );
}

/// Every refusal says what, why and what to do, however long the file's name is.
#[test]
fn refusals_say_what_to_do() {
    let long = format!("{}.exe", "bao-cao-tong-ket-nam-".repeat(12));
    let large = |size| with(vec![file(&long, size)]);
    let program = || with(vec![program(&long, By::Content)]);
    let cases = [
        ("dak-nong.yaml", "daknong.gov.vn", program()),
        ("dak-nong.yaml", "daknong.gov.vn", large(999 * MIB)),
        ("soc-trang.yaml", "soctrang.gov.vn", program()),
        ("soc-trang.yaml", "soctrang.gov.vn", large(999 * MIB)),
        ("can-tho.yaml", "cantho.gov.vn", program()),
        ("binh-dinh.yaml", "stttt.binhdinh.gov.vn", program()),
        ("base.yaml", "example.net", program()),
    ];
    for (name, domain, facts) in cases {
        let generation = enforced(name);
        let facts = to(domain, facts);
        let judgement = generation.judge(&facts, 0, true);
        let reply = generation
            .reply(&facts, 0, &judgement, "7KQ2M9XWPA")
            .unwrap();
        let (vi, en) = (&reply.lines[0], &reply.lines[1]);
        assert!(
            vi.contains("; vui long ") && vi.ends_with(". Ma: 7KQ2M9XWPA"),
            "{vi}"
        );
        assert!(
            en.contains("; please ") && en.ends_with(". Ref: 7KQ2M9XWPA"),
            "{en}"
        );
        assert!(name == "base.yaml" || vi.contains("Quyet dinh so "), "{vi}");
        assert!(
            reply.lines.iter().all(|line| line.len() <= 187),
            "{reply:?}"
        );
    }
}

/// Cà Mau's template says nothing of programs: the answer must not say that it does.
#[test]
fn a_basis_that_names_its_own_text_is_not_given_the_regulation() {
    let generation = enforced("ca-mau.yaml");
    let facts = to("camau.gov.vn", with(vec![program("a.exe", By::Content)]));
    let judgement = generation.judge(&facts, 0, true);
    let reply = generation
        .reply(&facts, 0, &judgement, "7KQ2M9XWPA")
        .unwrap();
    assert_eq!(
        reply.lines[0],
        "Khong gui nhan tep tin thuc thi (a.exe); vui long bo tep nay roi gui lai. Quy dinh bao dam an toan thong tin cua don vi. Ma: 7KQ2M9XWPA"
    );
}
