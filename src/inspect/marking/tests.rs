//! Cases by hand (`cases.txt`), with the words that are shipped; and texts of an enemy.

use std::{
    io::Read as _,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use super::*;
use crate::{
    content::{self, Budget, Needs, Style},
    message::{Limits, Receiver, Spool},
    policy,
};

fn marker() -> Marker {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let generation = policy::load(&[root.join("policies/base.yaml")]).unwrap();
    Marker::new(&Arc::clone(generation.questions().marks().unwrap()))
}

fn spot(word: &str) -> Spot {
    [
        Spot::Subject,
        Spot::FileName,
        Spot::Body,
        Spot::Cell,
        Spot::TextBox,
        Spot::Header,
        Spot::Footer,
        Spot::Note,
        Spot::Comment,
        Spot::Property,
        Spot::Title,
        Spot::SheetName,
        Spot::Alt,
        Spot::Deleted,
        Spot::Annotation,
        Spot::Field,
        Spot::Watermark,
    ]
    .into_iter()
    .find(|spot| place(*spot) == word)
    .unwrap_or_else(|| panic!("no place {word}"))
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("\\u{") {
        let (code, behind) = behind.split_once('}').unwrap();
        out.push_str(before);
        out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        rest = behind;
    }
    out + rest
}

fn span(line: u32, text: &str) -> Span {
    let mut span = Span {
        line,
        ..Span::default()
    };
    let mut rest = text;
    loop {
        let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        match word {
            "@cell" => {
                let mut parts = behind.splitn(3, ' ');
                span.spot = Spot::Cell;
                span.line = parts.next().unwrap().parse().unwrap();
                span.column = parts.next().unwrap().parse().unwrap();
                rest = parts.next().unwrap();
                continue;
            }
            "!page" => {
                let (page, behind) = behind.split_once(' ').unwrap();
                span.page = Some(page.parse().unwrap());
                rest = behind;
                continue;
            }
            "!red" => span.style.red = true,
            "!framed" => span.style.framed = true,
            "!bold" => span.style.bold = true,
            "!hidden" => span.style.hidden = true,
            word if word.starts_with('@') => span.spot = spot(word.get(1..).unwrap()),
            _ => break,
        }
        rest = behind;
    }
    span.text = unescaped(rest);
    span
}

#[test]
fn cases_by_hand() {
    let marker = marker();
    let mut failed = Vec::new();
    let mut count = 0;
    for case in include_str!("cases.txt").split("\n== ").skip(1) {
        let (title, lines) = case.split_once('\n').unwrap();
        let wanted = title.split(':').next().unwrap();
        let spans: Vec<Span> = lines
            .lines()
            .filter(|line| !line.is_empty())
            .zip(0..)
            .map(|(text, line)| span(line, text))
            .collect();
        assert!(!spans.is_empty(), "{title}");
        let marks = marker.marks(&[], &spans);
        let found = marks.first().map_or("none".to_owned(), |mark| {
            format!("{} {}", mark.strength.as_str(), mark.level.as_str())
        });
        count += 1;
        if found != wanted {
            failed.push(format!("{title}\n    found {found}: {marks:?}"));
        }
    }
    assert!(count >= 80, "{count}");
    assert!(
        failed.is_empty(),
        "{} of {count}:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[test]
fn a_finding_names_word_place_and_reasons_and_nothing_around() {
    let spans = [
        span(0, "Số: 15/KH-UBND"),
        span(1, "!page 1 !red TỐI MẬT"),
        span(2, "Nội dung không ai được thấy"),
    ];
    let marks = marker().marks(&[], &spans);
    let [mark] = marks.as_slice() else {
        panic!("{marks:?}");
    };
    assert_eq!(
        (&*mark.word, mark.place, mark.page),
        ("tối mật", "body", Some(1))
    );
    assert!(mark.reasons.iter().any(|reason| reason == "red"));
    let told = serde_json::to_string(mark).unwrap();
    assert!(
        !told.contains("15/KH") && !told.contains("Nội dung"),
        "{told}"
    );
}

#[test]
fn a_column_of_letters_stands_beside_another_column() {
    let mut spans = Vec::new();
    for (row, letter) in (0..).zip(["T", "Ố", "I", "M", "Ậ", "T"]) {
        spans.push(span(row, letter));
        if row == 0 || row == 3 {
            let mut beside = span(row, "Pleiku, ngày 10 tháng 3 năm 2025");
            beside.column = 1;
            spans.push(beside);
        }
    }
    let marks = marker().marks(&[], &spans);
    assert!(
        marks
            .iter()
            .any(|mark| mark.strength == Strength::Strong && &*mark.word == "tối mật"),
        "{marks:?}"
    );
}

#[test]
fn levels_and_their_values_are_told_per_file() {
    let mut first = span(0, "MẬT");
    first.node = 0;
    let mut second = span(0, "TUYỆT MẬT");
    second.node = 1;
    let marks = marker().marks(&[], &[first, second]);
    // In one document they would be a list; each stands in one of its own.
    assert_eq!(marks.len(), 2, "{marks:?}");
    assert!(marks.iter().all(|mark| mark.strength == Strength::Strong));
}

#[test]
fn texts_of_an_enemy_end_in_time() {
    let marker = marker();
    let size = 1 << 16;
    for piece in [
        "MẬT ",
        "MẬT\n",
        "M Ậ T ",
        "M\nẬ\nT\n",
        "tuyệt ",
        "bí mật ",
        "Độ mật: ",
        "MẬT\t1\t",
        "☐ mật ",
        "[[[[",
        "M¢ËT ",
        "M¢ËT\n",
        "Số: ",
        "“MẬT” ",
        "Ậ\u{323}\u{302}",
        "không được sao chụp ",
        "TỐI\n",
        "a|b|MẬT|",
        "Á",
    ] {
        let text = piece.repeat(size / piece.len());
        let started = Instant::now();
        let whole = [Span {
            text: text.clone(),
            ..Span::default()
        }];
        std::hint::black_box(marker.marks(&[], &whole));
        let cells: Vec<Span> = (0..3_000)
            .map(|at| Span {
                spot: Spot::Cell,
                line: at / 7,
                column: at % 7,
                text: piece.to_owned(),
                style: Style::default(),
                ..Span::default()
            })
            .collect();
        std::hint::black_box(marker.marks(&[], &cells));
        assert!(
            started.elapsed().as_secs() < 20,
            "{piece:?}: {:?}",
            started.elapsed()
        );
    }
}

#[test]
fn text_of_any_letters_is_read_without_a_panic() {
    let marker = marker();
    let mut seed = 7_u32;
    let letters: Vec<char> = "MẬTmậtTỐIUYỆ \n\t|:[](“”☐☑Số12^.~\u{323}\u{302}\u{200b}ÄËÖ¢"
        .chars()
        .collect();
    for _ in 0..3000 {
        let mut text = String::new();
        for _ in 0..24 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.push(letters[(seed >> 8) as usize % letters.len()]);
        }
        for spot in [Spot::Body, Spot::Subject, Spot::Cell] {
            let spans = [Span {
                spot,
                text: text.clone(),
                ..Span::default()
            }];
            for mark in marker.marks(&[], &spans) {
                assert!(mark.confidence <= 100 && mark.confidence >= 45);
            }
        }
    }
}

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as usize % below.max(1)
    }
}

