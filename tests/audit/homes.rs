//! `.forward`, recipes, Sieve.

use crate::tree::{Tree, set};

#[test]
fn forward_files_are_read_as_postfix_reads_them() {
    let tree = Tree::postfix(
        "alias_maps =\nrecipient_delimiter = +\nforward_path = $home/.forward${recipient_delimiter}${extension}, $home/.forward, /var/forward/$user",
    );
    for name in ["an", "binh", "chi", "dung", "em"] {
        tree.user(name);
    }
    tree.write(
        "home/an/.forward",
        "# x@gmail.com\n\\an,\"|/usr/bin/procmail\"\nan@gmail.com,/home/an/mbox\n",
    );
    tree.write("home/an/.forward+hop", "hop@gmail.com\n");
    tree.write("var/forward/binh", "binh@yahoo.com\n");
    tree.write("home/chi/.forward", "chi@gmail.com\n")
        .mode("home/chi/.forward", 0o646);
    tree.write("home/dung/x", "dung@gmail.com\n")
        .link("x", "home/dung/.forward");
    let report = tree.report(&[]);
    assert_eq!(
        report.forwards(),
        set([
            "dot-forward an > an@gmail.com public no /home/an/.forward:3",
            "dot-forward an > hop@gmail.com public no /home/an/.forward+hop:1",
            "dot-forward binh > binh@yahoo.com public no /var/forward/binh:1",
            "program an > |/usr/bin/procmail unknown yes /home/an/.forward:2",
        ])
    );
    let remarks = report.remarks();
    assert!(
        remarks.contains("chi/.forward") && remarks.contains("everyone may write it"),
        "{remarks}"
    );
    assert!(
        remarks.contains("dung/.forward") && remarks.contains("symbolic link"),
        "{remarks}"
    );
    assert_eq!(report.json["homes"], 5);
    // Switched off, it is not read.
    let tree = Tree::postfix("alias_maps =\nforward_path =");
    tree.user("an").write("home/an/.forward", "an@gmail.com\n");
    tree.report(&[]).is_clean();
}

#[test]
fn recipes_of_procmail_and_maildrop_are_read() {
    let tree = Tree::empty();
    tree.user("an").user("binh");
    tree.write("home/an/.procmailrc", ":0 c\n* !^X: y\n! an@gmail.com \\\n  an2@gmail.com\n:0fw\n| spamc\n:0\n| formail -r | $SENDMAIL -t\nINCLUDERC=$HOME/rc\nINCLUDERC=$X/rc\n:0\n! $NGOAI $LOGNAME@gmail.com $X@xa.gov.vn\n# ! x@gmail.com\n");
    tree.user("chi").write(
        "home/chi/.forward",
        "\"|/usr/bin/maildrop /home/chi/loc\"\n",
    );
    tree.write(
        "home/chi/loc",
        "cc \"| /opt/gui -i chi@gmail.com\"\ncc \"| /opt/loc an@mic.gov.vn\"\n",
    );
    tree.write("home/an/rc", ":0\n! -oi rc@gmail.com\n");
    tree.write("home/binh/.mailfilter", "if (/^From: to !x/)\n{\n  cc \"!binh@gmail.com\"\n}\nto \"!a@mic.gov.vn\"\n# to \"!x@gmail.com\"\nto Maildir/\n");
    tree.write("etc/procmailrc", ":0 c\n! moi@yahoo.com\n");
    let report = tree.report(&["--passwd", "/etc/passwd"]);
    assert_eq!(
        report.forwards(),
        set([
            "recipe an > an@gmail.com public unknown /home/an/.procmailrc:3",
            "recipe an > an2@gmail.com public unknown /home/an/.procmailrc:3",
            "recipe an > |formail -r | $SENDMAIL -t unknown unknown /home/an/.procmailrc:8",
            "recipe an > $NGOAI unknown unknown /home/an/.procmailrc:12",
            "recipe an > $LOGNAME@gmail.com public unknown /home/an/.procmailrc:12",
            "recipe an > rc@gmail.com public unknown /home/an/rc:2",
            "recipe binh > binh@gmail.com public unknown /home/binh/.mailfilter:3",
            "program chi > |/usr/bin/maildrop /home/chi/loc unknown unknown /home/chi/.forward:1",
            "recipe chi > |/opt/gui -i chi@gmail.com public unknown /home/chi/loc:1",
            "recipe (every user of procmail) > moi@yahoo.com public unknown /etc/procmailrc:2",
        ])
    );
    assert_eq!(
        report.unread(),
        set(["missing $X/rc in /home/an/.procmailrc"])
    );
}

const COPY: &str = "require [\"copy\", \"fileinto\"];\n# redirect \"x@gmail.com\";\nif true {\n  redirect :copy \"NAME@gmail.com\";\n}\n";

