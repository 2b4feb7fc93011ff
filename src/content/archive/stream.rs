//! Compressed files: one file in, one file out.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;

use crate::{
    content::{
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// gzip (RFC 1952), all members of it one behind the other as `gunzip` does.
pub(in crate::content) fn gzip(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    unpack(inside, source, &mut MultiGzDecoder::new(source.cursor()))
}

fn unpack(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    content: &mut dyn Read,
) -> Result<(), NotOpened> {
    let member = Member {
        packed: Some(source.len()),
        ..Member::default()
    };
    inside.member(member, content)
}
