//! A merged tree → a [`Policy`]: organisation, rules, exceptions, tests.

use std::{collections::HashSet, sync::Arc};

use jiff::civil::Date;

use super::{
    Expect, Given, Place, PolicyTest,
    condition::{Condition, Directions, MessageNumber, Test, Who},
    list::Entries,
    model::{Exception, Idle, Organisation, Policy, Reply, Rule},
    reader::Reader,
    reply::{Slot, Template, Values, overlong},
    report::{nearest, suggest},
    yaml::{Node, Value},
};
use crate::{
    facts::Role,
    verdict::{Action, Mode},
};

const TOP: &[&str] = &[
    "policy",
    "name",
    "version",
    "extends",
    "organisation",
    "mode",
    "rules",
    "exceptions",
    "tests",
];
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
    "reply",
    "exceptions",
    "enabled",
    "needs",
];
const ACTIONS: &[(&str, Action)] = &[
    ("note", Action::Note),
    ("tag", Action::Tag),
    ("quarantine", Action::Quarantine),
    ("defer", Action::Defer),
    ("reject", Action::Reject),
];
const IF_UNKNOWN: &[(&str, Action)] = &[
    ("skip", Action::Accept),
    ("note", Action::Note),
    ("tag", Action::Tag),
    ("defer", Action::Defer),
    ("quarantine", Action::Quarantine),
];
const MODES: &[(&str, Mode)] = &[("observe", Mode::Observe), ("enforce", Mode::Enforce)];
/// Inspectors that `needs:` may name, and whether this version has them.
const INSPECTORS: &[(&str, bool)] = &[
    ("size", true),
    ("executable", true),
    ("archive", false),
    ("document", false),
    ("forwarding", false),
    ("marking", false),
    ("authentication", false),
    ("spam", false),
    ("advertising", false),
    ("encoding", false),
    ("signature", false),
    ("antivirus", false),
    ("pattern", false),
    ("rate", false),
];
const DEFAULT_RANK: u32 = 100;

/// Rules and exceptions of a policy that are mentioned by id.
struct Ids {
    rules: Vec<String>,
    never: HashSet<String>,
}

impl Reader {
    pub(super) fn policy(
        &mut self,
        tree: Node,
        index: usize,
        today: Date,
        tests: &mut Vec<PolicyTest>,
    ) -> Option<Policy> {
        self.map(
            &tree,
            "a policy",
            TOP,
            &["sensitive_instead", "mixed_policies", "lists"],
        )?;
        match tree.child("policy") {
            Some(node) if node.text() == Some("1") => {}
            Some(node) => {
                let found = node.text().unwrap_or(node.what());
                self.error(
                    node.at,
                    format!("`policy: {found}` is no format that this version of gacthu reads"),
                    "write `policy: 1`; the version of your own policy is `version:`",
                );
            }
            None => self.error(
                tree.at,
                "the key `policy` is missing",
                "a policy begins with `policy: 1`",
            ),
        }
        let name = match tree.child("name") {
            Some(node) => self.name(node, "name").unwrap_or_default(),
            None => {
                self.error(
                    tree.at,
                    "the key `name` is missing",
                    "give the policy a short name, such as `name: dak-nong`",
                );
                String::new()
            }
        };
        if let Some(node) = tree.child("version") {
            self.text(node, "version");
        }
        let organisation = match tree.child("organisation") {
            Some(node) => self.organisation(node),
            None => Organisation::default(),
        };
        let mode = match tree.child("mode") {
            Some(node) => self.word(node, "mode", MODES).unwrap_or_default(),
            None => Mode::Observe,
        };
        let rule_nodes = self.list(&tree, "rules");
        let ids = ids(rule_nodes);
        let mut rules = Vec::new();
        let mut idle = Vec::new();
        for node in rule_nodes {
            match self.rule(node, mode, &organisation) {
                Some(Ok(rule)) => rules.push(rule),
                Some(Err(rule)) => idle.push(rule),
                None => {}
            }
        }
        rules.sort_by(|a, b| (a.rank, &a.id).cmp(&(b.rank, &b.id)));
        let mut exceptions = Vec::new();
        for node in self.list(&tree, "exceptions") {
            let Some((exception, names)) = self.exception(node, &ids, today) else {
                continue;
            };
            for rule in &mut rules {
                if names.iter().any(|name| **name == *rule.id) {
                    rule.exceptions.push(exceptions.len());
                }
            }
            exceptions.push(exception);
        }
        for node in self.list(&tree, "tests") {
            if let Some(test) = self.test(node, index, &ids) {
                tests.push(test);
            }
        }
        let enforces = rules.iter().any(|rule| rule.mode == Mode::Enforce);
        if enforces && organisation.domains.is_empty() && organisation.former.is_empty() {
            let at = tree.child("organisation").map_or(tree.at, |node| node.at);
            self.problems.warning(
                at,
                "no domain is ours: every message would be `relayed` or `outbound`",
                "write `organisation: { domains: [agency.gov.vn] }`",
            );
        }
        Some(Policy {
            name: Arc::from(name),
            organisation,
            mode,
            rules,
            idle,
            exceptions,
            tree,
        })
    }

