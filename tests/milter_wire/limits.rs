//! What the server does not put up with, and how it ends.

use std::time::Duration;

use gacthu::milter::{FRAME_LIMIT, Settings, Stage, Timeouts};

use crate::harness::{MESSAGE, Mta, Script, Server, packet};

fn quick() -> Duration {
    Duration::from_millis(5)
}

/// MAIL and RCPT, answered.
async fn envelope(mta: &mut Mta) {
    for (letter, data, _) in &MESSAGE[2..4] {
        assert_eq!(mta.ask(*letter, data).await, 'c');
    }
}

#[tokio::test]
async fn bad_frames_end_the_connection_with_one_clear_line() {
    for (bytes, error) in [
        (
            &b"\0\0\0\0"[..],
            "a frame of length 0, which cannot hold a command".to_owned(),
        ),
        (
            b"\xff\xff\xff\xff",
            format!("a frame of 4294967295 bytes; at most {FRAME_LIMIT} are taken"),
        ),
        (b"\0\0\0\x01Z", "unknown command 'Z'".to_owned()),
    ] {
        let mut server = Server::unix(Script::default(), Settings::default());
        // At the first word, and in the middle of a message.
        let mut mta = server.connect().await;
        mta.write(bytes).await;
        mta.closed().await;
        assert_eq!(server.told().await, format!("closed misbehaved: {error}"));
        let mut mta = server.connect().await;
        mta.postfix().await;
        envelope(&mut mta).await;
        mta.write(bytes).await;
        mta.closed().await;
        let told = server.told_until("closed").await;
        let end = [
            "quit misbehaved".to_owned(),
            format!("closed misbehaved: {error}"),
        ];
        assert_eq!(told[told.len() - 2..], end);
    }
}

#[tokio::test]
async fn a_connection_that_ends_inside_a_frame() {
    let mut server = Server::unix(Script::default(), Settings::default());
    let mut mta = server.connect().await;
    mta.postfix().await;
    mta.write(&packet(b'M', b"<>\0")[..6]).await;
    drop(mta);
    let told = server.told_until("closed").await;
    let error = "closed misbehaved: the connection ended in the middle of a frame, \
                 after 6 bytes of it";
    assert_eq!(told.last().unwrap(), error);
}

#[tokio::test]
async fn other_protocols_are_named_and_nothing_is_said_to_them() {
    for (words, hint) in [
        (
            &b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"[..],
            "this is an HTTP request",
        ),
        (
            b"\x16\x03\x01\x02\0\x01\0\x01\xfc",
            "this is a TLS client hello",
        ),
        (b"EHLO client.example\r\n", "this is SMTP"),
        (b"zINSTREAM\0\0\0\0\x05hello", "this is a clamd command"),
        (b"PING\n", "this is a clamd command"),
        (b"CHECK SPAMC/1.5\r\n", "this is the protocol of spamc"),
        (b"what is this?\n", "this is text"),
    ] {
        let mut server = Server::tcp(Script::default(), Settings::default());
        let mut mta = server.connect().await;
        mta.write(words).await;
        mta.closed().await;
        let told = server.told().await;
        assert!(
            told.starts_with(&format!("closed misbehaved: {hint}")),
            "{told}"
        );
    }
}

#[tokio::test]
async fn half_a_foreign_word_is_named_when_time_is_up() {
    let timeouts = Timeouts {
        negotiation: quick(),
        ..Timeouts::default()
    };
    let mut server = Server::tcp(
        Script::default(),
        Settings {
            timeouts,
            ..Settings::default()
        },
    );
    let mut mta = server.connect().await;
    mta.write(b"RSET").await;
    mta.closed().await;
    assert!(
        server
            .told()
            .await
            .starts_with("closed misbehaved: this is text")
    );
    // Whoever says nothing is let go.
    let mut mta = server.connect().await;
    mta.closed().await;
    assert_eq!(server.told().await, "closed timed_out");
}