#[test]
fn active_scripts_of_dovecot_are_read() {
    let tree = Tree::empty();
    tree.write(
        "dovecot.txt",
        "# 2.3.19\nmail_home = /var/vmail/%d/%n\nplugin {\n  sieve = file:~/sieve;active=~/.dovecot.sieve\n  sieve_after = /etc/sieve/after\n  sieve_before = /etc/sieve/before.sieve\n  sieve_before2 = /etc/sieve/%u.sieve\n  sieve_default = /etc/sieve/default.sieve\n  sieve_global = /etc/sieve/global\n}\nuserdb {\n  args = username_format=%u /etc/dovecot/users\n  driver = passwd-file\n}\n",
    );
    tree.write(
        "etc/dovecot/users",
        "an@xa.vn:{X}y:5000:5000::/var/vmail/xa.vn/an::\nbinh@xa.vn:{X}y::::::\nchi@xa.vn:{X}y\n",
    );
    let vmail = "var/vmail/xa.vn";
    tree.write(
        &format!("{vmail}/an/sieve/a.sieve"),
        COPY.replace("NAME", "an"),
    )
    .link("sieve/a.sieve", &format!("{vmail}/an/.dovecot.sieve"));
    tree.write(
        &format!("{vmail}/an/sieve/off.sieve"),
        COPY.replace("NAME", "off"),
    );
    tree.write(&format!("{vmail}/binh/.dovecot.sieve"), "require [\"include\", \"variables\", \"enotify\"];\ninclude :personal \"mine\";\ninclude :global \"all\";\nredirect \"${1}\"; redirect \"${1}@yahoo.com\"; redirect \"${1}@xa.gov.vn\";\nnotify \"mailto:b@gmail.com\";\n");
    tree.write(
        &format!("{vmail}/binh/sieve/mine.sieve"),
        "redirect \"mine@gmail.com\";",
    );
    tree.write(
        "etc/sieve/global/all.sieve",
        "redirect \"all@gmail.com\"; redirect \"ok@daknong.gov.vn\";",
    );
    tree.write("etc/sieve/before.sieve", "keep;")
        .write("etc/sieve/default.sieve", "redirect \"default@gmail.com\";");
    tree.write("etc/sieve/after/1.sieve", "redirect \"after@gmail.com\";")
        .write("etc/sieve/after/1.txt", "redirect \"x@gmail.com\";");
    tree.write("etc/sieve/chi@xa.vn.sieve", "redirect \"chi@gmail.com\";");
    let report = tree.report(&["--dovecot", "/dovecot.txt", "--passwd", "/etc/passwd"]);
    assert_eq!(
        report.forwards(),
        set([
            "sieve an@xa.vn > an@gmail.com public unknown /var/vmail/xa.vn/an/sieve/a.sieve:4",
            "sieve binh@xa.vn > mine@gmail.com public unknown /var/vmail/xa.vn/binh/sieve/mine.sieve:1",
            "sieve binh@xa.vn > all@gmail.com public unknown /etc/sieve/global/all.sieve:1",
            "sieve binh@xa.vn > ${1} unknown unknown /var/vmail/xa.vn/binh/.dovecot.sieve:4",
            "sieve binh@xa.vn > ${1}@yahoo.com public unknown /var/vmail/xa.vn/binh/.dovecot.sieve:4",
            "sieve-notice binh@xa.vn > b@gmail.com public unknown /var/vmail/xa.vn/binh/.dovecot.sieve:5",
            "sieve chi@xa.vn > chi@gmail.com public unknown /etc/sieve/chi@xa.vn.sieve:1",
            "sieve (every mailbox) > after@gmail.com public unknown /etc/sieve/after/1.sieve:1",
            "sieve (every mailbox) > default@gmail.com public unknown /etc/sieve/default.sieve:1",
        ])
    );
    assert_eq!(report.unread(), set([]));
    assert_eq!(
        report.to("${1}")["remark"],
        "not known: it depends on a variable"
    );
    assert!(
        report.to("an@gmail.com")["remark"]
            .as_str()
            .unwrap()
            .starts_with(":copy")
    );
}

