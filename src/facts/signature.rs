//! A digital signature on a file, as a fact.

use serde::Serialize;

/// One signature. What stands in it is the signature's own word, until `status` is [`Status::Valid`];
/// and even then only the certificate's issuer says who the signer is. Revocation is never asked:
/// nothing here uses the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// How it is kept.
    pub format: SignatureFormat,
    /// The common name of the signer's certificate. Class: content-like.
    pub signer: Option<String>,
    /// Its organisation. Class: content-like.
    pub organisation: Option<String>,
    /// The common name of the certificate's issuer. Class: technical.
    pub issuer: Option<String>,
    /// The known certification authority by that name: an id of `policies/lists/ca.txt`. By name only:
    /// anyone can make a certificate that names any issuer.
    pub ca: Option<String>,
    /// When it says that it was made: RFC 3339, UTC where the format says so. Claimed, not proven.
    pub time: Option<String>,
    /// What of the file it covers.
    pub covers: Covers,
    /// What came of checking it.
    pub status: Status,
}

/// How a signature is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureFormat {
    /// In a PDF (ISO 32000-2 clause 12.8).
    Pdf,
    /// In a package of Office Open XML (ECMA-376 part 2 clause 10).
    Ooxml,
    /// In an OpenDocument package (ODF 1.3 part 2 clause 5).
    Odf,
    /// S/MIME or another CMS file (RFC 8551, RFC 5652).
    Smime,
}

/// What of a file a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// All of it, but the signature itself.
    Whole,
    /// Something was added behind it, or left out.
    Part,
}

/// What came of checking a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// What it covers is as it was signed, by the key of the certificate that lies beside it.
    Valid,
    /// What it covers was changed, or the signature was not made by that key.
    Broken,
    /// Not checked to the end: an algorithm or a form that is not read here.
    Unknown,
}
