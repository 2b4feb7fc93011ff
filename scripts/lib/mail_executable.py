"""Letters that carry executable files, by content or by name, and their innocent twins' opposites."""

import letters
import payloads
import shapes
from letters import crlf
from mail_ordinary import MYXUYEN, PDF, VANTHU, file, mail, multi, page, person, text
from mail_structured import inner_letter, page_with
from mimebuild import Attached, Leaf, Message
from shapes import rfc2231, rfc2231_continued, word_b, word_q

OCTETS = "application/octet-stream"
INNOCENT = crlf("Chỉ là một dòng chữ, không chạy được.\n").encode()


def named(value: str, names: list, payload: bytes, kinds: list, declared: str = OCTETS, encoding: str = "base64") -> Leaf:
    """An attachment whose Content-Disposition parameter is written as given."""
    return Leaf([f"Content-Type: {declared}", f"Content-Disposition: attachment;\r\n\t{value}",
                 f"Content-Transfer-Encoding: {encoding.removesuffix('-binary')}"],
                payload, encoding, "attachment", names, kinds, True)


# By content

@mail
def exe_top():
    head = shapes.outlook(person("Hỗ trợ", "hotro@example.com"), VANTHU, word_b("Phần mềm cập nhật"))
    return Message(head, multi("mixed", "----=_NextPart_000_exe1", text(letters.REPLY, "base64"),
                               file("a.exe", "application/x-msdownload", payloads.pe(), ["pe"], executable=True)))


@mail
def exe_renamed_pdf():
    name = "Công văn hỏa tốc.pdf"
    head = shapes.thunderbird(person("Văn phòng", "vp@example.com"), MYXUYEN, word_b("Công văn hỏa tốc"))
    return Message(head, multi("mixed", "------------exe2", text(letters.DISPATCH),
                               named(f"filename*={rfc2231(name)}", [name], payloads.pe(), ["pe"], PDF)))


@mail
def exe_in_attached_message():
    inner = Message(shapes.outlook("Ai do <aido@example.net>", "b@example.com", "Phan mem"),
                    multi("mixed", "----=_NextPart_inner_exe", text(letters.REPLY, "quoted-printable"),
                          file("setup.exe", OCTETS, payloads.pe(), ["pe"], executable=True)))
    head = shapes.apple(person("Minh Châu", "mchau@example.com", word_q), VANTHU, word_q("Fwd: Phần mềm"))
    return Message(head, multi("mixed", "Apple-Mail=_EXE-0001", text(letters.REPLY, "quoted-printable"),
                               Attached(["Content-Disposition: attachment; filename=\"Phan mem.eml\"",
                                         "Content-Type: message/rfc822; name=\"Phan mem.eml\"",
                                         "Content-Transfer-Encoding: 7bit"], inner, ["Phan mem.eml"])))


@mail
def exe_two_messages_deep():
    inner = Message(shapes.mutt("x@example.net", "y@example.com", "goc"),
                    file("bao-cao.docx", "application/msword", payloads.pe(), ["pe"], executable=True))
    middle = Message(shapes.zimbra("tg@example.com", "z@example.com", "FW: goc"),
                     multi("mixed", "----=_Part_mid_exe", text(letters.NOTICE, "8bit"),
                           Attached(["Content-Type: message/rfc822"], inner)))
    head = shapes.roundcube(person("Phòng KT", "pkt@example.com"), MYXUYEN, "FW: FW: goc")
    return Message(head, multi("mixed", "=_exe_deep", text(letters.REPLY), Attached(
        ["Content-Type: message/rfc822", "Content-Disposition: inline"], middle)))


@mail
def exe_in_base64_message():
    """A relay wrote the attached message in base64, against RFC 2046, and mail programs open it all the same."""
    inner = Message(shapes.exchange("x@example.net", "y@example.com", "Tep"),
                    multi("mixed", "_inner_b64_", text(letters.REPLY, "base64"),
                          file("tien-ich.exe", OCTETS, payloads.pe(), ["pe"], executable=True)))
    head = shapes.exchange(person("Lê Mai", "ltmai@example.net"), VANTHU, word_b("Chuyển tiếp"))
    return Message(head, multi("mixed", "_004_outer_b64_", text(letters.REPLY, "base64"), Attached(
        ["Content-Type: message/rfc822", "Content-Disposition: attachment", "Content-Transfer-Encoding: base64"],
        inner, encoding="base64")))


