//! Pages in, pieces of text with their place and look out.

use super::*;

fn spans(html: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    read(html, &mut |span| {
        if span.text.chars().any(char::is_alphanumeric) {
            spans.push(span);
        }
        Ok(())
    })
    .unwrap();
    spans
}

fn texts(html: &str) -> Vec<String> {
    spans(html).into_iter().map(|span| span.text).collect()
}

#[test]
fn blocks_and_cells_are_pieces() {
    assert_eq!(
        texts("<p>m<b>ộ</b>t <i>hai</i></p>ba<br>bốn&nbsp;năm<div>sáu"),
        ["một hai", "ba", "bốn\u{a0}năm", "sáu"]
    );
    let cells = spans("<table><tr><td>a<td>b<tr><td>c<td><p>d</table>e");
    let places: Vec<_> = cells
        .iter()
        .map(|span| (span.spot, span.line, span.column, span.text.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            (Spot::Cell, 1, 0, "a"),
            (Spot::Cell, 1, 1, "b"),
            (Spot::Cell, 2, 0, "c"),
            (Spot::Cell, 2, 1, "d"),
            (Spot::Body, 4, 0, "e"),
        ]
    );
}

#[test]
fn looks_are_told_and_other_looks_are_not() {
    let one = |html: &str| spans(html).remove(0).style;
    assert!(one("<p style='color:#C00000'>a</p>").red);
    assert!(one("<p><font color=red>a</font></p>").red);
    assert!(one("<p style='COLOR: rgb(255, 0, 0) !important'>a</p>").red);
    assert!(!one("<p style='color:#00c000'>a</p>").red);
    assert!(!one("<p><font color=red>a</font>bc</p>").red);
    assert!(one("<p><b>ab</b>c").bold);
    assert!(!one("<p><b>a</b>bcd").bold);
    assert!(one("<p style='border: 2px double red'>a").framed);
    assert!(!one("<p style='border:none'>a").framed);
    assert!(one("<center>a").centred);
    assert!(one("<style>p.dau, .x { color: red; }</style><p class=Dau>a").red);
    assert_eq!(one("<p>a"), Style::default());
}

#[test]
fn what_is_not_seen_is_told_apart() {
    for style in [
        "display:none",
        "visibility: hidden",
        "font-size:0",
        "font-size:0pt",
        "opacity:0",
        "color:#ffffff",
        "color: white",
        "mso-hide:all",
    ] {
        let found = spans(&format!("<p>a<span style=\"{style}\">x</span>b</p>"));
        assert_eq!(found.len(), 2, "{style}: {found:?}");
        assert_eq!(
            (found[0].text.as_str(), found[0].style.hidden),
            ("ab", false)
        );
        assert_eq!((found[1].text.as_str(), found[1].style.hidden), ("x", true));
    }
    for style in [
        "font-size:10pt",
        "opacity:0.9",
        "display:block",
        "color:#333",
    ] {
        assert_eq!(
            texts(&format!("<p>a<span style=\"{style}\">x</span>b</p>")),
            ["axb"]
        );
    }
    assert_eq!(
        texts("<div style='background:#000080'><p style='color:white'>a</p></div>"),
        ["a"]
    );
    assert!(
        !spans("<td bgcolor=red><font color=white>a</font></td>")[0]
            .style
            .hidden
    );
}

#[test]
fn old_fonts_are_decoded_and_capital_styles_shown() {
    let found = spans("<p><font face='.VnTimeH'>tuyÖt mËt</font></p>");
    assert_eq!(found[0].text, "TUYỆT MẬT");
    assert_eq!(found[0].legacy, Some("tcvn3-capitals"));
    let style = "<p style='font-family:\"VNI-Times\",serif'>MAÄT</p>";
    assert_eq!(spans(style)[0].text, "MẬT");
    assert_eq!(
        texts("<p style='text-transform:uppercase'>mật</p>"),
        ["MẬT"]
    );
    assert_eq!(texts("<p><font face=Arial>tuyÖt</font></p>"), ["tuyÖt"]);
}

#[test]
fn asides_have_their_place() {
    let found = spans("<title>t&ecirc;n</title><img alt='hình'>x");
    assert_eq!(
        found
            .iter()
            .map(|span| (span.spot, span.text.as_str()))
            .collect::<Vec<_>>(),
        [
            (Spot::Property, "tên"),
            (Spot::Alt, "hình"),
            (Spot::Body, "x")
        ]
    );
}

#[test]
fn broken_pages_end() {
    let html = "<table><tr><td style='color:red;border:1px solid'>M&#7852;T</td><p class=x><style>.x{a:b}</style><b>c";
    for end in 0..=html.len() {
        if let Some(html) = html.get(..end) {
            spans(html);
        }
    }
    for piece in [
        "<td>",
        "<div>",
        "</div>",
        "<p><b>",
        "<tr><td>a",
        "<style>.a{b:c}</style>",
        "<a style='",
    ] {
        let html = piece.repeat((1 << 18) / piece.len());
        let started = std::time::Instant::now();
        std::hint::black_box(spans(&html));
        assert!(started.elapsed().as_secs() < 10, "{piece}");
    }
}
