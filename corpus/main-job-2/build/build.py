#!/usr/bin/env python3
"""Builds the held-out letters, MANIFEST.tsv and FACTS.tsv. Run: python3 build.py (deterministic)."""
import csv, unicodedata
from pathlib import Path
from payloads import *
from wiring import *

HERE = Path(__file__).parent
BOOK = {}
# name -> (mail, verdict, shape, from, note)


def add(name, mail, verdict="accept", shape="", sender="guithu@example.org", note="-"):
    assert name not in BOOK
    BOOK[name] = (mail, verdict, shape, sender, note)


def top(who, subject, mid, extra=(), mime=True, date="Wed, 14 Sep 2022 10:15:22 +0700"):
    return [f"From: {who}", "To: vanthu@daknong.gov.vn", f"Subject: {subject}", f"Date: {date}", f"Message-ID: <{mid}>",
            *(["MIME-Version: 1.0"] if mime else []), *extra]


def text(body, head=("Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit"), enc="8bit", **kw):
    return Leaf(head, body, enc, **kw)


def html(body, enc="qp"):
    name = {"qp": "quoted-printable", "base64": "base64", "8bit": "8bit"}[enc]
    return Leaf(["Content-Type: text/html; charset=utf-8", f"Content-Transfer-Encoding: {name}"], body, enc)


def att(kind, name, data, enc="base64", disp="attachment", exe=False, kinds=(), **kw):
    """An attachment with a plain ASCII name in both fields."""
    return Leaf([f'Content-Type: {kind}; name="{name}"', f'Content-Disposition: {disp}; filename="{name}"', f"Content-Transfer-Encoding: {enc}"],
                data, enc, "attachment", [name], exe=exe, kinds=kinds, **kw)


def mixed(boundary, *kids, kind="multipart/mixed", **kw):
    return Multi([f'Content-Type: {kind}; boundary="{boundary}"'], boundary, list(kids), **kw)


B64 = "Content-Transfer-Encoding: base64"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
OCTET = "application/octet-stream"
HI = "Kính gửi anh chị,\nEm gửi tệp như đã trao đổi qua điện thoại sáng nay.\nTrân trọng.\n"


