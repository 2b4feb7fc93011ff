//! Drafts: what stands in them, that they are written once a day, and what enemies can do with them.

use std::time::{Duration, Instant};

use prometheus::Opts;

use super::*;

fn address(text: &str) -> Address {
    Address::parse_path(text.as_bytes())
}

fn stopped(mailbox: Address, to: &[&str]) -> Stopped {
    Stopped {
        mailbox,
        destinations: to.iter().map(|it| address(it)).collect(),
        letterhead: Letterhead {
            organisation: "Hệ thống thư".to_owned(),
            regulation: "Quyết định số 07/2022/QĐ-UBND".to_owned(),
            contact: "quantri@so.gov.vn".to_owned(),
            basis: "Điều 13 khoản 5".to_owned(),
        },
        reference: "7KQ2M9XWPA".to_owned(),
    }
}

fn counter() -> IntCounterVec {
    IntCounterVec::new(Opts::new("n", "n"), &["result"]).unwrap()
}

fn desk(directory: &Path, at_most: usize) -> Desk {
    fs::create_dir_all(directory.join(TOLD)).unwrap();
    Desk {
        settings: Settings {
            directory: directory.to_owned(),
            template: Arc::new(Template::shipped().unwrap()),
            at_most,
        },
        counter: counter(),
        day: String::new(),
        written: 0,
    }
}

fn at(text: &str) -> Zoned {
    let time: jiff::Timestamp = text.parse().unwrap();
    time.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(7)))
}

const MONDAY: &str = "2026-11-23T09:00:00+07:00";
const TUESDAY: &str = "2026-11-24T00:00:01+07:00";

fn drafts(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != TOLD)
        .collect();
    names.sort();
    names
}

#[test]
fn a_draft_says_where_it_forwards_and_how_to_switch_it_off() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = desk(dir.path(), 10);
    let told = stopped(address("vanthu@so.gov.vn"), &["toi@gmail.com"]);
    assert_eq!(desk.notice(&told, &at(MONDAY)).unwrap(), "written");
    let names = drafts(dir.path());
    assert_eq!(names.len(), 1);
    assert!(names[0].starts_with("2026-11-23-") && names[0].ends_with(".eml"));
    let text = fs::read_to_string(dir.path().join(&names[0])).unwrap();
    let (header, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(
        header.starts_with("To: vanthu@so.gov.vn\r\nSubject: =?utf-8?b?"),
        "{header}"
    );
    assert!(
        header.contains("\r\nDate: Mon, 23 Nov 2026 09:00:00 +0700\r\n"),
        "{header}"
    );
    assert!(header.is_ascii());
    for wanted in [
        "toi@gmail.com",
        "Điều 13 khoản 5, Quyết định số 07/2022/QĐ-UBND",
        "Zimbra",
        "Outlook",
        "Dovecot",
        "Gmail",
        "7KQ2M9XWPA",
        "quantri@so.gov.vn",
        "Hệ thống thư",
    ] {
        assert!(body.contains(wanted), "{wanted}");
    }
    assert!(!body.contains('{'));
    // Every reader of mail understands it.
    let spool = crate::message::Spool::new(None, 1 << 20, 1 << 30).unwrap();
    let mut receiver = crate::message::Receiver::new(&spool, crate::message::Limits::default());
    receiver.raw(text.as_bytes());
    let message = receiver.finish();
    let subject = message.headers.subject().unwrap();
    assert_eq!(
        subject,
        "Hộp thư vanthu@so.gov.vn đang tự động chuyển thư ra ngoài (23/11/2026)"
    );
}

