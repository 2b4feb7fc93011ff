//! `storage:` and `journal:`: where decisions are kept, and for how long.

use crate::{
    journal::{AtLimit, JournalSettings, Storage},
    yaml::{
        reader::Reader,
        tree::{Entry, Node},
    },
};

const DAY: u64 = 24 * 3600;

/// A node's name stands in every row and in people's mouths.
const LONGEST_NAME: usize = 64;

impl Reader {
    pub(super) fn storage(&mut self, node: &Node, journal: &mut JournalSettings) {
        let Some(text) = self.text(node, "storage") else {
            return;
        };
        if text == "off" {
            journal.off = true;
            return;
        }
        let beside = self.beside(node.at, "");
        match Storage::parse(text, &beside) {
            Ok(storage) => journal.storage = Some(storage),
            Err((wrong, help)) => self.error(node.at, wrong, help),
        }
    }

    pub(super) fn journal(&mut self, node: &Node, journal: &mut JournalSettings) {
        let known = ["node", "limit", "at_limit", "keep"];
        for Entry { key, node, .. } in self.map(node, "`journal`", &known, &[]).unwrap_or_default()
        {
            match key.as_str() {
                "node" => journal.node = self.node_name(node),
                "limit" => {
                    let bounds = 1 << 20..=1 << 40;
                    journal.limit = self.size(node, key, bounds).unwrap_or(journal.limit);
                }
                "at_limit" => {
                    let words = [("continue", AtLimit::Continue), ("defer", AtLimit::Defer)];
                    let word = self.word(node, key, &words);
                    journal.at_limit = word.unwrap_or(journal.at_limit);
                }
                "keep" => self.keep(node, journal),
                _ => {}
            }
        }
    }

    fn keep(&mut self, node: &Node, journal: &mut JournalSettings) {
        let known = ["technical", "addresses", "content"];
        let entries = self.map(node, "`keep`", &known, &[]);
        for Entry { key, node, .. } in entries.unwrap_or_default() {
            let Some(time) = self.time(node, key, DAY..=36_500 * DAY) else {
                continue;
            };
            match key.as_str() {
                "technical" => journal.keep.technical = time,
                "addresses" => journal.keep.addresses = time,
                _ => journal.keep.content = time,
            }
        }
    }

    fn node_name(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "node")?;
        let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if text.is_empty() || text.len() > LONGEST_NAME || !text.chars().all(sound) {
            self.error(
                node.at,
                format!("`{text}` is no name of a machine"),
                format!("write at most {LONGEST_NAME} letters, digits, `.`, `-`, `_`: `node: mx1`"),
            );
            return None;
        }
        Some(text.to_owned())
    }
}
