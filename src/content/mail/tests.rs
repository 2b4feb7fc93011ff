//! Tests of the readers of messages: fixtures by OpenSSL and GnuPG, broken ones by hand.

use std::time::{Duration, Instant};

use crate::{
    content::{
        Budget, Needs, Tree, open,
        testing::{bend, found, open_file, open_letter, thorough},
    },
    facts::{Fact, FileRole, NotOpened, Place},
    message::{Limits, Receiver, Spool},
};

const SIGNED: &[u8] = include_bytes!("testdata/signed.p7m");
const STREAM: &[u8] = include_bytes!("testdata/stream.p7m");
const DETACHED: &[u8] = include_bytes!("testdata/detached.p7s");
const FILE: &[u8] = include_bytes!("testdata/file.pem");
const ENVELOPED: &[u8] = include_bytes!("testdata/enveloped.p7m");
const GCM: &[u8] = include_bytes!("testdata/gcm.p7m");
const COMPRESSED: &[u8] = include_bytes!("testdata/compressed.p7m");
const PGP_SIGNED: &[u8] = include_bytes!("testdata/signed.asc");
const PGP_BINARY: &[u8] = include_bytes!("testdata/signed.gpg");
const PGP_STORED: &[u8] = include_bytes!("testdata/stored.asc");
const PGP_ENCRYPTED: &[u8] = include_bytes!("testdata/encrypted.asc");
const PGP_ENCRYPTED_BINARY: &[u8] = include_bytes!("testdata/encrypted.gpg");

const ELF: &str = "Content-Type: application/octet-stream; name=a.exe\r\n\
                   Content-Transfer-Encoding: base64\r\n\r\nf0VMRgIBAQAAAAAAAAAAAHByb2dyYW0=\r\n";

/// A message with a program.
fn letter() -> String {
    format!("From: a@b.vn\r\nSubject: x\r\nMIME-Version: 1.0\r\n{ELF}")
}

fn open_raw(raw: &str) -> Tree {
    let spool = Spool::new(None, 256 << 10, 1 << 30).unwrap();
    let mut receiver = Receiver::new(&spool, Limits::default());
    receiver.raw(raw.as_bytes());
    let needs = Needs {
        kinds: true,
        ..Needs::default()
    };
    open(&receiver.finish(), &needs, &mut Budget::default())
}

fn signs(tree: &Tree, number: &str) -> Vec<&'static str> {
    let node = tree.nodes.iter().find(|node| node.number == number);
    node.unwrap().traits.iter().map(|found| found.id).collect()
}

#[test]
fn streams_that_an_outlook_message_does_not_know_come_out() {
    let mut bytes = Vec::new();
    let packed: &[u8] = include_bytes!("testdata/extra.msg.gz");
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed), &mut bytes).unwrap();
    let tree = open_file("a.msg", &bytes);
    let mut files = found(&tree);
    files.sort();
    // A property that is a program; the text of the letter, which quotes a script, is none.
    let wanted = [
        "2/Kho/anh.png: wasm",
        "2/__substg1.0_66660102: wasm",
        "2/ghi-chu.txt: text",
        "2: msg",
    ];
    assert_eq!(files, wanted);
}

#[test]
fn a_message_in_a_file_is_opened_at_any_depth() {
    let tree = open_file("thu.dat", letter().as_bytes());
    assert_eq!(found(&tree), ["2: eml", "2/1: elf"]);
    let (message, program) = (&tree.nodes[1], &tree.nodes[2]);
    assert_eq!(message.not_opened, None);
    assert_eq!((program.place, program.parent), (Place::Message, Some(1)));
    // In a message in a message: base64 of message/rfc822 too.
    let inner = format!(
        "From: a@b.vn\nSubject: y\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\
         Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=b.dat\n\n{}\n--i--\n",
        letter()
    );
    let tree = open_file("thu.dat", inner.as_bytes());
    assert_eq!(found(&tree), ["2: eml", "2/1: eml", "2/1/1: elf"]);
    assert_eq!(tree.nodes[3].parent, Some(2));
    // By its name one field is enough; a text that has one is none.
    let one = "Subject: x\n\nhello\n";
    assert_eq!(
        found(&open_file("a.eml", one.as_bytes())),
        ["2: eml", "2.1: text"]
    );
    assert_eq!(found(&open_file("a.txt", one.as_bytes())), ["2: text"]);
}

