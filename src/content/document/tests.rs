//! RTF and OneNote: what lies inside, and what is bent.

use crate::{
    content::{
        Node,
        testing::{bend, found, open_file},
    },
    facts::NotOpened,
};

const PACKAGE: &[u8] = include_bytes!("testdata/package.rtf");
const NOTE: &[u8] = include_bytes!("testdata/note.one");

fn traits(node: &Node) -> Vec<&'static str> {
    node.traits.iter().map(|found| found.id).collect()
}

/// The digits of the object in the sample.
fn digits() -> String {
    let text = String::from_utf8(PACKAGE.to_vec()).unwrap();
    let from = text.find("\\objdata ").unwrap() + 9;
    let until = from + text[from..].find('}').unwrap();
    text[from..until].replace("\r\n", "")
}

#[test]
fn a_packed_file_comes_out_of_rtf() {
    let tree = open_file("a.rtf", PACKAGE);
    assert_eq!(found(&tree), ["2: rtf", "2/bao-cao.bat: script-bat"]);
    assert_eq!(traits(&tree.nodes[1]), ["embedded-object", "embedded-file"]);
}

#[test]
fn digits_may_be_hidden_in_any_way() {
    let digits = digits();
    let (first, rest) = digits.split_at(41);
    let even = digits.split_at(40);
    let even_raw: Vec<u8> = (0..even.1.len())
        .step_by(2)
        .filter_map(|at| u8::from_str_radix(&even.1[at..at + 2], 16).ok())
        .collect();
    let mut binary = format!(
        "{{\\rt{{\\object{{\\*\\objdata {}\\bin{} ",
        even.0,
        even_raw.len()
    )
    .into_bytes();
    binary.extend(&even_raw);
    binary.extend(b"}}}");
    let forms: Vec<Vec<u8>> = vec![
        format!("{{\\rt{{\\object\\objupdate{{\\*\\objdata {first}\\par\r\n \t{rest}}}}}}}").into(),
        format!("{{\\rtf1{{\\*\\objdata {first}{{\\*\\junk abcdef}}{rest}}}}}").into(),
        format!("{{\\rtf1{{\\*\\objdata {first}{{\\proptype\\staticval abc}}{rest}}}}}").into(),
        format!("{{\\rtf1{{\\*\\objdata {first}{{{{}}{rest}}}}}}}").into(),
        format!("{{\\rtvpn{{\\*\\objdata {first}\\'{{}}{rest}").into(),
        binary,
    ];
    for (number, form) in forms.iter().enumerate() {
        let tree = open_file("a.rtf", form);
        let files: Vec<u64> = tree
            .nodes
            .iter()
            .filter(|node| node.names.iter().any(|name| name == "bao-cao.bat"))
            .map(|node| node.size)
            .collect();
        assert!(files.contains(&26), "form {number}: {:?}", found(&tree));
        assert!(files.len() <= 3);
    }
}

#[test]
fn templates_and_fields_that_load_are_told_from_others() {
    let linked = [
        r"{\rtf1{\*\template http://x.example/a.dotm}}",
        r"{\rtf1{\*\template \u104?ttps://x.example/a.dotm}}",
        r"{\rtf1{\*\template \'68ttp://x.example/a.dotm}}",
        r"{\rtf1{\field{\*\fldinst {DDEAUTO c:\\windows\\cmd.exe}}}}",
        r"{\rtf1{\field{\*\fldinst { SET c {\field{\*\fldinst QUOTE 68 68 69}}}}}}",
        r"{\rtf1{\object\objautlink{\*\objclass Excel.Sheet.8}}}",
    ];
    for text in linked {
        let tree = open_file("a.rtf", text.as_bytes());
        assert_eq!(traits(&tree.nodes[1]), ["external-link"], "{text}");
    }
    let plain = [
        r"{\rtf1{\*\template C:\\Mau\\Normal.dotm}}",
        r#"{\rtf1{\field{\*\fldinst {HYPERLINK "https://x.example/"}}{\fldrslt x}}}"#,
        r"{\rtf1{\field{\*\fldinst { PAGE 68 }}}{\pict\wmetafile8 d0cf11e0a1b11ae1}}",
    ];
    for text in plain {
        let tree = open_file("a.rtf", text.as_bytes());
        assert_eq!(traits(&tree.nodes[1]), [""; 0], "{text}");
        assert_eq!(found(&tree), ["2: rtf"]);
    }
}

#[test]
fn files_of_a_note_come_out_with_their_names() {
    let tree = open_file("a.one", NOTE);
    assert_eq!(found(&tree), ["2: onenote", "2/lệnh.hta: html", "2/: png"]);
    assert_eq!(traits(&tree.nodes[1]), ["embedded-file"]);
    let cut = open_file("a.one", &NOTE[..NOTE.len() - 40]);
    assert_eq!(
        cut.nodes.last().unwrap().not_opened,
        Some(NotOpened::Damaged)
    );
}

#[test]
fn bent_files_end_without_panic() {
    bend("a.rtf", PACKAGE, usize::MAX, 800);
    bend("a.one", NOTE, usize::MAX, 800);
}
