//! Office Open XML: what programs wrote, and what they rarely write.

use super::super::tests::{lines, read, text_of};
use crate::{content::document::package_tests::package, facts::NotOpened};

const TYPES: &[u8] = br#"<Types><Default Extension="xml" ContentType="application/xml"/></Types>"#;

/// A Word document with this body and these parts.
fn word(body: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let document = format!(
        r#"<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e "MẬT">]><w:document><w:body>{body}</w:body></w:document>"#
    );
    let mut members = vec![
        ("[Content_Types].xml", TYPES),
        ("word/document.xml", document.as_bytes()),
    ];
    members.extend(more);
    package(&members)
}

/// What it says: `Spot: text`.
fn said(body: &str, more: &[(&str, &[u8])]) -> Vec<String> {
    let (spans, why) = read("a.docx", &word(body, more));
    assert_eq!(why, None);
    let said = spans.iter();
    said.map(|span| format!("{:?}: {}", span.spot, span.text))
        .collect()
}

#[test]
fn a_word_document_is_read_with_its_places() {
    assert_eq!(
        text_of("letter.docx"),
        [
            "Header -.0.0 28: Đầu trang & thử",
            "Body 1.0.0 brfc32: Dòng mẫu",
            "Body 1.1.0 28: Chạy qua nhiều  đoạn\ndòng hai\tcột",
            "Body 1.2.0 28: Trước câu thêm sau",
            "Deleted 1.2.0 28: câu bị xóa",
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
            "Body 1.8.0 28: Có chú thích và lời bình ở đây",
            "TextBox 1.0.0 f28: chữ trong khung",
            "Body 1.9.0 28: Neo khung hết",
            "Cell 1.2.0 f28: ô đóng khung",
            "Body 2.0.0 28: Trang thứ hai",
            "Footer -.0.0 28: Chân trang thử",
            "Note -.0.0 20: chú thích cuối trang",
            "Comment -.0.0 24: lời bình thử",
            "Property -.0.0 0: từ khóa",
            "Property -.1.0 0: Chủ đề thử",
            "Property -.2.0 0: Tờ trình thử",
            "Property -.3.0 0: Độ mật: Thường",
        ]
    );
}

#[test]
fn a_workbook_is_read_with_its_cells() {
    assert_eq!(
        text_of("cells.xlsx"),
        [
            "SheetName 1.0.0 0: Trang đầu",
            "Cell 1.0.0 brfc30: Ô đỏ",
            "Cell 1.0.1 22: 25",
            "Cell 1.4.2 b22: ô đậm",
            "Cell 1.4.3 0tcvn3: xã hội",
            "Header 1.0.0 0: Trái",
            "Header 1.0.1 brc28: Giữa A & B",
            "Footer 1.2.2 0: Chân phải",
            "Comment 1.0.0 0: lời bình ô",
            "SheetName 2.0.0 0: Trang hai",
            "Cell 2.0.0 22: Ô đỏ",
            "Property -.0.0 0: từ khóa",
        ]
    );
    assert_eq!(
        text_of("sheets.xlsx"),
        [
            "SheetName 1.0.0 0: Trang đầu",
            "Cell 1.0.0 brfc30: Ô đỏ",
            "Cell 1.0.1 20: 25",
            "Cell 1.4.2 b20: ô đậm",
            "Cell 1.4.3 20tcvn3: xã hội",
            "Header 1.0.1 c0: Đầu bảng",
            "Footer 1.0.1 c0: Chân bảng",
            "Comment 1.0.0 0: lời bình ô",
            "TextBox 1.0.0 f24: chữ trong hình",
            "SheetName 2.0.0 0: Trang hai",
            "Cell 2.0.0 20: Ô đỏ",
            "Header 2.0.1 c0: Đầu bảng",
            "Footer 2.0.1 c0: Chân bảng",
        ]
    );
}

#[test]
fn slides_come_in_the_order_in_which_they_are_shown() {
    assert_eq!(
        text_of("slides.pptx"),
        [
            "Title 1.0.0 0: Nhan đề hai",
            "Cell 1.0.0 0: ô 00",
            "Cell 1.0.1 0: ô 01",
            "Cell 1.1.0 0: ô 10",
            "Cell 1.1.1 0: ô 11",
            "Title 2.0.0 0: Nhan đề một",
            "Body 2.0.0 0: Thân bài một",
            "Body 2.1.0 0: Dòng hai",
            "TextBox 2.0.0 brfc40: chữ đỏ",
            "TextBox 2.1.0 f0tcvn3: xã hội",
            "Note 2.0.0 0: Lời nói một",
            "Alt -.0.0 0: biểu trưng",
            "TextBox -.0.0 0: Chữ trên nền",
            "Property -.0.0 0: Bài trình chiếu",
            "Property -.1.0 0: generated using python-pptx",
        ]
    );
}