#[test]
fn once_a_day_over_a_restart_and_never_in_place_of_a_draft_that_is_being_edited() {
    let dir = tempfile::tempdir().unwrap();
    let told = stopped(address("vanthu@so.gov.vn"), &["toi@gmail.com"]);
    let upper = stopped(address("VanThu@SO.gov.vn"), &["khac@gmail.com"]);
    let mut first = desk(dir.path(), 10);
    assert_eq!(first.notice(&told, &at(MONDAY)).unwrap(), "written");
    assert_eq!(first.notice(&upper, &at(MONDAY)).unwrap(), "told");
    // Sent and taken away by a person; then a restart.
    fs::remove_file(dir.path().join(&drafts(dir.path())[0])).unwrap();
    let mut second = desk(dir.path(), 10);
    assert_eq!(second.notice(&told, &at(MONDAY)).unwrap(), "told");
    assert!(drafts(dir.path()).is_empty());
    assert_eq!(second.notice(&told, &at(TUESDAY)).unwrap(), "written");
    let draft = dir.path().join(&drafts(dir.path())[0]);
    fs::write(&draft, "edited").unwrap();
    // Even where the marker is lost.
    fs::remove_dir_all(dir.path().join(TOLD)).unwrap();
    let mut third = desk(dir.path(), 10);
    assert_eq!(third.notice(&told, &at(TUESDAY)).unwrap(), "written");
    assert_eq!(fs::read_to_string(&draft).unwrap(), "edited");
    assert_eq!(drafts(dir.path()).len(), 1, "no half-written file is left");
}

#[test]
fn a_day_has_so_many_and_a_new_one_forgets_the_old() {
    let dir = tempfile::tempdir().unwrap();
    let box_ = |n: usize| stopped(address(&format!("a{n}@so.gov.vn")), &["toi@gmail.com"]);
    let mut first = desk(dir.path(), 3);
    let results: Vec<_> = (0..5)
        .map(|n| first.notice(&box_(n), &at(MONDAY)).unwrap())
        .collect();
    assert_eq!(results, ["written", "written", "written", "limit", "limit"]);
    // A restart does not begin to count anew.
    let mut second = desk(dir.path(), 3);
    assert_eq!(second.notice(&box_(9), &at(MONDAY)).unwrap(), "limit");
    assert_eq!(second.notice(&box_(9), &at(TUESDAY)).unwrap(), "written");
    let markers = fs::read_dir(dir.path().join(TOLD)).unwrap().count();
    assert_eq!(markers, 1, "those of Monday are gone");
}

