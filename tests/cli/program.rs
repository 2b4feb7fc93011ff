//! The program as people and systemd run it: started, watched by its log lines, and ended.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// A test fails after this time without news instead of hanging.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The recipient's domain is ours in every policy of these tests.
pub const OURS: &str = "vanthu@daknong.gov.vn";

/// A rule that refuses executables, and one that marks a subject.
pub const RULES: &str = "rules:\n  - { id: exe, title: Tệp thực thi, basis: Điều 12 khoản 6, when: { attachment: { kind: executable } }, then: reject, reply: { vi: Không nhận, en: Refused } }\n  - { id: big, title: Thư lớn, basis: Điều 5, when: { message: { size: \"> 2 KiB\" } }, then: tag }\n";

/// The program, with an environment of its own.
pub fn gacthu(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gacthu"));
    command.args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("GACTHU_") || name == "JOURNAL_STREAM" || name == "NOTIFY_SOCKET" {
            command.env_remove(name);
        }
    }
    command
}

/// What a finished run said.
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

pub fn run(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Said {
    said(gacthu(args).output().unwrap())
}

pub fn said(output: Output) -> Said {
    Said {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder with a policy, a socket, and whatever else a test puts there.
pub struct Site {
    dir: tempfile::TempDir,
}

impl Site {
    pub fn new(mode: &str, rules: &str) -> Self {
        let site = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        site.policy(mode, rules);
        site
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn policy(&self, mode: &str, rules: &str) {
        self.write(
            "site.yaml",
            format!(
                "policy: 1\nname: site\norganisation: {{ name: Thử, regulation: Quy chế, domains: [daknong.gov.vn], contact: a@daknong.gov.vn }}\nmode: {mode}\n{rules}"
            ),
        );
    }

    /// `serve` with a unix socket, the admin pages, a control socket and an event log.
    pub fn serve(&self, more: &[&str]) -> Gacthu {
        let mut args = vec![
            "serve".to_owned(),
            format!("--policy={}", self.text("site.yaml")),
            format!("--listen=unix:{}", self.text("mx.sock")),
            format!("--control={}", self.text("control.sock")),
            format!("--event-log={}", self.text("events.jsonl")),
            "--admin=127.0.0.1:0".to_owned(),
        ];
        args.extend(more.iter().map(ToString::to_string));
        let mut running = Gacthu::start(&mut gacthu(args));
        running.line("Ready.");
        running
    }

    /// The lines of the event log.
    pub fn events(&self) -> Vec<serde_json::Value> {
        let text = self.read("events.jsonl");
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// A running program whose log is read as it comes.
pub struct Gacthu {
    child: Child,
    log: Receiver<String>,
    /// Every line so far.
    pub seen: Vec<String>,
}

impl Gacthu {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (tell, log) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            log,
            seen: Vec::new(),
        }
    }

    /// Waits for a line with this text.
    pub fn line(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.log.recv_timeout(end - Instant::now()) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(error) => panic!("no line with {text:?} ({error}): {:#?}", self.seen),
            }
        }
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Waits for its end: the exit status, and all that it said.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.log.recv_timeout(end - Instant::now()) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end: {:#?}", self.seen),
            }
        }
        let status = self.child.wait().unwrap();
        (status.code(), self.seen.join("\n"))
    }

    pub fn terminate(self) -> (Option<i32>, String) {
        self.signal(Signal::TERM);
        self.ended()
    }

    /// The address of the admin pages, as the log names it.
    pub fn admin(&self) -> String {
        let line = self
            .seen
            .iter()
            .find(|line| line.contains("Metrics and health"));
        let (_, address) = line.unwrap().split_once("address=").unwrap();
        address.to_owned()
    }

    /// A page of the admin address: its status and its text.
    pub fn get(&self, path: &str) -> (u16, String) {
        let stream = TcpStream::connect(self.admin()).unwrap();
        request(stream, "GET", path)
    }

    /// The value of a series, as it stands in `/metrics`.
    pub fn metric(&self, series: &str) -> f64 {
        let (_, text) = self.get("/metrics");
        text.lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
            .unwrap_or_else(|| panic!("no {series} in\n{text}"))
            .parse()
            .unwrap()
    }
}

impl Drop for Gacthu {
    fn drop(&mut self) {
        // An error means that it ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One HTTP request on a stream: status and body.
pub fn request(mut stream: impl Read + Write, method: &str, path: &str) -> (u16, String) {
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

pub fn unix(path: &Path) -> UnixStream {
    let stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// A letter with one attachment of this name and content.
pub fn letter(subject: &str, name: &str, content: &str) -> String {
    format!("From: nguoigui@example.com\nTo: {OURS}\nSubject: {subject}\n") + &body(name, content)
}

/// The MIME part of [`letter`], its header fields first.
pub fn body(name: &str, content: &str) -> String {
    format!(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nKinh gui\n--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename*=utf-8''{name}\n\n{content}\n--b--\n"
    )
}
