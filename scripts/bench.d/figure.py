"""One figure with a target, as a dict that scripts/eval prints: numerator / denominator against it."""


def figure(name, numerator, denominator, target, command, note="", at_most=False):
    """`target`: the least quotient that passes, or with `at_most` the greatest."""
    value = numerator / denominator if denominator else None
    ok = value is not None and (value <= target if at_most else value >= target)
    return {
        "name": name, "numerator": numerator, "denominator": denominator, "target": target, "at_most": at_most,
        "ok": ok, "note": note, "failures": [] if ok else [note or f"{numerator} of {denominator}"], "command": command,
    }
