use super::{Dice, base64, content, part, scan, text};
use crate::message::{Message, Problem, TransferEncoding};

fn leaf(encoding: &str, body: &[u8]) -> Message {
    let mut raw = format!("Content-Transfer-Encoding: {encoding}\r\n\r\n").into_bytes();
    raw.extend_from_slice(body);
    scan(raw)
}

fn decoded(encoding: &str, body: &[u8]) -> (Vec<u8>, Vec<Problem>) {
    let message = leaf(encoding, body);
    let part = part(&message, "1");
    (content(part), part.problems.clone())
}

#[test]
fn base64_takes_what_mail_programs_take() {
    for (body, bytes, problems) in [
        (&b"QUJD\r\nREVG\r\n"[..], &b"ABCDEF"[..], &[][..]),
        (b"QUI=\r\n", b"AB", &[]),
        (b"QQ==", b"A", &[]),
        (b"Q Q\t= =\r\n\r\n", b"A", &[]),
        (b"QUI", b"AB", &[Problem::Base64Truncated]),
        (b"QQ", b"A", &[Problem::Base64Truncated]),
        (
            b"QUJDR",
            b"ABC",
            &[Problem::Base64Junk, Problem::Base64Truncated],
        ),
        (b"QUI=QUI=", b"ABAB", &[Problem::Base64PaddingInside]),
        (b"QQ==\r\nQUJD", b"AABC", &[Problem::Base64PaddingInside]),
        (b"QU!JD", b"ABC", &[Problem::Base64Junk]),
        (b"=QUJD", b"ABC", &[Problem::Base64Junk]),
        (b"", b"", &[]),
    ] {
        let (got, mut noted) = decoded("base64", body);
        noted.sort();
        assert_eq!(
            (got.as_slice(), noted.as_slice()),
            (bytes, problems),
            "{body:?}"
        );
    }
}

#[test]
fn quoted_printable_takes_what_mail_programs_take() {
    for (body, bytes, problems) in [
        (&b"a=41=C3=a0\r\n"[..], &b"aA\xc3\xa0\r\n"[..], &[][..]),
        (b"soft=\r\nbreak", b"softbreak", &[]),
        (b"soft= \t\r\nbreak", b"softbreak", &[]),
        (b"end=", b"end", &[]),
        (
            b"bad=4Xx=ZZ",
            b"bad=4Xx=ZZ",
            &[Problem::QuotedPrintableJunk],
        ),
        (b"bad=4", b"bad=4", &[Problem::QuotedPrintableJunk]),
        (b"==41", b"=A", &[Problem::QuotedPrintableJunk]),
        (b"a b \r\n", b"a b \r\n", &[]),
    ] {
        let (got, noted) = decoded("quoted-printable", body);
        assert_eq!(
            (got.as_slice(), noted.as_slice()),
            (bytes, problems),
            "{body:?}"
        );
    }
}

#[test]
fn encodings_are_read_leniently() {
    for name in [
        "BASE64",
        " base64 ",
        "base64 (comment)",
        "(c) base64",
        "\"base64\"",
        "base64,",
    ] {
        assert_eq!(decoded(name, b"QUJD").0, b"ABC", "{name}");
    }
    let (got, problems) = decoded("base63", b"QUJD");
    assert_eq!(
        (got.as_slice(), problems.as_slice()),
        (&b"QUJD"[..], &[Problem::TransferEncodingOdd][..])
    );
    assert!(decoded("8bit", b"QUJD").1.is_empty());
    let message = leaf("x-uuencode", b"begin 644 a\r\n");
    assert_eq!(
        part(&message, "1").transfer_encoding,
        TransferEncoding::Uuencode
    );
    assert_eq!(message.not_scanned.len(), 1);
}

#[test]
fn the_first_of_two_encodings_is_followed() {
    let message =
        scan("Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n\nQUJD\n");
    assert_eq!(text(part(&message, "1")), "ABC");
    assert_eq!(
        part(&message, "1").problems,
        [Problem::DuplicateTransferEncoding]
    );
}

/// A decoder that is slow and plain.
fn reference_base64(text: &[u8]) -> Vec<u8> {
    let (mut bits, mut count, mut out) = (0u32, 0, Vec::new());
    let flush = |bits: u32, count: u32, out: &mut Vec<u8>| {
        let bits = bits << (6 * (4 - count));
        out.extend_from_slice(&bits.to_be_bytes()[1..][..count as usize * 6 / 8]);
    };
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                if count > 0 {
                    flush(bits, count, &mut out);
                }
                (bits, count) = (0, 0);
                continue;
            }
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 1;
        if count == 4 {
            flush(bits, count, &mut out);
            (bits, count) = (0, 0);
        }
    }
    if count > 0 {
        flush(bits, count, &mut out);
    }
    out
}

#[test]
fn base64_is_as_the_reference_decodes_it() {
    let mut dice = Dice(1);
    for round in 0..500 {
        let bytes: Vec<u8> = (0..dice.roll(400)).map(|_| dice.roll(256) as u8).collect();
        let mut text = base64(&bytes).into_bytes();
        assert_eq!(reference_base64(&text), bytes);
        for _ in 0..round % 4 {
            let at = dice.roll(text.len());
            text[at] = b"=\r\n-A+ \0"[dice.roll(8)];
        }
        let (got, _) = decoded("base64", &text);
        // CRLF for a bare LF is white space to both.
        assert_eq!(got, reference_base64(&text), "{text:?}");
    }
}

#[test]
fn quoted_printable_gives_back_what_was_encoded() {
    let mut dice = Dice(2);
    for _ in 0..300 {
        let bytes: Vec<u8> = (0..dice.roll(300)).map(|_| dice.roll(256) as u8).collect();
        let mut body = Vec::new();
        for (at, byte) in bytes.iter().enumerate() {
            if byte.is_ascii_alphanumeric() {
                body.push(*byte);
            } else {
                body.extend(format!("={byte:02X}").bytes());
            }
            if at % 20 == 19 {
                body.extend(b"=\r\n");
            }
        }
        assert_eq!(decoded("quoted-printable", &body), (bytes, vec![]));
    }
}
