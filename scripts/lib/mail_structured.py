"""Letters whose structure is the point: pictures in the text, signatures, reports, calendars, letters in letters."""

import letters
import payloads
import shapes
from letters import crlf, html
from mail_ordinary import MYXUYEN, PDF, VANTHU, file, mail, multi, page, person, text
from mimebuild import Attached, Leaf, Message, Multi
from shapes import word_b, word_q


def picture(cid: str, name: str, payload: bytes, kind: str, role: str = "inline", disposition: str = "inline") -> Leaf:
    return Leaf([f"Content-Type: image/{kind}; name=\"{name}\"", "Content-Transfer-Encoding: base64",
                 f"Content-ID: <{cid}>", f"Content-Disposition: {disposition}; filename=\"{name}\""],
                payload, "base64", role, [name], [kind])


def page_with(words: str, *cids: str, encoding: str = "quoted-printable") -> Leaf:
    shown = "".join(f"<p><img src=\"cid:{cid}\" alt=\"\"></p>\r\n" for cid in cids)
    body = html(words).replace("</body>", shown + "</body>")
    return Leaf(["Content-Type: text/html; charset=utf-8", f"Content-Transfer-Encoding: {encoding}"],
                body.encode(), encoding)


@mail
def related_outlook():
    cid = "image001.png@01DA9FA1.17A2B3C0"
    head = shapes.outlook(person("Phòng Hành chính", "hanhchinh@example.com"), VANTHU, word_b("Thông báo"))
    alternative = multi("alternative", "----=_NextPart_001_0042_01DA9FA1.17A2B3C0",
                        text(letters.NOTICE, "quoted-printable"), page_with(letters.NOTICE, cid))
    return Message(head, multi("related", "----=_NextPart_000_0041_01DA9FA1.17A2B3C1", alternative,
                               picture(cid, "image001.png", payloads.png(16, 16), "png")))


@mail
def related_thunderbird_and_pdf():
    cid = "part1.k3Xy9b1Q.W0Zt5d2r@example.com"
    head = shapes.thunderbird(person("Ban Quản lý", "banql@example.com"), MYXUYEN, word_b("Sơ đồ vị trí"))
    related = multi("related", "------------rT5uY7iO9pA1sD3fG5hJ7kL9", page_with(letters.DISPATCH, cid, encoding="8bit"),
                    picture(cid, "so-do.png", payloads.png(24, 24), "png"))
    return Message(head, multi("mixed", "------------Q1w2E3r4T5y6U7i8O9p0A1s2", related,
                               file("quyet-dinh.pdf", PDF, payloads.pdf("Quyet dinh"), ["pdf"])))


@mail
def related_inside_alternative_apple():
    cid = "5E1D2C3B-4A59-4687-9786-A5B4C3D2E1F0@example.com"
    related = multi("related", "Apple-Mail=_5E1D2C3B-0002", page_with(letters.REPLY, cid, encoding="7bit"),
                    picture(cid, "PastedGraphic-1.jpeg", payloads.jpeg(), "jpeg"), extra="\r\n\ttype=\"text/html\";")
    related.children[0] = Leaf(["Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64"],
                               related.children[0].payload, "base64")
    head = shapes.apple(person("Tổ Báo chí", "baochi@example.com", word_q), VANTHU, word_q("Ảnh sự kiện"))
    return Message(head, multi("alternative", "Apple-Mail=_5E1D2C3B-0001",
                               text(letters.REPLY, "quoted-printable"), related))


@mail
def picture_that_no_text_shows():
    """It has a Content-ID, but the HTML never names it: an attachment like any other."""
    head = shapes.outlook(person("Phòng Hành chính", "hanhchinh@example.com"), MYXUYEN, word_b("Ảnh kèm theo"))
    return Message(head, multi("related", "----=_NextPart_000_0061_01DA9FA1.17A2B3C2",
                               page_with(letters.NOTICE, "khac@example.com"),
                               picture("image002.png@01DA9FA1", "image002.png", payloads.png(32, 32), "png", "attachment")))


