//! What comes in, forwarded or not.

use super::*;

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
            "Yandex, which leaves only the way into the box",
            None,
            "khach@example.com",
            with(
                "Received: from mxfront0q.mail.yandex.net (localhost [127.0.0.1])\n\tby mxback0q.mail.yandex.net with LMTP id 8B27\n\tfor <toi@yandex.ru>; Mon, 14 Sep 2026 09:03:15 +0300\n",
            ),
            Some("yandex"),
            Some("toi@yandex.ru"),
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
            "Outlook, by its sender alone",
            None,
            "toi+SRS=a=b=example.com=khach@hotmail.com",
            plain.to_owned(),
            Some("outlook"),
            Some("toi@hotmail.com"),
        ),
        (
            "another agency, by its sender alone",
            None,
            "SRS0=a=b=example.com=khach@bo.gov.vn",
            plain.to_owned(),
            None,
            Some("SRS0=a=b=example.com=khach@bo.gov.vn"),
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
