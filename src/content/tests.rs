//! The road through containers: depth, members, sizes, budgets.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

use super::{
    Budget,
    testing::{found, open_file, open_letter},
};
use crate::facts::{NotOpened, Place};

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut to = GzEncoder::new(Vec::new(), Compression::default());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

#[test]
fn what_is_wrapped_is_found_at_any_depth() {
    let elf = b"\x7fELF\x02\x01\x01 program".to_vec();
    let tree = open_file("bao-cao.pdf", &gz(&gz(&elf)));
    assert_eq!(found(&tree), ["2: gz", "2/: gz", "2//: elf"]);
    let last = tree.nodes.last().unwrap();
    assert_eq!(
        (last.size, last.place, last.parent),
        (elf.len() as u64, Place::Archive, Some(2))
    );
    assert_eq!(last.not_opened, None);
}

#[test]
fn what_is_cut_is_judged_as_far_as_it_goes() {
    let whole = gz(&[b"\x7fELF".as_slice(), &[0; 9000]].concat());
    let tree = open_file("a.gz", &whole[..whole.len() - 9]);
    assert_eq!(found(&tree), ["2: gz", "2/a: elf"]);
    assert_eq!(tree.nodes[1].not_opened, Some(NotOpened::Damaged));
}

#[test]
fn each_budget_names_itself() {
    let zeros = gz(&vec![0; 40 << 20]);
    let over = |budget: Budget, bytes: &[u8]| {
        let tree = open_letter("", &[("a.gz", bytes)], budget);
        match tree.nodes[1].not_opened.clone() {
            Some(NotOpened::Budget { which, limit, seen }) => {
                assert!(seen > limit, "{which}: {seen} > {limit}");
                which
            }
            other => panic!("{other:?}"),
        }
    };
    let default = Budget::default();
    assert_eq!(
        over(
            Budget {
                bytes: 1 << 20,
                ..default.clone()
            },
            &zeros
        ),
        "bytes"
    );
    assert_eq!(
        over(
            Budget {
                ratio: 100,
                ..default.clone()
            },
            &zeros
        ),
        "ratio"
    );
    assert_eq!(
        over(
            Budget {
                members: 0,
                ..default.clone()
            },
            &zeros
        ),
        "members"
    );
    assert_eq!(
        over(
            Budget {
                depth: 0,
                ..default.clone()
            },
            &zeros
        ),
        "depth"
    );
    let time = std::time::Duration::ZERO;
    assert_eq!(
        over(
            Budget {
                time,
                ..default.clone()
            },
            &zeros
        ),
        "time"
    );
    let passes = open_letter("", &[("a.gz", &gz(b"x"))], default);
    assert_eq!(passes.nodes[1].not_opened, None);
}
