"""Properties over random policies, against a small evaluator of our own (Kleene logic, written from the design page).

The order of rules never matters; a `note` rule never changes a verdict; what is answered at RCPT is what the
end would have said, whatever the content; `gacthu scan` agrees with the evaluator in verdict and rules.
"""

import random
from pathlib import Path

import gacthu
from figures import Count, progress
from milter_client import MilterClient, MilterError
from policy_points import CORPUS, first, last_words
from policy_serve import PolicyServe

STRENGTH = ["accept", "note", "tag", "quarantine", "defer", "reject"]
SENDERS = ["mot@example.net", "hai@example.net"]
RCPTS = ["vanthu@daknong.gov.vn", "phong@daknong.gov.vn"]
# What the builders put in: attachments, their decoded bytes together, a program among them (None: nobody can know).
LETTERS = {"plain": (0, 0, False), "files-1": (1, None, False), "files-3": (3, None, False), "exe": (1, 1024, True),
           "exe-two": (2, 2048, True), "locked": (1, None, None), "pdf-big-png-small": (2, None, False),
           "pdf-small-png-big": (2, 11000, False), "locked-and-exe": (2, None, True)}


def atom(rng) -> tuple:
    kind = rng.choice(["program", "count", "total", "sender", "rcpt", "login", "size"])
    return {"program": ("program",), "count": ("count", rng.randint(1, 3)), "total": ("total", rng.choice([900, 1500, 5000])),
            "sender": ("sender", rng.choice(SENDERS)), "rcpt": ("rcpt", rng.choice(RCPTS)), "login": ("login", rng.random() < 0.5),
            "size": ("size", rng.choice([0, 10_000_000]))}[kind]


def tree(rng, depth: int) -> tuple:
    if depth == 0 or rng.random() < 0.3:
        return atom(rng)
    kind = rng.choice(["all", "any", "not"])
    return ("not", tree(rng, depth - 1)) if kind == "not" else (kind, [tree(rng, depth - 1) for _ in range(rng.randint(2, 3))])


def written(node: tuple) -> str:
    kind = node[0]
    if kind in ("all", "any"):
        return f"{{ {kind}: [ {', '.join(map(written, node[1]))} ] }}"
    return {"not": lambda: f"{{ not: {written(node[1])} }}", "program": lambda: "{ attachment: { kind: executable } }",
            "count": lambda: f'{{ attachments: {{ count: ">= {node[1]}" }} }}',
            "total": lambda: f'{{ attachments: {{ total_size: "> {node[1]} B" }} }}',
            "sender": lambda: f"{{ sender: {{ address: {node[1]} }} }}", "rcpt": lambda: f"{{ recipient: {{ address: {node[1]} }} }}",
            "login": lambda: f"{{ authenticated: {str(node[1]).lower()} }}",
            "size": lambda: f'{{ message: {{ size: "> {node[1]} B" }} }}'}[kind]()


def value(node: tuple, fact: dict):
    """True, False or None."""
    kind = node[0]
    if kind == "not":
        inner = value(node[1], fact)
        return None if inner is None else not inner
    if kind in ("all", "any"):
        found = [value(child, fact) for child in node[1]]
        decides = kind == "any"
        return decides if decides in found else None if None in found else not decides
    return {"program": lambda: fact["program"], "count": lambda: fact["count"] >= node[1], "total": lambda: fact["total"] > node[1],
            "sender": lambda: fact["sender"] == node[1], "rcpt": lambda: fact["rcpt"] == node[1],
            "login": lambda: fact["login"] == node[1], "size": lambda: fact["size"] > node[1]}[kind]()


class Policy:
    def __init__(self, seed):
        rng = random.Random(f"policy {seed}")
        self.rules = [{"id": f"r{n}", "when": tree(rng, 3), "then": rng.choice(STRENGTH[1:]),
                       "unknown": rng.choice(["skip", "skip", "tag", "quarantine", "defer"]),
                       "for": rng.choice([None, None, None, ["inbound"], ["internal", "outbound"]])} for n in range(rng.randint(1, 5))]

    def text(self, rules=None) -> str:
        out = ("policy: 1\nname: random\norganisation: { domains: [daknong.gov.vn], contact: a@daknong.gov.vn }\nmode: enforce\nrules:\n")
        for rule in rules or self.rules:
            out += f"  - id: {rule['id']}\n    title: Quy tắc\n    basis: Điều 1\n    when: {written(rule['when'])}\n    then: {rule['then']}\n"
            out += "" if rule["unknown"] == "skip" else f"    if_unknown: {rule['unknown']}\n"
            out += f"    for: [{', '.join(rule['for'])}]\n" if rule["for"] else ""
        return out

    def expected(self, fact: dict) -> tuple[str, set]:
        """Verdict, and the ids that are true."""
        done, true = ["accept"], set()
        for rule in self.rules:
            if rule["for"] and ("internal" if fact["login"] else "inbound") not in rule["for"]:
                continue
            found = value(rule["when"], fact)
            if found:
                true.add(rule["id"])
            done.append(rule["then"] if found else rule["unknown"] if found is None and rule["unknown"] != "skip" else "accept")
        return max(done, key=STRENGTH.index), true


