//! `gacthu scan --summary` and `--role`.

use serde_json::Value;

use crate::program::{RULES, Said, Site, letter, run};

/// A mailbox: four programs, one large letter, two plain ones.
fn mailbox() -> Site {
    let site = Site::new("observe", RULES);
    let put = |name: &str, from: &str, to: &str, file: &str, content: &str| {
        let text = letter("bi mat cua toi", file, content);
        let lines = text
            .lines()
            .filter(|line| !line.starts_with("From:") && !line.starts_with("To:"));
        let rest: Vec<&str> = lines.collect();
        site.write(
            &format!("mail/{name}"),
            format!("From: {from}\r\nTo: {to}\r\n{}\r\n", rest.join("\r\n")),
        );
    };
    let ours = "vanthu@daknong.gov.vn";
    for name in ["1.eml", "2.eml", "3.eml"] {
        put(name, "nguyen.van.a@example.com", ours, "luong.exe", "MZ");
    }
    put("4.eml", ours, "b@example.net", "luong.exe", "MZ");
    put("5.eml", "c@example.net", ours, "a.txt", &"x".repeat(4000));
    put("6.eml", "c@example.net", ours, "a.txt", "x");
    put("7.eml", ours, ours, "a.txt", "x");
    site
}

fn summary(site: &Site, more: &[&str]) -> Said {
    let (policy, mail) = (site.text("site.yaml"), site.text("mail"));
    run([&["scan", "--policy", &policy, "--summary", &mail], more].concat())
}

#[test]
fn it_counts_by_rule_domain_and_direction_with_examples() {
    let site = mailbox();
    let said = summary(&site, &["--json", "--examples", "2"]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    let value: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (&value["messages"], &value["stopped"]),
        (&7.into(), &4.into())
    );
    assert_eq!(
        value["verdicts"],
        serde_json::json!({"accept": 2, "tag": 1, "reject": 4})
    );
    assert_eq!(value["applied"], serde_json::json!({"accept": 7}));
    assert_eq!(
        value["directions"]["inbound"],
        serde_json::json!({"messages": 5, "stopped": 3})
    );
    assert_eq!(
        value["directions"]["outbound"],
        serde_json::json!({"messages": 1, "stopped": 1})
    );
    assert_eq!(
        value["directions"]["internal"],
        serde_json::json!({"messages": 1, "stopped": 0})
    );
    let exe = &value["rules"]["exe"];
    assert_eq!(
        (&exe["messages"], &exe["share"]),
        (&4.into(), &0.5714.into())
    );
    assert_eq!(
        (&exe["then"], &exe["basis"]),
        (&"reject".into(), &"Điều 12 khoản 6".into())
    );
    assert_eq!(
        exe["examples"],
        serde_json::json!([site.text("mail/1.eml"), site.text("mail/2.eml")])
    );
    assert_eq!(value["rules"]["big"]["messages"], 1);
    // Only senders of what is stopped.
    let domains = value["sender_domains"].as_object().unwrap();
    let names: Vec<&String> = domains.keys().collect();
    assert_eq!(names, ["daknong.gov.vn", "example.com"]);
    assert_eq!(domains["example.com"]["messages"], 3);
    assert_eq!(domains["example.com"]["rules"], serde_json::json!(["exe"]));
}

#[test]
fn for_people_it_says_the_same_and_no_subject_or_name() {
    let site = mailbox();
    let said = summary(&site, &[]);
    assert_eq!(said.status, 0, "{}", said.err);
    for words in [
        "7 messages; 4 (57.14%) would be stopped if every rule were enforced",
        "verdicts:   accept 2, reject 4, tag 1",
        "directions: inbound 5 (3 stopped), internal 1 (0 stopped), outbound 1 (1 stopped)",
        "  reject     exe: 4 (57.14%), inbound 3, outbound 1   [Điều 12 khoản 6]",
        "  example.com: 3 (42.86%), exe",
    ] {
        assert!(said.out.contains(words), "{words} in {}", said.out);
    }
    assert_eq!(
        said.out.matches("mail/4.eml").count(),
        1,
        "three examples, and one of its domain"
    );
    for text in [&said.out, &summary(&site, &["--json"]).out] {
        for word in ["bi mat", "luong.exe", "nguyen.van.a", "vanthu@"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_counted_and_nothing_is_a_summary_too() {
    let site = mailbox();
    let said = summary(&site, &["--json", "/nowhere"]);
    assert_eq!(said.status, 2);
    let value: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (&value["messages"], &value["unreadable"]),
        (&7.into(), &1.into())
    );
    let empty = site.path("empty");
    std::fs::create_dir(&empty).unwrap();
    let policy = site.text("site.yaml");
    let said = run([
        "scan",
        "--policy",
        &policy,
        "--summary",
        empty.to_str().unwrap(),
    ]);
    assert_eq!(said.status, 0);
    assert!(
        said.out.starts_with("0 messages; 0 (0.00%)"),
        "{}",
        said.out
    );
}

#[test]
fn the_role_decides_where_a_letter_comes_from_and_what_is_answered() {
    let rules = RULES.replace(
        "when: { attachment: { kind: executable } }",
        "for: [outbound], when: { attachment: { kind: executable } }",
    );
    let site = Site::new("enforce", &rules);
    let file = site.write("a.eml", letter("x", "a.exe", "MZ"));
    let policy = site.text("site.yaml");
    let scan = |role: &str| {
        let file = file.to_str().unwrap();
        let words = [
            "scan",
            "--policy",
            &policy,
            "--json",
            "--role",
            role,
            "--envelope-from",
            "a@daknong.gov.vn",
            "--rcpt",
            "b@example.com",
            "--client",
            "203.0.113.5",
            file,
        ];
        let said = run(words);
        assert_eq!(said.status, 0, "{}", said.err);
        let value: Value = serde_json::from_str(&said.out).unwrap();
        (
            value["verdict"].as_str().unwrap().to_owned(),
            value["applied"].as_str().unwrap().to_owned(),
        )
    };
    let both = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(scan("mx"), both("accept", "accept"));
    assert_eq!(scan("submission"), both("reject", "reject"));
    // A 5xx to the local machine would become a bounce.
    assert_eq!(scan("local"), both("reject", "quarantine"));
    let said = run(["scan", "--policy", &policy, "--role", "mxx", "x"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("mx"), "{}", said.err);
}
