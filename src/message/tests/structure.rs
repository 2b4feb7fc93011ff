use super::{base64, content, hex, outline, part, scan, scan_milter, text};
use crate::message::{Disposition, PartKind, Problem, Why};
use sha2::{Digest, Sha256};

/// A multipart/mixed whose boundary is `B`.
fn mixed(body: &str) -> String {
    format!("Content-Type: multipart/mixed; boundary=B\n\n{body}")
}

#[test]
fn a_plain_message_is_part_1() {
    let message = scan("Subject: x\n\nline\nend\n");
    assert_eq!(outline(&message), ["1 Leaf text/plain"]);
    assert_eq!(text(&message.parts[0]), "line\r\nend\r\n");
    assert_eq!(message.parts[0].parent, None);
    assert!(message.parts[0].problems.is_empty());
    assert_eq!(text(&scan("Subject: x\n").parts[0]), "");
}

#[test]
fn parts_are_numbered_like_imap_does() {
    let message = scan(
        "Content-Type: multipart/mixed; boundary=A\n\n\
         --A\nContent-Type: multipart/alternative; boundary=B\n\n\
         --B\n\none\n--B\nContent-Type: text/html\n\ntwo\n--B--\n\
         --A\nContent-Type: message/rfc822\n\nSubject: in\n\nbody\n\
         --A\nContent-Type: message/rfc822\n\n\
         Content-Type: multipart/mixed; boundary=C\n\n\
         --C\n\nx\n--C\nContent-Type: application/pdf\n\ny\n--C--\n\
         --A--\n",
    );
    assert_eq!(
        outline(&message),
        [
            " Multipart multipart/mixed",
            "1 Multipart multipart/alternative",
            "1.1 Leaf text/plain",
            "1.2 Leaf text/html",
            "2 Message message/rfc822",
            "2.1 Leaf text/plain",
            "3 Message message/rfc822",
            "3 Multipart multipart/mixed",
            "3.1 Leaf text/plain",
            "3.2 Leaf application/pdf",
        ]
    );
    let parents: Vec<_> = message.parts.iter().map(|part| part.parent).collect();
    let some = [0, 1, 1, 0, 4, 0, 6, 7, 7].map(Some);
    assert_eq!(parents, [&[None][..], &some].concat());
    assert_eq!(message.enclosing_message(&message.parts[9]), Some(6));
    assert_eq!(message.enclosing_message(&message.parts[3]), None);
    assert_eq!(message.children(0).count(), 3);
    assert_eq!(text(&message.parts[5]), "body");
    assert!(message.parts.iter().all(|part| part.problems.is_empty()));
    assert_eq!(message.parts[5].headers.subject().as_deref(), Some("in"));
}

#[test]
fn the_line_end_before_a_delimiter_is_not_content() {
    let message = scan(mixed("--B\n\none\n\n--B\n\n--B\n\n\n--B\nX: y\n--B--\n"));
    let all: Vec<_> = message.parts[1..].iter().map(text).collect();
    assert_eq!(all, ["one\r\n", "", "", ""]);
    assert_eq!(message.parts[4].problems, [Problem::MissingBlankLine]);
}

#[test]
fn an_attached_message_is_hashed_as_it_stands() {
    let inner = "Subject: a\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n\
                 pre\r\n--C\r\n\r\nx\r\n--C--\r\nepilogue\r\n";
    let message = scan(mixed(&format!(
        "--B\nContent-Type: message/rfc822\n\n{inner}\r\n--B--\n"
    )));
    let blob = part_of_kind(&message, PartKind::Message)
        .blob
        .as_ref()
        .unwrap();
    assert_eq!(blob.size, inner.len() as u64);
    assert_eq!(hex(&blob.sha256), hex(&Sha256::digest(inner)));
    assert_eq!(blob.read_all(u64::MAX).unwrap(), None);

    // As the whole body of a message.
    let message = scan(format!("Content-Type: message/rfc822\n\n{inner}"));
    let blob = message.parts[0].blob.as_ref().unwrap();
    assert_eq!(
        (blob.size, hex(&blob.sha256)),
        (inner.len() as u64, hex(&Sha256::digest(inner)))
    );
    assert_eq!(message.parts[2].number, "1.1");
}

fn part_of_kind(message: &crate::message::Message, kind: PartKind) -> &crate::message::Part {
    message.parts.iter().find(|part| part.kind == kind).unwrap()
}

