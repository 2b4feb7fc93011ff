//! Styles of a Word document (ECMA-376 part 1, 17.7), and the properties of runs and paragraphs that
//! a reader takes for emphasis.

use std::collections::HashMap;

use super::super::{
    paragraph::Props,
    tags::{Event, Tag, Tags},
};
use crate::vietnamese::Encoding;

/// The styles of a document, each with what it is based on.
#[derive(Debug, Default)]
pub(super) struct Styles {
    styles: HashMap<Vec<u8>, Style>,
    /// What holds where no style says otherwise.
    defaults: Props,
    /// The style of paragraphs that name none.
    paragraph: Props,
}

#[derive(Clone, Debug, Default)]
struct Style {
    based_on: Option<Vec<u8>>,
    props: Props,
}

impl Styles {
    /// Reads `styles.xml`.
    pub(super) fn read(part: &[u8]) -> Self {
        let mut read = Self::default();
        let mut tags = Tags::new(part);
        let mut style: Option<(Vec<u8>, Style)> = None;
        let mut default = None;
        let (mut defaults, mut skip) = (None, None);
        let mut sides = Sides::default();
        while let Some((event, depth)) = tags.next() {
            match event {
                Event::Open(_) if skip.is_some() => {}
                Event::Open(tag) => match tag.name {
                    b"style" => {
                        let id = tag.raw(b"styleId").unwrap_or_default().to_vec();
                        if tag.is(b"type", b"paragraph")
                            && matches!(tag.raw(b"default"), Some(b"1" | b"true" | b"on"))
                        {
                            default = Some(id.clone());
                        }
                        style = Some((id, Style::default()));
                    }
                    b"basedOn" => {
                        if let Some((_, style)) = &mut style {
                            style.based_on = tag.raw(b"val").map(<[u8]>::to_vec);
                        }
                    }
                    b"docDefaults" => defaults = Some(depth),
                    // What holds for the first row only, or held before a change.
                    b"tblStylePr" | b"rPrChange" | b"pPrChange" => skip = Some(depth),
                    b"pBdr" | b"tblBorders" => sides = Sides::of(depth),
                    _ => {
                        let props = match &mut style {
                            Some((_, style)) => &mut style.props,
                            None if defaults.is_some() => &mut read.defaults,
                            None => continue,
                        };
                        sides.side(&tag, depth);
                        run(props, &tag);
                        paragraph(props, &tag);
                    }
                },
                Event::Close => {
                    if skip == Some(depth) {
                        skip = None;
                    }
                    if skip.is_some() {
                        continue;
                    }
                    if let (Some(framed), Some((_, style))) = (sides.close(depth), &mut style) {
                        style.props.framed = Some(framed);
                    }
                    if defaults == Some(depth) {
                        defaults = None;
                    }
                    // A style stands right below the root.
                    if depth == 1
                        && let Some((id, style)) = style.take()
                        && read.styles.len() < STYLES
                    {
                        read.styles.entry(id).or_insert(style);
                    }
                }
                Event::Text(_) | Event::Raw(_) => {}
            }
        }
        read.flatten();
        let normal = default.and_then(|id| read.styles.get(&id));
        read.paragraph = normal.map(|style| style.props).unwrap_or_default();
        read.paragraph = read.paragraph.over(&read.defaults);
        read
    }

    /// What a paragraph in this style is like; without a name, in the usual one.
    pub(super) fn paragraph(&self, id: Option<&[u8]>) -> Props {
        match id.and_then(|id| self.styles.get(id)) {
            Some(style) => style.props.over(&self.defaults),
            None => self.paragraph,
        }
    }

    /// What a style of runs or tables says.
    pub(super) fn style(&self, id: &[u8]) -> Props {
        self.styles
            .get(id)
            .map(|style| style.props)
            .unwrap_or_default()
    }

