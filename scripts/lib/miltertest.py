"""Runs tests/miltertest/*.lua with Debian's `miltertest` against a running `gacthu serve`, over unix and TCP."""

import shutil
import subprocess
from pathlib import Path

import manifest
from figures import Count, Figure, progress

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "tests/miltertest"
LETTERS = ("plain-vi", "exe-top")


def run(main, site) -> list[Figure]:
    """`main` and `site` are running `gacthu.Serve` with the policies that the scripts expect."""
    count = Count("miltertest scripts")
    if not shutil.which("miltertest"):
        count.add("miltertest", "not installed: run scripts/lib/install.sh miltertest")
        return [count.figure]
    letters = main.log_path.parent / "letters"
    letters.mkdir(exist_ok=True)
    for name in LETTERS:
        head, _, body = manifest.build(f"mail:{name}")[0].partition(b"\r\n\r\n")
        (letters / f"{name}.head").write_bytes(head + b"\r\n")
        (letters / f"{name}.body").write_bytes(body)
    for script in sorted(SCRIPTS.glob("*.lua")):
        if script.name in ("run.lua", "steps.lua"):
            continue
        for way in ("unix", "inet"):
            progress(f"miltertest {script.name} {way}")
            count.add(f"{script.name} ({way})", one(script, letters, socket(main, way), socket(site, way)))
    progress("")
    return [count.figure]


def socket(serve, way: str) -> str:
    """miltertest writes inet:PORT@HOST where Postfix writes inet:HOST:PORT."""
    spec = serve.sockets["mx", way]
    return spec if way == "unix" else f"inet:{spec.rpartition(':')[2]}@127.0.0.1"


def one(script: Path, letters: Path, main: str, site: str) -> str | None:
    defined = {"here": SCRIPTS, "script": script.name, "letters": letters, "sock": main, "site": site}
    command = ["miltertest", "-s", str(SCRIPTS / "run.lua")]
    for name, value in defined.items():
        command += ["-D", f"{name}={value}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120,
                              stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return "did not end within 120 s"
    said = (done.stdout + done.stderr).strip()
    return None if done.returncode == 0 else f"status {done.returncode}: {said[-300:]}"
