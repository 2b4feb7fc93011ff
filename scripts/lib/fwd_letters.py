"""Letters of offices and firms, header field by header field, for `scripts/eval forwarding`.

`letter` is what an author sends into the programs of fwd_run.py; `Mail` builds the frozen letters (fwd_set_make.py).
Names, numbers and texts are invented.
"""

import base64
import hashlib
import random
from email.header import Header

CRLF = "\r\n"
FOREIGN = ("Công ty TNHH Tư vấn Xây dựng An Phát", "Văn phòng Luật sư Minh Đức", "Trung tâm Tin học Tây Nguyên", "Hợp tác xã Cà phê Đắk Mil",
           "Công ty CP Môi trường Xanh", "Nguyễn Thị Kim Chi", "Trường Đại học Buôn Hồ", "Ban Quản lý dự án tỉnh bạn")
SUBJECTS = ("V/v báo cáo kết quả khảo sát quý III năm 2026", "Gửi báo cáo tiến độ công trình đường liên xã", "Xin ý kiến về dự thảo báo cáo chuyên đề",
            "Báo cáo số liệu nông nghiệp tháng 9", "Hồ sơ dự thầu và báo cáo năng lực", "Mời họp góp ý báo cáo tổng kết chương trình chuyển đổi số")
TEXTS = ("Kính gửi anh/chị,\n\nChúng tôi xin gửi số liệu như đã trao đổi qua điện thoại sáng nay. Đề nghị anh/chị xem và phản hồi trước ngày 25/9/2026 để kịp "
         "tổng hợp chung.\n\nTrân trọng.",
         "Thưa quý cơ quan,\n\nĐơn vị chúng tôi đã hoàn thành phần khảo sát hiện trạng tại ba xã. Bảng tổng hợp ở cuối thư; bản có dấu sẽ gửi theo đường bưu điện."
         "\n\nXã\tSố hộ\tDiện tích (ha)\nĐắk Lao\t412\t1.250\nĐức Mạnh\t530\t1.718\nThuận An\t389\t1.004\n\nKính chào.",
         "Chào anh,\n\nEm gửi lại nội dung đã sửa theo góp ý của cuộc họp hôm thứ Năm. Phần kinh phí em để trống, chờ bên Tài chính.\nNếu cần gấp anh gọi em số 0261 000 0000.\n\nEm cảm ơn anh.")


def word(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=70).encode(linesep=CRLF)


def blob(seed: str, size: int = 172) -> str:
    """Base64 that looks like a signature and is none."""
    return base64.b64encode(random.Random(hashlib.sha256(seed.encode()).digest()).randbytes(size * 3 // 4)).decode()


def fold(text: str, width: int = 74) -> str:
    """A long base64 value over several lines."""
    return (CRLF + "\t ").join(text[at:at + width] for at in range(0, len(text), width))


def dkim(domain: str, selector: str, seed: str, heads: str = "from:to:subject:date:message-id", tag: str = "v=1; ") -> str:
    return (f"{tag}a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector};{CRLF}\tt=1789459812; h={heads};{CRLF}\t"
            f"bh={blob(seed + 'bh', 44)};{CRLF}\tb={fold(blob(seed))}")


def letter(seed: str, sender: str, to: str, token: str, own: bool) -> bytes:
    """What an author's program sends: multipart/alternative, signed and relayed once when he is outside."""
    draw = random.Random(seed)
    domain = sender.rpartition("@")[2]
    name = "Nguyễn Thị Hồng Hạnh" if own else draw.choice(FOREIGN)
    text = draw.choice(TEXTS)
    heads = []
    if not own:
        heads += [f"Received: from may-tram ([203.0.113.77])\r\n\tby mail.{domain} with ESMTPSA id {draw.randrange(16**9):09X}\r\n\t"
                  f"for <{to}>; Tue, 15 Sep 2026 08:30:11 +0700",
                  "DKIM-Signature: " + dkim(domain, "mail2026", seed)]
    heads += [f"Message-ID: <{token}{domain}>", "Date: Tue, 15 Sep 2026 08:30:09 +0700", "MIME-Version: 1.0",
              "User-Agent: Mozilla Thunderbird", "Content-Language: vi", f"To: {to}", f"From: {word(name)} <{sender}>",
              f"Subject: {word(draw.choice(SUBJECTS))}", f'Content-Type: multipart/alternative; boundary="--{hashlib.sha1(seed.encode()).hexdigest()[:24]}"']
    boundary = "--" + "--" + hashlib.sha1(seed.encode()).hexdigest()[:24]
    html = "<html><head><meta charset=\"UTF-8\"></head><body>" + "".join(f"<p>{line}</p>" for line in text.split("\n") if line) + "</body></html>"
    parts = []
    for kind, body in (("plain", text), ("html", html)):
        lines = base64.encodebytes(body.encode()).decode().replace("\n", CRLF)
        parts.append(f"{boundary}{CRLF}Content-Type: text/{kind}; charset=UTF-8{CRLF}Content-Transfer-Encoding: base64{CRLF}{CRLF}{lines}")
    return (CRLF.join(heads) + CRLF * 2 + "".join(parts) + f"{boundary}--{CRLF}").encode()
