"""Ordinary letters of the corpus: no rule refuses them. One function a message; its name is the file's."""

import letters
import payloads
import shapes
from letters import crlf, html
from mimebuild import Leaf, Message, Multi
from shapes import rfc2231, rfc2231_continued, word_b, word_q

VANTHU = "vanthu@daknong.gov.vn"
MYXUYEN = "vanthu.myxuyen@soctrang.gov.vn"

MAILS = {}


def mail(function):
    """Registers a message under its function's name, underscores as hyphens."""
    MAILS[function.__name__.strip("_").replace("_", "-")] = function
    return function


def person(name: str, address: str, how=word_b) -> str:
    return f"{how(name)} <{address}>"


def text(words: str, encoding: str = "8bit", charset: str = "UTF-8", codec: str = "", extra: str = "") -> Leaf:
    return Leaf([f"Content-Type: text/plain; charset={charset}{extra}",
                 f"Content-Transfer-Encoding: {encoding}"], crlf(words).encode(codec or charset), encoding)


def page(words: str, encoding: str = "quoted-printable", charset: str = "UTF-8", style: str = "") -> Leaf:
    return Leaf([f"Content-Type: text/html; charset={charset}",
                 f"Content-Transfer-Encoding: {encoding}"], html(words, style).encode(charset), encoding)


def multi(kind: str, boundary: str, *children, extra: str = "", **more) -> Multi:
    return Multi([f"Content-Type: multipart/{kind};{extra}\r\n\tboundary=\"{boundary}\""], boundary,
                 list(children), **more)


def file(name: str, declared: str, payload: bytes, kinds: list, encoding: str = "base64", **more) -> Leaf:
    """An attachment with an ASCII name in both places, as most programs write it."""
    return Leaf([f"Content-Type: {declared}; name=\"{name}\"",
                 f"Content-Disposition: attachment; filename=\"{name}\"",
                 f"Content-Transfer-Encoding: {encoding.removesuffix('-binary')}"],
                payload, encoding, "attachment", [name], kinds, **more)


PDF, DOCX = "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


# Plain letters

@mail
def plain_vi():
    head = shapes.thunderbird(person("Phòng Văn thư", "vanthu@example.com"), VANTHU,
                              word_b("V/v báo cáo kết quả chuyển đổi số sáu tháng đầu năm 2024"))
    return Message(head, text(letters.DAK_NONG, extra="; format=flowed"))


@mail
def plain_qp():
    head = shapes.zimbra(person("Trần Văn Bình", "tvbinh@example.org"), MYXUYEN, word_q("Rà soát hộp thư công vụ"))
    return Message(head, text(letters.SOC_TRANG, "quoted-printable"))


@mail
def plain_base64():
    head = shapes.exchange(person("Lê Thị Mai", "ltmai@example.net"), VANTHU, word_b("Giấy mời họp giao ban"))
    return Message(head, text(letters.INVITATION, "base64", "utf-8"))


@mail
def plain_windows_1258():
    """Outlook Express."""
    words = "Kính gởi anh Thành,\n\nEm gửi anh lịch tuần sau. Công văn đã ký, đang đóng dấu.\n\nTrân trọng.\n"
    head = shapes.outlook('"Van phong" <vanphong@example.com>', MYXUYEN,
                          "=?windows-1258?Q?Li=F2ch_c=F4ng_t=E1c?=")
    head[6] = "X-Mailer: Microsoft Outlook Express 6.00.2900.5931"
    return Message(head, Leaf(["Content-Type: text/plain;\r\n\tcharset=\"windows-1258\"",
                               "Content-Transfer-Encoding: quoted-printable"],
                              letters.windows_1258(crlf(words)), "quoted-printable"))


@mail
def plain_vni_as_latin1():
    """Old VNI-Windows typing: one letter is two Latin-1 characters; nothing says so."""
    words = "UÛY BAN NHAÂN DAÂN TÆNH\n\nKính göûi: Caùc sôû, ban, ngaønh\nSôû Noäi vuï göûi keøm baùo caùo thaùng 5.\n"
    head = shapes.outlook('"So Noi vu" <sonv@example.com>', VANTHU, "Bao cao thang 5")
    return Message(head, text(words, "8bit", "iso-8859-1", "cp1252"))


@mail
def plain_without_mime():
    head = shapes.mailx("root@may-chu.example.com (Cron Daemon)", VANTHU, "Cron <root@may-chu> sao luu")
    return Message(head, Leaf([], b"Sao luu hoan tat luc 02:15. Dung luong 12,4 GB.\r\n"))


@mail
def plain_flowed():
    head = shapes.thunderbird(person("Phạm Quốc Huy", "pqhuy@example.com", word_q), MYXUYEN,
                              word_q("Re: Dự thảo kế hoạch"))
    words = "\n".join("> " + row for row in letters.PLAN.split("\n")) + "\n" + letters.REPLY
    return Message(head, text(words, "8bit", extra="; format=flowed; delsp=yes"))