#[test]
fn soft_hyphens_are_letters_of_old_encodings() {
    let body = r#"<w:p><w:r><w:rPr><w:rFonts w:ascii=".VnTime"/></w:rPr><w:t>n</w:t><w:softHyphen/><w:t>íc</w:t></w:r></w:p>"#;
    assert_eq!(said(body, &[]), ["Body: nước"]);
}

#[test]
fn prompts_of_layouts_are_told_as_hidden() {
    let shape = |text: &str| {
        format!(
            r#"<p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"#
        )
    };
    let layout = format!(
        "<p:sldLayout>{}{}</p:sldLayout>",
        shape("Click to edit"),
        shape("Nhập nhan đề")
    );
    let deck = package(&[
        ("[Content_Types].xml", TYPES),
        ("ppt/presentation.xml", b"<p:presentation/>"),
        ("ppt/slideLayouts/slideLayout1.xml", layout.as_bytes()),
    ]);
    let (spans, why) = read("a.pptx", &deck);
    assert_eq!(why, None);
    assert_eq!(lines(&spans), ["Alt -.0.0 h0: Nhập nhan đề"]);
}

#[test]
fn runs_join_and_nothing_is_expanded() {
    assert_eq!(
        said(
            "<w:p><w:r><w:t>M</w:t></w:r><w:proofErr/><w:r><w:t>&#7852;</w:t></w:r><w:r><w:t>T</w:t></w:r></w:p>\
             <w:p><w:r><w:t>&e; &amp;e; <![CDATA[a<b]]></w:t></w:r></w:p><!-- <w:p> --><w:p><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>",
            &[]
        ),
        ["Body: MẬT", "Body: &e; &e; a<b"]
    );
}

#[test]
fn hidden_letters_do_not_stand_in_words() {
    let (spans, _) = read(
        "a.docx",
        &word(
            r#"<w:p><w:r><w:t>M</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>xyz</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>ẬT</w:t></w:r></w:p>
               <w:p><w:pPr><w:shd w:val="clear" w:fill="C00000"/></w:pPr><w:r><w:rPr><w:color w:val="FFFFFF"/></w:rPr><w:t>trắng trên đỏ</w:t></w:r></w:p>"#,
            &[],
        ),
    );
    assert_eq!(
        lines(&spans),
        [
            "Body 1.0.0 0: MẬT",
            "Body 1.0.0 h0: xyz",
            "Body 1.1.0 0: trắng trên đỏ"
        ]
    );
}

#[test]
fn a_box_that_is_written_twice_is_read_once() {
    let boxed = |inner: &str| {
        format!(
            "<w:p><w:r><w:t>quanh</w:t></w:r><w:r><mc:AlternateContent>{inner}</mc:AlternateContent></w:r></w:p>"
        )
    };
    let choice = r#"<mc:Choice Requires="wps"><w:drawing><wp:docPr name="a" descr="tả"/><wps:wsp><wps:txbx><w:txbxContent><w:p><w:r><w:t>trong</w:t></w:r></w:p></w:txbxContent></wps:txbx></wps:wsp></w:drawing></mc:Choice>"#;
    let fallback = |text: &str| {
        format!(
            r#"<mc:Fallback><w:pict><v:shape alt="tả"><v:textbox><w:txbxContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback>"#
        )
    };
    let both = boxed(&format!("{choice}{}", fallback("trong")));
    assert_eq!(
        said(&both, &[]),
        ["Alt: tả", "TextBox: trong", "Body: quanh"]
    );
    // What only the other program shows is not lost.
    let other = boxed(&format!("{choice}{}", fallback("khác")));
    assert_eq!(
        said(&other, &[]),
        ["Alt: tả", "TextBox: trong", "TextBox: khác", "Body: quanh"]
    );
    let alone = boxed(&fallback("trong"));
    assert_eq!(
        said(&alone, &[]),
        ["Alt: tả", "TextBox: trong", "Body: quanh"]
    );
}

