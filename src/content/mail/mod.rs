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

/// base64 between the lines of dashes of an armor (RFC 7468, RFC 9580 section 6): header fields, the
/// checksum and whatever stands around it are left out.
fn unarmored(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    let mut inside = false;
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.starts_with(b"-----") {
            if inside && line.starts_with(b"-----END") {
                break;
            }
            inside = true;
            continue;
        }
        // Fields have a colon; the checksum begins with an equals sign.
        if !inside || line.starts_with(b"=") || memchr::memchr(b':', line).is_some() {
            continue;
        }
        for byte in line {
            let six = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => continue,
            };
            bits = bits << 6 | u32::from(six);
            count += 6;
            if count >= 8 {
                count -= 8;
                out.push(u8::try_from(bits >> count & 0xff).unwrap_or_default());
            }
        }
    }
    out
}
