"""Bombs, built by hand and the same on every run: small letters that ask whoever opens them for memory or time.

`BOMBS` names each with its builder, which answers the letter. What the seed's samples give (a quine, overlapping
members) is added by `all_bombs`.
"""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import mimebuild
from exec_mail import alone, attachment, letter
from payloads import compound_file

MIB = 1024 * 1024
BOMBS = {}


def bomb(name: str, file: str):
    """Registers a builder of one attachment."""
    def take(build):
        BOMBS[name] = lambda: letter(len(name), [attachment(file, build(), how=1)])
        return build
    return take


def zeros(total: int) -> bytes:
    """Deflate of `total` zero bytes without packing them all: a fully flushed block is repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(64 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * (total // (64 * MIB)) + b"\x03\x00"


def members(entries) -> bytes:
    """A ZIP from (name, method, crc, packed, size); sizes above 4 GiB are written as 0xFFFFFFFE."""
    out, directory = bytearray(), bytearray()
    for name, method, crc, packed, size in entries:
        common = struct.pack("<HHHHIII", 0x800, method, 0, 0x58A1, crc, len(packed), min(size, 0xFFFFFFFE))
        directory += b"PK\1\2" + struct.pack("<HH", 20, 20) + common + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, len(out)) + name
        out += b"PK\3\4" + struct.pack("<H", 20) + common + struct.pack("<HH", len(name), 0) + name + packed
    count = min(len(entries), 0xFFFF)
    return bytes(out) + bytes(directory) + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(directory), len(out), 0)


def stored(name: bytes, data: bytes):
    return name, 0, zlib.crc32(data), data, len(data)


def deflated(name: bytes, data: bytes):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return name, 8, zlib.crc32(data), packer.compress(data) + packer.flush(), len(data)


@bomb("nested-zip", "ho-so.zip")
def _():
    """Five floors of ten: 100,000 times 10 MiB."""
    inner = members([deflated(b"0.dat", bytes(10 * MIB))])
    for floor in range(5):
        inner = members([deflated(b"tang-%d-%d.zip" % (floor, number), inner) for number in range(10)])
    return inner


@bomb("deep-zip", "ho-so.zip")
def _():
    inner = b"day"
    for floor in range(500):
        inner = members([stored(b"%d.zip" % floor, inner)])
    return inner


@bomb("zip-one-4gib", "ho-so.zip")
def _():
    return members([(b"trang.txt", 8, 0, zeros(4096 * MIB), 4096 * MIB)])


@bomb("zip-says-small-is-4gib", "ho-so.zip")
def _():
    return members([(b"trang.txt", 8, 0, zeros(4096 * MIB), 100)])


@bomb("zip-overlapping", "ho-so.zip")
def _():
    """2,000 entries of the directory share the bytes of one member of 64 MiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(64 * MIB)) + packer.flush()
    common = struct.pack("<HHHHIII", 0x800, 8, 0, 0x58A1, zlib.crc32(bytes(64 * MIB)), len(packed), 64 * MIB)
    directory = b"".join(b"PK\1\2" + struct.pack("<HH", 20, 20) + common + struct.pack("<HHHHHII", 4, 0, 0, 0, 0, 0, 0) + b"%04d" % n for n in range(2000))
    out = b"PK\3\4" + struct.pack("<H", 20) + common + struct.pack("<HH", 4, 0) + b"0000" + packed
    return out + directory + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 2000, 2000, len(directory), len(out), 0)


@bomb("zip-100000-members", "ho-so.zip")
def _():
    """With the Zip64 records that so many need."""
    plain = members([stored(b"%06d.txt" % number, b"") for number in range(100_000)])
    size, start = struct.unpack("<II", plain[-10:-2])
    wide = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 100_000, 100_000, size, start)
    return plain[:-22] + wide + struct.pack("<4sIQI", b"PK\6\7", 0, start + size, 1) + plain[-22:]