@mail
def photo_iphone():
    head = shapes.iphone(person("Trần Quang", "tquang@example.net"), VANTHU, word_q("Ảnh hiện trường"))
    photo = Leaf(["Content-Type: image/jpeg;\r\n\tname=IMG_0412.jpeg;\r\n\tx-apple-part-url=8C1B",
                  "Content-Disposition: inline;\r\n\tfilename=IMG_0412.jpeg", "Content-Transfer-Encoding: base64"],
                 payloads.jpeg(2000), "base64", "attachment", ["IMG_0412.jpeg"], ["jpeg"])
    return Message(head, multi("mixed", "Apple-Mail-C0D5E2A1-77B5", text("Kính gửi anh, ảnh chụp sáng nay.\n", "quoted-printable"),
                               photo, text("\nGửi từ iPhone của tôi", "quoted-printable")))


@mail
def photos_samsung():
    head = shapes.samsung(person("Cô Sáu", "cosau@example.net"), MYXUYEN, word_b("Hình kênh mương"))
    return Message(head, multi("mixed", "--_com.samsung.android.email_1714957964",
                               multi("alternative", "--_com.samsung.android.email_1714957965",
                                     text(letters.CITIZEN, "base64"), page(letters.CITIZEN, "base64")),
                               file("20240506_081201.jpg", "image/jpeg", payloads.jpeg(900), ["jpeg"]),
                               file("20240506_081233.jpg", "image/jpeg", payloads.jpeg(1100), ["jpeg"])))


@mail
def signed_smime_outlook():
    signature = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80" + bytes(range(200))
    inner = multi("alternative", "----=_NextPart_001_0002_01DA9FB0.00000001",
                  text(letters.DAK_NONG, "quoted-printable"), page(letters.DAK_NONG))
    head = shapes.outlook(person("Lãnh đạo Sở", "lanhdao@example.com"), VANTHU, word_b("Văn bản ký số"))
    return Message(head, multi("signed", "----=_NextPart_000_0001_01DA9FB0.00000000", inner,
                               file("smime.p7s", "application/pkcs7-signature", signature, []),
                               extra=" protocol=\"application/x-pkcs7-signature\"; micalg=SHA-256;"))


@mail
def signed_openpgp_thunderbird():
    armour = crlf("-----BEGIN PGP SIGNATURE-----\n\nwsB5BAABCAAjFiEE\n=abcd\n-----END PGP SIGNATURE-----\n").encode()
    signature = Leaf(["Content-Type: application/pgp-signature; name=\"OpenPGP_signature.asc\"",
                      "Content-Description: OpenPGP digital signature",
                      "Content-Disposition: attachment; filename=\"OpenPGP_signature.asc\""],
                     armour, "7bit", "attachment", ["OpenPGP_signature.asc"], [])
    inner = Multi(["Content-Type: multipart/mixed; boundary=\"------------inner0PGP\""], "------------inner0PGP", [text(letters.PLAN, "base64")])
    head = shapes.thunderbird(person("Quản trị mạng", "qtm@example.com"), MYXUYEN, word_b("Kế hoạch tập huấn"))
    return Message(head, multi("signed", "------------outer0PGP", inner, signature,
                               extra=" micalg=pgp-sha256; protocol=\"application/pgp-signature\";"))


@mail
def opaque_smime():
    body = file("smime.p7m", "application/pkcs7-mime; smime-type=signed-data",
                b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + bytes(300), [])
    return Message(shapes.outlook(person("Cơ yếu", "coyeu@example.com"), VANTHU, "CV ky so"), body)


@mail
def delivery_report():
    """A bounce from another Postfix: null sender, multipart/report with the headers of the lost letter."""
    status = crlf("Reporting-MTA: dns; mx.example.net\nArrival-Date: Mon,  6 May 2024 08:12:40 +0700 (+07)\n\n"
                  "Final-Recipient: rfc822; khong-co@example.net\nAction: failed\nStatus: 5.1.1\n").encode()
    lost = crlf("From: vanthu@daknong.gov.vn\nTo: khong-co@example.net\nSubject: CV 115\n").encode()
    head = [f"Date: {shapes.STANDARD_DATE} (+07)", "From: MAILER-DAEMON@mx.example.net (Mail Delivery System)",
            "Subject: Undelivered Mail Returned to Sender", f"To: {VANTHU}", "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0", "Message-Id: <20240506011250.9C1B220D11@mx.example.net>"]
    return Message(head, multi("report", "5B0C220D0F.1714957970/mx.example.net",
                               text("This is the mail system at host mx.example.net.\n", "7bit", "us-ascii"),
                               Leaf(["Content-Description: Delivery report", "Content-Type: message/delivery-status"],
                                    status, "7bit", "attachment"),
                               Leaf(["Content-Description: Undelivered Message Headers", "Content-Type: text/rfc822-headers"],
                                    lost, "7bit", "attachment"),
                               extra=" report-type=delivery-status;",
                               preamble=b"This is a MIME-encapsulated message.\r\n"))


