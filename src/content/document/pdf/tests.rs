//! Tests of the PDF reader: fixtures by pikepdf, broken ones by hand.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{file::File, security};
use crate::{
    content::{
        Budget, Node, Tree,
        testing::{found, open_file, open_letter, thorough},
    },
    facts::{Fact, NotOpened, Place},
};

const PLAIN: &[u8] = include_bytes!("../testdata/plain.pdf");
const ATTACHED: &[u8] = include_bytes!("../testdata/attached.pdf");
const JAVASCRIPT: &[u8] = include_bytes!("../testdata/javascript.pdf");
const LAUNCH: &[u8] = include_bytes!("../testdata/launch.pdf");
const R2: &[u8] = include_bytes!("../testdata/r2.pdf");
const R3: &[u8] = include_bytes!("../testdata/r3.pdf");
const R4: &[u8] = include_bytes!("../testdata/r4.pdf");
const R5: &[u8] = include_bytes!("../testdata/r5.pdf");
const R6: &[u8] = include_bytes!("../testdata/r6.pdf");
const OWNER: &[u8] = include_bytes!("../testdata/owner.pdf");

fn traits(node: &Node) -> Vec<&'static str> {
    node.traits.iter().map(|found| found.id).collect()
}

/// The findings of a PDF with these objects.
fn signs(objects: &str) -> Vec<&'static str> {
    let tree = open_file("a.pdf", format!("%PDF-1.7\n{objects}").as_bytes());
    traits(&tree.nodes[1])
}

fn pdf_node(tree: &Tree) -> &Node {
    tree.nodes.get(1).unwrap()
}

#[test]
fn files_inside_are_found_in_object_streams_too() {
    let tree = open_file("a.pdf", ATTACHED);
    assert_eq!(found(&tree), ["2: pdf", "2/báo cáo.exe: elf"]);
    assert_eq!(traits(pdf_node(&tree)), ["embedded-file"]);
    let member = &tree.nodes[2];
    assert_eq!((member.size, member.place), (23, Place::Document));
    assert_eq!(pdf_node(&tree).encrypted, Fact::Known(false));
    // Junk before and behind it changes nothing.
    let junk = [&[b'x'; 1000], ATTACHED, b"\n%%EOF\njunk\0junk".as_slice()].concat();
    assert_eq!(found(&open_file("a.pdf", &junk)).len(), 2);
    let plain = open_file("a.pdf", PLAIN);
    assert_eq!(found(&plain), ["2: pdf"]);
    assert_eq!(
        (traits(pdf_node(&plain)), &pdf_node(&plain).not_opened),
        (vec![], &None)
    );
}

#[test]
fn orphans_and_older_revisions_count() {
    let orphan = "%PDF-1.4\n1 0 obj<</Type/EmbeddedFile/Length 4>>stream\n\x7fELF\nendstream endobj\n\
                  2 0 obj<</Type/Filespec/F(moi.exe)/UF<FEFF006D1EDB0069002E006500780065>/EF 3 0 R>>endobj\n\
                  3 0 obj<</F 4 0 R/UF 4 0 R>>endobj\n\
                  4 0 obj<</Filter[/ASCII#48exDecode/AHx]>>stream\n343134323e>\nendstream endobj\n\
                  4 0 obj<</Length 5 0 R>>stream\nsecond\nendstream endobj 5 0 obj 6 endobj\n";
    let tree = open_file("a.pdf", orphan.as_bytes());
    assert_eq!(
        found(&tree),
        ["2: pdf", "2/: elf", "2/mới.exe: text", "2/mới.exe: text"]
    );
    assert_eq!(tree.nodes[3].names, ["mới.exe", "moi.exe"]);
    let sizes: Vec<u64> = tree.nodes[2..].iter().map(|node| node.size).collect();
    assert_eq!(sizes, [4, 6, 2]);
}

