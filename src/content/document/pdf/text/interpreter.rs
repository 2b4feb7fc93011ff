//! Content streams (ISO 32000-2 clauses 8 and 9): only what places text, and what stands around it, is
//! carried out. Nothing is painted, no picture is decoded.

mod marked;

use std::rc::Rc;

use self::marked::Marked;
use super::{
    font::{Font, Reach},
    lexer::{Lexer, Operand},
    page::{Area, Glyph, Look, Matrix, Page},
    paint::{Colour, Path, Space},
    resources::{External, Form, Resources, Shared},
};
use crate::{content::budget::Held, facts::NotOpened};

/// Runs the content streams of one page.
pub(super) struct Interpreter<'a, 'f> {
    pub(super) shared: &'a mut Shared<'f>,
    pub(super) page: Page,
    held: Vec<Held>,
    /// Operators since the clock was looked at.
    ticks: u32,
    shown: u32,
    /// Forms that were run.
    forms: u32,
    /// Open marked content, and how many of it are in layers that are off.
    marked: Vec<Marked>,
    off: u32,
}

/// The graphics state.
#[derive(Clone)]
struct State {
    ctm: Matrix,
    fill: Colour,
    stroke: Colour,
    fill_space: Space,
    stroke_space: Space,
    alpha: f64,
    character: f64,
    word: f64,
    stretch: f64,
    leading: f64,
    size: f64,
    rise: f64,
    mode: u8,
    font: Option<Rc<Font>>,
}

impl<'a, 'f> Interpreter<'a, 'f> {
    pub(super) fn new(shared: &'a mut Shared<'f>) -> Self {
        Self {
            shared,
            page: Page::default(),
            held: Vec::new(),
            ticks: 0,
            shown: 0,
            forms: 0,
            marked: Vec::new(),
            off: 0,
        }
    }

