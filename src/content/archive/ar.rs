//! AR, and the Debian packages (deb(5)) that are one: long names in GNU's and in BSD's form.

use super::{Names, hand_on};
use crate::{
    content::{
        member_name,
        opener::{Inside, Member},
        source::Source,
    },
    facts::{NotOpened, Place},
};

/// Opens an archive or a package. Tables of symbols and of names are no members.
pub(in crate::content) fn ar(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    inside.set_place(Place::Archive);
    let mut names = Names::default();
    let mut table: Vec<u8> = Vec::new();
    let mut at = 8;
    while at < source.len() {
        inside.spending().check()?;
        let header = source.bytes(at, 60).ok_or(NotOpened::Damaged)?;
        let size = header.get(48..58).and_then(decimal);
        let (Some(mut size), true) = (size, header.ends_with(b"`\n")) else {
            return Err(NotOpened::Damaged);
        };
        let mut data = at.saturating_add(60);
        at = data.saturating_add(size).saturating_add(size & 1);
        let field = header.get(..16).unwrap_or_default().trim_ascii_end();
        let name = match field {
            b"/" | b"/SYM64/" | b"__.SYMDEF" | b"__.SYMDEF SORTED" => continue,
            b"//" => {
                let len = usize::try_from(size.min(TABLE)).unwrap_or(0);
                table = source.up_to(data, len);
                continue;
            }
            [b'#', b'1', b'/', len @ ..] => {
                let len = decimal(len).ok_or(NotOpened::Damaged)?.min(size);
                let mut name = source.up_to(data, usize::try_from(len.min(LONG_NAME)).unwrap_or(0));
                name.truncate(memchr::memchr(0, &name).unwrap_or(name.len()));
                data = data.saturating_add(len);
                size -= len;
                if name.starts_with(b"__.SYMDEF") {
                    continue;
                }
                name
            }
            [b'/', place @ ..] if place.first().is_some_and(u8::is_ascii_digit) => {
                let place = decimal(place).and_then(|place| usize::try_from(place).ok());
                let rest = place
                    .and_then(|place| table.get(place..))
                    .unwrap_or_default();
                let end = rest.iter().position(|byte| matches!(byte, b'\n' | 0));
                let name = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                name.strip_suffix(b"/").unwrap_or(name).to_vec()
            }
            name => name.strip_suffix(b"/").unwrap_or(name).to_vec(),
        };
        let mut member = Member {
            names: member_name::readings(&name, false),
            ..Member::default()
        };
        member.traits = names.traits(&member.names);
        hand_on(inside, member, source, data, size)?;
    }
    Ok(())
}

fn decimal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim();
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// Bytes of the table of long names that are read, and of one name.
const TABLE: u64 = 1 << 20;
const LONG_NAME: u64 = 64 << 10;
