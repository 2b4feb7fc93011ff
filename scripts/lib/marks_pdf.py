"""PDFs by ReportLab, fpdf2, WeasyPrint, cairo (pango-view) and Chromium; LibreOffice's come from marks_flat."""

import io
import subprocess
from functools import cache
from html import escape
from pathlib import Path

import marks_code
from marks_job import Job
from marks_text import MOTTO, NATION

PLACES = {"reportlab": ("top", "beside", "header", "rotated", "annotation", "stamp", "form", "property", "letters", "invisible", "later", "cell", "layer"),
          "fpdf2": ("top", "beside", "header", "rotated", "annotation", "property", "cell"), "weasyprint": ("top", "beside", "header", "frame", "rotated", "cell"),
          "cairo": ("top", "beside"), "chromium": ("top", "beside", "header", "frame", "rotated", "cell")}
FONTS = {"Van Ban Serif": "VanBanSerif.ttf", "Van Ban Sans": "VanBanSans.ttf", ".VnTime": "VnTime.ttf", ".VnTimeH": "VnTimeH.ttf", "VNI-Times": "VNI-Times.ttf"}


def broken(text: str, width: int = 78) -> list[str]:
    out, line = [], ""
    for word in text.split():
        if len(line) + len(word) > width:
            out, line = [*out, line], ""
        line = f"{line} {word}".strip()
    return [*out, line]


def by_reportlab(job: Job, fonts: Path) -> bytes:
    from reportlab.lib.colors import black, red, white
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    for family, name in FONTS.items():
        if family not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(family, str(fonts / name)))
    out, ink, dice = io.BytesIO(), job.ink, job.dice("rl")
    page = Canvas(out, pagesize=(595, 842), pageCompression=1, invariant=1)
    family = dice.choice(["Van Ban Serif", "Van Ban Sans"]) if job.encoding in ("nfc", "nfd") else None
    state = {"y": 790}

    def put(x: float, text: str, mark: bool = False, size: float = 12) -> None:
        shown, font = ink.say(text, mark)
        font = family or font
        kind = dict(mode=3) if mark and (job.place == "invisible" or job.disguise == "hidden") else {}
        page.setFont(font, 1 if mark and job.disguise == "tiny" else size)
        page.setFillColor(white if mark and job.disguise == "white" else red if mark else black)
        if mark and (job.place == "letters" or job.disguise == "split"):
            for piece in list(shown) if job.place == "letters" else marks_code.pieces(shown, dice):
                page.drawString(x, state["y"], piece, **kind)
                x += pdfmetrics.stringWidth(piece, font, size)
        else:
            page.drawString(x, state["y"], shown, **kind)
        page.setFillColor(black)

    def mark(x: float = 60) -> None:
        for line in job.lines:
            put(x, line, True, 14)
            state["y"] -= 18
        for line in job.evidence:
            put(x, line, False, 11)
            state["y"] -= 16

    letter = job.letter
    if job.place in ("top", "header", "letters", "invisible"):
        state["y"] = 815 if job.place == "header" else 800
        mark()
        state["y"] -= 8
    if job.place == "cell":
        page.setStrokeColor(red)
        page.rect(52, state["y"] - 8 - 18 * (len(job.lines) + len(job.evidence) - 1), 190, 22 + 18 * (len(job.lines) + len(job.evidence) - 1))
        mark(60)
        state["y"] -= 14
    for left, right in ((letter.superior, NATION), (letter.agency, MOTTO), (letter.number, letter.dated)):
        put(50, left, size=10)
        put(290, right, size=10)
        state["y"] -= 16
    if job.place == "beside":
        mark(50)
    for text in [letter.title, letter.subject, f"Kính gửi: {letter.to}."]:
        state["y"] -= 18
        put(130, text)
    state["y"] -= 24
    said = ink.say(" ".join(job.lines), True)[0]
    for text in letter.paragraphs:
        for line in broken(text):
            put(55, line, size=11)
            state["y"] -= 15
        state["y"] -= 5
        if state["y"] < 140:
            page.showPage()
            state["y"] = 790
    for left, right in zip(["Nơi nhận:", *letter.receivers], [letter.post, letter.signer, ""]):
        put(55, left, size=10)
        put(340, right, size=11)
        state["y"] -= 16
    font = family or ink.say(job.lines[0], True)[1] if job.lines else "Van Ban Serif"
    if job.place in ("rotated", "layer"):
        page.saveState()
        page.translate(180, 300)
        page.rotate(dice.choice([45, 90, 30, 315]))
        page.setFont(font, 48)
        page.setFillColorRGB(0.85, 0.6, 0.6)
        page.drawString(0, 0, said)
        page.restoreState()
    if job.place == "later":
        page.showPage()
        state["y"] = 790
        mark()
    if job.place == "form":
        page.acroForm.textfield(name="domat", value="", x=50, y=810, width=160, height=20, tooltip="Do mat")
    if job.place == "annotation":
        page.textAnnotation(said, (50, 700, 80, 730), 1)
    if job.place == "property":
        getattr(page, dice.choice(["setSubject", "setKeywords", "setTitle"]))(said)
    page.save()
    data = out.getvalue()
    return stamped(data, said) if job.place == "stamp" else filled(data, said) if job.place == "form" else data


