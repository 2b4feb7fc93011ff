//! `marks: marks/vn.yaml`: the data file of state-secret marks → [`MarkTable`].
//!
//! It is one file with the policy: read with it, hashed with it, replaced with it. Its mistakes are told
//! with file, line and what to write instead.

use std::sync::Arc;

use super::{
    reader::Reader,
    report::suggest,
    yaml::{self, MAX_BYTES, Node, Value},
};
use crate::{
    facts::Level,
    questions::{Evidence, MarkTable, Stamp, WordKind},
};

const BEGINS: &str = "a file of marks begins with `marks: 1` and `name: …`";

/// Words in one list; what lies beyond is a mistake.
const MOST_WORDS: usize = 5000;

/// Bytes of one phrase.
const LONGEST: usize = 200;

impl Reader {
    /// The file that `marks:` names.
    pub(super) fn marks(&mut self, node: &Node) -> Option<Arc<MarkTable>> {
        let path = self.text(node, "marks")?.to_owned();
        let path = self.beside(node.at, &path);
        if !self.list_paths.contains(&path) {
            self.list_paths.push(path.clone());
        }
        let file = self.file(&path, MAX_BYTES as u64, Some(node.at))?;
        let text = Arc::clone(&self.sources.files.get(file as usize)?.text);
        let before = self.problems.errors();
        let tree = yaml::parse(file, &text, BEGINS, &mut self.problems)?;
        let table = self.mark_table(&tree)?;
        (self.problems.errors() == before).then(|| Arc::new(table))
    }

    fn mark_table(&mut self, tree: &Node) -> Option<MarkTable> {
        let mut known = vec![
            "marks",
            "name",
            "version",
            "basis",
            "thresholds",
            "levels",
            "stamps",
            "points",
        ];
        known.extend(WordKind::ALL.iter().map(|kind| kind.as_str()));
        self.map(tree, "a file of marks", &known, &[])?;
        if tree.child("marks").and_then(Node::text) != Some("1") {
            self.error(
                tree.at,
                "this is no file of marks that this version reads",
                BEGINS,
            );
            return None;
        }
        let mut table = MarkTable::named(format!(
            "{}@{}",
            self.line(tree, "name"),
            self.line(tree, "version")
        ));
        self.bases(tree);
        let thresholds = self.required(tree, "thresholds")?;
        self.map(thresholds, "`thresholds`", &["strong", "weak"], &[])?;
        table.strong = self.threshold(thresholds, "strong")?;
        table.weak = self.threshold(thresholds, "weak")?;
        if table.weak > table.strong {
            self.error(
                thresholds.at,
                "`weak` is above `strong`",
                "what is weak is less sure: give it the smaller number",
            );
        }
        let levels = self.required(tree, "levels")?;
        let names: Vec<&str> = Level::ALL.iter().map(|level| level.as_str()).collect();
        self.map(levels, "`levels`", &names, &[])?;
        for level in Level::ALL {
            match levels.child(level.as_str()) {
                Some(node) => table
                    .levels
                    .push((level, self.phrases(node, level.as_str()))),
                None => self.error(
                    levels.at,
                    format!("the level `{}` is missing", level.as_str()),
                    "the law has three levels: mat, toi-mat, tuyet-mat",
                ),
            }
        }
        for &kind in WordKind::ALL {
            if let Some(node) = tree.child(kind.as_str()) {
                table.words.push((kind, self.phrases(node, kind.as_str())));
            }
        }
        for node in self.list(tree, "stamps") {
            table.stamps.extend(self.stamp(node));
        }
        let points = self.required(tree, "points")?;
        let known: Vec<&str> = Evidence::ALL
            .iter()
            .map(|evidence| evidence.as_str())
            .collect();
        self.map(points, "`points`", &known, &[])?;
        for &evidence in Evidence::ALL {
            match points.child(evidence.as_str()) {
                Some(node) => {
                    if let Some(count) = self.mark_points(node, evidence.as_str()) {
                        table.set_points(evidence, count);
                    }
                }
                None => self.error(
                    points.at,
                    format!("`points` does not say what `{}` counts", evidence.as_str()),
                    "give it a number; 0 if it shall not count",
                ),
            }
        }
        Some(table)
    }

