#!/usr/bin/env python3
"""Shows that a real Prometheus understands what gacthu's admin address serves.

  prometheus_check.py ADDRESS        the admin address of a running gacthu that has judged a message
  prometheus_check.py --bin PATH     starts that gacthu, sends one message, checks, ends it

1. `promtool check metrics` has nothing to say of /metrics.
2. A private `prometheus` (loopback, temporary folder) scrapes it; the query API then knows
   gacthu_messages_total, the histogram of stages and gacthu_build_info.

Needs the programs prometheus and promtool (scripts/lib/install.sh prometheus); installs nothing.
The last line is "N passed, N failed". Exit: 0 all passed, 1 one failed, 2 something is missing.
"""
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

PATIENCE = 60
QUERIES = {
    "gacthu_messages_total": lambda rows: sum(value(row) for row in rows) >= 1,
    "gacthu_build_info": lambda rows: [value(row) for row in rows] == [1] and "version" in rows[0]["metric"],
    "gacthu_stage_seconds_count": lambda rows: any(value(row) >= 1 for row in rows),
    "histogram_quantile(0.99, sum by (le, stage) (gacthu_stage_seconds_bucket))": lambda rows: any(
        row["metric"].get("stage") == "scan" and value(row) > 0 for row in rows
    ),
    'up{job="gacthu"}': lambda rows: [value(row) for row in rows] == [1],
}


def value(row):
    return float(row["value"][1])


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def promtool(address):
    """What promtool finds wrong with the page; empty: nothing."""
    page = get(f"http://{address}/metrics")
    done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, timeout=PATIENCE)
    said = (done.stdout + done.stderr).decode().strip()
    return said or ("" if done.returncode == 0 else f"exit status {done.returncode}")


def scraped(address, folder):
    """Runs a Prometheus until it has scraped; yields (query, whether its answer is right, the answer)."""
    config = os.path.join(folder, "prometheus.yml")
    with open(config, "w", encoding="ascii") as out:
        # JSON is YAML.
        json.dump({
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "gacthu", "static_configs": [{"targets": [address]}]}],
        }, out)
    port = free_port()
    log = open(os.path.join(folder, "log"), "w+b")
    server = subprocess.Popen(
        ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
        stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE
        waiting = dict(QUERIES)
        seen = {}
        while waiting and time.monotonic() < end and server.poll() is None:
            for query, right in list(waiting.items()):
                url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
                try:
                    seen[query] = json.loads(get(url))["data"]["result"]
                except (OSError, urllib.error.URLError, ValueError):
                    continue        # it is not up yet
                if seen[query] and right(seen[query]):
                    del waiting[query]
                    yield query, True, seen[query]
            if waiting:
                time.sleep(0.3)
        for query in waiting:
            log.seek(0)
            yield query, False, seen.get(query, log.read()[-500:].decode(errors="replace"))
    finally:
        server.terminate()
        try:
            server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def one_message(path):
    """One message by the milter protocol, so that every stage has a time."""
    def frame(letter, data=b""):
        return struct.pack(">I", len(data) + 1) + letter + data

    def read(link):
        size = struct.unpack(">I", link.recv(4, socket.MSG_WAITALL))[0]
        return link.recv(size, socket.MSG_WAITALL)

    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(PATIENCE)
        link.connect(path)
        link.sendall(frame(b"O", struct.pack(">III", 6, 0x1FF, 0)))
        read(link)
        for letter, data in [
            (b"C", b"client.example\x004\x00\x19192.0.2.1\0"), (b"H", b"client.example\0"),
            (b"M", b"<a@example.com>\0"), (b"R", b"<b@daknong.gov.vn>\0"), (b"T", b""),
            (b"L", b"Subject\0x\0"), (b"N", b""), (b"B", b"hello\r\n" * 1000), (b"E", b""),
        ]:
            link.sendall(frame(letter, data))
            answer = read(link)
            if answer[:1] != b"c":
                raise SystemExit(f"prometheus_check: the message was answered {answer!r} to {letter!r}")
        link.sendall(frame(b"Q"))


def started(binary, folder):
    """A gacthu that judged one message: the process and its admin address."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    milter = os.path.join(folder, "mx.sock")
    gacthu = subprocess.Popen(
        [binary, "serve", "--policy", os.path.join(root, "policies", "dak-nong.yaml"), "--listen", f"unix:{milter}",
         "--admin", "127.0.0.1:0", "--event-log", os.path.join(folder, "events"), "--log-format", "text"],
        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    address = None
    for line in gacthu.stderr:
        if "Metrics and health" in line:
            address = line.strip().rsplit("address=", 1)[1]
        if "Ready." in line:
            one_message(milter)
            return gacthu, address
    raise SystemExit(f"prometheus_check: {binary} did not start (exit status {gacthu.wait()})")


def check(address, folder):
    passed = failed = 0
    said = promtool(address)
    print(f"{'ok' if not said else 'FAILED'}  promtool check metrics {said}")
    passed, failed = (1, 0) if not said else (0, 1)
    for query, right, answer in scraped(address, folder):
        print(f"{'ok' if right else 'FAILED'}  {query}" + ("" if right else f": {answer}"))
        passed, failed = passed + right, failed + (not right)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main(args):
    if args in (["-h"], ["--help"]) or len(args) not in (1, 2) or (len(args) == 2) != (args[0] == "--bin"):
        print(__doc__)
        return 0 if args[:1] in (["-h"], ["--help"]) else 2
    for program in ("prometheus", "promtool"):
        if not shutil.which(program):
            print(f"prometheus_check: {program} is missing; scripts/lib/install.sh prometheus", file=sys.stderr)
            return 2
    with tempfile.TemporaryDirectory(prefix="gacthu-prometheus-") as folder:
        if args[0] != "--bin":
            return check(args[0], folder)
        gacthu, address = started(args[1], folder)
        try:
            return check(address, folder)
        finally:
            gacthu.terminate()
            gacthu.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