#[test]
fn an_enemy_s_address_writes_no_header_and_no_line() {
    let template = Template::shipped().unwrap();
    let now = at(MONDAY);
    for mailbox in [
        "\"a\r\nBcc: x@y.vn\r\n\"@so.gov.vn",
        "\"a b\"@so.gov.vn",
        "a\u{0}@so.gov.vn",
        "ệ@so.gov.vn",
        "a@so.gov.vn\r\nBcc: x@y.vn",
        "a@[203.0.113.5]",
        "a@localhost",
        "@so.gov.vn",
    ] {
        let told = stopped(address(mailbox), &["toi@gmail.com"]);
        assert_eq!(template.fill(&told, &now), None, "{mailbox:?}");
    }
    let hostile = [
        "\"x\r\nBcc: y@z.vn\r\n\r\n<b>\"@gmail.com",
        "a\u{202e}\u{2028}b@gmail.com",
        &format!("{}@gmail.com", "x".repeat(5000)),
        "{contact}@gmail.com",
    ];
    let told = stopped(address("a@so.gov.vn"), &hostile);
    let text = template.fill(&told, &now).unwrap();
    let (header, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(!header.contains("Bcc"), "{header}");
    assert!(!body.lines().any(|line| line.starts_with("Bcc")), "{body}");
    assert!(!text.contains(['\u{202e}', '\u{2028}']));
    assert!(body.contains("{contact}@gmail.com"), "no second filling");
    assert!(text.split("\r\n").all(|line| line.len() <= 998));
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
}

#[test]
fn mistakes_of_a_text_are_named_with_line_column_and_remedy() {
    let shipped = include_str!("../../policies/letters/forward-stopped.vi.eml");
    assert!(Template::parse(shipped).is_ok());
    assert!(Template::parse(&shipped.replace('\n', "\r\n")).is_ok());
    let good = "To: {mailbox}\nSubject: x\n\n{destinations}\n";
    assert!(Template::parse(good).is_ok());
    for (text, line, column, words) in [
        (
            "To: {mailbox}\nSubject: x\n\nxem {dich}\n{destinations}\n",
            4,
            5,
            "no placeholder `{dich}`",
        ),
        (
            "To: {mailbox}\nSubject: a {x\n\n{destinations}\n",
            2,
            12,
            "without its partner",
        ),
        (
            "To: {mailbox}\nSubject: {destinations}\n\n{destinations}\n",
            2,
            1,
            "in a header field",
        ),
        (
            "To: {mailbox}, {contact}\nSubject: x\n\n{destinations}\n",
            1,
            1,
            "no address",
        ),
        (
            "To: {mailbox}\nFrom: Sở <a@so.gov.vn>\nSubject: x\n\n{destinations}\n",
            2,
            1,
            "diacritics",
        ),
        (
            "To: {mailbox}\nSubject: x\n y\n\n{destinations}\n",
            3,
            1,
            "second line",
        ),
        (
            "To: {mailbox}\nSubject: x\nContent-Type: text/html\n\n{destinations}\n",
            3,
            1,
            "cannot be written here",
        ),
        (
            "To: {mailbox}\nTo: {mailbox}\nSubject: x\n\n{destinations}\n",
            2,
            1,
            "a second time",
        ),
        ("Kính gửi\n\n{destinations}\n", 1, 1, "no header field"),
        (
            "To: a@b.vn\nSubject: x\n\n{destinations}\n",
            1,
            1,
            "goes to nobody",
        ),
        ("To: {mailbox}\n\n{destinations}\n", 1, 1, "no subject"),
        (
            "To: {mailbox}\nSubject: x\n\nxem\n",
            1,
            1,
            "where the mailbox forwards",
        ),
        ("", 1, 1, "goes to nobody"),
    ] {
        let mistakes = Template::parse(text).unwrap_err();
        let first = &mistakes[0];
        assert!(first.message.contains(words), "{text:?}: {first:?}");
        assert_eq!(
            (first.line, first.column),
            (line, column),
            "{text:?}: {first:?}"
        );
        assert!(!first.help.is_empty());
    }
    let many = "{x}\n".repeat(1000);
    let many = Template::parse(&format!("{good}{many}")).unwrap_err();
    assert_eq!(many.len(), 20);
    let long = format!("{good}{}\n", "x".repeat(601));
    assert!(
        Template::parse(&long).unwrap_err()[0]
            .message
            .contains("601 bytes")
    );
}

#[test]
fn the_thread_writes_and_whoever_hands_over_never_waits() {
    let dir = tempfile::tempdir().unwrap();
    let counter = counter();
    let settings = desk(dir.path(), 10).settings;
    let notices = Notices::open(settings, counter.clone()).unwrap();
    assert!(notices.is_on());
    let begun = Instant::now();
    for n in 0..10_000 {
        let mailbox = address(&format!("a{}@so.gov.vn", n % 3));
        notices.tell(stopped(mailbox, &["toi@gmail.com"]));
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
    let of = |result: &str| counter.with_label_values(&[result]).get();
    let all = || ["written", "told", "limit", "dropped", "failed"].map(of);
    while all().iter().sum::<u64>() < 10_000 && begun.elapsed() < Duration::from_secs(60) {
        thread::yield_now();
    }
    let [written, told, limit, dropped, failed] = all();
    assert_eq!((written, limit, failed), (3, 0, 0), "{:?}", all());
    assert_eq!(written + told + dropped, 10_000);
    assert_eq!(drafts(dir.path()).len(), 3);
    // Off: nothing happens.
    let off = Notices::default();
    off.tell(stopped(address("a@so.gov.vn"), &[]));
    assert!(!off.is_on());
}
