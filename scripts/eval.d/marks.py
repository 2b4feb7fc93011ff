"""The figures of state-secret marks: found in every form, and nothing else taken for one.

Called by `scripts/eval marks`. The files were made by other programs (scripts/lib/marks_make.py) and frozen with what
must come out before the detector was tuned: corpus/marks (MANIFEST.tsv, NEAR.tsv), corpus/marks-2 (`--corpus`, to be
opened once). Benign texts are gathered here from public sources (scripts/lib/marks_benign.py).
A strong mark is to be refused, a weak one tagged at least; stamps without a level are only counted.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import gacthu
import marks_benign
import marks_mail
import marks_score as score
from figures import Count, Figure, progress
from road import temporary_folder

ROOT = Path(__file__).resolve().parents[2]
HELP = "State-secret marks: recall by format, encoding, place, disguise; near misses and benign texts; share of text read."
# Bars of issue 5 for the share of words: (format, made by LibreOffice)
WORDS = {("docx", True): .99, ("xlsx", True): .99, ("pptx", True): .99, ("odt", True): .99, ("ods", True): .99, ("odp", True): .99, ("rtf", True): .99, ("pdf", True): .99,
         ("docx", False): .99, ("xlsx", False): .99, ("pptx", False): .99, ("rtf", False): .99, ("doc", True): .95, ("xls", True): .95, ("ppt", True): .95, ("xls", False): .95}


def run(binary: Path, full: bool, corpus: Path | None, sabotage: str) -> list[Figure]:
    """All figures. With `corpus` those for which that folder has a table; with `sabotage` those of marks."""
    folder = corpus or ROOT / "corpus/marks"
    rows = score.table(folder / "MANIFEST.tsv")
    files = score.members(folder / "documents.tar.xz")
    figures = []
    with temporary_folder() as temporary:
        place = Path(temporary)
        policy = gacthu.write_policy(place, "dak-nong", "enforce", folder)
        figures += marks(binary, policy, place, rows, files, sabotage)
        if (folder / "NEAR.tsv").exists():
            figures += near_misses(binary, policy, place, folder, sabotage)
        if not sabotage:
            figures += words(binary, place, rows, files)
        if not sabotage and not corpus:
            figures += benign(binary, policy, place)
    return figures


def marks(binary: Path, policy: Path, place: Path, rows: list[dict], files: dict, sabotage: str) -> list[Figure]:
    """Every file of the manifest in its mail."""
    by_name = {row["file"]: row for row in rows}
    mails = ((row["file"], score.mail_of(row, files)) for row in rows)
    results = dict(score.scan_mails(binary, policy, place, mails, sabotage, "marks"))
    answered = Count("marks: a JSON answer for each file")
    for name, result in results.items():
        answered.add(name, None if result else "no JSON line")
    got = {name: score.strongest(result or {}) for name, result in results.items()}
    strong, weak = Count("strong marks refused", .99), Count("weak marks tagged at least", .95)
    level, stands = Count("strong marks found: the level named is right", .98), Count("strong marks found: the verdict is reject")
    stamps = Count("stamps without a level (recall, open by name, copy): anything found", None)
    for name, row in by_name.items():
        found = got[name]
        if row["strength"] == "strong" and strong.add(score.label(row), None if found == "strong" else f"found {found}"):
            said = {str(mark.get("level")).replace("_", "-") for mark in score.findings(results[name]) if mark.get("strength") == "strong"}
            level.add(score.label(row), None if row["level"] in said else f"level {sorted(said)}")
            stands.add(score.label(row), None if score.verdict(results[name]) == "reject" else f"verdict {score.verdict(results[name])!r}")
        elif row["strength"] == "weak":
            weak.add(score.label(row), None if found != "none" else "nothing found")
        elif row["strength"] == "report":
            stamps.add(score.label(row), None if found != "none" else "nothing found")
    figures = [answered.figure, strong.figure, weak.figure, stamps.figure, *(count.figure for count in (level, stands) if count.figure.denominator)]
    for column, target in (("format", .99), ("encoding", .99), ("disguise", .99), ("place", None), ("mark", None), ("maker", None)):
        figures += score.by_value(rows, got, column, target)
    places = {}
    for row in rows:
        if row["strength"] == "weak":
            places.setdefault(row["place"], Count(f"weak marks tagged at least, place {row['place']}", None)).add(score.label(row), None if got[row["file"]] != "none" else "nothing found")
    return figures + [places[name].figure for name in sorted(places)]


def near_misses(binary: Path, policy: Path, place: Path, folder: Path, sabotage: str) -> list[Figure]:
    rows = score.table(folder / "NEAR.tsv")
    files = score.members(folder / "near.tar.xz")
    results = dict(score.scan_mails(binary, policy, place, ((row["file"], score.mail_of(row, files)) for row in rows), sabotage, "near"))
    answered, refused, tagged = Count("near misses: a JSON answer for each"), Count("near misses: not refused"), Count("near misses: not even tagged", None)
    for row in rows:
        result = results[row["file"]]
        answered.add(row["file"], None if result else "no JSON line")
        found = score.strongest(result or {})
        refused.add(row["file"], f"refused: {rules(result)}" if found == "strong" else None)
        if row["allowed"] == "none":
            tagged.add(row["file"], None if found == "none" else f"{found}: {rules(result)}")
    return [answered.figure, refused.figure, tagged.figure]


def benign(binary: Path, policy: Path, place: Path) -> list[Figure]:
    """At least 20,000 distinct texts and pages: none refused, at most 0.2% tagged."""
    progress("gathering benign texts")
    texts = marks_benign.gather(shared(), ROOT / "target/marks-benign")
    source = {text.name: text.source for text in texts}

    def mails() -> Iterator[tuple[str, bytes]]:
        for text in texts:
            wrap = ("body:text/plain:utf-8:8bit", "body:text/plain:utf-8:base64")[len(text.data) % 2] if text.fmt == "txt" else "attach"
            yield text.name, marks_mail.wrapped(text.name, text.fmt, wrap, text.data)

    answered, refused, tagged = Count("benign: a JSON answer for each"), Count("benign texts not refused"), Count("benign texts not tagged", .998)
    wrong: dict[str, Counter] = {"refused": Counter(), "tagged": Counter()}
    for name, result in score.scan_mails(binary, policy, place, mails(), "", "benign"):
        answered.add(name, None if result else "no JSON line")
        found = score.strongest(result or {})
        case = f"{name} ({source[name]})"
        refused.add(case, f"{rules(result)}" if found == "strong" else None)
        tagged.add(case, None if found == "none" else f"{found}: {rules(result)}")
        wrong["refused"][source[name]] += found == "strong"
        wrong["tagged"][source[name]] += found != "none"
    total = refused.figure.denominator
    figures = [Figure("benign texts gathered (of 20,000)", min(total, 20000), 20000), answered.figure, refused.figure, tagged.figure]
    for what, count in (("refused", refused), ("tagged", tagged)):
        missed = total - int(count.figure.numerator)
        figures.append(Figure(f"benign texts {what}, upper 95% bound", round(score.upper_bound(missed, total), 6), 1, None))
    for origin in ("regulations", "vi-docs page", "vi-docs file", "vi-text ham"):
        count = sum(value == origin for value in source.values())
        figures.append(Figure(f"{origin}: not tagged", count - wrong["tagged"][origin], count, None))
    return figures


def words(binary: Path, place: Path, rows: list[dict], files: dict) -> list[Figure]:
    """The share of words that went into a document and came out as text, by format and maker."""
    tool = score.text_tool(binary)
    sums: dict[tuple[str, str], list] = {}
    for row in rows:
        if row["truth"] == "-":
            continue
        target = WORDS.get((row["format"], row["maker"] == "lo"))
        total = sums.setdefault((row["format"], row["maker"]), [0, 0, target, []])
        path = place / row["file"]
        path.write_bytes(files[row["file"]])
        found, wanted = score.share(files[row["truth"]].decode("utf-8"), score.extracted(tool, path) if tool else "")
        path.unlink()
        total[0], total[1] = total[0] + found, total[1] + wanted
        if found < wanted * (target or .99):
            total[3].append(f"{score.label(row)}: {found} of {wanted} words" if tool else "the example `text` could not be built")
    return [Figure(f"words read, {fmt} by {maker}", *values) for (fmt, maker), values in sorted(sums.items())]


def rules(result: dict | None) -> str:
    """Level, place and rules of what was found; never text."""
    return "; ".join(f"{mark.get('level')} {mark.get('place')} {mark.get('reasons')}" for mark in score.findings(result or {}))


def shared() -> Path:
    """The project's shared folder: GACTHU_SHARED, beside the repository, or beside a worktree's parent."""
    places = [Path(os.environ["GACTHU_SHARED"])] if os.environ.get("GACTHU_SHARED") else [ROOT.parent / "shared", ROOT.parent.parent / "shared"]
    return next((path for path in places if path.is_dir()), places[0])