@mail
def exe_shown_inline():
    head = shapes.zimbra(person("Trung tâm", "trungtam@example.org"), MYXUYEN, word_b("Xem tệp"))
    part = Leaf(["Content-Type: application/pdf; name=\"xem.pdf\"", "Content-Disposition: inline; filename=\"xem.pdf\"",
                 "Content-Transfer-Encoding: base64"], payloads.pe(), "base64", "attachment", ["xem.pdf"], ["pe"], True)
    return Message(head, multi("mixed", "----=_Part_inline_exe", text(letters.NOTICE, "8bit"), part))


@mail
def exe_as_picture():
    """Declared image/png, shown by cid:, but its bytes are a program."""
    head = shapes.gmail(person("Quảng bá", "quangba@example.com"), VANTHU, word_b("Ảnh bìa"))
    part = Leaf(["Content-Type: image/png; name=\"bia.png\"", "Content-Transfer-Encoding: base64",
                 "Content-ID: <bia@example.com>", "Content-Disposition: inline; filename=\"bia.png\""],
                payloads.pe(), "base64", "", ["bia.png"], ["pe"], True)
    return Message(head, multi("related", "0000000000exepic", page_with(letters.NOTICE, "bia@example.com"), part))


@mail
def exe_quoted_printable():
    head = shapes.phpmailer("Portal <portal@example.org>", MYXUYEN, "Tep dinh kem")
    return Message(head, multi("mixed", "b1_qp_exe", text(letters.NOTICE, "8bit"),
                               file("mau-don.doc", "application/msword", payloads.pe(), ["pe"],
                                    "quoted-printable-binary", executable=True)))


@mail
def exe_is_the_message():
    head = shapes.sendmail("root@may-chu.example.com", VANTHU, "tep") + ["MIME-Version: 1.0"]
    return Message(head, file("ket-qua.dat", OCTETS, payloads.pe(), ["pe"], executable=True))


@mail
def exe_without_name():
    head = shapes.mutt("khach@example.com", MYXUYEN, "Tep")
    part = Leaf([f"Content-Type: {OCTETS}", "Content-Transfer-Encoding: base64"], payloads.pe(), "base64",
                "attachment", [], ["pe"], True)
    return Message(head, multi("mixed", "ngay", text("Gửi anh.\n"), part))


@mail
def elf_without_name():
    head = shapes.mutt(person("Quản trị", "quantri@example.com"), VANTHU, "Cong cu")
    part = Leaf([f"Content-Type: {OCTETS}", "Content-Disposition: attachment", "Content-Transfer-Encoding: base64"],
                payloads.elf(), "base64", "attachment", [], ["elf"], True)
    return Message(head, multi("mixed", "k1LmNoPq", text(letters.REPLY), part))