#[test]
fn encoded_attached_messages_are_opened() {
    let inner = "Content-Type: multipart/mixed; boundary=C\n\n--C\n\nx\n--C\n\
                 Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\nQUJD\n--C--\n";
    let message = scan(mixed(&format!(
        "--B\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{}\n--B--\n",
        base64(inner.as_bytes())
    )));
    assert_eq!(message.parts[1].kind, PartKind::Message);
    assert_eq!(message.parts[1].problems, [Problem::EncodedMessage]);
    let blob = message.parts[1].blob.as_ref().unwrap();
    assert_eq!(blob.size, inner.len() as u64);
    assert_eq!(hex(&blob.sha256), hex(&Sha256::digest(inner)));
    assert_eq!(text(part(&message, "1.2")), "ABC");
    assert_eq!(message.enclosing_message(part(&message, "1.2")), Some(1));
}

#[test]
fn encoded_messages_nest_to_a_limit() {
    let mut inner = "Subject: innermost\r\n\r\nx\r\n".to_owned();
    for _ in 0..8 {
        inner = format!(
            "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            base64(inner.as_bytes())
        );
    }
    let message = scan(inner);
    assert_eq!(message.parts.len(), 6);
    assert_eq!(message.parts[5].kind, PartKind::Leaf);
    let [missing] = message.not_scanned.as_slice() else {
        panic!("{:?}", message.not_scanned)
    };
    assert!(
        matches!(missing.why, Why::Limit(l) if l.which == "encoded_depth" && l.limit == 5 && l.seen == 6)
    );
}

#[test]
fn boundaries_match_whole_lines_only() {
    let message = scan(mixed(
        "--B\n\na\n--Bx\nb\n --B\nc--B\n--B \t\n\nd\n--B-- \n",
    ));
    assert_eq!(text(part(&message, "1")), "a\r\n--Bx\r\nb\r\n --B\r\nc--B");
    assert_eq!(text(part(&message, "2")), "d");
    assert_eq!(message.parts[0].problems, [Problem::BoundaryPrefix]);
    assert_eq!(message.parts.len(), 3);
}

#[test]
fn a_boundary_may_be_the_beginning_of_another() {
    let message = scan(
        "Content-Type: multipart/mixed; boundary=abc\n\n--abc\n\
         Content-Type: multipart/mixed; boundary=abcdef\n\n--abcdef\n\nx\n--abcdef--\n--abc\n\ny\n--abc--\n",
    );
    assert_eq!(text(part(&message, "1.1")), "x");
    assert_eq!(text(part(&message, "2")), "y");
    assert!(
        message
            .parts
            .iter()
            .all(|part| !part.problems.contains(&Problem::BoundaryPrefix))
    );
}

#[test]
fn a_boundary_may_end_in_dashes() {
    let message = scan("Content-Type: multipart/mixed; boundary=\"B--\"\n\n--B--\n\nx\n--B----\n");
    assert_eq!(text(part(&message, "1")), "x");
    assert!(message.parts[0].problems.is_empty());
}

#[test]
fn missing_and_superfluous_ends_are_noted() {
    let message = scan(mixed("--B\n\nx\n"));
    assert_eq!(text(part(&message, "1")), "x\r\n");
    assert_eq!(message.parts[0].problems, [Problem::MissingFinalBoundary]);

    let message = scan(mixed(
        "--B\n\nx\n--B--\n--B\nContent-Type: a/b\n\ny\n--B--\n",
    ));
    assert_eq!(message.parts[0].problems, [Problem::PartAfterEnd]);
    assert_eq!(text(part(&message, "2")), "y");

    // The outer multipart's delimiter ends the inner one.
    let message = scan(
        "Content-Type: multipart/mixed; boundary=A\n\n--A\n\
         Content-Type: multipart/mixed; boundary=B\n\n--B\n\nx\n--A\n\ny\n--A--\n",
    );
    assert_eq!(text(part(&message, "1.1")), "x");
    assert_eq!(text(part(&message, "2")), "y");
    assert_eq!(message.parts[1].problems, [Problem::MissingFinalBoundary]);
}

#[test]
fn text_around_the_parts_is_noted_when_it_is_long() {
    let long = "hidden text\n".repeat(100);
    let message = scan(mixed(&format!("{long}--B\n\nx\n--B--\n{long}")));
    assert_eq!(
        message.parts[0].problems,
        [Problem::PreambleContent, Problem::EpilogueContent]
    );
    let message = scan(mixed(
        "This is a message in MIME format.\n--B\n\nx\n--B--\n\n",
    ));
    assert!(message.parts[0].problems.is_empty());
    assert_eq!(message.parts.len(), 2);
}

#[test]
fn a_multipart_without_parts_is_a_leaf() {
    let message = scan("Content-Type: multipart/mixed\n\ntext\n");
    assert_eq!(message.parts[0].kind, PartKind::Leaf);
    assert_eq!(message.parts[0].problems, [Problem::MissingBoundary]);
    assert_eq!(text(&message.parts[0]), "text\r\n");

    let message = scan(mixed("text\n"));
    assert_eq!(message.parts[0].kind, PartKind::Leaf);
    assert_eq!(message.parts[0].problems, [Problem::MissingParts]);
    assert_eq!(text(&message.parts[0]), "text\r\n");
}

