//! Signatures made by pyHanko, OpenSSL and LibreOffice, whole and spoiled.

use std::io::Read;

use flate2::read::GzDecoder;

use crate::{
    content::{
        Budget, Needs, Tree, archive::zip::Archive, budget::Spending,
        document::package_tests::package, open, source::Source, testing,
    },
    facts::{Covers, Signature, SignatureFormat, Status},
    message::{Limits, Message, Receiver, Spool},
};

const NEEDS: Needs = Needs {
    kinds: true,
    signatures: true,
    texts: false,
    pages: false,
    urls: false,
    documents: false,
};

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

macro_rules! pdf {
    ($name:literal) => {
        unpacked(include_bytes!(concat!("testdata/", $name, ".pdf.gz")))
    };
}

fn opened(message: &Message) -> Tree {
    open(message, &NEEDS, &mut Budget::default())
}

/// The signatures on an attachment.
fn of(name: &str, bytes: &[u8]) -> Vec<Signature> {
    let mut tree = opened(&testing::letter("", &[(name, bytes)]));
    std::mem::take(&mut tree.nodes[1].signatures)
}

fn mail(raw: &[u8]) -> Message {
    let spool = Spool::new(None, 1 << 20, 1 << 30).unwrap();
    let mut receiver = Receiver::new(&spool, Limits::default());
    for piece in raw.chunks(7) {
        receiver.raw(piece);
    }
    receiver.finish()
}

fn states(list: &[Signature]) -> Vec<(Status, Covers)> {
    list.iter().map(|it| (it.status, it.covers)).collect()
}

const WHOLE: (Status, Covers) = (Status::Valid, Covers::Whole);

#[test]
fn a_signed_pdf_says_who_signed_and_holds() {
    let found = of("a.pdf", &pdf!("rsa"));
    assert_eq!(states(&found), [WHOLE]);
    let signature = &found[0];
    assert_eq!(signature.format, SignatureFormat::Pdf);
    assert_eq!(signature.signer.as_deref(), Some("Nguyễn Văn Thử"));
    assert_eq!(
        signature.organisation.as_deref(),
        Some("Sở Khoa học và Công nghệ")
    );
    assert_eq!(
        signature.issuer.as_deref(),
        Some("CA phục vụ các cơ quan Nhà nước G2")
    );
    assert_eq!(signature.ca.as_deref(), Some("vgca"));
    let time = signature.time.as_deref().unwrap();
    assert!(
        time.len() == 20 && time.starts_with("20") && time.ends_with('Z'),
        "{time}"
    );
}

#[test]
fn every_kind_of_key_and_digest() {
    for bytes in [pdf!("pades-ec"), pdf!("sha1")] {
        assert_eq!(states(&of("a.pdf", &bytes)), [WHOLE]);
    }
    // PSS with a salt of another length than the digest's is not computed here: never valid.
    let unknown = (Status::Unknown, Covers::Whole);
    assert_eq!(states(&of("a.pdf", &pdf!("pss"))), [unknown]);
}

#[test]
fn what_was_added_behind_is_not_covered() {
    assert_eq!(
        states(&of("a.pdf", &pdf!("updated"))),
        [(Status::Valid, Covers::Part)]
    );
    let mut two = states(&of("a.pdf", &pdf!("two")));
    two.sort_by_key(|(_, covers)| *covers == Covers::Whole);
    assert_eq!(two, [(Status::Valid, Covers::Part), WHOLE]);
}

#[test]
fn a_changed_byte_breaks_it() {
    let good = pdf!("rsa");
    let at = |sign: &[u8]| memchr::memmem::find(&good, sign).unwrap();
    // In the first piece, and in the second one behind the signature.
    for place in [
        at(b"/MediaBox") + 12,
        at(b"/Contents <") - 30,
        good.len() - 20,
    ] {
        let mut bad = good.clone();
        bad[place] ^= 1;
        let found = of("a.pdf", &bad);
        assert!(
            found.iter().all(|it| it.status != Status::Valid),
            "byte {place}: {found:?}"
        );
    }
    let mut bad = good.clone();
    bad[at(b"/MediaBox") + 12] ^= 1;
    assert_eq!(of("a.pdf", &bad)[0].status, Status::Broken);
    // The signature itself.
    let contents = at(b"/Contents <");
    let mut valid = 0;
    for place in (contents + 11..contents + 5000).step_by(97) {
        let mut bad = good.clone();
        bad[place] = if bad[place] == b'0' { b'1' } else { b'0' };
        valid += of("a.pdf", &bad)
            .iter()
            .filter(|it| it.status == Status::Valid)
            .count();
    }
    // Bytes of the other certificates are nobody's, and those of names and dates are the issuer's.
    assert!(valid < 45, "{valid}");
}

