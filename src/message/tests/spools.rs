use super::{base64, content, part};
use crate::message::{Data, Limits, Message, Problem, Receiver, Spool, Why};
use sha2::{Digest, Sha256};
use std::io::Read;

fn scan_with(spool: &Spool, bytes: &[u8], copies: usize) -> Message {
    let mut receiver = Receiver::new(spool, Limits::default());
    receiver.header(b"Content-Type", b" multipart/mixed; boundary=B");
    for _ in 0..copies {
        receiver.body(b"--B\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        let text = base64(bytes);
        for chunk in text.as_bytes().chunks(65_535) {
            receiver.body(chunk);
        }
    }
    receiver.body(b"--B--\r\n");
    receiver.finish()
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 + at / 251) as u8).collect()
}

fn check(message: &Message, bytes: &[u8], copies: usize) {
    for number in 1..=copies {
        let part = part(message, &number.to_string());
        let blob = part.blob.as_ref().unwrap();
        assert_eq!(blob.size, bytes.len() as u64);
        assert_eq!(blob.sha256, <[u8; 32]>::from(Sha256::digest(bytes)));
        assert_eq!(blob.head, bytes[..bytes.len().min(4096)]);
        assert_eq!(blob.tail, bytes[bytes.len().saturating_sub(1024)..]);
        if !matches!(blob.data, Data::NotKept(_)) {
            assert_eq!(content(part), bytes);
            let mut read = Vec::new();
            blob.reader().unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, bytes);
        }
    }
}

#[test]
fn small_bodies_stay_in_memory() {
    let spool = Spool::new(None, 1 << 20, 1 << 30).unwrap();
    let bytes = bytes(3000);
    let message = scan_with(&spool, &bytes, 3);
    check(&message, &bytes, 3);
    assert_eq!((spool.files(), spool.used()), (0, 0));
    assert_eq!(
        part(&message, "1")
            .blob
            .as_ref()
            .unwrap()
            .read_all(2999)
            .unwrap(),
        None
    );
}

#[test]
fn large_bodies_go_to_one_file_and_leave_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    for place in [None, Some(dir.path().to_path_buf())] {
        let spool = Spool::new(place, 100_000, 1 << 30).unwrap();
        let bytes = bytes(90_001);
        let message = scan_with(&spool, &bytes, 4);
        check(&message, &bytes, 4);
        assert_eq!(spool.files(), 1);
        assert!(spool.used() >= 3 * 90_001, "{}", spool.used());
        assert_eq!(
            std::fs::read_dir(dir.path()).unwrap().count(),
            0,
            "a name is left"
        );
        let copy = message.parts[4].clone();
        drop(message);
        assert_eq!(spool.files(), 1);
        assert_eq!(content(&copy), bytes);
        drop(copy);
        assert_eq!((spool.files(), spool.used()), (0, 0));
    }
}

#[test]
fn the_total_limit_drops_bodies_but_not_facts() {
    let spool = Spool::new(None, 1000, 250_000).unwrap();
    let bytes = bytes(100_000);
    let message = scan_with(&spool, &bytes, 4);
    check(&message, &bytes, 4);
    let kept: Vec<_> = message.parts[1..]
        .iter()
        .map(|part| matches!(part.blob.as_ref().unwrap().data, Data::Spooled(_)))
        .collect();
    assert_eq!(kept, [true, true, false, false]);
    assert_eq!(message.not_scanned.len(), 2);
    assert!(
        matches!(message.not_scanned[0].why, Why::Limit(limit) if limit.which == "spool_total")
    );
    assert!(spool.used() <= 250_000);
    drop(message);
    assert_eq!(spool.used(), 0);
}

#[test]
fn a_folder_that_cannot_be_written_loses_no_mail() {
    let spool = Spool::new(Some("/nonexistent/gacthu".into()), 1000, 1 << 30).unwrap();
    let bytes = bytes(50_000);
    let message = scan_with(&spool, &bytes, 2);
    check(&message, &bytes, 2);
    assert_eq!(message.parts[1].problems, [Problem::StorageFailed]);
    assert_eq!(message.not_scanned[0].why, Why::Damaged);
    assert_eq!((spool.files(), spool.used()), (0, 0));
}
