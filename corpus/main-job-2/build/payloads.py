"""Payloads of the held-out set: small, deterministic, and really of the format they claim."""
import io, struct, zipfile, zlib, hashlib, random

DATE = (2022, 9, 14, 10, 15, 22)


def noise(n, seed):
    return random.Random(seed).randbytes(n)


# ---- programs ------------------------------------------------------------------------------
STUB = bytes.fromhex("0e1fba0e00b409cd21b8014ccd21") + b"This program cannot be run in DOS mode.\r\r\n$"


def pe(lfanew=0x80, machine=0x8664, tail=b"", fill=b"\0"):
    """PE32+ (or PE32) console program with one .text section; `lfanew` says where its header stands."""
    dos = struct.pack("<2s13H8xHH20xI", b"MZ", 0x90, 3, 0, 4, 0, 0xFFFF, 0, 0xB8, 0, 0, 0, 0x40, 0, 0, 0, lfanew)
    assert len(dos) == 64, len(dos)
    gap = (STUB + fill * lfanew)[:lfanew - 64]
    wide = machine == 0x8664
    size_opt = 240 if wide else 224
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", machine, 1, 0x632180AA, 0, 0, size_opt, 0x22 if wide else 0x102)
    head_len = (lfanew + 24 + size_opt + 40 + 511) // 512 * 512
    image = (head_len + 0xFFF) // 0x1000 * 0x1000
    opt = struct.pack("<HBBIIIII", 0x20B if wide else 0x10B, 14, 0, 512, 0, 0, image, image)
    opt += struct.pack("<Q", 0x140000000) if wide else struct.pack("<II", image + 0x1000, 0x400000)
    opt += struct.pack("<IIHHHHHHIIIIHH", 0x1000, 512, 6, 0, 0, 0, 6, 0, 0, image + 0x1000, head_len, 0, 3, 0x8160)
    opt += (struct.pack("<QQQQ", 0x100000, 0x1000, 0x100000, 0x1000) if wide else struct.pack("<IIII", 0x100000, 0x1000, 0x100000, 0x1000))
    opt += struct.pack("<II", 0, 16) + bytes(128)
    assert len(opt) == size_opt, (len(opt), size_opt)
    section = struct.pack("<8sIIIIIIHHI", b".text", 3, image, 512, head_len, 0, 0, 0, 0, 0x60000020)
    head = (dos + gap + coff + opt + section).ljust(head_len, b"\0")
    return head + b"\x31\xc0\xc3".ljust(512, b"\xcc") + tail


def tiny_pe():
    """The well-known 268-byte layout: the PE header begins at 4 and e_lfanew is SectionAlignment."""
    out = b"MZ\0\0" + b"PE\0\0" + struct.pack("<HHIIIHH", 0x14C, 0, 0, 0, 0, 0x60, 0x103)
    out += struct.pack("<HBBIIIIIIIII", 0x10B, 8, 0, 4, 0, 0, 0x7C, 0x7C, 0, 0x400000, 4, 4)
    out += struct.pack("<HHHHHHIIIIHH", 4, 0, 0, 0, 4, 0, 0, 0x10C, 0x7C, 0, 2, 0)
    out += struct.pack("<IIIIII", 0x100000, 0x1000, 0x100000, 0x1000, 0, 0)
    out += b"\x6a\x2a\x58\xc3"
    assert struct.unpack_from("<I", out, 0x3C)[0] == 4
    return out.ljust(268, b"\0")


def elf64():
    code = bytes.fromhex("b83c00000031ff0f05")
    head = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 0x78 + len(code), 0x78 + len(code), 0x1000) + code


def elf32_mips():
    head = b"\x7fELF" + bytes([1, 2, 1, 0]) + bytes(8) + struct.pack(">HHIIIIIHHHHHH", 2, 8, 1, 0x400054, 52, 0, 0x70001005, 52, 32, 1, 0, 0, 0)
    return head + struct.pack(">IIIIIIII", 1, 0, 0x400000, 0x400000, 0x54 + 12, 0x54 + 12, 5, 0x1000) + bytes.fromhex("24040000240210130000000c")


def macho64(cpu=0x01000007, sub=3):
    seg = struct.pack("<II16sQQQQIIII", 0x19, 72, b"__TEXT", 0x100000000, 0x1000, 0, 0x1000, 5, 5, 0, 0)
    entry = struct.pack("<IIQQ", 0x80000028, 24, 0x200, 0)
    return (struct.pack("<IIIIIIII", 0xFEEDFACF, cpu, sub, 2, 2, len(seg + entry), 0x85, 0) + seg + entry).ljust(0x200, b"\0") + b"\x31\xc0\xc3".ljust(512, b"\0")


