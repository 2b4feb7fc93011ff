//! Sparse files in TAR (GNU tar manual, appendix D.2): the old form with its map in the header, and
//! PAX 0.0, 0.1 and 1.0 with the map in records or before the data.

use super::{BLOCK, Header, decimal, number};
use crate::content::source::{Run, Source};

/// What PAX records say of it.
#[derive(Clone, Default)]
pub(super) struct Said {
    /// The file's own name: the entry's is another one.
    pub(super) name: Option<Vec<u8>>,
    size: Option<u64>,
    major: bool,
    map: Vec<(u64, u64)>,
    offset: Option<u64>,
}

impl Said {
    /// Takes a record, if it is one of these.
    pub(super) fn record(&mut self, key: &[u8], value: &[u8]) {
        match key {
            b"GNU.sparse.name" => self.name = Some(value.to_vec()),
            b"GNU.sparse.realsize" | b"GNU.sparse.size" => self.size = decimal(value),
            b"GNU.sparse.major" => self.major = value == b"1",
            b"GNU.sparse.offset" => self.offset = decimal(value),
            b"GNU.sparse.numbytes" => {
                if let (Some(at), Some(len)) = (self.offset.take(), decimal(value)) {
                    self.map.push((at, len));
                }
            }
            b"GNU.sparse.map" => {
                let mut numbers = value.split(|byte| *byte == b',').map_while(decimal);
                while let (Some(at), Some(len)) = (numbers.next(), numbers.next()) {
                    self.map.push((at, len));
                }
            }
            _ => {}
        }
    }
}

/// Where the stored data begin, and the whole file, if it is sparse and its map makes sense.
pub(super) fn map(
    source: &Source,
    header: &Header<'_>,
    data: u64,
    size: u64,
    said: &Said,
) -> (u64, Option<Source>) {
    if header.kind() == b'S' {
        let (map, stored) = old(source, header, data);
        let whole = number(header.field(483, 12));
        // The blocks of the map are not counted in the size, and the map's last entry is the end.
        let made = whole.and_then(|whole| make(source, &map, stored, size, whole));
        return (stored, made);
    }
    let Some(whole) = said.size else {
        return (data, None);
    };
    if !said.major {
        return (data, make(source, &said.map, data, size, whole));
    }
    match numbers(source, data, size) {
        Some((map, stored)) => {
            let left = size.saturating_sub(stored.saturating_sub(data));
            (data, make(source, &map, stored, left, whole))
        }
        None => (data, None),
    }
}

/// The map in the header, and in the blocks behind it.
fn old(source: &Source, header: &Header<'_>, data: u64) -> (Vec<(u64, u64)>, u64) {
    let mut map = Vec::new();
    let mut take = |fields: &[u8]| {
        for pair in fields.chunks_exact(24) {
            let (at, len) = pair.split_at(12);
            if let (Some(at), Some(len)) = (number(at), number(len))
                && pair.first() != Some(&0)
            {
                map.push((at, len));
            }
        }
    };
    take(header.field(386, 96));
    let mut more = header.field(482, 1) != [0];
    let mut stored = data;
    let mut blocks = 0;
    while more && blocks < MAP {
        let Some(block) = source.bytes(stored, BLOCK) else {
            break;
        };
        take(block.get(..504).unwrap_or_default());
        more = block.get(504).is_some_and(|more| *more != 0);
        stored = stored.saturating_add(BLOCK as u64);
        blocks += 1;
    }
    (map, stored)
}

/// PAX 1.0: lines of decimal numbers, filled up to a block.
fn numbers(source: &Source, data: u64, size: u64) -> Option<(Vec<(u64, u64)>, u64)> {
    let text = source.up_to(
        data,
        usize::try_from(size)
            .unwrap_or(MAP * BLOCK)
            .min(MAP * BLOCK),
    );
    let mut at = 0;
    let mut next = || {
        let rest = text.get(at..)?;
        let end = memchr::memchr(b'\n', rest.get(..rest.len().min(32))?)?;
        at += end + 1;
        decimal(rest.get(..end)?)
    };
    let count = next()?;
    let mut map = Vec::new();
    for _ in 0..count {
        map.push((next()?, next()?));
    }
    let stored = data.checked_add((at as u64).checked_next_multiple_of(BLOCK as u64)?)?;
    Some((map, stored))
}

/// The whole file: pieces of the stored data, holes between them.
fn make(
    source: &Source,
    map: &[(u64, u64)],
    mut stored: u64,
    mut left: u64,
    whole: u64,
) -> Option<Source> {
    let mut runs = Vec::new();
    let mut end = 0_u64;
    for (at, len) in map {
        let hole = at.checked_sub(end)?;
        left = left.checked_sub(*len)?;
        runs.push(Run {
            len: hole,
            at: None,
        });
        runs.push(Run {
            len: *len,
            at: Some(stored),
        });
        stored = stored.checked_add(*len)?;
        end = at.checked_add(*len)?;
    }
    runs.push(Run {
        len: whole.checked_sub(end)?,
        at: None,
    });
    Some(source.mapped(runs))
}

/// Blocks of a map that are read.
const MAP: usize = 2048;
