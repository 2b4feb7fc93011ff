//! Messages as files: what a declared type or an archive does not call a message is one all the same.

use std::io::Read;

use crate::{
    content::{opener::Inside, source::Source, why},
    facts::NotOpened,
    message::{Limits, Receiver},
};

/// A mail message (RFC 5322), or a page with its pictures (MHTML).
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    message(inside, &mut source.cursor())
}

/// Takes a message apart; its parts are opened.
pub(super) fn message(
    inside: &mut Inside<'_, '_>,
    content: &mut dyn Read,
) -> Result<(), NotOpened> {
    let spool = inside.spool();
    let mut receiver = Receiver::new(&spool, Limits::default());
    let mut buffer = vec![0; COPY];
    let mut first = true;
    let mut damaged = false;
    loop {
        let got = match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(got) => got,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => {
                damaged = true;
                break;
            }
        };
        inside.spending().take_bytes(got as u64)?;
        let mut piece = buffer.get(..got).unwrap_or_default();
        if std::mem::take(&mut first) {
            piece = piece.strip_prefix(b"\xef\xbb\xbf").unwrap_or(piece);
            piece = piece.trim_ascii_start();
        }
        receiver.raw(piece);
    }
    let message = receiver.finish();
    inside.message(&message)?;
    // What was not scanned has no node of its own where it is the message as a whole.
    if let Some(place) = message.not_scanned.first() {
        return Err(why(&place.why));
    }
    match damaged {
        true => Err(NotOpened::Damaged),
        false => Ok(()),
    }
}

/// Bytes that are read at once.
const COPY: usize = 64 << 10;
