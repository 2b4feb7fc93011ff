//! Reading files that anyone may have put there: never a FIFO or a device, never more than a limit,
//! never a link that leads out of a home.

use std::{
    fs::{self, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
};

use rustix::fs::{Mode, OFlags};

use super::finding::Reason;

/// Why a file was not read.
#[derive(Debug)]
pub(super) struct NotRead {
    pub(super) reason: Reason,
    pub(super) why: String,
}

impl NotRead {
    /// Whether it is simply not there.
    pub(super) fn is_missing(&self) -> bool {
        self.reason == Reason::Missing
    }

    pub(super) fn remedy(&self) -> &'static str {
        match self.reason {
            Reason::Permission => {
                "run the audit as root, or with CAP_DAC_READ_SEARCH as systemd/gacthu-audit.service does"
            }
            Reason::Missing => "put the file there, or take its name out of the configuration",
            Reason::NotAFile => {
                "look at what stands there; Postfix and Dovecot want an ordinary file"
            }
            Reason::Limit => "look at it by hand; nothing of this kind is so large",
            Reason::Damaged | Reason::Reading | Reason::Server => "look at it by hand",
        }
    }
}

impl From<io::Error> for NotRead {
    fn from(error: io::Error) -> Self {
        let text = error.to_string();
        let why = text
            .split(" (os error")
            .next()
            .unwrap_or_default()
            .to_owned();
        let reason = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Reason::Missing,
            io::ErrorKind::PermissionDenied => Reason::Permission,
            // ELOOP: a link where none is followed, or a circle of links.
            _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                return Self {
                    reason: Reason::NotAFile,
                    why: "it is a symbolic link, or a circle of them".to_owned(),
                };
            }
            _ => Reason::Reading,
        };
        Self { reason, why }
    }
}

/// What links may do on the way to a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Links<'a> {
    /// An administrator's file: they are followed.
    Follow,
    /// A user's file: the last step must not be one.
    Refuse,
    /// A user's file: it must lie inside this folder in the end.
    Within(&'a Path),
}

/// The disk of the machine that is audited.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    /// A folder that holds its root folder; none: this machine's own.
    pub(super) root: Option<PathBuf>,
}

impl Disk {
    /// Where a path of that machine lies here. With a root, `..` at its top stays there.
    pub(super) fn here(&self, path: &Path) -> PathBuf {
        let Some(root) = &self.root else {
            return path.to_owned();
        };
        let mut parts = Vec::new();
        for part in path.components() {
            match part {
                Component::Normal(name) => parts.push(name),
                Component::ParentDir => drop(parts.pop()),
                Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
            }
        }
        parts
            .iter()
            .fold(root.clone(), |path, part| path.join(part))
    }

    pub(super) fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        fs::metadata(self.here(path))
    }

    /// The bytes of an ordinary file of at most `limit` bytes, and what it is. It never waits: a FIFO
    /// is opened without blocking and then refused.
    pub(super) fn read(
        &self,
        path: &Path,
        limit: u64,
        links: Links<'_>,
    ) -> Result<(Vec<u8>, Metadata), NotRead> {
        let mut file = self.open(path, limit, links)?;
        let metadata = file.metadata()?;
        let mut bytes = Vec::new();
        // It may grow while it is read.
        let read = Read::by_ref(&mut file)
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)?;
        if read as u64 > limit {
            return Err(too_large(limit));
        }
        Ok((bytes, metadata))
    }

    /// The same as text; bytes that are no UTF-8 become U+FFFD.
    pub(super) fn text(
        &self,
        path: &Path,
        limit: u64,
        links: Links<'_>,
    ) -> Result<String, NotRead> {
        let (bytes, _) = self.read(path, limit, links)?;
        Ok(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    /// An ordinary file, open for reading.
    pub(super) fn open(
        &self,
        path: &Path,
        limit: u64,
        links: Links<'_>,
    ) -> Result<fs::File, NotRead> {
        let mut path = self.here(path);
        let mut flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        match links {
            Links::Follow => {}
            Links::Refuse => flags |= OFlags::NOFOLLOW,
            Links::Within(folder) => {
                if fs::symlink_metadata(&path)?.is_symlink() {
                    let real = fs::canonicalize(&path)?;
                    if !real.starts_with(fs::canonicalize(self.here(folder))?) {
                        return Err(NotRead {
                            reason: Reason::NotAFile,
                            why: format!("it is a link that leads out of {}", folder.display()),
                        });
                    }
                    path = real;
                }
                flags |= OFlags::NOFOLLOW;
            }
        }
        // A device may act when it is opened, so it is looked at before; the look behind the opening counts.
        let before = match links {
            Links::Follow => fs::metadata(&path)?,
            Links::Refuse | Links::Within(_) => fs::symlink_metadata(&path)?,
        };
        ordinary(&before)?;
        let file =
            fs::File::from(rustix::fs::open(&path, flags, Mode::empty()).map_err(io::Error::from)?);
        let metadata = file.metadata()?;
        ordinary(&metadata)?;
        if metadata.len() > limit {
            return Err(too_large(limit));
        }
        Ok(file)
    }

    /// Where a symbolic link leads, in the names of the machine that is audited.
    pub(super) fn target(&self, path: &Path) -> Option<PathBuf> {
        let target = fs::read_link(self.here(path)).ok()?;
        let mut whole = PathBuf::new();
        for part in path.parent()?.join(target).components() {
            match part {
                Component::ParentDir => drop(whole.pop()),
                part => whole.push(part),
            }
        }
        Some(whole)
    }

    /// The names in a folder, sorted; at most this many.
    pub(super) fn names(&self, folder: &Path, most: usize) -> Result<Vec<String>, NotRead> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.here(folder))?.take(most) {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}

fn ordinary(metadata: &Metadata) -> Result<(), NotRead> {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_symlink() => "a symbolic link",
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a FIFO",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    Err(NotRead {
        reason: Reason::NotAFile,
        why: format!("it is {what}"),
    })
}

