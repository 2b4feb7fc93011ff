//! What goes out and only looks as if a machine had sent it on.

use super::*;

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
