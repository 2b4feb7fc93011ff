//! URLs in text, and their normal form.

use memchr::{memchr, memmem};

/// Bytes of one URL that are looked at.
pub(super) const MAX_URL: usize = 4096;

/// A URL in normal form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Url {
    /// Scheme and host in lower case, the host in A-labels and without a dot at its end or a default
    /// port; the rest as written.
    pub text: String,
    /// Where the host stands in it.
    pub host: std::ops::Range<usize>,
}

impl Url {
    /// The host; empty where there is none.
    pub fn host(&self) -> &str {
        self.text.get(self.host.clone()).unwrap_or_default()
    }
}

/// Calls `found` with every URL in a text: with a scheme and `://`, or beginning with `www.`. In
/// angle brackets it may be broken over lines (RFC 3986 appendix C).
pub(super) fn find(text: &str, mut found: impl FnMut(&str) -> bool) {
    let bytes = text.as_bytes();
    for middle in memmem::find_iter(bytes, b"://") {
        let before = bytes
            .get(middle.saturating_sub(20)..middle)
            .unwrap_or_default();
        let scheme = before
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
            .count();
        if scheme > 0 && !found(&whole(text, middle - scheme)) {
            return;
        }
    }
    for start in memchr::memmem::find_iter(bytes, b".")
        .filter_map(|dot| dot.checked_sub(3))
        .filter(|&start| {
            let www = bytes.get(start..start + 3);
            let before = start.checked_sub(1).and_then(|at| bytes.get(at));
            www.is_some_and(|www| www.eq_ignore_ascii_case(b"www"))
                && before.is_none_or(|byte| {
                    !byte.is_ascii_alphanumeric() && !matches!(byte, b'/' | b'.' | b'-' | b'@')
                })
        })
    {
        if !found(&whole(text, start)) {
            return;
        }
    }
}

/// The URL that begins here.
fn whole(text: &str, start: usize) -> String {
    let rest = text.get(start..).unwrap_or_default();
    let mut end = rest.len().min(MAX_URL + 1);
    while !rest.is_char_boundary(end) {
        end -= 1;
    }
    let rest = rest.get(..end).unwrap_or_default();
    let bracketed = text.get(..start).is_some_and(|before| {
        before.ends_with('<') || before.ends_with("<URL:") || before.ends_with("<url:")
    });
    if bracketed && let Some(close) = memchr(b'>', rest.as_bytes()) {
        let inside = rest.get(..close).unwrap_or_default();
        if !inside.contains('<') && !inside.contains("\n\n") && !inside.contains(' ') {
            return inside.chars().filter(|c| !c.is_whitespace()).collect();
        }
    }
    let ends = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '“' | '”' | '«' | '»')
    };
    let mut url = rest
        .get(..rest.find(ends).unwrap_or(rest.len()))
        .unwrap_or_default();
    // What stands behind a URL in a sentence; a closing bracket only where none was opened.
    let count = |sign: char| url.matches(sign).count();
    let mut closed_too_often = [('(', ')'), ('[', ']'), ('{', '}')]
        .map(|(open, close)| (close, count(close).saturating_sub(count(open))));
    while let Some(last) = url.chars().next_back() {
        let bracket = closed_too_often
            .iter_mut()
            .find(|(close, _)| *close == last);
        let stray = match bracket {
            Some((_, 0)) => false,
            Some((_, more)) => {
                *more -= 1;
                true
            }
            None => ".,;:!?'*_’…".contains(last),
        };
        if !stray {
            break;
        }
        url = url.get(..url.len() - last.len_utf8()).unwrap_or_default();
    }
    url.to_owned()
}

/// The normal form of a URL as written in a text or an attribute; none for an empty one.
pub(super) fn normal(url: &str) -> Option<Url> {
    let trimmed = url.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let trimmed = trimmed.strip_prefix('<').unwrap_or(trimmed);
    let trimmed = trimmed.strip_suffix('>').unwrap_or(trimmed);
    // Browsers take line ends and tabs out of URLs, and read `\` as `/`.
    let mut url: String = trimmed
        .chars()
        .filter(|c| !matches!(c, '\t' | '\r' | '\n'))
        .collect();
    if url.is_empty() {
        return None;
    }
    let scheme = url
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        .count();
    let has_scheme = url.as_bytes().get(scheme) == Some(&b':') && scheme > 0;
    if has_scheme && let Some(name) = url.get_mut(..scheme) {
        name.make_ascii_lowercase();
    }
    let web = ["http", "https", "ftp", "ws", "wss"];
    let name = url.get(..scheme).unwrap_or_default();
    if !has_scheme
        && url
            .get(..4)
            .is_some_and(|www| www.eq_ignore_ascii_case("www."))
    {
        url.insert_str(0, "http://");
    } else if has_scheme && web.contains(&name) {
        // `http:/x`, `http:x` and `http:\\x` lead to the same place.
        let rest = url.get(scheme + 1..).unwrap_or_default();
        let authority = rest.trim_start_matches(['/', '\\']);
        let end = authority.find(['?', '#']).unwrap_or(authority.len());
        let (path, query) = authority.split_at(end);
        url = format!("{name}://{}{query}", path.replace('\\', "/"));
    }
    let Some(start) = url.find("//").map(|at| at + 2).filter(|&start| {
        start == 2
            || url
                .as_bytes()
                .get(..start - 2)
                .is_some_and(|scheme| scheme.ends_with(b":"))
    }) else {
        return Some(Url {
            text: url,
            host: 0..0,
        });
    };
    let (before, rest) = url.split_at(start);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    let (user, place) = match authority.rsplit_once('@') {
        Some((user, place)) => (format!("{user}@"), place),
        None => (String::new(), authority),
    };
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (place, ""),
    };
    let default = matches!((before, port), ("http://", "80") | ("https://", "443"));
    let port = if port.is_empty() || default {
        String::new()
    } else {
        format!(":{port}")
    };
    let host = normal_host(host);
    let from = before.len() + user.len();
    Some(Url {
        host: from..from + host.len(),
        text: format!("{before}{user}{host}{port}{behind}"),
    })
}

