//! The road of a message through the engine's public door: what `serve`, `scan` and `policy test`
//! share.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use gacthu::{
    answer::{Answer, answer},
    engine::{Decision, Judging, Limits, Services},
    facts::{NotOpened, Role, SessionFacts},
    message::Address,
    policy::{self, Generation},
    verdict::Action,
};

const OURS: &str = "vanthu@daknong.gov.vn";
const OUTSIDE: &str = "nguoigui@example.com";

/// A policy of these lines on top of nothing, in a folder of its own.
struct Site {
    dir: tempfile::TempDir,
}

impl Site {
    fn new(text: &str) -> Self {
        let site = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        site.write(text);
        site
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("site.yaml")
    }

    fn write(&self, text: &str) {
        let mut file = std::fs::File::create(self.path()).unwrap();
        write!(
            file,
            "policy: 1\nname: site\norganisation: {{ name: Thử, regulation: Quy chế, domains: [daknong.gov.vn], contact: a@daknong.gov.vn }}\n{text}"
        )
        .unwrap();
    }

    fn load(&self) -> Generation {
        policy::load(&[self.path()]).unwrap_or_else(|report| panic!("{report}"))
    }

    fn services(&self, limits: Limits) -> Arc<Services> {
        Arc::new(Services::new(self.load(), limits, None).unwrap())
    }
}

fn address(text: &str) -> Address {
    Address::parse_path(text.as_bytes())
}

fn begin(services: &Arc<Services>, role: Role, sender: &str) -> Judging {
    let session = SessionFacts {
        role,
        client: Some("203.0.113.5".parse().unwrap()),
        ..SessionFacts::default()
    };
    Judging::begin(services.clone(), session, address(sender))
}

/// A message as Postfix sends it, in chunks of this many bytes.
async fn send(mut judging: Judging, body: &[u8], chunk: usize) -> Decision {
    assert!(judging.rcpt(address(OURS)).is_none());
    judging.header(b"From", b" a@example.com");
    judging.header(b"Subject", b" Th\xc6\xb0");
    judging.header(b"MIME-Version", b" 1.0");
    judging.header(b"Content-Type", b" multipart/mixed; boundary=b");
    judging.end_of_headers();
    for chunk in body.chunks(chunk) {
        judging.chunk(Bytes::copy_from_slice(chunk)).await;
    }
    judging.end().await
}

/// A multipart with an attachment of `size` bytes of base64 input behind a short text.
fn with_attachment(size: usize) -> Vec<u8> {
    let mut body = b"--b\r\nContent-Type: text/plain\r\n\r\nKinh gui\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n".to_vec();
    // Three bytes a group; the value changes so that a lost piece changes the hash.
    for line in 0..size.div_ceil(57) {
        let digit = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[line % 26];
        body.extend([digit; 76]);
        body.extend(b"\r\n");
    }
    body.extend(b"--b--\r\n");
    body
}

const REFUSE_SENDER: &str = "mode: enforce\nrules:\n  - { id: x, title: t, basis: Điều 1, when: { sender: { address: nguoigui@example.com } }, then: reject, reply: { vi: Không nhận, en: Refused } }\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heavy_message_has_the_same_facts_as_a_light_one() {
    let site = Site::new("mode: observe\n");
    let body = with_attachment(3 << 20);
    let light = Limits {
        heavy: usize::MAX,
        ..Limits::default()
    };
    let heavy = Limits {
        heavy: 10_000,
        batch: 70_000,
        turns: 1,
        ..Limits::default()
    };
    let mut files = Vec::new();
    for limits in [light, heavy] {
        let services = site.services(limits);
        let decision = send(begin(&services, Role::Mx, OUTSIDE), &body, 65_535).await;
        assert_eq!(decision.failed, None);
        files.push(decision.facts.files.known().unwrap().clone());
        drop(decision);
        assert_eq!(services.spool_bytes(), 0, "the spool is given back");
    }
    assert_eq!(files[0], files[1]);
    assert_eq!(files[0].count, 1);
    assert_eq!(files[0].total_size, (3_u64 << 20).div_ceil(57) * 57);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_spool_loses_the_content_and_not_the_facts() {
    let site = Site::new("mode: observe\n");
    let body = with_attachment(3 << 20);
    let roomy = site.services(Limits::default());
    let full = site.services(Limits {
        memory: 1 << 10,
        spool: 100_000,
        ..Limits::default()
    });
    let whole = send(begin(&roomy, Role::Mx, OUTSIDE), &body, 65_535).await;
    let cut = send(begin(&full, Role::Mx, OUTSIDE), &body, 65_535).await;
    let whole = &whole.facts.files.known().unwrap().list[1];
    let lost = &cut.facts.files.known().unwrap().list[1];
    assert_eq!((lost.size, &lost.sha256), (whole.size, &whole.sha256));
    let reasons = &cut.facts.message.known().unwrap().not_scanned;
    assert!(
        reasons
            .iter()
            .any(|place| matches!(place.why, NotOpened::Budget { .. })),
        "{reasons:?}"
    );
}