#[test]
fn a_range_that_leaves_something_out_is_not_valid() {
    let good = pdf!("rsa");
    let at = memchr::memmem::find(&good, b"/ByteRange").unwrap();
    let end = at + good[at..].iter().position(|byte| *byte == b']').unwrap();
    let text = String::from_utf8(good[at..end].to_vec()).unwrap();
    let numbers: Vec<usize> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect();
    for change in [
        [1, numbers[1], numbers[2], numbers[3]],
        [0, numbers[1] - 40, numbers[2], numbers[3]],
        [0, numbers[1], numbers[2] + 8, numbers[3]],
        [0, 0, 0, good.len()],
        [0, good.len() * 2, 1, 1],
    ] {
        let written = format!(
            "/ByteRange [{} {} {} {}",
            change[0], change[1], change[2], change[3]
        );
        let mut bad = good.clone();
        bad.splice(at..end, format!("{written:<0$}", end - at).bytes());
        let found = of("a.pdf", &bad);
        assert_eq!(found.len(), 1);
        assert_ne!(found[0].status, Status::Valid, "{written}");
    }
    assert_eq!(of("a.pdf", include_bytes!("../testdata/plain.pdf")), []);
}

#[test]
fn nothing_is_looked_for_unless_asked() {
    let letter = testing::letter("", &[("a.pdf", &pdf!("rsa"))]);
    let needs = Needs {
        signatures: false,
        ..NEEDS
    };
    let tree = open(&letter, &needs, &mut Budget::default());
    assert_eq!(tree.nodes[1].signatures, []);
}

#[test]
fn a_signed_letter_signs_all_its_parts() {
    let raw = include_bytes!("testdata/detached.eml");
    let tree = opened(&mail(raw));
    assert_eq!(tree.nodes.len(), 2);
    for node in &tree.nodes {
        assert_eq!(states(&node.signatures), [WHOLE], "{}", node.number);
        assert_eq!(node.signatures[0].format, SignatureFormat::Smime);
        assert_eq!(node.signatures[0].signer.as_deref(), Some("Nguyễn Văn Thử"));
    }
    // Line ends on the way do not matter; a letter of the text does.
    let lines: Vec<u8> = raw.iter().copied().filter(|byte| *byte != b'\r').collect();
    assert_eq!(states(&opened(&mail(&lines)).nodes[0].signatures), [WHOLE]);
    let at = memchr::memmem::find(raw, b"nh g").unwrap();
    let mut bad = raw.to_vec();
    bad[at] = b'm';
    let tree = opened(&mail(&bad));
    assert!(
        tree.nodes
            .iter()
            .all(|it| it.signatures[0].status == Status::Broken)
    );
    // A digest that is not named is not known.
    let text = String::from_utf8(raw.to_vec()).unwrap();
    let tree = opened(&mail(
        text.replace("micalg=\"sha-256\"", "micalg=\"md5\"")
            .as_bytes(),
    ));
    assert_eq!(tree.nodes[0].signatures[0].status, Status::Unknown);
    // Another part before the boundary's end is not signed.
    let lying = text.replacen("This is an S/MIME signed message", "Kính gửi ai đó", 1);
    assert_eq!(
        states(&opened(&mail(lying.as_bytes())).nodes[0].signatures),
        [WHOLE]
    );
}

#[test]
fn a_signature_with_its_content_inside() {
    for bytes in [
        &include_bytes!("testdata/opaque.p7m")[..],
        include_bytes!("testdata/stream.p7m"),
        include_bytes!("testdata/noattr.p7m"),
    ] {
        let tree = opened(&testing::letter("", &[("smime.p7m", bytes)]));
        assert_eq!(states(&tree.nodes[1].signatures), [WHOLE]);
        // What lies in it is signed too.
        assert_eq!(states(&tree.nodes[2].signatures), [WHOLE]);
        let at = memchr::memmem::find(bytes, b"nh g").unwrap();
        let mut bad = bytes.to_vec();
        bad[at] = b'm';
        let found = of("smime.p7m", &bad);
        assert_eq!(found[0].status, Status::Broken);
    }
}

