//! The text of a presentation (ECMA-376 part 1, 19): slides in their order, each with its notes and
//! comments, and what stands on the masters.

use super::{
    super::{
        package::{Out, Package},
        tags::{Event, Tags, local},
    },
    drawing,
    parts::{Parts, Role},
};
use crate::{content::span::Spot, facts::NotOpened};

/// Reads a presentation.
pub(super) fn read(
    package: &Package,
    parts: &Parts,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    let mut order: Vec<String> = Vec::new();
    for path in parts.of_role(Role::Presentation).take(1) {
        let relations = package.relations(path, out)?;
        let Some(part) = package.xml(path, out)? else {
            continue;
        };
        let slides = super::parts::Targets::new(&relations);
        let mut tags = Tags::new(&part.bytes);
        while let Some((event, _)) = tags.next() {
            out.tick()?;
            let Event::Open(tag) = event else { continue };
            if tag.name != b"sldId" {
                continue;
            }
            // Its number is called `id` too.
            let mut named = tag.attributes();
            let id = named.find(|(name, _)| name.contains(&b':') && local(name) == b"id");
            if let Some(target) = id.and_then(|(_, id)| slides.get(id))
                && order.len() < SLIDES
            {
                order.push(target.to_owned());
            }
        }
        out.damaged |= tags.damaged;
    }
    // Slides that are not in the list are not shown; they are there all the same.
    super::parts::add_rest(&mut order, parts.of_role(Role::Slide));
    for (page, path) in (1..).zip(&order) {
        let page = Some(page);
        if let Some(part) = package.xml(path, out)? {
            drawing::read(&part.bytes, Spot::TextBox, page, out)?;
        }
        for relation in package.relations(path, out)? {
            let spot = match &*relation.kind {
                "notesslide" => Spot::Note,
                "comments" => Spot::Comment,
                _ => continue,
            };
            if let Some(part) = package.xml(&relation.target, out)? {
                drawing::read(&part.bytes, spot, page, out)?;
            }
        }
    }
    for path in parts.of_role(Role::SlideMaster) {
        if let Some(part) = package.xml(path, out)? {
            drawing::read_master(&part.bytes, out)?;
        }
    }
    Ok(())
}

/// Slides that are read.
const SLIDES: usize = 10_000;
