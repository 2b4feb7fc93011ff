//! Transcripts.

use gacthu::milter::{Reply, ReplyCode, Settings, Stage};

use crate::harness::{MESSAGE, Mta, Script, Server, packet};

fn code() -> Reply {
    Reply::Code(ReplyCode::new(554, "5.7.1", &["Rejected 100%"]).unwrap())
}

/// Every reply of Postfix's `test-list`, and the rest, with its letter.
fn replies() -> [(Reply, char); 7] {
    [
        (code(), 'y'),
        (Reply::Tempfail, 't'),
        (Reply::Reject, 'r'),
        (Reply::Accept, 'a'),
        (Reply::Discard, 'd'),
        (Reply::Shutdown, '4'),
        (Reply::ConnFail, 'f'),
    ]
}

const TOLD: [&str; 10] = [
    "connect client.example 192.0.2.1",
    "helo client.example",
    "mail <a@client.example> SIZE=9",
    "rcpt <b@daknong.gov.vn> ",
    "data",
    "header Subject: x",
    "eoh",
    "body hello\\r\\n",
    "eom",
    "answered end_of_message Yes",
];

#[tokio::test]
async fn postfix_over_a_unix_socket() {
    let mut server = Server::unix(Script::default(), Settings::default());
    let mut mta = server.connect().await;
    assert_eq!(
        mta.negotiate(6, 0x1ff, 0x1f_ffff).await,
        [6, 0x13d, 0x1d_3180]
    );
    mta.send(b'D', b"Cj\0mx.daknong.gov.vn\0{client_addr}\x00192.0.2.1\0")
        .await;
    let mut all = Vec::new();
    for (letter, data, _) in MESSAGE {
        all.extend(packet(b'D', &[letter]));
        all.extend(packet(letter, data));
    }
    mta.write(&all).await;
    // MAIL, RCPT and the end of message are answered, and nothing else.
    for _ in 0..3 {
        assert_eq!(mta.read().await, b"c");
    }
    mta.send(b'A', b"").await;
    mta.send(b'Q', b"").await;
    mta.closed().await;
    let mut expected = vec![
        "session Submission Unix",
        "version 6, space true",
        "macro connect j=mx.daknong.gov.vn",
        "macro connect {client_addr}=192.0.2.1",
    ];
    expected.extend(TOLD);
    expected.extend(["abort", "quit quit", "closed quit"]);
    assert_eq!(server.told_until("closed").await, expected);
}

#[tokio::test]
async fn postfix_over_tcp_gets_its_data_answered() {
    let mut server = Server::tcp(Script::default(), Settings::default());
    let mut mta = server.connect().await;
    assert_eq!(
        mta.negotiate(6, 0x1ff, 0x1f_ffff).await,
        [6, 0x13d, 0x1c_3180]
    );
    let all: Vec<u8> = MESSAGE
        .iter()
        .flat_map(|(letter, data, _)| packet(*letter, data))
        .collect();
    mta.write(&all).await;
    for _ in 0..4 {
        assert_eq!(mta.read().await, b"c");
    }
    mta.send(b'Q', b"").await;
    mta.closed().await;
    let mut expected = vec!["session Mx Tcp", "version 6, space true"];
    expected.extend(TOLD);
    expected.extend(["quit quit", "closed quit"]);
    assert_eq!(server.told_until("closed").await, expected);
}

#[tokio::test]
async fn an_mta_that_offers_no_bits_is_answered_at_every_stage() {
    let mut server = Server::unix(Script::default(), Settings::default());
    let mut mta = server.connect().await;
    assert_eq!(mta.negotiate(6, 0x3f, 0).await, [6, 0x3d, 0]);
    for (letter, data, stage) in MESSAGE {
        assert_eq!(mta.ask(letter, data).await, 'c', "{stage}");
        if stage == Stage::Helo {
            assert_eq!(mta.ask(b'U', b"XYZZY\0").await, 'c');
        }
    }
    drop(mta);
    let mut expected = vec!["session Submission Unix", "version 6, space false"];
    expected.extend(TOLD);
    expected.extend(["quit closed", "closed closed"]);
    assert_eq!(server.told_until("closed").await, expected);
}

