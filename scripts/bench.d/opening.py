"""What opening costs: 1,000 office mails and one ZIP of 45 MiB, beside bsdtar, 7-Zip and a plain read of the bytes.

The mails are those of corpus/marks: documents by LibreOffice and other programs, attached as base64. Every command
is a whole process; the peers alternate, the medians of the rounds count, so that a busy machine slows all of them.
"""

import base64
import os
import random
import shutil
import statistics
import subprocess
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MAILS, ZIP_BYTES, ROUNDS, SEED = 1000, 45 << 20, 5, 20261122

#: Reads the letters and asks nothing of their attachments: what is left is the scanner and the process.
BLIND = "policy: 1\nname: blind\norganisation: { domains: [example.net] }\nrules:\n  - { id: large, title: t, when: { message: { size: \"> 1 GiB\" } }, then: tag }\n"


def run(binary: str) -> list[str]:
    """The Markdown lines of both tables."""
    with tempfile.TemporaryDirectory(prefix="gacthu-bench-") as name:
        place = Path(name)
        (place / "blind.yaml").write_text(BLIND)
        return mails(binary, place) + [""] + archive(binary, place)


def mails(binary: str, place: Path) -> list[str]:
    folder, files = place / "mails", place / "files"
    folder.mkdir()
    files.mkdir()
    with tarfile.open(ROOT / "corpus/marks/documents.tar.xz") as tar:
        members = sorted((member for member in tar if member.isfile()), key=lambda member: member.name)
        for number, member in enumerate(members[:MAILS]):
            data = tar.extractfile(member).read()
            name = Path(member.name).name
            (files / f"{number}-{name}").write_bytes(data)
            (folder / f"{number}.eml").write_bytes(letter(name, data))
    zips = [path for path in files.iterdir() if path.suffix in (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".zip")]
    zipped = sum(path.stat().st_size for path in zips)
    total = sum(path.stat().st_size for path in files.iterdir())
    count = len(list(folder.iterdir()))
    scan = [binary, "scan", str(folder), "--json", "--rcpt", "a@example.net", "--client", "203.0.113.5", "--policy"]
    peers = {
        "read the mails (`cat`)": ["cat", *map(str, folder.iterdir())],
        "gacthu, attachments not asked for": [*scan, str(place / "blind.yaml")],
        "gacthu, base policy": [*scan, str(ROOT / "policies/base.yaml")],
        f"`bsdtar -t` of the {len(zips)} that are ZIPs": ["sh", "-c", 'for f; do bsdtar -tf "$f" >/dev/null; done', "sh", *map(str, zips)],
    }
    took = rounds(peers)
    lines = [f"### {count} office mails, {total / 2**20:.1f} MiB of attachments ({zipped / 2**20:.1f} MiB of them ZIP inside)", "",
             "| what | ms | ms a mail |", "|---|--:|--:|"]
    for peer, seconds in took.items():
        number = len(zips) if peer.startswith("`bsdtar") else count
        lines.append(f"| {peer} | {seconds * 1e3:.0f} | {seconds * 1e3 / number:.2f} |")
    opening = took["gacthu, base policy"] - took["gacthu, attachments not asked for"]
    lines.append(f"\nOpening is {opening * 1e3 / count:.2f} ms of the time of a mail.")
    return lines


def archive(binary: str, place: Path) -> list[str]:
    path = place / "ho-so.zip"
    source = random.Random(SEED)
    words = [f"{a}{b}" for a in ("công", "văn", "thông", "báo", "quyết", "định", "tỉnh", "sở") for b in (" số", " về", "", ", ", ". ")]
    raw = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        number = 0
        # Half of it text that packs well, half pictures that do not, as office archives are.
        while path.stat().st_size < ZIP_BYTES:
            text = " ".join(source.choices(words, k=200_000)).encode()
            picture = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + source.randbytes(900_000)
            for name, data in ((f"{number}.txt", text), (f"{number}.jpg", picture)):
                archive.writestr(name, data)
                raw += len(data)
            archive.fp.flush()
            number += 1
    mail = place / "mail.eml"
    mail.write_bytes(letter("ho-so.zip", path.read_bytes()))
    scan = [binary, "scan", str(mail), "--json", "--rcpt", "a@example.net", "--client", "203.0.113.5", "--policy"]
    peers = {
        "read the archive (`cat`)": ["cat", str(path)],
        "read the mail (`cat`)": ["cat", str(mail)],
        "`bsdtar -t`": ["bsdtar", "-tf", str(path)],
        "`bsdtar -xO` (unpacks all)": ["bsdtar", "-xOf", str(path)],
        "gacthu, attachments not asked for": [*scan, str(place / "blind.yaml")],
        "gacthu, base policy": [*scan, str(ROOT / "policies/base.yaml")],
    }
    if seven := shutil.which("7zz") or shutil.which("7z"):
        peers |= {f"`{Path(seven).name} l`": [seven, "l", str(path)], f"`{Path(seven).name} t` (unpacks all)": [seven, "t", str(path)]}
    took = rounds(peers)
    lines = [f"### One ZIP of {path.stat().st_size / 2**20:.0f} MiB, {number * 2} members, {raw / 2**20:.0f} MiB unpacked", "",
             "| what | ms | MiB/s unpacked |", "|---|--:|--:|"]
    for peer, seconds in took.items():
        unpacks = "unpacks" in peer or peer == "gacthu, base policy"
        rate = f"{raw / 2**20 / seconds:.0f}" if unpacks else "–"
        lines.append(f"| {peer} | {seconds * 1e3:.0f} | {rate} |")
    return lines


def rounds(peers: dict[str, list[str]]) -> dict[str, float]:
    """The median of each peer's seconds; they take turns."""
    seconds: dict[str, list[float]] = {peer: [] for peer in peers}
    for _ in range(ROUNDS):
        for peer, command in peers.items():
            begin = time.perf_counter()
            done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=300, check=False)
            seconds[peer].append(time.perf_counter() - begin)
            # scan says by 1 that something was refused.
            if done.returncode not in (0, 1):
                raise RuntimeError(f"{' '.join(command[:3])}: {done.stderr.decode(errors='replace')[-300:]}")
    return {peer: statistics.median(took) for peer, took in seconds.items()}


def letter(name: str, data: bytes) -> bytes:
    head = (f"From: vanthu@example.com\r\nTo: a@example.net\r\nSubject: ho so\r\nMIME-Version: 1.0\r\n"
            f"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nKinh gui\r\n--b\r\n"
            f"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
            f"Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n")
    return head.encode() + base64.encodebytes(data).replace(b"\n", b"\r\n") + b"--b--\r\n"


if __name__ == "__main__":
    print("\n".join(run(os.environ.get("GACTHU", str(ROOT / "target/release/gacthu")))))
