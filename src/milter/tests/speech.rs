//! What we say: negotiation, replies, edits.

use bytes::BytesMut;

use crate::milter::{
    Actions, EditError, Edits, Granted, Offer, Protocol, Reply, ReplyCode, ReplyError, Stage,
    Transport,
};

const STAGES: [Stage; 10] = [
    Stage::Connect,
    Stage::Helo,
    Stage::Mail,
    Stage::Rcpt,
    Stage::Data,
    Stage::Header,
    Stage::EndOfHeaders,
    Stage::Body,
    Stage::EndOfMessage,
    Stage::Unknown,
];

fn offer(version: u32, actions: u32, protocol: u32) -> Offer {
    Offer {
        version,
        actions: Actions(actions),
        protocol: Protocol(protocol),
    }
}

#[test]
fn the_answer_is_a_subset_of_any_offer() {
    for version in 2..=9 {
        for bit in 0..32 {
            for transport in [Transport::Tcp, Transport::Unix] {
                let (one, all_but_one) = (1 << bit, !(1 << bit));
                for mask in [0, one, all_but_one, u32::MAX] {
                    let offer = offer(version, mask, mask);
                    let granted = offer.answer(transport);
                    assert_eq!(granted.version, version.min(6));
                    assert_eq!(granted.actions.0 & !mask, 0);
                    assert_eq!(granted.protocol.0 & !mask, 0);
                }
            }
        }
    }
}

#[test]
fn mail_and_rcpt_are_always_answered_and_data_over_tcp() {
    let silent = |transport| -> Vec<Stage> {
        let granted = offer(6, 0x1ff, 0x1f_ffff).answer(transport);
        assert!(granted.leading_space());
        assert!(
            !granted.protocol.has(Protocol::SKIP),
            "NR_BODY and SKIP exclude each other"
        );
        STAGES
            .into_iter()
            .filter(|stage| !granted.replies(*stage))
            .collect()
    };
    use Stage::*;
    assert_eq!(
        silent(Transport::Unix),
        [Connect, Helo, Data, Header, EndOfHeaders, Body]
    );
    assert_eq!(
        silent(Transport::Tcp),
        [Connect, Helo, Header, EndOfHeaders, Body]
    );
    let bare = offer(6, 0x1ff, 0).answer(Transport::Unix);
    assert!(STAGES.into_iter().all(|stage| bare.replies(stage)));
    assert!(!bare.leading_space());
}

#[test]
fn the_answer_on_the_wire() {
    let mut out = BytesMut::new();
    offer(2, 0x3f, 0x7f)
        .answer(Transport::Unix)
        .encode(&mut out);
    assert_eq!(out[..], *b"\0\0\0\x0dO\0\0\0\x02\0\0\0\x3d\0\0\0\0");

    let mut out = BytesMut::new();
    offer(6, 0x1ff, 0x1f_ffff)
        .answer(Transport::Unix)
        .encode(&mut out);
    let length = u32::from_be_bytes(out[..4].try_into().unwrap()) as usize;
    assert_eq!(length, out.len() - 4);
    assert_eq!(out[4..17], *b"O\0\0\0\x06\0\0\x01\x3d\0\x1d\x31\x80");
    let lists = String::from_utf8_lossy(&out[17..]).into_owned();
    assert!(lists.starts_with("\0\0\0\0j {daemon_name} "), "{lists:?}");
    for list in [
        "{client_port} {client_ptr} v _\0\0\0\0\x01{tls_version} ",
        "\0\0\0\x02i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}\0",
        "\0\0\0\x03i {rcpt_addr} {rcpt_host} {rcpt_mailer}\0\0\0\0\x04i\0\0\0\0\x05i\0\0\0\0\x06i\0",
    ] {
        assert!(lists.contains(list), "{lists:?}");
    }
}

#[test]
fn replies_on_the_wire() {
    let wire = |reply: Reply| {
        let mut out = BytesMut::new();
        reply.encode(&mut out);
        out.to_vec()
    };
    for (reply, letter) in [
        (Reply::Continue, b'c'),
        (Reply::Accept, b'a'),
        (Reply::Reject, b'r'),
        (Reply::Tempfail, b't'),
        (Reply::Discard, b'd'),
        (Reply::Skip, b's'),
        (Reply::Shutdown, b'4'),
        (Reply::ConnFail, b'f'),
    ] {
        assert_eq!(wire(reply), [0, 0, 0, 1, letter]);
    }
    let code = ReplyCode::new(550, "5.7.1", &["Khong gui nhan 100%", "Not accepted"]).unwrap();
    assert_eq!(code.code(), 550);
    assert_eq!(
        code.to_string(),
        "550-5.7.1 Khong gui nhan 100%\r\n550 5.7.1 Not accepted"
    );
    let text = b"y550-5.7.1 Khong gui nhan 100%%\r\n550 5.7.1 Not accepted\0";
    let frame = [&u32::try_from(text.len()).unwrap().to_be_bytes()[..], text].concat();
    assert_eq!(wire(Reply::Code(code)), frame);
}

