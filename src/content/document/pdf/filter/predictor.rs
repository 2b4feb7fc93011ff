//! Predictors of rows (ISO 32000-1 clause 7.4.4.4): what is stored of a byte is how it differs from its neighbours.

use std::{
    collections::VecDeque,
    io::{self, Read},
};

use super::{Bytes, Step};

/// `/DecodeParms` of Flate and LZW (clause 7.4.4.4); a predictor below 2 does nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Predictor {
    pub(in super::super) predictor: u32,
    pub(in super::super) colors: usize,
    pub(in super::super) bits: usize,
    pub(in super::super) columns: usize,
}

/// Rows that say only how they differ from the one above (PNG) or to the left (TIFF).
pub(super) struct Rows<'a> {
    input: Bytes<'a>,
    png: bool,
    pixel: usize,
    above: Vec<u8>,
    eight: bool,
}

impl<'a> Rows<'a> {
    pub(super) fn new(input: Box<dyn Read + 'a>, how: Predictor) -> Self {
        let colors = how.colors.clamp(1, 64);
        let bits = how.bits.clamp(1, 16);
        let columns = how.columns.clamp(1, 1 << 20);
        let row = (columns * colors * bits).div_ceil(8);
        Self {
            input: Bytes::new(input),
            png: how.predictor >= 10,
            pixel: (colors * bits).div_ceil(8),
            above: vec![0; row],
            eight: bits == 8,
        }
    }
}

impl Step for Rows<'_> {
    fn step(&mut self, out: &mut VecDeque<u8>) -> io::Result<bool> {
        let kind = match self.png {
            false => 5,
            true => match self.input.next()? {
                Some(kind) => kind,
                None => return Ok(false),
            },
        };
        let mut row: Vec<u8> = Vec::with_capacity(self.above.len());
        while row.len() < self.above.len() {
            let Some(byte) = self.input.next()? else {
                break;
            };
            let at = row.len();
            let behind = at.checked_sub(self.pixel);
            let of = |row: &[u8], at: Option<usize>| {
                at.and_then(|at| row.get(at)).copied().unwrap_or_default()
            };
            let left = of(&row, behind);
            let up = of(&self.above, Some(at));
            let corner = of(&self.above, behind);
            let add = match kind {
                1 => left,
                2 => up,
                3 => u8::midpoint(left, up),
                4 => paeth(left, up, corner),
                // TIFF with 8 bits; of fewer bits it is left as it is.
                5 if self.eight => left,
                _ => 0,
            };
            row.push(byte.wrapping_add(add));
        }
        out.extend(&row);
        let whole = row.len() == self.above.len();
        self.above = row;
        Ok(whole)
    }
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let [a, b, c] = [left, up, corner].map(i16::from);
    let guess = a + b - c;
    let [near_a, near_b, near_c] = [a, b, c].map(|value| (guess - value).abs());
    if near_a <= near_b && near_a <= near_c {
        left
    } else if near_b <= near_c {
        up
    } else {
        corner
    }
}
