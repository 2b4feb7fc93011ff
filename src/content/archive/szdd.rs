//! Files that Microsoft's COMPRESS made (`setup.ex_`): SZDD, and KWAJ as far as it packs like SZDD.

use std::io::{self, BufRead, Read, Seek as _, SeekFrom};

use super::fields::{Fields, hand_on};
use crate::{
    content::{
        opener::{Inside, Member},
        source::{Cursor, Source},
    },
    facts::NotOpened,
};

/// Opens a compressed file.
pub(in crate::content) fn szdd(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let head = source.up_to(0, 14);
    let mut fields = Fields::new(head.get(8..).unwrap_or_default());
    let mut member = Member {
        packed: Some(source.len()),
        ..Member::default()
    };
    let mut cursor = source.cursor();
    if head.starts_with(b"KWAJ") {
        let (Some(method), Some(at)) = (fields.u16(), fields.u16()) else {
            return Err(NotOpened::Damaged);
        };
        let data = source.piece(u64::from(at), source.len());
        return match method {
            0 => inside.piece(member, &data),
            1 => inside.member(member, &mut Turned(data.cursor())),
            2 => inside.member(member, &mut Unpacked::new(data.cursor())),
            _ => inside.closed(member, NotOpened::Unsupported),
        };
    }
    let (Some(b'A'), Some(last), Some(size)) = (fields.u8(), fields.u8(), fields.u32()) else {
        return Err(NotOpened::Damaged);
    };
    // "setup.ex_" was "setup.exe": the letter stands in the header.
    let names = inside.container().map(|node| node.names.clone());
    for name in names.unwrap_or_default() {
        if let Some(stem) = name.strip_suffix('_') {
            let mut name = stem.to_owned();
            if last.is_ascii_graphic() {
                name.push(char::from(last));
            }
            member.names.push(name);
        }
    }
    member.declared = u64::from(size);
    cursor
        .seek(SeekFrom::Start(14))
        .map_err(|_| NotOpened::Damaged)?;
    hand_on(
        inside,
        member,
        &mut Unpacked::new(cursor),
        u64::from(size),
        None,
    )?;
    Ok(())
}

/// Every bit turned.
struct Turned(Cursor);

impl Read for Turned {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.0.read(into)?;
        into.iter_mut().take(got).for_each(|byte| *byte ^= 0xff);
        Ok(got)
    }
}

/// LZSS with a window of 4 KiB that is full of spaces at first.
struct Unpacked {
    input: Cursor,
    window: Vec<u8>,
    at: usize,
    /// The rest of a byte that says of eight things what they are, with a one above them.
    control: u16,
    from: usize,
    copy: usize,
}

impl Unpacked {
    fn new(input: Cursor) -> Self {
        Self {
            input,
            window: vec![b' '; WINDOW],
            at: WINDOW - 16,
            control: 1,
            from: 0,
            copy: 0,
        }
    }

    fn take(&mut self) -> io::Result<Option<u8>> {
        let byte = self.input.fill_buf()?.first().copied();
        self.input.consume(usize::from(byte.is_some()));
        Ok(byte)
    }

    /// The next byte; none at the end.
    fn next(&mut self) -> io::Result<Option<u8>> {
        if self.copy == 0 {
            if self.control <= 1 {
                let Some(control) = self.take()? else {
                    return Ok(None);
                };
                self.control = u16::from(control) | 0x100;
            }
            let literal = self.control & 1 != 0;
            self.control >>= 1;
            let Some(first) = self.take()? else {
                return Ok(None);
            };
            if literal {
                return Ok(Some(self.put(first)));
            }
            let Some(second) = self.take()? else {
                return Ok(None);
            };
            self.from = usize::from(first) | usize::from(second & 0xf0) << 4;
            self.copy = usize::from(second & 0x0f) + 3;
        }
        self.copy -= 1;
        let byte = self.window.get(self.from).copied().unwrap_or_default();
        self.from = (self.from + 1) % WINDOW;
        Ok(Some(self.put(byte)))
    }

    fn put(&mut self, byte: u8) -> u8 {
        if let Some(place) = self.window.get_mut(self.at) {
            *place = byte;
        }
        self.at = (self.at + 1) % WINDOW;
        byte
    }
}

impl Read for Unpacked {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        for place in into.iter_mut() {
            let Some(byte) = self.next()? else {
                break;
            };
            *place = byte;
            done += 1;
        }
        Ok(done)
    }
}

const WINDOW: usize = 4096;

#[cfg(test)]
mod tests {
    use super::super::hostile::survives;
    use crate::{
        content::testing::{found, open_file},
        facts::NotOpened,
    };

    /// Literals, and a copy of five from the beginning of the text (4096 - 16).
    fn sample() -> Vec<u8> {
        let mut bytes = b"SZDD\x88\xf0\x27\x33Ae".to_vec();
        bytes.extend(14_u32.to_le_bytes());
        bytes.extend(b"\xff\x7fELF\x02\x01\x01.\x01.\xf0\xf2");
        bytes
    }

    #[test]
    fn a_compressed_file_is_read_and_has_its_name() {
        let tree = open_file("setup.ex_", &sample());
        assert_eq!(found(&tree), ["2: szdd", "2/setup.exe: elf"]);
        assert_eq!((tree.nodes[2].size, &tree.nodes[2].not_opened), (14, &None));
        let cut = open_file("setup.ex_", &sample()[..20]);
        assert_eq!(found(&cut)[1], "2/setup.exe: elf");
        assert_eq!(cut.nodes[2].not_opened, Some(NotOpened::Damaged));
        let turned: Vec<u8> = b"\x7fELF\x02\x01\x01."
            .iter()
            .map(|byte| byte ^ 0xff)
            .collect();
        let kwaj = [b"KWAJ\x88\xf0\x27\xd1\x01\0\x0e\0\0\0".as_slice(), &turned].concat();
        assert_eq!(found(&open_file("a.ex_", &kwaj)), ["2: szdd", "2/: elf"]);
        survives("a.ex_", &sample());
        survives("a.ex_", &kwaj);
    }
}
