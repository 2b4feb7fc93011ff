"""Judges the frozen matrix of `scripts/eval executables`: what `gacthu scan --json` says of each letter."""

import gacthu
from exec_mail import Row, plain, sha
from figures import Count, Figure, progress

BATCH = 150
LOOKS = (".pdf", ".txt", ".jpg", ".xlsx", ".docx", ".csv", ".png")           # what people take for a document, a picture or a text


def files_of(result: dict) -> list[dict]:
    return ((result or {}).get("facts") or {}).get("files", {}).get("list") or []


def scan_all(binary, policy, paths, sabotage="", seconds: float = 240) -> tuple[dict, list[str]]:
    """Results by path, in batches; what the program said where it broke off."""
    results, said = {}, []
    for at in range(0, len(paths), BATCH):
        progress(f"scan {at}/{len(paths)}")
        batch = paths[at:at + BATCH]
        code, found, errors = gacthu.scan(binary, policy, batch, [], seconds=seconds, sabotage=sabotage)
        results.update(found)
        if any(str(path) not in found for path in batch):
            said.append(f"exit {code}: {errors.strip()[-300:]}")
    progress("")
    return results, said


def last(name: str) -> str:
    return plain((name or "").replace("\\", "/").rstrip("/").rpartition("/")[2])


def names_of(file: dict) -> set[str]:
    names = [name if isinstance(name, str) else name.get("name", "") for name in [file.get("name") or "", *(file.get("names") or [])]]
    return {last(name) for name in names} | {last(file.get("part"))}


def hits(row: Row, files: list[dict]) -> tuple[list[dict], list[dict]]:
    """Executables under the right hash, and those under the right name."""
    found = [file for file in files if file.get("executable")]
    return ([file for file in found if file.get("sha256") == row.payload_sha256],
            [file for file in found if row.hit != "-" and last(row.hit) in names_of(file)])


def brief(files: list[dict]) -> str:
    """What was found, for a person."""
    out = []
    for file in files[:6]:
        closed = file.get("not_opened")
        out.append(f"{file.get('part')}:{'+'.join(file.get('kinds') or []) or '?'}" + ("!" if file.get("executable") else "")
                   + (f"[{closed.get('reason')}]" if closed else ""))
    return " ".join(out) + (f" … {len(files)}" if len(files) > 6 else "")


def traits_of(file: dict) -> set[str]:
    return {trait if isinstance(trait, str) else trait.get("id", "") for trait in file.get("traits") or []}


TITLES = {"matrix": "matrix", "only": "self-extracting, DEB, MSI", "scripts": "scripts in containers", "pair": "pairs of containers",
          "password": "passwords in the letter", "second": "second set", "rar": "RAR"}


def judge(rows: list[Row], results: dict, place) -> list[Figure]:
    """Recall, twins, kinds, passwords; by group, and the misses by kind and container."""
    found, exact, kinds, twins, opened, closed = {}, {}, {}, {}, {}, Count("encrypted, no password: said, and nothing opened")
    dangerous, calm = Count("innocent names over executables: contradiction-dangerous"), Count("twins: no dangerous contradiction")
    by_kind, by_container = {}, {}
    for row in rows:
        title = TITLES.get(row.group, row.group)
        result = results.get(str(place / row.file))
        files = files_of(result)
        missing = None if result else "no JSON line"
        if row.expect == "executable":
            right, named = hits(row, files)
            good = found.setdefault(title, Count(f"{title}: executables found")).add(row.file, missing or (None if right or named else brief(files)))
            for key, table in ((row.kind, by_kind), (row.container.split("/")[0], by_container)):
                seen = table.setdefault(key, [0, 0])
                seen[0] += good
                seen[1] += 1
            if good:
                exact.setdefault(title, Count(f"{title}: found under the hash of what was put in")).add(row.file, None if right else f"by name only; {brief(files)}")
                wanted = row.kinds.split(",")
                kinds.setdefault(title, Count(f"{title}: kind of the executable")).add(
                    row.file, None if any(set(wanted) & set(file.get("kinds") or []) for file in right or named) else f"expected {row.kinds}; {brief(right or named)}")
                if row.hit.endswith(LOOKS):
                    told = any("contradiction-dangerous" in traits_of(file) for file in right + named)
                    dangerous.add(row.file, None if told else brief(right or named))
        elif row.expect == "encrypted":
            said = any(file.get("encrypted") for file in files) and any((file.get("not_opened") or {}).get("reason") == "encrypted" for file in files)
            flagged = [file for file in files if file.get("executable")]
            closed.add(row.file, missing or ("an executable is reported" if flagged else None if said else f"not said to be encrypted and not opened; {brief(files)}"))
        else:
            flagged = [file for file in files if file.get("executable")]
            twins.setdefault(title, Count(f"{title}: twins left alone")).add(row.file, missing or (brief(flagged) if flagged else None))
            if row.group not in ("second", "rar"):
                calm.add(row.file, missing or next((f"{file.get('part')} {file.get('kinds')}" for file in files if "contradiction-dangerous" in traits_of(file)), None))
            seen = any(file.get("sha256") == row.payload_sha256 for file in files)
            opened.setdefault(title, Count(f"{title}: twins opened, their hash found")).add(row.file, missing or (None if seen else brief(files)))
    figures = [count.figure for group in (found, exact, kinds, twins, opened) for count in group.values()]
    figures += [count.figure for count in (closed, dangerous, calm) if count.figure.denominator]
    for figure in figures:
        figure.failures.sort()
    for what, table in (("kind", by_kind), ("outer container", by_container)):
        short = [f"{key}: {seen[0]} of {seen[1]}" for key, seen in sorted(table.items()) if seen[0] < seen[1]]
        figures.append(Figure(f"misses by {what} (reported only)", len(short), len(table), None, short))
    return figures


def shape(rows: list[Row], place) -> list[Figure]:
    """The set itself: the letters are the frozen ones, large and mixed enough, confirmed."""
    frozen, confirmed = Count("set: letters are the frozen ones"), Count("set: each confirmed by another program")
    for row in rows:
        path = place / row.file
        frozen.add(row.file, None if path.exists() and sha(path.read_bytes()) == row.eml_sha256 else "differs from MANIFEST.tsv")
        confirmed.add(row.file, None if row.confirmed not in ("", "-") else "by nothing")
    figures = [frozen.figure, confirmed.figure]
    if any(row.group == "matrix" for row in rows):
        matrix = [row for row in rows if row.group == "matrix" and row.positive]
        containers, kinds = {row.container for row in matrix}, {row.kind for row in matrix}
        twins = {(row.container, row.kind) for row in rows if row.group == "matrix" and row.expect == "clean"}
        full = sum((row.container, row.kind) in twins for row in matrix)
        pairs = len({row.container for row in rows if row.group == "pair" and row.positive})
        figures += [Figure("set: kinds of executables (of 12)", min(len(kinds), 12), 12), Figure("set: containers (of 20)", min(len(containers), 20), 20),
                    Figure("set: cells with an executable (of 300)", min(len(matrix) + pairs, 300), 300),
                    Figure("set: cells with a twin", full, len(matrix)), Figure("set: pairs of the 8 commonest (of 64)", min(pairs, 64), 64)]
    return figures
