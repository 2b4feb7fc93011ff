"""The executables of `scripts/eval executables`, made by real compilers and tools, and their harmless twins.

Only the generator needs the compilers (Debian: gcc gcc-mingw-w64 clang lld nasm wabt default-jdk-headless wixl
libsmali-java; `pip install pylnk3`): the finished set is committed. Programs do nothing but end.
A twin has the size and shape of its executable and is one to no tool: the same bytes with the magic number
damaged, or something innocent (text, CSV, PNG, PDF, DOCX).
"""

import hashlib
import io
import random
import struct
import subprocess
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import payloads


@dataclass(frozen=True)
class Payload:
    """One file that is put into containers. `kinds`: ids of which one must be found; empty for twins."""
    kind: str
    data: bytes
    extension: str
    kinds: tuple
    by_name: bool = False                    # only its name tells: it keeps its extension
    magic: int = 4                           # so many bytes at the front are damaged in the twin

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def run(*words, cwd=None, stdin=None, ok=(0,)) -> bytes:
    """One tool; what it said is in the error."""
    done = subprocess.run([str(word) for word in words], cwd=cwd, input=stdin, capture_output=True, check=False, timeout=120)
    if done.returncode not in ok:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.returncode}: {(done.stderr or done.stdout)[-600:].decode(errors='replace')}")
    return done.stdout


C_PE = "int entry(void){return 0;}\n"
C_DLL = "__declspec(dllexport) int tinh_tong(int a,int b){return a+b;}\nint __stdcall entry(void*h,int r,void*p){return 1;}\n"
C_ELF = 'void _start(void){__asm__ volatile("mov $60,%eax;xor %edi,%edi;syscall");}\n'
C_MAC = "int main(void){return 0;}\n"
JAVA = "public class A{public static void main(String[] a){System.out.println(\"gacthu\");}}\n"
SMALI = ".class public LA;\n.super Ljava/lang/Object;\n.method public static main([Ljava/lang/String;)V\n.registers 1\nreturn-void\n.end method\n"
WAT = '(module (func (export "main") (result i32) i32.const 0) (memory 1) (data (i32.const 0) "gacthu corpus"))\n'
MZ = ('org 0\ndb "MZ"\ndw last-$$ & 511,1,0,2,16,0xffff,0,0xfffe,0,0x100,0,0x1c,0\ntimes 32-($-$$) db 0\ncode:\npush cs\npop ds\n'
      'mov dx,text-code\nmov ah,9\nint 0x21\nmov ax,0x4c00\nint 0x21\ntext: db "gacthu corpus, DOS$"\nlast:\n')
WXS = """<?xml version="1.0"?><Wix xmlns="http://schemas.microsoft.com/wix/2006/wi"><Product Name="G" Id="*"
 UpgradeCode="DEADBEEF-CAFE-4422-A1B5-2B4A4B4C4D4E" Language="1066" Version="1.0" Manufacturer="gacthu">
<Package Id="*" InstallerVersion="200"/>%s<Directory Id="TARGETDIR" Name="SourceDir"><Component Id="C" Guid="DEADBEEF-CAFE-4422-A1B5-2B4A4B4C4D4F">
%s</Component></Directory><Feature Id="F" Level="1"><ComponentRef Id="C"/></Feature></Product></Wix>"""
VBS = ('Dim sh\r\nSet sh = CreateObject("WScript.Shell")\r\nOn Error Resume Next\r\nsh.Run "cmd.exe /c exit 0", 0, False\r\n'
       "WScript.Quit 0\r\n")
PS1 = "param([string]$Ten='x')\r\n$ErrorActionPreference = 'Stop'\r\nWrite-Host \"Xin chao $Ten\"\r\nStart-Process cmd.exe -ArgumentList '/c exit 0'\r\n"
BAT = "@echo off\r\nsetlocal\r\nrem gacthu corpus\r\nif exist nothing.txt del nothing.txt\r\nexit /b 0\r\n"
JS = 'var sh = new ActiveXObject("WScript.Shell");\r\nsh.Run("cmd.exe /c exit 0", 0, false);\r\nWScript.Quit(0);\r\n'
SH = "#!/bin/sh\nset -eu\n# gacthu corpus\nexit 0\n"
HTA = ('<html><head><title>G</title><HTA:APPLICATION ID="g" APPLICATIONNAME="g" WINDOWSTATE="minimize"/></head>\r\n'
       '<script language="VBScript">window.close</script><body></body></html>\r\n')


