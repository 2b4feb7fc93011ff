//! Header fields by which programs say that they forward. Shapes: `docs/forwarding.md`.
//!
//! A mark counts where it can mean this very forward: going out, where it names one of our mailboxes or
//! stands above the line by which the letter came in; coming in, where it does not name somebody else
//! as the target. A mark that was carried along from an earlier forward is none.

use super::{Standing, trail::Trail};
use crate::{
    facts::Way,
    message::{Address, Headers},
};

/// The marks of forwarding programs.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Those that count, from the top.
    pub(super) found: Vec<Mark>,
    /// A mark says that it was forwarded to one of ours, or a provider says that it forwards.
    pub(super) told: bool,
    /// The mailbox that such a mark names: what only names a mailbox may be of an earlier forward.
    pub(super) teller: Option<Address>,
    /// The provider, where the mark itself tells it.
    pub(super) provider: Option<&'static str>,
}

/// One mark.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) signal: &'static str,
    /// The mailbox that forwards.
    pub(super) who: Option<Address>,
    /// Where it forwards to.
    to: Option<Address>,
    /// Its place among the fields; 0 for the envelope.
    index: usize,
    provider: Option<&'static str>,
    /// Whether the provider's own server hands it over.
    handed_over: bool,
}

impl Mark {
    fn new(signal: &'static str, index: usize) -> Self {
        Self {
            signal,
            who: None,
            to: None,
            index,
            provider: None,
            handed_over: false,
        }
    }
}

impl Marks {
    pub(super) fn of(headers: &Headers, standing: &Standing, trail: &Trail, way: Way) -> Self {
        let mut marks = Self::default();
        let mut all: Vec<Mark> = caf(&standing.sender).into_iter().collect();
        for (index, field) in headers.iter().enumerate() {
            if all.len() >= MOST {
                break;
            }
            let Ok(name) = std::str::from_utf8(field.name) else {
                continue;
            };
            let value = field.value.get(..LONGEST).unwrap_or(field.value);
            all.extend(mark(name, value, index, standing));
        }
        for mark in all {
            let counts = match way {
                Way::Out => mark.goes_out(standing, trail),
                Way::In => mark.comes_in(standing),
            };
            if !counts {
                continue;
            }
            let to_us = mark.to.as_ref().is_some_and(|to| standing.our_box(to));
            if way == Way::In && (to_us || mark.handed_over) {
                marks.told = true;
                marks.teller = marks.teller.take().or_else(|| mark.who.clone());
            }
            if way == Way::In {
                marks.provider = marks.provider.or(mark.provider);
            }
            marks.found.push(mark);
        }
        marks
    }
}

impl Mark {
    fn goes_out(&self, standing: &Standing, trail: &Trail) -> bool {
        if let Some(who) = &self.who
            && standing.our_box(who)
        {
            return true;
        }
        // Of another's forwarding into our mailbox.
        if self.to.as_ref().is_some_and(|to| standing.our_box(to)) {
            return false;
        }
        let target = self
            .to
            .as_ref()
            .is_some_and(|to| standing.recipients.contains(to));
        if target && trail.may_be_ours(self.index) {
            return true;
        }
        match &self.who {
            Some(who) if !who.domain().contains('.') => trail.may_be_ours(self.index),
            Some(_) => trail.is_surely_ours(self.index),
            None => self.to.is_none() && trail.may_be_ours(self.index),
        }
    }

    fn comes_in(&self, standing: &Standing) -> bool {
        let to_us = self
            .to
            .as_ref()
            .is_none_or(|to| standing.our_box(to) || standing.recipients.contains(to));
        let by_us = self.who.as_ref().is_some_and(|who| standing.our_box(who));
        to_us && !by_us
    }
}

/// `LOCAL+caf_=RCPTLOCAL=RCPTDOMAIN@gmail.com`
fn caf(sender: &Address) -> Option<Mark> {
    let (local, target) = sender.local_folded().split_once("+caf_=")?;
    let mut mark = Mark::new("caf-sender", 0);
    mark.who = Some(Address::parse_path(
        format!("{local}@{}", sender.domain()).as_bytes(),
    ));
    let (to, domain) = target.rsplit_once('=')?;
    mark.to = Some(Address::parse_path(format!("{to}@{domain}").as_bytes()));
    mark.provider = Some("gmail");
    Some(mark)
}

