# makes flat ODF sources; TCVN3/VNI text encoded via tables
import subprocess,sys
def tcvn(s):
    import unicodedata
    b=subprocess.run(['iconv','-f','utf-8','-t','TCVN5712-1//TRANSLIT'],input=unicodedata.normalize('NFC',s).encode(),capture_output=True)
    return b.stdout.decode('latin-1')
vn=tcvn("Độc lập – Tự do").replace('\u2013','-')
vnh=tcvn("tuyệt mật")
vni="tuyeät maät"  # VNI: ê. => eä, â. => aä
esc=lambda s:s.replace('&','&amp;').replace('<','&lt;')
H='''<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.%s">
'''
META='''<office:meta><dc:title>Tựa đề thử</dc:title><dc:subject>Chủ đề thử</dc:subject><meta:keyword>từ khoá một</meta:keyword><dc:description>Lời bình thử</dc:description><meta:user-defined meta:name="Độ mật" meta:value-type="string">Thường thôi</meta:user-defined></office:meta>
'''
FONTS='''<office:font-face-decls><style:font-face style:name="TNR" svg:font-family="'Times New Roman'"/><style:font-face style:name="VnT" svg:font-family="'.VnTime'"/><style:font-face style:name="VnTH" svg:font-family="'.VnTimeH'"/><style:font-face style:name="VNI" svg:font-family="'VNI-Times'"/></office:font-face-decls>
'''
doc=H%'text'+META+FONTS+f'''<office:styles><style:default-style style:family="paragraph"><style:text-properties style:font-name="TNR" fo:font-size="14pt"/></style:default-style>
<style:style style:name="Standard" style:family="paragraph"/><style:style style:name="Legacy" style:family="paragraph" style:parent-style-name="Standard"><style:text-properties style:font-name="VnT" fo:font-size="13pt"/></style:style>
<style:style style:name="LegacyChild" style:family="paragraph" style:parent-style-name="Legacy"/>
</office:styles>
<office:automatic-styles>
<style:style style:name="C" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties fo:text-align="center"/><style:text-properties fo:font-weight="bold" fo:color="#ff0000"/></style:style>
<style:style style:name="F" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties fo:border="0.05cm solid #000000"/></style:style>
<style:style style:name="B" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="V" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="U" style:family="text"><style:text-properties fo:text-transform="uppercase"/></style:style>
<style:style style:name="TH" style:family="text"><style:text-properties style:font-name="VnTH"/></style:style>
<style:style style:name="TV" style:family="text"><style:text-properties style:font-name="VNI"/></style:style>
<style:style style:name="Fr" style:family="graphic"><style:graphic-properties style:wrap="none" style:horizontal-pos="center"/></style:style>
<style:page-layout style:name="pm"><style:page-layout-properties/><style:header-style/><style:footer-style/></style:page-layout>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="pm"><style:header><text:p>Đầu trang thử</text:p></style:header><style:footer><text:p>Chân trang <text:page-number>1</text:page-number></text:p></style:footer></style:master-page></office:master-styles>
<office:body><office:text>
<text:tracked-changes><text:changed-region text:id="d1"><text:deletion><office:change-info><dc:creator>A</dc:creator><dc:date>2020-01-01T00:00:00</dc:date></office:change-info><text:p>bị xoá mất</text:p></text:deletion></text:changed-region></text:tracked-changes>
<text:p text:style-name="C">CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</text:p>
<text:p>Đoạn <text:span text:style-name="B">đậm</text:span> thường, số “một”<text:note text:id="n1" text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>Chú thích cuối trang</text:p></text:note-body></text:note> và <text:note text:id="n2" text:note-class="endnote"><text:note-citation>i</text:note-citation><text:note-body><text:p>Chú thích cuối bài</text:p></text:note-body></text:note>.</text:p>
<text:p>Trước <text:change text:change-id="d1"/>sau<office:annotation><dc:creator>B</dc:creator><dc:date>2020-01-01T00:00:00</dc:date><text:p>Lời ghi chú</text:p></office:annotation> khi ẩn <text:span text:style-name="V">chữ ẩn đây</text:span> xong.</text:p>
<text:p text:style-name="F">Có khung quanh.</text:p>
<text:p text:style-name="LegacyChild">{esc(vn)} <text:span text:style-name="TH">{esc(vnh)}</text:span> <text:span text:style-name="TV">{vni}</text:span></text:p>
<text:p>Chữ <text:span text:style-name="U">in hoa</text:span> và <text:a xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="http://example.vn/">liên kết</text:a>.</text:p>
<table:table table:name="T"><table:table-column table:number-columns-repeated="2"/><table:table-row><table:table-cell><text:p>Ô một</text:p><text:p>Ô một dòng hai</text:p></table:table-cell><table:table-cell><text:p>Ô hai</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell><text:p/></table:table-cell><table:table-cell><text:p>Ô bốn</text:p></table:table-cell></table:table-row></table:table>
<text:p>Sau bảng.<draw:frame draw:name="Fx" draw:style-name="Fr" text:anchor-type="char" svg:width="5cm" svg:height="1cm"><draw:text-box><text:p>Trong khung chữ</text:p></draw:text-box></draw:frame></text:p>
<text:p>Cuối cùng<draw:custom-shape text:anchor-type="char" draw:style-name="Fr" svg:width="5cm" svg:height="2cm"><text:p>Trong hình vẽ</text:p><draw:enhanced-geometry svg:viewBox="0 0 21600 21600" draw:type="rectangle" draw:enhanced-path="M 0 0 L 21600 0 21600 21600 0 21600 0 0 Z N"/></draw:custom-shape>.</text:p>
</office:text></office:body></office:document>'''
open('van-ban.fodt','w').write(doc)
sheet=H%'spreadsheet'+META+FONTS+f'''<office:styles><style:style style:name="Default" style:family="table-cell"><style:text-properties style:font-name="TNR"/></style:style></office:styles>
<office:automatic-styles>
<style:style style:name="L" style:family="table-cell" style:parent-style-name="Default"><style:text-properties style:font-name="VnT"/></style:style>
<style:style style:name="R" style:family="table-cell" style:parent-style-name="Default"><style:table-cell-properties fo:border="0.05cm solid #000000"/><style:paragraph-properties fo:text-align="center"/><style:text-properties fo:font-weight="bold" fo:color="#ff0000" fo:font-size="16pt"/></style:style>
<style:style style:name="TH" style:family="text"><style:text-properties style:font-name="VnTH"/></style:style>
<style:style style:name="hid" style:family="table" style:master-page-name="Default"><style:table-properties table:display="false"/></style:style>
<style:style style:name="vis" style:family="table" style:master-page-name="Default"><style:table-properties table:display="true"/></style:style>
<style:page-layout style:name="pm"><style:page-layout-properties/><style:header-style/><style:footer-style/></style:page-layout>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Default" style:page-layout-name="pm"><style:header><text:p>Đầu bảng tính</text:p></style:header><style:footer><text:p>Trang <text:page-number>1</text:page-number></text:p></style:footer></style:master-page></office:master-styles>
<office:body><office:spreadsheet>
<table:table table:name="Bảng một" table:style-name="vis"><table:table-column/>
<table:table-row><table:table-cell office:value-type="string" table:style-name="R"><text:p>Tiêu đề đỏ</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="12.5"><text:p>12.5</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="2026"><text:p>2026</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string" table:style-name="L"><text:p>{esc(vn)}</text:p></table:table-cell><table:table-cell office:value-type="string"><office:annotation><text:p>Ghi chú ô</text:p></office:annotation><text:p>Latin only <text:span text:style-name="TH">{esc(vnh)}</text:span> nua</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell/><table:table-cell office:value-type="string" office:string-value="Mật khẩu" table:formula="of:=&quot;Mật &quot;&amp;&quot;khẩu&quot;"><text:p>Mật khẩu</text:p></table:table-cell></table:table-row>
<table:shapes><draw:custom-shape svg:width="5cm" svg:height="2cm" svg:x="1cm" svg:y="5cm"><text:p>Hình trong bảng</text:p><draw:enhanced-geometry svg:viewBox="0 0 21600 21600" draw:type="rectangle" draw:enhanced-path="M 0 0 L 21600 0 21600 21600 0 21600 0 0 Z N"/></draw:custom-shape></table:shapes>
</table:table>
<table:table table:name="Ẩn đi" table:style-name="hid"><table:table-column/><table:table-row><table:table-cell office:value-type="string"><text:p>Trong tờ ẩn</text:p></table:table-cell></table:table-row></table:table>
</office:spreadsheet></office:body></office:document>'''
sheet=sheet.replace('<table:shapes>','@@').replace('</table:shapes>','##')
import re
sh=re.search('@@(.*)##',sheet,re.S); shapes='<table:shapes>'+sh.group(1)+'</table:shapes>'
sheet=sheet.replace(sh.group(0),'').replace('table:style-name="vis"><table:table-column/>','table:style-name="vis">'+shapes+'<table:table-column/>')
open('bang-tinh.fods','w').write(sheet)
pres=H%'presentation'+META+FONTS+f'''<office:styles><style:style style:name="standard" style:family="graphic"><style:text-properties style:font-name="TNR" fo:font-size="18pt"/></style:style></office:styles>
<office:automatic-styles>
<style:style style:name="L" style:family="text"><style:text-properties style:font-name="VnT"/></style:style>
<style:style style:name="TH" style:family="text"><style:text-properties style:font-name="VnTH" fo:color="#ff0000" fo:font-weight="bold"/></style:style>
<style:style style:name="PC" style:family="paragraph"><style:paragraph-properties fo:text-align="center"/></style:style>
<style:page-layout style:name="pm"><style:page-layout-properties fo:page-width="28cm" fo:page-height="21cm"/></style:page-layout>
<style:style style:name="dp" style:family="drawing-page"><style:drawing-page-properties presentation:display-footer="true" presentation:display-header="true"/></style:style>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="M" style:page-layout-name="pm" draw:style-name="dp"><draw:frame draw:style-name="standard" svg:x="1cm" svg:y="18cm" svg:width="10cm" svg:height="1cm"><draw:text-box><text:p>Chữ của trang cái</text:p></draw:text-box></draw:frame></style:master-page></office:master-styles>
<office:body><office:presentation>
<presentation:footer-decl presentation:name="ft">Chân trang chiếu</presentation:footer-decl>
<draw:page draw:name="p1" draw:master-page-name="M" draw:style-name="dp" presentation:use-footer-name="ft">
<draw:frame presentation:class="title" svg:x="1cm" svg:y="1cm" svg:width="20cm" svg:height="2cm"><draw:text-box><text:p>Tựa trang một</text:p></draw:text-box></draw:frame>
<draw:frame presentation:class="outline" svg:x="1cm" svg:y="4cm" svg:width="20cm" svg:height="8cm"><draw:text-box><text:list><text:list-item><text:p>Ý thứ nhất</text:p></text:list-item><text:list-item><text:p><text:span text:style-name="L">{esc(vn)}</text:span></text:p></text:list-item></text:list></draw:text-box></draw:frame>
<draw:frame draw:style-name="standard" svg:x="1cm" svg:y="14cm" svg:width="20cm" svg:height="2cm"><draw:text-box><text:p text:style-name="PC"><text:span text:style-name="TH">{esc(vnh)}</text:span></text:p></draw:text-box></draw:frame>
<office:annotation svg:x="1cm" svg:y="1cm"><dc:creator>B</dc:creator><dc:date>2020-01-01T00:00:00</dc:date><text:p>Lời bàn</text:p></office:annotation>
<presentation:notes><draw:frame presentation:class="notes" svg:x="1cm" svg:y="14cm" svg:width="15cm" svg:height="10cm"><draw:text-box><text:p>Lời người nói</text:p></draw:text-box></draw:frame></presentation:notes>
</draw:page>
<draw:page draw:name="p2" draw:master-page-name="M"><draw:frame draw:style-name="standard" svg:x="1cm" svg:y="1cm" svg:width="20cm" svg:height="5cm"><draw:text-box><text:p>Trang hai<text:line-break/>dòng sau</text:p></draw:text-box></draw:frame>
<draw:frame svg:x="1cm" svg:y="8cm" svg:width="20cm" svg:height="5cm"><table:table><table:table-column/><table:table-column/><table:table-row><table:table-cell><text:p>Ô chiếu một</text:p></table:table-cell><table:table-cell><text:p>Ô chiếu hai</text:p></table:table-cell></table:table-row></table:table></draw:frame></draw:page>
</office:presentation></office:body></office:document>'''
open('trinh-chieu.fodp','w').write(pres)
