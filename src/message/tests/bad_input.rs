use super::{Dice, chunks, fingerprint, part, scan, spool};
use crate::message::{Limits, PartKind, Receiver, Spool, Why};
use std::time::{Duration, Instant};

fn limit_named(message: &crate::message::Message, name: &str) -> Option<(u64, u64)> {
    message
        .not_scanned
        .iter()
        .find_map(|missing| match missing.why {
            Why::Limit(limit) if limit.which == name => Some((limit.limit, limit.seen)),
            _ => None,
        })
}

/// Debug builds on a busy machine: these bounds catch what grows with the square.
fn within<T>(seconds: u64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    assert!(
        start.elapsed() < Duration::from_secs(seconds),
        "took {:?}",
        start.elapsed()
    );
    result
}

#[test]
fn ten_thousand_parts_and_more() {
    let mut raw = "Content-Type: multipart/mixed; boundary=B\r\n\r\n".to_owned();
    for at in 0..9_999 {
        raw.push_str(&format!(
            "--B\r\nContent-Type: a/b; name={at}.exe\r\n\r\n{at}\r\n"
        ));
    }
    let end = "--B--\r\n";
    let message = within(20, || scan(format!("{raw}{end}")));
    assert_eq!(message.parts.len(), 10_000);
    assert!(message.not_scanned.is_empty());
    assert_eq!(super::text(part(&message, "9999")), "9998");

    raw.push_str("--B\r\n\r\nmore\r\n--B\r\n\r\nmore\r\n");
    let message = within(20, || scan(format!("{raw}{end}")));
    assert_eq!(message.parts.len(), 10_000);
    assert_eq!(limit_named(&message, "mime_parts"), Some((10_000, 10_002)));
    assert_eq!(message.size, (raw.len() + end.len()) as u64);
}

#[test]
fn five_thousand_nested_multiparts() {
    let mut raw = String::new();
    for at in 0..5_000 {
        raw.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n"
        ));
    }
    raw.push_str("Content-Type: application/x-dosexec; name=a.exe\r\n\r\nMZ\r\n");
    let message = within(10, || scan(&raw));
    assert_eq!(message.parts.len(), 101);
    assert_eq!(limit_named(&message, "mime_depth"), Some((100, 101)));
    assert_eq!(message.parts[100].kind, PartKind::Leaf);
    assert!(super::text(&message.parts[100]).ends_with("MZ\r\n"));

    let mut raw = String::new();
    for _ in 0..5_000 {
        raw.push_str("Content-Type: message/rfc822\r\n\r\n");
    }
    let message = within(10, || scan(&raw));
    assert_eq!(message.parts.len(), 17);
    assert_eq!(limit_named(&message, "message_depth"), Some((16, 17)));
}

#[test]
fn headers_of_a_mebibyte() {
    let mut raw = String::new();
    while raw.len() < (1 << 20) + 100_000 {
        raw.push_str(&format!("X-{}: {}\r\n", raw.len(), "v".repeat(200)));
    }
    raw.push_str("\r\nbody\r\n");
    let message = within(10, || scan(&raw));
    assert_eq!(message.size, raw.len() as u64);
    assert_eq!(super::text(part(&message, "1")), "body\r\n");
    assert!(limit_named(&message, "header_bytes").is_some());

    // One field, and fields that parsers like to go over again and again.
    for value in [
        "(".repeat(1 << 20),
        "=?a?q?".repeat(1 << 17),
        "a=\"".repeat(1 << 18),
        "a=b(;".repeat(1 << 17),
        "filename*0*=a;".repeat(1 << 16),
        "<\"@,:;".repeat(1 << 17),
    ] {
        let name = "Content-Type: multipart/mixed; boundary=";
        within(10, || {
            let message = scan(format!("From: {value}\r\n\r\nx\r\n"));
            message.headers.subject();
            message.headers.addresses("from");
            message.headers.text("from");
            scan(format!(
                "{name}{value}\r\nContent-Disposition: a; filename={value}\r\n\r\nx\r\n"
            ))
        });
    }
}

#[test]
fn long_lines_and_rows_of_dashes() {
    let long = "x".repeat(100_000);
    let message = within(5, || scan(format!("Subject: {long}\n\n{long}\n{long}--\n")));
    assert_eq!(message.headers.subject().unwrap().len(), 100_000);
    assert_eq!(part(&message, "1").blob.as_ref().unwrap().size, 200_006);

    let spool = Spool::new(None, 1 << 20, 1 << 30).unwrap();
    for line in ["--\r\n", "--B\r--\n", "-", "--Bx ", "--B", "\r--"] {
        let chunk = line.repeat((1 << 20) / line.len());
        let mut receiver = Receiver::new(&spool, Limits::default());
        receiver.header(b"Content-Type", b" multipart/mixed; boundary=B");
        receiver.body(b"--B\r\n\r\n");
        let mut fed = 7;
        within(30, || {
            for _ in 0..8 {
                receiver.body(chunk.as_bytes());
                fed += chunk.len() as u64;
            }
        });
        let message = receiver.finish();
        assert!(message.size >= fed, "{line:?}");
        assert!(message.parts.len() <= 10_000);
    }
}

