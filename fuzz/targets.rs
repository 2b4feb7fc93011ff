//! The targets, one a reader; `replay` runs them without the fuzzer.

use bytes::BytesMut;
use gacthu::milter::{Command, Decoder, FRAME_LIMIT};

use crate::{file, image};

/// What a target does with the fuzzer's bytes.
pub type Target = fn(&[u8]);

/// Every target by name. The attachment's name is one that such files have; what it is, its bytes say.
pub static TARGETS: &[(&str, Target)] = &[
    ("ar", |data| file("a.deb", data)),
    ("arj", |data| file("a.arj", data)),
    ("bzip2", |data| file("a.bz2", data)),
    ("cab", |data| file("a.cab", data)),
    ("codec", codec),
    ("compress", |data| file("a.Z", data)),
    ("cpio", |data| file("a.cpio", data)),
    ("disk", |data| image("a.img", 3 << 20, data)),
    ("eml", |data| file("a.eml", data)),
    ("gzip", |data| file("a.gz", data)),
    ("html", |data| file("a.html", data)),
    ("iso", |data| image("a.iso", 1 << 20, data)),
    ("lha", |data| file("a.lzh", data)),
    ("lz4", |data| file("a.lz4", data)),
    ("lzma", |data| file("a.lzma", data)),
    ("mbox", |data| file("a.mbox", data)),
    ("mime", crate::open),
    ("msg", |data| file("a.msg", data)),
    ("odf", |data| file("a.odt", data)),
    ("ole", |data| file("a.doc", data)),
    ("onenote", |data| file("a.one", data)),
    ("ooxml", |data| file("a.docx", data)),
    ("pdf", |data| file("a.pdf", data)),
    ("pgp", |data| file("a.pgp", data)),
    ("rar", |data| file("a.rar", data)),
    ("rtf", |data| file("a.rtf", data)),
    ("seven", |data| file("a.7z", data)),
    ("smime", |data| file("smime.p7m", data)),
    ("svg", |data| file("a.svg", data)),
    ("szdd", |data| file("a.ex_", data)),
    ("tar", |data| file("a.tar", data)),
    ("text", |data| file("a.txt", data)),
    ("tnef", |data| file("winmail.dat", data)),
    ("uuencode", |data| file("a.uue", data)),
    ("vhd", |data| image("a.vhd", 10 << 20, data)),
    ("xz", |data| file("a.xz", data)),
    ("zip", |data| file("a.zip", data)),
    ("zstd", |data| file("a.zst", data)),
];

/// What a peer of the milter sends, in pieces of the size that the first byte says.
pub fn codec(data: &[u8]) {
    let Some((&step, data)) = data.split_first() else {
        return;
    };
    let mut decoder = Decoder::new(FRAME_LIMIT);
    let mut buffer = BytesMut::new();
    for piece in data.chunks(usize::from(step).max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            let before = buffer.len();
            match decoder.decode(&mut buffer) {
                Ok(Some(command)) => {
                    let cost = before - buffer.len();
                    assert!(touch(&command) < cost, "a frame gives out what it cost");
                }
                Ok(None) => break,
                Err(error) => return assert!(!error.to_string().contains('\n')),
            }
        }
    }
    if let Err(error) = decoder.finish(&buffer) {
        assert!(!error.to_string().contains('\n'));
    }
}

/// Calls every accessor, for fields are looked up when they are asked for; the number of bytes given out.
fn touch(command: &Command) -> usize {
    match command {
        Command::Body(bytes)
        | Command::BodyEob(bytes)
        | Command::Helo(bytes)
        | Command::Unknown(bytes) => bytes.len(),
        Command::Connect { host, peer } => host.len() + usize::from(peer.ip().is_some()),
        Command::Header(header) => header.name().len() + header.value().len(),
        Command::Macros(frame) => {
            let macros = frame.macros();
            macros.map(|(name, value)| name.len() + value.len()).sum()
        }
        Command::Mail(envelope) | Command::Rcpt(envelope) => {
            envelope.address().len() + envelope.args().map(<[u8]>::len).sum::<usize>()
        }
        _ => 0,
    }
}