fn thorough() -> bool {
    std::env::var_os("GACTHU_THOROUGH").is_some()
}

#[test]
fn bent_cases_are_read_without_a_panic() {
    let marker = marker();
    let mut dice = Dice(11);
    let cases: Vec<Vec<Span>> = include_str!("cases.txt")
        .split("\n== ")
        .skip(1)
        .filter_map(|case| {
            let lines = case.split_once('\n')?.1.lines();
            let lines = lines.filter(|line| !line.is_empty()).zip(0..);
            Some(lines.map(|(text, line)| span(line, text)).collect())
        })
        .collect();
    let odd: Vec<char> = "\u{ad}\u{200b}\u{323}\u{302}·¢ËÄ‡\u{3}\u{f0a8}☐:|\t>[]“” 1mật"
        .chars()
        .collect();
    for _ in 0..if thorough() { 4000 } else { 800 } {
        let mut spans = cases[dice.roll(cases.len())].clone();
        spans.extend(cases[dice.roll(cases.len())].iter().cloned());
        for _ in 0..=dice.roll(6) {
            let at = dice.roll(spans.len());
            let mut chars: Vec<char> = spans[at].text.chars().collect();
            let place = dice.roll(chars.len() + 1);
            match dice.roll(6) {
                0 => chars.truncate(place),
                1 => chars.insert(place, odd[dice.roll(odd.len())]),
                2 => chars = chars.repeat(1 + dice.roll(40)),
                3 => spans[at].page = Some(u32::MAX),
                4 => {
                    (spans[at].line, spans[at].column) = (u32::MAX, u32::MAX);
                    spans[at].spot = Spot::Cell;
                }
                _ => {
                    let other = dice.roll(spans.len());
                    spans.swap(at, other);
                    continue;
                }
            }
            spans[at].text = chars.into_iter().collect();
        }
        let marks = marker.marks(&[], &spans);
        assert!(marks.len() <= MOST_MARKS);
        for mark in marks {
            assert!((45..=100).contains(&mark.confidence), "{mark:?}");
        }
    }
}

