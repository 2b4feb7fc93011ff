#!/usr/bin/env python3
"""Makes the frozen sets of `scripts/eval forwarding`: corpus/forwarding from the modules fwd_set_*.py and what fwd_run.py captured.

    scripts/lib/fwd_set_make.py CAPTURED corpus/forwarding        CAPTURED: folder of `fwd_run.py --capture`
    scripts/lib/fwd_set_make.py --second corpus/forwarding-2      the second part

What is captured differs from run to run (dates, queue ids): a set made again is another set. Both are frozen: they are not made
again because gacthu finds otherwise.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

import fwd_set
import fwd_set_acts
import fwd_set_in
import fwd_set_ok
import fwd_set_ok2
import fwd_set_ok3
import fwd_set_out
import fwd_set_second
from fwd_set import Set

# Rows of ../shared/corpus-seed/forwarded/HEADER-SHAPES.tsv, in its order.
SHAPES = (
    "gmail-caf",
    "gmail-x-forwarded-to",
    "gmail-x-forwarded-for",
    "gmail-encrypted",
    "gmail-order",
    "gmail-setup",
    "exchange-redirect-header",
    "exchange-redirect-envelope",
    "exchange-rule-forward",
    "exchange-forwarding-loop",
    "exchange-transport-rule",
    "exchange-loop-set",
    "exchange-folding",
    "zimbra-forwarded",
    "zimbra-resent",
    "pigeonhole-header",
    "pigeonhole-userid",
    "postfix-local",
    "srs",
    "exchange-online-srs",
    "batv",
    "yahoo-forward",
    "yandex-forward",
    "qmail-alias",
    "person-resent",
    "list",
)
UNSEEN = ("box-bcc-sender",)  # what no milter can tell from a blind copy


def captured(out: Set, folder: Path) -> None:
    """What the programs wrote, as gacthu would have seen it at the filter's host."""
    for path in sorted(folder.glob("*.json")):
        case = json.loads(path.read_text())
        data = path.with_suffix(".eml").read_bytes()
        # The folder of the run is not part of a letter; queue ids and dates stay.
        data = re.sub(rb"/tmp/gacthu-eval-\w+", b"/srv", data)
        name = f"run-{case['way']}.{case['author']}"
        login = case["login"].partition("@")[0] if case["role"] == "submission" else "-"
        common = {"profile": "dak-nong", "auth": login, "note": case["title"]}
        if case["innocent"]:
            out.add(
                name,
                data,
                "innocent",
                {"forward to a state mailbox": "forward to a state mailbox"}.get(case["innocent"], case["innocent"]),
                case["role"],
                case["sender"],
                ",".join(case["rcpts"]),
                case["innocent"],
                "not-refused",
                "run",
                **common,
            )
        elif case["way"] in UNSEEN:
            out.add(
                name,
                data,
                "border",
                case["way"],
                case["role"],
                case["sender"],
                ",".join(case["rcpts"]),
                "forward-out",
                "any",
                "run",
                **common | {"note": case["title"] + ": nothing tells it from a blind copy; the audit lists it"},
            )
        else:
            out.add(
                name,
                data,
                "out",
                case["way"],
                case["role"],
                case["sender"],
                ",".join(case["rcpts"]),
                "forward-out",
                "quarantined" if not case["sender"] else "refused",
                "run",
                **common,
            )


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    out, target = Set(), Path(sys.argv[2])
    if sys.argv[1] == "--second":
        fwd_set_second.build(out)
    else:
        for module in (fwd_set_out, fwd_set_in, fwd_set_ok, fwd_set_acts, fwd_set_ok2, fwd_set_ok3):
            module.build(out)
        captured(out, Path(sys.argv[1]))
        short = [shape for shape in SHAPES if sum(row.shape == shape for row in out.rows) < 2]
        if short:
            print(f"fewer than two letters: {', '.join(short)}", file=sys.stderr)
            return 1
    fwd_set.write(target, out.rows, out.letters)
    print(len(out.rows), Counter((row.group, row.evidence) for row in out.rows), Counter(row.expect for row in out.rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
