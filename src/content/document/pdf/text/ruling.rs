//! Frames and lines of a page, seen in the direction of a text.

use super::{
    lines::Turn,
    page::{Area, Page, Point},
};

/// What is ruled, in one direction of text.
#[derive(Debug, Default)]
pub(super) struct Ruling {
    frames: Vec<Area>,
    /// Height, from, to; along the text.
    level: Vec<[f64; 3]>,
    /// Place, from, to; across the text, by their place.
    upright: Vec<[f64; 3]>,
}

impl Ruling {
    pub(super) fn of(page: &Page, turn: Turn) -> Self {
        let mut ruling = Self::default();
        for frame in &page.frames {
            let corners = frame.map(|corner| turn.apply(corner));
            let area = Area::around(corners);
            let Area([l, b, r, t]) = area;
            let at_edge = |(u, v): &Point| {
                (u - l).abs().min((u - r).abs()) < 1.0 && (v - b).abs().min((v - t).abs()) < 1.0
            };
            if corners.iter().all(at_edge) {
                ruling.frames.push(area);
                ruling.upright.push([l, b, t]);
                ruling.upright.push([r, b, t]);
            }
        }
        for stroke in &page.strokes {
            let [(u0, v0), (u1, v1)] = stroke.map(|end| turn.apply(end));
            if (v0 - v1).abs() < 1.0 {
                ruling
                    .level
                    .push([f64::midpoint(v0, v1), u0.min(u1), u0.max(u1)]);
            } else if (u0 - u1).abs() < 1.0 {
                ruling
                    .upright
                    .push([f64::midpoint(u0, u1), v0.min(v1), v0.max(v1)]);
            }
        }
        ruling.upright.sort_by(|[a, ..], [b, ..]| a.total_cmp(b));
        ruling
    }

    /// Whether an upright line stands between two places at this height.
    pub(super) fn has_between(&self, from: f64, to: f64, height: f64) -> bool {
        let start = self
            .upright
            .partition_point(|[place, ..]| *place < from - 0.5);
        let rest = self.upright.get(start..).unwrap_or_default();
        rest.iter()
            .take_while(|[place, ..]| *place <= to + 0.5)
            .any(|[_, low, high]| (*low..=*high).contains(&height))
    }

    /// Whether a frame closely surrounds a line that reaches from left and bottom to right and top.
    pub(super) fn frames(&self, [l, b, r, t]: [f64; 4], size: f64) -> bool {
        let slack = 2.0;
        let around = self.frames.iter().any(|Area([fl, fb, fr, ft])| {
            *fl <= l + slack
                && *fr >= r - slack
                && *fb <= b + slack + 0.2 * size
                && *ft >= t - slack - 0.2 * size
                && ft - fb <= HIGH * size
                && fr - fl <= (r - l) + WIDE * size
        });
        if around || self.level.is_empty() || self.upright.is_empty() {
            return around;
        }
        let middle = f64::midpoint(b, t);
        let level = |low: f64, high: f64| {
            let mut lines = self.level.iter();
            lines.any(|[height, from, to]| {
                (low..=high).contains(height) && *from <= l + slack && *to >= r - slack
            })
        };
        let upright = |low: f64, high: f64| {
            let mut lines = self.upright.iter();
            lines.any(|[place, from, to]| {
                (low..=high).contains(place) && *from <= middle && *to >= middle
            })
        };
        level(middle, t + HIGH / 2.0 * size)
            && level(b - HIGH / 2.0 * size, middle)
            && upright(l - WIDE / 2.0 * size, l + slack)
            && upright(r - slack, r + WIDE / 2.0 * size)
    }
}

/// How high a frame may be, and how much wider than its text, in the size of the letters.
const HIGH: f64 = 5.0;
const WIDE: f64 = 8.0;
