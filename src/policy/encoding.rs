//! `encoding:`: text that is not Unicode by TCVN 6909:2001.

use super::{
    reader::Reader,
    value::Compare,
    yaml::{Node, Value},
};
use crate::facts::{ENCODINGS, LegacyText, Sign};

/// Every key that is set must be met by one and the same finding.
#[derive(Clone, Debug, Default)]
pub(super) struct EncodingTest {
    /// Empty: any.
    encodings: Vec<&'static str>,
    /// In a thousand.
    share: Option<Compare>,
    /// Empty: any.
    how: Vec<Sign>,
}

impl EncodingTest {
    pub(super) fn holds(&self, found: &[LegacyText]) -> bool {
        found.iter().any(|text| {
            (self.encodings.is_empty() || self.encodings.contains(&text.encoding))
                && (self.how.is_empty() || self.how.contains(&text.how))
                && self
                    .share
                    .as_ref()
                    .is_none_or(|share| share.holds(u64::from(text.share)))
        })
    }
}

const HOW: &[(&str, Sign)] = &[
    ("bytes", Sign::Bytes),
    ("letters", Sign::Letters),
    ("font", Sign::Font),
];

impl Reader {
    /// `legacy`, names of encodings, or a mapping.
    pub(super) fn encoding(&mut self, node: &Node) -> Option<EncodingTest> {
        let mut test = EncodingTest::default();
        if !matches!(node.value, Value::Map(_)) {
            if node.text() != Some("legacy") {
                test.encodings = self.encodings(node)?;
            }
            return Some(test);
        }
        let entries = self.map(node, "`encoding`", &["encoding", "share", "how"], &[])?;
        if entries.is_empty() {
            self.error(
                node.at,
                "`encoding` is empty",
                "write `encoding: legacy` for any text that is not Unicode",
            );
            return None;
        }
        for entry in entries {
            match entry.key.as_str() {
                "encoding" if entry.node.text() == Some("legacy") => {}
                "encoding" => test.encodings = self.encodings(&entry.node)?,
                "how" => {
                    test.how = self.words(&entry.node, "how", HOW);
                    if test.how.is_empty() {
                        return None;
                    }
                }
                _ => test.share = Some(self.share(&entry.node)?),
            }
        }
        Some(test)
    }

    fn encodings(&mut self, node: &Node) -> Option<Vec<&'static str>> {
        let found = self.words(node, "encoding", &ENCODINGS.map(|word| (word, word)));
        (!found.is_empty()).then_some(found)
    }

    /// `>= 10%`: of the words with Vietnamese letters; kept in a thousand.
    fn share(&mut self, node: &Node) -> Option<Compare> {
        let text = self.text(node, "share")?;
        let found = text.trim().strip_suffix('%').and_then(|text| {
            let number = text
                .trim_end()
                .rsplit(|c: char| !c.is_ascii_digit())
                .next()?;
            let percent: u64 = number.parse().ok().filter(|percent| *percent <= 100)?;
            let sign = text.trim_end().strip_suffix(number)?;
            Compare::number(&format!("{sign}{}", percent * 10)).ok()
        });
        if found.is_none() {
            self.error(
                node.at,
                format!("`{text}` is not a share"),
                "write for example `share: \">= 10%\"`: of the words with Vietnamese letters",
            );
        }
        found
    }
}
