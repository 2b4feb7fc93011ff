"""Runs the program that is judged: `gacthu serve` and `gacthu scan`, as an administrator would."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from private_postfix import free_ports

ROOT = Path(__file__).resolve().parents[2]


class GacthuError(Exception):
    """gacthu could not be run; the text has what it said."""


def write_policy(folder: Path, profile: str, mode: str, corpus: Path) -> Path:
    """A site's policy file for a profile: the shipped one, extended, in `mode`."""
    target = folder / f"{profile}-{mode}.yaml"
    policies = ROOT / "policies"
    if profile == "site":
        own = corpus / "site.yaml"
        text = (own if own.exists() else ROOT / "corpus/main-job/site.yaml").read_text(encoding="utf-8")
        target.write_text(text.replace("{policies}", str(policies)).replace("{mode}", mode), encoding="utf-8")
    else:
        target.write_text(f"policy: 1\nname: site-{profile}\nextends: {policies}/{profile}.yaml\nmode: {mode}\n",
                          encoding="utf-8")
    return target


class Serve:
    """One `gacthu serve` with an mx and a submission listener on unix sockets and on TCP."""

    def __init__(self, binary: Path, policy: Path, folder: Path, name: str, sabotage: str = ""):
        self.name, self.binary, self.policy = name, binary, policy
        self.log_path, self.event_path = folder / f"{name}.log", folder / f"{name}.events"
        mx_port, submission_port, self.admin_port = free_ports(3)
        self.sockets = {
            ("mx", "unix"): f"unix:{folder}/{name}-mx.sock", ("submission", "unix"): f"unix:{folder}/{name}-sub.sock",
            ("mx", "inet"): f"inet:127.0.0.1:{mx_port}", ("submission", "inet"): f"inet:127.0.0.1:{submission_port}"}
        self.environment = dict(os.environ, **({"GACTHU_SABOTAGE": sabotage} if sabotage else {}))
        self.process = None

    def arguments(self) -> list[str]:
        listens = []
        for (role, way), spec in self.sockets.items():
            listens += ["--listen", f"{spec},role={role}" + (",mode=0666" if way == "unix" else "")]
        return [str(self.binary), "serve", "--policy", str(self.policy), *listens, "--log-format", "text",
                "--admin", f"127.0.0.1:{self.admin_port}", "--event-log", str(self.event_path)]

    def __enter__(self) -> "Serve":
        with open(self.log_path, "wb") as log:
            try:
                self.process = subprocess.Popen(self.arguments(), stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=subprocess.STDOUT, env=self.environment, start_new_session=True)
            except OSError as error:
                raise GacthuError(f"{self.binary}: {error.strerror}") from error
        end = time.monotonic() + 20
        while not self.healthy():
            if self.process.poll() is not None or time.monotonic() > end:
                said = self.log()
                self.__exit__()
                raise GacthuError(f"gacthu serve ({self.name}) did not become ready:\n"
                                  f"  {' '.join(self.arguments())}\n{said[-3000:]}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, seconds: float = 20) -> int | None:
        """SIGTERM, then SIGKILL when it does not end in time (answered as None)."""
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def healthy(self) -> bool:
        return self.get("/healthz") is not None

    def get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=5) as answer:
                return answer.read().decode()
        except (OSError, urllib.error.URLError):
            return None

    def events(self) -> list[dict]:
        """The decision log; a line that is not a JSON object raises."""
        if not self.event_path.exists():
            return []
        return [json.loads(line) for line in self.event_path.read_text(encoding="utf-8").splitlines() if line]


def scan(binary: Path, policy: Path, paths: list[Path], options: list[str], seconds: float = 300,
         sabotage: str = "") -> tuple[int, dict[str, dict], str]:
    """Exit code, one result a file (by path), and standard error. -1 when it ran out of time."""
    command = [str(binary), "scan", *map(str, paths), "--policy", str(policy), "--json", *options]
    environment = dict(os.environ, **({"GACTHU_SABOTAGE": sabotage} if sabotage else {}))
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, env=environment,
                              stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired as error:
        return -1, {}, (error.stderr or b"").decode(errors="replace")
    except OSError as error:
        raise GacthuError(f"{binary}: {error.strerror}") from error
    results = {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        try:
            found = json.loads(line)
            results[found["file"]] = found
        except (ValueError, KeyError, TypeError):
            continue
    return done.returncode, results, done.stderr.decode(errors="replace")


def envelope(row) -> list[str]:
    """The options of `scan` that give a manifest row's envelope."""
    options = [f"--envelope-from={row.sender or '<>'}", "--client", "203.0.113.5"]
    for rcpt in row.rcpts:
        options += ["--rcpt", rcpt]
    return options + (["--auth", row.sender] if row.cells["listener"] == "submission" else [])


def find_binary(given: str = "", features: str = "") -> Path:
    """The binary to judge: as given, or built in release mode with cargo's own progress shown."""
    if given:
        path = Path(given).resolve()
        if not os.access(path, os.X_OK):
            raise GacthuError(f"{given}: not an executable file")
        return path
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / ("sabotage" if features else "")
    command = ["cargo", "build", "--release", "--locked", "--bin", "gacthu",
               "--manifest-path", str(ROOT / "Cargo.toml"), "--target-dir", str(target)]
    if features:
        command += ["--features", features]
    try:
        done = subprocess.run(command, check=False)
    except OSError as error:
        raise GacthuError("cargo is missing: install Rust 1.95 or later (https://rustup.rs), then try again") from error
    if done.returncode:
        raise GacthuError(f"{' '.join(command)} failed")
    return target / "release" / "gacthu"