# ============================== must be refused ==============================================
def refused():
    def bad(name, mail, shape, note, **kw):
        add(name, mail, "reject", shape, note=note, **kw)

    # -- programs by content under innocent names and types
    bad("ricoh-scan-far-header", Mail(top("scan@vp.example.org", 'Message from "RNP002673A1B2C3"', "20220914101522@RNP002673A1B2C3"), mixed(
        "DC_BOUND_PRE_<1663125322.02673a1b>",
        text("This E-mail was sent from \"RNP002673A1B2C3\" (MP 3054).\n\nScan Date: 14.09.2022 10:15:22 (+0700)\n", ["Content-Type: text/plain; charset=us-ascii"], "7bit"),
        att("application/pdf", "20220914101522.pdf", pe(0x1800, fill=b"%PDF-1.4 "), exe=True))), "Ricoh MFP", "PE whose header stands at 0x1800, filled with PDF words")
    vi = "Báo cáo kết quả 9 tháng.docx"
    bad("zimbra-elf-docx", Mail(top("=?utf-8?Q?Ph=C3=B2ng_N=E1=BB=99i_v=E1=BB=A5?= <noivu@example.org>", ew("Báo cáo 9 tháng"), "771.882.1663125.JavaMail.zimbra@example.org"), mixed(
        "----=_Part_8821_1190233.1663125322771",
        text(HI), Leaf([f"Content-Type: {DOCX}; name*=utf-8''{pct(vi)}", f"Content-Disposition: attachment; filename*=utf-8''{pct(vi)}", B64], elf64(), "base64", "attachment", [vi], exe=True))),
        "Zimbra", "ELF under a docx name and type")
    bad("apple-inline-macho-jpeg", Mail(top("Lan <lan@example.org>", "Fwd: anh hien truong", "0E5B6D@example.org", ["X-Mailer: iPhone Mail (19G82)"]), mixed(
        "Apple-Mail-4B1D77E0-92AA-4B0F-A3C5-5A1E0C7C2F11", text("\n\n", ["Content-Type: text/plain; charset=us-ascii", "Content-Transfer-Encoding: 7bit"], "7bit"),
        att("image/jpeg", "IMG_4471.jpeg", macho_fat(), disp="inline", exe=True),
        text("\n\nGửi từ iPhone của tôi\n", ["Content-Type: text/plain; charset=utf-8", B64], "base64"))), "Apple Mail", "universal Mach-O shown inline as a picture")
    bad("express-tiny-pe-txt", Mail(top('"Hoa" <hoa@example.org>', "danh sach", "000d01c8c1$0a@hoa", ["X-Mailer: Microsoft Outlook Express 6.00.2900.5931"]), mixed(
        "----=_NextPart_000_0009_01C8C1F2.7B3C2A10", text("Xem file kem theo.\n", ["Content-Type: text/plain; format=flowed; charset=\"windows-1258\"; reply-type=original", "Content-Transfer-Encoding: 7bit"], "7bit"),
        Leaf(['Content-Type: text/plain; format=flowed; name="danh sach ho ngheo.txt"; charset="windows-1258"', B64, 'Content-Disposition: attachment; filename="danh sach ho ngheo.txt"'],
             tiny_pe(), "base64", "attachment", ["danh sach ho ngheo.txt"], exe=True), pre=b"This is a multi-part message in MIME format.\r\n")), "Outlook Express", "268-byte PE, e_lfanew = 4, declared text/plain")
    data = pe(machine=0x14C)
    bad("bat-pe-in-lowercase-qp", Mail(top("Tuan <tuan@example.org>", "Bang diem", "1398021355.20220914101522@example.org", ["X-Mailer: The Bat! (v9.3.4) Professional"]), mixed(
        "----------0A21F31190E7D3F2A", text("Hello Vanthu,\n\n  Gui bang diem.\n\n-- \nBest regards,\n Tuan\n", ["Content-Type: text/plain; charset=us-ascii", "Content-Transfer-Encoding: 7bit"], "7bit"),
        Leaf([f'Content-Type: {OCTET}; name="bang_diem.dat"', "Content-transfer-encoding: Quoted-Printable", 'Content-Disposition: attachment; filename="bang_diem.dat"'],
             data, "qp", "attachment", ["bang_diem.dat"], exe=True, raw=qp(data, binary=True, lower=True)))), "The Bat!", "PE in quoted-printable with lower-case hexadecimal")
    bad("camera-mips-cfg", Mail(top("ipcam@cam3.example.org", "Config backup", "cfg.1663@cam3"), mixed(
        "boundary1663125322", text("Auto backup.\n", ["Content-Type: text/plain"], "7bit"), att(OCTET, "cauhinh.cfg", elf32_mips(), exe=True))), "IP camera", "big-endian 32-bit ELF")
    bad("mutt-nameless-pe-alone", Mail(top("quan@example.org", "goi tin", "Yx1r@may", ["User-Agent: Mutt/1.10.1 (2018-07-13)", f"Content-Type: {OCTET}", "Content-Disposition: attachment", B64]),
        Leaf([], pe(), "base64", "attachment", exe=True)), "mutt", "the whole letter is one nameless program")
    BOOK["mutt-nameless-pe-alone"][0].body.head = []

    # -- names
    rlo = "Bao cao \u202excod.exe"
    bad("rlo-name", Mail(top("p@example.org", "Bao cao", "rlo1@example.org"), mixed(
        "=-sg9dVb0u1FMxk2Cb", text("Xem file.\n", ["Content-Type: text/plain; charset=utf-8"], "7bit"),
        Leaf([f"Content-Type: {OCTET}", f"Content-Disposition: attachment; filename*=UTF-8''{pct(rlo)}", B64], COM, "base64", "attachment", [rlo], exe=True))), "Evolution", "right-to-left override; ends in .exe")
    wide = "Công văn hỏa tốc 512-CV.pdf" + " " * 90 + ".exe"
    bad("spaces-before-exe-raw-utf8", Mail(top("p@example.org", "Công văn hỏa tốc", "wide@example.org"), mixed(
        "b1_9f31ee7a6d", text(HI), Leaf([f'Content-Type: application/pdf; name="{wide}"', f'Content-Disposition: attachment; filename="{wide}"', B64], COM, "base64", "attachment", [wide], exe=True))),
        "PHPMailer", "raw UTF-8 name, 90 spaces before .exe")
    plan = "Kế hoạch số 15.vbs"
    bad("rfc2231-pieces-out-of-order", Mail(top("p@example.org", "Ke hoach", "piec@example.org"), mixed(
        "nextPart2210934.ElGaqSPkdT", text(HI), Leaf(["Content-Type: text/plain; charset=\"us-ascii\"", "Content-Disposition: attachment;\r\n filename*2=\"vbs\";\r\n filename*0*=utf-8''K%E1%BA%BF%20ho%E1%BA%A1ch;\r\n filename*1*=%20s%E1%BB%91%2015.", B64],
             b'MsgBox "Xin chao"\r\n', "base64", "attachment", [plan], exe=True))), "KMail", "RFC 2231 pieces 2, 0, 1")
    js = "Thông báo.js"
    bad("cp1258-name-in-type-only", Mail(top("p@example.org", ew("Thông báo", "windows-1258"), "cp1258@example.org", ["X-Mailer: Microsoft Office Outlook 11"]), mixed(
        "----=_NextPart_000_0017_01D8C81A.5F0AA2C0", text(HI), Leaf([f'Content-Type: application/pdf;\r\n\tname="{ew(js, "windows-1258")}"', B64], b'WScript.Echo("a");\r\n', "base64", "attachment", [js], exe=True))),
        "Outlook 2003", "the only name is in Content-Type, an encoded word in windows-1258")
    bad("dots-and-spaces-after-cmd", Mail(top("p@example.org", "Lich tuan", "dots@example.org"), mixed(
        "_----------=_16631253221", text("Lich tuan.\n", ["Content-Type: text/plain"], "7bit"), att(OCTET, "Lich_tuan.cmd. .", b"@echo off\r\nstart calc\r\n", exe=True))), "MIME::Lite", "Windows drops the dots and spaces at the end")
    path = "../../Start Menu/Programs/Startup/cap_nhat.bat"
    bad("path-in-name", Mail(top("p@example.org", "Cap nhat", "path@example.org"), mixed(
        "PHP-mixed-0cc175b9c0f1b6a831c399e269772661", text("Cap nhat\n", ["Content-Type: text/plain; charset=iso-8859-1"], "7bit"), att("text/plain", path, b"@echo off\r\ncopy a b\r\n", exe=True))), "PHP script", "a path as the name")
    bad("type-name-exe-filename-doc", Mail(top("p@example.org", "Ho so", "conf@example.org"), mixed(
        "----=_NextPart_001_00AB_01D8C81B.0D2A1F40", text(HI), Leaf([f'Content-Type: application/msword; name="dsnv.exe"', 'Content-Disposition: attachment; filename="dsnv.doc"', B64], COM, "base64", "attachment", ["dsnv.doc", "dsnv.exe"], exe=True))),
        "Outlook", "two names that disagree: the one in Content-Type is .exe")
    bad("filename-star-disagrees", Mail(top("p@example.org", "Bang luong", "star@example.org"), mixed(
        "6f1ed002ab5595859014ebf0951522d9", text(HI), Leaf([f"Content-Type: {XLSX}", "Content-Disposition: attachment; filename=\"bang-luong.xlsx\"; filename*=UTF-8''bang-luong%2Evbs", B64], b'Set a = CreateObject("x")\r\n', "base64", "attachment", ["bang-luong.vbs", "bang-luong.xlsx"], exe=True))),
        "web form", "filename and filename* disagree; the extended one is .vbs")
    bad("extension-cut-by-encoded-words", Mail(top("p@example.org", "Hoa don", "cut@example.org"), mixed(
        "000000000000c5b3e805e8a1f0aa", text(HI), Leaf([f"Content-Type: {OCTET};\r\n name=\"=?utf-8?Q?hoa-=C4=91=C6=A1n.e?=\r\n =?utf-8?Q?xe?=\"", "Content-Disposition: attachment;\r\n filename=\"=?utf-8?Q?hoa-=C4=91=C6=A1n.e?=\r\n =?utf-8?Q?xe?=\"", B64], COM, "base64", "attachment", ["hoa-đơn.exe"], exe=True))),
        "Gmail", "the extension is cut in two by encoded words")
    bad("quoted-pairs-in-name", Mail(top("p@example.org", "Cai dat", "qpair@example.org"), mixed(
        "=_6321a0c1.qpair", text("x\n", ["Content-Type: text/plain"], "7bit"), Leaf([f"Content-Type: {OCTET}", 'Content-Disposition: attachment; filename="cai_dat\\.e\\x\\e"', B64], COM, "base64", "attachment", ["cai_dat.exe"], exe=True))),
        "heirloom mailx", "RFC 5322 quoted pairs inside the extension")
    bad("name-folded-before-pif", Mail(top("p@example.org", "Thong bao", "fold@example.org"), mixed(
        "----=_Part_1_2.3", text("x\n", ["Content-Type: text/plain"], "7bit"), Leaf(["Content-Type: application/pdf", 'Content-Disposition: attachment;\r\n filename="thong bao nghi le.pdf\r\n .pif"', B64], COM, "base64", "attachment", ["thong bao nghi le.pdf .pif"], exe=True))),
        "JavaMail", "the quoted name is folded just before .pif")
    bad("language-tagged-word", Mail(top("p@example.org", "To trinh", "lang@example.org"), mixed(
        "=-=lang-5531", text(HI), Leaf([f"Content-Type: {OCTET}", 'Content-Disposition: attachment; filename="=?UTF-8*vi?Q?T=E1=BB=9D_tr=C3=ACnh=2Escr?="', B64], COM, "base64", "attachment", ["Tờ trình.scr"], exe=True))),
        "Evolution", "encoded word with a language tag (RFC 2231 clause 5)")
    lnk = "Giấy mời họp số 215.pdf.lnk"
    bad("emclient-lnk", Mail(top('"Van phong" <vp@example.org>', ew("Giấy mời họp"), "emd1d2@example.org", ["User-Agent: eM_Client/9.0.1708.0"]), mixed(
        "------=_MB5C1F0E2A-1B2C-4D5E-8F90-A1B2C3D4E5F6", text(HI), Leaf([f'Content-Type: application/pdf; name="{ew(lnk, size=14)}"', f'Content-Disposition: attachment;\r\n filename="{ew(lnk, size=14)}"', B64], LNK, "base64", "attachment", [lnk], exe=True))),
        "eM Client", "a real shortcut; Windows hides .lnk")
    bad("hta-without-disposition", Mail(top("p@example.org", "Phieu khao sat", "hta@example.org"), mixed(
        "_004_SG2PR01MB2231", text(HI), Leaf(['Content-Type: text/html; charset="utf-8"; name="Phieu-khao-sat.hta"', "Content-Transfer-Encoding: quoted-printable"], "<html><body>Phiếu khảo sát</body></html>\n", "qp", "attachment", ["Phieu-khao-sat.hta"], exe=True))),
        "Exchange", "text/html with an .hta name and no Content-Disposition")
    bad("lotus-mixed-case-wsf", Mail(top("Nguyen Van B/DNO/VN <b@example.org>", "Quy trinh", "OF1234.0012@example.org", ["X-Mailer: Lotus Notes Release 8.5.3 September 15, 2011"]), Multi(
        ['Content-type: multipart/mixed; Boundary="0__=4CBB0931DFD2A81E8f9e8a93df938690918c4CBB0931DFD2A81E"'], "0__=4CBB0931DFD2A81E8f9e8a93df938690918c4CBB0931DFD2A81E",
        [Leaf(["Content-type: text/plain; charset=US-ASCII"], "(See attached file: Quy trinh ISO.WsF)\n"),
         Leaf(['Content-type:application/octet-stream;NAME="Quy trinh ISO.WsF"', 'Content-Disposition:ATTACHMENT;FILENAME="Quy trinh ISO.WsF"', "Content-transfer-encoding:BASE64"], b"<job><script language=\"VBScript\">x=1</script></job>\r\n", "base64", "attachment", ["Quy trinh ISO.WsF"], exe=True)])),
        "Lotus Notes", "no blanks after the colons, mixed case everywhere")
    bad("signed-smime-with-msi", Mail(top("CA <hotro@example.org>", "Bo cai chu ky so", "msi@example.org"), Multi(
        ['Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="------------ms030405060708090a"'], "------------ms030405060708090a",
        [mixed("------------kQ0sZ1", text(HI), att("application/x-msi", "bo_cai_chu_ky_so.msi", cfb("Property", b"\x01", bytes.fromhex("84100c0000000000c000000000000046")), exe=True)),
         att("application/pkcs7-signature", "smime.p7s", p7s())], pre=b"This is a cryptographically signed message in MIME format.\r\n")), "Thunderbird", "a valid-looking S/MIME signature does not make an installer welcome")

    # -- inside attached messages
    inner = Mail(top("hr@example.com", "Thu moi phong van", "in1@example.com", ["X-Mailer: Microsoft Outlook 16.0"]), mixed("----=_NextPart_000_0001_01D8C", text(HI), att("application/msword", "CV_Nguyen_Van_A.doc", pe(), exe=True)))
    inner.part_head, inner.names = [b'Content-Type: message/rfc822; charset=UTF-8; name="Thu moi phong van.eml"', b'Content-Disposition: attachment; filename="Thu moi phong van.eml"', b"Content-Transfer-Encoding: 7bit"], ["Thu moi phong van.eml"]
    inner.body.kids[0] = text(HI, ["Content-Type: text/plain; charset=utf-8", B64], "base64")
    bad("thunderbird-forward-pe-doc", Mail(top("a@example.org", "Fwd: Thu moi phong van", "fw1@example.org"), mixed("------------0wSp1y0Y3o1Xl4sO8bT", text("\n", ["Content-Type: text/plain; charset=UTF-8; format=flowed", "Content-Transfer-Encoding: 7bit"], "7bit"), inner)), "Thunderbird", "program inside a forwarded message")
    orig = Mail(top("khong-biet@example.net", "cap nhat", "ps1@example.net"), mixed("=_orig1", Leaf(["Content-Type: text/plain"], "cap nhat\n"), att("text/plain", "Cap-nhat-Windows.ps1", b"Write-Host 'x'\r\n", exe=True)), ["Content-Type: message/rfc822"])
    bad("bounce-returns-ps1", Mail(top("MAILER-DAEMON@mx.example.net (Mail Delivery System)", "Undelivered Mail Returned to Sender", "dsn7@mx.example.net", ["Auto-Submitted: auto-replied"]), Multi(
        ['Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="5D1B4C3A2F.1663125322/mx.example.net"'], "5D1B4C3A2F.1663125322/mx.example.net",
        [Leaf(["Content-Description: Notification", "Content-Type: text/plain; charset=us-ascii"], "This is the mail system at host mx.example.net.\n"),
         Leaf(["Content-Description: Delivery report", "Content-Type: message/delivery-status"], "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; x@example.net\nAction: failed\nStatus: 5.1.1\n", "7bit", "attachment"), orig])),
        "Postfix bounce", "backscatter: a forged bounce that returns a program", sender="<>")
    d1 = Mail(top("a@example.org", "Chao", "dg1@example.org"), Leaf(["Content-Type: text/plain; charset=us-ascii"], "Chao ca nha.\n"))
    d2 = Mail(top("b@example.org", "Re: Chao", "dg2@example.org"), mixed("dg2b", Leaf(["Content-Type: text/plain"], "Day nhe.\n"), att("text/plain", "bai_hat.jse", b"#@~^AAAAAA==\r\n", exe=True)))
    bad("digest-default-type-jse", Mail(top("ds-request@lists.example.org", "ds Digest, Vol 12, Issue 3", "dig@lists.example.org"), mixed("===============1234567890==", Leaf(["Content-Type: text/plain"], "Today's Topics:\n 1. Chao\n"),
        mixed("----------dgst", d1, d2, kind="multipart/digest"))), "Mailman", "parts of a digest without a Content-Type are messages")
    deep = Leaf([f"Content-Type: {OCTET}", B64], elf64(), "base64", "attachment", exe=True)
    m3 = Mail(top("c@example.org", "goc", "d3@example.org"), deep, ["Content-Type: message/rfc822", "Content-Disposition: inline"])
    m2 = Mail(top("b@example.org", "Fwd: goc", "d2@example.org"), mixed("lop2", Leaf(["Content-Type: text/plain"], "lop 2\n"), m3), ["Content-Type: message/rfc822"])
    m1 = Mail(top("a@example.org", "Fwd: Fwd: goc", "d1@example.org"), mixed("lop1", Leaf(["Content-Type: text/plain"], "lop 1\n"), m2), ["Content-Type: message/rfc822"])
    bad("three-messages-deep", Mail(top("v@example.org", "Fwd: Fwd: Fwd: goc", "d0@example.org"), mixed("lop0", Leaf(["Content-Type: text/plain"], "lop 0\n"), m1)), "Apple Mail", "nameless program three messages deep")
    bounce = Mail(top("x@example.org", "[Fwd: thong ke]", "bn@example.org"), mixed("trong", Leaf(["Content-Type: text/plain"], "thong ke\n"), att(OCTET, "thongke.COM", COM, exe=True)), ["Content-Type: message/rfc822", "Content-Disposition: inline"])
    bad("letter-is-a-message", Mail(top("y@example.org", "[Fwd: thong ke]", "lm@example.org"), bounce), "mutt (mime_forward, no cover text)", "the letter's own body is message/rfc822")

    # -- transfer encodings and header forms
    bad("encoding-with-comment-folded", Mail(top("p@example.org", "De an", "cmt@example.org"), mixed("=_de-an_=", text(HI), Leaf(['Content-Type: application/rtf (van ban); name="De_an.rtf"', "Content-Disposition: attachment (tep);\r\n\tfilename=\"De_an.rtf\"", "Content-Transfer-Encoding:\r\n\tBASE64 (theo chuan MIME)"], pe(), "base64", "attachment", ["De_an.rtf"], exe=True))),
        "hand-made", "comments and folding in the MIME fields, legal by RFC 2045 5.1 and 6.1 (Python alone does not drop the one in the encoding)")
    data = base64.b64encode(macho64())
    bad("ragged-base64", Mail(top("p@example.org", "So do", "rag@example.org"), mixed("_=_rag_=_", text(HI), Leaf(['Content-Type: image/png; name="so_do_to_chuc.png"', 'Content-Disposition: attachment; filename="so_do_to_chuc.png"', B64], macho64(), "base64", "attachment", ["so_do_to_chuc.png"], exe=True,
        raw=b"\r\n" + b" \t\r\n\r\n".join(data[i:i + 13] for i in range(0, len(data), 13)) + b"\r\n\r\n"))), "hand-made", "lines of 13 characters with blanks and empty lines between")
    odd = "=_ d'an (2022)+_,-./:=? x"
    bad("no-mime-version-odd-boundary-unclosed", Mail(top("p@example.org", "Du an", "odd@example.org", mime=False), mixed(odd, text("x\n", ["Content-Type: text/plain"], "7bit"), att("application/pdf", "du-an.pdf", pe(), exe=True), close=False)),
        "old script", "no MIME-Version, every sign a boundary may hold, no closing line")
    bad("boundary-prefix-of-outer", Mail(top("p@example.org", "Tin", "pre@example.org"), mixed("tin2022", mixed("tin", text(HI), html("<p>Kính gửi</p>\n"), kind="multipart/alternative"), att("image/gif", "banner.gif", elf64(), exe=True))),
        "web program", "the inner boundary is the beginning of the outer one")
    bad("program-as-alternative", Mail(top("p@example.org", "Thiep", "alt@example.org"), mixed("alt-9", text(HI), html("<p>Thiệp</p>\n"), Leaf(["Content-Type: application/x-ms-dos-executable", B64], pe(), "base64", "attachment", exe=True), kind="multipart/alternative")),
        "bulk mailer", "a nameless program as the third alternative")
    bad("appledouble-macho", Mail(top("p@example.org", "Bao gia", "ad@example.org", ["X-Mailer: Apple Mail (2.936)"]), mixed("Apple-Mail-17--311902", text(HI), mixed("Apple-Mail-18--311903",
        Leaf(['Content-Type: application/applefile; name="Bao gia"', 'Content-Disposition: attachment; filename="Bao gia"', B64], struct.pack(">II16xHIII", 0x00051607, 0x00020000, 1, 9, 38, 32) + b"APPL????" + bytes(24), "base64", "attachment", ["Bao gia"]),
        att(OCTET, "Bao gia", macho64(0x0100000C, 0), exe=True), kind="multipart/appledouble"))), "Apple Mail 3", "the data fork is a program without an extension")
    bad("unknown-multipart", Mail(top("p@example.org", "Thu chuc mung", "unk@example.org", ["X-Mailer: IncrediMail 2.0"]), mixed("------------Boundary-00=_X1", html("<p>Chúc mừng</p>\n"), att("image/gif", "hoa.gif", pe(), exe=True), kind="multipart/x-stationery")), "IncrediMail", "an unknown multipart is read as mixed (RFC 2046 5.1.3)")


