//! Files that somebody made to stop the audit or to mislead it.

use std::time::{Duration, Instant};

use crate::tree::{Tree, set};

#[test]
fn what_is_no_file_is_not_waited_for() {
    let tree = Tree::postfix(
        "alias_maps = hash:/etc/fifo\nvirtual_alias_maps = texthash:/etc/dir, texthash:/etc/loop, pcre:/etc/none",
    );
    tree.user("an").user("binh");
    for name in [
        "etc/fifo",
        "home/an/.forward",
        "home/an/.dovecot.sieve",
        "home/an/.procmailrc",
    ] {
        let path = tree.path(name);
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
    }
    std::fs::create_dir(tree.path("etc/dir")).unwrap();
    tree.link("loop", "etc/loop")
        .link("/etc/passwd", "home/binh/.dovecot.sieve");
    let begin = Instant::now();
    let report = tree.report(&[]);
    assert!(begin.elapsed() < Duration::from_secs(20));
    assert_eq!(
        report.unread(),
        set([
            "not-a-file /etc/fifo",
            "not-a-file /etc/dir",
            "not-a-file /etc/loop",
            "missing /etc/none",
            "not-a-file /home/an/.forward",
            "not-a-file /home/an/.dovecot.sieve",
            "not-a-file /home/an/.procmailrc",
            "not-a-file /home/binh/.dovecot.sieve",
        ])
    );
    assert_eq!(report.status, 2);
}

#[test]
fn what_is_too_large_or_damaged_is_said() {
    let tree = Tree::postfix("alias_maps =");
    tree.user("an").user("binh");
    tree.write("home/an/.forward", "x@gmail.com\n".repeat(30_000));
    tree.write(
        "home/an/.dovecot.sieve",
        format!("redirect \"a@gmail.com\";\n/* {}", "x".repeat(1000)),
    );
    tree.write("home/binh/.dovecot.sieve", "#".repeat(2 << 20));
    let report = tree.report(&[]);
    assert_eq!(
        report.unread(),
        set([
            "limit /home/an/.forward",
            "damaged /home/an/.dovecot.sieve:2",
            "limit /home/binh/.dovecot.sieve"
        ])
    );
    // What stands before the damage is told.
    assert_eq!(report.to("a@gmail.com")["line"], 1);
}

#[test]
fn a_file_that_may_not_be_read_is_named_with_the_remedy() {
    // Root reads everything.
    if rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: root may read every file");
        return;
    }
    let tree = Tree::postfix("alias_maps = hash:/etc/secret");
    tree.write("etc/secret", "a: b").mode("etc/secret", 0);
    let report = tree.report(&[]);
    assert_eq!(
        (report.status, report.unread()),
        (2, set(["permission /etc/secret"]))
    );
    assert!(
        report.json["unread"][0]["remedy"]
            .as_str()
            .unwrap()
            .contains("CAP_DAC_READ_SEARCH")
    );
}

#[test]
fn bytes_of_any_sort_are_survived() {
    let mut noise = Vec::new();
    let mut state = 1_u32;
    for _ in 0..100_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.push((state >> 24) as u8);
    }
    let long = [b"x@gmail.com,".repeat(50_000), b"\n".to_vec()].concat();
    let deep = [
        "(\"<{".repeat(30_000),
        "$${".repeat(30_000),
        "${a".repeat(3_000),
    ]
    .concat();
    let contents: [&[u8]; 5] = [
        &noise,
        &long,
        deep.as_bytes(),
        b"\0\0\n\0: \0\n",
        b"\xef\xbb\xbfan: a@gmail.com\r\n",
    ];
    for content in contents {
        let tree = Tree::postfix(
            "alias_maps = hash:/x, texthash:/x\nvirtual_alias_maps = hash:/x, regexp:/x, pcre:/x\nheader_checks = regexp:/x\nsmtpd_milter_maps = cidr:/x\ntransport_maps = hash:/x\nvirtual_mailbox_domains = /x",
        );
        tree.user("an").write("x", content);
        for name in [
            "home/an/.forward",
            "home/an/.dovecot.sieve",
            "home/an/.procmailrc",
            "home/an/.mailfilter",
        ] {
            tree.write(name, content);
        }
        let begin = Instant::now();
        let said = tree.run(&[
            "--postfix",
            "/etc/postfix",
            "--dovecot",
            "/x",
            "--zimbra",
            "/x",
            "--passwd",
            "/x",
            "--passwd",
            "/etc/passwd",
            "--state",
            &tree.text("state"),
        ]);
        assert!(
            (0..=2).contains(&said.status),
            "{} {}",
            said.status,
            said.err
        );
        assert!(!said.out.contains(['\0', '\u{1b}']));
        // main.cf and master.cf too.
        tree.write("etc/postfix/main.cf", content)
            .write("etc/postfix/master.cf", content);
        let said = tree.run(&["--postfix", "/etc/postfix", "--format=csv"]);
        assert!(
            (0..=2).contains(&said.status),
            "{} {}",
            said.status,
            said.err
        );
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "{:?}",
            begin.elapsed()
        );
    }
}

