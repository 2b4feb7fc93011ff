//! What went into documents comes out, in its order, with its places.

use std::io::{Cursor, Read, Write};

use flate2::read::GzDecoder;

use crate::{
    content::{
        Budget, Needs, Span, Spot, Tree, open,
        testing::{bend, letter, of_attachment},
    },
    facts::NotOpened,
};

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut whole).unwrap();
    whole
}

fn opened(name: &str, bytes: &[u8]) -> Tree {
    let needs = Needs {
        kinds: true,
        documents: true,
        ..Needs::default()
    };
    of_attachment(open(
        &letter("", &[(name, bytes)]),
        &needs,
        &mut Budget::default(),
    ))
}

fn texts(tree: &Tree) -> Vec<&str> {
    tree.spans.iter().map(|span| span.text.as_str()).collect()
}

/// Each span with its place and what is special about it: bold, red, framed, centred, hidden.
fn lines(tree: &Tree) -> Vec<String> {
    let line = |span: &Span| {
        let style = span.style;
        let flags = [
            (style.bold, 'B'),
            (style.red, 'R'),
            (style.framed, 'F'),
            (style.centred, 'C'),
            (style.hidden, 'H'),
        ];
        let flags: String = flags
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, c)| *c)
            .collect();
        let (page, legacy) = (span.page.unwrap_or(0), span.legacy.unwrap_or(""));
        let (line, column, text) = (span.line, span.column, &span.text);
        format!(
            "{:?} {page}/{line}.{column} {flags}{legacy} {text}",
            span.spot
        )
    };
    tree.spans.iter().map(line).collect()
}

const PROPERTIES: [&str; 5] = [
    "Property 0/0.0  Tựa đề thử",
    "Property 0/1.0  Chủ đề thử",
    "Property 0/2.0  từ khoá một",
    "Property 0/3.0  Lời bình thử",
    "Property 0/4.0  Thường thôi",
];

/// The main text, as Word's two formats have it.
const BODY: [&str; 9] = [
    "Body 0/0.0 BRC CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Body 0/1.0  Đoạn đậm thường, số “một” và .",
    "Body 0/2.0  Trước sau khi ẩn  xong.",
    "Deleted 0/2.0  bị xoá mất",
    "Body 0/2.0 H chữ ẩn đây",
    "Body 0/3.0 F Có khung quanh.",
    "Body 0/4.0 tcvn3 Độc lập - Tự do TUYỆT MẬT tuyệt mật",
    "Body 0/5.0  Chữ IN HOA và liên kết.",
    "Cell 0/0.0  Ô một",
];

#[test]
fn a_word_document_says_what_it_shows_and_where() {
    let tree = opened("a.doc", &gunzip(include_bytes!("testdata/van-ban.doc.gz")));
    let mut expected = BODY.to_vec();
    expected.extend([
        "Cell 0/0.0  Ô một dòng hai",
        "Cell 0/0.1  Ô hai",
        "Cell 0/1.1  Ô bốn",
        "Body 0/6.0  Sau bảng.",
        "Body 0/7.0  Cuối cùng.",
        "Note 0/0.0  Chú thích cuối trang",
        "Header 0/0.0  Đầu trang thử",
        "Footer 0/0.0  Chân trang 1",
        "Comment 0/0.0  Lời ghi chú",
        "Note 0/1.0  Chú thích cuối bài",
        "TextBox 0/0.0  Trong khung chữ",
        "TextBox 0/1.0  Trong hình vẽ",
    ]);
    expected.extend(PROPERTIES);
    assert_eq!(lines(&tree), expected);
    assert_eq!(tree.spans[0].style.half_points, 28);
    assert!(tree.nodes.iter().all(|node| node.not_opened.is_none()));
}

