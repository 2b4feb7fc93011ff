//! Listening.

use std::{
    fs,
    io::Read,
    os::{
        fd::OwnedFd,
        unix::{
            fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink},
            net::{UnixListener, UnixStream},
        },
    },
    path::Path,
    process::{Command, Stdio},
};

use gacthu::{
    facts::Role,
    milter::{ListenError, ListenSpec, Listener, activated},
};

fn spec(path: &Path, options: &str) -> ListenSpec {
    format!("unix:{}{options}", path.display()).parse().unwrap()
}

#[test]
fn mode_and_group_are_set_and_the_file_goes_with_the_listener() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.sock");
    // A group that everybody may give a file to: the one it has already.
    let group = fs::metadata(folder.path()).unwrap().gid();
    let listener = Listener::bind(&spec(&path, &format!(",mode=0606,group={group}"))).unwrap();
    let metadata = fs::symlink_metadata(&path).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o606);
    assert_eq!(metadata.gid(), group);
    assert_eq!(listener.info().name, format!("unix:{}", path.display()));
    UnixStream::connect(&path).unwrap();
    drop(listener);
}

#[test]
fn the_mode_is_0660_unless_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.sock");
    let _listener = Listener::bind(&spec(&path, "")).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o660
    );
}

#[test]
fn a_group_that_does_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.sock");
    let error = Listener::bind(&spec(&path, ",group=no-such-group")).unwrap_err();
    assert!(matches!(error, ListenError::Group(_)), "{error}");
    assert!(!path.exists(), "nothing is opened under a wrong group");
}

#[test]
fn a_stale_socket_is_removed_and_one_that_answers_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.sock");
    let old = UnixListener::bind(&path).unwrap();
    let error = Listener::bind(&spec(&path, "")).unwrap_err();
    assert!(matches!(error, ListenError::Busy(_)), "{error}");
    assert!(
        error
            .to_string()
            .contains("another process already answers"),
        "{error}"
    );
    drop(old);
    assert!(path.exists());
    let listener = Listener::bind(&spec(&path, "")).unwrap();
    UnixStream::connect(&path).unwrap();
    drop(listener);
    assert!(!path.exists());
}

#[test]
fn what_is_no_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.sock");
    fs::write(&path, "precious").unwrap();
    let error = Listener::bind(&spec(&path, "")).unwrap_err();
    assert!(matches!(error, ListenError::NotASocket(_)), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(matches!(
        Listener::bind(&spec(&link, "")).unwrap_err(),
        ListenError::NotASocket(_)
    ));
    assert_eq!(fs::read(&path).unwrap(), b"precious");
}

#[test]
fn a_successors_socket_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.sock");
    let listener = Listener::bind(&spec(&path, "")).unwrap();
    fs::rename(&path, folder.path().join("old")).unwrap();
    let _successor = UnixListener::bind(&path).unwrap();
    drop(listener);
    assert!(path.exists());
}

#[test]
fn addresses_that_cannot_be_used() {
    let error = |text: &str| {
        Listener::bind(&text.parse().unwrap())
            .unwrap_err()
            .to_string()
    };
    assert!(error("unix:/nonexistent/m.sock").starts_with("cannot bind the socket /nonexistent/"));
    let long = format!("unix:/{}", "x".repeat(120));
    assert!(error(&long).starts_with("cannot name the socket /xxx"));
    assert!(error("inet6:127.0.0.1:0").contains("no address of that family"));
    let first = Listener::bind(&"inet:127.0.0.1:0".parse().unwrap()).unwrap();
    let port = first.local_addr().unwrap().port();
    let taken = error(&format!("inet:127.0.0.1:{port}"));
    assert!(
        taken.starts_with(&format!("cannot listen on 127.0.0.1:{port}: ")),
        "{taken}"
    );
}

/// Runs this test once more in a process that was given a socket, as systemd does it.
#[test]
fn sockets_of_systemd_bring_their_role() {
    if std::env::var_os("GACTHU_TEST_ACTIVATED").is_some() {
        let listeners = activated().unwrap();
        let [listener] = &listeners[..] else {
            panic!("{} listeners", listeners.len())
        };
        print!("<{:?} {}>", listener.info().role, listener.info().name);
        return;
    }
    assert!(activated().unwrap().is_empty());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.sock");
    let socket = UnixListener::bind(&path).unwrap();
    let run = |name: &str, stdin: Stdio| {
        let script = "LISTEN_PID=$$ exec \"$0\" --exact --nocapture \
                      sockets::sockets_of_systemd_bring_their_role 3<&0";
        let mut child = Command::new("sh")
            .args(["-c", script])
            .arg(std::env::current_exe().unwrap())
            .env("GACTHU_TEST_ACTIVATED", "1")
            .env("LISTEN_FDS", "1")
            .env("LISTEN_FDNAMES", name)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        child.wait().unwrap();
        said
    };
    let listening = || Stdio::from(OwnedFd::from(socket.try_clone().unwrap()));
    for (name, role) in [
        ("submission", Role::Submission),
        ("mailbox", Role::Mailbox),
        ("gacthu.socket", Role::Mx),
    ] {
        let said = run(name, listening());
        assert!(
            said.contains(&format!("<{role:?} unix:{}>", path.display())),
            "{said}"
        );
    }
    assert!(run("mta", listening()).contains("no role \\\"mta\\\""));
    assert!(run("mx", Stdio::null()).contains("Activated"));
    let stream = UnixStream::connect(&path).unwrap();
    let said = run("mx", Stdio::from(OwnedFd::from(stream)));
    assert!(said.contains("it does not listen"), "{said}");
    assert!(path.exists(), "the file is systemd's");
}
