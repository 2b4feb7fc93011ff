//! What these tests share: two policies, a letter, a session.

use std::{path::PathBuf, sync::Arc};

use gacthu::{
    engine::{Decision, Judging, Limits, Services},
    facts::{Role, SessionFacts},
    message::Address,
    policy::{self, Generation},
};

pub const A: &str = "vanthu@a.vn";
pub const B: &str = "vanthu@b.vn";
pub const OUTSIDE: &str = "ai@x.com";

/// Policies `a` (domain a.vn) and `b` (domain b.vn) with these modes and rules.
pub fn load(a: (&str, &str), b: (&str, &str)) -> Generation {
    let dir = tempfile::tempdir().unwrap();
    let mut paths: Vec<PathBuf> = Vec::new();
    for (name, (mode, rules)) in [("a", a), ("b", b)] {
        let path = dir.path().join(format!("{name}.yaml"));
        let text = format!(
            "policy: 1\nname: {name}\norganisation: {{ name: Thử, regulation: Quy chế, domains: [{name}.vn], contact: a@{name}.vn }}\nmode: {mode}\nrules:\n{rules}"
        );
        std::fs::write(&path, text).unwrap();
        paths.push(path);
    }
    policy::load(&paths).unwrap_or_else(|report| panic!("{report}"))
}

pub fn one(mode: &str, rules: &str) -> Generation {
    load((mode, rules), ("observe", ""))
}

pub fn services(generation: Generation) -> Services {
    Services::new(generation, Limits::default(), None).unwrap()
}

pub fn address(text: &str) -> Address {
    Address::parse_path(text.as_bytes())
}

pub fn begin(services: &Arc<Services>, session: SessionFacts) -> Judging {
    let client = Some("203.0.113.5".parse().unwrap());
    let session = SessionFacts { client, ..session };
    Judging::begin(services.clone(), session, address(OUTSIDE))
}

pub fn at(role: Role, passes_on: bool) -> SessionFacts {
    SessionFacts {
        role,
        passes_on,
        ..SessionFacts::default()
    }
}

pub const LETTER: &[u8] = b"From: Ai <ai@x.com>\r\nSubject: =?utf-8?q?V=C4=83n_b=E1=BA=A3n_m=E1=BA=ADt?=\r\nMessage-ID: <secret-name@x.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nKinh gui\r\n--b\r\nContent-Type: application/secret-type; name=secret-name.mark\r\nContent-Disposition: attachment; filename=\"secret-name.mark\"\r\n\r\nx\r\n--b--\r\n";

pub fn judge(services: &Arc<Services>, session: SessionFacts, recipients: &[&str]) -> Decision {
    let mut judging = begin(services, session);
    for recipient in recipients {
        assert!(judging.rcpt(address(recipient)).is_none());
    }
    judging.raw(LETTER);
    judging.end_now()
}

/// A rule on content, so that the end of message decides.
pub fn content(then: &str) -> String {
    format!(
        "  - id: r\n    title: T\n    when: {{ message: {{ size: \"> 1 B\" }} }}\n    then: {then}\n"
    )
}

/// A rule that makes a message sensitive, in observe.
pub const MARK: &str = "  - id: mark\n    title: Dấu mật\n    sensitive: true\n    mode: observe\n    when: { attachment: { extension: mark } }\n    then: reject\n";
