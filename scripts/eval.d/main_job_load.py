#!/usr/bin/env python3
"""The load part of the main job: kill -9, 64 connections with 50 MiB each, and the bars of the bench.

  kill   500 messages through a real Postfix while gacthu is killed 10 times with a message's body or
         end open; nothing may be lost, at most one extra copy a kill, what is refused stays refused
  big    64 connections at once with a file of exactly 50 MiB each: soc-trang lets them pass,
         dak-nong refuses them with 552; hashes, memory, and a small letter beside them
  bench  scripts/bench --quick --json

`run(bin_path, full)` answers a list of dicts: name, numerator, denominator, target (of the quotient; the
greatest that passes with at_most), ok, note, failures, command.
The clients are Python's smtplib and C; they share no code with gacthu.
"""

import argparse
import base64
import json
import pathlib
import queue
import random
import re
import smtplib
import socket
import struct
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "lib"), str(ROOT / "scripts" / "bench.d")]
import big  # noqa: E402
import servers  # noqa: E402
from figure import figure  # noqa: E402
from private_postfix import PostfixError, PrivatePostfix  # noqa: E402
from servers import BenchError  # noqa: E402

COMMAND = "scripts/eval.d/main_job_load.py"
KILLS, MESSAGES, REFUSED = 10, 500, 25
LARGE = 20 * 1024 * 1024  # of a letter that is open while gacthu is killed; within Đắk Nông's 30 MiB
WORKERS, MAX_ATTEMPTS = 4, 60
DEADLINE = 240  # seconds for the whole kill test


# --- letters -----------------------------------------------------------------------------


class Letter:
    """One message with an id of its own, what has to become of it, and what did."""

    def __init__(self, number, kind):
        self.id, self.kind = f"kill-{number:04}", kind
        self.attempts, self.final = 0, None

    def content(self):
        """CRLF, dots stuffed, without the final dot."""
        rng = random.Random(self.id)
        if self.kind == "large":
            name, data = "so-lieu.pdf", b"%PDF-1.7\n" + rng.randbytes(LARGE)
        elif self.kind == "refused":
            name, data = "bao-cao.exe", b"MZ\x90\0" + rng.randbytes(4000)
        else:
            name, data = "ghi-chu.txt", b"Ghi chu cuoc hop.\r\n" * rng.randrange(10, 400)
        text = base64.encodebytes(data).replace(b"\n", b"\r\n")
        return (
            f"From: nguoi.gui@example.net\r\nTo: nguoi.nhan@example.vn\r\nSubject: {self.id}\r\n"
            f"X-Test-Id: {self.id}\r\nMessage-ID: <{self.id}@example.net>\r\nDate: Mon, 05 Jan 2026 08:10:11 +0700\r\n"
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b1\r\n\r\n"
            "--b1\r\nContent-Type: text/plain\r\n\r\nKem theo tep.\r\n"
            f'--b1\r\nContent-Type: application/octet-stream; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
            f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
        ).encode() + text + b"--b1--\r\n"


class ClientLog:
    """What the clients saw, with the time; the assertions about the kills read this and nothing else."""

    def __init__(self):
        self.entries, self._lock = [], threading.Lock()

    def add(self, who, what, **more):
        """`who` is one transaction: everything about it has the same name."""
        with self._lock:
            self.entries.append({"at": time.monotonic(), "who": who, "what": what, **more})

    def open_at(self, moment):
        """Transactions whose body or end of message was open at this moment and then came to nothing."""
        state, lost = {}, {}
        for e in sorted(self.entries, key=lambda e: e["at"]):
            if e["at"] <= moment:
                state[e["who"]] = e["what"]
            elif e["who"] not in lost:
                lost[e["who"]] = e["what"]
        # SMTP: after the dot, before the reply, and the reply was "try again"; direct: the socket closed
        return {
            who: what for who, what in state.items()
            if (what in ("body-open", "eom-sent") and lost.get(who) == "lost") or (what == "dot-sent" and lost.get(who) == "tempfail")
        }


# --- SMTP client that tries again, as an MTA does ------------------------------------------


def send_once(port, letter, log, on_dot=None):
    """One attempt on a connection of its own; the reply code, 0 for a lost connection."""
    letter.attempts += 1
    who = f"{letter.id}/{letter.attempts}"
    code = 0
    try:
        client = smtplib.SMTP("127.0.0.1", port, local_hostname="client.test.invalid", timeout=60)
        try:
            client.ehlo()
            for step in ("mail FROM:<nguoi.gui@example.net>", "rcpt TO:<nguoi.nhan@example.vn>", "data"):
                code, _ = client.docmd(step)
                if code not in (250, 354):
                    break
            if code == 354:
                client.send(letter.content() + b".\r\n")
                log.add(who, "dot-sent")
                if on_dot:
                    on_dot()
                code, _ = client.getreply()
            log.add(who, "accepted" if code == 250 else "tempfail" if 400 <= code < 500 else "refused", code=code)
        finally:
            client.close()
    except (OSError, smtplib.SMTPException) as error:
        log.add(who, "connection-lost", error=str(error))
        code = 0
    return code


