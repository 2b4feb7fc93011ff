//! The MTA's side of the milter protocol, as much as a test needs: one session over a unix socket,
//! with all that Postfix 3 offers.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::Path,
};

use crate::program::unix;

/// Every protocol bit that Postfix knows.
const ALL: u32 = 0x1f_ffff;

/// All of them but `SMFIP_NR_BODY`: each piece of the body is answered.
pub const BODY_ANSWERED: u32 = ALL & !0x8_0000;

/// Stages at which no reply comes when their bit was granted: letter and `SMFIP_NR_…`.
const SILENT: [(u8, u32); 9] = [
    (b'L', 0x80),
    (b'C', 0x1000),
    (b'H', 0x2000),
    (b'M', 0x4000),
    (b'R', 0x8000),
    (b'T', 0x1_0000),
    (b'U', 0x2_0000),
    (b'N', 0x4_0000),
    (b'B', 0x8_0000),
];

/// A frame that came: its letter and its data.
pub type Frame = (char, String);

pub struct Mta {
    stream: UnixStream,
    granted: u32,
}

/// A message to send.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    pub from: &'a str,
    pub to: &'a [&'a str],
    /// Header and body, as in a file with LF.
    pub text: &'a str,
}

impl Mta {
    /// Connects, negotiates, and introduces a client.
    pub fn new(socket: &Path) -> Self {
        Self::offering(socket, ALL)
    }

    pub fn offering(socket: &Path, protocol: u32) -> Self {
        let mut mta = Self {
            stream: unix(socket),
            granted: 0,
        };
        mta.send(
            b'O',
            [6, 0x1ff, protocol].map(u32::to_be_bytes).as_flattened(),
        );
        let answer = mta.frame();
        assert_eq!(answer[0], b'O');
        mta.granted = u32::from_be_bytes(answer[9..13].try_into().unwrap());
        mta.ask(b'C', b"client.example\x004\x9c\x40192.0.2.1\0");
        mta.ask(b'H', b"client.example\0");
        mta
    }

    pub fn send(&mut self, letter: u8, data: &[u8]) {
        let sent = self.stream.write_all(&packet(letter, data));
        assert!(sent.is_ok(), "{:?}: {sent:?}", char::from(letter));
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    fn frame(&mut self) -> Vec<u8> {
        loop {
            let mut length = [0; 4];
            self.stream.read_exact(&mut length).unwrap();
            let mut frame = vec![0; u32::from_be_bytes(length) as usize];
            self.stream.read_exact(&mut frame).unwrap();
            // PROGRESS only says that there is more to come.
            if frame[0] != b'p' {
                return frame;
            }
        }
    }

    /// The next frame.
    pub fn read(&mut self) -> Frame {
        let frame = self.frame();
        let text = String::from_utf8_lossy(&frame[1..]);
        (char::from(frame[0]), text.trim_end_matches('\0').to_owned())
    }

    /// Sends an event; the reply, if one is due (`c` otherwise).
    pub fn ask(&mut self, letter: u8, data: &[u8]) -> Frame {
        self.send(letter, data);
        let silent = SILENT.iter().find(|silent| silent.0 == letter);
        match silent {
            Some((_, bit)) if self.granted & bit != 0 => ('c', String::new()),
            _ => self.read(),
        }
    }

    /// MAIL and RCPT of a message: the replies to RCPT.
    pub fn envelope(&mut self, letter: &Letter<'_>) -> Vec<Frame> {
        self.ask(b'M', format!("<{}>\0", letter.from).as_bytes());
        letter
            .to
            .iter()
            .map(|to| self.ask(b'R', format!("<{to}>\0").as_bytes()))
            .collect()
    }

    /// From DATA up to the last byte of the body.
    pub fn content(&mut self, letter: &Letter<'_>) {
        self.send(b'D', b"Ti\x004QX1Y2Z\0");
        self.ask(b'T', b"");
        let (head, body) = letter.text.split_once("\n\n").unwrap();
        for field in head.lines() {
            let (name, value) = field.split_once(':').unwrap();
            self.ask(b'L', format!("{name}\0{value}\0").as_bytes());
        }
        self.ask(b'N', b"");
        let body = body.replace('\n', "\r\n");
        for chunk in body.as_bytes().chunks(65_535) {
            self.ask(b'B', chunk);
        }
    }

    /// The end of the message: edits, then the reply.
    pub fn end(&mut self) -> Vec<Frame> {
        self.send(b'E', b"");
        let mut frames = Vec::new();
        loop {
            let frame = self.read();
            let last = matches!(frame.0, 'c' | 'a' | 'r' | 't' | 'd' | 'y');
            frames.push(frame);
            if last {
                // A server that drains has closed by now.
                let _ = self.stream.write_all(&packet(b'A', b""));
                return frames;
            }
        }
    }

    /// A whole message: what is said at its end.
    pub fn message(&mut self, letter: &Letter<'_>) -> Vec<Frame> {
        for reply in self.envelope(letter) {
            assert_eq!(reply.0, 'c');
        }
        self.content(letter);
        self.end()
    }
}

pub fn packet(letter: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len() + 1).unwrap();
    [&length.to_be_bytes()[..], &[letter], data].concat()
}
