//! Points: `then: { points: { spam: 2.5 } }` gives, `points: { spam: ">= 6" }` asks.
//!
//! A rule that asks gives none, so that all that give are judged first and their order never
//! matters. A giver that is still unknown makes the sum a range; the condition is known only if no
//! point of the range can change it.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    reader::Reader,
    truth::Truth,
    value::{Op, Wrong, operator},
    yaml::Node,
};
use crate::{facts::Reason, verdict::Points};

/// No rule gives more than this, and no sum is compared with more.
const MOST: i64 = 1_000_000 * 1000;

/// A comparison such as `>= 6`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PointsTest {
    pub(super) name: Arc<str>,
    op: Op,
    value: i64,
    /// As written.
    pub(super) written: String,
}

/// What the points of one name come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sum {
    low: i64,
    high: i64,
    /// Why it is not known exactly.
    why: Option<Reason>,
}

/// The points by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums(BTreeMap<Arc<str>, Sum>);

impl Sums {
    /// Adds what a rule gives that came to `truth`.
    pub(super) fn add(&mut self, gives: &[(Arc<str>, Points)], truth: &Truth) {
        for (name, Points(points)) in gives {
            if truth.is_false() {
                continue;
            }
            let sum = self.0.entry(name.clone()).or_default();
            match truth {
                Truth::Unknown(why) => {
                    sum.low = sum.low.saturating_add(*points.min(&0));
                    sum.high = sum.high.saturating_add(*points.max(&0));
                    let least = sum
                        .why
                        .take()
                        .map_or_else(|| why.clone(), |old| old.min(why.clone()));
                    sum.why = Some(least);
                }
                _ => {
                    sum.low = sum.low.saturating_add(*points);
                    sum.high = sum.high.saturating_add(*points);
                }
            }
        }
    }

    /// The sums at their least, for the record.
    pub(super) fn least(&self) -> Vec<(Arc<str>, Points)> {
        let sums = self.0.iter();
        sums.map(|(name, sum)| (name.clone(), Points(sum.low)))
            .collect()
    }
}

impl PointsTest {
    pub(super) fn new(name: &str, text: &str) -> Result<Self, Wrong> {
        let (op, rest) = operator(text)?;
        Ok(Self {
            name: Arc::from(name),
            op,
            value: number(rest)?,
            written: text.trim().to_owned(),
        })
    }

    pub(super) fn holds(&self, sums: &Sums) -> Truth {
        let none = Sum::default();
        let sum = sums.0.get(&self.name).unwrap_or(&none);
        let holds = |seen: i64| match self.op {
            Op::Above => seen > self.value,
            Op::AtLeast => seen >= self.value,
            Op::Below => seen < self.value,
            Op::AtMost => seen <= self.value,
            Op::Equal => seen == self.value,
        };
        let settled = match self.op {
            Op::Equal => sum.low == sum.high || self.value < sum.low || self.value > sum.high,
            _ => holds(sum.low) == holds(sum.high),
        };
        match &sum.why {
            Some(why) if !settled => Truth::Unknown(why.clone()),
            _ => holds(sum.low).into(),
        }
    }
}

/// A number with at most three decimals, in thousandths.
fn number(text: &str) -> Result<i64, Wrong> {
    let wrong = || {
        (
            format!("`{text}` is no number of points"),
            "write a number with at most three decimals, such as `2.5`".to_owned(),
        )
    };
    let text = text.trim();
    let (negative, plain) = match text.strip_prefix('-') {
        Some(plain) => (true, plain),
        None => (false, text),
    };
    let (whole, part) = plain.split_once('.').unwrap_or((plain, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 3 {
        return Err(wrong());
    }
    let whole: i64 = whole.parse().map_err(|_| wrong())?;
    let part: i64 = format!("{part:0<3}").parse().map_err(|_| wrong())?;
    let value = whole
        .checked_mul(1000)
        .and_then(|whole| whole.checked_add(part));
    match value {
        Some(value) if value <= MOST => Ok(if negative { -value } else { value }),
        _ => Err((
            format!("`{text}` is more points than anything is worth"),
            "write a number up to 1000000".to_owned(),
        )),
    }
}

impl Reader {
    /// The value of `then: { points: … }`.
    pub(super) fn gives(&mut self, node: &Node) -> Option<Vec<(Arc<str>, Points)>> {
        let mut gives = Vec::new();
        for (name, text, at) in self.points(node)? {
            match number(&text) {
                Ok(0) => {
                    self.error(
                        at,
                        format!("`{name}: {text}` gives nothing"),
                        "write more or less than 0, or take it out",
                    );
                    return None;
                }
                Ok(points) => gives.push((Arc::from(name), Points(points))),
                Err(wrong) => {
                    self.wrong(at, wrong);
                    return None;
                }
            }
        }
        Some(gives)
    }

    /// The value of a condition `points: { … }`.
    pub(super) fn points_tests(
        &mut self,
        node: &Node,
    ) -> Option<Vec<(PointsTest, super::yaml::At)>> {
        let mut tests = Vec::new();
        for (name, text, at) in self.points(node)? {
            match PointsTest::new(&name, &text) {
                Ok(test) => tests.push((test, at)),
                Err(wrong) => {
                    self.wrong(at, wrong);
                    return None;
                }
            }
        }
        Some(tests)
    }

    /// Names and values under `points:`.
    fn points(&mut self, node: &Node) -> Option<Vec<(String, String, super::yaml::At)>> {
        if node.entries().is_empty() {
            self.error(
                node.at,
                format!("`points` is {}, but names with numbers are wanted", node.what()),
                "write for example `points: { spam: 2.5 }` after `then:`, `points: { spam: \">= 6\" }` in a condition",
            );
            return None;
        }
        let mut all = Vec::new();
        for entry in node.entries() {
            let plain =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
            if entry.key.is_empty() || entry.key.len() > 32 || !entry.key.chars().all(plain) {
                self.error(
                    entry.key_at,
                    format!("`{}` is no name for points", entry.key),
                    "use a-z, 0-9, `-` and `_`, at most 32, such as `spam`",
                );
                return None;
            }
            let text = self.text(&entry.node, &entry.key)?.to_owned();
            all.push((entry.key.clone(), text, entry.node.at));
        }
        Some(all)
    }
}
