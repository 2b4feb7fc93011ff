//! Lines out of glyphs: what stands on one baseline, in the order of reading, cut where gaps are wide.
//!
//! Glyphs become runs (what stands close together and was shown one behind the other), runs rows (the same
//! baseline, in the same direction), rows segments (columns, cells). Runs that lie over each other are kept
//! apart, so that a stamp over a text mixes with none of its letters.

mod votes;

use std::collections::BTreeMap;

use unicode_normalization::char::is_combining_mark;

use self::votes::{Pieces, Votes};
use super::{
    page::{Area, Glyph, Page, Point},
    ruling::Ruling,
};
use crate::{content::Style, vietnamese::Encoding};

/// A line, or what of it stands in one column.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) text: String,
    /// Its row on the page from 0, and its place in that row.
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) area: Area,
    pub(super) style: Style,
    pub(super) legacy: Option<&'static str>,
    /// Large, pale, and not level.
    pub(super) watermark: bool,
}

/// Glyphs that stand close together.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Its glyphs: a slice of the order in which they were shown.
    first: usize,
    end: usize,
    /// Where it begins and ends along its line, and how high the line stands.
    from: f64,
    to: f64,
    base: f64,
    size: f64,
    /// The operators that show its first and last glyph.
    shown: (u32, u32),
    /// Glyphs that are no white space.
    solid: usize,
    ends_blank: bool,
}

/// A direction: its sine and cosine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    sin: f64,
    cos: f64,
}

impl Turn {
    fn of(degrees: u16) -> Self {
        match degrees {
            0 => Self { sin: 0.0, cos: 1.0 },
            90 => Self { sin: 1.0, cos: 0.0 },
            180 => Self {
                sin: 0.0,
                cos: -1.0,
            },
            270 => Self {
                sin: -1.0,
                cos: 0.0,
            },
            _ => {
                let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
                Self { sin, cos }
            }
        }
    }

    /// A place along the line, and above it.
    pub(super) fn apply(self, (x, y): Point) -> Point {
        (x * self.cos + y * self.sin, y * self.cos - x * self.sin)
    }

    fn back(self, (u, v): Point) -> Point {
        (u * self.cos - v * self.sin, u * self.sin + v * self.cos)
    }
}

/// Soft hyphens, joiners and spaces without width.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}

/// The lines of a page: level ones from top to bottom, then those in other directions.
pub(super) fn lines(page: &Page) -> Vec<Line> {
    let mut directions: BTreeMap<u16, Vec<Glyph>> = BTreeMap::new();
    for glyph in &page.glyphs {
        let finite = [glyph.start.0, glyph.start.1, glyph.end.0, glyph.end.1];
        if glyph.to > glyph.from && finite.iter().all(|place| place.abs() < FAR) {
            directions.entry(glyph.angle).or_default().push(*glyph);
        }
    }
    let mut lines = Vec::new();
    let mut row = 0;
    for (angle, glyphs) in directions {
        let turn = Turn::of(angle);
        let ruling = Ruling::of(page, turn);
        let mut maker = Maker {
            page,
            glyphs: &glyphs,
            turn,
            angle,
            ruling,
        };
        maker.rows(&mut row, &mut lines);
    }
    centre(page, &mut lines);
    lines
}

struct Maker<'p> {
    page: &'p Page,
    glyphs: &'p [Glyph],
    turn: Turn,
    angle: u16,
    ruling: Ruling,
}

