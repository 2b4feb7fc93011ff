//! `serve --config`, `gacthu check`, and what a reload takes over from gacthu.yaml.

use rustix::process::Signal;

use crate::{
    mta::{Letter, Mta},
    program::{Gacthu, OURS, RULES, Site, gacthu, letter, run},
};

/// A settings file with a socket, a control socket and an event log in the site's folder.
fn settings(site: &Site, more: &str) {
    let dir = site.dir().display();
    site.write(
        "gacthu.yaml",
        format!(
            "gacthu: 1\npolicies: [site.yaml]\nlisteners:\n  - {{ unix: {dir}/mx.sock }}\ncontrol: {dir}/control.sock\nevents: events.jsonl\nadmin: 127.0.0.1:0\n{more}"
        ),
    );
}

fn start(site: &Site, more: &[&str]) -> Gacthu {
    let mut args = vec![
        "serve".to_owned(),
        "--config".to_owned(),
        site.text("gacthu.yaml"),
    ];
    args.extend(more.iter().map(ToString::to_string));
    let mut running = Gacthu::start(&mut gacthu(args));
    running.line("Ready.");
    running
}

fn reload(site: &Site) -> crate::program::Said {
    run(["reload", "--control", &site.text("control.sock")])
}

/// Sends a letter from one of ours to the world and gives the direction that was recorded.
fn direction(site: &Site, socket: &str) -> String {
    let text = letter("x", "a.txt", "hello");
    let letter = Letter {
        from: OURS,
        to: &["a@example.com"],
        text: &text,
    };
    Mta::new(&site.path(socket)).message(&letter);
    let events = site.events();
    let direction = &events.last().unwrap()["recipients"][0]["direction"];
    direction.as_str().unwrap().to_owned()
}

#[test]
fn a_settings_file_is_all_that_serve_needs() {
    let site = Site::new("observe", RULES);
    settings(&site, "networks: { mailbox_servers: [192.0.2.1] }\n");
    let running = start(&site, &[]);
    assert_eq!(direction(&site, "mx.sock"), "outbound");
    assert_eq!(running.get("/healthz").0, 200);
    assert_eq!(reload(&site).status, 0);
    assert_eq!(running.terminate().0, Some(0));
}

#[test]
fn options_and_environment_override_the_file() {
    let site = Site::new("observe", RULES);
    settings(&site, "log: { filter: error }\nspool: { directory: nix }\n");
    site.write("spool/x", "");
    let other = format!("--listen=unix:{}", site.text("other.sock"));
    let mut command = gacthu(["serve", &other, "--log=info", "--own-network=192.0.2.0/24"]);
    command
        .env("GACTHU_CONFIG", site.path("gacthu.yaml"))
        .env("GACTHU_SPOOL_DIR", site.path("spool"));
    let mut running = Gacthu::start(&mut command);
    running.line("Ready.");
    assert!(
        !site.path("mx.sock").exists(),
        "the file's listener is replaced"
    );
    assert_eq!(direction(&site, "other.sock"), "outbound");
    // The options go on to override after a reload, so there is nothing that needs a restart.
    let said = reload(&site);
    assert_eq!(said.status, 0);
    assert!(!said.out.contains("restart"), "{}", said.out);
    assert_eq!(direction(&site, "other.sock"), "outbound");
}

