"""At least 1,000 distinct harmless files of others, each in a letter: nothing may be called an executable or a bomb.

Where they come from: the documents, pictures and letters of ../shared/corpus-seed; what Debian packages put under
/usr; and the contents of a few small packages (PACKAGES), fetched by apt and unpacked without being installed. Files
are chosen by extension, in the order of their hash, at most LIMITS of each; archives of them are made by Debian's tools.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from exec_judge import brief, files_of, scan_all, traits_of
from exec_mail import attachment, letter
from exec_seed import find_seed
from figures import Count, Figure, progress
from manifest import table

PACKAGES = ("r-cran-readxl", "r-cran-openxlsx", "r-cran-officer", "r-cran-flextable", "xlsx2csv", "python3-xlrd", "python3-docx",
            "libopenoffice-oodoc-perl", "debian-faq", "gnuplot-doc", "tango-icon-theme", "developers-reference", "maint-guide", "libtiff-doc",
            "pandoc-data", "gnumeric-doc", "catdoc")
LIMITS = {"pdf": 60, "docx": 40, "xlsx": 60, "pptx": 20, "odt": 30, "ods": 20, "odp": 20, "ott": 60, "otp": 30, "doc": 30, "xls": 30, "ppt": 10, "rtf": 20,
          "png": 150, "jpg": 60, "jpeg": 20, "gif": 80, "svg": 80, "webp": 20, "tiff": 20, "ico": 20, "gz": 200, "zip": 20, "txt": 100, "html": 100,
          "xml": 60, "csv": 40, "epub": 10, "ttf": 15, "bmp": 10, "mo": 0}
ROOTS = ("/usr/share", "/usr/lib/libreoffice/share")
LARGEST = 3_000_000
# Left out, with the reason: what these hold is rightly an executable, a script or an archive under another name.
EXCLUDED = {
    "/examples/": "examples of packages are scripts",
    "/usr/share/doc/libreoffice": "holds Basic macros",
    "/tests/": "made to be broken",
    "/usr/share/mime/": "descriptions of file types that quote their magic numbers",
    "/site-packages/": "program code", "/node_modules/": "program code",
    "/usr/share/javascript/": "program code", "/usr/share/java": "program code", "/jvm/": "program code",
    "/usr/share/file/": "magic numbers themselves",
}
HAM = 300                                       # ham letters, the first of each archive in the order of their names


def packages(target: Path, install: bool = True) -> list[Path]:
    """Folders with the contents of PACKAGES; what cannot be fetched is said."""
    places = []
    store = target / "benign-packages"
    store.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        place = store / package
        if not (place / "@whole").exists() and install:
            progress(f"benign: fetching {package}")
            place.mkdir(exist_ok=True)
            done = subprocess.run(["apt-get", "download", "-q", package], cwd=place, capture_output=True, check=False, timeout=120)
            debs = sorted(place.glob("*.deb"))
            if done.returncode or not debs:
                print(f"benign: {package} cannot be fetched: {done.stderr.decode(errors='replace').strip()[-120:]}", file=sys.stderr)
                continue
            subprocess.run(["dpkg-deb", "-x", debs[0], place / "x"], check=True, timeout=120)
            debs[0].unlink()
            (place / "@whole").write_text("")
        if (place / "@whole").exists():
            places.append(place / "x")
    progress("")
    return places


def candidates(roots: list[Path]):
    for root in roots:
        for folder, names, files in os.walk(root):
            names.sort()
            for name in sorted(files):
                path = Path(folder, name)
                extension = path.suffix[1:].lower()
                text = str(path)
                if LIMITS.get(extension) and not any(bad in text for bad in EXCLUDED) and path.is_file() and not path.is_symlink() and 0 < path.stat().st_size <= LARGEST:
                    yield extension, path


def choose(roots: list[Path]) -> dict[str, tuple[str, bytes]]:
    """{sha256: (label, content)}; of each extension those whose path hashes lowest, so that packages are mixed."""
    shelves: dict[str, list] = {}
    for extension, path in candidates(roots):
        label = str(path).partition("/benign-packages/")[2] or str(path)
        shelves.setdefault(extension, []).append((hashlib.sha256(label.encode()).hexdigest(), label, path))
    chosen = {}
    for extension, shelf in shelves.items():
        taken = 0
        for _, label, path in sorted(shelf, key=lambda one: one[0]):
            if taken == LIMITS[extension]:
                break
            data = path.read_bytes()
            key = hashlib.sha256(data).hexdigest()
            if key not in chosen:
                chosen[key] = (label, data)
                taken += 1
    return chosen


def archives(chosen: dict) -> dict[str, tuple[str, bytes]]:
    """Archives of ten files each, made by tar, zip and 7z, as an office sends them."""
    import tempfile
    made, files = {}, [one for one in sorted(chosen.values()) if len(one[1]) < 200_000 and not one[0].endswith((".zip", ".gz"))]
    makers = {"zip": ["zip", "-q", "-r", "@o.zip", "."], "7z": ["7zz", "a", "-bso0", "-bsp0", "@o.7z", "."], "tar.xz": ["tar", "-cJf", "@o.tar.xz", "--exclude=@*", "."],
              "tgz": ["tar", "-czf", "@o.tgz", "--exclude=@*", "."]}
    for number in range(0, min(len(files), 600) - 10, 10):
        kind = list(makers)[number // 10 % 4]
        with tempfile.TemporaryDirectory() as place:
            for at, (label, data) in enumerate(files[number:number + 10]):
                Path(place, f"{at}-{Path(label).name}").write_bytes(data)
            try:
                done = subprocess.run(makers[kind], cwd=place, capture_output=True, check=False, timeout=60)
            except OSError:
                continue
            packed = Path(place, f"@o.{kind}")
            if done.returncode == 0 and packed.exists():
                data = packed.read_bytes()
                made[hashlib.sha256(data).hexdigest()] = (f"made/{number // 10}.{kind}", data)
    return made


def letters_of_others(seed: Path | None) -> dict[str, tuple[str, bytes]]:
    """Ham of the seed: `*.tar.zst`, unpacked by zstd."""
    found = {}
    for pack in sorted((seed / "spam-ham").glob("*/ham.tar.zst")) if seed else []:
        done = subprocess.run(["zstd", "-dqc", pack], capture_output=True, check=False)
        if done.returncode:
            print(f"benign: {pack}: zstd is missing or failed", file=sys.stderr)
            continue
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
            members = sorted((member for member in tar if member.isfile()), key=lambda member: member.name)
            for member in members[:HAM]:
                data = tar.extractfile(member).read()
                if data.startswith(b"From "):           # the line of a mailbox, not of the letter
                    data = data.partition(b"\n")[2]
                found[hashlib.sha256(data).hexdigest()] = (f"{pack.parent.name}/{member.name}", data)
    return found


def exceptions(listed: Path) -> dict[str, str]:
    """{label: reason}: what was looked at one by one and is rightly reported; these are counted apart."""
    return {cells["label"]: cells["reason"] for _, cells in table(listed, ["label", "reason"])}


def run(binary, policy, place: Path, root: Path, target: Path, sabotage: str, install: bool = True) -> list[Figure]:
    seed = find_seed(root)
    chosen = choose([*([seed / "vi-docs"] if seed else []), *packages(target, install), *map(Path, ROOTS)])
    chosen.update(archives(chosen))
    mails = letters_of_others(seed)
    folder = place / "benign"
    folder.mkdir(exist_ok=True)
    labels = {}
    for number, (label, data) in enumerate(chosen.values()):
        path = folder / f"{number:05}.eml"
        path.write_bytes(letter(number, [attachment(Path(label).name, data, "application/octet-stream", 1)], body="Xin gửi tệp để tham khảo.\r\n"))
        labels[path] = label
    for number, (label, data) in enumerate(mails.values()):
        path = folder / f"mail-{number:05}.eml"
        path.write_bytes(data)
        labels[path] = label
    results, _ = scan_all(binary, policy, list(labels), sabotage)
    counts = {what: Count(f"benign: {what}") for what in ("read", "no executable", "no budget exceeded", "no dangerous contradiction")}
    excepted, explained = exceptions(root / "corpus/executables/benign-exceptions.tsv"), []
    unread = Count("benign: opened without being called damaged (reported only)", None)
    for path, label in labels.items():
        result = results.get(str(path))
        if not counts["read"].add(label, None if result else "no JSON line"):
            continue
        if label in excepted:
            explained.append(f"{label}: {excepted[label]}; {brief(files_of(result))}")
            continue
        files = files_of(result)
        flagged = [file for file in files if file.get("executable")]
        counts["no executable"].add(label, brief(flagged) + " " + json.dumps(flagged[0]["executable"])[:120] if flagged else None)
        reasons = [file["not_opened"] for file in files if file.get("not_opened")]
        budgets = [reason for reason in reasons if reason.get("reason") == "budget"]
        counts["no budget exceeded"].add(label, str(budgets[0]) if budgets else None)
        wrong = [file for file in files if "contradiction-dangerous" in traits_of(file)]
        counts["no dangerous contradiction"].add(label, f"{brief(wrong)} named {wrong[0].get('name')!r}, declared {wrong[0].get('declared_type')}" if wrong else None)
        damaged = [reason for reason in reasons if reason.get("reason") == "damaged"]
        unread.add(label, str(damaged[0]) if damaged else None)
        path.unlink()
    kinds: dict[str, int] = {}
    for label in labels.values():
        extension = Path(label).suffix[1:].lower()
        extension = extension if extension in LIMITS or extension in ("7z", "xz", "tgz") else "letter"
        kinds[extension] = kinds.get(extension, 0) + 1
    spread = [f"{number} {kind}" for kind, number in sorted(kinds.items(), key=lambda one: -one[1])]
    return [Figure("benign: distinct files and letters (of 1,000)", min(len(labels), 1000), 1000, 1.0, [", ".join(spread)]),
            Figure("benign: how many there were (reported only)", len(labels), len(labels), None, [", ".join(spread)]),
            *[count.figure for count in counts.values()], unread.figure,
            Figure("benign: exceptions, explained in benign-exceptions.tsv (reported only)", len(explained), len(labels), None, explained)]
