"""The audit of forwards over a generated installation: 20,000 mailboxes, 200,000 map entries.

`run(binary)` gives the figures (scripts/eval forwarding, scripts/bench audit); by itself it makes an installation
to look at:

  python3 scripts/lib/forwarding_scale.py DIR      writes it below DIR, for `gacthu audit forwards --root DIR`
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from figures import Count, Figure, progress

MAILBOXES, ENTRIES = 20_000, 200_000
SECONDS, MIB = 20.0, 200
DOMAIN = "daknong.gov.vn"
PUBLIC = ("gmail.com", "yahoo.com.vn", "outlook.com", "icloud.com", "mail.ru")
STATE = ("mic.gov.vn", "sonongnghiep.daknong.gov.vn", "quochoi.vn", "tinhuy.dcs.vn")

MAIN = f"""myhostname = mail.{DOMAIN}
mydestination = $myhostname, {DOMAIN}, localhost
alias_maps = hash:/etc/aliases
virtual_alias_maps = hash:/etc/postfix/virtual, pcre:/etc/postfix/virtual.pcre
recipient_bcc_maps = lmdb:/etc/postfix/bcc
smtpd_milters = unix:gacthu/mx.sock
non_smtpd_milters = unix:gacthu/local.sock
"""
MASTER = """smtp inet n - y - - smtpd
127.0.0.1:10025 inet n - n - - smtpd
  -o smtpd_milters=
pickup unix n - y 60 1 pickup
cleanup unix n - y - 0 cleanup
"""


def name(number: int) -> str:
    return f"{('an', 'binh', 'chi', 'dung', 'giang', 'hoa', 'khanh', 'linh')[number % 8]}.nguyen{number}"


class Made:
    """Writes the installation and remembers what leaves: (kind, who, to)."""

    def __init__(self, root: Path, share: float):
        self.root, self.share = root, share
        self.random = random.Random(20261122)
        self.leaving: set[tuple[str, str, str]] = set()

    def out(self, kind: str, who: str) -> str:
        """A destination of `who`: outside for `share` of them, else inside the state."""
        if self.random.random() >= self.share:
            if self.random.random() < 0.7:
                return name(self.random.randrange(MAILBOXES))
            return f"{name(self.random.randrange(MAILBOXES))}@{self.random.choice(STATE)}"
        to = f"rieng{self.random.randrange(10**6)}@{self.random.choice(PUBLIC)}"
        self.leaving.add((kind, who, to))
        return to

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def make(self) -> None:
        self.write("etc/postfix/main.cf", MAIN)
        self.write("etc/postfix/master.cf", MASTER)
        self.write("etc/hostname", f"mail.{DOMAIN}\n")
        self.write("etc/postfix/virtual.pcre", "".join(f"/^phong{n}@cu\\.example$/ {name(n)}@{DOMAIN}\n" for n in range(1_000)))
        aliases = ENTRIES // 4
        virtual = ENTRIES // 2
        bcc = ENTRIES - aliases - virtual - 1_000
        self.write("etc/aliases", "# aliases\n" + "".join(f"bi-danh-{n}: {self.out('alias', f'bi-danh-{n}')}\n" for n in range(aliases)))
        lines = []
        for n in range(virtual):
            who = f"hop{n}@phuong{n % 100}.daknong.gov.vn"
            lines.append(f"{who}\t{self.out('virtual', who)}\n")
        self.write("etc/postfix/virtual", "".join(lines))
        lines = []
        for n in range(bcc):
            who = f"{name(n)}@{DOMAIN}"
            lines.append(f"{who} {self.out('recipient-bcc', who)}\n")
        self.write("etc/postfix/bcc", "".join(lines))
        self.homes()

    def homes(self) -> None:
        users = ["root:x:0:0:root:/root:/bin/bash\n"]
        for n in range(MAILBOXES):
            who = name(n)
            home = f"home/{n % 100:02}/{who}"
            users.append(f"{who}:x:{self.owner()}:100::/{home}:/usr/sbin/nologin\n")
            (self.root / home).mkdir(parents=True)
            if n % 20 == 0:
                self.write(f"{home}/.forward", f"\\{who}, {self.out('dot-forward', who)}\n")
            if n % 2 == 0:
                self.write(f"{home}/sieve/loc.sieve", self.sieve(who))
                (self.root / home / ".dovecot.sieve").symlink_to("sieve/loc.sieve")
        self.write("etc/passwd", "".join(users))

    def owner(self) -> int:
        return self.root.stat().st_uid

    def sieve(self, who: str) -> str:
        rules = "".join(f'# rule:[Loc {n}]\nif header :contains "Subject" ["bao cao {n}", "hop {n}"] {{\n    fileinto "Muc {n}";\n    stop;\n}}\n' for n in range(5))
        to = self.out("sieve", who)
        to = to if "@" in to else f"{to}@{DOMAIN}"
        return f'require ["fileinto", "copy"];\n{rules}if size :over 10K {{\n    redirect :copy "{to}";\n}}\n'


# A small process of its own measures: a child of ours would bear our own memory in its figure.
MEASURE = """
import json, os, subprocess, sys, time
begin = time.monotonic()
with open(sys.argv[1], "wb") as out:
    process = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    _, status, usage = os.wait4(process.pid, 0)
