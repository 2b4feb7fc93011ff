//! HTML as its reader sees it: text without tags, the words of attributes, the links.
//!
//! A tokenizer of its own: one pass, no recursion, no tree. It follows what mail programs do with
//! broken markup where that decides about what is seen; styles are not followed, so text that a
//! style hides is text.

use memchr::{memchr, memchr2, memmem};

use crate::message::entity;

/// What was found in one HTML text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// What a reader sees; blocks are lines, white space is one space. Behind it, a line each, the
    /// words of attributes: `alt`, `title` and the like.
    pub(super) text: String,
    /// The targets of links, images and forms, entities decoded, as written.
    pub(super) links: Vec<String>,
    /// Whether there were more links than are kept.
    pub(super) links_cut: bool,
}

/// Links of one text that are kept.
const MAX_LINKS: usize = 10_000;

pub(super) fn read(html: &str) -> Page {
    let mut page = Page::default();
    let mut attributes = String::new();
    let mut at = 0;
    while let Some(rest) = html.get(at..).filter(|rest| !rest.is_empty()) {
        let open = memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        let (text, markup) = rest.split_at(open);
        page.push_text(text);
        at += open;
        let used = match markup.as_bytes() {
            [] => break,
            [b'<', b'!', b'-', b'-', ..] => comment(markup),
            // To `>`, whatever it is (a bogus comment).
            [b'<', b'!' | b'?', ..] => end_of(markup, b'>'),
            [b'<', b'/', c, ..] if c.is_ascii_alphabetic() => {
                let (tag, used) = tag(markup, 2, &mut |_, _| {});
                page.boundary(&tag);
                used
            }
            [b'<', b'/', ..] => end_of(markup, b'>'),
            [b'<', c, ..] if c.is_ascii_alphabetic() => {
                let mut found = |name: &str, value: &str| {
                    page.attribute(name, value, &mut attributes);
                };
                let (tag, used) = tag(markup, 1, &mut found);
                page.boundary(&tag);
                used + unseen(&tag, markup.get(used..).unwrap_or_default())
            }
            _ => {
                page.text.push('<');
                1
            }
        };
        at += used.max(1);
    }
    if !attributes.is_empty() {
        page.text.push('\n');
        page.text.push_str(&attributes);
    }
    page
}

impl Page {
    fn push_text(&mut self, text: &str) {
        push_decoded(text, &mut self.text);
    }

