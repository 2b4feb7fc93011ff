//! Signatures of CMS (RFC 5652), as PDF and S/MIME have them: who signed, and whether it holds.

use super::{
    certificate::{COMMON_NAME, Certificate, ORGANISATION, in_name},
    der::{Element, INTEGER, OCTETS, OID, SEQUENCE, SET, Walk, context},
    verify::{Hash, Scheme},
};
use crate::facts::{Covers, Signature, SignatureFormat, Status, authority};

/// What was signed, where it does not lie in the structure itself.
pub(in crate::content) trait Content {
    /// Its digest; none where it cannot be had.
    fn digest(&mut self, hash: Hash) -> Option<Vec<u8>>;

    /// All of it, for a signature without attributes; none where that is too much.
    fn whole(&mut self) -> Option<Vec<u8>>;
}

/// The signatures in a CMS structure over this content. Empty: it is no SignedData.
pub(in crate::content) fn signatures(
    bytes: &[u8],
    format: SignatureFormat,
    covers: Covers,
    content: &mut dyn Content,
) -> Vec<Signature> {
    let Some(mut signed) = Signed::read(bytes) else {
        return Vec::new();
    };
    if format != SignatureFormat::Pdf {
        signed.content = None;
    }
    let infos = signed.signers.elements().take(MANY_SIGNERS);
    infos
        .filter_map(|info| {
            let signer = Signer::read(&info)?;
            let certificate = signed.certificate_of(&signer.id);
            let status = certificate.map_or(Status::Unknown, |certificate| {
                signer.check(&certificate, &signed, content)
            });
            let mut signature = describe(certificate.as_ref(), format);
            signature.time = signer.attribute(SIGNING_TIME).and_then(time);
            signature.covers = covers;
            signature.status = status;
            Some(signature)
        })
        .collect()
}

/// A signature with the names of its certificate, not checked yet.
pub(super) fn describe(
    certificate: Option<&Certificate<'_>>,
    format: SignatureFormat,
) -> Signature {
    let subject = |what| certificate.and_then(|it| in_name(&it.subject, what));
    let issuer = |what| certificate.and_then(|it| in_name(&it.issuer, what));
    let name = issuer(COMMON_NAME);
    let names = [name.clone(), issuer(ORGANISATION)];
    Signature {
        format,
        signer: subject(COMMON_NAME),
        organisation: subject(ORGANISATION),
        ca: authority::of(names.iter().flatten().map(String::as_str)).map(str::to_owned),
        issuer: name,
        time: None,
        covers: Covers::Part,
        status: Status::Unknown,
    }
}

/// SignedData (RFC 5652 section 5.1).
struct Signed<'a> {
    certificates: Vec<Certificate<'a>>,
    /// The encapsulated content, where there is any: an octet string, perhaps in pieces.
    content: Option<Element<'a>>,
    signers: Element<'a>,
}

impl<'a> Signed<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut info = Walk::new(bytes).expect(SEQUENCE)?.walk();
        info.expect(OID).filter(|oid| oid.content == SIGNED_DATA)?;
        let mut fields = info.expect(context(0))?.walk().expect(SEQUENCE)?.walk();
        fields.expect(INTEGER)?;
        fields.expect(SET)?;
        let mut encapsulated = fields.expect(SEQUENCE)?.walk();
        encapsulated.expect(OID)?;
        let content = encapsulated
            .take(context(0))
            .and_then(|it| it.walk().next());
        let certificates = fields.take(context(0));
        fields.take(context(1));
        let signers = fields.expect(SET)?;
        let certificates = certificates.iter().flat_map(|list| {
            list.elements()
                .filter_map(|element| Certificate::read(element.whole))
        });
        Some(Self {
            certificates: certificates.collect(),
            content,
            signers,
        })
    }

    fn certificate_of(&self, id: &SignerId<'_>) -> Option<Certificate<'a>> {
        let mut found = self.certificates.iter().filter(|certificate| match id {
            SignerId::Number { issuer, serial } => {
                certificate.serial == *serial && certificate.issuer.whole == *issuer
            }
            SignerId::Key(key) => certificate.key_identifier() == Some(key),
        });
        found.next().copied()
    }
}

