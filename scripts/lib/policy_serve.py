"""`gacthu serve` with several policies, all five roles and, where a case needs it, the service's own file."""

import json
import os
import subprocess
import time
from pathlib import Path

import gacthu
from private_postfix import free_ports

ROLES = ("mx", "submission", "mailbox", "gateway", "local")
NETWORKS = {"mailbox_servers": ["10.0.0.5/32"], "gateways": ["10.0.0.9/32"], "devices": ["10.0.0.16/28"]}


class PolicyServe(gacthu.Serve):
    """With `settings` (keys of gacthu.yaml, possibly none) it runs from `serve --config`, else from options."""

    def __init__(self, binary: Path, policies: list[Path], folder: Path, name: str, settings: dict | None = None):
        super().__init__(binary, policies[0], folder, name)
        self.policies, self.settings, self.substituted = policies, settings, ""
        self.admin_port = free_ports(1)[0]
        self.control = folder / f"{name}.control"
        self.config = folder / f"{name}-gacthu.yaml"
        self.sockets = {(role, "unix"): f"unix:{folder}/{name}-{role}.sock" for role in ROLES}

    def arguments(self) -> list[str]:
        if self.settings is not None:
            self.config.write_text(self.service_file(), encoding="utf-8")
            return [str(self.binary), "serve", "--config", str(self.config)]
        words = [str(self.binary), "serve", "--log-format", "text", "--admin", f"127.0.0.1:{self.admin_port}",
                 "--event-log", str(self.event_path), "--control", str(self.control)]
        if self.substituted:
            for network in (*NETWORKS["mailbox_servers"], *NETWORKS["devices"]):
                words += ["--own-network", network]
        for policy in self.policies:
            words += ["--policy", str(policy)]
        for (role, _), spec in self.sockets.items():
            words += ["--listen", f"{spec},role={role},mode=0666"]
        return words

    def service_file(self) -> str:
        """JSON is YAML; one key a line."""
        value = {"gacthu": 1, "policies": [str(policy) for policy in self.policies],
                 "listeners": [{"unix": spec.removeprefix("unix:"), "role": role, "mode": "0666"}
                               for (role, _), spec in self.sockets.items()],
                 "networks": NETWORKS, "admin": f"127.0.0.1:{self.admin_port}", "control": str(self.control),
                 "events": str(self.event_path), **self.settings}
        return "".join(f"{key}: {json.dumps(item, ensure_ascii=False)}\n" for key, item in value.items())

    def __enter__(self) -> "PolicyServe":
        """Where this program has no `serve --config` yet, options stand in for it and `substituted` says so."""
        self.substituted = ""
        try:
            return super().__enter__()
        except gacthu.GacthuError as error:
            if self.settings is None or "unexpected argument '--config'" not in str(error):
                raise
            self.substituted, self.settings = "serve --config is not there yet", None
            return super().__enter__()

    def reload(self) -> subprocess.CompletedProcess:
        return run(self.binary, "reload", "--control", str(self.control))

    def metric(self, name: str, **labels) -> float:
        """The sum of a metric's samples that have these labels."""
        total = 0.0
        for line in (self.get("/metrics") or "").splitlines():
            if line.startswith(name) and line[len(name)] in " {" and all(f'{k}="{v}"' in line for k, v in labels.items()):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def memory(self) -> int:
        """Resident bytes now."""
        try:
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        except (OSError, AttributeError):
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE")

    def wait_for(self, what, seconds: float = 15):
        """Polls `what()` until it is true; answers its last value."""
        end = time.monotonic() + seconds
        while True:
            found = what()
            if found or time.monotonic() > end:
                return found
            time.sleep(0.05)


def run(binary: Path, *words, seconds: float = 120) -> subprocess.CompletedProcess:
    """One command of gacthu; a time-out is status -1."""
    try:
        return subprocess.run([str(binary), *map(str, words)], capture_output=True, text=True, errors="replace",
                              timeout=seconds, stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, -1, "", f"did not end within {seconds:.0f} s")
