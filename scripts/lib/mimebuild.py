"""Writes messages byte by byte, as the programs that we imitate write them, and states the facts of each.

Not built on Python's `email`: that would give every message the same shape. A message is a tree of
`Leaf`, `Multi` and `Attached`; `wire()` is what stands on the network (CRLF line ends), `facts()`
is what must be found in it. Facts come from the payloads that were put in, never from parsing.
"""

import base64
import hashlib
import quopri
from dataclasses import dataclass, field

CRLF = b"\r\n"


@dataclass
class Leaf:
    """One body: `headers` are complete header lines (str or bytes, folded with CRLF where wanted)."""
    headers: list
    payload: bytes
    encoding: str = "7bit"            # 7bit, 8bit, binary, base64, quoted-printable: how the payload is written
    role: str = "text"                # text, inline, attachment; "" = the manifest does not say
    names: list = field(default_factory=list)   # every reading of its name, the first is what people see
    kinds: list = field(default_factory=list)   # what its bytes are, where there is no doubt
    executable: bool = False
    width: int = 76                   # base64 line length
    tail: bytes = b""                 # bytes after the encoded body that are not part of it


@dataclass
class Multi:
    headers: list
    boundary: str
    children: list
    preamble: bytes = b""
    epilogue: bytes = b""
    close: bool = True


@dataclass
class Attached:
    """A whole message as a part (message/rfc822)."""
    headers: list
    message: "Message"
    names: list = field(default_factory=list)
    encoding: str = "7bit"
    role: str = "attachment"


@dataclass
class Message:
    headers: list
    body: object                      # Leaf, Multi or Attached; its own headers follow these


@dataclass
class Fact:
    """What must be found about one part."""
    part: str
    role: str
    size: int
    sha256: str                       # "" for attached messages, where only the size is stated
    names: list
    kinds: list
    executable: bool
    top: bool


def line(header) -> bytes:
    return (header if isinstance(header, bytes) else header.encode("utf-8")) + CRLF


def quoted_printable(payload: bytes) -> bytes:
    """CRLF stays a line break; everything else that is not plain is written =XX; lines of at most 76."""
    encoded = quopri.encodestring(payload.replace(CRLF, b"\n"), quotetabs=False)
    return encoded.replace(b"\n", CRLF)


def quoted_printable_binary(payload: bytes) -> bytes:
    """For bytes that are not text: CR and LF are escaped too, so nothing depends on line ends."""
    out, line_ = [], b""
    for byte in payload:
        token = bytes([byte]) if 33 <= byte <= 126 and byte != 61 else b"=%02X" % byte
        if len(line_) + len(token) > 75:
            out.append(line_ + b"=")
            line_ = b""
        line_ += token
    return CRLF.join(out + [line_])


def encoded(leaf: Leaf) -> bytes:
    if leaf.encoding == "base64":
        text = base64.b64encode(leaf.payload)
        rows = [text[at:at + leaf.width] for at in range(0, len(text), leaf.width)]
        return CRLF.join(rows) + leaf.tail
    if leaf.encoding == "quoted-printable":
        return quoted_printable(leaf.payload) + leaf.tail
    if leaf.encoding == "quoted-printable-binary":
        return quoted_printable_binary(leaf.payload) + leaf.tail
    return leaf.payload + leaf.tail


def part_wire(part) -> bytes:
    """A part with its own headers, without the CRLF that belongs to the next boundary."""
    head = b"".join(line(header) for header in part.headers)
    if isinstance(part, Leaf):
        return head + CRLF + encoded(part)
    if isinstance(part, Attached):
        inner = wire(part.message)
        if part.encoding == "base64":
            inner = base64.encodebytes(inner).replace(b"\n", CRLF).removesuffix(CRLF)
        return head + CRLF + inner
    marker = b"--" + part.boundary.encode("ascii")
    out = head + CRLF + (part.preamble + CRLF if part.preamble else b"")
    for child in part.children:
        out += marker + CRLF + part_wire(child) + CRLF
    return out + (marker + b"--" + (CRLF + part.epilogue if part.epilogue else b"") if part.close else b"")


def wire(message: Message) -> bytes:
    """The message as sent: always ends with CRLF, as SMTP would make it."""
    out = b"".join(line(header) for header in message.headers) + part_wire(message.body)
    return out if out.endswith(CRLF) else out + CRLF


def facts(message: Message) -> list[Fact]:
    """Parts in the order of the message, numbered like IMAP."""
    found: list[Fact] = []
    walk(message.body, "", found, True, single=True)
    return found


def walk(part, number: str, found: list, top: bool, single: bool = False) -> int:
    """Appends the facts of `part` and answers the sum of the sizes of its leaves."""
    here = (f"{number}.1" if number else "1") if single and not isinstance(part, Multi) else number
    if isinstance(part, Leaf):
        payload = part.payload
        if single and part.encoding in ("7bit", "8bit") and not payload.endswith(CRLF):
            payload += CRLF              # `wire` or SMTP ends the last line
        found.append(Fact(here, part.role, len(payload), hashlib.sha256(payload).hexdigest(),
                          part.names, part.kinds, part.executable, top))
        return len(payload)
    if isinstance(part, Attached):
        fact = Fact(here, part.role, 0, "", part.names, [], False, top)
        found.append(fact)
        fact.size = walk(part.message.body, here, found, False, single=True)
        return fact.size
    total = 0
    for index, child in enumerate(part.children, 1):
        total += walk(child, f"{here}.{index}" if here else str(index), found, top)
    return total


def totals(found: list[Fact]) -> tuple[int, int]:
    """Number and sum of the attachments that stand at the top, inline images apart."""
    counted = [fact for fact in found if fact.top and fact.role == "attachment"]
    return len(counted), sum(fact.size for fact in counted)
