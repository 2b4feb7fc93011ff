//! Bytes in, commands out.

use std::net::IpAddr;

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use crate::milter::{
    Actions, Command, Decoder, FRAME_LIMIT, Foreign, Peer, Protocol, ProtocolError, Stage,
    reply::frame,
};

/// One frame.
fn packet(letter: u8, pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = BytesMut::new();
    frame(&mut out, letter, pieces);
    out.to_vec()
}

/// Everything that a fresh decoder makes of `bytes`, cut into pieces of the lengths `cuts` (in
/// turn): the commands, and the error that ended it.
fn decode(bytes: &[u8], cuts: &[usize]) -> (Vec<Command>, Option<ProtocolError>) {
    let mut decoder = Decoder::default();
    let mut buffer = BytesMut::new();
    let mut commands = Vec::new();
    let mut rest = bytes;
    let mut cuts = cuts.iter().cycle();
    while !rest.is_empty() {
        let cut = cuts
            .next()
            .map_or(rest.len(), |cut| (*cut).clamp(1, rest.len()));
        let (piece, after) = rest.split_at(cut);
        buffer.extend_from_slice(piece);
        rest = after;
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(command)) => commands.push(command),
                Ok(None) => break,
                Err(error) => return (commands, Some(error)),
            }
        }
    }
    (commands, decoder.finish(&buffer).err())
}

fn one(letter: u8, data: &[u8]) -> Result<Command, ProtocolError> {
    let (mut commands, error) = decode(&packet(letter, &[data]), &[]);
    error.map_or_else(|| Ok(commands.remove(0)), Err)
}