enum SignerId<'a> {
    Number { issuer: &'a [u8], serial: &'a [u8] },
    Key(&'a [u8]),
}

/// SignerInfo (RFC 5652 section 5.3).
struct Signer<'a> {
    id: SignerId<'a>,
    digest: Element<'a>,
    attributes: Option<Element<'a>>,
    algorithm: Element<'a>,
    signature: &'a [u8],
}

impl<'a> Signer<'a> {
    fn read(info: &Element<'a>) -> Option<Self> {
        let mut fields = info.walk();
        fields.expect(INTEGER)?;
        let id = match fields.next()? {
            id if id.tag == SEQUENCE => {
                let mut parts = id.walk();
                SignerId::Number {
                    issuer: parts.expect(SEQUENCE)?.whole,
                    serial: parts.expect(INTEGER)?.content,
                }
            }
            id if id.tag == 0x80 => SignerId::Key(id.content),
            _ => return None,
        };
        Some(Self {
            id,
            digest: fields.expect(SEQUENCE)?,
            attributes: fields.take(context(0)),
            algorithm: fields.expect(SEQUENCE)?,
            signature: fields.expect(OCTETS)?.content,
        })
    }

    /// The only value of the only signed attribute of this kind.
    fn attribute(&self, wanted: &[u8]) -> Option<Element<'a>> {
        let mut found = self.attributes?.elements().filter_map(|attribute| {
            let mut parts = attribute.walk();
            let id = parts.expect(OID)?;
            (id.content == wanted).then(|| parts.expect(SET))?
        });
        let values = found.next()?;
        if found.next().is_some() {
            return None;
        }
        let mut values = values.walk();
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }

    fn check(
        &self,
        certificate: &Certificate<'_>,
        signed: &Signed<'_>,
        content: &mut dyn Content,
    ) -> Status {
        self.checked(certificate, signed, content)
            .unwrap_or(Status::Unknown)
    }

    fn checked(
        &self,
        certificate: &Certificate<'_>,
        signed: &Signed<'_>,
        content: &mut dyn Content,
    ) -> Option<Status> {
        let hash = Hash::by_oid(self.digest.walk().expect(OID)?.content)?;
        let scheme = Scheme::read(&self.algorithm, hash)?;
        // `adbe.pkcs7.sha1`: what is encapsulated is the digest of the document (ISO 32000-1 12.8.3.3.1).
        let inner = signed
            .content
            .filter(|inner| inner.tag == OCTETS && inner.content.len() == 20);
        if let Some(inner) = inner
            && content.digest(Hash::Sha1)? != inner.content
        {
            return Some(Status::Broken);
        }
        let Some(attributes) = self.attributes else {
            let message = match inner {
                Some(inner) => inner.content.to_vec(),
                None => content.whole()?,
            };
            return Some(scheme.verify(certificate.key, &message, self.signature));
        };
        let stated = self
            .attribute(MESSAGE_DIGEST)
            .filter(|it| it.tag == OCTETS)?;
        let found = match inner {
            Some(inner) => hash.of(inner.content),
            None => content.digest(hash)?,
        };
        if stated.content != found {
            return Some(Status::Broken);
        }
        // They are signed as the set that they are, not with the tag that they bear here.
        let mut message = attributes.whole.to_vec();
        *message.first_mut()? = SET;
        Some(scheme.verify(certificate.key, &message, self.signature))
    }
}

/// UTCTime or GeneralizedTime as RFC 3339.
fn time(value: Element<'_>) -> Option<String> {
    let text = std::str::from_utf8(value.content).ok()?;
    let text = text.strip_suffix('Z')?;
    let text = match value.tag {
        0x17 => {
            let year: u32 = text.get(..2)?.parse().ok()?;
            format!("{}{text}", if year < 50 { 20 } else { 19 })
        }
        0x18 => text.to_owned(),
        _ => return None,
    };
    let digits = text.get(..14)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    Some(format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    ))
}

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
const SIGNING_TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 5];
/// Signers of one structure that are looked at.
const MANY_SIGNERS: usize = 16;
