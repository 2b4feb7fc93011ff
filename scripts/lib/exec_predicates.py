"""What policies may ask about files: each predicate fires on the one letter and leaves the other alone.

The letters are of the frozen matrix, of the seed's samples, or written here. Syntax: docs/policy.md.
"""

import re
import struct
import zlib
from pathlib import Path

import gacthu
import payloads
from exec_bombs import deflated, members, stored
from exec_mail import attachment, letter
from figures import Count, Figure

HEAD = """policy: 1
name: predicate
version: 1
organisation: { name: Tỉnh thử, regulation: Quyết định số 01/2026/QĐ-UBND, domains: [daknong.gov.vn], contact: quantri@daknong.gov.vn }
mode: enforce
rules:
"""


def own(name: str, data: bytes, type_: str = "") -> bytes:
    return letter(5, [attachment(name, data, type_, 1)])


def sealed() -> bytes:
    """A ZIP whose member says that it is encrypted."""
    blob = bytearray(members([stored(b"ho-so.txt", b"0123456789abcdef")]))
    blob[6] |= 1
    blob[blob.index(b"PK\1\2") + 8] |= 1
    return bytes(blob)


def with_action(words: bytes) -> bytes:
    """A PDF whose catalogue has an action, its cross-reference table right again."""
    body = payloads.pdf("Bao cao").replace(b"/Type /Catalog", b"/Type /Catalog /OpenAction << " + words + b" >>", 1)
    body = body[:body.index(b"xref\n0 ")]
    places = [found.start() for found in re.finditer(rb"(?m)^\d+ 0 obj", body)]
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1) + table + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, len(body))


def letters() -> dict[str, bytes]:
    """The letters that are written here."""
    pdf, png = payloads.pdf("Bao cao"), payloads.png()
    script = b'Set a = CreateObject("WScript.Shell")\r\na.Run "cmd"\r\n'
    zipped = lambda *files: members([deflated(name, data) for name, data in files])             # noqa: E731
    local = deflated(b"mo.vbs", script)
    hidden = bytearray(members([deflated(b"doc.txt", b"doc truoc\r\n")]))
    end = hidden.index(b"PK\1\2")
    body = b"PK\3\4" + struct.pack("<HHHHHIIIHH", 20, 0x800, 8, 0, 0x58A1, zlib.crc32(script), len(local[3]), len(script), 6, 0) + b"mo.vbs" + local[3]
    hidden[end:end] = body
    struct.pack_into("<I", hidden, len(hidden) - 6, end + len(body))
    return {
        "exe-top": own("a.exe", payloads.pe()), "exe-in-zip": own("a.zip", zipped((b"a.exe", payloads.pe()))), "txt-in-zip": own("a.zip", zipped((b"a.txt", b"van ban\r\n"))),
        "pdf": own("a.pdf", pdf), "sealed-zip": own("a.zip", sealed()), "exe-named-pdf": own("a.pdf", payloads.pe()), "zip-named-jpg": own("a.jpg", zipped((b"a.txt", b"van ban\r\n"))),
        "png-named-jpg": own("a.jpg", png), "hidden-zip": own("a.zip", bytes(hidden)), "launch-pdf": own("a.pdf", with_action(b"/S /Launch /Win << /F (cmd.exe) >>")), "javascript-pdf": own("a.pdf", with_action(b"/S /JavaScript /JS (app.alert\\(1\\))")),
        "escape-zip": own("a.zip", zipped((b"../../a.txt", b"van ban\r\n"))), "twice-zip": own("a.zip", zipped((b"a.txt", b"mot\r\n"), (b"a.txt", b"hai\r\n"))),
        "gif-zip": own("a.gif", payloads.gif() + zipped((b"a.txt", b"van ban\r\n"))),
        "ace": own("a.ace", b"\x55\x9f\x31\0\0\0\x90**ACE**\x14\x14\2\0" + bytes(60)), "cut-zip": own("a.zip", zipped((b"a.txt", bytes(range(256)) * 40))[:200]),
        "exe-in-letter": letter(6, [attachment("thu.eml", own("a.exe", payloads.pe()), "message/rfc822", 0)]),
    }


