//! exFAT (Microsoft, exFAT File System Specification, 2019).

use super::{
    DEPTH,
    files::{Content, Files},
    join, kept, u32_at, u64_at, utf16_le,
};
use crate::{
    content::{
        opener::Inside,
        source::{Run, Source},
    },
    facts::NotOpened,
};

/// Whether a boot sector of exFAT stands here.
pub(super) fn is_here(source: &Source) -> bool {
    source.up_to(3, 8) == b"EXFAT   "
}

/// Walks the tree.
pub(super) fn walk(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    files: &mut Files,
    prefix: &str,
) -> Result<(), NotOpened> {
    let disk = Disk::read(source).ok_or(NotOpened::Damaged)?;
    let mut damaged = false;
    let mut open = vec![(disk.root, FOLDER, false, prefix.to_owned(), 0)];
    while let Some((cluster, size, contiguous, path, depth)) = open.pop() {
        if !files.is_new_folder(0, u64::from(cluster)) {
            continue;
        }
        let runs = disk.runs(inside, files, cluster, size.min(FOLDER), contiguous)?;
        let list = source.mapped(runs);
        let len = usize::try_from(list.len().min(FOLDER)).unwrap_or(0);
        let list = list.up_to(0, len);
        let mut entries = list.chunks_exact(32).peekable();
        while let Some(entry) = entries.next() {
            files.entry(inside)?;
            match entry.first() {
                None | Some(0) => break,
                Some(0x85) => {}
                Some(_) => continue,
            }
            let folder = u32_at(entry, 4) & 0x10 != 0;
            let (mut stream, mut name) = (None, Vec::new());
            while let Some(next) = entries.next_if(|next| matches!(next.first(), Some(0xc0..))) {
                match next.first() {
                    Some(0xc0) => stream = Some(next),
                    Some(0xc1) => name.extend_from_slice(next.get(2..).unwrap_or_default()),
                    _ => {}
                }
            }
            let Some(stream) = stream else {
                damaged = true;
                continue;
            };
            let len = stream.get(3).map_or(0, |len| usize::from(*len) * 2);
            name.truncate(len);
            let path = join(&path, &utf16_le(&name));
            let contiguous = stream.get(1).is_some_and(|flags| flags & 2 != 0);
            let (cluster, size) = (u32_at(stream, 20), u64_at(stream, 24));
            if folder {
                if depth < DEPTH {
                    files.keep(inside, kept(&path))?;
                    open.push((cluster, size, contiguous, path, depth + 1));
                } else {
                    damaged = true;
                }
                continue;
            }
            let runs = disk.runs(inside, files, cluster, size, contiguous)?;
            files.add(inside, vec![path], Content::Runs(runs, size))?;
        }
    }
    if damaged {
        return Err(NotOpened::Damaged);
    }
    Ok(())
}

struct Disk<'s> {
    source: &'s Source,
    table: u64,
    data: u64,
    cluster: u64,
    clusters: u64,
    root: u32,
}

impl<'s> Disk<'s> {
    fn read(source: &'s Source) -> Option<Self> {
        let boot = source.bytes(0, 512)?;
        let (sector, cluster) = (*boot.get(108)?, *boot.get(109)?);
        if !(9..=12).contains(&sector) || cluster > 25 - sector {
            return None;
        }
        let at = |place: usize| u64::from(u32_at(&boot, place)) << sector;
        Some(Self {
            source,
            table: at(80),
            data: at(88),
            cluster: 1 << (sector + cluster),
            clusters: u64::from(u32_at(&boot, 92)),
            root: u32_at(&boot, 96),
        })
    }

    /// Where the bytes of a file lie: one cluster behind the other, or as the table chains them.
    fn runs(
        &self,
        inside: &mut Inside<'_, '_>,
        files: &mut Files,
        first: u32,
        size: u64,
        contiguous: bool,
    ) -> Result<Vec<Run>, NotOpened> {
        let place = |cluster: u64| {
            let clusters = cluster
                .checked_sub(2)
                .filter(|number| *number < self.clusters)?;
            self.data.checked_add(clusters.checked_mul(self.cluster)?)
        };
        if contiguous {
            let at = place(u64::from(first));
            return Ok(at
                .map(|at| Run {
                    len: size,
                    at: Some(at),
                })
                .into_iter()
                .collect());
        }
        let mut runs: Vec<Run> = Vec::new();
        let (mut cluster, mut len, mut count) = (u64::from(first), 0_u64, 0_u64);
        while len < size && count <= self.clusters {
            let Some(at) = place(cluster) else { break };
            if count % 1024 == 0 {
                inside.spending().check()?;
            }
            count += 1;
            match runs.last_mut() {
                Some(run) if run.at.and_then(|start| start.checked_add(run.len)) == Some(at) => {
                    run.len = run.len.saturating_add(self.cluster);
                }
                _ => {
                    files.keep(inside, size_of::<Run>() as u64)?;
                    runs.push(Run {
                        len: self.cluster,
                        at: Some(at),
                    });
                }
            }
            len = len.saturating_add(self.cluster);
            let next = self.source.up_to(self.table.saturating_add(cluster * 4), 4);
            cluster = u64::from(u32_at(&next, 0));
        }
        Ok(runs)
    }
}

/// Bytes of a folder that are read.
const FOLDER: u64 = 8 << 20;
