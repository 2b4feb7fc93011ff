"""The second frozen set: the same question in other shapes (options, depth 3, names, lies, hidden members, polyglots).

Opened once at the end, by whoever judges: `scripts/eval executables --corpus corpus/executables-2`.
"""

import base64
import io
import random
import struct
import zipfile
import zlib

import exec_documents as documents
import exec_payloads
import mimebuild
from exec_containers import CONTAINERS, TOOLS, Place, by, confirm, fat, filtered, iso, run, seven, seven_take, single, vhd
from exec_mail import Row, alone, attachment, letter, sha
from exec_payloads import plain_docx

SHAPES = []
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
JPEG = (b"\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xdb\x00C\0" + bytes([8] * 64)
        + bytes.fromhex("ffc0000b080001000101011100ffc4001400010000000000000000000000000000000affc40014100100000000000000000000000000000000ffda0008010100003f0037ffd9"))


def shape(id_, extension, tool, kind="pe-exe", name="", twin=True, keeps=True, outer="", declared="", hit=""):
    """Registers a maker `make(name, data) -> bytes`."""
    def take(make):
        SHAPES.append((id_, extension, tool, kind, name, twin, keeps, outer, declared, hit, make))
        return make
    return take


def zips(members, adjust=0) -> bytes:
    """Members (local name, central name, data, where): `where` of local, central or both; deflated, nothing else."""
    out, directory, count = bytearray(), b"", 0
    for local, central, data, where in members:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        body = packer.compress(data) + packer.flush()
        common = struct.pack("<HHHHIII", 0x800, 8, 0, 0x58A1, zlib.crc32(data), len(body), len(data))
        if where in ("both", "central"):
            directory += b"PK\1\2" + struct.pack("<HH", 20, 20) + common + struct.pack("<HHHHHII", len(central), 0, 0, 0, 0, 0, len(out) + adjust) + central
            count += 1
        out += b"PK\3\4" + struct.pack("<H", 20) + common + struct.pack("<HH", len(local), 0) + local + body
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(directory), len(out) + adjust, 0)
    return bytes(out) + directory + end


def one(name, data, adjust=0):
    return zips([(name.encode(), name.encode(), data, "both")], adjust)


def plain(id_, extension, tool, make, **more):
    shape(id_, extension, tool, **more)(make)


