//! ARJ archives that ARJ made: methods, passwords, volumes, and damage.

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
        include_bytes!(concat!("../testdata/arj-", $name))
    };
}

const BOTH: [&str; 3] = ["2: arj", "2/bao-cao.txt: text", "2/tinh.elf: elf"];

#[test]
fn every_method_is_read() {
    let samples: &[&[u8]] = &[sample!("m0.arj"), sample!("m1.arj"), sample!("m4.arj")];
    for bytes in samples {
        let tree = open_file("a.arj", bytes);
        assert_eq!(found(&tree), BOTH);
        assert_eq!((tree.nodes[2].size, tree.nodes[3].size), (920, 664));
        assert!(tree.nodes.iter().all(|node| node.not_opened.is_none()));
        assert_eq!(tree.nodes[1].encrypted, Fact::Known(false));
    }
    // More than the window.
    let one = open_file("a.arj", sample!("long-m1.arj"));
    let four = open_file("a.arj", sample!("long-m4.arj"));
    assert_eq!(
        (one.nodes[2].size, &one.nodes[2].not_opened),
        (90_000, &None)
    );
    assert_eq!(one.nodes[2].sha256, four.nodes[2].sha256);
}

#[test]
fn a_password_of_the_letter_opens_it_and_none_does_not() {
    let open = |text: &str| {
        let files: &[(&str, &[u8])] = &[("a.arj", sample!("garbled.arj"))];
        open_letter(text, files, Budget::default())
    };
    let tree = open("mk: Tr@m1");
    assert_eq!(found(&tree), BOTH);
    let tree_without = open("Kính gửi");
    let closed = ["2: arj", "2/bao-cao.txt: ", "2/tinh.elf: "];
    assert_eq!(found(&tree_without), closed);
    for node in &tree_without.nodes[1..] {
        assert_eq!(node.not_opened, Some(NotOpened::Encrypted));
    }
    for node in tree.nodes[1..].iter().chain(&tree_without.nodes[1..]) {
        assert_eq!(node.encrypted, Fact::Known(true));
        assert_eq!(node.cipher, Some("arj-garble"));
    }
}

/// The first file's flags changed, and the checksum of its header.
fn flagged(flag: u8) -> Vec<u8> {
    let mut bytes = sample!("m0.arj").to_vec();
    let word =
        |bytes: &[u8], at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let file = 4 + word(&bytes, 2) + 4 + 2;
    let (from, until) = (file + 4, file + 4 + word(&bytes, file + 2));
    bytes[from + 4] |= flag;
    let sum = super::crc32(&bytes[from..until]);
    bytes[until..until + 4].copy_from_slice(&sum.to_le_bytes());
    bytes
}

#[test]
fn a_volume_is_told_and_its_first_piece_is_judged() {
    let tree = open_file("v.arj", &flagged(super::VOLUME));
    assert_eq!(found(&tree), BOTH);
    assert_eq!(traits(&tree.nodes[1]), ["volume"]);
    let tree = open_file("v.a01", &flagged(super::CONTINUES));
    assert_eq!(found(&tree), ["2: arj", "2/bao-cao.txt: ", BOTH[2]]);
    assert_eq!(traits(&tree.nodes[1]), ["volume"]);
    assert_eq!(tree.nodes[2].not_opened, Some(NotOpened::Unsupported));
}

#[test]
fn what_stands_before_it_is_told() {
    let mut bytes = program(3000);
    bytes.extend(super::SIGN);
    bytes.resize(4000, 1);
    assert_eq!(found(&open_file("a.exe", &bytes)), ["2: pe"]);
    bytes.extend(sample!("m1.arj"));
    let tree = open_file("a.exe", &bytes);
    assert_eq!(found(&tree), ["2: pe arj", BOTH[1], BOTH[2]]);
    assert_eq!(traits(&tree.nodes[1]), ["self-extracting"]);
}

#[test]
fn damage_does_no_harm() {
    survives("a.arj", sample!("m1.arj"));
    survives("a.arj", sample!("m4.arj"));
}
