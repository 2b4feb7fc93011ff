use crate::{
    content::{self, Budget, Needs, Tree},
    facts::{Fact, FileFacts, FileRole, Files, NotOpened, Place},
    inspect,
    message::{Limits, Message, Receiver, Spool},
    questions::{Question, Questions},
};

fn questions() -> Questions {
    let mut questions = Questions::default();
    questions.ask(Question::Files);
    questions.ask(Question::Executables);
    questions
}

fn read_with(text: &str, limits: Limits, memory: usize) -> Message {
    let spool = Spool::new(None, memory, 1 << 30).expect("a spool");
    let mut receiver = Receiver::new(&spool, limits);
    receiver.raw(text.replace('\n', "\r\n").as_bytes());
    receiver.finish()
}

fn read(text: &str) -> Message {
    read_with(text, Limits::default(), 1 << 20)
}

fn open(message: &Message) -> Tree {
    content::open(message, &Needs::of(&questions()), &mut Budget::default())
}

fn files(text: &str) -> Files {
    inspect::files(&open(&read(text)), &questions())
}

fn ids(file: &FileFacts) -> Vec<&'static str> {
    file.kinds.iter().map(|kind| kind.id).collect()
}

fn signs(file: &FileFacts) -> Vec<&str> {
    file.executable
        .iter()
        .map(|sign| sign.what.as_str())
        .collect()
}

/// A letter with text, a picture that the page shows, one that it does not, a PDF, and an attached
/// message with a program in it.
const LETTER: &str = "\
From: =?UTF-8?Q?V=C4=83n_th=C6=B0?= <VanThu@DakNong.gov.vn>
To: a@soctrang.gov.vn
Subject: =?UTF-8?B?R2nhuqV5IG3hu51p?=
Message-ID: <1@daknong.gov.vn>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=mixed

--mixed
Content-Type: multipart/related; boundary=related

--related
Content-Type: text/html; charset=utf-8

<html><body>Hi <img src=\"cid:logo@x\"></body></html>
--related
Content-Type: image/png; name=logo.png
Content-ID: <logo@x>
Content-Transfer-Encoding: base64

iVBORw0KGgoAAAANSUhEUg==
--related
Content-Type: image/png; name=anh.png
Content-ID: <anh@x>
Content-Transfer-Encoding: base64

iVBORw0KGgoAAAANSUhEUgAAAAA=
--related--
--mixed
Content-Type: application/pdf
Content-Disposition: attachment; filename=cong-van.pdf
Content-Transfer-Encoding: base64

JVBERi0xLjcKJeLjz9MK
--mixed
Content-Type: message/rfc822

Subject: inner
Content-Type: multipart/mixed; boundary=inner

--inner

see attached
--inner
Content-Type: application/octet-stream
Content-Disposition: attachment; filename*=UTF-8''b%C3%A1o%20c%C3%A1o.pdf
Content-Transfer-Encoding: base64

f0VMRgIBAQAAAAAA
--inner--
--mixed--
";

#[test]
fn each_file_has_its_place_role_and_size() {
    let files = files(LETTER);
    let seen: Vec<_> = files
        .list
        .iter()
        .map(|file| {
            (
                file.part.as_str(),
                file.parent,
                file.role,
                file.at,
                ids(file),
                file.size,
            )
        })
        .collect();
    use FileRole::{Attachment, Inline, Text};
    let expected = vec![
        ("1.1", None, Text, Place::Top, vec!["html"], 51),
        ("1.2", None, Inline, Place::Top, vec!["png"], 16),
        ("1.3", None, Attachment, Place::Top, vec!["png"], 20),
        ("2", None, Attachment, Place::Top, vec!["pdf"], 15),
        ("3", None, Attachment, Place::Top, vec!["eml"], 24),
        ("3.1", Some(4), Text, Place::Message, vec!["text"], 12),
        ("3.2", Some(4), Attachment, Place::Message, vec!["elf"], 12),
    ];
    assert_eq!(seen, expected);
    // The attached message counts as one attachment, as large as what it holds.
    assert_eq!(
        (files.count, files.total_size, files.largest_size),
        (3, 20 + 15 + 24, 24)
    );
    assert_eq!((files.inline_count, files.inline_total_size), (1, 16));
    // A program in an attached message, although it calls itself a PDF.
    let program = &files.list[6];
    assert_eq!(program.name.as_deref(), Some("báo cáo.pdf"));
    assert_eq!(signs(program), ["elf"]);
    assert!(
        files.list[..6]
            .iter()
            .all(|file| file.executable.is_empty())
    );
    assert!(files.list.iter().all(|file| file.not_opened.is_none()));
}

#[test]
fn the_message_as_a_whole_is_known() {
    let message = read(LETTER);
    let facts = inspect::message(&message);
    assert_eq!(facts.size, LETTER.replace('\n', "\r\n").len() as u64);
    assert_eq!(facts.headers, 6);
    assert_eq!(facts.parts, 10, "three multiparts beside the files");
    assert_eq!(facts.header_from[0].domain(), "daknong.gov.vn");
    assert_eq!(facts.subject.as_deref(), Some("Giấy mời"));
    assert_eq!(facts.message_id.as_deref(), Some("1@daknong.gov.vn"));
    assert!(facts.not_scanned.is_empty());
}