fn mark(name: &str, value: &[u8], index: usize, standing: &Standing) -> Option<Mark> {
    // Nearly all fields are told by their first letter.
    if !name.starts_with(['X', 'x', 'A', 'a']) {
        return None;
    }
    let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
    let text = || String::from_utf8_lossy(value).to_lowercase();
    let path =
        || Some(Address::parse_path(value.trim_ascii())).filter(|it| !it.domain().is_empty());
    let new = |signal| Some(Mark::new(signal, index));
    let client = |domain: &str| {
        let name = standing.client_name.as_deref().unwrap_or_default();
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name.contains(&format!(".{domain}"))
    };
    if is("X-Sieve-Redirected-From") {
        let mut mark = Mark::new("sieve", index);
        mark.who = path();
        return Some(mark);
    }
    if is("X-Zimbra-Forwarded") {
        let mut mark = Mark::new("zimbra", index);
        mark.who = path();
        return Some(mark);
    }
    if is("X-MS-Exchange-Inbox-Rules-Loop") || is("X-MS-Exchange-ForwardingLoop") {
        let mut mark = Mark::new("exchange", index);
        let text = text();
        let who = text.split(';').next().unwrap_or_default().trim();
        mark.who = Some(Address::parse_path(who.as_bytes())).filter(|it| !it.domain().is_empty());
        return Some(mark);
    }
    if is("X-MS-Exchange-Generated-Message-Source") {
        return text()
            .contains("mailbox rules agent")
            .then(|| Mark::new("exchange", index));
    }
    if is("X-MS-Exchange-Transport-Rules-Loop") {
        return new("exchange");
    }
    if is("X-MS-Exchange-Organization-AutoForwarded") || is("Autoforwarded") || is("Auto-Forwarded")
    {
        let signal = match is("X-MS-Exchange-Organization-AutoForwarded") {
            true => "exchange",
            false => "auto-forwarded",
        };
        return (text().trim() == "true").then(|| Mark::new(signal, index));
    }
    if is("Auto-Submitted") {
        return text()
            .trim()
            .starts_with("auto-forwarded")
            .then(|| Mark::new("auto-forwarded", index));
    }
    if is("X-Forwarded-To") {
        let mut mark = Mark::new("x-forwarded", index);
        mark.to = addresses(&text()).into_iter().next();
        return mark.to.is_some().then_some(mark);
    }
    if is("X-Forwarded-For") {
        // Proxies write addresses of machines there: those have no `@`.
        let mut named = addresses(&text());
        let mut mark = Mark::new("x-forwarded", index);
        mark.to = named.pop();
        mark.who = named.into_iter().next();
        return mark.who.is_some().then_some(mark);
    }
    if is("X-Forwarded-Encrypted") {
        let mut mark = Mark::new("x-forwarded", index);
        mark.provider = Some("gmail");
        return Some(mark);
    }
    if is("X-Yahoo-Forwarded") {
        let mut mark = Mark::new("provider-header", index);
        let mut named = addresses(&text()).into_iter();
        mark.who = named.next();
        mark.to = named.next();
        mark.provider = Some("yahoo");
        return Some(mark);
    }
    if is("X-Pm-Forwarded-From") || is("X-Pm-Forwarded-To") {
        let mut mark = Mark::new("provider-header", index);
        match is("X-Pm-Forwarded-From") {
            true => mark.who = path(),
            false => mark.to = path(),
        }
        mark.provider = Some("proton");
        return Some(mark);
    }
    // Yandex puts it on every letter that it keeps: it counts where Yandex hands it over.
    if is("X-Yandex-Forward") && client("yandex.") {
        let mut mark = Mark::new("provider-header", index);
        mark.provider = Some("yandex");
        mark.handed_over = true;
        return Some(mark);
    }
    if is("X-MailRu-Forward") || is("X-ResentFrom") {
        let mut mark = Mark::new("provider-header", index);
        mark.who = path();
        mark.provider = Some("mail-ru");
        mark.handed_over = client("mail.ru");
        return Some(mark);
    }
    None
}

/// What looks like an address in a text; at most eight.
fn addresses(text: &str) -> Vec<Address> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>'));
    let found = words.filter(|word| word.contains('@'));
    found
        .map(|word| Address::parse_path(word.as_bytes()))
        .filter(|it| !it.domain().is_empty() && !it.local().is_empty())
        .take(8)
        .collect()
}

/// Marks of a letter that are looked at.
const MOST: usize = 32;
/// Bytes of a field that are looked at.
const LONGEST: usize = 1024;
