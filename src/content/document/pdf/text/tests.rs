//! Tests of the text of PDF: files by real programs in `testdata`, odd ones by hand.

use std::fmt::Write as _;

use crate::{
    content::{
        Budget, Needs, Span, Spot, Tree, open,
        testing::{bend, letter, of_attachment},
    },
    facts::NotOpened,
};

const PLACES: &[u8] = include_bytes!("testdata/places.pdf");
const NO_MAP: &[u8] = include_bytes!("testdata/no-tounicode.pdf");
const SECRET: &[u8] = include_bytes!("testdata/secret.pdf");
const WRITER: &[u8] = include_bytes!("testdata/writer.pdf");

fn read(text: &str, bytes: &[u8]) -> Tree {
    let needs = Needs {
        kinds: true,
        documents: true,
        ..Needs::default()
    };
    let message = letter(text, &[("a.pdf", bytes)]);
    of_attachment(open(&message, &needs, &mut Budget::default()))
}

fn texts(tree: &Tree, spot: Spot) -> Vec<&str> {
    let spans = tree.spans.iter().filter(|span| span.spot == spot);
    spans.map(|span| span.text.as_str()).collect()
}

fn find<'t>(tree: &'t Tree, text: &str) -> &'t Span {
    let found = tree.spans.iter().find(|span| span.text == text);
    found.unwrap_or_else(|| panic!("no {text:?} in {:#?}", texts(tree, Spot::Body)))
}

/// A PDF with one page; `fonts` are entries of its font dictionary.
fn made(content: &str, fonts: &str, more: &str) -> Vec<u8> {
    let mut pdf = String::from("%PDF-1.7\n");
    let _ = write!(
        pdf,
        "1 0 obj<</Type/Catalog/Pages 2 0 R/OCProperties<</D<</OFF[9 0 R]>>>>>>endobj\n\
         2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
         3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R\
         /Resources<</Font<<{fonts}>>/Properties<</L 9 0 R>>/XObject<</X 8 0 R>>>>>>endobj\n\
         4 0 obj<</Length {}>>stream\n{content}\nendstream endobj\n{more}\n\
         trailer<</Root 1 0 R>>",
        content.len()
    );
    pdf.into_bytes()
}

const HELVETICA: &str =
    "/F<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";

#[test]
fn what_stands_on_a_page_is_found_in_its_place() {
    let tree = read("", PLACES);
    assert_eq!(tree.nodes[1].not_opened, None);
    let left = find(&tree, "UBND TỈNH BÌNH ĐỊNH");
    let right = find(&tree, "CỘNG HÒA XÃ HỘI");
    assert_eq!((left.line, left.column, left.page), (0, 0, Some(1)));
    assert_eq!((right.line, right.column), (0, 1));
    let mark = find(&tree, "TUYỆT MẬT").style;
    assert!(
        mark.bold && mark.red && mark.framed && !mark.hidden,
        "{mark:?}"
    );
    assert_eq!(mark.half_points, 28);
    let title = find(&tree, "BÁO CÁO").style;
    assert!(title.bold && title.centred && !title.red && !title.framed);
    // Pieces of a word are joined, letters that stand apart are left apart.
    find(&tree, "Chữ kết");
    find(&tree, "T U Y Ệ T  M Ậ T");
    find(&tree, "ở Việt");
    find(&tree, "trong biểu mẫu");
    find(&tree, "Chữ đứng bên lề");
    assert!(find(&tree, "chữ trắng").style.hidden);
    assert!(!find(&tree, "trắng trên đỏ").style.hidden);
    assert!(find(&tree, "không thấy").style.hidden);
    // A stamp over a text: neither loses a letter to the other.
    find(&tree, "văn bản chạy dưới con dấu của cơ quan");
    assert!(find(&tree, "HỎA TỐC").style.red);
    assert_eq!(
        texts(&tree, Spot::Body)
            .iter()
            .filter(|text| **text == "in hai lần")
            .count(),
        1
    );
    assert!(find(&tree, "THU HỒI").style.framed);
    assert_eq!(find(&tree, "Trang 1").spot, Spot::Body);
    assert_eq!(find(&tree, "Trang 2").spot, Spot::Footer);
    assert_eq!(find(&tree, "trang hai").page, Some(2));
}

#[test]
fn what_stands_beside_the_pages_is_found() {
    let tree = read("", PLACES);
    assert_eq!(texts(&tree, Spot::Watermark), ["BẢN SAO"]);
    assert_eq!(texts(&tree, Spot::Field), ["BI MAT"]);
    assert_eq!(texts(&tree, Spot::Annotation), ["Đã nhận", "HELLO STAMP"]);
    assert_eq!(texts(&tree, Spot::Alt), ["Ảnh con dấu"]);
    let properties = texts(&tree, Spot::Property);
    for wanted in ["TỐI MẬT - Kế hoạch", "Nội bộ", "Chương một: mật"] {
        assert!(properties.contains(&wanted), "{properties:?}");
    }
}

