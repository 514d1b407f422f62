"""What a beat notices of time, and says once: a clock that was set, a process that stood still."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.clock.test_steady import BEGAN, Machine
from toxmon.scheduler.noticing import AGAIN_S, AWAY, STILL, Noticing, Trouble


def noticing(machine: Machine) -> Noticing:
    return Noticing(machine.clock, lambda: machine.passed)


def told(found: list[Trouble]) -> list[tuple[str, int]]:
    return [(each.name, each.level) for each in found]


@pytest.mark.hazard("H18")
@pytest.mark.hazard("H19")
def test_a_step_is_said_once_and_its_end_too() -> None:
    machine = Machine()
    looks = noticing(machine)
    assert looks.look() == []
    machine.step(hours=-9)
    (said,) = looks.look()
    assert (said.name, said.level) == ("step", 1)
    assert "set back by 9 h 0 min" in said.says
    assert looks.look() == []
    machine.forward(minutes=1)
    assert looks.look() == []
    machine.step(hours=18)
    (said,) = looks.look()
    assert "set ahead by 9 h 0 min" in said.says
    machine.step(hours=-9)
    assert told(looks.look()) == [("step", 0)]
    assert looks.look() == []


@pytest.mark.hazard("H32")
def test_a_process_that_stood_still_says_for_how_long() -> None:
    machine = Machine()
    looks = noticing(machine)
    looks.look()
    looks.rest(15)
    machine.forward(hours=9)
    (said,) = looks.look()
    assert (said.name, said.level) == ("still", 1)
    assert "8 h 59 min from 2026-03-01T08:00:15Z" in said.says
    looks.rest(15)
    machine.forward(seconds=15)
    assert told(looks.look()) == [("still", 0)]
    looks.rest(15)
    machine.forward(seconds=15)
    assert looks.look() == []


def test_a_beat_that_is_a_little_late_is_no_matter() -> None:
    machine = Machine()
    looks = noticing(machine)
    looks.rest(15)
    machine.forward(seconds=15 + STILL.total_seconds())
    assert looks.look() == []
    looks.rest(15)
    machine.forward(seconds=15.1 + STILL.total_seconds())
    assert told(looks.look()) == [("still", 1)]


@pytest.mark.hazard("H21")
def test_a_record_from_the_future_is_said() -> None:
    """The clock was set back while toxmon was stopped, or another machine's clock is ahead."""
    machine = Machine()
    looks = noticing(machine)
    assert looks.look(BEGAN + timedelta(seconds=30)) == []
    (said,) = looks.look(BEGAN + timedelta(minutes=7))
    assert (said.name, said.level) == ("record", 1)
    assert "7 min 0 s in the future" in said.says
    assert told(looks.look(BEGAN)) == [("record", 0)]


@pytest.mark.hazard("H32")
def test_a_process_that_begins_says_for_how_long_none_has_watched() -> None:
    machine = Machine()
    machine.forward(hours=9)
    looks = noticing(machine)
    (said,) = looks.look(BEGAN, BEGAN)
    assert (said.name, said.level) == ("still", 1)
    assert "9 h 0 min from 2026-03-01T08:00:00Z" in said.says
    looks.rest(15)
    machine.forward(seconds=15)
    assert told(looks.look(BEGAN, BEGAN)) == [("still", 0)]
    # Only who begins says it; and a restart, or one beside others, is no matter.
    looks.rest(15)
    assert looks.look(BEGAN, BEGAN) == []
    now = BEGAN + timedelta(hours=9, seconds=15)
    assert noticing(machine).look(now, now - AWAY) == []
    assert noticing(machine).look(None, None) == []


@pytest.mark.hazard("H18")
def test_what_was_told_before_a_restart_ends_too() -> None:
    """Who starts toxmon again believes the wall: the alarm of the step must not stand for ever."""
    machine = Machine()
    looks = noticing(machine)
    looks.take_up(["step", "still"])
    assert sorted(told(looks.look(BEGAN, BEGAN))) == [("step", 0), ("still", 0)]
    assert looks.look(BEGAN, BEGAN) == []


@pytest.mark.hazard("H18")
def test_what_lasts_is_said_again() -> None:
    """Another process may have begun meanwhile, and have taken it for over."""
    machine = Machine()
    looks = noticing(machine)
    machine.step(hours=9)
    said = looks.look()
    assert told(said) == [("step", 1)]
    machine.forward(seconds=AGAIN_S - 1)
    assert looks.look() == []
    machine.forward(seconds=1)
    assert looks.look() == said
