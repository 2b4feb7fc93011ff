//! Documents that are ZIP archives: what becomes a file of the message, and what is signed.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use super::{
    part::{Leads, Part, leads},
    xml::{Handler, Scanner, Tag},
};
use crate::{
    content::{
        Node, Tree,
        testing::{found, open_file},
    },
    facts::{NotOpened, Place},
};

/// Made by LibreOffice 7.4 from a text of two lines.
const DOCX: &[u8] = include_bytes!("testdata/writer.docx");
const ODT: &[u8] = include_bytes!("testdata/writer.odt");
const XLSX: &[u8] = include_bytes!("testdata/calc.xlsx");

const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0program";
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0\0\0\0\0";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";
const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// An archive of deflated members.
pub(super) fn package(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in members {
        let at = bytes.len() as u32;
        let deflated = Vec::new();
        let mut to = flate2::write::DeflateEncoder::new(deflated, flate2::Compression::fast());
        to.write_all(data).unwrap();
        let packed = to.finish().unwrap();
        let mut fields = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        fields.extend(crc(data).to_le_bytes());
        fields.extend((packed.len() as u32).to_le_bytes());
        fields.extend((data.len() as u32).to_le_bytes());
        fields.extend((name.len() as u16).to_le_bytes());
        fields.extend([0; 2]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&fields);
        bytes.extend(name.as_bytes());
        bytes.extend(packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(fields);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = bytes.len() as u32;
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([(members.len() as u16).to_le_bytes(); 2].concat());
    bytes.extend((directory.len() as u32).to_le_bytes());
    bytes.extend(at.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

fn docx(more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut members: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("word/document.xml", b"<?xml version=\"1.0\"?><w:document/>"),
    ];
    members.extend(more);
    package(&members)
}

fn rels(relationships: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\"?><Relationships>{relationships}</Relationships>").into_bytes()
}

fn traits(node: &Node) -> Vec<&'static str> {
    node.traits.iter().map(|known| known.id).collect()
}

fn document(tree: &Tree) -> &Node {
    tree.nodes.get(1).unwrap()
}

fn signs(bytes: &[u8]) -> Vec<&'static str> {
    traits(document(&open_file("a.docx", bytes)))
}

#[test]
fn an_ordinary_document_has_no_files_and_no_signs() {
    for (name, bytes, kind) in [
        ("a.docx", DOCX, "docx"),
        ("a.odt", ODT, "odf"),
        ("a.xlsx", XLSX, "xlsx"),
    ] {
        let tree = open_file(name, bytes);
        assert_eq!(found(&tree), [format!("2: {kind}")]);
        assert!(document(&tree).traits.is_empty());
        assert_eq!(document(&tree).not_opened, None);
        assert_eq!(document(&tree).encrypted.known(), Some(&false));
    }
}

#[test]
fn what_is_not_what_its_place_says_is_found() {
    let text = "<?xml version=\"1.0\"?><a/>".repeat(10_000);
    let behind = [text.as_bytes(), ELF].concat();
    for (name, data) in [
        ("word/styles.xml", ELF),
        ("word/media/image1.png", ELF),
        ("word/media/run.exe", ELF),
        ("word/fonts/font1.odttf", ELF),
        ("word/printerSettings/printerSettings1.bin", ELF),
        ("customXml/item1.xml", &behind),
        ("run", ELF),
        ("docProps/thumbnail.jpeg", ELF),
    ] {
        let tree = open_file("a.docx", &docx(&[(name, data)]));
        let member = tree.nodes.get(2).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(member.number, format!("2/{name}"));
        assert_eq!(
            (member.place, member.size),
            (Place::Document, data.len() as u64)
        );
        assert_eq!(tree.nodes.len(), 3);
    }
    // Pictures are files, the parts of the document are none.
    let parts: &[(&str, &[u8])] = &[
        ("word/media/image1.png", PNG),
        ("docProps/thumbnail.png", PNG),
        ("word/fonts/font1.odttf", b"\x01\x02\x03\x04obfuscated"),
        ("word/printerSettings/printerSettings1.bin", b"\0\x01\x02"),
        ("word/theme/theme1.xml", b"\xef\xbb\xbf  <a:theme/>"),
        ("word/wide.xml", b"\xff\xfe<\0a\0/\0>\0"),
        ("word/empty.xml", b""),
    ];
    let tree = open_file("a.docx", &docx(parts));
    assert_eq!(found(&tree), ["2: docx", "2/word/media/image1.png: png"]);
}

