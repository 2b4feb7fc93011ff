"""Contents of attachments, built byte by byte: nothing here was ever a working malicious file.

Each function returns bytes that are the same on every run. The executables are the smallest
headers that a loader or `file` recognises; their code does nothing but end.
"""

import io
import random
import struct
import zipfile
import zlib

MIB = 1024 * 1024


def pe(note: bytes = b"gacthu corpus") -> bytes:
    """A PE32 image for Windows: DOS header, COFF header, one section whose code is `xor eax,eax; ret`."""
    dos = bytearray(0x80)
    dos[0:2] = b"MZ"
    struct.pack_into("<H", dos, 0x18, 0x40)
    struct.pack_into("<I", dos, 0x3C, 0x80)
    dos[0x40:0x40 + 14] = b"\x0e\x1f\xba\x0e\x00\xb4\x09\xcd\x21\xb8\x01\x4c\xcd\x21"
    dos[0x4E:0x4E + 43] = b"This program cannot be run in DOS mode.\r\r\n$"
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", 0x014C, 1, 0x65000000, 0, 0, 0xE0, 0x0102)
    optional = struct.pack("<HBBIIIIII", 0x010B, 14, 0, 0x200, 0, 0, 0x1000, 0x1000, 0x2000)
    optional += struct.pack("<IIIHHHHHHIIIIHH", 0x400000, 0x1000, 0x200, 6, 0, 0, 0, 6, 0, 0,
                            0x2000, 0x200, 0, 3, 0)
    optional += struct.pack("<IIIIII", 0x100000, 0x1000, 0x100000, 0x1000, 0, 16) + bytes(128)
    section = struct.pack("<8sIIIIIIHHI", b".text", 0x10, 0x1000, 0x200, 0x200, 0, 0, 0, 0, 0x60000020)
    head = bytes(dos) + coff + optional + section
    return head.ljust(0x200, b"\0") + (b"\x31\xc0\xc3" + note).ljust(0x200, b"\0")


def elf() -> bytes:
    """An ELF64 program for x86-64 that calls exit(0)."""
    code = b"\x31\xff\xb8\x3c\x00\x00\x00\x0f\x05"
    ident = b"\x7fELF\x02\x01\x01\x00" + bytes(8)
    head = struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    program = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 120 + len(code), 120 + len(code), 0x1000)
    return ident + head + program + code


def macho() -> bytes:
    """A 64-bit Mach-O header (MH_EXECUTE, x86-64) with one LC_UNIXTHREAD-free load command."""
    head = struct.pack("<IIIIIIII", 0xFEEDFACF, 0x01000007, 3, 2, 1, 72, 1, 0)
    return head + struct.pack("<II16sQQQQIIII", 0x19, 72, b"__PAGEZERO", 0, 0x100000000, 0, 0, 0, 0, 0, 0)


def lnk() -> bytes:
    """A Windows shortcut: the 76-byte header with the shell link class id, and an empty terminal block."""
    clsid = bytes.fromhex("0114020000000000c000000000000046")
    return struct.pack("<I16sIIQQQIIIHHII", 0x4C, clsid, 0, 0x20, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0) + bytes(4)


