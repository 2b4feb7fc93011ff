"""The figures of what a policy means: the ten points, two policies, mistakes, coverage, scale.

Called by `scripts/eval policy`. Shares no code with gacthu: it runs the binary and looks at replies, queues,
delivered bytes, events, and at what the commands print. What must come out stands in corpus/policy/, by hand.
What the program cannot do yet fails its figure and says so; nothing is left out.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gacthu
import mail_policy
import policy_coverage
import policy_mistakes
import policy_points
import policy_postfix
import policy_random
import policy_scale
import policy_tables
from figures import Count, Figure, progress
from manifest import ManifestError
from milter_client import MilterError
from policy_points import CORPUS
from policy_serve import run as command
from private_postfix import PostfixError
from road import temporary_folder

ROOT = Path(__file__).resolve().parents[2]
HELP = "What a policy means: the ten points, several policies through Postfix, mistakes, coverage, scale."


def run(binary: Path, full: bool, corpus: Path | None, sabotage: str) -> list[Figure]:
    """All figures. With `corpus` those for which that folder has a table; with `sabotage` those of verdicts."""
    folder = corpus or CORPUS
    if sabotage:
        os.environ["GACTHU_SABOTAGE"] = sabotage            # every gacthu that is started from here inherits it
    with temporary_folder() as temporary:
        place = Path(temporary)
        moving = not corpus and not sabotage
        # It waits for a minute, so it runs beside the others.
        waiting = ThreadPoolExecutor(1).submit(policy_tables.bounded, binary, place) if moving else None
        parts = {"points": lambda: policy_points.run(binary, place, folder),
                 "tables": lambda: policy_tables.run(binary, place, folder, moving),
                 "mistakes": lambda: policy_mistakes.run(binary, place, folder, reloading=not corpus)}
        if corpus:
            tables = {"points": "CASES.tsv", "tables": "ROLES.tsv", "mistakes": "mistakes/MISTAKES.tsv"}
            parts = {name: part for name, part in parts.items() if (corpus / tables[name]).exists()}
            if not parts:
                raise ManifestError(f"{corpus}: none of {', '.join(tables.values())} is there")
        elif sabotage:
            parts.pop("mistakes")
            parts["random"] = lambda: policy_random.run(binary, place, 40, 4)
            parts["postfix"] = lambda: policy_postfix.run(binary, place, 60)
        else:
            parts = {"corpus": lambda: shapes(), **parts,
                     "random": lambda: policy_random.run(binary, place, *((600, 60) if full else (150, 12))),
                     "postfix": lambda: policy_postfix.run(binary, place, 2000 if full else 500),
                     "coverage": lambda: policy_coverage.run(binary, place), "summary": lambda: summary(binary, place),
                     "scale": lambda: policy_scale.run(binary, place), "bounded defer": lambda: waiting.result(180)}
        return [figure for name, part in parts.items() for figure in guarded(name, part)]


def guarded(name: str, part) -> list[Figure]:
    """One part that breaks is one figure that fails; the others are still measured."""
    begin = time.monotonic()
    try:
        return part()
    except (gacthu.GacthuError, PostfixError, MilterError, OSError, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        return [Figure(f"part {name} came to its end", 0, 1, 1.0, [f"{type(error).__name__}: {str(error)[-400:]}"])]
    finally:
        progress(f"{name}: {time.monotonic() - begin:.0f} s")


def shapes() -> list[Figure]:
    """The corpus itself: enough rows, both sides of each point, letters as their builders write them."""
    from manifest import table
    cases = [cells for _, cells in table(CORPUS / "CASES.tsv", policy_points.CASE_COLUMNS)]
    sides = Count("corpus: each point has cases for both sides")
    for point in policy_points.TITLES:
        for side in "+-":
            sides.add(f"point {point} {side}", None if any(c["point"] == point and c["side"] == side for c in cases) else "no case")
    written = Count("corpus: the letters are what their builders write")
    for name in mail_policy.MAILS:
        path = mail_policy.FOLDER / f"{name}.eml"
        written.add(name, None if path.exists() and path.read_bytes() == mail_policy.build(name) else "differs")
    rows = len(list(table(CORPUS / "DIRECTIONS.tsv", policy_tables.DIRECTION_COLUMNS)))
    kinds = len(list(table(CORPUS / "mistakes/MISTAKES.tsv", policy_mistakes.COLUMNS)))
    return [sides.figure, written.figure, Figure("corpus: rows of the truth table (of 24)", min(rows, 24), 24),
            Figure("corpus: kinds of mistakes (of 60)", min(kinds, 60), 60)]


def summary(binary: Path, place: Path) -> list[Figure]:
    """`scan --summary`: what would have been refused on one's own mail, by rule and by the sender's domain, with an example."""
    count = Count("scan --summary: by rule, by sender's domain, with examples")
    mail = place / "own-mail"
    mail.mkdir()
    for n, name in enumerate(["exe"] * 3 + ["plain"] * 4):
        content = (CORPUS / f"messages/{name}.eml").read_bytes()
        (mail / f"{n}-{name}.eml").write_bytes(content.replace(b"@example.com>", b"@mien-%d.example>" % (n % 2), 1))
    done = command(binary, "scan", mail, "--policy", CORPUS / "points/strict.yaml", "--summary")
    said = done.stdout
    for what, right in {"exit 0": done.returncode == 0, "the rule": "no-programs" in said, "how many it refuses": "3" in said,
                        "the sender's domain": "mien-0.example" in said and "mien-1.example" in said,
                        "an example": "-exe.eml" in said}.items():
        count.add(what, None if right else f"exit {done.returncode}: {(said or done.stderr).strip()[:160]!r}")
    both = command(binary, "scan", mail, "--policy", CORPUS / "points/strict.yaml", "--summary", "--json")
    try:
        json.loads(both.stdout or "x")
        problem = None
    except ValueError:
        problem = f"--json with it is not one JSON value: {(both.stdout or both.stderr)[:100]!r}"
    figure = count.figure
    extra = Figure("scan --summary --json: one JSON value (reported only)", int(not problem), 1, None, [problem] if problem else [])
    return [figure, extra]
