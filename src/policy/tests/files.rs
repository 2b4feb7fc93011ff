//! Several files: `extends`, lists, files that are no policy at all.

use std::{fs, path::PathBuf};

use super::support::*;
use crate::{
    facts::By,
    policy::{Report, load_as_of},
    verdict::Action,
};

const BASE: &str = "\
policy: 1
name: base
version: 3
organisation:
  name: Nền
  regulation: Quyết định 1
  domains: [ours.vn]
rules:
  - id: program
    title: Chương trình
    basis: Điều 1
    when: { attachment: { extension: [exe, scr] } }
    then: reject
    reply: { vi: Không nhận, en: No }
  - id: big
    title: Lớn
    when: { attachments: { total_size: \"> 10 MiB\" } }
    then: reject
";

/// `FILE:LINE:COLUMN message` of each problem.
fn told(report: &Report) -> Vec<String> {
    report
        .problems
        .iter()
        .map(|problem| {
            let file = problem.place.file.file_name().unwrap().to_string_lossy();
            format!(
                "{file}:{}:{} {}",
                problem.place.line, problem.place.column, problem.message
            )
        })
        .collect()
}

fn extended(child: &str) -> Result<crate::policy::Generation, Report> {
    Folder::new(&[("site/site.yaml", child), ("base.yaml", BASE)]).load()
}

fn verdict(generation: &crate::policy::Generation, name: &str, size: u64) -> Action {
    generation
        .judge(&with(vec![file(name, size)]), 0, true)
        .verdict
}

#[test]
fn a_base_is_found_in_the_folder_above_and_rules_merge_by_id_and_key() {
    let site = extended(
        "policy: 1\nname: site\nextends: base@3\nmode: enforce\nrules:\n  - id: program\n    basis: Điều 12\n    reply: { en: Never }\n  - id: big\n    enabled: false\n",
    )
    .unwrap();
    assert_eq!(site.name(0), "site");
    assert_eq!(verdict(&site, "a.exe", 1), Action::Reject);
    assert_eq!(verdict(&site, "a.pdf", 11 * MIB), Action::Accept);
    let facts = with(vec![file("a.exe", 1)]);
    let judgement = site.judge(&facts, 0, true);
    assert_eq!(&*judgement.fired[0].basis, "Điều 12");
    let reply = site.reply(&facts, 0, &judgement, "R").unwrap();
    assert_eq!(
        reply.lines,
        ["Khong nhan. Dieu 12, Quyet dinh 1. Ma: R", "Never. Ref: R"]
    );
    assert_eq!(site.files().len(), 2);
}

#[test]
fn lists_are_replaced_or_changed() {
    let change = |change: &str| {
        extended(&format!(
            "policy: 1\nname: site\nextends: base@3\nrules:\n  - id: program\n    when: {{ attachment: {{ extension: {change} }} }}\n"
        ))
        .unwrap_or_else(|report| panic!("{report}"))
    };
    let replaced = change("[iso]");
    assert_eq!(verdict(&replaced, "a.iso", 1), Action::Reject);
    assert_eq!(verdict(&replaced, "a.exe", 1), Action::Accept);
    let changed = change("{ add: [iso], remove: [scr] }");
    assert_eq!(verdict(&changed, "a.iso", 1), Action::Reject);
    assert_eq!(verdict(&changed, "a.exe", 1), Action::Reject);
    assert_eq!(verdict(&changed, "a.scr", 1), Action::Accept);
    assert!(changed.warnings().is_empty());
    let nothing = change("{ remove: [pif] }");
    assert_eq!(nothing.warnings().len(), 1);
    assert_eq!(nothing.warnings()[0].place.line, 6);
}

#[test]
fn a_condition_is_replaced_as_a_whole() {
    let site = extended(
        "policy: 1\nname: site\nextends: base@3\nrules:\n  - id: big\n    when: { message: { size: \"> 1 B\" } }\n",
    )
    .unwrap();
    assert_eq!(verdict(&site, "a.pdf", 11 * MIB), Action::Accept);
}

#[test]
fn a_mistake_is_told_where_the_value_stands() {
    let base = BASE.replace("then: reject\n    reply", "then: rejekt\n    reply");
    let folder = Folder::new(&[
        (
            "site.yaml",
            "policy: 1\nname: site\nextends: base@3\nmode: enforced\n",
        ),
        ("base.yaml", &base),
    ]);
    assert_eq!(
        told(&folder.load().unwrap_err()),
        [
            "site.yaml:4:7 `enforced` is no value for `mode`",
            "base.yaml:13:11 `rejekt` is no value for `then`",
        ]
    );
}

#[test]
fn versions_names_and_circles() {
    let site = |extends: &str| format!("policy: 1\nname: site\nextends: {extends}\n");
    let told_of = |extends: &str| told(&extended(&site(extends)).unwrap_err());
    let wrong = &told_of("base@2")[0];
    assert!(
        wrong.starts_with("site.yaml:3:10 this policy wants `base` in version 2, but "),
        "{wrong}"
    );
    assert!(wrong.ends_with("has version 3"), "{wrong}");
    assert!(told_of("bse@3")[0].contains("there is no policy `bse`"));
    assert!(extended(&site("../base.yaml")).is_ok());
    let circle = Folder::new(&[
        ("a.yaml", "policy: 1\nname: a\nversion: 1\nextends: b@1\n"),
        ("b.yaml", "policy: 1\nname: b\nversion: 1\nextends: a@1\n"),
    ]);
    let report = circle.load().unwrap_err();
    assert_eq!(
        told(&report),
        ["b.yaml:4:10 `extends` goes round in a circle: a.yaml → b.yaml → a.yaml"]
    );
    let named = Folder::new(&[
        ("a.yaml", "policy: 1\nname: a\nextends: b@1\n"),
        ("b.yaml", "policy: 1\nname: other\nversion: 1\n"),
    ]);
    assert!(told(&named.load().unwrap_err())[0].contains("is the policy `other`, not `b`"));
}

#[test]
fn lists_tell_their_own_lines() {
    let policy = "policy: 1\nname: p\nrules:\n  - id: a\n    when: { sender: { address: { file: lists/a.txt } } }\n    then: tag\n";
    let list = "# người gửi\na@x.vn\n\n  khong phai dia chi\n@y.vn   # cả tên miền\nz.vn\n";
    let folder = Folder::new(&[("p.yaml", policy), ("lists/a.txt", list)]);
    assert_eq!(
        told(&folder.load().unwrap_err()),
        [
            "a.txt:4:3 `khong phai dia chi` is not an address",
            "a.txt:6:1 `z.vn` is not an address",
        ]
    );
    let folder = Folder::new(&[
        ("p.yaml", policy),
        ("lists/a.txt", "\u{feff}A@X.vn\r\n.y.vn\r\n"),
    ]);
    let generation = folder.load().unwrap();
    let from = |sender: &str| {
        let mut facts = facts();
        facts.sender = crate::facts::Fact::Known(address(sender));
        generation.judge(&facts, 0, true).verdict
    };
    assert_eq!(from("<a@x.vn>"), Action::Tag);
    assert_eq!(from("<b@x.vn>"), Action::Accept);
    assert_eq!(from("<b@so.y.vn>"), Action::Tag);
    assert_eq!(from("<b@y.vn>"), Action::Accept);
    assert!(
        generation
            .files()
            .iter()
            .any(|file| file.ends_with("lists/a.txt"))
    );
}

#[test]
fn an_empty_list_is_a_warning() {
    let policy = "policy: 1\nname: p\nrules:\n  - id: a\n    when: { client: { name: { file: a.txt } } }\n    then: tag\n";
    let folder = Folder::new(&[("p.yaml", policy), ("a.txt", "# chưa có\n")]);
    let generation = folder.load().unwrap();
    assert_eq!(generation.warnings()[0].place.line, 5);
}

#[test]
fn what_is_no_policy_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.yaml");
    let load = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        told(&load_as_of(std::slice::from_ref(&path), today()).unwrap_err())
    };
    assert_eq!(load(b""), ["p.yaml:0:0 the file is empty"]);
    assert_eq!(
        load("policy: 1\nname: \u{e9}".as_bytes()),
        ["p.yaml:2:7 `é` cannot be used as `name`: only a-z, 0-9 and `-`, at most 64"]
    );
    assert_eq!(
        load(b"policy: 1\nname: a\xe9b\n"),
        ["p.yaml:2:8 the file is not UTF-8 from here on"]
    );
    assert_eq!(
        load(&vec![b' '; 10 << 20]),
        ["p.yaml:0:0 the file is larger than 4194304 bytes"]
    );
    let laughs = "policy: 1\nname: p\nrules:\n  - &a [x,x,x,x,x,x,x,x,x]\n  - &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n  - &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n  - &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n  - &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n  - &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n  - &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
    let told_of = load(laughs.as_bytes());
    assert_eq!(told_of.len(), 1, "{told_of:?}");
    let deep = format!("policy: 1\nname: p\nrules: {}", "[".repeat(5_000));
    assert_eq!(load(deep.as_bytes()).len(), 1);
    for bytes in [
        &b"\0\0\0"[..],
        b"\xff\xfe",
        b"%",
        b"{",
        b"[[",
        b"- - -",
        b"? a",
        b"&a *a",
        b"!!x y",
        b"a: b: c",
        b"\x1b[31m",
    ] {
        assert!(!load(bytes).is_empty(), "{bytes:?}");
    }
}

