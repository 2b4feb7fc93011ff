"""Which share of each reader's lines the seeds reach: the targets are replayed without the fuzzer, built
with the compiler's own counters of lines."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

NEEDED = 60.0

# What is measured: the seeds of which targets, the lines of which files (of src/).
ARCHIVE, DISK, DOCUMENT, MAIL = "content/archive/", "content/disk/", "content/document/", "content/mail/"
TEXT = DOCUMENT + "text/"
READERS = {
    "zip": (["zip"], [ARCHIVE + "zip/"]),
    "rar": (["rar"], [ARCHIVE + "rar"]),
    "seven": (["seven"], [ARCHIVE + "seven"]),
    "ole": (["ole"], [DOCUMENT + "ole/", *(TEXT + name for name in ("doc/", "xls/", "ppt/", "ole"))]),
    "ooxml": (["ooxml"], [DOCUMENT + "ooxml", DOCUMENT + "xml", DOCUMENT + "part", *(TEXT + name for name in ("ooxml/", "package", "runs", "tags"))]),
    "pdf": (["pdf"], [DOCUMENT + "pdf/"]),
    "mime": (["mime"], ["message/"]),
    "codec": (["codec"], ["milter/codec", "milter/command"]),
    "odf": (["odf"], [DOCUMENT + "odf", TEXT + "odf/"]),
    "cab": (["cab"], [ARCHIVE + "cab"]),
    "arj": (["arj"], [ARCHIVE + "arj"]),
    "lha": (["lha"], [ARCHIVE + "lha"]),
    "tar": (["tar"], [ARCHIVE + "tar"]),
    "cpio": (["cpio"], [ARCHIVE + "cpio"]),
    "ar": (["ar"], [ARCHIVE + "ar.rs"]),
    "packed files": (["gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "compress"], [ARCHIVE + "stream", ARCHIVE + "lz4", ARCHIVE + "lzw"]),
    "szdd": (["szdd"], [ARCHIVE + "szdd"]),
    "uuencode": (["uuencode"], [ARCHIVE + "uuencode"]),
    "iso, udf": (["iso"], [DISK + "iso", DISK + "udf"]),
    "disk": (["disk"], [DISK + "fat", DISK + "exfat", DISK + "ntfs", DISK + "partition", DISK + "mod", DISK + "files"]),
    "vhd": (["vhd"], [DISK + "vhd"]),
    "rtf": (["rtf"], [DOCUMENT + "rtf", TEXT + "rtf/"]),
    "onenote": (["onenote"], [DOCUMENT + "onenote"]),
    "html, svg": (["html", "svg"], [DOCUMENT + "markup"]),
    "msg": (["msg"], [MAIL + "msg", TEXT + "msg"]),
    "tnef": (["tnef"], [MAIL + "tnef"]),
    "smime": (["smime"], [MAIL + "smime"]),
    "pgp": (["pgp"], [MAIL + "pgp"]),
    "eml": (["eml"], [MAIL + "eml"]),
    "mbox": (["mbox"], [MAIL + "mbox"]),
}


def tools() -> Path | None:
    """Debian's llvm tools of rustc's own version: others cannot read its profiles."""
    said = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"LLVM version: (\d+)", said)
    folder = Path(f"/usr/lib/llvm-{version[1] if version else '0'}/bin")
    if (folder / "llvm-cov").exists():
        return folder
    print(f"fuzz: --cover needs {folder}/llvm-cov (apt-get install {folder.parent.name})", file=sys.stderr)
    return None


def run(root: Path, seeds: Path, wanted: list[str]) -> int:
    """Builds, replays, prints a table; 1 where a reader's lines are reached by less than 60%."""
    llvm = tools()
    if llvm is None:
        return 2
    target = root / "fuzz/target/cover"
    env = os.environ | {"RUSTC_WRAPPER": str(root / "scripts/fuzz.d/rustc-cover"), "CARGO_TARGET_DIR": str(target)}
    if subprocess.run(["nice", "cargo", "build", "--locked", "--features", "replay", "--bin", "replay"], cwd=root / "fuzz", check=False, env=env).returncode:
        return 2
    binary = target / "debug/replay"
    low = 0
    print(f"{'reader':16}{'seeds':>7}{'lines':>8}{'reached':>9}{'%':>8}")
    for name, (targets, files) in READERS.items():
        if wanted and not set(wanted) & set(targets):
            continue
        profiles = []
        count = 0
        for one in targets:
            profile = target / f"{one}.profraw"
            paths = sorted(str(path) for path in (seeds / one).glob("*"))
            count += len(paths)
            subprocess.run(["nice", str(binary), one, *paths], check=False, env=os.environ | {"LLVM_PROFILE_FILE": str(profile)}, timeout=1200,
                           stdout=subprocess.DEVNULL)
            profiles.append(str(profile))
        merged = target / "merged.profdata"
        subprocess.run([llvm / "llvm-profdata", "merge", "-sparse", *profiles, "-o", merged], check=True)
        said = subprocess.run([llvm / "llvm-cov", "export", "-summary-only", f"-instr-profile={merged}", binary], check=True, capture_output=True)
        lines = reached = 0
        detail = []
        for file in json.loads(said.stdout)["data"][0]["files"]:
            path = file["filename"].rpartition("/src/")[2]
            if str(root) in file["filename"] and any(path.startswith(prefix) for prefix in files):
                these = file["summary"]["lines"]
                lines += these["count"]
                reached += these["covered"]
                detail.append(f"{path.removeprefix('content/')} {these['percent']:.0f}%")
        share = 100 * reached / max(1, lines)
        low += share < NEEDED
        print(f"{name:16}{count:7}{lines:8}{reached:9}{share:8.1f}  {', '.join(detail) if share < NEEDED or wanted else ''}", flush=True)
    print(f"{low} below {NEEDED:.0f}%")
    return 1 if low else 0
