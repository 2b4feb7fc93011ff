//! The folder of the log: its segments, and where to go on.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use super::{End, segment};

/// Finds the end of what stands in a folder, cuts a torn record off, and opens it for appending.
pub(super) fn resume(folder: &Path) -> io::Result<End> {
    let (mut segment, mut next, mut length) = match segments(folder)?.last() {
        None => {
            let clock = u64::try_from(jiff::Timestamp::now().as_microsecond()).unwrap_or(1);
            (clock, clock, 0)
        }
        Some(&segment) => {
            let path = path(folder, segment);
            let bytes = fs::read(&path)?;
            let survey = segment::survey(&bytes);
            let torn = bytes.len().saturating_sub(survey.end);
            if torn > 0 {
                OpenOptions::new()
                    .write(true)
                    .open(&path)?
                    .set_len(survey.end as u64)?;
                tracing::warn!(
                    file = %path.display(),
                    bytes = torn,
                    "A record that was not written whole was cut off the end of the decision log."
                );
            }
            let next = survey.last.map_or(segment, |last| last.saturating_add(1));
            (segment, next.max(segment), survey.end as u64)
        }
    };
    // Damage stands in it: what comes does not go behind it.
    if length > 0 && next == segment {
        next = next.saturating_add(1);
        (segment, length) = (next, 0);
    }
    Ok(End {
        file: Arc::new(open_segment(&path(folder, segment))?),
        segment,
        length,
        next,
        begun: Instant::now(),
        full: Vec::new(),
        entry: true,
        broken: false,
    })
}

/// The first sequence numbers of all segments in a folder, ascending.
pub(super) fn segments(folder: &Path) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".log"));
        found.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    found.sort_unstable();
    Ok(found)
}

/// Where a segment stands.
pub(super) fn path(folder: &Path, segment: u64) -> PathBuf {
    folder.join(format!("{segment:020}.log"))
}

pub(super) fn open_segment(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o640)
        .open(path)
}
