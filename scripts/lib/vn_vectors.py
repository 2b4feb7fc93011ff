#!/usr/bin/env python3
"""Writes src/vietnamese/testdata/vectors.txt from iconv and GNU recode, or with --check compares it with them.

  scripts/lib/vn_vectors.py [--check]

Every Vietnamese letter in TCVN 5712-1, VISCII and windows-1258 as glibc's iconv has it; in VNI, VPS and VIQR as
recode 3.7 has it, but for VPS Ỗ (recode has none) and VNI Ắ, Ằ (recode changes places): docs/vietnamese.md.
Exit: 0 the same, 1 different, 2 a program is missing.
"""

import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

OUT = Path(__file__).resolve().parents[2] / "src/vietnamese/testdata/vectors.txt"
LETTERS = "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯư" + "".join(map(chr, range(0x1EA0, 0x1EFA)))
RIGHT = {("vps", "Ỗ"): b"\x99", ("vni", "Ắ"): b"A\xc9", ("vni", "Ằ"): b"A\xc8"}


def run(command: list[str], letter: str) -> bytes:
    return subprocess.run(command, input=letter.encode(), capture_output=True, check=False).stdout


def vectors() -> str:
    lines = ["# Each letter and its bytes in hexadecimal; written by scripts/lib/vn_vectors.py, not by hand."]
    for name, charset in (("tcvn3", "TCVN5712-1"), ("viscii", "VISCII"), ("windows-1258", "CP1258")):
        raw = {c: run(["iconv", "-f", "UTF-8", "-t", charset], c) for c in LETTERS}
        lines.append(" ".join([name, *(f"{c}={raw[c].hex()}" for c in LETTERS)]))
        if name == "tcvn3":
            # A capital font shows the small letters as capitals.
            own = [c for c in LETTERS if len(raw[c]) == 1 and raw[c][0] >= 0xA0 and (c.islower() or c in "ĂÂÊÔƠƯĐ")]
            lines.append(" ".join(["tcvn3-capitals", *(f"{c.upper()}={raw[c].hex()}" for c in own)]))
    for name in ("vni", "vps", "viqr"):
        raw = {c: RIGHT.get((name, c)) or run(["recode", "-q", "-f", f"UTF-8..{name.upper()}"], c) for c in LETTERS}
        lines.append(" ".join([name, *(f"{c}={raw[c].hex()}" for c in LETTERS)]))
    return unicodedata.normalize("NFC", "\n".join(lines)) + "\n"


def main() -> int:
    missing = [program for program in ("iconv", "recode") if not shutil.which(program)]
    if missing:
        print(f"not installed: {', '.join(missing)}", file=sys.stderr)
        return 2
    made = vectors()
    if "--check" in sys.argv[1:]:
        print("the same" if OUT.read_text() == made else "different")
        return int(OUT.read_text() != made)
    OUT.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