def stamped(data: bytes, said: str) -> bytes:
    """A FreeText annotation with its appearance text, by pypdf."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.annotations import FreeText
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.add_annotation(0, FreeText(text=said, rect=(50, 800, 220, 830), font_size="14pt", font_color="ff0000", border_color="ff0000", background_color=None))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def filled(data: bytes, said: str) -> bytes:
    """The form field filled in, as a viewer does that leaves the drawing to the next one."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import BooleanObject, NameObject, TextStringObject
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer._root_object["/AcroForm"][NameObject("/NeedAppearances")] = BooleanObject(True)
    for note in writer.pages[0]["/Annots"]:
        note.get_object()[NameObject("/V")] = TextStringObject(said)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def by_fpdf2(job: Job, fonts: Path) -> bytes:
    import fpdf
    ink, letter, dice = job.ink, job.letter, job.dice("fpdf")
    said = ink.say(" ".join(job.lines), True)[0]
    page = fpdf.FPDF(format="A4")
    for family, name in FONTS.items():
        page.add_font(family, fname=str(fonts / name))
    page.add_page()
    family = dice.choice(["Van Ban Serif", "Van Ban Sans"]) if job.encoding in ("nfc", "nfd") else None

    def line(text: str, mark: bool = False, width: float = 0, align: str = "L", border: int = 0, size: float = 12) -> None:
        shown, font = ink.say(text, mark)
        page.set_font(family or font, size=1 if mark and job.disguise == "tiny" else size)
        page.set_text_color(*((255, 255, 255) if mark and job.disguise == "white" else (220, 0, 0) if mark else (0, 0, 0)))
        page.multi_cell(width, 6, shown, align=align, border=border, new_x="LMARGIN", new_y="NEXT")

    def mark(border: int = 0) -> None:
        for text in job.lines:
            line(text, True, 50 if border else 0, "C" if border else "L", border, 14)
        for text in job.evidence:
            line(text)

    if job.place == "header":
        page.set_y(4)
    if job.place in ("top", "header", "cell"):
        mark(1 if job.place == "cell" else 0)
    for text in (letter.superior, letter.agency, letter.number):
        line(text)
    if job.place == "beside":
        mark()
    for text in (NATION, MOTTO, letter.dated):
        line(text, align="R")
    for text in (letter.title, letter.subject, f"Kính gửi: {letter.to}."):
        line(text or " ", align="C")
    for text in [*letter.paragraphs, "Nơi nhận:", *letter.receivers, letter.post, letter.signer]:
        line(text)
    if job.place == "rotated":
        page.set_font(family or ink.say(job.lines[0], True)[1], size=44)
        page.set_text_color(230, 150, 150)
        with page.rotation(dice.choice([45, 90, 60]), 100, 150):
            page.text(40, 150, said)
    if job.place == "annotation":
        page.text_annotation(10, 10, said)
    if job.place == "property":
        getattr(page, dice.choice(["set_subject", "set_keywords", "set_title"]))(said)
    page.set_creation_date(__import__("datetime").datetime(2024, 3, 5))
    return bytes(page.output())


