//! What a site's settings say that judging needs to know: its networks, and what becomes of a
//! message under several policies. Replaced as one with the policies at a reload.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
};

use ipnet::IpNet;

use crate::{
    facts::{Network, Role},
    verdict::MixedPolicies,
};

/// What judging needs to know of a site beside its policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// Which addresses are whose.
    pub networks: Networks,
    /// What becomes of a message whose recipients are ruled by different policies.
    pub mixed_policies: MixedPolicies,
}

impl Site {
    /// A site where recipients of different policies stay together.
    pub fn strictest() -> Self {
        Self {
            mixed_policies: MixedPolicies::Strictest,
            ..Self::default()
        }
    }

    /// The role that a connection has: by its listener, and on an `mx` listener by the network that
    /// it comes from, since a gateway delivers to the same port as the world.
    pub fn role(&self, listener: Role, network: Option<Network>) -> Role {
        match (listener, network) {
            (Role::Mx, Some(Network::Gateways)) => Role::Gateway,
            _ => listener,
        }
    }
}

/// Networks by their use; where several hold an address, the smallest of them says what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    /// By length of prefix in the IPv6 space (IPv4 lies in `::ffff:0:0/96`), then by prefix.
    by_length: BTreeMap<u8, HashMap<u128, Network>>,
}

impl Networks {
    /// Makes it of these. A network that stands there twice keeps its last use.
    pub fn new(networks: impl IntoIterator<Item = (Network, IpNet)>) -> Self {
        let mut all = Self::default();
        for (network, net) in networks {
            all.insert(network, net);
        }
        all
    }

    /// Adds a network; one that stands there already gets this use.
    pub fn insert(&mut self, network: Network, net: IpNet) {
        let length = match net {
            IpNet::V4(_) => net.prefix_len() + 96,
            IpNet::V6(_) => net.prefix_len(),
        };
        let nets = self.by_length.entry(length).or_default();
        nets.insert(bits(net.network()), network);
    }

    /// Which network this address is in. An IPv4 address may be shown as `::ffff:192.0.2.1`.
    pub fn of(&self, address: IpAddr) -> Option<Network> {
        let address = bits(address);
        self.by_length.iter().rev().find_map(|(&length, nets)| {
            let mask = u128::MAX
                .checked_shl(128 - u32::from(length))
                .unwrap_or_default();
            nets.get(&(address & mask)).copied()
        })
    }

    /// How many networks have this use.
    pub fn count(&self, network: Network) -> usize {
        let nets = self.by_length.values().flat_map(HashMap::values);
        nets.filter(|&&found| found == network).count()
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_network_says_what_an_address_is() {
        let networks = Networks::new([
            (Network::Devices, "10.0.0.0/8".parse().unwrap()),
            (Network::MailboxServers, "10.0.0.5/32".parse().unwrap()),
            (Network::Gateways, "2001:db8::/32".parse().unwrap()),
        ]);
        for (address, expected) in [
            ("10.0.0.5", Some(Network::MailboxServers)),
            ("::ffff:10.0.0.5", Some(Network::MailboxServers)),
            ("10.0.0.6", Some(Network::Devices)),
            ("11.0.0.5", None),
            ("2001:db8:1::1", Some(Network::Gateways)),
            ("2001:db9::1", None),
        ] {
            assert_eq!(networks.of(address.parse().unwrap()), expected, "{address}");
        }
        assert_eq!(networks.count(Network::Devices), 1);
    }

    #[test]
    fn everything_is_a_network_too() {
        let networks = Networks::new([(Network::Devices, "::/0".parse().unwrap())]);
        let of = |address: &str| networks.of(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), Some(Network::Devices));
        assert_eq!(of("192.0.2.1"), Some(Network::Devices));
        let networks = Networks::new([(Network::Devices, "0.0.0.0/0".parse().unwrap())]);
        assert_eq!(networks.of("2001:db8::1".parse().unwrap()), None);
    }

    #[test]
    fn only_an_mx_listener_takes_the_role_of_a_gateway() {
        let site = Site::default();
        let gateway = Some(Network::Gateways);
        assert_eq!(site.role(Role::Mx, gateway), Role::Gateway);
        assert_eq!(site.role(Role::Submission, gateway), Role::Submission);
        assert_eq!(site.role(Role::Mx, Some(Network::Devices)), Role::Mx);
    }
}
