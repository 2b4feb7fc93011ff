//! Whether a machine sent the letter on: what was found, and what it comes to for a recipient.
//!
//! A letter bears *signals*; each signal has a [`Cause`]: the one question that it answers. Signals of one
//! cause are found together for one reason, innocent or not, so they count once (`docs/forwarding.md`).

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use crate::message::Address;

/// What a signal says; two causes are independent: no innocent letter shows both for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It was written elsewhere. Innocent: one of ours writes under a foreign name.
    Author,
    /// It was written to somebody else. Innocent: Bcc, lists.
    Addressing,
    /// It has been in a mailbox. Innocent: a person sends it again.
    Delivery,
    /// A program that forwards says so. Innocent: the same program's out-of-office.
    Program,
    /// It was sent again (RFC 5322 section 3.6.6). Innocent: a person did it.
    Resent,
    /// It carries another letter. Innocent: a person's Forward; counts only beside [`Self::Program`].
    Content,
}

/// One signal: its name, its cause, what it means.
#[derive(Debug, PartialEq, Eq)]
pub struct Signal {
    /// The name that policies, facts and logs use; never changed once it has been released.
    pub id: &'static str,
    /// Which question it answers.
    pub cause: Cause,
    /// In words, for explanations.
    pub what: &'static str,
}

impl Signal {
    /// The signal with this id.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        SIGNALS.iter().find(|known| known.id == id)
    }
}

impl Serialize for Signal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

const fn signal(id: &'static str, cause: Cause, what: &'static str) -> Signal {
    Signal { id, cause, what }
}

/// All signals, by cause.
pub const SIGNALS: &[Signal] = &[
    signal(
        "foreign-sender",
        Cause::Author,
        "one of ours hands it in, and the envelope sender is not ours",
    ),
    signal(
        "foreign-from",
        Cause::Author,
        "one of ours hands it in, and no address of From is ours",
    ),
    signal(
        "srs",
        Cause::Author,
        "the envelope sender was rewritten by a forwarder (SRS)",
    ),
    signal(
        "foreign-hop",
        Cause::Author,
        "a Received line shows that it came from elsewhere",
    ),
    signal(
        "foreign-signature",
        Cause::Author,
        "DKIM or ARC of another domain stands on it",
    ),
    signal(
        "not-addressed",
        Cause::Addressing,
        "the recipient stands in neither To nor Cc",
    ),
    signal(
        "delivered-to",
        Cause::Delivery,
        "Delivered-To names another mailbox",
    ),
    signal(
        "original-to",
        Cause::Delivery,
        "X-Original-To names another mailbox",
    ),
    signal(
        "received-for",
        Cause::Delivery,
        "a Received line was `for` another mailbox",
    ),
    signal(
        "sieve",
        Cause::Program,
        "X-Sieve-Redirected-From (Dovecot Pigeonhole)",
    ),
    signal("zimbra", Cause::Program, "X-Zimbra-Forwarded"),
    signal(
        "exchange",
        Cause::Program,
        "a rule or the forwarding of Exchange or Outlook (X-MS-Exchange-*)",
    ),
    signal(
        "x-forwarded",
        Cause::Program,
        "X-Forwarded-To, X-Forwarded-For or X-Forwarded-Encrypted (Gmail and others)",
    ),
    signal(
        "caf-sender",
        Cause::Program,
        "the envelope sender is Gmail's forwarding (+caf_=)",
    ),
    signal(
        "provider-header",
        Cause::Program,
        "a header of Yahoo, Yandex, Mail.ru or Proton for forwarded mail",
    ),
    signal(
        "auto-forwarded",
        Cause::Program,
        "Autoforwarded or Auto-Submitted says so (RFC 2156)",
    ),
    signal(
        "resent",
        Cause::Resent,
        "Resent-From without the recipient in Resent-To or Resent-Cc",
    ),
    signal(
        "forwarded-content",
        Cause::Content,
        "it carries another letter, attached or quoted with its header",
    ),
];

/// A public mail provider, by the domains of its mailboxes.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// The name that policies, logs and metrics use.
    pub id: &'static str,
    domains: &'static [&'static str],
}

