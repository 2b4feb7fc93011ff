//! Archives that real tools wrote, and what hostile hands make of them.

use std::io::Read as _;

use lzma_rust2::XzReader;

use crate::{
    content::{
        Budget, Node, Tree,
        testing::{found, open_blob, open_file, open_letter},
    },
    facts::{FileRole, NotOpened},
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
fn a_table_of_codes_is_read_at_every_width_and_cleared() {
    let words = open_file("words.Z", data!("words.Z"));
    assert_eq!(sha(&words.nodes[2]), WORDS);
    let zeros = open_file("zeros.z", data!("zeros.Z"));
    assert_eq!(
        (sha(&zeros.nodes[2]).as_str(), zeros.nodes[2].size),
        (ZEROS, 700_000)
    );
}

#[test]
fn both_names_of_a_packed_file_are_told() {
    let tree = open_file("bao-cao.pdf.gz", data!("one.gz"));
    assert_eq!(tree.nodes[2].names, ["prog", "bao-cao.pdf"]);
    let tree = open_file("ho-so.tgz", &[data!("one.gz"), b"\0\0\0"].concat());
    assert_eq!(tree.nodes[2].names, ["prog", "ho-so.tar"]);
    assert!(tree.nodes[1].traits.is_empty());
    // What is no gzip behind it is told, and does no harm.
    let tree = open_file("a.gz", &[data!("one.gz"), b"garbage"].concat());
    assert_eq!(
        (traits(&tree, 1), sha(&tree.nodes[2])),
        (vec!["trailing-data"], PROG.to_owned())
    );
    assert_eq!(tree.nodes[1].not_opened, None);
    // Several members are one file.
    assert_eq!(open_file("a.gz", data!("two.gz")).nodes[2].size, 584);
}

#[test]
fn a_dictionary_that_is_too_large_is_refused_and_one_that_fits_is_not() {
    for (name, bytes) in [
        ("a.zst", data!("window.zst")),
        ("a.xz", data!("dictionary.xz")),
        ("a.lzma", data!("dictionary.lzma")),
    ] {
        let tree = open_file(name, bytes);
        assert!(
            matches!(
                tree.nodes[1].not_opened,
                Some(NotOpened::Budget { which: "memory", seen, limit }) if seen > limit
            ),
            "{name}"
        );
        assert_eq!(tree.nodes.len(), 2, "{name}");
        let budget = Budget {
            memory: 4 << 30,
            ..Budget::default()
        };
        let tree = open_letter("", &[(name, bytes)], budget);
        assert_eq!(tree.nodes[2].size, 3_000_580, "{name}");
        assert_eq!(tree.nodes[2].not_opened, None, "{name}");
    }
}

#[test]
fn every_form_of_tar_is_read() {
    let long = format!("{}.exe", "n".repeat(120));
    for (form, bytes) in [
        ("v7", data!("v7.tar.xz")),
        ("ustar", data!("ustar.tar.xz")),
        ("gnu", data!("gnu.tar.xz")),
        ("oldgnu", data!("oldgnu.tar.xz")),
        ("posix", data!("posix.tar.xz")),
    ] {
        let tree = open_file("a.tar", &unpacked(bytes));
        let mut wanted = vec![
            "2/d/a.txt: text".to_owned(),
            "2/d/hard: elf".into(),
            "2/d/link: ".into(),
        ];
        // Neither old form has room for such a name: tar left it out.
        if !matches!(form, "v7" | "ustar") {
            wanted.push(format!("2/d/{long}: elf"));
        }
        wanted.push("2/d/prog: ".into());
        assert_eq!(members(&tree), wanted, "{form}");
        assert_eq!(tree.nodes[1].not_opened, None);
        let link = tree
            .nodes
            .iter()
            .position(|node| node.number == "2/d/link")
            .unwrap();
        assert_eq!(traits(&tree, link), ["link", "path-escape"]);
        let last = tree.nodes.len() - 1;
        assert_eq!(traits(&tree, last), ["link"]);
        assert_eq!(sha(&tree.nodes[3]), PROG);
    }
    let tree = open_file("a.tar", &unpacked(data!("dotdot.tar.xz")));
    assert_eq!(traits(&tree, 2), ["path-escape"]);
}

#[test]
fn a_sparse_file_is_what_it_is_when_unpacked() {
    for bytes in [
        data!("sparse-gnu.tar.xz"),
        data!("sparse-01.tar.xz"),
        data!("sparse-posix.tar.xz"),
    ] {
        let tree = open_file("a.tar.xz", bytes);
        let file = &tree.nodes[3];
        assert_eq!(
            (file.number.as_str(), file.size, sha(file).as_str()),
            ("2/a.tar/sp", 120_000, SPARSE)
        );
    }
}

#[test]
fn what_stands_behind_the_end_of_a_tar_is_hidden_and_found() {
    let whole = unpacked(data!("two.tar.xz"));
    let tree = open_file("a.tar", &whole);
    assert_eq!(members(&tree), ["2/d/a.txt: text", "2/prog: elf"]);
    assert_eq!(
        (traits(&tree, 2), traits(&tree, 3)),
        (vec![], vec!["hidden-member"])
    );
    assert_eq!(traits(&tree, 1), ["hidden-member"]);
    let tree = open_file("a.tar", &whole[..10240]);
    assert!(traits(&tree, 1).is_empty());
    // A header that is wrong, and a right one behind it.
    let mut broken = whole.clone();
    broken[0] ^= 1;
    let tree = open_file("a.tar", &broken);
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Damaged));
    assert_eq!(members(&tree), ["2/prog: elf"]);
    let mut broken = unpacked(data!("ustar.tar.xz"));
    broken[512 + 30] ^= 1;
    let tree = open_file("a.tar", &broken);
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Damaged));
    assert!(members(&tree).contains(&"2/d/hard: elf".to_owned()));
    let tree = open_file("a.tar", &[&whole[..10240], &b"junk".repeat(300)].concat());
    assert_eq!(traits(&tree, 1), ["trailing-data"]);
}

