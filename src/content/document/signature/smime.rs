//! S/MIME (RFC 8551) and other CMS files: a signature with its content inside (`.p7m`), and one beside it
//! (`multipart/signed`, `.p7s`), whose content the scanner of the message has digested on its way.

use std::io::Read;

use super::{
    MAX_STRUCTURE,
    cms::{self, Content},
    verify::Hash,
};
use crate::{
    facts::{Covers, Signature, SignatureFormat},
    message::{Blob, SignedPart},
};

/// The signatures of a detached structure over the first part of its `multipart/signed`.
pub(in crate::content) fn detached(blob: &Blob, signed: Option<&SignedPart>) -> Vec<Signature> {
    let Ok(Some(bytes)) = blob.read_all(MAX_STRUCTURE as u64) else {
        return Vec::new();
    };
    let mut content = Digested(signed);
    let mut found = cms::signatures(&bytes, SignatureFormat::Smime, Covers::Whole, &mut content);
    if signed.is_none() {
        // What it is of is not known.
        found.iter_mut().for_each(|it| it.covers = Covers::Part);
    }
    found
}

struct Digested<'a>(Option<&'a SignedPart>);

impl Content for Digested<'_> {
    fn digest(&mut self, hash: Hash) -> Option<Vec<u8>> {
        let signed = self.0?;
        (Hash::by_name(signed.algorithm) == Some(hash)).then(|| signed.digest.clone())
    }

    fn whole(&mut self) -> Option<Vec<u8>> {
        None
    }
}

/// The signatures of a structure whose content lies in it: `bytes` is all of it without that content, `open` gives
/// the content anew.
pub(in crate::content) fn opaque<R: Read>(bytes: &[u8], open: impl Fn() -> R) -> Vec<Signature> {
    struct Inner<F>(F);
    impl<R: Read, F: Fn() -> R> Content for Inner<F> {
        fn digest(&mut self, hash: Hash) -> Option<Vec<u8>> {
            let mut context = hash.begin();
            let mut buffer = vec![0; 64 << 10];
            let mut content = (self.0)();
            loop {
                match content.read(&mut buffer).ok()? {
                    0 => return Some(context.finish().as_ref().to_vec()),
                    got => context.update(buffer.get(..got)?),
                }
            }
        }

        fn whole(&mut self) -> Option<Vec<u8>> {
            let mut bytes = Vec::new();
            let limit = MAX_STRUCTURE as u64;
            let got = (self.0)().take(limit + 1).read_to_end(&mut bytes).ok()?;
            (got as u64 <= limit).then_some(bytes)
        }
    }
    cms::signatures(
        bytes,
        SignatureFormat::Smime,
        Covers::Whole,
        &mut Inner(open),
    )
}