#[test]
fn both_content_types_are_followed() {
    let message = scan(
        "Content-Type: multipart/mixed; boundary=A\nContent-Type: multipart/mixed; boundary=B\n\n\
         --A\n\n--B\n\nx\n--B--\n",
    );
    assert_eq!(text(part(&message, "2")), "x");
    assert!(
        message.parts[0]
            .problems
            .contains(&Problem::DuplicateContentType)
    );
    // The second one only is a multipart.
    let message = scan(
        "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=B\n\n--B\n\nx\n--B--\n",
    );
    assert_eq!(
        outline(&message),
        [" Multipart multipart/mixed", "1 Leaf text/plain"]
    );
    // The first one only, and it has no parts.
    let message = scan(
        "Content-Type: multipart/mixed; boundary=B\nContent-Type: application/zip\n\
         Content-Transfer-Encoding: base64\n\nQUJD\n",
    );
    assert_eq!(outline(&message), [" Leaf application/zip"]);
    assert_eq!(text(&message.parts[0]), "ABC");
}

#[test]
fn types_are_read_leniently() {
    for (field, media_type) in [
        ("TEXT/HTML", "text/html"),
        (" text/html ; charset=x", "text/html"),
        ("text/html charset=x", "text/html"),
        ("(a) text (b) / (c) html (d); x=y", "text/html"),
        ("text/html;;;", "text/html"),
        ("", "text/plain"),
        ("pdf", "pdf"),
    ] {
        let message = scan(format!("Content-Type: {field}\n\n"));
        assert_eq!(message.parts[0].media_type, media_type, "{field}");
    }
    let message = scan(
        "Content-Type: text/plain; charset=\"UTF-8\"\nContent-Disposition: INLINE\nContent-ID: <a@b>\n\n",
    );
    assert_eq!(message.parts[0].charset.as_deref(), Some("utf-8"));
    assert_eq!(message.parts[0].disposition, Disposition::Inline);
    assert_eq!(message.parts[0].content_id.as_deref(), Some("a@b"));
    assert_eq!(
        scan("Content-Disposition: x\n\n").parts[0].disposition,
        Disposition::Other
    );
}

#[test]
fn a_digest_holds_messages() {
    let message = scan(
        "Content-Type: multipart/digest; boundary=B\n\n--B\n\nSubject: a\n\nx\n--B\n\
         Content-Type: text/plain\n\ny\n--B--\n",
    );
    assert_eq!(
        outline(&message)[1..],
        [
            "1 Message message/rfc822",
            "1.1 Leaf text/plain",
            "2 Leaf text/plain"
        ]
    );
    assert_eq!(text(part(&message, "1.1")), "x");
}

#[test]
fn messages_that_lie_elsewhere_are_noted() {
    let message = scan("Content-Type: message/partial; id=x; number=1\n\nSubject: x\n\n");
    assert_eq!(message.parts[0].problems, [Problem::PartialMessage]);
    let message =
        scan("Content-Type: message/external-body; access-type=URL\n\nContent-Type: a/b\n\n");
    assert_eq!(message.parts[0].problems, [Problem::ExternalBody]);
    assert_eq!(message.parts.len(), 1);
}

#[test]
fn lone_carriage_returns_end_lines_before_delimiters() {
    let message = scan_milter(
        &[("Content-Type", " multipart/mixed; boundary=B")],
        b"--B\r\n\r\na\rb\r--B\r\r\nc\r\n--B--\r\n",
    );
    assert_eq!(text(part(&message, "1")), "a\rb");
    assert_eq!(message.parts[0].problems, [Problem::BareCr]);
    assert_eq!(message.parts.len(), 3);
}

#[test]
fn bare_line_feeds_are_counted_as_crlf() {
    let message = scan_milter(
        &[("Content-Type", " multipart/mixed; boundary=B")],
        b"--B\n\na\nb\n--B--\n",
    );
    assert_eq!(text(part(&message, "1")), "a\r\nb");
}

#[test]
fn a_part_without_a_header_is_text() {
    let message = scan(mixed("--B\nno field here\nX: y\n--B--\n"));
    assert_eq!(text(part(&message, "1")), "no field here\r\nX: y");
    assert_eq!(message.parts[1].problems, [Problem::MissingBlankLine]);
    let message = scan(mixed("--B\nX: y\njunk\nContent-Type: a/b\n\nz\n--B--\n"));
    assert_eq!(message.parts[1].problems, [Problem::JunkInHeader]);
    assert_eq!(message.parts[1].media_type, "a/b");
    assert_eq!(text(&scan("just text\n").parts[0]), "just text\r\n");
    let message = scan("From an@b.vn Mon Jan 1\nSubject: x\n\ny\n");
    assert_eq!(message.headers.subject().as_deref(), Some("x"));
}