#[test]
fn watermarks_are_found_in_both_languages() {
    let vml = r#"<w:hdr><w:p><w:r><w:pict><v:shape id="x"><v:textpath style="a" string="TUYỆT &quot;MẬT&quot;"/></v:shape></w:pict></w:r></w:p></w:hdr>"#;
    let drawn = r#"<w:hdr><w:p><w:r><w:drawing><wp:anchor><wp:docPr id="1" name="PowerPlusWaterMarkObject1"/><wps:txbx><w:txbxContent><w:p><w:r><w:t>CHIM</w:t></w:r></w:p></w:txbxContent></wps:txbx></wp:anchor></w:drawing></w:r></w:p><w:p><w:r><w:t>đầu</w:t></w:r></w:p></w:hdr>"#;
    let found = said(
        "",
        &[
            ("word/header1.xml", vml.as_bytes()),
            ("word/header2.xml", drawn.as_bytes()),
        ],
    );
    assert_eq!(
        found,
        ["Watermark: TUYỆT \"MẬT\"", "Watermark: CHIM", "Header: đầu"]
    );
}

#[test]
fn looks_are_inherited_from_styles() {
    let styles = r#"<w:styles><w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="26"/></w:rPr></w:rPrDefault></w:docDefaults>
        <w:style w:type="paragraph" w:styleId="A" w:default="1"><w:rPr><w:rFonts w:ascii=".VnTime" w:hAnsi=".VnTime"/></w:rPr></w:style>
        <w:style w:type="paragraph" w:styleId="B"><w:basedOn w:val="A"/><w:pPr><w:jc w:val="center"/></w:pPr><w:rPr><w:b/><w:rFonts w:ascii=".VnTimeH" w:hAnsi=".VnTimeH"/></w:rPr></w:style>
        <w:style w:type="paragraph" w:styleId="L1"><w:basedOn w:val="L2"/></w:style><w:style w:type="paragraph" w:styleId="L2"><w:basedOn w:val="L1"/></w:style>
        <w:style w:type="character" w:styleId="C"><w:rPr><w:color w:val="E00000"/><w:rFonts w:ascii="Arial" w:hAnsi="Arial"/></w:rPr></w:style></w:styles>"#;
    let body = r#"<w:p><w:r><w:t>x· héi</w:t></w:r></w:p>
        <w:p><w:pPr><w:pStyle w:val="B"/></w:pPr><w:r><w:t>TuyÖt mËt</w:t></w:r></w:p>
        <w:p><w:pPr><w:pStyle w:val="B"/></w:pPr><w:r><w:rPr><w:rStyle w:val="C"/><w:b w:val="0"/></w:rPr><w:t>chữ mới</w:t></w:r></w:p>
        <w:p><w:pPr><w:pStyle w:val="L1"/></w:pPr><w:r><w:t>vòng</w:t></w:r></w:p>
        <w:p><w:r><w:t>Cộng hòa</w:t></w:r></w:p>"#;
    let (spans, why) = read(
        "a.docx",
        &word(body, &[("word/styles.xml", styles.as_bytes())]),
    );
    assert_eq!(why, None);
    assert_eq!(
        lines(&spans),
        [
            "Body 1.0.0 26tcvn3: xã hội",
            "Body 1.1.0 bc26tcvn3: TUYỆT MẬT",
            "Body 1.2.0 rc26: chữ mới",
            "Body 1.3.0 26: vòng",
            // Unicode in a legacy font is Unicode.
            "Body 1.4.0 26: Cộng hòa",
        ]
    );
}

#[test]
fn pages_are_counted_once() {
    let pages = |body: &str| -> Vec<Option<u32>> {
        let (spans, _) = read("a.docx", &word(body, &[]));
        spans.iter().map(|span| span.page).collect()
    };
    let text = "<w:p><w:r><w:t>a1</w:t></w:r></w:p>";
    let laid_out = "<w:p><w:r><w:lastRenderedPageBreak/><w:t>a2</w:t></w:r></w:p>";
    let forced = r#"<w:p><w:r><w:br w:type="page"/></w:r></w:p>"#;
    assert_eq!(pages(&format!("{text}{laid_out}")), [Some(1), Some(2)]);
    assert_eq!(pages(&format!("{text}{forced}{text}")), [Some(1), Some(2)]);
    assert_eq!(
        pages(&format!("{text}{forced}{laid_out}{laid_out}")),
        [Some(1), Some(2), Some(3)]
    );
}

