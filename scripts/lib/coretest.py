"""The part of scripts/test that needs a real Postfix: every row of the corpus in `enforce` over a unix socket, and miltertest.

Ends with the plain line `N passed, N failed`.
"""

import argparse
import signal
import sys
from pathlib import Path

import manifest
import miltertest
from demo import judge_row
from figures import Count, progress
from gacthu import GacthuError, find_binary
from private_postfix import PostfixError
from road import Road, temporary_folder

CORPUS = Path(__file__).resolve().parents[2] / "corpus/main-job"


def main() -> int:
    parser = argparse.ArgumentParser(prog="coretest.py")
    parser.add_argument("--big", action="store_true", help="the messages at the size limits too")
    parser.add_argument("--bin", default="")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows = [row for row in manifest.read(CORPUS) if given.big or not row.big]
    binary = find_binary(given.bin)
    count = Count("corpus")
    with temporary_folder() as folder, Road(binary, Path(folder), manifest.PROFILES, ("enforce",), CORPUS,
                                            ways=("unix",)) as road:
        sent = []
        for number, row in enumerate(rows, 1):
            progress(f"{number}/{len(rows)} {row.label}")
            sent.append(road.send(row, "enforce", "unix"))
            if row.big:
                settle(road, sent, count)
                sent = []
        settle(road, sent, count)
        scripts = miltertest.run(road.serves["dak-nong", "enforce"], road.serves["site", "enforce"])
    progress("")
    figures = [count.figure, *scripts]
    for figure in figures:
        print(f"{figure.name}: {figure.numerator} of {figure.denominator}")
        print("".join(f"    FAILED {failure}\n" for failure in figure.failures), end="")
    failed = sum(len(figure.failures) for figure in figures)
    print(f"{sum(figure.numerator for figure in figures)} passed, {failed} failed")
    return 1 if failed else 0


def settle(road: Road, outcomes: list, count: Count) -> None:
    left = road.settle(outcomes)
    for outcome in outcomes:
        problem = judge_row(outcome.row, outcome.sent, outcome)
        count.add(outcome.row.label, problem or (f"left in the queue: {left[0]}" if left else None))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (GacthuError, PostfixError, manifest.ManifestError) as error:
        progress("")
        print(f"coretest: {error}", file=sys.stderr)
        sys.exit(2)
