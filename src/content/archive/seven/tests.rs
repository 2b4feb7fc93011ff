//! 7z archives that 7-Zip made: every coder, passwords, names, and damage.

use std::time::Duration;

use super::super::hostile::{program, survives, traits};
use crate::{
    content::{
        Budget,
        testing::{found, open_file, open_letter},
    },
    facts::{Fact, NotOpened},
};

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../testdata/7z-", $name, ".7z"))
    };
}

#[test]
fn every_coder_is_read() {
    let both: &[(&str, &[u8])] = &[
        ("lzma", sample!("lzma")),
        ("lzma2", sample!("lzma2")),
        ("ppmd", sample!("ppmd")),
        ("bzip2", sample!("bzip2")),
        ("deflate", sample!("deflate")),
        ("deflate64", sample!("deflate64")),
        ("copy", sample!("copy")),
    ];
    for (name, bytes) in both {
        let tree = open_file("a.7z", bytes);
        let wanted = ["2: 7z", "2/bao-cao.txt: text", "2/tinh.elf: elf"];
        assert_eq!(found(&tree), wanted, "{name}");
        assert_eq!((tree.nodes[2].size, tree.nodes[3].size), (920, 664));
        assert!(tree.nodes.iter().all(|node| node.not_opened.is_none()));
        assert_eq!(tree.nodes[1].encrypted, Fact::Known(false));
    }
    let one: &[(&str, &[u8])] = &[
        ("bcj2", sample!("bcj2")),
        ("arm64", sample!("arm64")),
        ("delta", sample!("delta")),
    ];
    let plain = open_file("a.7z", sample!("copy"));
    for (name, bytes) in one {
        let tree = open_file("a.7z", bytes);
        assert_eq!(found(&tree), ["2: 7z", "2/tinh.elf: elf"], "{name}");
        assert_eq!(tree.nodes[2].sha256, plain.nodes[3].sha256, "{name}");
    }
}

#[test]
fn a_coder_that_nobody_reads_leaves_the_names() {
    let mut bytes = sample!("copy").to_vec();
    // Two folders, each with the coder Copy: its number becomes one that nobody knows.
    let at = bytes
        .windows(5)
        .rposition(|five| five == [0x0b, 0x02, 0, 0x01, 0x01]);
    bytes[at.unwrap() + 5] = 0x7e;
    bytes[at.unwrap() + 8] = 0x7e;
    mend(&mut bytes);
    let tree = open_file("a.7z", &bytes);
    assert_eq!(found(&tree), ["2: 7z", "2/bao-cao.txt: ", "2/tinh.elf: "]);
    assert_eq!(tree.nodes[3].not_opened, Some(NotOpened::Unsupported));
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Unsupported));
}

/// Makes the checksums of header and start header right again.
fn mend(bytes: &mut [u8]) {
    let header = super::super::fields::crc32;
    let at = 32 + u64::from_le_bytes(bytes[12..20].try_into().unwrap()) as usize;
    let size = u64::from_le_bytes(bytes[20..28].try_into().unwrap()) as usize;
    let sum = header(&bytes[at..at + size]);
    bytes[28..32].copy_from_slice(&sum.to_le_bytes());
    let sum = header(&bytes[12..32]);
    bytes[8..12].copy_from_slice(&sum.to_le_bytes());
}

#[test]
fn a_password_of_the_letter_opens_it_and_none_does_not() {
    for (bytes, names) in [
        (sample!("aes").as_slice(), true),
        (sample!("hidden"), false),
    ] {
        let open = |text: &str, budget| open_letter(text, &[("a.7z", bytes)], budget);
        let tree = open("Mật khẩu giải nén: Tr@m1", Budget::default());
        let wanted = ["2: 7z", "2/bao-cao.txt: text", "2/tinh.elf: elf"];
        assert_eq!(found(&tree), wanted);
        for node in &tree.nodes[1..] {
            assert_eq!(node.encrypted, Fact::Known(true));
            assert_eq!((node.cipher, &node.not_opened), (Some("aes-256"), &None));
        }
        // Without optimisation a password takes most of a second: time for one or two.
        let short = Budget {
            time: Duration::from_secs(6),
            ..Budget::default()
        };
        let tree = open("Kính gửi", short);
        let expected: &[&str] = match names {
            true => &["2: 7z", "2/bao-cao.txt: ", "2/tinh.elf: "],
            false => &["2: 7z"],
        };
        assert_eq!(found(&tree), expected);
        for node in &tree.nodes[1..] {
            assert_eq!(node.not_opened, Some(NotOpened::Encrypted));
            assert_eq!(node.cipher, Some("aes-256"));
        }
    }
}

#[test]
fn names_empty_files_and_links_are_told() {
    let tree = open_file("a.7z", sample!("names"));
    let mut lines = found(&tree);
    lines.sort();
    let wanted = [
        "2/thu/link: text",
        "2/thu/muc/chương trình.elf: elf",
        "2/thu/rong.txt: ",
        "2: 7z",
    ];
    assert_eq!(lines, wanted);
    let link = |node: &&crate::content::Node| traits(node) == ["link"];
    assert_eq!(tree.nodes.iter().filter(link).count(), 1);
}

#[test]
fn what_stands_before_it_is_told() {
    let mut program = program(3000);
    // A sign alone is no archive.
    program.extend(super::SIGN);
    program.resize(4000, 1);
    let lonely = open_file("a.exe", &program);
    assert_eq!(found(&lonely), ["2: pe"]);
    program.extend(sample!("lzma"));
    let tree = open_file("a.exe", &program);
    let wanted = ["2: pe 7z", "2/bao-cao.txt: text", "2/tinh.elf: elf"];
    assert_eq!(found(&tree), wanted);
    assert_eq!(traits(&tree.nodes[1]), ["self-extracting"]);
}

#[test]
fn a_volume_and_a_cut_archive_are_not_opened() {
    let bytes = sample!("copy");
    let tree = open_file("a.7z.001", &bytes[..500]);
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Unsupported));
    assert_eq!(traits(&tree.nodes[1]), ["volume"]);
    let tree = open_file("a.7z", &bytes[..500]);
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Damaged));
}

#[test]
fn a_huge_dictionary_costs_no_more_than_what_comes_out_of_it() {
    let mut bytes = sample!("lzma2").to_vec();
    // LZMA2's only property is the dictionary: 40 means 4 GiB.
    let coder = bytes
        .windows(3)
        .rposition(|three| three == [0x21, 0x21, 0x01]);
    bytes[coder.unwrap() + 3] = 40;
    mend(&mut bytes);
    let tree = open_file("a.7z", &bytes);
    let wanted = ["2: 7z", "2/bao-cao.txt: text", "2/tinh.elf: elf"];
    assert_eq!(found(&tree), wanted);
    // PPMd needs the memory that it names: 1 GiB is too much.
    let mut bytes = sample!("ppmd").to_vec();
    let coder = bytes
        .windows(4)
        .rposition(|four| four == [0x23, 0x03, 0x04, 0x01]);
    bytes[coder.unwrap() + 9] = 0x40;
    mend(&mut bytes);
    let tree = open_file("a.7z", &bytes);
    assert_eq!(found(&tree), ["2: 7z", "2/bao-cao.txt: ", "2/tinh.elf: "]);
    assert!(matches!(
        tree.nodes[1].not_opened,
        Some(NotOpened::Budget {
            which: "memory",
            ..
        })
    ));
}

#[test]
fn damage_does_no_harm() {
    survives("a.7z", sample!("lzma2"));
    survives("a.7z", sample!("bcj2"));
}
