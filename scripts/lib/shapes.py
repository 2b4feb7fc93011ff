"""The header blocks and habits of the programs that send mail to a province.

Each function answers the header lines, in the order and with the folding that program uses.
Names, ids and addresses are made up.
"""

import base64

STANDARD_DATE = "Mon, 06 May 2024 08:12:44 +0700"


def word_b(text: str, charset: str = "utf-8") -> str:
    """RFC 2047 encoded words in B, each a whole number of characters and at most 75 octets."""
    words, rest = [], text
    while rest:
        size = len(rest)
        while len(base64.b64encode(rest[:size].encode(charset))) > 60 - len(charset):
            size -= 1
        words.append(f"=?{charset}?B?{base64.b64encode(rest[:size].encode(charset)).decode()}?=")
        rest = rest[size:]
    return "\r\n ".join(words)


def word_q(text: str, charset: str = "UTF-8") -> str:
    """RFC 2047 encoded words in Q."""
    words, current = [], ""
    for character in text:
        raw = character.encode(charset)
        piece = "_" if character == " " else "".join(
            chr(b) if chr(b).isascii() and chr(b).isalnum() else f"={b:02X}" for b in raw)
        if len(current) + len(piece) > 60 - len(charset):
            words.append(current)
            current = ""
        current += piece
    return "\r\n ".join(f"=?{charset}?Q?{word}?=" for word in words + [current])


def rfc2231(text: str, charset: str = "UTF-8") -> str:
    """The value of an extended parameter: charset''percent-encoded."""
    raw = text.encode(charset)
    return f"{charset}''" + "".join(
        chr(b) if chr(b).isascii() and (chr(b).isalnum() or chr(b) in "-._~") else f"%{b:02X}" for b in raw)


def rfc2231_continued(name: str, text: str, charset: str = "UTF-8", width: int = 40) -> list[str]:
    """name*0*=…; name*1*=… in lines."""
    value, rows, number = rfc2231(text, charset), [], 0
    while value:
        cut = width
        while cut < len(value) and ("%" in value[cut - 2:cut]):
            cut -= 1
        rows.append(f"{name}*{number}*={value[:cut]}")
        value, number = value[cut:], number + 1
    return rows


def outlook(sender: str, to: str, subject: str, mid: str = "01d9af3c$6b0ea8f0$412bfad0$") -> list[str]:
    """Outlook 2016 over SMTP: quoted display names, Thread-Index, boundary ----=_NextPart."""
    return [f"From: {sender}", f"To: {to}", f"Subject: {subject}", "Date: Mon, 6 May 2024 08:12:44 +0700",
            f"Message-ID: <{mid}@example.com>", "MIME-Version: 1.0", "X-Mailer: Microsoft Outlook 16.0",
            "Thread-Index: AQFq0V5o2rYFvWJ1x2m3k9a3b7n0Qw==", "Content-Language: vi"]


def exchange(sender: str, to: str, subject: str, mid: str = "SG2PR01MB2711A5C1D0") -> list[str]:
    """Exchange Online: long hop of X-MS-* lines before the ordinary ones."""
    return ["Received: from SG2PR01MB2711.apcprd01.example.com (2603:1096::10) by\r\n"
            " SG2PR01MB2755.apcprd01.example.com with HTTPS; Mon, 6 May 2024 01:12:40 +0000",
            f"From: {sender}", f"To: {to}", f"Subject: {subject}",
            "Thread-Topic: CV", "Thread-Index: AdqfXb0kQ2c7n8nXQ1iZkYy5J0xw3Q==",
            "Date: Mon, 6 May 2024 01:12:40 +0000", f"Message-ID:\r\n <{mid}@SG2PR01MB2711.apcprd01.example.com>",
            "Accept-Language: vi-VN, en-US", "Content-Language: vi-VN", "X-MS-Has-Attach: yes",
            "X-MS-TNEF-Correlator:", "x-ms-exchange-messagesentrepresentingtype: 1",
            "MIME-Version: 1.0"]


def zimbra(sender: str, to: str, subject: str, mid: str = "1337245619.88213.1714957964011") -> list[str]:
    """Zimbra web client."""
    return ["Date: Mon, 6 May 2024 08:12:44 +0700 (ICT)", f"From: {sender}", f"To: {to}",
            f"Message-ID: <{mid}.JavaMail.zimbra@example.com>", f"Subject: {subject}", "MIME-Version: 1.0",
            "X-Originating-IP: [192.0.2.77]",
            "X-Mailer: Zimbra 8.8.15_GA_4562 (ZimbraWebClient - GC124 (Win)/8.8.15_GA_4571)",
            "Thread-Index: RZ2b9nH7hJ5X3uU9o2dC5m1WJx9kYw==", "Thread-Topic: CV"]


def thunderbird(sender: str, to: str, subject: str, mid: str = "6e0b1a4b-1c35-4d58-9d4e-3b1f1e8c3c52") -> list[str]:
    """Thunderbird 115."""
    return [f"Message-ID: <{mid}@example.com>", f"Date: {STANDARD_DATE}", "MIME-Version: 1.0",
            "User-Agent: Mozilla Thunderbird", "Content-Language: vi", f"To: {to}", f"From: {sender}",
            f"Subject: {subject}"]


