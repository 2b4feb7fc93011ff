"""The text of a paper of 50 pages as DOCX, DOC and PDF: milliseconds beside docx2txt, antiword and pdftotext.

Every reader is a whole process, from its start to its end, with its text thrown away; they take turns (A B A B …). A fast
reader that misses words is none, so the share of the words that went in is counted beside, and must not be below
the peer's. Ours does more in that time: it puts the file into a letter as base64, reads the letter, hashes and judges
the attachment, and says of each piece of text where it stands.
"""

import collections
import json
import os
import re
import statistics
import subprocess
import tempfile
import time
import unicodedata
from pathlib import Path

import text_documents
from figure import figure

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES, LONG_PAGES, ROUNDS, IN_PROCESS = 50, 2000, 15, 20
COMMAND = "scripts/bench text"


def binary() -> str:
    """The example, built now; GACTHU_TEXT names another one."""
    if given := os.environ.get("GACTHU_TEXT"):
        return given
    done = subprocess.run(["nice", "cargo", "build", "--release", "--example", "text"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-600:])
    return str(ROOT / "target/release/examples/text")


def run(ours: str, quick: bool = False) -> tuple[list[str], list[dict]]:
    """The Markdown lines and the figures."""
    with tempfile.TemporaryDirectory(prefix="gacthu-bench-") as name:
        place = Path(name)
        words, files = text_documents.office(place, PAGES, ("docx", "doc", "pdf"), "van-ban")
        rounds = 5 if quick else ROUNDS
        lines, figures = beside(ours, words, files, rounds)
        more, also = large(ours, place, files["pdf"], quick)
        return lines + [""] + more, figures + also


def beside(ours: str, words: list[str], files: dict[str, Path], rounds: int) -> tuple[list[str], list[dict]]:
    peers = {"docx": ["docx2txt", str(files["docx"]), "-"], "doc": ["antiword", "-m", "UTF-8.txt", "-w", "0", str(files["doc"])],
             "pdf": ["pdftotext", str(files["pdf"]), "-"]}
    lines = [f"### A paper of {PAGES} pages, {len(words)} words, {rounds} rounds", "",
             "| file | reader | ms, least | ms, median | share of the words | of the peer's time |", "|---|---|--:|--:|--:|--:|"]
    figures = []
    for kind, peer in peers.items():
        path = files[kind]
        both = {"gacthu": [ours, str(path)], peer[0]: peer}
        took = turns(both, rounds)
        found = {name: share(words, said(name, command)) for name, command in both.items()}
        inside = in_process(ours, path)
        each = [a / b for a, b in zip(took["gacthu"], took[peer[0]])]
        ratio = statistics.median(each)
        size = f"{kind.upper()}, {path.stat().st_size / 1024:.0f} KiB"
        for name, seconds in took.items():
            beside_it = f"{ratio:.2f} ({min(each):.2f}–{max(each):.2f})" if name == "gacthu" else "–"
            lines.append(f"| {size} | {name} | {min(seconds) * 1e3:.1f} | {statistics.median(seconds) * 1e3:.1f} | {found[name]:.2%} | {beside_it} |")
        lines.append(f"| {size} | gacthu, in the running process | {min(inside):.1f} | {statistics.median(inside):.1f} | – | – |")
        medians = [round(statistics.median(took[name]) * 1e3, 2) for name in ("gacthu", peer[0])]
        figures += [
            figure(f"text of {PAGES} pages of {kind.upper()}: time as a share of {peer[0]}'s", round(ratio, 4), 1, 1.0, COMMAND,
                   f"median of {rounds} rounds, {min(each):.2f} to {max(each):.2f}; gacthu {medians[0]} ms, {peer[0]} {medians[1]} ms", at_most=True),
            figure(f"text of {PAGES} pages of {kind.upper()}: share of the words beside {peer[0]}'s", round(found["gacthu"], 5), round(found[peer[0]], 5), 1.0,
                   COMMAND, f"gacthu {found['gacthu']:.3%}, {peer[0]} {found[peer[0]]:.3%}"),
        ]
    return lines, figures


def large(ours: str, place: Path, paper: Path, quick: bool) -> tuple[list[str], list[dict]]:
    """What a sender may attach to keep a reader busy: reported, and bounded by half a minute."""
    book, cells = place / "dai.pdf", place / "bang.xlsx"
    subprocess.run(["pdfunite", *[str(paper)] * (LONG_PAGES // PAGES), str(book)], check=True, timeout=120)
    text_documents.workbook(cells)
    rounds = 2 if quick else 3
    lines = [f"### Large files, {rounds} rounds", "", "| file | reader | ms, least | ms, median |", "|---|---|--:|--:|"]
    for what, commands in (
            (f"PDF of {LONG_PAGES} pages, {book.stat().st_size / 2**20:.1f} MiB", {"gacthu": [ours, str(book)], "pdftotext": ["pdftotext", str(book), "-"]}),
            (f"XLSX of 200,000 cells, {cells.stat().st_size / 2**20:.1f} MiB", {"gacthu": [ours, str(cells)]})):
        for name, seconds in turns(commands, rounds).items():
            lines.append(f"| {what} | {name} | {min(seconds) * 1e3:.0f} | {statistics.median(seconds) * 1e3:.0f} |")
    return lines, []


def turns(commands: dict[str, list[str]], rounds: int) -> dict[str, list[float]]:
    """The seconds of each, one after the other in every round; one round before to warm the caches."""
    took: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            begin = time.perf_counter()
            done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=30 * 4, check=False)
            seconds = time.perf_counter() - begin
            if done.returncode:
                raise RuntimeError(f"{' '.join(command[:2])}: {done.stderr.decode(errors='replace')[-300:]}")
            if number:
                took[name].append(seconds)
    return took


def said(name: str, command: list[str]) -> str:
    out = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout.decode("utf-8", "replace")
    return "\n".join(json.loads(line)["text"] for line in out.splitlines()) if name == "gacthu" else out


def share(words: list[str], text: str) -> float:
    """How many of the words that went in came out, each as often as it was there."""
    def split(text: str) -> list[str]:
        return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text).casefold())

    found, wanted = collections.Counter(split(text)), collections.Counter(split(" ".join(words)))
    return sum((wanted & found).values()) / wanted.total()


def in_process(ours: str, path: Path) -> list[float]:
    """Milliseconds from the letter in memory to the text, without the process."""
    done = subprocess.run([ours, "--times", str(IN_PROCESS), str(path)], capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)["ms"]


if __name__ == "__main__":
    print("\n".join(run(binary())[0]))
