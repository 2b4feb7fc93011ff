//! Properties of the document (ECMA-376 part 2, 8.3; part 1, 22.2 and 22.3): title, subject, keywords,
//! company, own ones. Dates, counts and who saved it say nothing of what it is about.

use super::{
    super::{
        package::{Out, Package, content},
        tags::{Event, Tags},
    },
    parts::{Parts, Role},
};
use crate::{content::span::Spot, facts::NotOpened};

/// Reads the properties of a package.
pub(super) fn read(
    package: &Package,
    parts: &Parts,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    let roles = [
        (Role::CoreProperties, CORE),
        (Role::AppProperties, APP),
        (Role::CustomProperties, &[][..]),
    ];
    for (role, wanted) in roles {
        for path in parts.of_role(role) {
            let Some(part) = package.xml(path, out)? else {
                continue;
            };
            let mut tags = Tags::new(&part.bytes);
            while let Some((event, depth)) = tags.next() {
                out.tick()?;
                let Event::Open(tag) = event else { continue };
                if tag.name == b"property" {
                    let name = tag.value(b"name").unwrap_or_default();
                    let value = content(&mut tags, depth);
                    out.say(Spot::Property, None, &format!("{name}: {}", value.trim()))?;
                } else if wanted.contains(&tag.name) {
                    let value = content(&mut tags, depth);
                    out.say(Spot::Property, None, &value)?;
                }
            }
            out.damaged |= tags.damaged;
        }
    }
    Ok(())
}

const CORE: &[&[u8]] = &[
    b"title",
    b"subject",
    b"creator",
    b"keywords",
    b"description",
    b"category",
    b"contentStatus",
];
const APP: &[&[u8]] = &[b"Company", b"Manager", b"HyperlinkBase"];
