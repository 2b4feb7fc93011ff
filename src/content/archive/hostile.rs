//! For tests: damage of every sort, which must neither panic nor take long.

use std::time::Duration;

use crate::content::{
    Budget,
    testing::{Damage, open_letter, thorough},
};

/// Cuts a file at every length and changes every byte of it, and opens what comes of it: unless
/// [`thorough`], those where headers stand, and some of the others. A reader that panics fails the test.
pub(super) fn survives(name: &str, bytes: &[u8]) {
    let step = if thorough() { 1 } else { 7 };
    let chosen = |at: &usize| at.is_multiple_of(step) || *at < 64 || at + 32 > bytes.len();
    for length in (0..bytes.len()).filter(chosen) {
        let _told = Damage(name, length);
        open(name, &bytes[..length]);
    }
    let mut changed = bytes.to_vec();
    for at in (0..bytes.len()).filter(chosen) {
        let old = changed[at];
        let change = [0xff, 0x01, 0x80, 0x7f][at % 4];
        changed[at] ^= change;
        let _told = Damage(name, at);
        open(name, &changed);
        changed[at] = old;
    }
}

fn open(name: &str, bytes: &[u8]) {
    let budget = Budget {
        time: Duration::from_millis(500),
        bytes: 4 << 20,
        ..Budget::default()
    };
    let tree = open_letter("", &[(name, bytes)], budget);
    assert!(tree.nodes.len() < 100);
}

/// The ids of a node's findings.
pub(super) fn traits(node: &crate::content::Node) -> Vec<&str> {
    node.traits.iter().map(|known| known.id).collect()
}

/// What is a Windows program at its beginning, of this size.
pub(super) fn program(size: usize) -> Vec<u8> {
    let mut program = b"MZ".to_vec();
    program.resize(0x3c, 0);
    program.extend(0x40_u32.to_le_bytes());
    program.extend(b"PE\0\0");
    program.resize(size, 1);
    program
}
