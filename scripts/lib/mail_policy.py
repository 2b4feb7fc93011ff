"""Small letters for the evaluation of what a policy means. One function a message; its name is the file's.

  python3 -B scripts/lib/mail_policy.py write|check     corpus/policy/messages/*.eml

Nothing in them is a real person's, and no file does anything.
"""

import struct
import sys
import unicodedata
import zlib
from pathlib import Path

import letters
import payloads
from letters import crlf, html
from mimebuild import Leaf, Message, Multi, wire
from shapes import word_b

FOLDER = Path(__file__).resolve().parents[2] / "corpus/policy/messages"
MAILS = {}


def mail(function):
    MAILS[function.__name__.replace("_", "-")] = function
    return function


def head(subject: str = "Công văn gửi đơn vị", *more, sender: str = "nguoigui@example.com") -> list:
    shown = subject if subject.isascii() else word_b(subject)
    return [f"From: <{sender}>", "To: <vanthu@daknong.gov.vn>", f"Subject: {shown}",
            "Date: Mon, 05 Jan 2026 08:10:11 +0700", "MIME-Version: 1.0", *more]


def text(words: str = letters.REPORT) -> Leaf:
    return Leaf(["Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit"],
                crlf(words).encode(), "8bit")


def page(words: str, more: str = "") -> Leaf:
    body = html(words).replace("</body>", more + "</body>").encode()
    return Leaf(["Content-Type: text/html; charset=UTF-8", "Content-Transfer-Encoding: base64"], body, "base64")


def file(name: str, payload: bytes, kind: str = "application/octet-stream") -> Leaf:
    shown = name if name.isascii() else word_b(name)
    return Leaf([f'Content-Type: {kind}; name="{shown}"', f'Content-Disposition: attachment; filename="{shown}"',
                 "Content-Transfer-Encoding: base64"], payload, "base64", "attachment")


def pdf(name: str, size: int = 0) -> Leaf:
    return file(name, payloads.filler(size, name) if size else payloads.pdf(), "application/pdf")


def letter(*parts, subject: str = "Công văn gửi đơn vị", more=()) -> Message:
    top = head(subject, *more)
    top.append(f"Message-ID: <{zlib.crc32(repr((parts, subject, more)).encode()):x}.chinh-sach@example.com>")
    if len(parts) == 1:
        return Message(top, parts[0])
    return Message(top, Multi(['Content-Type: multipart/mixed; boundary="----=_chinh_sach"'], "----=_chinh_sach", list(parts)))


def encrypted_zip(member: str) -> bytes:
    """A ZIP with one stored, traditionally encrypted member: its name can be read, its content cannot."""
    body, name = payloads.filler(200, member, b""), member.encode()
    sizes = struct.pack("<III", 0x1C291CA3, len(body), len(body) - 12)
    local = struct.pack("<IHHHHH", 0x04034B50, 20, 1, 0, 0, 0x5A21) + sizes + struct.pack("<HH", len(name), 0) + name + body
    central = (struct.pack("<IHHHHHH", 0x02014B50, 20, 20, 1, 0, 0, 0x5A21) + sizes
               + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name)
    return local + central + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(central), len(local), 0)


@mail
def plain():
    return letter(text())


@mail
def files_1():
    return letter(text(), pdf("tep-1.pdf"))


@mail
def files_2():
    return letter(text(), pdf("tep-1.pdf"), pdf("tep-2.pdf"))


@mail
def files_3():
    return letter(text(), *[pdf(f"tep-{n}.pdf") for n in (1, 2, 3)])


@mail
def files_4():
    return letter(text(), *[pdf(f"tep-{n}.pdf") for n in (1, 2, 3, 4)])


@mail
def exe():
    return letter(text(), file("mau-1.exe", payloads.pe()))


@mail
def exe_two():
    return letter(text(), file("mau-1.exe", payloads.pe()), file("mau-2.exe", payloads.pe()))


@mail
def exe_other():
    return letter(text(), file("mau-2.exe", payloads.pe()))


@mail
def locked():
    """Nobody can know what is inside."""
    return letter(text(), file("ho-so.zip", encrypted_zip("bang-ke.pdf"), "application/zip"))


@mail
def locked_and_exe():
    return letter(text(), file("ho-so.zip", encrypted_zip("bang-ke.pdf"), "application/zip"), file("mau-1.exe", payloads.pe()))