fn normal_host(host: &str) -> String {
    let decoded = percent_decoded(host);
    let host = decoded.trim_end_matches(['.', '。']);
    let normal = if host.is_ascii() {
        host.to_ascii_lowercase()
    } else {
        idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_lowercase())
    };
    normal.trim_end_matches('.').to_owned()
}

fn percent_decoded(host: &str) -> String {
    if !host.contains('%') {
        return host.to_owned();
    }
    let mut bytes = Vec::with_capacity(host.len());
    let mut rest = host.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let escaped = match tail {
            [high, low, ..] if byte == b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                digit(*high)
                    .zip(digit(*low))
                    .map(|(high, low)| (high * 16 + low) as u8)
            }
            _ => None,
        };
        match escaped {
            Some(escaped) => {
                bytes.push(escaped);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let mut urls = Vec::new();
        find(text, |url| {
            urls.push(url.to_owned());
            true
        });
        urls
    }

    #[test]
    fn urls_in_text() {
        for (text, expected) in [
            ("see http://a.vn/b.", &["http://a.vn/b"][..]),
            ("(https://a.vn/x_(y)) và", &["https://a.vn/x_(y)"]),
            ("<http://a.vn/lo\nng> x", &["http://a.vn/long"]),
            ("<URL:http://a.vn/>", &["http://a.vn/"]),
            (
                "http://a.vn/?u=http://b.vn/",
                &["http://a.vn/?u=http://b.vn/", "http://b.vn/"],
            ),
            (
                "www.a.vn, xwww.b.vn http://www.c.vn",
                &["http://www.c.vn", "www.a.vn"],
            ),
            ("Tại:http://ví-dụ.vn/đường", &["http://ví-dụ.vn/đường"]),
            ("://x and : //", &[]),
        ] {
            assert_eq!(all(text), expected, "{text}");
        }
    }

    #[test]
    fn one_form_for_all_ways_to_write_a_url() {
        for (written, form, host) in [
            ("HTTP://A.VN:80/X", "http://a.vn/X", "a.vn"),
            ("https://a.vn.:8443?q", "https://a.vn:8443?q", "a.vn"),
            (
                "http://ví-dụ.vn/đ",
                "http://xn--v-d-rma6749a.vn/đ",
                "xn--v-d-rma6749a.vn",
            ),
            (
                "http://good.vn@evil.vn/",
                "http://good.vn@evil.vn/",
                "evil.vn",
            ),
            ("http:\\\\evil.vn\\x", "http://evil.vn/x", "evil.vn"),
            ("ht\ntp://a.vn", "http://a.vn", "a.vn"),
            ("//a.vn/x", "//a.vn/x", "a.vn"),
            ("www.A.vn", "http://www.a.vn", "www.a.vn"),
            ("http://%65vil.vn/", "http://evil.vn/", "evil.vn"),
            ("mailto:A@b.vn", "mailto:A@b.vn", ""),
            ("x/y//z", "x/y//z", ""),
            ("<http://a.vn>", "http://a.vn", "a.vn"),
        ] {
            let url = normal(written).unwrap();
            assert_eq!((url.text.as_str(), url.host()), (form, host), "{written}");
        }
        assert_eq!(normal(" \n"), None);
    }

    #[test]
    fn broken_urls_break_nothing() {
        for text in [
            "http://",
            "http://@",
            "http://:",
            "http://[",
            "%",
            "http://%",
            "://",
            "//",
            "http:",
            "a:",
            "http://%ff%fe/",
        ] {
            std::hint::black_box(normal(text));
            std::hint::black_box(all(text));
        }
        let brackets = format!("http://a{} ", ")".repeat(4_000)).repeat(250);
        let started = std::time::Instant::now();
        assert_eq!(all(&brackets).len(), 250);
        assert!(started.elapsed().as_secs() < 10);
    }
}
