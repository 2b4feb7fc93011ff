"""Makes the near misses of marks_near in their forms: corpus/marks/NEAR.tsv and near.tar.xz.

  marks_near_make.py WORK CORPUS

Beside them stand twins: letters of the positive plan without their mark, in every format and legacy encoding.
"""

import hashlib
import io
import os
import sys
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import marks_flat
import marks_fonts
import marks_make
import marks_near
import marks_plan
from marks_job import Job

COLUMNS = ["file", "format", "maker", "wrap", "text", "form", "allowed", "sha256"]
MAKERS = {"docx": "lo", "doc": "lo", "odt": "lo", "rtf": "lo", "pdf": "lo", "xlsx": "openpyxl", "xls": "xlwt", "pptx": "python-pptx", "txt": "by-hand", "html": "by-hand"}
FORMS_A_TEXT, EVERY = 4, 6


class Near(marks_flat.Flat):
    """The letter with the text between its paragraphs, or the text alone."""

    def __init__(self, job: Job, lines: list, form: str):
        super().__init__(job)
        self.lines, self.form = lines, form

    def text(self) -> str:
        out, rows = [], []
        for line in [*self.lines, None]:
            if isinstance(line, list):
                rows.append([self.line(cell, "fo:font-weight='bold'" if not rows else "") for cell in line])
                continue
            if rows:
                width = max(map(len, rows))
                cell = self.style("table-cell", "<style:table-cell-properties fo:border='0.5pt solid #000000' fo:padding='0.05cm'/>")
                out.append(marks_flat.table([row + ["<text:p/>"] * (width - len(row)) for row in rows], cell))
                rows = []
            if line is not None:
                out.append(self.line(line, "fo:font-weight='bold'" if line == line.upper() else ""))
        return "".join(out)

    def body(self) -> str:
        if self.form == "alone":
            return self.text()
        letter, bold = self.job.letter, "fo:font-weight='bold'"
        out = [self.head(), self.line(letter.title or " ", bold, "center"), self.line(letter.subject, bold, "center"), self.line(f"Kính gửi: {letter.to}.")]
        out += [self.line(letter.paragraphs[0]), self.text(), *(self.line(text) for text in letter.paragraphs[1:]), self.line("Nơi nhận:")]
        return "".join([*out, *(self.line(text) for text in letter.receivers), self.line(letter.post, bold), self.line(letter.signer, bold)])


def plan() -> list[tuple[Job, str, list, str, str]]:
    """(job, name of the text, lines, form, allowed): four forms a text, turned so that all forms occur with all kinds of text."""
    out = []
    for number, (name, allowed, lines) in enumerate(marks_near.TEXTS):
        chosen = [marks_near.FORMS[(number + step) % len(marks_near.FORMS)] for step in (0, 1, 4, 7)]
        for fmt, form in chosen[:FORMS_A_TEXT]:
            job = Job(f"near-{name}-{fmt}-{form}", fmt, MAKERS[fmt], "", "nfc", "", "none", paragraphs=3).prepare()
            out.append((job, name, lines, form, allowed))
    return out


def plain(job: Job, lines: list, form: str) -> str:
    text = [" | ".join(line) if isinstance(line, list) and job.dice("sep").random() < .5 else "\t".join(line) if isinstance(line, list) else line for line in lines]
    whole = job.letter.lines()
    return "\n".join(text if form == "alone" else [*whole[:10], *text, *whole[10:]]) + "\n"


def page(job: Job, lines: list) -> str:
    body = "".join("<table border=1><tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr></table>" if isinstance(line, list) else f"<p><b>{escape(line)}</b></p>" for line in lines)
    whole = [f"<p>{escape(line)}</p>" for line in job.letter.lines()]
    return "<html><body>" + "".join([*whole[:10], body.replace("</table><table border=1>", ""), *whole[10:]]) + "</body></html>"


def sheet(job: Job, lines: list) -> bytes:
    rows, out = [line if isinstance(line, list) else [line] for line in lines], io.BytesIO()
    if job.fmt == "xls":
        import xlwt
        book = xlwt.Workbook(encoding="utf-8")
        for at, row in enumerate(rows):
            if at == 0:
                made = book.add_sheet("Sheet1")
            for column, cell in enumerate(row):
                made.write(at, column, cell)
        book.save(out)
        return out.getvalue()
    import openpyxl
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([f"'{cell}" if cell.startswith("=") else cell for cell in row])
    book.save(out)
    return out.getvalue()


