"""The figures of the main job: real Postfix, real messages, judged by the hand-written manifest.

Called by `scripts/eval main-job`. Shares no code with gacthu: it runs the binary and looks at replies,
queues, delivered bytes and the JSON that `gacthu scan` prints.
"""

import importlib.util
import re
import sys
from pathlib import Path

import bad_input
import gacthu
import judge
import manifest
import miltertest
from figures import Count, Figure, progress
from road import Road, temporary_folder

ROOT = Path(__file__).resolve().parents[2]
HELP = "Facts, verdicts, replies, queues, headers through a real Postfix; bad input; miltertest; load."
PANIC = re.compile(r"panicked at|RUST_BACKTRACE|stack backtrace|stack overflow", re.I)


def run(binary: Path, full: bool, corpus: Path | None, sabotage: str) -> list[Figure]:
    """All figures. With `corpus` or `sabotage` only those that depend on the corpus."""
    folder = corpus or ROOT / "corpus/main-job"
    rows = manifest.read(folder)
    figures = shapes(rows) if not corpus else []
    with temporary_folder() as temporary:
        place = Path(temporary)
        profiles = tuple(dict.fromkeys(row.profile for row in rows))
        with Road(binary, place, profiles, ("enforce", "observe"), folder, sabotage=sabotage) as road:
            figures += through_postfix(road, rows, full)
            figures += by_scan(binary, place, rows, folder, sabotage)
            if not corpus and not sabotage:
                figures += miltertest.run(road.serves["dak-nong", "enforce"], road.serves["site", "enforce"])
                figures += bad_input.through_postfix(road)
            figures += afterwards(road)
        if not corpus and not sabotage:
            figures += bad_input.run(binary, place, gacthu.write_policy(place, "dak-nong", "enforce", folder))
    if not corpus and not sabotage:
        figures += load(binary, full)
    return figures


def shapes(rows) -> list[Figure]:
    """At least 30 messages for each province that differ in structure and program."""
    figures = []
    for profile in ("dak-nong", "soc-trang"):
        different = {(row.cells["shape"], row.cells["structure"]) for row in rows if row.profile == profile}
        figures.append(Figure(f"corpus: {profile}, messages of differing shape (of 30)", min(len(different), 30), 30))
    return figures


def through_postfix(road: Road, rows, full: bool) -> list[Figure]:
    """Sends every row: enforcing over unix and TCP, observing, and once without any milter."""
    reply = {way: Count(f"smtp reply, {way}") for way in ("unix", "inet")}
    clause = Count("clause and wording of a refusal")
    queue, headers = Count("queue and delivery"), Count("delivered bytes, enforcing")
    observed, equal = Count("observe: accepted"), Count("observe: delivered as without a milter")
    for number, row in enumerate(rows, 1):
        progress(f"{number}/{len(rows)} {row.label}")
        sent = row.bytes()
        enforced = [road.send(row, "enforce", way, sent) for way in ("unix", "inet") if way == "unix" or full or not row.big]
        watched = [] if row.big and not full else [road.send(row, "observe", "unix", sent), road.send_plain(row, sent)]
        left = road.settle(enforced + watched)
        for way, outcome in zip(("unix", "inet"), enforced):
            case = f"{row.label} ({way})"
            reply[way].add(case, judge.reply(row, outcome.reply))
            if row.code != 250:
                clause.add(case, judge.clause(row, outcome.reply))
            problem = judge.queue(row, outcome.deliveries, outcome.held)
            queue.add(case, problem or (f"left in the queue: {left[0]}" if left else None))
            if outcome.delivered is not None and row.cells["queue"] == "delivered":
                headers.add(case, judge.delivered_headers(row, sent, outcome.delivered))
        if watched:
            observe, plain = watched
            good = observed.add(row.label, None if observe.reply.code == 250 else f"{observe.reply.code} {observe.reply.lines}")
            if good:
                same = None if len(observe.deliveries) == 1 and plain.deliveries else "not delivered"
                equal.add(row.label, same or judge.difference(plain.delivered, observe.delivered))
    progress("")
    return [count.figure for count in (*reply.values(), clause, queue, headers, observed, equal)]