/// The providers whose forwarding is told apart. `policies/lists/public-mail.txt` holds more domains: those are
/// for rules on addresses, these give a name to what forwards.
pub const PROVIDERS: &[Provider] = &[
    provider("gmail", &["gmail.com", "googlemail.com"]),
    provider(
        "yahoo",
        &[
            "yahoo.com",
            "yahoo.com.vn",
            "ymail.com",
            "rocketmail.com",
            "aol.com",
            "yahoo.fr",
            "yahoo.co.uk",
            "yahoo.co.jp",
        ],
    ),
    provider(
        "outlook",
        &[
            "outlook.com",
            "outlook.com.vn",
            "hotmail.com",
            "live.com",
            "msn.com",
        ],
    ),
    provider("icloud", &["icloud.com", "me.com", "mac.com"]),
    provider("proton", &["proton.me", "protonmail.com", "pm.me"]),
    provider("zoho", &["zoho.com", "zohomail.com", "zoho.eu"]),
    provider(
        "yandex",
        &["yandex.ru", "yandex.com", "ya.ru", "yandex.by", "yandex.kz"],
    ),
    provider(
        "mail-ru",
        &["mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru"],
    ),
    // Mailboxes that Vietnamese carriers gave with a line; how they forward is not documented.
    provider("vnn", &["vnn.vn", ".vnn.vn"]),
    provider("fpt", &["fpt.vn", ".fpt.vn"]),
];

const fn provider(id: &'static str, domains: &'static [&'static str]) -> Provider {
    Provider { id, domains }
}

impl Provider {
    /// Whose mailbox this is; none for any other domain.
    pub fn of(address: &Address) -> Option<&'static Self> {
        let domain = address.domain();
        let holds = |entry: &str| match entry.strip_prefix('.') {
            Some(_) => domain.ends_with(entry),
            None => domain == entry,
        };
        PROVIDERS
            .iter()
            .find(|provider| provider.domains.iter().any(|entry| holds(entry)))
    }
}

/// What a letter is for one recipient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Letter {
    /// None of the others.
    #[default]
    Ordinary,
    /// A person's Forward, inline or as an attachment, or a letter that a person sent again.
    Person,
    /// An out-of-office that we wrote.
    OutOfOffice,
    /// A reply to an invitation that we wrote.
    CalendarReply,
    /// A list of ours, with its own envelope sender; or any list that comes in.
    List,
    /// A delivery report or a read receipt (`multipart/report`, null sender).
    Report,
    /// Sent on by a machine, inside the state's domains.
    Alias,
    /// Sent on by a machine.
    Machine,
}

impl Letter {
    /// All of them, with the words that policies use.
    pub const WORDS: [(&'static str, Self); 8] = [
        ("ordinary", Self::Ordinary),
        ("person", Self::Person),
        ("out-of-office", Self::OutOfOffice),
        ("calendar-reply", Self::CalendarReply),
        ("list", Self::List),
        ("report", Self::Report),
        ("alias", Self::Alias),
        ("machine", Self::Machine),
    ];

    /// The word that policies, events and logs use.
    pub fn as_str(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, letter)| *letter == self);
        found.map_or("ordinary", |(word, _)| word)
    }
}

/// Which way a letter that is sent on would go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// One of ours hands it in.
    Out,
    /// Anyone else does.
    #[default]
    In,
}

/// One signal that was found, and whom it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub signal: &'static Signal,
    /// The mailbox that it names. Class: address.
    pub who: Option<Address>,
}

/// What is known of a letter that may have been sent on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarding {
    /// Which way.
    pub way: Way,
    /// What it is by itself, whatever the signals come to.
    pub letter: Letter,
    /// Whether [`Self::letter`] stands however many signals there are.
    pub settled: bool,
    /// The signals of the letter, each once, in the order of [`SIGNALS`]; [`Self::unnamed`] gives one more.
    pub signals: Vec<Found>,
    /// Whether it is seen to have come from elsewhere, and not only written under a foreign name.
    pub travelled: bool,
    /// Coming in: a header says outright that it was forwarded to one of ours.
    pub told: bool,
    /// Whether a program of ours wrote it: a delivery report, a receipt, an answer by itself, which no line shows to
    /// have come from outside. To refuse one that is sent
    /// on would bring the next report to the same mailbox, which sends that on too, without an end.
    pub automatic: bool,
    /// The mailbox that sends it on, as far as it can be told. Class: address.
    pub mailbox: Option<Address>,
    /// Whose mailbox that is, for a public provider.
    pub provider: Option<&'static str>,
    /// The recipients that stand in neither To nor Cc.
    pub unnamed: BTreeSet<Address>,
    /// The recipients whose domains are ours or the state's.
    pub inside: BTreeSet<Address>,
    /// The recipients that look like the author's own box elsewhere.
    pub own: BTreeSet<Address>,
}

/// What the signals come to for one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// What the letter is.
    pub letter: Letter,
    /// The independent causes.
    pub causes: Vec<Cause>,
    /// How sure it is that a machine sent it on, 0 to 99.
    pub confidence: u8,
    /// The names of all signals that counted.
    pub signals: Vec<&'static str>,
}

