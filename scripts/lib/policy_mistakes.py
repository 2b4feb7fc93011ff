"""Mistakes in policies and in gacthu.yaml: place, the user's text, a remedy; and reloads under load, broken and good."""

import json
import re
import shutil
import threading
from pathlib import Path

import gacthu
from figures import Count, progress
from manifest import table
from milter_client import MilterClient, MilterError
from policy_points import CORPUS, last_words
from policy_serve import PolicyServe, run as command

COLUMNS = ["name", "tool", "file", "places", "words", "note"]
PLACE = re.compile(r"([^\s:]+\.(?:yaml|txt)):(\d+):(\d+)")


def run(binary: Path, place: Path, corpus: Path = CORPUS, reloading: bool = True):
    counts = {"policy": Count("mistakes in a policy: exit 1, file:line:column, the text, a remedy"),
              "service": Count("mistakes in gacthu.yaml: exit 1, file:line:column, the text, a remedy")}
    good = Count("the good files beside them: exit 0")
    for name, tool in (("good", "policy"), ("good-too", "policy"), ("service-good", "service")):
        target = corpus / "mistakes" / f"{name}.yaml"
        if tool == "service":
            target = service_good(corpus, place)
        done = check(binary, tool, target)
        good.add(name, None if done.returncode == 0 else f"exit {done.returncode}: {first_error(done)}")
    for number, row in table(corpus / "mistakes/MISTAKES.tsv", COLUMNS):
        progress(f"mistakes {row['name']}")
        done = check(binary, row["tool"], corpus / "mistakes" / f"{row['name']}.yaml")
        counts[row["tool"]].add(f"MISTAKES.tsv:{number} {row['name']}", judge(row, done))
    progress("")
    return [*(count.figure for count in counts.values()), good.figure, *(reloads(binary, place) if reloading else [])]


def service_good(corpus: Path, place: Path) -> Path:
    """A gacthu.yaml with every key and no mistake."""
    target = place / "service-good.yaml"
    target.write_text(f"gacthu: 1\npolicies: [{corpus / 'mistakes/good.yaml'}]\nlisteners:\n"
                      '  - { unix: /run/gacthu/mx.sock, role: mx, mode: "0660" }\n  - { inet: "127.0.0.1:8899", role: submission }\n'
                      "networks: { mailbox_servers: [10.0.0.5/32], gateways: [10.0.0.9/32], devices: [] }\nmixed_policies: split\n"
                      'admin: "127.0.0.1:9810"\ncontrol: /run/gacthu/control.sock\nevents: /var/log/gacthu/decisions.jsonl\n'
                      f"spool: {{ directory: {place}, limit: 8 GiB }}\nstate: {place}/state\n", encoding="utf-8")
    return target


def check(binary: Path, tool: str, target: Path):
    return command(binary, *(("policy", "check") if tool == "policy" else ("check",)), target, seconds=30)


def first_error(done) -> str:
    return " / ".join(line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip())[:260]


def judge(row: dict, done) -> str | None:
    said = done.stdout + done.stderr
    if done.returncode != 1:
        return f"exit {done.returncode}, expected 1: {first_error(done)}"
    allowed = {tuple(map(int, place.split(":"))) for place in row["places"].split("|")}
    found = [(Path(name).name, int(line), int(column)) for name, line, column in PLACE.findall(said)]
    if not any(name == row["file"] and (line, column) in allowed for name, line, column in found):
        return f"at {found[:3]}, expected {row['file']}:{' or '.join(row['places'].split('|'))}: {first_error(done)}"
    for word in row["words"].split("|"):
        if not any(one.lower() in said.lower() for one in word.split("~")):
            return f"lacks {word.replace('~', ' or ')!r}: {first_error(done)}"
    return None


# --- reloads under load --------------------------------------------------------------------


class Load:
    """Sessions that send letters without pause; each letter meets one rule whose id names the generation."""

    def __init__(self, serve, threads: int = 4):
        self.serve, self.stopping, self.told, self.errors = serve, threading.Event(), [], []
        self.content = (CORPUS / "messages/files-2.eml").read_bytes()
        self.threads = [threading.Thread(target=self.work, args=(n,), daemon=True) for n in range(threads)]
        for thread in self.threads:
            thread.start()

    def work(self, number: int):
        try:
            with MilterClient(self.serve.sockets["mx", "unix"], helo=f"load-{number}.test") as client:
                count = 0
                while not self.stopping.is_set():
                    count += 1
                    told = client.send(f"l{number}.{count}@example.net", ["a@daknong.gov.vn", "b@daknong.gov.vn"], self.content)
                    self.told.append((told.answer, " ".join(told.reply)))
        except (MilterError, OSError) as error:
            self.errors.append(repr(error))

    def count(self, more: int):
        """True when `more` letters have come through since now."""
        begin = len(self.told)
        return self.serve.wait_for(lambda: len(self.told) >= begin + more or self.errors, 30)

    def close(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)


