//! Letters as programs write them, both sides: what a machine sent on, and what only looks like it.

use std::{net::IpAddr, sync::Arc};

use super::*;
use crate::{
    facts::Evidence,
    message::{Limits, Receiver, Spool},
};

struct Province;

impl Ground for Province {
    fn ours(&self, domain: &str) -> bool {
        domain == "so.gov.vn" || domain.ends_with(".so.gov.vn")
    }

    fn near(&self, address: IpAddr) -> bool {
        address == IpAddr::from([198, 51, 100, 9])
    }
}

fn address(text: &str) -> Address {
    Address::parse_path(text.as_bytes())
}

/// A letter of ours going out (`out`) or of anyone coming in, to these.
fn facts(out: bool, sender: &str, recipients: &[&str], letter: &str) -> Forwarding {
    facts_from(out, None, sender, recipients, letter)
}

fn facts_from(
    out: bool,
    client: Option<&str>,
    sender: &str,
    recipients: &[&str],
    letter: &str,
) -> Forwarding {
    let spool = Spool::new(None, 1 << 20, 1 << 30).unwrap();
    let mut receiver = Receiver::new(&spool, Limits::default());
    receiver.raw(letter.replace('\n', "\r\n").as_bytes());
    let recipients: Vec<Address> = recipients.iter().map(|it| address(it)).collect();
    let inside = |it: &&Address| it.domain().ends_with("gov.vn");
    let standing = Standing {
        handed_in: out,
        sender: address(sender),
        inside: recipients.iter().filter(inside).cloned().collect(),
        recipients,
        client_name: client.map(str::to_owned),
        ground: Arc::new(Province),
    };
    forwarding(&receiver.finish(), &standing)
}

fn evidence(out: bool, sender: &str, recipient: &str, letter: &str) -> Evidence {
    facts(out, sender, &[recipient], letter).evidence(&address(recipient))
}

const GMAIL: &str = "toi@gmail.com";

/// A letter from outside as it lies in the box of `vanthu@so.gov.vn`, before anything is put on top.
const ARRIVED: &str = "Received: from mx.example.com (mx.example.com [203.0.113.5])\n\tby mx.so.gov.vn (Postfix) with ESMTPS id 4F\n\tfor <vanthu@so.gov.vn>; Sun, 22 Nov 2026 09:00:00 +0700 (ICT)\nDKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; b=AA==\nFrom: Khach <khach@example.com>\nTo: vanthu@so.gov.vn\nSubject: Hoi\nMessage-ID: <1@example.com>\n\nThan gui\n";

fn on_top(fields: &str) -> String {
    format!("{fields}{ARRIVED}")
}

