//! Bodies on the whole program: `gacthu serve` decides, `gacthu journal` finds.

use serde_json::Value;

use crate::{
    Ground,
    mta::{Letter, Mta},
    program::{Gacthu, OURS, RULES, Said, Site, gacthu, letter, run},
};

pub const FROM: &str = "nguoigui@example.com";

pub fn to_us(text: &str) -> Letter<'_> {
    Letter {
        from: FROM,
        to: &[OURS],
        text,
    }
}

/// A site whose `gacthu.yaml` names the store of this ground.
pub fn site(ground: &Ground<'_>, mode: &str, more: &str) -> Site {
    let site = Site::new(mode, RULES);
    let storage = match ground.server {
        Some(_) => ground.url.clone(),
        None => format!("sqlite:{}/journal", ground.folder.path().display()),
    };
    let dir = site.dir().display();
    let text = format!(
        "gacthu: 1\npolicies: [site.yaml]\nlisteners: [{{ unix: {dir}/mx.sock }}]\nadmin: 127.0.0.1:0\nevents: events.jsonl\nstate: state\nstorage: \"{storage}\"\n{more}"
    );
    site.write("gacthu.yaml", text);
    site
}

pub fn serve(site: &Site) -> Gacthu {
    let mut running = Gacthu::start(&mut gacthu([
        "serve",
        "--config",
        &site.text("gacthu.yaml"),
    ]));
    running.line("Ready.");
    running
}

/// Waits for a line that may have come already.
pub fn heard(running: &mut Gacthu, text: &str) -> String {
    let seen = running.seen.iter().find(|line| line.contains(text));
    match seen.cloned() {
        Some(line) => line,
        None => running.line(text),
    }
}

pub fn journal(site: &Site, words: &[&str]) -> Said {
    let config = site.text("gacthu.yaml");
    let words = ["journal"].iter().chain(words).copied();
    run(words.chain(["--config", &config]))
}

