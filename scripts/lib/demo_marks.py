"""The letters of the demo that show state-secret marks: refused, tagged, and the law's own text passed, under every profile.

Marked documents are those of corpus/marks (written by LibreOffice, python-docx and other programs: scripts/lib/marks_make.py),
in the mail that its evaluation sends too; the other letters are those of corpus/profiles (scripts/lib/mail_profiles.py).
"""

from pathlib import Path

import manifest
import marks_score

ROOT = Path(__file__).resolve().parents[2]
# What is sent (shown name, file of corpus/marks or letter of corpus/profiles), and what must happen: verdict, rule
REFUSED = ("reject", "secret-mark")
LETTERS = [
    ("TUYET MAT, frame of a DOCX", "a-docx-pydocx-020.docx", *REFUSED),
    ("DOC in .VnTimeH, frame", "a-doc-lo-043.doc", "reject", "secret-mark,charset"),
    ("PDF, head of the paper", "a-pdf-fpdf2-007.pdf", *REFUSED),
    ("PDF in .VnTimeH", "a-pdf-lo-092.pdf", "reject", "secret-mark,charset"),
    ("a line in the letter's text", "mark-on-a-line.eml", *REFUSED),
    ("only spoken of", "mark-spoken-of.eml", "tag", "secret-mark-weak"),
    ("the law's text", "law-on-state-secrets.eml", "accept", "-"),
    ("decision and law, DOCX", "law-as-document.eml", "accept", "-"),
    ("Do mat: Thuong", "secrecy-field-ordinary.eml", "accept", "-"),
    ("about a password", "about-a-password.eml", "accept", "-"),
]


class Shown(manifest.Row):
    """A row whose message is at hand."""

    content: bytes = b""

    def bytes(self) -> bytes:
        return self.content


def rows(profiles) -> list[Shown]:
    """Each letter under each of these profiles."""
    folder = ROOT / "corpus/marks"
    table = {row["file"]: row for row in marks_score.table(folder / "MANIFEST.tsv")}
    files = marks_score.members(folder / "documents.tar.xz")
    out = []
    for profile in profiles:
        for name, source, verdict, rule in LETTERS:
            refused = verdict == "reject"
            cells = {"file": f"mark: {name}", "recipe": "-", "profile": profile, "listener": "mx", "from": "nguoigui@example.com", "rcpts": "vanthu@{domain}",
                     "verdict": verdict, "rules": rule, "reply": "550 5.7.1" if refused else "250", "clause": "-", "queue": "none" if refused else "delivered",
                     "headers": f"tag:{rule}" if verdict == "tag" else "-"}
            row = Shown(folder, 0, cells, profile)
            row.content = (ROOT / "corpus/profiles" / source).read_bytes() if source.endswith(".eml") else marks_score.mail_of(table[source], files)
            out.append(row)
    return out
