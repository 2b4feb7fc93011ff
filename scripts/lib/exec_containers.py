"""Containers for `scripts/eval executables`, made by Debian's tools, and confirmed by others.

Nothing here uses a library that gacthu uses. `make` writes the container, `confirm` takes it apart with another
program where there is one and answers that program's name; the hash of what came out is compared.
Debian: zip 7zip gcab arj jlha-utils lhasa cpio binutils genisoimage qemu-utils dosfstools mtools qpdf libgsf-bin
sharutils openssl ncompress zstd lz4 xz-utils libarchive-tools unar cabextract poppler-utils tnef mpack.
"""

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from exec_payloads import run


@dataclass(frozen=True)
class Container:
    """`make(place, name, data)` answers the container's bytes; `extension` follows the name that the mail gives it."""
    id: str
    extension: str
    make: Callable
    tool: str                              # what confirms it
    family: str = ""                       # zip, 7z, …: for the table
    names: bool = True                     # it keeps the member's name
    suffix: bool = False                   # its own name is the member's plus the extension
    twin: bool = True                      # it is not an executable itself
    kinds: tuple = ()                      # what the container must be recognised as (one of)


class Place:
    """A scratch folder that holds one file under its name; gone afterwards."""

    def __init__(self, name: str, data: bytes):
        self.folder = Path(tempfile.mkdtemp(prefix="evalx-"))
        self.name, self.data = name, data
        (self.folder / name).write_bytes(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *words, stdin=None, ok=(0,)) -> bytes:
        return run(*words, cwd=self.folder, stdin=stdin, ok=ok)

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


def by(*words, out="@out"):
    """A maker that calls one tool; {name} is the file, {out} the container."""
    def make(name: str, data: bytes) -> bytes:
        with Place(name, data) as place:
            place.run(*[word.format(name=name, out=out) for word in words])
            return place.read(out)
    return make


def piped(*words):
    """A maker whose tool writes to its output."""
    def make(name: str, data: bytes) -> bytes:
        with Place(name, data) as place:
            return place.run(*[word.format(name=name) for word in words])
    return make


def filtered(*words):
    """A maker that packs a tar of the file with a compressor."""
    tar = by("tar", "--format=gnu", "--owner=0", "--group=0", "--mtime=@1700000000", "-cf", "{out}", "{name}")
    return lambda name, data: run(*words, stdin=tar(name, data))


def single(*words):
    return lambda name, data: run(*words, stdin=data)


def fat(name: str, data: bytes) -> bytes:
    with Place(name, data) as place:
        sectors = 400 + (len(data) + 511) // 512
        place.run("truncate", "-s", str(sectors * 512), "@out")
        place.run("mkfs.fat", "-F", "12", "-n", "TAILIEU", "-i", "20240101", "--invariant", "@out")
        place.run("mcopy", "-i", "@out", name, f"::/{name}")
        return place.read("@out")


def vhd(dynamic: bool):
    def make(name: str, data: bytes) -> bytes:
        with Place("@in", fat(name, data)) as place:
            how = "subformat=dynamic" if dynamic else "subformat=fixed,force_size=on"
            place.run("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", how, "@in", "@out")
            return place.read("@out")
    return make


def iso(*options):
    def make(name: str, data: bytes) -> bytes:
        with Place(name, data) as place:
            (place.folder / "dir").mkdir()
            (place.folder / name).rename(place.folder / "dir" / name)
            place.run("genisoimage", "-quiet", *options, "-V", "TAILIEU", "-o", "@out", "dir")
            return place.read("@out")
    return make


def cpio(name: str, data: bytes) -> bytes:
    with Place(name, data) as place:
        return place.run("cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0", stdin=name.encode() + b"\n")


def zip_streamed(name: str, data: bytes) -> bytes:
    """zip writes to a pipe, so that sizes follow in data descriptors."""
    with Place(name, data) as place:
        return place.run("sh", "-c", f"zip -q -9 -X - '{name}' | cat")


def uuencode(name: str, data: bytes) -> bytes:
    with Place(name, data) as place:
        coded = place.run("uuencode", name, name)
        return "Kính gửi anh chị, tệp kèm theo ở dưới.\r\n\r\n".encode() + coded.replace(b"\n", b"\r\n") + b"\r\nTr\xc3\xa2n tr\xe1\xbb\x8dng.\r\n"


def compress(name: str, data: bytes) -> bytes:
    """`compress` does not write a file that would grow unless forced."""
    packed = run("compress", "-f", "-c", stdin=data, ok=(0, 2))
    assert packed.startswith(b"\x1f\x9d"), "compress wrote it as it is"
    return packed


CONTAINERS: dict[str, Container] = {}


def add(id_, extension, make, tool, **more):
    CONTAINERS[id_] = Container(id_, extension, make, tool, **more)


def seven(*options):
    return by("7zz", "a", "-bso0", "-bsp0", "-mtm-", "-mtc-", "-mta-", *options, "{out}", "{name}", out="@out.7z")


