"""Letters as programs write them and servers pass them on: the parts of which scripts/lib/fwd_set_*.py build the frozen letters.

A `Mail` is a list of header fields, top first, and a body. Programs (`outlook`, `gmail`, `zimbra` …) make one; servers and forwarders
(`hop`, `pigeonhole`, `gmail_forward` …) put their fields on top, as the real ones do (sources: HEADER-SHAPES.tsv of the project's
shared folder, raw messages in public repositories, and the programs that fwd_run.py runs).
"""

import base64
import hashlib
import quopri
import random
from dataclasses import dataclass, field

from fwd_letters import CRLF, blob, dkim, fold, word

PEOPLE = (
    "Trần Văn Hùng",
    "Lê Thị Mai",
    "Phạm Quốc Tuấn",
    "Hoàng Minh Châu",
    "Đặng Thị Ngọc",
    "Bùi Xuân Trường",
    "Võ Thị Thanh Hà",
    "Đỗ Đức Thịnh",
    "Y Thuột Niê",
    "H'Len Êban",
    "Nguyễn Hữu Phước",
    "Phan Thị Bích",
    "Lý A Sính",
    "Cao Bá Quát",
    "Dương Thị Lụa",
    "Trịnh Công Đoàn",
)
TOPICS = (
    "Báo cáo công tác cải cách hành chính tháng 8/2026",
    "Về việc cử người tham dự tập huấn an toàn thông tin",
    "Dự toán kinh phí sửa chữa trụ sở",
    "Giấy mời họp thẩm định giá đất",
    "Danh sách hộ nghèo xã Quảng Sơn",
    "Đề nghị phối hợp kiểm tra an toàn thực phẩm",
    "Kế hoạch tuyển dụng viên chức 2026",
    "Biên bản bàn giao hồ sơ lưu trữ",
    "Số liệu thu ngân sách 9 tháng",
    "Phiếu xin ý kiến thành viên UBND tỉnh",
    "Hồ sơ cấp phép khai thác khoáng sản",
    "Lịch tiếp công dân quý IV",
    "V/v góp ý dự thảo Nghị quyết HĐND",
    "Kết quả xét nghiệm mẫu nước",
    "Bảng chấm công tổ một cửa",
)
TEXTS = (
    "Kính gửi đồng chí,\n\nGửi đồng chí văn bản để nghiên cứu, cho ý kiến trước 16 giờ ngày mai. Bản giấy chuyển sau qua bưu điện.\n\nTrân trọng./.",
    "Chào anh Hùng,\n\nBên em đã rà soát xong 12 hồ sơ, còn 3 hồ sơ thiếu bản vẽ hoàn công. Anh xem giúp rồi chuyển bộ phận một cửa.\n\nThân mến.",
    "Thưa chị,\n\nTheo kế hoạch, đoàn kiểm tra làm việc tại xã vào 8 giờ thứ Năm. Nhờ chị bố trí phòng họp, máy chiếu và người ghi biên bản.\n\nCảm ơn chị.",
    "Kính gửi Văn phòng,\n\nSố liệu tổng hợp như sau:\n- Thu nội địa: 1.245 tỷ đồng, đạt 78% dự toán\n- Chi thường xuyên: 982 tỷ đồng\n- Nợ đọng xây dựng cơ bản: 36 tỷ đồng\n\n"
    "Đề nghị kiểm tra lại mục thứ ba.\n\nNgười lập biểu",
    "Anh/chị ơi,\n\nCuộc họp chiều nay dời sang 14 giờ 30 tại hội trường tầng 2. Tài liệu phát tại chỗ.\n\nVăn thư",
)
DAYS = ("Mon, 14 Sep 2026", "Tue, 15 Sep 2026", "Wed, 16 Sep 2026", "Thu, 17 Sep 2026", "Fri, 18 Sep 2026", "Mon, 21 Sep 2026", "Tue, 22 Sep 2026")
DOMAINS = ("example.com", "example.net", "example.org", "congty.example.com", "truong.example.org", "luatsu.example.net")