def page_html(job: Job, printed: bool = True) -> str:
    """The letter as a page; printed ones have no charset trouble and a page header of their own."""
    ink, letter = job.ink, job.letter

    def p(text: str, css: str = "", mark: bool = False, tag: str = "p") -> str:
        shown, font = ink.say(text, mark)
        inside = "".join(f"<span>{escape(piece)}</span>" for piece in marks_code.pieces(shown, job.dice("html"))) if mark and job.disguise == "split" else escape(shown)
        return f"<{tag} style=\"font-family:'{font}';margin:3px;{css}\">{inside}</{tag}>"

    style = {"white": "color:#fff", "hidden": "display:none" if not printed else "color:transparent", "tiny": "font-size:1px"}.get(job.disguise, "color:red") + ";font-weight:bold"
    marks = "".join(p(line, style, True) for line in job.lines) + "".join(p(line) for line in job.evidence)
    place = job.place
    top = {"top": marks, "header": f"<div style='position:absolute;top:-30px'>{marks}</div>", "frame": f"<div style='border:3px double red;width:150px;text-align:center'>{marks}</div>",
           "cell": f"<table border='1'><tr><td>{marks}</td><td></td></tr></table>",
           "rotated": f"<div style='position:absolute;top:420px;left:120px;transform:rotate(-45deg);font-size:40px'>{marks}</div>"}.get(place, "")
    left = p(letter.superior) + p(letter.agency, "font-weight:bold") + p(letter.number) + (marks if place == "beside" else "")
    right = p(NATION, "font-weight:bold") + p(MOTTO) + p(letter.dated, "font-style:italic")
    paragraphs = [*letter.paragraphs[:1], *(job.lines if place == "sentence" else []), *letter.paragraphs[1:]]
    body = p(letter.title or " ", "font-weight:bold") + p(letter.subject) + p(f"Kính gửi: {letter.to}.") + "".join(p(text) for text in paragraphs)
    tail = "".join(p(text) for text in ["Nơi nhận:", *letter.receivers]) + (marks if place == "end" else "") + p(letter.post) + p(letter.signer)
    return (f"<html><head><meta charset='utf-8'></head><body style='font-size:13px'>{top}<table width='100%'><tr><td>{left}</td><td align='center'>{right}</td></tr></table>"
            f"{body}{tail}</body></html>")


@cache
def weasy():
    """WeasyPrint lives with Debian's Python: one process a page."""
    return "/usr/bin/weasyprint"


def by_command(job: Job, work: Path) -> bytes:
    """weasyprint, chromium, or pango-view (cairo's PDF surface)."""
    source, target = work / f"{job.name}.src.html", work / f"{job.name}.out.pdf"
    if job.maker == "cairo":
        source = work / f"{job.name}.src.txt"
        letter = job.letter
        marks = [job.ink.say(line, True)[0] for line in [*job.lines, *job.evidence]]
        said = [job.ink.say(line)[0] for line in letter.lines() if line]
        source.write_text("\n".join([*said[:3], *marks, *said[3:]] if job.place == "beside" else [*marks, *said]), encoding="utf-8")
        font = job.ink.say("Ở", False)[1]
        command = ["pango-view", "--no-display", f"--font={font} 12", "--width=480", f"--output={target}", str(source)]
    else:
        source.write_text(page_html(job), encoding="utf-8")
        command = [weasy(), "-q", str(source), str(target)]
        if job.maker == "chromium":
            command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={work}/chrome", "--no-pdf-header-footer", f"--print-to-pdf={target}", f"file://{source}"]
    subprocess.run(command, capture_output=True, timeout=120, check=False)
    return target.read_bytes() if target.exists() else b""