/// name, envelope sender, recipient, letter → signals, mailbox
#[test]
fn what_machines_send_out() {
    let box_ = Some("vanthu@so.gov.vn");
    let rows: Vec<(&str, &str, String, &[&str], Option<&str>)> = vec![
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

/// From one of our boxes to anywhere.
const WRITTEN: &str = "Received: from pc (unknown [203.0.113.77])\n\tby mail.so.gov.vn (Postfix) with ESMTPSA id 4F; x\nFrom: Van thu <vanthu@so.gov.vn>\nTo: toi@gmail.com\n";

#[test]
fn what_is_innocent_going_out() {
    let ours = "vanthu@so.gov.vn";
    let long = format!(
        "{WRITTEN}Subject: Re: Hoi\nAuto-Submitted: auto-replied\n\n{}\n",
        "x".repeat(70 << 10)
    );
    let rows: Vec<(&str, &str, String, Letter)> = vec![
        ("a letter", ours, format!("{WRITTEN}Subject: Hoi\n\nx\n"), Letter::Ordinary),
        (
            "Bcc",
            ours,
            format!("{WRITTEN}Subject: Hoi\n\nx\n").replace("To: toi@gmail.com", "To: khac@gmail.com"),
            Letter::Ordinary,
        ),
        (
            "a newsletter to nobody",
            ours,
            format!("{WRITTEN}Subject: Ban tin\n\nx\n").replace("To: toi@gmail.com", "To: undisclosed-recipients:;"),
            Letter::Ordinary,
        ),
        (
            "through a server of the data centre, which has another name",
            ours,
            format!("{WRITTEN}Subject: Hoi\n\nx\n")
                .replace("mail.so.gov.vn", "relay.trungtam.example")
                .replace("To: toi@gmail.com", "Bcc: khac@gmail.com"),
            Letter::Ordinary,
        ),
        (
            "under a foreign name, with Bcc",
            "rieng@example.com",
            "From: rieng@example.com\nTo: khac@example.com\nSubject: Hoi\n\nx\n".to_owned(),
            Letter::Ordinary,
        ),
        (
            "a form on our web site, in the citizen's name",
            "www-data@so.gov.vn",
            "From: cong.dan@example.com\nTo: toi@gmail.com\nSubject: Gop y\n\nx\n".to_owned(),
            Letter::Ordinary,
        ),
        (
            "the same from a server of the data centre, with Bcc",
            "www-data@so.gov.vn",
            "Received: by app.trungtam.example (Postfix, from userid 33) id 4F; x\nReceived: from web (web [10.1.1.1]) by app.trungtam.example with ESMTP id 4E; x\nFrom: cong.dan@example.com\nTo: khac@gmail.com\nSubject: Gop y\n\nx\n".to_owned(),
            Letter::Ordinary,
        ),
        (
            "SRS of our own, which rewrites our own senders too",
            "SRS0=guWu=HQ=so.gov.vn=vanthu@so.gov.vn",
            format!("{WRITTEN}Subject: Hoi\n\nx\n"),
            Letter::Ordinary,
        ),
        (
            "a person's Forward, inline",
            ours,
            format!("{WRITTEN}Subject: Fwd: Hoi\n\n---------- Forwarded message ---------\nFrom: Khach <khach@example.com>\nSubject: Hoi\n\nThan gui\n"),
            Letter::Person,
        ),
        (
            "a person's Forward, in Vietnamese",
            ours,
            format!("{WRITTEN}Subject: =?utf-8?q?Chuy=E1=BB=83n_ti=E1=BA=BFp=3A_Hoi?=\n\nx\n"),
            Letter::Person,
        ),
        (
            "a person's Forward, attached, with all that the letter bore",
            ours,
            format!("{WRITTEN}Subject: xem\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nxem\n--b\nContent-Type: message/rfc822\n\nX-Sieve-Redirected-From: vanthu@so.gov.vn\nDelivered-To: vanthu@so.gov.vn\n{ARRIVED}--b--\n"),
            Letter::Person,
        ),
        (
            "a person sends it again",
            ours,
            format!("Resent-From: Van thu <vanthu@so.gov.vn>\nResent-Date: x\nResent-Message-ID: <2@so.gov.vn>\nResent-To: toi@gmail.com\nDelivered-To: vanthu@so.gov.vn\n{ARRIVED}"),
            Letter::Person,
        ),
        (
            "an out-of-office of Sieve",
            "",
            format!("{WRITTEN}Subject: Auto: Hoi\nIn-Reply-To: <1@example.com>\nAuto-Submitted: auto-replied (vacation)\n\nToi di vang\n"),
            Letter::OutOfOffice,
        ),
        (
            "an out-of-office of Exchange",
            "",
            format!("{WRITTEN}Subject: Automatic reply: FW: Hoi\nIn-Reply-To: <1@example.com>\nauto-submitted: auto-generated\nX-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: vanthu@so.gov.vn\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\nX-MS-Exchange-Parent-Message-Id: <1@example.com>\n\nToi di vang\n"),
            Letter::OutOfOffice,
        ),
        ("an answer that is too long for one", "", long, Letter::Ordinary),
        (
            "a reply to an invitation",
            ours,
            format!("{WRITTEN}Subject: Accepted: Hop\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nCo\n--b\nContent-Type: text/calendar; charset=utf-8; method=REPLY\n\nBEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR\n--b--\n"),
            Letter::CalendarReply,
        ),
        (
            "a list of ours",
            "canbo-bounces+toi=gmail.com@lists.so.gov.vn",
            "Received: from lists.so.gov.vn (localhost [127.0.0.1]) by lists.so.gov.vn with ESMTP id 1; x\nX-Original-To: canbo@lists.so.gov.vn\nDelivered-To: canbo@lists.so.gov.vn\nReceived: from mx.example.com (mx.example.com [203.0.113.5]) by lists.so.gov.vn with ESMTPS id 4F for <canbo@lists.so.gov.vn>; x\nFrom: khach@example.com\nTo: canbo@lists.so.gov.vn\nSubject: [Canbo] Hoi\nList-Id: Can bo <canbo.lists.so.gov.vn>\nPrecedence: list\n\nx\n".to_owned(),
            Letter::List,
        ),
        (
            "a delivery report",
            "",
            "From: MAILER-DAEMON@mail.so.gov.vn\nTo: khach@example.com\nSubject: Undelivered\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"b\"\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n--b\nContent-Type: message/rfc822\n\nFrom: x@example.com\n\nx\n--b--\n".to_owned(),
            Letter::Report,
        ),
        (
            "a receipt",
            "",
            "From: vanthu@so.gov.vn\nTo: khach@example.com\nSubject: Read\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=\"disposition-notification\"; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: message/disposition-notification\n\nx\n--b--\n".to_owned(),
            Letter::Report,
        ),
        (
            "a report that is sent on with all its signs",
            "",
            "X-Sieve-Redirected-From: vanthu@so.gov.vn\nDelivered-To: vanthu@so.gov.vn\nFrom: MAILER-DAEMON@example.com\nTo: vanthu@so.gov.vn\nSubject: Undelivered\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: message/delivery-status\n\nx\n--b--\n".to_owned(),
            Letter::Report,
        ),
    ];
    for (name, sender, letter, expected) in rows {
        let evidence = evidence(true, sender, GMAIL, &letter);
        assert_eq!(evidence.letter, expected, "{name}: {evidence:?}");
    }
}

#[test]
fn what_would_be_a_master_key_opens_nothing() {
    let top = "X-Sieve-Redirected-From: vanthu@so.gov.vn\nDelivered-To: vanthu@so.gov.vn\n";
    let rows: Vec<(&str, &str, String)> = vec![
        ("no sender", "", on_top(top)),
        (
            "a list's header, and the user's own sender",
            "vanthu@so.gov.vn",
            on_top("X-Zimbra-Forwarded: vanthu@so.gov.vn\n")
                .replace("Subject:", "List-Id: <vanthu.so.gov.vn>\nSubject:"),
        ),
        (
            "a list's header and a list's sender, forged outside",
            "vanthu-bounces@so.gov.vn",
            on_top("Delivered-To: van.a@so.gov.vn\n")
                .replace("Subject:", "List-Id: <vanthu.so.gov.vn>\nSubject:"),
        ),
        (
            "a letter of our own list that a subscriber sends on",
            "canbo-bounces@lists.so.gov.vn",
            format!("Delivered-To: van.a@so.gov.vn\nDelivered-To: canbo@lists.so.gov.vn\n{ARRIVED}")
                .replace("Subject:", "List-Id: <canbo.lists.so.gov.vn>\nSubject:"),
        ),
        (
            "the same by Sieve",
            "canbo-bounces@lists.so.gov.vn",
            format!("X-Sieve-Redirected-From: van.a@so.gov.vn\n{ARRIVED}")
                .replace("Subject:", "List-Id: <canbo.lists.so.gov.vn>\nSubject:"),
        ),
        (
            "a Resent block that its sender wrote",
            "khach@example.com",
            on_top("Delivered-To: vanthu@so.gov.vn\n").replace(
                "From: Khach",
                "Resent-From: vanthu@so.gov.vn\nResent-To: toi@gmail.com\nFrom: Khach",
            ),
        ),
        (
            "the same where no delivery is written down",
            "khach@example.com",
            ARRIVED.replace(
                "From: Khach",
                "Resent-From: vanthu@so.gov.vn\nResent-To: toi@gmail.com\nFrom: Khach",
            ),
        ),
        (
            "a reply to an invitation, from outside",
            "khach@example.com",
            on_top(top).replace(
                "\n\nThan gui",
                "\nContent-Type: text/calendar; method=REPLY\n\nThan gui",
            ),
        ),
        (
            "an out-of-office from outside",
            "",
            on_top(top).replace("Subject:", "Auto-Submitted: auto-replied\nIn-Reply-To: <x>\nSubject:"),
        ),
        (
            "an out-of-office of a colleague that is sent on",
            "",
            format!("{top}{WRITTEN}Auto-Submitted: auto-replied\nIn-Reply-To: <x>\nSubject: Auto: x\n\nx\n")
                .replace("To: toi@gmail.com", "To: vanthu@so.gov.vn"),
        ),
        (
            "a report with something more in it",
            "",
            format!("{top}From: MAILER-DAEMON@example.com\nTo: vanthu@so.gov.vn\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: message/delivery-status\n\nx\n--b\nContent-Type: message/rfc822\n\nFrom: x@y.vn\n\nx\n--b\nContent-Type: application/pdf\n\nx\n--b--\n"),
        ),
        (
            "a report with a document for its status",
            "",
            format!("{top}From: MAILER-DAEMON@example.com\nTo: vanthu@so.gov.vn\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: application/pdf\n\nx\n--b--\n"),
        ),
        (
            "a report with a sender",
            "khach@example.com",
            format!("{top}From: khach@example.com\nTo: vanthu@so.gov.vn\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: message/delivery-status\n\nx\n--b--\n"),
        ),
    ];
    for (name, sender, letter) in rows {
        let evidence = evidence(true, sender, GMAIL, &letter);
        assert_eq!(evidence.letter, Letter::Machine, "{name}: {evidence:?}");
    }
}

#[test]
fn a_forged_mark_in_an_old_letter_does_not_make_a_person_s_act_a_machine_s() {
    // What another organisation's rule or our Gmail left on the letter says nothing of this hop.
    let letter = on_top("Resent-From: vanthu@so.gov.vn\nResent-To: toi@gmail.com\n").replace(
        "From: Khach",
        "X-MS-Exchange-Inbox-Rules-Loop: khach@example.com\nX-Forwarded-To: vanthu@so.gov.vn\nX-Forwarded-For: toi@gmail.com vanthu@so.gov.vn\nAutoforwarded: true\nFrom: Khach",
    );
    let evidence = evidence(true, "vanthu@so.gov.vn", GMAIL, &letter);
    assert_eq!(evidence.letter, Letter::Person, "{evidence:?}");
}

#[test]
fn what_comes_in_forwarded_names_provider_and_mailbox() {
    let plain = "From: Khach <khach@example.com>\nTo: toi@gmail.com\nSubject: Hoi\n\nx\n";
    let with = |fields: &str| format!("{fields}{plain}");
    type Row<'a> = (
        &'a str,
        Option<&'a str>,
        &'a str,
        String,
        Option<&'a str>,
        Option<&'a str>,
    );
    let rows: Vec<Row<'_>> = vec![
        (
            "Gmail",
            None,
            "toi+caf_=vanthu=so.gov.vn@gmail.com",
            with(
                "X-Forwarded-To: vanthu@so.gov.vn\nX-Forwarded-For: toi@gmail.com vanthu@so.gov.vn\nDelivered-To: toi@gmail.com\n",
            ),
            Some("gmail"),
            Some("toi@gmail.com"),
        ),
        (
            "Gmail, by its sender alone",
            None,
            "Toi+caf_=vanthu=so.gov.vn@gmail.com",
            plain.to_owned(),
            Some("gmail"),
            Some("toi@gmail.com"),
        ),
        (
            "X-Forwarded-To alone",
            None,
            "khach@example.com",
            with("X-Forwarded-To: vanthu@so.gov.vn\n"),
            None,
            None,
        ),
        (
            "Yahoo",
            None,
            "khach@example.com",
            with("X-Yahoo-Forwarded: from toi@yahoo.com.vn to vanthu@so.gov.vn\n"),
            Some("yahoo"),
            Some("toi@yahoo.com.vn"),
        ),
        (
            "Outlook, a rule that redirects",
            None,
            "toi@hotmail.com",
            with(
                "X-MS-Exchange-Inbox-Rules-Loop: toi@hotmail.com\nResent-From: <toi@hotmail.com>\n",
            ),
            Some("outlook"),
            Some("toi@hotmail.com"),
        ),
        (
            "Outlook, forwarding",
            None,
            "toi+SRS=a=b=example.com=khach@outlook.com",
            with("X-MS-Exchange-ForwardingLoop: toi@outlook.com;tenant\n"),
            Some("outlook"),
            Some("toi@outlook.com"),
        ),
        (
            "Proton",
            None,
            "khach@example.com",
            with("X-Pm-Forwarded-From: toi@proton.me\nX-Original-To: toi@proton.me\n"),
            Some("proton"),
            Some("toi@proton.me"),
        ),
        (
            "Yandex, by its own server",
            Some("forward101a.mail.yandex.net"),
            "khach@example.com",
            with("X-Yandex-Forward: f531c0e9771039f750d294a362bc131e\n"),
            Some("yandex"),
            None,
        ),
        (
            "Mail.ru, by its own server",
            Some("fallback1.mail.ru"),
            "khach@example.com",
            with("X-ResentFrom: <toi@bk.ru>\nX-MailRu-Forward: 1\n"),
            Some("mail-ru"),
            Some("toi@bk.ru"),
        ),
        (
            "iCloud and others, which leave the box and nothing else",
            None,
            "khach@example.com",
            with("Delivered-To: toi@icloud.com\n"),
            Some("icloud"),
            Some("toi@icloud.com"),
        ),
        (
            "Zoho by SRS and the box",
            None,
            "SRS0=a=b=example.com=khach@zoho.com",
            with("Delivered-To: toi@zohomail.com\n"),
            Some("zoho"),
            Some("toi@zohomail.com"),
        ),
        (
            "a carrier's box",
            None,
            "khach@example.com",
            with("Delivered-To: toi@hcm.vnn.vn\n"),
            Some("vnn"),
            Some("toi@hcm.vnn.vn"),
        ),
        (
            "a university's Sieve",
            None,
            "SRS0=a=b=example.com=khach@truong.edu.vn",
            with("X-Sieve-Redirected-From: toi@truong.edu.vn\n"),
            None,
            Some("toi@truong.edu.vn"),
        ),
        (
            "a list that Gmail forwards",
            None,
            "toi+caf_=vanthu=so.gov.vn@gmail.com",
            with("List-Id: <x.example.com>\n"),
            Some("gmail"),
            Some("toi@gmail.com"),
        ),
    ];
    for (name, client, sender, letter, provider, mailbox) in rows {
        let to = "vanthu@so.gov.vn";
        let facts = facts_from(false, client, sender, &[to], &letter);
        let evidence = facts.evidence(&address(to));
        assert_eq!(evidence.letter, Letter::Machine, "{name}: {facts:?}");
        assert_eq!(facts.provider, provider, "{name}");
        assert_eq!(facts.mailbox, mailbox.map(address), "{name}");
    }
}