/// A header as tar writes it.
fn header(name: &str, kind: u8, size: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..124 + size.len()].copy_from_slice(size);
    block[156] = kind;
    block[257..263].copy_from_slice(b"ustar\0");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

#[test]
fn two_sizes_are_two_readings() {
    let mut program = b"\x7fELF\x02\x01\x01".to_vec();
    program.resize(512, 0);
    let pax = |size: &str| {
        let record = format!("{} size={size}\n", size.len() + 9);
        let mut block = record.clone().into_bytes();
        block.resize(512, 0);
        [
            header("x", b'x', format!("{:011o}\0", record.len()).as_bytes()),
            block,
        ]
        .concat()
    };
    // By the header it is a program, by the record it is empty: as tar-smuggling does.
    let file = header("a.txt", b'0', b"00000001000\0");
    let tree = open_file(
        "a.tar",
        &[pax("0"), file.clone(), program.clone(), vec![0; 1024]].concat(),
    );
    assert_eq!(members(&tree), ["2/a.txt: elf", "2/a.txt: "]);
    assert!(traits(&tree, 1).contains(&"lying-header"));
    let tree = open_file(
        "a.tar",
        &[pax("512"), file, program.clone(), vec![0; 1024]].concat(),
    );
    assert_eq!(members(&tree), ["2/a.txt: elf"]);
    assert!(traits(&tree, 1).is_empty());
    // Base 256, the same name twice, and a size that no disk has.
    let file = header("A.exe", b'0', b"\x80\0\0\0\0\0\0\0\0\0\x02\0");
    let again = header("a.exe", b'0', b"\x80\0\0\0\xff\xff\0\0\0\0\x02\0");
    let tree = open_file("a.tar", &[file, program.clone(), again, program].concat());
    assert_eq!(members(&tree), ["2/A.exe: elf", "2/a.exe: elf"]);
    assert_eq!(traits(&tree, 3), ["duplicate-name"]);
    assert_eq!(tree.nodes[3].not_opened, Some(NotOpened::Damaged));
}

