//! Marked content (ISO 32000-2 clause 14.6): layers that are off, and text that stands for what is shown.

use super::{
    super::{super::object::Value, font::Reach, lexer::Operand, page::Glyph, resources::Resources},
    Interpreter, index,
};

/// Content that is open.
pub(super) struct Marked {
    pub(super) off: bool,
    pub(super) actual: Option<String>,
    pub(super) first: usize,
}

impl<'f> Interpreter<'_, 'f> {
    /// `BDC`: a layer, or text that stands for what is shown (clause 14.9.4).
    pub(super) fn begin_marked(
        &mut self,
        operands: &[Operand<'_>],
        resources: &Resources<'f>,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) {
        let doc = reach.doc;
        let tag = operands.first().and_then(Operand::name).unwrap_or_default();
        let text_of = |value: Option<&Value<'_>>| match value {
            Some(Value::Text(text)) => Some(doc.text_of(None, *text)),
            _ => None,
        };
        match operands.get(1) {
            Some(Operand::Name(name)) => {
                let list = doc.dict(&resources.dict, "Properties");
                let name = String::from_utf8_lossy(name);
                let value = list.as_ref().and_then(|list| list.get(&name));
                let off = tag == b"OC" && self.shared.is_off(doc, value);
                let (at, meant) = value.map_or((None, Value::Other), |value| doc.get(value));
                let mut actual = None;
                if let Value::Dict(properties) = &meant {
                    actual = doc.text(at, properties, "ActualText");
                    self.page.alt.extend(doc.text(at, properties, "Alt"));
                }
                self.open_marked(off, actual);
            }
            Some(Operand::Other(Value::Dict(properties))) => {
                self.page.alt.extend(text_of(properties.get("Alt")));
                let actual = text_of(properties.get("ActualText"));
                self.open_marked(false, actual);
            }
            _ => self.open_marked(false, None),
        }
    }

    pub(super) fn open_marked(&mut self, off: bool, actual: Option<String>) {
        if self.marked.len() >= MAX_MARKED {
            return;
        }
        self.off += u32::from(off);
        let first = self.page.glyphs.len();
        self.marked.push(Marked { off, actual, first });
    }

    pub(super) fn end_marked(&mut self) {
        let Some(ended) = self.marked.pop() else {
            return;
        };
        self.off -= u32::from(ended.off);
        let Some(actual) = ended.actual else { return };
        let glyphs = self.page.glyphs.get(ended.first..).unwrap_or_default();
        let text = &self.page.text;
        let of = |glyph: &Glyph| text.get(glyph.from as usize..glyph.to as usize);
        let shown: String = glyphs.iter().filter_map(of).collect();
        let unknown = glyphs.iter().any(|glyph| glyph.from == glyph.to);
        let (Some(first), Some(last)) = (glyphs.first().copied(), glyphs.last().copied()) else {
            return;
        };
        if shown.trim() == actual.trim() {
            return;
        }
        // A cluster of glyphs is replaced; what claims to stand for more than that is only noted, or it
        // would hide what is to be seen.
        let small = glyphs.len() <= CLUSTER && !actual.is_empty();
        if !(small || unknown && !actual.is_empty()) {
            self.page.alt.push(actual);
            return;
        }
        let from = index(self.page.text.len());
        self.page.text.push_str(&actual);
        self.page.glyphs.truncate(ended.first);
        self.page.glyphs.push(Glyph {
            from,
            to: index(self.page.text.len()),
            end: last.end,
            ..first
        });
    }
}

/// Glyphs that an actual text may replace.
const CLUSTER: usize = 8;
const MAX_MARKED: usize = 512;
