//! The arithmetic of signatures: digests, and whether a key made a signature. Verification only.

use ring::{digest, signature as algorithms};

use super::{
    certificate::{EC, Key, RSA},
    der::{Element, INTEGER, OID, SEQUENCE, Walk},
};
use crate::facts::Status;

/// A digest that signatures use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::content) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By its object identifier.
    pub(super) fn by_oid(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            [0x2b, 0x0e, 3, 2, 0x1a] => Self::Sha1,
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1] => Self::Sha256,
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2] => Self::Sha384,
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3] => Self::Sha512,
            _ => return None,
        })
    }

    /// By a name of `micalg` (RFC 8551 section 3.5.3.1) or the end of an identifier of XML Signature.
    pub(in crate::content) fn by_name(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        Some(match plain.to_ascii_lowercase().as_str() {
            "sha1" => Self::Sha1,
            "sha256" => Self::Sha256,
            "sha384" => Self::Sha384,
            "sha512" => Self::Sha512,
            _ => return None,
        })
    }

    /// Begins one.
    pub(in crate::content) fn begin(self) -> digest::Context {
        digest::Context::new(match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        })
    }

    /// Of bytes that lie together.
    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        let mut context = self.begin();
        context.update(bytes);
        context.finish().as_ref().to_vec()
    }

    fn length(self) -> u64 {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// How a signature was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1(Hash),
    /// RSASSA-PSS, with a salt of this length.
    Pss(Hash, u64),
    /// ECDSA, its two numbers as ASN.1.
    Ecdsa(Hash),
    /// ECDSA, its two numbers side by side (XML Signature).
    EcdsaPair(Hash),
}

impl Scheme {
    /// By an AlgorithmIdentifier; `hash` is what the signature says apart from it.
    pub(super) fn read(algorithm: &Element<'_>, hash: Hash) -> Option<Self> {
        let mut parts = algorithm.walk();
        let oid = parts.expect(OID)?.content;
        let with = |hash: Hash, stated: Hash| (hash == stated).then_some(hash);
        if oid == RSA {
            return Some(Self::Pkcs1(hash));
        }
        if oid == EC {
            return Some(Self::Ecdsa(hash));
        }
        if let Some((last, PKCS1)) = oid.split_last() {
            return match last {
                5 => with(hash, Hash::Sha1).map(Self::Pkcs1),
                11 => with(hash, Hash::Sha256).map(Self::Pkcs1),
                12 => with(hash, Hash::Sha384).map(Self::Pkcs1),
                13 => with(hash, Hash::Sha512).map(Self::Pkcs1),
                10 => pss(parts.next()),
                _ => None,
            };
        }
        match oid.strip_prefix(ECDSA)? {
            [1] => with(hash, Hash::Sha1).map(Self::Ecdsa),
            [3, 2] => with(hash, Hash::Sha256).map(Self::Ecdsa),
            [3, 3] => with(hash, Hash::Sha384).map(Self::Ecdsa),
            [3, 4] => with(hash, Hash::Sha512).map(Self::Ecdsa),
            _ => None,
        }
    }

    /// Whether this key made this signature over these bytes. Unknown for what is not read here.
    pub(super) fn verify(self, key: Key<'_>, message: &[u8], signature: &[u8]) -> Status {
        use algorithms as a;
        let (algorithm, key): (&dyn a::VerificationAlgorithm, &[u8]) = match (self, key) {
            (Self::Pkcs1(hash), Key::Rsa(key)) => {
                let Some(bits) = modulus(key) else {
                    return Status::Unknown;
                };
                let algorithm: &dyn a::VerificationAlgorithm = match hash {
                    _ if !(1024..=8192).contains(&bits) => return Status::Unknown,
                    Hash::Sha1 => &a::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
                    Hash::Sha256 => &a::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
                    Hash::Sha512 => &a::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
                    Hash::Sha384 if bits >= 2048 => &a::RSA_PKCS1_2048_8192_SHA384,
                    Hash::Sha384 => return Status::Unknown,
                };
                (algorithm, key)
            }
            (Self::Pss(hash, salt), Key::Rsa(key)) => {
                let Some(2048..=8192) = modulus(key) else {
                    return Status::Unknown;
                };
                // The salt of a signature that is read here is as long as the digest.
                let algorithm: &dyn a::VerificationAlgorithm = match hash {
                    _ if salt != hash.length() => return Status::Unknown,
                    Hash::Sha256 => &a::RSA_PSS_2048_8192_SHA256,
                    Hash::Sha384 => &a::RSA_PSS_2048_8192_SHA384,
                    Hash::Sha512 => &a::RSA_PSS_2048_8192_SHA512,
                    Hash::Sha1 => return Status::Unknown,
                };
                (algorithm, key)
            }
            (Self::Ecdsa(Hash::Sha256), Key::P256(key)) => (&a::ECDSA_P256_SHA256_ASN1, key),
            (Self::Ecdsa(Hash::Sha384), Key::P256(key)) => (&a::ECDSA_P256_SHA384_ASN1, key),
            (Self::Ecdsa(Hash::Sha256), Key::P384(key)) => (&a::ECDSA_P384_SHA256_ASN1, key),
            (Self::Ecdsa(Hash::Sha384), Key::P384(key)) => (&a::ECDSA_P384_SHA384_ASN1, key),
            (Self::EcdsaPair(Hash::Sha256), Key::P256(key)) => (&a::ECDSA_P256_SHA256_FIXED, key),
            (Self::EcdsaPair(Hash::Sha384), Key::P384(key)) => (&a::ECDSA_P384_SHA384_FIXED, key),
            _ => return Status::Unknown,
        };
        match a::UnparsedPublicKey::new(algorithm, key).verify(message, signature) {
            Ok(()) => Status::Valid,
            Err(_) => Status::Broken,
        }
    }
}

/// RSASSA-PSS-params (RFC 4055 section 3.1); both digests must be the same.
fn pss(parameters: Option<Element<'_>>) -> Option<Scheme> {
    let mut hash = Hash::Sha1;
    let mut mask = Hash::Sha1;
    let mut salt = 20;
    for field in parameters?.elements() {
        match field.tag & 0x1f {
            0 => {
                let algorithm = field.walk().expect(SEQUENCE)?;
                hash = Hash::by_oid(algorithm.walk().expect(OID)?.content)?;
            }
            1 => {
                let mut parts = field.walk().expect(SEQUENCE)?.walk();
                parts.expect(OID).filter(|oid| oid.content == MGF1)?;
                let algorithm = parts.expect(SEQUENCE)?;
                mask = Hash::by_oid(algorithm.walk().expect(OID)?.content)?;
            }
            2 => salt = small(field.walk().expect(INTEGER)?.content)?,
            3 => {}
            _ => return None,
        }
    }
    (hash == mask).then_some(Scheme::Pss(hash, salt))
}

fn small(number: &[u8]) -> Option<u64> {
    (number.len() <= 4).then(|| {
        number
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    })
}

/// Bits of the modulus of an RSAPublicKey.
fn modulus(key: &[u8]) -> Option<usize> {
    let number = Walk::new(key)
        .expect(SEQUENCE)?
        .walk()
        .expect(INTEGER)?
        .content;
    let first = number.iter().position(|byte| *byte != 0)?;
    let number = number.get(first..)?;
    let zeros = number.first()?.leading_zeros() as usize;
    (number.len().checked_mul(8)?).checked_sub(zeros)
}

const PKCS1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4];
const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
