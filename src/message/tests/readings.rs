//! Where mail programs read a message in different ways: every reading is looked at, or it is said
//! that one was not.

use super::{base64, content, outline, part, scan, text};
use crate::message::{Message, PartKind, Problem, Why};

const PROGRAM: &[u8] = b"MZ\x90\0\x03 and more bytes \xff\xfe";

fn mixed(parts: &[String]) -> String {
    let mut raw = "Content-Type: multipart/mixed; boundary=B\n\n".to_owned();
    for part in parts {
        raw.push_str(&format!("--B\n{part}\n"));
    }
    raw + "--B--\n"
}

fn program(header: &str) -> String {
    format!("Content-Type: a/b\n{header}\n\n{}", base64(PROGRAM))
}

/// The numbers of the places that are not scanned because nobody can say how they are read.
fn told(message: &Message) -> Vec<&str> {
    let places = message.not_scanned.iter();
    places
        .filter(|place| place.why == Why::Unsupported)
        .map(|place| place.part.as_str())
        .collect()
}

#[test]
fn a_second_transfer_encoding_is_decoded_too() {
    const FIELD: &str = "Content-Transfer-Encoding:";
    for header in [
        format!("{FIELD} 7bit\n{FIELD} base64"),
        format!("{FIELD}\n{FIELD} base64"),
        format!("{FIELD} quoted-printable\n{FIELD} base64"),
        format!("{FIELD} base 64"),
        format!("{FIELD} base\064"),
        format!("{FIELD} x-what\n{FIELD} 8bit"),
    ] {
        let message = scan(mixed(&[program(&header)]));
        let other = &part(&message, "1").others[0];
        assert_eq!(&other.head[..], PROGRAM, "{header}");
    }
    let raw = format!("Content-Type: a/b\n{FIELD} base64\n{FIELD} 8bit\n\nMZ\u{1}\u{2}");
    let message = scan(mixed(&[raw]));
    assert_eq!(&part(&message, "1").others[0].head[..], b"MZ\x01\x02");
    // The same twice, or names for the same, are one reading.
    for header in [
        format!("{FIELD} base64\n{FIELD} BASE64"),
        format!("{FIELD} 7bit\n{FIELD} 8bit"),
        format!("{FIELD} base64 (words)"),
    ] {
        let message = scan(mixed(&[program(&header)]));
        assert!(part(&message, "1").others.is_empty(), "{header}");
    }
}

#[test]
fn escapes_that_mean_nothing_are_read_in_every_way_that_programs_read_them() {
    let field = "Content-Transfer-Encoding: quoted-printable";
    for (encoded, reading) in [
        // With a digit before each character, and before the end of a line that goes on.
        ("=0M=0Z=0=90=0=00=0=03=0 a=0==0\nnd=0 =0m", 0),
        // With an escape that is none before each character.
        (
            "=0XM=0XZ=\n=0X=90=0X=00=0X=03=0X =0Xa=0Xn=0Xd=0X =\n=0Xm",
            1,
        ),
    ] {
        let raw = format!("Content-Type: a/b\n{field}\n\n{encoded}");
        let message = scan(mixed(&[raw]));
        let part = part(&message, "1");
        assert!(part.problems.contains(&Problem::QuotedPrintableJunk));
        assert_eq!(part.others.len(), 2);
        assert_eq!(
            &part.others[reading].head[..],
            b"MZ\x90\0\x03 and m",
            "{encoded}"
        );
    }
    // A file without junk, and a text with some, are read in one way.
    for (header, encoded) in [("a/b", "M=5A=\n=3D0"), ("text/plain", "a =0 b")] {
        let raw = format!("Content-Type: {header}\n{field}\n\n{encoded}");
        let message = scan(mixed(&[raw]));
        assert!(part(&message, "1").others.is_empty(), "{header}");
    }
}