    /// The list under this key; an empty one where there is none.
    fn list<'n>(&mut self, tree: &'n Node, key: &str) -> &'n [Node] {
        match tree.child(key) {
            Some(Node {
                value: Value::List(items),
                ..
            }) => items,
            Some(Node {
                value: Value::Null, ..
            })
            | None => &[],
            Some(node) => {
                self.error(
                    node.at,
                    format!("`{key}` is {}, but a list is wanted", node.what()),
                    "begin each entry with `- id: …` on a line of its own",
                );
                &[]
            }
        }
    }

    /// An id or a name: short, plain, fit for a log, a metric's label and a header field.
    fn name(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.text(node, what)?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.len() <= 64 && text.chars().all(plain) && !text.starts_with('-') {
            return Some(text.to_owned());
        }
        let proposed: String = super::fold::fold(text)
            .to_lowercase()
            .chars()
            .map(|c| if plain(c) { c } else { '-' })
            .take(64)
            .collect();
        self.error(
            node.at,
            format!("`{text}` cannot be used as `{what}`: only a-z, 0-9 and `-`, at most 64"),
            format!("did you mean `{}`?", proposed.trim_matches('-')),
        );
        None
    }

    fn line(&mut self, entries: &Node, key: &str) -> String {
        let node = entries.child(key);
        node.and_then(|node| self.text(node, key))
            .map_or_else(String::new, |text| text.trim().to_owned())
    }

    fn organisation(&mut self, node: &Node) -> Organisation {
        let known = [
            "name",
            "regulation",
            "domains",
            "former",
            "state_domains",
            "contact",
        ];
        if self.map(node, "`organisation`", &known, &[]).is_none() {
            return Organisation::default();
        }
        let domains = |this: &mut Self, key: &str| match node.child(key) {
            Some(Node {
                value: Value::List(items),
                ..
            }) if items.is_empty() => Arc::default(),
            Some(node) => this.names(node, key, Entries::Domains).unwrap_or_default(),
            None => Arc::default(),
        };
        Organisation {
            name: self.line(node, "name"),
            regulation: self.line(node, "regulation"),
            contact: self.line(node, "contact"),
            domains: domains(self, "domains"),
            former: domains(self, "former"),
            state_domains: domains(self, "state_domains"),
        }
    }

    /// A rule in force, or one that is idle.
    fn rule(
        &mut self,
        node: &Node,
        mode: Mode,
        organisation: &Organisation,
    ) -> Option<Result<Rule, Idle>> {
        self.map(node, "a rule", RULE, &["sensitive", "points", "tests"])?;
        let id = Arc::<str>::from(self.name(node.child("id")?, "id")?);
        let before = self.problems.errors();
        let title = self.line(node, "title");
        let basis = Arc::<str>::from(self.line(node, "basis"));
        let directions = match node.child("for") {
            Some(node) => self.directions(node, "for").unwrap_or(Directions::NONE),
            None => Directions::ALL,
        };
        let then = match node.child("then") {
            Some(then) => self.action(then),
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
            Some(node) => self.word(node, "if_unknown", IF_UNKNOWN),
            None => Some(Action::Accept),
        };
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
        let enabled = node
            .child("enabled")
            .and_then(|node| self.boolean(node, "enabled"))
            .unwrap_or(true);
        let idle = |why: String| Idle {
            id: Arc::clone(&id),
            title: title.clone(),
            basis: Arc::clone(&basis),
            why,
            at: node.at,
        };
        if let Some(missing) = node.child("needs").and_then(|needs| self.missing(needs)) {
            return Some(Err(idle(format!(
                "needs {missing}, which this version does not have"
            ))));
        }
        let when = match node.child("when") {
            Some(when) => self.condition(when),
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
        let mut limit: Option<Limit> = None;
        if let Some(when) = &when {
            when.walk(&mut |condition| limit = limit.take().or_else(|| Limit::of(&condition.test)));
        }
        let reply = self.reply(
            node,
            then.unwrap_or_default(),
            &title,
            &basis,
            limit,
            organisation,
        );
        if self.problems.errors() > before {
            return None;
        }
        if !enabled {
            return Some(Err(idle("switched off (enabled: false)".to_owned())));
        }
        let unless = unless.flatten();
        let when = when?;
        let unless_files = unless.as_ref().is_some_and(Condition::asks_files);
        if unless_files && !when.asks_files() && !has_sum(&when) {
            let at = node.child("unless").map_or(node.at, |node| node.at);
            self.problems.warning(
                at,
                format!("`unless` takes files out of the view of `{id}`, but its `when` looks at no files"),
                "such an `unless` changes nothing: ask for the sender, the client or the recipient here",
            );
        }
        let rule = Rule {
            title,
            basis,
            directions,
            unless_files,
            when,
            unless,
            then: then?,
            if_unknown: if_unknown?,
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

    fn action(&mut self, node: &Node) -> Option<Action> {
        if let [entry, ..] = node.entries() {
            let help = match entry.key.as_str() {
                "defer" => {
                    "a bounded defer is not yet understood by this version of gacthu: write `then: defer`"
                }
                "points" => {
                    "points are not yet understood by this version of gacthu: write `then: note` or another action"
                }
                _ => "write one of note, tag, quarantine, defer, reject",
            };
            self.error(
                node.at,
                format!("`then` cannot be `{{ {}: … }}`", entry.key),
                help,
            );
            return None;
        }
        let text = self.text(node, "then")?;
        let foreign = match text {
            "accept" | "allow" | "permit" | "pass" | "skip" | "ignore" => {
                Some("no rule accepts: a rule that must not apply gets an `unless` or an exception")
            }
            "discard" | "drop" | "delete" => {
                Some("nothing is ever discarded in silence: use `quarantine` or `reject`")
            }
            "block" | "deny" | "refuse" | "bounce" => Some("did you mean `reject`?"),
            "log" | "report" => Some("did you mean `note`?"),
            "hold" => Some("did you mean `quarantine`?"),
            "mark" | "header" | "warn" => Some("did you mean `tag`?"),
            "tempfail" | "greylist" => Some("did you mean `defer`?"),
            _ => None,
        };
        if let Some(help) = foreign {
            self.error(node.at, format!("`{text}` is no value for `then`"), help);
            return None;
        }
        self.word(node, "then", ACTIONS)
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
                None => self.error(
                    at,
                    format!("there is no inspector `{text}`"),
                    suggest(text, INSPECTORS.iter().map(|(name, _)| *name)),
                ),
            }
        }
        missing
    }

    fn reply(
        &mut self,
        rule: &Node,
        then: Action,
        title: &str,
        basis: &str,
        limit: Option<Limit>,
        organisation: &Organisation,
    ) -> Option<Reply> {
        let node = rule.child("reply");
        if let Some(node) = node {
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
        let (vi, at) = vi?;
        let limit = limit.map(|limit| limit.text).unwrap_or_default();
        let values = Values {
            organisation,
            basis,
            limit: &limit,
            facts: None,
            file: None,
            recipient: None,
            reference: "XXXXXXXXXX",
        };
        if matches!(then, Action::Defer | Action::Reject)
            && let Some(over) = overlong(&vi, &values)
        {
            self.error(
                at,
                format!("the reply is {over} octets too long: text, clause, regulation and reference must fit into one line of 200"),
                "shorten the text; basis and regulation are added to it by gacthu",
            );
        }
        Some(Reply {
            vi,
            en: en?.0,
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

    fn exception(
        &mut self,
        node: &Node,
        ids: &Ids,
        today: Date,
    ) -> Option<(Exception, Vec<String>)> {
        let known = ["id", "rules", "when", "reason", "by", "until"];
        self.map(node, "an exception", &known, &["count"])?;
        let before = self.problems.errors();
        let id = self.name(node.child("id")?, "id")?;
        for key in ["rules", "when", "reason", "by"] {
            match node.child(key) {
                Some(_) => {}
                None => {
                    let help = match key {
                        "rules" => "name the rules that it takes away: `rules: [executable]`",
                        "when" => {
                            "say for whom: `when: { sender: { address: … }, authenticated: true }`"
                        }
                        "reason" => {
                            "say why, in words that an auditor understands: `reason: Công văn 123/STTTT`"
                        }
                        _ => "say who answers for it: `by: nguyen.van.a`",
                    };
                    self.error(
                        node.at,
                        format!("the exception `{id}` has no `{key}`"),
                        help,
                    );
                }
            }
        }
        self.line(node, "reason");
        self.line(node, "by");
        let mut rules = Vec::new();
        if let Some(node) = node.child("rules") {
            for (name, at) in self.texts(node, "rules") {
                if !ids.rules.iter().any(|rule| rule == name) {
                    self.error(
                        at,
                        format!("the exception `{id}` names a rule `{name}` that does not exist"),
                        suggest(name, ids.rules.iter().map(String::as_str)),
                    );
                } else if ids.never.contains(name) {
                    self.error(
                        at,
                        format!("the rule `{name}` allows no exceptions (`exceptions: never`)"),
                        "take it out of the list",
                    );
                } else {
                    rules.push(name.to_owned());
                }
            }
        }
        let when = node.child("when").and_then(|node| self.condition(node));
        if let (Some(when), Some(at)) = (&when, node.child("when").map(|node| node.at))
            && trusts_an_address(when)
        {
            self.error(
                at,
                format!("the exception `{id}` trusts a sender's address, which anyone can write"),
                "add `authenticated: true` for our own users, or `client: { network: … }` for a foreign server",
            );
        }
        let until = match node.child("until") {
            Some(node) => Some(self.date(node)?),
            None => None,
        };
        if let (Some(until), Some(at)) = (until, node.child("until").map(|node| node.at))
            && until < today
        {
            self.problems.warning(
                at,
                format!("the exception `{id}` ended on {until}: it is not in force"),
                "take it out, or give it a new end after asking who answers for it",
            );
        }
        if self.problems.errors() > before {
            return None;
        }
        let when = when?;
        let files = when.asks_files();
        let exception = Exception {
            id: Arc::from(id),
            when,
            files,
            until,
        };
        Some((exception, rules))
    }

    fn date(&mut self, node: &Node) -> Option<Date> {
        let text = self.text(node, "until")?;
        let strict = text.len() == 10;
        match text.parse::<Date>() {
            Ok(date) if strict => Some(date),
            _ => {
                let turned: Vec<_> = text.split(['/', '-', '.']).collect();
                let help = match turned.as_slice() {
                    [day, month, year] if year.len() == 4 && day.len() <= 2 && month.len() <= 2 => {
                        format!("write the year first: `{year}-{month:0>2}-{day:0>2}`")
                    }
                    _ => "write year, month and day: `2026-12-31`".to_owned(),
                };
                self.error(node.at, format!("`{text}` is not a date"), help);
                None
            }
        }
    }

    fn test(&mut self, node: &Node, policy: usize, ids: &Ids) -> Option<PolicyTest> {
        self.map(node, "a test", &["message", "given", "expect"], &[])?;
        let Some(message) = node.child("message") else {
            self.error(
                node.at,
                "the test names no `message`",
                "name a file: `message: ../corpus/main-job/plain-vi.eml`",
            );
            return None;
        };
        let path = self.text(message, "message")?.to_owned();
        let given = match node.child("given") {
            Some(given) => self.given(given)?,
            None => Given::default(),
        };
        let Some(expect) = node.child("expect") else {
            self.error(
                node.at,
                "the test expects nothing",
                "write `expect: { verdict: reject, rules: [executable] }`",
            );
            return None;
        };
        let expect = self.expect(expect, ids)?;
        let source = self.sources.files.get(node.at.file as usize)?;
        Some(PolicyTest {
            policy,
            place: Place {
                file: source.path.clone(),
                line: node.at.line,
                column: node.at.column,
            },
            message: self.beside(message.at, &path),
            given,
            expect,
        })
    }

    fn given(&mut self, node: &Node) -> Option<Given> {
        let known = [
            "client",
            "client_name",
            "auth",
            "from",
            "rcpt",
            "role",
            "helo",
            "tls",
            "own_network",
        ];
        let entries = self.map(node, "`given`", &known, &[])?;
        let mut given = Given::default();
        for entry in entries {
            let (key, node) = (entry.key.as_str(), &entry.node);
            match key {
                "client" => {
                    let text = self.text(node, key)?;
                    given.client = text.parse().ok();
                    if given.client.is_none() {
                        self.error(
                            node.at,
                            format!("`{text}` is not an IP address"),
                            "write for example `203.0.113.5`",
                        );
                    }
                }
                "client_name" => given.client_name = self.text(node, key).map(str::to_owned),
                "auth" => given.auth = self.text(node, key).map(str::to_owned),
                "helo" => given.helo = self.text(node, key).map(str::to_owned),
                // `from: ""` and `from: <>` are the null sender.
                "from" => given.from = Some(node.text().unwrap_or_default().to_owned()),
                "rcpt" => {
                    given.rcpt = self
                        .texts(node, key)
                        .into_iter()
                        .map(|(text, _)| text.to_owned())
                        .collect()
                }
                "role" => {
                    let words = [
                        ("mx", Role::Mx),
                        ("submission", Role::Submission),
                        ("mailbox", Role::Mailbox),
                        ("gateway", Role::Gateway),
                        ("local", Role::Local),
                    ];
                    given.role = self.word(node, key, &words)?;
                }
                "tls" => given.tls = self.boolean(node, key)?,
                "own_network" => given.own_network = self.boolean(node, key)?,
                _ => {}
            }
        }
        Some(given)
    }

    fn expect(&mut self, node: &Node, ids: &Ids) -> Option<Expect> {
        let entries = self.map(node, "`expect`", &["verdict", "applied", "rules"], &[])?;
        let mut words = ACTIONS.to_vec();
        words.push(("accept", Action::Accept));
        let mut expect = Expect::default();
        for entry in entries {
            let (key, node) = (entry.key.as_str(), &entry.node);
            match key {
                "verdict" => expect.verdict = self.word(node, key, &words)?,
                "applied" => expect.applied = Some(self.word(node, key, &words)?),
                "rules" if matches!(&node.value, Value::List(items) if items.is_empty()) => {
                    expect.rules = Some(Vec::new());
                }
                "rules" => {
                    let mut rules = Vec::new();
                    for (name, at) in self.texts(node, key) {
                        if !ids.rules.iter().any(|rule| rule == name) {
                            self.error(
                                at,
                                format!("the test expects a rule `{name}` that does not exist"),
                                suggest(name, ids.rules.iter().map(String::as_str)),
                            );
                        }
                        rules.push(name.to_owned());
                    }
                    expect.rules = Some(rules);
                }
                _ => {}
            }
        }
        if node.child("verdict").is_none() {
            let meant = entries
                .iter()
                .find_map(|entry| nearest(&entry.key, ["verdict"]));
            if meant.is_none() {
                self.error(
                    node.at,
                    "`expect` says no `verdict`",
                    "write `verdict:` with accept, note, tag, quarantine, defer or reject",
                );
            }
            return None;
        }
        Some(expect)
    }
}

fn ids(rules: &[Node]) -> Ids {
    let id = |node: &Node| node.child("id").and_then(Node::text).map(str::to_owned);
    let never = |node: &&Node| node.child("exceptions").and_then(Node::text) == Some("never");
    Ids {
        rules: rules.iter().filter_map(id).collect(),
        never: rules.iter().filter(never).filter_map(id).collect(),
    }
}

/// The first limit that a condition compares with: what `{limit}` stands for.
struct Limit {
    text: String,
    /// A size, not a number.
    size: bool,
}

impl Limit {
    fn of(test: &Test) -> Option<Self> {
        let (compare, size) = match test {
            Test::Sum(sum, compare) => (compare, sum.is_size()),
            Test::Message(number, compare) => (compare, *number == MessageNumber::Size),
            Test::Attachment(file) => (file.size.as_ref()?, true),
            _ => return None,
        };
        Some(Self {
            text: compare.limit.clone(),
            size,
        })
    }
}

fn has_sum(condition: &Condition) -> bool {
    let mut found = false;
    condition.walk(&mut |condition| found |= matches!(condition.test, Test::Sum(..)));
    found
}

/// Whether it can hold on the word of the sender alone: it asks for MAIL FROM or From, and nothing
/// beside them proves who sends.
fn trusts_an_address(condition: &Condition) -> bool {
    match &condition.test {
        Test::AddressOf(Who::Sender | Who::From, _)
        | Test::DomainOf(Who::Sender | Who::From, _) => true,
        Test::All(parts) => parts.iter().any(trusts_an_address) && !parts.iter().any(proves),
        Test::Any(parts) => parts.iter().any(trusts_an_address),
        _ => false,
    }
}

fn proves(condition: &Condition) -> bool {
    match &condition.test {
        Test::Authenticated(wanted) => *wanted,
        Test::ClientNetwork(_) => true,
        Test::All(parts) => parts.iter().any(proves),
        Test::Any(parts) => parts.iter().all(proves),
        _ => false,
    }
}
