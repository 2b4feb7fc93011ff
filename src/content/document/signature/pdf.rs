//! Signatures in PDF (ISO 32000-2 clause 12.8): a dictionary names four numbers, the two pieces of the file that
//! are signed; between them stands the signature, in hexadecimal.

use super::{
    MAX_STRUCTURE,
    cms::{self, Content},
    verify::Hash,
};
use crate::facts::{Covers, Signature, SignatureFormat, Status};

/// What a signature's dictionary says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::content) struct Field {
    /// `/ByteRange`.
    pub(in crate::content) range: [i64; 4],
    /// `/SubFilter /ETSI.RFC3161`: a time stamp on the document, nobody's signature.
    pub(in crate::content) stamp: bool,
}

/// The signatures of a file.
pub(in crate::content) fn signatures(bytes: &[u8], fields: &[Field]) -> Vec<Signature> {
    let fields = fields.iter().filter(|field| !field.stamp);
    fields
        .take(MANY)
        .flat_map(|field| {
            let found = one(bytes, field.range);
            match found {
                Some(found) if !found.is_empty() => found,
                _ => {
                    let mut signature = cms::describe(None, SignatureFormat::Pdf);
                    signature.status = Status::Unknown;
                    vec![signature]
                }
            }
        })
        .collect()
}

fn one(bytes: &[u8], range: [i64; 4]) -> Option<Vec<Signature>> {
    let [start, first, behind, second] = range.map(|number| usize::try_from(number).ok());
    let (start, first, behind, second) = (start?, first?, behind?, second?);
    // It must begin with the file: what stands before would be nobody's.
    if start != 0 || first > behind {
        return None;
    }
    let before = bytes.get(..first)?;
    let after = bytes.get(behind..behind.checked_add(second)?)?;
    // Nothing but the signature may stand between the pieces.
    let gap = bytes.get(first..behind)?;
    let hex = gap.strip_prefix(b"<")?.strip_suffix(b">")?;
    if hex.len() > MAX_STRUCTURE {
        return None;
    }
    let structure = unhex(hex)?;
    let rest = bytes.get(behind.checked_add(second)?..)?;
    let covers = match rest.iter().all(u8::is_ascii_whitespace) && rest.len() <= 2 {
        true => Covers::Whole,
        false => Covers::Part,
    };
    let mut content = Pieces([before, after]);
    Some(cms::signatures(
        &structure,
        SignatureFormat::Pdf,
        covers,
        &mut content,
    ))
}

fn unhex(hex: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(hex.len() / 2);
    let mut half = None;
    for byte in hex.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        let digit = u8::try_from(char::from(*byte).to_digit(16)?).ok()?;
        match half.take() {
            None => half = Some(digit),
            Some(high) => out.push(high << 4 | digit),
        }
    }
    out.extend(half.map(|high| high << 4));
    Some(out)
}

struct Pieces<'a>([&'a [u8]; 2]);

impl Content for Pieces<'_> {
    fn digest(&mut self, hash: Hash) -> Option<Vec<u8>> {
        let mut context = hash.begin();
        self.0.iter().for_each(|piece| context.update(piece));
        Some(context.finish().as_ref().to_vec())
    }

    fn whole(&mut self) -> Option<Vec<u8>> {
        let size: usize = self.0.iter().map(|piece| piece.len()).sum();
        (size <= MAX_WHOLE).then(|| self.0.concat())
    }
}

/// Signatures of one file that are looked at: each reads all of it.
const MANY: usize = 16;
/// Bytes of a file that is put together for a signature without attributes.
const MAX_WHOLE: usize = 16 << 20;
