//! Readers of messages and of what only mail programs use.

pub(super) mod eml;
pub(super) mod mbox;
pub(super) mod msg;
pub(super) mod pgp;
pub(super) mod smime;
#[cfg(test)]
mod tests;
pub(super) mod tnef;
#[cfg(test)]
mod tnef_tests;

use super::base64;

/// base64 between the lines of dashes of an armor (RFC 7468, RFC 9580 section 6): header fields, the
/// checksum and whatever stands around it are left out.
fn unarmored(text: &[u8]) -> Vec<u8> {
    let mut inside = false;
    let lines = text.split(|byte| *byte == b'\n').map_while(|line| {
        let line = line.trim_ascii();
        if line.starts_with(b"-----") {
            let ends = inside && line.starts_with(b"-----END");
            inside = true;
            return (!ends).then_some(&b""[..]);
        }
        // Fields have a colon; the checksum begins with an equals sign.
        let beside = !inside || line.starts_with(b"=") || memchr::memchr(b':', line).is_some();
        Some(if beside { b"" } else { line })
    });
    base64::lenient(lines.flatten().copied())
}
