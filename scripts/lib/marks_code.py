"""Encodings and disguises of the marks evaluation.

The single-byte tables come from glibc's iconv (TCVN5712-1, VISCII) and Python's cp1252/cp1258; VNI, which neither
knows, is written here from its rule: base letter, then one sign. Needs `iconv`; only the makers of files use this.
"""

import random
import subprocess
import unicodedata
from functools import cache

VOWELS = "aăâeêioôơuưy"
TONES = {"\u0301": "aS", "\u0300": "aF", "\u0309": "aR", "\u0303": "aX", "\u0323": "aJ"}
# encodings whose letters stand in Unicode documents, and the fonts that make them readable
FONTS = {"tcvn3h": (".VnTime", ".VnTimeH"), "tcvn3caps": (".VnTime", ".VnTimeH"), "tcvn3mark": (None, ".VnTimeH"),
         "vni": ("VNI-Times", "VNI-Times")}
PASTED = ("tcvn3base", "tcvn3-1252", "vni-1252", "mojibake", "cp1258-1252")          # no font tells of them
RAW = {"tcvn3raw": ("iso-8859-1", "x-viet-tcvn", "us-ascii", "windows-1252"), "vniraw": ("iso-8859-1", "x-viet-vni", "windows-1252"),
       "visciiraw": ("viscii", "iso-8859-1"), "cp1258raw": ("windows-1258", "windows-1252"), "utf16raw": ("utf-16",)}


@cache
def by_iconv(charset: str) -> dict[str, int]:
    """Character → byte, for every byte that iconv decodes by itself to one character."""
    table = {}
    for byte in range(1, 256):
        done = subprocess.run(["iconv", "-f", charset, "-t", "UTF-8"], input=bytes([byte]), capture_output=True, check=False)
        text = unicodedata.normalize("NFC", done.stdout.decode("utf-8", "replace"))
        if done.returncode == 0 and len(text) == 1:
            table.setdefault(text, byte)
    return table


def tcvn3(text: str, capitals: str) -> str:
    """TCVN3 letters as cp1252 shows them. `capitals`: lower (for a …H font), caps (accented letters by their small
    codes, the rest capital), base (capital vowel, then the code of the small letter, as converters write it)."""
    table, out = by_iconv("TCVN5712-1"), []
    for char in unicodedata.normalize("NFC", text):
        small = char.lower()
        code = table.get(small)
        if code is None or code < 0x80:
            out.append(char.lower() if capitals == "lower" else char)
        elif char == small or capitals in ("lower", "caps"):
            plain = table.get(char) if capitals == "caps" and char in "ĂÂĐÊÔƠƯ" else code
            out.append(chr(plain))
        else:
            base = unicodedata.normalize("NFD", char)
            vowel = unicodedata.normalize("NFC", "".join(c for c in base if c not in TONES))
            out.append((chr(table[vowel]) if ord(vowel) > 127 else vowel) + (chr(code) if vowel != char else ""))
    # what cp1252 shows for the codes 0x80 to 0x9F is no letter of TCVN3's upper half: nothing to map
    return "".join(out)


VNI_TONE = {"\u0301": "ù", "\u0300": "ø", "\u0309": "û", "\u0303": "õ", "\u0323": "ï"}
VNI_HAT = {"": "â", "\u0301": "á", "\u0300": "à", "\u0309": "å", "\u0303": "ã", "\u0323": "ä"}
VNI_BREVE = {"": "ê", "\u0301": "é", "\u0300": "è", "\u0309": "ú", "\u0303": "ü", "\u0323": "ë"}
VNI_I = {"\u0301": "í", "\u0300": "ì", "\u0309": "æ", "\u0303": "ó", "\u0323": "ò"}


def vni(text: str) -> str:
    """VNI-Windows letters as cp1252 shows them."""
    out = []
    for char in unicodedata.normalize("NFC", text):
        small, parts = char.lower(), unicodedata.normalize("NFD", char.lower())
        base, signs = parts[0], parts[1:]
        tone = next((sign for sign in signs if sign in TONES), "")
        if small == "đ":
            made = "ñ"
        elif not signs:
            made = small
        elif base == "i":
            made = VNI_I[tone]
        elif "\u0302" in signs:
            made = base + VNI_HAT[tone]
        elif "\u0306" in signs:
            made = base + VNI_BREVE[tone]
        elif "\u031b" in signs:
            made = {"o": "ô", "u": "ö"}[base] + VNI_TONE.get(tone, "")
        elif small == "ỵ":
            made = "î"
        elif tone:
            made = base + VNI_TONE[tone]
        else:
            made = small
        out.append(made.upper() if char != small else made)
    return "".join(out)


def viscii(text: str) -> bytes:
    table = by_iconv("VISCII")
    return bytes(table[char] if char in table else ord("?") for char in unicodedata.normalize("NFC", text))


