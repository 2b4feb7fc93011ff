"""Sheets: openpyxl (XLSX), xlwt (XLS), and flat ODF that LibreOffice turns into ODS, XLSX, XLS."""

import io
from xml.sax.saxutils import escape

import marks_code
from marks_job import Job
from marks_text import MOTTO, NATION

PLACES = {"openpyxl": ("top", "beside", "merged", "sheetheader", "sheetname", "comment", "property", "second", "hiddenrow"),
          "xlwt": ("top", "beside", "merged", "sheetname", "second", "hiddenrow"),
          "lo": ("top", "beside", "merged", "sheetheader", "sheetname", "comment", "property", "second", "box", "hiddenrow")}


def grid(job: Job) -> list[list[str]]:
    """Rows of a table such as an office sends: the head of the letter, then items with figures. Unicode."""
    letter, dice = job.letter, job.dice("grid")
    rows = [[letter.superior, "", "", NATION], [letter.agency, "", "", MOTTO], [letter.number, "", "", letter.dated]]
    if job.place == "beside":
        rows += [[line] for line in [*job.lines, *job.evidence]]
    elif job.place in ("top", "merged", "hiddenrow"):
        rows = [[line] for line in [*job.lines, *job.evidence]] + rows
    rows += [[], [f"{letter.title or 'BẢNG KÊ'} {letter.subject}"], ["STT", "Nội dung", "Số lượng", "Ghi chú"]]
    for number, text in enumerate(letter.paragraphs, 1):
        rows.append([str(number), text.split(". ")[0], str(dice.randint(3, 9000)), dice.choice(["", "đã xong", "chờ kiểm tra", "chuyển kỳ sau"])])
    return rows + [["", "Tổng cộng", str(dice.randint(9000, 90000)), ""], [], ["", letter.post, "", letter.signer]]


def is_mark(job: Job, text: str) -> bool:
    return text in job.lines


