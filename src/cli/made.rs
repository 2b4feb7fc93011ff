//! Letters that a policy's test has made: attachments of so many bytes, for limits of size.

use std::io::{self, Cursor, Read};

use crate::policy::Given;

/// Bytes in a whole line of base64, as they are and encoded.
const LINE: (u64, usize) = (57, 76);

/// A letter in Vietnamese with attachments of these sizes, all zeros.
pub(super) fn letter(given: &Given, sizes: &[u64]) -> impl Read + use<> {
    let from = given.from.as_deref().unwrap_or("nguoigui@example.com");
    let head = format!(
        "From: <{}>\r\nTo: <{}>\r\nSubject: Kiem thu dung luong\r\nDate: Thu, 01 Jan 2026 00:00:00 +0700\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=thu\r\n\r\n--thu\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nXem tep dinh kem.\r\n",
        plain(from),
        given.rcpt.first().map(|to| plain(to)).unwrap_or_default(),
    );
    let mut letter: Box<dyn Read> = Box::new(Cursor::new(head));
    for (index, &size) in sizes.iter().enumerate() {
        let head = format!(
            "--thu\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"tep-{}.dat\"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            index + 1
        );
        letter = Box::new(letter.chain(Cursor::new(head)).chain(Zeros::new(size)));
    }
    letter.chain(Cursor::new("--thu--\r\n"))
}

/// An address without brackets or anything that would end its field.
fn plain(address: &str) -> String {
    let inside = |c: &char| !c.is_control() && !matches!(c, '<' | '>');
    address.chars().filter(inside).collect()
}

/// So many zeros in base64, with CRLF behind each line.
struct Zeros {
    /// Whole lines that are left.
    lines: u64,
    /// The line that is being given out, and how far.
    line: Vec<u8>,
    given: usize,
    /// The last, shorter line; empty once it is given out.
    last: Vec<u8>,
}

impl Zeros {
    fn new(size: u64) -> Self {
        let rest = (size % LINE.0) as usize;
        let mut last = vec![b'A'; rest.div_ceil(3) * 4];
        let padding = (3 - rest % 3) % 3;
        let fill = last.len() - padding;
        last.iter_mut().skip(fill).for_each(|byte| *byte = b'=');
        if rest > 0 {
            last.extend(b"\r\n");
        }
        Self {
            lines: size / LINE.0,
            line: Vec::new(),
            given: 0,
            last,
        }
    }
}

impl Read for Zeros {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given >= self.line.len() {
            self.given = 0;
            if self.lines > 0 {
                // Many lines at once: a letter of 50 MiB has a million of them.
                let lines = self.lines.min(1000);
                self.lines -= lines;
                self.line.clear();
                for _ in 0..lines {
                    self.line.extend([b'A'; LINE.1]);
                    self.line.extend(b"\r\n");
                }
            } else {
                self.line = std::mem::take(&mut self.last);
            }
        }
        let rest = self.line.get(self.given..).unwrap_or_default();
        let length = rest.len().min(into.len());
        if let (Some(into), Some(rest)) = (into.get_mut(..length), rest.get(..length)) {
            into.copy_from_slice(rest);
        }
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_base64_to_the_byte() {
        let encoded = |size| {
            let mut text = String::new();
            Zeros::new(size).read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!(encoded(0), "");
        assert_eq!(encoded(1), "AA==\r\n");
        assert_eq!(encoded(2), "AAA=\r\n");
        assert_eq!(encoded(3), "AAAA\r\n");
        let line = format!("{}\r\n", "A".repeat(76));
        assert_eq!(encoded(57), line);
        assert_eq!(encoded(58), format!("{line}AA==\r\n"));
        assert_eq!(encoded(57 * 2500).len(), 78 * 2500);
    }
}
