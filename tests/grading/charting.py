"""A chart, a policy and facts for tests of what holds at a moment, without a service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from toxmon.grading.chart import Chart
from toxmon.grading.facts import Fact
from toxmon.grading.policy import Policy, PressureBound

BEGIN = datetime(2026, 3, 1, 8, tzinfo=UTC)
ADULT = Decimal(60)

POLICY = Policy(
    name="of a test",
    version=1,
    digest="",
    fresh_for={
        "body_temperature": timedelta(hours=8),
        "hypotension": timedelta(hours=12),
        "systolic_bp": timedelta(hours=6),
        "diastolic_bp": timedelta(hours=6),
        "mean_arterial_pressure": timedelta(hours=6),
        "oxygen_flow": timedelta(hours=12),
        "oxygen_saturation": timedelta(hours=4),
        "seizure": timedelta(hours=24),
        "consciousness": timedelta(hours=12),
    },
    quiet_period=timedelta(hours=24),
    masking=timedelta(hours=10),
    hypotension=(
        PressureBound(Decimal(1), Decimal(70), None),
        PressureBound(Decimal(18), Decimal(80), Decimal(55)),
        PressureBound(None, Decimal(90), Decimal(65)),
    ),
    hypoxia_saturation_below=Decimal(90),
)


def at(hours: float) -> datetime:
    """So many hours after the beginning."""
    return BEGIN + timedelta(hours=hours)


def fact(
    kind: str, value: Any, hours: float = 0, name: str = "", until: float | None = None
) -> Fact:
    """A fact; a number is made exact, and it is called by its kind unless a name is given."""
    value = Decimal(str(value)) if type(value) in (int, float) else value
    return Fact(name or kind, kind, value, at(hours), None if until is None else at(until))


def charted(*facts: Fact, chart: Chart | None = None, policy: Policy = POLICY) -> Chart:
    """The chart once these are known, instant by instant."""
    chart = chart or Chart()
    for instant in sorted({each.effective_at for each in facts}):
        together = [each for each in facts if each.effective_at == instant]
        chart = chart.charted(together, policy)
    return chart


def values(chart: Chart, hours: float) -> Mapping[str, Any]:
    """What is known, by kind."""
    known = {kind: chart.known(kind, at(hours)) for kind in chart.newest}
    return {kind: each.value for kind, each in known.items() if each is not None}
