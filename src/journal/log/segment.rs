//! The bytes of a segment: records one behind the other, each with a mark, its length, a CRC32C over
//! all of it, and its sequence number.
//!
//! ```text
//! mark "\0GL1" | length u32 | crc32c u32 | sequence u64 | payload (JSON)      all little-endian
//! ```
//!
//! JSON never holds a raw NUL, so a mark inside a payload is impossible: behind damaged bytes the
//! next mark whose CRC is right is the next record.

use crc::{CRC_32_ISCSI, Crc, Table};

/// Begins each record.
pub(super) const MARK: &[u8; 4] = b"\0GL1";

/// Bytes before the payload.
pub(super) const HEAD: usize = 20;

/// The longest payload, in bytes. An event has at most 1,000 recipients and 200 files; this is above
/// anything that they come to.
pub(super) const MAX_PAYLOAD: usize = 64 << 20;

static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// A record that lacks its sequence number only: made before the lock is taken, finished under it.
pub(super) struct Draft {
    bytes: Vec<u8>,
    digest: crc::Digest<'static, u32, Table<16>>,
}

impl Draft {
    /// None where the payload is too long.
    pub(super) fn new(payload: &[u8]) -> Option<Self> {
        let length = u32::try_from(payload.len())
            .ok()
            .filter(|_| payload.len() <= MAX_PAYLOAD)?;
        let mut bytes = Vec::with_capacity(HEAD + payload.len());
        bytes.extend(MARK);
        bytes.extend(length.to_le_bytes());
        bytes.extend([0; 12]);
        bytes.extend(payload);
        let mut digest = CRC.digest();
        digest.update(&length.to_le_bytes());
        digest.update(payload);
        Some(Self { bytes, digest })
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn finish(self, sequence: u64) -> Vec<u8> {
        let Self {
            mut bytes,
            mut digest,
        } = self;
        digest.update(&sequence.to_le_bytes());
        let crc = digest.finalize().to_le_bytes();
        for (to, from) in bytes.iter_mut().skip(8).zip(crc) {
            *to = from;
        }
        for (to, from) in bytes.iter_mut().skip(12).zip(sequence.to_le_bytes()) {
            *to = from;
        }
        bytes
    }
}

/// What stands at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// A whole record of so many bytes.
    Record {
        sequence: u64,
        payload: &'a [u8],
        bytes: usize,
    },
    /// Perhaps the beginning of a record: more bytes are needed.
    Short,
    /// No record; the next mark, if there is one, stands this far.
    Damage(usize),
}

/// Reads what stands at the beginning. Never panics, whatever the bytes are.
pub(super) fn read(bytes: &[u8]) -> Found<'_> {
    let damage = || {
        let rest = bytes.get(1..).unwrap_or_default();
        let next = memchr::memmem::find(rest, MARK).map(|at| at + 1);
        // The last three bytes may be the beginning of a mark.
        let unseen = bytes.len().saturating_sub(MARK.len() - 1).max(1);
        Found::Damage(next.unwrap_or(unseen.min(bytes.len())))
    };
    let marked = bytes.iter().zip(MARK).all(|(byte, mark)| byte == mark);
    if !marked {
        return damage();
    }
    let (Some(length), Some(crc), Some(sequence)) = (number(bytes, 4), number(bytes, 8), {
        bytes
            .get(12..20)
            .and_then(|bytes| bytes.try_into().ok())
            .map(u64::from_le_bytes)
    }) else {
        return Found::Short;
    };
    let length = length as usize;
    if length > MAX_PAYLOAD {
        return damage();
    }
    let Some(payload) = bytes.get(HEAD..HEAD + length) else {
        return Found::Short;
    };
    let mut digest = CRC.digest();
    digest.update(bytes.get(4..8).unwrap_or_default());
    digest.update(payload);
    digest.update(&sequence.to_le_bytes());
    if digest.finalize() != crc {
        return damage();
    }
    Found::Record {
        sequence,
        payload,
        bytes: HEAD + length,
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// What a whole segment holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// The greatest sequence number.
    pub(super) last: Option<u64>,
    /// Where the last sound record ends.
    pub(super) end: usize,
    /// Damaged bytes that stand before a sound record.
    pub(super) damaged: usize,
}

/// Looks through a whole segment.
pub(super) fn survey(bytes: &[u8]) -> Survey {
    let mut survey = Survey::default();
    let mut at = 0;
    let mut pending = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        match read(rest) {
            Found::Record {
                sequence,
                bytes: length,
                ..
            } => {
                survey.last = survey.last.max(Some(sequence));
                survey.damaged += std::mem::take(&mut pending);
                at += length;
                survey.end = at;
            }
            // A torn record, or a damaged length: look behind it.
            Found::Short => {
                let behind = rest.get(1..).unwrap_or_default();
                let Some(next) = memchr::memmem::find(behind, MARK) else {
                    break;
                };
                pending += next + 1;
                at += next + 1;
            }
            Found::Damage(skip) => {
                pending += skip;
                at += skip.max(1);
            }
        }
    }
    survey
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(sequence: u64, payload: &str) -> Vec<u8> {
        Draft::new(payload.as_bytes()).unwrap().finish(sequence)
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let bytes = record(7, "{\"a\":1}");
        assert_eq!(
            read(&bytes),
            Found::Record {
                sequence: 7,
                payload: b"{\"a\":1}",
                bytes: bytes.len()
            }
        );
        for end in 1..bytes.len() {
            assert_eq!(read(&bytes[..end]), Found::Short, "{end}");
        }
    }

    #[test]
    fn every_changed_bit_is_seen() {
        let bytes = record(1 << 40, "{\"reference\":\"ABCDEFGHJK\"}");
        for bit in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(
                !matches!(read(&other), Found::Record { .. }),
                "bit {bit} passes"
            );
        }
    }

    #[test]
    fn behind_damage_the_next_record_is_found() {
        let mut bytes = record(1, "{\"one\":1}");
        let second = bytes.len();
        bytes.extend(record(2, "{\"two\":2}"));
        let third = bytes.len();
        bytes.extend(record(3, "{\"three\":3}"));
        let whole = Survey {
            last: Some(3),
            end: bytes.len(),
            damaged: 0,
        };
        assert_eq!(survey(&bytes), whole);
        for at in second..third {
            let mut other = bytes.clone();
            other[at] = !other[at];
            let seen = survey(&other);
            assert_eq!((seen.last, seen.end), (Some(3), bytes.len()), "byte {at}");
            assert_eq!(seen.damaged, third - second, "byte {at}");
        }
    }

    #[test]
    fn a_torn_tail_ends_at_the_last_sound_record() {
        let mut bytes = record(1, "{\"one\":1}");
        let first = bytes.len();
        bytes.extend(record(2, "{\"two\":2}"));
        for end in first..bytes.len() {
            let seen = survey(&bytes[..end]);
            assert_eq!((seen.last, seen.end, seen.damaged), (Some(1), first, 0));
        }
    }

    #[test]
    fn noise_is_no_record_and_takes_linear_time() {
        let mut noise = Vec::new();
        for number in 0..200_000_u32 {
            noise.extend(MARK);
            noise.extend(number.wrapping_mul(2_654_435_761).to_le_bytes());
        }
        let seen = survey(&noise);
        assert_eq!((seen.last, seen.end), (None, 0));
        assert_eq!(survey(&[]), Survey::default());
    }

    #[test]
    fn too_long_a_payload_is_refused() {
        assert!(Draft::new(&vec![b' '; MAX_PAYLOAD + 1]).is_none());
    }
}