#[test]
fn a_redirect_is_seen_where_its_way_out_has_the_milter() {
    let seen = |postfix: &str, dovecot: &str| {
        let tree = Tree::postfix(&format!("alias_maps =\n{postfix}"));
        tree.user("an")
            .write("home/an/.dovecot.sieve", "redirect \"an@gmail.com\";");
        tree.write("dovecot.txt", dovecot);
        let report = tree.report(&["--dovecot", "/dovecot.txt"]);
        report.to("an@gmail.com")["seen"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(seen("", ""), "yes");
    assert_eq!(seen("non_smtpd_milters =", ""), "no");
    assert_eq!(
        seen("non_smtpd_milters =", "submission_host = 127.0.0.1:25\n"),
        "yes"
    );
    assert_eq!(
        seen("smtpd_milters =", "submission_host = localhost:25\n"),
        "no"
    );
    assert_eq!(
        seen("", "submission_host = relay.example.com:587\n"),
        "unknown"
    );
    assert_eq!(seen("", "sendmail_path = /usr/local/bin/gui\n"), "unknown");
}

#[test]
fn the_words_of_dovecot_2_4_are_understood() {
    let tree = Tree::empty();
    tree.write("dovecot.txt", "# 2.4.1\nsieve_script personal {\n  active_path = ~/act.sieve\n  path = ~/s\n  type = personal\n}\nsieve_script before {\n  path = /etc/b.sieve\n  type = before\n}\nsieve_script dict {\n  driver = dict\n  type = after\n}\n");
    tree.write("etc/b.sieve", "redirect \"b@gmail.com\";");
    tree.user("an")
        .write("home/an/s/x.sieve", "redirect \"an@gmail.com\";")
        .link("s/x.sieve", "home/an/act.sieve");
    let report = tree.report(&["--dovecot", "/dovecot.txt"]);
    assert_eq!(
        report.forwards(),
        set([
            "sieve (every mailbox) > b@gmail.com public unknown /etc/b.sieve:1",
            "sieve an > an@gmail.com public unknown /home/an/s/x.sieve:1"
        ])
    );
    assert_eq!(
        report.unread(),
        set(["server sieve_script dict: driver = dict"])
    );
}

#[test]
fn homes_are_found_in_folders() {
    let tree = Tree::empty();
    tree.write("srv/xa.vn/an/.dovecot.sieve", "redirect \"an@gmail.com\";");
    tree.write("srv/xa.vn/binh/Maildir/cur/1", "");
    tree.write("srv/xa.vn/binh/.forward", "binh@gmail.com");
    tree.write("srv/chi/.forward", "chi@gmail.com");
    tree.write("other/.forward", "no@gmail.com")
        .link("../other", "srv/link");
    let report = tree.report(&["--homes", "/srv"]);
    assert_eq!(
        report.forwards(),
        set([
            "sieve an@xa.vn > an@gmail.com public unknown /srv/xa.vn/an/.dovecot.sieve:1",
            "dot-forward binh@xa.vn > binh@gmail.com public no /srv/xa.vn/binh/.forward:1",
            "dot-forward chi > chi@gmail.com public no /srv/chi/.forward:1",
        ])
    );
    assert_eq!(report.json["homes"], 3);
}

#[test]
fn each_dovecot_and_each_of_its_users_has_a_way_of_its_own() {
    let tree = Tree::postfix("alias_maps =");
    tree.write(
        "etc/postfix/master.cf",
        format!(
            "{}127.0.0.1:2503 inet n - n - - smtpd\n  -o smtpd_milters=\n",
            crate::tree::MASTER
        ),
    );
    for (name, submission) in [("one", "submission_host = 127.0.0.1:2503\n"), ("two", "")] {
        tree.write(&format!("{name}.conf"), format!("!include conf.d/*\n{submission}userdb {{\n  driver = passwd-file\n  args = /{name}.users\n}}\nplugin {{\n  sieve = file:~/sieve;active=~/.dovecot.sieve\n}}\n"));
        for user in ["an", "binh"] {
            tree.write(
                &format!("home/{name}-{user}/.dovecot.sieve"),
                format!("redirect \"{name}-{user}@gmail.com\";"),
            );
        }
    }
    tree.write("one.users", "one-an::1:1::/home/one-an::\none-binh::1:1::/home/one-binh::userdb_submission_host=localhost:25 userdb_sieve_before=/etc/b.sieve\n");
    tree.write("two.users", "two-an::1:1::/x::userdb_home=/home/two-an\ntwo-binh::1:1::/home/two-binh::userdb_sieve=/etc/own.sieve\n");
    tree.write("etc/b.sieve", "redirect \"b@gmail.com\";")
        .write("etc/own.sieve", "redirect \"own@gmail.com\";");
    let report = tree.report(&[
        "--dovecot",
        "/one.conf",
        "--dovecot",
        "/two.conf",
        "--homes",
        "/home",
    ]);
    assert_eq!(
        report.forwards(),
        set([
            "sieve one-an > one-an@gmail.com public no /home/one-an/.dovecot.sieve:1",
            "sieve one-binh > one-binh@gmail.com public yes /home/one-binh/.dovecot.sieve:1",
            "sieve one-binh > b@gmail.com public yes /etc/b.sieve:1",
            "sieve two-an > two-an@gmail.com public yes /home/two-an/.dovecot.sieve:1",
            "sieve two-binh > own@gmail.com public yes /etc/own.sieve:1",
        ])
    );
    assert!(
        report.remarks().contains("doveconf -n"),
        "{}",
        report.remarks()
    );
}
