"""An LMTP server on loopback that keeps every delivery: envelope and exact bytes.

Postfix hands it what a mailbox would get. Deliveries are found by the queue id that stands in
Postfix's own Received line, which is taken off, so that `content` is the message as it left the
filter. Test mail only: everything is accepted.
"""

import re
import socketserver
import threading
from dataclasses import dataclass
from pathlib import Path

# By SMTP, or (with the user's number) by sendmail(1).
QUEUE_ID = re.compile(rb"\(Postfix(?:\) with E?SMTP\w*|, from userid \d+\))\s+id ([0-9A-Za-z]{6,20})\b")
FIELD = re.compile(rb"\r\n|[^\r\n][^\n]*\n(?:[ \t][^\n]*\n)*")


@dataclass
class Delivery:
    """One LMTP transaction."""
    queue_id: str
    sender: str
    rcpts: list
    path: Path                     # the content without Postfix's first Received line

    @property
    def content(self) -> bytes:
        return self.path.read_bytes()


class Sink:
    """Starts on a free loopback port at once; `close()` ends it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.deliveries: list[Delivery] = []
        self.changed = threading.Condition()
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                sink.serve(self.rfile, self.wfile)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 128

            def handle_error(self, request, address):
                pass                # Postfix dropped the connection: it tries again

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def serve(self, lines, out):
        def say(text: str):
            out.write(text.encode() + b"\r\n")
            out.flush()

        say("220 sink LMTP")
        sender, rcpts = "", []
        for raw in iter(lines.readline, b""):
            verb = raw[:4].upper()
            if verb == b"LHLO":
                say("250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250 SIZE 0")
            elif verb == b"MAIL":
                sender, rcpts = address(raw), []
                say("250 2.1.0 ok")
            elif verb == b"RCPT":
                rcpts.append(address(raw))
                say("250 2.1.5 ok")
            elif verb == b"DATA":
                say("354 go on")
                self.keep(sender, rcpts, read_content(lines))
                out.write(b"250 2.0.0 kept\r\n" * len(rcpts))
                out.flush()
            elif verb == b"QUIT":
                say("221 2.0.0 bye")
                return
            else:
                say("250 2.0.0 ok")

    def keep(self, sender: str, rcpts: list, content: bytes):
        queue_id, rest = without_received(content)
        with self.changed:
            path = self.folder / f"{len(self.deliveries):06}.eml"
            path.write_bytes(rest)
            self.deliveries.append(Delivery(queue_id, sender, rcpts, path))
            self.changed.notify_all()

    def of(self, queue_id: str) -> list[Delivery]:
        with self.changed:
            return [delivery for delivery in self.deliveries if delivery.queue_id == queue_id]

    def wait_for(self, queue_id: str, rcpts: int, seconds: float) -> list[Delivery]:
        """The deliveries of one queue id once they cover `rcpts` recipients, or what there is after `seconds`."""
        with self.changed:
            self.changed.wait_for(lambda: sum(len(d.rcpts) for d in self.deliveries if d.queue_id == queue_id) >= rcpts,
                                  seconds)
        return self.of(queue_id)


def address(line: bytes) -> str:
    found = re.search(rb"<([^>]*)>", line)
    return found[1].decode("utf-8", "replace") if found else ""


def read_content(lines) -> bytes:
    """Up to the final dot, dots unstuffed."""
    chunks = []
    for line in iter(lines.readline, b""):
        if line == b".\r\n":
            break
        chunks.append(line[1:] if line.startswith(b".") else line)
    return b"".join(chunks)


def without_received(content: bytes) -> tuple[str, bytes]:
    """The queue id, and the content without Postfix's own Received: the first one in the header.

    A filter may have put its own lines above it."""
    for field in FIELD.finditer(content):
        if field[0] == b"\r\n":
            break
        found = QUEUE_ID.search(field[0]) if field[0][:9].lower() == b"received:" else None
        if found:
            return found[1].decode(), content[:field.start()] + content[field.end():]
    return "", content