#[test]
fn a_reload_takes_networks_and_policies_over_and_names_what_waits() {
    let site = Site::new("observe", RULES);
    settings(&site, "");
    let mut running = start(&site, &[]);
    assert_eq!(direction(&site, "mx.sock"), "relayed");
    site.write(
        "second.yaml",
        "policy: 1\nname: second\norganisation: { domains: [soctrang.gov.vn] }\n",
    );
    settings(
        &site,
        "networks: { devices: [192.0.2.0/24] }\nlimits: { connections: 7 }\nlog: { filter: debug }\n",
    );
    let text = site
        .read("gacthu.yaml")
        .replace("[site.yaml]", "[site.yaml, second.yaml]");
    site.write("gacthu.yaml", text);
    let said = reload(&site);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    for text in [
        "second (observe, 0 rules)",
        "warning: `limits` was changed and needs a restart; the running value stays",
        "warning: `log` was changed and needs a restart; the running value stays",
    ] {
        assert!(said.out.contains(text), "{text:?} is not in {}", said.out);
    }
    assert_eq!(said.out.matches("restart").count(), 2, "{}", said.out);
    running.line("A changed setting needs a restart");
    assert_eq!(direction(&site, "mx.sock"), "outbound");
}

#[test]
fn a_broken_settings_file_changes_nothing() {
    let site = Site::new("observe", RULES);
    settings(&site, "networks: { devices: [192.0.2.0/24] }\n");
    let mut running = start(&site, &[]);
    settings(&site, "networks: { devises: [10.0.0.0/8] }\n");
    let said = reload(&site);
    assert_eq!((said.status, said.out.as_str()), (1, ""));
    for text in ["gacthu.yaml:8:13", "devises", "did you mean `devices`?"] {
        assert!(said.err.contains(text), "{text:?} is not in {}", said.err);
    }
    running.signal(Signal::HUP);
    running.line("the one that runs stays");
    running.line("the one that runs stays");
    assert_eq!(
        running.metric("gacthu_policy_loads_total{result=\"refused\"}"),
        2.0
    );
    assert_eq!(direction(&site, "mx.sock"), "outbound");
}

#[test]
fn serve_does_not_start_with_a_broken_settings_file() {
    let site = Site::new("observe", RULES);
    settings(&site, "storage: mysql://a:b@c/d\n");
    let said = run(["serve", "--config", &site.text("gacthu.yaml")]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("`mysql` is no storage"), "{}", said.err);
    let said = run(["serve"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("--policy"), "{}", said.err);
}

#[test]
fn check_looks_at_the_settings_and_all_policies() {
    let site = Site::new("enforce", RULES);
    settings(&site, "networks: { gateways: [10.0.0.9] }\n");
    site.write("second.yaml", "policy: 1\nname: second\norganisation: { domains: [.soctrang.gov.vn], former: [old.vn] }\n");
    let text = site
        .read("gacthu.yaml")
        .replace("[site.yaml]", "[site.yaml, second.yaml]");
    site.write("gacthu.yaml", &text);
    let file = site.text("gacthu.yaml");
    let said = run(["check", &file]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    for line in [
        format!("{file}: ok"),
        format!(
            "  unix:{}  mx, mode 0660, group its own",
            site.text("mx.sock")
        ),
        "  gateways  1".to_owned(),
        format!("  site  enforce, 2 rules, {}", site.text("site.yaml")),
        "  recipients of several: split".to_owned(),
        "  daknong.gov.vn    site".to_owned(),
        "  .soctrang.gov.vn  second".to_owned(),
        "  old.vn            second (former)".to_owned(),
    ] {
        assert!(
            said.out.lines().any(|found| found == line),
            "{line:?} is not in {}",
            said.out
        );
    }

    // Mistakes of both kinds are told at once.
    site.write(
        "second.yaml",
        "policy: 1\nname: second\norganisation: { domains: [daknong.gov.vn] }\n",
    );
    site.write("gacthu.yaml", text + "mixed_policies: both\n");
    let said = run(["check", &file]);
    assert_eq!((said.status, said.out.as_str()), (1, ""));
    for text in [
        "`both` is no value for `mixed_policies`",
        "second.yaml:3:27",
        "both claim the domain daknong.gov.vn",
        "site.yaml:3:59",
    ] {
        assert!(said.err.contains(text), "{text:?} is not in {}", said.err);
    }
    let said = run(["check", &site.text("nix.yaml")]);
    assert_eq!(said.status, 2);
}