def deck(lines: list) -> bytes:
    from pptx import Presentation
    from pptx.util import Inches
    made = Presentation()
    slide = made.slides.add_slide(made.slide_layouts[1])
    flat = [line for line in lines if not isinstance(line, list)]
    rows = [line for line in lines if isinstance(line, list)]
    slide.shapes.title.text = flat[0] if flat else "Bảng số liệu"
    slide.placeholders[1].text = "\n".join(flat[1:])
    if rows:
        table = slide.shapes.add_table(len(rows), max(map(len, rows)), Inches(.5), Inches(3), Inches(8), Inches(2)).table
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                table.cell(at, column).text = cell
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def twins(work: Path) -> list[tuple[Job, bytes]]:
    """Letters of the positive plan, in its formats and encodings, with the mark and its stamps left out."""
    jobs = []
    for job in marks_plan.rows("A"):
        if not job.extra.get("around") and (job.encoding != "nfc" or job.fmt == "msg"):
            job.name, job.mark, job.place = job.name.replace("a-", "twin-", 1), "", "top"
            jobs.append(job)
    return list(marks_make.make([job.prepare_plain() for job in jobs[::EVERY]], work, work / "home/.local/share/fonts").values())


def headers() -> list[tuple[list[str], bytes]]:
    """Rows and data of letters whose subject or file name has the words."""
    out = []
    for number, (where, words, allowed) in enumerate(marks_near.HEADERS):
        job = Job(f"near-{where}-{number:02}", "txt", "by-hand", "", "nfc", "", "none", paragraphs=3).prepare()
        data = ("\n".join(job.letter.lines()) + "\n").encode()
        out.append(([f"{job.name}.txt", "txt", "by-hand", f"{where}:{words}", f"{where}: {words}", "letter", allowed, hashlib.sha256(data).hexdigest()], data))
    return out


def main(work: Path, corpus: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    os.environ.update(HOME=str(work / "home"), LC_ALL="C.UTF-8")
    marks_fonts.write(work / "home/.local/share/fonts")
    marks_make.settings(work)
    jobs, sources, members, rows = plan(), {}, {}, []
    for job, _, lines, form, _ in jobs:
        if job.maker == "lo":
            folder = work / f"near-{job.fmt}"
            folder.mkdir(exist_ok=True)
            path = folder / f"{job.name}.fodt"
            path.write_text(Near(job, lines, form).document(), encoding="utf-8")
            sources.setdefault(job.fmt, []).append(path)
    for fmt, paths in sources.items():
        marks_make.office(marks_make.FILTERS.get(fmt, fmt), paths, work / f"out-{fmt}", work)
    for job, name, lines, form, allowed in jobs:
        wrap = "attach"
        match job.fmt:
            case "txt":
                data, wrap = plain(job, lines, form).encode(), job.dice("w").choice(["body:text/plain:utf-8:8bit", "body:text/plain:utf-8:base64", "text:utf-8"])
            case "html":
                data, wrap = page(job, lines).encode(), "body:text/html:utf-8:quoted-printable"
            case "xlsx" | "xls":
                data = sheet(job, lines)
            case "pptx":
                data = deck(lines)
            case fmt:
                data = (work / f"out-{fmt}" / f"{job.name}.{fmt}").read_bytes()
        file = f"{job.name}.{job.fmt}"
        members[file] = data
        rows.append([file, job.fmt, job.maker, wrap, name, form, allowed, hashlib.sha256(data).hexdigest()])
    for job, data in twins(work):
        file = f"{job.name}.{job.fmt}"
        members[file] = data
        rows.append([file, job.fmt, job.maker, job.wrap, "twin", job.encoding, "none", hashlib.sha256(data).hexdigest()])
    for row, data in headers():
        members[row[0]] = data
        rows.append(row)
    marks_make.table(corpus / "NEAR.tsv", COLUMNS, rows)
    marks_make.tar(corpus / "near.tar.xz", members)
    print(f"{len(rows)} near misses and twins of {len(marks_near.TEXTS)} texts, {(corpus / 'near.tar.xz').stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
