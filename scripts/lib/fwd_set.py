"""The frozen letters of `scripts/eval forwarding`: their table, their pack, and how one is given to `gacthu scan`."""

import csv
import hashlib
import io
import lzma
import tarfile
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from manifest import ManifestError, table


@dataclass
class Row:
    """One letter, its envelope, and what must come of it. corpus/README.md says what the columns mean."""

    file: str
    group: str  # out, in, innocent, hostile, border
    shape: str  # id of the shape (SHAPES of fwd_set_make.py) or of the innocent kind
    profile: str  # dak-nong, soc-trang
    direction: str  # outbound, inbound, internal
    role: str  # mx, mailbox, submission, local, gateway
    client: str
    auth: str  # `-`: no login
    sender: str  # envelope; `<>` the null sender
    rcpts: str  # comma separated; `@600:example.com` 600 of them
    kind: str  # forward-out, forward-in, or what it is instead
    expect: str  # refused, quarantined, stopped (either), tagged, not-refused, any (only reported)
    evidence: str  # run (a program run here wrote it), documented, supposed (nobody showed it), made (innocent, written by hand)
    provider: str  # of an inbound forward: words of which one must be named, `|` between; `-`
    mailbox: str  # of an inbound forward: the public mailbox; `-`
    note: str
    sha256: str

    @property
    def recipients(self) -> list[str]:
        found = []
        for rcpt in self.rcpts.split(","):
            number, _, domain = rcpt.removeprefix("@").partition(":")
            found += [f"nguoi.nhan{n}@{domain}" for n in range(int(number))] if rcpt.startswith("@") else [rcpt]
        return found

    def options(self) -> list[str]:
        """For `gacthu scan`."""
        words = [f"--envelope-from={self.sender}", "--client", self.client, "--role", self.role]
        for rcpt in self.recipients:
            words += ["--rcpt", rcpt]
        return words + (["--auth", self.auth] if self.auth != "-" else [])


COLUMNS = [field.name for field in fields(Row)]
EXPECT = ("refused", "quarantined", "stopped", "tagged", "not-refused", "any")


def met(expect: str, verdict: str) -> bool:
    """Whether a verdict is what was expected."""
    return {
        "refused": verdict == "reject",
        "quarantined": verdict == "quarantine",
        "stopped": verdict in ("reject", "quarantine"),
        "tagged": verdict in ("tag", "quarantine"),
        "not-refused": verdict in ("accept", "note", "tag", "quarantine"),
        "any": True,
    }[expect]


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write(folder: Path, rows: list[Row], letters: dict[str, bytes]) -> None:
    """MANIFEST.tsv and messages.tar.xz; the same bytes for the same letters."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "MANIFEST.tsv", "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None)
        writer.writerow(COLUMNS)
        writer.writerows(astuple(row) for row in rows)
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as pack:
        for name in sorted(letters):
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(letters[name]), 1700000000, 0o644
            pack.addfile(info, io.BytesIO(letters[name]))
    (folder / "messages.tar.xz").write_bytes(lzma.compress(plain.getvalue(), preset=9 | lzma.PRESET_EXTREME))


def read(folder: Path) -> tuple[list[Row], dict[str, bytes]]:
    """The rows and their letters; a letter whose hash is another is refused."""
    rows = [Row(**cells) for _, cells in table(folder / "MANIFEST.tsv", COLUMNS)]
    letters = {}
    with tarfile.open(folder / "messages.tar.xz", "r:xz") as pack:
        for member in pack:
            letters[member.name] = pack.extractfile(member).read()
    for row in rows:
        if row.expect not in EXPECT:
            raise ManifestError(f"{folder}: {row.file}: expect {row.expect!r}")
        if row.file not in letters or sha(letters[row.file]) != row.sha256:
            raise ManifestError(f"{folder}: {row.file}: not the letter that was frozen")
    return rows, letters


class Set:
    """Collects letters while a set is made."""

    def __init__(self):
        self.rows: list[Row] = []
        self.letters: dict[str, bytes] = {}

    def add(
        self,
        file: str,
        content,
        group: str,
        shape: str,
        role: str,
        sender: str,
        rcpts: str,
        kind: str,
        expect: str,
        evidence: str = "documented",
        profile: str = "dak-nong",
        direction: str = "",
        client: str = "",
        auth: str = "-",
        provider: str = "-",
        mailbox: str = "-",
        note: str = "-",
    ) -> None:
        data = content if isinstance(content, bytes) else content.bytes()
        client = client or {"mx": "203.0.113.25", "mailbox": "10.0.0.5", "submission": "10.20.30.40", "local": "127.0.0.1", "gateway": "10.0.0.9"}[role]
        direction = direction or ("inbound" if role in ("mx", "gateway") else "outbound")
        if f"{file}.eml" in self.letters:
            raise ValueError(f"{file} twice")
        if data in self.letters.values():
            note = note if note != "-" else "the same letter under another envelope"
        self.letters[f"{file}.eml"] = data
        self.rows.append(
            Row(
                f"{file}.eml",
                group,
                shape,
                profile,
                direction,
                role,
                client,
                auth,
                sender or "<>",
                rcpts,
                kind,
                expect,
                evidence,
                provider,
                mailbox,
                note,
                sha(data),
            )
        )
