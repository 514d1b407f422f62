"""One criterion of a published list, and counting criteria of which some are not known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from toxmon.grading.facts import Bounds, Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """Is it met, at which limit, by which value; `missing` are the findings that could tell.

    `findings` are all that it rests on. `missing` is empty where `met` is known.
    """

    name: str
    met: bool | None
    threshold: str
    value: str | None
    findings: tuple[str, ...]
    missing: tuple[str, ...] = ()
    group: str = ""

    def plain(self) -> dict[str, Any]:
        """The criterion as it is answered."""
        group = {"group": self.group} if self.group else {}
        return {
            "name": self.name,
            **group,
            "met": self.met,
            "threshold": self.threshold,
            "value": self.value,
            "missing": list(self.missing),
        }


def count(criteria: Iterable[Criterion]) -> tuple[int, int]:
    """(how many are met for certain, how many may be met)."""
    mets = [criterion.met for criterion in criteria]
    return mets.count(True), len(mets) - mets.count(False)


def enough(criteria: Sequence[Criterion], needed: int) -> tuple[bool | None, tuple[str, ...]]:
    """Are `needed` of the criteria met, and if that cannot be told, what is missing?"""
    low, high = count(criteria)
    if low >= needed:
        return True, ()
    if high < needed:
        return False, ()
    return None, unknown_of(criteria)


def unknown_of(criteria: Iterable[Criterion]) -> tuple[str, ...]:
    """The findings that are missing to any of the criteria, each once."""
    return tuple(dict.fromkeys(name for each in criteria for name in each.missing))


def unknown(**findings: object) -> tuple[str, ...]:
    """The names of those that are not known, or known only as an interval."""
    return tuple(n for n, value in findings.items() if value is None or isinstance(value, Bounds))


def stated(name: str, finding: bool | None, words: str, group: str = "") -> Criterion:
    """A criterion that a clinician answers by yes or no."""
    return Criterion(
        name=name,
        met=finding,
        threshold=words,
        value=None if finding is None else "yes" if finding else "no",
        findings=(name,),
        missing=(name,) if finding is None else (),
        group=group,
    )


def drawn_fasting(
    high: bool | None, triglycerides: Number | None, fasting: bool | None
) -> tuple[bool | None, tuple[str, ...]]:
    """Do the triglycerides pass a limit that holds for a fasting sample, and what is missing?

    A meal only raises them, so what is not `high` without fasting would not be high with it. What
    is high without fasting decides nothing: a fasting sample would (decision 0041).
    """
    if high is False:
        return False, ()
    if high and fasting:
        return True, ()
    missing = unknown(triglycerides_fasting=fasting)
    if high is None or fasting is False:
        missing = ("triglycerides_mg_dl", *missing)
    return None, missing


def amount(number: Number | None, unit: str) -> str | None:
    """A number in words, with its unit: "1200 ng/mL", "below 5 mg/dL"."""
    if number is None:
        return None
    if not isinstance(number, Bounds):
        return f"{number:f} {unit}"
    if number.high is None:
        words = "above" if number.low_open else "at least"
        return f"{words} {number.low or Decimal(0):f} {unit}"
    return f"{'below' if number.high_open else 'at most'} {number.high:f} {unit}"


def named(**amounts: str | None) -> str | None:
    """Several amounts in one line, those that are known: "AST 250 U/L, ALT 90 U/L"."""
    known = [f"{name.replace('_', ' ')} {words}" for name, words in amounts.items() if words]
    return ", ".join(known) or None


def limit(times: int, number: Decimal | None, unit: str) -> str:
    """A multiple of a limit in brackets: "(600 ng/mL)", or "(not known)"."""
    return "(not known)" if number is None else f"({times * number:f} {unit})"
