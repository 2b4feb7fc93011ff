//! Listening addresses as people write them.

use std::path::PathBuf;

use crate::{
    facts::Role,
    milter::{ListenSpec, Place},
};

fn inet(host: &str, port: u16, only_v6: bool) -> Place {
    Place::Inet {
        host: host.to_owned(),
        port,
        only_v6,
    }
}

fn unix(path: &str, mode: u32, group: Option<&str>) -> Place {
    Place::Unix {
        path: PathBuf::from(path),
        mode,
        group: group.map(str::to_owned),
    }
}

#[test]
fn what_is_understood() {
    for (text, place, role) in [
        (
            "unix:/run/gacthu/mx.sock",
            unix("/run/gacthu/mx.sock", 0o660, None),
            Role::Mx,
        ),
        (
            "local:/run/x,role=local",
            unix("/run/x", 0o660, None),
            Role::Local,
        ),
        (
            "unix:/run/x, mode=0666, group=postfix, role=submission",
            unix("/run/x", 0o666, Some("postfix")),
            Role::Submission,
        ),
        (
            "inet:127.0.0.1:8899",
            inet("127.0.0.1", 8899, false),
            Role::Mx,
        ),
        (
            "inet:8899@localhost,role=mailbox",
            inet("localhost", 8899, false),
            Role::Mailbox,
        ),
        (
            "inet:[::1]:0,role=gateway",
            inet("::1", 0, false),
            Role::Gateway,
        ),
        ("inet6:::1:8899", inet("::1", 8899, true), Role::Mx),
        ("inet6:8899@::1", inet("::1", 8899, true), Role::Mx),
    ] {
        assert_eq!(
            text.parse(),
            Ok(ListenSpec {
                place,
                role,
                passes_on: false
            }),
            "{text}"
        );
    }
}

#[test]
fn what_is_not_and_what_to_write() {
    for (text, hint) in [
        ("tcp:127.0.0.1:8899", "write inet:127.0.0.1:8899"),
        ("127.0.0.1:8899", "write inet:127.0.0.1:8899"),
        ("localhost:8899", "write inet:localhost:8899"),
        ("/run/x.sock", "write unix:/run/x.sock"),
        ("8899", "write unix:/PATH or inet:HOST:PORT"),
        ("", "write unix:/PATH or inet:HOST:PORT"),
        ("unix:run/x", "no absolute path"),
        (
            "inet:8899",
            "the host is missing; write inet:127.0.0.1:8899",
        ),
        ("inet::8899", "inet:0.0.0.0:8899"),
        ("inet:*:8899", "inet:0.0.0.0:8899"),
        (
            "inet:::1:8899",
            "write an IPv6 address in brackets: inet:[::1]:8899",
        ),
        ("inet:127.0.0.1:smtp", "\"smtp\" is no port"),
        ("inet:127.0.0.1:70000", "\"70000\" is no port"),
        ("vsock:/x", "unknown kind \"vsock\""),
        (
            "unix:/x,role=mta",
            "no role \"mta\"; there are mx, submission",
        ),
        ("unix:/x,mode=rw", "no mode"),
        ("unix:/x,mode=0999", "no mode"),
        ("unix:/x,mode=4755", "no mode"),
        ("unix:/x,group=", "needs a name"),
        ("unix:/x,owner=root", "no option \"owner\""),
        ("unix:/x,0660", "write KEY=VALUE"),
        ("inet:127.0.0.1:1,mode=0660", "for unix: only"),
    ] {
        let error = text.parse::<ListenSpec>().unwrap_err().to_string();
        assert!(error.starts_with(&format!("--listen {text}: ")), "{error}");
        assert!(error.contains(hint), "{error}");
    }
}
