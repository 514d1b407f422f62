"""The shipped protocols' figures, and what a model's course is in facts."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from toxmon.demo.draw import Figures, figures_of
from toxmon.demo.entries import Cause, Dose
from toxmon.demo.model import Course
from toxmon.grading.chart import ADMINISTRATION, ATTRIBUTION
from toxmon.grading.facts import Fact
from toxmon.grading.kinds import KINDS
from toxmon.grading.units import measure
from toxmon.protocol import load_protocols
from toxmon.protocol.product import Product

INFUSED_AT = datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.fixture(scope="session")
def products() -> Mapping[str, Product]:
    """The shipped products, by name."""
    return load_protocols(None).products


@pytest.fixture(scope="session")
def figures(products: Mapping[str, Product]) -> dict[str, dict[str, Figures]]:
    """By product and scale."""
    return {name: figures_of(product) for name, product in products.items()}


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
            facts.append(Fact(f"{number}", ADMINISTRATION, entry.medication, at))
            continue
        if isinstance(entry, Cause):
            since = INFUSED_AT + timedelta(hours=entry.since)
            facts.append(Fact(f"{number}", ATTRIBUTION, (entry.sign, entry.cause), since))
            continue
        for place, sent in enumerate(entry.observations):
            facts.append(_fact(f"{number}.{place}", sent, at))
    raise AssertionError("a course has no end")


def _fact(name: str, sent: dict[str, Any], at: datetime) -> Fact:
    kind, unit = KINDS[sent["kind"]], sent.get("unit")
    measured = measure(kind, _as_decoded(sent["value"]), unit)
    assert measured.quarantine is None, sent
    ends = {
        end: measure(kind, _as_decoded(sent[end]), unit).value
        for end in ("low", "high")
        if end in sent
    }
    normal = (ends.get("low"), ends.get("high")) if ends else None
    return Fact(name, kind.name, measured.value, at, normal=normal)


def _as_decoded(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value
