//! The way that a letter took, from its trace fields, and the line at which it came in from outside.

use std::net::IpAddr;

use super::{Standing, received::Hop};
use crate::{
    facts::{Provider, Way},
    message::{Address, Headers},
};

/// The trace fields of a letter, from the top: the latest first.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// The field by which the letter came in from outside: below it everything may be forged by whoever sent
    /// it. None: no line shows that it came from outside.
    pub(super) arrival: Option<usize>,
    /// Whether a line shows a client out in the world, which did not log in.
    pub(super) from_the_world: bool,
    /// The first Received line: what stands above it was written by whoever hands the letter in.
    first: Option<usize>,
    /// The first field that shows a delivery into a mailbox.
    pub(super) delivered_at: Option<usize>,
    /// The mailboxes that it was delivered to, with the signal's name.
    boxes: Vec<(&'static str, Address)>,
}

impl Trail {
    pub(super) fn of(headers: &Headers, standing: &Standing) -> Self {
        let mut trail = Self::default();
        let mut lines = 0;
        for (index, field) in headers.iter().enumerate() {
            let name = field.name;
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
            let signal = match name.len() {
                11 if is("Envelope-To") => "original-to",
                12 if is("Delivered-To") => "delivered-to",
                13 if is("X-Original-To") || is("X-Envelope-To") => "original-to",
                8 if is("Received") => {
                    trail.first.get_or_insert(index);
                    lines += 1;
                    if lines > MOST {
                        continue;
                    }
                    let hop = Hop::parse(field.value);
                    trail.from_the_world |= hop.client.is_some() && from_outside(&hop, standing);
                    if trail.arrival.is_none() && from_outside(&hop, standing) {
                        trail.arrival = Some(index);
                    }
                    let lmtp = hop.with.as_deref() == Some("lmtp");
                    if lmtp
                        && hop
                            .recipient
                            .as_ref()
                            .is_some_and(|it| standing.our_box(it))
                    {
                        trail.delivered_at.get_or_insert(index);
                    }
                    if let Some(recipient) = hop.recipient {
                        trail.push("received-for", recipient);
                    }
                    continue;
                }
                _ => continue,
            };
            let value = field.value.get(..LONGEST).unwrap_or(field.value);
            let address = Address::parse_path(value.trim_ascii());
            if !address.domain().is_empty() {
                trail.delivered_at.get_or_insert(index);
                trail.push(signal, address);
            }
        }
        trail
    }

    /// Mailboxes of ours that the letter was in before, or, coming in, of others.
    pub(super) fn deliveries<'a>(
        &'a self,
        standing: &'a Standing,
        way: Way,
    ) -> impl Iterator<Item = (&'static str, Address)> + 'a {
        let counts = move |signal: &str, who: &Address| match way {
            Way::Out => standing.our_box(who) && !standing.recipients.contains(who),
            // The line of the last hop is for us, those before it are anyone's; but what was for a box of a public
            // provider came no further by itself (Yandex writes nothing else).
            Way::In => {
                !standing.our_box(who) && (signal != "received-for" || Provider::of(who).is_some())
            }
        };
        self.boxes
            .iter()
            .filter(move |(signal, who)| counts(signal, who))
            .map(|(signal, who)| (*signal, who.clone()))
    }

    /// Whether a field stands where only our machines can have put it.
    pub(super) fn is_surely_ours(&self, index: usize) -> bool {
        let below = self.arrival.or(self.first);
        below.is_some_and(|below| index < below)
    }

    /// Whether a field may stand where our machines put it.
    pub(super) fn may_be_ours(&self, index: usize) -> bool {
        self.arrival.is_none_or(|arrival| index < arrival)
    }

    fn push(&mut self, signal: &'static str, who: Address) {
        if self.boxes.len() < MOST {
            self.boxes.push((signal, who));
        }
    }
}

/// Whether the line was written for a client out in the world that did not log in; or by a server that is not
/// ours, for one that is not told. A server of ours may have any name: for a client inside it is ours.
fn from_outside(hop: &Hop, standing: &Standing) -> bool {
    if hop.submitted() {
        return false;
    }
    match hop.client {
        Some(client) => is_public(client) && !standing.ground.near(client),
        None => hop.by.as_deref().is_some_and(|by| {
            let by = by.trim_end_matches('.');
            is_public_name(by) && !standing.our_host(by)
        }),
    }
}

/// Whether an address is one of the Internet's (networks of examples are).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(it) => {
            let [a, b, ..] = it.octets();
            // RFC 6598 shares 100.64.0.0/10 behind a carrier.
            let shared = a == 100 && (64..128).contains(&b);
            !(it.is_private()
                || it.is_loopback()
                || it.is_link_local()
                || it.is_unspecified()
                || shared)
        }
        IpAddr::V6(it) => {
            !(it.is_loopback()
                || it.is_unspecified()
                || it.is_unique_local()
                || it.is_unicast_link_local())
        }
    }
}

/// Whether a host name is one of the Internet's: not `mail01`, not `store.local`, no address.
fn is_public_name(host: &str) -> bool {
    let Some((_, top)) = host.rsplit_once('.') else {
        return false;
    };
    let inner = [
        "local",
        "localdomain",
        "lan",
        "internal",
        "intranet",
        "home",
        "corp",
        "private",
        "arpa",
        "localhost",
    ];
    top.chars().any(char::is_alphabetic) && !host.contains(':') && !inner.contains(&top)
}

/// Trace fields of one sort that are looked at.
const MOST: usize = 64;
/// Bytes of a field that are looked at.
const LONGEST: usize = 1024;
