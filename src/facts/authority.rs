//! Certification authorities that are known by name: `policies/lists/ca.txt`.

use std::sync::LazyLock;

/// The id of the authority that one of these names of an issuer belongs to. By name only.
pub(crate) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    let names: Vec<String> = names.map(folded).collect();
    let known = KNOWN.iter().find(|(_, sign)| {
        names
            .iter()
            .any(|name| format!(" {name} ").contains(&format!(" {sign} ")))
    });
    known.map(|(id, _)| *id)
}

/// Letters and digits in lower case, everything between them one space.
fn folded(name: &str) -> String {
    let plain = crate::vietnamese::normalised(name, crate::vietnamese::Fold::default());
    let words = plain.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Ids and the names that tell them, folded.
static KNOWN: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let lines = LIST
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    lines
        .filter_map(|line| line.split_once(':'))
        .map(|(id, name)| (id.trim(), folded(name)))
        .filter(|(_, name)| !name.is_empty())
        .collect()
});

const LIST: &str = include_str!("../../policies/lists/ca.txt");

/// The ids of all known authorities.
pub(crate) fn ids() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_known_by_words_of_its_name() {
        let ca = |name: &'static str| of([name].into_iter());
        assert_eq!(ca("Cơ quan chứng thực số Chính phủ (RootCA)"), Some("vgca"));
        assert_eq!(ca("VNPT-CA SHA-256"), Some("vnpt-ca"));
        assert_eq!(ca("Viettel-CA SHA-256"), Some("viettel-ca"));
        assert_eq!(ca("BkavCA SHA256"), Some("bkav-ca"));
        assert_eq!(ca("Let's Encrypt Authority X3"), None);
        assert_eq!(ca("XVNPT-CAB"), None);
        assert_eq!(ca(""), None);
    }
}
