//! The header of a 7z archive (7zFormat.txt of the LZMA SDK): what packed streams there are, how
//! each folder is packed, and the files.
//!
//! Nothing is allocated by a count that the header declares: every list grows with bytes read.

use super::super::fields::Fields;

/// One coder of a folder.
#[derive(Clone, Debug)]
pub(super) struct Coder {
    pub(super) method: u64,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) properties: Vec<u8>,
    /// Bytes that come out, as the header says; of the first output.
    pub(super) unpacked: u64,
    /// Its first input and output among those of the folder.
    pub(super) first_input: usize,
    pub(super) first_output: usize,
}

/// Data that is packed as one: a solid block.
#[derive(Clone, Debug, Default)]
pub(super) struct Folder {
    pub(super) coders: Vec<Coder>,
    /// (input, output) that are joined.
    pub(super) bonds: Vec<(usize, usize)>,
    /// The input that each packed stream feeds.
    pub(super) packed: Vec<usize>,
    /// Where the packed streams stand: (offset behind the start header, size).
    pub(super) streams: Vec<(u64, u64)>,
    /// Bytes that come out of it.
    pub(super) unpacked: u64,
    pub(super) crc: Option<u32>,
    /// Files in it: (size, CRC).
    pub(super) files: Vec<(u64, Option<u32>)>,
}

/// A file that the header names.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub(super) name: String,
    /// Whether it has bytes in a folder.
    pub(super) stream: bool,
    /// Without bytes: a directory, unless said otherwise.
    pub(super) directory: bool,
    pub(super) anti: bool,
    pub(super) attributes: u32,
}

/// A header as it was read.
#[derive(Debug)]
pub(super) enum Header {
    /// The header itself is packed: in these folders.
    Packed(Vec<Folder>),
    Plain(Vec<Folder>, Vec<File>),
}

/// Reads a header. None where it breaks a rule of the format.
pub(super) fn read(bytes: &[u8]) -> Option<Header> {
    let mut fields = Fields::new(bytes);
    match number(&mut fields)? {
        ENCODED_HEADER => streams(&mut fields).map(Header::Packed),
        HEADER => {
            let mut folders = Vec::new();
            let mut files = Vec::new();
            loop {
                match number(&mut fields)? {
                    END => return Some(Header::Plain(folders, files)),
                    ARCHIVE_PROPERTIES => {
                        while number(&mut fields)? != END {
                            let size = number(&mut fields)?;
                            fields.take_u64(size)?;
                        }
                    }
                    ADDITIONAL_STREAMS => {
                        streams(&mut fields)?;
                    }
                    MAIN_STREAMS => folders = streams(&mut fields)?,
                    FILES => files = read_files(&mut fields)?,
                    _ => return None,
                }
            }
        }
        _ => None,
    }
}

/// The number of 7z: the high bits of the first byte say how many bytes follow.
fn number(fields: &mut Fields<'_>) -> Option<u64> {
    let first = fields.u8()?;
    let mut value = 0_u64;
    let mut mask = 0x80_u8;
    for shift in (0..64).step_by(8) {
        if first & mask == 0 {
            let high = u64::from(first & mask.wrapping_sub(1));
            return Some(value | high << shift);
        }
        value |= u64::from(fields.u8()?) << shift;
        mask >>= 1;
    }
    Some(value)
}

fn count(fields: &mut Fields<'_>) -> Option<usize> {
    usize::try_from(number(fields)?).ok()
}

fn bits(fields: &mut Fields<'_>, count: usize) -> Option<Vec<bool>> {
    let bytes = fields.take(count.div_ceil(8))?;
    let all = bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| byte & 0x80 >> bit != 0));
    Some(all.take(count).collect())
}

/// Bits, or one byte that says that all are set.
fn optional_bits(fields: &mut Fields<'_>, count: usize) -> Option<Vec<bool>> {
    if fields.u8()? == 0 {
        return bits(fields, count);
    }
    (count <= MOST).then(|| vec![true; count])
}

fn digests(fields: &mut Fields<'_>, count: usize) -> Option<Vec<Option<u32>>> {
    let defined = optional_bits(fields, count)?;
    let mut all = Vec::new();
    for defined in defined {
        all.push(if defined { Some(fields.u32()?) } else { None });
    }
    Some(all)
}

