//! What `serve` keeps over a restart: acknowledged rules and deferred messages; recipients of two
//! policies; what is logged of a sensitive message.

use crate::{
    mta::{Letter, Mta},
    program::{OURS, Site, letter, run},
};

const FROM: &str = "ai@example.com";
const OLD: &str = "  - { id: old, title: T, when: { tls: true }, then: tag }\n";
const NEW: &str =
    "  - { id: new, title: Mới, when: { message: { size: \"> 1 B\" } }, then: reject }\n";

fn to_us(text: &str) -> Letter<'_> {
    Letter {
        from: FROM,
        to: &[OURS],
        text,
    }
}

/// A site that enforces its own file, which extends a shipped one with these rules.
fn extending(rules: &str) -> Site {
    let site = Site::new("enforce", "extends: base@1\n");
    upgrade(&site, rules);
    std::fs::create_dir(site.path("state")).unwrap();
    site
}

fn upgrade(site: &Site, rules: &str) {
    let base = format!("policy: 1\nname: base\nversion: 1\nrules:\n{rules}");
    site.write("base.yaml", base);
}

#[test]
fn a_rule_of_an_upgrade_observes_until_it_is_acknowledged() {
    let site = extending(OLD);
    let state = site.text("state");
    let mut running = site.serve(&[&format!("--state={state}")]);
    let text = letter("x", "a.txt", "a");
    let said = || Mta::new(&site.path("mx.sock")).message(&to_us(&text));
    let reload = || run(["reload", "--control", &site.text("control.sock")]);
    let policy = site.text("site.yaml");
    let acknowledge = |more: &[&str]| {
        let words = [
            "policy",
            "acknowledge",
            "--state",
            &state,
            "--policy",
            &policy,
        ];
        run(words.iter().chain(more))
    };
    assert_eq!(said()[0].0, 'c');

    upgrade(&site, &format!("{OLD}{NEW}"));
    let told = reload();
    assert_eq!(told.status, 0, "{}", told.err);
    assert!(
        told.out.contains("the rule `new` of base@1 is new here"),
        "{}",
        told.out
    );
    running.line("A rule that is new on this site observes");
    assert_eq!(said(), [('c', String::new())]);
    let event = site.events().pop().unwrap();
    assert_eq!(
        (&event["verdict"], &event["answer"]),
        (&"reject".into(), &"accept".into())
    );
    assert_eq!(
        running.metric("gacthu_rules_unacknowledged{policy=\"site\"}"),
        1.0
    );

    // Listing changes nothing, nor does a wrong name.
    assert!(
        acknowledge(&[])
            .out
            .contains("new (policy site, from base@1)")
    );
    let wrong = acknowledge(&["old"]);
    assert_eq!(wrong.status, 1);
    assert!(wrong.err.contains("`old` does not wait"), "{}", wrong.err);
    assert_eq!(reload().status, 0);
    assert_eq!(said()[0].0, 'c');

    assert_eq!(acknowledge(&["new"]).status, 0);
    assert_eq!(said()[0].0, 'c', "not before the reload");
    assert_eq!(reload().status, 0);
    assert_eq!(said()[0].0, 'y');
    assert_eq!(
        running.metric("gacthu_rules_unacknowledged{policy=\"site\"}"),
        0.0
    );
    assert!(acknowledge(&["--all"]).out.contains("reload"));
    assert_eq!(
        run([
            "policy",
            "acknowledge",
            "--state",
            "/nowhere",
            "--policy",
            &policy
        ])
        .status,
        2
    );
}

#[test]
fn a_damaged_state_file_is_set_aside_and_told() {
    let site = extending(OLD);
    site.write("state/acknowledged", "\u{1}nonsense");
    site.write("state/defers", "nonsense\n");
    let mut running = site.serve(&[&format!("--state={}", site.text("state"))]);
    assert_eq!(site.read("state/acknowledged.damaged"), "\u{1}nonsense");
    assert_eq!(site.read("state/defers.damaged"), "nonsense\n");
    assert!(site.read("state/acknowledged").contains("site old base@1"));
    running.signal(rustix::process::Signal::HUP);
    running.line("The policy was loaded.");
}

