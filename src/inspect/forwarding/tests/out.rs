//! What machines send out, as each program writes it.

use super::*;

/// name, envelope sender, recipient, letter → signals, mailbox
#[test]
fn what_machines_send_out() {
    let box_ = Some("vanthu@so.gov.vn");
    type Row<'a> = (&'a str, &'a str, String, &'a [&'a str], Option<&'a str>);
    let rows: Vec<Row<'_>> = vec![
        (
            "Dovecot, Pigeonhole, by sendmail",
            "khach@example.com",
            on_top(
                "Received: by store.so.gov.vn (Postfix, from userid 1000)\n\tid 278FD40BBE; Sat, 29 Jun 2024 17:16:55 +0200 (CEST)\nX-Sieve: Pigeonhole Sieve 0.5.19 (4eae2f79)\nX-Sieve-Redirected-From: vanthu@so.gov.vn\nDelivered-To: vanthu@so.gov.vn\nReceived: from mx.so.gov.vn ([10.0.0.2]) by store.so.gov.vn with LMTP id AAA\n\t(envelope-from <khach@example.com>) for <vanthu@so.gov.vn>; x\n",
            ),
            &[
                "foreign-sender",
                "foreign-from",
                "foreign-hop",
                "foreign-signature",
                "delivered-to",
                "received-for",
                "sieve",
                "not-addressed",
            ],
            box_,
        ),
        (
            "Dovecot, a box that is named by its host",
            "khach@example.com",
            format!("X-Sieve: Pigeonhole Sieve 0.5.19\nX-Sieve-Redirected-From: vanthu@box7.lan.example\n{ARRIVED}")
                .replace("mx.example.com (mx.example.com [203.0.113.5])", "localhost (localhost [127.0.0.1])")
                .replace("\n\tfor <vanthu@so.gov.vn>", "")
                .replace("DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; b=AA==\n", ""),
            &["foreign-sender", "sieve"],
            box_,
        ),
        (
            "Zimbra",
            "vanthu@so.gov.vn",
            on_top("X-Zimbra-Forwarded: vanthu@so.gov.vn\n"),
            &["foreign-from", "zimbra", "not-addressed"],
            box_,
        ),
        (
            "Exchange, rule: redirect",
            "vanthu@so.gov.vn",
            on_top("X-MS-Exchange-Inbox-Rules-Loop:\n vanthu@so.gov.vn\nResent-From: <vanthu@so.gov.vn>\n"),
            &["foreign-from", "exchange", "resent"],
            box_,
        ),
        (
            "Exchange, rule: forward",
            "vanthu@so.gov.vn",
            "From: Van thu <vanthu@so.gov.vn>\nTo: toi@gmail.com\nSubject: FW: Hoi\nauto-submitted: auto-generated\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\nX-MS-Exchange-Parent-Message-Id: <1@example.com>\nX-MS-Exchange-Inbox-Rules-Loop: vanthu@so.gov.vn\n\nFrom: Khach\nSent: x\n\nThan gui\n".to_owned(),
            &["exchange", "forwarded-content"],
            box_,
        ),
        (
            "Exchange, ForwardingSmtpAddress",
            "vanthu+SRS=hash=tt=example.com=khach@so.gov.vn",
            on_top("X-MS-Exchange-ForwardingLoop: vanthu@so.gov.vn;44d81603-6a98-429d-8ab9-bb947b669639\n"),
            &["srs", "foreign-from", "exchange"],
            box_,
        ),
        (
            "Exchange, auto-forwarded",
            "vanthu@so.gov.vn",
            on_top("X-MS-Exchange-Organization-AutoForwarded: true\n"),
            &["foreign-from", "exchange"],
            box_,
        ),
        (
            "X.400",
            "vanthu@so.gov.vn",
            on_top("Autoforwarded: TRUE\n"),
            &["foreign-from", "auto-forwarded"],
            box_,
        ),
        (
            "Auto-Submitted",
            "vanthu@so.gov.vn",
            on_top("Auto-Submitted: auto-forwarded\n"),
            &["auto-forwarded"],
            box_,
        ),
        (
            ".forward",
            "khach@example.com",
            on_top("X-Original-To: vanthu@so.gov.vn\nDelivered-To: vanthu@so.gov.vn\n"),
            &["foreign-sender", "foreign-from", "original-to", "delivered-to"],
            box_,
        ),
        (
            "Exim",
            "khach@example.com",
            on_top("Envelope-to: vanthu@so.gov.vn\n"),
            &["foreign-sender", "original-to"],
            box_,
        ),
        (
            "postsrsd",
            "SRS0=HHHH=TT=example.com=khach@so.gov.vn",
            ARRIVED.to_owned(),
            &["srs", "foreign-from", "received-for", "not-addressed"],
            box_,
        ),
        (
            "postsrsd, second hop",
            "SRS1=HHHH=first.example==HHHH=TT=example.com=khach@so.gov.vn",
            ARRIVED.to_owned(),
            &["srs", "not-addressed"],
            box_,
        ),
        (
            "a virtual alias before our Postfix",
            "khach@example.com",
            ARRIVED.replace("\n\tfor <vanthu@so.gov.vn>", ""),
            &["foreign-sender", "foreign-from", "foreign-hop", "not-addressed"],
            box_,
        ),
        (
            "the same, through machines without names on the Internet",
            "khach@example.com",
            ARRIVED
                .replace("mx.example.com (mx.example.com [203.0.113.5])", "localhost (localhost [127.0.0.1])")
                .replace("mx.so.gov.vn", "mail01"),
            &["foreign-sender", "foreign-from", "foreign-signature", "received-for"],
            box_,
        ),
        (
            "a letter of a colleague, sent on",
            "dong.nghiep@so.gov.vn",
            "Delivered-To: vanthu@so.gov.vn\nReceived: from pc ([10.0.0.3]) by mail.so.gov.vn with ESMTPSA id 1 for <vanthu@so.gov.vn>; x\nFrom: dong.nghiep@so.gov.vn\nTo: vanthu@so.gov.vn\nSubject: Hop\n\nx\n".to_owned(),
            &["delivered-to", "received-for", "not-addressed"],
            box_,
        ),
        (
            "Workspace",
            "vanthu+caf_=toi=gmail.com@so.gov.vn",
            on_top("X-Forwarded-To: toi@gmail.com\nX-Forwarded-For: vanthu@so.gov.vn toi@gmail.com\nX-Forwarded-Encrypted: i=1; AAAA=@gmail.com\n"),
            &["foreign-from", "x-forwarded", "caf-sender"],
            box_,
        ),
        (
            "a letter of a list elsewhere that a subscriber sends on",
            "vn-bounces+1@lists.example.org",
            on_top("Delivered-To: vanthu@so.gov.vn\n").replace(
                "Subject:",
                "List-Id: <vn.lists.example.org>\nPrecedence: list\nSubject:",
            ),
            &["foreign-sender", "delivered-to"],
            box_,
        ),
    ];
    for (name, sender, letter, signals, mailbox) in rows {
        let facts = facts(true, sender, &[GMAIL], &letter);
        let evidence = facts.evidence(&address(GMAIL));
        assert_eq!(evidence.letter, Letter::Machine, "{name}: {facts:?}");
        assert!(evidence.confidence >= 80, "{name}");
        for signal in signals {
            assert!(
                evidence.signals.contains(signal),
                "{name}: {signal}: {evidence:?}"
            );
        }
        assert_eq!(facts.mailbox, mailbox.map(address), "{name}");
        // Inside the state it is an alias.
        let inside = facts_inside(sender, &letter);
        assert_ne!(inside, Letter::Machine, "{name}");
    }
}

fn facts_inside(sender: &str, letter: &str) -> Letter {
    let to = "khac@bo.gov.vn";
    let letter = letter.replace(GMAIL, to);
    evidence(true, sender, to, &letter).letter
}
