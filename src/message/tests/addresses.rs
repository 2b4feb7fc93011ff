use crate::message::{Address, Envelope};

fn parse(path: &str) -> Address {
    Address::parse_path(path.as_bytes())
}

#[test]
fn paths_are_normalised() {
    for (path, shown) in [
        ("<a@b.vn>", "a@b.vn"),
        ("a@b.vn", "a@b.vn"),
        (" < a@b.vn > ", "a@b.vn"),
        ("<>", ""),
        ("", ""),
        ("<Van.Thu@DakNong.GOV.vn>", "Van.Thu@daknong.gov.vn"),
        ("<a@b.vn.>", "a@b.vn"),
        ("<@x.vn,@y.vn:a@b.vn>", "a@b.vn"),
        ("<\"a\"@b.vn>", "a@b.vn"),
        ("<\"a b\"@b.vn>", "a b@b.vn"),
        ("<\"a\\\"b\"@b.vn>", "a\"b@b.vn"),
        ("<\"a@x\"@b.vn>", "a@x@b.vn"),
        ("<postmaster>", "postmaster"),
        ("<a@[192.0.2.1]>", "a@[192.0.2.1]"),
        ("<a@[IPv6:2001:DB8::1]>", "a@[ipv6:2001:db8::1]"),
        ("<văn.thư@đắknông.vn>", "văn.thư@xn--knng-wqa5o845r.vn"),
        ("<a@XN--KNNG-WQA5O845R.vn>", "a@xn--knng-wqa5o845r.vn"),
        ("<a@b\u{0}é..vn>", "a@b\u{0}é..vn"),
    ] {
        assert_eq!(parse(path).to_string(), shown, "{path}");
    }
}

#[test]
fn raw_bytes_that_are_no_utf8_make_an_address_too() {
    assert_eq!(Address::parse_path(b"<caf\xe9@b.vn>").local(), "café");
}

#[test]
fn the_local_part_is_kept_and_compared_without_case() {
    let (a, b) = (parse("<Van.Thu@b.vn>"), parse("<van.thu@B.VN>"));
    assert_eq!(a, b);
    assert_eq!(a.local(), "Van.Thu");
    assert_eq!(a.local_folded(), "van.thu");
    assert_ne!(a, parse("<van.thu2@b.vn>"));
    assert_ne!(a, parse("<van.thu@c.vn>"));
    let set: std::collections::HashSet<_> = [a, b].into();
    assert_eq!(set.len(), 1);
}

#[test]
fn domains_match_by_whole_labels() {
    let address = parse("<a@xa.evilgov.vn>");
    assert!(!address.domain_is_or_under("gov.vn"));
    assert!(address.domain_is_or_under("evilgov.vn"));
    assert!(address.domain_is_or_under("XA.EvilGov.vn."));
    assert!(!address.domain_is_or_under("b.xa.evilgov.vn"));
    assert!(!address.domain_is_or_under(""));
    assert!(address.domain_is("Xa.EVILGOV.vn"));
    assert!(!address.domain_is("evilgov.vn"));
    assert!(parse("<a@x.đắknông.vn>").domain_is_or_under("đắknông.vn"));
    assert!(!parse("<>").domain_is(""));
}

#[test]
fn address_fields_give_their_addresses() {
    let read = |value: &str| {
        Address::parse_field(value.as_bytes())
            .iter()
            .map(Address::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(read(" Văn thư <A@B.vn>, c@d.vn"), ["A@b.vn", "c@d.vn"]);
    assert_eq!(read(" =?utf-8?q?a=2C_b?= <a@b.vn>"), ["a@b.vn"]);
    assert_eq!(read(" \"x, y\"\n <a@b.vn> (comment <n@o.vn>)"), ["a@b.vn"]);
    assert_eq!(read(" nhom: a@b.vn, c@d.vn;"), ["a@b.vn", "c@d.vn"]);
    assert!(read("").is_empty());
}

#[test]
fn the_session_outlives_the_message() {
    let mut envelope = Envelope::default();
    envelope.connect("mail.b.vn", "203.0.113.5".parse().ok(), Some(2525));
    envelope.helo("mail.b.vn");
    envelope.set_macro("{daemon_name}", "mx1");
    envelope.set_macro("{client_ptr}", "unknown");
    envelope.set_macro("{cert_subject}", "CN=a");
    envelope.set_macro("{mail_mailer}", "smtp");
    envelope.set_macro("{auth_authen}", "an");
    envelope.mail(b"<A@b.vn>", vec!["SIZE=100".into()]);
    envelope.set_macro("{rcpt_mailer}", "local");
    envelope.rcpt(b"<c@d.vn>", vec![]);
    envelope.rcpt(b"<e@f.vn>", vec!["NOTIFY=NEVER".into()]);
    envelope.set_macro("i", "4bQ1");
    envelope.set_macro("{no_such}", "x");

    let sender = envelope.sender.as_ref().unwrap();
    assert_eq!(sender.address.to_string(), "A@b.vn");
    assert_eq!(
        (sender.raw.as_str(), sender.args.as_slice()),
        ("<A@b.vn>", &["SIZE=100".into()][..])
    );
    assert_eq!(sender.route.mailer.as_deref(), Some("smtp"));
    assert_eq!(
        envelope.recipients[0].route.mailer.as_deref(),
        Some("local")
    );
    assert_eq!(envelope.recipients[1].route.mailer, None);
    assert_eq!(envelope.recipients[1].args, ["NOTIFY=NEVER"]);
    assert_eq!(envelope.queue_id.as_deref(), Some("4bQ1"));
    assert_eq!(envelope.session.client_ptr, None);

    envelope.reset_message();
    assert!(envelope.sender.is_none() && envelope.recipients.is_empty());
    assert_eq!(envelope.queue_id, None);
    assert_eq!(envelope.session.auth_authen, None);
    assert_eq!(envelope.session.client_name.as_deref(), Some("mail.b.vn"));
    assert_eq!(envelope.session.client_port, Some(2525));
    assert_eq!(envelope.session.cert_subject.as_deref(), Some("CN=a"));
    assert_eq!(envelope.session.daemon_name.as_deref(), Some("mx1"));
}

#[test]
fn macros_can_name_the_client() {
    let mut envelope = Envelope::default();
    envelope.connect("[203.0.113.5]", None, None);
    assert_eq!(envelope.session.client_name, None);
    envelope.set_macro("{client_addr}", "IPv6:2001:db8::1");
    envelope.set_macro("{client_addr}", "nonsense");
    assert_eq!(envelope.session.client, "2001:db8::1".parse().ok());
}
