//! One rule: tree → [`Rule`], or [`Idle`] for one that is not in force.

use std::sync::Arc;

use super::{
    condition::{Condition, Directions, MessageNumber, Test},
    meant::has_meant,
    model::{Idle, Organisation, Reply, Rule},
    read::{Ids, MODES},
    read_then::Then,
    reader::Reader,
    reply::{Slot, Template, Values, overlong},
    report::{nearest, suggest},
    yaml::Node,
};
use crate::verdict::{Action, Mode};

const RULE: &[&str] = &[
    "id",
    "title",
    "basis",
    "for",
    "when",
    "unless",
    "then",
    "if_unknown",
    "mode",
    "rank",
    "sensitive",
    "reply",
    "exceptions",
    "authority",
    "enabled",
    "needs",
];
/// Inspectors that `needs:` may name, and whether this version has them.
const INSPECTORS: &[(&str, bool)] = &[
    ("size", true),
    ("executable", true),
    ("archive", true),
    ("document", true),
    ("forwarding", true),
    ("marking", true),
    ("authentication", false),
    ("spam", false),
    ("advertising", false),
    ("encoding", true),
    ("signature", true),
    ("antivirus", false),
    ("pattern", true),
    ("rate", false),
    // The site's own boxes: whose they are, which belong to an agency.
    ("directory", false),
    // Who has written to whom before.
    ("history", false),
];
const DEFAULT_RANK: u32 = 100;

impl Reader {
    /// A rule in force, or one that is idle.
    pub(super) fn rule(
        &mut self,
        node: &Node,
        mode: Mode,
        organisation: &Organisation,
        ids: &Ids,
    ) -> Option<Result<Rule, Idle>> {
        self.map(node, "a rule", RULE, &["points", "tests"])?;
        let id = Arc::<str>::from(self.name(node.child("id")?, "id")?);
        let before = self.problems.errors();
        let whole = node.child("needs").is_some()
            || (node.child("then").is_some() && node.child("when").is_some());
        // Not for a file that is mistakes all through: each look is as long as the policy.
        if !whole
            && before < 20
            && let Some(near) = nearest(
                &id,
                ids.rules
                    .iter()
                    .map(String::as_str)
                    .filter(|other| *other != &*id),
            )
        {
            self.error(
                node.at,
                format!(
                    "there is no rule `{id}` to change, and a new one needs both `when` and `then`"
                ),
                format!("did you mean the rule `{near}`?"),
            );
            return None;
        }
        let title = self.line(node, "title");
        let basis = Arc::<str>::from(self.line(node, "basis"));
        let directions = match node.child("for") {
            Some(node) => self.directions(node, "for").unwrap_or(Directions::NONE),
            None => Directions::ALL,
        };
        let then = match node.child("then") {
            Some(then) => self.then(then),
            None if has_meant(node, "a rule", RULE, "then") => None,
            None => {
                self.error(
                    node.at,
                    format!("the rule `{id}` does not say what it does"),
                    "add `then:` with one of note, tag, quarantine, defer, reject",
                );
                None
            }
        };
        let if_unknown = match node.child("if_unknown") {
            Some(node) => self.if_unknown(node),
            None => Some(Then::plain(Action::Accept)),
        };
        let sensitive = node
            .child("sensitive")
            .and_then(|node| self.boolean(node, "sensitive"))
            .unwrap_or(false);
        let own_mode = match node.child("mode") {
            Some(node) => self.word(node, "mode", MODES).unwrap_or_default(),
            None => mode,
        };
        let rank = match node.child("rank") {
            Some(node) => self.rank(node),
            None => DEFAULT_RANK,
        };
        if let Some(node) = node.child("exceptions")
            && node.text() != Some("never")
        {
            self.error(
                node.at,
                "a rule's `exceptions` can only be `never`",
                "exceptions have a block of their own: `exceptions:` beside `rules:`",
            );
        }
        self.line(node, "authority");
        let enabled = node
            .child("enabled")
            .and_then(|node| self.boolean(node, "enabled"))
            .unwrap_or(true);
        let idle = |why: String, waits_for: Option<String>| Idle {
            id: Arc::clone(&id),
            title: title.clone(),
            basis: Arc::clone(&basis),
            why,
            waits_for,
            at: node.at,
        };
        if let Some(missing) = node.child("needs").and_then(|needs| self.missing(needs)) {
            return Some(Err(idle(
                format!("needs {missing}, which this version does not have"),
                Some(missing),
            )));
        }
        let when = match node.child("when") {
            Some(when) => self.condition(when),
            None if has_meant(node, "a rule", RULE, "when") => None,
            None => {
                self.error(
                    node.at,
                    format!("the rule `{id}` has no `when`"),
                    "say what it looks for: `when: { attachment: { kind: executable } }`",
                );
                None
            }
        };
        let unless = node.child("unless").map(|unless| self.condition(unless));
        let (mut limit, mut several): (Option<Limit>, bool) = (None, false);
        if let Some(when) = &when {
            limits(when, true, &mut |found| {
                several |= limit.as_ref().is_some_and(|first| first.text != found.text);
                let first = limit.take().unwrap_or(found);
                limit = Some(first);
            });
        }
        let of = |then: &Option<Then>| then.as_ref().map_or(Action::Accept, |then| then.action);
        let reply = self.reply(
            node,
            (of(&then), of(&if_unknown)),
            &title,
            &basis,
            limit,
            organisation,
        );
        if sensitive {
            self.names_nothing(node);
        }
        let mut tests = Vec::new();
        let conditions = [when.as_ref(), unless.as_ref().and_then(Option::as_ref)];
        for condition in conditions.into_iter().flatten() {
            condition.walk(&mut |condition| {
                if let Test::Points(test) = &condition.test {
                    tests.push((test.clone(), condition.at));
                }
            });
        }
        let gives = then.as_ref().zip(node.child("then").map(|node| node.at));
        self.points_asked(&tests, gives, &id, ids);
        if self.problems.errors() > before {
            return None;
        }
        if let (Some(reply), Some(when)) = (&reply, &when) {
            self.remarks_on_reply(node, reply, when, several);
        }
        if !enabled {
            return Some(Err(idle("switched off (enabled: false)".to_owned(), None)));
        }
        let unless = unless.flatten();
        let when = when?;
        let (then, if_unknown) = (then?, if_unknown?);
        self.remarks_on_rule(node, mode, directions, &when, unless.as_ref());
        let unless_files = unless.as_ref().is_some_and(Condition::asks_files);
        let rule = Rule {
            title,
            basis,
            directions,
            unless_files,
            when,
            unless,
            then: then.action,
            gives: then.gives,
            reads_points: !tests.is_empty(),
            if_unknown: if_unknown.action,
            bound: then.bound.or(if_unknown.bound).unwrap_or_default(),
            sensitive,
            held_back: false,
            mode: match (mode, own_mode) {
                (Mode::Enforce, Mode::Enforce) => Mode::Enforce,
                _ => Mode::Observe,
            },
            rank,
            reply: reply?,
            exceptions: Vec::new(),
            at: node.at,
            id,
        };
        Some(Ok(rule))
    }