def macho_fat():
    one, two = macho64(), macho64(0x0100000C, 0)
    head = struct.pack(">II", 0xCAFEBABE, 2) + struct.pack(">IIIII", 0x01000007, 3, 0x1000, len(one), 12) + struct.pack(">IIIII", 0x0100000C, 0, 0x4000, len(two), 14)
    return head.ljust(0x1000, b"\0") + one.ljust(0x3000, b"\0") + two


COM = bytes.fromhex("b409ba0901cd21b8004ccd21") + "Xin chao$".encode()   # a .com has no mark at all
LNK = struct.pack("<I16sIIQQQIIIHHII", 0x4C, bytes.fromhex("0114020000000000c000000000000046"), 0x80, 0x20, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0) \
    + struct.pack("<H", 18) + "powershell -w h -e".encode("utf-16-le") + struct.pack("<H", 0)


# ---- documents -----------------------------------------------------------------------------
def pdf(*texts, image=None, pad=0, seed=0, signed=False, plain_note=b""):
    objs = [b"<</Type/Catalog/Pages 2 0 R%s>>" % (b"/AcroForm<</SigFlags 3/Fields[6 0 R]>>" if signed else b""),
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    res = b"/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>" + (b"/XObject<</I 5 0 R>>" if image else b"")
    objs.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<%s>>/Contents 4 0 R>>" % res)
    content = b"".join(b"BT /F1 12 Tf 72 %d Td (%s) Tj ET\n" % (760 - 20 * n, t.encode("ascii", "replace")) for n, t in enumerate(texts))
    content += b"q 595 0 0 842 0 0 cm /I Do Q\n" if image else b""
    content += plain_note
    objs.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
    if image:
        objs.append(b"<</Type/XObject/Subtype/Image/Width 64/Height 64/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode/Length %d>>stream\n%s\nendstream" % (len(image), image))
    elif pad:
        objs.append(b"<</Length %d>>stream\n%s\nendstream" % (pad, noise(pad, seed)))
    else:
        objs.append(b"<</Producer(iText 2.1.7)>>")
    if signed:
        objs.append(b"<</FT/Sig/T(Signature1)/V 7 0 R>>")
        objs.append(b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/ByteRange[0 900 1700 600]/Contents<%s>>>" % p7s().hex().encode())
    out, at = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n", []
    for n, obj in enumerate(objs, 1):
        at.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, obj)
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objs) + 1) + b"".join(b"%010d 00000 n \n" % a for a in at)
    return out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objs) + 1, xref)


class Pipe(io.RawIOBase):
    """A stream that cannot seek: zipfile then writes data descriptors, as LibreOffice and web programs do."""
    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def package(entries, stored=(), stream=False):
    out = Pipe() if stream else io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in entries:
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            z.writestr(info, data)
    return out.data if stream else out.getvalue()


X = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OD = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PR = "http://schemas.openxmlformats.org/package/2006/relationships"