#[test]
fn every_form_of_cpio_is_read() {
    let forms = [
        data!("bin.cpio.xz"),
        data!("odc.cpio.xz"),
        data!("newc.cpio.xz"),
        data!("crc.cpio.xz"),
        data!("hpbin.cpio.xz"),
    ];
    for (number, bytes) in forms.into_iter().enumerate() {
        let tree = open_file("a.cpio", &unpacked(bytes));
        assert_eq!(tree.nodes[1].not_opened, None, "{number}");
        assert_eq!(tree.nodes.len(), 7, "{number}");
        let prog = tree
            .nodes
            .iter()
            .find(|node| node.number == "2/prog")
            .unwrap();
        assert_eq!(sha(prog), PROG);
        let link = tree
            .nodes
            .iter()
            .position(|node| node.number == "2/link")
            .unwrap();
        assert_eq!(traits(&tree, link), ["link"]);
    }
    // The other byte order: every number is swapped, names and content stay.
    let mut bytes = unpacked(data!("bin.cpio.xz"));
    let mut at = 0;
    loop {
        let short = |bytes: &[u8], at| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let (name, size) = (short(&bytes, at + 20), short(&bytes, at + 24));
        let end = bytes[at + 26..].starts_with(b"TRAILER!!!");
        bytes[at..at + 26]
            .chunks_exact_mut(2)
            .for_each(|pair| pair.swap(0, 1));
        if end {
            break;
        }
        at += 26 + name.next_multiple_of(2) + size.next_multiple_of(2);
    }
    let tree = open_file("a.cpio", &bytes);
    assert_eq!((tree.nodes.len(), &tree.nodes[1].not_opened), (7, &None));
    let tree = open_file("a.cpio", &unpacked(data!("two.cpio.xz")));
    assert_eq!(members(&tree), ["2/a.txt: text", "2/prog: elf"]);
    assert_eq!(
        (traits(&tree, 2), traits(&tree, 3)),
        (vec![], vec!["hidden-member"])
    );
}

#[test]
fn libraries_and_packages_are_opened() {
    let long = format!("2/{}.exe: elf", "n".repeat(120));
    let tree = open_file("a.a", &unpacked(data!("gnu.a.xz")));
    assert_eq!(members(&tree), ["2/prog: elf", &long, "2/a.txt: text"]);
    let tree = open_file("a.a", &unpacked(data!("bsd.a.xz")));
    assert_eq!(members(&tree), ["2/prog: elf", &long]);
    let tree = open_file("a.deb", data!("package.deb"));
    let names: Vec<&str> = tree.nodes[2..]
        .iter()
        .map(|node| node.number.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "2/debian-binary",
            "2/control.tar.xz",
            "2/control.tar.xz/control.tar",
            "2/control.tar.xz/control.tar/./control",
            "2/data.tar.xz",
            "2/data.tar.xz/data.tar",
            "2/data.tar.xz/data.tar/./usr/bin/prog",
        ]
    );
    assert_eq!(sha(tree.nodes.last().unwrap()), PROG);
    assert!(tree.nodes[1..].iter().all(|node| node.not_opened.is_none()));
    let tree = open_file("a.rpm", b"\xed\xab\xee\xdb\x03\0\0\0\0\x01");
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Unsupported));
}

