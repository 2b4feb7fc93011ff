//! Where events go: the program's own log, or a file that can be rotated.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

/// Where events go.
#[derive(Debug)]
pub enum EventLog {
    /// The program's own log, at level `info` with the event as its field `decision`.
    Tracing,
    /// A file, one event a line.
    File {
        /// Its name, to open it again when it was rotated.
        path: PathBuf,
        /// The open file. One `write(2)` an event under `O_APPEND`: lines never mix.
        file: Mutex<Lines<File>>,
    },
}

impl EventLog {
    /// Opens the file for appending, or makes it, readable by its owner and group only.
    ///
    /// # Errors
    /// Those of `open(2)`.
    pub fn file(path: &Path) -> io::Result<Self> {
        Ok(Self::File {
            path: path.to_owned(),
            file: Mutex::new(Lines::new(open(path)?)),
        })
    }

    /// Writes one event, which is JSON on one line.
    ///
    /// # Errors
    /// Those of `write(2)`.
    pub fn write_line(&self, line: Vec<u8>) -> io::Result<()> {
        match self {
            Self::Tracing => {
                let line = String::from_utf8_lossy(&line);
                tracing::info!(target: "gacthu::decision", decision = %line, "Decided.");
                Ok(())
            }
            Self::File { file, .. } => lock(file).write(line),
        }
    }

    /// Opens the file anew: it may have been moved away by log rotation.
    ///
    /// # Errors
    /// Those of `open(2)`; the old file stays in use.
    pub fn reopen(&self) -> io::Result<()> {
        if let Self::File { path, file } = self {
            // Opened before the lock is taken: nobody waits for a slow disk.
            let fresh = Lines::new(open(path)?);
            *lock(file) = fresh;
        }
        Ok(())
    }
}

/// A file of lines. A line that was cut short (the disk was full) spoils only itself: what comes
/// after it begins on a line of its own.
#[derive(Debug)]
pub struct Lines<W> {
    out: W,
    torn: bool,
}

impl<W: Write> Lines<W> {
    fn new(out: W) -> Self {
        Self { out, torn: false }
    }

    fn write(&mut self, mut line: Vec<u8>) -> io::Result<()> {
        if self.torn {
            line.insert(0, b'\n');
        }
        line.push(b'\n');
        let mut rest = line.as_slice();
        while !rest.is_empty() {
            let written = match self.out.write(rest) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                written => written,
            };
            match written {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) => {
                    self.torn |= rest.len() < line.len();
                    return Err(error);
                }
            }
        }
        self.torn = false;
        Ok(())
    }
}

fn lock<T>(file: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic while the lock was held can have left at most a torn line, which is no reason to
    // stop writing.
    file.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o640)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with room for so many bytes.
    struct Disk {
        written: Vec<u8>,
        room: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let fits = bytes.len().min(self.room);
            if fits == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.room -= fits;
            self.written.extend(&bytes[..fits]);
            Ok(fits)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_cut_short_spoils_only_itself() {
        let disk = Disk {
            written: Vec::new(),
            room: 9,
        };
        let mut lines = Lines::new(disk);
        lines.write(b"first".to_vec()).unwrap();
        assert!(lines.write(b"second".to_vec()).is_err());
        assert!(
            lines.write(b"third".to_vec()).is_err(),
            "the disk is still full"
        );
        lines.out.room = 100;
        lines.write(b"fourth".to_vec()).unwrap();
        lines.write(b"fifth".to_vec()).unwrap();
        assert_eq!(lines.out.written, b"first\nsec\nfourth\nfifth\n");
    }
}