#[test]
fn bent_files_end_without_a_panic() {
    let letter = testing::letter("", &[]);
    let check = |name: &str, bytes: &[u8]| {
        let found = of(name, bytes);
        assert!(found.len() <= 64, "{name}");
    };
    assert_eq!(opened(&letter).nodes.len(), 1);
    let p7m = include_bytes!("testdata/opaque.p7m");
    for cut in (0..p7m.len()).step_by(3) {
        check("a.p7m", &p7m[..cut]);
        let mut bent = p7m.to_vec();
        bent[cut] ^= 0xff;
        check("a.p7m", &bent);
        bent[cut] = 0x80;
        check("a.p7m", &bent);
    }
    let pdf = pdf!("pades-ec");
    for cut in (0..pdf.len()).step_by(61) {
        check("a.pdf", &pdf[..cut]);
    }
}

/// The same package written anew, with changes.
fn repacked(bytes: &[u8], change: &mut dyn FnMut(&str, &mut Vec<u8>)) -> Vec<u8> {
    let mut spending = Spending::new(Budget::default(), None);
    let archive = Archive::of(&Source::of(bytes), &mut spending).unwrap();
    let members: Vec<(String, Vec<u8>)> = archive
        .members()
        .map(|name| {
            let read = archive.read(&name, 1 << 20, &mut spending);
            let mut content = read.unwrap().unwrap();
            change(&name, &mut content);
            (name, content)
        })
        .collect();
    let members: Vec<(&str, &[u8])> = members
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_slice()))
        .collect();
    package(&members)
}

/// Another package with one member changed.
fn spoiled(bytes: &[u8], member: &str, from: &str, to: &str) -> Vec<u8> {
    repacked(bytes, &mut |name, content| {
        if name == member {
            let text = String::from_utf8(std::mem::take(content)).unwrap();
            assert!(text.contains(from), "{member}");
            *content = text.replacen(from, to, 1).into_bytes();
        }
    })
}

#[test]
fn office_documents() {
    let good = include_bytes!("testdata/office.docx");
    let found = of("a.docx", good);
    assert_eq!(states(&found), [WHOLE]);
    assert_eq!(found[0].format, SignatureFormat::Ooxml);
    assert_eq!(found[0].signer.as_deref(), Some("Nguyễn Văn Thử"));
    assert_eq!(found[0].time.as_deref(), Some("2026-06-05T07:00:00Z"));
    assert_eq!(
        states(&of("a.docx", &repacked(good, &mut |_, _| ()))),
        [WHOLE]
    );
    for (member, from, to) in [
        ("word/document.xml", "<w:body>", "<w:body><w:p/>"),
        ("word/_rels/document.xml.rels", "styles.xml", "stales.xml"),
        ("_xmlsignatures/sig1.xml", "2026-06-05", "2026-06-06"),
        (
            "_xmlsignatures/sig1.xml",
            "/word/document.xml",
            "/word/settings.xml",
        ),
    ] {
        let found = of("a.docx", &spoiled(good, member, from, to));
        assert_eq!(found[0].status, Status::Broken, "{member} {to}");
    }
    // The relationships of the package's own properties are not signed.
    let free = spoiled(
        good,
        "docProps/core.xml",
        "</cp:coreProperties>",
        " </cp:coreProperties>",
    );
    assert_eq!(states(&of("a.docx", &free)), [WHOLE]);
    // A canonicalisation that is not read here is not trusted.
    let odd = spoiled(
        good,
        "_xmlsignatures/sig1.xml",
        "REC-xml-c14n-20010315",
        "REC-xml-other",
    );
    assert_eq!(of("a.docx", &odd)[0].status, Status::Unknown);
}

#[test]
fn open_documents() {
    let good = include_bytes!("testdata/whole.odt");
    let found = of("a.odt", good);
    assert_eq!(states(&found), [WHOLE]);
    assert_eq!(found[0].signer.as_deref(), Some("Trần Thị Mẫu"));
    assert_eq!(found[0].format, SignatureFormat::Odf);
    let part = of("a.odt", include_bytes!("testdata/part.odt"));
    assert_eq!(states(&part), [(Status::Valid, Covers::Part)]);
    // Behind the declaration a blank says nothing.
    let same = spoiled(good, "content.xml", "?>", "?> ");
    assert_eq!(states(&of("a.odt", &same)), [WHOLE]);
    let bad = spoiled(good, "content.xml", "<office:body>", "<office:body> ");
    assert_eq!(of("a.odt", &bad)[0].status, Status::Broken);
    assert_eq!(of("a.odt", include_bytes!("../testdata/writer.odt")), []);
}
