"""Judges the samples of ../shared/corpus-seed/filetypes by corpus/executables/seed.tsv, which was written by hand.

The samples are not part of this project: each is read where it lies and put into a letter. Where the folder is not
there, every stated fact counts as missed, and a loud line says why.
"""

import sys
from pathlib import Path

from exec_judge import brief, files_of, last, names_of, scan_all
from exec_mail import attachment, letter
from figures import Count, Figure
from manifest import table

COLUMNS = ["file", "kinds", "executable", "encrypted", "not_opened", "traits", "members", "note"]
SEED = "corpus-seed"


def find_seed(root: Path) -> Path | None:
    """../shared/corpus-seed beside the checkout or above it (worktrees lie deeper)."""
    for above in root.parents:
        for candidate in (above / "shared" / SEED, above / SEED):
            if (candidate / "filetypes").is_dir():
                return candidate
    return None


def facts(cells: dict, own: dict, rest: list[dict]):
    """(what, problem) for each stated fact. `own` is the sample, `rest` what was found inside it."""
    tree = [own, *rest]
    if cells["kinds"] != "-":
        got = set(own.get("kinds") or [])
        yield "kinds", None if got & set(cells["kinds"].split("/")) else f"{'+'.join(sorted(got)) or 'none'}, expected {cells['kinds']}"
    flagged = [file for file in tree if file.get("executable")]
    match cells["executable"]:
        case "self":
            yield "executable", None if own.get("executable") else f"not said; {brief(tree)}"
        case "inside":
            yield "executable", None if any(file.get("executable") for file in rest) else f"nothing inside; {brief(tree)}"
        case "none":
            yield "no executable", None if not flagged else brief(flagged)
    encrypted = any(file.get("encrypted") for file in tree)
    if cells["encrypted"] != "-":
        yield "encrypted", None if encrypted == (cells["encrypted"] == "yes") else f"{encrypted}, expected {cells['encrypted']}; {brief(tree)}"
    reasons = {file["not_opened"].get("reason") for file in tree if file.get("not_opened")}
    if cells["not_opened"] == "none":
        yield "opened whole", None if not reasons else f"not opened: {', '.join(sorted(map(str, reasons)))}; {brief(tree)}"
    elif cells["not_opened"] != "-":
        yield "not opened, why", None if reasons & set(cells["not_opened"].split("/")) else f"{sorted(map(str, reasons)) or 'opened'}, expected {cells['not_opened']}"
    traits = {trait if isinstance(trait, str) else trait.get("id") for file in tree for trait in file.get("traits") or []}
    for wanted in [] if cells["traits"] == "-" else cells["traits"].split(","):
        if wanted.startswith("!"):
            yield "no such trait", f"{wanted[1:]} is reported" if wanted[1:] in traits else None
        else:
            yield "traits", None if traits & set(wanted.split("/")) else f"{sorted(map(str, traits)) or 'none'}, expected {wanted}"
    names = set().union(*[names_of(file) for file in rest]) if rest else set()
    for wanted in [] if cells["members"] == "-" else cells["members"].split(","):
        yield "members", None if last(wanted) in names else f"no {wanted} among {sorted(names)[:5]}"


def tree_of(files: list[dict]) -> tuple[dict, list[dict]]:
    """The attachment of the letter, and everything below it."""
    top = next((at for at, file in enumerate(files) if file.get("part") == "2"), None)
    if top is None:
        return {}, []
    below = {top}
    for at, file in enumerate(files):
        if file.get("parent") in below:
            below.add(at)
    below |= {at for at, file in enumerate(files) if str(file.get("part")).startswith(("2/", "2."))}
    return files[top], [files[at] for at in sorted(below - {top})]


def run(binary, policy, place: Path, root: Path, listed: Path, sabotage: str) -> list[Figure]:
    rows = [cells for _, cells in table(listed, COLUMNS)]
    seed = find_seed(root)
    if seed is None:
        print("LOUD: ../shared/corpus-seed is not there: RAR and everything else that comes from its samples is not judged", file=sys.stderr)
        return [Figure("seed: samples are there", 0, len(rows), 1.0, ["../shared/corpus-seed/filetypes is missing"])]
    paths, there = {}, Count("seed: samples are there")
    (place / "seed").mkdir(exist_ok=True)
    for number, cells in enumerate(rows):
        source = seed / "filetypes" / cells["file"]
        if there.add(cells["file"], None if source.exists() else "missing"):
            paths[cells["file"]] = place / "seed" / f"{number:03}.eml"
            name = Path(cells["file"]).name
            part = attachment(name, source.read_bytes(), "application/octet-stream", 1)
            paths[cells["file"]].write_bytes(letter(number, [part], body="Xin gửi tệp.\r\n"))
    results, _ = scan_all(binary, policy, list(paths.values()), sabotage)
    counts = {what: Count(f"seed: {what}") for what in ("kinds", "executable", "no executable", "encrypted", "opened whole", "not opened, why", "traits", "no such trait", "members")}
    missed = {}
    for cells in rows:
        if cells["file"] not in paths:
            continue
        result = results.get(str(paths[cells["file"]]))
        own, rest = tree_of(files_of(result))
        for what, problem in facts(cells, own, rest):
            if not counts[what].add(cells["file"], problem if result else "no JSON line"):
                missed[cells["kinds"]] = missed.get(cells["kinds"], 0) + 1
    right = sum(count.figure.numerator for count in counts.values())
    total = sum(count.figure.denominator for count in counts.values())
    short = [f"{kinds}: {number} facts missed" for kinds, number in sorted(missed.items(), key=lambda item: -item[1])]
    return [there.figure, Figure("seed: stated facts found, all", right, total, 1.0, short), *[count.figure for count in counts.values()]]
