//! Prints what a file says: one JSON object a piece of text, with its place.
//!
//! `cargo run --example text -- FILE…` reads documents; a file whose name ends in `.eml` is read as the letter
//! that it is, every other one is put into a letter. With `--marks POLICY` it prints the marks of state secrecy
//! that the policy's words find instead; with `--times N` how many milliseconds it takes to read the letter and
//! open its one file, N times in this process.

use std::{
    error::Error,
    fmt::Write as _,
    fs,
    io::{BufWriter, Read as _, Write as _},
    path::Path,
    sync::Arc,
    time::Instant,
};

use gacthu::{
    content::{self, Budget, Needs},
    inspect::marking::{self, Marker},
    message::{Limits, Message, Receiver, Spool},
    policy,
};

/// What is printed of a piece of text.
#[derive(serde::Serialize)]
struct Line<'t> {
    page: Option<u32>,
    part: &'t str,
    place: &'t str,
    text: &'t str,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments
        .next_if(|argument| argument == "--times")
        .is_some()
    {
        let count = arguments.next().ok_or("--times wants a number")?.parse()?;
        return times(count, &arguments.next().ok_or("--times wants a file")?);
    }
    // A line at a time would be a system call each.
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
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
        let tree = content::open(&message, &needs(), &mut Budget::default());
        if let Some(marker) = &marker {
            for mark in marker.marks(&tree.nodes, &tree.spans) {
                writeln!(out, "{}", serde_json::json!({ "file": path, "mark": mark }))?;
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
            let line = Line {
                page: span.page,
                part,
                place: marking::place(span.spot),
                text: &span.text,
            };
            serde_json::to_writer(&mut out, &line)?;
            out.write_all(b"\n")?;
        }
        for node in &tree.nodes {
            if let Some(why) = &node.not_opened {
                eprintln!("{path}: {}: not opened: {why}", node.number);
            }
        }
    }
    out.flush()?;
    Ok(())
}

/// What is asked of a letter.
fn needs() -> Needs {
    Needs {
        kinds: true,
        documents: true,
        ..Needs::default()
    }
}

/// Prints the milliseconds of each time as JSON.
fn times(count: usize, path: &str) -> Result<(), Box<dyn Error>> {
    let mut ms = Vec::new();
    let mut spans = 0;
    for _ in 0..count.min(10_000) {
        let message = letter(Path::new(path))?;
        let begin = Instant::now();
        let tree = content::open(&message, &needs(), &mut Budget::default());
        ms.push(begin.elapsed().as_secs_f64() * 1e3);
        spans = tree.spans.len();
    }
    println!("{}", serde_json::json!({ "ms": ms, "spans": spans }));
    Ok(())
}

/// The file as a message.
fn letter(path: &Path) -> Result<Message, Box<dyn Error>> {
    let spool = Spool::new(None, 1 << 20, 1 << 30)?;
    let mut receiver = Receiver::new(&spool, Limits::default());
    if path.extension().is_some_and(|extension| extension == "eml") {
        receiver.raw(&fs::read(path)?);
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
    // As mail programs do: lines of 76 letters, handed on as a socket would.
    let file = fs::File::open(path)?;
    let mut piece = Vec::with_capacity(PIECE);
    let mut lines = Vec::with_capacity(PIECE / 57 * 78);
    while (&file).take(PIECE as u64).read_to_end(&mut piece)? > 0 {
        for chunk in piece.chunks(57) {
            base64(chunk, &mut lines);
            lines.extend_from_slice(b"\r\n");
        }
        receiver.raw(&lines);
        piece.clear();
        lines.clear();
    }
    receiver.raw(b"--b--\r\n");
    Ok(receiver.finish())
}

/// How many bytes of the file are read at once: whole lines.
const PIECE: usize = 57 << 9;

fn base64(bytes: &[u8], text: &mut Vec<u8>) {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |n: u32| LETTERS[(n & 63) as usize];
    let (whole, rest) = bytes.as_chunks::<3>();
    for &[a, b, c] in whole {
        let all = u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c);
        text.extend([18, 12, 6, 0].map(|shift| letter(all >> shift)));
    }
    match *rest {
        [a] => {
            let all = u32::from(a) << 16;
            text.extend([letter(all >> 18), letter(all >> 12), b'=', b'=']);
        }
        [a, b] => {
            let all = u32::from(a) << 16 | u32::from(b) << 8;
            text.extend([letter(all >> 18), letter(all >> 12), letter(all >> 6), b'=']);
        }
        _ => {}
    }
}
