"""Broken and hostile messages through `gacthu scan --json`, each on its own and against the clock."""

import json
import time
from pathlib import Path

import gacthu
import judge
import manifest
from figures import Count, Figure, progress

ROOT = Path(__file__).resolve().parents[2]
SEED = next((parent / "shared/corpus-seed/mime-edge" for parent in ROOT.parents if (parent / "shared/corpus-seed").is_dir()),
            ROOT.parent / "shared/corpus-seed/mime-edge")
COLUMNS = ["recipe", "expect", "note"]
SECONDS = 2.0


def run(binary: Path, place: Path, policy: Path) -> list[Figure]:
    counts = {name: Count(f"bad input: {name}") for name in ("ends with a JSON line", "within 2 s", "no panic")}
    facts = Count("bad input: facts or not_scanned as stated")
    cases = list(manifest.table(ROOT / "corpus/bad-input/MANIFEST.tsv", COLUMNS))
    for _, cells in cases:
        progress(cells["recipe"])
        content, stated = manifest.build(cells["recipe"])
        path = place / "bad.eml"
        path.write_bytes(content)
        result = one(binary, policy, path, cells["recipe"], counts)
        if cells["expect"] != "any":
            facts.add(cells["recipe"], expected(cells["expect"], stated, result))
    figures = [*(count.figure for count in counts.values()), facts.figure]
    return figures + mime_edge(binary, policy)


def one(binary: Path, policy: Path, path: Path, case: str, counts: dict) -> dict | None:
    begin = time.monotonic()
    code, results, errors = gacthu.scan(binary, policy, [path], [], seconds=60)
    took = time.monotonic() - begin
    # A file that begins with a From line is an mbox: its messages are named after it.
    result = next((found for name, found in results.items() if name.startswith(str(path))), None)
    # 2 says that a file could not be read; then the reason is in the JSON line or on stderr.
    good = code == 0 and result or code == 2 and (result or errors.strip())
    counts["ends with a JSON line"].add(case, None if good else f"exit {code}, {errors.strip()[-200:]!r}")
    counts["within 2 s"].add(case, None if took < SECONDS else f"{took:.1f} s")
    counts["no panic"].add(case, f"{errors.strip()[-200:]!r}" if "panicked" in errors or code < 0 or code == 101 else None)
    return result


def through_postfix(road) -> list[Figure]:
    """The same over SMTP: each gets an answer that is not a failure of the filter, and gacthu lives on."""
    answered, quick = Count("bad input over SMTP: answered by the filter"), Count("bad input over SMTP: within 5 s")
    serve = road.serves["dak-nong", "enforce"]
    for recipe in manifest.recipes("bad"):
        progress(f"over SMTP: {recipe}")
        reply = road.postfix.send("dak-nong-enforce-mx-unix", "xau@example.net", ["vanthu@daknong.gov.vn"],
                                  manifest.build(f"bad:{recipe}")[0], seconds=60)
        broken = reply.code in (0, 421, 451) or not serve.healthy()
        answered.add(recipe, f"{reply.code} {reply.lines}" if broken else None)
        quick.add(recipe, None if reply.seconds < 5 else f"{reply.seconds:.1f} s")
    road.settle([])
    progress("")
    return [answered.figure, quick.figure]


def expected(expect: str, stated, result: dict | None) -> str | None:
    if result is None:
        return "no JSON line"
    reasons = judge.not_scanned(result)
    if expect == "not_scanned":
        return None if reasons else "nothing says not_scanned"
    if expect == "executable":
        found = any(file.get("executable") for file in judge.parts_of(result).values())
        return None if found else "no part is executable"
    if expect == "either" and reasons:
        return None
    parts = judge.parts_of(result)
    for fact in stated:
        found = parts.get(fact.part)
        cells = {"size": str(fact.size), "sha256": fact.sha256, "role": fact.role, "kinds": ",".join(fact.kinds) or "-",
                 "executable": "yes" if fact.executable else "no", "names": "|".join(fact.names) or "-"}
        for what, problem in judge.part(cells, found, manifest.unescape):
            if problem:
                return f"part {fact.part}: {problem}"
    return None


def mime_edge(binary: Path, policy: Path) -> list[Figure]:
    """Other people's odd messages. Their manifests state what one reader saw, so facts are only reported."""
    if not SEED.is_dir():
        print(f"{SEED} is not there: mime-edge is left out")
        return []
    counts = {name: Count(f"mime-edge: {name}") for name in ("ends with a JSON line", "within 2 s", "no panic")}
    seen = Count("mime-edge: noxxi hide-content, zip found by its bytes (reported)", None)
    named = Count("mime-edge: noxxi hide-filename, a reading of the name ends in .zip (reported)", None)
    told = Count("mime-edge: noxxi's zip found, or not_scanned said (reported)", None)
    for path in sorted(path for path in SEED.rglob("*") if path.is_file() and path.name != "MANIFEST.tsv"):
        progress(path.name)
        result = one(binary, policy, path, f"{path.parent.name}/{path.name}", counts)
        if path.parent.name.startswith("noxxi"):
            case = f"{path.parent.name}/{path.name}"
            files = judge.parts_of(result or {}).values()
            if path.parent.name == "noxxi-hide-content":
                seen.add(case, None if any("zip" in judge.strings(file.get("kinds")) for file in files) else test_id(path))
            else:
                names = [name for file in files for name in judge.strings([file.get("name"), file.get("names")])]
                named.add(case, None if any(name.lower().endswith(".zip") for name in names) else test_id(path))
            told.add(case, None if result and sees_attachment(result) else test_id(path))
    progress("")
    return [*(count.figure for count in counts.values()), seen.figure, named.figure, told.figure]


def sees_attachment(result: dict) -> bool:
    """The zip that a lenient mail program would show is found by kind or by name, or the message says not_scanned."""
    for file in judge.parts_of(result).values():
        words = " ".join(judge.strings([file.get("kinds"), file.get("names"), file.get("name")])).lower()
        if "zip" in words:
            return True
    return bool(judge.not_scanned(result))


def test_id(path: Path) -> str:
    for line in (path.parent / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith(path.name + "\t"):
            return line.split("\t")[4].split(" valid(")[0][:100]
    return json.dumps(path.name)