impl Forwarding {
    /// What it comes to for this recipient.
    pub fn evidence(&self, recipient: &Address) -> Evidence {
        let mut causes: BTreeSet<Cause> = self.signals.iter().map(|it| it.signal.cause).collect();
        let mut signals: Vec<_> = self.signals.iter().map(|it| it.signal.id).collect();
        if !causes.contains(&Cause::Program) {
            causes.remove(&Cause::Content);
            signals.retain(|id| *id != "forwarded-content");
        }
        // Bcc makes an ordinary letter look so, one under a foreign name too.
        let beside = [Cause::Delivery, Cause::Program, Cause::Resent];
        let beside = self.travelled || beside.iter().any(|cause| causes.contains(cause));
        if self.unnamed.contains(recipient) && beside {
            causes.insert(Cause::Addressing);
            signals.push("not-addressed");
        }
        let machine = causes.len() >= ENOUGH || self.told;
        let mut confidence: u8 = match causes.len() {
            0 => 0,
            1 => 30,
            2 => 80,
            3 => 95,
            _ => 99,
        };
        if self.told {
            confidence = confidence.max(80);
        }
        let letter = match self.letter {
            letter if self.settled => letter,
            _ if machine && self.way == Way::Out && self.inside.contains(recipient) => {
                Letter::Alias
            }
            _ if machine => Letter::Machine,
            letter => letter,
        };
        Evidence {
            letter,
            causes: causes.into_iter().collect(),
            confidence,
            signals,
        }
    }

    /// What it comes to for the recipient for whom most speaks for a machine; none without recipients.
    pub fn strongest(&self, recipients: &[Address]) -> Option<Evidence> {
        let all = recipients.iter().map(|it| self.evidence(it));
        all.max_by_key(|it| (it.letter, it.confidence))
    }

    /// Takes out the addresses, for a message that may leave nothing.
    pub(crate) fn strip(&mut self) {
        self.mailbox = None;
        for found in &mut self.signals {
            found.who = None;
        }
    }
}

/// Independent causes that make a machine's forward of it.
const ENOUGH: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse_path(text.as_bytes())
    }

    fn with(ids: &[&str]) -> Forwarding {
        let found = |id: &&str| Found {
            signal: Signal::by_id(id).unwrap(),
            who: None,
        };
        Forwarding {
            way: Way::Out,
            signals: ids.iter().map(found).collect(),
            ..Forwarding::default()
        }
    }

    #[test]
    fn every_signal_stands_once_and_its_name_is_plain() {
        for (index, signal) in SIGNALS.iter().enumerate() {
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(signal.id.chars().all(plain), "{}", signal.id);
            assert!(
                SIGNALS[..index].iter().all(|it| it.id != signal.id),
                "{}",
                signal.id
            );
            assert_eq!(Signal::by_id(signal.id), Some(signal));
        }
    }

    #[test]
    fn signals_of_one_cause_count_once() {
        let to = address("a@x.com");
        for (ids, causes) in [
            (&[][..], 0),
            (&["foreign-sender", "foreign-from", "srs", "foreign-hop"], 1),
            (&["sieve", "exchange", "x-forwarded", "caf-sender"], 1),
            (&["delivered-to", "original-to", "received-for"], 1),
            (&["foreign-from", "sieve"], 2),
            (&["foreign-from", "delivered-to", "sieve"], 3),
            // A person's Forward carries another letter too.
            (&["forwarded-content"], 0),
            (&["forwarded-content", "foreign-from"], 1),
            (&["forwarded-content", "exchange"], 2),
        ] {
            let evidence = with(ids).evidence(&to);
            assert_eq!(evidence.causes.len(), causes, "{ids:?}");
            let machine = evidence.letter == Letter::Machine;
            assert_eq!(machine, causes >= 2, "{ids:?}");
        }
    }

    #[test]
    fn bcc_is_no_second_signal_for_a_letter_that_was_written_here() {
        let (to, other) = (address("a@x.com"), address("b@x.com"));
        let mut letter = with(&["foreign-sender", "foreign-from"]);
        letter.unnamed.insert(to.clone());
        assert_eq!(letter.evidence(&to).letter, Letter::Ordinary);
        letter.travelled = true;
        assert_eq!(letter.evidence(&to).letter, Letter::Machine);
        assert_eq!(letter.evidence(&other).letter, Letter::Ordinary);
        letter.inside.insert(to.clone());
        assert_eq!(letter.evidence(&to).letter, Letter::Alias);
        letter.settled = true;
        letter.letter = Letter::List;
        assert_eq!(letter.evidence(&to).letter, Letter::List);
    }

    #[test]
    fn providers_are_known_by_the_mailbox() {
        for (mailbox, expected) in [
            ("a@gmail.com", Some("gmail")),
            ("a@GoogleMail.com", Some("gmail")),
            ("a@notgmail.com", None),
            ("a@hcm.vnn.vn", Some("vnn")),
            ("a@xvnn.vn", None),
            ("a@bk.ru", Some("mail-ru")),
            ("a@so.gov.vn", None),
        ] {
            let found = Provider::of(&address(mailbox)).map(|it| it.id);
            assert_eq!(found, expected, "{mailbox}");
        }
    }
}
