"""1,000 rules and a list of 1,000,000 entries: check, load, memory, and what a message costs."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import gacthu
from figures import Count, Figure, progress
from milter_client import MilterClient, MilterError
from policy_points import CORPUS, first, last_words
from policy_serve import PolicyServe

RULES, ENTRIES, MESSAGES = 1000, 1_000_000, 300
SECONDS, MICROSECONDS = 3.0, 50
TOP = ("policy: 1\nname: scale\norganisation: { domains: [daknong.gov.vn], contact: a@daknong.gov.vn }\nmode: enforce\nrules:\n")
LETTERS = ("plain", "files-1", "files-2", "exe", "text-lottery", "subject-offer")


def envelope_policy() -> str:
    """Rules on the envelope and on files; one of them reads the list of a million addresses."""
    out = TOP + rule("listed", "{ sender: { address: { file: million.txt } } }", "quarantine")
    for n in range(RULES - 1):
        out += rule(f"r{n}", ("{ sender: { domain: mien-%d.example } }", '{ attachments: { count: ">= 3", total_size: "> %d KiB" } }',
                              "{ attachment: { kind: executable, size: \"> %d MiB\" } }",
                              "{ all: [ { recipient: { address: hop-%d@daknong.gov.vn } }, { not: { authenticated: true } } ] }",
                              "{ any: [ { client: { network: 198.51.100.0/24 } }, { attachment: { name: tep-%d.doc } } ] }")[n % 5] %
                    ((n + 100,) if n % 5 != 4 else (n,)), "note")
    return out


def pattern_policy() -> str:
    """Rules with words of their own on five fields; one of them reads a list of a million phrases."""
    out = TOP + rule("listed", "{ text: { words: { file: million-words.txt } } }", "quarantine")
    fields = ("{ subject: { words: [\"chu de so %d\"] } }", "{ text: { words: [\"cum tu so %d\"] } }", "{ header: { name: X-Mailer, globs: [\"*May %d*\"] } }",
              "{ url: { globs: [\"*://mien-%d.example/*\"] } }", "{ attachment: { name: { globs: [\"tep-so-%d.*\"] } } }")
    for n in range(RULES - 1):
        out += rule(f"r{n}", fields[n % 5] % n, "note")
    return out


def rule(ident: str, when: str, then: str) -> str:
    return f"  - id: {ident}\n    title: Quy tắc {ident}\n    basis: Điều 1\n    when: {when}\n    then: {then}\n"


def run(binary: Path, place: Path):
    folder = place / "scale"
    folder.mkdir(exist_ok=True)
    with open(folder / "million.txt", "w", encoding="utf-8") as out:
        out.writelines(f"nguoi{n}@mien{n % 9973}.example\n" for n in range(ENTRIES))
    with open(folder / "million-words.txt", "w", encoding="utf-8") as out:
        out.writelines(f"cụm từ thứ {n}\n" for n in range(ENTRIES))
    figures = []
    for kind, text in (("envelope and files", envelope_policy()), ("words, globs", pattern_policy())):
        progress(f"scale: {kind}")
        path = folder / f"{kind.split()[0].strip(',')}.yaml"
        path.write_text(text, encoding="utf-8")
        figures += measured(binary, folder, kind, path)
    progress("")
    return figures


def measured(binary: Path, folder: Path, kind: str, path: Path) -> list[Figure]:
    label = f"1,000 rules, 1,000,000 entries ({kind})"
    best, memory, said = min((checked(binary, path) for _ in range(3)), key=lambda found: (found[2] != "", found[0]))
    check = Figure(f"{label}: policy check, seconds", round(best, 2), 1, SECONDS, [said] if said else [], at_most=True, judged=not said and best <= SECONDS)
    shown = Figure(f"{label}: memory of policy check, MiB", round(memory / 2**20, 1), 1, None)
    try:
        begin = time.monotonic()
        with PolicyServe(binary, [path], folder, f"scale-{path.stem}") as serve:
            ready = time.monotonic() - begin
            resident = serve.memory()
            judges, whole, right = letters(serve)
    except (gacthu.GacthuError, MilterError, OSError) as error:
        why = f"serve does not start or broke: {last_words(str(error))}"
        return [check, shown, Figure(f"{label}: serve until ready, seconds", 0, 1, SECONDS, [why], judged=False),
                Figure(f"{label}: microseconds.judge, median", 0, 1, MICROSECONDS, [why], judged=False)]
    median, high = statistics.median(judges), sorted(judges)[int(len(judges) * 0.95)]
    return [check, shown,
            Figure(f"{label}: serve until ready, seconds", round(ready, 2), 1, SECONDS, [f"{ready:.2f} s"] if ready > SECONDS else [], judged=ready <= SECONDS),
            Figure(f"{label}: memory of serve, MiB", round(resident / 2**20, 1), 1, None),
            Figure(f"{label}: microseconds.judge, median of {len(judges)}", median, 1, MICROSECONDS,
                   [f"median {median} µs"] if median > MICROSECONDS else [], judged=median <= MICROSECONDS),
            Figure(f"{label}: microseconds.judge, 95th of 100", high, 1, None),
            Figure(f"{label}: microseconds.inspect and .judge together, median", statistics.median(whole), 1, None),
            right]


# A small process of its own measures: a child of ours would bear our own memory in its figure.
MEASURE = """
import json, os, subprocess, sys, time
begin = time.monotonic()
with open(sys.argv[1], "wb") as out:
    process = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    _, status, usage = os.wait4(process.pid, 0)
print(json.dumps([time.monotonic() - begin, usage.ru_maxrss * 1024, os.waitstatus_to_exitcode(status)]))
"""


def checked(binary: Path, path: Path) -> tuple[float, int, str]:
    """Seconds, greatest resident bytes, and what was wrong."""
    out = path.with_suffix(".out")
    done = subprocess.run([sys.executable, "-SIc", MEASURE, str(out), str(binary), "policy", "check", str(path)], capture_output=True,
                          text=True, timeout=120, stdin=subprocess.DEVNULL, check=True)
    seconds, memory, status = json.loads(done.stdout)
    return seconds, memory, "" if status == 0 else f"exit {status}: {first(out.read_text(errors='replace'))}"


def letters(serve) -> tuple[list, list, Figure]:
    """Sends them on one session; the list's own entries must be met, its neighbours not."""
    right = Count(f"{serve.name}: an entry of the list is met, a neighbour is not")
    with MilterClient(serve.sockets["mx", "unix"]) as client:
        for n in range(MESSAGES):
            content = (CORPUS / "messages" / f"{LETTERS[n % len(LETTERS)]}.eml").read_bytes()
            client.send("nguoigui@example.com", ["vanthu@daknong.gov.vn"], content)
        plain = (CORPUS / "messages/plain.eml").read_bytes()
        for n in (0, 1, 499_999, ENTRIES - 1, ENTRIES, ENTRIES + 1):
            sender, body = f"nguoi{n}@mien{n % 9973}.example", plain + f"Xin xem cụm từ thứ {n}, cảm ơn.\r\n".encode()
            answer = client.send(sender, ["vanthu@daknong.gov.vn"], body).answer
            wanted = "quarantine" if n < ENTRIES else "accept"
            right.add(f"entry {n}", None if answer == wanted else f"told {answer}, expected {wanted}")
    events = [event for event in serve.events() if event.get("stage") == "end"]
    judges = [event["microseconds"]["judge"] for event in events]
    return judges, [event["microseconds"]["judge"] + event["microseconds"].get("inspect", 0) for event in events], right.figure