add("zip-store", "zip", by("zip", "-q", "-X", "-0", "{out}", "{name}", out="@out.zip"), "7zz", family="zip", kinds=("zip",))
add("zip-deflate", "zip", by("zip", "-q", "-X", "-9", "{out}", "{name}", out="@out.zip"), "bsdtar", family="zip", kinds=("zip",))
add("zip-bzip2", "zip", by("zip", "-q", "-X", "-Z", "bzip2", "{out}", "{name}", out="@out.zip"), "7zz", family="zip", kinds=("zip",))
add("zip-zip64", "zip", by("zip", "-q", "-X", "-fz", "{out}", "{name}", out="@out.zip"), "7zz", family="zip", kinds=("zip",))
add("zip-streamed", "zip", zip_streamed, "bsdtar", family="zip", kinds=("zip",))
add("7z-lzma2", "7z", seven("-m0=LZMA2:d=1m"), "bsdtar", family="7z", kinds=("7z",))
add("7z-ppmd", "7z", seven("-m0=PPMd:mem=16m"), "unar", family="7z", kinds=("7z",))
add("7z-bzip2", "7z", seven("-m0=BZip2"), "unar", family="7z", kinds=("7z",))
add("tar", "tar", by("tar", "--format=gnu", "--owner=0", "--group=0", "--mtime=@1700000000", "-cf", "{out}", "{name}"), "7zz", family="tar", kinds=("tar",))
add("tar-gz", "tar.gz", filtered("gzip", "-9nc"), "bsdtar", family="tar.gz", kinds=("gz",))
add("tar-bz2", "tar.bz2", filtered("bzip2", "-c"), "bsdtar", family="tar.bz2", kinds=("bz2",))
add("tar-xz", "tar.xz", filtered("xz", "-c", "-1"), "bsdtar", family="tar.xz", kinds=("xz",))
add("tar-zst", "tar.zst", filtered("zstd", "-qc"), "bsdtar", family="tar.zst", kinds=("zst",))
add("tar-lz4", "tar.lz4", filtered("lz4", "-qc"), "bsdtar", family="tar.lz4", kinds=("lz4",))
add("gz", "gz", piped("gzip", "-9c", "{name}"), "7zz", suffix=True, family="gz", kinds=("gz",))
add("z", "Z", compress, "7zz", suffix=True, names=False, family="Z", kinds=("z",))
add("lzma", "lzma", single("xz", "--format=lzma", "-1c"), "7zz", suffix=True, names=False, family="lzma", kinds=("lzma",))
add("cab", "cab", by("gcab", "-c", "-z", "-n", "{out}", "{name}"), "cabextract", family="cab", kinds=("cab",))
add("arj", "arj", by("arj", "a", "-y", "{out}", "{name}", out="@out.arj"), "7zz", family="arj", kinds=("arj",))
add("lha", "lzh", by("jlha", "ao5", "{out}", "{name}", out="@out.lzh"), "lhasa", family="lha", kinds=("lha",))
add("cpio", "cpio", cpio, "bsdtar", family="cpio", kinds=("cpio",))
add("ar", "ar", by("ar", "rcDS", "{out}", "{name}"), "7zz", family="ar", kinds=("ar",))
add("iso", "iso", iso("-no-pad", "-J", "-R"), "7zz", family="iso", kinds=("iso",))
add("udf", "iso", iso("-udf"), "7zz -tudf", family="udf", kinds=("iso",))
add("fat", "img", fat, "7zz", family="fat", kinds=("fat",))
add("vhd", "vhd", vhd(False), "7zz", family="vhd", kinds=("vhd",))
add("uuencode", "txt", uuencode, "binascii", family="uuencode", kinds=("uuencode", "text"))


def confirm(container: Container, blob: bytes, name: str, data: bytes) -> str:
    """Takes `blob` apart with the container's other tool; answers its name or raises."""
    take = TOOLS[container.tool]
    outer = f"@c.{container.extension}" if not container.suffix else f"{name}.{container.extension}"
    with Place(outer, blob) as place:
        (place.folder / "@x").mkdir()
        take(place, outer)
        wanted = hashlib.sha256(data).hexdigest()
        found = [path for path in (place.folder / "@x").rglob("*") if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == wanted]
        if not found:
            left = [f"{path.name}:{path.stat().st_size}" for path in (place.folder / "@x").rglob("*") if path.is_file()]
            raise RuntimeError(f"{container.id}: {container.tool} finds {left[:5]}, not {name} of {len(data)} bytes")
        return container.tool


def seven_take(*options):
    def take(place: Place, outer: str):
        place.run("7zz", "x", "-y", "-bso0", "-bsp0", *options, "-o@x", outer, ok=(0, 1, 2))
        inner = [path for path in (place.folder / "@x").iterdir() if path.suffix == ".tar" or path.name.startswith("@c.")]
        for path in inner:                                  # a partition or a tar inside
            place.run("7zz", "x", "-y", "-bso0", "-bsp0", "-o@x", str(path), ok=(0, 1, 2))
    return take


def binascii_take(place: Place, outer: str):
    import binascii
    inside, out = False, b""
    for line in place.read(outer).splitlines():
        if inside and line in (b"end", b"`"):
            inside = False
        elif inside:
            out += binascii.a2b_uu(line)
        inside = inside or line.startswith(b"begin ")
    (place.folder / "@x/out").write_bytes(out)


TOOLS = {
    "binascii": binascii_take,
    "7zz": seven_take(), "7zz -tudf": seven_take("-tudf"), "7zz -tzip": seven_take("-tzip"),
    "bsdtar": lambda place, outer: place.run("bsdtar", "-xf", outer, "-C", "@x"),
    "unar": lambda place, outer: place.run("unar", "-q", "-o", "@x", outer),
    "cabextract": lambda place, outer: place.run("cabextract", "-q", "-d", "@x", outer),
    "lhasa": lambda place, outer: place.run("lhasa", "xqw=@x", outer),
}
