//! Who leads to whom: entries that stay inside, kept so that a forward can say by which names mail
//! comes to it.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use super::MAX_REACHED;

/// Entries as "this name is led to by that one": 12 bytes and the name each.
#[derive(Debug, Default)]
pub(super) struct Edges {
    hasher: RandomState,
    /// Hash of the name that is led to, index of the name that leads.
    edges: Vec<(u64, u32)>,
    names: Vec<Box<str>>,
}

impl Edges {
    /// `from` leads to `target` (a node's name).
    pub(super) fn add(&mut self, target: &str, from: &str) {
        let Ok(index) = u32::try_from(self.names.len()) else {
            return;
        };
        self.edges.push((self.hasher.hash_one(target), index));
        self.names.push(from.into());
    }

    /// To be called once, behind the last [`Self::add`].
    pub(super) fn sort(&mut self) {
        self.edges.sort_unstable();
    }

    /// The longest way that leads to this name (first to last, empty where none does), and how many
    /// names lead to it. Circles are cut; it looks at [`MAX_REACHED`] names.
    pub(super) fn leading_to(
        &self,
        who: &str,
        node: &dyn Fn(&str) -> String,
    ) -> (Vec<Box<str>>, usize) {
        let start = self.hasher.hash_one(node(who));
        let mut seen = HashSet::from([start]);
        // Name and the place in this list of the name it leads to; breadth first, so the last is the farthest.
        let mut found: Vec<(u32, Option<usize>)> = Vec::new();
        let mut waiting = std::collections::VecDeque::from([(start, None)]);
        while let Some((hash, next)) = waiting.pop_front() {
            let first = self.edges.partition_point(|edge| edge.0 < hash);
            let edges = self.edges.get(first..).unwrap_or_default();
            for (_, name) in edges
                .iter()
                .take_while(|edge| edge.0 == hash)
                .take(MAX_REACHED * 2)
            {
                let Some(text) = self.names.get(*name as usize) else {
                    continue;
                };
                let own = self.hasher.hash_one(node(text));
                if found.len() >= MAX_REACHED || !seen.insert(own) {
                    continue;
                }
                found.push((*name, next));
                waiting.push_back((own, Some(found.len() - 1)));
            }
        }
        let mut chain: Vec<Box<str>> = Vec::new();
        let mut at = found.len().checked_sub(1);
        while let Some((name, next)) = at.and_then(|at| found.get(at)) {
            chain.extend(self.names.get(*name as usize).cloned());
            at = *next;
        }
        if !chain.is_empty() {
            chain.push(who.into());
        }
        (chain, found.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_cut_and_the_longest_way_is_told() {
        let mut edges = Edges::default();
        for (from, target) in [
            ("a", "b"),
            ("b", "c"),
            ("c", "a"),
            ("x", "c"),
            ("c", "c"),
            ("p", "q"),
        ] {
            edges.add(target, from);
        }
        edges.sort();
        let node = |name: &str| name.to_owned();
        let (chain, reached) = edges.leading_to("c", &node);
        assert_eq!(
            chain.iter().map(|it| &**it).collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
        assert_eq!(reached, 3);
        assert_eq!(edges.leading_to("p", &node), (Vec::new(), 0));
    }

    #[test]
    fn many_names_are_counted_to_a_limit() {
        let mut edges = Edges::default();
        for n in 0..1000 {
            edges.add("list", &format!("user{n}"));
        }
        edges.sort();
        let (chain, reached) = edges.leading_to("list", &|name| name.to_owned());
        assert_eq!((chain.len(), reached), (2, MAX_REACHED));
    }
}
