"""Slides: python-pptx (PPTX) and flat ODF that LibreOffice turns into ODP, PPTX and PPT."""

import io
from xml.sax.saxutils import escape

import marks_code
from marks_docx import dot
from marks_job import Job
from marks_sheet import envelope
from marks_text import NATION

PLACES = {"python-pptx": ("title", "top", "box", "notes", "cell", "footer", "alt", "property", "second", "group", "master"),
          "lo": ("title", "top", "box", "notes", "footer", "second", "property")}


def slides(job: Job) -> list[tuple[str, list[str]]]:
    """Title and lines of each slide, without the mark."""
    letter = job.letter
    out = [(f"{letter.title or 'BÁO CÁO'} {letter.subject}", [letter.agency, NATION, letter.number, letter.dated])]
    for number in range(0, len(letter.paragraphs), 2):
        out.append((f"Phần {number // 2 + 1}", [line for text in letter.paragraphs[number:number + 2] for line in text.split(". ")]))
    return out


def by_pptx(job: Job) -> bytes:
    from pptx import Presentation
    from pptx.dml.color import RGBColor
    from pptx.util import Inches, Pt
    deck, ink, dice = Presentation(), job.ink, job.dice("pptx")

    def run(paragraph, text: str, mark: bool = False) -> None:
        shown, font = ink.say(text, mark)
        for number, piece in enumerate(marks_code.pieces(shown, dice) if mark and job.disguise == "split" else [shown]):
            made = paragraph.add_run()
            made.text, made.font.name = piece, font
            if mark:
                made.font.bold = not number % 2
                made.font.color.rgb = RGBColor(255, 255, 255) if job.disguise == "white" else RGBColor(255, 0, 0)
                made.font.size = Pt(1 if job.disguise == "tiny" else 20)

    def fill(frame, lines: list[str], mark: bool = False) -> None:
        for number, line in enumerate(lines):
            run(frame.paragraphs[0] if number == 0 else frame.add_paragraph(), line, mark and line in job.lines)

    both = [*job.lines, *job.evidence]
    said = ink.say(" ".join(job.lines), True)[0]
    for number, (title, lines) in enumerate(slides(job)):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        here = number == (1 if job.place == "second" else 0)
        if here and job.place in ("title", "second"):
            fill(slide.shapes.title.text_frame, both, True)
            lines = [title, *lines]
        else:
            fill(slide.shapes.title.text_frame, [title])
        if here and job.place == "top":
            fill(slide.placeholders[1].text_frame, [*both, *lines], True)
        else:
            fill(slide.placeholders[1].text_frame, lines)
        if not here:
            continue
        match job.place:
            case "box":
                fill(slide.shapes.add_textbox(Inches(0.2), Inches(0.1), Inches(2), Inches(0.5)).text_frame, both, True)
            case "footer":
                fill(slide.shapes.add_textbox(Inches(3), Inches(7), Inches(3), Inches(0.4)).text_frame, both, True)
            case "cell":
                table = slide.shapes.add_table(len(both), 2, Inches(0.3), Inches(0.1), Inches(4), Inches(0.6)).table
                for at, line in enumerate(both):
                    fill(table.cell(at, 0).text_frame, [line], True)
            case "notes":
                slide.notes_slide.notes_text_frame.text = said
            case "alt":
                slide.shapes.add_picture(io.BytesIO(dot()), 0, 0)._element.nvPicPr.cNvPr.set("descr", said)
            case "group":
                group = slide.shapes.add_group_shape()
                fill(group.shapes.add_textbox(Inches(0.2), Inches(0.1), Inches(2), Inches(0.5)).text_frame, both, True)
            case "master":
                slide.slide_layout.placeholders[0].text_frame.text = said
    if job.place == "property":
        setattr(deck.core_properties, dice.choice(["subject", "keywords", "category", "comments", "title"]), said)
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def flat(job: Job) -> str:
    """A .fodp for LibreOffice."""
    ink, dice, styles = job.ink, job.dice("fodp"), {}

    def span(text: str) -> str:
        mark = text in job.lines
        shown, font = ink.say(text, mark)
        out = ""
        for number, piece in enumerate(marks_code.pieces(shown, dice) if mark and job.disguise == "split" else [shown]):
            more = ""
            if mark:
                more = f"fo:color='{'#ffffff' if job.disguise == 'white' else '#ff0000'}' fo:font-size='{'1pt' if job.disguise == 'tiny' else '20pt'}'" + (" fo:font-weight='bold'" if number % 2 == 0 else "")
            name = styles.setdefault((font, more), f"T{len(styles)}")
            out += f"<text:span text:style-name='{name}'>{escape(piece).replace('   ', ' <text:s/><text:s/>')}</text:span>"
        return f"<text:p>{out}</text:p>"

    def frame(lines: list[str], y: float, height: float, kind: str = "", width: float = 22) -> str:
        role = f" presentation:class='{kind}'" if kind else ""
        return f"<draw:frame svg:width='{width}cm' svg:height='{height}cm' svg:x='2cm' svg:y='{y}cm'{role}><draw:text-box>{''.join(map(span, lines))}</draw:text-box></draw:frame>"

    both, pages = [*job.lines, *job.evidence], []
    for number, (title, lines) in enumerate(slides(job)):
        here, inside = number == (1 if job.place == "second" else 0), ""
        inside += frame(both if here and job.place in ("title", "second") else [title], 1, 2.5, "title")
        inside += frame([*both, *lines] if here and job.place == "top" else [title, *lines] if here and job.place in ("title", "second") else lines, 4, 12, "outline" if number else "")
        if here and job.place == "box":
            inside += frame(both, 0.2, 1, "", 5)
        if here and job.place == "footer":
            inside += frame(both, 19.5, 1, "", 8)
        if here and job.place == "notes":
            inside += f"<presentation:notes>{frame(both, 15, 8, 'notes')}</presentation:notes>"
        pages.append(f"<draw:page draw:name='p{number}' draw:master-page-name='M'>{inside}</draw:page>")
    said = escape(ink.say(" ".join(job.lines), True)[0])
    field = dice.choice(["dc:subject", "meta:keyword", "dc:title"])
    made = "".join(f"<style:style style:name='{name}' style:family='text'><style:text-properties style:font-name='{font}' fo:font-family='{font}' {more}/></style:style>"
                   for (font, more), name in styles.items())
    return envelope("presentation", f"<{field}>{said}</{field}>" if job.place == "property" else "",
                    made + "<style:page-layout style:name='L'><style:page-layout-properties fo:page-width='28cm' fo:page-height='21cm'/></style:page-layout>",
                    "<style:master-page style:name='M' style:page-layout-name='L'/>", f"<office:presentation>{''.join(pages)}</office:presentation>")
