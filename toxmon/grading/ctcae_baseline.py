"""Grades by a limit of normal and a baseline, either of which may not be known.

`by_one` is for tests where the baseline, when it was abnormal, takes the place of the limit;
`by_the_worse` for those where both count. What is not known is a span (`toxmon/grading/spans.py`)
and the answer covers every number in it (decision 0033).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from toxmon.grading.ctcae_ladder import (
    EDITION,
    SOURCE,
    Ladder,
    limits_between,
    with_abnormal_baseline,
    with_normal_baseline,
)
from toxmon.grading.grade import Grade, Reason
from toxmon.grading.spans import ABOVE_ZERO, NOTHING_KNOWN, ZERO, Span, span


@dataclass(frozen=True, slots=True)
class Chemistry:
    """One test: how its three findings are called, and the steps of both references."""

    scale: str
    words: str
    value: str
    limit: str
    baseline: str
    of_limit: Ladder
    of_baseline: Ladder
    least: Decimal = Decimal(0)
    """A value below it is grade 4, whatever limit and baseline are."""

    @property
    def limit_words(self) -> str:
        """The limit of normal that is meant, in words."""
        return "the upper limit of normal" if self.of_limit.rising else "the lower limit of normal"


class Arm(NamedTuple):
    """What one row of the table gives: an interval of grades, and what it is measured against."""

    low: int
    high: int
    steps: Ladder
    of: str


def by_one(test: Chemistry, found: Any) -> Grade:
    """The grade of a test whose reference is the baseline when that was abnormal."""
    value, limit, baseline = _spans(test, found)
    arms = _arms(test, value, limit, baseline)
    low, high = _hull(test, value, arms)
    missing = _missing_of_one(test, value, limit, baseline) if low < high else ()
    known = getattr(found, test.value) is not None
    only_baseline = len(arms) == 1 and arms[0].of != test.limit_words
    warnings = ("graded_from_baseline",) if known and only_baseline and high else ()
    reason = _because(test, found, arms, low, high)
    return Grade(test.scale, EDITION, low, high, (reason,), missing, (), warnings)


def _arms(test: Chemistry, value: Span, limit: Span, baseline: Span) -> tuple[Arm, ...]:
    """The rows of the table that may be meant: of a normal baseline, of an abnormal one."""
    rising = test.of_limit.rising
    normal = with_normal_baseline(limit, baseline, rising)
    abnormal = with_abnormal_baseline(limit, baseline, rising)
    arms = []
    if normal is not None:
        arms.append(Arm(*test.of_limit.spread(value, normal), test.of_limit, test.limit_words))
    if abnormal is not None:
        against = test.of_baseline.spread(value, abnormal)
        arms.append(Arm(*against, test.of_baseline, "the abnormal baseline"))
    return tuple(arms)


def _hull(test: Chemistry, value: Span, arms: tuple[Arm, ...]) -> tuple[int, int]:
    least = (test.least, 0)
    low = 4 if value.high < least else min(arm.low for arm in arms)
    high = 4 if value.low < least else max(arm.high for arm in arms)
    return low, high


def _missing_of_one(test: Chemistry, value: Span, limit: Span, baseline: Span) -> tuple[str, ...]:
    """Which findings would narrow the answer, alone or once the others named are known."""
    unknown = value == NOTHING_KNOWN
    now = _hull(test, value, _arms(test, value, limit, baseline))
    missing = []
    if unknown or any(
        # Where an exact value lies at neither end of the span, it narrows nowhere in it.
        _hull(test, at, _arms(test, at, limit, baseline)) != now
        for at in (Span(value.low, value.low), Span(value.high, value.high))
    ):
        missing.append(test.value)
    if unknown and (limit.exact or baseline.exact):
        return (test.value,)
    graded = Span(max(value.low, (test.least, 0)), value.high)
    arms = _arms(test, graded, limit, baseline)
    if not limit.exact and any(arm.high for arm in arms):
        missing.append(test.limit)
    if not baseline.exact and _baseline_decides(test, graded, limit, baseline, arms):
        missing.append(test.baseline)
    return tuple(missing)


def _baseline_decides(
    test: Chemistry, value: Span, limit: Span, baseline: Span, arms: tuple[Arm, ...]
) -> bool:
    """May two of the possible baselines give two grades?"""
    abnormal = arms[-1]
    if abnormal.of == test.limit_words:
        return False
    if abnormal.low < abnormal.high:
        return True
    contested = limits_between(limit, baseline, test.of_limit.rising)
    if contested is None:
        return False
    return test.of_limit.spread(value, contested) != (abnormal.low, abnormal.high)


def by_the_worse(test: Chemistry, found: Any) -> Grade:
    """The grade of a test that is held against the limit and against the baseline alike."""
    value, limit, baseline = _spans(test, found)
    of_limit = Arm(*test.of_limit.spread(value, limit), test.of_limit, test.limit_words)
    rise = Arm(*test.of_baseline.spread(value, baseline), test.of_baseline, "the baseline")
    low, high = max(of_limit.low, rise.low), max(of_limit.high, rise.high)
    missing = []
    if low < high:
        if not value.exact:
            missing.append(test.value)
        if value != NOTHING_KNOWN or not (limit.exact or baseline.exact):
            if not limit.exact:
                missing.append(test.limit)
            if not baseline.exact and rise.high > max(of_limit.low, rise.low):
                missing.append(test.baseline)
    warnings = ("within_laboratory_range",) if rise.low and not of_limit.high else ()
    deciding = (rise,) if rise.low > of_limit.low else (of_limit,)
    reason = _because(test, found, deciding, low, high)
    return Grade(test.scale, EDITION, low, high, (reason,), tuple(missing), (), warnings)


def _spans(test: Chemistry, found: Any) -> tuple[Span, Span, Span]:
    """What the value, the limit of normal and the baseline may be; the latter two are above 0."""
    return (
        span(getattr(found, test.value), ZERO),
        span(getattr(found, test.limit), ABOVE_ZERO),
        span(getattr(found, test.baseline), ABOVE_ZERO),
    )


def _because(test: Chemistry, found: Any, arms: tuple[Arm, ...], low: int, high: int) -> Reason:
    """Why the grade is no lower."""
    if getattr(found, test.value) is None:
        rule, text = "unknown", f"{test.words} is not known"
    elif low and low > min(arm.low for arm in arms):
        rule, text = f"grade_{low}", f"{test.words} below {test.least} mg/dL"
    elif low:
        ways = [arm.steps.words(low, arm.of) for arm in arms if arm.low == low]
        rule, text = f"grade_{low}", f"{test.words} {', or '.join(ways)}"
    elif not high:
        rule, text = "normal", f"{test.words} not {_mildest(test, found, arms)}"
    else:
        rule, text = "undecided", f"{test.words}: {_lacking(test, found)}"
    names = (test.value, test.limit, test.baseline)
    return Reason(f"{test.scale}.{rule}", text, SOURCE, names)


def _mildest(test: Chemistry, found: Any, arms: tuple[Arm, ...]) -> str:
    """What grade 1 begins with, in words, where there is not even that."""
    if len(arms) == 1:
        return arms[0].steps.words(1, arms[0].of)
    # Either row may be meant: below both references that are known nothing is raised in any.
    known = getattr(found, test.limit) is not None
    return test.of_limit.words(1, test.limit_words if known else "the baseline")


def _lacking(test: Chemistry, found: Any) -> str:
    words = {test.limit: test.limit_words, test.baseline: "the baseline"}
    lacking = [of for name, of in words.items() if getattr(found, name) is None]
    if not lacking:
        return "a number is known only within limits"
    return f"{' and '.join(lacking)} {'are' if len(lacking) > 1 else 'is'} not known"
