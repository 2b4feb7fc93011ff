"""RAR for `scripts/eval executables`: no free tool writes it, so the stored method is written here by the format's
description (technote of RAR 5.0 and of RAR 4), and confirmed by unar
and, behind other bytes, by Python's rarfile.

What only WinRAR writes (its compression, encryption, volumes) comes from the seed's samples.
"""

import struct
import zlib

import exec_payloads
from exec_containers import TOOLS, Place
from exec_mail import Row, attachment, letter, sha
from exec_second import JPEG


def vint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def rar5(name: str, data: bytes) -> bytes:
    def block(body: bytes) -> bytes:
        sized = vint(len(body)) + body
        return struct.pack("<I", zlib.crc32(sized)) + sized
    raw = name.encode()
    file = (vint(2) + vint(2) + vint(len(data)) + vint(4) + vint(len(data)) + vint(0x20) + struct.pack("<I", zlib.crc32(data))
            + vint(0) + vint(0) + vint(len(raw)) + raw)
    return b"Rar!\x1a\x07\x01\0" + block(vint(1) + vint(0) + vint(0)) + block(file) + data + block(vint(5) + vint(4) + vint(0))


def rar4(name: str, data: bytes) -> bytes:
    def block(type_: int, flags: int, rest: bytes) -> bytes:
        body = struct.pack("<BHH", type_, flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body
    raw = name.encode("ascii")
    file = struct.pack("<IIBIIBBHI", len(data), len(data), 2, zlib.crc32(data), 0x58A10000, 20, 0x30, len(raw), 0x20) + raw
    return b"Rar!\x1a\x07\0" + block(0x73, 0, bytes(6)) + block(0x74, 0x8000, file) + data + block(0x7B, 0x4000, b"")


def stub() -> bytes:
    with Place("a.c", b"int entry(void){return 0;}\n") as place:
        place.run("x86_64-w64-mingw32-gcc", "-Os", "-nostdlib", "-s", "-e", "entry", "a.c", "-o", "a.exe")
        return place.read("a.exe")


def rarfile_take(place, outer):
    import rarfile
    with rarfile.RarFile(place.folder / outer) as pack:
        for member in pack.infolist():
            (place.folder / "@x" / member.filename).write_bytes(pack.read(member))


TOOLS["rarfile"] = rarfile_take
# id: extension, maker, confirming programs, name in the letter
SHAPES = {
    "rar4-stored": ("rar", rar4, ("unar",), exec_payloads.CORE, True),
    "rar5-stored": ("rar", rar5, ("unar",), exec_payloads.CORE, True),
    "rar5-named-docx": ("docx", rar5, ("unar",), ("pe-exe", "vbs"), True),
    "jpeg-rar5-appended": ("jpg", lambda name, data: JPEG + rar5(name, data), ("rarfile",), ("pe-exe", "vbs"), True),
    "sfx-rar5": ("exe", lambda name, data: stub() + rar5(name, data), ("rarfile",), ("pe-exe", "vbs"), False),
    "rar5-in-rar4": ("rar", lambda name, data: rar4("trong.rar", rar5(name, data)), (), ("pe-exe", "elf", "vbs", "msi"), True),
}


def cell(number: int, id_: str, payload, is_twin: bool):
    extension, make, programs, _, _ = SHAPES[id_]
    if is_twin:
        name, data, what = exec_payloads.twin(payload, number)
    else:
        name, data, what = exec_payloads.positive_name(payload, number), payload.data, "-"
    blob = make(name, data)
    for program in programs:
        with Place(f"@c.{extension}", blob) as place:
            (place.folder / "@x").mkdir()
            TOOLS[program](place, f"@c.{extension}")
            if not any(path.is_file() and path.read_bytes() == data for path in (place.folder / "@x").rglob("*")):
                raise RuntimeError(f"{program} does not find it")
    if not programs:                                       # two floors: each is confirmed alone
        for name_, inner in ((name, data), ("trong.rar", rar5(name, data))):
            with Place("@c.rar", rar5(name_, inner) if name_ == name else blob) as place:
                (place.folder / "@x").mkdir()
                TOOLS["unar"](place, "@c.rar")
                if not any(path.is_file() and path.read_bytes() == inner for path in (place.folder / "@x").rglob("*")):
                    raise RuntimeError("unar does not find it")
    mail = letter(number, [attachment(f"ho-so-{number}.{extension}", blob, how=number)])
    return Row(f"{id_}-{payload.kind}{'-twin' if is_twin else ''}.eml", "rar", id_, payload.kind, what, "clean" if is_twin else "executable", name,
               "-" if is_twin else ",".join(payload.kinds), sha(data), sha(mail), "-", "+".join(programs) or "unar/unar"), mail


def jobs(programs: dict):
    for at, (id_, (_, _, _, kinds, has_twin)) in enumerate(SHAPES.items()):
        for with_, kind in enumerate(kinds):
            yield cell, (9000 + at * 40 + with_ + at % 2, id_, programs[kind], False)
            if has_twin:
                yield cell, (9020 + at * 40 + with_, id_, programs[kind], True)