# ============================== must pass ======================================================
def innocent():
    good = add
    # -- scanners, faxes, voice
    good("konica-scan", Mail(top("mfp@example.org", "Message from KM_C250i", "4f2a@KM", ["X-Mailer: KONICA MINOLTA bizhub C250i"]), mixed("KONICA_MINOLTA_Internet_Mail_Boundary",
        Leaf(["Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 7bit"], "\n"), att("application/pdf", "SKM_C250i22091410150.pdf", pdf(image=jpeg()), kinds=["pdf"]))), shape="Konica Minolta MFP")
    good("canon-fax-tiff", Mail(top("fax@example.org", "Attached Image", "fx@canon"), mixed("=_Canon_0001_=", Leaf(["Content-Type: text/plain; charset=us-ascii"], "\n"), att("image/tiff", "0001.tif", tiff(3)))), shape="Canon iR fax")
    good("voicemail-wav", Mail(top("Unity <unity@example.org>", "Message from 02613543210", "vm@unity"), mixed("vm-1", Leaf(["Content-Type: text/plain"], "1 new voice message\n"), Leaf(['Content-Type: audio/wav; name="VoiceMessage.wav"', 'Content-Disposition: attachment; filename="VoiceMessage.wav"; voice=Voice-Message', B64], wav(), "base64", "attachment", ["VoiceMessage.wav"]), kind="multipart/voice-message")), shape="Cisco Unity")
    good("large-map-scan", Mail(top("dc@example.org", ew("Bản đồ quy hoạch"), "map@example.org", ["User-Agent: eM_Client/8.2.1659.0"]), mixed("------=_MB0001", text(HI), Leaf([f'Content-Type: application/pdf; name="{ew("Bản đồ quy hoạch 1:25.000.pdf")}"', f'Content-Disposition: attachment; filename="{ew("Bản đồ quy hoạch 1:25.000.pdf")}"', B64], pdf("map", pad=3 << 20, seed=5), "base64", "attachment", ["Bản đồ quy hoạch 1:25.000.pdf"], kinds=["pdf"]))), shape="eM Client", note="3 MiB; a colon in the name")
    # -- signed decisions, notices
    name = "07_2022_QĐ-UBND.signed.pdf"
    good("zimbra-signed-decision", Mail(top("vanthu2@example.org", ew("V/v ban hành Quy chế quản lý, sử dụng thư điện tử", size=18), "1.2.zimbra@example.org"), mixed("----=_Part_1_2.1663", text(HI),
        Leaf([f'Content-Type: application/pdf; name="{ew(name)}"', f"Content-Disposition: attachment; filename*=UTF-8''{pct(name)}; filename=\"{ew(name)}\"", B64], pdf("QD", signed=True), "base64", "attachment", [name], kinds=["pdf"]))), shape="Zimbra")
    good("detached-p7s-beside-pdf", Mail(top("ctu@example.org", "CV 215", "p7@example.org"), mixed("p7b", text(HI), att("application/pdf", "CV_215.pdf", pdf("CV 215"), kinds=["pdf"]), att(OCTET, "CV_215.pdf.p7s", p7s()))), shape="Outlook 2013")
    good("eoffice-notice", Mail(top(f"{ew('Hệ thống eOffice')} <eoffice@example.org>", ew("[eOffice] Bạn có 03 văn bản chờ xử lý"), "eo1@example.org", ["X-Mailer: PHPMailer 6.6.0", "Content-Type: text/html; charset=utf-8", B64]),
        Leaf([], "<html><body><p>Văn bản đến số <b>1.234/UBND-KGVX</b></p><a href=\"https://eoffice.example.org/qlvb/main?download=setup.exe\">Cài tiện ích ký số</a></body></html>\n", "base64")), shape="eOffice (PHPMailer)", note="a link to a program is not an attachment")
    BOOK["eoffice-notice"][0].body.head = []
    good("ioffice-docx-dots", Mail(top("ioffice@example.org", "TB 1234", "io@example.org"), mixed("----=_Part_99", html("<p>Thông báo</p>\n", "base64"), att(DOCX, "1234.TB-VP.2022.v1.0.final.docx", docx("Thông báo")), att(XLSX, "PL01.KH.bat-dong-san.com.xlsx", xlsx([["STT", "Tên"], ["1", "cmd.exe"]])))), shape="iOffice (JavaMail)")
    good("einvoice-xml-pdf", Mail(top("hoadon@example.net", ew("Hóa đơn điện tử số 00000123"), "hd@example.net"), mixed("--boundary_12_7f9c", html("<table><tr><td>Mẫu số</td><td>1C22TAA</td></tr></table>\n"), att("text/xml", "1C22TAA_00000123.xml", '<?xml version="1.0" encoding="UTF-8"?>\n<HDon><DLHDon/></HDon>\n'.encode()), att("application/pdf", "1C22TAA_00000123.pdf", pdf("HD"), kinds=["pdf"]))), shape="System.Net.Mail")
    # -- office packages from many programs
    good("google-docs-order", Mail(top("an@example.com", "Du thao", "CAF1@mail.gmail.com"), mixed("000000000000aa11bb", mixed("000000000000aa11ba", text("Dự thảo\r\n", ["Content-Type: text/plain; charset=\"UTF-8\"", B64], "base64"), html('<div dir="ltr">Dự thảo</div>\n'), kind="multipart/alternative"),
        Leaf([f'Content-Type: {DOCX}; name="Du thao 2.docx"', 'Content-Disposition: attachment; filename="Du thao 2.docx"', B64, "Content-ID: <f_l81x0>", "X-Attachment-Id: f_l81x0"], docx("Dự thảo", order=[2, 1, 0], stream=True), "base64", "attachment", ["Du thao 2.docx"]))), shape="Gmail", note="package written by Google Docs: [Content_Types].xml stands last, with data descriptors")
    lo = "Tờ trình (bản 3) – gửi Sở.docx"
    good("libreoffice-kmail", Mail(top("h@example.org", "To trinh", "km@example.org", ["User-Agent: KMail/5.20.3"]), mixed("nextPart5821.abc", text(HI), Leaf([f"Content-Type: {DOCX}; name*=UTF-8''{pct(lo)}", f"Content-Disposition: attachment; filename*=UTF-8''{pct(lo)}", B64], docx("Tờ trình", order=[1, 2, 0], stream=True), "base64", "attachment", [lo]))), shape="KMail")
    logo = png()
    good("outlook2016-inline-logo-xlsx", Mail(top("ke.toan@example.org", "Bang luong T9", "SG2@prod", ["X-Mailer: Microsoft Outlook 16.0"]), mixed("----=_NextPart_000_00", Multi(['Content-Type: multipart/related; boundary="----=_NextPart_001_00"'], "----=_NextPart_001_00",
        [mixed("----=_NextPart_002_00", text("Kính gửi\n", ["Content-Type: text/plain; charset=\"utf-8\"", B64], "base64"), html('<p>Kính gửi</p><img src="cid:image001.png@01D8C820.0F3A7B10">\n'), kind="multipart/alternative"),
         Leaf(['Content-Type: image/png; name="image001.png"', B64, "Content-ID: <image001.png@01D8C820.0F3A7B10>"], logo, "base64", "inline", ["image001.png"])]),
        att(XLSX, "Bang luong T9.2022.xlsx", xlsx([["A", "=1+1"]])))), shape="Outlook 2016")
    nfd = unicodedata.normalize("NFD", "Hội nghị trực tuyến.pptx")
    enc, cut = pct(nfd), len(pct(nfd[:9]))
    good("apple-nfd-pptx", Mail(top("m@example.org", ew("Hội nghị"), "A1@example.org", ["X-Mailer: Apple Mail (2.3696.120.41.1.1)"]), mixed("Apple-Mail=_0F", text("\n", ["Content-Type: text/plain; charset=us-ascii", "Content-Transfer-Encoding: 7bit"], "7bit"),
        Leaf([f"Content-Disposition: attachment;\r\n\tfilename*0*=utf-8''{enc[:cut]};\r\n\tfilename*1*={enc[cut:]}", f"Content-Type: {PPTX};\r\n\tx-unix-mode=0644;\r\n\tname=\"{ew(nfd, size=12)}\"", B64], pptx("Hội nghị"), "base64", "attachment", [nfd]), text("\n\n", ["Content-Type: text/plain; charset=us-ascii"], "7bit"))), shape="Apple Mail", note="decomposed letters")
    good("lotus-old-word-excel", Mail(top("C/DNO <c@example.org>", "Ke hoach", "OF9@example.org"), mixed("=_mixed 00345678 47258899_=", Leaf(['Content-Type: text/plain; charset="US-ASCII"'], "\n"), att(OCTET, "Kehoach.doc", cfb("WordDocument", b"\xec\xa5\xc1\x00" + b"Kh " * 500)), att(OCTET, "Phuluc.xls", cfb("Workbook", b"\x09\x08\x10\x00\x00\x06\x05\x00" + noise(3000, 9))))), shape="Lotus Notes 6")
    # -- signatures, calendars, cards, TNEF
    good("smime-signed", Mail(top("ks@example.org", "Da ky", "sm@example.org"), Multi(['Content-Type: multipart/signed; protocol="application/x-pkcs7-signature"; micalg=sha1; boundary="ms1"'], "ms1", [text(HI, ["Content-Type: text/plain; charset=utf-8", B64], "base64"), att("application/x-pkcs7-signature", "smime.p7s", p7s())])), shape="Thunderbird")
    good("smime-opaque-p7m", Mail(top("ks@example.org", "Da ky (opaque)", "p7m@example.org", ['Content-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"', 'Content-Disposition: attachment; filename="smime.p7m"', B64]), Leaf([], p7s(b"Content-Type: text/plain\r\n\r\nDa ky.\r\n"), "base64", "attachment", ["smime.p7m"])), "accept|tag", "Outlook", note="whether an opaque signature counts as not opened is left open")
    BOOK["smime-opaque-p7m"][0].body.head = []
    good("pgp-signed", Mail(top("k@example.org", "PGP", "pgp@example.org", ["User-Agent: Mutt/2.2.7"]), Multi(['Content-Type: multipart/signed; micalg=pgp-sha512;\r\n\tprotocol="application/pgp-signature"; boundary="xXmbgvnjoT4axfJE"'], "xXmbgvnjoT4axfJE", [Leaf(["Content-Type: text/plain; charset=us-ascii", "Content-Disposition: inline"], "Da ky bang PGP.\n"), Leaf(['Content-Type: application/pgp-signature; name="signature.asc"'], "-----BEGIN PGP SIGNATURE-----\n\niHUEABYKAB0WIQ==\n=abcd\n-----END PGP SIGNATURE-----\n", "7bit", "attachment", ["signature.asc"])])), shape="mutt")
    good("tnef-winmail", Mail(top("d@example.org", "Lich cong tac tuan 37", "tnef@example.org", ["X-Mailer: Microsoft Outlook 14.0", "X-MS-TNEF-Correlator: 00000000"]), mixed("----=_NextPart_000_0A", Leaf(['Content-Type: text/plain; charset="us-ascii"'], "Lich tuan.\n"), att("application/ms-tnef", "winmail.dat", tnef()))), "accept|tag", "Outlook 2010", note="TNEF without files; tag left open")
    ics = ("BEGIN:VCALENDAR\nPRODID:Zimbra-Calendar-Provider\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:9f-1\nSUMMARY:Họp giao ban\nDTSTART;TZID=\"Asia/Ho_Chi_Minh\":20220915T080000\nEND:VEVENT\nEND:VCALENDAR\n").replace("\n", "\r\n").encode()
    good("zimbra-invitation", Mail(top("l@example.org", ew("Họp giao ban"), "ics@example.org"), mixed("----=_Part_7", mixed("----=_Part_8", text("Họp giao ban\n"), html("<p>Họp giao ban</p>\n"), Leaf(["Content-Type: text/calendar; charset=utf-8; method=REQUEST; name=meeting.ics", "Content-Transfer-Encoding: 8bit"], ics, "8bit", "attachment", ["meeting.ics"]), kind="multipart/alternative"))), shape="Zimbra")
    vcf = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Nguy=E1=BB=85n;An\r\nEND:VCARD\r\n".encode()
    good("outlook-vcard", Mail(top("an@example.org", "Danh thiep", "vcf@example.org"), mixed("vc", text(HI), Leaf([f'Content-Type: text/x-vcard; name="{ew("Nguyễn Văn An.vcf")}"', "Content-Transfer-Encoding: quoted-printable", f'Content-Disposition: attachment; filename="{ew("Nguyễn Văn An.vcf")}"'], vcf, "qp", "attachment", ["Nguyễn Văn An.vcf"]))), shape="Outlook 2007")
    # -- lists, reports, receipts, answers
    one_ = Mail(top("a@example.org", "Hoi ve Excel", "l1@example.org"), text("Ai biết công thức này?\n"))
    two_ = Mail(top("b@example.org", "Re: Hoi ve Excel", "l2@example.org"), mixed("in2", text("Xem tệp setup.exe hay không?\n"), att("image/png", "chup_man_hinh.png", png(40, 20))), ["Content-Type: message/rfc822", "MIME-Version: 1.0"])
    good("mailman-digest-footer", Mail(top("tin-hoc-request@lists.example.org", "Tin-hoc Digest, Vol 40, Issue 9", "mm@lists.example.org", ["List-Id: <tin-hoc.lists.example.org>", "Precedence: list"]), mixed("===============0712==", Leaf(['Content-Type: text/plain; charset="us-ascii"', "Content-Description: Tin-hoc Digest, Vol 40, Issue 9"], "Send Tin-hoc mailing list submissions to tin-hoc@lists.example.org\n"),
        mixed("===============0713==", one_, two_, kind="multipart/digest"), Leaf(['Content-Type: text/plain; charset="us-ascii"', "Content-Description: Digest Footer"], "End of Tin-hoc Digest, Vol 40, Issue 9\n"))), shape="Mailman 2")
    good("postfix-bounce-headers", Mail(top("MAILER-DAEMON@mail.example.org (Mail Delivery System)", "Undelivered Mail Returned to Sender", "b1@mail.example.org"), Multi(['Content-Type: multipart/report; report-type=delivery-status; boundary="A1.166/mail.example.org"'], "A1.166/mail.example.org",
        [Leaf(["Content-Description: Notification", "Content-Type: text/plain; charset=us-ascii"], "550 5.7.1 message content rejected: file setup.exe not allowed\n"), Leaf(["Content-Type: message/delivery-status"], "Reporting-MTA: dns; mail.example.org\n\nFinal-Recipient: rfc822; z@example.net\nAction: failed\nStatus: 5.7.1\n", "7bit", "attachment"),
         Leaf(["Content-Description: Undelivered Message Headers", "Content-Type: text/rfc822-headers"], 'From: vanthu@daknong.gov.vn\nSubject: setup.exe\nContent-Type: application/x-msdownload; name="setup.exe"\n', "7bit", "attachment")], pre=b"This is a MIME-encapsulated message.\r\n")), shape="Postfix bounce", sender="<>", note="headers only: they name a program that is not there")
    ret = Mail(top("vanthu@daknong.gov.vn", "Bang tong hop", "r1@daknong.gov.vn"), mixed("ret", Leaf(["Content-Type: text/plain"], "Bang tong hop.\n"), att(XLSX, "Tong hop.xlsx", xlsx([["1", "2"]]))), ["Content-Type: message/rfc822"])
    good("exchange-ndr-with-original", Mail(top("<postmaster@example.com>", "Undeliverable: Bang tong hop", "ndr@example.com"), Multi(['Content-Type: multipart/report; report-type=delivery-status; boundary="9B095B5ADSN=_01D8"'], "9B095B5ADSN=_01D8", [html("<p>Your message couldn't be delivered.</p>\n"), Leaf(["Content-Type: message/delivery-status"], "Reporting-MTA: dns;SG2PR01.prod.outlook.com\n\nFinal-recipient: RFC822;q@example.com\nAction: failed\nStatus: 5.1.10\n", "7bit", "attachment"), ret])), shape="Exchange Online NDR", sender="<>")
    good("read-receipt", Mail(top("sep@example.org", "Read: To trinh", "mdn@example.org"), Multi(['Content-Type: multipart/report; report-type=disposition-notification; boundary="mdn1"'], "mdn1", [Leaf(['Content-Type: text/plain; charset="utf-8"', "Content-Transfer-Encoding: quoted-printable"], "Thư của bạn đã được đọc.\n", "qp"), Leaf(["Content-Type: message/disposition-notification"], "Final-Recipient: rfc822; sep@example.org\nDisposition: manual-action/MDN-sent-manually; displayed\n", "7bit", "attachment")])), shape="Outlook receipt", sender="<>")
    good("vacation-answer", Mail(top("nghi@example.org", ew("Trả lời tự động: nghỉ phép"), "vac@example.org", ["Auto-Submitted: auto-replied (zimbra; vacation)", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable"]), Leaf([], "Tôi nghỉ phép đến 20/9.\n", "qp")), shape="Zimbra", sender="<>")
    BOOK["vacation-answer"][0].body.head = []
    good("newsletter-amp", Mail(top("news@example.com", "Tin tuan", "amp@example.com"), mixed("amp1", text("Tin tuần\n"), Leaf(['Content-Type: text/x-amp-html; charset="UTF-8"'], "<!doctype html><html amp4email><head><script async src=\"https://cdn.ampproject.org/v0.js\"></script></head><body>tin</body></html>\n", "7bit", "attachment"), html("<p>Tin tuần</p><script>var MZ=1;</script>\n"), kind="multipart/alternative")), shape="bulk mailer", note="by the contract every leaf that is not text/plain or text/html is an attachment")
    fwd = Mail(top("it@example.org", "Loi setup.exe", "e1@example.org"), text("Máy báo lỗi khi chạy C:\\Windows\\System32\\cmd.exe /c setup.exe\n"), ['Content-Type: message/rfc822; name="Loi setup.exe khi cai.eml"', 'Content-Disposition: attachment; filename="Loi setup.exe khi cai.eml"'], ["Loi setup.exe khi cai.eml"])
    good("forward-that-names-a-program", Mail(top("it2@example.org", "Fwd: Loi setup.exe", "e2@example.org"), mixed("------------fw", Leaf(["Content-Type: text/plain"], "fyi\n"), fwd)), shape="Thunderbird")
    # -- text that talks about programs
    code = ("Chào anh,\n\nĐoạn mã lỗi:\n\n  #!/bin/sh\n  rm -rf /tmp/x; wget http://example.org/a.exe\n\n  @echo off\n  powershell -enc SQBFAFgA\n\nbegin  từ tuần sau nhé.\n\nTVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
            "00000000  4d 5a 90 00 03 00 00 00  04 00 00 00 ff ff 00 00  |MZ..............|\n<script>new ActiveXObject('WScript.Shell')</script>\n.\nThis program cannot be run in DOS mode.\n")
    good("letter-full-of-code", Mail(top("dev@example.org", "Re: loi", "code@example.org", ["User-Agent: Mutt/1.12.0", "Content-Type: text/plain; charset=utf-8", "Content-Disposition: inline", "Content-Transfer-Encoding: quoted-printable"]), Leaf([], code.replace("\n.\n", "\n..\n"), "qp")), shape="mutt")
    BOOK["letter-full-of-code"][0].body.head = []
    log = "2022-09-14 10:15:22 CMD C:\\Windows\\System32\\cmd.exe /c \"net user\"\n2022-09-14 10:15:23 WARN blocked virus.exe, dropper.vbs\nTVqQAAMAAAAEAAAA//8AALgAAAAA\n".replace("\n", "\r\n").encode()
    sl = "Nhật ký sự cố.log"
    good("bat-incident-log", Mail(top("at@example.org", "Su co", "log@example.org", ["X-Mailer: The Bat! (v8.5.8)"]), mixed("----------0B1C", text(HI), Leaf([f'Content-Type: text/plain; name="{ew(sl, how="Q")}"', "Content-transfer-encoding: quoted-printable", f'Content-Disposition: attachment; filename="{ew(sl, how="Q")}"'], log, "qp", "attachment", [sl]))), shape="The Bat!")
    good("cron-sql-csv", Mail(top("root@db1.example.org", "backup nightly", "cron@db1", ["X-PHP-Originating-Script: 0:backup.php"]), mixed("PHP-mixed-e4da3b7f", Leaf(['Content-Type: text/plain; charset="iso-8859-1"'], "backup ok\n"), att("application/sql", "qlvb_20220914.sql", "-- MySQL dump\nDROP TABLE IF EXISTS `files`;\nINSERT INTO files VALUES (1,'setup.exe','4D5A9000');\nEXEC xp_cmdshell 'dir c:\\';\n".encode()), att("text/csv", "may_tram.exe.csv", "\ufefftên;tệp\nMáy 01;autorun.inf\nMáy 02;a.scr\n".encode()))), shape="PHP script")
    good("stub-text-inside-pdf-and-docx", Mail(top("gv@example.org", "Bai giang", "stub@example.org"), mixed("stub", text(HI), att("application/pdf", "Cau truc tep PE.pdf", pdf("PE", plain_note=b"%MZ\x90\x00 This program cannot be run in DOS mode. PE\x00\x00\n\x7fELF\x02\x01\n"), kinds=["pdf"]),
        att(DOCX, "Bai 2. PE.EXE la gi.docx", docx("PE", more=[("word/notes.xml", "<n>MZ This program cannot be run in DOS mode.</n>")], stored=("word/notes.xml",))))), shape="Outlook 365")
    # -- charsets, subjects, names
    cp = "<table border=1><tr><td>Số</td><td>Ngày</td></tr><tr><td>512</td><td>14/9 = thứ tư</td></tr></table>\r\n"
    cp = cp1258(cp)
    good("cp1258-table", Mail(top("Hoa <hoa@example.org>", ew("Thông báo", "windows-1258", "Q"), "oe@hoa", ["X-Mailer: Microsoft Outlook Express 6.00.2800.1106"]), mixed("----=_NextPart_000_01", Leaf(['Content-Type: text/plain; charset="windows-1258"', "Content-Transfer-Encoding: quoted-printable"], "Thông báo\r\n".encode("cp1258"), "qp"), Leaf(['Content-Type: text/html; charset="windows-1258"', "Content-Transfer-Encoding: quoted-printable"], cp, "qp"), kind="multipart/alternative")), shape="Outlook Express")
    good("tcvn3-no-mime", Mail(top("cu@example.org", b"Th\xabng b\xb8o h\xe4p".decode("latin-1"), "old@example.org", mime=False), Leaf([], b"K\xddnh g\xf6i c\xb8c \xae\xe5ng ch\xdd,\r\nH\xe4p l\xf3c 8 gi\xea.\r\n", "8bit")), shape="sendmail (no MIME)", note="TCVN3 bytes, no MIME fields at all")
    m = BOOK["tcvn3-no-mime"][0]
    m.head = [h.decode().encode("latin-1") if h.startswith(b"Subject") else h for h in m.head]
    long = "Về việc triển khai thực hiện Quyết định số 07/2022/QĐ-UBND ngày 25/02/2022 và tệp install.exe đính kèm công văn trước đây; "
    good("very-long-subject", Mail(top("vp@example.org", ew(long * 9, size=16), "long@example.org"), mixed("lg", text(HI), att("application/pdf", "a.pdf", pdf("a"), kinds=["pdf"]))), shape="Zimbra", note="about 70 folded lines of subject")
    p = lambda n: pdf(f"tep {n}")
    good("six-forms-of-names", Mail(top("f@example.org", "Sau tep", "six@example.org"), mixed("six", text(HI),
        Leaf(["Content-Type: application/pdf", f'Content-Disposition: attachment;\r\n filename="{ew("Giấy khai sinh số 3.pdf", how="Q", size=7)}"', B64], p(1), "base64", "attachment", ["Giấy khai sinh số 3.pdf"], kinds=["pdf"]),
        Leaf([f"Content-Type: application/pdf; name*=UTF-8'vi'{pct('Đơn xin nghỉ.pdf')}", B64], p(2), "base64", "attachment", ["Đơn xin nghỉ.pdf"], kinds=["pdf"]),
        Leaf(["Content-Type: application/pdf", "Content-Disposition: attachment;\r\n filename*0=\"Bao cao tong hop tinh hinh \";\r\n filename*1=\"kinh te xa hoi quy 3.\";\r\n filename*2=pdf", B64], p(3), "base64", "attachment", ["Bao cao tong hop tinh hinh kinh te xa hoi quy 3.pdf"], kinds=["pdf"]),
        Leaf(['Content-Type: application/pdf; name="Quyết định.exe.pdf"', 'Content-Disposition: attachment; filename="Quyết định.exe.pdf"', B64], p(4), "base64", "attachment", ["Quyết định.exe.pdf"], kinds=["pdf"]),
        Leaf(["Content-Type: application/pdf; name=CV-12.2022.pdf", "Content-Disposition: attachment; filename=CV-12.2022.pdf; size=565", B64], p(5), "base64", "attachment", ["CV-12.2022.pdf"], kinds=["pdf"]),
        Leaf([f'Content-Type: application/pdf; name="{ew("Thông báo 4.pdf", "windows-1258", "Q")}"', B64], p(6), "base64", "attachment", ["Thông báo 4.pdf"], kinds=["pdf"]))), shape="several programs")
    good("names-that-look-like-programs", Mail(top("f@example.org", "Tai lieu", "look@example.org"), mixed("look", text(HI), att("application/pdf", "Huong_dan_go_bo_unins000.exe.pdf", pdf("go bo"), kinds=["pdf"]), att(DOCX, "daknong.gov.vn_www.baodaknong.com.vn.docx", docx("web")), att("image/jpeg", "anh.the.3x4.BAT.jpg", jpeg(4, 4)), att("text/plain", "com", b"com\r\n"), att("text/plain", "ghi chu .js .vbs .cmd .txt", b"ghi chu\r\n"))), shape="Roundcube", note="no name ends in the extension of a program; one is the bare word com")
    # -- pictures, strange leftovers, archives
    good("odd-picture-names", Mail(top("n@example.org", "Anh", "pic@example.org"), mixed("pics", text(HI), att("image/png", "image001.png@01D8A2F3.5B0C7E20", png(10, 10)), att("image/jpeg", "z3720155512345_9f86d081884c7d659a2feaa0c55ad015.jpg", jpeg(8, 4)), att(OCTET, "~WRD0001.jpg", jpeg(4, 8)), att("image/png", "Screenshot_2022-09-14-10-15-22-123_com.zing.zalo.png", png(30, 30)))), shape="Samsung Mail")
    good("apple-through-exchange-att00001", Mail(top("o@example.org", "2 tep", "att@example.org"), mixed("_004_ATT_", Leaf(['Content-Type: text/plain; charset="us-ascii"'], "\n"), att("application/pdf", "KH.pdf", pdf("KH"), kinds=["pdf"]), att("text/plain", "ATT00001.c", b"\r\n\r\nSent from my iPad\r\n"), att("text/html", "ATT00002.htm", b"<html><body dir=\"auto\"></body></html>\r\n"))), shape="Exchange 2010 from iPad")
    z1 = package([("Ho so/1. Đơn.docx", docx("Đơn")), ("Ho so/2. CCCD.jpg", jpeg())])
    good("zip-of-papers", Mail(top("dv@example.org", "Ho so HTX", "zip@example.org"), mixed("zp", text(HI), att("application/zip", "Ho so HTX.2022.zip", z1))), "tag", "Outlook", note="archive not opened: tagged, delivered")
    z2 = package([("google.com!daknong.gov.vn!1663027200!1663113599.xml", '<?xml version="1.0"?><feedback><report_metadata/></feedback>')])
    dm = "google.com!daknong.gov.vn!1663027200!1663113599.zip"
    good("dmarc-report", Mail(top("noreply-dmarc-support@google.com", "Report domain: daknong.gov.vn Submitter: google.com Report-ID: 123", "dmarc@google.com", [f'Content-Type: application/zip; name="{dm}"', f'Content-Disposition: attachment; filename="{dm}"', B64]), Leaf([], z2, "base64", "attachment", [dm])), "tag", "Google DMARC", note="archive not opened: tagged, delivered")
    BOOK["dmarc-report"][0].body.head = []
    good("gps-data-nameless", Mail(top("gps@example.org", "track", "gps@example.org"), mixed("gps", Leaf(["Content-Type: text/plain"], "track\n"), Leaf([f"Content-Type: {OCTET}", "Content-Disposition: attachment", B64], b"\x01\x00GPS1" + noise(2000, 31), "base64", "attachment"))), shape="device")
    good("google-group-footer", Mail(top("x via Nhom <nhom@googlegroups.com>", "[nhom] Lich hop", "gg@googlegroups.com", ["List-Id: <nhom.googlegroups.com>"]), mixed("gg1", mixed("gg2", text("Lịch họp\n\n-- \nBạn nhận được thư này vì bạn đã đăng ký nhóm.\n"), html("<p>Lịch họp</p>\n"), kind="multipart/alternative"), Leaf(["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 7bit", "Content-Disposition: inline"], "_______________\nnhom mailing list\n"))), shape="Google Groups")


def cp1258(text):
    """windows-1258: the tone is a character of its own after the vowel."""
    out = b""
    for c in text:
        try:
            out += c.encode("cp1258")
        except UnicodeEncodeError:
            marks = unicodedata.normalize("NFD", c)
            tone = next(m for m in marks if m in "\u0300\u0301\u0303\u0309\u0323")
            out += (unicodedata.normalize("NFC", marks.replace(tone, "")) + tone).encode("cp1258")
    return out


def cell(t):
    return "".join(c if c.isprintable() and c not in "\\|" else f"\\u{ord(c):04x}" for c in t)


COLUMNS = "file recipe profile shape structure listener from rcpts verdict rules reply clause queue headers count total_size note".split()


def main():
    refused()
    innocent()
    manifest, stated = ["\t".join(COLUMNS)], []
    for name, (mail, verdict, shape, sender, note) in BOOK.items():
        file, rows = name + ".eml", facts(mail)
        (HERE / file).write_bytes(wire(mail))
        atts = [r for r in rows if r["top"] and r["role"] == "attachment"]
        struct_ = structure(mail.body)
        own = next((h for h in mail.head if h.lower().startswith(b"content-type")), None)
        if own and isinstance(mail.body, Leaf):
            enc, mail.body.head = mail.body.enc, [own]
            struct_, mail.body.head = structure(mail.body), []
        head = lambda profile: [file, "-", profile, shape, struct_, "mx", sender, "vanthu@{domain}"]
        tail = [str(len(atts)), str(sum(r["size"] for r in atts)), note]
        if verdict == "reject":
            manifest.append("\t".join(head("dak-nong") + ["reject", "executable", "550 5.7.1", "Dieu 12 khoan 6", "-", "-"] + tail))
            manifest.append("\t".join(head("soc-trang") + ["reject", "executable", "550 5.7.1", "-", "-", "-"] + tail))
        else:
            rules, headers = {"accept": ("-", "-"), "tag": ("not-opened", "tag:not-opened"), "accept|tag": ("not-opened?", "tag?:not-opened")}[verdict]
            manifest.append("\t".join(head("both") + [verdict, rules, "250", "-", "delivered", headers] + tail))
        for r in rows:
            stated.append([file, r["part"], r["role"] or "-", str(r["size"]), r["sha"] or "-", ",".join(r["kinds"]) or "-", "yes" if r["exe"] else "no", "|".join(map(cell, r["names"])) or "-"])
    (HERE / "MANIFEST.tsv").write_text("\n".join(manifest) + "\n", encoding="utf-8")
    stated.sort(key=lambda s: s[0])
    (HERE / "FACTS.tsv").write_text("\n".join("\t".join(r) for r in [["file", "part", "role", "size", "sha256", "kinds", "executable", "names"], *stated]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