#[test]
fn rich_text_says_the_same() {
    let tree = opened("a.rtf", &gunzip(include_bytes!("testdata/van-ban.rtf.gz")));
    let found = lines(&tree);
    let of = |spots: &[Spot]| -> Vec<&str> {
        let wanted = tree.spans.iter().zip(&found);
        let wanted = wanted.filter(|(span, _)| spots.contains(&span.spot));
        wanted.map(|(_, line)| line.as_str()).collect()
    };
    let main = of(&[Spot::Body, Spot::Deleted, Spot::Cell]);
    assert_eq!(main[..9], BODY);
    assert_eq!(
        main[9..],
        [
            "Cell 0/0.0  Ô một dòng hai",
            "Cell 0/0.1  Ô hai",
            "Cell 0/1.1  Ô bốn",
            "Body 0/6.0  Sau bảng.",
            "Body 0/7.0  Cuối cùng.",
        ]
    );
    assert_eq!(of(&[Spot::Property]), PROPERTIES);
    assert_eq!(
        of(&[Spot::Note, Spot::Header, Spot::Footer, Spot::Comment]),
        [
            "Header 0/0.0  Đầu trang thử",
            "Footer 0/0.0  Chân trang 1",
            "Note 0/0.0  Chú thích cuối trang",
            "Note 0/1.0  Chú thích cuối bài",
            "Comment 0/0.0  Lời ghi chú",
        ]
    );
    assert_eq!(
        of(&[Spot::TextBox]),
        [
            "TextBox 0/0.0  Trong khung chữ",
            "TextBox 0/1.0  Trong hình vẽ",
        ]
    );
}

#[test]
fn a_workbook_says_what_its_sheets_show_and_where() {
    let tree = opened(
        "a.xls",
        &gunzip(include_bytes!("testdata/bang-tinh.xls.gz")),
    );
    let mut expected = vec![
        "SheetName 1/0.0  Bảng một",
        "SheetName 2/0.0 H Ẩn đi",
        "Header 1/0.0 C Đầu bảng tính",
        "Footer 1/0.0 C Trang",
        "Cell 1/0.0 BRFC Tiêu đề đỏ",
        "Cell 1/0.1  12.5",
        "Cell 1/0.2  2026",
        "Cell 1/1.0 tcvn3 Độc lập - Tự do",
        "Cell 1/1.1 tcvn3 Latin only TUYỆT MẬT nua",
        "Comment 1/0.0  Ghi chú ô",
        "TextBox 1/0.0  Hình trong bảng",
        "Header 2/0.0 CH Đầu bảng tính",
        "Footer 2/0.0 CH Trang",
        "Cell 2/0.0 H Trong tờ ẩn",
    ];
    expected.extend(PROPERTIES);
    assert_eq!(lines(&tree), expected);
}

#[test]
fn strings_go_on_over_the_ends_of_records() {
    let tree = opened("a.xls", &gunzip(include_bytes!("testdata/xlwt.xls.gz")));
    let texts = texts(&tree);
    for number in 0..400 {
        let seven = number * 7;
        let line =
            format!("Dòng số {number} có chữ dài để qua ranh giới bản ghi, ký tự thứ {seven}.");
        assert!(texts.contains(&line.as_str()), "{line}");
    }
    assert_eq!(
        texts[..4],
        ["Tờ một", "Mật khẩu", "TUYỆT MẬT", "thường đậm đỏ"]
    );
    assert_eq!(tree.spans[2].legacy, Some("tcvn3"));
}

#[test]
fn a_presentation_says_what_its_slides_show_and_where() {
    let tree = opened(
        "a.ppt",
        &gunzip(include_bytes!("testdata/trinh-chieu.ppt.gz")),
    );
    let mut expected = vec![
        "Footer 1/0.0  Chân trang chiếu",
        "TextBox 1/0.0  Tựa trang một",
        "TextBox 1/1.0  Ý thứ nhất",
        "TextBox 1/2.0 tcvn3 Độc lập - Tự do",
        "TextBox 1/3.0 BRCtcvn3 TUYỆT MẬT",
        "Comment 1/0.0  Lời bàn",
        "TextBox 2/0.0  Trang hai\ndòng sau",
        "TextBox 2/1.0  Ô chiếu một",
        "TextBox 2/2.0  Ô chiếu hai",
        "Note 1/0.0  Lời người nói",
        "TextBox 0/0.0  Chữ của trang cái",
    ];
    expected.extend(PROPERTIES);
    assert_eq!(lines(&tree), expected);
    let tree = opened("b.ppt", &gunzip(include_bytes!("testdata/tua.ppt.gz")));
    assert_eq!(
        lines(&tree)[..6],
        [
            "Title 1/0.0 C Tựa trang một",
            "TextBox 1/0.0  Ý thứ nhất",
            "TextBox 1/1.0  Ý thứ hai",
            "Title 2/0.0 C Tựa trang hai",
            "Body 2/0.0 C Tựa con",
            "Note 1/0.0  Lời người nói",
        ]
    );
}

