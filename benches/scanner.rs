//! How fast the message room is: `cargo bench --bench scanner`.
//!
//! Prints the throughput of a 45 MiB base64 attachment beside a copy of the same bytes and beside
//! hashing its content (which any reader of it must do), and the time of a letter of 6 KB. Best of
//! several rounds, all in one run, because figures of different runs cannot be compared.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use gacthu::message::{Limits, Message, Receiver, Spool};
use sha2::{Digest, Sha256};

fn main() {
    let spool = Spool::new(None, 1 << 20, 1 << 30).expect("random bytes");
    let dir = std::env::temp_dir();
    let nowhere = Spool::new(None, 0, 0).expect("random bytes");
    let encrypted = Spool::new(Some(dir), 1 << 20, 1 << 30).expect("random bytes");
    let large = large();
    let content = large.len() / 78 * 57;

    let mut copy = vec![0u8; large.len()];
    let copied = best(5, || copy.copy_from_slice(black_box(&large)));
    let bytes = vec![7u8; content];
    let hashed = best(3, || {
        black_box(Sha256::digest(black_box(&bytes)));
    });
    let unkept = best(5, || drop(black_box(scan(&nowhere, &large))));
    let in_memfd = best(5, || drop(black_box(scan(&spool, &large))));
    let in_file = best(5, || drop(black_box(scan(&encrypted, &large))));
    println!(
        "{:.0} MiB of base64, MB/s of input (ratio to the copy):",
        large.len() as f64 / 1048576.
    );
    for (what, time) in [
        ("copy", copied),
        ("SHA-256 of the content alone", hashed),
        ("scan, decode, hash, keep nothing", unkept),
        ("scan, decode, hash, keep in a memfd", in_memfd),
        ("scan, decode, hash, keep in an encrypted file", in_file),
    ] {
        let speed = large.len() as f64 / time.as_secs_f64() / 1e6;
        println!(
            "  {what:<46} {speed:>7.0}  {:.3}",
            copied.as_secs_f64() / time.as_secs_f64()
        );
    }

    let small = small();
    let rounds = 2000;
    let time = best(10, || {
        for _ in 0..rounds {
            drop(black_box(scan(&spool, black_box(&small))));
        }
    });
    let micros = time.as_secs_f64() * 1e6 / f64::from(rounds);
    println!("a letter of {} bytes: {micros:.1} µs", small.len());
    let time = best(10, || {
        for _ in 0..rounds {
            black_box(Sha256::digest(black_box(&small)));
        }
    });
    println!(
        "  SHA-256 of the same: {:.1} µs",
        time.as_secs_f64() * 1e6 / f64::from(rounds)
    );
}

fn best(rounds: u32, mut work: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..rounds {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed());
    }
    best
}

/// As Postfix gives it: fields, then chunks of 65,535 bytes.
fn scan(spool: &Spool, raw: &[u8]) -> Message {
    let mut receiver = Receiver::new(spool, Limits::default());
    let end = raw
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a header");
    for line in raw[..end].split(|byte| *byte == b'\n') {
        if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            receiver.header(&line[..colon], line[colon + 1..].trim_ascii_end());
        }
    }
    receiver.end_of_headers();
    for chunk in raw[end + 4..].chunks(65_535) {
        receiver.body(chunk);
    }
    receiver.finish()
}

fn large() -> Vec<u8> {
    let mut raw = b"Content-Type: multipart/mixed; boundary=\"=_B\"\r\n\r\n--=_B\r\n\
        Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        .to_vec();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut dice = 1u64;
    while raw.len() < 45 << 20 {
        for _ in 0..76 {
            dice = dice
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            raw.push(alphabet[(dice >> 58) as usize]);
        }
        raw.extend_from_slice(b"\r\n");
    }
    raw.extend_from_slice(b"--=_B--\r\n");
    raw
}

fn small() -> Vec<u8> {
    let mut raw = String::new();
    for at in 0..18 {
        raw.push_str(&format!(
            "X-Header-{at}: mx{at}.example.vn with ESMTPS id 4bQ1 for <a@b.vn>\r\n"
        ));
    }
    raw.push_str(
        "From: =?utf-8?B?VsSDbiB0aMaw?= <vanthu@daknong.gov.vn>\r\nSubject: =?utf-8?q?C=C3=B4ng_v=C4=83n?=\r\n\
         Message-ID: <1@b.vn>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=\"----=_Part_1\"\r\n\r\n------=_Part_1\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
    );
    for _ in 0..20 {
        raw.push_str(
            "K=C3=ADnh g=E1=BB=ADi c=C3=A1c =C4=91=C6=A1n v=E1=BB=8B, xin g=E1=BB=ADi=\r\n",
        );
    }
    raw.push_str("\r\n------=_Part_1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n");
    for _ in 0..40 {
        raw.push_str("<p style=\"margin:0\">Kính gửi các đơn vị, xin gửi văn bản</p>\r\n");
    }
    raw.push_str("------=_Part_1--\r\n");
    raw.into_bytes()
}
