"""Encodes Vietnamese as it was written before Unicode, with other tables than gacthu's.

iconv does TCVN 5712-1, VISCII and windows-1258. The tables of VPS and VNI are what GNU recode 3.7 prints for
each letter, with two of its errors put right as docs/vietnamese.md proves (VPS Ỗ; VNI Ắ and Ằ change places).
VIQR is made from the decomposition by RFC 1456.
"""

import re
import subprocess
import unicodedata

VPS = """
    À80 Ác1 Âc2 Ã82 Èd7 Éc9 Êca Ìb5 Íb4 Òbc Ób9 Ôd4 Õbe Ùa8
    Úda Ýdd àe0 áe1 âe2 ãe3 èe8 ée9 êea ìec íed òf2 óf3 ôf4
    õf5 ùf9 úfa ý9a Ă88 ăe6 Đf1 đc7 Ĩb8 ĩef Ũac ũdb Ơf7 ơd6
    Ưd0 ưdc Ạ02 ạe5 Ả81 ảe4 Ấ83 ấc3 Ầ84 ầc0 Ẩ85 ẩc4 Ẫ1c ẫc5
    Ậ03 ậc6 Ắ8d ắa1 Ằ8e ằa2 Ẳ8f ẳa3 Ẵf0 ẵa4 Ặ04 ặa5 Ẹ05 ẹcb
    Ẻde ẻc8 Ẽfe ẽeb Ế90 ế89 Ề93 ề8a Ể94 ể8b Ễ95 ễcd Ệ06 ệ8c
    Ỉb7 ỉcc Ị10 ịce Ọ11 ọ86 Ỏbd ỏd5 Ố96 ốd3 Ồ97 ồd2 Ổ98 ổb0
    Ỗ99 ỗ87 Ộ12 ộb6 Ớ9d ớa7 Ờ9e ờa9 Ở9f ởaa Ỡa6 ỡab Ợ13 ợae
    Ụ14 ụf8 Ủd1 ủfb Ứad ứd9 Ừaf ừd8 Ửb1 ửba Ữ1d ữbb Ự15 ựbf
    Ỳb2 ỳff Ỵ19 ỵ9c Ỷfd ỷ9b Ỹb3 ỹcf
"""
VNI = """
    À41d8 Á41d9 Â41c2 Ã41d5 È45d8 É45d9 Ê45c2 Ìcc Ícd Ò4fd8 Ó4fd9 Ô4fc2 Õ4fd5 Ù55d8
    Ú55d9 Ý59d9 à61f8 á61f9 â61e2 ã61f5 è65f8 é65f9 ê65e2 ìec íed ò6ff8 ó6ff9 ô6fe2
    õ6ff5 ù75f8 ú75f9 ý79f9 Ă41ca ă61ea Đd1 đf1 Ĩd3 ĩf3 Ũ55d5 ũ75f5 Ơd4 ơf4
    Ưd6 ưf6 Ạ41cf ạ61ef Ả41db ả61fb Ấ41c1 ấ61e1 Ầ41c0 ầ61e0 Ẩ41c5 ẩ61e5 Ẫ41c3 ẫ61e3
    Ậ41c4 ậ61e4 Ắ41c9 ắ61e9 Ằ41c8 ằ61e8 Ẳ41da ẳ61fa Ẵ41dc ẵ61fc Ặ41cb ặ61eb Ẹ45cf ẹ65ef
    Ẻ45db ẻ65fb Ẽ45d5 ẽ65f5 Ế45c1 ế65e1 Ề45c0 ề65e0 Ể45c5 ể65e5 Ễ45c3 ễ65e3 Ệ45c4 ệ65e4
    Ỉc6 ỉe6 Ịd2 ịf2 Ọ4fcf ọ6fef Ỏ4fdb ỏ6ffb Ố4fc1 ố6fe1 Ồ4fc0 ồ6fe0 Ổ4fc5 ổ6fe5
    Ỗ4fc3 ỗ6fe3 Ộ4fc4 ộ6fe4 Ớd4d9 ớf4f9 Ờd4d8 ờf4f8 Ởd4db ởf4fb Ỡd4d5 ỡf4f5 Ợd4cf ợf4ef
    Ụ55cf ụ75ef Ủ55db ủ75fb Ứd6d9 ứf6f9 Ừd6d8 ừf6f8 Ửd6db ửf6fb Ữd6d5 ữf6f5 Ựd6cf ựf6ef
    Ỳ59d8 ỳ79f8 Ỵce ỵee Ỷ59db ỷ79fb Ỹ59d5 ỹ79f5
"""