#[test]
fn what_is_innocent_coming_in() {
    let to = "vanthu@so.gov.vn";
    let rows = [
        (
            "a letter",
            "khach@example.com",
            "From: khach@example.com\nTo: vanthu@so.gov.vn\n\nx\n",
            Letter::Ordinary,
        ),
        (
            "Bcc",
            "khach@example.com",
            "From: khach@example.com\nTo: khac@example.com\n\nx\n",
            Letter::Ordinary,
        ),
        (
            "forwarded to somebody else, who writes to us",
            "khach@example.com",
            "X-Forwarded-To: khac@example.com\nX-Forwarded-For: toi@gmail.com khac@example.com\nFrom: khach@example.com\nTo: vanthu@so.gov.vn\n\nx\n",
            Letter::Ordinary,
        ),
        (
            "a proxy's X-Forwarded-For",
            "khach@example.com",
            "X-Forwarded-For: 203.0.113.5, 10.0.0.1\nFrom: khach@example.com\nTo: khac@example.com\n\nx\n",
            Letter::Ordinary,
        ),
        (
            "kept by Yandex, sent by another",
            "khach@example.com",
            "X-Yandex-Forward: f531\nFrom: khach@example.com\nTo: khac@example.com\n\nx\n",
            Letter::Ordinary,
        ),
        (
            "an out-of-office of Exchange",
            "",
            "X-MS-Exchange-Inbox-Rules-Loop: toi@hotmail.com\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\nAuto-Submitted: auto-generated\nFrom: toi@hotmail.com\nTo: vanthu@so.gov.vn\nSubject: Automatic reply: x\n\nx\n",
            Letter::Ordinary,
        ),
        (
            "a list",
            "vn-bounces@lists.example.org",
            "Delivered-To: vn@lists.example.org\nX-Original-To: vn@lists.example.org\nList-Id: <vn.lists.example.org>\nFrom: khach@example.com\nTo: vn@lists.example.org\n\nx\n",
            Letter::List,
        ),
        (
            "a person sent it again",
            "toi@gmail.com",
            "Resent-From: toi@gmail.com\nResent-To: vanthu@so.gov.vn\nDelivered-To: toi@gmail.com\nFrom: khach@example.com\nTo: toi@gmail.com\n\nx\n",
            Letter::Person,
        ),
        (
            "a person's Forward",
            "toi@gmail.com",
            "From: toi@gmail.com\nTo: vanthu@so.gov.vn\nSubject: Fwd: x\n\nx\n",
            Letter::Person,
        ),
    ];
    for (name, sender, letter, expected) in rows {
        let evidence = evidence(false, sender, to, letter);
        assert_eq!(evidence.letter, expected, "{name}: {evidence:?}");
    }
}

