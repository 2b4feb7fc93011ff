//! Lists of words, phrases and domains of any size, as hashes: eight bytes an entry and its share of
//! the table. A list of a million entries is one such set, shared by all rules that name it.

use std::{
    collections::HashSet,
    hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState},
    sync::LazyLock,
};

use sha2::{Digest, Sha256};

use crate::vietnamese::{Fold, is_word, normal};

/// A phrase may have this many words.
pub const MAX_PHRASE: usize = 16;

/// A list, compiled.
#[derive(Clone, Debug, Default)]
pub struct Words {
    set: HashSet<u64, BuildHasherDefault<AsIs>>,
    /// Bit n: there are phrases of n words.
    lengths: u32,
    digest: [u8; 32],
}

/// Makes a [`Words`], entry by entry.
#[derive(Debug)]
pub struct WordsBuilder {
    words: Words,
    fold: Fold,
    digest: Sha256,
    scratch: String,
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordError {
    /// It has no letter and no digit.
    NoWord,
    /// It begins or ends with something that is neither a letter nor a digit.
    Edge,
    /// It has more than [`MAX_PHRASE`] words.
    TooLong,
}

impl WordsBuilder {
    /// An empty list that is compared so.
    pub fn new(fold: Fold) -> Self {
        Self {
            words: Words::default(),
            fold,
            digest: Sha256::new(),
            scratch: String::new(),
        }
    }

    /// Adds a word or a phrase: words with the same signs between them; any white space is one.
    ///
    /// # Errors
    /// What cannot be found as whole words.
    pub fn add(&mut self, entry: &str) -> Result<(), WordError> {
        self.scratch.clear();
        normal(entry.trim(), self.fold, &mut self.scratch);
        let text = self.scratch.as_str();
        if !text.contains(is_word) {
            return Err(WordError::NoWord);
        }
        if !text.starts_with(is_word) || !text.ends_with(is_word) {
            return Err(WordError::Edge);
        }
        let (mut hash, mut length) = (0, 0);
        for token in tokens(text) {
            length += 1;
            hash = match length {
                1 => token.word,
                _ => token.behind(hash),
            };
        }
        if length > MAX_PHRASE {
            return Err(WordError::TooLong);
        }
        self.words.lengths |= 1 << length;
        self.words.set.insert(hash);
        self.digested();
        Ok(())
    }

    /// Adds a domain in normal form: lower case, A-labels; with a dot before it: all below it.
    pub fn add_domain(&mut self, domain: &str) {
        self.scratch.clear();
        self.scratch.push_str(domain);
        self.words.set.insert(keyed(domain));
        self.digested();
    }

    /// The list.
    pub fn finish(mut self) -> Words {
        self.words.digest = self.digest.finalize().into();
        self.words.set.shrink_to_fit();
        self.words
    }

    fn digested(&mut self) {
        self.digest
            .update((self.scratch.len() as u64).to_le_bytes());
        self.digest.update(self.scratch.as_bytes());
    }
}

impl Words {
    /// How many different entries there are.
    pub fn len(&self) -> usize {
        self.set.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// SHA-256 over the entries in normal form, in the order written.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Bytes of memory that it holds.
    pub fn memory(&self) -> usize {
        // hashbrown: a control byte an entry, at most seven eighths full.
        self.set.capacity() * 8 / 7 * 9
    }

    /// Bit n: there are phrases of n words.
    pub fn lengths(&self) -> u32 {
        self.lengths
    }

    /// The hashes of all entries, in no order.
    pub fn hashes(&self) -> impl Iterator<Item = u64> {
        self.set.iter().copied()
    }

    /// Whether a phrase with this hash ([`phrases`]) is in the list.
    pub fn has(&self, hash: u64) -> bool {
        self.set.contains(&hash)
    }

    /// Whether a list of domains has this host, or one of the domains above it with a dot.
    pub fn has_domain(&self, host: &str) -> bool {
        let mut rest = host;
        if self.has(keyed(rest)) {
            return true;
        }
        while let Some(dot) = rest.find('.') {
            let below = rest.get(dot..).unwrap_or_default();
            if self.has(keyed(below)) {
                return true;
            }
            rest = below.get(1..).unwrap_or_default();
        }
        false
    }
}

/// Calls `found` with hash and number of words of every phrase in a text in normal form whose number
/// of words is one of `lengths`. Time: text × the longest of them.
pub fn phrases(text: &str, lengths: u32, mut found: impl FnMut(u64, u32)) {
    let longest = (u32::BITS - lengths.leading_zeros()).saturating_sub(1) as usize;
    let longest = longest.min(MAX_PHRASE);
    // Phrases that are open: the one begun last is the shortest.
    let mut open = [0_u64; MAX_PHRASE];
    let mut count = 0;
    for token in tokens(text) {
        if count == longest {
            count = count.saturating_sub(1);
            open.copy_within(1.., 0);
        }
        for hash in open.iter_mut().take(count) {
            *hash = token.behind(*hash);
        }
        if let Some(new) = open.get_mut(count) {
            *new = token.word;
        }
        count += 1;
        for (index, &hash) in open.iter().take(count).enumerate() {
            let length = (count - index) as u32;
            if lengths & (1 << length) != 0 {
                found(hash, length);
            }
        }
    }
}

/// A word and what stands before it, hashed.
#[derive(Clone, Copy)]
struct Token {
    word: u64,
    between: u64,
}

impl Token {
    /// The hash of a phrase that goes on with this.
    fn behind(self, phrase: u64) -> u64 {
        mix(mix(phrase, self.between), self.word)
    }
}

fn tokens(text: &str) -> impl Iterator<Item = Token> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(is_word)?;
        let (between, word) = rest.split_at(start);
        let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
        let (word, behind) = word.split_at(end);
        rest = behind;
        Some(Token {
            word: keyed(word),
            between: separator(between),
        })
    })
}

