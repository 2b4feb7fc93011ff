"""The two places where `scripts/eval forwarding` depends on the words of gacthu: facts of `scan --json`, findings of the audit.

Everything else of the evaluation reads what these functions answer.
"""

import json
import subprocess
from pathlib import Path


def forwarding(result: dict) -> dict:
    """kind, confidence, provider, mailbox, reasons of one line of `gacthu scan --json`; None where nothing is said."""
    facts = (result or {}).get("facts") or {}
    found = facts.get("forwarding") or (facts.get("message") or {}).get("forwarding") or {}
    found = found[0] if isinstance(found, list) and found else found if isinstance(found, dict) else {}
    return {"kind": found.get("letter"), "confidence": found.get("confidence"), "provider": (found.get("provider") or "").replace("-", "") or None,
            "mailbox": found.get("mailbox") or found.get("by"), "reasons": found.get("reasons") or found.get("signals") or []}


def audit(binary: Path, place: Path, host: str, dovecot: list[Path]) -> dict:
    """`gacthu audit forwards` over one host of fwd_run.py: exit status, what it said wrong, and its findings."""
    command = [str(binary), "audit", "forwards", "--postfix", str(place / host / "etc"), "--policy", str(place / "dak-nong-enforce.yaml"),
               "--passwd", "/etc/passwd", "--format", "json"]
    found = {"status": 0, "error": "", "findings": []}
    for more in [["--dovecot", str(config)] for config in dovecot] if host == "edge" and dovecot else [[]]:
        try:
            done = subprocess.run([*command, *more], capture_output=True, text=True, errors="replace", timeout=120, stdin=subprocess.DEVNULL, check=False)
        except subprocess.TimeoutExpired:
            return {"status": -1, "error": "did not end within 120 s", "findings": []}
        found = {"status": max(found["status"], done.returncode), "error": (found["error"] + done.stderr.strip())[-800:],
                 "findings": found["findings"] + findings(done.stdout)}
    return found


def findings(text: str) -> list[dict]:
    """JSON objects, one a line, or one array, or one object that has them under `findings`/`forwards`/`paths`."""
    try:
        whole = json.loads(text)
    except ValueError:
        found = []
        for line in text.splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return [one for one in found if isinstance(one, dict)]
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list)]
        whole = [one for value in lists for one in value] if lists else [whole]
    return [one for one in whole if isinstance(one, dict)]


def target(finding: dict) -> str:
    """Everything that a finding says, as one text in lower case: the address or the listener is looked for in it."""
    return json.dumps(finding, ensure_ascii=False).lower()


def place_of(finding: dict) -> tuple[str, int]:
    """File and line of a finding."""
    where = finding.get("place") if isinstance(finding.get("place"), dict) else finding
    return str(where.get("file") or where.get("path") or ""), int(where.get("line") or 0)


def leaves_the_state(finding: dict) -> bool:
    """Whether a finding says that its target is not the state's; where it says nothing of that, it is taken to."""
    for key in ("leaves_state", "leaves", "outside"):
        if isinstance(finding.get(key), bool):
            return finding[key]
    said = str(finding.get("destination") or finding.get("class") or "").lower()
    return said not in ("state", "ours", "own", "internal")


def deaf_listener(finding: dict, which: str) -> bool:
    """Whether a finding names a listener that no milter hears: by receive_override_options (`nomilter`) or smtpd_milter_maps (`disabled`)."""
    text = target(finding)
    return ("no_milters" in text or "2504" in text) if which == "nomilter" else ("smtpd_milter_maps" in text or "disable" in text or "2505" in text)
