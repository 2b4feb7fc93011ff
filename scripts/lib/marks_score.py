"""What the marks evaluation asks of gacthu, and how answers become figures.

`findings`, `scan_mails` and `extracted` are the only places that know how gacthu prints marks and text: change them there.
"""

import csv
import json
import re
import subprocess
import tarfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gacthu
import marks_mail
from figures import Count, Figure, lower_bound, progress
from manifest import ManifestError

ENVELOPE = ["--envelope-from=vanthu@example.com", "--client", "203.0.113.5", "--rcpt", "vanthu@daknong.gov.vn"]
ORDER = ("none", "weak", "strong")
IGNORED = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")


def findings(result: dict) -> list[dict]:
    """The adapter: `facts.marking` of one line of `gacthu scan --json`, a list of {level, strength, confidence, place, reasons, part}."""
    facts = result.get("facts") or result.get("message", {}).get("facts") or {}
    marking = facts.get("marking") or []
    return marking.get("findings", []) if isinstance(marking, dict) else marking


def verdict(result: dict) -> str:
    return str(result.get("verdict") or "")


def extracted(tool: Path, path: Path) -> str:
    """The adapter for text: JSON lines {part, place, text} of the development program `text`."""
    done = subprocess.run([str(tool), str(path)], capture_output=True, check=False, timeout=60, stdin=subprocess.DEVNULL)
    out = []
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        try:
            out.append(str(json.loads(line).get("text", "")))
        except (ValueError, AttributeError):
            continue
    return "\n".join(out)


def text_tool(binary: Path) -> Path | None:
    """`cargo run --example text`, built once beside the binary that is judged; None where it cannot be built."""
    found = [binary.parent / "examples/text", gacthu.ROOT / "target/release/examples/text"]
    if not any(path.exists() for path in found):
        command = ["cargo", "build", "--release", "--locked", "--example", "text", "--manifest-path", str(gacthu.ROOT / "Cargo.toml")]
        subprocess.run(command, check=False, capture_output=True)
    return next((path for path in found if path.exists()), None)


def strongest(result: dict) -> str:
    """none, weak or strong."""
    return max((str(mark.get("strength")) for mark in findings(result) if mark.get("strength") in ORDER), key=ORDER.index, default="none")


def scan_mails(binary: Path, policy: Path, folder: Path, mails: Iterable[tuple[str, bytes]], sabotage: str, what: str) -> Iterator[tuple[str, dict | None]]:
    """Name and answer of each mail; two gacthu processes at a time, files written and removed in batches."""
    def batch(number: int, members: list[tuple[str, bytes]]) -> list[tuple[str, dict | None]]:
        place = folder / f"{what}-{number}"
        place.mkdir()
        paths = {}
        for at, (name, data) in enumerate(members):
            paths[name] = place / f"{at}.eml"
            paths[name].write_bytes(data)
        _, results, _ = gacthu.scan(binary, policy, list(paths.values()), ENVELOPE, sabotage=sabotage)
        for path in paths.values():
            path.unlink()
        return [(name, results.get(str(path))) for name, path in paths.items()]

    def batches() -> Iterator[list]:
        some: list = []
        for mail in mails:
            some.append(mail)
            if len(some) == 400:
                yield some
                some = []
        if some:
            yield some

    with ThreadPoolExecutor(2) as workers:
        waiting, done = [], 0
        for number, members in enumerate(batches()):
            waiting.append(workers.submit(batch, number, members))
            if len(waiting) > 3:
                done += 1
                progress(f"{what}: {done * 400}")
                yield from waiting.pop(0).result()
        for each in waiting:
            yield from each.result()
    progress("")


def table(path: Path) -> list[dict]:
    if not path.exists():
        raise ManifestError(f"{path}: is not there")
    with open(path, encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def members(path: Path) -> dict[str, bytes]:
    try:
        with tarfile.open(path) as archive:
            return {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}
    except (OSError, tarfile.TarError) as error:
        raise ManifestError(f"{path}: {error}") from error


def mail_of(row: dict, files: dict[str, bytes]) -> bytes:
    return marks_mail.wrapped(row["file"], row["format"], row["wrap"], files[row["file"]])


def by_value(rows: list[dict], got: dict[str, str], column: str, target: float | None) -> list[Figure]:
    """One figure for each value of a column: strong marks found strong."""
    counts: dict[str, Count] = {}
    for row in rows:
        if row["strength"] == "strong":
            count = counts.setdefault(row[column], Count(f"strong marks refused, {column} {row[column]}", target))
            count.add(label(row), None if got[row["file"]] == "strong" else f"found {got[row['file']]}")
    return [counts[value].figure for value in sorted(counts)]


def label(row: dict) -> str:
    return f"{row['file']} [{row['mark']} {row['encoding']} {row['place']} {row['disguise']}]"


def share(wanted: str, found: str) -> tuple[int, int]:
    """How many of the wanted words were found, and how many there are."""
    words, others = (Counter(re.findall(r"\w+", unicodedata.normalize("NFC", IGNORED.sub("", text)))) for text in (wanted, found))
    return sum((words & others).values()), sum(words.values())


def upper_bound(wrong: int, total: int) -> float:
    """One-sided 95% Clopper-Pearson upper bound of a rate."""
    return 1 - lower_bound(total - wrong, total) if total else 1.0
