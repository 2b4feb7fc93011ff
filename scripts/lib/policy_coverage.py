"""`gacthu policy coverage` against our own reading of law.md section 2, and tests for both sides of each rule.

The clauses stand in corpus/policy/CLAUSES.tsv. Which rule has which basis and which tests is read from the policy
files by a small reader of our own (their layout is the project's: two spaces a level), not taken from the tool's word.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from figures import Count, progress
from manifest import table
from policy_points import CORPUS, first
from policy_serve import run as command

ROOT = Path(__file__).resolve().parents[2]
PROFILES = ("dak-nong", "soc-trang", "can-tho", "binh-dinh", "ca-mau")
COLUMNS = ["profile", "clauses", "does", "default", "inspector", "served"]
CLAUSE = re.compile(r"Điều\s+(\d+)((?:\s*(?:,|;|và)?\s*(?:khoản|điểm)\s+[\w đ]{1,3}?(?:\s*(?:,|và|-|–)\s*\d+)*(?=[\s,;.)]|$))*)")


def clauses_of(text: str) -> set[tuple[int, int]]:
    """(article, clause) pairs that a text names; clause 0 where only the article stands."""
    found = set()
    for article, rest in CLAUSE.findall(text):
        numbers = [int(n) for part in re.findall(r"khoản\s+([\d\s,và–-]+)", rest) for n in re.findall(r"\d+", part)]
        found |= {(int(article), number) for number in numbers} or {(int(article), 0)}
    return found


def has(known: set, wanted: tuple[int, int]) -> bool:
    """The clause itself, or its whole article; a wanted article is there with any of its clauses."""
    return wanted in known or (wanted[0], 0) in known or (wanted[1] == 0 and any(article == wanted[0] for article, _ in known))


@dataclass
class Profile:
    """What a policy's files say, `extends` followed."""
    rules: dict = field(default_factory=dict)          # id → its lines, later files on top
    tests: list = field(default_factory=list)          # (verdict, set of rule ids or None)


def read(name: str, seen=()) -> Profile:
    path = ROOT / "policies" / (name if name.endswith(".yaml") else f"{name}.yaml")
    lines = path.read_text(encoding="utf-8").splitlines()
    parent = next((line.partition(":")[2].strip() for line in lines if line.startswith("extends:")), "")
    parent = parent.partition("#")[0].strip().partition("@")[0]
    found = read(parent, (*seen, name)) if parent and parent not in seen else Profile()
    for top, items in blocks(lines).items():
        for item in items:
            text = "\n".join(item)
            if top == "rules":
                ident = re.match(r"\s*-\s+id:\s*(\S+)", item[0])
                if ident:
                    found.rules[ident[1]] = found.rules.get(ident[1], "") + "\n" + text
            elif top == "tests":
                verdict, rules = re.search(r"verdict:\s*(\w+)", text), re.search(r"rules:\s*\[([^\]]*)\]", text)
                found.tests.append((verdict[1] if verdict else "", set(rules[1].replace(",", " ").split()) if rules else None))
    return found


def blocks(lines: list[str]) -> dict[str, list]:
    """Top-level key → its list items, each as lines without comments."""
    found, top = {}, ""
    for line in lines:
        line = re.sub(r"(^|\s)#.*$", "", line).rstrip()
        if re.match(r"\w[\w-]*:", line):
            top = line.partition(":")[0]
        elif re.match(r" {0,2}- ", line):
            found.setdefault(top, []).append([line])
        elif line.strip() and found.get(top):
            found[top][-1].append(line)
    return found


def waits(text: str) -> bool:
    """A rule that cannot fire: its inspector is not there, or it is switched off."""
    return bool(re.search(r"^\s+needs:", text, re.M) or re.search(r"^\s+enabled:\s*false", text, re.M))