#[test]
fn a_file_that_is_not_there_and_none_at_all() {
    let report = load_as_of(&[PathBuf::from("/nowhere/p.yaml")], today()).unwrap_err();
    assert_eq!(
        told(&report),
        ["p.yaml:0:0 the file /nowhere/p.yaml cannot be read: No such file or directory"]
    );
    assert_eq!(load_as_of(&[], today()).unwrap_err().errors(), 1);
}

#[test]
fn a_report_reads_like_a_compilers() {
    let folder = Folder::new(&[("p.yaml", "policy: 1\nname: p\nmode: enforse\n")]);
    let text = folder.load().unwrap_err().to_string();
    let text = text.replace(&folder.root.display().to_string(), "DIR");
    assert_eq!(
        text,
        "\
error: `enforse` is no value for `mode`
 --> DIR/p.yaml:3:7
  |
3 | mode: enforse
  |       ^^^^^^^
  |
  = help: did you mean `enforce`?

1 error
"
    );
}

#[test]
fn the_hash_changes_with_any_file() {
    let hash = |list: &str| {
        let policy = "policy: 1\nname: p\nrules:\n  - id: a\n    when: { client: { name: { file: a.txt } } }\n    then: tag\n";
        let folder = Folder::new(&[("p.yaml", policy), ("a.txt", list)]);
        folder.load().unwrap().hash().to_owned()
    };
    assert_eq!(hash("a.vn\n"), hash("a.vn\n"));
    assert_ne!(hash("a.vn\n"), hash("b.vn\n"));
}