def generation(word: str) -> str:
    return ("policy: 1\nname: generation\norganisation: { domains: [daknong.gov.vn], contact: a@daknong.gov.vn }\nmode: enforce\nrules:\n"
            f"  - id: at-rcpt-{word}\n    title: Người gửi\n    basis: Điều 1\n    when: {{ sender: {{ domain: example.net }} }}\n    then: note\n"
            f"  - id: at-end-{word}\n    title: Hai tệp\n    basis: Điều 2\n    when: {{ attachments: {{ count: \">= 2\" }} }}\n    then: reject\n"
            f"    reply: {{ vi: Thế hệ {word}, en: Generation {word} }}\n")


def reloads(binary: Path, place: Path):
    broken, good = Count("a broken reload under load changes nothing and is seen"), Count("a good reload under load: no message mixes")
    folder = place / "reload"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    policy = folder / "policy.yaml"
    policy.write_text(generation("one"), encoding="utf-8")

    def case(count, what, right, said=""):
        count.add(what, None if right else said or "no")

    try:
        with PolicyServe(binary, [policy], folder, "reload") as serve:
            load = Load(serve)
            try:
                load.count(100)
                before = {event.get("policy_hash") for event in serve.events()}
                for name, text in {"a misspelt key": generation("bad").replace("when:", "wehn:", 1), "no YAML": "policy: [1\n",
                                   "a rule less and a list that is not there": generation("bad").replace(
                                       "domain: example.net", "domain: { file: khong-co.txt }")}.items():
                    refused, lines = serve.metric("gacthu_policy_loads_total", result="refused"), len(serve.log())
                    policy.write_text(text, encoding="utf-8")
                    done = serve.reload()
                    case(broken, f"{name}: exit 1", done.returncode == 1, f"exit {done.returncode}: {first_error(done)}")
                    case(broken, f"{name}: it says where", bool(PLACE.search(done.stdout + done.stderr)), first_error(done))
                    case(broken, f"{name}: metric", serve.metric("gacthu_policy_loads_total", result="refused") == refused + 1,
                         "gacthu_policy_loads_total{result=\"refused\"} did not grow by one")
                    case(broken, f"{name}: a log line", "policy.yaml" in serve.log()[lines:], serve.log()[lines:][:200])
                    load.count(100)
                    hashes = {event.get("policy_hash") for event in serve.events()}
                    case(broken, f"{name}: the old generation rules", hashes == before and len(before) == 1, f"hashes {hashes}")
                policy.write_text(generation("bad").replace("when:", "wehn:", 1), encoding="utf-8")
                refused = serve.metric("gacthu_policy_loads_total", result="refused")
                serve.process.send_signal(1)
                case(broken, "by SIGHUP: metric", bool(serve.wait_for(
                    lambda: serve.metric("gacthu_policy_loads_total", result="refused") > refused, 10)))
                case(broken, "it answers on", serve.healthy() and not load.errors, str(load.errors))
                seen = len(serve.events())
                for word in ("two", "one", "two", "one", "two"):
                    policy.write_text(generation(word), encoding="utf-8")
                    done = serve.reload()
                    case(good, f"reload to {word}: exit 0", done.returncode == 0, first_error(done))
                    load.count(60)
            finally:
                load.close()
            case(good, "no session broke", not load.errors, str(load.errors[:2]))
            mixed(serve.events(), seen, before, good)
            words = {next((word for word in ("one", "two") if f"the he {word}" in text.lower()), "?") for _, text in load.told}
            case(good, "both generations answered, nothing else", words == {"one", "two"}, str(words))
    except gacthu.GacthuError as error:
        broken.add("serve", f"it does not start: {last_words(str(error))}")
        good.add("serve", f"it does not start: {last_words(str(error))}")
    return [broken.figure, good.figure]


def mixed(events: list, since: int, before: set, good: Count):
    """Each event has one hash, and all its rules and its reply are of that hash's generation."""
    names: dict[str, set] = {}
    wrong, hashes = [], set()
    for event in events:
        rules = [rule["id"] for rcpt in event.get("recipients", []) for rule in rcpt.get("rules", [])]
        words = {word for word in ("one", "two", "bad") for rule in rules if rule.endswith(f"-{word}")}
        text = json.dumps(event.get("reply"), ensure_ascii=False).lower()
        words |= {word for word in ("one", "two", "bad") if f"generation {word}" in text}
        names.setdefault(event.get("policy_hash"), set()).update(words)
        hashes.add(event.get("policy_hash"))
        if len(words) != 1 or len(rules) != 4:
            wrong.append((event.get("reference"), sorted(rules)))
    good.add(f"{len(events) - since} events after it: none mixes two generations", f"{len(wrong)} do: {wrong[:2]}" if wrong else None)
    good.add("exactly two hashes, the first one among them", None if len(hashes) == 2 and before <= hashes else f"{hashes}")
    good.add("a hash is one generation", None if all(len(found) == 1 for found in names.values()) else f"{names}")
