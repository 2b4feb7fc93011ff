//! The filters of PDF streams (ISO 32000-2 clause 7.4), as readers behind each other: what comes out
//! is never more in memory than a few rows, and what every one of them makes is counted.

mod predictor;

use std::{
    cell::Cell,
    collections::VecDeque,
    io::{self, Read},
    rc::Rc,
};

use flate2::{Decompress, FlushDecompress, Status};

pub(super) use self::predictor::Predictor;
use self::predictor::Rows;

/// What all filters of one stream may make together, in bytes; shared by them.
#[derive(Clone, Debug)]
pub(super) struct Meter(Rc<Cell<u64>>);

impl Meter {
    pub(super) fn new(limit: u64) -> Self {
        Self(Rc::new(Cell::new(limit)))
    }

    /// Bytes that may still be made.
    pub(super) fn left(&self) -> u64 {
        self.0.get()
    }

    fn take(&self, count: usize) -> io::Result<()> {
        self.0.set(self.0.get().saturating_sub(count as u64));
        match self.0.get() {
            0 => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }
}

/// One filter, with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Flate(Predictor),
    Lzw { early: bool, predictor: Predictor },
    Ascii85,
    AsciiHex,
    RunLength,
}

/// Puts a filter behind a reader.
pub(super) fn behind<'a>(
    input: Box<dyn Read + 'a>,
    filter: Filter,
    meter: &Meter,
) -> Box<dyn Read + 'a> {
    let meter = meter.clone();
    let input = Bytes::new(input);
    match filter {
        Filter::Flate(predictor) => predicted(
            Pump::new(Flate::new(input), meter.clone()),
            predictor,
            meter,
        ),
        Filter::Lzw { early, predictor } => predicted(
            Pump::new(Lzw::new(input, early), meter.clone()),
            predictor,
            meter,
        ),
        Filter::Ascii85 => Box::new(Pump::new(Ascii85(input), meter)),
        Filter::AsciiHex => Box::new(Pump::new(AsciiHex(input), meter)),
        Filter::RunLength => Box::new(Pump::new(RunLength(input), meter)),
    }
}

fn predicted<'a>(input: impl Read + 'a, how: Predictor, meter: Meter) -> Box<dyn Read + 'a> {
    match how.predictor {
        0 | 1 => Box::new(input),
        _ => Box::new(Pump::new(Rows::new(Box::new(input), how), meter)),
    }
}

/// Makes some bytes at a time.
trait Step {
    /// Adds bytes to `out`; false at the end. May add none.
    fn step(&mut self, out: &mut VecDeque<u8>) -> io::Result<bool>;
}

struct Pump<S> {
    step: S,
    out: VecDeque<u8>,
    meter: Meter,
    ended: bool,
}

impl<S> Pump<S> {
    fn new(step: S, meter: Meter) -> Self {
        Self {
            step,
            out: VecDeque::new(),
            meter,
            ended: false,
        }
    }
}

impl<S: Step> Read for Pump<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !self.ended && self.out.len() < into.len().min(BUFFER) {
            let before = self.out.len();
            self.ended = !self.step.step(&mut self.out)?;
            self.meter.take(self.out.len().saturating_sub(before))?;
        }
        self.out.read(into)
    }
}

/// Reads byte by byte from a buffer.
struct Bytes<'a> {
    input: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    at: usize,
}

impl<'a> Bytes<'a> {
    fn new(input: Box<dyn Read + 'a>) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            at: 0,
        }
    }

    /// What is there, at least one byte; empty at the end.
    fn fill(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.buffer.len() {
            self.buffer.resize(BUFFER, 0);
            let got = loop {
                match self.input.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            self.buffer.truncate(*got.as_ref().unwrap_or(&0));
            self.at = 0;
            got?;
        }
        Ok(self.buffer.get(self.at..).unwrap_or_default())
    }

    fn next(&mut self) -> io::Result<Option<u8>> {
        let byte = self.fill()?.first().copied();
        self.at += 1;
        Ok(byte)
    }
}

/// zlib (RFC 1950) without its checksum, as viewers take it: what comes before an error counts.
struct Flate<'a> {
    input: Bytes<'a>,
    inflate: Decompress,
    header: u8,
    out: Vec<u8>,
}