# Options of packers
plain("zip-deflate64", "zip", "bsdtar64", seven("-tzip", "-mm=Deflate64"), kind="elf")
plain("zip-lzma", "zip", "bsdtar", seven("-tzip", "-mm=LZMA"), kind="dex")
plain("zip-ppmd", "zip", "unar", seven("-tzip", "-mm=PPMd"), kind="mach-o")
plain("7z-lzma1-plain-header", "7z", "bsdtar", seven("-m0=LZMA:d=64k", "-mhc=off"), kind="java-class")
plain("7z-copy", "7z", "unar", seven("-m0=Copy"), kind="wasm")
plain("7z-deflate64", "7z", "unar", seven("-m0=Deflate64"), kind="lnk")
plain("7z-bcj-lzma2", "7z", "bsdtar", seven("-m0=BCJ", "-m1=LZMA2"), kind="pe-exe")
plain("7z-bcj2", "7z", "unar", seven("-m0=BCJ2", "-m1=LZMA:d=64k", "-m2=LZMA:d=64k", "-m3=LZMA:d=64k", "-mb0:1", "-mb0s1:2", "-mb0s2:3"), kind="pe-dll")
plain("7z-delta", "7z", "bsdtar", seven("-m0=Delta:4", "-m1=LZMA2"), kind="msi")
plain("tar-pax-long", "tar", "bsdtar", by("tar", "--format=pax", "--transform=s,^," + "thu-muc-rat-dai/" * 12 + ",", "-cf", "{out}", "{name}"), kind="vbs")
plain("tar-v7", "tar", "7zz", by("tar", "--format=v7", "--owner=0", "--group=0", "-cf", "{out}", "{name}"), kind="dos-mz")
plain("tar-lz", "tar.lz", "bsdtar", filtered("lzip", "-c"), kind="jar")
plain("xz-check-none", "xz", "7zz", single("xz", "-c", "--check=none", "--x86", "--lzma2=dict=64KiB"), kind="elf", keeps=False)
plain("lz4-legacy", "lz4", "lz4cat", single("lz4", "-l", "-qc"), kind="elf", keeps=False)
plain("lha-lh7", "lzh", "lhasa", by("jlha", "ao7", "{out}", "{name}", out="@o.lzh"), kind="pe-exe")
plain("lha-lh1", "lzh", "lhasa", by("jlha", "ao1", "{out}", "{name}", out="@o.lzh"), kind="pe-dll")
plain("arj-m4", "arj", "7zz", by("arj", "a", "-y", "-m4", "{out}", "{name}", out="@o.arj"), kind="msi")
plain("cab-stored", "cab", "cabextract", by("gcab", "-c", "-n", "{out}", "{name}"), kind="wasm")
plain("cpio-odc", "cpio", "bsdtar", lambda n, d: cpio("odc", n, d), kind="java-class")
plain("cpio-bin", "cpio", "bsdtar", lambda n, d: cpio("bin", n, d), kind="lnk")
plain("iso-plain-8.3", "iso", "7zz", iso("-no-pad"), kind="pe-exe", name="SETUP.DAT")
plain("iso-rock-ridge-only", "iso", "bsdtar", iso("-no-pad", "-R"), kind="dex")
plain("vhd-dynamic", "vhd", "7zz", vhd(True), kind="vbs")


def cpio(form, name, data):
    with Place(name, data) as place:
        return place.run("cpio", "--quiet", "-o", "-H", form, stdin=name.encode() + b"\n")


@shape("gz-two-members", "gz", "zcat", kind="elf", keeps=False)
def _(name, data):
    half = len(data) // 2
    return run("gzip", "-9nc", stdin=data[:half]) + run("gzip", "-9nc", stdin=data[half:])


@shape("xz-two-streams", "xz", "xzcat", kind="pe-exe", keeps=False)
def _(name, data):
    return run("xz", "-c", stdin=data[:100]) + bytes(8) + run("xz", "-c", stdin=data[100:])


@shape("zst-skippable-two-frames", "zst", "zstdcat", kind="mach-o", keeps=False)
def _(name, data):
    return b"\x50\x2a\x4d\x18\x05\0\0\0gacth" + run("zstd", "-qc", stdin=data[:200]) + run("zstd", "-qc", "--ultra", "-22", stdin=data[200:])


