"""Compares what happened with what the manifest says. Each function answers None or what is wrong."""

import re

CLAUSE = re.compile(r"Dieu \d+[^.]*?(?:QD-UBND|(?=\.))")
REFERENCE = re.compile(r"Ma: ([A-HJ-NP-Z2-9]{10})\b")


def reply(row, got) -> str | None:
    """Code and enhanced code."""
    if got.code != row.code:
        return f"expected {row.cells['reply']}, got {got.code} {got.lines[0]!r} at {got.stage}"
    if row.enhanced and not all(line.startswith(row.enhanced + " ") for line in got.lines):
        return f"expected {row.enhanced} on every line, got {got.lines}"
    return None


def clause(row, got) -> str | None:
    """Line 1: the clause's words, ASCII, at most 200 octets whole, a reference; lines 2 and 3 are there."""
    first = got.lines[0]
    for words in row.clause:
        if not re.search(rf"(?<![\w/]){re.escape(words)}(?!\d)", first):
            return f"line 1 lacks {words!r}: {first!r}"
    if any(not line.isascii() or not line.isprintable() for line in got.lines):
        return f"not plain ASCII: {got.lines}"
    if len(f"{got.code}-{first}\r\n") > 200:
        return f"line 1 has {len(first) + 6} octets"
    if not REFERENCE.search(first):
        return f"no reference in line 1: {first!r}"
    if len(got.lines) != 3 or not all(line.removeprefix(row.enhanced).strip() for line in got.lines):
        return f"expected Vietnamese, English and contact lines, got {got.lines}"
    return None


def queue(row, deliveries: list, held: bool) -> str | None:
    """Delivered once to each recipient, or held and not delivered, or nowhere."""
    state = "held" if held else "none"
    if deliveries:
        state = "delivered"
        reached = sorted(rcpt for delivery in deliveries for rcpt in delivery.rcpts)
        if reached != sorted(row.rcpts):
            return f"delivered to {reached}, expected {sorted(row.rcpts)}"
        if any(delivery.sender != row.sender for delivery in deliveries):
            return f"delivered with sender {deliveries[0].sender!r}"
        if held:
            state = "delivered and held"
    wanted = row.cells["queue"]
    return None if state == wanted else f"expected {wanted}, got {state}"


def delivered_headers(row, sent: bytes, delivered: bytes) -> str | None:
    """What was delivered is what was sent, but for what the manifest says of the headers."""
    wanted = row.cells["headers"]
    rest = delivered
    tags = re.findall(rb"(?mi)^x-gacthu-tag:[ \t]*([^\r\n]*)\r\n", head(delivered))
    if wanted == "strip":
        expected = without_gacthu(sent)
    else:
        expected = sent
    if wanted.startswith("tag"):
        rule = wanted.partition(":")[2]
        optional = wanted.startswith("tag?")
        if tags or not optional:
            good = [tag for tag in tags if re.fullmatch(rf"{re.escape(rule)}; ref=[A-HJ-NP-Z2-9]{{10}}".encode(), tag)]
            if len(tags) != 1 or len(good) != 1:
                return f"expected one X-Gacthu-Tag: {rule}; ref=…, got {tags}"
            rest = re.sub(rb"(?mi)^x-gacthu-tag:[^\r\n]*\r\n", b"", delivered, count=1)
    return difference(expected, rest)


def difference(expected: bytes, got: bytes) -> str | None:
    """Where two messages begin to differ."""
    if expected == got:
        return None
    at = next((n for n, (a, b) in enumerate(zip(expected, got)) if a != b), min(len(expected), len(got)))
    return (f"differs at byte {at} of {len(expected)} (got {len(got)} bytes): "
            f"expected {expected[at:at + 40]!r}, got {got[at:at + 40]!r}")


def head(content: bytes) -> bytes:
    return content.partition(b"\r\n\r\n")[0] + b"\r\n"


def without_gacthu(content: bytes) -> bytes:
    top, gap, body = content.partition(b"\r\n\r\n")
    return re.sub(rb"(?mi)^x-gacthu-[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", b"", top + b"\r\n")[:-2] + gap + body


