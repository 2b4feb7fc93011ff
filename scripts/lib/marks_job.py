"""One file to make for the marks evaluation: what is said, where, how; shared by all writers."""

import random
from dataclasses import dataclass, field

import marks_code
import marks_text

MARKS = {"mat": "MẬT", "toi-mat": "TỐI MẬT", "tuyet-mat": "TUYỆT MẬT",
         "field-mat": "Độ mật: Mật", "field-toi": "Độ mật: Tối mật", "field-tuyet": "ĐỘ MẬT: TUYỆT MẬT",
         "stamp-recall": "TÀI LIỆU THU HỒI", "stamp-open": "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ", "stamp-copy": "BẢN SAO BÍ MẬT NHÀ NƯỚC"}
LEVEL = {"mat": "mat", "field-mat": "mat", "toi-mat": "toi-mat", "field-toi": "toi-mat", "tuyet-mat": "tuyet-mat", "field-tuyet": "tuyet-mat"}
# lawful stamps that stand beside a level and only add evidence
EVIDENCE = ["TÀI LIỆU THU HỒI", "BẢN SỐ: 03", "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ", "THỜI HẠN BẢO VỆ BÍ MẬT NHÀ NƯỚC: 10 NĂM", "Không được phép sao, chụp"]
BESIDE = {"top", "beside", "cell", "frame", "header", "firstheader", "footer", "lateheader", "shape", "end", "later", "merged", "second", "title", "right", "boxed", "quoted", "control"}
# where a mark is not plainly the document's own: at least a tag
WEAK_PLACES = {"comment", "property", "notes", "sheetname", "alt", "annotation", "sentence", "deleted", "later", "end", "footnote", "master", "attribute"}


@dataclass
class Job:
    """A document to write. `lines` is the mark under its disguise, `evidence` other stamps that stand with it."""
    name: str
    fmt: str                                   # as in the manifest: docx, doc, …
    maker: str                                 # the program or library that writes it
    mark: str
    encoding: str
    place: str
    disguise: str
    bank: str = "A"
    wrap: str = "attach"
    paragraphs: int = 0
    lines: list = field(default_factory=list)
    evidence: list = field(default_factory=list)
    letter: marks_text.Letter = None
    extra: dict = field(default_factory=dict)

    def prepare(self) -> "Job":
        dice = self.dice("mark")
        self.letter = marks_text.letter(self.name, self.bank, self.paragraphs)
        if not self.mark:
            return self
        self.lines = marks_code.disguise(MARKS[self.mark], self.disguise, dice)
        if self.place == "sentence":
            said = MARKS[self.mark].split(": ")[-1].capitalize()
            self.lines = [dice.choice([f"Văn bản này thuộc độ {said}, chỉ gửi cho người có trách nhiệm.", f"Tài liệu gửi kèm là tài liệu {said.lower()}, không được phép sao, chụp.",
                                       f"Công văn này đóng dấu {said}, đề nghị quản lý theo quy định."])]
        elif self.mark in LEVEL and self.place in BESIDE and dice.random() < 0.35:
            self.evidence = dice.sample(EVIDENCE, dice.randint(1, 2))
        return self

    def prepare_plain(self) -> "Job":
        """The letter alone."""
        self.letter, self.lines, self.evidence = marks_text.letter(self.name, self.bank, self.paragraphs), [], []
        return self

    def dice(self, what: str) -> random.Random:
        return random.Random(f"{self.name} {what}")

    @property
    def ink(self) -> marks_code.Ink:
        return marks_code.Ink(self.encoding, self.extra.get("font", "Van Ban Serif"))

    @property
    def shown(self) -> list[str]:
        """The mark's lines as they stand in the file."""
        return [self.ink.say(line, True)[0] for line in self.lines]

    @property
    def level(self) -> str:
        return LEVEL.get(self.mark, "-")

    @property
    def strength(self) -> str:
        """strong: to be rejected. weak: to be tagged at least. report: only counted (a stamp without a level). none."""
        if not self.mark:
            return "none"
        if self.mark not in LEVEL:
            return "report"
        single = self.level == "mat"
        if self.place in WEAK_PLACES or (single and self.disguise in ("vertical", "mixedcase")):
            return "weak"
        if self.encoding == "tcvn3h" and self.place in ("form", "stamp", "sheetheader"):      # no font there says that its letters are capitals
            return "weak"
        if self.disguise == "punctuated" and single:
            return "weak"
        return "strong"

    @property
    def disguised(self) -> str:
        """The disguise that really shows: some writers have no such style of letters, and the mark stands there plainly."""
        return "none" if styleless(self.fmt, self.maker, self.place, self.disguise) else self.disguise

    def truth(self) -> str:
        """All text that went in, for documents written in Unicode without a disguise."""
        return "\n".join([*self.lines, *self.evidence, *self.letter.lines()]) if self.mark else "\n".join(self.letter.lines())


def styleless(fmt: str, maker: str, place: str, disguise: str) -> bool:
    """Is a style of letters (white, hidden, tiny, split) not put into such a file?"""
    if disguise not in marks_code.STYLES:
        return False
    return (fmt in ("txt", "msg") or maker == "cairo" or (maker, place) in (("python-docx", "frame"), ("openpyxl", "second")) or fmt in ("xlsx", "xls", "ods") and place == "box"
            or disguise == "hidden" and (fmt in ("pptx", "ppt", "odp") or maker == "fpdf2" or place == "second" and fmt in ("xlsx", "xls", "ods"))
            or (maker, disguise) in (("xlwt", "tiny"), ("fpdf2", "split")))
