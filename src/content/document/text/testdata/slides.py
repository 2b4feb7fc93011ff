# Makes slides.pptx with python-pptx.
from pptx import Presentation
from pptx.util import Pt, Cm
from pptx.dml.color import RGBColor
from pptx.enum.text import PP_ALIGN
p=Presentation()
s=p.slides.add_slide(p.slide_layouts[1])
s.shapes.title.text="Nhan đề một"
s.placeholders[1].text="Thân bài một\nDòng hai"
t=s.shapes.add_textbox(Cm(1),Cm(1),Cm(5),Cm(1)); t.line.color.rgb=RGBColor(0,0,0)
pp=t.text_frame.paragraphs[0]; pp.alignment=PP_ALIGN.CENTER
for w in ("chữ ","đỏ"):
    r=pp.add_run(); r.text=w; r.font.bold=True; r.font.size=Pt(20); r.font.color.rgb=RGBColor(255,0,0)
r=t.text_frame.add_paragraph().add_run(); r.text="x· héi"; r.font.name=".VnTime"
s.notes_slide.notes_text_frame.text="Lời nói một"
s=p.slides.add_slide(p.slide_layouts[5])
s.shapes.title.text="Nhan đề hai"
tb=s.shapes.add_table(2,2,Cm(1),Cm(5),Cm(8),Cm(3)).table
for r in range(2):
    for c in range(2): tb.cell(r,c).text=f"ô {r}{c}"
b=p.slide_master.shapes
# slide order differs from part order
l=p.slides._sldIdLst; e=list(l); l.remove(e[0]); l.append(e[0])
from pptx.oxml import parse_xml
m=p.slide_master.shapes._spTree
m.append(parse_xml('<p:sp xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:nvSpPr><p:cNvPr id="99" name="Logo" descr="biểu trưng"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p><a:r><a:t>Chữ trên nền</a:t></a:r></a:p></p:txBody></p:sp>'))
p.core_properties.title="Bài trình chiếu"; p.core_properties.author=""
p.save("slides.pptx")
