//! RAR archives put together by hand: nothing here can make them. (What `rars` unpacks was tried on
//! archives that WinRAR made; they are not ours to keep here.)

use super::super::{
    fields::crc32,
    hostile::{program, survives, traits},
};
use crate::{
    content::{
        Budget,
        testing::{found, open_file, open_letter},
    },
    facts::{Fact, NotOpened},
};

const ELF: &[u8] = b"\x7fELF\x02\x01\x01 program";

/// A header of RAR 4: kind, flags, what stands in it, data behind it.
fn four(kind: u8, flags: u16, fields: &[u8], data: &[u8]) -> Vec<u8> {
    let mut header = vec![kind];
    header.extend(flags.to_le_bytes());
    header.extend((7 + fields.len() as u16).to_le_bytes());
    header.extend(fields);
    let sum = crc32(&header) as u16;
    [&sum.to_le_bytes(), header.as_slice(), data].concat()
}

/// A file of RAR 4, method 0x30 (stored).
fn file_4(name: &[u8], flags: u16, method: u8, data: &[u8]) -> Vec<u8> {
    let size = (data.len() as u32).to_le_bytes();
    let mut fields = [size, size].concat();
    fields.push(2);
    fields.extend(crc32(data).to_le_bytes());
    fields.extend([0, 0, 0, 0, 29, method]);
    fields.extend((name.len() as u16).to_le_bytes());
    fields.extend(0x20_u32.to_le_bytes());
    fields.extend(name);
    if flags & 0x0400 != 0 {
        fields.extend([1, 2, 3, 4, 5, 6, 7, 8]);
    }
    four(0x74, 0x8000 | flags, &fields, data)
}

fn archive_4(flags: u16, files: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = super::headers::SIGN_4.to_vec();
    bytes.extend(four(0x73, flags, &[0; 6], b""));
    bytes.extend(files.concat());
    bytes.extend(four(0x7b, 0x4000, b"", b""));
    bytes
}

fn vint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A header of RAR 5: kind, flags, fields, extra area, data behind it.
fn five(kind: u64, flags: u64, fields: &[u8], extra: &[u8], data: &[u8]) -> Vec<u8> {
    let mut flags = flags;
    let mut sizes = Vec::new();
    if !extra.is_empty() {
        flags |= 1;
        sizes.extend(vint(extra.len() as u64));
    }
    if !data.is_empty() {
        flags |= 2;
        sizes.extend(vint(data.len() as u64));
    }
    let body = [&vint(kind), &vint(flags), sizes.as_slice(), fields, extra].concat();
    let body = [vint(body.len() as u64), body].concat();
    [&crc32(&body).to_le_bytes(), body.as_slice(), data].concat()
}

fn fields_5(name: &str, size: u64, method: u64, data: &[u8]) -> Vec<u8> {
    [
        &vint(4),
        &vint(size),
        &vint(0x20),
        crc32(data).to_le_bytes().as_slice(),
        &vint(method),
        &vint(0),
        &vint(name.len() as u64),
        name.as_bytes(),
    ]
    .concat()
}

fn file_5(name: &str, flags: u64, extra: &[u8], data: &[u8]) -> Vec<u8> {
    let fields = fields_5(name, data.len() as u64, 0, data);
    five(2, flags, &fields, extra, data)
}

fn archive_5(flags: u64, files: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = super::headers::SIGN_5.to_vec();
    bytes.extend(five(1, 0, &vint(flags), b"", b""));
    bytes.extend(files.concat());
    bytes.extend(five(5, 0, &vint(0), b"", b""));
    bytes
}