def ooxml(main, kind, body, more=(), order=None, **kw):
    types = f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/>'
    entries = [("[Content_Types].xml", X + f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{types}</Types>'),
               ("_rels/.rels", X + f'<Relationships xmlns="{PR}"><Relationship Id="rId1" Type="{OD}/officeDocument" Target="{main}"/></Relationships>'),
               (main, X + body), *more]
    return package([entries[i] for i in order] if order else entries, **kw)


def docx(text, **kw):
    return ooxml("word/document.xml", "wordprocessingml.document",
                 f'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>', **kw)


def xlsx(rows, **kw):
    body = "".join("<row>" + "".join(f'<c t="inlineStr"><is><t>{c}</t></is></c>' for c in r) + "</row>" for r in rows)
    ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return ooxml("xl/workbook.xml", "spreadsheetml.sheet",
                 f'<workbook xmlns="{ns}" xmlns:r="{OD}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
                 more=[("xl/_rels/workbook.xml.rels", X + f'<Relationships xmlns="{PR}"><Relationship Id="rId1" Type="{OD}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'),
                       ("xl/worksheets/sheet1.xml", X + f'<worksheet xmlns="{ns}"><sheetData>{body}</sheetData></worksheet>')], **kw)


def pptx(title, **kw):
    ns = "http://schemas.openxmlformats.org/presentationml/2006/main"
    return ooxml("ppt/presentation.xml", "presentationml.presentation",
                 f'<p:presentation xmlns:p="{ns}" xmlns:r="{OD}"><p:sldIdLst/><p:sldSz cx="9144000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>',
                 more=[("docProps/core.xml", X + f'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></cp:coreProperties>')], **kw)


def cfb(stream, data, clsid=bytes(16)):
    """An OLE2 compound file with one stream of at least 4096 bytes."""
    data = data.ljust(4096, b"\0")
    data += bytes(-len(data) % 512)
    n = len(data) // 512
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", 0) + b"\xff" * (4 * 108)
    fat = [0xFFFFFFFD, 0xFFFFFFFE] + [i + 3 for i in range(n - 1)] + [0xFFFFFFFE]
    fat = b"".join(struct.pack("<I", f) for f in fat).ljust(512, b"\xff")

    def entry(name, kind, child, start, size, cls=bytes(16)):
        raw = (name + "\0").encode("utf-16-le")
        return raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child) + cls + bytes(20) + struct.pack("<IQ", start, size)
    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0, clsid) + entry(stream, 2, 0xFFFFFFFF, 2, len(data))
    return head + fat + folder.ljust(512, b"\0") + data


# ---- pictures, sound, the rest ---------------------------------------------------------------
def jpeg(blocks_w=8, blocks_h=8):
    w, h = blocks_w * 8, blocks_h * 8
    tables = b"\xff\xc4\x00\x14\x00" + b"\x01" + bytes(15) + b"\0" + b"\xff\xc4\x00\x14\x10" + b"\x01" + bytes(15) + b"\0"
    scan = bytes((blocks_w * blocks_h * 2) // 8)
    return (b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\x01\x00\xc8\x00\xc8\x00\x00\xff\xdb\x00\x43\x00" + b"\x10" * 64
            + b"\xff\xc0" + struct.pack(">HBHHB3s", 11, 8, h, w, 1, b"\x01\x11\x00") + tables
            + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + scan + b"\xff\xd9")


def png(w=24, h=12, tone=80):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((tone + x * y) % 256 for x in range(w)) for y in range(h))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def tiff(pages=2):
    """Black-and-white strips, as a fax machine writes them (uncompressed)."""
    out, link = b"II*\0" + struct.pack("<I", 8), 8
    for page in range(pages):
        strip = bytes([0xFF, 0x0F + page] * 64)
        tags = [(256, 3, 64), (257, 3, 16), (258, 3, 1), (259, 3, 1), (262, 3, 0), (273, 4, link + 2 + 8 * 12 + 4), (278, 3, 16), (279, 4, len(strip))]
        after = link + 2 + 8 * 12 + 4 + len(strip)
        out += struct.pack("<H", 8) + b"".join(struct.pack("<HHII", t, k, 1, v) for t, k, v in tags)
        out += struct.pack("<I", after if page + 1 < pages else 0) + strip
        link = after
    return out


def wav():
    data = bytes(128 + (i * 7 % 40) for i in range(1600))
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", len(data)) + data


def der(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else (b"\x82" + struct.pack(">H", len(body)))
    return bytes([tag]) + size + body


def p7s(content=b""):
    """CMS SignedData: detached when there is no content, opaque (smime.p7m) with it."""
    data = der(0x30, bytes.fromhex("06092a864886f70d010701"), *([der(0xA0, der(0x04, content))] if content else []))
    cert = der(0x30, noise(420, 17))
    algo = der(0x30, bytes.fromhex("0609608648016503040201"), b"\x05\x00")
    signer = der(0x30, b"\x02\x01\x01", der(0x30, der(0x30), b"\x02\x01\x07"), algo, der(0x04, noise(256, 23)))
    return der(0x30, bytes.fromhex("06092a864886f70d010702"), der(0xA0, der(0x30, b"\x02\x01\x01", der(0x31, algo), data, der(0xA0, cert), der(0x31, signer))))


def tnef():
    def attribute(level, tag, data):
        return struct.pack("<BII", level, tag, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
    return (struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00089006, struct.pack("<I", 0x10000))
            + attribute(1, 0x00069007, struct.pack("<II", 1258, 0)) + attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0")
            + attribute(1, 0x00018004, b"Lich cong tac tuan 37\0") + attribute(1, 0x0004800D, b"\x02\0"))
