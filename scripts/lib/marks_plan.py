"""Which files the marks evaluation has: a covering design over mark, format, maker, encoding, place, disguise, wrapping.

Each group of formats has its own places and encodings. Rows are drawn by weight, and among forty draws the one that
covers the most pairs not yet seen in its group (then in the whole set) is taken: all pairs that make sense occur.
"""

import random

import marks_code
import marks_docx
import marks_flat
import marks_pdf
import marks_plain
import marks_sheet
import marks_slide
from marks_job import Job

MARK_WEIGHTS = {"mat": 8, "toi-mat": 8, "tuyet-mat": 8, "field-mat": 2, "field-toi": 2, "field-tuyet": 2, "stamp-recall": 0.5, "stamp-open": 0.5, "stamp-copy": 0.4}
DISGUISES = {"none": 9, "spaced": 2, "zerowidth": 1.5, "softhyphen": 1, "lookalike": 2, "fullwidth": 1, "tone": 1.5, "vertical": 1.2, "mixedcase": 1.5, "framed": 1.5, "punctuated": 1,
             "white": 1.2, "hidden": 1.2, "tiny": 0.8, "split": 2}
RICH = {"nfc": 8, "nfd": 2.5, "tcvn3h": 2.5, "tcvn3caps": 2, "tcvn3mark": 1.5, "vni": 2.5, "tcvn3base": 1, "tcvn3-1252": 1.5, "vni-1252": 1, "mojibake": 1, "cp1258-1252": 1}
FONTED = {key: RICH[key] for key in ("nfc", "nfd", "tcvn3h", "tcvn3caps", "tcvn3mark", "vni")}
TEXT = {"nfc": 6, "nfd": 2, "tcvn3base": 1.5, "tcvn3-1252": 2, "vni-1252": 2, "mojibake": 2, "cp1258-1252": 2, "tcvn3raw": 3, "vniraw": 3, "visciiraw": 3, "cp1258raw": 3, "utf16raw": 1}
HTML = {**RICH, "tcvn3raw": 1.5, "vniraw": 1.5, "visciiraw": 2, "cp1258raw": 2}
RTF = {key: RICH[key] for key in ("nfc", "nfd", "tcvn3h", "tcvn3caps", "vni", "tcvn3mark")} | {"cp1258raw": 3}
# places that hold a bare string: no style of letters, no lines
BARE = {"property", "comment", "alt", "annotation", "sheetname", "sheetheader", "notes", "watermark", "form", "stamp", "attribute", "master", "layer", "rotated"}
# (format, maker, count in part A, count in part B, encodings, places)
GROUPS = [
    ("docx", "lo", 80, 10, RICH, marks_flat.PLACES), ("docx", "python-docx", 100, 30, RICH, marks_docx.PLACES), ("doc", "lo", 125, 25, RICH, marks_flat.PLACES),
    ("odt", "lo", 75, 14, RICH, marks_flat.PLACES), ("rtf", "lo", 55, 8, RICH, marks_flat.PLACES), ("rtf", "by-hand", 40, 14, RTF, marks_plain.PLACES["rtf"]),
    ("xlsx", "openpyxl", 45, 8, RICH, marks_sheet.PLACES["openpyxl"]), ("xlsx", "lo", 32, 0, RICH, marks_sheet.PLACES["lo"]), ("xls", "lo", 45, 0, RICH, marks_sheet.PLACES["lo"]),
    ("xls", "xlwt", 32, 8, RICH, marks_sheet.PLACES["xlwt"]), ("ods", "lo", 45, 6, RICH, marks_sheet.PLACES["lo"]), ("pptx", "python-pptx", 45, 12, RICH, marks_slide.PLACES["python-pptx"]),
    ("pptx", "lo", 30, 4, RICH, marks_slide.PLACES["lo"]), ("ppt", "lo", 50, 12, RICH, marks_slide.PLACES["lo"]), ("odp", "lo", 42, 6, RICH, marks_slide.PLACES["lo"]),
    ("pdf", "lo", 110, 10, RICH, marks_flat.PLACES), ("pdf", "reportlab", 75, 10, FONTED, marks_pdf.PLACES["reportlab"]), ("pdf", "fpdf2", 36, 6, FONTED, marks_pdf.PLACES["fpdf2"]),
    ("pdf", "weasyprint", 40, 0, FONTED, marks_pdf.PLACES["weasyprint"]), ("pdf", "cairo", 24, 0, FONTED, marks_pdf.PLACES["cairo"]), ("pdf", "chromium", 0, 20, FONTED, marks_pdf.PLACES["chromium"]),
    ("html", "by-hand", 90, 20, HTML, marks_plain.PLACES["html"]), ("txt", "by-hand", 175, 40, TEXT, marks_plain.PLACES["text"]),
    ("xls", "gnumeric", 0, 12, FONTED, ("top", "beside", "merged", "second")), ("xlsx", "gnumeric", 0, 8, FONTED, ("top", "beside", "merged", "second")),
    ("rtf", "abiword", 0, 10, FONTED, ("top", "beside", "cell", "header", "sentence")), ("odt", "abiword", 0, 10, FONTED, ("top", "beside", "cell", "header", "sentence")),
    ("msg", "by-hand", 24, 8, {"nfc": 5, "nfd": 2, "tcvn3-1252": 1, "mojibake": 1, "vni-1252": 1}, ("top", "beside", "end")),
]
WRAPPED = (("zip", 55, 14), ("7z", 30, 8), ("eml", 45, 12), ("subject", 14, 6), ("name", 14, 6))


