//! Text of Outlook messages ([MS-OXMSG]): the subject, and the body in its forms: RTF, packed
//! ([MS-OXRTFCP]), HTML and plain. What several forms say is handed on once.

use std::collections::HashSet;

use super::{rtf, runs::code_page};
use crate::{
    content::{
        document::ole::{
            compound::{Compound, u16_at, u32_at},
            package::utf16,
        },
        opener::Inside,
        page,
        span::{Span, Spot},
    },
    facts::NotOpened,
};

/// Hands on the texts of a message. Its attachments are files of their own.
pub(super) fn read(inside: &mut Inside<'_, '_>, compound: &Compound) -> Result<(), NotOpened> {
    let pages = code_pages(compound);
    if let Some(subject) = text(inside, compound, "0037", pages.text)? {
        inside.text(Span {
            spot: Spot::Subject,
            text: subject,
            ..Span::default()
        })?;
    }
    let mut body = Body::default();
    let mut result = Ok(());
    if let Some(packed) = bytes(inside, compound, "10090102")? {
        match unpack(&packed) {
            Some(document) => {
                let _held = inside.spending().hold(document.len() as u64)?;
                match rtf::read_bytes(inside, &document) {
                    Err(NotOpened::Damaged) => result = Err(NotOpened::Damaged),
                    other => other?,
                }
                body.know(inside);
            }
            None => result = Err(NotOpened::Damaged),
        }
    }
    let narrow = match bytes(inside, compound, "10130102")? {
        Some(html) => Some((html, pages.html)),
        None => bytes(inside, compound, "1013001E")?.map(|html| (html, pages.text)),
    };
    let html = match narrow {
        Some((html, encoding)) => Some(encoding.decode(&html).0.into_owned()),
        None => bytes(inside, compound, "1013001F")?.map(|html| utf16(&html)),
    };
    if let Some(html) = html {
        body.lines(inside, &page::read(&html).text)?;
    }
    if let Some(plain) = text(inside, compound, "1000", pages.text)? {
        body.lines(inside, &plain)?;
    }
    result
}

/// What was handed on of the body.
#[derive(Default)]
struct Body {
    known: HashSet<String>,
    line: u32,
}

impl Body {
    /// The lines of the RTF, which are there already.
    fn know(&mut self, inside: &Inside<'_, '_>) {
        for span in inside.own_spans() {
            self.known.extend(span.text.lines().map(plain));
            if span.spot == Spot::Body {
                self.line = self.line.max(span.line.saturating_add(1));
            }
        }
    }

    fn lines(&mut self, inside: &mut Inside<'_, '_>, text: &str) -> Result<(), NotOpened> {
        // Lines that this form repeats are told as often: a word may stand letter by letter.
        let mut fresh = HashSet::new();
        for line in text.lines() {
            let line_of_all = plain(line);
            if !self.known.contains(&line_of_all) {
                fresh.insert(line_of_all);
                inside.text(Span {
                    line: self.line,
                    text: line.trim().to_owned(),
                    ..Span::default()
                })?;
                self.line = self.line.saturating_add(1);
            }
        }
        self.known.extend(fresh);
        Ok(())
    }
}

/// A line without its spaces, which each form sets in its own way.
fn plain(line: &str) -> String {
    line.chars().filter(|c| !c.is_whitespace()).collect()
}

/// A text property, in Unicode or in the code page of the message.
fn text(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    id: &str,
    encoding: &'static encoding_rs::Encoding,
) -> Result<Option<String>, NotOpened> {
    if let Some(wide) = bytes(inside, compound, &format!("{id}001F"))? {
        return Ok(Some(utf16(&wide)));
    }
    let narrow = bytes(inside, compound, &format!("{id}001E"))?;
    Ok(narrow.map(|narrow| encoding.decode(&narrow).0.into_owned()))
}

