//! A message from a file down the same road as `serve`: shared by `scan` and `policy test`.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    answer,
    engine::{Decision, Judging, Services},
    facts::{Network, Role, SessionFacts},
    message::{Address, Limits, Receiver, Spool},
    policy::{self, Destination},
    verdict::{Action, Fired},
};

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// Bytes at the beginning of a file in which its header is looked for.
const HEADER: usize = 1 << 20;

/// One message in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// The file.
    pub path: PathBuf,
    /// Where the message stands in an mbox; none: it is the whole file.
    pub range: Option<(u64, u64)>,
    /// Its number in that mbox, from 1.
    pub number: usize,
}

impl Source {
    /// A file that is one message.
    pub(super) fn whole(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            range: None,
            number: 0,
        }
    }

    /// How people and JSON name it: the path, and behind `#` its number in an mbox.
    pub(super) fn label(&self) -> String {
        match self.range {
            None => self.path.display().to_string(),
            Some(_) => format!("{}#{}", self.path.display(), self.number),
        }
    }

    fn open(&self) -> io::Result<io::Take<File>> {
        let mut file = File::open(&self.path)?;
        let length = match self.range {
            None => u64::MAX,
            Some((start, length)) => {
                file.seek(SeekFrom::Start(start))?;
                length
            }
        };
        Ok(file.take(length))
    }
}

/// The session and the envelope that a message in a file is judged with.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// MAIL FROM; none: From.
    pub from: Option<String>,
    /// RCPT TO; empty: To and Cc.
    pub rcpt: Vec<String>,
    /// The client's address.
    pub client: Option<IpAddr>,
    /// The client's verified name.
    pub client_name: Option<String>,
    /// HELO.
    pub helo: Option<String>,
    /// The SASL login.
    pub auth: Option<String>,
    /// Whether the session is encrypted.
    pub tls: bool,
    /// Which of the site's networks the client is in.
    pub network: Option<Network>,
    /// The listener's role.
    pub role: Role,
}

impl From<&policy::Given> for Given {
    fn from(given: &policy::Given) -> Self {
        Self {
            from: given.from.clone(),
            rcpt: given.rcpt.clone(),
            client: given.client,
            client_name: given.client_name.clone(),
            helo: given.helo.clone(),
            auth: given.auth.clone(),
            tls: given.tls,
            network: given.network,
            role: given.role,
        }
    }
}

/// A judged message and what had to be assumed of its envelope.
#[derive(Debug)]
pub(super) struct Judged {
    /// The decision at the end of message, or, where every recipient was refused at RCPT and
    /// Postfix would not send the content, the first of those.
    pub decision: Decision,
    /// Those of the other recipients that were refused at RCPT.
    pub refused: Vec<Decision>,
    /// In words: what was taken from the header for want of an envelope. Empty when all was given.
    pub assumed: String,
}

impl Judged {
    /// Every decision about the message, those at RCPT first.
    pub(super) fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.refused.iter().chain([&self.decision])
    }

    /// As if every rule were enforced: the strongest of all recipients.
    pub(super) fn verdict(&self) -> Action {
        let verdicts = self.decisions().map(Decision::verdict);
        verdicts.max().unwrap_or_default()
    }

    /// What Postfix would be told: the strongest of all recipients.
    pub(super) fn applied(&self) -> Action {
        let applied = self.decisions().map(|it| answer::answer(it).action());
        applied.max().unwrap_or_default()
    }

    /// The decision that has the strongest verdict: its reply and its reference are shown.
    pub(super) fn strongest(&self) -> &Decision {
        let verdict = self.verdict();
        self.decisions()
            .find(|decision| decision.verdict() == verdict)
            .unwrap_or(&self.decision)
    }

    /// Every rule that fired, for each recipient.
    pub(super) fn fired(&self) -> impl Iterator<Item = &Fired> {
        self.decisions()
            .flat_map(|decision| &decision.recipients)
            .flat_map(|recipient| &recipient.judgement.fired)
    }
}