#[test]
fn a_deferred_message_is_remembered_over_a_restart() {
    let rules = "rules:\n  - { id: later, title: T, when: { message: { size: \"> 1 B\" } }, then: { defer: { at_most: 1h } } }\n";
    let site = Site::new("enforce", rules);
    std::fs::create_dir(site.path("state")).unwrap();
    let state = format!("--state={}", site.text("state"));
    let text = letter("x", "a.txt", "a");
    let said = || {
        Mta::new(&site.path("mx.sock"))
            .message(&to_us(&text))
            .pop()
            .unwrap()
    };
    let running = site.serve(&[&state]);
    let (letter, reply) = said();
    assert!(letter == 'y' && reply.starts_with("451"), "{reply}");
    running.terminate();
    // As if it had come an hour ago.
    let file = site.read("state/defers");
    let (head, entry) = file.trim_end().split_once('\n').unwrap();
    let fields: Vec<_> = entry.split(' ').collect();
    let first: i64 = fields[1].parse().unwrap();
    let aged = format!("{head}\n{} {} {}\n", fields[0], first - 3600, fields[2]);
    site.write("state/defers", aged);
    let _running = site.serve(&[&state]);
    assert_eq!(said().0, 'c');
    let event = site.events().pop().unwrap();
    assert_eq!(event["answer"], "quarantine");
    assert_eq!(event["recipients"][0]["rules"][0]["gave_up"], true);
}

#[test]
fn recipients_of_two_policies_are_sent_apart() {
    let site = Site::new("enforce", "");
    site.write(
        "b.yaml",
        "policy: 1\nname: b\norganisation: { domains: [b.vn] }\nmode: observe\n",
    );
    let running = site.serve(&[&format!("--policy={}", site.text("b.yaml"))]);
    let text = letter("x", "a.txt", "a");
    let both = Letter {
        to: &[OURS, "ai@b.vn", OURS],
        ..to_us(&text)
    };
    let mut mta = Mta::new(&site.path("mx.sock"));
    let replies = mta.envelope(&both);
    let letters: String = replies.iter().map(|reply| reply.0).collect();
    assert_eq!(letters, "cyc");
    assert!(
        replies[1]
            .1
            .starts_with("452-4.5.3 Nguoi nhan nay theo chinh sach khac"),
        "{replies:?}"
    );
    mta.content(&both);
    assert_eq!(mta.end(), [('c', String::new())]);
    let events = site.events();
    let [split, end] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(
        (
            &split["stage"],
            &split["answer"],
            &split["verdict"],
            &split["split"]
        ),
        (
            &"rcpt".into(),
            &"defer".into(),
            &"accept".into(),
            &true.into()
        )
    );
    assert_eq!(end["recipients"].as_array().unwrap().len(), 2);
    let series = |applied: &str| {
        format!(
            "gacthu_messages_total{{applied=\"{applied}\",direction=\"inbound\",verdict=\"accept\"}}"
        )
    };
    assert_eq!(running.metric(&series("split")), 1.0);
    assert_eq!(running.metric(&series("accept")), 1.0);
}

#[test]
fn neither_event_nor_log_nor_reply_nor_metric_tells_of_a_sensitive_message() {
    let rules = "rules:\n  - { id: mark, title: Dấu, sensitive: true, mode: observe, when: { attachment: { extension: mark } }, then: reject }\n  - { id: exe, title: T, when: { attachment: { extension: mark } }, then: quarantine, reply: { vi: \"Tệp {attachment.name}\" } }\n";
    let site = Site::new("enforce", rules);
    let running = site.serve(&[]);
    let text = letter("betreff-geheim", "ten-kin.mark", "a");
    let said = Mta::new(&site.path("mx.sock")).message(&to_us(&text));
    let [(letter, reply)] = &said[..] else {
        panic!("{said:?}");
    };
    assert_eq!(*letter, 'y');
    let event = site.events().pop().unwrap();
    assert_eq!(event["sensitive"], true);
    assert_eq!(event["answer"], "reject");
    assert_eq!(
        event["files"]["list"][1]["sha256"].as_str().unwrap().len(),
        64
    );
    assert_eq!(running.metric("gacthu_sensitive_messages_total"), 1.0);
    let (_, metrics) = running.get("/metrics");
    let (_, log) = running.terminate();
    for told in [reply, &site.read("events.jsonl"), &metrics, &log] {
        for word in ["geheim", "ten-kin", ".mark"] {
            assert!(!told.contains(word), "{word}: {told}");
        }
    }
}