/// All rows, oldest first.
pub fn exported(site: &Site) -> Vec<Value> {
    let said = journal(site, &["export"]);
    assert!(said.err.is_empty(), "{}", said.err);
    let lines = said.out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The reference in a refusal.
pub fn reference(reply: &str) -> String {
    let (_, rest) = reply
        .split_once("Ma: ")
        .unwrap_or_else(|| panic!("{reply}"));
    rest.chars().take(10).collect()
}

pub fn the_commands_find_what_the_service_decided(ground: &Ground<'_>) {
    let site = site(ground, "enforce", "journal: { node: mx1 }\n");
    let running = serve(&site);
    let refused = letter("Hóa đơn bí mật", "=cmd.exe", "MZ");
    let passed = letter("x", "a.txt", "text");
    let mut mta = Mta::new(&site.path("mx.sock"));
    let reply = mta.message(&to_us(&refused)).pop().unwrap().1;
    assert_eq!(mta.message(&to_us(&passed)).pop().unwrap().0, 'c');
    drop(mta);
    let name = reference(&reply);
    let admin = running.admin();
    let (status, log) = running.terminate();
    assert_eq!(status, Some(0), "{log}");
    assert!(!log.contains("secret"), "{log}");
    assert!(admin.starts_with("127.0.0.1:"));

    // The event log and the journal say the same.
    let rows = exported(&site);
    assert_eq!(rows.len(), 2);
    for (row, event) in rows.iter().zip(site.events()) {
        let mut row = row.clone();
        let own = row.as_object_mut().unwrap();
        assert_eq!(own.remove("node").unwrap(), "mx1");
        assert_eq!(own.remove("answered").unwrap(), true);
        assert!(own.remove("sequence").unwrap().is_u64());
        assert_eq!(row, event);
    }
    assert!(!rows[0].to_string().contains("bí mật"), "no subject");
    assert!(rows[0]["sequence"].as_u64() < rows[1]["sequence"].as_u64());

    let table = journal(&site, &["find", "--rule", "exe"]);
    assert_eq!(table.status, 0, "{}", table.err);
    assert_eq!(table.out.lines().count(), 1);
    for part in [
        name.as_str(),
        "reject",
        "<nguoigui@example.com>",
        OURS,
        "[exe]",
    ] {
        assert!(table.out.contains(part), "{part:?} is not in {}", table.out);
    }
    let none = journal(&site, &["find", "--rule", "nothing"]);
    assert_eq!((none.status, none.out.as_str()), (1, ""));
    let csv = journal(&site, &["export", "--format", "csv", "--address", OURS]);
    assert_eq!(csv.out.lines().count(), 3);
    let limited = journal(&site, &["find", "-n", "1"]);
    assert_eq!(limited.out.lines().count(), 1);
    assert!(limited.err.contains("more than 1"), "{}", limited.err);
    assert_eq!(journal(&site, &["tail", "-n", "1"]).out.lines().count(), 1);

    for by in [name.as_str(), &name.to_lowercase()] {
        let shown = journal(&site, &["show", by]);
        for part in [
            &*name,
            "Điều 12 khoản 6",
            "=cmd.exe",
            "sha256",
            "reply: 550",
            "to: vanthu@",
        ] {
            assert!(shown.out.contains(part), "{part:?} is not in {}", shown.out);
        }
    }
    let both = journal(&site, &["show", "4QX1Y2Z", "--json"]);
    assert!(both.out.contains(&name), "{}", both.out);
    let unknown = journal(&site, &["show", "ZZZZZZZZZZ"]);
    assert_eq!(unknown.status, 1);
    assert!(unknown.err.contains("no decision has"), "{}", unknown.err);

    // The help desk sees rule, clause, time and remedy, and nothing of the message.
    let running = serve(&site);
    let (status, page) = running.get(&format!("/lookup/{name}"));
    assert_eq!(status, 200, "{page}");
    let page: Value = serde_json::from_str(&page).unwrap();
    let card = &page["decisions"][0];
    assert_eq!(
        (&card["verdict"], &card["code"]),
        (&"reject".into(), &550.into())
    );
    assert_eq!(card["rules"][0]["basis"], "Điều 12 khoản 6");
    assert_eq!(card["rules"][0]["remedy"]["title"], "Tệp thực thi");
    assert_eq!(card["rules"][0]["remedy"]["en"], "Refused");
    assert_eq!(card["time"], rows[0]["time"]);
    let text = page.to_string();
    for secret in [
        "nguoigui",
        "vanthu",
        "192.0.2.1",
        "cmd",
        "sha256",
        "Message",
    ] {
        assert!(!text.contains(secret), "{secret:?} is in {text}");
    }
    assert_eq!(running.get("/lookup/ZZZZZZZZZZ").0, 404);
    assert_eq!(running.get("/lookup/x'--").0, 400);
    assert_eq!(running.terminate().0, Some(0));
}

pub fn reconcile_names_what_does_not_agree(ground: &Ground<'_>) {
    let site = site(ground, "enforce", "");
    let running = serve(&site);
    // This client's queue id is always the same: the row of the last message stands for it.
    let text = letter("x", "a.txt", "text");
    Mta::new(&site.path("mx.sock")).message(&to_us(&text));
    assert_eq!(running.terminate().0, Some(0));
    let time = exported(&site)[0]["time"].as_str().unwrap().to_owned();
    let line = |daemon: &str, text: &str| format!("{time} mx1 postfix/{daemon}[1]: {text}\n");
    let sent = |id: &str| {
        line(
            "smtp",
            &format!("{id}: to=<a@b>, relay=x, status=sent (250 ok)"),
        )
    };
    let reconcile = |log: &str| {
        site.write("mail.log", log);
        journal(&site, &["reconcile", "--maillog", &site.text("mail.log")])
    };

    let said = reconcile(&sent("4QX1Y2Z"));
    assert_eq!(said.status, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("rows and log agree: 1"), "{}", said.out);

    let bounce = line(
        "bounce",
        "4dDR7k1aaaz9: sender non-delivery notification: 4dDR7m2bbbz9",
    );
    let own = bounce + &sent("4dDR7m2bbbz9");
    let said = reconcile(&(sent("4QX1Y2Z") + &own));
    assert_eq!(said.status, 0, "{}", said.out);
    assert!(said.out.contains("notifications): 1"), "{}", said.out);

    let said = reconcile(&(sent("4QX1Y2Z") + &sent("4dDR6h0Q1Yz9")));
    assert_eq!(said.status, 1);
    for part in [
        "delivered without a decision in the journal: 1",
        "4dDR6h0Q1Yz9",
    ] {
        assert!(said.out.contains(part), "{}", said.out);
    }

    let deferred = line(
        "smtp",
        "4QX1Y2Z: to=<a@b>, relay=none, status=deferred (timeout)",
    );
    let said = reconcile(&deferred);
    assert_eq!(said.status, 1);
    for part in [
        "accepted and not delivered: 1",
        "4QX1Y2Z",
        "deferred 1, not seen to leave",
    ] {
        assert!(said.out.contains(part), "{}", said.out);
    }
    let said = reconcile("nothing of Postfix\n");
    assert_eq!(said.status, 2);
    assert!(said.err.contains("no line of Postfix"), "{}", said.err);
}