#[tokio::test]
async fn an_mta_of_version_2() {
    let mut server = Server::unix(Script::default(), Settings::default());
    let mut mta = server.connect().await;
    // Postfix's milter_protocol = 2: no DATA, and only the header's no-reply bit exists.
    assert_eq!(mta.negotiate(2, 0x3f, 0xff).await, [2, 0x3d, 0x80]);
    for (letter, data, stage) in MESSAGE {
        match stage {
            Stage::Data => {}
            Stage::Header => mta.send(letter, data).await,
            _ => assert_eq!(mta.ask(letter, data).await, 'c', "{stage}"),
        }
    }
    drop(mta);
    let told = server.told_until("closed").await;
    assert_eq!(told[1], "version 2, space false");
    assert!(told.iter().any(|line| line == "header Subject: x"));
    assert!(!told.iter().any(|line| line == "data"));
}

#[tokio::test]
async fn every_verdict_at_every_stage() {
    for (at, (_, _, stage)) in MESSAGE.iter().enumerate() {
        for (reply, letter) in replies() {
            let mut server = Server::unix(Script::reply(*stage, reply), Settings::default());
            let mut mta = server.connect().await;
            mta.negotiate(6, 0x1ff, 0).await;
            // Postfix calls DISCARD a configuration error at CONNECT and HELO.
            let misfit = letter == 'd' && matches!(stage, Stage::Connect | Stage::Helo);
            for (index, (event, data, _)) in MESSAGE[..=at].iter().enumerate() {
                mta.send(*event, data).await;
                let answer = mta.read().await;
                let expected = if index == at && !misfit { letter } else { 'c' };
                assert_eq!(char::from(answer[0]), expected, "{stage} {letter}");
                if expected == 'y' {
                    assert_eq!(answer, b"y554 5.7.1 Rejected 100%%\0");
                }
            }
            mta.send(b'A', b"").await;
            mta.send(b'Q', b"").await;
            mta.closed().await;
            let told = server.told_until("closed").await;
            let answers: Vec<_> = told
                .iter()
                .filter(|line| line.starts_with("answered"))
                .collect();
            let answered = format!("answered {stage} Yes");
            let expected: &[&String] = if misfit { &[] } else { &[&answered] };
            assert_eq!(answers, expected, "{stage} {letter}");
        }
    }
}

#[tokio::test]
async fn a_verdict_at_a_silent_stage_is_never_written() {
    let silent = [
        Stage::Connect,
        Stage::Helo,
        Stage::Data,
        Stage::Header,
        Stage::EndOfHeaders,
        Stage::Body,
    ];
    for stage in silent {
        for (reply, letter) in replies() {
            let mut server = Server::unix(Script::reply(stage, reply), Settings::default());
            let mut mta = server.connect().await;
            mta.postfix().await;
            let all: Vec<u8> = MESSAGE
                .iter()
                .flat_map(|(letter, data, _)| packet(*letter, data))
                .collect();
            mta.write(&all).await;
            for _ in 0..3 {
                assert_eq!(mta.read().await, b"c", "{stage} {letter}");
            }
            mta.send(b'Q', b"").await;
            mta.closed().await;
            let told = server.told_until("closed").await;
            let answers: Vec<_> = told
                .iter()
                .filter(|line| line.starts_with("answered"))
                .collect();
            assert_eq!(answers, ["answered end_of_message Yes"]);
        }
    }
}

#[tokio::test]
async fn skip_is_said_only_where_it_was_granted() {
    // It never is: we ask for NR_BODY instead.
    let server = Server::unix(Script::reply(Stage::Body, Reply::Skip), Settings::default());
    let mut mta = server.connect().await;
    mta.negotiate(6, 0x1ff, 0x400).await;
    for (letter, data, stage) in MESSAGE {
        assert_eq!(mta.ask(letter, data).await, 'c', "{stage}");
    }
}