#[test]
fn bent_documents_are_read_and_looked_at_in_bounds() {
    let unpacked = |bytes: &[u8]| {
        let mut whole = Vec::new();
        flate2::read::GzDecoder::new(bytes)
            .read_to_end(&mut whole)
            .unwrap();
        whole
    };
    macro_rules! data {
        ($name:literal) => {
            include_bytes!(concat!("../../content/document/", $name)).as_slice()
        };
    }
    let files = [
        ("a.rtf", unpacked(data!("text/testdata/van-ban.rtf.gz"))),
        ("a.doc", unpacked(data!("text/testdata/van-ban.doc.gz"))),
        ("a.xls", unpacked(data!("text/testdata/bang-tinh.xls.gz"))),
        ("a.ppt", unpacked(data!("text/testdata/trinh-chieu.ppt.gz"))),
        ("a.docx", data!("text/testdata/letter.docx").to_vec()),
        ("a.xlsx", data!("text/testdata/cells.xlsx").to_vec()),
        ("a.odt", data!("text/testdata/letter.odt").to_vec()),
        ("a.pdf", data!("pdf/text/testdata/places.pdf").to_vec()),
        (
            "a.html",
            "<table><tr><td style='color:red'>M&#7852;T<td>S\u{1ed1}: 5</table><p style='display:none'>T&#7888;I <b>MẬT</b>"
                .into(),
        ),
    ];
    let marker = marker();
    let mut dice = Dice(5);
    let mut found = 0;
    for (name, whole) in files {
        for round in 0..if thorough() { 200 } else { 12 } {
            let mut bytes = whole.clone();
            for _ in 0..round.min(8) {
                let at = dice.roll(bytes.len());
                bytes[at] = [0, 0xff, 0x7f, bytes[at] ^ 1][dice.roll(4)];
            }
            if round % 4 == 3 {
                bytes.truncate(dice.roll(bytes.len()));
            }
            let started = Instant::now();
            found += looked_at(&marker, name, &bytes);
            let took = started.elapsed();
            assert!(took < Duration::from_secs(20), "{name}: {took:?}");
        }
    }
    // The page of HTML and the sheet have marks, as long as they are whole.
    assert!(found >= 2, "{found}");
}

/// How many marks a letter with this file has.
fn looked_at(marker: &Marker, name: &str, bytes: &[u8]) -> usize {
    let spool = Spool::new(None, 1 << 20, 1 << 30).unwrap();
    let mut receiver = Receiver::new(&spool, Limits::default());
    let head = "Subject: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
    let part = format!(
        "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename={name}\r\n\r\n"
    );
    receiver.raw(format!("{head}{part}").as_bytes());
    for line in base64(bytes).as_bytes().chunks(76) {
        receiver.raw(line);
        receiver.raw(b"\r\n");
    }
    receiver.raw(b"--b--\r\n");
    let needs = Needs {
        kinds: true,
        documents: true,
        ..Needs::default()
    };
    let tree = content::open(&receiver.finish(), &needs, &mut Budget::default());
    let marks = marker.marks(&tree.nodes, &tree.spans);
    assert!(marks.len() <= MOST_MARKS, "{name}");
    marks.len()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let all = chunk
            .iter()
            .fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
        let all = all << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(all >> (18 - 6 * place)) as usize & 63];
            text.push(if place > chunk.len() {
                '='
            } else {
                letter.into()
            });
        }
    }
    text
}
