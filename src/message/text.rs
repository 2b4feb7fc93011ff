//! Bytes of header fields to text: unfolding, charsets, encoded words (RFC 2047).

use mail_parser::decoders::{charsets::map::charset_decoder, html::add_html_token};
use memchr::memmem;

use super::transfer::{Base64, hex};

/// The value without its line ends; the space behind each stays (RFC 5322 section 2.2.3).
pub(super) fn unfold(value: &[u8]) -> Vec<u8> {
    value
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect()
}

/// Text of an unknown charset: UTF-8, else windows-1252 (which never fails).
pub(super) fn guess(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => decode("windows-1252", bytes)
            .unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// Text of a named charset; none for a name that nobody knows.
pub(super) fn decode(charset: &str, bytes: &[u8]) -> Option<String> {
    // RFC 2231 section 5: a language may stand behind the charset.
    let charset = charset.split('*').next().unwrap_or_default().trim();
    let is = |name: &str| charset.eq_ignore_ascii_case(name);
    if is("utf-8") || is("utf8") {
        return Some(String::from_utf8_lossy(bytes).into_owned());
    }
    if charset.is_empty() {
        return None;
    }
    Some(charset_decoder(charset.as_bytes())?(bytes))
}

/// The character that an HTML entity stands for, given with `&` and `;` (`&ecirc;`, `&#7879;`).
pub fn entity(entity: &str) -> Option<char> {
    if entity.len() > MAX_ENTITY || !entity.is_ascii() {
        return None;
    }
    let mut text = String::new();
    add_html_token(&mut text, entity.as_bytes(), false);
    let mut chars = text.chars();
    chars
        .next()
        .filter(|_| text != entity && chars.next().is_none())
}

/// An unstructured field (RFC 5322 section 2.2.1) as text.
pub(super) fn unstructured(value: &[u8]) -> String {
    encoded_words(unfold(value).trim_ascii())
}

/// Text with its encoded words decoded, as mail programs do it: words may stand without spaces
/// around them, and neighbours of one charset are joined before decoding, because many programs
/// cut letters apart.
pub(super) fn encoded_words(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word: Option<(&[u8], Vec<u8>)> = None;
    let mut plain_from = 0;
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| memmem::find(rest, b"=?")) {
        let open = at + open;
        let Some((charset, bytes, len)) = encoded_word(&text[open..]) else {
            at = open + 2;
            continue;
        };
        let between = &text[plain_from..open];
        let joined = match &mut word {
            Some((last, collected))
                if between.trim_ascii().is_empty() && last.eq_ignore_ascii_case(charset) =>
            {
                collected.extend_from_slice(&bytes);
                true
            }
            _ => false,
        };
        if !joined {
            let had_word = word.is_some();
            flush(&mut out, word.take());
            if !(had_word && between.trim_ascii().is_empty()) {
                out.push_str(&guess(between));
            }
            word = Some((charset, bytes));
        }
        at = open + len;
        plain_from = at;
    }
    flush(&mut out, word);
    out.push_str(&guess(&text[plain_from..]));
    out
}

fn flush(out: &mut String, word: Option<(&[u8], Vec<u8>)>) {
    if let Some((charset, bytes)) = word {
        let charset = String::from_utf8_lossy(charset);
        out.push_str(&decode(&charset, &bytes).unwrap_or_else(|| guess(&bytes)));
    }
}

/// `=?charset?B?text?=` at the beginning of `text`: charset, bytes, length of the whole.
fn encoded_word(text: &[u8]) -> Option<(&[u8], Vec<u8>, usize)> {
    let rest = text.get(2..)?;
    let end = rest
        .iter()
        .take(MAX_CHARSET)
        .position(|&byte| byte == b'?')?;
    let charset = rest.get(..end)?;
    if charset.is_empty() || charset.iter().any(|byte| byte.is_ascii_whitespace()) {
        return None;
    }
    let encoding = *rest.get(end + 1)?;
    if rest.get(end + 2) != Some(&b'?') {
        return None;
    }
    let body = rest.get(end + 3..)?;
    let body = body.get(..body.len().min(MAX_WORD))?;
    let len = memmem::find(body, b"?=")?;
    let content = body.get(..len)?;
    let bytes = match encoding {
        b'B' | b'b' => {
            let mut bytes = Vec::new();
            let mut decoder = Base64::default();
            decoder.decode(content, &mut bytes);
            decoder.finish(&mut bytes);
            bytes
        }
        b'Q' | b'q' => percent(content, b'=', true),
        _ => return None,
    };
    Some((charset, bytes, 2 + end + 3 + len + 2))
}

/// Decodes `%41` (or, with another mark, `=41`); what is no such escape stays.
pub(super) fn percent(text: &[u8], mark: u8, underscores: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == mark
            && let Some((&[high, low], tail)) = rest.split_first_chunk::<2>()
            && let (Some(high), Some(low)) = (hex(high), hex(low))
        {
            out.push(high << 4 | low);
            rest = tail;
        } else if underscores && byte == b'_' {
            out.push(b' ');
        } else {
            out.push(byte);
        }
    }
    out
}

const MAX_CHARSET: usize = 64;
/// `&CounterClockwiseContourIntegral;` is the longest.
const MAX_ENTITY: usize = 40;
/// Encoded words have 75 characters at most; programs that do not know this write longer ones.
const MAX_WORD: usize = 16 << 10;
