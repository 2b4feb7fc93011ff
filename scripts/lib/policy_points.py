"""The ten points of what a policy means, through `gacthu scan` and through `serve` as Postfix would speak to it."""

import json
import re
from pathlib import Path

import gacthu
from figures import Count, progress
from manifest import table
from milter_client import MilterClient, MilterError, Told, fields_of, removed
from policy_serve import PolicyServe

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus/policy"
CASE_COLUMNS = ["point", "side", "policies", "message", "serve", "role", "client", "auth", "from", "rcpts", "at_rcpt", "verdict",
                "applied", "each", "rules", "answer", "says", "note"]
TITLES = {"1": "conditions true, false, unknown", "2": "and, or, one and the same file", "3": "the strongest action",
          "4": "exceptions", "5": "a verdict per recipient", "7": "observe touches nothing", "8": "who speaks", "9": "sensitive",
          "11": "matchers of the policy"}
REFERENCE = re.compile(r"\b[A-HJ-NP-Z2-9]{10}\b")


def run(binary: Path, place: Path, corpus: Path = CORPUS):
    cases = [dict(cells, line=number) for number, cells in table(corpus / "CASES.tsv", CASE_COLUMNS)]
    counts = {(point, way): Count(f"point {point}, {title}: {way}" if point != "11" else f"{title}: {way}")
              for point, title in TITLES.items() for way in ("scan", "serve")}
    groups: dict[tuple, list] = {}
    for case in cases:
        groups.setdefault((case["policies"], case["serve"]), []).append(case)
    for number, ((names, settings), members) in enumerate(groups.items(), 1):
        progress(f"points {number}/{len(groups)} {names}")
        policies = [corpus / "points" / f"{name}.yaml" for name in names.split(",")]
        served(binary, place, corpus, policies, settings, members, counts)
        if settings == "-":
            # `scan` says the strongest verdict of all recipients; a recipient refused at RCPT is none of the letter's.
            for case in [case for case in members if "550" not in case["at_rcpt"]]:
                counts[case["point"], "scan"].add(label(case), scanned(binary, corpus, policies, case))
    progress("")
    return [count.figure for count in counts.values() if count.figure.denominator]


def label(case: dict) -> str:
    return f"CASES.tsv:{case['line']} {case['policies']}/{case['message']}{case['side']}"


def sender_of(case: dict) -> str:
    return "" if case["from"] == "<>" else case["from"]


def scanned(binary: Path, corpus: Path, policies: list[Path], case: dict) -> str | None:
    path = corpus / "messages" / f"{case['message']}.eml"
    options = [f"--envelope-from={case['from']}", "--client", case["client"]]
    for policy in policies[1:]:
        options += ["--policy", str(policy)]
    for rcpt in case["rcpts"].split(","):
        options += ["--rcpt", rcpt]
    options += ["--auth", case["auth"]] if case["auth"] != "-" else []
    options += ["--role", case["role"]] if case["role"] != "mx" else []
    code, results, errors = gacthu.scan(binary, policies[0], [path], options, seconds=60)
    result = results.get(str(path))
    if result is None:
        return f"no JSON line, exit {code}; {first(errors)}"
    if "," in case["rcpts"]:
        return verdicts(case, result)
    return verdicts(case, result) or rules(case, result.get("rules", []))


def first(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "silent")[:160]


def verdicts(case: dict, found: dict) -> str | None:
    for what in ("verdict", "applied"):
        allowed = case[what].split("|")
        if what == "applied" and "note" in allowed:
            allowed.append("accept")            # what Postfix is told of a note is nothing
        if found.get(what) not in allowed:
            return f"{what} {found.get(what)!r}, expected {case[what]}"
    return None


def rules(case: dict, found: list) -> str | None:
    if case["rules"] == "-" and case["verdict"] not in ("accept", "accept|note"):
        return None
    stated = set() if case["rules"] == "-" else set(case["rules"].split(","))
    fired = {rule["id"] + ("!" if rule.get("unknown") else "") for rule in found
             if not rule.get("unknown") or rule.get("then") not in (None, "skip")}
    return None if fired == stated else f"rules {sorted(fired)}, expected {sorted(stated)}"


def served(binary, place, corpus, policies, settings, members, counts):
    """One server for all cases of a group."""
    name = "points-" + re.sub(r"\W+", "-", f"{members[0]['policies']}-{settings}")
    pairs = None if settings == "-" else dict(word.split("=") for word in settings.split(";"))
    try:
        with PolicyServe(binary, policies, place, name, pairs) as serve:
            for case in members:
                problem = through_milter(serve, case, (corpus / "messages" / f"{case['message']}.eml").read_bytes())
                counts[case["point"], "serve"].add(label(case), problem)
    except gacthu.GacthuError as error:
        for case in members:
            counts[case["point"], "serve"].add(label(case), f"it does not start: {last_words(str(error))}")