SHAPE = {"\u0302": "^", "\u0306": "(", "\u031b": "+"}
TONE = {"\u0300": "`", "\u0309": "?", "\u0303": "~", "\u0301": "'", "\u0323": "."}
MARKS = "".join(SHAPE.values()) + "".join(TONE.values()) + "*"


def table(text: str) -> dict[str, bytes]:
    return {word[0]: bytes.fromhex(word[1:]) for word in text.split()}


TABLES = {"vps": table(VPS), "vni": table(VNI)}


def iconv(sentences: list[str], charset: str) -> list[bytes | None]:
    """Each sentence in the charset; None where it has no place for a letter. One run of iconv for as many as it can."""
    if not sentences:
        return []
    done = subprocess.run(["iconv", "-f", "UTF-8", "-t", charset], input="\n".join(sentences).encode(), capture_output=True, check=False)
    lines = done.stdout.split(b"\n")
    if done.returncode == 0 and len(lines) == len(sentences):
        return lines
    if len(sentences) == 1:
        return [None]
    half = len(sentences) // 2
    return iconv(sentences[:half], charset) + iconv(sentences[half:], charset)


def by_table(sentence: str, letters: dict[str, bytes]) -> bytes | None:
    out = []
    for c in sentence:
        if c in letters:
            out.append(letters[c])
        elif ord(c) < 0x80:
            out.append(c.encode())
        else:
            return None
    return b"".join(out)


def abc() -> dict[str, bytes]:
    """TCVN3 as the ABC fonts have it: the small letters of TCVN 5712, capitals only without a tone."""
    letters = [chr(c) for c in [*range(0xC0, 0x1B1), *range(0x1EA0, 0x1EFA)] if "LATIN" in unicodedata.name(chr(c), "")]
    small = {c: raw for c, raw in zip(letters, iconv(letters, "TCVN5712-1")) if raw and len(raw) == 1 and raw[0] >= 0xA0}
    table = {c: raw for c, raw in small.items() if c.islower() or c in "ĂÂÊÔƠƯĐ"}
    for c in letters:
        if c.isupper() and c not in table and c.lower() in small:
            table[c] = small[c.lower()]
    return table


def viqr(sentence: str, escapes: bool) -> str | None:
    out = ""
    for c in sentence:
        if c in "đĐ":
            out += "dd" if c == "đ" else "DD"
        elif ord(c) < 0x80:
            # What would be read as a mark or as đ is escaped.
            last = re.search(r"([aeiouyAEIOUY])([\^(+*]?)['`?~.]?$", out)
            if escapes and ((c in MARKS and last and not out.endswith("\\")) or (c in "dD" and out[-1:] in ("d", "D"))) or c == "\\":
                out += "\\"
            out += c
        else:
            base, *marks = unicodedata.normalize("NFD", c)
            if ord(base) > 0x7F or any(mark not in SHAPE and mark not in TONE for mark in marks):
                return None
            out += base + "".join(SHAPE[m] for m in marks if m in SHAPE) + "".join(TONE[m] for m in marks if m in TONE)
    return out


def mojibake(text: str) -> str:
    """UTF-8 read as windows-1252 as browsers do (the five free bytes are C1 controls)."""
    return as_1252(text.encode())


def as_1252(raw: bytes) -> str:
    return "".join(bytes([b]).decode("cp1252") if b not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(b) for b in raw)


def encoded(sentences: list[str]) -> dict[str, list[tuple[str, str | bytes | None]]]:
    """By encoding: for each sentence what a reader would get, as text inside Unicode and as bytes."""
    found: dict[str, list] = {}
    for name, charset in (("tcvn3 (iconv)", "TCVN5712-1"), ("viscii", "VISCII"), ("windows-1258", "CP1258")):
        found[name] = iconv(sentences, charset)
    abc_letters = abc()
    found["tcvn3 (ABC)"] = [by_table(s, abc_letters) for s in sentences]
    for name in ("vni", "vps"):
        found[name] = [by_table(s, TABLES[name]) for s in sentences]
    both = {}
    for name, encodings in found.items():
        both[f"{name}, bytes"] = encodings
        both[f"{name}, inside Unicode"] = [as_1252(raw) if raw is not None else None for raw in encodings]
    both["viqr (RFC 1456)"] = [viqr(s, True) for s in sentences]
    both["viqr (no escapes)"] = [viqr(s, False) for s in sentences]
    both["UTF-8 as windows-1252"] = [mojibake(s) for s in sentences]
    both["UTF-8 as ISO 8859-1"] = [s.encode().decode("latin-1") for s in sentences]
    both["UTF-8 as windows-1252, twice"] = [mojibake(mojibake(s)) for s in sentences]
    return both
