"""Broken, hostile and excessive messages. Each function writes raw bytes; where the right answer is
known it answers the facts too, otherwise None."""

import base64
import hashlib

import payloads
from mimebuild import CRLF, Fact

BAD = {}
HEAD = (b"From: xau@example.net\r\nTo: vanthu@daknong.gov.vn\r\nSubject: thu loi\r\n"
        b"Date: Mon, 06 May 2024 08:12:44 +0700\r\nMessage-ID: <xau@example.net>\r\nMIME-Version: 1.0\r\n")
PDF_PART = (b"Content-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n"
            b"Content-Disposition: attachment; filename=\"a.pdf\"\r\n\r\n")


def bad(function):
    BAD[function.__name__.replace("_", "-")] = function
    return function


def fact(part: str, role: str, payload: bytes, names: list, kinds: list, executable: bool = False) -> Fact:
    return Fact(part, role, len(payload), hashlib.sha256(payload).hexdigest(), names, kinds, executable, True)


def b64(payload: bytes, end: bytes = CRLF) -> bytes:
    return base64.encodebytes(payload).strip().replace(b"\n", end)


def mixed(*parts: bytes, boundary: bytes = b"ranh", close: bool = True, end: bytes = CRLF) -> bytes:
    body = b"".join(b"--" + boundary + end + part + end for part in parts)
    return (b"Content-Type: multipart/mixed; boundary=\"" + boundary + b"\"" + end + end + body
            + (b"--" + boundary + b"--" + end if close else b""))


TEXT_PART = b"Content-Type: text/plain\r\n\r\nxin chao"


@bad
def no_final_boundary():
    pdf = payloads.pdf()
    return (HEAD + mixed(TEXT_PART, PDF_PART + b64(pdf), close=False),
            [fact("1", "text", b"xin chao", [], []), fact("2", "attachment", pdf, ["a.pdf"], ["pdf"])])


@bad
def cut_in_base64():
    """The connection's text ends in the middle of a base64 line; what is there is a program's head."""
    return HEAD + mixed(TEXT_PART, PDF_PART + b64(payloads.pe())[:700], close=False)[:-2], None


@bad
def cut_in_headers():
    return HEAD + b"Content-Type: multipart/mixed; boun", None


@bad
def cut_in_part_headers():
    return HEAD + mixed(TEXT_PART)[:-len(b"--ranh--\r\n")] + b"--ranh\r\nContent-Type: application/pdf; na", None


@bad
def base64_with_junk():
    """Spaces, stars and blank lines between the letters: decoders skip them (RFC 2045, 6.8)."""
    pdf = payloads.pdf()
    rows = b64(pdf).split(CRLF)
    dirty = CRLF.join(row[:20] + b" *!" + row[20:] + b" " for row in rows[:3]) + CRLF + CRLF + CRLF.join(rows[3:])
    return (HEAD + mixed(TEXT_PART, PDF_PART + dirty),
            [fact("1", "text", b"xin chao", [], []), fact("2", "attachment", pdf, ["a.pdf"], ["pdf"])])


@bad
def base64_in_one_line():
    pdf = payloads.pdf() * 40
    return (HEAD + mixed(TEXT_PART, PDF_PART + base64.b64encode(pdf)),
            [fact("1", "text", b"xin chao", [], []), fact("2", "attachment", pdf, ["a.pdf"], ["pdf"])])


@bad
def base64_with_odd_lines():
    """A program written in base64 lines of 1, 2, 3 … letters, none of them a multiple of four."""
    data, rows, width = base64.b64encode(payloads.pe()), [], 1
    while data:
        rows.append(data[:width])
        data, width = data[width:], width % 37 + 1
    return (HEAD + mixed(TEXT_PART, PDF_PART + CRLF.join(rows)),
            [fact("1", "text", b"xin chao", [], []), fact("2", "attachment", payloads.pe(), ["a.pdf"], ["pe"], True)])


@bad
def base64_after_padding():
    """Text after the padding: programs disagree whether it counts, so nothing is stated."""
    return HEAD + mixed(TEXT_PART, PDF_PART + b64(payloads.pdf()) + b"\r\n" + b64(payloads.pe())), None


@bad
def quoted_printable_broken():
    part = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=ZZ =4 a=3Db=\r\n ="
    return HEAD + mixed(part), None


@bad
def unknown_transfer_encoding():
    part = b"Content-Type: application/x-gi\r\nContent-Transfer-Encoding: x-la\r\nContent-Disposition: attachment\r\n\r\nabc"
    return HEAD + mixed(TEXT_PART, part), None


@bad
def parts_10000():
    """As many as the default limit lets through: the last part is a program.

    The container counts as a part or not, by reading; 9,999 leaves are within it either way."""
    small = b"Content-Type: text/x-ghi-chu; name=\"n.csv\"\r\nContent-Disposition: attachment; filename=\"n.csv\"\r\n\r\nx"
    exe = b"Content-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64(payloads.pe())
    facts = [fact(str(n), "attachment", b"x", ["n.csv"], []) for n in range(1, 9999)]
    return HEAD + mixed(*[small] * 9998, exe), facts + [fact("9999", "attachment", payloads.pe(), ["a.pdf"], ["pe"], True)]


@bad
def parts_20000():
    return HEAD + mixed(*[TEXT_PART] * 20000), None


def nested(depth: int, inner: bytes) -> bytes:
    head = b"".join(b"Content-Type: multipart/mixed; boundary=\"b%05d\"\r\n\r\n--b%05d\r\n" % (n, n) for n in range(depth))
    tail = b"".join(b"\r\n--b%05d--" % n for n in reversed(range(depth)))
    return HEAD + head + inner + tail + CRLF