    /// Gives each style what it inherits.
    fn flatten(&mut self) {
        let ids: Vec<Vec<u8>> = self.styles.keys().cloned().collect();
        for id in ids {
            let Some(style) = self.styles.get(&id) else {
                continue;
            };
            let mut props = style.props;
            let mut next = style.based_on.as_ref();
            for _ in 0..CHAIN {
                let Some(base) = next.and_then(|id| self.styles.get(id)) else {
                    break;
                };
                props = props.over(&base.props);
                next = base.based_on.as_ref();
            }
            if let Some(style) = self.styles.get_mut(&id) {
                style.props = props;
            }
        }
    }
}

/// A property of a run (17.3.2); anything else is passed over.
pub(super) fn run(props: &mut Props, tag: &Tag<'_>) {
    match tag.name {
        b"b" => props.bold = Some(tag.on()),
        b"caps" => props.capitals = Some(tag.on()),
        b"vanish" => props.hidden = Some(tag.on()),
        b"bdr" => props.boxed = Some(is_border(tag)),
        b"shd" => props.shaded = Some(is_shaded(tag)),
        b"highlight" if !matches!(tag.raw(b"val"), None | Some(b"none" | b"white")) => {
            props.shaded = Some(true);
        }
        b"sz" => {
            let size = tag.number(b"val");
            props.half_points = size.and_then(|size| u16::try_from(size).ok());
        }
        b"color" => {
            let value = tag.raw(b"val").unwrap_or_default();
            props.colour(value);
            // Colours of the theme may look different in any program.
            if tag.raw(b"themeColor").is_some() {
                props.red = Some(false);
            }
        }
        b"rFonts" => {
            let font = |name: &[u8]| tag.value(name);
            let themed = tag.raw(b"hAnsiTheme").or(tag.raw(b"asciiTheme")).is_some();
            let names = [font(b"hAnsi"), font(b"ascii")];
            if themed {
                props.font = Some(None);
            } else if names.iter().any(Option::is_some) {
                let mut names = names.iter().flatten();
                props.font = Some(names.find_map(|name| Encoding::of_font(name)));
            }
        }
        _ => {}
    }
}

/// A property of a paragraph (17.3.1) that says where its lines stand.
pub(super) fn paragraph(props: &mut Props, tag: &Tag<'_>) {
    if tag.name == b"jc" {
        props.centred = Some(tag.is(b"val", b"center"));
    }
}

/// Whether there is a colour other than that of paper behind the text.
pub(super) fn is_shaded(tag: &Tag<'_>) -> bool {
    let patterned = !matches!(tag.raw(b"val"), None | Some(b"clear" | b"nil"));
    let fill = tag.raw(b"fill").unwrap_or(b"auto");
    patterned || !(fill.eq_ignore_ascii_case(b"auto") || fill.eq_ignore_ascii_case(b"ffffff"))
}

fn is_border(tag: &Tag<'_>) -> bool {
    !matches!(tag.raw(b"val"), None | Some(b"nil" | b"none"))
}

/// Borders of a paragraph, a table or a cell: a line above or below is no frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sides {
    depth: Option<u32>,
    drawn: u32,
}

impl Sides {
    /// The borders that an element at this depth lists.
    pub(super) fn of(depth: u32) -> Self {
        Self {
            depth: Some(depth),
            drawn: 0,
        }
    }

    /// One of them.
    pub(super) fn side(&mut self, tag: &Tag<'_>, depth: u32) {
        let outer = matches!(
            tag.name,
            b"top" | b"left" | b"start" | b"bottom" | b"right" | b"end"
        );
        if self.depth.is_some_and(|at| at.saturating_add(1) == depth) && outer && is_border(tag) {
            self.drawn = self.drawn.saturating_add(1);
        }
    }

    /// Where the list ends: whether they make a frame.
    pub(super) fn close(&mut self, depth: u32) -> Option<bool> {
        if self.depth != Some(depth) {
            return None;
        }
        self.depth = None;
        Some(self.drawn >= 3)
    }
}

/// Styles that are kept, and styles that one is based on.
const STYLES: usize = 10_000;
const CHAIN: usize = 32;
