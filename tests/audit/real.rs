//! Compared with Postfix's own programs, where they are installed.

use std::{path::Path, process::Command};

use crate::tree::{Report, Tree, run};

fn tool(name: &str) -> Option<String> {
    let path = format!("/usr/sbin/{name}");
    if Path::new(&path).exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: there is no {name} on this machine");
    None
}

fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// What the audit of this folder lists, with a file of no users.
fn audited(tree: &Tree) -> Vec<String> {
    let report = Report::new(run(&[
        "--json",
        "--postfix",
        &tree.text(""),
        "--passwd",
        &tree.text("passwd"),
    ]));
    let forwards = report.json["forwards"].as_array().unwrap();
    let to = forwards
        .iter()
        .map(|it| it["to"].as_str().unwrap().to_owned());
    to.collect()
}

#[test]
fn values_are_those_of_postconf() {
    let Some(postconf) = tool("postconf") else {
        return;
    };
    let tree = Tree::empty();
    let mut master = String::new();
    // One run of postconf takes two seconds on some machines: a service for each value.
    for (number, value) in [
        "$a",
        "${a}2",
        "$(a)3",
        "x${b:no}@gmail.com",
        "${a?yes@gmail.com}",
        "${b?yes@gmail.com}no@gmail.com",
        "${b?{x@gmail.com}:{y@gmail.com}}",
        "${{$c} == {1} ? {eq@gmail.com} : {ne@gmail.com}}",
        "${{$c}!={1}?{ne@gmail.com}:{eq2@gmail.com}}",
        "${{9} < {10} ? {number@gmail.com} : {text@gmail.com}}",
        "u@$myhostname.com",
        "v@$mydomain.com",
        "$$x@gmail.com",
        "${d}",
    ]
    .iter()
    .enumerate()
    {
        master.push_str(&format!(
            "c{number} unix n - y - 0 cleanup\n  -o {{ always_bcc = {value} }}\n"
        ));
    }
    tree.write("main.cf", "myhostname = mail.xa.example\na = an@gmail.com\nb =\nc = 1\nalias_maps =\nd =\n   # comment\n\n\tcontinued@gmail.com\nalways_bcc = first@gmail.com\nalways_bcc=last@gmail.com\n");
    tree.write("master.cf", master).write("passwd", "");
    let said = said(&postconf, &["-c", &tree.text(""), "-P", "-x"]);
    let mut theirs: Vec<&str> = said
        .lines()
        .map(|line| line.split_once(" = ").unwrap().1.trim())
        .collect();
    theirs.push("last@gmail.com");
    theirs.sort_unstable();
    assert_eq!(theirs.len(), 15, "{said}");
    let mut ours = audited(&tree);
    ours.sort();
    assert_eq!(ours, theirs);
}

#[test]
fn services_are_those_of_postconf() {
    let Some(postconf) = tool("postconf") else {
        return;
    };
    let tree = Tree::empty();
    tree.write(
        "main.cf",
        "mine = inet:x:1\nsmtpd_milters = unix:gacthu\nalias_maps =\n",
    );
    tree.write(
        "master.cf",
        "smtp inet n - y - - smtpd\n587 inet n - y - - smtpd -o smtpd_milters=\n588 inet n - y - - smtpd\n  -o { smtpd_milters = $mine }\n# c\n  -v\n589 inet n - y - - smtpd\n  -osmtpd_milters=unix:gacthu/b\n",
    );
    let theirs = said(&postconf, &["-c", &tree.text(""), "-P", "-x"]);
    let blind: Vec<&str> = theirs
        .lines()
        .filter(|line| line.contains("/smtpd_milters =") && !line.contains("gacthu"))
        .collect();
    assert_eq!(
        blind,
        [
            "587/inet/smtpd_milters =",
            "588/inet/smtpd_milters = inet:x:1"
        ]
    );
    let report = Report::new(run(&[
        "--json",
        "--postfix",
        &tree.text(""),
        "--passwd",
        "/dev/null",
    ]));
    let names: Vec<&str> = report.json["paths"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["587 inet", "588 inet"]);
}

