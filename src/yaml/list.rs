//! Lists of addresses, domains and networks: a few inline entries or a million from a file.
//!
//! Names lie end to end in one string; a table of 32-bit offsets finds them. A million addresses of
//! 25 bytes are 25 MB of text and 8 MB of table, and a look-up allocates nothing.

use std::{collections::HashMap, net::IpAddr, path::PathBuf, sync::Arc};

use ipnet::IpNet;

use super::value::Wrong;
use crate::{message::Address, questions::words::Words, vietnamese::Fold};

/// A list file may have this many bytes.
pub(crate) const MAX_LIST_BYTES: u64 = 64 * 1024 * 1024;

/// Local part, `@`, domain; doubled for local parts beyond ASCII.
const MAX_ENTRY: usize = 512;

/// Sets of so many names are looked through.
const FEW: usize = 8;

/// How a list of words or domains for patterns is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sort {
    /// Words and phrases, folded so.
    Words(Fold),
    /// Domains.
    Domains,
}

/// Lists for patterns that were read from files.
pub(crate) type WordFiles = HashMap<(PathBuf, Sort), Arc<Words>>;

/// What the entries of a [`NameSet`] are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Entries {
    /// `user@domain`, `@domain` (everyone of exactly that domain), `.domain` (everyone below it).
    Addresses,
    /// `domain` (exactly that), `.domain` (every domain below it, whole labels).
    Domains,
}

/// A set of addresses or domains.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameSet {
    /// Entries one after the other, each behind its length (u16, little endian).
    names: Vec<u8>,
    /// Open addressing; 0 = free, else offset into `names` plus 1. Length a power of two.
    table: Vec<u32>,
    count: usize,
    /// Whether there are `.domain` entries at all.
    below: bool,
}

impl NameSet {
    /// Adds an entry as it is written in a policy or a list.
    pub(crate) fn add(&mut self, entry: &str, entries: Entries) -> Result<(), Wrong> {
        let normal = normal_entry(entry, entries)?;
        if normal.len() > MAX_ENTRY {
            return Err((
                format!("the entry is too long: {} bytes", normal.len()),
                format!("an address has at most {MAX_ENTRY} bytes (RFC 5321 section 4.5.3.1)"),
            ));
        }
        self.insert(&normal);
        Ok(())
    }

    /// Adds a name in normal form of at most [`MAX_ENTRY`] bytes. Files are at most 64 MiB, so an
    /// offset has 32 bits.
    fn insert(&mut self, normal: &str) {
        self.below |= normal.starts_with('.');
        if self.table.len() < (self.count + 1) * 2 {
            self.grow();
        }
        let slot = self.slot(&[normal]);
        if self.table.get(slot).is_none_or(|&mark| mark != 0) {
            return;
        }
        let mark = self.names.len() as u32 + 1;
        self.names
            .extend_from_slice(&(normal.len() as u16).to_le_bytes());
        self.names.extend_from_slice(normal.as_bytes());
        if let Some(free) = self.table.get_mut(slot) {
            *free = mark;
        }
        self.count += 1;
    }

    /// Whether a list of addresses holds this address.
    pub(crate) fn has_address(&self, address: &Address) -> bool {
        let (local, domain) = (address.local(), address.domain());
        self.has(&[local, "@", domain]) || self.has(&["@", domain]) || self.has_below(domain)
    }

    /// Whether a list of domains holds this domain.
    pub(crate) fn has_domain(&self, domain: &str) -> bool {
        !domain.is_empty() && (self.has(&[domain]) || self.has_below(domain))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds all names of another set of the same sort.
    pub(crate) fn join(&mut self, other: &Self) {
        other.names().for_each(|name| self.insert(name));
    }

    /// Whether this very entry is in the set, given in pieces and in normal form.
    pub(crate) fn has_entry(&self, pieces: &[&str]) -> bool {
        self.has(pieces)
    }

    /// The entries in normal form, in the order in which they were added.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let mut offset = 0;
        std::iter::from_fn(move || {
            let name = (offset < self.names.len()).then(|| self.name(offset as u32 + 1))?;
            offset += 2 + name.len();
            // What was added is UTF-8: it came as a string.
            Some(std::str::from_utf8(name).unwrap_or_default())
        })
    }

    fn has_below(&self, domain: &str) -> bool {
        let mut rest = domain;
        while self.below
            && let Some((_, parent)) = rest.split_once('.')
        {
            if self.has(&[".", parent]) {
                return true;
            }
            rest = parent;
        }
        false
    }

