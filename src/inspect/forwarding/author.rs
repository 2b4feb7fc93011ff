//! Who wrote the letter and to whom, by envelope and header.

use std::collections::BTreeSet;

use super::Standing;
use crate::{
    message::{Address, Headers},
    vietnamese::{self, Fold},
};

/// Who wrote a letter.
#[derive(Debug, Default)]
pub(super) struct Author {
    /// The addresses of From.
    pub(super) from: Vec<Address>,
    /// Handed in by one of ours: the envelope sender is neither ours nor empty, behind SRS too.
    pub(super) foreign_sender: bool,
    /// Handed in by one of ours: there is a From, and none of it is ours.
    pub(super) foreign_from: bool,
    /// The envelope sender was rewritten for somebody who is not ours.
    pub(super) srs: bool,
    /// DKIM or ARC of a domain that is not ours.
    pub(super) foreign_signature: bool,
}

impl Author {
    pub(super) fn of(headers: &Headers, standing: &Standing) -> Self {
        let from = headers.addresses("From");
        let sender = &standing.sender;
        let rewritten = rewritten(sender.local_folded());
        let srs = rewritten
            .as_ref()
            .is_some_and(|original| original.is_empty() || !standing.our_host(original));
        let ours = sender.is_empty() || standing.ours(sender);
        Self {
            foreign_sender: standing.handed_in && !ours,
            foreign_from: standing.handed_in
                && !from.is_empty()
                && !from.iter().any(|it| standing.our_box(it)),
            srs,
            foreign_signature: signed_by_others(headers, standing),
            from,
        }
    }

    /// Whether it was written elsewhere, or says so.
    pub(super) fn elsewhere(&self) -> bool {
        self.foreign_sender || self.foreign_from || self.srs
    }

    /// Whether all authors are ours, and there is one.
    pub(super) fn is_ours(&self, standing: &Standing) -> bool {
        !self.elsewhere()
            && !self.from.is_empty()
            && self.from.iter().all(|it| standing.our_box(it))
    }

    /// The recipients that look like the author's own box elsewhere: by the local part, or by the name
    /// that stands beside the address.
    pub(super) fn own_boxes(&self, headers: &Headers, standing: &Standing) -> BTreeSet<Address> {
        let [from] = self.from.as_slice() else {
            return BTreeSet::new();
        };
        let sender = &standing.sender;
        if !standing.handed_in || !self.is_ours(standing) || !(sender == from || sender.is_empty())
        {
            return BTreeSet::new();
        }
        let outside = |it: &&Address| !standing.our_box(it);
        let mut own: BTreeSet<Address> = standing
            .recipients
            .iter()
            .filter(outside)
            .filter(|it| same_person(from.local_folded(), it.local_folded()))
            .cloned()
            .collect();
        let named = |field: &str| -> Vec<(Option<String>, Address)> {
            let fields = headers.all(field).take(1);
            let short = fields.filter(|value| value.len() <= NAMED);
            short.flat_map(Address::parse_named).collect()
        };
        let mine = named("From")
            .into_iter()
            .find_map(|(name, _)| plain(&name?));
        if let Some(mine) = mine {
            let to = named("To").into_iter().chain(named("Cc"));
            for (name, address) in to.filter(|(_, address)| standing.recipients.contains(address)) {
                if !standing.our_box(&address)
                    && name.and_then(|it| plain(&it)).as_ref() == Some(&mine)
                {
                    own.insert(address);
                }
            }
        }
        own
    }
}

/// The recipients that stand in neither To nor Cc nor their Resent forms.
pub(super) fn unnamed(headers: &Headers, recipients: &[Address]) -> BTreeSet<Address> {
    let mut left: BTreeSet<Address> = recipients.iter().cloned().collect();
    for field in ["To", "Cc", "Resent-To", "Resent-Cc"] {
        for address in headers.all(field).flat_map(Address::parse_field) {
            left.remove(&address);
        }
    }
    left
}

/// The one address of ours in To and Cc, where there is only one.
pub(super) fn only_of_ours(headers: &Headers, standing: &Standing) -> Option<Address> {
    let mut found = None;
    for field in ["To", "Cc"] {
        for address in headers.addresses(field) {
            if standing.our_box(&address) && found.as_ref() != Some(&address) {
                if found.is_some() {
                    return None;
                }
                found = Some(address);
            }
        }
    }
    found
}

/// The domain for which a sender was rewritten, in lower case; empty where it does not say.
///
/// `SRS0=HHHH=TT=DOMAIN=LOCAL`, `SRS1=HHHH=FORWARDER==HHHH=TT=DOMAIN=LOCAL` (`=`, `+` or `-` behind the
/// tag), and `NAME+SRS=HASH=TT=DOMAIN=LOCAL` of Exchange Online.
pub(super) fn rewritten(local: &str) -> Option<String> {
    let tagged = |tag: &str| {
        let rest = local.strip_prefix(tag)?;
        rest.strip_prefix(['=', '+', '-'])
    };
    if let Some(rest) = tagged("srs0") {
        return Some(rest.split('=').nth(2).unwrap_or_default().to_owned());
    }
    if let Some(rest) = tagged("srs1") {
        // Behind the first forwarder its own separator is kept.
        let inner = ["==", "=+", "=-"]
            .iter()
            .find_map(|gap| rest.split_once(gap))
            .map_or("", |(_, inner)| inner);
        return Some(inner.split('=').nth(2).unwrap_or_default().to_owned());
    }
    let (_, rest) = local.split_once("+srs=")?;
    Some(rest.split('=').nth(2).unwrap_or_default().to_owned())
}

