//! Digital signatures on files: found, checked, and described by [`crate::facts::Signature`].
//!
//! *Valid* means: the digest of the covered bytes is the signed one, and the key of the certificate that lies
//! beside the signature made it. Nothing more: whether that certificate was revoked, or was ever issued by whom it
//! names, is not asked of anyone. Where a form or an algorithm is not read here the status is unknown, never valid.
//!
//! `der.rs` and `certificate.rs` read ASN.1, `verify.rs` computes (with `ring`), `cms.rs` checks what PDF and S/MIME
//! have, `canonical.rs` and `xml.rs` what Office and LibreOffice have. Names of issuers: `facts/authority.rs`.

mod canonical;
mod certificate;
mod cms;
mod der;
pub(in crate::content) mod pdf;
pub(in crate::content) mod smime;
#[cfg(test)]
mod tests;
mod verify;
pub(in crate::content::document) mod xml;

/// Bytes of a CMS structure in memory, without what it encapsulates.
const MAX_STRUCTURE: usize = 4 << 20;
