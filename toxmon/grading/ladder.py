"""Scales that are a ladder: each step has its criteria, and the highest step that is met decides.

A criterion asks a sign, which is so, is not so, or is not known. The grade is at least the highest
step with a sign that is so, and at most the highest step with a sign that may be. This is exact
as long as the worst of all possible patients shows every sign that is not known, and the best of
them none; the proofs in `tests/grading/` hold each scale to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from toxmon.grading.grade import Grade, Reason


class Sign(NamedTuple):
    """Is something so? `missing` names the unknown findings that could tell, where it is None."""

    so: bool | None
    missing: tuple[str, ...] = ()


NO = Sign(False)
YES = Sign(True)


class Criterion(NamedTuple):
    """One criterion of one step; `findings` are those that its reason points at.

    `cause` is the finding that attributes it to another cause, where a clinician may do that.
    `unsettled` is the warning for a criterion of which the paper leaves open whether it reaches
    this step: it moves the upper end alone.
    """

    step: int
    rule: str
    text: str
    sign: Sign
    findings: tuple[str, ...]
    cause: str | None = None
    unsettled: str | None = None


class Climbed(NamedTuple):
    """`met` are the criteria of the lowest step that is certain; `warnings` of those unsettled."""

    low: int
    high: int
    met: tuple[Criterion, ...]
    missing: tuple[str, ...]
    warnings: tuple[str, ...]


def climb(criteria: Iterable[Criterion]) -> Climbed:
    """The interval of steps, what makes it no lower, and what could narrow it."""
    possible = [criterion for criterion in criteria if criterion.sign.so is not False]
    certain = [each for each in possible if each.sign.so and each.unsettled is None]
    low = max((each.step for each in certain), default=0)
    above = [each for each in possible if each.step > low]
    missing = dict.fromkeys(name for each in above for name in each.sign.missing)
    unsettled = dict.fromkeys(
        each.unsettled for each in above if each.sign.so and each.unsettled is not None
    )
    return Climbed(
        low,
        max((each.step for each in above), default=low),
        tuple(each for each in certain if each.step == low),
        tuple(missing),
        tuple(unsettled),
    )


def answer(
    scale: tuple[str, str, str],
    findings: Any,
    criteria: Iterable[Criterion],
    notable: Iterable[str],
    causes: Mapping[str, str],
) -> Grade:
    """The answer of a ladder. `scale` is its name, edition and source.

    `notable` are warnings that hold whatever step is reached. `causes` are the findings that
    attribute something to another cause, with what it is in words: where nothing certain is left,
    they are the reason, and where something counts of which nobody spoke, there is a warning.
    """
    name, edition, source = scale
    criteria = tuple(criteria)
    climbed = climb(criteria)
    because = [
        Reason(f"{name}.{each.rule}", each.text, source, each.findings) for each in climbed.met
    ]
    if not because:
        because = [
            Reason(f"{name}.{cause}", f"the {words} has another cause", source, (cause,))
            for cause, words in causes.items()
            if getattr(findings, cause)
        ]
        certain = climbed.high == 0
        rule = "none" if certain else "unknown"
        text = "is present" if certain else "is certain; some are not known"
        charted = tuple(
            field.name
            for field in fields(findings)
            if field.name not in causes and getattr(findings, field.name) is not None
        )
        because.append(Reason(f"{name}.{rule}", f"no finding of the table {text}", source, charted))
    warnings = dict.fromkeys((*climbed.warnings, *notable))
    for each in criteria:
        if each.sign.so and each.cause and getattr(findings, each.cause) is None:
            warnings[f"{each.cause}_not_stated"] = None
    return Grade(
        name,
        edition,
        climbed.low,
        climbed.high,
        tuple(because),
        climbed.missing,
        (),
        tuple(warnings),
    )


def known(so: bool | None, *names: str) -> Sign:
    """A sign that is charted, or can be told from the findings of these names."""
    if so is None:
        return Sign(None, names)
    return YES if so else NO


def all_of(*signs: Sign) -> Sign:
    """Are all of them so?"""
    if any(sign.so is False for sign in signs):
        return NO
    return _open(signs) if any(sign.so is None for sign in signs) else YES


def opposite(sign: Sign) -> Sign:
    """Is it not so? What is not known stays unknown."""
    return Sign(None if sign.so is None else not sign.so, sign.missing)


def _open(signs: Iterable[Sign]) -> Sign:
    names = dict.fromkeys(name for sign in signs if sign.so is None for name in sign.missing)
    return Sign(None, tuple(names))
