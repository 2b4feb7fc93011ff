//! Archives that real tools wrote, and what hostile hands make of them.

use std::io::Read as _;

use lzma_rust2::XzReader;

use crate::{
    content::{
        Budget, Node, Tree,
        testing::{found, open_file, open_letter},
    },
    facts::NotOpened,
};

macro_rules! data {
    ($name:literal) => {
        include_bytes!(concat!("testdata/", $name)).as_slice()
    };
}

/// What these paths of a tree are: the attachment itself is left out.
fn members(tree: &Tree) -> Vec<String> {
    found(tree).into_iter().skip(1).collect()
}

fn unpacked(xz: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    XzReader::new(xz, false).read_to_end(&mut bytes).unwrap();
    bytes
}

fn sha(node: &Node) -> String {
    node.sha256
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn traits(tree: &Tree, index: usize) -> Vec<&'static str> {
    tree.nodes[index]
        .traits
        .iter()
        .map(|found| found.id)
        .collect()
}

#[test]
fn what_one_program_packed_is_one_file() {
    for (name, bytes) in [
        ("a.exe.gz", data!("one.gz")),
        ("a.exe.bz2", data!("two.bz2")),
        ("a.exe.xz", data!("two.xz")),
        ("a.exe.lz", data!("two.lz")),
        ("a.exe.lzma", data!("one.lzma")),
        ("a.exe.zst", data!("two.zst")),
        ("a.exe.zst", data!("skip.zst")),
        ("a.exe.lz4", data!("two.lz4")),
        ("a.exe.lz4", data!("legacy.lz4")),
        ("a.exe.lz4", data!("linked.lz4")),
        ("a.exe.Z", data!("ten.Z")),
    ] {
        let tree = open_file(name, bytes);
        let prog = &tree.nodes[2];
        assert_eq!(prog.not_opened, None, "{name}");
        assert_eq!(sha(prog), PROG, "{name}");
        assert!(prog.names.contains(&"a.exe".to_owned()), "{name}");
        assert_eq!(members(&tree).len(), 1);
        assert!(members(&tree)[0].ends_with(": elf"));
    }
}

#[test]
fn print() {
    for (name, bytes) in [
        ("two.gz", data!("two.gz")),
        ("words.Z", data!("words.Z")),
        ("zeros.Z", data!("zeros.Z")),
        ("window.zst", data!("window.zst")),
        ("dictionary.xz", data!("dictionary.xz")),
        ("dictionary.lzma", data!("dictionary.lzma")),
        ("v7.tar.xz", data!("v7.tar.xz")),
        ("ustar", data!("ustar.tar.xz")),
        ("gnu", data!("gnu.tar.xz")),
        ("oldgnu", data!("oldgnu.tar.xz")),
        ("posix", data!("posix.tar.xz")),
        ("sparse-gnu", data!("sparse-gnu.tar.xz")),
        ("sparse-posix", data!("sparse-posix.tar.xz")),
        ("sparse-01", data!("sparse-01.tar.xz")),
        ("two", data!("two.tar.xz")),
        ("dotdot", data!("dotdot.tar.xz")),
        ("bin", data!("bin.cpio.xz")),
        ("odc", data!("odc.cpio.xz")),
        ("newc", data!("newc.cpio.xz")),
        ("crc", data!("crc.cpio.xz")),
        ("hpbin", data!("hpbin.cpio.xz")),
        ("two", data!("two.cpio.xz")),
        ("gnua", data!("gnu.a.xz")),
        ("bsda", data!("bsd.a.xz")),
        ("deb", data!("package.deb")),
        ("uue", data!("two.uue")),
    ] {
        println!("== {name}");
        let tree = open_file(name, bytes);
        for (i, node) in tree.nodes.iter().enumerate().skip(1) {
            println!(
                "{} {:?} {} {:?} {:?} {:?}",
                node.number,
                node.kinds.iter().map(|k| k.id).collect::<Vec<_>>(),
                node.size,
                &sha(node)[..8],
                traits(&tree, i),
                node.not_opened
            );
        }
    }
}

const PROG: &str = "d90b2d2282b9141b423fc485f9a98e1c6233cee07a005ffbc1ad516afaf5dda0";
