//! Archives that lie, that are broken, and that are too much.

use std::time::{Duration, Instant};

use super::{ENCRYPTED, PLAIN, archive, is_clean, traits};
use crate::{
    content::{
        Budget, Tree,
        testing::{found, open_file, open_letter, thorough},
    },
    facts::NotOpened,
};

/// A stored member, as its two headers say it.
#[derive(Clone)]
struct Stored<'s> {
    local: &'s [u8],
    /// None: no directory lists it.
    central: Option<&'s [u8]>,
    data: &'s [u8],
    /// Sizes and methods that the headers state.
    local_size: usize,
    central_size: usize,
    local_method: u16,
    central_method: u16,
    extra: Vec<u8>,
}

impl<'s> Stored<'s> {
    fn new(name: &'s [u8], data: &'s [u8]) -> Self {
        Self {
            local: name,
            central: Some(name),
            data,
            local_size: data.len(),
            central_size: data.len(),
            local_method: 0,
            central_method: 0,
            extra: Vec::new(),
        }
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn zip(members: &[Stored<'_>], comment: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    let mut listed = 0_u16;
    for member in members {
        let at = bytes.len() as u32;
        let fields = |method: u16, size: usize, name: &[u8]| {
            let mut fields = vec![20, 0, 0, 0];
            fields.extend(method.to_le_bytes());
            fields.extend([0; 4]);
            fields.extend(crc(member.data).to_le_bytes());
            fields.extend((size as u32).to_le_bytes());
            fields.extend((size as u32).to_le_bytes());
            fields.extend((name.len() as u16).to_le_bytes());
            fields.extend((member.extra.len() as u16).to_le_bytes());
            fields
        };
        bytes.extend(b"PK\x03\x04");
        bytes.extend(fields(member.local_method, member.local_size, member.local));
        bytes.extend(member.local);
        bytes.extend(&member.extra);
        bytes.extend(member.data);
        if let Some(name) = member.central {
            directory.extend(b"PK\x01\x02\x14\x00");
            directory.extend(fields(member.central_method, member.central_size, name));
            directory.extend([0; 10]);
            directory.extend(at.to_le_bytes());
            directory.extend(name);
            directory.extend(&member.extra);
            listed += 1;
        }
    }
    let at = bytes.len() as u32;
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(listed.to_le_bytes());
    bytes.extend(listed.to_le_bytes());
    bytes.extend((directory.len() as u32).to_le_bytes());
    bytes.extend(at.to_le_bytes());
    bytes.extend((comment.len() as u16).to_le_bytes());
    bytes.extend(comment);
    bytes
}

const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0program";

fn last(tree: &Tree) -> (Vec<String>, Vec<&'static str>) {
    let node = tree.nodes.last().unwrap();
    (node.names.clone(), traits(node))
}

#[test]
fn a_plain_archive_is_not_signed() {
    let members = [
        Stored::new(b"thu/", b""),
        Stored::new(b"thu/a.txt", b"xin chao"),
        Stored::new(b"thu/b.bin", ELF),
    ];
    let tree = open_file("a.zip", &zip(&members, b"ghi chu"));
    assert_eq!(
        found(&tree),
        ["2: zip", "2/thu/a.txt: text", "2/thu/b.bin: elf"]
    );
    assert!(is_clean(&tree));
    assert!(is_clean(&open_file("a.zip", &zip(&[], b""))));
    // An archive in an archive, stored: its own end record is near the end too.
    let inner = zip(&members, b"");
    let outer = zip(
        &[Stored::new(b"b.zip", &inner), Stored::new(b"c.txt", b"c")],
        b"",
    );
    let tree = open_file("a.zip", &outer);
    assert!(is_clean(&tree), "{:?}", found(&tree));
    assert_eq!(tree.nodes.len(), 2 + 4);
}

#[test]
fn a_member_that_no_directory_lists_is_found() {
    let hidden = Stored {
        central: None,
        ..Stored::new(b"run.exe", ELF)
    };
    let tree = open_file("a.zip", &zip(&[Stored::new(b"a.txt", b"a"), hidden], b""));
    assert_eq!(last(&tree), (vec!["run.exe".into()], vec!["hidden-member"]));
    assert_eq!(found(&tree).last().unwrap(), "2/run.exe: elf");
}

#[test]
fn both_names_are_readings_and_both_contents_are_opened() {
    let named = Stored {
        central: Some(b"a.txt"),
        ..Stored::new(b"a.exe", ELF)
    };
    let tree = open_file("a.zip", &zip(&[named], b""));
    let both = vec!["a.txt".to_owned(), "a.exe".to_owned()];
    assert_eq!(last(&tree), (both, vec!["lying-header"]));
    assert_eq!(tree.nodes.len(), 3);
    // The directory says that the member is one byte; its local header, that it is a program.
    let short = Stored {
        central_size: 1,
        ..Stored::new(b"a", ELF)
    };
    let tree = open_file("a.zip", &zip(&[short], b""));
    assert_eq!(found(&tree)[2..], ["2/a: elf"]);
    assert!(
        tree.nodes[2..]
            .iter()
            .all(|node| traits(node).contains(&"lying-header"))
    );
    // One says stored, the other deflated.
    let method = Stored {
        central_method: 8,
        ..Stored::new(b"a", ELF)
    };
    let tree = open_file("a.zip", &zip(&[method], b""));
    assert!(found(&tree).contains(&"2/a: elf".to_owned()));
}

#[test]
fn an_archive_in_the_comment_is_found_beside_the_one_that_holds_it() {
    let inner = zip(&[Stored::new(b"a.txt", b"a")], b"");
    let outer = zip(&[Stored::new(b"run", ELF)], &inner);
    let tree = open_file("a.zip", &outer);
    let elf = tree
        .nodes
        .iter()
        .find(|node| node.names == ["run"])
        .unwrap();
    assert_eq!(traits(elf), ["hidden-member"]);
    assert!(tree.nodes.iter().any(|node| node.names == ["a.txt"]));
}

#[test]
fn names_that_programs_read_differently_have_all_their_readings() {
    let nul = zip(&[Stored::new(b"a.exe\0.txt", ELF)], b"");
    let names = vec!["a.exe".to_owned(), "a.exe_.txt".to_owned()];
    assert_eq!(
        last(&open_file("a.zip", &nul)),
        (names, vec!["lying-header"])
    );
    let mut extra = b"\x75\x70\x0a\x00\x01".to_vec();
    extra.extend(crc(b"a.txt").to_le_bytes());
    extra.extend(b"a.exe");
    let unicode = Stored {
        extra: extra.clone(),
        ..Stored::new(b"a.txt", ELF)
    };
    let names = vec!["a.exe".to_owned(), "a.txt".to_owned()];
    let tree = open_file("a.zip", &zip(&[unicode], b""));
    assert_eq!(last(&tree), (names, vec!["lying-header"]));
    // The field of another name counts for nothing.
    let other = Stored {
        extra,
        ..Stored::new(b"b.txt", ELF)
    };
    let tree = open_file("a.zip", &zip(&[other], b""));
    assert_eq!(last(&tree), (vec!["b.txt".into()], vec![]));
    let old = zip(&[Stored::new(b"b\xa0o.exe", ELF)], b"");
    assert!(
        last(&open_file("a.zip", &old))
            .0
            .contains(&"báo.exe".to_owned())
    );
}

#[test]
fn paths_that_lead_out_and_names_that_come_twice_are_signed() {
    for path in ["../a", "x/../../a", "..\\a", "/a", "\\\\server\\a", "C:\\a"] {
        let tree = open_file("a.zip", &zip(&[Stored::new(path.as_bytes(), ELF)], b""));
        assert_eq!(last(&tree).1, ["path-escape"], "{path}");
    }
    for path in ["a..b/c", "...", "x/y", "x\\y"] {
        let tree = open_file("a.zip", &zip(&[Stored::new(path.as_bytes(), ELF)], b""));
        assert!(is_clean(&tree), "{path}");
    }
    let twice = [Stored::new(b"a", b"a"), Stored::new(b"a", ELF)];
    let tree = open_file("a.zip", &zip(&twice, b""));
    assert_eq!(last(&tree).1, ["duplicate-name"]);
    assert!(tree.nodes[2].traits.is_empty());
    // A folder that has data is a member.
    let tree = open_file("a.zip", &zip(&[Stored::new(b"a.exe/", ELF)], b""));
    assert_eq!(last(&tree).0, ["a.exe"]);
    let long = vec![b'x'; 0xffff];
    let tree = open_file("a.zip", &zip(&[Stored::new(&long, ELF)], b""));
    assert_eq!(found(&tree).len(), 2);
    assert!(is_clean(&tree));
}

#[test]
fn a_wrong_checksum_is_damage_and_the_content_is_judged() {
    for (name, bytes) in PLAIN.iter().take(2) {
        let mut bytes = bytes.to_vec();
        for sign in [b"PK\x01\x02", b"PK\x03\x04"] {
            let at = memchr::memmem::rfind(&bytes, sign).unwrap();
            let crc = if sign[2] == 1 { 16 } else { 14 };
            bytes[at + crc] ^= 1;
        }
        let tree = open_file("a.zip", &bytes);
        assert_eq!(found(&tree)[2], "2/run.exe: pe", "{name}");
        assert_eq!(tree.nodes[3].not_opened, Some(NotOpened::Damaged), "{name}");
        assert_eq!(tree.nodes[2].not_opened, None, "{name}");
    }
    let unknown = Stored {
        local_method: 1,
        central_method: 1,
        ..Stored::new(b"a", ELF)
    };
    let tree = open_file("a.zip", &zip(&[unknown], b""));
    assert_eq!(tree.nodes[2].not_opened, Some(NotOpened::Unsupported));
}

#[test]
fn strong_encryption_is_named_and_stays_closed() {
    let mut bytes = zip(
        &[Stored {
            // Strong encryption header (7.2.3): format 2, AES-256, 256 bits, password.
            extra: b"\x17\x00\x08\x00\x02\x00\x10\x66\x00\x01\x01\x00".to_vec(),
            ..Stored::new(b"mat.exe", ELF)
        }],
        b"",
    );
    let directory = memchr::memmem::rfind(&bytes, b"PK\x01\x02").unwrap();
    bytes[6] = 0x41;
    bytes[directory + 8] = 0x41;
    let tree = open_file("a.zip", &bytes);
    assert_eq!(archive(&tree).not_opened, Some(NotOpened::Encrypted));
    let member = &tree.nodes[2];
    assert_eq!(
        (member.cipher, member.names.clone()),
        (Some("aes-256"), vec!["mat.exe".into()])
    );
}

#[test]
fn volumes_are_signed() {
    let whole = zip(&[Stored::new(b"a", &[7; 3000])], b"");
    let tree = open_file("a.zip.001", &whole[..1000]);
    assert_eq!(traits(archive(&tree)), ["volume"]);
    assert_eq!(archive(&tree).not_opened, Some(NotOpened::Damaged));
    let mut last = zip(&[Stored::new(b"a", ELF)], b"");
    let end = last.len() - 22;
    last[end + 4] = 1;
    assert_eq!(traits(archive(&open_file("a.zip", &last))), ["volume"]);
}

#[test]
fn many_members_on_the_same_data_end_with_the_budget() {
    let data = vec![0; 1 << 20];
    let one = zip(&[Stored::new(b"a", &data)], b"");
    let directory = memchr::memmem::rfind(&one, b"PK\x01\x02").unwrap();
    let (body, rest) = one.split_at(directory);
    let (entry, end) = rest.split_at(47);
    let mut bytes = body.to_vec();
    for _ in 0..2000 {
        bytes.extend(entry);
    }
    bytes.extend(&end[..8]);
    bytes.extend([2000_u16.to_le_bytes(), 2000_u16.to_le_bytes()].concat());
    bytes.extend((2000_u32 * 47).to_le_bytes());
    bytes.extend(&end[16..]);
    let budget = Budget {
        bytes: 8 << 20,
        ..Budget::default()
    };
    let tree = open_letter("", &[("a.zip", &bytes)], budget);
    let Some(NotOpened::Budget { which: "bytes", .. }) = archive(&tree).not_opened else {
        panic!("{:?}", archive(&tree).not_opened);
    };
    assert!(tree.nodes.len() < 12);
    assert_eq!(traits(archive(&tree)), ["lying-header"]);
    let budget = Budget {
        members: 100,
        bytes: 1 << 40,
        ..Budget::default()
    };
    let bytes = zip(&vec![Stored::new(b"a", b""); 3000], b"");
    let tree = open_letter("", &[("a.zip", &bytes)], budget);
    let Some(NotOpened::Budget {
        which: "members", ..
    }) = archive(&tree).not_opened
    else {
        panic!("{:?}", archive(&tree).not_opened);
    };
}

#[test]
fn overlapping_members_are_signed() {
    // A quoted local header: the second member lies in the first one's data.
    let inner = zip(&[Stored::new(b"b", ELF)], b"");
    let quoted = &inner[..31 + ELF.len()];
    let outer = zip(&[Stored::new(b"a", quoted)], b"");
    let mut bytes = outer.clone();
    let directory = memchr::memmem::rfind(&bytes, b"PK\x01\x02").unwrap();
    let mut entry = inner[quoted.len()..quoted.len() + 47].to_vec();
    entry[42..46].copy_from_slice(&31_u32.to_le_bytes());
    bytes.splice(directory + 47..directory + 47, entry);
    let end = bytes.len() - 22;
    bytes[end + 8] = 2;
    bytes[end + 10] = 2;
    bytes[end + 12] = 94;
    let tree = open_file("a.zip", &bytes);
    assert_eq!(traits(archive(&tree)), ["lying-header"]);
    assert_eq!(found(&tree).last().unwrap(), "2/b: elf");
}

#[test]
fn a_cut_archive_shows_what_is_left_of_it() {
    let (_, bytes) = PLAIN[0];
    let directory = memchr::memmem::find(bytes, b"PK\x01\x02").unwrap();
    let tree = open_file("a.zip", &bytes[..directory]);
    assert_eq!(found(&tree), ["2: zip", "2/a.txt: text", "2/run.exe: pe"]);
    assert_eq!(archive(&tree).not_opened, Some(NotOpened::Damaged));
    assert!(tree.nodes.iter().all(|node| node.traits.is_empty()));
    // Sizes behind the data, and no directory that has them.
    for bytes in [
        include_bytes!("../testdata/stream.zip").as_slice(),
        include_bytes!("../testdata/stream-stored.zip"),
    ] {
        let directory = memchr::memmem::find(bytes, b"PK\x01\x02").unwrap();
        let tree = open_file("a.zip", &bytes[..directory]);
        assert_eq!(found(&tree), ["2: zip", "2/-: pe"]);
        assert_eq!(tree.nodes[2].size, 392);
    }
}

#[test]
fn no_cut_and_no_flipped_byte_makes_a_panic_or_much_work() {
    let begun = Instant::now();
    let all = PLAIN
        .iter()
        .copied()
        .chain(ENCRYPTED.iter().map(|(_, bytes, cipher)| (*cipher, *bytes)));
    let more = [
        (
            "a.zip",
            include_bytes!("../testdata/method-zstd.zip").as_slice(),
        ),
        ("a.zip", include_bytes!("../testdata/method-implode.zip")),
        ("a.zip", include_bytes!("../testdata/stream.zip")),
    ];
    let mut state = 88_172_645_463_325_252_u64;
    let mut nodes = 0;
    let times: usize = if thorough() { 8 } else { 1 };
    for (name, bytes) in all.chain(more) {
        // Passwords are tried on what is encrypted, which takes its time.
        let times = if name.contains("aes") {
            usize::div_ceil(times, 4)
        } else {
            times
        };
        for len in (0..bytes.len()).step_by(bytes.len() / (12 * times) + 1) {
            nodes += open_file(name, &bytes[..len]).nodes.len();
        }
        for _ in 0..20 * times {
            let mut bytes = bytes.to_vec();
            for _ in 0..=state % 3 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let at = (state >> 8) as usize % bytes.len();
                bytes[at] = state as u8;
            }
            nodes += open_file(name, &bytes).nodes.len();
        }
    }
    assert!(nodes > 500, "{nodes}");
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
}
