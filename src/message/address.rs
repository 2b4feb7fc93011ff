//! Addresses, normalised once.

use serde::Serialize;

/// A mail address, normalised (RFC 5321 section 4.1.2, RFC 6531).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Address {
    local: String,
    domain: String,
}

impl Address {
    /// The part before the `@`, without quoting; empty for `<>`.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The domain in lower case and A-label form; empty for `<>` and for a bare local part.
    pub fn domain(&self) -> &str {
        &self.domain
    }
}