print(json.dumps([time.monotonic() - begin, usage.ru_maxrss * 1024, os.waitstatus_to_exitcode(status)]))
"""


def measured(binary: Path, root: Path, *more: str) -> tuple[float, float, int, dict]:
    """Seconds, MiB, exit status and the report."""
    out = root / "out.json"
    command = [str(binary), "audit", "forwards", "--root", str(root), "--postfix", "/etc/postfix", "--json", "--state", str(root / "state"),
               "--metrics", str(root / "gacthu.prom"), *more]
    done = subprocess.run([sys.executable, "-SIc", MEASURE, str(out), *command], capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL, check=True)
    seconds, memory, status = json.loads(done.stdout)
    return seconds, memory / 2**20, status, json.loads(out.read_text(encoding="utf-8"))


def run(binary: Path) -> list[Figure]:
    figures = []
    build = "debug build" if "debug" in Path(binary).parts else "release build" if "release" in Path(binary).parts else str(binary)
    for share, label, target in ((0.05, "5% leave", True), (1.0, "all leave", False)):
        progress(f"audit: {MAILBOXES:,} mailboxes, {ENTRIES:,} entries, {label}")
        with tempfile.TemporaryDirectory(prefix="gacthu-audit-") as folder:
            made = Made(Path(folder), share)
            made.make()
            if target:
                measured(binary, Path(folder))                # the first run writes the state; the second also compares
            seconds, memory, status, report = measured(binary, Path(folder))
        head = f"audit forwards, {MAILBOXES:,} mailboxes, {ENTRIES:,} map entries, {label} ({build})"
        figures.append(Figure(f"{head}: seconds", round(seconds, 2), 1, SECONDS if target else None, [] if seconds <= SECONDS else [f"{seconds:.1f} s"],
                              at_most=True, judged=seconds <= SECONDS if target else None))
        figures.append(Figure(f"{head}: peak RSS, MiB", round(memory, 1), 1, MIB if target else None, [] if memory <= MIB else [f"{memory:.0f} MiB"],
                              at_most=True, judged=memory <= MIB if target else None))
        found = {(it["kind"], it["who"], it["to"]) for it in report["forwards"]}
        right = Count(f"{head}: forwards that leave are listed")
        for it in sorted(made.leaving):
            right.add(" ".join(it), None if it in found else "not listed")
        figures.append(right.figure)
        innocent = Count(f"{head}: what is listed leaves")
        for it in sorted(found):
            innocent.add(" ".join(it), None if it in made.leaving else "does not leave")
        figures.append(innocent.figure)
        whole = Count(f"{head}: read to the end, nothing new, exit 1")
        whole.add("entries", None if report["entries"] >= ENTRIES else f"{report['entries']} entries")
        whole.add("homes", None if report["homes"] >= MAILBOXES else f"{report['homes']} homes")
        whole.add("unread", None if not report["unread"] else f"{report['unread'][:2]}")
        whole.add("changes", None if report["changes"]["new"] == 0 and not report["changes"]["gone"] else "the second run finds changes")
        whole.add("status", None if status == 1 else f"exit {status}")
        figures.append(whole.figure)
    progress("")
    return figures


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    Made(Path(sys.argv[1]), 0.05).make()
