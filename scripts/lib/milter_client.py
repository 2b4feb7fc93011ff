"""The other end of a milter, as Postfix speaks it (shared/milter.md): one session, many messages.

Written for the evaluations; shares nothing with gacthu. It lets a case choose client, login and role freely,
which a Postfix on loopback cannot.
"""

import socket
import struct
from dataclasses import dataclass, field

NR = {"C": 0x1000, "H": 0x2000, "M": 0x4000, "R": 0x8000, "T": 0x10000, "L": 0x80, "N": 0x40000, "B": 0x80000}
NOT_WANTED = {"C": 0x1, "H": 0x2, "M": 0x4, "R": 0x8, "T": 0x200, "L": 0x20, "N": 0x40, "B": 0x10}
EDITS = {"h": "add", "i": "insert", "m": "change", "b": "body", "+": "rcpt added", "-": "rcpt deleted", "e": "sender"}


@dataclass
class Told:
    """What one message was answered."""
    rcpts: list = field(default_factory=list)          # one (code, text) a recipient
    stage: str = "end"                                 # where the final answer came: mail, rcpt, end
    answer: str = "accept"                             # accept, quarantine, reject CODE ENHANCED, defer, discard
    reply: list = field(default_factory=list)          # lines of a 4xx or 5xx, without code
    edits: list = field(default_factory=list)          # (kind, data)

    @property
    def codes(self) -> str:
        return ",".join(str(code) for code, _ in self.rcpts)


class MilterError(Exception):
    """The filter broke the protocol or the connection."""


