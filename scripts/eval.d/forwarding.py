"""The figures of issue 6: a machine that forwards is stopped where it is seen, and found where no milter can see it.

Called by `scripts/eval forwarding`. Shares no code with gacthu. Real programs on loopback run every way of forwarding
(scripts/lib/fwd_paths.py); frozen letters of every known shape, with at least as many innocent ones, are judged by `gacthu scan`
(corpus/forwarding, written by another hand than the detector's before it ran). A second part is opened once, at the end:
`scripts/eval forwarding --corpus corpus/forwarding-2`. `--write-table` puts the table of paths into docs/forwarding.md.
"""

import importlib.util
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fwd_adapter
import fwd_set
import fwd_table
import gacthu
from figures import Count, Figure, progress
from road import temporary_folder

ROOT = Path(__file__).resolve().parents[2]
HELP = "Every way of forwarding through real programs; frozen letters and as many innocent ones; the audit and its cost."
SCALE = ROOT / "scripts/lib/forwarding_scale.py"


def run(binary: Path, full: bool, corpus: Path | None, sabotage: str) -> list[Figure]:
    """All figures. With `corpus` those of that folder's letters; with `sabotage` those of the letters."""
    figures = letters(binary, corpus or ROOT / "corpus/forwarding", sabotage)
    if not corpus and not sabotage:
        figures += programs(binary)
        figures += scale(binary)
    return figures


# --- the frozen letters -----------------------------------------------------------------------


def letters(binary: Path, folder: Path, sabotage: str) -> list[Figure]:
    rows, contents = fwd_set.read(folder)
    results = judged(binary, folder, rows, contents, sabotage)
    answered, balance = Count("letters: a JSON answer for each"), [
        sum(row.group == "innocent" for row in rows),
        sum(row.group in ("out", "in", "hostile") for row in rows),
    ]
    for row in rows:
        answered.add(row.file, None if results[row.file] else "no JSON line")
    figures = [Figure("letters: at least as many innocent ones as forwards", min(balance), balance[1]), answered.figure]
    figures += verdicts(rows, results)
    figures += inbound(rows, results)
    figures += by_kind(rows, results)
    return figures


def judged(binary: Path, folder: Path, rows, contents: dict, sabotage: str) -> dict:
    """One `gacthu scan` a letter, with its envelope, client and role, under the policy of its profile, enforcing."""
    with temporary_folder() as temporary:
        place = Path(temporary)
        policies = {profile: gacthu.write_policy(place, profile, "enforce", folder) for profile in sorted({row.profile for row in rows})}

        def one(numbered):
            number, row = numbered
            path = place / row.file
            path.write_bytes(contents[row.file])
            _, results, _ = gacthu.scan(binary, policies[row.profile], [path], row.options(), 120, sabotage)
            path.unlink()
            progress(f"scan {number}/{len(rows)}")
            return row.file, results.get(str(path)) or {}

        with ThreadPoolExecutor(2) as pool:
            found = dict(pool.map(one, enumerate(rows, 1)))
        progress("")
        return found


def said(result: dict) -> str:
    """What gacthu found, for a person."""
    found = fwd_adapter.forwarding(result)
    rules = ",".join(rule.get("id", "?") for rule in result.get("rules") or [])
    return f"verdict {result.get('verdict')} [{rules or '-'}], facts {found['kind']} {found['confidence'] if found['confidence'] is not None else ''} {found['reasons']}"[
        :300
    ]


def verdicts(rows, results) -> list[Figure]:
    counts = {
        "run": Count("machine forwards that a program run here wrote: refused"),
        "run-null": Count("those of them with the null sender: kept aside"),
        "documented": Count("machine forwards known from documents only: refused", None),
        "supposed": Count("machine forwards of supposed shape: refused", None),
        "hostile": Count("hostile forwards: refused or kept aside as stated"),
        "innocent": Count("innocent letters not refused"),
        "innocent-forward": Count("innocent letters: refused or held by a rule about forwarding", None),
        "clean": Count("innocent letters not held either", None),
        "in": Count("inbound forwards (documented): tagged", None),
        "in-refused": Count("inbound forwards: none refused"),
        "own-copy": Count("copies to a public mailbox of one's own (Cần Thơ Điều 10.4): tagged", None),
        "border": Count("letters on the border: as first thought", None),
    }
    for row in rows:
        result, verdict = results[row.file], results[row.file].get("verdict") or "none"
        problem = None if fwd_set.met(row.expect, verdict) else f"{row.expect} expected; {said(result)}; {row.note}"
        case = f"{row.file} ({row.shape}, {row.profile})"
        if row.group == "out":
            counts["run-null" if row.evidence == "run" and row.expect == "quarantined" else row.evidence].add(case, problem)
        elif row.group == "hostile":
            counts["hostile"].add(case, problem)
        elif row.group == "innocent":
            counts["innocent"].add(case, problem)
            counts["clean"].add(case, None if verdict in ("accept", "note", "tag") else said(result))
            stopped = [
                rule.get("id", "")
                for rule in result.get("rules") or []
                if rule.get("id", "").startswith("forward") and rule.get("then") in ("reject", "quarantine")
            ]
            counts["innocent-forward"].add(case, f"{stopped}; {said(result)}" if stopped else None)
        elif row.group == "own-copy":
            counts["own-copy"].add(case, problem)
        elif row.group == "in":
            counts["in-refused"].add(case, f"refused; {said(result)}" if verdict == "reject" else None)
            if row.evidence == "documented" and row.expect == "tagged":
                counts["in"].add(case, problem)
        else:
            counts["border"].add(case, problem)
    figures = []
    for count in counts.values():
        if count.figure.denominator:
            figures.append(count.figure)
    return figures


