"""A Postfix of our own: config, queue, data and log under one temporary folder, loopback ports only.

    with PrivatePostfix({"mx": "unix:/tmp/x/mx.sock", "plain": None}) as postfix:
        reply = postfix.send("mx", "a@example.com", ["b@daknong.gov.vn"], content)
        postfix.delivered(reply.queue_id, rcpts=1)

Needs root (Postfix's master does) and Debian's package `postfix`; no systemd, no syslog. Nothing of
the machine's own Postfix is read or touched. Delivery goes to `sink.Sink`. Every wait is bounded.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sink import Delivery, Sink

MASTER = """\
{smtpd}
cleanup   unix  n  -  n  -  0  cleanup
qmgr      unix  n  -  n  300  1  qmgr
tlsmgr    unix  -  -  n  1000?  1  tlsmgr
rewrite   unix  -  -  n  -  -  trivial-rewrite
bounce    unix  -  -  n  -  0  bounce
defer     unix  -  -  n  -  0  bounce
trace     unix  -  -  n  -  0  bounce
verify    unix  -  -  n  -  1  verify
flush     unix  n  -  n  1000?  0  flush
proxymap  unix  -  -  n  -  -  proxymap
showq     unix  n  -  n  -  -  showq
error     unix  -  -  n  -  -  error
retry     unix  -  -  n  -  -  error
discard   unix  -  -  n  -  -  discard
smtp      unix  -  -  n  -  -  smtp
lmtp      unix  -  -  n  -  -  lmtp
anvil     unix  -  -  n  -  1  anvil
scache    unix  -  -  n  -  1  scache
pickup    unix  n  -  n  60  1  pickup
postlog   unix-dgram n  -  n  -  1  postlogd
"""
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log/maillog
maillog_file_prefixes = {folder}/log
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mx.test.invalid
mydestination =
mynetworks = 127.0.0.0/8
local_header_rewrite_clients =
append_dot_mydomain = no
biff = no
alias_maps =
local_recipient_maps =
default_transport = lmtp:inet:127.0.0.1:{sink}
relay_transport = $default_transport
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_timeout = 600s
disable_dns_lookups = yes
smtp_dns_support_level = disabled
message_size_limit = 209715200
mailbox_size_limit = 0
header_size_limit = 102400
smtp_line_length_limit = 0
lmtp_line_length_limit = 0
disable_mime_output_conversion = yes
notify_classes =
bounce_queue_lifetime = 1h
minimal_backoff_time = 5s
maximal_backoff_time = 10s
queue_run_delay = 5s
default_destination_concurrency_limit = 20
default_process_limit = 200
milter_default_action = tempfail
milter_connect_timeout = 10s
milter_command_timeout = 30s
milter_content_timeout = 300s
{extra}
"""


class PostfixError(Exception):
    """Postfix could not be started or did not do in time what was waited for."""


@dataclass
class Reply:
    """What the SMTP client saw: the last reply, and the stage at which it came."""
    code: int
    lines: list                    # reply text line by line, without the code
    stage: str                     # mail, rcpt, data, end
    seconds: float                 # from MAIL to this reply

    @property
    def queue_id(self) -> str:
        found = re.search(r"queued as (\w+)", self.lines[-1]) if self.code == 250 and self.lines else None
        return found[1] if found else ""