#[test]
fn a_message_in_a_container_is_as_large_as_what_it_holds() {
    use std::io::Write as _;
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    to.write_all(letter().as_bytes()).unwrap();
    let tree = open_file("thu.gz", &to.finish().unwrap());
    assert_eq!(found(&tree), ["2: gz", "2/thu: eml", "2/thu/1: elf"]);
    let sizes: Vec<u64> = tree.nodes[2..].iter().map(|node| node.size).collect();
    assert_eq!(sizes, [23, 23]);
}

#[test]
fn endless_messages_in_messages_end_at_the_depth() {
    let mut inner = letter();
    for _ in 0..40 {
        inner =
            format!("From: a@b.vn\nSubject: y\nContent-Type: application/x; name=b.dat\n\n{inner}");
    }
    let tree = open_file("thu.eml", inner.as_bytes());
    let last = tree.nodes.last().unwrap().not_opened.clone();
    assert!(
        matches!(last, Some(NotOpened::Budget { which: "depth", .. })),
        "{last:?}"
    );
}

#[test]
fn each_message_of_a_mailbox_is_a_member() {
    let postmark = "From a@b.vn Mon Jan  5 10:20:30 2026\r\n";
    let text = "From: a@b.vn\r\nSubject: x\r\n\r\nFrom here on it goes\r\n";
    let mailbox = format!("{postmark}{text}\r\n{postmark}{}{postmark}{text}", letter());
    let tree = open_file("thu.mbox", mailbox.as_bytes());
    assert_eq!(
        found(&tree),
        [
            "2: mbox",
            "2/1.eml: eml",
            "2/1.eml/1: text",
            "2/2.eml: eml",
            "2/2.eml/1: elf",
            "2/3.eml: eml",
            "2/3.eml/1: text"
        ]
    );
    assert_eq!(tree.nodes[3].role, FileRole::Text);
}

#[test]
fn what_is_signed_or_compressed_is_opened() {
    for (name, bytes, kind) in [
        ("smime.p7m", SIGNED, "p7m"),
        ("smime.p7m", STREAM, "p7m"),
        ("chu-ky.p7s", SIGNED, "p7s"),
        ("smime.dat", STREAM, "p7s"),
        ("smime.p7m", COMPRESSED, "p7m"),
    ] {
        let tree = open_file(name, bytes);
        assert_eq!(
            found(&tree),
            [format!("2: {kind}"), "2/1: elf".to_owned()],
            "{name}"
        );
        let container = &tree.nodes[1];
        assert_eq!(
            (&container.encrypted, &container.not_opened),
            (&Fact::Known(false), &None)
        );
        assert_eq!(tree.nodes[2].names, ["a.exe"]);
    }
    // A signed file that is no letter; a signature alone.
    let tree = open_file("a.pem", FILE);
    assert_eq!(
        found(&tree),
        ["2: p7m", "2/smime.p7m: p7m", "2/smime.p7m/: elf"]
    );
    let tree = open_file("smime.p7s", DETACHED);
    assert_eq!(found(&tree), ["2: p7s"]);
    assert_eq!(tree.nodes[1].not_opened, None);
}

#[test]
fn what_was_encoded_once_more_is_opened_too() {
    let plain = base64_lines(SIGNED, 64);
    let one_line = base64_lines(SIGNED, usize::MAX);
    let armored = |label: &str| format!("-----BEGIN {label}-----\n{plain}-----END {label}-----\n");
    for (name, text, kind) in [
        ("smime.p7m", plain.clone(), "p7m"),
        ("smime.p7m", one_line, "p7m"),
        ("smime.p7m", plain.replace('\n', "\r\n"), "p7m"),
        ("smime.p7m", format!("\u{feff}\r\n \n{plain}"), "p7m"),
        ("chu-ky.p7s", plain.clone(), "p7s"),
        ("smime.txt", plain.clone(), "p7s"),
        ("smime.p7m", armored("PKCS7"), "p7m"),
        ("a.pem", armored("CMS"), "p7m"),
        ("a.pem", armored("PKCS #7 SIGNED DATA"), "p7m"),
        ("smime.p7m", format!("\r\n{}", armored("PKCS7")), "p7m"),
        ("smime.p7m", base64_lines(STREAM, 76), "p7m"),
        ("smime.p7m", base64_lines(COMPRESSED, 76), "p7m"),
    ] {
        let tree = open_file(name, text.as_bytes());
        assert_eq!(
            found(&tree),
            [
                format!("2: {kind}"),
                "2/smime.p7m: p7m".to_owned(),
                "2/smime.p7m/1: elf".to_owned()
            ],
            "{name} {text:.40}"
        );
    }
    // Text that only begins alike, a certificate, a key: nothing to open.
    for (name, text) in [
        ("smime.p7m", "MIIG cong van so 12\n".to_owned()),
        (
            "smime.p7m",
            "MIIGQwYJKoZIhvcNAQcBoIIGNDCCBjACAQEx\n".to_owned(),
        ),
        (
            "a.pem",
            base64_lines(b"\x30\x82\x03\x0a\x30\x82\x01\xf2 no message", 64),
        ),
        ("a.txt", format!("Kinh gui:\n{plain}")),
    ] {
        assert_eq!(
            found(&open_file(name, text.as_bytes())),
            ["2: text"],
            "{text:.40}"
        );
    }
    // Cut anywhere it is damaged, and nothing worse.
    for at in (0..plain.len()).step_by(37) {
        open_file("smime.p7m", &plain.as_bytes()[..at]);
    }
}