#[test]
fn junk_is_found_wherever_pieces_of_the_message_end() {
    let line = "=0M=0Z=0=90and =3D=\n".repeat(20_000);
    let raw = format!("Content-Type: a/b\nContent-Transfer-Encoding: quoted-printable\n\n{line}");
    let message = scan(raw);
    let other = &part(&message, "1").others[0];
    let all = other.read_all(1 << 20).unwrap().unwrap();
    assert!(all == b"MZ\x90and =".repeat(20_000));
}

#[test]
fn a_file_called_eml_is_opened_as_a_message_and_kept_as_a_file() {
    let inner = mixed(&[
        "\nhello".to_owned(),
        program("Content-Transfer-Encoding: base64"),
    ]);
    let raw = inner.replace("=B", "=C").replace("--B", "--C");
    let encoded = base64(raw.replace('\n', "\r\n").as_bytes());
    for attached in [
        format!("Content-Type: application/octet-stream; name=\"thư.EML\"\n\n{raw}"),
        format!("Content-Type: text/plain; name=a.eml\n\n{raw}"),
        format!("Content-Type: text/plain\nContent-Type: message/rfc822\n\n{raw}"),
        format!(
            "Content-Type: a/b\nContent-Disposition: attachment; filename=a.eml\n\
             Content-Transfer-Encoding: base64\n\n{encoded}"
        ),
    ] {
        let message = scan(mixed(&["\ntext".to_owned(), attached.clone()]));
        let file = part(&message, "2.2");
        assert_eq!(content(file), PROGRAM, "{attached}");
        let outer = message
            .parts
            .iter()
            .find(|part| part.number == "2")
            .unwrap();
        assert_eq!(outer.kind, PartKind::Message);
        assert!(content(outer).starts_with(b"Content-Type: multipart/mixed; boundary=C"));
    }
    // Of one that only its type calls a message, the bytes are not kept twice.
    let message = scan(mixed(&[format!(
        "Content-Type: \"message/rfc822\"\n\n{raw}"
    )]));
    assert_eq!(content(part(&message, "1.2")), PROGRAM);
    let outer = message
        .parts
        .iter()
        .find(|part| part.number == "1")
        .unwrap();
    assert!(outer.blob.as_ref().unwrap().head.is_empty());
    // A name that only looks alike.
    let message = scan(mixed(&[format!("Content-Type: a/b; name=eml\n\n{raw}")]));
    assert_eq!(part(&message, "1").kind, PartKind::Leaf);
}

#[test]
fn files_called_eml_inside_each_other_are_bounded() {
    let mut raw = "MZ".to_owned();
    for _ in 0..40 {
        raw = format!("Content-Type: a/b; name=a.eml\n\n{raw}");
    }
    let message = scan(raw);
    assert_eq!(message.parts.len(), 6);
    let [place] = message.not_scanned.as_slice() else {
        panic!("{:?}", message.not_scanned)
    };
    assert!(matches!(place.why, Why::Limit(limit) if limit.which == "encoded_depth"));
}

#[test]
fn an_attached_message_behind_a_quoted_separator_has_its_header() {
    let inner = mixed(&[program("Content-Transfer-Encoding: base64")]).replace('B', "C");
    let inner = inner.replace(&base64(PROGRAM).replace('B', "C"), &base64(PROGRAM));
    for separator in ["From a@b Mon Jan 1 00:00:00 2020", ">From a@b Mon Jan 1"] {
        let attached = format!("Content-Type: message/rfc822\n\n{separator}\n{inner}");
        let message = scan(mixed(&[attached]));
        assert_eq!(content(part(&message, "1.1")), PROGRAM, "{separator}");
        assert!(told(&message).is_empty());
    }
}

#[test]
fn multiparts_whose_type_is_written_oddly_have_parts() {
    for kind in ["\"multipart/mixed\"", "multipart", "'multipart/mixed'"] {
        let raw = mixed(&["\nhello".to_owned()]).replacen("multipart/mixed", kind, 1);
        assert_eq!(outline(&scan(&raw))[1], "1 Leaf text/plain", "{kind}");
    }
}