    fn rank(&mut self, node: &Node) -> u32 {
        let text = self.text(node, "rank").unwrap_or("100");
        text.parse().unwrap_or_else(|_| {
            self.error(node.at, format!("`{text}` is no rank"), "write a whole number; the rule with the smallest speaks first (without a rank: 100)");
            DEFAULT_RANK
        })
    }

    /// The first inspector of `needs` that this version does not have.
    fn missing(&mut self, node: &Node) -> Option<String> {
        let needs = self.texts(node, "needs");
        let mut missing = None;
        for (text, at) in needs {
            match INSPECTORS.iter().find(|(name, _)| *name == text) {
                Some((_, true)) => {}
                Some((name, false)) => missing = missing.or(Some((*name).to_owned())),
                None => {
                    self.error(
                        at,
                        format!("there is no inspector `{text}`"),
                        suggest(text, INSPECTORS.iter().map(|(name, _)| *name)),
                    );
                    // Its conditions are not known either: one mistake, one message.
                    missing = missing.or(Some(text.to_owned()));
                }
            }
        }
        missing
    }

    fn reply(
        &mut self,
        rule: &Node,
        (then, if_unknown): (Action, Action),
        title: &str,
        basis: &str,
        limit: Option<Limit>,
        organisation: &Organisation,
    ) -> Option<Reply> {
        let node = rule.child("reply");
        if let Some(node) = node {
            if let Some(text) = node.text() {
                self.error(
                    node.at,
                    "`reply` is a single value, but a mapping is wanted",
                    format!("did you mean `reply: {{ vi: \"{text}\" }}`?"),
                );
                return None;
            }
            self.map(node, "`reply`", &["vi", "en", "code", "enhanced"], &[])?;
        }
        let template = |this: &mut Self, key: &str, default: &str| {
            let written = node.and_then(|node| node.child(key));
            let (text, at) = match written {
                Some(written) => (this.text(written, key)?, written.at),
                None => {
                    return Template::new(default)
                        .ok()
                        .map(|template| (template, rule.at));
                }
            };
            match Template::new(text) {
                Ok(template) => {
                    if template.uses(Slot::Limit) && limit.is_none() {
                        this.error(at, "`{limit}` has nothing to stand for: the rule's `when` compares no size or number", "write the limit out, or take it away");
                    }
                    Some((template, at))
                }
                Err(wrong) => {
                    this.wrong(at, wrong);
                    None
                }
            }
        };
        let default = title.replace(['{', '}'], "");
        let default = if default.is_empty() {
            "Thư không được chấp nhận"
        } else {
            &default
        };
        let vi = template(self, "vi", default);
        let en = template(self, "en", "Refused by the policy of this organisation");
        let (code, enhanced) =
            self.codes(node, then, limit.as_ref().is_some_and(|limit| limit.size))?;
        let ((vi, at), (en, en_at)) = (vi?, en?);
        let limit = limit.map(|limit| limit.text).unwrap_or_default();
        let values = Values {
            organisation,
            basis,
            limit: &limit,
            facts: None,
            file: None,
            recipient: None,
            reference: "XXXXXXXXXX",
            sensitive: false,
        };
        if matches!(then, Action::Defer | Action::Reject) || if_unknown == Action::Defer {
            if let Some(over) = overlong(&vi, &values, false) {
                self.error(
                    at,
                    format!("the reply is {over} octets too long: text, clause, regulation and reference must fit into one line of 200"),
                    "shorten the text; basis and regulation are added to it by gacthu",
                );
            }
            if let Some(over) = overlong(&en, &values, true) {
                self.error(
                    en_at,
                    format!("the reply in English is {over} octets too long: text and reference must fit into one line of 200"),
                    "shorten the text; the reference is added to it by gacthu",
                );
            }
        }
        Some(Reply {
            vi,
            en,
            code,
            enhanced,
            defer: (451, "4.7.1"),
            limit,
        })
    }

