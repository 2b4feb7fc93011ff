//! Compound files of real tools: what stands in them, what is encrypted, what is bent.

use std::io::{Cursor, Read};

use flate2::read::GzDecoder;

use super::{compound::Compound, rebuild};
use crate::{
    content::{
        Budget, Node, Tree,
        budget::Spending,
        source::Source,
        testing::{bend, found, open_file, open_letter},
    },
    facts::{Fact, NotOpened, Place},
};

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut whole).unwrap();
    whole
}

fn objects() -> Vec<u8> {
    gunzip(include_bytes!("../testdata/objects.doc.gz"))
}

fn traits(node: &Node) -> Vec<&'static str> {
    node.traits.iter().map(|found| found.id).collect()
}

fn file(tree: &Tree) -> &Node {
    &tree.nodes[1]
}

#[test]
fn what_is_embedded_in_a_document_comes_out() {
    let tree = open_file("a.doc", &objects());
    assert_eq!(
        found(&tree),
        [
            "2: doc",
            "2/bao-cao.bat: script-bat",
            "2/ObjectPool/_2: xls",
            "2/ObjectPool/_4/CONTENTS: pdf"
        ]
    );
    assert_eq!(
        traits(file(&tree)),
        [
            "macros-vba",
            "embedded-object",
            "embedded-file",
            "external-link"
        ]
    );
    assert_eq!(tree.nodes[2].place, Place::Document);
    assert!(tree.nodes.iter().all(|node| node.not_opened.is_none()));
}

#[test]
fn a_document_with_nothing_inside_says_nothing() {
    let plain = gunzip(include_bytes!("../testdata/plain.doc.gz"));
    let tree = open_file("a.doc", &plain);
    assert_eq!(found(&tree), ["2: doc"]);
    assert_eq!(traits(file(&tree)), [""; 0]);
    assert_eq!(file(&tree).encrypted, Fact::Known(false));
    assert_eq!(file(&tree).not_opened, None);
}

#[test]
fn a_program_that_stands_as_a_stream_is_found() {
    let bytes = gunzip(include_bytes!("../testdata/stream.ole.gz"));
    let tree = open_file("a.ole", &bytes);
    assert_eq!(
        found(&tree),
        ["2: ole", "2/Text: text", "2/Other/la.dat: pe"]
    );
    assert_eq!(tree.nodes[3].size, 5088);
    assert_eq!(traits(file(&tree)), ["embedded-object"]);
}

#[test]
fn streams_that_the_format_does_not_know_come_out() {
    let bytes = gunzip(include_bytes!("../testdata/extra.doc.gz"));
    let tree = open_file("a.doc", &bytes);
    let mut files = found(&tree);
    files.sort();
    // `Data` is Word's own, but holds a program; what stands in `MsoDataStore` is Word's too.
    assert_eq!(
        files,
        [
            "2/Data: dex",
            "2/Kho/Sau/ghi-chu.txt: text",
            "2/cong-van.pdf: wasm",
            "2/danh-sach.xlsx: dex",
            "2/du-lieu.dat: text",
            "2/hinh.png: mach-o",
            "2/mo-tep.vbs: script-vbs",
            "2: doc",
        ]
    );
    assert!(tree.nodes.iter().all(|node| node.not_opened.is_none()));
}

#[test]
fn macro_sheets_and_links_to_programs_are_told_from_sheets() {
    let tree = open_file("a.xls", include_bytes!("../testdata/xlm.xls"));
    assert_eq!(traits(file(&tree)), ["macros-xlm", "external-link"]);
    let tree = open_file("a.xls", include_bytes!("../testdata/noxlm.xls"));
    assert_eq!(found(&tree), ["2: xls"]);
    assert_eq!(traits(file(&tree)), [""; 0]);
}

#[test]
fn macro_sheets_from_before_compound_files_are_found() {
    // BOF of BIFF4: a macro sheet, a worksheet; EOF.
    let sheet = |kind: u8| [9, 4, 6, 0, 0, 0, kind, 0, 0, 0, 10, 0, 0, 0];
    let tree = open_file("a.xls", &sheet(0x40));
    assert_eq!(found(&tree), ["2: xls"]);
    assert_eq!(traits(file(&tree)), ["macros-xlm"]);
    let tree = open_file("a.xls", &sheet(0x10));
    assert_eq!(traits(file(&tree)), [""; 0]);
    assert_eq!(file(&tree).not_opened, None);
}

