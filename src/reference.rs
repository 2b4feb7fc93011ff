//! References: the ten characters by which people and records name one decision.

use std::fmt;

use serde::Serialize;

/// Letters and digits that are not mistaken for each other when read aloud: no 0, O, 1, I.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Names one decision: 50 random bits in ten characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reference([u8; 10]);

impl Reference {
    /// A new one, from the system's random source.
    ///
    /// Where that source fails (a kernel without `getrandom`), the process's own hash seed and the
    /// clock take its place: a reference must be distinct, not secret.
    pub fn random() -> Self {
        let mut bytes = [0; 8];
        let got = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
        let bits = if matches!(got, Ok(8)) {
            u64::from_le_bytes(bytes)
        } else {
            use std::hash::{BuildHasher, RandomState};
            RandomState::new().hash_one(std::time::Instant::now())
        };
        let mut text = [0; 10];
        for (i, letter) in text.iter_mut().enumerate() {
            *letter = ALPHABET[(bits >> (5 * i)) as usize & 31];
        }
        Self(text)
    }

    /// The ten characters.
    pub fn as_str(&self) -> &str {
        // All bytes come from `ALPHABET`.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Reference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn references_are_ten_clear_characters_and_differ() {
        let all: HashSet<String> = (0..10_000)
            .map(|_| Reference::random().to_string())
            .collect();
        assert!(all.len() > 9_998);
        for reference in &all {
            assert_eq!(reference.len(), 10);
            assert!(
                reference.bytes().all(|byte| ALPHABET.contains(&byte)),
                "{reference}"
            );
            assert!(!reference.contains(['0', 'O', '1', 'I']), "{reference}");
        }
    }
}
