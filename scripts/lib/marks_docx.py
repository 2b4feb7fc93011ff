"""Letters by python-docx, with the forms that Word itself writes: VML text boxes and watermarks, w:ins, w:sdt, w:caps."""

import io

import docx
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from xml.sax.saxutils import escape, quoteattr

import marks_code
from marks_job import Job
from marks_text import MOTTO, NATION

PLACES = ("top", "beside", "cell", "frame", "header", "firstheader", "footer", "lateheader", "watermark", "comment", "property", "alt", "tracked",
          "moved", "control", "field", "later", "end", "sentence", "caps")
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
VML = (f'xmlns:w="{W}" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
       'xmlns:w10="urn:schemas-microsoft-com:office:word"')


class Word:
    def __init__(self, job: Job):
        self.job, self.ink, self.dice = job, job.ink, job.dice("docx")
        self.document = docx.Document()

    def run(self, paragraph, text: str, bold: bool = False, mark: bool = False):
        shown, font = self.ink.say(text, mark)
        run = paragraph.add_run(shown)
        run.font.name, run.font.size, run.bold = font, Pt(13), bold
        fonts = run._element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(kind), font)
        return run

    def mark_runs(self, paragraph, text: str) -> None:
        cut = self.job.disguise == "split"
        for number, piece in enumerate(marks_code.pieces(text, self.dice) if cut else [text]):
            run = self.run(paragraph, piece, True, True)
            run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF) if self.job.disguise == "white" else RGBColor(0xFF, 0, 0)
            if cut and number % 2:
                run.bold = False
            if self.job.disguise == "hidden":
                run.font.hidden = True
            if self.job.disguise == "tiny":
                run.font.size = Pt(1)
            if self.job.place == "caps":
                run.font.all_caps = True
            if cut:                                    # what Word's spelling check leaves between runs
                run._element.addnext(OxmlElement("w:proofErr"))

    def mark(self, container, align=None) -> list:
        made = []
        for line in self.job.lines:
            made.append(container.add_paragraph())
            self.mark_runs(made[-1], line.lower().capitalize() if self.job.place == "caps" else line)
        for line in self.job.evidence:
            made.append(container.add_paragraph())
            self.run(made[-1], line, True)
        for paragraph in made:
            paragraph.alignment = align
        return made

    def line(self, container, text: str, bold: bool = False, align=None):
        paragraph = container.add_paragraph()
        self.run(paragraph, text, bold)
        paragraph.alignment = align
        return paragraph

    def text_box(self) -> None:
        """The VML that Word 97 to 2007 writes, still what Word writes as a fallback."""
        inside = ""
        for line in [*self.job.lines, *self.job.evidence]:
            shown, font = self.ink.say(line, True)
            inside += (f'<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:rPr><w:rFonts w:ascii={quoteattr(font)} w:hAnsi={quoteattr(font)}/><w:b/></w:rPr>'
                       f'<w:t xml:space="preserve">{escape(shown)}</w:t></w:r></w:p>')
        paragraph = self.document.add_paragraph()
        run = paragraph.add_run()
        run._element.append(parse_xml(
            f'<w:pict {VML}><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"/>'
            '<v:shape id="Box1" type="#_x0000_t202" style="position:absolute;margin-left:2pt;margin-top:2pt;width:110pt;height:34pt;z-index:1" strokecolor="red" strokeweight="2pt">'
            f'<v:textbox><w:txbxContent>{inside}</w:txbxContent></v:textbox></v:shape></w:pict>'))

    def watermark(self) -> None:
        shown, font = self.ink.say(" ".join(self.job.lines), True)
        paragraph = self.document.sections[0].header.paragraphs[0]
        paragraph.add_run()._element.append(parse_xml(
            f'<w:pict {VML}><v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e"><v:textpath on="t" fitshape="t"/></v:shapetype>'
            '<v:shape id="PowerPlusWaterMarkObject1" o:spid="_x0000_s2049" type="#_x0000_t136" style="position:absolute;margin-left:0;margin-top:0;width:420pt;height:140pt;rotation:315;z-index:-251658752;'
            'mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin" fillcolor="silver" stroked="f">'
            f'<v:fill opacity=".5"/><v:textpath style={quoteattr(f"font-family:&quot;{font}&quot;;font-size:1pt".replace("&quot;", chr(39)))} string={quoteattr(shown)}/></v:shape></w:pict>'))

    def wrap_runs(self, paragraph, tag: str) -> None:
        box = OxmlElement(tag)
        for name, value in (("w:id", "77"), ("w:author", "VT"), ("w:date", "2024-05-01T09:00:00Z")):
            box.set(qn(name), value)
        for run in list(paragraph._element.findall(qn("w:r"))):
            box.append(run)
        paragraph._element.append(box)

    def control(self, paragraph) -> None:
        runs = list(paragraph._element.findall(qn("w:r")))
        box, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
        properties = parse_xml(f'<w:sdtPr xmlns:w="{W}"><w:alias w:val="DoMat"/><w:dropDownList><w:listItem w:displayText="-" w:value="0"/></w:dropDownList></w:sdtPr>')
        box.append(properties)
        box.append(content)
        for run in runs:
            content.append(run)
        paragraph._element.append(box)

    def field(self, paragraph) -> None:
        """A FILLIN field whose result is the mark."""
        runs = list(paragraph._element.findall(qn("w:r")))
        box = OxmlElement("w:fldSimple")
        box.set(qn("w:instr"), ' DOCPROPERTY "DoMat" ')
        for run in runs:
            box.append(run)
        paragraph._element.append(box)

    def head(self) -> None:
        letter, middle = self.job.letter, WD_ALIGN_PARAGRAPH.CENTER
        left, right = self.document.add_table(1, 2).rows[0].cells
        for text, bold in ((letter.superior, False), (letter.agency, True), (letter.number, False)):
            self.line(left, text, bold, middle)
        for text, bold in ((NATION, True), (MOTTO, True), (letter.dated, False)):
            self.line(right, text, bold, middle)
        if self.job.place == "beside":
            self.mark(left, middle)

    def build(self) -> bytes:
        job, letter, document, place = self.job, self.job.letter, self.document, self.job.place
        section = document.sections[0]
        if place in ("top", "caps"):
            self.mark(document)
        elif place == "cell":
            table = document.add_table(1, 3)
            table.style = "Table Grid"
            self.mark(table.rows[0].cells[0], WD_ALIGN_PARAGRAPH.CENTER)
        elif place == "frame":
            self.text_box()
        elif place == "watermark":
            self.watermark()
        elif place == "header":
            self.mark(section.header)
        elif place == "firstheader":
            section.different_first_page_header_footer = True
            self.mark(section.first_page_header)
        elif place == "footer":
            self.mark(section.footer, WD_ALIGN_PARAGRAPH.CENTER)
        self.head()
        if place in ("tracked", "moved"):
            for paragraph in self.mark(document)[:len(job.lines)]:
                self.wrap_runs(paragraph, "w:ins" if place == "tracked" else "w:moveTo")
        elif place == "control":
            for paragraph in self.mark(document)[:len(job.lines)]:
                self.control(paragraph)
        elif place == "field":
            for paragraph in self.mark(document)[:len(job.lines)]:
                self.field(paragraph)
        if letter.title:
            self.line(document, letter.title, True, WD_ALIGN_PARAGRAPH.CENTER)
        self.line(document, letter.subject, True, WD_ALIGN_PARAGRAPH.CENTER)
        self.line(document, f"Kính gửi: {letter.to}.", False, WD_ALIGN_PARAGRAPH.CENTER)
        paragraphs = list(letter.paragraphs)
        if place == "sentence":
            paragraphs[1:1] = job.lines
        for number, text in enumerate(paragraphs):
            if number == len(paragraphs) - 1 and place == "later":
                document.add_page_break()
                self.mark(document)
            if number == len(paragraphs) - 1 and place == "lateheader":
                late = document.add_section(WD_SECTION.NEW_PAGE)
                late.header.is_linked_to_previous = False
                self.mark(late.header)
            paragraph = self.line(document, text)
            if number == 0 and place == "comment":
                document.add_comment(paragraph.runs, text=self.ink.say("\n".join(job.lines), True)[0], author="VT", initials="v")
            if number == 0 and place == "alt":
                paragraph.add_run().add_picture(io.BytesIO(dot()))
                paragraph._element.findall(".//" + qn("wp:docPr"))[0].set("descr", self.ink.say(" ".join(job.lines), True)[0])
        left, right = document.add_table(1, 2).rows[0].cells
        for text in ("Nơi nhận:", *letter.receivers):
            self.line(left, text)
        if place == "end":
            self.mark(left)
        for text in (letter.post, letter.signer):
            self.line(right, text, True, WD_ALIGN_PARAGRAPH.CENTER)
        if place == "property":
            setattr(document.core_properties, self.dice.choice(["subject", "keywords", "category", "comments", "title", "content_status"]), self.ink.say(" ".join(job.lines), True)[0])
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def dot() -> bytes:
    """A PNG of one red pixel."""
    import struct
    import zlib
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b""))


def write(job: Job) -> bytes:
    return Word(job).build()