#[test]
fn what_acts_is_found_however_it_is_written() {
    assert_eq!(
        traits(&open_file("a.pdf", JAVASCRIPT).nodes[1]),
        ["javascript"]
    );
    assert_eq!(
        traits(&open_file("a.pdf", LAUNCH).nodes[1]),
        ["launch-action"]
    );
    let none: [&str; 0] = [];
    for (objects, expected) in [
        ("1 0 obj<</S/L#61unch/F(a.exe)>>endobj", "launch-action"),
        (
            "1 0 obj<</S 2 0 R>>endobj 2 0 obj 3 0 R endobj 3 0 obj/Launch endobj",
            "launch-action",
        ),
        ("1 0 obj<</S/URI/S/Launch>>endobj", "launch-action"),
        ("1 0 obj<</Kids[<</A<</S/Launch", "launch-action"),
        (
            "trailer<</Root<</OpenAction<</S/JavaScript/JS(x)>>>>>>",
            "javascript",
        ),
        (
            "1 0 obj<</Names<</JavaScript<</Names[(a) 2 0 R]>>>>>>endobj",
            "javascript",
        ),
        (
            "1 0 obj<</XFA[(t) 2 0 R]>>endobj 2 0 obj<<>>stream\n<script x>\nendstream",
            "javascript",
        ),
        (
            "1 0 obj<</S/GoToR/F(\\\\\\\\host\\\\a.pdf)>>endobj",
            "external-link",
        ),
        (
            "1 0 obj<</S/SubmitForm/F(http://a.vn)>>endobj",
            "external-link",
        ),
        ("1 0 obj<</S/GoToE/F(b.pdf)>>endobj", "external-link"),
        (
            "1 0 obj<</S/URI/URI(file://host/a/b.exe)>>endobj",
            "external-link",
        ),
        (
            "1 0 obj<</F(elsewhere.bin)/Length 0>>stream\n\nendstream",
            "external-link",
        ),
        // In a stream that the table points into.
        (
            "7 0 obj<</Length 46>>stream\n1 0 obj <</S/Launch>> endobj                  \nendstream endobj\n\
             xref\n0 1\n0000000037 00000 n \ntrailer<</Size 1>>",
            "launch-action",
        ),
    ] {
        assert_eq!(signs(objects), [expected], "{objects}");
    }
    for harmless in [
        "1 0 obj<</S/URI/URI(https://a.vn/x.exe)>>endobj",
        "1 0 obj<</S/URI/URI(file:///C:/a.docx)>>endobj",
        "1 0 obj<</S/URI/URI(mailto:a@b.vn)>>endobj",
        "1 0 obj<</S/GoTo/D[2 0 R/Fit]>>endobj",
        "1 0 obj<</S/GoToE/T<<>>>>endobj",
        "1 0 obj<</Names<</JavaScript<</Names[]>>>>>>endobj",
        "1 0 obj(</S/Launch>)endobj 2 0 obj%<</S/Launch>>\n3 endobj",
        "1 0 obj<</Length 30>>stream\n2 0 obj<</S/Launch>>endobj    \nendstream endobj",
    ] {
        assert_eq!(signs(harmless), none, "{harmless}");
    }
}

#[test]
fn encryption_is_named_and_what_nobody_needs_a_password_for_is_opened() {
    for (bytes, cipher) in [
        (R2, "rc4-40"),
        (R3, "rc4-128"),
        (R4, "aes-128"),
        (R5, "aes-256"),
        (R6, "aes-256"),
    ] {
        let tree = open_file("a.pdf", bytes);
        let node = pdf_node(&tree);
        assert_eq!(
            (&node.encrypted, node.cipher),
            (&Fact::Known(true), Some(cipher))
        );
        assert_eq!(node.not_opened, Some(NotOpened::Encrypted));
    }
    let tree = open_file("a.pdf", OWNER);
    assert_eq!(found(&tree), ["2: pdf", "2/báo cáo.exe: elf"]);
    assert_eq!(pdf_node(&tree).encrypted, Fact::Known(false));
    let other =
        "%PDF-1.7\n1 0 obj<</S/Launch>>endobj trailer<</Encrypt<</Filter/Adobe.PubSec/V 4>>>>";
    let tree = open_file("a.pdf", other.as_bytes());
    assert_eq!(pdf_node(&tree).not_opened, Some(NotOpened::Encrypted));
    assert_eq!(traits(pdf_node(&tree)), ["launch-action"]);
}

#[test]
fn passwords_of_user_and_owner_fit_and_others_do_not() {
    for (bytes, method) in [(R2, "R2"), (R3, "R3"), (R4, "R4"), (R5, "R5"), (R6, "R6")] {
        let bytes = Bytes::from_static(bytes);
        let file = File::index(&bytes, &mut |_| Ok::<(), ()>(())).unwrap();
        let streams: Vec<_> = file
            .xref_streams()
            .iter()
            .filter_map(|entry| file.read(*entry, &mut |_| ()).0.dict().cloned())
            .collect();
        let security::Security::Standard(handlers) = security::find(&file, &streams) else {
            panic!("{method}")
        };
        let keys: Vec<_> = ["mo123", "chu", "", "sai"]
            .iter()
            .map(|password| handlers[0].open(password).map(|crypt| crypt.key))
            .collect();
        assert!(keys[0].is_some() && keys[0] == keys[1], "{method}");
        assert!(keys[2].is_none() && keys[3].is_none(), "{method}");
    }
}

