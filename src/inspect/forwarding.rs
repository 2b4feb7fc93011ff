//! Whether a machine sent the letter on: out of one of our mailboxes, or into one from elsewhere.
//!
//! Says what was found, and leaves what is done about it to the policy. Two independent causes make a
//! machine's forward ([`crate::facts::Cause`], `docs/forwarding.md`). Everything in a letter may be
//! written by an enemy: a header that would let a letter off counts only where our own machines wrote it,
//! above the line by which the letter came in ([`trail::Trail`]).

mod author;
mod kind;
mod marks;
mod received;
mod trail;

use std::{collections::BTreeSet, fmt, net::IpAddr, sync::Arc};

use self::{author::Author, marks::Marks, trail::Trail};
use crate::{
    facts::{Cause, Forwarding, Found, Letter, Provider, SIGNALS, Signal, Way},
    message::{Address, Message},
};

/// What the site knows and no letter can say.
pub trait Ground: Send + Sync {
    /// Whether a domain is one of ours.
    fn ours(&self, domain: &str) -> bool;
    /// Whether an address is one of the site's own machines.
    fn near(&self, address: IpAddr) -> bool;
}

/// The envelope of a message, as far as forwarding is told by it.
#[derive(Clone)]
pub struct Standing {
    /// Whether one of ours hands the message in.
    pub handed_in: bool,
    /// MAIL FROM.
    pub sender: Address,
    /// RCPT TO.
    pub recipients: Vec<Address>,
    /// Those of them whose domains are ours or the state's.
    pub inside: BTreeSet<Address>,
    /// The client's verified name.
    pub client_name: Option<String>,
    /// Whose is what.
    pub ground: Arc<dyn Ground>,
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standing")
            .field("handed_in", &self.handed_in)
            .field("sender", &self.sender)
            .field("recipients", &self.recipients.len())
            .finish_non_exhaustive()
    }
}

impl Standing {
    fn ours(&self, address: &Address) -> bool {
        self.ground.ours(address.domain())
    }

    /// Whether a host is ours: its domain, or one above it.
    fn our_host(&self, host: &str) -> bool {
        let mut rest = host;
        for _ in 0..MOST_LABELS {
            if self.ground.ours(rest) {
                return true;
            }
            match rest.split_once('.') {
                Some((_, parent)) if !parent.is_empty() => rest = parent,
                _ => return false,
            }
        }
        false
    }

    /// Whether an address is one of our mailboxes, by its domain or by the host that it is on.
    fn our_box(&self, address: &Address) -> bool {
        self.our_host(address.domain())
    }
}

/// What is known of a letter that may have been sent on.
pub fn forwarding(message: &Message, standing: &Standing) -> Forwarding {
    let way = match standing.handed_in {
        true => Way::Out,
        false => Way::In,
    };
    let headers = &message.headers;
    let trail = Trail::of(headers, standing);
    let author = Author::of(headers, standing);
    let marks = Marks::of(headers, standing, &trail, way);
    let mut collected = Collected::default();
    match way {
        Way::Out => {
            if author.foreign_sender {
                collected.add("foreign-sender", None);
            }
            if author.foreign_from {
                collected.add("foreign-from", None);
            }
            if author.srs {
                collected.add("srs", None);
            }
            // The travels of a letter whose author is ours are those of the author.
            if author.elsewhere() && trail.arrival.is_some() {
                collected.add("foreign-hop", None);
            }
            if author.elsewhere() && author.foreign_signature {
                collected.add("foreign-signature", None);
            }
        }
        Way::In => {
            if author.srs {
                collected.add("srs", None);
            }
        }
    }
    for (signal, who) in trail.deliveries(standing, way) {
        collected.add(signal, Some(who));
    }
    for mark in &marks.found {
        collected.add(mark.signal, mark.who.clone());
    }
    let mut unnamed = author::unnamed(headers, &standing.recipients);
    let mut told = marks.told;
    let case = kind::Case {
        message,
        standing,
        way,
        trail: &trail,
        author: &author,
        marks: &marks,
    };
    let (letter, settled) = kind::letter(&case, &mut collected);
    if settled && letter == Letter::List && way == Way::In {
        // Lists name nobody.
        unnamed.clear();
    }
    if settled {
        told = false;
    }
    let teller = marks.teller.clone();
    let mailbox = teller.or_else(|| mailbox(&collected, &author, headers, standing, way));
    let provider = match way {
        Way::In => mailbox.as_ref().and_then(Provider::of).map(|it| it.id),
        Way::Out => None,
    };
    let travelled =
        author.elsewhere() && (trail.arrival.is_some() || author.foreign_signature || author.srs);
    Forwarding {
        way,
        letter,
        settled,
        signals: collected.sorted(),
        travelled: travelled || way == Way::In,
        told,
        // Nobody in the world can write one that counts: it would be sent on, and kept aside instead of refused.
        automatic: !trail.from_the_world && kind::is_automatic(message),
        provider: provider.or(marks.provider),
        mailbox,
        unnamed,
        inside: standing.inside.clone(),
        own: author.own_boxes(headers, standing),
    }
}

/// Signals, each once.
#[derive(Debug, Default)]
struct Collected(Vec<Found>);

impl Collected {
    fn add(&mut self, id: &str, who: Option<Address>) {
        let Some(signal) = Signal::by_id(id) else {
            return;
        };
        match self.0.iter_mut().find(|found| found.signal == signal) {
            Some(found) => found.who = found.who.take().or(who),
            None => self.0.push(Found { signal, who }),
        }
    }

    fn has(&self, cause: Cause) -> bool {
        self.0.iter().any(|found| found.signal.cause == cause)
    }

    fn who(&self, cause: Cause) -> Option<&Address> {
        let mut found = self.0.iter().filter(|found| found.signal.cause == cause);
        found.find_map(|found| found.who.as_ref())
    }

    fn sorted(mut self) -> Vec<Found> {
        let place = |found: &Found| SIGNALS.iter().position(|known| known == found.signal);
        self.0.sort_by_key(place);
        self.0
    }
}

/// The mailbox that sends on, by what is hardest to forge first.
fn mailbox(
    collected: &Collected,
    author: &Author,
    headers: &crate::message::Headers,
    standing: &Standing,
    way: Way,
) -> Option<Address> {
    let mut named = [Cause::Program, Cause::Delivery, Cause::Resent]
        .into_iter()
        .filter_map(|cause| collected.who(cause));
    match way {
        Way::In => {
            let named = named.find(|it| !standing.our_box(it)).cloned();
            named.or_else(|| author.srs.then(|| author::rewriter(&standing.sender)))
        }
        Way::Out => {
            let named = named.find(|it| standing.our_box(it)).cloned();
            let sender = &standing.sender;
            let by_envelope =
                author.foreign_from && !author.srs && standing.ours(sender) && !sender.is_empty();
            named
                .or_else(|| by_envelope.then(|| sender.clone()))
                .or_else(|| author::only_of_ours(headers, standing))
        }
    }
}

/// Labels of a host name that are looked at.
const MOST_LABELS: usize = 32;

#[cfg(test)]
mod tests;
