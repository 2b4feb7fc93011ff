"""Gathers what the fuzzer begins with: the fixtures of the tests, what the tests put together themselves
(`GACTHU_SEEDS`), the attachments of the corpus, and the samples of others where they are there.

A file goes to every target whose format its bytes or its name show. Files that are packed once more
(`.xz`, `.gz`) go as they are and unpacked.
"""

import bz2
import email
import email.policy
import gzip
import hashlib
import lzma
import struct
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

LARGEST = 256 << 10
IMAGES = ("disk", "iso", "vhd")         # their seeds are the sectors that are not empty (fuzz/lib.rs)
LARGEST_IMAGE = 10 << 20
SECTORS_LIMIT = 600                     # sectors of one image that go into a seed
MAILS = 400                             # whole letters for `mime`, at most

# Bytes at a place, and the target that reads what begins like this.
MAGIC = [
    (0, b"PK", "zip"), (0, b"7z\xbc\xaf\x27\x1c", "seven"), (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"), (0, b"MSCF", "cab"),
    (0, b"SZDD", "szdd"), (0, b"KWAJ", "szdd"), (0, b"SZ \x88", "szdd"), (0, b"\x60\xea", "arj"), (0, b"!<arch>\n", "ar"),
    (0, b"\x1f\x8b", "gzip"), (0, b"BZh", "bzip2"), (0, b"\xfd7zXZ\0", "xz"), (0, b"LZIP", "lzma"), (0, b"\x5d\0\0", "lzma"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"), (1, b"\x2a\x4d\x18", "zstd"), (0, b"\x04\x22\x4d\x18", "lz4"), (0, b"\x02\x21\x4c\x18", "lz4"),
    (0, b"\x1f\x9d", "compress"), (257, b"ustar", "tar"), (0, b"07070", "cpio"), (0, b"\xc7\x71", "cpio"), (0, b"\x71\xc7", "cpio"),
    (0x8001, b"CD001", "iso"), (0x8001, b"BEA01", "iso"), (0x9318, b"CD001", "iso"), (0x9319, b"CD001", "iso"), (510, b"\x55\xaa", "disk"),
    (0, b"KDMV", "disk"), (0, b"QFI\xfb", "disk"), (0, b"conectix", "vhd"), (0, b"vhdxfile", "vhd"), (0, b"{\\rt", "rtf"),
    (0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "onenote"), (0, b"\x78\x9f\x3e\x22", "tnef"), (0, b"From ", "mbox"),
]
# Bytes anywhere near the beginning.
NEAR = [
    (b"Rar!\x1a\x07", "rar"), (b"%PDF", "pdf"), (b"<html", "html"), (b"<!doctype html", "html"), (b"<script", "html"), (b"<svg", "svg"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x07", "smime"), (b"-----begin pkcs7", "smime"), (b"-----begin cms", "smime"),
    (b"-----begin pgp", "pgp"), (b"\nbegin 6", "uuencode"), (b"begin-base64", "uuencode"), (b"\r\nmime-version:", "eml"),
    (b"\nreceived:", "eml"), (b"pk\x03\x04", "zip"),
]
ANYWHERE = [
    (b"[Content_Types].xml", "ooxml"), (b"application/vnd.oasis", "odf"), ("__substg1.0_".encode("utf-16-le"), "msg"), (b"PK\x05\x06", "zip"),
]
ENDINGS = {
    "zip": "zip", "jar": "zip", "apk": "zip", "zipx": "zip", "rar": "rar", "7z": "seven", "001": "seven", "doc": "ole", "xls": "ole", "ppt": "ole",
    "msi": "ole", "ole": "ole", "docx": "ooxml", "xlsx": "ooxml", "pptx": "ooxml", "docm": "ooxml", "xlsm": "ooxml", "xlsb": "ooxml",
    "odt": "odf", "ods": "odf", "odp": "odf", "pdf": "pdf", "cab": "cab", "arj": "arj", "lzh": "lha", "lha": "lha", "tar": "tar", "cpio": "cpio",
    "a": "ar", "deb": "ar", "gz": "gzip", "bz2": "bzip2", "xz": "xz", "lzma": "lzma", "lz": "lzma", "zst": "zstd", "lz4": "lz4", "Z": "compress",
    "iso": "iso", "udf": "iso", "img": "disk", "bin": "disk", "vhd": "vhd", "vhdx": "vhd", "msg": "msg", "dat": "tnef", "tnef": "tnef",
    "rtf": "rtf", "one": "onenote", "html": "html", "htm": "html", "hta": "html", "svg": "svg", "p7m": "smime", "p7s": "smime", "pem": "smime",
    "pgp": "pgp", "gpg": "pgp", "asc": "pgp", "eml": "eml", "mbox": "mbox", "uue": "uuencode",
    "txt": "text", "csv": "text", "md": "text",
}


def targets_of(name: str, data: bytes) -> set[str]:
    """The targets that should begin with this file."""
    found = {target for at, magic, target in MAGIC if data[at:at + len(magic)] == magic}
    near = data[:2048].lower()
    found |= {target for magic, target in NEAR if magic.lower() in near}
    found |= {target for magic, target in ANYWHERE if magic in data}
    if data[2:4] in (b"-l", b"-p") and data[6:7] == b"-":
        found.add("lha")
    ending = name.rsplit(".", 1)[-1]
    if ending in ENDINGS:
        found.add(ENDINGS[ending])
    if len(data) > 512 and data[-512:-504] == b"conectix":
        found.add("vhd")
    if not any(data[at] for at in range(min(512, len(data)))) and len(data) > 0x8000 and ending in ("iso", "img", "bin"):
        found.add("iso")
    return found


def unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The file, and what it holds if it is a single packed file."""
    yield name, data
    inner = name.rsplit(".", 1)[0] if "." in name else name
    try:
        if data[:6] == b"\xfd7zXZ\0":
            yield inner, lzma.LZMADecompressor(memlimit=256 << 20).decompress(data, LARGEST_IMAGE)
        elif data[:2] == b"\x1f\x8b":
            yield inner, zlib.decompressobj(31).decompress(data, LARGEST_IMAGE)
        elif data[:3] == b"BZh":
            yield inner, bz2.BZ2Decompressor().decompress(data, LARGEST_IMAGE)
    except (lzma.LZMAError, zlib.error, OSError, ValueError, EOFError):
        return


def attachments(mail: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of a letter, decoded."""
    try:
        parsed = email.message_from_bytes(mail, policy=email.policy.compat32)
        for part in parsed.walk():
            if part.is_multipart():
                continue
            data = part.get_payload(decode=True)
            name = str(part.get_filename() or "")
            if isinstance(data, bytes) and len(data) > 16:
                yield name, data
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return


def sectors(image: bytes) -> bytes:
    """An image as fuzz/lib.rs reads it: the sectors that are not empty, each behind its number. Of an
    image with more than fits, the last one (which may be a trailer) and the first ones."""
    numbers = [number for number in range((len(image) + 511) // 512) if image[number * 512:number * 512 + 512].strip(b"\0")]
    if len(numbers) > SECTORS_LIMIT:
        numbers = numbers[:SECTORS_LIMIT - 8] + numbers[-8:]
    if len(image) >= 512 and (not numbers or numbers[-1] != len(image) // 512 - 1):
        numbers.append(len(image) // 512 - 1)
    return b"".join(struct.pack("<I", number) + image[number * 512:number * 512 + 512] for number in numbers)


def frame(letter: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data) + 1) + letter + data


def conversations() -> Iterator[bytes]:
    """What Postfix sends a milter: a letter from beginning to end, in pieces of several sizes."""
    offer = frame(b"O", struct.pack(">III", 6, 0x1ff, 0x1fffff))
    begin = [
        frame(b"D", b"Cj\0mail.example.vn\0{daemon_name}\0smtpd\0"), frame(b"C", b"host.example.vn\x004\x00\x19192.0.2.1\0"),
        frame(b"D", b"H{tls_version}\0TLSv1.3\0"), frame(b"H", b"host.example.vn\0"), frame(b"D", b"Mi\0ABC\0{mail_addr}\0a@example.vn\0"),
        frame(b"M", b"<a@example.vn>\0SIZE=100\0BODY=8BITMIME\0"), frame(b"D", b"R{rcpt_addr}\0b@example.vn\0"),
        frame(b"R", b"<b@example.vn>\0NOTIFY=NEVER\0"), frame(b"T"), frame(b"L", b"Subject\0 th\xc6\xb0\0"), frame(b"N"),
        frame(b"B", b"than\r\n" * 30), frame(b"E"),
    ]
    for step in (1, 7, 255):
        yield bytes([step]) + offer + b"".join(begin) + frame(b"Q")
    for peer in (b"h\0U", b"h\x006\x00\x19IPv6:2001:db8::1\0", b"h\x00L\0\0/run/a\0", b"h\x004\0\0999.1.1.1\0"):
        yield b"\xff" + offer + frame(b"C", peer) + frame(b"A") + frame(b"K") + frame(b"U", b"XYZ\0")
    yield b"\xff" + b"".join(frame(bytes([letter]), b"x") for letter in range(256))
    for piece in begin:
        yield b"\x03" + piece


def raw(root: Path, made: Path | None, seed: Path) -> Iterator[tuple[str, bytes]]:
    """Every file that may be a seed, with its name."""
    folders = [*sorted(root.glob("src/content/**/testdata")), seed / "filetypes"]
    folders += [made] if made else []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in (".tsv", ".md") and path.stat().st_size <= LARGEST_IMAGE:
                yield path.name, path.read_bytes()
    for name, data in mails(root, seed):
        yield name, data
        yield from attachments(data)


def mails(root: Path, seed: Path) -> Iterator[tuple[str, bytes]]:
    for path in [*sorted(root.glob("corpus/*/*.eml")), *sorted((seed / "mime-edge").rglob("*"))]:
        if path.is_file() and path.suffix != ".tsv" and path.name != "README.md":
            yield f"{path.stem}.eml", path.read_bytes()
    for path in sorted(root.glob("corpus/executables*/messages.tar.xz")):
        with tarfile.open(path) as archive:
            for member in archive:
                held = archive.extractfile(member)
                if held and "-twin" not in member.name and member.size <= LARGEST:
                    yield member.name, held.read()


# Few files of the fixtures are markup: what a reader of it may meet.
MARKUP = [
    ("a.html", b"<!DOCTYPE html><html><head><script>var b=new Blob([atob('TVqQAAMAAAAEAAAA')]);</script></head><body onload='x()'>"
               b"<a download=a.exe href='data:application/octet-stream;base64,f0VMRgIBAQAAAAAA'>x</a><img src=\"data:image/png;base64,iVBORw0KGgo=\">"
               b"<iframe srcdoc='&lt;script&gt;'></iframe><object data=data:text/html,%3Cscript%3E></object><!-- c --></body></html>"),
    ("a.svg", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' onload='a()'><script>"
              b"<![CDATA[alert(1)]]></script><image xlink:href='data:application/zip;base64,UEsDBAoAAAAAAAAAAAA='/><foreignObject/>"
              b"<a href='javascript:x()'>t</a><!ENTITY a 'b'></svg>"),
    ("a.txt", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\r\nĐộc lập - Tự do".encode()), ("b.txt", "TỐI MẬT\n".encode("utf-16")),
    ("c.txt", "Cộng hòa".encode("cp1258", "replace")), ("d.txt", b"C\xe9ng h\xdfa x\xb7 h\xe9i"), ("e.csv", b"a;b\n\"c\"\"d\";1\n"),
    ("a.mbox", b"From a@b.vn Mon Jan  1 00:00:00 2024\nSubject: x\n\nbody\n>From x\n\nFrom c@d.vn Tue Jan  2 00:00:00 2024\nSubject: y\n"
               b"Content-Type: application/octet-stream; name=a.exe\nContent-Transfer-Encoding: base64\n\nTVqQAAMAAAAEAAAA\n"),
]


def gather(root: Path, made: Path | None, seed: Path, into: Path) -> dict[str, int]:
    """Writes the seeds to `into`/TARGET, each under its hash; how many each target has."""
    count: dict[str, int] = {}
    known: set[str] = set()
    letters = 0

    def keep(target: str, data: bytes) -> None:
        folder = into / target
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / hashlib.sha256(data).hexdigest()[:24]
        if not path.exists():
            path.write_bytes(data)
        count[target] = len(list(folder.iterdir())) if target not in count else count[target] + 1

    for name, data in [*MARKUP, *raw(root, made, seed)]:
        for inner, bytes_ in unpacked(name, data):
            digest = hashlib.sha256(bytes_).hexdigest()
            if not bytes_ or digest in known:
                continue
            known.add(digest)
            found = targets_of(inner, bytes_)
            if inner.endswith(".eml") and letters >= MAILS:
                found.discard("eml")
            for target in found:
                if target in IMAGES:
                    keep(target, sectors(bytes_))
                elif len(bytes_) <= LARGEST:
                    keep(target, bytes_)
            if inner.endswith(".eml") and len(bytes_) <= LARGEST and letters < MAILS:
                letters += 1
                keep("mime", bytes_)
    for talk in conversations():
        keep("codec", talk)
    for bytes_ in [gzip.compress(b"x" * 300, mtime=0)]:
        keep("gzip", bytes_)
    return {target: len(list((into / target).iterdir())) for target in sorted(count)}
