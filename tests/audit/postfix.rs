//! Maps, aliases, transports and checks.

use crate::tree::{Tree, set};

#[test]
fn nothing_is_told_of_what_stays_with_the_state() {
    let tree = Tree::postfix(
        "alias_maps = hash:/etc/aliases\nvirtual_alias_maps = texthash:/etc/postfix/virtual regexp:/etc/postfix/re\n\
         recipient_bcc_maps = inline:{ a@xa.example=luu@xa.example }\nalways_bcc = luutru@daknong.gov.vn\n\
         transport_maps = texthash:/etc/postfix/transport\nluser_relay = $user@xa.example\nvirtual_alias_domains = huyen.example\n\
         header_checks = regexp:/etc/postfix/hc\nrelocated_maps = inline:{ x@xa.example=y@mic.gov.vn }\n\
         sender_canonical_maps = inline:{ an@xa.example=an@gmail.com }\ncanonical_classes = envelope_sender\ncanonical_maps = inline:{ b@xa.example=b@gmail.com }",
    );
    tree.write(
        "etc/aliases",
        "postmaster: root\nroot: an, binh@daknong.gov.vn\nds: :include:/etc/ds\nfile: /var/mail/x, /dev/null\n\
         lda: \"|/usr/lib/dovecot/dovecot-lda -d $USER\"\nself: self, \\self\nmay: an@mail.xa.example, an@[127.0.0.1]\n",
    );
    tree.write(
        "etc/ds",
        "# ngoai@gmail.com\nan\nchi@CHINHPHU.vn\n  dung@sub.huyen.example.gov.vn\n",
    );
    tree.write(
        "etc/postfix/virtual",
        "huyen.example anything\n@huyen.example @xa.example\nsale@huyen.example an, \"a b\"@xa.example\n# x@huyen.example x@gmail.com\n",
    );
    tree.write(
        "etc/postfix/re",
        "/^(.*)-cu@xa\\.example$/ $1@xa.example\nif /x/\n/^y/ y@mic.gov.vn\nendif\n",
    );
    tree.write(
        "etc/postfix/transport",
        "xa.example lmtp:unix:private/dovecot\nxa.example smtp:[10.0.0.5]:25\nmail.xa.example smtp:mailserver\n* smtp:[relay.example.com]\ngmail.com smtp:\nbad.example error:no\n",
    );
    tree.write("etc/postfix/hc", "/^Subject: BCC x@gmail.com/ IGNORE\n/^X-Y: / PREPEND X: REDIRECT\n/^Z/ REDIRECT luu@xa.example\n");
    tree.user("an").write(
        "home/an/.forward",
        "\\an, an@phong.daknong.gov.vn\n#x@gmail.com\n",
    );
    tree.report(&[]).is_clean();
}