def build(place: Path) -> dict[str, Payload]:
    """Every kind; `place` is a scratch folder."""
    place.mkdir(parents=True, exist_ok=True)
    for name, text in {"pe.c": C_PE, "dll.c": C_DLL, "elf.c": C_ELF, "mac.c": C_MAC, "A.java": JAVA, "a.smali": SMALI,
                       "a.wat": WAT, "mz.asm": MZ, "ghi.txt": "gacthu corpus\n",
                       "a.wxs": WXS % ("", '<RegistryValue Root="HKCU" Key="Software\\gacthu" Name="a" Value="1" Type="string" KeyPath="yes"/>')}.items():
        (place / name).write_text(text)
    tool = lambda *words: run(*words, cwd=place)                                             # noqa: E731
    small = ("-Os", "-nostdlib", "-s", "-fno-ident", "-fno-asynchronous-unwind-tables", "-Wl,--no-insert-timestamp")
    tool("x86_64-w64-mingw32-gcc", *small, "-e", "entry", "pe.c", "-o", "a.exe")
    tool("i686-w64-mingw32-gcc", *small, "-shared", "-e", "_entry@12", "dll.c", "-o", "a.dll")
    tool("gcc", "-Os", "-nostdlib", "-static", "-s", "-fno-ident", "-fno-asynchronous-unwind-tables", "-Wl,--build-id=none,-n,-z,noseparate-code", "elf.c", "-o", "a.elf")
    tool("clang", "-target", "x86_64-apple-macos11", "-Os", "-c", "mac.c", "-o", "mac.o")
    tool("ld64.lld-14", "-arch", "x86_64", "-platform_version", "macos", "11.0", "11.0", "-e", "_main", "-undefined", "dynamic_lookup", "-o", "a.macho", "mac.o")
    tool("javac", "-g:none", "--release", "8", "A.java")
    tool("jar", "cfe", "a.jar", "A", "A.class")
    tool("java", "-cp", "/usr/share/java/smali.jar:/usr/share/java/smali-util.jar:/usr/share/java/dexlib2.jar:/usr/share/java/antlr3-runtime.jar"
         ":/usr/share/java/guava.jar:/usr/share/java/jcommander.jar:/usr/share/java/stringtemplate.jar", "org.jf.smali.Main", "a", "a.smali", "-o", "a.dex")
    tool("wat2wasm", "a.wat", "-o", "a.wasm")
    tool("nasm", "-f", "bin", "mz.asm", "-o", "a.mz")
    tool("wixl", "-o", "a.msi", "a.wxs")
    import pylnk3
    link = pylnk3.for_file("C:\\Windows\\System32\\cmd.exe", str(place / "a.lnk"), arguments="/c exit 0", window_mode="Minimized")
    link.save(str(place / "a.lnk"))
    read = lambda name: (place / name).read_bytes()                                          # noqa: E731
    made = [Payload("pe-exe", read("a.exe"), "exe", ("pe",), magic=2), Payload("pe-dll", read("a.dll"), "dll", ("pe",), magic=2),
            Payload("elf", read("a.elf"), "bin", ("elf",)), Payload("mach-o", read("a.macho"), "macho", ("mach-o",)),
            Payload("java-class", read("A.class"), "class", ("java-class",)), Payload("jar", read("a.jar"), "jar", ("jar",)),
            Payload("msi", read("a.msi"), "msi", ("msi",), magic=8), Payload("dos-mz", read("a.mz"), "exe", ("dos-mz",), magic=2),
            Payload("wasm", read("a.wasm"), "wasm", ("wasm",)), Payload("dex", read("a.dex"), "dex", ("dex",)),
            Payload("lnk", read("a.lnk"), "lnk", ("lnk",), magic=20),
            Payload("vbs", VBS.encode(), "vbs", ("script-vbs",), by_name=True),
            Payload("ps1", PS1.encode(), "ps1", ("script-ps1",), by_name=True), Payload("bat", BAT.encode(), "bat", ("script-bat",), by_name=True),
            Payload("js", JS.encode(), "js", ("script-js",), by_name=True), Payload("sh", SH.encode(), "sh", ("script-sh",)),
            Payload("hta", HTA.encode(), "hta", ("hta",), by_name=True)]
    return {payload.kind: payload for payload in made}