def compound_file(root_clsid: bytes, stream_name: str, stream: bytes) -> bytes:
    """An OLE2 compound file with one stream in ordinary sectors: what .doc and .msi are outside."""
    stream = stream.ljust(4096, b"\0")                     # at the cut-off: not in the mini stream
    sectors = len(stream) // 512
    fat = [0xFFFFFFFD, 0xFFFFFFFE] + [n + 1 for n in range(2, 2 + sectors - 1)] + [0xFFFFFFFE]
    fat += [0xFFFFFFFF] * (128 - len(fat))
    header = struct.pack("<8s16sHHHHH6sIIIIIIIIII", bytes.fromhex("d0cf11e0a1b11ae1"), bytes(16),
                         0x3E, 3, 0xFFFE, 9, 6, bytes(6), 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    header += struct.pack("<108I", *([0xFFFFFFFF] * 108))  # first FAT sector number 0 went in above

    def entry(name: str, kind: int, child: int, clsid: bytes, start: int, size: int) -> bytes:
        raw = name.encode("utf-16-le") + b"\0\0"
        if not name:
            return bytes(64) + struct.pack("<HBBIII", 0, 0, 0, *[0xFFFFFFFF] * 3) + bytes(48)
        return raw.ljust(64, b"\0") + struct.pack("<HBBIII16sIQQIQ", len(raw), kind, 1, 0xFFFFFFFF,
                                                  0xFFFFFFFF, child, clsid, 0, 0, 0, start, size)

    folder = entry("Root Entry", 5, 1, root_clsid, 0xFFFFFFFE, 0)
    folder += entry(stream_name, 2, 0xFFFFFFFF, bytes(16), 2, len(stream))
    folder += entry("", 0, 0, b"", 0, 0) * 2
    return header + struct.pack("<128I", *fat) + folder + stream


def msi() -> bytes:
    """A compound file whose root carries the class id of Windows Installer packages."""
    return compound_file(bytes.fromhex("84100c0000000000c000000000000046"), "Property", b"gacthu")


def doc() -> bytes:
    """A compound file as Word 97 writes it: class id of Word.Document.8, a WordDocument stream."""
    return compound_file(bytes.fromhex("0609020000000000c000000000000046"), "WordDocument",
                         b"\xec\xa5\xc1\x00" + "Báo cáo tháng".encode("utf-16-le"))


def pdf(text: str = "Cong van") -> bytes:
    """A one-page PDF with a correct cross-reference table."""
    content = f"BT /F1 14 Tf 72 720 Td ({text}) Tj ET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>",
    ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def png(width: int = 8, height: int = 8, shade: int = 0x20) -> bytes:
    """A grey-scale PNG."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes([(shade + y * 7) & 0xFF]) * width for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def jpeg(extra: int = 0) -> bytes:
    """The frame of a JPEG file: SOI, JFIF, a comment, EOI. Not a picture that shows."""
    comment = b"gacthu corpus" + bytes(extra)
    return (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x48\x00\x48\x00\x00\xff\xfe"
            + struct.pack(">H", len(comment) + 2) + comment + b"\xff\xd9")


def gif() -> bytes:
    """The transparent 1x1 GIF."""
    return bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


def zipped(members: list[tuple[str, bytes]]) -> bytes:
    """A ZIP file with fixed times, members stored."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 6, 8, 0, 0)), data)
    return out.getvalue()


def docx(text: str = "Báo cáo công tác") -> bytes:
    """A minimal Word document."""
    return zipped([
        ("[Content_Types].xml", b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
         b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
         b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
         b'<Override PartName="/word/document.xml" ContentType='
         b'"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'),
        ("_rels/.rels", b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
         b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
         b'<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
         b'relationships/officeDocument" Target="word/document.xml"/></Relationships>'),
        ("word/document.xml", ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
         '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
         f'<w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>').encode()),
    ])


def xlsx() -> bytes:
    """A minimal Excel workbook."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return zipped([
        ("[Content_Types].xml", b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
         b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
         b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
         b'<Override PartName="/xl/workbook.xml" ContentType='
         b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'),
        ("_rels/.rels", b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
         b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
         b'<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
         b'relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'),
        ("xl/workbook.xml", f'<?xml version="1.0"?>\n<workbook xmlns="{main}"><sheets/></workbook>'.encode()),
    ])


def tnef() -> bytes:
    """winmail.dat with the two attributes that every Outlook writes first: version and code page."""
    def attribute(tag: int, body: bytes) -> bytes:
        return struct.pack("<BII", 1, tag, len(body)) + body + struct.pack("<H", sum(body) & 0xFFFF)

    return (struct.pack("<IH", 0x223E9F78, 1) + attribute(0x00089006, struct.pack("<I", 0x00010000))
            + attribute(0x00069007, struct.pack("<II", 1258, 0)))


def filler(size: int, seed: str, head: bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n") -> bytes:
    """`size` bytes that do not compress, behind a PDF head so that no chance magic stands in front."""
    if size <= len(head):
        return head[:size]
    return head + random.Random(seed).randbytes(size - len(head))
