//! Kinds of text: what is markup, a message, a calendar, a shortcut; scripts stand in `script.rs`.

use std::borrow::Cow;

use memchr::memmem;

use super::{Found, Sample, binary, script, shortcut};

/// How much of the beginning is read as text.
pub(in crate::content) const READ: usize = 4096;
/// How much of it tells what a page or a message is.
const OPENING: usize = 1024;
/// How much is read of a text that is not named as one.
const FURTHER: usize = 64 << 10;

/// Whether these bytes are text: UTF-8, UTF-16 or a legacy charset (windows-1258, TCVN3, VNI), that is,
/// no control characters but those that move a cursor. A cut in the middle of a character does not matter.
pub(super) fn is_text(head: &[u8]) -> bool {
    let head = &head[..head.len().min(READ)];
    if utf16(head).is_some() {
        return true;
    }
    // Without branches: the compiler makes vectors of it. A form feed, a backspace and an escape
    // stand in texts for printers; VISCII letters below 0x20 do not (rare: such a text has no kind).
    let control = head.iter().fold(0u8, |any, byte| {
        let low = u8::from(*byte < 0x20) & u8::from(byte.wrapping_sub(0x08) > 5);
        any | (low & u8::from(*byte != 0x1b)) | u8::from(*byte == 0x7f)
    });
    !head.is_empty() && control == 0
}

/// Finds the kinds of this text and adds them. The caller has made sure that it is text.
pub(super) fn kinds(sample: &Sample<'_>, found: &mut Found) {
    // Of a letter's text only the opening matters: what it quotes is no file.
    let read = if sample.body { OPENING } else { READ };
    let head = &sample.head[..sample.head.len().min(read)];
    let mut own = of(sample, &Folded::of(head));
    if let Some(longer) = further(sample, &own) {
        own = of(sample, &Folded::of(&longer));
    }
    for kind in own.kinds {
        found.add(kind.id);
    }
}

/// As much of a file as is read where its first 4 KiB show nothing that is run, and its name does not
/// say that it is opened in an editor or a browser: who hides a script pads it with comments.
fn further<'a>(sample: &Sample<'a>, own: &Found) -> Option<Cow<'a, [u8]>> {
    let harmless = |id: &str| matches!(id, "html" | "xml" | "svg" | "text");
    if sample.body
        || sample.size <= READ as u64
        || !own.kinds.iter().all(|kind| harmless(kind.id))
        || script::is_read_only(sample)
        || PAGES.iter().any(|extension| sample.named(extension))
    {
        return None;
    }
    let len = usize::try_from(sample.size).map_or(FURTHER, |size| size.min(FURTHER));
    sample.at(0, len)
}

/// Extensions that open in a browser or a viewer, which run nothing outside themselves.
static PAGES: &[&str] = &[
    "html", "htm", "xhtml", "shtml", "mht", "mhtml", "svg", "xml", "xsl", "xsd", "kml", "gpx",
    "eml", "ics", "vcf",
];

fn of(sample: &Sample<'_>, text: &Folded<'_>) -> Found {
    let mut found = Found::default();
    let start = text.start();
    let first = &start[..start.len().min(OPENING)];
    let page = infer::text::is_html(start) || start.starts_with(b"<html") || has(first, "<html");
    for (id, opening) in OPENINGS {
        if start.starts_with(opening.as_bytes()) {
            let launches = *id == "url-shortcut"
                && !sample.body
                && !script::is_read_only(sample)
                && shortcut::launches(text.all());
            found.add(if launches { "url-launcher" } else { id });
        }
    }
    if !sample.body && start.starts_with(b"<?php") && !script::is_read_only(sample) {
        found.add("script-other");
    } else if page {
        if !sample.body {
            markup(text, &mut found);
        }
        if found.kinds.is_empty() {
            found.add("html");
        }
    } else if infer::text::is_xml(start) || start.starts_with(b"<") {
        if !sample.body {
            markup(text, &mut found);
            if let Some(id) = shortcut::webloc(sample, text.all()) {
                found.add(id);
            }
        }
        if found.kinds.is_empty() {
            let svg = has(first, "<svg");
            found.add(match start {
                _ if svg => "svg",
                _ if start.starts_with(b"<?xml") => "xml",
                _ => "text",
            });
        }
    } else if is_message(first, if sample.named("eml") { 1 } else { 2 }) {
        found.add("eml");
    } else if is_mailbox(start) {
        found.add("mbox");
    } else if is_uuencode(first) || (!sample.body && holds_uuencode(sample.head)) {
        found.add("uuencode");
    } else if memmem::find(first, b"this file must be converted with binhex").is_some() {
        found.add("binhex");
    } else if pem(start) {
        found.add("p7m");
    } else if !sample.body
        && let Some(id) = binary::pkcs7_in_base64(sample)
    {
        found.add(id);
    }
    if !sample.body && found.kinds.is_empty() {
        script::kinds(sample, text, &mut found);
    }
    found
}