#[test]
fn a_copy_to_the_author_s_own_box_is_seen_by_name() {
    let letter = |from: &str, to: &str| format!("From: {from}\nTo: {to}\nSubject: x\n\nx\n");
    let own = |sender: &str, to: &str, letter: &str| {
        let facts = facts(true, sender, &[to], letter);
        facts.own.contains(&address(to))
    };
    let me = "nguyen.van.a@so.gov.vn";
    assert!(own(me, "nguyenvana@gmail.com", &letter(me, "x@y.vn")));
    assert!(own(
        me,
        "a85@gmail.com",
        &letter(
            "Nguyễn Văn A <nguyen.van.a@so.gov.vn>",
            "nguyen van a <a85@gmail.com>"
        )
    ));
    assert!(!own(
        me,
        "b85@gmail.com",
        &letter(
            "Nguyễn Văn A <nguyen.van.a@so.gov.vn>",
            "Nguyễn Văn B <b85@gmail.com>"
        )
    ));
    assert!(!own(me, "khac@gmail.com", &letter(me, "khac@gmail.com")));
    // Not ours, or in another's name.
    assert!(!own(
        "x@y.vn",
        "nguyenvana@gmail.com",
        &letter("nguyen.van.a@y.vn", "x@y.vn")
    ));
    assert!(!own(
        "khac@so.gov.vn",
        "nguyenvana@gmail.com",
        &letter(me, "x@y.vn")
    ));
    assert!(!own(
        me,
        "nguyen.van.a@tinh.so.gov.vn",
        &letter(me, "x@y.vn")
    ));
}