#[test]
fn every_map_that_leaves_is_listed_with_its_line() {
    let tree = Tree::postfix(
        "alias_maps = hash:/etc/aliases\nvirtual_alias_maps = hash:/etc/postfix/virtual, pcre:/etc/postfix/pcre,\n  unionmap:{inline:{u@xa.example=u@gmail.com}, static:s@qq.com}\n\
         canonical_maps = btree:/etc/postfix/canonical\nrecipient_canonical_maps = cdb:/etc/postfix/rc\n\
         recipient_bcc_maps = proxy:lmdb:/etc/postfix/rbcc\nsender_bcc_maps = inline:{ { gui@xa.example = g@163.com } }\nalways_bcc = tatca@cty.com.vn\n\
         luser_relay = $user@luu.example.com\nheader_checks = regexp:/etc/postfix/hc\nsmtpd_restriction_classes = rieng\nrieng = check_sender_access texthash:/etc/postfix/access2\n\
         smtpd_recipient_restrictions = permit_mynetworks, check_recipient_access inline:{{x@xa.example=BCC theo@mail.ru}}, reject\n\
         transport_maps = texthash:/etc/postfix/transport\nmailbox_command = /usr/bin/procmail -a \"$EXTENSION\"\nvirtual_transport = xuly",
    );
    tree.write(
        "etc/aliases",
        "# a\nan: an@Gmail.com.,\n  an2@icloud.com\nmay: \"|/usr/bin/vacation may\", \"|/opt/x\"\n",
    );
    tree.write("etc/postfix/virtual", "@cu.example @outlook.com\nb@xa.example b%gmail.com@xa.example\nc@xa.example \"c@gmail.com\"@xa.example\nd@xa.example gmail.com!d\n");
    tree.write(
        "etc/postfix/pcre",
        "/^(.*)@cu2\\.example$/ $1@gmail.com\n!/^x/ ${1}@$2\n",
    );
    tree.write("etc/postfix/canonical", "e@xa.example e@yahoo.com\n");
    tree.write("etc/postfix/rc", "f@xa.example f@zoho.com\n");
    tree.write("etc/postfix/rbcc", "g@xa.example g@xn--i-eza.example\n");
    tree.write(
        "etc/postfix/hc",
        "\n/^Subject: .*/ redirect r@hotmail.com\n/^Q/ FILTER smtp:[mx.google.com]:25\n",
    );
    tree.write("etc/postfix/access2", "h@xa.example REDIRECT h@gmx.com\n");
    tree.write(
        "etc/postfix/transport",
        "phong.daknong.gov.vn smtp:[mx.google.com]\nq@xa.example smtp:[203.0.113.9]\n",
    );
    tree.write(
        "etc/postfix/master.cf",
        format!("{}xuly unix - n n - - pipe\n  flags=R user=x argv=/usr/local/bin/xuly ${{recipient}}\n", crate::tree::MASTER),
    );
    let report = tree.report(&[]);
    let (main, no) = ("/etc/postfix/main.cf", "no");
    let expected = set([
        "alias an > an@gmail.com public no /etc/aliases:2",
        "alias an > an2@icloud.com public no /etc/aliases:2",
        "program may > |/usr/bin/vacation may unknown yes /etc/aliases:4",
        "program may > |/opt/x unknown yes /etc/aliases:4",
        "virtual @cu.example > @outlook.com public no /etc/postfix/virtual:1",
        "virtual b@xa.example > b@gmail.com public no /etc/postfix/virtual:2",
        "virtual c@xa.example > c@gmail.com public no /etc/postfix/virtual:3",
        "virtual d@xa.example > d@gmail.com public no /etc/postfix/virtual:4",
        "virtual /^(.*)@cu2\\.example$/ > $1@gmail.com public no /etc/postfix/pcre:1",
        "virtual !/^x/ > ${1}@$2 unknown no /etc/postfix/pcre:2",
        &format!("virtual u@xa.example > u@gmail.com public {no} {main}:6"),
        &format!("virtual * > s@qq.com public {no} {main}:6"),
        "canonical e@xa.example > e@yahoo.com public no /etc/postfix/canonical:1",
        "canonical f@xa.example > f@zoho.com public no /etc/postfix/rc:1",
        "recipient-bcc g@xa.example > g@xn--i-eza.example other no /etc/postfix/rbcc:1",
        &format!("sender-bcc gui@xa.example > g@163.com public {no} {main}:11"),
        &format!("always-bcc (every letter) > tatca@cty.com.vn other {no} {main}:12"),
        &format!("luser (unknown local users) > $user@luu.example.com other {no} {main}:13"),
        "check /^Subject: .*/ > r@hotmail.com public no /etc/postfix/hc:2",
        "transport /^Q/ > smtp:[mx.google.com]:25 other no /etc/postfix/hc:3",
        "check h@xa.example > h@gmx.com public no /etc/postfix/access2:1",
        &format!("check x@xa.example > theo@mail.ru public {no} {main}:17"),
        "transport phong.daknong.gov.vn > smtp:[mx.google.com] other no /etc/postfix/transport:1",
        "transport q@xa.example > smtp:[203.0.113.9] unknown no /etc/postfix/transport:2",
        &format!(
            "program (local users) > |/usr/bin/procmail -a \"$EXTENSION\" unknown yes {main}:19"
        ),
        "program (transport xuly) > |/usr/local/bin/xuly ${recipient} unknown yes /etc/postfix/master.cf:4",
    ]);
    let found = report.forwards();
    let missing: Vec<_> = expected.difference(&found).collect();
    let more: Vec<_> = found.difference(&expected).collect();
    assert!(
        missing.is_empty() && more.is_empty(),
        "missing {missing:#?}, more {more:#?}"
    );
    assert_eq!((report.status, report.unread()), (1, set([])));
    let written = report.to("b@gmail.com")["remark"].as_str().unwrap();
    assert_eq!(written, "written as b%gmail.com@xa.example");
}

