//! Images that real tools wrote, and what hostile hands make of them.

use std::io::Read as _;

use lzma_rust2::XzReader;

use crate::{
    content::{
        Budget, Node, Tree,
        testing::{found, open_blob},
    },
    facts::NotOpened,
};

macro_rules! data {
    ($name:literal) => {
        unpacked(include_bytes!(concat!("testdata/", $name, ".xz")))
    };
}

fn unpacked(xz: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    XzReader::new(xz, false).read_to_end(&mut bytes).unwrap();
    bytes
}

fn open_file(name: &str, bytes: &[u8]) -> Tree {
    open_blob(name, bytes, Budget::default())
}

fn sha(node: &Node) -> String {
    node.sha256
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The names and content that the folder of the fixtures has, whatever image it lies in.
fn folder(tree: &Tree, prefix: &str) {
    for (path, sum) in [
        ("Báo cáo tháng mười một.pdf.exe", PROG),
        ("sub/x.scr", PROG),
        ("sub/long-name-of-a-file.txt", TEXT),
        ("sub/deep/a.txt", HELLO),
    ] {
        let number = format!("2/{prefix}{path}");
        let node = tree.nodes.iter().find(|node| node.number == number);
        let node = node.unwrap_or_else(|| panic!("{number} in {:?}", found(tree)));
        assert_eq!(
            (sha(node).as_str(), &node.not_opened),
            (sum, &None),
            "{number}"
        );
    }
}

#[test]
fn discs_are_opened_with_every_name() {
    for (name, bytes, all) in [
        ("jr.iso", data!("jr.iso"), vec!["a.txt", "A.TXT"]),
        ("raw.bin", data!("raw.bin"), vec!["a.txt", "A.TXT"]),
        ("bridge.iso", data!("bridge.iso"), vec!["a.txt", "A.TXT"]),
    ] {
        let tree = open_file(name, &bytes);
        folder(&tree, "");
        assert_eq!(tree.nodes[1].not_opened, None, "{name}");
        // Each file once, though two or three trees know it.
        assert_eq!(tree.nodes.len(), 6, "{name}");
        assert_eq!(tree.nodes[5].names, all, "{name}");
    }
    let tree = open_file("plain.iso", &data!("plain.iso"));
    assert_eq!(
        found(&tree)[1..],
        [
            "2/B__O_C__.EXE: elf",
            "2/SUB/LONG_NAM.TXT: text",
            "2/SUB/X.SCR: elf",
            "2/SUB/DEEP/A.TXT: text"
        ]
    );
}

#[test]
fn udf_is_read_without_iso_9660() {
    let mut bytes = data!("bridge.iso");
    // The sequence of UDF (BEA01, NSR02, TEA01) in place of the descriptors of ISO 9660.
    let start = (16..32)
        .map(|sector| sector * 2048)
        .find(|at| bytes[at + 1..].starts_with(b"BEA01"));
    let start = start.unwrap();
    bytes.copy_within(start..start + 3 * 2048, 16 * 2048);
    bytes[19 * 2048..start + 3 * 2048].fill(0);
    let tree = open_file("a.iso", &bytes);
    folder(&tree, "");
    assert_eq!((tree.nodes.len(), tree.nodes[2].names.len()), (6, 1));
    let tree = open_file("a.iso", &data!("udf-cdr-150.img"));
    assert_eq!((tree.nodes.len(), &tree.nodes[1].not_opened), (2, &None));
    // Without its anchors it is damaged, not empty.
    let mut lost = data!("udf-cdr-150.img");
    lost[256 * 2048..257 * 2048].fill(0);
    let tree = open_file("a.iso", &lost);
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Damaged));
}

#[test]
fn file_systems_of_dos_and_windows_are_opened() {
    for (name, bytes) in [
        ("fat12.img", data!("fat12.img")),
        ("fat16.img", data!("fat16.img")),
        ("fat32.img", data!("fat32.img")),
    ] {
        let tree = open_file(name, &bytes);
        folder(&tree, "");
        // What was deleted is gone.
        assert_eq!(
            (tree.nodes.len(), &tree.nodes[1].not_opened),
            (6, &None),
            "{name}"
        );
        let long = tree
            .nodes
            .iter()
            .find(|node| node.number.ends_with("file.txt"));
        assert_eq!(
            long.unwrap().names,
            ["long-name-of-a-file.txt", "LONG-N~1.TXT"]
        );
    }
    ntfs(&open_file("ntfs.img", &data!("ntfs.img")), "");
    let tree = open_file("exfat.img", &data!("exfat.img"));
    assert_eq!(
        found(&tree)[1..],
        ["2/Báo cáo tháng mười một.pdf.exe: elf", "2/long.txt: text"]
    );
    assert_eq!(
        (sha(&tree.nodes[2]).as_str(), sha(&tree.nodes[3]).as_str()),
        (PROG, TEXT)
    );
    assert_eq!(
        tree.nodes[2].names,
        ["Báo cáo tháng mười một.pdf.exe", "x.scr"]
    );
}

fn ntfs(tree: &Tree, prefix: &str) {
    let node = |path: &str| {
        let number = format!("2/{prefix}{path}");
        let node = tree.nodes.iter().find(|node| node.number == number);
        node.unwrap_or_else(|| panic!("{number} in {:?}", found(tree)))
    };
    assert_eq!(sha(node("small.exe")), PROG);
    assert_eq!(sha(node("small.exe:hidden.exe")), PROG);
    assert_eq!(sha(node("dài.txt")), TEXT);
    assert_eq!(node("resident.scr").size, 300);
    assert_eq!(tree.nodes[1].not_opened, None);
}

