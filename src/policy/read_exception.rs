//! One exception: tree → [`Exception`] and the rules that it takes away.

use std::sync::Arc;

use jiff::civil::Date;

use super::{
    condition::{Condition, Test, Who},
    meant::has_meant,
    model::Exception,
    read::Ids,
    reader::Reader,
    report::suggest,
    yaml::Node,
};

impl Reader {
    pub(super) fn exception(
        &mut self,
        node: &Node,
        ids: &Ids,
        today: Date,
    ) -> Option<(Exception, Vec<String>)> {
        let known = ["id", "rules", "when", "reason", "by", "authority", "until"];
        self.map(node, "an exception", &known, &["count"])?;
        let before = self.problems.errors();
        let id = self.name(node.child("id")?, "id")?;
        for key in ["rules", "when", "reason", "by"] {
            match node.child(key) {
                Some(_) => {}
                None if has_meant(node, "an exception", &known, key) => {}
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
        self.line(node, "authority");
        let mut rules = Vec::new();
        if let Some(named) = node.child("rules") {
            for (name, at) in self.texts(named, "rules") {
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
                    self.may_decide(node, &id, name, ids);
                    rules.push(name.to_owned());
                }
            }
        }
        let when = node.child("when").and_then(|node| self.condition(node));
        if let (Some(when), Some(at)) = (&when, node.child("when").map(|node| node.at))
            && trusts(when, true)
        {
            self.error(
                at,
                format!("the exception `{id}` trusts what anyone can write: a sender's address, a HELO name or words in the letter"),
                "add `authenticated: true` for our own users, or `client: { network: … }` for a foreign server; aligned SPF or DKIM, which would show it too, cannot be asked in this version",
            );
        }
        if let (Some(when), Some(at)) = (&when, node.child("when").map(|node| node.at))
            && when.asks_points()
        {
            self.error(
                at,
                format!("the exception `{id}` asks for points"),
                "points are there for rules: ask for the sender, the client, the recipient or a file",
            );
        }
        if let (Some(when), Some(at)) = (&when, node.child("when").map(|node| node.at))
            && trusts_a_mailbox(when)
        {
            self.error(
                at,
                format!("the exception `{id}` lets a mailbox send on to anyone"),
                "say where to as well: `recipient: { domain: doi-tac.example }`; the mailbox is known by headers, which others can write",
            );
        }
        let until = match node.child("until") {
            Some(node) => Some(self.date(node)?),
            None => {
                if !has_meant(node, "an exception", &known, "until") {
                    self.problems.warning(
                        node.at,
                        format!(
                            "the exception `{id}` has no end: it stays until someone remembers it"
                        ),
                        "give it a last day: `until: 2026-12-31`",
                    );
                }
                None
            }
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

    /// Whether the exception names the one who decides about exceptions to a rule, where the rule says who.
    fn may_decide(&mut self, node: &Node, id: &str, rule: &str, ids: &Ids) {
        let Some(wanted) = ids.authority.get(rule) else {
            return;
        };
        let given = node.child("authority").and_then(Node::text);
        if given.map(str::trim) != Some(wanted.as_str()) {
            let at = node.child("authority").map_or(node.at, |node| node.at);
            self.error(
                at,
                format!("about exceptions to `{rule}` decides {wanted}, and `{id}` does not say that it did"),
                format!("write `authority: {wanted}`, and its document as the `reason`"),
            );
        }
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
                    [year, month, day] if year.len() == 4 && day.len() == 2 && month.len() == 2 => {
                        "there is no such day in the calendar".to_owned()
                    }
                    _ => "write year, month and day: `2026-12-31`".to_owned(),
                };
                self.error(node.at, format!("`{text}` is not a date"), help);
                None
            }
        }
    }
}

/// Whether it can hold on the word of the sender alone: it asks for MAIL FROM, From or HELO, and
/// nothing beside them proves who sends.
pub(super) fn trusts_an_address(condition: &Condition) -> bool {
    trusts(condition, false)
}

/// The same; `words`: or on what the letter says.
fn trusts(condition: &Condition, words: bool) -> bool {
    match &condition.test {
        Test::Pattern(_) => words,
        Test::AddressOf(Who::Sender | Who::From, _)
        | Test::DomainOf(Who::Sender | Who::From, _)
        | Test::EmptySender(_)
        | Test::Helo(_) => true,
        Test::All(parts) => {
            parts.iter().any(|part| trusts(part, words)) && !parts.iter().any(proves)
        }
        Test::Any(parts) => parts.iter().any(|part| trusts(part, words)),
        // Who is nobody of those can be had as easily as who is.
        Test::Not(part) => trusts(part, words),
        _ => false,
    }
}

/// Whether it can hold for a mailbox that sends on, wherever it sends to.
fn trusts_a_mailbox(condition: &Condition) -> bool {
    match &condition.test {
        Test::Forwarding(test) => test.names_a_mailbox(),
        Test::All(parts) => {
            parts.iter().any(trusts_a_mailbox) && !parts.iter().any(names_a_recipient)
        }
        Test::Any(parts) => parts.iter().any(trusts_a_mailbox),
        Test::Not(part) => trusts_a_mailbox(part),
        _ => false,
    }
}

fn names_a_recipient(condition: &Condition) -> bool {
    match &condition.test {
        Test::AddressOf(Who::Recipient, _) | Test::DomainOf(Who::Recipient, _) => true,
        Test::All(parts) => parts.iter().any(names_a_recipient),
        Test::Any(parts) => parts.iter().all(names_a_recipient),
        _ => false,
    }
}

fn proves(condition: &Condition) -> bool {
    match &condition.test {
        Test::Authenticated(wanted) => *wanted,
        Test::ClientIn(_) | Test::ClientNetwork(_) => true,
        Test::All(parts) => parts.iter().any(proves),
        Test::Any(parts) => parts.iter().all(proves),
        _ => false,
    }
}
