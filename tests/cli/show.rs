//! `gacthu policy show` and `gacthu policy explain`.

use serde_json::Value;

use crate::program::{RULES, Said, Site, letter, run};

/// A site's policy on top of another.
fn site() -> Site {
    let site = Site::new("enforce", &format!("version: 3\n{RULES}"));
    site.write("lists/known.txt", "203.0.113.0/24\n");
    let child = "policy: 1\nname: child\nextends: ./site.yaml\nmode: enforce\nrules:\n  - id: exe\n    basis: Điều 9\n    authority: Giám đốc Sở\n    unless: { attachment: { name: \"cai-dat-*.exe\" } }\n  - id: big\n    mode: observe\n  - id: strangers\n    for: [inbound]\n    when: { not: { client: { network: { file: lists/known.txt } } } }\n    then: note\n  - { id: later, needs: [antivirus], then: reject }\n  - { id: score, when: { tls: true }, then: { points: { spam: 2.5 } } }\n  - { id: secret, sensitive: true, when: { tls: true }, then: reject }\nexceptions:\n  - { id: lab, rules: [exe], when: { authenticated: true }, reason: Công văn 1, by: an, authority: Giám đốc Sở, until: 2099-12-31 }\n  - { id: old, rules: [exe], when: { authenticated: true }, reason: Công văn 0, by: an, authority: Giám đốc Sở, until: 2020-12-31 }\ntests:\n  - message: a.eml\n    given: { rcpt: [vanthu@daknong.gov.vn] }\n    expect: { verdict: reject, rules: [exe, strangers] }\n  - attachments: [2 KiB]\n    given: { rcpt: [vanthu@daknong.gov.vn], client: 203.0.113.5 }\n    expect: { verdict: tag, not: [exe, strangers] }\n";
    site.write("child.yaml", child);
    site.write("a.eml", letter("x", "a.exe", "MZ"));
    site
}

fn show(site: &Site, name: &str, more: &[&str]) -> Said {
    run([&["policy", "show", &site.text(name)], more].concat())
}

#[test]
fn every_value_names_the_line_that_it_comes_from() {
    let site = site();
    let said = show(&site, "child.yaml", &[]);
    assert_eq!(said.status, 0, "{}", said.err);
    let place = |file: &str, words: &str| {
        let text = site.read(file);
        let line = text.lines().position(|line| line.contains(words)).unwrap() + 1;
        format!("   # {}:{line}", site.text(file))
    };
    let basis = format!("basis: Điều 9{}\n", place("child.yaml", "Điều 9"));
    let title = format!("title: Tệp thực thi{}\n", place("site.yaml", "id: exe"));
    for words in [&basis, &title] {
        assert!(said.out.contains(words.as_str()), "{words} in {}", said.out);
    }
    assert!(!said.out.contains("extends"), "{}", said.out);
}

#[test]
fn what_is_shown_is_a_policy_that_does_the_same() {
    let site = site();
    let shown = show(&site, "child.yaml", &[]);
    // From another folder: paths of lists and messages are whole.
    site.write("elsewhere/shown.yaml", &shown.out);
    let file = site.text("elsewhere/shown.yaml");
    let said = run(["policy", "test", &file]);
    assert_eq!(said.status, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("2 passed, 0 failed"), "{}", said.out);
    // Shown again it says the same but for the places.
    let again = show(&site, "elsewhere/shown.yaml", &[]);
    let bare = |text: &str| {
        let lines = text
            .lines()
            .map(|line| line.split("   # ").next().unwrap_or_default());
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    assert_eq!(bare(&again.out), bare(&shown.out));
}

#[test]
fn as_json_each_value_has_its_pointer() {
    let site = site();
    let said = show(&site, "child.yaml", &["--json"]);
    let value: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(value["policy"]["name"], "child");
    assert_eq!(value["policy"]["rules"][0]["basis"], "Điều 9");
    let origin = value["origins"]["/rules/0/basis"].as_str().unwrap();
    assert!(origin.starts_with(&site.text("child.yaml")), "{origin}");
    let origins = value["origins"].as_object().unwrap();
    for pointer in origins.keys() {
        assert!(value["policy"].pointer(pointer).is_some(), "{pointer}");
    }
}

#[test]
fn a_policy_with_mistakes_is_not_shown() {
    let site = Site::new("observe", "rules: 5\n");
    let said = show(&site, "site.yaml", &[]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    let said = run([
        "policy",
        "explain",
        "exe",
        "--policy",
        &site.text("site.yaml"),
    ]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
}

fn explain(site: &Site, rule: &str, more: &[&str]) -> Said {
    let file = site.text("child.yaml");
    run([&["policy", "explain", rule, "--policy", &file], more].concat())
}

#[test]
fn a_rule_is_told_with_its_mode_its_reply_its_exceptions_and_its_tests() {
    let site = site();
    let said = explain(&site, "exe", &[]);
    assert_eq!(said.status, 0, "{}", said.err);
    for words in [
        "exe · Tệp thực thi",
        "Điều 9, Quy chế",
        "thư đến (inbound)",
        "attachment: {kind: executable}",
        "takes these files out of view",
        "từ chối / reject",
        "thực thi / enforce, because the policy enforces",
        "550 5.7.1 Khong nhan. Dieu 9, Quy che. Ma: XXXXXXXXXX",
        "lab: ",
        "đến hết / until 2099-12-31",
        "đã hết hạn / ended 2020-12-31",
        "quyết định / decided: Giám đốc Sở",
        "Người quyết định ngoại lệ / who decides: Giám đốc Sở",
        "trúng / fires ",
        "suýt / misses",
    ] {
        assert!(said.out.contains(words), "{words} in {}", said.out);
    }
    let said = explain(&site, "big", &[]);
    assert!(
        said.out.contains("but this rule is held back ("),
        "{}",
        said.out
    );
    assert!(!said.out.contains("XXXXXXXXXX"), "a tag answers nobody");
    let said = explain(&site, "strangers", &[]);
    assert!(
        said.out.contains("không / not:\n      client"),
        "{}",
        said.out
    );
    let said = explain(&site, "score", &[]);
    assert!(
        said.out
            .contains("ghi lại / note { points: { spam: 2.5 } }"),
        "{}",
        said.out
    );
    let said = explain(&site, "secret", &[]);
    assert!(said.out.contains("no copy is stored"), "{}", said.out);
    let said = explain(&site, "later", &[]);
    assert!(
        said.out.contains("not in force: needs antivirus"),
        "{}",
        said.out
    );
}

#[test]
fn a_rule_as_json() {
    let site = site();
    let said = explain(&site, "exe", &["--json"]);
    let value: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(value["id"], "exe");
    assert_eq!(value["mode"], "enforce");
    assert_eq!(value["then"], "reject");
    assert_eq!(value["exceptions"][0]["in_force"], true);
    assert_eq!(value["exceptions"][1]["in_force"], false);
    assert_eq!(value["reply"]["code"], 550);
}

#[test]
fn a_rule_that_is_not_there_is_1_with_what_was_meant() {
    let said = explain(&site(), "stranger", &[]);
    assert_eq!((said.status, said.out.as_str()), (1, ""));
    assert!(
        said.err.contains("did you mean `strangers`?"),
        "{}",
        said.err
    );
}
