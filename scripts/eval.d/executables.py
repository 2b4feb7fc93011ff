"""The figures of issue 4: no executable gets through because it is wrapped, no harmless file is held for one.

Called by `scripts/eval executables`. Shares no code with gacthu: it runs the binary over frozen letters
(corpus/executables, written from the issue alone by another hand than the code, and committed before anything ran
against it), over the samples of ../shared/corpus-seed, over harmless files of others, and under bombs.
"""

import io
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import exec_benign
import exec_bomb_run
import exec_bombs
import exec_judge
import exec_mail
import exec_predicates
import exec_seed
import gacthu
from figures import Count, Figure, progress
from milter_client import MilterError
from payloads import docx, filler, png
from road import temporary_folder

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus/executables"
TARGET = ROOT / "target"
HELP = "Wrapped executables and their twins, samples, harmless files, bombs, predicates."


def run(binary: Path, full: bool, corpus: Path | None, sabotage: str) -> list[Figure]:
    """All figures. With `corpus` those of that folder's MANIFEST.tsv; with `sabotage` those of the letters and samples."""
    folder = corpus or CORPUS
    rows = exec_mail.read(folder)
    letters = exec_mail.unpack(folder, TARGET)
    with temporary_folder() as temporary:
        place = Path(temporary)
        policy = gacthu.write_policy(place, "dak-nong", "enforce", folder)
        parts = {"letters": lambda: matrix(binary, policy, rows, letters, sabotage)}
        if not corpus:
            more = ROOT / "corpus/executables-rar"
            parts["RAR"] = lambda: matrix(binary, policy, exec_mail.read(more), exec_mail.unpack(more, TARGET), sabotage, "RAR: ")
            seed = exec_seed.find_seed(ROOT)
            parts["seed"] = lambda: exec_seed.run(binary, policy, place, ROOT, CORPUS / "seed.tsv", sabotage)
            bombs: dict = {}
            if not sabotage:
                install = "--no-install" not in sys.argv
                tools(install)
                parts["benign"] = lambda: exec_benign.run(binary, policy, place, ROOT, TARGET, sabotage, install)
                parts["bombs built"] = lambda: bombs.update(exec_bombs.write(place / "bombs", seed)) or []
                parts["predicates"] = lambda: exec_predicates.run(binary, place, letters, bombs, seed)
                parts["bombs"] = lambda: exec_bomb_run.run(binary, policy, place, bombs, list(exec_bombs.STARVING), normal())
        return [figure for name, part in parts.items() for figure in guarded(name, part)]


def guarded(name: str, part) -> list[Figure]:
    """One part that breaks is one figure that fails; the others are still measured."""
    begin = time.monotonic()
    try:
        return part()
    except (gacthu.GacthuError, MilterError, OSError, ValueError, KeyError, IndexError, AttributeError, TypeError, subprocess.SubprocessError) as error:
        return [Figure(f"part {name} came to its end", 0, 1, 1.0, [f"{type(error).__name__}: {str(error)[-400:]}"])]
    finally:
        progress(f"{name}: {time.monotonic() - begin:.0f} s")


def matrix(binary: Path, policy: Path, rows, letters: Path, sabotage: str, what: str = "") -> list[Figure]:
    results, said = exec_judge.scan_all(binary, policy, [letters / row.file for row in rows], sabotage)
    read = Count(f"{what}letters: scan went through")
    for row in rows:
        read.add(row.file, None if str(letters / row.file) in results else (said or ["no JSON line"])[0])
    figures = [*exec_judge.shape(rows, letters), read.figure, *exec_judge.judge(rows, results, letters)]
    for figure in figures:
        figure.name = figure.name if figure.name.startswith(what) else what + figure.name
    return figures


def tools(install: bool) -> None:
    """Debian's packers, for the seed's ham and for archives of harmless files; what stays missing makes its figure fall."""
    subprocess.run([str(ROOT / "scripts/lib/install.sh"), *([] if install else ["--no-install"]), "zstd", "zip", "7zz", "xz"], check=False)


def normal() -> dict[str, bytes]:
    """What an office sends: a short letter, and one with a document of 100 KB."""
    words = "Kính gửi các đồng chí, xin thông báo lịch họp giao ban tuần tới tại phòng họp số 2.\r\n"
    document = docx("Báo cáo công tác tháng 5 " * 40)
    picture = filler(95_000, "anh", png())
    held = io.BytesIO(document)
    with zipfile.ZipFile(held, "a") as pack:
        pack.writestr(zipfile.ZipInfo("word/media/image1.png", (2024, 1, 1, 0, 0, 0)), picture)
    return {"a plain letter of 5 KB": exec_mail.letter(1, [], body=words * (5000 // len(words.encode()))),
            "a letter with a docx of 100 KB": exec_mail.letter(2, [exec_mail.attachment("bao-cao.docx", held.getvalue(), how=1)])}