#[test]
fn built_tables_are_read_where_their_text_is_gone_or_newer() {
    let (Some(postmap), Some(postalias)) = (tool("postmap"), tool("postalias")) else {
        return;
    };
    let tree = Tree::empty();
    let dir = tree.text("");
    tree.write("main.cf", format!("myhostname = mail.xa.example\nalias_maps = hash:{dir}aliases\nalias_database =\nvirtual_alias_maps = hash:{dir}virtual\nvirtual_alias_domains =\n"));
    tree.write("master.cf", "").write("passwd", "");
    tree.write(
        "aliases",
        "An: an@gmail.com,\n  \"|/usr/bin/procmail -x, y\"\n\"b c\": :include:/none\nin: an\n",
    );
    tree.write(
        "virtual",
        "X@xa.example x@yahoo.com, y@mic.gov.vn\n\"a b\"@xa.example z@yahoo.com\n",
    );
    said(&postalias, &["-c", &dir, &format!("hash:{dir}aliases")]);
    said(&postmap, &["-c", &dir, &format!("hash:{dir}virtual")]);
    let audit = |more: &[&str]| {
        let (dir, passwd) = (tree.text(""), tree.text("passwd"));
        let mut args = vec!["--json", "--postfix", &dir, "--passwd", &passwd];
        args.extend(more);
        Report::new(run(&args))
    };
    let leaving = |report: &Report| {
        let forwards = report.json["forwards"].as_array().unwrap().clone();
        let mut found: Vec<String> = forwards
            .iter()
            .map(|it| {
                format!(
                    "{} {}",
                    it["who"].as_str().unwrap().to_lowercase(),
                    it["to"].as_str().unwrap()
                )
            })
            .collect();
        found.sort();
        found
    };
    let of_text = leaving(&audit(&["--postmap", "never"]));
    assert_eq!(
        of_text,
        [
            "\"a b\"@xa.example z@yahoo.com",
            "an an@gmail.com",
            "an |/usr/bin/procmail -x, y",
            "x@xa.example x@yahoo.com"
        ]
    );
    assert_eq!(leaving(&audit(&["--postmap", "always"])), of_text);

    // The text says something else than what is in force.
    let newer = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    tree.write("virtual", "x@xa.example x@mic.gov.vn\n");
    std::fs::File::open(tree.path("virtual"))
        .unwrap()
        .set_modified(newer)
        .unwrap();
    let report = audit(&[]);
    assert!(leaving(&report).contains(&"x@xa.example x@yahoo.com".to_owned()));
    assert!(
        report
            .remarks()
            .contains("changed after the table was built"),
        "{}",
        report.remarks()
    );

    std::fs::remove_file(tree.path("aliases")).unwrap();
    let report = audit(&[]);
    assert_eq!(leaving(&report), of_text);
    assert_eq!(
        report.to("an@gmail.com")["file"].as_str().unwrap(),
        tree.text("aliases.db")
    );
    let report = audit(&["--postmap", "never"]);
    let missing = report
        .unread()
        .iter()
        .any(|it| *it == format!("missing hash:{dir}aliases"));
    assert!(missing, "{:?}", report.unread());
}

#[test]
fn names_on_the_command_line_count_from_here() {
    let tree = Tree::empty();
    tree.write("pf/main.cf", "myhostname = mail.xa.example\nalias_maps =\nvirtual_alias_maps = texthash:$config_directory/v, mysql:/x\n");
    tree.write("pf/master.cf", "")
        .write("pf/v", "a@xa.example a@gmail.com\n");
    tree.write("export", "b@xa.example b@gmail.com\n")
        .write("users", "");
    let output = Command::new(env!("CARGO_BIN_EXE_gacthu"))
        .current_dir(tree.path(""))
        .args([
            "audit",
            "forwards",
            "--postfix",
            "pf",
            "--passwd",
            "users",
            "--map",
            "virtual_alias_maps=export",
            "--state",
            "state",
            "--metrics",
            "m.prom",
            "--output",
            "report.csv",
            "--format=csv",
        ])
        .output()
        .unwrap();
    assert_eq!(
        (
            output.status.code(),
            output.stdout.as_slice(),
            output.stderr.as_slice()
        ),
        (Some(1), &b""[..], &b""[..])
    );
    let report = std::fs::read_to_string(tree.path("report.csv")).unwrap();
    assert!(
        report.contains("a@gmail.com")
            && report.contains("b@gmail.com")
            && !report.contains("unread"),
        "{report}"
    );
    assert!(tree.path("state").exists() && tree.path("m.prom").exists());
    use std::os::unix::fs::MetadataExt;
    let mode = |name: &str| std::fs::metadata(tree.path(name)).unwrap().mode() & 0o777;
    assert_eq!((mode("report.csv"), mode("m.prom")), (0o640, 0o644));
}