/// MAIL to the end of message with the bits of Postfix over a unix socket.
async fn message(mta: &mut Mta) {
    for (letter, data, stage) in &MESSAGE[2..] {
        mta.send(*letter, data).await;
        if matches!(stage, Stage::Mail | Stage::Rcpt | Stage::EndOfMessage) {
            assert_eq!(mta.read().await, b"c", "{stage}");
        }
    }
}

#[tokio::test]
async fn many_messages_on_one_connection() {
    let mut server = Server::unix(Script::default(), Settings::default());
    let mut mta = server.connect().await;
    mta.postfix().await;
    message(&mut mta).await;
    mta.send(b'A', b"").await;
    // The client gave up after RCPT.
    assert_eq!(mta.ask(MESSAGE[2].0, MESSAGE[2].1).await, 'c');
    assert_eq!(mta.ask(MESSAGE[3].0, MESSAGE[3].1).await, 'c');
    mta.send(b'A', b"").await;
    message(&mut mta).await;
    // No ABORT: the session must not keep anything of the last message all the same.
    message(&mut mta).await;
    mta.send(b'Q', b"").await;
    let told = server.told_until("closed").await;
    let shape: String = told
        .iter()
        .filter_map(|line| match line.split(' ').next()? {
            "mail" => Some('M'),
            "eom" => Some('E'),
            "answered" => Some('!'),
            "abort" => Some('A'),
            "quit" => Some('Q'),
            _ => None,
        })
        .collect();
    assert_eq!(shape, "ME!AMAME!AME!Q");
}

#[tokio::test]
async fn quit_nc_begins_a_new_session_on_the_same_connection() {
    let mut server = Server::unix(Script::default(), Settings::default());
    let mut mta = server.connect().await;
    mta.postfix().await;
    message(&mut mta).await;
    mta.send(b'K', b"").await;
    mta.send(b'H', b"second.example\0").await;
    message(&mut mta).await;
    mta.send(b'Q', b"").await;
    let told = server.told_until("closed").await;
    let at = told
        .iter()
        .position(|line| line == "quit next_session")
        .unwrap();
    let next = [
        "session Submission Unix",
        "version 6, space true",
        "helo second.example",
    ];
    assert_eq!(told[at + 1..at + 4], next);
    assert_eq!(told[told.len() - 2..], ["quit quit", "closed quit"]);
}

#[tokio::test]
async fn bytes_one_at_a_time() {
    let mut server = Server::unix(Script::default(), Settings::default());
    let mut mta = server.connect().await;
    mta.postfix().await;
    for (letter, data, stage) in MESSAGE {
        for byte in packet(letter, data) {
            mta.write(&[byte]).await;
            tokio::task::yield_now().await;
        }
        if matches!(stage, Stage::Mail | Stage::Rcpt | Stage::EndOfMessage) {
            assert_eq!(mta.read().await, b"c", "{stage}");
        }
    }
    assert_eq!(server.told_until("answered").await[2..], TOLD);
}

#[tokio::test]
async fn a_body_in_many_pieces_and_one_with_its_end() {
    let mut server = Server::unix(Script::default(), Settings::default());
    let mut mta = server.connect().await;
    mta.postfix().await;
    for (letter, data, _) in &MESSAGE[2..4] {
        assert_eq!(mta.ask(*letter, data).await, 'c');
    }
    let chunk = vec![b'x'; 65_535];
    for _ in 0..40 {
        mta.send(b'B', &chunk).await;
    }
    assert_eq!(mta.ask(b'E', b"the rest").await, 'c');
    let told = server.told_until("answered").await;
    let bodies: Vec<_> = told
        .iter()
        .filter_map(|line| line.strip_prefix("body "))
        .collect();
    assert_eq!(bodies.len(), 41);
    assert!(bodies[..40].iter().all(|body| body.len() == 65_535));
    assert_eq!(bodies[40], "the rest");
    assert_eq!(
        told[told.len() - 2..],
        ["eom", "answered end_of_message Yes"]
    );
}

