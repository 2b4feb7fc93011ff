//! Real and evasive messages that others made; they lie beside the repository, not in it.

use super::{hex, scan};
use crate::message::{Message, PartKind};
use std::{fs, path::PathBuf};

/// The folder with them; none where it is not there.
fn folder() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus-seed");
    let seed = std::env::var_os("GACTHU_SEED").map_or(PathBuf::from(beside), PathBuf::from);
    let seed = seed.join("mime-edge");
    seed.is_dir().then_some(seed)
}

fn messages() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open: Vec<_> = folder().into_iter().collect();
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_none_or(|extension| extension != "tsv") {
                let name = path.to_string_lossy().into_owned();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The archive that the files of noxxi/mime-is-broken carry.
const EICAR_ZIP: &str = "2c7a24e14b230cfb2a57d7a01e285747f3db143a8092e19486b198028478b6af";

fn sees(message: &Message, sha256: &str, name: &str) -> (bool, bool) {
    let leaves = || {
        message
            .parts
            .iter()
            .filter(|part| part.kind == PartKind::Leaf)
    };
    let content = leaves().any(|part| hex(&part.blob.as_ref().unwrap().sha256) == sha256);
    let named = leaves().any(|part| part.names.all.iter().any(|known| known.ends_with(name)));
    (content, named)
}

#[test]
fn every_message_is_taken_apart() {
    for (name, bytes) in messages() {
        let message = scan(&bytes);
        assert!(!message.parts.is_empty(), "{name}");
        let lf = bytes.iter().filter(|byte| **byte == b'\n').count();
        let cr = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
        assert_eq!(message.size, (bytes.len() + lf - cr) as u64, "{name}");
    }
}

/// Both sides agree on these; what is missing here needs readings that no standard knows:
/// quoted-printable with `=0X` and `=0` before each character, which some programs skip, and
/// uuencode. In fIvA the archive's line feeds are line ends of the text: CRLF on the wire.
#[test]
fn hidden_archives_are_seen() {
    let unseen = ["bFiq", "fIvA", "fYnH", "ns48"];
    let mut seen = 0;
    for (name, bytes) in messages()
        .iter()
        .filter(|(name, _)| name.contains("noxxi-hide-content"))
    {
        let message = scan(bytes);
        let (content, named) = sees(&message, EICAR_ZIP, "eicar.zip");
        assert!(named, "{name}");
        assert_eq!(
            content,
            !unseen.iter().any(|id| name.contains(id)),
            "{name}"
        );
        seen += usize::from(content);
        let problems = message.parts.iter().any(|part| !part.problems.is_empty());
        assert!(content || problems || !message.not_scanned.is_empty() || name.contains("fIvA"));
    }
    assert!(folder().is_none() || seen == 16, "{seen}");
}

#[test]
fn hidden_names_are_seen() {
    let mut seen = 0;
    for (name, bytes) in messages()
        .iter()
        .filter(|(name, _)| name.contains("noxxi-hide-filename"))
    {
        let message = scan(bytes);
        assert!(sees(&message, "", ".zip").1, "{name}");
        seen += 1;
    }
    assert!(folder().is_none() || seen == 16, "{seen}");
}
