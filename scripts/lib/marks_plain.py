"""Text, HTML and RTF written out by hand, in Unicode or in the raw bytes of a legacy charset."""

from html import escape

import marks_code
from marks_job import Job
from marks_pdf import page_html
from marks_text import MOTTO, NATION

PLACES = {"text": ("top", "beside", "sentence", "end", "right", "boxed", "quoted"), "html": ("top", "beside", "cell", "frame", "sentence", "end", "attribute"),
          "rtf": ("top", "beside", "cell", "header", "footer", "frame", "comment", "property", "sentence")}


def text(job: Job, charset: str) -> bytes:
    """A plain text letter in the bytes of `charset`."""
    letter, place, dice = job.letter, job.place, job.dice("text")
    head, rest = letter.lines()[:5], letter.lines()[5:]
    both = [*job.lines, *job.evidence]
    match place:
        case "top":
            lines = [*both, *([""] if dice.random() < .5 else []), *head, *rest]
        case "beside":
            lines = [letter.superior, letter.agency, letter.number, *both, NATION, MOTTO, *rest]
        case "right":
            lines = [" " * dice.choice([12, 30, 44]) + line for line in both] + ["", *head, *rest]
        case "boxed":
            width = max(map(len, both)) + 4
            lines = ["+" + "-" * width + "+", *("|  " + line + "  |" for line in both), "+" + "-" * width + "+", *head, *rest]
        case "quoted":
            lines = ["Kính chuyển anh/chị.", "", "> " + letter.superior, "> " + letter.agency, "> " + letter.number, *("> " + line for line in both), "> " + NATION, *("> " + line for line in rest)]
        case "sentence":
            lines = [*head, *rest[:4], *job.lines, *rest[4:]]
        case "end":
            lines = [*head, *rest, *both]
        case _:
            lines = [*head, *rest]
    return job.ink.raw(("\r\n" if dice.random() < .5 else "\n").join(line for line in lines if line is not None) + "\n", charset)


def html(job: Job, charset: str) -> bytes:
    """An HTML letter. In raw charsets a `<meta>` says what the sender's program would say."""
    if job.encoding in marks_code.RAW:
        letter = job.letter
        said = "".join(f"<p>{escape(line)}</p>\n" for line in letter.lines()[3:])
        marks = "".join(f"<p><b><font color=red>{escape(line)}</font></b></p>\n" for line in [*job.lines, *job.evidence])
        if job.place in ("cell", "frame"):
            marks = f"<table border=1><tr><td>{marks}</td></tr></table>"
        top = "".join(f"<p>{escape(line)}</p>\n" for line in letter.lines()[:3])
        whole = {"sentence": top + said + marks, "end": top + said + marks, "beside": top + marks + said}.get(job.place, marks + top + said)
        return job.ink.raw(f"<html><head><title>VB</title></head><body>{whole}</body></html>", charset)
    page = page_html(job, printed=False)
    if job.place == "attribute":
        page = page.replace("<body", f"<body title=\"{escape(job.shown[0])}\"", 1)
    if job.encoding in marks_code.FONTS and job.dice("font").random() < .5:       # as Outlook Express wrote it
        page = page.replace("<p style=\"font-family:'", "<p style=\"font-family:'")
        for family in (".VnTimeH", ".VnTime", "VNI-Times"):
            page = page.replace(f"font-family:'{family}'", f"font-family:&quot;{family}&quot;")
    return page.encode("utf-8")