#[test]
fn what_is_stored_is_found_in_both_formats() {
    let four = archive_4(
        0,
        &[
            file_4(b"bao-cao.txt", 0, 0x30, b"plain text"),
            file_4(b"muc\\tinh.bin", 0, 0x30, ELF),
        ],
    );
    let five = archive_5(
        0,
        &[
            file_5("bao-cao.txt", 0, b"", b"plain text"),
            file_5("muc/tinh.bin", 0, b"", ELF),
        ],
    );
    for bytes in [four, five] {
        let tree = open_file("a.rar", &bytes);
        let wanted = ["2: rar", "2/bao-cao.txt: text", "2/muc/tinh.bin: elf"];
        assert_eq!(found(&tree), wanted);
        assert!(tree.nodes.iter().all(|node| node.not_opened.is_none()));
        assert_eq!(tree.nodes[1].encrypted, Fact::Known(false));
        assert_eq!(traits(&tree.nodes[1]), [""; 0]);
        // Behind a program it is found too; a sign alone is nothing.
        let mut lonely = program(3000);
        lonely.extend(b"Rar!\x1a\x07\0 and Rar!\x1a\x07\x01\0, that is all");
        lonely.resize(4000, 1);
        assert_eq!(found(&open_file("a.exe", &lonely)), ["2: pe"]);
        let tree = open_file("a.exe", &[lonely, bytes].concat());
        assert_eq!(found(&tree), ["2: pe rar", wanted[1], wanted[2]]);
        assert_eq!(traits(&tree.nodes[1]), ["self-extracting"]);
    }
}

#[test]
fn a_name_in_unicode_is_read_and_so_is_the_other() {
    // The packed form: a high byte, then two bits for each of four letters; 1 = with that byte.
    let name = b"ti?ng.exe\0\x1e\x04ti\xbfn\0g.ex\0e";
    let bytes = archive_4(0, &[file_4(name, 0x0200, 0x30, ELF)]);
    let tree = open_file("a.rar", &bytes);
    assert_eq!(tree.nodes[2].names, ["tiếng.exe"]);
    let tree = open_file(
        "a.rar",
        &archive_5(0, &[file_5("chương trình.exe", 0, b"", ELF)]),
    );
    assert_eq!(found(&tree)[1], "2/chương trình.exe: elf");
}

#[test]
fn encrypted_files_and_headers_are_told() {
    // RAR 5: encryption record: version, flags, rounds, salt, vector.
    let record = [&[1, 0, 0, 1][..], &[7; 32]].concat();
    let record = [vint(record.len() as u64), record].concat();
    let files = [
        file_5("a.txt", 0, b"", b"plain text"),
        file_5("b.exe", 0, &record, &[9; 32]),
    ];
    let five = archive_5(0, &files);
    let four = archive_4(
        0,
        &[
            file_4(b"a.txt", 0, 0x30, b"plain text"),
            file_4(b"b.exe", 0x0404, 0x33, &[9; 32]),
        ],
    );
    let short = || Budget {
        time: std::time::Duration::from_secs(8),
        ..Budget::default()
    };
    for (bytes, cipher) in [(five, "aes-256"), (four, "aes-128")] {
        let tree = open_letter("", &[("a.rar", &bytes)], short());
        assert_eq!(found(&tree), ["2: rar", "2/a.txt: text", "2/b.exe: "]);
        let facts = |at: usize| (tree.nodes[at].encrypted.clone(), tree.nodes[at].cipher);
        assert_eq!(facts(1), (Fact::Known(true), Some(cipher)));
        assert_eq!(facts(2), (Fact::Known(false), None));
        assert_eq!(facts(3), (Fact::Known(true), Some(cipher)));
        assert_eq!(tree.nodes[3].not_opened, Some(NotOpened::Encrypted));
    }
    let mut five = super::headers::SIGN_5.to_vec();
    let fields = [&[0, 0, 1][..], &[7; 16]].concat();
    five.extend(super::tests::five(4, 0, &fields, b"", b""));
    five.extend([9; 200]);
    let mut four = super::headers::SIGN_4.to_vec();
    four.extend(super::tests::four(0x73, 0x80, &[0; 6], b""));
    four.extend([9; 200]);
    for (bytes, cipher) in [(five, "aes-256"), (four, "aes-128")] {
        let tree = open_letter("", &[("a.rar", &bytes)], short());
        assert_eq!(found(&tree), ["2: rar"]);
        assert_eq!(tree.nodes[1].encrypted, Fact::Known(true));
        assert_eq!(tree.nodes[1].cipher, Some(cipher));
        assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Encrypted));
    }
}

