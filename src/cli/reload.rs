//! `gacthu reload`: asks the running process to load its policy anew and prints its check.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use super::{FAILED, UNUSABLE, fail, say};

/// Where `gacthu serve` puts its control socket under the shipped systemd unit.
pub(super) const CONTROL: &str = "/run/gacthu/control.sock";

/// How long a reload may take: a list of a million entries loads in a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// The answer is a check report for people; more than this is not one.
const ANSWER_LIMIT: u64 = 4 << 20;

/// Arguments of `gacthu reload`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A policy that does not check never replaces the one that runs. Exit status: 0 the new policy runs; 1 it was refused; 2 gacthu could not be reached."
)]
pub struct Args {
    /// The control socket of the running gacthu (its `serve --control`).
    #[arg(long, env = "GACTHU_CONTROL", default_value = CONTROL, value_name = "PATH")]
    control: PathBuf,
}

pub(super) fn run(args: &Args) -> ExitCode {
    match ask(&args.control) {
        Ok((200, text)) => {
            say(text.trim_end());
            ExitCode::SUCCESS
        }
        Ok((422, text)) => {
            eprint!("{text}");
            ExitCode::from(FAILED)
        }
        Ok((status, text)) => fail(
            UNUSABLE,
            format_args!("unexpected answer {status} on the control socket: {text}"),
        ),
        Err(error) => fail(
            UNUSABLE,
            format_args!(
                "no answer on the control socket {}: {error}. Is gacthu running, and may you open its socket? `systemctl reload gacthu` does the same by SIGHUP.",
                args.control.display()
            ),
        ),
    }
}

/// One HTTP/1.0 request: the server closes after the answer, so the body is what comes until then.
fn ask(control: &Path) -> io::Result<(u16, String)> {
    let mut socket = UnixStream::connect(control)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.write_all(b"POST /reload HTTP/1.0\r\nHost: gacthu\r\nContent-Length: 0\r\n\r\n")?;
    let mut answer = Vec::new();
    socket.take(ANSWER_LIMIT).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let unreadable = || io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(unreadable)?;
    let status = head
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(unreadable)?;
    Ok((status, body.to_owned()))
}