#[test]
fn a_directory_of_any_length_is_read_to_a_limit() {
    // The table, one sector that tells where the end of the table is, a directory in the rest.
    let sectors = 20_000_u32;
    let table = sectors.div_ceil(128);
    let mut bytes = vec![0; 512 * (1 + sectors as usize)];
    let mut put = |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    put(0, 0xe011_cfd0);
    put(4, 0xe11a_b1a1);
    put(48, table + 1);
    put(68, table);
    for place in 0..table {
        let at = match place {
            0..109 => 76 + 4 * place,
            _ => 512 * (1 + table) + 4 * (place - 109),
        };
        put(at as usize, place);
    }
    for sector in 0..sectors {
        put(512 + 4 * sector as usize, sector + 1);
    }
    let mut spending = Spending::new(Budget::default(), None);
    let opened = Compound::open(&Source::of(&bytes), &mut spending);
    let (limit, seen) = (65_536, 65_537);
    let which = "members";
    assert_eq!(opened.err(), Some(NotOpened::Budget { which, limit, seen }));
}

#[test]
fn what_excel_opens_without_asking_is_opened() {
    let velvet_doc = gunzip(include_bytes!("../testdata/velvet.doc.gz"));
    let velvet_xls = gunzip(include_bytes!("../testdata/velvet.xls.gz"));
    let files: [(&str, &[u8], &str, &[&str]); 6] = [
        (
            "a.xlsx",
            include_bytes!("../testdata/agile.xlsx"),
            "aes-256",
            &[],
        ),
        (
            "a.xlsx",
            include_bytes!("../testdata/standard.xlsx"),
            "aes-128",
            &[],
        ),
        ("a.doc", &velvet_doc, "rc4-40", &[]),
        ("a.xls", &velvet_xls, "rc4-40", &[]),
        (
            "a.xls",
            include_bytes!("../testdata/cryptoapi.xls"),
            "rc4-128",
            &["macros-xlm", "external-link"],
        ),
        (
            "a.xls",
            include_bytes!("../testdata/xor.xls"),
            "xor",
            &["macros-xlm", "external-link"],
        ),
    ];
    for (name, bytes, cipher, inner) in files {
        let tree = open_file(name, bytes);
        let outer = file(&tree);
        assert_eq!(outer.encrypted, Fact::Known(true), "{cipher}");
        assert_eq!((outer.cipher, &outer.not_opened), (Some(cipher), &None));
        let clear = &tree.nodes[2];
        assert_eq!(clear.cipher, Some(cipher));
        let kind = clear.kinds.first().map(|kind| kind.id);
        assert_eq!(kind, Some(name.trim_start_matches("a.")), "{cipher}");
        assert_eq!(clear.not_opened, None, "{cipher}");
        assert_eq!(traits(clear), inner, "{cipher}");
        assert_eq!(traits(outer), inner, "{cipher}");
    }
}

#[test]
fn what_needs_a_password_says_how_it_is_encrypted() {
    let tree = open_file("a.xlsx", include_bytes!("../testdata/agile-mat-khau.xlsx"));
    assert_eq!(found(&tree), ["2: ole-encrypted", "2/EncryptedPackage: "]);
    for node in &tree.nodes[1..] {
        assert_eq!(node.not_opened, Some(NotOpened::Encrypted));
        assert_eq!(
            (&node.encrypted, node.cipher),
            (&Fact::Known(true), Some("aes-256"))
        );
    }
    let tree = open_file("a.ppt", include_bytes!("../testdata/encrypted.ppt"));
    assert_eq!(found(&tree), ["2: ppt"]);
    assert_eq!(file(&tree).not_opened, Some(NotOpened::Encrypted));
    assert_eq!(file(&tree).cipher, Some("rc4-128"));
}

#[test]
fn what_powerpoint_opens_without_asking_is_opened() {
    let tree = open_file("a.ppt", include_bytes!("../testdata/hannes.ppt"));
    assert_eq!(
        found(&tree),
        [
            "2: ppt",
            "2/PowerPoint Document: ppt",
            "2/PowerPoint Document/ExOleObjStg 1: ole",
            "2/PowerPoint Document/ExOleObjStg 1/Text: text",
            "2/PowerPoint Document/ExOleObjStg 1/Other/la.dat: pe"
        ]
    );
    assert_eq!(file(&tree).cipher, Some("rc4-128"));
    for node in &tree.nodes[1..=2] {
        assert_eq!(traits(node), ["macros-vba", "embedded-object"]);
    }
    assert!(tree.nodes.iter().all(|node| node.not_opened.is_none()));
}