#[test]
fn a_settled_refusal_is_given_at_rcpt() {
    let services = Site::new(REFUSE_SENDER).services(Limits::default());
    let mut judging = begin(&services, Role::Mx, OUTSIDE);
    let decision = judging.rcpt(address(OURS)).expect("refused at RCPT");
    let Answer::Refuse(reply) = answer(&decision) else {
        panic!("not a refusal");
    };
    assert_eq!((reply.code, reply.enhanced.as_str()), (550, "5.7.1"));
    assert!(reply.lines[0].contains("Khong nhan"), "{reply:?}");
    assert!(reply.lines[0].contains(decision.reference.as_str()));
    assert_eq!(judging.recipients(), 0);

    let mut innocent = begin(&services, Role::Mx, "ai@example.com");
    assert!(innocent.rcpt(address(OURS)).is_none());
    assert_eq!(innocent.recipients(), 1);
}

#[test]
fn observe_refuses_nobody_and_says_what_it_would_have_done() {
    let services =
        Site::new(&REFUSE_SENDER.replace("enforce", "observe")).services(Limits::default());
    let mut judging = begin(&services, Role::Mx, OUTSIDE);
    assert!(judging.rcpt(address(OURS)).is_none());
    let decision = judging.end_now();
    assert_eq!(decision.verdict(), Action::Reject);
    assert_eq!(answer(&decision), Answer::Accept { tags: Vec::new() });
    assert!(decision.reply_if_enforced().is_some());
}

#[test]
fn roles_that_may_not_refuse_hold_instead() {
    let services = Site::new(REFUSE_SENDER).services(Limits::default());
    for role in [Role::Local, Role::Gateway] {
        let mut judging = begin(&services, role, OUTSIDE);
        assert!(judging.rcpt(address(OURS)).is_none(), "{role:?}");
        let decision = judging.end_now();
        assert_eq!(decision.applied(), Action::Reject);
        let Answer::Hold { reason, .. } = answer(&decision) else {
            panic!("{role:?} did not hold");
        };
        assert!(reason.contains(": x"), "{reason}");
    }
    for role in [Role::Mx, Role::Submission, Role::Mailbox] {
        assert!(
            begin(&services, role, OUTSIDE)
                .rcpt(address(OURS))
                .is_some(),
            "{role:?}"
        );
    }
}

#[test]
fn a_message_keeps_the_policy_that_it_began_with() {
    let site = Site::new(REFUSE_SENDER);
    let services = site.services(Limits::default());
    let mut before = begin(&services, Role::Mx, OUTSIDE);
    site.write("mode: enforce\n");
    services.replace_policy(site.load());
    let mut after = begin(&services, Role::Mx, OUTSIDE);
    assert!(before.rcpt(address(OURS)).is_some());
    assert!(after.rcpt(address(OURS)).is_none());
}

#[test]
fn the_strongest_verdict_of_all_recipients_answers_for_the_message() {
    let services = Site::new(
        "mode: enforce\nrules:\n  - { id: held, title: t, basis: Điều 1, when: { all: [ { recipient: { address: giu@daknong.gov.vn } }, { message: { size: \"> 1 B\" } } ] }, then: quarantine }\n  - { id: marked, title: t, basis: Điều 1, when: { message: { size: \"> 1 B\" } }, then: tag }\n",
    )
    .services(Limits::default());
    let judge = |recipients: &[&str]| {
        let mut judging = begin(&services, Role::Mx, OUTSIDE);
        for recipient in recipients {
            assert!(judging.rcpt(address(recipient)).is_none());
        }
        judging.raw(b"Subject: x\r\n\r\nhello\r\n");
        judging.end_now()
    };
    let one = judge(&[OURS]);
    assert_eq!(
        answer(&one),
        Answer::Accept {
            tags: vec!["marked".to_owned()]
        }
    );
    let both = judge(&[OURS, "giu@daknong.gov.vn"]);
    let Answer::Hold { tags, .. } = answer(&both) else {
        panic!("not held");
    };
    assert_eq!(tags, ["marked"]);
    assert_eq!(both.recipients[0].judgement.verdict, Action::Tag);
    assert_eq!(both.recipients[1].judgement.verdict, Action::Quarantine);
}

#[test]
fn a_failure_of_ours_defers_where_a_policy_enforces_and_passes_where_it_observes() {
    let failed = |mode: &str, role: Role| {
        let services = Site::new(&format!("mode: {mode}\n")).services(Limits::default());
        let mut judging = begin(&services, role, OUTSIDE);
        assert!(judging.rcpt(address(OURS)).is_none());
        let mut decision = judging.end_now();
        assert_eq!(decision.failed, None);
        decision.failed = Some("a test".to_owned());
        answer(&decision)
    };
    let Answer::Refuse(reply) = failed("enforce", Role::Mx) else {
        panic!("not deferred");
    };
    assert_eq!((reply.code, reply.enhanced.as_str()), (451, "4.3.0"));
    // To sendmail(1) a 4xx would stay in maildrop without end.
    assert!(matches!(
        failed("enforce", Role::Local),
        Answer::Hold { .. }
    ));
    assert_eq!(
        failed("observe", Role::Mx),
        Answer::Accept { tags: Vec::new() }
    );
}

#[test]
fn every_shipped_policy_loads_without_remarks() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    for name in ["base", "dak-nong", "soc-trang"] {
        let generation = policy::load(&[policies.join(name).with_extension("yaml")])
            .unwrap_or_else(|report| panic!("{report}"));
        assert!(generation.warnings().is_empty(), "{name}");
        assert!(!generation.tests().is_empty(), "{name}");
    }
}
