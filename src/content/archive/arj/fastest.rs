//! ARJ's method 4: lengths and distances in a code of few bits, without trees.

use std::io::{self, BufReader, Read};

/// Unpacks method 4.
pub(super) struct Fastest<R> {
    input: BufReader<R>,
    bits: u64,
    count: u32,
    window: Vec<u8>,
    /// Where the next byte comes in the window.
    at: usize,
    /// A copy that goes on: where from, how many bytes.
    from: usize,
    copy: usize,
    left: u64,
}

impl<R: Read> Fastest<R> {
    /// `size`: how many bytes come out.
    pub(super) fn new(input: R, size: u64) -> Self {
        Self {
            input: BufReader::new(input),
            bits: 0,
            count: 0,
            window: vec![0; WINDOW],
            at: 0,
            from: 0,
            copy: 0,
            left: size,
        }
    }

    fn bits(&mut self, count: u32) -> io::Result<usize> {
        while self.count < count {
            let mut byte = [0];
            self.input.read_exact(&mut byte)?;
            self.bits = self.bits << 8 | u64::from(byte[0]);
            self.count += 8;
        }
        self.count -= count;
        let value = self.bits >> self.count & ((1 << count) - 1);
        self.bits &= (1 << self.count) - 1;
        Ok(value as usize)
    }

    /// A number of which the leading ones say how many bits it has: from `least` up to `most`.
    fn number(&mut self, least: u32, most: u32) -> io::Result<usize> {
        let mut base = 0;
        let mut width = least;
        while width < most && self.bits(1)? == 1 {
            base += 1 << width;
            width += 1;
        }
        Ok(base + self.bits(width)?)
    }

    fn byte(&mut self) -> io::Result<u8> {
        if self.copy == 0 {
            let length = self.number(0, 7)?;
            if length == 0 {
                let byte = self.bits(8)? as u8;
                return Ok(self.put(byte));
            }
            self.copy = length + 2;
            let distance = self.number(9, 13)? + 1;
            self.from = (self.at + WINDOW).saturating_sub(distance) % WINDOW;
        }
        self.copy -= 1;
        let byte = self.window.get(self.from).copied().unwrap_or_default();
        self.from = (self.from + 1) % WINDOW;
        Ok(self.put(byte))
    }

    fn put(&mut self, byte: u8) -> u8 {
        if let Some(place) = self.window.get_mut(self.at) {
            *place = byte;
        }
        self.at = (self.at + 1) % WINDOW;
        byte
    }
}

impl<R: Read> Read for Fastest<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        for place in into.iter_mut() {
            if self.left == 0 {
                break;
            }
            match self.byte() {
                Ok(byte) => *place = byte,
                // What came before the damage is handed on first.
                Err(_) if done > 0 => break,
                Err(error) => return Err(error),
            }
            self.left -= 1;
            done += 1;
        }
        Ok(done)
    }
}

const WINDOW: usize = 26_624;