#[test]
fn odd_bytes_in_headers_are_noted() {
    let message = scan(&b"Subject: \xc3\xa0\0\n\nx\n"[..]);
    assert_eq!(
        message.parts[0].problems,
        [Problem::EightBitHeader, Problem::NulByte]
    );
}

#[test]
fn html_tells_which_images_it_shows() {
    let body = "--B\nContent-Type: text/html\n\n<img src=\"cid:a%40b\"><img src='CID:c'>acid:d\n\
                --B\nContent-ID: <a@b>\nContent-Type: image/png\n\nx\n\
                --B\nContent-ID: <e>\nContent-Type: image/png\n\nx\n\
                --B\nContent-Type: message/rfc822\n\nContent-ID: <c>\nContent-Type: image/png\n\nx\n--B--\n";
    let message = scan(mixed(body));
    let shown: Vec<_> = message
        .parts
        .iter()
        .map(|part| message.is_shown_by_html(part))
        .collect();
    // The image in the attached message is shown by no text of that message.
    assert_eq!(shown, [false, false, true, false, false, false]);
    assert!(message.html_cids.contains(&(None, "c".into())));
}

#[test]
fn an_html_text_beyond_the_limit_is_told() {
    let limits = crate::message::Limits {
        html_bytes: 100,
        ..Default::default()
    };
    for (len, told) in [(100, 0), (101, 1)] {
        let mut receiver = crate::message::Receiver::new(&super::spool(), limits.clone());
        receiver.header(b"Content-Type", b" text/html");
        receiver.body(&vec![b'x'; len]);
        let message = receiver.finish();
        assert_eq!(message.not_scanned.len(), told);
    }
}

#[test]
fn boundaries_are_read_in_every_way() {
    for (param, delimiter) in [
        ("boundary=\" B\"", "--B"),
        ("boundary=\" B\"", "-- B"),
        ("boundary=\"B \"", "--B"),
        ("boundary=a b", "--a b"),
        ("boundary=a b", "--a"),
        ("boundary=\"a\\b\"", "--ab"),
        ("boundary=\"a\\b\"", "--a\\b"),
        ("boundary=\"a", "--a"),
        ("boundary=\"a", "--\"a"),
        ("boundary=a;b", "--a;b"),
        ("boundary*0=a; boundary*1=b", "--ab"),
        ("boundary*=utf-8''a%62", "--ab"),
        ("boundary=(c)a", "--a"),
        ("boundary=x; boundary=y", "--y"),
    ] {
        let raw = format!(
            "Content-Type: multipart/mixed; {param}\n\n{delimiter}\nContent-Type: a/b\n\nx\n{delimiter}--\n"
        );
        let message = scan(raw);
        assert_eq!(
            outline(&message),
            [" Multipart multipart/mixed", "1 Leaf a/b"],
            "{param}"
        );
        assert_eq!(text(&message.parts[1]), "x");
    }
    let message = scan("Content-Type: multipart/mixed; boundary=a\n\n--b\n\nx\n--b--\n");
    assert_eq!(message.parts.len(), 1);
    let long = "b".repeat(1000);
    let message = scan(format!(
        "Content-Type: multipart/mixed; boundary={long}\n\n--{long}\n\nx\n--{long}--\n"
    ));
    assert_eq!(message.parts[0].problems, [Problem::BoundaryTooLong]);
    assert_eq!(message.parts.len(), 2);
}

#[test]
fn an_outer_boundary_used_again_hides_nothing() {
    let message = scan(mixed(
        "--B\nContent-Type: multipart/mixed; boundary=B\n\n--B\n\nx\n--B--\n--B\n\ny\n--B--\n",
    ));
    assert!(message.parts[1].problems.contains(&Problem::BoundaryReused));
    let leaves: Vec<_> = message.parts[2..].iter().map(text).collect();
    assert_eq!(leaves, ["x", "y"]);
}

#[test]
fn binary_content_is_kept_to_the_byte() {
    let mut body = b"--B\r\nContent-Type: a/b\r\n\r\n".to_vec();
    let bytes: Vec<u8> = (0..=255).filter(|byte| *byte != b'\n').collect();
    body.extend(&bytes);
    body.extend(b"\r\n--B--\r\n");
    let message = scan_milter(&[("Content-Type", " multipart/mixed; boundary=B")], &body);
    assert_eq!(content(part(&message, "1")), bytes);
}