#[test]
fn several_policies_and_who_is_ruled_by_which() {
    let folder = Folder::new(&[
        (
            "a.yaml",
            "policy: 1\nname: a\norganisation: { domains: [a.vn], former: [old.vn], state_domains: [.gov.vn] }\nrules:\n  - id: p\n    when: { attachment: { extension: exe } }\n    then: reject\n",
        ),
        (
            "b.yaml",
            "policy: 1\nname: b\norganisation: { domains: [b.vn] }\n",
        ),
    ]);
    let paths = [folder.policy.clone(), folder.root.join("b.yaml")];
    let generation = load_as_of(&paths, today()).unwrap();
    assert_eq!(generation.policies(), 2);
    let mut facts = with(vec![program("a.exe", By::Name)]);
    facts.recipients = vec![
        address("<x@a.vn>"),
        address("<x@b.vn>"),
        address("<x@old.vn>"),
        address("<x@so.gov.vn>"),
    ];
    let verdicts: Vec<_> = (0..4)
        .map(|index| generation.judge(&facts, index, true).verdict)
        .collect();
    assert_eq!(
        verdicts,
        [
            Action::Reject,
            Action::Accept,
            Action::Reject,
            Action::Reject
        ]
    );
    facts.session.authenticated = Some("x".to_owned());
    facts.sender = crate::facts::Fact::Known(address("<y@b.vn>"));
    let route = generation.route(
        &facts.session,
        &address("<y@b.vn>"),
        &address("<x@so.gov.vn>"),
    );
    assert_eq!(generation.name(route.policy), "b");
    let route = generation.route(
        &facts.session,
        &address("<y@a.vn>"),
        &address("<x@so.gov.vn>"),
    );
    assert_eq!(route.destination, crate::policy::Destination::State);
}