#[test]
fn letters_of_a_second_font_stand_in_their_words() {
    let tree = read("", WRITER);
    let body = texts(&tree, Spot::Body);
    assert_eq!(
        body[0],
        "Kết quả thực hiện kế hoạch bảo vệ bí mật nhà nước của đơn vị được tổng hợp như sau, đề nghị các cơ"
    );
    assert_eq!(body[2..], ["MẬT", "TỐI MẬT"]);
    let cell = find(&tree, "TỐI MẬT");
    assert!(cell.style.framed && cell.column == 1);
    // Nobody asked: nothing is read.
    let message = letter("", &[("a.pdf", WRITER)]);
    let needs = Needs {
        kinds: true,
        ..Needs::default()
    };
    assert!(
        of_attachment(open(&message, &needs, &mut Budget::default()))
            .spans
            .is_empty()
    );
}

#[test]
fn a_font_tells_its_letters_itself() {
    let tree = read("", NO_MAP);
    assert_eq!(texts(&tree, Spot::Body), ["Tài liệu MẬT của đơn vị"]);
}

#[test]
fn a_password_of_the_letter_opens_the_text() {
    let open = read("Mật khẩu: bimat123", SECRET);
    assert_eq!(texts(&open, Spot::Body), ["Tài liệu MẬT của đơn vị"]);
    let closed = read("", SECRET);
    assert_eq!(closed.nodes[1].not_opened, Some(NotOpened::Encrypted));
    assert!(closed.spans.is_empty());
}

#[test]
fn letters_of_old_fonts_are_decoded() {
    // "TUYÖT MËT" in TCVN3; VNI writes its marks as letters.
    let fonts = "/A<</Type/Font/Subtype/TrueType/BaseFont/ABCDEF+#2EVnTimeH/Encoding/WinAnsiEncoding>>\
                 /V<</Type/Font/Subtype/TrueType/BaseFont/VNI-Times/Encoding/WinAnsiEncoding>>";
    let content =
        "BT /A 14 Tf 100 700 Td (tuy\\326t m\\313t) Tj ET BT /V 12 Tf 100 600 Td <4D41C454> Tj ET";
    let tree = read("", &made(content, fonts, ""));
    assert_eq!(texts(&tree, Spot::Body), ["TUYỆT MẬT", "MẬT"]);
    assert_eq!(tree.spans[0].legacy, Some("tcvn3-capitals"));
    assert_eq!(tree.spans[1].legacy, Some("vni"));
    // The same codes in another font are what they are.
    let tree = read(
        "",
        &made("BT /F 14 Tf 100 700 Td (m\\313t) Tj ET", HELVETICA, ""),
    );
    assert_eq!(
        (tree.spans[0].text.as_str(), tree.spans[0].legacy),
        ("mËt", None)
    );
}

#[test]
fn letters_stand_upon_soft_hyphens_and_in_one_line() {
    let fonts = "/F<</Type/Font/Subtype/Type1/BaseFont/X/FirstChar 1/Widths[900 300 700 600]\
                 /Encoding<</Differences[1/M/uni00AD/uni1EAC/T]>>>>";
    let content = "BT /F 14 Tf 100 700 Td [(\\001\\002)300(\\003\\002)300(\\004)] TJ ET";
    let tree = read("", &made(content, fonts, ""));
    assert_eq!(texts(&tree, Spot::Body), ["M\u{ad}Ậ\u{ad}T"]);
}

#[test]
fn names_of_glyphs_and_cmaps_tell_letters() {
    let fonts = "/F<</Type/Font/Subtype/Type3/FontMatrix[.01 0 0 .01 0 0]/FirstChar 1/Widths[50 50 50]\
                 /Encoding<</Differences[1/M/uni1EACx/Acircumflexdotbelow/T]>>/CharProcs<<>>>>\
                 /G<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/ToUnicode 7 0 R\
                 /DescendantFonts[<</Subtype/CIDFontType2/DW 600>>]>>";
    let map = "1 beginbfchar <0001> <004D> endbfchar 1 beginbfrange <0002> <0003> [<1EAC> <0054>] endbfrange";
    let more = format!(
        "7 0 obj<</Length {}>>stream\n{map}\nendstream endobj",
        map.len()
    );
    let content = "BT /F 10 Tf 50 700 Td <010304> Tj ET BT /G 10 Tf 50 600 Td <000100020003> Tj ET";
    let tree = read("", &made(content, fonts, &more));
    assert_eq!(texts(&tree, Spot::Body), ["MẬT", "MẬT"]);
}

