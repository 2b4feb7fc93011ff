//! Images that real tools wrote, and what hostile hands make of them.

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
        unpacked(include_bytes!(concat!("testdata/", $name, ".xz")))
    };
}

fn unpacked(xz: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    XzReader::new(xz, false).read_to_end(&mut bytes).unwrap();
    bytes
}

fn sha(node: &Node) -> String {
    node.sha256.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn print() {
    for (name, bytes) in [
        ("jr.iso", data!("jr.iso")), ("plain.iso", data!("plain.iso")), ("bridge.iso", data!("bridge.iso")), ("raw.bin", data!("raw.bin")),
        ("fat12.img", data!("fat12.img")), ("fat16.img", data!("fat16.img")), ("fat32.img", data!("fat32.img")),
        ("ntfs.img", data!("ntfs.img")), ("exfat", data!("exfat-empty.img")), ("udf", data!("udf-cdrw-201.img")), ("udf", data!("udf-cdr-150.img")),
        ("mbr.img", data!("mbr.img")),("gpt.img", data!("gpt.img")),("dynamic.vhd", data!("dynamic.vhd")),("fixed.vhd", data!("fixed.vhd")),("disk.vhdx", data!("disk.vhdx")),("disk.qcow2", data!("disk.qcow2")),("disk.vmdk", data!("disk.vmdk")),
    ] {
        println!("== {name} {}", bytes.len());
        let tree = open_file(name, &bytes);
        for node in tree.nodes.iter().skip(1) {
            println!("{} {:?} {} {} {:?} {:?} {:?}", node.number, node.kinds.iter().map(|k| k.id).collect::<Vec<_>>(), node.size, &sha(node)[..8], node.traits.iter().map(|t| t.id).collect::<Vec<_>>(), node.not_opened, node.names);
        }
    }
}
