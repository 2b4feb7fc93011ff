//! ZIP archives by real tools, archives that lie, and archives that are broken.

mod hostile;

use std::{io::Read as _, rc::Rc};

use super::{
    Archive, Content,
    crypto::Keys,
    directory::Directory,
    record::{Header, LOCAL_LEN},
};
use crate::{
    content::{
        Budget, Node, Tree,
        budget::Spending,
        source::Source,
        testing::{found, open_file},
    },
    facts::NotOpened,
};

macro_rules! sample {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("testdata/", $name)).as_slice(),
        )
    };
}

/// Every archive here that is not encrypted, and what is in it.
const PLAIN: &[(&str, &[u8])] = &[
    sample!("method-copy.zip"),
    sample!("method-deflate.zip"),
    sample!("method-deflate64.zip"),
    sample!("method-bzip2.zip"),
    sample!("method-lzma.zip"),
    sample!("method-ppmd.zip"),
    sample!("method-xz.zip"),
    sample!("zip64.zip"),
];

const ENCRYPTED: &[(&str, &[u8], &str)] = &[
    ("a.zip", include_bytes!("testdata/aes-128.zip"), "aes-128"),
    ("a.zip", include_bytes!("testdata/aes-192.zip"), "aes-192"),
    ("a.zip", include_bytes!("testdata/aes-256.zip"), "aes-256"),
    (
        "a.zip",
        include_bytes!("testdata/zipcrypto.zip"),
        "zipcrypto",
    ),
    (
        "a.zip",
        include_bytes!("testdata/zipcrypto-stream.zip"),
        "zipcrypto",
    ),
];

fn spending() -> Spending {
    Spending::new(Budget::default(), None)
}

fn traits(node: &Node) -> Vec<&'static str> {
    node.traits.iter().map(|known| known.id).collect()
}

/// The attachment itself.
fn archive(tree: &Tree) -> &Node {
    tree.nodes.get(1).unwrap()
}

/// Whether nothing odd was found in the attachment and its members.
fn is_clean(tree: &Tree) -> bool {
    let mut nodes = tree.nodes.iter();
    nodes.all(|node| node.traits.is_empty() && node.not_opened.is_none())
}

#[test]
fn every_method_is_unpacked_and_its_checksum_fits() {
    for (name, bytes) in PLAIN {
        let tree = open_file(name, bytes);
        assert_eq!(
            found(&tree),
            ["2: zip", "2/a.txt: text", "2/run.exe: pe"],
            "{name}"
        );
        assert!(is_clean(&tree), "{name}");
        let sizes: Vec<u64> = tree.nodes.iter().skip(2).map(|node| node.size).collect();
        assert_eq!(sizes, [1650, 392], "{name}");
    }
    let first = open_file("a.zip", PLAIN[0].1);
    for (name, bytes) in [sample!("method-zstd.zip"), sample!("method-implode.zip")] {
        let tree = open_file(name, bytes);
        assert_eq!(found(&tree), ["2: zip", "2/run.exe: pe"], "{name}");
        assert!(is_clean(&tree), "{name}");
        assert_eq!(tree.nodes[2].sha256, first.nodes[3].sha256, "{name}");
    }
}

#[test]
fn sizes_behind_the_data_names_and_links_are_read() {
    for (name, bytes) in [sample!("stream.zip"), sample!("stream-stored.zip")] {
        let tree = open_file(name, bytes);
        assert_eq!(found(&tree), ["2: zip", "2/-: pe"], "{name}");
        assert!(is_clean(&tree), "{name}");
    }
    let tree = open_file("a.zip", include_bytes!("testdata/utf8.zip"));
    assert_eq!(found(&tree), ["2: zip", "2/Báo cáo/Tệp.exe: pe"]);
    // Nothing in it says UTF-8: Windows reads code page 437.
    assert_eq!(tree.nodes[2].names[..2], ["Tệp.exe", "Tß╗çp.exe"]);
    let tree = open_file("a.zip", include_bytes!("testdata/link.zip"));
    assert_eq!(traits(&tree.nodes[2]), ["link"]);
    assert!(tree.nodes[3].traits.is_empty());
}

#[test]
fn java_archives_are_programs_with_and_without_a_manifest() {
    let tree = open_file("a.jar", include_bytes!("testdata/a.jar"));
    assert_eq!(
        found(&tree),
        [
            "2: jar",
            "2/META-INF/MANIFEST.MF: text",
            "2/A.class: java-class"
        ]
    );
    assert!(is_clean(&tree));
    let tree = open_file("a.zip", include_bytes!("testdata/classes.zip"));
    assert_eq!(found(&tree), ["2: jar", "2/A.class: java-class"]);
}