@mail
def read_receipt():
    notification = crlf("Reporting-UA: example.com; Microsoft Outlook\nFinal-Recipient: rfc822;vt@example.com\n"
                        "Disposition: manual-action/MDN-sent-manually; displayed\n").encode()
    head = shapes.outlook(person("Văn thư", "vt@example.com"), MYXUYEN, word_b("Đã đọc: Công văn số 872"))
    return Message(head, multi("report", "----=_NextPart_000_0021_01DA9FB1.00000009",
                               text("Thư của bạn đã được đọc.\n", "base64"),
                               Leaf(["Content-Type: message/disposition-notification"], notification, "7bit", "attachment"),
                               extra=" report-type=disposition-notification;"))


ICS = crlf("""BEGIN:VCALENDAR
METHOD:REQUEST
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VEVENT
ORGANIZER;CN=Thư ký:mailto:thuky@example.net
SUMMARY;LANGUAGE=vi-VN:Họp giao ban quý II
DTSTART:20240628T003000Z
DTEND:20240628T033000Z
UID:040000008200E00074C5B7101A82E008
END:VEVENT
END:VCALENDAR
""").encode()


@mail
def calendar_exchange():
    head = shapes.exchange(person("Thư ký", "thuky@example.net"), VANTHU, word_b("Họp giao ban quý II"))
    calendar = Leaf(["Content-Type: text/calendar; charset=\"utf-8\"; method=REQUEST",
                     "Content-Transfer-Encoding: base64"], ICS, "base64", "attachment")
    return Message(head, multi("alternative", "_000_SG2PR01MB2711CALENDARapcprd01_",
                               text(letters.INVITATION, "base64"), page(letters.INVITATION, "base64"), calendar))


@mail
def calendar_gmail():
    head = shapes.gmail(person("Lịch công tác", "lich@example.com"), MYXUYEN, word_b("Lời mời: Họp giao ban"))
    calendar = Leaf(["Content-Type: text/calendar; charset=\"UTF-8\"; method=REQUEST", "Content-Transfer-Encoding: 8bit"],
                    ICS, "8bit", "attachment")
    return Message(head, multi("mixed", "000000000000d1d2d30617d4e5f9",
                               multi("alternative", "000000000000d1d2d40617d4e5f7", text(letters.INVITATION, "base64"),
                                     page(letters.INVITATION), calendar),
                               file("invite.ics", "application/ics", ICS, [])))


def inner_letter(subject: str = "Công văn gốc") -> Message:
    return Message(shapes.zimbra(person("Sở Nội vụ", "sonv@example.org"), "a@example.com", word_b(subject)),
                   multi("mixed", "----=_Part_inner_1", text(letters.REPORT, "quoted-printable"),
                         file("bao-cao.pdf", PDF, payloads.pdf("Bao cao"), ["pdf"])))


@mail
def forwarded_inline_thunderbird():
    original = Message(shapes.thunderbird(person("Sở Y tế", "soyt@example.com"), "a@example.com", word_b("Gốc")),
                       text(letters.NOTICE, "8bit"))
    head = shapes.thunderbird(person("Lan Anh", "lananh@example.com"), VANTHU, word_b("Fwd: Thông báo"))
    return Message(head, multi("mixed", "------------fwdInline01", text("Chuyển anh xem.\n"),
                               Attached(["Content-Type: message/rfc822; charset=UTF-8; name=\"Thong bao.eml\"",
                                         "Content-Disposition: inline; filename=\"Thong bao.eml\"",
                                         "Content-Transfer-Encoding: 8bit"], original, ["Thong bao.eml"])))