impl<'p> Maker<'p> {
    fn text(&self, glyph: &Glyph) -> &'p str {
        let range = glyph.from as usize..glyph.to as usize;
        self.page.text.get(range).unwrap_or_default()
    }

    fn slice(&self, run: &Run) -> &'p [Glyph] {
        self.glyphs.get(run.first..run.end).unwrap_or_default()
    }

    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (at, glyph) in self.glyphs.iter().enumerate() {
            let (from, base) = self.turn.apply(glyph.start);
            let (to, _) = self.turn.apply(glyph.end);
            let (from, mut to) = (from.min(to), from.max(to));
            let size = f64::from(glyph.size).clamp(0.1, 10_000.0);
            let text = self.text(glyph);
            let blank = text.chars().all(char::is_whitespace);
            if let Some(run) = runs.last_mut() {
                let gap = from - run.to;
                // What is invisible may have the width of a hyphen, and the next letter stands upon it.
                let unseen = !text.is_empty() && text.chars().all(is_unseen);
                if unseen {
                    to = from;
                }
                let mark = unseen || text.chars().next().is_some_and(is_combining_mark);
                let close = match mark {
                    // Its place depends on the font; it belongs to the letter before it.
                    true => gap.abs() < size * 1.5 && (base - run.base).abs() < size,
                    false => {
                        (base - run.base).abs() < size * 0.05
                            && (size - run.size).abs() < size * 0.1
                            && gap < size * LETTER_GAP
                            && gap > -size * OVERLAP
                    }
                };
                if close {
                    run.end = at + 1;
                    run.to = if mark { run.to.max(to) } else { to };
                    run.shown.1 = glyph.shown;
                    run.solid += usize::from(!blank);
                    run.ends_blank = blank;
                    continue;
                }
            }
            runs.push(Run {
                first: at,
                end: at + 1,
                from,
                to,
                base,
                size,
                shown: (glyph.shown, glyph.shown),
                solid: usize::from(!blank),
                ends_blank: blank,
            });
        }
        runs
    }

    fn rows(&mut self, row: &mut u32, lines: &mut Vec<Line>) {
        let mut runs = self.runs();
        // Highest first; stable, so that what is on one height keeps its order.
        runs.sort_by(|a, b| b.base.total_cmp(&a.base));
        let mut start = 0;
        while let Some(first) = runs.get(start) {
            let (mut base, mut size) = (first.base, first.size);
            let rest = runs.get(start..).unwrap_or_default();
            let mut count = 0;
            for run in rest {
                if (base - run.base).abs() > SAME_LINE * size.max(run.size) {
                    break;
                }
                if run.size > size {
                    (base, size) = (run.base, run.size);
                }
                count += 1;
            }
            let end = start + count.max(1);
            if let Some(found) = runs.get_mut(start..end) {
                found.sort_by(|a, b| a.from.total_cmp(&b.from));
                let before = lines.len();
                self.row(found, *row, lines);
                *row += u32::from(lines.len() > before);
            }
            start = end;
        }
    }

    /// Makes the segments of one row, whose runs stand from left to right.
    fn row(&self, runs: &[Run], row: u32, lines: &mut Vec<Line>) {
        let mut layers: Vec<Vec<Run>> = Vec::new();
        let mut recent: Vec<Run> = Vec::new();
        for run in runs {
            if recent.iter().any(|known| self.is_double(known, run)) {
                continue;
            }
            if recent.len() >= RECENT {
                recent.remove(0);
            }
            recent.push(*run);
            let fit = |layer: &Vec<Run>| {
                let last = layer.last()?;
                let gap = run.from - last.to;
                if gap < -OVERLAP * run.size.min(last.size) {
                    return None;
                }
                let level = (run.base - last.base).abs() < 0.12 * run.size;
                // What one operator shows belongs together, whatever lies under it.
                let same = last.shown.1 == run.shown.0;
                let mut penalty = if level { 0.0 } else { 3.0 };
                penalty += if same { 0.0 } else { 0.6 };
                Some(gap.abs() + penalty * run.size)
            };
            let best = layers
                .iter()
                .enumerate()
                .filter_map(|(at, layer)| Some((fit(layer)?, at)))
                .min_by(|a, b| a.0.total_cmp(&b.0));
            let full = layers.len() >= MAX_LAYERS;
            let last = layers.len().saturating_sub(1);
            let place = best.map(|(_, at)| at).or(full.then_some(last));
            match place.and_then(|at| layers.get_mut(at)) {
                Some(layer) => layer.push(*run),
                None => layers.push(vec![*run]),
            }
        }
        let mut segments: Vec<Vec<Run>> = Vec::new();
        for layer in layers {
            let mut segment: Vec<Run> = Vec::new();
            for run in layer {
                if segment.last().is_some_and(|last| self.is_cut(last, &run)) {
                    segments.push(std::mem::take(&mut segment));
                }
                segment.push(run);
            }
            segments.push(segment);
        }
        segments.retain(|segment| segment.iter().any(|run| run.solid > 0));
        let place = |segment: &Vec<Run>| segment.first().map_or(0.0, |run| run.from);
        segments.sort_by(|a, b| place(a).total_cmp(&place(b)));
        for (column, segment) in (0..).zip(&segments) {
            lines.extend(self.line(segment, row, column));
        }
    }

    /// Whether a run is another one printed again, as some programs make letters bold.
    fn is_double(&self, known: &Run, run: &Run) -> bool {
        let near = (known.from - run.from).abs() < 0.25 * run.size
            && (known.base - run.base).abs() < 0.25 * run.size;
        let text = |run: &Run| self.slice(run).iter().map(|glyph| self.text(glyph));
        near && run.solid > 0
            && text(known)
                .flat_map(str::chars)
                .eq(text(run).flat_map(str::chars))
    }

    /// Whether the gap between two runs ends a column or a cell.
    fn is_cut(&self, last: &Run, run: &Run) -> bool {
        let size = last.size.max(run.size);
        let gap = run.from - last.to;
        // What one operator shows is one text, however far it is stretched.
        let one = last.shown.1 == run.shown.0;
        let limit = match (one, last.ends_blank) {
            (true, _) => 5.0,
            (false, true) => 2.0,
            (false, false) => 1.5,
        };
        if gap > size * limit {
            return true;
        }
        gap > size * LETTER_GAP
            && self
                .ruling
                .has_between(last.to, run.from, run.base + size * 0.3)
    }

    fn line(&self, runs: &[Run], row: u32, column: u32) -> Option<Line> {
        let mut text = Pieces::default();
        let mut votes = Votes::default();
        let mut last: Option<&Run> = None;
        for run in runs {
            if let Some(last) = last {
                let size = last.size.min(run.size);
                let gap = run.from - last.to;
                let starts_blank = self.slice(run).first().is_some_and(|glyph| {
                    self.text(glyph)
                        .chars()
                        .next()
                        .is_some_and(char::is_whitespace)
                });
                // Between letters that stand apart, the gap between two words stays wider.
                let apart = last.solid <= 1 && run.solid == 1 && last.ends_blank;
                if gap > size * LETTER_GAP && (!(last.ends_blank || starts_blank) || apart) {
                    text.push(" ", None);
                }
            }
            for glyph in self.slice(run) {
                let look = self
                    .page
                    .looks
                    .get(glyph.look as usize)
                    .copied()
                    .unwrap_or_default();
                let letters = self.text(glyph);
                text.push(letters, look.legacy);
                votes.add(letters, glyph, &look);
            }
            last = Some(run);
        }
        let (text, legacy) = text.finish();
        if text.is_empty() {
            return None;
        }
        let first = runs.first()?;
        let from = first.from;
        let to = runs.iter().map(|run| run.to).fold(from, f64::max);
        let size = votes.size();
        let base = runs
            .iter()
            .max_by(|a, b| a.solid.cmp(&b.solid))
            .map_or(0.0, |run| run.base);
        let edges = [from, base - 0.25 * size, to, base + 0.8 * size];
        let [l, b, r, t] = edges;
        let corners = [(l, b), (r, b), (r, t), (l, t)].map(|corner| self.turn.back(corner));
        let area = Area::around(corners);
        let on = |picture: bool| {
            let middle = self.turn.back((f64::midpoint(from, to), base + 0.3 * size));
            let mut surfaces = self.page.surfaces.iter();
            surfaces.any(|(area, is_picture)| (*is_picture || !picture) && area.holds(middle))
        };
        let hidden = votes.is(votes.hidden)
            || votes.is(votes.white) && !on(false)
            // The text of a scan stands invisible on its picture, which shows it.
            || votes.is(votes.invisible) && !on(true);
        let oblique = !self.angle.is_multiple_of(90);
        let watermark = size >= 28.0 && votes.is(votes.light) && (oblique || size >= 60.0);
        Some(Line {
            text,
            row,
            column,
            area,
            style: Style {
                bold: votes.is(votes.bold),
                red: votes.is(votes.red),
                framed: self.ruling.frames(edges, size),
                centred: false,
                half_points: (size * 2.0).round().clamp(0.0, 60_000.0) as u16,
                hidden,
            },
            legacy: legacy.map(Encoding::name),
            watermark,
        })
    }
}

