//! What gacthu keeps in its state folder: the rules that the site has acknowledged, and for how long
//! messages have been deferred. Small files, written anew as a whole or appended to; one that cannot
//! be read is set aside with a warning and begun afresh.

mod acknowledged;
mod defers;

use std::{fs, io, io::Write, path::Path};

pub use acknowledged::AcknowledgedFile;
pub use defers::Defers;

/// Writes a file as a whole: whoever reads it sees the old text or the new one. Synced to the disk.
pub(crate) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;

    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}", std::process::id()));
    let write = || {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o644)
            .open(&temporary)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        match path.parent() {
            Some(folder) => fs::File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    write().inspect_err(|_| {
        // It may not be there; what failed is told already.
        let _ = fs::remove_file(&temporary);
    })
}

/// Sets a file aside that cannot be read, so that a person can look at it.
fn set_aside(path: &Path, why: &str) {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".damaged");
    let moved = fs::rename(path, &aside);
    tracing::warn!(
        file = %path.display(),
        why,
        set_aside = moved.is_ok(),
        "A state file cannot be read; it is begun afresh."
    );
}
