//! The table, CSV, the state of the last run, metrics, exit status.

use crate::tree::{Report, Tree, run, set};

fn tree() -> Tree {
    let tree = Tree::postfix(
        "alias_maps = hash:/etc/aliases\nvirtual_alias_maps = hash:/etc/postfix/virtual",
    );
    tree.write("etc/aliases", "an: an@gmail.com\nb: an\n")
        .write("etc/postfix/virtual", "x@xa.example x@yahoo.com\n");
    tree.write("etc/passwd", "");
    tree
}

fn with_state(tree: &Tree, more: &[&str]) -> Report {
    let state = tree.text("state");
    let mut args = vec!["--state", state.as_str()];
    args.extend(more);
    tree.report(&args)
}

#[test]
fn the_table_says_who_where_to_why_and_where() {
    let said = tree().run(&["--postfix", "/etc/postfix"]);
    assert_eq!(said.status, 1, "{}", said.err);
    for text in [
        "CHUYỂN TIẾP RA NGOÀI / FORWARDS THAT LEAVE: 2",
        "an → an@gmail.com   thư công cộng / public; milter không thấy / unseen [1]",
        "/etc/aliases:1",
        "qua / through: b → an (1)",
        "[2] cleanup(8) khai triển sau khi milter đã trả lời; milter chỉ thấy người nhận ban đầu.\n      cleanup(8) expands it",
        "2 chuyển tiếp ra ngoài (2 milter không thấy)",
    ] {
        assert!(said.out.contains(text), "{text}: {}", said.out);
    }
    let said = tree().run(&["--postfix", "/etc/postfix", "--show", "1"]);
    assert!(
        said.out.contains("còn 1 mục nữa") && !said.out.contains("x@yahoo.com"),
        "{}",
        said.out
    );
}

#[test]
fn changes_since_the_last_run_are_told() {
    let tree = tree();
    let report = with_state(&tree, &[]);
    assert_eq!(report.json["changes"]["first_run"], true);
    assert_eq!(report.json["changes"]["new"], 0);
    // A line above makes nothing new.
    tree.write("etc/aliases", "# c\nan: an@gmail.com\nmoi: moi@gmail.com\n")
        .write("etc/postfix/virtual", "");
    let report = with_state(&tree, &[]);
    assert_eq!(report.json["changes"]["new"], 1);
    assert_eq!(
        report.json["changes"]["gone"],
        serde_json::json!(["virtual\tx@xa.example\tx@yahoo.com\t/etc/postfix/virtual"])
    );
    assert_eq!(
        (
            report.to("moi@gmail.com")["new"].as_bool(),
            report.to("an@gmail.com")["new"].as_bool()
        ),
        (Some(true), Some(false))
    );
    let report = with_state(&tree, &["--fail-on", "new"]);
    assert_eq!(
        (report.status, report.json["changes"]["new"].as_u64()),
        (0, Some(0))
    );
    tree.write(
        "etc/aliases",
        "an: an@gmail.com\nmoi: moi@gmail.com, hai@gmail.com\n",
    );
    assert_eq!(with_state(&tree, &["--fail-on", "new"]).status, 1);
}

#[test]
fn what_could_not_be_read_this_time_is_not_gone() {
    let tree = tree();
    with_state(&tree, &[]);
    std::fs::rename(tree.path("etc/aliases"), tree.path("etc/away")).unwrap();
    let report = with_state(&tree, &[]);
    assert_eq!(
        (
            report.json["changes"]["gone"].as_array().unwrap().len(),
            report.json["changes"]["not_looked_at"].as_u64()
        ),
        (0, Some(1))
    );
    assert_eq!(report.status, 2);
    std::fs::rename(tree.path("etc/away"), tree.path("etc/aliases")).unwrap();
    let report = with_state(&tree, &[]);
    assert_eq!(report.json["changes"]["new"], 0);
    assert_eq!(
        report.json["changes"]["gone"].as_array().unwrap().len(),
        1,
        "the unread file is no longer one"
    );
}