class PrivatePostfix:
    """`listeners`: name → milter (`unix:/path`, `inet:host:port`, several separated by commas) or None."""

    def __init__(self, listeners: dict, settings: dict | None = None):
        self.listeners = listeners
        self.settings = settings or {}
        self.ports: dict[str, int] = {}

    def __enter__(self) -> "PrivatePostfix":
        if os.geteuid() != 0:
            raise PostfixError("Postfix's master needs root: run this as root, for example: sudo " + " ".join(sys.argv))
        if not shutil.which("postfix"):
            raise PostfixError("Postfix is not installed: run scripts/lib/install.sh postfix")
        self.folder = Path(tempfile.mkdtemp(prefix="gacthu-postfix-"))
        self.sink = None
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if (self.folder / "etc/main.cf").exists():
            self.stop()
        if self.sink:
            self.sink.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        self.folder.chmod(0o755)
        for name in ("etc", "queue", "data", "log", "kept"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        self.sink = Sink(self.folder / "kept")
        self.ports = dict(zip(self.listeners, free_ports(len(self.listeners))))
        smtpd = "\n".join(self.smtpd(name, milter) for name, milter in self.listeners.items())
        daemons = next((p for p in ("/usr/lib/postfix/sbin", "/usr/libexec/postfix") if Path(p, "master").exists()), None)
        if not daemons:
            raise PostfixError("Postfix's daemons were not found under /usr/lib/postfix/sbin or /usr/libexec/postfix")
        extra = "\n".join(f"{key} = {value}" for key, value in self.settings.items())
        (self.folder / "etc/main.cf").write_text(
            MAIN.format(folder=self.folder, daemons=daemons, sink=self.sink.port, extra=extra))
        (self.folder / "etc/master.cf").write_text(MASTER.format(smtpd=smtpd))
        done = self.command("postfix", "start", seconds=60)
        if done.returncode:
            raise PostfixError(f"postfix start: {done.stdout}{done.stderr}\n{self.log()[-2000:]}")
        for name, port in self.ports.items():
            wait_for_port(port, 20, f"Postfix's listener {name}: {self.log()[-2000:]}")

    def stop(self):
        """Ends it in good order; what does not end within 20 s is killed (`master -t` was seen to hang in postlog)."""
        try:
            self.command("postfix", "stop")
            return
        except subprocess.TimeoutExpired:
            pass
        with contextlib.suppress(OSError, ValueError):
            # master(8) leads a process group of its own with all its daemons.
            os.killpg(int((self.folder / "queue/pid/master.pid").read_text()), signal.SIGKILL)

    def smtpd(self, name: str, milter: str | None) -> str:
        options = f" -o syslog_name=postfix/{name} -o smtpd_milters={milter or ''}"
        return f"127.0.0.1:{self.ports[name]} inet n - n - - smtpd{options}"

    def command(self, *words: str, seconds: float = 20) -> subprocess.CompletedProcess:
        return subprocess.run([words[0], "-c", str(self.folder / "etc"), *words[1:]], text=True, capture_output=True,
                              timeout=seconds, stdin=subprocess.DEVNULL, check=False)

    def log(self) -> str:
        path = self.folder / "log/maillog"
        return path.read_text(errors="replace") if path.exists() else ""

    def send(self, listener: str, sender: str, rcpts: list[str], content: bytes, seconds: float = 300) -> Reply:
        """One message on a connection of its own."""
        with self.client(listener, seconds) as client:
            return transact(client, sender, rcpts, content)

    def client(self, listener: str, seconds: float = 300) -> smtplib.SMTP:
        client = smtplib.SMTP("127.0.0.1", self.ports[listener], local_hostname="client.test.invalid", timeout=seconds)
        client.ehlo_or_helo_if_needed()
        return client

    def delivered(self, queue_id: str, rcpts: int = 1, seconds: float = 60) -> list[Delivery]:
        return self.sink.wait_for(queue_id, rcpts, seconds)

    def queue(self) -> list[dict]:
        """The queue as `postqueue -j` shows it."""
        try:
            shown = self.command("postqueue", "-j")
        except subprocess.TimeoutExpired:       # seen once in an hour of load; Postfix's own tools may hang in postlog
            shown = self.command("postqueue", "-j", seconds=60)
        return [json.loads(line) for line in shown.stdout.splitlines() if line.startswith("{")]

    def held(self) -> set[str]:
        return {entry["queue_id"] for entry in self.queue() if entry["queue_name"] == "hold"}

    def drain(self, seconds: float = 120) -> list[dict]:
        """Waits until nothing but held mail is queued; answers what is left when the time is over."""
        end = time.monotonic() + seconds
        while True:
            left = [entry for entry in self.queue() if entry["queue_name"] != "hold"]
            if not left or time.monotonic() > end:
                return left
            with self.sink.changed:
                self.sink.changed.wait(0.1)


def transact(client: smtplib.SMTP, sender: str, rcpts: list[str], content: bytes) -> Reply:
    """MAIL, RCPT, DATA on an open connection; the first refusal ends it (and RSET clears it)."""
    begin = time.monotonic()

    def reply(stage: str, answer) -> Reply:
        return Reply(answer[0], answer[1].decode("utf-8", "replace").split("\n"), stage, time.monotonic() - begin)

    try:
        last = reply("mail", client.mail(sender, ["BODY=8BITMIME"]))
        for rcpt in rcpts if last.code == 250 else []:
            last = reply("rcpt", client.rcpt(rcpt))
            if last.code not in (250, 251):
                break
        if last.code == 250:
            try:
                last = reply("end", client.data(content))
            except smtplib.SMTPDataError as error:
                last = reply("data", (error.smtp_code, error.smtp_error))
        if last.code != 250:
            client.rset()
        return last
    except smtplib.SMTPServerDisconnected as error:
        return Reply(0, [f"connection lost: {error}"], "lost", time.monotonic() - begin)


def free_ports(count: int) -> list[int]:
    """Ports that are free now, all held open until the last is known so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def wait_for_port(port: int, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError as error:
            if time.monotonic() > end:
                raise PostfixError(f"no answer within {seconds:.0f} s on port {port}: {what}") from error
            time.sleep(0.05)