#[test]
fn a_message_says_its_subject_and_its_body() {
    let tree = opened("a.msg", &message());
    assert_eq!(
        lines(&tree),
        [
            "Subject 0/0.0  Báo cáo tháng",
            "Body 0/0.0  Chào anh",
            "Body 0/1.0  Xin gửi",
            "Body 0/3.0  Chỉ có ở đây",
            "Body 0/4.0  Chỉ chữ thường",
            // A form that repeats a line means it: letters one below another.
            "Body 0/5.0  T",
            "Body 0/6.0  T",
        ]
    );
}

#[test]
fn a_word_document_that_counts_no_character_is_empty_and_one_that_does_is_damaged() {
    let mut word = vec![0_u8; 0x400];
    word[..4].copy_from_slice(&[0xec, 0xa5, 0xc1, 0]);
    let tree = opened("a.doc", &compound(&[("WordDocument", &word)]));
    assert_eq!(tree.nodes[1].not_opened, None);
    word[0x4c] = 9;
    let tree = opened("a.doc", &compound(&[("WordDocument", &word)]));
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Damaged));
}

#[test]
fn documents_before_word_97_are_read_in_bytes() {
    let text = b"\xc8\xd7n m\xcbt\rtext of 1995\r";
    let mut word = vec![0_u8; 0x300];
    word[..4].copy_from_slice(&[0xdc, 0xa5, 0x68, 0]);
    word[0x18..0x1c].copy_from_slice(&0x300_u32.to_le_bytes());
    let end = 0x300 + text.len() as u32;
    word[0x1c..0x20].copy_from_slice(&end.to_le_bytes());
    word[0x34..0x38].copy_from_slice(&(text.len() as u32).to_le_bytes());
    word.extend(text);
    let tree = opened("a.doc", &compound(&[("WordDocument", &word)]));
    // No font says what the letters are: that is for whoever looks at the text.
    assert_eq!(texts(&tree), ["È×n mËt", "text of 1995"]);
    assert_eq!(tree.nodes[1].not_opened, None);
    // Without the text that it tells of.
    word.truncate(0x308);
    let tree = opened("a.doc", &compound(&[("WordDocument", &word)]));
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Damaged));
}