    /// A tag in lower case: those of blocks end a line.
    fn boundary(&mut self, tag: &str) {
        if BLOCKS.contains(&tag) && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn attribute(&mut self, name: &str, value: &str, attributes: &mut String) {
        if SHOWN.contains(&name) {
            push_decoded(value, attributes);
            attributes.push('\n');
        }
        let target = match name {
            name if TARGETS.contains(&name) => value,
            // <meta http-equiv=refresh content="0; url=…">
            "content" => match find_ignoring_case(value, b"url=") {
                Some(at) => value.get(at + 4..).unwrap_or_default(),
                None => return,
            },
            _ => return,
        };
        let start = target.trim_start();
        let start = start.get(..5).unwrap_or(start);
        if start.eq_ignore_ascii_case("data:") || start.starts_with('#') || target.trim().is_empty()
        {
            return;
        }
        if self.links.len() >= MAX_LINKS {
            self.links_cut = true;
            return;
        }
        let mut link = String::new();
        let short = target.char_indices().nth(super::url::MAX_URL * 2);
        let target = short.map_or(target, |(end, _)| target.get(..end).unwrap_or(target));
        push_decoded(target, &mut link);
        self.links.push(link);
    }
}

/// Decodes entities, makes runs of white space one space.
pub(super) fn push_decoded(text: &str, into: &mut String) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '&'
            && let Some((decoded, used)) = reference(rest)
        {
            into.push(decoded);
            rest = rest.get(used..).unwrap_or_default();
            continue;
        }
        if c.is_ascii_whitespace() {
            if !into.ends_with([' ', '\n']) {
                into.push(' ');
            }
        } else {
            into.push(c);
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
}

/// A character reference at the beginning of `text`, and how many bytes it has. Mail programs forgive
/// a missing `;`.
fn reference(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    let digits = |from: usize, plain: fn(&u8) -> bool| {
        let rest = bytes.get(from..)?;
        let end = rest.iter().take(MAX_NAME).position(|byte| !plain(byte));
        let end = end.unwrap_or(rest.len().min(MAX_NAME));
        (end > 0).then_some(from + end)
    };
    let end = match bytes.get(1..3)? {
        [b'#', b'x' | b'X'] => digits(3, u8::is_ascii_hexdigit)?,
        [b'#', _] => digits(2, u8::is_ascii_digit)?,
        _ => digits(1, u8::is_ascii_alphanumeric)?,
    };
    let name = text.get(..end)?;
    let used = end + usize::from(bytes.get(end) == Some(&b';'));
    let number = match name.get(1..)?.strip_prefix('#') {
        Some(hex) if hex.starts_with(['x', 'X']) => u32::from_str_radix(hex.get(1..)?, 16).ok(),
        Some(decimal) => decimal.parse().ok(),
        None => return entity(&format!("{name};")).map(|c| (c, used)),
    };
    // Numbers of windows-1252 mean what they mean there (HTML, "Numeric character reference end
    // state"); what is no character is shown as U+FFFD.
    let c = match number {
        Some(code @ 0x80..=0x9f) => WINDOWS.get(code as usize - 0x80).copied(),
        Some(0) | None => None,
        Some(code) => char::from_u32(code),
    };
    Some((c.unwrap_or('\u{fffd}'), used))
}

/// Reads a tag from its name, which begins at `from`, to behind its `>`: the name in lower case, and
/// how many bytes it has. Without a `>` the rest of the text is the tag.
pub(super) fn tag(markup: &str, from: usize, found: &mut dyn FnMut(&str, &str)) -> (String, usize) {
    let bytes = markup.as_bytes();
    let is_end = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
    let skip = |mut at: usize, plain: &dyn Fn(u8) -> bool| {
        while bytes.get(at).is_some_and(|&byte| plain(byte)) {
            at += 1;
        }
        at
    };
    let mut at = skip(from, &|byte| !is_end(byte));
    let name = markup
        .get(from..at.min(from + MAX_NAME))
        .unwrap_or_default();
    let name = name.to_ascii_lowercase();
    loop {
        at = skip(at, &|byte| byte.is_ascii_whitespace() || byte == b'/');
        match bytes.get(at) {
            None => return (name, bytes.len()),
            Some(b'>') => return (name, at + 1),
            Some(_) => {}
        }
        let start = at;
        // An equals sign may begin a name (HTML, "Before attribute name state").
        at = skip(at + 1, &|byte| !is_end(byte) && byte != b'=');
        let key = markup.get(start..at).unwrap_or_default();
        let equals = skip(at, &|byte| byte.is_ascii_whitespace());
        if bytes.get(equals) != Some(&b'=') {
            continue;
        }
        let start = skip(equals + 1, &|byte| byte.is_ascii_whitespace());
        let value = match bytes.get(start) {
            Some(&quote @ (b'"' | b'\'')) => {
                let rest = bytes.get(start + 1..).unwrap_or_default();
                let Some(end) = memchr(quote, rest) else {
                    return (name, bytes.len());
                };
                at = start + 1 + end + 1;
                markup.get(start + 1..start + 1 + end)
            }
            _ => {
                at = skip(start, &|byte| !byte.is_ascii_whitespace() && byte != b'>');
                markup.get(start..at)
            }
        };
        if key.len() <= MAX_NAME {
            found(&key.to_ascii_lowercase(), value.unwrap_or_default());
        }
    }
}

/// The length of a comment. Conditional ones are for Outlook, which shows what is in them.
pub(super) fn comment(markup: &str) -> usize {
    let inside = markup.get(4..).unwrap_or_default();
    if inside.starts_with('>') || inside.starts_with("->") {
        return end_of(markup, b'>');
    }
    if inside.trim_start().as_bytes().starts_with(b"[if") {
        return end_of(markup, b'>');
    }
    let mut at = 0;
    while let Some(found) = memmem::find(inside.as_bytes().get(at..).unwrap_or_default(), b"--") {
        let end = at + found + 2;
        match inside.as_bytes().get(end..) {
            Some([b'>', ..]) => return 4 + end + 1,
            Some([b'!', b'>', ..]) => return 4 + end + 2,
            _ => at += found + 1,
        }
    }
    markup.len()
}

/// What stands in an element that is not shown: bytes up to its end tag, or all.
pub(super) fn unseen(tag: &str, rest: &str) -> usize {
    if !UNSEEN.contains(&tag) {
        return 0;
    }
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(found) = memmem::find(bytes.get(at..).unwrap_or_default(), b"</") {
        let name = at + found + 2;
        let same = bytes.get(name..name + tag.len());
        if same.is_some_and(|same| same.eq_ignore_ascii_case(tag.as_bytes())) {
            return at + found;
        }
        at = name;
    }
    bytes.len()
}

/// Whether a target (in lower case) leads to files of another computer, or starts a program of this
/// one: what a link in a letter to a stranger never needs.
pub(super) fn leads_to_files(target: &str) -> bool {
    let target = target.trim();
    if target.starts_with("\\\\") {
        return true;
    }
    let Some((scheme, rest)) = target.split_once(':') else {
        return false;
    };
    match scheme {
        // An empty host is this computer.
        "file" => {
            let path = rest.replace('\\', "/");
            let host = path.strip_prefix("//").unwrap_or_default();
            !(host.is_empty() || host.starts_with('/') || host.starts_with("localhost/"))
                || path.starts_with("////")
        }
        "search-ms" | "search" | "ms-msdt" | "ms-officecmd" | "ms-appinstaller" | "ms-search"
        | "mhtml" | "shell" => true,
        _ => false,
    }
}

pub(super) fn end_of(markup: &str, end: u8) -> usize {
    memchr(end, markup.as_bytes()).map_or(markup.len(), |at| at + 1)
}

fn find_ignoring_case(text: &str, wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        let found = at + memchr2(first, first.to_ascii_uppercase(), rest)?;
        let same = bytes.get(found..found + wanted.len())?;
        if same.eq_ignore_ascii_case(wanted) {
            return Some(found);
        }
        at = found + 1;
    }
}

