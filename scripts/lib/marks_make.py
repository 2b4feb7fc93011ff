"""Makes the files of corpus/marks (part A) or corpus/marks-2 (part B), confirms each mark with a second program, packs them.

  marks_make.py A|B WORK CORPUS     WORK is scratch; CORPUS gets MANIFEST.tsv, documents.tar.xz, DROPPED.tsv

Needs LibreOffice, antiword, catdoc, docx2txt, unrtf, poppler-utils, 7zip, pango1.0-tools, weasyprint, libemail-outlook-message-perl
(part B also abiword, gnumeric, chromium) and from PyPI python-docx, openpyxl, python-pptx, xlwt, xlrd, reportlab, fpdf2, pypdf, fonttools.
The evaluation itself needs none of them: it reads what was packed.
"""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import marks_confirm
import marks_docx
import marks_flat
import marks_fonts
import marks_msg
import marks_pdf
import marks_plain
import marks_plan
import marks_sheet
import marks_slide
from marks_job import Job

COLUMNS = ["file", "format", "inner", "maker", "wrap", "mark", "level", "encoding", "place", "disguise", "evidence", "strength", "confirmed", "truth", "sha256"]
FLAT = {"docx": (marks_flat.write, "fodt"), "doc": (marks_flat.write, "fodt"), "odt": (marks_flat.write, "fodt"), "rtf": (marks_flat.write, "fodt"), "pdf": (marks_flat.write, "fodt"),
        "xlsx": (marks_sheet.flat, "fods"), "xls": (marks_sheet.flat, "fods"), "ods": (marks_sheet.flat, "fods"),
        "pptx": (marks_slide.flat, "fodp"), "ppt": (marks_slide.flat, "fodp"), "odp": (marks_slide.flat, "fodp")}
FILTERS = {"xls": "xls:MS Excel 97", "doc": "doc:MS Word 97", "ppt": "ppt:MS PowerPoint 97"}


def main(part: str, work: Path, corpus: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    home = work / "home"
    os.environ.update(HOME=str(home), LC_ALL="C.UTF-8", SOURCE_DATE_EPOCH="1767225600")
    fonts = home / ".local/share/fonts"
    marks_fonts.write(fonts)
    settings(work)
    jobs = marks_plan.rows(part)
    made = make(jobs, work, fonts)
    said = marks_confirm.run(list(made.values()), work)
    files = {name: archived(job, data) if job.extra.get("around") in ("zip", "7z") else data for name, (job, data) in made.items()}
    pack(jobs, files, said, corpus)


def settings(work: Path) -> None:
    """LibreOffice leaves out the picture of the first page that it puts into ODF files: only weight here."""
    profile = work / "profile/user"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><item oor:path="/org.openoffice.Office.Common/Save/Document"><prop oor:name="GenerateThumbnail" oor:op="fuse">'
        "<value>false</value></prop></item></oor:items>\n", encoding="utf-8")


def make(jobs: list[Job], work: Path, fonts: Path) -> dict:
    """name → (job, bytes), archives not yet around them."""
    by_office(jobs, work)
    out = {}
    for job in jobs:
        try:
            data = one(job, work, fonts)
        except Exception as error:  # noqa: BLE001: one writer must not end the rest
            print(f"{job.name}: {error!r}", file=sys.stderr)
            data = b""
        if data:
            out[job.name] = (job, data)
        else:
            print(f"{job.name}: nothing was written ({job.place}, {job.encoding})", file=sys.stderr)
    return out


def by_office(jobs: list[Job], work: Path) -> None:
    """All flat ODF sources, then one soffice a target format; abiword and gnumeric start from LibreOffice's DOCX and ODS."""
    batches: dict[str, list[Path]] = {}
    for job in jobs:
        if job.maker in ("lo", "abiword", "gnumeric"):
            target = {"abiword": "docx", "gnumeric": "ods"}.get(job.maker, job.fmt)
            writer, kind = FLAT[target]
            folder = work / f"src-{target}"
            folder.mkdir(exist_ok=True)
            path = folder / f"{job.name}.{kind}"
            path.write_text(writer(job), encoding="utf-8")
            batches.setdefault(target, []).append(path)
    for target, paths in batches.items():
        for at in range(0, len(paths), 150):
            office(FILTERS.get(target, target), paths[at:at + 150], work / f"out-{target}", work)


def office(target: str, paths: list[Path], out: Path, work: Path) -> None:
    subprocess.run(["nice", "soffice", "--headless", f"-env:UserInstallation=file://{work}/profile", "--convert-to", target, "--outdir", str(out), *map(str, paths)],
                   capture_output=True, check=False, timeout=560)