@dataclass
class Mail:
    """`heads` without line ends; a folded one keeps its inner CRLF."""

    heads: list
    body: bytes = b""
    draw: random.Random = field(default_factory=random.Random)
    day: str = DAYS[0]

    def top(self, *heads: str) -> "Mail":
        self.heads[:0] = heads
        return self

    def bytes(self) -> bytes:
        return (CRLF.join(self.heads) + CRLF * 2).encode() + self.body

    def clock(self, minutes: int = 0, zone: str = "+0700") -> str:
        return f"{self.day} {8 + minutes // 60:02}:{minutes % 60:02}:{self.draw.randrange(60):02} {zone}"

    def value(self, name: str) -> str:
        for head in self.heads:
            key, _, value = head.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return ""


def token(draw: random.Random, size: int = 10, letters: str = "0123456789ABCDEF") -> str:
    return "".join(draw.choice(letters) for _ in range(size))


def named(name: str, address: str) -> str:
    return f"{word(name)} <{address}>" if name else address


def part(kind: str, text: str, how: str = "base64") -> str:
    if how == "base64":
        body = base64.encodebytes(text.encode()).decode().replace("\n", CRLF)
    elif how == "quoted-printable":
        body = quopri.encodestring(text.encode()).decode().replace("\n", CRLF) + CRLF
    else:
        body = text.replace("\n", CRLF) + CRLF
    return f"Content-Type: {kind}; charset=UTF-8{CRLF}Content-Transfer-Encoding: {how}{CRLF}{CRLF}{body}"


def html(text: str) -> str:
    return "<html><body>" + "".join(f"<p>{line or '&nbsp;'}</p>" for line in text.split("\n")) + "</body></html>"


def multi(boundary: str, *parts: str) -> bytes:
    return ("".join(f"--{boundary}{CRLF}{one}" for one in parts) + f"--{boundary}--{CRLF}").encode()


# --- programs that write ----------------------------------------------------------------------