/// Who rewrote a sender: the mailbox where it is told (`NAME+SRS=…`), else the sender itself, for its domain.
pub(super) fn rewriter(sender: &Address) -> Address {
    match sender.local_folded().split_once("+srs=") {
        Some((name, _)) if !["", "bounces"].contains(&name) => {
            Address::parse_path(format!("{name}@{}", sender.domain()).as_bytes())
        }
        _ => sender.clone(),
    }
}

/// Whether DKIM-Signature or ARC-Seal names a domain that is not ours.
fn signed_by_others(headers: &Headers, standing: &Standing) -> bool {
    let fields = headers
        .all("DKIM-Signature")
        .take(SIGNATURES)
        .chain(headers.all("ARC-Seal").take(SIGNATURES));
    for value in fields {
        let value = value.get(..LONGEST).unwrap_or(value);
        let text = String::from_utf8_lossy(value);
        let domain = text.split(';').find_map(|tag| {
            let (name, value) = tag.split_once('=')?;
            (name.trim() == "d").then(|| value.trim().to_ascii_lowercase())
        });
        if domain.is_some_and(|domain| !domain.is_empty() && !standing.our_host(&domain)) {
            return true;
        }
    }
    false
}

/// `nguyen.van.a` and `nguyenvana85`, `a.nguyenvan` and `nguyenvana`.
fn same_person(ours: &str, theirs: &str) -> bool {
    let letters = |local: &str| -> String {
        let local = local.split('+').next().unwrap_or_default();
        let plain: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
        plain
            .trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    let (a, b) = (letters(ours), letters(theirs));
    if a.len() >= SHORTEST && a == b {
        return true;
    }
    let words = |local: &str| -> Vec<String> {
        let local = local.split('+').next().unwrap_or_default();
        let parts = local.split(['.', '_', '-']);
        let mut words: Vec<String> = parts
            .map(|word| {
                word.trim_end_matches(|c: char| c.is_ascii_digit())
                    .to_owned()
            })
            .filter(|word| !word.is_empty())
            .collect();
        words.sort_unstable();
        words
    };
    let (a, b) = (words(ours), words(theirs));
    a.len() >= 2 && a == b
}

/// A name as it is compared: without marks and case; none for one word.
fn plain(name: &str) -> Option<String> {
    let mut folded = String::new();
    let fold = Fold {
        case: true,
        marks: true,
    };
    vietnamese::normal(name, fold, &mut folded);
    let words: Vec<&str> = folded.split_whitespace().collect();
    (words.len() >= 2).then(|| words.join(" "))
}

/// Letters of a local part below which it names nobody.
const SHORTEST: usize = 4;
/// Signatures of one sort that are looked at.
const SIGNATURES: usize = 16;
/// Bytes of a signature that are looked at.
const LONGEST: usize = 4096;
/// Bytes of a From, To or Cc in which names are compared.
const NAMED: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srs_tells_for_whom_it_rewrote() {
        for (local, expected) in [
            ("srs0=bh0+=g2=example.com=an", Some("example.com")),
            ("srs0+hhhh=tt=example.com=an", Some("example.com")),
            ("srs0-hhhh=tt=example.com=an=x", Some("example.com")),
            (
                "srs1=hhhh=first.vn==hhhh=tt=example.com=an",
                Some("example.com"),
            ),
            ("an+srs=hash=dm=bank.example=notices", Some("bank.example")),
            ("bounces+srs=dmmzc=v3", Some("")),
            ("srs0=", Some("")),
            ("srs1=x", Some("")),
            ("srs0", None),
            ("prvs=1234567890=an", None),
            ("srsadmin", None),
        ] {
            assert_eq!(rewritten(local).as_deref(), expected, "{local}");
        }
    }

    #[test]
    fn one_person_by_the_local_part() {
        for (ours, theirs, expected) in [
            ("nguyen.van.a", "nguyenvana", true),
            ("nguyen.van.a", "nguyenvana85", true),
            ("nguyen.van.a", "a.nguyen.van", true),
            ("nguyen.van.a", "nguyen.van.a+work", true),
            ("sonv", "sonv", true),
            ("sonv", "sonvu", false),
            ("an", "an", false),
            ("nguyen.van.a", "nguyen.van.b", false),
            ("", "", false),
            ("123456", "123456", false),
        ] {
            assert_eq!(same_person(ours, theirs), expected, "{ours} {theirs}");
        }
    }
}
