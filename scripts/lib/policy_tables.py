"""Role × verdict, origin × destination × role, and what time does: bounded defer, acknowledgement, lists that change."""

import shutil
import time
from pathlib import Path

import gacthu
from figures import Count, progress
from manifest import table
from milter_client import MilterError
from policy_points import CORPUS, last_words, talk
from policy_serve import PolicyServe, run as gacthu_command

ROLE_COLUMNS = ["role", "by", "verdict", "message", "answer", "note"]
DIRECTION_COLUMNS = ["row", "origin", "destination", "role", "client", "auth", "from", "rcpt", "direction", "policy", "note"]


def run(binary: Path, place: Path, corpus: Path = CORPUS, moving: bool = True):
    """`moving`: what time and changed files do, too."""
    figures = roles(binary, place, corpus) + directions(binary, place, corpus)
    if moving:
        figures += acknowledged(binary, place) + lists(binary, place)
    return figures


def message(name: str, corpus: Path = CORPUS) -> bytes:
    return (corpus / "messages" / f"{name}.eml").read_bytes()


def as_case(role="mx", client="203.0.113.5", auth="-", sender="nguoigui@example.com", rcpts="vanthu@daknong.gov.vn") -> dict:
    return {"role": role, "client": client, "auth": auth, "from": sender, "rcpts": rcpts}


def roles(binary: Path, place: Path, corpus: Path):
    count = Count("point 6, role × verdict (of 30)")
    rows = list(table(corpus / "ROLES.tsv", ROLE_COLUMNS))
    servers = {"content": "ladder", "envelope": "early"}
    for by, policy in servers.items():
        with PolicyServe(binary, [corpus / f"points/{policy}.yaml"], place, f"roles-{by}") as serve:
            for number, row in rows:
                if row["by"] != by:
                    continue
                progress(f"roles {row['role']} {row['verdict']}")
                sender = "khong-nhan@example.net" if by == "envelope" else "nguoigui@example.com"
                case = as_case(row["role"], "127.0.0.1" if row["role"] == "local" else "203.0.113.5", sender=sender)
                try:
                    told, events = talk(serve, case, message(row["message"], corpus), f"role-{number}.test")
                except (MilterError, OSError) as error:
                    count.add(f"ROLES.tsv:{number}", f"milter: {error}")
                    continue
                got = ("rcpt " if told.stage == "rcpt" else "") + told.answer
                problem = None if got in row["answer"].split("|") else f"told {got!r}, expected {row['answer']!r}"
                verdict = events[-1]["verdict"] if events else "no event"
                if not problem and verdict != row["verdict"]:
                    problem = f"verdict {verdict} in the event, expected {row['verdict']}: the role changes the answer only"
                count.add(f"ROLES.tsv:{number} {row['role']} {row['by']} {row['verdict']}", problem)
    return [count.figure]


def directions(binary: Path, place: Path, corpus: Path):
    """The truth table, from the events of `serve --config`, and the same rows through `scan --role`."""
    starts = Count("serve --config starts with networks and former domains")
    served, counts = Count("point 5, origin × destination × role: direction"), Count("point 5, origin × destination × role: policy")
    rows = list(table(corpus / "DIRECTIONS.tsv", DIRECTION_COLUMNS))
    policies = [corpus / f"points/directions-{name}.yaml" for name in ("strict", "mild")]
    try:
        with PolicyServe(binary, policies, place, "directions", {"mixed_policies": "split"}) as serve:
            starts.add("serve", serve.substituted or None)
            for number, row in rows:
                progress(f"directions {row['row']}")
                case = as_case(row["role"], row["client"], row["auth"], row["from"], row["rcpt"])
                where = f"DIRECTIONS.tsv:{number} {row['origin']} → {row['destination']} ({row['role']})"
                try:
                    _, events = talk(serve, case, message("plain", corpus), f"row-{row['row']}.test")
                    found = events[-1]["recipients"][0] if events else {}
                except (MilterError, OSError, IndexError, KeyError) as error:
                    found = {"direction": repr(error)}
                for what, count in (("direction", served), ("policy", counts)):
                    count.add(where, None if found.get(what) in row[what].split("|") else f"{found.get(what)!r}, expected {row[what]}")
    except gacthu.GacthuError as error:
        for number, row in rows:
            for count in (served, counts):
                count.add(f"DIRECTIONS.tsv:{number}", f"serve --config does not start: {last_words(str(error))}")
        starts.add("serve", last_words(str(error)))
    return [starts.figure, served.figure, counts.figure]


def bounded(binary: Path, place: Path):
    """A defer of one minute at most: the same letter is then quarantined, another one is deferred anew. Takes 62 s."""
    count = Count("point 3, a bounded defer ends, counted by envelope, Message-ID and content")
    place = place / "bounded"
    place.mkdir()
    place.chmod(0o755)
    (place / "state").mkdir()
    try:
        with PolicyServe(binary, [CORPUS / "points/bounded.yaml"], place, "bounded", {"state": str(place / "state")}) as serve:
            def told(name, sender="nguoigui@example.com"):
                return talk(serve, as_case(sender=sender), message(name), "bounded.test")[0].answer
            steps = [("first try", told("files-1"), "defer"), ("at once again", told("files-1"), "defer")]
            time.sleep(61)
            steps += [("after its time", told("files-1"), "quarantine"), ("another letter, first try", told("files-2"), "defer"),
                      ("the same letter of another sender", told("files-1", "khac@example.com"), "defer"),
                      ("a letter that the rule does not meet", told("plain"), "accept")]
            for what, got, wanted in steps:
                count.add(what, None if got == wanted else f"told {got!r}, expected {wanted!r}")
    except (gacthu.GacthuError, MilterError, OSError) as error:
        count.add("serve", f"it does not start or broke: {last_words(str(error))}")
    return [count.figure]


