//! Web pages and SVG pictures as attachments: scripts, what they load from other computers, and files
//! that they carry in themselves (HTML smuggling): `data:` URLs, and base64 wherever it stands that
//! decodes to a program, an archive or a disk image.
//!
//! One pass over the text for each, no recursion. Styles, links, pictures and the data of newsletters
//! (`application/ld+json`) are none of these.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, io::Write as _};

use memchr::{memchr, memmem};

use crate::{
    content::{
        base64,
        kinds::{self, Sample},
        opener::{Inside, Member},
        page,
        source::Source,
    },
    facts::{Class, NotOpened},
};

/// Looks for scripts, and hands on the files that the page carries.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let size = source.len();
    let read = size.min(MAX_PAGE);
    let _held = inside.spending().hold(read.saturating_mul(2))?;
    let bytes = source.up_to(0, usize::try_from(read).unwrap_or_default());
    let text = text(&bytes);
    let mut findings = Findings::default();
    look(&text, &mut findings);
    if findings.script {
        inside.sign("script");
    }
    if findings.external {
        inside.sign("external-link");
    }
    files(inside, &text)?;
    if size > MAX_PAGE {
        return Err(NotOpened::Budget {
            which: "memory",
            limit: MAX_PAGE,
            seen: size,
        });
    }
    Ok(())
}

/// The text as far as markup goes: which letters other charsets mean does not matter.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    let wide = match bytes {
        [0xff, 0xfe, ..] | [b'<', 0, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] | [0, b'<', ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    };
    match wide {
        Some(charset) => charset.decode_with_bom_removal(bytes).0,
        None => String::from_utf8_lossy(bytes),
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    script: bool,
    external: bool,
}

fn look(text: &str, findings: &mut Findings) {
    let mut at = 0;
    while let Some(open) = text
        .get(at..)
        .and_then(|rest| memchr(b'<', rest.as_bytes()))
    {
        if findings.script && findings.external {
            return;
        }
        at += open;
        let markup = text.get(at..).unwrap_or_default();
        let used = match markup.as_bytes() {
            [b'<', b'!', b'-', b'-', ..] => page::comment(markup),
            // Entities of XML may hold markup: what they say is looked at as if it stood here.
            [b'<', b'!' | b'?', ..] => 1,
            [b'<', c, ..] if c.is_ascii_alphabetic() => element(markup, findings),
            _ => 1,
        };
        at += used.max(1);
    }
}

/// Looks at an element; gives the bytes of its tag, of a script those of its content too.
fn element(markup: &str, findings: &mut Findings) -> usize {
    let mut data = false;
    let mut looked = Findings::default();
    let (name, used) = page::tag(markup, 1, &mut |name, value| {
        if name == "type" {
            data = DATA.contains(&value.trim().to_ascii_lowercase().as_str());
        }
        attribute(name, value, &mut looked);
    });
    findings.script |= looked.script;
    findings.external |= looked.external;
    // `svg:script` in XML.
    let local = name
        .rsplit_once(':')
        .map_or(name.as_str(), |(_, local)| local);
    if local != "script" {
        return used;
    }
    findings.script |= !data;
    // What stands in a script is no markup.
    let rest = markup.get(used..).unwrap_or_default();
    if markup.get(..used).is_some_and(|tag| tag.ends_with("/>")) {
        return used;
    }
    let mut from = 0;
    while let Some(found) = memmem::find(rest.as_bytes().get(from..).unwrap_or_default(), b"</") {
        let close = from + found + 2;
        let name_there = rest.as_bytes().get(close..close + name.len());
        if name_there.is_some_and(|there| there.eq_ignore_ascii_case(name.as_bytes())) {
            return used + from + found;
        }
        from = close;
    }
    // Never closed: all that comes is script.
    markup.len()
}