fn too_large(limit: u64) -> NotRead {
    NotRead {
        reason: Reason::Limit,
        why: format!("it is larger than {limit} bytes"),
    }
}

/// Whether Postfix would read this user's file: root's or the user's own, and not writable by all
/// (local(8), `dotforward.c`). Without a uid only the mode is looked at.
pub(super) fn trusted(metadata: &Metadata, uid: Option<u32>) -> Result<(), String> {
    if metadata.mode() & 0o002 != 0 {
        return Err("everyone may write it".to_owned());
    }
    match uid {
        Some(uid) if metadata.uid() != 0 && metadata.uid() != uid => {
            Err(format!("it belongs to the user {}", metadata.uid()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ordinary_files_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::default();
        let path = |name: &str| dir.path().join(name);
        rustix::fs::mknodat(
            rustix::fs::CWD,
            path("fifo"),
            rustix::fs::FileType::Fifo,
            Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        fs::write(path("large"), "x".repeat(11)).unwrap();
        std::os::unix::fs::symlink("loop", path("loop")).unwrap();
        std::os::unix::fs::symlink("large", path("inside")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", path("outside")).unwrap();
        let reason = |path: &Path, links| disk.read(path, 10, links).map_err(|it| it.reason).err();
        for links in [Links::Follow, Links::Refuse, Links::Within(dir.path())] {
            assert_eq!(reason(&path("fifo"), links), Some(Reason::NotAFile));
            assert_eq!(
                reason(Path::new("/dev/zero"), links),
                Some(Reason::NotAFile)
            );
            assert_eq!(
                reason(&path("loop"), links),
                Some(Reason::NotAFile),
                "{links:?}"
            );
            assert_eq!(reason(&path("large"), links), Some(Reason::Limit));
            assert_eq!(reason(&path("none"), links), Some(Reason::Missing));
            assert_eq!(reason(dir.path(), links), Some(Reason::NotAFile));
        }
        assert_eq!(
            reason(&path("outside"), Links::Within(dir.path())),
            Some(Reason::NotAFile)
        );
        assert_eq!(
            reason(&path("inside"), Links::Refuse),
            Some(Reason::NotAFile)
        );
        let (bytes, _) = disk
            .read(&path("inside"), 11, Links::Within(dir.path()))
            .unwrap();
        assert_eq!(bytes.len(), 11);
    }

    #[test]
    fn a_root_is_not_left() {
        let disk = Disk {
            root: Some("/image".into()),
        };
        assert_eq!(
            disk.here(Path::new("/etc/postfix")),
            Path::new("/image/etc/postfix")
        );
        assert_eq!(
            disk.here(Path::new("/a/../../etc")),
            Path::new("/image/etc")
        );
    }
}