/// Marks the lines that stand alone in their row, in the middle of the page or of its text.
fn centre(page: &Page, lines: &mut [Line]) {
    let mut rows: BTreeMap<u32, usize> = BTreeMap::new();
    for line in lines.iter() {
        *rows.entry(line.row).or_default() += 1;
    }
    let Area([left, _, right, _]) = Area::around(lines.iter().flat_map(|line| {
        let Area([l, b, r, t]) = line.area;
        [(l, b), (r, t)]
    }));
    let width = page.size.0;
    for line in lines
        .iter_mut()
        .filter(|line| rows.get(&line.row) == Some(&1))
    {
        let Area([l, _, r, _]) = line.area;
        let middle = f64::midpoint(l, r);
        let near = |centre: f64| (middle - centre).abs() < width * 0.02;
        let short = r - l < (right - left) * 0.85 || right - left < width * 0.4;
        line.style.centred = short && (near(width / 2.0) || near(f64::midpoint(left, right)));
    }
}

/// Gaps from which on letters stand apart, in the size of the font.
const LETTER_GAP: f64 = 0.14;
/// How far runs may reach into each other.
const OVERLAP: f64 = 0.3;
/// How far baselines of one row may differ: superscripts stand higher.
const SAME_LINE: f64 = 0.4;
/// Runs that lie over each other in one row.
const MAX_LAYERS: usize = 32;
/// Runs that are looked at for one that is printed twice.
const RECENT: usize = 8;
/// Places beyond this are no places, in points.
const FAR: f64 = 1e7;