    fn required<'n>(&mut self, tree: &'n Node, key: &str) -> Option<&'n Node> {
        let found = tree.child(key);
        if found.is_none() {
            self.error(
                tree.at,
                format!("the key `{key}` is missing"),
                format!("take `{key}:` over from the shipped marks/vn.yaml"),
            );
        }
        found
    }

    /// What the law says, for readers: text and days.
    fn bases(&mut self, tree: &Node) {
        for node in self.list(tree, "basis") {
            if self
                .map(node, "a basis", &["text", "from", "until"], &[])
                .is_none()
            {
                continue;
            }
            if node.child("text").is_none() {
                self.error(node.at, "a basis has no `text`", "write `text: Luật …`");
            }
            for key in ["from", "until"] {
                let Some(day) = node.child(key) else { continue };
                let sound = day
                    .text()
                    .is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok());
                if !sound {
                    self.error(
                        day.at,
                        format!("`{key}` is no day"),
                        "write it as 2026-03-01",
                    );
                }
            }
        }
    }

    fn stamp(&mut self, node: &Node) -> Option<Stamp> {
        self.map(node, "a stamp", &["id", "words", "points"], &[])?;
        let id = self.required(node, "id")?;
        let id = self.name(id, "id")?;
        let words = self.required(node, "words")?;
        let words = self.phrases(words, "words");
        let points = self.required(node, "points")?;
        Some(Stamp {
            id: Arc::from(id),
            words,
            points: self.mark_points(points, "points")?,
        })
    }

    fn threshold(&mut self, tree: &Node, key: &str) -> Option<u8> {
        let node = self.required(tree, key)?;
        let text = self.text(node, key)?;
        let found = text
            .parse::<u8>()
            .ok()
            .filter(|value| (1..=100).contains(value));
        if found.is_none() {
            self.error(
                node.at,
                format!("`{key}: {text}` is no confidence"),
                "write a whole number from 1 to 100",
            );
        }
        found
    }

    fn mark_points(&mut self, node: &Node, what: &str) -> Option<i32> {
        let text = self.text(node, what)?;
        let found = text
            .parse::<i32>()
            .ok()
            .filter(|count| (-200..=200).contains(count));
        if found.is_none() {
            self.error(
                node.at,
                format!("`{what}: {text}` is no number of points"),
                "write a whole number from -200 to 200; what speaks against a mark is below zero",
            );
        }
        found
    }

    /// Phrases: short, with a letter.
    fn phrases(&mut self, node: &Node, what: &str) -> Vec<Arc<str>> {
        if matches!(&node.value, Value::List(items) if items.len() > MOST_WORDS) {
            self.error(
                node.at,
                format!("`{what}` has more than {MOST_WORDS} entries"),
                "leave out what is never met",
            );
            return Vec::new();
        }
        let mut phrases = Vec::new();
        for (text, at) in self.texts(node, what) {
            let text = text.trim();
            if text.len() > LONGEST || !text.chars().any(char::is_alphabetic) {
                self.error(
                    at,
                    format!(
                        "`{}` is no phrase",
                        text.chars().take(40).collect::<String>()
                    ),
                    suggest_phrase(what),
                );
                continue;
            }
            phrases.push(Arc::from(text));
        }
        phrases
    }
}

fn suggest_phrase(what: &str) -> String {
    let example = match what {
        "friends" => "mật khẩu",
        "fields" => "độ mật",
        _ => "tuyệt mật",
    };
    suggest(example, std::iter::once(example)).replace("allowed here:", "such as")
}
