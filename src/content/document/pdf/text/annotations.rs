//! Annotations and form fields (ISO 32000-2 clauses 12.5 and 12.7).

use std::collections::HashSet;

use super::{
    super::object::{Dict, Value},
    Reader,
    font::Reach,
    interpreter::Interpreter,
    lines::lines,
    page::{Area, Matrix},
    pages::PageObject,
    resources::Shared,
    span,
};
use crate::{
    content::{Span, Spot, Style},
    facts::NotOpened,
};

impl Reader {
    /// Hands on the annotations and fields of a page: what they say, and what they show.
    pub(super) fn annotations<'f>(
        &mut self,
        number: u32,
        page: &PageObject<'f>,
        shared: &mut Shared<'f>,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<(), NotOpened> {
        let doc = reach.doc;
        let list = doc.array(&page.dict, "Annots");
        let mut row = 0;
        for value in list.iter().take(MAX_ANNOTATIONS) {
            reach.inside.spending().check()?;
            let (at, Value::Dict(dict)) = doc.get(value) else {
                continue;
            };
            let kind = doc.name(&dict, "Subtype").unwrap_or_default();
            let field = kind == "Widget";
            let spot = if field { Spot::Field } else { Spot::Annotation };
            let flags = doc.file.int(dict.get("F")).unwrap_or(0);
            let hidden = flags & HIDDEN != 0 || shared.is_off(doc, dict.get("OC"));
            let mut said: Vec<String> = Vec::new();
            if field {
                if let Value::Ref(number, _) = value {
                    self.fields.insert(*number);
                }
                if let Some(Value::Ref(number, _)) = dict.get("Parent") {
                    self.fields.insert(*number);
                }
                let parent = dict.get("Parent").map(|parent| doc.get(parent));
                said = texts(reach, at, &dict, "V");
                if let (true, Some((at, Value::Dict(parent)))) = (said.is_empty(), parent) {
                    said = texts(reach, at, &parent, "V");
                }
            } else if kind != "Popup" {
                said.extend(doc.text(at, &dict, "Contents"));
                said.extend(doc.text(at, &dict, "Subj"));
            }
            for text in &said {
                let style = Style {
                    hidden,
                    ..Style::default()
                };
                row = hand_on(reach, spot, Some(number), row, text, style)?;
            }
            for line in self.appearance(page, &dict, shared, reach)? {
                let known = |text: &String| squeezed(text).contains(&squeezed(&line.text));
                if said.iter().any(known) {
                    continue;
                }
                let mut shown = span(line, spot, number);
                shown.line = shown.line.saturating_add(row);
                shown.style.hidden |= hidden;
                reach.inside.text(shown)?;
            }
            row += 1;
        }
        Ok(())
    }

    /// The lines of what an annotation shows.
    fn appearance<'f>(
        &mut self,
        page: &PageObject<'f>,
        dict: &Dict<'f>,
        shared: &mut Shared<'f>,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<Vec<super::Line>, NotOpened> {
        let doc = reach.doc;
        let Some(normal) = doc.dict(dict, "AP").and_then(|list| list.get("N").cloned()) else {
            return Ok(Vec::new());
        };
        let mut found = doc.get(&normal);
        if let (_, Value::Dict(states)) = &found
            && !states.has("BBox")
        {
            // One for each state.
            let state = doc.name(dict, "AS").unwrap_or_default();
            let Some(value) = states.get(&state) else {
                return Ok(Vec::new());
            };
            found = doc.get(&value.clone());
        }
        let (Some(entry), Value::Dict(form)) = found else {
            return Ok(Vec::new());
        };
        let form = shared.form(entry, &form, reach)?;
        // The appearance's box, as its matrix turns it, is laid on the annotation's (clause 12.5.5).
        let [l, b, r, t] = form.area;
        let corners = [(l, b), (r, b), (r, t), (l, t)];
        let Area([fl, fb, fr, ft]) = Area::around(corners.map(|(x, y)| form.matrix.point(x, y)));
        let [a0, a1, a2, a3] = doc.numbers::<4>(dict, "Rect").unwrap_or([fl, fb, fr, ft]);
        let Area([al, ab, ar, at]) = Area::around([(a0, a1), (a2, a3)]);
        let scale = |to: f64, from: f64| if from.abs() > 1e-6 { to / from } else { 1.0 };
        let (sx, sy) = (scale(ar - al, fr - fl), scale(at - ab, ft - fb));
        let lay = Matrix([sx, 0.0, 0.0, sy, al - fl * sx, ab - fb * sy]);
        let ctm = form.matrix.then(lay).then(page.matrix);
        let own = form.resources.clone();
        let Some(resources) = own.or_else(|| shared.resources(doc, page.resources.as_ref())) else {
            return Ok(Vec::new());
        };
        let mut interpreter = Interpreter::new(shared);
        interpreter.page.size = page.size;
        interpreter.run(&form.bytes, &resources, ctm, reach)?;
        let page = std::mem::take(&mut interpreter.page);
        self.count(&page);
        Ok(lines(&page))
    }

    /// Hands on the values of fields that stand on no page.
    pub(super) fn fields<'f>(
        &mut self,
        catalog: &Dict<'f>,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<(), NotOpened> {
        let doc = reach.doc;
        let Some(form) = doc.dict(catalog, "AcroForm") else {
            return Ok(());
        };
        let mut open = doc.array(&form, "Fields");
        open.reverse();
        let mut row = 0;
        let mut seen = HashSet::new();
        while let Some(value) = open.pop() {
            reach.inside.spending().check()?;
            let Value::Ref(number, _) = value else {
                continue;
            };
            if !seen.insert(number) || seen.len() > MAX_ANNOTATIONS {
                continue;
            }
            let (at, Value::Dict(dict)) = doc.get(&value) else {
                continue;
            };
            if !self.fields.contains(&number) {
                for text in texts(reach, at, &dict, "V") {
                    row = hand_on(reach, Spot::Field, None, row, &text, Style::default())?;
                }
            }
            let kids = doc.array(&dict, "Kids");
            if open.len().saturating_add(kids.len()) < MAX_ANNOTATIONS {
                open.extend(kids.into_iter().rev());
            }
        }
        Ok(())
    }
}

