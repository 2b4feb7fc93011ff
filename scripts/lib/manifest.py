"""Reading the manifests, and building what their recipes name.

MANIFEST.tsv (hand-written; one row an expectation; `#` begins a comment line) has the columns in
COLUMNS. FACTS.tsv beside it (written by `scripts/corpus.py facts` from the payloads that were put
in) has one row a part. See corpus/README.md for what each column means.
"""

import csv
from dataclasses import dataclass, field
from pathlib import Path

COLUMNS = ["file", "recipe", "profile", "shape", "structure", "listener", "from", "rcpts", "verdict",
           "rules", "reply", "clause", "queue", "headers", "count", "total_size", "note"]
FACT_COLUMNS = ["file", "part", "role", "size", "sha256", "kinds", "executable", "names"]
PROVINCES = {"dak-nong": "daknong.gov.vn", "soc-trang": "soctrang.gov.vn", "can-tho": "cantho.gov.vn", "binh-dinh": "stttt.binhdinh.gov.vn", "ca-mau": "camau.gov.vn"}
DOMAINS = {**PROVINCES, "site": "daknong.gov.vn"}
PROFILES = ("dak-nong", "soc-trang", "site")         # those that the manifests name


class ManifestError(Exception):
    """A manifest that cannot be used; the text names file and line."""


@dataclass
class Row:
    """One message under one profile, and what must happen to it."""
    folder: Path
    line: int
    cells: dict
    profile: str
    facts: list = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.cells["file"]

    @property
    def label(self) -> str:
        return f"{self.profile}/{self.name.removesuffix('.eml')}"

    @property
    def big(self) -> bool:
        return self.cells["recipe"].startswith("sizes:")

    @property
    def sender(self) -> str:
        return "" if self.cells["from"] == "<>" else self.cells["from"].format(domain=DOMAINS[self.profile])

    @property
    def rcpts(self) -> list[str]:
        return [rcpt.strip().format(domain=DOMAINS[self.profile]) for rcpt in self.cells["rcpts"].split(",")]

    @property
    def code(self) -> int:
        return int(self.cells["reply"].split()[0])

    @property
    def enhanced(self) -> str:
        return self.cells["reply"].partition(" ")[2]

    @property
    def clause(self) -> list[str]:
        return [] if self.cells["clause"] == "-" else self.cells["clause"].split("|")

    def bytes(self) -> bytes:
        return message_bytes(self.folder, self.cells)


def read(folder: Path, profiles=PROFILES) -> list[Row]:
    """The rows of `folder`/MANIFEST.tsv, `both` taken apart into dak-nong and soc-trang."""
    rows, facts = [], read_facts(folder)
    for number, cells in table(folder / "MANIFEST.tsv", COLUMNS):
        wanted = ("dak-nong", "soc-trang") if cells["profile"] == "both" else (cells["profile"],)
        for profile in wanted:
            if profile not in PROFILES:
                raise ManifestError(f"{folder}/MANIFEST.tsv:{number}: profile {profile!r}: one of {', '.join(PROFILES)}, both")
            if profile in profiles:
                rows.append(Row(folder, number, cells, profile, facts.get(cells["file"], [])))
    return rows


def table(path: Path, columns: list[str]):
    """Line number and cells of each row of a TSV file with a header line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ManifestError(f"{path}: {error.strerror}") from error
    rows = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    if not rows or rows[0][1].split("\t") != columns:
        raise ManifestError(f"{path}: the first line must name the columns: {' '.join(columns)}")
    for number, line in rows[1:]:
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise ManifestError(f"{path}:{number}: {len(cells)} cells, expected {len(columns)}")
        yield number, dict(zip(columns, cells))


def read_facts(folder: Path) -> dict[str, list[dict]]:
    """The stated facts by file; empty where the folder has none."""
    path = folder / "FACTS.tsv"
    if not path.exists():
        return {}
    found: dict[str, list[dict]] = {}
    for _, cells in table(path, FACT_COLUMNS):
        found.setdefault(cells["file"], []).append(cells)
    return found


def message_bytes(folder: Path, cells: dict) -> bytes:
    """The message of a row: the file as it stands, or built from its recipe."""
    recipe = cells["recipe"]
    if recipe == "-":
        return (folder / cells["file"]).read_bytes()
    return build(recipe)[0]


def build(recipe: str):
    """Bytes and facts (None where nothing is stated) of `mail:NAME`, `sizes:NAME` or `bad:NAME`."""
    import mail_bad, mail_executable, mail_ordinary, mail_sizes, mail_structured, mimebuild  # noqa: E401, F401
    kind, _, name = recipe.partition(":")
    shelves = {"mail": mail_ordinary.MAILS, "sizes": mail_sizes.BIG, "bad": mail_bad.BAD}
    if kind not in shelves or name not in shelves[kind]:
        raise ManifestError(f"no such recipe: {recipe}")
    if kind == "bad":
        return mail_bad.BAD[name]()
    message = shelves[kind][name]()
    return mimebuild.wire(message), mimebuild.facts(message)


def recipes(kind: str) -> list[str]:
    """The names that `build` knows of one kind."""
    import mail_bad, mail_executable, mail_ordinary, mail_sizes, mail_structured  # noqa: E401, F401
    return sorted({"mail": mail_ordinary.MAILS, "sizes": mail_sizes.BIG, "bad": mail_bad.BAD}[kind])


def escape(text: str) -> str:
    """A name in one cell: control and format characters, tab and backslash written \\uXXXX."""
    return "".join(c if c.isprintable() and c not in "\\|" else f"\\u{ord(c):04x}" for c in text)


def unescape(text: str) -> str:
    out, at = "", 0
    while at < len(text):
        if text.startswith("\\u", at):
            out, at = out + chr(int(text[at + 2:at + 6], 16)), at + 6
        else:
            out, at = out + text[at], at + 1
    return out


def write_facts(folder: Path, stated: dict) -> None:
    """FACTS.tsv from {file: [Fact]}."""
    with open(folder / "FACTS.tsv", "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None)
        writer.writerow(FACT_COLUMNS)
        for name, facts in stated.items():
            for fact in facts:
                writer.writerow([name, fact.part, fact.role or "-", fact.size, fact.sha256 or "-",
                                 ",".join(fact.kinds) or "-", "yes" if fact.executable else "no",
                                 "|".join(map(escape, fact.names)) or "-"])
