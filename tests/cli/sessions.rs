//! Whole sessions with `gacthu serve`: what Postfix is told, what is written down.

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    mta::{BODY_ANSWERED, Letter, Mta, packet},
    program::{Gacthu, OURS, RULES, Site, gacthu, letter},
};

const FROM: &str = "nguoigui@example.com";

fn to_us(text: &str) -> Letter<'_> {
    Letter {
        from: FROM,
        to: &[OURS],
        text,
    }
}

#[test]
fn enforce_refuses_and_the_reference_is_that_of_the_event() {
    let site = Site::new("enforce", RULES);
    let running = site.serve(&[]);
    let text = letter("x", "a.exe", "MZ");
    let said = Mta::new(&site.path("mx.sock")).message(&to_us(&text));
    let [(letter, reply)] = &said[..] else {
        panic!("{said:?}");
    };
    assert_eq!(*letter, 'y');
    assert!(
        reply.starts_with("550-5.7.1 Khong nhan. Dieu 12 khoan 6, Quy che. Ma: "),
        "{reply}"
    );
    let events = site.events();
    let [event] = &events[..] else {
        panic!("{events:?}");
    };
    let reference = event["reference"].as_str().unwrap();
    assert!(reply.contains(&format!("Ma: {reference}")), "{reply}");
    assert_eq!(event["schema"], "gacthu.decision/1");
    assert_eq!(event["stage"], "end");
    assert_eq!(event["queue_id"], "4QX1Y2Z");
    assert_eq!(
        (&event["client"], &event["sender"]),
        (&"192.0.2.1".into(), &FROM.into())
    );
    assert_eq!(
        (&event["verdict"], &event["answer"]),
        (&"reject".into(), &"reject".into())
    );
    assert_eq!(
        event["reply"]["lines"][0].as_str().unwrap(),
        reply
            .split("\r\n")
            .next()
            .unwrap()
            .strip_prefix("550-5.7.1 ")
            .unwrap()
    );
    let file = &event["files"]["list"][1];
    assert_eq!(
        (&file["number"], &file["name"]),
        (&1.into(), &"a.exe".into())
    );
    assert_eq!(
        event["recipients"][0]["rules"][0]["files"],
        serde_json::json!([1])
    );
    let series =
        "gacthu_messages_total{applied=\"reject\",direction=\"inbound\",verdict=\"reject\"}";
    assert_eq!(running.metric(series), 1.0);
}

#[test]
fn observe_accepts_touches_nothing_and_writes_it_down() {
    let site = Site::new("observe", RULES);
    let _running = site.serve(&[]);
    let text = format!("X-Gacthu-Tag: forged\n{}", letter("x", "a.exe", "MZ"));
    let said = Mta::new(&site.path("mx.sock")).message(&to_us(&text));
    assert_eq!(said, [('c', String::new())]);
    let event = &site.events()[0];
    assert_eq!(
        (&event["verdict"], &event["applied"], &event["answer"]),
        (&"reject".into(), &"accept".into(), &"accept".into())
    );
    assert_eq!(event["reply"], Value::Null);
}

#[test]
fn a_tag_is_added_and_forged_ones_are_removed_when_enforcing() {
    let site = Site::new("enforce", RULES);
    let _running = site.serve(&[]);
    let text = format!(
        "X-Gacthu-Tag: a\nx-gacthu-tag: b\nX-Gacthu-Other: c\nX-Gacthuu: d\n{}",
        letter("x", "a.txt", &"a ".repeat(2000))
    );
    let mut said = Mta::new(&site.path("mx.sock")).message(&to_us(&text));
    assert_eq!(said.pop().unwrap().0, 'c');
    let event = &site.events()[0];
    let reference = event["reference"].as_str().unwrap();
    let (deleted, added): (Vec<_>, Vec<_>) = said.into_iter().partition(|frame| frame.0 == 'm');
    // The number of the occurrence in 4 bytes, the name, an empty value.
    let deleted: Vec<String> = deleted
        .into_iter()
        .map(|(_, text)| text.to_ascii_lowercase())
        .collect();
    assert_eq!(
        deleted,
        [
            "\0\0\0\u{1}x-gacthu-other",
            "\0\0\0\u{2}x-gacthu-tag",
            "\0\0\0\u{1}x-gacthu-tag"
        ]
    );
    assert_eq!(
        added,
        [('h', format!("X-Gacthu-Tag\0 big; ref={reference}"))]
    );
    assert_eq!(event["answer"], "tag");
}

