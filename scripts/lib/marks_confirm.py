"""Shows with a second program, not the one that wrote the file, that a mark can be read there as it was put in.

The mark's own characters (in its encoding, zero-width characters and white space aside) must occur in what the program
prints more often than in the rest of the letter. Where no program prints that place (a property, a comment, an alt text),
the file's own XML or strings are looked at, and the manifest says `xml` or `bytes`.
"""

import html.parser
import io
import re
import subprocess
import unicodedata
import zipfile
from pathlib import Path

import marks_code
from marks_job import Job

LEAVE = re.compile("[\\s\u200b\u200c\u2060\ufeff\u00ad\u200d]+")


def fold(text: str) -> str:
    return LEAVE.sub("", unicodedata.normalize("NFC", text))


def run(files: list[tuple[Job, bytes]], work: Path) -> dict[str, str]:
    """name → the program that showed the mark; "" where none did."""
    folder = work / "confirm"
    folder.mkdir(exist_ok=True)
    pages = by_office([(job, data) for job, data in files if job.maker in ("python-docx", "openpyxl", "xlwt", "python-pptx", "by-hand", "abiword", "gnumeric")
                       and job.fmt in ("docx", "xlsx", "xls", "pptx", "rtf", "odt")], folder)
    said = {}
    for job, data in files:
        path = folder / f"{job.name}.{job.fmt}"
        path.write_bytes(data)
        said[job.name] = ""
        for name, text in readers(job, path, data, pages.get(job.name)):
            if seen(job, text):
                said[job.name] = name
                break
    return said


def seen(job: Job, text: str) -> bool:
    if not text or not job.lines:
        return False
    lines = job.shown
    if job.place == "caps":
        text, lines = text.upper(), [line.upper() for line in lines]
    wanted, rest = fold("".join(lines)), fold("".join(job.ink.say(line)[0] for line in [*job.evidence, *job.letter.lines()]))
    found = fold(text)
    # a sheet's name may not hold some characters; the joined form is what was put in
    wanted = wanted.replace("/", "-").replace(":", "") if job.place == "sheetname" else wanted
    found_enough = found.count(wanted) > rest.count(wanted)
    return found_enough or (job.encoding == "tcvn3mark" and wanted in found)


def readers(job: Job, path: Path, data: bytes, page: Path | None):
    """Names and texts, the best witness first; each is only asked when those before did not show the mark."""
    fmt = job.fmt
    if page is not None:
        yield "LibreOffice+pdftotext", tool(["pdftotext", "-layout", str(page), "-"])
        yield "LibreOffice+pdftotext -raw", tool(["pdftotext", "-raw", str(page), "-"])
    if fmt == "pdf":
        yield "pdftotext", tool(["pdftotext", "-layout", str(path), "-"])
        yield "pdftotext -raw", tool(["pdftotext", "-raw", str(path), "-"])
        yield "pdfinfo", tool(["pdfinfo", str(path)])
        yield "pypdf", by_pypdf(data)
    elif fmt == "doc":
        yield "antiword", tool(["antiword", "-m", "UTF-8.txt", "-s", str(path)]).replace("|", "")
        yield "catdoc", tool(["catdoc", "-w", "-d", "utf-8", str(path)])
        yield "wvText", ""
    elif fmt == "ppt":
        yield "catppt", tool(["catppt", "-d", "utf-8", str(path)])
    elif fmt == "xls":
        if job.maker != "xlwt":
            yield "xlrd", by_xlrd(data)
        yield "xls2csv", tool(["xls2csv", "-d", "utf-8", str(path)])
    elif fmt == "docx":
        yield "docx2txt", tool(["docx2txt", str(path), "-"])
        yield "python-docx", ""
    elif fmt == "xlsx" and job.maker != "openpyxl":
        yield "openpyxl", by_openpyxl(data)
    elif fmt == "pptx" and job.maker != "python-pptx":
        yield "python-pptx", by_pptx(data)
    elif fmt == "rtf":
        yield "unrtf", tags(tool(["unrtf", "--html", str(path)]))
        yield "catdoc", tool(["catdoc", "-d", "utf-8", str(path)])
    elif fmt == "msg":
        yield "extract-msg", by_extract_msg(data)
    elif fmt in ("txt", "html"):
        yield from by_charset(job, data)
    if zipfile.is_zipfile(io.BytesIO(data)):
        yield "xml", by_xml(data)
    if data[:4] == b"\xd0\xcf\x11\xe0":
        yield "olefile", by_ole(data)
    if fmt == "rtf":
        yield "bytes", unescaped(data, "cp1252")
        yield "bytes", unescaped(data, "cp1258")


def unescaped(data: bytes, charset: str) -> str:
    """The characters of an RTF file: \\uN with the \\ucN characters of its substitute taken away, \\'hh in a charset, control words left out."""
    out, skip, count = [], 0, 1
    for word, number, byte, char in re.findall(r"\\([a-z]+)(-?\d*) ?|\\'([0-9a-f]{2})|(?:\\[*{}\\~_-]|([^\\{}\r\n]))", data.decode("latin-1")):
        if word == "uc":
            count = int(number)
        elif word == "u" and number:
            out.append(chr(int(number) % 65536))
            skip = count
        elif (byte or char) and skip:
            skip -= 1
        elif byte:
            out.append(bytes.fromhex(byte).decode(charset, "replace"))
        else:
            out.append(char)
    return "".join(out)