def cp1258(text: str) -> bytes:
    """Base letters composed, tones as combining marks after them."""
    out = []
    for char in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", char)
        tone = "".join(sign for sign in parts if sign in TONES)
        out.append(unicodedata.normalize("NFC", "".join(sign for sign in parts if sign not in TONES)) + tone)
    return "".join(out).encode("cp1258", "replace")


def as_1252(data: bytes) -> str:
    """As browsers read cp1252: the five holes are C1 controls."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)


class Ink:
    """Writes Vietnamese in one encoding: `say(text)` answers the characters to put and the font to put them in."""

    def __init__(self, encoding: str, font: str = "Van Ban Serif"):
        self.encoding, self.font = encoding, font

    def say(self, text: str, mark: bool = False) -> tuple[str, str]:
        capital = text == text.upper() and any(char.isalpha() for char in text)
        body_font, capital_font = FONTS.get(self.encoding, (None, None))
        match self.encoding:
            case "tcvn3h" | "tcvn3caps":
                form = ("lower" if self.encoding == "tcvn3h" else "caps") if capital else "caps"
                return tcvn3(text, form), capital_font if capital else body_font
            case "tcvn3mark":
                return (tcvn3(text, "lower"), capital_font) if mark else (text, self.font)
            case "vni":
                return vni(text), body_font
            case "nfd":
                return unicodedata.normalize("NFD", text), self.font
            case "tcvn3base":
                return tcvn3(text, "base"), self.font
            case "tcvn3-1252":
                return tcvn3(text, "caps"), self.font
            case "vni-1252":
                return vni(text), self.font
            case "mojibake":
                return as_1252(text.encode("utf-8")), self.font
            case "cp1258-1252":
                return as_1252(cp1258(text)), self.font
            case "cp1258raw":
                return cp1258(text).decode("cp1258"), self.font
        return text, self.font

    def raw(self, text: str, charset: str) -> bytes:
        """The bytes of a text part."""
        match self.encoding:
            case "tcvn3raw":
                return tcvn3(text, "caps").encode("latin-1", "replace")
            case "vniraw":
                return vni(text).encode("cp1252", "replace")
            case "visciiraw":
                return viscii(text)
            case "cp1258raw":
                return cp1258(text)
            case "utf16raw":
                return text.encode("utf-16")
        return self.say(text)[0].encode("utf-8")


LOOKALIKE = str.maketrans({"M": "М", "T": "Т", "I": "І", "Y": "У"})
FULLWIDTH = str.maketrans({"M": "Ｍ", "T": "Ｔ", "I": "Ｉ", "U": "Ｕ", "Y": "Ｙ"})
# the same mark with its tone on another letter or its signs in another order, as typing programs leave it
MOVED = {"MẬT": ["MA\u0323\u0302T", "M\u00c2\u0323T", "M\u1ea0\u0302T"],
         "TỐI": ["TÔÍ", "TO\u0302\u0301I", "T\u00d4\u0301I"], "TUYỆT": ["TUỴÊT", "TUYE\u0323\u0302T", "TUY\u00ca\u0323T"]}
UNICODE_ONLY = ("zerowidth", "softhyphen", "lookalike", "fullwidth", "tone")
LETTERS = ("none", "spaced", "vertical", "mixedcase", "framed", "punctuated", *UNICODE_ONLY)    # change the letters
STYLES = ("white", "hidden", "tiny", "split")                                                   # change how they are shown


def disguise(mark: str, name: str, dice: random.Random) -> list[str]:
    """The lines of a mark under a disguise of letters."""
    words = mark.split(" ")
    match name:
        case "spaced":
            gap = dice.choice([" ", " ", "\u00a0", "  "])
            return [(gap * 3).join(gap.join(word) for word in words)]
        case "punctuated":
            sign = dice.choice([".", "-", "_", "·"])
            return [" ".join(sign.join(word) for word in words)]
        case "vertical":
            return [letter for word in words for letter in word]
        case "mixedcase":
            return [dice.choice([mark.title(), mark.capitalize(), mark[0].lower() + mark[1:]])]
        case "framed":
            left, right = dice.choice([("- ", " -"), ("* ", " *"), ("[", "]"), ("(", ")"), ("== ", " =="), ("“", "”"), ("| ", " |")])
            return [left + mark + right]
        case "zerowidth":
            return [dice.choice(["\u200b", "\u200c", "\u2060", "\ufeff"]).join(mark)]
        case "softhyphen":
            return [" ".join("\u00ad".join(word) for word in words)]
        case "lookalike":
            return [mark.translate(LOOKALIKE)]
        case "fullwidth":
            return [mark.translate(FULLWIDTH)]
        case "tone":
            return [" ".join(dice.choice(MOVED[word]) if word in MOVED else word for word in words)]
    return [mark]


def pieces(text: str, dice: random.Random) -> list[str]:
    """A text cut into two to four pieces, for marks split over runs."""
    cuts = sorted(dice.sample(range(1, len(text)), min(len(text) - 1, dice.randint(1, 3)))) if len(text) > 1 else []
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)])]