#[test]
fn circles_of_includes_and_aliases_end() {
    let tree = Tree::postfix("alias_maps = texthash:/etc/al");
    tree.write("etc/al", "a :include:/etc/i0\n");
    for n in 0..50 {
        tree.write(
            &format!("etc/i{n}"),
            format!(
                ":include:/etc/i{}\n:include:/etc/i0\nx{n}@gmail.com\n",
                n + 1
            ),
        );
    }
    let mut chain = String::new();
    for n in 0..5_000 {
        chain.push_str(&format!("n{n} n{}\n", n + 1));
    }
    tree.write(
        "etc/al",
        format!("a :include:/etc/i0\n{chain}n5000 out@gmail.com\n"),
    );
    let report = tree.report(&[]);
    assert_eq!(report.to("out@gmail.com")["reached_by"], 50);
    assert_eq!(report.to("x19@gmail.com")["kind"], "alias");
    assert!(
        report
            .unread()
            .iter()
            .any(|it| it.starts_with("limit /etc/i")),
        "{:?}",
        report.unread()
    );
}

#[test]
fn many_includes_and_services_cost_little() {
    let tree = Tree::postfix("alias_maps =");
    tree.user("an");
    for n in 0..8 {
        let line = format!("INCLUDERC=rc{}\n", n + 1).repeat(5_000);
        let name = if n == 0 {
            "home/an/.procmailrc".to_owned()
        } else {
            format!("home/an/rc{n}")
        };
        tree.write(&name, format!("{line}! x{n}@gmail.com\n"));
        let line = format!("include \"m{}\"\n", n + 1).repeat(5_000);
        let name = if n == 0 {
            "home/an/.mailfilter".to_owned()
        } else {
            format!("home/an/m{n}")
        };
        tree.write(&name, line);
    }
    let mut master = String::new();
    for n in 0..5_000 {
        master.push_str(&format!(
            "c{n} unix n - n - 0 cleanup\n  -o always_bcc=a{n}@gmail.com\n"
        ));
    }
    tree.write("etc/postfix/master.cf", master);
    let begin = Instant::now();
    let report = tree.report(&[]);
    assert!(
        begin.elapsed() < Duration::from_secs(30),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(report.to("x5@gmail.com")["file"], "/home/an/rc5");
    assert_eq!(
        report.unread(),
        crate::tree::set([
            "limit services from /etc/postfix/master.cf:2001 on",
            "missing rc6 in /home/an/rc5",
            "missing m6 in /home/an/m5",
        ])
    );
}

#[test]
fn nothing_can_write_to_the_terminal_or_the_spreadsheet() {
    let tree = Tree::postfix("alias_maps = texthash:/etc/al");
    tree.write(
        "etc/al",
        "\"\u{1b}[2J\u{202e}\" =cmd|x@gmail.com\n+1 @gmail.com\n",
    );
    let said = tree.run(&["--postfix", "/etc/postfix", "--passwd", "/etc/postfix/none"]);
    assert!(
        !said.out.contains(['\u{1b}', '\u{202e}']) && said.out.contains("\\u{1b}[2J"),
        "{}",
        said.out
    );
    let said = tree.run(&["--postfix", "/etc/postfix", "--format=csv"]);
    assert!(
        said.out.contains("\"'=cmd|x@gmail.com\"") && said.out.contains("\"'+1\",\"'@gmail.com\""),
        "{}",
        said.out
    );
}
