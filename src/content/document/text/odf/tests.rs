//! OpenDocument files as LibreOffice writes them, and what it rarely writes.

use super::super::tests::{lines, read, text_of};
use crate::{content::document::package_tests::package, facts::NotOpened};

/// A text document with this body and these automatic styles.
fn text(styles: &str, body: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:automatic-styles>{styles}</office:automatic-styles>\
         <office:body><office:text>{body}</office:text></office:body></office:document-content>"
    );
    package(&[
        ("META-INF/manifest.xml", b"<manifest/>"),
        ("content.xml", content.as_bytes()),
    ])
}

fn said(styles: &str, body: &str) -> Vec<String> {
    let (spans, why) = read("a.odt", &text(styles, body));
    assert_eq!(why, None);
    lines(&spans)
}

#[test]
fn a_text_is_read_with_its_places() {
    assert_eq!(
        text_of("letter.odt"),
        [
            "Deleted 1.0.0 28: câu bị xóa",
            "Body 1.0.0 brfc32: Dòng mẫu",
            "Body 1.1.0 28: Chạy qua nhiều  đoạn\ndòng hai\tcột",
            "Body 1.2.0 28: Trước câu thêm sau",
            "Body 1.3.0 28: Thấy được",
            "Body 1.3.0 h28: giấu kín chữ trắng",
            "Body 1.4.0 28: CHỮ HOA",
            "Body 1.5.0 28tcvn3: Cộng hòa xã hội",
            "Body 1.6.0 28tcvn3: CỘNG HÒA XÃ HỘI",
            "Body 1.7.0 28vni: Cộng hòa xã hội",
            "Cell 1.0.0 28: ô một",
            "Cell 1.0.1 28: ô hai",
            "Cell 1.1.0 28: ô ba",
            "Cell 1.1.0 28: ô ba nữa",
            "Cell 1.1.1 28: ô bốn",
            "Note 1.0.0 20: chú thích cuối trang",
            "Comment 1.0.0 28: lời bình thử",
            "Body 1.8.0 28: Có chú thích và lời bình ở đây",
            "TextBox 1.0.0 f28: chữ trong khung",
            "Alt 1.0.0 0: nhan đề khung",
            "Alt 1.1.0 0: mô tả khung",
            "Body 1.9.0 28: Neo khung hết",
            "Cell 1.2.0 f28: ô đóng khung",
            "Body 2.0.0 28: Trang thứ hai",
            "Header -.0.0 28: Đầu trang & thử",
            "Footer -.0.0 28: Chân trang thử",
            "Property -.0.0 0: Tờ trình thử",
            "Property -.1.0 0: Chủ đề thử",
            "Property -.2.0 0: từ khóa",
            "Property -.3.0 0: Độ mật: Thường",
        ]
    );
}

#[test]
fn sheets_are_read_with_their_cells() {
    assert_eq!(text_of("sheets.ods"), SHEETS);
}

#[test]
fn slides_are_read_with_their_places() {
    assert_eq!(text_of("slides.odp"), SLIDES);
}

#[test]
fn what_is_hidden_or_a_prompt_is_told_as_such() {
    let styles = r##"<style:style style:name="W" style:family="text"><style:text-properties fo:color="#FFFFFF"/></style:style>
        <style:style style:name="D" style:family="paragraph"><style:paragraph-properties fo:background-color="#800000"/></style:style>"##;
    let body = r#"<text:section text:display="none"><text:p>đoạn kín</text:p></text:section>
        <text:p>ngoài<text:hidden-text text:is-hidden="true" text:string-value="trường kín"/></text:p>
        <text:p text:style-name="D"><text:span text:style-name="W">trắng trên đỏ</text:span></text:p>
        <text:p><draw:frame presentation:placeholder="true"><draw:text-box><text:p>bấm vào đây</text:p></draw:text-box></draw:frame></text:p>"#;
    assert_eq!(
        said(styles, body),
        [
            "Body 1.0.0 h0: đoạn kín",
            "Body 1.1.0 0: ngoài",
            "Body 1.1.0 h0: trường kín",
            "Body 1.2.0 0: trắng trên đỏ",
        ]
    );
}

