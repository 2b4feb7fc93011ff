//! The tests that stand in a policy file: a message, an envelope, what is expected.

use std::{net::IpAddr, path::PathBuf};

use super::Place;
use crate::{facts::Role, verdict::Action};

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
    /// Whether the client is in one of the site's own networks.
    pub own_network: bool,
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
