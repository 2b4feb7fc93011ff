//! Certificates (X.509, RFC 5280), as far as a signature's checker needs them: names, key, serial number.

use super::der::{BITS, Element, INTEGER, OCTETS, OID, SEQUENCE, SET, Walk, context};

/// A certificate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Certificate<'a> {
    pub(super) serial: &'a [u8],
    /// The issuer's name, as it lies there.
    pub(super) issuer: Element<'a>,
    pub(super) subject: Element<'a>,
    pub(super) key: Key<'a>,
    tbs: Element<'a>,
}

/// A public key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key<'a> {
    /// RSAPublicKey, in DER.
    Rsa(&'a [u8]),
    /// A point of P-256, not compressed.
    P256(&'a [u8]),
    /// A point of P-384.
    P384(&'a [u8]),
    Other,
}

impl<'a> Certificate<'a> {
    /// Reads one; none where the bytes make none.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let certificate = Walk::new(bytes).expect(SEQUENCE)?;
        let tbs = certificate.walk().expect(SEQUENCE)?;
        let mut fields = tbs.walk();
        fields.take(context(0));
        let serial = fields.expect(INTEGER)?.content;
        fields.expect(SEQUENCE)?;
        let issuer = fields.expect(SEQUENCE)?;
        fields.expect(SEQUENCE)?;
        let subject = fields.expect(SEQUENCE)?;
        let key = key(&fields.expect(SEQUENCE)?)?;
        Some(Self {
            serial,
            issuer,
            subject,
            key,
            tbs,
        })
    }

    /// Its SubjectKeyIdentifier (RFC 5280 section 4.2.1.2).
    pub(super) fn key_identifier(&self) -> Option<&'a [u8]> {
        let mut fields = self.tbs.elements();
        let extensions = fields.find(|field| field.tag == context(3))?;
        let list = extensions.walk().expect(SEQUENCE)?;
        let mut found = list.elements().filter_map(|extension| {
            let mut parts = extension.walk();
            let id = parts.expect(OID)?;
            // Behind a boolean that says critical, perhaps.
            parts.take(0x01);
            let value = parts.expect(OCTETS)?;
            (id.content == [0x55, 0x1d, 0x0e]).then(|| value.walk().expect(OCTETS))?
        });
        found.next().map(|value| value.content)
    }
}

fn key<'a>(info: &Element<'a>) -> Option<Key<'a>> {
    let mut parts = info.walk();
    let algorithm = parts.expect(SEQUENCE)?;
    let bits = parts.expect(BITS)?.content;
    let (&unused, bits) = bits.split_first()?;
    let mut names = algorithm.walk();
    let id = names.expect(OID)?.content;
    Some(match (id, names.take(OID).map(|curve| curve.content)) {
        _ if unused != 0 => Key::Other,
        (RSA, None) => Key::Rsa(bits),
        (EC, Some(P256)) => Key::P256(bits),
        (EC, Some(P384)) => Key::P384(bits),
        _ => Key::Other,
    })
}

/// The last value of this kind in a distinguished name: the common name, the organisation.
pub(super) fn in_name(name: &Element<'_>, wanted: &[u8]) -> Option<String> {
    let sets = name.elements().filter(|set| set.tag == SET);
    let pairs = sets.flat_map(|set| set.elements().collect::<Vec<_>>());
    let mut values = pairs.filter_map(|pair| {
        let mut parts = pair.walk();
        let id = parts.expect(OID)?;
        (id.content == wanted).then(|| parts.next())?
    });
    let value = values.next()?;
    let text = match value.tag {
        // BMPString: UTF-16, the large byte first.
        0x1e => {
            let units = value.content.chunks_exact(2).map(|unit| match unit {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            String::from_utf16_lossy(&units.collect::<Vec<_>>())
        }
        0x0c | 0x13 | 0x14 | 0x16 | 0x1a => String::from_utf8_lossy(value.content).into_owned(),
        _ => return None,
    };
    let shown = text.chars().filter(|c| !c.is_control()).take(LONGEST_NAME);
    Some(shown.collect())
}

pub(super) const COMMON_NAME: &[u8] = &[0x55, 4, 3];
pub(super) const ORGANISATION: &[u8] = &[0x55, 4, 10];
pub(super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
pub(super) const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];
/// Characters of a name that are kept: RFC 5280 allows 64.
const LONGEST_NAME: usize = 200;
