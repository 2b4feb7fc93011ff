"""Documents, messages and programs that hold a file: more containers for `scripts/eval executables`.

Made by qpdf, openssl, gsf (libgsf), dpkg-deb, wixl, or byte by byte from the format's description where no tool
writes them (TNEF, OLE packages, RTF objects), and confirmed by other programs: pdfdetach, tnef, oleobj, rtfobj
(`pip install oletools`), msgconvert, munpack.
"""

import io
import struct
import zipfile
from pathlib import Path

import mimebuild
from exec_containers import TOOLS, Place, add
from exec_payloads import plain_docx, run, WXS
from payloads import pdf as plain_pdf

DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OOXML = ("docx", "ooxml", "zip")


def docx_embedded(name: str, data: bytes) -> bytes:
    return plain_docx("Hồ sơ kèm theo", {f"word/embeddings/{name}": data},
                      f'<Relationship Id="rId9" Type="{DOC}/package" Target="embeddings/{name}"/>',
                      f'<Default Extension="{name.rpartition(".")[2]}" ContentType="application/octet-stream"/>' if not name.endswith(".xml") else "",
                      '<w:p><w:r><w:object><o:OLEObject Type="Embed" ProgID="Package" ShapeID="s1" DrawAspect="Icon" ObjectID="_1" r:id="rId9"/></w:object></w:r></w:p>')


def package(name: str, data: bytes) -> bytes:
    """The stream \\1Ole10Native as Windows' object packager writes it ([MS-OLEDS] 2.3.6)."""
    label, path = name.encode("latin-1") + b"\0", b"C:\\Temp\\" + name.encode("latin-1") + b"\0"
    body = struct.pack("<H", 2) + label + path + struct.pack("<HHI", 0, 3, len(path)) + path + struct.pack("<I", len(data)) + data
    return struct.pack("<I", len(body)) + body


def ole(streams: dict[str, bytes]) -> bytes:
    """A compound file by libgsf; `/` in a name makes storages."""
    with Place("@none", b"") as place:
        root = place.folder / "r"
        for name, data in streams.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        run("gsf", "createole", "../@out", *sorted(path.name for path in root.iterdir()), cwd=root)
        return place.read("@out")


def docx_ole(name: str, data: bytes) -> bytes:
    return plain_docx("Phụ lục", {"word/embeddings/oleObject1.bin": ole({"\1Ole10Native": package(name, data)})},
                      f'<Relationship Id="rId9" Type="{DOC}/oleObject" Target="embeddings/oleObject1.bin"/>',
                      '<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/>',
                      '<w:p><w:r><w:object><o:OLEObject Type="Embed" ProgID="Package" ShapeID="s1" DrawAspect="Icon" ObjectID="_1" r:id="rId9"/></w:object></w:r></w:p>')


def odt(name: str, data: bytes) -> bytes:
    urn, out = "urn:oasis:names:tc:opendocument:xmlns", io.BytesIO()
    content = (f'<?xml version="1.0"?><office:document-content xmlns:office="{urn}:office:1.0" xmlns:text="{urn}:text:1.0" office:version="1.2">'
               "<office:body><office:text><text:p>Hồ sơ</text:p></office:text></office:body></office:document-content>")
    listed = (f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{urn}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
              'manifest:media-type="application/vnd.oasis.opendocument.text"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
              f'<manifest:file-entry manifest:full-path="Object 1/{name}" manifest:media-type="application/octet-stream"/></manifest:manifest>')
    with zipfile.ZipFile(out, "w") as pack:
        for member, body, how in (("mimetype", "application/vnd.oasis.opendocument.text", 0), ("content.xml", content, 8),
                                  (f"Object 1/{name}", data, 8), ("META-INF/manifest.xml", listed, 8)):
            pack.writestr(zipfile.ZipInfo(member, (2024, 1, 1, 0, 0, 0)), body, how)
    return out.getvalue()


def pdf(name: str, data: bytes) -> bytes:
    with Place(name, data) as place:
        (place.folder / "@p.pdf").write_bytes(plain_pdf("Cong van kem tep"))
        place.run("qpdf", "--deterministic-id", "--object-streams=generate", "@p.pdf", "--add-attachment", name, "--", "@out.pdf")
        return place.read("@out.pdf")


def tnef(name: str, data: bytes) -> bytes:
    """winmail.dat: one attachment with its title ([MS-OXTNEF])."""
    def attribute(level: int, what: int, body: bytes) -> bytes:
        return struct.pack("<BII", level, what, len(body)) + body + struct.pack("<H", sum(body) & 0xFFFF)
    title = name.encode("latin-1") + b"\0"
    return (struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
            + attribute(1, 0x00069007, struct.pack("<II", 1252, 0)) + attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0")
            + attribute(1, 0x00018004, b"Ho so\0") + attribute(2, 0x00069002, struct.pack("<HIHHII", 1, 0xFFFFFFFF, 32, 32, 0, 0))
            + attribute(2, 0x00018010, title) + attribute(2, 0x0006800F, data))