#[test]
fn six_hundred_recipients_and_hostile_headers_cost_little() {
    let recipients: Vec<String> = (0..600).map(|n| format!("r{n}@example.com")).collect();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    let letter = format!("{WRITTEN}Subject: Ban tin\n\nx\n");
    let facts = facts(true, "vanthu@so.gov.vn", &recipients, &letter);
    assert_eq!(facts.unnamed.len(), 600);
    for recipient in &recipients {
        assert_eq!(facts.evidence(&address(recipient)).letter, Letter::Ordinary);
    }
    let many = |line: &str, times: usize| line.repeat(times);
    for letter in [
        many(
            "Received: from x ([203.0.113.5]) by y.example with ESMTP id 1 for <a@so.gov.vn>; x\n",
            5000,
        ) + "\nx\n",
        many("X-Forwarded-For: a@b.vn c@d.vn\n", 5000) + "\nx\n",
        many("Delivered-To: \u{0}\u{1}@so.gov.vn\n", 5000) + "\nx\n",
        many("DKIM-Signature: d=;d==;;;\n", 5000) + "\nx\n",
        format!("To: {}\n\nx\n", many("a@b.vn, ", 20_000)),
        format!("Received: {}\n\nx\n", many("(", 50_000)),
        format!(
            "List-Id: {}>\nResent-From: {}\n\n",
            many("<", 1000),
            many("@", 1000)
        ),
        format!(
            "X-Sieve-Redirected-From: {}\nX-MS-Exchange-Inbox-Rules-Loop:\n\n",
            many("a", 50_000)
        ),
        "\n".to_owned(),
        String::new(),
    ] {
        for (out, sender) in [
            (true, ""),
            (false, "SRS0=@so.gov.vn"),
            (true, "+caf_=@so.gov.vn"),
        ] {
            let facts = super::tests::facts(out, sender, &[GMAIL], &letter);
            assert!(facts.signals.len() <= SIGNALS.len());
        }
    }
}