CORE = ("pe-exe", "pe-dll", "elf", "mach-o", "java-class", "jar", "msi", "dos-mz", "wasm", "dex", "lnk", "vbs")
SCRIPTS = ("ps1", "bat", "js", "sh", "hta")
INNOCENT = ("bao-cao.pdf", "ghi-chu.txt", "anh-hop.jpg", "danh-sach.xlsx", "cong-van.docx", "bieu-mau.csv", "so-do.png", "tai-lieu.dat")
HONEST = ("setup", "cap-nhat", "chuong-trinh", "mo-tep")


def positive_name(payload: Payload, number: int) -> str:
    """Every other one has an innocent name, where the content alone tells."""
    if payload.by_name or number % 2 == 0:
        return f"{HONEST[number % len(HONEST)]}.{payload.extension}"
    return INNOCENT[number // 2 % len(INNOCENT)]


def twin(payload: Payload, number: int) -> tuple[str, bytes, str]:
    """Name, bytes and what was done, of about the same size."""
    ways = [text, csv_, png, pdf, docx] if payload.by_name or payload.kind in ("jar", "sh") else [damaged, text, damaged, csv_, damaged, png, damaged, pdf, damaged, docx]
    return ways[number % len(ways)](payload, number)


def damaged(payload: Payload, number: int):
    front = (b"\x03Qq7\x01z" * 4)[:payload.magic]
    data = front + payload.data[payload.magic:]
    if payload.data[:2] == b"MZ":
        data = data.replace(b"PE\0\0", b"pe\1\0").replace(b"DOS mode", b"old mode")
    return "du-lieu.dat", data, "magic damaged"


PROSE = ("Kính gửi các đơn vị, Văn phòng gửi lịch công tác tuần và đề nghị các phòng phản hồi trước ngày 15. "
         "Trân trọng cảm ơn sự phối hợp của quý đơn vị trong thời gian qua. ").encode()


def text(payload: Payload, number: int):
    size = max(64, len(payload.data))
    data = (b"Lich %d: " % number + PROSE * (size // len(PROSE) + 1))[:size].decode("utf-8", "ignore").encode()
    return "ghi-chu.txt", data, "text"


def csv_(payload: Payload, number: int):
    chance = random.Random(number)
    lines = ["stt,don_vi,so_luong"]
    while sum(map(len, lines)) < min(len(payload.data), 8000):
        lines.append(f"{len(lines)},Phong {chance.randrange(40)},{chance.randrange(10000)}")
    return "danh-sach.csv", ("\r\n".join(lines) + "\r\n").encode(), "CSV"


def png(payload: Payload, number: int):
    side = max(8, int(min(len(payload.data), 9000) ** 0.5))
    chance = random.Random(number)
    rows = b"".join(b"\0" + chance.randbytes(side) for _ in range(side))
    chunk = lambda name, body: struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))  # noqa: E731
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return "anh-hop.png", data, "PNG"


def pdf(payload: Payload, number: int):
    return "bao-cao.pdf", payloads.pdf(f"Bao cao so {number}"), "PDF"


def docx(payload: Payload, number: int):
    return "cong-van.docx", plain_docx(f"Công văn số {number}: " + PROSE.decode()), "DOCX"


def plain_docx(words: str, more: dict | None = None, relations: str = "", types: str = "", body: str = "") -> bytes:
    """A Word document as small as Word opens it; `more` are further members."""
    space = "http://schemas.openxmlformats.org"
    members = {
        "[Content_Types].xml": f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="{space}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}<Override PartName="/word/document.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": f'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="{space}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{space}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="{space}/package/2006/relationships">{relations}</Relationships>',
        "word/document.xml": '<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:o="urn:schemas-microsoft-com:office:office">'
        f"<w:body><w:p><w:r><w:t>{words}</w:t></w:r></w:p>{body}</w:body></w:document>"}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in {**members, **(more or {})}.items():
            pack.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