def acknowledged(binary: Path, place: Path):
    """A rule that an upgrade brings observes until it is acknowledged."""
    count = Count("point 7, a rule new on a site observes until acknowledged")
    folder = place / "upgrade"
    folder.mkdir(exist_ok=True)
    shipped = folder / "shipped.yaml"
    rule = ("  - id: {0}\n    title: Quy tắc {0}\n    basis: Điều 1\n    when: {{ attachments: {{ count: \">= {1}\" }} }}\n"
            "    then: reject\n")
    top = "policy: 1\nname: shipped\nversion: {}\norganisation: {{ domains: [daknong.gov.vn], contact: a@daknong.gov.vn }}\nmode: enforce\nrules:\n"
    shipped.write_text(top.format(1) + rule.format("old", 2), encoding="utf-8")
    site = folder / "site.yaml"
    site.write_text("policy: 1\nname: site\nextends: shipped.yaml\nmode: enforce\n", encoding="utf-8")
    settings = {"state": str(folder / "state")}
    (folder / "state").mkdir(exist_ok=True)
    try:
        with PolicyServe(binary, [site], place, "upgrade", settings) as serve:
            def look(name):
                told, events = talk(serve, as_case(), message(name), "upgrade.test")
                return (events[-1]["verdict"], events[-1]["applied"], told.answer) if events else ("no event", "", told.answer)
            refused, watched = ("reject", "reject", "reject 550 5.7.1"), ("reject", "accept", "accept")
            expect(count, "first start: the rules that are there are enforced", look("files-2"), refused)
            shipped.write_text(top.format(2) + rule.format("old", 2) + rule.format("new", 1), encoding="utf-8")
            expect(count, "reload", serve.reload().returncode, 0)
            expect(count, "the new rule only observes", look("files-1"), watched)
            expect(count, "the old one is enforced as before", look("files-2")[1:], refused[1:])
            expect(count, "acknowledge", acknowledge(binary, serve, site) if serve.settings else "needs serve --config", 0)
            serve.reload()
            expect(count, "acknowledged: enforced", serve.wait_for(lambda: look("files-1") == refused, 5) or look("files-1"), True)
        with PolicyServe(binary, [site], place, "upgrade-again", settings) as serve:
            expect(count, "it stays so after a restart", look_at(serve, "files-1"), refused)
        try:
            with PolicyServe(binary, [site], place, "upgrade-state", {"state": str(folder / "not" / "there")}):
                made = (folder / "not/there").is_dir()
        except gacthu.GacthuError as error:
            made = last_words(str(error).strip().splitlines()[-1])
        expect(count, "a state folder that is not there is made (docs/settings.md)", made, True)
    except (gacthu.GacthuError, MilterError, OSError) as error:
        count.add("serve", f"it does not start or broke: {last_words(str(error))}")
    return [count.figure]


def look_at(serve, name):
    told, events = talk(serve, as_case(), message(name), "upgrade.test")
    return (events[-1]["verdict"], events[-1]["applied"], told.answer) if events else ("no event", "", told.answer)


def acknowledge(binary: Path, serve, site: Path):
    """As its help says: the state folder, the policies, the rules."""
    done = gacthu_command(binary, "policy", "acknowledge", "--state", serve.settings["state"], "--policy", site, "new")
    return 0 if done.returncode == 0 else (done.stderr or done.stdout).strip()[:160]


def expect(count: Count, what: str, got, wanted):
    count.add(what, None if got == wanted else f"{got!r}, expected {wanted!r}")


def lists(binary: Path, place: Path):
    """A list is read anew when it changes; a broken one never replaces what runs; a new generation is seen in the hash."""
    count = Count("point 10, lists load by themselves, broken ones do not")
    folder = place / "lists"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    names = folder / "names.txt"
    names.write_text("mot@example.net\n", encoding="utf-8")
    policy = folder / "policy.yaml"
    policy.write_text("policy: 1\nname: lists\norganisation: { domains: [daknong.gov.vn], contact: a@daknong.gov.vn }\nmode: enforce\n"
                      "rules:\n  - id: listed\n    title: Có trong danh sách\n    basis: Điều 1\n"
                      "    when: { sender: { address: { file: names.txt } } }\n    then: quarantine\n", encoding="utf-8")
    try:
        with PolicyServe(binary, [policy], place, "lists") as serve:
            def held(sender):
                return talk(serve, as_case(sender=sender), message("plain"), "lists.test")[0].answer == "quarantine"
            def generation():
                return talk(serve, as_case(), message("plain"), "lists.test")[1][-1].get("policy_hash")
            expect(count, "in the list", held("mot@example.net"), True)
            expect(count, "not in the list", held("hai@example.net"), False)
            before = generation()
            names.write_text("hai@example.net\n", encoding="utf-8")
            expect(count, "changed: seen without a reload", bool(serve.wait_for(lambda: held("hai@example.net"), 20)), True)
            expect(count, "changed: the old entry is gone", held("mot@example.net"), False)
            after = generation()
            expect(count, "another generation", after != before, True)
            refused = serve.metric("gacthu_policy_loads_total", result="refused")
            names.write_text("hai@example.net\nnot an address\n", encoding="utf-8")
            expect(count, "broken: refused and counted", bool(serve.wait_for(
                lambda: serve.metric("gacthu_policy_loads_total", result="refused") > refused, 20)), True)
            expect(count, "broken: the old one rules", (held("hai@example.net"), generation()), (True, after))
    except (gacthu.GacthuError, MilterError, OSError) as error:
        count.add("serve", f"it does not start or broke: {last_words(str(error))}")
    return [count.figure]