impl<'a> Flate<'a> {
    fn new(input: Bytes<'a>) -> Self {
        Self {
            input,
            inflate: Decompress::new(false),
            header: 2,
            out: vec![0; BUFFER],
        }
    }
}

impl Step for Flate<'_> {
    fn step(&mut self, out: &mut VecDeque<u8>) -> io::Result<bool> {
        while self.header > 0 {
            // White space before the data: some writers leave a line end there.
            match self.input.next()? {
                None => return Ok(false),
                Some(b'\r' | b'\n') if self.header == 2 => {}
                Some(_) => self.header -= 1,
            }
        }
        let input = self.input.fill()?;
        let ended = input.is_empty();
        let (read, made) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(input, &mut self.out, FlushDecompress::None);
        let read = usize::try_from(self.inflate.total_in() - read).unwrap_or(usize::MAX);
        let made = usize::try_from(self.inflate.total_out() - made).unwrap_or(usize::MAX);
        self.input.at = self.input.at.saturating_add(read);
        out.extend(self.out.get(..made).unwrap_or_default());
        match status {
            Ok(Status::StreamEnd) => Ok(false),
            Ok(_) if made == 0 && (ended || read == 0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(true),
            Err(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// LZW (clause 7.4.4): codes of 9 to 12 bits, the high bit first.
struct Lzw<'a> {
    input: Bytes<'a>,
    early: bool,
    bits: u32,
    held: u32,
    /// For each code: the one before it, its last byte, and its length.
    table: Vec<(u16, u8, u16)>,
    last: Option<u16>,
}

impl<'a> Lzw<'a> {
    fn new(input: Bytes<'a>, early: bool) -> Self {
        let mut table: Vec<(u16, u8, u16)> = (0..=255).map(|byte| (0, byte, 1)).collect();
        table.resize(258, (0, 0, 0));
        Self {
            input,
            early,
            bits: 0,
            held: 0,
            table,
            last: None,
        }
    }

    fn code(&mut self) -> io::Result<Option<u16>> {
        // The table is one code behind the encoder's.
        let next = self.table.len() + usize::from(self.last.is_some()) + usize::from(self.early);
        let width = match next {
            0..=512 => 9,
            513..=1024 => 10,
            1025..=2048 => 11,
            _ => 12,
        };
        while self.bits < width {
            let Some(byte) = self.input.next()? else {
                return Ok(None);
            };
            self.held = self.held << 8 | u32::from(byte);
            self.bits += 8;
        }
        self.bits -= width;
        let code = self.held >> self.bits & ((1 << width) - 1);
        Ok(u16::try_from(code).ok())
    }

    /// The bytes of a code, the last first.
    fn spell(&self, code: u16, into: &mut Vec<u8>) {
        let mut at = code;
        while let Some((before, byte, length)) = self.table.get(usize::from(at)) {
            into.push(*byte);
            if *length <= 1 {
                break;
            }
            at = *before;
        }
    }
}

impl Step for Lzw<'_> {
    fn step(&mut self, out: &mut VecDeque<u8>) -> io::Result<bool> {
        let Some(code) = self.code()? else {
            return Ok(false);
        };
        if code == 256 {
            self.table.truncate(258);
            self.last = None;
            return Ok(true);
        }
        if code == 257 {
            return Ok(false);
        }
        let mut word = Vec::new();
        let known = usize::from(code) < self.table.len();
        match (known, self.last) {
            (true, _) => self.spell(code, &mut word),
            // The code that is being made: the last one and its first byte again.
            (false, Some(last)) if usize::from(code) == self.table.len() => {
                self.spell(last, &mut word);
                let first = word.last().copied().unwrap_or_default();
                word.insert(0, first);
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
        if let Some(last) = self.last
            && self.table.len() < 4096
        {
            let first = word.last().copied().unwrap_or_default();
            let length = self.table.get(usize::from(last)).map_or(1, |entry| entry.2);
            self.table.push((last, first, length.saturating_add(1)));
        }
        self.last = Some(code);
        out.extend(word.iter().rev());
        Ok(true)
    }
}

struct Ascii85<'a>(Bytes<'a>);

impl Step for Ascii85<'_> {
    fn step(&mut self, out: &mut VecDeque<u8>) -> io::Result<bool> {
        let mut group = 0_u32;
        let mut count = 0_usize;
        let mut ended = false;
        while count < 5 {
            match self.0.next()? {
                None | Some(b'~') => {
                    ended = true;
                    break;
                }
                Some(b'z') if count == 0 => {
                    out.extend([0; 4]);
                    return Ok(true);
                }
                Some(byte @ b'!'..=b'u') => {
                    group = group.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                    count += 1;
                }
                Some(_) => {}
            }
        }
        for _ in count..5 {
            group = group.wrapping_mul(85).wrapping_add(84);
        }
        let bytes = group.to_be_bytes();
        out.extend(bytes.iter().take(count.saturating_sub(1)));
        Ok(!ended)
    }
}

struct AsciiHex<'a>(Bytes<'a>);

impl Step for AsciiHex<'_> {
    fn step(&mut self, out: &mut VecDeque<u8>) -> io::Result<bool> {
        let mut high = None;
        loop {
            let byte = self.0.next()?;
            let digit = byte.and_then(|byte| char::from(byte).to_digit(16));
            let digit = digit.and_then(|digit| u8::try_from(digit).ok());
            match (byte, digit, high) {
                (None | Some(b'>'), ..) => {
                    out.extend(high.map(|high: u8| high << 4));
                    return Ok(false);
                }
                (_, Some(digit), None) => high = Some(digit),
                (_, Some(digit), Some(first)) => {
                    out.push_back(first << 4 | digit);
                    return Ok(true);
                }
                _ => {}
            }
        }
    }
}

