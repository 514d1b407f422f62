"""A grade that was told to somebody, and the difference of two courses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from toxmon.grading.course import Step, digest
from toxmon.grading.episode import Episode
from toxmon.grading.grade import Grade, Index
from toxmon.grading.published import PUBLISHED

MOST_TOLD = 1_000
_TOLD: dict[int, tuple[Grade | Index, dict[str, Any]]] = {}
"""Grades that were told lately, by identity, as plain data: an answer is kept, and sent, and sent
again with the next fact. A grade is a value that nobody changes, and it is kept here, so that no
other has its identity.
"""
AS_IT_IS = frozenset({str, int, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Assessment:
    """From `at` on, a scale answered `body`; `withdrawn` says that it does not any more."""

    at: datetime
    scale: str
    edition: str
    low: int
    high: int
    short: str
    body: dict[str, Any]
    cause: tuple[str, ...]
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on record for a scale at an instant, as far as a difference needs it."""

    at: datetime
    scale: str
    edition: str
    low: int
    high: int
    short: str
    body: str


def assess(step: Step) -> Assessment:
    """A step of a course as it is kept."""
    grade = step.grade
    assert isinstance(grade, Grade), "an index is worked out when it is asked for, and not kept"
    return Assessment(
        step.at,
        step.scale,
        grade.edition,
        grade.low,
        grade.high,
        digest(grade, step.episode),
        answer(grade, step.episode),
        step.cause,
    )


def difference(
    standing: Iterable[Standing], steps: Iterable[Step], cause: tuple[str, ...]
) -> list[Assessment]:
    """What must be added to the record so that it tells the new course.

    A step that is on record with the same words is left alone. One that is no longer reached is
    withdrawn. `cause` names the facts that made the record be graded again.
    """
    before = {(each.scale, each.at): each for each in standing}
    after = {(step.scale, step.at): step for step in steps}
    kept = []
    for key, step in after.items():
        assessment = assess(step)
        told = before.get(key)
        if told is None or told.short != assessment.short:
            causes = tuple(dict.fromkeys((*cause, *assessment.cause)))
            kept.append(replace(assessment, cause=causes))
    for key, told in before.items():
        if key not in after:
            kept.append(_withdrawal(told, cause))
    kept.sort(key=lambda assessment: (assessment.at, assessment.scale))
    return kept


def _withdrawal(told: Standing, cause: tuple[str, ...]) -> Assessment:
    body: dict[str, Any] = {"withdrawn": "the facts it rested on no longer stand"}
    return Assessment(
        told.at, told.scale, told.edition, told.low, told.high, "", body, cause, withdrawn=True
    )


def answer(grade: Grade | Index, episode: Episode | None) -> dict[str, Any]:
    """The answer of a scale, as it is sent and kept. What lies in it is not to be changed."""
    told = _TOLD.get(id(grade))
    if told is None:
        if len(_TOLD) >= MOST_TOLD:
            _TOLD.clear()
        told = _TOLD[id(grade)] = grade, plain_grade(grade)
    return {**told[1], "episode": plain_episode(episode)}


def plain_grade(grade: Grade | Index) -> dict[str, Any]:
    """A grade as plain data: the same over HTTP, on the command line and in the record."""
    words: Mapping[str, str] = PUBLISHED[grade.scale].warnings
    return {
        "scale": grade.scale,
        "edition": grade.edition,
        "low": plain(grade.low),
        "high": plain(grade.high),
        "value": plain(grade.value),
        "says": grade.says(),
        "because": [
            {
                "rule": reason.rule,
                "text": reason.text,
                "facts": list(reason.facts),
                "source": reason.source,
            }
            for reason in grade.because
        ],
        "missing": list(grade.missing),
        "stale": [
            {"finding": old.finding, "since": rfc3339(old.since), "fact": old.fact}
            for old in grade.stale
        ],
        "warnings": list(grade.warnings),
        "explained": {code: words[code] for code in grade.warnings},
        **plain(grade.more),
    }


def plain(value: Any) -> Any:
    """What a scale answers besides, as JSON can hold it; numbers as decision 0020 has them."""
    kind = type(value)
    if kind in AS_IT_IS:
        return value
    if kind is Decimal:
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {
            name: each if type(each) in AS_IT_IS else plain(each) for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [each if type(each) in AS_IT_IS else plain(each) for each in value]
    return value


def plain_episode(episode: Episode | None) -> dict[str, Any] | None:
    """An episode as plain data; `ended_at` is null while it lasts."""
    if episode is None:
        return None
    return {
        "number": episode.number,
        "onset_at": rfc3339(episode.onset_at),
        "peak": episode.peak,
        "peak_at": rfc3339(episode.peak_at),
        "treated_at": episode.treated_at and rfc3339(episode.treated_at),
        "quiet_since": episode.quiet_since and rfc3339(episode.quiet_since),
        "ended_at": episode.ended_at and rfc3339(episode.ended_at),
    }


def rfc3339(at: datetime) -> str:
    """An instant in UTC with a Z, to the microsecond where it has any."""
    return at.isoformat().replace("+00:00", "Z")