# name, condition on an attachment, letter that fires, letter that does not
CASES = [
    ("kind executable, anywhere", "{ kind: executable }", "exe-in-zip", "txt-in-zip"),
    ("at: archive", "{ kind: executable, at: [archive] }", "exe-in-zip", "exe-top"),
    ("at: top", "{ kind: executable, at: [top] }", "exe-top", "exe-in-zip"),
    ("at: message", "{ kind: executable, at: [message] }", "exe-in-letter", "exe-top"),
    ("at: document", "{ kind: executable, at: [document] }", "matrix:matrix-docx-embedded-elf", "exe-in-zip"),
    ("name in an archive", "{ name: '*.exe', at: [archive] }", "exe-in-zip", "txt-in-zip"),
    ("encrypted", "{ encrypted: true }", "sealed-zip", "txt-in-zip"),
    ("not_opened: encrypted", "{ not_opened: encrypted }", "sealed-zip", "txt-in-zip"),
    ("not_opened: unsupported", "{ not_opened: unsupported }", "ace", "txt-in-zip"),
    ("not_opened: damaged", "{ not_opened: damaged }", "cut-zip", "txt-in-zip"),
    ("not_opened: budget", "{ not_opened: budget }", "bomb:zip-one-4gib", "txt-in-zip"),
    ("macros", "{ macros: true }", "seed:tika/testWORD_macros.doc", "seed:oletools/harmless-clean.doc"),
    ("macros: macros-xlm", "{ macros: macros-xlm }", "seed:poi/xlmmacro.xlsm", "seed:tika/testEXCEL_macro.xlsm"),
    ("embedded", "{ embedded: true }", "matrix:matrix-docx-ole-package-elf-twin", "pdf"),
    ("active: launch-action", "{ active: launch-action }", "launch-pdf", "javascript-pdf"),
    ("active: javascript", "{ active: javascript }", "javascript-pdf", "pdf"),
    ("contradiction-dangerous, program", "{ contradiction: contradiction-dangerous }", "exe-named-pdf", "exe-top"),
    ("contradiction-dangerous, archive", "{ contradiction: contradiction-dangerous }", "zip-named-jpg", "png-named-jpg"),
    ("contradiction-type", "{ contradiction: contradiction-type }", "png-named-jpg", "pdf"),
    ("polyglot", "{ polyglot: true }", "gif-zip", "txt-in-zip"),
    ("hidden", "{ hidden: true }", "hidden-zip", "txt-in-zip"),
    ("path: path-escape", "{ path: path-escape }", "escape-zip", "txt-in-zip"),
    ("path: duplicate-name", "{ path: duplicate-name }", "twice-zip", "txt-in-zip"),
    ("volume", "{ volume: true }", "seed:rarfile/rar3-old.r00", "txt-in-zip"),
    ("self_extracting", "{ self_extracting: true }", "matrix:only-sfx-zip-elf", "exe-top"),
    ("embedded, in a PDF", "{ embedded: embedded-file }", "matrix:matrix-pdf-attachment-elf-twin", "pdf"),
    ("encrypted, password in the letter, program", "{ kind: executable, at: [archive] }", "matrix:password-zip-aes256-body-pass", "matrix:password-zip-aes256-body-pass-twin"),
]


def run(binary: Path, place: Path, matrix: Path, bombs: dict, seed: Path | None, sabotage: str = "") -> list[Figure]:
    folder = place / "predicates"
    folder.mkdir(exist_ok=True)
    paths = {}
    for name, content in letters().items():
        paths[name] = folder / f"{name}.eml"
        paths[name].write_bytes(content)
    def find(name: str) -> Path | None:
        where, _, rest = name.rpartition(":")
        if where == "seed":
            if not seed or not (seed / "filetypes" / rest).exists():
                return None
            path = folder / (rest.replace("/", "-") + ".eml")
            path.write_bytes(own(Path(rest).name, (seed / "filetypes" / rest).read_bytes(), "application/octet-stream"))
            return path
        return matrix / f"{rest}.eml" if where == "matrix" else bombs.get(rest) if where == "bomb" else paths[name]
    wanted = {name: find(name) for case in CASES for name in case[2:]}
    fires, leaves = Count("predicates: fire"), Count("predicates: leave alone")
    for number, (what, condition, yes, no) in enumerate(CASES):
        policy = folder / f"{number}.yaml"                   # one a case: what this program does not know fails alone
        policy.write_text(HEAD + f"  - id: asked\n    title: Thử\n    basis: Điều 1\n    when: {{ attachment: {condition} }}\n    then: tag\n", encoding="utf-8")
        there = [wanted[name] for name in (yes, no) if wanted[name]]
        code, results, said = gacthu.scan(binary, policy, there, [], sabotage=sabotage)
        for count, name, right in ((fires, yes, True), (leaves, no, False)):
            path = wanted[name]
            result = results.get(str(path)) if path else None
            if result is None:
                count.add(what, "the sample is not there" if not path else f"no JSON line: exit {code}: {said.strip()[-200:]}")
                continue
            fired = any(rule.get("id") == "asked" for rule in result.get("rules") or [])
            count.add(f"{what} {condition}", None if fired == right else f"{'does not fire' if right else 'fires'} on {name}")
    return [fires.figure, leaves.figure]