#[test]
fn objects_of_a_presentation_are_unpacked() {
    let tree = open_file("a.ppt", include_bytes!("../testdata/objects.ppt"));
    assert_eq!(
        found(&tree),
        [
            "2: ppt",
            "2/ExOleObjStg 1: ole",
            "2/ExOleObjStg 1/Text: text",
            "2/ExOleObjStg 1/Other/la.dat: pe"
        ]
    );
    assert_eq!(traits(file(&tree)), ["macros-vba", "embedded-object"]);
}

#[test]
fn streams_of_the_installer_have_their_real_names() {
    let tree = open_file("a.msi", &gunzip(include_bytes!("../testdata/p.msi.gz")));
    assert_eq!(
        found(&tree),
        [
            "2: msi",
            "2/p.cab: cab",
            "2/p.cab/F: text",
            "2/Binary.Chay: pe"
        ]
    );
    assert_eq!(tree.nodes[2].place, Place::Archive);
    // What the package installs it as.
    assert_eq!(tree.nodes[3].names, ["F", "plain.txt"]);
}

#[test]
fn a_storage_by_itself_is_a_compound_file_that_others_read() {
    let source = Source::of(&objects());
    let mut spending = Spending::new(Budget::default(), None);
    let compound = Compound::open(&source, &mut spending).unwrap();
    let mut bytes = Vec::new();
    assert!(rebuild::write(&compound, 0, None, &mut bytes).unwrap());
    let mut file = cfb::CompoundFile::open_strict(Cursor::new(&bytes)).unwrap();
    let paths: Vec<_> = file.walk().filter(|entry| entry.is_stream()).collect();
    assert_eq!(paths.len(), 10);
    for entry in paths {
        let mut content = Vec::new();
        let mut stream = file.open_stream(entry.path()).unwrap();
        stream.read_to_end(&mut content).unwrap();
        let path: Vec<&str> = entry
            .path()
            .iter()
            .skip(1)
            .flat_map(|name| name.to_str())
            .collect();
        let index = compound.find(&path).unwrap();
        assert_eq!(content, compound.read(index, u64::MAX), "{path:?}");
    }
}

#[test]
fn chains_and_trees_that_run_in_circles_end() {
    let mut bytes = objects();
    let table = 512 + 512 * usize::from(bytes[76]);
    // Each sector is its own successor.
    for sector in 0..(bytes.len() / 512 - 1).min(128) {
        let at = table + 4 * sector;
        bytes[at..at + 4].copy_from_slice(&(sector as u32).to_le_bytes());
    }
    let tree = open_file("a.doc", &bytes);
    assert!(!tree.nodes.is_empty());
    let mut bytes = objects();
    let directory = 512 + 512 * usize::from(bytes[48]);
    for entry in 0..4 {
        let at = directory + 128 * entry + 68;
        bytes[at..at + 12].copy_from_slice(&[0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
    }
    let tree = open_file("a.doc", &bytes);
    assert!(!tree.nodes.is_empty());
}

#[test]
fn a_small_file_that_says_it_holds_very_much_costs_no_more_than_the_budget() {
    let mut bytes = gunzip(include_bytes!("../testdata/stream.ole.gz"));
    let name: Vec<u8> = "la.dat".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = memchr::memmem::find(&bytes, &name).unwrap();
    bytes[at + 120..at + 124].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    let tree = open_letter("", &[("a.ole", &bytes)], Budget::default());
    let member = &tree.nodes[3];
    assert!(member.size <= bytes.len() as u64, "{}", member.size);
    assert_eq!(member.not_opened, Some(NotOpened::Damaged));
}

#[test]
fn bent_files_end_without_panic() {
    let files: [(&str, Vec<u8>); 9] = [
        ("a.doc", objects()),
        ("a.doc", gunzip(include_bytes!("../testdata/velvet.doc.gz"))),
        ("a.xls", include_bytes!("../testdata/xor.xls").to_vec()),
        (
            "a.xls",
            include_bytes!("../testdata/cryptoapi.xls").to_vec(),
        ),
        (
            "a.xlsx",
            include_bytes!("../testdata/standard.xlsx").to_vec(),
        ),
        (
            "a.xlsx",
            include_bytes!("../testdata/agile-mat-khau.xlsx").to_vec(),
        ),
        ("a.ppt", include_bytes!("../testdata/objects.ppt").to_vec()),
        ("a.ppt", include_bytes!("../testdata/hannes.ppt").to_vec()),
        ("a.msi", gunzip(include_bytes!("../testdata/p.msi.gz"))),
    ];
    for (name, bytes) in &files {
        // Keys from passwords take long.
        let slow = *name == "a.xlsx";
        let (cuts, flips) = if slow { (2, 3) } else { (60, 240) };
        bend(name, bytes, cuts, flips);
    }
}
