"""Runs the programs of fwd_run.py in their space and makes of it the table paths × result, and the figures."""

import json
from pathlib import Path

import fwd_adapter
import fwd_space
from figures import Count, Figure, progress
from private_postfix import PostfixError
from road import temporary_folder

MARKS = ("<!-- paths -->", "<!-- /paths -->")


def run_programs(binary: Path, exim: Path) -> dict:
    progress("real programs in a space of their own (about two minutes)")
    # The folder is made and taken away from outside: whoever ends the space in the middle ends all that would do it.
    with temporary_folder() as place:
        try:
            done = fwd_space.enter(Path(__file__).with_name("fwd_run.py"), ["--bin", str(binary), "--exim", str(exim), "--place", place], 420)
        except PostfixError as error:
            return {"error": str(error)}
    progress("")
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"error": f"exit {done.returncode}: {done.stdout[-1200:]}"}


def rows(found: dict) -> list[dict]:
    """One row a path and author: how it was stopped, whether the audit lists it, with which place."""
    table = []
    for one in found["results"]:
        listed = listing(one, found)
        table.append({**one, "milter": at_milter(one), "listed": listed})
    return table


def at_milter(one: dict) -> str:
    """What the milter did of it: refused, held, passed (it saw it), unseen."""
    verdicts = {event["verdict"] for event in one["events"]}
    if one["arrived"]:
        return "passed" if one["events"] else "unseen"
    if "reject" in verdicts:
        return "held" if all(event["answer"] == "quarantine" for event in one["events"] if event["verdict"] == "reject") else "refused"
    return "held" if "quarantine" in verdicts else "lost"


def listing(one: dict, found: dict) -> dict:
    """The audit's finding about this path: by its target, or (no milters at a listener) by that listener's port."""
    place = found["declared"].get(one["way"])
    wanted = [one["dest"].lower()]
    if one["by"] in ("nomilter", "disabled"):
        wanted.append({"nomilter": "2504", "disabled": "2505"}[one["by"]])
    hits = [finding for audit in found["audit"] for finding in audit["findings"] if any(word in fwd_adapter.target(finding) for word in wanted)]
    places = [fwd_adapter.place_of(finding) for finding in hits]
    right = bool(place) and any(Path(file).resolve() == Path(place[0]).resolve() and (line == place[1] or not place[1]) for file, line in places if file)
    return {
        "found": bool(hits),
        "leaves": any(fwd_adapter.leaves_the_state(finding) for finding in hits),
        "place": right,
        "declared": place,
        "said": [f"{Path(file).name}:{line}" for file, line in places][:3],
    }


def figures(table: list[dict], found: dict) -> list[Figure]:
    missed, further = Count("paths of the issue: stopped at the milter or listed by the audit"), Count(
        "further paths: stopped at the milter or listed by the audit", None
    )
    seen, unseen = Count("paths that pass the milter of the filter's host: stopped there"), Count("paths that no milter sees: listed by the audit")
    places, innocent = Count("paths listed by the audit: with the right file and line"), Count("innocent paths: delivered")
    lost, audits = Count("no letter was lost: delivered, refused or held"), Count("the audit ran over each Postfix")
    for one in table:
        case = f"{one['way']} ({one['author']}): {one['title']}"
        state = f"milter: {one['milter']}; audit: {'listed ' + str(one['listed']['said']) if one['listed']['found'] else 'not listed'}; {one['events'][:2]}"
        lost.add(case, None if one["milter"] != "lost" and not one["refused_at_first"] else f"{state} {one['refused_at_first']}")
        if one["innocent"]:
            innocent.add(case, None if one["arrived"] else state)
            continue
        stopped = one["milter"] in ("refused", "held")
        (missed if one["asked"] else further).add(case, None if stopped or one["listed"]["found"] else state)
        if one["by"] in ("mailbox", "local"):
            if not (one["way"].startswith("box-bcc-sender")):  # nothing tells it from a blind copy
                seen.add(case, None if stopped else state)
        elif one["asked"]:
            unseen.add(case, None if one["listed"]["found"] else state)
        if one["listed"]["found"] and one["listed"]["declared"] and one["author"] != "colleague":
            places.add(case, None if one["listed"]["place"] else f"{one['listed']['said']}, it stands in {one['listed']['declared']}")
    for audit in found["audit"]:
        audits.add(audit["host"], None if audit["findings"] or audit["status"] == 0 else f"status {audit['status']}: {audit['error'][-200:]}")
    within, deaf = Count("forwards that stay with the state: not listed as leaving it", None), Count("listeners that no milter hears: named by the audit")
    for one in table:
        if one["innocent"] == "forward to a state mailbox":
            within.add(f"{one['way']} ({one['author']})", f"{one['listed']['said']}" if one["listed"]["leaves"] else None)
    everything = [finding for audit in found["audit"] for finding in audit["findings"]]
    for which in ("nomilter", "disabled"):
        if any(one["by"] == which for one in table):
            deaf.add(which, None if any(fwd_adapter.deaf_listener(finding, which) for finding in everything) else "not named")
    stuck = found.get("stuck") or []
    loops = Figure("queues are empty at the end: a refusal begins no loop", 0 if stuck else 1, 1, None, stuck)
    return [loops] + [count.figure for count in (missed, further, seen, unseen, places, deaf, within, innocent, lost, audits) if count.figure.denominator]


WORDS = {
    "refused": "từ chối ở milter / refused",
    "held": "giữ lại ở milter / held",
    "passed": "đi qua milter / passed",
    "unseen": "milter không thấy / unseen",
    "lost": "?",
}


def markdown(table: list[dict]) -> str:
    """The table for people: one line a path, its authors side by side."""
    lines = [
        "| đường / path | thư của người ngoài / a stranger's letter | thư của đồng nghiệp / a colleague's | `gacthu audit forwards` |",
        "|---|---|---|---|",
    ]
    paths: dict[str, list[dict]] = {}
    for one in table:
        paths.setdefault(one["way"], []).append(one)
    for group in (False, True):
        for parts in paths.values():
            if bool(parts[0]["innocent"]) != group:
                continue
            cells = {one["author"]: ("đến nơi / delivered" if one["arrived"] else WORDS[one["milter"]]) if group else WORDS[one["milter"]] for one in parts}
            audit = "–" if group else "có / listed" if all(one["listed"]["found"] for one in parts) else "không / not listed"
            title = parts[0]["title"] + (f" ({parts[0]['innocent']}: phải đến nơi / must arrive)" if group else "")
            lines.append(f"| {title} | {cells.get('foreign', '–')} | {cells.get('colleague') or cells.get('self', '–')} | {audit} |")
    return "\n".join(lines)


def write(page: Path, text: str) -> None:
    """Between the markers of docs/forwarding.md."""
    old = page.read_text(encoding="utf-8") if page.exists() else f"{MARKS[0]}\n{MARKS[1]}\n"
    head, _, rest = old.partition(MARKS[0])
    _, _, tail = rest.partition(MARKS[1])
    page.write_text(f"{head}{MARKS[0]}\n{text}\n{MARKS[1]}{tail}", encoding="utf-8")