def rows(part: str) -> list[Job]:
    """The jobs of corpus/marks ("A") or corpus/marks-2 ("B"), without what wrapping adds to their number."""
    dice, seen_all, jobs = random.Random(f"gacthu marks plan {part}"), {}, []
    for fmt, maker, first, second, encodings, places in GROUPS:
        seen: dict[tuple, int] = {}
        for number in range(first if part == "A" else second):
            best, score = None, None
            for _ in range(40):
                drawn = draw(dice, encodings, places)
                if drawn is None:
                    continue
                pairs = [(a, b) for at, a in enumerate(drawn) for b in drawn[at + 1:]]
                value = (sum(pair not in seen for pair in pairs), sum(pair not in seen_all for pair in pairs), -sum(seen.get(pair, 0) for pair in pairs))
                if score is None or value > score:
                    best, score = drawn, value
            for at, a in enumerate(best):
                for b in best[at + 1:]:
                    seen[a, b] = seen.get((a, b), 0) + 1
                    seen_all[a, b] = 1
            mark, encoding, place, disguise = best
            job = Job(f"{part.lower()}-{fmt}-{maker.replace('python-', 'py')}-{number:03}", fmt, maker, mark, encoding, place, disguise, bank=part)
            detail(job, part)
            jobs.append(job.prepare())
    return [*jobs, *wrapping(dice, jobs, part)]


def draw(dice: random.Random, encodings: dict, places) -> tuple | None:
    mark, encoding = pick(dice, MARK_WEIGHTS), pick(dice, encodings)
    place, disguise = dice.choice(places), pick(dice, DISGUISES)
    return (mark, encoding, place, disguise) if sensible(mark, encoding, place, disguise) else None


def sensible(mark: str, encoding: str, place: str, disguise: str) -> bool:
    legacy = encoding not in ("nfc", "nfd", "utf16raw")
    if legacy and disguise in marks_code.UNICODE_ONLY or encoding == "nfd" and disguise == "tone" or encoding == "utf16raw" and place == "attribute":
        return False
    if encoding in marks_code.RAW and disguise in ("split", "tiny", "white", "hidden") or encoding in ("tcvn3mark", "tcvn3h") and disguise == "mixedcase":
        return False
    if place in BARE and (disguise in (*marks_code.STYLES, "vertical") or mark.startswith("stamp")):
        return False
    if place == "sentence" and (disguise != "none" or mark not in ("mat", "toi-mat", "tuyet-mat")):
        return False
    if place in ("sheetname", "property", "form") and encoding in ("mojibake",) or place == "sheetname" and disguise == "framed":
        return False
    if mark.startswith("field") and disguise not in ("none", "zerowidth", "softhyphen", "framed", *marks_code.STYLES):
        return False
    if mark.startswith("field") and encoding == "tcvn3mark" or mark.startswith("stamp") and (disguise != "none" or place in ("deleted", "alt", "later", "end")):
        return False
    if place == "caps" and (encoding not in ("nfc", "nfd") or disguise not in ("none", "split") or mark.startswith(("field", "stamp"))):
        return False
    if encoding == "tcvn3mark" and place in BARE - {"watermark", "rotated", "layer"}:             # only a font could tell
        return False
    if place in ("letters", "invisible") and disguise in ("split", "hidden", "vertical"):
        return False
    return True


