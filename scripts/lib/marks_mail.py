"""Wraps a file of the marks evaluation into a mail with Python's `email`. Used at evaluation time: standard library only.

`wrap` in the manifest: attach, body:TYPE:CHARSET:CTE, text:CHARSET (text attachment), eml (a message attached that has
the file), subject:WORDS (WORDS stand in the Subject), name:WORDS (… in the file name).
"""

import email.policy
import hashlib
import random
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email import encoders
from email.header import Header
import quopri
import base64

TYPES = {"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "doc": "application/msword", "odt": "application/vnd.oasis.opendocument.text",
         "rtf": "application/rtf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xls": "application/vnd.ms-excel",
         "ods": "application/vnd.oasis.opendocument.spreadsheet", "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
         "ppt": "application/vnd.ms-powerpoint", "odp": "application/vnd.oasis.opendocument.presentation", "pdf": "application/pdf", "zip": "application/zip",
         "7z": "application/x-7z-compressed", "msg": "application/vnd.ms-outlook", "html": "text/html", "txt": "text/plain", "eml": "message/rfc822"}
SUBJECTS = ["Gửi văn bản", "V/v gửi tài liệu họp", "Kính chuyển", "Fwd: văn bản đến", "Hồ sơ gửi kèm", "Tài liệu theo yêu cầu", "Báo cáo tuần", "Gui van ban", "Chuyển phòng xử lý"]
NOTES = ["Kính gửi anh, em gửi tệp kèm theo.", "Phòng gửi anh/chị tài liệu, đề nghị xem và phản hồi.", "Em chuyển văn bản như đã trao đổi qua điện thoại.", "Trân trọng.", "Xin gửi kèm thư này một tệp."]
STEMS = ["van-ban", "CV-gui-so", "Tài liệu", "bao cao", "To trinh", "phu luc 1", "Văn bản số {n}", "scan_{n}", "du thao lan {k}"]


def wrapped(name: str, fmt: str, wrap: str, data: bytes) -> bytes:
    """The mail of a file, the same for the same arguments."""
    dice = random.Random(f"mail {name}")
    kind, _, rest = wrap.partition(":")
    if kind == "body":
        content, charset, encoding = rest.split(":")
        message = leaf(content, charset, encoding, data)
    elif kind == "text":
        message = MIMEMultipart()
        message.attach(MIMEText(dice.choice(NOTES) + "\n", "plain", "utf-8"))
        part = leaf("text/plain", rest, "base64", data)
        part.add_header("Content-Disposition", "attachment", filename=stem(dice) + ".txt")
        message.attach(part)
    elif kind == "eml":
        inner = MIMEMultipart()
        head(inner, random.Random(f"inner {name}"), name + "-inner")
        inner.attach(MIMEText(dice.choice(NOTES) + "\n", "plain", "utf-8"))
        inner.attach(attachment(dice, fmt, data, ""))
        message = MIMEMultipart()
        message.attach(MIMEText(dice.choice(NOTES) + "\n", "plain", "utf-8"))
        outer = Message()
        outer.add_header("Content-Type", "message/rfc822")
        outer.add_header("Content-Disposition", "attachment", filename="thu.eml")
        outer.set_payload([inner])
        message.attach(outer)
    else:
        message = MIMEMultipart()
        message.attach(MIMEText(dice.choice(NOTES) + "\n", "plain", "utf-8"))
        message.attach(attachment(dice, fmt, data, rest if kind == "name" else ""))
    head(message, dice, name, rest if kind == "subject" else "")
    boundaries(message, name)
    return message.as_bytes(policy=email.policy.compat32.clone(linesep="\r\n", max_line_length=0))


def head(message: Message, dice: random.Random, name: str, subject: str = "") -> None:
    message["From"] = f"{Header('Văn thư', 'utf-8').encode()} <vanthu{dice.randint(1, 60)}@example.com>"
    message["To"] = "vanthu@daknong.gov.vn"
    message["Subject"] = Header(subject or dice.choice(SUBJECTS), "utf-8")
    message["Date"] = f"Tue, {dice.randint(10, 28)} Oct 2026 {dice.randint(7, 17):02}:{dice.randint(10, 59)}:00 +0700"
    message["Message-ID"] = f"<{hashlib.sha256(name.encode()).hexdigest()[:20]}@example.com>"
    if "MIME-Version" not in message:
        message["MIME-Version"] = "1.0"


def leaf(content: str, charset: str, encoding: str, data: bytes) -> Message:
    """A text part from raw bytes under whatever charset it claims."""
    part = Message()
    part.add_header("Content-Type", content, **({"charset": charset} if charset != "-" else {}))
    if encoding == "8bit" and (b"\0" in data or max(map(len, data.split(b"\n")), default=0) > 990):
        encoding = "base64"
    part["Content-Transfer-Encoding"] = encoding
    if encoding == "base64":
        part.set_payload(base64.encodebytes(data).decode())
    elif encoding == "quoted-printable":
        part.set_payload(quopri.encodestring(data.replace(b"\r\n", b"\n")).decode("ascii"))
    else:
        part.set_payload(data.replace(b"\r\n", b"\n").decode("ascii", "surrogateescape"))
    return part


def attachment(dice: random.Random, fmt: str, data: bytes, name: str) -> Message:
    main, _, sub = TYPES[fmt].partition("/")
    if main == "message":
        main, sub = "application", "octet-stream"
    if dice.random() < .15:
        main, sub = "application", "octet-stream"
    part = MIMEBase(main, sub)
    part.set_payload(data)
    encoders.encode_base64(part)
    filename = (name or stem(dice)) + "." + fmt
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", filename) if not filename.isascii() else filename)
    return part


def stem(dice: random.Random) -> str:
    return dice.choice(STEMS).replace("{n}", str(dice.randint(10, 999))).replace("{k}", str(dice.randint(1, 5)))


def boundaries(message: Message, name: str) -> None:
    for number, part in enumerate(message.walk()):
        if part.is_multipart() and part.get_content_type() != "message/rfc822":
            part.set_boundary(f"=_{hashlib.sha256(f'{name}{number}'.encode()).hexdigest()[:24]}")