@mail
def plain_long_lines():
    """A portal that writes a whole paragraph in one line of 900 characters."""
    head = shapes.phpmailer("Cong dich vu cong <khong-tra-loi@cong-thong-tin.example.org>", VANTHU,
                            word_b("Thông báo tiếp nhận hồ sơ"))
    return Message(head, text(("Hồ sơ của công dân đã được tiếp nhận. " * 18) + "\n", "8bit"))


@mail
def html_only():
    head = shapes.phpmailer("Ban tin <bantin@cong-thong-tin.example.org>", MYXUYEN, word_b("Bản tin tuần 23"))
    return Message(head, page(letters.SCHEDULE, "base64"))


@mail
def source_code_pasted():
    head = shapes.mutt(person("Đội phần mềm", "doipm@example.com"), VANTHU, word_b("Nhờ xem mã nguồn"))
    return Message(head, text(letters.CODE))


# Alternative

@mail
def alternative_gmail():
    head = shapes.gmail(person("Nguyễn Thị Hồng Thắm", "hongtham@example.com"), VANTHU, word_b("Hỏi kết quả hồ sơ"))
    return Message(head, multi("alternative", "000000000000a1b2c30617d4e5f6", text(letters.CITIZEN, "base64"),
                               page(letters.CITIZEN, "quoted-printable")))


@mail
def alternative_outlook():
    head = shapes.outlook(person("Phòng Tổ chức", "tochuc@example.com"), MYXUYEN, word_b("Báo cáo CCHC tháng 5"))
    return Message(head, multi("alternative", "----=_NextPart_000_0041_01DA9FA1.17A2B3C0",
                               text(letters.REPORT, "quoted-printable", "utf-8"),
                               page(letters.REPORT, "quoted-printable", "utf-8", " class=MsoNormal"),
                               preamble=b"This is a multipart message in MIME format.\r\n"))


@mail
def alternative_zimbra():
    head = shapes.zimbra(person("Văn phòng HĐND", "vphdnd@example.org"), VANTHU, word_q("Thông báo ngừng cấp điện"))
    return Message(head, multi("alternative", "=_3f1c9f7e-6a1b-4a34-8a3a-0b6f6f3f8f20",
                               text(letters.NOTICE, "8bit", "utf-8"), page(letters.NOTICE, "quoted-printable", "utf-8")))


@mail
def alternative_roundcube():
    head = shapes.roundcube(person("Trạm Y tế", "tramyte@example.com"), MYXUYEN, word_q("Lịch công tác tuần"))
    return Message(head, multi("alternative", "=_1e64b2c9bd2f84b3f1ab29a1e4b6d0cc",
                               text(letters.SCHEDULE, "8bit"), page(letters.SCHEDULE, "quoted-printable")))


@mail
def alternative_yahoo():
    head = shapes.yahoo(person("Hồ Minh Nhựt", "minhnhut@example.net"), MYXUYEN, word_q("Giấy mời"))
    return Message(head, multi("alternative", "----=_Part_2044136_919273131.1714957964010",
                               text(letters.INVITATION, "quoted-printable"), page(letters.INVITATION)))


# Documents

@mail
def docx_outlook():
    name = "Dự thảo Kế hoạch tập huấn.docx"
    encoded = word_b(name)
    body = multi("alternative", "_000_SG2PR01MB2711A5C1D0apcprd01_", text(letters.REPLY, "base64", "utf-8"),
                 page(letters.REPLY, "base64", "utf-8"))
    part = Leaf([f"Content-Type: {DOCX};\r\n\tname=\"{encoded}\"", f"Content-Description: {encoded}",
                 f"Content-Disposition: attachment;\r\n\tfilename=\"{encoded}\";\r\n\tsize=1240;"
                 "\r\n\tcreation-date=\"Mon, 06 May 2024 01:10:00 GMT\"",
                 "Content-Transfer-Encoding: base64"], payloads.docx(), "base64", "attachment", [name], ["docx"])
    head = shapes.exchange(person("Đặng Văn Lợi", "dvloi@example.net"), MYXUYEN, word_b("Dự thảo kế hoạch"))
    return Message(head, multi("mixed", "_004_SG2PR01MB2711A5C1D0apcprd01_", body, part))


@mail
def pdf_zimbra():
    name = "CV 115 - Chuyển đổi số.pdf"
    part = Leaf([f"Content-Type: application/pdf; name*={rfc2231(name)}",
                 f"Content-Disposition: attachment; filename*={rfc2231(name)}",
                 "Content-Transfer-Encoding: base64"], payloads.pdf(), "base64", "attachment", [name], ["pdf"])
    head = shapes.zimbra(person("Văn thư Sở", "vanthu@example.org"), VANTHU, word_b("Công văn số 115"))
    return Message(head, multi("mixed", "----=_Part_88214_1573920018.1714957964010",
                               multi("alternative", "----=_Part_88215_203994411.1714957964010",
                                     text(letters.DAK_NONG, "8bit"), page(letters.DAK_NONG)), part))