#[test]
fn results_of_formulas_are_read() {
    let record = |id: u16, data: &[u8]| -> Vec<u8> {
        let head = [id.to_le_bytes(), (data.len() as u16).to_le_bytes()].concat();
        [head, data.to_vec()].concat()
    };
    let bof = |kind: u8| record(0x809, &[0, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let text: Vec<u8> = [vec![6, 0, 1], wide("Tối mật")[..12].to_vec()].concat();
    let number = [&[1, 0, 3, 0, 0, 0][..], &2.5_f64.to_le_bytes(), &[0; 8]].concat();
    let globals = [
        bof(5),
        record(0x85, &[43, 0, 0, 0, 0, 0, 1, 0, b'A']),
        record(0x0a, &[]),
        // Padding that nobody reads.
        vec![0; 6],
    ]
    .concat();
    assert_eq!(globals.len(), 43);
    let sheet = [
        bof(0x10),
        record(
            6,
            &[
                0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0,
            ],
        ),
        record(0x207, &text),
        record(6, &number),
        record(0x0a, &[]),
    ]
    .concat();
    let tree = opened(
        "a.xls",
        &compound(&[("Workbook", &[globals, sheet].concat())]),
    );
    assert_eq!(
        lines(&tree),
        [
            "SheetName 1/0.0  A",
            "Cell 1/0.2  Tối mậ",
            "Cell 1/1.3  2.5",
        ]
    );
}

#[test]
fn letters_of_rich_text_are_read_in_every_form() {
    for (document, expected) in [
        // Substitutes of several bytes are left out, of none nothing is.
        (
            r"{\rtf1\uc3 T\u7888\'e1\'bb\'90I M\u7852\'e1\'ba\'acT}",
            "TỐI MẬT",
        ),
        (r"{\rtf1\uc0 M\u7852 T}", "MẬT"),
        (r"{\rtf1\uc1 M\u7852?T {\uc2 M\u7852 ab}T}", "MẬT MẬT"),
        (r"{\rtf1 \u-10179?\u-8703? a}", "😁 a"),
        // The code page of the font, and of the document.
        (
            r"{\rtf1\ansicpg1252{\fonttbl{\f0\fcharset163 Times New Roman;}}\f0 M\'e2\'f2t}",
            "Mâ\u{323}t",
        ),
        (
            r"{\rtf1\ansicpg1258{\fonttbl{\f0\fcharset0 Arial;}}\f0 \'d0\'f4 k}",
            "Đô k",
        ),
        // Fonts of before Unicode.
        (
            r"{\rtf1{\fonttbl{\f0 .VnTime;}{\f1\fnil .VnTimeH{\*\falt X};}}\f0 M\'cbt {\f1 t\'e8i m\'cbt}}",
            "Mật TỐI MẬT",
        ),
        (r"{\rtf1{\fonttbl{\f0 VNI-Times;}}\f0 MA{\b\'c4}T}", "MẬT"),
        (r"{\rtf1{\fonttbl{\f0 .VnTime;}}\f0 M\u203?t}", "Mật"),
        // Unicode in such a font stays.
        (
            r"{\rtf1{\fonttbl{\f0 .VnTime;}}\f0 C\u244?ng ty m\u7853?t}",
            "Công ty mật",
        ),
        // What is not shown: unknown groups, pictures, codes of fields, the older form of a shape.
        (
            r"{\rtf1 a{\*\khong b}{\pict 00ff}{\field{\*\fldinst PAGE}{\fldrslt 1}}{\shp{\shprslt c}}}",
            "a1",
        ),
        (r"{\rtf1 a\bin5 {}}\{b}", "ab"),
        (r"{\rtf1{\upr{mat}{\*\ud{m\u7853?t}}}}", "mật"),
        (
            "{\\rtf1 hai\r\nn\u{7f}\\'20d\\-\\_\\~o}",
            "hain\u{7f} d\u{ad}-\u{a0}o",
        ),
        (r"{\rtf1\caps m\'e2u} phan sau}", "MÂU"),
    ] {
        let tree = opened("a.rtf", document.as_bytes());
        assert_eq!(texts(&tree), [expected], "{document}");
        assert_eq!(tree.nodes[1].not_opened, None, "{document}");
    }
}

#[test]
fn tables_shapes_and_marks_of_rich_text_have_their_places() {
    let document = r"{\rtf1{\colortbl;\red255\green0\blue0;}\pard\intbl a\cell b\cell\row\pard\intbl c\par d\cell\row
        \pard\qc\cf1\b\fs32\box\brdrs e\par\pard\plain{\deleted f}{\v g}\par
        {\header\pard h\par}{\footnote i}{\shp{\*\shpinst{\sp{\sn shapeType}{\sv 136}}
        {\sp{\sn gtextUNICODE}{\sv j}}{\shptxt k\par}}}{\pict{\*\picprop{\sp{\sn wzDescription}{\sv l}}}00}}";
    assert_eq!(
        lines(&opened(
            "a.rtf",
            document.replace("\n        ", "").as_bytes()
        )),
        [
            "Cell 0/0.0  a",
            "Cell 0/0.1  b",
            "Cell 0/1.0  c",
            "Cell 0/1.0  d",
            "Body 0/0.0 BRFC e",
            "Deleted 0/1.0  f",
            "Body 0/1.0 H g",
            "Header 0/0.0  h",
            "Note 0/0.0  i",
            "Watermark 0/0.0  j",
            "TextBox 0/0.0  k",
            "Alt 0/0.0  l",
        ]
    );
}

#[test]
fn what_is_encrypted_is_never_silently_empty() {
    for (name, bytes) in [
        (
            "a.ppt",
            include_bytes!("../testdata/encrypted.ppt").as_slice(),
        ),
        ("a.xls", include_bytes!("../testdata/xor.xls")),
        ("a.xls", include_bytes!("../testdata/cryptoapi.xls")),
    ] {
        let tree = opened(name, bytes);
        // What was decrypted stands behind it, as a file of its own.
        let told = !tree.spans.is_empty() || tree.nodes.len() > 2;
        assert!(
            told || tree.nodes[1].not_opened == Some(NotOpened::Encrypted),
            "{name}"
        );
    }
}

#[test]
fn nobody_pays_for_text_that_nobody_asked_for() {
    let needs = Needs {
        kinds: true,
        ..Needs::default()
    };
    for (name, bytes) in samples() {
        let message = letter("", &[(name, &bytes)]);
        assert!(
            of_attachment(open(&message, &needs, &mut Budget::default()))
                .spans
                .is_empty()
        );
    }
}

#[test]
fn the_budget_for_text_ends_a_reader() {
    let needs = Needs {
        kinds: true,
        documents: true,
        ..Needs::default()
    };
    for (name, bytes) in samples() {
        let mut budget = Budget {
            document_text: 150,
            ..Budget::default()
        };
        let tree = of_attachment(open(&letter("", &[(name, &bytes)]), &needs, &mut budget));
        assert!(tree.spans.iter().map(|span| span.text.len()).sum::<usize>() <= 150);
        let why = tree.nodes[1].not_opened.as_ref();
        let budget = matches!(
            why,
            Some(NotOpened::Budget {
                which: "document_text",
                ..
            })
        );
        assert!(budget, "{name}: {why:?}");
    }
}

#[test]
fn broken_documents_end_in_bounds() {
    for (name, bytes) in samples() {
        bend(name, &bytes, 60, 400);
    }
}

#[test]
fn deep_and_long_rich_text_ends_in_bounds() {
    let deep = format!(r"{{\rtf1 {}tối mật", "{\\b ".repeat(300_000));
    let tree = opened("a.rtf", deep.as_bytes());
    assert_eq!(
        texts(&tree),
        ["tối mật".replace("tối mật", "tá»‘i máº\u{ad}t")]
    );
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Damaged));
    // One paragraph with a change at every letter.
    let many = format!(r"{{\rtf1 {}}}", r"\b a\b0 b".repeat(100_000));
    let tree = opened("a.rtf", many.as_bytes());
    let letters: usize = tree.spans.iter().map(|span| span.text.len()).sum();
    assert_eq!(letters, 200_000);
    let stories = format!(
        r"{{\rtf1 {}x{}}}",
        r"{\footnote ".repeat(5000),
        "}".repeat(5000)
    );
    assert_eq!(texts(&opened("a.rtf", stories.as_bytes())), ["x"]);
}

