"""Figures of an evaluation: what was counted, of how many, and how sure that is."""

import json
import math
import sys
from dataclasses import dataclass, field


@dataclass
class Figure:
    """`numerator` of `denominator` were right. `target` is the least fraction that passes; None only reports."""
    name: str
    numerator: float
    denominator: float
    target: float | None = 1.0
    failures: list = field(default_factory=list)     # one line a case that was not right
    command: str = ""
    at_most: bool = False                             # the target is the greatest fraction that passes
    judged: bool | None = None                        # whoever measured says whether it passes

    @property
    def ok(self) -> bool:
        if self.judged is not None:
            return self.judged
        if self.target is None:
            return True
        if not self.denominator:
            return False
        value = self.numerator / self.denominator
        return value <= self.target if self.at_most else value >= self.target

    @property
    def bound95(self) -> float | None:
        """One-sided 95% Clopper-Pearson lower bound, where this is a count of cases."""
        whole = float(self.numerator).is_integer() and float(self.denominator).is_integer()
        if not whole or self.at_most or self.judged is not None or not 0 <= self.numerator <= self.denominator or not self.denominator:
            return None
        return round(lower_bound(int(self.numerator), int(self.denominator)), 4)

    def line(self) -> str:
        return json.dumps({"name": self.name, "numerator": self.numerator, "denominator": self.denominator,
                           "bound95": self.bound95, "target": self.target, "ok": self.ok, "command": self.command},
                          ensure_ascii=False)


class Count:
    """Collects one figure case by case."""

    def __init__(self, name: str, target: float | None = 1.0):
        self.figure = Figure(name, 0, 0, target)

    def add(self, case: str, problem: str | None) -> bool:
        self.figure.denominator += 1
        if problem:
            self.figure.failures.append(f"{case}: {problem}")
        else:
            self.figure.numerator += 1
        return not problem


def lower_bound(right: int, total: int, alpha: float = 0.05) -> float:
    """The p at which `right` or more of `total` has probability alpha."""
    if right == 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if tail(right, total, middle) < alpha:
            low = middle
        else:
            high = middle
    return low


def tail(least: int, total: int, p: float) -> float:
    if p <= 0 or p >= 1:
        return float(p >= 1)
    logs = [math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1)
            + k * math.log(p) + (total - k) * math.log1p(-p) for k in range(least, total + 1)]
    return min(1.0, math.fsum(map(math.exp, logs)))


def report(figures: list[Figure], command: str, shown: int = 12) -> int:
    """Prints the JSON lines, the failures and a table; answers the exit status."""
    for figure in figures:
        figure.command = figure.command or command
        print(figure.line())
    print()
    for figure in figures:
        if figure.failures and (not figure.ok or figure.target is None):
            print(f"{figure.name}:")
            for failure in figure.failures[:shown]:
                print(f"    {failure}")
            if len(figure.failures) > shown:
                print(f"    … and {len(figure.failures) - shown} more")
    width = max(len(figure.name) for figure in figures) if figures else 4
    print(f"\n{'figure'.ljust(width)}  {'value':>17}  {'95% bound':>9}  {'target':>9}")
    for figure in figures:
        bound = "" if figure.bound95 is None else f"{figure.bound95:.1%}"
        target = "" if figure.target is None else f"{'' if figure.judged is not None else '≤ ' if figure.at_most else '≥ '}{figure.target}"
        print(f"{figure.name.ljust(width)}  {number(figure.numerator) + ' / ' + number(figure.denominator):>17}  "
              f"{bound:>9}  {target:>9}  {'ok' if figure.ok and figure.target is not None else '' if figure.ok else 'MISSED'}")
    missed = [figure.name for figure in figures if not figure.ok]
    print(f"\n{len(missed)} of {len(figures)} targets missed: {', '.join(missed)}" if missed else "\nAll targets met.")
    return 1 if missed else 0


def number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.4g}"


def progress(text: str) -> None:
    """One line that overwrites itself on a terminal; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text[:100]}", end="" if text else "\r", file=sys.stderr, flush=True)