def by_charset(job: Job, data: bytes):
    """Text in a legacy charset: glibc's iconv where it knows the charset, else the bytes themselves."""
    unicode_job = Job(job.name, job.fmt, job.maker, job.mark, "nfc", job.place, job.disguise, lines=job.lines, evidence=job.evidence, letter=job.letter)
    clean = tags if job.fmt == "html" else (lambda text: re.sub(r"[|+>-]", "", text) if job.place in ("boxed", "quoted") and job.disguise not in ("punctuated", "framed") else text)
    names = {"tcvn3raw": "TCVN5712-1", "visciiraw": "VISCII", "cp1258raw": "CP1258", "utf16raw": "UTF-16"}
    if job.encoding in names:
        done = subprocess.run(["iconv", "-f", names[job.encoding], "-t", "UTF-8"], input=data, capture_output=True, check=False)
        text = clean(done.stdout.decode("utf-8", "replace"))
        lower = job.encoding == "tcvn3raw"           # its capitals are the codes of the small letters
        if seen(unicode_job, text) or lower and fold("".join(job.lines)).upper() in fold(text).upper():
            yield f"iconv {names[job.encoding]}", "".join(job.shown) * 50
    elif job.encoding == "vniraw":
        if marks_code.vni("".join(job.lines)).encode("cp1252", "replace") in data.replace(b"\r", b"").replace(b"\n", b""):
            yield "bytes", "".join(job.shown) * 50
    text = clean(data.decode("utf-8", "replace"))
    yield "python", text
    if job.place == "attribute":
        yield "bytes", html.unescape(data.decode("utf-8", "replace"))


def tags(text: str) -> str:
    out = []

    class Reader(html.parser.HTMLParser):
        def handle_data(self, data):
            out.append(data)
    Reader(convert_charrefs=True).feed(text)
    return "".join(out)


def tool(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.TimeoutExpired):
        return ""


def by_office(files: list[tuple[Job, bytes]], folder: Path) -> dict[str, Path]:
    """PDF pages by LibreOffice of what other programs wrote."""
    paths = []
    for job, data in files:
        paths.append(folder / f"{job.name}.{job.fmt}")
        paths[-1].write_bytes(data)
    for at in range(0, len(paths), 150):
        subprocess.run(["nice", "soffice", "--headless", f"-env:UserInstallation=file://{folder.parent}/profile", "--convert-to", "pdf", "--outdir", str(folder / "pages"),
                        *map(str, paths[at:at + 150])], capture_output=True, check=False, timeout=580)
    return {job.name: folder / "pages" / f"{job.name}.pdf" for job, _ in files if (folder / "pages" / f"{job.name}.pdf").exists()}


def by_pypdf(data: bytes) -> str:
    from pypdf import PdfReader
    reader, out = PdfReader(io.BytesIO(data)), []
    out += [str(value) for value in (reader.metadata or {}).values()]
    out += [str(field.get("/V", "")) for field in (reader.get_fields() or {}).values()]
    for page in reader.pages:
        for note in page.get("/Annots", []) or []:
            out += [str(note.get_object().get("/Contents", ""))]
        out.append(page.extract_text())
    return "\n".join(out)


def by_xlrd(data: bytes) -> str:
    import xlrd
    book = xlrd.open_workbook(file_contents=data)
    return "\n".join([*book.sheet_names(), *(str(cell.value) for sheet in book.sheets() for row in sheet.get_rows() for cell in row)])


def by_openpyxl(data: bytes) -> str:
    from openpyxl import load_workbook
    book, out = load_workbook(io.BytesIO(data)), []
    for sheet in book.worksheets:
        out += [sheet.title, str(sheet.oddHeader.left.text)]
        out += [str(cell.value) + (cell.comment.text if cell.comment else "") for row in sheet.iter_rows() for cell in row if cell.value is not None]
    return "\n".join([*out, str(book.properties.subject), str(book.properties.keywords), str(book.properties.title)])


def by_pptx(data: bytes) -> str:
    from pptx import Presentation
    deck, out = Presentation(io.BytesIO(data)), []
    for slide in deck.slides:
        out += [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        out += [slide.notes_slide.notes_text_frame.text if slide.has_notes_slide and slide.notes_slide.notes_text_frame else ""]
    return "\n".join(out)


def by_extract_msg(data: bytes) -> str:
    import extract_msg
    with extract_msg.openMsg(data) as message:
        return str(message.body)


def by_xml(data: bytes) -> str:
    """Text and attributes of every XML member, tags taken away."""
    out = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels", ".vml")):
                text = archive.read(name).decode("utf-8", "replace")
                out.append(html.unescape(re.sub(r"<[^>]*>", "", text)))
                out += [html.unescape(value) for value in re.findall(r'="([^"]*)"', text)]
    return "\n".join(out)


def by_ole(data: bytes) -> str:
    """Strings of every stream, as UTF-16 and as cp1252."""
    import olefile
    out = []
    with olefile.OleFileIO(io.BytesIO(data)) as store:
        for name in store.listdir():
            raw = store.openstream(name).read()
            out += [raw.decode("utf-16-le", "replace"), raw[1:].decode("utf-16-le", "replace"), marks_code.as_1252(raw), raw.decode("utf-8", "replace")]
    return "\n".join(out)
