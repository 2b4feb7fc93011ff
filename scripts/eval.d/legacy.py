"""The figures of the legacy detector: Vietnamese in every old encoding brought to Unicode, nothing else touched.

Called by `scripts/eval legacy`. Sentences are split by hash into a part for tuning and a part for these figures
(GACTHU_LEGACY_PART=dev shows the tuning part). Runs `examples/legacy.rs`, built here; encodes with iconv and with
tables of its own (scripts/lib/vn_encode.py).
"""

import json
import os
import subprocess
import tempfile
import unicodedata
from pathlib import Path

import vn_encode
import vn_text
from figures import Figure, progress
from gacthu import GacthuError

ROOT = Path(__file__).resolve().parents[2]
HELP = "Legacy Vietnamese: every encoding brought to Unicode, other languages and source code left alone."
REPORTED_ONLY = {"viqr (no escapes)"}       # what stands behind a vowel at the end of a sentence is anybody's guess


def run(binary: Path, full: bool, corpus: Path | None, sabotage: str) -> list[Figure]:
    """All figures. `corpus`: a folder of Vietnamese texts in place of the shared ones. `full`: every sentence."""
    tool = build(sabotage)
    dev = os.environ.get("GACTHU_LEGACY_PART") == "dev"
    sentences = [s for s in vn_text.vietnamese(corpus) if vn_text.held_out(s) != dev]
    if not full:
        sentences = sentences[::3]
    found = [Figure("sentences of Vietnamese (reported only)", len(sentences), len(sentences), None)]
    if sabotage:
        os.environ["GACTHU_SABOTAGE"] = sabotage
    for name, texts in vn_encode.encoded(sentences).items():
        progress(name)
        found += judged(tool, name, [(s, t) for s, t in zip(sentences, texts) if t is not None])
    found += left_alone(tool, dev)
    found += [correct(tool, sentences, form) for form in ("NFC", "NFD")]
    return found + speed(tool, sentences)


def build(sabotage: str) -> Path:
    """The example, built now; GACTHU_LEGACY names another binary. `sabotage`: legacy, or the name of one encoding."""
    if given := os.environ.get("GACTHU_LEGACY"):
        return Path(given)
    target = ROOT / "target" / ("sabotage" if sabotage else "")
    command = ["nice", "cargo", "build", "--release", "--example", "legacy", "--target-dir", str(target)]
    done = subprocess.run([*command, *(["--features", "sabotage"] if sabotage else [])], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GacthuError(done.stderr[-600:])
    return target / "release/examples/legacy"


def ask(tool: Path, texts: list) -> list[dict]:
    lines = "".join(f"{'b' if isinstance(t, bytes) else 't'} {(t if isinstance(t, bytes) else t.encode()).hex()}\n" for t in texts)
    done = subprocess.run([tool], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def judged(tool: Path, name: str, pairs: list) -> list[Figure]:
    """By the number of accented syllables: 5 and more right, 3 and 4 right or left alone, fewer left alone."""
    target = None if name in REPORTED_ONLY else True
    five = Figure(f"{name}: 5 and more accented syllables", 0, 0, target and 0.995)
    few = Figure(f"{name}: 3 or 4, right or left alone", 0, 0, target and 0.97)
    fewer = Figure(f"{name}: 1 or 2, left alone", 0, 0, target and 1.0)
    some = Figure(f"{name}: 3 or 4, right (reported only)", 0, 0, None)
    for (sentence, text), answer in zip(pairs, ask(tool, [t for _, t in pairs])):
        count = vn_text.accented(sentence)
        given = text.decode("latin-1") if isinstance(text, bytes) else text
        alone = answer["text"] is None
        got = given if alone else answer["text"]
        right = same(got, sentence, "ABC" in name)
        fault = f"{sentence!r} became {got!r} ({answer['encoding']})"
        if count >= 5:
            count_in(five, right, fault)
        elif count >= 3:
            count_in(few, right or alone, fault)
            count_in(some, right, None)
        elif count:
            count_in(fewer, alone or right, fault)
    return [five, few, fewer, some]


def count_in(figure: Figure, right: bool, fault: str | None) -> None:
    figure.denominator += 1
    figure.numerator += right
    if not right and fault:
        figure.failures.append(fault)


def same(got: str, sentence: str, any_case: bool) -> bool:
    """In NFC; capitals that the encoding does not have are not asked for."""
    got, want = unicodedata.normalize("NFC", got), sentence
    return got.lower() == want.lower() if any_case else got == want


def left_alone(tool: Path, dev: bool) -> list[Figure]:
    figures = []
    total = Figure("other languages and source code: left alone", 0, 0)
    for kind, sentences in vn_text.others(6000).items():
        sentences = [s for s in sentences if vn_text.held_out(s) != dev]
        figure = Figure(f"{kind}: left alone (reported only)", 0, 0, None)
        texts = sentences + [raw for s in sentences if (raw := latin(s)) is not None]
        for text, answer in zip(texts, ask(tool, texts)):
            for one in (figure, total):
                count_in(one, answer["text"] is None, f"{kind}: {text!r} became {answer['text']!r} ({answer['encoding']})")
        figures.append(figure)
    enough = Figure("other languages and source code: texts asked (of 20,000)", min(total.denominator, 20000), 20000)
    return [*figures, enough, total]


def latin(sentence: str) -> bytes | None:
    """The sentence as a mail in windows-1252 would hold it."""
    try:
        raw = sentence.encode("cp1252")
    except UnicodeEncodeError:
        return None
    return raw if not sentence.isascii() else None


def correct(tool: Path, sentences: list[str], form: str) -> Figure:
    figure = Figure(f"correct Vietnamese, {form}: left alone", 0, 0)
    texts = [unicodedata.normalize(form, s) for s in sentences]
    # Long texts too: the lines of a document speak for one another.
    texts += ["\n".join(texts[n:n + 200]) for n in range(0, len(texts), 200)]
    for text, answer in zip(texts, ask(tool, texts)):
        count_in(figure, answer["text"] is None, f"{text[:200]!r} became {(answer['text'] or '')[:200]!r} ({answer['encoding']})")
    return figure


def speed(tool: Path, sentences: list[str]) -> list[Figure]:
    """Megabytes of the text as it is given, a second of processor time."""
    text = "\n".join(sentences)
    plain = unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode()
    found = []
    abc = vn_encode.abc()
    kinds = {"plain ASCII": (plain.encode(), 100), "correct UTF-8": (text.encode(), 100),
             "TCVN3 inside Unicode": (vn_encode.as_1252(b"\n".join(raw for s in sentences if (raw := vn_encode.by_table(s, abc)))).encode(), 20),
             "VNI, bytes": (b"\n".join(raw for s in sentences if (raw := vn_encode.by_table(s, vn_encode.TABLES["vni"]))), 20),
             "UTF-8 as windows-1252": (vn_encode.mojibake(text).encode(), 20)}
    for kind, (raw, least) in kinds.items():
        raw = raw * max(1, 20_000_000 // max(1, len(raw)))
        with tempfile.NamedTemporaryFile() as file:
            file.write(raw)
            file.flush()
            rates = [json.loads(subprocess.run([tool, "speed", file.name], capture_output=True, text=True, check=True).stdout) for _ in range(3)]
        best = max(rate["convert_mb_s"] for rate in rates)
        found.append(Figure(f"speed: {kind}, MB/s", round(best, 1), 1, least, judged=best >= least))
    return found