#[test]
fn size_and_hash_are_of_the_decoded_bytes() {
    let file = &files(LETTER).list[3];
    assert_eq!(file.size, 15);
    assert_eq!(file.sha256, sha256(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"));
    // Known from outside: `printf xyz | sha256sum`.
    let known = single("Content-Transfer-Encoding: base64", "eHl6");
    assert_eq!(
        known.sha256,
        "3608bca1e44ea6c4d268eb6db02260269892c0b42b86bbf1e77a6fa16c3c9282"
    );
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn single(fields: &str, body: &str) -> FileFacts {
    let mut files = files(&format!("MIME-Version: 1.0\n{fields}\n\n{body}"));
    assert_eq!(files.list.len(), 1, "{fields}");
    files.list.remove(0)
}

#[test]
fn a_text_is_a_text_only_without_a_name() {
    let script = "#!/bin/sh\nrm -rf ~\n";
    for (fields, role, found) in [
        ("X: y", FileRole::Text, &[][..]),
        ("Content-Type: text/plain", FileRole::Text, &[]),
        (
            "Content-Type: TEXT/HTML; charset=utf-8",
            FileRole::Text,
            &[],
        ),
        (
            "Content-Type: text/plain\nContent-Disposition: inline",
            FileRole::Text,
            &[],
        ),
        (
            "Content-Disposition: attachment",
            FileRole::Attachment,
            &["script-sh"],
        ),
        (
            "Content-Type: text/plain; name=a",
            FileRole::Attachment,
            &["script-sh"],
        ),
        (
            "Content-Type: text/plain; name=a.txt",
            FileRole::Attachment,
            &["script-sh"],
        ),
        (
            "Content-Type: application/octet-stream",
            FileRole::Attachment,
            &["script-sh"],
        ),
        (
            "Content-Type: text/x-sh; name=a.sh",
            FileRole::Attachment,
            &["script-sh", ".sh"],
        ),
        (
            "Content-Type: image/png",
            FileRole::Attachment,
            &["script-sh"],
        ),
    ] {
        let file = single(fields, script);
        assert_eq!(
            (file.role, signs(&file)),
            (role, found.to_vec()),
            "{fields}"
        );
    }
}

#[test]
fn a_program_as_the_text_of_a_letter_is_a_program() {
    let file = single(
        "Content-Type: text/plain\nContent-Transfer-Encoding: base64",
        "f0VMRgIBAQAAAAAA\n",
    );
    assert_eq!((file.role, signs(&file)), (FileRole::Text, vec!["elf"]));
}

#[test]
fn a_program_that_the_page_shows_as_a_picture_is_an_attachment() {
    let disguised = LETTER.replace("iVBORw0KGgoAAAANSUhEUg==", "f0VMRgIBAQAAAAAA");
    let files = files(&disguised);
    assert_eq!(files.list[1].role, FileRole::Attachment);
    assert_eq!(signs(&files.list[1]), ["elf"]);
    assert_eq!((files.count, files.inline_count), (4, 0));
}

#[test]
fn what_holds_files_says_that_it_was_not_opened() {
    let ace = "AAAxAAAAkCoqQUNFKioU";
    let fields = "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64";
    let file = single(fields, ace);
    assert_eq!(
        (ids(&file), &file.not_opened),
        (vec!["ace"], &Some(NotOpened::Unsupported))
    );
    assert!(file.encrypted.known().is_none());
    let pdf = single(fields, "JVBERi0xLjcKJeLjz9MK");
    assert_eq!((ids(&pdf), &pdf.not_opened), (vec!["pdf"], &None));
    // A ZIP whose first member is encrypted (bit 0), and a text.
    let zip = "UEsDBBQAAQAAAAAAAAAAAAAAAAAAAAAAAAABAAAAYQ==";
    let opened = files(&format!("MIME-Version: 1.0\n{fields}\n\n{zip}"));
    let [zip, member] = &opened.list[..] else {
        panic!("{:?}", opened.list)
    };
    assert_eq!(
        (ids(zip), &zip.encrypted),
        (vec!["zip"], &Fact::Known(true))
    );
    assert_eq!(
        (member.part.as_str(), &member.not_opened),
        ("1/a", &Some(NotOpened::Encrypted))
    );
    assert_eq!(single("X: y", "xin chào").encrypted, Fact::Known(false));
}

#[test]
fn what_was_not_scanned_is_a_fact() {
    let limits = Limits {
        message_depth: 0,
        ..Limits::default()
    };
    let message = read_with(LETTER, limits, 1 << 20);
    let facts = inspect::message(&message);
    let place = facts
        .not_scanned
        .iter()
        .find(|place| place.part == "3")
        .expect("the inner message");
    let NotOpened::Budget { which, limit, .. } = place.why else {
        panic!("{place:?}")
    };
    assert_eq!((which, limit), ("message_depth", 0));
    let files = inspect::files(&open(&message), &questions());
    let inner = files
        .list
        .iter()
        .find(|file| file.part == "3")
        .expect("the inner message");
    assert_eq!(inner.not_opened, Some(place.why.clone()));
}

#[test]
fn what_nobody_asks_is_not_looked_for() {
    let message = read(LETTER);
    let mut few = Questions::default();
    few.ask(Question::Files);
    let tree = content::open(&message, &Needs::of(&few), &mut Budget::default());
    let files = inspect::files(&tree, &few);
    assert!(
        files
            .list
            .iter()
            .all(|file| file.kinds.is_empty() && file.executable.is_empty())
    );
    // Sums and roles are the same.
    assert_eq!(
        (files.count, files.total_size, files.inline_count),
        (3, 59, 1)
    );
}

#[test]
fn a_file_in_the_spool_is_read_beyond_its_head() {
    // An ISO image of 64 KiB, of which memory may keep nothing.
    let mut image = vec![b'\x01'; 65_536];
    image[32_769..32_774].copy_from_slice(b"CD001");
    let mut text =
        String::from("Content-Type: x/y; name=a.dat\nContent-Transfer-Encoding: base64\n\n");
    text.push_str(&base64(&image));
    let message = read_with(&text, Limits::default(), 0);
    let files = inspect::files(&open(&message), &questions());
    assert_eq!(
        (ids(&files.list[0]), files.list[0].size),
        (vec!["iso"], 65_536)
    );
    assert_eq!(files.list[0].sha256, sha256(&image));
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (index, group) in bytes.chunks(3).enumerate() {
        let bits = group
            .iter()
            .fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            text.push(char::from(
                ALPHABET[(bits >> (18 - 6 * place)) as usize & 63],
            ));
        }
        text.push_str(&"==="[..3 - group.len()]);
        if index % 18 == 17 {
            text.push('\n');
        }
    }
    text
}

#[test]
fn a_letter_of_many_parts_is_opened_in_bounded_time() {
    let mut text = String::from("Content-Type: multipart/mixed; boundary=b\n\n");
    for index in 0..9000 {
        text.push_str(&format!(
            "--b\nContent-Type: application/pdf; name=a{index}.pdf\n\n%PDF-1.7\n"
        ));
    }
    text.push_str("--b--\n");
    let files = files(&text);
    assert_eq!((files.count, files.total_size), (9000, 9000 * 8));
}

#[test]
fn a_program_in_another_reading_of_its_part_is_found() {
    const PROGRAM: &str = "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAA=";
    let found = |header: &str, body: &str| {
        let files = files(&format!(
            "Content-Type: multipart/mixed; boundary=B\n\n--B\n{header}\n\n{body}\n--B--\n"
        ));
        (ids(&files.list[0]), files.list[0].size)
    };
    let field = "Content-Transfer-Encoding:";
    let twice = format!("Content-Type: a/b; name=a.pdf\n{field} 7bit\n{field} base64");
    // The size is that of the first reading.
    assert_eq!(found(&twice, PROGRAM), (vec!["dos-mz", "text"], 44));
    // A program that is called a message opens as one, and is a program if it is saved.
    let eml = format!("Content-Type: a/b; name=a.eml\n{field} base64");
    assert_eq!(found(&eml, PROGRAM).0, ["dos-mz", "eml"]);
    let letter = found("Content-Type: a/b; name=a.eml", "Subject: x\n\nhello");
    assert_eq!(letter, (vec!["eml"], 5));
}

#[test]
fn a_message_that_nothing_calls_one_is_opened() {
    let raw = "Content-Type: a/b\n\nFrom: a@b.vn\nSubject: x\n\nhello\n";
    let opened = files(raw);
    assert_eq!(opened.list[0].not_opened, None);
    let inner = &opened.list[1];
    assert_eq!((inner.part.as_str(), inner.parent), ("1/1", Some(0)));
    assert_eq!((inner.role, inner.at), (FileRole::Text, Place::Message));
    // A letter that quotes another is no container.
    let quoted = raw.replace("a/b", "text/plain");
    assert_eq!(files(&quoted).list.len(), 1);
}

#[test]
fn the_thousandth_large_file_is_judged_by_as_many_bytes_as_the_first() {
    let mut raw = "Content-Type: multipart/mixed; boundary=B\n\n".to_owned();
    let padding = "rem mot dong chu thich cua tap lenh\n".repeat(60);
    for _ in 0..900 {
        raw.push_str(&format!("--B\nContent-Type: a/b; name=a.dat\n\n{padding}"));
        raw.push_str("certutil -decode a b\ngoto :eof\n");
    }
    let message = read_with(&(raw + "--B--\n"), Limits::default(), 0);
    let files = inspect::files(&open(&message), &questions());
    assert_eq!(files.list.len(), 900);
    for file in &files.list {
        assert_eq!(ids(file), ["script-bat"], "{}", file.part);
    }
}