def letter(name: str, data: bytes) -> bytes:
    leaf = lambda headers, body, how: mimebuild.Leaf(headers, body, how)                     # noqa: E731
    return mimebuild.wire(mimebuild.Message(
        ["From: Van Thu <vanthu@example.com>", "To: phong@example.net", "Subject: Chuyen tiep ho so", "Date: Mon, 06 May 2024 08:00:00 +0700",
         "Message-ID: <inner@example.com>", "MIME-Version: 1.0"],
        mimebuild.Multi(['Content-Type: multipart/mixed; boundary="trong-1"'], "trong-1", [
            leaf(["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"], "Kính chuyển hồ sơ.".encode(), "8bit"),
            leaf([f'Content-Type: application/octet-stream; name="{name}"', "Content-Transfer-Encoding: base64",
                  f'Content-Disposition: attachment; filename="{name}"'], data, "base64")])))


def msg(name: str, data: bytes) -> bytes:
    """An Outlook message with one attachment ([MS-OXMSG]): streams for properties, the compound file by libgsf."""
    wide = lambda words: words.encode("utf-16-le")                                           # noqa: E731
    attach = "__attach_version1.0_#00000000"
    text = lambda tag, words: struct.pack("<IIII", tag << 16 | 0x1F, 6, len(wide(words)) + 2, 0)  # noqa: E731
    root = struct.pack("<8xIIII8x", 0, 1, 0, 1) + text(0x001A, "IPM.Note") + text(0x0037, "Ho so") + text(0x1000, "Kinh gui")
    props = bytes(8) + text(0x3707, name) + text(0x3704, name) + struct.pack("<IIII", 0x37050003, 6, 1, 0) \
        + struct.pack("<IIII", 0x37010102, 6, len(data), 0)
    return ole({"__properties_version1.0": root, "__substg1.0_001A001F": wide("IPM.Note"), "__substg1.0_0037001F": wide("Ho so"),
                "__substg1.0_1000001F": wide("Kinh gui"), "__nameid_version1.0/__substg1.0_00020102": b"", "__nameid_version1.0/__substg1.0_00030102": b"",
                "__nameid_version1.0/__substg1.0_00040102": b"", f"{attach}/__properties_version1.0": props,
                f"{attach}/__substg1.0_37010102": data, f"{attach}/__substg1.0_3707001F": wide(name), f"{attach}/__substg1.0_3704001F": wide(name)})


def p7m(name: str, data: bytes) -> bytes:
    """Opaque-signed S/MIME: the letter is inside the signature."""
    with Place("@key", KEY.read_bytes() if KEY.exists() else key()) as place:
        entity = letter(name, data).partition(b"MIME-Version: 1.0\r\n")[2]
        return place.run("openssl", "cms", "-sign", "-nodetach", "-binary", "-outform", "DER", "-signer", "@key", "-inkey", "@key", "-noattr", stdin=entity)


KEY = Path("/tmp/evalx-smime.pem")


def key() -> bytes:
    """A key of this machine for the time of building; nothing of it but the certificate gets into the set."""
    with Place("@none", b"") as place:
        place.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "@k", "-out", "@c", "-days", "9999",
                  "-subj", "/CN=Van Thu/emailAddress=vanthu@example.com")
        KEY.write_bytes(place.read("@k") + place.read("@c"))
    return KEY.read_bytes()


def rtf(name: str, data: bytes) -> bytes:
    """An OLE 1 package as hexadecimal ([MS-OLEDS] 2.2.5)."""
    native = package(name, data)[4:]
    word = b"Package\0"
    object_ = struct.pack("<III", 0x501, 2, len(word)) + word + struct.pack("<III", 0, 0, len(native)) + native + struct.pack("<II", 0x501, 0)
    digits = object_.hex()
    lines = "\r\n".join(digits[at:at + 128] for at in range(0, len(digits), 128))
    return ("{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Times New Roman;}}\\f0 Ho so kem theo\\par\r\n{\\object\\objemb\\objw500\\objh500"
            "{\\*\\objclass Package}{\\*\\objdata " + lines + "}{\\result{\\pard tep}}}\\par}").encode()


def deb(name: str, data: bytes) -> bytes:
    with Place("@none", b"") as place:
        root = place.folder / "d"
        (root / "DEBIAN").mkdir(parents=True)
        (root / "DEBIAN/control").write_text("Package: gacthu-corpus\nVersion: 1\nArchitecture: all\nMaintainer: g <g@example.com>\nDescription: corpus\n")
        (root / "opt").mkdir()
        (root / "opt" / name).write_bytes(data)
        place.run("dpkg-deb", "--root-owner-group", "-Zxz", "-z1", "-b", "d", "@out")
        return place.read("@out")