    fn has(&self, pieces: &[&str]) -> bool {
        if self.count <= FEW && pieces.iter().all(|piece| piece.is_ascii()) {
            return self.has_among_few(pieces);
        }
        self.table
            .get(self.slot(pieces))
            .is_some_and(|&offset| offset != 0)
    }

    /// Most lists in rules have one to three entries: comparing lengths is faster than hashing.
    fn has_among_few(&self, pieces: &[&str]) -> bool {
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        let mut rest = self.names.as_slice();
        while let [low, high, names @ ..] = rest {
            let own = usize::from(u16::from_le_bytes([*low, *high]));
            let Some((mut name, after)) = names.split_at_checked(own) else {
                break;
            };
            rest = after;
            let same = own == length
                && pieces.iter().all(|piece| {
                    let Some((head, tail)) = name.split_at_checked(piece.len()) else {
                        return false;
                    };
                    name = tail;
                    head.eq_ignore_ascii_case(piece.as_bytes())
                });
            if same {
                return true;
            }
        }
        false
    }

    /// The slot that holds this name, or the free one where it would go.
    fn slot(&self, pieces: &[&str]) -> usize {
        let mask = self.table.len().wrapping_sub(1);
        // FNV-1a.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        if pieces.iter().all(|piece| piece.is_ascii()) {
            for piece in pieces {
                piece
                    .bytes()
                    .for_each(|byte| add(byte.to_ascii_lowercase()));
            }
        } else {
            folded(pieces).for_each(add);
        }
        // It leaves the low bits of short names poorly mixed.
        let mut slot = (hash ^ (hash >> 29)) as usize & mask;
        while let Some(&mark) = self.table.get(slot) {
            if mark == 0 || self.name(mark).iter().copied().eq(folded(pieces)) {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn name(&self, mark: u32) -> &[u8] {
        let offset = mark as usize - 1;
        let length = match self.names.get(offset..offset + 2) {
            Some(&[low, high]) => usize::from(u16::from_le_bytes([low, high])),
            _ => 0,
        };
        self.names
            .get(offset + 2..offset + 2 + length)
            .unwrap_or_default()
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(8);
        self.table = vec![0; size];
        let mut offset = 0;
        while offset < self.names.len() {
            let mark = offset as u32 + 1;
            let name = self.name(mark);
            let length = name.len();
            // What was added is UTF-8: it came as a string.
            let slot = self.slot(&[std::str::from_utf8(name).unwrap_or_default()]);
            if let Some(free) = self.table.get_mut(slot) {
                *free = mark;
            }
            offset += 2 + length;
        }
    }
}

/// The bytes of a name, case folded, without an allocation.
fn folded<'a>(pieces: &'a [&'a str]) -> impl Iterator<Item = u8> + 'a {
    pieces
        .iter()
        .flat_map(|piece| piece.chars().flat_map(char::to_lowercase))
        .flat_map(|c| {
            let mut buffer = [0; 4];
            let length = c.encode_utf8(&mut buffer).len();
            buffer.into_iter().take(length)
        })
}

pub(crate) fn normal_entry(entry: &str, entries: Entries) -> Result<String, Wrong> {
    let wrong = |what: &str, help: String| Err((format!("`{entry}` is not {what}"), help));
    match entries {
        Entries::Addresses => {
            if let Some((local, domain)) = entry.rsplit_once('@') {
                if local.contains(['@', ' ', '<', '>', ',', ';']) && !local.starts_with('"') {
                    return wrong(
                        "an address",
                        "write one address an entry, without name and angle brackets: `user@domain`".to_owned(),
                    );
                }
                // Nobody's address has a star: it would be met by no one, in silence.
                if local == "*" {
                    return wrong(
                        "an address",
                        format!(
                            "did you mean `@{domain}`? It means everyone of exactly that domain"
                        ),
                    );
                }
                if local.contains('*') || domain.contains('*') {
                    return wrong(
                        "an address",
                        "stars are not understood here: write whole addresses, `@domain` or `.domain`".to_owned(),
                    );
                }
                let Some(domain) = normal_domain(domain) else {
                    return wrong(
                        "an address",
                        "the part behind the `@` must be a domain".to_owned(),
                    );
                };
                return Ok(format!("{}@{domain}", local.to_lowercase()));
            }
            if let Some(domain) = entry.strip_prefix('.') {
                return match normal_domain(domain) {
                    Some(domain) => Ok(format!(".{domain}")),
                    None => wrong(
                        "a domain",
                        "write `.domain` for everyone below a domain".to_owned(),
                    ),
                };
            }
            wrong(
                "an address",
                format!(
                    "write `user@{entry}` for one, `@{entry}` for everyone of exactly that domain, `.{entry}` for all domains below it"
                ),
            )
        }
        Entries::Domains => {
            if let Some((_, domain)) = entry.rsplit_once('@') {
                return wrong(
                    "a domain",
                    format!("did you mean `{domain}`? For addresses there is `address:`"),
                );
            }
            if let Some((_, rest)) = entry.split_once("://") {
                let host = rest.split(['/', ':']).next().unwrap_or_default();
                return wrong("a domain", format!("did you mean `{host}`?"));
            }
            if let Some(domain) = entry.strip_prefix("*.") {
                return wrong(
                    "a domain",
                    format!("did you mean `.{domain}`? It means every domain below `{domain}`"),
                );
            }
            let (dot, domain) = match entry.strip_prefix('.') {
                Some(domain) => (".", domain),
                None => ("", entry),
            };
            match normal_domain(domain) {
                Some(domain) => Ok(format!("{dot}{domain}")),
                None => wrong(
                    "a domain",
                    "write `domain` for exactly that one, `.domain` for all below it".to_owned(),
                ),
            }
        }
    }
}

/// Lower case, A-labels; none for what is no domain (RFC 1035 lengths, RFC 5891).
pub(crate) fn normal_domain(domain: &str) -> Option<String> {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let normal = if domain.bytes().all(plain) {
        domain.to_ascii_lowercase()
    } else {
        idna::domain_to_ascii(domain).ok()?
    };
    let sound = normal.len() <= 253
        && normal.bytes().all(plain)
        && normal
            .split('.')
            .all(|label| (1..=63).contains(&label.len()));
    sound.then_some(normal)
}

/// A set of networks, as ranges that do not touch.
#[derive(Clone, Debug, Default)]
pub(crate) struct NetworkSet {
    ranges: Vec<(u128, u128)>,
}

impl NetworkSet {
    pub(crate) fn new(networks: &[IpNet]) -> Self {
        let mut ranges: Vec<(u128, u128)> = networks
            .iter()
            .map(|network| (number(network.network()), number(network.broadcast())))
            .collect();
        ranges.sort_unstable();
        ranges.dedup_by(|next, last| {
            let joins = next.0 <= last.1.saturating_add(1);
            if joins {
                last.1 = last.1.max(next.1);
            }
            joins
        });
        Self { ranges }
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let address = number(address.to_canonical());
        let after = self.ranges.partition_point(|range| range.0 <= address);
        after
            .checked_sub(1)
            .and_then(|index| self.ranges.get(index))
            .is_some_and(|range| address <= range.1)
    }
}

/// IPv4 lies in the IPv6 space as `::ffff:0:0/96` (RFC 4291 section 2.5.5.2).
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// A network as written: CIDR, or one address.
pub(crate) fn network(entry: &str) -> Result<IpNet, Wrong> {
    if let Ok(network) = entry.parse::<IpNet>() {
        let trimmed = network.trunc();
        if trimmed != network {
            return Err((
                format!("`{entry}` has bits beyond its prefix"),
                format!("did you mean `{trimmed}`?"),
            ));
        }
        return Ok(network);
    }
    entry.parse::<IpAddr>().map(IpNet::from).map_err(|_| {
        (
            format!("`{entry}` is not a network"),
            "write for example `10.0.0.0/8`, `2001:db8::/32` or one address".to_owned(),
        )
    })
}

/// The entries of a list file: (line number from 1, column from 1, text). `#` begins a comment.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (u32, u32, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().enumerate().filter_map(|(index, line)| {
        let comment = line.match_indices('#').find(|&(at, _)| {
            at == 0
                || line
                    .get(..at)
                    .is_some_and(|before| before.ends_with([' ', '\t']))
        });
        let line = line
            .get(..comment.map_or(line.len(), |(at, _)| at))
            .unwrap_or_default();
        let entry = line.trim();
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        (!entry.is_empty()).then_some((index as u32 + 1, indent as u32 + 1, entry))
    })
}
