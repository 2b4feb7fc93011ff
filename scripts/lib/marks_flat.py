"""Letters as flat ODF text (.fodt): LibreOffice turns them into ODT, DOCX, DOC, RTF, PDF and HTML.

A place names where the mark stands; what LibreOffice does with it in each format is LibreOffice's own.
"""

from xml.sax.saxutils import escape

import marks_code
from marks_job import Job
from marks_text import MOTTO, NATION

PLACES = ("top", "beside", "cell", "frame", "shape", "header", "footer", "lateheader", "watermark", "comment", "property", "alt", "tracked",
          "deleted", "footnote", "later", "end", "sentence")
SPACES = " ".join(f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for short, name in (
    ("office", "office"), ("style", "style"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("fo", "xsl-fo-compatible"),
    ("svg", "svg-compatible"), ("meta", "meta"))) + ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"'
FRAME = "fo:border='2.5pt double #ff0000' fo:padding='0.05cm'"


class Flat:
    """Builds one document; styles are made as they are asked for."""

    def __init__(self, job: Job):
        self.job, self.ink, self.styles, self.dice = job, job.ink, {}, job.dice("flat")
        self.colour = self.dice.choice(["#ff0000", "#c00000", "#000000"])

    def style(self, family: str, properties: str) -> str:
        key = (family, properties)
        if key not in self.styles:
            self.styles[key] = f"S{len(self.styles)}"
        return self.styles[key]

    def span(self, text: str, more: str = "", mark: bool = False) -> str:
        shown, font = self.ink.say(text, mark)
        name = self.style("text", f"<style:text-properties fo:font-family='{font}' style:font-name='{font}' {more}/>")
        return f"<text:span text:style-name='{name}'>{keep(shown)}</text:span>"

    def line(self, text: str, more: str = "", align: str = "start") -> str:
        return f"<text:p text:style-name='{self.paragraph(align)}'>{self.span(text, more)}</text:p>"

    def paragraph(self, align: str = "start", more: str = "") -> str:
        return self.style("paragraph", f"<style:paragraph-properties fo:text-align='{align}' {more}/>")

    def mark_span(self, text: str) -> str:
        bold = "fo:font-weight='bold' fo:font-size='13pt'"
        match self.job.disguise:
            case "white":
                return self.span(text, bold + " fo:color='#ffffff'", True)
            case "hidden":
                return self.span(text, bold + " text:display='none'", True)
            case "tiny":
                return self.span(text, f"fo:font-size='1.5pt' fo:color='{self.colour}'", True)
            case "split":
                return "".join(self.span(piece, f"{bold} fo:color='{self.colour}' fo:letter-spacing='{number * 0.02:.2f}cm'", True)
                               for number, piece in enumerate(marks_code.pieces(text, self.dice)))
        return self.span(text, f"{bold} fo:color='{self.colour}'", True)

    def mark_lines(self, align: str = "start", framed: bool = False) -> str:
        name = self.paragraph(align, FRAME if framed else "")
        out = "".join(f"<text:p text:style-name='{name}'>{self.mark_span(line)}</text:p>" for line in self.job.lines)
        return out + "".join(self.line(line, "fo:font-weight='bold'", align) for line in self.job.evidence)

    def box(self) -> str:
        size = "svg:width='3.2cm' svg:height='1cm'" if len(self.job.lines) < 2 else "svg:width='2cm' svg:height='5cm'"
        name = self.style("graphic", f"<style:graphic-properties {FRAME} style:wrap='none' style:vertical-pos='from-top' style:vertical-rel='paragraph' "
                                     "style:horizontal-pos='from-left' style:horizontal-rel='paragraph'/>")
        return (f"<text:p><draw:frame draw:style-name='{name}' draw:name='K1' text:anchor-type='paragraph' {size} svg:x='0.3cm' svg:y='0.1cm' draw:z-index='0'>"
                f"<draw:text-box fo:min-height='0.6cm'>{self.mark_lines('center')}</draw:text-box></draw:frame></text:p>")

    def shape(self, rotated: bool = False) -> str:
        name = self.style("graphic", "<style:graphic-properties draw:fill='none' draw:stroke='solid' svg:stroke-color='#ff0000' style:run-through='foreground' style:wrap='run-through' "
                                     "style:vertical-pos='from-top' style:vertical-rel='paragraph' style:horizontal-pos='from-left' style:horizontal-rel='paragraph'/>")
        place = "draw:transform='rotate(0.7) translate(3cm 12cm)'" if rotated else "svg:x='0.2cm' svg:y='0.2cm'"
        size = "svg:width='12cm' svg:height='3cm'" if rotated else "svg:width='4cm' svg:height='1.2cm'" if len(self.job.lines) < 2 else "svg:width='2cm' svg:height='6cm'"
        return (f"<text:p><draw:custom-shape draw:style-name='{name}' text:anchor-type='paragraph' {size} {place} draw:z-index='1'>{self.mark_lines('center')}"
                "<draw:enhanced-geometry svg:viewBox='0 0 21600 21600' draw:type='rectangle' draw:enhanced-path='M 0 0 L 21600 0 21600 21600 0 21600 0 0 Z N'/>"
                "</draw:custom-shape></text:p>")

    def head(self) -> str:
        letter, beside = self.job.letter, self.mark_lines() if self.job.place == "beside" else ""
        bold = "fo:font-weight='bold'"
        left = self.line(letter.superior, "", "center") + self.line(letter.agency, bold, "center") + self.line(letter.number, "", "center") + beside
        right = self.line(NATION, bold, "center") + self.line(MOTTO, bold, "center") + self.line(letter.dated, "fo:font-style='italic'", "center")
        return table([[left, right]], self.style("table-cell", "<style:table-cell-properties fo:padding='0.05cm'/>"))

    def body(self) -> str:
        job, letter, place, out = self.job, self.job.letter, self.job.place, []
        if place == "top":
            out.append(self.mark_lines("start", framed=self.dice.random() < 0.4))
        if place == "cell":
            out.append(table([[self.mark_lines("center"), "<text:p/>", "<text:p/>"]], self.style("table-cell", f"<style:table-cell-properties {FRAME}/>")))
        if place == "frame":
            out.append(self.box())
        if place == "shape":
            out.append(self.shape())
        if place == "watermark":
            out.append(self.shape(rotated=True))
        out.append(self.head())
        if place == "tracked":
            out.append("".join(f"<text:p><text:change-start text:change-id='c1'/>{self.mark_span(line)}<text:change-end text:change-id='c1'/></text:p>" for line in job.lines[:1]))
            out.append("".join(f"<text:p>{self.mark_span(line)}</text:p>" for line in job.lines[1:]))
        if place == "deleted":
            out.append("<text:p><text:change text:change-id='c1'/></text:p>")
        if letter.title:
            out.append(self.line(letter.title, "fo:font-weight='bold'", "center"))
        out.append(self.line(letter.subject, "fo:font-weight='bold'", "center") + self.line(f"Kính gửi: {letter.to}.", "", "center"))
        paragraphs = list(letter.paragraphs)
        if place == "sentence":
            paragraphs[1:1] = job.lines
        for number, text in enumerate(paragraphs):
            aside = ""
            if number == 0 and place == "comment":
                aside = ("<office:annotation><dc:creator>VT</dc:creator><dc:date>2024-03-05T08:00:00</dc:date>"
                         + "".join(f"<text:p>{keep(self.ink.say(line, True)[0])}</text:p>" for line in job.lines) + "</office:annotation>")
            if number == 0 and place == "footnote":
                aside = f"<text:note text:id='n1' text:note-class='footnote'><text:note-citation>1</text:note-citation><text:note-body>{self.mark_lines()}</text:note-body></text:note>"
            if number == 0 and place == "alt":
                aside = ("<draw:frame text:anchor-type='as-char' svg:width='2cm' svg:height='1cm' draw:name='dau'><draw:text-box><text:p/></draw:text-box>"
                         f"<svg:title>{keep(self.ink.say(' '.join(job.lines), True)[0])}</svg:title><svg:desc>{keep(self.ink.say(' '.join(job.lines), True)[0])}</svg:desc></draw:frame>")
            broken = number and number % 4 == 0 and job.extra.get("pages")
            name = self.paragraph("justify", "fo:break-before='page'" if broken else "")
            if place == "later" and number == len(paragraphs) - 1:
                out.append(f"<text:p text:style-name='{self.paragraph('start', 'fo:break-before=' + chr(39) + 'page' + chr(39))}'/>" + self.mark_lines())
            if place == "lateheader" and number == len(paragraphs) - 1:
                name = "Late"
            out.append(f"<text:p text:style-name='{name}'>{self.span(text)}{aside}</text:p>")
        left = self.line("Nơi nhận:", "fo:font-style='italic'") + "".join(self.line(text) for text in letter.receivers)
        left += self.mark_lines() if place == "end" else ""
        right = self.line(letter.post, "fo:font-weight='bold'", "center") + self.line(letter.signer, "fo:font-weight='bold'", "center")
        out.append(table([[left, right]], self.style("table-cell", "<style:table-cell-properties fo:padding='0.05cm'/>")))
        return "".join(out)

    def document(self) -> str:
        job, place, body = self.job, self.job.place, self.body()
        head = f"<style:header>{self.mark_lines()}</style:header>" if place == "header" else ""
        foot = f"<style:footer>{self.mark_lines('center')}</style:footer>" if place == "footer" else ""
        late = f"<style:header>{self.mark_lines()}</style:header>" if place == "lateheader" else ""
        said = keep(self.ink.say(" ".join(job.lines), True)[0])
        field = self.dice.choice(["dc:subject", "meta:keyword", "dc:title", "dc:description"])
        meta = f"<{field}>{said}</{field}>" if place == "property" else ""
        change = ""
        if place in ("tracked", "deleted"):
            kind, inside = ("insertion", "") if place == "tracked" else ("deletion", "".join(f"<text:p>{self.mark_span(line)}</text:p>" for line in job.lines))
            change = (f"<text:tracked-changes text:track-changes='true'><text:changed-region xml:id='c1' text:id='c1'><text:{kind}><office:change-info><dc:creator>VT</dc:creator>"
                      f"<dc:date>2024-05-01T09:00:00</dc:date></office:change-info>{inside}</text:{kind}></text:changed-region></text:tracked-changes>")
        fonts = {font for font in ("Times New Roman", ".VnTime", ".VnTimeH", "VNI-Times")}
        faces = "".join(f"<style:font-face style:name='{font}' svg:font-family=\"'{font}'\"/>" for font in sorted(fonts))
        automatic = "".join(f"<style:style style:name='{name}' style:family='{family}'>{properties}</style:style>" for (family, properties), name in self.styles.items())
        return (f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document {SPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">'
                f"<office:meta>{meta}</office:meta><office:font-face-decls>{faces}</office:font-face-decls>"
                "<office:styles><style:default-style style:family='paragraph'><style:text-properties style:font-name='Times New Roman' fo:font-size='13pt' fo:language='vi' fo:country='VN'/></style:default-style>"
                "<style:style style:name='Standard' style:family='paragraph'/></office:styles>"
                f"<office:automatic-styles>{automatic}<style:style style:name='Late' style:family='paragraph' style:master-page-name='Late'/>"
                "<style:page-layout style:name='L'><style:page-layout-properties fo:page-width='21cm' fo:page-height='29.7cm' fo:margin='2cm'/>"
                "<style:header-style/><style:footer-style/></style:page-layout></office:automatic-styles>"
                f"<office:master-styles><style:master-page style:name='Standard' style:page-layout-name='L'>{head}{foot}</style:master-page>"
                f"<style:master-page style:name='Late' style:page-layout-name='L'>{late}</style:master-page></office:master-styles>"
                f"<office:body><office:text>{change}{body}</office:text></office:body></office:document>")


def table(rows: list[list[str]], cell: str) -> str:
    columns = "".join("<table:table-column/>" for _ in rows[0])
    return "<table:table>" + columns + "".join("<table:table-row>" + "".join(
        f"<table:table-cell table:style-name='{cell}' office:value-type='string'>{inside}</table:table-cell>" for inside in row) + "</table:table-row>" for row in rows) + "</table:table>"


def keep(text: str) -> str:
    """Escaped, runs of spaces kept as ODF asks."""
    return escape(text).replace("  ", " <text:s/>")


def write(job: Job) -> str:
    return Flat(job).document()