/// As `base64 -w` writes it.
fn base64_lines(bytes: &[u8], width: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let all = chunk
            .iter()
            .fold(0_u32, |all, &byte| all << 8 | u32::from(byte));
        let all = all << (8 * (3 - chunk.len()));
        for place in 0..4 {
            text.push(match place > chunk.len() {
                true => '=',
                false => char::from(LETTERS[(all >> (18 - 6 * place) & 63) as usize]),
            });
        }
    }
    let lines = text.as_bytes().chunks(width.min(text.len().max(1)));
    lines
        .map(|line| format!("{}\n", std::str::from_utf8(line).unwrap()))
        .collect()
}

#[test]
fn what_is_encrypted_names_its_cipher() {
    for (name, bytes, cipher) in [
        ("smime.p7m", ENVELOPED, "aes-256-cbc"),
        ("a.dat", GCM, "aes-128-gcm"),
        ("a.asc", PGP_ENCRYPTED, "pgp"),
        ("a.dat", PGP_ENCRYPTED_BINARY, "pgp"),
    ] {
        let tree = open_file(name, bytes);
        let node = &tree.nodes[1];
        assert_eq!(found(&tree).len(), 1);
        assert_eq!(
            (&node.encrypted, node.cipher),
            (&Fact::Known(true), Some(cipher))
        );
        assert_eq!(node.not_opened, Some(NotOpened::Encrypted));
    }
    for (name, bytes) in [
        ("a.asc", PGP_SIGNED),
        ("a.gpg", PGP_BINARY),
        ("a.asc", PGP_STORED),
    ] {
        let tree = open_file(name, bytes);
        assert_eq!(found(&tree), ["2: pgp", "2/cong-van.exe: elf"], "{name}");
        assert_eq!(tree.nodes[1].encrypted, Fact::Known(false));
    }
    // A byte that begins like a packet is no message.
    for bytes in [
        b"\x85\0\x05abcdef\xd2".as_slice(),
        b"\x8c\x0dabcdefghijklm\xd2",
        b"\xa3\x01x",
    ] {
        assert!(!found(&open_file("a.dat", bytes))[0].contains("pgp"));
    }
}

#[test]
fn pieces_and_bodies_elsewhere_are_said() {
    let tree = open_raw(
        "From: a@b.vn\r\nContent-Type: message/partial; id=1; number=2; total=3\r\n\r\nf0VMRgIB\r\n",
    );
    assert_eq!(tree.nodes[0].not_opened, Some(NotOpened::Unsupported));
    assert_eq!(signs(&tree, "1"), ["ambiguous-mime"]);
    let tree = open_raw(
        "From: a@b.vn\r\nContent-Type: message/external-body; access-type=URL; URL=\"http://a.vn/x\"\r\n\r\n\
         Content-Type: application/pdf\r\n\r\n",
    );
    assert_eq!(signs(&tree, "1"), ["external-link"]);
    // The first piece is opened as far as it goes.
    let tree = open_raw(&format!(
        "From: a@b.vn\r\nContent-Type: message/partial; id=1; number=1; total=2\r\n\r\n{}",
        letter()
    ));
    assert_eq!(tree.nodes.last().unwrap().kinds.first().unwrap().id, "elf");
    assert_eq!(tree.nodes[0].not_opened, Some(NotOpened::Unsupported));
}