def detail(job: Job, part: str) -> None:
    """What is not crossed with the rest: fonts, length, how the mail carries it."""
    dice = job.dice("detail")
    fonts = ["Van Ban Serif"] * 4 + ["Times New Roman"] if part == "A" else ["Van Ban Sans"] * 3 + ["Times New Roman"]
    if job.maker in ("reportlab", "fpdf2") or (job.fmt, job.maker) == ("pdf", "lo") and dice.random() < .6:
        fonts = fonts[:1]
    job.extra["font"] = dice.choice(fonts)
    job.paragraphs = dice.choice([2, 3, 3, 4, 5, 6, 9]) if job.fmt in ("pdf", "txt", "html", "msg") else dice.choice([2, 3, 4, 5, 6, 8, 14])
    if job.maker in ("txt", "by-hand") and job.encoding not in ("nfc", "nfd"):
        job.paragraphs = max(job.paragraphs, 3)
    if job.fmt == "html" or job.fmt == "txt":
        charset = dice.choice(marks_code.RAW[job.encoding]) if job.encoding in marks_code.RAW else "utf-8"
        content = "text/html" if job.fmt == "html" else "text/plain"
        cte = dice.choice(["8bit", "base64", "quoted-printable"]) if job.encoding != "utf16raw" else "base64"
        job.extra["charset"] = charset
        job.wrap = f"body:{content}:{charset}:{cte}"
        if job.fmt == "txt" and dice.random() < .38:
            job.wrap = f"text:{charset if dice.random() < .6 else '-'}"
        if job.fmt == "html" and dice.random() < .15 and job.encoding not in marks_code.RAW:
            job.wrap = "attach"
    elif dice.random() < .04:
        job.extra["pages"] = True


def wrapping(dice: random.Random, jobs: list[Job], part: str) -> list[Job]:
    """Archives, attached messages, and marks that stand in the subject or in a file name only."""
    out = []
    for kind, first, second in WRAPPED:
        for number in range(first if part == "A" else second):
            fmt, maker, _, _, encodings, places = dice.choice([g for g in GROUPS if g[0] not in ("html", "txt", "msg") and g[2 if part == "A" else 3]])
            drawn = None
            while drawn is None:
                drawn = draw(dice, {"nfc": 3, "nfd": 1, "tcvn3h": 1.5, "vni": 1}, places)
            mark, encoding, place, disguise = drawn
            job = Job(f"{part.lower()}-{kind}-{number:03}", fmt, maker, mark, encoding, place, disguise, bank=part)
            detail(job, part)
            if kind in ("subject", "name"):
                job.mark = ("mat", "toi-mat", "tuyet-mat")[number % 3]
                job.encoding, job.place, job.disguise = "nfc", kind, "none"
            job.extra["around"] = kind
            job.prepare()
            if kind in ("subject", "name"):
                words = {"mat": "MẬT", "toi-mat": "Tối mật", "tuyet-mat": "TUYỆT MẬT"}[job.mark]
                form = dice.choice(["[{}] ", "({}) "] if job.mark == "mat" or kind == "name" else ["[{}] ", "({}) ", "Độ mật: {} - "])
                job.lines = [form.format(words).strip()]
                job.wrap = f"{kind}:{form.format(words)}{'V/v ' + job.letter.subject.split(' ', 2)[-1] if kind == 'subject' else 'van ban ' + str(number)}"
            elif kind == "eml":
                job.wrap = "eml"
            out.append(job)
    return out


def pick(dice: random.Random, weights: dict) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]
