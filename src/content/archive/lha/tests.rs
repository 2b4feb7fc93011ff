//! LHA archives that jLHA made: levels of headers, methods, and damage.

use super::super::hostile::{program, survives, traits};
use crate::{
    content::testing::{found, open_file},
    facts::NotOpened,
};

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../testdata/lha-", $name, ".lzh"))
    };
}

#[test]
fn every_level_and_method_is_read() {
    let levels: &[&[u8]] = &[sample!("l0"), sample!("l1"), sample!("l2")];
    let methods: &[&[u8]] = &[sample!("lh0"), sample!("lh6"), sample!("lh7")];
    for (samples, program) in [(levels, "2/tinh.elf: elf"), (methods, "2/d/tinh.elf: elf")] {
        for bytes in samples {
            let tree = open_file("a.lzh", bytes);
            assert_eq!(found(&tree), ["2: lha", "2/bao-cao.txt: text", program]);
            assert_eq!((tree.nodes[2].size, tree.nodes[3].size), (920, 664));
            assert!(tree.nodes.iter().all(|node| node.not_opened.is_none()));
        }
    }
}

#[test]
fn links_are_told_from_folders() {
    // As LHa for Unix writes them (level 2): a folder, and a link to `../x`.
    let folder = b"6\0-lhd-\0\0\0\0\0\0\0\0\x81Q\x01\0 \x02\0\0U\x05\0\0\x08\x99\x03\0\x01\
        \x08\0\x02dir2\xff\x05\0P\xedA\x07\0Q\xe9\x03\xe9\x03\0\0";
    let link = b"G\0-lhd-\0\0\0\0\0\0\0\0\x02\xa3\x02\0 \x02\0\0U\x05\0\0\xb4\xa9\x08\0\x01file1\
        \x14\0\x02dir2\xffsymlink1|..\xff\x05\0P\xed\xa1\x07\0Q\xe9\x03\xe9\x03\0\0";
    let mut bytes = [folder.as_slice(), link].concat();
    bytes.push(0);
    let tree = open_file("a.lzh", &bytes);
    assert_eq!(found(&tree), ["2: lha", "2/dir2/symlink1: "]);
    assert_eq!(traits(&tree.nodes[2]), ["link"]);
    assert!(tree.nodes.iter().all(|node| node.not_opened.is_none()));
}

#[test]
fn a_wrong_checksum_and_an_unknown_method_are_told() {
    let mut bytes = sample!("lh6").to_vec();
    let last = bytes.len() - 40;
    bytes[last] ^= 0x55;
    let tree = open_file("a.lzh", &bytes);
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Damaged));
    let mut bytes = sample!("l0").to_vec();
    // The method's number is in the header's checksum.
    bytes[5] = b'9';
    bytes[1] = bytes[1].wrapping_add(4);
    let tree = open_file("a.lzh", &bytes);
    assert_eq!(found(&tree)[..2], ["2: lha", "2/bao-cao.txt: "]);
    assert_eq!(tree.nodes[2].not_opened, Some(NotOpened::Unsupported));
}

#[test]
fn what_stands_before_it_is_told() {
    let mut bytes = program(3000);
    bytes.extend(b"  -lh5-");
    bytes.resize(4000, 1);
    assert_eq!(found(&open_file("a.exe", &bytes)), ["2: pe"]);
    bytes.extend(sample!("l1"));
    let tree = open_file("a.exe", &bytes);
    let wanted = ["2: pe lha", "2/bao-cao.txt: text", "2/tinh.elf: elf"];
    assert_eq!(found(&tree), wanted);
    assert_eq!(traits(&tree.nodes[1]), ["self-extracting"]);
}

#[test]
fn damage_does_no_harm() {
    survives("a.lzh", sample!("l0"));
    survives("a.lzh", sample!("l1"));
    survives("a.lzh", sample!("l2"));
}