#[test]
fn fields_say_what_they_offer() {
    assert_eq!(
        said(
            r#"<w:p><w:r><w:fldChar><w:ffData><w:textInput><w:default w:val="mặc định"/></w:textInput></w:ffData></w:fldChar></w:r>
               <w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText="Tối mật" w:value="2"/></w:dropDownList></w:sdtPr><w:sdtContent><w:r><w:t>chọn</w:t></w:r></w:sdtContent></w:sdt></w:p>"#,
            &[]
        ),
        ["Field: mặc định", "Field: Tối mật", "Body: chọn"]
    );
}

#[test]
fn other_encodings_and_other_names_are_read() {
    let text = "<?xml version='1.0' encoding='UTF-16'?><w:document><w:p><w:r><w:t>hỏa tốc</w:t></w:r></w:p></w:document>";
    let mut wide = vec![0xff, 0xfe];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let types = br#"<Types><Override PartName="/Word/Chinh.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
    let document = package(&[("[Content_Types].xml", types), ("word/chinh.xml", &wide)]);
    let (spans, why) = read("a.docx", &document);
    assert_eq!(
        (lines(&spans), why),
        (vec!["Body 1.0.0 0: hỏa tốc".to_owned()], None)
    );
}

#[test]
fn diagrams_and_charts_have_text() {
    let diagram = "<dgm:dataModel><dgm:ptLst><dgm:pt><dgm:t><a:p><a:r><a:t>ô sơ đồ</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>";
    let chart = "<c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>tên biểu đồ</a:t></a:r></a:p></c:rich></c:tx></c:title><c:cat><c:strRef><c:strCache><c:pt><c:v>cột một</c:v></c:pt></c:strCache></c:strRef></c:cat><c:v>12</c:v></c:chart>";
    assert_eq!(
        said(
            "",
            &[
                ("word/diagrams/data1.xml", diagram.as_bytes()),
                ("word/charts/chart1.xml", chart.as_bytes())
            ]
        ),
        [
            "TextBox: ô sơ đồ",
            "TextBox: tên biểu đồ",
            "TextBox: cột một"
        ]
    );
}

#[test]
fn damage_is_said_and_the_rest_read() {
    let body = "<w:p><w:r><w:t>còn đây</w:t></w:r></w:p><w:p><w:r><w:t>nửa câu";
    let (spans, why) = read("a.docx", &word(body, &[]));
    // The end of the document closes what is open here, but not the root.
    assert_eq!(why, Some(NotOpened::Damaged));
    assert_eq!(spans[0].text, "còn đây");
    assert_eq!(spans[1].text, "nửa câu");
}

#[test]
fn deep_and_wide_ones_are_bounded() {
    let deep =
        "<w:tbl><w:tr><w:tc><w:p><mc:AlternateContent><mc:Choice><w:txbxContent>".repeat(40_000);
    let (_, why) = read("a.docx", &word(&deep, &[]));
    assert_eq!(why, Some(NotOpened::Damaged));
    let wide = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        .repeat(20_000);
    let (spans, why) = read("a.docx", &word(&wide, &[]));
    assert_eq!((spans.len(), why), (20_000, None));
    let attributes = format!(
        "<w:p {}><w:r><w:t>a</w:t></w:r></w:p>",
        "a='b>c' ".repeat(50_000)
    );
    let (spans, _) = read("a.docx", &word(&attributes, &[]));
    assert_eq!(spans.len(), 1);
}

/// A record of [MS-XLSB].
fn record(kind: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = match u8::try_from(kind) {
        Ok(kind) if kind < 0x80 => vec![kind],
        _ => vec![(kind & 0x7f | 0x80) as u8, (kind >> 7) as u8],
    };
    bytes.extend([(data.len() & 0x7f | 0x80) as u8, (data.len() >> 7) as u8]);
    bytes.extend(data);
    bytes
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut bytes = (units.len() as u32).to_le_bytes().to_vec();
    bytes.extend(units.into_iter().flat_map(u16::to_le_bytes));
    bytes
}

