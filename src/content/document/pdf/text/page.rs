//! What a page shows: letters with their places, and the lines, frames and surfaces around them.

use crate::vietnamese::Encoding;

/// A matrix as PDF writes it: a b c d e f.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix(pub(super) [f64; 6]);

impl Matrix {
    pub(super) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First this one, then `then`.
    pub(super) fn then(self, then: Self) -> Self {
        let [a, b, c, d, e, f] = self.0;
        let [ta, tb, tc, td, te, tf] = then.0;
        Self([
            a * ta + b * tc,
            a * tb + b * td,
            c * ta + d * tc,
            c * tb + d * td,
            e * ta + f * tc + te,
            e * tb + f * td + tf,
        ])
    }

    pub(super) fn moved(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    pub(super) fn point(self, x: f64, y: f64) -> Point {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }

    /// A direction, without the move.
    pub(super) fn direction(self, x: f64, y: f64) -> Point {
        let [a, b, c, d, ..] = self.0;
        (a * x + c * y, b * x + d * y)
    }
}

/// A place on the page in points, from its lower left corner as it is shown.
pub(super) type Point = (f64, f64);

/// One glyph.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    /// Its letters: a slice of [`Page::text`].
    pub(super) from: u32,
    pub(super) to: u32,
    /// Where it begins and ends on its baseline, its spacing left out.
    pub(super) start: Point,
    pub(super) end: Point,
    /// Height of its font in points.
    pub(super) size: f32,
    /// The direction of its line in degrees, from 0 to 359.
    pub(super) angle: u16,
    /// Its look: an index in [`Page::looks`].
    pub(super) look: u32,
    /// The operator that shows it, counted.
    pub(super) shown: u32,
}

/// How glyphs look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Look {
    pub(super) bold: bool,
    pub(super) red: bool,
    /// Nearly the colour of paper, but to be seen.
    pub(super) light: bool,
    /// The colour of paper.
    pub(super) white: bool,
    /// Not painted (text render mode 3), as the text of a scan is.
    pub(super) invisible: bool,
    /// In a layer that is switched off, or wholly transparent.
    pub(super) hidden: bool,
    pub(super) legacy: Option<Encoding>,
}

/// What a page or an annotation shows.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) text: String,
    pub(super) glyphs: Vec<Glyph>,
    pub(super) looks: Vec<Look>,
    /// Frames, with four corners.
    pub(super) frames: Vec<[Point; 4]>,
    /// Straight strokes.
    pub(super) strokes: Vec<[Point; 2]>,
    /// Surfaces that are not white, and pictures (true): what they cover.
    pub(super) surfaces: Vec<(Area, bool)>,
    /// Width and height in points, as it is shown.
    pub(super) size: (f64, f64),
    /// Alternative texts in marked content.
    pub(super) alt: Vec<String>,
}

/// Left, bottom, right, top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area(pub(super) [f64; 4]);

impl Area {
    pub(super) fn around(points: impl IntoIterator<Item = Point>) -> Self {
        let none = Self([f64::MAX, f64::MAX, f64::MIN, f64::MIN]);
        points.into_iter().fold(none, |Self([l, b, r, t]), (x, y)| {
            Self([l.min(x), b.min(y), r.max(x), t.max(y)])
        })
    }

    pub(super) fn holds(self, (x, y): Point) -> bool {
        let Self([l, b, r, t]) = self;
        (l..=r).contains(&x) && (b..=t).contains(&y)
    }
}

impl Page {
    /// The number of a look.
    pub(super) fn look(&mut self, look: Look) -> u32 {
        // Looks change seldom and come back: the last few are asked.
        let found = self
            .looks
            .iter()
            .rev()
            .take(8)
            .position(|known| *known == look);
        let at = match found {
            Some(back) => self.looks.len() - 1 - back,
            None => {
                self.looks.push(look);
                self.looks.len() - 1
            }
        };
        u32::try_from(at).unwrap_or(u32::MAX)
    }
}