@mail
def forwarded_attached_apple():
    head = shapes.apple(person("Minh Châu", "mchau@example.com", word_q), MYXUYEN, word_q("Fwd: Công văn gốc"))
    return Message(head, multi("mixed", "Apple-Mail=_FWD-0001", text(letters.REPLY, "quoted-printable"),
                               Attached(["Content-Disposition: attachment; filename=\"Cong van goc.eml\"",
                                         "Content-Type: message/rfc822; name=\"Cong van goc.eml\"",
                                         "Content-Transfer-Encoding: 7bit"], inner_letter(), ["Cong van goc.eml"])))


@mail
def forwarded_twice_outlook():
    middle = Message(shapes.outlook(person("Trung gian", "tg@example.com"), "b@example.com", "FW: CV"),
                     multi("mixed", "----=_NextPart_middle", text(letters.REPLY, "base64"),
                           Attached(["Content-Type: message/rfc822", "Content-Disposition: attachment"], inner_letter())))
    head = shapes.outlook(person("Văn phòng", "vp@example.com"), VANTHU, "FW: FW: CV")
    return Message(head, multi("mixed", "----=_NextPart_outer", text(letters.REPLY, "base64"),
                               Attached(["Content-Type: message/rfc822", "Content-Disposition: attachment"], middle)))


@mail
def digest_mailman():
    def entry(number: int, words: str) -> Attached:
        return Attached([], Message(shapes.mailx(f"tv{number}@example.org", "ds@example.org", f"Bai {number}"),
                                    text(words, "8bit")))

    head = shapes.sendmail("ds-request@example.org", MYXUYEN, "Ds Digest, Vol 12, Issue 3")
    head += ["MIME-Version: 1.0", "List-Id: <ds.example.org>", "Precedence: bulk"]
    digest = multi("digest", "===============1122334455==", entry(1, letters.NOTICE), entry(2, letters.PLAN))
    return Message(head, multi("mixed", "===============5544332211==", text("Mục lục:\n 1. Bài 1\n 2. Bài 2\n"), digest,
                               text("_______________\nds mailing list\n", "7bit", "us-ascii")))


@mail
def list_post_with_footer():
    head = shapes.gmail(person("Thành viên", "tv@example.com"), "ds@example.org", "[Ds] " + word_b("Góp ý dự thảo"))
    head += ["List-Id: <ds.example.org>", "List-Unsubscribe: <mailto:ds-leave@example.org>", "Precedence: list"]
    return Message(head, multi("mixed", "===============9988776655==", text(letters.PLAN, "base64"),
                               text("_______________________________________________\nds mailing list\n", "7bit", "us-ascii")))


@mail
def foreign_gacthu_headers():
    """Somebody outside writes our header names; they must not survive an enforcing gacthu."""
    head = ["X-Gacthu-Tag: executable; ref=AAAAAAAAAA", "x-gacthu-trace: 1;sig=00"]
    head += shapes.mutt(person("Kẻ mạo danh", "maodanh@example.com"), VANTHU, "Thu co dau gia")
    head += ["X-GACTHU-Anything: folded\r\n value"]
    return Message(head, text(letters.REPLY))


@mail
def header_oddities():
    """Folding with tabs, an empty value, no space after the colon, two equal names, a long References."""
    head = shapes.mutt("nguoi.gui@example.com", MYXUYEN, "CV\r\n\tso\r\n 12")
    head += ["X-Empty:", "X-Tight:khong-co-khoang-trang", "X-Same: 1", "X-Same: 2", "X-Two-Spaces:  hai",
             "References:" + "".join(f"\r\n <{n:032x}@example.com>" for n in range(40)), "X-Trailing: co khoang trang  "]
    return Message(head, text(letters.REPLY))


@mail
def outbound_letter():
    head = shapes.zimbra(person("Văn thư", VANTHU), "lienhe@example.com", word_b("Trả lời công văn"))
    return Message(head, multi("mixed", "----=_Part_out_1", text(letters.DISPATCH, "8bit"),
                               file("cv-tra-loi.pdf", PDF, payloads.pdf("Tra loi"), ["pdf"])))


@mail
def internal_letter():
    head = shapes.zimbra(person("Văn phòng", "vanphong@daknong.gov.vn"), VANTHU, word_b("Lịch tuần"))
    return Message(head, multi("alternative", "=_noi-bo-1", text(letters.SCHEDULE, "8bit"), page(letters.SCHEDULE)))
