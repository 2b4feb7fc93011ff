//! The text of OpenDocument files (ODF 1.3 part 3): Writer, Calc, Impress, Draw.

mod content;
mod styles;
#[cfg(test)]
mod tests;

use super::{
    package::{Out, Package, content as content_of},
    tags::{Event, Tags},
};
use crate::{
    content::{opener::Inside, source::Source, span::Spot},
    facts::{Fact, NotOpened},
};
use content::Part;
use styles::Styles;

/// Reads the text of a document.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    if !inside.wants_text() {
        return Ok(());
    }
    // The manifest was read by the reader of the container.
    let encrypted = inside.container().map(|node| &node.encrypted);
    if encrypted == Some(&Fact::Known(true)) {
        return Err(NotOpened::Encrypted);
    }
    let package = Package::of(source, inside.spending())?;
    let mut out = Out::new(inside);
    let content = package.xml("content.xml", &mut out)?;
    let styles = package.xml("styles.xml", &mut out)?;
    let mut looks = Styles::default();
    if let Some(part) = &styles {
        looks.read(&part.bytes, &mut out)?;
    }
    if let Some(part) = &content {
        let mut own = looks.clone();
        own.read(&part.bytes, &mut out)?;
        content::read(&part.bytes, Part::Content, &own, &mut out)?;
    }
    if let Some(part) = &styles {
        content::read(&part.bytes, Part::Masters, &looks, &mut out)?;
    }
    objects(&package, &mut out)?;
    properties(&package, &mut out)?;
    // A template of nothing but styles has no content.
    if out.damaged || content.is_none() && styles.is_none() {
        return Err(NotOpened::Damaged);
    }
    Ok(())
}

/// Charts and other objects that are documents themselves.
fn objects(package: &Package, out: &mut Out<'_, '_, '_>) -> Result<(), NotOpened> {
    let inner = package.paths.iter().filter(|path| {
        let folder = path.strip_suffix("/content.xml");
        folder.is_some_and(|folder| !folder.is_empty())
    });
    for path in inner {
        if let Some(part) = package.xml(path, out)? {
            let mut looks = Styles::default();
            looks.read(&part.bytes, out)?;
            content::read(&part.bytes, Part::Object, &looks, out)?;
        }
    }
    Ok(())
}

/// Properties of the document (ODF 1.3 part 3, 4.3): dates, counts and programs left out.
fn properties(package: &Package, out: &mut Out<'_, '_, '_>) -> Result<(), NotOpened> {
    let Some(part) = package.xml("meta.xml", out)? else {
        return Ok(());
    };
    let mut tags = Tags::new(&part.bytes);
    while let Some((event, depth)) = tags.next() {
        out.tick()?;
        let Event::Open(tag) = event else { continue };
        match tag.name {
            b"title" | b"subject" | b"description" | b"keyword" | b"creator"
            | b"initial-creator" => {
                let value = content_of(&mut tags, depth);
                out.say(Spot::Property, None, &value)?;
            }
            b"user-defined" => {
                let name = tag.value(b"name").unwrap_or_default();
                let value = content_of(&mut tags, depth);
                if !value.trim().is_empty() {
                    out.say(Spot::Property, None, &format!("{name}: {}", value.trim()))?;
                }
            }
            _ => {}
        }
    }
    out.damaged |= tags.damaged;
    Ok(())
}