def rtf(job: Job) -> bytes:
    """As WordPad and old Word write: a font table, \\'hh in the font's charset, \\uN? for Unicode."""
    ink, letter, dice = job.ink, job.letter, job.dice("rtf")
    fonts = ["Times New Roman", ".VnTime", ".VnTimeH", "VNI-Times"]

    def say(line: str, mark: bool = False) -> str:
        if ink.encoding == "cp1258raw":
            return "\\f4 " + "".join(hexed(byte) for byte in marks_code.cp1258(line))
        shown, font = ink.say(line, mark)
        number = fonts.index(font) if font in fonts else 0
        if number:
            return f"\\f{number} " + "".join(hexed(byte) for byte in shown.encode("cp1252", "replace"))
        return "\\f0 " + "".join(hexed(ord(char)) if ord(char) < 128 else f"\\u{(ord(char) + 0x8000) % 0x10000 - 0x8000}?" for char in shown)

    def par(line: str, more: str = "", mark: bool = False) -> str:
        if mark and job.disguise == "split":
            inside = "".join(f"{{\\b\\cf1\\lang1066 {say(piece, True)}}}" for piece in marks_code.pieces(line, dice))
        elif mark:
            style = {"white": "\\cf2", "hidden": "\\v\\cf1", "tiny": "\\fs2\\cf1"}.get(job.disguise, "\\cf1")
            inside = f"{{\\b{style} {say(line, True)}}}"
        else:
            inside = f"{{{say(line)}}}"
        return f"\\pard{more} {inside}\\par\n"

    marks = "".join(par(line, "", True) for line in job.lines) + "".join(par(line) for line in job.evidence)
    place = job.place
    info = f"{{\\info{{\\subject {say(' '.join(job.lines), True)}}}}}" if place == "property" else "{\\info{\\author VT}}"
    out = ["{\\rtf1\\ansi\\ansicpg" + ("1258" if ink.encoding == "cp1258raw" else "1252") + "\\deff0{\\fonttbl"
           "{\\f0\\froman\\fcharset0 Times New Roman;}{\\f1\\fnil\\fcharset0 .VnTime;}{\\f2\\fnil\\fcharset0 .VnTimeH;}{\\f3\\fnil\\fcharset0 VNI-Times;}{\\f4\\froman\\fcharset163 Times New Roman;}}\n"
           "{\\colortbl ;\\red255\\green0\\blue0;\\red255\\green255\\blue255;}\n" + info + "\n"]
    if place in ("header", "footer"):
        out.append("{\\" + place + " " + marks + "}\n")
    if place == "top":
        out.append(marks)
    if place == "frame":
        out.append("{\\shp{\\*\\shpinst\\shpleft60\\shptop60\\shpright2400\\shpbottom800{\\sp{\\sn shapeType}{\\sv 202}}{\\shptxt " + marks + "}}}\\par\n")
    if place == "cell":
        out.append("\\trowd\\clbrdrt\\brdrdb\\clbrdrl\\brdrdb\\clbrdrb\\brdrdb\\clbrdrr\\brdrdb\\cellx2600\\cellx8000 " + marks.rstrip().removesuffix("\\par").replace("\\pard", "\\pard\\intbl") + "\\cell\\pard\\intbl\\cell\\row\n")
    for line in (letter.superior, letter.agency, letter.number):
        out.append(par(line))
    if place == "beside":
        out.append(marks)
    for line in (NATION, MOTTO, letter.dated):
        out.append(par(line, "\\qr"))
    for line in (letter.title, letter.subject, f"Kính gửi: {letter.to}."):
        out.append(par(line, "\\qc"))
    for number, line in enumerate(letter.paragraphs):
        out.append(par(line, "\\qj"))
        if number == 0 and place == "comment":
            out.append("{\\*\\atnid VT}{\\*\\atnauthor VT}\\chatn{\\*\\annotation " + marks + "}\\par\n")
        if number == 0 and place == "sentence":
            out.extend(par(said) for said in job.lines)
    for line in ["Nơi nhận:", *letter.receivers, letter.post, letter.signer]:
        out.append(par(line))
    return ("".join(out) + "}").encode("ascii")


def hexed(byte: int) -> str:
    char = chr(byte)
    return "\\" + char if char in "\\{}" else char if 32 <= byte < 127 else f"\\'{byte:02x}"
