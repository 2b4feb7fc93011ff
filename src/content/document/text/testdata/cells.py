# Makes cells.xlsx with openpyxl: rich text, comment, headers of print, inline strings, fonts.
from openpyxl import Workbook
from openpyxl.styles import Font, Alignment, Border, Side
from openpyxl.comments import Comment
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
w=Workbook(); s=w.active; s.title="Trang đầu"
s["A1"]="Ô đỏ"; s["A1"].font=Font(color="FFFF0000",bold=True,size=15); s["A1"].alignment=Alignment(horizontal="center")
d=Side(style="thin"); s["A1"].border=Border(d,d,d,d)
s["B1"]=25
s["C5"]=CellRichText("ô ",TextBlock(InlineFont(b=True),"đậm"))
s["D5"]="x· héi"; s["D5"].font=Font(name=".VnTime")
s["C5"].comment=Comment("lời bình ô","Lan")
s["E6"]='="kết"&" quả"'
s.oddHeader.left.text="Trái &[Page]"; s.oddHeader.center.text="Giữa A && B"; s.oddHeader.center.size=14; s.oddHeader.center.font="Arial,Bold"; s.oddHeader.center.color="FF0000"
s.firstFooter.right.text="Chân phải"; s.HeaderFooter.differentFirst=True
t=w.create_sheet("Trang hai"); t["A1"]="Ô đỏ"
w.properties.creator=""; w.properties.keywords="từ khóa"
w.save("cells.xlsx")