#[test]
fn a_damaged_state_counts_as_none() {
    for content in ["", "gacthu-forwards 1", "something else\n", "\u{0}\n"] {
        let tree = tree();
        tree.write("state", content);
        let report = with_state(&tree, &[]);
        assert_eq!(
            (
                report.json["changes"]["damaged"].as_bool(),
                report.json["changes"]["new"].as_u64()
            ),
            (Some(true), Some(0)),
            "{content:?}"
        );
        assert_eq!(with_state(&tree, &[]).json["changes"]["first_run"], false);
    }
}

#[test]
fn metrics_are_a_file_for_the_collector() {
    let tree = tree();
    let file = tree.text("gacthu.prom");
    tree.run(&[
        "--postfix",
        "/etc/postfix",
        "--metrics",
        &file,
        "--state",
        &tree.text("state"),
    ]);
    let text = std::fs::read_to_string(&file).unwrap();
    for line in [
        "# TYPE gacthu_forward_blind_spots gauge",
        "gacthu_forward_blind_spots 2",
        "gacthu_forward_findings{kind=\"alias\",destination=\"public\"} 1",
        "gacthu_forward_findings{kind=\"sieve\",destination=\"other\"} 0",
        "gacthu_forward_blind_paths{kind=\"listener\"} 0",
        "gacthu_forward_unread{reason=\"server\"} 0",
        "gacthu_forward_new 0",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
    // Every name is in the documentation, and no other.
    let names: std::collections::BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/forwarding.md"))
        .unwrap();
    let told: std::collections::BTreeSet<&str> = page
        .split('`')
        .filter(|it| it.starts_with("gacthu_forward_") && !it.contains(['{', ' ']))
        .collect();
    assert_eq!(names, told);
    // No temporary file is left.
    let left: Vec<_> = std::fs::read_dir(tree.path(""))
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .filter(|it| it.to_string_lossy().contains("prom."))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn csv_has_a_line_for_each_finding() {
    let tree = tree();
    tree.write(
        "etc/postfix/main.cf",
        format!(
            "{}alias_maps = hash:/etc/aliases, ldap:/x\nnon_smtpd_milters =\n",
            crate::tree::MAIN
        ),
    );
    let said = tree.run(&["--postfix", "/etc/postfix", "--format=csv"]);
    let lines: Vec<&str> = said.out.split("\r\n").collect();
    assert!(lines[0].starts_with("\"finding\",\"kind\",\"who\""));
    assert!(
        lines[1].starts_with("\"forward\",\"alias\",\"an\",\"an@gmail.com\",\"public\",\"no\","),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].starts_with("\"path\",\"sendmail\",")
            && lines[3].starts_with("\"unread\",\"server\",\"ldap:/x\",")
    );
    assert_eq!(lines.len(), 5);
}

#[test]
fn wrong_usage_names_the_remedy() {
    let tree = Tree::empty();
    for (args, text) in [
        (&["--fail-on", "new"][..], "needs --state"),
        (&["--map", "x"], "PARAMETER=FILE"),
        (&["--postmap", "x"], "auto, always and never"),
        (&["--own", "a b"], "--own"),
        (&["--state-domains", "/none"], "cannot be read"),
        (&["--policy", "/none"], "domains"),
        (&["--root", "/none/x"], "no such folder"),
        (&["--json", "--format=csv"], "cannot be used with"),
    ] {
        let said = run(args);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{args:?}");
        assert!(said.err.contains(text), "{args:?}: {}", said.err);
    }
    // A state that cannot be written is said, behind the findings.
    let said = tree.run(&["--zimbra", "/x", "--state", "/proc/none/state"]);
    assert!(
        said.status == 2 && said.err.contains("cannot be written") && said.out.contains("/x"),
        "{} {}",
        said.out,
        said.err
    );
    let report = tree.report(&["--postfix", "/etc/postfix", "--passwd", "/none"]);
    assert_eq!(
        report.unread(),
        set(["missing /etc/postfix/main.cf", "missing /none"])
    );
}