def write(seed: str, program: str, sender: str, to: str, name: str = "", subject: str = "", text: str = "", cc: str = "", more: tuple = ()) -> Mail:
    """A letter as `program` writes it: outlook, gmail, zimbra, thunderbird, iphone, roundcube, web."""
    draw = random.Random(hashlib.sha256(seed.encode()).digest())
    mail = Mail([], b"", draw, draw.choice(DAYS))
    name = name if name else draw.choice(PEOPLE)
    subject, text = subject or draw.choice(TOPICS), text or draw.choice(TEXTS)
    domain = sender.rpartition("@")[2]
    heads = {
        "From": named("" if name == "-" else name, sender),
        "To": to,
        "Subject": word(subject),
        "Date": mail.clock(draw.randrange(60)),
        "MIME-Version": "1.0",
    }
    if cc:
        heads["Cc"] = cc
    boundary = {
        "gmail": "000000000000" + token(draw, 16, "0123456789abcdef"),
        "outlook": "_000_" + token(draw, 36) + "_",
        "zimbra": "=_" + token(draw, 8, "0123456789abcdef") + "-1a2b-4c5d-8e9f-" + token(draw, 12, "0123456789abcdef"),
        "thunderbird": "------------" + token(draw, 24, "abcdefghijkmnopqrstuvwxyzABCDEFGH0123456789"),
        "iphone": "Apple-Mail-" + token(draw, 8) + "-1234",
        "roundcube": "=_" + token(draw, 32, "0123456789abcdef"),
        "web": "b1_" + token(draw, 32, "0123456789abcdef"),
    }[program]
    kind = f'Content-Type: multipart/alternative; boundary="{boundary}"'
    how = {
        "gmail": "base64",
        "outlook": "base64",
        "zimbra": "quoted-printable",
        "thunderbird": "8bit",
        "iphone": "quoted-printable",
        "roundcube": "8bit",
        "web": "base64",
    }[program]
    mail.body = multi(boundary, part("text/plain", text, how), part("text/html", html(text), how))
    ids = {
        "gmail": f"CA{token(draw, 12)}+{token(draw, 20)}@mail.gmail.com",
        "outlook": f"SG2P{token(draw, 20)}@SG2PR06MB{draw.randrange(9999):04}.apcprd06.prod.outlook.com",
        "zimbra": f"{draw.randrange(10**9)}.{draw.randrange(10**6)}.1789{draw.randrange(10**9):09}.JavaMail.zimbra@{domain}",
        "thunderbird": f"{token(draw, 8, '0123456789abcdef')}-9a1c-4b7d-a2f0-{token(draw, 12, '0123456789abcdef')}@{domain}",
        "iphone": f"{token(draw, 8)}-77A0-4C1E-9A55-{token(draw, 12)}@{domain}",
        "roundcube": f"{token(draw, 32, '0123456789abcdef')}@{domain}",
        "web": f"{token(draw, 40, '0123456789abcdef')}@{domain}",
    }
    ident = f"Message-ID: <{ids[program]}>"

    def lines(*keys: str) -> list:
        return [f"{key}: {heads[key]}" for key in keys if key in heads]

    mail.heads = {
        "gmail": lambda: [*lines("MIME-Version", "From", "Date"), "X-Gm-Features: " + blob(seed, 40), ident, *lines("Subject", "To", "Cc"), kind],
        "outlook": lambda: [
            *lines("From", "To", "Cc", "Subject"),
            f"Thread-Topic: {heads['Subject']}",
            f"Thread-Index: {blob(seed, 30)}",
            *lines("Date"),
            ident,
            "Accept-Language: vi-VN, en-US",
            "Content-Language: vi-VN",
            "X-MS-Has-Attach:",
            "X-MS-TNEF-Correlator:",
            kind,
            *lines("MIME-Version"),
        ],
        "zimbra": lambda: [
            *lines("Date", "From", "To", "Cc"),
            ident,
            *lines("Subject", "MIME-Version"),
            kind,
            "X-Originating-IP: [10.20.3.17]",
            "X-Mailer: Zimbra 8.8.15_GA_4717 (ZimbraWebClient - GC128 (Win)/8.8.15_GA_4717)",
            f"Thread-Index: {blob(seed, 30)}",
            f"Thread-Topic: {heads['Subject']}",
        ],
        "thunderbird": lambda: [
            ident,
            *lines("Date", "MIME-Version"),
            "User-Agent: Mozilla Thunderbird",
            "Content-Language: vi",
            *lines("To", "Cc", "From", "Subject"),
            kind,
        ],
        "iphone": lambda: [
            kind,
            "Content-Transfer-Encoding: 7bit",
            *lines("From"),
            "Mime-Version: 1.0 (1.0)",
            *lines("Date", "Subject"),
            ident,
            *lines("To", "Cc"),
            "X-Mailer: iPhone Mail (22A3354)",
        ],
        "roundcube": lambda: [
            *lines("MIME-Version", "Date", "From", "To", "Cc", "Subject"),
            "User-Agent: Roundcube Webmail/1.6.5",
            ident,
            f"X-Sender: {sender}",
            kind,
        ],
        "web": lambda: [
            *lines("Date", "To", "From", "Cc", "Subject"),
            ident,
            "X-Mailer: PHPMailer 6.9.1 (https://github.com/PHPMailer/PHPMailer)",
            *lines("MIME-Version"),
            kind,
        ],
    }[program]()
    mail.heads += list(more)
    return mail


# --- servers that pass on ---------------------------------------------------------------------