@bomb("tar-100000-members", "ho-so.tar.gz")
def _():
    blocks = bytearray()
    for number in range(100_000):
        head = bytearray(512)
        head[:10] = b"%010d" % number
        head[100:108], head[108:116], head[116:124], head[124:136], head[136:148], head[156:157] = b"0000644\0", b"0000000\0", b"0000000\0", b"00000000000\0", b"00000000000\0", b"0"
        head[257:265] = b"ustar\00000"
        head[148:156] = b" " * 8
        head[148:156] = b"%06o\0 " % sum(head)
        blocks += head
    return gz(bytes(blocks) + bytes(1024))


@bomb("zip-names-of-64k", "ho-so.zip")
def _():
    return members([stored((b"%06d/" % number) + b"a/" * 32000 + b"x.txt", b"x") for number in range(120)])


@bomb("zip-many-tiny-zips", "ho-so.zip")
def _():
    tiny = [members([stored(b"a.txt", b"%d" % number)]) for number in range(9000)]
    return members([stored(b"%05d.zip" % number, one) for number, one in enumerate(tiny)])


def gz(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


@bomb("gz-10gib", "so-lieu.gz")
def _():
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\x03" + zeros(10240 * MIB) + bytes(8)


@bomb("gz-of-gz-300gib", "so-lieu.gz")
def _():
    inner = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03" + zeros(1024 * MIB) + bytes(8)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(inner) for _ in range(300)) + packer.flush()


@bomb("tgz-one-file-10gib", "so-lieu.tar.gz")
def _():
    head = bytearray(512)
    head[:9], head[100:108], head[124:136], head[156:157], head[257:265] = b"trang.dat", b"0000644\0", b"77777777777\0", b"0", b"ustar\00000"
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\x03" + packer.compress(bytes(head)) + packer.flush(zlib.Z_FULL_FLUSH) + zeros(8192 * MIB) + bytes(8)


@bomb("tar-huge-sizes", "so-lieu.tar")
def _():
    """A size of 2^62 bytes, a negative one, and a sparse map that goes on."""
    out = b""
    for size, kind in ((b"\x80\0\0\0\x40" + bytes(7), b"0"), (b"\xff" * 12, b"0"), (b"77777777777\0", b"S"), (b"77777777777\0", b"L"), (b"77777777777\0", b"x")):
        head = bytearray(512)
        head[:5], head[100:108], head[124:136], head[156:157], head[257:265] = b"a.dat", b"0000644\0", size, kind, b"ustar  \0"
        if kind == b"S":
            head[386:482] = b"00000000000\00077777777777\0" * 4
            head[482], head[483:495] = 1, b"77777777777\0"
        head[148:156] = b" " * 8
        head[148:156] = b"%06o\0 " % sum(head)
        out += bytes(head) + b"\x01" * 512
    return out + bytes(1024)


@bomb("bz2-10gib", "so-lieu.bz2")
def _():
    import bz2
    return bz2.compress(bytes(45_000_000)) * 240


@bomb("xz-dictionary-4gib", "so-lieu.xz")
def _():
    import lzma
    data = bytearray(lzma.compress(b"so lieu " * 1000, preset=0))
    at = 12                                                   # the block header: size, flags, filter id 0x21, length 1, dictionary, padding, CRC
    size = (data[at] + 1) * 4
    where = data.index(b"\x21\x01", at) + 2
    data[where] = 40                                          # 4 GiB - 1
    struct.pack_into("<I", data, at + size - 4, zlib.crc32(bytes(data[at:at + size - 4])))
    return bytes(data)


@bomb("xz-3gib", "so-lieu.xz")
def _():
    import lzma
    return lzma.compress(bytes(256 * MIB), preset=1) * 12


@bomb("lzma-says-200gib", "so-lieu.lzma")
def _():
    import lzma
    data = bytearray(lzma.compress(bytes(128 * MIB), format=lzma.FORMAT_ALONE, preset=1))
    struct.pack_into("<I", data, 1, 0x80000000)               # dictionary
    struct.pack_into("<Q", data, 5, 200 << 30)
    return bytes(data)


def seven(coder: bytes, packed: bytes, size: int) -> bytes:
    """A 7z of one file with one coder, its header plain; `coder` is id and properties as they stand in the folder."""
    def number(value: int) -> bytes:
        return b"\xff" + struct.pack("<Q", value)
    name = "so-lieu.txt\0".encode("utf-16-le")
    head = (b"\x01\x04\x06\0\x01\x09" + number(len(packed)) + b"\0" + b"\x07\x0b\x01\0" + b"\x01" + coder + b"\x0c" + number(size) + b"\0" + b"\x08\0\0"
            + b"\x05\x01\x11" + bytes([len(name) + 1]) + b"\0" + name + b"\0\0")
    start = struct.pack("<QQI", len(packed), len(head), zlib.crc32(head))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + packed + head


@bomb("7z-lzma-dictionary-4gib", "ho-so.7z")
def _():
    import lzma
    raw = lzma.compress(b"so lieu " * 1000, format=lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 4096}])
    return seven(b"\x23\x03\x01\x01\x05\x5d\xff\xff\xff\xff", raw, 8000)


