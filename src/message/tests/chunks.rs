use super::{Dice, base64, fingerprint, scan, spool};
use crate::message::{Limits, Receiver};

/// A message with most of what matters to chunks.
pub(super) fn sample() -> Vec<u8> {
    let inner = format!(
        "Subject: in\r\nContent-Type: multipart/mixed; boundary=\"in--\"\r\n\r\n--in--\r\n\
         Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\
         --in--\r\n\r\n-\r\n--\r\n---\r\r\n--in----\r\n",
        base64(&[7; 200])
    );
    format!(
        "From: a@b.vn\r\nSubject: x\r\n y\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n\
         preamble\r\n--B\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n<img src=3D\"cid:x\">=C3=\r\n=A0= \t\r\nz=4\r\n\
         --Bx\r\n--B \t\r\nContent-Type: image/png\r\nContent-ID: <x>\r\n\r\n\r--\r\r-\n--\r\n\r\n\
         --B\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--B\r\n\
         Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{}--B\rX: y\r\rz\r--B\r\n\
         no header\r\n--B--\r\nepilogue\r\n--B\r\nlate: part\r\n",
        base64(inner.as_bytes())
    )
    .into_bytes()
}

fn scan_in(bytes: &[u8], mut next: impl FnMut() -> usize) -> String {
    let mut receiver = Receiver::new(&spool(), Limits::default());
    let mut rest = bytes;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(next().min(rest.len()));
        receiver.raw(now);
        rest = later;
    }
    fingerprint(&receiver.finish())
}

#[test]
fn chunks_make_no_difference() {
    let sample = sample();
    let whole = fingerprint(&scan(&sample));
    for size in 1..40 {
        assert_eq!(scan_in(&sample, || size), whole, "chunks of {size}");
    }
    let mut dice = Dice(3);
    for _ in 0..100 {
        assert_eq!(scan_in(&sample, || 1 + dice.roll(200)), whole);
    }
}

#[test]
fn every_cut_in_two_makes_no_difference() {
    let sample = sample();
    let whole = fingerprint(&scan(&sample));
    for cut in 1..sample.len() {
        let mut first = true;
        let next = || {
            if std::mem::take(&mut first) {
                cut
            } else {
                usize::MAX
            }
        };
        assert_eq!(scan_in(&sample, next), whole, "cut at {cut}");
    }
}

/// Words that a scanner stumbles over, in random order and random chunks.
#[test]
fn random_words_in_random_chunks_make_no_difference() {
    const WORDS: &[&str] = &[
        "\r\n",
        "\n",
        "\r",
        "\r\n\r\n",
        "--",
        "-",
        "--B",
        "--B--",
        "--C",
        "--C--",
        "B",
        " ",
        "\t",
        "x",
        "Content-Type: multipart/mixed; boundary=C\r\n",
        "Content-Type: message/rfc822\r\n\r\n",
        ":",
        "Content-Transfer-Encoding: base64\r\n",
        "QUJD",
        "QQ==",
        "=",
        "Content-Type: text/html\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\n",
        "=3D",
        "cid:a",
        "X: y\r\n",
        "--B\r\n",
        "\r\n--C\r\n",
        "Content-Type: multipart/digest; boundary=B\r\n",
    ];
    let mut dice = Dice(4);
    for _ in 0..3000 {
        let mut bytes = b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n".to_vec();
        for _ in 0..dice.roll(60) {
            bytes.extend(WORDS[dice.roll(WORDS.len())].bytes());
        }
        if dice.roll(20) == 0 {
            bytes.extend(vec![b'-'; 5000]);
        }
        let whole = fingerprint(&scan(&bytes));
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(scan_in(&bytes, || 1), whole, "{text:?}");
        assert_eq!(scan_in(&bytes, || 1 + dice.roll(9)), whole, "{text:?}");
    }
}

#[test]
fn a_file_is_what_the_milter_gives() {
    let sample = String::from_utf8(sample()).unwrap();
    let (_, body) = sample.split_once("\r\n\r\n").unwrap();
    let fields = [
        ("From", " a@b.vn"),
        ("Subject", " x\n y"),
        ("Content-Type", " multipart/mixed; boundary=B"),
    ];
    let milter = super::scan_milter(&fields, body.as_bytes());
    let file = scan(&sample);
    assert_eq!(milter.size, file.size);
    let tail = |text: String| {
        text.split_once("text/html")
            .map(|(_, rest)| rest.to_owned())
    };
    assert_eq!(tail(fingerprint(&milter)), tail(fingerprint(&file)));
}