    /// The codes of the reply: size is `552 5.3.4`, the rest `550 5.7.1`, a defer `451 4.7.1`.
    fn codes(&mut self, node: Option<&Node>, then: Action, size: bool) -> Option<(u16, String)> {
        let (code, enhanced) = match then {
            Action::Defer => (451, "4.7.1"),
            _ if size => (552, "5.3.4"),
            _ => (550, "5.7.1"),
        };
        let class = if then == Action::Defer { '4' } else { '5' };
        let mut codes = (code, enhanced.to_owned());
        let kind = if then == Action::Defer {
            "defers"
        } else {
            "rejects"
        };
        if let Some(node) = node.and_then(|node| node.child("code")) {
            let text = self.text(node, "code")?;
            match text.parse::<u16>() {
                Ok(code)
                    if text.len() == 3
                        && text.starts_with(class)
                        && text.get(1..2).is_some_and(|digit| {
                            ('0'..='5').any(|allowed| digit.starts_with(allowed))
                        })
                        && code != 421
                        && code != 521 =>
                {
                    codes.0 = code;
                }
                _ => {
                    self.error(node.at, format!("`{text}` is no code for a rule that {kind}"), format!("write three digits that begin with {class}, such as {}; 421 and 521 would close the connection", codes.0));
                    return None;
                }
            }
        }
        if let Some(node) = node.and_then(|node| node.child("enhanced")) {
            let text = self.text(node, "enhanced")?;
            let parts: Vec<_> = text.split('.').collect();
            let number = |part: &&str| {
                (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
            };
            if parts.len() == 3
                && parts.iter().all(number)
                && parts
                    .first()
                    .is_some_and(|first| first.len() == 1 && first.starts_with(class))
            {
                codes.1 = text.to_owned();
            } else {
                self.error(
                    node.at,
                    format!("`{text}` is no enhanced code for a rule that {kind}"),
                    format!(
                        "write three numbers, the first {class}, such as `{}` (RFC 3463)",
                        codes.1
                    ),
                );
                return None;
            }
        }
        Some(codes)
    }
}

/// A limit that a condition compares with: the first is what `{limit}` stands for.
#[derive(Clone)]
struct Limit {
    text: String,
    /// More than this size is too much: `552 5.3.4`.
    size: bool,
}

/// Calls `found` for every limit in a condition; `positive` while not under an odd number of `not`s.
fn limits(condition: &Condition, positive: bool, found: &mut dyn FnMut(Limit)) {
    let (compare, size) = match &condition.test {
        Test::All(parts) | Test::Any(parts) => {
            return parts.iter().for_each(|part| limits(part, positive, found));
        }
        Test::Not(part) => return limits(part, !positive, found),
        Test::Sum(sum, compare) => (compare, sum.is_size()),
        Test::Message(number, compare) => (compare, *number == MessageNumber::Size),
        Test::Attachment(file) => match &file.size {
            // A program of some size is refused as a program.
            Some(size) => (size, file.asks_size_only()),
            None => return,
        },
        _ => return,
    };
    found(Limit {
        text: compare.limit.clone(),
        size: size && compare.is_upper() == positive,
    });
}
