//! Both sides: what is legacy, and what is left alone.

use super::encoding;
use crate::{
    content::{Budget, Needs, Span, Tree, open},
    facts::{Fact, LegacyText, NotOpened, Sign},
    inspect,
    message::{Limits, Message, Receiver, Spool},
    questions::{Question, Questions},
};

fn mail(kind: &str, body: &[u8]) -> Message {
    let spool = Spool::new(None, 1 << 20, 1 << 30).unwrap();
    let mut receiver = Receiver::new(&spool, Limits::default());
    receiver.raw(format!("MIME-Version: 1.0\r\nContent-Type: {kind}\r\n\r\n").as_bytes());
    receiver.raw(body);
    receiver.finish()
}

fn attached() -> Message {
    let part = "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThu.\r\n--b\r\n\
                Content-Type: application/octet-stream; name=a.bin\r\n\r\nabc\r\n--b--\r\n";
    mail("multipart/mixed; boundary=b", part.as_bytes())
}

fn look(message: &Message, change: impl FnOnce(&mut Tree)) -> Fact<Vec<LegacyText>> {
    let mut questions = Questions::default();
    questions.ask(Question::Documents);
    let mut tree = open(message, &Needs::of(&questions), &mut Budget::default());
    change(&mut tree);
    let files = inspect::files(&tree, &questions);
    encoding(message, &tree, &files)
}

fn found(kind: &str, body: &[u8]) -> Vec<(&'static str, Sign)> {
    let Fact::Known(list) = look(&mail(kind, body), |_| ()) else {
        panic!("unknown")
    };
    list.iter().map(|text| (text.encoding, text.how)).collect()
}

const TEXT: &str = "text/plain; charset=utf-8";
const TCVN3: &str = "QuyÕt ®Þnh vÒ viÖc ban hµnh quy chÕ, h\u{ad}íng dÉn thùc hiÖn";
const UNICODE: &str = "Quyết định về việc ban hành quy chế, hướng dẫn thực hiện";

/// TCVN3 as bytes: its letters are those of windows-1252 above ASCII.
fn bytes(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1252.encode(text).0.into_owned()
}

#[test]
fn letters_inside_unicode_and_bytes() {
    assert_eq!(found(TEXT, TCVN3.as_bytes()), [("tcvn3", Sign::Letters)]);
    for declared in [
        "",
        "; charset=iso-8859-1",
        "; charset=x-viet-tcvn",
        "; charset=utf-8",
    ] {
        let kind = format!("text/plain{declared}");
        assert_eq!(
            found(&kind, &bytes(TCVN3)),
            [("tcvn3", Sign::Bytes)],
            "{declared}"
        );
    }
    let page = format!("<p class='a'>{}</p>", TCVN3.replace('®', "&reg;"));
    assert_eq!(
        found("text/html; charset=utf-8", page.as_bytes()),
        [("tcvn3", Sign::Letters)]
    );
    let mojibake = encoding_rs::WINDOWS_1252.decode(UNICODE.as_bytes()).0;
    assert_eq!(
        found(TEXT, mojibake.as_bytes()),
        [("mojibake", Sign::Letters)]
    );
}

#[test]
fn unicode_other_languages_and_short_texts_are_silent() {
    use unicode_normalization::UnicodeNormalization;
    let apart: String = UNICODE.nfd().collect();
    for text in [
        UNICODE,
        &apart,
        "Le président a décidé où et comment l'élève était reçu à l'école française.",
        "Die Behörde prüft die Anträge für Straßen und Brücken über die Flüsse.",
        "fn main() { let x = a[i] ^ b; println!(\"{x}\"); }",
        "tuyÖt mËt",
        "",
    ] {
        assert_eq!(found(TEXT, text.as_bytes()), [], "{text}");
    }
    let utf16: Vec<u8> = UNICODE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(found("text/plain; charset=utf-16le", &utf16), []);
}

#[test]
fn the_share_is_of_the_accented_words() {
    let body = format!("{TCVN3}\r\n{UNICODE}\r\n{UNICODE}\r\n{UNICODE}\r\n");
    let Fact::Known(list) = look(&mail(TEXT, body.as_bytes()), |_| ()) else {
        panic!("unknown")
    };
    assert!((200..=300).contains(&list[0].share), "{list:?}");
    assert!(list[0].words >= 36, "{list:?}");
    assert_eq!(list[0].part, "1");
}

fn span(node: usize, text: &str, legacy: Option<&'static str>) -> Span {
    Span {
        node,
        text: text.to_owned(),
        legacy,
        ..Span::default()
    }
}

#[test]
fn documents_by_font_and_by_letters() {
    let message = attached();
    let of = |spans: Vec<Span>| {
        let Fact::Known(list) = look(&message, |tree| tree.spans = spans) else {
            panic!("unknown")
        };
        list.iter()
            .map(|text| (text.part.clone(), text.encoding, text.how, text.share))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of(vec![span(1, UNICODE, Some("tcvn3-capitals"))]),
        [("2".to_owned(), "tcvn3", Sign::Font, 1000)]
    );
    assert_eq!(
        of(vec![span(1, UNICODE, None), span(1, UNICODE, Some("vni"))]),
        [("2".to_owned(), "vni", Sign::Font, 500)]
    );
    assert_eq!(
        of(vec![span(1, TCVN3, None)]),
        [("2".to_owned(), "tcvn3", Sign::Letters, 1000)]
    );
    assert_eq!(
        of(vec![
            span(1, UNICODE, None),
            span(1, "Số: mười", Some("tcvn3"))
        ]),
        []
    );
    // The letter's own text is judged by its bytes, whatever spans say of it.
    assert_eq!(of(vec![span(0, TCVN3, None)]), []);
}

#[test]
fn what_was_not_opened_is_unknown_unless_something_was_found() {
    let message = attached();
    let close = |tree: &mut Tree| tree.nodes[1].not_opened = Some(NotOpened::Encrypted);
    assert!(look(&message, close).known().is_none());
    let found = look(&message, |tree| {
        close(tree);
        tree.spans = vec![span(1, TCVN3, None)];
    });
    assert_eq!(found.known().map(Vec::len), Some(1));
}
