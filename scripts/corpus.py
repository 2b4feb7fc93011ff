#!/usr/bin/env python3
"""Writes and checks the corpus.

  scripts/corpus.py write           write corpus/main-job/*.eml and FACTS.tsv, and corpus/profiles/*.eml, from their builders
  scripts/corpus.py check           are the committed files what the builders write? do Python's own
                                    `email` reader and the stated facts agree? (exit 1 if not)
  scripts/corpus.py build RECIPE F  write the message of one recipe (sizes:NAME, bad:NAME, mail:NAME) to F
  scripts/corpus.py list            name the recipes

Expected verdicts are not written here: they stand in MANIFEST.tsv, by hand.
Exit: 0 done, 1 a check failed, 2 usage.
"""

import email
import hashlib
import sys
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts" / "lib"))
import mail_profiles  # noqa: E402
import manifest  # noqa: E402
import mimebuild  # noqa: E402

MAIN = ROOT / "corpus" / "main-job"
PROFILES = ROOT / "corpus" / "profiles"
# Where Python's reader is known to read otherwise than RFC 2046 asks: it takes report parts apart,
# and leaves a message/rfc822 in base64 unread.
PYTHON_DIFFERS = {"delivery-report", "read-receipt", "exe-in-base64-message"}


def main(arguments: list[str]) -> int:
    match arguments:
        case ["write"]:
            return write()
        case ["check"]:
            return check()
        case ["build", recipe, target]:
            Path(target).write_bytes(manifest.build(recipe)[0])
            return 0
        case ["list"]:
            for kind in ("mail", "sizes", "bad"):
                print("\n".join(f"{kind}:{name}" for name in manifest.recipes(kind)))
            return 0
        case ["-h" | "--help"]:
            print(__doc__)
            return 0
    print(__doc__, file=sys.stderr)
    return 2


def write() -> int:
    stated = {}
    for name in manifest.recipes("mail"):
        raw, stated[f"{name}.eml"] = manifest.build(f"mail:{name}")
        (MAIN / f"{name}.eml").write_bytes(raw)
    for name in manifest.recipes("sizes"):
        facts = manifest.build(f"sizes:{name}")[1]
        stated[f"{name}.eml"] = facts if len(facts) < 100 else facts[:3] + facts[-3:]
        print(name, *mimebuild.totals(facts), sep="\t")
    for name, raw in mail_profiles.build().items():
        (PROFILES / name).write_bytes(raw)
    manifest.write_facts(MAIN, stated)
    print(f"{len(stated)} messages in {MAIN}")
    return 0


def check() -> int:
    wrong = []
    for name in manifest.recipes("mail"):
        raw, facts = manifest.build(f"mail:{name}")
        path = MAIN / f"{name}.eml"
        if not path.exists() or path.read_bytes() != raw:
            wrong.append(f"{path}: not what its builder writes")
        if name not in PYTHON_DIFFERS and leaves(email.message_from_bytes(raw)) != [f.sha256 for f in facts if f.sha256]:
            wrong.append(f"{path}: Python's reader finds other leaves")
    for name, raw in mail_profiles.build().items():
        if not (PROFILES / name).exists() or (PROFILES / name).read_bytes() != raw:
            wrong.append(f"{PROFILES / name}: not what its builder writes")
    for folder in (MAIN,):
        listed = {row.name for row in manifest.read(folder)}
        kept = {path.name for path in folder.glob("*.eml")}
        wrong += [f"{folder}/{name}: in no row of MANIFEST.tsv" for name in sorted(kept - listed)]
    print("\n".join(wrong) or "corpus: as its builders write it")
    return 1 if wrong else 0


def leaves(part) -> list[str]:
    if part.get_content_type() == "message/rfc822" or part.is_multipart():
        return [leaf for child in part.get_payload() for leaf in leaves(child)]
    return [hashlib.sha256(part.get_payload(decode=True)).hexdigest()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