def gmail(sender: str, to: str, subject: str, mid: str = "CAJ4v9kT2mXw5oY8pQ1rZ7sU3dE6fG0hK") -> list[str]:
    """Gmail: MIME-Version first, Message-ID CA….mail.gmail.com."""
    return ["X-Gm-Message-State: AOJu0YwH2l4hJ5mZ4y1XHVvV1n9m0W3q5r7t9u1v3x5z7b9d",
            "MIME-Version: 1.0", f"From: {sender}", "Date: Mon, 6 May 2024 08:12:44 +0700",
            f"Message-ID: <{mid}@mail.example.com>", f"Subject: {subject}", f"To: {to}"]


def apple(sender: str, to: str, subject: str, mid: str = "8A1E9C37-4E0F-4C55-8A0D-6B7E5F6A1B2C") -> list[str]:
    """Apple Mail."""
    return [f"From: {sender}", "Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3774.500.171.1.1\\))",
            f"Subject: {subject}", f"Message-Id: <{mid}@example.com>", "Date: Mon, 6 May 2024 08:12:44 +0700",
            f"To: {to}", "X-Mailer: Apple Mail (2.3774.500.171.1.1)"]


def iphone(sender: str, to: str, subject: str, mid: str = "C0D5E2A1-77B5-4F0E-9B64-0E4C8A3B5D11") -> list[str]:
    """Mail on an iPhone."""
    return [f"From: {sender}", "Mime-Version: 1.0 (1.0)", "Date: Mon, 6 May 2024 08:12:44 +0700",
            f"Subject: {subject}", f"Message-Id: <{mid}@example.com>", f"To: {to}", "X-Mailer: iPhone Mail (21E236)"]


def roundcube(sender: str, to: str, subject: str, mid: str = "9f4a1c7e0d3b52a86b7e4f1d2c3a5b60") -> list[str]:
    """Roundcube."""
    return ["MIME-Version: 1.0", f"Date: {STANDARD_DATE}", f"From: {sender}", f"To: {to}",
            f"Subject: {subject}", "User-Agent: Roundcube Webmail/1.6.6", f"Message-ID: <{mid}@example.com>",
            "X-Sender: nguoigui@example.com"]


def mailx(sender: str, to: str, subject: str, mid: str = "20240506011244.4B1C52E0A3C") -> list[str]:
    """bsd-mailx through sendmail: few headers, no MIME unless said."""
    return [f"To: {to}", f"Subject: {subject}", f"Message-Id: <{mid}@may-chu.example.com>",
            f"Date: {STANDARD_DATE} (+07)", f"From: {sender}"]


def sendmail(sender: str, to: str, subject: str, mid: str = "202405060112.4461CiXq012345") -> list[str]:
    """sendmail 8: a Received line of its own in front."""
    return ["Received: (from root@localhost)\r\n\tby may-chu.example.com (8.17.1/8.17.1/Submit) id 4461CiXq012345;\r\n"
            "\tMon, 6 May 2024 08:12:44 +0700", f"Date: {STANDARD_DATE}", f"From: {sender}",
            f"Message-Id: <{mid}@may-chu.example.com>", f"To: {to}", f"Subject: {subject}"]


def mutt(sender: str, to: str, subject: str, mid: str = "ZjgqnE3x1kPq7bYl@may-tram") -> list[str]:
    """mutt."""
    return [f"Date: {STANDARD_DATE}", f"From: {sender}", f"To: {to}", f"Subject: {subject}",
            f"Message-ID: <{mid}>", "MIME-Version: 1.0"]


def samsung(sender: str, to: str, subject: str, mid: str = "m7k2p9xw4t1q.1714957964011") -> list[str]:
    """The mail program of Android phones (Samsung)."""
    return [f"Date: {STANDARD_DATE}", f"Subject: {subject}", f"Message-ID: <{mid}@email.android.com>",
            f"From: {sender}", f"To: {to}", "MIME-Version: 1.0"]


def yahoo(sender: str, to: str, subject: str, mid: str = "1842330711.2044137.1714957964011") -> list[str]:
    """Yahoo web mail."""
    return ["Date: Mon, 6 May 2024 01:12:44 +0000 (UTC)", f"From: {sender}", f"To: {to}",
            f"Message-ID: <{mid}@mail.example.com>", f"Subject: {subject}", "MIME-Version: 1.0",
            "X-Mailer: WebService/1.1.22321 YMailNorrin"]


def phpmailer(sender: str, to: str, subject: str, mid: str = "p0q8r3s6t1u4v9w2x7y5z0") -> list[str]:
    """A web portal with PHPMailer."""
    return [f"Date: {STANDARD_DATE}", f"To: {to}", f"From: {sender}", f"Subject: {subject}",
            f"Message-ID: <{mid}@cong-thong-tin.example.org>",
            "X-Mailer: PHPMailer 6.8.0 (https://github.com/PHPMailer/PHPMailer)", "MIME-Version: 1.0"]