#[tokio::test]
async fn a_verdict_on_the_piece_that_comes_with_the_end() {
    // The MTA waits at pieces of the body: the verdict on the last one is the message's.
    for (protocol, letter, eom) in [(0, 'r', false), (0x8_0000, 'c', true)] {
        let mut server = Server::unix(
            Script::reply(Stage::Body, Reply::Reject),
            Settings::default(),
        );
        let mut mta = server.connect().await;
        mta.negotiate(6, 0x1ff, protocol).await;
        assert_eq!(mta.ask(b'M', b"<>\0").await, 'c');
        assert_eq!(mta.ask(b'E', b"bad").await, letter);
        let told = server.told_until("answered").await;
        assert_eq!(told.last().unwrap(), "answered end_of_message Yes");
        assert_eq!(told.iter().any(|line| line == "eom"), eom);
    }
}

#[tokio::test]
async fn edits_go_before_a_verdict_that_delivers_and_with_no_other() {
    for (reply, letter) in replies().into_iter().chain([(Reply::Continue, 'c')]) {
        let mut script = Script::reply(Stage::EndOfMessage, reply);
        script.edits = true;
        let server = Server::unix(script, Settings::default());
        let mut mta = server.connect().await;
        mta.postfix().await;
        assert_eq!(mta.ask(b'M', b"<>\0").await, 'c');
        mta.send(b'E', b"").await;
        if matches!(letter, 'a' | 'c') {
            assert_eq!(mta.read().await, b"hX-Gacthu-Tag\0 x\0");
            assert_eq!(mta.read().await, b"qwhy\0");
        }
        assert_eq!(char::from(mta.read().await[0]), letter);
    }
}

#[tokio::test]
async fn commands_out_of_place_end_the_connection() {
    for (frames, error) in [
        (
            vec![packet(b'M', b"<>\0")],
            "command MAIL before the negotiation",
        ),
        (
            vec![packet(b'O', &OFFER), packet(b'O', &OFFER)],
            "command OPTNEG a second time on one connection",
        ),
        (
            vec![packet(b'O', &OFFER), packet(b'R', b"<a>\0")],
            "command RCPT without MAIL",
        ),
        (
            vec![packet(b'O', &OFFER), packet(b'T', b"")],
            "command DATA without MAIL",
        ),
        (
            vec![packet(b'O', &OFFER), packet(b'L', b"a\0b\0")],
            "command HEADER without MAIL",
        ),
        (
            vec![packet(b'O', &OFFER), packet(b'N', b"")],
            "command EOH without MAIL",
        ),
        (
            vec![packet(b'O', &OFFER), packet(b'B', b"x")],
            "command BODY without MAIL",
        ),
        (
            vec![packet(b'O', &OFFER), packet(b'E', b"")],
            "command BODYEOB without MAIL",
        ),
        (
            vec![
                packet(b'O', &OFFER),
                packet(b'M', b"<>\0"),
                packet(b'A', b""),
                packet(b'E', b""),
            ],
            "command BODYEOB without MAIL",
        ),
    ] {
        let mut server = Server::unix(Script::default(), Settings::default());
        let mut mta = server.connect().await;
        mta.write(&frames.concat()).await;
        let told = server.told_until("closed").await;
        assert_eq!(told.last().unwrap(), &format!("closed misbehaved: {error}"));
        let quits = told
            .iter()
            .filter(|line| *line == "quit misbehaved")
            .count();
        assert_eq!(
            quits,
            usize::from(told.len() > 1),
            "a session that began is told"
        );
    }
}

/// Postfix's offer.
const OFFER: [u8; 12] = *b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff";