    /// Runs a content stream.
    ///
    /// # Errors
    /// When the budget ends.
    pub(super) fn run(
        &mut self,
        bytes: &[u8],
        resources: &Resources<'f>,
        ctm: Matrix,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<(), NotOpened> {
        let state = State {
            ctm,
            fill: Colour::Black,
            stroke: Colour::Black,
            fill_space: Space::Plain,
            stroke_space: Space::Plain,
            alpha: 1.0,
            character: 0.0,
            word: 0.0,
            stretch: 1.0,
            leading: 0.0,
            size: 0.0,
            rise: 0.0,
            mode: 0,
            font: None,
        };
        self.content(bytes, resources, state, 0, reach)?;
        self.marked.clear();
        self.off = 0;
        Ok(())
    }

    fn content(
        &mut self,
        bytes: &[u8],
        resources: &Resources<'f>,
        mut state: State,
        depth: u32,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<(), NotOpened> {
        let mut lexer = Lexer::new(bytes);
        let mut operands: Vec<Operand<'_>> = Vec::new();
        let mut saved: Vec<State> = Vec::new();
        let mut path = Path::default();
        let (mut line, mut text) = (Matrix::IDENTITY, Matrix::IDENTITY);
        let marked = self.marked.len();
        while let Some(operator) = lexer.next(&mut operands) {
            self.ticks += 1;
            if self.ticks >= TICK {
                self.ticks = 0;
                reach.inside.spending().check()?;
            }
            let number = |at: usize| operands.get(at).and_then(Operand::number).unwrap_or(0.0);
            match operator {
                b"q" if saved.len() < MAX_SAVED => saved.push(state.clone()),
                b"Q" => {
                    if let Some(before) = saved.pop() {
                        state = before;
                    }
                }
                b"cm" => state.ctm = matrix(&operands).then(state.ctm),
                b"gs" => self.extended(&operands, resources, &mut state, reach)?,
                // Text.
                b"BT" => (line, text) = (Matrix::IDENTITY, Matrix::IDENTITY),
                b"Tc" => state.character = number(0),
                b"Tw" => state.word = number(0),
                b"Tz" => state.stretch = number(0) / 100.0,
                b"TL" => state.leading = number(0),
                b"Ts" => state.rise = number(0),
                b"Tr" => state.mode = number(0).clamp(0.0, 7.0) as u8,
                b"Tf" => {
                    if let Some(name) = operands.first().and_then(Operand::name) {
                        state.font = self.shared.font(resources, name, reach)?;
                    }
                    state.size = number(1);
                }
                b"Td" | b"TD" => {
                    if operator == b"TD" {
                        state.leading = -number(1);
                    }
                    line = Matrix::moved(number(0), number(1)).then(line);
                    text = line;
                }
                b"Tm" => {
                    line = matrix(&operands);
                    text = line;
                }
                b"T*" | b"'" | b"\"" => {
                    if operator == b"\"" {
                        state.word = number(0);
                        state.character = number(1);
                    }
                    line = Matrix::moved(0.0, -state.leading).then(line);
                    text = line;
                    if operator != b"T*"
                        && let Some(Operand::Text(string)) = operands.last()
                    {
                        self.show(string, &state, &mut text, reach)?;
                    }
                }
                b"Tj" => {
                    self.shown = self.shown.saturating_add(1);
                    if let Some(Operand::Text(string)) = operands.last() {
                        self.show(string, &state, &mut text, reach)?;
                    }
                }
                b"TJ" => {
                    self.shown = self.shown.saturating_add(1);
                    if let Some(Operand::Array(list)) = operands.last() {
                        for piece in list {
                            match piece {
                                Operand::Text(string) => {
                                    self.show(string, &state, &mut text, reach)?;
                                }
                                Operand::Number(back) => {
                                    let by = -back / 1000.0 * state.size;
                                    text = match state.font.as_ref().is_some_and(|f| f.vertical) {
                                        true => Matrix::moved(0.0, by),
                                        false => Matrix::moved(by * state.stretch, 0.0),
                                    }
                                    .then(text);
                                }
                                _ => {}
                            }
                        }
                    }
                }
                // Colours.
                b"g" | b"rg" | b"k" | b"sc" | b"scn" => {
                    if operator.len() < 3 && operator != b"sc" {
                        state.fill_space = Space::Plain;
                    }
                    state.fill = Colour::of(state.fill_space, &operands);
                }
                b"G" | b"RG" | b"K" | b"SC" | b"SCN" => {
                    if operator.len() < 3 && operator != b"SC" {
                        state.stroke_space = Space::Plain;
                    }
                    state.stroke = Colour::of(state.stroke_space, &operands);
                }
                b"cs" | b"CS" => {
                    let name = operands.first().and_then(Operand::name).unwrap_or_default();
                    let space = Space::of(name, resources, reach.doc);
                    match operator {
                        b"cs" => (state.fill_space, state.fill) = (space, Colour::Black),
                        _ => (state.stroke_space, state.stroke) = (space, Colour::Black),
                    }
                }
                // Paths.
                b"re" => path.rectangle(number(0), number(1), number(2), number(3)),
                b"m" => path.begin(number(0), number(1)),
                b"l" => path.line(number(0), number(1)),
                b"c" => path.curve(number(4), number(5)),
                b"v" | b"y" => path.curve(number(2), number(3)),
                b"h" => path.close(),
                b"n" => path.clear(),
                b"S" | b"s" => path.paint(&mut self.page, state.ctm, None, true),
                b"f" | b"F" | b"f*" => {
                    path.paint(&mut self.page, state.ctm, Some(state.fill), false);
                }
                b"B" | b"B*" | b"b" | b"b*" => {
                    path.paint(&mut self.page, state.ctm, Some(state.fill), true);
                }
                b"ID" => {
                    lexer.skip_image();
                    self.picture(state.ctm);
                }
                b"Do" => {
                    if let Some(name) = operands.first().and_then(Operand::name) {
                        let (external, off) = self.shared.external(resources, name, reach)?;
                        self.off += u32::from(off);
                        match external {
                            External::Form(form) => {
                                self.form(&form, resources, &state, depth, reach)?;
                            }
                            External::Image => self.picture(state.ctm),
                            External::None => {}
                        }
                        self.off -= u32::from(off);
                    }
                }
                b"BDC" => self.begin_marked(&operands, resources, reach),
                b"BMC" => self.open_marked(false, None),
                b"EMC" if self.marked.len() > marked => self.end_marked(),
                _ => {}
            }
            operands.clear();
        }
        while self.marked.len() > marked {
            self.end_marked();
        }
        Ok(())
    }

    fn form(
        &mut self,
        form: &Form<'f>,
        resources: &Resources<'f>,
        state: &State,
        depth: u32,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<(), NotOpened> {
        self.forms += 1;
        if depth >= MAX_DEPTH || self.forms > MAX_FORMS {
            return Ok(());
        }
        reach.inside.spending().check()?;
        let mut inner = state.clone();
        inner.ctm = form.matrix.then(state.ctm);
        let own = form.resources.clone();
        let resources = own.as_deref().unwrap_or(resources);
        self.content(&form.bytes, resources, inner, depth + 1, reach)
    }

    /// The parameters of a graphics state dictionary that matter.
    fn extended(
        &mut self,
        operands: &[Operand<'_>],
        resources: &Resources<'f>,
        state: &mut State,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<(), NotOpened> {
        let doc = reach.doc;
        let name = operands.first().and_then(Operand::name).unwrap_or_default();
        let list = doc.dict(&resources.dict, "ExtGState");
        let Some(parameters) =
            list.and_then(|list| doc.dict(&list, &String::from_utf8_lossy(name)))
        else {
            return Ok(());
        };
        if let Some(alpha) = parameters.get("ca").and_then(|alpha| doc.number(alpha)) {
            state.alpha = alpha;
        }
        if let [font, size] = doc.array(&parameters, "Font").as_slice() {
            state.font = self.shared.font_of(font, reach)?;
            state.size = doc.number(size).unwrap_or(0.0);
        }
        Ok(())
    }

    /// Shows a string.
    fn show(
        &mut self,
        string: &[u8],
        state: &State,
        text: &mut Matrix,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<(), NotOpened> {
        let Some(font) = &state.font else {
            return Ok(());
        };
        let all = text.then(state.ctm);
        let sign = if state.size * state.stretch < 0.0 {
            -1.0
        } else {
            1.0
        };
        let along = match font.vertical {
            true => all.direction(0.0, -1.0),
            false => all.direction(sign, 0.0),
        };
        let degrees = along.1.atan2(along.0).to_degrees().round();
        let angle = (degrees as i32).rem_euclid(360) as u16;
        let up = all.direction(0.0, state.size * font.height);
        let size = up.0.hypot(up.1) as f32;
        let colour = match state.mode & 3 {
            1 => state.stroke,
            _ => state.fill,
        };
        let look = self.page.look(Look {
            bold: font.bold || state.mode & 3 == 2,
            red: colour.is_red(),
            light: colour.is_light() || state.alpha < 0.7,
            white: colour.is_white(),
            invisible: state.mode & 3 == 3,
            hidden: self.off > 0 || state.alpha < 0.04,
            legacy: font.legacy,
        });
        let mut rest = string;
        // How far the text has moved, in text space.
        let mut moved = 0.0;
        while !rest.is_empty() {
            let (code, used) = font.next_code(rest);
            let found = font.code(code, reach)?;
            let width = f64::from(found.width) * font.scale.0 * state.size;
            let from = index(self.page.text.len());
            font.push(found, &mut self.page.text);
            let (start, end, step) = if font.vertical {
                // One em a letter, downwards.
                let step = -state.size.abs();
                (
                    all.point(0.0, moved),
                    all.point(0.0, moved + step),
                    step - state.character,
                )
            } else {
                let space = if used == 1 && code == 32 {
                    state.word
                } else {
                    0.0
                };
                let width = width * state.stretch;
                let step = width + (state.character + space) * state.stretch;
                let end = moved + width + space * state.stretch;
                (
                    all.point(moved, state.rise),
                    all.point(end, state.rise),
                    step,
                )
            };
            moved += step;
            self.page.glyphs.push(Glyph {
                from,
                to: index(self.page.text.len()),
                start,
                end,
                size,
                angle,
                look,
                shown: self.shown,
            });
            rest = rest.get(used..).unwrap_or_default();
            if self.page.glyphs.len().is_multiple_of(HOLD) {
                self.held
                    .push(reach.inside.spending().hold(HOLD as u64 * GLYPH)?);
                reach.inside.spending().check()?;
            }
        }
        *text = match font.vertical {
            true => Matrix::moved(0.0, moved),
            false => Matrix::moved(moved, 0.0),
        }
        .then(*text);
        Ok(())
    }

    fn picture(&mut self, ctm: Matrix) {
        if self.page.surfaces.len() < MAX_SHAPES {
            let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
            let area = Area::around(corners.map(|(x, y)| ctm.point(x, y)));
            self.page.surfaces.push((area, true));
        }
    }
}

fn matrix(operands: &[Operand<'_>]) -> Matrix {
    let mut numbers = [0.0; 6];
    for (number, operand) in numbers.iter_mut().zip(operands) {
        *number = operand.number().unwrap_or(0.0);
    }
    Matrix(numbers)
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Operators between two looks at the clock.
const TICK: u32 = 1024;
/// Saved graphics states, forms inside each other, forms of one page, marked content.
const MAX_SAVED: usize = 512;
const MAX_DEPTH: u32 = 12;
const MAX_FORMS: u32 = 20_000;
/// Glyphs between two looks at memory, and bytes of one with its text.
const HOLD: usize = 1 << 14;
const GLYPH: u64 = 96;
/// Frames, strokes and surfaces of one page.
pub(super) const MAX_SHAPES: usize = 4000;
