//! quoted-printable with escapes that mean nothing, as programs read it that do not keep them.
//!
//! RFC 2045 section 6.7 suggests to keep `=0X` as it stands, and most programs do. Others leave out the
//! equals sign and the digit behind it, or all three characters; what is a heap of letters to one is a
//! file to the next.

use std::io::Read;

use super::{Blob, spool::MessageSpool, transfer::Junk};

/// What else the content may be, each reading once. `blob` is the content with its junk kept, `junk`
/// says where in it that stands.
pub(super) fn readings(blob: &Blob, junk: &[Junk], spool: &mut MessageSpool) -> Vec<Blob> {
    let mut readings: Vec<Blob> = Vec::new();
    for whole in [false, true] {
        let mut to = spool.writer();
        // A spool that cannot be read has said so with the content itself.
        let copied = copy(blob, &cuts(junk, whole), &mut |bytes| {
            to.write(spool, bytes)
        });
        let known = |known: &Blob| to.size() == 0 || known.size == to.size();
        match copied {
            Some(()) if !readings.iter().any(known) => readings.push(to.finish(spool)),
            _ => to.discard(spool),
        }
    }
    readings
}

/// Bytes that are left out.
struct Cut {
    from: u64,
    until: u64,
    /// With the end of line that follows: what was cut away stood between it and an equals sign.
    line: bool,
}

fn cuts(junk: &[Junk], whole: bool) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::with_capacity(junk.len());
    for (index, found) in junk.iter().enumerate() {
        let next = junk.get(index + 1).map_or(u64::MAX, |next| next.at);
        let length = if whole {
            ESCAPE
        } else {
            u64::from(found.length)
        };
        let until = found.at.saturating_add(length).min(next);
        match cuts.last_mut() {
            // `=` and `=0` behind each other: the first is open again when the second is gone.
            Some(last) if last.until == found.at && !whole => {
                last.until = until;
                last.line = true;
            }
            _ => cuts.push(Cut {
                from: found.at,
                until,
                line: false,
            }),
        }
    }
    cuts
}

/// Hands on what is left of the content. None where it cannot be read.
fn copy(blob: &Blob, cuts: &[Cut], to: &mut dyn FnMut(&[u8])) -> Option<()> {
    let mut reader = blob.reader()?;
    let mut cuts = cuts.iter().peekable();
    let mut buffer = vec![0; PIECE];
    let mut kept = Vec::with_capacity(PIECE);
    let (mut at, mut line) = (0_u64, false);
    loop {
        let got = reader.read(&mut buffer).ok()?;
        if got == 0 {
            return Some(());
        }
        kept.clear();
        for byte in buffer.get(..got)? {
            let here = at;
            at += 1;
            while cuts.next_if(|cut| cut.until <= here).is_some() {}
            if let Some(cut) = cuts.peek().filter(|cut| cut.from <= here) {
                line = cut.line;
                continue;
            }
            match byte {
                b'\r' if line => {}
                b'\n' if line => line = false,
                _ => {
                    line = false;
                    kept.push(*byte);
                }
            }
        }
        to(&kept);
    }
}

/// An equals sign and two digits.
const ESCAPE: u64 = 3;
const PIECE: usize = 32 << 10;