/// What a text begins with, in lower case, and the kind that this makes certain.
static OPENINGS: &[(&str, &str)] = &[
    ("ics", "begin:vcalendar"),
    ("vcard", "begin:vcard"),
    ("url-shortcut", "[internetshortcut]"),
    (
        "url-shortcut",
        "[{000214a0-0000-0000-c000-000000000046}]\r\nprop3=",
    ),
    ("pgp", "-----begin pgp message-----"),
    ("pgp-signature", "-----begin pgp signature-----"),
    ("pgp-signature", "-----begin pgp public key block-----"),
    ("postscript", "%!ps"),
];

/// Markup that a system runs, installs or starts something by. The sign is a tag that nothing else has.
static MARKUP: &[(&str, &[&str])] = &[
    ("hta", &["<hta:application"]),
    ("script-wsf", &["<job", "<script"]),
    ("script-wsf", &["<package", "<script", "language"]),
    ("script-wsf", &["<scriptlet", "<script"]),
    ("script-wsf", &["<component", "<registration", "<script"]),
    ("settingcontent", &["<searchablecontent", "<deeplink"]),
    ("library-ms", &["<librarydescription"]),
    ("library-ms", &["<searchconnectordescription"]),
    (
        "clickonce",
        &["urn:schemas-microsoft-com:asm.v1", "deploymentprovider"],
    ),
    (
        "clickonce",
        &["urn:schemas-microsoft-com:asm.v1", "<deployment "],
    ),
    ("msc", &["<mmc_consolefile"]),
    ("jnlp", &["<jnlp"]),
    (
        "appinstaller",
        &["<appinstaller", "schemas.microsoft.com/appx/appinstaller"],
    ),
    ("library-ms", &["<persistedquery", "<scope"]),
];

fn markup(text: &Folded<'_>, found: &mut Found) {
    for (id, tags) in MARKUP {
        if tags.iter().all(|tag| has(text.all(), tag)) {
            found.add(id);
        }
    }
}

/// Whether it begins like a message (RFC 5322): so many fields that only messages have, from the first
/// line on.
fn is_message(first: &[u8], wanted: usize) -> bool {
    let mut known = 0;
    for line in first
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end)
    {
        match line {
            [] => break,
            [b' ' | b'\t', ..] => continue,
            _ => {}
        }
        let Some(colon) = memchr::memchr(b':', line) else {
            return false;
        };
        let name = &line[..colon];
        if !name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        {
            return false;
        }
        known += usize::from(FIELDS.iter().any(|field| field.as_bytes() == name));
        if known >= wanted {
            return true;
        }
    }
    false
}

static FIELDS: &[&str] = &[
    "content-type",
    "date",
    "delivered-to",
    "dkim-signature",
    "from",
    "message-id",
    "mime-version",
    "received",
    "return-path",
    "subject",
    "to",
    "x-mailer",
];

fn is_mailbox(start: &[u8]) -> bool {
    let line = start
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    line.starts_with(b"from ")
        && line.contains(&b'@')
        && line.iter().filter(|byte| **byte == b':').count() >= 2
}