#[test]
fn soft_breaks_and_white_space_count_as_the_standard_says() {
    let body = "<text:p>một\n   hai<text:s text:c=\"3\"/>ba<text:soft-page-break/></text:p><text:p> bốn</text:p>";
    assert_eq!(
        said("", body),
        ["Body 1.0.0 0: một hai   ba", "Body 2.0.0 0: bốn"]
    );
}

#[test]
fn repeated_cells_and_spaces_are_bounded() {
    let body = "<table:table><table:table-row table:number-rows-repeated=\"4000000000\"><table:table-cell \
        table:number-columns-repeated=\"4000000000\"><text:p>ô<text:s text:c=\"4000000000\"/>a</text:p></table:table-cell>\
        </table:table-row></table:table>";
    let (spans, why) = read("a.odt", &text("", &body.repeat(3)));
    assert_eq!((spans.len(), why), (3, None));
    assert!(spans[0].text.len() < 300);
    let deep = "<text:section><draw:frame><draw:text-box><text:p><text:span>".repeat(30_000);
    let (_, why) = read("a.odt", &text("", &deep));
    assert_eq!(why, Some(NotOpened::Damaged));
}

#[test]
fn damage_is_said_and_the_rest_read() {
    let content = b"<a><b><text:p>con day</text:p><text:p>nua";
    let (spans, why) = read(
        "a.odt",
        &package(&[("META-INF/manifest.xml", b"<a/>"), ("content.xml", content)]),
    );
    assert_eq!(why, Some(NotOpened::Damaged));
    assert_eq!(
        lines(&spans),
        ["Body -.0.0 0: con day", "Body -.1.0 0: nua"]
    );
}

const SHEETS: &[&str] = &[
    "SheetName 1.0.0 0: Trang đầu",
    "TextBox 1.0.0 0: chữ trong hình",
    "Cell 1.0.0 brfc30: Ô đỏ",
    "Cell 1.0.1 20: 25",
    "Comment 1.0.0 20: lời bình ô",
    "Cell 1.4.2 b20: ô đậm",
    "Cell 1.4.3 20tcvn3: xã hội",
    "SheetName 2.0.0 0: Trang hai",
    "Cell 2.0.0 20: Ô đỏ",
    "Header -.0.0 0: Đầu bảng",
    "Footer -.0.0 0: Chân bảng",
];
const SLIDES: &[&str] = &[
    "Title 1.0.0 c88: Nhan đề hai",
    "Cell 1.0.0 36: ô 00",
    "Cell 1.0.1 36: ô 01",
    "Cell 1.1.0 36: ô 10",
    "Cell 1.1.1 36: ô 11",
    "Title 2.0.0 c88: Nhan đề một",
    "Body 2.0.0 64: Thân bài một",
    "Body 2.1.0 64: Dòng hai",
    "TextBox 2.0.0 brfc40: chữ đỏ",
    "TextBox 2.1.0 f36tcvn3: xã hội",
    "Note 2.0.0 40: Lời nói một",
    "Footer 2.0.0 24: <number>",
    // Two masters, each with the same shape.
    "Alt -.0.0 0: biểu trưng",
    "TextBox -.0.0 36: Chữ trên nền",
    "Alt -.1.0 0: biểu trưng",
    "TextBox -.1.0 36: Chữ trên nền",
    "Property -.0.0 0: Bài trình chiếu",
    "Property -.1.0 0: generated using python-pptx",
    "Property -.2.0 0: Steve Canny",
    "Property -.3.0 0: AppVersion: 14.0000",
    "Property -.4.0 0: PresentationFormat: On-screen Show (4:3)",
];

#[test]
fn a_template_of_styles_alone_is_whole() {
    let styles: (&str, &[u8]) = ("styles.xml", b"<office:document-styles/>");
    let manifest: (&str, &[u8]) = ("META-INF/manifest.xml", b"<manifest/>");
    let (_, why) = read("a.ott", &package(&[manifest, styles]));
    assert_eq!(why, None);
}
