//! The tests that stand in a policy file: a message, an envelope, what is expected.

use std::{net::IpAddr, path::PathBuf};

use super::{
    Place,
    meant::has_meant,
    read::{ACTIONS, Ids},
    reader::Reader,
    report::suggest,
    yaml::{Node, Value},
};
use crate::{
    facts::{Network, Role},
    verdict::Action,
};

/// One test of a policy: `gacthu policy test` sends the message down the same road as `serve`.
#[derive(Clone, Debug)]
pub struct PolicyTest {
    /// Index of the policy that the test belongs to.
    pub policy: usize,
    /// Where it is written.
    pub place: Place,
    /// The message's file, resolved beside the policy's file. Not looked at when loading.
    pub message: PathBuf,
    /// The session and the envelope.
    pub given: Given,
    /// What must come of it.
    pub expect: Expect,
}

/// The session and envelope of a [`PolicyTest`]. Without `from` and `rcpt` those of the header count.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The client's address.
    pub client: Option<IpAddr>,
    /// The client's verified name.
    pub client_name: Option<String>,
    /// The SASL login.
    pub auth: Option<String>,
    /// MAIL FROM, as written; `<>` or empty for the null sender.
    pub from: Option<String>,
    /// RCPT TO, as written.
    pub rcpt: Vec<String>,
    /// The listener's role.
    pub role: Role,
    /// HELO or EHLO argument.
    pub helo: Option<String>,
    /// Whether the session is encrypted.
    pub tls: bool,
    /// Which of the site's networks the client is in.
    pub network: Option<Network>,
}

/// What a [`PolicyTest`] expects, for the strongest of its recipients.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// The verdict as if every rule were enforced.
    pub verdict: Action,
    /// What Postfix is told, if the test says.
    pub applied: Option<Action>,
    /// The ids of all rules that fire, in any order, if the test says.
    pub rules: Option<Vec<String>>,
}

impl Reader {
    pub(super) fn test(&mut self, node: &Node, policy: usize, ids: &Ids) -> Option<PolicyTest> {
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
            "network",
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
                "own_network" => {
                    let ours = self.boolean(node, key)?;
                    given.network = ours.then_some(Network::MailboxServers);
                }
                "network" => {
                    let words = Network::ALL.map(|network| (network.as_str(), network));
                    given.network = Some(self.word(node, key, &words)?);
                }
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
            let known = ["verdict", "applied", "rules"];
            if !has_meant(node, "`expect`", &known, "verdict") {
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