def totals_of(paths: dict) -> dict[str, int]:
    """Decoded bytes of all attachments, by Python's own reader."""
    import email
    from email import policy
    return {name: sum(len(part.get_content() if isinstance(part.get_content(), bytes) else part.get_content().encode())
                      for part in email.message_from_bytes(path.read_bytes(), policy=policy.default).iter_attachments())
            for name, path in paths.items()}


def run(binary: Path, place: Path, many: int = 40, served: int = 10):
    agree, order = Count(f"property: scan agrees with an evaluator of another hand, {many} random policies"), Count(
        "property: the order of rules never matters")
    notes, early = Count("property: a note rule never changes a verdict"), Count("property: an answer at RCPT is the answer of every content")
    paths = {name: CORPUS / "messages" / f"{name}.eml" for name in LETTERS}
    totals = totals_of(paths)
    for seed in range(many):
        progress(f"random policies {seed + 1}/{many}")
        policy, rng = Policy(seed), random.Random(f"envelope {seed}")
        sender, rcpt, login = rng.choice(SENDERS), rng.choice(RCPTS), rng.random() < 0.4
        shuffled = policy.rules[::-1]
        noted = policy.rules + [{"id": "extra", "when": atom(rng), "then": "note", "unknown": "skip", "for": None}]
        got = [scan(binary, place, f"random-{seed}-{n}", policy.text(rules), paths, sender, rcpt, login)
               for n, rules in enumerate((policy.rules, shuffled, noted))]
        for name in LETTERS:
            fact = facts(name, totals, sender, rcpt, login)
            wanted = policy.expected(fact)
            case = f"random policy {seed}, {name}, {sender} to {rcpt}{' with a login' if login else ''}"
            base, other, more = (found.get(str(paths[name])) for found in got)
            if base is None:
                agree.add(case, "no JSON line")
                continue
            early_stop = not ((base.get("facts") or {}).get("files") or {}).get("list")
            fired = {rule["id"] for rule in base.get("rules", []) if not rule.get("unknown")}
            problem = None if base["verdict"] == wanted[0] else f"verdict {base['verdict']}, expected {wanted[0]}"
            if not problem and not (fired <= wanted[1] if early_stop else fired == wanted[1]):
                problem = f"rules {sorted(fired)}, expected {sorted(wanted[1])}"
            agree.add(case, problem and f"{problem}: {'; '.join(written(rule['when']) for rule in policy.rules)[:300]}")
            order.add(case, None if other and other["verdict"] == base["verdict"] and ids(other) == ids(base) else
                      f"backwards {other and (other['verdict'], ids(other))}, forwards {(base['verdict'], ids(base))}")
            strip = {"accept", "note"}
            same = more and (more["verdict"] == base["verdict"] or {more["verdict"], base["verdict"]} <= strip)
            notes.add(case, None if same else f"{more and more['verdict']} with the note, {base['verdict']} without")
    for seed in range(served):
        progress(f"random policies served {seed + 1}/{served}")
        at_rcpt(binary, place, 1000 + seed, paths, totals, early)
    progress("")
    return [agree.figure, order.figure, notes.figure, early.figure]


def facts(name, totals, sender, rcpt, login) -> dict:
    count, _, program = LETTERS[name]
    return {"count": count, "total": totals[name], "program": program, "sender": sender, "rcpt": rcpt, "login": login, "size": 1000}


def ids(result: dict) -> list:
    return sorted((rule["id"], bool(rule.get("unknown"))) for rule in result.get("rules", []))


def scan(binary, place, name, text, paths, sender, rcpt, login) -> dict:
    policy = place / f"{name}.yaml"
    policy.write_text(text, encoding="utf-8")
    options = [f"--envelope-from={sender}", "--rcpt", rcpt, "--client", "203.0.113.5", *(["--auth", "vanthu"] if login else [])]
    return gacthu.scan(binary, policy, list(paths.values()), options, seconds=60)[1]


def wire(verdict: str) -> str:
    return {"accept": "accept", "note": "accept", "tag": "accept", "quarantine": "quarantine", "defer": "defer",
            "reject": "reject"}[verdict]


def at_rcpt(binary, place, seed, paths, totals, early):
    policy = Policy(seed)
    file = place / f"random-{seed}.yaml"
    file.write_text(policy.text(), encoding="utf-8")
    try:
        with PolicyServe(binary, [file], place, f"random-{seed}") as serve:
            for sender in SENDERS:
                for rcpt in RCPTS:
                    told = {}
                    for name, path in paths.items():
                        with MilterClient(serve.sockets["mx", "unix"]) as client:
                            told[name] = client.send(sender, [rcpt], path.read_bytes())
                    for name, one in told.items():
                        wanted = wire(policy.expected(facts(name, totals, sender, rcpt, False))[0])
                        got = one.answer.split(" ")[0]
                        early.add(f"random policy {seed}, {name}, {sender} to {rcpt}",
                                  None if got == wanted else f"told {one.answer} at {one.stage}, expected {wanted}")
                    stages = {one.stage for one in told.values()}
                    early.add(f"random policy {seed}, {sender} to {rcpt}: the stage",
                              None if len(stages) == 1 else f"the same envelope was answered at {sorted(stages)}")
    except (gacthu.GacthuError, MilterError, OSError) as error:
        early.add(f"random policy {seed}", last_words(str(error)) or first(str(error)))
