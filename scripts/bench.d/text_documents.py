"""The documents of `scripts/bench text`: office text in Vietnamese of words of its own, written once as flat ODF, brought
by LibreOffice to DOCX, DOC and PDF, so that every reader has the same words before it. A workbook is written here.
"""

import random
import subprocess
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

SEED = 20261122
FILTERS = {"docx": "docx:MS Word 2007 XML", "doc": "doc:MS Word 97", "pdf": "pdf:writer_pdf_Export"}

WORDS = ("công văn thông báo quyết định kế hoạch hướng dẫn tổng hợp báo cáo triển khai thực hiện nhiệm vụ cán bộ chuyên viên phòng ban đơn vị "
         "địa phương huyện thành phố tỉnh xã phường thị trấn nông nghiệp giáo dục y tế môi trường giao thông xây dựng tài chính ngân sách đầu tư "
         "dự án tiến độ chất lượng kiểm tra đánh giá giải pháp phối hợp trách nhiệm hoàn thành thời hạn quý năm tháng ngày đề nghị kính gửi căn cứ "
         "theo điều khoản mục số liệu bảng biểu phụ lục đính kèm hồ sơ thủ tục hành chính người dân doanh nghiệp hợp tác xã sản xuất chăn nuôi "
         "trồng trọt thủy sản rừng phòng hộ đường bộ cầu cống trường học bệnh viện trạm nước sạch điện chiếu sáng an toàn lao động đào tạo nghề "
         "tuyển dụng bổ nhiệm khen thưởng kỷ luật lương phụ cấp bảo hiểm xã hội hỗ trợ hộ nghèo chính sách ưu đãi vay vốn ngân hàng lãi suất").split()
FONTS = ("Liberation Serif", "Liberation Sans", "DejaVu Sans", "DejaVu Serif")

SPACES = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"' for name, urn in (
    ("office", "office"), ("style", "style"), ("text", "text"), ("table", "table"), ("fo", "xsl-fo-compatible"), ("svg", "svg-compatible")))

FACES = "".join(f"<style:font-face style:name='{font}' svg:font-family=\"'{font}'\"/>" for font in FONTS)
STYLES = (
    "<style:style style:name='H' style:family='paragraph' style:default-outline-level='1'><style:paragraph-properties fo:break-before='page' "
    "fo:margin-bottom='0.3cm'/><style:text-properties fo:font-size='14pt' fo:font-weight='bold' style:font-name='Liberation Sans'/></style:style>"
    "<style:style style:name='P' style:family='paragraph'><style:paragraph-properties fo:text-align='justify' fo:margin-bottom='0.15cm'/>"
    "<style:text-properties fo:font-size='11pt' style:font-name='Liberation Serif'/></style:style>"
    "<style:style style:name='C' style:family='paragraph'><style:text-properties fo:font-size='9pt' style:font-name='Liberation Sans'/></style:style>"
    "<style:style style:name='Cell' style:family='table-cell'><style:table-cell-properties fo:border='0.5pt solid #000000' fo:padding='0.05cm'/></style:style>"
    + "".join(f"<style:style style:name='F{number}' style:family='text'><style:text-properties style:font-name='{font}'{more}/></style:style>"
              for number, (font, more) in enumerate(zip(FONTS, ("", " fo:font-style='italic'", " fo:font-size='10pt'", " fo:font-weight='bold'")))))


def office(place: Path, pages: int, kinds: tuple[str, ...], name: str) -> tuple[list[str], dict[str, Path]]:
    """The words that went in, and the files by kind. Raises RuntimeError where LibreOffice wrote nothing."""
    flat = place / f"{name}.fodt"
    text, words = source(pages)
    flat.write_text(text, encoding="utf-8")
    files = {}
    for kind in kinds:
        out = place / f"{name}.{kind}"
        done = subprocess.run(["nice", "soffice", "--headless", f"-env:UserInstallation=file://{place}/profile", "--convert-to", FILTERS[kind],
                               "--outdir", str(place), str(flat)], capture_output=True, text=True, check=False, timeout=580)
        if not out.exists():
            raise RuntimeError(f"soffice wrote no {out.name}: {(done.stderr or done.stdout)[-300:]}")
        files[kind] = out
    return words, files