#[test]
fn a_malformed_reply_cannot_be_built() {
    let new = |code, enhanced: &str, lines: &[&str]| ReplyCode::new(code, enhanced, lines);
    for code in [0, 200, 250, 354, 399, 600, 999, u16::MAX] {
        assert_eq!(new(code, "5.7.1", &["x"]), Err(ReplyError::Code(code)));
    }
    for enhanced in [
        "", "4.7.1", "5", "5.7", "5.7.", "5..1", "5.7.1.1", "5.7.1000", "5.a.1", "15.7.1", " 5.7.1",
    ] {
        let error = new(550, enhanced, &["x"]).unwrap_err();
        assert!(
            matches!(error, ReplyError::Enhanced { .. }),
            "{enhanced}: {error}"
        );
    }
    assert!(new(450, "4.7.1", &["x"]).is_ok() && new(599, "5.999.999", &["x"]).is_ok());
    assert_eq!(new(550, "5.7.1", &[]), Err(ReplyError::NoLines));
    for text in ["", "a\0b", "a\r\nb", "a\nb", "\t", "tiếng Việt", "\x7f"] {
        assert_eq!(new(550, "5.7.1", &["good", text]), Err(ReplyError::Text(2)));
    }
    // 512 with code, blanks and CRLF; a doubled percent sign counts once.
    let fits = "%".repeat(512 - 12);
    assert!(new(550, "5.7.1", &[&fits]).is_ok());
    let long = ReplyError::LongLine {
        line: 1,
        length: 513,
    };
    assert_eq!(new(550, "5.7.1", &[&format!("{fits}x")]), Err(long));
    assert!(new(550, "5.7.1", &["x"; 32]).is_ok());
    assert_eq!(
        new(550, "5.7.1", &["x"; 33]),
        Err(ReplyError::TooManyLines(33))
    );
}

#[test]
fn edits_on_the_wire_in_order_and_the_body_last() {
    let granted = Granted {
        version: 6,
        actions: Actions(0xff),
        protocol: Protocol(0),
    };
    let mut edits = Edits::new(&granted);
    assert!(edits.is_empty());
    edits.replace_body(&[b'x'; 65_536]).unwrap();
    edits
        .insert_header(0, "X-Gacthu-Tag", " executable;\n ref=7KQ2M9XWPA")
        .unwrap();
    edits.add_header("X-A", "b").unwrap();
    edits.change_header(2, "Subject", "new").unwrap();
    edits.delete_header(0, "X-Gacthu-Old").unwrap();
    edits.add_rcpt("<a@b>").unwrap();
    edits.add_rcpt_with("<c@d>", "NOTIFY=NEVER").unwrap();
    edits.delete_rcpt(b"<\xe1@f>").unwrap();
    edits.change_from("<g@h>", "").unwrap();
    edits.change_from("<g@h>", "SIZE=1").unwrap();
    edits.quarantine("not-opened 7KQ2M9XWPA").unwrap();
    let mut out = BytesMut::new();
    edits.encode(&mut out);
    let mut frames = Vec::new();
    while !out.is_empty() {
        let length = u32::from_be_bytes(out[..4].try_into().unwrap()) as usize;
        frames.push(out.split_to(4 + length)[4..].to_vec());
    }
    let expected: [&[u8]; 10] = [
        b"i\0\0\0\0X-Gacthu-Tag\0 executable;\n ref=7KQ2M9XWPA\0",
        b"hX-A\0b\0",
        b"m\0\0\0\x02Subject\0new\0",
        b"m\0\0\0\x01X-Gacthu-Old\0\0",
        b"+<a@b>\0",
        b"2<c@d>\0NOTIFY=NEVER\0",
        b"-<\xe1@f>\0",
        b"e<g@h>\0",
        b"e<g@h>\0SIZE=1\0",
        b"qnot-opened 7KQ2M9XWPA\0",
    ];
    assert_eq!(frames[..10], expected);
    assert_eq!(
        frames[10..].iter().map(Vec::len).collect::<Vec<_>>(),
        [65_536, 2]
    );
    edits.clear();
    assert!(edits.is_empty());
}

#[test]
fn edits_that_were_not_granted_or_would_smuggle_are_refused() {
    let mut edits = Edits::new(&offer(6, 0, 0).answer(Transport::Unix));
    let refused = [
        edits.add_header("X-A", "b"),
        edits.insert_header(1, "X-A", "b"),
        edits.change_header(1, "X-A", "b"),
        edits.add_rcpt("<a@b>"),
        edits.add_rcpt_with("<a@b>", ""),
        edits.delete_rcpt(b"<a@b>"),
        edits.change_from("<a@b>", ""),
        edits.quarantine("x"),
        edits.replace_body(b"x"),
    ];
    for refused in refused {
        assert!(
            matches!(refused, Err(EditError::NotGranted(_))),
            "{refused:?}"
        );
    }
    let granted = Granted {
        version: 6,
        actions: Actions(0xff),
        protocol: Protocol(0),
    };
    let mut edits = Edits::new(&granted);
    for name in ["", "X A", "X:A", "X\n", "Đ", "X\0"] {
        assert_eq!(
            edits.add_header(name, "v"),
            Err(EditError::Malformed("a header name"))
        );
    }
    for value in [
        "a\nBcc: x",
        "a\n",
        "a\n \n b",
        "a\r\n b",
        "a\0",
        "a\n\n b",
        "\n",
    ] {
        let error = Err(EditError::Malformed("a header value"));
        assert_eq!(edits.add_header("X-A", value), error, "{value:?}");
    }
    let index = EditError::Malformed("a header index");
    assert_eq!(edits.insert_header(u32::MAX, "X-A", "v"), Err(index));
    assert!(edits.add_rcpt("<a@b>\0<c@d>").is_err());
    assert!(edits.delete_rcpt(b"").is_err());
    assert!(edits.delete_rcpt(b"<a\0>").is_err());
    assert!(edits.quarantine("a\nb").is_err());
    assert!(edits.is_empty());
}
