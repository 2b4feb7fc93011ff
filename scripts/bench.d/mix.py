"""The messages of the bench: made from a seed, the same bytes on every machine.

Sizes are log-normal with a median of 6 KB (the quantiles themselves, so that the median of 400
messages is the median of the distribution), about 30 headers, 60% multipart/alternative, and in
the larger ones attachments up to 1 MB: documents, pictures, archives; no executables, so that a
policy of the provinces has nothing to refuse. Vietnamese text in quoted-printable, base64 and
8bit. Nothing of the standard library's email package is used: its output changes with versions.
"""

import argparse
import base64
import io
import math
import os
import quopri
import random
import statistics
import sys
import zipfile

MEDIAN = 6 * 1024
SIGMA = 1.5
SMALLEST, LARGEST = 2200, 1_400_000
COUNT = 400

WORDS = (
    "Ủy ban nhân dân tỉnh ban hành quyết định về việc quản lý vận hành khai thác sử dụng hệ thống "
    "thư điện tử công vụ đề nghị các sở ngành địa phương báo cáo tình hình thực hiện nhiệm vụ "
    "trong tháng kế hoạch công tác cuộc họp giao ban văn phòng gửi kèm tài liệu để đồng chí "
    "nghiên cứu cho ý kiến trước ngày trân trọng cảm ơn chuyên viên phòng hành chính tổng hợp "
    "please find attached the minutes of our meeting and the draft report kind regards"
).split()
PRODUCERS = (
    "Zimbra 8.8.15_GA_4304 (ZimbraWebClient - GC119 (Win)/8.8.15_GA_4304)",
    "Microsoft Outlook 16.0",
    "Mozilla Thunderbird 115.8",
    "Roundcube Webmail/1.6.5",
    "iPhone Mail (21D50)",
)


def words(rng, size):
    """About `size` bytes of running text in lines of at most 76 characters."""
    lines, line, total = [], "", 0
    while total < size:
        word = rng.choice(WORDS)
        if len(line) + len(word) > 75:
            lines.append(line)
            total += len(line.encode()) + 1
            line = ""
            if rng.random() < 0.1:
                lines.append("")
        line = f"{line} {word}".strip()
    lines.append(line)
    return "\n".join(lines) + "\n"


def token(rng, length):
    """Letters and digits that look like an identifier."""
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))


def b64_lines(data):
    """Base64 in lines of 76 characters."""
    text = base64.b64encode(data).decode()
    return "".join(text[i : i + 76] + "\n" for i in range(0, len(text), 76))


def random_bytes(rng, size):
    """Bytes that do not compress, as the inside of a picture or of a compressed document."""
    return rng.randbytes(size)


