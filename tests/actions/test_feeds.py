"""The silence of a feed stands for what it has made overdue, and not for longer than it may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conftest import Clock
from toxmon.actions import Service
from toxmon.actions.feeds import COVERS, stood_for
from toxmon.store import feeds
from toxmon.timeline.matter import Matter

UNIT = "bmt-1"


@pytest.fixture
def silent(service: Service, clock: Clock) -> None:
    """A feed of the unit that was told to be silent now, half an hour after it was heard."""
    heard_at = clock.now - timedelta(minutes=30)
    row = {
        "actor": "gateway", "name": "Gateway", "unit": UNIT, "since_at": heard_at,
        "heard_at": heard_at, "silent_at": clock.now,
    }  # fmt: skip
    with service.store.writing():
        feeds.put(service.store, row)


def overdue(clock: Clock, level: int = 1, rule: str = "check") -> Matter:
    return Matter(
        key="check:vital signs", rule=rule, level=level, at=clock.now, priority="medium",
        title="Vital signs overdue", says="missed", source="toxmon policy",
    )  # fmt: skip


@pytest.mark.usefixtures("silent")
@pytest.mark.hazard("H41")
def test_it_is_looked_at_again_when_the_silence_no_longer_stands_for_it(
    service: Service, clock: Clock
) -> None:
    begun, matter = clock.now, overdue(clock)
    (told,), until = stood_for(service, UNIT, [matter], (), clock.now)
    assert (told.level, until) == (None, begun + COVERS)
    clock.now = begun + COVERS
    assert stood_for(service, UNIT, [matter], (), clock.now) == ([matter], None)


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("what", ["raised", "another unit", "another matter", "not overdue"])
def test_it_stands_for_nothing_else(service: Service, clock: Clock, what: str) -> None:
    matter = overdue(
        clock,
        level=0 if what == "not overdue" else 1,
        rule="crs" if what == "another matter" else "check",
    )
    raised = {matter.key} if what == "raised" else set()
    unit = "icu" if what == "another unit" else UNIT
    assert stood_for(service, unit, [matter], raised, clock.now) == ([matter], None)
