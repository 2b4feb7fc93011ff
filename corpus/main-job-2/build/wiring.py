"""Puts a message together byte by byte and states its facts from the payloads (numbers as the contract says)."""
import base64, hashlib, re, urllib.parse

NL = b"\r\n"


def b(x):
    return x if isinstance(x, bytes) else x.encode("utf-8")


def ew(text, cs="utf-8", how="B", size=None):
    """Encoded words; `size` characters in each, folded with CRLF and a space."""
    bits = [text[i:i + size] for i in range(0, len(text), size)] if size else [text]
    def one(bit):
        raw = bit.encode(cs.partition("*")[0])
        body = base64.b64encode(raw).decode() if how == "B" else "".join(chr(c) if chr(c).isalnum() and c < 128 else "_" if c == 32 else "=%02X" % c for c in raw)
        return f"=?{cs}?{how}?{body}?="
    return "\r\n ".join(map(one, bits))


def pct(text, cs="utf-8"):
    return urllib.parse.quote(text.encode(cs), safe="")


class Leaf:
    def __init__(self, head, payload, enc="7bit", role="text", names=(), exe=False, kinds=(), raw=None, width=76):
        self.head, self.payload, self.enc, self.role, self.names = [b(h) for h in head], payload if isinstance(payload, bytes) else payload.replace("\n", "\r\n").encode(), enc, role, list(names)
        self.exe, self.kinds, self.raw, self.width = exe, kinds, raw, width

    def body(self):
        if self.raw is not None:
            return self.raw
        if self.enc == "base64":
            text = base64.b64encode(self.payload)
            return NL.join(text[i:i + self.width] for i in range(0, len(text), self.width))
        if self.enc == "qp":
            return qp(self.payload)
        return self.payload


class Multi:
    def __init__(self, head, boundary, kids, pre=b"", post=b"", close=True):
        self.head, self.boundary, self.kids, self.pre, self.post, self.close = [b(h) for h in head], b(boundary), kids, pre, post, close


class Mail:
    """A message; as a child of a Multi or another Mail it needs `part_head`."""
    def __init__(self, head, body, part_head=(), names=()):
        self.head, self.body, self.part_head, self.names = [b(h) for h in head], body, [b(h) for h in part_head], list(names)


def qp(data, binary=False, lower=False):
    out, row = [], b""
    lines = [data] if binary else data.split(NL)
    for line in lines:
        row = b""
        for i, c in enumerate(line):
            last = i == len(line) - 1
            plain = 33 <= c <= 126 and c != 61 or (c in (32, 9) and not last and not binary)
            token = bytes([c]) if plain else (b"=%02x" if lower else b"=%02X") % c
            if len(row) + len(token) > 75:
                out.append(row + b"=")
                row = b""
            row += token
        out.append(row)
    return NL.join(out)


def part(p):
    if isinstance(p, Mail):
        return NL.join(p.part_head) + NL * (2 if p.part_head else 1) + wire(p)
    head = b"".join(h + NL for h in p.head) + NL
    if isinstance(p, Leaf):
        return head + p.body()
    out = head + (p.pre + NL if p.pre else b"")
    for kid in p.kids:
        out += b"--" + p.boundary + NL + part(kid) + NL
    return out + (b"--" + p.boundary + b"--" if p.close else b"") + (NL + p.post if p.post else b"")


def wire(mail):
    inner = mail.body
    out = b"".join(h + NL for h in mail.head)
    out += part(inner)
    return out if out.endswith(NL) else out + NL


def facts(mail):
    rows = []
    single(mail.body, "", rows, True)
    return rows


def single(body, prefix, rows, top):
    """The body of a message whose own part number is `prefix` ("" for the letter itself)."""
    if isinstance(body, Multi):
        return many(body, prefix, rows, top)
    return one(body, f"{prefix}.1" if prefix else "1", rows, top)


def many(multi, prefix, rows, top):
    total = 0
    for n, kid in enumerate(multi.kids, 1):
        number = f"{prefix}.{n}" if prefix else str(n)
        total += many(kid, number, rows, top) if isinstance(kid, Multi) else one(kid, number, rows, top)
    return total


def one(p, number, rows, top):
    if isinstance(p, Mail):
        row = dict(part=number, role="attachment", size=0, sha="", names=p.names, kinds=(), exe=False, top=top)
        rows.append(row)
        row["size"] = single(p.body, number, rows, False)
        return row["size"]
    rows.append(dict(part=number, role=p.role, size=len(p.payload), sha=hashlib.sha256(p.payload).hexdigest(),
                     names=p.names, kinds=p.kinds, exe=p.exe, top=top))
    return len(p.payload)


def structure(p):
    if isinstance(p, Mail):
        return f"rfc822({structure(p.body)})"
    kind = "text/plain"
    for h in p.head:
        m = re.match(rb"content-type:\s*([^;\s]+)", h, re.I)
        if m:
            kind = m.group(1).decode().lower()
    if isinstance(p, Multi):
        return f"{kind.partition('/')[2]}({', '.join(map(structure, p.kids))})"
    return f"{kind.replace('application/', 'app/')}:{p.enc}"
