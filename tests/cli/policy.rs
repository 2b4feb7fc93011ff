//! `gacthu policy check` and `gacthu policy test`.

use std::process::Stdio;

use crate::program::{OURS, RULES, Site, gacthu, letter, run};

fn tests(verdict: &str) -> String {
    format!(
        "{RULES}tests:\n  - message: a.eml\n    given: {{ rcpt: [{OURS}] }}\n    expect: {{ verdict: {verdict} }}\n"
    )
}

#[test]
fn a_good_policy_is_0_and_says_what_it_is() {
    let site = Site::new("enforce", RULES);
    let said = run(["policy", "check", &site.text("site.yaml")]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(
        said.out.contains("ok: site (enforce, 2 rules); 0 tests"),
        "{}",
        said.out
    );
}

#[test]
fn a_mistake_is_1_and_is_named_with_its_place_and_remedy() {
    let bad = RULES.replace("then: tag", "tehn: tag");
    let site = Site::new("enforce", &bad);
    let good = Site::new("observe", RULES);
    let file = site.text("site.yaml");
    let said = run(["policy", "check", &file, &good.text("site.yaml")]);
    assert_eq!(said.status, 1);
    let line = site
        .read("site.yaml")
        .lines()
        .position(|line| line.contains("tehn"))
        .unwrap()
        + 1;
    assert!(
        said.err.contains(&format!("{file}:{line}:")),
        "{}",
        said.err
    );
    for text in [
        "tehn",
        "id you mean",
        "then",
        "1 of 2 policies cannot be loaded",
    ] {
        assert!(said.err.contains(text), "{text:?} is not in {}", said.err);
    }
    assert!(
        said.out.contains("ok: site (observe"),
        "the other is checked: {}",
        said.out
    );
}

#[test]
fn a_policy_that_is_not_there_is_named() {
    let said = run(["policy", "check", "/nowhere/site.yaml"]);
    assert_eq!(said.status, 1);
    assert!(said.err.contains("/nowhere/site.yaml"), "{}", said.err);
}

#[test]
fn tests_pass_fail_or_cannot_be_run() {
    let site = Site::new("enforce", &tests("reject"));
    let file = site.text("site.yaml");
    let said = run(["policy", "test", &file]);
    assert_eq!(said.status, 2, "{}", said.out);
    assert!(
        said.out.contains("unreadable") && said.out.contains("0 passed, 0 failed, 1 unusable"),
        "{}",
        said.out
    );

    site.write("a.eml", letter("x", "a.exe", "MZ"));
    let said = run(["policy", "test", &file]);
    assert_eq!(said.status, 0, "{}", said.out);
    assert!(
        said.out.contains("1 passed, 0 failed, 0 unusable"),
        "{}",
        said.out
    );

    site.policy("enforce", &tests("accept"));
    let said = run(["policy", "test", &file]);
    assert_eq!(said.status, 1, "{}", said.out);
    for text in [
        "FAILED",
        "verdict: expected accept, got reject",
        "rule exe → reject — Điều 12 khoản 6",
        "0 passed, 1 failed",
    ] {
        assert!(said.out.contains(text), "{text:?} is not in {}", said.out);
    }

    site.policy("enforce", "rulez: []\n");
    assert_eq!(run(["policy", "test", &file]).status, 2);
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let site = Site::new("enforce", &tests("accept"));
    site.write("a.eml", letter("x", "a.exe", "MZ"));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let child = gacthu(["policy", "test", &site.text("site.yaml")])
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(!err.contains("panicked"), "{err}");
    assert_eq!(output.status.code(), Some(1), "{err}");
}