@bad
def multiparts_nested_50():
    """Within the depth limit: the program at the bottom is found."""
    part = PDF_PART + b64(payloads.pe())
    return nested(50, part), [fact(".".join(["1"] * 50), "attachment", payloads.pe(), ["a.pdf"], ["pe"], True)]


@bad
def multiparts_nested_5000():
    return nested(5000, PDF_PART + b64(payloads.pe())), None


@bad
def messages_nested_5000():
    return HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 5000 + b"Subject: day\r\n\r\nxin chao\r\n", None


@bad
def header_of_1_mib():
    row = b"X-Dai: " + b"a" * (1024 * 1024) + CRLF
    return HEAD + row + b"Content-Type: text/plain\r\n\r\nxin chao\r\n", [fact("1", "text", b"xin chao\r\n", [], [])]


@bad
def header_of_1_mib_folded():
    row = b"X-Dai:" + b"".join(b"\r\n " + b"b" * 70 for _ in range(14500)) + CRLF
    pdf = payloads.pdf()
    return (HEAD + row + mixed(TEXT_PART, PDF_PART + b64(pdf)),
            [fact("1", "text", b"xin chao", [], []), fact("2", "attachment", pdf, ["a.pdf"], ["pdf"])])


@bad
def headers_50000():
    return HEAD + b"X-N: 1\r\n" * 50000 + b"\r\nxin chao\r\n", [fact("1", "text", b"xin chao\r\n", [], [])]


@bad
def nul_bytes():
    """NUL in header, boundary neighbourhood and text; the program after them is still found."""
    part = b"Content-Type: text/plain\r\n\r\nxin\0chao\0"
    return (HEAD + b"X-Nul: a\0b\r\n" + mixed(part, PDF_PART + b64(payloads.pe())),
            [fact("1", "text", b"xin\0chao\0", [], []), fact("2", "attachment", payloads.pe(), ["a.pdf"], ["pe"], True)])


@bad
def raw_8_bit_headers():
    return (b"From: C\xf4ng v\xe3n <vt@example.net>\r\nTo: vanthu@daknong.gov.vn\r\nSubject: Th\xf4ng b\xe1o \xff\xfe\r\n"
            + HEAD[HEAD.index(b"Date:"):] + b"Content-Type: text/plain\r\n\r\nxin chao\r\n",
            [fact("1", "text", b"xin chao\r\n", [], [])])


@bad
def no_headers():
    return b"\r\nChi co phan than, khong co tieu de.\r\n", [
        fact("1", "text", b"Chi co phan than, khong co tieu de.\r\n", [], [])]


@bad
def only_headers():
    return HEAD + b"Content-Type: text/plain\r\n\r\n", None


@bad
def empty_message():
    return b"", None


@bad
def wrong_charset_label():
    """UTF-8 said to be UTF-16, and a charset that does not exist: sizes are of the bytes as they stand."""
    words = "Công văn hỏa tốc".encode()
    first = b"Content-Type: text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + words
    second = b"Content-Type: text/html; charset=x-khong-co\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + words
    return HEAD + mixed(first, second), [fact("1", "text", words, [], []), fact("2", "text", words, [], [])]


@bad
def bare_lf():
    """A file as Unix keeps it: LF everywhere. Sizes of base64 parts do not depend on line ends."""
    raw = HEAD + mixed(TEXT_PART, PDF_PART + b64(payloads.pe()))
    return raw.replace(CRLF, b"\n"), [fact("2", "attachment", payloads.pe(), ["a.pdf"], ["pe"], True)]


@bad
def bare_cr():
    raw = HEAD + mixed(TEXT_PART, PDF_PART + b64(payloads.pdf()))
    return raw.replace(CRLF, b"\r"), None


@bad
def mixed_line_ends():
    """CRLF in the headers, LF in the parts."""
    raw = HEAD + mixed(TEXT_PART.replace(CRLF, b"\n"), (PDF_PART + b64(payloads.pe())).replace(CRLF, b"\n"), end=b"\n")
    return raw, [fact("2", "attachment", payloads.pe(), ["a.pdf"], ["pe"], True)]


@bad
def boundary_inside_longer_one():
    """The inner boundary begins with the outer one's words."""
    pdf = payloads.pdf()
    inner = mixed(TEXT_PART, PDF_PART + b64(pdf), boundary=b"ranh-trong")
    return HEAD + mixed(inner), [fact("1.1", "text", b"xin chao", [], []), fact("1.2", "attachment", pdf, ["a.pdf"], ["pdf"])]


@bad
def boundary_missing():
    return HEAD + b"Content-Type: multipart/mixed\r\n\r\n--ranh\r\n" + TEXT_PART + b"\r\n--ranh--\r\n", None


@bad
def boundary_empty():
    return HEAD + b"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n" + TEXT_PART + b"\r\n----\r\n", None


@bad
def boundary_of_5000():
    return HEAD + mixed(TEXT_PART, boundary=b"r" * 5000), None


@bad
def two_content_types():
    return (HEAD + b"Content-Type: text/plain\r\n" + mixed(TEXT_PART, PDF_PART + b64(payloads.pe())), None)


@bad
def parameter_sections_many():
    rows = b"".join(b";\r\n filename*%d=a" % n for n in range(5000))
    part = b"Content-Type: application/pdf\r\nContent-Disposition: attachment" + rows + b"\r\n\r\nx"
    return HEAD + mixed(part), None


@bad
def from_line_of_mbox():
    return b"From xau@example.net Mon May  6 08:12:44 2024\r\n" + HEAD + b"\r\nxin chao\r\n", None


@bad
def random_bytes():
    return payloads.filler(300_000, "bad", b""), None