/// Names of tags, attributes and entities that are looked at have at most this many bytes.
const MAX_NAME: usize = 40;

/// Tags that begin a new line.
pub(super) const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "td",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
];

/// Elements of which nothing is shown.
const UNSEEN: &[&str] = &[
    "script", "style", "template", "title", "noembed", "noframes", "iframe",
];

/// Attributes whose words are shown or read out.
const SHOWN: &[&str] = &[
    "alt",
    "title",
    "placeholder",
    "aria-label",
    "label",
    "summary",
    "value",
];

/// Attributes that name a target.
const TARGETS: &[&str] = &[
    "href",
    "src",
    "action",
    "formaction",
    "background",
    "data",
    "poster",
    "longdesc",
    "cite",
    "xlink:href",
];

/// windows-1252 from 0x80 on.
const WINDOWS: &[char] = &[
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        read(html).text.trim().to_owned()
    }

    #[test]
    fn a_reader_sees_text_and_not_tags() {
        for (html, seen) in [
            ("<p>Tuyệt <b>m</b><i>ật</i></p><p>hai", "Tuyệt mật\nhai"),
            ("m<!-- x > y -->ậ<wbr>t", "mật"),
            ("a<br>b<BR/>c", "a\nb\nc"),
            ("a\r\n  b&nbsp;c", "a b\u{a0}c"),
            (
                "m&#7853;t m&#x1ead;t &ecirc;&Eacute; &amp;lt; &#150;",
                "mật mật êÉ &lt; –",
            ),
            (
                "&aacute b &unknown; & c &#xffffffff;",
                "á b &unknown; & c \u{fffd}",
            ),
            ("<style>p{}</style><script>var a='</p>x'</SCRIPT>y", "y"),
            ("<title>t</title><template><p>x</p></template>z", "z"),
            ("1 < 2 <3 </ x>y", "1 < 2 <3 y"),
            ("<a title='q > r' href=x>s</a>", "s\nq > r"),
            ("<img alt=\"M&ocirc;t\"><input placeholder=hai>", "Môt\nhai"),
            ("<!--[if mso]><p>Outlook</p><![endif]-->x", "Outlook\nx"),
            ("<!-->x<!--->y<!doctype html>z<?xml ?>", "xyz"),
            ("x<!-- never ends", "x"),
            ("x<script>never ends", "x"),
            ("x<a href=\"never ends>y", "x"),
            ("x<p", "x"),
            ("<td>a</td><td>b</td>", "a\nb"),
        ] {
            assert_eq!(text(html), seen, "{html}");
        }
    }

    #[test]
    fn links_of_all_sorts() {
        let page = read(
            "<a href='http://a.vn/?x=1&amp;y=2'>x</a><A HREF=//b.vn/c>y</a><img src=\"cid:1\">\
             <img src='data:image/png;base64,AAAA'><form action=c.vn><a href=#top>\
             <meta http-equiv=refresh content='0;URL=http://d.vn/'><area\nhref\n=\n\"e\">",
        );
        let links: Vec<&str> = page.links.iter().map(String::as_str).collect();
        assert_eq!(
            links,
            [
                "http://a.vn/?x=1&y=2",
                "//b.vn/c",
                "cid:1",
                "c.vn",
                "http://d.vn/",
                "e"
            ]
        );
        let many = "<a href=x>".repeat(MAX_LINKS + 1);
        assert!(read(&many).links_cut);
    }

    #[test]
    fn broken_pages_cost_one_pass() {
        let size = 1 << 20;
        for piece in [
            "<",
            "<a ",
            "<!--",
            "</",
            "&",
            "&#",
            "<a href=\"",
            "<script>",
            "<!-- --",
            "<a =",
            "<a x=",
            "<title></",
            "-->",
            "<a content=u",
            "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            let html = piece.repeat(size / piece.len());
            let started = std::time::Instant::now();
            std::hint::black_box(read(&html));
            assert!(started.elapsed().as_secs() < 10, "{piece}");
        }
    }
}
