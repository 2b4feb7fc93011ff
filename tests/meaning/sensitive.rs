//! A sensitive message is not stored and leaves no word of itself.

use std::sync::Arc;

use gacthu::{
    answer::{Answer, answer},
    engine::Judging,
    event::{Event, Stage},
    facts::Role,
    site::Site,
    verdict::Action,
};

use crate::support::*;

#[test]
fn a_sensitive_message_leaves_no_word_of_itself() {
    let services = services(load(("observe", MARK), ("enforce", &content("quarantine"))));
    let services = Arc::new(services.with_site(Site::strictest()));
    // Only the policy of `a` knows the mark, and only in observe; that of `b` would store it.
    let decision = judge(&services, at(Role::Mx, false), &[A, B]);
    assert!(decision.sensitive);
    let said = answer(&decision);
    assert_eq!(said.action(), Action::Reject);
    let event = Event::new(&decision, &said, Stage::End, Some("4Q"));
    let event = serde_json::to_string(&event).unwrap();
    for word in ["secret-name", "secret-type", "mật", ".mark"] {
        assert!(!event.contains(word), "{word}: {event}");
        assert!(!format!("{:?}", decision.facts).contains(word), "{word}");
    }
    for kept in [
        "\"sensitive\":true",
        "\"sha256\":\"",
        "\"size\":",
        "ai@x.com",
        "vanthu@a.vn",
        "\"mark\"",
    ] {
        assert!(event.contains(kept), "{kept}: {event}");
    }
    let Answer::Refuse(reply) = said else {
        panic!()
    };
    assert!(
        reply.lines.iter().all(|line| !line.contains("secret")),
        "{reply:?}"
    );
    // The same message without the rule is stored, and its event may name the file.
    let plain = Arc::new(
        crate::support::services(load(("observe", ""), ("enforce", &content("quarantine"))))
            .with_site(Site::strictest()),
    );
    let decision = judge(&plain, at(Role::Mx, false), &[A, B]);
    let said = answer(&decision);
    assert_eq!(said.action(), Action::Quarantine);
    let event = Event::new(&decision, &said, Stage::End, None);
    let event = serde_json::to_string(&event).unwrap();
    assert!(event.contains("secret-name") && !event.contains("\"sensitive\""));
}

#[test]
fn no_role_stores_a_sensitive_message_but_for_one_that_would_leave_the_house() {
    let mark = MARK.replace("    mode: observe\n", "");
    for then in ["reject", "quarantine", "defer"] {
        let rules = mark.replace("then: reject", &format!("then: {then}"));
        let services = Arc::new(services(one("enforce", &rules)));
        for role in Role::ALL {
            let given = answer(&judge(&services, at(role, false), &[A]));
            let expected = match (role, then) {
                // sendmail(1) with a foreign author: a refusal would send it out.
                (Role::Local, _) => Action::Quarantine,
                (_, "defer") => Action::Defer,
                _ => Action::Reject,
            };
            assert_eq!(given.action(), expected, "{role:?} {then}");
        }
        // To our own author Postfix gives it back.
        let mut judging = Judging::begin(services.clone(), at(Role::Local, false), address(A));
        assert!(judging.rcpt(address(A)).is_none());
        judging.raw(LETTER);
        let Answer::Refuse(reply) = answer(&judging.end_now()) else {
            panic!("{then}");
        };
        assert_eq!((reply.code / 100, reply.enhanced.as_bytes()[0]), (5, b'5'));
    }
}