#[test]
fn macros_are_signed_under_any_name_and_mend_the_kind() {
    let tree = open_file("a.docx", &docx(&[("word/vbaProject.bin", OLE)]));
    assert_eq!(traits(document(&tree)), ["macros-vba"]);
    assert_eq!(found(&tree), ["2: docm", "2/word/vbaProject.bin: ole"]);
    let relationship = rels(
        r#"<Relationship Id="r" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="harmless.png"/>"#,
    );
    let other = docx(&[
        ("word/_rels/document.xml.rels", &relationship),
        ("word/harmless.png", OLE),
    ]);
    let tree = open_file("a.docx", &other);
    assert_eq!(traits(document(&tree)), ["macros-vba"]);
    assert_eq!(document(&tree).kinds[0].id, "docm");
    let types = TYPES.replace(
        "<Default",
        r#"<Override PartName="/xl/x.xml" ContentType="application/vnd.ms-excel.macrosheet+xml"/><Default"#,
    );
    let sheet = package(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("xl/workbook.xml", b"<workbook/>"),
    ]);
    let tree = open_file("a.xlsx", &sheet);
    assert_eq!(traits(document(&tree)), ["macros-xlm"]);
    assert_eq!(document(&tree).kinds[0].id, "xlsm");
    let binary = [
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("xl/workbook.bin", b"\x83\x01\0".as_slice()),
        ("xl/macrosheets/sheet1.bin", b"\x81\x01\0"),
    ];
    let tree = open_file("a.xlsb", &package(&binary));
    assert_eq!(found(&tree), ["2: xlsb"]);
    assert_eq!(traits(document(&tree)), ["macros-xlm"]);
}

#[test]
fn embedded_files_and_objects_go_out() {
    let tree = open_file("a.docx", &docx(&[("word/embeddings/oleObject1.bin", OLE)]));
    assert_eq!(traits(document(&tree)), ["embedded-object"]);
    assert_eq!(found(&tree)[1..], ["2/word/embeddings/oleObject1.bin: ole"]);
    let inner = docx(&[("word/media/run.exe", ELF)]);
    let tree = open_file("a.docx", &docx(&[("word/embeddings/a.docx", &inner)]));
    assert_eq!(traits(document(&tree)), ["embedded-file"]);
    assert_eq!(
        found(&tree)[1..],
        [
            "2/word/embeddings/a.docx: docx",
            "2/word/embeddings/a.docx/word/media/run.exe: elf"
        ]
    );
}

