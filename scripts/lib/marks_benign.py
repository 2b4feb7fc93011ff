"""Gathers the benign Vietnamese texts of the marks evaluation: none carries a mark, many talk about secrecy and passwords.

Sources: the decisions and decrees of shared/regulations, the documents of shared/corpus-seed/vi-docs (whole, as files,
and page by page), the ham lines of shared/corpus-seed/vi-text, and Vietnamese message catalogues and manuals out of
Debian packages, which apt-get downloads once into target/marks-benign (nothing is installed). Messages are grouped into
texts of 1 to 20; texts that are alike but for digits and spaces count once.
"""

import csv
import gettext
import html.parser
import json
import random
import re
import subprocess
import unicodedata
import zipfile
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Debian packages with a Vietnamese catalogue or manual (some 220 MB to download, once)
PACKAGES = """anjuta-common aptitude-common apt audacity-data bash binutils-common caja-common coreutils cryptsetup-bin dpkg
epiphany-browser-data evolution-common evolution-data-server-common firefox-esr-l10n-vi fontforge-common gcc-12-locales geany-common gimp-data git
gettext gnome-control-center-data gnome-keyring gnucash-common gnumeric-common gparted-common gramps hexchat-common installation-guide-amd64 iso-codes libc-l10n libgtk-3-common libgtk2.0-common libpam-runtime
libreoffice-l10n-vi libvirt-l10n mate-control-center-common mediawiki minetest-data nautilus-data network-manager network-manager-gnome phpmyadmin
pidgin-data roundcube-core seahorse sylpheed-i18n synaptic thunderbird-l10n-vi util-linux-locales vlc-l10n wget""".split()
WANTED = ("*/vi/*", "*/vi.*", "*/vi_VN/*", "*_vi.*", "*langpack-vi*")
VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.I)


@dataclass
class Benign:
    """One text, or one file with its format; `source` says where it comes from."""
    name: str
    source: str
    fmt: str                     # txt: `data` is UTF-8 text for a mail's body; else a file to attach
    data: bytes


def gather(shared: Path, cache: Path, packages: list[str] = PACKAGES) -> list[Benign]:
    """Everything, in a fixed order; near-duplicates once."""
    seen: set[str] = set()
    out = []
    for source, name, text in [*of_shared(shared), *of_catalogues(cache, packages)]:
        key = re.sub(r"[\W\d_]+", " ", unicodedata.normalize("NFC", text).lower()).strip()
        if len(key) < 12 or key in seen or not VIETNAMESE.search(text):
            continue
        seen.add(key)
        out.append(Benign(f"{len(out):05}-{name}", source, "txt", text.encode("utf-8")))
    return out + list(of_files(shared))


def of_files(shared: Path) -> Iterator[Benign]:
    """The documents of vi-docs as they are, to be attached."""
    for path in sorted((shared / "corpus-seed/vi-docs").glob("*/*")):
        kind = path.suffix.lower().lstrip(".")
        if kind in ("doc", "docx", "pdf", "html"):
            yield Benign(f"file-{path.stem[:40]}-{kind}", "vi-docs file", kind, path.read_bytes())


def of_shared(shared: Path) -> Iterator[tuple[str, str, str]]:
    for path in sorted((shared / "regulations").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        yield "regulations", path.stem, text
        yield from pages("regulations", path.stem, text)
    for path in sorted((shared / "corpus-seed/vi-docs").glob("*/*")):
        yield from pages("vi-docs page", path.stem[:40], text_of(path))
    for path in sorted((shared / "corpus-seed/vi-text").glob("*/*.tsv")):
        if path.name == "MANIFEST.tsv":
            continue
        with open(path, encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)):
                if row.get("label") == "ham" and row.get("text"):
                    yield "vi-text ham", f"{path.parent.name}-{number}", row["text"]


def pages(source: str, name: str, text: str, size: int = 1500) -> Iterator[tuple[str, str, str]]:
    """Whole lines up to about a page."""
    page, number = [], 1
    for line in [*text.splitlines(), None]:
        if line is None or sum(map(len, page)) + len(line) > size and page:
            yield source, f"{name}-p{number}", "\n".join(page)
            page, number = [], number + 1
        page.append(line or "")


