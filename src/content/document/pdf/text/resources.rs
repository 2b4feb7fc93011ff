//! What content streams refer to by name, read once and kept across pages.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    rc::Rc,
};

use super::{
    super::{
        file::Entry,
        object::{Dict, Value},
    },
    doc::Doc,
    font::{Font, Reach},
    page::{Area, Matrix},
};
use crate::facts::NotOpened;

/// A resource dictionary.
pub(super) struct Resources<'f> {
    pub(super) dict: Dict<'f>,
    fonts: RefCell<HashMap<Vec<u8>, Option<Rc<Font>>>>,
}

/// A form XObject.
pub(super) struct Form<'f> {
    pub(super) bytes: Vec<u8>,
    pub(super) matrix: Matrix,
    /// Left, bottom, right, top.
    pub(super) area: [f64; 4],
    pub(super) resources: Option<Rc<Resources<'f>>>,
}

/// What an XObject is.
pub(super) enum External<'f> {
    Form(Rc<Form<'f>>),
    Image,
    None,
}

/// What was read of a file, by number.
#[derive(Default)]
pub(super) struct Shared<'f> {
    fonts: HashMap<u32, Rc<Font>>,
    forms: HashMap<u32, Rc<Form<'f>>>,
    form_bytes: usize,
    resources: HashMap<u32, Rc<Resources<'f>>>,
    /// Layers that are switched off.
    pub(super) off: HashSet<u32>,
}

impl<'f> Shared<'f> {
    /// The resources of a page or a form.
    pub(super) fn resources(
        &mut self,
        doc: &Doc<'f>,
        value: Option<&Value<'f>>,
    ) -> Option<Rc<Resources<'f>>> {
        let value = value?;
        if let Value::Ref(number, _) = value
            && let Some(known) = self.resources.get(number)
        {
            return Some(Rc::clone(known));
        }
        let Value::Dict(dict) = doc.get(value).1 else {
            return None;
        };
        let fonts = RefCell::default();
        let made = Rc::new(Resources { dict, fonts });
        if let Value::Ref(number, _) = value
            && self.resources.len() < MAX_KEPT
        {
            self.resources.insert(*number, Rc::clone(&made));
        }
        Some(made)
    }

    /// A font by its name.
    pub(super) fn font(
        &mut self,
        resources: &Resources<'f>,
        name: &[u8],
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<Option<Rc<Font>>, NotOpened> {
        if let Some(known) = resources.fonts.borrow().get(name) {
            return Ok(known.clone());
        }
        let list = reach.doc.dict(&resources.dict, "Font");
        let key = String::from_utf8_lossy(name);
        let font = match list.as_ref().and_then(|list| list.get(&key)) {
            Some(value) => self.font_of(value, reach)?,
            None => None,
        };
        let mut fonts = resources.fonts.borrow_mut();
        if fonts.len() < MAX_KEPT {
            fonts.insert(name.to_vec(), font.clone());
        }
        Ok(font)
    }

    /// A font by its object.
    pub(super) fn font_of(
        &mut self,
        value: &Value<'f>,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<Option<Rc<Font>>, NotOpened> {
        if let Value::Ref(number, _) = value
            && let Some(known) = self.fonts.get(number)
        {
            return Ok(Some(Rc::clone(known)));
        }
        let Value::Dict(dict) = reach.doc.get(value).1 else {
            return Ok(None);
        };
        let font = Rc::new(Font::read(&dict, reach)?);
        if let Value::Ref(number, _) = value
            && self.fonts.len() < MAX_KEPT
        {
            self.fonts.insert(*number, Rc::clone(&font));
        }
        Ok(Some(font))
    }

    /// An XObject by its name.
    pub(super) fn external(
        &mut self,
        resources: &Resources<'f>,
        name: &[u8],
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<(External<'f>, bool), NotOpened> {
        let key = String::from_utf8_lossy(name);
        let list = reach.doc.dict(&resources.dict, "XObject");
        let value = list.as_ref().and_then(|list| list.get(&key));
        let Some(Value::Ref(number, _)) = value else {
            return Ok((External::None, false));
        };
        if let Some(form) = self.forms.get(number) {
            return Ok((External::Form(Rc::clone(form)), false));
        }
        let Some((entry, Value::Dict(dict))) = reach.doc.object(*number) else {
            return Ok((External::None, false));
        };
        let hidden = self.is_off(reach.doc, dict.get("OC"));
        match reach.doc.name(&dict, "Subtype").as_deref() {
            Some("Image") => return Ok((External::Image, hidden)),
            Some("PS") => return Ok((External::None, hidden)),
            _ => {}
        }
        let form = Rc::new(self.form(entry, &dict, reach)?);
        // Those of a layer that may be off are read again, to be asked again.
        let room = MAX_FORM_BYTES.saturating_sub(self.form_bytes);
        if !dict.has("OC") && form.bytes.len() <= room && self.forms.len() < MAX_KEPT {
            self.form_bytes += form.bytes.len();
            self.forms.insert(*number, Rc::clone(&form));
        }
        Ok((External::Form(form), hidden))
    }

    /// Reads a form XObject.
    pub(super) fn form(
        &mut self,
        entry: Entry,
        dict: &Dict<'f>,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<Form<'f>, NotOpened> {
        let doc = reach.doc;
        let matrix = doc
            .numbers::<6>(dict, "Matrix")
            .map_or(Matrix::IDENTITY, Matrix);
        let [a, b, c, d] = doc.numbers::<4>(dict, "BBox").unwrap_or_default();
        let Area(area) = Area::around([(a, b), (c, d)]);
        Ok(Form {
            bytes: reach.stream(entry, MAX_CONTENT)?,
            matrix,
            area,
            resources: self.resources(doc, dict.get("Resources")),
        })
    }

    /// Whether a layer, or all layers of a membership dictionary, are switched off (ISO 32000-2 clause
    /// 8.11).
    pub(super) fn is_off(&self, doc: &Doc<'f>, layer: Option<&Value<'f>>) -> bool {
        let Some(layer) = layer.filter(|_| !self.off.is_empty()) else {
            return false;
        };
        let is_off = |value: &Value<'f>| match value {
            Value::Ref(number, _) => self.off.contains(number),
            _ => false,
        };
        if is_off(layer) {
            return true;
        }
        let Value::Dict(members) = doc.get(layer).1 else {
            return false;
        };
        match members.get("OCGs") {
            Some(one @ Value::Ref(..)) if is_off(one) => true,
            Some(_) => {
                let list = doc.array(&members, "OCGs");
                !list.is_empty() && list.iter().all(is_off)
            }
            None => false,
        }
    }
}

/// Fonts, forms, resource dictionaries that are kept.
const MAX_KEPT: usize = 1024;
const MAX_FORM_BYTES: usize = 8 << 20;
/// Bytes of a content stream.
pub(super) const MAX_CONTENT: usize = 64 << 20;