#[test]
fn bombs_end_within_the_budget() {
    use std::io::Write as _;
    let zip = |bytes: &[u8]| {
        let mut to = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        to.write_all(bytes).unwrap();
        to.finish().unwrap()
    };
    let budget = Budget {
        bytes: 8 << 20,
        memory: 64 << 20,
        time: Duration::from_secs(5),
        ..Budget::default()
    };
    let stream = |head: &str, body: &[u8]| {
        [
            format!("%PDF-1.7\n1 0 obj<<{head}>>stream\n").as_bytes(),
            body,
            b"\nendstream",
        ]
        .concat()
    };
    let twice = zip(&zip(&vec![0; 30 << 20]));
    let spaces = zip(&zip(&vec![b' '; 30 << 20]));
    // Within the budget of bytes, but deep and many.
    let number = zip(format!("{}{}", "1 0 ".repeat(200_000), "[".repeat(1 << 20)).as_bytes());
    let files = [
        stream(
            "/Type/EmbeddedFile/Filter[/FlateDecode/FlateDecode]",
            &twice,
        ),
        stream("/Type/EmbeddedFile/Filter[/Fl/Fl/AHx]", &spaces),
        stream("/Type/ObjStm/N 9/First 9/Filter[/Fl/Fl]", &twice),
    ];
    let deep = stream("/Type/ObjStm/N 9/First 800000/Filter/FlateDecode", &number);
    let began = Instant::now();
    open_letter("", &[("a.pdf", &deep)], budget.clone());
    assert!(began.elapsed() < Duration::from_secs(7));
    for (at, file) in files.iter().enumerate() {
        let tree = open_letter("", &[("a.pdf", file)], budget.clone());
        let why = pdf_node(&tree).not_opened.clone();
        assert!(
            matches!(why, Some(NotOpened::Budget { .. })),
            "{at}: {why:?}"
        );
    }
    let many = [
        "1 0 obj ".repeat(50_000),
        "1 0 obj 1 0 R ".repeat(20_000),
        "1 0 obj(".repeat(2_000),
        "1 0 obj<<".repeat(20_000),
        format!(
            "1 0 obj[{}]endobj 2 0 obj{}",
            "1 ".repeat(9_000),
            "<</S 1 0 R>>".repeat(9_000)
        ),
        "1 0 obj<</Kids[1 0 R]/EF 1 0 R/F 1 0 R>>endobj ".repeat(5_000),
        "1 0 obj<<>>stream\n".repeat(10_000),
    ];
    for text in many {
        let began = Instant::now();
        let file = format!("%PDF-1.7\n{text}");
        open_letter("", &[("a.pdf", file.as_bytes())], budget.clone());
        assert!(began.elapsed() < Duration::from_secs(6), "{}", &text[..20]);
    }
}

#[test]
fn references_are_followed_only_as_far_as_a_small_file_is_worth() {
    // Found by fuzzing: 18 KB of references to one endless object cost 2 s.
    let begun = Instant::now();
    let array = "1 ".repeat(50_000);
    let asks = "<</S 2 0 R/JS 2 0 R>>".repeat(3000);
    let objects =
        format!("1 0 obj[{asks}]endobj 2 0 obj[{array}]endobj 3 0 obj<</S/Launch>>endobj");
    let tree = open_file("a.pdf", format!("%PDF-1.7\n{objects}").as_bytes());
    assert_eq!(pdf_node(&tree).not_opened, Some(NotOpened::Damaged));
    assert!(traits(pdf_node(&tree)).contains(&"launch-action"));
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn whatever_is_broken_ends() {
    let began = Instant::now();
    for bytes in [ATTACHED, JAVASCRIPT, R2] {
        for end in (0..bytes.len()).step_by(if thorough() { 1 } else { 13 }) {
            open_file("a.pdf", &bytes[..end]);
        }
    }
    for bytes in [ATTACHED, LAUNCH, R2, R4] {
        let mut state = 7_u32;
        for at in (0..bytes.len()).step_by(if thorough() { 1 } else { 17 }) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mut broken = bytes.to_vec();
            broken[at] ^= (state >> 24) as u8 | 1;
            let tree = open_file("a.pdf", &broken);
            assert!(tree.nodes.len() < 10);
        }
    }
    assert!(began.elapsed() < Duration::from_secs(30));
}
