"""Sentences for `scripts/eval legacy`: Vietnamese, and other languages and source code that must be left alone.

Read at run time from what is installed (message catalogues, manual pages, sources) and, for Vietnamese, from a
folder of texts (`--corpus`, or the shared ones beside the repository). Nothing of it is kept in the repository.
"""

import gettext
import gzip
import hashlib
import html
import re
import unicodedata
import zipfile
from pathlib import Path

SHARED = Path("/work/shared")
VIETNAMESE = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯàáãèéìíòóõùúýÀÁÃÈÉÌÍÒÓÕÙÚÝĩĨũŨ\u1ea0-\u1ef9]")
ONLY_VIETNAMESE = re.compile(r"[đơưăĐƠƯĂ\u1ea0-\u1ef9]")
LOCALES = Path("/usr/share/locale")


def held_out(sentence: str) -> bool:
    """One half for tuning, one half for the figures; which one depends on the words only."""
    return hashlib.sha256(sentence.encode()).digest()[0] & 1 == 1


def accented(sentence: str) -> int:
    return sum(1 for word in re.findall(r"[^\W\d_]+", sentence) if VIETNAMESE.search(word))


def vietnamese(folder: Path | None = None) -> list[str]:
    """Distinct Vietnamese sentences (NFC) with at least one letter that only Vietnamese has, sorted."""
    found: set[str] = set()
    for text in vietnamese_texts(folder):
        for sentence in sentences(text):
            if ONLY_VIETNAMESE.search(sentence):
                found.add(sentence)
    return sorted(found)


def vietnamese_texts(folder: Path | None):
    roots = [folder] if folder else [SHARED / "corpus-seed/vi-text", SHARED / "corpus-seed/vi-docs", SHARED / "regulations"]
    for root in roots:
        for path in sorted(root.rglob("*")) if root.exists() else []:
            if path.suffix == ".docx":
                yield docx(path)
            elif path.name == "viscii.txt" or not path.is_file():
                continue
            elif path.suffix in (".txt", ".tsv"):
                yield path.read_text("utf-8", "replace")
            elif path.suffix in (".html", ".htm"):
                yield html.unescape(re.sub(r"<[^>]*>", "\n", path.read_text("utf-8", "replace")))
    yield from messages("vi")


def docx(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("word/document.xml").decode("utf-8", "replace")
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"</w:p>", "\n", xml)))


def messages(language: str):
    """The translations of every message catalogue that is installed."""
    for path in sorted([*LOCALES.glob(f"{language}/LC_MESSAGES/*.mo"), *Path("/usr/share/vim").rglob(f"lang/{language}/LC_MESSAGES/*.mo")]):
        try:
            with path.open("rb") as file:
                catalogue = gettext.GNUTranslations(file)
        except (OSError, UnicodeDecodeError, ValueError):
            continue
        yield "\n".join(value for key, value in catalogue._catalog.items() if isinstance(value, str) and key)


def sentences(text: str):
    text = unicodedata.normalize("NFC", text)
    for line in re.split(r"[\r\n\t]+", text):
        for part in re.split(r"(?<=[.;!?:])\s+", line):
            part = " ".join(part.split())
            if 4 <= len(part) <= 600 and "\ufffd" not in part:
                yield part


def others(want: int) -> dict[str, list[str]]:
    """By kind: distinct sentences or lines of other languages and of source code, `want` of each where there are so many."""
    kinds: dict[str, set[str]] = {}
    for language in ("fr", "de", "pt", "pt_BR", "cs", "es", "it", "nl", "pl", "ro", "sv", "tr", "hu", "fi", "da"):
        bag = kinds.setdefault(language, set())
        for text in messages(language):
            bag.update(s for s in sentences(text) if not s.isascii())
        for path in sorted(Path("/usr/share/man", language).rglob("*.gz"))[:400]:
            text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
            bag.update(s for s in sentences(re.sub(r"\\f.|\\-|^\.\w+|\\", "", text)) if not s.isascii())
    kinds["en"] = {s for path in sorted(Path("/usr/share/man/man1").glob("*.gz"))[:600]
                   for s in sentences(gzip.decompress(path.read_bytes()).decode("utf-8", "replace"))}
    kinds["source"] = set(source_lines())
    chosen = {}
    for kind, bag in kinds.items():
        chosen[kind] = sorted(bag, key=lambda s: hashlib.sha256(s.encode()).digest())[:want]
    return chosen


def source_lines():
    """Lines of Python, Rust and C as they are installed here, and whole files."""
    homes = [(Path("/usr/lib/python3"), "*.py"), (Path("/usr/lib/python3.11"), "*.py"), (Path("/usr/include"), "*.h"),
             (Path("/root/.cargo/registry/src"), "*.rs"), (Path("/root/.cargo/registry/src"), "*.c")]
    for home, pattern in homes:
        for path in sorted(home.rglob(pattern))[:1500] if home.exists() else []:
            if re.search(r"viet|tone|unicode|1258|viscii", str(path), re.I):
                continue
            try:
                text = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError):
                continue
            yield from (line.strip() for line in text.splitlines() if 12 <= len(line.strip()) <= 400)
