//! The text of a part: its decoded bytes in the charset that they are in.

use super::{Limit, Part, Why, spool::Data, text};

/// Text of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartText {
    /// The characters; bytes that mean nothing in the charset are U+FFFD.
    pub text: String,
    /// How many bytes of the part were read: all, or as many as were allowed.
    pub bytes: u64,
    /// Whether bytes were left out.
    pub cut: bool,
}

impl Part {
    /// At most `limit` bytes of the part's content as text.
    ///
    /// A byte order mark counts most, then the declared charset. Where that is missing, unknown or
    /// US-ASCII: UTF-8 if that is what the bytes are, else windows-1252. An HTML text may declare
    /// its charset itself, in its first KiB.
    ///
    /// # Errors
    /// Why the bytes are not there: the part holds parts, or its content could not be stored or
    /// read.
    pub fn text(&self, limit: u64) -> Result<PartText, Why> {
        let blob = self.blob.as_ref().ok_or(Why::Unsupported)?;
        match &blob.data {
            Data::NotKept(why) => return Err(*why),
            Data::Apart => return Err(Why::Unsupported),
            Data::Memory(_) | Data::Spooled(_) => {}
        }
        let bytes = blob.size.min(limit);
        let length = usize::try_from(bytes).map_err(|_| {
            Why::Limit(Limit {
                which: "text_bytes",
                limit,
                seen: blob.size,
            })
        })?;
        let content = match blob.read_at(0, length) {
            Ok(Some(content)) => content,
            Ok(None) | Err(_) => return Err(Why::Damaged),
        };
        let cut = bytes < blob.size;
        Ok(PartText {
            text: self.decode(&content, cut),
            bytes,
            cut,
        })
    }

    fn decode(&self, content: &[u8], cut: bool) -> String {
        if let Some(rest) = content.strip_prefix(b"\xef\xbb\xbf") {
            return String::from_utf8_lossy(rest).into_owned();
        }
        for (mark, charset) in [(b"\xff\xfe", "utf-16le"), (b"\xfe\xff", "utf-16be")] {
            if let Some(rest) = content.strip_prefix(mark)
                && let Some(text) = text::decode(charset, rest)
            {
                return text;
            }
        }
        let mut declared = self.charset.as_deref().filter(|name| says_something(name));
        if declared.is_none() && self.media_type == "text/html" {
            let head = content
                .get(..content.len().min(HTML_HEAD))
                .unwrap_or(content);
            declared = html_charset(head).filter(|name| says_something(name));
        }
        if let Some(charset) = declared
            && let Some(text) = text::decode(charset, content)
        {
            return text;
        }
        guess(content, cut)
    }
}

/// Nearly all that says US-ASCII and holds other bytes is something else.
fn says_something(charset: &str) -> bool {
    !charset.eq_ignore_ascii_case("us-ascii") && !charset.eq_ignore_ascii_case("ascii")
}

/// UTF-8, also with a few damaged letters: one wrong byte must not hide all the others.
fn guess(content: &[u8], cut: bool) -> String {
    let (mut letters, mut wrong) = (0_usize, 0_usize);
    let mut chunks = content.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        // What was cut in the middle of a letter is not damaged.
        let at_cut = cut && chunks.peek().is_none();
        wrong += usize::from(!chunk.invalid().is_empty() && !at_cut);
    }
    if wrong == 0 || letters > wrong {
        return String::from_utf8_lossy(content).into_owned();
    }
    text::decode("windows-1252", content).unwrap_or_else(|| text::guess(content))
}

/// `<meta charset=…>` and `<meta http-equiv=… content="…; charset=…">`.
fn html_charset(head: &[u8]) -> Option<&str> {
    let lower = head.to_ascii_lowercase();
    let at = memchr::memmem::find(&lower, b"charset")? + b"charset".len();
    let rest = head.get(at..)?.trim_ascii_start().strip_prefix(b"=")?;
    let rest = rest.trim_ascii_start();
    let rest = rest
        .strip_prefix(b"\"")
        .or(rest.strip_prefix(b"'"))
        .unwrap_or(rest);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':');
    let end = rest
        .iter()
        .position(|byte| !plain(byte))
        .unwrap_or(rest.len());
    let name = std::str::from_utf8(rest.get(..end)?).ok()?;
    // A page that could be read so far is not in UTF-16.
    (!name.is_empty() && !name.to_ascii_lowercase().starts_with("utf-16")).then_some(name)
}

const HTML_HEAD: usize = 1024;