def hop(mail: Mail, source: str, by: str, rcpt: str = "", how: str = "ESMTPS", ip: str = "203.0.113.25", minute: int = 5) -> Mail:
    """One Received of Postfix."""
    clause = f"{CRLF}\tfor <{rcpt}>" if rcpt else ""
    return mail.top(
        f"Received: from {source} ({source} [{ip}]){CRLF}\tby {by} (Postfix) with {how} id {token(mail.draw, 11)}{clause}; {mail.clock(60 + minute)} (+07)"
    )


def sent(mail: Mail, kind: str = "postfix") -> Mail:
    """What the author's own side adds before his letter leaves it."""
    sender = mail.value("From").rpartition("<")[2].rstrip(">")
    domain = sender.rpartition("@")[2]
    seed = mail.value("Message-ID") + mail.value("Message-Id")
    if kind == "gmail":
        return mail.top(
            f"DKIM-Signature: {dkim('gmail.com', '20251104', seed, 'to:subject:message-id:date:from:mime-version')}",
            f"X-Google-DKIM-Signature: {dkim('1e100.net', '20251104', seed + 'x')}",
            f"X-Gm-Message-State: {fold(blob(seed + 'state', 220))}",
            f"X-Gm-Gg: {fold(blob(seed + 'gg', 260))}",
            f"X-Google-Smtp-Source: {blob(seed + 'src', 60)}",
            f"X-Received: by 2002:a05:6402:35d0:b0:5c2:1fb1:{token(mail.draw, 4, '0123456789abcdef')} with SMTP id{CRLF} 4fb4d7f45d1cf-{token(mail.draw, 9, '0123456789abcdef')}mr{mail.draw.randrange(10**8)}a12.8; "
            f"{mail.clock(62)}",
        )
    if kind == "outlook":
        return mail.top(
            f"Received: from SG2PR06MB3364.apcprd06.prod.outlook.com (2603:1096:4:69::12) by{CRLF} TYZPR06MB5027.apcprd06.prod.outlook.com (2603:1096:400:1c8::9) with Microsoft SMTP{CRLF}"
            f" Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id{CRLF} 15.20.9412.4; {mail.clock(61, '+0000')}",
            f"DKIM-Signature: {dkim(domain, 'selector1', seed)}",
        )
    return mail.top(
        f"Received: from may-tram (unknown [203.0.113.77])\r\n\tby mail.{domain} (Postfix) with ESMTPSA id {token(mail.draw, 11)}; {mail.clock(61)}",
        f"DKIM-Signature: {dkim(domain, 'mail', seed)}",
    )


def into(mail: Mail, rcpt: str, by: str = "mx.daknong.gov.vn", source: str = "", ip: str = "203.0.113.25") -> Mail:
    """Taken in by our own filter's host."""
    sender = mail.value("From").rpartition("<")[2].rstrip(">")
    source = source or "mail." + sender.rpartition("@")[2]
    return hop(mail, source, by, rcpt, "ESMTPS", ip, 6)


def auth_results(mail: Mail, by: str, domain: str, spf: str = "pass", dkim_: str = "pass") -> Mail:
    return mail.top(
        f"Authentication-Results: {by};{CRLF}\tdkim={dkim_} header.d={domain};{CRLF}\tspf={spf} smtp.mailfrom={domain};{CRLF}\tdmarc=pass (p=none dis=none) header.from={domain}"
    )


def arc(mail: Mail, domain: str, selector: str, number: int = 1, rcpt_domain: str = "") -> Mail:
    seed = mail.value("Message-ID") + domain + str(number)
    author = mail.value("From").rpartition("@")[2].rstrip(">")
    return mail.top(
        f"ARC-Seal: i={number}; a=rsa-sha256; t=1789460{mail.draw.randrange(999):03}; cv={'none' if number == 1 else 'pass'};{CRLF}        d={domain}; s={selector};{CRLF}        b={fold(blob(seed + 's'))}",
        f"ARC-Message-Signature: i={number}; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector};{CRLF}        h=to:subject:message-id:date:from;{CRLF}        bh={blob(seed + 'h', 44)};{CRLF}        b={fold(blob(seed + 'm'))}",
        f"ARC-Authentication-Results: i={number}; mx.{domain};{CRLF}       dkim=pass header.i=@{author} header.s=mail header.b={blob(seed, 8)};{CRLF}       spf=pass smtp.mailfrom={author};{CRLF}       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from={author}",
    )