fn bytes(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    property: &str,
) -> Result<Option<Vec<u8>>, NotOpened> {
    let Some(index) = compound.child(0, &format!("__substg1.0_{property}")) else {
        return Ok(None);
    };
    let size = compound.stream(index).left();
    // Text is counted when it is handed on; this is held while it is read.
    let _held = inside.spending().hold(size.saturating_mul(4))?;
    Ok(Some(compound.read(index, size)))
}

/// The code pages of a message.
struct Pages {
    text: &'static encoding_rs::Encoding,
    html: &'static encoding_rs::Encoding,
}

/// PidTagMessageCodepage and PidTagInternetCodepage, among the properties of fixed length.
fn code_pages(compound: &Compound) -> Pages {
    let stream = compound.find(&["__properties_version1.0"]);
    let bytes = stream.map(|stream| compound.read(stream, LONG_PROPERTIES));
    let bytes = bytes.unwrap_or_default();
    let page = |id: u16| {
        let properties = bytes.get(32..).unwrap_or_default().chunks_exact(16);
        properties
            .filter(|entry| u16_at(entry, 2) == Some(id))
            .find_map(|entry| u32_at(entry, 8))
            .map(code_page)
    };
    let text = page(0x3ffd).or_else(|| page(0x3fde));
    Pages {
        text: text.unwrap_or(encoding_rs::WINDOWS_1258),
        html: page(0x3fde).or(text).unwrap_or(encoding_rs::UTF_8),
    }
}

/// Unpacks RTF ([MS-OXRTFCP] 2.2). What is cut is unpacked as far as it goes.
fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let size = u32_at(packed, 4)? as usize;
    let data = packed.get(16..)?;
    match u32_at(packed, 8)? {
        // MELA: not packed.
        0x414c_454d => return Some(data.get(..size).unwrap_or(data).to_vec()),
        // LZFu
        0x7546_5a4c => {}
        _ => return None,
    }
    let mut window = [0_u8; WINDOW];
    for (to, from) in window.iter_mut().zip(PRELOADED) {
        *to = *from;
    }
    let mut next = PRELOADED.len();
    let mut out = Vec::new();
    let mut put = |window: &mut [u8; WINDOW], next: &mut usize, byte: u8| {
        if let Some(place) = window.get_mut(*next % WINDOW) {
            *place = byte;
        }
        *next = (*next + 1) % WINDOW;
        out.push(byte);
        out.len() < size
    };
    let mut rest = data.iter().copied();
    'all: while let Some(control) = rest.next() {
        for bit in 0..8 {
            if control >> bit & 1 == 0 {
                let Some(byte) = rest.next() else {
                    break 'all;
                };
                if !put(&mut window, &mut next, byte) {
                    break 'all;
                }
                continue;
            }
            let (Some(high), Some(low)) = (rest.next(), rest.next()) else {
                break 'all;
            };
            let from = usize::from(high) << 4 | usize::from(low >> 4);
            if from == next {
                break 'all;
            }
            for step in 0..usize::from(low & 15) + 2 {
                let byte = window.get((from + step) % WINDOW).copied().unwrap_or(0);
                if !put(&mut window, &mut next, byte) {
                    break 'all;
                }
            }
        }
    }
    Some(out)
}

const WINDOW: usize = 4096;
/// What stands in the window at first.
static PRELOADED: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
/// Bytes of properties that are read.
const LONG_PROPERTIES: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_rtf_is_unpacked() {
        // [MS-OXRTFCP] 3.1 and 3.2.
        let packed = b"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125B2\x0a\xf3 hel\x09\0 bw\x05\xb0ld}\x0a\x80\x0f\xa0";
        let document = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
        assert_eq!(PRELOADED.len(), 207);
        assert_eq!(unpack(packed).unwrap(), document);
        let crossing =
            b"\x1a\0\0\0\x1c\0\0\0LZFu\xe2\xd4\x4b\x51\x41\0\x04\x20WXYZ\x0d\x6e\x7d\x01\x0e\xb0";
        assert_eq!(unpack(crossing).unwrap(), b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
        for length in 0..packed.len() {
            let found = unpack(&packed[..length]).unwrap_or_default();
            assert!(document.starts_with(&found), "cut at {length}");
        }
    }
}
