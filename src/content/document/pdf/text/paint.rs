//! Colours and paths, as far as they tell how a text looks: red or white, in a frame or beside a line.

use super::{
    super::object::Value,
    doc::Doc,
    interpreter::MAX_SHAPES,
    lexer::Operand,
    page::{Area, Matrix, Page, Point},
    resources::Resources,
};

/// A colour.
#[derive(Clone, Copy, Debug)]
pub(super) enum Colour {
    Black,
    /// Red, green and blue from 0 to 1.
    Rgb(f64, f64, f64),
}

/// What the numbers of a colour mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// Grey, red-green-blue or cyan-magenta-yellow-black, by how many they are.
    Plain,
    /// An ink: 0 is none of it.
    Ink,
    Unknown,
}

impl Space {
    pub(super) fn of<'f>(name: &[u8], resources: &Resources<'f>, doc: &Doc<'f>) -> Self {
        if name.starts_with(b"Device") {
            return Self::Plain;
        }
        let list = doc.dict(&resources.dict, "ColorSpace");
        let value = list.and_then(|list| doc.entry(&list, &String::from_utf8_lossy(name)));
        let family = match &value {
            Some(Value::Array(list)) => list.first().and_then(Value::name),
            Some(value) => value.name(),
            None => None,
        };
        match family.unwrap_or_default() {
            b"ICCBased" | b"CalRGB" | b"CalGray" | b"DeviceRGB" | b"DeviceGray" | b"DeviceCMYK" => {
                Self::Plain
            }
            b"Separation" => Self::Ink,
            _ => Self::Unknown,
        }
    }
}

impl Colour {
    pub(super) fn of(space: Space, operands: &[Operand<'_>]) -> Self {
        let number = |at: usize| operands.get(at).and_then(Operand::number).unwrap_or(0.0);
        match (space, operands.len()) {
            (Space::Plain, 1) => Self::Rgb(number(0), number(0), number(0)),
            (Space::Plain, 3) => Self::Rgb(number(0), number(1), number(2)),
            (Space::Plain, 4) => {
                let part = |at: usize| (1.0 - number(at)) * (1.0 - number(3));
                Self::Rgb(part(0), part(1), part(2))
            }
            (Space::Ink, 1) if number(0) < 0.05 => Self::Rgb(1.0, 1.0, 1.0),
            _ => Self::Black,
        }
    }

    pub(super) fn is_red(self) -> bool {
        match self {
            Self::Black => false,
            Self::Rgb(r, g, b) => r >= 0.5 && r - g.max(b) >= 0.35,
        }
    }

    pub(super) fn is_white(self) -> bool {
        match self {
            Self::Black => false,
            Self::Rgb(r, g, b) => r.min(g).min(b) >= 0.96,
        }
    }

    pub(super) fn is_light(self) -> bool {
        match self {
            Self::Black => false,
            Self::Rgb(r, g, b) => 0.3 * r + 0.59 * g + 0.11 * b >= 0.5,
        }
    }
}

/// The path that is being made.
#[derive(Debug, Default)]
pub(super) struct Path {
    pieces: Vec<Piece>,
}

#[derive(Debug, Default)]
struct Piece {
    /// The first few points, in user space.
    points: Vec<Point>,
    area: Option<Area>,
    curved: bool,
    closed: bool,
}

impl Piece {
    fn add(&mut self, point: Point) {
        if self.points.len() < MAX_POINTS {
            self.points.push(point);
        } else {
            self.curved = true;
        }
        let old = self
            .area
            .map_or([point, point], |Area([l, b, r, t])| [(l, b), (r, t)]);
        self.area = Some(Area::around(old.into_iter().chain([point])));
    }
}

impl Path {
    pub(super) fn begin(&mut self, x: f64, y: f64) {
        if self.pieces.len() < MAX_SHAPES {
            self.pieces.push(Piece::default());
        }
        self.line(x, y);
    }

    pub(super) fn line(&mut self, x: f64, y: f64) {
        if let Some(piece) = self.pieces.last_mut() {
            piece.add((x, y));
        }
    }

    pub(super) fn curve(&mut self, x: f64, y: f64) {
        if let Some(piece) = self.pieces.last_mut() {
            piece.curved = true;
            piece.add((x, y));
        }
    }

    pub(super) fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64) {
        self.begin(x, y);
        self.line(x + width, y);
        self.line(x + width, y + height);
        self.line(x, y + height);
        self.close();
    }

    pub(super) fn close(&mut self) {
        if let Some(piece) = self.pieces.last_mut() {
            piece.closed = true;
        }
    }

    pub(super) fn clear(&mut self) {
        self.pieces.clear();
    }

    /// Notes what the path leaves on the page, and ends it.
    pub(super) fn paint(
        &mut self,
        page: &mut Page,
        ctm: Matrix,
        fill: Option<Colour>,
        stroke: bool,
    ) {
        for piece in self.pieces.drain(..) {
            piece.paint(page, ctm, fill, stroke);
        }
    }
}

impl Piece {
    fn paint(self, page: &mut Page, ctm: Matrix, fill: Option<Colour>, stroke: bool) {
        let Some(Area([l, b, r, t])) = self.area else {
            return;
        };
        let corners = [(l, b), (r, b), (r, t), (l, t)].map(|(x, y)| ctm.point(x, y));
        let length = |from: Point, to: Point| (from.0 - to.0).hypot(from.1 - to.1);
        let [p0, p1, p2, p3] = corners;
        let (wide, high) = (length(p0, p1), length(p0, p3));
        let closed = self.closed || self.points.first() == self.points.last() || fill.is_some();
        let middle = |from: Point, to: Point| ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        if closed && self.points.len() > 2 && wide.min(high) >= THIN {
            if stroke && page.frames.len() < MAX_SHAPES {
                page.frames.push(corners);
            }
            if fill.is_some_and(|colour| !colour.is_white()) && page.surfaces.len() < MAX_SHAPES {
                page.surfaces.push((Area::around(corners), false));
            }
            return;
        }
        if page.strokes.len() >= MAX_SHAPES {
            return;
        }
        // A thin surface is a line too.
        if wide.min(high) < THIN && wide.max(high) >= THIN {
            page.strokes.push(match wide > high {
                true => [middle(p0, p3), middle(p1, p2)],
                false => [middle(p0, p1), middle(p3, p2)],
            });
        } else if stroke && !self.curved {
            for pair in self.points.windows(2) {
                if let [from, to] = pair {
                    page.strokes
                        .push([ctm.point(from.0, from.1), ctm.point(to.0, to.1)]);
                }
            }
        }
    }
}

/// Points of a piece that are kept.
const MAX_POINTS: usize = 8;
/// What is thinner than this is a line, in points.
const THIN: f64 = 3.0;
