"""The whole road: one private Postfix, one `gacthu serve` for each profile and mode, and the rows sent through.

    with Road(binary, folder, profiles=("dak-nong",), modes=("enforce",), corpus=corpus) as road:
        outcome = road.send(row, "enforce", "unix")
"""

import contextlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import gacthu
from figures import progress
from private_postfix import PrivatePostfix, Reply


@dataclass
class Outcome:
    """What one message met."""
    row: object
    sent: bytes
    reply: Reply
    deliveries: list = field(default_factory=list)
    held: bool = False

    @property
    def delivered(self) -> bytes | None:
        return self.deliveries[0].content if self.deliveries else None


def temporary_folder() -> tempfile.TemporaryDirectory:
    """A folder that Postfix's user may pass through, for sockets."""
    folder = tempfile.TemporaryDirectory(prefix="gacthu-eval-")
    Path(folder.name).chmod(0o755)
    return folder


class Road:
    """`modes`: enforce, observe; each way (unix, inet) and role is a listener of Postfix. `plain` has no milter."""

    def __init__(self, binary: Path, folder: Path, profiles, modes, corpus: Path, ways=("unix", "inet"), sabotage: str = ""):
        self.binary, self.folder, self.corpus = binary, folder, corpus
        self.profiles, self.modes, self.ways, self.sabotage = profiles, modes, ways, sabotage
        self.serves: dict[tuple[str, str], gacthu.Serve] = {}
        self.endings: dict[str, int | None] = {}
        self.sent: dict[str, int] = {}

    def __enter__(self) -> "Road":
        self.stack = contextlib.ExitStack()
        with self.stack:
            for profile in self.profiles:
                for mode in self.modes:
                    progress(f"starting gacthu {profile} {mode}")
                    policy = gacthu.write_policy(self.folder, profile, mode, self.corpus)
                    name = f"{profile}-{mode}"
                    serve = gacthu.Serve(self.binary, policy, self.folder, name, self.sabotage)
                    self.serves[profile, mode] = self.stack.enter_context(serve)
            progress("starting Postfix")
            listeners = {"plain": None}
            for (profile, mode), serve in self.serves.items():
                for (role, way), spec in serve.sockets.items():
                    if way in self.ways:
                        listeners[f"{profile}-{mode}-{role}-{way}"] = spec.partition(",")[0]
            self.postfix = self.stack.enter_context(PrivatePostfix(listeners))
            progress("")
            self.stack = self.stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def stop_servers(self) -> dict[str, int | None]:
        """Ends each gacthu with SIGTERM; exit codes by name (None: had to be killed)."""
        return {serve.name: serve.stop() for serve in self.serves.values()}

    def send(self, row, mode: str, way: str, sent: bytes | None = None) -> Outcome:
        """Sends a row's message; what it met is not waited for (see `settle`)."""
        sent = row.bytes() if sent is None else sent
        listener = f"{row.profile}-{mode}-{row.cells['listener']}-{way}"
        reply = self.postfix.send(listener, row.sender, row.rcpts, sent)
        name = f"{row.profile}-{mode}"
        self.sent[name] = self.sent.get(name, 0) + 1
        return Outcome(row, sent, reply)

    def send_plain(self, row, sent: bytes) -> Outcome:
        return Outcome(row, sent, self.postfix.send("plain", row.sender, row.rcpts, sent))

    def settle(self, outcomes: list[Outcome], seconds: float = 120) -> list[dict]:
        """Waits until the queue is empty but for held mail, then fills in deliveries and held; answers what is left."""
        left = self.postfix.drain(seconds)
        held = self.postfix.held()
        for outcome in outcomes:
            queue_id = outcome.reply.queue_id
            outcome.deliveries = self.postfix.sink.of(queue_id) if queue_id else []
            outcome.held = bool(queue_id) and queue_id in held
        return left
