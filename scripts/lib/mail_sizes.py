"""Letters at the limits of the regulations: too big to keep in git, built afresh for each run.

Đắk Nông: the attachments of a letter are at most 30 MiB together. Sóc Trăng: each is at most 50 MiB.
"""

import letters
import payloads
import shapes
from letters import crlf
from mail_ordinary import MYXUYEN, PDF, VANTHU, file, multi, page, person, text
from mail_structured import page_with, picture
from mimebuild import Attached, Leaf, Message
from payloads import MIB, filler
from shapes import word_b, word_q

BIG = {}


def big(function):
    BIG[function.__name__.replace("_", "-")] = function
    return function


def pdf_of(name: str, size: int) -> Leaf:
    return file(name, PDF, filler(size, name), ["pdf"])


def letter(shape, to: str, *parts, words: str = letters.REPORT, boundary: str = "----=_ho_so") -> Message:
    head = shape(person("Phòng Kế hoạch", "kehoach@example.com"), to, word_b("Hồ sơ kèm theo"))
    return Message(head, multi("mixed", boundary, text(words, "8bit"), *parts))


@big
def sum_at_30_mib():
    return letter(shapes.zimbra, VANTHU, pdf_of("tap-1.pdf", 12 * MIB), pdf_of("tap-2.pdf", 17 * MIB + 1),
                  pdf_of("tap-3.pdf", MIB - 1))


@big
def sum_over_30_mib_by_one():
    return letter(shapes.zimbra, VANTHU, pdf_of("tap-1.pdf", 12 * MIB), pdf_of("tap-2.pdf", 17 * MIB + 1),
                  pdf_of("tap-3.pdf", MIB))


@big
def one_file_at_30_mib():
    return letter(shapes.outlook, VANTHU, pdf_of("ban-ve.pdf", 30 * MIB))


@big
def one_file_at_50_mib():
    return letter(shapes.exchange, MYXUYEN, pdf_of("quy-hoach.pdf", 50 * MIB))


@big
def one_file_over_50_mib_by_one():
    return letter(shapes.thunderbird, MYXUYEN, pdf_of("quy-hoach.pdf", 50 * MIB + 1))


@big
def two_files_of_26_mib():
    return letter(shapes.gmail, MYXUYEN, pdf_of("to-1.pdf", 26 * MIB), pdf_of("to-2.pdf", 26 * MIB))


@big
def many_small_at_30_mib():
    """960 files of 32 KiB."""
    return letter(shapes.phpmailer, VANTHU, *[pdf_of(f"trang-{n:04}.pdf", 32 * 1024) for n in range(960)])


@big
def many_small_over_30_mib():
    """961 files of 32 KiB: no one of them is large."""
    return letter(shapes.phpmailer, VANTHU, *[pdf_of(f"trang-{n:04}.pdf", 32 * 1024) for n in range(961)])


def with_pictures(shown: bool) -> Message:
    """29 MiB attached and 2 MiB of pictures beside the text."""
    cids = [f"anh-{n}@example.com" for n in range(4)]
    pictures = [picture(cid, f"anh-{n}.png", filler(512 * 1024, cid, payloads.png()), "png",
                        "inline" if shown else "attachment") for n, cid in enumerate(cids)]
    head = shapes.apple(person("Tổ Báo chí", "baochi@example.com", word_q), VANTHU, word_q("Ảnh và hồ sơ"))
    related = multi("related", "Apple-Mail=_REL", page_with(letters.NOTICE, *(cids if shown else [])), *pictures)
    return Message(head, multi("mixed", "Apple-Mail=_MIX", related, pdf_of("ho-so.pdf", 29 * MIB)))


@big
def pictures_shown_are_apart():
    return with_pictures(True)


@big
def pictures_not_shown_count():
    return with_pictures(False)


@big
def long_text_is_no_attachment():
    """A text of 31 MiB: long, but nothing is attached."""
    row = "Số liệu quan trắc tự động, dòng dữ liệu thô của trạm đo mưa huyện Cư Jút, tháng 5.\n"
    words = row * (31 * MIB // len(crlf(row).encode()) + 1)
    head = shapes.sendmail("may-do@example.com", VANTHU, "So lieu") + ["MIME-Version: 1.0"]
    return Message(head, text(words, "8bit"))


def forwarded(rest: int) -> Message:
    """A letter of 20 MiB attached as a letter, and a file: sizes inside are counted once, decoded."""
    body = letters.REPORT
    inner_text = len(crlf(body).encode())
    inner = letter(shapes.outlook, "a@example.com", pdf_of("goc.pdf", 20 * MIB - inner_text), words=body,
                   boundary="----=_thu_goc")
    return letter(shapes.roundcube, VANTHU, Attached(
        ["Content-Type: message/rfc822; name=\"goc.eml\"", "Content-Disposition: attachment; filename=\"goc.eml\""],
        inner, ["goc.eml"]), pdf_of("them.pdf", rest))


@big
def forwarded_sum_at_30_mib():
    return forwarded(10 * MIB)


@big
def forwarded_sum_over_30_mib():
    return forwarded(10 * MIB + 1)


@big
def quoted_printable_wide():
    """14 MiB that quoted-printable blows up to more than 30 MiB on the wire: the decoded size counts."""
    part = file("du-lieu.dat", "application/octet-stream", filler(14 * MIB, "qp"), ["pdf"], "quoted-printable-binary")
    return letter(shapes.mutt, VANTHU, part)
