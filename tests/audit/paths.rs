//! Ways into Postfix that the milter does not see.

use crate::tree::{MAIN, Tree, set};

fn tree(main: &str, master: &str) -> Tree {
    let tree = Tree::empty();
    tree.write("etc/postfix/main.cf", format!("{main}\nalias_maps =\n"));
    tree.write("etc/postfix/master.cf", master);
    tree
}

const ALL: &str = "pickup unix n - y 60 1 pickup\ncleanup unix n - y - 0 cleanup\n";

#[test]
fn listeners_without_the_milter_are_listed() {
    let master = format!(
        "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n  -o {{ smtpd_milters = }}\n465 inet n - y - - smtpd\n  -o smtpd_milters=$rieng\n\
         127.0.0.1:10025 inet n - n - - smtpd\n  -o receive_override_options=no_header_body_checks,no_milters\n10026 inet n - n - - smtpd\n  -o smtpd_proxy_filter=127.0.0.1:10027\n\
         smtpd pass - - y - - smtpd\n  -o smtpd_milters=inet:localhost:8891\nsmtp-amavis unix - - n - 2 smtp\n  -o smtpd_milters=\n{ALL}"
    );
    let tree = tree(
        &format!("{MAIN}rieng = inet:127.0.0.1:9000, unix:/run/gacthu/x.sock\n"),
        &master,
    );
    let report = tree.report(&[]);
    let file = "/etc/postfix/master.cf";
    assert_eq!(
        report.paths(),
        set([
            &format!("listener submission inet {file}:2"),
            &format!("listener 127.0.0.1:10025 inet {file}:6"),
            &format!("proxy-filter 10026 inet {file}:8"),
            &format!("listener smtpd pass {file}:10"),
        ])
    );
    assert_eq!(
        (report.status, report.json["blind_spots"].as_u64()),
        (1, Some(4))
    );
    let why = report.json["paths"][0]["why"].as_str().unwrap();
    assert!(
        why.contains("-o smtpd_milters= is empty (/etc/postfix/master.cf:2)"),
        "{why}"
    );
}

#[test]
fn sendmail_has_milters_of_its_own() {
    let smtpd = "smtp inet n - y - - smtpd\n";
    let none = MAIN.replace("non_smtpd_milters", "x");
    let report = tree(&none, &format!("{smtpd}{ALL}")).report(&[]);
    assert_eq!(
        report.paths(),
        set(["sendmail sendmail(1), pickup /etc/postfix/main.cf:0"])
    );
    let master = format!("{smtpd}{}  -o non_smtpd_milters=\n", ALL);
    let report = tree(MAIN, &master).report(&[]);
    assert_eq!(
        report.paths(),
        set(["sendmail sendmail(1), pickup /etc/postfix/master.cf:3"])
    );
    let master = format!(
        "{smtpd}pickup unix n - y 60 1 pickup\n  -o cleanup_service_name=khac\nkhac unix n - y - 0 cleanup\n  -o non_smtpd_milters=unix:/opendkim\ncleanup unix n - y - 0 cleanup\n"
    );
    let report = tree(MAIN, &master).report(&[]);
    assert_eq!(
        report.paths(),
        set(["sendmail sendmail(1), pickup /etc/postfix/master.cf:4"])
    );
    tree(MAIN, &format!("{smtpd}{ALL}")).report(&[]).is_clean();
}

#[test]
fn clients_may_be_exempt_and_services_switched_off() {
    let master =
        format!("smtp inet n - y - - smtpd\n2525 inet n - y - - smtpd\n  -o smtpd_milters=\n{ALL}");
    let tree = tree(
        &format!(
            "{MAIN}smtpd_milter_maps = cidr:/etc/postfix/clients\nmaster_service_disable = 2525/inet, qmqpd\n"
        ),
        &master,
    );
    tree.write(
        "etc/postfix/clients",
        "10.0.0.0/8 DISABLE\n192.0.2.1 unix:gacthu/mx.sock\n",
    );
    let report = tree.report(&[]);
    assert_eq!(
        report.paths(),
        set(["milter-map client 10.0.0.0/8 at smtp inet /etc/postfix/clients:1"])
    );
}

#[test]
fn the_milter_may_have_any_name() {
    let main = MAIN.replace("unix:gacthu/", "inet:127.0.0.1:98/");
    let master = format!(
        "smtp inet n - y - - smtpd\n587 inet n - y - - smtpd\n  -o smtpd_milters=inet:opendkim:1\n{ALL}"
    );
    let report = tree(&main, &master).report(&[]);
    assert!(
        report.paths().is_empty() && report.remarks().contains("name yours with --milter"),
        "{}",
        report.remarks()
    );
    let report = tree(&main, &master).report(&["--milter", "127.0.0.1:98"]);
    assert_eq!(
        report.paths(),
        set(["listener 587 inet /etc/postfix/master.cf:2"])
    );
}

#[test]
fn another_instance_is_asked_for() {
    let tree = tree(
        &format!("{MAIN}multi_instance_directories = /etc/postfix-out\n"),
        ALL,
    );
    let report = tree.report(&[]);
    assert_eq!(
        (report.status, report.unread()),
        (2, set(["missing /etc/postfix-out"]))
    );
    tree.write(
        "etc/postfix-out/main.cf",
        format!("{MAIN}alias_maps =\nalways_bcc = a@gmail.com\n"),
    );
    tree.write("etc/postfix-out/master.cf", ALL);
    let report = tree.report(&["--postfix", "/etc/postfix-out"]);
    assert_eq!(
        report.forwards(),
        set(["always-bcc (every letter) > a@gmail.com public no /etc/postfix-out/main.cf:6"])
    );
}
