"""Fonts for the makers of the marks evaluation, built with fontTools from DejaVu Serif and Sans.

`.VnTime`, `.VnTimeH` and `VNI-Times` have Vietnamese shapes at the codes of TCVN3 and VNI, so that a page really
shows MẬT where its text says mËt. "Van Ban Serif" is plain Unicode. All without hints: only subsets reach the corpus.
"""

import subprocess
import sys
from pathlib import Path

from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

import marks_code

DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
MARKS = {"ù": (0x301,), "ø": (0x300,), "û": (0x309,), "õ": (0x303,), "ï": (0x323,), "â": (0x302,), "á": (0x302, 0x301), "à": (0x302, 0x300), "å": (0x302, 0x309),
         "ã": (0x302, 0x303), "ä": (0x302, 0x323), "ê": (0x306,), "é": (0x306, 0x301), "è": (0x306, 0x300), "ú": (0x306, 0x309), "ü": (0x306, 0x303), "ë": (0x306, 0x323)}
WHOLE = {"ñ": "đ", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "ô": "ơ", "ö": "ư", "î": "ỵ"}


def base(source: str) -> TTFont:
    font = TTFont(DEJAVU / source)
    options = Options()
    options.hinting, options.layout_features, options.name_IDs, options.notdef_outline = False, [], ["*"], True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[*range(0x20, 0x17F), 0x1A0, 0x1A1, 0x1AF, 0x1B0, *range(0x300, 0x30A), 0x31B, 0x323, 0x2060, 0x200C, 0xFEFF, *range(0x1EA0, 0x1EFA),
                                 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026, 0x200B, 0x41C, 0x422, 0x406, 0x423, *range(0xFF21, 0xFF3B)])
    subsetter.subset(font)
    return font


def name(font: TTFont, family: str) -> TTFont:
    for record in font["name"].names:
        if record.nameID in (1, 4, 16):
            record.string = family
        elif record.nameID == 6:
            record.string = family.replace(" ", "")
        elif record.nameID in (3,):
            record.string = family + " gacthu"
    return font


def remap(font: TTFont, wanted: dict[int, str]) -> TTFont:
    """`wanted`: code → the character whose shape stands there."""
    shapes = font.getBestCmap()
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap = {**{code: shape for code, shape in table.cmap.items() if code < 0x7F}, **{code: shapes[ord(char)] for code, char in wanted.items() if ord(char) in shapes}}
    return font


def tcvn3(capital: bool) -> TTFont:
    table = {code: char for char, code in marks_code.by_iconv("TCVN5712-1").items() if 0xA1 <= code <= 0xFE and len(char) == 1}
    wanted = {code: char.upper() if capital else char for code, char in table.items()}
    if capital:
        wanted.update({code: chr(code).upper() for code in range(ord("a"), ord("z") + 1)})
    return remap(base("DejaVuSerif.ttf"), wanted)


def vni() -> TTFont:
    font = base("DejaVuSerif.ttf")
    shapes, glyphs = font.getBestCmap(), font.getGlyphSet()
    wanted = {ord(code): char for code, char in WHOLE.items()}
    wanted.update({ord(code.upper()): char.upper() for code, char in WHOLE.items()})
    made = {}
    for code, signs in MARKS.items():
        for char, rise in ((code, 0), (code.upper(), 350)):
            pen = TTGlyphPen(glyphs)
            for number, sign in enumerate(signs):
                pen.addComponent(shapes[sign], (1, 0, 0, 1, 0, (rise + 250 * number) if sign != 0x323 else 0))
            glyph = pen.glyph()
            made[ord(char)] = (f"vni{ord(char):02X}", glyph)
    order = font.getGlyphOrder()
    for shape, glyph in made.values():
        order.append(shape)
        font["glyf"].glyphs[shape] = glyph
        font["hmtx"].metrics[shape] = (0, 0)
    font.setGlyphOrder(order)
    font["glyf"].glyphOrder = order
    remap(font, wanted)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap.update({code: shape for code, (shape, _) in made.items()})
    return font


def write(folder: Path) -> dict[str, Path]:
    """All fonts as files; answers family → path."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {"Van Ban Serif": base("DejaVuSerif.ttf"), "Van Ban Sans": base("DejaVuSansCondensed.ttf"), ".VnTime": tcvn3(False), ".VnTimeH": tcvn3(True), "VNI-Times": vni()}
    paths = {}
    for family, font in made.items():
        paths[family] = folder / f"{family.strip('.').replace(' ', '')}.ttf"
        name(font, family).save(paths[family])
    subprocess.run(["fc-cache", "-f", str(folder)], check=False)
    return paths


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
