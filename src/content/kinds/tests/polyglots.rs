//! Files that are two things, and files that only hold another.

use super::samples::{dos, ole, put, zip, zip_of};
use super::{Sample, ids, kinds};

#[test]
fn a_polyglot_is_reported_as_both() {
    let archive = zip_of(&["a.exe"]);
    let jar = zip_of(&["META-INF/MANIFEST.MF", "A.class"]);
    assert_eq!(ids(&behind(&dos(b"PE\0\0"), &archive), &[]), ["pe", "zip"]);
    assert_eq!(
        ids(&behind(&dos(b"PE\0\0"), &jar), &["a.pdf"]),
        ["pe", "jar"]
    );
    assert_eq!(
        ids(&behind(b"%PDF-1.4\n\0\0", &archive), &["a.pdf"]),
        ["zip", "pdf"]
    );
    assert_eq!(
        ids(&behind(b"GIF89a\0\0\0", &jar), &["a.gif"]),
        ["jar", "gif"]
    );
    assert_eq!(ids(&behind(&dos(b"\0\0"), b"%PDF-1.4\n"), &[])[0], "dos-mz");
    let tail = put(b"MZ\x90\0\x03\0\0\0\x04\0\0\0".to_vec(), 100, b"%PDF-1.4\n");
    assert_eq!(ids(&tail, &["a.pdf"]), ["dos-mz", "pdf"]);
    let iso = put(dos(b"PE\0\0"), 32_769, b"CD001");
    assert_eq!(ids(&iso, &[]), ["pe", "iso"]);
    // A document that is a Java archive as well.
    let both = zip_of(&[
        "META-INF/MANIFEST.MF",
        "[Content_Types].xml",
        "word/document.xml",
    ]);
    assert_eq!(ids(&both, &["a.docx"]), ["jar", "docx"]);
}

#[test]
fn an_archive_is_found_wherever_it_stands_behind_something_else() {
    let archive = zip_of(&["a.exe"]);
    let jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0";
    let page = b"<!DOCTYPE html><html><body>x</body></html>\n";
    let long = [b'x'; 70_000];
    // With a comment, and with something behind that no comment covers.
    let commented = {
        let mut bytes = archive.clone();
        let at = bytes.len() - 2;
        bytes.splice(at.., 60_000u16.to_le_bytes());
        behind(&bytes, &long[..60_000])
    };
    assert_eq!(cut(&behind(jpeg, &archive)), ["zip", "jpeg"]);
    assert_eq!(cut(&behind(jpeg, &commented)), ["zip", "jpeg"]);
    let trailed = behind(&behind(jpeg, &archive), &long[..30_000]);
    assert_eq!(cut(&trailed), ["zip", "jpeg"]);
    assert_eq!(cut(&behind(page, &archive)), ["zip", "html"]);
    assert_eq!(
        cut(&behind(&behind(page, &archive), b"\r\n")),
        ["zip", "html"]
    );
    assert_eq!(
        cut(&behind(&behind(&dos(b"PE\0\0"), &archive), &long[..8000])),
        ["pe", "zip"],
        "a signature behind a self-extracting program"
    );
    let disk = put(vec![0; 40_000], 32_769, b"CD001");
    assert_eq!(cut(&behind(&disk, &archive)), ["zip", "iso"]);
    // Before the sectors of a disk something else may stand.
    assert_eq!(
        cut(&put(behind(&archive, &disk), 32_769, b"CD001")),
        ["zip", "iso"]
    );
    let pdf = put(put(vec![0; 40_000], 32_769, b"CD001"), 600, b"%PDF-1.7\n");
    assert_eq!(cut(&pdf), ["iso", "pdf"]);
    // Too far from the end for anything that unpacks, and without a directory: no archive.
    assert_eq!(cut(&behind(&behind(jpeg, &archive), &long)), ["jpeg"]);
    let end = &archive[archive.len() - 22..];
    assert_eq!(cut(&behind(&behind(jpeg, end), b"more\0")), ["jpeg"]);
}

#[test]
fn what_a_container_holds_as_it_is_is_no_second_kind() {
    let pdf = b"%PDF-1.7\n1 0 obj <<>> endobj\n";
    let archive = zip_of(&["a.exe"]);
    assert_eq!(cut(&zip(&[("cong-van.pdf", pdf, 0)])), ["zip"]);
    let tar = {
        let header = put(
            put(b"cong-van.pdf".to_vec(), 257, b"ustar\x0000"),
            511,
            &[0],
        );
        put(put(header, 512, pdf), 2047, &[0])
    };
    assert_eq!(cut(&tar), ["tar"]);
    assert_eq!(cut(&put(ole(&[0; 16], "WordDocument"), 512, pdf)), ["doc"]);
    assert_eq!(cut(&behind(&tar, &behind(&archive, &[0; 1024]))), ["tar"]);
    assert_eq!(
        cut(&behind(
            &behind(b"%PDF-1.7\n\0", &archive),
            b"\nendstream\n%%EOF"
        )),
        ["pdf"]
    );
    assert_eq!(
        cut(&behind(
            &ole(&[0; 16], "WordDocument"),
            &behind(&archive, &[0; 300])
        )),
        ["doc"]
    );
    // A sign that is no member's first byte stands there for whoever looks for a PDF.
    let inside = zip(&[("a", b"\0\0%PDF-1.7\n1 0 obj <<", 0)]);
    assert_eq!(cut(&inside), ["zip", "pdf"]);
}

#[test]
fn junk_before_a_program_is_no_program() {
    for junk in [&b"\0"[..], b"\r\n", b"PK"] {
        let bytes = behind(junk, &dos(b"PE\0\0"));
        assert!(!cut(&bytes).contains(&"pe"), "{junk:?}");
    }
}

#[test]
fn end_records_without_end_cost_little() {
    // 16,000 end records whose directories are not there.
    let record = b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x04\0\0\0\0\0\0\0\x09\0";
    let bytes = [&b"\xff\xd8\xff\xe0"[..], &record.repeat(3000)].concat();
    let reads = std::cell::Cell::new(0);
    let read = |at: u64, len: usize| {
        reads.set(reads.get() + 1);
        bytes
            .get(at as usize..at as usize + len)
            .map(<[u8]>::to_vec)
    };
    let sample = Sample {
        head: &bytes[..4096],
        tail: &bytes[bytes.len() - 1024..],
        reader: Some(&read),
        ..Sample::of(&bytes, &[])
    };
    assert_eq!(kinds(&sample)[0].id, "jpeg");
    assert!(reads.get() < 200, "{} reads", reads.get());
}

fn behind(head: &[u8], tail: &[u8]) -> Vec<u8> {
    [head, tail].concat()
}

/// As the spool gives it: first 4 KiB, last 1 KiB, the rest on demand.
fn cut(bytes: &[u8]) -> Vec<&'static str> {
    let read = |at: u64, len: usize| {
        bytes
            .get(at as usize..at as usize + len)
            .map(<[u8]>::to_vec)
    };
    let sample = Sample {
        head: &bytes[..bytes.len().min(4096)],
        tail: &bytes[bytes.len().saturating_sub(1024)..],
        reader: Some(&read),
        ..Sample::of(bytes, &[])
    };
    kinds(&sample).iter().map(|kind| kind.id).collect()
}
