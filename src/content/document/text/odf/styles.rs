//! Styles of an OpenDocument file (ODF 1.3 part 3, 16 and 20), as far as they are emphasis.

use std::collections::HashMap;

use super::super::{
    package::Out,
    paragraph::Props,
    tags::{Event, Tag, Tags},
};
use crate::{facts::NotOpened, vietnamese::Encoding};

/// Styles by family and name: those of `styles.xml`, and over them those of the content.
#[derive(Clone, Debug, Default)]
pub(super) struct Styles {
    styles: HashMap<Key, Style>,
    /// The encodings of fonts that are declared.
    fonts: HashMap<Vec<u8>, Option<Encoding>>,
}

/// Family, and name; the default of the family has none.
type Key = (Vec<u8>, Option<Vec<u8>>);

/// A style.
#[derive(Clone, Debug, Default)]
pub(super) struct Style {
    parent: Option<Vec<u8>>,
    pub(super) props: Props,
    /// Whether a page begins before it.
    pub(super) breaks: bool,
}

impl Styles {
    /// Adds the styles of a part.
    pub(super) fn read(&mut self, part: &[u8], out: &mut Out<'_, '_, '_>) -> Result<(), NotOpened> {
        let mut open: Option<(u32, Key, Style)> = None;
        let mut read = Vec::new();
        let mut tags = Tags::new(part);
        while let Some((event, depth)) = tags.next() {
            out.tick()?;
            match event {
                // Nothing but text comes behind.
                Event::Open(tag) if matches!(tag.name, b"body" | b"master-styles") => break,
                Event::Open(tag) => match tag.name {
                    b"font-face" => self.font(&tag),
                    b"style" | b"default-style" => {
                        let family = tag.raw(b"family").unwrap_or_default().to_vec();
                        let name = (tag.name == b"style").then(|| tag.raw(b"name")).flatten();
                        let style = Style {
                            parent: tag.raw(b"parent-style-name").map(<[u8]>::to_vec),
                            props: Props::default(),
                            breaks: tag
                                .raw(b"master-page-name")
                                .is_some_and(|name| !name.is_empty()),
                        };
                        open = Some((depth, (family, name.map(<[u8]>::to_vec)), style));
                    }
                    _ => {
                        if let Some((_, _, style)) = &mut open {
                            self.property(style, &tag);
                        }
                    }
                },
                Event::Close => {
                    if open.as_ref().is_some_and(|(at, _, _)| *at == depth)
                        && let Some((_, key, style)) = open.take()
                        && read.len() < STYLES
                    {
                        read.push((key, style));
                    }
                }
                Event::Text(_) | Event::Raw(_) => {}
            }
        }
        let fresh: Vec<Key> = read.iter().map(|(key, _)| key.clone()).collect();
        self.styles.extend(read);
        for key in fresh {
            self.inherit(&key);
        }
        Ok(())
    }

    /// A style; the default of its family where there is none of this name.
    pub(super) fn style(&self, family: &str, name: Option<&[u8]>) -> Style {
        let key = |name: Option<&[u8]>| (family.as_bytes().to_vec(), name.map(<[u8]>::to_vec));
        let named = name.and_then(|name| self.styles.get(&key(Some(name))));
        let found = named.or_else(|| self.styles.get(&key(None)));
        found.cloned().unwrap_or_default()
    }

    fn inherit(&mut self, key: &Key) {
        let Some(style) = self.styles.get(key) else {
            return;
        };
        let (mut props, mut breaks) = (style.props, style.breaks);
        let mut next = style.parent.clone();
        for _ in 0..CHAIN {
            let Some(base) = next.and_then(|name| self.styles.get(&(key.0.clone(), Some(name))))
            else {
                break;
            };
            props = props.over(&base.props);
            breaks |= base.breaks;
            next = base.parent.clone();
        }
        if let Some(base) = self.styles.get(&(key.0.clone(), None)) {
            props = props.over(&base.props);
        }
        if let Some(style) = self.styles.get_mut(key) {
            style.props = props;
            style.breaks = breaks;
        }
    }

    fn font(&mut self, tag: &Tag<'_>) {
        let name = tag.raw(b"name").unwrap_or_default();
        let family = tag.value(b"font-family").unwrap_or_default();
        if self.fonts.len() < STYLES {
            self.fonts.insert(name.to_vec(), Encoding::of_font(&family));
        }
    }

    fn property(&self, style: &mut Style, tag: &Tag<'_>) {
        let props = &mut style.props;
        match tag.name {
            b"text-properties" => {
                if let Some(weight) = tag.raw(b"font-weight") {
                    props.bold = Some(matches!(
                        weight,
                        b"bold" | b"600" | b"700" | b"800" | b"900"
                    ));
                }
                if let Some(colour) = tag.raw(b"color") {
                    props.colour(colour);
                }
                if tag.is(b"use-window-font-color", b"true") {
                    (props.red, props.white) = (Some(false), Some(false));
                }
                if let Some(display) = tag.raw(b"display") {
                    props.hidden = Some(display == b"none");
                }
                if let Some(transform) = tag.raw(b"text-transform") {
                    props.capitals = Some(transform == b"uppercase");
                }
                let size = tag.value(b"font-size");
                let points = size.and_then(|size| size.strip_suffix("pt")?.parse::<f32>().ok());
                // Saturates.
                let half_points = points.map(|points| (points * 2.0).round() as u16);
                props.half_points = half_points.or(props.half_points);
                if let Some(font) = tag.raw(b"font-name").and_then(|name| self.fonts.get(name)) {
                    props.font = Some(*font);
                } else if let Some(name) = tag.value(b"font-family").or(tag.value(b"font-name")) {
                    props.font = Some(Encoding::of_font(&name));
                }
                ground(props, tag);
            }
            b"paragraph-properties" => {
                if let Some(align) = tag.raw(b"text-align") {
                    props.centred = Some(align == b"center");
                }
                style.breaks |= tag.is(b"break-before", b"page");
                ground(props, tag);
                border(props, tag);
            }
            b"table-cell-properties" => {
                ground(props, tag);
                border(props, tag);
            }
            b"graphic-properties" => {
                if let Some(fill) = tag.raw(b"fill") {
                    props.shaded = Some(fill != b"none");
                }
                ground(props, tag);
                if let Some(stroke) = tag.raw(b"stroke") {
                    props.framed = Some(stroke != b"none");
                }
                border(props, tag);
            }
            _ => {}
        }
    }
}

fn ground(props: &mut Props, tag: &Tag<'_>) {
    if let Some(colour) = tag.raw(b"background-color") {
        let paper = matches!(colour, b"transparent" | b"#ffffff" | b"#FFFFFF");
        props.shaded = Some(!paper);
    }
}

/// A frame has a line on at least three sides.
fn border(props: &mut Props, tag: &Tag<'_>) {
    let drawn = |name: &[u8]| {
        tag.raw(name)
            .map(|border| border != b"none" && !border.is_empty())
    };
    let sides: [&[u8]; 4] = [
        b"border-left",
        b"border-right",
        b"border-top",
        b"border-bottom",
    ];
    let sides = sides.map(drawn);
    if let Some(all) = drawn(b"border") {
        props.framed = Some(all);
    } else if sides.iter().any(Option::is_some) {
        let count = sides.iter().filter(|side| **side == Some(true)).count();
        props.framed = Some(count >= 3);
    }
}

/// Styles of a part that are kept, and styles that one inherits from.
const STYLES: usize = 50_000;
const CHAIN: usize = 32;