#[test]
fn layers_and_actual_text_are_told_apart() {
    let form = "BT /F 12 Tf 50 500 Td (in a form) Tj ET";
    let more = format!(
        "9 0 obj<</Type/OCG/Name(x)>>endobj\n\
         8 0 obj<</Subtype/Form/BBox[0 0 600 800]/Length {}>>stream\n{form}\nendstream endobj",
        form.len()
    );
    let content = "/OC /L BDC BT /F 12 Tf 50 700 Td (switched off) Tj ET EMC \
                   BT /F 12 Tf 50 650 Td (M) Tj /Span<</ActualText<FEFF1EAC>>>BDC (A) Tj EMC (T) Tj ET \
                   /P<</ActualText(nothing here)>>BDC BT /F 12 Tf 50 600 Td (long text to be seen) Tj ET EMC \
                   /X Do";
    let tree = read("", &made(content, HELVETICA, &more));
    let body = texts(&tree, Spot::Body);
    assert_eq!(
        body,
        ["switched off", "MẬT", "long text to be seen", "in a form"]
    );
    assert!(tree.spans[0].style.hidden && !tree.spans[1].style.hidden);
    assert_eq!(texts(&tree, Spot::Alt), ["nothing here"]);
}

#[test]
fn a_broken_file_is_read_as_far_as_it_goes() {
    // No trailer, no page tree: the page is found all the same.
    let whole = made("BT /F 12 Tf 50 700 Td (still here) Tj ET", HELVETICA, "");
    let text = String::from_utf8(whole).unwrap();
    let broken = text
        .replace("/Kids[3 0 R]", "/Kids[]")
        .replace("trailer", "tr");
    assert_eq!(
        texts(&read("", broken.as_bytes()), Spot::Body),
        ["still here"]
    );
    // Forms that hold each other, a page tree that is a ring, a string without end.
    let more = "8 0 obj<</Subtype/Form/Resources<</XObject<</X 8 0 R>>>>/Length 23>>stream\n/X Do /X Do /X Do /X Do\nendstream endobj";
    let tree = read(
        "",
        &made("/X Do BT /F 12 Tf 9 9 Td (end) Tj (open", HELVETICA, more),
    );
    assert_eq!(texts(&tree, Spot::Body), ["end"]);
    let ring = text.replace("/Kids[3 0 R]", "/Kids[2 0 R 3 0 R 2 0 R]");
    assert_eq!(
        texts(&read("", ring.as_bytes()), Spot::Body),
        ["still here"]
    );
}

#[test]
fn bent_files_end() {
    bend("a.pdf", NO_MAP, 20, 40);
    bend("a.pdf", SECRET, 3, 5);
    // Where nothing is packed, bending reaches the operators, the maps and the names.
    let fonts = "/F<</Type/Font/Subtype/TrueType/BaseFont/.VnTime/FirstChar 32/Widths[250 300 400]\
                 /Encoding<</Differences[65/A/uni1EAC/g12/f_i]>>>>\
                 /G<</Type/Font/Subtype/Type0/BaseFont/X/Encoding 7 0 R/ToUnicode 7 0 R\
                 /DescendantFonts[<</Subtype/CIDFontType2/DW 600/W[1[500 600]5 9 700]>>]>>";
    let map = "1 begincodespacerange <00> <80> <8100> <ffff> endcodespacerange 1 begincidrange <00> <ff> 3 \
               endcidrange 1 beginbfrange <0001> <0009> <004D> <0a> <0c> [<1EAC> <0054>] endbfrange";
    let more = format!(
        "7 0 obj<</Length {}>>stream\n{map}\nendstream endobj\n9 0 obj<</Type/OCG>>endobj",
        map.len()
    );
    let content = "q 1 0 0 1 9 9 cm /OC /L BDC 1 0 0 rg 50 90 99 20 re S EMC BT /F 14 Tf 2 Tc 110 Tz 1 0.2 0 1 50 \
                   700 Tm (ABCD m\\313t) Tj T* [(a) -300 (b) 20 <41>] TJ (x) ' ET Q BI /W 1 ID x EI BT /G 9 Tf \
                   -90 12 Td <0102030a0b0c8101> Tj /Span<</ActualText(q)>>BDC (y) Tj EMC ET 5 5 m 90 5 l 9 9 l h B";
    bend("a.pdf", &made(content, fonts, &more), 120, 400);
}

#[test]
fn the_budget_for_text_ends_the_reading() {
    let message = letter("", &[("a.pdf", PLACES)]);
    let needs = Needs {
        kinds: true,
        documents: true,
        ..Needs::default()
    };
    let mut budget = Budget {
        document_text: 600,
        ..Budget::default()
    };
    let tree = of_attachment(open(&message, &needs, &mut budget));
    assert!(matches!(
        tree.nodes[1].not_opened,
        Some(NotOpened::Budget {
            which: "document_text",
            ..
        })
    ));
    assert!(!tree.spans.is_empty());
}