class MilterClient:
    """`spec`: unix:/path or inet:host:port."""

    def __init__(self, spec: str, client: str = "203.0.113.5", helo: str = "client.test", daemon: str = "", seconds: float = 60):
        way, _, rest = spec.partition(":")
        if way == "unix":
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(seconds)
            self.socket.connect(rest)
        else:
            host, port = rest.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)), seconds)
        self.buffer = b""
        self.frame("O", struct.pack(">III", 6, 0x1FF, 0x1FFFFF))
        command, data = self.packet()
        if command != "O" or len(data) < 12:
            raise MilterError(f"negotiation was answered with {command!r}")
        self.protocol = struct.unpack(">I", data[8:12])[0]
        macros = {"j": "mx.test.invalid", "{daemon_name}": daemon or "mx.test.invalid", "v": "Postfix 3.7", "{client_addr}": client}
        family = b"6" if ":" in client else b"4"
        self.event("C", b"client.example.net\0" + family + struct.pack(">H", 40000) + client.encode() + b"\0", macros)
        self.event("H", helo.encode() + b"\0", {})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.frame("Q")
        except OSError:
            pass
        self.socket.close()

    def frame(self, command: str, data: bytes = b""):
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command.encode() + data)

    def packet(self) -> tuple[str, bytes]:
        while len(self.buffer) < 4 or len(self.buffer) < 4 + struct.unpack(">I", self.buffer[:4])[0]:
            got = self.socket.recv(65536)
            if not got:
                raise MilterError("the filter closed the connection")
            self.buffer += got
        length = struct.unpack(">I", self.buffer[:4])[0]
        packet, self.buffer = self.buffer[4:4 + length], self.buffer[4 + length:]
        return packet[:1].decode("latin-1"), packet[1:]

    def event(self, command: str, data: bytes, macros: dict) -> tuple[str, bytes]:
        pairs = b"".join(f"{name}\0{value}\0".encode() for name, value in macros.items() if value)
        self.frame("D", command.encode() + pairs)
        if self.protocol & NOT_WANTED[command]:
            return "c", b""
        self.frame(command, data)
        if self.protocol & NR[command]:
            return "c", b""
        while True:
            answer = self.packet()
            if answer[0] != "p":
                return answer

    def send(self, sender: str, rcpts: list[str], content: bytes, auth: str = "", queue_id: str = "4ABCDEFGH", local: bool = False) -> Told:
        """One message; everything is cleared after it."""
        told = Told()
        login = {"{auth_type}": "PLAIN", "{auth_authen}": auth} if auth else {}
        command, data = self.event("M", f"<{sender}>".encode() + b"\0", {**login, "{mail_addr}": sender})
        if not self.went_on(command, data, told, "mail"):
            self.frame("A")
            return told
        accepted = 0
        for rcpt in rcpts:
            macros = {"{rcpt_addr}": rcpt, "{rcpt_host}": rcpt.rpartition("@")[2], "{rcpt_mailer}": "smtp"}
            command, data = self.event("R", f"<{rcpt}>".encode() + b"\0", {**macros, **({"i": queue_id} if accepted else {})})
            if command in "c":
                told.rcpts.append((250, ""))
                accepted += 1
                continue
            probe = Told()
            went = self.went_on(command, data, probe, "rcpt")
            code = 250 if went else 451 if command == "t" else 550 if command == "r" else int(data[:3]) if command == "y" else 0
            told.rcpts.append((code, data.decode("utf-8", "replace").rstrip("\0")))
            if went:
                accepted += 1
            else:
                told.stage, told.answer, told.reply = "rcpt", probe.answer, probe.reply
        if not accepted:
            self.frame("A")
            return told
        told.stage, told.answer, told.reply = "end", "accept", []
        if self.content(content, queue_id, told):
            self.end(queue_id, told)
        self.frame("A")
        return told

    def content(self, content: bytes, queue_id: str, told: Told) -> bool:
        top, _, body = content.partition(b"\r\n\r\n")
        steps = [("T", b"", {"i": queue_id})]
        fields = (top.replace(b"\r\n", b"\n") + b"\n").replace(b"\n ", b"\0 ").replace(b"\n\t", b"\0\t").split(b"\n")[:-1]
        for one in fields:
            name, _, value = one.replace(b"\0", b"\n").partition(b":")
            steps.append(("L", name + b"\0" + value + b"\0", {}))
        steps.append(("N", b"", {"i": queue_id}))
        steps += [("B", body[at:at + 65535], {}) for at in range(0, len(body), 65535)]
        for command, data, macros in steps:
            answer, text = self.event(command, data, macros)
            if answer != "s" and not self.went_on(answer, text, told, "end"):
                return False
        return True

    def end(self, queue_id: str, told: Told):
        self.frame("D", b"E" + f"i\0{queue_id}\0".encode())
        self.frame("E")
        held = False
        while True:
            command, data = self.packet()
            if command == "p":
                continue
            if command == "q":
                held = True
            elif command in EDITS:
                told.edits.append((EDITS[command], data))
            else:
                self.went_on(command, data, told, "end")
                if held and told.answer == "accept":
                    told.answer = "quarantine"
                return

    def went_on(self, command: str, data: bytes, told: Told, stage: str) -> bool:
        if command in "ca":
            return True
        told.stage = stage
        if command == "y":
            lines = data.decode("utf-8", "replace").rstrip("\0").replace("%%", "%").split("\r\n")
            code, enhanced = lines[0][:3], lines[0][4:].split(" ")[0]
            told.reply = [line[4:].removeprefix(enhanced).strip() for line in lines]
            told.answer = f"reject {code} {enhanced}" if code[0] == "5" else "defer"
        elif command in "trd4":
            told.answer = {"t": "defer", "r": "reject 550 5.7.1", "d": "discard", "4": "defer"}[command]
        else:
            raise MilterError(f"unexpected answer {command!r} at {stage}")
        return False


def fields_of(told: Told) -> list[tuple[str, str]]:
    """Header fields that the filter added: (name, value)."""
    found = []
    for kind, data in told.edits:
        if kind in ("add", "insert"):
            name, value = (data[4:] if kind == "insert" else data).split(b"\0")[:2]
            found.append((name.decode(), value.decode().strip()))
    return found


def removed(told: Told) -> list[str]:
    """Names of header fields that the filter took away."""
    return [data[4:].split(b"\0")[0].decode() for kind, data in told.edits if kind == "change" and data[4:].split(b"\0")[1] == b""]