def settle(letter, code, again):
    """Notes a final reply, or hands the letter to `again`."""
    if code == 250 or 500 <= code < 600:
        letter.final = code
    elif letter.attempts >= MAX_ATTEMPTS:
        letter.final = code or 421
    else:
        again(letter)


class Senders:
    """Workers that send what is put in; a letter with a temporary refusal waits and is sent again."""

    def __init__(self, port, log):
        self.port, self.log, self.waiting, self.stop = port, log, queue.Queue(), threading.Event()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(WORKERS)]
        for thread in self.threads:
            thread.start()

    def put(self, letter, not_before=0.0):
        """Queues a letter."""
        self.waiting.put((not_before, letter))

    def again(self, letter):
        """Queues it for later: 0.1 s more for each attempt, at most 1 s."""
        self.put(letter, time.monotonic() + min(1.0, 0.1 * letter.attempts))

    def _run(self):
        while not self.stop.is_set():
            try:
                not_before, letter = self.waiting.get(timeout=0.1)
            except queue.Empty:
                continue
            if not_before > time.monotonic():
                self.stop.wait(min(0.05, not_before - time.monotonic()))
                self.waiting.put((not_before, letter))
                continue
            settle(letter, send_once(self.port, letter, self.log), self.again)

    def close(self):
        """Ends the workers."""
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=70)


# --- a direct milter client that holds its message open --------------------------------------


class OpenMessage:
    """A milter session, as Postfix begins it, that stops with its body open or after end of message."""

    NO_REPLY = {"C": 0x1000, "H": 0x2000, "M": 0x4000, "R": 0x8000, "T": 0x10000, "L": 0x80, "N": 0x40000, "B": 0x80000}
    DECLINED = {"C": 0x1, "H": 0x2, "M": 0x4, "R": 0x8, "T": 0x200, "L": 0x20, "N": 0x40, "B": 0x10}

    def __init__(self, spec, who, log):
        self.who, self.log, self.buffer = who, log, b""
        if spec.startswith("unix:"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(30)
            self.socket.connect(spec[5:])
        else:
            host, port = spec[5:].rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)), 30)
        self._frame("O", struct.pack(">III", 6, 0x1FF, 0x1FFFFF))
        command, data = self._packet()
        if command != "O" or len(data) < 12:
            raise BenchError(f"the answer to negotiation is {command!r}")
        self.protocol = struct.unpack(">I", data[8:12])[0]

    def _frame(self, command, data=b""):
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command.encode() + data)

    def _packet(self):
        while len(self.buffer) < 4 or len(self.buffer) < 4 + struct.unpack(">I", self.buffer[:4])[0]:
            got = self.socket.recv(65536)
            if not got:
                raise ConnectionError("closed")
            self.buffer += got
        length = struct.unpack(">I", self.buffer[:4])[0]
        packet, self.buffer = self.buffer[4 : 4 + length], self.buffer[4 + length :]
        return packet[:1].decode("latin-1"), packet[1:]

    def _event(self, command, data=b""):
        self._frame("D", command.encode())
        if self.protocol & self.DECLINED[command]:
            return
        self._frame(command, data)
        if not self.protocol & self.NO_REPLY[command]:
            answer, text = self._packet()
            if answer not in "cs":
                raise BenchError(f"{command} was answered with {answer!r} {text[:80]!r}")

    def open_body(self, chunks=64):
        """Envelope, headers and a body that does not end."""
        self._event("C", b"client.example.net\x004" + struct.pack(">H", 40000) + b"192.0.2.10\0")
        self._event("H", b"client.example.net\0")
        self._event("M", b"<nguoi.gui@example.net>\0")
        self._event("R", b"<nguoi.nhan@example.vn>\0")
        self._event("T")
        for name, value in (("From", " nguoi.gui@example.net"), ("Content-Type", " application/pdf; name=a.pdf"),
                            ("Content-Transfer-Encoding", " base64")):
            self._event("L", f"{name}\0{value}\0".encode())
        self._event("N")
        line = base64.b64encode(b"%PDF-1.7 " + bytes(range(48))) + b"\r\n"
        chunk = (line * 900)[:65535]
        for _ in range(chunks):
            self._event("B", chunk)
        self.log.add(self.who, "body-open")

    def send_eom(self):
        """The end of the message; the reply is not read yet."""
        self._frame("D", b"E")
        self._frame("E")
        self.log.add(self.who, "eom-sent")

    def wait_end(self):
        """What came: a final reply, or the end of the connection."""
        try:
            while True:
                command, _ = self._packet()
                if command in "acdrty4f":
                    self.log.add(self.who, "answered", code=command)
                    return
        except (OSError, ConnectionError):
            self.log.add(self.who, "lost")
        finally:
            self.socket.close()


