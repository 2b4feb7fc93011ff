//! Whose a domain is: the policy's own lists and matcher, and what Postfix delivers itself.

use crate::{
    message::Address,
    policy::Generation,
    yaml::list::{Entries, NameSet, lines},
};

use super::finding::Whose;

/// Shipped with the program, so that an audit needs no installation.
const STATE: &str = include_str!("../../policies/lists/state-domains.txt");
const PUBLIC: &str = include_str!("../../policies/lists/public-mail.txt");

/// Own, state and public domains.
#[derive(Clone, Debug, Default)]
pub struct Domains {
    /// Said by a policy or a person: stronger than every list.
    own: NameSet,
    /// Delivered here, by Postfix's configuration: weaker than the list of public services, so that
    /// `mydestination = gmail.com` hides nothing.
    delivered: NameSet,
    state: NameSet,
    public: NameSet,
    /// The domain of a name without one (`myorigin`).
    origin: Option<Whose>,
}

impl Domains {
    /// The shipped lists.
    pub fn shipped() -> Self {
        let mut domains = Self::default();
        // A unit test reads each line of both.
        let _ = domains.add_state(STATE);
        let _ = domains.add_public(PUBLIC);
        domains
    }

    /// Adds the domains of policies, and their lists of state domains.
    pub fn add_policies(&mut self, policies: &Generation) {
        policies.add_domains(&mut self.own, &mut self.state);
    }

    /// Adds one own domain: `example.vn`, or `.example.vn` for all below it.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn add_own(&mut self, domain: &str) -> Result<(), String> {
        add(&mut self.own, domain)
    }

    /// Adds a list of state domains, one a line as in `policies/lists/`.
    ///
    /// # Errors
    /// The first line that is none, and what to write instead.
    pub fn add_state(&mut self, text: &str) -> Result<(), String> {
        add_lines(&mut self.state, text)
    }

    /// Adds a list of public mail services.
    ///
    /// # Errors
    /// As [`Self::add_state`].
    pub fn add_public(&mut self, text: &str) -> Result<(), String> {
        add_lines(&mut self.public, text)
    }

    /// Takes a domain that Postfix delivers; what is none is left out.
    pub(super) fn add_delivered(&mut self, domain: &str) {
        let _ = add(&mut self.delivered, domain);
    }

    /// Says what a name without a domain means.
    pub(super) fn set_origin(&mut self, domain: &str) {
        self.origin = (self.of(domain) == Whose::Public).then_some(Whose::Public);
    }

    /// Whose a domain is, given in lower case and A-labels; the empty one is ours.
    pub fn of(&self, domain: &str) -> Whose {
        let here = matches!(
            domain,
            "localhost" | "localhost.localdomain" | "[127.0.0.1]" | "[::1]" | "[ipv6:::1]"
        );
        match () {
            () if domain.is_empty() => self.origin.unwrap_or(Whose::Ours),
            () if here || self.own.has_domain(domain) => Whose::Ours,
            () if self.public.has_domain(domain) => Whose::Public,
            () if self.delivered.has_domain(domain) => Whose::Ours,
            () if self.state.has_domain(domain) => Whose::State,
            () => Whose::Other,
        }
    }

    /// Whether Postfix itself delivers mail for this domain, or a policy calls it ours.
    pub(super) fn is_own(&self, domain: &str) -> bool {
        self.of(domain) == Whose::Ours
    }

    /// The address that Postfix delivers to in the end: it looks inside quotes, percent signs and
    /// bang paths of its own domains (`resolve_dequoted_address`, `allow_percent_hack`,
    /// `swap_bangpath`, all switched on by default).
    pub(super) fn resolved(&self, text: &str) -> Address {
        let mut address = Address::parse_path(text.as_bytes());
        // Each round takes one route away; a person writes one.
        for _ in 0..5 {
            if !self.is_own(address.domain()) {
                break;
            }
            let local = address.local();
            let inner = if local.contains('@') {
                local.to_owned()
            } else if let Some((host, user)) = local
                .split_once('!')
                .filter(|(host, user)| !host.is_empty() && !user.is_empty())
            {
                format!("{user}@{host}")
            } else if let Some((user, host)) = local
                .rsplit_once('%')
                .filter(|(user, host)| !user.is_empty() && !host.is_empty())
            {
                format!("{user}@{host}")
            } else {
                break;
            };
            address = Address::parse_path(inner.as_bytes());
        }
        address
    }
}

fn add(set: &mut NameSet, domain: &str) -> Result<(), String> {
    set.add(domain, Entries::Domains)
        .map_err(|(message, help)| format!("{message}; {help}"))
}

fn add_lines(set: &mut NameSet, text: &str) -> Result<(), String> {
    for (line, _, entry) in lines(text) {
        add(set, entry).map_err(|why| format!("line {line}: {why}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_lists_are_read_to_the_last_line() {
        let mut domains = Domains::default();
        domains.add_state(STATE).unwrap();
        domains.add_public(PUBLIC).unwrap();
        assert_eq!(domains.of("daknong.gov.vn"), Whose::State);
        assert_eq!(domains.of("gmail.com"), Whose::Public);
        assert_eq!(domains.of("evilgov.vn"), Whose::Other);
    }

    #[test]
    fn no_configuration_makes_a_public_service_ours() {
        let mut domains = Domains::shipped();
        domains.add_delivered("gmail.com");
        domains.add_delivered("xa.example");
        assert_eq!(domains.of("gmail.com"), Whose::Public);
        assert_eq!(domains.of("xa.example"), Whose::Ours);
        domains.set_origin("gmail.com");
        assert_eq!(domains.of(""), Whose::Public);
        domains.set_origin("xa.example");
        assert_eq!(domains.of(""), Whose::Ours);
        domains.add_own("gmail.com").unwrap();
        assert_eq!(domains.of("gmail.com"), Whose::Ours);
    }

    #[test]
    fn routes_inside_addresses_are_followed() {
        let mut domains = Domains::shipped();
        domains.add_delivered("xa.example");
        for text in [
            "an%gmail.com@xa.example",
            "an%gmail.com",
            "gmail.com!an@xa.example",
            "\"an@gmail.com\"@xa.example",
            "\"an%gmail.com\"@localhost",
            "<@xa.example:an@gmail.com>",
            "An@GMail.com.",
        ] {
            let address = domains.resolved(text);
            assert_eq!(address.domain(), "gmail.com", "{text}");
            assert_eq!(address.local_folded(), "an", "{text}");
        }
        // Of another's domain it is their own affair.
        assert_eq!(
            domains.resolved("an%gmail.com@sonv.gov.vn").domain(),
            "sonv.gov.vn"
        );
        assert_eq!(domains.resolved("an!@xa.example").domain(), "xa.example");
    }
}