/// A whole session as Postfix 3.7 sends it.
fn session() -> Vec<u8> {
    [
        packet(b'O', &[b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff"]),
        packet(
            b'D',
            &[b"Cj\0mail.daknong.gov.vn\0{client_addr}\x00203.0.113.5\0"],
        ),
        packet(
            b'C',
            &[b"client.example\x004", &[0x9c, 0x40], b"203.0.113.5\0"],
        ),
        packet(b'D', &[b"H"]),
        packet(b'H', &[b"client.example\0"]),
        packet(b'D', &[b"M{mail_addr}\0a@client.example\0"]),
        packet(b'M', &[b"<a@client.example>\0SIZE=100\0BODY=8BITMIME\0"]),
        packet(b'D', &[b"R{rcpt_addr}\0vanthu@daknong.gov.vn\0"]),
        packet(b'R', &[b"<vanthu@daknong.gov.vn>\0"]),
        packet(b'D', &[b"Ti\x004B2F91\0"]),
        packet(b'T', &[]),
        packet(b'L', &[b"Subject\0 =?utf-8?q?C=C3=B4ng_v=C4=83n?=\n two\0"]),
        packet(b'L', &[b"X-Raw\0 \xc3\x28\xff\0"]),
        packet(b'N', &[]),
        packet(b'B', &[b"Hello\r\n\0binary"]),
        packet(b'E', &[]),
        packet(b'A', &[]),
        packet(b'Q', &[]),
    ]
    .concat()
}

#[test]
fn a_session_of_postfix_is_read_to_the_byte() {
    let (commands, error) = decode(&session(), &[]);
    assert_eq!(error, None);
    let Command::Negotiate(offer) = &commands[0] else {
        panic!("{:?}", commands[0])
    };
    assert_eq!(
        (offer.version, offer.actions, offer.protocol),
        (6, Actions(0x1ff), Protocol(0x1f_ffff))
    );
    let Command::Macros(macros) = &commands[1] else {
        panic!("{:?}", commands[1])
    };
    assert_eq!(macros.stage(), Some(Stage::Connect));
    let pairs: Vec<_> = macros.macros().collect();
    let first: (&[u8], &[u8]) = (b"j", b"mail.daknong.gov.vn");
    let second: (&[u8], &[u8]) = (b"{client_addr}", b"203.0.113.5");
    assert_eq!(pairs, [first, second]);
    assert_eq!(macros.macros().find("{j}"), Some(first.1));
    assert_eq!(macros.macros().find("client_addr"), Some(second.1));
    assert_eq!(macros.macros().find("i"), None);
    let peer = Peer::Inet("203.0.113.5:40000".parse().unwrap());
    assert_eq!(
        commands[2],
        Command::Connect {
            host: "client.example".into(),
            peer
        }
    );
    assert_eq!(commands[4], Command::Helo("client.example".into()));
    let Command::Mail(mail) = &commands[6] else {
        panic!("{:?}", commands[6])
    };
    assert_eq!(mail.address(), b"<a@client.example>");
    assert_eq!(
        mail.args().collect::<Vec<_>>(),
        [&b"SIZE=100"[..], b"BODY=8BITMIME"]
    );
    let Command::Rcpt(rcpt) = &commands[8] else {
        panic!("{:?}", commands[8])
    };
    assert_eq!(
        (rcpt.address(), rcpt.args().count()),
        (&b"<vanthu@daknong.gov.vn>"[..], 0)
    );
    assert_eq!(commands[10], Command::Data);
    let Command::Header(subject) = &commands[11] else {
        panic!("{:?}", commands[11])
    };
    assert_eq!(subject.name(), b"Subject");
    assert_eq!(subject.value(), b" =?utf-8?q?C=C3=B4ng_v=C4=83n?=\n two");
    let Command::Header(raw) = &commands[12] else {
        panic!("{:?}", commands[12])
    };
    assert_eq!(raw.value(), b" \xc3\x28\xff");
    assert_eq!(
        commands[13..],
        [
            Command::EndOfHeaders,
            Command::Body(Bytes::from_static(b"Hello\r\n\0binary")),
            Command::BodyEob(Bytes::new()),
            Command::Abort,
            Command::Quit,
        ]
    );
}

#[test]
fn every_kind_of_client_address() {
    let peer = |data: &[u8]| match one(b'C', data) {
        Ok(Command::Connect { peer, .. }) => Ok(peer),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    };
    let ip = |data| peer(data).unwrap().ip().unwrap();
    assert_eq!(ip(b"h\x004\0\x19192.0.2.1\0"), IpAddr::from([192, 0, 2, 1]));
    let v6: IpAddr = "2001:db8::1".parse().unwrap();
    assert_eq!(ip(b"h\x006\0\x192001:db8::1\0"), v6);
    assert_eq!(ip(b"h\x006\0\x19IPv6:2001:db8::1\0"), v6);
    assert_eq!(
        ip(b"h\x006\0\x19fe80::1%eth0\0"),
        "fe80::1".parse::<IpAddr>().unwrap()
    );
    assert_eq!(
        ip(b"h\x006\0\x19::ffff:192.0.2.1\0"),
        IpAddr::from([192, 0, 2, 1])
    );
    assert_eq!(peer(b"h\0L\0\0/run/x\0"), Ok(Peer::Unix("/run/x".into())));
    assert_eq!(peer(b"h\0U"), Ok(Peer::Unknown));
    assert_eq!(peer(b"h\0U\0\0\0"), Ok(Peer::Unknown));
    for (data, why) in [
        (&b"h"[..], "CONNECT has a string without its NUL"),
        (b"h\0", "CONNECT has an address that is cut short"),
        (b"h\x004\0", "CONNECT has an address that is cut short"),
        (
            b"h\x004\0\x19192.0.2.1",
            "CONNECT has a string without its NUL",
        ),
        (
            b"h\x004\0\x19192.0.2.1\0x",
            "CONNECT has data after the address",
        ),
        (
            b"h\x004\0\x192001:db8::1\0",
            "CONNECT has an address that is not IPv4",
        ),
        (
            b"h\x006\0\x19192.0.2.1\0",
            "CONNECT has an address that is not IPv6",
        ),
        (
            b"h\x006\0\x19\xff\0",
            "CONNECT has an address that is no text",
        ),
        (
            b"h\0X\0\x19192.0.2.1\0",
            "CONNECT has an address family that does not exist",
        ),
    ] {
        assert_eq!(peer(data), Err(format!("command {why}")));
    }
}

#[test]
fn senseless_frames_are_refused_in_one_sentence() {
    let error = |bytes: &[u8]| {
        let begun = packet(b'O', &[b"\0\0\0\x06\0\0\0\0\0\0\0\0"]);
        decode(&[&begun, bytes].concat(), &[])
            .1
            .unwrap()
            .to_string()
    };
    assert_eq!(
        error(b"\0\0\0\0"),
        "a frame of length 0, which cannot hold a command"
    );
    let long = format!("a frame of 4294967295 bytes; at most {FRAME_LIMIT} are taken");
    assert_eq!(error(b"\xff\xff\xff\xff"), long);
    assert_eq!(error(&packet(b'Z', &[])), "unknown command 'Z'");
    assert_eq!(error(&packet(0x80, &[])), "unknown command 0x80");
    let text = "the connection ended in the middle of a frame, after 6 bytes of it";
    assert_eq!(error(b"\0\0\0\x09Bx"), text);
    assert_eq!(
        error(&packet(b'Q', &[b"x"])),
        "command QUIT has data after a command that has none"
    );
    assert_eq!(
        error(&packet(b'H', &[b"x"])),
        "command HELO has a string without its NUL"
    );
    assert_eq!(
        error(&packet(b'H', &[b"x\0y\0"])),
        "command HELO has more than one string"
    );
    assert_eq!(
        error(&packet(b'M', &[])),
        "command MAIL has a string without its NUL"
    );
    assert_eq!(
        error(&packet(b'L', &[b"x\0"])),
        "command HEADER has a name without a value"
    );
    let many = "command HEADER has more than a name and a value";
    assert_eq!(error(&packet(b'L', &[b"x\0y\0z\0"])), many);
    assert_eq!(
        error(&packet(b'D', &[b"Mi\0"])),
        "command MACRO has a macro without a value"
    );
    let none = "command MACRO has no command that the macros belong to";
    assert_eq!(error(&packet(b'D', &[])), none);
    let short = "command OPTNEG has a negotiation of less than three words";
    assert_eq!(error(&packet(b'O', &[b"\0\0\0\x06"])), short);
    let old = packet(b'O', &[b"\0\0\0\x01\0\0\0\0\0\0\0\0"]);
    assert_eq!(
        error(&old),
        "milter protocol version 1; versions 2 to 6 are spoken"
    );
}

#[test]
fn a_frame_may_be_as_long_as_the_limit_and_no_longer() {
    let mut decoder = Decoder::new(10);
    let mut buffer = BytesMut::from(&packet(b'B', &[b"123456789"])[..]);
    let body = Command::Body(Bytes::from_static(b"123456789"));
    assert_eq!(decoder.decode(&mut buffer), Ok(Some(body)));
    let mut buffer = BytesMut::from(&b"\0\0\0\x0b"[..]);
    let error = ProtocolError::TooLong {
        length: 11,
        limit: 10,
    };
    assert_eq!(decoder.decode(&mut buffer), Err(error));
}

#[test]
fn other_protocols_are_named() {
    for (words, foreign, hint) in [
        (
            &b"GET /metrics HTTP/1.1\r\n\r\n"[..],
            Foreign::Http,
            "admin port",
        ),
        (b"POST /checkv2 HTTP/1.0\r\n", Foreign::Http, "HTTP request"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n", Foreign::Http, "HTTP"),
        (
            b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
            Foreign::Tls,
            "TLS client hello",
        ),
        (b"EHLO client.example\r\n", Foreign::Smtp, "smtpd_milters"),
        (b"ehlo x\r\n", Foreign::Smtp, "SMTP"),
        (b"LHLO x\r\n", Foreign::Smtp, "SMTP"),
        (b"QUIT\r\n", Foreign::Smtp, "SMTP"),
        (b"zINSTREAM\0", Foreign::Clamd, "clamd"),
        (b"nINSTREAM\n", Foreign::Clamd, "clamd"),
        (b"PING\n", Foreign::Clamd, "clamd"),
        (b"zPING\0", Foreign::Clamd, "clamd"),
        (b"SCAN /tmp/x\n", Foreign::Clamd, "clamd"),
        (b"CHECK SPAMC/1.5\r\n", Foreign::Spamc, "spamc"),
        (b"SYMBOLS RSPAMC/1.3\r\n", Foreign::Spamc, "rspamc"),
        (b"PING SPAMC/1.2\r\n", Foreign::Spamc, "spamc"),
        (
            b"request=smtpd_access_policy\n",
            Foreign::Policy,
            "check_policy_service",
        ),
        (
            b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
            Foreign::Proxy,
            "PROXY",
        ),
        (b"\r\n\r\n\0\r\nQUIT\n", Foreign::Proxy, "PROXY"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Foreign::Ssh, "SSH"),
        (b"hello there, who are you?\r\n", Foreign::Text, "text"),
        (b"hi\r\n", Foreign::Text, "text"),
        (b"hi", Foreign::Text, "text"),
    ] {
        for cuts in [&[][..], &[1], &[2, 3], &[7]] {
            let (commands, error) = decode(words, cuts);
            assert_eq!(commands, []);
            let error = error.unwrap();
            assert_eq!(error, ProtocolError::Foreign(foreign), "{cuts:?}");
            assert!(error.to_string().contains(hint), "{error}");
        }
    }
    // Neither text nor milter: the length is what is wrong.
    for bytes in [
        &b"\x80\x01\x02\x03"[..],
        b"\xff\xff\xff\xff",
        b"AB\x01\x02",
        b"\x16\x05\0\0",
    ] {
        let error = decode(bytes, &[1]).1.unwrap();
        assert!(matches!(error, ProtocolError::TooLong { .. }), "{error}");
    }
    // After the first frame text is a bad frame.
    let begun = packet(b'Q', &[]);
    let error = decode(&[&begun[..], b"GET / HTTP/1.1\r\n"].concat(), &[])
        .1
        .unwrap();
    assert!(
        matches!(
            error,
            ProtocolError::TooLong {
                length: 0x4745_5420,
                ..
            }
        ),
        "{error}"
    );
}

proptest! {
    #[test]
    fn how_bytes_are_cut_makes_no_difference(cuts in prop::collection::vec(1usize..40, 1..20)) {
        prop_assert_eq!(decode(&session(), &cuts), decode(&session(), &[]));
    }

    #[test]
    fn bytes_of_any_kind_come_out_the_same(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        cuts in prop::collection::vec(1usize..40, 1..20),
    ) {
        prop_assert_eq!(decode(&bytes, &cuts), decode(&bytes, &[]));
    }

    #[test]
    fn text_of_any_kind_comes_out_the_same(
        text in "[A-Z a-z/\r\n\0\t\x01]{0,24}",
        cuts in prop::collection::vec(1usize..5, 1..9),
    ) {
        prop_assert_eq!(decode(text.as_bytes(), &cuts), decode(text.as_bytes(), &[]));
    }
}

/// 20,000 transcripts with some bytes changed, cut out or doubled. None may panic; what is decoded
/// never holds more than came, and a frame beyond the limit never comes out.
#[test]
fn mutated_transcripts_do_no_harm() {
    let original = session();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    let (mut sound, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let mut bytes = original.clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(5) {
                0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                1 => bytes[at] ^= 1 << random(8),
                2 => {
                    bytes.truncate(at.max(1));
                }
                3 => {
                    let end = bytes.len().min(at + 1 + random(16));
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                _ => {
                    let end = bytes.len().min(at + 1 + random(16));
                    bytes.drain(at..end);
                    if bytes.is_empty() {
                        bytes.push(0);
                    }
                }
            }
        }
        let mut decoder = Decoder::new(400);
        let mut buffer = BytesMut::new();
        let mut seen = 0;
        let outcome = 'all: {
            for piece in bytes.chunks(1 + random(64)) {
                buffer.extend_from_slice(piece);
                assert!(
                    buffer.len() <= 4 + 400 + 64,
                    "the buffer holds a frame and a read"
                );
                loop {
                    match decoder.decode(&mut buffer) {
                        Ok(None) => break,
                        Ok(Some(command)) => seen += touch(&command),
                        Err(error) => break 'all Err(error),
                    }
                }
            }
            decoder.finish(&buffer)
        };
        assert!(seen <= bytes.len());
        match outcome {
            Ok(()) => sound += 1,
            Err(error) => {
                assert!(!error.to_string().contains('\n'));
                refused += 1;
            }
        }
    }
    // Both happen often, or the test tests nothing.
    assert!(
        sound > 1_000 && refused > 1_000,
        "{sound} sound, {refused} refused"
    );
}

/// Calls every accessor; the number of bytes that the command gives out.
fn touch(command: &Command) -> usize {
    match command {
        Command::Body(bytes)
        | Command::BodyEob(bytes)
        | Command::Helo(bytes)
        | Command::Unknown(bytes) => bytes.len(),
        Command::Connect { host, peer } => host.len() + usize::from(peer.ip().is_some()),
        Command::Header(header) => header.name().len() + header.value().len(),
        Command::Macros(frame) => frame
            .macros()
            .map(|(name, value)| name.len() + value.len())
            .sum(),
        Command::Mail(envelope) | Command::Rcpt(envelope) => {
            envelope.address().len() + envelope.args().map(<[u8]>::len).sum::<usize>()
        }
        _ => 0,
    }
}