def source(pages: int) -> tuple[str, list[str]]:
    """A heading, paragraphs of three fonts and a table on every page; head and foot as papers have them."""
    dice, words, body = random.Random(SEED), [], []

    def say(least: int, most: int) -> str:
        chosen = dice.choices(WORDS, k=dice.randint(least, most))
        words.extend(chosen)
        return " ".join(chosen)

    for number in range(1, pages + 1):
        words.extend(("Phần", str(number)))
        body.append(f"<text:h text:style-name='H' text:outline-level='1'>Phần {number}. {say(4, 8)}</text:h>")
        for _ in range(5):
            spans = [f"{say(12, 20)}, <text:span text:style-name='F{dice.randrange(4)}'>{say(3, 9)}</text:span> {say(10, 18)}." for _ in range(2)]
            body.append(f"<text:p text:style-name='P'>{' '.join(spans)}</text:p>")
        rows = ""
        for row in range(6):
            cells = [f"{number}.{row + 1}", say(1, 2), say(1, 3), str(dice.randrange(1000, 99999))]
            words.extend((cells[0], cells[3]))
            rows += "<table:table-row>" + "".join(
                f"<table:table-cell table:style-name='Cell'><text:p text:style-name='C'>{escape(cell)}</text:p></table:table-cell>" for cell in cells) + "</table:table-row>"
        body.append(f"<table:table table:name='B{number}'><table:table-column table:number-columns-repeated='4'/>{rows}</table:table>")
        body.append(f"<text:p text:style-name='P'>{say(15, 30)}.</text:p>")
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document {SPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">'
            f"<office:font-face-decls>{FACES}</office:font-face-decls><office:automatic-styles>{STYLES}<style:page-layout style:name='L'><style:page-layout-properties fo:page-width='21cm' fo:page-height='29.7cm' "
            "fo:margin='2cm'/><style:header-style/><style:footer-style/></style:page-layout></office:automatic-styles>"
            "<office:master-styles><style:master-page style:name='Standard' style:page-layout-name='L'><style:header><text:p>Sở Nội vụ - văn bản đo tốc độ</text:p></style:header>"
            "<style:footer><text:p>Trang <text:page-number/></text:p></style:footer></style:master-page></office:master-styles>"
            f"<office:body><office:text>{''.join(body)}</office:text></office:body></office:document>"), words


def workbook(path: Path, rows: int = 10_000, columns: int = 20) -> None:
    """`rows` × `columns` cells: half of them numbers, half shared strings, as spreadsheet programs write them."""
    dice = random.Random(SEED)
    strings = [" ".join(dice.choices(WORDS, k=3)) for _ in range(5000)]
    letters = [chr(65 + n) for n in range(columns)]
    sheet = ["<?xml version='1.0' encoding='UTF-8' standalone='yes'?><worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"]
    for row in range(1, rows + 1):
        cells = [f'<c r="{letter}{row}" t="s"><v>{dice.randrange(5000)}</v></c>' if at % 2 else f'<c r="{letter}{row}"><v>{dice.randrange(10**6)}</v></c>'
                 for at, letter in enumerate(letters)]
        sheet.append(f'<row r="{row}">{"".join(cells)}</row>')
    sheet.append("</sheetData></worksheet>")
    main = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'><Default Extension='xml' ContentType='application/xml'/>"
                               "<Default Extension='rels' ContentType='application/vnd.openxmlformats-package.relationships+xml'/>"
                               "<Override PartName='/xl/workbook.xml' ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'/>"
                               "<Override PartName='/xl/worksheets/sheet1.xml' ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml'/>"
                               "<Override PartName='/xl/sharedStrings.xml' ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml'/></Types>",
        "_rels/.rels": f"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='r1' Type='{main}/officeDocument' Target='xl/workbook.xml'/></Relationships>",
        "xl/workbook.xml": f"<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' xmlns:r='{main}'><sheets><sheet name='Bang' sheetId='1' r:id='r1'/></sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='r1' Type='{main}/worksheet' Target='worksheets/sheet1.xml'/>"
                                      f"<Relationship Id='r2' Type='{main}/sharedStrings' Target='sharedStrings.xml'/></Relationships>",
        "xl/sharedStrings.xml": "<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>" + "".join(f"<si><t>{one}</t></si>" for one in strings) + "</sst>",
        "xl/worksheets/sheet1.xml": "".join(sheet),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