#[test]
fn what_programs_read_differently_is_told() {
    let coded = base64(PROGRAM);
    let field = "Content-Transfer-Encoding: base64";
    for (part, what) in [
        (
            format!("A: b\njunk\n{field}\n\nx"),
            "a line that is no field",
        ),
        (format!("{field}\n{coded}"), "content without an empty line"),
        (format!("{field}\n  \n{coded}"), "a line of blanks"),
        (
            format!("{field}\n  \n {}", coded.replace("\r\n", "\n ")),
            "indented content",
        ),
        (format!(" a\n{field}\n\n{coded}"), "an indented first line"),
        (format!("A: b\r\r\n{field}\n\n{coded}"), "CR CR LF"),
        (format!("A: b\r{field}\n\n{coded}"), "a lone CR"),
        (
            "Content-Type: multipart/mixed\n\n--C\n\nx\n--C--".to_owned(),
            "no boundary",
        ),
        (
            format!(
                "Content-Type: multipart/mixed; boundary={0}\n\n--{0}\n\nx",
                "b".repeat(1200)
            ),
            "a boundary past the limit",
        ),
        (
            format!(
                "Content-Type: multipart/mixed; boundary=C\n{field}\n\n{}",
                base64(b"--C\n")
            ),
            "an encoded multipart",
        ),
        (
            "Content-Type: multipart/mixed; boundary=C\n\n--C\n\nx\n--Cx\n\ny".to_owned(),
            "a prefix",
        ),
        (
            "Content-Type: multipart/mixed; boundary=C\n\n--C\n\nx\n--C\x0c\n\ny".to_owned(),
            "a feed",
        ),
        (
            "Content-Type: message/partial; number=1\n\nx".to_owned(),
            "a piece of a message",
        ),
        (
            format!("Content-Type: message/rfc822\n{field}\n\nSubject: x\n\ny"),
            "no base64",
        ),
        (
            "Content-Type: a/b\nContent-Transfer-Encoding: x-yencode\n\ny".to_owned(),
            "yEnc",
        ),
    ] {
        let message = scan(mixed(&["\nhello".to_owned(), part]));
        assert_eq!(told(&message), ["2"], "{what}: {:?}", outline(&message));
    }
    for (part, what) in [
        ("\nhello".to_owned(), "no header"),
        ("hello\n".to_owned(), "text at once"),
        (program(field), "a file"),
        (format!("A: b;\n c\n{field}\n\n{coded}"), "folding"),
        (
            format!(
                "Content-Type: message/rfc822\n{field}\n\n{}",
                base64(b"A: b\r\n\r\nx")
            ),
            "base64",
        ),
        (
            "Content-Type: multipart/mixed; boundary=C\n\n--C\n\nx\n--C \n\ny\n--C--".to_owned(),
            "-",
        ),
        (
            "Content-Type: text/plain\n\n-- \nan\n--\n---\n".to_owned(),
            "dashes",
        ),
    ] {
        let message = scan(mixed(&["\nhello".to_owned(), part]));
        assert_eq!(told(&message), [""; 0], "{what}: {:?}", outline(&message));
    }
    // The mail server has mended the message's own header; what it folds oddly is no trick.
    let message = scan("Subject: a\n \n b\njunk\n\nx\n");
    assert_eq!(told(&message), [""; 0]);
    assert!(message.parts[0].problems.contains(&Problem::JunkInHeader));
}

