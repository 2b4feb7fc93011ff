//! The text of Office Open XML documents (ECMA-376): Word, Excel, PowerPoint.
//!
//! A part is what its content type says that it is; where that says nothing, what its name says.

mod binary_sheet;
mod drawing;
mod parts;
mod properties;
mod sheet;
mod sheet_styles;
mod slides;
mod styles;
#[cfg(test)]
mod tests;
mod word;
mod workbook;

use super::package::{Out, Package};
use crate::{
    content::{opener::Inside, source::Source, span::Spot},
    facts::NotOpened,
};
use parts::{Parts, Role};
use styles::Styles;
pub(super) use word::is_watermark;

/// Reads the text of a document.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    if !inside.wants_text() {
        return Ok(());
    }
    let package = Package::of(source, inside.spending())?;
    let mut out = Out::new(inside);
    let parts = Parts::of(&package, &mut out)?;
    word_document(&package, &parts, &mut out)?;
    slides::read(&package, &parts, &mut out)?;
    workbook::read(&package, &parts, &mut out)?;
    for path in parts
        .of_role(Role::Diagram)
        .chain(parts.of_role(Role::Chart))
    {
        if let Some(part) = package.xml(path, &mut out)? {
            drawing::read(&part.bytes, Spot::TextBox, None, &mut out)?;
        }
    }
    properties::read(&package, &parts, &mut out)?;
    if out.damaged || parts.is_empty() {
        return Err(NotOpened::Damaged);
    }
    Ok(())
}

/// The parts of a Word document, in the order in which they are read on paper.
fn word_document(
    package: &Package,
    parts: &Parts,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    if parts.of_role(Role::Word).next().is_none() {
        return Ok(());
    }
    let mut styles = Styles::default();
    for path in parts.of_role(Role::WordStyles).take(1) {
        if let Some(part) = package.xml(path, out)? {
            styles = Styles::read(&part.bytes);
        }
    }
    let order = [
        (Role::WordHeader, Spot::Header),
        (Role::Word, Spot::Body),
        (Role::WordFooter, Spot::Footer),
        (Role::WordNotes, Spot::Note),
        (Role::WordComments, Spot::Comment),
    ];
    for (role, spot) in order {
        for path in parts.of_role(role) {
            if let Some(part) = package.xml(path, out)? {
                word::read(&part.bytes, spot, &styles, out)?;
            }
        }
    }
    Ok(())
}
