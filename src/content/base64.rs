//! base64 (RFC 4648) of a text that is at hand, as strictly as the place asks where it stands.
//!
//! Letters' own base64 streams by in `message/transfer.rs`.

/// What is no letter of the alphabet is skipped, as readers of mail do; a last piece that is no whole byte too.
pub(in crate::content) fn lenient(text: impl IntoIterator<Item = u8>) -> Vec<u8> {
    decode(text, |byte| six(byte).map_or(Letter::Skip, Letter::Six)).unwrap_or_default()
}

/// [`lenient`], also in the alphabet of URLs.
pub(in crate::content) fn of_url(text: impl IntoIterator<Item = u8>) -> Vec<u8> {
    lenient(text.into_iter().map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    }))
}

/// [`lenient`], up to the first equals sign.
pub(in crate::content) fn until_padding(text: impl IntoIterator<Item = u8>) -> Vec<u8> {
    lenient(text.into_iter().take_while(|byte| *byte != b'='))
}

/// Blanks may stand in it and padding behind it; none where anything else does.
pub(in crate::content) fn strict(text: &[u8]) -> Option<Vec<u8>> {
    let end = text
        .iter()
        .rposition(|byte| !is_blank(*byte) && *byte != b'=')
        .map_or(0, |last| last + 1);
    let (letters, padding) = text.split_at_checked(end)?;
    // No blank between the equals signs.
    if padding.trim_ascii().iter().any(|byte| *byte != b'=') {
        return None;
    }
    decode(letters.iter().copied(), |byte| match six(byte) {
        Some(six) => Letter::Six(six),
        None if is_blank(byte) => Letter::Skip,
        None => Letter::Refuse,
    })
}

enum Letter {
    Six(u8),
    Skip,
    Refuse,
}

fn decode(text: impl IntoIterator<Item = u8>, letter: impl Fn(u8) -> Letter) -> Option<Vec<u8>> {
    let text = text.into_iter();
    let mut bytes = Vec::with_capacity(text.size_hint().0 / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text {
        let six = match letter(byte) {
            Letter::Six(six) => six,
            Letter::Skip => continue,
            Letter::Refuse => return None,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(bytes)
}

fn six(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_is_skipped_or_refused() {
        let bytes = |text: &str| text.bytes().collect::<Vec<_>>();
        assert_eq!(lenient(bytes("TW*F\r\nu")), b"Man");
        assert_eq!(lenient(bytes("TWE=TWE=")), b"Ma\x13X");
        assert_eq!(lenient(bytes("T")), b"");
        assert_eq!(of_url(bytes("-_-_")), [0xfb, 0xff, 0xbf]);
        assert_eq!(lenient(bytes("-_-_")), b"");
        assert_eq!(until_padding(bytes("TWE=TWE=")), b"Ma");
        assert_eq!(strict(b" TW\nFu\t\n").as_deref(), Some(&b"Man"[..]));
        assert_eq!(strict(b"TWE=\n").as_deref(), Some(&b"Ma"[..]));
        assert_eq!(strict(b"TQ==").as_deref(), Some(&b"M"[..]));
        assert_eq!(strict(b"").as_deref(), Some(&b""[..]));
        for text in ["TW*F", "TWE=TWE=", "TQ= =", "-_-_", "TWFu\0"] {
            assert_eq!(strict(text.as_bytes()), None, "{text}");
        }
    }
}