#[test]
fn a_file_inside_a_text_is_told() {
    let coded = "begin 644 setup.exe\n#35J0\n`\nend\n";
    let long = "a line of text\n".repeat(40_000);
    for body in [
        coded.to_owned(),
        format!("hello\n\n{coded}"),
        format!("{long}{coded}"),
        "hi\nbegin-base64 644 a.exe\nTVqQ\n====\n".to_owned(),
        "hi\n=ybegin line=128 size=5 name=a.exe\nx\n=yend size=5\n".to_owned(),
    ] {
        assert_eq!(
            told(&scan(format!("A: b\n\n{body}"))),
            ["1"],
            "{:.40}",
            body
        );
        let parts = [format!("\n{body}"), "\nhello".to_owned()];
        assert_eq!(told(&scan(mixed(&parts))), ["1"]);
    }
    // At every distance from the edge of what is read at once.
    for at in (262_144 - 40)..(262_144 + 4) {
        let body = format!("{}\n{coded}", "x".repeat(at));
        assert_eq!(told(&scan(format!("A: b\n\n{body}"))), ["1"], "{at}");
    }
    for body in [
        "begin 644 is the sign of uuencode, they say.\nA line of text, not of code, follows it.\n",
        "We begin 644 setup.exe\n#35J0\n",
        "begin 2089 well\n#35J0\n",
        "begin 644 \n#35J0\n",
        "begin 644 a\n\nend\n",
        "begin 644 a",
        "> begin 644 a.exe\n> #35J0\n",
        "=ybegin is the sign of yEnc\n",
    ] {
        assert_eq!(told(&scan(format!("A: b\n\n{body}"))), [""; 0], "{body}");
    }
    let message = scan(format!("Content-Type: a/b\n\nhi\n{coded}"));
    assert_eq!(told(&message), [""; 0]);
    assert!(text(part(&message, "1")).contains("begin 644"));
}

#[test]
fn names_past_the_limits_are_found_or_told() {
    let of = |header: &str| {
        let message = scan(format!("{header}\n\nx\n"));
        let found = part(&message, "1").names.all.iter();
        let found = found.clone().any(|name| name.ends_with("a.exe"));
        (found, !told(&message).is_empty())
    };
    let disposition = |params: String| of(&format!("Content-Disposition: attachment; {params}"));
    let junk = |number: usize| -> String { (0..number).map(|at| format!("p{at}=1; ")).collect() };
    let names = |number: usize| -> String {
        (0..number)
            .map(|at| format!("filename={at}.pdf; "))
            .collect()
    };
    assert_eq!(disposition(junk(3000) + "filename=a.exe"), (true, false));
    assert_eq!(disposition(junk(20_000) + "filename=a.exe"), (false, true));
    assert_eq!(disposition(names(20) + "filename=a.exe"), (true, false));
    assert_eq!(disposition(names(40) + "filename=a.exe"), (false, true));
    assert_eq!(disposition(names(400) + "filename=a.exe"), (false, true));
    let fields = "Content-Disposition: x; filename=b.pdf\n".repeat(8);
    assert_eq!(
        of(&format!("{fields}Content-Type: a/b; name=a.exe")),
        (true, false)
    );
    let ninth = format!("{fields}Content-Disposition: x; filename=a.exe");
    assert_eq!(of(&ninth), (false, true));
    // Of a long name the end is what counts.
    for long in [
        "filename=\"{}a.exe\"",
        "filename*=utf-8''{}a%2Eexe",
        "filename*0={}; filename*1=a.exe",
    ] {
        let params = long.replace("{}", &"b".repeat(5000));
        assert_eq!(disposition(params), (true, false), "{long}");
    }
    let viet = format!("filename*=utf-8''{}a.exe", "%E1%BA%A1".repeat(3000));
    assert!(disposition(viet).0);
}

#[test]
fn a_field_whose_value_is_missing_has_its_parameters() {
    for header in [
        "Content-Disposition: filename=a.exe",
        "Content-Type: name=\"a.exe\"",
    ] {
        let message = scan(format!("{header}\n\nx\n"));
        assert_eq!(part(&message, "1").names.shown.as_deref(), Some("a.exe"));
        assert_eq!(part(&message, "1").media_type, "text/plain");
    }
    let message = scan("Content-Disposition: a; filename*=utf-8''=?utf-8?B?YS5leGU=?=\n\nx\n");
    assert!(part(&message, "1").names.all.contains(&"a.exe".to_owned()));
}
