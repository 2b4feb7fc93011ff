//! Conditions on digital signatures and on encodings.

use super::support::{facts, file, when, with as with_files};
use crate::facts::{
    Covers, Fact, Facts, FileFacts, LegacyText, NotOpened, Reason, Sign, Signature,
    SignatureFormat, Status,
};

fn signature(status: Status, covers: Covers, ca: Option<&str>) -> Signature {
    Signature {
        format: SignatureFormat::Pdf,
        signer: None,
        organisation: None,
        issuer: None,
        ca: ca.map(str::to_owned),
        time: None,
        covers,
        status,
    }
}

fn with(signatures: Vec<Signature>) -> FileFacts {
    FileFacts {
        signatures,
        ..file("a.pdf", 1000)
    }
}

/// Fired, not fired, unknown.
fn asked(condition: &str, facts: &Facts) -> Option<bool> {
    let judgement = when(condition).judge(facts, 0, true);
    match (judgement.fired.is_empty(), judgement.unknown.is_empty()) {
        (false, _) => Some(true),
        (true, true) => Some(false),
        (true, false) => None,
    }
}

#[test]
fn one_signature_meets_it_all() {
    let of = |condition: &str, list: Vec<Signature>| {
        let condition = format!("{{ attachment: {{ {condition} }} }}");
        asked(&condition, &with_files(vec![with(list)])).unwrap()
    };
    let vgca = || signature(Status::Valid, Covers::Whole, Some("vgca"));
    let other = || signature(Status::Broken, Covers::Part, None);
    let part = || signature(Status::Valid, Covers::Part, Some("ca2"));
    assert!(of("signed: true", vec![other()]));
    assert!(!of("signed: true", vec![]));
    assert!(of("signed: false", vec![]));
    assert!(!of("signed: false", vec![other()]));
    assert!(of("signed: valid", vec![other(), vgca()]));
    assert!(!of("signed: valid", vec![other(), part()]));
    assert!(of("signed: [valid, part]", vec![part()]));
    assert!(of("signed: broken", vec![vgca(), other()]));
    assert!(!of("signed: broken", vec![vgca()]));
    assert!(of("signer_ca: [vgca, ca2]", vec![part()]));
    assert!(of("signed: valid, signer_ca: known", vec![vgca()]));
    assert!(!of("signed: valid, signer_ca: ca2", vec![part(), vgca()]));
    assert!(!of("signer_ca: known", vec![other()]));
    assert!(!of("signer_ca: vgca", vec![]));
}

#[test]
fn of_a_file_that_was_not_opened_no_signature_means_nothing() {
    let closed = |list| {
        with_files(vec![FileFacts {
            not_opened: Some(NotOpened::Damaged),
            ..with(list)
        }])
    };
    for condition in ["true", "false", "valid", "broken"] {
        let condition = format!("{{ attachment: {{ signed: {condition} }} }}");
        assert_eq!(asked(&condition, &closed(Vec::new())), None, "{condition}");
    }
    let found = vec![signature(Status::Broken, Covers::Whole, None)];
    assert_eq!(
        asked("{ attachment: { signed: broken } }", &closed(found)),
        Some(true)
    );
}

#[test]
fn encodings_by_name_share_and_sign() {
    let of = |condition: &str, fact: Fact<Vec<LegacyText>>| {
        let facts = Facts {
            encoding: fact,
            ..facts()
        };
        asked(&format!("{{ encoding: {condition} }}"), &facts)
    };
    let text = || {
        Fact::Known(vec![LegacyText {
            part: "1".to_owned(),
            encoding: "tcvn3",
            how: Sign::Letters,
            share: 100,
            words: 50,
        }])
    };
    for (condition, holds) in [
        ("legacy", true),
        ("tcvn3", true),
        ("[vni, tcvn3]", true),
        ("vni", false),
        ("{ share: \">= 10%\" }", true),
        ("{ share: \"> 10%\" }", false),
        (
            "{ encoding: tcvn3, how: [letters, bytes], share: \"> 5%\" }",
            true,
        ),
        ("{ encoding: legacy, how: font }", false),
    ] {
        assert_eq!(of(condition, text()), Some(holds), "{condition}");
    }
    assert_eq!(of("legacy", Fact::Known(Vec::new())), Some(false));
    let why = Reason::NotOpened(NotOpened::Encrypted);
    assert_eq!(of("legacy", Fact::Unknown(why)), None);
}