fn streams(fields: &mut Fields<'_>) -> Option<Vec<Folder>> {
    let mut packed: Vec<(u64, u64)> = Vec::new();
    let mut folders: Vec<Folder> = Vec::new();
    let mut divided = false;
    loop {
        match number(fields)? {
            END => break,
            PACK_INFO => packed = pack_info(fields)?,
            UNPACK_INFO => folders = unpack_info(fields)?,
            SUB_STREAMS => {
                sub_streams(fields, &mut folders)?;
                divided = true;
            }
            _ => return None,
        }
    }
    let mut packed = packed.into_iter();
    for folder in &mut folders {
        for _ in 0..folder.packed.len() {
            folder.streams.push(packed.next()?);
        }
        if !divided {
            folder.files.push((folder.unpacked, folder.crc));
        }
    }
    Some(folders)
}

fn pack_info(fields: &mut Fields<'_>) -> Option<Vec<(u64, u64)>> {
    let mut at = number(fields)?;
    let streams = count(fields)?;
    let mut all = Vec::new();
    loop {
        match number(fields)? {
            END => return Some(all),
            SIZE => {
                for _ in 0..streams {
                    let size = number(fields)?;
                    all.push((at, size));
                    at = at.checked_add(size)?;
                }
            }
            CRC => {
                digests(fields, streams)?;
            }
            _ => return None,
        }
    }
}

fn unpack_info(fields: &mut Fields<'_>) -> Option<Vec<Folder>> {
    if number(fields)? != FOLDER {
        return None;
    }
    let folders = count(fields)?;
    if fields.u8()? != 0 {
        return None;
    }
    let mut all = Vec::new();
    for _ in 0..folders {
        all.push(folder(fields)?);
    }
    if number(fields)? != UNPACK_SIZES {
        return None;
    }
    for folder in &mut all {
        let main = folder.main_output();
        for coder in &mut folder.coders {
            for output in 0..coder.outputs {
                let size = number(fields)?;
                if output == 0 {
                    coder.unpacked = size;
                }
                if Some(coder.first_output + output) == main {
                    folder.unpacked = size;
                }
            }
        }
    }
    loop {
        match number(fields)? {
            END => return Some(all),
            CRC => {
                let crcs = digests(fields, folders)?;
                for (folder, crc) in all.iter_mut().zip(crcs) {
                    folder.crc = crc;
                }
            }
            _ => return None,
        }
    }
}

fn folder(fields: &mut Fields<'_>) -> Option<Folder> {
    let mut folder = Folder::default();
    let coders = count(fields)?;
    if coders == 0 || coders > CODERS {
        return None;
    }
    let (mut inputs, mut outputs) = (0, 0);
    for _ in 0..coders {
        let flags = fields.u8()?;
        let id = fields.take(usize::from(flags & 0x0f))?;
        if id.len() > 8 || flags & 0x80 != 0 {
            return None;
        }
        let method = id.iter().fold(0, |id, byte| id << 8 | u64::from(*byte));
        let mut coder = Coder {
            method,
            inputs: 1,
            outputs: 1,
            properties: Vec::new(),
            unpacked: 0,
            first_input: inputs,
            first_output: outputs,
        };
        if flags & 0x10 != 0 {
            coder.inputs = count(fields)?;
            coder.outputs = count(fields)?;
            if coder.inputs > CODERS || coder.outputs > CODERS {
                return None;
            }
        }
        if flags & 0x20 != 0 {
            let size = number(fields)?;
            coder.properties = fields.take_u64(size)?.to_vec();
        }
        inputs += coder.inputs;
        outputs += coder.outputs;
        folder.coders.push(coder);
    }
    let bonds = outputs.checked_sub(1)?;
    for _ in 0..bonds {
        folder.bonds.push((count(fields)?, count(fields)?));
    }
    let packed = inputs.checked_sub(bonds)?;
    if packed == 1 {
        let free = |input: &usize| !folder.bonds.iter().any(|(bound, _)| bound == input);
        folder.packed.push((0..inputs).find(free)?);
    } else {
        for _ in 0..packed {
            folder.packed.push(count(fields)?);
        }
    }
    Some(folder)
}

impl Folder {
    /// The output that is the folder's own: the one that feeds nothing.
    pub(super) fn main_output(&self) -> Option<usize> {
        let last = self.coders.last()?;
        let outputs = last.first_output + last.outputs;
        (0..outputs).find(|output| !self.bonds.iter().any(|(_, bound)| bound == output))
    }
}