/// Judges one message, as if Postfix had sent it.
///
/// # Errors
/// Those of reading the file.
pub(super) fn judge(
    services: &Arc<Services>,
    source: &Source,
    given: &Given,
) -> io::Result<Judged> {
    let mut file = source.open()?;
    let mut piece = Vec::with_capacity(PIECE);
    (&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
    let (sender, recipients, session, assumed) = envelope(services, &mut piece, &mut file, given)?;
    let mut judging = Judging::begin(services.clone(), session, sender);
    let mut refused: Vec<Decision> = recipients
        .into_iter()
        .filter_map(|recipient| judging.rcpt(recipient))
        .collect();
    // Where nobody is left, Postfix would not send the content: what was decided at RCPT stands.
    if judging.recipients() == 0 && !refused.is_empty() {
        return Ok(Judged {
            decision: refused.remove(0),
            refused,
            assumed,
        });
    }
    while !piece.is_empty() {
        judging.raw(&piece);
        piece.clear();
        (&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
    }
    Ok(Judged {
        decision: judging.end_now(),
        refused,
        assumed,
    })
}

type Envelope = (Address, Vec<Address>, SessionFacts, String);

/// The envelope that was given, completed from the header.
fn envelope(
    services: &Services,
    piece: &mut Vec<u8>,
    file: &mut impl Read,
    given: &Given,
) -> io::Result<Envelope> {
    let mut session = SessionFacts {
        role: given.role,
        client: given.client,
        client_name: given.client_name.clone(),
        helo: given.helo.clone(),
        authenticated: given.auth.clone(),
        tls: given.tls.then(|| "TLS".to_owned()),
        network: given.network,
        ..SessionFacts::default()
    };
    let mut assumed = Vec::new();
    if given.from.is_some() && !given.rcpt.is_empty() {
        let sender = parse(given.from.as_deref().unwrap_or_default());
        return Ok((
            sender,
            given.rcpt.iter().map(|to| parse(to)).collect(),
            session,
            String::new(),
        ));
    }
    while !header_is_whole(piece) && piece.len() < HEADER {
        let before = piece.len();
        file.take(PIECE as u64).read_to_end(piece)?;
        if piece.len() == before {
            break;
        }
    }
    // Read once for the envelope and once more for the judgement: a real envelope comes first too.
    let mut header = Receiver::new(&Spool::new(None, PIECE, PIECE as u64)?, Limits::default());
    header.raw(piece);
    header.end_of_headers();
    let headers = header.headers();
    let sender = match &given.from {
        Some(from) => parse(from),
        None => {
            assumed.push("MAIL FROM from the From field".to_owned());
            headers
                .addresses("from")
                .into_iter()
                .next()
                .unwrap_or_default()
        }
    };
    let recipients = if given.rcpt.is_empty() {
        assumed.push("RCPT TO from To and Cc".to_owned());
        let mut recipients = headers.addresses("to");
        recipients.extend(headers.addresses("cc"));
        recipients.dedup();
        recipients
    } else {
        given.rcpt.iter().map(|to| parse(to)).collect()
    };
    let recipients = if recipients.is_empty() {
        assumed.push("no recipient at all: judged as for <>".to_owned());
        vec![Address::default()]
    } else {
        recipients
    };
    // Nothing says who handed it in: a letter written from one of our domains is taken as ours.
    let silent = given.auth.is_none() && given.client.is_none() && given.network.is_none();
    if silent && given.role == Role::Mx {
        let as_recipient = services.policy().route(&session, &sender, &sender);
        if as_recipient.destination == Destination::Ours {
            assumed.push("sent by one of ours, since its sender is".to_owned());
            session.network = Some(Network::MailboxServers);
        }
    }
    Ok((sender, recipients, session, assumed.join("; ")))
}

fn parse(address: &str) -> Address {
    Address::parse_path(address.as_bytes())
}

fn header_is_whole(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"\n\n").is_some()
        || memchr::memmem::find(bytes, b"\n\r\n").is_some()
}