fn is_uuencode(first: &[u8]) -> bool {
    let line = first
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default()
        .trim_ascii_end();
    let rest = line.strip_prefix(b"begin-base64 ");
    let rest = rest.or_else(|| line.strip_prefix(b"begin "));
    rest.is_some_and(is_mode)
}

fn is_mode(rest: &[u8]) -> bool {
    matches!(rest, [b'0'..=b'7', b'0'..=b'7', b'0'..=b'7', b' ', _, ..])
}

/// Whether an encoded file begins behind other text: its line, and a line of code behind it.
fn holds_uuencode(head: &[u8]) -> bool {
    let head = &head[..head.len().min(READ)];
    memmem::find_iter(head, b"\nbegin").any(|at| {
        let mut lines = head[at + 1..]
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii_end);
        let (first, data) = (lines.next().unwrap_or_default(), lines.next());
        let Some(data) = data.filter(|data| !data.is_empty()) else {
            return false;
        };
        let rest = first.strip_prefix(b"begin-base64 ");
        if rest.is_some_and(is_mode) {
            return data.iter().all(u8::is_ascii_graphic);
        }
        let bytes = usize::from(data[0].wrapping_sub(b' ') & 63);
        let all = bytes.div_ceil(3) * 4;
        is_uuencode(first)
            && data.iter().all(|byte| matches!(byte, b' '..=b'`'))
            && data.len() <= all + 3
            && data.len() + 8 >= all
    })
}

fn pem(start: &[u8]) -> bool {
    let label = start.strip_prefix(b"-----begin ").unwrap_or_default();
    ["pkcs7-----", "cms-----", "pkcs #7 signed data-----"]
        .iter()
        .any(|known| label.starts_with(known.as_bytes()))
}

fn has(text: &[u8], word: &str) -> bool {
    memmem::find(text, word.as_bytes()).is_some()
}

/// The beginning of a text in lower-case ASCII: what a comparison with words needs. UTF-16 becomes
/// bytes, the byte order mark is gone, other letters stay as they are.
pub(super) struct Folded<'a> {
    bytes: Cow<'a, [u8]>,
}

impl<'a> Folded<'a> {
    pub(super) fn of(head: &'a [u8]) -> Self {
        let mut bytes = match utf16(head) {
            Some(little) => {
                let odd = usize::from(!little);
                let low = |pair: &[u8]| if pair[1 - odd] == 0 { pair[odd] } else { b'?' };
                let text: Vec<u8> = head.chunks_exact(2).map(low).collect();
                Cow::Owned(text.strip_prefix(b"?").map(<[u8]>::to_vec).unwrap_or(text))
            }
            None => Cow::Borrowed(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)),
        };
        if bytes.iter().any(u8::is_ascii_uppercase) {
            bytes.to_mut().make_ascii_lowercase();
        }
        Self { bytes }
    }

    pub(super) fn all(&self) -> &[u8] {
        &self.bytes
    }

    /// From the first character that is no white space.
    pub(super) fn start(&self) -> &[u8] {
        self.bytes.trim_ascii_start()
    }
}

/// Whether it is UTF-16, and then whether it is little endian: by its mark, or by the zero bytes of
/// ASCII text.
fn utf16(head: &[u8]) -> Option<bool> {
    match head {
        [0xff, 0xfe, rest @ ..] => return sound(rest, 1).then_some(true),
        [0xfe, 0xff, rest @ ..] => return sound(rest, 0).then_some(false),
        _ => {}
    }
    let pairs = head.chunks_exact(2).take(32);
    if pairs.len() < 8 {
        return None;
    }
    let printable = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
    if pairs.clone().all(|pair| printable(pair[0]) && pair[1] == 0) {
        return Some(true);
    }
    if pairs.clone().all(|pair| pair[0] == 0 && printable(pair[1])) {
        return Some(false);
    }
    None
}

/// Whether UTF-16 behind a mark holds no NUL and no control characters: `FF FE` also begins sound.
fn sound(rest: &[u8], high: usize) -> bool {
    rest.chunks_exact(2).take(256).all(|pair| {
        pair[high] != 0 || pair[1 - high] >= 0x20 || matches!(pair[1 - high], b'\t' | b'\n' | b'\r')
    })
}
