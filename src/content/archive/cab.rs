//! Microsoft cabinets ([MS-CAB]), also several behind a program that unpacks them; cabinets of
//! InstallShield are only recognised.
//!
//! A folder is a stream of its own: its files are handed on in the order in which they stand in it,
//! while it is unpacked once.

#[cfg(test)]
mod tests;

use std::{
    collections::HashSet,
    io::{self, Read},
};

use flate2::{Decompress, FlushDecompress, Status};
use lzxd::{Lzxd, WindowSize};

use super::fields::{Fields, hand_on, sign_prefix, sign_trailing, skip, with_path_traits};
use crate::{
    content::{
        budget::Held,
        member_name,
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// Opens a cabinet, and every other one that stands behind it in the file.
pub(in crate::content) fn cab(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    if source.up_to(0, 4) == b"ISc(" {
        return Err(NotOpened::Unsupported);
    }
    if source.up_to(0, 4) == SIGN {
        let end = cabinet(inside, source)?;
        sign_trailing(inside, source, end);
        return Ok(());
    }
    let mut found = None;
    let mut at = 0;
    let mut count = 0;
    let mut opened = Ok(());
    while at < source.len() && count < CABINETS {
        inside.spending().check()?;
        let window = source.up_to(at, WINDOW);
        let hit = memchr::memmem::find_iter(&window, SIGN)
            .find(|hit| is_start(window.get(*hit..).unwrap_or_default()));
        let Some(hit) = hit else {
            // The sign may stand across the border of two windows.
            at = at.saturating_add((WINDOW - HEADER) as u64);
            continue;
        };
        let start = at.saturating_add(hit as u64);
        if found.is_none() {
            found = Some(start);
            sign_prefix(inside, start);
        }
        count += 1;
        at = start.saturating_add(4);
        match cabinet(inside, &source.piece(start, source.len())) {
            Ok(size) => at = start.saturating_add(size.max(4)),
            Err(why) => {
                inside.spending().check()?;
                opened = opened.and(Err(why));
            }
        }
    }
    match found {
        Some(_) => opened,
        None => Err(NotOpened::Damaged),
    }
}

/// Whether a cabinet begins with these bytes: reserved fields are nothing, its version is 1.3, and
/// it has folders and files.
pub(in crate::content) fn is_start(bytes: &[u8]) -> bool {
    let mut fields = Fields::new(bytes);
    let Some(header) = fields.take(HEADER) else {
        return false;
    };
    let word = |at: usize| header.get(at..at + 4).unwrap_or_default();
    header.starts_with(SIGN)
        && word(4) == [0; 4]
        && word(12) == [0; 4]
        && word(20) == [0; 4]
        && header.get(24..26) == Some(&[3, 1])
        && header.get(26..28) != Some(&[0, 0])
        && header.get(28..30) != Some(&[0, 0])
        && header.get(30).is_some_and(|flags| *flags < 8)
}

/// A stream of files.
struct Folder {
    at: u64,
    blocks: u16,
    method: u16,
}

/// A file: where it stands in which folder.
struct File {
    names: Vec<String>,
    size: u32,
    offset: u32,
    folder: u16,
}

/// Reads one cabinet; answers its size.
fn cabinet(inside: &mut Inside<'_, '_>, source: &Source) -> Result<u64, NotOpened> {
    let head = source.up_to(0, HEADERS);
    let read = read(&head).ok_or(NotOpened::Damaged)?;
    let (size, reserve, folders, mut files) = (read.size, read.reserve, read.folders, read.files);
    if read.volume {
        inside.sign("volume");
    }
    let mut seen = HashSet::new();
    files.sort_by_key(|file| (file.folder, file.offset));
    for (index, folder) in folders.iter().enumerate() {
        let of = |file: &&File| usize::from(file.folder) == index;
        let inside_it: Vec<&File> = files.iter().filter(of).collect();
        if inside_it.is_empty() {
            continue;
        }
        folder_of(inside, source, folder, reserve, &inside_it, &mut seen)?;
    }
    // What begins or ends in another cabinet, or in no folder at all.
    for file in files
        .iter()
        .filter(|file| usize::from(file.folder) >= folders.len())
    {
        let why = match file.folder >= CONTINUED {
            true => NotOpened::Unsupported,
            false => NotOpened::Damaged,
        };
        inside.closed(member(file, &mut seen, None), why)?;
    }
    match read.whole {
        true => Ok(u64::from(size)),
        false => Err(NotOpened::Damaged),
    }
}

struct Header {
    size: u32,
    reserve: usize,
    folders: Vec<Folder>,
    files: Vec<File>,
    volume: bool,
    /// All files that are declared are there.
    whole: bool,
}

fn read(head: &[u8]) -> Option<Header> {
    let mut fields = Fields::new(head);
    fields.take(8)?;
    let size = fields.u32()?;
    fields.take(4)?;
    let files_at = usize::try_from(fields.u32()?).ok()?;
    fields.take(6)?;
    let folder_count = fields.u16()?;
    let file_count = fields.u16()?;
    let flags = fields.u16()?;
    fields.take(4)?;
    let (mut of_folder, mut reserve) = (0, 0);
    if flags & 0x0004 != 0 {
        let of_header = fields.u16()?;
        of_folder = usize::from(fields.u8()?);
        reserve = usize::from(fields.u8()?);
        fields.take(usize::from(of_header))?;
    }
    for flag in [0x0001, 0x0002] {
        if flags & flag != 0 {
            fields.string()?;
            fields.string()?;
        }
    }
    let mut folders = Vec::new();
    for _ in 0..folder_count {
        let (Some(at), Some(blocks), Some(method)) = (fields.u32(), fields.u16(), fields.u16())
        else {
            break;
        };
        fields.take(of_folder)?;
        folders.push(Folder {
            at: u64::from(at),
            blocks,
            method,
        });
    }
    let mut fields = Fields::new(head.get(files_at..)?);
    let mut files = Vec::new();
    for _ in 0..file_count {
        let Some(file) = file(&mut fields, folders.len()) else {
            break;
        };
        files.push(file);
    }
    let split = |file: &File| file.folder >= CONTINUED;
    Some(Header {
        size,
        reserve,
        volume: flags & 0x0003 != 0 || files.iter().any(split),
        whole: files.len() == usize::from(file_count) && folders.len() == usize::from(folder_count),
        folders,
        files,
    })
}

fn file(fields: &mut Fields<'_>, folders: usize) -> Option<File> {
    let size = fields.u32()?;
    let offset = fields.u32()?;
    let mut folder = fields.u16()?;
    fields.take(4)?;
    let attributes = fields.u16()?;
    let name = fields.string()?;
    // Continued in the next cabinet: its beginning is here, at the end of the last folder.
    if folder == CONTINUED + 1 && folders > 0 {
        folder = u16::try_from(folders - 1).ok()?;
    }
    let utf8 = attributes & 0x80 != 0;
    let names = member_name::readings(name, utf8).into_iter();
    Some(File {
        names: names.map(|name| name.replace('\\', "/")).collect(),
        size,
        offset,
        folder,
    })
}

fn member(file: &File, seen: &mut HashSet<String>, packed: Option<u64>) -> Member {
    let mut member = Member {
        names: file.names.clone(),
        packed,
        declared: u64::from(file.size),
        ..Member::default()
    };
    let name = member.names.first().map(|name| name.to_lowercase());
    if let Some(name) = name
        && !seen.insert(name)
    {
        member.traits.push("duplicate-name");
    }
    with_path_traits(member)
}

/// Hands on the files of one folder.
fn folder_of(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    folder: &Folder,
    reserve: usize,
    files: &[&File],
    seen: &mut HashSet<String>,
) -> Result<(), NotOpened> {
    let packed = source.len().saturating_sub(folder.at);
    let mut restarts = 0;
    let mut data = Data::open(inside, source, folder, reserve);
    let mut at = 0_u64;
    let mut goes_on = true;
    for file in files {
        let member = member(file, seen, Some(packed));
        let offset = u64::from(file.offset);
        let reader = match &mut data {
            Ok(reader) => reader,
            Err(why) => {
                inside.closed(member, why.clone())?;
                continue;
            }
        };
        if offset < at && restarts < RESTARTS {
            // Two files in the same bytes: nobody writes that but to hide one.
            restarts += 1;
            inside.sign("lying-header");
            data = Data::open(inside, source, folder, reserve);
            (at, goes_on) = (0, true);
            let Ok(again) = &mut data else {
                inside.closed(member, NotOpened::Damaged)?;
                continue;
            };
            goes_on &= skip(inside, again, offset)?;
            goes_on &= goes_on && hand_on(inside, member, again, u64::from(file.size), None)?;
            at = offset.saturating_add(u64::from(file.size)).max(at);
            continue;
        }
        if offset < at || !goes_on || !skip(inside, reader, offset - at)? {
            goes_on = false;
            inside.closed(member, NotOpened::Damaged)?;
            continue;
        }
        goes_on = hand_on(inside, member, reader, u64::from(file.size), None)?;
        at = offset.saturating_add(u64::from(file.size));
    }
    Ok(())
}

/// The bytes of a folder, block by block.
struct Data {
    source: Source,
    at: u64,
    blocks: u16,
    reserve: usize,
    method: Method,
    block: Vec<u8>,
    given: usize,
    _held: Option<Held>,
}

enum Method {
    Stored,
    Zip,
    Lzx(Box<Lzxd>),
}

impl Data {
    fn open(
        inside: &mut Inside<'_, '_>,
        source: &Source,
        folder: &Folder,
        reserve: usize,
    ) -> Result<Self, NotOpened> {
        let mut held = None;
        let method = match folder.method & 0x0f {
            0 => Method::Stored,
            1 => Method::Zip,
            3 => {
                let window = match folder.method >> 8 & 0x1f {
                    15 => WindowSize::KB32,
                    16 => WindowSize::KB64,
                    17 => WindowSize::KB128,
                    18 => WindowSize::KB256,
                    19 => WindowSize::KB512,
                    20 => WindowSize::MB1,
                    21 => WindowSize::MB2,
                    _ => return Err(NotOpened::Damaged),
                };
                held = Some(inside.spending().hold(4 << 20)?);
                Method::Lzx(Box::new(Lzxd::new(window)))
            }
            _ => return Err(NotOpened::Unsupported), // Quantum
        };
        Ok(Self {
            source: source.clone(),
            at: folder.at,
            blocks: folder.blocks,
            reserve,
            method,
            block: Vec::new(),
            given: 0,
            _held: held,
        })
    }

    /// Unpacks the next block. None where it is not right.
    fn next(&mut self) -> Option<()> {
        let header = self.source.bytes(self.at, BLOCK)?;
        let mut fields = Fields::new(&header);
        fields.u32()?;
        let packed = usize::from(fields.u16()?);
        let size = usize::from(fields.u16()?);
        let data_at = self.at.checked_add((BLOCK + self.reserve) as u64)?;
        let data = self.source.bytes(data_at, packed)?;
        self.at = data_at.checked_add(packed as u64)?;
        self.blocks = self.blocks.checked_sub(1)?;
        // A block without a size goes on in the next cabinet.
        if size == 0 || size > MOST_IN_BLOCK {
            return None;
        }
        let block = match &mut self.method {
            Method::Stored => data,
            Method::Zip => inflate(&self.block, &data, size)?,
            Method::Lzx(lzx) => lzx.decompress_next(&data, size).ok()?.to_vec(),
        };
        (block.len() == size).then_some(())?;
        self.block = block;
        self.given = 0;
        Some(())
    }
}

impl Read for Data {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given >= self.block.len() {
            if self.blocks == 0 {
                return Ok(0);
            }
            if self.next().is_none() {
                self.blocks = 0;
                self.block.clear();
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        let rest = self.block.get(self.given..).unwrap_or_default();
        let got = rest.len().min(into.len());
        for (to, from) in into.iter_mut().zip(rest) {
            *to = *from;
        }
        self.given += got;
        Ok(got)
    }
}

/// MSZIP: `CK` and a deflate stream of its own, whose history is the block before.
fn inflate(before: &[u8], data: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut input = data.strip_prefix(b"CK")?;
    let mut inflater = Decompress::new(false);
    if !before.is_empty() {
        inflater.set_dictionary(before).ok()?;
    }
    let mut out = vec![0; size];
    let mut filled = 0;
    loop {
        let (read, written) = (inflater.total_in(), inflater.total_out());
        let into = out.get_mut(filled..)?;
        let status = inflater
            .decompress(input, into, FlushDecompress::None)
            .ok()?;
        let read = usize::try_from(inflater.total_in() - read).ok()?;
        let written = usize::try_from(inflater.total_out() - written).ok()?;
        input = input.get(read..)?;
        filled += written;
        if matches!(status, Status::StreamEnd) || filled == size || (read == 0 && written == 0) {
            break;
        }
    }
    (filled == size).then_some(out)
}

const SIGN: &[u8] = b"MSCF";
/// Header without what is optional; header of a block.
const HEADER: usize = 36;
const BLOCK: usize = 8;
/// Bytes that come out of a block.
const MOST_IN_BLOCK: usize = 32 << 10;
/// Folders and files stand before the data: 65,535 names of 256 bytes at most.
const HEADERS: usize = 20 << 20;
/// From this number of a folder on a file is continued: from the cabinet before (0xFFFD), in the
/// next one (0xFFFE), or both.
const CONTINUED: u16 = 0xfffd;
/// How often a folder is unpacked anew for files that overlap.
const RESTARTS: usize = 8;
/// Cabinets in one file, and how much of it is looked at at once.
const CABINETS: usize = 64;
const WINDOW: usize = 1 << 20;
