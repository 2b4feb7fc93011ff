//! The shipped profiles, their clauses and their tests: `gacthu policy coverage`, `check`, `test`.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use crate::program::{OURS, Site, letter, run};

const PROFILES: [&str; 5] = ["dak-nong", "soc-trang", "can-tho", "binh-dinh", "ca-mau"];

fn shipped(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let path = folder.join(name).with_extension("yaml");
    path.to_str().unwrap().to_owned()
}

fn coverage(name: &str) -> Value {
    let said = run(["policy", "coverage", "--json", &shipped(name)]);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{name}");
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn every_shipped_policy_checks_without_a_word_and_passes_its_tests() {
    let files: Vec<String> = PROFILES
        .iter()
        .chain(&["base"])
        .map(|it| shipped(it))
        .collect();
    let words = |command| {
        let files = files.iter().map(String::as_str);
        ["policy", command]
            .into_iter()
            .chain(files)
            .collect::<Vec<_>>()
    };
    let said = run(words("check"));
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    let said = run(words("test"));
    assert_eq!(said.status, 0, "{}", said.out);
    let passed = said
        .out
        .lines()
        .filter(|line| line.starts_with("ok "))
        .count();
    assert!(passed >= 70, "{passed}");
    assert!(
        said.out
            .ends_with(&format!("{passed} passed, 0 failed, 0 unusable\n"))
    );
}

#[test]
fn no_clause_is_missing_and_every_rule_is_tested_on_both_sides() {
    for name in PROFILES {
        let coverage = coverage(name);
        assert_eq!(coverage["policy"], name);
        assert_eq!(coverage["complete"], true, "{name}");
        assert_eq!(coverage["untested"], Value::Array(Vec::new()), "{name}");
        let clauses = coverage["clauses"].as_array().unwrap();
        assert!(clauses.len() >= 16, "{name}");
        for clause in clauses {
            assert!(
                clause["quote"]
                    .as_str()
                    .is_some_and(|quote| quote.len() > 10),
                "{clause}"
            );
            if clause["state"] == "not_enforceable" {
                assert_ne!(clause["remark"], "", "{clause}");
            }
        }
    }
}

/// The clauses that a filter serves in these provinces (item 4 of the issue), by hand.
#[test]
fn the_clauses_of_the_filter_have_these_rules() {
    let wanted: [(&str, &[(&str, &str)]); 5] = [
        (
            "dak-nong",
            &[
                ("Điều 5 khoản 3", "attachments-total"),
                ("Điều 12 khoản 6", "executable"),
                ("Điều 12 khoản 6", "encrypted-archive"),
                ("Điều 13 khoản 4", "sign-up"),
                ("Điều 13 khoản 5", "auto-forward-out"),
                ("Điều 13 khoản 7", "secret-mark"),
            ],
        ),
        (
            "soc-trang",
            &[
                ("Điều 6 khoản 1", "secret-mark"),
                ("Điều 7", "attachment-size"),
                ("Điều 9 khoản 2", "sign-up"),
                ("Điều 9 khoản 3", "auto-forward-out"),
                ("Điều 9 khoản 4", "user-report"),
                ("Điều 13 khoản 2", "outside-as-ours"),
            ],
        ),
        (
            "can-tho",
            &[
                ("Điều 7 khoản 1", "secret-mark"),
                ("Điều 8 khoản 1", "sender-mismatch"),
                ("Điều 10 khoản 4", "public-mail"),
                ("Điều 11 khoản 5", "mailing-list"),
            ],
        ),
        (
            "binh-dinh",
            &[
                ("Điều 1 khoản 3", "secret-mark"),
                ("Điều 4 khoản 1", "agency-box"),
                ("Điều 4 khoản 3", "outbound-spam"),
            ],
        ),
        (
            "ca-mau",
            &[
                ("Điều 2 khoản 1", "own-address"),
                ("Điều 3 khoản 2", "secret-mark"),
                ("Điều 7 khoản 1 điểm a", "advertising"),
            ],
        ),
    ];
    for (name, pairs) in wanted {
        let coverage = coverage(name);
        let rules: BTreeMap<&str, &Value> = coverage["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| (rule["id"].as_str().unwrap(), rule))
            .collect();
        for (clause, rule) in pairs {
            let clauses = &rules[rule]["clauses"];
            assert!(
                clauses.as_array().unwrap().contains(&(*clause).into()),
                "{name}: {rule} serves {clauses}, not {clause}"
            );
        }
    }
}

/// What waits for an inspector is written well already: with a condition in place of its `needs`
/// each of these rules loads, its reply fits and its exceptions are in order.
#[test]
fn rules_that_wait_are_ready() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let site = Site::new("observe", "");
    for inner in ["lists", "marks"] {
        for list in std::fs::read_dir(folder.join(inner)).unwrap() {
            let list = list.unwrap();
            let name = format!("{inner}/{}", list.file_name().to_str().unwrap());
            site.write(&name, std::fs::read(list.path()).unwrap());
        }
    }
    let mut waiting = 0;
    for name in PROFILES.iter().chain(&["base"]) {
        let text = std::fs::read_to_string(shipped(name)).unwrap();
        let ready: Vec<String> = text
            .lines()
            .map(|line| match line.trim_start().starts_with("needs: [") {
                true => "    when: { message: { size: \"> 1 GiB\" } }".to_owned(),
                false => line.to_owned(),
            })
            .collect();
        waiting += text.matches("\n    needs: [").count();
        site.write(&format!("{name}.yaml"), ready.join("\n"));
    }
    // Fewer with each inspector that comes.
    assert!(waiting >= 5, "{waiting}");
    // The base is read with each of them; alone it has no domains to tell directions by.
    for name in PROFILES {
        let said = run(["policy", "check", &site.text(&format!("{name}.yaml"))]);
        assert_eq!((said.status, said.err.as_str()), (0, ""), "{name}");
    }
}

/// A rule with an example for the site to fill in is told as such, until the site has.
#[test]
fn what_a_site_fills_in_is_covered_from_then_on() {
    let state = |file: &str| {
        let said = run(["policy", "coverage", "--json", file]);
        assert_eq!(said.status, 0, "{}{}", said.out, said.err);
        let value: Value = serde_json::from_str(&said.out).unwrap();
        let clauses = value["clauses"].as_array().unwrap();
        let lists = clauses.iter().find(|it| it["clause"] == "Điều 11 khoản 5");
        lists.unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(&shipped("can-tho")), "site");
    let site = Site::new("observe", "");
    let head = format!("policy: 1\nname: site\nextends: {}\n", shipped("can-tho"));
    site.write("site.yaml", &head);
    assert_eq!(state(&site.text("site.yaml")), "site");
    site.write(
        "site.yaml",
        head + "rules:\n  - id: mailing-list\n    when: { recipient: { address: tatca@cantho.gov.vn } }\n",
    );
    assert_eq!(state(&site.text("site.yaml")), "covered");
}

const REGISTER: &str = "register: 1\npolicy: site\nregulation: Quy chế\nclauses:\n  - { clause: Điều 1, quote: Phạm vi, does: none, why: Phạm vi. }\n  - { clause: Điều 12 khoản 6, quote: tệp thực thi, does: [reject], rules: [exe] }\n";

fn own(rules: &str, register: &str) -> Site {
    let site = Site::new("observe", rules);
    site.write("clauses/site.yaml", register);
    site.write("a.eml", letter("x", "a.exe", "MZ"));
    site.write("b.eml", letter("x", "a.txt", "x"));
    site
}

fn rule(basis: &str) -> String {
    format!(
        "rules:\n  - {{ id: exe, title: T, basis: {basis}, when: {{ attachment: {{ kind: executable }} }}, then: reject }}\n"
    )
}

#[test]
fn what_is_missing_is_1_and_is_named() {
    let tests = format!(
        "tests:\n  - message: a.eml\n    given: {{ rcpt: [{OURS}] }}\n    expect: {{ verdict: reject, rules: [exe] }}\n  - message: b.eml\n    given: {{ rcpt: [{OURS}] }}\n    expect: {{ verdict: accept, not: [exe] }}\n"
    );
    let whole = rule("Điều 12 khoản 6") + &tests;
    let site = own(&whole, REGISTER);
    let said = run(["policy", "coverage", &site.text("site.yaml")]);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{}", said.out);
    assert!(
        said.out.contains("MISSING 0") && !said.out.contains("NOT TESTED"),
        "{}",
        said.out
    );

    let more = "  - { clause: Điều 13, quote: cấm, does: [tag] }\n";
    let cases = [
        // A clause of the filter without a rule.
        (whole.clone(), format!("{REGISTER}{more}"), "MISSING"),
        // A rule that is not there.
        (
            whole.clone(),
            REGISTER.replace("[exe]", "[exee]"),
            "no rule `exee`",
        ),
        // A rule switched off, and nothing for the site to fill in.
        (
            rule("Điều 12 khoản 6").replace("then:", "enabled: false, then:"),
            REGISTER.to_owned(),
            "switched off",
        ),
        // A citation that the register knows nothing of.
        (rule("Điều 99"), REGISTER.to_owned(), "cites Điều 99"),
    ];
    for (policy, register, words) in cases {
        let site = own(&policy, &register);
        let said = run(["policy", "coverage", &site.text("site.yaml")]);
        assert_eq!(said.status, 1, "{words}: {}", said.out);
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    // A rule without tests is named, and is no clause that is missing.
    let site = own(&rule("Điều 12 khoản 6"), REGISTER);
    let said = run(["policy", "coverage", &site.text("site.yaml")]);
    assert_eq!(said.status, 0);
    assert!(
        said.out.contains("NOT TESTED ON BOTH SIDES: exe"),
        "{}",
        said.out
    );
}

#[test]
fn a_register_with_mistakes_is_2_and_says_where() {
    for (register, words) in [
        ("clauses: []\n", "`register: 1`"),
        (
            "register: 1\nclauses:\n  - { clause: Điều 1, does: none }\n",
            "why",
        ),
        (
            "register: 1\nclauses:\n  - { clause: Điều 1, does: [rejct] }\n",
            "did you mean `reject`?",
        ),
        (
            "register: 1\nclauses:\n  - { clause: Điều 1, does: [admin] }\n  - { clause: Điều 1, does: [admin] }\n",
            "a second time",
        ),
        (
            "register: 1\nclauses:\n  - { clause: Điều 1, does: [none, tag], why: x }\n",
            "stands alone",
        ),
        (
            "register: 1\nclauses:\n  - { quote: x }\n",
            "needs its number",
        ),
    ] {
        let site = own(&rule("Điều 12 khoản 6"), register);
        let said = run(["policy", "coverage", &site.text("site.yaml")]);
        assert_eq!(said.status, 2, "{register}: {}", said.out);
        assert!(
            said.err.contains(words) && said.err.contains("clauses/site.yaml"),
            "{}",
            said.err
        );
    }
    let site = Site::new("observe", &rule("Điều 12 khoản 6"));
    let said = run(["policy", "coverage", &site.text("site.yaml")]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("--clauses"), "{}", said.err);
}
