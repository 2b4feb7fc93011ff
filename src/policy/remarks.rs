//! Remarks on a policy that can be loaded, but hardly says what its author means.

use super::{
    condition::{Condition, Directions, Test},
    model::{Exception, Organisation, Reply, Rule},
    read_exception::trusts_an_address,
    reader::Reader,
    reply::Slot,
    yaml::Node,
};
use crate::verdict::{Direction, Mode};

impl Reader {
    pub(super) fn remarks_on_rule(
        &mut self,
        node: &Node,
        mode: Mode,
        directions: Directions,
        when: &Condition,
        unless: Option<&Condition>,
    ) {
        let id = node.child("id").and_then(Node::text).unwrap_or_default();
        let at = |key| node.child(key).map_or(node.at, |node| node.at);
        if possible(when).and(directions) == Directions::NONE {
            self.problems.warning(
                at("when"),
                format!("the rule `{id}` can never fire: its `when` holds for no direction that it is `for`"),
                "make `for` wider or take the condition away; `authenticated: true` is outbound or internal mail",
            );
        }
        if let (Some("enforce"), Mode::Observe) = (node.child("mode").and_then(Node::text), mode) {
            self.problems.warning(
                at("mode"),
                format!("the rule `{id}` only watches all the same: the policy is in `mode: observe`"),
                "write `mode: enforce` at the top, and `mode: observe` in the rules that shall only watch",
            );
        }
        let Some(unless) = unless else { return };
        let same = |part: &Condition| part.label == unless.label && !part.label.is_empty();
        let composite = matches!(unless.test, Test::All(_) | Test::Any(_) | Test::Not(_));
        let same = match &when.test {
            _ if composite => false,
            Test::All(parts) => parts.iter().any(same),
            _ => same(when),
        };
        if same {
            self.problems.warning(
                at("unless"),
                format!(
                    "the rule `{id}` can never fire: its `unless` says what its `when` asks for"
                ),
                "`unless` names what is let off: take it away, or say something narrower",
            );
        }
        if unless.asks_files() && !when.asks_files() && !has_sum(when) {
            self.problems.warning(
                at("unless"),
                format!("`unless` takes files out of the view of `{id}`, but its `when` looks at no files"),
                "such an `unless` changes nothing: ask for the sender, the client or the recipient here",
            );
        }
        let outside = Directions::of(&[Direction::Inbound, Direction::Relayed]);
        if directions.and(outside) != Directions::NONE && trusts_an_address(unless) {
            self.problems.warning(
                at("unless"),
                format!("`unless` lets off whoever writes a certain address or HELO name, and anyone can: `{id}` is easily passed"),
                "add `client: { network: … }` or `authenticated: true`, or make it an exception with a reason and an end",
            );
        }
    }

    pub(super) fn remarks_on_reply(
        &mut self,
        node: &Node,
        reply: &Reply,
        when: &Condition,
        several_limits: bool,
    ) {
        let uses = |slot| reply.vi.uses(slot) || reply.en.uses(slot);
        let Some(at) = node.child("reply").map(|node| node.at) else {
            return;
        };
        let files = when.asks_files() || has_sum(when);
        if !files && (uses(Slot::AttachmentName) || uses(Slot::AttachmentSize)) {
            self.problems.warning(
                at,
                "`{attachment.…}` has no file to speak of: the rule's `when` looks at no files",
                "the sender would read `?`: take the placeholder away",
            );
        }
        if several_limits && uses(Slot::Limit) {
            self.problems.warning(
                at,
                format!("`{{limit}}` always says the first limit of the `when`, here {}, whichever was passed", reply.limit),
                "make one rule of each limit, so that each says its own",
            );
        }
    }

    pub(super) fn remarks_on_exception(
        &mut self,
        node: &Node,
        exception: &Exception,
        names: &[String],
        rules: &[Rule],
    ) {
        let mut named = rules
            .iter()
            .filter(|rule| names.iter().any(|name| **name == *rule.id))
            .peekable();
        let can = possible(&exception.when);
        let never = named.peek().is_some()
            && named.all(|rule| rule.directions.and(can) == Directions::NONE);
        if never {
            self.problems.warning(
                node.child("when").map_or(node.at, |node| node.at),
                format!("the exception `{}` can never apply: its rules are for other directions", exception.id),
                "`authenticated: true` is outbound or internal mail; for mail from outside ask for `client: { network: … }`",
            );
        }
    }

    pub(super) fn remarks_on_policy(
        &mut self,
        tree: &Node,
        mode: Mode,
        rules: &[Rule],
        organisation: &Organisation,
    ) {
        if mode == Mode::Enforce && rules.is_empty() && self.problems.errors() == 0 {
            let at = tree.child("mode").map_or(tree.at, |node| node.at);
            self.problems.warning(
                at,
                "the policy enforces, but has no rule in force: every message passes",
                "write `extends: …` for the rules of a province, or rules of your own",
            );
        }
        let enforces = rules.iter().any(|rule| rule.mode == Mode::Enforce);
        let asks = rules.iter().any(|rule| {
            rule.directions != Directions::ALL || possible(&rule.when) != Directions::ALL
        });
        if (enforces || asks) && organisation.domains.is_empty() && organisation.former.is_empty() {
            let at = tree.child("organisation").map_or(tree.at, |node| node.at);
            self.problems.warning(
                at,
                "no domain is ours: every message would be `relayed` or `outbound`",
                "write `organisation: { domains: [agency.gov.vn] }`",
            );
        }
    }
}

/// The directions for which it can hold at all, as far as can be seen.
fn possible(condition: &Condition) -> Directions {
    match &condition.test {
        Test::All(parts) => parts
            .iter()
            .fold(Directions::ALL, |all, part| all.and(possible(part))),
        Test::Any(parts) => parts
            .iter()
            .fold(Directions::NONE, |all, part| all.or(possible(part))),
        Test::Not(part) => match &part.test {
            Test::Direction(set) => Directions::ALL.without(*set),
            _ => Directions::ALL,
        },
        Test::Direction(set) => *set,
        // Who is authenticated is one of ours.
        Test::Authenticated(true) => Directions::of(&[Direction::Outbound, Direction::Internal]),
        _ => Directions::ALL,
    }
}

fn has_sum(condition: &Condition) -> bool {
    let mut found = false;
    condition.walk(&mut |condition| found |= matches!(condition.test, Test::Sum(..)));
    found
}
