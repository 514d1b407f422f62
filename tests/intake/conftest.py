"""A ward that a laboratory speaks to, on each database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conftest import Clock
from tests.intake.ward import Ward
from toxmon.actions import Service


@pytest.fixture
def empty(service: Service, clock: Clock) -> Ward:
    """Nobody is on record yet; it is two hours after the time of what is told."""
    clock.now += timedelta(hours=3)
    return Ward(service)


@pytest.fixture
def ward(empty: Ward) -> Ward:
    """One patient, two hours after ide-cel."""
    empty.arrives()
    empty.infused()
    return empty
