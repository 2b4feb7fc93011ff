//! Documents go in, pieces of text with their places come out. The documents were made by LibreOffice,
//! python-pptx and openpyxl (`testdata/README.md`).

use crate::{
    content::{
        Budget, Needs, Span, Tree, open,
        testing::{bend, letter, of_attachment, open_file},
    },
    facts::NotOpened,
};

pub(super) const FILES: &[(&str, &[u8])] = &[
    ("letter.docx", include_bytes!("testdata/letter.docx")),
    ("letter.odt", include_bytes!("testdata/letter.odt")),
    ("sheets.xlsx", include_bytes!("testdata/sheets.xlsx")),
    ("sheets.ods", include_bytes!("testdata/sheets.ods")),
    ("cells.xlsx", include_bytes!("testdata/cells.xlsx")),
    ("slides.pptx", include_bytes!("testdata/slides.pptx")),
    ("slides.odp", include_bytes!("testdata/slides.odp")),
];

/// The text of a document of [`FILES`], which is wholly read.
pub(super) fn text_of(name: &str) -> Vec<String> {
    let (_, bytes) = FILES.iter().find(|(known, _)| *known == name).unwrap();
    let (spans, why) = read(name, bytes);
    assert_eq!(why, None);
    lines(&spans)
}

/// The text of a document, and why there is no more of it.
pub(super) fn read(name: &str, bytes: &[u8]) -> (Vec<Span>, Option<NotOpened>) {
    let tree = tree(name, bytes, Budget::default());
    let mut files = tree.nodes.iter().filter(|node| node.number == "2");
    let why = files.next().and_then(|node| node.not_opened.clone());
    (tree.spans, why)
}

fn tree(name: &str, bytes: &[u8], mut budget: Budget) -> Tree {
    let needs = Needs {
        kinds: true,
        documents: true,
        ..Needs::default()
    };
    of_attachment(open(&letter("", &[(name, bytes)]), &needs, &mut budget))
}

/// Each piece as `Spot page.line.column signs: text`, the signs being bold, red, framed, centred,
/// hidden, half points and encoding.
pub(super) fn lines(spans: &[Span]) -> Vec<String> {
    spans.iter().map(line).collect()
}

fn line(span: &Span) -> String {
    let page = span.page.map_or("-".to_owned(), |page| page.to_string());
    let style = span.style;
    let mut signs = String::new();
    for (sign, is) in [
        ('b', style.bold),
        ('r', style.red),
        ('f', style.framed),
        ('c', style.centred),
        ('h', style.hidden),
    ] {
        if is {
            signs.push(sign);
        }
    }
    let legacy = span.legacy.unwrap_or_default();
    format!(
        "{:?} {page}.{}.{} {signs}{}{legacy}: {}",
        span.spot, span.line, span.column, style.half_points, span.text
    )
}

#[test]
fn nobody_pays_for_text_that_nobody_wants() {
    for (name, bytes) in FILES {
        assert!(open_file(name, bytes).spans.is_empty(), "{name}");
    }
}

#[test]
fn bent_documents_end_without_panic() {
    for (name, bytes) in FILES {
        bend(name, bytes, 10, 30);
    }
}

#[test]
fn a_document_without_end_is_damaged_and_its_beginning_read() {
    let mut most = 0;
    for (name, bytes) in FILES {
        for part in [3, 2] {
            let (spans, why) = read(name, &bytes[..bytes.len() - bytes.len() / part]);
            assert!(why.is_some(), "{name}");
            most = most.max(spans.len());
        }
    }
    // Without its directory no part is found.
    assert_eq!(most, 0);
}

#[test]
fn too_much_text_is_said_to_be_too_much() {
    let budget = Budget {
        document_text: 300,
        ..Budget::default()
    };
    let (name, bytes) = FILES[0];
    let tree = tree(name, bytes, budget);
    assert!((1..6).contains(&tree.spans.len()));
    assert!(matches!(
        tree.nodes[1].not_opened,
        Some(NotOpened::Budget {
            which: "document_text",
            ..
        })
    ));
}