@mail
def elf_as_docx():
    head = shapes.zimbra(person("Kỹ thuật", "kythuat@example.org"), MYXUYEN, word_b("Biểu mẫu"))
    return Message(head, multi("mixed", "----=_Part_elf_docx", text(letters.PLAN, "8bit"),
                               file("bieu-mau.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                                    payloads.elf(), ["elf"], executable=True)))


@mail
def macho_attached():
    head = shapes.apple(person("Thiết kế", "thietke@example.com", word_q), VANTHU, word_q("Tiện ích"))
    return Message(head, multi("mixed", "Apple-Mail=_MACHO", text(letters.REPLY, "quoted-printable"),
                               file("tien-ich", OCTETS, payloads.macho(), [], executable=True)))


@mail
def lnk_as_pdf():
    head = shapes.outlook(person("Đối tác", "doitac@example.com"), MYXUYEN, word_b("Hợp đồng"))
    return Message(head, multi("mixed", "----=_NextPart_lnk_pdf", text(letters.REPLY, "base64"),
                               file("Hop dong.pdf", PDF, payloads.lnk(), [], executable=True)))


@mail
def msi_as_doc():
    head = shapes.yahoo(person("Nhà cung cấp", "ncc@example.net"), VANTHU, word_q("Phụ lục"))
    return Message(head, multi("mixed", "----=_Part_msi_doc", text(letters.PLAN, "quoted-printable"),
                               file("phu-luc.doc", "application/msword", payloads.msi(), [], executable=True)))


@mail
def msi_attached():
    head = shapes.outlook(person("Nhà cung cấp", "ncc@example.net"), MYXUYEN, word_b("Bộ cài chữ ký số"))
    return Message(head, multi("mixed", "----=_NextPart_msi", text(letters.PLAN, "base64"),
                               file("chu-ky-so.msi", "application/x-msi", payloads.msi(), [], executable=True)))


# By name

def by_name(shape, sender: str, to: str, subject: str, leaf: Leaf, boundary: str = "=_by_name") -> Message:
    return Message(shape(sender, to, subject), multi("mixed", boundary, text(letters.REPLY, "8bit"), leaf))


@mail
def double_extension():
    name = "Báo cáo quý II.pdf.exe"
    return by_name(shapes.gmail, person("Ban ngành", "bannganh@example.com"), VANTHU, word_b("Báo cáo quý II"),
                   named(f"filename=\"{word_b(name, 'UTF-8')}\"", [name], INNOCENT, [], PDF), "000000000000dbl")


@mail
def double_extension_with_spaces():
    name = "Giay moi.doc" + " " * 40 + ".scr"
    return by_name(shapes.outlook, "BTC <btc@example.com>", MYXUYEN, "Giay moi",
                   named(f"filename=\"{name}\"", [name], payloads.doc(), [], "application/msword"), "----=_NextPart_scr")


@mail
def right_to_left_override():
    name = "Cong van \u202efdp.exe"
    return by_name(shapes.thunderbird, person("Lạ", "la@example.net"), VANTHU, word_b("Công văn"),
                   named(f"filename*={rfc2231(name)}", [name], payloads.pdf(), ["pdf"], PDF), "------------rlo")


@mail
def trailing_dots():
    return by_name(shapes.zimbra, "khach@example.com", MYXUYEN, "Bo cai",
                   named("filename=\"caidat.exe...\"", ["caidat.exe..."], INNOCENT, []), "----=_Part_dots")


@mail
def trailing_spaces():
    return by_name(shapes.roundcube, "khach@example.com", VANTHU, "Bo cai",
                   named("filename=\"caidat.exe  . \"", ["caidat.exe  . "], INNOCENT, []), "=_spaces")


@mail
def upper_case_name():
    return by_name(shapes.mailx, "may@example.com", MYXUYEN, "SETUP",
                   named("filename=SETUP.EXE", ["SETUP.EXE"], b"MZ\x90\x00", []), "upper")


@mail
def name_only_in_content_type():
    part = Leaf([f"Content-Type: {OCTETS}; name=\"tien ich.com\"", "Content-Transfer-Encoding: base64"],
                INNOCENT, "base64", "attachment", ["tien ich.com"], [], True)
    return by_name(shapes.samsung, "khach@example.net", VANTHU, "Tien ich", part, "--_com.samsung_x")


@mail
def names_disagree():
    part = Leaf([f"Content-Type: application/pdf; name=\"a.exe\"",
                 "Content-Disposition: attachment; filename=\"a.pdf\"", "Content-Transfer-Encoding: base64"],
                payloads.pdf(), "base64", "attachment", ["a.pdf", "a.exe"], ["pdf"], True)
    return by_name(shapes.exchange, "khach@example.net", MYXUYEN, "Hai ten", part, "_004_hai_ten_")


@mail
def name_in_two_pieces():
    return by_name(shapes.thunderbird, "khach@example.com", VANTHU, "Ten bi cat",
                   named("filename*0=\"cai-dat.e\";\r\n\tfilename*1=\"xe\"", ["cai-dat.exe"], INNOCENT, []), "------------cut")


@mail
def name_in_long_continuations():
    name = "Bộ cài đặt phần mềm kê khai tài sản, thu nhập dành cho cán bộ, công chức, viên chức năm 2024.bat"
    rows = ";\r\n\t".join(rfc2231_continued("filename", name))
    return by_name(shapes.apple, "khach@example.com", MYXUYEN, "Bo cai",
                   named(rows, [name], b"@echo off\r\nexit /b 0\r\n", []), "Apple-Mail=_BAT")


@mail
def name_in_encoded_words():
    name = "Cài đặt chữ ký số.exe"
    return by_name(shapes.outlook, "NCC <ncc@example.com>", VANTHU, word_b("Cài đặt"),
                   named(f"filename=\"{word_q(name)}\"", [name], INNOCENT, []), "----=_NextPart_qword")


@mail
def name_in_raw_utf8_exe():
    name = "Phần mềm.exe"
    return by_name(shapes.phpmailer, "portal@example.org", MYXUYEN, "Phan mem",
                   named(f"filename=\"{name}\"", [name], INNOCENT, []), "b1_raw_exe")


def script(function_name: str, shape, name: str, declared: str, body: str, to: str):
    def build():
        return by_name(shape, person("Khách", "khach@example.com"), to, word_b("Tệp kịch bản"),
                       named(f"filename=\"{name}\"", [name], crlf(body).encode(), [], declared), f"=_{function_name}")
    build.__name__ = function_name
    mail(build)


script("script_js", shapes.roundcube, "hoa-don.js", "application/javascript", "WScript.Echo('xin chao');\n", VANTHU)
script("script_vbs", shapes.outlook, "hoa-don.vbs", "text/vbscript", "MsgBox \"xin chao\"\n", MYXUYEN)
script("script_ps1", shapes.exchange, "cau-hinh.ps1", "text/plain", "Write-Output 'xin chao'\n", VANTHU)
script("script_cmd", shapes.mailx, "chay.cmd", "text/plain", "@echo off\nver\n", MYXUYEN)
script("script_hta", shapes.yahoo, "bieu-mau.hta", "text/html", "<html><hta:application/></html>\n", VANTHU)
script("script_sh", shapes.sendmail, "cai-dat.sh", "application/x-sh", "#!/bin/sh\nexit 0\n", MYXUYEN)


@mail
def lnk_double_extension():
    return by_name(shapes.outlook, person("Ban tổ chức", "btc@example.com"), VANTHU, word_b("Giấy mời"),
                   named("filename=\"Giay moi.pdf.lnk\"", ["Giay moi.pdf.lnk"], payloads.lnk(), []), "----=_NextPart_lnk")


@mail
def scr_program():
    return by_name(shapes.gmail, "anh@example.com", MYXUYEN, "Anh hoi nghi",
                   named("filename=\"anh-hoi-nghi.scr\"", ["anh-hoi-nghi.scr"], payloads.pe(), ["pe"]), "000000000000scr")


@mail
def dll_library():
    return by_name(shapes.mutt, "ktv@example.com", VANTHU, "Thu vien",
                   named("filename=\"thuvien.dll\"", ["thuvien.dll"], payloads.pe(b"dll"), ["pe"]), "dll-1")


@mail
def jar_program():
    archive = payloads.zipped([("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\nMain-Class: A\r\n")])
    return by_name(shapes.zimbra, "ktv@example.com", MYXUYEN, "Ky so",
                   named("filename=\"ky-so.jar\"", ["ky-so.jar"], archive, [], "application/java-archive"), "----=_Part_jar")


@mail
def percent_in_the_name():
    """Postfix takes % in a milter's reply as its own: it must be doubled to arrive once."""
    return by_name(shapes.outlook, "ktv@example.com", MYXUYEN, "100%",
                   named("filename=\"100%s.exe\"", ["100%s.exe"], payloads.pe(), ["pe"]), "----=_NextPart_percent")


@mail
def exe_from_inside():
    """Our own clerk sends a program out: the clause speaks of sending as well as receiving."""
    head = shapes.zimbra(person("Văn thư", VANTHU), "lienhe@example.com", word_b("Phần mềm"))
    return Message(head, multi("mixed", "----=_Part_out_exe", text(letters.REPLY, "8bit"),
                               file("a.exe", OCTETS, payloads.pe(), ["pe"], executable=True)))