@bomb("7z-ppmd-memory-4gib", "ho-so.7z")
def _():
    return seven(b"\x23\x03\x04\x01\x05\x40\xff\xff\xff\xff", bytes(range(256)) * 8, 100_000_000)


@bomb("7z-lzma2-4gib", "ho-so.7z")
def _():
    import lzma
    block = lzma.compress(bytes(64 * MIB), format=lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20, "preset": 1}])[:-1]
    return seven(b"\x21\x21\x01\x28", block * 64 + b"\0", 4096 * MIB)


@bomb("7z-says-many-files", "ho-so.7z")
def _():
    head = b"\x01\x05" + b"\xff" + struct.pack("<Q", 1 << 40) + b"\x11\x05\0\0\0\0\0\0\0"
    start = struct.pack("<QQI", 0, len(head), zlib.crc32(head))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + head


@bomb("zst-window-2gib", "so-lieu.zst")
def _():
    """Raw and RLE blocks of 128 KiB after a header that asks for a window of 2 GiB."""
    rle = struct.pack("<I", 0x20000 << 3 | 1 << 1)[:3] + b"\0"
    last = struct.pack("<I", 1 << 3 | 1)[:3] + b"x"
    return b"\x28\xb5\x2f\xfd\0" + bytes([21 << 3]) + rle * 80_000 + last


@bomb("lz4-2gib", "so-lieu.lz4")
def _():
    block = b"\x1f\0\x01\0" + b"\xff" * 16400 + b"\0" + b"\x50" + bytes(5)
    frame = struct.pack("<I", len(block)) + block
    return b"\x04\x22\x4d\x18\x60\x70\x73" + frame * 600 + bytes(4)