# --- forwarders -------------------------------------------------------------------------------


def pigeonhole(mail: Mail, account: str, server: str = "hop-thu.daknong.gov.vn", version: str = "0.5.19 (4eae2f79)", userid: str = "") -> Mail:
    """Sieve redirect; `userid`: by sendmail(1) of a Postfix on that host."""
    mail.top(
        f"X-Sieve: Pigeonhole Sieve {version}",
        f"X-Sieve-Redirected-From: {account}",
        f"Delivered-To: {account}",
        f"Received: from mx.daknong.gov.vn ([10.0.0.2])\r\n\tby {server} with LMTP\r\n\tid {token(mail.draw, 12)}AAg+zDdQ\r\n\t(envelope-from <>)\r\n\tfor <{account}>; {mail.clock(68)}".replace(
            "(envelope-from <>)\r\n\t", ""
        ),
    )
    return mail.top(f"Received: by {server} (Postfix, from userid {userid})\r\n\tid {token(mail.draw, 11)}; {mail.clock(68)} (+07)") if userid else mail


def postfix_local(mail: Mail, account: str, server: str, original: str = "") -> Mail:
    mail.top(f"Delivered-To: {account}")
    if original:
        mail.top(f"X-Original-To: {original}")
    return mail.top(f"Received: by {server} (Postfix)\r\n\tid {token(mail.draw, 11)}; {mail.clock(69)} (+07)")


def zimbra_forward(mail: Mail, account: str, server: str = "zimbra.daknong.gov.vn") -> Mail:
    mail.heads += [f"X-Zimbra-Forwarded: {account}", f"Return-Path: {account}"]
    return zimbra_out(mail, server)


def zimbra_out(mail: Mail, server: str = "zimbra.daknong.gov.vn") -> Mail:
    return mail.top(
        f"Received: from localhost (localhost [127.0.0.1])\r\n\tby {server} (Postfix) with ESMTP id {token(mail.draw, 11)}; {mail.clock(66)} (+07)",
        f"Received: from {server} ([127.0.0.1])\r\n\tby localhost ({server} [127.0.0.1]) (amavisd-new, port 10032)\r\n\twith ESMTP id {token(mail.draw, 12, 'abcdefghijkmnABCDEFG0123456789_-')}; {mail.clock(66)} (+07)",
        f"Received: from {server} ({server} [10.0.0.5])\r\n\tby {server} (Postfix) with ESMTP id {token(mail.draw, 11)}; {mail.clock(66)} (+07)",
    )


def exchange_hop(mail: Mail, server: str = "EX01.daknong.local") -> Mail:
    return mail.top(
        f"Received: from {server} (10.0.0.5) by {server} (10.0.0.5) with Microsoft SMTP{CRLF} Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.2.1544.11;{CRLF} {mail.clock(67)}",
        f"Received: from {server} ([fe80::a1b2:c3d4]) by {server}{CRLF} ([fe80::a1b2:c3d4%7]) with mapi id 15.02.1544.011; {mail.clock(67)}",
    )


def exchange_redirect(mail: Mail, account: str, folded: bool = False, resent: str = "") -> Mail:
    """An inbox rule `redirect`."""
    mail.heads += [f"Resent-From: <{resent or account}>", f"X-MS-Exchange-Inbox-Rules-Loop:{CRLF if folded else ''} {account}"]
    return exchange_hop(mail)


