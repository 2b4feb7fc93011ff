"""The work of scripts/demo: the corpus through a private Postfix with gacthu, as a table. State-secret marks under all five profiles."""

import argparse
import shutil
import signal
import sys
from pathlib import Path

import demo_marks
import judge
import manifest
from figures import progress
from gacthu import GacthuError, find_binary
from private_postfix import PostfixError
from road import Road, temporary_folder

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus/main-job"


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/demo")
    parser.add_argument("--no-install", action="store_true")
    parser.add_argument("--profile", choices=(*manifest.PROVINCES, "both", "marks", "all"), default="all")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--bin", default="")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))      # unwinds: everything that was started is ended
    if not given.bin:
        print("Building gacthu (a cold build takes some minutes) …", flush=True)
    both = ("dak-nong", "soc-trang")
    profiles = {"both": both, "all": both, "marks": ()}.get(given.profile, (given.profile,))
    rows = [row for row in manifest.read(CORPUS, (*profiles, "site") if "dak-nong" in profiles else profiles)
            if not (given.quick and row.big)]
    rows += demo_marks.rows(tuple(manifest.PROVINCES) if given.profile in ("all", "marks") else profiles)
    binary = find_binary(given.bin)
    wrong = 0
    with temporary_folder() as folder, Road(binary, Path(folder), tuple(dict.fromkeys(row.profile for row in rows)),
                                            ("enforce",), CORPUS, ways=("unix",)) as road:
        table = Table()
        for number, row in enumerate(rows, 1):
            progress(f"{number}/{len(rows)} {row.label}")
            sent = row.bytes()
            outcome = road.send(row, "enforce", "unix", sent)
            left = road.settle([outcome])
            fired = fired_rules(road.serves[row.profile, "enforce"].events())
            problem = judge_row(row, sent, outcome) or judge.rules(row, {"rules": [{"id": rule} for rule in fired]})
            problem = problem or (f"left in the queue: {left[0]}" if left else None)
            wrong += bool(problem)
            progress("")
            table.row(row, outcome.reply, fired, problem)
    print(f"\n{len(rows)} messages, {len(rows) - wrong} as expected, {wrong} not.")
    return 1 if wrong else 0


def fired_rules(events: list[dict]) -> list[str]:
    """The rules that fired in the last decision, each once."""
    if not events:
        return []
    return list(dict.fromkeys(rule["id"] for rcpt in events[-1]["recipients"] for rule in rcpt["rules"]))


def judge_row(row, sent: bytes, outcome) -> str | None:
    """The first thing that is not as the manifest says."""
    problem = judge.reply(row, outcome.reply)
    if not problem and row.code != 250:
        problem = judge.clause(row, outcome.reply)
    problem = problem or judge.queue(row, outcome.deliveries, outcome.held)
    if not problem and outcome.delivered is not None:
        problem = judge.delivered_headers(row, sent, outcome.delivered)
    return problem


class Table:
    """Rows as they come: message | expected | SMTP reply | rule | clause | ok."""

    def __init__(self):
        self.width = max(100, shutil.get_terminal_size((140, 24)).columns)
        print(self.cells("profile", "message", "expected", "SMTP reply", "rule", "clause", "ok"))
        print("-" * self.width)

    def cells(self, profile, message, expected, reply, rule, clause, ok) -> str:
        line = f"{profile:9}  {message:34.34}  {expected:21.21}  {reply:10.10}  {rule:22.22}  {clause:48.48}  {ok}"
        return line.rstrip()

    def row(self, row, reply, fired: list[str], problem: str | None) -> None:
        expected = row.cells["verdict"] if row.code == 250 else f"{row.cells['verdict']} {row.cells['reply']}"
        enhanced = reply.lines[0].split(" ")[0] if reply.code >= 400 else ""
        said = judge.CLAUSE.search(reply.lines[0]) if reply.code >= 400 else None
        print(self.cells(row.profile, row.name.removesuffix(".eml"), expected, f"{reply.code} {enhanced}", ", ".join(fired),
                         said[0] if said else "", "NOT OK" if problem else "ok"), flush=True)
        if problem:
            print(f"           {problem}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\ndemo: stopped; everything that it started was ended", file=sys.stderr)
        sys.exit(130)
    except (GacthuError, PostfixError, manifest.ManifestError) as error:
        progress("")
        print(f"demo: {error}", file=sys.stderr)
        sys.exit(2)
