//! A part of a document package, as it is read: whether it is XML through and through, and where its
//! links lead.

use super::xml::{Handler, Scanner};

/// Reads one part.
#[derive(Debug, Default)]
pub(super) struct Part {
    scanner: Scanner,
    /// How the text is encoded, once it has begun.
    encoding: Option<Encoding>,
    /// A byte of a UTF-16 unit whose other byte has not come yet.
    half: Option<u8>,
    /// Whether a byte came that no XML document has.
    binary: bool,
    began: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Ascii,
    Utf16 { big: bool },
}

impl Part {
    /// Reads a piece; what is scanned goes to the handler, if there is one.
    pub(super) fn feed(&mut self, bytes: &[u8], handler: Option<&mut dyn Handler>) {
        if self.binary || bytes.is_empty() {
            return;
        }
        let encoding = *self.encoding.get_or_insert(match bytes {
            [0xff, 0xfe, ..] | [b'<', 0, ..] => Encoding::Utf16 { big: false },
            [0xfe, 0xff, ..] | [0, b'<', ..] => Encoding::Utf16 { big: true },
            _ => Encoding::Ascii,
        });
        match encoding {
            Encoding::Ascii => self.ascii(bytes, handler),
            Encoding::Utf16 { big } => {
                let units = self.half.take().into_iter().chain(bytes.iter().copied());
                let mut narrow = Vec::with_capacity(bytes.len() / 2 + 1);
                let mut half = None;
                for byte in units {
                    let Some(first) = half.take() else {
                        half = Some(byte);
                        continue;
                    };
                    let (high, low) = if big { (first, byte) } else { (byte, first) };
                    narrow.push(if high == 0 && low < 0x80 { low } else { b'?' });
                }
                self.half = half;
                // The byte order mark.
                let skip = usize::from(!self.began && narrow.first() == Some(&b'?'));
                self.ascii(narrow.get(skip..).unwrap_or_default(), handler);
            }
        }
    }

    fn ascii(&mut self, mut bytes: &[u8], handler: Option<&mut dyn Handler>) {
        if !self.began {
            bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            bytes = bytes.trim_ascii_start();
            match bytes.first() {
                None => return,
                Some(b'<') => self.began = true,
                Some(_) => self.binary = true,
            }
        }
        let control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        self.binary |= bytes.iter().any(control);
        if let (false, Some(handler)) = (self.binary, handler) {
            self.scanner.feed(bytes, handler);
        }
    }

    /// Whether it is XML, as far as can be seen: it begins with a tag and no byte of it is binary.
    pub(super) fn is_xml(&self) -> bool {
        self.began && !self.binary && !self.scanner.cut
    }
}

/// Where a link leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leads {
    /// Into the document, or to a file of this computer.
    Here,
    /// To a server by http and the like.
    Web,
    /// To a server of the local network (UNC, SMB), to which Windows logs in by itself.
    Share,
}

/// Where a link leads.
pub(super) fn leads(target: &str) -> Leads {
    let target = target.trim().to_ascii_lowercase().replace('\\', "/");
    if target.starts_with("//") {
        return Leads::Share;
    }
    let Some((scheme, rest)) = target.split_once(':') else {
        return Leads::Here;
    };
    let named = scheme
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    match scheme {
        "file" => {
            let path = rest.trim_start_matches('/');
            let slashes = rest.len() - path.len();
            let drive = matches!(path.as_bytes(), [_, b':' | b'|', ..]);
            let local = path.is_empty() || drive || path.starts_with("localhost/");
            if !local && matches!(slashes, 2 | 4..) {
                Leads::Share
            } else {
                Leads::Here
            }
        }
        "smb" | "cifs" | "nfs" => Leads::Share,
        "mailto" | "tel" => Leads::Here,
        _ if scheme.len() > 1 && named => Leads::Web,
        _ => Leads::Here,
    }
}

/// The extension of a path, in lower case.
pub(super) fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    extension.to_ascii_lowercase()
}