def inbound(rows, results) -> list[Figure]:
    """Provider and mailbox are named, apart for what documents show and what is only supposed."""
    named = {
        (what, evidence): Count(f"inbound forwards ({evidence}): {what} named", 1.0 if evidence == "documented" else None)
        for what in ("provider", "mailbox")
        for evidence in ("documented", "supposed")
    }
    for row in rows:
        if row.group != "in" or row.evidence == "documented" and row.expect != "tagged":
            continue  # Sóc Trăng does not ask about this direction
        found = fwd_adapter.forwarding(results[row.file])
        provider, mailbox = str(found["provider"] or "").lower(), str(found["mailbox"] or "").lower()
        named["provider", row.evidence].add(
            row.file,
            (
                None
                if any(word in provider for word in row.provider.split("|"))
                else f"{row.provider} expected; {said(results[row.file])} provider {found['provider']!r}"
            ),
        )
        named["mailbox", row.evidence].add(row.file, None if row.mailbox in mailbox else f"{row.mailbox} expected, named {found['mailbox']!r}")
    return [count.figure for count in named.values() if count.figure.denominator]


def by_kind(rows, results) -> list[Figure]:
    """Per shape of forwards and per kind of innocent letters; reported only."""
    counts: dict[str, Count] = {}
    for row in rows:
        if row.group in ("out", "innocent"):
            name = (
                f"shape {row.shape} ({row.evidence})"
                if row.group == "out" and row.evidence != "run"
                else f"run {row.file.removeprefix('run-').partition('.')[0].partition('-')[0]}" if row.group == "out" else f"innocent: {row.kind}"
            )
            verdict = results[row.file].get("verdict") or "none"
            counts.setdefault(name, Count(name, None)).add(row.file, None if fwd_set.met(row.expect, verdict) else f"verdict {verdict}")
    return [counts[name].figure for name in sorted(counts)]


# --- real programs ----------------------------------------------------------------------------


def programs(binary: Path) -> list[Figure]:
    install = [
        str(ROOT / "scripts/lib/install.sh"),
        *(["--no-install"] if "--no-install" in sys.argv else []),
        "dovecot",
        "postsrsd",
        "procmail",
        "maildrop",
        "mailman3",
        "mlmmj",
        "exim",
    ]
    if subprocess.run(install, check=False).returncode:
        return [Figure("programs: all are installed", 0, 1, 1.0, ["see above; scripts/lib/install.sh installs them"])]
    found = fwd_table.run_programs(binary, ROOT / "target/exim")
    if "error" in found:
        return [Figure("programs: they ran to the end", 0, 1, 1.0, [found["error"][-1500:]])]
    table = fwd_table.rows(found)
    text = fwd_table.markdown(table)
    print(text)
    if "--write-table" in sys.argv:
        fwd_table.write(ROOT / "docs/forwarding.md", text)
    return fwd_table.figures(table, found)


# --- the audit's cost -------------------------------------------------------------------------


def scale(binary: Path) -> list[Figure]:
    if not SCALE.exists():
        print("scripts/lib/forwarding_scale.py is not there: the cost of the audit is left out", file=sys.stderr)
        return []
    spec = importlib.util.spec_from_file_location("forwarding_scale", SCALE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [
        (
            one
            if isinstance(one, Figure)
            else Figure(
                one["name"],
                one["numerator"],
                one["denominator"],
                one.get("target"),
                [str(one["note"])] if one.get("note") and not one.get("ok", True) else [],
                judged=one.get("ok"),
                at_most=bool(one.get("at_most")),
            )
        )
        for one in module.run(binary)
    ]