def office_file(rng, size):
    """A ZIP with the members of a .docx; stored, so that its size is what was asked for."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        for name, data in (
            ("[Content_Types].xml", b'<?xml version="1.0"?><Types/>'),
            ("_rels/.rels", b'<?xml version="1.0"?><Relationships/>'),
            ("word/document.xml", b"<w:document>" + words(rng, size // 8).encode() + b"</w:document>"),
            ("word/media/image1.png", b"\x89PNG\r\n\x1a\n" + random_bytes(rng, size * 3 // 4)),
        ):
            z.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)), data)
    return out.getvalue()


def attachment(rng, size):
    """One attachment of about `size` bytes: (declared type, name, content)."""
    kind = rng.choice(("pdf", "pdf", "docx", "docx", "png", "jpg", "txt"))
    name = f"{rng.choice(('bao-cao', 'ke-hoach', 'quyet-dinh', 'hinh-anh'))}-{token(rng, 4)}.{kind}"
    if kind == "pdf":
        return "application/pdf", name, b"%PDF-1.7\n" + random_bytes(rng, size) + b"\n%%EOF\n"
    if kind == "docx":
        mime = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        return mime, name, office_file(rng, size)
    if kind == "png":
        return "image/png", name, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + random_bytes(rng, size)
    if kind == "jpg":
        return "image/jpeg", name, b"\xff\xd8\xff\xe0\0\x10JFIF\0" + random_bytes(rng, size)
    return "text/plain; charset=utf-8", name, words(rng, size).encode()


def headers(rng, number):
    """About thirty headers, as a message has after two relays with DKIM and ARC."""
    sender, here = f"{token(rng, 7)}@example.net", "mail.example.vn"
    out = []
    for hop in range(3):
        out.append(
            f"Received: from relay{hop}.example.net (relay{hop}.example.net [192.0.2.{rng.randrange(1, 250)}])\n"
            f"\tby {here if hop == 0 else f'relay{hop - 1}.example.net'} (Postfix) with ESMTPS id {token(rng, 11).upper()}\n"
            f"\tfor <nguoi.nhan@example.vn>; Mon,  5 Jan 2026 08:{rng.randrange(10, 60)}:11 +0700 (ICT)"
        )
    signature = base64.b64encode(rng.randbytes(128)).decode()
    folded = "\n\t ".join(signature[i : i + 64] for i in range(0, len(signature), 64))
    out += [
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net;\n\ts=mail; t=1767575411;"
        f" bh={base64.b64encode(rng.randbytes(32)).decode()};\n\th=From:To:Subject:Date;\n\tb={folded}",
        f"ARC-Seal: i=1; a=rsa-sha256; d=example.net; s=arc; cv=none;\n\tb={folded}",
        f"ARC-Authentication-Results: i=1; {here}; spf=pass; dkim=pass header.d=example.net",
        f"Authentication-Results: {here}; dkim=pass header.d=example.net; spf=pass smtp.mailfrom={sender}",
        f"Received-SPF: pass (example.net: 192.0.2.7 is permitted) client-ip=192.0.2.7; envelope-from={sender};",
        f"Message-ID: <{token(rng, 20)}.{number}@example.net>",
        "Date: Mon, 05 Jan 2026 08:10:11 +0700",
        "MIME-Version: 1.0",
        f"From: =?UTF-8?B?{base64.b64encode('Nguyễn Văn An'.encode()).decode()}?= <{sender}>",
        "To: =?UTF-8?Q?V=C4=83n_ph=C3=B2ng?= <nguoi.nhan@example.vn>",
        f"Cc: van.thu.{token(rng, 3)}@example.vn, tong.hop@example.vn",
        f"Reply-To: {sender}",
        f"Subject: =?UTF-8?B?{base64.b64encode(words(rng, 40).strip().replace(chr(10), ' ').encode()).decode()}?=",
        f"In-Reply-To: <{token(rng, 20)}@example.vn>",
        f"References: <{token(rng, 20)}@example.vn>\n <{token(rng, 20)}@example.net>",
        f"X-Mailer: {rng.choice(PRODUCERS)}",
        f"X-Originating-IP: [192.0.2.{rng.randrange(1, 250)}]",
        f"Thread-Topic: {token(rng, 12)}",
        f"Thread-Index: {base64.b64encode(rng.randbytes(22)).decode()}",
        "X-Priority: 3",
        "Importance: Normal",
        "Content-Language: vi",
        "Accept-Language: vi-VN, en-US",
        f"List-Unsubscribe: <https://example.net/u/{token(rng, 16)}>",
        f"X-Spam-Status: No, score=-1.{rng.randrange(10)} required=5.0",
    ]
    return out


def text_part(rng, subtype, size):
    """A text part of about `size` encoded bytes: (header lines, encoded body)."""
    encoding = rng.choice(("quoted-printable", "base64", "8bit"))
    # Vietnamese grows by about 1.9 in quoted-printable and 1.37 in base64
    text = words(rng, max(40, int(size / {"quoted-printable": 1.9, "base64": 1.37, "8bit": 1}[encoding])))
    if subtype == "html":
        rows = "".join(f"<p>{line}</p>\n" for line in text.split("\n") if line)
        text = f"<html><body>\n{rows}</body></html>\n"
    data = text.encode()
    if encoding == "quoted-printable":
        body = quopri.encodestring(data).decode("ascii")
    elif encoding == "base64":
        body = b64_lines(data)
    else:
        body = text
    lines = [f"Content-Type: text/{subtype}; charset=utf-8", f"Content-Transfer-Encoding: {encoding}"]
    return lines, body


def multipart(rng, subtype, parts):
    """Parts (header lines, body) joined: (header lines, body)."""
    boundary = f"----=_Part_{token(rng, 18)}"
    body = "".join(f"--{boundary}\n" + "\n".join(lines) + f"\n\n{text}\n" for lines, text in parts)
    return [f'Content-Type: multipart/{subtype};\n boundary="{boundary}"'], f"{body}--{boundary}--\n"


def message(number, target, alternative, seed=2):
    """One message of about `target` bytes, as bytes with LF line ends."""
    rng = random.Random(f"gacthu-bench-{seed}-{number}")
    head = headers(rng, number)
    left = max(200, target - sum(len(h.encode()) + 1 for h in head) - 300)
    files = left > 24 * 1024
    text_size = min(left, rng.randrange(1500, 9000)) if files else left
    if alternative:
        content = multipart(
            rng,
            "alternative",
            [text_part(rng, "plain", text_size * 2 // 5), text_part(rng, "html", text_size * 3 // 5)],
        )
    else:
        content = text_part(rng, rng.choice(("plain", "plain", "html")), text_size)
    if files:
        parts, rest = [content], left - text_size
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            size = int(rest * rng.uniform(0.4, 0.8)) if len(parts) < 3 else rest
            rest -= size
            mime, name, data = attachment(rng, min(1024 * 1024, int(size / 1.37)))
            parts.append(
                (
                    [
                        f'Content-Type: {mime}; name="{name}"',
                        "Content-Transfer-Encoding: base64",
                        f'Content-Disposition: attachment; filename="{name}"',
                    ],
                    b64_lines(data),
                )
            )
            if rest < 20_000:
                break
        content = multipart(rng, "mixed", parts)
    lines, body = content
    return ("\n".join(head + lines) + "\n\n" + body).encode()


def sizes(count):
    """The quantiles of the log-normal distribution, cut at both ends."""
    normal = statistics.NormalDist()
    for i in range(count):
        size = MEDIAN * math.exp(SIGMA * normal.inv_cdf((i + 0.5) / count))
        yield int(min(LARGEST, max(SMALLEST, size)))


def write_mix(folder, count=COUNT, seed=2):
    """Writes the mix to `folder` as NNNN.eml; returns what was written, in figures."""
    os.makedirs(folder, exist_ok=True)
    written = []
    largest = count - 1
    for number, size in enumerate(sizes(count)):
        # the very largest carries the attachment of 1 MB
        data = message(number, LARGEST if number == largest else size, number % 5 < 3, seed)
        with open(os.path.join(folder, f"{number:04}.eml"), "wb") as f:
            f.write(data)
        written.append(len(data))
    written.sort()
    return {
        "messages": count,
        "seed": seed,
        "median_bytes": statistics.median(written),
        "mean_bytes": round(statistics.mean(written)),
        "p95_bytes": written[int(count * 0.95)],
        "max_bytes": written[-1],
        "total_bytes": sum(written),
    }


def main():
    """Writes the mix to a folder and prints its figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("folder", help="where to write NNNN.eml")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=2)
    args = parser.parse_args()
    if not 1 <= args.count <= 100_000:
        parser.error("--count wants 1 to 100000")
    print(write_mix(args.folder, args.count, args.seed))


if __name__ == "__main__":
    sys.exit(main())