@mail
def pdf_small_png_big():
    return letter(text(), pdf("nho.pdf", 2000), file("to.png", payloads.filler(9000, "to", payloads.png()), "image/png"))


@mail
def pdf_big_png_small():
    return letter(text(), pdf("to.pdf", 9000), file("nho.png", payloads.png(), "image/png"))


@mail
def files_2_and_exe():
    return letter(text(), pdf("tep-1.pdf"), file("mau-1.exe", payloads.pe()))


@mail
def foreign_marks():
    """Header fields that only gacthu may write."""
    return letter(text(), file("mau-1.exe", payloads.pe()), more=("X-Gacthu-Tag: executable; ref=ABCDEFGH23", "X-Gacthu-Trace: la"))


@mail
def secret():
    """Whatever is said about this letter may not contain z7q."""
    return letter(text("Noi dung z7qthan, khong ai duoc thay.\n"), file("ke-hoach-z7qtep.exe", payloads.pe()),
                  subject="Trich yeu z7qtieude", more=("X-Z7q-Header: z7qdong",))


@mail
def long_name():
    return letter(text(), file("bao-cao-tong-ket-cong-tac-" + "rat-dai-" * 40 + "nam-2025.exe", payloads.pe()))


# --- what patterns look at ---------------------------------------------------------------


@mail
def subject_offer():
    return letter(text(), subject="Khuyến mại đặc biệt cuối năm")


@mail
def subject_offer_nfd():
    return letter(text(), subject=unicodedata.normalize("NFD", "Khuyến mại đặc biệt cuối năm"))


@mail
def subject_offer_upper():
    return letter(text(), subject="KHUYẾN MẠI ĐẶC BIỆT CUỐI NĂM")


@mail
def subject_offer_bare():
    """Without marks: it may only match where the policy asks for it."""
    return letter(text(), subject="Khuyen mai dac biet cuoi nam")


@mail
def subject_offer_part():
    """The words inside longer ones."""
    return letter(text(), subject="xkhuyến mạiy và việc khác")


@mail
def subject_number():
    return letter(text(), subject="Don hang [DH-204871] da gui")


@mail
def subject_number_short():
    return letter(text(), subject="Don hang [DH-2048] da gui")


@mail
def mailer_bulk():
    return letter(text(), more=("X-Mailer: PHPMailer 6.9.1 (https://github.com/PHPMailer/PHPMailer)",))


@mail
def mailer_other():
    return letter(text(), more=("X-Mailer: Zimbra 8.8.15_GA_4581", "X-Comment: PHPMailer la mot chuong trinh"))


@mail
def text_lottery():
    return letter(text("Kính gửi anh chị,\n\nAnh đã trúng thưởng xe máy. Xin liên hệ.\n"))


@mail
def text_lottery_qp():
    """The words are broken by quoted-printable's line ends."""
    body = "Anh đã trúng =\r\nthưởng xe máy.\r\n".replace("=\r\n", "\0").encode()
    soft = "".join(chr(b) if 32 <= b < 127 and b != 61 or b in (13, 10) else "=\r\n" if b == 0 else f"={b:02X}" for b in body)
    return letter(Leaf(["Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: quoted-printable"],
                       soft.encode(), "8bit"))


@mail
def html_link():
    return letter(page("Mời anh chị xem.\n", '<a href="https://Xau.Example/dang-nhap?x=1">Cổng dịch vụ công</a>'))


@mail
def html_link_other():
    return letter(page("Mời anh chị xem.\n", '<a href="https://tot.example/xau.example/dang-nhap">Cổng dịch vụ công</a>'))


@mail
def html_form():
    return letter(page("Mời điền.\n", '<form action="https://tot.example/gui"><input type="password"></form>'))


@mail
def name_invoice():
    return letter(text(), pdf("Hóa đơn tháng 3.pdf"))


@mail
def name_other():
    return letter(text(), pdf("Biên bản tháng 3.pdf"))


def build(name: str) -> bytes:
    return wire(MAILS[name]())


def main(arguments: list[str]) -> int:
    if arguments not in (["write"], ["check"]):
        print(__doc__, file=sys.stderr)
        return 2
    FOLDER.mkdir(exist_ok=True)
    wrong = 0
    for name in MAILS:
        path = FOLDER / f"{name}.eml"
        if arguments == ["write"]:
            path.write_bytes(build(name))
        elif not path.exists() or path.read_bytes() != build(name):
            print(f"{path} is not what its builder writes")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