fn attribute(name: &str, value: &str, findings: &mut Findings) {
    if let Some(event) = name.strip_prefix("on")
        && event.len() >= 3
        && event.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !value.trim().is_empty()
    {
        findings.script = true;
        return;
    }
    let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
    if !TARGETS.contains(&local) {
        return;
    }
    let short = value.char_indices().nth(MAX_TARGET);
    let value = short.map_or(value, |(end, _)| value.get(..end).unwrap_or(value));
    let mut target = String::new();
    page::push_decoded(value, &mut target);
    // Browsers skip white space and control characters here.
    target.retain(|c| c > ' ');
    target.make_ascii_lowercase();
    let target = match local {
        // <meta http-equiv=refresh content="0; url=…">
        "content" => match target.split_once("url=") {
            Some((_, url)) => url.trim_matches(['"', '\'']),
            None => return,
        },
        _ => target.as_str(),
    };
    let script = ["javascript:", "vbscript:", "livescript:"];
    if let Some(script) = script.iter().find_map(|scheme| target.strip_prefix(scheme)) {
        findings.script |= !NOTHING.contains(&script.trim_end_matches(';'));
    } else {
        findings.external |= page::leads_to_files(target);
    }
}

/// Files in base64, and pages in `data:` URLs.
fn files(inside: &mut Inside<'_, '_>, text: &str) -> Result<(), NotOpened> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut count = 0_usize;
    while let Some(byte) = bytes.get(at) {
        count += 1;
        if count.is_multiple_of(CHECK) {
            inside.spending().check()?;
        }
        if !is_base64(*byte) {
            at += 1;
            continue;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let mut length = rest.iter().take_while(|byte| is_base64(**byte)).count();
        let before = bytes.get(at.saturating_sub(7)..at).unwrap_or_default();
        let url = before.eq_ignore_ascii_case(b"base64,");
        if url {
            // To the end of the attribute or string: line ends and %2B stand in it.
            let is_end =
                |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b')' | b'<' | b'>' | b'\\');
            length = rest.iter().position(is_end).unwrap_or(rest.len());
        }
        let run = rest.get(..length).unwrap_or_default();
        at += length;
        if run.len() < MIN_RUN || !(url || is_promising(run)) {
            continue;
        }
        let declared = match url {
            true => declared_type(bytes.get(..at - length).unwrap_or_default()),
            false => String::new(),
        };
        // Decoded, no more than three quarters of the page's own bytes.
        let _held = inside.spending().hold(run.len() as u64)?;
        let file = decode(run);
        carried(inside, &file, &declared)?;
    }
    // data:text/html,… without base64.
    let mut next = 0;
    for found in memmem::find_iter(bytes, b"data:") {
        if found < next {
            continue;
        }
        let rest = bytes.get(found + 5..).unwrap_or_default();
        let plain = ["text/html", "image/svg+xml", "application/xhtml+xml"];
        let is_page = plain.iter().any(|kind| {
            let there = rest.get(..kind.len());
            there.is_some_and(|there| there.eq_ignore_ascii_case(kind.as_bytes()))
        });
        let head = rest.get(..64).unwrap_or(rest);
        let Some(comma) = memchr(b',', head).filter(|_| is_page) else {
            continue;
        };
        if head
            .get(..comma)
            .is_some_and(|head| head.ends_with(b"base64"))
        {
            continue;
        }
        inside.spending().check()?;
        let content = rest.get(comma + 1..).unwrap_or_default();
        let end = content
            .iter()
            .take(MAX_PLAIN)
            .position(|byte| matches!(byte, b'"' | b'`'));
        let content = content.get(..end.unwrap_or(MAX_PLAIN)).unwrap_or(content);
        next = found + content.len();
        let mut looked = Findings::default();
        let page = percent_decoded(content);
        look(&String::from_utf8_lossy(&page), &mut looked);
        if looked.script {
            inside.sign("script");
        }
        if looked.external {
            inside.sign("external-link");
        }
    }
    Ok(())
}

/// Hands on a file that the page carries, unless it is what pages are made of.
fn carried(inside: &mut Inside<'_, '_>, file: &[u8], declared: &str) -> Result<(), NotOpened> {
    let found = kinds::kinds(&Sample::of(file, &[]));
    let matters = found.iter().any(|kind| match kind.class {
        Class::Image => kind.id == "svg",
        Class::Media | Class::Text | Class::Other => false,
        Class::Script => !declared.ends_with("javascript"),
        _ => true,
    });
    if !matters {
        return Ok(());
    }
    if found.iter().any(|kind| kind.class != Class::Image) {
        inside.sign("embedded-file");
    }
    let mut to = inside.begin(Member::default())?;
    let written = to.write_all(file);
    to.finish(written.err().map(|_| NotOpened::Damaged))
}