def text_of(path: Path) -> str:
    """Plain text of a document by other programs than ours; empty where the program is not installed."""
    kind = path.suffix.lower()
    if kind == ".docx":
        with zipfile.ZipFile(path) as archive:
            return plain(re.sub(r"</w:p>|<w:br/>", "\n", archive.read("word/document.xml").decode("utf-8", "replace")))
    if kind == ".html":
        return plain(path.read_text(encoding="utf-8", errors="replace"))
    if kind == ".pdf":
        return tool(["pdftotext", "-layout", str(path), "-"])
    if kind == ".doc":
        return tool(["antiword", "-m", "UTF-8.txt", str(path)]) or tool(["catdoc", "-d", "utf-8", str(path)])
    return path.read_text(encoding="utf-8", errors="replace") if kind == ".txt" and path.name != "viscii.txt" else ""


def tool(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.TimeoutExpired):
        return ""


def plain(markup: str) -> str:
    out = []

    class Reader(html.parser.HTMLParser):
        skip = 0

        def handle_starttag(self, tag, attrs):
            self.skip += tag in ("script", "style")
            if tag in ("p", "br", "div", "tr", "li", "h1", "h2", "h3"):
                out.append("\n")

        def handle_endtag(self, tag):
            self.skip -= tag in ("script", "style") and self.skip > 0

        def handle_data(self, data):
            if not self.skip:
                out.append(data)
    reader = Reader(convert_charrefs=True)
    reader.feed(markup)
    return re.sub(r"\n\s*\n+", "\n", "".join(out))


def of_catalogues(cache: Path, packages: list[str]) -> Iterator[tuple[str, str, str]]:
    """Messages of the packages in groups; pages of HTML manuals."""
    fetch(cache, packages)
    dice, seen = random.Random("gacthu benign groups"), set()
    for package in packages:
        root, source = cache / package, f"deb:{package}"
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            if path.suffix == ".html":
                yield from pages(source, path.stem, plain(path.read_text(encoding="utf-8", errors="replace")), 900)
                continue
            messages = [message for message in messages_of(path) if VIETNAMESE.search(message) and not (message in seen or seen.add(message))]
            at = 0
            while at < len(messages):
                count = dice.choice([1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 7, 10, 20])
                yield source, f"{path.stem}-{at}", "\n".join(messages[at:at + count])
                at += count


def messages_of(path: Path) -> list[str]:
    try:
        match path.suffix:
            case ".mo" | ".gmo":
                with open(path, "rb") as catalogue:
                    return [text for text in gettext.GNUTranslations(catalogue)._catalog.values() if isinstance(text, str) and text and "Content-Type:" not in text]
            case ".json":
                return [text for text in json.loads(path.read_text(encoding="utf-8")).values() if isinstance(text, str)]
            case ".inc":
                return re.findall(r"=\s*['\"](.+?)['\"];", path.read_text(encoding="utf-8"))
            case ".po":
                return [text.replace("\\n", "\n") for text in re.findall(r'^msgstr "(.+)"$', path.read_text(encoding="utf-8", errors="replace"), re.M)]
            case ".xpi":
                return of_langpack(path.read_bytes())
    except (OSError, ValueError, AttributeError):
        return []
    return []


def of_langpack(data: bytes) -> list[str]:
    """Fluent and properties files of a Mozilla language pack."""
    out = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.endswith((".ftl", ".properties")):
                out += [text.strip() for text in re.findall(r"^\s*[\w.-]+\s*=\s*(\S.+)$", archive.read(name).decode("utf-8", "replace"), re.M)]
    return out


def fetch(cache: Path, packages: list[str]) -> None:
    """Unpacks the Vietnamese files of each package into cache/PACKAGE; a package that cannot be had is left out."""
    cache.mkdir(parents=True, exist_ok=True)
    missing = [package for package in packages if not (cache / package).exists()]
    for package in missing:
        subprocess.run(["apt-get", "download", "-q", package], cwd=cache, capture_output=True, check=False, timeout=300)
        for deb in cache.glob(f"{package}_*.deb"):
            folder = cache / package
            folder.mkdir(exist_ok=True)
            unpack = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE)
            subprocess.run(["tar", "-x", "-C", str(folder), "--wildcards", *WANTED], stdin=unpack.stdout, capture_output=True, check=False)
            unpack.wait()
            deb.unlink()
