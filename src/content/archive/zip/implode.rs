//! Method 6, imploding (APPNOTE.TXT 5.3): what PKZIP 1 wrote. 7-Zip, Info-ZIP and the Windows Explorer
//! of old still unpack it.

use std::io::{self, BufRead, Read};

/// Unpacks imploded bytes. The format has no end mark: the declared size is the end, or the packed
/// bytes are.
pub(super) struct Explode<R> {
    bits: Bits<R>,
    left: u64,
    /// Read with the first byte.
    trees: Option<Trees>,
    literals: bool,
    large: bool,
    window: Box<[u8; WINDOW]>,
    at: usize,
    /// What is left of a match: distance and length.
    copy: (usize, usize),
}

struct Trees {
    literals: Option<Tree>,
    lengths: Tree,
    distances: Tree,
}

/// A Shannon-Fano tree: for every length of a code its first code and its symbols in their order.
#[derive(Default)]
struct Tree {
    lengths: [(u32, Vec<u8>); 17],
}

struct Bits<R> {
    from: R,
    held: u32,
    count: u32,
}

impl<R: BufRead> Explode<R> {
    pub(super) fn new(from: R, flags: u16, size: u64) -> Self {
        Self {
            bits: Bits {
                from,
                held: 0,
                count: 0,
            },
            left: size,
            trees: None,
            literals: flags & 4 != 0,
            large: flags & 2 != 0,
            window: Box::new([0; WINDOW]),
            at: 0,
            copy: (0, 0),
        }
    }

    fn next(&mut self) -> io::Result<u8> {
        let (distance, length) = self.copy;
        let byte = if let Some(rest) = length.checked_sub(1) {
            self.copy.1 = rest;
            self.before(distance)
        } else if self.bits.take(1)? == 1 {
            match self
                .trees
                .as_ref()
                .and_then(|trees| trees.literals.as_ref())
            {
                Some(tree) => tree.symbol(&mut self.bits)?,
                None => self.bits.take(8)? as u8,
            }
        } else {
            let Some(trees) = &self.trees else {
                return Err(io::ErrorKind::InvalidData.into());
            };
            let low_bits = if self.large { 7 } else { 6 };
            let low = self.bits.take(low_bits)?;
            let high = u32::from(trees.distances.symbol(&mut self.bits)?);
            let distance = (high << low_bits | low) as usize + 1;
            let mut length = usize::from(trees.lengths.symbol(&mut self.bits)?);
            if length == 63 {
                length += self.bits.take(8)? as usize;
            }
            // With a tree of literals a match of two bytes does not pay.
            let least = if self.literals { 3 } else { 2 };
            self.copy = (distance, length + least - 1);
            self.before(distance)
        };
        if let Some(place) = self.window.get_mut(self.at % WINDOW) {
            *place = byte;
        }
        self.at = (self.at + 1) % WINDOW;
        Ok(byte)
    }

    fn before(&self, distance: usize) -> u8 {
        let at = (self.at + WINDOW - distance % WINDOW) % WINDOW;
        self.window.get(at).copied().unwrap_or(0)
    }
}

impl<R: BufRead> Read for Explode<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left > 0 && self.trees.is_none() {
            let literals = match self.literals {
                true => Some(Tree::read(&mut self.bits.from, 256)?),
                false => None,
            };
            self.trees = Some(Trees {
                literals,
                lengths: Tree::read(&mut self.bits.from, 64)?,
                distances: Tree::read(&mut self.bits.from, 64)?,
            });
        }
        let mut got = 0;
        for to in into {
            if self.left == 0 {
                break;
            }
            match self.next() {
                Ok(byte) => *to = byte,
                // What came before it is judged.
                Err(_) if got > 0 => break,
                Err(error) => return Err(error),
            }
            self.left -= 1;
            got += 1;
        }
        Ok(got)
    }
}

impl Tree {
    /// 5.3.7: pairs of a number of codes and their length, each less one.
    fn read(from: &mut impl Read, symbols: usize) -> io::Result<Self> {
        let byte = |from: &mut dyn Read| {
            let mut byte = [0];
            from.read_exact(&mut byte).map(|()| byte[0])
        };
        let mut sizes: Vec<u8> = Vec::new();
        for _ in 0..=byte(from)? {
            let pair = byte(from)?;
            let count = usize::from(pair >> 4) + 1;
            sizes.extend(std::iter::repeat_n((pair & 15) + 1, count));
        }
        if sizes.len() != symbols {
            return Err(io::ErrorKind::InvalidData.into());
        }
        // 5.3.8: codes are given from the longest to the shortest, from the last symbol to the first.
        let mut tree = Self::default();
        let mut code = 0_u32;
        for length in (1..=16_u8).rev() {
            let Some((first, found)) = tree.lengths.get_mut(usize::from(length)) else {
                continue;
            };
            let step = 1_u32 << (16 - length);
            *first = code >> (16 - length);
            for (symbol, _) in sizes
                .iter()
                .enumerate()
                .rev()
                .filter(|(_, size)| **size == length)
            {
                found.push(symbol as u8);
                code = code.saturating_add(step);
            }
        }
        Ok(tree)
    }

    fn symbol<R: BufRead>(&self, bits: &mut Bits<R>) -> io::Result<u8> {
        let mut code = 0;
        for (first, symbols) in self.lengths.iter().skip(1) {
            code = code << 1 | bits.take(1)?;
            let index = code.checked_sub(*first).map(|index| index as usize);
            if let Some(symbol) = index.and_then(|index| symbols.get(index)) {
                return Ok(*symbol);
            }
        }
        Err(io::ErrorKind::InvalidData.into())
    }
}

impl<R: BufRead> Bits<R> {
    /// The next bits, the first of them lowest.
    fn take(&mut self, count: u32) -> io::Result<u32> {
        while self.count < count {
            let Some(byte) = self.from.fill_buf()?.first().copied() else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            self.from.consume(1);
            self.held |= u32::from(byte) << self.count;
            self.count += 8;
        }
        let found = self.held & ((1 << count) - 1);
        self.held >>= count;
        self.count -= count;
        Ok(found)
    }
}

const WINDOW: usize = 8192;
