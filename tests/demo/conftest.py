"""The shipped protocols' figures, and what a model's course is in facts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from toxmon.demo import published
from toxmon.demo.draw import Figures
from toxmon.demo.model import Course, Dose
from toxmon.grading.facts import Fact
from toxmon.grading.kinds import KINDS
from toxmon.grading.units import measure

INFUSED_AT = datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.fixture(scope="session")
def figures() -> dict[str, dict[str, Figures]]:
    """By product and scale."""
    return published()


@pytest.fixture(scope="session")
def facts_of() -> Callable[[Course, float], list[Fact]]:
    """A course up to a day as facts, through the door that the API uses: it refuses or doubts
    nothing, or the test fails."""
    return _facts


def _facts(course: Course, days: float) -> list[Fact]:
    facts = []
    for number, entry in enumerate(course.entries()):
        if entry.hour > days * 24:
            return facts
        at = INFUSED_AT + timedelta(hours=entry.hour)
        if isinstance(entry, Dose):
            facts.append(Fact(f"{number}", "administration", entry.medication, at))
            continue
        for place, sent in enumerate(entry.observations):
            measured = measure(KINDS[sent["kind"]], _as_decoded(sent["value"]), sent.get("unit"))
            assert measured.quarantine is None, sent
            facts.append(Fact(f"{number}.{place}", sent["kind"], measured.value, at))
    raise AssertionError("a course has no end")


def _as_decoded(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value