#[test]
fn encoded_files_in_a_text_are_decoded() {
    let tree = open_file("a.uue", data!("two.uue"));
    assert_eq!(members(&tree), ["2/x y.exe: elf", "2/a.txt: text"]);
    assert_eq!(sha(&tree.nodes[2]), PROG);
    assert_eq!((tree.nodes[3].size, &tree.nodes[1].not_opened), (6, &None));
    let tree = open_file("a.uue", &data!("two.uue")[..300]);
    assert_eq!(tree.nodes[2].not_opened, Some(NotOpened::Damaged));
    for text in [
        "begin 644 times\nhello\n",
        "they begin 644 a\nM\n",
        "xx\nbegin 64 a\nM\n",
    ] {
        assert_eq!(
            members(&open_file("a.txt", text.as_bytes())),
            [""; 0],
            "{text}"
        );
    }
    for (name, text, kind) in [
        (
            "a.ync",
            "=ybegin line=128 size=5 name=a.exe\r\n\u{80}\r\n",
            "yenc",
        ),
        (
            "a.hqx",
            "(This file must be converted with BinHex 4.0)\r\n\r\n:x:\r\n",
            "binhex",
        ),
    ] {
        let tree = open_file(name, text.as_bytes());
        assert_eq!(tree.nodes[1].kinds[0].id, kind);
        assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Unsupported));
    }
}

#[test]
fn encoded_files_in_a_letter_are_found() {
    let coded = std::str::from_utf8(data!("two.uue")).unwrap();
    let of = |text: &str| {
        let tree = open_letter(text, &[], Budget::default());
        let nodes = tree.nodes.iter();
        nodes.map(|node| node.number.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        of(&format!("Gui anh\n{coded}")),
        ["1", "1/x y.exe", "1/a.txt"]
    );
    assert_eq!(of("We begin 644 setup.exe\n#35J0\n"), ["1"]);
    assert_eq!(of("=ybegin line=128 size=5 name=a.exe\nx\n"), ["1"]);
    let tree = open_letter(coded, &[], Budget::default());
    assert_eq!(sha(&tree.nodes[1]), PROG);
    assert_eq!(
        (tree.nodes[1].parent, tree.nodes[0].role),
        (Some(0), FileRole::Text)
    );
}

#[test]
fn what_is_cut_or_changed_ends_well() {
    let tar = unpacked(data!("posix.tar.xz"));
    let sparse = unpacked(data!("sparse-gnu.tar.xz"));
    let newc = unpacked(data!("newc.cpio.xz"));
    let old = unpacked(data!("bin.cpio.xz"));
    let ar = unpacked(data!("gnu.a.xz"));
    let files: &[(&str, &[u8])] = &[
        ("gz", data!("one.gz")),
        ("bz2", data!("two.bz2")),
        ("xz", data!("two.xz")),
        ("lz", data!("two.lz")),
        ("lzma", data!("one.lzma")),
        ("zst", data!("skip.zst")),
        ("lz4", data!("linked.lz4")),
        ("lz4", data!("legacy.lz4")),
        ("z", data!("ten.Z")),
        ("tar", &tar[..8192]),
        ("tar", &sparse[..2560]),
        ("cpio", &newc),
        ("cpio", &old),
        ("a", &ar),
        ("uue", data!("two.uue")),
    ];
    let budget = Budget {
        bytes: 1 << 20,
        ..Budget::default()
    };
    let mut state = 1_u32;
    for (name, bytes) in files {
        for cut in (0..bytes.len()).step_by(1 + bytes.len() / 60) {
            open_blob(name, &bytes[..cut], budget.clone());
        }
        for _ in 0..120 {
            let mut changed = bytes.to_vec();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = state as usize % changed.len().min(1200);
                changed[at] = (state >> 24) as u8;
            }
            let tree = open_blob(name, &changed, budget.clone());
            assert!(tree.nodes.len() < 100);
        }
    }
}

const WORDS: &str = "2b8798caf97d6a51ae46fe0359c37907562f737fae9c07fcbb8bffa05124bca5";
const ZEROS: &str = "a77d6d522c7782b77a07b925109d18dad0141e34eda7ab260f1dd86e058e6bcc";
const SPARSE: &str = "10326d68ca4cc68c3ae2542153995b3ced4f7f2f85074247eee074608ee61a6b";
const PROG: &str = "d90b2d2282b9141b423fc485f9a98e1c6233cee07a005ffbc1ad516afaf5dda0";
