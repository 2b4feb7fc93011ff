//! What would open a door, and opens none.

use super::*;

#[test]
fn what_would_be_a_master_key_opens_nothing() {
    let top = "X-Sieve-Redirected-From: vanthu@so.gov.vn\nDelivered-To: vanthu@so.gov.vn\n";
    let rows: Vec<(&str, &str, String)> = vec![
        ("no sender", "", on_top(top)),
        (
            "a list's header, and the user's own sender",
            "vanthu@so.gov.vn",
            on_top("X-Zimbra-Forwarded: vanthu@so.gov.vn\n")
                .replace("Subject:", "List-Id: <vanthu.so.gov.vn>\nSubject:"),
        ),
        (
            "a list's header and a list's sender, forged outside",
            "vanthu-bounces@so.gov.vn",
            on_top("Delivered-To: van.a@so.gov.vn\n")
                .replace("Subject:", "List-Id: <vanthu.so.gov.vn>\nSubject:"),
        ),
        (
            "a letter of our own list that a subscriber sends on",
            "canbo-bounces@lists.so.gov.vn",
            format!("Delivered-To: van.a@so.gov.vn\nDelivered-To: canbo@lists.so.gov.vn\n{ARRIVED}")
                .replace("Subject:", "List-Id: <canbo.lists.so.gov.vn>\nSubject:"),
        ),
        (
            "the same by Sieve",
            "canbo-bounces@lists.so.gov.vn",
            format!("X-Sieve-Redirected-From: van.a@so.gov.vn\n{ARRIVED}")
                .replace("Subject:", "List-Id: <canbo.lists.so.gov.vn>\nSubject:"),
        ),
        (
            "a Resent block that its sender wrote",
            "khach@example.com",
            on_top("Delivered-To: vanthu@so.gov.vn\n").replace(
                "From: Khach",
                "Resent-From: vanthu@so.gov.vn\nResent-To: toi@gmail.com\nFrom: Khach",
            ),
        ),
        (
            "the same where no delivery is written down",
            "khach@example.com",
            ARRIVED.replace(
                "From: Khach",
                "Resent-From: vanthu@so.gov.vn\nResent-To: toi@gmail.com\nFrom: Khach",
            ),
        ),
        (
            "a reply to an invitation, from outside",
            "khach@example.com",
            on_top(top).replace(
                "\n\nThan gui",
                "\nContent-Type: text/calendar; method=REPLY\n\nThan gui",
            ),
        ),
        (
            "an out-of-office from outside",
            "",
            on_top(top).replace("Subject:", "Auto-Submitted: auto-replied\nIn-Reply-To: <x>\nSubject:"),
        ),
        (
            "an out-of-office of a colleague that is sent on",
            "",
            format!("{top}{WRITTEN}Auto-Submitted: auto-replied\nIn-Reply-To: <x>\nSubject: Auto: x\n\nx\n")
                .replace("To: toi@gmail.com", "To: vanthu@so.gov.vn"),
        ),
        (
            "a report with something more in it",
            "",
            format!("{top}From: MAILER-DAEMON@example.com\nTo: vanthu@so.gov.vn\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: message/delivery-status\n\nx\n--b\nContent-Type: message/rfc822\n\nFrom: x@y.vn\n\nx\n--b\nContent-Type: application/pdf\n\nx\n--b--\n"),
        ),
        (
            "a report with a document for its status",
            "",
            format!("{top}From: MAILER-DAEMON@example.com\nTo: vanthu@so.gov.vn\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: application/pdf\n\nx\n--b--\n"),
        ),
        (
            "a report with a sender",
            "khach@example.com",
            format!("{top}From: khach@example.com\nTo: vanthu@so.gov.vn\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: message/delivery-status\n\nx\n--b--\n"),
        ),
    ];
    for (name, sender, letter) in rows {
        let evidence = evidence(true, sender, GMAIL, &letter);
        assert_eq!(evidence.letter, Letter::Machine, "{name}: {evidence:?}");
    }
}

#[test]
fn a_forged_mark_in_an_old_letter_does_not_make_a_person_s_act_a_machine_s() {
    // What another organisation's rule or our Gmail left on the letter says nothing of this hop.
    let letter = on_top("Resent-From: vanthu@so.gov.vn\nResent-To: toi@gmail.com\n").replace(
        "From: Khach",
        "X-MS-Exchange-Inbox-Rules-Loop: khach@example.com\nX-Forwarded-To: vanthu@so.gov.vn\nX-Forwarded-For: toi@gmail.com vanthu@so.gov.vn\nAutoforwarded: true\nFrom: Khach",
    );
    let evidence = evidence(true, "vanthu@so.gov.vn", GMAIL, &letter);
    assert_eq!(evidence.letter, Letter::Person, "{evidence:?}");
}