def verdict(row, result: dict | None) -> str | None:
    if result is None:
        return "no JSON line"
    wanted = row.cells["verdict"].split("|")
    return None if result.get("verdict") in wanted else f"verdict {result.get('verdict')!r}, expected {' or '.join(wanted)}"


def rules(row, result: dict | None) -> str | None:
    """The ids that match: exactly those stated, `id?` may be there or not."""
    if result is None:
        return "no JSON line"
    found = {rule["id"] for rule in result.get("rules", []) if not rule.get("unknown")}
    stated = [] if row.cells["rules"] == "-" else row.cells["rules"].split(",")
    needed = {rule for rule in stated if not rule.endswith("?")}
    allowed = needed | {rule.rstrip("?") for rule in stated}
    if needed - found:
        return f"lacks {sorted(needed - found)}, has {sorted(found)}"
    return f"has {sorted(found - allowed)} too" if found - allowed else None


def totals(row, result: dict | None) -> str | None:
    if result is None:
        return "no JSON line"
    if row.cells["count"] == "-":
        return None
    files = files_of(result)
    got = (files.get("count"), files.get("total_size"))
    wanted = (int(row.cells["count"]), int(row.cells["total_size"]))
    return None if got == wanted else f"count and total_size {got}, expected {wanted}"


def files_of(result: dict) -> dict:
    """The facts about files; empty when the letter was refused by its envelope, before there were any."""
    return (result.get("facts") or {}).get("files") or {}


def message_of(result: dict) -> dict:
    return (result.get("facts") or {}).get("message") or {}


def parts_of(result: dict) -> dict[str, dict]:
    return {str(file["part"]): file for file in files_of(result).get("list", [])}


def part(stated: dict, found: dict | None, unescape) -> list[tuple[str, str | None]]:
    """One (what, problem) for each thing that FACTS.tsv states about a part."""
    if found is None:
        return [("size", "part not found")]
    checks = [("size", None if found.get("size") == int(stated["size"])
               else f"size {found.get('size')}, expected {stated['size']}")]
    if stated["sha256"] != "-":
        got = str(found.get("sha256")).lower().removeprefix("sha256:")
        checks.append(("sha256", None if got == stated["sha256"] else f"sha256 {got[:16]}…"))
    if stated["role"] != "-":
        checks.append(("role", None if found.get("role") == stated["role"]
                       else f"role {found.get('role')}, expected {stated['role']}"))
    if stated["kinds"] != "-":
        kinds = {word.lower() for word in strings(found.get("kinds"))}
        missing = [kind for kind in stated["kinds"].split(",") if not kinds & SAME_KIND.get(kind, {kind})]
        checks.append(("kinds", f"kinds {sorted(kinds)}, expected {missing}" if missing else None))
    executable = bool(found.get("executable"))
    checks.append(("executable", None if executable == (stated["executable"] == "yes")
                   else f"executable {found.get('executable')}"))
    if stated["names"] != "-":
        names = set(strings(found.get("names"))) | set(strings(found.get("name")))
        missing = [name for name in map(unescape, stated["names"].split("|")) if name not in names]
        checks.append(("names", f"names {sorted(names)}, lacks {missing}" if missing else None))
    return checks


# One kind may bear more than one usual name.
SAME_KIND = {"jpeg": {"jpeg", "jpg"}, "pe": {"pe", "exe", "dll"}}


def strings(value) -> list[str]:
    """Every string inside a JSON value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [word for item in value.values() for word in strings(item)]
    return [word for item in value for word in strings(item)] if isinstance(value, list) else []


def not_scanned(result: dict) -> str:
    """The stated reasons why something was not looked at; empty when everything was."""
    reasons = strings(message_of(result).get("not_scanned"))
    reasons += [reason for file in parts_of(result).values() for reason in strings(file.get("not_opened"))
                if "limit" in reason or "depth" in reason or "budget" in reason]
    return ", ".join(reasons)
