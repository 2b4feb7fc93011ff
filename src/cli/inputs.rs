//! What `scan` is given: files, folders, Maildir and mbox, found and counted before they are read.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use super::feed::Source;

/// Everything that is to be judged, and what could not be looked at.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// The messages, in the order of the paths; files of a folder by name.
    pub sources: Vec<Source>,
    /// Paths that could not be read, with the reason.
    pub unreadable: Vec<(PathBuf, io::Error)>,
}

impl Inputs {
    /// Looks at these paths.
    pub(super) fn find(paths: &[PathBuf]) -> Self {
        let mut inputs = Self::default();
        for path in paths {
            inputs.path(path, true);
        }
        inputs
    }

    fn path(&mut self, path: &Path, named: bool) {
        if let Err(error) = self.look(path, named) {
            self.unreadable.push((path.to_owned(), error));
        }
    }

    fn look(&mut self, path: &Path, named: bool) -> io::Result<()> {
        // Only what the user named is followed through links: a link inside a folder may lead
        // round in a circle.
        let meta = if named {
            fs::metadata(path)?
        } else {
            fs::symlink_metadata(path)?
        };
        if meta.is_dir() {
            return self.folder(path);
        }
        if !meta.is_file() {
            return if named {
                Err(io::Error::other("neither a file nor a folder"))
            } else {
                Ok(())
            };
        }
        match mbox(path)? {
            Some(ranges) => {
                self.sources
                    .extend(ranges.into_iter().enumerate().map(|(index, range)| Source {
                        path: path.to_owned(),
                        range: Some(range),
                        number: index + 1,
                    }))
            }
            None => self.sources.push(Source::whole(path)),
        }
        Ok(())
    }

    fn folder(&mut self, path: &Path) -> io::Result<()> {
        let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        let maildir = path.join("cur").is_dir() && path.join("new").is_dir();
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // In a Maildir, messages are in cur and new, sub-folders begin with a dot, and tmp
            // holds what is not delivered yet (maildir(5)). Elsewhere a dot hides a file.
            let wanted = if maildir {
                name == "cur" || name == "new" || (name.starts_with('.') && entry.path().is_dir())
            } else {
                !name.starts_with('.')
            };
            if wanted {
                self.path(&entry.path(), false);
            }
        }
        Ok(())
    }
}

/// The messages of an mbox: offset and length of each, without its `From ` line and without the
/// empty line before the next (RFC 4155). None for what is not an mbox.
fn mbox(path: &Path) -> io::Result<Option<Vec<(u64, u64)>>> {
    let mut file = File::open(path)?;
    let mut magic = [0; 5];
    let mut filled = 0;
    while filled < magic.len() {
        match file.read(&mut magic[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    if magic.get(..filled) != Some(b"From ".as_slice()) {
        return Ok(None);
    }
    split(BufReader::with_capacity(1 << 20, File::open(path)?)).map(Some)
}

/// Splits an mbox, whatever the length of its lines, in bounded memory.
fn split(mut mbox: impl Read) -> io::Result<Vec<(u64, u64)>> {
    let mut ranges = Vec::new();
    let mut buffer = vec![0; 1 << 20];
    let mut offset = 0u64;
    // Where the message under way begins; none inside a `From ` line.
    let mut start: Option<u64> = None;
    // The first bytes of the line under way, and whether the line before it was empty.
    let mut line: Vec<u8> = Vec::with_capacity(5);
    let mut line_start = 0u64;
    let mut line_length = 0u64;
    let mut after_empty = true;
    let mut empty_length = 0u64;
    let mut separator = false;
    loop {
        let read = mbox.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        for &byte in buffer.get(..read).unwrap_or_default() {
            if line_length < 5 {
                line.push(byte);
                if line == b"From " && after_empty {
                    if let Some(start) = start.take() {
                        ranges.push((start, line_start.saturating_sub(empty_length) - start));
                    }
                    separator = true;
                }
            }
            line_length += 1;
            offset += 1;
            if byte == b'\n' {
                if separator {
                    start = Some(offset);
                    separator = false;
                    after_empty = false;
                } else {
                    after_empty = line == b"\n" || line == b"\r\n";
                }
                empty_length = if after_empty { line_length } else { 0 };
                line.clear();
                line_start = offset;
                line_length = 0;
            }
        }
    }
    if let Some(start) = start {
        // Only an empty line that is the last one is not part of the message.
        let end = offset - if line_length == 0 { empty_length } else { 0 };
        ranges.push((start, end.max(start) - start));
    }
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(mbox: &str) -> Vec<&str> {
        split(mbox.as_bytes())
            .unwrap()
            .into_iter()
            .map(|(start, length)| &mbox[start as usize..(start + length) as usize])
            .collect()
    }

    #[test]
    fn an_mbox_is_split_at_its_from_lines() {
        let mbox = "From a@b Sun Nov 22 00:00:00 2026\nSubject: 1\n\none\n\nFrom c@d Sun Nov 22 00:00:00 2026\nSubject: 2\n\ntwo\n\n";
        assert_eq!(pieces(mbox), ["Subject: 1\n\none\n", "Subject: 2\n\ntwo\n"]);
    }

    #[test]
    fn a_from_in_the_text_does_not_split() {
        let mbox =
            "From a@b x\nSubject: 1\n\nhello\nFrom here on it is text\n>From quoted\n\nFromage\n";
        assert_eq!(
            pieces(mbox),
            ["Subject: 1\n\nhello\nFrom here on it is text\n>From quoted\n\nFromage\n"]
        );
    }

    #[test]
    fn an_mbox_with_crlf_and_without_a_last_line_end_is_split() {
        let mbox = "From a@b x\r\nSubject: 1\r\n\r\none\r\n\r\nFrom c@d x\r\nSubject: 2\r\n\r\ntwo";
        assert_eq!(
            pieces(mbox),
            ["Subject: 1\r\n\r\none\r\n", "Subject: 2\r\n\r\ntwo"]
        );
    }

    #[test]
    fn a_maildir_is_read_without_its_tmp() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["cur", "new", "tmp", ".Sent/cur", ".Sent/new"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
            fs::write(dir.path().join(folder).join("1"), "Subject: x\n\n").unwrap();
        }
        fs::write(dir.path().join("dovecot.index"), "x").unwrap();
        let found = Inputs::find(&[dir.path().to_owned()]);
        let names: Vec<String> = found
            .sources
            .iter()
            .map(|source| {
                let path = source.path.strip_prefix(dir.path()).unwrap();
                path.display().to_string()
            })
            .collect();
        assert_eq!(names, [".Sent/cur/1", ".Sent/new/1", "cur/1", "new/1"]);
        assert!(found.unreadable.is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let found = Inputs::find(&[PathBuf::from("/nowhere/at/all")]);
        assert!(found.sources.is_empty());
        assert_eq!(found.unreadable.len(), 1);
    }
}