#[tokio::test]
async fn silence_in_the_middle_of_a_frame_or_of_content_has_an_end_but_not_in_the_envelope() {
    let timeouts = Timeouts {
        read: quick(),
        ..Timeouts::default()
    };
    let settings = Settings {
        timeouts,
        ..Settings::default()
    };
    for (last, timed_out) in [
        (packet(b'T', b""), false),
        (packet(b'L', b"a\0b\0"), true),
        (packet(b'B', b"x"), true),
        (packet(b'B', b"x")[..5].to_vec(), true),
    ] {
        let mut server = Server::unix(Script::default(), settings.clone());
        let mut mta = server.connect().await;
        mta.postfix().await;
        envelope(&mut mta).await;
        mta.write(&last).await;
        if timed_out {
            mta.closed().await;
            let told = server.told_until("closed").await;
            assert_eq!(
                told[told.len() - 2..],
                ["quit timed_out", "closed timed_out"]
            );
            continue;
        }
        // A second connection runs into its time-out while the first one waits on.
        assert_eq!(server.told_until("data").await.last().unwrap(), "data");
        let mut other = server.connect().await;
        other.postfix().await;
        envelope(&mut other).await;
        other.send(b'N', b"").await;
        other.closed().await;
        assert_eq!(mta.ask(b'E', b"").await, 'c');
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_a_while() {
    let timeouts = Timeouts {
        idle: quick(),
        ..Timeouts::default()
    };
    let mut server = Server::unix(
        Script::default(),
        Settings {
            timeouts,
            ..Settings::default()
        },
    );
    let mut mta = server.connect().await;
    mta.postfix().await;
    mta.closed().await;
    let told = server.told_until("closed").await;
    assert_eq!(
        told[told.len() - 2..],
        ["quit timed_out", "closed timed_out"]
    );
}

#[tokio::test]
async fn a_panic_ends_its_own_connection_only_and_is_counted() {
    let script = Script {
        panics: Some(Stage::Rcpt),
        ..Script::default()
    };
    let mut server = Server::unix(
        script,
        Settings {
            max_connections: 1,
            ..Settings::default()
        },
    );
    for _ in 0..3 {
        let mut mta = server.connect().await;
        mta.postfix().await;
        assert_eq!(mta.ask(b'M', b"<>\0").await, 'c');
        mta.send(b'R', b"<a@b>\0").await;
        mta.closed().await;
        assert_eq!(
            server.told_until("closed").await.last().unwrap(),
            "closed failed"
        );
    }
}

#[tokio::test]
async fn one_connection_too_many_is_closed_at_once() {
    let settings = Settings {
        max_connections: 1,
        ..Settings::default()
    };
    let mut server = Server::unix(Script::default(), settings);
    let mut first = server.connect().await;
    first.postfix().await;
    for _ in 0..3 {
        server.connect().await.closed().await;
    }
    assert_eq!(
        server.told_until("refused").await.len(),
        3,
        "session, version, refused"
    );
    assert_eq!(
        [server.told().await, server.told().await],
        ["refused", "refused"]
    );
    envelope(&mut first).await;
    drop(first);
    server.told_until("closed").await;
    // The place is given back just after the end was told.
    loop {
        let mut next = server.connect().await;
        next.try_write(&packet(b'O', b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff"))
            .await;
        if server.told().await.starts_with("session") {
            break;
        }
    }
}

#[tokio::test]
async fn progress_is_sent_while_the_mta_waits_and_only_then() {
    let settings = Settings {
        progress: Duration::from_millis(1),
        ..Settings::default()
    };
    let (script, permits) = Script::hold(Stage::EndOfMessage);
    let waited_for = Server::unix(script, settings.clone());
    let (script, quiet_permits) = Script::hold(Stage::Header);
    let mut silent = Server::unix(script, settings);

    // At a silent stage: nothing, however long it takes.
    let mut quiet = silent.connect().await;
    quiet.postfix().await;
    envelope(&mut quiet).await;
    quiet.send(b'L', b"a\0b\0").await;
    silent.told_until("header").await;

    let mut mta = waited_for.connect().await;
    mta.postfix().await;
    envelope(&mut mta).await;
    mta.send(b'E', b"").await;
    for _ in 0..5 {
        assert_eq!(mta.read().await, b"p");
    }
    permits.add_permits(1);
    let last = loop {
        match mta.read().await {
            frame if frame == b"p" => {}
            frame => break frame,
        }
    };
    assert_eq!(last, b"c");

    // The MTA may go on at a silent stage; what it says is read and kept.
    quiet.send(b'B', &[b'x'; 60_000]).await;
    quiet.send(b'E', b"").await;
    quiet_permits.add_permits(1);
    assert_eq!(quiet.read().await, b"c");
}

#[tokio::test]
async fn progress_is_sent_at_rcpt_too() {
    let settings = Settings {
        progress: Duration::from_millis(1),
        ..Settings::default()
    };
    let (script, permits) = Script::hold(Stage::Rcpt);
    let server = Server::tcp(script, settings);
    let mut mta = server.connect().await;
    mta.postfix().await;
    assert_eq!(mta.ask(b'M', b"<>\0").await, 'c');
    assert_eq!(mta.ask(b'R', b"<a@b>\0").await, 'p');
    permits.add_permits(1);
    while mta.read().await != b"c" {}
}

#[tokio::test]
async fn nobody_works_for_an_mta_that_is_gone() {
    for stage in [Stage::EndOfMessage, Stage::Mail, Stage::Header] {
        let (script, permits) = Script::hold(stage);
        for mut server in [
            Server::unix(script.clone(), Settings::default()),
            Server::tcp(script, Settings::default()),
        ] {
            let mut mta = server.connect().await;
            mta.postfix().await;
            let (at, _) = MESSAGE
                .iter()
                .enumerate()
                .find(|(_, (_, _, at))| *at == stage)
                .unwrap();
            for (letter, data, _) in &MESSAGE[2..=at] {
                mta.send(*letter, data).await;
            }
            let name = if stage == Stage::EndOfMessage {
                "eom"
            } else {
                stage.as_str()
            };
            server.told_until(name).await;
            drop(mta);
            let mut expected = vec!["quit closed", "closed closed"];
            if stage == Stage::EndOfMessage {
                expected.insert(0, "answered end_of_message No");
            }
            assert_eq!(server.told_until("closed").await, expected);
            assert_eq!(
                permits.available_permits(),
                0,
                "the handler was dropped, not let go"
            );
        }
    }
}

#[tokio::test]
async fn a_drain_closes_idle_connections_and_lets_messages_end() {
    let (script, permits) = Script::hold(Stage::EndOfMessage);
    let mut server = Server::unix(script, Settings::default());
    let path = server.info.name.strip_prefix("unix:").unwrap().to_owned();
    let mut idle = server.connect().await;
    idle.postfix().await;
    let mut fresh = server.connect().await;
    let mut busy = server.connect().await;
    busy.postfix().await;
    envelope(&mut busy).await;
    server.told_until("rcpt").await;
    server.drain();
    idle.closed().await;
    fresh.closed().await;
    // The message is not at its end yet, and still gets there.
    busy.send(b'B', b"x").await;
    busy.send(b'E', b"").await;
    server.told_until("eom").await;
    assert!(tokio::net::UnixStream::connect(&path).await.is_err());
    assert!(!std::path::Path::new(&path).exists());
    permits.add_permits(1);
    assert_eq!(busy.read().await, b"c");
    busy.closed().await;
    let end = [
        "answered end_of_message Yes",
        "quit drained",
        "closed drained",
    ];
    assert_eq!(server.told_until("closed").await, end);
    server.ended().await;
}

#[tokio::test]
async fn what_outlives_the_grace_is_cut() {
    let (script, _permits) = Script::hold(Stage::EndOfMessage);
    let mut server = Server::tcp(
        script,
        Settings {
            grace: quick(),
            ..Settings::default()
        },
    );
    let mut mta = server.connect().await;
    mta.postfix().await;
    envelope(&mut mta).await;
    mta.send(b'E', b"").await;
    server.told_until("eom").await;
    server.drain();
    mta.closed().await;
    let end = [
        "answered end_of_message No",
        "quit drained",
        "closed drained",
    ];
    assert_eq!(server.told_until("closed").await, end);
    server.ended().await;
}
