"""The answer of a rule: an interval of grades, why, and what was not known.

A grade is `low..high`: the lowest and the highest grade that the known findings allow. Where both
agree there is a `value`. "At least 3" is an answer; a default is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the grade is no lower: the rule, words fit for a chart, the facts, the publication."""

    rule: str
    text: str
    source: str
    findings: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stale:
    """A finding that was known and has grown too old to be used; `since` is when."""

    finding: str
    since: datetime
    fact: str


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade of one scale, in one edition, from the findings of one moment.

    `missing` names the unknown findings that could narrow `low..high`; `stale` those of them, or
    others, that were known once; `warnings` are codes, worded in `WARNINGS` of each scale.
    `more` is what the scale answers besides, as plain data: counts, a ledger of days, a risk.
    """

    scale: str
    edition: str
    low: int
    high: int
    because: tuple[Reason, ...]
    missing: tuple[str, ...] = ()
    stale: tuple[Stale, ...] = ()
    warnings: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> int | None:
        """The grade, when the findings allow only one."""
        return self.low if self.low == self.high else None

    def says(self) -> str:
        """The grade in words, as it is read aloud."""
        if self.low == self.high:
            return f"grade {self.low}"
        if self.low == 0:
            return f"not gradable, at most {self.high}"
        return f"at least grade {self.low}, at most {self.high}"


@dataclass(frozen=True, slots=True)
class Domain:
    """What one part of a scale contributes: an interval, why, and what would narrow it.

    A scale of the form "the worst domain decides" is the maximum of its domains.
    """

    low: int
    high: int
    reason: Reason
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def worst(domains: Iterable[Domain]) -> tuple[int, int, tuple[Reason, ...], tuple[str, ...]]:
    """The worst domain decides: (low, high, the reasons that set low, what could narrow it)."""
    domains = tuple(domains)
    low = max(domain.low for domain in domains)
    high = max(domain.high for domain in domains)
    because = tuple(domain.reason for domain in domains if domain.low == low)
    missing: dict[str, None] = {}
    for domain in domains:
        if domain.high > low:
            missing.update(dict.fromkeys(domain.missing))
    return low, high, because, tuple(missing)


@dataclass(frozen=True, slots=True)
class Index:
    """The answer of an index that is a number and not a grade: as a `Grade`, without steps.

    `low` None has no lower end, `high` None no upper one.
    """

    scale: str
    edition: str
    low: Decimal | None
    high: Decimal | None
    because: tuple[Reason, ...]
    missing: tuple[str, ...] = ()
    stale: tuple[Stale, ...] = ()
    warnings: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> Decimal | None:
        """The index, when the findings allow only one."""
        return self.low if self.low == self.high else None

    def says(self) -> str:
        """The index in words, to four significant digits, as it is read aloud."""
        low, high = (None if end is None else f"{float(end):.4g}" for end in (self.low, self.high))
        if low is None and high is None:
            return "not known"
        if low == high:
            return str(low)
        if high is None:
            return f"at least {low}"
        return f"at most {high}" if low is None else f"{low} to {high}"
