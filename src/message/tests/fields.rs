use super::{scan, scan_milter};
use crate::message::{Headers, Limits, Receiver, Why};

#[test]
fn fields_stay_as_received() {
    let message = scan_milter(
        &[("Subject", " a\n b "), ("X-Odd", ""), ("subject", " two")],
        b"",
    );
    let fields: Vec<_> = message.headers.iter().collect();
    assert_eq!(fields.len(), 3);
    assert_eq!(
        (fields[0].name, fields[0].value),
        (&b"Subject"[..], &b" a\n b "[..])
    );
    assert_eq!(message.headers.all("SUBJECT").count(), 2);
    assert_eq!(message.headers.first("subject"), Some(&b" a\n b "[..]));
    assert_eq!(message.headers.first("subjec"), None);
}

#[test]
fn the_size_counts_crlf() {
    // "Subject: a\r\n b\r\n" + "\r\n" + "x\r\n"
    let message = scan_milter(&[("Subject", " a\n b")], b"x\r\n");
    assert_eq!(message.size, 16 + 2 + 3);
    assert_eq!(scan("Subject: a\n b\n\nx\n").size, 21);
    assert_eq!(scan("Subject: a\r\n b\r\n\r\nx\r\n").size, 21);
    assert_eq!(scan_milter(&[("Subject", " a\r\n b")], b"x\r\n").size, 21);
    assert_eq!(scan("").size, 0);
}

#[test]
fn subjects_are_decoded() {
    for (value, text) in [
        (&b" Xin ch\xc3\xa0o"[..], "Xin chào"),
        (b" caf\xe9", "café"),
        (b" =?utf-8?B?WGluIGNow6Bv?=", "Xin chào"),
        (
            b" =?UTF-8?q?Xin_ch=C3=A0o?= =?utf-8?q?_b=E1=BA=A1n?=",
            "Xin chào bạn",
        ),
        // A letter cut in two by the sender.
        (b" =?utf-8?q?ch=C3?=\r\n =?utf-8?q?=A0o?=", "chào"),
        (b" =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        (b" =?gb2312?B?1tC5+g==?=", "中国"),
        (b" =?windows-1258?Q?Xin_ch=E0o?=", "Xin chào"),
        (b" a =?utf-8?q?b?= c", "a b c"),
        (b" a=?utf-8?q?b?=c", "abc"),
        (b" =?utf-8?x?b?=", "=?utf-8?x?b?="),
        (b" =?utf-8?q?never closed", "=?utf-8?q?never closed"),
        (b" =?no-such?q?b=C3=A0?=", "bà"),
    ] {
        let mut headers = Headers::default();
        headers.push(b"Subject", value, usize::MAX);
        assert_eq!(headers.subject().as_deref(), Some(text));
    }
}

#[test]
fn message_ids_and_addresses_are_read() {
    let message = scan("From: A <A@B.vn>, c@d.vn\nFrom: e@f.vn\nMessage-ID:\n  <abc@b.vn> (x)\n\n");
    assert_eq!(message.headers.message_id().as_deref(), Some("abc@b.vn"));
    let from: Vec<_> = message
        .headers
        .addresses("from")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(from, ["A@b.vn", "c@d.vn", "e@f.vn"]);
    let message = scan("Message-Id: \nSubject: x\n\n");
    assert_eq!(message.headers.message_id(), None);
    assert!(message.headers.addresses("from").is_empty());
    assert_eq!(
        scan("Message-Id: no-brackets\n\n")
            .headers
            .message_id()
            .unwrap(),
        "no-brackets"
    );
}

#[test]
fn header_bytes_have_a_limit() {
    let limits = Limits {
        header_bytes: 100,
        ..Limits::default()
    };
    let mut receiver = Receiver::new(&super::spool(), limits.clone());
    receiver.header(b"A", &[b'x'; 50]);
    receiver.header(b"B", &[b'x'; 500]);
    receiver.header(b"C", b"y");
    let message = receiver.finish();
    let names: Vec<_> = message.headers.iter().map(|field| field.name).collect();
    assert_eq!(names, [b"A", b"C"]);
    assert_eq!(message.headers.size(), 54 + 504 + 5);
    let [missing] = message.not_scanned.as_slice() else {
        panic!()
    };
    assert!(
        matches!(missing.why, Why::Limit(limit) if limit.which == "header_bytes" && limit.limit == 100)
    );

    let mut receiver = Receiver::new(&super::spool(), limits);
    receiver.raw(format!("A: {}\n\nbody\n", "x".repeat(500)).as_bytes());
    let message = receiver.finish();
    assert_eq!(message.not_scanned.len(), 1);
    assert_eq!(super::text(super::part(&message, "1")), "body\r\n");

    assert!(
        scan(format!("A: {}\n\nbody\n", "x".repeat(1 << 19)))
            .not_scanned
            .is_empty()
    );
}
