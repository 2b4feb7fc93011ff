//! TNEF ([MS-OXTNEF], `winmail.dat`): the attachments of an Outlook letter. Checksums are not asked:
//! programs open what has wrong ones.

use crate::{
    content::{
        document::ole::{
            compound::{u16_at, u32_at},
            package::utf16,
        },
        member_name,
        opener::{Inside, Member},
        source::Source,
    },
    facts::{NotOpened, Place},
};

/// Hands on the attachments.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    inside.set_place(Place::Message);
    let mut at: u64 = 6;
    let mut attachment = Attachment::default();
    let mut result = Ok(());
    let mut attributes = 0_u32;
    // Less than an attribute at the end is what gateways add.
    while at.saturating_add(9) < source.len() {
        let head = source.up_to(at, 9);
        let (Some(id), Some(length)) = (u32_at(&head, 1), u32_at(&head, 5)) else {
            result = Err(NotOpened::Damaged);
            break;
        };
        if !matches!(head.first(), Some(1 | 2)) {
            result = Err(NotOpened::Damaged);
            break;
        }
        let data = source.piece(at + 9, u64::from(length));
        match id {
            // A new attachment begins. Where that is missing, its data begin it.
            REND_DATA => std::mem::take(&mut attachment).hand_on(inside)?,
            TITLE | TRANSPORT_NAME => attachment.add_narrow(&data.up_to(0, LONG_NAME)),
            DATA => attachment.data.push(data.clone()),
            PROPERTIES => properties(inside, &data, &mut attachment)?,
            _ => {}
        }
        if data.len() < u64::from(length) {
            result = Err(NotOpened::Damaged);
            break;
        }
        at += 9 + u64::from(length) + 2;
        attributes += 1;
        if attributes.is_multiple_of(1024) {
            inside.spending().check()?;
        }
    }
    attachment.hand_on(inside)?;
    result
}

/// What is known of one attachment.
#[derive(Debug, Default)]
struct Attachment {
    /// From the properties: the long name comes first.
    names: Vec<String>,
    titles: Vec<String>,
    data: Vec<Source>,
}

impl Attachment {
    fn add_narrow(&mut self, bytes: &[u8]) {
        let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        self.titles.extend(member_name::readings(bytes, false));
    }

    fn hand_on(self, inside: &mut Inside<'_, '_>) -> Result<(), NotOpened> {
        let mut names: Vec<String> = Vec::new();
        for name in self.names.into_iter().chain(self.titles) {
            if !name.is_empty() && !names.contains(&name) && names.len() < MOST_NAMES {
                names.push(name);
            }
        }
        let member = Member {
            names,
            ..Member::default()
        };
        for data in self.data.iter().take(MOST_NAMES) {
            inside.piece(member.clone(), data)?;
        }
        Ok(())
    }
}

/// The properties of an attachment (2.1.3.4): names, and what only they hold: letters and objects.
fn properties(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    attachment: &mut Attachment,
) -> Result<(), NotOpened> {
    let mut at = 4;
    let mut steps = 0_u32;
    while at < source.len() {
        let Some(property) = Property::read(source, &mut at) else {
            // What follows cannot be found; the attachment's own bytes stand elsewhere.
            return Ok(());
        };
        let value = &property.value;
        match (property.id, property.kind) {
            (0x3707 | 0x3704 | 0x3001, 0x1f) => {
                let name = utf16(&value.up_to(0, LONG_NAME));
                attachment.add_name(property.id, name);
            }
            (0x3707 | 0x3704 | 0x3001, 0x1e) => {
                let bytes = value.up_to(0, LONG_NAME);
                let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
                for name in member_name::readings(bytes, false) {
                    attachment.add_name(property.id, name);
                }
            }
            // Behind the identifier of an interface.
            (0x3701, 0x0d) if value.len() > 16 => {
                attachment.data.push(value.piece(16, value.len()));
            }
            (0x3701, 0x102) if value.len() > 0 => attachment.data.push(value.clone()),
            _ => {}
        }
        steps += 1;
        if steps.is_multiple_of(1024) {
            inside.spending().check()?;
        }
    }
    Ok(())
}

impl Attachment {
    fn add_name(&mut self, id: u16, name: String) {
        match id {
            0x3707 => self.names.insert(0, name),
            _ => self.names.push(name),
        }
        self.names.truncate(MOST_NAMES);
    }
}

/// One property; of several values the last.
struct Property {
    id: u16,
    kind: u16,
    value: Source,
}

impl Property {
    fn read(source: &Source, at: &mut u64) -> Option<Self> {
        let head = source.bytes(*at, 4)?;
        let (tag, id) = (u16_at(&head, 0)?, u16_at(&head, 2)?);
        let (kind, several) = (tag & 0xfff, tag & 0x1000 != 0);
        *at += 4;
        if id >= 0x8000 {
            // A name: of a set, a number or a text.
            let name = source.bytes(*at + 16, 8)?;
            *at += 24;
            if u32_at(&name, 0)? == 1 {
                *at += padded(u32_at(&name, 4)?);
            }
        }
        let variable = matches!(kind, 0x0d | 0x1e | 0x1f | 0x102);
        let mut count = 1;
        if several || variable {
            count = u32_at(&source.bytes(*at, 4)?, 0)?;
            *at += 4;
        }
        let mut value = source.piece(*at, 0);
        for _ in 0..count {
            let mut length = match kind {
                2 | 3 | 4 | 0x0a | 0x0b => 4,
                5 | 6 | 7 | 0x14 | 0x40 => 8,
                0x48 => 16,
                _ if variable => {
                    let length = u32_at(&source.bytes(*at, 4)?, 0)?;
                    *at += 4;
                    length
                }
                _ => return None,
            };
            let rest = source.len().checked_sub(*at)?;
            // Many values may be said to follow where nothing does.
            (variable || rest >= u64::from(length)).then_some(())?;
            length = u32::try_from(rest).map_or(length, |rest| length.min(rest));
            value = source.piece(*at, u64::from(length));
            *at += padded(length);
        }
        Some(Self { id, kind, value })
    }
}

fn padded(length: u32) -> u64 {
    u64::from(length).next_multiple_of(4)
}

const TITLE: u32 = 0x0001_8010;
const DATA: u32 = 0x0006_800f;
const TRANSPORT_NAME: u32 = 0x0006_9001;
const REND_DATA: u32 = 0x0006_9002;
const PROPERTIES: u32 = 0x0006_9005;
/// Bytes of a name that are read.
const LONG_NAME: usize = 4096;
/// Names, and files, of one attachment that are taken.
const MOST_NAMES: usize = 16;
