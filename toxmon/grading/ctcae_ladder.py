"""The steps of a grade by multiples of a limit or of a baseline, from CTCAE v5.0.

What is not known is a span, so that each answer is the lowest and the highest grade that the
known numbers allow. A product of a limit and a factor is exact; no value is ever divided.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from toxmon.grading.spans import End, Span, scaled

EDITION = "ctcae-5.0"
SOURCE = "CTCAE v5.0, US National Cancer Institute, 27 November 2017"


@dataclass(frozen=True, slots=True)
class Step:
    """A grade that begins beyond `factor` times the reference, or already `on_the_line`."""

    grade: int
    factor: Decimal
    on_the_line: bool


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps of one direction, the mildest first: `rising` is worse when higher."""

    steps: tuple[Step, ...]
    rising: bool

    def level(self, value: End, reference: End) -> int:
        """The grade of one value against one reference, 0 below the first step."""
        level = 0
        for step in self.steps:
            line = scaled(reference, step.factor)
            reached = step.on_the_line if value == line else (value > line) is self.rising
            if not reached:
                break
            level = step.grade
        return level

    def spread(self, values: Span, references: Span) -> tuple[int, int]:
        """The lowest and the highest grade that any value has against any reference."""
        if self.rising:
            return (
                self.level(values.low, references.high),
                self.level(values.high, references.low),
            )
        return self.level(values.high, references.low), self.level(values.low, references.high)

    def words(self, grade: int, of: str) -> str:
        """What a value must be to have reached `grade`, in words: "above 3 x `of`"."""
        (step,) = (step for step in self.steps if step.grade == grade)
        bound = of if step.factor == 1 else f"{step.factor} x {of}"
        if step.on_the_line:
            return f"at {bound} or {'above' if self.rising else 'below'}"
        return f"{'above' if self.rising else 'below'} {bound}"


def ladder(*steps: tuple[int, str], rising: bool, on_the_line: tuple[int, ...] = ()) -> Ladder:
    """Steps as (grade, factor); the grades `on_the_line` begin at the line, the others beyond."""
    return Ladder(
        tuple(Step(grade, Decimal(factor), grade in on_the_line) for grade, factor in steps),
        rising,
    )


def with_normal_baseline(limits: Span, baselines: Span, rising: bool) -> Span | None:
    """The limits of normal that leave the baseline normal; None where none does.

    A baseline exactly at the limit is normal.
    """
    low = max(limits.low, baselines.low) if rising else limits.low
    high = limits.high if rising else min(limits.high, baselines.high)
    return Span(low, high) if low <= high else None


def with_abnormal_baseline(limits: Span, baselines: Span, rising: bool) -> Span | None:
    """The baselines that are beyond the limit of normal; None where none is."""
    low = max(baselines.low, (limits.low[0], 1)) if rising else baselines.low
    high = baselines.high if rising else min(baselines.high, (limits.high[0], -1))
    return Span(low, high) if low <= high else None


def limits_between(limits: Span, baselines: Span, rising: bool) -> Span | None:
    """The limits of normal with which the baseline may be normal and may be abnormal."""
    low = max(limits.low, baselines.low if rising else (baselines.low[0], 1))
    high = min(limits.high, (baselines.high[0], -1) if rising else baselines.high)
    return Span(low, high) if low <= high else None
