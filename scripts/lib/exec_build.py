#!/usr/bin/env python3
"""Makes the frozen sets of `scripts/eval executables`. Needs compilers and packers; the evaluation does not.

  python3 -B scripts/lib/exec_build.py main FOLDER      corpus/executables: matrix, pairs, passwords
  python3 -B scripts/lib/exec_build.py second FOLDER    corpus/executables-2: other shapes
  python3 -B scripts/lib/exec_build.py rar FOLDER       corpus/executables-rar: RAR, stored
  python3 -B scripts/lib/exec_build.py draft FOLDER     a few cells, to try the harness

Times and keys differ from run to run, so a set is made once and committed: what was judged is what lies there.
Debian packages: see exec_payloads.py and exec_containers.py; in a venv /tmp/evalx-venv: pylnk3 oletools msoffcrypto-tool.
"""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import exec_documents  # noqa: E402
import exec_mail  # noqa: E402
import exec_passwords  # noqa: E402
import exec_payloads  # noqa: E402
from exec_containers import CONTAINERS, confirm  # noqa: E402
from exec_mail import Row, alone, attachment, letter, sha  # noqa: E402
from exec_payloads import CORE, SCRIPTS  # noqa: E402
import mimebuild  # noqa: E402

assert exec_documents                                   # imported because it adds its containers

COMMON = ("zip-deflate", "7z-lzma2", "tar-gz", "iso", "cab", "pdf-attachment", "docx-embedded", "eml-file")
OUTER = ("ho-so", "bao-cao-thang", "tai-lieu-hop", "phu-luc")
FOR_SCRIPTS = ("zip-deflate", "zip-streamed", "7z-lzma2", "tar-gz", "gz", "iso", "cab", "arj", "lha", "docx-ole-package", "pdf-attachment", "msg")


def named(container, inner: str, number: int) -> str:
    """What the letter calls the container."""
    if container.suffix:
        return f"{inner}.{container.extension}"
    return {"tnef": "winmail.dat", "p7m": "smime.p7m"}.get(container.id, f"{OUTER[number % len(OUTER)]}-{number}.{container.extension}")


def wrapped(number: int, container, inner: str, blob: bytes) -> bytes:
    name = named(container, inner, number)
    if container.id == "uuencode" and number % 2:
        return alone(number, mimebuild.Leaf(["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"], blob, "8bit"))
    if container.id == "p7m" and number % 2:
        return alone(number, attachment(name, blob, how=number))
    return letter(number, [attachment(name, blob, how=0 if container.id == "eml-part" else 1 if container.id == "eml-file" else number)])


def cell(number: int, group: str, container, payload, twin: bool):
    """One letter with a container and a file in it."""
    if twin:
        name, data, what = exec_payloads.twin(payload, number)
    else:
        name, data, what = exec_payloads.positive_name(payload, number), payload.data, "-"
    blob = container.make(name, data)
    said = confirm(container, blob, name, data)
    mail = wrapped(number, container, name, blob)
    file = f"{group}-{container.id}-{payload.kind}{'-twin' if twin else ''}.eml"
    return Row(file, group, container.id, payload.kind, what, "clean" if twin else "executable", name if container.names else "-",
               "-" if twin else ",".join(payload.kinds), sha(data), sha(mail), "-", said), mail


def pair(number: int, outer, inner, payload, twin: bool):
    if twin:
        name, data, what = exec_payloads.twin(payload, number)
    else:
        name, data, what = exec_payloads.positive_name(payload, number), payload.data, "-"
    inside = inner.make(name, data)
    middle = f"muc-{number % 9}.{inner.extension}"
    blob = outer.make(middle, inside)
    said = f"{confirm(outer, blob, middle, inside)}/{confirm(inner, inside, name, data)}"
    mail = wrapped(number, outer, middle, blob)
    file = f"pair-{outer.id}-{inner.id}{'-twin' if twin else ''}.eml"
    return Row(file, "pair", f"{outer.id}/{inner.id}", payload.kind, what, "clean" if twin else "executable", name,
               "-" if twin else ",".join(payload.kinds), sha(data), sha(mail), "-", said), mail


def jobs(programs: dict, few: bool):
    containers = list(CONTAINERS.values())
    for at, container in enumerate(containers):
        for with_, kind in enumerate(CORE):
            if few and (at + with_) % 24:
                continue
            number = at * 40 + with_ + at % 2
            group = "matrix" if container.twin else "only"
            yield cell, (number, group, container, programs[kind], False)
            if container.twin:
                yield cell, (number + 20, group, container, programs[kind], True)
    for at, name in enumerate([] if few else FOR_SCRIPTS):
        for with_, kind in enumerate(SCRIPTS):
            yield cell, (4000 + at * 20 + with_ + at % 2, "scripts", CONTAINERS[name], programs[kind], False)
            yield cell, (4010 + at * 20 + with_, "scripts", CONTAINERS[name], programs[kind], True)
    for at, outer in enumerate(COMMON[:2] if few else COMMON):
        for with_, inner in enumerate(COMMON):
            number = 6000 + at * 20 + with_ + at % 2
            payload = programs[CORE[(at * 5 + with_) % len(CORE)]]
            yield pair, (number, CONTAINERS[outer], CONTAINERS[inner], payload, False)
            yield pair, (number + 300, CONTAINERS[outer], CONTAINERS[inner], payload, True)


def make(work, workers: int = 2):
    rows, letters, broken = [], {}, []
    with ThreadPoolExecutor(workers) as pool:
        waiting = [(function, given, pool.submit(function, *given)) for function, given in work]
        for function, given, one in waiting:
            try:
                row, mail = one.result()
            except Exception as error:                                  # noqa: BLE001  all of them are shown
                broken.append(f"{function.__name__} {[getattr(item, 'id', getattr(item, 'kind', item)) for item in given]}: {str(error)[:300]}")
                continue
            if row.file in letters:
                broken.append(f"{row.file}: twice")
            rows.append(row)
            letters[row.file] = mail
    return rows, letters, broken


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in ("main", "second", "rar", "draft"):
        print(__doc__, file=sys.stderr)
        return 2
    what, folder = arguments[0], Path(arguments[1])
    with tempfile.TemporaryDirectory() as scratch:
        programs = exec_payloads.build(Path(scratch))
    if what in ("second", "rar"):
        work = __import__(f"exec_{what}").jobs(programs)
    else:
        work = [*jobs(programs, what == "draft"), *exec_passwords.jobs(programs)]
    rows, letters, broken = make(work)
    print("\n".join(broken) or "every cell was made and confirmed", file=sys.stderr)
    exec_mail.write(folder, rows, letters, seal=what != "draft")
    print(f"{len(rows)} letters, {sum(row.positive for row in rows)} with an executable, {len(broken)} not made")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
