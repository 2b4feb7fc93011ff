//! Letters as programs write them, both sides: what a machine sent on, and what only looks like it.

mod coming_in;
mod innocent;
mod keys;
mod out;

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

/// From one of our boxes to anywhere.
const WRITTEN: &str = "Received: from pc (unknown [203.0.113.77])\n\tby mail.so.gov.vn (Postfix) with ESMTPSA id 4F; x\nFrom: Van thu <vanthu@so.gov.vn>\nTo: toi@gmail.com\n";

fn on_top(fields: &str) -> String {
    format!("{fields}{ARRIVED}")
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

#[test]
fn a_report_of_our_machines_that_is_sent_on_is_known() {
    let report = "Delivered-To: vanthu@so.gov.vn\nFrom: MAILER-DAEMON@mbox.so.gov.vn (Mail Delivery System)\nTo: vanthu@so.gov.vn\nAuto-Submitted: auto-replied\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nx\n--b--\n";
    let sent_on = |letter: &str| facts(true, "vanthu@so.gov.vn", &["rieng@gmail.com"], letter);
    let ours = sent_on(report);
    let evidence = ours.evidence(&address("rieng@gmail.com"));
    assert_eq!((evidence.letter, ours.automatic), (Letter::Machine, true));
    // Written by anyone in the world it is a letter like others, and refused like them.
    let outside = "Received: from mx.example.com (mx.example.com [203.0.113.5]) by mx.so.gov.vn (Postfix) with ESMTP id A\n\tfor <vanthu@so.gov.vn>; Mon, 02 Mar 2026 08:12:40 +0700\n";
    assert!(!sent_on(&format!("{outside}{report}")).automatic);
    let letter = "Delivered-To: vanthu@so.gov.vn\nFrom: binh@so.gov.vn\nTo: vanthu@so.gov.vn\nAuto-Submitted: auto-notified\n\nx\n";
    assert!(!sent_on(letter).automatic);
}