fn sub_streams(fields: &mut Fields<'_>, folders: &mut [Folder]) -> Option<()> {
    let mut counts = vec![1_usize; folders.len()];
    let mut kind = number(fields)?;
    if kind == NUM_UNPACK_STREAMS {
        for known in &mut counts {
            *known = count(fields)?;
        }
        kind = number(fields)?;
    }
    // The last size of a folder is what is left of it. Without sizes, every folder has one file.
    let sized = kind == SIZE;
    for (folder, files) in folders.iter_mut().zip(&counts) {
        let mut left = folder.unpacked;
        for _ in 1..*files {
            if !sized {
                return None;
            }
            let size = number(fields)?;
            left = left.checked_sub(size)?;
            folder.files.push((size, None));
        }
        if *files > 0 {
            folder.files.push((left, None));
        }
    }
    if sized {
        kind = number(fields)?;
    }
    loop {
        match kind {
            END => break,
            CRC => {
                let has_own = |folder: &Folder| folder.files.len() == 1 && folder.crc.is_some();
                let missing = folders.iter().filter(|folder| !has_own(folder));
                let missing = missing.map(|folder| folder.files.len()).sum();
                let mut crcs = digests(fields, missing)?.into_iter();
                for folder in folders.iter_mut() {
                    if has_own(folder) {
                        continue;
                    }
                    for file in &mut folder.files {
                        file.1 = crcs.next()?;
                    }
                }
            }
            _ => return None,
        }
        kind = number(fields)?;
    }
    for folder in folders {
        if let ([file], Some(crc)) = (folder.files.as_mut_slice(), folder.crc) {
            file.1 = Some(crc);
        }
    }
    Some(())
}

fn read_files(fields: &mut Fields<'_>) -> Option<Vec<File>> {
    let files = count(fields)?;
    // Every file has a name, of two bytes at least.
    if files > fields.len() {
        return None;
    }
    let file = File {
        stream: true,
        ..File::default()
    };
    let mut all = vec![file; files.min(MOST_FILES)];
    let mut empty = 0;
    loop {
        let property = number(fields)?;
        if property == END {
            return Some(all);
        }
        let size = number(fields)?;
        let mut data = Fields::new(fields.take_u64(size)?);
        match property {
            EMPTY_STREAM => {
                let bits = bits(&mut data, files)?;
                empty = bits.iter().filter(|is_empty| **is_empty).count();
                for (file, is_empty) in all.iter_mut().zip(bits) {
                    file.stream = !is_empty;
                    file.directory = is_empty;
                }
            }
            EMPTY_FILE => {
                let without = all.iter_mut().filter(|file| !file.stream);
                for (file, is_file) in without.zip(bits(&mut data, empty)?) {
                    file.directory = !is_file;
                }
            }
            ANTI => {
                let without = all.iter_mut().filter(|file| !file.stream);
                for (file, anti) in without.zip(bits(&mut data, empty)?) {
                    file.anti = anti;
                }
            }
            NAMES => {
                if data.u8()? != 0 {
                    return None;
                }
                for file in &mut all {
                    file.name = name(&mut data)?;
                }
            }
            ATTRIBUTES => {
                let defined = optional_bits(&mut data, files)?;
                if data.u8()? != 0 {
                    return None;
                }
                for (file, defined) in all.iter_mut().zip(defined) {
                    if defined {
                        file.attributes = data.u32()?;
                    }
                }
            }
            _ => {}
        }
    }
}

/// UTF-16LE up to a NUL.
fn name(fields: &mut Fields<'_>) -> Option<String> {
    let pairs = fields.rest().chunks_exact(2);
    let length = pairs.clone().position(|pair| pair == [0, 0])?;
    let units = pairs
        .take(length)
        .map(|pair| u16::from_le_bytes(pair.try_into().unwrap_or_default()));
    let text = char::decode_utf16(units)
        .map(|c| c.unwrap_or('\u{fffd}'))
        .collect();
    fields.take(2 * length + 2)?;
    Some(text)
}

/// Coders of a folder, inputs of a coder: 7-Zip takes no more either.
const CODERS: usize = 32;
/// What a single byte may say of so many things.
const MOST: usize = 1 << 20;
/// Files of an archive that are kept: far more than any budget of members.
const MOST_FILES: usize = 1 << 18;

const END: u64 = 0x00;
const HEADER: u64 = 0x01;
const ARCHIVE_PROPERTIES: u64 = 0x02;
const ADDITIONAL_STREAMS: u64 = 0x03;
const MAIN_STREAMS: u64 = 0x04;
const FILES: u64 = 0x05;
const PACK_INFO: u64 = 0x06;
const UNPACK_INFO: u64 = 0x07;
const SUB_STREAMS: u64 = 0x08;
const SIZE: u64 = 0x09;
const CRC: u64 = 0x0a;
const FOLDER: u64 = 0x0b;
const UNPACK_SIZES: u64 = 0x0c;
const NUM_UNPACK_STREAMS: u64 = 0x0d;
const EMPTY_STREAM: u64 = 0x0e;
const EMPTY_FILE: u64 = 0x0f;
const ANTI: u64 = 0x10;
const NAMES: u64 = 0x11;
const ATTRIBUTES: u64 = 0x15;
const ENCODED_HEADER: u64 = 0x17;