/// White space of any length is one space; other signs count as they stand.
fn separator(between: &str) -> u64 {
    if between.chars().all(char::is_whitespace) {
        return 1;
    }
    let mut hasher = KEY.build_hasher();
    let mut space = false;
    for c in between.chars() {
        match c.is_whitespace() {
            true if space => continue,
            true => hasher.write_u32(u32::from(' ')),
            false => hasher.write_u32(u32::from(c)),
        }
        space = c.is_whitespace();
    }
    hasher.finish()
}

/// Nobody outside knows the key, so nobody can write a word that has the hash of another.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

fn keyed(text: &str) -> u64 {
    let mut hasher = KEY.build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a.rotate_left(29) ^ b) * 0x9e37_79b9_7f4a_7c15;
    (product as u64) ^ ((product >> 64) as u64)
}

/// The hash of what is a hash already.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = mix(self.0, u64::from(byte));
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vietnamese::normalised;

    fn found(list: &[&str], text: &str) -> bool {
        let mut builder = WordsBuilder::new(Fold::default());
        for entry in list {
            builder.add(entry).unwrap();
        }
        let words = builder.finish();
        let mut found = false;
        let text = normalised(text, Fold::default());
        phrases(&text, words.lengths(), |hash, _| found |= words.has(hash));
        found
    }

    #[test]
    fn whole_words_and_phrases() {
        for (list, text, expected) in [
            (&["mật"][..], "Độ mật: thường", true),
            (&["mật"], "mậtkhẩu", false),
            (&["mật"], "mất", false),
            (&["mật khẩu"], "Mật\r\n  khẩu", true),
            (&["mật khẩu"], "mật, khẩu", false),
            (&["mật khẩu"], "mật mật khẩu", true),
            (&["example.com"], "see example.com.", true),
            (&["example.com"], "an example. Com", false),
            (&["a b c", "x"], "a a b b c a b c", true),
            (&["a b c d"], "a b c", false),
            (
                &["1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"],
                "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
                true,
            ),
            (&["mật"], "", false),
        ] {
            assert_eq!(found(list, text), expected, "{list:?} in {text:?}");
        }
    }

    #[test]
    fn entries_that_are_no_words() {
        let mut builder = WordsBuilder::new(Fold::default());
        assert_eq!(builder.add("…"), Err(WordError::NoWord));
        assert_eq!(builder.add("\u{200b}"), Err(WordError::NoWord));
        assert_eq!(builder.add("c++"), Err(WordError::Edge));
        assert_eq!(builder.add("+84"), Err(WordError::Edge));
        assert_eq!(builder.add(&"a ".repeat(17)), Err(WordError::TooLong));
        assert_eq!(builder.add(&"a ".repeat(16)), Ok(()));
    }

    #[test]
    fn domains_are_exact_or_all_below() {
        let mut builder = WordsBuilder::new(Fold::default());
        builder.add_domain("evil.vn");
        builder.add_domain(".bad.vn");
        let list = builder.finish();
        for (host, expected) in [
            ("evil.vn", true),
            ("www.evil.vn", false),
            ("notevil.vn", false),
            ("a.b.bad.vn", true),
            ("bad.vn", false),
            ("", false),
        ] {
            assert_eq!(list.has_domain(host), expected, "{host}");
        }
    }
}
