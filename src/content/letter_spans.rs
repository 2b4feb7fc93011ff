//! What a letter says in pieces with their places: its subject, the names of its files, its texts, and files
//! that are plain text or HTML, wherever they lie.

use super::{
    Span, Spot,
    letter::{Form, form},
    opener::{Inside, Opener},
    page_spans,
    source::Source,
};
use crate::{
    facts::NotOpened,
    message::{Part, PartText},
    vietnamese,
};

/// Readings of one file's name that are looked at.
const NAMES: usize = 8;

/// Bytes of one name and of one subject.
const NAME: usize = 4096;

/// The names of a file. What the budget no longer allows is left out, and the file says so.
pub(super) fn names(opener: &mut Opener<'_>, node: usize) {
    if !opener.needs.documents {
        return;
    }
    let found = opener.tree.nodes.get(node);
    let names: Vec<String> = found
        .map(|node| node.names.iter().take(NAMES).cloned().collect())
        .unwrap_or_default();
    for (line, name) in (0..).zip(names) {
        put(opener, node, Spot::FileName, line, start(&name));
    }
}

/// A subject.
pub(super) fn subject(opener: &mut Opener<'_>, node: usize, subject: &str) {
    put(opener, node, Spot::Subject, 0, start(subject));
}

fn put(opener: &mut Opener<'_>, node: usize, spot: Spot, line: u32, text: &str) {
    let span = Span {
        spot,
        line,
        text: text.to_owned(),
        ..Span::default()
    };
    if let Err(why) = opener.text(node, span) {
        opener.not_opened(node, why);
    }
}

fn start(text: &str) -> &str {
    text.get(..text.floor_char_boundary(NAME)).unwrap_or(text)
}

/// A part that is text or HTML by what it is declared to be or called; whether it was one.
pub(super) fn part(opener: &mut Opener<'_>, node: usize, part: &Part) -> bool {
    if !opener.needs.documents {
        return false;
    }
    let Some(form) = form(part) else {
        return false;
    };
    let read = part_spans(opener, node, part, form == Form::Page);
    if let Err(why) = read {
        opener.not_opened(node, why);
    }
    true
}

fn part_spans(
    opener: &mut Opener<'_>,
    node: usize,
    part: &Part,
    page: bool,
) -> Result<(), NotOpened> {
    let limit = opener.spending.text_left();
    let read = part.text(limit).map_err(|why| super::why(&why))?;
    let (text, legacy) = in_unicode(part, read.clone());
    spans(page, &text, legacy, &mut |span| opener.text(node, span))?;
    match read.cut {
        true => Err(opener.spending.text_over()),
        false => Ok(()),
    }
}

/// The text of a part; where its declared charset makes no sense of the bytes, as what its bytes tell.
fn in_unicode(part: &Part, read: PartText) -> (String, Option<&'static str>) {
    if !read.text.contains('\u{fffd}') {
        return (read.text, None);
    }
    let bytes = part
        .blob
        .as_ref()
        .and_then(|blob| blob.read_all(read.bytes).ok().flatten());
    match bytes.and_then(|bytes| vietnamese::bytes_to_unicode(&bytes)) {
        Some(converted) => (converted.text, Some(converted.found.encoding.name())),
        None => (read.text, None),
    }
}

/// Reads a plain text file.
pub(super) fn text(inside: &mut Inside<'_, '_>, source: &Source) -> Result<(), NotOpened> {
    file(inside, source, false)
}

/// Reads an HTML file.
pub(super) fn html(inside: &mut Inside<'_, '_>, source: &Source) -> Result<(), NotOpened> {
    file(inside, source, true)
}

fn file(inside: &mut Inside<'_, '_>, source: &Source, page: bool) -> Result<(), NotOpened> {
    if !inside.wants_text() || inside.is_told() {
        return Ok(());
    }
    let limit = inside.spending().text_left();
    let bytes = source.up_to(0, usize::try_from(source.len().min(limit)).unwrap_or(0));
    let (text, legacy) = decoded(&bytes);
    spans(page, &text, legacy, &mut |span| inside.text(span))?;
    match source.len() > limit {
        true => Err(inside.spending().text_over()),
        false => Ok(()),
    }
}

/// Bytes of a file that says nothing of its charset.
fn decoded(bytes: &[u8]) -> (String, Option<&'static str>) {
    for (mark, encoding) in [
        (&b"\xff\xfe"[..], encoding_rs::UTF_16LE),
        (b"\xfe\xff", encoding_rs::UTF_16BE),
        (b"\xef\xbb\xbf", encoding_rs::UTF_8),
    ] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            let (text, _) = encoding.decode_without_bom_handling(rest);
            return (text.into_owned(), None);
        }
    }
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        // Cut in the middle of a letter.
        Err(error) if error.error_len().is_none() => bytes
            .get(..error.valid_up_to())
            .and_then(|whole| std::str::from_utf8(whole).ok()),
        Err(_) => None,
    };
    if let Some(text) = valid {
        return (text.to_owned(), None);
    }
    match vietnamese::bytes_to_unicode(bytes) {
        Some(converted) => (converted.text, Some(converted.found.encoding.name())),
        None => {
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
            (text.into_owned(), None)
        }
    }
}

/// The pieces of a text: its lines, or those of the page.
fn spans(
    page: bool,
    text: &str,
    legacy: Option<&'static str>,
    found: &mut dyn FnMut(Span) -> Result<(), NotOpened>,
) -> Result<(), NotOpened> {
    if page {
        return page_spans::read(text, &mut |span| {
            found(Span {
                legacy: span.legacy.or(legacy),
                ..span
            })
        });
    }
    for (line, text) in (0..).zip(text.lines()) {
        found(Span {
            line,
            text: text.to_owned(),
            legacy,
            ..Span::default()
        })?;
    }
    Ok(())
}