# --- the kill test -----------------------------------------------------------------------


class Supervisor:
    """Keeps one gacthu running on one socket: when it ends, it is started again at once."""

    def __init__(self, workspace, binary):
        self.workspace, self.binary = workspace, binary
        self.spec = servers.new_socket(workspace, "gacthu", "unix")
        self.event_log = workspace.path / "events-kill.jsonl"
        self.error, self.stopping, self.starts = None, threading.Event(), 0
        self.ready = threading.Event()
        self.server = self._start()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _start(self):
        server = servers.start_gacthu(self.workspace, self.binary, spec=self.spec, event_log=self.event_log)
        self.starts += 1
        self.ready.set()
        return server

    def _run(self):
        while not self.stopping.is_set():
            try:
                self.server.process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
            if self.stopping.is_set():
                return
            try:
                self.server = self._start()
            except BenchError as error:
                self.error = str(error)
                return

    def kill(self):
        """kill -9; the moment of it."""
        self.ready.clear()
        moment = time.monotonic()
        self.server.process.kill()
        return moment

    def close(self):
        """No more restarts."""
        self.stopping.set()
        self.thread.join(timeout=40)


def kill_round(number, supervisor, senders, large, rest, log):
    """One kill while a large letter is in Postfix after its dot and two direct messages are open."""
    direct = [OpenMessage(supervisor.spec, f"direct-{number}-{kind}", log) for kind in ("body", "eom")]
    for message in direct:
        message.open_body()
    dot = threading.Event()
    code = []
    sender = threading.Thread(target=lambda: code.append(send_once(senders.port, large, log, dot.set)), daemon=True)
    sender.start()
    if not dot.wait(60):
        raise BenchError("the large letter did not reach its final dot within 60 s")
    for letter in rest:
        senders.put(letter)
    # a different moment after the dot each time: while Postfix hands the content to the milter
    time.sleep(0.004 * number)
    direct[1].send_eom()
    moment = supervisor.kill()
    for message in direct:
        message.wait_end()
    sender.join(timeout=90)
    settle(large, code[0] if code else 0, senders.again)
    if not supervisor.ready.wait(40):
        raise BenchError(f"gacthu did not come back after kill {number + 1}: {supervisor.error or 'no reason known'}")
    return moment


def delivered_ids(sink):
    """X-Test-Id → number of deliveries."""
    found = {}
    for delivery in list(sink.deliveries):
        with open(delivery.path, "rb") as f:
            match = re.search(rb"^X-Test-Id: (\S+)", f.read(8192), re.MULTILINE)
        key = match[1].decode() if match else "without id"
        found[key] = found.get(key, 0) + 1
    return found