@mail
def pdf_gmail():
    name = "Giấy mời.pdf"
    part = Leaf([f"Content-Type: application/pdf; name=\"{word_b(name, 'UTF-8')}\"",
                 f"Content-Disposition: attachment; filename=\"{word_b(name, 'UTF-8')}\"",
                 "Content-Transfer-Encoding: base64", "Content-ID: <f_lvu1a2b30>", "X-Attachment-Id: f_lvu1a2b30"],
                payloads.pdf("Giay moi"), "base64", "attachment", [name], ["pdf"])
    head = shapes.gmail(person("Ban tổ chức", "bantochuc@example.com"), MYXUYEN, word_b("Giấy mời"))
    return Message(head, multi("mixed", "000000000000b7c8d90617d4e5f8",
                               multi("alternative", "000000000000b7c8d70617d4e5f6",
                                     text(letters.INVITATION, "base64"), page(letters.INVITATION, "base64")), part))


@mail
def spreadsheet_and_csv_roundcube():
    csv = "STT;Họ và tên;Đơn vị\n1;Lê Văn Tám;Phòng Nội vụ\n".encode("utf-8-sig").replace(b"\n", b"\r\n")
    head = shapes.roundcube(person("Phòng Nội vụ", "noivu@example.com"), VANTHU, word_q("Danh sách tập huấn"))
    return Message(head, multi("mixed", "=_4a1d7c6e8f900b2c3d4e5f6071829304", text(letters.PLAN, "8bit"),
                               file("danh-sach.xlsx", XLSX, payloads.xlsx(), ["xlsx"]),
                               file("danh-sach.csv", "text/csv", csv, [])))


@mail
def word_97_document():
    head = shapes.outlook(person("UBND xã Nam Dong", "namdong@example.com"), VANTHU, word_b("Tờ trình"))
    return Message(head, multi("mixed", "----=_NextPart_000_0007_01DA9FA2.22334455", text(letters.DISPATCH, "base64"),
                               file("To trinh.doc", "application/msword", payloads.doc(), [])))


@mail
def zip_of_documents():
    archive = payloads.zipped([("Phu luc 1.docx", payloads.docx("Phụ lục 1")), ("Phu luc 2.pdf", payloads.pdf())])
    head = shapes.outlook(person("Sở Tài chính", "stc@example.com"), MYXUYEN, word_b("Phụ lục dự toán"))
    return Message(head, multi("mixed", "----=_NextPart_000_0010_01DA9FA3.55667788", text(letters.REPLY, "base64"),
                               file("Phu luc.zip", "application/x-zip-compressed", archive, ["zip"])))


@mail
def winmail_dat():
    head = shapes.outlook('"Ke toan" <ketoan@example.com>', VANTHU, word_b("Bảng đối chiếu"))
    return Message(head, multi("mixed", "----=_NextPart_000_0052_01DA9FA4.99AABBCC", text(letters.REPLY, "quoted-printable"),
                               file("winmail.dat", "application/ms-tnef", payloads.tnef(), [])))


@mail
def readme_js_txt():
    words = "// Đây là ghi chú, không phải chương trình\nfunction demo() { return 1; }\n"
    head = shapes.gmail(person("Nhóm kỹ thuật", "kythuat@example.com"), MYXUYEN, word_b("Ghi chú"))
    return Message(head, multi("mixed", "000000000000c1c2c30617d4aaaa", text(letters.REPLY),
                               file("readme.js.txt", "text/plain; charset=utf-8", crlf(words).encode(), [])))


@mail
def text_that_begins_with_mz():
    words = "MZ là viết tắt của Môi trường - Zôn nghiên cứu.\nSố liệu quan trắc tháng 5 như sau: 12, 15, 9.\n"
    head = shapes.apple(person("Trạm quan trắc", "quantrac@example.com", word_q), VANTHU, word_q("Số liệu quan trắc"))
    return Message(head, multi("mixed", "Apple-Mail=_7B1C2D3E-0001", text(letters.REPORT, "quoted-printable"),
                               file("MZ-so-lieu.txt", "text/plain; charset=utf-8", crlf(words).encode(), [])))


@mail
def domain_in_a_name():
    head = shapes.yahoo(person("Người dân", "nguoidan@example.net"), VANTHU, word_q("Ảnh chụp trang web"))
    return Message(head, multi("mixed", "----=_Part_77_1.1714957964099", text(letters.CITIZEN, "quoted-printable"),
                               file("www.daknong.com.pdf", PDF, payloads.pdf("Trang web"), ["pdf"]),
                               file("bao-cao.v1.2.exe-huong-dan.docx", DOCX, payloads.docx(), ["docx"])))