#[test]
fn numbers_and_dates_of_cells_are_text() {
    let rels = br#"<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let book = br#"<workbook><workbookPr date1904="1"/><sheets><sheet name="B" r:id="rId1"/></sheets></workbook>"#;
    let styles = br#"<styleSheet><numFmts><numFmt numFmtId="170" formatCode="dd/mm/yyyy\ hh:mm"/></numFmts>
        <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="9"/></cellXfs></styleSheet>"#;
    let sheet = br#"<worksheet><sheetData><row r="1"><c r="A1"><v>1234567.5</v></c><c r="B1" s="1"><v>44530</v></c>
        <c r="C1" s="2"><v>44530.25</v></c><c r="D1" s="3"><v>0.5</v></c><c r="E1" t="b"><v>1</v></c>
        <c r="F1" t="e"><v>#N/A</v></c><c r="G1"><v>nan</v></c><c r="H1"><f>A1*2</f><v>2.5E1</v></c></row></sheetData></worksheet>"#;
    let workbook = package(&[
        ("[Content_Types].xml", TYPES),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", rels),
        ("xl/styles.xml", styles),
        ("xl/worksheets/sheet1.xml", sheet),
    ]);
    let (spans, why) = read("a.xlsx", &workbook);
    assert_eq!(why, None);
    assert_eq!(
        lines(&spans),
        [
            "SheetName 1.0.0 0: B",
            "Cell 1.0.0 0: 1234567.5",
            "Cell 1.0.1 0: 01/12/2025",
            "Cell 1.0.2 0: 01/12/2025 06:00",
            "Cell 1.0.3 0: 50%",
            "Cell 1.0.7 0: 25",
        ]
    );
}

#[test]
fn numbers_never_use_up_the_budget_of_text() {
    let cells = r#"<c><v>5</v></c>"#.repeat(400_000);
    let sheet = format!(
        r#"<worksheet><sheetData><row>{cells}<c t="str"><v>cuối</v></c></row></sheetData></worksheet>"#
    );
    let workbook = package(&[
        ("[Content_Types].xml", TYPES),
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ]);
    let (spans, why) = read("a.xlsx", &workbook);
    assert_eq!((spans.len(), why), (20_001, None));
    assert_eq!(spans.last().unwrap().text, "cuối");
}

#[test]
fn binary_workbooks_are_read() {
    let rels = br#"<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.bin"/></Relationships>"#;
    let book = record(156, &[&[0; 8][..], &wide("rId1"), &wide("Bảng")].concat());
    let strings = record(19, &[&[0][..], &wide("chung")].concat());
    let mut font = vec![0; 21];
    font[..2].copy_from_slice(&280_u16.to_le_bytes());
    font[4..6].copy_from_slice(&700_u16.to_le_bytes());
    font[12] = 5;
    font[16] = 0xff;
    font.extend(wide(".VnTime"));
    let format = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0];
    let mut date = format;
    date[2] = 164;
    let styles = [
        record(43, &font),
        record(44, &[&[164, 0][..], &wide("dd/mm/yyyy")].concat()),
        record(617, &[0; 4]),
        record(47, &format),
        record(47, &date),
        record(618, &[]),
    ]
    .concat();
    let cell = |column: u32, value: &[u8]| [&column.to_le_bytes()[..], &[0; 4], value].concat();
    let sheet = [
        record(0, &4_u32.to_le_bytes()),
        record(7, &cell(0, &0_u32.to_le_bytes())),
        record(6, &cell(2, &wide("x· héi"))),
        record(2, &cell(3, &(12_345_u32 << 2 | 3).to_le_bytes())),
        record(5, &cell(4, &0.5_f64.to_le_bytes())),
        record(
            9,
            &[
                &5_u32.to_le_bytes()[..],
                &[1, 0, 0, 0],
                &45_992_f64.to_le_bytes(),
            ]
            .concat(),
        ),
        record(
            479,
            &[
                &[0; 2][..],
                &wide("&C&\"Arial,Bold\"&14Đầu"),
                &wide("&LChân"),
            ]
            .concat(),
        ),
    ]
    .concat();
    let workbook = package(&[
        ("[Content_Types].xml", TYPES),
        ("xl/workbook.bin", &book),
        ("xl/_rels/workbook.bin.rels", rels),
        ("xl/sharedStrings.bin", &strings),
        ("xl/styles.bin", &styles),
        ("xl/worksheets/sheet1.bin", &sheet),
    ]);
    let (spans, why) = read("a.xlsb", &workbook);
    assert_eq!(why, None);
    assert_eq!(
        lines(&spans),
        [
            "SheetName 1.0.0 0: Bảng",
            "Cell 1.4.0 brc28: chung",
            "Cell 1.4.2 brc28tcvn3: xã hội",
            "Cell 1.4.3 brc28: 123.45",
            "Cell 1.4.4 brc28: 0.5",
            "Cell 1.4.5 brc28: 01/12/2025",
            "Header 1.0.1 bc28: Đầu",
            "Footer 1.0.0 0: Chân",
        ]
    );
}
