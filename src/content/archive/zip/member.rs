//! What a member is called, by all that the archive says of it, and what is odd about that.

use super::record::Header;
use crate::content::{archive::escapes, member_name, opener::Member};

/// A member as this header describes it, with the names that `other` (its other header) gives it.
pub(super) fn member(header: &Header, other: Option<&Header>) -> Member {
    let mut names = Vec::new();
    let mut traits = Vec::new();
    let mut lies = other.is_some_and(|other| lies(header, other));
    for header in std::iter::once(header).chain(other) {
        // 7-Zip and Info-ZIP show the Unicode path where there is one.
        if let Some(name) = &header.unicode {
            lies |= header.name.is_ascii() && header.name != name.as_bytes();
            push(&mut names, name);
        }
        let utf8 = header.unicode.as_ref();
        let utf8 = header.is_utf8() || utf8.is_some_and(|name| name.as_bytes() == header.name);
        for name in member_name::readings(&header.name, utf8) {
            // Programs in C see a name end at its first NUL.
            if let Some((seen, _)) = name.split_once('\0') {
                lies = true;
                push(&mut names, seen);
                push(&mut names, &name.replace('\0', "_"));
            } else {
                push(&mut names, &name);
            }
        }
    }
    if lies {
        traits.push("lying-header");
    }
    if names.iter().any(|name| escapes(name)) {
        traits.push("path-escape");
    }
    if is_link(header) {
        traits.push("link");
    }
    Member {
        names,
        packed: Some(header.packed),
        declared: header.size,
        cipher: header.cipher(),
        traits,
    }
}

/// Whether two headers of one member say different things of its data.
pub(super) fn data_differs(central: &Header, local: &Header) -> bool {
    let packed = central.packed != local.packed && !is_open(central, local);
    packed || central.method != local.method || central.is_encrypted() != local.is_encrypted()
}

/// Whether two headers of one member contradict each other.
fn lies(central: &Header, local: &Header) -> bool {
    let sums = (central.size != local.size || central.crc != local.crc) && !is_open(central, local);
    data_differs(central, local) || sums || !same_name(central, local)
}

/// Whether the local header leaves sizes to what follows the data (4.4.4, bit 3; with an encrypted
/// directory, bit 13, it hides them).
fn is_open(central: &Header, local: &Header) -> bool {
    let wide = u64::from(u32::MAX);
    let unsaid = |value: u64| value == 0 || value == wide;
    let follow = local.sizes_follow() || local.flags & 0x2000 != 0;
    // One of the sizes may have been known.
    let packed = unsaid(local.packed) || local.packed == central.packed;
    follow && packed && (unsaid(local.size) || local.size == central.size)
}

/// Slashes and the encoding are no difference: Windows programs have written both ways.
fn same_name(one: &Header, other: &Header) -> bool {
    if one.name == other.name {
        return true;
    }
    let slashes = |name: &[u8]| -> Vec<u8> {
        let slash = |byte: &u8| if *byte == b'\\' { b'/' } else { *byte };
        name.iter().map(slash).collect()
    };
    slashes(&one.name) == slashes(&other.name)
}

/// Whether the attributes, as Unix and macOS write them, say symbolic link.
fn is_link(header: &Header) -> bool {
    matches!(header.system, 3 | 19) && header.attributes >> 16 & 0o170_000 == 0o120_000
}

fn push(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}