#[test]
fn partitions_and_virtual_disks_are_opened() {
    for (name, bytes) in [
        ("mbr.img", data!("mbr.img")),
        ("dynamic.vhd", data!("dynamic.vhd")),
    ] {
        let tree = open_file(name, &bytes);
        folder(&tree, "partition 1/");
        ntfs(&tree, "partition 2/");
        assert_eq!(tree.nodes.len(), 10, "{name}");
    }
    for (name, bytes) in [
        ("fixed.vhd", data!("fixed.vhd")),
        ("disk.vhdx", data!("disk.vhdx")),
    ] {
        let tree = open_file(name, &bytes);
        folder(&tree, "");
        assert_eq!(
            (tree.nodes.len(), &tree.nodes[1].not_opened),
            (6, &None),
            "{name}"
        );
    }
    let tree = open_file("gpt.img", &data!("gpt.img"));
    folder(&tree, "partition 1/");
    let last = tree.nodes.last().unwrap();
    assert_eq!(
        (last.number.as_str(), &last.not_opened),
        ("2/partition 2", &Some(NotOpened::Unsupported))
    );
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Unsupported));
    for (name, bytes) in [
        ("a.qcow2", data!("disk.qcow2")),
        ("a.vmdk", data!("disk.vmdk")),
    ] {
        let tree = open_file(name, &bytes);
        assert_eq!(
            (tree.nodes.len(), &tree.nodes[1].not_opened),
            (2, &Some(NotOpened::Unsupported))
        );
    }
    let mut differencing = data!("dynamic.vhd");
    differencing[63] = 4;
    let footer = differencing.len() - 512;
    differencing[footer + 63] = 4;
    let tree = open_file("a.vhd", &differencing);
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Unsupported));
}

#[test]
fn a_file_whose_end_is_missing_is_damaged() {
    let bytes = data!("fat12.img");
    let tree = open_file("a.img", &bytes);
    let last = tree
        .nodes
        .iter()
        .find(|node| node.number == "2/sub/long-name-of-a-file.txt")
        .unwrap();
    assert_eq!(last.not_opened, None);
    let at = bytes
        .windows(64)
        .position(|window| window == [b'x'; 64])
        .unwrap();
    let tree = open_file("a.img", &bytes[..at + 1000]);
    let cut = tree
        .nodes
        .iter()
        .find(|node| node.number == "2/sub/long-name-of-a-file.txt")
        .unwrap();
    assert_eq!(
        (cut.size, &cut.not_opened),
        (1000, &Some(NotOpened::Damaged))
    );
}

/// A name, an image, and the places of it that are worth changing.
type Changed<'a> = (&'a str, &'a [u8], &'a [std::ops::Range<usize>]);

#[test]
fn what_is_cut_or_changed_ends_well() {
    let budget = Budget {
        bytes: 1 << 20,
        ..Budget::default()
    };
    let jr = data!("jr.iso");
    let bridge = data!("bridge.iso");
    let ntfs = data!("ntfs.img");
    let exfat = data!("exfat.img");
    let vhd = data!("dynamic.vhd");
    let vhdx = data!("disk.vhdx");
    // What is worth changing of each: where the structures stand.
    let files: &[Changed<'_>] = &[
        ("iso", &jr[..100 << 10], &[32768..40000, 45000..70000]),
        (
            "udf",
            &bridge[..700 << 10],
            &[32 * 2048..50 * 2048, 256 * 2048..280 * 2048],
        ),
        (
            "fat",
            &data!("fat12.img")[..40 << 10],
            &[0..64, 512..1100, 3000..9000],
        ),
        (
            "exfat",
            &exfat[..64 << 10],
            &[64..128, 12288..12700, 28000..29500],
        ),
        ("ntfs", &ntfs[..120 << 10], &[0..80, 16384..40000]),
        (
            "mbr",
            &data!("mbr.img")[..160 << 10],
            &[440..512, 32768..33000],
        ),
        (
            "gpt",
            &data!("gpt.img")[..128 << 10],
            &[440..600, 512..1300],
        ),
        ("vhd", &vhd[..128 << 10], &[0..64, 512..1700]),
        (
            "vhdx",
            &vhdx[..],
            &[196_608..196_700, 2_097_152..2_097_500, 3_145_728..3_145_800],
        ),
    ];
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    for (name, bytes, places) in files {
        let count = if bytes.len() > 1 << 20 { 2 } else { 8 };
        for cut in (0..count).map(|number| bytes.len() * number / count) {
            open_blob(name, &bytes[..cut], budget.clone());
        }
        for _ in 0..2 * count {
            let mut changed = bytes.to_vec();
            for _ in 0..8 {
                let place = &places[next() % places.len()];
                let at = place.start + next() % place.len();
                if let Some(byte) = changed.get_mut(at) {
                    *byte = next() as u8;
                }
            }
            let tree = open_blob(name, &changed, budget.clone());
            assert!(tree.nodes.len() < 1000, "{name}");
        }
    }
}

const PROG: &str = "d90b2d2282b9141b423fc485f9a98e1c6233cee07a005ffbc1ad516afaf5dda0";
const TEXT: &str = "c59d3c0480cc2d71d8f646e735e92da65450311eec46e81a5db8c7e6e8a92054";
const HELLO: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