#[test]
fn volumes_links_paths_and_streams_are_told() {
    let record = |kind: u8, bytes: &[u8]| {
        let mut record = vint(bytes.len() as u64 + 1);
        record.push(kind);
        record.extend(bytes);
        record
    };
    let redirection = record(5, b"\x01\0\x09/etc/host");
    let stream = record(7, b":..\\..\\Startup\\a.b");
    let origin = record(7, b":Zone.Identifier");
    let service = |extra: &[u8], data: &[u8]| {
        five(
            3,
            0,
            &fields_5("STM", data.len() as u64, 0, data),
            extra,
            data,
        )
    };
    let files = [
        file_5("lien-ket", 0, &redirection, b""),
        file_5("../../a.txt", 0, b"", b"plain text"),
        service(&stream, ELF),
        service(&origin, b"[ZoneTransfer]"),
        file_5("dai.exe", 0x10, b"", ELF),
    ];
    let tree = open_file("a.part1.rar", &archive_5(1, &files));
    let wanted = [
        "2: rar",
        "2/lien-ket: ",
        "2/../../a.txt: text",
        "2/../../a.txt:..\\..\\Startup\\a.b: elf",
        "2/dai.exe: elf",
    ];
    let mut lines = found(&tree);
    lines.sort();
    let mut sorted = wanted.to_vec();
    sorted.sort_unstable();
    assert_eq!(lines, sorted);
    let of = |end: &str| {
        tree.nodes
            .iter()
            .find(|node| node.number.ends_with(end))
            .unwrap()
    };
    assert_eq!(traits(&tree.nodes[1]), ["volume"]);
    assert_eq!(traits(of("lien-ket")), ["link"]);
    assert_eq!(traits(of("/a.txt")), ["path-escape"]);
    assert_eq!(traits(of("a.b")), ["hidden-member", "path-escape"]);
    assert_eq!(of("dai.exe").not_opened, Some(NotOpened::Unsupported));
}

#[test]
fn what_cannot_be_unpacked_leaves_its_name() {
    // Rubbish where packed data should be; a dictionary of 4 GiB; an archive that is cut.
    let rubbish = archive_4(0, &[file_4(b"a.exe", 0, 0x33, &[0xa5; 40])]);
    let tree = open_file("a.rar", &rubbish);
    assert_eq!(found(&tree)[1], "2/a.exe: ");
    assert_eq!(tree.nodes[2].not_opened, Some(NotOpened::Damaged));
    let method = 3 << 7 | 15 << 10;
    let fields = fields_5("a.exe", 1 << 32, method, b"");
    let huge = archive_5(0, &[five(2, 0, &fields, b"", &[0xa5; 40])]);
    let tree = open_file("a.rar", &huge);
    assert!(matches!(
        tree.nodes[2].not_opened,
        Some(NotOpened::Budget {
            which: "memory",
            ..
        })
    ));
    let whole = archive_5(0, &[file_5("a.bin", 0, b"", &[ELF, &[0; 500]].concat())]);
    let tree = open_file("a.rar", &whole[..200]);
    assert_eq!(found(&tree), ["2: rar", "2/a.bin: elf"]);
    assert_eq!(tree.nodes[2].not_opened, Some(NotOpened::Damaged));
}

#[test]
fn damage_does_no_harm() {
    let packed = file_4(b"b.txt", 0, 0x33, &[0x2d; 30]);
    let four = archive_4(0, &[file_4(b"a.bin", 0, 0x30, ELF), packed]);
    survives("a.rar", &four);
    let packed = five(2, 0, &fields_5("b.txt", 90, 3 << 7, b""), b"", &[0x2d; 30]);
    survives(
        "a.rar",
        &archive_5(0, &[file_5("a.bin", 0, b"", ELF), packed]),
    );
}