#[test]
fn tests_are_read_with_their_paths_and_not_inherited() {
    let base = format!("{BASE}tests:\n  - message: a.eml\n    expect: {{ verdict: accept }}\n");
    let site = "policy: 1\nname: site\nextends: base@3\ntests:\n  - message: ../corpus/b.eml\n    given: { client: 203.0.113.5, from: <>, rcpt: [a@ours.vn, b@ours.vn], role: submission, auth: u, helo: h.vn, tls: true }\n    expect: { verdict: reject, applied: accept, rules: [program] }\n";
    let folder = Folder::new(&[("site/site.yaml", site), ("base.yaml", &base)]);
    let generation = folder.load().unwrap_or_else(|report| panic!("{report}"));
    let [test] = generation.tests() else {
        panic!("{:?}", generation.tests());
    };
    assert_eq!(
        test.letter,
        crate::policy::Letter::File(folder.root.join("site/../corpus/b.eml"))
    );
    assert_eq!((test.place.line, test.place.column), (5, 5));
    assert_eq!(test.given.rcpt, ["a@ours.vn", "b@ours.vn"]);
    assert_eq!(test.given.from.as_deref(), Some("<>"));
    assert_eq!(test.given.role, crate::facts::Role::Submission);
    assert_eq!(test.given.client, Some([203, 0, 113, 5].into()));
    assert!(test.given.tls);
    assert_eq!(test.expect.verdict, Action::Reject);
    assert_eq!(test.expect.applied, Some(Action::Accept));
    assert_eq!(
        test.expect.rules.as_deref(),
        Some(&["program".to_owned()][..])
    );
}

#[test]
fn files_of_windows_are_read() {
    let text = "\u{feff}policy: 1\r\nname: p\r\nrules:\r\n  - id: a\r\n    when: { tls: false }\r\n    then: tag\r\n";
    assert_eq!(policy(text).judge(&facts(), 0, true).verdict, Action::Tag);
    let folder = Folder::new(&[("p.yaml", &text.replace("tag", "tagg"))]);
    let report = folder.load().unwrap_err();
    assert_eq!(told(&report), ["p.yaml:6:11 `tagg` is no value for `then`"]);
    assert_eq!(report.problems[0].text, "    then: tagg");
}

#[test]
fn a_hostile_file_is_done_with_soon() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.yaml");
    let keys: String = (0..60_000).map(|index| format!("k{index}: x\n")).collect();
    let doubles = "name: x\n".repeat(60_000);
    let items = format!(
        "policy: 1\nname: p\nrules:\n{}",
        "  - id: a\n    then: x\n".repeat(30_000)
    );
    for text in [
        keys,
        doubles,
        items,
        "a".repeat(4 << 20),
        "- ".repeat(1 << 20),
        "a: ".repeat(1 << 20),
        "# x\n".repeat(1 << 20),
        "\"".repeat(1 << 20),
    ] {
        fs::write(&path, &text).unwrap();
        let start = cpu_seconds();
        let report = load_as_of(std::slice::from_ref(&path), today()).unwrap_err();
        assert!(report.problems.len() <= 201 && !report.to_string().is_empty());
        // Generous, for a debug build.
        let seconds = cpu_seconds() - start;
        assert!(seconds < 5.0, "{seconds} {}", text.get(..20).unwrap());
    }
}

#[test]
fn a_generation_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<crate::policy::Generation>();
}