def kill_test(binary, kills=KILLS, messages=MESSAGES, refused=REFUSED):
    """500 letters through Postfix while gacthu is killed 10 times."""
    letters = [
        Letter(n, "large" if n % (messages // kills) == 0 else "refused" if n % (messages // refused) == 7 else "small")
        for n in range(messages)
    ]
    log, moments = ClientLog(), []
    end = time.monotonic() + DEADLINE
    with servers.Workspace() as workspace:
        supervisor = Supervisor(workspace, binary)
        with PrivatePostfix({"mx": supervisor.spec}) as postfix:
            senders = Senders(postfix.ports["mx"], log)
            try:
                each = messages // kills
                for number in range(kills):
                    batch = letters[number * each : (number + 1) * each]
                    for letter in batch[1 : each // 2]:
                        senders.put(letter)
                    moments.append(kill_round(number, supervisor, senders, batch[0], batch[each // 2 :], log))
                    print(f"kill {number + 1}/{kills}: open then: {', '.join(sorted(log.open_at(moments[-1]))) or 'nothing'}", file=sys.stderr)
                while any(letter.final is None for letter in letters) and time.monotonic() < end:
                    time.sleep(0.05)
            finally:
                senders.close()
            left = postfix.drain(60)
            copies = delivered_ids(postfix.sink)
        supervisor.close()
    return kill_figures(letters, log, moments, copies, left, supervisor)


def kill_figures(letters, log, moments, copies, left, supervisor):
    """The figures of the kill test."""
    opened = [log.open_at(moment) for moment in moments]
    met = sum(bool(o) for o in opened)
    through_postfix = sum(any(not who.startswith("direct") for who in o) for o in opened)
    bodies = sum("body-open" in o.values() for o in opened)
    ends = sum("eom-sent" in o.values() for o in opened)
    wanted = [letter for letter in letters if letter.kind != "refused"]
    bad = [letter for letter in letters if letter.kind == "refused"]
    arrived = sum(letter.final == 250 and copies.get(letter.id, 0) >= 1 for letter in wanted)
    extra = sum(max(0, copies.get(letter.id, 0) - 1) for letter in wanted)
    stopped = sum(500 <= (letter.final or 0) < 600 and letter.id not in copies for letter in bad)
    retried = sum(letter.attempts > 1 for letter in letters)
    missing = [f"{w.id} ({w.final}, {copies.get(w.id, 0)} copies)" for w in wanted if w.final != 250 or not copies.get(w.id)]

    command = f"{COMMAND} kill"
    return [
        figure("kill -9 with a body or an end of message open", met, len(moments), 1.0, command,
               f"from the clients' log: body open {bodies}, end of message {ends}, after the dot through Postfix {through_postfix}"),
        figure("kill -9 that met a letter on its way through Postfix", through_postfix, len(moments), 0.5, command),
        figure("kill -9: gacthu came back", supervisor.starts - 1, len(moments), 1.0, command, supervisor.error or ""),
        figure("kill -9: letters delivered, nothing lost", arrived, len(wanted), 1.0, command,
               f"{retried} letters were sent again; missing: {', '.join(missing[:5]) or 'none'}"),
        figure("kill -9: letters left in the queue", len(left), len(letters), 0.0, command, at_most=True),
        figure("kill -9: extra copies a kill", extra, len(moments), 1.0, command, at_most=True),
        figure("kill -9: refused letters refused, not delivered", stopped, len(bad), 1.0, command),
    ]


# --- 64 x 50 MiB and the bench -----------------------------------------------------------------


def big_test(binary, _full):
    """soc-trang: the file of exactly 50 MiB passes, hashes are right. dak-nong: 552."""
    figures = []
    with servers.Workspace() as workspace:
        tools = servers.build_tools(workspace.path)
        for profile, expect in (("soc-trang", "a,c"), ("dak-nong", "552")):
            server = servers.start_gacthu(workspace, binary, profile=profile)
            result = big.run(workspace, tools, server, expect=expect)
            server.stop()
            print(big.markdown(f"gacthu, {profile}", result), file=sys.stderr)
            figures += big.figures(result, f"{COMMAND} big", f"{profile}: ")
    return figures


def bench_test(binary, full):
    """The bars of scripts/bench, as figures."""
    figures = []
    for name in ("milter", "postfix"):
        argv = [sys.executable, str(ROOT / "scripts" / "bench"), name, "--json", "--peers", "accept-all,gacthu", "--bin", str(binary)]
        if not full:
            argv += ["--quick"] + (["--sessions", "1"] if name == "postfix" else [])
        done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, timeout=1800 if full else 300, check=False)
        if done.returncode not in (0, 1):
            raise BenchError(f"scripts/bench {name} ended with status {done.returncode}")
        figures += [json.loads(line) for line in done.stdout.splitlines()]
    return figures


PARTS = {
    "kill": lambda binary, full: kill_test(binary),
    "big": big_test,
    "bench": bench_test,
}


def run(bin_path, full, parts=tuple(PARTS)):
    """All figures. What could not be measured is a figure that is not ok, with the reason as its note."""
    figures = []
    for part in parts:
        try:
            servers.ensure_tools(True, ("gcc", "libmilter") if part == "bench" else ("gcc",))
            figures += PARTS[part](str(bin_path), full)
        except (BenchError, PostfixError, OSError, subprocess.TimeoutExpired) as error:
            figures.append(figure(f"{part}: could be measured", 0, 1, 1.0, f"{COMMAND} {part}", str(error)[:1000]))
    return figures


def main():
    """Prints one JSON line for each figure; exit status 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="kill, big, bench (default: all)")
    parser.add_argument("--bin", help="gacthu to judge (default: target/release/gacthu, built when missing)")
    parser.add_argument("--full", action="store_true", help="longer rounds of the bench, all sessions")
    args = parser.parse_args()
    for part in args.parts:
        if part not in PARTS:
            parser.error(f"unknown part {part!r}; known are {', '.join(PARTS)}")
    servers.install_signal_cleanup()
    try:
        binary = servers.gacthu_binary(args.bin)
    except BenchError as error:
        print(f"{COMMAND}: {error}", file=sys.stderr)
        return 2
    figures = run(binary, args.full, args.parts or tuple(PARTS))
    for found in figures:
        print(json.dumps(found, ensure_ascii=False))
    missed = [found["name"] for found in figures if not found["ok"]]
    print(f"{len(missed)} of {len(figures)} targets missed" + (f": {', '.join(missed)}" if missed else "."), file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
