//! Which Content-IDs an HTML text shows (RFC 2392).

use memchr::memmem;

use super::text;

/// Calls `found` with each `cid:` reference, percent-decoded; repeated ones may come again.
pub(super) fn find(html: &[u8], mut found: impl FnMut(String)) {
    let mut at = 0;
    let mut count = 0;
    // `cid` in any case; the colon is what is rare.
    for colon in memmem::find_iter(html, b":") {
        let Some(start) = colon.checked_sub(3) else {
            continue;
        };
        if start < at || !html[start..colon].eq_ignore_ascii_case(b"cid") {
            continue;
        }
        let rest = &html[colon + 1..];
        let end = rest
            .iter()
            .take(MAX_ID)
            .position(|byte| {
                byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'>' | b'<' | b')')
            })
            .unwrap_or(rest.len().min(MAX_ID));
        at = colon + 1 + end;
        if end > 0 {
            found(text::guess(&text::percent(&rest[..end], b'%', false)));
            count += 1;
            if count == MAX_IDS {
                return;
            }
        }
    }
}

const MAX_ID: usize = 998;
const MAX_IDS: usize = 10_000;