#[test]
fn memory_stays_bounded_whatever_the_line_length() {
    // A line that never ends, behind dashes: held back at most once.
    let mut receiver = Receiver::new(&Spool::new(None, 1000, 1000).unwrap(), Limits::default());
    receiver.header(b"Content-Type", b" multipart/mixed; boundary=B");
    receiver.body(b"--B\r\nX: y\r\n\r\n--B");
    for _ in 0..1000 {
        receiver.body(&[b' '; 1000]);
    }
    receiver.body(b"\r\n--B--\r\n");
    let message = receiver.finish();
    let blob = message.parts[1].blob.as_ref().unwrap();
    assert_eq!(blob.size, 3 + 1_000_000);
}

#[test]
fn mutations_do_no_harm() {
    let sample = chunks::sample();
    let spool = spool();
    let mut dice = Dice(5);
    let limits = Limits {
        mime_depth: 5,
        message_depth: 3,
        mime_parts: 20,
        ..Limits::default()
    };
    within(60, || {
        for _ in 0..20_000 {
            let mut bytes = sample.clone();
            for _ in 0..1 + dice.roll(6) {
                let at = dice.roll(bytes.len());
                if bytes.is_empty() {
                    continue;
                }
                match dice.roll(5) {
                    0 => bytes[at] = dice.roll(256) as u8,
                    1 => bytes[at] = b"\r\n-=\"();:*?%'\0"[dice.roll(14)],
                    2 => {
                        bytes.remove(at);
                    }
                    3 => bytes.truncate(at.max(1)),
                    _ => {
                        let from = dice.roll(bytes.len());
                        let piece = bytes[from..(from + dice.roll(80)).min(bytes.len())].to_vec();
                        bytes.splice(at..at, piece);
                    }
                }
            }
            let mut receiver = Receiver::new(&spool, limits.clone());
            let cut = dice.roll(bytes.len());
            receiver.raw(&bytes[..cut]);
            receiver.raw(&bytes[cut..]);
            let message = receiver.finish();
            assert!(message.size >= bytes.len() as u64);
            assert!(!message.parts.is_empty() && message.parts.len() <= 20);
            for part in &message.parts {
                assert!(part.parent.is_none_or(|parent| parent < part.id));
                assert_eq!(part.blob.is_none(), part.kind == PartKind::Multipart);
            }
        }
    });
}

/// Fields of random words: mail-parser's readers and charset decoders are behind these doors too.
#[test]
fn fields_of_random_words_do_no_harm() {
    const WORDS: &[&[u8]] = &[
        b"a",
        b"@",
        b"<",
        b">",
        b"\"",
        b"\\",
        b"(",
        b")",
        b",",
        b":",
        b";",
        b" ",
        b"\t",
        b"\n ",
        b"\r",
        b"=",
        b"=?utf-8?q?=C3?=",
        b"=?utf-7?b?+/v8?=",
        b"=?utf-16?b?/w==?=",
        b"=?iso-2022-jp?b?GyRC?=",
        b"=?",
        b"?=",
        b"*",
        b"*0",
        b"*1*",
        b"'",
        b"%41",
        b"%",
        b"filename",
        b"name",
        b"boundary",
        b"\xc3",
        b"\xa0\xff",
        b"\0",
        b"utf-16le''",
        b"gb18030'vi'",
        b"hz-gb-2312''",
        b"utf-7''",
        b"shift_jis''",
        b".exe",
        b"xn--",
    ];
    let mut dice = Dice(6);
    within(60, || {
        for _ in 0..20_000 {
            let mut value = Vec::new();
            for _ in 0..dice.roll(25) {
                value.extend(WORDS[dice.roll(WORDS.len())]);
            }
            let address = crate::message::Address::parse_path(&value);
            address.domain_is_or_under("gov.vn");
            for address in crate::message::Address::parse_field(&value) {
                assert!(!address.is_empty());
            }
            let mut raw = b"Content-Type: multipart/mixed; ".to_vec();
            raw.extend(&value);
            raw.extend(b"\nContent-Disposition: attachment; filename");
            raw.extend(&value);
            raw.extend(b"\nSubject: ");
            raw.extend(&value);
            raw.extend(b"\nMessage-ID: ");
            raw.extend(&value);
            raw.extend(b"\n\n--a\n\nx\n");
            let message = scan(&raw);
            message.headers.subject();
            message.headers.message_id();
            let names = &message.parts[0].names;
            assert_eq!(names.shown.as_ref(), names.all.first());
            assert!(names.all.len() <= 32);
        }
    });
}

#[test]
fn nothing_at_all_is_a_message_too() {
    for raw in ["", "\n", "\r", "\r\n", "-", "--", ":", "\0", " "] {
        let message = scan(raw);
        assert_eq!(message.parts.len(), 1, "{raw:?}");
        assert!(!fingerprint(&message).is_empty());
    }
    let message = super::scan_milter(&[], b"");
    assert_eq!((message.parts.len(), message.size), (1, 2));
}
