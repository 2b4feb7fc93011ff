"""Letters that only the tests inside policies/*.yaml use. One function a message; its name is the file's.

  scripts/corpus.py write|check     corpus/profiles/*.eml (those that are written here)

What they carry does nothing: heads of programs, an archive of a note, macros that are no code.
"""

import gzip
import io
import re
import zipfile

import payloads
from mail_policy import file, letter
from mimebuild import Message, wire

MAILS = {}


def mail(function):
    MAILS[function.__name__.replace("_", "-")] = function
    return function


def gz(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(name, "wb", 0, out, mtime=0) as stream:
        stream.write(data)
    return out.getvalue()


NOTE = "Số liệu tháng 12 năm 2025\r\n".encode() * 20


@mail
def exe_in_gz() -> Message:
    return letter(file("bao-cao.gz", gz("bao-cao.exe", payloads.pe())))


@mail
def csv_in_gz() -> Message:
    return letter(file("so-lieu.csv.gz", gz("so-lieu.csv", b"ten;so\r\nA;1\r\n")))


@mail
def exe_in_zip_in_zip() -> Message:
    inner = payloads.zipped([("cong-van/cai-dat.scr", payloads.pe())])
    return letter(file("ho-so.zip", payloads.zipped([("phu-luc.zip", inner), ("doc-truoc.txt", NOTE)])))


@mail
def zip_called_pdf() -> Message:
    return letter(file("cong-van-12.pdf", payloads.zipped([("doc-truoc.txt", NOTE)]), "application/pdf"))


@mail
def rtf_called_doc() -> Message:
    """Word itself writes it so: a mismatch that nobody is harmed by."""
    return letter(file("to-trinh.doc", b"{\\rtf1\\ansi\\deff0 {\\fonttbl{\\f0 Times New Roman;}} To trinh\\par}", "application/msword"))


@mail
def picture_with_zip_behind() -> Message:
    """Shown as a picture and unpacked as an archive; its name claims neither."""
    return letter(file("du-lieu.dat", payloads.gif() + payloads.zipped([("doc-truoc.txt", NOTE)])))


@mail
def picture_and_zip() -> Message:
    """The same two things, each a file of its own."""
    return letter(file("anh.gif", payloads.gif(), "image/gif"), file("ho-so.zip", payloads.zipped([("doc-truoc.txt", NOTE)]), "application/zip"))


@mail
def zip_with_two_names() -> Message:
    """The local header calls the member otherwise than the central directory: what is shown is not what is unpacked."""
    whole = bytearray(payloads.zipped([("cong-van.txt", NOTE)]))
    at = whole.index(b"cong-van.txt")
    whole[at:at + 12] = b"phu-luc1.txt"
    return letter(file("ho-so.zip", bytes(whole), "application/zip"))


@mail
def docm_with_macros() -> Message:
    macros = payloads.compound_file(bytes(16), "_VBA_PROJECT", b"\xcc\x61\xff\xff")
    with zipfile.ZipFile(io.BytesIO(payloads.docx())) as plain:
        members = [(name, plain.read(name)) for name in plain.namelist()]
    types = members[0][1].replace(b"vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", b"vnd.ms-word.document.macroEnabled.main+xml")
    return letter(file("mau-bieu.docm", payloads.zipped([(members[0][0], types), *members[1:], ("word/vbaProject.bin", macros)]),
                       "application/vnd.ms-word.document.macroEnabled.12"))


@mail
def pdf_that_starts_a_program() -> Message:
    body = payloads.pdf("Giay moi").replace(b"/Type /Catalog", b"/Type /Catalog /OpenAction << /S /Launch /F (cmd.exe) >>", 1)
    body = body[:body.index(b"xref\n0 ")]
    places = [found.start() for found in re.finditer(rb"(?m)^\d+ 0 obj", body)]
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(places) + 1
    whole = body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return letter(file("giay-moi.pdf", whole, "application/pdf"))


@mail
def ace_archive() -> Message:
    """A kind of archive that is recognised and not opened."""
    head = b"\x00\x00\x31\x00\x00\x00\x90**ACE**\x14\x14\x02\x00" + bytes(40)
    return letter(file("ho-so.ace", head))


LAW = """QUYẾT ĐỊNH
Ban hành Quy chế quản lý và sử dụng hệ thống thư điện tử
Căn cứ Luật Bảo vệ bí mật nhà nước ngày 15 tháng 11 năm 2018;
Điều 5. Các loại văn bản trao đổi qua thư điện tử
1. Gửi, nhận qua hệ thống thư điện tử tất cả các loại văn bản hành chính (trừ văn bản mật).
2. Công văn, báo cáo các cấp và các văn bản khác (trừ những văn bản mật, tối mật, tuyệt mật).
Điều 6. Nghiêm cấm
Nghiêm cấm gửi tài liệu có đóng dấu Mật, Tối mật, Tuyệt mật qua thư điện tử; cấm để lộ mật khẩu.
PHỤ LỤC
TRÍCH LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC
Điều 8. Bí mật nhà nước được phân loại thành 03 độ mật, bao gồm:
1. Bí mật nhà nước độ Tuyệt mật;
2. Bí mật nhà nước độ Tối mật;
3. Bí mật nhà nước độ Mật.
Con dấu các độ mật (TUYỆT MẬT, TỐI MẬT hoặc MẬT) và dấu thu hồi được khắc sẵn theo quy định."""


@mail
def law_as_document() -> Message:
    """What a province's decision, the law and Nghị định 30 say about secret papers, as a Word document."""
    paragraphs = LAW.splitlines()
    text = "</w:t></w:r></w:p><w:p><w:r><w:t>".join(paragraphs)
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return letter(file("quy-che-thu-dien-tu.docx", payloads.docx(text), kind), subject="Gửi quy chế và luật")


def build() -> dict[str, bytes]:
    return {f"{name}.eml": wire(make()) for name, make in MAILS.items()}
