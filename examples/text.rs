//! Prints what a file says: one JSON object a piece of text, with its place.
//!
//! `cargo run --example text -- FILE…` reads documents; a file whose name ends in `.eml` is read as the letter
//! that it is, every other one is put into a letter. With `--marks POLICY` it prints the marks of state secrecy
//! that the policy's words find instead.

use std::{error::Error, fmt::Write as _, fs, path::Path, sync::Arc};

use gacthu::{
    content::{self, Budget, Needs},
    inspect::marking::{self, Marker},
    message::{Limits, Message, Receiver, Spool},
    policy,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let mut marker = None;
    if arguments
        .next_if(|argument| argument == "--marks")
        .is_some()
    {
        let path = arguments.next().ok_or("--marks wants a policy")?;
        let generation = policy::load(&[path.into()]).map_err(|report| report.to_string())?;
        let marks = generation
            .questions()
            .marks()
            .ok_or("the policy asks for no marks")?;
        marker = Some(Marker::new(&Arc::clone(marks)));
    }
    for path in arguments {
        let message = letter(Path::new(&path))?;
        let needs = Needs {
            kinds: true,
            documents: true,
            ..Needs::default()
        };
        let tree = content::open(&message, &needs, &mut Budget::default());
        if let Some(marker) = &marker {
            for mark in marker.marks(&tree.nodes, &tree.spans) {
                println!("{}", serde_json::json!({ "file": path, "mark": mark }));
            }
            continue;
        }
        let own = path.ends_with(".eml");
        for span in &tree.spans {
            let part = tree
                .nodes
                .get(span.node)
                .map_or("", |node| node.number.as_str());
            // Of the letter that was put around a file nothing is told.
            if !own
                && (part == "1"
                    || matches!(span.spot, content::Spot::Subject | content::Spot::FileName))
            {
                continue;
            }
            let line = serde_json::json!({
                "part": part,
                "place": marking::place(span.spot),
                "page": span.page,
                "legacy": span.legacy,
                "text": span.text,
            });
            println!("{line}");
        }
        for node in &tree.nodes {
            if let Some(why) = &node.not_opened {
                eprintln!("{path}: {}: not opened: {why}", node.number);
            }
        }
    }
    Ok(())
}

/// The file as a message.
fn letter(path: &Path) -> Result<Message, Box<dyn Error>> {
    let bytes = fs::read(path)?;
    let spool = Spool::new(None, 1 << 20, 1 << 30)?;
    let mut receiver = Receiver::new(&spool, Limits::default());
    if path.extension().is_some_and(|extension| extension == "eml") {
        receiver.raw(&bytes);
        return Ok(receiver.finish());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let encoded = name.bytes().fold(String::new(), |mut name, byte| {
        let _ = write!(name, "%{byte:02X}");
        name
    });
    receiver.raw(
        format!(
            "Subject: \r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
             --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\r\n--b\r\n\
             Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename*=utf-8''{encoded}\r\n\r\n"
        )
        .as_bytes(),
    );
    for line in base64(&bytes).as_bytes().chunks(76) {
        receiver.raw(line);
        receiver.raw(b"\r\n");
    }
    receiver.raw(b"--b--\r\n");
    Ok(receiver.finish())
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() / 3 * 4 + 4);
    for chunk in bytes.chunks(3) {
        let all = chunk
            .iter()
            .fold(0_u32, |all, &byte| all << 8 | u32::from(byte));
        let all = all << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = (all >> (18 - 6 * place)) & 63;
            match place > chunk.len() {
                true => text.push('='),
                false => text.push(char::from(LETTERS[index as usize])),
            }
        }
    }
    text
}