fn samples() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a.doc", gunzip(include_bytes!("testdata/van-ban.doc.gz"))),
        ("a.rtf", gunzip(include_bytes!("testdata/van-ban.rtf.gz"))),
        ("a.xls", gunzip(include_bytes!("testdata/bang-tinh.xls.gz"))),
        ("a.ppt", gunzip(include_bytes!("testdata/tua.ppt.gz"))),
        ("a.msg", message()),
    ]
}

fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in streams {
        let mut stream = file.create_stream(name).unwrap();
        stream.write_all(bytes).unwrap();
        stream.flush().unwrap();
    }
    file.into_inner().into_inner()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A message with a body in three forms, each with a line of its own.
fn message() -> Vec<u8> {
    let plain = br"{\rtf1\ansi\ansicpg1252 {\b}Ch\'e0o anh\par Xin g\u7917?i\par}";
    compound(&[
        ("__properties_version1.0", &[0; 32]),
        ("__substg1.0_0037001F", &wide("Báo cáo tháng")),
        ("__substg1.0_10090102", &mela(plain)),
        (
            "__substg1.0_10130102",
            "<p>Chào  anh</p><p>Chỉ có ở đây</p>".as_bytes(),
        ),
        (
            "__substg1.0_1000001F",
            &wide("Chào anh\r\nXin gửi\r\nChỉ chữ thường\r\nT\r\nT"),
        ),
    ])
}

/// RTF in the form of messages, not packed.
fn mela(document: &[u8]) -> Vec<u8> {
    let size = document.len() as u32;
    let mut bytes = (size + 12).to_le_bytes().to_vec();
    bytes.extend(size.to_le_bytes());
    bytes.extend(b"MELA\0\0\0\0");
    bytes.extend(document);
    bytes
}