#[test]
fn a_refusal_at_rcpt_is_an_event_of_its_own() {
    let rules = "rules:\n  - { id: shut, title: t, basis: Điều 1, when: { recipient: { address: dong@daknong.gov.vn } }, then: reject, reply: { vi: Không nhận, en: Refused } }\n";
    let site = Site::new("enforce", rules);
    let _running = site.serve(&[]);
    let mut mta = Mta::new(&site.path("mx.sock"));
    let text = letter("x", "a.txt", "hello");
    let both = Letter {
        to: &["dong@daknong.gov.vn", OURS],
        ..to_us(&text)
    };
    let replies = mta.envelope(&both);
    assert_eq!((replies[0].0, replies[1].0), ('y', 'c'));
    mta.content(&both);
    assert_eq!(mta.end(), [('c', String::new())]);
    let events = site.events();
    assert_eq!(events.len(), 2);
    assert_eq!(
        (&events[0]["stage"], &events[1]["stage"]),
        (&"rcpt".into(), &"end".into())
    );
    assert!(
        replies[0]
            .1
            .contains(events[0]["reference"].as_str().unwrap())
    );
    assert_ne!(events[0]["reference"], events[1]["reference"]);
    assert_eq!(
        (&events[0]["message"], &events[0]["files"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(events[1]["recipients"].as_array().unwrap().len(), 1);
}

/// A message whose MTA goes away behind its last byte, and what is left of it in the event log.
fn vanish(text: &str) -> Vec<Value> {
    let site = Site::new("enforce", RULES);
    let mut running = site.serve(&[]);
    // Answered pieces, so that all of them are read before the MTA goes.
    let mut mta = Mta::offering(&site.path("mx.sock"), BODY_ANSWERED);
    let letter = to_us(text);
    mta.envelope(&letter);
    mta.content(&letter);
    // Stopped, so that the end of the message and the end of the MTA are seen together.
    running.signal(Signal::STOP);
    mta.write(&packet(b'E', b""));
    drop(mta);
    running.signal(Signal::CONT);
    running.line("Postfix was gone before it heard the answer.");
    assert_eq!(running.metric("gacthu_answers_lost_total"), 1.0);
    site.events()
}

#[test]
fn an_answer_that_nobody_heard_is_written_down() {
    // Without attachments: judged on the spot, before it can be seen that nobody listens.
    let events = vanish("Subject: x\n\nKính gửi\n");
    let [decision, lost] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(decision["schema"], "gacthu.decision/1");
    assert_eq!(lost["schema"], "gacthu.unanswered/1");
    assert_eq!(lost["reference"], decision["reference"]);
    assert_eq!(lost.as_object().unwrap().len(), 3);
}

#[test]
fn a_message_that_is_opened_for_nobody_is_written_down_too() {
    for content in ["MZ", &"a large text\n".repeat(50_000)] {
        let events = vanish(&letter("x", "a.exe", content));
        let lost = events.last().unwrap();
        assert_eq!(lost["schema"], "gacthu.unanswered/1");
        assert!(lost["reference"].is_string());
        assert!(events.len() <= 2, "{events:?}");
    }
}

#[test]
fn a_message_under_way_is_finished_after_term() {
    let site = Site::new("enforce", RULES);
    let mut running = site.serve(&[]);
    let mut mta = Mta::new(&site.path("mx.sock"));
    let idle = Mta::new(&site.path("mx.sock"));
    let text = letter("x", "a.exe", "MZ");
    mta.envelope(&to_us(&text));
    running.signal(Signal::TERM);
    running.line("Ending: running messages are finished first.");
    mta.content(&to_us(&text));
    assert_eq!(mta.end()[0].0, 'y');
    let (status, log) = running.ended();
    assert_eq!(status, Some(0), "{log}");
    assert_eq!(site.events().len(), 1);
    drop((mta, idle));
}

#[test]
fn the_grace_of_a_drain_ends() {
    let site = Site::new("enforce", RULES);
    let running = site.serve(&["--drain=0"]);
    let mut mta = Mta::new(&site.path("mx.sock"));
    mta.envelope(&to_us("Subject: x\n\nhello\n"));
    let (status, log) = running.terminate();
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("cut in the middle of a message"), "{log}");
}

#[test]
fn decisions_stand_in_the_log_at_any_level() {
    let site = Site::new("enforce", RULES);
    let args = [
        "serve".to_owned(),
        format!("--policy={}", site.text("site.yaml")),
        format!("--listen=unix:{}", site.text("mx.sock")),
        "--log=error".to_owned(),
        "--log-format=json".to_owned(),
    ];
    // A socket on which systemd would hear that it is ready, since the log does not say it.
    let notify = std::os::unix::net::UnixDatagram::bind(site.path("notify")).unwrap();
    let mut running = Gacthu::start(gacthu(args).env("NOTIFY_SOCKET", site.path("notify")));
    let mut buffer = [0; 100];
    let read = notify.recv(&mut buffer).unwrap();
    assert!(buffer[..read].starts_with(b"READY=1"));
    let text = letter("x", "a.exe", "MZ");
    Mta::new(&site.path("mx.sock")).message(&to_us(&text));
    let line: Value = serde_json::from_str(&running.line("Decided.")).unwrap();
    let event: Value = serde_json::from_str(line["decision"].as_str().unwrap()).unwrap();
    assert_eq!(event["answer"], "reject");
    assert_eq!(running.seen.len(), 1, "{:?}", running.seen);
}

#[test]
fn an_event_log_that_cannot_be_written_is_counted_and_mail_flows() {
    let site = Site::new("enforce", RULES);
    let args = [
        "serve".to_owned(),
        format!("--policy={}", site.text("site.yaml")),
        format!("--listen=unix:{}", site.text("mx.sock")),
        "--event-log=/dev/full".to_owned(),
        "--admin=127.0.0.1:0".to_owned(),
    ];
    let mut running = Gacthu::start(&mut gacthu(args));
    running.line("Ready.");
    let text = letter("x", "a.exe", "MZ");
    assert_eq!(
        Mta::new(&site.path("mx.sock")).message(&to_us(&text))[0].0,
        'y'
    );
    running.line("A decision event could not be written.");
    assert_eq!(running.metric("gacthu_event_write_errors_total"), 1.0);
}