def by_scan(binary: Path, place: Path, rows, folder: Path, sabotage: str) -> list[Figure]:
    """Verdict, rules and facts as `gacthu scan --json` shows them, with the envelope of the row."""
    counts = {name: Count(name) for name in ("scan: verdict", "scan: rules", "facts: count and total_size")}
    parts = {what: Count(f"facts: {what}") for what in ("size", "sha256", "role", "kinds", "executable", "names")}
    whole, groups = Count("facts: message size"), {}
    for row in rows:
        groups.setdefault((row.profile, tuple(gacthu.envelope(row))), []).append(row)
    for number, ((profile, options), members) in enumerate(groups.items(), 1):
        progress(f"scan {number}/{len(groups)}")
        policy = gacthu.write_policy(place, profile, "enforce", folder)
        paths = {row.name: place / "scan" / f"{number}-{row.name}" for row in members}
        (place / "scan").mkdir(exist_ok=True)
        for row in members:
            paths[row.name].write_bytes(row.bytes())
        _, results, errors = gacthu.scan(binary, policy, list(paths.values()), list(options), sabotage=sabotage)
        for row in members:
            result = results.get(str(paths[row.name]))
            said = None if result else f"no JSON line; {errors.strip().splitlines()[-1:] or 'silent'}"
            counts["scan: verdict"].add(row.label, said or judge.verdict(row, result))
            counts["scan: rules"].add(row.label, said or judge.rules(row, result))
            if row.profile == "site" and row.code != 250 and result and not judge.files_of(result):
                continue                    # refused by its envelope: the content was never read
            counts["facts: count and total_size"].add(row.label, said or judge.totals(row, result))
            size = paths[row.name].stat().st_size
            got = result and judge.message_of(result).get("size")
            whole.add(row.label, said or (None if got == size else f"size {got}, expected {size}"))
            found = judge.parts_of(result) if result else {}
            for stated in row.facts:
                for what, problem in judge.part(stated, found.get(stated["part"]), manifest.unescape):
                    parts[what].add(f"{row.label} part {stated['part']}", problem)
        for path in paths.values():
            path.unlink()
    progress("")
    figures = [count.figure for count in (*counts.values(), whole, *parts.values())]
    return [figure for figure in figures if figure.denominator]


def afterwards(road: Road) -> list[Figure]:
    """What the servers wrote down, and how they end."""
    seen, ended, calm = Count("one event a decision"), Count("SIGTERM: exit 0"), Count("no panic in a server's log")
    alive, counted = Count("healthz and metrics answer"), Count("references in refusals are in the event log")
    for serve in road.serves.values():
        problem = None if serve.healthy() and "gacthu" in (serve.get("/metrics") or "") else "no answer"
        alive.add(serve.name, problem)
    for name, code in road.stop_servers().items():
        ended.add(name, None if code == 0 else f"exit {code}")
    for serve in road.serves.values():
        calm.add(serve.name, "panic text in its log" if PANIC.search(serve.log()) else None)
        try:
            events = [event for event in serve.events() if "verdict" in event]
            wanted = road.sent.get(serve.name, 0)
            seen.add(serve.name, None if len(events) >= wanted else f"{len(events)} decisions for {wanted} messages")
            references = [event.get("reference") for event in events]
            counted.add(serve.name, None if all(references) and len(set(references)) == len(references)
                        else "a decision without a reference, or two with the same")
        except ValueError as error:
            seen.add(serve.name, f"not JSON: {error}")
    counted.figure.name = "every event has a reference of its own"
    return [count.figure for count in (alive, ended, calm, seen, counted)]


def load(binary: Path, full: bool) -> list[Figure]:
    """Kill -9, 64 connections and rates: written by another hand; left out when that file is not there."""
    path = Path(__file__).with_name("main_job_load.py")
    if not path.exists():
        print("scripts/eval.d/main_job_load.py is not there: its figures are left out", file=sys.stderr)
        return []
    spec = importlib.util.spec_from_file_location("main_job_load", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["main_job_load"] = module
    spec.loader.exec_module(module)
    return [as_figure(found) for found in module.run(binary, full)]


def as_figure(found) -> Figure:
    """That file answers dicts that say themselves whether the target was met."""
    if isinstance(found, Figure):
        return found
    note = [] if found["ok"] or not found.get("note") else [str(found["note"])]
    return Figure(found["name"], found["numerator"], found["denominator"], found["target"], note, found.get("command", ""),
                  judged=bool(found["ok"]))