#[test]
fn what_stands_before_or_behind_is_signed() {
    for (name, bytes) in [sample!("prefix.zip"), sample!("prefix-adjusted.zip")] {
        let tree = open_file(name, bytes);
        assert_eq!(traits(archive(&tree)), ["prefix-data"], "{name}");
        assert_eq!(
            found(&tree),
            ["2: zip gif", "2/a.txt: text", "2/run.exe: pe"],
            "{name}"
        );
    }
    let program = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 200], PLAIN[1].1].concat();
    let tree = open_file("setup", &program);
    assert_eq!(traits(archive(&tree)), ["self-extracting"]);
    assert_eq!(tree.nodes.len(), 4);
    let behind = [PLAIN[1].1, b"<script>".as_slice()].concat();
    let tree = open_file("a.zip", &behind);
    assert_eq!(traits(archive(&tree)), ["trailing-data"]);
    assert_eq!(tree.nodes.len(), 4);
    let line_end = [PLAIN[1].1, b"\r\n\0".as_slice()].concat();
    assert!(is_clean(&open_file("a.zip", &line_end)));
}

#[test]
fn of_two_archives_in_a_row_both_are_found() {
    let both = [PLAIN[1].1, include_bytes!("testdata/utf8.zip").as_slice()].concat();
    let tree = open_file("a.zip", &both);
    let members: Vec<_> = tree.nodes.iter().skip(2).collect();
    assert_eq!(
        found(&tree),
        [
            "2: zip",
            "2/Báo cáo/Tệp.exe: pe",
            "2/a.txt: text",
            "2/run.exe: pe"
        ]
    );
    assert!(traits(members[0]).is_empty());
    for member in &members[1..] {
        assert_eq!(traits(member), ["hidden-member"]);
    }
}

#[test]
fn an_encrypted_archive_shows_names_and_ciphers() {
    for (name, bytes, cipher) in ENCRYPTED {
        let tree = open_file(name, bytes);
        assert_eq!(archive(&tree).cipher, Some(*cipher));
        assert_eq!(archive(&tree).encrypted.known(), Some(&true));
        assert_eq!(archive(&tree).not_opened, Some(NotOpened::Encrypted));
        let last = tree.nodes.last().unwrap();
        assert_eq!(
            (last.size, last.cipher, last.not_opened.clone()),
            (392, Some(*cipher), Some(NotOpened::Encrypted))
        );
        assert!(last.traits.is_empty(), "{cipher}");
    }
}

/// Content of the last member with these passwords.
fn decrypted(bytes: &[u8], passwords: &[&str]) -> Option<Vec<u8>> {
    let source = Source::of(bytes);
    let mut spending = spending();
    let directory = Directory::read(&source, &mut spending).unwrap();
    let entry = directory.entries.last().unwrap();
    let at = entry.at.unwrap();
    let local = Header::local(&source, at).unwrap();
    let header = Header {
        time: local.time,
        ..entry.header.clone()
    };
    let data = source.piece(at + local.len, header.packed);
    let passwords: Rc<[String]> = passwords.iter().map(|&word| word.to_owned()).collect();
    let mut keys = Keys::new(passwords);
    let packed = keys.open(&header, &data, &mut spending).unwrap()?;
    let mut content = Content::new(packed, &header, None, &mut spending).unwrap();
    let mut found = Vec::new();
    content.read_to_end(&mut found).unwrap();
    Some(found)
}

#[test]
fn the_right_password_opens_and_a_wrong_one_does_not() {
    let mut wrong: Vec<String> = (0..40).map(|number| format!("sai-{number}")).collect();
    for (_, bytes, cipher) in ENCRYPTED {
        let words: Vec<&str> = wrong.iter().map(String::as_str).collect();
        assert_eq!(decrypted(bytes, &words), None, "{cipher}");
        wrong.push("bi-mat".to_owned());
        let words: Vec<&str> = wrong.iter().map(String::as_str).collect();
        let found = decrypted(bytes, &words).unwrap();
        assert!(found.starts_with(b"MZ") && found.len() == 392, "{cipher}");
        wrong.pop();
    }
    // One flipped bit, and the authentication code tells.
    let mut damaged = ENCRYPTED[2].1.to_vec();
    let at = memchr::memmem::rfind(&damaged, b"PK\x03\x04").unwrap() + LOCAL_LEN + 50;
    damaged[at] ^= 1;
    assert_eq!(decrypted(&damaged, &["bi-mat"]), None);
}

#[test]
fn members_are_read_by_name_within_a_limit() {
    let source = Source::of(PLAIN[1].1);
    let mut spending = spending();
    let archive = Archive::of(&source, &mut spending).unwrap();
    assert_eq!(archive.members().collect::<Vec<_>>(), ["a.txt", "run.exe"]);
    let read = |name: &str, limit: usize, spending: &mut Spending| {
        archive.read(name, limit, spending).unwrap()
    };
    let found = read("Run.exe", 392, &mut spending).unwrap();
    assert!(found.starts_with(b"MZ") && found.len() == 392);
    assert_eq!(read("run.exe", 391, &mut spending), None);
    assert_eq!(read("other", 1000, &mut spending), None);
    let nothing = Archive::of(&Source::of(b"not an archive"), &mut spending);
    assert_eq!(nothing.err(), Some(NotOpened::Damaged));
}