def document(text: bytes, before: bytes = b"") -> bytes:
    kinds = (b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
             b'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
             b'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
    rels = (b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
            b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>')
    return members([deflated(b"[Content_Types].xml", before + kinds), deflated(b"_rels/.rels", before + rels), deflated(b"word/document.xml", text)])


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a0 "ha">' + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)) + b"]>"


@bomb("docx-entities", "cong-van.docx")
def _():
    return document(LAUGHS + b"<w:document>&a9;</w:document>")


@bomb("docx-entities-quadratic", "cong-van.docx")
def _():
    return document(b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "' + b"a" * 100_000 + b'">]><w:document>' + b"&a;" * 100_000 + b"</w:document>")


@bomb("docx-deep-elements", "cong-van.docx")
def _():
    return document(b'<?xml version="1.0"?>' + b"<w:p>" * 3_000_000)


@bomb("docx-part-2gib", "cong-van.docx")
def _():
    return document(b"")[:0] + members([deflated(b"[Content_Types].xml", b"<Types/>"), (b"word/document.xml", 8, 0, zeros(2048 * MIB), 2048 * MIB)])


def pdf(*objects: bytes) -> bytes:
    out = bytearray(b"%PDF-1.5\n")
    for number, body in enumerate(objects, 1):
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    return bytes(out) + b"trailer\n<< /Root 1 0 R /Size %d >>\n%%%%EOF\n" % (len(objects) + 1)


def stream(extra: bytes, data: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (extra, len(data), data)


CATALOG = (b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>")


@bomb("pdf-object-stream-1gib", "bao-cao.pdf")
def _():
    packed = b"\x78\x9c" + zeros(1024 * MIB)
    return pdf(*CATALOG, stream(b"/Filter /FlateDecode", b""), *[stream(b"/Type /ObjStm /N 100000 /First 900000 /Filter /FlateDecode", packed)] * 4)


@bomb("pdf-filters-on-filters", "bao-cao.pdf")
def _():
    packed = zlib.compress(zlib.compress(zlib.compress(b"\x78\x9c" + zeros(2048 * MIB), 9), 9), 9)
    return pdf(*CATALOG, stream(b"/Type /EmbeddedFile /Filter [/FlateDecode /FlateDecode /FlateDecode /FlateDecode]", packed))


@bomb("pdf-deep-arrays", "bao-cao.pdf")
def _():
    return pdf(*CATALOG, b"[" * 4_000_000, b"<</A" * 1_000_000)


@bomb("pdf-references-in-circles", "bao-cao.pdf")
def _():
    return pdf(b"<< /Type /Catalog /Pages 2 0 R /Names 5 0 R /OpenAction 6 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R 2 0 R] /Count 9 /Parent 2 0 R >>", b"3 0 R", b"5 0 R",
               b"<< /EmbeddedFiles << /Kids [5 0 R 5 0 R 5 0 R] >> >>", b"<< /S /JavaScript /JS 6 0 R /Next [6 0 R 6 0 R] >>",
               *[b"<< /Length %d 0 R /Next %d 0 R >>" % (n, n + 1) for n in range(8, 4000)])


@bomb("pdf-million-objects", "bao-cao.pdf")
def _():
    return pdf(*CATALOG, *[b"1"] * 700_000)


@bomb("ole-sectors-in-circles", "cong-van.doc")
def _():
    blob = bytearray(compound_file(bytes(16), "WordDocument", b"\xec\xa5" * 2100))
    struct.pack_into("<II", blob, 512 + 4, 1, 2)              # the directory's sector follows itself, and so does the stream's
    struct.pack_into("<I", blob, 512 + 4 * 3, 2)
    return bytes(blob)


@bomb("rtf-deep-groups", "cong-van.rtf")
def _():
    return b"{\\rtf1" + b"{" * 6_000_000


@bomb("rtf-objects", "cong-van.rtf")
def _():
    return b"{\\rtf1" + b"{\\object\\objemb{\\*\\objdata 0105000002000000ffffff7f" + b"41" * 20 + b"}}" * 1 + b"{\\object{\\*\\objdata 01050000020000000800000050" * 60_000


@bomb("iso-folder-in-itself", "dia.iso")
def _():
    image = bytearray(2048 * 40)
    record = lambda name, where, flags: bytes([33 + len(name) + (len(name) + 1) % 2, 0]) + struct.pack("<I", where) + struct.pack(">I", where) + struct.pack("<I", 2048) \
        + struct.pack(">I", 2048) + bytes(7) + bytes([flags, 0, 0, 1, 0, 0, 1, len(name)]) + name + (b"" if len(name) % 2 else b"\0")  # noqa: E731
    folder = record(b"\0", 20, 2) + record(b"\1", 20, 2) + b"".join(record(b"DIR%04d" % n, 20, 2) for n in range(40))
    image[16 * 2048:16 * 2048 + 8] = b"\1CD001\1\0"
    struct.pack_into("<I", image, 16 * 2048 + 80, 40)
    struct.pack_into(">I", image, 16 * 2048 + 84, 40)
    struct.pack_into("<HH", image, 16 * 2048 + 120, 1, 0x100)
    struct.pack_into("<HH", image, 16 * 2048 + 124, 1, 0x100)
    struct.pack_into("<HH", image, 16 * 2048 + 128, 2048, 8)
    root = record(b"\0", 20, 2)
    image[16 * 2048 + 156:16 * 2048 + 156 + len(root)] = root
    image[17 * 2048:17 * 2048 + 7] = b"\xffCD001\1"
    image[20 * 2048:20 * 2048 + min(len(folder), 2048)] = folder[:2048]
    return bytes(image)


@bomb("cab-says-much", "ho-so.cab")
def _():
    """60,000 files in folders that say 32 KiB from nothing, again and again."""
    files = b"".join(struct.pack("<IIHHHH", 0x7FFFFFFF, 0, 0, 0, 0, 0x20) + b"%05d.txt\0" % n for n in range(60_000))
    folder = struct.pack("<IHH", 44 + len(files), 0xFFFF, 1)
    data = struct.pack("<IHH", 0, 5, 0x8000) + b"CK\x03\0\0"
    total = 36 + 8 + len(files) + len(data)
    return struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, total, 0, 44, 0, 3, 1, 1, 60_000, 0, 1, 0) + folder + files + data


def deep_mime() -> bytes:
    inner = attachment("ho-so.zip", members([deflated(b"a.txt", b"a")]), how=1)
    for floor in range(2000):
        inner = mimebuild.Leaf([f'Content-Type: multipart/mixed; boundary="b{floor}"'], b"--b%d\r\n" % floor + mimebuild.part_wire(inner) + b"\r\n--b%d--\r\n" % floor, "binary")
    return alone(1, inner)


def deep_messages() -> bytes:
    """Letters in archives in letters: 60 floors."""
    inner = letter(0, [], body="day")
    for floor in range(60):
        inner = letter(floor, [attachment(f"thu-{floor}.zip", members([deflated(b"thu.eml", inner)]), how=1)])
    return inner


def many_passwords() -> bytes:
    """3,000 words that look like passwords, and 40 archives that none of them opens."""
    body = "".join(f"Mật khẩu giải nén: Mk{number}x\r\n" for number in range(3000))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        pack.writestr("a.txt", "a")
    parts = []
    for number in range(40):
        salt, check = bytes([number]) * 16, b"\1\2"
        packed = salt + check + bytes(64) + bytes(10)
        extra = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 8)
        common = struct.pack("<HHHHIII", 0x801, 99, 0, 0x58A1, 0, len(packed), 64)
        local = b"PK\3\4" + struct.pack("<H", 51) + common + struct.pack("<HH", 5, len(extra)) + b"a.txt" + extra + packed
        directory = b"PK\1\2" + struct.pack("<HH", 51, 51) + common + struct.pack("<HHHHHII", 5, len(extra), 0, 0, 0, 0, 0) + b"a.txt" + extra
        parts.append(attachment(f"{number}.zip", local + directory + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(directory), len(local), 0), how=1))
    return letter(7, parts, body=body)


BOMBS.update({"mime-2000-floors": deep_mime, "letters-in-zips-60-floors": deep_messages, "passwords-3000": many_passwords})
STARVING = ("nested-zip", "zip-one-4gib", "zip-overlapping", "gz-10gib", "gz-of-gz-300gib", "bz2-10gib", "xz-3gib", "7z-lzma2-4gib", "lzma-says-200gib", "zst-window-2gib",
            "docx-entities-quadratic", "docx-part-2gib", "pdf-object-stream-1gib", "pdf-filters-on-filters", "zip-many-tiny-zips", "tgz-one-file-10gib")


def write(folder: Path, seed: Path | None) -> dict[str, Path]:
    """Each bomb as a letter in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for name, build in BOMBS.items():
        paths[name] = folder / f"{name}.eml"
        if not paths[name].exists():
            paths[name].write_bytes(build())
    samples = {"seed-droste": "filetypes/tika/droste.zip", "seed-zbsm": "filetypes/zip-bomb/zbsm.zip", "seed-lzma-oom": "filetypes/tika/testLZMA_oom"}
    for name, sample in samples.items() if seed else ():
        if (seed / sample).exists():
            paths[name] = folder / f"{name}.eml"
            paths[name].write_bytes(letter(3, [attachment(Path(sample).name, (seed / sample).read_bytes(), how=1)]))
    return paths