def by_openpyxl(job: Job) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont
    from openpyxl.comments import Comment
    from openpyxl.styles import Font
    book, ink, dice = Workbook(), job.ink, job.dice("sheet")
    sheet = book.active
    sheet.title = "Bieu 01"
    said = ink.say(" ".join(job.lines), True)[0]
    for at, row in enumerate(grid(job), 1):
        for column, text in enumerate(row, 1):
            if not text:
                continue
            shown, font = ink.say(text, is_mark(job, text))
            cell = sheet.cell(at, column, int(text) if text.isdigit() else shown)
            cell.font = Font(name=font, size=12)
            if not is_mark(job, text):
                continue
            white = job.disguise == "white"
            cell.font = Font(name=font, bold=True, size=1 if job.disguise == "tiny" else 13, color="FFFFFFFF" if white else "FFFF0000")
            if job.disguise == "split":
                cell.value = CellRichText(*[TextBlock(InlineFont(rFont=font, b=bool(n % 2)), piece) for n, piece in enumerate(marks_code.pieces(shown, dice))])
            if job.disguise == "hidden" or job.place == "hiddenrow":
                sheet.row_dimensions[at].hidden = True
            if job.place == "merged":
                sheet.merge_cells(start_row=at, start_column=1, end_row=at, end_column=2)
    match job.place:
        case "sheetheader":
            getattr(sheet, dice.choice(["oddHeader", "oddFooter", "firstHeader"])).left.text = said
            if sheet.firstHeader.left.text:
                sheet.HeaderFooter.differentFirst = True
        case "sheetname":
            sheet.title = said[:30].replace("/", "-").replace(":", "")
        case "comment":
            sheet["B3"].comment = Comment(said, "VT")
        case "property":
            setattr(book.properties, dice.choice(["subject", "keywords", "category", "description", "title"]), said)
        case "second":
            other = book.create_sheet("Bia")
            for at, line in enumerate([*job.lines, *job.evidence, job.letter.agency, job.letter.number, NATION], 1):
                other.cell(at, 1, ink.say(line, is_mark(job, line))[0]).font = Font(name=ink.say(line, is_mark(job, line))[1], bold=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by_xlwt(job: Job) -> bytes:
    import xlwt
    book, ink = xlwt.Workbook(encoding="utf-8"), job.ink
    said = ink.say(" ".join(job.lines), True)[0]
    sheet = book.add_sheet(said[:30].replace(":", "") if job.place == "sheetname" else "Bieu 01")
    styles = {}

    def style(font: str, mark: bool):
        key = (font, mark)
        if key not in styles:
            made = xlwt.XFStyle()
            made.font.name, made.font.bold = font, mark
            made.font.colour_index = (xlwt.Style.colour_map["white"] if job.disguise == "white" else xlwt.Style.colour_map["red"]) if mark else 0x7FFF
            styles[key] = made
        return styles[key]

    def put(where, at: int, column: int, text: str) -> None:
        shown, font = ink.say(text, is_mark(job, text))
        if is_mark(job, text) and job.disguise == "split":
            where.write_rich_text(at, column, [(piece, style(font, bool(n % 2)).font) for n, piece in enumerate(marks_code.pieces(shown, job.dice("x")))], style(font, True))
        elif is_mark(job, text) and job.place == "merged":
            where.write_merge(at, at, column, column + 1, shown, style(font, True))
        else:
            where.write(at, column, int(text) if text.isdigit() else shown, style(font, is_mark(job, text)))
        if is_mark(job, text) and (job.place == "hiddenrow" or job.disguise == "hidden"):
            where.row(at).hidden = True

    for at, row in enumerate(grid(job)):
        for column, text in enumerate(row):
            if text:
                put(sheet, at, column, text)
    if job.place == "second":
        other = book.add_sheet("Bia")
        for at, line in enumerate([*job.lines, *job.evidence, job.letter.agency, job.letter.number, NATION]):
            put(other, at, 0, line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def flat(job: Job) -> str:
    """A .fods for LibreOffice."""
    ink, dice, styles = job.ink, job.dice("fods"), {}

    def style(font: str, more: str = "") -> str:
        return styles.setdefault((font, more), f"C{len(styles)}")

    def cell(text: str, comment: str = "") -> str:
        if not text:
            return "<table:table-cell/>"
        mark = is_mark(job, text)
        shown, font = ink.say(text, mark)
        more = f"fo:font-weight='bold' fo:color='{'#ffffff' if job.disguise == 'white' else '#ff0000'}'" + (" fo:font-size='1pt'" if job.disguise == "tiny" else "") if mark else ""
        note = f"<office:annotation><text:p>{escape(comment)}</text:p></office:annotation>" if comment else ""
        merged = " table:number-columns-spanned='2'" if mark and job.place == "merged" else ""
        body = "".join(f"<text:span>{escape(piece)}</text:span>" for piece in marks_code.pieces(shown, dice)) if mark and job.disguise == "split" else escape(shown)
        value = f"office:value-type='float' office:value='{text}'" if text.isdigit() else "office:value-type='string'"
        return f"<table:table-cell table:style-name='{style(font, more)}' {value}{merged}>{note}<text:p>{body.replace('   ', ' <text:s/><text:s/>')}</text:p></table:table-cell>"

    said = ink.say(" ".join(job.lines), True)[0]
    rows = []
    for at, row in enumerate(grid(job)):
        hidden = " table:visibility='collapse'" if any(is_mark(job, text) for text in row) and (job.place == "hiddenrow" or job.disguise == "hidden") else ""
        note = said if job.place == "comment" and at == 2 else ""
        rows.append(f"<table:table-row{hidden}>" + ("".join(cell(text, note if column == 0 else "") for column, text in enumerate(row)) or "<table:table-cell/>") + "</table:table-row>")
    shapes = ""
    if job.place == "box":
        shapes = ("<table:shapes><draw:frame draw:z-index='0' svg:width='4cm' svg:height='1.2cm' svg:x='9cm' svg:y='1cm'><draw:text-box>"
                  + "".join(f"<text:p>{escape(ink.say(line, True)[0])}</text:p>" for line in job.lines) + "</draw:text-box></draw:frame></table:shapes>")
    title = escape(said.replace("/", "-").replace(":", "")) if job.place == "sheetname" else "Bieu 01"
    tables = f"<table:table table:name='{title}' table:style-name='T'>{shapes}<table:table-column/>{''.join(rows)}</table:table>"
    if job.place == "second":
        lines = [*job.lines, *job.evidence, job.letter.agency, job.letter.number, NATION]
        tables += "<table:table table:name='Bia' table:style-name='T'><table:table-column/>" + "".join(f"<table:table-row>{cell(line)}</table:table-row>" for line in lines) + "</table:table>"
    made = "".join(f"<style:style style:name='{name}' style:family='table-cell'><style:text-properties style:font-name='{font}' fo:font-family='{font}' {more}/></style:style>"
                   for (font, more), name in styles.items())
    head = f"<style:header><style:region-left><text:p>{escape(said)}</text:p></style:region-left></style:header>" if job.place == "sheetheader" else "<style:header style:display='false'/>"
    meta = ""
    if job.place == "property":
        field = dice.choice(["dc:subject", "meta:keyword", "dc:title"])
        meta = f"<{field}>{escape(said)}</{field}>"
    return envelope("spreadsheet", meta, made + "<style:style style:name='T' style:family='table' style:master-page-name='M'/><style:page-layout style:name='L'><style:header-style/></style:page-layout>",
                    f"<style:master-page style:name='M' style:page-layout-name='L'>{head}</style:master-page>", f"<office:spreadsheet>{tables}</office:spreadsheet>")


def envelope(kind: str, meta: str, automatic: str, masters: str, body: str) -> str:
    """A whole flat ODF file."""
    from marks_flat import SPACES
    faces = "".join(f"<style:font-face style:name='{font}' svg:font-family=\"'{font}'\"/>" for font in (".VnTime", ".VnTimeH", "VNI-Times", "Van Ban Serif"))
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document {SPACES} xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" office:version="1.3" '
            f'office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:meta>{meta}</office:meta><office:font-face-decls>{faces}</office:font-face-decls>'
            f"<office:automatic-styles>{automatic}</office:automatic-styles><office:master-styles>{masters}</office:master-styles><office:body>{body}</office:body></office:document>")
