//! A defer comes to its end; the clock is turned by hand.

use std::sync::{Arc, Mutex};

use gacthu::{
    answer::answer,
    counters::{Attempt, Clock, Counters, Recorder},
    engine::Services,
    facts::Role,
    state::Defers,
    verdict::Action,
};
use jiff::{SignedDuration, Timestamp};

use crate::support::*;

/// A clock that tests turn.
#[derive(Debug)]
struct Hands(Mutex<Timestamp>);

impl Hands {
    fn forward(&self, hours: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_hours(hours);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Judges and records as `service.rs` does.
fn attempt(services: &Arc<Services>, defers: &Defers, to: &str, letter: &[u8]) -> Action {
    let mut judging = begin(services, at(Role::Mx, false));
    let decision = match judging.rcpt(address(to)) {
        Some(decision) => decision,
        None => {
            judging.raw(letter);
            judging.end_now()
        }
    };
    let action = answer(&decision).action();
    if action == Action::Defer {
        defers.deferred(&decision.attempts, services.now());
    }
    action
}

#[test]
fn a_deferred_message_is_known_again_by_envelope_message_id_and_content() {
    let clock = Arc::new(Hands(Mutex::new(Timestamp::UNIX_EPOCH)));
    let defers = Arc::new(Defers::default());
    let rules = content("{ defer: { at_most: 3h, then: quarantine } }");
    let services = services(one("enforce", &rules))
        .with_clock(clock.clone())
        .with_counters(defers.clone());
    let services = Arc::new(services);
    let send = |to: &str, letter: &[u8]| attempt(&services, &defers, to, letter);
    let text = String::from_utf8(LETTER.to_vec()).unwrap();
    let received = format!("Received: from elsewhere\r\n{text}");
    let other_id = text.replace("<secret-name@", "<other@");
    let other_text = text.replace("Kinh gui", "Kinh goi");
    assert_eq!(send(A, LETTER), Action::Defer);
    clock.forward(2);
    assert_eq!(send(A, LETTER), Action::Defer);
    clock.forward(1);
    assert_eq!(send(A, received.as_bytes()), Action::Quarantine);
    for other in [&other_id, &other_text] {
        assert_eq!(send(A, other.as_bytes()), Action::Defer, "another message");
    }
    assert_eq!(send("khac@a.vn", LETTER), Action::Defer, "another envelope");
    // Reading alone counts nothing.
    let before = defers.len();
    assert_eq!(
        judge(&services, at(Role::Mx, false), &["moi@a.vn"]).applied(),
        Action::Defer
    );
    assert_eq!(defers.len(), before);
}

#[test]
fn a_defer_at_rcpt_is_counted_by_envelope_and_ends_too() {
    let clock = Arc::new(Hands(Mutex::new(Timestamp::UNIX_EPOCH)));
    let defers = Arc::new(Defers::default());
    let rules = "  - id: r\n    title: T\n    when: { recipient: { domain: a.vn } }\n    then: { defer: { at_most: 3h, then: reject } }\n";
    let services = services(one("enforce", rules))
        .with_clock(clock.clone())
        .with_counters(defers.clone());
    let services = Arc::new(services);
    let send = |to: &str| attempt(&services, &defers, to, LETTER);
    assert_eq!(send(A), Action::Defer);
    clock.forward(2);
    assert_eq!(send(A), Action::Defer);
    clock.forward(1);
    assert_eq!(send(A), Action::Reject);
    assert_eq!(send("khac@a.vn"), Action::Defer);
    assert_eq!(send(B), Action::Accept);
    let first = defers.first_deferred(
        &Attempt::envelope(&address(OUTSIDE), &address(A)),
        clock.now(),
    );
    assert_eq!(first, Some(Timestamp::UNIX_EPOCH));
}
