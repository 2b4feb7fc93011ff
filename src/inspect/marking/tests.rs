//! Cases by hand (`cases.txt`), with the words that are shipped; and texts of an enemy.

use std::{path::PathBuf, sync::Arc, time::Instant};

use super::*;
use crate::{content::Style, policy};

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