struct RunLength<'a>(Bytes<'a>);

impl Step for RunLength<'_> {
    fn step(&mut self, out: &mut VecDeque<u8>) -> io::Result<bool> {
        match self.0.next()? {
            None | Some(128) => return Ok(false),
            Some(count @ 0..=127) => {
                for _ in 0..=count {
                    match self.0.next()? {
                        Some(byte) => out.push_back(byte),
                        None => return Ok(false),
                    }
                }
            }
            Some(count) => {
                let Some(byte) = self.0.next()? else {
                    return Ok(false);
                };
                out.extend(std::iter::repeat_n(byte, 257 - usize::from(count)));
            }
        }
        Ok(true)
    }
}

/// Bytes that are made at once.
const BUFFER: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn through(bytes: &[u8], filters: &[Filter]) -> io::Result<Vec<u8>> {
        let meter = Meter::new(1 << 20);
        let mut input: Box<dyn Read + '_> = Box::new(bytes);
        for filter in filters {
            input = behind(input, *filter, &meter);
        }
        let mut out = Vec::new();
        input.read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn filters_give_back_what_was_put_in() {
        assert_eq!(
            through(b"41 4 2\n4>zz", &[Filter::AsciiHex]).unwrap(),
            b"AB@"
        );
        assert_eq!(
            through(b"87cURD]i,\"Ebo80z~>", &[Filter::Ascii85]).unwrap(),
            b"Hello World!\0\0\0\0"
        );
        assert_eq!(
            through(b"\x02abc\xfex\x80zz", &[Filter::RunLength]).unwrap(),
            b"abcxxx"
        );
        // ISO 32000-2, 7.4.4.2, example.
        let lzw = Filter::Lzw {
            early: true,
            predictor: Predictor::default(),
        };
        assert_eq!(
            through(b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01", &[lzw]).unwrap(),
            [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]
        );
        let hex = b"5f6162>";
        let both = [Filter::AsciiHex, Filter::AsciiHex];
        assert_eq!(through(b"3546363136323e>", &both).unwrap(), b"_ab");
        assert_eq!(through(hex, &both[..1]).unwrap(), b"_ab");
    }

    #[test]
    fn what_is_made_in_the_middle_is_counted_too() {
        use std::io::Write as _;
        let zip = |bytes: &[u8]| {
            let mut to = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        };
        let flate = Filter::Flate(Predictor::default());
        // Spaces come to nothing in ASCIIHex, but were made.
        let bomb = zip(&vec![b' '; 2 << 20]);
        assert!(through(&bomb, &[flate, Filter::AsciiHex]).is_err());
        let small = zip(&vec![b' '; 1 << 10]);
        assert_eq!(through(&small, &[flate, Filter::AsciiHex]).unwrap(), b"");
        assert_eq!(
            through(&zip(&small), &[flate, flate]).unwrap(),
            [b' '; 1 << 10]
        );
        // Cut: an error, so that the member is known as damaged.
        assert!(through(&small[..small.len() - 6], &[flate]).is_err());
    }
}
