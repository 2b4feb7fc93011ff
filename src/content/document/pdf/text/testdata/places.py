import pikepdf
from reportlab.pdfgen import canvas
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.lib.colors import Color
pdfmetrics.registerFont(TTFont('D','/usr/share/fonts/truetype/croscore/Tinos-Regular.ttf'))
pdfmetrics.registerFont(TTFont('DB','/usr/share/fonts/truetype/croscore/Tinos-Bold.ttf'))
T='./'
c=canvas.Canvas('/tmp/m.pdf',pagesize=(595,842))
c.setTitle('TỐI MẬT - Kế hoạch'); c.setSubject('Nội bộ'); c.setAuthor('')
c.setFont('D',12)
c.drawString(60,780,'UBND TỈNH BÌNH ĐỊNH'); c.drawString(320,780,'CỘNG HÒA XÃ HỘI')
c.setFont('DB',14); c.setFillColorRGB(0.85,0,0); c.drawString(70,740,'TUYỆT MẬT'); c.setStrokeColorRGB(.85,0,0); c.rect(64,733,100,24)
c.setFillColorRGB(0,0,0); c.setFont('DB',14); c.drawCentredString(297.5,700,'BÁO CÁO')
c.setFont('D',12); c.drawString(60,660,'Chữ '); c.drawString(60+c.stringWidth('Chữ ','D',12),660,'k'); x=60+c.stringWidth('Chữ k','D',12); c.drawString(x,660,'ết'); 
t=c.beginText(60,640); t.setCharSpace(5); t.textOut('TUYỆT MẬT'); t.setCharSpace(0); c.drawText(t)
c.setFillColorRGB(1,1,1); c.drawString(60,620,'chữ trắng'); c.setFillColorRGB(.7,0,0); c.rect(58,596,120,16,fill=1,stroke=0); c.setFillColorRGB(1,1,1); c.drawString(60,600,'trắng trên đỏ')
c.setFillColorRGB(0,0,0)
t=c.beginText(60,580); t.setTextRenderMode(3); t.textOut('không thấy'); t.setTextRenderMode(0); c.drawText(t)
c.saveState(); c.translate(40,300); c.rotate(90); c.drawString(0,0,'Chữ đứng bên lề'); c.restoreState()
c.saveState(); c.translate(150,200); c.rotate(45); c.setFont('D',60); c.setFillColor(Color(.8,.8,.8)); c.drawString(0,0,'BẢN SAO'); c.restoreState()
# words over each other: a stamp across a text
c.setFont('D',12); c.drawString(60,540,'văn bản chạy dưới con dấu của cơ quan'); c.setFillColorRGB(1,0,0); c.drawString(97,541,'HỎA TỐC'); c.setFillColorRGB(0,0,0)
# printed twice
c.drawString(60,520,'in hai lần'); c.drawString(60.3,520,'in hai lần')
# mark as glyph of its own
c.drawString(60,500,'o\u031b\u0309 Vie\u0302\u0323t')
# form
c.beginForm('F'); c.setFont('D',12); c.drawString(60,480,'trong biểu mẫu'); c.endForm(); c.doForm('F')
# four lines
c.setFont('D',12); c.drawString(300,440,'THU HỒI'); [c.line(*p) for p in ((295,434,360,434),(295,454,360,454),(295,434,295,454),(360,434,360,454))]
c.bookmarkPage('a'); c.addOutlineEntry('Chương một: mật','a')
c.acroForm.textfield(name='muc',value='BI MAT',x=60,y=400,width=100,height=20)
c.drawString(60,20,'Trang 1'); c.showPage()
c.setFont('D',12); c.drawString(60,20,'Trang 2'); c.drawString(60,700,'trang hai'); c.showPage()
c.save()
p=pikepdf.open('/tmp/m.pdf')
from pikepdf import Dictionary as Di, Name as N, Array as A, String as S
ap=p.make_stream(b'BT /F1 10 Tf 2 2 Td (HELLO STAMP) Tj ET'); ap.Type=N.XObject; ap.Subtype=N.Form; ap.BBox=A([0,0,100,20]); ap.Resources=Di(Font=Di(F1=Di(Type=N.Font,Subtype=N.Type1,BaseFont=N.Helvetica)))
st=p.make_indirect(Di(Type=N.Annot,Subtype=N.Stamp,Rect=A([300,300,400,320]),Contents=S('Đã nhận'),AP=Di(N=ap)))
pg=p.pages[0].obj
pg.Annots.append(st)
p.Root.StructTreeRoot=p.make_indirect(Di(Type=N.StructTreeRoot,K=p.make_indirect(Di(Type=N.StructElem,S=N.Figure,Alt=S('Ảnh con dấu')))))
p.save(T+'places.pdf',compress_streams=True,object_stream_mode=pikepdf.ObjectStreamMode.generate)
pass
# without ToUnicode: what the fonts say; one page of Chromium-like CID font with its cmap kept
from fpdf import FPDF
f=FPDF(); f.add_font('D','','/usr/share/fonts/truetype/croscore/Tinos-Regular.ttf'); f.add_page(); f.set_font('D','',12); f.cell(0,6,'Tài liệu MẬT của đơn vị'); f.output('/tmp/f.pdf')
q=pikepdf.open('/tmp/f.pdf')
for o in q.objects:
    if isinstance(o,pikepdf.Dictionary) and '/ToUnicode' in o: del o['/ToUnicode']
q.save(T+'no-tounicode.pdf',object_stream_mode=pikepdf.ObjectStreamMode.generate); pikepdf.open('/tmp/f.pdf').save(T+'secret.pdf',encryption=pikepdf.Encryption(owner='o',user='bimat123',R=6))
import os; print([(x,os.path.getsize(T+x)) for x in os.listdir(T)])
