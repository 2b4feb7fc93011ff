//! Elements of ASN.1 as they lie in memory (X.690): DER, and BER with indefinite lengths, which some
//! programs write around their signatures. Nothing is copied.

/// An element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    /// Its first byte: class, form and number.
    pub(super) tag: u8,
    /// What is in it; without the end-of-contents of an indefinite length.
    pub(super) content: &'a [u8],
    /// All of it, tag and length included.
    pub(super) whole: &'a [u8],
}

/// Walks along elements that stand behind one another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next element; none at the end, and where the bytes make none.
    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        let (element, rest) = read(self.rest)?;
        self.rest = rest;
        Some(element)
    }

    /// The next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<Element<'a>> {
        self.next().filter(|element| element.tag == tag)
    }

    /// The next element if it has this tag; otherwise it stays.
    pub(super) fn take(&mut self, tag: u8) -> Option<Element<'a>> {
        (self.rest.first() == Some(&tag))
            .then(|| self.next())
            .flatten()
    }
}

impl<'a> Element<'a> {
    pub(super) fn walk(&self) -> Walk<'a> {
        Walk::new(self.content)
    }

    /// The elements in it, no more than [`MANY`].
    pub(super) fn elements(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let mut walk = self.walk();
        std::iter::from_fn(move || walk.next()).take(MANY)
    }
}

/// The first element of these bytes, and what stands behind it.
fn read(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (tag, length, used) = head(bytes)?;
    let (end, behind) = match length {
        Some(length) => {
            let end = used.checked_add(length)?;
            (end, end)
        }
        None => {
            let end = end_of_contents(bytes, used)?;
            (end, end.checked_add(2)?)
        }
    };
    let element = Element {
        tag,
        content: bytes.get(used..end)?,
        whole: bytes.get(..behind)?,
    };
    Some((element, bytes.get(behind..)?))
}

/// Tag, length (none: indefinite) and the bytes that they take.
fn head(bytes: &[u8]) -> Option<(u8, Option<usize>, usize)> {
    let (&tag, &first) = (bytes.first()?, bytes.get(1)?);
    // No tag here is that large.
    if tag & 0x1f == 0x1f {
        return None;
    }
    match first {
        0x80 if tag & 0x20 != 0 => Some((tag, None, 2)),
        0..=0x7f => Some((tag, Some(usize::from(first)), 2)),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let digits = bytes.get(2..2 + count)?;
            let length = digits
                .iter()
                .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
            Some((tag, Some(length), 2 + count))
        }
        _ => None,
    }
}

/// Where the end-of-contents stands that belongs to an indefinite length.
fn end_of_contents(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut open = 1_u32;
    loop {
        let (tag, length, used) = head(bytes.get(at..)?)?;
        match length {
            Some(0) if tag == 0 => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
                at = at.checked_add(2)?;
            }
            Some(length) => at = at.checked_add(used)?.checked_add(length)?,
            None => {
                open += 1;
                at = at.checked_add(used)?;
            }
        }
    }
}

/// Elements of one list that are looked at.
const MANY: usize = 256;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BITS: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[n]`, constructed.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definite_and_indefinite_lengths_are_the_same() {
        let definite = [0x30, 0x03, 0x02, 0x01, 0x05];
        let indefinite = [0x30, 0x80, 0x02, 0x01, 0x05, 0, 0, 0xff];
        for bytes in [&definite[..], &indefinite] {
            let outer = Walk::new(bytes).expect(SEQUENCE).unwrap();
            assert_eq!(outer.walk().expect(INTEGER).unwrap().content, [5]);
        }
        assert!(Walk::new(&[0x30, 0x80, 0x30, 0x80, 0, 0]).next().is_none());
        assert!(
            Walk::new(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff])
                .next()
                .is_none()
        );
    }
}
