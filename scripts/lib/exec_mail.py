"""Letters around the containers of `scripts/eval executables`, and the table that says what must be found in them."""

import base64
import csv
import hashlib
import io
import lzma
import tarfile
import unicodedata
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from urllib.parse import quote

import mimebuild
from manifest import ManifestError, table

CRLF = b"\r\n"
TYPES = {"zip": "application/zip", "7z": "application/x-7z-compressed", "tar": "application/x-tar", "tar.gz": "application/gzip", "gz": "application/gzip",
         "pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "doc": "application/msword",
         "odt": "application/vnd.oasis.opendocument.text", "rtf": "application/rtf", "txt": "text/plain; charset=utf-8", "eml": "message/rfc822",
         "msg": "application/vnd.ms-outlook", "iso": "application/x-iso9660-image", "dat": "application/ms-tnef", "cab": "application/vnd.ms-cab-compressed",
         "p7m": 'application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"'}
SUBJECTS = ("Báo cáo tháng của phòng", "Công văn về việc cung cấp số liệu", "Giấy mời họp giao ban", "Hồ sơ đề nghị thẩm định",
            "Lịch công tác tuần", "V/v góp ý dự thảo quyết định")
BODY = "Kính gửi anh/chị,\r\n\r\nXin gửi kèm hồ sơ để xem xét.\r\n\r\nTrân trọng./.\r\n"


@dataclass
class Row:
    """One letter. `expect`: executable | clean | encrypted (not opened, nothing found)."""
    file: str
    group: str                 # matrix, scripts, only, pair, password, or a name of its own
    container: str             # ids from the outside in, joined by `/`
    kind: str                  # of the executable (the twin's row has that of its pair)
    twin: str                  # `-` or what the twin is
    expect: str
    hit: str                   # name of the innermost member, `-` where the container keeps none
    kinds: str                 # one of these must be among the hit's kinds; `-` not stated
    payload_sha256: str
    eml_sha256: str
    password: str              # `-`, or PLACE:PASSWORD
    confirmed: str             # programs that took it apart and compared the hash
    note: str = "-"

    @property
    def positive(self) -> bool:
        return self.expect == "executable"


COLUMNS = [field.name for field in fields(Row)]


def word(text: str) -> str:
    """A header value as an encoded word where it is not ASCII."""
    return text if text.isascii() else f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def parameter(key: str, name: str, how: int) -> str:
    if name.isascii():
        return f'{key}="{name}"'
    return f"{key}*=utf-8''{quote(name)}" if how % 2 else f'{key}="{word(name)}"'


def attachment(name: str, data: bytes, type_: str = "", how: int = 0):
    type_ = type_ or next((TYPES[end] for end in sorted(TYPES, key=len, reverse=True) if name.lower().endswith("." + end)), "application/octet-stream")
    if type_ == "message/rfc822":
        if not how % 2:
            return mimebuild.Leaf(["Content-Type: message/rfc822", "Content-Disposition: attachment"], data, "8bit")
        type_ = "application/octet-stream"
    named = "" if "name=" in type_ else "; " + parameter("name", name, how)
    return mimebuild.Leaf([f"Content-Type: {type_}{named}", "Content-Transfer-Encoding: base64",
                           f"Content-Disposition: attachment; {parameter('filename', name, how + 1)}"], data, "base64")


def text(words: str):
    return mimebuild.Leaf(["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64"], words.encode(), "base64", "text")


def letter(number: int, parts: list, subject: str = "", body: str = BODY) -> bytes:
    """A whole mail: a text and attachments; `parts` of one opaque entity may stand alone (see `alone`)."""
    heads = [f"From: {word('Văn thư')} <vanthu{number % 7}@example.com>", f"To: phong{number % 5}@daknong.gov.vn",
             f"Subject: {word(subject or SUBJECTS[number % len(SUBJECTS)])}", f"Date: Mon, {1 + number % 28:02} Apr 2024 08:{number % 60:02}:00 +0700",
             f"Message-ID: <x{number}.gacthu@example.com>", "MIME-Version: 1.0"]
    boundary = f"=_ranh_{number:05}"
    return mimebuild.wire(mimebuild.Message(heads, mimebuild.Multi(
        [f'Content-Type: multipart/mixed; boundary="{boundary}"'], boundary, [text(body), *parts])))


def alone(number: int, leaf) -> bytes:
    """A letter whose whole body is one entity."""
    heads = ["From: vanthu@example.com", "To: phong@daknong.gov.vn", f"Subject: {word(SUBJECTS[number % len(SUBJECTS)])}",
             f"Message-ID: <y{number}.gacthu@example.com>", "MIME-Version: 1.0"]
    return mimebuild.wire(mimebuild.Message(heads, leaf))


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write(folder: Path, rows: list[Row], letters: dict[str, bytes], seal: bool = True) -> None:
    """MANIFEST.tsv and messages.tar.xz; the same bytes for the same letters."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "MANIFEST.tsv", "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None)
        writer.writerow(COLUMNS)
        writer.writerows(astuple(row) for row in rows)
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as pack:
        for name in sorted(letters):
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(letters[name]), 1700000000, 0o644
            pack.addfile(info, io.BytesIO(letters[name]))
    packed = lzma.compress(plain.getvalue(), preset=9 | lzma.PRESET_EXTREME) if seal else lzma.compress(plain.getvalue(), preset=1)
    (folder / "messages.tar.xz").write_bytes(packed)


def read(folder: Path) -> list[Row]:
    return [Row(**cells) for _, cells in table(folder / "MANIFEST.tsv", COLUMNS)]


def unpack(folder: Path, target: Path) -> Path:
    """The folder where the letters of `folder` lie: itself, or its messages.tar.xz unpacked once under `target`."""
    pack = folder / "messages.tar.xz"
    if not pack.exists():
        return folder
    place = target / f"executables-{sha(pack.read_bytes())[:16]}"
    if not (place / "@whole").exists():
        place.mkdir(parents=True, exist_ok=True)
        with tarfile.open(pack, "r:xz") as tar:
            for member in tar:
                if not member.isfile() or "/" in member.name or member.name.startswith("."):
                    raise ManifestError(f"{pack}: unexpected member {member.name!r}")
                (place / member.name).write_bytes(tar.extractfile(member).read())
        (place / "@whole").write_text("")
    return place


def plain(name: str) -> str:
    """For comparing names: composed, lower case."""
    return unicodedata.normalize("NFC", name).lower()
