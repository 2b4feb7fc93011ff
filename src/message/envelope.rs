//! The envelope: the SMTP session and the commands before the content, with Postfix's macros.
//!
//! The session survives ABORT; sender, recipients and the queue id belong to one message
//! (`../shared/milter.md`: one connection carries many messages).

use std::net::IpAddr;

use super::Address;

/// What is known before the content.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// The SMTP session.
    pub session: Session,
    /// MAIL FROM; none before it came.
    pub sender: Option<Sender>,
    /// RCPT TO, in order.
    pub recipients: Vec<Recipient>,
    /// Postfix's queue id (`i`): known after the first accepted recipient.
    pub queue_id: Option<String>,
    /// Macros that came for the next recipient.
    next_recipient: Route,
    /// Macros that came for the sender.
    sender_route: Route,
}

/// The SMTP session, each fact as text as the mail server gives it.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The client's address; none for unix sockets.
    pub client: Option<IpAddr>,
    /// The client's port.
    pub client_port: Option<u16>,
    /// The client's verified name (CONNECT); `unknown` and `[...]` are left out.
    pub client_name: Option<String>,
    /// The client's unverified reverse name (`{client_ptr}`).
    pub client_ptr: Option<String>,
    /// HELO or EHLO.
    pub helo: Option<String>,
    /// `{daemon_name}`.
    pub daemon_name: Option<String>,
    /// `{daemon_addr}`.
    pub daemon_addr: Option<String>,
    /// The mail server's own name (`j`).
    pub host: Option<String>,
    /// The mail server's version (`v`).
    pub version: Option<String>,
    /// `{tls_version}`.
    pub tls_version: Option<String>,
    /// `{cipher}`.
    pub tls_cipher: Option<String>,
    /// `{cert_subject}`.
    pub cert_subject: Option<String>,
    /// `{cert_issuer}`.
    pub cert_issuer: Option<String>,
    /// `{auth_type}`: the SASL mechanism.
    pub auth_type: Option<String>,
    /// `{auth_authen}`: the login.
    pub auth_authen: Option<String>,
    /// `{auth_author}`: the AUTH= argument of MAIL.
    pub auth_author: Option<String>,
}

/// MAIL FROM.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    /// The address; empty for `<>`.
    pub address: Address,
    /// As written.
    pub raw: String,
    /// ESMTP arguments (`SIZE=1000`), as written.
    pub args: Vec<String>,
    /// `{mail_addr}`, `{mail_host}`, `{mail_mailer}`.
    pub route: Route,
}

/// RCPT TO.
#[derive(Clone, Debug, Default)]
pub struct Recipient {
    /// The address.
    pub address: Address,
    /// As written: what DELRCPT must name.
    pub raw: String,
    /// ESMTP arguments (`NOTIFY=NEVER`), as written.
    pub args: Vec<String>,
    /// `{rcpt_addr}`, `{rcpt_host}`, `{rcpt_mailer}`.
    pub route: Route,
}

/// Where the mail server would send to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The address after rewriting.
    pub addr: Option<String>,
    /// The next host.
    pub host: Option<String>,
    /// The transport (`local`, `smtp`, `error`).
    pub mailer: Option<String>,
}

impl Envelope {
    /// CONNECT: the client's name, address and port as the mail server gives them.
    pub fn connect(&mut self, name: &str, address: Option<IpAddr>, port: Option<u16>) {
        self.session.client_name = verified(name);
        self.session.client = address;
        self.session.client_port = port;
    }

    /// HELO or EHLO.
    pub fn helo(&mut self, name: &str) {
        self.session.helo = non_empty(name);
    }

    /// MAIL FROM with its ESMTP arguments; macros must have been set before.
    pub fn mail(&mut self, path: &[u8], args: Vec<String>) {
        self.sender = Some(Sender {
            address: Address::parse_path(path),
            raw: String::from_utf8_lossy(path).into_owned(),
            args,
            route: std::mem::take(&mut self.sender_route),
        });
    }

    /// RCPT TO with its ESMTP arguments; macros must have been set before.
    pub fn rcpt(&mut self, path: &[u8], args: Vec<String>) {
        self.recipients.push(Recipient {
            address: Address::parse_path(path),
            raw: String::from_utf8_lossy(path).into_owned(),
            args,
            route: std::mem::take(&mut self.next_recipient),
        });
    }

    /// Takes back the last recipient: the mail server or we refused it.
    pub fn drop_last_recipient(&mut self) {
        self.recipients.pop();
    }

    /// Sets a macro, whatever stage it came with; braces do not count, unknown names are ignored.
    pub fn set_macro(&mut self, name: &str, value: &str) {
        let name = name
            .strip_prefix('{')
            .and_then(|n| n.strip_suffix('}'))
            .unwrap_or(name);
        let session = &mut self.session;
        let slot = match name {
            "client_addr" => {
                let value = value.strip_prefix("IPv6:").unwrap_or(value);
                if let Ok(address) = value.parse() {
                    session.client = Some(address);
                }
                return;
            }
            "client_port" => {
                if let Ok(port) = value.parse() {
                    session.client_port = Some(port);
                }
                return;
            }
            "client_name" => {
                session.client_name = verified(value);
                return;
            }
            "client_ptr" => {
                session.client_ptr = verified(value);
                return;
            }
            "daemon_name" => &mut session.daemon_name,
            "daemon_addr" => &mut session.daemon_addr,
            "j" => &mut session.host,
            "v" => &mut session.version,
            "tls_version" => &mut session.tls_version,
            "cipher" => &mut session.tls_cipher,
            "cert_subject" => &mut session.cert_subject,
            "cert_issuer" => &mut session.cert_issuer,
            "auth_type" => &mut session.auth_type,
            "auth_authen" => &mut session.auth_authen,
            "auth_author" => &mut session.auth_author,
            "i" => &mut self.queue_id,
            "mail_addr" => &mut self.sender_route.addr,
            "mail_host" => &mut self.sender_route.host,
            "mail_mailer" => &mut self.sender_route.mailer,
            "rcpt_addr" => &mut self.next_recipient.addr,
            "rcpt_host" => &mut self.next_recipient.host,
            "rcpt_mailer" => &mut self.next_recipient.mailer,
            _ => return,
        };
        *slot = non_empty(value);
    }

    /// Forgets the message, keeps the session (ABORT, and after each message).
    pub fn reset_message(&mut self) {
        self.sender = None;
        self.recipients.clear();
        self.queue_id = None;
        self.next_recipient = Route::default();
        self.sender_route = Route::default();
        // Postfix sends these with each MAIL again when they still hold, and never an empty one.
        self.session.auth_type = None;
        self.session.auth_authen = None;
        self.session.auth_author = None;
    }
}

fn non_empty(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

fn verified(name: &str) -> Option<String> {
    (!name.is_empty() && name != "unknown" && !name.starts_with('[')).then(|| name.to_owned())
}