def one(job: Job, work: Path, fonts: Path) -> bytes:
    match job.maker, job.fmt:
        case "lo", fmt:
            path = work / f"out-{fmt}" / f"{job.name}.{fmt}"
            return path.read_bytes() if path.exists() else b""
        case "abiword", fmt:
            target = work / f"{job.name}.{fmt}"
            subprocess.run(["abiword", f"--to={fmt}", f"--to-name={target}", str(work / "out-docx" / f"{job.name}.docx")], capture_output=True, check=False, timeout=60)
            return target.read_bytes() if target.exists() else b""
        case "gnumeric", fmt:
            target = work / f"{job.name}.{fmt}"
            kind = "Gnumeric_Excel:excel_biff8" if fmt == "xls" else "Gnumeric_Excel:xlsx2"
            subprocess.run(["ssconvert", "-T", kind, str(work / "out-ods" / f"{job.name}.ods"), str(target)], capture_output=True, check=False, timeout=60)
            return target.read_bytes() if target.exists() else b""
        case "python-docx", _:
            return marks_docx.write(job)
        case "openpyxl", _:
            return marks_sheet.by_openpyxl(job)
        case "xlwt", _:
            return marks_sheet.by_xlwt(job)
        case "python-pptx", _:
            return marks_slide.by_pptx(job)
        case "reportlab", _:
            return marks_pdf.by_reportlab(job, fonts)
        case "fpdf2", _:
            return marks_pdf.by_fpdf2(job, fonts)
        case ("weasyprint" | "cairo" | "chromium"), _:
            return marks_pdf.by_command(job, work)
        case _, "rtf":
            return marks_plain.rtf(job)
        case _, "msg":
            return marks_msg.write(job)
        case _, "html":
            return marks_plain.html(job, job.extra["charset"])
        case _, "txt":
            return marks_plain.text(job, job.extra["charset"])
    raise ValueError(f"no writer for {job.maker} {job.fmt}")


def archived(job: Job, data: bytes) -> bytes:
    """The document in a ZIP or 7z, some two deep, with a harmless file beside it."""
    dice = job.dice("archive")
    name = dice.choice(["Tài liệu.", "van ban.", "thang 5/bao cao.", "1."]) + job.fmt
    if job.extra["around"] == "zip":
        out = zipped({name: data, "doc toi.txt": "Tệp gửi theo đề nghị.\r\n".encode()})
        return zipped({"ho so.zip": out}) if dice.random() < .25 else out
    import py7zr
    target = io.BytesIO()
    with py7zr.SevenZipFile(target, "w") as archive:
        archive.writef(io.BytesIO(data), name)
    return target.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 5, 8, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def truth(job: Job) -> str:
    """The Unicode text that went in (a disguised mark apart), for documents written in Unicode; else nothing."""
    if job.encoding not in ("nfc", "nfd", "tcvn3mark") or job.extra.get("around") or job.maker == "cairo":
        return ""
    bare = job.place in marks_plan.BARE or job.place in ("deleted", "caps", "hiddenrow", "invisible", "letters")
    mark = job.lines if job.disguise in ("none", "white", "tiny", "split") and not bare and job.encoding != "tcvn3mark" else []
    rest = [*mark, *job.evidence]
    if job.fmt in ("xlsx", "xls", "ods"):
        own = {*job.lines, *job.evidence}
        rows = [" ".join(row) for row in marks_sheet.grid(job) if not own & set(row)]
        return "\n".join([*rows, *([*mark, job.letter.agency, job.letter.number] if job.place == "second" else mark)])
    if job.fmt in ("pptx", "ppt", "odp"):
        return "\n".join([*mark, *(line for title, lines in marks_slide.slides(job) for line in (title, *lines))])
    return "\n".join([*rest, *job.letter.lines()])


def pack(jobs: list[Job], files: dict, said: dict, corpus: Path) -> None:
    """What no second program could show is dropped and listed."""
    rows, dropped, members, kept = [], [], {}, {}
    for job in jobs:
        shown = said.get(job.name, "") or ("python email (header)" if job.place in ("subject", "name") else "")
        if job.name not in files or not shown:
            dropped.append([job.name, job.fmt, job.maker, job.encoding, job.place, job.disguise, "not written" if job.name not in files else "no second program shows the mark"])
            continue
        around = job.extra.get("around", "")
        fmt = around if around in ("zip", "7z") else job.fmt
        name, data = f"{job.name}.{fmt}", files[job.name]
        members[name] = data
        text = truth(job)
        kind = (fmt, job.maker == "lo")
        if text and kept.get(kind, 0) < 14:
            kept[kind] = kept.get(kind, 0) + 1
            members[f"truth/{job.name}.txt"] = text.encode("utf-8")
        else:
            text = ""
        rows.append([name, fmt, job.fmt if around in ("zip", "7z") else "-", job.maker, job.wrap, job.mark, job.level, job.encoding, job.place, job.disguised,
                     str(len(job.evidence)), job.strength, shown, f"truth/{job.name}.txt" if text else "-", hashlib.sha256(data).hexdigest()])
    corpus.mkdir(parents=True, exist_ok=True)
    table(corpus / "MANIFEST.tsv", COLUMNS, rows)
    table(corpus / "DROPPED.tsv", ["file", "format", "maker", "encoding", "place", "disguise", "why"], dropped)
    tar(corpus / "documents.tar.xz", members)
    print(f"{len(rows)} files, {len(dropped)} dropped, {sum(kept.values())} with their text, {(corpus / 'documents.tar.xz').stat().st_size} bytes")


def table(path: Path, columns: list[str], rows: list[list[str]]) -> None:
    path.write_text("\n".join("\t".join(row) for row in [columns, *rows]) + "\n", encoding="utf-8")


def tar(path: Path, members: dict[str, bytes]) -> None:
    """Grouped by kind so that like lies beside like; xz because Python's own library reads it anywhere."""
    with tarfile.open(path, "w:xz", preset=9) as archive:
        for name in sorted(members, key=lambda name: (name.rpartition(".")[2], name)):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(members[name]), 1767225600
            archive.addfile(entry, io.BytesIO(members[name]))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