def last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [line for line in lines if line.startswith("error")] or lines[-1:]
    return found[0][:200] if found else "silent"


def talk(serve, case: dict, content: bytes, ident: str) -> tuple[Told, list[dict]]:
    """Sends one message; what was told and the events about it."""
    before = len(serve.events())
    with MilterClient(serve.sockets[case["role"], "unix"], case["client"], ident) as client:
        told = client.send(sender_of(case), case["rcpts"].split(","), content, "" if case["auth"] == "-" else case["auth"])
    events = [event for event in serve.events()[before:] if "verdict" in event and event.get("helo") in (ident, None)]
    return told, events


def through_milter(serve, case: dict, content: bytes) -> str | None:
    try:
        told, events = talk(serve, case, content, f"case-{case['line']}.test")
    except (MilterError, OSError) as error:
        return f"milter: {error}"
    stage, wanted = ("rcpt", case["answer"][5:]) if case["answer"].startswith("rcpt ") else ("end", case["answer"])
    if case["at_rcpt"] != "-" and told.codes != case["at_rcpt"]:
        return f"at RCPT {told.codes}, expected {case['at_rcpt']}"
    if told.answer not in wanted.split("|") or told.stage != stage:
        return f"told {told.answer!r} at {told.stage}, expected {case['answer']!r}"
    event = next((event for event in reversed(events) if event.get("stage") == stage), None)
    if event is None:
        return f"no event of stage {stage}"
    found = [rule for rcpt in event["recipients"] for rule in rcpt.get("rules", [])]
    each = [rcpt.get("verdict") for rcpt in event["recipients"]]
    problem = verdicts(case, event) or rules(case, found)
    if case["each"] != "-" and ",".join(map(str, each)) != case["each"]:
        problem = problem or f"verdicts of the recipients {each}, expected {case['each']}"
    return problem or reply(told) or says(serve, case, told, event, json.dumps(events, ensure_ascii=False))


def reply(told: Told) -> str | None:
    """What every refusal must keep."""
    if not told.reply:
        return None
    code = told.answer.split()[1] if told.answer.startswith("reject") else "451"
    line = told.reply[0]
    if any(not text.isascii() or not text.isprintable() for text in told.reply):
        return f"not plain ASCII: {told.reply}"
    if len(f"{code} 5.7.1 {line}\r\n") > 200:
        return f"line 1 has {len(line) + 12} octets"
    if not REFERENCE.search(line):
        return f"no reference in line 1: {line!r}"
    return None if len(told.reply) == 3 else f"expected Vietnamese, English and contact: {told.reply}"


def says(serve, case: dict, told: Told, event: dict, events: str) -> str | None:
    added, line = fields_of(told), told.reply[0] if told.reply else ""
    for word in case["says"].split("|"):
        rest = word[1:]
        if word[0] == "+" and rest.lower() not in line.lower():
            return f"line 1 lacks {rest!r}: {line!r}"
        if word[0] == "-" and rest and rest.lower() in line.lower():
            return f"line 1 says {rest!r}: {line!r}"
        if word.startswith("tag:"):
            tags = [value for name, value in added if name.lower() == "x-gacthu-tag"]
            if len(tags) != 1 or not re.fullmatch(rf"{word[4:]}; ref=[A-HJ-NP-Z2-9]{{10}}", tags[0]):
                return f"added {added}, expected X-Gacthu-Tag: {word[4:]}; ref=…"
        if word == "strip" and {name.lower() for name in removed(told)} != {"x-gacthu-tag", "x-gacthu-trace"}:
            return f"taken away: {removed(told)}"
        if word == "untouched" and told.edits:
            return f"edited: {told.edits}"
        if word.startswith("excepted:"):
            pairs = [str(pair) for rcpt in event["recipients"] for pair in rcpt.get("excepted", [])]
            if not any(word[9:] in pair for pair in pairs):
                return f"excepted {pairs}, expected {word[9:]}"
        if word == "secret":
            for where, text in (("the reply", repr(told)), ("the event", events), ("the log", serve.log()),
                                ("the metrics", serve.get("/metrics") or "")):
                if "z7q" in text.lower():
                    return f"{where} tells something of the letter: …{text[max(0, text.lower().index('z7q') - 40):][:80]}…"
        if word == "named" and "z7qtep.exe" not in events:
            return "the control: the file's name is not in the event either"
    return None
