"""64 connections at once, each with one file of exactly 50 MiB, and a small letter beside them.

The big message is one file in base64; a mark in it, once in every MiB, is replaced by milter-load
with a text of the connection, so that every connection sends another content and bytes that get
from one connection into another would show. What each content's SHA-256 is, is computed here, from
the message and not by the server.

The clients are C; the 64 bulk connections write 64 KiB at a time and run with `nice 10`, because a
mail server's peers do not run on its machine; the small letter's client runs as it is.
"""

import base64
import concurrent.futures
import hashlib
import json
import pathlib
import random
import signal
import statistics
import subprocess
import time

import mix
import servers
from figure import figure
from servers import BenchError

SIZE = 50 * 1024 * 1024
MARK = "GACTHUMARKgacthu"  # 16 characters of the base64 alphabet: 12 bytes of content
LINE = 57  # bytes of content in a line of base64
RSS_LIMIT_KIB = 256 * 1024
LETTER_P99_MS = 100
LETTERS_AT_LEAST = 200


def mark_text(connection, number=0):
    """What milter-load puts in the place of the mark."""
    return f"Gc{connection:04}m{number:09}"


def content(size=SIZE):
    """The file with the mark in it, and the offsets of the mark."""
    rng = random.Random("gacthu-bench-big")
    data = bytearray(rng.randbytes(size))
    data[:9] = b"%PDF-1.7\n"
    marked = base64.b64decode(MARK)
    lines = size // LINE
    offsets = [line * LINE for line in range(1, lines, 1024 * 1024 // LINE)]
    for at in offsets:
        data[at : at + len(marked)] = marked
    return data, offsets


def write_message(path, data):
    """The message with `data` as its one attachment."""
    text = base64.encodebytes(data).replace(b"\n", b"\r\n")  # 76 characters a line
    with open(path, "wb") as f:
        f.write(
            b"From: Nguoi Gui <nguoi.gui@example.net>\r\nTo: nguoi.nhan@example.vn\r\n"
            b"Subject: So lieu 50 MiB\r\nDate: Mon, 05 Jan 2026 08:10:11 +0700\r\n"
            b"Message-ID: <big@example.net>\r\nMIME-Version: 1.0\r\n"
            b'Content-Type: multipart/mixed; boundary="=_big"\r\n\r\n'
            b"--=_big\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nKem theo so lieu.\r\n"
            b'--=_big\r\nContent-Type: application/pdf; name="so-lieu.pdf"\r\n'
            b"Content-Transfer-Encoding: base64\r\n"
            b'Content-Disposition: attachment; filename="so-lieu.pdf"\r\n\r\n' + text + b"--=_big--\r\n"
        )


def digests(data, offsets, count):
    """SHA-256 of each connection's content, computed with the standard library."""

    def one(connection):
        marked = base64.b64decode(mark_text(connection))
        digest, at, view = hashlib.sha256(), 0, memoryview(data)
        for offset in offsets:
            digest.update(view[at:offset])
            digest.update(marked)
            at = offset + len(marked)
        digest.update(view[at:])
        return digest.hexdigest()

    with concurrent.futures.ThreadPoolExecutor(2) as pool:  # hashlib lets go of the GIL
        return list(pool.map(one, range(count)))


def find_hashes(value):
    """Every value of a key `sha256` in a decoded JSON value, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "sha256" and isinstance(inner, str):
                yield inner
            else:
                yield from find_hashes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find_hashes(inner)


def read_samples(path):
    """The samples of milter-load: (connection, number, start_ns, end_ns, code)."""
    with open(path, encoding="ascii") as f:
        next(f)
        return [tuple(int(field) for field in line.split("\t")) for line in f]


def percentile(values, p):
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * p // 100) - 1)] if ordered else 0.0


def run(workspace, tools, server, count=64, expect="a,c", size=SIZE, check_hashes=True, limit=280):
    """The test on a running server; a dict of what was seen. `limit`: seconds at most."""
    folder = workspace.path / f"big-{server.name}-{server.process.pid}"
    folder.mkdir()
    data, offsets = content(size)
    message, letter = folder / "big.eml", folder / "letter.eml"
    write_message(message, data)
    letter.write_bytes(mix.message(1, 4000, True))
    expected = digests(data, offsets, count) if check_hashes else []
    del data
    events_before = server.event_log.stat().st_size if check_hashes and server.event_log.exists() else 0

    idle_kib = server.memory_kib()[0]
    cpu = server.cpu_seconds()
    letters = subprocess.Popen(
        [tools["milter-load"], "--socket", server.socket, "--messages", str(letter), "--total", "1000000",
         "--seconds", str(limit + 20), "--timeout", "60", "--interval-ms", "5", "--samples", str(folder / "letters.tsv")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    try:
        with servers.RssPeak(server, 0.01) as rss:
            bulk = subprocess.run(
                ["nice", "-n", "10", tools["milter-load"], "--socket", server.socket, "--messages", str(message),
                 "--connections", str(count), "--total", str(count), "--write-size", "65536", "--mark", MARK,
                 "--seconds", str(limit), "--timeout", str(limit), "--expect", expect,
                 "--samples", str(folder / "bulk.tsv")],
                capture_output=True, text=True, timeout=limit * 3 + 60, check=False,
            )
    finally:
        letters.send_signal(signal.SIGTERM)
        try:
            letters_out, letters_err = letters.communicate(timeout=90)
        except subprocess.TimeoutExpired:
            letters.kill()
            letters_out, letters_err = letters.communicate()
    if not bulk.stdout.strip():
        raise BenchError(f"the 64 connections failed: {bulk.stderr.strip()}; {server.name}: {server.log_tail()}")
    big, small = json.loads(bulk.stdout), json.loads(letters_out or "{}")
    sent = read_samples(folder / "bulk.tsv")
    begin, end = min(s[2] for s in sent), max(s[3] for s in sent)
    # every letter that was under way at some moment of the bulk, the slow ones at its edges too
    beside = [s for s in read_samples(folder / "letters.tsv") if s[3] >= begin and s[2] <= end]
    waits = [(s[3] - s[2]) / 1e6 for s in beside]
    result = {
        "server": server.name, "count": count, "size": size, "seconds": big["seconds"], "replies": big["replies"],
        "errors": big["errors"], "answered": big["messages"], "as_expected": big["messages"] - big["unexpected"],
        # every message had begun before the first one was answered
        "at_once": sum(s[2] < min(s2[3] for s2 in sent) for s in sent),
        "idle_mib": idle_kib / 1024, "rss_kib": rss.peak_kib, "rss_mib": rss.peak_kib / 1024,
        "shmem_mib": rss.shmem_kib / 1024, "cpu_seconds": server.cpu_seconds() - cpu,
        "letters": len(beside), "letters_accepted": sum(chr(s[4]) in "ac" for s in beside),
        "letter_errors": small.get("errors", 1),
        "letter_p50_ms": percentile(waits, 50), "letter_p95_ms": percentile(waits, 95),
        "letter_p99_ms": percentile(waits, 99), "letter_max_ms": max(waits, default=0.0),
        "letter_mean_ms": statistics.fmean(waits) if waits else 0.0,
        "hashes_wanted": len(expected), "hashes_right": None, "said": (bulk.stderr + letters_err).strip(),
    }
    if check_hashes:
        result["hashes_right"] = count_hashes(server.event_log, events_before, set(expected))
    message.unlink()
    return result


def count_hashes(event_log, offset, expected, seconds=20):
    """How many of the expected hashes stand in events of one message each; waits for the last events."""
    end = time.monotonic() + seconds
    while True:
        seen, strange = [], 0
        with open(event_log, "rb") as f:
            f.seek(offset)
            for line in f.read().splitlines():
                try:
                    found = set(find_hashes(json.loads(line)))
                except ValueError:
                    continue  # a line that is being written
                right = found & expected
                seen += right
                strange += len(right) > 1
        # a hash that stands in two events, or two in one, is wrong: bytes got from one to the other
        right = sum(seen.count(h) == 1 for h in expected) - strange
        if right >= len(expected) or time.monotonic() > end:
            return right
        time.sleep(0.2)


def markdown(name, r):
    """The result as a Markdown list."""
    hashes = f", {r['hashes_right']}/{r['hashes_wanted']} SHA-256 right" if r["hashes_right"] is not None else ""
    return (
        f"### {name}: {r['count']} connections at once, {r['size'] // 1048576} MiB each\n\n"
        f"- replies {r['replies']} ({r['as_expected']}/{r['count']} as expected{hashes}), "
        f"{r['at_once']} open at the same moment, {r['errors']} errors, {r['seconds']:.1f} s, {r['cpu_seconds']:.1f} s of CPU\n"
        f"- RssAnon {r['idle_mib']:.1f} MiB before, peak {r['rss_mib']:.1f} MiB; shared memory (memfd, tmpfs) {r['shmem_mib']:.1f} MiB\n"
        f"- small letter beside them: {r['letters']} letters, p50 {r['letter_p50_ms']:.2f}, p95 {r['letter_p95_ms']:.2f}, "
        f"p99 {r['letter_p99_ms']:.2f}, max {r['letter_max_ms']:.2f} ms\n"
        + (f"- said: {r['said'][:500]}\n" if r["said"] else "")
    )


def figures(r, command, prefix=""):
    """The figures that have a target, as dicts of the evaluation."""
    count = r["count"]
    what = f"{prefix}{count} x {r['size'] // 1048576} MiB at once"
    letters = (f"{r['letters']} letters, p50 {r['letter_p50_ms']:.2f}, p95 {r['letter_p95_ms']:.2f}, "
               f"p99 {r['letter_p99_ms']:.2f}, max {r['letter_max_ms']:.2f} ms")
    said = f"; {r['said'][:300]}" if r["said"] else ""
    lines = [
        figure(f"{what}: judged as expected", r["as_expected"], count, 1.0, command,
               f"replies {r['replies']}, {r['errors']} errors, {r['seconds']:.1f} s{said}"),
        figure(f"{what}: all open at the same moment", r["at_once"], count, 1.0, command),
    ]
    if r["hashes_right"] is not None:
        lines.append(figure(f"{what}: SHA-256 right", r["hashes_right"], count, 1.0, command))
    lines += [
        figure(f"{what}: RssAnon peak in MiB", round(r["rss_mib"], 1), 1, RSS_LIMIT_KIB / 1024, command,
               f"before {r['idle_mib']:.1f} MiB; shared memory {r['shmem_mib']:.1f} MiB", at_most=True),
        figure(f"{what}: small letter's p99 in ms", round(r["letter_p99_ms"], 2), 1, LETTER_P99_MS, command, letters, at_most=True),
        figure(f"{what}: small letters accepted", r["letters_accepted"] - r["letter_errors"], max(1, r["letters"]), 1.0, command, letters),
        figure(f"{what}: small letters measured, of the {LETTERS_AT_LEAST} wanted at least", r["letters"], LETTERS_AT_LEAST, 1.0, command, letters),
    ]
    return lines


if __name__ == "__main__":
    raise SystemExit(f"{pathlib.Path(__file__).name} is a part of scripts/bench: run scripts/bench memory")
