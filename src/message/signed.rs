//! The digest of what a `multipart/signed` (RFC 1847) signs: its first part as it stands, header and all, with
//! CRLF line ends. Computed as the message goes by, because nothing keeps these bytes.

use ring::digest::{self, Context};

use super::{Headers, params::Structured};

/// What the first part of a `multipart/signed` comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPart {
    /// `sha1`, `sha256`, `sha384` or `sha512`, as `micalg` says (RFC 8551 section 3.5.3.1).
    pub algorithm: &'static str,
    /// The digest.
    pub digest: Vec<u8>,
}

/// A digest that is being computed.
pub(super) struct Signing {
    algorithm: &'static str,
    context: Context,
    step: Step,
    /// The last byte was a CR.
    cr: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The first delimiter has not come.
    Before,
    /// It has; its line end has not.
    LineEnd,
    Open,
}

impl Signing {
    /// For a part with this header; none where it names no digest that is known here.
    pub(super) fn of(headers: &Headers) -> Option<Self> {
        let value = headers.first("Content-Type")?;
        let name = Structured::parse(value).text("micalg")?;
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let known = ALGORITHMS
            .iter()
            .find(|(known, _)| plain.eq_ignore_ascii_case(known))?;
        Some(Self {
            algorithm: known.0,
            context: Context::new(known.1),
            step: Step::Before,
            cr: false,
        })
    }

    /// The first delimiter came.
    pub(super) fn begin(&mut self) {
        if self.step == Step::Before {
            self.step = Step::LineEnd;
        }
    }

    /// Whether the first part is open.
    pub(super) fn is_open(&self) -> bool {
        self.step != Step::Before
    }

    /// The next bytes of the message.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self.step {
            Step::Before => {}
            // The delimiter's own.
            Step::LineEnd => self.step = Step::Open,
            Step::Open => {
                let mut from = 0;
                for at in memchr::memchr_iter(b'\n', bytes) {
                    let before = match at.checked_sub(1) {
                        Some(before) => bytes.get(before) == Some(&b'\r'),
                        None => self.cr,
                    };
                    if !before {
                        self.context.update(bytes.get(from..at).unwrap_or_default());
                        self.context.update(b"\r");
                        from = at;
                    }
                }
                self.context.update(bytes.get(from..).unwrap_or_default());
                self.cr = bytes.last() == Some(&b'\r');
            }
        }
    }

    /// The second delimiter came.
    pub(super) fn finish(self) -> SignedPart {
        SignedPart {
            algorithm: self.algorithm,
            digest: self.context.finish().as_ref().to_vec(),
        }
    }
}

static ALGORITHMS: [(&str, &digest::Algorithm); 4] = [
    ("sha1", &digest::SHA1_FOR_LEGACY_USE_ONLY),
    ("sha256", &digest::SHA256),
    ("sha384", &digest::SHA384),
    ("sha512", &digest::SHA512),
];