#[test]
fn what_programs_read_differently_is_signed_and_what_is_only_wrong_is_not() {
    let with = |header: &str, field: &str| {
        open_raw(&format!(
            "From: a@b.vn\r\nMIME-Version: 1.0\r\n{header}\r\n--x\r\n\r\nKính gửi = bạn\r\n--x\r\n{field}\
             Content-Type: application/octet-stream; name=a.exe\r\n\r\nf0VMRgIBAQAAAAAA\r\n--x--\r\n"
        ))
    };
    let mixed = "Content-Type: multipart/mixed; boundary=x\r\n";
    let base64 = "Content-Transfer-Encoding: base64\r\n";
    let both = format!("{base64}Content-Transfer-Encoding: 7bit\r\n");
    for (header, field) in [
        (mixed, both.as_str()),
        (mixed, "Content-Transfer-Encoding: bas64\r\n"),
        (
            "Content-Type: multipart/mixed; boundary=y; boundary=x\r\n",
            base64,
        ),
        (
            mixed,
            "Content-Transfer-Encoding: quoted-printable\r\nX: =0\r\nno field\r\n",
        ),
    ] {
        let tree = with(header, field);
        assert_eq!(signs(&tree, "2"), ["ambiguous-mime"], "{header}{field}");
    }
    // Both readings of the encoding are opened.
    let tree = with(mixed, &both);
    assert!(tree.nodes[1].kinds.iter().any(|kind| kind.id == "elf"));
    for field in [base64, "Content-Transfer-Encoding: 8bit\r\n", ""] {
        let tree = with(mixed, field);
        assert!(
            tree.nodes.iter().all(|node| node.traits.is_empty()),
            "{field}"
        );
    }
}

#[test]
fn whatever_is_broken_ends() {
    let began = Instant::now();
    let step = if thorough() { 1 } else { 9 };
    for bytes in [
        SIGNED, STREAM, COMPRESSED, FILE, ENVELOPED, PGP_BINARY, PGP_STORED,
    ] {
        for end in (0..bytes.len()).step_by(step) {
            open_file("smime.p7m", &bytes[..end]);
        }
        for at in (0..bytes.len()).step_by(step) {
            let mut broken = bytes.to_vec();
            broken[at] = broken[at].wrapping_add(0x7b);
            assert!(open_file("a.gpg", &broken).nodes.len() < 10);
        }
    }
    let budget = Budget {
        time: Duration::from_secs(3),
        ..Budget::default()
    };
    // Endless nesting of indefinite lengths; of octet strings.
    let head = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\0\x30\x80\x06\x01\x2a\xa0\x80";
    for (piece, count) in [
        (b"\x24\x80".as_slice(), 200_000),
        (b"\x30\x80", 200_000),
        (b"\x24\0", 200_000),
    ] {
        let deep = [head.as_slice(), &piece.repeat(count)].concat();
        open_letter("", &[("smime.p7m", &deep)], budget.clone());
    }
    let lines = "From a@\n\n".repeat(20_000);
    let many = format!("From a@b.vn Mon Jan  5 10:20:30 2026\n\n{lines}");
    let tree = open_letter("", &[("a.mbox", many.as_bytes())], budget.clone());
    assert!(matches!(
        tree.nodes[1].not_opened,
        Some(NotOpened::Budget { .. })
    ));
    assert!(began.elapsed() < Duration::from_secs(40));
}

#[test]
fn bent_letters_end_without_panic() {
    let letter = format!(
        "From: =?utf-8?Q?a=C3=A0?= <a@b.vn>\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed;\n\
         \tboundary*0=\"b \"; boundary*1*=utf-8''c%20d\n\n--b c d\n{ELF}\n--b c d\nContent-Type: message/rfc822\n\n{}--b c d--\n",
        self::letter()
    );
    bend("a.eml", letter.as_bytes(), usize::MAX, 1500);
    let mbox = format!(
        "From a@b.vn Mon Jan  5 10:20:30 2026\n{letter}\n\nFrom c@d.vn Tue Jan  6 10:20:30 2026\n{letter}"
    );
    bend("a.mbox", mbox.as_bytes(), 300, 1000);
    bend("a.p7m", SIGNED, 300, 1000);
    bend("a.asc", PGP_SIGNED, 300, 1000);
}