/// What a `data:` URL that ends here declares.
fn declared_type(before: &[u8]) -> String {
    let start = before.len().saturating_sub(128);
    let before = before.get(start..).unwrap_or_default();
    let data = memmem::rfind(before, b"data:").map(|at| at + 5);
    let kind = before
        .get(data.unwrap_or(before.len())..)
        .unwrap_or_default();
    let end = kind.iter().position(|byte| matches!(byte, b';' | b','));
    let kind = kind.get(..end.unwrap_or(kind.len())).unwrap_or_default();
    String::from_utf8_lossy(kind).trim().to_ascii_lowercase()
}

/// Whether base64 that begins so may be a program, an archive, a disk image or a document.
fn is_promising(run: &[u8]) -> bool {
    SIGNS.iter().any(|sign| run.starts_with(sign.as_bytes()))
        // Images of disks begin with nothing.
        || (run.len() > DISK && run.starts_with(b"AAAAAAAA"))
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// base64 (RFC 4648), also of URLs: what is not of the alphabet is skipped.
fn decode(run: &[u8]) -> Vec<u8> {
    let run = match memchr(b'%', run) {
        Some(_) => Cow::Owned(percent_decoded(run)),
        None => Cow::Borrowed(run),
    };
    base64::of_url(run.iter().copied())
}

fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first == b'%'
            && let [high, low, after @ ..] = behind
            && let (Some(high), Some(low)) = (
                char::from(*high).to_digit(16),
                char::from(*low).to_digit(16),
            )
        {
            out.push(u8::try_from(high * 16 + low).unwrap_or_default());
            rest = after;
        } else {
            out.push(*first);
        }
    }
    out
}

/// How base64 of files begins that a page has no need to carry: MZ, PK, RAR, 7z, CAB, LNK, gzip, ELF,
/// OLE, PDF, OneNote, VHD, VHDX, xz, RTF, HTML.
static SIGNS: &[&str] = &[
    "TVq",
    "TVo",
    "TVp",
    "TVr",
    "UEsDB",
    "UEsFB",
    "UmFyI",
    "N3q8",
    "TVNDR",
    "TAAAAAEUAg",
    "H4sI",
    "f0VMR",
    "0M8R4",
    "JVBER",
    "5FJce4",
    "Y29uZWN0aXg",
    "dmhkeGZpbGU",
    "/Td6WFo",
    "e1xyd",
    "PCFET0",
    "PCFkb2",
    "PGh0bWw",
    "PEhUTUw",
    "PHNjcmlwd",
    "PHN2Z",
    "PD94bWw",
];
/// Attributes that name a target, without a prefix (`xlink:`).
static TARGETS: &[&str] = &[
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "codebase",
    "code",
    "background",
    "classid",
    "content",
    "values",
    "to",
    "from",
    "srcdoc",
    "dynsrc",
    "lowsrc",
    "poster",
];
/// Types of script elements that hold data.
static DATA: &[&str] = &[
    "application/ld+json",
    "application/json",
    "text/template",
    "text/x-template",
    "text/x-handlebars-template",
    "importmap",
];
/// Scripts that do nothing.
static NOTHING: &[&str] = &["", "void(0)", "void0", "//", "#", "voidnull"];
/// Bytes of a page that are read.
const MAX_PAGE: u64 = 32 << 20;
/// Bytes of a target that are looked at.
const MAX_TARGET: usize = 4096;
/// Letters of base64 that may be a file.
const MIN_RUN: usize = 64;
/// Letters of base64 of the smallest image of a disk.
const DISK: usize = 44_000;
/// Bytes of a page in a `data:` URL without base64.
const MAX_PLAIN: usize = 1 << 20;
/// Steps between two looks at the clock.
const CHECK: usize = 64 << 10;