@shape("img-mbr", "img", "7zz", kind="pe-exe")
def _(name, data):
    """A disk with a partition table; the partition begins at sector 64."""
    volume = bytearray(fat(name, data))
    entry = struct.pack("<B3sB3sII", 0x80, b"\1\1\0", 1, b"\xfe\xff\xff", 64, len(volume) // 512)
    return bytes(446) + entry + bytes(48) + b"\x55\xaa" + bytes(63 * 512) + bytes(volume)


# Depth 3
def nested(*ids):
    def make(name, data):
        blob, inner = data, name
        for id_ in ids:
            container = CONTAINERS[id_]
            packed = container.make(inner, blob)
            confirm(container, packed, inner, blob)
            blob, inner = packed, f"lop-{id_}.{container.extension}"
        return blob
    return make


for _ids, _kind in ((("zip-deflate", "7z-lzma2", "tar-gz"), "pe-exe"), (("tar-xz", "iso", "zip-bzip2"), "elf"), (("docx-ole-package", "zip-deflate", "eml-file"), "vbs"),
                    (("cab", "docx-embedded", "7z-ppmd"), "msi"), (("pdf-attachment", "zip-deflate", "pdf-attachment"), "jar"), (("arj", "lha", "cab"), "lnk"),
                    (("gz", "zip-store", "iso"), "dex"), (("rtf-object", "eml-file", "zip-deflate"), "pe-dll"), (("tnef", "zip-deflate", "fat"), "java-class")):
    plain("depth3-" + "-".join(_ids), CONTAINERS[_ids[-1]].extension, "step by step", nested(*_ids), kind=_kind)


# Names
plain("name-rtl", "zip", "7zz", one, kind="pe-exe", name="hop-dong\u202efdp.exe")
plain("name-double-extension", "zip", "7zz", one, kind="vbs", name="bao-cao-quy-1.pdf.vbs")
plain("name-many-spaces", "zip", "7zz", one, kind="vbs", name="bao-cao.pdf" + " " * 90 + ".vbs")
plain("name-trailing-dots", "zip", "zipfile", one, kind="vbs", name="cap-nhat.vbs. .")
plain("name-vietnamese", "7z", "bsdtar", seven("-m0=LZMA2"), kind="bat", name="Cập nhật hồ sơ.bat")
plain("name-decomposed", "zip", "7zz", one, kind="js", name="Bie\u0302\u0309u ma\u0302\u0303u.js")
plain("name-upper-case", "zip", "7zz", one, kind="hta", name="BIEU-MAU.HTA")
plain("name-backslash-folders", "zip", "zipfile", one, kind="bat", name="thu muc\\..\\con\\mo.bat")


@shape("name-cp437", "zip", "bytes", kind="vbs", name="cap-nhat.vbs", hit="-")
def _(name, data):
    raw = b"C\x83p nh\x84t h\x93 s\x93.vbs" if name.endswith(".vbs") else b"d\x83 li\x88u.dat"
    return zips([(raw, raw, data, "both")]).replace(struct.pack("<HH", 0x800, 8), struct.pack("<HH", 0, 8))


# What stands before, behind, between
plain("prefix-adjusted", "zip", "7zz", lambda n, d: random.Random(5).randbytes(1000) + one(n, d, 1000), kind="elf", declared="ho-so.zip")
plain("gif-zip", "gif", "unzip", lambda n, d: GIF + one(n, d, len(GIF)), kind="pe-exe", declared="anh.gif")
plain("jpeg-zip-appended", "jpg", "unzip", lambda n, d: JPEG + one(n, d), kind="vbs", declared="anh-chup.jpg")
plain("jpeg-7z-appended", "jpg", "7zz*", lambda n, d: JPEG + CONTAINERS["7z-lzma2"].make(n, d), kind="pe-exe", declared="anh-chup.jpg")
plain("pdf-zip", "pdf", "unzip", lambda n, d: exec_payloads.payloads.pdf("Bao cao") + one(n, d), kind="msi", declared="bao-cao.pdf")
plain("zip-named-jpg", "jpg", "7zz", one, kind="pe-exe", declared="anh-hop.jpg")
plain("7z-named-docx", "docx", "bsdtar", CONTAINERS["7z-lzma2"].make, kind="pe-dll", declared="cong-van.docx")


@shape("gif-jar", "gif", "bytes", kind="jar", twin=False, declared="anh.gif", hit="anh.gif")
def _(name, data):
    return GIF + data


@shape("two-zips-joined", "zip", "bytes", kind="pe-exe")
def _(name, data):
    return one(name, data) + one("doc-truoc.txt", b"Ban doc tep nay truoc.\r\n")


@shape("hidden-local-only", "zip", "bytes", kind="vbs")
def _(name, data):
    return zips([(b"doc-truoc.txt", b"doc-truoc.txt", b"Ban doc tep nay truoc.\r\n", "both"), (name.encode(), b"", data, "local")])


@shape("local-says-text-central-says-program", "zip", "bytes", kind="vbs")
def _(name, data):
    return zips([(b"ghi-chu.txt", name.encode(), data, "both")])


@shape("local-says-program-central-says-text", "zip", "bytes", kind="vbs")
def _(name, data):
    return zips([(name.encode(), b"ghi-chu.txt", data, "both")])


@shape("local-lies-about-sizes", "zip", "zipfile", kind="pe-exe")
def _(name, data):
    blob = bytearray(one(name, data))
    struct.pack_into("<I", blob, 22, 1)
    return bytes(blob)


@shape("central-says-encrypted", "zip", "bytes", kind="pe-exe")
def _(name, data):
    """The encryption bit only in the directory: some unpackers ask for a password, others just open it."""
    blob = bytearray(one(name, data))
    blob[blob.index(b"PK\1\2") + 8] |= 1
    return bytes(blob)


@shape("zip-in-comment", "zip", "bytes", kind="pe-exe")
def _(name, data):
    front, inner = one("doc-truoc.txt", b"Ban doc tep nay truoc.\r\n"), one(name, data)
    return front[:-2] + struct.pack("<H", len(inner)) + inner


@shape("tar-behind-the-end", "tar", "bytes", kind="pe-exe")
def _(name, data):
    tar = CONTAINERS["tar"].make
    return tar("doc-truoc.txt", b"Ban doc tep nay truoc.\r\n") + tar(name, data)


@shape("gz-lying-name", "gz", "zcat", kind="elf", keeps=False, outer="du-lieu.gz")
def _(name, data):
    with Place("anh-hop.jpg", data) as place:
        return place.run("gzip", "-9c", "anh-hop.jpg")


# Documents
@shape("pdf-annotation-asciihex", "pdf", "pdfdetach", kind="pe-exe")
def _(name, data):
    coded = data.hex().encode() + b">"
    return (b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
            b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Annots[4 0 R]>>endobj\n"
            b"4 0 obj<</Type/Annot/Subtype/FileAttachment/Rect[9 9 30 30]/FS 5 0 R>>endobj\n"
            b"5 0 obj<</Type/F#69lespec/F(" + name.encode() + b")/E#46<</F 6 0 R>>>>endobj\n"
            b"6 0 obj<</Type/Embedded#46ile/Filter/ASCIIHexDecode/Length %d>>stream\n" % len(coded) + coded + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n")


@shape("pdf-empty-user-password", "pdf", "pdfdetach", kind="vbs")
def _(name, data):
    with Place("@p.pdf", CONTAINERS["pdf-attachment"].make(name, data)) as place:
        place.run("qpdf", "@p.pdf", "--encrypt", "", "chu-so-huu", "256", "--", "@o.pdf")
        return place.read("@o.pdf")


@shape("docx-no-relationship", "docx", "7zz", kind="pe-exe")
def _(name, data):
    return plain_docx("Không ai trỏ tới tệp này", {f"customXml/{name}": data})


@shape("doc-object-pool", "doc", "oleobj-doc", kind="pe-dll")
def _(name, data):
    return documents.ole({"WordDocument": b"\xec\xa5\xc1\x00" + bytes(4200), "1Table": bytes(4100), "ObjectPool/_1572084892/\1Ole10Native": documents.package(name, data)})


@shape("rtf-obfuscated", "rtf", "rtfobj", kind="vbs")
def _(name, data):
    blob = documents.rtf(name, data).decode()
    head, _, tail = blob.partition("{\\*\\objdata ")
    digits, _, rest = tail.partition("}")
    digits = digits.replace("\r\n", "")
    broken = "".join(digits[at:at + 6] + ("\t" if at % 5 else "\r\n ") for at in range(0, len(digits), 6))
    return (head + "{\\*\\objdata " + broken + "}" + rest).encode()


@shape("p7m-base64", "p7m", "openssl", kind="elf", declared="smime.p7m")
def _(name, data):
    return base64.encodebytes(CONTAINERS["p7m"].make(name, data))


@shape("uuencode-base64", "txt", "bytes", kind="pe-exe")
def _(name, data):
    with Place(name, data) as place:
        return b"Xem tep kem theo.\r\n\r\n" + place.run("uuencode", "-m", name, name)


@shape("uuencode-second-file", "txt", "bytes", kind="vbs")
def _(name, data):
    coded = CONTAINERS["uuencode"].make
    return coded("anh.jpg", JPEG) + coded(name, data)


@shape("mbox", "mbox", "mailbox", kind="jar")
def _(name, data):
    letters = [documents.letter("ghi-chu.txt", b"Ghi chu\r\n"), documents.letter(name, data)]
    return b"".join(b"From vanthu@example.com Mon May  6 08:00:00 2024\n" + one_.replace(b"\r\n", b"\n") + b"\n" for one_ in letters)


@shape("sfx-7z", "exe", "7zz -t7z*", kind="elf", twin=False)
def _(name, data):
    with Place("a.c", b"int entry(void){return 0;}\n") as place:
        place.run("x86_64-w64-mingw32-gcc", "-Os", "-nostdlib", "-s", "-e", "entry", "a.c", "-o", "a.exe")
        return place.read("a.exe") + CONTAINERS["7z-lzma2"].make(name, data)


@shape("many-decoys-7z-solid", "7z", "bsdtar", kind="dos-mz")
def _(name, data):
    with Place(name, data) as place:
        for at in range(120):
            (place.folder / f"trang-{at:03}.txt").write_text(f"Trang {at}\n" * 30)
        place.run("7zz", "a", "-bso0", "-bsp0", "-ms=on", "@o.7z", *sorted(p.name for p in place.folder.iterdir()))
        return place.read("@o.7z")


@shape("many-decoys-zip", "zip", "7zz", kind="lnk")
def _(name, data):
    decoys = [(f"trang-{at:04}.txt".encode(),) * 2 + (b"Trang %d\r\n" % at, "both") for at in range(1500)]
    return zips([*decoys, (name.encode(), name.encode(), data, "both")])


def taken(tool, extension, blob, name, data) -> str:
    """Confirms with the named program. `bytes`: read back by hand (zlib over the member's bytes), as no unpacker shows it on purpose."""
    if tool == "step by step":
        return "each step by its own tool"
    if tool == "bytes":
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        raw = packer.compress(data) + packer.flush()
        if raw not in blob and data not in blob and base64.b64encode(data)[:40] not in blob.replace(b"\n", b"") and uu(data) not in blob:
            raise RuntimeError("the member's bytes are not in it")
        return "bytes by hand"
    with Place(f"@c.{extension}", blob) as place:
        (place.folder / "@x").mkdir()
        outer = f"@c.{extension}"
        if tool in ("zcat", "xzcat", "zstdcat", "lz4cat"):
            (place.folder / "@x/o").write_bytes(place.run(*(["zstd", "-dqc"] if tool == "zstdcat" else ["gzip", "-dc"] if tool == "zcat" else ["xz", "-dc"] if tool == "xzcat" else ["lz4", "-dqc"]), stdin=blob))
        elif tool == "zipfile":
            with zipfile.ZipFile(io.BytesIO(blob)) as pack:
                (place.folder / "@x/o").write_bytes(pack.read(pack.infolist()[0]))
        elif tool == "mailbox":
            import mailbox
            for at, mail in enumerate(mailbox.mbox(place.folder / outer)):
                for part in mail.walk():
                    if not part.is_multipart():
                        (place.folder / f"@x/{at}-{part.get_filename()}").write_bytes(part.get_payload(decode=True))
        elif tool == "bsdtar64":
            seven_take()(place, outer)
            tool = "7zz"
        elif tool in ("7zz*", "7zz -t7z*"):
            seven_take("-t7z" if "-t7z" in tool else "-t*")(place, outer)
            tool = "7zz"
        elif tool == "openssl":
            (place.folder / "@d").write_bytes(base64.b64decode(blob))
            place.run("openssl", "smime", "-verify", "-noverify", "-inform", "DER", "-in", "@d", "-out", "@m.eml")
            place.run("ripmime", "-i", "@m.eml", "-d", "@x")
        elif tool == "oleobj-doc":
            place.run("/tmp/evalx-venv/bin/oleobj", "-d", "@x", outer, ok=tuple(range(256)))
            tool = "oleobj"
        else:
            TOOLS[tool](place, outer)
        found = [path for path in (place.folder / "@x").rglob("*") if path.is_file() and path.read_bytes() == data]
        if not found:
            raise RuntimeError(f"{tool} finds {[p.name for p in (place.folder / '@x').rglob('*')][:6]}")
        return tool


def uu(data: bytes) -> bytes:
    import binascii
    return binascii.b2a_uu(data[:45]).strip()


def cell(number, id_, extension, tool, payload, name, keeps, outer, declared, hit, make, is_twin):
    if is_twin:
        twin_name, data, what = exec_payloads.twin(payload, number)
        own = "du-lieu.txt" if what in ("text",) else twin_name
    else:
        own, data, what = name or exec_payloads.positive_name(payload, number), payload.data, "-"
    blob = make(own, data)
    said = taken(tool, extension, blob, own, data)
    file = declared or outer or (f"{own}.{extension}" if not keeps else f"ho-so-{number}.{extension}")
    mail = letter(number, [attachment(file, blob, how=number | 1 if extension == "eml" else number)])
    return Row(f"{id_}{'-twin' if is_twin else ''}.eml", "second", id_, payload.kind, what, "clean" if is_twin else "executable",
               hit or (own if keeps else "-"), "-" if is_twin else ",".join(payload.kinds), sha(blob if hit == file else data), sha(mail), "-", said), mail


def declared_type_lies(number, payload, is_twin):
    """The attachment says image/jpeg and is a ZIP in quoted-printable, with the name only in the type."""
    name, data, what = exec_payloads.twin(payload, number) if is_twin else (exec_payloads.positive_name(payload, number), payload.data, "-")
    blob = one(name, data)
    said = taken("7zz", "zip", blob, name, data)
    leaf = mimebuild.Leaf(['Content-Type: image/jpeg; name*0="anh"; name*1="-chup.jpg"', "Content-Transfer-Encoding: quoted-printable"], blob, "quoted-printable-binary")
    mail = letter(number, [leaf])
    return Row(f"type-lies{'-twin' if is_twin else ''}.eml", "second", "type-lies", payload.kind, what, "clean" if is_twin else "executable", name,
               "-" if is_twin else ",".join(payload.kinds), sha(data), sha(mail), "-", said), mail


def whole_letter_is_a_zip(number, payload, is_twin):
    name, data, what = exec_payloads.twin(payload, number) if is_twin else (exec_payloads.positive_name(payload, number), payload.data, "-")
    blob = one(name, data)
    mail = alone(number, mimebuild.Leaf(["Content-Type: application/zip", "Content-Transfer-Encoding: base64"], blob, "base64"))
    return Row(f"whole-letter-zip{'-twin' if is_twin else ''}.eml", "second", "whole-letter-zip", payload.kind, what, "clean" if is_twin else "executable", name,
               "-" if is_twin else ",".join(payload.kinds), sha(data), sha(mail), "-", taken("7zz", "zip", blob, name, data)), mail


def jobs(programs: dict):
    for at, (id_, extension, tool, kind, name, has_twin, keeps, outer, declared, hit, make) in enumerate(SHAPES):
        given = (id_, extension, tool, programs[kind], name, keeps, outer, declared, hit, make)
        yield cell, (at * 10 + at % 2, *given, False)
        if has_twin and at % 2 == 0 or id_.startswith(("gif", "jpeg", "pdf", "prefix", "central", "hidden", "two")) and has_twin:
            yield cell, (at * 10 + 5 + at // 2 % 2, *given, True)
    for at, function in enumerate((declared_type_lies, whole_letter_is_a_zip)):
        for is_twin in (False, True):
            yield function, (900 + at, programs["pe-exe"], is_twin)