@mail
def attachment_without_name():
    head = shapes.mutt(person("Máy quét", "mayquet@example.com"), MYXUYEN, "Scan 0512")
    part = Leaf(["Content-Type: application/pdf", "Content-Transfer-Encoding: base64", "Content-Disposition: attachment"],
                payloads.pdf("Scan"), "base64", "attachment", [], ["pdf"])
    return Message(head, multi("mixed", "PNTmBPCT7hxwcZjr", text("Bản quét.\n"), part))


@mail
def attachment_empty():
    head = shapes.mutt(person("Máy quét", "mayquet@example.com"), VANTHU, "Scan 0513")
    return Message(head, multi("mixed", "LZvS9be/3tNcYl/X", text("Trang trắng.\n"),
                               file("trang.txt", "application/octet-stream", b"", [])))


@mail
def html_file_attached():
    head = shapes.samsung(person("Anh Tư", "anhtu@example.net"), MYXUYEN, word_b("Trang lưu lại"))
    return Message(head, multi("mixed", "--_com.samsung.android.email_4242", text(letters.REPLY, "base64", "utf-8"),
                               file("trang.html", "text/html; charset=utf-8", html(letters.NOTICE).encode(), [])))


@mail
def message_body_is_a_pdf():
    """A scanner that sends the document as the message itself: no multipart at all."""
    head = shapes.phpmailer("May quet <mayquet@example.com>", VANTHU, "Scan_0007")
    body = file("Scan_0007.pdf", PDF, payloads.pdf("Scan 7"), ["pdf"])
    return Message(head, body)


# Names in every dress

@mail
def name_in_continuations():
    name = "Báo cáo tổng hợp kết quả giải quyết đơn thư khiếu nại, tố cáo quý II năm 2024 (bản chính thức).pdf"
    rows = ";\r\n ".join(rfc2231_continued("filename", name))
    part = Leaf(["Content-Type: application/pdf", f"Content-Disposition: attachment;\r\n {rows}",
                 "Content-Transfer-Encoding: base64"], payloads.pdf("Bao cao"), "base64", "attachment", [name], ["pdf"])
    head = shapes.thunderbird(person("Thanh tra huyện", "thanhtra@example.com"), VANTHU, word_b("Báo cáo quý II"))
    return Message(head, multi("mixed", "------------0c9NqFvN2mZ1S5wW7k3y8xQz", text(letters.REPORT), part))


@mail
def name_in_raw_utf8():
    name = "Biên bản họp.pdf"
    part = Leaf([f"Content-Type: application/pdf; name=\"{name}\"",
                 f"Content-Disposition: attachment; filename=\"{name}\"",
                 "Content-Transfer-Encoding: base64"], payloads.pdf("Bien ban"), "base64", "attachment", [name], ["pdf"])
    head = shapes.phpmailer("Portal <portal@example.org>", MYXUYEN, word_b("Biên bản"))
    return Message(head, multi("mixed", "b1_p0q8r3s6t1u4v9w2", text(letters.REPLY), part))


@mail
def name_in_windows_1258_words():
    name = "Công văn.pdf"
    part = Leaf([f"Content-Type: application/pdf;\r\n\tname=\"=?windows-1258?Q?C=F4ng_v=E3n.pdf?=\"",
                 "Content-Disposition: attachment;\r\n\tfilename=\"=?windows-1258?Q?C=F4ng_v=E3n.pdf?=\"",
                 "Content-Transfer-Encoding: base64"], payloads.pdf("CV"), "base64", "attachment", [name], ["pdf"])
    head = shapes.outlook('"Van thu" <vt@example.com>', VANTHU, "=?windows-1258?Q?C=F4ng_v=E3n?=")
    return Message(head, multi("mixed", "----=_NextPart_000_0003_01C5A1B2.C3D4E5F0",
                               text("Kinh gui cong van.\n", "7bit", "us-ascii"), part))


@mail
def name_differs_in_two_places():
    part = Leaf(["Content-Type: application/pdf; name=\"scan.pdf\"",
                 f"Content-Disposition: attachment; filename*={rfc2231('Tờ trình.pdf')}",
                 "Content-Transfer-Encoding: base64"], payloads.pdf("To trinh"), "base64", "attachment",
                ["Tờ trình.pdf", "scan.pdf"], ["pdf"])
    head = shapes.roundcube(person("UBND xã", "ubndxa@example.com"), MYXUYEN, word_q("Tờ trình"))
    return Message(head, multi("mixed", "=_77aa11bb22cc33dd44ee55ff66001122", text(letters.DISPATCH), part))
