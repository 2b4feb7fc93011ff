//! What compound documents say: one reader for all their kinds, as one kind often stands where another
//! was announced.

use super::{doc, msg, ppt, properties, xls};
use crate::{
    content::{
        document::ole::compound::{self, Compound},
        mail::msg::is_message,
        opener::Inside,
        source::Source,
    },
    facts::NotOpened,
};

/// Hands on the text of a document, a workbook, a presentation or a message.
///
/// # Errors
/// `Encrypted` where it cannot be read and was not handed on in the clear; `Damaged`; a budget.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    if !inside.wants_text() {
        return Ok(());
    }
    if inside.is_kind("xls") && !source.up_to(0, 8).starts_with(compound::MAGIC) {
        return xls::read_plain(inside, source);
    }
    let compound = Compound::open(source, inside.spending())?;
    if is_message(&compound) {
        return msg::read(inside, &compound);
    }
    let mut result = Ok(());
    for (name, reader) in READERS {
        if let Some(index) = compound.find(&[name])
            && let Err(why) = reader(inside, &compound, index)
        {
            match why {
                // Whoever opened it handed on the same document in the clear.
                NotOpened::Encrypted if is_open(inside) => return Ok(()),
                NotOpened::Budget { .. } => return Err(why),
                why => result = result.and(Err(why)),
            }
        }
    }
    properties::read(inside, &compound)?;
    result
}

/// Whether it is known to be encrypted and was opened all the same.
fn is_open(inside: &Inside<'_, '_>) -> bool {
    inside
        .container()
        .is_some_and(|node| node.encrypted.known() == Some(&true) && node.not_opened.is_none())
}

type Reader = fn(&mut Inside<'_, '_>, &Compound, usize) -> Result<(), NotOpened>;

/// The main streams. A file may have several.
static READERS: &[(&str, Reader)] = &[
    ("WordDocument", doc::read),
    ("Workbook", xls::read),
    ("Book", xls::read),
    ("PowerPoint Document", ppt::read),
];
