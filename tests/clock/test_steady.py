"""A clock that a process of weeks can go by: a step of the wall is noticed and not followed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from toxmon import clock
from toxmon.clock import FOLLOWED, SteadyClock

BEGAN = datetime(2026, 3, 1, 8, tzinfo=UTC)


class Machine:
    """A machine whose two clocks are turned by hand."""

    def __init__(self) -> None:
        self.wall = BEGAN
        self.passed = 1_000.0
        self.clock = SteadyClock(lambda: self.wall, lambda: self.passed)

    def forward(self, **span: float) -> None:
        """Time passes, and both clocks with it."""
        passed = timedelta(**span)
        self.wall += passed
        self.passed += passed.total_seconds()

    def step(self, **span: float) -> None:
        """Somebody sets the wall clock."""
        self.wall += timedelta(**span)


def test_it_goes_with_the_wall() -> None:
    machine = Machine()
    machine.forward(days=3, microseconds=7)
    assert machine.clock() == BEGAN + timedelta(days=3, microseconds=7)
    assert machine.clock.stepped() is None


@pytest.mark.hazard("H18")
@pytest.mark.hazard("H19")
@pytest.mark.parametrize("hours", [-9, 9, -72, 24 * 365, -0.01])
def test_a_step_is_noticed_and_not_followed(hours: float) -> None:
    machine = Machine()
    machine.forward(hours=1)
    machine.step(hours=hours)
    assert machine.clock() == BEGAN + timedelta(hours=1)
    assert machine.clock.stepped() == timedelta(hours=hours)
    machine.forward(hours=5)
    assert machine.clock() == BEGAN + timedelta(hours=6)
    assert machine.clock.stepped() == timedelta(hours=hours)


@pytest.mark.hazard("H18")
def test_when_the_wall_comes_back_it_is_believed_again() -> None:
    machine = Machine()
    machine.step(hours=-9)
    assert machine.clock.stepped() == timedelta(hours=-9)
    machine.forward(minutes=10)
    machine.step(hours=9, seconds=-2)
    assert machine.clock.stepped() is None
    machine.forward(minutes=1)
    assert machine.clock() == BEGAN + timedelta(minutes=11, seconds=-2)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_small_difference_is_followed_and_a_larger_one_is_not(sign: int) -> None:
    machine = Machine()
    machine.step(seconds=sign * FOLLOWED.total_seconds())
    assert machine.clock.stepped() is None
    machine.forward(hours=1)
    assert machine.clock() == BEGAN + timedelta(hours=1) + sign * FOLLOWED
    machine.step(seconds=sign * (FOLLOWED.total_seconds() + 0.001))
    assert machine.clock.stepped() is not None


def test_a_clock_that_is_slewed_for_days_is_followed_all_the_way() -> None:
    """A second an hour is far more than NTP ever slews; in two days that is 48 s."""
    machine = Machine()
    for _ in range(48):
        machine.forward(hours=1)
        machine.step(seconds=1)
        assert machine.clock() == machine.wall
    assert machine.wall == BEGAN + timedelta(hours=48, seconds=48)


def test_it_never_goes_back() -> None:
    machine = Machine()
    machine.forward(seconds=60)
    seen = [machine.clock()]
    machine.step(seconds=-20)
    for _ in range(30):
        seen.append(machine.clock())
        machine.forward(seconds=1)
    assert seen == sorted(seen)
    assert seen[15] == BEGAN + timedelta(seconds=60), "it stands still until the wall has come up"
    assert machine.clock() == machine.wall


def test_a_machine_that_slept_is_no_step() -> None:
    """Both clocks go on in sleep: what is late is late, and nothing was set."""
    machine = Machine()
    machine.forward(hours=9)
    assert machine.clock.stepped() is None
    assert machine.clock() == BEGAN + timedelta(hours=9)


def test_the_clock_of_the_system_is_one() -> None:
    steady = SteadyClock()
    assert abs(steady() - clock.now()) < timedelta(seconds=5)
    assert steady.stepped() is None
    before = clock.since_boot()
    assert 0 <= clock.since_boot() - before < 5


def test_freezing_time_in_a_test_reaches_the_plain_clock() -> None:
    """Tests of commands freeze it; a steady clock rightly takes that for a step."""
    steady = SteadyClock()
    with freeze_time("2026-03-29 01:30:00"):
        assert clock.now() == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
        assert steady.stepped() is not None
        frozen_from_the_start = SteadyClock()
        assert frozen_from_the_start() == clock.now()
    assert steady.stepped() is None