def msi(name: str, data: bytes) -> bytes:
    with Place(name, data) as place:
        (place.folder / "@w.wxs").write_text(WXS % ('<Media Id="1" Cabinet="a.cab" EmbedCab="yes"/>', f'<File Id="F1" Source="{name}" Name="{name}" KeyPath="yes"/>'))
        place.run("wixl", "-o", "@out.msi", "@w.wxs")
        return place.read("@out.msi")


def sfx(name: str, data: bytes) -> bytes:
    """A real PE stub with a ZIP behind it."""
    from exec_containers import CONTAINERS
    with Place("a.c", b"int entry(void){return 0;}\n") as place:
        place.run("x86_64-w64-mingw32-gcc", "-Os", "-nostdlib", "-s", "-e", "entry", "a.c", "-o", "a.exe")
        return place.read("a.exe") + CONTAINERS["zip-deflate"].make(name, data)


def sfx_text(name: str, data: bytes) -> bytes:
    """A ZIP behind a text, offsets not mended: every unpacker opens it."""
    from exec_containers import CONTAINERS
    return b"Bang ke ho so cua phong, xem tep kem theo.\r\n" * 3 + CONTAINERS["zip-deflate"].make(name, data)


def deb_take(place, outer):
    place.run("dpkg-deb", "-x", outer, "@x")


def msi_take(place, outer):
    place.run("msiextract", "-C", "@x", outer)


def docx_ole_take(place, outer):
    place.run("7zz", "x", "-y", "-bso0", "-bsp0", "-o@u", outer)
    place.run("/tmp/evalx-venv/bin/oleobj", "-d", "@x", "@u/word/embeddings/oleObject1.bin", ok=tuple(range(256)))


def msg_take(place, outer):
    place.run("msgconvert", "--outfile", "@m.eml", outer)
    place.run("ripmime", "-i", "@m.eml", "-d", "@x", ok=tuple(range(256)))


def p7m_take(place, outer):
    place.run("openssl", "smime", "-verify", "-noverify", "-inform", "DER", "-in", outer, "-out", "@m.eml")
    place.run("ripmime", "-i", "@m.eml", "-d", "@x")


TOOLS.update({
    "pdfdetach": lambda place, outer: place.run("pdfdetach", "-saveall", "-o", "@x", outer),
    "tnef": lambda place, outer: place.run("tnef", "-C", "@x", outer),
    "ripmime": lambda place, outer: place.run("ripmime", "-i", outer, "-d", "@x"),
    "msgconvert+ripmime": msg_take, "openssl smime+ripmime": p7m_take, "oleobj": docx_ole_take,
    "rtfobj": lambda place, outer: place.run("/tmp/evalx-venv/bin/rtfobj", "-s", "all", "-d", "@x", outer, ok=tuple(range(256))),
    "unzip": lambda place, outer: place.run("unzip", "-q", outer, "-d", "@x", ok=(0, 1)),
    "dpkg-deb": deb_take, "msiextract": msi_take,
})
add("docx-embedded", "docx", docx_embedded, "7zz", family="ooxml", kinds=OOXML)
add("docx-ole-package", "docx", docx_ole, "oleobj", family="ooxml", kinds=OOXML)
add("odt", "odt", odt, "bsdtar", family="odf", kinds=("odf", "zip"))
add("pdf-attachment", "pdf", pdf, "pdfdetach", family="pdf", kinds=("pdf",))
add("tnef", "dat", tnef, "tnef", family="tnef", kinds=("tnef",))
add("eml-part", "eml", letter, "ripmime", family="eml", kinds=("eml",))
add("eml-file", "eml", letter, "ripmime", family="eml", kinds=("eml",))
add("msg", "msg", msg, "msgconvert+ripmime", family="msg", kinds=("msg", "ole"))
add("p7m", "p7m", p7m, "openssl smime+ripmime", family="p7m", kinds=("p7m",))
add("ole-stream", "doc", lambda name, data: ole({name: data}), "7zz", family="ole", kinds=("ole", "doc"))
add("rtf-object", "rtf", rtf, "rtfobj", family="rtf", kinds=("rtf",))
add("zip-behind-text", "zip", sfx_text, "unzip", family="zip", kinds=("zip",))
add("sfx-zip", "exe", sfx, "7zz -tzip", family="sfx", twin=False, kinds=("pe",))
add("deb", "deb", deb, "dpkg-deb", family="ar", twin=False, kinds=("deb",))
add("msi", "msi", msi, "msiextract", family="msi", twin=False, kinds=("msi",))