def run(binary: Path, place: Path, corpus: Path = CORPUS):
    present = Count("policy coverage names every clause that law.md section 2 gives to the filter")
    serving = Count("each clause that today's inspectors can serve has a rule that fires")
    reasons = Count("coverage says why for each clause without a rule")
    sides = Count("each rule that fires has tests for both sides")
    tested = Count("policy check and policy test of the five profiles: exit 0")
    shown = Count("policy show and policy explain answer for every rule")
    wanted: dict[str, list] = {}
    for _, row in table(corpus / "CLAUSES.tsv", COLUMNS):
        wanted.setdefault(row["profile"], []).append(row)
    for profile in PROFILES:
        progress(f"coverage {profile}")
        path = ROOT / "policies" / f"{profile}.yaml"
        rows = [(row, clause) for row in wanted[profile] for clause in row["clauses"].split(";")]
        if not path.exists():
            for row, clause in rows:
                present.add(f"{profile} {clause}", f"policies/{profile}.yaml is not there")
            for row in wanted[profile]:
                if row["served"] == "now":
                    serving.add(f"{profile} {row['clauses']}", f"policies/{profile}.yaml is not there")
            for count in (tested, sides, reasons, shown):
                count.add(profile, f"policies/{profile}.yaml is not there")
            continue
        done = command(binary, "policy", "coverage", "--json", path)
        records = records_of(done.stdout) if done.returncode in (0, 1) else []
        problem = None if records else f"no coverage: exit {done.returncode}; {first(done.stderr or done.stdout)}"
        known = set().union(*(clauses_of(record["_clause"]) for record in records)) if records else set()
        for row, clause in rows:
            pair = next(iter(clauses_of(clause)))
            present.add(f"{profile} {clause} ({row['does']})", problem or (None if has(known, pair) else "no record names it"))
        said_why(profile, rows, records, problem, reasons)
        policy = read(profile)
        for row in wanted[profile]:
            if row["served"] != "now":
                continue
            pair = next(iter(clauses_of(row["clauses"])))
            basis = {ident: set().union(*map(clauses_of, re.findall(r"basis:\s*(.*)", text)), set()) for ident, text in policy.rules.items()}
            firing = [ident for ident, text in policy.rules.items() if has(basis[ident], pair) and not waits(text)]
            serving.add(f"{profile} {row['clauses']}: {row['does']}", None if firing else "no rule with this basis that fires")
        for ident, text in policy.rules.items():
            if waits(text):
                continue
            fires = any(rules and ident in rules for _, rules in policy.tests)
            silent = any(rules is not None and ident not in rules for _, rules in policy.tests)
            sides.add(f"{profile} {ident}", None if fires and silent else f"no test where it {'stays silent' if fires else 'fires'}")
        for words in (("policy", "check"), ("policy", "test")):
            done = command(binary, *words, path)
            tested.add(f"{' '.join(words)} {profile}", None if done.returncode == 0 else f"exit {done.returncode}: {first(done.stderr or done.stdout)}")
        done = command(binary, "policy", "show", path)
        missing = [ident for ident in policy.rules if ident not in done.stdout]
        shown.add(f"show {profile}", f"exit {done.returncode}: {first(done.stderr)}" if done.returncode else f"without {missing}" if missing else None)
        for ident, text in policy.rules.items():
            done = command(binary, "policy", "explain", ident, "--policy", path)
            basis = (re.findall(r"basis:\s*(.*)", text) or [""])[-1].strip().strip('"\'')
            shown.add(f"explain {profile} {ident}", f"exit {done.returncode}: {first(done.stderr)}" if done.returncode
                      else None if basis in done.stdout else f"does not say {basis!r}")
    progress("")
    return [present.figure, serving.figure, reasons.figure, sides.figure, tested.figure, shown.figure]


def said_why(profile, rows, records, problem, count):
    """A clause that no filter enforces: its record bears a sentence besides its name."""
    for row, clause in rows:
        if row["served"] not in ("none", "admin", "report"):
            continue
        pair = next(iter(clauses_of(clause)))
        mine = [record for record in records if has(clauses_of(record["_clause"]), pair)]
        why = [text for record in mine for text in strings(record) if len(text) > 12 and text != record["_clause"]]
        count.add(f"{profile} {clause}", problem or (None if why else "no record with a reason"))


def records_of(text: str) -> list[dict]:
    """Every object of the JSON (one value or one a line) that names a clause; `_clause` is that text."""
    try:
        values = [json.loads(text)]
    except ValueError:
        try:
            values = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            return []
    found = []

    def walk(value):
        if isinstance(value, dict):
            named = [item for key, item in value.items() if key in ("clause", "clauses", "basis", "article", "điều") and item]
            words = " ; ".join(word for item in named for word in strings(item))
            if clauses_of(words):
                found.append({**value, "_clause": words})
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)
    walk(values)
    return found


def strings(value) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [word for item in value.values() for word in strings(item)]
    return [word for item in value for word in strings(item)] if isinstance(value, list) else []