def exchange_rule_forward(mail: Mail, account: str, parent: str) -> Mail:
    """An inbox rule `forward`: a new letter from the owner of the rule."""
    mail.heads += [
        "X-MS-Exchange-Inbox-Rules-Loop: " + account,
        "X-MS-TNEF-Correlator:",
        f"x-ms-exchange-parent-message-id: <{parent}>",
        "auto-submitted: auto-generated",
        "x-ms-exchange-generated-message-source: Mailbox Rules Agent",
    ]
    return exchange_hop(mail)


def exchange_mailbox_forward(mail: Mail, account: str, tenant: str = "5d1f0c22-7a3e-4be1-9f20-3a61c0b7e1aa") -> Mail:
    mail.heads += [
        f"X-MS-Exchange-ForwardingLoop: {account};{tenant}",
        "X-MS-Exchange-CrossTenant-AuthAs: Anonymous",
        "X-MS-Exchange-CrossTenant-FromEntityHeader: Internet",
    ]
    return exchange_hop(mail)


def gmail_forward(mail: Mail, account: str, target: str, encrypted: bool = False, for_: bool = True) -> Mail:
    """Gmail sends on by itself: order of the fields as in raw messages (2020 to 2026)."""
    seed = mail.value("Message-ID") + account
    author = mail.value("From").rpartition("@")[2].rstrip(">")
    mail.top(f"Return-Path: <{mail.value('From').rpartition('<')[2].rstrip('>')}>")
    mail.top(
        f"Received: from mail.{author} (mail.{author}. [203.0.113.25])\r\n        by mx.google.com with ESMTPS id {token(mail.draw, 24, '0123456789abcdef')}si{mail.draw.randrange(10**6)}.54\r\n        for <{account}>\r\n        "
        f"(version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n        {mail.clock(63)}"
    )
    arc(mail, "google.com", "arc-20240605")
    mail.top(
        f"Delivered-To: {account}",
        f"Received: by 2002:a05:6f02:1186:b0:7e:{token(mail.draw, 4, '0123456789abcdef')}:9c4f with SMTP id m6csp{mail.draw.randrange(10**6)}rce;\r\n        {mail.clock(63)}",
        f"X-Google-Smtp-Source: {blob(seed + 'src', 88)}",
    )
    if for_:
        mail.top(f"X-Forwarded-For: {account} {target}")
        mail.top(f"X-Forwarded-To: {target}")
    if encrypted:
        mail.top(f"X-Forwarded-Encrypted: i=2; AJvYcC{blob(seed + 'enc', 80).rstrip('=')}=@{target.rpartition('@')[2]}")
    mail.top(
        f"X-Google-DKIM-Signature: {dkim('1e100.net', '20251104', seed + 'xd')}",
        f"X-Gm-Message-State: {fold(blob(seed + 'st', 180))}",
        f"X-Received: by 2002:a17:906:478c:b0:b04:{token(mail.draw, 4, '0123456789abcdef')}:6a11 with SMTP id\r\n a640c23a62f3a-{token(mail.draw, 9, '0123456789abcdef')}mr{mail.draw.randrange(10**9)}b.12; {mail.clock(63)}",
    )
    return mail


def caf(account: str, target: str) -> str:
    """Gmail's envelope sender when it forwards."""
    local, _, domain = account.rpartition("@")
    return f"{local}+caf_={target.replace('@', '=')}@{domain}"


def srs0(sender: str, domain: str, draw: random.Random, separator: str = "=") -> str:
    local, _, host = sender.rpartition("@")
    return f"SRS0{separator}{token(draw, 4, 'abcdefghijkABCDEFG0123456789')}={token(draw, 2, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}={host}={local}@{domain}"


def srs1(sender: str, first: str, domain: str, draw: random.Random) -> str:
    return f"SRS1={token(draw, 4, 'abcdefgh0123')}={first}==" + srs0(sender, first, draw).partition("=")[2].rpartition("@")[0] + f"@{domain}"