#[test]
fn links_that_are_loaded_are_signed_and_ordinary_ones_are_not() {
    let link = |kind: &str, target: &str| {
        let link = rels(&format!(
            r#"<Relationship Id='r' Type="http://x/relationships/{kind}" TargetMode="External" Target='{target}'/>"#
        ));
        signs(&docx(&[("word/_rels/settings.xml.rels", &link)]))
    };
    for (kind, target) in [
        ("attachedTemplate", "http://example.org/a.dotm"),
        ("attachedTemplate", "\\\\10.0.0.1\\share\\a.dotm"),
        ("attachedTemplate", "file://server/share/a.dotm"),
        ("oleObject", "mhtml:https://example.org/x.html!x-usc:"),
        ("oleObject", "file:///C:\\a.xlsx"),
        ("frame", "https://example.org/"),
        ("externalLinkPath", "smb://server/a.xlsx"),
        ("image", "file:///\\\\server\\share\\a.png"),
        ("subDocument", "&#104;ttp://example.org/a.doc"),
    ] {
        assert_eq!(link(kind, target), ["external-link"], "{kind} {target}");
    }
    for (kind, target) in [
        ("hyperlink", "https://example.org/"),
        ("hyperlink", "mailto:a@example.org"),
        ("attachedTemplate", "file:///C:\\Users\\an\\Normal.dotm"),
        ("attachedTemplate", "Normal.dotm"),
        ("image", "https://example.org/a.png"),
        ("externalLinkPath", "So%20lieu.xlsx"),
    ] {
        assert!(link(kind, target).is_empty(), "{kind} {target}");
    }
    let inner = rels(r#"<Relationship Type="http://x/styles" Target="//server/styles.xml"/>"#);
    assert!(signs(&docx(&[("word/_rels/a.rels", &inner)])).is_empty());
}

#[test]
fn fields_that_start_programs_are_signed_however_they_are_split() {
    let body = |inner: &str| {
        let body = format!("<?xml version=\"1.0\"?><w:document><w:p>{inner}</w:p></w:document>");
        signs(&docx(&[("word/other.xml", body.as_bytes())]))
    };
    let field = |code: &str| {
        format!(
            "<w:fldChar w:fldCharType=\"begin\"/>{code}<w:fldChar w:fldCharType=\"separate\"/>\
             <w:t>x</w:t><w:fldChar w:fldCharType=\"end\"/>"
        )
    };
    let code = |text: &str| format!("<w:instrText xml:space=\"preserve\">{text}</w:instrText>");
    for text in [
        field(&code(" DDEAUTO c:\\\\windows\\\\cmd.exe ")),
        field(&[code(" DD"), code("EAU"), code("TO cmd")].concat()),
        field(&[code("&#68;DE cmd"), field(&code(" PAGE "))].concat()),
        field(&[code(" SET x "), field(&code(" ddeauto cmd"))].concat()),
        field(&field(&code(" QUOTE 68 68 69 65 85 84 79 32 99 "))),
        field(&[field(&code(" PAGE ")), code(" DDE cmd ")].concat()),
        field(&[code(&"x ".repeat(70_000)), field(&code("DDE cmd"))].concat()),
        "<w:fldSimple w:instr=\" DDE cmd a\"/>".to_owned(),
        code("DDE cmd"),
        field(&code(" INCLUDETEXT \"\\\\\\\\server\\\\a.docx\" ")),
    ] {
        assert_eq!(body(&text), ["external-link"], "{text}");
    }
    for text in [
        field(&code(" PAGE ")),
        field(&code(" TOC \\o DDE ")),
        field(&code(" INCLUDETEXT \"C:\\\\a.docx\" ")),
        "<w:t>DDEAUTO cmd</w:t>".to_owned(),
        "<!-- <w:fldSimple w:instr=\"DDE cmd\"/> -->".to_owned(),
        field(&code(" QUOTE 65 66 ")),
    ] {
        assert!(body(&text).is_empty(), "{text}");
    }
    let link = b"<externalLink><ddeLink ddeService=\"cmd\" ddeTopic=\"x\"/></externalLink>";
    assert_eq!(
        signs(&docx(&[("xl/externalLinks/externalLink1.xml", link)])),
        ["external-link"]
    );
    let slide = b"<p:sld><a:hlinkClick r:id=\"r\" action=\"ppaction://program\"/></p:sld>";
    assert_eq!(
        signs(&docx(&[("ppt/slides/slide1.xml", slide)])),
        ["launch-action"]
    );
}

fn odt(more: &[(&str, &[u8])]) -> Tree {
    let mut members: Vec<(&str, &[u8])> = vec![
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("content.xml", b"<office:document-content/>"),
    ];
    members.extend(more);
    open_file("a.odt", &package(&members))
}

#[test]
fn opendocument_files_are_read_likewise() {
    let manifest = b"<manifest:manifest/>";
    let plain = odt(&[("META-INF/manifest.xml", manifest)]);
    assert_eq!(found(&plain), ["2: odf"]);
    assert!(document(&plain).traits.is_empty());
    let list = odt(&[
        ("META-INF/manifest.xml", manifest),
        ("Basic/Standard/script-lb.xml", b"<a/>"),
    ]);
    assert!(document(&list).traits.is_empty());
    for (name, data, sign) in [
        (
            "Basic/Standard/Module1.xml",
            b"<a/>".as_slice(),
            "macros-basic",
        ),
        ("Scripts/python/a.py", b"import os\n", "macros-basic"),
        ("Object 1", OLE, "embedded-object"),
    ] {
        let tree = odt(&[("META-INF/manifest.xml", manifest), (name, data)]);
        assert_eq!(traits(document(&tree)), [sign], "{name}");
        assert_eq!(tree.nodes.len() > 2, !name.ends_with("xml"), "{name}");
    }
    for (tag, signed) in [
        ("<draw:object xlink:href=\"file://10.0.0.1/a.odt\"/>", true),
        (
            "<text:section-source xlink:href=\"https://example.org/a.odt\"/>",
            true,
        ),
        (
            "<office:dde-source office:dde-application=\"soffice\"/>",
            true,
        ),
        ("<draw:image xlink:href=\"smb://server/a.png\"/>", true),
        ("<draw:object xlink:href=\"./Object 1\"/>", false),
        (
            "<draw:image xlink:href=\"https://example.org/a.png\"/>",
            false,
        ),
        ("<text:a xlink:href=\"https://example.org/\"/>", false),
    ] {
        let tree = odt(&[
            ("META-INF/manifest.xml", manifest),
            ("styles.xml", tag.as_bytes()),
        ]);
        assert_eq!(
            traits(document(&tree)).contains(&"external-link"),
            signed,
            "{tag}"
        );
    }
    let tree = odt(&[("META-INF/manifest.xml", manifest), ("styles.xml", ELF)]);
    assert_eq!(found(&tree)[1..], ["2/styles.xml: elf"]);
}

#[test]
fn an_encrypted_opendocument_file_says_so() {
    let manifest = br#"<manifest:manifest><manifest:file-entry manifest:full-path="content.xml">
        <manifest:encryption-data><manifest:algorithm
        manifest:algorithm-name="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/>
        </manifest:encryption-data></manifest:file-entry></manifest:manifest>"#;
    let tree = odt(&[("META-INF/manifest.xml", manifest), ("Pictures/a.png", PNG)]);
    let node = document(&tree);
    assert_eq!(node.encrypted.known(), Some(&true));
    assert_eq!(
        (node.cipher, node.not_opened.clone()),
        (Some("aes-256"), Some(NotOpened::Encrypted))
    );
    assert!(found(&tree).contains(&"2/Pictures/a.png: png".to_owned()));
}

#[test]
fn books_and_xps_are_recognised_and_not_opened() {
    let book = package(&[
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", b"<container/>"),
        ("OEBPS/a.opf", b"<package/>"),
    ]);
    let xps = package(&[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("FixedDocSeq.fdseq", b"<a/>"),
    ]);
    for (bytes, kind) in [(book, "epub"), (xps, "xps")] {
        // The first member of an EPUB is stored; here its content is found by the others.
        let tree = open_file("a", &bytes);
        assert_eq!(
            document(&tree).not_opened,
            Some(NotOpened::Unsupported),
            "{kind}"
        );
    }
    let nuget = package(&[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("a.nuspec", b"<a/>"),
        ("lib/a.dll", ELF),
    ]);
    assert_eq!(
        found(&open_file("a", &nuget)).last().unwrap(),
        "2/lib/a.dll: elf"
    );
}

#[test]
fn links_lead_where_windows_would_go() {
    for (target, to) in [
        ("https://example.org", Leads::Web),
        ("ms-msdt:/id PCWDiagnostic", Leads::Web),
        ("\\\\server\\share", Leads::Share),
        ("//server/share", Leads::Share),
        ("file:////server/share", Leads::Share),
        ("file://server/share", Leads::Share),
        ("file:///C:/a", Leads::Here),
        ("file:///home/an", Leads::Here),
        ("C:\\a", Leads::Here),
        ("../a.docx", Leads::Here),
        ("", Leads::Here),
    ] {
        assert_eq!(leads(target), to, "{target}");
    }
}

/// Writes down what it is told.
#[derive(Default)]
struct Log(Vec<String>, String);

impl Handler for Log {
    fn tag(&mut self, tag: &Tag<'_>) {
        let mark = if tag.closes { "/" } else { "" };
        let name = String::from_utf8_lossy(tag.name());
        let value = tag
            .attribute("v")
            .map_or(String::new(), |value| format!("={value}"));
        self.0.push(format!("{mark}{name}{value}"));
    }

    fn text(&mut self, text: &[u8]) {
        self.1.push_str(&String::from_utf8_lossy(text));
    }
}

#[test]
fn xml_is_scanned_alike_however_it_is_cut() {
    let text = "<?xml version='1.0'?><!DOCTYPE a><!-- <b> > --><x:a v = \"1 > &amp;&#x41;&bad;\">mot\
                <b u='\"' x:v='hai'/><![CDATA[<c> ]]]]>&amp;</x:a >";
    for size in [1, 2, 3, 7, 1000] {
        let mut log = Log::default();
        let mut scanner = Scanner::default();
        for piece in text.as_bytes().chunks(size) {
            scanner.feed(piece, &mut log);
        }
        assert_eq!(log.0, ["a=1 > &A&bad;", "b=hai", "/a"], "{size}");
        assert_eq!(log.1, "mot<c> ]]&amp;", "{size}");
    }
    // Nothing grows without a bound.
    let mut scanner = Scanner::default();
    let begun = Instant::now();
    scanner.feed(b"<a ", &mut Log::default());
    for _ in 0..200 {
        scanner.feed(&[b'x'; 64 << 10], &mut Log::default());
    }
    assert!(scanner.cut);
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_part_is_xml_only_if_all_of_it_is() {
    let is_xml = |bytes: &[u8]| {
        let mut part = Part::default();
        for piece in bytes.chunks(3) {
            part.feed(piece, None);
        }
        part.is_xml()
    };
    for xml in ["<a/>", "\u{feff}<a/>", "\n\n <a>tiếng Việt</a>"] {
        assert!(is_xml(xml.as_bytes()), "{xml}");
    }
    assert!(is_xml(b"\xfe\xff\0<\0a\0/\0>"));
    for other in ["", "text", "<a/>\0", "\u{1}<a/>"] {
        assert!(!is_xml(other.as_bytes()), "{other:?}");
    }
}

#[test]
fn no_cut_and_no_flipped_byte_makes_a_panic_or_much_work() {
    let begun = Instant::now();
    let mut state = 1_442_695_040_888_963_407_u64;
    let mut nodes = 0;
    for (name, bytes) in [("a.docx", DOCX), ("a.odt", ODT)] {
        for len in (0..bytes.len()).step_by(bytes.len() / 25) {
            nodes += open_file(name, &bytes[..len]).nodes.len();
        }
        for _ in 0..75 {
            let mut bytes = bytes.to_vec();
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = (state >> 8) as usize % bytes.len();
            bytes[at] = state as u8;
            nodes += open_file(name, &bytes).nodes.len();
        }
    }
    assert!(nodes > 200, "{nodes}");
    assert!(begun.elapsed() < Duration::from_secs(30));
}