#[test]
fn a_chain_is_told_once_and_circles_are_cut() {
    let tree = Tree::postfix(
        "alias_maps = hash:/etc/aliases\nvirtual_alias_maps = hash:/etc/postfix/virtual\nrecipient_delimiter = +",
    );
    tree.write(
        "etc/aliases",
        "a: b\nb: c, a\nc: :include:/etc/list\nlonely: lonely\nl1: l2\nl2: l1\n",
    );
    tree.write("etc/list", "an@gmail.com\na\n:include:/etc/list\n");
    tree.write("etc/postfix/virtual", "sale@huyen.example A+x@xa.example\n");
    let report = tree.report(&[]);
    assert_eq!(report.forwards().len(), 1);
    let one = report.to("an@gmail.com");
    let chain: Vec<_> = one["chain"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    assert_eq!(
        chain,
        ["sale@huyen.example", "a", "b", "c", ":include:/etc/list"]
    );
    assert_eq!(one["reached_by"], 4);
    assert_eq!(
        (one["file"].as_str(), one["line"].as_u64()),
        (Some("/etc/list"), Some(1))
    );
}

#[test]
fn tables_of_servers_are_named_with_the_remedy_and_exports_are_read() {
    let tree = Tree::postfix(
        "virtual_alias_maps = proxy:mysql:/etc/postfix/v.cf, ldap:/etc/postfix/l.cf\nrecipient_bcc_maps = pgsql:/x, sqlite:/y, memcache:/z, tcp:h:1, socketmap:inet:h:1:n\nalias_maps =\nvirtual_alias_domains =",
    );
    let report = tree.report(&[]);
    assert_eq!(report.status, 2);
    assert_eq!(
        report.unread(),
        set([
            "server mysql:/etc/postfix/v.cf",
            "server ldap:/etc/postfix/l.cf",
            "server pgsql:/x",
            "server sqlite:/y",
            "server memcache:/z",
            "server tcp:h:1",
            "server socketmap:inet:h:1:n",
        ])
    );
    let remedy = report.json["unread"][0]["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("not read: ask `postmap -s ldap:/etc/postfix/l.cf`")
            && remedy.contains("--map"),
        "{remedy}"
    );
    tree.write("export", "x@xa.example x@gmail.com\n");
    let report = tree.report(&["--map", "virtual_alias_maps=/export"]);
    assert_eq!(
        report.forwards(),
        set(["virtual x@xa.example > x@gmail.com public no /export:1"])
    );
    assert!(!report.unread().contains("server mysql:/etc/postfix/v.cf"));
    assert!(report.unread().contains("server pgsql:/x"));
}

#[test]
fn policies_and_lists_say_whose_a_domain_is() {
    let tree = Tree::postfix(
        "always_bcc = luu@cty.example\nvirtual_alias_maps = inline:{a@xa.example=a@rieng.example, b@xa.example=b@gmail.com}",
    );
    assert_eq!(tree.report(&[]).forwards().len(), 3);
    tree.write("policy.yaml", "policy: 1\nname: site\norganisation: { domains: [cty.example], state_domains: [rieng.example], contact: a@cty.example }\nmode: observe\nrules: []\n");
    let policy = tree.text("policy.yaml");
    assert_eq!(tree.report(&["--policy", &policy]).forwards().len(), 1);
    tree.write("more", ".example\n");
    tree.report(&["--state-domains", &tree.text("more"), "--own", "gmail.com"])
        .is_clean();
    tree.write("public", "rieng.example\n");
    let report = tree.report(&["--public-mail", &tree.text("public")]);
    assert_eq!(report.to("a@rieng.example")["whose"], "public");
    // What Postfix delivers is ours, but not a public service.
    let tree = Tree::postfix(
        "virtual_mailbox_domains = gmail.com, /etc/postfix/domains\nalways_bcc = a@gmail.com\nsender_bcc_maps = static:b@huyen.example",
    );
    tree.write("etc/postfix/domains", "huyen.example ok\n");
    assert_eq!(tree.report(&[]).forwards().len(), 1);
}

#[test]
fn with_all_the_state_is_listed_too_and_nothing_leaves() {
    let tree = Tree::postfix("always_bcc = luu@mic.gov.vn");
    let report = tree.report(&["--all"]);
    assert_eq!(report.to("luu@mic.gov.vn")["whose"], "state");
    assert_eq!(
        (report.status, report.json["blind_spots"].as_u64()),
        (0, Some(0))
    );
}

#[test]
fn what_looks_like_something_else_is_followed() {
    let tree = Tree::postfix(
        "alias_maps = hash:/etc/al\nvirtual_alias_maps = hash:/etc/vi\nsmtp_generic_maps = inline:{ a@xa.example=a@gmail.com }\nbounce_notice_recipient = loi@gmail.com\ncontent_filter = loc:x\nerror_notice_recipient = postmaster",
    );
    // postmap's syntax for aliases, aliases' syntax for a map; a mailbox that looks like a program.
    tree.write(
        "etc/al",
        "an an@gmail.com\nds :include:/etc/list\nq:q@gmail.com\n\"r s\" : r@gmail.com\n",
    );
    tree.write("etc/list", "list@gmail.com\n");
    tree.write(
        "etc/vi",
        "u:u@gmail.com\nv@xa.example |v@gmail.com, /w@gmail.com\n",
    );
    tree.write(
        "etc/postfix/master.cf",
        format!(
            "{}loc unix - n n - 1 pipe argv=/usr/local/bin/loc -f x\n",
            crate::tree::MASTER
        ),
    );
    let found = tree.report(&[]).forwards();
    assert_eq!(
        found,
        set([
            "alias an > an@gmail.com public no /etc/al:1",
            "alias :include:/etc/list > list@gmail.com public no /etc/list:1",
            "alias q > q@gmail.com public no /etc/al:3",
            "alias r s > r@gmail.com public no /etc/al:4",
            "virtual u > u@gmail.com public no /etc/vi:1",
            "virtual v@xa.example > |v@gmail.com public no /etc/vi:2",
            "virtual v@xa.example > /w@gmail.com public no /etc/vi:2",
            "generic a@xa.example > a@gmail.com public no /etc/postfix/main.cf:7",
            "notice (letters that bounce) > loi@gmail.com public no /etc/postfix/main.cf:8",
            "program (transport loc) > |/usr/local/bin/loc -f x unknown yes /etc/postfix/master.cf:4",
        ])
    );
}
