//! What the site knows, as the forwarding inspector may ask it.

use std::{net::IpAddr, sync::Arc};

use super::Judging;
use crate::{
    inspect::forwarding::{Ground, Standing},
    policy::{Destination, Generation, Origin},
    questions::Question,
    site::Site,
};

/// The policies' domains and the site's networks, as they were at MAIL.
struct Known {
    generation: Arc<Generation>,
    site: Arc<Site>,
}

impl Ground for Known {
    fn ours(&self, domain: &str) -> bool {
        self.generation.has_domain(domain)
    }

    fn near(&self, address: IpAddr) -> bool {
        // A gateway too: what it hands over came from the world, but its own line says from where.
        self.site.networks.of(address).is_some()
    }
}

impl Judging {
    /// The envelope, where a policy asks whether the message was sent on.
    pub(super) fn standing(&self) -> Option<Standing> {
        if !self.generation.questions().asks(Question::Forwarding) {
            return None;
        }
        let inside = |destination: Destination| destination != Destination::Foreign;
        let recipients = self.facts.recipients.iter().zip(&self.routes);
        Some(Standing {
            handed_in: self
                .routes
                .first()
                .is_some_and(|route| route.origin != Origin::Foreign),
            sender: self.facts.sender.known().cloned().unwrap_or_default(),
            inside: recipients
                .filter(|(_, route)| inside(route.destination))
                .map(|(recipient, _)| recipient.clone())
                .collect(),
            recipients: self.facts.recipients.clone(),
            client_name: self.facts.session.client_name.clone(),
            ground: Arc::new(Known {
                generation: self.generation.clone(),
                site: self.site.clone(),
            }),
        })
    }
}
