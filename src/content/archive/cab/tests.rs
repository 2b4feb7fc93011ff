//! Cabinets that gcab made, and one put together by hand for LZX, which nothing here can make.

use super::super::hostile::{program, survives, traits};
use crate::{
    content::testing::{found, open_file},
    facts::NotOpened,
};

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../testdata/cab-", $name, ".cab"))
    };
}

const BOTH: [&str; 3] = ["2: cab", "2/bao-cao.txt: text", "2/tinh.elf: elf"];

#[test]
fn every_method_is_read() {
    let samples: &[&[u8]] = &[sample!("stored"), sample!("mszip")];
    for bytes in samples {
        let tree = open_file("a.cab", bytes);
        assert_eq!(found(&tree), BOTH);
        assert_eq!((tree.nodes[2].size, tree.nodes[3].size), (920, 664));
        assert!(tree.nodes.iter().all(|node| node.not_opened.is_none()));
        assert_eq!(traits(&tree.nodes[1]), [""; 0]);
    }
    // Three blocks, each with the history of the one before.
    let tree = open_file("a.cab", sample!("history"));
    assert_eq!(
        found(&tree),
        ["2: cab", "2/dai.txt: text", "2/tinh.elf: elf"]
    );
    assert_eq!((tree.nodes[2].size, tree.nodes[3].size), (90_000, 664));
    assert!(tree.nodes.iter().all(|node| node.not_opened.is_none()));
}

/// A cabinet with one folder of this method, one block and these files: (name, offset, size, folder).
fn by_hand(method: u16, data: &[u8], size: u16, files: &[(&str, u32, u32, u16)]) -> Vec<u8> {
    let mut list = Vec::new();
    for (name, offset, size, folder) in files {
        list.extend(size.to_le_bytes());
        list.extend(offset.to_le_bytes());
        list.extend(folder.to_le_bytes());
        list.extend([0; 6]);
        list.extend(name.as_bytes());
        list.push(0);
    }
    let data_at = 36 + 8 + list.len() as u32;
    let all = data_at + 8 + data.len() as u32;
    let mut cab = b"MSCF\0\0\0\0".to_vec();
    cab.extend(all.to_le_bytes());
    cab.extend([0; 4]);
    cab.extend(44_u32.to_le_bytes());
    cab.extend([0, 0, 0, 0, 3, 1, 1, 0]);
    cab.extend((files.len() as u16).to_le_bytes());
    cab.extend([0; 6]);
    cab.extend(data_at.to_le_bytes());
    cab.extend([1, 0]);
    cab.extend(method.to_le_bytes());
    cab.extend(list);
    cab.extend([0; 4]);
    cab.extend((data.len() as u16).to_le_bytes());
    cab.extend(size.to_le_bytes());
    cab.extend(data);
    cab
}

#[test]
fn lzx_is_read_and_quantum_leaves_the_names() {
    // [MS-PATCH] 2.2: no E8 translation, an uncompressed block of 24 bytes, R0 to R2, the bytes.
    let mut data = vec![0x00, 0x30, 0x80, 0x01];
    for _ in 0..3 {
        data.extend(1_u32.to_le_bytes());
    }
    data.extend(b"\x7fELF\x02\x01\x01 a program here");
    data.resize(4 + 12 + 24, b'.');
    let files = [("a.bin", 0, 24, 0)];
    let tree = open_file("a.cab", &by_hand(0x0f03, &data, 24, &files));
    assert_eq!(found(&tree), ["2: cab", "2/a.bin: elf"]);
    assert_eq!((tree.nodes[2].size, &tree.nodes[2].not_opened), (24, &None));
    let tree = open_file("a.cab", &by_hand(0x0472, &data, 24, &files));
    assert_eq!(found(&tree), ["2: cab", "2/a.bin: "]);
    assert_eq!(tree.nodes[2].not_opened, Some(NotOpened::Unsupported));
}

#[test]
fn files_in_the_same_bytes_paths_and_volumes_are_told() {
    let data = b"plain text \x7fELF\x02\x01\x01 a program";
    let size = data.len() as u16;
    let files = [
        ("a.txt", 0, 11, 0),
        ("..\\b.bin", 11, 15, 0),
        ("c.bin", 11, 15, 0),
        ("d.bin", 0, 15, 0xfffd),
    ];
    let tree = open_file("a.cab", &by_hand(0, data, size, &files));
    let wanted = [
        "2: cab",
        "2/a.txt: text",
        "2/../b.bin: elf",
        "2/c.bin: elf",
        "2/d.bin: ",
    ];
    assert_eq!(found(&tree), wanted);
    assert_eq!(traits(&tree.nodes[1]), ["volume", "lying-header"]);
    assert_eq!(traits(&tree.nodes[3]), ["path-escape"]);
    assert_eq!(tree.nodes[5].not_opened, Some(NotOpened::Unsupported));
}

#[test]
fn several_cabinets_stand_behind_a_program() {
    let mut bytes = program(3000);
    bytes.extend(b"MSCF\0\0\0\0");
    bytes.resize(4000, 1);
    assert_eq!(found(&open_file("a.exe", &bytes)), ["2: pe"]);
    bytes.extend(sample!("mszip"));
    bytes.extend([7; 100]);
    bytes.extend(sample!("history"));
    let tree = open_file("a.exe", &bytes);
    let wanted = ["2: pe cab", BOTH[1], BOTH[2], "2/dai.txt: text", BOTH[2]];
    assert_eq!(found(&tree), wanted);
    assert_eq!(traits(&tree.nodes[1]), ["self-extracting"]);
    let shield = open_file(
        "a.cab",
        b"ISc(\x04\x60\0\x01 and more of it, which nobody reads",
    );
    assert_eq!(shield.nodes[1].not_opened, Some(NotOpened::Unsupported));
}

#[test]
fn damage_does_no_harm() {
    survives("a.cab", sample!("mszip"));
    let mut data = vec![0x00, 0x30, 0x80, 0x01];
    data.resize(40, 1);
    survives("a.cab", &by_hand(0x0f03, &data, 24, &[("a.bin", 0, 24, 0)]));
}