/// Hands on the lines of a text; the number of the next line.
fn hand_on(
    reach: &mut Reach<'_, '_, '_, '_>,
    spot: Spot,
    page: Option<u32>,
    mut row: u32,
    text: &str,
    style: Style,
) -> Result<u32, NotOpened> {
    for line in text.split(['\r', '\n']).map(str::trim) {
        if line.is_empty() {
            continue;
        }
        reach.inside.text(Span {
            spot,
            page,
            line: row,
            text: line.to_owned(),
            style,
            ..Span::default()
        })?;
        row = row.saturating_add(1);
    }
    Ok(row)
}

/// The texts that a field's value is: one, or a list of choices.
fn texts<'f>(
    reach: &Reach<'_, 'f, '_, '_>,
    at: Option<super::super::file::Entry>,
    dict: &Dict<'f>,
    key: &str,
) -> Vec<String> {
    let doc = reach.doc;
    let Some(value) = dict.get(key) else {
        return Vec::new();
    };
    let (found, value) = doc.get(value);
    let at = found.or(at);
    match value {
        Value::Text(text) => vec![doc.text_of(at, text)],
        Value::Array(list) => {
            let texts = list
                .into_iter()
                .take(MAX_CHOICES)
                .filter_map(|value| match value {
                    Value::Text(text) => Some(doc.text_of(at, text)),
                    _ => None,
                });
            texts.collect()
        }
        _ => Vec::new(),
    }
}

fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .collect()
}

/// Invisible, hidden, or not to be seen on the screen (table 167).
const HIDDEN: i64 = 2 | 32;
/// Annotations of one page, fields of a document, choices of a field.
const MAX_ANNOTATIONS: usize = 10_000;
const MAX_CHOICES: usize = 256;
