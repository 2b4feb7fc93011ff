//! The text of a workbook: its sheets in their order, with their names, drawings and comments.

use std::collections::HashSet;

use super::{
    super::{
        package::{Out, Package},
        tags::{Event, Tags, text},
    },
    binary_sheet, drawing,
    parts::{Parts, Role, Targets, add_rest},
    sheet::{self, Book, Shared},
    sheet_styles::Formats,
};
use crate::{content::span::Spot, facts::NotOpened};

/// Reads a workbook.
pub(super) fn read(
    package: &Package,
    parts: &Parts,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    let mut names: Vec<String> = Vec::new();
    let mut order: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    let mut since_1904 = false;
    for path in parts.of_role(Role::Workbook).take(1) {
        let relations = package.relations(path, out)?;
        let targets = Targets::new(&relations);
        let Some(part) = package.xml(path, out)? else {
            continue;
        };
        let (sheets, from_1904) = if is_binary(path) {
            binary_sheet::sheets(&part.bytes)
        } else {
            listed(&part.bytes, out)?
        };
        since_1904 = from_1904;
        for (id, name) in sheets {
            // A sheet without a part has a name all the same.
            let target = targets.get(id.as_bytes()).unwrap_or_default();
            let again = !known.insert(target.to_owned());
            order.push(if again {
                String::new()
            } else {
                target.to_owned()
            });
            names.push(name);
        }
    }
    add_rest(&mut order, parts.of_role(Role::Sheet));
    let (mut shared, mut formats) = (Shared::default(), Formats::default());
    let mut held = None;
    for path in parts.of_role(Role::SharedStrings).take(1) {
        if let Some(part) = package.xml(path, out)? {
            // A text of one letter costs more than its tags.
            let cost = (part.bytes.len() as u64).saturating_mul(3);
            held = Some(out.inside.spending().hold(cost)?);
            shared = if is_binary(path) {
                binary_sheet::shared(&part.bytes, out)?
            } else {
                Shared::read(&part.bytes, out)?
            };
        }
    }
    for path in parts.of_role(Role::SheetStyles).take(1) {
        if let Some(part) = package.xml(path, out)? {
            formats = if is_binary(path) {
                Formats::read_binary(&part.bytes)
            } else {
                Formats::read(&part.bytes)
            };
        }
    }
    let book = Book {
        shared: &shared,
        formats: &formats,
        since_1904,
    };
    for (index, path) in order.iter().enumerate() {
        let page = u32::try_from(index.saturating_add(1)).ok();
        if let Some(name) = names.get(index) {
            out.say(Spot::SheetName, page, name)?;
        }
        one_sheet(package, path, page, &book, out)?;
    }
    drop(held);
    Ok(())
}

fn one_sheet(
    package: &Package,
    path: &str,
    page: Option<u32>,
    book: &Book<'_>,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    if let Some(part) = package.xml(path, out)? {
        if is_binary(path) {
            binary_sheet::read(&part.bytes, page, book, out)?;
        } else {
            sheet::read(&part.bytes, page, book, out)?;
        }
    }
    for relation in package.relations(path, out)? {
        let target = &*relation.target;
        let wanted = matches!(&*relation.kind, "drawing" | "comments" | "threadedcomment");
        let Some(part) = (if wanted {
            package.xml(target, out)?
        } else {
            None
        }) else {
            continue;
        };
        match &*relation.kind {
            "drawing" => drawing::read(&part.bytes, Spot::TextBox, page, out)?,
            _ if is_binary(target) => binary_sheet::comments(&part.bytes, page, out)?,
            _ => comments(&part.bytes, page, out)?,
        }
    }
    Ok(())
}

/// The sheets that `workbook.xml` lists, their relationships and names; and whether dates are counted
/// from 1904.
fn listed(part: &[u8], out: &mut Out<'_, '_, '_>) -> Result<(Sheets, bool), NotOpened> {
    let mut found = Vec::new();
    let mut since_1904 = false;
    let mut tags = Tags::new(part);
    while let Some((event, _)) = tags.next() {
        out.tick()?;
        let Event::Open(tag) = event else { continue };
        if tag.name == b"sheet" && found.len() < SHEETS {
            let id = tag.value(b"id").unwrap_or_default();
            let name = tag.value(b"name").unwrap_or_default();
            found.push((id.into_owned(), name.into_owned()));
        } else if tag.name == b"workbookPr" {
            since_1904 = matches!(tag.raw(b"date1904"), Some(b"1" | b"true"));
        }
    }
    out.damaged |= tags.damaged;
    Ok((found, since_1904))
}

/// Comments of a sheet (18.7), and those that are answered to.
fn comments(part: &[u8], page: Option<u32>, out: &mut Out<'_, '_, '_>) -> Result<(), NotOpened> {
    let mut said = String::new();
    // Depths of the comment and of the text in it.
    let (mut comment, mut reading) = (None, None);
    let mut tags = Tags::new(part);
    while let Some((event, depth)) = tags.next() {
        out.tick()?;
        match event {
            Event::Open(tag) => match tag.name {
                b"comment" | b"threadedComment" => comment = Some(depth),
                b"text" | b"t" if comment.is_some() && reading.is_none() => reading = Some(depth),
                _ => {}
            },
            Event::Close => {
                if reading == Some(depth) {
                    reading = None;
                }
                if comment == Some(depth) {
                    comment = None;
                    out.say(Spot::Comment, page, &said)?;
                    said.clear();
                }
            }
            Event::Text(piece) if reading.is_some() => said.push_str(&text(piece)),
            Event::Raw(piece) if reading.is_some() => {
                said.push_str(&String::from_utf8_lossy(piece));
            }
            Event::Text(_) | Event::Raw(_) => {}
        }
    }
    out.damaged |= tags.damaged;
    Ok(())
}

fn is_binary(path: &str) -> bool {
    path.get(path.len().saturating_sub(4)..)
        .is_some_and(|end| end.eq_ignore_ascii_case(".bin"))
}

/// Relationships and names of sheets.
pub(super) type Sheets = Vec<(String, String)>;

/// Sheets that are read.
pub(super) const SHEETS: usize = 10_000;
